/**
 * The Graph face of the embedded Exchange.
 *
 * Modelled: sendMail in JSON and MIME; drafts, attachments, upload sessions and sending a draft; reading, moving
 * and deleting messages; mail folders; `$batch`; immutable ids; `$select`, `$filter`, `$orderby`, `$top`, `$skip`,
 * `$count` and `@odata.nextLink`; mailboxSettings; reading calendarPermissions; `/me` and `/users/{id|upn}`.
 *
 * Not modelled, and refused by name with 501: replies and forwards, events, contacts, item and reference
 * attachments, `$search`, `$expand` of anything but attachments, extended properties, writing calendarPermissions.
 *
 * Chosen where no document answers: a token without Mail.Send.Shared gets ErrorAccessDenied when `from` is somebody
 * else; a mailbox hidden from address lists gives ErrorSendAsDenied in `from`, and in the path what any mailbox gives
 * that the caller cannot open; Full Access alone gives ErrorSendAsDenied; Full Access does not give mail an app or user
 * token's missing scope; a message sent through `/users/{x}` without `from` is from x, and a `from` without an address
 * is as if it were left out; a line break in a subject becomes a blank; the bare message of Example 6 of the beta page
 * of sendMail is accepted on beta alone.
 */
import { randomUUID } from 'node:crypto'
import type { Authentication, BearerRefusal } from '../authentication.ts'
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { Exchange } from '../store/exchange.ts'
import { runBatch } from './batch.ts'
import type { GraphAnswer, GraphContext, GraphVersion } from './context.ts'
import { badRequest, errorEnvelope, GraphError } from './errors.ts'
import { requireMethod, route } from './routes.ts'
import { handleUpload, isUploadLink } from './upload-sessions.ts'

/** Graph takes no larger request; larger attachments go through an upload session. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024

/** Facts about one request that its answer carries, whatever it is. */
interface Correlation {
  readonly date: Date
  readonly requestId: string
  readonly clientRequestId: string
}

/** Answers one request; never throws. */
export function handleGraph(
  exchange: Exchange,
  authentication: Authentication,
  request: HttpRequest,
): Promise<HttpResponse> {
  return handleOne(exchange, authentication, request, false)
}

async function handleOne(
  exchange: Exchange,
  authentication: Authentication,
  request: HttpRequest,
  withinBatch: boolean,
): Promise<HttpResponse> {
  const requestId = randomUUID()
  const correlation: Correlation = {
    date: exchange.now(),
    requestId,
    clientRequestId: readClientRequestId(request) ?? requestId,
  }
  try {
    return respond(await answer(exchange, authentication, request, withinBatch), correlation)
  } catch (error) {
    if (error instanceof GraphError) return refuse(error, correlation)
    // A defect of the simulator's own: say so, and say nothing about its insides.
    return refuse(
      new GraphError(500, 'InternalServerError', 'The embedded Exchange failed to process the request.'),
      correlation,
    )
  }
}

/** The answer to a body that is larger than {@link MAX_REQUEST_BYTES} and so was not read. */
export function tooLargeForGraph(): HttpResponse {
  const requestId = randomUUID()
  return refuse(
    new GraphError(413, 'RequestEntityTooLarge', 'The request exceeds the maximum size of 4 MB.'),
    { date: new Date(), requestId, clientRequestId: requestId },
  )
}

async function answer(
  exchange: Exchange,
  authentication: Authentication,
  request: HttpRequest,
  withinBatch: boolean,
): Promise<GraphAnswer> {
  const match = /^\/(v1\.0|beta)(?:\/(.*))?$/is.exec(request.url.pathname)
  if (!match) throw new GraphError(404, 'BadRequest', 'Invalid version: it is v1.0 or beta.')
  const version = match[1]?.toLowerCase() as GraphVersion
  const path = match[2] ?? ''
  if (request.body.length > MAX_REQUEST_BYTES) {
    throw new GraphError(413, 'RequestEntityTooLarge', 'The request exceeds the maximum size of 4 MB.')
  }
  const link = decodedPath(path)
  if (isUploadLink(link) && !withinBatch) return handleUpload(exchange, request, link)

  const bearer = await authentication.verifyBearer(request.headers.authorization, 'graph')
  if (!bearer.ok) throw unauthorized(bearer.reason)
  if (path.toLowerCase() === '$batch') {
    if (withinBatch) throw badRequest('A batch cannot hold a batch.')
    requireMethod(request, ['POST'])
    return runBatch(request, version, (inner) => handleOne(exchange, authentication, inner, true))
  }
  const prefer = request.headers.prefer ?? ''
  const context: GraphContext = {
    exchange,
    principal: bearer.principal,
    version,
    origin: request.url.origin,
    method: request.method.toUpperCase(),
    path,
    query: request.url.searchParams,
    headers: request.headers,
    body: request.body,
    immutableIds: /\bIdType\s*=\s*"?ImmutableId"?/i.test(prefer),
    bodyContentType: bodyContentType(prefer),
  }
  const result = route(context)
  const applied = appliedPreferences(context)
  return applied ? { ...result, headers: { ...result.headers, 'preference-applied': applied } } : result
}

function respond(result: GraphAnswer, correlation: Correlation): HttpResponse {
  const headers: Record<string, string> = { ...correlationHeaders(correlation), ...result.headers }
  if (result.body === undefined) return { status: result.status, headers, body: '' }
  if (Buffer.isBuffer(result.body)) return { status: result.status, headers, body: result.body }
  headers['content-type'] ??=
    'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8'
  return { status: result.status, headers, body: JSON.stringify(result.body) }
}

function refuse(error: GraphError, correlation: Correlation): HttpResponse {
  return {
    status: error.status,
    headers: {
      ...correlationHeaders(correlation),
      ...error.headers,
      'content-type': 'application/json',
    },
    body: JSON.stringify(errorEnvelope(error, correlation)),
  }
}

function correlationHeaders({ requestId, clientRequestId }: Correlation): Record<string, string> {
  return { 'request-id': requestId, 'client-request-id': clientRequestId, 'cache-control': 'private' }
}

function readClientRequestId(request: HttpRequest): string | undefined {
  const given = request.headers['client-request-id']
  // It goes back in a header, so only what a GUID or a like token is made of.
  return given !== undefined && /^[\w.-]{1,100}$/.test(given) ? given : undefined
}

function bodyContentType(prefer: string): 'text' | 'html' | undefined {
  const value = /\boutlook\.body-content-type\s*=\s*"?(text|html)"?/i.exec(prefer)?.[1]?.toLowerCase()
  return value === 'text' || value === 'html' ? value : undefined
}

function appliedPreferences(context: GraphContext): string | undefined {
  const applied = [
    ...(context.immutableIds ? ['IdType="ImmutableId"'] : []),
    ...(context.bodyContentType ? [`outlook.body-content-type="${context.bodyContentType}"`] : []),
  ]
  return applied.length > 0 ? applied.join(', ') : undefined
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const BEARER_MESSAGES: Readonly<Record<BearerRefusal, string>> = {
  missing: 'Access token is empty.',
  malformed: 'IDX12741: JWT must have three segments (JWS) or five segments (JWE).',
  signature: 'Access token validation failure. Signature validation failed.',
  expired: 'Lifetime validation failed, the token is expired.',
  audience: 'Access token validation failure. Invalid audience.',
  account: 'The identity of the calling user or application could not be found.',
}

function unauthorized(reason: BearerRefusal): GraphError {
  return new GraphError(401, 'InvalidAuthenticationToken', BEARER_MESSAGES[reason], {
    'www-authenticate':
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
  })
}
