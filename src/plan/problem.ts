import { InvalidInputError } from '../errors.ts'

/** Where something stands: `file:line:column`, as editors and terminals understand it. */
export type Place = string

export interface Problem {
  readonly at: Place
  readonly message: string
}

/** A role by name, and where it is named. */
export interface NamedRole {
  readonly at: Place
  readonly name: string
}

/** So many stand in the message itself. */
const SHOWN = 100

/** A description of grants has mistakes; all of them are in `problems`, and nothing was sent. */
export class GrantsFileError extends InvalidInputError {
  readonly problems: readonly Problem[]
  /** More than the {@link problems} where there are too many to keep. */
  readonly total: number
  /** The message without the mistakes. */
  readonly summary: string

  constructor(problems: readonly Problem[], total: number = problems.length) {
    const summary = `The grants have ${total === 1 ? 'a mistake' : `${total} mistakes`}:`
    const lines = problems.slice(0, SHOWN).map(({ at, message }) => `${at} ${message}`)
    if (total > lines.length) lines.push(`… and ${total - lines.length} more.`)
    super(`${summary}\n${lines.join('\n')}`, {
      hint: 'Nothing was sent. Correct the file and try again.',
    })
    this.problems = problems
    this.total = total
    this.summary = summary
  }
}

const KEPT = 100_000

/** Collects mistakes, so that all of them are told at once. */
export class Problems {
  readonly #kept: Problem[] = []
  readonly #known = new Set<string>()
  readonly #files: string[] = []
  readonly #rolesLeftOut: NamedRole[] = []
  #count = 0

  /** Says that this file is read next; mistakes are told in the order of files, lines and columns. */
  begin(file: string): void {
    if (!this.#files.includes(file)) this.#files.push(file)
  }

  get count(): number {
    return this.#count
  }

  /** The same of the same place counts once, as of defaults that hold for many mailboxes. */
  add(at: Place, message: string): void {
    const key = `${at} ${message}`
    if (this.#known.has(key)) return
    this.#count++
    // A million rows with the same mistake need not all be held.
    if (this.#kept.length >= KEPT) return
    this.#known.add(key)
    this.#kept.push({ at, message })
  }

  addAll(problems: readonly Problem[]): void {
    for (const { at, message } of problems) this.add(at, message)
  }

  /**
   * Keeps a role that is named where something is left out for a mistake: whether there is such a role is known only
   * when everything was read.
   */
  leaveOutRole(role: NamedRole): void {
    if (this.#rolesLeftOut.length < KEPT) this.#rolesLeftOut.push(role)
  }

  get rolesLeftOut(): readonly NamedRole[] {
    return this.#rolesLeftOut
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

  /** In the order in which they stand. */
  list(): Problem[] {
    const placed = this.#kept.map((problem) => {
      const [, file = '', line, column] = /^(.*):(\d+):(\d+)$/s.exec(problem.at) ?? []
      return { problem, place: [this.#files.indexOf(file), Number(line), Number(column)] as const }
    })
    return placed
      .sort(({ place: a }, { place: b }) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
      .map(({ problem }) => problem)
  }

  /** @throws GrantsFileError when there is any. */
  throwIfAny(): void {
    if (this.#count > 0) throw new GrantsFileError(this.list(), this.#count)
  }
}
