import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { exponentialBackOff, failFast, Patience, patient } from '../../src/http/retry-policy.ts'

describe('policies', () => {
  test('failFast is one attempt and no waiting', () => {
    expect(failFast()).toEqual({ kind: 'fail-fast', maxWait: 0, maxAttempts: 1 })
    expect(new Patience(failFast()).allows(0)).toBe(false)
  })

  test('patient waits five minutes unless told otherwise', () => {
    expect(patient()).toEqual({ kind: 'patient', maxWait: 300_000, maxAttempts: 20 })
    expect(patient({ maxWait: 1000, maxAttempts: 3 })).toMatchObject({ maxWait: 1000, maxAttempts: 3 })
  })

  test.each([{ maxWait: -1 }, { maxWait: Number.NaN }, { maxAttempts: 0 }, { maxAttempts: 1.5 }])(
    '%j is refused',
    (options) => {
      expect(() => patient(options)).toThrow(InvalidInputError)
    },
  )

  test('patience is for all waits of a call together', () => {
    const patience = new Patience(patient({ maxWait: 1000 }))
    expect(patience.allows(1000)).toBe(true)
    patience.spend(600)
    expect([patience.allows(400), patience.allows(401)]).toEqual([true, false])
  })
})

describe('exponentialBackOff', () => {
  test('doubles from one second to a minute, half of it left to chance', () => {
    const longest = [1, 2, 3, 6, 7, 50].map((attempt) => exponentialBackOff(attempt, () => 1))
    expect(longest).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000])
    expect(exponentialBackOff(3, () => 0)).toBe(2000)
  })
})
