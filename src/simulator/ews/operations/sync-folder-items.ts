import { childText, findChild, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { itemAccessIn } from '../../store/access.ts'
import { EwsRefusal } from '../errors.ts'
import { itemWriter, readItemShape } from '../item-shape.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { readSyncState, writeSyncState } from '../sync-state.ts'
import { requireTargetFolder } from '../target-folder.ts'
import { type Content, element, elementWith } from '../writer.ts'

interface Change {
  readonly revision: number
  readonly write: () => Content
}

/** What became of the items of a folder since the client asked last, in the order in which it happened. */
export const syncFolderItems: EwsOperation = {
  name: 'SyncFolderItems',
  requestType: 'SyncFolderItemsType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    return itemizedResponse('SyncFolderItems', [
      message('m:SyncFolderItemsResponseMessage', () => {
        const { exchange, user } = context
        const folder = requireTargetFolder(
          context,
          requireChild(request, 'SyncFolderId', NAMESPACES.messages),
          'ErrorSyncFolderNotFound',
        )
        const write = itemWriter(
          context,
          readItemShape(requireChild(request, 'ItemShape', NAMESPACES.messages), 'sync'),
        )
        const subject = `items ${folder.id}`
        const state = childText(request, 'SyncState', NAMESPACES.messages)
        const since = readSyncState(subject, state, exchange.revision)
        if (since > 0 && since < folder.forgottenUpTo) throw new EwsRefusal('ErrorInvalidSyncStateData')
        const most = Number(childText(request, 'MaxChangesReturned', NAMESPACES.messages))
        const ignored = new Set(
          findChild(request, 'Ignore', NAMESPACES.messages)?.children.map(({ attributes }) => attributes.Id),
        )
        const accessTo = itemAccessIn(exchange, user, folder)
        const changes: Change[] = []
        for (const item of folder.items()) {
          if (item.revision <= since || ignored.has(item.entryId)) continue
          const access = accessTo(item)
          if (!access.read) {
            // It may have become private since the client saw it.
            if (item.arrival <= since)
              changes.push({ revision: item.revision, write: () => gone(item.entryId) })
            continue
          }
          changes.push({
            revision: item.revision,
            write: () =>
              element(item.arrival > since ? 't:Create' : 't:Update', write({ folder, item, access })),
          })
        }
        for (const { id, arrival, revision } of folder.gone()) {
          if (arrival <= since && revision > since) changes.push({ revision, write: () => gone(id) })
        }
        changes.sort((a, b) => a.revision - b.revision)
        const shown = changes.slice(0, most)
        const complete = shown.length === changes.length
        const reached = complete ? exchange.revision : (shown.at(-1)?.revision ?? since)
        return [
          element('m:SyncState', writeSyncState(subject, reached)),
          element('m:IncludesLastItemInRange', complete),
          element(
            'm:Changes',
            shown.map((change) => change.write()),
          ),
        ]
      }),
    ])
  },
}

function gone(id: string): Content {
  return element('t:Delete', elementWith('t:ItemId', { Id: id }))
}
