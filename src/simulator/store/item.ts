import type { CalendarDetails, MeetingMessageDetails } from './calendar.ts'
import type { Exchange } from './exchange.ts'
import type { Mailbox } from './mailbox.ts'
import type { ObjectType } from './object-ids.ts'

/** A name and an address, as messages carry them. */
export interface Address {
  readonly name: string
  readonly address: string
}

export interface Attachment {
  readonly id: string
  readonly name: string
  readonly contentType: string
  readonly content: Buffer
  readonly isInline: boolean
  readonly contentId?: string
  readonly modified: Date
}

export interface InternetHeader {
  readonly name: string
  readonly value: string
}

/** When somebody is reminded of an item. */
export interface Reminder {
  readonly isSet: boolean
  readonly minutesBeforeStart?: number
  readonly dueBy?: Date
}

/** A value of {@link Item.properties}. */
export type PropertyValue =
  | string
  | number
  | boolean
  | Date
  | readonly PropertyValue[]
  | { readonly [name: string]: PropertyValue }

/** A MAPI property that a client set; the store gives it no meaning. */
export interface MapiValue {
  /** `MapiPropertyTypeType` of EWS. */
  readonly type: string
  readonly value: string | readonly string[]
}

/** Anything a folder holds; a message unless {@link Item.itemClass} says otherwise. */
export interface Item {
  /** Opaque, and the same for as long as the item lives, whichever folder it is in. */
  readonly id: string
  /** Opaque too, but a new one whenever the item moves to another folder, as the ids of EWS are. */
  entryId: string
  readonly mailbox: Mailbox
  changeKey: string
  /** When it was last changed, as a position in {@link Exchange.revision}. */
  revision: number
  /** When it came into the folder it is in. */
  arrival: number
  itemClass: string
  subject: string
  body?: { contentType: 'text' | 'html'; content: string }
  /** Who submitted it. */
  sender?: Address
  /** On whose behalf, or as whom. */
  from?: Address
  to: Address[]
  cc: Address[]
  bcc: Address[]
  replyTo: Address[]
  sent?: Date
  received?: Date
  readonly created: Date
  modified: Date
  isDraft: boolean
  isRead: boolean
  importance: 'low' | 'normal' | 'high'
  sensitivity: 'normal' | 'personal' | 'private' | 'confidential'
  headers: InternetHeader[]
  attachments: Attachment[]
  internetMessageId?: string
  conversationId?: string
  flag?: { status: 'notFlagged' | 'flagged' | 'complete' }
  /** The directory id of whoever made it: what "owned" means in a folder permission. */
  creator: string
  /** The directory id of whoever changed it last. */
  modifier?: string
  categories?: string[]
  reminder?: Reminder
  /** Of appointments, and of the meeting that a meeting message is about. */
  calendar?: CalendarDetails
  /** Of meeting requests, cancellations and responses. */
  meeting?: MeetingMessageDetails
  /** What nothing here computes with, such as a contact's names or a task's status, by Microsoft's FieldURI. */
  properties: Record<string, PropertyValue>
  /** Named and tagged MAPI properties that clients set, by a normalised path. */
  mapi: Record<string, MapiValue>
  /** Properties that one face alone understands; it stores them under its own keys. */
  extra: Record<string, unknown>
}

/** What {@link createItem} needs; the rest has defaults. */
export type ItemFields = Partial<
  Omit<Item, 'id' | 'entryId' | 'mailbox' | 'changeKey' | 'revision' | 'arrival' | 'created' | 'modified'>
> & {
  /** Ids belong to one mailbox, so an item is made for one. */
  readonly mailbox: Mailbox
}

/** Makes an item that is in no folder yet: {@link Folder.addItem} puts it there. */
export function createItem(exchange: Exchange, fields: ItemFields): Item {
  const now = exchange.now()
  const itemClass = fields.itemClass ?? 'IPM.Note'
  return {
    subject: '',
    to: [],
    cc: [],
    bcc: [],
    replyTo: [],
    isDraft: false,
    isRead: false,
    importance: 'normal',
    sensitivity: 'normal',
    headers: [],
    attachments: [],
    creator: fields.mailbox.owner.id,
    properties: {},
    mapi: {},
    extra: {},
    ...fields,
    itemClass,
    id: exchange.ids.itemId(fields.mailbox.owner.id),
    entryId: exchange.ids.itemId(fields.mailbox.owner.id),
    changeKey: exchange.ids.changeKey(objectType(itemClass)),
    revision: exchange.revision,
    arrival: exchange.revision,
    created: now,
    modified: now,
  }
}

/** A copy for another folder or mailbox: the same contents under new ids, with lists of its own. */
export function copyItem(exchange: Exchange, item: Item, mailbox: Mailbox, creator: string): Item {
  const { id, entryId, changeKey, revision, arrival, mailbox: from, attachments, ...fields } = item
  const { created, modified, ...contents } = structuredClone(fields)
  return createItem(exchange, { ...contents, attachments: [...attachments], mailbox, creator })
}

/** Marks an item as changed: a new change key and modification time. */
export function touchItem(exchange: Exchange, item: Item, modifier?: string): void {
  item.changeKey = exchange.ids.changeKey(objectType(item.itemClass))
  item.revision = exchange.revision
  item.modified = exchange.now()
  if (modifier !== undefined) item.modifier = modifier
}

function objectType(itemClass: string): ObjectType {
  const name = itemClass.toLowerCase()
  if (name.startsWith('ipm.appointment')) return 'calendarItem'
  if (name.startsWith('ipm.contact')) return 'contact'
  if (name.startsWith('ipm.task')) return 'task'
  return 'message'
}
