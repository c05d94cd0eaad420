import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../src/cli/duration.ts'

describe('a time to wait', () => {
  it.each([
    ['0', 0],
    ['90s', 90_000],
    ['15m', 900_000],
    ['15 MIN', 900_000],
    ['1h30m', 5_400_000],
    ['1h 0m 5s', 3_605_000],
    ['24h', 86_400_000],
  ])('%s is %i ms', (text, milliseconds) => {
    expect(parseDuration(text, '--wait')).toBe(milliseconds)
  })

  it.each(['', '15', '1.5h', '-5m', '5m1h', 'soon', '25h', '1440m1s', '9999999s'])('%j is none', (text) => {
    expect(() => parseDuration(text, '--wait')).toThrow('is not a time for --wait')
  })

  it.each([
    [0, '0 s'],
    [1, '1 s'],
    [59_500, '1 min'],
    [75_000, '1 min 15 s'],
    [3_600_000, '1 h'],
    [3_725_000, '1 h 2 min'],
  ])('of %i ms is shown as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})
