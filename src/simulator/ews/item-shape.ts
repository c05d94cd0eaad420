import { childText, type Element, findChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { dictionaryOf, writeDictionary } from './contact-properties.ts'
import { isAtLeast } from './envelope.ts'
import { EwsRefusal } from './errors.ts'
import { extendedKey, writeExtended } from './extended-properties.ts'
import { type ItemKind, kindOf, propertyOf } from './item-kinds.ts'
import {
  EXTENDED_PROPERTIES,
  type ItemProperty,
  type ItemSubject,
  isTrue,
  writeItemId,
} from './item-properties.ts'
import { FIELD_URIS } from './item-schema.ts'
import { mimeContent } from './mime-content.ts'
import type { EwsContext } from './operation.ts'
import { type Content, element, elementWith, type XmlNode } from './writer.ts'

/** What a `m:ItemShape` asks for. */
export interface ItemShape {
  readonly base: 'IdOnly' | 'Default' | 'AllProperties'
  /** FieldURIs that were asked for by name. */
  readonly fields: ReadonlySet<string>
  /** `field/index` of IndexedFieldURIs. */
  readonly indexed: ReadonlySet<string>
  /** `t:ExtendedFieldURI` elements. */
  readonly extended: readonly Element[]
  readonly mime: boolean
  readonly bodyType: 'Best' | 'HTML' | 'Text'
  readonly maximumBodySize: number
  readonly use: ShapeUse
}

/**
 * What a shape is for. FindItem refuses what it cannot return, and the base shapes of all but GetItem leave it out;
 * SyncFolderItems returns what is named, because clients name everything.
 */
export type ShapeUse = 'get' | 'find' | 'sync'

const MIME_CONTENT = 'item:MimeContent'

/** @throws EwsRefusal for a property that items do not have, or that this operation does not return. */
export function readItemShape(shape: Element, use: ShapeUse): ItemShape {
  const text = (name: string) => childText(shape, name, NAMESPACES.types)
  const fields = new Set<string>()
  const indexed = new Set<string>()
  const extended: Element[] = []
  for (const path of findChild(shape, 'AdditionalProperties', NAMESPACES.types)?.children ?? []) {
    if (path.name === 'ExtendedFieldURI') {
      extendedKey(path)
      extended.push(path)
    } else if (path.name === 'IndexedFieldURI') {
      indexed.add(`${path.attributes.FieldURI}/${path.attributes.FieldIndex}`)
    } else {
      const field = path.attributes.FieldURI ?? ''
      if (!FIELD_URIS.has(field)) throw new EwsRefusal('ErrorInvalidPropertyRequest')
      fields.add(field)
    }
  }
  const mime = isTrue(text('IncludeMimeContent') ?? '') || fields.has(MIME_CONTENT)
  const notFound = [...fields].find((field) => propertyOf(field)?.notInFind)
  if (use === 'find' && (mime || notFound !== undefined))
    throw new EwsRefusal('ErrorInvalidPropertyForOperation')
  const base = text('BaseShape')
  return {
    base: base === 'Default' || base === 'AllProperties' ? base : 'IdOnly',
    fields,
    indexed,
    extended,
    mime,
    bodyType: (text('BodyType') as ItemShape['bodyType'] | undefined) ?? 'Best',
    maximumBodySize: Number(text('MaximumBodySize') ?? 0),
    use,
  }
}

/** An item that is to be written, with what the caller may do with it. */
type WrittenItem = Omit<ItemSubject, 'context' | 'bodyType' | 'maximumBodySize'>

/**
 * Writes items with the properties that a shape asks for, in the schema's order; those of other kinds of items are
 * left out. What is asked for is found out once for each kind, since a page has hundreds of items.
 */
export function itemWriter(context: EwsContext, shape: ItemShape): (item: WrittenItem) => XmlNode {
  const parts = new Map<ItemKind, readonly ((subject: ItemSubject) => Content)[]>()
  const { bodyType, maximumBodySize } = shape
  return ({ folder, item, access, occurrence }) => {
    const kind = kindOf(item)
    let wanted = parts.get(kind)
    if (!wanted) {
      wanted = kind.properties
        .map((property) => partOf(property, kind, context, shape))
        .filter((part) => part !== undefined)
      parts.set(kind, wanted)
    }
    const subject: ItemSubject = {
      context,
      folder,
      item,
      access,
      bodyType,
      maximumBodySize,
      ...(occurrence ? { occurrence } : {}),
    }
    return element(
      `t:${kind.element}`,
      shape.mime && !occurrence
        ? elementWith('t:MimeContent', { CharacterSet: 'UTF-8' }, mimeContent(item))
        : undefined,
      wanted.map((write) => write(subject)),
    )
  }
}

/** How a property of a kind of item is written in this shape; undefined when it is not asked for. */
function partOf(
  property: ItemProperty,
  kind: ItemKind,
  context: EwsContext,
  shape: ItemShape,
): ((subject: ItemSubject) => Content) | undefined {
  if (property.field === 'item:ItemId') return ({ item }) => writeItemId('t:ItemId', item)
  if (property.field === EXTENDED_PROPERTIES) {
    return ({ item }) => shape.extended.map((path) => writeExtended(item, path))
  }
  if (isWanted(property, kind, context, shape)) return property.write
  return shape.indexed.size === 0 ? undefined : (subject) => writeIndexed(subject, property, shape)
}

function isWanted(property: ItemProperty, kind: ItemKind, context: EwsContext, shape: ItemShape): boolean {
  if (shape.fields.has(property.field)) return true
  if (property.onlyNamed || (shape.use !== 'get' && property.notInFind)) return false
  // Clients of older schemas meet no element that they cannot know, unless they ask for it.
  if (property.since && !isAtLeast(context.version, property.since)) return false
  if (shape.base === 'AllProperties') return true
  return shape.base === 'Default' && kind.defaults.has(property.field)
}

/** The part of a list that an IndexedFieldURI asked for, where the whole list was not. */
function writeIndexed(subject: ItemSubject, property: ItemProperty, shape: ItemShape): Content {
  const { item } = subject
  if (property.field === 'item:InternetMessageHeaders') {
    const headers = item.headers.filter(({ name }) =>
      [...shape.indexed].some(
        (key) => key.toLowerCase() === `item:internetmessageheader/${name.toLowerCase()}`,
      ),
    )
    return headers.length === 0
      ? undefined
      : element(
          't:InternetMessageHeaders',
          headers.map(({ name, value }) =>
            elementWith('t:InternetMessageHeader', { HeaderName: name }, value),
          ),
        )
  }
  const dictionary = ['EmailAddresses', 'PhysicalAddresses', 'PhoneNumbers', 'ImAddresses'].find(
    (name) => property.field === `contacts:${name}`,
  )
  if (!dictionary) return undefined
  const fields = [...shape.indexed].filter((key) => dictionaryOf(key) === dictionary)
  return fields.length === 0
    ? undefined
    : writeDictionary(item, dictionary as NonNullable<ReturnType<typeof dictionaryOf>>, (field, index) =>
        shape.indexed.has(`${field}/${index}`),
      )
}

/** Only the id, as answers to writes have it. */
export function writeIdOnly(subject: Pick<ItemSubject, 'item'> & { readonly context?: EwsContext }): XmlNode {
  return element(`t:${kindOf(subject.item).element}`, writeItemId('t:ItemId', subject.item))
}
