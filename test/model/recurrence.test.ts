import { expect, test } from 'vitest'
import { checkRecurrence, type RecurrencePattern } from '../../src/model/recurrence.ts'

/** As the pages of DailyRecurrence, WeeklyRecurrence, AbsoluteMonthlyRecurrence and RelativeMonthlyRecurrence say. */
test.each<[number, (interval: number) => RecurrencePattern]>([
  [999, (interval) => ({ type: 'Daily', interval })],
  [99, (interval) => ({ type: 'Weekly', interval, daysOfWeek: ['Monday'] })],
  [99, (interval) => ({ type: 'AbsoluteMonthly', interval, dayOfMonth: 1 })],
  [99, (interval) => ({ type: 'RelativeMonthly', interval, dayOfWeek: 'Monday', index: 'First' })],
])('an interval is 1 to %i (%o)', (most, pattern) => {
  const check = (interval: number) => () =>
    checkRecurrence({ pattern: pattern(interval), startDate: '2026-12-24' })
  for (const interval of [1, most]) expect(check(interval)).not.toThrow()
  for (const interval of [0, 1.5, most + 1]) {
    expect(check(interval)).toThrow(
      `${interval} is not an interval of a series: it is a whole number from 1 to ${most}.`,
    )
  }
})
