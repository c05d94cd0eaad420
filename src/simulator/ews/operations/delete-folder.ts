import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayAdminister } from '../../store/access.ts'
import type { Folder } from '../../store/folder.ts'
import { EwsRefusal } from '../errors.ts'
import { requireFolderForUpdate } from '../folder-ids.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'

/** Deletes folders with everything in them: to Deleted Items, or for good. It takes the owner right. */
export const deleteFolder: EwsOperation = {
  name: 'DeleteFolder',
  requestType: 'DeleteFolderType',
  since: 'Exchange2007',
  handle(context, request) {
    const ids = requireChild(request, 'FolderIds', NAMESPACES.messages).children
    return itemizedResponse(
      'DeleteFolder',
      ids.map((id) =>
        message('m:DeleteFolderResponseMessage', () => {
          const folder = requireFolderForUpdate(context, id)
          if (folder.distinguishedName !== undefined) throw new EwsRefusal('ErrorDeleteDistinguishedFolder')
          if (!mayAdminister(context.exchange, context.user, folder))
            throw new EwsRefusal('ErrorAccessDenied')
          dispose(folder, request.attributes.DeleteType)
          return undefined
        }),
      ),
    )
  },
}

function dispose(folder: Folder, type: string | undefined): void {
  const { mailbox } = folder
  const deleted = mailbox.distinguished('deleteditems')
  if (type !== 'MoveToDeletedItems' || !deleted || folder.isWithin(deleted)) {
    mailbox.deleteFolder(folder)
    return
  }
  // A folder of that name may have been deleted before.
  const taken = new Set(deleted.children().map(({ displayName }) => displayName.toLowerCase()))
  let name = folder.displayName
  for (let number = 1; taken.has(name.toLowerCase()); number++) name = `${folder.displayName}${number}`
  mailbox.moveFolder(folder, deleted)
  if (name !== folder.displayName) folder.rename(name)
}
