import type { Writable } from 'node:stream'
import type { Context } from './context.ts'
import { formatCsvRow } from './csv.ts'
import { printable, printableJson } from './printable.ts'
import { type Cell, isTooWide, tableWriter } from './table.ts'

/** A list in the three forms it can be asked for, entry by entry. */
export interface ListLayout<Entry> {
  readonly text: {
    readonly columns: readonly string[]
    readonly row: (entry: Entry) => readonly Cell[]
    /** Said on stderr in place of a table when there is nothing. */
    readonly empty: string
    /** What stands in the last column is for copying, and is left out where the terminal is too narrow for it. */
    readonly lastIfItFits?: string
    /** Plain lines in place of a table. */
    readonly line?: (entry: Entry) => string
  }
  readonly json: (entry: Entry) => unknown
  readonly csv: { readonly columns: readonly string[]; readonly row: (entry: Entry) => readonly Cell[] }
}

/** Rows that are looked at before a table is laid out, and printed at once. */
const CHUNK = 100

/**
 * Prints a list while it is fetched, so that one of any length takes little memory and whoever reads it can stop
 * early. As JSON it is one array, an entry a line. A list that fails in its middle is left open there: what is not
 * whole must not look whole to the next program of a pipe.
 *
 * @returns how many entries there were.
 */
export async function printList<Entry>(
  context: Context,
  entries: AsyncIterable<Entry>,
  layout: ListLayout<Entry>,
): Promise<number> {
  const { stdout, signal, underway } = context.io
  // Whoever has seen enough of it (`| head`) does not wait for the rest.
  if (underway) underway.expendable = true
  const write = (text: string) => writeOut(stdout, text, signal)
  switch (context.format) {
    case 'json':
      return printJson(entries, layout, write)
    case 'csv':
      return printCsv(entries, layout, write)
    case 'text':
      return printText(context, entries, layout, write)
  }
}

/** The ids of the entries and nothing else, for `--ids`. */
export function idsOnly<Entry>(layout: ListLayout<Entry>, idOf: (entry: Entry) => string): ListLayout<Entry> {
  return {
    text: { ...layout.text, line: idOf },
    json: idOf,
    csv: { columns: ['id'], row: (entry) => [idOf(entry)] },
  }
}

type Write = (text: string) => Promise<void>

async function printJson<Entry>(entries: AsyncIterable<Entry>, layout: ListLayout<Entry>, write: Write) {
  let count = 0
  for await (const entry of entries) {
    await write(`${count === 0 ? '[' : ','}\n  ${printableJson(layout.json(entry))}`)
    count++
  }
  await write(count === 0 ? '[]\n' : '\n]\n')
  return count
}

async function printCsv<Entry>(entries: AsyncIterable<Entry>, { csv }: ListLayout<Entry>, write: Write) {
  let count = 0
  for await (const entry of entries) {
    if (count === 0) await write(formatCsvRow(csv.columns))
    await write(formatCsvRow(csv.row(entry)))
    count++
  }
  if (count === 0) await write(formatCsvRow(csv.columns))
  return count
}

async function printText<Entry>(
  context: Context,
  entries: AsyncIterable<Entry>,
  { text }: ListLayout<Entry>,
  write: Write,
) {
  const { terminal } = context
  let count = 0
  if (text.line) {
    for await (const entry of entries) {
      await write(`${printable(text.line(entry))}\n`)
      count++
    }
    return count
  }
  let table: ((rows: readonly (readonly Cell[])[]) => string) | undefined
  let left: string | undefined
  let rows: (readonly Cell[])[] = []
  const flush = async () => {
    if (rows.length === 0) return
    if (!table) {
      const narrow = text.lastIfItFits !== undefined && isTooWide(text.columns, rows, terminal)
      if (narrow) left = text.lastIfItFits
      table = tableWriter(narrow ? text.columns.slice(0, -1) : text.columns, terminal)
    }
    await write(table(rows))
    rows = []
  }
  try {
    for await (const entry of entries) {
      rows.push(text.row(entry))
      count++
      if (rows.length === CHUNK) await flush()
    }
  } finally {
    // What was fetched before a failure is shown; the failure is told after it.
    await flush()
  }
  if (count === 0) context.talk(text.empty)
  if (left !== undefined) context.talk(left)
  return count
}

/** Writes, and waits while the reader is slower: what is not read yet stays unfetched. */
async function writeOut(stream: Writable, text: string, signal: AbortSignal): Promise<void> {
  if (stream.write(text) || signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    stream.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
