import type { GraphClient } from '../graph/client.ts'
import type { MailboxInput } from '../graph/request.ts'
import type { DenialLayer, SendResult } from './classify.ts'
import type { Proof } from './proof.ts'
import { type Course, prove } from './prove.ts'

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
  /**
   * How long to look for the mail after it was accepted, in milliseconds. Default one minute; a mail to somebody else
   * than the delegate always takes that long, for it could still be returned.
   */
  readonly settleMs?: number | undefined
  /**
   * Reads the owner's Sent Items, and reports in their Inbox. Default: the delegate's own client, which sees them with
   * Full Access.
   */
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
 *   GraphResponseError and ConnectionError when something else than the grant failed, also when a denial was expected
 *   and came from something else than the right to send. What such a proof could not delete: {@link leftBehindOf}.
 */
export async function proveSend(options: ProveSendOptions): Promise<Proof> {
  const course: Course = { leftBehind: new Set() }
  try {
    return await prove(options, course)
  } catch (error) {
    if (error instanceof Error && course.leftBehind.size > 0) {
      // The error keeps its class and stack, which a copy would lose.
      Object.defineProperty(error, 'leftBehind', { value: [...course.leftBehind], configurable: true })
    }
    throw error
  }
}

/** What a proof that failed could not delete again, as sentences. */
export function leftBehindOf(error: unknown): readonly string[] {
  const left = error instanceof Error && 'leftBehind' in error ? error.leftBehind : undefined
  return Array.isArray(left) ? left.filter((each) => typeof each === 'string') : []
}
