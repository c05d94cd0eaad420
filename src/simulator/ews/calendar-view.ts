import type { Element } from '../../xml/element.ts'
import type { Folder } from '../store/folder.ts'
import { readDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'
import type { FoundItem } from './item-ids.ts'
import { occurrenceItem, occurrencesOf } from './series.ts'

export interface CalendarView {
  readonly start: Date
  readonly end: Date
  readonly most: number
}

const TWO_YEARS = 2 * 366 * 86_400_000

/** @throws EwsRefusal */
export function readCalendarView(view: Element, folder: Folder, zone: string | undefined): CalendarView {
  if (folder.kind !== 'calendar') throw new EwsRefusal('ErrorCalendarFolderIsInvalidForCalendarView')
  const start = readDateTime(view.attributes.StartDate ?? '', zone)
  const end = readDateTime(view.attributes.EndDate ?? '', zone)
  const max = view.attributes.MaxEntriesReturned
  if (end.getTime() < start.getTime()) throw new EwsRefusal('ErrorCalendarEndDateIsEarlierThanStartDate')
  if (end.getTime() - start.getTime() > TWO_YEARS) throw new EwsRefusal('ErrorCalendarViewRangeTooBig')
  if (max !== undefined && Number(max) <= 0) throw new EwsRefusal('ErrorInvalidPagingMaxRows')
  return { start, end, most: max === undefined ? Number.POSITIVE_INFINITY : Number(max) }
}

/** What takes place in a time, in its order: single entries, and series one by one. */
export function calendarViewItems(items: readonly FoundItem[], view: CalendarView): FoundItem[] {
  const [from, to] = [view.start.getTime(), view.end.getTime()]
  const overlaps = ({ start, end }: { start: Date; end: Date }) =>
    // An entry without length is in the view that it starts in.
    start.getTime() < to && (end.getTime() > from || start.getTime() === from)
  const found = items.flatMap((each): FoundItem[] => {
    const calendar = each.item.calendar
    if (!calendar) return []
    if (!calendar.recurrence) return overlaps(calendar) ? [each] : []
    const occurrences: FoundItem[] = []
    for (const occurrence of occurrencesOf(calendar)) {
      if (occurrence.start.getTime() >= to) break
      if (!overlaps(occurrence)) continue
      occurrences.push({
        ...each,
        item: occurrenceItem(each.item, occurrence),
        occurrence: { date: occurrence.date, master: each.item },
      })
    }
    return occurrences
  })
  const startOf = ({ item }: FoundItem) => item.calendar?.start.getTime() ?? 0
  return found.sort((a, b) => startOf(a) - startOf(b)).slice(0, view.most)
}
