import type { Beginning } from './located-json.ts'
import type { Problems } from './problem.ts'

/** A part of a JSON file that is parsed by itself. */
export interface JsonPiece extends Beginning {
  /**
   * `item`: an entry of `mailboxes`. `head`: what stands beside them, for the entries before it. `document`: the same
   * for those behind it.
   */
  readonly kind: 'head' | 'document' | 'item'
  readonly text: string
}

/** Of one piece, in characters; a tree takes many times its text. */
const LARGEST_PIECE = 16_000_000
/** So far a column behind the list is told as it is. */
const MOST_PADDING = 10_000

/**
 * Cuts a JSON file where the entries of its `mailboxes` begin and end, so that memory does not grow with their number.
 * What is inside of a piece is for its parser to judge.
 */
export async function* jsonPieces(
  chunks: AsyncIterable<string>,
  name: string,
  problems: Problems,
): AsyncGenerator<JsonPiece, void, undefined> {
  const cutter = new Cutter(name, problems)
  let isFirst = true
  for await (const chunk of chunks) {
    cutter.feed(isFirst ? chunk.replace(/^\uFEFF/, '') : chunk)
    isFirst = false
    yield* cutter.take()
    if (cutter.gaveUp) return
  }
  cutter.end()
  yield* cutter.take()
}

class Cutter {
  gaveUp = false
  readonly #name: string
  readonly #problems: Problems
  readonly #ready: JsonPiece[] = []
  /** Brackets that are open; the entries of `mailboxes` stand at 2. */
  #depth = 0
  #inText = false
  #escaped = false
  #inList = false
  #line = 1
  #column = 1

  /** The last text at depth 1, and whether a colon came behind it: the field whose value comes next. */
  #field = ''
  #isValue = false

  #head: string[] = []
  #headLength = 0
  /** Where the list begins. */
  #listBegin: Beginning = { line: 1, column: 1 }

  #item: string[] = []
  #itemLength = 0
  #itemBegin: Beginning | undefined
  /** Of the entry that is open: a list or fields, a text, or a word. */
  #itemKind: 'brackets' | 'text' | 'word' = 'word'
  #last: 'nothing' | 'item' | 'comma' = 'nothing'

  constructor(name: string, problems: Problems) {
    this.#name = name
    this.#problems = problems
  }

  *take(): Generator<JsonPiece> {
    yield* this.#ready.splice(0)
  }

  feed(chunk: string): void {
    // What belongs to the piece that is open.
    let from = 0
    const keep = (to: number) => {
      const text = chunk.slice(from, to)
      from = to
      if (this.#itemBegin) {
        this.#item.push(text)
        this.#itemLength += text.length
      } else if (!this.#inList) {
        this.#head.push(text)
        this.#headLength += text.length
      }
    }
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at)
      if (this.#inText) this.#readText(code, chunk[at] as string)
      else if (this.#inList && this.#depth === 2) {
        if (this.#itemBegin && (isSpace(code) || code === COMMA || isClosing(code))) {
          keep(at)
          this.#endItem()
        }
        if (!this.#itemBegin) {
          // What stands between the entries is no part of anything.
          from = at
          if (!isSpace(code)) this.#betweenItems(code)
        }
      } else if (this.#readMark(code)) {
        keep(at + 1)
        this.#beginList()
      }
      if (this.#itemBegin && this.#depth === 2 && !this.#inText && this.#itemKind !== 'word') {
        keep(at + 1)
        this.#endItem()
      }
      if (code === NEW_LINE) {
        this.#line++
        this.#column = 1
      } else this.#column++
    }
    keep(chunk.length)
    if (Math.max(this.#itemLength, this.#headLength) <= LARGEST_PIECE) return
    const what = this.#itemBegin ? 'This mailbox' : 'What stands beside the mailboxes'
    this.#add(
      this.#itemBegin ?? { line: 1, column: 1 },
      `${what} is longer than ${LARGEST_PIECE / 1_000_000} million characters, and is not read.`,
    )
    this.gaveUp = true
  }

  end(): void {
    if (this.#inList) {
      const what = this.#itemBegin ? 'This mailbox' : 'The list of mailboxes'
      const last = this.#itemBegin ?? { line: this.#line, column: this.#column }
      this.#add(last, `${what} has no end; the file may be cut off.`)
      return
    }
    this.#ready.push({ kind: 'head', text: this.#head.join(''), line: 1, column: 1 })
  }

  #readText(code: number, character: string): void {
    if (this.#escaped) this.#escaped = false
    else if (code === BACKSLASH) this.#escaped = true
    // A text ends with its line, so that one that is not closed does not take everything behind it along.
    else if (code === QUOTE || code === NEW_LINE) this.#inText = false
    else if (this.#depth === 1 && !this.#isValue && this.#field.length < 20) this.#field += character
  }

  /** @returns whether the list of mailboxes begins. */
  #readMark(code: number): boolean {
    const isTop = this.#depth === 1
    if (code === QUOTE) {
      this.#inText = true
      if (isTop && !this.#isValue) this.#field = ''
    } else if (code === COLON && isTop) this.#isValue = true
    else if (code === COMMA && isTop) this.#isValue = false
    else if (code === OPEN_LIST || code === OPEN_MAP) this.#depth++
    else if (isClosing(code)) this.#depth--
    return code === OPEN_LIST && isTop && this.#isValue && this.#field === 'mailboxes'
  }

  #beginList(): void {
    this.#inList = true
    this.#last = 'nothing'
    this.#listBegin = { line: this.#line, column: this.#column + 1 }
  }

  /** A character in the list that is neither space nor inside an entry. */
  #betweenItems(code: number): void {
    const here: Beginning = { line: this.#line, column: this.#column }
    if (isClosing(code)) {
      if (this.#last === 'comma') this.#add(here, 'Before this another mailbox should stand, or no comma.')
      this.#inList = false
      this.#depth--
      // As if the entries had not been there, so that what follows stands where it stands.
      const lines = here.line - this.#listBegin.line
      const columns = here.column - (lines === 0 ? this.#listBegin.column : 1)
      this.#head.push('\n'.repeat(lines), ' '.repeat(Math.min(columns, MOST_PADDING)))
    } else if (code === COMMA) {
      if (this.#last !== 'item') this.#add(here, 'Before this comma a mailbox should stand.')
      this.#last = 'comma'
    } else {
      if (this.#last === 'item') this.#add(here, 'Before this mailbox a comma should stand.')
      this.#last = 'item'
      this.#itemBegin = here
      this.#itemKind = code === OPEN_MAP || code === OPEN_LIST ? 'brackets' : code === QUOTE ? 'text' : 'word'
      if (this.#itemKind === 'brackets') this.#depth++
      if (this.#itemKind === 'text') this.#inText = true
    }
  }

  #endItem(): void {
    const begin = this.#itemBegin as Beginning
    this.#ready.push({ kind: 'item', text: this.#item.join(''), ...begin })
    this.#item = []
    this.#itemLength = 0
    this.#itemBegin = undefined
  }

  #add({ line, column }: Beginning, message: string): void {
    this.#problems.add(`${this.#name}:${line}:${column}`, message)
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === NEW_LINE || code === 13 || code === 9
}

function isClosing(code: number): boolean {
  return code === CLOSE_LIST || code === CLOSE_MAP
}

const NEW_LINE = 10
const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_MAP = 123
const CLOSE_MAP = 125

/** A first line without a mailbox is the head; every other line is one. */
export async function* jsonLines(chunks: AsyncIterable<string>): AsyncGenerator<JsonPiece, void, undefined> {
  let rest = ''
  let line = 0
  const pieceOf = (text: string): JsonPiece[] => {
    line++
    const plain = line === 1 ? text.replace(/^\uFEFF/, '') : text
    if (plain.trim() === '') return []
    return [{ kind: /"mailbox"\s*:/.test(plain) ? 'item' : 'document', text: plain, line, column: 1 }]
  }
  for await (const chunk of chunks) {
    // Only what is new is searched, so that a line of many chunks is not searched as often.
    const lines = chunk.split('\n')
    lines[0] = rest + lines[0]
    rest = lines.pop() ?? ''
    for (const text of lines) yield* pieceOf(text)
  }
  yield* pieceOf(rest)
}
