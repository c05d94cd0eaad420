import { hintFor } from '../../ews/response-codes.ts'
import { describeUser } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { delegateResults } from '../delegate-outcomes.ts'
import { dryRun } from '../dry-run.ts'
import { DRY_RUN_FLAG, EWS_FLAGS, YES_FLAG } from '../flags.ts'
import { addressesOf, DELEGATE_WORD, ewsSignIn, OWNER_WORD } from '../people.ts'

export const delegateRemove = defineCommand({
  name: 'delegate remove',
  summary: 'Takes delegates away, with their levels and Send on Behalf',
  details: 'Asks first on a terminal.',
  operands: [
    { name: 'OWNER', description: OWNER_WORD },
    { name: 'DELEGATE', description: DELEGATE_WORD, many: true },
  ],
  flags: { ...YES_FLAG, ...DRY_RUN_FLAG, ...EWS_FLAGS },
  examples: [
    ['delegate remove allan@contoso.com adele@contoso.com', ''],
    [
      'delegate remove allan@contoso.com S-1-5-21-1333220396-2200287332-232816053-1118 --yes',
      'somebody whose account is gone, by SID, in a script',
    ],
  ],
  stateCommand: ({ operands }) => ['delegate', 'list', operands.OWNER],

  async run(context, { flags, operands }) {
    const signIn = ewsSignIn(context, flags)
    const [ownerAddress = '', ...delegates] = await addressesOf(context, signIn, [
      operands.OWNER,
      ...operands.DELEGATE,
    ])
    const rehearsal = await context.ewsForDryRun(flags)
    const prepared = rehearsal.prepareRemoveDelegates(ownerAddress, delegates)
    const { owner, users } = prepared
    if (flags['dry-run']) {
      const { removeDelegate } = await import('../../ews/operations/index.ts')
      return dryRun([
        {
          operation: 'RemoveDelegate',
          method: 'POST',
          url: context.ewsUrl(flags),
          body: rehearsal.render(removeDelegate, prepared),
        },
      ])
    }
    const names = users.map(describeUser).join(', ')
    await context.confirm(`Remove ${names} as delegate${users.length > 1 ? 's' : ''} of ${owner}?`, flags.yes)
    const outcomes = await (await signIn()).removeDelegates(owner, users)
    return delegateResults(
      owner,
      outcomes.map((outcome) => ({ outcome, action: 'removed' })),
      {
        hint: (code, user) =>
          code === 'ErrorNotDelegate' || code === 'ErrorDelegateNotFound'
            ? `${user} is no delegate. Who is: ${context.commandLine('delegate', 'list', owner)}`
            : hintFor(code),
      },
    )
  },
})
