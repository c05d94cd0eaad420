import { expect, test } from 'vitest'
import {
  ianaZone,
  instantOf,
  localTimeOf,
  rulesOf,
  WINDOWS_ZONES,
} from '../../../src/simulator/store/time-zones.ts'

test('every Windows name leads to a zone that Node knows', () => {
  for (const name of WINDOWS_ZONES) {
    expect(() => new Intl.DateTimeFormat('en', { timeZone: ianaZone(name) })).not.toThrow()
  }
  expect(ianaZone('w. europe standard time')).toBe('Europe/Berlin')
  expect(ianaZone('Europe/Berlin')).toBeUndefined()
})

test.each([
  ['2026-07-01T09:00:00', 'Europe/Berlin', '2026-07-01T07:00:00.000Z'],
  ['2026-01-01T09:00:00', 'Asia/Kolkata', '2026-01-01T03:30:00.000Z'],
  // Skipped by daylight saving: an hour later. Comes twice: the first one.
  ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ['2026-03-08T02:30:00', 'America/Los_Angeles', '2026-03-08T10:30:00.000Z'],
])('%s in %s is %s', (local, zone, instant) => {
  expect(instantOf(local, zone).toISOString()).toBe(instant)
})

test('what the clock on the wall says', () => {
  expect(localTimeOf(new Date('2026-12-31T23:30:00Z'), 'Asia/Tokyo')).toEqual({
    date: '2027-01-01',
    time: '08:30:00',
  })
})

test.each([
  ['America/Los_Angeles', -480, -420, ['3/0/2', '11/0/1']],
  ['Europe/Berlin', 60, 120, ['3/0/-1', '10/0/-1']],
  ['Australia/Sydney', 600, 660, ['4/0/1', '10/0/1']],
  ['Asia/Tokyo', 540, undefined, []],
] as const)('the rules of %s', (zone, standard, daylight, changes) => {
  const rules = rulesOf(zone, 2026)
  expect([rules.standardOffset, rules.daylightOffset]).toEqual([standard, daylight])
  expect(rules.changes.map(({ month, weekDay, occurrence }) => `${month}/${weekDay}/${occurrence}`)).toEqual(
    changes,
  )
})
