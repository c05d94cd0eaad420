import type { Address, Item } from '../store/item.ts'

/**
 * An item as a MIME message (RFC 5322, RFC 2045), base64 as `t:MimeContent` holds it. Enough for a client that saves
 * or shows messages; appointments, contacts and tasks are given as messages too, not as iCalendar or vCard.
 */
export function mimeContent(item: Item): string {
  return Buffer.from(mimeMessage(item), 'utf8').toString('base64')
}

function mimeMessage(item: Item): string {
  const boundary = `_${item.changeKey.replace(/[^A-Za-z0-9]/g, '')}_`
  const body = item.body ?? { contentType: 'text', content: '' }
  const text = part(
    `text/${body.contentType === 'html' ? 'html' : 'plain'}; charset="utf-8"`,
    Buffer.from(body.content, 'utf8'),
  )
  const headers = [
    header('From', item.from && [item.from]),
    item.sender && item.sender.address !== item.from?.address ? header('Sender', [item.sender]) : undefined,
    header('To', item.to),
    header('Cc', item.cc),
    header('Bcc', item.isDraft ? item.bcc : []),
    header('Reply-To', item.replyTo),
    `Subject: ${encodeWords(item.subject)}`,
    `Date: ${(item.sent ?? item.created).toUTCString().replace('GMT', '+0000')}`,
    item.internetMessageId && `Message-ID: ${clean(item.internetMessageId)}`,
    ...item.headers.map(({ name, value }) => `${clean(name)}: ${encodeWords(value)}`),
    'MIME-Version: 1.0',
  ].filter((line) => line !== undefined && line !== '')
  if (item.attachments.length === 0) return `${headers.join('\r\n')}\r\n${text}`
  const attachments = item.attachments.map(({ name, contentType, content, isInline, contentId }) =>
    part(
      `${clean(contentType)}; name="${clean(encodeWords(name)).replaceAll('"', "'")}"`,
      content,
      `Content-Disposition: ${isInline ? 'inline' : 'attachment'}; filename="${clean(encodeWords(name)).replaceAll('"', "'")}"`,
      contentId && `Content-ID: <${clean(contentId)}>`,
    ),
  )
  return [
    ...headers,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...[text, ...attachments].map((each) => `--${boundary}\r\n${each}`),
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

function part(contentType: string, content: Buffer, ...more: (string | undefined)[]): string {
  const lines = content.toString('base64').replace(/.{76}/g, '$&\r\n')
  return [
    `Content-Type: ${contentType}`,
    'Content-Transfer-Encoding: base64',
    ...more.filter((line) => line !== undefined && line !== ''),
    '',
    lines,
    '',
  ].join('\r\n')
}

function header(name: string, addresses: readonly Address[] | undefined): string | undefined {
  if (!addresses || addresses.length === 0) return undefined
  return `${name}: ${addresses.map(({ name: shown, address }) => `${phrase(shown)} <${clean(address)}>`).join(',\r\n\t')}`
}

function phrase(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : encodeWords(text)
}

/** RFC 2047; a line break would start another header. */
function encodeWords(text: string): string {
  const flat = clean(text)
  if (/^[\x20-\x7e]*$/.test(flat)) return flat
  const words: string[] = []
  let word = ''
  for (const character of flat) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word)
      word = ''
    }
    word += character
  }
  words.push(word)
  return words.map((each) => `=?utf-8?B?${Buffer.from(each, 'utf8').toString('base64')}?=`).join('\r\n ')
}

function clean(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ')
}
