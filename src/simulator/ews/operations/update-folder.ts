import { childText, type Element, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayAdminister } from '../../store/access.ts'
import type { Folder } from '../../store/folder.ts'
import { EwsRefusal } from '../errors.ts'
import { requireFolderForUpdate, writeFolderId } from '../folder-ids.ts'
import { folderElementName, requireExtendedField, requireFolderField } from '../folder-properties.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { readPermissionSet } from '../permission-set.ts'
import { itemizedResponse, message } from '../response.ts'
import { element } from '../writer.ts'

/** Changes folders: their permission sets and display names. Each folder changes as a whole or not at all. */
export const updateFolder: EwsOperation = {
  name: 'UpdateFolder',
  requestType: 'UpdateFolderType',
  since: 'Exchange2007',
  handle(context, request) {
    const changes = requireChild(request, 'FolderChanges', NAMESPACES.messages).children
    return itemizedResponse(
      'UpdateFolder',
      changes.map((change) =>
        message(
          'm:UpdateFolderResponseMessage',
          () => {
            const folder = applyChange(context, change)
            return element(
              'm:Folders',
              element(`t:${folderElementName(folder)}`, writeFolderId('t:FolderId', folder)),
            )
          },
          element('m:Folders'),
        ),
      ),
    )
  },
}

function applyChange(context: EwsContext, change: Element): Folder {
  const [id, updates] = change.children as [Element, Element]
  const folder = requireFolderForUpdate(context, id)
  if (!mayAdminister(context.exchange, context.user, folder)) throw new EwsRefusal('ErrorAccessDenied')
  // Everything is read and checked before anything is written.
  const writes = updates.children.map((update) => readUpdate(context, folder, update))
  for (const write of writes) write()
  folder.touch()
  return folder
}

function readUpdate(context: EwsContext, folder: Folder, update: Element): () => void {
  const [path, object] = update.children as [Element, Element | undefined]
  if (path.name === 'ExtendedFieldURI') {
    requireExtendedField(path)
    throw new EwsRefusal(
      'ErrorInvalidPropertySet',
      'Extended properties of folders are not modelled by this simulator.',
    )
  }
  const field = requireFolderField(path)
  if (update.name === 'AppendToFolderField') throw new EwsRefusal('ErrorInvalidPropertyAppend')
  if (update.name === 'DeleteFolderField' || !object) {
    if (field !== 'folder:PermissionSet') throw new EwsRefusal('ErrorInvalidPropertyDelete')
    // "Deletes all settings" (how-to on setting folder permissions): Default and Anonymous are left without rights.
    return () => folder.permissions.replace([{ trustee: { kind: 'default' }, rights: 0 }])
  }
  const [property, ...others] = object.children
  if (!property || others.length > 0) throw new EwsRefusal('ErrorIncorrectUpdatePropertyCount')
  if (`folder:${property.name}` !== field) throw new EwsRefusal('ErrorUpdatePropertyMismatch')
  requireFittingElement(folder, object, property)
  if (field === 'folder:PermissionSet') {
    const entries = readPermissionSet(context.exchange, property, folder.kind)
    return () => folder.permissions.replace(entries)
  }
  if (field === 'folder:DisplayName') {
    const name = requireName(folder, childText(object, 'DisplayName', NAMESPACES.types) ?? '')
    return () => folder.rename(name)
  }
  throw new EwsRefusal('ErrorInvalidPropertySet')
}

/** `t:Folder` may stand for any ordinary folder; the shape of a permission set has errors of its own. */
function requireFittingElement(folder: Folder, object: Element, property: Element): void {
  if (
    object.name === folderElementName(folder) ||
    object.name === 'Folder' ||
    property.name === 'PermissionSet'
  )
    return
  throw new EwsRefusal('ErrorObjectTypeChanged')
}

function requireName(folder: Folder, name: string): string {
  // The folders every mailbox has keep their names here.
  if (name === '' || folder.distinguishedName !== undefined)
    throw new EwsRefusal('ErrorFolderSavePropertyError')
  const taken = folder.parent
    ?.children()
    .some((sibling) => sibling !== folder && sibling.displayName.toLowerCase() === name.toLowerCase())
  if (taken) throw new EwsRefusal('ErrorFolderExists')
  return name
}
