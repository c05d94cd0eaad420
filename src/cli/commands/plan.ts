import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, PLAN_FLAGS, PLAN_GRANTS_FLAGS, withPlanForm } from '../grants-flags.ts'
import { openBackend, readConcurrency, readGrantFiles, readPlanForm } from '../grants-input.ts'
import { planResult, showPlans } from '../show-plans.ts'

export const planCommand = defineCommand({
  name: 'plan',
  summary: 'Shows what files of grants would change, and changes nothing',
  details:
    'All mistakes of the files are told at once, before anything is sent. + is added, ~ changed (old -> new), - removed, ! not possible, · there without being described.',
  operands: [
    { name: 'FILE', description: 'YAML, JSON, JSON Lines or CSV; - for standard input', many: true },
  ],
  flags: { ...PLAN_FLAGS, ...PLAN_GRANTS_FLAGS, ...BACKEND_FLAGS },
  examples: [
    ['plan grants.yaml', ''],
    ['plan roles.yaml staff.csv --out change.plan', 'save it, to be reviewed and applied exactly'],
    ['plan grants.yaml --as powershell > grants.ps1', 'the same as Exchange cmdlets'],
    ['plan grants.yaml --detailed-exitcode', 'in a pipeline: 0 nothing to do, 2 changes'],
  ],

  async run(context, { flags: given, operands }) {
    const flags = withPlanForm(given)
    const as = readPlanForm(context, given.as, flags.as)
    const grants = await readGrantFiles(context, operands.FILE, flags)
    const backend = await openBackend(context, flags)
    const { plan } = await import('../../plan/plan.ts')
    const plans = plan(grants.mailboxes, {
      backend,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    const shown = { by: 'plan', source: grants.source, total: grants.count }
    const summary = await showPlans(context, plans, { out: flags.out, as }, shown)
    return planResult(context, summary, flags)
  },
})
