import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { NotConnectedError, toConnectionError } from './connection-errors.ts'
import { decodeBody, tooLarge } from './decode-body.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'

/**
 * What every agent here is made with. A connection that is idle for longer is closed by us: servers and load
 * balancers close theirs too, and a request that leaves at that moment is lost without anybody knowing what became
 * of it. Node keeps to a shorter time that the server names.
 */
export const AGENT_SETTINGS = { keepAlive: true, timeout: 4_000 } as const

/** Until then there is a connection, TLS included, or there is none. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * The default transport: Node's own HTTP client, which keeps connections alive. A request costs a quarter of what it
 * costs over `fetch`.
 */
export const httpTransport: Transport = transportOver({
  http: new http.Agent(AGENT_SETTINGS),
  https: new https.Agent(AGENT_SETTINGS),
})

/** A transport over agents of Node's HTTP client; they decide how a connection is made. */
export function transportOver(agents: Readonly<Record<'http' | 'https', http.Agent>>): Transport {
  return async (request) => {
    const limits = limitsOf(request)
    try {
      const url = new URL(request.url)
      const agent = url.protocol === 'https:' ? agents.https : agents.http
      return (await exchange(request, url, agent, limits)).response
    } catch (cause) {
      throw toConnectionError(cause, request, limits.timedOut())
    } finally {
      limits.end()
    }
  }
}

/** The time-out of a request and its caller's signals, as one. */
export interface Limits {
  readonly signal: AbortSignal
  timedOut(): boolean
  /** The request is leaving: `untilSent` ends it no more. */
  sent(): void
  /** Lets go of both. */
  end(): void
}

export function limitsOf({
  timeoutMs,
  signal,
  untilSent,
}: Pick<HttpRequest, 'timeoutMs' | 'signal' | 'untilSent'>): Limits {
  const controller = new AbortController()
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort()
  }, timeoutMs)
  const stop = () => controller.abort()
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  const stopUnsent = () => controller.abort(new NotConnectedError('it was stopped before'))
  if (untilSent?.aborted) stopUnsent()
  else untilSent?.addEventListener('abort', stopUnsent, { once: true })
  const sent = () => untilSent?.removeEventListener('abort', stopUnsent)
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    sent,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      sent()
    },
  }
}

/**
 * Sends one request and reads its answer.
 *
 * @returns the socket as well, which signs in where NTLM is spoken.
 * @throws whatever broke, for {@link toConnectionError} to describe.
 */
export function exchange(
  request: HttpRequest,
  url: URL,
  agent: http.Agent,
  { signal, sent }: Pick<Limits, 'signal' | 'sent'>,
): Promise<{ readonly response: HttpResponse; readonly socket: Socket }> {
  return new Promise((resolve, reject) => {
    const { body, maxResponseBytes } = request
    const secure = url.protocol === 'https:'
    const outgoing = (secure ? https : http).request(url, {
      method: request.method,
      agent,
      headers: {
        'accept-encoding': 'gzip, deflate',
        ...request.headers,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    })
    let connecting: NodeJS.Timeout | undefined
    let isConnected = false
    const connected = () => {
      isConnected = true
      clearTimeout(connecting)
      sent()
    }
    const end = (settle: () => void) => {
      clearTimeout(connecting)
      signal.removeEventListener('abort', stop)
      settle()
    }
    const fail = (error: unknown) => end(() => reject(error))
    // The wait ends here, whatever becomes of the request.
    const stop = () => {
      fail(isConnected ? signal.reason : new NotConnectedError('it was stopped before'))
      outgoing.destroy()
    }
    outgoing.once('socket', (socket: Socket & { secureConnecting?: boolean }) => {
      if (!socket.connecting && !socket.secureConnecting) return connected()
      connecting = setTimeout(() => {
        fail(new NotConnectedError('there is no connection after 10 s'))
        outgoing.destroy()
      }, CONNECT_TIMEOUT_MS)
      socket.once(secure ? 'secureConnect' : 'connect', connected)
    })
    // Stays to the end: a connection that is given up can break as well.
    outgoing.on('error', fail)
    outgoing.once('response', (incoming) => {
      connected()
      // Taken now: once the body is read the socket goes back to the agent.
      const { socket } = incoming
      readBody(incoming, maxResponseBytes, (error, text = '') => {
        if (error) {
          fail(error)
          outgoing.destroy()
        } else end(() => resolve({ response: answerOf(incoming, text), socket }))
      })
    })
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop)
    outgoing.end(body)
  })
}

function answerOf(incoming: IncomingMessage, body: string): HttpResponse {
  const { 'set-cookie': setCookie, ...headers } = incoming.headers
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? '',
    headers: {
      ...(headers as Record<string, string>),
      ...(setCookie ? { 'set-cookie': setCookie.join(', ') } : {}),
    },
    ...(setCookie ? { setCookie } : {}),
    body,
  }
}

/** The whole body as text. Events rather than `for await`, which costs as much as the rest of the exchange. */
function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
  done: (error: unknown, text?: string) => void,
): void {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) {
    done(tooLarge(maxBytes))
    return
  }
  const decoder = decoderFor(incoming.headers['content-encoding'])
  const stream = decoder ? incoming.pipe(decoder) : incoming
  // pipe() does not hand on errors, and a decoder would then wait for ever.
  if (decoder) incoming.on('error', done)
  const chunks: Buffer[] = []
  let length = 0
  stream.on('data', (chunk: Buffer) => {
    length += chunk.byteLength
    if (length > maxBytes) done(tooLarge(maxBytes))
    else chunks.push(chunk)
  })
  stream.on('error', done)
  stream.once('end', () => {
    try {
      const [first] = chunks
      const bytes = first && chunks.length === 1 ? first : Buffer.concat(chunks, length)
      done(undefined, decodeBody(bytes, incoming.headers['content-type'] ?? ''))
    } catch (error) {
      done(error)
    }
  })
}

function decoderFor(encoding: string | undefined) {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      return undefined
  }
}
