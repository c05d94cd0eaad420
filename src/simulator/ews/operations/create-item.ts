import { type Element, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayCreateItems } from '../../store/access.ts'
import { attendeesOf } from '../../store/calendar.ts'
import { type Folder, isClass } from '../../store/folder.ts'
import type { Item } from '../../store/item.ts'
import { sendRequests } from '../../store/meetings.ts'
import { submit } from '../../store/submission.ts'
import { EwsRefusal } from '../errors.ts'
import { readNewItem } from '../item-input.ts'
import { kindOfElement } from '../item-kinds.ts'
import { writeIdOnly } from '../item-shape.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { isResponseObject, respondToItem } from '../response-objects.ts'
import { outgoing, requireRecipients, requireSent } from '../sending.ts'
import { findTargetFolder, requireOwnFolder } from '../target-folder.ts'
import { element } from '../writer.ts'

/** Makes items, sends messages and invitations, and answers messages and meetings. */
export const createItem: EwsOperation = {
  name: 'CreateItem',
  requestType: 'CreateItemType',
  since: 'Exchange2007',
  handle(context, request) {
    const items = requireChild(request, 'Items', NAMESPACES.messages).children
    return itemizedResponse(
      'CreateItem',
      items.map((source) =>
        message(
          'm:CreateItemResponseMessage',
          () =>
            element(
              'm:Items',
              create(context, request, source).map((item) => writeIdOnly({ item })),
            ),
          element('m:Items'),
        ),
      ),
    )
  },
}

/** The folder that a kind of item goes to when the request names none. */
const DEFAULT_FOLDERS: Readonly<Record<string, string>> = {
  CalendarItem: 'calendar',
  Contact: 'contacts',
  Task: 'tasks',
}

function create(context: EwsContext, request: Element, source: Element): readonly Item[] {
  const disposition = request.attributes.MessageDisposition
  const invitations = request.attributes.SendMeetingInvitations
  const named = findTargetFolder(context, request, 'SavedItemFolderId', 'ErrorSavedItemFolderNotFound')
  if (isResponseObject(source)) {
    if (disposition === undefined) throw new EwsRefusal('ErrorMessageDispositionRequired')
    if (named) requireCreateRight(context, named)
    return respondToItem(context, source, disposition, named)
  }
  const kind = kindOfElement(source)
  if (kind?.element === 'Message' && disposition === undefined)
    throw new EwsRefusal('ErrorMessageDispositionRequired')
  if (kind?.element === 'CalendarItem' && invitations === undefined)
    throw new EwsRefusal('ErrorSendMeetingInvitationsRequired')

  const sends = kind?.element === 'Message' && disposition !== 'SaveOnly'
  const folder =
    (disposition === 'SendOnly' && sends ? undefined : named) ??
    requireOwnFolder(context, defaultFolder(source, sends))
  requireCreateRight(context, folder)
  requireFittingFolder(folder, source)
  const item = readNewItem(context, folder, source)
  if (sends) {
    requireRecipients(item)
    const result = submit(context.exchange, {
      submitter: context.user,
      viaMailbox: folder.mailbox.owner,
      message: outgoing(item),
      saveToSentItems: disposition === 'SendAndSaveCopy',
      saveIn: folder,
    })
    requireSent(result)
    // What was sent has no id yet when a real server answers, copy or not.
    return []
  }
  if (item.calendar && invitations !== 'SendToNone' && attendeesOf(item.calendar).length > 0) {
    requireSent(
      sendRequests(context.exchange, item, {
        submitter: context.user,
        saveCopy: invitations === 'SendToAllAndSaveCopy',
      }),
    )
  }
  folder.addItem(item)
  return [item]
}

function defaultFolder(source: Element, sends: boolean): string {
  return DEFAULT_FOLDERS[source.name] ?? (sends ? 'sentitems' : 'drafts')
}

function requireCreateRight(context: EwsContext, folder: Folder): void {
  if (!mayCreateItems(context.exchange, context.user, folder))
    throw new EwsRefusal('ErrorCreateItemAccessDenied')
}

/** Appointments, contacts and tasks are made in folders of their own class only. */
function requireFittingFolder(folder: Folder, source: Element): void {
  const is = (base: string) => isClass(folder.folderClass, base)
  if (source.name === 'CalendarItem' && !is('IPF.Appointment'))
    throw new EwsRefusal('ErrorCannotCreateCalendarItemInNonCalendarFolder')
  if (source.name === 'Contact' && !is('IPF.Contact'))
    throw new EwsRefusal('ErrorCannotCreateContactInNonContactFolder')
  if (source.name === 'Task' && !is('IPF.Task')) throw new EwsRefusal('ErrorCannotCreateTaskInNonTaskFolder')
}
