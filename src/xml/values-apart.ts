import { XmlError } from '../errors.ts'
import { malformed } from './malformed.ts'
import { decodeReferences } from './references.ts'

/** A document in two: what its tags say, and what stands in and between them. */
export interface Apart {
  /** What stands around the values, one piece more than there are values; no comments and processing instructions. */
  readonly markup: readonly string[]
  /** Texts, CDATA sections and the values of attributes, in their order, references resolved. */
  readonly values: readonly string[]
}

/**
 * Stands in the place of a value in {@link Apart.markup}. XML can hold this character in no place, and markup that does
 * is refused.
 */
export const GAP = '\u0001'

/**
 * Sets the values of a document apart from its markup in one pass. The namespaces that a tag declares stay in the
 * markup, since they say what it means.
 *
 * @throws XmlError `ERR_LIMIT_EXCEEDED` for more tags, attributes and other markup than that, and for a document type
 *   declaration; `ERR_INVALID_RESPONSE` for markup that does not end and unknown references.
 */
export function setValuesApart(document: string, maxNodes: number): Apart {
  const text = document.includes('\r') ? document.replaceAll(LINE_END, '\n') : document
  const markup: string[] = []
  const values: string[] = []
  /** Markup that was passed over up to here is in `kept`. */
  let from = 0
  let kept = ''
  let nodes = 0
  const count = (): void => {
    if (++nodes > maxNodes)
      throw new XmlError('ERR_LIMIT_EXCEEDED', `The XML has more than ${maxNodes} elements and attributes.`)
  }
  const setApart = (start: number, end: number, value: string): void => {
    markup.push(kept === '' ? text.slice(from, start) : kept + text.slice(from, start))
    values.push(value)
    kept = ''
    from = end
  }
  const leaveOut = (start: number, end: number): void => {
    kept += text.slice(from, start)
    from = end
  }

  let behind = 0
  let depth = 0
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', behind)) {
    count()
    // What stands outside of the root is nothing's.
    if (at > behind && depth > 0) setApart(behind, at, decodeReferences(text.slice(behind, at)))
    else if (at > behind) leaveOut(behind, at)
    const next = text.charCodeAt(at + 1)
    if (next === SLASH) {
      behind = endOf(text, '>', at + 2, 'a tag')
      depth--
    } else if (next === QUESTION) {
      behind = endOf(text, '?>', at + 2, 'a processing instruction')
      leaveOut(at, behind)
    } else if (next !== EXCLAMATION) {
      behind = passTag(text, at + 1, count, setApart)
      if (text.charCodeAt(behind - 2) !== SLASH) depth++
    } else if (text.startsWith('<!--', at)) {
      behind = endOf(text, '-->', at + 4, 'a comment')
      leaveOut(at, behind)
    } else if (text.startsWith('<![CDATA[', at)) {
      behind = endOf(text, ']]>', at + 9, 'a CDATA section')
      if (depth > 0) setApart(at, behind, text.slice(at + 9, behind - 3))
      else leaveOut(at, behind)
    } else {
      throw new XmlError(
        'ERR_LIMIT_EXCEEDED',
        'The XML has a document type declaration, which SOAP forbids and which is not read.',
      )
    }
  }
  markup.push(kept + text.slice(from))
  if (text.includes(GAP) && markup.some((piece) => piece.includes(GAP)))
    throw malformed('there is a control character between its tags')
  return { markup, values }
}

/** @returns where the tag ends. */
function passTag(
  text: string,
  from: number,
  count: () => void,
  setApart: (start: number, end: number, value: string) => void,
): number {
  /** Where the present attribute begins. */
  let attribute = -1
  let inName = true
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === END) return at + 1
    if (code === QUOTE || code === APOSTROPHE) {
      count()
      const end = text.indexOf(code === QUOTE ? '"' : "'", at + 1)
      if (end === -1) break
      if (!isDeclaration(text, attribute)) setApart(at + 1, end, decodeReferences(text.slice(at + 1, end)))
      at = end
      attribute = -1
    } else if (code <= BLANK) inName = false
    else if (!inName && attribute === -1) attribute = at
  }
  throw malformed('a tag is not closed')
}

function isDeclaration(text: string, from: number): boolean {
  return from !== -1 && text.startsWith('xmlns', from) && /[:=\s]/.test(text.charAt(from + 5))
}

const LINE_END = /\r\n?/g
const SLASH = 47
const EXCLAMATION = 33
const QUESTION = 63
const END = 62
const BLANK = 32
const QUOTE = 34
const APOSTROPHE = 39

function endOf(text: string, end: string, from: number, what: string): number {
  const found = text.indexOf(end, from)
  if (found === -1) throw malformed(`${what} is not closed`)
  return found + end.length
}
