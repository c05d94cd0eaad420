import { type Element, findChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Folder } from '../store/folder.ts'
import { createItem, type Item, touchItem } from '../store/item.ts'
import { respond } from '../store/meetings.ts'
import { submit } from '../store/submission.ts'
import { entryOf, isOutOfDate } from './calendar-properties.ts'
import { EwsRefusal, type ServerErrorCode } from './errors.ts'
import { type FoundItem, requireItem } from './item-ids.ts'
import { plainBody } from './item-text.ts'
import { MESSAGE_PROPERTIES } from './message-properties.ts'
import type { EwsContext } from './operation.ts'
import { outgoing, requireRecipients, requireSent } from './sending.ts'
import { requireOwnFolder } from './target-folder.ts'

const ANSWERS: Readonly<Record<string, { response: 'Accept' | 'Tentative' | 'Decline'; code: string }>> = {
  AcceptItem: { response: 'Accept', code: 'Accept' },
  TentativelyAcceptItem: { response: 'Tentative', code: 'Tentative' },
  DeclineItem: { response: 'Decline', code: 'Decline' },
}

const OTHERS = new Set([
  ...['ReplyToItem', 'ReplyAllToItem', 'ForwardItem', 'CancelCalendarItem', 'RemoveItem'],
  ...['SuppressReadReceipt', 'PostReplyItem', 'AcceptSharingInvitation'],
])

/** Elements that CreateItem takes to do something with an item that is there. */
export function isResponseObject(source: Element): boolean {
  return Object.hasOwn(ANSWERS, source.name) || OTHERS.has(source.name)
}

/**
 * Answers a meeting, or replies to or forwards a message.
 * @returns the items that were made and that the answer names.
 * @throws EwsRefusal
 */
export function respondToItem(
  context: EwsContext,
  source: Element,
  disposition: string,
  folder: Folder | undefined,
): readonly Item[] {
  const answer = Object.hasOwn(ANSWERS, source.name) ? ANSWERS[source.name] : undefined
  if (!answer && !/^(?:ReplyToItem|ReplyAllToItem|ForwardItem)$/.test(source.name)) {
    throw new EwsRefusal(
      'ErrorInvalidItemForOperationCreateItem',
      `${source.name} is not modelled by this simulator.`,
    )
  }
  const reference = findChild(source, 'ReferenceItemId', NAMESPACES.types)
  if (!reference) throw new EwsRefusal('ErrorMissingInformationReferenceItemId')
  const found = requireItem(context, { ...reference, name: 'ItemId' })
  return answer
    ? answerMeeting(context, source, found, answer, disposition, folder)
    : reply(context, source, found, disposition, folder)
}

function answerMeeting(
  context: EwsContext,
  source: Element,
  found: FoundItem,
  { response, code }: { response: 'Accept' | 'Tentative' | 'Decline'; code: string },
  disposition: string,
  folder: Folder | undefined,
): readonly Item[] {
  const { item } = found
  const refuse = (prefix: string) => new EwsRefusal(`${prefix}${code}` as ServerErrorCode)
  const invalid = () =>
    new EwsRefusal(
      `ErrorInvalidItemForOperation${code === 'Tentative' ? 'Tentative' : `${code}Item`}` as ServerErrorCode,
    )
  if (found.occurrence || !item.calendar || (item.meeting && item.meeting.kind !== 'request')) throw invalid()
  // Delegates answer in the principal's calendar, not from the copy they were sent.
  if (item.meeting?.isDelegated) throw refuse('ErrorCalendarIsDelegatedFor')
  const entry = item.meeting ? entryOf(item) : item
  const calendar = entry?.calendar
  if (!entry || !calendar) throw new EwsRefusal('ErrorCalendarMeetingRequestIsOutOfDate')
  if (calendar.response === 'Organizer') throw refuse('ErrorCalendarIsOrganizerFor')
  if (calendar.isCancelled) throw refuse('ErrorCalendarIsCancelledFor')
  if (item.meeting && isOutOfDate(item)) throw new EwsRefusal('ErrorCalendarMeetingRequestIsOutOfDate')
  if (!found.access.edit) throw new EwsRefusal('ErrorAccessDenied')

  const body = findChild(source, 'Body', NAMESPACES.types)
  requireSent(
    respond(
      context.exchange,
      entry,
      response,
      {
        submitter: context.user,
        saveCopy: disposition === 'SendAndSaveCopy',
        ...(folder ? { saveIn: folder } : {}),
      },
      {
        send: disposition !== 'SaveOnly',
        ...(body
          ? {
              body: {
                contentType: body.attributes.BodyType === 'HTML' ? ('html' as const) : ('text' as const),
                content: body.text,
              },
            }
          : {}),
      },
    ),
  )
  const { mailbox } = entry
  const calendarFolder = mailbox.findItem(entry.id)?.folder
  // A meeting that was declined leaves the calendar, and its request the Inbox.
  const deleted = mailbox.distinguished('deleteditems')
  if (response === 'Decline' && calendarFolder && deleted) {
    calendarFolder.removeItem(entry)
    deleted.addItem(entry)
  } else calendarFolder?.touch()
  if (item.meeting) {
    item.meeting = { ...item.meeting, hasBeenProcessed: true }
    touchItem(context.exchange, item)
    if (deleted && found.folder !== deleted) {
      found.folder.removeItem(item)
      deleted.addItem(item)
    }
  }
  return response === 'Decline' ? [] : [entry]
}

/** PidTagConversationIndex and the like are not modelled; the subject, the quoted text and the recipients are. */
function reply(
  context: EwsContext,
  source: Element,
  { item: original }: FoundItem,
  disposition: string,
  folder: Folder | undefined,
): readonly Item[] {
  const forward = source.name === 'ForwardItem'
  const sends = disposition !== 'SaveOnly'
  const target = folder ?? requireOwnFolder(context, sends ? 'sentitems' : 'drafts')
  const item = createItem(context.exchange, {
    mailbox: target.mailbox,
    isDraft: true,
    isRead: true,
    creator: context.user.id,
    modifier: context.user.id,
    subject: `${forward ? 'FW' : 'RE'}: ${original.subject.replace(/^(?:RE|FW): /i, '')}`,
    ...(original.conversationId ? { conversationId: original.conversationId } : {}),
    ...(forward ? { attachments: [...original.attachments] } : {}),
  })
  const own = new Set([target.mailbox.owner.address.toLowerCase()])
  const others = (people: Item['to']) => people.filter(({ address }) => !own.has(address.toLowerCase()))
  if (!forward)
    item.to = original.replyTo.length > 0 ? original.replyTo : original.from ? [original.from] : []
  if (source.name === 'ReplyAllToItem') {
    item.to = [...item.to, ...others(original.to)]
    item.cc = others(original.cc)
  }
  const input = { context, folder: target, item, zone: context.zone }
  for (const value of source.children) {
    if (value.name === 'Subject') item.subject = value.text
    else if (value.name !== 'ReferenceItemId' && !/Body/.test(value.name))
      MESSAGE_PROPERTIES.find(({ name }) => name === value.name)?.set?.(input, value)
  }
  const body = findChild(source, 'Body', NAMESPACES.types)
  const added = body ?? findChild(source, 'NewBodyContent', NAMESPACES.types)
  const quoted = body
    ? ''
    : `\r\n\r\n________________________________\r\nFrom: ${original.from?.name ?? ''}\r\nSubject: ${original.subject}\r\n\r\n${plainBody(original) ?? ''}`
  item.body = {
    contentType: body?.attributes.BodyType === 'HTML' ? 'html' : 'text',
    content: `${added?.text ?? ''}${quoted}`,
  }
  if (!sends) {
    target.addItem(item)
    return [item]
  }
  requireRecipients(item)
  requireSent(
    submit(context.exchange, {
      submitter: context.user,
      viaMailbox: target.mailbox.owner,
      message: outgoing(item),
      saveToSentItems: disposition === 'SendAndSaveCopy',
      saveIn: target,
    }),
  )
  return []
}
