import { XmlError } from '../../errors.ts'
import type { FolderPermission, PermissionSet, WritablePermission } from '../../model/folder-permission.ts'
import {
  type FolderKind,
  type FolderRights,
  ITEM_SCOPES,
  LEVEL_RIGHTS,
  levelOf,
  NAMED_LEVELS,
  READ_ACCESS,
  sameRights,
} from '../../model/permission-level.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { childBoolean, childText, type Element, findChild } from '../../xml/element.ts'
import { readUserId, writeUserId } from './user-id.ts'

/**
 * Writes the complete `t:PermissionSet`. A named level goes alone: Exchange 2007 and 2010 refuse rights beside it
 * (ErrorInvalidPermissionSettings). Custom goes with all eight rights.
 */
export function writePermissionSet(
  folder: XmlWriter,
  kind: FolderKind,
  entries: readonly WritablePermission[],
): void {
  const calendar = kind === 'calendar'
  folder.element('t:PermissionSet', (set) =>
    set.element(calendar ? 't:CalendarPermissions' : 't:Permissions', (list) => {
      for (const entry of entries) {
        list.element(calendar ? 't:CalendarPermission' : 't:Permission', (permission) => {
          writeUserId(permission, entry.user)
          if (entry.level === 'Custom') writeRights(permission, entry.rights)
          permission.text(calendar ? 't:CalendarPermissionLevel' : 't:PermissionLevel', entry.level)
        })
      }
    }),
  )
}

function writeRights(permission: XmlWriter, rights: FolderRights): void {
  permission.text('t:CanCreateItems', rights.createItems)
  permission.text('t:CanCreateSubFolders', rights.createSubFolders)
  permission.text('t:IsFolderOwner', rights.folderOwner)
  permission.text('t:IsFolderVisible', rights.folderVisible)
  permission.text('t:IsFolderContact', rights.folderContact)
  permission.text('t:EditItems', rights.editItems)
  permission.text('t:DeleteItems', rights.deleteItems)
  permission.text('t:ReadItems', rights.readItems)
}

/** Reads `t:PermissionSet` in either shape; which it is tells what kind of folder it is. */
export function readPermissionSet(set: Element): PermissionSet {
  const calendarList = findChild(set, 'CalendarPermissions')
  const list = calendarList ?? findChild(set, 'Permissions')
  if (!list) throw new XmlError('ERR_INVALID_RESPONSE', '<PermissionSet> holds no list of permissions.')
  const kind = calendarList ? 'calendar' : 'ordinary'
  return {
    kind,
    entries: list.children.map(readPermission(kind)),
    unknownEntries: (findChild(set, 'UnknownEntries')?.children ?? []).map((entry) => entry.text.trim()),
  }
}

function readPermission(kind: FolderKind): (permission: Element) => FolderPermission {
  return (permission) => {
    const text =
      childText(permission, 'CalendarPermissionLevel') ?? childText(permission, 'PermissionLevel') ?? ''
    const named = NAMED_LEVELS.find((level) => level === text)
    const given = readRights(permission)
    // Every right is optional in the schema; what is left out is what the level says.
    const rights = { ...LEVEL_RIGHTS[named ?? 'None'], ...given }
    return {
      user: readUserId(findChild(permission, 'UserId')),
      // Rights that the level does not have decide: written back under its name they would be lost.
      level: named && sameRights(rights, LEVEL_RIGHTS[named]) ? named : levelOf(rights, kind),
      rights,
      // Without a level that says the rest, what is missing is not known, and cannot be written back.
      ...(named || Object.keys(given).length === RIGHT_COUNT ? {} : { incomplete: true as const }),
    }
  }
}

const RIGHT_COUNT = Object.keys(LEVEL_RIGHTS.None).length

function readRights(permission: Element): Partial<FolderRights> {
  const rights: { -readonly [Name in keyof FolderRights]?: FolderRights[Name] } = {}
  for (const [name, element] of FLAGS) {
    const value = childBoolean(permission, element)
    if (value !== undefined) rights[name] = value
  }
  const editItems = readOneOf(permission, 'EditItems', ITEM_SCOPES)
  if (editItems) rights.editItems = editItems
  const deleteItems = readOneOf(permission, 'DeleteItems', ITEM_SCOPES)
  if (deleteItems) rights.deleteItems = deleteItems
  const readItems = readOneOf(permission, 'ReadItems', READ_ACCESS)
  if (readItems) rights.readItems = readItems
  return rights
}

const FLAGS = [
  ['createItems', 'CanCreateItems'],
  ['createSubFolders', 'CanCreateSubFolders'],
  ['folderOwner', 'IsFolderOwner'],
  ['folderVisible', 'IsFolderVisible'],
  ['folderContact', 'IsFolderContact'],
] as const

/** A value nobody knows is an error: guessing would write different rights back. */
function readOneOf<Value extends string>(
  parent: Element,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const text = childText(parent, name)
  if (text === undefined || text === '') return undefined
  const value = values.find((known) => known === text)
  if (!value)
    throw new XmlError('ERR_INVALID_RESPONSE', `<${name}> holds ${JSON.stringify(text.slice(0, 40))}.`)
  return value
}
