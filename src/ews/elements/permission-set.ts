import { XmlError } from '../../errors.ts'
import type { FolderPermission, PermissionSet, WritablePermission } from '../../model/folder-permission.ts'
import {
  type CalendarPermissionLevel,
  type FolderKind,
  type FolderRights,
  ITEM_SCOPES,
  LEVEL_RIGHTS,
  NAMED_LEVELS,
  READ_ACCESS,
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
  return {
    kind: calendarList ? 'calendar' : 'ordinary',
    entries: list.children.map(readPermission),
    unknownEntries: (findChild(set, 'UnknownEntries')?.children ?? []).map((entry) => entry.text.trim()),
  }
}

function readPermission(permission: Element): FolderPermission {
  const text =
    childText(permission, 'CalendarPermissionLevel') ?? childText(permission, 'PermissionLevel') ?? ''
  const named = NAMED_LEVELS.find((level) => level === text)
  const level: CalendarPermissionLevel = named ?? 'Custom'
  const assumed = LEVEL_RIGHTS[named ?? 'None']
  return {
    user: readUserId(findChild(permission, 'UserId')),
    level,
    // Every right is optional in the schema; what is left out is what the level says.
    rights: {
      createItems: childBoolean(permission, 'CanCreateItems') ?? assumed.createItems,
      createSubFolders: childBoolean(permission, 'CanCreateSubFolders') ?? assumed.createSubFolders,
      folderOwner: childBoolean(permission, 'IsFolderOwner') ?? assumed.folderOwner,
      folderVisible: childBoolean(permission, 'IsFolderVisible') ?? assumed.folderVisible,
      folderContact: childBoolean(permission, 'IsFolderContact') ?? assumed.folderContact,
      editItems: readOneOf(permission, 'EditItems', ITEM_SCOPES) ?? assumed.editItems,
      deleteItems: readOneOf(permission, 'DeleteItems', ITEM_SCOPES) ?? assumed.deleteItems,
      readItems: readOneOf(permission, 'ReadItems', READ_ACCESS) ?? assumed.readItems,
    },
  }
}

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
