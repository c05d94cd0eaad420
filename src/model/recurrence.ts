import { InvalidInputError } from '../errors.ts'
import type { DateTimeInput } from './date-time.ts'

export const DAYS_OF_WEEK = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Day',
  'Weekday',
  'WeekendDay',
] as const
export type DayOfWeek = (typeof DAYS_OF_WEEK)[number]

export const DAY_OF_WEEK_INDEXES = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const
export type DayOfWeekIndex = (typeof DAY_OF_WEEK_INDEXES)[number]

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
export type Month = (typeof MONTHS)[number]

/**
 * When something repeats (`t:RecurrencePatternTypes`). An `interval` is 1 to 999 days, or 1 to 99 weeks or months.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/dailyrecurrence
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/weeklyrecurrence
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/absolutemonthlyrecurrence
 */
export type RecurrencePattern =
  | { readonly type: 'Daily'; readonly interval: number }
  | {
      readonly type: 'Weekly'
      readonly interval: number
      readonly daysOfWeek: readonly DayOfWeek[]
      /** Exchange 2010 SP1 and later. */
      readonly firstDayOfWeek?: DayOfWeek
    }
  | { readonly type: 'AbsoluteMonthly'; readonly interval: number; readonly dayOfMonth: number }
  | {
      readonly type: 'RelativeMonthly'
      readonly interval: number
      readonly dayOfWeek: DayOfWeek
      readonly index: DayOfWeekIndex
    }
  | { readonly type: 'AbsoluteYearly'; readonly dayOfMonth: number; readonly month: Month }
  | {
      readonly type: 'RelativeYearly'
      readonly dayOfWeek: DayOfWeek
      readonly index: DayOfWeekIndex
      readonly month: Month
    }

/**
 * A series. It ends on a day, after a number of occurrences, or not at all.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype
 */
export interface Recurrence<When = DateTimeInput> {
  readonly pattern: RecurrencePattern
  /** First day; of a `Date` the day in UTC. */
  readonly startDate: When
  /** Last day. Not together with `occurrences`. */
  readonly endDate?: When
  readonly occurrences?: number
}

/** In weeks or months. */
export const LONGEST_INTERVAL = 99

/** @throws InvalidInputError naming what is wrong. */
export function checkRecurrence(recurrence: Recurrence): void {
  const { pattern, endDate, occurrences } = recurrence
  if ('interval' in pattern) {
    requireWhole(pattern.interval, 1, pattern.type === 'Daily' ? 999 : LONGEST_INTERVAL, 'an interval')
  }
  if ('dayOfMonth' in pattern) requireWhole(pattern.dayOfMonth, 1, 31, 'a day of the month')
  if (pattern.type === 'Weekly' && pattern.daysOfWeek.length === 0) {
    throw new InvalidInputError('A weekly series names no day of the week.')
  }
  if (endDate !== undefined && occurrences !== undefined) {
    throw new InvalidInputError('A series ends on a day or after a number of occurrences, not both.')
  }
  if (occurrences !== undefined) requireWhole(occurrences, 1, 999, 'a number of occurrences')
}

function requireWhole(value: number, from: number, to: number, what: string): void {
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new InvalidInputError(
      `${value} is not ${what} of a series: it is a whole number from ${from} to ${to}.`,
    )
  }
}
