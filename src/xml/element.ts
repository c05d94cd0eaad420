import { XmlError } from '../errors.ts'
import { type ElementShape, readShape, type Shape, tooDeep } from './shape.ts'
import { GAP, setValuesApart } from './values-apart.ts'

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

/**
 * Parses one XML document into a tree.
 *
 * A document type declaration is refused: SOAP 1.1 forbids it (section 3), and it is the only way to define
 * entities, so nothing can expand.
 *
 * @throws XmlError `ERR_LIMIT_EXCEEDED` for a document beyond the limits or with a document type declaration,
 *   `ERR_INVALID_RESPONSE` for one that is not well formed.
 */
export function parseXml(text: string, limits: XmlLimits = {}): Element {
  const {
    maxLength = DEFAULT_MAX_LENGTH,
    maxDepth = DEFAULT_MAX_DEPTH,
    maxNodes = DEFAULT_MAX_NODES,
  } = limits
  if (text.length > maxLength) {
    throw new XmlError('ERR_LIMIT_EXCEEDED', `The XML document is longer than ${maxLength} characters.`)
  }
  const { markup, values } = setValuesApart(text, maxNodes)
  const { root, depth } = shapeOf(markup.join(GAP), values.length, maxDepth)
  if (depth > maxDepth) throw tooDeep(maxDepth)
  return fill(root, values)
}

/**
 * What markup says is kept: servers answer thousands of mailboxes in a few shapes, and reading the markup is most of
 * what an answer costs.
 */
const known = new Map<string, Shape>()
let kept = 0
/** Characters of markup, of which a shape takes some ten times as much memory. */
const MOST_KEPT = 1024 * 1024
/** A page of a thousand items looks like no other. */
const LONGEST_KEPT = MOST_KEPT / 8

function shapeOf(markup: string, values: number, maxDepth: number): Shape {
  const before = known.get(markup)
  if (before) return before
  const shape = readShape(markup, values, maxDepth)
  if (markup.length > LONGEST_KEPT) return shape
  known.set(markup, shape)
  kept += markup.length
  for (const oldest of known.keys()) {
    if (kept <= MOST_KEPT) break
    known.delete(oldest)
    kept -= oldest.length
  }
  return shape
}

function fill(shape: ElementShape, values: readonly string[]): Element {
  const children = shape.children.map((child) => fill(child, values))
  let text = ''
  for (const position of shape.texts) text += values[position]
  if (children.length > 0 && text !== '' && text.trim() === '') text = ''
  return {
    name: shape.name,
    namespace: shape.namespace,
    attributes: attributesOf(shape, values),
    children,
    text,
  }
}

function attributesOf(
  { attributes }: ElementShape,
  values: readonly string[],
): Readonly<Record<string, string>> {
  if (attributes.length === 0) return NO_ATTRIBUTES
  const filled: Record<string, string> = {}
  for (const [name, position] of attributes) filled[name] = values[position] as string
  return filled
}

const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze({})

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
