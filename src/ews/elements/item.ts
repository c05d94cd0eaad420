import { InvalidInputError, XmlError } from '../../errors.ts'
import { formatDateTime } from '../../model/date-time.ts'
import type { Item, NewItem, OtherValue } from '../../model/item.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import type { Element } from '../../xml/element.ts'
import { ITEM_KINDS, type ItemKind, type ItemProperty, kindOf } from './item-properties.ts'

/** Reads any item. What has no name in plain data, or a value nobody knows, is kept in `other`. */
export function readItem(element: Element): Item {
  const kind = kindOf(element)
  const item: Record<string, unknown> = { type: kind.type }
  let other: Record<string, OtherValue | OtherValue[]> | undefined
  for (const child of element.children) {
    const property = kind.byElement.get(child.name)
    const value = property?.codec.read(child, item[property.key])
    if (property && value !== undefined) item[property.key] = value
    else {
      other ??= {}
      addPlain(other, kind.uriOf(child.name), child)
    }
  }
  if (item.id === undefined) {
    throw new XmlError('ERR_INVALID_RESPONSE', `<${element.name}> is not an item with an id.`)
  }
  if (other) item.other = other
  // The table of properties, which the compiler holds to these types, is what filled it.
  return item as unknown as Item
}

/** Writes one item to create, its properties in the schema's order whatever the caller's. */
export function writeNewItem(parent: XmlWriter, item: NewItem): void {
  const kind = itemKind(item.type)
  const { type, ...properties } = item
  parent.element(`t:${type}`, (element) => {
    for (const write of inOrder(kind, properties)) write(element)
  })
}

/** The kind of item that is written as `t:<type>`. */
export function itemKind(type: NewItem['type']): ItemKind {
  const kind = Object.hasOwn(ITEM_KINDS, type) ? ITEM_KINDS[type] : undefined
  if (kind && kind.order.length > 0) return kind
  throw new InvalidInputError(
    `${JSON.stringify(String(type).slice(0, 40))} is not a kind of item to write.`,
    {
      hint: 'The kinds are Message, CalendarItem, Contact, Task, and Item for anything else.',
    },
  )
}

/** One property of a caller, found in the table. */
export interface GivenProperty {
  readonly element: string
  readonly value: unknown
  /** Absent for one of `other`. */
  readonly property?: ItemProperty
  readonly uri: string
  write(parent: XmlWriter, value?: unknown): void
}

/**
 * What a caller gave, in the schema's order; `undefined` values are left out.
 * @throws InvalidInputError for a property that such an item does not have or that only the server sets.
 */
export function givenProperties(kind: ItemKind, properties: object): GivenProperty[] {
  const given = new Map<string, GivenProperty>()
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue
    if (key === 'other') {
      for (const [uri, one] of Object.entries(value)) {
        const other = otherProperty(kind, uri, one)
        given.set(other.element, other)
      }
      continue
    }
    const property = requireProperty(kind, key)
    const { element, codec, uri } = property
    given.set(element, {
      element,
      value,
      property,
      uri,
      write: (parent, part = value) => codec.write(parent, `t:${element}`, part, key),
    })
  }
  return kind.order.flatMap((element) => given.get(element) ?? [])
}

/** @throws InvalidInputError unless such an item has the property and callers may write it. */
export function requireProperty(kind: ItemKind, key: string): ItemProperty {
  const property = kind.byKey.get(key)
  if (property?.writable) return property
  if (property) throw new InvalidInputError(`${key} is set by the server and cannot be written.`)
  const meant = [...kind.byKey.keys()].find((name) => name.toLowerCase() === key.toLowerCase())
  throw new InvalidInputError(`A ${kind.type} has no property ${JSON.stringify(key.slice(0, 60))}.`, {
    hint: meant
      ? `Write ${meant}.`
      : `Any other property goes under other, by FieldURI, e.g. { other: { '${kind.uriOf('Name')}': … } }, or under extendedProperties.`,
  })
}

/** An empty list or dictionary: nothing to create, and in an update the property goes. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (value === null || typeof value !== 'object' || value instanceof Date) return false
  return Object.values(value).every((part) => part === undefined)
}

function inOrder(kind: ItemKind, properties: object): ((element: XmlWriter) => void)[] {
  return givenProperties(kind, properties)
    .filter(({ value }) => !isEmpty(value))
    .map(
      ({ write }) =>
        (element) =>
          write(element),
    )
}

function otherProperty(kind: ItemKind, uri: string, value: unknown): GivenProperty {
  const element = uri.slice(uri.indexOf(':') + 1)
  if (!kind.order.includes(element) || kind.uriOf(element) !== uri) {
    throw new InvalidInputError(`A ${kind.type} has no property ${JSON.stringify(uri.slice(0, 80))}.`, {
      hint: 'Under other, properties are named by FieldURI, such as message:IsResponseRequested; MAPI properties go under extendedProperties.',
    })
  }
  const property = kind.byElement.get(element)
  if (property) {
    throw new InvalidInputError(
      property.writable
        ? `${uri} is given as ${property.key}.`
        : `${uri} is set by the server and cannot be written.`,
    )
  }
  const text = value instanceof Date ? formatDateTime(value, uri) : value
  if (typeof text !== 'string' && typeof text !== 'number' && typeof text !== 'boolean') {
    throw new InvalidInputError(`${uri} is not a plain value.`)
  }
  return { element, value, uri, write: (parent) => parent.text(`t:${element}`, text) }
}

/** A repeated name becomes a list. */
function addPlain(into: Record<string, OtherValue | OtherValue[]>, name: string, element: Element): void {
  // The one name that is not just a key of an object.
  if (name === '__proto__') return
  const value = toPlain(element)
  const before = into[name]
  if (before === undefined) into[name] = value
  else if (Array.isArray(before)) before.push(value)
  else into[name] = [before as OtherValue, value]
}

function toPlain(element: Element): OtherValue {
  const attributes = Object.entries(element.attributes)
  if (element.children.length === 0 && attributes.length === 0) return element.text
  const plain: Record<string, OtherValue | OtherValue[]> = {}
  for (const [name, value] of attributes) plain[`@${name}`] = value
  for (const child of element.children) addPlain(plain, child.name, child)
  if (element.text !== '') plain['#text'] = element.text
  return plain
}
