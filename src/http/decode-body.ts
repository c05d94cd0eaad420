import { XmlError } from '../errors.ts'

const UTF_8 = /^utf-?8$/i
const utf8 = new TextDecoder()

/**
 * Text by its byte order mark, else by the charset of the content type, else by the XML declaration, else UTF-8: the
 * order of RFC 7303. Broken sequences become U+FFFD: an answer is judged by the reader, not here.
 * @throws XmlError for an encoding that is not known.
 */
export function decodeBody(bytes: Buffer, contentType: string): string {
  const declared =
    byteOrderMark(bytes) ??
    /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ??
    /^<\?xml[^>]{0,100}\sencoding\s*=\s*["']([\w.:-]+)/.exec(bytes.toString('latin1', 0, 200))?.[1] ??
    'utf-8'
  try {
    return (UTF_8.test(declared) ? utf8 : new TextDecoder(declared)).decode(bytes)
  } catch {
    throw new XmlError('ERR_INVALID_RESPONSE', `The server's answer is in ${declared}, which is not known.`)
  }
}

function byteOrderMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

export function tooLarge(maxBytes: number): XmlError {
  return new XmlError(
    'ERR_LIMIT_EXCEEDED',
    `The server's answer is larger than ${maxBytes} bytes and was not read.`,
    {
      hint: 'Ask for less at once, or raise maxResponseBytes if the server is to be trusted.',
    },
  )
}
