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
 * @param scopes of the token, when they can be read.
 */
export function classifyDenial(
  error: unknown,
  stage: Stage,
  viaOwner: boolean,
  scopes: readonly string[] = [],
): DenialLayer | undefined {
  if (!(error instanceof GraphResponseError)) return undefined
  const { graphCode, httpStatus } = error
  if (graphCode === 'ErrorSendAsDenied') return 'right'
  if (NO_MAILBOX.has(graphCode)) return 'mailbox'
  if (POLICY.has(graphCode) || isPolicyRefusal(graphCode, error.message)) return 'policy'
  // Somebody else's folder that may not be opened looks as if it were not there.
  if (graphCode === 'ErrorItemNotFound') return viaOwner ? 'full access' : undefined
  if (httpStatus !== 403) return undefined
  if (!viaOwner || lacks(scopes, OWNERS_SCOPE[stage])) return 'scope'
  // That a draft could be made does not say that the mailbox is open to those who send: Full Access reaches them later,
  // and a right to the Drafts folder alone lets drafts be made.
  return stage === 'draft' || graphCode === 'ErrorAccessDenied' ? 'full access' : 'scope'
}

/** What a user's token needs for somebody else's mailbox. */
const OWNERS_SCOPE: Readonly<Record<Stage, string>> = {
  draft: 'Mail.ReadWrite.Shared',
  send: 'Mail.Send.Shared',
}

/** A token that cannot be read lacks nothing that is known of. */
function lacks(scopes: readonly string[], needed: string): boolean {
  return scopes.length > 0 && !scopes.some((scope) => scope.toLowerCase() === needed.toLowerCase())
}

/** All names by which a user may be meant, in lower case: addresses, principal name, id. */
export type KnownAddresses = ReadonlySet<string>

/** A mail as read back. */
export interface Sent {
  readonly from?: MailAddress | undefined
  readonly sender?: MailAddress | undefined
}

/** By whose names a mail is read. */
export interface Names {
  readonly delegate: KnownAddresses
  readonly owner: KnownAddresses
  /** Did the directory say the owner's names, so that there are no others? */
  readonly ownerIsComplete: boolean
  /** Is it known whose token it is, from the directory or from the token itself? */
  readonly accountIsKnown: boolean
}

/**
 * Reads off how a mail left.
 *
 * The owner may come back under another address than was given, because Exchange writes an alias in `from` as the
 * primary address. So may a delegate whose `from` was ignored: an unknown name is taken for the owner's only when the
 * directory does not know better and the delegate's own name is known.
 *
 * @returns `stranger` when it was sent by somebody who is neither the delegate nor the owner: then the token is not the
 *   delegate's. `undecided` when the name that it bears could be either's.
 */
export function classifySent(
  { from, sender }: Sent,
  { delegate, owner, ownerIsComplete, accountIsKnown }: Names,
): Exclude<SendResult, 'denied'> | 'stranger' | 'undecided' {
  if (!from) return 'undecided'
  const is = (person: MailAddress, known: KnownAddresses) => known.has(person.address.toLowerCase())
  const by = sender ?? from
  if (is(by, delegate)) return is(from, delegate) ? 'as self' : 'on behalf of'
  const same = by.address.toLowerCase() === from.address.toLowerCase() || (is(by, owner) && is(from, owner))
  if (!same) return 'stranger'
  if (is(from, owner)) return 'as'
  if (ownerIsComplete) return 'stranger'
  return accountIsKnown ? 'as' : 'undecided'
}

export function knownAddresses(...addresses: readonly (string | undefined)[]): KnownAddresses {
  return new Set(addresses.flatMap((address) => (address ? [address.toLowerCase()] : [])))
}
