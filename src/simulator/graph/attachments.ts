import type { Attachment, Item } from '../store/item.ts'
import { touchItem } from '../store/item.ts'
import { collectionPage } from './collection.ts'
import { type GraphAnswer, type GraphContext, type MailboxTarget, requireMailScope } from './context.ts'
import { itemNotFound, unreadableBody } from './errors.ts'
import { parseJsonBody } from './json-body.ts'
import { readAttachment } from './message-input.ts'
import { attachmentJson } from './message-output.ts'
import { requireMessage, requireWritableMessage } from './messages.ts'
import { project, readItemQuery, readListQuery } from './query.ts'

const PROPERTIES = [
  ...['id', 'lastModifiedDateTime', 'name', 'contentType', 'size', 'isInline', 'contentId'],
  ...['contentLocation', 'contentBytes'],
]

/** From this size on an attachment goes through an upload session. */
export const INLINE_LIMIT = 3 * 1024 * 1024
const MAX_ATTACHMENTS = 250

/** GET /messages/{id}/attachments */
export function listAttachments(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'read')
  const { item } = requireMessage(context, target, id, folderName)
  const query = readListQuery(context.query, PROPERTIES)
  const values = item.attachments.map((attachment) => attachmentJson(attachment, true))
  const metadata = `users('${target.owner.id}')/messages('${id}')/attachments`
  return { status: 200, body: collectionPage(context, query, values, metadata) }
}

/** GET /messages/{id}/attachments/{id} */
export function getAttachment(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  attachmentId: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'read')
  const { item } = requireMessage(context, target, id, folderName)
  const { select } = readItemQuery(context.query, PROPERTIES)
  return {
    status: 200,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/messages('${id}')/attachments/$entity`,
      ...project(attachmentJson(requireAttachment(item, attachmentId), true), select),
    },
  }
}

/** GET /messages/{id}/attachments/{id}/$value */
export function getAttachmentContent(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  attachmentId: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'read')
  const { item } = requireMessage(context, target, id, folderName)
  const attachment = requireAttachment(item, attachmentId)
  // The type comes from whoever sent the mail: only a plain media type goes into a header.
  const type = /^[\w.+-]+\/[\w.+-]+$/.test(attachment.contentType)
    ? attachment.contentType
    : 'application/octet-stream'
  return { status: 200, body: attachment.content, headers: { 'content-type': type } }
}

/** POST /messages/{id}/attachments */
export function addAttachment(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  const { item, folder } = requireWritableMessage(context, target, id, folderName)
  const json = parseJsonBody(context.body, 'microsoft.graph.attachment')
  const attachment = readAttachment(context.exchange, json)
  attach(context, item, attachment)
  folder.touch()
  return {
    status: 201,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/messages('${id}')/attachments/$entity`,
      ...attachmentJson(attachment, true),
    },
    headers: {
      location: `${context.origin}/${context.version}/users('${target.owner.id}')/messages('${id}')/attachments('${attachment.id}')`,
    },
  }
}

/** DELETE /messages/{id}/attachments/{id} */
export function deleteAttachment(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  attachmentId: string,
  folderName: string | undefined,
): GraphAnswer {
  const { item } = requireWritableMessage(context, target, id, folderName)
  const attachment = requireAttachment(item, attachmentId)
  item.attachments = item.attachments.filter((other) => other !== attachment)
  touchItem(context.exchange, item)
  return { status: 204 }
}

export function attach(context: Pick<GraphContext, 'exchange'>, item: Item, attachment: Attachment): void {
  if (item.attachments.length >= MAX_ATTACHMENTS) {
    throw unreadableBody(`A message has at most ${MAX_ATTACHMENTS} attachments.`)
  }
  item.attachments = [...item.attachments, attachment]
  touchItem(context.exchange, item)
}

function requireAttachment(item: Item, id: string): Attachment {
  const attachment = item.attachments.find((candidate) => candidate.id === id)
  if (!attachment) throw itemNotFound()
  return attachment
}
