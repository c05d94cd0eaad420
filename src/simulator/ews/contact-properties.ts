import { childText, type Element, findChildren } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Item } from '../store/item.ts'
import { EwsRefusal } from './errors.ts'
import {
  DATE,
  FLAG,
  type ItemInput,
  type ItemProperty,
  readOnly,
  removeProperty,
  stored,
  TEXTS,
  writable,
} from './item-properties.ts'
import { type Content, element, elementWith, optional } from './writer.ts'

/** The parts of a postal address, each of which is a property by itself. */
const ADDRESS_PARTS = ['Street', 'City', 'State', 'CountryOrRegion', 'PostalCode'] as const

/** Dictionaries: one property for each key, which an IndexedFieldURI names. */
const DICTIONARIES = {
  EmailAddresses: {
    field: 'contacts:EmailAddress',
    keys: ['EmailAddress1', 'EmailAddress2', 'EmailAddress3'],
  },
  PhysicalAddresses: { field: 'contacts:PhysicalAddress', keys: ['Business', 'Home', 'Other'] },
  PhoneNumbers: {
    field: 'contacts:PhoneNumber',
    keys: [
      ...['AssistantPhone', 'BusinessFax', 'BusinessPhone', 'BusinessPhone2', 'Callback', 'CarPhone'],
      ...['CompanyMainPhone', 'HomeFax', 'HomePhone', 'HomePhone2', 'Isdn', 'MobilePhone', 'OtherFax'],
      ...['OtherTelephone', 'Pager', 'PrimaryPhone', 'RadioPhone', 'Telex', 'TtyTddPhone'],
      ...['BusinessMobile', 'IPPhone', 'Mms', 'Msn'],
    ],
  },
  ImAddresses: { field: 'contacts:ImAddress', keys: ['ImAddress1', 'ImAddress2', 'ImAddress3'] },
} as const
type DictionaryName = keyof typeof DICTIONARIES

/** The element that an indexed property of a contact stands in. */
export function dictionaryOf(field: string): DictionaryName | undefined {
  return (Object.keys(DICTIONARIES) as DictionaryName[]).find((name) =>
    field.startsWith(DICTIONARIES[name].field),
  )
}

/** Under which an entry is kept. */
export function entryKey(field: string, index: string): string {
  return `${field}/${index}`
}

/** Writes a dictionary: all of it, or the indexed properties that were asked for. */
export function writeDictionary(
  item: Item,
  name: DictionaryName,
  wanted: (field: string, index: string) => boolean,
): Content {
  const { field, keys } = DICTIONARIES[name]
  const entries = keys.flatMap((key): Content[] => {
    if (name !== 'PhysicalAddresses') {
      const value = wanted(field, key) ? item.properties[entryKey(field, key)] : undefined
      return value === undefined ? [] : [elementWith('t:Entry', { Key: key }, value as string)]
    }
    const parts = ADDRESS_PARTS.flatMap((part) => {
      const value = wanted(`${field}:${part}`, key)
        ? item.properties[entryKey(`${field}:${part}`, key)]
        : undefined
      return value === undefined ? [] : [element(`t:${part}`, value as string)]
    })
    return parts.length === 0 ? [] : [elementWith('t:Entry', { Key: key }, parts)]
  })
  return entries.length === 0 ? undefined : element(`t:${name}`, entries)
}

/** Takes over the entries of a dictionary; an empty one goes. @throws EwsRefusal */
export function setEntries(item: Item, name: DictionaryName, dictionary: Element): void {
  const { field } = DICTIONARIES[name]
  const properties = { ...item.properties }
  const put = (key: string, value: string | undefined) => {
    if (value === undefined || value === '') delete properties[key]
    else properties[key] = value
  }
  for (const entry of findChildren(dictionary, 'Entry', NAMESPACES.types)) {
    const key = entry.attributes.Key ?? ''
    if (name !== 'PhysicalAddresses') {
      if (name === 'EmailAddresses' && /[\r\n]/.test(entry.text))
        throw new EwsRefusal('ErrorInvalidContactEmailAddress')
      put(entryKey(field, key), entry.text)
      continue
    }
    for (const part of ADDRESS_PARTS) {
      const value = childText(entry, part, NAMESPACES.types)
      if (value !== undefined) put(entryKey(`${field}:${part}`, key), value)
    }
  }
  item.properties = properties
}

/** Takes one indexed property away. */
export function clearEntry(item: Item, field: string, index: string): void {
  removeProperty(item, entryKey(field, index))
}

function dictionary(name: DictionaryName): ItemProperty {
  return writable(
    `contacts:${name}`,
    ({ item }) => writeDictionary(item, name, () => true),
    ({ item }, value) => setEntries(item, name, value),
  )
}

/** What a contact is called, by whatever it says of itself. */
export function contactName(item: Item): string {
  const text = (field: string) => (item.properties[`contacts:${field}`] as string | undefined)?.trim() ?? ''
  const names = [text('GivenName'), text('MiddleName'), text('Surname')]
    .filter((part) => part !== '')
    .join(' ')
  const email = item.properties[entryKey('contacts:EmailAddress', 'EmailAddress1')] as string | undefined
  return text('DisplayName') || names || text('FileAs') || text('CompanyName') || email || ''
}

/** What Outlook sorts a contact by. */
function fileAs(item: Item): string {
  const text = (field: string) => (item.properties[`contacts:${field}`] as string | undefined)?.trim() ?? ''
  const [surname, given] = [text('Surname'), [text('GivenName'), text('MiddleName')].join(' ').trim()]
  const inOrder = [surname, given].filter((part) => part !== '').join(', ')
  return text('FileAs') || inOrder || contactName(item)
}

/** A contact's subject is its name. */
export function nameContact({ item }: Pick<ItemInput, 'item'>): void {
  if (item.subject === '') item.subject = contactName(item)
  if (item.properties['contacts:FileAs'] === undefined)
    item.properties = { ...item.properties, 'contacts:FileAs': fileAs(item) }
}

/** `t:ContactItemType`, after what every item has. */
export const CONTACT_PROPERTIES: readonly ItemProperty[] = [
  stored('contacts:FileAs'),
  stored('contacts:FileAsMapping'),
  writable(
    'contacts:DisplayName',
    ({ item }, name) => optional(name, contactName(item) || undefined),
    ({ item }, value) => {
      item.properties = { ...item.properties, 'contacts:DisplayName': value.text }
      item.subject = value.text
    },
    {
      compare: (item) => contactName(item) || undefined,
      clear: ({ item }) => removeProperty(item, 'contacts:DisplayName'),
    },
  ),
  stored('contacts:GivenName'),
  stored('contacts:Initials'),
  stored('contacts:MiddleName'),
  stored('contacts:Nickname'),
  readOnly(
    'contacts:CompleteName',
    ({ item }, name) => {
      const text = (field: string) => item.properties[`contacts:${field}`] as string | undefined
      return element(
        name,
        optional('t:FirstName', text('GivenName')),
        optional('t:MiddleName', text('MiddleName')),
        optional('t:LastName', text('Surname')),
        optional('t:Suffix', text('Generation')),
        optional('t:Initials', text('Initials')),
        element('t:FullName', contactName(item)),
        optional('t:Nickname', text('Nickname')),
      )
    },
    { notInFind: true },
  ),
  stored('contacts:CompanyName'),
  dictionary('EmailAddresses'),
  dictionary('PhysicalAddresses'),
  dictionary('PhoneNumbers'),
  stored('contacts:AssistantName'),
  stored('contacts:Birthday', DATE),
  stored('contacts:BusinessHomePage'),
  stored('contacts:Children', TEXTS),
  stored('contacts:Companies', TEXTS),
  readOnly('contacts:ContactSource', () => undefined),
  stored('contacts:Department'),
  stored('contacts:Generation'),
  dictionary('ImAddresses'),
  stored('contacts:JobTitle'),
  stored('contacts:Manager'),
  stored('contacts:Mileage'),
  stored('contacts:OfficeLocation'),
  stored('contacts:PostalAddressIndex'),
  stored('contacts:Profession'),
  stored('contacts:SpouseName'),
  stored('contacts:Surname'),
  stored('contacts:WeddingAnniversary', DATE),
  readOnly('contacts:HasPicture', (_, name) => element(name, false), { since: 'Exchange2010' }),
  stored('contacts:IsPrivate', FLAG, { onlyNamed: true }),
]
