import { randomBytes, randomUUID } from 'node:crypto'
import type { HttpRequest } from '../http-message.ts'
import type { Exchange } from '../store/exchange.ts'
import type { Item } from '../store/item.ts'
import { attach, INLINE_LIMIT } from './attachments.ts'
import type { GraphAnswer, GraphContext, MailboxTarget } from './context.ts'
import { GraphError, itemNotFound, notModelled, unreadableBody } from './errors.ts'
import { itemIdOf } from './ids.ts'
import { parseJsonBody } from './json-body.ts'
import { requireWritableMessage } from './messages.ts'

/**
 * Attachments from 3 MB to 150 MB, in ranges:
 * https://learn.microsoft.com/graph/outlook-large-attachments
 *
 * The link a session hands out carries its own authority: whoever has it may upload, so requests to it are answered
 * without a token, and refused with one, as the host behind such links does with a token for Graph.
 */
const MAX_SIZE = 150 * 1024 * 1024
const MAX_RANGE = 4 * 1024 * 1024
const LIFETIME_MILLISECONDS = 60 * 60 * 1000
const MAX_OPEN = 50

interface Session {
  readonly token: string
  readonly item: Item
  readonly name: string
  readonly contentType: string
  readonly isInline: boolean
  readonly contentId: string | undefined
  readonly size: number
  readonly chunks: Buffer[]
  readonly expires: number
  readonly location: string
  received: number
}

const SESSIONS = new WeakMap<Exchange, Map<string, Session>>()

/** POST /messages/{id}/attachments/createUploadSession */
export function createUploadSession(
  context: GraphContext,
  target: MailboxTarget,
  id: string,
  folderName: string | undefined,
): GraphAnswer {
  const { item, folder } = requireWritableMessage(context, target, id, folderName)
  const json = parseJsonBody(context.body, 'microsoft.graph.createUploadSession')
  json.allow(['AttachmentItem'])
  const description = json.object('AttachmentItem', 'microsoft.graph.attachmentItem')
  if (!description) throw unreadableBody("The value of the parameter 'AttachmentItem' is missing.")
  description.allow(['attachmentType', 'name', 'size', 'contentType', 'isInline', 'contentId'])
  const type = description.member(
    'attachmentType',
    ['file', 'item', 'reference'],
    'microsoft.graph.attachmentType',
  )
  if (type !== undefined && type !== 'file') throw notModelled(`upload sessions for ${type} attachments`)
  const name = description.text('name')
  const size = description.integer('size')
  if (!name || size === undefined)
    throw unreadableBody('An AttachmentItem needs attachmentType, name and size.')
  checkSize(size)

  const sessions = openSessions(context.exchange)
  if (sessions.size >= MAX_OPEN) {
    throw new GraphError(429, 'ApplicationThrottled', 'Too many upload sessions are open.', {
      'retry-after': '60',
    })
  }
  const messageId = itemIdOf(context, item, folder)
  const root = `${context.origin}/${context.version}/Users('${target.owner.id}')/Messages('${messageId}')`
  const sessionId = randomUUID()
  const session: Session = {
    token: randomBytes(32).toString('base64url'),
    item,
    name,
    contentType: description.text('contentType') ?? 'application/octet-stream',
    isInline: description.flag('isInline') ?? false,
    contentId: description.text('contentId'),
    size,
    chunks: [],
    expires: context.exchange.now().getTime() + LIFETIME_MILLISECONDS,
    location: root,
    received: 0,
  }
  sessions.set(sessionId, session)
  return {
    status: 201,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#microsoft.graph.uploadSession`,
      uploadUrl: `${root}/AttachmentSessions('${sessionId}')?authtoken=${session.token}`,
      ...progress(session),
    },
  }
}

/** Is this the link of an upload session? */
export function isUploadLink(path: string): boolean {
  return UPLOAD_LINK.test(path)
}

const UPLOAD_LINK = /\/AttachmentSessions\('([0-9a-f-]{36})'\)$/i

/**
 * PUT a range, GET the progress, DELETE to give up.
 * @param path what {@link isUploadLink} was asked about.
 */
export function handleUpload(exchange: Exchange, request: HttpRequest, path: string): GraphAnswer {
  if (request.headers.authorization !== undefined) {
    throw new GraphError(
      401,
      'InvalidAudience',
      'The audience claim value is invalid for this resource: an upload link takes no Authorization header.',
    )
  }
  const sessions = openSessions(exchange)
  const id = UPLOAD_LINK.exec(path)?.[1]?.toLowerCase() ?? ''
  const session = sessions.get(id)
  if (!session || request.url.searchParams.get('authtoken') !== session.token) throw itemNotFound()
  switch (request.method) {
    case 'GET':
      return { status: 200, body: progress(session) }
    case 'DELETE':
      sessions.delete(id)
      return { status: 204 }
    case 'PUT':
      break
    default:
      throw new GraphError(
        405,
        'Request_BadRequest',
        'Specified HTTP method is not allowed for the request target.',
        { allow: 'GET, PUT, DELETE' },
      )
  }
  receive(session, request)
  if (session.received < session.size) return { status: 200, body: progress(session) }

  sessions.delete(id)
  const found = exchange.findItem(session.item.id)
  // The draft may have been deleted or sent in the meantime.
  if (!found?.item.isDraft) throw itemNotFound()
  const attachmentId = randomUUID()
  attach({ exchange }, session.item, {
    id: attachmentId,
    name: session.name,
    contentType: session.contentType,
    content: Buffer.concat(session.chunks),
    isInline: session.isInline,
    ...(session.contentId === undefined ? {} : { contentId: session.contentId }),
    modified: exchange.now(),
  })
  found.folder.touch()
  return { status: 201, headers: { location: `${session.location}/Attachments('${attachmentId}')` } }
}

function checkSize(size: number): void {
  if (size < INLINE_LIMIT) {
    throw new GraphError(
      400,
      'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize',
      'Attachment size must be greater than the minimum size allowed.',
    )
  }
  if (size > MAX_SIZE) {
    throw new GraphError(
      400,
      'ErrorAttachmentSizeLimitExceeded',
      'The attachment size exceeds the maximum size allowed.',
    )
  }
}

/** Takes the next range; ranges come in order and without gaps. */
function receive(session: Session, request: HttpRequest): void {
  const match = /^bytes (\d{1,12})-(\d{1,12})\/(\d{1,12})$/i.exec(
    request.headers['content-range']?.trim() ?? '',
  )
  if (!match)
    throw new GraphError(400, 'ErrorInvalidRequest', 'The Content-Range header is missing or invalid.')
  const [from, to, total] = match.slice(1).map(Number) as [number, number, number]
  if (total !== session.size) {
    throw new GraphError(
      400,
      'ErrorInvalidRequest',
      `The Content-Range header says ${total} bytes, the session was made for ${session.size}.`,
    )
  }
  if (request.body.length !== to - from + 1 || request.body.length > MAX_RANGE) {
    throw new GraphError(
      400,
      'ErrorInvalidRequest',
      'The Content-Range header length does not match the provided number of bytes, or exceeds 4 MB.',
    )
  }
  if (from !== session.received || to >= session.size) {
    throw new GraphError(
      416,
      'ErrorInvalidRange',
      `The uploaded range is not the expected one: the next byte is ${session.received}.`,
    )
  }
  session.chunks.push(Buffer.from(request.body))
  session.received += request.body.length
}

function progress(session: Session): Record<string, unknown> {
  return {
    expirationDateTime: new Date(session.expires).toISOString(),
    nextExpectedRanges: [session.received === 0 ? '0-' : String(session.received)],
  }
}

/** The sessions of this store that have not run out. */
function openSessions(exchange: Exchange): Map<string, Session> {
  const sessions = SESSIONS.get(exchange) ?? new Map<string, Session>()
  SESSIONS.set(exchange, sessions)
  const now = exchange.now().getTime()
  for (const [id, session] of sessions) if (session.expires <= now) sessions.delete(id)
  return sessions
}
