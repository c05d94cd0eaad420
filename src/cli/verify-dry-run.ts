import { proofMessage } from '../proof/attempt.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { seemsApplication } from './delegate-sign-in.ts'
import { dryRun } from './dry-run.ts'
import type { ExpectedSend } from './expected-sends.ts'
import { mailRequests } from './graph-dry-run.ts'
import type { Through, VerifyFlagValues } from './verify-flags.ts'
import { mailboxFor } from './verify-run.ts'

/** What stands for the word that each proof finds its mail by. */
const MARKER = '{marker}'

/** The mails that proofs would send. Needs no token. */
export async function showProofs(
  context: Context,
  flags: VerifyFlagValues,
  sends: readonly ExpectedSend[],
  to: string | undefined,
  through: Through | undefined,
): Promise<CommandResult> {
  const client = await context.graphForDryRun(flags)
  const root = context.graphUrl(flags)
  const way = through ?? (seemsApplication(context, flags) ? 'delegate' : 'me')
  return dryRun(
    sends.flatMap((send) => {
      const input = {
        as: mailboxFor(send, way),
        ...proofMessage({ ...send, to: to ?? send.delegate }, MARKER),
      }
      return mailRequests({ way: 'by draft', input }, client, root)
    }),
  )
}
