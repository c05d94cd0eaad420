import { type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { ItemId } from '../../model/item-id.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { writeItemIds } from '../elements/item-id.ts'
import { readOutcomes } from '../elements/outcomes.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface SendItemInput {
  /** With change keys: Exchange does not send a draft of which it is not told the version. */
  readonly ids: readonly ItemId[]
  /** Where copies are saved; the owner's Sent Items when sending on behalf. Absent: the caller's own. */
  readonly folder?: FolderTarget
  /** Whether copies are saved at all. */
  readonly saveCopy: boolean
}

export type SentItem = Outcome<object, { readonly id: ItemId }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation */
export const sendItem: Operation<SendItemInput, SentItem[]> = {
  name: 'SendItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: false,
  mailbox: (input) => mailboxOf(input.folder),
  attributes: (input) => ({ SaveItemToFolder: String(input.saveCopy) }),

  build(body, input) {
    const { folder } = input
    writeItemIds(body, input.ids)
    if (folder) body.element('m:SavedItemFolderId', (target) => writeFolderTarget(target, folder))
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.ids,
      (id) => ({ id }),
      () => ({}),
    ),
}
