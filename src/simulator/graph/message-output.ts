import type { Folder } from '../store/folder.ts'
import { plainText } from '../store/html-text.ts'
import type { Address, Attachment, Item } from '../store/item.ts'
import type { GraphContext } from './context.ts'
import { folderIdOf, itemIdOf } from './ids.ts'
import { messageExtra, ownExtra } from './message-input.ts'

const PREVIEW_LENGTH = 255

/**
 * Everything Graph tells about a message. Some of it is given only when it is asked for with `$select`: see
 * {@link SELECT_ONLY}.
 */
export function messageJson(context: GraphContext, item: Item, folder: Folder): Record<string, unknown> {
  const extra = messageExtra(item)
  const own = ownExtra(item)
  return {
    '@odata.etag': `W/"${item.changeKey}"`,
    id: itemIdOf(context, item, folder),
    createdDateTime: dateTime(item.created),
    lastModifiedDateTime: dateTime(item.modified),
    changeKey: item.changeKey,
    categories: item.categories ?? [],
    // A draft has these two as well: the moment it was made.
    receivedDateTime: dateTime(item.received ?? item.created),
    sentDateTime: dateTime(item.sent ?? item.created),
    hasAttachments: item.attachments.some((attachment) => !attachment.isInline),
    internetMessageId: item.internetMessageId ?? null,
    internetMessageHeaders: item.headers.map(({ name, value }) => ({ name, value })),
    subject: item.subject,
    bodyPreview: preview(item),
    importance: item.importance,
    parentFolderId: folderIdOf(folder),
    conversationId: item.conversationId ?? null,
    conversationIndex: item.conversationId ?? null,
    isDeliveryReceiptRequested: extra.isDeliveryReceiptRequested ?? null,
    isReadReceiptRequested: extra.isReadReceiptRequested ?? false,
    isRead: item.isRead,
    isDraft: item.isDraft,
    webLink: `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(itemIdOf(context, item, folder))}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: own.inferenceClassification ?? 'focused',
    body: bodyJson(context, item),
    uniqueBody: bodyJson(context, item),
    // A draft has a sender only once it is sent; the service leaves the property out until then.
    ...(item.sender ? { sender: recipientJson(item.sender) } : {}),
    ...(item.from ? { from: recipientJson(item.from) } : {}),
    toRecipients: item.to.map(recipientJson),
    ccRecipients: item.cc.map(recipientJson),
    bccRecipients: item.bcc.map(recipientJson),
    replyTo: item.replyTo.map(recipientJson),
    flag: flagJson(item),
    ...(context.version === 'beta' ? mentionsJson(context, item) : {}),
  }
}

/** Message properties that an answer has only if `$select` names them. */
export const SELECT_ONLY: readonly string[] = [
  'internetMessageHeaders',
  'uniqueBody',
  'mentions',
  'mentionsPreview',
]

/** Every name `$select` may use for a message; some have no value in a given message. */
export const MESSAGE_PROPERTIES: Readonly<Record<GraphContext['version'], readonly string[]>> = (() => {
  const names = [
    ...['id', 'createdDateTime', 'lastModifiedDateTime', 'changeKey', 'categories', 'receivedDateTime'],
    ...['sentDateTime', 'hasAttachments', 'internetMessageId', 'internetMessageHeaders', 'subject'],
    ...['bodyPreview', 'importance', 'parentFolderId', 'conversationId', 'conversationIndex'],
    ...['isDeliveryReceiptRequested', 'isReadReceiptRequested', 'isRead', 'isDraft', 'webLink'],
    ...['inferenceClassification', 'body', 'uniqueBody', 'sender', 'from', 'toRecipients', 'ccRecipients'],
    ...['bccRecipients', 'replyTo', 'flag'],
  ]
  return { 'v1.0': names, beta: [...names, 'mentions', 'mentionsPreview'] }
})()

export function recipientJson({ name, address }: Address): Record<string, unknown> {
  return { emailAddress: { name: name || address, address } }
}

export function attachmentJson(attachment: Attachment, withContent: boolean): Record<string, unknown> {
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    '@odata.mediaContentType': attachment.contentType,
    id: attachment.id,
    lastModifiedDateTime: dateTime(attachment.modified),
    name: attachment.name,
    contentType: attachment.contentType,
    size: attachment.content.length,
    isInline: attachment.isInline,
    contentId: attachment.contentId ?? null,
    contentLocation: null,
    ...(withContent ? { contentBytes: attachment.content.toString('base64') } : {}),
  }
}

/** Without a fraction, as the service writes the times of messages. */
export function dateTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

function preview(item: Item): string {
  const start = {
    contentType: item.body?.contentType ?? 'text',
    content: item.body?.content.slice(0, 20_000) ?? '',
  }
  return plainText(start).trim().replace(/\r?\n/g, '\r\n').slice(0, PREVIEW_LENGTH)
}

function bodyJson(context: GraphContext, item: Item): Record<string, unknown> {
  const body = item.body ?? { contentType: 'text', content: '' }
  if (context.bodyContentType === 'text') return { contentType: 'text', content: plainText(body) }
  if (context.bodyContentType === 'html' && body.contentType === 'text') {
    return { contentType: 'html', content: `<html><body>${escapeHtml(body.content)}</body></html>` }
  }
  return { contentType: body.contentType, content: body.content }
}

function flagJson(item: Item): Record<string, unknown> {
  const status = item.flag?.status ?? 'notFlagged'
  const dates = status === 'notFlagged' ? undefined : ownExtra(item).flagDates
  return {
    flagStatus: status,
    ...(dates?.start ? { startDateTime: dates.start } : {}),
    ...(dates?.due ? { dueDateTime: dates.due } : {}),
    ...(dates?.completed ? { completedDateTime: dates.completed } : {}),
  }
}

function mentionsJson(context: GraphContext, item: Item): Record<string, unknown> {
  const mentions = messageExtra(item).mentions ?? []
  const reader = context.principal.user?.address.toLowerCase()
  return {
    mentions: mentions.map((mention) => ({
      id: mention.id,
      mentioned: { name: mention.mentioned.name, address: mention.mentioned.address },
      mentionText: mention.mentionText ?? null,
      clientReference: mention.clientReference ?? null,
      createdBy: item.from ?? null,
      createdDateTime: dateTime(item.created),
      serverCreatedDateTime: dateTime(item.created),
      deepLink: null,
      application: null,
    })),
    mentionsPreview: {
      isMentioned: mentions.some(({ mentioned }) => mentioned.address.toLowerCase() === reader),
    },
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
}
