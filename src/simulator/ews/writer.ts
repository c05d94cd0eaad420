import { NAMESPACES } from '../../xml/namespaces.ts'
import { escapeAttribute, escapeText } from '../escape-xml.ts'

/** One element to write. Plain data, so that operations return values and only this file knows how XML is made. */
export interface XmlNode {
  /** With the prefix of {@link PREFIXES}, or none for an element in no namespace. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (XmlNode | string)[]
}

/** What an element may hold: nothing, text, numbers and booleans as the schema spells them, elements, or lists of these. */
export type Content = XmlNode | string | number | boolean | undefined | readonly Content[]

const NO_ATTRIBUTES: XmlNode['attributes'] = Object.freeze({})

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** As Exchange's own answers: `s` around, `m` for messages, `t` for types, `h` on the version header. */
const PREFIXES: Readonly<Record<string, string>> = {
  s: NAMESPACES.soap,
  m: NAMESPACES.messages,
  t: NAMESPACES.types,
  h: NAMESPACES.types,
  e: NAMESPACES.errors,
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
}

/** An element; the name carries a prefix of {@link PREFIXES}. Undefined contents are left out. */
export function element(name: string, ...content: Content[]): XmlNode {
  return { name, attributes: NO_ATTRIBUTES, children: collect(content, []) }
}

/** An element with attributes; undefined ones are left out. */
export function elementWith(name: string, attributes: Attributes, ...content: Content[]): XmlNode {
  const written: Record<string, string> = {}
  for (const key in attributes) if (attributes[key] !== undefined) written[key] = String(attributes[key])
  return { name, attributes: written, children: collect(content, []) }
}

/** An element when there is a value for it. */
export function optional(name: string, value: string | number | boolean | undefined): XmlNode | undefined {
  return value === undefined ? undefined : element(name, value)
}

/**
 * The whole document, declarations and all. The writing is by hand: a page of items is thousands of elements, and a
 * document of objects in between takes fifteen times as long.
 */
export function writeDocument(root: XmlNode): string {
  return `<?xml version="1.0" encoding="utf-8"?>${write(root, new Set(['', 'xml']))}`
}

/** @param outside the prefixes that are declared already. */
function write({ name, attributes, children }: XmlNode, outside: ReadonlySet<string>): string {
  let declared = outside
  let start = `<${name}`
  const prefix = prefixOf(name)
  if (!declared.has(prefix)) {
    start += declaration(prefix, PREFIXES[prefix])
    declared = new Set(declared).add(prefix)
  }
  for (const key in attributes) {
    const value = attributes[key] as string
    const before = prefixOf(key)
    const needed = before === 'xmlns' ? key.slice('xmlns:'.length) : before
    if (!declared.has(needed)) {
      start += declaration(needed, before === 'xmlns' ? value : PREFIXES[needed])
      declared = new Set(declared).add(needed)
    }
    if (before !== 'xmlns') start += ` ${key}="${escapeAttribute(value)}"`
  }
  if (children.length === 0) return `${start}/>`
  let content = ''
  for (const child of children)
    content += typeof child === 'string' ? escapeText(child) : write(child, declared)
  return `${start}>${content}</${name}>`
}

function declaration(prefix: string, namespace: string | undefined): string {
  if (namespace === undefined) throw new Error(`The prefix ${prefix} has no namespace.`)
  return ` xmlns:${prefix}="${namespace}"`
}

function prefixOf(name: string): string {
  const colon = name.indexOf(':')
  return colon === -1 ? '' : name.slice(0, colon)
}

/** The parts of a content in one list. */
function collect(content: readonly Content[], into: (XmlNode | string)[]): (XmlNode | string)[] {
  for (const part of content) {
    if (part === undefined) continue
    if (Array.isArray(part)) collect(part, into)
    else into.push(typeof part === 'object' ? (part as XmlNode) : String(part))
  }
  return into
}
