import { XmlError } from '../../errors.ts'
import type { PermissionSet } from '../../model/folder-permission.ts'
import type { FolderId } from '../../model/folder-target.ts'
import type { NewFolder } from '../../model/new-folder.ts'
import type { FolderKind } from '../../model/permission-level.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { childBoolean, childText, type Element, findChild } from '../../xml/element.ts'
import { readFolderId } from './folder-id.ts'
import { readPermissionSet } from './permission-set.ts'

/** The elements a folder can be, in answers and in UpdateFolder. */
export const FOLDER_ELEMENTS = [
  'Folder',
  'CalendarFolder',
  'ContactsFolder',
  'SearchFolder',
  'TasksFolder',
] as const
export type FolderElement = (typeof FOLDER_ELEMENTS)[number]

/** What the caller may do in the folder (`t:EffectiveRights`). */
export interface EffectiveRights {
  readonly createAssociated: boolean
  readonly createContents: boolean
  readonly createHierarchy: boolean
  readonly delete: boolean
  readonly modify: boolean
  readonly read: boolean
  readonly viewPrivateItems?: boolean
}

/** A folder as Exchange answers it; what was not asked for, or is not told, is absent. */
export interface Folder {
  /** With its change key: pass it straight back for implicit access. */
  readonly id: FolderId
  readonly kind: FolderKind
  readonly element: FolderElement
  readonly parentId?: FolderId
  /** E.g. `IPF.Appointment`. */
  readonly folderClass?: string
  /** In the mailbox's own language. */
  readonly displayName?: string
  readonly totalCount?: number
  readonly childFolderCount?: number
  readonly unreadCount?: number
  readonly effectiveRights?: EffectiveRights
  readonly permissions?: PermissionSet
}

export function readFolder(folder: Element): Folder {
  const element = FOLDER_ELEMENTS.find((name) => name === folder.name)
  const folderId = findChild(folder, 'FolderId')
  if (!element || !folderId)
    throw new XmlError('ERR_INVALID_RESPONSE', `<${folder.name}> is not a folder with an id.`)
  const parent = findChild(folder, 'ParentFolderId')
  const rights = findChild(folder, 'EffectiveRights')
  const permissions = findChild(folder, 'PermissionSet')
  return {
    id: readFolderId(folderId),
    kind: element === 'CalendarFolder' ? 'calendar' : 'ordinary',
    element,
    ...(parent ? { parentId: readFolderId(parent) } : {}),
    ...present('folderClass', childText(folder, 'FolderClass')),
    ...present('displayName', childText(folder, 'DisplayName')),
    ...present('totalCount', childNumber(folder, 'TotalCount')),
    ...present('childFolderCount', childNumber(folder, 'ChildFolderCount')),
    ...present('unreadCount', childNumber(folder, 'UnreadCount')),
    ...(rights ? { effectiveRights: readEffectiveRights(rights) } : {}),
    ...(permissions ? { permissions: readPermissionSet(permissions) } : {}),
  }
}

/** The element that makes a folder of a class; what is none of these is a plain folder of that class. */
const ELEMENT_OF_CLASS: Readonly<Record<string, FolderElement>> = {
  'IPF.Appointment': 'CalendarFolder',
  'IPF.Contact': 'ContactsFolder',
  'IPF.Task': 'TasksFolder',
}

/** Writes a checked folder to create; the element alone says the class where there is one for it. */
export function writeNewFolder(parent: XmlWriter, folder: NewFolder): void {
  const { folderClass, displayName } = folder
  const element = folderClass === undefined ? undefined : ELEMENT_OF_CLASS[folderClass]
  parent.element(`t:${element ?? 'Folder'}`, (inner) => {
    if (!element) inner.text('t:FolderClass', folderClass)
    inner.text('t:DisplayName', displayName)
  })
}

/** Reads `t:EffectiveRights`, of a folder or of an item. */
export function readEffectiveRights(rights: Element): EffectiveRights {
  return {
    createAssociated: childBoolean(rights, 'CreateAssociated') ?? false,
    createContents: childBoolean(rights, 'CreateContents') ?? false,
    createHierarchy: childBoolean(rights, 'CreateHierarchy') ?? false,
    delete: childBoolean(rights, 'Delete') ?? false,
    modify: childBoolean(rights, 'Modify') ?? false,
    read: childBoolean(rights, 'Read') ?? false,
    ...present('viewPrivateItems', childBoolean(rights, 'ViewPrivateItems')),
  }
}

function childNumber(parent: Element, name: string): number | undefined {
  const text = childText(parent, name)
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }
}
