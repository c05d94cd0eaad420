import { printable } from './printable.ts'
import type { Cell } from './table.ts'

/**
 * RFC 4180 with CRLF. What a spreadsheet would take for a formula gets an apostrophe in front: a display name such as
 * `=HYPERLINK(…)` is somebody else's text, and opening a report must not run it.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function formatCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map(formatCsvRow).join('')
}

/** One row of it, for lists that are printed while they are fetched. */
export function formatCsvRow(row: readonly Cell[]): string {
  return `${row.map(formatCell).join(',')}\r\n`
}

/**
 * What computes at the beginning of a cell, and where one may begin. Where the comma parts decimals, spreadsheets part
 * cells at semicolons, and a quote in the middle of such a cell keeps nothing together. Tabs and line feeds stand as
 * `\u{9}` by now. Apostrophes that are there already count, so that taking one away gives the text back.
 */
const FORMULA =
  /(^|;|\\u\{[9ad]\})('*(?:[\s"\u200b-\u200d\u2060\ufeff]|\\u\{[0-9a-f]+\})*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu

function formatCell(value: Cell): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const text = printable(value).replace(FORMULA, "$1'$2")
  return /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
