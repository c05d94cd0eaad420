import { open } from 'node:fs/promises'
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { isSmtpAddress } from '../model/user-ref.ts'

// Ten thousand mailboxes with everything the tenant file has are about three megabytes and 200,000 values.
const MAX_BYTES = 16 * 1024 * 1024
const MAX_NODES = 400_000
const MAX_DEPTH = 8
const MAX_ALIASES = 500
/** Lines of one error. A file that is something else altogether has as many mistakes as words. */
export const MAX_PROBLEMS = 10
/** Of one line: what a file says is repeated in it. */
const MAX_PROBLEM_LENGTH = 200

/** A kind of file a person writes: what it is called, and the sentence that helps whoever got it wrong. */
export interface FileKind {
  /** As in "The tenant file". */
  readonly what: string
  readonly hint: string
  /** When the file cannot be read at all. */
  readonly unreadableHint: string
}

/**
 * @throws InvalidInputError when there is no such file, it may not be read, it is too large, or no text.
 */
export async function readTextFile(path: string, kind: FileKind): Promise<string> {
  try {
    const file = await open(path)
    try {
      const about = await file.stat()
      if (about.isDirectory()) throw unreadable(kind, path, 'it is a directory')
      // A device has no end, and a pipe perhaps no beginning.
      if (!about.isFile()) throw unreadable(kind, path, 'it is not a file')
      if (about.size > MAX_BYTES) throw tooLarge(kind, path)
      return textOf(await file.readFile(), path)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    const code = (error as NodeJS.ErrnoException).code
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'it may not be read'
          : ((error as Error).message ?? String(code))
    throw unreadable(kind, path, reason, error)
  }
}

function unreadable(kind: FileKind, path: string, reason: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`The ${kind.what} ${path} cannot be read: ${reason}.`, {
    hint: kind.unreadableHint,
    ...(cause === undefined ? {} : { cause }),
  })
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw noText(name, cause)
  }
}

function noText(name: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${name} is not a text file.`, {
    hint: 'It is YAML, saved as UTF-8.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/**
 * Reads YAML into a tree whose parts know where they stand.
 * @param name stands before the line numbers of the messages.
 * @throws InvalidInputError for what is not YAML, with every mistake, one per line.
 */
export function treeOfText(text: string, name: string, kind: FileKind): { tree: Tree; problems: string[] } {
  if (Buffer.byteLength(text) > MAX_BYTES) throw tooLarge(kind, name)
  if (text.includes('\0')) throw noText(name)
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  let document: Document.Parsed
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true })
  } catch (error) {
    // The YAML reader is recursive; nesting deep enough ends its stack.
    throw new InvalidInputError(`${name}:1:1 This is nested too deeply.`, {
      cause: error,
    })
  }
  const found = [...document.errors, ...document.warnings]
  // Whoever nests too deeply does it many times over.
  const faults = found.filter(
    ({ code }, index) => !(code in OWN_WORDS) || found.findIndex((each) => each.code === code) === index,
  )
  if (faults.length > 0) {
    throw problemsError(
      name,
      faults.map(({ code, message, pos }) => `${place(pos[0])} ${OWN_WORDS[code] ?? sentence(message)}`),
      kind,
    )
  }
  const problems: string[] = []
  return { tree: treeOfYaml(document, place, problems), problems }
}

/** The YAML reader's own advice is for programmers. */
const OWN_WORDS: Readonly<Partial<Record<string, string>>> = {
  MULTIPLE_DOCS: 'This begins a second document; the file is one.',
  RESOURCE_EXHAUSTION: 'This is nested too deeply.',
}

function tooLarge(kind: FileKind, name: string): InvalidInputError {
  return new InvalidInputError(`The ${kind.what} ${name} is larger than ${MAX_BYTES / 1024 / 1024} MB.`)
}

/** One neutral tree for YAML and for plain values, so that there is one set of rules. */
export type Tree = { readonly at: string } & (
  | { readonly kind: 'map'; readonly entries: readonly { key: string; at: string; value: Tree }[] }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'scalar'; readonly value: unknown }
)

function treeOfYaml(document: Document.Parsed, place: (offset: number) => string, problems: string[]): Tree {
  let budget = MAX_NODES
  // Finding what an alias stands for walks the whole document.
  const aliases = new Map<Alias, unknown>()
  const anchored = (alias: Alias, at: string): unknown => {
    if (!aliases.has(alias)) {
      if (aliases.size === MAX_ALIASES) problems.push(`${at} The file has more than ${MAX_ALIASES} aliases.`)
      aliases.set(alias, aliases.size < MAX_ALIASES ? alias.resolve(document) : undefined)
    }
    return aliases.get(alias)
  }
  const convert = (node: unknown, inherited: string, depth: number): Tree => {
    const range = (node as { range?: [number, number, number] | null } | null)?.range
    const at = range ? place(range[0]) : inherited
    // Aliases are followed, but what they unfold to is counted: a file of a few lines can unfold to billions.
    if (--budget < 0 || depth > MAX_DEPTH) {
      if (budget === -1) problems.push(`${at} The file has more than ${MAX_NODES} values, aliases unfolded.`)
      else if (depth > MAX_DEPTH && budget >= 0) problems.push(`${at} This is nested too deeply.`)
      return { kind: 'scalar', value: undefined, at }
    }
    if (isAlias(node)) return convert(anchored(node, at), at, depth + 1)
    if (isMap(node)) {
      const entries = node.items.map((pair) => {
        const key = isScalar(pair.key) ? String(pair.key.value) : '?'
        const keyRange = (pair.key as { range?: [number, number, number] | null } | null)?.range
        const keyAt = keyRange ? place(keyRange[0]) : at
        return { key, at: keyAt, value: convert(pair.value, keyAt, depth + 1) }
      })
      return { kind: 'map', entries, at }
    }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => convert(item, at, depth + 1)), at }
    return { kind: 'scalar', value: isScalar(node) ? node.value : undefined, at }
  }
  return convert(document.contents, place(0), 0)
}

/** A tree of something that was written in code; parts are named by their path, such as `mailboxes[2].address`. */
export function treeOfValue(value: unknown, at: string, depth = 0): Tree {
  // Deeper than anything a tenant has, or an object that holds itself.
  if (depth > MAX_DEPTH) return { kind: 'scalar', value: undefined, at }
  if (Array.isArray(value)) {
    return {
      kind: 'list',
      items: value.map((item, index) => treeOfValue(item, `${at}[${index}]`, depth + 1)),
      at,
    }
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => {
        const path = at === '' ? key : `${at}.${key}`
        return { key, at: path, value: treeOfValue(item, path, depth + 1) }
      })
    return { kind: 'map', entries, at }
  }
  return { kind: 'scalar', value, at }
}

/** Collects what is wrong; readers answer a harmless value so that the rest is checked as well. */
export class Checker {
  readonly problems: string[]

  constructor(problems: string[]) {
    this.problems = problems
  }

  say(at: string, text: string): void {
    this.problems.push(cut(at === '' ? text : `${at} ${text}`))
  }

  /** The members of a map, after refusing those that do not belong there. */
  fields(tree: Tree, what: string, known: readonly string[]): Map<string, { at: string; value: Tree }> {
    const fields = new Map<string, { at: string; value: Tree }>()
    if (tree.kind !== 'map') {
      this.say(tree.at, `${what} is a map with ${listed(known)}, not ${describe(tree)}.`)
      return fields
    }
    for (const { key, at, value } of tree.entries) {
      if (known.includes(key)) fields.set(key, { at, value })
      else this.say(at, `${what} has no ${JSON.stringify(key)}${suggestion(key, known)}.`)
    }
    return fields
  }

  list(field: { value: Tree } | undefined, what: string): readonly Tree[] {
    if (!field || isEmpty(field.value)) return []
    if (field.value.kind === 'list') return field.value.items
    this.say(field.value.at, `${what} is a list, not ${describe(field.value)}.`)
    return []
  }

  text(field: { value: Tree } | undefined, what: string): string | undefined {
    return field ? this.textOf(field.value, what) : undefined
  }

  textOf(tree: Tree, what: string): string | undefined {
    if (tree.kind === 'scalar' && typeof tree.value === 'string') {
      if (tree.value.trim() !== '') return tree.value
      this.say(tree.at, `${what} is empty.`)
      return undefined
    }
    const quotes =
      tree.kind === 'scalar' && tree.value !== undefined && tree.value !== null ? ' Put it in quotes.' : ''
    this.say(tree.at, `${what} is text, not ${describe(tree)}.${quotes}`)
    return undefined
  }

  flag(field: { value: Tree } | undefined, what: string): boolean {
    if (!field) return false
    if (field.value.kind === 'scalar' && typeof field.value.value === 'boolean') return field.value.value
    this.say(field.value.at, `${what} is true or false, not ${describe(field.value)}.`)
    return false
  }

  oneOf<Value extends string>(
    field: { value: Tree } | undefined,
    values: readonly Value[],
    what: string,
  ): Value | undefined {
    const text = this.text(field, what)
    if (text === undefined) return undefined
    const value = values.find((name) => name.toLowerCase() === text.trim().toLowerCase())
    if (value === undefined && field) {
      this.say(field.value.at, `${what} is one of ${values.join(', ')}, not ${JSON.stringify(text)}.`)
    }
    return value
  }

  address(tree: Tree, what: string): string | undefined {
    const text = this.textOf(tree, what)?.trim()
    if (text === undefined) return undefined
    if (isSmtpAddress(text)) return text
    this.say(tree.at, `${what} ${JSON.stringify(text.slice(0, 120))} is not an e-mail address.`)
    return undefined
  }

  missing(at: string, what: string, field: string): void {
    this.say(at, `${what} has no ${field}.`)
  }
}

export function isEmpty(tree: Tree): boolean {
  return tree.kind === 'scalar' && (tree.value === null || tree.value === undefined)
}

export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

export function describe(tree: Tree): string {
  if (tree.kind === 'map') return 'a map'
  if (tree.kind === 'list') return 'a list'
  if (tree.value === null || tree.value === undefined) return 'nothing'
  if (typeof tree.value === 'string') return `the text ${JSON.stringify(tree.value.slice(0, 60))}`
  return `the ${typeof tree.value} ${String(tree.value).slice(0, 60)}`
}

/** `; the nearest is "…"` for a word that is one or two slips away from a known one. */
export function suggestion(word: string, known: readonly string[]): string {
  let best: string | undefined
  let least = 3
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best === undefined ? '' : `; the nearest is ${JSON.stringify(best)}`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

function cut(line: string): string {
  return line.length <= MAX_PROBLEM_LENGTH ? line : `${line.slice(0, MAX_PROBLEM_LENGTH - 1)}…`
}

/** The error that lists mistakes, one per line, each once: what an alias repeats is wrong in one place. */
export function problemsError(name: string, problems: readonly string[], kind: FileKind): InvalidInputError {
  const different = [...new Set(problems.map(cut))]
  const shown = different.slice(0, MAX_PROBLEMS)
  if (different.length > shown.length) shown.push(`… and ${different.length - shown.length} more in ${name}.`)
  return new InvalidInputError(shown.join('\n'), { hint: kind.hint })
}
