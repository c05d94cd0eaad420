import type { EmailAddress } from '../model/email-address.ts'
import type { Item } from '../model/item.ts'
import type { ExtendedPropertyPath } from '../model/property-path.ts'
import type { ListLayout } from './list-output.ts'
import { formatDay, formatMoment, isoMoment } from './moment.ts'
import { printable, printableLines } from './printable.ts'
import { mapiWord } from './property-word.ts'
import { bold, type Cell, formatProperties, type Terminal } from './table.ts'

/** One cell per column for items of any kind; what a kind does not have stays empty. */
const CSV: readonly (readonly [column: string, value: (item: Item) => Cell])[] = [
  ['id', ({ id }) => id.id],
  ['changeKey', ({ id }) => id.changeKey],
  ['type', ({ type }) => type],
  ['itemClass', ({ itemClass }) => itemClass],
  ['subject', ({ subject }) => subject],
  ['from', (item) => ('from' in item ? addressText(item.from) : undefined)],
  ['to', ({ displayTo }) => displayTo],
  ['received', ({ dateTimeReceived }) => iso(dateTimeReceived)],
  ['sent', ({ dateTimeSent }) => iso(dateTimeSent)],
  ['isRead', (item) => ('isRead' in item ? item.isRead : undefined)],
  ['start', (item) => ('start' in item ? iso(item.start) : undefined)],
  ['end', (item) => ('end' in item ? iso(item.end) : undefined)],
  ['isAllDayEvent', (item) => ('isAllDayEvent' in item ? item.isAllDayEvent : undefined)],
  ['location', (item) => ('location' in item ? item.location : undefined)],
  ['organizer', (item) => ('organizer' in item ? addressText(item.organizer) : undefined)],
  [
    'legacyFreeBusyStatus',
    (item) => ('legacyFreeBusyStatus' in item ? item.legacyFreeBusyStatus : undefined),
  ],
  ['displayName', (item) => ('displayName' in item ? item.displayName : undefined)],
  ['email', (item) => (item.type === 'Contact' ? item.emailAddresses?.EmailAddress1 : undefined)],
  ['dueDate', (item) => (item.type === 'Task' ? iso(item.dueDate) : undefined)],
  ['status', (item) => (item.type === 'Task' ? item.status : undefined)],
  ['percentComplete', (item) => (item.type === 'Task' ? item.percentComplete : undefined)],
  ['hasAttachments', ({ hasAttachments }) => hasAttachments],
  ['importance', ({ importance }) => importance],
  ['sensitivity', ({ sensitivity }) => sensitivity],
  ['categories', ({ categories }) => categories?.join('; ')],
]
export const ITEM_COLUMNS = CSV.map(([column]) => column)

export function itemRow(item: Item): Cell[] {
  return CSV.map(([, value]) => value(item))
}

/** Items of a folder, whatever it holds. */
export const ITEM_LIST: ListLayout<Item> = {
  text: {
    columns: ['Type', 'When', 'Who', 'Subject', 'Notes', 'Id'],
    row: (item) => [
      typeText(item),
      whenText(item) ?? '',
      whoText(item) ?? '',
      item.subject ?? ('displayName' in item ? item.displayName : undefined),
      notesOf(item).join(', '),
      item.id.id,
    ],
    empty: 'There are no such items.',
    lastIfItFits: 'The terminal is too narrow for the ids: --ids prints them, and so does --output json.',
  },
  json: itemJson,
  csv: { columns: ITEM_COLUMNS, row: itemRow },
}

/**
 * An item as JSON shows it: id, changeKey, type and subject always, and whatever else the server told, in the words
 * of the library. Ids of other things are plain texts, moments ISO 8601 in UTC.
 */
export function itemJson(item: Item): Readonly<Record<string, unknown>> {
  const { id, type, subject, ...rest } = item
  return {
    id: id.id,
    changeKey: id.changeKey ?? null,
    type,
    subject: subject ?? null,
    ...(plain(rest) as object),
  }
}

/** Everything that is known of an item, for a person to read. */
export function itemText(item: Item, terminal: Terminal): string {
  const { id, type, subject, body, ...rest } = item
  const known: [string, Cell][] = [['Type', type]]
  for (const [key, value] of Object.entries(rest)) {
    // The body is shown whole, below.
    if (key === 'textBody' || key === 'uniqueBody' || key === 'preview' || key === 'mimeContent') continue
    if (key === 'other') {
      for (const [uri, one] of Object.entries(value as object)) known.push([uri, valueText(one)])
    } else if (!isMidnight(key)) known.push([words(key), valueText(value)])
    else known.push([words(key), value instanceof Date ? formatDay(value) : valueText(value)])
  }
  known.push(['Id', id.id], ['Change key', id.changeKey])
  const title = bold(printable(subject ?? '(no subject)'), terminal)
  const content = (body ?? rest.textBody)?.content.trim()
  return `${title}\n${formatProperties(known)}${content ? `\n${printableLines(content)}\n` : ''}`

  function isMidnight(key: string): boolean {
    const allDay = item.type === 'CalendarItem' && item.isAllDayEvent === true
    return (
      (allDay && (key === 'start' || key === 'end')) ||
      (type === 'Task' && ['startDate', 'dueDate', 'completeDate'].includes(key)) ||
      key === 'birthday' ||
      key === 'weddingAnniversary'
    )
  }
}

/** For questions and lines: `the appointment "Lunch" of 2026-11-24 12:00`. */
export function itemTitle(item: Item): string {
  const when = item.type === 'CalendarItem' && item.start ? ` of ${formatMoment(item.start)}` : ''
  return `${KINDS[item.type] ?? 'the item'} ${JSON.stringify(item.subject ?? '')}${when}`
}

const KINDS: Readonly<Partial<Record<Item['type'], string>>> = {
  Message: 'the message',
  CalendarItem: 'the appointment',
  Contact: 'the contact',
  Task: 'the task',
}

/** `Adele Vance <adele@contoso.com>`, or what there is of it. */
export function addressText(person: EmailAddress | undefined): string | undefined {
  if (!person) return undefined
  const { name, address } = person
  return name && address && name !== address ? `${name} <${address}>` : (address ?? name)
}

function typeText({ type, itemClass }: Item): string {
  if (type === 'CalendarItem') return 'Appointment'
  return type === 'Item' ? (itemClass ?? type) : type
}

function whenText(item: Item): string | undefined {
  switch (item.type) {
    case 'CalendarItem':
      return spanText(item)
    case 'Task':
      return item.dueDate && `due ${formatDay(item.dueDate)}`
    case 'Contact':
      return undefined
    default: {
      const date = item.dateTimeReceived ?? item.dateTimeSent ?? item.dateTimeCreated
      return date && formatMoment(date)
    }
  }
}

function spanText({
  start,
  end,
  isAllDayEvent,
}: Extract<Item, { type: 'CalendarItem' }>): string | undefined {
  if (!start) return undefined
  if (isAllDayEvent) {
    const last = end && formatDay(new Date(end.getTime() - 1000))
    const first = formatDay(start)
    return last && last > first ? `${first} to ${last}` : first
  }
  if (!end) return formatMoment(start)
  const [from, to] = [formatMoment(start), formatMoment(end)]
  // The day is said once.
  return `${from} to ${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to}`
}

function whoText(item: Item): string | undefined {
  switch (item.type) {
    case 'CalendarItem':
      return addressText(item.organizer)
    case 'Contact':
      return item.emailAddresses?.EmailAddress1
    case 'Task':
      return item.owner
    case 'Item':
      return undefined
    default:
      return addressText(item.from ?? item.sender)
  }
}

function notesOf(item: Item): string[] {
  const notes: string[] = []
  if ('isRead' in item && item.isRead === false) notes.push('unread')
  if (item.type === 'CalendarItem' && item.location) notes.push(item.location)
  if (item.type === 'CalendarItem' && item.isCancelled) notes.push('cancelled')
  if (item.type === 'Task' && item.status) notes.push(words(item.status).toLowerCase())
  if (item.sensitivity && item.sensitivity !== 'Normal') notes.push(item.sensitivity.toLowerCase())
  if (item.importance === 'High') notes.push('important')
  if (item.hasAttachments) notes.push('attachments')
  return notes
}

function valueText(value: unknown): Cell {
  if (value === undefined || value === null) return undefined
  if (value instanceof Date) return formatMoment(value)
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((one) => String(valueText(one) ?? '')).join(', ') || undefined
  const object = value as Readonly<Record<string, unknown>>
  if (isReference(object)) return object.id
  if ('address' in object || 'routingType' in object) return addressText(object as EmailAddress)
  if ('path' in object && 'value' in object)
    return `${mapiWord(object.path as ExtendedPropertyPath)} ${valueText(object.value)}`
  const rights = Object.entries(object)
  if (rights.length > 0 && rights.every(([, one]) => typeof one === 'boolean')) {
    return rights.flatMap(([name, has]) => (has ? [name] : [])).join(', ') || 'nothing'
  }
  return rights.map(([name, one]) => `${name} ${valueText(one)}`).join(', ') || undefined
}

/** `toRecipients` as `To recipients`. */
function words(key: string): string {
  const text = key.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return isoMoment(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const object = value as Readonly<Record<string, unknown>>
  if (isReference(object)) return object.id
  return Object.fromEntries(Object.entries(object).map(([name, one]) => [name, plain(one)]))
}

/** An id of an item or a folder, with or without its change key. */
function isReference(value: Readonly<Record<string, unknown>>): value is { id: string } {
  return (
    typeof value.id === 'string' && Object.keys(value).every((key) => key === 'id' || key === 'changeKey')
  )
}

function iso(date: Date | undefined): string | undefined {
  return date && isoMoment(date)
}
