import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Backend } from '../../backends/backend.ts'
import { InvalidInputError } from '../../errors.ts'
import { GRANT_MODES } from '../../model/grant-mode.ts'
import type { JournalSource, RunOptions } from '../../plan/journal.ts'
import type { SavedPlan } from '../../plan/plan-file.ts'
import { type CommandResult, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { YES_FLAG } from '../flags.ts'
import { APPLY_FLAGS, BACKEND_FLAGS, DROP_ORPHANS_FLAG, GRANTS_FLAGS } from '../grants-flags.ts'
import { oneOf, openServer, ownFileKind, readConcurrency, readGrantFiles } from '../grants-input.ts'
import { canAsk } from '../prompt.ts'
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
import { planResult, showPlans } from '../show-plans.ts'

const FLAGS = {
  resume: {
    type: 'text',
    value: 'JOURNAL',
    description: 'go on with a run that was interrupted, or had failures',
  },
  ...APPLY_FLAGS,
  ...DROP_ORPHANS_FLAG,
  ...YES_FLAG,
  ...GRANTS_FLAGS,
  ...BACKEND_FLAGS,
} as const
/** How a source that cannot be read again is called. */
const STANDARD_INPUT = 'standard input'

type ApplyCommandFlags = Parameters<Parameters<typeof defineCommand<typeof FLAGS, []>>[0]['run']>[1]['flags']

export const applyCommand = defineCommand({
  name: 'apply',
  summary: 'Makes the changes of files of grants, or of a saved plan',
  details:
    'On a terminal the plan is shown and asked about first, and then exactly that is done. A saved plan is done exactly, or refused for the mailboxes where somebody changed the same thing since. Every change is recorded in a journal before and after it is made: Ctrl-C, or worse, loses nothing.',
  operands: [
    {
      name: 'FILE',
      description: 'files of grants, or one saved plan; - for standard input',
      optional: true,
      many: true,
    },
  ],
  usage: '(FILE… | --resume JOURNAL) [options]',
  flags: FLAGS,
  absent: { 'dry-run': 'To see what would change, and change nothing: ews-delegates plan FILE…' },
  examples: [
    ['apply grants.yaml', 'shows, asks, does'],
    ['apply change.plan --yes', 'a saved plan, in a script'],
    ['apply --resume apply-20261121T101500Z.jsonl', 'go on where it stopped'],
  ],

  async run(context, { flags, operands }) {
    const files = (operands.FILE ?? []) as readonly string[]
    if (flags.resume !== undefined) return resume(context, flags, files)
    if (files.length === 0)
      throw new InvalidInputError('No file is named.', { hint: 'Name files of grants, or a saved plan.' })
    const [file = ''] = files
    if (files.length === 1 && file !== '-' && (await ownFileKind(context, file)) === 'plan') {
      const saved = await readSaved(context, flags, file)
      return applySaved(context, flags, await beginSaved(context, flags, file, { saved }))
    }
    return applyFiles(context, flags, files)
  },
})

async function applyFiles(
  context: Context,
  flags: ApplyCommandFlags,
  files: readonly string[],
): Promise<CommandResult> {
  const grants = await readGrantFiles(context, files, flags)
  if (!flags.yes && !canAsk(context.io)) await context.confirm('Make these changes?', false)
  const server = await openServer(context, flags)
  const { backend } = server
  const path = journalPath(context, flags.journal)
  if (!flags.yes) {
    await requireNewJournal(path)
    const { plan } = await import('../../plan/plan.ts')
    const plans = plan(grants.mailboxes, {
      backend,
      dropOrphans: flags['drop-orphans'] ?? false,
      ...readConcurrency(flags.concurrency),
    })
    // What was seen is what is done, whatever happens to the mailboxes while somebody reads.
    const out = `${path}.plan`
    const summary = await showPlans(
      context,
      plans,
      { out, as: undefined },
      { by: 'apply', source: grants.source, total: grants.count, before: 'question' },
    )
    if (summary.changing === 0) {
      await rm(out, { force: true })
      showNothing(context)
      return planResult(context, summary, { out: undefined, 'detailed-exitcode': undefined })
    }
    const begun = await orDiscard(context, out, async () => {
      await context.confirm('Make these changes?', false)
      return beginSaved(context, { ...flags, yes: true, journal: path }, out, { server })
    })
    return applySaved(context, flags, begun)
  }
  const [{ Journal }, { applyGrants }] = await Promise.all([
    import('../../plan/journal.ts'),
    import('../../plan/apply.ts'),
  ])
  const journal = await Journal.create(path, {
    // A run may be gone on with from another folder.
    source: {
      ...grants.source,
      names: files.map((file) => (file === '-' ? STANDARD_INPUT : resolve(context.io.cwd, file))),
    },
    options: { ...runOptions(flags), endpoint: server.endpoint },
  })
  context.talk(`Journal: ${path}`)
  const results = applyGrants(grants.mailboxes, {
    ...optionsOf(context, flags, backend),
    journal,
    dropOrphans: flags['drop-orphans'] ?? false,
  })
  return showResults(context, results, journal, grants.count)
}

async function beginSaved(
  context: Context,
  flags: ApplyCommandFlags,
  file: string,
  given: { readonly saved?: SavedPlan; readonly server?: Awaited<ReturnType<typeof openServer>> },
) {
  const [{ readPlanFile }, { Journal }, { renderSummary }] = await Promise.all([
    import('../../plan/plan-file.ts'),
    import('../../plan/journal.ts'),
    import('../../plan/render.ts'),
  ])
  const path = resolve(context.io.cwd, file)
  const saved = given.saved ?? (await readPlanFile(path))
  if (!flags.yes) {
    context.talk(renderSummary(saved.summary).join('\n'))
    await context.confirm('Make these changes?', false)
  }
  const { backend, endpoint } = given.server ?? (await openServer(context, flags))
  const journal = await Journal.create(journalPath(context, flags.journal), {
    source: await planSource(path),
    options: { ...accessOptions(flags), endpoint },
  })
  return { backend, saved, journal }
}

async function applySaved(
  context: Context,
  flags: ApplyCommandFlags,
  { backend, saved, journal }: Awaited<ReturnType<typeof beginSaved>>,
): Promise<CommandResult> {
  const { applyPlans } = await import('../../plan/apply.ts')
  context.talk(`Journal: ${journal.path}`)
  const results = applyPlans(saved.mailboxes, { ...optionsOf(context, flags, backend), journal })
  return showResults(context, results, journal, saved.summary.changing, { planned: saved.header.by })
}

/** What a plan was made by, and how that is typed with the flags that it takes. */
const MAKERS: Readonly<Record<string, readonly [command: string, ...flags: string[]]>> = {
  plan: ['plan FILE…', 'mode', 'format', 'drop-orphans'],
  apply: ['plan FILE…', 'mode', 'format', 'drop-orphans'],
  expire: ['expire FILE…', 'mode', 'format', 'drop-orphans'],
  offboard: ['offboard …', 'drop-orphans'],
  clone: ['clone …', 'drop-orphans'],
}

/** A saved plan. What it is of was decided when it was made. */
async function readSaved(
  context: Context,
  flags: Partial<Pick<ApplyCommandFlags, 'mode' | 'format' | 'drop-orphans'>>,
  plan: string,
): Promise<SavedPlan> {
  const { readPlanFile } = await import('../../plan/plan-file.ts')
  const saved = await readPlanFile(resolve(context.io.cwd, plan))
  const maker = MAKERS[saved.header.by]
  for (const name of ['mode', 'format', 'drop-orphans'] as const) {
    const value = flags[name]
    if (value === undefined || value === false) continue
    throw new InvalidInputError(`${plan} is a saved plan, in which --${name} has no say any more.`, {
      hint: maker?.includes(name)
        ? `Plan anew with it: ews-delegates ${maker[0]} --${name}${value === true ? '' : ` ${value}`}`
        : `Leave --${name} out.`,
    })
  }
  return saved
}

function runOptions(flags: ApplyCommandFlags): RunOptions {
  const { mode, format } = flags
  return {
    ...(mode === undefined ? {} : { mode: oneOf(mode, GRANT_MODES, 'a mode') }),
    ...(format === undefined ? {} : { format }),
    dropOrphans: flags['drop-orphans'] ?? false,
    ...accessOptions(flags),
  }
}

/** The flags with which the run was begun, for those that are not repeated. */
function asBegun(flags: ApplyCommandFlags, begun: RunOptions | undefined): ApplyCommandFlags {
  if (!begun) return flags
  const { mode, format } = runOptions(flags)
  for (const [name, was, is] of [
    ['--mode', begun.mode, mode],
    ['--format', begun.format, format],
  ] as const) {
    if (is === undefined || is.toLowerCase() === was?.toLowerCase()) continue
    throw new InvalidInputError(
      `The run was begun ${was === undefined ? `without ${name}` : `with ${name} ${was}`}; with ${name} ${is} it would be finished as something else.`,
      { hint: `Leave ${name} out to go on, or plan and apply anew.` },
    )
  }
  return {
    ...flags,
    mode: begun.mode,
    format: begun.format,
    // What held a mailbox up may be allowed later.
    'drop-orphans': flags['drop-orphans'] ?? begun.dropOrphans,
    ...accessAsBegun(flags, begun),
  }
}

async function resume(
  context: Context,
  given: ApplyCommandFlags,
  files: readonly string[],
): Promise<CommandResult> {
  const [{ Journal }, { lockJournal }, { readJournalState }, { applyGrants, applyPlans }] = await Promise.all(
    [
      import('../../plan/journal.ts'),
      import('../../plan/journal-lock.ts'),
      import('../../plan/journal-state.ts'),
      import('../../plan/apply.ts'),
    ],
  )
  if (given.journal !== undefined) {
    throw new InvalidInputError('--journal and --resume are both given.', {
      hint: 'A run goes on in its own journal.',
    })
  }
  const path = resolve(context.io.cwd, given.resume as string)
  // Before it is read: where it stands must not change any more.
  await using lock = await lockJournal(path)
  const state = await readJournalState(path)
  const { source } = state.header
  const flags = asBegun(given, state.header.options)
  const names = files.length > 0 ? files : (source?.names ?? [])
  if (names.length === 0 || names.includes(STANDARD_INPUT)) {
    throw new InvalidInputError('The journal does not tell a file that can be read again.', {
      hint: 'Name the same files once more, behind --resume.',
    })
  }
  const requireSame = (found: JournalSource) => {
    if (source && found.sha256 === source.sha256) return
    throw new InvalidInputError(`${names.join(', ')} changed since the run began.`, {
      hint: 'What was begun would be finished as something else. Restore the file, or plan and apply anew.',
    })
  }
  if (source?.kind === 'plan') {
    const [plan = ''] = names
    requireSame(await planSource(resolve(context.io.cwd, plan)))
    const saved = await readSaved(context, { 'drop-orphans': given['drop-orphans'] }, plan)
    const options = await resumed()
    const results = applyPlans(saved.mailboxes, options)
    return await showResults(context, results, options.journal, saved.summary.changing, {
      planned: saved.header.by,
    })
  }
  const grants = await readGrantFiles(context, names, flags)
  requireSame(grants.source)
  const options = await resumed()
  const results = applyGrants(grants.mailboxes, { ...options, dropOrphans: flags['drop-orphans'] ?? false })
  return await showResults(context, results, options.journal, grants.count)

  async function resumed() {
    const { backend, endpoint } = await openServer(context, flags)
    requireSameServer(
      state.header.options?.endpoint,
      endpoint,
      'Name that server to go on, or plan and apply anew at this one.',
    )
    return {
      ...optionsOf(context, flags, backend),
      journal: await Journal.resume(path, { lock }),
      resume: state,
    }
  }
}

function optionsOf(context: Context, flags: ApplyCommandFlags, backend: Backend) {
  return {
    backend,
    signal: context.io.signal,
    verify: flags.verify ?? true,
    ...readConcurrency(flags.concurrency),
  }
}
