import { randomUUID } from 'node:crypto'
import type { Exchange } from '../store/exchange.ts'
import type { Address, Attachment, InternetHeader, Item } from '../store/item.ts'
import type { OutgoingMessage } from '../store/submission.ts'
import type { GraphVersion } from './context.ts'
import { GraphError, notModelled, unreadableBody } from './errors.ts'
import type { JsonObject } from './json-body.ts'

/** A moment in a named zone, as `dateTimeTimeZone`. */
export interface DateTimeTimeZone {
  readonly dateTime: string
  readonly timeZone: string
}

export interface Mention {
  readonly id: string
  readonly mentioned: Address
  readonly mentionText?: string
  readonly clientReference?: string
}

/** What only this face knows of a message, and every copy of it carries. Stored under `graph`. */
export interface MessageExtra {
  mentions?: Mention[]
  isDeliveryReceiptRequested?: boolean
  isReadReceiptRequested?: boolean
}

/** What stays with the copy it was set on: nobody else sees the sender's follow-up dates. */
export interface OwnExtra {
  flagDates?: { start?: DateTimeTimeZone; due?: DateTimeTimeZone; completed?: DateTimeTimeZone }
  inferenceClassification?: 'focused' | 'other'
}

export const MESSAGE_EXTRA = 'graph'
export const OWN_EXTRA = 'graphOwn'

export function messageExtra(item: { readonly extra: Record<string, unknown> }): MessageExtra {
  return (item.extra[MESSAGE_EXTRA] ?? {}) as MessageExtra
}

export function ownExtra(item: { readonly extra: Record<string, unknown> }): OwnExtra {
  return (item.extra[OWN_EXTRA] ?? {}) as OwnExtra
}

/** What a caller wrote into a message; what they did not name is absent. */
export interface MessageFields {
  subject?: string
  body?: { contentType: 'text' | 'html'; content: string }
  from?: Address
  to?: Address[]
  cc?: Address[]
  bcc?: Address[]
  replyTo?: Address[]
  importance?: Item['importance']
  sensitivity?: Item['sensitivity']
  headers?: InternetHeader[]
  attachments?: Attachment[]
  internetMessageId?: string
  isRead?: boolean
  categories?: string[]
  flag?: { status: 'notFlagged' | 'flagged' | 'complete' }
  extra: MessageExtra
  ownExtra: OwnExtra
}

/** `sender` is taken and ignored: the service sets it. The second line is read-only and ignored as well. */
const MESSAGE_PROPERTIES = [
  ...['subject', 'body', 'from', 'sender', 'toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo'],
  ...['id', 'changeKey', 'createdDateTime', 'lastModifiedDateTime', 'receivedDateTime', 'sentDateTime'],
  ...['hasAttachments', 'bodyPreview', 'parentFolderId', 'conversationId', 'conversationIndex', 'webLink'],
  ...['isDraft', 'uniqueBody', 'importance', 'internetMessageHeaders', 'internetMessageId', 'attachments'],
  ...['isRead', 'isDeliveryReceiptRequested', 'isReadReceiptRequested', 'categories', 'flag'],
  ...['inferenceClassification', 'singleValueExtendedProperties', 'multiValueExtendedProperties'],
]
const BETA_PROPERTIES = ['mentions', 'mentionsPreview', 'unsubscribeData', 'unsubscribeEnabled']

/** At most this many addresses in one list, and in all of a message (Exchange Online's default recipient limit). */
const MAX_RECIPIENTS = 500
const MAX_HEADERS = 5
const MAX_HEADER_LENGTH = 995
const MAX_ATTACHMENTS = 250

/** Reads a `message`. @throws GraphError for anything the type does not have. */
export function readMessage(exchange: Exchange, json: JsonObject, version: GraphVersion): MessageFields {
  json.allow(version === 'beta' ? [...MESSAGE_PROPERTIES, ...BETA_PROPERTIES] : MESSAGE_PROPERTIES)
  for (const name of ['singleValueExtendedProperties', 'multiValueExtendedProperties']) {
    if (json.list(name)?.length) throw notModelled(`the property ${name}`)
  }
  const fields: MessageFields = { extra: {}, ownExtra: {} }
  assignDefined(fields, {
    subject: foldLines(json.text('subject')),
    body: readBody(json),
    from: readFrom(json),
    to: readRecipients(json, 'toRecipients'),
    cc: readRecipients(json, 'ccRecipients'),
    bcc: readRecipients(json, 'bccRecipients'),
    replyTo: readRecipients(json, 'replyTo'),
    importance: json.member('importance', ['low', 'normal', 'high'], 'microsoft.graph.importance'),
    headers: readHeaders(json),
    attachments: json
      .objects('attachments', 'microsoft.graph.attachment')
      ?.map((attachment) => readAttachment(exchange, attachment)),
    internetMessageId: readMessageId(json),
    isRead: json.flag('isRead'),
    categories: json.texts('categories'),
  })
  if ((fields.attachments?.length ?? 0) > MAX_ATTACHMENTS) {
    throw unreadableBody(`A message has at most ${MAX_ATTACHMENTS} attachments.`)
  }
  assignDefined(fields.extra, {
    mentions: version === 'beta' ? readMentions(json) : undefined,
    isDeliveryReceiptRequested: json.flag('isDeliveryReceiptRequested'),
    isReadReceiptRequested: json.flag('isReadReceiptRequested'),
  })
  assignDefined(fields.ownExtra, {
    inferenceClassification: json.member(
      'inferenceClassification',
      ['focused', 'other'],
      'microsoft.graph.inferenceClassificationType',
    ),
  })
  readFlag(json, fields)
  return fields
}

/** What the store submits. `from` is as the caller named it, or absent. */
export function outgoing(fields: MessageFields): OutgoingMessage {
  return {
    subject: fields.subject ?? '',
    to: fields.to ?? [],
    cc: fields.cc ?? [],
    bcc: fields.bcc ?? [],
    replyTo: fields.replyTo ?? [],
    body: fields.body ?? { contentType: 'text', content: '' },
    ...(fields.from ? { from: fields.from } : {}),
    ...(fields.importance ? { importance: fields.importance } : {}),
    ...(fields.sensitivity ? { sensitivity: fields.sensitivity } : {}),
    ...(fields.headers ? { headers: fields.headers } : {}),
    ...(fields.attachments ? { attachments: fields.attachments } : {}),
    ...(fields.internetMessageId ? { internetMessageId: fields.internetMessageId } : {}),
    ...(fields.flag ? { flag: fields.flag } : {}),
    ...(fields.categories ? { categories: fields.categories } : {}),
    extra: { [MESSAGE_EXTRA]: fields.extra },
    ownExtra: { [OWN_EXTRA]: fields.ownExtra },
  }
}

function readBody(json: JsonObject): MessageFields['body'] {
  const body = json.object('body', 'microsoft.graph.itemBody')
  if (!body) return undefined
  body.allow(['contentType', 'content'])
  return {
    contentType: body.member('contentType', ['text', 'html'], 'microsoft.graph.bodyType') ?? 'text',
    content: body.text('content') ?? '',
  }
}

/** A subject is one line of a header: what is broken into several is joined. */
export function foldLines<Text extends string | undefined>(text: Text): Text {
  return text?.replace(/[ \t]*[\r\n]+[ \t]*/g, ' ') as Text
}

/** Without an address it is as if it had been left out. */
function readFrom(json: JsonObject): Address | undefined {
  const from = readRecipient(json.object('from', 'microsoft.graph.recipient'))
  return from?.address ? from : undefined
}

function readRecipients(json: JsonObject, name: string): Address[] | undefined {
  const recipients = json.objects(name, 'microsoft.graph.recipient')
  if (recipients && recipients.length > MAX_RECIPIENTS) {
    throw new GraphError(
      400,
      'ErrorExceededMaxRecipientLimitShort',
      `A message can have at most ${MAX_RECIPIENTS} recipients in ${name}.`,
    )
  }
  return recipients?.map((recipient) => readRecipient(recipient) ?? { name: '', address: '' })
}

function readRecipient(json: JsonObject | undefined): Address | undefined {
  if (!json) return undefined
  json.allow(['emailAddress'])
  return readEmailAddress(json.object('emailAddress', 'microsoft.graph.emailAddress'))
}

export function readEmailAddress(json: JsonObject | undefined): Address | undefined {
  if (!json) return undefined
  json.allow(['name', 'address'])
  return { name: json.text('name') ?? '', address: (json.text('address') ?? '').trim() }
}

/** https://learn.microsoft.com/graph/api/resources/internetmessageheader */
function readHeaders(json: JsonObject): InternetHeader[] | undefined {
  const headers = json
    .objects('internetMessageHeaders', 'microsoft.graph.internetMessageHeader')
    ?.map((header) => {
      header.allow(['name', 'value'])
      return { name: header.text('name') ?? '', value: header.text('value') ?? '' }
    })
  if (!headers) return undefined
  if (headers.length > MAX_HEADERS) {
    throw new GraphError(
      400,
      'InvalidInternetMessageHeaderCollection',
      `Maximum number of headers in one message should be less than or equal to ${MAX_HEADERS}.`,
    )
  }
  for (const { name, value } of headers) {
    if (!/^x-/i.test(name)) {
      throw new GraphError(
        400,
        'InvalidInternetMessageHeader',
        `The internet message header name '${name.slice(0, 100)}' should start with 'x-' or 'X-'.`,
      )
    }
    // Printable ASCII without a colon (RFC 5322, 3.6.8); a line break in a value would start another header.
    const sound = /^[!-9;-~]+$/.test(name) && !/[\r\n\0]/.test(value)
    if (!sound || name.length + value.length > MAX_HEADER_LENGTH) {
      throw new GraphError(
        400,
        'InvalidInternetMessageHeader',
        `The internet message header '${name.slice(0, 100)}' is not valid.`,
      )
    }
  }
  return headers
}

function readMessageId(json: JsonObject): string | undefined {
  const id = json.text('internetMessageId')
  if (id === undefined) return undefined
  if (!/^<[^\s<>]{1,500}>$/.test(id))
    throw unreadableBody('The internetMessageId is not of the form <id@domain>.')
  return id
}

export function readAttachment(exchange: Exchange, json: JsonObject): Attachment {
  const type = json.text('@odata.type')
  if (type === undefined) {
    throw unreadableBody(
      "A property '@odata.type' is missing. The type of an attachment has to be named, such as #microsoft.graph.fileAttachment.",
    )
  }
  const name = type.replace(/^#?(microsoft\.graph\.)?/i, '')
  if (/^(itemAttachment|referenceAttachment)$/i.test(name)) throw notModelled(`${name} attachments`)
  if (!/^fileAttachment$/i.test(name)) {
    throw unreadableBody(
      `A type named '${name.slice(0, 100)}' could not be resolved by the model. When a model is available, each type name must resolve to a valid type.`,
    )
  }
  json.allow([
    ...['name', 'contentType', 'contentBytes', 'isInline', 'contentId', 'contentLocation'],
    ...['size', 'id', 'lastModifiedDateTime'],
  ])
  const contentId = json.text('contentId')
  return {
    id: randomUUID(),
    name: json.text('name') ?? '',
    contentType: json.text('contentType') ?? 'application/octet-stream',
    content: readBinary(json.text('contentBytes') ?? ''),
    isInline: json.flag('isInline') ?? false,
    ...(contentId === undefined ? {} : { contentId }),
    modified: exchange.now(),
  }
}

function readBinary(text: string): Buffer {
  const compact = text.replace(/[\r\n]/g, '')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    throw unreadableBody(
      `Cannot convert the literal '${text.slice(0, 40)}' to the expected type 'Edm.Binary'.`,
    )
  }
  return Buffer.from(compact, 'base64')
}

/** https://learn.microsoft.com/graph/api/resources/mention (beta) */
function readMentions(json: JsonObject): Mention[] | undefined {
  return json.objects('mentions', 'microsoft.graph.mention')?.map((mention) => {
    mention.allow([
      ...['mentioned', 'mentionText', 'clientReference', 'id', 'application', 'createdBy', 'createdDateTime'],
      ...['deepLink', 'serverCreatedDateTime'],
    ])
    const mentioned = readEmailAddress(mention.object('mentioned', 'microsoft.graph.emailAddress'))
    if (!mentioned?.address) {
      throw unreadableBody("The property 'mentioned' of a mention needs an address.")
    }
    const [mentionText, clientReference] = [mention.text('mentionText'), mention.text('clientReference')]
    return {
      id: randomUUID(),
      mentioned,
      ...(mentionText === undefined ? {} : { mentionText }),
      ...(clientReference === undefined ? {} : { clientReference }),
    }
  })
}

function readFlag(json: JsonObject, fields: MessageFields): void {
  const flag = json.object('flag', 'microsoft.graph.followupFlag')
  if (!flag) return
  flag.allow(['flagStatus', 'startDateTime', 'dueDateTime', 'completedDateTime'])
  const status = flag.member(
    'flagStatus',
    ['notFlagged', 'flagged', 'complete'],
    'microsoft.graph.followupFlagStatus',
  )
  const [start, due, completed] = ['startDateTime', 'dueDateTime', 'completedDateTime'].map((name) =>
    readDateTime(flag.object(name, 'microsoft.graph.dateTimeTimeZone')),
  )
  if (due && !start) {
    // followupFlag: "You must specify startDateTime when you set dueDateTime".
    throw unreadableBody('A follow-up flag with a dueDateTime needs a startDateTime.')
  }
  fields.flag = { status: status ?? 'flagged' }
  fields.ownExtra.flagDates = {
    ...(start ? { start } : {}),
    ...(due ? { due } : {}),
    ...(completed ? { completed } : {}),
  }
}

function readDateTime(json: JsonObject | undefined): DateTimeTimeZone | undefined {
  if (!json) return undefined
  json.allow(['dateTime', 'timeZone'])
  const dateTime = json.text('dateTime') ?? ''
  if (Number.isNaN(Date.parse(dateTime))) {
    throw unreadableBody(
      `Cannot convert the literal '${dateTime.slice(0, 100)}' to the expected type 'Edm.DateTimeOffset'.`,
    )
  }
  return { dateTime, timeZone: json.text('timeZone') ?? 'UTC' }
}

function assignDefined<Target extends object>(
  target: Target,
  values: { [Key in keyof Target]?: Target[Key] | undefined },
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) Object.assign(target, { [name]: value })
  }
}
