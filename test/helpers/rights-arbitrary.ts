import fc from 'fast-check'
import {
  type FolderRights,
  ITEM_SCOPES,
  READ_ACCESS,
  type ReadAccess,
} from '../../src/model/permission-level.ts'

/** Any rights on a folder, of those that let their owner read so much. */
export function anyRights(readItems: readonly ReadAccess[] = READ_ACCESS): fc.Arbitrary<FolderRights> {
  return fc.record({
    createItems: fc.boolean(),
    createSubFolders: fc.boolean(),
    folderOwner: fc.boolean(),
    folderVisible: fc.boolean(),
    folderContact: fc.boolean(),
    editItems: fc.constantFrom(...ITEM_SCOPES),
    deleteItems: fc.constantFrom(...ITEM_SCOPES),
    readItems: fc.constantFrom(...readItems),
  })
}
