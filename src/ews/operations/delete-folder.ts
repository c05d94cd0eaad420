import type { FolderId } from '../../model/folder-target.ts'
import type { DeleteType } from '../../model/item-rules.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { readOutcomes } from '../elements/outcomes.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface DeleteFolderInput {
  /** By id alone: well-known folders cannot be deleted. */
  readonly ids: readonly FolderId[]
  readonly deleteType: DeleteType
}

export type DeletedFolder = Outcome<object, { readonly id: FolderId }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/deletefolder-operation */
export const deleteFolder: Operation<DeleteFolderInput, DeletedFolder[]> = {
  name: 'DeleteFolder',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: false,
  attributes: (input) => ({ DeleteType: input.deleteType }),

  build(body, input) {
    body.element('m:FolderIds', (ids) => {
      for (const id of input.ids) writeFolderTarget(ids, id)
    })
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.ids,
      (id) => ({ id }),
      () => ({}),
    ),
}
