import { randomUUID } from 'node:crypto'
import type { CalendarDetails, MeetingMessageDetails, ResponseType } from './calendar.ts'
import type { Exchange } from './exchange.ts'
import type { Folder } from './folder.ts'
import { type Address, copyItem, createItem, type Item, touchItem } from './item.ts'
import type { Mailbox } from './mailbox.ts'

/** What happens to the owner's copy of a meeting message when delegates receive theirs. */
export const OWNERS_COPY = {
  /** Only the delegates get it: the owner's copy goes to Deleted Items. */
  DelegatesOnly: 'deleteditems',
  /** The owner has it in the Inbox as well, and may answer. */
  DelegatesAndMe: 'inbox',
  /** The owner's is for information: it stays in the Inbox, and is the delegates' to answer. */
  DelegatesAndSendInformationToMe: 'information',
  /** Delegates get nothing. */
  NoForward: 'alone',
} as const

/**
 * What a mailbox does with a meeting message that was just delivered: the calendar takes note of it, and delegates
 * who receive copies of meeting messages get theirs, as the mailbox's DeliverMeetingRequests says. Other messages
 * are left alone.
 */
export function receiveMeetingMessage(exchange: Exchange, message: Item): void {
  const { mailbox, meeting, calendar } = message
  const inbox = exchange.findItem(message.id)?.folder
  if (!meeting || !calendar || !inbox) return
  message.meeting = { ...meeting, receivedFor: addressOf(mailbox) }
  if (meeting.kind === 'response') recordResponse(exchange, message, calendar)
  else updateCalendar(exchange, message, calendar)
  forwardToDelegates(exchange, message, inbox)
}

/** The entry of this meeting in the mailbox's calendar. */
export function findMeeting(mailbox: Mailbox, uid: string): { folder: Folder; item: Item } | undefined {
  for (const folder of mailbox.folders()) {
    if (folder.kind !== 'calendar') continue
    const item = folder.items().find((candidate) => candidate.calendar?.uid === uid)
    if (item) return { folder, item }
  }
  return undefined
}

/** A request puts the meeting into the attendee's calendar, tentatively; a cancellation marks it. */
function updateCalendar(exchange: Exchange, message: Item, meeting: CalendarDetails): void {
  const { mailbox } = message
  const known = findMeeting(mailbox, meeting.uid)
  if (known?.item.calendar?.response === 'Organizer') return
  if (message.meeting?.kind === 'cancellation') {
    if (!known?.item.calendar) return
    known.item.calendar = {
      ...known.item.calendar,
      isCancelled: true,
      freeBusy: 'Free',
      sequence: meeting.sequence,
    }
    known.item.subject = message.subject
    touchItem(exchange, known.item)
    known.folder.touch()
    link(message, known.item)
    return
  }
  const details: CalendarDetails = {
    ...structuredClone(meeting),
    response: 'NoResponseReceived',
    freeBusy: 'Tentative',
    // What the others answered is the organizer's to know.
    required: meeting.required.map(unanswered),
    optional: meeting.optional.map(unanswered),
    resources: meeting.resources.map(unanswered),
  }
  if (known) {
    Object.assign(known.item, {
      subject: message.subject,
      ...(message.body ? { body: { ...message.body } } : {}),
      calendar: details,
    })
    touchItem(exchange, known.item)
    known.folder.touch()
    link(message, known.item)
    return
  }
  const folder = mailbox.distinguished('calendar')
  if (!folder) return
  const item = createItem(exchange, {
    mailbox,
    itemClass: 'IPM.Appointment',
    subject: message.subject,
    ...(message.body ? { body: { ...message.body } } : {}),
    sensitivity: message.sensitivity,
    importance: message.importance,
    calendar: details,
    reminder: { isSet: true, minutesBeforeStart: 15 },
    isRead: true,
    // The server makes it, on the owner's behalf.
    creator: mailbox.owner.id,
  })
  folder.addItem(item)
  link(message, item)
}

/** A response is noted with the attendee in the organizer's calendar. */
function recordResponse(exchange: Exchange, message: Item, meeting: CalendarDetails): void {
  const known = findMeeting(message.mailbox, meeting.uid)
  const calendar = known?.item.calendar
  const response = message.meeting?.response
  if (!known || !calendar || !response || calendar.response !== 'Organizer') return
  const from = (message.from?.address ?? '').toLowerCase()
  const answer = <Person extends Address>(person: Person) =>
    person.address.toLowerCase() === from ? { ...person, response, responded: exchange.now() } : person
  known.item.calendar = {
    ...calendar,
    required: calendar.required.map(answer),
    optional: calendar.optional.map(answer),
    resources: calendar.resources.map(answer),
  }
  touchItem(exchange, known.item)
  known.folder.touch()
  link(message, known.item)
}

function forwardToDelegates(exchange: Exchange, message: Item, inbox: Folder): void {
  const { mailbox } = message
  const place = OWNERS_COPY[mailbox.deliverMeetingRequests]
  const receivers = mailbox.delegates.list().filter(
    (delegate) =>
      delegate.receiveCopiesOfMeetingMessages &&
      !delegate.problem &&
      // A private meeting is not shown to a delegate who may not see private items.
      (message.sensitivity !== 'private' || delegate.viewPrivateItems),
  )
  if (place === 'alone' || receivers.length === 0) return
  for (const { user } of receivers) {
    const theirs = user && exchange.mailboxOf(user)
    const folder = theirs?.distinguished('inbox')
    if (!theirs || !folder) continue
    const copy = copyItem(exchange, message, theirs, mailbox.owner.id)
    copy.isRead = false
    copy.meeting = { ...(message.meeting as MeetingMessageDetails), isDelegated: true }
    folder.addItem(copy)
  }
  if (place === 'deleteditems') {
    inbox.removeItem(message)
    mailbox.distinguished('deleteditems')?.addItem(message)
  } else if (place === 'information' && message.meeting?.kind === 'request') {
    message.meeting = { ...message.meeting, requestType: 'PrincipalWantsCopy' }
    touchItem(exchange, message)
  }
}

function link(message: Item, entry: Item): void {
  if (message.meeting) message.meeting = { ...message.meeting, calendarItemId: entry.id }
}

function unanswered<Person extends { readonly response: ResponseType }>(person: Person): Person {
  return { ...person, response: 'Unknown' }
}

function addressOf(mailbox: Mailbox): Address {
  return { name: mailbox.owner.name, address: mailbox.owner.address }
}

/** The shape of a GlobalObjectId in hexadecimal, as Exchange makes the UIDs of meetings. */
export function newMeetingUid(): string {
  return `040000008200E00074C5B7101A82E008${'0'.repeat(32)}${'10000000'}${randomUUID().replaceAll('-', '').toUpperCase()}`
}
