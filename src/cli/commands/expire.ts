import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, PLAN_FLAGS, PLAN_GRANTS_FLAGS, withPlanForm } from '../grants-flags.ts'
import { openBackend, readConcurrency, readGrantFiles, readPlanForm } from '../grants-input.ts'
import { planResult, showPlans } from '../show-plans.ts'

export const expireCommand = defineCommand({
  name: 'expire',
  summary: 'Plans to take away what files of grants say has run out, and nothing else',
  operands: [
    { name: 'FILE', description: 'YAML, JSON, JSON Lines or CSV; - for standard input', many: true },
  ],
  flags: { ...PLAN_FLAGS, ...PLAN_GRANTS_FLAGS, ...BACKEND_FLAGS },
  examples: [['expire grants.yaml --out over.plan', 'every night, then: apply over.plan --yes']],

  async run(context, { flags: given, operands }) {
    const flags = withPlanForm(given)
    const as = readPlanForm(context, given.as, flags.as)
    const grants = await readGrantFiles(context, operands.FILE, flags)
    const [{ plan }, { expiredOnly }] = await Promise.all([
      import('../../plan/plan.ts'),
      import('../../plan/who.ts'),
    ])
    const now = new Date()
    const backend = await openBackend(context, flags)
    const plans = plan(expiredOnly(grants.mailboxes, now), {
      backend,
      now,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    const shown = { by: 'expire', source: grants.source, total: grants.count }
    const summary = await showPlans(context, plans, { out: flags.out, as }, shown)
    return planResult(context, summary, flags)
  },
})
