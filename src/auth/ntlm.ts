import { randomBytes } from 'node:crypto'
import type { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { TLSSocket } from 'node:tls'
import { ConnectionError, InvalidInputError } from '../errors.ts'
import { type ConnectionSettings, makeAgent } from '../http/connect-transport.ts'
import { NotConnectedError, toConnectionError } from '../http/connection-errors.ts'
import { exchange, type Limits, limitsOf } from '../http/http-transport.ts'
import type { HttpRequest, HttpResponse, Transport } from '../http/transport.ts'
import type { Authenticator } from './authenticator.ts'
import { fingerprint } from './fingerprint.ts'
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
    credential: fingerprint([account.domain, account.user, account.password].join('\0')),
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
    // Waiting in line is a part of the request's time, and ends when the caller does not want it any more.
    const limits = limitsOf(request)
    const progress = { sent: false }
    try {
      const connection = await this.#take(limits.signal)
      try {
        return await connection.send(request, limits, progress)
      } finally {
        const next = this.#waiting.shift()
        if (next) next(connection)
        else this.#idle.push(connection)
      }
    } catch (cause) {
      const error = toConnectionError(cause, request, limits.timedOut())
      // While signing in, the request itself has not left yet.
      throw error instanceof ConnectionError && error.mayHaveHappened && !progress.sent
        ? new ConnectionError(error.code as 'ERR_CONNECTION', error.message, {
            hint: error.hint,
            cause,
            httpStatus: error.httpStatus,
          })
        : error
    } finally {
      limits.end()
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #take(signal: AbortSignal): Promise<Connection> {
    if (signal.aborted) return Promise.reject(new NotConnectedError('it was stopped before'))
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
        reject(new NotConnectedError('it was stopped before'))
      }
      const start = (connection: Connection) => {
        signal.removeEventListener('abort', stop)
        resolve(connection)
      }
      this.#waiting.push(start)
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}

interface Exchange {
  readonly response: HttpResponse
  readonly socket: Socket | undefined
}

const ONE_CONNECTION = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }

/** One connection at a time, kept alive and signed in; reopened and signed in again when the server closes it. */
class Connection {
  readonly #url: URL
  readonly #account: Account
  readonly #options: NtlmOptions
  readonly #agent: Agent
  /** The name under which the server takes NTLM's messages. */
  #scheme: 'NTLM' | 'Negotiate' = 'NTLM'
  /** The socket that the server knows us on. */
  #signedIn: Socket | undefined

  constructor(url: URL, account: Account, options: NtlmOptions) {
    this.#url = url
    this.#account = account
    this.#options = options
    this.#agent = makeAgent(url.protocol, options, ONE_CONNECTION)
  }

  close(): void {
    this.#agent.destroy()
    this.#signedIn = undefined
  }

  async send(request: HttpRequest, limits: Limits, progress: { sent: boolean }): Promise<HttpResponse> {
    try {
      return await this.#signInAndSend(request, limits, progress)
    } catch (error) {
      // Whatever broke, the connection's state is not known any more.
      this.close()
      throw error
    }
  }

  async #signInAndSend(
    request: HttpRequest,
    limits: Limits,
    progress: { sent: boolean },
  ): Promise<HttpResponse> {
    if (this.#signedIn && !this.#signedIn.destroyed) {
      progress.sent = true
      const { response, socket } = await this.#exchange(request, undefined, limits)
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
        `${this.#scheme} ${buildNegotiate().toString('base64')}`,
        { ...limits, sent() {} },
      )
      if (first.response.status !== 401) {
        // Nobody has to sign in here, so that the empty request was judged. Other answers are about the server.
        if (![200, 400, 500].includes(first.response.status)) return first.response
        progress.sent = true
        return (await this.#exchange(request, undefined, limits)).response
      }
      const scheme = findChallenge(first.response.headers['www-authenticate'])
      if (!scheme) {
        const offered = offeredSchemes(first.response.headers['www-authenticate'])
        const under = (['NTLM', 'Negotiate'] as const).find((name) => offers(offered, name))
        if (attempt > 1 || !under || under === this.#scheme)
          throw notTaken(first.response, offered, this.#url)
        this.#scheme = under
        continue
      }
      // What the server forgot is not begun anew when nobody wants it any more.
      if (request.untilSent?.aborted) throw new NotConnectedError('it was stopped before')
      const answer = this.#answer(scheme.challenge, first.socket)
      progress.sent = true
      const second = await this.#exchange(request, `${scheme.name} ${answer.toString('base64')}`, limits)
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

  #exchange(request: HttpRequest, authorization: string | undefined, limits: Limits): Promise<Exchange> {
    const { authorization: _offered, ...headers } = lowerCased(request.headers)
    return exchange(
      { ...request, headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) } },
      this.#agent,
      limits,
    )
  }
}

/** There was no challenge to answer, so that the password was not judged. */
function notTaken({ status }: HttpResponse, offered: readonly string[], url: URL): ConnectionError {
  if (offers(offered, 'NTLM')) {
    return new ConnectionError('ERR_AUTHENTICATION', `${url.host} offers NTLM and refuses to begin it.`, {
      httpStatus: status,
      hint: `Something before the server may take NTLM’s messages out, or a policy of the domain forbids NTLM. It offers ${offered.join(', ')}.`,
    })
  }
  return new ConnectionError('ERR_AUTHENTICATION', `${url.host} does not take NTLM here.`, {
    httpStatus: status,
    hint: offered.length > 0 ? `It offers ${offered.join(', ')}.` : 'It offers no way to sign in at all.',
  })
}

function offers(schemes: readonly string[], name: string): boolean {
  return schemes.some((scheme) => scheme.toLowerCase() === name.toLowerCase())
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
