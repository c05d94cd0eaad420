import { afterEach, describe, expect, it, vi } from 'vitest'
import { formatDay, formatMoment, isoMoment, readMoment, wallClock } from '../../src/cli/moment.ts'

const inZone = (zone: string) => vi.stubEnv('TZ', zone)
afterEach(() => vi.unstubAllEnvs())

describe('readMoment', () => {
  it('takes a time without a zone for one of this machine, and a day for its midnight', () => {
    inZone('Europe/Berlin')
    expect(isoMoment(readMoment('2026-12-24T10:00', '--start'))).toBe('2026-12-24T09:00:00Z')
    expect(isoMoment(readMoment('2026-07-24 10:00', '--start'))).toBe('2026-07-24T08:00:00Z')
    expect(isoMoment(readMoment('2026-12-24', '--from'))).toBe('2026-12-23T23:00:00Z')
  })

  it('keeps a zone that is given', () => {
    inZone('Europe/Berlin')
    expect(isoMoment(readMoment('2026-12-24T10:00Z', '--start'))).toBe('2026-12-24T10:00:00Z')
    expect(isoMoment(readMoment('2026-12-24T10:00:00-0500', '--start'))).toBe('2026-12-24T15:00:00Z')
  })

  it.each(['tomorrow', '24.12.2026', '2026-02-30', '2026-12-24T25:00'])('refuses %s', (text) => {
    expect(() => readMoment(text, '--from')).toThrow(`--from: "${text}" is not a date.`)
  })
})

it('a wall-clock time has no zone', () => {
  expect(wallClock('2026-12-24T10:00', '--start')).toBe('2026-12-24T10:00:00')
  expect(wallClock('2026-12-24T10:00Z', '--start')).toBeUndefined()
})

describe('for people', () => {
  it('a moment is shown in the zone of this machine', () => {
    inZone('America/New_York')
    expect(formatMoment(new Date('2026-12-24T02:05:00Z'))).toBe('2026-12-23 21:05')
  })

  it('a day is the one whose midnight it is, there or in UTC', () => {
    inZone('America/New_York')
    expect(formatDay(new Date('2026-12-24T05:00:00Z'))).toBe('2026-12-24')
    expect(formatDay(new Date('2026-12-24T00:00:00Z'))).toBe('2026-12-24')
  })
})
