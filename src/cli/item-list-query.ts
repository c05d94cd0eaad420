import { InvalidInputError } from '../errors.ts'
import type { FindItemsOptions } from '../ews/items.ts'
import { checkCalendarView, DEFAULT_PAGE_SIZE, type SortKey } from '../model/find-view.ts'
import type { Item } from '../model/item.ts'
import type { Restriction } from '../model/restriction.ts'
import type { ItemQueryFlagValues } from './item-flags.ts'
import { readMoment } from './moment.ts'
import { nearest } from './nearest.ts'
import { readPropertyWord } from './property-word.ts'

export interface ItemQuery {
  /** For the client. */
  readonly options: FindItemsOptions
  /** What a calendar view cannot be asked for. */
  readonly keeps: (item: Item) => boolean
  readonly limit: number
}

/** Besides what Exchange tells unasked: what people sort and choose by. */
const PROPERTIES = ['item:ItemClass', 'item:DateTimeReceived', 'item:Sensitivity', 'item:Importance']

const SORTS: Readonly<Record<string, string>> = {
  received: 'item:DateTimeReceived',
  sent: 'item:DateTimeSent',
  created: 'item:DateTimeCreated',
  modified: 'item:LastModifiedTime',
  subject: 'item:Subject',
  size: 'item:Size',
  importance: 'item:Importance',
  from: 'message:From',
  start: 'calendar:Start',
  end: 'calendar:End',
  due: 'task:DueDate',
  name: 'contacts:DisplayName',
}

/**
 * @param isCalendar whether times mean those of appointments.
 * @throws InvalidInputError
 */
export function readItemQuery(flags: ItemQueryFlagValues, isCalendar: boolean): ItemQuery {
  const { subject, unread, query } = flags
  const limit = readLimit(flags.limit)
  const from = flags.from === undefined ? undefined : readMoment(flags.from, '--from')
  const to = flags.to === undefined ? undefined : readMoment(flags.to, '--to')
  const view = isCalendar && (from !== undefined || to !== undefined)
  const properties = [...PROPERTIES, ...flags.property.map(readPropertyWord)]
  // What is chosen among afterwards is fetched in whole pages.
  const pageSize = view && subject !== undefined ? DEFAULT_PAGE_SIZE : Math.min(limit, DEFAULT_PAGE_SIZE)
  const common = { properties, pageSize }
  if (query !== undefined && (subject !== undefined || unread || (!view && (from ?? to) !== undefined))) {
    throw new InvalidInputError('--query is a whole search; nothing can be added to it by flags.', {
      hint: 'Write it into the query, such as subject:budget isread:no received:>=2026-12-01.',
    })
  }
  if (!view) {
    const restriction = restrictionOf([
      subject === undefined ? undefined : { op: 'Contains', path: 'item:Subject', value: subject },
      unread ? { op: 'IsEqualTo', path: 'message:IsRead', value: false } : undefined,
      from && { op: 'IsGreaterThanOrEqualTo', path: 'item:DateTimeReceived', value: from },
      to && { op: 'IsLessThan', path: 'item:DateTimeReceived', value: to },
    ])
    const sort = readSort(flags.sort)
    return {
      options: {
        ...common,
        ...(restriction ? { restriction } : {}),
        ...(sort.length > 0 ? { sort } : {}),
        ...(query === undefined ? {} : { query }),
      },
      keeps: () => true,
      limit,
    }
  }
  if (from === undefined || to === undefined) {
    throw new InvalidInputError(`A time of a calendar has both ends; --${from ? 'to' : 'from'} is missing.`, {
      hint: 'It can reach over two years.',
    })
  }
  for (const [name, given] of [
    ['query', query],
    ['sort', flags.sort],
    ['unread', unread],
  ] as const) {
    if (given === undefined || given === false) continue
    throw new InvalidInputError(`--${name} does not go together with a time of a calendar.`, {
      hint: 'Appointments of a time come in their order; --subject and --limit choose among them.',
    })
  }
  checkCalendarView({ start: from, end: to })
  const wanted = subject?.toLowerCase()
  return {
    options: { ...common, calendarView: { start: from, end: to } },
    keeps: (item) => wanted === undefined || (item.subject ?? '').toLowerCase().includes(wanted),
    limit,
  }
}

/** Those that are wanted, and no more of the rest fetched than necessary. */
export async function* limited(
  items: AsyncIterable<Item>,
  { keeps, limit }: ItemQuery,
): AsyncGenerator<Item> {
  let count = 0
  for await (const item of items) {
    if (!keeps(item)) continue
    yield item
    if (++count >= limit) return
  }
}

function restrictionOf(parts: readonly (Restriction | undefined)[]): Restriction | undefined {
  const operands = parts.filter((part) => part !== undefined)
  return operands.length > 1 ? { op: 'And', operands } : operands[0]
}

function readSort(text: string | undefined): SortKey[] {
  if (text === undefined) return []
  return text.split(',').map((part) => {
    const [, name = '', direction = ''] = /^(.*?)(?::(asc|desc)(?:ending)?)?$/i.exec(part.trim()) ?? []
    const order = direction.toLowerCase() === 'desc' ? 'Descending' : 'Ascending'
    const word = name.toLowerCase()
    if (Object.hasOwn(SORTS, word)) return { path: SORTS[word] as string, order }
    if (/[:/]/.test(name)) return { path: readPropertyWord(name), order }
    const meant = nearest(name, Object.keys(SORTS))
    throw new InvalidInputError(`Items are not sorted by ${JSON.stringify(name.slice(0, 40))}.`, {
      hint: `${meant ? `Did you mean ${meant}? ` : ''}It is one of ${Object.keys(SORTS).join(', ')}, or a FieldURI such as item:Size.`,
    })
  })
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  const number = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0
  if (number >= 1) return number
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a limit.`, {
    hint: 'It is a whole number from 1 on.',
  })
}
