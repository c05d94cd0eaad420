import { InvalidInputError } from '../errors.ts'

/**
 * A moment: a `Date`; an ISO 8601 text with a zone (`2026-11-21T09:00:00+01:00`), which is sent in UTC; or, where
 * the server knows a zone, one without (`2026-11-21T09:00`, `2026-11-21`), which is sent as it is.
 *
 * Exchange reads a time without a zone in the item's own `startTimeZone`/`endTimeZone`, else in the zone the client
 * was made with, else in UTC. All-day events need it: they run from midnight to midnight of a zone, and a UTC
 * midnight elsewhere makes them a day longer.
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-create-all-day-events-by-using-ews-in-exchange
 */
export type DateTimeInput = Date | string

const ISO =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?$/i
const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * The moment as `xs:dateTime`.
 * @param dayTime time of day for a date alone, e.g. `T00:00:00` (in the item's zone) or `T00:00:00Z`.
 * @throws InvalidInputError naming the property.
 */
export function formatDateTime(input: DateTimeInput, what: string, dayTime = 'T00:00:00'): string {
  if (input instanceof Date) {
    if (Number.isNaN(input.getTime())) throw notADate(input, what)
    return utc(input, what)
  }
  const match = ISO.exec(String(input).trim())
  const [, day, minutes, seconds = '00', , zone] = match ?? []
  // A day that the month does not have rolls over in Date.
  if (!day || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) throw notADate(input, what)
  if (minutes === undefined) return `${day}${dayTime}`
  if (zone === undefined) return `${day}T${minutes}:${seconds}`
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  const fraction = match?.[4] === undefined ? '' : `.${match[4].slice(0, 3)}`
  return utc(new Date(`${day}T${minutes}:${seconds}${fraction}${offset}`), what)
}

/** An `xs:date`, of a `Date` in UTC. */
export function formatDay(input: DateTimeInput, what: string): string {
  return formatDateTime(input, what).slice(0, 10)
}

/**
 * Reads `xs:dateTime`. One without a zone is taken as UTC, which is what Exchange sends unless told
 * otherwise.
 * @returns undefined for anything else.
 */
export function parseDateTime(text: string): Date | undefined {
  const zoned = DAY.test(text) || /(?:Z|[+-]\d{2}:\d{2})$/.test(text)
  const time = Date.parse(zoned ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : new Date(time)
}

/** Reads `xs:date` as midnight UTC of that day: its zone, if there is one, does not move the day. */
export function parseDay(text: string): Date | undefined {
  const day = /^(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?$/.exec(text)?.[1]
  return day === undefined ? undefined : parseDateTime(day)
}

/** Whether both are the same kind of moment and the second is before the first. */
export function isBefore(later: string, earlier: string): boolean {
  if (later.endsWith('Z') !== earlier.endsWith('Z')) return false
  return later.endsWith('Z') ? Date.parse(later) < Date.parse(earlier) : later < earlier
}

function utc(date: Date, what: string): string {
  const year = date.getUTCFullYear()
  // xs:dateTime wants four digits, and toISOString writes six for years beyond.
  if (year < 1 || year > 9999) throw notADate(date, what)
  return date.toISOString().replace('.000Z', 'Z')
}

function notADate(input: DateTimeInput, what: string): InvalidInputError {
  const shown = input instanceof Date ? 'that Date' : JSON.stringify(String(input).slice(0, 40))
  return new InvalidInputError(`${what}: ${shown} is not a date.`, {
    hint: 'Give a Date, or ISO 8601 such as 2026-11-21T09:00:00Z or 2026-11-21T09:00:00+01:00.',
  })
}
