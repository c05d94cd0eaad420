import type { Address } from './item.ts'
import type { Recurrence } from './recurrence.ts'

/** How an appointment shows in free/busy; names as EWS spells them, as everything in this file. */
export const FREE_BUSY_STATUSES = ['Free', 'Tentative', 'Busy', 'OOF', 'WorkingElsewhere', 'NoData'] as const
export type FreeBusyStatus = (typeof FREE_BUSY_STATUSES)[number]

export type ResponseType = 'Unknown' | 'Organizer' | 'Tentative' | 'Accept' | 'Decline' | 'NoResponseReceived'

export interface Attendee extends Address {
  readonly response: ResponseType
  readonly responded?: Date
}

/** An appointment or a meeting. Lists are replaced, never changed in place. */
export interface CalendarDetails {
  /** The same in the calendars of everybody who is invited. */
  uid: string
  start: Date
  end: Date
  isAllDay: boolean
  location?: string
  freeBusy: FreeBusyStatus
  organizer: Address
  required: readonly Attendee[]
  optional: readonly Attendee[]
  resources: readonly Attendee[]
  /** What the owner of this calendar answered. */
  response: ResponseType
  replied?: Date
  isCancelled: boolean
  /** Were the attendees told? */
  requestSent: boolean
  isResponseRequested: boolean
  /** Grows when attendees are told of a change. */
  sequence: number
  stamp: Date
  /** Windows names, as they were given. */
  startTimeZone?: string
  endTimeZone?: string
  recurrence?: Recurrence
  /** Dates of the series on which it does not take place. */
  deletedOccurrences: readonly string[]
}

/** What makes a message a meeting request, a cancellation or a response. */
export interface MeetingMessageDetails {
  kind: 'request' | 'cancellation' | 'response'
  /** Of requests: a new meeting, a change, or the copy that a principal keeps for information. */
  requestType?: 'NewMeetingRequest' | 'FullUpdate' | 'InformationalUpdate' | 'PrincipalWantsCopy'
  /** The copy that a delegate received. */
  isDelegated: boolean
  /** Whose meeting message it is; somebody else than the mailbox's owner in a delegate's copy. */
  receivedFor: Address
  hasBeenProcessed: boolean
  /** Of responses. */
  response?: ResponseType
  /** {@link Item.id} of the entry in the calendar. */
  calendarItemId?: string
}

/** Everybody who is invited. */
export function attendeesOf(calendar: CalendarDetails): readonly Attendee[] {
  return [...calendar.required, ...calendar.optional, ...calendar.resources]
}

export function isMeeting(calendar: CalendarDetails): boolean {
  return attendeesOf(calendar).length > 0 || calendar.response !== 'Organizer'
}
