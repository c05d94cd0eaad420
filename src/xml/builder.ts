import { create } from 'xmlbuilder2'
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js'
import { InvalidInputError } from '../errors.ts'
import { NAMESPACES } from './namespaces.ts'

/** The prefixes every envelope declares once, on its root. */
export type QualifiedName = `${'s' | 'm' | 't'}:${string}`
export type Attributes = Readonly<Record<string, string | undefined>>

/**
 * Writes elements in the order of the calls, which is the order Exchange checks.
 */
export interface XmlWriter {
  /** Opens an element, lets `content` fill it, and closes it. */
  element(name: QualifiedName, content?: (inner: XmlWriter) => void, attributes?: Attributes): void
  /** An element with text alone; nothing at all when the value is undefined. */
  text(name: QualifiedName, value: string | boolean | number | undefined, attributes?: Attributes): void
}

/** Writes one SOAP envelope. */
export function buildXml(root: QualifiedName, content: (inner: XmlWriter) => void): string {
  const recorder = new Recorder()
  content(recorder)
  const { shape, values } = recorder
  const key = `${root}${shape}`
  let pieces = known.get(key)
  if (!pieces) {
    pieces = drawShape(root, shape).split(GAP)
    if (known.size >= MOST_SHAPES) known.clear()
    if (key.length <= LONGEST_SHAPE) known.set(key, pieces)
  }
  let text = pieces[0] as string
  for (let index = 0; index < values.length; index++) text += `${values[index]}${pieces[index + 1]}`
  return text
}

/**
 * What the builder wrote around the values of envelopes of one shape. A run over many mailboxes sends few shapes, and
 * the builder's document tree is most of what an envelope costs.
 */
const known = new Map<string, readonly string[]>()
const MOST_SHAPES = 256
/** A batch of hundreds comes once. */
const LONGEST_SHAPE = 16_384
/** Stands for a value; no name has it. */
const GAP = '\ue000'

/** Takes down elements and attributes in their order, and their values apart, ready to be put between the markup. */
class Recorder implements XmlWriter {
  /** A step a line: `<name`, `=attribute`, `"` for a text, `/`. */
  shape = ''
  readonly values: string[] = []

  element(name: QualifiedName, content?: (inner: XmlWriter) => void, attributes?: Attributes): void {
    this.#open(name, attributes)
    content?.(this)
    this.shape += '\n/'
  }

  text(name: QualifiedName, value: string | boolean | number | undefined, attributes?: Attributes): void {
    if (value === undefined) return
    this.#open(name, attributes)
    this.shape += '\n"\n/'
    this.values.push(escapeText(String(value)))
  }

  #open(name: QualifiedName, attributes: Attributes | undefined): void {
    this.shape += `\n<${name}`
    for (const key in attributes) {
      const value = attributes[key]
      if (value === undefined) continue
      this.shape += `\n=${key}`
      this.values.push(escapeAttribute(value))
    }
  }
}

/** An envelope of that shape, with gaps for values. */
function drawShape(root: QualifiedName, shape: string): string {
  // Elements go straight into the builder's document: its `ele` and `att` take text for what may be JSON, YAML or
  // XML as well and look up namespaces. Prefixes are declared as plain attributes for the same reason.
  const builder = create({ version: '1.0', encoding: 'utf-8' })
  const document = builder.node as XmlDocument
  const envelope = document.createElement(root)
  envelope.setAttribute('xmlns:s', NAMESPACES.soap)
  envelope.setAttribute('xmlns:m', NAMESPACES.messages)
  envelope.setAttribute('xmlns:t', NAMESPACES.types)
  document.appendChild(envelope)
  const open = [envelope]
  for (const step of shape.split('\n').slice(1)) {
    const inner = open.at(-1) as XmlElement
    const name = step.slice(1)
    if (step === '/') open.pop()
    else if (step === '"') inner.appendChild(document.createTextNode(GAP))
    else if (step.startsWith('=')) inner.setAttribute(name, GAP)
    else {
      const element = document.createElement(name)
      inner.appendChild(element)
      open.push(element)
    }
  }
  return builder.end()
}

type XmlDocument = NonNullable<XMLBuilder['node']['ownerDocument']>
type XmlElement = ReturnType<XmlDocument['createElement']>

/** Nothing in it has to be looked at more closely. */
const PLAIN = /^[ !#-%'-;=?-~]*$/

/** A carriage return would be read as a line feed. */
function escapeText(text: string): string {
  if (PLAIN.test(text)) return text
  return requireXmlText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

/** In an attribute, readers turn every white space into a blank. */
function escapeAttribute(text: string): string {
  if (PLAIN.test(text)) return text
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}

// XML 1.0 has no way to write these characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is looked for.
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u

function requireXmlText(text: string): string {
  if (UNWRITABLE.test(text)) {
    throw new InvalidInputError(
      `${JSON.stringify(text.slice(0, 60))} holds a character that XML cannot carry.`,
      {
        hint: 'Remove control characters from the value.',
      },
    )
  }
  return text
}
