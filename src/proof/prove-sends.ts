import { EwsDelegatesError } from '../errors.ts'
import type { Proof } from './proof.ts'
import { type ProveSendOptions, proveSend } from './prove-send.ts'

/** What became of one of several proofs. */
export type ProofOutcome =
  | { readonly ok: true; readonly proof: Proof }
  /** Something else than the grant failed: the token, the connection, the arguments. */
  | {
      readonly ok: false
      readonly delegate: string
      readonly owner: string
      readonly error: EwsDelegatesError
    }

export interface ProveSendsOptions {
  /** How many at a time. Default 4. One client's requests are held to four per mailbox anyway. */
  readonly concurrency?: number
  /** Called as each one ends, with its position. */
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
  try {
    return { ok: true, proof: await proveSend(options) }
  } catch (error) {
    // Whoever stopped the run wants it stopped, not the next one begun; and a mistake of ours is nobody's outcome.
    if (!(error instanceof EwsDelegatesError) || error.code === 'ERR_ABORTED') throw error
    return { ok: false, delegate: options.delegate, owner: options.owner, error }
  }
}
