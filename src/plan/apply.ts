import type { Backend, ChangeOutcome, ReadRequest } from '../backends/backend.ts'
import { EwsDelegatesError } from '../errors.ts'
import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import { folderNameKey } from '../model/folder-name.ts'
import { comparePermissions, type WritablePermission } from '../model/folder-permission.ts'
import { findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import type { FolderStep, MailboxStep } from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS } from '../model/permission-level.ts'
import { describeUser } from '../model/user-ref.ts'
import type { DesiredMailbox } from './desired.ts'
import { type DiffOptions, fingerprintOf } from './diff.ts'
import { type Journal, JournalError, type JournalOutcome, type MailboxStatus } from './journal.ts'
import type { Attempt, JournalState } from './journal-state.ts'
import type { MailboxPlan } from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, mergeStates, planErrorOf, planMailbox } from './plan.ts'
import { mapUnordered, type Source } from './pool.ts'
import { isWritable, projectStep, remainderOf, type Standing, standingsOf } from './standing.ts'

export interface ApplyOptions {
  readonly backend: Backend
  /** Where the run is recorded. Without one nothing can be resumed or put back. */
  readonly journal?: Journal
  /** Where an interrupted run stands, to go on from there; `journal` is then its journal, resumed. */
  readonly resume?: JournalState
  /** How many mailboxes are worked on at a time. Default 8. */
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
  /** Nothing was sent: reading showed that it is so already. */
  readonly found?: boolean
}

export interface MailboxResult {
  readonly mailbox: string
  readonly status: MailboxStatus
  readonly steps: readonly StepResult[]
  /** Why something was not done, one sentence each. */
  readonly reasons: readonly string[]
  /** The run was resumed and the mailbox was finished before. */
  readonly before?: boolean
}

/**
 * Makes mailboxes as they are described: each is read, compared and changed in one go. Yields results as they come.
 *
 * @throws JournalError when the journal cannot be written; what was begun is finished first.
 */
export function applyGrants(
  desired: Source<DesiredMailbox>,
  options: ApplyOptions & Partial<DiffOptions>,
): AsyncGenerator<MailboxResult, void, undefined> {
  const diff = { now: options.now ?? new Date(), dropOrphans: options.dropOrphans ?? false }
  return run(desired, options, (mailbox) => planMailbox(options.backend, mailbox, diff), false)
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
    async (plan) => {
      if (plan.error) return { plan, state: { mailbox: plan.mailbox, folders: [] } }
      return {
        plan,
        state: await options.backend.read(plan.mailbox, readRequestOf(plan.steps, plan.ground?.read)),
      }
    },
    true,
  )
}

interface Prepared {
  readonly plan: MailboxPlan
  readonly state: MailboxState
}

function run<T extends { readonly mailbox: string }>(
  source: Source<T>,
  options: ApplyOptions,
  prepare: (task: T) => Promise<Prepared>,
  saved: boolean,
): AsyncGenerator<MailboxResult, void, undefined> {
  const halt: { reason?: string } = {}
  return mapUnordered(source, options.concurrency ?? DEFAULT_CONCURRENCY, async (task) => {
    const { mailbox } = task
    const key = mailbox.toLowerCase()
    if (options.resume?.finished.has(key))
      return { mailbox, status: 'unchanged', steps: [], reasons: [], before: true }
    const skip = options.signal?.aborted ? 'The run was stopped before this mailbox.' : halt.reason
    if (skip) return { mailbox, status: 'skipped', steps: [], reasons: [skip] }
    const work = new MailboxRun(mailbox, options)
    const attempt = options.resume?.open.get(key)?.attempts.at(-1)
    let result: MailboxResult
    try {
      result =
        (attempt && (await work.resume(attempt, saved))) ??
        (await new MailboxRun(mailbox, options).begin(await prepare(task), saved))
    } catch (error) {
      if (error instanceof JournalError) throw error
      const { code, message, hint } = planErrorOf(error)
      result = {
        mailbox,
        status: code === 'ERR_ABORTED' ? 'skipped' : 'failed',
        steps: [],
        reasons: [`${message} (${code})${hint ? ` ${hint}` : ''}`],
      }
      // Going on would be refused for every mailbox, and lock the account on many servers.
      if (error instanceof EwsDelegatesError && error.code === 'ERR_AUTHENTICATION')
        halt.reason = `The run was stopped: ${message}`
    }
    // Nobody has to wait for this line: without it a resumed run looks once more. A journal that breaks here is told
    // by its next line, or when it is closed.
    options.journal
      ?.append({
        type: 'end',
        mailbox,
        status: result.status,
        ...(result.reasons.length > 0 ? { reasons: result.reasons } : {}),
      })
      .catch(() => {})
    return result
  })
}

/** What must be read to check and make steps that were made earlier. */
export function readRequestOf(steps: readonly MailboxStep[], more?: ReadRequest): ReadRequest {
  const folders = new Map<string, string>()
  const add = (folder: string) => folders.set(folderNameKey(folder), folder)
  for (const step of steps) {
    if (step.type === 'folder') add(step.folder)
    else {
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

/** One mailbox's way through its steps, in order. */
class MailboxRun {
  readonly #mailbox: string
  readonly #options: ApplyOptions
  readonly #results: StepResult[] = []
  readonly #reasons: string[] = []
  #state: MailboxState
  #resumed = false
  /** Folders whose list a delegate change has touched since they were read. */
  readonly #stale = new Set<string>()

  constructor(mailbox: string, options: ApplyOptions) {
    this.#mailbox = mailbox
    this.#options = options
    this.#state = { mailbox, folders: [] }
  }

  async begin({ plan, state }: Prepared, saved: boolean): Promise<MailboxResult> {
    if (plan.error) {
      const { code, message } = plan.error
      return this.#end('failed', [`${message} (${code})`])
    }
    this.#state = state
    const refusals = saved ? this.#groundMoved(plan) : []
    if (refusals.length > 0) return this.#end('refused', refusals)
    const blocked = plan.blocked.map(({ folder, user, reason }) =>
      [folder, user, reason].filter((part) => part !== undefined).join(': '),
    )
    if (plan.steps.length === 0) return this.#end(blocked.length > 0 ? 'refused' : 'unchanged', blocked)
    if (this.#options.signal?.aborted)
      return this.#end('skipped', ['The run was stopped before this mailbox.'])
    await this.#options.journal?.append(
      { type: 'begin', mailbox: this.#mailbox, steps: plan.steps },
      { sync: true },
    )
    this.#reasons.push(...blocked)
    return this.#make(plan.steps, [], plan.moved === 'skip')
  }

  /**
   * Goes on with what an interrupted run intended. What is in doubt is read first.
   * @returns undefined when that did not do all of it and it can be planned anew.
   */
  async resume({ steps, outcomes }: Attempt, saved: boolean): Promise<MailboxResult | undefined> {
    this.#resumed = true
    this.#state = await this.#options.backend.read(this.#mailbox, readRequestOf(steps))
    const result = await this.#make(steps, outcomes, true)
    return saved || result.status === 'changed' ? result : undefined
  }

  async #make(
    steps: readonly MailboxStep[],
    journaled: Attempt['outcomes'],
    skipMoved: boolean,
  ): Promise<MailboxResult> {
    const written: FolderStep[] = []
    let broken = false
    for (const [index, step] of steps.entries()) {
      const known = journaled[index]
      if (known?.every((outcome) => outcome === true)) {
        this.#results.push({ step, outcomes: known, found: true })
        continue
      }
      if (this.#options.signal?.aborted) {
        this.#results.push({ step, outcomes: [] })
        this.#reasons.push('The run was stopped before this step.')
        continue
      }
      const made = broken
        ? undefined
        : await this.#makeStep(step, skipMoved).catch((error: unknown) => {
            // The state could not be read for it: whether it happened is for a resumed run to find out.
            const { code, message } = planErrorOf(error)
            this.#reasons.push(`${message} (${code})`)
            broken = true
            return undefined
          })
      if (!made) {
        this.#results.push({ step, outcomes: [] })
        continue
      }
      const { outcomes, found } = made
      await this.#options.journal?.append({
        type: 'step',
        mailbox: this.#mailbox,
        step: index,
        outcomes,
        ...(found ? { found } : {}),
      })
      this.#results.push({ step, outcomes, ...(found ? { found } : {}) })
      if (step.type === 'folder' && !found && outcomes.every((outcome) => outcome === true))
        written.push(step)
    }
    const differences =
      (this.#options.verify ?? true) && written.length > 0
        ? await this.#verify(written).catch((error: unknown) => [
            `What was written could not be read back: ${planErrorOf(error).message}`,
          ])
        : []
    this.#reasons.push(...differences)
    return this.#end(this.#statusOf(differences.length > 0), [])
  }

  async #makeStep(step: MailboxStep, skipMoved: boolean): Promise<Omit<StepResult, 'step'>> {
    const { backend } = this.#options
    let doubt: unknown
    // Twice at most: again when somebody wrote at the same moment, or when the answer was lost and the state, read
    // again, shows that nothing happened.
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0 || this.#isStale(step)) await this.#readAgain(step)
      const standings = standingsOf(this.#state, step)
      const refused = new Map<number, JournalOutcome>()
      for (const [index, standing] of standings.entries())
        if (standing === 'moved') refused.set(index, { code: 'moved', message: MOVED })
      const left = remainderOf(step, skipMoved ? standings.map(movedIsDone) : standings)
      const done = standings.map((_, index): JournalOutcome => refused.get(index) ?? true)
      if (!left) return { outcomes: this.#noteOutcomes(step, done), found: true }
      if (refused.size > 0 && !skipMoved) {
        const outcomes = done.map(
          (outcome): JournalOutcome =>
            outcome === true
              ? { code: 'moved', message: 'Nothing was done because the ground moved.' }
              : outcome,
        )
        return { outcomes: this.#noteOutcomes(step, outcomes) }
      }
      if (attempt === 2) {
        const { code, message } = planErrorOf(doubt)
        return {
          outcomes: this.#noteOutcomes(
            step,
            standings.map(() => ({ code, message })),
          ),
        }
      }
      this.#touch(step)
      try {
        const answered = await backend.apply(this.#mailbox, left, this.#state)
        const outcomes = withAnswers(done, standings, answered)
        this.#state = projectStep(this.#state, doneOf(step, outcomes))
        return { outcomes: this.#noteOutcomes(step, outcomes) }
      } catch (error) {
        if (!(error instanceof EwsDelegatesError)) throw error
        if (!error.mayHaveHappened && !backend.isStale(error)) {
          const { code, message } = planErrorOf(error)
          return {
            outcomes: this.#noteOutcomes(
              step,
              standings.map((standing, index) =>
                standing === 'todo' ? { code, message } : (done[index] as JournalOutcome),
              ),
            ),
          }
        }
        doubt = error
      }
    }
  }

  /** Saved plans hold only where what they were made from is still there. */
  #groundMoved(plan: MailboxPlan): string[] {
    if (plan.moved === 'skip') return []
    if (plan.ground && fingerprintOf(this.#state, plan.ground.read) !== plan.ground.fingerprint)
      return ['What is described exactly has changed since the plan was made; plan again.']
    let state = this.#state
    const reasons: string[] = []
    for (const step of plan.steps) {
      for (const [index, standing] of standingsOf(state, step).entries())
        if (standing === 'moved') reasons.push(`${nameOf(step, index)}: ${MOVED}`)
      state = projectStep(state, step)
    }
    return reasons
  }

  #isStale(step: MailboxStep): boolean {
    return step.type === 'folder' && this.#stale.has(folderNameKey(step.folder))
  }

  /** What was read of these folders does not hold any longer, whether the step succeeds or not. */
  #touch(step: MailboxStep): void {
    if (step.type === 'folder') this.#stale.add(folderNameKey(step.folder))
    else if (step.changes.length > 0) for (const folder of DELEGATE_FOLDERS) this.#stale.add(folder)
  }

  async #readAgain(step: MailboxStep): Promise<void> {
    const fresh = await this.#options.backend.read(this.#mailbox, readRequestOf([step]))
    this.#state = mergeStates(this.#state, fresh)
    for (const { folder } of fresh.folders) this.#stale.delete(folderNameKey(folder))
  }

  /** The protocol replaces a list as a whole, so the whole list is compared, everybody else's entries included. */
  async #verify(written: readonly FolderStep[]): Promise<string[]> {
    const fresh = await this.#options.backend.read(this.#mailbox, readRequestOf(written))
    return written.flatMap(({ folder }) => {
      const expected = findFolderState(this.#state, folder)
      const found = findFolderState(fresh, folder)
      if (!expected || !found) return [`${folder} could not be read back.`]
      return comparePermissions(expected.permissions.entries.filter(isWritableEntry), found.permissions).map(
        (difference) => `${folder}, read back: ${difference}`,
      )
    })
  }

  #noteOutcomes(step: MailboxStep, outcomes: readonly JournalOutcome[]): readonly JournalOutcome[] {
    for (const [index, outcome] of outcomes.entries())
      if (outcome !== true) this.#reasons.push(`${nameOf(step, index)}: ${outcome.message} (${outcome.code})`)
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
      return !this.#resumed && this.#results.every(({ found }) => found) ? 'unchanged' : 'changed'
    }
    if (done > 0) return 'partly'
    if (outcomes.every((outcome) => outcome === undefined)) return 'skipped'
    return outcomes.every((outcome) => outcome !== true && outcome?.code === 'moved') ? 'refused' : 'failed'
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
      return { code: 'unanswered', message: 'The server did not say what happened; read the mailbox.' }
    return answer.ok ? true : { code: answer.code, message: answer.message }
  })
}

/** The part of a step that happened. */
function doneOf(step: MailboxStep, outcomes: readonly JournalOutcome[]): MailboxStep {
  const standings = outcomes.map((outcome): Standing => (outcome === true ? 'todo' : 'done'))
  return remainderOf(step, standings) ?? emptied(step)
}

function emptied(step: MailboxStep): MailboxStep {
  if (step.type === 'folder') return { type: 'folder', folder: step.folder, changes: [] }
  return { type: 'delegates', action: step.action, changes: [] }
}

function nameOf(step: MailboxStep, index: number): string {
  const change = step.changes[index]
  const what = step.type === 'folder' ? step.folder : change ? 'delegate' : 'delivery of meeting requests'
  return change ? `${what}, ${describeUser(change.user)}` : what
}

const MOVED = 'it is neither what was found when this was planned nor what is wanted; somebody changed it.'
