import type { MailboxStep } from '../model/mailbox-step.ts'
import { type JournalHeader, type JournalOutcome, type MailboxStatus, readJournal } from './journal.ts'
import type { Ground } from './mailbox-plan.ts'

/** One intention for a mailbox and how far it came. */
export interface Attempt {
  readonly steps: readonly MailboxStep[]
  /** By step; absent: it is not known whether the step happened. */
  readonly outcomes: (readonly JournalOutcome[] | undefined)[]
  /** By step: the indexes of changes that somebody else had made before the run looked. */
  readonly already: (readonly number[] | undefined)[]
  /** What it was compared with, where it is exact. */
  readonly ground?: Ground
}

export interface JournaledMailbox {
  readonly mailbox: string
  /** In the order they were made; more than one when a resumed run planned anew. */
  readonly attempts: Attempt[]
  /** Absent: the run was interrupted while it worked on this mailbox. */
  status?: MailboxStatus
}

export interface JournalState {
  readonly header: JournalHeader
  /** Those that need nothing more, by address in lower case. */
  readonly finished: ReadonlySet<string>
  /** Everybody else who was begun. */
  readonly open: ReadonlyMap<string, JournaledMailbox>
  /** The run came to its end. */
  readonly complete: boolean
}

/** Where an interrupted run stands. What is finished is remembered by name only. */
export async function readJournalState(path: string): Promise<JournalState> {
  let header: JournalHeader | undefined
  let complete = false
  const finished = new Set<string>()
  const open = new Map<string, JournaledMailbox>()
  for await (const record of readJournal(path)) {
    if (record.type === 'run') header = record
    else if (record.type === 'finish') complete = true
    else if (record.type === 'resume') complete = false
    else {
      const key = record.mailbox.toLowerCase()
      fold(open, record)
      if (record.type === 'end' && (record.status === 'changed' || record.status === 'unchanged')) {
        open.delete(key)
        finished.add(key)
      }
    }
  }
  return { header: header as JournalHeader, finished, open, complete }
}

/** What a run did, mailbox by mailbox, for putting it back. Mailboxes without an intention do not come. */
export async function* readJournaledMailboxes(
  path: string,
): AsyncGenerator<JournaledMailbox, void, undefined> {
  let resumed = false
  for await (const record of readJournal(path)) resumed ||= record.type === 'resume'
  const open = new Map<string, JournaledMailbox>()
  for await (const record of readJournal(path)) {
    if (record.type === 'run' || record.type === 'resume' || record.type === 'finish') continue
    const mailbox = fold(open, record)
    // A resumed run comes back to mailboxes; otherwise each can be given out, and forgotten, when it ends.
    if (record.type === 'end' && !resumed) {
      open.delete(record.mailbox.toLowerCase())
      if (mailbox.attempts.length > 0) yield mailbox
    }
  }
  for (const mailbox of open.values()) if (mailbox.attempts.length > 0) yield mailbox
}

function fold(
  open: Map<string, JournaledMailbox>,
  record: Extract<Awaited<ReturnType<ReturnType<typeof readJournal>['next']>>['value'], { mailbox: string }>,
): JournaledMailbox {
  const key = record.mailbox.toLowerCase()
  const known = open.get(key) ?? { mailbox: record.mailbox, attempts: [] }
  open.set(key, known)
  if (record.type === 'begin') {
    known.attempts.push({
      steps: record.steps,
      outcomes: record.steps.map(() => undefined),
      already: record.steps.map(() => undefined),
      ...(record.ground ? { ground: record.ground } : {}),
    })
    delete known.status
  } else if (record.type === 'step') {
    const attempt = known.attempts.at(-1)
    if (attempt) {
      attempt.outcomes[record.step] = record.outcomes
      attempt.already[record.step] = record.already
    }
  } else known.status = record.status
  return known
}
