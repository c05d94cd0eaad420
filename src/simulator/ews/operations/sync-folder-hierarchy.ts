import { childText, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayOpen } from '../../store/access.ts'
import { EwsRefusal } from '../errors.ts'
import { readFolderShape, writeFolder } from '../folder-properties.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { readSyncState, writeSyncState } from '../sync-state.ts'
import { findTargetFolder, requireOwnFolder } from '../target-folder.ts'
import { element, elementWith } from '../writer.ts'

/** What became of the folders inside one since the client asked last. */
export const syncFolderHierarchy: EwsOperation = {
  name: 'SyncFolderHierarchy',
  requestType: 'SyncFolderHierarchyType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    return itemizedResponse('SyncFolderHierarchy', [
      message('m:SyncFolderHierarchyResponseMessage', () => {
        const { exchange, user } = context
        const root =
          findTargetFolder(context, request, 'SyncFolderId', 'ErrorSyncFolderNotFound') ??
          requireOwnFolder(context, 'msgfolderroot')
        const shape = readFolderShape(context, requireChild(request, 'FolderShape', NAMESPACES.messages))
        if (shape.fields.has('folder:PermissionSet')) throw new EwsRefusal('ErrorInvalidPropertyForOperation')
        const subject = `folders ${root.id}`
        const since = readSyncState(
          subject,
          childText(request, 'SyncState', NAMESPACES.messages),
          exchange.revision,
        )
        const changed = [...root.mailbox.folders()].filter(
          (folder) =>
            folder !== root &&
            folder.isWithin(root) &&
            folder.revision > since &&
            mayOpen(exchange, user, folder),
        )
        const gone = root.mailbox
          .deletedFolders()
          .filter(({ arrival, revision }) => arrival <= since && revision > since)
        return [
          element('m:SyncState', writeSyncState(subject, exchange.revision)),
          element('m:IncludesLastFolderInRange', true),
          element(
            'm:Changes',
            changed.map((folder) =>
              element(folder.arrival > since ? 't:Create' : 't:Update', writeFolder(context, folder, shape)),
            ),
            gone.map(({ id }) => element('t:Delete', elementWith('t:FolderId', { Id: id }))),
          ),
        ]
      }),
    ])
  },
}
