import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { formatDateTime, formatDay, isBefore, parseDateTime, parseDay } from '../../src/model/date-time.ts'

describe('a moment to send', () => {
  test.each([
    ['2026-11-21T09:00:00Z', '2026-11-21T09:00:00Z'],
    ['2026-11-21T09:00:00+01:00', '2026-11-21T08:00:00Z'],
    ['2026-11-21t23:30-0500', '2026-11-22T04:30:00Z'],
    ['2026-11-21T09:00:00.1234567Z', '2026-11-21T09:00:00.123Z'],
    ['2026-11-21 09:00Z', '2026-11-21T09:00:00Z'],
    // Without a zone it is for the server, which knows the item's or the client's.
    ['2026-11-21T09:00', '2026-11-21T09:00:00'],
    ['2026-11-21', '2026-11-21T00:00:00'],
    ['2028-02-29', '2028-02-29T00:00:00'],
  ])('%s is sent as %s', (input, wire) => {
    expect(formatDateTime(input, 'start')).toBe(wire)
  })

  test.each(['', 'tomorrow', '2026-02-29', '2026-13-01', '2026-11-21T24:00Z', '21.11.2026', '2026-11-21T09'])(
    '%j is refused',
    (input) => {
      expect(() => formatDateTime(input, 'start')).toThrow(InvalidInputError)
    },
  )

  test('a Date goes out and comes back as the same moment, within the years of xs:dateTime', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => {
          const wire = formatDateTime(date, 'start')
          expect(wire).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/)
          expect(parseDateTime(wire)).toEqual(date)
        },
      ),
    )
    expect(() => formatDateTime(new Date(8.64e15), 'start')).toThrow(InvalidInputError)
  })

  test('of which only the day counts is its day', () => {
    expect(formatDay('2026-11-21', 'startDate')).toBe('2026-11-21')
    expect(formatDay(new Date('2026-11-21T23:00:00Z'), 'startDate')).toBe('2026-11-21')
  })
})

test('a moment without a zone is read as UTC, and text that is none as nothing', () => {
  expect(parseDateTime('2026-11-21T09:00:00')).toEqual(new Date('2026-11-21T09:00:00Z'))
  expect(parseDateTime('2026-11-21T09:00:00+01:00')).toEqual(new Date('2026-11-21T08:00:00Z'))
  expect(parseDateTime('')).toBeUndefined()
  expect(parseDateTime('soon')).toBeUndefined()
})

test('the zone of a day does not move it', () => {
  for (const text of ['2026-11-21', '2026-11-21Z', '2026-11-21+13:00', '2026-11-21-11:00'])
    expect(parseDay(text)).toEqual(new Date('2026-11-21T00:00:00Z'))
  expect(parseDay('2026-11-21T00:00:00Z')).toBeUndefined()
})

test('a moment with a zone and one without are not compared', () => {
  expect(isBefore('2026-11-21T08:00:00Z', '2026-11-21T09:00:00Z')).toBe(true)
  expect(isBefore('2026-11-21T08:00:00', '2026-11-21T09:00:00')).toBe(true)
  expect(isBefore('2026-11-21T08:00:00', '2026-11-21T09:00:00Z')).toBe(false)
})
