import { type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { NewItem } from '../../model/item.ts'
import type { ItemId } from '../../model/item-id.ts'
import type { MessageDisposition, SendMeetingInvitations } from '../../model/item-rules.ts'
import { findChild } from '../../xml/element.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { writeNewItem } from '../elements/item.ts'
import { readItemId } from '../elements/item-id.ts'
import { firstItem, readOutcomes } from '../elements/outcomes.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface CreateItemInput {
  readonly items: readonly NewItem[]
  /** Where they are saved; an explicit folder puts them into its owner's mailbox. Absent: the caller's own. */
  readonly folder?: FolderTarget
  /** Exchange wants it when messages are among the items. */
  readonly messageDisposition?: MessageDisposition
  /** Exchange wants it when calendar items are among the items. */
  readonly sendMeetingInvitations?: SendMeetingInvitations
}

/** `id` is absent for what was sent without being saved. */
export type CreatedItem = Outcome<{ readonly id?: ItemId }, { readonly item: NewItem }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation */
export const createItem: Operation<CreateItemInput, CreatedItem[]> = {
  name: 'CreateItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: true,
  mailbox: (input) => mailboxOf(input.folder),
  attributes: ({ messageDisposition, sendMeetingInvitations }) => ({
    ...(messageDisposition ? { MessageDisposition: messageDisposition } : {}),
    ...(sendMeetingInvitations ? { SendMeetingInvitations: sendMeetingInvitations } : {}),
  }),

  build(body, input) {
    const { folder } = input
    if (folder) body.element('m:SavedItemFolderId', (target) => writeFolderTarget(target, folder))
    body.element('m:Items', (items) => {
      for (const item of input.items) writeNewItem(items, item)
    })
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.items,
      (item) => ({ item }),
      (message) => {
        const item = firstItem(message)
        const id = item && findChild(item, 'ItemId')
        return id ? { id: readItemId(id) } : {}
      },
    ),
}
