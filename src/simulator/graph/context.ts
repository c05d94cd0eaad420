import type { Principal } from '../authentication.ts'
import {
  type ItemAccess,
  itemAccessIn,
  mayCreateItems,
  mayOpen,
  mayOpenAnything,
  ownsMailbox,
  rightsOn,
} from '../store/access.ts'
import type { Recipient } from '../store/directory.ts'
import type { Exchange } from '../store/exchange.ts'
import type { Folder } from '../store/folder.ts'
import type { Item } from '../store/item.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { ALL_RIGHTS } from '../store/rights.ts'
import type { SubmissionFacts } from '../store/submission.ts'
import { accessDenied, badRequest, GraphError, itemNotFound } from './errors.ts'

export type GraphVersion = 'v1.0' | 'beta'

/** One request, read as far as every operation needs it. */
export interface GraphContext {
  readonly exchange: Exchange
  readonly principal: Principal
  readonly version: GraphVersion
  /** Scheme, host and port the caller used: links in answers start with it. */
  readonly origin: string
  readonly method: string
  /** Path below the version, as the caller spelled it, without a leading slash. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  /** `Prefer: IdType="ImmutableId"`. */
  readonly immutableIds: boolean
  /** `Prefer: outlook.body-content-type="text"` or `"html"`. */
  readonly bodyContentType: 'text' | 'html' | undefined
}

/** What an operation answers; the frame adds headers and writes JSON. */
export interface GraphAnswer {
  readonly status: number
  /** Written as JSON; a Buffer is written as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The mailbox a path names, and who acts on it. */
export interface MailboxTarget {
  readonly owner: Recipient
  readonly mailbox: Mailbox
  readonly endpoint: 'me' | 'users'
  /** Is it the signed-in user's own? An application has none: it acts as the owner of the one it names. */
  readonly own: boolean
}

/**
 * Finds the mailbox of `/me` or `/users/{id|upn}`.
 * @param user undefined for `/me`.
 */
export function resolveTarget(context: GraphContext, user: string | undefined): MailboxTarget {
  const { exchange, principal } = context
  if (user === undefined) {
    if (!principal.user) throw badRequest('/me request is only valid with delegated authentication flow.')
    return targetOf(exchange, principal, principal.user, 'me')
  }
  const owner = exchange.directory.find(user)
  if (!owner || !exchange.directory.hasMailbox(owner)) {
    throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${user.slice(0, 200)}' is invalid.`)
  }
  return targetOf(exchange, principal, owner, 'users')
}

function targetOf(
  exchange: Exchange,
  principal: Principal,
  owner: Recipient,
  endpoint: 'me' | 'users',
): MailboxTarget {
  const mailbox = exchange.mailboxOf(owner)
  if (!mailbox) {
    throw new GraphError(
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    )
  }
  return { owner, mailbox, endpoint, own: principal.user?.id === owner.id }
}

/** What the token lets its bearer send, in the words of the store's table. */
export function sendScope(principal: Principal): SubmissionFacts['scope'] {
  if (principal.app && !principal.user) return principal.app.roles.includes('Mail.Send') ? 'shared' : 'none'
  // Mail.Send.Shared: "send mail as the signed-in user, including sending on-behalf of others".
  if (principal.scopes.includes('Mail.Send.Shared')) return 'shared'
  return principal.scopes.includes('Mail.Send') ? 'own' : 'none'
}

/** How the mailbox of the path stands to the caller, in the words of the store's table. */
export function sendEndpoint(context: GraphContext, target: MailboxTarget): SubmissionFacts['endpoint'] {
  if (!context.principal.user || target.own) return target.endpoint === 'me' ? 'me' : 'own'
  return ownsMailbox(context.exchange, context.principal.user, target.mailbox, 'graph') ? 'opened' : 'closed'
}

/** Who submits: the signed-in user, or for an application the owner of the mailbox. */
export function submitterOf(context: GraphContext, target: MailboxTarget): Recipient {
  return context.principal.user ?? target.owner
}

const READ_SCOPES = ['Mail.Read', 'Mail.ReadWrite', 'Mail.Read.Shared', 'Mail.ReadWrite.Shared']
const WRITE_SCOPES = ['Mail.ReadWrite', 'Mail.ReadWrite.Shared']

/**
 * Refuses a token that does not allow reading or writing mail in this mailbox. Which folders and items the user then
 * reaches is the store's decision.
 */
export function requireMailScope(
  context: GraphContext,
  target: MailboxTarget,
  access: 'read' | 'write',
): void {
  const { principal } = context
  const scopes = access === 'read' ? READ_SCOPES : WRITE_SCOPES
  const granted = principal.user
    ? principal.scopes.filter((scope) => target.own || scope.endsWith('.Shared'))
    : (principal.app?.roles ?? [])
  if (!scopes.some((scope) => granted.includes(scope))) throw accessDenied()
}

/** Refuses unless the token has one of these permissions; for a mailbox that is not the caller's, never a user's. */
export function requireOwnScope(
  context: GraphContext,
  target: MailboxTarget,
  scopes: readonly string[],
): void {
  const { principal } = context
  const granted = principal.user ? (target.own ? principal.scopes : []) : (principal.app?.roles ?? [])
  if (!scopes.some((scope) => granted.includes(scope))) throw accessDenied()
}

/** The caller's rights on a folder; an application has all of them in every mailbox. */
export function folderRights(context: GraphContext, folder: Folder): number {
  if (!context.principal.user) return ALL_RIGHTS
  return rightsOn(context.exchange, context.principal.user, folder, 'graph')
}

export function ownsTarget(context: GraphContext, target: MailboxTarget): boolean {
  const { exchange, principal } = context
  return !principal.user || ownsMailbox(exchange, principal.user, target.mailbox, 'graph')
}

/** Refuses a mailbox of which the user can open nothing. */
export function requireSomeAccess(context: GraphContext, target: MailboxTarget): void {
  const { exchange, principal } = context
  if (!principal.user) return
  if (!mayOpenAnything(exchange, principal.user, target.mailbox, 'graph')) throw accessDenied()
}

/** What the caller may do with the items of a folder; an application acts as the mailbox's owner. */
export function accessIn(context: GraphContext, folder: Folder): (item: Item) => ItemAccess {
  return itemAccessIn(context.exchange, context.principal.user ?? folder.mailbox.owner, folder, 'graph')
}

/** @throws GraphError unless the caller may edit (or delete) the item: their own, or everybody's. */
export function requireItemRight(
  context: GraphContext,
  folder: Folder,
  item: Item,
  right: 'edit' | 'delete',
): void {
  const access = accessIn(context, folder)(item)
  if (!access.read) throw itemNotFound()
  if (!access[right]) throw accessDenied()
}

export function requireCreateRight(context: GraphContext, folder: Folder): void {
  const user = context.principal.user ?? folder.mailbox.owner
  if (mayCreateItems(context.exchange, user, folder, 'graph')) return
  throw mayOpen(context.exchange, user, folder, 'graph') ? accessDenied() : itemNotFound()
}
