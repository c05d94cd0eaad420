import { randomUUID } from 'node:crypto'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Principal } from '../authentication.ts'
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import { EWS_USER_SCOPE, type SignIn } from '../sign-in.ts'
import type { Exchange } from '../store/exchange.ts'
import { FULL_ACCESS_ROLE, resolveCaller } from './caller.ts'
import { type EwsRequest, isAtLeast, readEnvelope, writeAnswer, writeFault } from './envelope.ts'
import { EwsFault } from './errors.ts'
import { OPERATIONS } from './operations/index.ts'

/** What a face answers, and the operation it was for when the request got that far. */
export interface EwsAnswer extends HttpResponse {
  readonly operation?: string
  /** What went wrong inside, when the answer is the fault ErrorInternalServerError. */
  readonly error?: unknown
}

/** Answers one request to `/EWS/Exchange.asmx`. Never throws: what goes wrong is a fault, as on a real server. */
export async function handleEws(
  exchange: Exchange,
  signIn: SignIn,
  request: HttpRequest,
): Promise<EwsAnswer> {
  const requestId = randomUUID()
  const answer = await answerEws(exchange, signIn, request)
  const echo = request.headers['client-request-id']
  return {
    ...answer,
    headers: {
      'cache-control': 'private',
      'request-id': requestId,
      ...answer.headers,
      ...(echo !== undefined && /^true$/i.test(request.headers['return-client-request-id'] ?? '')
        ? { 'client-request-id': echo.slice(0, 200) }
        : {}),
    },
  }
}

/** For a body beyond the limit, which was not read: HTTP 413 and a fault. */
export function tooLargeForEws(limit: number): HttpResponse {
  return xml(
    413,
    writeFault(
      new EwsFault('ErrorMessageSizeExceeded', { message: `The request is larger than ${limit} bytes.` }),
    ),
  )
}

async function answerEws(exchange: Exchange, signIn: SignIn, request: HttpRequest): Promise<EwsAnswer> {
  const signedIn = await signIn(request)
  if ('refused' in signedIn) return signedIn.refused
  const { principal } = signedIn
  const forbidden = whyForbidden(principal)
  if (forbidden) return { status: 403, headers: { 'x-ms-diagnostics': forbidden }, body: '' }
  // Clients and people open the address to see whether it is there.
  if (request.method === 'GET' || request.method === 'HEAD') {
    return {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<!DOCTYPE html><title>Exchange Web Services</title><p>This is the EWS endpoint of the ews-delegates simulator.',
    }
  }
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'GET, HEAD, POST' }, body: '' }
  if (!/^(?:identity)?$/i.test(request.headers['content-encoding']?.trim() ?? '')) {
    return { status: 415, headers: { 'accept-encoding': 'identity' }, body: '' }
  }

  let operation: string | undefined
  try {
    const soap = readEnvelope(decode(request.body))
    operation = soap.body.name.slice(0, 80)
    return { ...xml(200, run(exchange, principal, soap)), operation }
  } catch (error) {
    const fault = error instanceof EwsFault ? error : new EwsFault('ErrorInternalServerError')
    return {
      ...xml(fault.httpStatus, writeFault(fault)),
      ...(operation === undefined ? {} : { operation }),
      ...(fault === error ? {} : { error }),
    }
  }
}

function run(exchange: Exchange, principal: Principal, soap: EwsRequest): string {
  const { body, version } = soap
  const operation = OPERATIONS.get(body.name)
  if (!operation) {
    // Not ErrorInvalidRequest or a version error: clients answer those by repeating the request under every
    // version they know.
    throw new EwsFault('ErrorInvalidOperation', {
      message: `The operation ${body.name.slice(0, 80)} is not modelled by this simulator.`,
    })
  }
  soap.requireNamespace(NAMESPACES.messages)
  if (version !== undefined && !isAtLeast(version, operation.since)) {
    throw new EwsFault('ErrorIncorrectSchemaVersion')
  }
  soap.validate(operation.requestType)
  const user = resolveCaller(exchange, principal, soap.impersonation)
  return writeAnswer(operation.handle({ exchange, user, version, zone: soap.zone }, body))
}

function whyForbidden(principal: Principal): string | undefined {
  if (principal.user) {
    if (principal.scopes.includes(EWS_USER_SCOPE) || principal.scopes.includes('full_access_as_user'))
      return undefined
    return `2000003;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`
  }
  if (principal.app?.roles.includes(FULL_ACCESS_ROLE)) return undefined
  return `2000008;reason="The token contains no permissions, or permissions can not be understood.";error_category="invalid_grant"`
}

/** UTF-8, or UTF-16 when a byte order mark says so; a byte that is not text is a fault. */
function decode(body: Buffer): string {
  const encoding =
    body[0] === 0xff && body[1] === 0xfe
      ? 'utf-16le'
      : body[0] === 0xfe && body[1] === 0xff
        ? 'utf-16be'
        : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body)
  } catch {
    const violation = `The request is not valid ${encoding.toUpperCase()}.`
    throw new EwsFault('ErrorSchemaValidation', {
      message: `The request failed schema validation: ${violation}`,
      details: { LineNumber: '1', LinePosition: '1', Violation: violation },
    })
  }
}

function xml(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/xml; charset=utf-8' }, body }
}
