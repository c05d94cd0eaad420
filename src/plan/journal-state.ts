import type { MailboxStep } from '../model/mailbox-step.ts'
import {
  type JournalHeader,
  type JournalOutcome,
  type JournalRecord,
  type MailboxStatus,
  readJournal,
} from './journal.ts'
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
  /** The run came to its end; it was not stopped, and did not lose the server. Some of it may have failed. */
  readonly complete: boolean
}

/** Where an interrupted run stands. What is finished is remembered by name only. */
export async function readJournalState(path: string): Promise<JournalState> {
  let header: JournalHeader | undefined
  let complete = false
  const finished = new Set<string>()
  const open = new Map<string, JournaledMailbox>()
  for await (const record of readJournal(path)) {
    // Whatever follows is of a run that went on.
    complete = record.type === 'finish'
    if (record.type === 'run') header = record
    else if ('mailbox' in record) {
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
  // A resumed run comes back to mailboxes: each is given out, and forgotten, at the last line that is of it.
  const left = new Map<string, number>()
  let lines = 0
  for await (const record of readJournal(path)) {
    lines++
    if (!('mailbox' in record)) continue
    const key = record.mailbox.toLowerCase()
    left.set(key, (left.get(key) ?? 0) + 1)
  }
  const open = new Map<string, JournaledMailbox>()
  for await (const record of readJournal(path)) {
    // What has come since was not counted.
    if (lines-- === 0) return
    if (!('mailbox' in record)) continue
    const key = record.mailbox.toLowerCase()
    const mailbox = fold(open, record)
    const more = (left.get(key) as number) - 1
    left.set(key, more)
    if (more > 0) continue
    left.delete(key)
    open.delete(key)
    if (mailbox.attempts.length > 0) yield mailbox
  }
}

function fold(
  open: Map<string, JournaledMailbox>,
  record: Extract<JournalRecord, { mailbox: string }>,
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
    const step = attempt?.steps[record.step]
    // A file that was edited may name any step, and say less than became of it: that stays in doubt.
    if (attempt && step && fits(record.outcomes, step)) {
      attempt.outcomes[record.step] = record.outcomes
      attempt.already[record.step] = record.already
    }
  } else known.status = record.status
  return known
}

/** One result per change, a delivery being one more; of a step without any, that it was begun, or nothing. */
function fits({ length }: readonly JournalOutcome[], step: MailboxStep): boolean {
  const changes = step.changes.length + (step.type === 'delegates' && step.delivery ? 1 : 0)
  if (changes > 0) return length === changes
  return step.type === 'folder' && step.drops ? length === 1 : length <= 1
}
