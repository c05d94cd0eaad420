import type { TenantItem } from '../tenant-items.ts'
import type { Attendee, CalendarDetails } from './calendar.ts'
import type { Exchange } from './exchange.ts'
import { type Address, createItem, type ItemFields, type PropertyValue } from './item.ts'
import type { Mailbox } from './mailbox.ts'
import { newMeetingUid } from './meeting-delivery.ts'

/** Puts the items of a tenant file into a mailbox that was just made. Nobody is sent anything. */
export function seedItems(exchange: Exchange, mailbox: Mailbox, items: readonly TenantItem[]): void {
  for (const source of items) {
    mailbox.distinguished(source.folder)?.addItem(createItem(exchange, fieldsOf(exchange, mailbox, source)))
  }
}

const CLASSES: Readonly<Record<string, string>> = {
  calendar: 'IPM.Appointment',
  contacts: 'IPM.Contact',
  tasks: 'IPM.Task',
  notes: 'IPM.StickyNote',
}

function fieldsOf(exchange: Exchange, mailbox: Mailbox, source: TenantItem): ItemFields {
  const person = (address: string) => personOf(exchange, address)
  const owner = person(mailbox.owner.address)
  const creator = source.creator === undefined ? undefined : exchange.directory.find(source.creator)
  const itemClass = CLASSES[source.folder] ?? 'IPM.Note'
  const isMessage = itemClass === 'IPM.Note'
  const isDraft = source.folder === 'drafts'
  const outbound = source.folder === 'sentitems' || isDraft
  const from = source.from === undefined ? (outbound ? owner : undefined) : person(source.from)
  const to = source.to?.map(person) ?? (isMessage && !outbound ? [owner] : [])
  const at = source.received ?? exchange.now()
  const content = source.html ?? source.body
  return {
    mailbox,
    itemClass,
    subject:
      source.subject ??
      ([source.givenName, source.surname].filter(Boolean).join(' ') || source.company) ??
      '',
    ...(content === undefined
      ? {}
      : { body: { contentType: source.html === undefined ? 'text' : 'html', content } }),
    ...(source.categories ? { categories: [...source.categories] } : {}),
    importance: source.importance ?? 'normal',
    sensitivity: source.sensitivity ?? 'normal',
    isDraft: isMessage && isDraft,
    isRead: source.read ?? !(isMessage && !outbound),
    ...(isMessage
      ? {
          ...(from ? { from, sender: from } : {}),
          to,
          cc: source.cc?.map(person) ?? [],
          ...(isDraft ? {} : { sent: at, received: at }),
        }
      : {}),
    ...(source.folder === 'calendar' ? { calendar: calendarOf(exchange, owner, source) } : {}),
    properties: propertiesOf(source),
    // What arrived was made by whoever sent it, as the delivery of a message makes it.
    creator: (
      creator ??
      (isMessage && from ? exchange.directory.find(from.address) : undefined) ??
      mailbox.owner
    ).id,
  }
}

function calendarOf(exchange: Exchange, organizer: Address, source: TenantItem): CalendarDetails {
  const now = exchange.now()
  const start = source.start ?? now
  return {
    uid: newMeetingUid(),
    start,
    end: source.end ?? start,
    isAllDay: source.allDay ?? false,
    ...(source.location === undefined ? {} : { location: source.location }),
    freeBusy: source.freeBusy ?? 'Busy',
    organizer,
    required: (source.attendees ?? []).map(
      (address): Attendee => ({ ...personOf(exchange, address), response: 'Unknown' }),
    ),
    optional: [],
    resources: [],
    response: 'Organizer',
    isCancelled: false,
    requestSent: false,
    isResponseRequested: true,
    sequence: 0,
    stamp: now,
    ...(source.timeZone === undefined
      ? {}
      : { startTimeZone: source.timeZone, endTimeZone: source.timeZone }),
    deletedOccurrences: [],
  }
}

function propertiesOf(source: TenantItem): Record<string, PropertyValue> {
  const values: Record<string, PropertyValue | undefined> = {
    'contacts:GivenName': source.givenName,
    'contacts:Surname': source.surname,
    'contacts:CompanyName': source.company,
    'contacts:JobTitle': source.jobTitle,
    'contacts:EmailAddress/EmailAddress1': source.email,
    'contacts:PhoneNumber/BusinessPhone': source.phone,
    'task:DueDate': source.due,
    'task:Status': source.status,
    ...(source.status === 'Completed' ? { 'task:PercentComplete': 100 } : {}),
  }
  const properties: Record<string, PropertyValue> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) properties[name] = value
  return properties
}

function personOf(exchange: Exchange, address: string): Address {
  const known = exchange.directory.find(address)
  return known ? { name: known.name, address: known.address } : { name: address, address }
}
