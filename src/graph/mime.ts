import { InvalidInputError } from '../errors.ts'
import { checkMessage, type MessageInput } from './message.ts'
import type { MailAddress } from './recipient.ts'

/**
 * A mail as MIME, for `sendMail({ mime })`: more headers than JSON takes, and bytes that can be signed.
 *
 * The flag for follow-up has no place in MIME and is refused, as mentions are.
 *
 * @throws InvalidInputError when the mail cannot be right.
 */
export async function buildMime(input: Omit<MessageInput, 'flag' | 'mentions'>): Promise<Uint8Array> {
  const message = checkMessage(input, 'v1.0')
  if (message.flag) throw new InvalidInputError('A flag for follow-up cannot be written in MIME.')
  // Loaded here alone: who sends JSON does not pay for it.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const { importance, body } = message
  const node = new MailComposer({
    ...(message.from === undefined ? {} : { from: mailbox(message.from) }),
    to: message.to.map(mailbox),
    cc: message.cc.map(mailbox),
    bcc: message.bcc.map(mailbox),
    replyTo: message.replyTo.map(mailbox),
    subject: message.subject,
    ...(body?.contentType === 'HTML' ? { html: body.content } : { text: body?.content ?? '' }),
    headers: [
      ...message.internetMessageHeaders.map(({ name, value }) => ({ key: name, value })),
      ...(importance === undefined ? [] : [{ key: 'Importance', value: importance }]),
    ],
    attachments: message.attachments.map(({ name, content, contentType, contentId, isInline }) => ({
      filename: name,
      content: Buffer.from(content),
      contentDisposition: isInline ? 'inline' : 'attachment',
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentId === undefined ? {} : { cid: contentId }),
    })),
    // Nothing of a mail is ever read from a path or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
  }).compile()
  // Exchange finds the recipients in the message itself, and takes the header out before it goes on.
  node.keepBcc = true
  return node.build()
}

function mailbox({ name, address }: MailAddress): { name: string; address: string } {
  return { name: name ?? '', address }
}
