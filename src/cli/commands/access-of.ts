import { parseUser } from '../../model/user-ref.ts'
import type { AccessPath } from '../../plan/audit.ts'
import { accessRows, accessTableOf } from '../access-report.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readMailboxes } from '../grants-input.ts'

export const accessOfCommand = defineCommand({
  name: 'access-of',
  summary: 'Shows everything a user can reach in mailboxes, by every path',
  details:
    'As a delegate, by an entry of their own, or because everybody can. What they reach as member of a group is shown by audit, under the group.',
  operands: [
    { name: 'USER', description: 'SMTP address or SID' },
    { name: 'MAILBOX', description: 'where to look', optional: true, many: true },
  ],
  flags: { ...MAILBOXES_FLAG, ...FOLDERS_FLAG, ...BACKEND_FLAGS },
  examples: [['access-of adele@contoso.com --mailboxes all.txt', '']],

  async run(context, { flags, operands }) {
    const user = parseUser(operands.USER, 'the user')
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ accessOf }, { FOLDER_SCOPES }] = await Promise.all([
      import('../../plan/audit.ts'),
      import('../../plan/export.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const access: AccessPath[] = []
    const failures: { mailbox: string; code: string; message: string }[] = []
    for await (const { mailbox, access: found, error } of accessOf(user, mailboxes, {
      backend,
      folders,
      ...readConcurrency(flags.concurrency),
    })) {
      access.push(...found)
      if (!error) continue
      failures.push({ mailbox, code: error.code, message: error.message })
      context.talk(`${mailbox}: ${error.message} (${error.code})`)
    }
    return {
      report: {
        text: (terminal) =>
          access.length === 0 ? 'Nothing in these mailboxes.\n' : accessTableOf(access, terminal),
        json: { user: operands.USER, access, failures },
        csv: accessRows(access),
      },
      ...(failures.length > 0
        ? {
            problem: {
              exitCode: failures.length === mailboxes.length ? EXIT.refused : EXIT.partial,
              code: 'ERR_PARTIAL' as const,
              message: `${failures.length} of ${mailboxes.length} mailboxes could not be read.`,
            },
          }
        : {}),
    }
  },
})
