import type { CalendarDetails } from '../store/calendar.ts'
import type { Item } from '../store/item.ts'
import { occurrenceId } from '../store/object-ids.ts'
import { type Occurrence, occurrences } from '../store/recurrence.ts'
import { ianaZone } from '../store/time-zones.ts'

/** The IANA zone that an appointment is in. */
export function zoneOf(calendar: Pick<CalendarDetails, 'startTimeZone'>): string {
  return (calendar.startTimeZone && ianaZone(calendar.startTimeZone)) || 'UTC'
}

/** When a series takes place, without what was deleted from it. */
export function* occurrencesOf(calendar: CalendarDetails): Generator<Occurrence, void, undefined> {
  const { start, end, recurrence } = calendar
  if (!recurrence) return
  const deleted = new Set(calendar.deletedOccurrences)
  for (const occurrence of occurrences({ start, end, recurrence }, zoneOf(calendar))) {
    if (!deleted.has(occurrence.date)) yield occurrence
  }
}

/** One occurrence as an item: the series' own, at its time, under an id of its own. */
export function occurrenceItem(master: Item, occurrence: Occurrence): Item {
  const { recurrence, ...calendar } = master.calendar as CalendarDetails
  return {
    ...master,
    entryId: occurrenceId(master.entryId, occurrence.date),
    calendar: { ...calendar, start: occurrence.start, end: occurrence.end },
  }
}

/** The last one is only known of a series that ends. */
export function firstAndLast(calendar: CalendarDetails): { first?: Occurrence; last?: Occurrence } {
  const { recurrence } = calendar
  if (!recurrence) return {}
  let first: Occurrence | undefined
  let last: Occurrence | undefined
  for (const occurrence of occurrencesOf(calendar)) {
    first ??= occurrence
    if (recurrence.end === undefined && recurrence.count === undefined) return { first }
    last = occurrence
  }
  return { ...(first ? { first } : {}), ...(last ? { last } : {}) }
}
