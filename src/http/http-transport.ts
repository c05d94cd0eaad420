import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Readable, Transform } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { urlToHttpOptions } from 'node:url'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
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
      const agent = request.url.startsWith('https:') ? agents.https : agents.http
      return (await exchange(request, agent, limits)).response
    } catch (cause) {
      throw toConnectionError(cause, request, limits.timedOut())
    } finally {
      limits.end()
    }
  }
}

/** The time-out of a request and its caller's signals, as one. */
export interface Limits {
  /** For whoever waits for something else. */
  readonly signal: AbortSignal
  /** Tells one listener, now or when it comes; undefined: nobody any more. A signal of its own costs more. */
  onStop(listener: ((reason: unknown) => void) | undefined): void
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
  let stopped: { readonly reason: unknown } | undefined
  let listener: ((reason: unknown) => void) | undefined
  let controller: AbortController | undefined
  let timedOut = false
  const stopFor = (reason: unknown) => {
    if (stopped) return
    stopped = { reason }
    listener?.(reason)
    controller?.abort(reason)
  }
  const timer = setTimeout(() => {
    timedOut = true
    stopFor(new Error('it took too long'))
  }, timeoutMs)
  const stop = () => stopFor(signal?.reason)
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  const stopUnsent = () => stopFor(new NotConnectedError('it was stopped before'))
  if (untilSent?.aborted) stopUnsent()
  else untilSent?.addEventListener('abort', stopUnsent, { once: true })
  const sent = () => untilSent?.removeEventListener('abort', stopUnsent)
  return {
    get signal() {
      if (!controller) {
        controller = new AbortController()
        if (stopped) controller.abort(stopped.reason)
      }
      return controller.signal
    },
    onStop(given) {
      listener = given
      if (stopped) given?.(stopped.reason)
    },
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
  agent: http.Agent,
  { onStop, sent }: Pick<Limits, 'onStop' | 'sent'>,
): Promise<{ readonly response: HttpResponse; readonly socket: Socket }> {
  return new Promise((resolve, reject) => {
    const { body, maxResponseBytes } = request
    const target = targetOf(request.url)
    const secure = target.protocol === 'https:'
    const outgoing = (secure ? https : http).request({
      ...target,
      method: request.method,
      agent,
      headers: {
        // Not deflate: some send it bare, as IIS does, and others in zlib's wrapping.
        'accept-encoding': 'gzip',
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
    const fail = (error: unknown) => {
      clearTimeout(connecting)
      onStop(undefined)
      reject(error)
    }
    outgoing.once('socket', (socket: Socket & { secureConnecting?: boolean }) => {
      if (!socket.connecting && !socket.secureConnecting) return connected()
      connecting = setTimeout(() => {
        fail(new NotConnectedError(`there is no connection after ${CONNECT_TIMEOUT_MS / 1000} s`))
        outgoing.destroy()
      }, CONNECT_TIMEOUT_MS)
      socket.once(secure ? 'secureConnect' : 'connect', connected)
    })
    // Stays to the end: a connection that is given up can break as well.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // Of what breaks under TLS before it is established, and of a tunnel, the code alone does not tell. Sockets that
      // tests put in between break without having been connected, though.
      const isBefore = !isConnected && (!outgoing.socket || outgoing.socket instanceof TLSSocket)
      fail(isBefore ? new NotConnectedError(error.message, error) : error)
    })
    // An answer 101 goes on in another protocol. Without this Node would close the connection and tell nobody.
    outgoing.once('upgrade', (_incoming, socket: Socket) => {
      fail(Object.assign(new Error('another protocol'), { code: 'ERR_UPGRADED' }))
      socket.destroy()
    })
    outgoing.once('response', (incoming) => {
      connected()
      // Taken now: once the body is read the socket goes back to the agent.
      const { socket } = incoming
      readBody(incoming, maxResponseBytes, (error, text = '') => {
        if (error) {
          fail(error)
          outgoing.destroy()
        } else {
          onStop(undefined)
          resolve({ response: answerOf(incoming, text), socket })
        }
      })
    })
    // The wait ends here, whatever becomes of the request.
    onStop((reason) => {
      fail(isConnected ? reason : new NotConnectedError('it was stopped before'))
      outgoing.destroy()
    })
    if (!outgoing.destroyed) outgoing.end(body)
  })
}

let last = { url: '', target: {} as ReturnType<typeof urlToHttpOptions> }

/** Nearly all calls go to one address. */
function targetOf(url: string): ReturnType<typeof urlToHttpOptions> {
  if (url !== last.url) last = { url, target: urlToHttpOptions(new URL(url)) }
  return last.target
}

function answerOf(incoming: IncomingMessage, body: string): HttpResponse {
  const { headers } = incoming
  const setCookie = headers['set-cookie']
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? '',
    // Nothing else is a list.
    headers: (setCookie ? { ...headers, 'set-cookie': setCookie.join(', ') } : headers) as Record<
      string,
      string
    >,
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
  const chunks: Buffer[] = []
  let length = 0
  const end = () => {
    try {
      const [first] = chunks
      const bytes = first && chunks.length === 1 ? first : Buffer.concat(chunks, length)
      done(undefined, decodeBody(bytes, incoming.headers['content-type'] ?? ''))
    } catch (error) {
      done(error)
    }
  }
  const read = (stream: Readable) => {
    stream.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      if (length > maxBytes) done(tooLarge(maxBytes))
      else chunks.push(chunk)
    })
    stream.on('error', done)
    stream.once('end', end)
  }
  const makeDecoder = decoderOf(incoming.headers['content-encoding'])
  if (!makeDecoder) {
    read(incoming)
    return
  }
  // pipe() does not hand on errors, and a decoder would then wait for ever.
  incoming.on('error', done)
  // A body without a byte, as refusals have, is none that is damaged: decoding begins when there is something.
  incoming.once('end', end)
  incoming.once('data', (first: Buffer) => {
    incoming.off('end', end)
    const decoder = makeDecoder(first)
    read(decoder)
    decoder.write(first)
    incoming.pipe(decoder)
  })
}

function decoderOf(encoding: string | undefined): ((first: Buffer) => Transform) | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return () => createGunzip()
    case 'deflate':
      // zlib's wrapping begins with its method, 8 (RFC 1950, 2.2), as no bare block does that is in use.
      return ([first = 0]) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw())
    case 'br':
      return () => createBrotliDecompress()
    default:
      return undefined
  }
}
