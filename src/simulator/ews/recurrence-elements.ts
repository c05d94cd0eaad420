import { childText, type Element } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import {
  type DayIndex,
  type DayKind,
  LAST_DATE,
  occurrenceDates,
  type Recurrence,
  type RecurrencePattern,
  WEEK_DAYS,
  type WeekDay,
} from '../store/recurrence.ts'
import { EwsRefusal } from './errors.ts'
import { MONTHS } from './item-schema.ts'
import { type Content, element } from './writer.ts'

/** Reads a `t:Recurrence`: the pattern, then the range. @throws EwsRefusal */
export function readRecurrence(recurrence: Element): Recurrence {
  const [pattern, range] = recurrence.children as [Element, Element]
  const count = text(range, 'NumberOfOccurrences')
  const end = text(range, 'EndDate')?.slice(0, 10)
  const result: Recurrence = {
    pattern: readPattern(pattern),
    start: (text(range, 'StartDate') ?? '').slice(0, 10),
    ...(end === undefined ? {} : { end }),
    ...(count === undefined ? {} : { count: Number(count) }),
  }
  if (result.count !== undefined && (result.count < 1 || result.count > 999))
    throw new EwsRefusal('ErrorCalendarInvalidRecurrence')
  if (end !== undefined && end > LAST_DATE) throw new EwsRefusal('ErrorRecurrenceEndDateTooBig')
  if (occurrenceDates(result).next().done) throw new EwsRefusal('ErrorRecurrenceHasNoOccurrence')
  return result
}

function readPattern(pattern: Element): RecurrencePattern {
  const interval = Number(text(pattern, 'Interval') ?? 1)
  const day = Number(text(pattern, 'DayOfMonth') ?? 1)
  const month = MONTHS.indexOf((text(pattern, 'Month') ?? 'January') as (typeof MONTHS)[number]) + 1
  const days = (text(pattern, 'DaysOfWeek') ?? '').split(/\s+/) as DayKind[]
  const index = (text(pattern, 'DayOfWeekIndex') ?? 'First') as DayIndex
  if (interval < 1 || interval > 999 || day < 1 || day > 31)
    throw new EwsRefusal('ErrorCalendarInvalidRecurrence')
  const [first = 'Day'] = days
  switch (pattern.name) {
    case 'DailyRecurrence':
      return { kind: 'Daily', interval }
    case 'WeeklyRecurrence': {
      if (days.some((name) => !(WEEK_DAYS as readonly string[]).includes(name)))
        throw new EwsRefusal('ErrorCalendarInvalidDayForWeeklyRecurrence')
      const firstDay = (text(pattern, 'FirstDayOfWeek') ?? 'Sunday') as WeekDay
      return { kind: 'Weekly', interval, days, firstDay }
    }
    case 'AbsoluteMonthlyRecurrence':
      return { kind: 'AbsoluteMonthly', interval, day }
    case 'RelativeMonthlyRecurrence':
      return { kind: 'RelativeMonthly', interval, days: first, index }
    case 'AbsoluteYearlyRecurrence':
      return { kind: 'AbsoluteYearly', day, month }
    case 'RelativeYearlyRecurrence':
      return { kind: 'RelativeYearly', days: first, index, month }
    default:
      // Tasks that come again when they are done.
      throw new EwsRefusal('ErrorUnsupportedRecurrence', `${pattern.name} is not modelled by this simulator.`)
  }
}

export function writeRecurrence(name: string, { pattern, start, end, count }: Recurrence): Content {
  return element(
    name,
    writePattern(pattern),
    count !== undefined
      ? element(
          't:NumberedRecurrence',
          element('t:StartDate', start),
          element('t:NumberOfOccurrences', count),
        )
      : end !== undefined
        ? element('t:EndDateRecurrence', element('t:StartDate', start), element('t:EndDate', end))
        : element('t:NoEndRecurrence', element('t:StartDate', start)),
  )
}

function writePattern(pattern: RecurrencePattern): Content {
  const name = `t:${pattern.kind}Recurrence`
  switch (pattern.kind) {
    case 'Daily':
      return element(name, element('t:Interval', pattern.interval))
    case 'Weekly':
      return element(
        name,
        element('t:Interval', pattern.interval),
        element('t:DaysOfWeek', pattern.days.join(' ')),
        element('t:FirstDayOfWeek', pattern.firstDay),
      )
    case 'AbsoluteMonthly':
      return element(name, element('t:Interval', pattern.interval), element('t:DayOfMonth', pattern.day))
    case 'RelativeMonthly':
      return element(
        name,
        element('t:Interval', pattern.interval),
        element('t:DaysOfWeek', pattern.days),
        element('t:DayOfWeekIndex', pattern.index),
      )
    case 'AbsoluteYearly':
      return element(
        name,
        element('t:DayOfMonth', pattern.day),
        element('t:Month', MONTHS[pattern.month - 1]),
      )
    case 'RelativeYearly':
      return element(
        name,
        element('t:DaysOfWeek', pattern.days),
        element('t:DayOfWeekIndex', pattern.index),
        element('t:Month', MONTHS[pattern.month - 1]),
      )
  }
}

function text(parent: Element, name: string): string | undefined {
  return childText(parent, name, NAMESPACES.types)
}
