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

/** Anything a folder holds; a message unless {@link Item.itemClass} says otherwise. */
export interface Item {
  /** Opaque, and the same for as long as the item lives, whichever folder it is in. */
  readonly id: string
  readonly mailbox: Mailbox
  changeKey: string
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
  /** Properties that one face alone understands; it stores them under its own keys. */
  extra: Record<string, unknown>
}

/** What {@link createItem} needs; the rest has defaults. */
export type ItemFields = Partial<Omit<Item, 'id' | 'mailbox' | 'changeKey' | 'created' | 'modified'>> & {
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
    extra: {},
    ...fields,
    itemClass,
    id: exchange.ids.itemId(fields.mailbox.owner.id),
    changeKey: exchange.ids.changeKey(objectType(itemClass)),
    created: now,
    modified: now,
  }
}

/** Marks an item as changed: a new change key and modification time. */
export function touchItem(exchange: Exchange, item: Item): void {
  item.changeKey = exchange.ids.changeKey(objectType(item.itemClass))
  item.modified = exchange.now()
}

function objectType(itemClass: string): ObjectType {
  const name = itemClass.toLowerCase()
  if (name.startsWith('ipm.appointment')) return 'calendarItem'
  if (name.startsWith('ipm.contact')) return 'contact'
  if (name.startsWith('ipm.task')) return 'task'
  return 'message'
}
