import { formatDateTime } from '../model/date-time.ts'

/**
 * Reads a moment that a person typed: in the zone that it names, otherwise in that of this machine. A day alone is
 * its midnight.
 * @param flag names it in the error.
 * @throws InvalidInputError
 */
export function readMoment(text: string, flag: string): Date {
  // Without a zone at its end, Date reads a date with a time as local.
  return new Date(formatDateTime(text, flag))
}

/** A wall-clock time without a zone, `2026-11-21T09:00:00`, or undefined where the text names one. */
export function wallClock(text: string, flag: string): string | undefined {
  const iso = formatDateTime(text, flag)
  return iso.endsWith('Z') ? undefined : iso
}

/** A day alone, `2026-11-21`. */
export function isDay(text: string): boolean {
  return /^\s*\d{4}-\d{2}-\d{2}\s*$/.test(text)
}

/** For people: `2026-11-21 09:00`, in the zone of this machine. */
export function formatMoment(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${localDay(date)} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/**
 * The day of a date that stands for a whole one: midnight of this machine's zone, or of UTC, where Exchange keeps
 * days of tasks.
 */
export function formatDay(date: Date): string {
  const isLocal = date.getHours() === 0 && date.getMinutes() === 0
  return isLocal ? localDay(date) : date.toISOString().slice(0, 10)
}

/** `2026-11-21T09:00:00Z`, for programs. */
export function isoMoment(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}

function localDay(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
