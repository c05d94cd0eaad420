import { InvalidInputError } from '../errors.ts'
import { type AttachmentInput, buildFileAttachment, checkAttachment } from './attachment.ts'
import {
  buildRecipient,
  type MailAddress,
  parseRecipient,
  parseRecipients,
  type RecipientInput,
  readRecipient,
  readRecipients,
} from './recipient.ts'
import type { GraphVersion, JsonObject } from './request.ts'

export const IMPORTANCES = ['low', 'normal', 'high'] as const
export type Importance = (typeof IMPORTANCES)[number]

export const FLAG_STATUSES = ['notFlagged', 'complete', 'flagged'] as const
export type FlagStatus = (typeof FLAG_STATUSES)[number]

/** @see https://learn.microsoft.com/graph/api/resources/datetimetimezone */
export interface DateTimeTimeZone {
  /** E.g. `2026-11-30T17:00:00`. */
  readonly dateTime: string
  /** E.g. `UTC`, or a Windows name such as `Eastern Standard Time`. */
  readonly timeZone: string
}

/** @see https://learn.microsoft.com/graph/api/resources/followupflag */
export interface FollowUpFlag {
  readonly flagStatus: FlagStatus
  readonly startDateTime?: DateTimeTimeZone
  /** Only together with a start. */
  readonly dueDateTime?: DateTimeTimeZone
  readonly completedDateTime?: DateTimeTimeZone
}

export interface InternetMessageHeader {
  /** Begins with `x-`. */
  readonly name: string
  readonly value: string
}

export interface MessageBody {
  readonly contentType: 'Text' | 'HTML'
  readonly content: string
}

/**
 * A mail to be written. There is no `sender`: Graph sets it, from what the signed-in user may do in the mailbox of
 * `from`.
 * @see https://learn.microsoft.com/graph/outlook-send-mail-from-other-user
 */
export interface MessageInput {
  /** Another user, group or shared mailbox. Default: the mailbox that the call goes to. */
  readonly from?: RecipientInput | undefined
  readonly to?: RecipientInput | readonly RecipientInput[] | undefined
  readonly cc?: RecipientInput | readonly RecipientInput[] | undefined
  readonly bcc?: RecipientInput | readonly RecipientInput[] | undefined
  readonly replyTo?: RecipientInput | readonly RecipientInput[] | undefined
  readonly subject?: string | undefined
  /** Text, or with its type. */
  readonly body?: string | { readonly contentType: string; readonly content: string } | undefined
  readonly importance?: Importance | undefined
  /** At most five, with names that begin with `x-`. */
  readonly internetMessageHeaders?: readonly InternetMessageHeader[] | undefined
  readonly flag?: FollowUpFlag | undefined
  readonly attachments?: readonly AttachmentInput[] | undefined
  /** People called by name in the text; beta only. */
  readonly mentions?: RecipientInput | readonly RecipientInput[] | undefined
}

/** {@link MessageInput}, read and checked. */
export interface CheckedMessage {
  readonly from: MailAddress | undefined
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly bcc: readonly MailAddress[]
  readonly replyTo: readonly MailAddress[]
  readonly subject: string | undefined
  readonly body: MessageBody | undefined
  readonly importance: Importance | undefined
  readonly internetMessageHeaders: readonly InternetMessageHeader[]
  readonly flag: FollowUpFlag | undefined
  readonly attachments: readonly AttachmentInput[]
  readonly mentions: readonly MailAddress[]
}

/** A mail as Graph answers it; what was not selected, or is not known, is absent. */
export interface GraphMessage {
  readonly id: string
  readonly subject?: string
  /** Who the mail appears to be from. */
  readonly from?: MailAddress
  /** Who really sent it; another than `from` means "on behalf of". */
  readonly sender?: MailAddress
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly bcc: readonly MailAddress[]
  readonly replyTo: readonly MailAddress[]
  readonly body?: MessageBody
  readonly bodyPreview?: string
  readonly isDraft?: boolean
  readonly sentDateTime?: string
  readonly receivedDateTime?: string
  readonly parentFolderId?: string
  readonly internetMessageId?: string
  readonly hasAttachments?: boolean
  readonly internetMessageHeaders?: readonly InternetMessageHeader[]
}

/**
 * Checks everything that can be known to be wrong before it is sent.
 * @throws InvalidInputError
 */
export function checkMessage(input: MessageInput, version: GraphVersion): CheckedMessage {
  if ('sender' in input && input.sender !== undefined) {
    throw new InvalidInputError('The sender of a mail is not for the caller to set.', {
      hint: 'Set from; Graph sets the sender, from what the signed-in user may do in that mailbox.',
    })
  }
  const mentions = parseRecipients(input.mentions, 'the mentioned person')
  if (mentions.length > 0 && version !== 'beta') {
    throw new InvalidInputError('Mentions exist in the beta version of Graph only.', {
      hint: 'Choose version beta, or leave the mentions out.',
    })
  }
  return {
    from: input.from === undefined ? undefined : parseRecipient(input.from, 'the from address'),
    to: parseRecipients(input.to, 'the recipient'),
    cc: parseRecipients(input.cc, 'the cc recipient'),
    bcc: parseRecipients(input.bcc, 'the bcc recipient'),
    replyTo: parseRecipients(input.replyTo, 'the reply-to address'),
    subject: input.subject === undefined ? undefined : requireOneLine(input.subject),
    body: input.body === undefined ? undefined : checkBody(input.body),
    importance: input.importance === undefined ? undefined : parseImportance(input.importance),
    internetMessageHeaders: checkHeaders(input.internetMessageHeaders ?? []),
    flag: input.flag === undefined ? undefined : checkFlag(input.flag),
    attachments: requireList(input.attachments ?? [], 'The attachments').map(checkAttachment),
    mentions,
  }
}

/** @throws InvalidInputError when a mail names nobody to send it to. */
export function requireRecipients(message: CheckedMessage): void {
  if (message.to.length + message.cc.length + message.bcc.length > 0) return
  throw new InvalidInputError('The mail has no recipients.', { hint: 'Name one in to, cc or bcc.' })
}

/**
 * The JSON of a mail.
 * @param attachments which of them go along in the same request.
 * @see https://learn.microsoft.com/graph/api/resources/message
 */
export function buildMessage(
  message: CheckedMessage,
  attachments: readonly AttachmentInput[] = message.attachments,
): JsonObject {
  const people = (name: string, list: readonly MailAddress[]) =>
    list.length === 0 ? {} : { [name]: list.map(buildRecipient) }
  return {
    ...(message.subject === undefined ? {} : { subject: message.subject }),
    ...(message.body === undefined ? {} : { body: message.body }),
    ...people('toRecipients', message.to),
    ...people('ccRecipients', message.cc),
    ...people('bccRecipients', message.bcc),
    ...people('replyTo', message.replyTo),
    ...(message.from === undefined ? {} : { from: buildRecipient(message.from) }),
    ...(message.importance === undefined ? {} : { importance: message.importance }),
    ...(message.flag === undefined ? {} : { flag: message.flag }),
    ...(message.internetMessageHeaders.length === 0
      ? {}
      : { internetMessageHeaders: message.internetMessageHeaders }),
    ...(message.mentions.length === 0
      ? {}
      : { mentions: message.mentions.map((mentioned) => ({ mentioned })) }),
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(buildFileAttachment) }),
  }
}

/** Reads a mail of an answer; undefined when it has no id. */
export function readMessage(value: unknown): GraphMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const json = value as Readonly<Record<string, unknown>>
  if (typeof json.id !== 'string' || json.id === '') return undefined
  const from = readRecipient(json.from)
  const sender = readRecipient(json.sender)
  return {
    id: json.id,
    ...texts(json),
    ...(from ? { from } : {}),
    ...(sender ? { sender } : {}),
    to: readRecipients(json.toRecipients),
    cc: readRecipients(json.ccRecipients),
    bcc: readRecipients(json.bccRecipients),
    replyTo: readRecipients(json.replyTo),
    ...readBody(json.body),
    ...(typeof json.isDraft === 'boolean' ? { isDraft: json.isDraft } : {}),
    ...(typeof json.hasAttachments === 'boolean' ? { hasAttachments: json.hasAttachments } : {}),
    ...(Array.isArray(json.internetMessageHeaders)
      ? { internetMessageHeaders: json.internetMessageHeaders.flatMap(readHeader) }
      : {}),
  }
}

const TEXTS = [
  'subject',
  'bodyPreview',
  'sentDateTime',
  'receivedDateTime',
  'parentFolderId',
  'internetMessageId',
] as const

function texts(json: Readonly<Record<string, unknown>>): Partial<Record<(typeof TEXTS)[number], string>> {
  return Object.fromEntries(
    TEXTS.flatMap((name) => (typeof json[name] === 'string' ? [[name, json[name]]] : [])),
  )
}

function readBody(value: unknown): { body?: MessageBody } {
  const body = value as { contentType?: unknown; content?: unknown } | null | undefined
  if (typeof body?.content !== 'string') return {}
  const html = typeof body.contentType === 'string' && body.contentType.toLowerCase() === 'html'
  return { body: { contentType: html ? 'HTML' : 'Text', content: body.content } }
}

function readHeader(value: unknown): InternetMessageHeader[] {
  const header = value as { name?: unknown; value?: unknown } | null
  return typeof header?.name === 'string' && typeof header.value === 'string'
    ? [{ name: header.name, value: header.value }]
    : []
}

// Callers in JavaScript, and JSON from elsewhere, hold whatever they hold.
function requireText(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new InvalidInputError(`${what} is not a text.`)
}

function requireObject<Value extends object>(value: Value, what: string): Value {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new InvalidInputError(`${what} is not an object.`)
}

function requireList<Value>(value: readonly Value[], what: string): readonly Value[] {
  if (Array.isArray(value)) return value
  throw new InvalidInputError(`${what} are not a list.`)
}

function requireOneLine(subject: string): string {
  requireText(subject, 'The subject')
  if (/[\r\n\0]/.test(subject)) throw new InvalidInputError('The subject holds a line break.')
  return subject
}

function checkBody(body: NonNullable<MessageInput['body']>): MessageBody {
  if (typeof body === 'string') return { contentType: 'Text', content: body }
  const type = requireText(requireObject(body, 'The body').contentType, 'The body’s type')
  const content = requireText(body.content, 'The body’s content')
  switch (type.toLowerCase()) {
    case 'text':
      return { contentType: 'Text', content }
    case 'html':
      return { contentType: 'HTML', content }
    default:
      throw new InvalidInputError(
        `The body’s type ${JSON.stringify(type.slice(0, 40))} is neither Text nor HTML.`,
      )
  }
}

function parseImportance(text: string): Importance {
  requireText(text, 'The importance')
  const known = IMPORTANCES.find((each) => each === text.toLowerCase())
  if (known) return known
  throw new InvalidInputError(`The importance ${JSON.stringify(text.slice(0, 40))} does not exist.`, {
    hint: `It is one of ${IMPORTANCES.join(', ')}.`,
  })
}

// "InvalidInternetMessageHeader" and "InvalidInternetMessageHeaderCollection" are what the service says otherwise.
function checkHeaders(headers: readonly InternetMessageHeader[]): readonly InternetMessageHeader[] {
  requireList(headers, 'The headers')
  if (headers.length > 5) {
    throw new InvalidInputError(`A mail takes five headers of its own, not ${headers.length}.`, {
      hint: 'Send the mail as MIME if it needs more.',
    })
  }
  return headers.map((header) => {
    const name = requireText(requireObject(header, 'A header').name, 'The name of a header')
    const value = requireText(header.value, 'The value of a header')
    if (!/^x-[!-9;-~]{1,100}$/i.test(name)) {
      throw new InvalidInputError(
        `The header ${JSON.stringify(name.slice(0, 80))} does not begin with “x-”.`,
        {
          hint: 'Graph takes no others; send the mail as MIME if it needs them.',
        },
      )
    }
    if (/[\r\n\0]/.test(value)) throw new InvalidInputError(`The header ${name} holds a line break.`)
    return { name, value }
  })
}

function checkFlag(flag: FollowUpFlag): FollowUpFlag {
  const given = requireText(requireObject(flag, 'The flag').flagStatus, 'The flag status')
  const flagStatus = FLAG_STATUSES.find((each) => each.toLowerCase() === given.toLowerCase())
  if (!flagStatus) {
    throw new InvalidInputError(`The flag status ${JSON.stringify(given.slice(0, 40))} does not exist.`, {
      hint: `It is one of ${FLAG_STATUSES.join(', ')}.`,
    })
  }
  if (flag.dueDateTime && !flag.startDateTime) {
    throw new InvalidInputError('A flag with a due date needs a start date as well.')
  }
  for (const name of ['startDateTime', 'dueDateTime', 'completedDateTime'] as const) {
    const moment = flag[name]
    if (moment === undefined) continue
    requireText(requireObject(moment, `The ${name} of the flag`).dateTime, `The dateTime of ${name}`)
    requireText(moment.timeZone, `The timeZone of ${name}`)
  }
  return { ...flag, flagStatus }
}
