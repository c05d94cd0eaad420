import type { EwsOperation } from '../operation.ts'
import { addDelegate } from './add-delegate.ts'
import { findFolder } from './find-folder.ts'
import { getDelegate } from './get-delegate.ts'
import { getFolder } from './get-folder.ts'
import { removeDelegate } from './remove-delegate.ts'
import { updateDelegate } from './update-delegate.ts'
import { updateFolder } from './update-folder.ts'

/** Every operation of the EWS face, by name. What is not here is refused by name. */
export const OPERATIONS: ReadonlyMap<string, EwsOperation> = new Map(
  [addDelegate, findFolder, getDelegate, getFolder, removeDelegate, updateDelegate, updateFolder].map(
    (operation) => [operation.name, operation],
  ),
)
