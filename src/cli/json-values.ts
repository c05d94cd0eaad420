import { InvalidInputError } from '../errors.ts'

/** What {@link readJsonValues} finds. */
export type InputEntry =
  /** A member of an array, or a value that stands by itself. */
  | { readonly kind: 'value'; readonly value: unknown }
  /** An array began; it may have no members. */
  | { readonly kind: 'list' }
  /** Of an input that is not JSON. */
  | { readonly kind: 'line'; readonly text: string; readonly number: number }

/** Longest single value; a list can be of any length. */
const MAX_VALUE = 64 * 1024 * 1024

/**
 * Reads JSON arrays member by member, JSON values one after the other (JSON lines), or plain lines; which it is, its
 * first character tells. A list of any length is never held as a whole.
 *
 * @throws InvalidInputError for JSON that breaks off or is none.
 */
export async function* readJsonValues(input: AsyncIterable<unknown>): AsyncGenerator<InputEntry> {
  const decoder = new TextDecoder('utf-8')
  let scanner: ((text: string, last: boolean) => Iterable<InputEntry>) | undefined
  let start = ''
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk as Uint8Array, { stream: true })
    if (scanner) {
      yield* scanner(text, false)
      continue
    }
    start += text
    const first = /\S/.exec(start.replace(/^\ufeff/, ''))?.[0]
    if (first === undefined) continue
    scanner = /["[{]/.test(first) ? jsonScanner() : lineScanner()
    yield* scanner(start.replace(/^\ufeff/, ''), false)
  }
  yield* scanner?.(decoder.decode(), true) ?? []
}

function lineScanner() {
  let rest = ''
  let number = 0
  return function* (text: string, last: boolean): Generator<InputEntry> {
    const lines = (rest + text).split('\n')
    rest = last ? '' : (lines.pop() ?? '')
    for (const line of lines) {
      number++
      if (line.trim() !== '') yield { kind: 'line', text: line.trim(), number }
    }
    if (rest.length > MAX_VALUE) throw tooLong()
  }
}

/** Finds where values begin and end; what is inside them is JSON.parse's business. */
function jsonScanner() {
  let rest = ''
  let at = 0
  let number = 0
  /** Inside the array that holds the values. */
  let inList = false
  /** Where the value that is being read began, or -1 between values. */
  let began = -1
  let depth = 0
  let inText = false
  let escaped = false
  const parse = (source: string): unknown => {
    number++
    try {
      return JSON.parse(source)
    } catch (error) {
      throw new InvalidInputError(`Entry ${number} of standard input is not JSON.`, { cause: error })
    }
  }
  return function* (text: string, last: boolean): Generator<InputEntry> {
    rest += text
    for (; at < rest.length; at++) {
      const character = rest[at] as string
      if (inText) {
        if (escaped) escaped = false
        else if (character === '\\') escaped = true
        else if (character === '"') inText = false
        if (inText || depth > 0) continue
      } else if (character === '"') {
        inText = true
        if (began === -1) began = at
        continue
      } else if (began === -1) {
        if (/[\s,]/.test(character)) continue
        if (character === '[' && !inList) {
          inList = true
          yield { kind: 'list' }
          continue
        }
        if (character === ']' && inList) {
          inList = false
          continue
        }
        if (character !== '{') {
          throw new InvalidInputError(
            `Standard input has ${JSON.stringify(rest.slice(at, at + 20))} where an item should stand.`,
          )
        }
        began = at
        depth = 1
        continue
      } else if (character === '{' || character === '[') {
        depth++
        continue
      } else if (character === '}' || character === ']') {
        depth--
        if (depth > 0) continue
      } else continue
      // The value ends here.
      yield { kind: 'value', value: parse(rest.slice(began, at + 1)) }
      began = -1
    }
    const keep = began === -1 ? at : began
    if (rest.length - keep > MAX_VALUE) throw tooLong()
    rest = rest.slice(keep)
    at -= keep
    if (began !== -1) began = 0
    if (last && (inList || began !== -1)) {
      throw new InvalidInputError('The JSON on standard input breaks off; nothing was done.', {
        hint: 'The command before the pipe failed; see what it says.',
      })
    }
  }
}

function tooLong(): InvalidInputError {
  return new InvalidInputError(`An entry of standard input has more than ${MAX_VALUE / 1024 / 1024} MB.`)
}
