import { childText, type Element, findChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { effectiveRights, mayAdminister, rightsOn } from '../store/access.ts'
import { type Folder, isClass } from '../store/folder.ts'
import { describeRights } from '../store/rights.ts'
import { isAtLeast } from './envelope.ts'
import { EwsRefusal } from './errors.ts'
import { writeFolderId } from './folder-ids.ts'
import type { EwsContext } from './operation.ts'
import { writePermissionSet } from './permission-set.ts'
import { FOLDER_FIELDS, type FolderField } from './request-schema.ts'
import { type Content, element, elementWith, optional, type XmlNode } from './writer.ts'

/** What a `m:FolderShape` asks for. */
export interface FolderShape {
  readonly fields: ReadonlySet<FolderField>
  /** `t:ExtendedFieldURI` elements. */
  readonly extended: readonly Element[]
}

/** A MAPI property of a folder, by its tag without the type part. */
interface MapiProperty {
  readonly type: string
  readonly read: (folder: Folder) => string
}

/**
 * The MAPI properties that a folder has here. Any other one is a property that nobody has set, and is left out of
 * the answer, as Exchange leaves it out.
 */
const MAPI_PROPERTIES: ReadonlyMap<number, MapiProperty> = new Map<number, MapiProperty>([
  [0x10f4, { type: 'Boolean', read: () => 'false' }], // PidTagAttributeHidden
  [0x3001, { type: 'String', read: (folder) => folder.displayName }], // PidTagDisplayName
  [0x3601, { type: 'Integer', read: (folder) => (folder.searchFolder ? '2' : folder.parent ? '1' : '0') }], // PidTagFolderType
  [0x3602, { type: 'Integer', read: (folder) => String(folder.itemCount) }], // PidTagContentCount
  [0x3603, { type: 'Integer', read: (folder) => String(unreadCount(folder)) }], // PidTagContentUnreadCount
  [0x360a, { type: 'Boolean', read: (folder) => String(folder.children().length > 0) }], // PidTagSubfolders
  [0x3613, { type: 'String', read: (folder) => folder.folderClass }], // PidTagContainerClass
])

const DEFAULT_SHAPE: readonly FolderField[] = [
  'folder:FolderId',
  'folder:DisplayName',
  'folder:TotalCount',
  'folder:ChildFolderCount',
  'folder:UnreadCount',
]

/** Everything but the permission set: Exchange 2013 and later return that only when it is named. */
const ALL_PROPERTIES: readonly FolderField[] = [
  ...DEFAULT_SHAPE,
  'folder:ParentFolderId',
  'folder:FolderClass',
  'folder:EffectiveRights',
  'folder:DistinguishedFolderId',
]

/** @throws EwsRefusal `ErrorInvalidPropertyRequest` for a property that folders do not have. */
export function readFolderShape(context: EwsContext, shape: Element): FolderShape {
  const base = childText(shape, 'BaseShape', NAMESPACES.types)
  const fields = new Set<FolderField>(
    base === 'AllProperties' ? ALL_PROPERTIES : base === 'Default' ? DEFAULT_SHAPE : ['folder:FolderId'],
  )
  // Clients of older schemas meet no element that they cannot know, unless they ask for it.
  if (!isAtLeast(context.version, 'Exchange2013')) fields.delete('folder:DistinguishedFolderId')
  const extended: Element[] = []
  for (const path of findChild(shape, 'AdditionalProperties', NAMESPACES.types)?.children ?? []) {
    if (path.name === 'ExtendedFieldURI') extended.push(requireExtendedField(path))
    else fields.add(requireFolderField(path))
  }
  return { fields, extended }
}

/** The folder property that a path names. @throws EwsRefusal */
export function requireFolderField(path: Element): FolderField {
  const field = FOLDER_FIELDS.find((name) => path.name === 'FieldURI' && name === path.attributes.FieldURI)
  if (!field) throw new EwsRefusal('ErrorInvalidPropertyRequest')
  return field
}

/** The same path, when its attributes name a MAPI property in one of the two ways there are. @throws EwsRefusal */
export function requireExtendedField(path: Element): Element {
  const { PropertyTag, PropertySetId, DistinguishedPropertySetId, PropertyName, PropertyId } = path.attributes
  const named =
    (PropertySetId === undefined) !== (DistinguishedPropertySetId === undefined) &&
    (PropertyName === undefined) !== (PropertyId === undefined)
  const anyNamed = PropertySetId ?? DistinguishedPropertySetId ?? PropertyName ?? PropertyId
  if (PropertyTag === undefined ? !named : anyNamed !== undefined) {
    throw new EwsRefusal('ErrorInvalidExtendedProperty')
  }
  return path
}

/** The value of a MAPI property, or undefined when the folder does not have it. */
export function extendedValue(folder: Folder, path: Element): string | undefined {
  const tag = path.attributes.PropertyTag
  if (tag === undefined) return undefined
  const property = MAPI_PROPERTIES.get(Number(tag))
  return property && property.type === path.attributes.PropertyType ? property.read(folder) : undefined
}

/** The name of a folder's element, which goes by its class. */
export function folderElementName(folder: Folder): string {
  if (folder.searchFolder) return 'SearchFolder'
  if (folder.kind === 'calendar') return 'CalendarFolder'
  if (isClass(folder.folderClass, 'IPF.Contact')) return 'ContactsFolder'
  if (isClass(folder.folderClass, 'IPF.Task')) return 'TasksFolder'
  return 'Folder'
}

/**
 * A folder with the properties asked for, in the schema's order.
 * @throws EwsRefusal `ErrorAccessDenied` when the permission set is asked for by somebody who may not see it.
 */
export function writeFolder(context: EwsContext, folder: Folder, shape: FolderShape): XmlNode {
  const name = folderElementName(folder)
  const sharing = name === 'CalendarFolder' || name === 'ContactsFolder'
  const field = (wanted: FolderField, write: () => Content): Content =>
    shape.fields.has(wanted) ? write() : undefined
  return element(
    `t:${name}`,
    field('folder:FolderId', () => writeFolderId('t:FolderId', folder)),
    field('folder:ParentFolderId', () => folder.parent && writeFolderId('t:ParentFolderId', folder.parent)),
    field('folder:FolderClass', () => optional('t:FolderClass', folder.folderClass || undefined)),
    field('folder:DisplayName', () => element('t:DisplayName', folder.displayName)),
    field('folder:TotalCount', () => element('t:TotalCount', folder.itemCount)),
    field('folder:ChildFolderCount', () => element('t:ChildFolderCount', folder.children().length)),
    shape.extended.map((path) => writeExtended(folder, path)),
    field('folder:EffectiveRights', () => writeEffectiveRights(context, folder)),
    field('folder:DistinguishedFolderId', () =>
      optional('t:DistinguishedFolderId', folder.distinguishedName),
    ),
    sharing
      ? field('folder:SharingEffectiveRights', () =>
          element('t:SharingEffectiveRights', sharingRights(context, folder)),
        )
      : undefined,
    field('folder:PermissionSet', () => {
      if (!mayAdminister(context.exchange, context.user, folder)) throw new EwsRefusal('ErrorAccessDenied')
      return writePermissionSet(context.exchange, folder)
    }),
    sharing ? undefined : field('folder:UnreadCount', () => element('t:UnreadCount', unreadCount(folder))),
  )
}

const SEARCHABLE: ReadonlySet<string> = new Set<FolderField>([
  'folder:DisplayName',
  'folder:FolderClass',
  'folder:TotalCount',
  'folder:ChildFolderCount',
  'folder:UnreadCount',
])

/** How a restriction reads folders. @throws EwsRefusal for a property that cannot be searched for. */
export function readFolderPath(path: Element): (folder: Folder) => string | number | undefined {
  if (path.name === 'ExtendedFieldURI') {
    const extended = requireExtendedField(path)
    return (folder) => extendedValue(folder, extended)
  }
  const field = requireFolderField(path)
  // A property that cannot be compared is refused even when there is no folder to compare.
  if (!SEARCHABLE.has(field)) throw new EwsRefusal('ErrorUnsupportedPathForQuery')
  return (folder) => comparableValue(folder, field)
}

/** The plain value of a property that a restriction can compare; undefined when the folder does not have it. */
function comparableValue(folder: Folder, field: FolderField): string | number | undefined {
  switch (field) {
    case 'folder:DisplayName':
      return folder.displayName
    case 'folder:FolderClass':
      return folder.folderClass || undefined
    case 'folder:TotalCount':
      return folder.itemCount
    case 'folder:ChildFolderCount':
      return folder.children().length
    case 'folder:UnreadCount':
      return unreadCount(folder)
    default:
      throw new EwsRefusal('ErrorUnsupportedPathForQuery')
  }
}

function unreadCount(folder: Folder): number {
  return folder.items().filter((item) => !item.isRead).length
}

function writeExtended(folder: Folder, path: Element): XmlNode | undefined {
  const value = extendedValue(folder, path)
  if (value === undefined) return undefined
  return element(
    't:ExtendedProperty',
    elementWith('t:ExtendedFieldURI', {
      PropertyTag: `0x${Number(path.attributes.PropertyTag).toString(16)}`,
      PropertyType: path.attributes.PropertyType,
    }),
    element('t:Value', value),
  )
}

function writeEffectiveRights(context: EwsContext, folder: Folder): XmlNode {
  const rights = effectiveRights(context.exchange, context.user, folder)
  return element(
    't:EffectiveRights',
    element('t:CreateAssociated', rights.createAssociated),
    element('t:CreateContents', rights.createContents),
    element('t:CreateHierarchy', rights.createHierarchy),
    element('t:Delete', rights.delete),
    element('t:Modify', rights.modify),
    element('t:Read', rights.read),
    // Exchange 2010 added it.
    isAtLeast(context.version, 'Exchange2010')
      ? element('t:ViewPrivateItems', rights.viewPrivateItems)
      : undefined,
  )
}

function sharingRights(context: EwsContext, folder: Folder): string {
  return describeRights(rightsOn(context.exchange, context.user, folder)).readItems
}
