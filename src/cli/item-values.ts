import { InvalidInputError } from '../errors.ts'
import { ITEM_KINDS, type ItemProperty } from '../ews/elements/item-properties.ts'
import {
  anniversary,
  attachments,
  attendees,
  body,
  boolean,
  dateTime,
  extendedProperties,
  flag as followUp,
  integer,
  percent,
  recipients,
  strings,
  taskDay,
} from '../ews/elements/property-codec.ts'
import type { ExtendedProperty, ItemType } from '../model/item.ts'
import { type ExtendedPropertyPath, type PropertyPath, pathKey } from '../model/property-path.ts'
import { addresses } from './mail-input.ts'
import { isDay, readMoment } from './moment.ts'
import { inItsCase } from './named.ts'
import { nearest } from './nearest.ts'
import { readMapiWord } from './property-word.ts'

/** Texts for properties of one kind of item, as `NAME=VALUE` says them. */
export interface AssignmentOptions {
  /** The flag, for errors: `--set`. */
  readonly flag: string
  /** Bodies are HTML. */
  readonly html?: boolean
}

/**
 * Reads `NAME=VALUE` texts into properties as the client takes them. NAME is a word of the library in any case
 * (`subject`, `toRecipients`), a FieldURI (`item:Subject`), an entry of a dictionary (`emailAddresses.EmailAddress1`,
 * `physicalAddresses.Home.city`), or a MAPI property (`PublicStrings/Project`, see {@link readMapiWord}).
 *
 * @throws InvalidInputError with the nearest name for a typing mistake; the client judges the values.
 */
export function readAssignments(
  type: ItemType,
  texts: readonly string[],
  options: AssignmentOptions,
): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1) {
      throw new InvalidInputError(`${options.flag} ${JSON.stringify(text.slice(0, 60))} is not NAME=VALUE.`, {
        hint: `Write ${options.flag} subject='New subject'.`,
      })
    }
    const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1)]
    if (value.trim() === '') {
      throw new InvalidInputError(`${options.flag} ${name} has no value.`, {
        hint: `To take it away write --clear ${name}.`,
      })
    }
    assign(properties, type, name, value, options)
  }
  return properties
}

/** Reads names of properties to take away; a dictionary goes entry by entry. */
export function readClears(type: ItemType, names: readonly string[]): PropertyPath[] {
  return names.map((name) => {
    const mapi = readMapiWord(name)
    if (mapi) return mapi
    const [word = '', ...parts] = isUri(name) ? [name] : name.split('.')
    const property = findProperty(type, word)
    if (!property) return word
    if (!property.codec.entries) return property.uri
    const path = parts.map((part) => entryName(property, part))
    const [entry] = path.length === 0 ? [] : property.codec.entries(nested(path, 'x'))
    if (entry) return entry.path
    throw new InvalidInputError(`${property.key} is taken away entry by entry.`, {
      hint: `Write --clear ${property.key}.NAME, such as --clear emailAddresses.EmailAddress2.`,
    })
  })
}

function assign(
  properties: Record<string, unknown>,
  type: ItemType,
  name: string,
  text: string,
  options: AssignmentOptions,
): void {
  const mapi = readMapiWord(name)
  if (mapi) {
    const before = (properties.extendedProperties ?? []) as readonly ExtendedProperty[]
    if (before.some(({ path }) => pathKey(path) === pathKey(mapi))) {
      throw new InvalidInputError(`${name} is given twice.`)
    }
    const value = readMapiValue(mapi.propertyType, text, `${options.flag} ${name}`)
    properties.extendedProperties = [...before, { path: mapi, value }]
    return
  }
  const [word = '', ...parts] = isUri(name) ? [name] : name.split('.')
  const property = findProperty(type, word)
  if (!property) {
    const { other = {} } = properties as { other?: object }
    properties.other = { ...other, [word]: text }
    return
  }
  if (property.codec.entries && !isWhole(property)) {
    if (parts.length === 0) {
      throw new InvalidInputError(`${property.key} has several entries: say which one is meant.`, {
        hint: 'Write NAME.ENTRY=VALUE, such as emailAddresses.EmailAddress1=adele@contoso.com, phoneNumbers.MobilePhone=… or physicalAddresses.Business.city=….',
      })
    }
    const path = parts.map((part) => entryName(property, part))
    properties[property.key] = merged(properties[property.key], nested(path, text))
    return
  }
  if (parts.length > 0)
    throw new InvalidInputError(`${property.key} has no entries such as ${parts.join('.')}.`)
  if (Object.hasOwn(properties, property.key)) {
    throw new InvalidInputError(`${property.key} is given twice.`, {
      hint: 'Give it once; lists take commas.',
    })
  }
  properties[property.key] = readValue(property, text, options)
}

/** @returns undefined for a FieldURI that has no word of its own. */
function findProperty(type: ItemType, name: string): ItemProperty | undefined {
  const { byKey } = ITEM_KINDS[type]
  const all = [...byKey.values()]
  const lower = name.toLowerCase()
  if (isUri(name)) return all.find(({ uri }) => uri.toLowerCase() === lower)
  const found = all.find(({ key }) => key.toLowerCase() === lower)
  if (found?.writable) return found
  if (found) throw new InvalidInputError(`${found.key} is set by the server and cannot be written.`)
  const meant = nearest(
    name,
    all.filter(({ writable }) => writable).map(({ key }) => key),
  )
  throw new InvalidInputError(`A ${type} has no property ${JSON.stringify(name.slice(0, 60))}.`, {
    hint: meant
      ? `Did you mean ${meant}?`
      : 'Properties are those that item show --output json prints, such as subject, location or dueDate; any other is named by FieldURI, such as item:InReplyTo, or as a MAPI property, such as PublicStrings/Project.',
  })
}

function isUri(name: string): boolean {
  return /^[a-z]+:/i.test(name)
}

/** A text as the property's own form; what the client cannot take it complains of itself. */
function readValue({ key, codec }: ItemProperty, text: string, { flag, html }: AssignmentOptions): unknown {
  const what = `${flag} ${key}`
  switch (codec) {
    case boolean:
      return readYesNo(text, what)
    case integer:
    case percent:
      return readNumber(text, what)
    case dateTime:
      return readMoment(text, what)
    case taskDay:
    case anniversary:
      return isDay(text) ? text.trim() : readMoment(text, what)
    case strings:
      return splitList(text)
    case recipients:
    case attendees:
      return addresses([text])
    case body:
      return html ? { type: 'HTML', content: text } : text
    case followUp:
      return { status: inItsCase(text, ['NotFlagged', 'Flagged', 'Complete']) }
    case attachments:
      throw new InvalidInputError(`${key} cannot be given as a text.`)
    case extendedProperties:
      throw new InvalidInputError('MAPI properties are named one by one.', {
        hint: `Write ${flag} SET/NAME=VALUE, such as ${flag} PublicStrings/Project=Apollo.`,
      })
    default:
      if (key === 'recurrence') throw new InvalidInputError('recurrence cannot be given as a text.')
      return inItsCase(text, CHOICES[key] ?? [])
  }
}

/** As EWS spells the values of MAPI properties. */
function readMapiValue(
  type: ExtendedPropertyPath['propertyType'],
  text: string,
  what: string,
): string | readonly string[] {
  const single = (one: string, of: string): string => {
    switch (of) {
      case 'Boolean':
        return String(readYesNo(one, what))
      case 'SystemTime':
        return readMoment(one, what).toISOString()
      case 'Short':
        return readWhole(one, 16, what)
      case 'Integer':
        return readWhole(one, 32, what)
      case 'Long':
        return readWhole(one, 64, what)
      case 'Float':
      case 'Double':
      case 'Currency':
        readNumber(one, what)
        // Its digits may be more than a number here can hold.
        return one.trim()
      case 'Binary':
        if (/^(?:[a-z\d+/]{4})*(?:[a-z\d+/]{2}==|[a-z\d+/]{3}=)?$/i.test(one.trim())) return one.trim()
        throw new InvalidInputError(`${what}: bytes are written in base64.`)
      default:
        return one
    }
  }
  if (!type.endsWith('Array')) return single(text, type)
  return splitList(text).map((one) => single(one, type.slice(0, -'Array'.length)))
}

function splitList(text: string): string[] {
  return text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Properties with a list of values, so that they can be typed in any case. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  sensitivity: ['Normal', 'Personal', 'Private', 'Confidential'],
  importance: ['Low', 'Normal', 'High'],
  legacyFreeBusyStatus: ['Free', 'Tentative', 'Busy', 'OOF', 'WorkingElsewhere', 'NoData'],
  status: ['NotStarted', 'InProgress', 'Completed', 'WaitingOnOthers', 'Deferred'],
  postalAddressIndex: ['None', 'Home', 'Business', 'Other'],
}

export function readNumber(text: string, what: string): number {
  // Number would take 0x10, too, which no XML number is.
  const number = /^[-+]?[\d.]+(?:e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN
  if (Number.isFinite(number)) return number
  throw new InvalidInputError(`${what}: ${JSON.stringify(text.slice(0, 40))} is not a number.`)
}

/** Its digits, which may be more than a number here can hold. */
function readWhole(text: string, bits: number, what: string): string {
  const digits = text.trim()
  if (/^-?\d+$/.test(digits) && BigInt.asIntN(bits, BigInt(digits)) === BigInt(digits)) return digits
  const limit = 2n ** BigInt(bits - 1)
  throw new InvalidInputError(
    `${what}: ${JSON.stringify(text.slice(0, 40))} is not a whole number from ${-limit} to ${limit - 1n}.`,
  )
}

function readYesNo(text: string, what: string): boolean {
  const word = text.trim().toLowerCase()
  if (['yes', 'true', '1'].includes(word)) return true
  if (['no', 'false', '0'].includes(word)) return false
  throw new InvalidInputError(`${what}: ${JSON.stringify(text.slice(0, 40))} is neither yes nor no.`)
}

/** Properties of several values that are written as a whole all the same. */
function isWhole({ codec }: ItemProperty): boolean {
  return codec === extendedProperties
}

const ENTRY_NAMES: Readonly<Record<string, readonly string[]>> = {
  emailAddresses: ['EmailAddress1', 'EmailAddress2', 'EmailAddress3'],
  imAddresses: ['ImAddress1', 'ImAddress2', 'ImAddress3'],
  physicalAddresses: [
    'Home',
    'Business',
    'Other',
    'street',
    'city',
    'state',
    'countryOrRegion',
    'postalCode',
  ],
  phoneNumbers: ['AssistantPhone', 'BusinessFax', 'BusinessPhone', 'HomePhone', 'MobilePhone'],
}

function entryName({ key }: ItemProperty, part: string): string {
  return inItsCase(part, ENTRY_NAMES[key] ?? [])
}

function nested(path: readonly string[], value: string): object {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object
}

/** Entries are given one by one: `Home.city` goes beside `Home.street`. */
function merged(before: unknown, addition: object): object {
  if (typeof before !== 'object' || before === null) return addition
  const result: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(addition)) {
    result[name] = typeof value === 'object' ? merged(result[name], value as object) : value
  }
  return result
}
