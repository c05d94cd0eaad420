import { ConnectionError, EwsDelegatesError, XmlError } from '../errors.ts'
import type { HttpRequest, Transport } from './transport.ts'

/** The default transport: Node's own `fetch`, which keeps connections alive and undoes gzip. */
export const fetchTransport: Transport = async (request) => {
  const timeout = AbortSignal.timeout(request.timeoutMs)
  const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    return {
      status: response.status,
      statusText: response.statusText,
      headers: Object.fromEntries(response.headers),
      body: await readBody(response, request.maxResponseBytes),
    }
  } catch (cause) {
    throw toConnectionError(cause, request, timeout)
  }
}

async function readBody(response: Response, maxBytes: number): Promise<string> {
  const announced = Number(response.headers.get('content-length') ?? 0)
  if (announced > maxBytes) {
    await response.body?.cancel()
    throw tooLarge(maxBytes)
  }
  if (!response.body) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.byteLength
    // Leaving the loop cancels the stream: a server that never stops sending is cut off here.
    if (length > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  // BOM is dropped, broken sequences become U+FFFD: an answer is judged by the XML reader, not here.
  return new TextDecoder('utf-8').decode(Buffer.concat(chunks, length))
}

function tooLarge(maxBytes: number): XmlError {
  return new XmlError(
    'ERR_LIMIT_EXCEEDED',
    `The server's answer is larger than ${maxBytes} bytes and was not read.`,
    {
      hint: 'Ask for less at once, or raise maxResponseBytes if the server is to be trusted.',
    },
  )
}

function toConnectionError(cause: unknown, request: HttpRequest, timeout: AbortSignal): Error {
  if (cause instanceof EwsDelegatesError) return cause
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
  const { code, message } = rootCause(cause)
  return new ConnectionError(
    'ERR_CONNECTION',
    `${host} cannot be reached: ${describeCause(code, message)}.`,
    {
      cause,
      mayHaveHappened: !NEVER_SENT.has(code),
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

function rootCause(error: unknown): { code: string; message: string } {
  let current = error
  // fetch wraps the socket's error in "fetch failed", sometimes in an AggregateError (one per address tried).
  while (current instanceof Error) {
    const inner = current instanceof AggregateError ? current.errors[0] : current.cause
    if (!(inner instanceof Error)) break
    current = inner
  }
  if (!(current instanceof Error)) return { code: '', message: String(current) }
  return { code: (current as NodeJS.ErrnoException).code ?? '', message: current.message }
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
    default:
      return (code ? `${message} (${code})` : message).replace(/\.$/, '')
  }
}

function hintFor(code: string): string {
  if (
    code.startsWith('CERT_') ||
    code.includes('SELF_SIGNED') ||
    code.startsWith('UNABLE_TO_') ||
    code.startsWith('ERR_TLS')
  ) {
    return 'The server’s certificate is not trusted; add its authority with NODE_EXTRA_CA_CERTS=/path/to/ca.pem.'
  }
  return 'Check the address of the server and the network.'
}
