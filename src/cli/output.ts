import { InvalidInputError } from '../errors.ts'
import { formatCsv } from './csv.ts'
import type { Io } from './io.ts'
import { nearest } from './nearest.ts'
import { printableJson } from './printable.ts'
import type { Cell, Terminal } from './table.ts'

export const OUTPUT_FORMATS = ['text', 'json', 'csv'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/** A result in the three forms it can be asked for. */
export interface Report {
  /** For people. Ends with a line feed; texts of others have gone through `printable`. */
  readonly text: (terminal: Terminal) => string
  /** For programs: stable, and documented in docs/json-output.md. */
  readonly json: unknown
  /** For spreadsheets: always the same columns. */
  readonly csv: { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
}

export function formatReport(report: Report, format: OutputFormat, terminal: Terminal): string {
  switch (format) {
    case 'text':
      return report.text(terminal)
    case 'json':
      return `${printableJson(report.json, 2)}\n`
    case 'csv':
      return formatCsv(report.csv.columns, report.csv.rows)
  }
}

/** @throws InvalidInputError */
export function parseOutputFormat(text: string | undefined): OutputFormat {
  if (text === undefined) return 'text'
  const format = OUTPUT_FORMATS.find((name) => name === text.toLowerCase())
  if (format) return format
  const meant = nearest(text, OUTPUT_FORMATS)
  throw new InvalidInputError(`There is no output format ${JSON.stringify(text.slice(0, 40))}.`, {
    hint: `${meant ? `Did you mean ${meant}? ` : ''}The formats are ${OUTPUT_FORMATS.join(', ')}.`,
  })
}

/** Colour and width belong to a terminal alone, and `NO_COLOR` (no-color.org) takes the colour away there too. */
export function terminalOf(io: Io): Terminal {
  const terminal = io.stdout.isTTY === true
  return {
    color: terminal && !io.env.NO_COLOR && io.env.TERM !== 'dumb',
    width: terminal ? (io.stdout.columns ?? 80) : undefined,
  }
}
