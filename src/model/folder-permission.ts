import { InvalidInputError } from '../errors.ts'
import {
  type CalendarPermissionLevel,
  completeRights,
  type FolderKind,
  type FolderRights,
  isFreeBusyLevel,
  LEVEL_RIGHTS,
  levelOf,
  NAMED_LEVELS,
  type NamedLevel,
  parseLevel,
  sameRights,
} from './permission-level.ts'
import {
  DISTINGUISHED_USERS,
  describeUser,
  identityMatches,
  parsePermissionUser,
  type UserIdentity,
  type UserInput,
  type UserRef,
  userKey,
} from './user-ref.ts'

/** One entry of a folder's permission list, as Exchange answered it. */
export interface FolderPermission {
  readonly user: UserIdentity
  readonly level: CalendarPermissionLevel
  readonly rights: FolderRights
  /** The server named neither a level nor all eight rights: what it means is not known, so it cannot be written back. */
  readonly incomplete?: true
}

/** A folder's whole permission list. */
export interface PermissionSet {
  readonly kind: FolderKind
  readonly entries: readonly FolderPermission[]
  /** Identifiers, usually SIDs of deleted accounts, that the server shows but does not take back. */
  readonly unknownEntries: readonly string[]
}

/** An entry to set: a named level, or rights one by one. */
export type PermissionInput =
  | { readonly user: UserInput; readonly level: NamedLevel; readonly rights?: never }
  | { readonly user: UserInput; readonly rights: Partial<FolderRights>; readonly level?: never }

/** What to change in a permission list; everybody who is not named keeps exactly what they have. */
export interface PermissionEdit {
  readonly set?: readonly PermissionInput[]
  /** Users whose entries are taken away. `Default` and `Anonymous` cannot be; set them to `None` instead. */
  readonly remove?: readonly UserInput[]
}

/** An entry as it is written: one identifier, and a level or the rights of `Custom`. */
export interface WritablePermission {
  readonly user: UserRef
  readonly level: CalendarPermissionLevel
  readonly rights: FolderRights
}

/** One difference between two permission lists. */
export interface PermissionChange {
  readonly user: UserIdentity
  readonly before?: FolderPermission
  readonly after?: FolderPermission
}

/** The outcome of applying an edit to a list, before anything is written. */
export interface EditedPermissions {
  /** The complete list to write. */
  readonly entries: readonly WritablePermission[]
  readonly changes: readonly PermissionChange[]
  /** Entries of the present list that cannot be written back: no user, only an external one, or rights not told. */
  readonly unwritable: readonly FolderPermission[]
  /**
   * The list that was read has no `Default`, which every list has: it may be incomplete. `Default` is written as None
   * unless the edit sets it, which may take access from everybody.
   */
  readonly lacksDefault: boolean
  /** Users to remove who have no entry. */
  readonly notFound: readonly UserRef[]
}

/**
 * Applies an edit to a permission list. Pure: the protocol replaces the list as a whole, so this computes the
 * whole list, and everybody whom the edit does not name stands in it with the rights they had.
 *
 * @throws InvalidInputError for a user named twice, a calendar-only level on an ordinary folder, or the removal of
 *   `Default` or `Anonymous`.
 */
export function editPermissions(present: PermissionSet, edit: PermissionEdit): EditedPermissions {
  const { set, remove } = checkPermissionEdit(edit)
  for (const entry of set) requireLevelFits(entry, present.kind)

  const entries: WritablePermission[] = []
  const changes: PermissionChange[] = []
  const unwritable: FolderPermission[] = []
  const pending = new Set(set)
  const notFound = new Set(remove)

  for (const entry of present.entries) {
    requireNamedOnce(entry, [...remove, ...set.map((candidate) => candidate.user)])
    const removed = remove.find((user) => identityMatches(entry.user, user))
    if (removed) {
      notFound.delete(removed)
      changes.push({ user: entry.user, before: entry })
      continue
    }
    const replacement = set.find((candidate) => identityMatches(entry.user, candidate.user))
    if (replacement) {
      // A list can hold two entries for one user; the edit means both, and one is enough.
      if (!pending.delete(replacement)) continue
      entries.push({ ...replacement, user: writableUser(entry.user) ?? replacement.user })
      if (!sameRights(entry.rights, replacement.rights)) {
        changes.push({ user: entry.user, before: entry, after: { ...replacement, user: entry.user } })
      }
      continue
    }
    const user = entry.incomplete ? undefined : writableUser(entry.user)
    if (user) entries.push({ user, level: entry.level, rights: entry.rights })
    else unwritable.push(entry)
  }
  for (const entry of pending) {
    entries.push(entry)
    changes.push({ user: identityOf(entry.user), after: { ...entry, user: identityOf(entry.user) } })
  }
  // Both are always in what is written: what Exchange assumes for one that is left out is not documented.
  const lacks = (user: UserRef) => !entries.some((entry) => userKey(entry.user) === userKey(user))
  const lacksDefault = lacks({ distinguishedUser: 'Default' })
  for (const distinguishedUser of DISTINGUISHED_USERS) {
    const user: UserRef = { distinguishedUser }
    if (lacks(user)) entries.push({ user, level: 'None', rights: LEVEL_RIGHTS.None })
  }
  return { entries, changes, unwritable, lacksDefault, notFound: [...notFound] }
}

/**
 * Checks an edit as far as it can be without knowing the folder.
 * @throws InvalidInputError
 */
export function checkPermissionEdit(edit: PermissionEdit): { set: WritablePermission[]; remove: UserRef[] } {
  const set = (edit.set ?? []).map(toWritable)
  const remove = (edit.remove ?? []).map((user) => parsePermissionUser(user))
  const seen = new Set<string>()
  for (const user of [...set.map((entry) => entry.user), ...remove]) {
    if (seen.has(userKey(user)))
      throw new InvalidInputError(`${describeUser(user)} is named more than once in the edit.`)
    seen.add(userKey(user))
  }
  for (const user of remove) {
    if ('distinguishedUser' in user) {
      throw new InvalidInputError(`The entry ${user.distinguishedUser} cannot be removed from a folder.`, {
        hint: `Set ${user.distinguishedUser} to None to take its rights away.`,
      })
    }
  }
  if (set.length === 0 && remove.length === 0) {
    throw new InvalidInputError('The edit changes nothing.', {
      hint: 'Name at least one entry to set or to remove.',
    })
  }
  return { set, remove }
}

/** How two permission lists differ, as sentences; used to check a write by reading it back. */
export function comparePermissions(wanted: readonly WritablePermission[], found: PermissionSet): string[] {
  const differences: string[] = []
  const rest = new Set(found.entries)
  for (const entry of wanted) {
    const match = [...rest].find((candidate) => identityMatches(candidate.user, entry.user))
    if (!match) {
      // Default None and Anonymous None may be left out by a server that stores no such row.
      if (entry.level !== 'None') differences.push(`${describeUser(entry.user)} has no entry.`)
      continue
    }
    rest.delete(match)
    if (!sameRights(match.rights, entry.rights)) {
      differences.push(`${describeUser(entry.user)} has ${match.level} instead of ${entry.level}.`)
    }
  }
  for (const entry of rest) {
    // Written along with a list that lacks it; None says no more than no row.
    const implied = entry.user.distinguishedUser === 'Anonymous' && entry.level === 'None'
    if (writableUser(entry.user) && !implied)
      differences.push(`${describeUser(entry.user)} has an entry that was not written.`)
  }
  return differences
}

/** The one identifier under which an entry is written back; undefined when it has none that Exchange takes. */
function writableUser(user: UserIdentity): UserRef | undefined {
  if (user.distinguishedUser) return { distinguishedUser: user.distinguishedUser }
  if (user.externalUser) return undefined
  // The SID first: it names the account even when the address has moved to somebody else.
  if (user.sid) return { sid: user.sid }
  if (user.smtpAddress) return { smtpAddress: user.smtpAddress }
  return undefined
}

function identityOf(user: UserRef): UserIdentity {
  return { ...user }
}

function toWritable(input: PermissionInput): WritablePermission {
  const user = parsePermissionUser(input.user)
  if (input.level !== undefined && input.rights !== undefined) {
    throw new InvalidInputError(`${describeUser(user)} is given both a level and rights.`, {
      hint: 'Give a named level, or rights for a custom entry.',
    })
  }
  if (input.rights !== undefined) {
    const rights = completeRights(input.rights)
    return { user, rights, level: levelOf(rights, 'calendar') }
  }
  const level = parseLevel(input.level, NAMED_LEVELS, 'a folder')
  return { user, level, rights: LEVEL_RIGHTS[level] }
}

/** A SID and an address can mean one entry, which is only seen once the list has been read. */
function requireNamedOnce(entry: FolderPermission, users: readonly UserRef[]): void {
  const naming = users.filter((user) => identityMatches(entry.user, user))
  if (naming.length > 1) {
    throw new InvalidInputError(`The edit names one entry twice: ${naming.map(describeUser).join(' and ')}.`)
  }
}

function requireLevelFits(entry: WritablePermission, kind: FolderKind): void {
  if (kind === 'calendar') return
  const { readItems } = entry.rights
  if (isFreeBusyLevel(entry.level) || readItems === 'TimeOnly' || readItems === 'TimeAndSubjectAndLocation') {
    throw new InvalidInputError(
      `${describeUser(entry.user)} cannot have ${isFreeBusyLevel(entry.level) ? entry.level : readItems} here: only calendar folders know it.`,
      { hint: 'On other folders reading is None or FullDetails; Reviewer grants it.' },
    )
  }
}
