import { type DateTimeInput, formatDay, parseDay } from '../../model/date-time.ts'
import {
  checkRecurrence,
  DAY_OF_WEEK_INDEXES,
  DAYS_OF_WEEK,
  MONTHS,
  type Recurrence,
  type RecurrencePattern,
} from '../../model/recurrence.ts'
import { childText, type Element } from '../../xml/element.ts'
import type { Codec } from './property-codec.ts'

/** `t:Recurrence`: one element for the pattern, one for how it ends. */
export const recurrence: Codec<Recurrence<DateTimeInput>, Recurrence<Date>> = {
  write(parent, name, value, what) {
    checkRecurrence(value)
    const { pattern, startDate, endDate, occurrences } = value
    const range =
      endDate !== undefined ? 'EndDate' : occurrences !== undefined ? 'Numbered' : ('NoEnd' as const)
    parent.element(name, (series) => {
      series.element(`t:${pattern.type}Recurrence`, (element) => {
        if ('interval' in pattern) element.text('t:Interval', pattern.interval)
        if ('dayOfMonth' in pattern) element.text('t:DayOfMonth', pattern.dayOfMonth)
        if ('daysOfWeek' in pattern) element.text('t:DaysOfWeek', pattern.daysOfWeek.join(' '))
        if ('dayOfWeek' in pattern) {
          element.text('t:DaysOfWeek', pattern.dayOfWeek)
          element.text('t:DayOfWeekIndex', pattern.index)
        }
        if ('month' in pattern) element.text('t:Month', pattern.month)
        if ('firstDayOfWeek' in pattern) element.text('t:FirstDayOfWeek', pattern.firstDayOfWeek)
      })
      series.element(`t:${range}Recurrence`, (element) => {
        element.text('t:StartDate', formatDay(startDate, what))
        if (endDate !== undefined) element.text('t:EndDate', formatDay(endDate, what))
        element.text('t:NumberOfOccurrences', occurrences)
      })
    })
  },
  read(element) {
    const [pattern, range] = element.children
    const known = pattern && readPattern(pattern)
    const startDate = range && parseDay(childText(range, 'StartDate') ?? '')
    if (!known || !startDate) return undefined
    const endDate = parseDay(childText(range, 'EndDate') ?? '')
    const occurrences = number(range, 'NumberOfOccurrences')
    return {
      pattern: known,
      startDate,
      ...(endDate ? { endDate } : {}),
      ...(occurrences === undefined ? {} : { occurrences }),
    }
  },
}

/** Undefined for the patterns of regenerating tasks and whatever else is not in the list. */
function readPattern(pattern: Element): RecurrencePattern | undefined {
  const type = pattern.name.replace(/Recurrence$/, '')
  const interval = number(pattern, 'Interval') ?? 1
  const dayOfMonth = number(pattern, 'DayOfMonth')
  const days = (childText(pattern, 'DaysOfWeek') ?? '').split(/\s+/)
  const daysOfWeek = DAYS_OF_WEEK.filter((day) => days.includes(day))
  const [dayOfWeek] = daysOfWeek
  const index = find(DAY_OF_WEEK_INDEXES, childText(pattern, 'DayOfWeekIndex'))
  const month = find(MONTHS, childText(pattern, 'Month'))
  const firstDayOfWeek = find(DAYS_OF_WEEK, childText(pattern, 'FirstDayOfWeek'))
  if (type === 'Daily') return { type, interval }
  if (type === 'Weekly') return { type, interval, daysOfWeek, ...(firstDayOfWeek ? { firstDayOfWeek } : {}) }
  if (type === 'AbsoluteMonthly' && dayOfMonth) return { type, interval, dayOfMonth }
  if (type === 'RelativeMonthly' && dayOfWeek && index) return { type, interval, dayOfWeek, index }
  if (type === 'AbsoluteYearly' && dayOfMonth && month) return { type, dayOfMonth, month }
  if (type === 'RelativeYearly' && dayOfWeek && index && month) return { type, dayOfWeek, index, month }
  return undefined
}

function number(parent: Element, name: string): number | undefined {
  const text = childText(parent, name)
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

function find<Value extends string>(values: readonly Value[], text: string | undefined): Value | undefined {
  return values.find((value) => value === text)
}
