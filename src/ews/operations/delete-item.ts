import type { ItemId } from '../../model/item-id.ts'
import type { AffectedTaskOccurrences, DeleteType, SendMeetingInvitations } from '../../model/item-rules.ts'
import { writeItemIds } from '../elements/item-id.ts'
import { readOutcomes } from '../elements/outcomes.ts'
import { membersOf } from '../members.ts'
import type { Operation, Outcome } from '../operation.ts'
import { settleDeleteItem } from '../settle-items.ts'

export interface DeleteItemInput {
  readonly ids: readonly ItemId[]
  readonly deleteType: DeleteType
  /** Exchange wants it when calendar items are among them (ErrorSendMeetingCancellationsRequired). */
  readonly sendMeetingCancellations?: SendMeetingInvitations
  /** Exchange wants it when tasks are among them (ErrorAffectedTaskOccurrencesRequired). */
  readonly affectedTaskOccurrences?: AffectedTaskOccurrences
  /** Exchange 2013 SP1 and later. */
  readonly suppressReadReceipts?: boolean
}

/** `confirmedByReading`: the answer was lost, and the item is not there any more, as far as the caller may see. */
export type DeletedItem = Outcome<{ readonly confirmedByReading?: true }, { readonly id: ItemId }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation */
export const deleteItem: Operation<DeleteItemInput, DeletedItem[]> = {
  name: 'DeleteItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: false,
  settle: settleDeleteItem,
  members: membersOf('ids'),
  attributes: (input) => ({
    DeleteType: input.deleteType,
    ...(input.sendMeetingCancellations ? { SendMeetingCancellations: input.sendMeetingCancellations } : {}),
    ...(input.affectedTaskOccurrences ? { AffectedTaskOccurrences: input.affectedTaskOccurrences } : {}),
    ...(input.suppressReadReceipts === undefined
      ? {}
      : { SuppressReadReceipts: String(input.suppressReadReceipts) }),
  }),

  build: (body, input) => writeItemIds(body, input.ids),

  parse: (response, input) =>
    readOutcomes(
      response,
      input.ids,
      (id) => ({ id }),
      () => ({}),
    ),
}
