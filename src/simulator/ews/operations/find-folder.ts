import { findChild, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayOpen } from '../../store/access.ts'
import type { Folder } from '../../store/folder.ts'
import { EwsRefusal } from '../errors.ts'
import { requireFolder } from '../folder-ids.ts'
import { readFolderPath, readFolderShape, writeFolder } from '../folder-properties.ts'
import type { EwsOperation } from '../operation.ts'
import { cutPage } from '../paging.ts'
import { itemizedResponse, message } from '../response.ts'
import { readRestriction } from '../restriction.ts'
import { element, elementWith } from '../writer.ts'

/** The folders inside others, as far as the caller may see them. */
export const findFolder: EwsOperation = {
  name: 'FindFolder',
  requestType: 'FindFolderType',
  since: 'Exchange2007',
  handle(context, request) {
    const view =
      findChild(request, 'IndexedPageFolderView', NAMESPACES.messages) ??
      findChild(request, 'FractionalPageFolderView', NAMESPACES.messages)
    const restriction = findChild(request, 'Restriction', NAMESPACES.messages)
    const parents = requireChild(request, 'ParentFolderIds', NAMESPACES.messages).children
    return itemizedResponse(
      'FindFolder',
      parents.map((id) =>
        message('m:FindFolderResponseMessage', () => {
          const parent = requireFolder(context, id)
          const shape = readFolderShape(context, requireChild(request, 'FolderShape', NAMESPACES.messages))
          // The Managed API marks it as a property that FindFolder cannot return.
          if (shape.fields.has('folder:PermissionSet'))
            throw new EwsRefusal('ErrorInvalidPropertyForOperation')
          const matches = restriction ? readRestriction(restriction, readFolderPath) : () => true
          const found = inside(parent, request.attributes.Traversal ?? 'Shallow').filter(
            (folder) => mayOpen(context.exchange, context.user, folder) && matches(folder),
          )
          const page = cutPage(found, view)
          return elementWith(
            'm:RootFolder',
            page.attributes,
            element(
              't:Folders',
              page.values.map((folder) => writeFolder(context, folder, shape)),
            ),
          )
        }),
      ),
    )
  },
}

function inside(parent: Folder, traversal: string): Folder[] {
  // Nothing here is ever soft-deleted.
  if (traversal === 'SoftDeleted') return []
  const children = parent.children()
  return traversal === 'Deep' ? children.flatMap((child) => [child, ...inside(child, traversal)]) : children
}
