import type { Delegate, DeliverMeetingRequests } from './delegate.ts'
import { type FolderName, folderNameKey } from './folder-name.ts'
import type { FolderPermission, PermissionSet } from './folder-permission.ts'
import { type FolderRights, LEVEL_RIGHTS, type NamedLevel } from './permission-level.ts'
import { identityMatches, isSmtpAddress, type UserIdentity, type UserRef } from './user-ref.ts'

/** What one entry grants: a level by name, or rights that no level has. */
export type Grant = NamedLevel | FolderRights

/** What the server says instead of a delegate, usually because the account is gone; or instead of all of them. */
export interface DelegateProblem {
  readonly code: string
  readonly message: string
}

/** One folder as it was found. */
export interface FolderState {
  readonly folder: FolderName
  /** The server's id of it, for reports. */
  readonly id?: string
  readonly permissions: PermissionSet
}

/** A folder that was asked for and is not there, or may not be seen. */
export interface MissingFolder {
  readonly folder: FolderName
  readonly code: string
  readonly message: string
}

/** Who may do what in one mailbox, as far as it was asked for. */
export interface MailboxState {
  /** The owner's primary SMTP address. */
  readonly mailbox: string
  /** Absent: not asked for, or not known, see `delegatesUnread`. */
  readonly delegates?: readonly Delegate[]
  /** Why the delegates are not known although they were asked for. */
  readonly delegatesUnread?: DelegateProblem
  readonly delegateProblems?: readonly DelegateProblem[]
  /** Absent: not asked for, or the server does not say. */
  readonly deliverMeetingRequests?: DeliverMeetingRequests
  readonly folders: readonly FolderState[]
  readonly missing?: readonly MissingFolder[]
}

export function rightsOf(grant: Grant): FolderRights {
  return typeof grant === 'string' ? LEVEL_RIGHTS[grant] : grant
}

/** What an entry grants: by name where a level has exactly these rights. */
export function grantOf(entry: Pick<FolderPermission, 'level' | 'rights'>): Grant {
  return entry.level === 'Custom' ? entry.rights : entry.level
}

export function findFolderState(state: MailboxState, folder: FolderName): FolderState | undefined {
  const key = folderNameKey(folder)
  return state.folders.find((candidate) => folderNameKey(candidate.folder) === key)
}

export function findEntry(set: PermissionSet, user: UserRef | UserIdentity): FolderPermission | undefined {
  return set.entries.find((entry) => sameUser(entry.user, user))
}

export function findDelegate(state: MailboxState, user: UserRef | UserIdentity): Delegate | undefined {
  return state.delegates?.find((delegate) => sameUser(delegate.user, user))
}

/** Does what a server said of a user mean the same account as a reference, or as what it said elsewhere? */
export function sameUser(identity: UserIdentity, user: UserRef | UserIdentity): boolean {
  const { sid, smtpAddress, distinguishedUser } = user as UserIdentity
  // A SID outlives addresses, so when both sides tell theirs it alone decides.
  if (sid !== undefined && identity.sid !== undefined) return identityMatches(identity, { sid })
  if (smtpAddress !== undefined && identityMatches(identity, { smtpAddress })) return true
  return distinguishedUser !== undefined && identityMatches(identity, { distinguishedUser })
}

/**
 * The identifier by which a found user is named again; the address before the SID, as people read it. What is no
 * address, as the legacy name that Exchange answers for some accounts, could not be written back.
 */
export function refOf(identity: UserIdentity): UserRef | undefined {
  if (identity.distinguishedUser) return { distinguishedUser: identity.distinguishedUser }
  if (identity.externalUser) return undefined
  if (identity.smtpAddress && isSmtpAddress(identity.smtpAddress))
    return { smtpAddress: identity.smtpAddress }
  if (identity.sid) return { sid: identity.sid }
  return undefined
}
