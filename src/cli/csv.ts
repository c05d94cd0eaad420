import { printable } from './printable.ts'
import type { Cell } from './table.ts'

/**
 * RFC 4180 with CRLF. Cells that a spreadsheet would take for a formula get a leading apostrophe: a display name such
 * as `=HYPERLINK(…)` is somebody else's text, and opening a report must not run it.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function formatCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map(formatCsvRow).join('')
}

/** One row of it, for lists that are printed while they are fetched. */
export function formatCsvRow(row: readonly Cell[]): string {
  return `${row.map(formatCell).join(',')}\r\n`
}

function formatCell(value: Cell): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  // The guard looks at the text as it came: a tab or a carriage return in front is one of the ways in.
  const text = `${/^[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/u.test(value) ? "'" : ''}${printable(value)}`
  return /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
