import { type Element, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { attendeesOf, type CalendarDetails } from '../../store/calendar.ts'
import type { Item } from '../../store/item.ts'
import { sendCancellations, sendRequests } from '../../store/meetings.ts'
import { submit } from '../../store/submission.ts'
import { EwsRefusal } from '../errors.ts'
import { changeKeyOf, requireItem } from '../item-ids.ts'
import { updateItem as applyUpdates } from '../item-input.ts'
import { kindOf } from '../item-kinds.ts'
import { writeIdOnly } from '../item-shape.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { outgoing, requireRecipients, requireSent } from '../sending.ts'
import { findTargetFolder, requireOwnFolder } from '../target-folder.ts'
import { element } from '../writer.ts'

/** Changes items: sets, appends to and deletes properties. Each item changes as a whole or not at all. */
export const updateItem: EwsOperation = {
  name: 'UpdateItem',
  requestType: 'UpdateItemType',
  since: 'Exchange2007',
  handle(context, request) {
    const changes = requireChild(request, 'ItemChanges', NAMESPACES.messages).children
    return itemizedResponse(
      'UpdateItem',
      changes.map((change) =>
        message(
          'm:UpdateItemResponseMessage',
          () => {
            const item = update(context, request, change)
            return [
              element('m:Items', item && writeIdOnly({ item })),
              element('m:ConflictResults', element('t:Count', 0)),
            ]
          },
          element('m:Items'),
        ),
      ),
    )
  },
}

function update(context: EwsContext, request: Element, change: Element): Item | undefined {
  const [id] = change.children as [Element]
  const found = requireItem(context, id)
  const { item, folder } = found
  if (found.occurrence) {
    throw new EwsRefusal(
      'ErrorCalendarInvalidPropertyState',
      'Changing one occurrence of a series is not modelled by this simulator.',
    )
  }
  const kind = kindOf(item).element
  const disposition = request.attributes.MessageDisposition
  const invitations = request.attributes.SendMeetingInvitationsOrCancellations
  if (kind === 'Message' && disposition === undefined) throw new EwsRefusal('ErrorMessageDispositionRequired')
  if (kind === 'CalendarItem' && invitations === undefined)
    throw new EwsRefusal('ErrorSendMeetingInvitationsOrCancellationsRequired')
  requireCurrent(request, id, item)
  if (!found.access.edit) throw new EwsRefusal('ErrorAccessDenied')

  // If what is to be sent may not be sent, the item is as it was.
  const before = { ...item }
  try {
    applyUpdates(context, folder, item, requireChild(change, 'Updates', NAMESPACES.types))
    if (kind === 'CalendarItem' && before.calendar)
      tellAttendees(context, item, before.calendar, invitations ?? 'SendToNone')
    if (kind === 'Message' && disposition !== 'SaveOnly') {
      send(context, request, item, disposition)
      return undefined
    }
  } catch (error) {
    for (const key of Object.keys(item) as (keyof Item)[]) if (!(key in before)) delete item[key]
    Object.assign(item, before)
    throw error
  }
  return item
}

/**
 * AlwaysOverwrite alone does without a change key: "UpdateItem requires a ChangeKey if ConflictResolution is AutoResolve"
 * (ItemId page). One that is not the present one is a conflict for NeverOverwrite alone: AutoResolve writes, "in most
 * cases" over what is there (MS-OXWSCORE).
 */
function requireCurrent(request: Element, id: Element, item: Item): void {
  const { ConflictResolution } = request.attributes
  if (ConflictResolution === 'AlwaysOverwrite') return
  const changeKey = changeKeyOf(id)
  if (changeKey === undefined) throw new EwsRefusal('ErrorChangeKeyRequired')
  if (ConflictResolution === 'NeverOverwrite' && changeKey !== item.changeKey)
    throw new EwsRefusal('ErrorIrresolvableConflict')
}

function tellAttendees(context: EwsContext, item: Item, before: CalendarDetails, invitations: string): void {
  const calendar = item.calendar
  if (calendar?.response !== 'Organizer' || invitations === 'SendToNone') return
  const [was, is] = [attendeesOf(before), attendeesOf(calendar)]
  const listed = (people: typeof is) => new Set(people.map(({ address }) => address.toLowerCase()))
  const [knewBefore, knowsNow] = [listed(before.requestSent ? was : []), listed(is)]
  const added = is.filter(({ address }) => !knewBefore.has(address.toLowerCase()))
  const removed = before.requestSent ? was.filter(({ address }) => !knowsNow.has(address.toLowerCase())) : []
  const sending = { submitter: context.user, saveCopy: invitations.endsWith('AndSaveCopy') }
  const moved =
    before.start.getTime() !== calendar.start.getTime() ||
    before.end.getTime() !== calendar.end.getTime() ||
    before.location !== calendar.location ||
    before.recurrence !== calendar.recurrence
  item.calendar = { ...calendar, sequence: calendar.sequence + (before.requestSent && moved ? 1 : 0) }
  if (removed.length > 0) requireSent(sendCancellations(context.exchange, item, sending, removed))
  if (invitations.includes('ToChanged')) {
    if (added.length > 0)
      requireSent(sendRequests(context.exchange, item, sending, 'NewMeetingRequest', added))
    return
  }
  if (is.length === 0) return
  const type = !before.requestSent ? 'NewMeetingRequest' : moved ? 'FullUpdate' : 'InformationalUpdate'
  requireSent(sendRequests(context.exchange, item, sending, type))
}

function send(context: EwsContext, request: Element, item: Item, disposition: string | undefined): void {
  if (!item.isDraft) throw new EwsRefusal('ErrorInvalidItemForOperationSendItem')
  requireRecipients(item)
  const saveIn =
    findTargetFolder(context, request, 'SavedItemFolderId', 'ErrorSavedItemFolderNotFound') ??
    requireOwnFolder(context, 'sentitems')
  requireSent(
    submit(context.exchange, {
      submitter: context.user,
      viaMailbox: item.mailbox.owner,
      message: outgoing(item),
      draft: item,
      saveToSentItems: disposition === 'SendAndSaveCopy',
      saveIn,
    }),
  )
}
