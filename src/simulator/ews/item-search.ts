import type { Element } from '../../xml/element.ts'
import type { Item } from '../store/item.ts'
import { dictionaryOf, entryKey } from './contact-properties.ts'
import { EwsRefusal } from './errors.ts'
import { extendedItemValue, extendedKey } from './extended-properties.ts'
import { kindOf, propertyOf } from './item-kinds.ts'
import { FIELD_URIS } from './item-schema.ts'
import { plainBody } from './item-text.ts'
import { compareValues, type SearchValue } from './restriction.ts'

/** How restrictions and sort orders read items; a property of another kind of item is not there. @throws EwsRefusal */
export function readItemPath(path: Element): (item: Item) => SearchValue {
  if (path.name === 'ExtendedFieldURI') {
    extendedKey(path)
    const { PropertyType: type = '' } = path.attributes
    return (item) => typed(extendedItemValue(item, path), type)
  }
  if (path.name === 'IndexedFieldURI') {
    const { FieldURI: field = '', FieldIndex: index = '' } = path.attributes
    if (field === 'item:InternetMessageHeader') {
      return (item) => item.headers.find(({ name }) => name.toLowerCase() === index.toLowerCase())?.value
    }
    if (!dictionaryOf(field)) throw new EwsRefusal('ErrorUnsupportedPathForQuery')
    return (item) => item.properties[entryKey(field, index)] as string | undefined
  }
  const field = path.attributes.FieldURI ?? ''
  if (!FIELD_URIS.has(field)) throw new EwsRefusal('ErrorInvalidPropertyRequest')
  const compare = propertyOf(field)?.compare
  if (!compare) throw new EwsRefusal('ErrorUnsupportedPathForQuery')
  return (item) => (kindOf(item).properties.some((each) => each.field === field) ? compare(item) : undefined)
}

function typed(value: string | readonly string[] | undefined, type: string): SearchValue {
  if (typeof value !== 'string') return value
  if (/^(?:Integer|Short|Long|Double|Float|Currency)$/.test(type)) return Number(value)
  if (type === 'Boolean') return value === 'true'
  return type === 'SystemTime' ? new Date(value) : value
}

/** Sorts as a `m:SortOrder` says; what does not have a property comes first, as in the store. @throws EwsRefusal */
export function readSortOrder(sortOrder: Element): (a: Item, b: Item) => number {
  const keys = sortOrder.children.map((order) => {
    const path = order.children[0] as Element
    try {
      return { read: readItemPath(path), sign: order.attributes.Order === 'Descending' ? -1 : 1 }
    } catch (error) {
      if (error instanceof EwsRefusal && error.code === 'ErrorUnsupportedPathForQuery')
        throw new EwsRefusal('ErrorUnsupportedPathForSortGroup')
      throw error
    }
  })
  return (a, b) => {
    for (const { read, sign } of keys) {
      const [left, right] = [read(a), read(b)]
      if (left === undefined && right === undefined) continue
      const order = left === undefined ? -1 : right === undefined ? 1 : (compareValues(left, right) ?? 0)
      if (order !== 0) return sign * order
    }
    return 0
  }
}

/** The newest first, which is how Outlook and this simulator list what has no order of its own. */
export function newestFirst(a: Item, b: Item): number {
  return (b.received ?? b.created).getTime() - (a.received ?? a.created).getTime() || b.arrival - a.arrival
}

const PERSON_FIELDS: Readonly<Record<string, (item: Item) => string>> = {
  subject: (item) => item.subject,
  body: (item) => plainBody(item) ?? '',
  from: ({ from }) => (from ? `${from.name} ${from.address}` : ''),
  to: ({ to }) => to.map(({ name, address }) => `${name} ${address}`).join(' '),
  cc: ({ cc }) => cc.map(({ name, address }) => `${name} ${address}`).join(' '),
  category: ({ categories }) => (categories ?? []).join(' '),
}

/**
 * The part of Advanced Query Syntax that people type: words and "phrases", each alone or after `subject:`, `body:`,
 * `from:`, `to:`, `cc:` or `category:`; all have to be found. The rest is refused by name.
 * @throws EwsRefusal
 */
export function readQueryString(query: string): (item: Item) => boolean {
  const terms = query.match(/(?:[A-Za-z]+:)?(?:"[^"]*"|\S+)/g) ?? []
  const tests = terms.map((term) => {
    const [, keyword, quoted, word] = /^(?:([A-Za-z]+):)?(?:"([^"]*)"|(.*))$/s.exec(term) ?? []
    const wanted = (quoted ?? word ?? '').toLowerCase()
    if (keyword === undefined) {
      if (/^(?:AND|OR|NOT|[()])$/.test(term)) throw unsupported(term)
      return (item: Item) =>
        Object.values(PERSON_FIELDS).some((read) => read(item).toLowerCase().includes(wanted))
    }
    const read = PERSON_FIELDS[keyword.toLowerCase()]
    if (!read) throw unsupported(`${keyword}:`)
    return (item: Item) => read(item).toLowerCase().includes(wanted)
  })
  return (item) => tests.every((test) => test(item))
}

function unsupported(term: string): EwsRefusal {
  return new EwsRefusal(
    'ErrorInvalidArgument',
    `${term.slice(0, 80)} in a query string is not modelled by this simulator.`,
  )
}
