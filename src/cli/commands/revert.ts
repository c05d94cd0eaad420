import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { YES_FLAG } from '../flags.ts'
import { APPLY_FLAGS, BACKEND_FLAGS } from '../grants-flags.ts'
import { openServer, readConcurrency } from '../grants-input.ts'
import {
  accessAsBegun,
  accessOptions,
  journalPath,
  orDiscard,
  planSource,
  requireNewJournal,
  requireSameServer,
  showNothing,
  showResults,
} from '../run-apply.ts'
import { serverWords } from '../server-words.ts'
import { planResult, showPlans } from '../show-plans.ts'

export const revertCommand = defineCommand({
  name: 'revert',
  summary: 'Puts back what a run changed, where nobody changed it since',
  details:
    'Shows the plan and asks on a terminal. What somebody else changed after the run stays as it is now and is told. Entries of deleted accounts that a run dropped cannot be put back.',
  operands: [{ name: 'JOURNAL', description: 'the journal of the run' }],
  flags: {
    out: { type: 'text', value: 'FILE', description: 'save the plan instead of making its changes' },
    ...APPLY_FLAGS,
    ...YES_FLAG,
    ...BACKEND_FLAGS,
  },
  absent: { 'dry-run': 'To look at it first: ews-delegates revert JOURNAL --out FILE' },
  examples: [
    ['revert apply-20261121T101500Z.jsonl', ''],
    ['revert apply-20261121T101500Z.jsonl --out back.plan', 'look at it first, apply it later'],
  ],

  async run(context, { flags, operands }) {
    const [
      { planRevert },
      { readPlanFile },
      { applyPlans },
      { Journal, readJournalHeader },
      { lockJournal },
    ] = await Promise.all([
      import('../../plan/revert.ts'),
      import('../../plan/plan-file.ts'),
      import('../../plan/apply.ts'),
      import('../../plan/journal.ts'),
      import('../../plan/journal-lock.ts'),
    ])
    if (flags.out !== undefined && flags.journal !== undefined) {
      throw new InvalidInputError('--journal and --out are both given.', {
        hint: 'A plan that is saved is recorded when it is applied.',
      })
    }
    const reverted = resolve(context.io.cwd, operands.JOURNAL)
    // While the run goes on, or is put back by somebody else, what it changed is not known.
    await using _lock = await lockJournal(reverted)
    const path = journalPath(context, flags.journal)
    if (flags.out === undefined) await requireNewJournal(path)
    const out = flags.out ?? `${path}.plan`
    const plans = planRevert(reverted)
    const summary = await showPlans(
      context,
      plans,
      { out, as: undefined },
      { by: 'revert', ...(flags.out === undefined ? { before: flags.yes ? 'run' : 'question' } : {}) },
    )
    if (flags.out === undefined && summary.changing === 0) {
      await rm(resolve(context.io.cwd, out), { force: true })
      showNothing(context)
    }
    const { options: begun } = await readJournalHeader(reverted)
    const access = accessAsBegun(flags, begun)
    if (flags.out !== undefined || summary.changing === 0) {
      const shown = { out: flags.out, 'detailed-exitcode': undefined }
      return planResult(context, summary, shown, wordsOf(access, flags))
    }
    const { backend, saved, journal } = await orDiscard(context, out, async () => {
      await context.confirm('Put this back?', flags.yes)
      const { backend, endpoint } = await openServer(context, { ...flags, ...access })
      requireSameServer(
        begun?.endpoint,
        endpoint,
        'Name that server. If it has another name by now, save the plan with --out FILE, look at it, and apply it.',
      )
      const planPath = resolve(context.io.cwd, out)
      const saved = await readPlanFile(planPath)
      const journal = await Journal.create(path, {
        source: await planSource(planPath),
        options: { ...accessOptions(access), endpoint },
      })
      return { backend, saved, journal }
    })
    context.talk(`Journal: ${path}`)
    const results = applyPlans(saved.mailboxes, {
      backend,
      journal,
      signal: context.io.signal,
      verify: flags.verify ?? true,
      ...readConcurrency(flags.concurrency),
    })
    return await showResults(context, results, journal, saved.summary.changing, { planned: saved.header.by })
  },
})

/** What the journal says and nobody typed. The default need not be said. */
function wordsOf(access: Access, typed: Access): string[] {
  return serverWords(
    {
      'impersonate-owners':
        typed['impersonate-owners'] === undefined && access['impersonate-owners'] === false
          ? false
          : undefined,
      'trust-empty-lists': typed['trust-empty-lists'] === undefined ? access['trust-empty-lists'] : undefined,
    },
    'apply',
  )
}

type Access = ReturnType<typeof accessAsBegun>
