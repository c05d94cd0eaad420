import { ConnectionError, GraphResponseError } from '../errors.ts'
import { redactText } from '../http/redact.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import type { HttpResponse } from '../http/transport.ts'
import { graphHint } from './response-codes.ts'

/** What a refusal says of itself. */
interface ErrorEnvelope {
  code: string
  message: string
  requestId: string | undefined
}

/**
 * Reads an answer that is not a success; undefined for one that is.
 *
 * @param url for messages; its query is not shown.
 * @param now against which a `Retry-After` date is measured.
 * @param secrets of the request, which must not come back in a message.
 */
export function classifyGraph(
  response: HttpResponse,
  url: string,
  now: number,
  secrets: readonly string[] = [],
): GraphResponseError | ConnectionError | undefined {
  const { status, headers } = response
  if (status >= 200 && status < 300) return undefined
  const { host, origin } = new URL(url)
  const envelope = readErrorEnvelope(response.body, secrets)

  if (status === 401) {
    return new ConnectionError(
      'ERR_AUTHENTICATION',
      `${host} does not accept the token${envelope ? `: ${sentence(envelope.message)} (${envelope.code})` : '.'}`,
      {
        httpStatus: status,
        hint: 'The token may be expired, or be for another service or cloud; it must be for Microsoft Graph.',
      },
    )
  }
  if (envelope) return refusal(envelope, status, headers, now, secrets)

  if (status >= 300 && status < 400) {
    return new ConnectionError(
      'ERR_INVALID_RESPONSE',
      `${host} redirects to ${redactText(headers.location ?? 'nowhere', secrets).slice(0, 300)}, which is not followed.`,
      { httpStatus: status, hint: 'If that address is right, give it as the server.' },
    )
  }
  if (status === 429 || status >= 500) {
    return new ConnectionError('ERR_CONNECTION', `${host} cannot answer now (HTTP ${status}).`, {
      httpStatus: status,
      backOffMilliseconds: parseRetryAfter(headers['retry-after'], now),
      mayHaveHappened: status !== 429,
      hint: 'Try again in a moment.',
    })
  }
  if (status === 403) {
    return new ConnectionError('ERR_FORBIDDEN', `${host} refuses the request (HTTP 403).`, {
      httpStatus: status,
      hint: 'A proxy or a policy may stand between.',
    })
  }
  return new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `${host} answered HTTP ${status} with something that is not Graph’s.`,
    {
      httpStatus: status,
      hint: `Is ${origin} the root of Graph, without a version? A proxy may also stand between.`,
    },
  )
}

/** An error from its parts, as an answer or a member of a batch holds them. */
export function refusal(
  envelope: ErrorEnvelope,
  httpStatus: number,
  headers: Readonly<Record<string, string>>,
  now: number,
  secrets: readonly string[] = [],
): GraphResponseError {
  const wait = parseRetryAfter(headers['retry-after'], now)
  return new GraphResponseError(`${sentence(envelope.message)} (${envelope.code})`, {
    graphCode: envelope.code,
    httpStatus,
    requestId: envelope.requestId ?? readRequestId(headers['request-id'], secrets),
    retryAfterSeconds: wait === undefined ? undefined : Math.ceil(wait / 1000),
    hint: graphHint(envelope.code, envelope.message),
    // A server error can come after the mail was taken; being told to wait cannot.
    mayHaveHappened: httpStatus >= 500,
  })
}

/** `{"error":{"code","message","innerError":{"request-id"}}}`; both spellings of innerError exist. */
export function readErrorEnvelope(body: unknown, secrets: readonly string[] = []): ErrorEnvelope | undefined {
  const clip = (text: string, length: number) => redactText(text.slice(0, length), secrets)
  const json = typeof body === 'string' ? parseJson(body) : body
  const error = member(json, 'error')
  const code = member(error, 'code')
  if (typeof code !== 'string' || code === '') return undefined
  const message = member(error, 'message')
  const inner = member(error, 'innerError') ?? member(error, 'innererror')
  return {
    code: clip(code, 200),
    message: clip(
      typeof message === 'string' && message !== '' ? message : 'Graph refused the request.',
      2000,
    ),
    requestId: readRequestId(member(inner, 'request-id'), secrets),
  }
}

/**
 * Reads the id that Microsoft asks for: a GUID or a word like one. What is anything else is left out, for it is the
 * server's own text and goes into logs.
 */
export function readRequestId(value: unknown, secrets: readonly string[] = []): string | undefined {
  if (typeof value !== 'string' || !/^[\w.-]{1,100}$/.test(value)) return undefined
  return redactText(value, secrets) === value ? value : undefined
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function sentence(text: string): string {
  return text.trim().replace(/\.?$/, '.')
}
