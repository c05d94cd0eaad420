import type { Clock } from '../../src/http/clock.ts'

/** A clock on which sleeping takes no time but is written down. */
export interface ManualClock extends Clock {
  /** How long was slept, each time. */
  readonly slept: number[]
  advance(milliseconds: number): void
}

export function manualClock(start = Date.parse('2026-11-21T09:00:00Z')): ManualClock {
  let time = start
  const slept: number[] = []
  return {
    slept,
    now: () => time,
    advance: (milliseconds) => {
      time += milliseconds
    },
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      slept.push(milliseconds)
      time += milliseconds
    },
  }
}
