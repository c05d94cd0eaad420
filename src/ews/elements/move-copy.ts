import type { FolderTarget } from '../../model/folder-target.ts'
import type { ItemId } from '../../model/item-id.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { type Element, findChild } from '../../xml/element.ts'
import type { Outcome } from '../operation.ts'
import { writeFolderTarget } from './folder-id.ts'
import { readItemId, writeItemIds } from './item-id.ts'
import { firstItem, readOutcomes } from './outcomes.ts'

/** What CopyItem and MoveItem take (`m:BaseMoveCopyItemType`). */
export interface MoveCopyInput {
  readonly ids: readonly ItemId[]
  readonly toFolder: FolderTarget
  /** Exchange 2010 SP1 and later; absent for older ones, which answer no new ids. */
  readonly returnNewItemIds?: boolean
}

/** `newId` is absent where the server does not tell, as between two mailboxes or stores. */
export type MovedItem = Outcome<{ readonly newId?: ItemId }, { readonly id: ItemId }>

export function writeMoveCopy(body: XmlWriter, input: MoveCopyInput): void {
  body.element('m:ToFolderId', (target) => writeFolderTarget(target, input.toFolder))
  writeItemIds(body, input.ids)
  body.text('m:ReturnNewItemIds', input.returnNewItemIds)
}

export function readMoveCopy(response: Element, input: MoveCopyInput): MovedItem[] {
  return readOutcomes(
    response,
    input.ids,
    (id) => ({ id }),
    (message) => {
      const item = firstItem(message)
      const id = item && findChild(item, 'ItemId')
      return id ? { newId: readItemId(id) } : {}
    },
  )
}
