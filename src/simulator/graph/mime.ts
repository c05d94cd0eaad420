import { randomUUID } from 'node:crypto'
import type { Address, Attachment, InternetHeader } from '../store/item.ts'
import { GraphError } from './errors.ts'
import { foldLines, type MessageFields } from './message-input.ts'

/**
 * A small reader of MIME messages (RFC 5322, 2045-2047, 2183, 2231): enough for what mail programs and libraries
 * write, bounded in every direction, and never refusing a message for a part it cannot make sense of: such a part
 * becomes an attachment.
 */
const MAX_DEPTH = 12
const MAX_PARTS = 250
const MAX_HEADERS = 500

/**
 * Reads the body of a MIME request: the whole message in base64, with or without line breaks.
 * @throws GraphError ErrorMimeContentInvalidBase64String, the service's answer to anything else.
 */
export function readMimeBody(body: Buffer, now: Date): MessageFields {
  const text = body.toString('latin1').replace(/[\s]+/g, '')
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new GraphError(
      400,
      'ErrorMimeContentInvalidBase64String',
      'Invalid base64 string for MIME content.',
    )
  }
  return readMime(Buffer.from(text, 'base64'), now)
}

/** Reads one message. */
export function readMime(source: Buffer, now: Date): MessageFields {
  // One character per byte; text parts are decoded with their own charset later.
  const budget = { parts: MAX_PARTS }
  const root = readPart(source.toString('latin1'), 0, budget)
  const content: Content = { attachments: [] }
  collect(root, content, now)
  const header = (name: string) =>
    root.headers.find((candidate) => candidate.name.toLowerCase() === name)?.value
  const addresses = (name: string): Address[] =>
    root.headers
      .filter((candidate) => candidate.name.toLowerCase() === name)
      .flatMap(({ value }) => parseAddresses(value))
  const from = addresses('from')[0]
  const messageId = header('message-id')?.trim()
  const body = content.html ?? content.text
  return {
    subject: foldLines(decodeWords(header('subject') ?? '').trim()),
    ...(from ? { from } : {}),
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    replyTo: addresses('reply-to'),
    importance: importanceOf(header('importance'), header('x-priority')),
    sensitivity: sensitivityOf(header('sensitivity')),
    headers: root.headers
      .filter(({ name }) => /^x-/i.test(name))
      .map(({ name, value }) => ({ name, value: decodeWords(value) })),
    attachments: content.attachments,
    ...(messageId && /^<[^\s<>]{1,500}>$/.test(messageId) ? { internetMessageId: messageId } : {}),
    body: body ?? { contentType: 'text', content: '' },
    extra: {
      ...(header('disposition-notification-to') ? { isReadReceiptRequested: true } : {}),
    },
    ownExtra: {},
  }
}

interface Part {
  readonly headers: InternetHeader[]
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  readonly children: Part[]
  /** Undecoded, one character per byte; empty for a multipart. */
  readonly body: string
}

interface Content {
  text?: { contentType: 'text'; content: string }
  html?: { contentType: 'html'; content: string }
  readonly attachments: Attachment[]
}

function readPart(source: string, depth: number, budget: { parts: number }): Part {
  if (--budget.parts < 0 || depth > MAX_DEPTH) {
    throw new GraphError(
      400,
      'ErrorMimeContentInvalid',
      'The MIME content has too many parts or is nested too deeply.',
    )
  }
  const { headers, body } = splitHeaders(source)
  const header = headers.find(({ name }) => name.toLowerCase() === 'content-type')?.value ?? 'text/plain'
  const { value, parameters } = parseParameters(header)
  const type = value.toLowerCase()
  const boundary = parameters.get('boundary')
  if (!type.startsWith('multipart/') || !boundary) return { headers, type, parameters, children: [], body }
  const children = splitParts(body, boundary).map((part) => readPart(part, depth + 1, budget))
  return { headers, type, parameters, children, body: '' }
}

function splitHeaders(source: string): { headers: InternetHeader[]; body: string } {
  const headers: { name: string; value: string }[] = []
  let at = 0
  while (at < source.length) {
    const end = source.indexOf('\n', at)
    const line = (end === -1 ? source.slice(at) : source.slice(at, end)).replace(/\r$/, '')
    const next = end === -1 ? source.length : end + 1
    if (line === '') {
      at = next
      break
    }
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last) {
      // Folded: the break goes, the white space stays.
      last.value += ` ${line.trim()}`
    } else {
      const colon = line.indexOf(':')
      // No header: the message has none, and begins with its text.
      if (colon <= 0 || !/^[!-9;-~]+[ \t]*$/.test(line.slice(0, colon))) break
      headers.push({ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() })
      if (headers.length > MAX_HEADERS) {
        throw new GraphError(400, 'ErrorMimeContentInvalid', 'The MIME content has too many headers.')
      }
    }
    at = next
  }
  return { headers, body: source.slice(at) }
}

function splitParts(body: string, boundary: string): string[] {
  const delimiter = `--${boundary}`
  const parts: string[] = []
  let start: number | undefined
  let at = 0
  while (at <= body.length) {
    const found = body.indexOf(delimiter, at)
    if (found === -1) break
    const atLineStart = found === 0 || body[found - 1] === '\n'
    const after = found + delimiter.length
    const lineEnd = body.indexOf('\n', after)
    const rest = body.slice(after, lineEnd === -1 ? body.length : lineEnd).trim()
    // `--boundaryX` begins with the delimiter but is another one.
    if (!atLineStart || (rest !== '' && rest !== '--')) {
      at = after
      continue
    }
    if (start !== undefined) {
      // The line break before a delimiter belongs to the delimiter.
      const end = found - (body[found - 2] === '\r' ? 2 : 1)
      parts.push(body.slice(start, Math.max(start, end)))
    }
    if (rest === '--' || lineEnd === -1) return parts
    start = lineEnd + 1
    at = start
    if (parts.length > MAX_PARTS) break
  }
  // The closing delimiter is missing: what is there is the last part.
  if (start !== undefined) parts.push(body.slice(start))
  return parts
}

function collect(part: Part, content: Content, now: Date): void {
  if (part.type.startsWith('multipart/')) {
    for (const child of part.children) collect(child, content, now)
    return
  }
  const header = (name: string) =>
    part.headers.find((candidate) => candidate.name.toLowerCase() === name)?.value
  const disposition = parseParameters(header('content-disposition') ?? '')
  const isAttachment = disposition.value.toLowerCase() === 'attachment'
  const fileName = disposition.parameters.get('filename') ?? part.parameters.get('name')
  const bytes = decodeTransfer(part.body, header('content-transfer-encoding'))
  if (!isAttachment && fileName === undefined) {
    if (part.type === 'text/html' && !content.html) {
      content.html = { contentType: 'html', content: decodeText(bytes, part.parameters.get('charset')) }
      return
    }
    if (part.type === 'text/plain' && !content.text) {
      content.text = { contentType: 'text', content: decodeText(bytes, part.parameters.get('charset')) }
      return
    }
  }
  const contentId = /^<(.+)>$/.exec(header('content-id')?.trim() ?? '')?.[1]
  content.attachments.push({
    id: randomUUID(),
    name: fileName ?? '',
    contentType: part.type,
    content: bytes,
    isInline: !isAttachment && contentId !== undefined,
    ...(contentId === undefined ? {} : { contentId }),
    modified: now,
  })
}

function decodeTransfer(body: string, encoding: string | undefined): Buffer {
  switch (encoding?.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64')
    case 'quoted-printable':
      return decodeQuotedPrintable(body)
    default:
      return Buffer.from(body, 'latin1')
  }
}

function decodeQuotedPrintable(text: string): Buffer {
  // White space at the end of a line was added on the way (RFC 2045, 6.7), and `=` there continues the line.
  const lines = text.split('\n').map((line) => line.trimEnd())
  const joined = lines.join('\r\n').replace(/=\r\n/g, '')
  return decodeEscapes(joined)
}

function decodeEscapes(text: string): Buffer {
  const bytes = text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1')
}

function decodeText(bytes: Buffer, charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes)
  } catch {
    // A charset nobody knows.
    return bytes.toString('latin1')
  }
}

/** Encoded words (RFC 2047); raw eight-bit text, which some programs write, is read as UTF-8. */
function decodeWords(text: string): string {
  // White space between two encoded words is part of neither.
  const joined = text.replace(/(=\?[^?\s]{1,40}\?[bq]\?[^?\s]*\?=)\s+(?==\?)/gi, '$1')
  let result = ''
  let at = 0
  for (const match of joined.matchAll(/=\?([^?\s]{1,40})\?([bq])\?([^?\s]*)\?=/gi)) {
    const [word, charset = '', encoding = '', data = ''] = match
    const bytes =
      encoding.toLowerCase() === 'b' ? Buffer.from(data, 'base64') : decodeEscapes(data.replaceAll('_', ' '))
    result += decodeRaw(joined.slice(at, match.index)) + decodeText(bytes, charset.split('*')[0])
    at = match.index + word.length
  }
  return result + decodeRaw(joined.slice(at))
}

function decodeRaw(text: string): string {
  return /[\x80-\xff]/.test(text) ? decodeText(Buffer.from(text, 'latin1'), 'utf-8') : text
}

/** `value; name="…"; name*=utf-8''…` */
function parseParameters(header: string): { value: string; parameters: Map<string, string> } {
  const [value = '', ...rest] = splitOutsideQuotes(header, ';')
  const parameters = new Map<string, string>()
  const pieces = new Map<string, string[]>()
  for (const piece of rest) {
    const equals = piece.indexOf('=')
    if (equals === -1) continue
    const name = piece.slice(0, equals).trim().toLowerCase()
    const text = unquote(piece.slice(equals + 1).trim())
    const continued = /^([^*]+)\*(\d{1,2})(\*)?$/.exec(name)
    if (continued?.[1]) {
      const list = pieces.get(continued[1]) ?? []
      list[Number(continued[2])] = continued[3] ? text : encodeURIComponent(text)
      pieces.set(continued[1], list)
    } else if (name.endsWith('*')) parameters.set(name.slice(0, -1), decodeExtended(text))
    // Encoded words are not allowed here (RFC 2047, 5), and common in file names all the same.
    else if (!parameters.has(name)) parameters.set(name, /name$/.test(name) ? decodeWords(text) : text)
  }
  for (const [name, list] of pieces) parameters.set(name, decodeExtended(list.join('')))
  return { value: value.trim(), parameters }
}

/** RFC 2231: `charset'language'percent-encoded`. */
function decodeExtended(text: string): string {
  const match = /^([^']{0,40})'[^']{0,40}'(.*)$/s.exec(text)
  const [charset, data] = match ? [match[1] || 'utf-8', match[2] ?? ''] : ['utf-8', text]
  const bytes = data.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeText(Buffer.from(bytes, 'latin1'), charset)
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text
  const end = text.lastIndexOf('"')
  return text.slice(1, end > 0 ? end : undefined).replace(/\\(.)/g, '$1')
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    if (quoted && text[at] === '\\') at++
    else if (text[at] === '"') quoted = !quoted
    else if (!quoted && text[at] === separator) {
      pieces.push(text.slice(start, at))
      start = at + 1
    }
  }
  pieces.push(text.slice(start))
  return pieces
}

/** An address list: names quoted or not, comments, groups. */
function parseAddresses(header: string): Address[] {
  const result: Address[] = []
  let token = ''
  let quoted = false
  let comment = 0
  let angle: string | undefined
  const finish = () => {
    const name = decodeWords(unquote(token.trim())).trim()
    const address = (angle ?? token).trim()
    if (address !== '') result.push({ name: angle === undefined ? '' : name, address })
    token = ''
    angle = undefined
  }
  for (let at = 0; at < header.length; at++) {
    const character = header[at] ?? ''
    if (character === '\\' && (quoted || comment > 0)) {
      at++
      if (quoted) token += `\\${header[at] ?? ''}`
    } else if (quoted) {
      quoted = character !== '"'
      token += character
    } else if (comment > 0) comment += character === '(' ? 1 : character === ')' ? -1 : 0
    else if (character === '"') {
      quoted = true
      token += character
    } else if (character === '(') comment++
    else if (character === '<') {
      const end = header.indexOf('>', at)
      angle = header.slice(at + 1, end === -1 ? header.length : end)
      at = end === -1 ? header.length : end
    } else if (character === ',' || character === ';') finish()
    // `Group name: a@b, c@d;` gives its members.
    else if (character === ':') token = ''
    else token += character
  }
  finish()
  return result
}

function importanceOf(importance: string | undefined, priority: string | undefined) {
  const text = importance?.trim().toLowerCase()
  if (text === 'high' || text === 'low') return text
  const number = Number.parseInt(priority ?? '', 10)
  if (number === 1 || number === 2) return 'high' as const
  return number === 4 || number === 5 ? ('low' as const) : ('normal' as const)
}

function sensitivityOf(header: string | undefined) {
  switch (header?.trim().toLowerCase()) {
    case 'personal':
      return 'personal' as const
    case 'private':
      return 'private' as const
    case 'company-confidential':
      return 'confidential' as const
    default:
      return 'normal' as const
  }
}
