import { parseUser } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG, PLAN_FLAGS, PLAN_FORMAT_FLAG } from '../grants-flags.ts'
import {
  lookUpUser,
  oneOf,
  openBackend,
  readConcurrency,
  readMailboxes,
  readPlanForm,
} from '../grants-input.ts'
import { planResult, showPlans } from '../show-plans.ts'

export const offboardCommand = defineCommand({
  name: 'offboard',
  summary: 'Plans to take a leaver out of mailboxes: as delegate, and from every folder',
  details:
    'Looks at every folder. Give the SID as well: once the account is gone, lists name the leaver by it alone, and take an entry of theirs away with --drop-orphans.',
  operands: [
    { name: 'USER', description: 'SMTP address or SID of the leaver; a name or alias is looked up' },
    { name: 'MAILBOX', description: 'where to look', optional: true, many: true },
  ],
  flags: {
    sid: { type: 'text', value: 'SID', description: 'the leaver’s SID, beside the address' },
    ...MAILBOXES_FLAG,
    folders: {
      ...FOLDERS_FLAG.folders,
      description: 'which folders: all (default), standard (the six of delegates) or none (delegates alone)',
    },
    ...PLAN_FLAGS,
    ...PLAN_FORMAT_FLAG,
    ...BACKEND_FLAGS,
  },
  examples: [['offboard adele@contoso.com --mailboxes all.txt --out leaver.plan', '']],

  async run(context, { flags, operands }) {
    const as = readPlanForm(context, flags.as, flags.format)
    const sid = flags.sid === undefined ? [] : [parseUser(flags.sid, 'the SID')]
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ planOffboard }, { FOLDER_SCOPES }] = await Promise.all([
      import('../../plan/who.ts'),
      import('../../plan/export.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'all', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const users = [await lookUpUser(context, backend, mailboxes, operands.USER, 'the leaver'), ...sid]
    const plans = planOffboard(users, mailboxes, {
      backend,
      folders,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    const shown = { by: 'offboard', total: mailboxes.length }
    const summary = await showPlans(context, plans, { out: flags.out, as }, shown)
    return planResult(context, summary, flags)
  },
})
