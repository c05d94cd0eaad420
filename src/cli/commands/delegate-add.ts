import { hintFor } from '../../ews/response-codes.ts'
import { defineCommand } from '../command.ts'
import {
  checkDelegateFlags,
  DELEGATE_FLAGS,
  delegateInputs,
  delegateWords,
  deliveryOption,
} from '../delegate-flags.ts'
import { delegateResults } from '../delegate-outcomes.ts'
import { dryRun } from '../dry-run.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { addressesOf, DELEGATE_WORD, ewsSignIn, OWNER_WORD } from '../people.ts'

export const delegateAdd = defineCommand({
  name: 'delegate add',
  summary: 'Makes somebody a delegate: levels on six folders, and Send on Behalf',
  details: 'A folder that is not named gets the level None. Several delegates get the same levels.',
  operands: [
    { name: 'OWNER', description: OWNER_WORD },
    { name: 'DELEGATE', description: DELEGATE_WORD, many: true },
  ],
  flags: {
    ...DELEGATE_FLAGS,
    upsert: { type: 'switch', description: 'update those who are delegates already' },
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['delegate add allan@contoso.com adele@contoso.com --calendar Editor --inbox Reviewer', ''],
    [
      'delegate add allan@contoso.com adele@contoso.com --calendar Editor --meeting-copies --deliver-meeting-requests DelegatesOnly',
      'for somebody who answers meeting requests',
    ],
    ['delegate add allan@contoso.com adele@contoso.com --calendar Author --dry-run', 'only show the request'],
  ],
  stateCommand: ({ operands }) => ['delegate', 'list', operands.OWNER],

  async run(context, { flags, operands }) {
    const options = deliveryOption(flags)
    checkDelegateFlags(flags)
    const signIn = ewsSignIn(context, flags)
    const [ownerAddress = '', ...delegates] = await addressesOf(context, signIn, [
      operands.OWNER,
      ...operands.DELEGATE,
    ])
    const inputs = delegateInputs(delegates, flags)
    // Checks everything before a password is asked for, and says what is wrong with it.
    const rehearsal = await context.ewsForDryRun(flags)
    const prepared = rehearsal.prepareAddDelegates(ownerAddress, inputs, options)
    const { owner } = prepared
    if (flags['dry-run']) {
      const { addDelegate, updateDelegate } = await import('../../ews/operations/index.ts')
      const request = { method: 'POST', url: context.ewsUrl(flags) }
      const update = {
        ...request,
        operation: 'UpdateDelegate',
        body: rehearsal.render(updateDelegate, rehearsal.prepareUpdateDelegates(owner, inputs, options)),
        condition: 'for those who are delegates already',
      }
      return dryRun([
        { ...request, operation: 'AddDelegate', body: rehearsal.render(addDelegate, prepared) },
        ...(flags.upsert ? [update] : []),
      ])
    }

    const ews = await signIn()
    const outcomes = flags.upsert
      ? await ews.upsertDelegates(owner, inputs, options)
      : (await ews.addDelegates(owner, inputs, options)).map((outcome) => ({
          ...outcome,
          action: 'add' as const,
        }))
    return delegateResults(
      owner,
      outcomes.map((outcome) => ({ outcome, action: outcome.action === 'add' ? 'added' : 'updated' })),
      {
        ...options,
        hint: (code, user) =>
          code === 'ErrorDelegateAlreadyExists'
            ? `${user} is a delegate already. To change what they have: ${context.commandLine('delegate', 'update', owner, user, ...delegateWords(flags))}\nOr repeat this command with --upsert.`
            : hintFor(code),
      },
    )
  },
})
