import type { FolderPermission as EwsFolderPermission } from 'ews-javascript-api/js/ComplexProperties/FolderPermission.js'
import { InvalidInputError } from '../errors.ts'
import type { FolderPermission, PermissionInput } from '../model/folder-permission.ts'
import {
  type CalendarPermissionLevel,
  completeRights,
  type FolderRights,
  ITEM_SCOPES,
  LEVEL_RIGHTS,
  levelOf,
  NAMED_LEVELS,
  READ_ACCESS,
} from '../model/permission-level.ts'
import { describeUser } from '../model/user-ref.ts'
import { ews, oneOf } from './ews-package.ts'
import { fromUserId, toUserId, userRefFrom } from './user-id.ts'

const LEVELS: readonly CalendarPermissionLevel[] = [...NAMED_LEVELS, 'Custom']

/**
 * An entry of a permission list, with all its rights. Custom rights of which some were never set are marked
 * `incomplete`: the package forgets the rights of a level when one of them is changed on a new object.
 *
 * @throws InvalidInputError for one without a level.
 */
export function fromFolderPermission(permission: EwsFolderPermission): FolderPermission {
  const user = fromUserId(permission.UserId)
  const level = oneOf(
    ews.FolderPermissionLevel,
    permission.PermissionLevel,
    LEVELS,
    `The level of ${describeUser(user)}`,
  )
  if (level !== 'Custom') return { user, level, rights: LEVEL_RIGHTS[level] }
  const given = readRights(permission)
  const rights = completeRights(given)
  const incomplete = Object.keys(given).length < Object.keys(rights).length
  return { user, level: levelOf(rights, 'calendar'), rights, ...(incomplete ? { incomplete } : {}) }
}

/**
 * The same to be set: under one identifier, by its level or by its rights.
 *
 * @throws InvalidInputError for one without a user or a level, and for custom rights of which some were never set:
 *   to guess them would give or take rights that nobody named.
 */
export function permissionInputFrom(permission: EwsFolderPermission): PermissionInput {
  const { level, rights, ...entry } = fromFolderPermission(permission)
  requireComplete(entry)
  const user = userRefFrom(permission.UserId)
  return level === 'Custom' ? { user, rights } : { user, level }
}

/**
 * Note that ews-javascript-api itself cannot send custom rights: it writes the scopes as numbers, and Exchange
 * refuses the request. Change such entries with `updateFolderPermissions`.
 *
 * @throws InvalidInputError for a malformed user or level, and for an entry that is not complete.
 */
export function toFolderPermission(entry: FolderPermission | PermissionInput): EwsFolderPermission {
  const userId = toUserId(entry.user)
  requireComplete({ ...entry, user: fromUserId(userId) })
  const rights = entry.rights ? completeRights(entry.rights) : LEVEL_RIGHTS[entry.level]
  const level = levelOf(rights, 'calendar')
  const permission = new ews.FolderPermission()
  permission.UserId = userId
  if (level !== 'Custom') {
    permission.PermissionLevel = ews.FolderPermissionLevel[level]
    return permission
  }
  // Each of these works the level out anew, so that it is Custom in the end.
  permission.CanCreateItems = rights.createItems
  permission.CanCreateSubFolders = rights.createSubFolders
  permission.IsFolderOwner = rights.folderOwner
  permission.IsFolderVisible = rights.folderVisible
  permission.IsFolderContact = rights.folderContact
  permission.EditItems = ews.PermissionScope[rights.editItems]
  permission.DeleteItems = ews.PermissionScope[rights.deleteItems]
  permission.ReadItems = ews.FolderPermissionReadAccess[rights.readItems]
  return permission
}

function readRights(permission: EwsFolderPermission): Partial<FolderRights> {
  const scope = (value: unknown, what: string) =>
    value === undefined || value === null
      ? undefined
      : oneOf(ews.PermissionScope, value, ITEM_SCOPES, `The right ${what}`)
  const { ReadItems: readItems } = permission
  const rights: { [Name in keyof FolderRights]: FolderRights[Name] | undefined } = {
    createItems: permission.CanCreateItems,
    createSubFolders: permission.CanCreateSubFolders,
    folderOwner: permission.IsFolderOwner,
    folderVisible: permission.IsFolderVisible,
    folderContact: permission.IsFolderContact,
    editItems: scope(permission.EditItems, 'EditItems'),
    deleteItems: scope(permission.DeleteItems, 'DeleteItems'),
    readItems:
      readItems === undefined || readItems === null
        ? undefined
        : oneOf(ews.FolderPermissionReadAccess, readItems, READ_ACCESS, 'The right ReadItems'),
  }
  return Object.fromEntries(Object.entries(rights).filter(([, value]) => value !== undefined))
}

function requireComplete(entry: Pick<FolderPermission, 'user' | 'incomplete'>): void {
  if (!entry.incomplete) return
  throw new InvalidInputError(
    `The rights of ${describeUser(entry.user)} are Custom, and some of them are not set.`,
    { hint: 'Set all eight of them, or a PermissionLevel.' },
  )
}
