import {
  attendeesOf,
  type CalendarDetails,
  type MeetingMessageDetails,
  type ResponseType,
} from './calendar.ts'
import type { Recipient } from './directory.ts'
import type { Exchange } from './exchange.ts'
import type { Folder } from './folder.ts'
import { type Address, type Item, touchItem } from './item.ts'
import { type OutgoingMessage, type SubmissionResult, submit } from './submission.ts'

/** Who acts, and what becomes of the copy of what is sent. */
export interface MeetingSending {
  readonly submitter: Recipient
  readonly saveCopy: boolean
  readonly saveIn?: Folder
}

/** Sends requests for a meeting in its organizer's calendar to everybody who is invited, or to those listed. */
export function sendRequests(
  exchange: Exchange,
  item: Item,
  sending: MeetingSending,
  requestType: MeetingMessageDetails['requestType'] = 'NewMeetingRequest',
  to?: readonly Address[],
): SubmissionResult | undefined {
  const calendar = item.calendar
  if (!calendar) return undefined
  const result = send(exchange, item, sending, {
    itemClass: 'IPM.Schedule.Meeting.Request',
    subject: item.subject,
    ...recipients(calendar, to),
    calendar: { ...calendar, requestSent: true, stamp: exchange.now() },
    meeting: { ...meetingMessage('request', calendar.organizer), ...(requestType ? { requestType } : {}) },
  })
  if (result?.ok !== false) item.calendar = { ...calendar, requestSent: true, stamp: exchange.now() }
  return result
}

/** Tells everybody who was invited, or those listed, that a meeting does not take place (for them). */
export function sendCancellations(
  exchange: Exchange,
  item: Item,
  sending: MeetingSending,
  to?: readonly Address[],
): SubmissionResult | undefined {
  const calendar = item.calendar
  if (!calendar) return undefined
  return send(exchange, item, sending, {
    itemClass: 'IPM.Schedule.Meeting.Canceled',
    subject: `Canceled: ${item.subject}`,
    ...recipients(calendar, to),
    calendar: { ...calendar, isCancelled: true, sequence: calendar.sequence + 1, stamp: exchange.now() },
    meeting: meetingMessage('cancellation', calendar.organizer),
  })
}

const RESPONSES = {
  Accept: { itemClass: 'IPM.Schedule.Meeting.Resp.Pos', prefix: 'Accepted', freeBusy: 'Busy' },
  Tentative: { itemClass: 'IPM.Schedule.Meeting.Resp.Tent', prefix: 'Tentative', freeBusy: 'Tentative' },
  Decline: { itemClass: 'IPM.Schedule.Meeting.Resp.Neg', prefix: 'Declined', freeBusy: 'Free' },
} as const

/** Answers a meeting: the calendar's entry says so, and the organizer is told when `tell` says so. */
export function respond(
  exchange: Exchange,
  entry: Item,
  response: keyof typeof RESPONSES,
  sending: MeetingSending,
  tell: { readonly send: boolean; readonly body?: Item['body'] },
): SubmissionResult | undefined {
  const calendar = entry.calendar
  if (!calendar) return undefined
  const { itemClass, prefix, freeBusy } = RESPONSES[response]
  const result = tell.send
    ? send(
        exchange,
        entry,
        sending,
        {
          itemClass,
          subject: `${prefix}: ${entry.subject}`,
          to: [calendar.organizer],
          cc: [],
          bcc: [],
          calendar: { ...calendar, stamp: exchange.now() },
          meeting: { ...meetingMessage('response', calendar.organizer), response: response as ResponseType },
        },
        tell.body ?? { contentType: 'text', content: '' },
      )
    : undefined
  if (result?.ok === false) return result
  entry.calendar = { ...calendar, response, freeBusy, replied: exchange.now() }
  touchItem(exchange, entry, sending.submitter.id)
  return result
}

function send(
  exchange: Exchange,
  item: Item,
  { submitter, saveCopy, saveIn }: MeetingSending,
  message: Pick<OutgoingMessage, 'itemClass' | 'subject' | 'to' | 'cc' | 'bcc' | 'calendar' | 'meeting'>,
  body: Item['body'] = item.body,
): SubmissionResult | undefined {
  if (message.to.length + message.cc.length + message.bcc.length === 0) return undefined
  return submit(exchange, {
    submitter,
    viaMailbox: item.mailbox.owner,
    message: {
      ...message,
      ...(body ? { body } : {}),
      importance: item.importance,
      sensitivity: item.sensitivity,
      replyTo: [],
      attachments: item.attachments,
    },
    saveToSentItems: saveCopy,
    ...(saveIn ? { saveIn } : {}),
  })
}

/** Required attendees stand in To, optional ones in Cc, rooms and the like in Bcc. */
function recipients(
  calendar: CalendarDetails,
  only: readonly Address[] | undefined,
): Pick<OutgoingMessage, 'to' | 'cc' | 'bcc'> {
  const wanted = only && new Set(only.map(({ address }) => address.toLowerCase()))
  const those = (people: readonly Address[]) =>
    people
      .filter(({ address }) => !wanted || wanted.has(address.toLowerCase()))
      .map(({ name, address }) => ({ name, address }))
  const listed = {
    to: those(calendar.required),
    cc: those(calendar.optional),
    bcc: those(calendar.resources),
  }
  if (!only) return listed
  // Somebody who is no longer on the list is told as well.
  const known = new Set(attendeesOf(calendar).map(({ address }) => address.toLowerCase()))
  const others = only.filter(({ address }) => !known.has(address.toLowerCase()))
  return { ...listed, to: [...listed.to, ...others.map(({ name, address }) => ({ name, address }))] }
}

function meetingMessage(kind: MeetingMessageDetails['kind'], receivedFor: Address): MeetingMessageDetails {
  return { kind, isDelegated: false, receivedFor, hasBeenProcessed: false }
}
