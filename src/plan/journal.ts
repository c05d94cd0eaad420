import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat, truncate } from 'node:fs/promises'
import { EwsDelegatesError } from '../errors.ts'
import type { MailboxStep } from '../model/mailbox-step.ts'
import { requireSmtpAddress } from '../model/user-ref.ts'
import { checkStep } from './check-plan.ts'

/** The version of the journal's lines; a reader refuses others. */
export const JOURNAL_VERSION = 1

/** First line of a journal. */
export interface JournalHeader {
  readonly type: 'run'
  readonly journal: typeof JOURNAL_VERSION
  /** When the run began, ISO 8601. */
  readonly started: string
  /** What is applied, so that a resumed run can tell that it is given the same. */
  readonly source?: JournalSource
}

export interface JournalSource {
  readonly kind: 'grants' | 'plan'
  readonly names: readonly string[]
  /** Of all of it, hexadecimal. */
  readonly sha256: string
}

/** What happened to one change of a step. */
export type JournalOutcome = true | { readonly code: string; readonly message: string }

export type JournalRecord =
  | JournalHeader
  /** Somebody went on with an interrupted run. */
  | { readonly type: 'resume'; readonly at: string }
  /** The intention, with the old state in its changes; on the disk before anything is sent. */
  | { readonly type: 'begin'; readonly mailbox: string; readonly steps: readonly MailboxStep[] }
  /** The result of one step. `found`: it was not sent again, reading showed that it had happened. */
  | {
      readonly type: 'step'
      readonly mailbox: string
      readonly step: number
      readonly outcomes: readonly JournalOutcome[]
      readonly found?: true
    }
  | {
      readonly type: 'end'
      readonly mailbox: string
      readonly status: MailboxStatus
      readonly reasons?: readonly string[]
    }
  | { readonly type: 'finish'; readonly at: string }

export const MAILBOX_STATUSES = ['changed', 'unchanged', 'partly', 'failed', 'refused', 'skipped'] as const
/**
 * What became of a mailbox. `partly`: some of its changes were made. `refused`: nothing was done because the ground
 * moved or the change cannot be made. `skipped`: it was not looked at.
 */
export type MailboxStatus = (typeof MAILBOX_STATUSES)[number]

/** The journal cannot be written or read. */
export class JournalError extends EwsDelegatesError {
  constructor(message: string, details: { hint?: string; cause?: unknown } = {}) {
    super('ERR_JOURNAL', message, details)
  }
}

interface Waiting {
  readonly line: string
  readonly sync: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The record of one run, one JSON object per line, only ever appended to. Whoever appends with `sync` goes on when
 * the line is on the disk; mailboxes side by side share the waiting.
 */
export class Journal {
  readonly path: string
  readonly #file: FileHandle
  #waiting: Waiting[] = []
  #unsynced: Waiting[] = []
  #writing: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #broken: unknown

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  /**
   * Begins a journal. A file that exists is never written over.
   * @throws JournalError when it cannot be created or written, so that nothing is changed without it.
   */
  static async create(path: string, options: { readonly now?: Date; readonly source?: JournalSource } = {}) {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST'
        ? new JournalError(`The journal ${path} exists already.`, {
            hint: 'Go on with it by resuming, or name another file.',
            cause: error,
          })
        : unwritable(path, error)
    })
    const journal = new Journal(path, file)
    await journal.#begin({
      type: 'run',
      journal: JOURNAL_VERSION,
      started: (options.now ?? new Date()).toISOString(),
      ...(options.source ? { source: options.source } : {}),
    })
    return journal
  }

  /**
   * Goes on with a journal that {@link readJournal} has read. A last line that was cut off when the program was
   * killed is taken away: it was never acted upon.
   */
  static async resume(path: string, options: { readonly now?: Date } = {}): Promise<Journal> {
    await cutTornLine(path)
    const file = await open(path, 'a').catch((error) => {
      throw unwritable(path, error)
    })
    const journal = new Journal(path, file)
    await journal.#begin({ type: 'resume', at: (options.now ?? new Date()).toISOString() })
    return journal
  }

  /** @throws JournalError; once it did, every later call does. */
  append(record: JournalRecord, { sync = false }: { readonly sync?: boolean } = {}): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify(record)}\n`, sync, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** @throws JournalError when a line that nobody waited for could not be written. */
  async close(): Promise<void> {
    await this.#writing
    await this.#syncing
    await this.#file.close()
    if (this.#broken !== undefined) throw this.#broken
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #begin(record: JournalRecord): Promise<void> {
    try {
      await this.append(record, { sync: true })
    } catch (error) {
      await this.#file.close()
      throw error
    }
  }

  async #write(): Promise<void> {
    // One turn later, so that everybody who appends now shares the write.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const bytes = Buffer.from(batch.map(({ line }) => line).join(''))
        for (let at = 0; at < bytes.length; ) {
          const { bytesWritten } = await this.#file.write(bytes, at)
          at += bytesWritten
        }
      } catch (error) {
        this.#break(error, batch)
        break
      }
      // A line that is written survives this process; only what must survive the machine waits for the disk.
      for (const { resolve } of batch.filter(({ sync }) => !sync)) resolve()
      this.#unsynced.push(...batch.filter(({ sync }) => sync))
      if (this.#unsynced.length > 0) this.#syncing ??= this.#sync()
    }
    this.#writing = undefined
  }

  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const batch = this.#unsynced
      this.#unsynced = []
      try {
        await this.#file.datasync()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        this.#break(error, batch)
      }
    }
    this.#syncing = undefined
  }

  #break(error: unknown, batch: readonly Waiting[]): void {
    this.#broken = unwritable(this.path, error)
    for (const { reject } of [...batch, ...this.#waiting, ...this.#unsynced]) reject(this.#broken)
    this.#waiting = []
    this.#unsynced = []
  }
}

/**
 * The records of a journal, one at a time. A last line without its end was cut off by a kill and is not there.
 * @throws JournalError naming the line.
 */
export async function* readJournal(path: string): AsyncGenerator<JournalRecord, void, undefined> {
  let number = 0
  for await (const line of completeLines(path)) {
    number++
    let record: JournalRecord
    try {
      record = checkRecord(JSON.parse(line))
    } catch (error) {
      throw new JournalError(`Line ${number} of the journal ${path} is damaged.`, {
        cause: error,
        hint: 'Somebody changed the file; what the run did after that line cannot be told.',
      })
    }
    if (number === 1) requireHeader(path, record)
    yield record
  }
  if (number === 0) throw new JournalError(`The journal ${path} is empty: the run had not begun.`)
}

/** What a run is put back from is sent again, so it is checked as strictly as what a person wrote. */
function checkRecord(value: JournalRecord): JournalRecord {
  if (value.type !== 'begin') return value
  return {
    type: 'begin',
    mailbox: requireSmtpAddress(value.mailbox, 'the mailbox'),
    steps: value.steps.map(checkStep),
  }
}

async function* completeLines(path: string): AsyncGenerator<string, void, undefined> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw new JournalError(`The journal ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function requireHeader(path: string, record: JournalRecord): void {
  if (record?.type !== 'run') throw new JournalError(`${path} is not a journal of this program.`)
  if (record.journal !== JOURNAL_VERSION) {
    throw new JournalError(
      `The journal ${path} has version ${record.journal}; this program reads ${JOURNAL_VERSION}.`,
    )
  }
}

function unwritable(path: string, error: unknown): JournalError {
  return new JournalError(`The journal ${path} cannot be written: ${(error as Error).message}`, {
    cause: error,
    hint: 'Nothing is changed without it; name a file in a place with room that may be written.',
  })
}

async function cutTornLine(path: string): Promise<void> {
  const { size } = await stat(path).catch((error) => {
    throw new JournalError(`The journal ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  })
  const file = await open(path, 'r')
  try {
    const chunk = Buffer.alloc(64 * 1024)
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - chunk.length)
      const { bytesRead } = await file.read(chunk, 0, end - start, start)
      const at = chunk.subarray(0, bytesRead).lastIndexOf(0x0a)
      if (at !== -1) {
        if (start + at + 1 < size) await truncate(path, start + at + 1)
        return
      }
      end = start
    }
  } finally {
    await file.close()
  }
}
