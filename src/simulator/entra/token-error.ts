import { randomUUID } from 'node:crypto'
import type { HttpRequest, HttpResponse } from '../http-message.ts'

/** What Microsoft Entra answers when it gives no token. */
export class TokenError extends Error {
  readonly status: number
  readonly error: string
  readonly aadsts: number

  constructor(status: number, error: string, aadsts: number, description: string) {
    super(description)
    this.status = status
    this.error = error
    this.aadsts = aadsts
  }
}

/** @throws TokenError unless the form has this parameter. */
export function requireParameter(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value) return value
  throw new TokenError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  )
}

export function tokenErrorResponse(error: TokenError, request: HttpRequest, now: Date): HttpResponse {
  const traceId = randomUUID()
  const correlationId = request.headers['client-request-id'] ?? randomUUID()
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`
  return json(error.status, {
    error: error.error,
    error_description: `AADSTS${error.aadsts}: ${error.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [error.aadsts],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
  })
}

export function json(status: number, body: unknown): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      // A token must not be kept by anything on its way (RFC 6749, 5.1).
      'cache-control': 'no-store, no-cache',
      pragma: 'no-cache',
    },
    body: JSON.stringify(body),
  }
}
