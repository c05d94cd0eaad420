import { parseUser } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG, PLAN_FLAGS } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readMailboxes } from '../grants-input.ts'
import { planResult, showPlans } from '../show-plans.ts'

export const offboardCommand = defineCommand({
  name: 'offboard',
  summary: 'Plans to take a leaver out of mailboxes: as delegate, and from every folder',
  details: 'Give the SID as well: once the account is gone, lists name the leaver by it alone.',
  operands: [
    { name: 'USER', description: 'SMTP address or SID of the leaver' },
    { name: 'MAILBOX', description: 'where to look', optional: true, many: true },
  ],
  flags: {
    sid: { type: 'text', value: 'SID', description: 'the leaver’s SID, beside the address' },
    ...MAILBOXES_FLAG,
    ...FOLDERS_FLAG,
    ...PLAN_FLAGS,
    ...BACKEND_FLAGS,
  },
  examples: [['offboard adele@contoso.com --mailboxes all.txt --folders all --out leaver.plan', '']],

  async run(context, { flags, operands }) {
    const users = [parseUser(operands.USER, 'the leaver')]
    if (flags.sid !== undefined) users.push(parseUser(flags.sid, 'the SID'))
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ planOffboard }, { FOLDER_SCOPES }] = await Promise.all([
      import('../../plan/who.ts'),
      import('../../plan/export.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const plans = planOffboard(users, mailboxes, {
      backend,
      folders,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    const summary = await showPlans(context, plans, flags, { by: 'offboard' })
    return planResult(context, summary, flags)
  },
})
