import { describeUser, type UserIdentity, type UserRef } from '../model/user-ref.ts'

/** `Adele Vance <adele@contoso.com>`, or what there is of it. */
export function userText(user: UserIdentity): string {
  const { displayName, smtpAddress } = user
  return displayName && smtpAddress ? `${displayName} <${smtpAddress}>` : describeUser(user)
}

/** A user as JSON output shows them: the identifiers that are known, and nothing else. */
export function userJson(user: UserIdentity | UserRef | undefined): Readonly<Record<string, string>> | null {
  if (!user) return null
  const { smtpAddress, sid, displayName, distinguishedUser, externalUser } = user as UserIdentity
  const known = { smtpAddress, sid, displayName, distinguishedUser, externalUser }
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => !!entry[1]))
}

/** The identifier to type for this user on a command line. */
export function userWord(user: UserRef): string {
  if ('smtpAddress' in user) return user.smtpAddress
  return 'sid' in user ? user.sid : user.distinguishedUser
}
