import type { Folder } from '../store/folder.ts'
import type { Item } from '../store/item.ts'

/** Deletes an item as a `DisposalType` says: to Deleted Items, to the recoverable items, or for good. */
export function disposeOfItem(folder: Folder, item: Item, type: string | undefined): void {
  folder.removeItem(item)
  if (type === 'HardDelete') return
  const { mailbox } = folder
  const deleted = mailbox.distinguished('deleteditems')
  // What is deleted from Deleted Items can be recovered, but is no longer seen.
  const alreadyThere = deleted !== undefined && folder.isWithin(deleted)
  const name = type === 'SoftDelete' || alreadyThere ? 'recoverableitemsdeletions' : 'deleteditems'
  const target = mailbox.distinguished(name)
  if (target && !folder.isWithin(mailbox.distinguished('recoverableitemsroot') ?? target))
    target.addItem(item)
}
