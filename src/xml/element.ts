import { XMLParser } from 'fast-xml-parser'
import { XmlError } from '../errors.ts'

/** One element of a parsed document: local name, namespace, attributes by local name, children in order. */
export interface Element {
  readonly name: string
  /** Namespace URI, empty when the element is in none. */
  readonly namespace: string
  /** By local name; namespace declarations are left out. Values have their references resolved. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** The text directly inside this element, unchanged; empty when it has child elements and only white space. */
  readonly text: string
}

export interface XmlLimits {
  /** Longest document, in UTF-16 code units. Default 32 Mi. */
  maxLength?: number
  /** Deepest nesting of elements. Default 64; a GetItem answer reaches about 15. */
  maxDepth?: number
  /**
   * Most elements, attributes and other pieces of markup together. Default 500 000, which a thousand items with all
   * their properties do not reach. A document can be short and still take gigabytes as a tree.
   */
  maxNodes?: number
}

export const DEFAULT_MAX_LENGTH = 32 * 1024 * 1024
const DEFAULT_MAX_DEPTH = 64
const DEFAULT_MAX_NODES = 500_000
/** Numeric references in one text; they are read one by one. */
const MAX_NUMERIC_REFERENCES = 500_000

/**
 * Parses one XML document into a tree.
 *
 * A document type declaration is refused: SOAP 1.1 forbids it (section 3), and it is the only way to define
 * entities, so nothing can expand. Mismatched and missing end tags, which fast-xml-parser lets pass, are refused:
 * a truncated answer must never read as a short list.
 *
 * @throws XmlError `ERR_LIMIT_EXCEEDED` for a document beyond the limits or with a document type declaration,
 *   `ERR_INVALID_RESPONSE` for one that is not well formed.
 */
export function parseXml(text: string, limits: XmlLimits = {}): Element {
  const maxLength = limits.maxLength ?? DEFAULT_MAX_LENGTH
  if (text.length > maxLength) {
    throw new XmlError('ERR_LIMIT_EXCEEDED', `The XML document is longer than ${maxLength} characters.`)
  }
  const longTexts = requireWellNested(
    text,
    limits.maxDepth ?? DEFAULT_MAX_DEPTH,
    limits.maxNodes ?? DEFAULT_MAX_NODES,
  )
  try {
    parser.parse(tree.setAside(text, longTexts))
    return tree.end()
  } catch (cause) {
    if (cause instanceof XmlError) throw cause
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause)
  } finally {
    tree = new Tree()
  }
}

/** The first child with this local name and, when given, this namespace. */
export function findChild(parent: Element, name: string, namespace?: string): Element | undefined {
  return parent.children.find(
    (child) => child.name === name && (namespace === undefined || child.namespace === namespace),
  )
}

/** Like {@link findChild}; throws `XmlError` when there is none. */
export function requireChild(parent: Element, name: string, namespace?: string): Element {
  const child = findChild(parent, name, namespace)
  if (!child) throw new XmlError('ERR_INVALID_RESPONSE', `<${parent.name}> has no <${name}>.`)
  return child
}

/** Every child with this local name and, when given, this namespace. */
export function findChildren(parent: Element, name: string, namespace?: string): Element[] {
  return parent.children.filter(
    (child) => child.name === name && (namespace === undefined || child.namespace === namespace),
  )
}

/** The trimmed text of a child, or undefined when the child is absent. */
export function childText(parent: Element, name: string, namespace?: string): string | undefined {
  return findChild(parent, name, namespace)?.text.trim()
}

/** An `xs:boolean` (`true`, `false`, `1`, `0`), or undefined when the child is absent. */
export function childBoolean(parent: Element, name: string, namespace?: string): boolean | undefined {
  const text = childText(parent, name, namespace)
  if (text === undefined) return undefined
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  throw new XmlError(
    'ERR_INVALID_RESPONSE',
    `<${name}> holds ${JSON.stringify(text.slice(0, 40))}, which is not a boolean.`,
  )
}

/**
 * What fast-xml-parser finds becomes elements at once: its own tree, with an object for each text and each element
 * under a key of its name, takes longer to build than the document to read.
 */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  // Prefixes are kept here and resolved in toElement: what decides is the namespace, and the parser's own
  // removeNSPrefix throws it away (and is slower).
  removeNSPrefix: false,
  parseTagValue: false,
  parseAttributeValue: false,
  // Everything is kept here, and nothing in the parser.
  updateTag: (name, path, attributes) => {
    tree.open(name, depthOf(path), attributes)
    return false
  },
  tagValueProcessor: (_, text, path) => {
    tree.text(text, depthOf(path))
    return ''
  },
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
  // requireWellNested has bounded the depth already.
  maxNestedTags: Number.MAX_SAFE_INTEGER,
  // The parser's own decoder leaves numeric references alone unless all of HTML's entities are on.
  entityDecoder: {
    decode: (text) => decodeReferences(tree.putBack(text)),
    setExternalEntities: () => {},
    addInputEntities: () => {},
    reset: () => {},
    setXmlVersion: () => {},
  },
})

const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  const unknown = UNKNOWN_REFERENCE.exec(text)
  if (unknown)
    throw malformed(`${JSON.stringify(text.slice(unknown.index, unknown.index + 20))} is no reference`)
  if (text.includes('&#')) return decodeOneByOne(text)
  // A message as HTML holds hundreds of thousands of these; whole-text replacements take a tenth of a callback each.
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}

const UNKNOWN_REFERENCE = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,8}|#x[0-9a-fA-F]{1,8});)/

function decodeOneByOne(text: string): string {
  let count = 0
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));/g, (_, hex, decimal, name) => {
    if (++count > MAX_NUMERIC_REFERENCES) {
      throw new XmlError('ERR_LIMIT_EXCEEDED', `A text has more than ${MAX_NUMERIC_REFERENCES} references.`)
    }
    if (name !== undefined) return PREDEFINED[name] as string
    const codePoint = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16)
    // Exchange writes such references itself (&#x1; in a subject that holds a control character), although XML 1.0
    // forbids them; one odd character must not make a whole mailbox unreadable.
    return isXmlCharacter(codePoint) ? String.fromCodePoint(codePoint) : '\uFFFD'
  })
}

function isXmlCharacter(codePoint: number): boolean {
  return (
    codePoint === 0x9 ||
    codePoint === 0xa ||
    codePoint === 0xd ||
    (codePoint >= 0x20 && codePoint <= 0xd7ff) ||
    (codePoint >= 0xe000 && codePoint <= 0xfffd) ||
    (codePoint >= 0x10000 && codePoint <= 0x10ffff)
  )
}

/** From and to. */
type Span = readonly [number, number]

/**
 * Checks that tags nest and end, that there are not too many, and that no document type declaration is there, in one
 * pass over the tags.
 * fast-xml-parser checks neither; its XMLValidator does, but takes two thirds of the parse again.
 *
 * @returns where long texts are.
 */
function requireWellNested(text: string, maxDepth: number, maxNodes: number): readonly Span[] {
  const open: string[] = []
  const longTexts: Span[] = []
  let behind = 0
  let nodes = 0
  const count = (more: number): void => {
    nodes += more
    if (nodes > maxNodes) {
      throw new XmlError('ERR_LIMIT_EXCEEDED', `The XML has more than ${maxNodes} elements and attributes.`)
    }
  }
  let at = text.indexOf('<')
  while (at !== -1) {
    count(1)
    if (at - behind > LONG_TEXT) longTexts.push([behind, at])
    const next = text.charCodeAt(at + 1)
    if (next === SLASH) {
      const end = skipTo(text, '>', at + 2, 'a tag') - 1
      const expected = open.pop()
      if (expected === undefined || !isEndOf(expected, text, at + 2, end)) {
        const name = text.slice(at + 2, end).trim()
        throw malformed(`</${name.slice(0, 60)}> closes <${expected ?? 'nothing'}>`)
      }
      at = end + 1
    } else if (next === EXCLAMATION) {
      if (text.startsWith('<!--', at)) at = skipTo(text, '-->', at + 4, 'a comment')
      else if (text.startsWith('<![CDATA[', at)) at = skipTo(text, ']]>', at + 9, 'a CDATA section')
      else {
        throw new XmlError(
          'ERR_LIMIT_EXCEEDED',
          'The XML has a document type declaration, which SOAP forbids and which is not read.',
        )
      }
    } else if (next === QUESTION) {
      at = skipTo(text, '?>', at + 2, 'a processing instruction')
    } else {
      const nameEnd = tagNameEnd(text, at + 1)
      const end = tagEnd(text, nameEnd, count)
      if (text.charCodeAt(end - 1) !== SLASH) {
        if (open.length >= maxDepth) {
          throw new XmlError('ERR_LIMIT_EXCEEDED', `The XML nests deeper than ${maxDepth} elements.`)
        }
        if (nameEnd === at + 1) throw malformed('a tag has no name')
        open.push(text.slice(at + 1, nameEnd))
      }
      at = end + 1
    }
    behind = at
    at = text.indexOf('<', at)
  }
  if (open.length > 0) throw malformed(`<${open.at(-1)}> is not closed; the document may be cut off`)
  return longTexts
}

/** An attachment is one text of megabytes, which fast-xml-parser would put together of single characters. */
const LONG_TEXT = 1024
const LINE_END = /\r\n?/g
/** Stands around the number of a text that was set aside; an answer that has it itself is parsed as it is. */
const MARK = '\ue000'
const SET_ASIDE = /\ue000(\d+)\ue000/g

const SLASH = 47
const EXCLAMATION = 33
const QUESTION = 63
const END = 62

function skipTo(text: string, end: string, from: number, what: string): number {
  const found = text.indexOf(end, from)
  if (found === -1) throw malformed(`${what} is not closed`)
  return found + end.length
}

/** White space may stand behind the name. */
function isEndOf(name: string, text: string, from: number, end: number): boolean {
  return (
    text.startsWith(name, from) &&
    (end - from === name.length || text.slice(from + name.length, end).trim() === '')
  )
}

function tagNameEnd(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code > 32 && code !== END; code = text.charCodeAt(at)) at++
  return at
}

function tagEnd(text: string, from: number, count: (attributes: number) => void): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === END) return at
    if (code === 34 || code === 39) {
      count(1)
      at = text.indexOf(code === 34 ? '"' : "'", at + 1)
      if (at === -1) break
    }
  }
  throw malformed('a tag is not closed')
}

type Scope = ReadonlyMap<string, string>

const ROOT_SCOPE: Scope = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])
const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze({})

interface OpenElement {
  readonly element: Element & { readonly children: Element[]; text: string }
  readonly scope: Scope
}

/** Depth 1 is the root's. An end tag is not told by the parser; what comes next says at which depth it is. */
class Tree {
  readonly #open: OpenElement[] = []
  readonly #aside: string[] = []
  #root: Element | undefined
  #roots = 0

  open(qualifiedName: string, depth: number, declared: Readonly<Record<string, string>> | undefined): void {
    this.#closeBelow(depth - 1)
    const parent = this.#open.at(-1)
    const outer = parent?.scope ?? ROOT_SCOPE
    const scope = declared ? declareNamespaces(declared, outer) : outer
    const colon = qualifiedName.indexOf(':')
    const prefix = colon === -1 ? '' : qualifiedName.slice(0, colon)
    const namespace = scope.get(prefix)
    if (namespace === undefined && prefix !== '')
      throw malformed(`the prefix of <${qualifiedName}> is not declared`)
    const element = {
      name: colon === -1 ? qualifiedName : qualifiedName.slice(colon + 1),
      namespace: namespace ?? '',
      attributes: declared ? plainAttributes(declared) : NO_ATTRIBUTES,
      children: [],
      text: '',
    }
    if (parent) parent.element.children.push(element)
    else if (++this.#roots === 1) this.#root = element
    this.#open.push({ element, scope })
  }

  text(text: string, depth: number): void {
    this.#closeBelow(depth)
    const parent = this.#open.at(-1)
    if (parent) parent.element.text += text
  }

  /** The document with a mark in the place of each of these texts. */
  setAside(document: string, spans: readonly Span[]): string {
    if (spans.length === 0 || document.includes(MARK)) return document
    const parts: string[] = []
    let from = 0
    for (const [start, end] of spans) {
      parts.push(document.slice(from, start), `${MARK}${this.#aside.length}${MARK}`)
      this.#aside.push(document.slice(start, end))
      from = end
    }
    parts.push(document.slice(from))
    return parts.join('')
  }

  /** Before references are read, of which one could make a mark. */
  putBack(text: string): string {
    if (this.#aside.length === 0) return text
    return text.replace(SET_ASIDE, (_, index) =>
      (this.#aside[Number(index)] as string).replaceAll(LINE_END, '\n'),
    )
  }

  end(): Element {
    this.#closeBelow(0)
    if (!this.#root || this.#roots > 1) throw malformed(`expected one root element and found ${this.#roots}`)
    return this.#root
  }

  #closeBelow(depth: number): void {
    while (this.#open.length > depth) {
      const { element } = this.#open.pop() as OpenElement
      if (element.children.length > 0 && element.text !== '' && element.text.trim() === '') element.text = ''
    }
  }
}

/** The parser's hooks are set once, for all documents. */
let tree = new Tree()

/** The parser gives where it is as text or, without `jPath`, as an object. */
function depthOf(path: unknown): number {
  return (path as { getDepth(): number }).getDepth()
}

function declareNamespaces(attributes: Readonly<Record<string, string>>, outer: Scope): Scope {
  let scope: Map<string, string> | undefined
  for (const name in attributes) {
    const prefix = name === 'xmlns' ? '' : name.startsWith('xmlns:') ? name.slice(6) : undefined
    if (prefix === undefined) continue
    scope ??= new Map(outer)
    scope.set(prefix, attributes[name] as string)
  }
  return scope ?? outer
}

function plainAttributes(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {}
  for (const name in attributes) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue
    const colon = name.indexOf(':')
    plain[colon === -1 ? name : name.slice(colon + 1)] = attributes[name] as string
  }
  return plain
}

function malformed(reason: string, cause?: unknown): XmlError {
  return new XmlError('ERR_INVALID_RESPONSE', `The XML is not well formed: ${reason}.`, { cause })
}
