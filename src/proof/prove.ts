import { ConnectionError } from '../errors.ts'
import { attemptSend } from './attempt.ts'
import type { SendResult } from './classify.ts'
import { pollDelay } from './poll-delay.ts'
import type { Denial, Finding, Proof } from './proof.ts'
import { prepareProof } from './proof-run.ts'
import type { ProveSendOptions } from './prove-send.ts'

/** What a proof has come to so far; it outlives the error that ends the proof. */
export interface Course {
  /** Sentences, each once. */
  readonly leftBehind: Set<string>
  /** What the last attempt found. */
  last?: Finding
}

/** Makes attempts until one comes out as expected, nothing will change any more, or the time is over. */
export async function prove(options: ProveSendOptions, course: Course): Promise<Proof> {
  requireGoing(options.signal)
  const run = await prepareProof(options)
  const { expected, signal } = run
  const { clock } = run.graph
  const begin = clock.now()
  const deadline = begin + (options.waitMs ?? 0)
  const notes = new Set<string>()
  for (let attempt = 1; ; attempt++) {
    requireGoing(signal)
    const finding = await attemptSend(run, course.leftBehind)
    course.last = finding
    for (const note of finding.notes) notes.add(note)
    const { found, denial } = finding
    const asExpected = compare(expected, finding)
    const remainingMs = deadline - clock.now()
    if (asExpected || remainingMs <= 0 || !canChange(denial)) {
      if (asExpected === undefined) throw noVerdict(run.owner, denial)
      return {
        delegate: run.delegate,
        owner: run.owner,
        ...(expected === undefined ? {} : { expected }),
        asExpected,
        ...finding,
        attempts: attempt,
        waitedMs: clock.now() - begin,
        leftBehind: [...course.leftBehind],
        notes: [...notes],
      }
    }
    const nextAttemptInMs = Math.min(delayAfter(finding, attempt), remainingMs)
    options.onWait?.({
      attempt,
      found,
      ...(denial ? { layer: denial.layer } : {}),
      nextAttemptInMs,
      remainingMs,
    })
    await clock.sleep(nextAttemptInMs, signal)
  }
}

function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ConnectionError('ERR_ABORTED', 'The proof was stopped.')
}

/**
 * Did it come out as expected?
 * @returns undefined when a denial was expected and came before the right to send was asked for: a token without a
 *   scope is refused whether or not the grant is gone.
 */
function compare(expected: SendResult | undefined, { found, denial }: Finding): boolean | undefined {
  // A mail that left as the delegate's own proves no grant.
  if (expected === undefined) return found === 'on behalf of' || found === 'as'
  if (expected === 'denied' && denial) return denial.layer === 'right' || undefined
  return found === expected
}

function noVerdict(owner: string, denial: Denial | undefined): ConnectionError {
  return new ConnectionError(
    'ERR_FORBIDDEN',
    `Whether the right to send for ${owner} is gone cannot be told, because something else refused the mail first (${denial?.layer}): ${denial?.message}`,
    { hint: denial?.hint },
  )
}

/** A scope, a policy or a missing mailbox does not change by waiting; a right does. */
function canChange(denial: Denial | undefined): boolean {
  return denial === undefined || denial.layer === 'right' || denial.layer === 'full access'
}

/** Every attempt that was let through sends a mail, so those come less often. */
function delayAfter({ denial }: Finding, attempt: number): number {
  const mailed = denial === undefined || denial.code === 'NonDeliveryReport'
  return mailed ? pollDelay(15_000, 120_000, attempt) : pollDelay(5000, 60_000, attempt)
}
