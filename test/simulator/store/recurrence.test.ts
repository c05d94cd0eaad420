import { describe, expect, test } from 'vitest'
import { occurrenceDates, occurrences, type Recurrence } from '../../../src/simulator/store/recurrence.ts'

function dates(recurrence: Recurrence, most = 4): string[] {
  const found: string[] = []
  for (const date of occurrenceDates(recurrence)) {
    if (found.length === most) break
    found.push(date)
  }
  return found
}

describe('patterns', () => {
  test.each<[string, Recurrence['pattern'], string, string[]]>([
    [
      'every other day',
      { kind: 'Daily', interval: 2 },
      '2026-02-27',
      ['2026-02-27', '2026-03-01', '2026-03-03'],
    ],
    [
      'Monday and Thursday, every other week',
      { kind: 'Weekly', interval: 2, days: ['Monday', 'Thursday'], firstDay: 'Monday' },
      '2026-11-24',
      ['2026-11-26', '2026-12-07', '2026-12-10'],
    ],
    [
      // A week that starts on Sunday has its Sunday first.
      'Sunday and Monday, every other week from Sunday on',
      { kind: 'Weekly', interval: 2, days: ['Sunday', 'Monday'], firstDay: 'Sunday' },
      '2026-11-22',
      ['2026-11-22', '2026-11-23', '2026-12-06'],
    ],
    [
      'the 31st, or the last day of shorter months',
      { kind: 'AbsoluteMonthly', interval: 1, day: 31 },
      '2026-01-31',
      ['2026-01-31', '2026-02-28', '2026-03-31'],
    ],
    [
      'the second Tuesday',
      { kind: 'RelativeMonthly', interval: 1, days: 'Tuesday', index: 'Second' },
      '2026-11-11',
      ['2026-12-08', '2027-01-12', '2027-02-09'],
    ],
    [
      'the last working day of the quarter',
      { kind: 'RelativeMonthly', interval: 3, days: 'Weekday', index: 'Last' },
      '2026-03-01',
      ['2026-03-31', '2026-06-30', '2026-09-30'],
    ],
    [
      '29 February, or the 28th',
      { kind: 'AbsoluteYearly', day: 29, month: 2 },
      '2027-01-01',
      ['2027-02-28', '2028-02-29', '2029-02-28'],
    ],
    [
      'the fourth Thursday of November',
      { kind: 'RelativeYearly', days: 'Thursday', index: 'Fourth', month: 11 },
      '2026-01-01',
      ['2026-11-26', '2027-11-25', '2028-11-23'],
    ],
  ])('%s', (_name, pattern, start, expected) => {
    expect(dates({ pattern, start }, 3)).toEqual(expected)
  })
})

test('a series ends with its number or its last date', () => {
  const pattern = { kind: 'Daily', interval: 1 } as const
  expect(dates({ pattern, start: '2026-11-23', count: 2 })).toEqual(['2026-11-23', '2026-11-24'])
  expect(dates({ pattern, start: '2026-11-23', end: '2026-11-24' })).toEqual(['2026-11-23', '2026-11-24'])
  expect(dates({ pattern, start: '2026-11-23', end: '2026-11-22' })).toEqual([])
})

test('one without an end is not followed for ever', () => {
  let count = 0
  for (const _ of occurrenceDates({ pattern: { kind: 'Daily', interval: 1 }, start: '2026-11-23' })) count++
  expect(count).toBe(40_000)
})

test('the clock on the wall says the same before and after daylight saving', () => {
  const series = {
    start: new Date('2026-10-24T07:00:00Z'),
    end: new Date('2026-10-24T08:00:00Z'),
    recurrence: { pattern: { kind: 'Daily', interval: 1 }, start: '2026-10-24', count: 3 } as const,
  }
  expect([...occurrences(series, 'Europe/Berlin')].map(({ start }) => start.toISOString())).toEqual([
    '2026-10-24T07:00:00.000Z',
    '2026-10-25T08:00:00.000Z',
    '2026-10-26T08:00:00.000Z',
  ])
})
