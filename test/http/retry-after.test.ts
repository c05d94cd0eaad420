import { describe, expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/http/retry-after.ts'

const NOW = Date.parse('2026-11-21T09:00:00Z')

describe('parseRetryAfter', () => {
  test('seconds become milliseconds, decimals rounded up', () => {
    expect(parseRetryAfter('7', NOW)).toBe(7000)
    expect(parseRetryAfter(' 0 ', NOW)).toBe(0)
    expect(parseRetryAfter('1.5', NOW)).toBe(1500)
  })
  test('a date is measured against now and never negative', () => {
    expect(parseRetryAfter('Sat, 21 Nov 2026 09:00:30 GMT', NOW)).toBe(30_000)
    expect(parseRetryAfter('Sat, 21 Nov 2026 08:00:00 GMT', NOW)).toBe(0)
  })
  test.each([undefined, '', '-5', 'soon', '1e9', '5; 6', '99999999999'])('%j says nothing', (header) => {
    expect(parseRetryAfter(header, NOW)).toBeUndefined()
  })
})
