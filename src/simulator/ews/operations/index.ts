import type { EwsOperation } from '../operation.ts'
import { addDelegate } from './add-delegate.ts'
import { convertId } from './convert-id.ts'
import { copyItem } from './copy-item.ts'
import { createAttachment } from './create-attachment.ts'
import { createFolder } from './create-folder.ts'
import { createItem } from './create-item.ts'
import { deleteAttachment } from './delete-attachment.ts'
import { deleteFolder } from './delete-folder.ts'
import { deleteItem } from './delete-item.ts'
import { emptyFolder } from './empty-folder.ts'
import { expandDl } from './expand-dl.ts'
import { findFolder } from './find-folder.ts'
import { findItem } from './find-item.ts'
import { getAttachment } from './get-attachment.ts'
import { getDelegate } from './get-delegate.ts'
import { getFolder } from './get-folder.ts'
import { getItem } from './get-item.ts'
import { getServerTimeZones } from './get-server-time-zones.ts'
import { getUserAvailability } from './get-user-availability.ts'
import { getUserConfiguration } from './get-user-configuration.ts'
import { moveItem } from './move-item.ts'
import { removeDelegate } from './remove-delegate.ts'
import { resolveNames } from './resolve-names.ts'
import { sendItem } from './send-item.ts'
import { syncFolderHierarchy } from './sync-folder-hierarchy.ts'
import { syncFolderItems } from './sync-folder-items.ts'
import { updateDelegate } from './update-delegate.ts'
import { updateFolder } from './update-folder.ts'
import { updateItem } from './update-item.ts'

/** Every operation of the EWS face, by name. What is not here is refused by name. */
export const OPERATIONS: ReadonlyMap<string, EwsOperation> = new Map(
  [
    // Delegates
    ...[addDelegate, getDelegate, removeDelegate, updateDelegate],
    // Folders
    ...[createFolder, deleteFolder, emptyFolder, findFolder, getFolder, syncFolderHierarchy, updateFolder],
    // Items
    ...[copyItem, createItem, deleteItem, findItem, getItem, moveItem, sendItem, syncFolderItems, updateItem],
    ...[createAttachment, deleteAttachment, getAttachment],
    // People, ids, zones
    ...[convertId, expandDl, getServerTimeZones, getUserAvailability, getUserConfiguration, resolveNames],
  ].map((operation) => [operation.name, operation]),
)
