import { GraphResponseError, InvalidInputError } from '../errors.ts'
import type { GraphClient } from '../graph/client.ts'
import { type MailboxInput, mailboxPath } from '../graph/request.ts'
import { requireSmtpAddress } from '../model/user-ref.ts'
import { type KnownAddresses, knownAddresses, parseSendResult, type SendResult } from './classify.ts'
import type { ProveSendOptions } from './prove-send.ts'

/** What all attempts of one proof share, checked. */
export interface ProofRun {
  readonly graph: GraphClient
  /** Reads the owner's Sent Items. */
  readonly ownerGraph: GraphClient
  readonly delegate: string
  readonly owner: string
  readonly to: string
  /** The mailbox the draft is written in. */
  readonly as: MailboxInput
  /** Is that the owner's? */
  readonly viaOwner: boolean
  /** The delegate's own mailbox. */
  readonly own: MailboxInput
  readonly delegateAddresses: KnownAddresses
  readonly ownerAddresses: KnownAddresses
  readonly expected: SendResult | undefined
  readonly settleMs: number
  readonly cleanUp: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Checks the arguments, and whose token it is.
 * @throws InvalidInputError
 */
export async function prepareProof(options: ProveSendOptions): Promise<ProofRun> {
  const { graph, as = '/me', settleMs = 60_000 } = options
  const expected = options.expect === undefined ? undefined : parseSendResult(options.expect)
  const delegate = requireSmtpAddress(options.delegate, 'the delegate')
  const owner = requireSmtpAddress(options.owner, 'the owner')
  const to = options.to === undefined ? delegate : requireSmtpAddress(options.to, 'the recipient')
  requireTime(options.waitMs ?? 0)
  requireTime(settleMs)

  const path = mailboxPath(as)
  const named = path === '/me' ? undefined : decodeURIComponent(path.slice('/users/'.length)).toLowerCase()
  const ownerAddresses = await addressesOf(graph, owner)
  const viaOwner = named !== undefined && ownerAddresses.has(named)
  const own = viaOwner ? '/me' : as
  const delegateAddresses = await addressesOf(graph, delegate, own)
  if (ownerAddresses.has(delegate.toLowerCase()) || delegateAddresses.has(owner.toLowerCase())) {
    throw new InvalidInputError('The delegate and the owner are the same; everybody may send as themselves.')
  }
  if (viaOwner) await requireUserToken(graph)
  return {
    graph,
    ownerGraph: options.ownerGraph ?? graph,
    delegate,
    owner,
    to,
    as,
    viaOwner,
    own,
    delegateAddresses,
    ownerAddresses,
    expected,
    settleMs,
    cleanUp: options.cleanUp ?? true,
    signal: options.signal,
  }
}

/** Is the mail addressed to the delegate, whose Inbox can be looked into? */
export function goesToDelegate(run: ProofRun): boolean {
  return run.delegateAddresses.has(run.to.toLowerCase())
}

/**
 * The addresses a user has. The directory is asked, and may refuse (User.Read for oneself, User.ReadBasic.All for
 * others): then the one that was given has to do.
 *
 * @param mailbox the endpoint that is to be this user's.
 * @throws InvalidInputError when `/me` is somebody else, before anything is sent.
 */
async function addressesOf(graph: GraphClient, address: string, mailbox = address): Promise<KnownAddresses> {
  const path = mailboxPath(mailbox)
  let answer: unknown
  try {
    const query = '?$select=id,mail,userPrincipalName,proxyAddresses'
    answer = await graph.request({ method: 'GET', path: `${path}${query}`, headers: {} })
  } catch (error) {
    // Groups are no users, tokens need not reach the directory; the send will say what matters.
    if (error instanceof GraphResponseError && error.httpStatus < 429) return knownAddresses(address)
    throw error
  }
  const user = (answer ?? {}) as Readonly<Record<string, unknown>>
  const proxies = Array.isArray(user.proxyAddresses) ? user.proxyAddresses : []
  const names = [user.id, user.mail, user.userPrincipalName, ...proxies].filter(
    (each) => typeof each === 'string',
  )
  const known = knownAddresses(...names.map((each) => each.replace(/^smtp:/i, '')))
  if (path === '/me' && known.size > 0 && !known.has(address.toLowerCase())) {
    const whose = [user.mail, user.userPrincipalName].find((each) => typeof each === 'string')
    throw new InvalidInputError(`The token is ${whose ?? 'somebody else'}’s, not ${address}’s.`, {
      hint: 'Give the token of the delegate.',
    })
  }
  return new Set([...known, address.toLowerCase()])
}

/** An application sends through `/users/{owner}` as the owner, which says nothing about any delegate. */
async function requireUserToken(graph: GraphClient): Promise<void> {
  try {
    await graph.getFolder('inbox')
  } catch (error) {
    if (!(error instanceof GraphResponseError)) throw error
    if (error.graphCode !== 'BadRequest') return
    throw new InvalidInputError(
      'An application’s token proves nothing when it sends through the owner’s mailbox.',
      { hint: 'Send through the delegate’s mailbox, or give a token of the delegate.', cause: error },
    )
  }
}

function requireTime(milliseconds: number): void {
  // Written so that NaN does not pass.
  if (!(milliseconds >= 0)) throw new InvalidInputError('A time to wait is zero or more.')
}
