import type { Backend, ReadRequest } from '../backends/backend.ts'
import { EwsDelegatesError } from '../errors.ts'
import type { MailboxState } from '../model/mailbox-state.ts'
import { checkDesired } from './check-desired.ts'
import { mailboxOf } from './check-plan.ts'
import type { DesiredMailbox } from './desired.ts'
import { type DiffOptions, diffMailbox, lookupsFor, readRequestFor } from './diff.ts'
import type { Blocked, MailboxPlan, PlanError } from './mailbox-plan.ts'
import { mapOrdered, type Source } from './pool.ts'
import { notesOfUnknown, withPrimaryAddresses } from './primary-addresses.ts'
import { readState } from './read-state.ts'
import { ServerWatch } from './server-watch.ts'
import { withDelegateFolders, withWellKnownNames } from './well-known-names.ts'

/** Mailboxes side by side; a third of what Exchange's own throttling policy allows one account. */
export const DEFAULT_CONCURRENCY = 8

export interface PlanOptions extends Partial<DiffOptions> {
  readonly backend: Backend
  /** How many mailboxes are read at a time. Default 8. */
  readonly concurrency?: number
}

/**
 * Reads mailboxes and compares them with their descriptions. One plan per mailbox, in the order of the source;
 * a mailbox that cannot be read has its error in its plan, and so has every one after a sign-in that was refused
 * or a server that was lost, without being read. Nothing is changed.
 *
 * @throws InvalidInputError for a description that names no mailbox, and a concurrency that is no whole number from 1
 *   on; what else is wrong with a description is the error of its plan.
 */
export function plan(
  desired: Source<DesiredMailbox>,
  options: PlanOptions,
): AsyncGenerator<MailboxPlan, void, undefined> {
  const diff = { now: options.now ?? new Date(), dropOrphans: options.dropOrphans ?? false }
  const attempt = untilRefused(options.concurrency)
  return mapOrdered(desired, options.concurrency ?? DEFAULT_CONCURRENCY, async (described) => {
    const mailbox = mailboxOf(described)
    return attempt<MailboxPlan>(
      async () => (await planMailbox(options.backend, described, diff)).plan,
      (error) => ({ mailbox, steps: [], blocked: [], notes: [], error }),
    )
  })
}

/** A mailbox's plan with the state it was made from; it is empty where the description contradicts itself. */
export async function planMailbox(
  backend: Backend,
  given: DesiredMailbox,
  options: DiffOptions,
): Promise<{ readonly plan: MailboxPlan; readonly state: MailboxState; readonly contradictory?: true }> {
  const described = checkDesired(given)
  const request = withDelegateFolders(readRequestFor(described), described)
  const read = await readState(backend, described.mailbox, request)
  const first = await recognize(backend, read, described, options.now)
  const missing: ReadRequest = {
    // What is described turned out to be a folder whose list delegates are in.
    delegates: !request.delegates && readRequestFor(first.desired).delegates,
    folders: lookupsFor(first.state, first.desired, options.now),
  }
  const isWhole = first.blocked.length > 0 || (missing.folders.length === 0 && !missing.delegates)
  const { state, desired, blocked, nobody } = isWhole
    ? first
    : await withMore(backend, first, missing, options.now)
  // What is told of one account twice is no wish that could be done in part: which part is not meant nobody knows.
  if (blocked.length > 0)
    return { plan: { mailbox: described.mailbox, steps: [], blocked, notes: [] }, state, contradictory: true }
  const made = diffMailbox(state, desired, options)
  const refused: Blocked[] = []
  const steps = made.steps.filter((step) => {
    const reason = backend.refuses(step)
    if (reason) refused.push({ ...(step.type === 'folder' ? { folder: step.folder } : {}), reason })
    return !reason
  })
  const notes = [...made.notes, ...notesOfUnknown(steps, nobody)]
  return { plan: { ...made, steps, blocked: [...made.blocked, ...refused], notes }, state }
}

interface Recognized {
  readonly state: MailboxState
  /** With the names that the mailbox's lists show. */
  readonly desired: DesiredMailbox
  readonly blocked: readonly Blocked[]
  readonly nobody: ReadonlySet<string>
}

async function recognize(
  backend: Backend,
  read: MailboxState,
  described: DesiredMailbox,
  now: Date,
): Promise<Recognized> {
  const { state, ...folders } = withWellKnownNames(read, described)
  const { blocked, ...users } = await withPrimaryAddresses(backend, state, folders.desired, now)
  return { state, ...users, blocked: [...folders.blocked, ...blocked] }
}

async function withMore(
  backend: Backend,
  known: Recognized,
  request: ReadRequest,
  now: Date,
): Promise<Recognized> {
  const { desired } = known
  const read = await readState(backend, desired.mailbox, request)
  const state = mergeStates(known.state, read)
  // They may turn out to be what is described by another name.
  const asBefore = withWellKnownNames(state, desired).desired === desired
  return asBefore ? { ...known, state } : recognize(backend, state, desired, now)
}

/** What the second read says of a folder replaces what the first said. */
export function mergeStates(first: MailboxState, second: MailboxState): MailboxState {
  const again = new Set([...second.folders, ...(second.missing ?? [])].map(({ folder }) => folder))
  const { delegatesUnread, ...known } = first
  return {
    ...known,
    ...(delegatesUnread && !second.delegates ? { delegatesUnread } : {}),
    ...(second.delegates
      ? { delegates: second.delegates, delegateProblems: second.delegateProblems ?? [] }
      : {}),
    ...(second.deliverMeetingRequests ? { deliverMeetingRequests: second.deliverMeetingRequests } : {}),
    folders: [...first.folders.filter(({ folder }) => !again.has(folder)), ...second.folders],
    missing: [...(first.missing ?? []).filter(({ folder }) => !again.has(folder)), ...(second.missing ?? [])],
  }
}

/**
 * Reads of one run, none of which is begun after the sign-in was refused or the server was lost, see
 * {@link ServerWatch}.
 *
 * @returns what runs a read; when it fails or is not begun, its result is what `failed` makes of the reason.
 */
export function untilRefused(
  concurrency = DEFAULT_CONCURRENCY,
): <T>(read: () => Promise<T>, failed: (error: PlanError) => T) => Promise<T> {
  const watch = new ServerWatch(concurrency)
  return async (read, failed) => {
    const { lost } = watch
    if (lost) return failed({ ...lost, message: `Not read, because ${lost.message}` })
    try {
      const result = await read()
      watch.heard()
      watch.served(read)
      return result
    } catch (error) {
      const reason = planErrorOf(error)
      // Half of a plan, an audit or an export is none.
      if (error instanceof EwsDelegatesError && error.code === 'ERR_ABORTED') throw error
      // Each read is of a mailbox of its own.
      watch.failed(error, read)
      return failed(reason)
    }
  }
}

/** An error as plans and journals keep it. What is not ours is a fault of the program and is not kept quiet. */
export function planErrorOf(error: unknown): PlanError {
  if (!(error instanceof EwsDelegatesError)) throw error
  const code = (error as { responseCode?: string }).responseCode ?? error.code
  return { code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
