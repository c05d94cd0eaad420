import { InvalidInputError } from '../../errors.ts'
import { type DateTimeInput, formatDateTime, parseDateTime } from '../../model/date-time.ts'
import { type EmailAddress, type EmailAddressInput, parseEmailAddress } from '../../model/email-address.ts'
import type {
  Attachment,
  Attendee,
  Body,
  CompleteName,
  ExtendedProperty,
  Flag,
  InternetHeader,
  ItemRights,
  NewAttachment,
  PostalAddress,
  ResponseType,
} from '../../model/item.ts'
import type { ItemId } from '../../model/item-id.ts'
import { checkPropertyPath, type PropertyPath } from '../../model/property-path.ts'
import type { QualifiedName, XmlWriter } from '../../xml/builder.ts'
import { childBoolean, childText, type Element, findChild } from '../../xml/element.ts'
import { readEmailAddress, writeEmailAddress } from './email-address.ts'
import { readEffectiveRights } from './folder.ts'
import { readItemId } from './item-id.ts'
import { readExtendedPath, writePropertyPath } from './property-path.ts'

/**
 * How the value of one property goes onto the wire and comes back. Names of elements are not its business: the
 * table of properties has them.
 */
export interface Codec<In, Out> {
  /**
   * @param what the property's name, for errors.
   * @throws InvalidInputError for a value that cannot be sent.
   */
  write(parent: XmlWriter, name: QualifiedName, value: In, what: string): void
  /**
   * @param before what an earlier element of the same name gave, for properties that repeat.
   * @returns undefined for a value that is not understood; it is then kept as plain text.
   */
  read(element: Element, before: Out | undefined): Out | undefined
  /** Of a property that UpdateItem takes entry by entry: each with its own path. */
  entries?(value: In): readonly PropertyEntry[]
}

/** One entry of a property that is a dictionary or a list of named parts; its value is one the codec writes. */
export interface PropertyEntry {
  readonly path: PropertyPath
  readonly value: unknown
}

export const text: Codec<string, string> = {
  write(parent, name, value, what) {
    if (typeof value !== 'string') throw wrong(what, value, 'a text')
    parent.text(name, value)
  },
  read: (element) => element.text,
}

export const boolean: Codec<boolean, boolean> = {
  write(parent, name, value, what) {
    if (typeof value !== 'boolean') throw wrong(what, value, 'true or false')
    parent.text(name, value)
  },
  read(element) {
    const value = element.text.trim()
    if (value === 'true' || value === '1') return true
    return value === 'false' || value === '0' ? false : undefined
  },
}

export const integer: Codec<number, number> = {
  write(parent, name, value, what) {
    // xs:int, as nearly all of them are.
    if (!Number.isInteger(value) || Math.abs(value) > 0x7fffffff) throw wrong(what, value, 'a whole number')
    parent.text(name, value)
  },
  read: (element) => readNumber(element.text.trim()),
}

export const percent: Codec<number, number> = {
  write(parent, name, value, what) {
    if (typeof value !== 'number' || !(value >= 0 && value <= 100)) throw wrong(what, value, 'from 0 to 100')
    parent.text(name, value)
  },
  read: (element) => readNumber(element.text.trim()),
}

/** One of a list. A value beyond the list is not understood, and so is kept as text. */
export function oneOf<Value extends string>(...values: readonly Value[]): Codec<Value, Value> {
  return {
    write(parent, name, value, what) {
      if (!values.includes(value)) throw wrong(what, value, `one of ${values.join(', ')}`)
      parent.text(name, value)
    },
    read(element) {
      const value = element.text.trim()
      return values.find((known) => known === value)
    },
  }
}

/** A moment; a date alone is midnight in the item's zone. */
export const dateTime: Codec<DateTimeInput, Date> = dateTimeAt('T00:00:00')

/** Days of tasks: Exchange keeps them as midnight UTC. */
export const taskDay: Codec<DateTimeInput, Date> = dateTimeAt('T00:00:00Z')

/** Birthdays: around noon UTC, which is the same day in nearly every zone; so does Outlook. */
export const anniversary: Codec<DateTimeInput, Date> = dateTimeAt('T11:59:00Z')

function dateTimeAt(dayTime: string): Codec<DateTimeInput, Date> {
  return {
    write: (parent, name, value, what) => parent.text(name, formatDateTime(value, what, dayTime)),
    read: (element) => parseDateTime(element.text.trim()),
  }
}

export const strings: Codec<readonly string[], readonly string[]> = {
  write(parent, name, values, what) {
    parent.element(name, (list) => {
      for (const value of values) text.write(list, 't:String', value, what)
    })
  },
  read: (element) => element.children.map((child) => child.text),
}

export const body: Codec<string | Body, Body> = {
  write(parent, name, value, what) {
    const { type, content } = typeof value === 'string' ? { type: 'Text' as const, content: value } : value
    if ((type !== 'HTML' && type !== 'Text') || typeof content !== 'string') {
      throw wrong(what, type, 'HTML or Text with its content')
    }
    parent.text(name, content, { BodyType: type })
  },
  read(element) {
    const { BodyType, IsTruncated } = element.attributes
    return {
      type: BodyType === 'HTML' ? 'HTML' : 'Text',
      content: element.text,
      ...(IsTruncated === 'true' || IsTruncated === '1' ? { isTruncated: true } : {}),
    }
  },
}

/** `t:SingleRecipientType`. */
export const recipient: Codec<EmailAddressInput, EmailAddress> = {
  write: (parent, name, value, what) =>
    parent.element(name, (single) => writeEmailAddress(single, parseEmailAddress(value, what))),
  read(element) {
    const mailbox = findChild(element, 'Mailbox')
    return mailbox && readEmailAddress(mailbox)
  },
}

/** `t:ArrayOfRecipientsType`. */
export const recipients: Codec<readonly EmailAddressInput[], readonly EmailAddress[]> = {
  write: (parent, name, values, what) =>
    parent.element(name, (list) => {
      for (const value of values) writeEmailAddress(list, parseEmailAddress(value, what))
    }),
  read: (element) => element.children.map(readEmailAddress),
}

/** `t:NonEmptyArrayOfAttendeesType`. */
export const attendees: Codec<readonly EmailAddressInput[], readonly Attendee[]> = {
  write: (parent, name, values, what) =>
    parent.element(name, (list) => {
      for (const value of values) {
        list.element('t:Attendee', (attendee) => writeEmailAddress(attendee, parseEmailAddress(value, what)))
      }
    }),
  read: (element) =>
    element.children.map((attendee) => {
      const mailbox = findChild(attendee, 'Mailbox')
      const lastResponseTime = parseDateTime(childText(attendee, 'LastResponseTime') ?? '')
      const responseType = childText(attendee, 'ResponseType') as ResponseType | undefined
      return {
        ...(mailbox ? readEmailAddress(mailbox) : {}),
        ...(responseType ? { responseType } : {}),
        ...(lastResponseTime ? { lastResponseTime } : {}),
      }
    }),
}

/** `t:FileAttachment` on the way out; whatever an item has on the way in, without its content. */
export const attachments: Codec<readonly NewAttachment[], readonly Attachment[]> = {
  write: (parent, name, values, what) =>
    parent.element(name, (list) => {
      for (const value of values) {
        if (!value.name) throw wrong(what, value.name, 'files with names')
        list.element('t:FileAttachment', (file) => {
          file.text('t:Name', value.name)
          file.text('t:ContentType', value.contentType)
          file.text('t:ContentId', value.contentId)
          file.text('t:IsInline', value.isInline)
          file.text('t:Content', Buffer.from(value.content).toString('base64'))
        })
      }
    }),
  read: (element) => element.children.map(readAttachment),
}

/** `t:AttachmentType`, without what is in it. */
export function readAttachment(attachment: Element): Attachment {
  const kinds = { ItemAttachment: 'item', ReferenceAttachment: 'reference' } as const
  const id = findChild(attachment, 'AttachmentId')?.attributes.Id
  const size = readNumber(childText(attachment, 'Size') ?? '')
  const lastModifiedTime = parseDateTime(childText(attachment, 'LastModifiedTime') ?? '')
  const isInline = childBoolean(attachment, 'IsInline')
  return {
    kind: kinds[attachment.name as keyof typeof kinds] ?? 'file',
    ...(id ? { id } : {}),
    ...textsOf(attachment, { name: 'Name', contentType: 'ContentType', contentId: 'ContentId' }),
    ...(size === undefined ? {} : { size }),
    ...(isInline === undefined ? {} : { isInline }),
    ...(lastModifiedTime ? { lastModifiedTime } : {}),
  }
}

/** `t:ExtendedProperty`, an element for each. */
export const extendedProperties: Codec<readonly ExtendedProperty[], readonly ExtendedProperty[]> = {
  write(parent, name, values, what) {
    for (const { path, value } of values) {
      checkPropertyPath(path)
      const isArray = path.propertyType.endsWith('Array')
      if (isArray !== Array.isArray(value)) {
        throw wrong(
          what,
          value,
          isArray ? `a list for ${path.propertyType}` : `one text for ${path.propertyType}`,
        )
      }
      parent.element(name, (property) => {
        writePropertyPath(property, path)
        if (typeof value === 'string') property.text('t:Value', value)
        else {
          property.element('t:Values', (list) => {
            for (const one of value) list.text('t:Value', one)
          })
        }
      })
    }
  },
  read(element, before = []) {
    const uri = findChild(element, 'ExtendedFieldURI')
    const path = uri && readExtendedPath(uri)
    if (!path) return before
    const values = findChild(element, 'Values')
    const value = values
      ? values.children.map((child) => child.text)
      : (findChild(element, 'Value')?.text ?? '')
    return [...before, { path, value }]
  },
  entries: (values) => values.map((value) => ({ path: value.path, value: [value] })),
}

export const flag: Codec<Flag<DateTimeInput>, Flag<Date>> = {
  write(parent, name, value, what) {
    parent.element(name, (inner) => {
      flagStatus.write(inner, 't:FlagStatus', value.status, what)
      for (const [element, date] of [
        ['t:StartDate', value.startDate],
        ['t:DueDate', value.dueDate],
        ['t:CompleteDate', value.completeDate],
      ] as const) {
        if (date !== undefined) dateTime.write(inner, element, date, what)
      }
    })
  },
  read(element) {
    const status = findChild(element, 'FlagStatus')
    const known = status && flagStatus.read(status, undefined)
    if (!known) return undefined
    const startDate = parseDateTime(childText(element, 'StartDate') ?? '')
    const dueDate = parseDateTime(childText(element, 'DueDate') ?? '')
    const completeDate = parseDateTime(childText(element, 'CompleteDate') ?? '')
    return {
      status: known,
      ...(startDate ? { startDate } : {}),
      ...(dueDate ? { dueDate } : {}),
      ...(completeDate ? { completeDate } : {}),
    }
  },
}

const flagStatus = oneOf('NotFlagged', 'Flagged', 'Complete')

/** The id of a Windows time zone; its rules stay with the server, which knows them. */
export const timeZone: Codec<string, string> = {
  write(parent, name, value, what) {
    if (typeof value !== 'string' || value === '') throw wrong(what, value, 'the Windows id of a time zone')
    parent.element(name, undefined, { Id: value })
  },
  read: (element) => element.attributes.Id,
}

/** A dictionary of texts, `t:Entry` with `@Key`: e-mail addresses, telephone numbers. */
export function dictionary<Key extends string>(
  fieldUri: string,
  keys: readonly Key[],
): Codec<Readonly<Partial<Record<Key, string>>>, Readonly<Partial<Record<Key, string>>>> {
  return {
    write(parent, name, value, what) {
      requireKeys(value, keys, what)
      parent.element(name, (list) => {
        for (const key of keys) list.text('t:Entry', value[key], { Key: key })
      })
    },
    read(element) {
      const result: Partial<Record<Key, string>> = {}
      for (const entry of element.children) result[entry.attributes.Key as Key] = entry.text
      return result
    },
    entries(value) {
      requireKeys(value, keys, fieldUri)
      return keys
        .filter((key) => value[key] !== undefined)
        .map((key) => ({ path: { fieldUri, fieldIndex: key }, value: { [key]: value[key] } }))
    },
  }
}

const POSTAL_PARTS = [
  ['street', 'Street'],
  ['city', 'City'],
  ['state', 'State'],
  ['countryOrRegion', 'CountryOrRegion'],
  ['postalCode', 'PostalCode'],
] as const

/** `t:PhysicalAddressDictionaryType`. UpdateItem takes each part of each address by itself. */
export function postalAddresses<Key extends string>(
  keys: readonly Key[],
): Codec<Readonly<Partial<Record<Key, PostalAddress>>>, Readonly<Partial<Record<Key, PostalAddress>>>> {
  return {
    write(parent, name, value, what) {
      requireKeys(value, keys, what)
      parent.element(name, (list) => {
        for (const key of keys) {
          const address = value[key]
          if (!address) continue
          list.element(
            't:Entry',
            (entry) => {
              for (const [part, element] of POSTAL_PARTS) entry.text(`t:${element}`, address[part])
            },
            { Key: key },
          )
        }
      })
    },
    read(element) {
      const result: Partial<Record<Key, PostalAddress>> = {}
      for (const entry of element.children) {
        result[entry.attributes.Key as Key] = textsOf(entry, Object.fromEntries(POSTAL_PARTS))
      }
      return result
    },
    entries(value) {
      requireKeys(value, keys, 'contacts:PhysicalAddress')
      return keys.flatMap((key) =>
        POSTAL_PARTS.flatMap(([part, element]) => {
          const content = value[key]?.[part]
          if (content === undefined) return []
          const fieldUri = `contacts:PhysicalAddress:${element}`
          return [{ path: { fieldUri, fieldIndex: key }, value: { [key]: { [part]: content } } }]
        }),
      )
    },
  }
}

/** What only the server writes. */
type Fact<Out> = Codec<never, Out>

export const itemId: Fact<ItemId> = {
  write: () => {},
  read: (element) => (element.attributes.Id ? readItemId(element) : undefined),
}

export const internetHeaders: Fact<readonly InternetHeader[]> = {
  write: () => {},
  read: (element) =>
    element.children.map((header) => ({ name: header.attributes.HeaderName ?? '', value: header.text })),
}

export const effectiveRights: Fact<ItemRights> = {
  write: () => {},
  read: readEffectiveRights,
}

export const completeName: Fact<CompleteName> = {
  write: () => {},
  read: (element) =>
    textsOf(element, {
      title: 'Title',
      firstName: 'FirstName',
      middleName: 'MiddleName',
      lastName: 'LastName',
      suffix: 'Suffix',
      initials: 'Initials',
      fullName: 'FullName',
      nickname: 'Nickname',
    }),
}

function textsOf<Key extends string>(
  parent: Element,
  elements: Readonly<Record<Key, string>>,
): { [K in Key]?: string } {
  const result: { [K in Key]?: string } = {}
  for (const key in elements) {
    const child = findChild(parent, elements[key])
    if (child) result[key] = child.text
  }
  return result
}

function readNumber(value: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?$/.test(value) ? Number(value) : undefined
}

function requireKeys(value: object, keys: readonly string[], what: string): void {
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw wrong(what, key, `keyed by ${keys.join(', ')}`)
  }
}

function wrong(what: string, value: unknown, wanted: string): InvalidInputError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)
  return new InvalidInputError(`${what} cannot be ${shown}: it is ${wanted}.`)
}
