import { InvalidInputError } from '../../errors.ts'
import { parseUser } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG, PLAN_FLAGS } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readMailboxes } from '../grants-input.ts'
import { planResult, showPlans } from '../show-plans.ts'

export const cloneCommand = defineCommand({
  name: 'clone',
  summary: 'Plans to give one user what another has in these mailboxes',
  operands: [
    { name: 'USER', description: 'SMTP address or SID of whom to copy' },
    { name: 'MAILBOX', description: 'where to look', optional: true, many: true },
  ],
  flags: {
    to: { type: 'text', value: 'USER', description: 'SMTP address or SID of who is to have the same' },
    ...MAILBOXES_FLAG,
    ...FOLDERS_FLAG,
    ...PLAN_FLAGS,
    ...BACKEND_FLAGS,
  },
  examples: [['clone adele@contoso.com --to megan@contoso.com --mailboxes all.txt --out same.plan', '']],

  async run(context, { flags, operands }) {
    const from = parseUser(operands.USER, 'the user')
    if (flags.to === undefined)
      throw new InvalidInputError('Who is to have the same?', { hint: 'Name them with --to USER.' })
    const to = parseUser(flags.to, 'the user of --to')
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ planClone }, { FOLDER_SCOPES }] = await Promise.all([
      import('../../plan/who.ts'),
      import('../../plan/export.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const plans = planClone(from, to, mailboxes, {
      backend,
      folders,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    const summary = await showPlans(context, plans, flags, { by: 'clone' })
    return planResult(context, summary, flags)
  },
})
