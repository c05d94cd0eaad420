import { InvalidInputError } from '../errors.ts'
import { requireSmtpAddress } from '../model/user-ref.ts'
import { type CsvField, csvRecords } from '../plan/csv-records.ts'
import { type Place, Problems } from '../plan/problem.ts'
import { parseSendResult, type SendResult } from '../proof/classify.ts'
import { nearest } from './nearest.ts'

/** A grant to prove, and how its mail should leave. */
export interface ExpectedSend {
  readonly owner: string
  readonly delegate: string
  /** Undefined: from the owner, in either way. */
  readonly expected: SendResult | undefined
}

const COLUMNS = ['owner', 'delegate', 'expected'] as const
type Column = (typeof COLUMNS)[number]
type Row = Partial<Record<Column, CsvField>>

/**
 * Reads grants to prove: CSV with a row of column names, or JSON with an object per line.
 *
 * @param name stands before the line numbers of the messages.
 * @param otherwise what is expected where a row does not say.
 * @throws InvalidInputError with every mistake, one per line.
 */
export async function readExpectedSends(
  text: string,
  name: string,
  otherwise: SendResult | undefined,
): Promise<ExpectedSend[]> {
  const problems = new Problems()
  const rows = /^\ufeff?\s*[{[]/.test(text) ? jsonRows(text, name, problems) : csvRows(text, name, problems)
  const sends: ExpectedSend[] = []
  const known = new Map<string, Place>()
  for await (const { at, row } of rows) {
    const send = readSend(at, row, otherwise, problems)
    if (!send) continue
    const key = `${send.owner}\n${send.delegate}`.toLowerCase()
    const before = known.get(key)
    if (before) problems.add(at, `${send.delegate} for ${send.owner} stands at ${before} already.`)
    known.set(key, before ?? at)
    sends.push(send)
  }
  if (sends.length === 0 && problems.count === 0) problems.add(`${name}:1:1`, 'There is no grant to prove.')
  problems.throwIfAny()
  return sends
}

/** @throws InvalidInputError when they are the same. */
export function requireDifferent(owner: string, delegate: string): void {
  if (owner.toLowerCase() === delegate.toLowerCase()) {
    throw new InvalidInputError(`${owner} needs no grant to send as themselves.`)
  }
}

function readSend(
  at: Place,
  row: Row,
  otherwise: SendResult | undefined,
  problems: Problems,
): ExpectedSend | undefined {
  const before = problems.count
  const read = <T>(column: Column, parse: (text: string) => T): T | undefined => {
    const field = row[column]
    return field && problems.try(field.at, () => parse(field.text))
  }
  for (const column of ['owner', 'delegate'] as const) {
    if (!row[column]) problems.add(at, `The row names no ${column}.`)
  }
  const owner = read('owner', (text) => requireSmtpAddress(text, 'the owner'))
  const delegate = read('delegate', (text) => requireSmtpAddress(text, 'the delegate'))
  const expected = read('expected', parseSendResult) ?? otherwise
  if (!owner || !delegate || problems.count > before) return undefined
  return problems.try(at, () => {
    requireDifferent(owner, delegate)
    return { owner, delegate, expected }
  })
}

async function* csvRows(text: string, name: string, problems: Problems) {
  let header: readonly (Column | undefined)[] | undefined
  for await (const { at, fields } of csvRecords(chunksOf(text), name, problems)) {
    if (!header) {
      header = readHeader(at, fields, problems)
      if (!header) return
      continue
    }
    const extra = fields.slice(header.length).find((field) => field.text !== '')
    if (extra) problems.add(extra.at, `The row has ${fields.length} fields, the header ${header.length}.`)
    const row: Row = {}
    for (const [index, column] of header.entries()) {
      const field = fields[index]
      if (column && field && field.text !== '') row[column] = field
    }
    yield { at, row }
  }
}

function readHeader(at: Place, fields: readonly CsvField[], problems: Problems) {
  const before = problems.count
  const header = fields.map((field): Column | undefined => {
    // As in files of grants: a name behind a # is not read.
    if (field.text === '' || field.text.startsWith('#')) return undefined
    const column = COLUMNS.find((name) => name === field.text.toLowerCase())
    if (!column) problems.add(field.at, `${noColumn(field.text)} Put # before one that is not to be read.`)
    return column
  })
  for (const [index, column] of header.entries()) {
    if (column && header.indexOf(column) !== index) {
      problems.add((fields[index] as CsvField).at, `The column ${column} is there twice.`)
    }
  }
  for (const column of ['owner', 'delegate'] as const) {
    if (!header.includes(column) && problems.count === before) {
      problems.add(at, `The column ${column} is missing; the first row names the columns.`)
    }
  }
  return problems.count > before ? undefined : header
}

async function* jsonRows(text: string, name: string, problems: Problems) {
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === '') continue
    const at: Place = `${name}:${index + 1}:1`
    const json = parseObject(line)
    if (!json) {
      problems.add(
        at,
        'The line is no JSON object; every line holds one, as in {"owner":"…","delegate":"…"}.',
      )
      continue
    }
    const row: Row = {}
    let sound = true
    for (const [member, value] of Object.entries(json)) {
      const column = COLUMNS.find((each) => each === member)
      if (column && typeof value === 'string') row[column] = { text: value.trim(), at }
      else {
        sound = false
        problems.add(at, column ? `The ${column} is not a text.` : noColumn(member))
      }
    }
    if (sound) yield { at, row }
  }
}

function noColumn(text: string): string {
  const meant = nearest(text, COLUMNS)
  return `${JSON.stringify(text.slice(0, 40))} is not a column.${meant ? ` Did you mean ${meant}?` : ''} The columns are ${COLUMNS.join(', ')}.`
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    const object = typeof value === 'object' && value !== null && !Array.isArray(value)
    return object ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

async function* chunksOf(text: string) {
  yield text
}
