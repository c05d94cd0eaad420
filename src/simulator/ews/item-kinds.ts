import type { Element } from '../../xml/element.ts'
import type { Item } from '../store/item.ts'
import { CALENDAR_PROPERTIES, MEETING_PROPERTIES } from './calendar-properties.ts'
import { CONTACT_PROPERTIES } from './contact-properties.ts'
import { ITEM_PROPERTIES, type ItemProperty } from './item-properties.ts'
import { MESSAGE_PROPERTIES } from './message-properties.ts'
import { TASK_PROPERTIES } from './task-properties.ts'

/** A kind of item: its element, and its properties in the schema's order. */
export interface ItemKind {
  readonly element: string
  readonly properties: readonly ItemProperty[]
  /** What BaseShape Default shows, in addition to the id. */
  readonly defaults: ReadonlySet<string>
  /** The class of an item that is made without one. */
  readonly itemClass: string
}

function kind(
  element: string,
  itemClass: string,
  properties: readonly ItemProperty[],
  defaults: readonly string[],
): ItemKind {
  return { element, itemClass, properties: [...ITEM_PROPERTIES, ...properties], defaults: new Set(defaults) }
}

const MESSAGE_DEFAULTS = [
  ...['item:Subject', 'item:Sensitivity', 'item:Body', 'item:Attachments', 'item:Size', 'item:Importance'],
  ...['item:DateTimeSent', 'item:DateTimeCreated', 'item:ResponseObjects', 'item:HasAttachments'],
  ...['message:ToRecipients', 'message:CcRecipients', 'message:BccRecipients', 'message:From'],
  ...['message:IsReadReceiptRequested', 'message:IsDeliveryReceiptRequested', 'message:IsRead'],
]
const CALENDAR_DEFAULTS = [
  ...['item:Subject', 'item:Body', 'item:Attachments', 'item:ResponseObjects', 'item:HasAttachments'],
  ...['calendar:Start', 'calendar:End', 'calendar:OriginalStart', 'calendar:LegacyFreeBusyStatus'],
  ...['calendar:Location', 'calendar:CalendarItemType', 'calendar:Organizer', 'calendar:Recurrence'],
  ...['calendar:RequiredAttendees', 'calendar:OptionalAttendees', 'calendar:Resources'],
]
const CONTACT_DEFAULTS = [
  ...['item:Attachments', 'item:HasAttachments', 'contacts:FileAs', 'contacts:DisplayName'],
  ...['contacts:CompanyName', 'contacts:CompleteName', 'contacts:EmailAddresses'],
  ...['contacts:PhysicalAddresses', 'contacts:PhoneNumbers', 'contacts:ImAddresses', 'contacts:JobTitle'],
]
const TASK_DEFAULTS = [
  ...['item:Subject', 'item:Body', 'item:Attachments', 'item:HasAttachments', 'task:DueDate'],
  ...['task:PercentComplete', 'task:StartDate', 'task:Status', 'task:Recurrence'],
]

const KINDS = {
  Item: kind('Item', 'IPM.Note', [], MESSAGE_DEFAULTS),
  Message: kind('Message', 'IPM.Note', MESSAGE_PROPERTIES, MESSAGE_DEFAULTS),
  CalendarItem: kind('CalendarItem', 'IPM.Appointment', CALENDAR_PROPERTIES, CALENDAR_DEFAULTS),
  Contact: kind('Contact', 'IPM.Contact', CONTACT_PROPERTIES, CONTACT_DEFAULTS),
  Task: kind('Task', 'IPM.Task', TASK_PROPERTIES, TASK_DEFAULTS),
  MeetingRequest: meeting('MeetingRequest', 'IPM.Schedule.Meeting.Request', 'request'),
  MeetingResponse: meeting('MeetingResponse', 'IPM.Schedule.Meeting.Resp.Pos', 'response'),
  MeetingCancellation: meeting('MeetingCancellation', 'IPM.Schedule.Meeting.Canceled', 'cancellation'),
} as const
export type ItemKindName = keyof typeof KINDS

function meeting(element: string, itemClass: string, which: keyof typeof MEETING_PROPERTIES): ItemKind {
  return kind(
    element,
    itemClass,
    [...MESSAGE_PROPERTIES, ...MEETING_PROPERTIES[which]],
    [...MESSAGE_DEFAULTS, ...CALENDAR_DEFAULTS, 'meeting:IsDelegated', 'meeting:AssociatedCalendarItemId'],
  )
}

/** The kind of an item, which goes by its class; what is no other kind is a message. */
export function kindOf(item: Pick<Item, 'itemClass'>): ItemKind {
  const name = item.itemClass.toLowerCase()
  const is = (base: string) => name === base || name.startsWith(`${base}.`)
  if (is('ipm.appointment')) return KINDS.CalendarItem
  if (is('ipm.contact')) return KINDS.Contact
  if (is('ipm.task')) return KINDS.Task
  if (is('ipm.schedule.meeting.request')) return KINDS.MeetingRequest
  if (is('ipm.schedule.meeting.resp')) return KINDS.MeetingResponse
  if (is('ipm.schedule.meeting.canceled')) return KINDS.MeetingCancellation
  if (is('ipm.activity') || is('ipm.distlist') || is('ipm.post')) return KINDS.Item
  return KINDS.Message
}

/** The kind whose element this is, if items of it can be made or changed. */
export function kindOfElement(element: Element): ItemKind | undefined {
  return Object.hasOwn(KINDS, element.name) ? KINDS[element.name as ItemKindName] : undefined
}

const BY_FIELD = new Map<string, ItemProperty>()
for (const { properties } of Object.values(KINDS)) {
  // A meeting message repeats the meeting's properties; the calendar's own can be written as well.
  for (const property of properties) if (!BY_FIELD.has(property.field)) BY_FIELD.set(property.field, property)
}

/** The property that a FieldURI names, when it is modelled. */
export function propertyOf(field: string): ItemProperty | undefined {
  return BY_FIELD.get(field)
}
