import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import type { Folder } from '../../store/folder.ts'
import { touchItem } from '../../store/item.ts'
import { sendCancellations } from '../../store/meetings.ts'
import { disposeOfItem } from '../dispose.ts'
import { EwsRefusal } from '../errors.ts'
import { type FoundItem, requireItem } from '../item-ids.ts'
import { kindOf } from '../item-kinds.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { requireSent } from '../sending.ts'

/**
 * Deletes items: to the Deleted Items of their mailbox, to its recoverable items, or for good. Only the right to
 * delete where the item is counts; a delegate needs none on Deleted Items.
 */
export const deleteItem: EwsOperation = {
  name: 'DeleteItem',
  requestType: 'DeleteItemType',
  since: 'Exchange2007',
  handle(context, request) {
    const ids = requireChild(request, 'ItemIds', NAMESPACES.messages).children
    return itemizedResponse(
      'DeleteItem',
      ids.map((id) =>
        message('m:DeleteItemResponseMessage', () => {
          const found = requireItem(context, id)
          const kind = kindOf(found.item).element
          const { SendMeetingCancellations: cancellations, AffectedTaskOccurrences: occurrences } =
            request.attributes
          if (kind === 'CalendarItem' && cancellations === undefined)
            throw new EwsRefusal('ErrorSendMeetingCancellationsRequired')
          if (kind === 'Task' && occurrences === undefined)
            throw new EwsRefusal('ErrorAffectedTaskOccurrencesRequired')
          if (!found.access.delete) throw new EwsRefusal('ErrorAccessDenied')
          tellAttendees(context, found, cancellations ?? 'SendToNone')
          if (found.occurrence) deleteOccurrence(context, found.folder, found.occurrence)
          else disposeOfItem(found.folder, found.item, request.attributes.DeleteType)
          return undefined
        }),
      ),
    )
  },
}

function tellAttendees(context: EwsContext, { item, occurrence }: FoundItem, cancellations: string): void {
  const calendar = item.calendar
  if (cancellations === 'SendToNone' || !calendar || item.meeting) return
  if (calendar.response !== 'Organizer' || !calendar.requestSent || calendar.isCancelled) return
  if (occurrence) {
    throw new EwsRefusal(
      'ErrorCalendarInvalidPropertyState',
      'Cancelling one occurrence of a meeting is not modelled by this simulator.',
    )
  }
  requireSent(
    sendCancellations(context.exchange, item, {
      submitter: context.user,
      saveCopy: cancellations === 'SendToAllAndSaveCopy',
    }),
  )
}

function deleteOccurrence(
  context: EwsContext,
  folder: Folder,
  { date, master }: NonNullable<FoundItem['occurrence']>,
): void {
  if (!master.calendar) return
  const deletedOccurrences = [...master.calendar.deletedOccurrences, date].sort()
  master.calendar = { ...master.calendar, deletedOccurrences }
  touchItem(context.exchange, master, context.user.id)
  folder.touch()
}
