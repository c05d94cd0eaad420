import { constants } from 'node:fs'
import { access, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import type { Exchange } from './store/exchange.ts'
import { readState, type SavedState, writeState } from './store/saved-state.ts'

/** A state file as it was read, and how to tell that nobody else has written it since. */
export interface ReadState {
  readonly state: SavedState
  readonly text: string
  readonly stamp: string
}

/** Reads a state file; undefined when there is none yet. @throws InvalidInputError */
export async function readStateFile(path: string, domain: string): Promise<ReadState | undefined> {
  let text: string
  let stamp: string | undefined
  try {
    // Before the text: a write in between then looks like one that came after.
    stamp = await stampOf(path)
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new InvalidInputError(`The state file ${path} cannot be read: ${message}`, { cause: error })
  }
  const state = orNoState(path, () => readState(text))
  if (state.domain.toLowerCase() !== domain.toLowerCase()) {
    throw new InvalidInputError(`${path} holds the mailboxes of ${state.domain}, not of ${domain}.`, {
      hint: 'Give the tenant file that the state was made with, or another state file.',
    })
  }
  return { state, text, stamp: stamp ?? '' }
}

/** Every write makes a new file, so that its inode and times tell one from the next. Undefined: not there. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs].join()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What cannot be made of a state file is none. @throws InvalidInputError */
export function orNoState<Value>(path: string | undefined, work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    if (path === undefined) throw cause
    throw new InvalidInputError(`${path} is not a state file of the embedded Exchange.`, {
      cause,
      hint: 'Give a file that an earlier run wrote, or one that is not there yet.',
    })
  }
}

/**
 * Keeps a file that holds what the store holds. A write goes to a file of its own, is forced to the disk, and then
 * takes the place of the one before: whenever the program ends, the file is whole. A file that somebody else wrote in
 * the meantime is not written over: what was promised there would be lost.
 */
export class StateFile {
  readonly #path: string
  readonly #exchange: Exchange
  /** The file as it was last read or written here; undefined when there was none. */
  #stamp: string | undefined
  #saved = -1
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string, exchange: Exchange, stamp: string | undefined) {
    this.#path = path
    this.#exchange = exchange
    this.#stamp = stamp
  }

  /**
   * Finds out at the start whether the file can be written. One that holds what the store holds is not written: another
   * program may be at work with it.
   * @param text what was read from it; undefined when there was none.
   * @throws InvalidInputError when it cannot be written.
   */
  async start(text: string | undefined): Promise<void> {
    const { writes } = this.#exchange
    if (text === undefined || text !== writeState(this.#exchange.save())) return this.save()
    try {
      const folder = dirname(await realpath(this.#path))
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw notWritable(this.#path, cause)
    }
    this.#saved = writes
  }

  /**
   * Resolves when everything that was written so far is on the disk. Requests that come together share one write.
   * @throws InvalidInputError when it cannot be written.
   */
  save(): Promise<void> {
    if (!this.#writing) {
      if (this.#exchange.writes === this.#saved) return Promise.resolve()
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined
      })
      return this.#writing
    }
    // What is being written may not hold the latest change; one more write holds them all.
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.save()
      })
    return this.#next
  }

  async #write(): Promise<void> {
    const writes = this.#exchange.writes
    const text = writeState(this.#exchange.save())
    try {
      const found = await stampOf(this.#path)
      if (found !== undefined && found !== this.#stamp) {
        throw new InvalidInputError(`Another program has written ${this.#path} since; it was left alone.`, {
          hint: 'Let one embedded Exchange at a time use a state file.',
        })
      }
      // The file that a link stands for is replaced, not the link.
      const target = await realpath(this.#path).catch(() => this.#path)
      this.#stamp = await replaceFile(target, text)
      await syncDirectory(dirname(target))
    } catch (cause) {
      if (cause instanceof InvalidInputError) throw cause
      throw notWritable(this.#path, cause)
    }
    this.#saved = writes
  }
}

function notWritable(path: string, cause: unknown): InvalidInputError {
  return new InvalidInputError(`The state file ${path} cannot be written: ${(cause as Error).message}`, {
    cause,
  })
}

/** Puts a new file in the place of the one before, and returns its stamp. */
async function replaceFile(target: string, text: string): Promise<string | undefined> {
  await removeLeftovers(target)
  const temporary = `${target}.${process.pid}.tmp`
  try {
    // Mail is in it: for the owner's eyes.
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    const stamp = await stampOf(temporary)
    await rename(temporary, target)
    return stamp
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

/** A program that was killed in the middle of a write leaves its half behind, with mail in it. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target)
  const start = `${basename(target)}.`
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || !name.endsWith('.tmp')) continue
    const pid = Number(name.slice(start.length, -'.tmp'.length))
    if (Number.isInteger(pid) && pid !== process.pid && !isRunning(pid)) {
      await rm(join(folder, name), { force: true })
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** That the new name is in the directory has to reach the disk as well; Windows has no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } catch (error) {
    // Some file systems, of networks above all, do not do that for directories.
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await directory.close()
  }
}
