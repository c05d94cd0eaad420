import { ConnectionError, EwsDelegatesError, XmlError } from '../errors.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'

/** What of `fetch` is used; Node's own, or that of another version of undici. */
export type FetchLike = (
  url: string,
  init: {
    method: string
    headers: Readonly<Record<string, string>>
    redirect: 'manual'
    signal: AbortSignal
    body?: string | Uint8Array<ArrayBuffer>
  },
) => Promise<FetchedResponse>

interface FetchedResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: Iterable<[string, string]> & {
    get(name: string): string | null
    getSetCookie(): string[]
  }
  readonly body: FetchedBody | null
}

interface FetchedBody {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
    cancel(): Promise<void>
  }
  cancel(): Promise<void>
}

/** The default transport: Node's own `fetch`, which keeps connections alive and undoes gzip. */
export const fetchTransport: Transport = transportOver((url, init) => fetch(url, init))

/** A transport over any `fetch`. */
export function transportOver(fetchLike: FetchLike): Transport {
  return async (request) => {
    const timeout = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout
    const stop = stopOf(signal)
    try {
      const response = await stop.orLet(
        fetchLike(request.url, {
          method: request.method,
          headers: request.headers,
          redirect: 'manual',
          signal,
          ...(request.body === undefined ? {} : { body: request.body }),
        }),
      )
      return await readResponse(response, request.maxResponseBytes, stop)
    } catch (cause) {
      throw toConnectionError(cause, request, timeout)
    } finally {
      stop.release()
    }
  }
}

interface Stop {
  /** The promise's outcome, or the signal's reason if that comes first. */
  orLet<T>(promise: Promise<T>): Promise<T>
  release(): void
}

/**
 * The signal's own voice. `fetch` hears it only through `Request` objects that hold it weakly: once the headers are
 * there nothing keeps those, and after a garbage collection an abort no longer reaches the body. A wrapped `fetch`
 * (instrumentation, a recorder) makes that certain. So the wait itself ends here, whatever became of the request.
 */
function stopOf(signal: AbortSignal): Stop {
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  aborted.catch(() => {})
  return {
    orLet: (promise) => Promise.race([promise, aborted]),
    release: () => signal.removeEventListener('abort', onAbort),
  }
}

async function readResponse(response: FetchedResponse, maxBytes: number, stop: Stop): Promise<HttpResponse> {
  const setCookie = response.headers.getSetCookie()
  return {
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(response.headers),
    ...(setCookie.length > 0 ? { setCookie } : {}),
    body: await readBody(response, maxBytes, stop),
  }
}

async function readBody(response: FetchedResponse, maxBytes: number, stop: Stop): Promise<string> {
  const announced = Number(response.headers.get('content-length') ?? 0)
  if (announced > maxBytes) {
    await response.body?.cancel()
    throw tooLarge(maxBytes)
  }
  if (!response.body) return ''
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await stop.orLet(reader.read())
      if (done) break
      if (!value) continue
      length += value.byteLength
      if (length > maxBytes) throw tooLarge(maxBytes)
      chunks.push(value)
    }
  } catch (error) {
    // A server that never stops sending is cut off, one that stalls is left. Nobody waits for the stream's own end.
    reader.cancel().catch(() => {})
    throw error
  }
  return decodeBody(Buffer.concat(chunks, length), response.headers.get('content-type') ?? '')
}

/**
 * Text by its byte order mark, else by the charset of the content type, else by the XML declaration, else UTF-8: the
 * order of RFC 7303. Broken sequences become U+FFFD: an answer is judged by the reader, not here.
 * @throws XmlError for an encoding that is not known.
 */
export function decodeBody(bytes: Buffer, contentType: string): string {
  const declared =
    byteOrderMark(bytes) ??
    /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ??
    /^<\?xml[^>]{0,100}\sencoding\s*=\s*["']([\w.:-]+)/.exec(bytes.toString('latin1', 0, 200))?.[1] ??
    'utf-8'
  try {
    return new TextDecoder(declared).decode(bytes)
  } catch {
    throw new XmlError('ERR_INVALID_RESPONSE', `The server's answer is in ${declared}, which is not known.`)
  }
}

function byteOrderMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

export function tooLarge(maxBytes: number): XmlError {
  return new XmlError(
    'ERR_LIMIT_EXCEEDED',
    `The server's answer is larger than ${maxBytes} bytes and was not read.`,
    {
      hint: 'Ask for less at once, or raise maxResponseBytes if the server is to be trusted.',
    },
  )
}

/** What broke an exchange, as an error of this library. */
export function toConnectionError(cause: unknown, request: HttpRequest, timeout: AbortSignal): Error {
  const root = rootCause(cause)
  if (root.error instanceof EwsDelegatesError) return root.error
  const { host } = new URL(request.url)
  if (request.signal?.aborted) {
    return new ConnectionError('ERR_ABORTED', 'The call was stopped.', { cause, mayHaveHappened: true })
  }
  if (timeout.aborted) {
    return new ConnectionError(
      'ERR_TIMEOUT',
      `${host} did not answer within ${request.timeoutMs / 1000} s.`,
      {
        cause,
        mayHaveHappened: true,
        hint: 'Raise the time-out, or check that the server is reachable.',
      },
    )
  }
  const { code, message } = root
  const damaged = describeDamage(code)
  if (damaged) {
    return new ConnectionError('ERR_CONNECTION', `${host} answered, but ${damaged}.`, {
      cause,
      mayHaveHappened: true,
      hint: 'A proxy or a load balancer may have cut the answer off; try again.',
    })
  }
  return new ConnectionError(
    'ERR_CONNECTION',
    `${host} cannot be reached: ${describeCause(code, message)}.`,
    {
      cause,
      mayHaveHappened: !wasNeverSent(code),
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
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Of those, the ones that another attempt can cure: a server that starts, a network that comes back. */
const PASSING = new Set([...NEVER_SENT].filter((code) => code !== 'ENOTFOUND'))

/** True for a connection that could not be made, but may be in a moment. */
export function isPassing(error: ConnectionError): boolean {
  return PASSING.has(rootCause(error).code)
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

/** The innermost error: fetch wraps the socket's in "fetch failed", sometimes with one per address tried. */
export function rootCause(error: unknown): { error: unknown; code: string; message: string } {
  let current = error
  // An error of ours is as deep as it gets when it comes from below, e.g. from a proxy's refusal.
  while (current instanceof Error && !(current instanceof EwsDelegatesError && current !== error)) {
    const inner = current instanceof AggregateError ? current.errors[0] : current.cause
    if (!(inner instanceof Error)) break
    current = inner
  }
  if (!(current instanceof Error)) return { error: current, code: '', message: String(current) }
  const { code } = current as NodeJS.ErrnoException
  return { error: current, code: typeof code === 'string' ? code : '', message: current.message }
}

function describeDamage(code: string): string | undefined {
  if (code.startsWith('Z_')) return 'the compressed answer is damaged or cut off'
  if (code.startsWith('HPE_')) return 'not in HTTP'
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'the answer is not as long as it was announced'
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
    case 'UND_ERR_SOCKET':
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
