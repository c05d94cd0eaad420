import { create } from 'xmlbuilder2'
import { NAMESPACES } from '../../xml/namespaces.ts'

/** One element to write. Plain data, so that operations return values and only this file knows how XML is made. */
export interface XmlNode {
  /** With the prefix of {@link PREFIXES}, or none for an element in no namespace. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (XmlNode | string)[]
}

/** What an element may hold: nothing, text, numbers and booleans as the schema spells them, elements, or lists of these. */
export type Content = XmlNode | string | number | boolean | undefined | readonly Content[]

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** As Exchange's own answers: `s` around, `m` for messages, `t` for types, `h` on the version header. */
const PREFIXES: Readonly<Record<string, string>> = {
  s: NAMESPACES.soap,
  m: NAMESPACES.messages,
  t: NAMESPACES.types,
  h: NAMESPACES.types,
  e: NAMESPACES.errors,
}

const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance'

/** An element; the name carries a prefix of {@link PREFIXES}. Undefined contents are left out. */
export function element(name: string, ...content: Content[]): XmlNode {
  return elementWith(name, {}, ...content)
}

/** An element with attributes; undefined ones are left out. */
export function elementWith(name: string, attributes: Attributes, ...content: Content[]): XmlNode {
  const children: (XmlNode | string)[] = []
  collect(content, children)
  const written: Record<string, string> = {}
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) written[key] = String(value)
  return { name, attributes: written, children }
}

/** An element when there is a value for it. */
export function optional(name: string, value: string | number | boolean | undefined): XmlNode | undefined {
  return value === undefined ? undefined : element(name, value)
}

/** The whole document, declarations and all. */
export function writeDocument(root: XmlNode): string {
  // Names come from people; a character that XML cannot hold must not break the answer.
  const document = create({ version: '1.0', encoding: 'utf-8', invalidCharReplacement: '\uFFFD' })
  append(document, root)
  return document.end()
}

type Builder = ReturnType<typeof create>

function append(parent: Builder, node: XmlNode): void {
  const namespace = PREFIXES[node.name.slice(0, Math.max(node.name.indexOf(':'), 0))]
  const built = namespace === undefined ? parent.ele('', node.name) : parent.ele(namespace, node.name)
  for (const [key, value] of Object.entries(node.attributes)) {
    if (key === 'xsi:type') built.att(INSTANCE, key, value)
    else if (key === 'xml:lang') built.att('http://www.w3.org/XML/1998/namespace', key, value)
    else if (key.startsWith('xmlns:')) built.att('http://www.w3.org/2000/xmlns/', key, value)
    else built.att(key, escapeAttribute(value))
  }
  for (const child of node.children) {
    if (typeof child === 'string') built.txt(escapeText(child))
    else append(built, child)
  }
}

/**
 * xmlbuilder2 takes `&amp;` in a text for markup that is escaped already, where here a text is a text; and it leaves
 * carriage returns alone, which readers turn into line feeds.
 */
function escapeText(text: string): string {
  return /[&\r]/.test(text) ? text.replaceAll('&', '&amp;').replaceAll('\r', '&#13;') : text
}

/** In an attribute, readers turn every white space into a blank. */
function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}

function collect(content: readonly Content[], into: (XmlNode | string)[]): void {
  for (const part of content) {
    if (part === undefined) continue
    if (Array.isArray(part)) collect(part, into)
    else if (typeof part === 'object') into.push(part as XmlNode)
    else into.push(String(part))
  }
}
