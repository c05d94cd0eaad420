import type { WritablePermission } from '../../model/folder-permission.ts'
import type { FolderId } from '../../model/folder-target.ts'
import type { FolderKind } from '../../model/permission-level.ts'
import { findChild } from '../../xml/element.ts'
import type { FolderElement } from '../elements/folder.ts'
import { readFolderId, writeFolderTarget } from '../elements/folder-id.ts'
import { writePermissionSet } from '../elements/permission-set.ts'
import type { Operation } from '../operation.ts'
import { errorOf, readStatus, responseMessages } from '../response.ts'
import { settleUpdateFolder } from '../settle-update-folder.ts'

export interface UpdateFolderInput {
  readonly folder: FolderId
  /** Must be what GetFolder answered: the calendar's shape on another folder is refused, and the reverse. */
  readonly element: FolderElement
  readonly kind: FolderKind
  /** The complete list: Exchange replaces what is there. */
  readonly permissions: readonly WritablePermission[]
}

/**
 * Replaces a folder's permission list. One folder per request: Microsoft's how-to says that permission changes
 * cannot be batched over folders, although the schema allows it.
 *
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/updatefolder-operation
 * @returns the folder's id with its new change key.
 */
export const updateFolder: Operation<UpdateFolderInput, FolderId> = {
  name: 'UpdateFolder',
  since: 'Exchange2007_SP1',
  retry: 'check-first',
  timeZoneContext: true,
  settle: settleUpdateFolder,

  build(body, input) {
    body.element('m:FolderChanges', (changes) =>
      changes.element('t:FolderChange', (change) => {
        writeFolderTarget(change, input.folder)
        change.element('t:Updates', (updates) =>
          updates.element('t:SetFolderField', (field) => {
            field.element('t:FieldURI', undefined, { FieldURI: 'folder:PermissionSet' })
            field.element(`t:${input.element}`, (folder) =>
              writePermissionSet(folder, input.kind, input.permissions),
            )
          }),
        )
      }),
    )
  },

  parse(response, input) {
    const message = responseMessages(response)[0] ?? response
    const status = readStatus(message)
    if (!status.ok) throw errorOf(status, 'item')
    const folder = findChild(message, 'Folders')?.children[0]
    const folderId = folder && findChild(folder, 'FolderId')
    return folderId ? readFolderId(folderId) : { id: input.folder.id }
  },
}
