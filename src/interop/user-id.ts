import type { UserId } from 'ews-javascript-api/js/ComplexProperties/UserId.js'
import { InvalidInputError } from '../errors.ts'
import {
  DISTINGUISHED_USERS,
  parsePermissionUser,
  type UserIdentity,
  type UserInput,
  type UserRef,
} from '../model/user-ref.ts'
import { ews, oneOf } from './ews-package.ts'

/** All that a `UserId` says, which may be nothing. */
export function fromUserId(userId: UserId | null | undefined): UserIdentity {
  if (!userId) return {}
  const { SID: sid, PrimarySmtpAddress: smtpAddress, DisplayName: displayName } = userId
  // Default is 0, so that only null and undefined mean nobody.
  const standardUser: unknown = userId.StandardUser ?? undefined
  return {
    ...(sid ? { sid } : {}),
    ...(smtpAddress ? { smtpAddress } : {}),
    ...(displayName ? { displayName } : {}),
    ...(standardUser === undefined
      ? {}
      : {
          distinguishedUser: oneOf(ews.StandardUser, standardUser, DISTINGUISHED_USERS, 'The standard user'),
        }),
  }
}

/**
 * The one identifier of a `UserId` under which a request names them: `Default` or `Anonymous`, else the SID, which
 * means the same account even when the address has moved to another, else the address.
 *
 * @throws InvalidInputError when there is none, or it is malformed.
 */
export function userRefFrom(userId: UserId | null | undefined): UserRef {
  const { distinguishedUser, sid, smtpAddress } = fromUserId(userId)
  if (distinguishedUser) return { distinguishedUser }
  if (sid) return parsePermissionUser({ sid })
  if (smtpAddress) return parsePermissionUser({ smtpAddress })
  throw new InvalidInputError('The UserId has no identifier.', {
    hint: 'Set its PrimarySmtpAddress, SID or StandardUser.',
  })
}

/**
 * A `UserId` that says what a reference or an answer does.
 *
 * @throws InvalidInputError for a malformed identifier, and for a user of another organization, for whom a `UserId`
 *   has no place.
 */
export function toUserId(user: UserInput | UserIdentity): UserId {
  const identity: UserIdentity = typeof user === 'string' ? parsePermissionUser(user) : user
  const { sid, smtpAddress, displayName, distinguishedUser, externalUser } = identity
  if (externalUser) {
    throw new InvalidInputError(
      `${JSON.stringify(externalUser.slice(0, 80))} is an external user, and a UserId of ews-javascript-api has no place for one.`,
    )
  }
  const userId = new ews.UserId()
  if (sid) userId.SID = sid
  if (smtpAddress) userId.PrimarySmtpAddress = smtpAddress
  if (displayName) userId.DisplayName = displayName
  if (distinguishedUser) userId.StandardUser = ews.StandardUser[distinguishedUser]
  return userId
}
