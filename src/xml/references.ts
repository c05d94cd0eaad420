import { XmlError } from '../errors.ts'
import { malformed } from './malformed.ts'

/** Numeric references in one text; they are read one by one. */
const MAX_NUMERIC_REFERENCES = 500_000

const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * A text with its references resolved: the five predefined ones and numbers.
 * @throws XmlError for any other.
 */
export function decodeReferences(text: string): string {
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
