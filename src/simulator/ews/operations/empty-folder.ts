import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { itemAccessIn, mayAdminister } from '../../store/access.ts'
import type { Folder } from '../../store/folder.ts'
import { disposeOfItem } from '../dispose.ts'
import { EwsRefusal } from '../errors.ts'
import { requireFolder } from '../folder-ids.ts'
import { isTrue } from '../item-properties.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'

/** Deletes what is in folders. It takes the right to delete everything in them, and owning the folders inside. */
export const emptyFolder: EwsOperation = {
  name: 'EmptyFolder',
  requestType: 'EmptyFolderType',
  since: 'Exchange2010_SP1',
  handle(context, request) {
    const ids = requireChild(request, 'FolderIds', NAMESPACES.messages).children
    return itemizedResponse(
      'EmptyFolder',
      ids.map((id) =>
        message('m:EmptyFolderResponseMessage', () => {
          const folder = requireFolder(context, id)
          const inside = isTrue(request.attributes.DeleteSubFolders ?? '')
          // Calendars and search folders are not emptied (EmptyFolder operation page).
          if (folder.kind === 'calendar' || folder.searchFolder)
            throw new EwsRefusal('ErrorCannotEmptyFolder')
          requireRights(context, folder, inside)
          empty(folder, request.attributes.DeleteType, inside)
          return undefined
        }),
      ),
    )
  },
}

function requireRights(context: EwsContext, folder: Folder, inside: boolean): void {
  const accessTo = itemAccessIn(context.exchange, context.user, folder)
  if (folder.items().some((item) => !accessTo(item).delete)) throw new EwsRefusal('ErrorAccessDenied')
  if (!inside) return
  for (const child of folder.children()) {
    if (child.distinguishedName !== undefined) throw new EwsRefusal('ErrorDeleteDistinguishedFolder')
    if (!mayAdminister(context.exchange, context.user, child)) throw new EwsRefusal('ErrorAccessDenied')
  }
}

function empty(folder: Folder, type: string | undefined, inside: boolean): void {
  for (const item of folder.items()) disposeOfItem(folder, item, type)
  if (inside) for (const child of folder.children()) folder.mailbox.deleteFolder(child)
}
