import { GraphResponseError, InvalidInputError } from '../errors.ts'
import type { MailAddress } from '../graph/recipient.ts'
import { isPolicyRefusal } from '../graph/response-codes.ts'

/**
 * How a mail left.
 *
 * - `on behalf of`: from the owner, and the delegate is named as its sender (Send on Behalf).
 * - `as`: from the owner, without a trace of the delegate (Send As).
 * - `as self`: from the delegate; what `from` said was ignored.
 * - `denied`: not at all.
 */
export type SendResult = 'on behalf of' | 'as' | 'as self' | 'denied'
export const SEND_RESULTS: readonly SendResult[] = ['on behalf of', 'as', 'as self', 'denied']

/** What people write for them besides, without blanks and hyphens. */
const ALSO: Readonly<Record<string, SendResult>> = {
  onbehalf: 'on behalf of',
  sendonbehalf: 'on behalf of',
  sendonbehalfof: 'on behalf of',
  sendas: 'as',
  self: 'as self',
  none: 'denied',
}

/**
 * Reads how a mail is expected to leave, in any case, also as `on-behalf-of`, `SendOnBehalf` or `SendAs`.
 * @throws InvalidInputError for anything else.
 */
export function parseSendResult(text: string): SendResult {
  const key = text.toLowerCase().replace(/[\s_-]/g, '')
  const known = SEND_RESULTS.find((each) => each.replaceAll(' ', '') === key)
  const result = known ?? (Object.hasOwn(ALSO, key) ? ALSO[key] : undefined)
  if (result) return result
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} cannot be expected.`, {
    hint: `Expect one of: ${SEND_RESULTS.join(', ')}.`,
  })
}

/**
 * Which layer said no.
 *
 * - `scope`: the token does not allow it, whoever holds it.
 * - `right`: neither Send on Behalf nor Send As.
 * - `full access`: the owner's mailbox cannot be opened, which `/users/{owner}` demands.
 * - `mailbox`: there is no such user, or they have no mailbox in Exchange Online.
 * - `policy`: the organization keeps the application or the user from it.
 */
export type DenialLayer = 'scope' | 'right' | 'full access' | 'mailbox' | 'policy'

/** What the layer needs, where that is more than the code's own hint can say. */
export function denialHint(layer: DenialLayer): string | undefined {
  switch (layer) {
    case 'scope':
      return 'The token needs Mail.Send.Shared to send from another user, and Mail.ReadWrite for the draft (an application: Mail.Send and Mail.ReadWrite).'
    case 'full access':
      return 'Sending through the owner’s mailbox needs Full Access besides the right to send, and a token with Mail.Send.Shared and Mail.ReadWrite.Shared. Through /me neither is needed.'
    default:
      return undefined
  }
}

/** Where in the attempt the refusal came. */
export type Stage = 'draft' | 'send'

/** Is there no mailbox of that name at all? Distribution lists have none either. */
export function saysNoMailbox(code: string): boolean {
  return NO_MAILBOX.has(code)
}

const NO_MAILBOX: ReadonlySet<string> = new Set([
  'MailboxNotEnabledForRESTAPI',
  'MailboxNotSupportedForRESTAPI',
  'ErrorInvalidUser',
  'ErrorNonExistentMailbox',
  'Request_ResourceNotFound',
  'ResourceNotFound',
])

/** Limits and blocks that an administrator, or the service, has put on the account. */
const POLICY: ReadonlySet<string> = new Set([
  'ErrorExceededMessageLimit',
  'ErrorMessageSubmissionBlocked',
  'ErrorAccountSuspend',
  'ErrorRecipientLimitExceeded',
])

/**
 * Which layer a refusal came from; undefined when it is no verdict about the grant but something else that went
 * wrong.
 *
 * The same missing grant is answered differently: through `/me` as ErrorSendAsDenied, through `/users/{owner}` as
 * ErrorAccessDenied, because the mailbox is opened before anything is sent.
 *
 * @param viaOwner was it tried through the owner's own mailbox?
 */
export function classifyDenial(error: unknown, stage: Stage, viaOwner: boolean): DenialLayer | undefined {
  if (!(error instanceof GraphResponseError)) return undefined
  const { graphCode, httpStatus } = error
  if (graphCode === 'ErrorSendAsDenied') return 'right'
  if (NO_MAILBOX.has(graphCode)) return 'mailbox'
  if (POLICY.has(graphCode) || isPolicyRefusal(graphCode, error.message)) return 'policy'
  // Somebody else's folder that may not be opened looks as if it were not there.
  if (graphCode === 'ErrorItemNotFound') return viaOwner && stage === 'draft' ? 'full access' : undefined
  // The draft was made, so the mailbox was open: what is missing then is the permission to send.
  if (httpStatus === 403) return viaOwner && stage === 'draft' ? 'full access' : 'scope'
  return undefined
}

/** All names by which a user may be meant, in lower case: addresses, principal name, id. */
export type KnownAddresses = ReadonlySet<string>

/** A mail as read back. */
export interface Sent {
  readonly from?: MailAddress | undefined
  readonly sender?: MailAddress | undefined
}

/**
 * Reads off how a mail left; `stranger` when it was sent by somebody who is neither the delegate nor the owner: then
 * the token is not the delegate's.
 *
 * Only the delegate has to be recognized. The owner may come back under another address than was given, because
 * Exchange writes an alias in `from` as the primary address.
 */
export function classifySent(
  { from, sender }: Sent,
  delegate: KnownAddresses,
  owner: KnownAddresses,
): Exclude<SendResult, 'denied'> | 'stranger' | undefined {
  if (!from) return undefined
  const is = (person: MailAddress, known: KnownAddresses) => known.has(person.address.toLowerCase())
  const by = sender ?? from
  if (is(by, delegate)) return is(from, delegate) ? 'as self' : 'on behalf of'
  const same = by.address.toLowerCase() === from.address.toLowerCase() || (is(by, owner) && is(from, owner))
  return same ? 'as' : 'stranger'
}

export function knownAddresses(...addresses: readonly (string | undefined)[]): KnownAddresses {
  return new Set(addresses.flatMap((address) => (address ? [address.toLowerCase()] : [])))
}
