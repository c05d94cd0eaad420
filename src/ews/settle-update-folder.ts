import { EwsResponseError } from '../errors.ts'
import { comparePermissions } from '../model/folder-permission.ts'
import type { FolderId } from '../model/folder-target.ts'
import type { Settle } from './operation.ts'
import { getFolder } from './operations/get-folder.ts'
import type { UpdateFolderInput } from './operations/update-folder.ts'

/** What became of a permission list that was written: it is read and compared. */
export const settleUpdateFolder: Settle<UpdateFolderInput, FolderId> = {
  async look(call, input) {
    const { id, changeKey } = input.folder
    const [outcome] = await call(getFolder, { targets: [{ id }], permissions: true })
    if (!outcome?.ok || !outcome.folder.permissions) return { state: 'unclear' }
    const { folder } = outcome
    if (comparePermissions(input.permissions, outcome.folder.permissions).length === 0)
      return { state: 'done', output: folder.id }
    if (changeKey === undefined || changeKey === folder.id.changeKey)
      return { state: 'missing', missing: input, complete: (rest) => rest }
    // Somebody else was there, and the list that was to be written does not know of it. A server that does not
    // check change keys would take it, so it is not even sent.
    return {
      state: 'refused',
      error: new EwsResponseError(
        'The folder was changed by somebody else in the meantime (ErrorIrresolvableConflict).',
        {
          responseCode: 'ErrorIrresolvableConflict',
          level: 'item',
          hint: 'Read its permissions again and repeat the change.',
        },
      ),
    }
  },
}
