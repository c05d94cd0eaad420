import { InvalidInputError } from '../errors.ts'

/** What a MAPI property holds (`t:MapiPropertyTypeType`); the four that only appear in errors are left out. */
export const MAPI_PROPERTY_TYPES = [
  'ApplicationTime',
  'ApplicationTimeArray',
  'Binary',
  'BinaryArray',
  'Boolean',
  'CLSID',
  'CLSIDArray',
  'Currency',
  'CurrencyArray',
  'Double',
  'DoubleArray',
  'Float',
  'FloatArray',
  'Integer',
  'IntegerArray',
  'Long',
  'LongArray',
  'Short',
  'ShortArray',
  'SystemTime',
  'SystemTimeArray',
  'String',
  'StringArray',
] as const
export type MapiPropertyType = (typeof MAPI_PROPERTY_TYPES)[number]

/** Property sets that have a name (`t:DistinguishedPropertySetType`); any other is given by its GUID. */
export const PROPERTY_SETS = [
  'Meeting',
  'Appointment',
  'Common',
  'PublicStrings',
  'Address',
  'InternetHeaders',
  'CalendarAssistant',
  'UnifiedMessaging',
  'Task',
  'Sharing',
] as const
export type PropertySet = (typeof PROPERTY_SETS)[number]

/**
 * A MAPI property: by its tag, or by set and name or number.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
 */
export type ExtendedPropertyPath =
  /** `0x`-prefixed hexadecimal or decimal, without the type part: `0x0E07`. */
  | { readonly propertyTag: string | number; readonly propertyType: MapiPropertyType }
  | {
      /** A named set, or a GUID. */
      readonly propertySet: PropertySet | (string & {})
      readonly propertyName: string
      readonly propertyType: MapiPropertyType
    }
  | {
      readonly propertySet: PropertySet | (string & {})
      readonly propertyId: number
      readonly propertyType: MapiPropertyType
    }

/**
 * One entry of a property that is a dictionary, e.g. `contacts:EmailAddress` at `EmailAddress1`.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/indexedfielduri
 */
export interface IndexedPropertyPath {
  readonly fieldUri: string
  readonly fieldIndex: string
}

/**
 * Names any property: a FieldURI such as `item:Subject` or `calendar:Start`, an entry of a dictionary, or a MAPI
 * property.
 */
export type PropertyPath = string | IndexedPropertyPath | ExtendedPropertyPath

/** `t:DictionaryURIType`. */
const DICTIONARY_URIS = [
  'item:InternetMessageHeader',
  'contacts:ImAddress',
  'contacts:PhysicalAddress:Street',
  'contacts:PhysicalAddress:City',
  'contacts:PhysicalAddress:State',
  'contacts:PhysicalAddress:CountryOrRegion',
  'contacts:PhysicalAddress:PostalCode',
  'contacts:PhoneNumber',
  'contacts:EmailAddress',
  'distributionlist:Members:Member',
]

// The names after the colon differ with the server's version, so only the shape is checked here.
const FIELD_URI =
  /^(?:folder|item|message|meeting|meetingRequest|calendar|task|contacts|distributionlist|postitem|conversation|person|sharingMessage|rolemember|network|abchperson|booking|insight):[A-Za-z][A-Za-z0-9]*$/
const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i
const TAG = /^(?:0x[0-9a-f]{1,4}|\d{1,5})$/i

export function isExtendedPath(path: PropertyPath): path is ExtendedPropertyPath {
  return typeof path === 'object' && 'propertyType' in path
}

/**
 * Checks a path.
 * @returns the same path.
 * @throws InvalidInputError saying what such a path looks like.
 */
export function checkPropertyPath(path: PropertyPath): PropertyPath {
  if (typeof path === 'string') {
    if (FIELD_URI.test(path)) return path
    const dictionary = DICTIONARY_URIS.includes(path)
    throw new InvalidInputError(
      dictionary
        ? `${path} is a dictionary: say which of its entries is meant.`
        : `${quote(path)} does not name a property.`,
      {
        hint: dictionary
          ? 'Give { fieldUri, fieldIndex }, e.g. contacts:EmailAddress at EmailAddress1.'
          : 'Properties are named by FieldURI, such as item:Subject, message:From, calendar:Start, contacts:GivenName or task:DueDate.',
      },
    )
  }
  if (isExtendedPath(path)) return checkExtendedPath(path)
  if (!DICTIONARY_URIS.includes(path.fieldUri) || !path.fieldIndex) {
    throw new InvalidInputError(
      `${quote(path.fieldUri)} at ${quote(path.fieldIndex)} is no dictionary entry.`,
      { hint: `Dictionaries are ${DICTIONARY_URIS.join(', ')}.` },
    )
  }
  return path
}

/** The GUID in its plain form, or undefined when the text is none. */
export function plainGuid(text: string): string | undefined {
  return GUID.exec(text)?.[1]?.toLowerCase()
}

/** A key under which two paths to the same property are equal. */
export function pathKey(path: PropertyPath): string {
  if (typeof path === 'string') return path
  if (!isExtendedPath(path)) return `${path.fieldUri}[${path.fieldIndex}]`
  if ('propertyTag' in path) return `tag:${Number(path.propertyTag)}`
  const set = plainGuid(path.propertySet) ?? path.propertySet
  // Named properties ignore case in their names.
  return `${set}/${'propertyId' in path ? path.propertyId : path.propertyName.toLowerCase()}`
}

function checkExtendedPath(path: ExtendedPropertyPath): ExtendedPropertyPath {
  if (!(MAPI_PROPERTY_TYPES as readonly string[]).includes(path.propertyType)) {
    throw new InvalidInputError(`${quote(path.propertyType)} is not a type of MAPI property.`, {
      hint: `The types are ${MAPI_PROPERTY_TYPES.join(', ')}.`,
    })
  }
  if ('propertyTag' in path) {
    const value = Number(path.propertyTag)
    if ('propertySet' in path || !TAG.test(String(path.propertyTag)) || value > 0xffff) {
      throw new InvalidInputError(`${quote(path.propertyTag)} is not a property tag.`, {
        hint: 'A tag is a number up to 65535 such as 0x0E07, without its type, and goes without a property set.',
      })
    }
    return path
  }
  if (!(PROPERTY_SETS as readonly string[]).includes(path.propertySet) && !plainGuid(path.propertySet)) {
    throw new InvalidInputError(`${quote(path.propertySet)} is not a property set.`, {
      hint: `Give a GUID, or one of ${PROPERTY_SETS.join(', ')}.`,
    })
  }
  const named = 'propertyName' in path && path.propertyName !== ''
  const numbered = 'propertyId' in path && Number.isInteger(path.propertyId)
  if (named === numbered) {
    throw new InvalidInputError('A property in a set has either a propertyName or a propertyId.')
  }
  return path
}

function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 80))
}
