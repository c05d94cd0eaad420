import type { Backend, ChangeOutcome, ReadRequest } from '../backends/backend.ts'
import { EwsDelegatesError, EwsResponseError } from '../errors.ts'
import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import { folderNameKey } from '../model/folder-name.ts'
import { comparePermissions, type WritablePermission } from '../model/folder-permission.ts'
import { findDelegate, findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import type { DelegateGrantChange, FolderStep, MailboxStep } from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS } from '../model/permission-level.ts'
import { describeUser } from '../model/user-ref.ts'
import { checkMailboxPlan, mailboxOf } from './check-plan.ts'
import type { DesiredMailbox } from './desired.ts'
import { type DiffOptions, fingerprintOf } from './diff.ts'
import {
  DOUBTFUL,
  type Journal,
  type JournalOutcome,
  type MailboxStatus,
  MOVED,
  mayBeMade,
  UNABLE,
  UNANSWERED,
} from './journal.ts'
import { JournalError } from './journal-error.ts'
import type { Attempt, JournalState } from './journal-state.ts'
import {
  type Blocked,
  CONTRADICTORY,
  errorText,
  type MailboxPlan,
  NOT_PLANNED,
  type PlanError,
} from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, mergeStates, planErrorOf, planMailbox } from './plan.ts'
import { Gate, mapUnordered, type Source } from './pool.ts'
import { readForChanges, readState } from './read-state.ts'
import { isBusyCode, isUnreachable, ServerWatch } from './server-watch.ts'
import {
  isWritable,
  lacksDefault,
  lostEntries,
  movedEntries,
  projectStep,
  remainderOf,
  type Standing,
  standingsOf,
} from './standing.ts'
import { mayBeWellKnown } from './well-known-names.ts'

export interface ApplyOptions {
  readonly backend: Backend
  /** Where the run is recorded. Without one nothing can be resumed or put back. */
  readonly journal?: Journal
  /** Where an interrupted run stands, to go on from there; `journal` is then its journal, resumed. */
  readonly resume?: JournalState
  /** How many mailboxes are with the server at a time. Default 8. */
  readonly concurrency?: number
  /** Reads changed folders back and compares the whole list. Default true. */
  readonly verify?: boolean
  /** Stops the run: steps that were begun are finished, everything else is skipped. */
  readonly signal?: AbortSignal
  /** Default: now. */
  readonly now?: Date
}

/** What became of one step. */
export interface StepResult {
  readonly step: MailboxStep
  /** One per change of the step (a delivery is one more); empty when the step was not begun. */
  readonly outcomes: readonly JournalOutcome[]
  /** Nothing was changed: reading, or the answer to the removal of an orphan, showed that it is so already. */
  readonly found?: boolean
}

export interface MailboxResult {
  readonly mailbox: string
  readonly status: MailboxStatus
  readonly steps: readonly StepResult[]
  /** Why something was not done, one sentence each. */
  readonly reasons: readonly string[]
  /** What kept the mailbox from being worked on, where that was an error. */
  readonly error?: PlanError
  /** The run was resumed and the mailbox was finished before. */
  readonly before?: boolean
}

/**
 * Makes mailboxes as they are described: each is read, compared and changed in one go. Yields results as they come.
 * A mailbox that comes again is refused the second time.
 *
 * @throws JournalError after the last result, when the journal could not be written: what was begun was finished,
 *   and nothing else was.
 * @throws InvalidInputError for a description that names no mailbox, and a concurrency that is no whole number from 1
 *   on; what else is wrong with a description is the error of its result.
 */
export function applyGrants(
  desired: Source<DesiredMailbox>,
  options: ApplyOptions & Partial<DiffOptions>,
): AsyncGenerator<MailboxResult, void, undefined> {
  const diff = { now: options.now ?? new Date(), dropOrphans: options.dropOrphans ?? false }
  return run(desired, options, (mailbox, backend) => planMailbox(backend, mailbox, diff), false)
}

/**
 * Makes the changes of saved plans, exactly: a mailbox where somebody else changed the same thing since is refused
 * as a whole. Plans that put a run back leave out what somebody else changed, and do the rest.
 */
export function applyPlans(
  plans: Source<MailboxPlan>,
  options: ApplyOptions,
): AsyncGenerator<MailboxResult, void, undefined> {
  return run(
    plans,
    options,
    async (given, backend) => {
      const plan = checkMailboxPlan(given)
      if (plan.error) return { plan, state: { mailbox: plan.mailbox, folders: [] } }
      return {
        plan,
        state: await readForChanges(backend, plan.mailbox, readRequestOf(plan.steps, plan.ground?.read)),
      }
    },
    true,
  )
}

interface Prepared {
  readonly plan: MailboxPlan
  readonly state: MailboxState
  /** No going on makes what is described. */
  readonly contradictory?: true
}

async function* run<T extends { readonly mailbox: string; readonly blocked?: readonly Blocked[] }>(
  source: Source<T>,
  given: ApplyOptions,
  prepare: (task: T, backend: Backend) => Promise<Prepared>,
  saved: boolean,
): AsyncGenerator<MailboxResult, void, undefined> {
  const { journal, concurrency = DEFAULT_CONCURRENCY } = given
  const options = { ...given, backend: limited(given.backend, concurrency) }
  const watch = new ServerWatch(concurrency)
  const begun = new Set<string>()
  yield* mapUnordered(source, concurrency + spareOf(concurrency), async (task): Promise<MailboxResult> => {
    const mailbox = mailboxOf(task)
    const key = mailbox.toLowerCase()
    // Side by side, or after one another with a kill between, a journal could not tell whose its records are.
    if (begun.has(key)) return { mailbox, status: 'refused', steps: [], reasons: [TWICE] }
    begun.add(key)
    if (options.resume?.finished.has(key))
      return { mailbox, status: 'unchanged', steps: [], reasons: [], before: true }
    const skip = stopReason(options, 'mailbox')
    if (skip) return { mailbox, status: 'skipped', steps: [], reasons: [skip] }
    const { lost } = watch
    if (lost) return { mailbox, status: 'skipped', steps: [], reasons: [becauseOf(lost)], error: lost }
    const work = new MailboxRun(mailbox, options, watch)
    const attempt = options.resume?.open.get(key)?.attempts.at(-1)
    let result: MailboxResult
    let resumed: MailboxResult | undefined
    try {
      const begin = async () =>
        new MailboxRun(mailbox, options, watch).begin(await prepare(task, options.backend), saved)
      resumed = attempt && (await work.resume(attempt))
      // A journal holds what was intended, and not what was not possible then.
      if (resumed && saved) result = withBlocked(resumed, task.blocked ?? [])
      else result = together(resumed, await begin(), work.doubts)
      if (result.status !== 'failed' && result.status !== 'skipped') watch.served(key)
    } catch (error) {
      const reason = planErrorOf(error)
      const { code, hint } = reason
      watch.failed(error, key)
      // The intention is not on the disk, so that nothing was sent.
      const untouched = code === 'ERR_ABORTED' || error instanceof JournalError
      const failed: MailboxResult = {
        mailbox,
        status: untouched ? 'skipped' : 'failed',
        steps: [],
        reasons: [`${errorText(reason)}${hint ? ` ${hint}` : ''}`],
        error: reason,
      }
      // What was gone on with before it was planned anew is done.
      result = together(resumed, failed, work.doubts)
    }
    // Without this line a resumed run looks once more, so that nobody waits for it.
    journal?.append({
      type: 'end',
      mailbox,
      status: result.status,
      ...(result.reasons.length > 0 ? { reasons: result.reasons } : {}),
    })
    return result
  })
  // A failure to write is told here: nobody should have to look for it among the results.
  if (given.signal?.aborted || watch.lost) await journal?.flush()
  else await journal?.commit({ type: 'finish', at: new Date().toISOString() })
}

/**
 * More mailboxes are begun than may be with the server: while some wait for the journal's disk, others have their
 * places. Whoever wants few at a time wants them one after the other.
 */
function spareOf(concurrency: number): number {
  return concurrency < 4 ? 0 : concurrency
}

function limited(backend: Backend, concurrency: number): Backend {
  const gate = new Gate(concurrency)
  const { lookUp } = backend
  return {
    name: backend.name,
    read: (mailbox, request) => gate.run(() => backend.read(mailbox, request)),
    apply: (mailbox, step, seen) => gate.run(() => backend.apply(mailbox, step, seen)),
    refuses: (step) => backend.refuses(step),
    isStale: (error) => backend.isStale(error),
    ...(lookUp ? { lookUp: (mailbox, word) => gate.run(() => lookUp.call(backend, mailbox, word)) } : {}),
  }
}

/** Why no further mailbox or step is begun. */
function stopReason({ signal, journal }: ApplyOptions, what: 'mailbox' | 'step'): string | undefined {
  if (signal?.aborted) return `The run was stopped before this ${what}.`
  return journal?.failure && `The run was stopped before this ${what}: ${journal.failure.message}`
}

function becauseOf(lost: PlanError): string {
  return `The run was stopped, because ${lost.message}`
}

/** What must be read to check and make steps that were made earlier. */
export function readRequestOf(steps: readonly MailboxStep[], more?: ReadRequest): ReadRequest {
  const folders = new Map<string, string>()
  const add = (folder: string) => folders.set(folderNameKey(folder), folder)
  for (const step of steps) {
    if (step.type === 'folder') add(step.folder)
    else {
      // Becoming a delegate takes away the entries one has, which somebody may have given since.
      if (step.action === 'add') for (const folder of DELEGATE_FOLDERS) add(folder)
      for (const { before, after, replaces } of step.changes) {
        for (const folder of DELEGATE_FOLDERS) {
          const grants = [before?.levels[folder], after?.levels[folder], replaces?.[folder]]
          if (
            grants.some(
              (grant) => grant !== undefined && !(DELEGATE_LEVELS as readonly unknown[]).includes(grant),
            )
          )
            add(folder)
        }
      }
    }
  }
  for (const folder of more?.folders ?? []) add(folder)
  return {
    delegates: (more?.delegates ?? false) || steps.some(({ type }) => type === 'delegates'),
    folders: [...folders.values()],
  }
}

/** What a resumed run knows of a step. */
interface StepBefore {
  readonly known: Attempt['outcomes'][number]
  readonly already: Attempt['already'][number]
}

type MadeStep = Omit<StepResult, 'step'> & { readonly already?: readonly number[] }

/** One mailbox's way through its steps, in order. */
class MailboxRun {
  readonly #mailbox: string
  readonly #options: ApplyOptions
  readonly #watch: ServerWatch
  readonly #results: StepResult[] = []
  readonly #reasons: string[] = []
  readonly #doubts: string[] = []
  /** The mailbox as {@link ServerWatch} knows it. */
  readonly #key: string
  #state: MailboxState
  #resumed = false
  /** Something was found that this run may well have made itself: its answer was lost. */
  #made = false
  /** The answer to a write was lost, and the mailbox has not been read since. */
  #inDoubt = false
  /** Folders whose list a delegate change has touched since they were read. */
  readonly #stale = new Set<string>()

  constructor(mailbox: string, options: ApplyOptions, watch: ServerWatch) {
    this.#mailbox = mailbox
    this.#key = mailbox.toLowerCase()
    this.#options = options
    this.#watch = watch
    this.#state = { mailbox, folders: [] }
  }

  /** What the interrupted run may have made, where that can no longer be told; one sentence each. */
  get doubts(): readonly string[] {
    return this.#doubts
  }

  async begin({ plan, state, contradictory }: Prepared, saved: boolean): Promise<MailboxResult> {
    if (plan.error) {
      // What stood in the way then may be gone by now, and there are no steps to make.
      const reason = `${NOT_PLANNED.message} What was said then: ${errorText(plan.error)}`
      return { ...this.#end('failed', [reason]), error: NOT_PLANNED }
    }
    this.#state = state
    this.#watch.heard()
    const refusals = saved ? this.#groundMoved(plan) : []
    if (refusals.length > 0) return this.#end('refused', refusals)
    const blocked = plan.blocked.map(blockedText)
    if (contradictory) return { ...this.#end('refused', blocked), error: CONTRADICTORY }
    if (plan.steps.length === 0) return this.#end(blocked.length > 0 ? 'refused' : 'unchanged', blocked)
    const stopped = stopReason(this.#options, 'mailbox')
    if (stopped) return this.#end('skipped', [stopped])
    await this.#options.journal?.commit({
      type: 'begin',
      mailbox: this.#mailbox,
      steps: plan.steps,
      ...(plan.ground ? { ground: plan.ground } : {}),
    })
    this.#reasons.push(...blocked)
    return this.#make(plan.steps, undefined, plan.moved === 'skip')
  }

  /** Goes on with what an interrupted run intended. What is in doubt is read first. */
  async resume(attempt: Attempt): Promise<MailboxResult> {
    const { steps, ground } = attempt
    this.#state = await readForChanges(
      this.#options.backend,
      this.#mailbox,
      readRequestOf(steps, ground?.read),
    )
    this.#watch.heard()
    if (
      ground &&
      this.#nothingDone(attempt) &&
      fingerprintOf(this.#state, ground.read) !== ground.fingerprint
    ) {
      this.#holdBack(attempt)
      return this.#end('refused', [GROUND_MOVED, ...this.#doubts])
    }
    return this.#make(steps, attempt, true)
  }

  async #make(
    steps: readonly MailboxStep[],
    resumed: Attempt | undefined,
    skipMoved: boolean,
  ): Promise<MailboxResult> {
    this.#resumed = resumed !== undefined
    const written: FolderStep[] = []
    let broken = false
    for (const [index, step] of steps.entries()) {
      const known = resumed?.outcomes[index]
      if (known?.every((outcome) => outcome === true)) {
        this.#results.push({ step, outcomes: known, found: true })
        continue
      }
      const { lost } = this.#watch
      const stopped = stopReason(this.#options, 'step') ?? (lost && becauseOf(lost))
      if (stopped || broken) {
        this.#results.push({ step, outcomes: [] })
        if (stopped && !this.#reasons.includes(stopped)) this.#reasons.push(stopped)
        // Known not to be made, which a step without a result is not. What was in doubt before stays so.
        if (!resumed) this.#record(index, { outcomes: notBegun(step) })
        continue
      }
      const before = { known, already: resumed?.already[index] }
      const made = await this.#makeStep(step, skipMoved, before).catch((error: unknown) => {
        // The state could not be read for it: whether it happened is for a resumed run to find out.
        const doubt = this.#inDoubt ? 'It is not known whether the change was made: ' : ''
        this.#reasons.push(`${doubt}${errorText(planErrorOf(error))}`)
        this.#watch.failed(error, this.#key)
        broken = true
        return undefined
      })
      if (!made) {
        this.#results.push({ step, outcomes: [] })
        continue
      }
      this.#record(index, made)
      const { outcomes, found } = made
      // What follows would wait as long again, and a resumed run makes it in its order.
      broken = outcomes.some((outcome) => outcome !== true && isUnreachable(outcome.code))
      this.#results.push({ step, outcomes, ...(found ? { found } : {}) })
      if (step.type === 'folder' && !found && outcomes.every((outcome) => outcome === true))
        written.push(step)
    }
    // What the server said it has written is so, whether there was time left to look at it or not.
    let uncompared = false
    const differences =
      (this.#options.verify ?? true) && written.length > 0
        ? await this.#verify(written).catch((error: unknown) => {
            const { code, message } = planErrorOf(error)
            uncompared = code === 'ERR_ABORTED'
            return uncompared ? [] : [`What was written could not be read back: ${message}`]
          })
        : []
    this.#reasons.push(...differences)
    return this.#end(this.#statusOf(differences.length > 0), uncompared ? [UNCOMPARED] : [])
  }

  #record(step: number, { outcomes, found, already = [] }: MadeStep): void {
    this.#options.journal?.append({
      type: 'step',
      mailbox: this.#mailbox,
      step,
      outcomes,
      ...(found ? { found } : {}),
      ...(already.length > 0 ? { already } : {}),
    })
  }

  async #makeStep(step: MailboxStep, skipMoved: boolean, before: StepBefore): Promise<MadeStep> {
    const { backend } = this.#options
    const already = new Set(before.already)
    let doubt: unknown
    // Twice at most: again when somebody wrote at the same moment, or when the answer was lost and the state, read
    // again, shows that nothing happened.
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0 || this.#isStale(step)) await this.#readAgain(step)
      const standings = standingsOf(this.#state, step)
      for (const [index, standing] of standings.entries()) {
        if (standing === 'todo') already.delete(index)
        else if (standing === 'done' && !this.#mayBeOurs(before, index, doubt)) already.add(index)
        else if (standing === 'done' && !already.has(index)) this.#made = true
      }
      const refused = new Map<number, JournalOutcome>()
      for (const [index, standing] of standings.entries()) {
        if (standing !== 'moved' || before.known?.[index] === true) continue
        // Whether it happened before somebody changed it cannot be told any longer.
        const doubtful = this.#mayBeOurs(before, index, doubt) && !isUnmade(this.#state, step, index)
        refused.set(
          index,
          doubtful ? MAYBE_MADE : { code: MOVED, message: whyMoved(this.#state, step, index) },
        )
      }
      const left = remainderOf(step, skipMoved ? standings.map(movedIsDone) : standings)
      const done = standings.map((_, index): JournalOutcome => refused.get(index) ?? true)
      if (!left) return { outcomes: this.#noteOutcomes(step, done), found: true, already: [...already] }
      if (refused.size > 0 && !skipMoved) {
        const outcomes = done.map((outcome, index): JournalOutcome => {
          const isOurs = standings[index] === 'done' && !already.has(index)
          return outcome === true && !isOurs ? NOT_DONE : outcome
        })
        return { outcomes: this.#noteOutcomes(step, outcomes) }
      }
      const unable = backend.refuses(left)
      if (attempt === 2 || unable !== undefined) {
        const { code, message } =
          unable === undefined ? planErrorOf(doubt) : { code: UNABLE, message: unable }
        return {
          outcomes: this.#noteOutcomes(
            step,
            standings.map((standing, index) =>
              standing === 'todo' ? { code, message } : (done[index] as JournalOutcome),
            ),
          ),
          already: [...already],
        }
      }
      this.#touch(step)
      try {
        const answered = await backend.apply(this.#mailbox, left, this.#state)
        this.#noteAnswers(answered)
        const answers = withAnswers(done, standings, answered)
        this.#state = projectStep(this.#state, doneOf(step, answers))
        const outcomes = answers.map((answer, index): JournalOutcome => {
          if (!isSomebodyElse(step, index, answer)) return answer
          if (this.#mayBeOurs(before, index, doubt)) this.#made = true
          else already.add(index)
          return true
        })
        const found = standings.every(
          (standing, index) => standing !== 'todo' || outcomes[index] !== answers[index],
        )
        return {
          outcomes: this.#noteOutcomes(step, outcomes),
          ...(found ? { found } : {}),
          already: [...already],
        }
      } catch (error) {
        if (!(error instanceof EwsDelegatesError)) throw error
        // Where it may have happened, the reading that follows tells whether the server is there.
        if (!error.mayHaveHappened) this.#watch.failed(error, this.#key)
        if (!error.mayHaveHappened && !backend.isStale(error)) {
          // It was stopped before anything left, and is as a step that was not begun.
          const { code, message } = error.code === 'ERR_ABORTED' ? NOT_BEGUN : planErrorOf(error)
          return {
            outcomes: this.#noteOutcomes(
              step,
              standings.map((standing, index) =>
                standing === 'todo' ? { code, message } : (done[index] as JournalOutcome),
              ),
            ),
            already: [...already],
          }
        }
        doubt = error
        this.#inDoubt = error.mayHaveHappened
      }
    }
  }

  /** Was a change that reading shows to be made possibly made by this run? */
  #mayBeOurs({ known }: StepBefore, index: number, doubt: unknown): boolean {
    if (doubt instanceof EwsDelegatesError && doubt.mayHaveHappened) return true
    if (!this.#resumed) return false
    const outcome = known?.[index]
    return outcome === undefined || mayBeMade(outcome)
  }

  /** Saved plans hold only where what they were made from is still there. */
  #groundMoved(plan: MailboxPlan): string[] {
    if (plan.moved === 'skip') return []
    if (plan.ground && fingerprintOf(this.#state, plan.ground.read) !== plan.ground.fingerprint)
      return [GROUND_MOVED]
    let state = this.#state
    const reasons: string[] = []
    for (const step of plan.steps) {
      const unable = this.#options.backend.refuses(step)
      if (unable) reasons.push(`${step.type === 'folder' ? step.folder : 'delegates'}: ${unable}`)
      const standings = standingsOf(state, step)
      for (const [index, standing] of standings.entries())
        if (standing === 'moved' || (standing === 'todo' && givenSince(state, step, index).length > 0))
          reasons.push(`${nameOf(step, index)}: ${whyMoved(state, step, index)}`)
      if (step.type === 'folder' && standings.includes('todo')) reasons.push(...unplannedLosses(state, step))
      state = projectStep(state, step)
    }
    return reasons
  }

  /** Has none of the steps happened, so that the mailbox can still be compared with what was planned from? */
  #nothingDone({ steps, outcomes }: Attempt): boolean {
    if (outcomes.some((known) => known?.some(mayBeMade))) return false
    let state = this.#state
    for (const step of steps) {
      if (standingsOf(state, step).includes('done')) return false
      state = projectStep(state, step)
    }
    return true
  }

  /** None of the steps is made. What the run may have made before somebody changed it stays in doubt. */
  #holdBack({ steps, outcomes }: Attempt): void {
    let state = this.#state
    for (const [at, step] of steps.entries()) {
      const before = state
      const standings = standingsOf(before, step)
      state = projectStep(before, step)
      const known = outcomes[at]
      const left = standings.map((standing, index): JournalOutcome => {
        const doubtful = standing === 'moved' && !isUnmade(before, step, index)
        if (!known && doubtful) this.#doubts.push(reasonOf(step, index, MAYBE_MADE))
        return doubtful ? MAYBE_MADE : NOT_DONE
      })
      this.#results.push({ step, outcomes: known ?? left })
      // Known not to have happened, so that it is not put back.
      if (!known && !left.includes(MAYBE_MADE)) this.#record(at, { outcomes: left })
    }
  }

  #isStale(step: MailboxStep): boolean {
    if (step.type !== 'folder') return false
    if (this.#stale.has(folderNameKey(step.folder))) return true
    // Most likely the calendar by another name, which the server would refuse to have written as it was.
    const kind = findFolderState(this.#state, step.folder)?.permissions.kind
    return kind === 'calendar' && this.#stale.has('calendar') && mayBeWellKnown(step.folder)
  }

  /** What was read of these folders does not hold any longer, whether the step succeeds or not. */
  #touch(step: MailboxStep): void {
    if (step.type === 'folder') this.#stale.add(folderNameKey(step.folder))
    else if (step.changes.length > 0) for (const folder of DELEGATE_FOLDERS) this.#stale.add(folder)
  }

  async #readAgain(step: MailboxStep): Promise<void> {
    const fresh = await readForChanges(this.#options.backend, this.#mailbox, readRequestOf([step]))
    this.#watch.heard()
    this.#inDoubt = false
    this.#state = mergeStates(this.#state, fresh)
    for (const { folder } of fresh.folders) this.#stale.delete(folderNameKey(folder))
  }

  /** The protocol replaces a list as a whole, so the whole list is compared, everybody else's entries included. */
  async #verify(written: readonly FolderStep[]): Promise<string[]> {
    const fresh = await readState(this.#options.backend, this.#mailbox, readRequestOf(written))
    return written.flatMap(({ folder }) => {
      const expected = findFolderState(this.#state, folder)
      const found = findFolderState(fresh, folder)
      if (!expected || !found) return [`${folder} could not be read back.`]
      return comparePermissions(expected.permissions.entries.filter(isWritableEntry), found.permissions).map(
        (difference) => `${folder}, read back: ${difference}`,
      )
    })
  }

  /** Some members of a change may have been told to wait. */
  #noteAnswers(answered: readonly ChangeOutcome[]): void {
    this.#watch.heard()
    for (const outcome of answered) {
      if (outcome.ok || !isBusyCode(outcome.code)) continue
      const { code: responseCode, message } = outcome
      this.#watch.failed(new EwsResponseError(message, { responseCode, level: 'item' }), this.#key)
    }
  }

  #noteOutcomes(step: MailboxStep, outcomes: readonly JournalOutcome[]): readonly JournalOutcome[] {
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome === true) continue
      const reason = reasonOf(step, index, outcome)
      this.#reasons.push(reason)
      if (outcome === MAYBE_MADE) this.#doubts.push(reason)
    }
    return outcomes
  }

  #statusOf(differs: boolean): MailboxStatus {
    const outcomes = this.#results.flatMap((result): readonly (JournalOutcome | undefined)[] =>
      result.outcomes.length > 0 ? result.outcomes : [undefined],
    )
    const done = outcomes.filter((outcome) => outcome === true).length
    if (differs) return 'partly'
    if (done === outcomes.length) {
      if (this.#reasons.length > 0) return 'partly'
      return !this.#resumed && !this.#made && this.#results.every(({ found }) => found)
        ? 'unchanged'
        : 'changed'
    }
    if (done > 0) return 'partly'
    if (outcomes.every((outcome) => outcome !== true && (!outcome || outcome.code === NOT_BEGUN.code)))
      return this.#inDoubt ? 'failed' : 'skipped'
    const refused = outcomes.every(
      (outcome) => outcome && outcome !== true && [MOVED, DOUBTFUL, UNABLE].includes(outcome.code),
    )
    return refused ? 'refused' : 'failed'
  }

  #end(status: MailboxStatus, reasons: readonly string[]): MailboxResult {
    return { mailbox: this.#mailbox, status, steps: this.#results, reasons: [...this.#reasons, ...reasons] }
  }
}

function isWritableEntry(
  entry: MailboxState['folders'][number]['permissions']['entries'][number],
): entry is MailboxState['folders'][number]['permissions']['entries'][number] & WritablePermission {
  return isWritable(entry.user)
}

const movedIsDone = (standing: Standing): Standing => (standing === 'moved' ? 'done' : standing)

/** The answers are of what was left to do; what was done before stands between them. */
function withAnswers(
  done: readonly JournalOutcome[],
  standings: readonly Standing[],
  answered: readonly ChangeOutcome[],
): JournalOutcome[] {
  let next = 0
  return done.map((outcome, index) => {
    if (standings[index] !== 'todo') return outcome
    const answer = answered[next++]
    if (!answer)
      return { code: UNANSWERED, message: 'The server did not say what happened; read the mailbox.' }
    return answer.ok ? true : { code: answer.code, message: answer.message }
  })
}

/** Servers do not tell which delegate they cannot show: where it is another, there is nothing to remove. */
function isSomebodyElse(step: MailboxStep, index: number, outcome: JournalOutcome): boolean {
  const isOrphan = step.type === 'delegates' && step.changes[index]?.orphan
  return isOrphan === true && outcome !== true && NO_DELEGATE.has(outcome.code)
}

/** The part of a step that happened. */
function doneOf(step: MailboxStep, outcomes: readonly JournalOutcome[]): MailboxStep {
  const standings = outcomes.map((outcome): Standing => (outcome === true ? 'todo' : 'done'))
  return remainderOf(step, standings) ?? emptied(step)
}

function notBegun(step: MailboxStep): JournalOutcome[] {
  const delivery = step.type === 'delegates' && step.delivery ? 1 : 0
  return Array.from({ length: Math.max(1, step.changes.length + delivery) }, () => NOT_BEGUN)
}

function emptied(step: MailboxStep): MailboxStep {
  if (step.type === 'folder') return { type: 'folder', folder: step.folder, changes: [] }
  return { type: 'delegates', action: step.action, changes: [] }
}

function additionAt(step: MailboxStep, index: number): DelegateGrantChange | undefined {
  return step.type === 'delegates' && step.action === 'add' ? step.changes[index] : undefined
}

/**
 * Where whoever is to become a delegate has other entries than when it was planned, even if they are what they would
 * get: putting back would take them away.
 */
function givenSince(state: MailboxState, step: MailboxStep, index: number): readonly string[] {
  const change = additionAt(step, index)
  return change && !findDelegate(state, change.user) ? movedEntries(state, change) : []
}

/** Whoever is no delegate was not made one, or is none any more: there is nothing that putting back could do. */
function isUnmade(state: MailboxState, step: MailboxStep, index: number): boolean {
  const change = additionAt(step, index)
  return change !== undefined && state.delegates !== undefined && !findDelegate(state, change.user)
}

function whyMoved(state: MailboxState, step: MailboxStep, index: number): string {
  const folders = givenSince(state, step, index)
  return folders.length === 0
    ? SOMEBODY_ELSE
    : `somebody changed what they have on ${folders.join(', ')}, which becoming a delegate replaces.`
}

function blockedText({ folder, user, reason }: Blocked): string {
  return [folder, user, reason].filter((part) => part !== undefined).join(': ')
}

function withBlocked(result: MailboxResult, blocked: readonly Blocked[]): MailboxResult {
  if (blocked.length === 0 || (result.status !== 'changed' && result.status !== 'partly')) return result
  return { ...result, status: 'partly', reasons: [...result.reasons, ...blocked.map(blockedText)] }
}

/**
 * What a resumed run made of what was intended in a mailbox, and what came of planning it anew: that settles what was
 * left, except what is in doubt.
 */
function together(
  resumed: MailboxResult | undefined,
  then: MailboxResult,
  doubts: readonly string[],
): MailboxResult {
  const made = resumed?.steps.filter(({ outcomes }) => outcomes.includes(true)) ?? []
  if (made.length === 0 && doubts.length === 0) return then
  const settled = then.status !== 'failed' && then.status !== 'skipped'
  const isAll = resumed?.status === 'changed' || (made.length > 0 && !settled)
  const isSo = then.status === 'changed' || then.status === 'unchanged'
  return {
    ...then,
    // It is as it shall be, and that is, or may be, by this run.
    status: isSo ? 'changed' : made.length > 0 ? 'partly' : then.status,
    steps: [...made, ...then.steps],
    reasons: [...new Set([...(isAll ? (resumed?.reasons ?? []) : doubts), ...then.reasons])],
  }
}

/** What writing the folder would take away without the plan saying so. */
function unplannedLosses(state: MailboxState, { folder, changes, drops = [] }: FolderStep): string[] {
  const permissions = findFolderState(state, folder)?.permissions
  if (!permissions) return []
  const lost = lostEntries(permissions, changes).filter((name) => !drops.includes(name))
  return [
    ...(lost.length > 0
      ? [`${folder}: writing it would lose what the plan does not name: ${lost.join(', ')}.`]
      : []),
    ...(lacksDefault(permissions, changes)
      ? [`${folder}: the server answered no entry for Default, so the list may be incomplete.`]
      : []),
  ]
}

function nameOf(step: MailboxStep, index: number): string {
  const change = step.changes[index]
  const what = step.type === 'folder' ? step.folder : change ? 'delegate' : 'delivery of meeting requests'
  return change ? `${what}, ${describeUser(change.user)}` : what
}

function reasonOf(step: MailboxStep, index: number, outcome: JournalOutcome & object): string {
  return `${nameOf(step, index)}: ${OUR_CODES.has(outcome.code) ? outcome.message : errorText(outcome)}`
}

const TWICE = 'It comes more than once in this run; say all that is wanted of a mailbox in one place.'
const UNCOMPARED = 'The run was stopped before this was read back and compared.'
const GROUND_MOVED = 'What is described exactly has changed since the plan was made; plan again.'
const NOT_BEGUN: JournalOutcome & object = {
  code: 'skipped',
  message: 'The run was stopped before this step.',
}
/** They are no server's, and the sentence says all. */
const OUR_CODES: ReadonlySet<string> = new Set([MOVED, UNABLE, UNANSWERED, DOUBTFUL, NOT_BEGUN.code])
/** The codes of a removal of somebody who is no delegate; the second is what another server says (Gromox). */
const NO_DELEGATE: ReadonlySet<string> = new Set(['ErrorNotDelegate', 'ErrorDelegateNotFound'])
const NOT_DONE: JournalOutcome & object = {
  code: MOVED,
  message: 'Nothing was done because the ground moved.',
}
const MAYBE_MADE: JournalOutcome & object = {
  code: DOUBTFUL,
  message:
    'whether the run made it is not known any more, because somebody changed it before that could be read; putting the run back leaves it alone.',
}
const SOMEBODY_ELSE =
  'it is neither what was found when this was planned nor what is wanted; somebody changed it.'
