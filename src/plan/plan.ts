import type { Backend } from '../backends/backend.ts'
import { EwsDelegatesError } from '../errors.ts'
import type { MailboxState } from '../model/mailbox-state.ts'
import type { DesiredMailbox } from './desired.ts'
import { type DiffOptions, diffMailbox, lookupsFor, readRequestFor } from './diff.ts'
import type { Blocked, MailboxPlan, PlanError } from './mailbox-plan.ts'
import { mapOrdered, type Source } from './pool.ts'

/** Mailboxes side by side; a third of what Exchange's own throttling policy allows one account. */
export const DEFAULT_CONCURRENCY = 8

export interface PlanOptions extends Partial<DiffOptions> {
  readonly backend: Backend
  /** How many mailboxes are read at a time. Default 8. */
  readonly concurrency?: number
}

/**
 * Reads mailboxes and compares them with their descriptions. One plan per mailbox, in the order of the source;
 * a mailbox that cannot be read has its error in its plan. Nothing is changed.
 */
export function plan(
  desired: Source<DesiredMailbox>,
  options: PlanOptions,
): AsyncGenerator<MailboxPlan, void, undefined> {
  const diff = { now: options.now ?? new Date(), dropOrphans: options.dropOrphans ?? false }
  return mapOrdered(desired, options.concurrency ?? DEFAULT_CONCURRENCY, async (mailbox) => {
    try {
      return (await planMailbox(options.backend, mailbox, diff)).plan
    } catch (error) {
      return { mailbox: mailbox.mailbox, steps: [], blocked: [], notes: [], error: planErrorOf(error) }
    }
  })
}

/** A mailbox's plan with the state it was made from. */
export async function planMailbox(
  backend: Backend,
  desired: DesiredMailbox,
  options: DiffOptions,
): Promise<{ readonly plan: MailboxPlan; readonly state: MailboxState }> {
  const first = await backend.read(desired.mailbox, readRequestFor(desired))
  const more = lookupsFor(first, desired, options.now)
  const state =
    more.length === 0
      ? first
      : mergeStates(first, await backend.read(desired.mailbox, { delegates: false, folders: more }))
  const made = diffMailbox(state, desired, options)
  const refused: Blocked[] = []
  const steps = made.steps.filter((step) => {
    const reason = backend.refuses(step)
    if (reason) refused.push({ ...(step.type === 'folder' ? { folder: step.folder } : {}), reason })
    return !reason
  })
  return { plan: { ...made, steps, blocked: [...made.blocked, ...refused] }, state }
}

/** What the second read says of a folder replaces what the first said. */
export function mergeStates(first: MailboxState, second: MailboxState): MailboxState {
  const again = new Set([...second.folders, ...(second.missing ?? [])].map(({ folder }) => folder))
  return {
    ...first,
    ...(second.delegates
      ? { delegates: second.delegates, delegateProblems: second.delegateProblems ?? [] }
      : {}),
    ...(second.deliverMeetingRequests ? { deliverMeetingRequests: second.deliverMeetingRequests } : {}),
    folders: [...first.folders.filter(({ folder }) => !again.has(folder)), ...second.folders],
    missing: [...(first.missing ?? []).filter(({ folder }) => !again.has(folder)), ...(second.missing ?? [])],
  }
}

/** An error as plans and journals keep it. What is not ours is a fault of the program and is not kept quiet. */
export function planErrorOf(error: unknown): PlanError {
  if (!(error instanceof EwsDelegatesError)) throw error
  const code = (error as { responseCode?: string }).responseCode ?? error.code
  return { code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
