import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import type { DelegateGrantChange, DelegatesStep, EntryChange, FolderStep } from '../model/mailbox-step.ts'
import { describeUser } from '../model/user-ref.ts'
import { delegateDifferences, describeDelegateGrant, describeGrant } from '../plan/describe-grant.ts'
import { bearsOnPlan, type MailboxPlan } from '../plan/mailbox-plan.ts'
import { AS_BEFORE, DROPPED, entryKey, keptEntries, ORPHANED } from '../plan/render.ts'
import { errorWords } from './access-report.ts'
import type { Cell } from './table.ts'

/**
 * A plan in a spreadsheet: one row per change, and one for everything that is not possible, was not read, or has to be
 * known of it.
 */
export const PLAN_COLUMNS = ['mailbox', 'change', 'what', 'user', 'before', 'after', 'text'] as const

interface Row {
  readonly change: 'add' | 'change' | 'remove' | 'blocked' | 'error' | 'note'
  readonly what?: string | undefined
  readonly user?: string | undefined
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly text?: string | undefined
}

/** The rows of one mailbox, in the order of {@link PLAN_COLUMNS}. */
export function planRows({ mailbox, steps, blocked, notes, error }: MailboxPlan): Cell[][] {
  const kept = keptEntries(steps)
  const rows: Row[] = steps.flatMap((step) =>
    step.type === 'folder' ? folderRows(step, kept) : delegateRows(step, kept),
  )
  for (const { folder, user, reason } of blocked)
    rows.push({ change: 'blocked', what: folder ?? (user && 'delegate'), user, text: reason })
  if (error) rows.push({ change: 'error', text: errorWords(error) })
  for (const { folder, user, text } of notes.filter(bearsOnPlan))
    rows.push({ change: 'note', what: folder ?? (user && 'delegate'), user, text })
  return rows.map(({ change, what, user, before, after, text }) => [
    mailbox,
    change,
    what,
    user,
    before,
    after,
    text,
  ])
}

function folderRows({ folder, changes, drops = [] }: FolderStep, kept: ReadonlySet<string>): Row[] {
  return [
    ...changes.map(
      (change): Row => ({
        change: kindOf(change),
        what: folder,
        user: describeUser(change.user),
        before: change.before && describeGrant(change.before),
        after: change.after && describeGrant(change.after),
        text: kept.has(entryKey(folder, change.user)) ? AS_BEFORE : undefined,
      }),
    ),
    ...drops.map((user): Row => ({ change: 'remove', what: folder, user, text: DROPPED })),
  ]
}

function delegateRows({ changes, delivery }: DelegatesStep, kept: ReadonlySet<string>): Row[] {
  return [
    ...changes.map(
      (change): Row => ({
        change: kindOf(change),
        what: 'delegate',
        user: describeUser(change.user),
        ...beforeAndAfter(change, kept),
        text: change.orphan ? ORPHANED : undefined,
      }),
    ),
    ...(delivery
      ? [
          {
            change: 'change' as const,
            what: 'meeting requests',
            before: delivery.before,
            after: delivery.after,
          },
        ]
      : []),
  ]
}

function beforeAndAfter(
  change: DelegateGrantChange,
  kept: ReadonlySet<string>,
): Pick<Row, 'before' | 'after'> {
  const { user, before, after, replaces = {} } = change
  if (!after) return { before: before && describeDelegateGrant(before) }
  if (before) {
    const parts = delegateDifferences(change)
    return {
      before: parts.map((part) => `${part.what} ${part.before}`).join(', '),
      after: parts.map((part) => `${part.what} ${part.after}`).join(', '),
    }
  }
  // Their entries become those of a delegate.
  const had = DELEGATE_FOLDERS.flatMap((folder) => {
    const grant = replaces[folder]
    if (grant === undefined || grant === 'None' || kept.has(entryKey(folder, user))) return []
    return [`${folder} ${describeGrant(grant)}`]
  })
  return { before: had.join(', ') || undefined, after: describeDelegateGrant(after) }
}

function kindOf({ before, after }: DelegateGrantChange | EntryChange): Row['change'] {
  return after === undefined ? 'remove' : before === undefined ? 'add' : 'change'
}
