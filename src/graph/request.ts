import { InvalidInputError } from '../errors.ts'

export const GRAPH_VERSIONS = ['v1.0', 'beta'] as const
export type GraphVersion = (typeof GRAPH_VERSIONS)[number]

export type JsonObject = { readonly [key: string]: unknown }

/** A request to Graph before it is signed: what a dry run shows. */
export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Under the version, e.g. `/me/sendMail`; with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** An object is sent as JSON, text as it is. */
  readonly body?: string | JsonObject
}

/**
 * Whose mailbox a call goes to: `/me` (the signed-in user), or a user's id or principal name. `/me` does not exist
 * for an application's own token.
 */
export type MailboxInput = string

/**
 * The beginning of a path: `/me` or `/users/…`.
 * @throws InvalidInputError for an empty name, or one that would change the path.
 */
export function mailboxPath(mailbox: MailboxInput = '/me'): string {
  const text = mailbox.trim()
  if (text === '/me') return text
  const user = text.startsWith('/users/') ? text.slice('/users/'.length) : text
  // Letters beyond ASCII are escaped below; what cannot be part of a principal name is refused.
  if (user === '' || /[\s/\\?%\p{Cc}]/u.test(user) || /^\.{1,2}$/.test(user)) {
    throw new InvalidInputError(`${JSON.stringify(mailbox.slice(0, 120))} does not name a mailbox.`, {
      hint: 'Give /me, or a user’s id or principal name such as adele@contoso.com.',
    })
  }
  return `/users/${encodeURIComponent(user).replaceAll('%40', '@')}`
}

/**
 * The mailbox at the beginning of a path, as a key: what Graph counts requests by. All spellings of a user are one;
 * that `/me` is one of them too, only the session knows.
 */
export function mailboxOfPath(path: string): string {
  // A link to a next page may say users('…').
  const match = /^\/(?:me(?![^/?])|users(?:\/([^/?]+)|\('([^'/?]*)'\)))/i.exec(path)
  if (!match) return '/'
  const user = match[1] ?? match[2]
  return user === undefined ? '/me' : mailboxKey(decoded(user))
}

/** The key of a user's mailbox. */
export function mailboxKey(user: string): string {
  return `/users/${user.toLowerCase()}`
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** How much of a mailbox's allowance a request takes. */
export interface MailboxLoad {
  readonly mailbox: string
  /** Requests that run at a time. */
  readonly slots: number
}

/** A path segment from an id of Graph's, which may hold `/` and `+`. */
export function idSegment(id: string, what = 'The id'): string {
  if (id === '' || id.length > 2000 || /[\p{Cc}\s]/u.test(id) || /^\.{1,2}$/.test(id)) {
    throw new InvalidInputError(`${what} is empty or malformed.`)
  }
  return encodeURIComponent(id)
}

/** A query string of OData options; those that are undefined are left out. */
export function odataQuery(options: Readonly<Record<string, string | number | undefined>>): string {
  const parts = Object.entries(options).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`$${name}=${encodeURIComponent(String(value))}`],
  )
  return parts.length > 0 ? `?${parts.join('&')}` : ''
}

/** A text as a literal of a `$filter`. */
export function odataText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
