import { randomUUID } from 'node:crypto'
import type { Authenticator } from '../auth/authenticator.ts'
import { readTokenClaims } from '../auth/token-claims.ts'
import {
  ConnectionError,
  EwsDelegatesError,
  type GraphResponseError,
  InvalidInputError,
  XmlError,
} from '../errors.ts'
import { type Clock, systemClock } from '../http/clock.ts'
import { httpTransport } from '../http/http-transport.ts'
import { allowManyListeners } from '../http/many-listeners.ts'
import { formatRequest, formatResponse, secretsOf } from '../http/redact.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import { requireSafeUrl } from '../http/safe-url.ts'
import { Throttle } from '../http/throttle.ts'
import type { HttpRequest, HttpResponse, Trace, Transport } from '../http/transport.ts'
import { CLOUDS } from '../model/clouds.ts'
import { classifyGraph, parseJson } from './classify.ts'
import {
  GRAPH_VERSIONS,
  type GraphRequest,
  type GraphVersion,
  type JsonObject,
  type MailboxLoad,
  mailboxKey,
  mailboxOfPath,
} from './request.ts'

export interface GraphSessionOptions {
  /** Graph's root without a version. Default: the world-wide cloud's; see {@link CLOUDS}. */
  readonly url?: string
  /** Default `v1.0`. */
  readonly version?: GraphVersion
  /** E.g. `bearer(token)`. */
  readonly auth: Authenticator
  /** Milliseconds per request. Default 100 000. */
  readonly timeoutMs?: number
  /** Longest answer that is read, in bytes. Default 32 MiB. */
  readonly maxResponseBytes?: number
  /**
   * Longest time, in milliseconds, that one call waits because Graph asked it to or could not answer. Default one
   * minute; 0 never waits and never repeats.
   */
  readonly maxWaitMs?: number
  /**
   * Requests in flight, to all mailboxes together. Default and most 4, which is what Outlook allows an application.
   * @see https://learn.microsoft.com/graph/throttling-limits
   */
  readonly concurrency?: number
  /**
   * Ids that stay the same when a message moves, as from Drafts to Sent Items. Default true.
   * @see https://learn.microsoft.com/graph/outlook-immutable-id
   */
  readonly immutableIds?: boolean
  readonly userAgent?: string
  /** Lets `http:` addresses other than loopback pass, although the token then travels in the clear. Default false. */
  readonly allowPlainHttp?: boolean
  /** Default: Node's HTTP client. */
  readonly transport?: Transport
  /** Default: the system's. */
  readonly clock?: Clock
  /** Shown every request and answer, secrets taken out. */
  readonly trace?: Trace
  /** Stops waiting calls. */
  readonly signal?: AbortSignal
}

interface Failure {
  readonly error: ConnectionError | GraphResponseError
  /** Milliseconds, from `Retry-After`. */
  readonly askedToWait: number | undefined
}

/** An answer, and what of its request must not be shown when the server shows it back. */
export interface GraphAnswer extends HttpResponse {
  readonly secrets: readonly string[]
}

/** Who the token says has signed in. Of an opaque token nothing is known. */
export interface SignedIn {
  /** The principal name, which need not be an address of theirs; undefined for an application. */
  readonly user: string | undefined
  /** Delegated permissions. */
  readonly scopes: readonly string[]
  readonly appOnly: boolean
}

/** Whether a request may be sent again when it is not known what became of it. */
export type Repeat = 'safe' | 'if-refused'

/** What is sent to an address as it is, beside {@link GraphRequest}, which goes to Graph. */
type PlainRequest = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>

const DEFAULT_MAX_RESPONSE_BYTES = 32 * 1024 * 1024
export const MOST_ATTEMPTS = 8
/** Graph may answer pages that are empty because a filter took everything out, but not without end. */
const MOST_EMPTY_PAGES = 50
/** The lane that all requests of this client take, whatever their mailbox. */
const ALL_MAILBOXES = '*'

/**
 * Who calls which Graph, and how one request gets there and back: signing in, taking turns, waiting when told to.
 * What the requests mean is the client's business; see `client.ts`.
 */
export class GraphSession {
  readonly version: GraphVersion
  readonly clock: Clock
  /** Graph's root, ending in a slash. */
  readonly root: URL
  /** On every request to Graph, also on those within a batch. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds that one call may wait in all. */
  readonly maxWaitMs: number
  readonly #options: GraphSessionOptions
  readonly #transport: Transport
  readonly #throttle: Throttle
  /** Keys of the mailbox that is `/me`, as far as they are known. */
  readonly #own = new Set<string>()

  /** @throws InvalidInputError for an address that is not http(s), or plain http to another machine. */
  constructor(options: GraphSessionOptions) {
    allowManyListeners(options.signal)
    this.#options = options
    this.root = requireRoot(options.url ?? CLOUDS.global.graph, options.allowPlainHttp ?? false)
    this.version = parseGraphVersion(options.version ?? 'v1.0')
    this.#transport = options.transport ?? options.auth.transport ?? httpTransport
    this.clock = options.clock ?? systemClock
    this.#throttle = new Throttle(requireConcurrency(options.concurrency ?? 4), this.clock)
    this.maxWaitMs = options.maxWaitMs ?? 60_000
    this.headers = {
      accept: 'application/json',
      ...((options.immutableIds ?? true) ? { prefer: 'IdType="ImmutableId"' } : {}),
    }
  }

  /** Holds back all requests to a mailbox. */
  pause(mailbox: string, milliseconds: number): void {
    this.#throttle.pause(this.#laneOf(mailbox), milliseconds)
  }

  /** Who has signed in, from the token itself; undefined when it cannot be read. */
  async signedIn(): Promise<SignedIn | undefined> {
    return readSignedIn(await this.#options.auth.authorization())
  }

  /** All of a list, page by page, up to the limit. */
  async list(path: string, limit: number): Promise<unknown[]> {
    const values: unknown[] = []
    const seen = new Set<string>()
    let empty = 0
    let next: string | undefined = path
    while (next !== undefined && values.length < limit) {
      // A server that sends us in circles would be followed forever.
      if (seen.has(next)) return fail('Graph’s list leads back to a page that was read already.')
      seen.add(next)
      const page = await this.json({ method: 'GET', path: next, headers: {} }, 'safe')
      if (!isObject(page) || !Array.isArray(page.value))
        return fail('Graph answered something that is not a list.')
      values.push(...page.value)
      empty = page.value.length === 0 ? empty + 1 : 0
      if (empty > MOST_EMPTY_PAGES) return fail('Graph’s list goes on without end, and has nothing in it.')
      const link: unknown = page['@odata.nextLink']
      next = typeof link === 'string' ? this.#pathOf(link) : undefined
    }
    return values.slice(0, limit)
  }

  /** A link from an answer gets the token too, so it must lead to where the token belongs. */
  #pathOf(link: string): string {
    const base = `${this.root.href}${this.version}`
    if (URL.canParse(link)) {
      const url = new URL(link)
      if (url.href.startsWith(`${base}/`)) return url.href.slice(base.length)
    }
    return fail('Graph’s list goes on at another address, which is not followed.')
  }

  /** Sends a request and reads the JSON of its answer; undefined when that is empty. */
  async json(request: GraphRequest, repeat: Repeat, mailboxes?: readonly MailboxLoad[]): Promise<unknown> {
    const json = this.parse(await this.exchange(request, repeat, undefined, mailboxes), repeat)
    if (request.method === 'GET' && /^\/me(?:\?|$)/i.test(request.path)) this.#learnNames(json)
    return json
  }

  /** The JSON of an answer; undefined when it is empty. */
  parse(response: HttpResponse, repeat: Repeat): unknown {
    if (response.body === '') return undefined
    const json = parseJson(response.body)
    if (json !== undefined) return json
    throw new ConnectionError(
      'ERR_INVALID_RESPONSE',
      `${this.root.host} answered something that is not JSON.`,
      {
        httpStatus: response.status,
        mayHaveHappened: repeat !== 'safe',
        hint: 'A proxy may stand between, or the address is not that of Graph.',
      },
    )
  }

  /**
   * Sends a request to Graph.
   * @param statuses the only ones that mean success. A page of a proxy answers 200, and a mail that was not taken
   *   must not count as sent.
   */
  async exchange(
    request: GraphRequest,
    repeat: Repeat,
    statuses?: readonly number[],
    mailboxes: readonly MailboxLoad[] = [{ mailbox: mailboxOfPath(request.path), slots: 1 }],
  ): Promise<GraphAnswer> {
    const { method, path, body } = request
    if (this.#options.auth.appOnly && /^\/me(?![^/?])/i.test(path)) {
      throw new InvalidInputError('An application that signs in as itself has no mailbox of its own.', {
        hint: 'Name the user whose mailbox is meant, instead of /me.',
      })
    }
    const response = await this.perform(
      {
        method,
        url: `${this.root.href}${this.version}${path}`,
        headers: { ...this.headers, ...request.headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      },
      repeat,
      mailboxes,
    )
    if (!statuses || statuses.includes(response.status)) return response
    throw new ConnectionError(
      'ERR_INVALID_RESPONSE',
      `${this.root.host} answered HTTP ${response.status} where Graph answers ${statuses.join(' or ')}.`,
      {
        httpStatus: response.status,
        mayHaveHappened: repeat !== 'safe',
        hint: 'A proxy may stand between, or the address is not that of Graph.',
      },
    )
  }

  /** Sends to an address that need not be Graph's: the token goes along only when `authorize` does not say no. */
  async perform(
    request: PlainRequest,
    repeat: Repeat,
    mailboxes: readonly MailboxLoad[],
    options: { readonly authorize?: boolean } = {},
  ): Promise<GraphAnswer> {
    const deadline = this.clock.now() + this.maxWaitMs
    for (let attempt = 1; ; attempt++) {
      const result = await this.#inTurn(mailboxes, async () => {
        const outcome = await this.#once(request, repeat, options.authorize ?? true)
        if (!('error' in outcome)) return outcome
        const wait = waitBefore(outcome, repeat, attempt)
        if (wait === undefined || attempt === MOST_ATTEMPTS || this.clock.now() + wait > deadline) {
          throw withDoubt(outcome.error, repeat)
        }
        // All who want this mailbox wait, not only this call; and from before its place is free.
        for (const { mailbox } of mailboxes) this.pause(mailbox, wait)
        return undefined
      })
      if (result) return result
    }
  }

  /**
   * Takes its turn at each mailbox, in an order that is the same for all, so that nobody waits in a circle; and then,
   * so that a mailbox that has to wait does not hold up the others, among all that this client sends.
   */
  #inTurn<T>(mailboxes: readonly MailboxLoad[], task: () => Promise<T>): Promise<T> {
    const lanes = new Map<string, number>()
    for (const { mailbox, slots } of mailboxes) {
      const lane = this.#laneOf(mailbox)
      lanes.set(lane, (lanes.get(lane) ?? 0) + slots)
    }
    const all = mailboxes.reduce((sum, { slots }) => sum + slots, 0)
    const ordered = [...lanes].sort(([a], [b]) => (a < b ? -1 : 1))
    return [...ordered, [ALL_MAILBOXES, all] as const].reduceRight<() => Promise<T>>(
      (inner, [lane, slots]) =>
        () =>
          this.#throttle.run(lane, inner, this.#options.signal, slots),
      task,
    )()
  }

  /** Whoever signed in may be called by name, and is `/me` all the same. */
  #laneOf(mailbox: string): string {
    return this.#own.has(mailbox) ? '/me' : mailbox
  }

  #learnNames(user: unknown): void {
    if (!isObject(user)) return
    for (const name of [user.id, user.userPrincipalName, user.mail]) {
      if (typeof name === 'string' && name !== '') this.#own.add(mailboxKey(name))
    }
  }

  /** One exchange; what failed is returned, not thrown, when it can be worth another. */
  async #once(request: PlainRequest, repeat: Repeat, authorize: boolean): Promise<GraphAnswer | Failure> {
    const { auth, trace, signal, timeoutMs = 100_000 } = this.#options
    const authorization = authorize ? await auth.authorization() : undefined
    if (authorization !== undefined)
      this.#learnNames({ userPrincipalName: readSignedIn(authorization)?.user })
    const whole: HttpRequest = {
      ...request,
      headers: {
        ...request.headers,
        'user-agent': this.#options.userAgent ?? 'ews-delegates',
        'client-request-id': randomUUID(),
        ...(authorization === undefined ? {} : { authorization }),
      },
      timeoutMs,
      maxResponseBytes: this.#options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
      ...(signal ? { signal } : {}),
    }
    trace?.({ direction: 'request', text: formatRequest(whole) })
    try {
      const response = await this.#transport(whole)
      // A server may show the token back, also one that does not look like a token.
      const secrets = secretsOf(whole)
      trace?.({ direction: 'response', text: formatResponse(response, secrets) })
      const now = this.clock.now()
      const error = classifyGraph(response, request.url, now, secrets)
      return error
        ? { error, askedToWait: parseRetryAfter(response.headers['retry-after'], now) }
        : { ...response, secrets }
    } catch (error) {
      if (error instanceof ConnectionError) return { error, askedToWait: undefined }
      throw withDoubt(error, repeat)
    }
  }
}

function readSignedIn(authorization: string): SignedIn | undefined {
  const claims = readTokenClaims(authorization.replace(/^bearer\s+/i, ''))
  return claims && { user: claims.user, scopes: claims.scopes, appOnly: claims.appOnly }
}

/** How long to wait before a request is sent again; undefined when it must not be. */
function waitBefore({ error, askedToWait }: Failure, repeat: Repeat, attempt: number): number | undefined {
  const { httpStatus: status } = error
  const wait = askedToWait ?? backOff(attempt)
  if (status === 429) return wait
  if (repeat !== 'safe') return undefined
  if (status === 502 || status === 503 || status === 504) return wait
  // The connection broke; one that cannot be made at all is told at once.
  const broke = error.code === 'ERR_CONNECTION' && status === undefined && error.mayHaveHappened
  return broke && attempt <= 2 ? wait : undefined
}

/** @throws InvalidInputError for a version that Graph does not have. */
export function parseGraphVersion(text: string): GraphVersion {
  const known = GRAPH_VERSIONS.find((each) => each === text.toLowerCase())
  if (known) return known
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a version of Graph.`, {
    hint: `The versions are ${GRAPH_VERSIONS.join(' and ')}.`,
  })
}

function requireRoot(text: string, allowPlainHttp: boolean): URL {
  const url = requireSafeUrl(text, allowPlainHttp)
  if (url.search !== '' || url.hash !== '' || /\/(?:v1\.0|beta)\/?$/i.test(url.pathname)) {
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 200))} is not the root of Graph.`, {
      hint: 'Give the address without a version, such as https://graph.microsoft.com; the version is an option.',
    })
  }
  return new URL(`${url.origin}${url.pathname.replace(/\/*$/, '')}/`)
}

function requireConcurrency(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 4) return value
  throw new InvalidInputError('Between one and four requests can be in flight.')
}

/** 1, 2, 4 … 32 seconds. */
export function backOff(attempt: number): number {
  return 1000 * 2 ** Math.min(attempt - 1, 5)
}

function fail(message: string): never {
  throw new ConnectionError('ERR_INVALID_RESPONSE', message)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null
}

/** A transport does not know what it carries: a read cannot have changed anything, a write may have. */
function withDoubt(error: unknown, repeat: Repeat): unknown {
  if (!(error instanceof EwsDelegatesError)) return error
  const doubt = repeat !== 'safe' && (error.mayHaveHappened || error instanceof XmlError)
  // The error keeps its class and stack, which a copy would lose.
  if (doubt !== error.mayHaveHappened)
    Object.defineProperty(error, 'mayHaveHappened', { value: doubt, enumerable: true })
  return error
}
