import { InvalidInputError } from '../errors.ts'

/** The two entries every folder's permission list has besides people. */
export const DISTINGUISHED_USERS = ['Default', 'Anonymous'] as const
export type DistinguishedUser = (typeof DISTINGUISHED_USERS)[number]

/**
 * One user, named in exactly one way. Exchange refuses identifiers that disagree
 * (`ErrorInvalidDelegateUserId`, `ErrorInvalidUserInfo`), so a reference never carries two.
 */
export type UserRef =
  | { readonly smtpAddress: string }
  | { readonly sid: string }
  | { readonly distinguishedUser: DistinguishedUser }

/**
 * How callers name a user: a primary SMTP address (`adele@contoso.com`), a SID (`S-1-5-21-…`), or, where folder
 * permissions are meant, `Default` or `Anonymous`; or a {@link UserRef}.
 */
export type UserInput = string | UserRef

/** What Exchange answers about a user; any part may be absent, and all of them are for an unresolvable one. */
export interface UserIdentity {
  readonly sid?: string
  readonly smtpAddress?: string
  readonly displayName?: string
  readonly distinguishedUser?: DistinguishedUser
  /** Someone of another organization, or a link such as `Owner@local`; cannot be written back. */
  readonly externalUser?: string
}

// Deliberately narrower than RFC 5322: no quoted local parts, comments or address literals, which Exchange does
// not accept as a primary SMTP address either. Non-ASCII letters are allowed (SMTPUTF8 mailboxes exist); characters
// that nobody sees, such as the zero-width space that comes with a copy from a web page, would make another user.
const SMTP_ADDRESS =
  /^[^\s@"(),:;<>[\\\]\p{Cc}\p{Cf}\p{Cs}]{1,64}@(?=.{1,255}$)(?!-)[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u
const SID = /^S-1-(?:\d{1,10}|0x[0-9a-f]{1,12})(?:-\d{1,10}){1,15}$/i

export function isSmtpAddress(text: string): boolean {
  return SMTP_ADDRESS.test(text) && !text.includes('..') && !text.startsWith('.') && !text.includes('.@')
}

export function isSid(text: string): boolean {
  return SID.test(text)
}

/**
 * @param what names the argument in the error, e.g. `the owner`.
 * @throws InvalidInputError unless the text is one SMTP address.
 */
export function requireSmtpAddress(text: string, what: string): string {
  const address = typeof text === 'string' ? text.trim() : ''
  if (!isSmtpAddress(address)) {
    const seen = address.replaceAll(/\p{Cf}/gu, '')
    if (isSmtpAddress(seen)) {
      const code = /\p{Cf}/u.exec(address)?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
      throw new InvalidInputError(
        `${capitalize(what)} ${quote(seen)} holds an invisible character (U+${code}).`,
        { hint: 'Type the address anew instead of copying it.' },
      )
    }
    throw new InvalidInputError(`${capitalize(what)} ${quote(text)} is not an e-mail address.`, {
      hint: 'Give a primary SMTP address such as adele@contoso.com.',
    })
  }
  return address
}

/**
 * Reads a delegate or a mailbox user: an SMTP address or a SID.
 * @throws InvalidInputError for anything else, `Default` and `Anonymous` included.
 */
export function parseUser(input: UserInput, what = 'the user'): UserRef {
  const ref = parsePermissionUser(input, what)
  if ('distinguishedUser' in ref) {
    throw new InvalidInputError(`${ref.distinguishedUser} cannot be a delegate.`, {
      hint: 'Default and Anonymous have folder permissions only; set those with a folder-permission edit.',
    })
  }
  return ref
}

/**
 * Reads whoever can stand in a folder's permission list: an SMTP address, a SID, `Default` or `Anonymous`.
 * @throws InvalidInputError for anything else, and for more than one identifier.
 */
export function parsePermissionUser(input: UserInput, what = 'the user'): UserRef {
  if (typeof input !== 'string') return requireOneIdentifier(input, what)
  const text = input.trim()
  const distinguished = DISTINGUISHED_USERS.find((name) => name.toLowerCase() === text.toLowerCase())
  if (distinguished) return { distinguishedUser: distinguished }
  if (/^S-\d/i.test(text)) return requireSid(text, what)
  return { smtpAddress: requireSmtpAddress(text, what) }
}

/** A key under which two references to the same identifier are equal; SMTP addresses and SIDs ignore case. */
export function userKey(ref: UserRef): string {
  if ('smtpAddress' in ref) return `smtp:${ref.smtpAddress.toLowerCase()}`
  if ('sid' in ref) return `sid:${ref.sid.toUpperCase()}`
  return ref.distinguishedUser
}

/** Does what Exchange answered mean this user? */
export function identityMatches(identity: UserIdentity, ref: UserRef): boolean {
  if ('smtpAddress' in ref) return identity.smtpAddress?.toLowerCase() === ref.smtpAddress.toLowerCase()
  if ('sid' in ref) return identity.sid?.toUpperCase() === ref.sid.toUpperCase()
  return identity.distinguishedUser === ref.distinguishedUser
}

/** How a person would name this user: an address, else a name, else a SID. */
export function describeUser(user: UserRef | UserIdentity): string {
  if ('distinguishedUser' in user && user.distinguishedUser) return user.distinguishedUser
  if ('smtpAddress' in user && user.smtpAddress) return user.smtpAddress
  if ('displayName' in user && user.displayName) return user.displayName
  if ('sid' in user && user.sid) return user.sid
  if ('externalUser' in user && user.externalUser) return user.externalUser
  return '(no user)'
}

function requireOneIdentifier(ref: UserRef, what: string): UserRef {
  const given = ref as { smtpAddress?: unknown; sid?: unknown; distinguishedUser?: unknown }
  const named = (['smtpAddress', 'sid', 'distinguishedUser'] as const).filter(
    (key) => given[key] !== undefined,
  )
  if (named.length !== 1) {
    throw new InvalidInputError(
      named.length === 0
        ? `${capitalize(what)} has no identifier.`
        : `${capitalize(what)} has ${named.length} identifiers: ${named.join(', ')}.`,
      { hint: 'Give exactly one of smtpAddress, sid or distinguishedUser.' },
    )
  }
  if (named[0] === 'sid') return requireSid(String(given.sid), what)
  if (named[0] === 'smtpAddress') return { smtpAddress: requireSmtpAddress(String(given.smtpAddress), what) }
  const distinguished = DISTINGUISHED_USERS.find((name) => name === given.distinguishedUser)
  if (!distinguished) {
    throw new InvalidInputError(
      `${capitalize(what)} ${quote(given.distinguishedUser)} is neither Default nor Anonymous.`,
    )
  }
  return { distinguishedUser: distinguished }
}

function requireSid(text: string, what: string): UserRef {
  if (!isSid(text)) {
    throw new InvalidInputError(`${capitalize(what)} ${quote(text)} is not a security identifier.`, {
      hint: 'A SID looks like S-1-5-21-1333220396-2200287332-232816053-1118.',
    })
  }
  return { sid: text.toUpperCase() }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 120))
}
