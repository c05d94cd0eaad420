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
}

const LONGEST_FIELD = 64 * 1024
const DELIMITERS = [',', ';', '\t', '|'] as const

/**
 * Reads CSV as RFC 4180 and as spreadsheets write it: a delimiter found in the first row (or said by Excel's `sep=`
 * line), quotes doubled inside quotes, line breaks inside quotes, a byte order mark. Blank rows are left out.
 *
 * Written here rather than taken from a package because every field needs its line and column, and because reading
 * goes on after a mistake, so that all of them are told at once.
 */
export async function* csvRecords(
  chunks: AsyncIterable<string>,
  file: string,
  problems: Problems,
): AsyncGenerator<CsvRecord, void, undefined> {
  let delimiter: string | undefined
  let line = 1
  for await (const { text, lines } of logicalLines(chunks, file, problems)) {
    const first = line
    line += lines
    const sep = first === 1 ? /^sep=(.)$/i.exec(text) : null
    if (sep) {
      delimiter = sep[1]
      continue
    }
    if (text.trim() === '') continue
    delimiter ??= guessDelimiter(text)
    const record = splitRecord(text, delimiter, file, first, problems)
    if (record.fields.some((field) => field.text.trim() !== '')) yield record
  }
}

/** Lines, put together while a quote is open. */
async function* logicalLines(chunks: AsyncIterable<string>, file: string, problems: Problems) {
  let pending = ''
  let lines = 0
  let number = 0
  let openedAt = 0
  for await (const line of physicalLines(chunks)) {
    number++
    if (lines === 0) openedAt = number
    pending = lines === 0 ? line : `${pending}\n${line}`
    lines++
    if (!hasOpenQuote(pending)) {
      yield { text: pending, lines }
      lines = 0
    } else if (pending.length > LONGEST_FIELD) {
      problems.add(`${file}:${openedAt}:1`, 'A quote that begins in this row is never closed.')
      return
    }
  }
  if (lines > 0) problems.add(`${file}:${openedAt}:1`, 'A quote that begins in this row is never closed.')
}

async function* physicalLines(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = ''
  let begun = false
  for await (const chunk of chunks) {
    rest += begun ? chunk : chunk.replace(/^\uFEFF/, '')
    begun = true
    // A carriage return at the end may be the first half of a line end.
    const held = rest.endsWith('\r') ? '\r' : ''
    const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + held
    yield* lines
  }
  if (rest !== '') yield rest.replace(/\r$/, '')
}

function hasOpenQuote(text: string): boolean {
  let open = false
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) open = !open
  return open
}

function guessDelimiter(header: string): string {
  const bare = header.replaceAll(/"(?:[^"]|"")*"/g, '')
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length - 1)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

function splitRecord(
  text: string,
  delimiter: string,
  file: string,
  firstLine: number,
  problems: Problems,
): CsvRecord {
  const fields: CsvField[] = []
  let line = firstLine
  let lineStart = 0
  let at = 0
  const place = (): Place => `${file}:${line}:${at - lineStart + 1}`
  for (;;) {
    while (text[at] === ' ') at++
    const begin = place()
    let value = ''
    if (text[at] === '"') {
      at++
      for (;;) {
        const close = text.indexOf('"', at)
        value += text.slice(at, close)
        at = close + 1
        if (text[at] !== '"') break
        value += '"'
        at++
      }
      for (
        let index = text.indexOf('\n', lineStart);
        index !== -1 && index < at;
        index = text.indexOf('\n', index + 1)
      ) {
        line++
        lineStart = index + 1
      }
      const end = text.indexOf(delimiter, at)
      const rest = text.slice(at, end === -1 ? undefined : end)
      if (rest.trim() !== '')
        problems.add(
          place(),
          'There is text behind a closing quote; double the quotes that are part of the text.',
        )
      at = end === -1 ? text.length : end
    } else {
      const end = text.indexOf(delimiter, at)
      value = text.slice(at, end === -1 ? undefined : end)
      at = end === -1 ? text.length : end
    }
    fields.push({ text: value.trim(), at: begin })
    if (at >= text.length) return { at: `${file}:${firstLine}:1`, fields }
    at++
  }
}
