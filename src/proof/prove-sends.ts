import { EwsDelegatesError } from '../errors.ts'
import type { Finding, Proof } from './proof.ts'
import { type Course, prove } from './prove.ts'
import type { ProveSendOptions } from './prove-send.ts'

/** What became of one of several proofs. */
export type ProofOutcome =
  | { readonly ok: true; readonly proof: Proof }
  /** Something else than the grant failed: the token, the connection, the arguments; or the proof was stopped. */
  | {
      readonly ok: false
      readonly delegate: string
      readonly owner: string
      readonly error: EwsDelegatesError
      /** What could not be deleted again, as sentences. */
      readonly leftBehind: readonly string[]
      /** What the last attempt found, when there was one. */
      readonly last?: Finding
    }

export interface ProveSendsOptions {
  /** How many at a time. Default 4. One client's requests are held to four anyway. */
  readonly concurrency?: number
  /** Called as each one ends, or is stopped (`ERR_ABORTED`), with its position. */
  readonly onOutcome?: (outcome: ProofOutcome, position: number) => void
}

/**
 * Proves several grants, each with an outcome of its own, in the order they were given. Those that wait do not hold
 * up more than their own place.
 */
export async function proveSends(
  cases: readonly ProveSendOptions[],
  options: ProveSendsOptions = {},
): Promise<ProofOutcome[]> {
  const outcomes: ProofOutcome[] = new Array(cases.length)
  const queue = cases.entries()
  const work = async () => {
    for (const [position, each] of queue) {
      const outcome = await proveOne(each)
      outcomes[position] = outcome
      options.onOutcome?.(outcome, position)
      // Whoever stopped the run wants it stopped, not the next one begun.
      if (!outcome.ok && outcome.error.code === 'ERR_ABORTED') throw outcome.error
    }
  }
  const workers = Math.max(1, Math.min(options.concurrency ?? 4, cases.length))
  const ends = await Promise.allSettled(Array.from({ length: workers }, work))
  // When the run is stopped, the others still tidy up after themselves: they are not left alone with it.
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
  return outcomes
}

/** Did all of them come out as expected? */
export function allAsExpected(outcomes: readonly ProofOutcome[]): boolean {
  return outcomes.every((outcome) => outcome.ok && outcome.proof.asExpected)
}

async function proveOne(options: ProveSendOptions): Promise<ProofOutcome> {
  const course: Course = { leftBehind: new Set() }
  try {
    return { ok: true, proof: await prove(options, course) }
  } catch (error) {
    // A mistake of ours is nobody's outcome.
    if (!(error instanceof EwsDelegatesError)) throw error
    const { delegate, owner } = options
    const leftBehind = [...course.leftBehind]
    return { ok: false, delegate, owner, error, leftBehind, ...(course.last ? { last: course.last } : {}) }
  }
}
