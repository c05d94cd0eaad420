import { InvalidInputError } from '../../errors.ts'
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

export const delegateUpdate = defineCommand({
  name: 'delegate update',
  summary: 'Changes a delegate: only what is named, everything else stays',
  details: 'Without a DELEGATE, changes where meeting requests go and nothing else.',
  operands: [
    { name: 'OWNER', description: OWNER_WORD },
    { name: 'DELEGATE', description: DELEGATE_WORD, many: true, optional: true },
  ],
  flags: { ...DELEGATE_FLAGS, ...DRY_RUN_FLAG, ...EWS_FLAGS },
  examples: [
    ['delegate update allan@contoso.com adele@contoso.com --inbox None', 'leaves the other folders alone'],
    ['delegate update allan@contoso.com adele@contoso.com --no-private-items', ''],
    [
      'delegate update allan@contoso.com --deliver-meeting-requests NoForward',
      'the delivery of meeting requests alone',
    ],
  ],
  stateCommand: ({ operands }) => ['delegate', 'list', operands.OWNER],

  async run(context, { flags, operands }) {
    const options = deliveryOption(flags)
    const words = delegateWords(flags)
    const users = operands.DELEGATE
    if (words.length === 0) {
      throw new InvalidInputError('The update changes nothing.', {
        hint: 'Name what to change, such as --calendar Editor, --no-private-items or --deliver-meeting-requests DelegatesOnly.',
      })
    }
    const [first] = words.filter((word) => word.startsWith('--') && word !== '--deliver-meeting-requests')
    if (users.length === 0 && first !== undefined) {
      throw new InvalidInputError(`${first} is about a delegate, and none is named.`, {
        hint: 'Name the DELEGATE after the OWNER.',
      })
    }
    checkDelegateFlags(flags)
    const signIn = ewsSignIn(context, flags)
    const [ownerAddress = '', ...delegates] = await addressesOf(context, signIn, [
      operands.OWNER,
      ...operands.DELEGATE,
    ])
    const inputs = delegateInputs(delegates, flags)
    const rehearsal = await context.ewsForDryRun(flags)
    const prepared = rehearsal.prepareUpdateDelegates(ownerAddress, inputs, options)
    const { owner } = prepared
    if (flags['dry-run']) {
      const { updateDelegate } = await import('../../ews/operations/index.ts')
      return dryRun([
        {
          operation: 'UpdateDelegate',
          method: 'POST',
          url: context.ewsUrl(flags),
          body: rehearsal.render(updateDelegate, prepared),
        },
      ])
    }
    const outcomes = await (await signIn()).updateDelegates(owner, inputs, options)
    return delegateResults(
      owner,
      outcomes.map((outcome) => ({ outcome, action: 'updated' })),
      {
        ...options,
        hint: (code, user) =>
          code === 'ErrorNotDelegate' || code === 'ErrorDelegateNotFound'
            ? `${user} is no delegate yet. To make them one: ${context.commandLine('delegate', 'add', owner, user, ...words)}`
            : hintFor(code),
      },
    )
  },
})
