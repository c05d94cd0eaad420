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
  requireWellNested(text, limits.maxDepth ?? DEFAULT_MAX_DEPTH, limits.maxNodes ?? DEFAULT_MAX_NODES)
  let nodes: ParsedNode[]
  try {
    nodes = parser.parse(text) as ParsedNode[]
  } catch (cause) {
    if (cause instanceof XmlError) throw cause
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause)
  }
  const roots = nodes.filter((node) => elementName(node) !== undefined)
  if (roots.length !== 1) throw malformed(`expected one root element and found ${roots.length}`)
  return toElement(roots[0] as ParsedNode, ROOT_SCOPE)
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

/** fast-xml-parser's ordered form: one key naming the element, and `:@` with its attributes. */
type ParsedNode = Record<string, unknown>

const ATTRIBUTES = ':@'
const TEXT = '#text'

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  // Prefixes are kept here and resolved in toElement: what decides is the namespace, and the parser's own
  // removeNSPrefix throws it away (and is slower).
  removeNSPrefix: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
  // requireWellNested has bounded the depth already.
  maxNestedTags: Number.MAX_SAFE_INTEGER,
  // The parser's own decoder leaves numeric references alone unless all of HTML's entities are on.
  entityDecoder: {
    decode: decodeReferences,
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

/**
 * Checks that tags nest and end, that there are not too many, and that no document type declaration is there, in one
 * pass over the tags.
 * fast-xml-parser checks neither; its XMLValidator does, but takes two thirds of the parse again.
 */
function requireWellNested(text: string, maxDepth: number, maxNodes: number): void {
  const open: string[] = []
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
    if (text.startsWith('<!--', at)) {
      at = skipTo(text, '-->', at + 4, 'a comment')
    } else if (text.startsWith('<![CDATA[', at)) {
      at = skipTo(text, ']]>', at + 9, 'a CDATA section')
    } else if (text.startsWith('<?', at)) {
      at = skipTo(text, '?>', at + 2, 'a processing instruction')
    } else if (text.startsWith('<!', at)) {
      throw new XmlError(
        'ERR_LIMIT_EXCEEDED',
        'The XML has a document type declaration, which SOAP forbids and which is not read.',
      )
    } else {
      const end = tagEnd(text, at + 1, count)
      if (text.charCodeAt(at + 1) === SLASH) {
        const name = text.slice(at + 2, end).trim()
        const expected = open.pop()
        if (name !== expected) throw malformed(`</${name.slice(0, 60)}> closes <${expected ?? 'nothing'}>`)
      } else if (text.charCodeAt(end - 1) !== SLASH) {
        if (open.length >= maxDepth) {
          throw new XmlError('ERR_LIMIT_EXCEEDED', `The XML nests deeper than ${maxDepth} elements.`)
        }
        open.push(tagName(text, at + 1, end))
      }
      at = end + 1
    }
    at = text.indexOf('<', at)
  }
  if (open.length > 0) throw malformed(`<${open.at(-1)}> is not closed; the document may be cut off`)
}

const SLASH = 47

function skipTo(text: string, end: string, from: number, what: string): number {
  const found = text.indexOf(end, from)
  if (found === -1) throw malformed(`${what} is not closed`)
  return found + end.length
}

function tagEnd(text: string, from: number, count: (attributes: number) => void): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 62) return at
    if (code === 34 || code === 39) {
      count(1)
      at = text.indexOf(code === 34 ? '"' : "'", at + 1)
      if (at === -1) break
    }
  }
  throw malformed('a tag is not closed')
}

function tagName(text: string, from: number, end: number): string {
  let at = from
  while (at < end && text.charCodeAt(at) > 32) at++
  const name = text.slice(from, at)
  if (name === '') throw malformed('a tag has no name')
  return name
}

type Scope = ReadonlyMap<string, string>

const ROOT_SCOPE: Scope = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])
const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze({})

function toElement(node: ParsedNode, outer: Scope): Element {
  const qualifiedName = elementName(node) as string
  const raw = node[ATTRIBUTES] as Record<string, string> | undefined
  const scope = raw ? declareNamespaces(raw, outer) : outer
  const colon = qualifiedName.indexOf(':')
  const prefix = colon === -1 ? '' : qualifiedName.slice(0, colon)
  const namespace = scope.get(prefix)
  if (namespace === undefined && prefix !== '')
    throw malformed(`the prefix of <${qualifiedName}> is not declared`)

  const children: Element[] = []
  let text = ''
  for (const child of node[qualifiedName] as ParsedNode[]) {
    if (TEXT in child) text += child[TEXT] as string
    else children.push(toElement(child, scope))
  }
  return {
    name: colon === -1 ? qualifiedName : qualifiedName.slice(colon + 1),
    namespace: namespace ?? '',
    attributes: raw ? plainAttributes(raw) : NO_ATTRIBUTES,
    children,
    text: children.length > 0 && text.trim() === '' ? '' : text,
  }
}

function elementName(node: ParsedNode): string | undefined {
  for (const key in node) if (key !== ATTRIBUTES && key !== TEXT) return key
  return undefined
}

function declareNamespaces(attributes: Record<string, string>, outer: Scope): Scope {
  let scope: Map<string, string> | undefined
  for (const name in attributes) {
    const prefix = name === 'xmlns' ? '' : name.startsWith('xmlns:') ? name.slice(6) : undefined
    if (prefix === undefined) continue
    scope ??= new Map(outer)
    scope.set(prefix, attributes[name] as string)
  }
  return scope ?? outer
}

function plainAttributes(attributes: Record<string, string>): Readonly<Record<string, string>> {
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
