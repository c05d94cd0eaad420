import { DISTINGUISHED_USERS, type UserIdentity, type UserRef } from '../../model/user-ref.ts'
import type { QualifiedName, XmlWriter } from '../../xml/builder.ts'
import { childText, type Element } from '../../xml/element.ts'

/** Writes `t:UserId` with exactly one identifier: Exchange refuses those that disagree. */
export function writeUserId(parent: XmlWriter, user: UserRef, name: QualifiedName = 't:UserId'): void {
  parent.element(name, (userId) => {
    if ('sid' in user) userId.text('t:SID', user.sid)
    else if ('smtpAddress' in user) userId.text('t:PrimarySmtpAddress', user.smtpAddress)
    else userId.text('t:DistinguishedUser', user.distinguishedUser)
  })
}

/** Reads `t:UserId`; any part may be missing, and a real server has answered one that is empty. */
export function readUserId(userId: Element | undefined): UserIdentity {
  if (!userId) return {}
  const user: { -readonly [Part in keyof UserIdentity]: UserIdentity[Part] } = {}
  const sid = childText(userId, 'SID')
  if (sid) user.sid = sid
  const smtpAddress = childText(userId, 'PrimarySmtpAddress')
  if (smtpAddress) user.smtpAddress = smtpAddress
  const displayName = childText(userId, 'DisplayName')
  if (displayName) user.displayName = displayName
  const distinguished = childText(userId, 'DistinguishedUser')
  const distinguishedUser = DISTINGUISHED_USERS.find((name) => name === distinguished)
  if (distinguishedUser) user.distinguishedUser = distinguishedUser
  const externalUser = childText(userId, 'ExternalUserIdentity')
  if (externalUser) user.externalUser = externalUser
  return user
}
