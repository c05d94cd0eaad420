import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat, truncate } from 'node:fs/promises'
import { InvalidInputError } from '../errors.ts'
import { GRANT_MODES, type GrantMode } from '../model/grant-mode.ts'
import type { MailboxStep } from '../model/mailbox-step.ts'
import { requireSmtpAddress } from '../model/user-ref.ts'
import { checkGround, checkStep } from './check-plan.ts'
import { count, flag, list, record, text } from './checked-value.ts'
import { existsAlready, JournalError, unwritable } from './journal-error.ts'
import { type JournalLock, lockJournal } from './journal-lock.ts'
import type { Ground } from './mailbox-plan.ts'

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
  /** How it is applied, so that a resumed run goes on in the same way. */
  readonly options?: RunOptions
}

/** What decides, besides the files, what a run does. */
export interface RunOptions {
  /** For files that state none. */
  readonly mode?: GrantMode
  /** Of the files, where their names do not tell it. */
  readonly format?: string
  readonly dropOrphans?: boolean
  /** Whether each mailbox is worked on as its owner, or as whoever signs in. */
  readonly impersonateOwners?: boolean
  /** Whether an empty list of delegates is believed where it was not read as the owner. */
  readonly trustEmptyLists?: boolean
  /** The server's address, without a query: another server's mailboxes are not those of the run. */
  readonly endpoint?: string
}

export interface JournalSource {
  readonly kind: 'grants' | 'plan'
  readonly names: readonly string[]
  /** Of all of it, hexadecimal. */
  readonly sha256: string
}

/** What happened to one change of a step. */
export type JournalOutcome = true | { readonly code: string; readonly message: string }

/** The code of a change of which the server's answer does not tell whether it was made. */
export const UNANSWERED = 'unanswered'
/** The code of a change that may have been made before somebody changed the same thing. */
export const DOUBTFUL = 'doubtful'

/** Was the change made, or is that not known? */
export function mayBeMade(outcome: JournalOutcome): boolean {
  return outcome === true || outcome.code === UNANSWERED || outcome.code === DOUBTFUL
}

/** Does this text begin a journal? */
export function isJournalText(begin: string): boolean {
  return /^\{"type":"run","journal":/.test(begin)
}

/** The codes of a change that was held back: somebody changed the same thing, or the backend cannot make it. */
export const MOVED = 'moved'
export const UNABLE = 'unable'

export type JournalRecord =
  | JournalHeader
  /** Somebody went on with an interrupted run. */
  | { readonly type: 'resume'; readonly at: string }
  /**
   * The intention, with the old state in its changes; on the disk before anything is sent. `ground`: of a description
   * that is exact, what it was compared with.
   */
  | {
      readonly type: 'begin'
      readonly mailbox: string
      readonly steps: readonly MailboxStep[]
      readonly ground?: Ground
    }
  /**
   * The result of one step. `found`: it was not sent, reading showed that it had happened. `already`: which of its
   * changes somebody else had made when the run first looked, so that it is not for the run to put them back.
   */
  | {
      readonly type: 'step'
      readonly mailbox: string
      readonly step: number
      readonly outcomes: readonly JournalOutcome[]
      readonly found?: true
      readonly already?: readonly number[]
    }
  | {
      readonly type: 'end'
      readonly mailbox: string
      readonly status: MailboxStatus
      readonly reasons?: readonly string[]
    }
  /** The run came to its end. */
  | { readonly type: 'finish'; readonly at: string }

export const MAILBOX_STATUSES = ['changed', 'unchanged', 'partly', 'failed', 'refused', 'skipped'] as const
/**
 * What became of a mailbox. `partly`: some of its changes were made. `refused`: nothing was done because the ground
 * moved or the change cannot be made; of an interrupted run, something may have been made before the ground moved.
 * `skipped`: the run was stopped before it was begun, or before anything was written.
 */
export type MailboxStatus = (typeof MAILBOX_STATUSES)[number]

interface Waiting {
  readonly record: JournalRecord
  readonly line: Buffer
  /** Somebody waits until it is on the disk. */
  readonly committed?: { resolve(): void; reject(error: JournalError): void }
}

/** What nobody waits for is written when something is that somebody does wait for, or after this time. */
const LATEST_MS = 25

/** What a journal needs of its file. */
export type JournalFile = Pick<FileHandle, 'write' | 'datasync' | 'close'>

/**
 * The record of one run, one JSON object per line, only ever appended to. Mailboxes side by side share the writing and
 * the waiting for the disk. While it is open nobody else can go on with it or put it back, see `lockJournal`.
 */
export class Journal {
  readonly path: string
  readonly #file: JournalFile
  readonly #lock: JournalLock
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: JournalError | undefined
  #closed = false

  private constructor(path: string, file: JournalFile, lock: JournalLock) {
    this.path = path
    this.#file = file
    this.#lock = lock
  }

  /**
   * Begins a journal. A file that exists is never written over.
   * @throws JournalError when it cannot be created or written, so that nothing is changed without it.
   */
  static async create(
    path: string,
    options: {
      readonly now?: Date
      readonly source?: JournalSource
      readonly options?: RunOptions
      /** For tests of disks that fill up. Default: the file itself. */
      readonly wrap?: (file: FileHandle) => JournalFile
    } = {},
  ): Promise<Journal> {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? existsAlready(path, error) : unwritable(path, error)
    })
    return Journal.#open(path, options.wrap?.(file) ?? file, undefined, {
      type: 'run',
      journal: JOURNAL_VERSION,
      started: (options.now ?? new Date()).toISOString(),
      ...(options.source ? { source: options.source } : {}),
      ...(options.options ? { options: options.options } : {}),
    })
  }

  /**
   * Goes on with a journal; read where it stands, with {@link readJournalState}, when this has been done or under a
   * lock. A last line that was cut off when the program was killed is taken away: it was never acted upon.
   *
   * @param options.lock what `lockJournal` gave; it is let go when the journal is closed.
   * @throws JournalError when somebody else goes on with it or puts it back, or it cannot be written.
   */
  static async resume(
    path: string,
    options: { readonly now?: Date; readonly lock?: JournalLock } = {},
  ): Promise<Journal> {
    const lock = options.lock ?? (await lockJournal(path))
    let file: FileHandle
    try {
      await cutTornLine(path)
      file = await open(path, 'a').catch((error) => {
        throw unwritable(path, error)
      })
    } catch (error) {
      await lock.release()
      throw error
    }
    return Journal.#open(path, file, lock, {
      type: 'resume',
      at: (options.now ?? new Date()).toISOString(),
    })
  }

  static async #open(
    path: string,
    file: JournalFile,
    given: JournalLock | undefined,
    first: JournalRecord,
  ): Promise<Journal> {
    let lock = given
    try {
      lock ??= await lockJournal(path)
      const journal = new Journal(path, file, lock)
      await journal.commit(first)
      return journal
    } catch (error) {
      await file.close()
      await lock?.release()
      throw error
    }
  }

  /** Why it cannot be written any longer; nothing may be changed then. */
  get failure(): JournalError | undefined {
    return this.#failure
  }

  /**
   * Adds a line in a moment, together with others. A process that is killed meanwhile has not written it.
   * Whether it could be is told by {@link failure}, {@link flush} and {@link close}.
   */
  append(record: JournalRecord): void {
    this.#add({ record, line: lineOf(record) })
    this.#timer ??= setTimeout(() => this.#start(), LATEST_MS)
  }

  /**
   * Adds a line and waits until it is on the disk, with all those before it.
   * @throws JournalError; once it did, every later call does.
   */
  commit(record: JournalRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#add({ record, line: lineOf(record), committed: { resolve, reject } })
      this.#start()
    })
  }

  /** @throws JournalError when a line could not be written. */
  async flush(): Promise<void> {
    this.#start()
    await this.#writing
    if (this.#failure) throw this.#failure
  }

  /**
   * Writes what is left and lets go of the file.
   * @throws JournalError when a line could not be written.
   */
  async close(): Promise<void> {
    if (this.#closed) return
    try {
      await this.flush()
    } finally {
      this.#closed = true
      await this.#file.close().catch((error) => this.#fail(error, []))
      await this.#lock.release()
    }
    if (this.#failure) throw this.#failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #add(waiting: Waiting): void {
    if (this.#closed && !this.#failure) this.#fail(new Error('it is closed'), [])
    if (this.#failure) this.#fail(this.#failure.cause, [waiting])
    else this.#waiting.push(waiting)
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length > 0) this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    // One turn later, so that everybody who adds something now shares the write.
    await Promise.resolve()
    while (this.#waiting.length > 0 && !this.#failure) {
      const batch = this.#waiting
      this.#waiting = []
      let written = 0
      try {
        const bytes = Buffer.concat(batch.map(({ line }) => line))
        while (written < bytes.length) {
          const { bytesWritten } = await this.#file.write(bytes, written)
          written += bytesWritten
        }
        // A line that is written survives this process; only what must survive the machine waits for the disk.
        if (batch.some(({ committed }) => committed)) await this.#file.datasync()
      } catch (error) {
        this.#fail(error, withoutWritten(batch, written))
        break
      }
      for (const { committed } of batch) committed?.resolve()
    }
    this.#writing = undefined
  }

  #fail(cause: unknown, lost: readonly Waiting[]): void {
    const all = [...lost, ...this.#waiting]
    this.#waiting = []
    const unrecorded = new Set(this.#failure?.unrecorded)
    for (const { record } of all)
      if (record.type === 'step' && record.outcomes.includes(true)) unrecorded.add(record.mailbox)
    this.#failure = unwritable(this.path, cause, [...unrecorded])
    for (const { committed } of all) committed?.reject(this.#failure)
  }
}

function lineOf(record: JournalRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`)
}

/** Lines that nobody waits for are there as soon as they are written; the others only when the disk says so. */
function withoutWritten(batch: readonly Waiting[], written: number): Waiting[] {
  let end = 0
  return batch.filter(({ line, committed }) => {
    end += line.length
    return committed !== undefined || end > written
  })
}

/**
 * The records of a journal, one at a time. A last line without its end was cut off by a kill and is not there.
 * @throws JournalError naming the line.
 */
export async function* readJournal(path: string): AsyncGenerator<JournalRecord, void, undefined> {
  let number = 0
  for await (const line of completeLines(path)) {
    if (++number === 1) requireHeader(path, line)
    let read: JournalRecord
    try {
      read = checkRecord(JSON.parse(line))
    } catch (error) {
      throw new JournalError(`Line ${number} of the journal ${path} is damaged.`, {
        cause: error,
        hint: 'Somebody changed the file; what the run did after that line cannot be told.',
      })
    }
    yield read
  }
  if (number === 0) throw new JournalError(`The journal ${path} is empty: the run had not begun.`)
}

/**
 * How the run was begun.
 * @throws JournalError where it is no journal.
 */
export async function readJournalHeader(path: string): Promise<JournalHeader> {
  for await (const record of readJournal(path)) if (record.type === 'run') return record
  throw new JournalError(`${path} is not a journal of this program.`)
}

/** What a run is put back from is sent again, so it is checked as strictly as what a person wrote. */
function checkRecord(value: unknown): JournalRecord {
  const given = record(value, 'a record')
  switch (given.type) {
    case 'run':
      return checkHeader(given)
    case 'resume':
    case 'finish':
      return { type: given.type, at: text(given.at) }
    case 'begin':
      return {
        type: 'begin',
        mailbox: requireSmtpAddress(text(given.mailbox), 'the mailbox'),
        steps: list(given.steps, 'steps').map(checkStep),
        ...(given.ground === undefined ? {} : { ground: checkGround(given.ground) }),
      }
    case 'step':
      return {
        type: 'step',
        mailbox: text(given.mailbox),
        step: count(given.step, 'a step'),
        outcomes: list(given.outcomes, 'outcomes').map(checkOutcome),
        ...(given.found === true ? { found: true } : {}),
        ...(given.already === undefined
          ? {}
          : { already: list(given.already, 'changes').map((index) => count(index, 'a change')) }),
      }
    case 'end': {
      const status = MAILBOX_STATUSES.find((known) => known === given.status)
      if (!status) throw new InvalidInputError('This is not what becomes of a mailbox.')
      return {
        type: 'end',
        mailbox: text(given.mailbox),
        status,
        ...(given.reasons === undefined
          ? {}
          : { reasons: list(given.reasons, 'reasons').map((reason) => text(reason)) }),
      }
    }
    default:
      throw new InvalidInputError('This is no record of a journal.')
  }
}

function checkOutcome(value: unknown): JournalOutcome {
  if (value === true) return value
  const { code, message } = record(value, 'an outcome')
  return { code: text(code), message: text(message) }
}

function checkHeader({ started, source, options }: Record<string, unknown>): JournalHeader {
  return {
    type: 'run',
    journal: JOURNAL_VERSION,
    started: text(started),
    ...(source === undefined ? {} : { source: checkSource(source) }),
    ...(options === undefined ? {} : { options: checkOptions(options) }),
  }
}

/** @throws InvalidInputError */
export function checkSource(value: unknown): JournalSource {
  const { kind, names, sha256 } = record(value, 'what is applied')
  if (kind !== 'grants' && kind !== 'plan') throw new InvalidInputError('Grants or a plan are applied.')
  return { kind, names: list(names, 'names').map((name) => text(name)), sha256: text(sha256) }
}

function checkOptions(value: unknown): RunOptions {
  const { mode, format, dropOrphans, impersonateOwners, trustEmptyLists, endpoint } = record(value, 'options')
  const known = GRANT_MODES.find((name) => name === mode)
  if (mode !== undefined && !known) throw new InvalidInputError('This is not a mode.')
  return {
    ...(known === undefined ? {} : { mode: known }),
    ...(format === undefined ? {} : { format: text(format) }),
    ...(dropOrphans === undefined ? {} : { dropOrphans: flag(dropOrphans, 'dropOrphans') }),
    ...(impersonateOwners === undefined
      ? {}
      : { impersonateOwners: flag(impersonateOwners, 'impersonateOwners') }),
    ...(trustEmptyLists === undefined ? {} : { trustEmptyLists: flag(trustEmptyLists, 'trustEmptyLists') }),
    ...(endpoint === undefined ? {} : { endpoint: text(endpoint) }),
  }
}

async function* completeLines(path: string): AsyncGenerator<string, void, undefined> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const lines = chunk.split('\n')
      lines[0] = rest + lines[0]
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw new JournalError(`The journal ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Before the line is checked: another version's may look otherwise. */
function requireHeader(path: string, line: string): void {
  let value: { readonly type?: unknown; readonly journal?: unknown } | null
  try {
    value = JSON.parse(line)
  } catch {
    value = null
  }
  if (value?.type !== 'run') throw new JournalError(`${path} is not a journal of this program.`)
  if (value.journal !== JOURNAL_VERSION) {
    throw new JournalError(
      `The journal ${path} has version ${value.journal}; this program reads ${JOURNAL_VERSION}.`,
    )
  }
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
