import { InvalidInputError } from '../errors.ts'

/**
 * How long a call goes on when the server is busy or the connection breaks. What may be repeated at all is a fact
 * of the operation, not of the policy.
 */
export interface RetryPolicy {
  readonly kind: 'fail-fast' | 'patient'
  /** Milliseconds that one call waits at most, all its waits together. */
  readonly maxWait: number
  /** Attempts of one call at most, the first included. */
  readonly maxAttempts: number
}

export interface PatientOptions {
  /**
   * Milliseconds that one call waits at most, all its waits together. Default five minutes: Exchange asks for up to
   * that. A server that asks for more is not waited for, and its answer is thrown at once.
   */
  readonly maxWait?: number
  /** Attempts of one call at most, the first included. Default 20. */
  readonly maxAttempts?: number
}

/** One attempt, no waiting: the first failure is the caller's to judge. */
export function failFast(): RetryPolicy {
  return { kind: 'fail-fast', maxWait: 0, maxAttempts: 1 }
}

/**
 * Waits and repeats: as long as the server asks for, else exponentially longer. A write whose answer was lost is
 * looked after first, and repeated only if it did not happen.
 *
 * @throws InvalidInputError for a bound that is none.
 */
export function patient(options: PatientOptions = {}): RetryPolicy {
  const { maxWait = 300_000, maxAttempts = 20 } = options
  if (!Number.isFinite(maxWait) || maxWait < 0) {
    throw new InvalidInputError('The longest wait is a number of milliseconds, zero or more.')
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new InvalidInputError('The number of attempts is a whole number above zero.')
  }
  return { kind: 'patient', maxWait, maxAttempts }
}

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

/**
 * Milliseconds before the next attempt where the server does not say: 1, 2, 4 … 60 seconds, of which half is left
 * to chance, so that callers who failed together do not come back together.
 *
 * @param random a number from 0 to 1.
 */
export function exponentialBackOff(attempt: number, random: () => number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 16))
  return Math.round(full / 2 + (full / 2) * random())
}

/** What is left of one call's patience. */
export class Patience {
  readonly policy: RetryPolicy
  #waited = 0

  constructor(policy: RetryPolicy) {
    this.policy = policy
  }

  allows(milliseconds: number): boolean {
    return this.policy.kind === 'patient' && this.#waited + milliseconds <= this.policy.maxWait
  }

  spend(milliseconds: number): void {
    this.#waited += milliseconds
  }
}
