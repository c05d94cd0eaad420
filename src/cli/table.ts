import { displayWidth } from './display-width.ts'
import { printable } from './printable.ts'

export type Cell = string | number | boolean | undefined

/** How a terminal is to be written to; both are off when the output goes to a file or a pipe. */
export interface Terminal {
  readonly color: boolean
  /** Columns, or undefined when there is no end to the line. */
  readonly width: number | undefined
}

const GAP = '  '

/** A table with a heading; as blocks of `heading: value` where the terminal is too narrow for it. */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  terminal: Terminal,
): string {
  return tableWriter(columns, terminal)(rows)
}

/**
 * The same for a table that is printed while its rows are fetched: the first rows decide how wide the columns are, and
 * whether it is a table.
 */
export function tableWriter(
  columns: readonly string[],
  terminal: Terminal,
): (rows: readonly (readonly Cell[])[]) => string {
  let layout: 'blocks' | readonly number[] | undefined
  return (rows) => {
    const lines = rows.map((row) => columns.map((_, index) => cellText(row[index])))
    const isFirst = layout === undefined
    layout ??= isTooWide(columns, rows, terminal) ? 'blocks' : widthsOf(columns, lines)
    if (layout === 'blocks') return `${isFirst ? '' : '\n'}${formatBlocks(columns, lines)}`
    const widths = layout
    const format = (line: readonly string[]) =>
      line
        .map((text, index) => pad(text, widths[index] ?? 0))
        .join(GAP)
        .trimEnd()
    const heading = isFirst ? [bold(format(headingOf(columns)), terminal)] : []
    return `${[...heading, ...lines.map(format)].join('\n')}\n`
  }
}

/** Whether the terminal is too narrow for these columns side by side. */
export function isTooWide(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  terminal: Terminal,
): boolean {
  if (terminal.width === undefined) return false
  const widths = widthsOf(
    columns,
    rows.map((row) => columns.map((_, index) => cellText(row[index]))),
  )
  return widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) > terminal.width
}

/** One thing with its properties, a line each; what is undefined is left out. */
export function formatProperties(properties: readonly (readonly [string, Cell])[]): string {
  const known = properties.filter(([, value]) => value !== undefined)
  const width = Math.max(...known.map(([name]) => displayWidth(name)))
  return known.map(([name, value]) => `${pad(name, width)}${GAP}${cellText(value)}\n`).join('')
}

function headingOf(columns: readonly string[]): string[] {
  return columns.map((column) => column.toUpperCase())
}

function widthsOf(columns: readonly string[], lines: readonly (readonly string[])[]): number[] {
  const heading = headingOf(columns)
  return columns.map((_, index) =>
    Math.max(...[heading, ...lines].map((line) => displayWidth(line[index] ?? ''))),
  )
}

function formatBlocks(columns: readonly string[], lines: readonly (readonly string[])[]): string {
  return lines
    .map((line) => formatProperties(columns.map((column, index) => [column, line[index]] as const)))
    .join('\n')
}

function cellText(value: Cell): string {
  if (value === undefined) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return printable(String(value))
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

export function bold(text: string, terminal: Terminal): string {
  return terminal.color ? `\u001b[1m${text}\u001b[22m` : text
}
