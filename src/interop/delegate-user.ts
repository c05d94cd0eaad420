import type { DelegatePermissions } from 'ews-javascript-api/js/ComplexProperties/DelegatePermissions.js'
import type { DelegateUser } from 'ews-javascript-api/js/ComplexProperties/DelegateUser.js'
import {
  DELEGATE_FOLDERS,
  type Delegate,
  type DelegateFolder,
  type DelegateInput,
} from '../model/delegate.ts'
import {
  DELEGATE_LEVELS,
  type DelegateLevel,
  type DelegateLevelRead,
  parseLevel,
} from '../model/permission-level.ts'
import { describeUser, type UserIdentity } from '../model/user-ref.ts'
import { ews, oneOf } from './ews-package.ts'
import { fromUserId, toUserId, userRefFrom } from './user-id.ts'

const LEVEL_OF = {
  calendar: 'CalendarFolderPermissionLevel',
  tasks: 'TasksFolderPermissionLevel',
  inbox: 'InboxFolderPermissionLevel',
  contacts: 'ContactsFolderPermissionLevel',
  notes: 'NotesFolderPermissionLevel',
  journal: 'JournalFolderPermissionLevel',
} as const satisfies Record<DelegateFolder, keyof DelegatePermissions>

const LEVELS: readonly DelegateLevelRead[] = [...DELEGATE_LEVELS, 'Custom']

/** Made here: what they do not name is undefined, so that what is None or false is meant. */
const saysOnlyWhatIsMeant = new WeakSet<object>()

/**
 * A delegate as GetDelegates answered it.
 *
 * @param options.permissions false for an answer that was asked for without permissions: the object then says None
 *   for every folder, and does not know.
 * @throws InvalidInputError for a level that there is none of.
 */
export function fromDelegateUser(
  delegate: DelegateUser,
  options: { readonly permissions?: boolean } = {},
): Delegate {
  const user = fromUserId(delegate.UserId)
  const levels = readLevels(delegate)
  const known = options.permissions !== false && Object.keys(levels).length > 0
  return {
    user,
    ...(known
      ? {
          permissions: Object.fromEntries(
            DELEGATE_FOLDERS.map((folder) => [folder, levels[folder] ?? 'None']),
          ) as Record<DelegateFolder, DelegateLevelRead>,
        }
      : {}),
    ...readFlags(delegate),
  }
}

/**
 * The same to be added or changed, under one identifier.
 *
 * A `DelegateUser` says None and false of what nobody has set, and ews-javascript-api sends that: its UpdateDelegates
 * takes five levels away when one is set on a new object. Here None and false are taken for not set, unless
 * `complete` says that they are meant. `Custom` cannot be sent, and is left alone.
 *
 * @param options.complete true for an object that was read with its permissions and then changed.
 * @throws InvalidInputError for one without a user.
 */
export function delegateInputFrom(
  delegate: DelegateUser,
  options: { readonly complete?: boolean } = {},
): DelegateInput {
  const isMeant = options.complete || saysOnlyWhatIsMeant.has(delegate)
  const levels = Object.entries(readLevels(delegate)).filter(
    ([, level]) => level !== 'Custom' && (isMeant || level !== 'None'),
  ) as [DelegateFolder, DelegateLevel][]
  const flags = Object.entries(readFlags(delegate)).filter(([, value]) => isMeant || value)
  return {
    user: userRefFrom(delegate.UserId),
    ...(levels.length > 0 ? { permissions: Object.fromEntries(levels) } : {}),
    ...Object.fromEntries(flags),
  }
}

/**
 * A `DelegateUser` that says what an answer does, or what is to be changed. What is not named is undefined in it, and
 * ews-javascript-api then leaves it out of what it sends.
 *
 * @throws InvalidInputError for a malformed user or level.
 */
export function toDelegateUser(delegate: Delegate | DelegateInput): DelegateUser {
  const { permissions = {}, receiveCopiesOfMeetingMessages, viewPrivateItems } = delegate
  const user = new ews.DelegateUser()
  // It knows no way to set the whole UserId, and its fields are the whole of it.
  const userId = toUserId(delegate.user)
  user.UserId.SID = userId.SID
  user.UserId.PrimarySmtpAddress = userId.PrimarySmtpAddress
  user.UserId.DisplayName = userId.DisplayName
  user.UserId.StandardUser = userId.StandardUser
  const custom: Record<string, string> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const level = permissions[folder]
    // Typed as if there always were one.
    user.Permissions[LEVEL_OF[folder]] = (
      level === undefined ? undefined : levelValue(level, folder, fromUserId(userId))
    ) as number
    if (level === 'Custom') custom[LEVEL_OF[folder]] = level
  }
  // UpdateDelegates accepts a Custom that was there before, which is only known of what was read: so it is read.
  ;(user.Permissions as unknown as Loadable).LoadFromXmlJsObject(custom, null)
  user.ReceiveCopiesOfMeetingMessages = receiveCopiesOfMeetingMessages as boolean
  user.ViewPrivateItems = viewPrivateItems as boolean
  saysOnlyWhatIsMeant.add(user)
  return user
}

/** How the package fills an object from an answer; internal in its types. */
export interface Loadable {
  LoadFromXmlJsObject(answer: object, service: null): void
}

function levelValue(level: string, folder: DelegateFolder, user: UserIdentity): number {
  return ews.DelegateFolderPermissionLevel[
    parseLevel(level, LEVELS, `the delegate ${describeUser(user)} on ${folder}`)
  ]
}

function readLevels(delegate: DelegateUser): Partial<Record<DelegateFolder, DelegateLevelRead>> {
  const levels: Partial<Record<DelegateFolder, DelegateLevelRead>> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const value: unknown = delegate.Permissions[LEVEL_OF[folder]] ?? undefined
    if (value === undefined) continue
    levels[folder] = oneOf(
      ews.DelegateFolderPermissionLevel,
      value,
      LEVELS,
      `The level of ${describeUser(fromUserId(delegate.UserId))} on ${folder}`,
    )
  }
  return levels
}

function readFlags(
  delegate: DelegateUser,
): Pick<Delegate, 'receiveCopiesOfMeetingMessages' | 'viewPrivateItems'> {
  const { ReceiveCopiesOfMeetingMessages: copies, ViewPrivateItems: privateItems } = delegate
  return {
    ...(typeof copies === 'boolean' ? { receiveCopiesOfMeetingMessages: copies } : {}),
    ...(typeof privateItems === 'boolean' ? { viewPrivateItems: privateItems } : {}),
  }
}
