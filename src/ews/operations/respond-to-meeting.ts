import { type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { Body } from '../../model/item.ts'
import type { ItemId } from '../../model/item-id.ts'
import type { MeetingAnswer, MessageDisposition } from '../../model/item-rules.ts'
import { findChild } from '../../xml/element.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { readItemId, writeItemId } from '../elements/item-id.ts'
import { readOutcomes } from '../elements/outcomes.ts'
import { body as bodyCodec } from '../elements/property-codec.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface RespondToMeetingInput {
  /** Meeting requests, or meetings in a calendar; with change keys. */
  readonly ids: readonly ItemId[]
  readonly answer: MeetingAnswer
  /** `SaveOnly` tells the organizer nothing. */
  readonly messageDisposition: MessageDisposition
  readonly body?: string | Body
  /** Where the copy of the answer is saved. Absent: the caller's own Sent Items. */
  readonly folder?: FolderTarget
}

/** `calendarItem` is the meeting as it now stands in the calendar; a declined one has none. */
export type MeetingResponse = Outcome<{ readonly calendarItem?: ItemId }, { readonly id: ItemId }>

/**
 * CreateItem with AcceptItem, TentativelyAcceptItem or DeclineItem, which are no items but answers to one.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-acceptitem
 */
export const respondToMeeting: Operation<RespondToMeetingInput, MeetingResponse[]> = {
  name: 'CreateItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: true,
  mailbox: (input) => mailboxOf(input.folder),
  attributes: ({ messageDisposition }) => ({ MessageDisposition: messageDisposition }),

  build(request, { ids, answer, body, folder }) {
    if (folder) request.element('m:SavedItemFolderId', (target) => writeFolderTarget(target, folder))
    request.element('m:Items', (items) => {
      for (const id of ids) {
        items.element(`t:${answer}Item`, (response) => {
          if (body !== undefined) bodyCodec.write(response, 't:Body', body, 'body')
          writeItemId(response, id, 't:ReferenceItemId')
        })
      }
    })
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.ids,
      (id) => ({ id }),
      (message) => {
        // Exchange tells of the messages that it moved and sent, too.
        const items = findChild(message, 'Items')
        const meeting = items && findChild(items, 'CalendarItem')
        const id = meeting && findChild(meeting, 'ItemId')
        return id ? { calendarItem: readItemId(id) } : {}
      },
    ),
}
