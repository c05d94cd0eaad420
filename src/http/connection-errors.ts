import { ConnectionError, EwsDelegatesError } from '../errors.ts'
import type { HttpRequest } from './transport.ts'

/** There was no connection yet, TLS included, so that nothing can have been sent. */
export class NotConnectedError extends Error {
  readonly code = 'ERR_NOT_CONNECTED'

  /** @param cause what broke, where anything did; what is told is told of it. */
  constructor(message: string, cause?: Error) {
    super(message, cause && { cause })
  }
}

/** What broke an exchange, as an error of this library. */
export function toConnectionError(cause: unknown, request: HttpRequest, timedOut: boolean): Error {
  const root = rootCause(cause)
  if (root.error instanceof EwsDelegatesError) return root.error
  const { host } = new URL(request.url)
  const { code, message } = root
  const unsent = cause instanceof NotConnectedError
  const mayHaveHappened = !unsent && !wasNeverSent(code)
  if (request.signal?.aborted || (request.untilSent?.aborted && !mayHaveHappened)) {
    return new ConnectionError('ERR_ABORTED', 'The call was stopped.', { cause, mayHaveHappened })
  }
  if (timedOut) {
    return new ConnectionError(
      'ERR_TIMEOUT',
      `${host} did not answer within ${request.timeoutMs / 1000} s.`,
      {
        cause,
        mayHaveHappened,
        hint: 'Raise the time-out, or check that the server is reachable.',
      },
    )
  }
  const damaged = describeDamage(code)
  if (damaged) {
    return new ConnectionError('ERR_CONNECTION', `${host} answered, but ${damaged}.`, {
      cause,
      mayHaveHappened: true,
      hint: 'A proxy or a load balancer may have cut the answer off; try again.',
    })
  }
  if (!unsent && isReset(code)) {
    return new ConnectionError(
      'ERR_CONNECTION',
      `The answer of ${host} was lost: ${describeCause(code, message)}.`,
      {
        cause,
        mayHaveHappened,
        hint: 'The server, a proxy or a load balancer ended the connection; try again in a moment.',
      },
    )
  }
  return new ConnectionError(
    'ERR_CONNECTION',
    `${host} cannot be reached: ${unsent && isReset(code) ? resetEarly(request.url) : describeCause(code, message)}.`,
    {
      cause,
      mayHaveHappened,
      hint: hintFor(code),
    },
  )
}

/** Failures before the first byte of the request left: nothing can have happened on the server. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_NOT_CONNECTED',
])

/** Why there was no connection, where another attempt can cure it: a server that starts, a network that comes back. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ERR_NOT_CONNECTED',
  'ETIMEDOUT',
])

/** True for a connection that could not be made, but may be in a moment; `error` says that nothing was sent. */
export function isPassing(error: ConnectionError): boolean {
  return PASSING.has(rootCause(error).code)
}

function isReset(code: string): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE'
}

function resetEarly(url: string): string {
  return `the connection was closed before it was ${url.startsWith('https:') ? 'secured' : 'made'}`
}

function wasNeverSent(code: string): boolean {
  return NEVER_SENT.has(code) || isUntrusted(code) || isHandshake(code)
}

function isUntrusted(code: string): boolean {
  return (
    code.startsWith('CERT_') ||
    code.startsWith('UNABLE_TO_') ||
    code.includes('SELF_SIGNED') ||
    code === 'ERR_TLS_CERT_ALTNAME_INVALID' ||
    code === 'HOSTNAME_MISMATCH' ||
    code === 'INVALID_CA'
  )
}

function isHandshake(code: string): boolean {
  return /^(?:EPROTO$|ERR_SSL_(?:WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|.*ALERT_.*|.*(?:DH|EE|CA|CIPHER).*TOO_.*))/.test(
    code,
  )
}

/** The innermost error: a connection that fails has one error per address that was tried. */
export function rootCause(error: unknown): { error: unknown; code: string; message: string } {
  let current = error
  // An error of ours is as deep as it gets when it comes from below, e.g. from a proxy's refusal.
  while (current instanceof Error && !(current instanceof EwsDelegatesError && current !== error)) {
    const inner = current instanceof AggregateError ? current.errors[0] : current.cause
    if (!(inner instanceof Error)) break
    current = inner
  }
  if (!(current instanceof Error)) return { error: current, code: '', message: String(current) }
  const { message } = current
  const { code } = current as NodeJS.ErrnoException
  // What is written while TLS is still being spoken about fails as EPROTO, with OpenSSL's reason in the message.
  const [, reason] = (code === 'EPROTO' && /:SSL routines:\w*:([^:]+)/.exec(message)) || []
  if (reason !== undefined)
    return { error: current, code: `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`, message: reason }
  return { error: current, code: typeof code === 'string' ? code : '', message }
}

function describeDamage(code: string): string | undefined {
  if (code.startsWith('Z_')) return 'the compressed answer is damaged or cut off'
  if (code.startsWith('HPE_')) return 'not in HTTP'
  if (code === 'ERR_UPGRADED') return 'went on in another protocol (101), which nobody asked for'
  return undefined
}

function describeCause(code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection is refused'
    case 'ENOTFOUND':
      return 'no such host name'
    case 'EAI_AGAIN':
      return 'the name service does not answer'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was closed before the answer was complete'
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired'
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return 'its certificate is for another name'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'this port does not speak TLS'
    case 'ERR_NOT_CONNECTED':
      return message
    default:
      return (code ? `${message} (${code})` : message).replace(/\.$/, '')
  }
}

function hintFor(code: string): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'Renew the server’s certificate, and check the clock of this machine.'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return 'Use a name that the server’s certificate has.'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'Check the port, and whether the address begins with https: or http:.'
  }
  if (isUntrusted(code)) {
    return 'The server’s certificate is not trusted; give its authority’s certificate (ca), or set NODE_EXTRA_CA_CERTS=/path/to/ca.pem.'
  }
  if (/ALERT_.*CERTIFICATE|ALERT_HANDSHAKE/.test(code)) {
    return 'The server may want a client certificate, or a newer version of TLS.'
  }
  return 'Check the address of the server and the network.'
}
