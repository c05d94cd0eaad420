import { childText, type Element } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { type CalendarDetails, type FreeBusyStatus, isMeeting } from '../store/calendar.ts'
import type { Folder } from '../store/folder.ts'
import type { Address, Item } from '../store/item.ts'
import { newMeetingUid } from '../store/meeting-delivery.ts'
import { occurrenceId } from '../store/object-ids.ts'
import { ianaZone, localTimeOf } from '../store/time-zones.ts'
import { readAttendees, writeAttendee, writeMailbox } from './address-elements.ts'
import { readDateTime, writeDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'
import {
  FLAG,
  type ItemInput,
  type ItemProperty,
  type ItemSubject,
  isTrue,
  NUMBER,
  readOnly,
  stored,
  writable,
} from './item-properties.ts'
import { readRecurrence, writeRecurrence } from './recurrence-elements.ts'
import { firstAndLast, zoneOf } from './series.ts'
import { type Content, element, elementWith, optional } from './writer.ts'

/** The appointment of an item; an appointment that is being made gets what it needs. */
export function calendarOf(input: Pick<ItemInput, 'item' | 'context' | 'folder'>): CalendarDetails {
  input.item.calendar ??= newCalendar(input.context.exchange.now(), input.folder)
  return input.item.calendar
}

function newCalendar(now: Date, folder: Folder): CalendarDetails {
  const { owner } = folder.mailbox
  // The next half hour, as Outlook proposes it.
  const start = new Date(Math.ceil(now.getTime() / 1_800_000) * 1_800_000)
  return {
    uid: newMeetingUid(),
    start,
    end: new Date(start.getTime() + 1_800_000),
    isAllDay: false,
    freeBusy: 'Busy',
    organizer: { name: owner.name, address: owner.address },
    required: [],
    optional: [],
    resources: [],
    response: 'Organizer',
    isCancelled: false,
    requestSent: false,
    isResponseRequested: true,
    sequence: 0,
    stamp: now,
    deletedOccurrences: [],
  }
}

/** Reads a value of the appointment, if the item has one. */
function given(write: (calendar: CalendarDetails, name: string, subject: ItemSubject) => Content) {
  return (subject: ItemSubject, name: string): Content =>
    subject.item.calendar && write(subject.item.calendar, name, subject)
}

function compared<Value>(read: (calendar: CalendarDetails) => Value) {
  return { compare: (item: Item) => (item.calendar ? (read(item.calendar) as never) : undefined) }
}

/** Changes the appointment; its lists and the object itself are replaced. */
function change(
  set: (calendar: CalendarDetails, value: Element, input: ItemInput) => Partial<CalendarDetails>,
) {
  return (input: ItemInput, value: Element): void => {
    const calendar = calendarOf(input)
    input.item.calendar = { ...calendar, ...set(calendar, value, input) }
  }
}

type AttendeeList = 'required' | 'optional' | 'resources'

function attendees(field: string, list: AttendeeList): ItemProperty {
  return writable(
    field,
    given((calendar, name) =>
      calendar[list].length === 0 ? undefined : element(name, calendar[list].map(writeAttendee)),
    ),
    change((calendar, value, { context, zone }) => {
      requireOrganizer(calendar)
      return { [list]: readAttendees(context.exchange, value, zone) }
    }),
    {
      notInFind: true,
      clear: (input) => {
        const calendar = calendarOf(input)
        requireOrganizer(calendar)
        input.item.calendar = { ...calendar, [list]: [] }
      },
      append: (input, value) => {
        const calendar = calendarOf(input)
        requireOrganizer(calendar)
        const added = readAttendees(input.context.exchange, value, input.zone)
        input.item.calendar = { ...calendar, [list]: [...calendar[list], ...added] }
      },
    },
  )
}

/** Who is invited is the organizer's to say. @throws EwsRefusal */
function requireOrganizer(calendar: CalendarDetails): void {
  if (calendar.response !== 'Organizer') throw new EwsRefusal('ErrorCalendarInvalidPropertyState')
}

function writeOne(name: string, address: Address): Content {
  return element(name, writeMailbox(address))
}

function zoneElement(name: string, id: string | undefined): Content {
  return id === undefined ? undefined : elementWith(name, { Id: id })
}

function readZone(value: Element): string {
  const id = value.attributes.Id ?? ''
  if (!ianaZone(id)) throw new EwsRefusal('ErrorCalendarInvalidTimeZone')
  return id
}

function wallClock(date: Date, zone: string): string {
  const local = localTimeOf(date, zone)
  return `${local.date}T${local.time}`
}

const uid = writable(
  'calendar:UID',
  given((calendar, name) => element(name, calendar.uid)),
  change((_, value) => ({ uid: value.text })),
  compared((calendar) => calendar.uid),
)
const stamp = readOnly(
  'calendar:DateTimeStamp',
  given((calendar, name) => element(name, writeDateTime(calendar.stamp))),
  compared((calendar) => calendar.stamp),
)
const isOrganizer = readOnly(
  'calendar:IsOrganizer',
  given((calendar, name, { item }) => element(name, !item.meeting && calendar.response === 'Organizer')),
  { since: 'Exchange2013' },
)

/** `t:CalendarItemType`, after what every item has. */
export const CALENDAR_PROPERTIES: readonly ItemProperty[] = [
  uid,
  readOnly(
    'calendar:RecurrenceId',
    ({ occurrence, item }, name) =>
      occurrence && item.calendar && element(name, writeDateTime(item.calendar.start)),
  ),
  stamp,
  writable(
    'calendar:Start',
    given((calendar, name) => element(name, writeDateTime(calendar.start))),
    change((_, value, { zone }) => ({ start: readDateTime(value.text, zone) })),
    compared((calendar) => calendar.start),
  ),
  writable(
    'calendar:End',
    given((calendar, name) => element(name, writeDateTime(calendar.end))),
    change((_, value, { zone }) => ({ end: readDateTime(value.text, zone) })),
    compared((calendar) => calendar.end),
  ),
  readOnly(
    'calendar:OriginalStart',
    ({ occurrence, item }, name) =>
      occurrence && item.calendar && element(name, writeDateTime(item.calendar.start)),
  ),
  writable(
    'calendar:IsAllDayEvent',
    given((calendar, name) => element(name, calendar.isAllDay)),
    change((_, value) => ({ isAllDay: isTrue(value.text) })),
    compared((calendar) => calendar.isAllDay),
  ),
  writable(
    'calendar:LegacyFreeBusyStatus',
    given((calendar, name) => element(name, calendar.freeBusy)),
    change((_, value) => ({ freeBusy: value.text as FreeBusyStatus })),
    compared((calendar) => calendar.freeBusy),
  ),
  writable(
    'calendar:Location',
    given((calendar, name) => optional(name, calendar.location)),
    change((_, value) => ({ location: value.text })),
    {
      ...compared((calendar) => calendar.location),
      clear: (input) => {
        const { location, ...calendar } = calendarOf(input)
        input.item.calendar = calendar
      },
    },
  ),
  readOnly(
    'calendar:IsMeeting',
    given((calendar, name) => element(name, isMeeting(calendar))),
    compared(isMeeting),
  ),
  readOnly(
    'calendar:IsCancelled',
    given((calendar, name) => element(name, calendar.isCancelled)),
    compared((calendar) => calendar.isCancelled),
  ),
  readOnly('calendar:IsRecurring', ({ occurrence }, name) => element(name, occurrence !== undefined)),
  readOnly(
    'calendar:MeetingRequestWasSent',
    given((calendar, name) => element(name, calendar.requestSent)),
  ),
  writable(
    'calendar:IsResponseRequested',
    given((calendar, name) => element(name, calendar.isResponseRequested)),
    change((_, value) => ({ isResponseRequested: isTrue(value.text) })),
  ),
  readOnly(
    'calendar:CalendarItemType',
    given((calendar, name, { occurrence }) =>
      element(name, occurrence ? 'Occurrence' : calendar.recurrence ? 'RecurringMaster' : 'Single'),
    ),
    compared((calendar) => (calendar.recurrence ? 'RecurringMaster' : 'Single')),
  ),
  readOnly(
    'calendar:MyResponseType',
    given((calendar, name) => element(name, calendar.response)),
    compared((calendar) => calendar.response),
  ),
  readOnly(
    'calendar:Organizer',
    given((calendar, name) => writeOne(name, calendar.organizer)),
    compared((calendar) => calendar.organizer.name),
  ),
  attendees('calendar:RequiredAttendees', 'required'),
  attendees('calendar:OptionalAttendees', 'optional'),
  attendees('calendar:Resources', 'resources'),
  readOnly(
    'calendar:Duration',
    given((calendar, name) => element(name, duration(calendar.end.getTime() - calendar.start.getTime()))),
  ),
  readOnly(
    'calendar:TimeZone',
    given((calendar, name) => element(name, calendar.startTimeZone ?? 'UTC')),
  ),
  readOnly(
    'calendar:AppointmentReplyTime',
    given((calendar, name) => calendar.replied && element(name, writeDateTime(calendar.replied))),
  ),
  readOnly(
    'calendar:AppointmentSequenceNumber',
    given((calendar, name) => element(name, calendar.sequence)),
  ),
  // asfMeeting, asfReceived and asfCanceled of MS-OXOCAL.
  readOnly(
    'calendar:AppointmentState',
    given((calendar, name) =>
      element(
        name,
        (isMeeting(calendar) ? 1 : 0) |
          (calendar.response === 'Organizer' ? 0 : 2) |
          (calendar.isCancelled ? 4 : 0),
      ),
    ),
  ),
  writable(
    'calendar:Recurrence',
    given((calendar, name) => calendar.recurrence && writeRecurrence(name, calendar.recurrence)),
    change((_, value) => ({ recurrence: readRecurrence(value), deletedOccurrences: [] })),
    {
      notInFind: true,
      clear: (input) => {
        const { recurrence, ...calendar } = calendarOf(input)
        input.item.calendar = { ...calendar, deletedOccurrences: [] }
      },
    },
  ),
  readOnly('calendar:FirstOccurrence', (subject, name) => writeEnd(subject, name, 'first'), {
    notInFind: true,
  }),
  readOnly('calendar:LastOccurrence', (subject, name) => writeEnd(subject, name, 'last'), {
    notInFind: true,
  }),
  readOnly(
    'calendar:DeletedOccurrences',
    given((calendar, name) => {
      if (!calendar.recurrence || calendar.deletedOccurrences.length === 0) return undefined
      const { time } = localTimeOf(calendar.start, zoneOf(calendar))
      return element(
        name,
        calendar.deletedOccurrences.map((date) =>
          element(
            't:DeletedOccurrence',
            element('t:Start', writeDateTime(readDateTime(`${date}T${time}`, zoneOf(calendar)))),
          ),
        ),
      )
    }),
    { notInFind: true },
  ),
  writable(
    'calendar:StartTimeZone',
    given((calendar, name) => zoneElement(name, calendar.startTimeZone)),
    change((_, value) => ({ startTimeZone: readZone(value) })),
    { since: 'Exchange2010' },
  ),
  writable(
    'calendar:EndTimeZone',
    given((calendar, name) => zoneElement(name, calendar.endTimeZone)),
    change((_, value) => ({ endTimeZone: readZone(value) })),
    { since: 'Exchange2010' },
  ),
  stored('calendar:ConferenceType', NUMBER),
  stored('calendar:AllowNewTimeProposal', FLAG),
  stored('calendar:IsOnlineMeeting', FLAG),
  stored('calendar:MeetingWorkspaceUrl'),
  stored('calendar:NetShowUrl'),
  writable(
    'calendar:EnhancedLocation',
    given((calendar, name) =>
      calendar.location === undefined
        ? undefined
        : element(name, element('t:DisplayName', calendar.location), element('t:Annotation', '')),
    ),
    change((_, value) => ({ location: childText(value, 'DisplayName', NAMESPACES.types) ?? '' })),
    { notInFind: true, onlyNamed: true },
  ),
  readOnly(
    'calendar:StartWallClock',
    given((calendar, name) => element(name, wallClock(calendar.start, zoneOf(calendar)))),
    { onlyNamed: true },
  ),
  readOnly(
    'calendar:EndWallClock',
    given((calendar, name) => element(name, wallClock(calendar.end, zoneOf(calendar)))),
    { onlyNamed: true },
  ),
  writable(
    'calendar:StartTimeZoneId',
    given((calendar, name) => optional(name, calendar.startTimeZone)),
    change((_, value) => ({ startTimeZone: requireZone(value.text) })),
    { onlyNamed: true },
  ),
  writable(
    'calendar:EndTimeZoneId',
    given((calendar, name) => optional(name, calendar.endTimeZone)),
    change((_, value) => ({ endTimeZone: requireZone(value.text) })),
    { onlyNamed: true },
  ),
  isOrganizer,
]

const CALENDAR_BY_NAME = new Map(CALENDAR_PROPERTIES.map((property) => [property.name, property]))

/** The same properties where a meeting message repeats them: they are the meeting's, and read-only. */
function repeated(...names: string[]): ItemProperty[] {
  return names.map((name) => {
    const property = CALENDAR_BY_NAME.get(name)
    if (!property) throw new Error(`There is no calendar property ${name}.`)
    const { set, clear, append, ...shown } = property
    return shown
  })
}

/** `t:MeetingMessageType`, after what every message has. */
const MEETING_MESSAGE_PROPERTIES: readonly ItemProperty[] = [
  readOnly('meeting:AssociatedCalendarItemId', ({ item }, name) => {
    const entry = entryOf(item)
    return entry ? elementWith(name, { Id: entry.entryId, ChangeKey: entry.changeKey }) : undefined
  }),
  readOnly('meeting:IsDelegated', ({ item }, name) => element(name, item.meeting?.isDelegated ?? false)),
  readOnly('meeting:IsOutOfDate', ({ item }, name) => element(name, isOutOfDate(item))),
  readOnly('meeting:HasBeenProcessed', ({ item }, name) =>
    element(name, item.meeting?.hasBeenProcessed ?? false),
  ),
  readOnly('meeting:ResponseType', ({ item }, name) =>
    element(name, item.meeting?.response ?? 'NoResponseReceived'),
  ),
  ...repeated('UID', 'RecurrenceId', 'DateTimeStamp', 'IsOrganizer'),
]

export const MEETING_PROPERTIES: Readonly<
  Record<'request' | 'response' | 'cancellation', readonly ItemProperty[]>
> = {
  request: [
    ...MEETING_MESSAGE_PROPERTIES,
    readOnly('meetingRequest:MeetingRequestType', ({ item }, name) =>
      element(name, item.meeting?.requestType ?? 'None'),
    ),
    readOnly(
      'meetingRequest:IntendedFreeBusyStatus',
      given((calendar, name) => element(name, calendar.freeBusy)),
    ),
    ...repeated('Start', 'End', 'OriginalStart', 'IsAllDayEvent', 'LegacyFreeBusyStatus', 'Location'),
    ...repeated('IsMeeting', 'IsCancelled', 'IsRecurring', 'MeetingRequestWasSent', 'CalendarItemType'),
    ...repeated('MyResponseType', 'Organizer', 'RequiredAttendees', 'OptionalAttendees', 'Resources'),
    ...repeated('Duration', 'TimeZone', 'AppointmentReplyTime', 'AppointmentSequenceNumber'),
    ...repeated('AppointmentState', 'Recurrence', 'FirstOccurrence', 'LastOccurrence', 'DeletedOccurrences'),
    ...repeated('StartTimeZone', 'EndTimeZone', 'ConferenceType', 'AllowNewTimeProposal', 'IsOnlineMeeting'),
    ...repeated('MeetingWorkspaceUrl', 'NetShowUrl', 'EnhancedLocation', 'StartWallClock', 'EndWallClock'),
    ...repeated('StartTimeZoneId', 'EndTimeZoneId'),
  ],
  response: [
    ...MEETING_MESSAGE_PROPERTIES,
    ...repeated('Start', 'End', 'Location', 'Recurrence', 'CalendarItemType'),
  ],
  cancellation: [
    ...MEETING_MESSAGE_PROPERTIES,
    ...repeated('Start', 'End', 'Location', 'Recurrence', 'CalendarItemType'),
  ],
}

/** The entry that a meeting message has in a calendar: for a delegate's copy, in the principal's. */
export function entryOf({ meeting, mailbox }: Item): Item | undefined {
  return meeting?.calendarItemId === undefined
    ? undefined
    : mailbox.exchange.findItem(meeting.calendarItemId)?.item
}

/** A later request for the same meeting has arrived. */
export function isOutOfDate(item: Item): boolean {
  const calendar = entryOf(item)?.calendar
  return calendar !== undefined && item.calendar !== undefined && calendar.sequence > item.calendar.sequence
}

function requireZone(id: string): string {
  if (!ianaZone(id)) throw new EwsRefusal('ErrorCalendarInvalidTimeZone')
  return id
}

function writeEnd({ item }: ItemSubject, name: string, which: 'first' | 'last'): Content {
  const occurrence = item.calendar && firstAndLast(item.calendar)[which]
  return (
    occurrence &&
    element(
      name,
      elementWith('t:ItemId', {
        Id: occurrenceId(item.entryId, occurrence.date),
        ChangeKey: item.changeKey,
      }),
      element('t:Start', writeDateTime(occurrence.start)),
      element('t:End', writeDateTime(occurrence.end)),
      element('t:OriginalStart', writeDateTime(occurrence.start)),
    )
  )
}

/** An `xs:duration`, as Exchange writes it: `PT1H30M`, `P1D`. */
function duration(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000))
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  const time = `${hours ? `${hours}H` : ''}${rest ? `${rest}M` : ''}`
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : days ? '' : 'T0M'}`
}
