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
  const heading = columns.map((column) => column.toUpperCase())
  const lines = rows.map((row) => columns.map((_, index) => cellText(row[index])))
  const widths = columns.map((_, index) =>
    Math.max(...[heading, ...lines].map((line) => displayWidth(line[index] ?? ''))),
  )
  const total = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1))
  if (terminal.width !== undefined && total > terminal.width) return formatBlocks(columns, lines)
  const format = (line: readonly string[]) =>
    line
      .map((text, index) => pad(text, widths[index] ?? 0))
      .join(GAP)
      .trimEnd()
  return `${[bold(format(heading), terminal), ...lines.map(format)].join('\n')}\n`
}

/** One thing with its properties, a line each; what is undefined is left out. */
export function formatProperties(properties: readonly (readonly [string, Cell])[]): string {
  const known = properties.filter(([, value]) => value !== undefined)
  const width = Math.max(...known.map(([name]) => displayWidth(name)))
  return known.map(([name, value]) => `${pad(name, width)}${GAP}${cellText(value)}\n`).join('')
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
