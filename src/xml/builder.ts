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
  // Elements go straight into the builder's document: its `ele` and `att` take text for what may be JSON, YAML or
  // XML as well and look up namespaces, which is most of what an envelope costs. Prefixes are declared as plain
  // attributes for the same reason. What is written is the same.
  const document = builder.node as XmlDocument
  const envelope = document.createElement(root)
  envelope.setAttribute('xmlns:s', NAMESPACES.soap)
  envelope.setAttribute('xmlns:m', NAMESPACES.messages)
  envelope.setAttribute('xmlns:t', NAMESPACES.types)
  content(writerInto(document, envelope))
  document.appendChild(envelope)
  try {
    return builder.end()
  } finally {
    document.removeChild(envelope)
  }
}

/** One document for all: an envelope is in it while it is written down. */
const builder = create({ version: '1.0', encoding: 'utf-8' })

type XmlDocument = NonNullable<XMLBuilder['node']['ownerDocument']>
type XmlElement = ReturnType<XmlDocument['createElement']>

function writerInto(document: XmlDocument, parent: XmlElement): XmlWriter {
  const append = (name: QualifiedName, attributes: Attributes | undefined): XmlElement => {
    const element = document.createElement(name)
    for (const key in attributes) {
      const value = attributes[key]
      if (value !== undefined) element.setAttribute(key, escapeAttribute(requireXmlText(value)))
    }
    parent.appendChild(element)
    return element
  }
  return {
    element(name, content, attributes) {
      const element = append(name, attributes)
      content?.(writerInto(document, element))
    },
    text(name, value, attributes) {
      if (value === undefined) return
      const text = document.createTextNode(escapeText(requireXmlText(String(value))))
      append(name, attributes).appendChild(text)
    },
  }
}

/**
 * xmlbuilder2 takes `&amp;` and `&#65;` in a text for references and leaves them as they are, so that they would read
 * back as another text; what is escaped here it leaves alone. A carriage return would be read as a line feed.
 */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('\r', '&#13;')
}

/** In an attribute, readers turn every white space into a blank. */
function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}

// XML 1.0 has no way to write these characters; xmlbuilder2 would drop them or write an unreadable document.
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
