import { GraphResponseError, InvalidInputError } from '../errors.ts'
import type { GraphClient } from '../graph/client.ts'
import { type MailboxInput, mailboxPath } from '../graph/request.ts'
import type { SignedIn } from '../graph/session.ts'
import { isSmtpAddress, requireSmtpAddress } from '../model/user-ref.ts'
import {
  type KnownAddresses,
  knownAddresses,
  type Names,
  parseSendResult,
  type SendResult,
} from './classify.ts'
import type { ProveSendOptions } from './prove-send.ts'

/** What all attempts of one proof share, checked. */
export interface ProofRun {
  readonly graph: GraphClient
  /** Reads the owner's Sent Items and Inbox. */
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
  readonly names: Names
  /** Of the token, as far as they can be read. */
  readonly scopes: readonly string[]
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
  const ownersNames = await namesOf(graph, owner)
  const viaOwner = named !== undefined && ownersNames.known.has(named)
  const own = viaOwner ? '/me' : as
  const delegatesNames = await namesOf(graph, delegate, own)
  if (ownersNames.known.has(delegate.toLowerCase()) || delegatesNames.known.has(owner.toLowerCase())) {
    throw new InvalidInputError('The delegate and the owner are the same; everybody may send as themselves.')
  }
  const account = await graph.signedIn()
  const verified = delegatesNames.complete && mailboxPath(own) === '/me'
  if (!verified) requireDelegate(account, delegate, delegatesNames)
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
    names: {
      delegate: delegatesNames.known,
      owner: ownersNames.known,
      ownerIsComplete: ownersNames.complete,
      accountIsKnown: delegatesNames.complete || nameOf(account) !== undefined,
    },
    scopes: account?.appOnly === false ? account.scopes : [],
    expected,
    settleMs,
    cleanUp: options.cleanUp ?? true,
    signal: options.signal,
  }
}

/** Is the mail addressed to the delegate, whose Inbox can be looked into? */
export function goesToDelegate(run: ProofRun): boolean {
  return run.names.delegate.has(run.to.toLowerCase())
}

interface UserNames {
  readonly known: KnownAddresses
  /** Did the directory say them? */
  readonly complete: boolean
}

/**
 * The names a user has. The directory is asked, and may refuse (User.Read for oneself, User.ReadBasic.All for
 * others): then the one that was given has to do.
 *
 * @param mailbox the endpoint that is to be this user's.
 * @throws InvalidInputError when `/me` is somebody else, before anything is sent.
 */
async function namesOf(graph: GraphClient, address: string, mailbox = address): Promise<UserNames> {
  const path = mailboxPath(mailbox)
  let answer: unknown
  try {
    const query = '?$select=id,mail,userPrincipalName,proxyAddresses'
    answer = await graph.request({ method: 'GET', path: `${path}${query}`, headers: {} })
  } catch (error) {
    // Groups are no users, tokens need not reach the directory; the send will say what matters.
    if (error instanceof GraphResponseError && error.httpStatus < 429) {
      return { known: knownAddresses(address), complete: false }
    }
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
  return { known: new Set([...known, address.toLowerCase()]), complete: known.size > 0 }
}

/**
 * Compares the name in the token, where the directory did not tell whose it is.
 * @throws InvalidInputError when it is not one of the delegate's.
 */
function requireDelegate(account: SignedIn | undefined, delegate: string, names: UserNames): void {
  const user = nameOf(account)
  if (user === undefined || names.known.has(user.toLowerCase())) return
  throw new InvalidInputError(`The token is ${user}’s, not ${delegate}’s.`, {
    hint: names.complete
      ? 'Give the token of the delegate.'
      : 'Give the token of the delegate. If both names are theirs, consent to User.Read, which shows that they are.',
  })
}

/** The principal name of who signed in, when it looks like one: old tokens of guests have others. */
function nameOf(account: SignedIn | undefined): string | undefined {
  const user = account?.appOnly === false ? account.user : undefined
  return user !== undefined && isSmtpAddress(user) ? user : undefined
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
