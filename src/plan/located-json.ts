import type { Tree } from './located-tree.ts'
import { MAX_DEPTH } from './located-tree.ts'
import type { Place, Problems } from './problem.ts'

/** Where a text begins in its file; both count from 1. */
export interface Beginning {
  readonly line: number
  readonly column: number
}

/**
 * Parses one value of JSON (RFC 8259), with the places where its parts stand. YAML's parser reads JSON too, and takes
 * ten times as long.
 *
 * @returns undefined when it is no JSON; the first thing that is wrong is with the problems.
 */
export function parseJson(
  text: string,
  file: string,
  beginning: Beginning,
  problems: Problems,
): Tree | undefined {
  const reader = new JsonReader(text, file, beginning, problems)
  try {
    return reader.read()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    problems.add(error.at, error.message)
    return undefined
  }
}

class Fault extends Error {
  readonly at: Place

  constructor(at: Place, message: string) {
    super(message)
    this.at = at
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[^\s,:[\]{}"]+/y
const SPACE = /[ \t\r\n]*/y
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

class JsonReader {
  readonly #text: string
  readonly #file: string
  readonly #beginning: Beginning
  readonly #problems: Problems
  #at = 0
  /** The line that {@link place} was last asked for, and where it begins and ends; it is asked for in order. */
  #line = 0
  #lineStart = 0
  #lineEnd: number

  constructor(text: string, file: string, beginning: Beginning, problems: Problems) {
    this.#text = text
    this.#file = file
    this.#beginning = beginning
    this.#problems = problems
    this.#lineEnd = this.#endOfLine()
  }

  read(): Tree {
    this.#space()
    const tree = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) throw this.#fault('Behind the end of the JSON there is more.')
    return tree
  }

  #value(depth: number): Tree {
    const at = this.#place(this.#at)
    if (depth > MAX_DEPTH) throw new Fault(at, 'This is nested too deeply.')
    switch (this.#text[this.#at]) {
      case '{':
        return this.#map(at, depth)
      case '[':
        return this.#list(at, depth)
      case '"':
        return { kind: 'scalar', at, value: this.#string() }
      default:
        return { kind: 'scalar', at, value: this.#word() }
    }
  }

  #map(at: Place, depth: number): Tree {
    const entries = new Map<string, Tree>()
    const keys = new Map<string, Place>()
    this.#at++
    this.#space()
    if (this.#takes('}')) return { kind: 'map', at, entries, keys }
    for (;;) {
      const keyAt = this.#place(this.#at)
      if (this.#text[this.#at] !== '"')
        throw this.#fault('Here a field should stand, its name in double quotes.')
      const key = this.#string()
      if (keys.has(key)) this.#problems.add(keyAt, `${JSON.stringify(key.slice(0, 60))} stands here twice.`)
      this.#space()
      if (!this.#takes(':')) throw this.#fault('Here a colon should stand, behind the name of a field.')
      this.#space()
      keys.set(key, keyAt)
      entries.set(key, this.#value(depth + 1))
      this.#space()
      if (this.#takes('}')) return { kind: 'map', at, entries, keys }
      if (!this.#takes(',')) throw this.#fault('Here a comma or } should stand.')
      this.#space()
    }
  }

  #list(at: Place, depth: number): Tree {
    const items: Tree[] = []
    this.#at++
    this.#space()
    if (this.#takes(']')) return { kind: 'list', at, items }
    for (;;) {
      items.push(this.#value(depth + 1))
      this.#space()
      if (this.#takes(']')) return { kind: 'list', at, items }
      if (!this.#takes(',')) throw this.#fault('Here a comma or ] should stand.')
      this.#space()
    }
  }

  #string(): string {
    const begin = this.#at
    let end = begin + 1
    for (; ; end++) {
      const code = this.#text.charCodeAt(end)
      if (code === QUOTE) break
      // NaN at the end of the text.
      if (!(code >= 32)) throw new Fault(this.#place(begin), 'This text is not closed on its line.')
      if (code === BACKSLASH) end++
    }
    this.#at = end + 1
    const raw = this.#text.slice(begin, this.#at)
    if (!raw.includes('\\')) return raw.slice(1, -1)
    try {
      return JSON.parse(raw) as string
    } catch {
      throw new Fault(
        this.#place(begin),
        'This text holds a backslash that begins nothing; write \\\\ for one.',
      )
    }
  }

  #word(): number | boolean | null {
    NUMBER.lastIndex = this.#at
    WORD.lastIndex = this.#at
    const word = WORD.exec(this.#text)?.[0]
    if (word === undefined)
      throw this.#fault(
        this.#at < this.#text.length ? 'Here a value should stand.' : 'The JSON ends here, in the middle.',
      )
    const known = WORDS.get(word)
    const isNumber = NUMBER.exec(this.#text)?.[0] === word
    if (known === undefined && !isNumber)
      throw this.#fault(
        `${JSON.stringify(word.slice(0, 40))} is no value of JSON; texts stand in double quotes.`,
      )
    this.#at += word.length
    return known === undefined ? Number(word) : known
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #space(): void {
    SPACE.lastIndex = this.#at
    SPACE.test(this.#text)
    this.#at = SPACE.lastIndex
  }

  #fault(message: string): Fault {
    return new Fault(this.#place(this.#at), message)
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#lineStart)
    return end === -1 ? Number.POSITIVE_INFINITY : end
  }

  #place(offset: number): Place {
    while (this.#lineEnd < offset) {
      this.#line++
      this.#lineStart = this.#lineEnd + 1
      this.#lineEnd = this.#endOfLine()
    }
    const { line, column } = this.#beginning
    const own = offset - this.#lineStart
    return `${this.#file}:${line + this.#line}:${this.#line === 0 ? column + own : own + 1}`
  }
}

const QUOTE = 34
const BACKSLASH = 92
