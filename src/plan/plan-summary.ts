import type { MailboxPlan } from './mailbox-plan.ts'
import { isUnreachable } from './server-watch.ts'

/** What a plan comes to. Grows with nothing but its numbers. */
export interface PlanSummary {
  mailboxes: number
  /** Mailboxes with something to do. */
  changing: number
  unchanged: number
  /** Mailboxes that could not be read. */
  unreadable: number
  /** Of these, those for which no server was there or had room, or the sign-in was refused. */
  unreachable: number
  /** Wanted and not possible, each with a reason in its mailbox's plan. */
  blocked: number
  delegatesAdded: number
  delegatesChanged: number
  delegatesRemoved: number
  entriesAdded: number
  entriesChanged: number
  entriesRemoved: number
  /** Entries of deleted accounts that are dropped. */
  orphansDropped: number
  deliveriesChanged: number
  /** There without being described. */
  unmanaged: number
  orphans: number
}

export function emptySummary(): PlanSummary {
  return {
    mailboxes: 0,
    changing: 0,
    unchanged: 0,
    unreadable: 0,
    unreachable: 0,
    blocked: 0,
    delegatesAdded: 0,
    delegatesChanged: 0,
    delegatesRemoved: 0,
    entriesAdded: 0,
    entriesChanged: 0,
    entriesRemoved: 0,
    orphansDropped: 0,
    deliveriesChanged: 0,
    unmanaged: 0,
    orphans: 0,
  }
}

export function addToSummary(summary: PlanSummary, plan: MailboxPlan): void {
  summary.mailboxes++
  if (plan.error) summary.unreadable++
  else if (plan.steps.length > 0) summary.changing++
  else summary.unchanged++
  if (plan.error && isUnreachable(plan.error.code)) summary.unreachable++
  summary.blocked += plan.blocked.length
  for (const step of plan.steps) {
    if (step.type === 'delegates') {
      const count = step.changes.length
      if (step.action === 'add') summary.delegatesAdded += count
      else if (step.action === 'update') summary.delegatesChanged += count
      else summary.delegatesRemoved += count
      if (step.delivery) summary.deliveriesChanged++
      continue
    }
    for (const { before, after } of step.changes) {
      if (before === undefined) summary.entriesAdded++
      else if (after === undefined) summary.entriesRemoved++
      else summary.entriesChanged++
    }
    summary.orphansDropped += step.drops?.length ?? 0
  }
  for (const { kind } of plan.notes) {
    if (kind === 'orphan' || kind === 'unmanaged-orphan') summary.orphans++
    else if (kind !== 'unknown') summary.unmanaged++
  }
}
