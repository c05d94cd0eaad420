import { instantOf } from '../store/time-zones.ts'

/** An `xs:dateTime` that the schema has accepted; without a zone of its own it is in the given one. */
export function readDateTime(text: string, zone: string | undefined): Date {
  const [, local = '', fraction = '', offset] =
    /^(-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text.trim()) ?? []
  if (offset !== undefined) return new Date(`${local}${fraction.slice(0, 4)}${offset}`)
  const instant = instantOf(local, zone ?? 'UTC')
  return fraction === '' ? instant : new Date(instant.getTime() + Math.floor(Number(`0${fraction}`) * 1000))
}

/** Always in UTC, which every client understands whatever TimeZoneContext it sent. */
export function writeDateTime(date: Date): string {
  // A schema's year has four digits; a time zone may have carried the last day of them over.
  const year = date.getUTCFullYear()
  if (year > 9999) return '9999-12-31T23:59:59Z'
  if (!(year >= 1000)) return `${date.toISOString().slice(0, 19)}Z`
  // A page of items has hundreds of times, and toISOString takes three times as long.
  const day = `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
  return `${day}T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}Z`
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}
