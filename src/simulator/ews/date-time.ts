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
  return `${date.toISOString().slice(0, 19)}Z`
}
