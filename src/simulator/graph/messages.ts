import type { Folder } from '../store/folder.ts'
import { createItem, type Item, touchItem } from '../store/item.ts'
import { type OutgoingMessage, submit } from '../store/submission.ts'
import { collectionPage, nextLink } from './collection.ts'
import {
  accessIn,
  type GraphAnswer,
  type GraphContext,
  type MailboxTarget,
  requireCreateRight,
  requireItemRight,
  requireMailScope,
  requireSomeAccess,
  sendEndpoint,
  sendScope,
  submitterOf,
} from './context.ts'
import { accessDenied, GraphError, itemNotFound, submissionRefused } from './errors.ts'
import { itemIdOf, requireItem } from './ids.ts'
import { parseJsonBody } from './json-body.ts'
import { isMailFolder, requireMailFolder } from './mail-folders.ts'
import {
  MESSAGE_EXTRA,
  type MessageFields,
  messageExtra,
  OWN_EXTRA,
  ownExtra,
  readMessage,
} from './message-input.ts'
import { attachmentJson, MESSAGE_PROPERTIES, messageJson } from './message-output.ts'
import { readMimeBody } from './mime.ts'
import { type ListQuery, project, readItemQuery, readListQuery } from './query.ts'
import { bodyFormat } from './send-mail.ts'

/** GET /messages and /mailFolders/{id}/messages: newest first, as the service lists them. */
export function listMessages(
  context: GraphContext,
  target: MailboxTarget,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'read')
  requireSomeAccess(context, target)
  const query = readListQuery(context.query, MESSAGE_PROPERTIES[context.version])
  const folders =
    folderName === undefined ? mailFolders(target) : [requireMailFolder(context, target, folderName)]
  const found = folders
    .flatMap((folder) => {
      // Rights are the folder's, so they are asked for once, however much is in it.
      const sees = visibilityIn(context, folder)
      return folder.items().flatMap((item) => (sees(item) ? { folder, item } : []))
    })
    .toSorted((a, b) => timeOf(b.item) - timeOf(a.item))
  const metadata =
    folderName === undefined
      ? `users('${target.owner.id}')/messages`
      : `users('${target.owner.id}')/mailFolders('${folderName}')/messages`
  return { status: 200, body: messagesPage(context, query, found, metadata) }
}

/** GET /messages/{id} */
export function getMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'read')
  const { folder, item } = requireMessage(context, target, id, folderName)
  return { status: 200, body: entity(context, target, item, folder) }
}

/** POST /messages and /mailFolders/{id}/messages: makes a draft, from JSON or MIME. */
export function createDraft(
  context: GraphContext,
  target: MailboxTarget,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'write')
  const folder =
    folderName === undefined
      ? target.mailbox.distinguished('drafts')
      : requireMailFolder(context, target, folderName)
  if (!folder) throw itemNotFound()
  requireCreateRight(context, folder)
  const fields =
    bodyFormat(context) === 'mime'
      ? readMimeBody(context.body, context.exchange.now())
      : readMessage(context.exchange, parseJsonBody(context.body, 'microsoft.graph.message'), context.version)
  const item = createItem(context.exchange, {
    mailbox: target.mailbox,
    isDraft: true,
    isRead: true,
    body: { contentType: 'text', content: '' },
    creator: submitterOf(context, target).id,
  })
  apply(context, item, fields)
  folder.addItem(item)
  const body = entity(context, target, item, folder)
  return { status: 201, body, headers: { location: messageUrl(context, target, item, folder) } }
}

/** Properties of a message that can be changed only while it is a draft. */
const DRAFT_ONLY = [
  'subject',
  'body',
  'from',
  'to',
  'cc',
  'bcc',
  'replyTo',
  'internetMessageId',
  'headers',
  'attachments',
] as const

/** PATCH /messages/{id} */
export function updateMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'write')
  const { folder, item } = requireMessage(context, target, id, folderName)
  requireItemRight(context, folder, item, 'edit')
  const fields = readMessage(
    context.exchange,
    parseJsonBody(context.body, 'microsoft.graph.message'),
    context.version,
  )
  // Headers can be set only when the message is made; attachments have addresses of their own.
  const refused =
    fields.headers || fields.attachments
      ? 'internetMessageHeaders and attachments cannot be updated.'
      : !item.isDraft && DRAFT_ONLY.some((name) => fields[name] !== undefined)
        ? 'The subject, body, sender and recipients can be updated only while the message is a draft.'
        : undefined
  if (refused) throw new GraphError(400, 'ErrorInvalidPropertySet', refused)
  apply(context, item, fields)
  touchItem(context.exchange, item)
  folder.touch()
  return { status: 200, body: entity(context, target, item, folder) }
}

/** DELETE /messages/{id}: to Deleted Items, and out of there to the recoverable items. */
export function deleteMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'write')
  const { folder, item } = requireMessage(context, target, id, folderName)
  requireItemRight(context, folder, item, 'delete')
  const name = folder.distinguishedName === 'deleteditems' ? 'recoverableitemsdeletions' : 'deleteditems'
  move(item, folder, target.mailbox.distinguished(name))
  return { status: 204 }
}

/** POST /messages/{id}/permanentDelete */
export function permanentlyDeleteMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'write')
  const { folder, item } = requireMessage(context, target, id, folderName)
  requireItemRight(context, folder, item, 'delete')
  move(item, folder, target.mailbox.distinguished('recoverableitemspurges'))
  return { status: 204 }
}

/** POST /messages/{id}/move */
export function moveMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'write')
  const { folder, item } = requireMessage(context, target, id, folderName)
  const json = parseJsonBody(context.body, 'microsoft.graph.move')
  json.allow(['destinationId'])
  const destination = requireMailFolder(context, target, json.text('destinationId') ?? '')
  requireItemRight(context, folder, item, 'delete')
  requireCreateRight(context, destination)
  move(item, folder, destination)
  const body = entity(context, target, item, destination)
  return { status: 201, body, headers: { location: messageUrl(context, target, item, destination) } }
}

/** POST /messages/{id}/send */
export function sendDraft(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  const { exchange, principal } = context
  const found = requireItem(target.mailbox, id, scope(context, target, folderName))
  if (!isVisible(context, found.folder, found.item)) throw itemNotFound()
  const draft = found.item
  if (!draft.isDraft) throw new GraphError(400, 'ErrorInvalidRequest', 'The message is not a draft.')
  const result = submit(exchange, {
    submitter: submitterOf(context, target),
    viaMailbox: target.owner,
    message: messageOf(draft),
    draft,
    saveToSentItems: true,
    token: principal.user ? 'user' : 'app',
    scope: sendScope(principal),
    endpoint: sendEndpoint(context, target),
  })
  if (!result.ok) throw submissionRefused(result)
  return { status: 202 }
}

/** The draft or other message an id names, if the caller may read it. */
export function requireMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): { folder: Folder; item: Item } {
  const found = requireItem(target.mailbox, id, scope(context, target, folderName))
  if (!isVisible(context, found.folder, found.item)) throw itemNotFound()
  return found
}

/** Writing into a message needs the right to edit it. */
export function requireWritableMessage(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): { folder: Folder; item: Item } {
  requireMailScope(context, target, 'write')
  const found = requireMessage(context, target, id, folderName)
  requireItemRight(context, found.folder, found.item, 'edit')
  if (!found.item.isDraft) throw accessDenied()
  return found
}

function scope(
  context: GraphContext,
  target: MailboxTarget,
  folderName: string | undefined,
): Folder | undefined {
  return folderName === undefined ? undefined : requireMailFolder(context, target, folderName)
}

function mailFolders(target: MailboxTarget): Folder[] {
  return [...target.mailbox.folders()].filter(
    (folder) => isMailFolder(folder) && !folder.distinguishedName?.startsWith('recoverableitems'),
  )
}

function isVisible(context: GraphContext, folder: Folder, item: Item): boolean {
  return visibilityIn(context, folder)(item)
}

/** Which items of the folder the caller sees; purged ones and what is no mail are nobody's. */
function visibilityIn(context: GraphContext, folder: Folder): (item: Item) => boolean {
  if (!isMailFolder(folder) || folder.distinguishedName === 'recoverableitemspurges') return () => false
  const access = accessIn(context, folder)
  return (item) => access(item).read
}

function timeOf(item: Item): number {
  return (item.received ?? item.created).getTime()
}

function messagesPage(
  context: GraphContext,
  query: ListQuery,
  found: readonly { folder: Folder; item: Item }[],
  metadata: string,
): Record<string, unknown> {
  const json = ({ folder, item }: { folder: Folder; item: Item }) => ({
    ...messageJson(context, item, folder),
    ...(query.expandAttachments ? expandedAttachments(item) : {}),
  })
  if (query.filter || query.orderBy.length > 0) {
    return collectionPage(context, query, found.map(json), metadata)
  }
  // Without a filter or an order of its own only the page is written out, however many messages there are.
  const page = found.slice(query.skip, query.skip + query.top)
  return {
    '@odata.context': `${context.origin}/${context.version}/$metadata#${metadata}`,
    ...(query.count ? { '@odata.count': found.length } : {}),
    ...nextLink(context, query, query.skip + page.length < found.length),
    value: page.map((entry) => project(json(entry), query.select)),
  }
}

function entity(
  context: GraphContext,
  target: MailboxTarget,
  item: Item,
  folder: Folder,
): Record<string, unknown> {
  const { select, expandAttachments } = readItemQuery(context.query, MESSAGE_PROPERTIES[context.version])
  const json = {
    ...messageJson(context, item, folder),
    ...(expandAttachments ? expandedAttachments(item) : {}),
  }
  return {
    '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/messages/$entity`,
    ...project(json, select),
  }
}

function expandedAttachments(item: Item): Record<string, unknown> {
  return { attachments: item.attachments.map((attachment) => attachmentJson(attachment, true)) }
}

function messageUrl(context: GraphContext, target: MailboxTarget, item: Item, folder: Folder): string {
  const id = itemIdOf(context, item, folder)
  return `${context.origin}/${context.version}/users('${target.owner.id}')/messages('${id}')`
}

/** Writes what the caller named; what they did not name stays. */
function apply(context: GraphContext, item: Item, fields: MessageFields): void {
  const { extra, ownExtra: own, ...properties } = fields
  Object.assign(item, properties)
  if (item.from) {
    // As the service shows it: with the directory's name and primary address, when it is one of the tenant's.
    const principal = context.exchange.directory.find(item.from.address)
    if (principal) item.from = { name: principal.name, address: principal.address }
  }
  item.extra = {
    ...item.extra,
    [MESSAGE_EXTRA]: { ...messageExtra(item), ...extra },
    [OWN_EXTRA]: { ...ownExtra(item), ...own },
  }
}

function messageOf(draft: Item): OutgoingMessage {
  const { [OWN_EXTRA]: own, ...extra } = draft.extra
  return {
    itemClass: draft.itemClass,
    subject: draft.subject,
    ...(draft.body ? { body: draft.body } : {}),
    ...(draft.from ? { from: draft.from } : {}),
    to: draft.to,
    cc: draft.cc,
    bcc: draft.bcc,
    replyTo: draft.replyTo,
    importance: draft.importance,
    sensitivity: draft.sensitivity,
    headers: draft.headers,
    attachments: draft.attachments,
    ...(draft.internetMessageId ? { internetMessageId: draft.internetMessageId } : {}),
    ...(draft.conversationId ? { conversationId: draft.conversationId } : {}),
    ...(draft.flag ? { flag: draft.flag } : {}),
    extra,
    ownExtra: { [OWN_EXTRA]: own },
  }
}

/** The item stays what it is, and keeps its immutable id. */
function move(item: Item, from: Folder, to: Folder | undefined): void {
  if (!to) throw itemNotFound()
  from.removeItem(item)
  to.addItem(item)
}
