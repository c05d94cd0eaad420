import { InvalidInputError } from '../../errors.ts'
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

export const cloneCommand = defineCommand({
  name: 'clone',
  summary: 'Plans to give one user what another has in these mailboxes',
  operands: [
    { name: 'USER', description: 'SMTP address or SID of whom to copy; a name or alias is looked up' },
    { name: 'MAILBOX', description: 'where to look', optional: true, many: true },
  ],
  flags: {
    to: { type: 'text', value: 'USER', description: 'SMTP address or SID of who is to have the same' },
    ...MAILBOXES_FLAG,
    ...FOLDERS_FLAG,
    ...PLAN_FLAGS,
    ...PLAN_FORMAT_FLAG,
    ...BACKEND_FLAGS,
  },
  examples: [['clone adele@contoso.com --to megan@contoso.com --mailboxes all.txt --out same.plan', '']],

  async run(context, { flags, operands }) {
    const as = readPlanForm(context, flags.as, flags.format)
    if (flags.to === undefined)
      throw new InvalidInputError('Who is to have the same?', { hint: 'Name them with --to USER.' })
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ planClone }, { FOLDER_SCOPES }] = await Promise.all([
      import('../../plan/who.ts'),
      import('../../plan/export.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const from = await lookUpUser(context, backend, mailboxes, operands.USER, 'the user')
    const to = await lookUpUser(context, backend, mailboxes, flags.to, 'the user of --to')
    const plans = planClone(from, to, mailboxes, {
      backend,
      folders,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    const shown = { by: 'clone', total: mailboxes.length }
    const summary = await showPlans(context, plans, { out: flags.out, as }, shown)
    return planResult(context, summary, flags)
  },
})
