import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { requireFolder } from '../folder-ids.ts'
import { readFolderShape, writeFolder } from '../folder-properties.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { element } from '../writer.ts'

/** Folders by name or id, each with an outcome of its own. */
export const getFolder: EwsOperation = {
  name: 'GetFolder',
  requestType: 'GetFolderType',
  since: 'Exchange2007',
  handle(context, request) {
    const shape = requireChild(request, 'FolderShape', NAMESPACES.messages)
    const ids = requireChild(request, 'FolderIds', NAMESPACES.messages).children
    return itemizedResponse(
      'GetFolder',
      ids.map((id) =>
        message(
          'm:GetFolderResponseMessage',
          () => {
            const folder = requireFolder(context, id)
            return element('m:Folders', writeFolder(context, folder, readFolderShape(context, shape)))
          },
          element('m:Folders'),
        ),
      ),
    )
  },
}
