import type { DelegateFolder } from '../model/delegate.ts'
import { type FolderName, isDelegateFolder } from '../model/folder-name.ts'
import type { MailboxStep } from '../model/mailbox-step.ts'
import { describeUser, type UserRef, userKey } from '../model/user-ref.ts'
import {
  delegateDifferences,
  describeAddition,
  describeDelegateGrant,
  describeGrant,
} from './describe-grant.ts'
import { errorText, type MailboxPlan } from './mailbox-plan.ts'
import type { PlanSummary } from './plan-summary.ts'
import { sameGrant } from './standing.ts'

/** What a line is about, for whoever colours it. */
export type LineKind = 'mailbox' | 'add' | 'change' | 'remove' | 'blocked' | 'note' | 'error' | 'plain'

export interface RenderedLine {
  readonly kind: LineKind
  readonly text: string
}

export interface RenderOptions {
  /** What is there without being described, and orphans. Default true. */
  readonly notes?: boolean
}

/** What stands beside changes that need a word. */
export const AS_BEFORE = 'as before; becoming a delegate takes it away'
export const DROPPED = 'cannot be written back; lost for good'
export const ORPHANED = 'if this account is the one that cannot be read; levels are not shown'

/** A mailbox's plan as a person reads it; nothing for one without anything to say. */
export function renderMailboxPlan(plan: MailboxPlan, options: RenderOptions = {}): RenderedLine[] {
  const lines: RenderedLine[] = []
  const line = (kind: LineKind, text: string) => lines.push({ kind, text: printable(text) })
  const kept = keptEntries(plan.steps)
  for (const step of plan.steps) for (const { kind, text } of stepLines(step, kept)) line(kind, `  ${text}`)
  for (const { folder, user, reason } of plan.blocked)
    line(
      'blocked',
      `  ! ${[folder, user].filter((part) => part !== undefined).join(' ') || 'delegates'}: not possible. ${reason}`,
    )
  if (plan.error) {
    const { hint } = plan.error
    line('error', `  ! ${errorText(plan.error)}${hint === undefined ? '' : ` ${hint}`}`)
  }
  for (const { folder, text } of (options.notes ?? true) ? plan.notes : [])
    line('note', `  · ${folder === undefined ? '' : `${folder}: `}${text}`)
  return lines.length === 0 ? [] : [{ kind: 'mailbox', text: printable(plan.mailbox) }, ...lines]
}

/**
 * Entries that a delegate loses by becoming one and that a later step of the plan gives back, unchanged; by
 * {@link entryKey}.
 */
export function keptEntries(steps: readonly MailboxStep[]): ReadonlySet<string> {
  const kept = new Set<string>()
  for (const { user, replaces = {} } of steps.flatMap((step) =>
    step.type === 'delegates' ? step.changes : [],
  )) {
    for (const step of steps) {
      if (step.type !== 'folder' || !isDelegateFolder(step.folder)) continue
      const had = replaces[step.folder]
      const again = step.changes.find((change) => userKey(change.user) === userKey(user))?.after
      if (had !== undefined && sameGrant(had, again)) kept.add(entryKey(step.folder, user))
    }
  }
  return kept
}

export function entryKey(folder: FolderName, user: UserRef): string {
  return `${folder} ${userKey(user)}`
}

function* stepLines(step: MailboxStep, kept: ReadonlySet<string>): Generator<RenderedLine> {
  if (step.type === 'folder') {
    for (const { user, before, after } of step.changes) {
      const who = `${step.folder}: ${describeUser(user)}`
      const again = kept.has(entryKey(step.folder, user)) ? ` (${AS_BEFORE})` : ''
      if (before === undefined) yield { kind: 'add', text: `+ ${who} ${describeGrant(after)}${again}` }
      else if (after === undefined) yield { kind: 'remove', text: `- ${who} (had ${describeGrant(before)})` }
      else
        yield { kind: 'change', text: `~ ${who} ${describeGrant(before)} -> ${describeGrant(after)}${again}` }
    }
    for (const name of step.drops ?? [])
      yield { kind: 'remove', text: `- ${step.folder}: ${name} (${DROPPED})` }
    return
  }
  for (const change of step.changes) {
    const who = `delegate ${describeUser(change.user)}`
    const { before, after } = change
    if (change.orphan)
      yield {
        kind: 'remove',
        text: `- ${who} (${ORPHANED})`,
      }
    else if (!before && after) {
      const isKept = (folder: DelegateFolder) => kept.has(entryKey(folder, change.user))
      yield { kind: 'add', text: `+ ${who}: ${describeAddition(after, change.replaces, isKept)}` }
    } else if (!after && before)
      yield { kind: 'remove', text: `- ${who} (had ${describeDelegateGrant(before)})` }
    else {
      const parts = delegateDifferences(change).map(
        ({ what, before, after }) => `${what} ${before} -> ${after}`,
      )
      yield { kind: 'change', text: `~ ${who}: ${parts.join(', ')}` }
    }
  }
  if (step.delivery) {
    const { before, after } = step.delivery
    yield { kind: 'change', text: `~ meeting requests: ${before ?? 'unknown'} -> ${after}` }
  }
}

/** The end of a plan: what it comes to, with a bar for each kind of change where there are many. */
export function renderSummary(summary: PlanSummary): string[] {
  const rows = (
    [
      ['+ delegates', summary.delegatesAdded],
      ['~ delegates', summary.delegatesChanged],
      ['- delegates', summary.delegatesRemoved],
      ['+ folder entries', summary.entriesAdded],
      ['~ folder entries', summary.entriesChanged],
      ['- folder entries', summary.entriesRemoved],
      ['- orphans dropped', summary.orphansDropped],
      ['~ meeting requests', summary.deliveriesChanged],
    ] as const
  ).filter(([, count]) => count > 0)
  const largest = Math.max(...rows.map(([, count]) => count))
  const width = String(largest).length
  const bars = rows.map(([name, count]) => {
    const bar = largest >= 10 ? ` ${'█'.repeat(Math.max(1, Math.round((count / largest) * 30)))}` : ''
    return `  ${name.padEnd(18)} ${String(count).padStart(width)}${bar}`
  })
  // Of a mailbox that was not read nobody knows whether there is something to do.
  const heading =
    summary.changing > 0
      ? [`${plural(summary.changing, 'mailbox', 'mailboxes')} of ${summary.mailboxes} would change.`]
      : summary.unchanged > 0 || summary.unreadable === 0
        ? [
            summary.blocked > 0
              ? `No change in ${plural(summary.unchanged, 'mailbox', 'mailboxes')}.`
              : `Nothing to do in ${plural(summary.unchanged, 'mailbox', 'mailboxes')}.`,
          ]
        : []
  const rest = [
    ...(summary.unreadable > 0
      ? [`${plural(summary.unreadable, 'mailbox', 'mailboxes')} could not be read.`]
      : []),
    ...(summary.blocked > 0
      ? [`${plural(summary.blocked, 'wish is', 'wishes are')} not possible; the reasons stand above.`]
      : []),
    ...(summary.unmanaged > 0
      ? [
          `${plural(summary.unmanaged, 'entry is', 'entries are')} there without being described, and ${summary.unmanaged === 1 ? 'stays' : 'stay'}.`,
        ]
      : []),
    ...(summary.orphans > 0
      ? [
          `${plural(summary.orphans, 'entry belongs', 'entries belong')} to deleted accounts or cannot be written back.`,
        ]
      : []),
  ]
  return [...heading, ...bars, ...rest]
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

/**
 * Text from servers and files may hold characters that drive a terminal or turn the reading direction around.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD')
}
