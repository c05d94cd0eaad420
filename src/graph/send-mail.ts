import { InvalidInputError } from '../errors.ts'
import { type AttachmentInput, INLINE_LIMIT, megabytes } from './attachment.ts'
import { buildMessage, checkMessage, type MessageInput, requireRecipients } from './message.ts'
import { type GraphRequest, type GraphVersion, type MailboxInput, mailboxPath } from './request.ts'

/** A mail to be sent at once. */
export interface SendMailInput extends MessageInput {
  /**
   * Whose endpoint sends it: `/me` (default), or a user's id or principal name. The mail is `from` that mailbox
   * unless {@link MessageInput.from} says otherwise; a copy lies in its Sent Items.
   */
  readonly as?: MailboxInput | undefined
  /** Default true. The owner's own "always save a copy" is not affected. */
  readonly saveToSentItems?: boolean | undefined
}

/** A whole message in MIME. */
export interface SendMimeInput {
  readonly as?: MailboxInput | undefined
  /**
   * The message as RFC 5322 writes it, or the same in base64, which is passed on unchanged. They are told apart by
   * the colon that a message has in its first line and base64 never has.
   */
  readonly mime: string | Uint8Array
}

/** Graph refuses requests above 4 MB, with HTTP 413 or ErrorMessageSizeExceeded. */
export const REQUEST_LIMIT = 4_000_000

/**
 * The request that {@link GraphClient.sendMail} sends, without sending it.
 *
 * @throws InvalidInputError when the mail cannot be right, or is too large for one request.
 * @see https://learn.microsoft.com/graph/api/user-sendmail
 */
export function prepareSendMail(
  input: SendMailInput | SendMimeInput,
  options: { readonly version?: GraphVersion } = {},
): GraphRequest {
  const path = `${mailboxPath(input.as)}/sendMail`
  const request: GraphRequest =
    'mime' in input
      ? { method: 'POST', path, headers: { 'content-type': 'text/plain' }, body: encodeMime(input.mime) }
      : {
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json' },
          body: jsonBody(input, options.version ?? 'v1.0'),
        }
  requireSize(request)
  return request
}

/** Must this mail go by way of a draft, because its attachments do not fit into one request? */
export function needsDraft(input: Pick<MessageInput, 'attachments'>): boolean {
  return !fitsInline(input.attachments ?? [])
}

/** Do all of them together fit into the request that makes the message? */
export function fitsInline(attachments: readonly AttachmentInput[]): boolean {
  return attachments.reduce((sum, each) => sum + each.content.byteLength, 0) < INLINE_LIMIT
}

function jsonBody(input: SendMailInput, version: GraphVersion) {
  const checked = checkMessage(input, version)
  requireRecipients(checked)
  if (needsDraft(input)) {
    const bytes = checked.attachments.reduce((sum, each) => sum + each.content.byteLength, 0)
    throw new InvalidInputError(
      `The attachments have ${megabytes(bytes)}, and sendMail takes less than 3 MB.`,
      {
        hint: 'Send it by way of a draft, to which larger files are uploaded.',
      },
    )
  }
  return {
    message: buildMessage(checked),
    // "Specify only if the parameter is false; default is true."
    ...(input.saveToSentItems === false ? { saveToSentItems: false } : {}),
  }
}

function encodeMime(mime: string | Uint8Array): string {
  const bytes = typeof mime === 'string' ? Buffer.from(mime, 'utf8') : Buffer.from(mime)
  if (bytes.byteLength === 0) throw new InvalidInputError('The message is empty.')
  const end = bytes.indexOf(0x0a)
  const firstLine = (end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1')
  if (!firstLine.includes(':')) return bytes.toString('latin1').trim()
  // The service would take it for a mail that is all text, to nobody.
  if (!/^[!-9;-~]+[ \t]*:/.test(firstLine)) {
    throw new InvalidInputError('The message does not begin with a header.', {
      hint: 'A message in MIME begins with lines such as “To: megan@contoso.com”; an empty line and the text follow.',
    })
  }
  return bytes.toString('base64')
}

function requireSize(request: GraphRequest): void {
  const { body } = request
  const bytes = Buffer.byteLength(typeof body === 'string' ? body : JSON.stringify(body ?? ''))
  if (bytes <= REQUEST_LIMIT) return
  throw new InvalidInputError(
    `The mail is ${megabytes(bytes)} on the wire, and Graph takes 4 MB in one request.`,
    {
      hint: 'Send it by way of a draft, to which larger files are uploaded.',
    },
  )
}
