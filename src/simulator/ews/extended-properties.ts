import { type Element, findChild, findChildren } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Item, MapiValue } from '../store/item.ts'
import { entryIdOf } from '../store/object-ids.ts'
import { EwsRefusal } from './errors.ts'
import { requireExtendedField } from './folder-properties.ts'
import { itemSize, plainBody } from './item-text.ts'
import { element, elementWith, type XmlNode } from './writer.ts'

/** GUIDs of the property sets that have names (MS-OXPROPS section 1.3.2). */
const PROPERTY_SETS: Readonly<Record<string, string>> = {
  Meeting: '6ed8da90-450b-101b-98da-00aa003f1305',
  Appointment: '00062002-0000-0000-c000-000000000046',
  Common: '00062008-0000-0000-c000-000000000046',
  PublicStrings: '00020329-0000-0000-c000-000000000046',
  Address: '00062004-0000-0000-c000-000000000046',
  InternetHeaders: '00020386-0000-0000-c000-000000000046',
  CalendarAssistant: '11000e07-b51b-40d6-af21-caa85edab1d0',
  UnifiedMessaging: '4442858e-a9e3-4e80-b900-317a210cc15b',
  Task: '00062003-0000-0000-c000-000000000046',
  Sharing: '00062040-0000-0000-c000-000000000046',
}

/** Tagged properties that say what other properties say, and are not set apart from them. */
const COMPUTED: Readonly<Record<number, { type: string; read: (item: Item) => string | undefined }>> = {
  26: { type: 'String', read: (item) => item.itemClass }, // PidTagMessageClass
  55: { type: 'String', read: (item) => item.subject }, // PidTagSubject
  3098: { type: 'String', read: ({ sender }) => sender?.name }, // PidTagSenderName
  3103: { type: 'String', read: ({ sender }) => sender?.address }, // PidTagSenderEmailAddress
  3591: { type: 'Integer', read: (item) => String(messageFlags(item)) }, // PidTagMessageFlags
  3592: { type: 'Integer', read: (item) => String(itemSize(item)) }, // PidTagMessageSize
  3613: { type: 'String', read: (item) => item.subject.replace(/^\w{1,3}: /, '') }, // PidTagNormalizedSubject
  4095: { type: 'Binary', read: (item) => entryIdOf(item.entryId).toString('base64') }, // PidTagEntryId
  4096: { type: 'String', read: plainBody }, // PidTagBody
  4149: { type: 'String', read: (item) => item.internetMessageId }, // PidTagInternetMessageId
  12295: { type: 'SystemTime', read: (item) => item.created.toISOString() }, // PidTagCreationTime
  12296: { type: 'SystemTime', read: (item) => item.modified.toISOString() }, // PidTagLastModificationTime
}

/** PidTagMessageFlags, which clients set on messages that are to look as if they had been received. */
const MESSAGE_FLAGS = 3591
const READ_FLAG = 1
const UNSENT_FLAG = 8

/** Under what a property's value is kept: the same for every way to write its path. */
export function extendedKey(path: Element): string {
  const { PropertyTag, PropertySetId, DistinguishedPropertySetId, PropertyName, PropertyId } =
    requireExtendedField(path).attributes
  if (PropertyTag !== undefined) return `0x${Number(PropertyTag).toString(16)}`
  const set = (PropertySetId ?? PROPERTY_SETS[DistinguishedPropertySetId ?? ''] ?? '').toLowerCase()
  return PropertyName === undefined ? `${set}/${Number(PropertyId)}` : `${set}/"${PropertyName}"`
}

/** The value of a property, if the item has it with this type. */
export function extendedItemValue(item: Item, path: Element): string | readonly string[] | undefined {
  const { PropertyTag, PropertyType } = path.attributes
  const computed = PropertyTag === undefined ? undefined : COMPUTED[Number(PropertyTag)]
  if (computed) return computed.type === PropertyType ? computed.read(item) : undefined
  const stored = item.mapi[extendedKey(path)]
  return stored && stored.type === PropertyType ? stored.value : undefined
}

/** A `t:ExtendedProperty` with the path as it was asked for; nothing when the item does not have it. */
export function writeExtended(item: Item, path: Element): XmlNode | undefined {
  const value = extendedItemValue(item, path)
  if (value === undefined) return undefined
  return element(
    't:ExtendedProperty',
    writeExtendedPath(path),
    typeof value === 'string'
      ? element('t:Value', value)
      : element(
          't:Values',
          value.map((text) => element('t:Value', text)),
        ),
  )
}

/** Takes over a `t:ExtendedProperty`. @throws EwsRefusal */
export function setExtended(item: Item, property: Element): void {
  const path = findChild(property, 'ExtendedFieldURI', NAMESPACES.types)
  if (!path) throw new EwsRefusal('ErrorInvalidExtendedProperty')
  const value = readValue(path.attributes.PropertyType ?? '', property)
  const tag = Number(path.attributes.PropertyTag ?? Number.NaN)
  if (tag === MESSAGE_FLAGS) {
    item.isDraft = (Number(value.value) & UNSENT_FLAG) !== 0
    item.isRead = (Number(value.value) & READ_FLAG) !== 0
    return
  }
  if (COMPUTED[tag]) throw new EwsRefusal('ErrorInvalidPropertySet')
  // The schema knows only the item's own properties by tag; these are replaced, never changed in place.
  item.mapi = { ...item.mapi, [extendedKey(path)]: value }
}

export function clearExtended(item: Item, path: Element): void {
  const { [extendedKey(path)]: _gone, ...rest } = item.mapi
  item.mapi = rest
}

function writeExtendedPath(path: Element): XmlNode {
  const { PropertyTag, ...attributes } = path.attributes
  return elementWith('t:ExtendedFieldURI', {
    ...attributes,
    PropertyTag: PropertyTag === undefined ? undefined : `0x${Number(PropertyTag).toString(16)}`,
  })
}

function readValue(type: string, property: Element): MapiValue {
  if (/^(?:Object|Error|Null)(?:Array)?$/.test(type)) throw new EwsRefusal('ErrorUnsupportedMapiPropertyType')
  const values = findChild(property, 'Values', NAMESPACES.types)
  const single = findChild(property, 'Value', NAMESPACES.types)
  const base = type.replace(/Array$/, '')
  if (type.endsWith('Array') !== (values !== undefined))
    throw new EwsRefusal('ErrorInvalidExtendedPropertyValue')
  if (values) {
    return {
      type,
      value: findChildren(values, 'Value', NAMESPACES.types).map(({ text }) => conform(base, text)),
    }
  }
  return { type, value: conform(base, single?.text ?? '') }
}

const FORMS: Readonly<Record<string, RegExp>> = {
  Integer: /^[+-]?\d{1,10}$/,
  Short: /^[+-]?\d{1,5}$/,
  Long: /^[+-]?\d{1,19}$/,
  Double: /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  Float: /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  Currency: /^[+-]?\d+(?:\.\d+)?$/,
  Boolean: /^(?:true|false|0|1)$/i,
  Binary: /^[A-Za-z0-9+/=\s]*$/,
  CLSID: /^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i,
  SystemTime: /^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/,
}

function conform(type: string, text: string): string {
  const form = FORMS[type]
  if (!form) return text
  const trimmed = text.trim()
  if (!form.test(trimmed)) throw new EwsRefusal('ErrorInvalidExtendedPropertyValue')
  if (type === 'Boolean') return String(/^(?:true|1)$/i.test(trimmed))
  return trimmed
}

function messageFlags(item: Item): number {
  return (
    (item.isRead ? READ_FLAG : 0) |
    (item.isDraft ? UNSENT_FLAG : 0) |
    (item.attachments.length > 0 ? 0x10 : 0)
  )
}
