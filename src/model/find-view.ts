import { InvalidInputError } from '../errors.ts'
import { type DateTimeInput, formatDateTime, isBefore } from './date-time.ts'
import { checkPropertyPath, type PropertyPath } from './property-path.ts'

/** How many properties a search returns without naming them (`t:DefaultShapeNamesType`). */
export type BaseShape = 'IdOnly' | 'Default' | 'AllProperties'

export const ITEM_TRAVERSALS = ['Shallow', 'SoftDeleted', 'Associated'] as const
export type ItemTraversal = (typeof ITEM_TRAVERSALS)[number]

export const FOLDER_TRAVERSALS = ['Shallow', 'Deep', 'SoftDeleted'] as const
export type FolderTraversal = (typeof FOLDER_TRAVERSALS)[number]

export interface SortKey {
  readonly path: PropertyPath
  /** Default `Ascending`. */
  readonly order?: 'Ascending' | 'Descending'
}

/** A calendar's entries of a time, repeated ones one by one. */
export interface CalendarView {
  readonly start: DateTimeInput
  /** Not included. */
  readonly end: DateTimeInput
}

/** Items or folders per request unless the caller says otherwise. */
export const DEFAULT_PAGE_SIZE = 100
/** The most that Exchange answers to one search: `EwsFindCountLimit` of its default throttling policy. */
export const MAX_PAGE_SIZE = 1000

/** `ErrorCalendarViewRangeTooBig`: "The specified view range exceeds the maximum range of two years." */
const MAX_CALENDAR_VIEW_DAYS = 2 * 366

/** @throws InvalidInputError unless it is a whole number that a server answers. */
export function checkPageSize(size: number | undefined): number {
  if (size === undefined) return DEFAULT_PAGE_SIZE
  if (Number.isInteger(size) && size >= 1 && size <= MAX_PAGE_SIZE) return size
  throw new InvalidInputError(`${size} is not a page size.`, {
    hint: `It is a whole number from 1 to ${MAX_PAGE_SIZE}.`,
  })
}

export function checkTraversal<Traversal extends string>(
  traversal: Traversal | undefined,
  known: readonly Traversal[],
): Traversal {
  const found = known.find((name) => name === (traversal ?? 'Shallow'))
  if (found) return found
  throw new InvalidInputError(`${JSON.stringify(traversal)} is not a traversal.`, {
    hint: `It is one of ${known.join(', ')}.`,
  })
}

export function checkSortOrder(sort: readonly SortKey[]): readonly SortKey[] {
  for (const { path, order } of sort) {
    checkPropertyPath(path)
    if (order !== undefined && order !== 'Ascending' && order !== 'Descending') {
      throw new InvalidInputError(`${JSON.stringify(order)} is neither Ascending nor Descending.`)
    }
  }
  return sort
}

/** The view's two moments as they are sent. */
export function checkCalendarView(view: CalendarView): { readonly start: string; readonly end: string } {
  const start = formatDateTime(view.start, 'the start of the calendar view')
  const end = formatDateTime(view.end, 'the end of the calendar view')
  if (isBefore(end, start))
    throw new InvalidInputError(`The calendar view ends (${end}) before it starts (${start}).`)
  const days = (Date.parse(end) - Date.parse(start)) / 86_400_000
  if (days > MAX_CALENDAR_VIEW_DAYS) {
    throw new InvalidInputError('A calendar view reaches over two years at most.', {
      hint: 'Ask for one year after the other.',
    })
  }
  return { start, end }
}
