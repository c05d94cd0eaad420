import { XMLParser } from 'fast-xml-parser'
import { XmlError } from '../errors.ts'
import { malformed } from './malformed.ts'
import { decodeReferences } from './references.ts'
import { GAP } from './values-apart.ts'

/** The elements of a document without what stands in them. */
export interface Shape {
  readonly root: ElementShape
  /** How deep its elements nest; 1 is a root alone. */
  readonly depth: number
}

/** One element; values are told by their positions. */
export interface ElementShape {
  readonly name: string
  readonly namespace: string
  /** By local name, without namespace declarations. */
  readonly attributes: readonly (readonly [name: string, value: number])[]
  /** What is directly inside it, to be joined. */
  readonly texts: readonly number[]
  readonly children: readonly ElementShape[]
}

/**
 * Reads what a document's markup says.
 *
 * Mismatched and missing end tags, which fast-xml-parser lets pass, are refused: a truncated answer must never read
 * as a short list.
 *
 * @param markup with a {@link GAP} in the place of each value.
 * @param values how many there are.
 * @throws XmlError `ERR_LIMIT_EXCEEDED` for one that nests deeper than that, `ERR_INVALID_RESPONSE` for one that is
 *   not well formed.
 */
export function readShape(markup: string, values: number, maxDepth: number): Shape {
  const depth = requireWellNested(markup, maxDepth)
  try {
    parser.parse(markup)
    return { root: tree.end(values), depth }
  } catch (cause) {
    if (cause instanceof XmlError) throw cause
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause)
  } finally {
    tree = new Tree()
  }
}

/**
 * What fast-xml-parser finds becomes shapes at once: its own tree, with an object for each text and each element
 * under a key of its name, takes longer to build than the document to read.
 */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  // Prefixes are kept here and resolved in the tree: what decides is the namespace, and the parser's own
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
    tree.texts(text, depthOf(path))
    return ''
  },
  trimValues: false,
  jPath: false,
  // requireWellNested has bounded the depth already.
  maxNestedTags: Number.MAX_SAFE_INTEGER,
  // The parser's own decoder leaves numeric references alone unless all of HTML's entities are on. Only names of
  // namespaces are still there to be decoded.
  entityDecoder: {
    decode: decodeReferences,
    setExternalEntities: () => {},
    addInputEntities: () => {},
    reset: () => {},
    setXmlVersion: () => {},
  },
})

/**
 * Checks that tags nest and end, in one pass over the tags. fast-xml-parser does not; its XMLValidator does, but takes
 * two thirds of the parse again.
 * @returns how deep they nest.
 */
function requireWellNested(text: string, maxDepth: number): number {
  const open: string[] = []
  let depth = 0
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    if (text.charCodeAt(at + 1) === SLASH) {
      const end = text.indexOf('>', at)
      const expected = open.pop()
      if (expected === undefined || !isEndOf(expected, text, at + 2, end)) {
        const name = text.slice(at + 2, end).trim()
        throw malformed(`</${name.slice(0, 60)}> closes <${expected ?? 'nothing'}>`)
      }
      at = end
    } else {
      const nameEnd = tagNameEnd(text, at + 1)
      const end = tagEnd(text, nameEnd)
      if (open.length >= maxDepth) throw tooDeep(maxDepth)
      if (open.length >= depth) depth = open.length + 1
      if (text.charCodeAt(end - 1) !== SLASH) {
        if (nameEnd === at + 1) throw malformed('a tag has no name')
        open.push(text.slice(at + 1, nameEnd))
      }
      at = end
    }
  }
  if (open.length > 0) throw malformed(`<${open.at(-1)}> is not closed; the document may be cut off`)
  return depth
}

const SLASH = 47
const END = 62
const QUOTE = 34
const APOSTROPHE = 39

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

/** The names of namespaces still stand in quotes, and may hold a `>`. */
function tagEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === END) return at
    if (code !== QUOTE && code !== APOSTROPHE) continue
    at = text.indexOf(code === QUOTE ? '"' : "'", at + 1)
    if (at === -1) break
  }
  throw malformed('a tag is not closed')
}

export function tooDeep(maxDepth: number): XmlError {
  return new XmlError('ERR_LIMIT_EXCEEDED', `The XML nests deeper than ${maxDepth} elements.`)
}

type Scope = ReadonlyMap<string, string>

const NUMBER = /^\d/
const NO_ATTRIBUTES: ElementShape['attributes'] = []
const ROOT_SCOPE: Scope = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])

interface OpenElement {
  readonly element: ElementShape & { readonly texts: number[]; readonly children: ElementShape[] }
  readonly scope: Scope
}

/** Depth 1 is the root's. An end tag is not told by the parser; what comes next says at which depth it is. */
class Tree {
  readonly #open: OpenElement[] = []
  readonly #roots: ElementShape[] = []
  /** The position of the next value. */
  #next = 0

  open(qualifiedName: string, depth: number, given: Readonly<Record<string, string>> | undefined): void {
    this.#closeBelow(depth - 1)
    const parent = this.#open.at(-1)
    const outer = parent?.scope ?? ROOT_SCOPE
    const scope = given ? declareNamespaces(given, outer) : outer
    const colon = qualifiedName.indexOf(':')
    const prefix = colon === -1 ? '' : qualifiedName.slice(0, colon)
    const namespace = scope.get(prefix)
    if (namespace === undefined && prefix !== '')
      throw malformed(`the prefix of <${qualifiedName}> is not declared`)
    const element = {
      name: colon === -1 ? qualifiedName : qualifiedName.slice(colon + 1),
      namespace: namespace ?? '',
      attributes: given ? this.#attributes(given) : NO_ATTRIBUTES,
      texts: [],
      children: [],
    }
    const siblings = parent ? parent.element.children : this.#roots
    siblings.push(element)
    this.#open.push({ element, scope })
  }

  /** Nothing but gaps. */
  texts({ length }: string, depth: number): void {
    this.#closeBelow(depth)
    const texts = this.#open.at(-1)?.element.texts
    for (let count = 0; count < length; count++) texts?.push(this.#next++)
  }

  end(values: number): ElementShape {
    const [root] = this.#roots
    if (!root || this.#roots.length > 1)
      throw malformed(`expected one root element and found ${this.#roots.length}`)
    // The parser passes over what is no attribute, and tells of two of one name the second.
    if (this.#next !== values)
      throw malformed('a tag has an attribute that is not name="value", or one of a name twice')
    return root
  }

  #attributes(given: Readonly<Record<string, string>>): ElementShape['attributes'] {
    const attributes: (readonly [string, number])[] = []
    for (const name in given) {
      if (isDeclaration(name)) continue
      // Numbers would not come in the order in which they stand there.
      if (given[name] !== GAP || NUMBER.test(name))
        throw malformed(`${JSON.stringify(name.slice(0, 60))} is no attribute`)
      attributes.push([name.slice(name.indexOf(':') + 1), this.#next++])
    }
    return attributes
  }

  #closeBelow(depth: number): void {
    while (this.#open.length > depth) this.#open.pop()
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
    if (!isDeclaration(name)) continue
    const namespace = attributes[name] as string
    if (namespace === GAP) throw malformed('an attribute has no value')
    scope ??= new Map(outer)
    scope.set(name.slice('xmlns:'.length), namespace)
  }
  return scope ?? outer
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:')
}
