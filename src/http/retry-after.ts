/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date.
 *
 * @param now milliseconds since 1970, against which a date is measured.
 * @returns milliseconds to wait, never negative; undefined when there is no header or it cannot be read.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  // Decimals are not in the standard, but servers send them.
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) return Math.ceil(Number(text) * 1000)
  // Date.parse alone would also take "-5" for a date.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}
