import { childText, type Element, findChild, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayCreateFolders } from '../../store/access.ts'
import { type Folder, type FolderFields, isClass } from '../../store/folder.ts'
import { EwsRefusal } from '../errors.ts'
import { writeFolderId } from '../folder-ids.ts'
import { folderElementName } from '../folder-properties.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { readPermissionSet } from '../permission-set.ts'
import { itemizedResponse, message } from '../response.ts'
import { requireTargetFolder } from '../target-folder.ts'
import { element } from '../writer.ts'

/** Makes folders inside another one, whose permissions they inherit. */
export const createFolder: EwsOperation = {
  name: 'CreateFolder',
  requestType: 'CreateFolderType',
  since: 'Exchange2007',
  handle(context, request) {
    const folders = requireChild(request, 'Folders', NAMESPACES.messages).children
    const parent = requireChild(request, 'ParentFolderId', NAMESPACES.messages)
    return itemizedResponse(
      'CreateFolder',
      folders.map((source) =>
        message(
          'm:CreateFolderResponseMessage',
          () => {
            const folder = create(
              context,
              requireTargetFolder(context, parent, 'ErrorParentFolderNotFound'),
              source,
            )
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

/** The class of a folder of each kind. */
const CLASSES: Readonly<Record<string, string>> = {
  Folder: 'IPF.Note',
  CalendarFolder: 'IPF.Appointment',
  ContactsFolder: 'IPF.Contact',
  TasksFolder: 'IPF.Task',
}

const SETTABLE = new Set(['FolderClass', 'DisplayName', 'PermissionSet'])

function create(context: EwsContext, parent: Folder, source: Element): Folder {
  if (!mayCreateFolders(context.exchange, context.user, parent))
    throw new EwsRefusal('ErrorCreateSubfolderAccessDenied')
  if (parent.searchFolder) throw new EwsRefusal('ErrorInvalidParentFolder')
  const usual = CLASSES[source.name]
  const other = source.children.find(({ name }) => !SETTABLE.has(name))
  if (usual === undefined || other) {
    throw new EwsRefusal(
      'ErrorInvalidPropertySet',
      `Making a ${source.name}${other ? ` with ${other.name}` : ''} is not modelled by this simulator.`,
    )
  }
  const folderClass = childText(source, 'FolderClass', NAMESPACES.types) ?? usual
  if (source.name !== 'Folder' && !isClass(folderClass, usual))
    throw new EwsRefusal('ErrorNoFolderClassOverride')
  const displayName = childText(source, 'DisplayName', NAMESPACES.types) ?? ''
  if (displayName === '') throw new EwsRefusal('ErrorFolderSavePropertyError')
  if (parent.children().some((child) => child.displayName.toLowerCase() === displayName.toLowerCase()))
    throw new EwsRefusal('ErrorFolderExists')
  const fields: FolderFields = { displayName, folderClass }
  const set = findChild(source, 'PermissionSet', NAMESPACES.types)
  const kind = isClass(folderClass, 'IPF.Appointment') ? 'calendar' : 'ordinary'
  // Read before the folder is there, so that a wrong list leaves nothing behind.
  const entries = set && readPermissionSet(context.exchange, set, kind)
  const folder = parent.mailbox.createFolder(parent, fields)
  if (entries) folder.permissions.replace(entries)
  return folder
}
