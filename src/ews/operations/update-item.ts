import { type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { ConflictResolution, ItemChange } from '../../model/item-change.ts'
import { type ItemId, parseItemId } from '../../model/item-id.ts'
import type { MessageDisposition, SendMeetingUpdates } from '../../model/item-rules.ts'
import { childText, findChild } from '../../xml/element.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { writeItemChange } from '../elements/item-change.ts'
import { readItemId } from '../elements/item-id.ts'
import { firstItem, readOutcomes } from '../elements/outcomes.ts'
import { membersOf } from '../members.ts'
import type { Operation, Outcome } from '../operation.ts'
import { settleUpdateItem } from '../settle-items.ts'

export interface UpdateItemInput {
  readonly changes: readonly ItemChange[]
  readonly conflictResolution: ConflictResolution
  /** Exchange wants it when messages are among the items. */
  readonly messageDisposition?: MessageDisposition
  /** Exchange wants it when calendar items are among the items. */
  readonly sendMeetingInvitationsOrCancellations?: SendMeetingUpdates
  /** Exchange 2013 SP1 and later. */
  readonly suppressReadReceipts?: boolean
  /** Where a copy is saved when the change also sends. */
  readonly folder?: FolderTarget
}

/**
 * `updated` has the new change key; `conflicts` counts the properties that somebody else had changed as well.
 * `confirmedByReading`: the answer was lost, and the item has what was to be set.
 */
export type UpdatedItem = Outcome<
  { readonly updated: ItemId; readonly conflicts: number; readonly confirmedByReading?: true },
  { readonly id: ItemId }
>

const changes = membersOf<UpdateItemInput, UpdatedItem>('changes')

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation */
export const updateItem: Operation<UpdateItemInput, UpdatedItem[]> = {
  name: 'UpdateItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: true,
  settle: settleUpdateItem,
  members: {
    ...changes,
    // What came after it in the same item must not be written over.
    pick: (input, positions) => (isInOrder(input, positions) ? changes.pick(input, positions) : undefined),
  },
  mailbox: (input) => mailboxOf(input.folder),
  attributes: (input) => ({
    ConflictResolution: input.conflictResolution,
    ...(input.messageDisposition ? { MessageDisposition: input.messageDisposition } : {}),
    ...(input.sendMeetingInvitationsOrCancellations
      ? { SendMeetingInvitationsOrCancellations: input.sendMeetingInvitationsOrCancellations }
      : {}),
    ...(input.suppressReadReceipts === undefined
      ? {}
      : { SuppressReadReceipts: String(input.suppressReadReceipts) }),
  }),

  build(body, input) {
    const { folder } = input
    if (folder) body.element('m:SavedItemFolderId', (target) => writeFolderTarget(target, folder))
    body.element('m:ItemChanges', (list) => {
      for (const change of input.changes) writeItemChange(list, change)
    })
  },

  parse: (response, input) => {
    const ids = input.changes.map((change) => parseItemId(change.id))
    const outcomes = readOutcomes(
      response,
      ids,
      (id) => ({ id }),
      (message) => {
        const item = firstItem(message)
        const newId = item && findChild(item, 'ItemId')
        const results = findChild(message, 'ConflictResults')
        return {
          newId: newId && readItemId(newId),
          conflicts: Number(results && childText(results, 'Count')) || 0,
        }
      },
    )
    return outcomes.map((outcome) => {
      if (!outcome.ok) return outcome
      // A change that sends the item away answers no id.
      const { newId, ...rest } = outcome
      return { ...rest, updated: newId ?? { id: outcome.id.id } }
    })
  },
}

/** Whether no item of these changes is also changed by a later one that is not among them. */
function isInOrder(input: UpdateItemInput, positions: readonly number[]): boolean {
  const open = new Set<string>()
  const picked = new Set(positions)
  return input.changes.every((change, position) => {
    const { id } = parseItemId(change.id)
    if (picked.has(position)) open.add(id)
    return picked.has(position) || !open.has(id)
  })
}
