import type { Place, Problems } from './problem.ts'

/** One field with the place of its first character. */
export interface CsvField {
  readonly text: string
  readonly at: Place
}

/** One row: its fields, and the place where it begins. */
export interface CsvRecord {
  readonly at: Place
  readonly fields: readonly CsvField[]
  /** Where quotes go over line ends: whole lines that stand in the row behind its first. */
  readonly inside?: readonly InsideLine[]
}

export interface InsideLine {
  /** From 1. */
  readonly number: number
  /** The line as if it were a row, quotes and all. */
  readonly fields: readonly string[]
  /** Where the quoted field begins that goes over it. */
  readonly openedAt: Place
}

// A quoted field is read ahead this far; what is longer is taken for a quote that nobody closed.
const LONGEST_FIELD = 64 * 1024
const LONGEST_LINE = 1024 * 1024
// Each makes the reader go back to the row behind it, which costs up to LONGEST_FIELD.
const MOST_OPEN_QUOTES = 1000
const DELIMITERS = [',', ';', '\t', '|'] as const
const OPEN_QUOTE =
  'A quote that begins here is never closed; remove it, or double it and put the whole field in quotes.'

/**
 * Reads CSV as RFC 4180 and as spreadsheets write it: a delimiter found in the first row (or said by Excel's `sep=`
 * line), quotes doubled inside quotes, line breaks inside quotes, a byte order mark. A quote counts where a field
 * begins, and is a character like others elsewhere. Blank rows are left out.
 *
 * Written here rather than taken from a package because every field needs its line and column, and because reading
 * goes on after a mistake, so that all of them are told at once: a quote that is never closed costs its own row only.
 */
export async function* csvRecords(
  chunks: AsyncIterable<string>,
  file: string,
  problems: Problems,
): AsyncGenerator<CsvRecord, void, undefined> {
  const lines = new Lines(physicalLines(chunks, file, problems))
  const first = await lines.next()
  if (first === undefined) return
  const sep = /^sep=(.)$/i.exec(first)
  if (!sep) lines.putBack([first])
  const delimiter = sep?.[1] ?? (await guessDelimiter(lines))
  let openQuotes = 0
  for (;;) {
    const line = await lines.next()
    if (line === undefined) return
    if (line.trim() === '') continue
    const row = new Row(file, delimiter, problems)
    const at: Place = `${file}:${lines.number}:1`
    let state = row.read(line, lines.number)
    const inside: InsideLine[] = []
    while (state === 'open') {
      const { openedAt } = row
      const more = await lines.next()
      if (more !== undefined) inside.push({ number: lines.number, fields: more.split(delimiter), openedAt })
      state = more === undefined ? 'broken' : row.read(more, lines.number)
    }
    if (state === 'broken') {
      problems.add(row.openedAt, OPEN_QUOTE)
      if (++openQuotes > MOST_OPEN_QUOTES) {
        problems.add(row.openedAt, 'There are too many such quotes; the rest of the table was not read.')
        return
      }
      lines.putBack(row.linesInQuotes)
    } else if (row.fields.some((field) => field.text !== ''))
      yield { at, fields: row.fields, ...(inside.length > 0 ? { inside } : {}) }
  }
}

/** Lines that can be put back and read again. */
class Lines {
  /** Of the line that {@link next} gave last, from 1. */
  number = 0
  readonly #source: AsyncIterator<string>
  #ahead: string[] = []
  #taken = 0

  constructor(source: AsyncIterable<string>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async next(): Promise<string | undefined> {
    let line = this.#ahead[this.#taken]
    if (line === undefined) {
      const read = await this.#source.next()
      if (read.done) return undefined
      line = read.value
    } else this.#taken++
    this.number++
    return line
  }

  /** The lines that were given last, in their order. */
  putBack(lines: readonly string[]): void {
    this.#ahead = [...lines, ...this.#ahead.slice(this.#taken)]
    this.#taken = 0
    this.number -= lines.length
  }
}

/** One row, read line by line while a quote is open. */
class Row {
  readonly fields: CsvField[] = []
  /** Where the quoted field begins that was read last. */
  openedAt: Place = ''
  /** What was read behind the line on which that field begins. */
  linesInQuotes: string[] = []
  readonly #file: string
  readonly #delimiter: string
  readonly #problems: Problems
  #quoted: string | undefined

  constructor(file: string, delimiter: string, problems: Problems) {
    this.#file = file
    this.#delimiter = delimiter
    this.#problems = problems
  }

  /** `open`: the next line belongs to the row too. `broken`: the quote at {@link openedAt} was not meant as one. */
  read(line: string, number: number): 'whole' | 'open' | 'broken' {
    const place = (at: number): Place => `${this.#file}:${number}:${at + 1}`
    let at = 0
    if (this.#quoted !== undefined) this.linesInQuotes.push(line)
    for (;;) {
      if (this.#quoted === undefined) {
        while (line[at] === ' ') at++
        if (line[at] !== '"') {
          const end = this.#endOf(line, at)
          this.fields.push({ text: line.slice(at, end).trim(), at: place(at) })
          if (end === line.length) return 'whole'
          at = end + 1
          continue
        }
        this.openedAt = place(at)
        this.linesInQuotes = []
        this.#quoted = ''
        at++
      }
      let close = line.indexOf('"', at)
      while (close !== -1 && line[close + 1] === '"') {
        this.#quoted += line.slice(at, close + 1)
        at = close + 2
        close = line.indexOf('"', at)
      }
      if (close === -1) {
        this.#quoted += `${line.slice(at)}\n`
        return this.#quoted.length > LONGEST_FIELD ? 'broken' : 'open'
      }
      const text = this.#quoted + line.slice(at, close)
      const end = this.#endOf(line, close + 1)
      if (line.slice(close + 1, end).trim() !== '') {
        // On a later line this is rather the opening quote of a row that the stray one has swallowed.
        if (this.linesInQuotes.length > 0) return 'broken'
        this.#problems.add(
          place(close + 1),
          'There is text behind a closing quote; double the quotes that are part of the text.',
        )
      }
      this.#quoted = undefined
      this.fields.push({ text: text.trim(), at: this.openedAt })
      if (end === line.length) return 'whole'
      at = end + 1
    }
  }

  #endOf(line: string, at: number): number {
    const end = line.indexOf(this.#delimiter, at)
    return end === -1 ? line.length : end
  }
}

async function* physicalLines(
  chunks: AsyncIterable<string>,
  file: string,
  problems: Problems,
): AsyncGenerator<string, void, undefined> {
  let rest = ''
  let begun = false
  let number = 1
  for await (const chunk of chunks) {
    rest += begun ? chunk : chunk.replace(/^\uFEFF/, '')
    begun = true
    // A carriage return at the end may be the first half of a line end.
    const held = rest.endsWith('\r') ? '\r' : ''
    const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + held
    number += lines.length
    yield* lines
    if (rest.length > LONGEST_LINE) {
      problems.add(`${file}:${number}:1`, 'This line is longer than a megabyte; that is no row of a table.')
      return
    }
  }
  if (rest !== '') yield rest.replace(/\r$/, '')
}

/** Of the first row, which may go over a few lines. */
async function guessDelimiter(lines: Lines): Promise<string> {
  const read: string[] = []
  let row = ''
  while (read.length < 100) {
    const line = await lines.next()
    if (line === undefined) break
    read.push(line)
    row += `${line}\n`
    if (row.trim() !== '' && row.split('"').length % 2 === 1) break
  }
  lines.putBack(read)
  const bare = row.replaceAll(/"(?:[^"]|"")*"/g, '')
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length - 1)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}
