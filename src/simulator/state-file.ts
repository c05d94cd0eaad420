import { constants } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import type { Exchange } from './store/exchange.ts'
import { readState, type SavedState, writeState } from './store/saved-state.ts'

/** Reads a state file; undefined when there is none yet. @throws InvalidInputError */
export async function readStateFile(path: string, domain: string): Promise<SavedState | undefined> {
  let text: string
  try {
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
  return state
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
 * takes the place of the one before: whenever the program ends, the file is whole.
 */
export class StateFile {
  readonly #path: string
  readonly #exchange: Exchange
  #saved = -1
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string, exchange: Exchange) {
    this.#path = path
    this.#exchange = exchange
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
    const temporary = `${this.#path}.${process.pid}.tmp`
    try {
      // Mail is in it: for the owner's eyes.
      const file = await open(temporary, 'w', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.#path)
      await syncDirectory(dirname(this.#path))
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw new InvalidInputError(
        `The state file ${this.#path} cannot be written: ${(cause as Error).message}`,
        { cause },
      )
    }
    this.#saved = writes
  }
}

/** That the new name is in the directory has to reach the disk as well; Windows has no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
