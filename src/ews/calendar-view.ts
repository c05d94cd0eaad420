import { XmlError } from '../errors.ts'
import { MAX_PAGE_SIZE } from '../model/find-view.ts'
import type { Item } from '../model/item.ts'
import type { Page } from './elements/page.ts'

/** A calendar view as it is sent. */
export interface CalendarViewRequest {
  readonly start: string
  readonly end: string
  readonly maxEntries: number
}

/**
 * Fetches a calendar view as its entries are asked for. A view has no offsets: where an answer is cut short, the
 * next request starts at the last entry's own start, and what reaches into it from before is passed over.
 *
 * @throws XmlError where more entries begin at one moment than a server answers at once.
 */
export async function* calendarViewItems(
  fetch: (view: CalendarViewRequest) => Promise<Page<Item>>,
  view: { readonly start: string; readonly end: string },
  pageSize: number,
): AsyncGenerator<Item, void, undefined> {
  let { start } = view
  let maxEntries = pageSize
  /** Ids of what was yielded and may come again, with its end. */
  let reaching = new Map<string, number>()
  while (true) {
    const page = await fetch({ start, end: view.end, maxEntries })
    for (const item of page.entries) {
      if (reaching.has(item.id.id)) continue
      reaching.set(item.id.id, timeOf(item, 'end'))
      yield item
    }
    if (page.includesLast ?? page.entries.length < maxEntries) return

    const last = Math.max(...page.entries.map((item) => timeOf(item, 'start')))
    // Only a start in UTC can be compared; one in the server's zone stays, and the answer grows instead.
    if (start.endsWith('Z') && last > Date.parse(start) && Number.isFinite(last)) {
      start = new Date(last).toISOString().replace('.000Z', 'Z')
      reaching = new Map([...reaching].filter(([, end]) => !(end < last)))
    } else if (maxEntries < MAX_PAGE_SIZE) {
      maxEntries = Math.min(MAX_PAGE_SIZE, maxEntries * 2)
    } else {
      throw new XmlError(
        'ERR_LIMIT_EXCEEDED',
        'The calendar view holds more than the server answers at once.',
        {
          hint: 'Give the start with a time zone (2026-11-21T00:00:00Z), or ask for shorter times.',
        },
      )
    }
  }
}

/** NaN when it is not told. */
function timeOf(item: Item, which: 'start' | 'end'): number {
  const time = item.type === 'CalendarItem' ? item[which] : undefined
  return time?.getTime() ?? Number.NaN
}
