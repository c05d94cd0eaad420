import { randomBytes } from 'node:crypto'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { type ConnectionOptions, TLSSocket, connect as tlsConnect } from 'node:tls'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { ConnectionError, InvalidInputError } from '../errors.ts'
import type { ConnectionSettings } from '../http/connect-transport.ts'
import { decodeBody, toConnectionError, tooLarge } from '../http/fetch-transport.ts'
import { parseProxy } from '../http/proxy.ts'
import { tlsOptions } from '../http/tls-settings.ts'
import type { HttpRequest, HttpResponse, Transport } from '../http/transport.ts'
import { openTunnel } from '../http/tunnel.ts'
import type { Authenticator } from './authenticator.ts'
import { buildAuthenticate, buildNegotiate, hashChannelBinding, parseChallenge } from './ntlm-messages.ts'
import { offeredSchemes } from './offered-schemes.ts'
import { signatureHash } from './signature-hash.ts'

export interface NtlmCredentials {
  /** `DOMAIN\user`, a user principal name, or a plain name in the server's own domain. */
  readonly user: string
  readonly password: string
  readonly domain?: string
}

export interface NtlmOptions extends ConnectionSettings {
  /** Connections to the server, each signed in once. Default 1: what is asked at the same time waits in line. */
  readonly connections?: number
  /**
   * Ties the sign-in to the TLS connection (Extended Protection). Default true; false for a network in which
   * somebody else's certificate stands between.
   */
  readonly channelBinding?: boolean
  /** The machine's name as the domain controller logs it. Default: this machine's. */
  readonly workstation?: string
}

/**
 * NTLMv2 (MS-NLMP, MS-NTHT), for Exchange Server. It signs in a connection rather than a request, so the
 * authenticator brings its own transport; a session that is given no other uses it.
 *
 * @throws InvalidInputError for an empty user name.
 */
export function ntlm(
  credentials: NtlmCredentials,
  options: NtlmOptions = {},
): Authenticator & { readonly transport: Transport; close(): void } {
  const account = readAccount(credentials)
  const pools = new Map<string, Pool>()
  return {
    describe: credentials.user,
    scheme: 'NTLM',
    // The first of the three messages, which tells nothing. The transport knows when it is needed.
    authorization: () => `NTLM ${buildNegotiate().toString('base64')}`,
    transport: (request) => {
      const { origin } = new URL(request.url)
      const pool = pools.get(origin) ?? new Pool(origin, account, options)
      pools.set(origin, pool)
      return pool.send(request)
    },
    close() {
      for (const pool of pools.values()) pool.close()
      pools.clear()
    },
  }
}

interface Account {
  readonly user: string
  readonly password: string
  readonly domain: string | undefined
}

function readAccount({ user, password, domain }: NtlmCredentials): Account {
  const [, prefix, name] = /^([^\\]*)\\(.*)$/s.exec(user) ?? []
  const account = { user: name ?? user, password, domain: domain ?? prefix }
  if (account.user === '') throw new InvalidInputError('The user name is empty.')
  if (/\p{Cc}/u.test(account.user + (account.domain ?? ''))) {
    throw new InvalidInputError('The user name holds a control character.')
  }
  return account
}

/** The connections to one server. */
class Pool {
  readonly #idle: Connection[] = []
  readonly #all: Connection[] = []
  readonly #waiting: ((connection: Connection) => void)[] = []
  readonly #make: () => Connection
  readonly #limit: number

  constructor(origin: string, account: Account, options: NtlmOptions) {
    this.#make = () => new Connection(new URL(origin), account, options)
    this.#limit = Math.max(1, Math.floor(options.connections ?? 1))
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const connection = await this.#take(request.signal)
    try {
      return await connection.send(request)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(connection)
      else this.#idle.push(connection)
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #take(signal: AbortSignal | undefined): Promise<Connection> {
    const idle = this.#idle.pop()
    if (idle) return Promise.resolve(idle)
    if (this.#all.length < this.#limit) {
      const connection = this.#make()
      this.#all.push(connection)
      return Promise.resolve(connection)
    }
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1)
        reject(
          new ConnectionError('ERR_ABORTED', 'The call was stopped before it began.', {
            cause: signal?.reason,
          }),
        )
      }
      const start = (connection: Connection) => {
        signal?.removeEventListener('abort', stop)
        resolve(connection)
      }
      this.#waiting.push(start)
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
    })
  }
}

interface Exchange {
  readonly response: HttpResponse
  readonly socket: Socket | undefined
}

/** One connection at a time, kept alive and signed in; reopened and signed in again when the server closes it. */
class Connection {
  readonly #url: URL
  readonly #account: Account
  readonly #options: NtlmOptions
  readonly #agent: http.Agent
  /** The socket that the server knows us on. */
  #signedIn: Socket | undefined

  constructor(url: URL, account: Account, options: NtlmOptions) {
    this.#url = url
    this.#account = account
    this.#options = options
    this.#agent = makeAgent(url, options)
  }

  close(): void {
    this.#agent.destroy()
    this.#signedIn = undefined
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const timeout = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout
    const progress = { sent: false }
    try {
      return await this.#signInAndSend(request, signal, progress)
    } catch (cause) {
      // Whatever broke, the connection's state is not known any more.
      this.close()
      const error = toConnectionError(cause, request, timeout)
      // While signing in, the request itself has not left yet.
      throw error instanceof ConnectionError && error.mayHaveHappened && !progress.sent
        ? new ConnectionError(error.code as 'ERR_CONNECTION', error.message, {
            hint: error.hint,
            cause,
            httpStatus: error.httpStatus,
          })
        : error
    }
  }

  async #signInAndSend(
    request: HttpRequest,
    signal: AbortSignal,
    progress: { sent: boolean },
  ): Promise<HttpResponse> {
    if (this.#signedIn && !this.#signedIn.destroyed) {
      progress.sent = true
      const { response, socket } = await this.#exchange(request, undefined, signal)
      // Another socket came in its place, or the server forgets after each request (authPersistSingleRequest).
      if (response.status !== 401) {
        if (socket !== this.#signedIn) this.#signedIn = undefined
        return response
      }
    }
    this.#signedIn = undefined
    progress.sent = false
    for (let attempt = 1; ; attempt++) {
      // The request itself waits: a server that does not know us yet would throw it away.
      const first = await this.#exchange(
        { ...request, body: '' },
        `NTLM ${buildNegotiate().toString('base64')}`,
        signal,
      )
      if (first.response.status !== 401) {
        // Nobody has to sign in here, so that the empty request was judged. Other answers are about the server.
        if (![200, 400, 500].includes(first.response.status)) return first.response
        progress.sent = true
        return (await this.#exchange(request, undefined, signal)).response
      }
      const scheme = findChallenge(first.response.headers['www-authenticate'])
      if (!scheme) throw notOffered(first.response, this.#url)
      const answer = this.#answer(scheme.challenge, first.socket)
      progress.sent = true
      const second = await this.#exchange(request, `${scheme.name} ${answer.toString('base64')}`, signal)
      if (second.response.status !== 401) this.#signedIn = second.socket
      // A challenge belongs to its connection; when that was closed in between, it is worth one more try.
      else if (second.socket !== first.socket && attempt < 3) continue
      return second.response
    }
  }

  #answer(challenge: string, socket: Socket | undefined): Buffer {
    const certificate =
      socket instanceof TLSSocket && this.#options.channelBinding !== false
        ? socket.getPeerCertificate(false).raw
        : undefined
    return buildAuthenticate({
      challenge: parseChallenge(Buffer.from(challenge, 'base64')),
      ...this.#account,
      workstation: this.#options.workstation ?? hostname().slice(0, 15).toUpperCase(),
      clientChallenge: randomBytes(8),
      now: Date.now(),
      channelBinding: certificate && hashChannelBinding(certificate, signatureHash(certificate)),
      servicePrincipal: `HTTP/${this.#url.hostname}`,
    })
  }

  async #exchange(
    request: HttpRequest,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Exchange> {
    const url = new URL(request.url)
    const { authorization: _offered, ...headers } = lowerCased(request.headers)
    const body = request.body === undefined ? undefined : Buffer.from(request.body)
    const outgoing = (url.protocol === 'https:' ? https.request : http.request)(url, {
      method: request.method,
      agent: this.#agent,
      signal,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': body.byteLength }),
        ...(authorization === undefined ? {} : { authorization }),
      },
    })
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
      outgoing.end(body)
    })
    // Taken now: once the body is read the socket goes back to the agent.
    const socket = incoming.socket as Socket
    const response = {
      status: incoming.statusCode ?? 0,
      statusText: incoming.statusMessage ?? '',
      headers: flatHeaders(incoming),
      ...(incoming.headers['set-cookie'] ? { setCookie: incoming.headers['set-cookie'] } : {}),
      body: await readBody(incoming, request.maxResponseBytes),
    }
    return { response, socket }
  }
}

/** One socket: TLS over the way through the proxy when there is one. */
function makeAgent(url: URL, options: NtlmOptions): http.Agent {
  const secure = url.protocol === 'https:'
  const tls = tlsOptions(options)
  const settings = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }
  const agent = secure ? new https.Agent({ ...settings, ...tls }) : new http.Agent(settings)
  if (options.proxy !== undefined) {
    const proxy = parseProxy(options.proxy)
    const createConnection = (
      given: ConnectionOptions,
      done: (error: Error | null, socket?: Socket) => void,
    ) => {
      openTunnel(proxy, url, { tls: options }).then(
        (socket) => done(null, secure ? tlsConnect({ ...given, ...tls, socket }) : socket),
        done,
      )
    }
    Object.assign(agent, { createConnection })
  }
  return agent
}

function notOffered(response: HttpResponse, url: URL): ConnectionError {
  const offered = offeredSchemes(response.headers['www-authenticate'])
  return new ConnectionError('ERR_AUTHENTICATION', `${url.host} does not take NTLM here.`, {
    httpStatus: response.status,
    hint: offered.length > 0 ? `It offers ${offered.join(', ')}.` : 'It offers no way to sign in at all.',
  })
}

/** The challenge, under either name: Windows takes bare NTLM messages as Negotiate too. */
function findChallenge(header: string | undefined): { name: string; challenge: string } | undefined {
  const [, name, challenge] =
    /(?:^|,)\s*(NTLM|Negotiate)\s+(TlRMTVNTUA[A-Za-z0-9+/]*={0,2})\s*(?:,|$)/i.exec(header ?? '') ?? []
  return name === undefined || challenge === undefined ? undefined : { name, challenge }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const decoder = decoderFor(incoming.headers['content-encoding'])
  const stream = decoder ? incoming.pipe(decoder) : incoming
  // pipe() does not hand on errors, and a decoder would then wait for ever.
  if (decoder) incoming.once('error', (error) => decoder.destroy(error))
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.byteLength
    if (length > maxBytes) {
      incoming.destroy()
      throw tooLarge(maxBytes)
    }
    chunks.push(chunk)
  }
  return decodeBody(Buffer.concat(chunks, length), incoming.headers['content-type'] ?? '')
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
