import { childText, type Element, findChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { WEEK_DAYS, type WeekDay } from '../store/recurrence.ts'
import { readDateTime, writeDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'
import type { EwsContext } from './operation.ts'

/** How a GetUserAvailability request writes times, and wants them. */
export interface RequestZone {
  read(text: string): Date
  write(date: Date): string
}

const MINUTE = 60_000

/**
 * The `t:TimeZone` of an availability request: rules of its own instead of a name (MS-OXWAVLS). Times without a zone
 * are in it, in the answer as well; without one they are in the zone of the TimeZoneContext header.
 * @throws EwsRefusal
 */
export function readZone(context: EwsContext, zone: Element | undefined): RequestZone {
  if (!zone) {
    if (context.zone === undefined) throw new EwsRefusal('ErrorTimeZone', 'The request names no time zone.')
    return { read: (text) => readDateTime(text, context.zone), write: writeDateTime }
  }
  const bias = Number(childText(zone, 'Bias', NAMESPACES.types))
  const standard = readChange(zone, 'StandardTime')
  const daylight = readChange(zone, 'DaylightTime')
  /** Minutes that are added to the local time to get UTC. */
  const biasAt = (localMilliseconds: number): number => {
    if (!standard || !daylight) return bias + (standard?.bias ?? 0)
    const year = new Date(localMilliseconds).getUTCFullYear()
    const [on, off] = [daylight.at(year), standard.at(year)]
    const inDaylight =
      on < off
        ? localMilliseconds >= on && localMilliseconds < off
        : localMilliseconds >= on || localMilliseconds < off
    return bias + (inDaylight ? daylight.bias : standard.bias)
  }
  return {
    read(text) {
      if (/(?:Z|[+-]\d\d:\d\d)$/.test(text)) return readDateTime(text, undefined)
      const local = readDateTime(text, 'UTC').getTime()
      return new Date(local + biasAt(local) * MINUTE)
    },
    write(date) {
      const local = date.getTime() - biasAt(date.getTime() - bias * MINUTE) * MINUTE
      return new Date(local).toISOString().slice(0, 19)
    },
  }
}

interface Change {
  readonly bias: number
  /** When it comes in a year, as local time. */
  at(year: number): number
}

function readChange(zone: Element, name: string): Change | undefined {
  const change = findChild(zone, name, NAMESPACES.types)
  const text = (part: string) => (change && childText(change, part, NAMESPACES.types)) ?? ''
  const month = Number(text('Month'))
  const order = Number(text('DayOrder'))
  // Month 0 is a zone that does not change its clocks.
  if (!change || month < 1 || month > 12 || order < 1 || order > 31) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = text('Time').split(':').map(Number)
  const weekDay = WEEK_DAYS.indexOf(text('DayOfWeek') as WeekDay)
  return {
    bias: Number(text('Bias')),
    at(year) {
      const first = Date.UTC(year, month - 1, 1)
      const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
      // The fifth one is the last one.
      let day = 1 + ((weekDay - new Date(first).getUTCDay() + 7) % 7) + 7 * (Math.min(order, 5) - 1)
      while (day > length) day -= 7
      return Date.UTC(year, month - 1, day, hours, minutes, seconds)
    },
  }
}
