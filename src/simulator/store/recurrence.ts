import { instantOf, localTimeOf } from './time-zones.ts'

/** Days of the week; the last three stand for any day, the working days, and the weekend. */
export const WEEK_DAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const
export type WeekDay = (typeof WEEK_DAYS)[number]
export type DayKind = WeekDay | 'Day' | 'Weekday' | 'WeekendDay'
export const DAY_INDEXES = ['First', 'Second', 'Third', 'Fourth', 'Last'] as const
export type DayIndex = (typeof DAY_INDEXES)[number]

export type RecurrencePattern =
  | { readonly kind: 'Daily'; readonly interval: number }
  | {
      readonly kind: 'Weekly'
      readonly interval: number
      readonly days: readonly DayKind[]
      readonly firstDay: WeekDay
    }
  | { readonly kind: 'AbsoluteMonthly'; readonly interval: number; readonly day: number }
  | {
      readonly kind: 'RelativeMonthly'
      readonly interval: number
      readonly days: DayKind
      readonly index: DayIndex
    }
  /** Months count from 1. */
  | { readonly kind: 'AbsoluteYearly'; readonly day: number; readonly month: number }
  | {
      readonly kind: 'RelativeYearly'
      readonly days: DayKind
      readonly index: DayIndex
      readonly month: number
    }

export interface Recurrence {
  readonly pattern: RecurrencePattern
  /** `2026-11-21`, in the time zone of the series. */
  readonly start: string
  readonly end?: string
  readonly count?: number
}

export interface Occurrence {
  readonly date: string
  readonly start: Date
  readonly end: Date
}

/** A series that a view of two years can hold, and a bound on the work for one that never ends. */
const MOST_OCCURRENCES = 40_000
/** "Recurrence end date can not exceed Sep 1, 4500" (ErrorRecurrenceEndDateTooBig). */
export const LAST_DATE = '4500-09-01'
const DAY = 86_400_000

/** The dates of a series, in order, those that were deleted included. */
export function* occurrenceDates(recurrence: Recurrence): Generator<string, void, undefined> {
  const last = Math.min(dayNumber(recurrence.end ?? LAST_DATE), dayNumber(LAST_DATE))
  const most = Math.min(recurrence.count ?? MOST_OCCURRENCES, MOST_OCCURRENCES)
  let count = 0
  for (const day of days(recurrence.pattern, dayNumber(recurrence.start))) {
    if (day > last || count >= most) return
    count++
    yield dateOf(day)
  }
}

/** When a series takes place, from its first date on; `zone` is an IANA name. */
export function* occurrences(
  series: { start: Date; end: Date; recurrence: Recurrence },
  zone: string,
): Generator<Occurrence, void, undefined> {
  const { time } = localTimeOf(series.start, zone)
  const length = series.end.getTime() - series.start.getTime()
  for (const date of occurrenceDates(series.recurrence)) {
    // The clock on the wall says the same each time, whatever daylight saving does.
    const start = instantOf(`${date}T${time}`, zone)
    yield { date, start, end: new Date(start.getTime() + length) }
  }
}

function* days(pattern: RecurrencePattern, first: number): Generator<number, void, undefined> {
  switch (pattern.kind) {
    case 'Daily':
      for (let day = first; ; day += pattern.interval) yield day
    case 'Weekly': {
      const wanted = new Set(pattern.days.flatMap(weekDaysOf))
      const weekStart = WEEK_DAYS.indexOf(pattern.firstDay)
      let week = first - ((weekDay(first) - weekStart + 7) % 7)
      for (; ; week += 7 * pattern.interval) {
        for (let day = week; day < week + 7; day++) if (day >= first && wanted.has(weekDay(day))) yield day
      }
    }
    case 'AbsoluteMonthly':
    case 'RelativeMonthly':
      yield* monthly(pattern, first, pattern.interval)
      return
    case 'AbsoluteYearly':
    case 'RelativeYearly':
      yield* monthly(pattern, first, 12, pattern.month)
  }
}

function* monthly(
  pattern: { readonly day: number } | { readonly days: DayKind; readonly index: DayIndex },
  first: number,
  interval: number,
  inMonth?: number,
): Generator<number, void, undefined> {
  const start = new Date(first * DAY)
  let month = start.getUTCFullYear() * 12 + (inMonth === undefined ? start.getUTCMonth() : inMonth - 1)
  for (let steps = 0; steps < MOST_OCCURRENCES; steps++, month += interval) {
    const [year, index] = [Math.floor(month / 12), month % 12]
    const firstOfMonth = Date.UTC(year, index, 1) / DAY
    const length = Date.UTC(year, index + 1, 1) / DAY - firstOfMonth
    const day =
      'day' in pattern
        ? // A month without a 31st has it on its last day.
          firstOfMonth + Math.min(pattern.day, length) - 1
        : relativeDay(pattern.days, pattern.index, firstOfMonth, length)
    if (day >= first) yield day
  }
}

function relativeDay(days: DayKind, index: DayIndex, firstOfMonth: number, length: number): number {
  const wanted = new Set(weekDaysOf(days))
  const matches = Array.from({ length }, (_, offset) => firstOfMonth + offset).filter((day) =>
    wanted.has(weekDay(day)),
  )
  const at = index === 'Last' ? matches.length - 1 : DAY_INDEXES.indexOf(index)
  return matches[at] ?? firstOfMonth
}

function weekDaysOf(kind: DayKind): number[] {
  if (kind === 'Day') return [0, 1, 2, 3, 4, 5, 6]
  if (kind === 'Weekday') return [1, 2, 3, 4, 5]
  if (kind === 'WeekendDay') return [0, 6]
  return [WEEK_DAYS.indexOf(kind)]
}

function weekDay(day: number): number {
  // The first of January 1970 was a Thursday.
  return (((day + 4) % 7) + 7) % 7
}

function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY
}

function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10)
}
