import { randomUUID } from 'node:crypto'
import { childBoolean, childText, type Element, findChild, findChildren } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Folder } from '../store/folder.ts'
import { type Attachment, createItem, type Item, touchItem } from '../store/item.ts'
import { LAST_DATE } from '../store/recurrence.ts'
import { ianaZone, localTimeOf } from '../store/time-zones.ts'
import { calendarOf } from './calendar-properties.ts'
import { clearEntry, dictionaryOf, entryKey, nameContact, setEntries } from './contact-properties.ts'
import { EwsRefusal } from './errors.ts'
import { clearExtended, extendedKey, setExtended } from './extended-properties.ts'
import { type ItemKind, kindOf, kindOfElement, propertyOf } from './item-kinds.ts'
import type { ItemInput, ItemProperty } from './item-properties.ts'
import type { EwsContext } from './operation.ts'
import { zoneOf } from './series.ts'

/** Attachments of one item, and what they hold together: Exchange's limit for a message is about this. */
const MOST_ATTACHMENTS = 250

/**
 * Makes an item from its element in a CreateItem request; it is in no folder yet.
 * @throws EwsRefusal for what cannot be set, or is not modelled.
 */
export function readNewItem(context: EwsContext, folder: Folder, source: Element): Item {
  const kind = kindOfElement(source)
  if (!kind || source.name.startsWith('Meeting')) {
    throw new EwsRefusal(
      'ErrorInvalidItemForOperationCreateItem',
      `Making a ${source.name} is not modelled by this simulator.`,
    )
  }
  const item = createItem(context.exchange, {
    mailbox: folder.mailbox,
    itemClass: kind.itemClass,
    isDraft: kind.element === 'Message',
    isRead: true,
    creator: context.user.id,
    modifier: context.user.id,
  })
  const input: ItemInput = { context, folder, item, zone: context.zone ?? zoneOfElement(source) }
  if (kind.element === 'CalendarItem') calendarOf(input)
  for (const value of source.children) setNew(input, kind, value)
  complete(input, kind)
  return item
}

function setNew(input: ItemInput, kind: ItemKind, value: Element): void {
  const { item } = input
  if (value.name === 'ExtendedProperty') {
    setExtended(item, value)
    return
  }
  if (value.name === 'Attachments') {
    item.attachments = readAttachments(input.context, value)
    return
  }
  if (value.name === 'InternetMessageHeaders') {
    item.headers = findChildren(value, 'InternetMessageHeader', NAMESPACES.types).map((header) => ({
      name: header.attributes.HeaderName ?? '',
      value: header.text,
    }))
    return
  }
  if (value.name === 'MimeContent') {
    throw new EwsRefusal('ErrorUnsupportedMimeConversion', 'MIME content is not read by this simulator.')
  }
  const property = kind.properties.find(({ name }) => name === value.name)
  if (!property?.set) throw refusal('ErrorInvalidPropertySet', value.name, property)
  if (property.field === 'item:ItemClass' && !fitsKind(kind, value.text))
    throw new EwsRefusal('ErrorObjectTypeChanged')
  property.set(input, value)
}

/** A property the server alone sets is refused as Exchange refuses it; one that is not modelled is named. */
function refusal(
  code: 'ErrorInvalidPropertySet' | 'ErrorInvalidPropertyDelete' | 'ErrorInvalidPropertyAppend',
  name: string,
  property: ItemProperty | undefined,
): EwsRefusal {
  return property
    ? new EwsRefusal(code)
    : new EwsRefusal(code, `The property ${name} is not modelled by this simulator.`)
}

function fitsKind(kind: ItemKind, itemClass: string): boolean {
  return kind.element === 'Item' || kindOf({ itemClass }).element === kind.element
}

/** What is wrong as a whole, and what follows from the rest. @throws EwsRefusal */
function complete(input: ItemInput, kind: ItemKind): void {
  const { item } = input
  if (kind.element === 'Contact') nameContact(input)
  if (item.calendar && !item.meeting) completeCalendar(input)
}

const DAY = 86_400_000
const FIRST_TIME = Date.UTC(1601, 0, 1)
const LAST_TIME = Date.parse(`${LAST_DATE}T00:00:00Z`)

function completeCalendar({ item }: ItemInput): void {
  const calendar = item.calendar
  if (!calendar) return
  if (calendar.isAllDay) {
    // Exchange keeps all-day events from midnight to midnight, in the zone of the event.
    const zone = zoneOf(calendar)
    const midnight = (date: Date) =>
      new Date(date.getTime() - (Date.parse(`1970-01-01T${localTimeOf(date, zone).time}Z`) % DAY))
    calendar.start = midnight(calendar.start)
    const end = midnight(calendar.end)
    calendar.end = end.getTime() > calendar.start.getTime() ? end : new Date(calendar.start.getTime() + DAY)
  }
  // The store's times start in 1601 (PtypTime of MS-OXCDATA); its calendar ends in 4500.
  if (calendar.start.getTime() < FIRST_TIME || calendar.end.getTime() > LAST_TIME)
    throw new EwsRefusal('ErrorCalendarOutOfRange')
  if (calendar.end.getTime() < calendar.start.getTime())
    throw new EwsRefusal('ErrorCalendarEndDateIsEarlierThanStartDate')
  // "The maximum is five years" (CalendarItem element page).
  if (calendar.end.getTime() - calendar.start.getTime() > 5 * 366 * DAY)
    throw new EwsRefusal('ErrorCalendarDurationIsTooLong')
}

/**
 * Changes an item as the `t:Updates` of a request say: as a whole, or not at all.
 * @returns the names of the properties that were changed.
 * @throws EwsRefusal
 */
export function updateItem(context: EwsContext, folder: Folder, item: Item, updates: Element): string[] {
  const draft: Item = { ...item, ...(item.calendar ? { calendar: { ...item.calendar } } : {}) }
  const input: ItemInput = {
    context,
    folder,
    item: draft,
    zone: context.zone ?? zoneOfUpdates(updates, item),
  }
  const kind = kindOf(item)
  const changed = updates.children.map((update) => applyUpdate(input, kind, update))
  complete(input, kind)
  if (kindOf(draft).element !== kind.element) throw new EwsRefusal('ErrorObjectTypeChanged')
  for (const key of Object.keys(item) as (keyof Item)[]) if (!(key in draft)) delete item[key]
  Object.assign(item, draft)
  touchItem(context.exchange, item, context.user.id)
  folder.touch()
  return changed
}

function applyUpdate(input: ItemInput, kind: ItemKind, update: Element): string {
  const [path, object] = update.children as [Element, Element | undefined]
  const deleting = update.name === 'DeleteItemField'
  if (object) requireFittingElement(kind, object)
  const [value, ...others] = object?.children ?? []
  if (!deleting && (!value || others.length > 0)) throw new EwsRefusal('ErrorIncorrectUpdatePropertyCount')

  if (path.name === 'ExtendedFieldURI') {
    if (update.name === 'AppendToItemField') throw new EwsRefusal('ErrorInvalidPropertyAppend')
    if (!value) clearExtended(input.item, path)
    else {
      const own = findChild(value, 'ExtendedFieldURI', NAMESPACES.types)
      if (value.name !== 'ExtendedProperty' || !own || extendedKey(own) !== extendedKey(path))
        throw new EwsRefusal('ErrorUpdatePropertyMismatch')
      setExtended(input.item, value)
    }
    return extendedKey(path)
  }
  if (path.name === 'IndexedFieldURI') {
    updateIndexed(input, update.name, path, value)
    return `${path.attributes.FieldURI}/${path.attributes.FieldIndex}`
  }

  const field = path.attributes.FieldURI ?? ''
  const property = kind.properties.find((each) => each.field === field)
  if (!property && propertyOf(field)) throw new EwsRefusal('ErrorInvalidPropertyRequest')
  if (deleting || !value) {
    if (!property?.clear) throw refusal('ErrorInvalidPropertyDelete', field, property)
    property.clear(input)
    return field
  }
  if (update.name === 'AppendToItemField') {
    if (!property?.append) throw refusal('ErrorInvalidPropertyAppend', field, property)
    if (value.name !== property.name) throw new EwsRefusal('ErrorUpdatePropertyMismatch')
    property.append(input, value)
    return field
  }
  if (!property?.set) throw refusal('ErrorInvalidPropertySet', field, property)
  if (value.name !== property.name) throw new EwsRefusal('ErrorUpdatePropertyMismatch')
  property.set(input, value)
  return field
}

/** `t:Item` may stand for any kind of item, and a meeting message for a message. */
function requireFittingElement(kind: ItemKind, object: Element): void {
  if (object.name === kind.element || object.name === 'Item') return
  if (object.name === 'Message' && kind.element.startsWith('Meeting')) return
  if (object.name === 'MeetingMessage' && kind.element.startsWith('Meeting')) return
  throw new EwsRefusal('ErrorObjectTypeChanged')
}

function updateIndexed(input: ItemInput, action: string, path: Element, value: Element | undefined): void {
  const { FieldURI: field = '', FieldIndex: index = '' } = path.attributes
  const dictionary = dictionaryOf(field)
  if (!dictionary) throw new EwsRefusal('ErrorInvalidPropertySet', `${field} cannot be changed.`)
  if (kindOf(input.item).element !== 'Contact') throw new EwsRefusal('ErrorInvalidPropertyRequest')
  if (action === 'AppendToItemField') throw new EwsRefusal('ErrorInvalidPropertyAppend')
  if (!value) {
    clearEntry(input.item, field, index)
    return
  }
  const entries = findChildren(value, 'Entry', NAMESPACES.types)
  const [entry, ...others] = entries
  if (value.name !== dictionary || entry?.attributes.Key !== index)
    throw new EwsRefusal('ErrorUpdatePropertyMismatch')
  // One part of a postal address at a time.
  const part = field.split(':')[2]
  const wrong = part !== undefined && entry.children.some(({ name }) => name !== part)
  if (others.length > 0 || wrong) throw new EwsRefusal('ErrorIncorrectUpdatePropertyCount')
  clearEntry(input.item, field, index)
  setEntries(input.item, dictionary, value)
  if (input.item.properties[entryKey(field, index)] === '') clearEntry(input.item, field, index)
}

/** Files; items and links as attachments are not modelled. @throws EwsRefusal */
export function readAttachments(context: EwsContext, list: Element): Attachment[] {
  if (list.children.length > MOST_ATTACHMENTS) {
    throw new EwsRefusal('ErrorItemSave', `An item has at most ${MOST_ATTACHMENTS} attachments.`)
  }
  return list.children.map((attachment) => {
    if (attachment.name !== 'FileAttachment') {
      throw new EwsRefusal(
        'ErrorItemSave',
        `The attachment ${attachment.name} is not modelled by this simulator.`,
      )
    }
    const contentId = childText(attachment, 'ContentId', NAMESPACES.types)
    return {
      id: randomUUID(),
      name: childText(attachment, 'Name', NAMESPACES.types) ?? '',
      contentType: childText(attachment, 'ContentType', NAMESPACES.types) || 'application/octet-stream',
      content: Buffer.from(childText(attachment, 'Content', NAMESPACES.types) ?? '', 'base64'),
      isInline: childBoolean(attachment, 'IsInline', NAMESPACES.types) ?? false,
      ...(contentId ? { contentId } : {}),
      modified: context.exchange.now(),
    }
  })
}

/** The zone that an appointment says it starts in is what its times without a zone are in. */
function zoneOfElement(source: Element): string | undefined {
  const zone = findChild(source, 'StartTimeZone', NAMESPACES.types)?.attributes.Id
  return zone === undefined ? undefined : ianaZone(zone)
}

function zoneOfUpdates(updates: Element, item: Item): string | undefined {
  for (const update of updates.children) {
    const object = update.children[1]
    const zone = object && zoneOfElement(object)
    if (zone) return zone
  }
  return item.calendar && zoneOf(item.calendar)
}
