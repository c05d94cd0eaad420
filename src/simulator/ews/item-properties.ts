import { childText, type Element, findChildren } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { type ItemAccess, maySeePrivateItems } from '../store/access.ts'
import type { Folder } from '../store/folder.ts'
import type { Address, Item, PropertyValue } from '../store/item.ts'
import { writeAttachment } from './attachments.ts'
import { readDateTime, writeDateTime } from './date-time.ts'
import { isAtLeast, type RequestVersion } from './envelope.ts'
import { EwsRefusal } from './errors.ts'
import { writeFolderId } from './folder-ids.ts'
import { htmlBody, itemSize, plainBody, preview } from './item-text.ts'
import type { EwsContext } from './operation.ts'
import { type Content, element, elementWith, optional, type XmlNode } from './writer.ts'

/** An item as it is answered: where it is, what the caller may do with it, and how bodies are wanted. */
export interface ItemSubject {
  readonly context: EwsContext
  readonly folder: Folder
  readonly item: Item
  readonly access: ItemAccess
  /** Of one occurrence of a series: its date, and the item of the whole series. */
  readonly occurrence?: { readonly date: string; readonly master: Item }
  readonly bodyType: 'Best' | 'HTML' | 'Text'
  /** Longest body, in characters. */
  readonly maximumBodySize?: number
}

/** What a change is made with. */
export interface ItemInput {
  readonly context: EwsContext
  readonly folder: Folder
  /** The item that is made, or a copy of the one that is changed. */
  readonly item: Item
  /** The zone that times without a zone are in. */
  readonly zone: string | undefined
}

/** A value that restrictions and sort orders compare. */
export type Comparable = string | number | boolean | Date | undefined

/** One property of an item: how it is read, written, changed and compared. */
export interface ItemProperty {
  /** The FieldURI. */
  readonly field: string
  /** The element's local name. */
  readonly name: string
  readonly write: (subject: ItemSubject) => Content
  /** Absent: read-only. */
  readonly set?: (input: ItemInput, value: Element) => void
  readonly clear?: (input: ItemInput) => void
  readonly append?: (input: ItemInput, value: Element) => void
  /** Absent: neither searched for nor sorted by. */
  readonly compare?: (item: Item) => Comparable
  /** FindItem does not return it, as the Managed API marks it. */
  readonly notInFind?: true
  /** Only when it is named, whatever the shape. */
  readonly onlyNamed?: true
  /** The version that added it: clients of older schemas get it only when they name it. */
  readonly since?: RequestVersion
}

type Extras = Partial<
  Pick<ItemProperty, 'clear' | 'append' | 'notInFind' | 'onlyNamed' | 'since' | 'compare'>
>

/** A property that only the server says. */
export function readOnly(
  field: string,
  write: (subject: ItemSubject, name: string) => Content,
  extras: Extras = {},
): ItemProperty {
  const name = nameOf(field)
  return { field, name, write: (subject) => write(subject, `t:${name}`), ...extras }
}

/** A property that clients write too. */
export function writable(
  field: string,
  write: (subject: ItemSubject, name: string) => Content,
  set: NonNullable<ItemProperty['set']>,
  extras: Extras = {},
): ItemProperty {
  return { ...readOnly(field, write, extras), set }
}

/** How values of a simple type stand in an element. */
export interface Codec {
  read(value: Element, zone: string | undefined): PropertyValue
  write(name: string, value: PropertyValue): Content
}

export const TEXT: Codec = {
  read: (value) => value.text,
  write: (name, value) => element(name, value as string),
}
export const FLAG: Codec = {
  read: (value) => isTrue(value.text),
  write: (name, value) => element(name, value as boolean),
}
export const NUMBER: Codec = {
  read: (value) => Number(value.text),
  write: (name, value) => element(name, value as number),
}
export const DATE: Codec = {
  read: (value, zone) => readDateTime(value.text, zone),
  write: (name, value) => element(name, writeDateTime(value as Date)),
}
export const TEXTS: Codec = {
  read: (value) => findChildren(value, 'String', NAMESPACES.types).map(({ text }) => text),
  write: (name, value) => {
    const texts = value as readonly string[]
    return texts.length === 0
      ? undefined
      : element(
          name,
          texts.map((text) => element('t:String', text)),
        )
  },
}

/** A property that nothing here computes with: kept under its FieldURI as it was written. */
export function stored(
  field: string,
  codec: Codec = TEXT,
  options: Extras & { readonly otherwise?: PropertyValue } = {},
): ItemProperty {
  const { otherwise, ...extras } = options
  return writable(
    field,
    ({ item }, name) => {
      const value = item.properties[field] ?? otherwise
      return value === undefined ? undefined : codec.write(name, value)
    },
    ({ item, zone }, value) => {
      item.properties = { ...item.properties, [field]: codec.read(value, zone) }
    },
    {
      clear: ({ item }) => removeProperty(item, field),
      ...(codec === TEXTS ? {} : { compare: (item) => (item.properties[field] ?? otherwise) as Comparable }),
      ...extras,
    },
  )
}

export function removeProperty(item: Item, key: string): void {
  const { [key]: _gone, ...rest } = item.properties
  item.properties = rest
}

export function isTrue(text: string): boolean {
  return /^\s*(?:true|1)\s*$/.test(text)
}

function nameOf(field: string): string {
  return field.slice(field.indexOf(':') + 1)
}

/** Where extended properties stand among the others; no client can name it. */
export const EXTENDED_PROPERTIES = 'ExtendedProperty'

// --- what every item has ---------------------------------------------------------------------------------------

const SENSITIVITIES = {
  normal: 'Normal',
  personal: 'Personal',
  private: 'Private',
  confidential: 'Confidential',
} as const
const IMPORTANCES = { low: 'Low', normal: 'Normal', high: 'High' } as const
const FLAG_STATUSES = { notFlagged: 'NotFlagged', flagged: 'Flagged', complete: 'Complete' } as const

/** How an item is referred to; an occurrence has an id of its own, which is in {@link Item.entryId}. */
export function writeItemId(name: string, item: Pick<Item, 'entryId' | 'changeKey'>): XmlNode {
  return elementWith(name, { Id: item.entryId, ChangeKey: item.changeKey })
}

function writeBody(subject: ItemSubject, name: string, type: 'Best' | 'HTML' | 'Text'): Content {
  const body = subject.item.body ?? { contentType: 'text' as const, content: '' }
  const wanted = type === 'Best' ? (body.contentType === 'html' ? 'HTML' : 'Text') : type
  const content = wanted === 'HTML' ? htmlBody(body) : (plainBody(subject.item) ?? '')
  const most = subject.maximumBodySize ?? 0
  const cut = most > 0 && content.length > most
  return elementWith(
    name,
    { BodyType: wanted, IsTruncated: cut ? true : undefined },
    cut ? content.slice(0, most) : content,
  )
}

function readBody(value: Element): NonNullable<Item['body']> {
  return { contentType: value.attributes.BodyType === 'HTML' ? 'html' : 'text', content: value.text }
}

function recipientNames(addresses: readonly Address[]): string {
  return addresses.map(({ name, address }) => name || address).join('; ')
}

/** Whom To, Cc and Bcc are: of a meeting, those who are invited. */
function peopleOf({ calendar, meeting, to, cc, bcc }: Item): readonly (readonly Address[])[] {
  return calendar && !meeting ? [calendar.required, calendar.optional, calendar.resources] : [to, cc, bcc]
}

function receivedOf(item: Item): Date {
  return item.received ?? item.created
}

function sentOf(item: Item): Date {
  return item.sent ?? item.created
}

function reminderOf(item: Item): NonNullable<Item['reminder']> {
  return item.reminder ?? { isSet: false }
}

function reminderDueBy(item: Item): Date | undefined {
  return item.reminder?.dueBy ?? item.calendar?.start
}

/** What can be made of an item with CreateItem. */
function writeResponseObjects({ itemClass, isDraft, meeting, calendar }: Item, name: string): Content {
  const answers = ['t:AcceptItem', 't:TentativelyAcceptItem', 't:DeclineItem']
  const open =
    meeting?.kind === 'request'
      ? !meeting.isDelegated && meeting.requestType !== 'PrincipalWantsCopy'
      : !meeting && calendar !== undefined && calendar.response !== 'Organizer' && !calendar.isCancelled
  const replies = /^IPM\.Note/i.test(itemClass) && !isDraft
  const names = [
    ...(open ? answers : []),
    ...(replies ? ['t:ReplyToItem', 't:ReplyAllToItem', 't:ForwardItem'] : []),
  ]
  return names.length === 0
    ? undefined
    : element(
        name,
        names.map((each) => element(each)),
      )
}

export const ITEM_PROPERTIES: readonly ItemProperty[] = [
  readOnly('item:ItemId', ({ item }, name) => writeItemId(name, item)),
  readOnly('item:ParentFolderId', ({ folder }, name) => writeFolderId(name, folder)),
  writable(
    'item:ItemClass',
    ({ item }, name) => element(name, item.itemClass),
    ({ item }, value) => {
      item.itemClass = value.text
    },
    { compare: (item) => item.itemClass },
  ),
  writable(
    'item:Subject',
    ({ item }, name) => element(name, item.subject),
    ({ item }, value) => {
      item.subject = value.text.slice(0, 255)
    },
    {
      compare: (item) => item.subject,
      clear: ({ item }) => {
        item.subject = ''
      },
    },
  ),
  writable(
    'item:Sensitivity',
    ({ item }, name) => element(name, SENSITIVITIES[item.sensitivity]),
    ({ item }, value) => {
      item.sensitivity = value.text.toLowerCase() as Item['sensitivity']
    },
    { compare: (item) => SENSITIVITIES[item.sensitivity] },
  ),
  writable(
    'item:Body',
    (subject, name) => writeBody(subject, name, subject.bodyType),
    ({ item }, value) => {
      item.body = readBody(value)
    },
    {
      notInFind: true,
      compare: (item) => plainBody(item),
      clear: ({ item }) => {
        item.body = { contentType: 'text', content: '' }
      },
      append: ({ item }, value) => {
        const added = readBody(value)
        const present = item.body ?? { contentType: added.contentType, content: '' }
        if (added.contentType !== present.contentType && present.content !== '') {
          throw new EwsRefusal('ErrorInvalidPropertyAppend')
        }
        item.body = { contentType: added.contentType, content: present.content + added.content }
      },
    },
  ),
  readOnly(
    'item:Attachments',
    ({ item }, name) =>
      item.attachments.length === 0
        ? undefined
        : element(
            name,
            item.attachments.map((attachment) => writeAttachment(item, attachment, false)),
          ),
    { notInFind: true },
  ),
  readOnly('item:DateTimeReceived', ({ item }, name) => element(name, writeDateTime(receivedOf(item))), {
    compare: receivedOf,
  }),
  readOnly('item:Size', ({ item }, name) => element(name, itemSize(item)), { compare: itemSize }),
  writable(
    'item:Categories',
    ({ item }, name) => TEXTS.write(name, item.categories ?? []),
    ({ item }, value) => {
      item.categories = TEXTS.read(value, undefined) as string[]
    },
    {
      compare: (item) => item.categories?.join(';') || undefined,
      clear: ({ item }) => {
        item.categories = []
      },
    },
  ),
  writable(
    'item:Importance',
    ({ item }, name) => element(name, IMPORTANCES[item.importance]),
    ({ item }, value) => {
      item.importance = value.text.toLowerCase() as Item['importance']
    },
    { compare: (item) => IMPORTANCES[item.importance] },
  ),
  stored('item:InReplyTo'),
  readOnly('item:IsSubmitted', (_, name) => element(name, false), { compare: () => false }),
  readOnly('item:IsDraft', ({ item }, name) => element(name, item.isDraft), {
    compare: (item) => item.isDraft,
  }),
  readOnly('item:IsFromMe', ({ item, context }, name) =>
    element(name, item.from?.address.toLowerCase() === context.user.address.toLowerCase()),
  ),
  readOnly('item:IsResend', (_, name) => element(name, false)),
  readOnly('item:IsUnmodified', ({ item }, name) =>
    element(name, item.created.getTime() === item.modified.getTime()),
  ),
  readOnly(
    'item:InternetMessageHeaders',
    ({ item }, name) =>
      item.headers.length === 0
        ? undefined
        : element(
            name,
            item.headers.map((header) =>
              elementWith('t:InternetMessageHeader', { HeaderName: header.name }, header.value),
            ),
          ),
    { notInFind: true },
  ),
  readOnly('item:DateTimeSent', ({ item }, name) => element(name, writeDateTime(sentOf(item))), {
    compare: sentOf,
  }),
  readOnly('item:DateTimeCreated', ({ item }, name) => element(name, writeDateTime(item.created)), {
    compare: (item) => item.created,
  }),
  readOnly('item:ResponseObjects', ({ item }, name) => writeResponseObjects(item, name), { notInFind: true }),
  writable(
    'item:ReminderDueBy',
    ({ item }, name) => element(name, writeDateTime(reminderDueBy(item) ?? item.created)),
    ({ item, zone }, value) => {
      item.reminder = { ...reminderOf(item), dueBy: readDateTime(value.text, zone) }
    },
    { compare: reminderDueBy },
  ),
  writable(
    'item:ReminderIsSet',
    ({ item }, name) => element(name, item.reminder?.isSet ?? false),
    ({ item }, value) => {
      item.reminder = { ...reminderOf(item), isSet: isTrue(value.text) }
    },
    { compare: (item) => item.reminder?.isSet ?? false },
  ),
  readOnly('item:ReminderNextTime', ({ item }, name) => {
    const due = item.reminder?.isSet ? reminderDueBy(item) : undefined
    const minutes = item.reminder?.minutesBeforeStart ?? 0
    return due && element(name, writeDateTime(new Date(due.getTime() - minutes * 60_000)))
  }),
  writable(
    'item:ReminderMinutesBeforeStart',
    ({ item }, name) => element(name, item.reminder?.minutesBeforeStart ?? 0),
    ({ item }, value) => {
      item.reminder = { ...reminderOf(item), minutesBeforeStart: Number(value.text) }
    },
    { compare: (item) => item.reminder?.minutesBeforeStart ?? 0 },
  ),
  readOnly('item:DisplayCc', ({ item }, name) => element(name, recipientNames(peopleOf(item)[1] ?? [])), {
    compare: (item) => recipientNames(peopleOf(item)[1] ?? []),
  }),
  readOnly('item:DisplayTo', ({ item }, name) => element(name, recipientNames(peopleOf(item)[0] ?? [])), {
    compare: (item) => recipientNames(peopleOf(item)[0] ?? []),
  }),
  readOnly('item:DisplayBcc', ({ item }, name) => element(name, recipientNames(peopleOf(item)[2] ?? [])), {
    since: 'Exchange2013_SP1',
  }),
  readOnly('item:HasAttachments', ({ item }, name) => element(name, item.attachments.length > 0), {
    compare: (item) => item.attachments.length > 0,
  }),
  // Extended properties stand here in the schema; they are asked for by paths of their own.
  { field: EXTENDED_PROPERTIES, name: 'ExtendedProperty', write: () => undefined },
  stored('item:Culture', TEXT, { otherwise: 'en-US' }),
  readOnly('item:EffectiveRights', ({ context, access, folder }, name) =>
    element(
      name,
      element('t:CreateAssociated', false),
      element('t:CreateContents', false),
      element('t:CreateHierarchy', false),
      element('t:Delete', access.delete),
      element('t:Modify', access.edit),
      element('t:Read', access.read),
      isAtLeast(context.version, 'Exchange2010')
        ? element('t:ViewPrivateItems', maySeePrivateItems(context.exchange, context.user, folder.mailbox))
        : undefined,
    ),
  ),
  readOnly('item:LastModifiedName', ({ context, item }, name) =>
    optional(name, context.exchange.directory.find(item.modifier ?? item.creator)?.name),
  ),
  readOnly('item:LastModifiedTime', ({ item }, name) => element(name, writeDateTime(item.modified)), {
    compare: (item) => item.modified,
  }),
  readOnly('item:IsAssociated', (_, name) => element(name, false), { since: 'Exchange2010' }),
  readOnly(
    'item:ConversationId',
    ({ item }, name) => item.conversationId && elementWith(name, { Id: item.conversationId }),
    { since: 'Exchange2010' },
  ),
  readOnly('item:UniqueBody', (subject, name) => writeBody(subject, name, subject.bodyType), {
    notInFind: true,
    onlyNamed: true,
  }),
  writable(
    'item:Flag',
    ({ item }, name) => {
      const status = item.flag?.status ?? 'notFlagged'
      const dates = (item.properties['item:Flag'] ?? {}) as Record<string, Date | undefined>
      return element(
        name,
        element('t:FlagStatus', FLAG_STATUSES[status]),
        status === 'notFlagged'
          ? undefined
          : ['StartDate', 'DueDate', 'CompleteDate'].map((date) =>
              optional(`t:${date}`, dates[date] && writeDateTime(dates[date])),
            ),
      )
    },
    ({ item, zone }, value) => {
      const status = (childText(value, 'FlagStatus', NAMESPACES.types) ?? 'NotFlagged').replace(
        /^./,
        (letter) => letter.toLowerCase(),
      )
      item.flag = { status: status as keyof typeof FLAG_STATUSES }
      const dates: Record<string, Date> = {}
      for (const date of ['StartDate', 'DueDate', 'CompleteDate']) {
        const text = childText(value, date, NAMESPACES.types)
        if (text) dates[date] = readDateTime(text, zone)
      }
      item.properties = { ...item.properties, 'item:Flag': dates }
    },
    {
      since: 'Exchange2013',
      clear: ({ item }) => {
        item.flag = { status: 'notFlagged' }
        removeProperty(item, 'item:Flag')
      },
    },
  ),
  readOnly('item:NormalizedBody', (subject, name) => writeBody(subject, name, subject.bodyType), {
    notInFind: true,
    onlyNamed: true,
  }),
  readOnly('item:Preview', ({ item }, name) => element(name, preview(item)), { onlyNamed: true }),
  readOnly('item:TextBody', (subject, name) => writeBody(subject, name, 'Text'), {
    notInFind: true,
    onlyNamed: true,
  }),
]
