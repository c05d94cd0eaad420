import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/http/clock.ts'

describe('systemClock', () => {
  test('sleeping takes as long as asked', async () => {
    const before = systemClock.now()
    await systemClock.sleep(30)
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(25)
  })
  test('a signal ends the sleep with ERR_ABORTED', async () => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(60_000, stop.signal)
    stop.abort()
    await expect(sleeping).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})
