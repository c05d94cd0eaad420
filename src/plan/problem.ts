import { InvalidInputError } from '../errors.ts'

/** Where something stands: `file:line:column`, as editors and terminals understand it. */
export type Place = string

export interface Problem {
  readonly at: Place
  readonly message: string
}

const SHOWN = 100

/** A description of grants has mistakes; all of them are in `problems`, and nothing was sent. */
export class GrantsFileError extends InvalidInputError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], total: number = problems.length) {
    const lines = problems.slice(0, SHOWN).map(({ at, message }) => `${at} ${message}`)
    if (total > lines.length) lines.push(`… and ${total - lines.length} more.`)
    super(`The grants have ${total === 1 ? 'a mistake' : `${total} mistakes`}:\n${lines.join('\n')}`, {
      hint: 'Nothing was sent. Correct the file and try again.',
    })
    this.problems = problems
  }
}

const KEPT = 10_000

/** Collects mistakes, so that all of them are told at once. */
export class Problems {
  readonly #kept: Problem[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(at: Place, message: string): void {
    this.#count++
    // Ten thousand rows with the same mistake need not all be held.
    if (this.#kept.length < KEPT) this.#kept.push({ at, message })
  }

  /** The value, or undefined with the reason noted when the model's rules refuse it. */
  try<T>(at: Place, parse: () => T): T | undefined {
    try {
      return parse()
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      this.add(at, error.hint ? `${error.message} ${error.hint}` : error.message)
      return undefined
    }
  }

  /** @throws GrantsFileError when there is any. */
  throwIfAny(): void {
    if (this.#count > 0) throw new GrantsFileError(this.#kept, this.#count)
  }
}
