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
  // Prefixes are declared as plain attributes: handing xmlbuilder2 the namespaces makes it resolve each element's
  // and the output is the same.
  const document = create({ version: '1.0', encoding: 'utf-8' })
  const envelope = document
    .ele(root)
    .att('xmlns:s', NAMESPACES.soap)
    .att('xmlns:m', NAMESPACES.messages)
    .att('xmlns:t', NAMESPACES.types)
  content(writerInto(envelope))
  return document.end()
}

function writerInto(parent: XMLBuilder): XmlWriter {
  return {
    element(name, content, attributes) {
      const child = withAttributes(parent.ele(name), attributes)
      content?.(writerInto(child))
    },
    text(name, value, attributes) {
      if (value === undefined) return
      const child = withAttributes(parent.ele(name), attributes)
      child.txt(escapeText(requireXmlText(String(value))))
    },
  }
}

/** One by one: an object of attributes costs xmlbuilder2 more to look at than to write. */
function withAttributes(element: XMLBuilder, attributes: Attributes | undefined): XMLBuilder {
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== undefined) element.att(name, escapeAttribute(requireXmlText(value)))
  }
  return element
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
