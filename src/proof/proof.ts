import type { MailAddress } from '../graph/recipient.ts'
import type { DenialLayer, SendResult } from './classify.ts'

/** Is something there? `unknown` where it could not be looked at. */
export type Presence = 'yes' | 'no' | 'unknown'

/** Why a mail did not leave. */
export interface Denial {
  readonly layer: DenialLayer
  /** Graph's code, or `NonDeliveryReport` when the refusal came by mail. */
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly requestId?: string
}

/** What one attempt found. */
export interface Finding {
  readonly found: SendResult
  readonly denial?: Denial
  /** As the mail shows it. */
  readonly from?: MailAddress
  readonly sender?: MailAddress
  /** In whose Sent Items a copy lies. */
  readonly sentItems: { readonly delegate: Presence; readonly owner: Presence }
  /** Did it reach the recipient? Only looked for when that is the delegate. */
  readonly received: Presence
  /** What else is worth knowing, as sentences. */
  readonly notes: readonly string[]
}

/** What was found out in the end. Plain data, fit for JSON. */
export interface Proof extends Finding {
  readonly delegate: string
  readonly owner: string
  readonly expected?: SendResult
  /** True when the mail left as expected; without an expectation, when it left from the owner. */
  readonly asExpected: boolean
  readonly attempts: number
  readonly waitedMs: number
  /** What could not be deleted again, as sentences. */
  readonly leftBehind: readonly string[]
}
