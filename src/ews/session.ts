import { randomUUID } from 'node:crypto'
import type { Authenticator } from '../auth/authenticator.ts'
import { fingerprint } from '../auth/fingerprint.ts'
import { readTokenClaims } from '../auth/token-claims.ts'
import { ConnectionError, EwsDelegatesError, EwsResponseError, InvalidInputError } from '../errors.ts'
import type { Clock } from '../http/clock.ts'
import { CookieJar } from '../http/cookie-jar.ts'
import { httpTransport } from '../http/http-transport.ts'
import { allowManyListeners } from '../http/many-listeners.ts'
import { formatRequest, formatResponse, redactText, secretsOf } from '../http/redact.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import { exponentialBackOff, failFast, Patience, type RetryPolicy } from '../http/retry-policy.ts'
import { requireSafeUrl } from '../http/safe-url.ts'
import { type Aside, type Route, sharedTraffic, type Traffic } from '../http/traffic.ts'
import type { HttpRequest, HttpResponse, Trace, Transport } from '../http/transport.ts'
import { DEFAULT_MAX_LENGTH } from '../xml/element.ts'
import { classifyHttp, isBusy, NO_REMEDY, type Remedy, remedyFor } from './classify.ts'
import {
  anchorMailbox,
  buildEnvelope,
  type EnvelopeHeaders,
  type Impersonation,
  parseImpersonation,
} from './envelope.ts'
import type { Operation } from './operation.ts'
import { type Attempt, amend, type Failure, type Notice, perform } from './perform.ts'
import { errorOf, readEnvelope, readStatus, requireResponseRoot, responseMessages } from './response.ts'
import { DEFAULT_VERSION, type ExchangeVersion, parseVersion, type ServerVersion } from './versions.ts'

export interface EwsSessionOptions {
  /** The EWS endpoint, usually `https://<host>/EWS/Exchange.asmx`. */
  readonly url: string
  /** E.g. `basic({ user, password })` or `bearer(token)`. */
  readonly auth: Authenticator
  /** `RequestServerVersion`. Default `Exchange2013_SP1`. */
  readonly version?: ExchangeVersion
  /** Acts as this mailbox; an address, or one of the four identifiers. */
  readonly impersonate?: string | Impersonation
  /** Culture in which mailboxes are opened, e.g. `en-US`. Default: the server's. */
  readonly mailboxCulture?: string
  /** Windows time zone id for dates without a zone, e.g. `UTC`. Default: none is sent. */
  readonly timeZone?: string
  /** Milliseconds per attempt. Default 100 000, as in the EWS Managed API. */
  readonly timeoutMs?: number
  /** Longest answer that is read, in bytes. Default 32 MiB. */
  readonly maxResponseBytes?: number
  readonly userAgent?: string
  /** Lets `http:` addresses other than loopback pass, although credentials then travel in the clear. Default false. */
  readonly allowPlainHttp?: boolean
  /**
   * What to do when the server is busy or the connection breaks. Default {@link failFast}: a library does not make
   * its caller wait for minutes unasked. `patient()` is for whoever has the time.
   */
  readonly retry?: RetryPolicy
  /** How many calls run at a time, and who was told to wait. Default: shared by all sessions of this process. */
  readonly traffic?: Traffic
  /** Default: the authenticator's own, else Node's HTTP client. See `connectTransport` for proxies and certificates. */
  readonly transport?: Transport
  /** Shown every request and answer, secrets taken out. */
  readonly trace?: Trace
  /** Told when a call waits, and what became of one whose answer was lost. */
  readonly notice?: (notice: Notice) => void
  /**
   * Stops waiting calls. A write that is on its way is let finish for half a minute; what is thrown afterwards says
   * whether it happened.
   */
  readonly signal?: AbortSignal
}

interface Sending {
  readonly route: Route
  readonly jar: CookieJar
  readonly headers: Readonly<Record<string, string>>
  /** Tells the password or token that the headers hold. */
  readonly credential: string
  /** See {@link Traffic.signIn}. */
  readonly began: number
  readonly signal: AbortSignal | undefined
}

type OperationFacts = Pick<Operation<never, unknown>, 'name' | 'retry'>

/** How long a write that is on its way may still take after it was stopped. */
const GRACE_MS = 30_000
/** A server cannot hold others back for longer than this, whatever it asks for. */
const LONGEST_PAUSE_MS = 3_600_000
const MOST_JARS = 1_000
const RENEWED: Remedy = { kind: 'repeat', scope: 'call', most: 1 }

/**
 * Who calls which server, and how one operation gets there and back. What the operations mean is the client's
 * business; see `client.ts`. When and what to repeat is decided in `perform.ts`, from the lore in `classify.ts`.
 */
export class EwsSession {
  /** What the server last said of itself; undefined before the first answer. */
  serverVersion: ServerVersion | undefined
  readonly #options: EwsSessionOptions
  readonly #headers: EnvelopeHeaders
  readonly #transport: Transport
  readonly #retry: RetryPolicy
  readonly #traffic: Traffic
  readonly #host: string
  readonly #jars = new Map<string, CookieJar>()
  /** Refusals of a token in whose place there is another one by now. */
  readonly #renewed = new WeakSet<object>()
  /** The header whose token was last seen not to be an application's own. */
  #notAppOnly: string | undefined

  /**
   * @throws InvalidInputError for an address that is not http(s), or plain http to another machine; for an
   *   application's own sign-in that impersonates nobody.
   */
  constructor(options: EwsSessionOptions) {
    this.#host = requireSafeUrl(options.url, options.allowPlainHttp ?? false).host
    if (options.userAgent !== undefined && !/^[\x20-\x7e]+$/.test(options.userAgent)) {
      throw new InvalidInputError('The user agent holds characters that no header can carry.')
    }
    allowManyListeners(options.signal)
    this.#options = options
    this.#transport = options.transport ?? options.auth.transport ?? httpTransport
    this.#retry = options.retry ?? failFast()
    this.#traffic = options.traffic ?? sharedTraffic()
    this.#headers = {
      version: options.version === undefined ? DEFAULT_VERSION : parseVersion(options.version),
      impersonate: options.impersonate === undefined ? undefined : parseImpersonation(options.impersonate),
      mailboxCulture:
        options.mailboxCulture === undefined ? undefined : requireCulture(options.mailboxCulture),
      timeZone: options.timeZone,
    }
    if (options.auth.appOnly && !this.#headers.impersonate) throw noMailbox()
  }

  /**
   * Whether calls act as the owner of a mailbox, as far as names tell: impersonating them, or signed in by the
   * mailbox's address.
   */
  actsAs(mailbox: string): boolean {
    const { impersonate } = this.#headers
    const who = impersonate ? Object.values(impersonate)[0] : this.#options.auth.describe
    return who?.trim().toLowerCase() === mailbox.trim().toLowerCase()
  }

  /** The SOAP envelope that {@link call} would send. Nothing is sent. */
  render<Input>(operation: Operation<Input, unknown>, input: Input): string {
    return buildEnvelope(operation, input, this.#headers)
  }

  /** Sends one operation and reads its answer; the door for operations of your own. */
  call<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return perform(operation, input, {
      attempt: (each, its, { number, patience, signal }) =>
        this.#attempt(each, its, number, patience, signal),
      clock: this.#traffic.clock,
      patience: new Patience(this.#retry),
      signal: this.#options.signal,
      notice: this.#options.notice,
    })
  }

  /** One attempt, in its turn. Whoever has to wait for what it found out is told before its place is free. */
  async #attempt<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    number: number,
    patience: Patience,
    signal: AbortSignal | undefined,
  ): Promise<Attempt<Output>> {
    const route = this.#routeOf(operation, input)
    try {
      return await this.#traffic.enter(route, patience, signal, async (aside) => {
        let noTurn: unknown
        const wait: Aside = (line) =>
          aside(line).catch((error: unknown) => {
            noTurn = error
            throw error
          })
        try {
          const { output, busy } = await this.#exchange(operation, input, route, { signal, aside: wait })
          if (!busy) return { output }
          const failure = this.#judge(busy.error, operation, number, route)
          return { output, busy: { ...failure, waiting: busy.waiting } }
        } catch (error) {
          // It never got its turn.
          if (error === noTurn) throw error
          return this.#judge(error, operation, number, route)
        }
      })
    } catch (error) {
      return { error, remedy: NO_REMEDY, wait: 0, unsent: true }
    }
  }

  #judge(error: unknown, operation: OperationFacts, number: number, route: Route): Failure {
    const traffic = this.#traffic
    const renewed = error instanceof EwsDelegatesError && this.#renewed.has(error)
    const remedy = renewed ? RENEWED : remedyFor(error, traffic.hasSignedIn(route))
    const wait = renewed ? 0 : remedy.wait || exponentialBackOff(number, traffic.random)
    if (remedy.scope !== 'call') traffic.pause(remedy.scope, route, Math.min(wait, LONGEST_PAUSE_MS))
    if (remedy.narrow) traffic.narrow(route)
    const unsent = error instanceof ConnectionError && error.code === 'ERR_ABORTED' && !error.mayHaveHappened
    return { error: withDoubt(error, operation, remedy), remedy, wait, ...(unsent ? { unsent } : {}) }
  }

  async #exchange<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    route: Route,
    { signal, aside }: { readonly signal: AbortSignal | undefined; readonly aside: Aside },
  ): Promise<{ output: Output; busy: Busy | undefined }> {
    const jar = this.#jarOf(route)
    const headers = await this.#httpHeaders(operation, jar)
    const credential = this.#options.auth.credential ?? fingerprint(headers.authorization)
    const send = (began: number) =>
      this.#send(operation, input, { route, jar, headers, credential, began, signal })
    return this.#traffic.signIn(route, credential, signal, send, aside)
  }

  async #send<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    { route, jar, headers, credential, began, signal }: Sending,
  ): Promise<{ output: Output; busy: Busy | undefined }> {
    const { url, trace, maxResponseBytes = DEFAULT_MAX_LENGTH } = this.#options
    const { clock } = this.#traffic
    // Getting a token takes its time.
    if (signal?.aborted)
      throw new ConnectionError('ERR_ABORTED', 'The call was stopped before it began.', {
        cause: signal.reason,
      })
    const stop = operation.retry === 'safe' ? { signal, end() {} } : graced(signal, clock)
    const request: HttpRequest = {
      url,
      method: 'POST',
      headers: withoutEmpty(headers),
      body: this.render(operation, input),
      timeoutMs: this.#options.timeoutMs ?? 100_000,
      maxResponseBytes,
      ...(stop.signal ? { signal: stop.signal } : {}),
      ...(signal && stop.signal !== signal ? { untilSent: signal } : {}),
    }
    trace?.({ direction: 'request', text: formatRequest(request) })
    let response: HttpResponse | undefined
    let known: readonly string[] | undefined
    const secrets = () => {
      known ??= secretsOf(request)
      return known
    }
    try {
      response = await this.#transport(request)
      trace?.({ direction: 'response', text: formatResponse(response, secrets()) })
      jar.store(response.setCookie ?? [], clock.now())
      const failure = classifyHttp(response, url, clock.now())
      if (response.status === 401) this.#traffic.signInRefused(route, credential, began)
      if (failure) {
        const isStale = response.status === 401 && headers.authorization !== (await this.#authorization())
        if (isStale) this.#renewed.add(failure)
        throw failure
      }
      if (response.status !== 401) this.#traffic.signInAccepted(route, credential)
      const answer = readEnvelope(response.body, response.status, maxResponseBytes, (text) =>
        redactText(text, secrets()),
      )
      this.serverVersion = answer.serverVersion ?? this.serverVersion
      const root = requireResponseRoot(answer.root, operation.name)
      return { output: operation.parse(root, input), busy: findBusy(answer.root) }
    } catch (error) {
      if (response?.status === 440) jar.clear()
      throw this.#complete(error, response, secrets())
    } finally {
      stop.end()
    }
  }

  /** What the answer’s headers add to an error, and its text without what the server may have echoed. */
  #complete(error: unknown, response: HttpResponse | undefined, secrets: readonly string[]): unknown {
    if (!(error instanceof EwsDelegatesError)) return error
    const asked = parseRetryAfter(response?.headers['retry-after'], this.#traffic.clock.now())
    // BackOffMilliseconds goes before Retry-After: it is Exchange's own, for this account.
    if (error instanceof EwsResponseError && asked !== undefined && error.backOffMilliseconds === undefined)
      amend(error, { backOffMilliseconds: asked })
    return amend(error, {
      message: redactText(error.message, secrets),
      ...(error.hint === undefined ? {} : { hint: redactText(error.hint, secrets) }),
    })
  }

  async #httpHeaders(
    operation: OperationFacts,
    jar: CookieJar,
  ): Promise<Record<string, string> & { authorization: string }> {
    const anchor = anchorMailbox(this.#headers.impersonate)
    const cookie = jar.header(this.#traffic.clock.now())
    return {
      'content-type': 'text/xml; charset=utf-8',
      accept: 'text/xml',
      'accept-encoding': 'gzip',
      'user-agent': this.#options.userAgent ?? 'ews-delegates',
      soapaction: `"http://schemas.microsoft.com/exchange/services/2006/messages/${operation.name}"`,
      'client-request-id': randomUUID(),
      'return-client-request-id': 'true',
      ...(anchor === undefined ? {} : { 'x-anchormailbox': anchor }),
      ...(cookie === undefined ? {} : { cookie }),
      authorization: await this.#ownAuthorization(),
    }
  }

  /** @throws InvalidInputError for an application's own token where nobody is impersonated. */
  async #ownAuthorization(): Promise<string> {
    const header = await this.#authorization()
    if (this.#headers.impersonate || header === this.#notAppOnly) return header
    const [scheme = '', token = ''] = header.split(' ')
    if (scheme.toLowerCase() === 'bearer' && readTokenClaims(token)?.appOnly) throw noMailbox()
    this.#notAppOnly = header
    return header
  }

  async #authorization(): Promise<string> {
    try {
      return await this.#options.auth.authorization()
    } catch (error) {
      // Getting a token can fail in every way a call can, but the call itself has not been sent.
      throw amend(error, { mayHaveHappened: false })
    }
  }

  /**
   * Exchange charges the calls of an impersonating account to the mailbox it impersonates, all others to the account
   * itself.
   * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
   */
  #routeOf<Input>(operation: Operation<Input, unknown>, input: Input): Route {
    const { impersonate } = this.#headers
    const host = this.#host
    const { account: whose, describe } = this.#options.auth
    const identity = `${host} ${whose ?? describe.toLowerCase()}`
    const impersonated = impersonate && Object.values(impersonate)[0]?.toLowerCase()
    const account = impersonated === undefined ? identity : `${identity} as ${impersonated}`
    const mailbox = impersonated ?? operation.mailbox?.(input)?.toLowerCase()
    return { host, identity, account, mailbox: mailbox === undefined ? account : `${host} ${mailbox}` }
  }

  #jarOf({ mailbox }: Route): CookieJar {
    const jar = this.#jars.get(mailbox) ?? new CookieJar(this.#options.url)
    // Moved to the end, so that the one that goes first was not used for longest.
    this.#jars.delete(mailbox)
    this.#jars.set(mailbox, jar)
    const [oldest] = this.#jars.keys()
    if (this.#jars.size > MOST_JARS && oldest !== undefined) this.#jars.delete(oldest)
    return jar
  }
}

function noMailbox(): InvalidInputError {
  return new InvalidInputError('An application that signs in as itself has no mailbox of its own.', {
    hint: 'Name the mailbox to impersonate.',
  })
}

/** Members of a batch that were told to wait: what the first was told, and the positions of all that were not taken. */
interface Busy {
  readonly error: EwsResponseError
  readonly waiting: readonly number[]
}

function findBusy(root: ReturnType<typeof readEnvelope>['root']): Busy | undefined {
  let error: EwsResponseError | undefined
  const waiting: number[] = []
  for (const [position, message] of responseMessages(root).entries()) {
    if (message.attributes.ResponseClass === 'Success') continue
    const status = readStatus(message)
    if (status.ok) continue
    const busy = isBusy(status.code, status.messageXml)
    if (busy) error ??= errorOf(status, 'item')
    // Those after the one that stopped the batch were not looked at.
    if (busy || status.code === 'ErrorBatchProcessingStopped') waiting.push(position)
  }
  return error && { error, waiting }
}

/**
 * A transport does not know what it carries. A read cannot have changed anything; a write whose answer could not
 * be read may have.
 */
function withDoubt(error: unknown, operation: OperationFacts, remedy: Remedy): unknown {
  if (!(error instanceof EwsDelegatesError)) return error
  const unknown = error.mayHaveHappened || remedy.kind === 'look' || remedy.kind === 'settle'
  return amend(error, { mayHaveHappened: operation.retry === 'check-first' && unknown })
}

/**
 * The same signal, but late: what changes something is not cut off while it may still be answered. What has not left
 * is ended at once, by `untilSent`.
 */
function graced(
  signal: AbortSignal | undefined,
  clock: Clock,
): { signal: AbortSignal | undefined; end(): void } {
  if (!signal) return { signal: undefined, end() {} }
  const late = new AbortController()
  const ended = new AbortController()
  const start = () =>
    clock.sleep(GRACE_MS, ended.signal).then(
      () => late.abort(signal.reason),
      () => undefined,
    )
  signal.addEventListener('abort', start, { once: true })
  return {
    signal: late.signal,
    end() {
      signal.removeEventListener('abort', start)
      ended.abort()
    },
  }
}

/** Without a header that is there to say nothing, as `Authorization` is where a client certificate signs in. */
function withoutEmpty(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!Object.values(headers).includes('')) return headers
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
}

function requireCulture(text: string): string {
  if (/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(text)) return text
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a culture.`, {
    hint: 'A culture looks like en-US.',
  })
}
