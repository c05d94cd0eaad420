import { ConnectionError } from '../errors.ts'
import type { GraphClient } from '../graph/client.ts'
import type { MailboxInput } from '../graph/request.ts'
import { attemptSend } from './attempt.ts'
import type { DenialLayer, SendResult } from './classify.ts'
import { pollDelay } from './poll-delay.ts'
import type { Denial, Finding, Proof } from './proof.ts'
import { prepareProof } from './proof-run.ts'

export interface ProveSendOptions {
  /**
   * Signed in as the delegate, with Mail.Send.Shared and Mail.ReadWrite; or an application with Mail.Send and
   * Mail.ReadWrite, together with `as` naming the delegate.
   */
  readonly graph: GraphClient
  /** Primary address of the delegate. */
  readonly delegate: string
  /** Address of the mailbox, group or list that the mail is to be from. */
  readonly owner: string
  /** Who gets the mail. Default: the delegate. */
  readonly to?: string | undefined
  /** Through whose endpoint: `/me` (default), or the owner's address, which needs Full Access too. */
  readonly as?: MailboxInput | undefined
  /** What should come out; waiting goes on until it does. Default: from the owner, on behalf of or as. */
  readonly expect?: SendResult | undefined
  /** How long to wait for a grant, or its end, to reach Graph, in milliseconds. Default 0: one attempt. */
  readonly waitMs?: number | undefined
  /** How long to look for the mail after it was accepted, in milliseconds. Default one minute. */
  readonly settleMs?: number | undefined
  /** Reads the owner's Sent Items. Default: the delegate's own client, which sees them with Full Access. */
  readonly ownerGraph?: GraphClient | undefined
  /** Deletes what the proof made. Default true. */
  readonly cleanUp?: boolean | undefined
  /** Called before each wait. */
  readonly onWait?: ((progress: ProofProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ProofProgress {
  readonly attempt: number
  readonly found: SendResult
  readonly layer?: DenialLayer
  readonly nextAttemptInMs: number
  readonly remainingMs: number
}

/**
 * Proves what a delegate can do: writes a draft from the owner, sends it, finds it again and reads off how it left.
 *
 * One mail per attempt goes to one address, and to nobody else. A denial sends nothing.
 *
 * @throws InvalidInputError when the arguments cannot be right, or the token is not the delegate's;
 *   GraphResponseError and ConnectionError when something else than the grant failed.
 */
export async function proveSend(options: ProveSendOptions): Promise<Proof> {
  const run = await prepareProof(options)
  const { expected, signal } = run
  const { clock } = run.graph
  const begin = clock.now()
  const deadline = begin + (options.waitMs ?? 0)
  const leftBehind: string[] = []
  const notes = new Set<string>()
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted) throw new ConnectionError('ERR_ABORTED', 'The proof was stopped.')
    const finding = await attemptSend(run)
    leftBehind.push(...finding.leftBehind)
    for (const note of finding.notes) notes.add(note)
    const { found, denial } = finding
    // A mail that left as the delegate's own proves no grant.
    const asExpected =
      expected === undefined ? found === 'on behalf of' || found === 'as' : found === expected
    const remainingMs = deadline - clock.now()
    if (asExpected || remainingMs <= 0 || !canChange(denial)) {
      return {
        delegate: run.delegate,
        owner: run.owner,
        ...(expected === undefined ? {} : { expected }),
        asExpected,
        ...finding,
        attempts: attempt,
        waitedMs: clock.now() - begin,
        leftBehind,
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

/** A scope, a policy or a missing mailbox does not change by waiting; a right does. */
function canChange(denial: Denial | undefined): boolean {
  return denial === undefined || denial.layer === 'right' || denial.layer === 'full access'
}

/** Every attempt that was let through sends a mail, so those come less often. */
function delayAfter({ denial }: Finding, attempt: number): number {
  const mailed = denial === undefined || denial.code === 'NonDeliveryReport'
  return mailed ? pollDelay(15_000, 120_000, attempt) : pollDelay(5000, 60_000, attempt)
}
