import { resolveSrv as systemResolveSrv } from 'node:dns/promises'
import type { Authenticator } from '../auth/authenticator.ts'
import { fingerprint } from '../auth/fingerprint.ts'
import { offeredSchemes } from '../auth/offered-schemes.ts'
import { ConnectionError, EwsDelegatesError, InvalidInputError } from '../errors.ts'
import { httpTransport } from '../http/http-transport.ts'
import { allowManyListeners } from '../http/many-listeners.ts'
import { redactText, secretsOf } from '../http/redact.ts'
import { traced } from '../http/traced.ts'
import type { HttpRequest, HttpResponse, Trace, Transport } from '../http/transport.ts'
import { withinLimits } from '../http/within-limits.ts'
import { CLOUDS, type Cloud, type CloudName, isExchangeOnline } from '../model/clouds.ts'
import type { AutodiscoverAnswer, AutodiscoverRequest } from './answer.ts'
import type { DiscoveryCache } from './discovery-cache.ts'
import { buildJsonRequest, parseJsonAnswer } from './json.ts'
import { buildPoxRequest, parsePoxAnswer } from './pox.ts'
import { buildSoapRequest, parseSoapAnswer } from './soap.ts'

export interface DiscoverOptions {
  /**
   * For the SOAP and POX services, which ask who is there; one for all hosts, or each host's own (Kerberos). Without
   * it only the JSON service can answer.
   */
  readonly auth?: Authenticator | ((host: URL) => Authenticator) | undefined
  /**
   * May we go on at another host? Asked before each one outside the address's own domain; `https:` alone is ever
   * asked about. Default: no.
   */
  readonly allowRedirect?: (target: URL) => boolean | Promise<boolean>
  /** Default: Node's HTTP client. */
  readonly transport?: Transport
  /** Milliseconds per request. Default 15 000. */
  readonly timeoutMs?: number
  readonly userAgent?: string
  /** Whose Exchange Online is asked at the end. Default the world-wide one. */
  readonly cloud?: CloudName | Cloud | undefined
  readonly trace?: Trace | undefined
  readonly signal?: AbortSignal | undefined
  /** What was found before. */
  readonly cache?: DiscoveryCache | undefined
  /** Default: the system's name service. */
  readonly resolveSrv?: (name: string) => Promise<readonly { name: string; port: number }[]>
}

export interface DiscoveryStep {
  /** `probe`: the unencrypted question where the service is. */
  readonly method: 'cache' | 'json' | 'soap' | 'pox' | 'probe' | 'srv'
  readonly url: string
  readonly outcome: 'found' | 'redirected' | 'sign-in' | 'refused' | 'nothing' | 'unreachable' | 'skipped'
  /** One sentence, without a full stop. */
  readonly detail: string
  readonly httpStatus?: number | undefined
}

export interface DiscoveryResult {
  readonly address: string
  /** Undefined when none of the steps found it. */
  readonly ewsUrl: string | undefined
  readonly exchangeOnline: boolean
  /** When it was found; earlier than now for one from the cache. */
  readonly foundAt: Date | undefined
  readonly steps: readonly DiscoveryStep[]
}

/** Redirects that are followed for one address, in whatever form they come. */
const MAX_REDIRECTS = 10

const DEFAULT_TIMEOUT_MS = 15_000

/** Hosts of Exchange Online's autodiscover service: its tokens may be shown to them, and passwords may not. */
const ONLINE_HOSTS = /(?:^|\.)(?:outlook\.com|office365\.com|office\.com|office365\.us|outlook\.cn)$/

/**
 * Finds the EWS endpoint of a mailbox, in the order that Microsoft documents: at the domain, at `autodiscover.` of
 * it, by the redirect of its unencrypted address, by an SRV record; JSON, SOAP and POX at each. At the end Exchange
 * Online is asked.
 *
 * Credentials go out over https, to who asks for them, and to no host that was not agreed to.
 *
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-generate-a-list-of-autodiscover-endpoints
 * @throws InvalidInputError for what is not an address; ConnectionError `ERR_ABORTED`. What does not answer is a step.
 */
export async function discover(address: string, options: DiscoverOptions = {}): Promise<DiscoveryResult> {
  const search = new Search(requireAddress(address), options)
  allowManyListeners(options.signal)
  const known = await options.cache?.get(address)
  if (known) {
    search.note({
      method: 'cache',
      url: known.ewsUrl,
      outcome: 'found',
      detail: `found ${describeAge(Date.now() - known.foundAt.getTime())} ago`,
    })
    return result(address, known.ewsUrl, known.foundAt, search.steps)
  }
  const ewsUrl = await search.run()
  const foundAt = ewsUrl === undefined ? undefined : new Date()
  if (ewsUrl !== undefined && foundAt) await options.cache?.set(address, { ewsUrl, foundAt })
  return result(address, ewsUrl, foundAt, search.steps)
}

function result(
  address: string,
  ewsUrl: string | undefined,
  foundAt: Date | undefined,
  steps: readonly DiscoveryStep[],
): DiscoveryResult {
  return {
    address,
    ewsUrl,
    exchangeOnline: ewsUrl !== undefined && isExchangeOnline(new URL(ewsUrl)),
    foundAt,
    steps,
  }
}

type Method = 'json' | 'soap' | 'pox'
/** Where to look next: another address, or another host (and there perhaps one form alone). */
type Next =
  | { readonly address: string }
  | { readonly root: string; readonly methods: readonly Method[]; readonly url?: string }

/** What one question led to; undefined to go on with the next. */
type Outcome =
  | { readonly kind: 'found'; readonly ewsUrl: string }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'next'; readonly next: Next }
  | undefined

const FORMS: Readonly<
  Record<
    Method,
    {
      readonly build: (root: string, address: string) => AutodiscoverRequest
      readonly parse: (body: string) => AutodiscoverAnswer
    }
  >
> = {
  json: { build: buildJsonRequest, parse: parseJsonAnswer },
  soap: { build: buildSoapRequest, parse: parseSoapAnswer },
  pox: { build: buildPoxRequest, parse: parsePoxAnswer },
}
const ALL: readonly Method[] = ['json', 'soap', 'pox']

class Search {
  readonly steps: DiscoveryStep[] = []
  readonly #options: DiscoverOptions
  readonly #asked = new Set<string>()
  readonly #agreed = new Map<string, boolean>()
  #address: string
  #redirects = 0
  /** Passwords and the like that a host refused: asked for by every form at every host, one would lock its account. */
  readonly #refused = new Set<string>()
  /** What was sent to whoever asked for it, and might be shown back. */
  #secrets: readonly string[] = []

  constructor(address: string, options: DiscoverOptions) {
    this.#address = address
    this.#options = options
  }

  note(step: DiscoveryStep): void {
    const clean = (text: string) => redactText(text, this.#secrets)
    this.steps.push({ ...step, url: clean(step.url), detail: clean(step.detail) })
  }

  async run(): Promise<string | undefined> {
    for (;;) {
      const outcome = await this.#tryAddress()
      if (!outcome) return undefined
      if ('ewsUrl' in outcome) return outcome.ewsUrl
      this.#address = outcome.address
    }
  }

  async #tryAddress(): Promise<{ ewsUrl: string } | { address: string } | undefined> {
    const domain = this.#domain()
    const places: (() => Promise<Next | undefined>)[] = [
      async () => ({ root: `https://${domain}`, methods: ALL }),
      async () => ({ root: `https://autodiscover.${domain}`, methods: ALL }),
      () => this.#probe(),
      () => this.#lookUpService(),
      // Last, as it tells Microsoft an address that may be none of its own. It needs no credentials.
      async () => ({ root: this.#cloud().exchange, methods: ['json'] }),
    ]
    for (const place of places) {
      // Goes where it is pointed to, until there is an answer or nothing more.
      let next = await place()
      while (next) {
        if ('address' in next) return next
        const outcome = await this.#tryHost(next)
        if (outcome?.kind === 'found') return outcome
        next = outcome?.kind === 'next' ? outcome.next : undefined
      }
    }
    return undefined
  }

  async #tryHost(place: Extract<Next, { root: string }>): Promise<Outcome> {
    for (const method of place.methods) {
      const request = FORMS[method].build(place.root, this.#address)
      const outcome = await this.#ask(
        method,
        place.url === undefined ? request : { ...request, url: place.url },
      )
      if (outcome) return outcome
    }
    return undefined
  }

  /** One request, and with credentials once more if it asks for them. */
  async #ask(method: Method, request: AutodiscoverRequest): Promise<Outcome> {
    const { url } = request
    const key = `${request.method} ${url} ${this.#address}`
    if (this.#asked.has(key)) {
      this.note({ method, url, outcome: 'skipped', detail: 'asked before' })
      return undefined
    }
    this.#asked.add(key)
    const step = (outcome: DiscoveryStep['outcome'], detail: string, httpStatus?: number) =>
      this.note({ method, url, outcome, detail, ...(httpStatus === undefined ? {} : { httpStatus }) })

    let response: HttpResponse
    try {
      response = await this.#send(request, undefined)
      if (response.status === 401) {
        const offered = offeredSchemes(response.headers['www-authenticate'])
        const auth = await this.#signInAt(new URL(url))
        if ('reason' in auth) {
          step('sign-in', `${describeOffer(offered)}; ${auth.reason}`, 401)
          return undefined
        }
        response = await this.#send(request, auth)
        if (response.status === 401) {
          if (wasJudged(auth, offered)) this.#refused.add(await credentialOf(auth, new URL(url)))
          step('refused', `${describeOffer(offered)} and does not take this one`, 401)
          return undefined
        }
      }
    } catch (error) {
      if (!(error instanceof EwsDelegatesError) || error.code === 'ERR_ABORTED') throw error
      step('unreachable', withoutStop(error.message))
      // What cannot be reached in one form cannot in the others; an answer too long is only this form's.
      return error.code === 'ERR_CONNECTION' || error.code === 'ERR_TIMEOUT'
        ? { kind: 'unreachable' }
        : undefined
    }
    if (response.status >= 300 && response.status < 400) {
      const location = response.headers.location ?? ''
      const target = URL.canParse(location, url) ? new URL(location, url) : undefined
      const { detail, next } = await this.#redirectTo(target, [method])
      step('redirected', detail, response.status)
      return next && { kind: 'next', next }
    }
    if (response.status !== 200 && !(method === 'json' && response.status === 400)) {
      step('nothing', `HTTP ${response.status}`, response.status)
      return undefined
    }
    return this.#read(method, response, step)
  }

  async #read(
    method: Method,
    response: HttpResponse,
    step: (outcome: DiscoveryStep['outcome'], detail: string, httpStatus?: number) => void,
  ): Promise<Outcome> {
    let answer: AutodiscoverAnswer
    try {
      answer = FORMS[method].parse(response.body)
    } catch (error) {
      if (!(error instanceof EwsDelegatesError)) throw error
      // The web site of the domain, most of the time.
      step('nothing', 'answers, but not as an autodiscover service', response.status)
      return undefined
    }
    switch (answer.kind) {
      case 'settings': {
        const url = URL.canParse(answer.ewsUrl) ? new URL(answer.ewsUrl) : undefined
        if (url?.protocol !== 'https:') {
          step('nothing', `names ${answer.ewsUrl}, which is not https`, response.status)
          return undefined
        }
        step(
          'found',
          `${answer.ewsUrl}${answer.internal ? ' (for inside the network; none is given for outside)' : ''}`,
          response.status,
        )
        return { kind: 'found', ewsUrl: answer.ewsUrl }
      }
      case 'redirect-address': {
        const again =
          domainOf(answer.address) !== '' && this.#countRedirect(`address ${answer.address.toLowerCase()}`)
        step(
          'redirected',
          again ? `the mailbox is known as ${answer.address}` : 'to an address that leads nowhere new',
        )
        return again ? { kind: 'next', next: { address: answer.address } } : undefined
      }
      case 'redirect-url': {
        const target = URL.canParse(answer.url) ? new URL(answer.url) : undefined
        const { detail, next } = await this.#redirectTo(target, [method])
        step('redirected', detail, response.status)
        return next && { kind: 'next', next }
      }
      case 'error':
        step('refused', `${answer.code}: ${withoutStop(answer.message)}`, response.status)
        return undefined
    }
  }

  /** `http://autodiscover.<domain>` says where the service is. Nothing but the question goes there. */
  async #probe(): Promise<Next | undefined> {
    const url = `http://autodiscover.${this.#domain()}/autodiscover/autodiscover.xml`
    try {
      const response = await this.#send({ url, method: 'GET', headers: {} }, undefined)
      const { location = '' } = response.headers
      if (response.status < 300 || response.status >= 400) {
        this.note({
          method: 'probe',
          url,
          outcome: 'nothing',
          detail: `HTTP ${response.status}`,
          httpStatus: response.status,
        })
        return undefined
      }
      const target = URL.canParse(location, url) ? new URL(location, url) : undefined
      const { detail, next } = await this.#redirectTo(target, ALL)
      this.note({ method: 'probe', url, outcome: 'redirected', detail, httpStatus: response.status })
      return next
    } catch (error) {
      if (!(error instanceof EwsDelegatesError) || error.code === 'ERR_ABORTED') throw error
      this.note({ method: 'probe', url, outcome: 'unreachable', detail: withoutStop(error.message) })
      return undefined
    }
  }

  async #lookUpService(): Promise<Next | undefined> {
    const name = `_autodiscover._tcp.${this.#domain()}`
    const { resolveSrv = systemResolveSrv, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = this.#options
    let record: { readonly name: string; readonly port: number } | undefined
    try {
      ;[record] = await withinLimits('the name service', { timeoutMs, signal }, resolveSrv(name))
    } catch (error) {
      if (error instanceof ConnectionError && error.code === 'ERR_ABORTED') throw error
      if (error instanceof ConnectionError) {
        this.note({ method: 'srv', url: name, outcome: 'unreachable', detail: withoutStop(error.message) })
        return undefined
      }
    }
    if (!record?.name) {
      this.note({ method: 'srv', url: name, outcome: 'nothing', detail: 'no such record' })
      return undefined
    }
    const root = `https://${record.name}${record.port === 443 ? '' : `:${record.port}`}`
    const { detail, next } = await this.#redirectTo(
      URL.canParse(root) ? new URL('/autodiscover/autodiscover.xml', root) : undefined,
      ALL,
    )
    this.note({ method: 'srv', url: name, outcome: 'redirected', detail })
    return next
  }

  /** Follows nothing that is not https, not agreed to, a loop, or the eleventh. */
  async #redirectTo(
    target: URL | undefined,
    methods: readonly Method[],
  ): Promise<{ detail: string; next: Next | undefined }> {
    if (!target) return { detail: 'to nowhere', next: undefined }
    const where = `to ${target.origin}${target.pathname}`
    if (target.protocol !== 'https:' || target.username !== '' || target.password !== '') {
      return { detail: `${where}, which is not followed: https alone is`, next: undefined }
    }
    if (!this.#isOwn(target.hostname) && !(await this.#agree(target))) {
      return { detail: `${where}, which was not agreed to`, next: undefined }
    }
    if (!this.#countRedirect(`url ${methods.join()} ${target.href}`)) {
      return {
        detail: `${where}, which is not followed: ${this.#redirects >= MAX_REDIRECTS ? 'that were too many' : 'it goes round in a circle'}`,
        next: undefined,
      }
    }
    // A path of one's own belongs to one form; the usual ones are known at every host.
    const usual = /^\/autodiscover\/autodiscover\.(?:xml|svc|json)$/i.test(target.pathname)
    return {
      detail: where,
      next: usual
        ? { root: target.origin, methods: methods.length === 1 ? methods : ALL }
        : { root: target.origin, methods: methods.length === 1 ? methods : ['pox'], url: target.href },
    }
  }

  #countRedirect(key: string): boolean {
    if (this.#redirects >= MAX_REDIRECTS || this.#asked.has(key)) return false
    this.#redirects += 1
    this.#asked.add(key)
    return true
  }

  async #agree(target: URL): Promise<boolean> {
    const known = this.#agreed.get(target.host)
    if (known !== undefined) return known
    const answer = (await this.#options.allowRedirect?.(target)) ?? false
    this.#agreed.set(target.host, answer)
    return answer
  }

  /** Who signs in here, or why nobody does. */
  async #signInAt(url: URL): Promise<Authenticator | { reason: string }> {
    const { auth } = this.#options
    if (!auth) return { reason: 'no credentials are given' }
    const own = typeof auth === 'function' ? auth(url) : auth
    const isOnline = ONLINE_HOSTS.test(url.hostname) || isExchangeOnline(url)
    // A token opens Exchange Online to whoever holds it.
    if (own.scheme === 'Bearer' && !isOnline) {
      return { reason: 'a token for Exchange Online is not shown to another host' }
    }
    if (isOnline && isForOwnServer(own)) return { reason: NOT_SHOWN }
    if (this.#refused.size > 0 && this.#refused.has(await credentialOf(own, url)))
      return { reason: 'this sign-in was refused before and is not tried again' }
    return own
  }

  async #send(request: AutodiscoverRequest, auth: Authenticator | undefined): Promise<HttpResponse> {
    const { transport, timeoutMs = DEFAULT_TIMEOUT_MS, signal, trace } = this.#options
    const authorization = await auth?.authorization()
    const whole: HttpRequest = {
      ...request,
      headers: {
        ...request.headers,
        'user-agent': this.#options.userAgent ?? 'ews-delegates',
        ...(authorization ? { authorization } : {}),
      },
      timeoutMs,
      maxResponseBytes: 1024 * 1024,
      ...(signal ? { signal } : {}),
    }
    if (auth) this.#secrets = [...this.#secrets, ...secretsOf(whole)]
    // A host that was pointed to gets what the one before wrote into the address.
    const clean: Trace | undefined =
      trace && ((entry) => trace({ ...entry, text: redactText(entry.text, this.#secrets) }))
    return traced(auth?.transport ?? transport ?? httpTransport, clean)(whole)
  }

  #isOwn(hostname: string): boolean {
    const domain = this.#domain()
    return hostname === domain || hostname.endsWith(`.${domain}`)
  }

  #cloud(): Cloud {
    const { cloud = 'global' } = this.#options
    return typeof cloud === 'object' ? cloud : CLOUDS[cloud]
  }

  #domain(): string {
    return domainOf(this.#address)
  }
}

function requireAddress(address: string): string {
  if (domainOf(address) !== '') return address
  throw new InvalidInputError(`${JSON.stringify(address.slice(0, 100))} is not an e-mail address.`, {
    hint: 'Give the address of a mailbox, such as adele@contoso.com.',
  })
}

/** As the wire has it, where letters of any script are ASCII; empty for what is no address. */
function domainOf(address: string): string {
  const [, text = ''] = /^[^\s@]+@([\p{L}\p{M}\p{N}.-]+)$/u.exec(address) ?? []
  const domain = URL.canParse(`https://${text}`) ? new URL(`https://${text}`).hostname : ''
  // A single word is no domain of a company, and would make autodiscover.<word> somebody else's host.
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain) && !/^[\d.]+$/.test(domain) ? domain : ''
}

function describeOffer(schemes: readonly string[]): string {
  return schemes.length > 0 ? `asks to sign in (${schemes.join(', ')})` : 'asks to sign in'
}

/** Did the host look at what it was shown? Where it takes other schemes alone, it did not. */
function wasJudged({ scheme }: Authenticator, offered: readonly string[]): boolean {
  if (scheme === undefined || offered.length === 0) return true
  const taken = scheme === 'NTLM' ? ['ntlm', 'negotiate'] : [scheme.toLowerCase()]
  return offered.some((name) => taken.includes(name.toLowerCase()))
}

/** The same password everywhere; of Kerberos each host is shown a ticket of its own. */
async function credentialOf(auth: Authenticator, { host }: URL): Promise<string> {
  const credential = auth.credential ?? fingerprint(await auth.authorization())
  return auth.scheme === 'Negotiate' ? `${host} ${credential}` : credential
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '')
}

function describeAge(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000))
  if (minutes < 60) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}

const NOT_SHOWN = 'a sign-in for a server of one’s own is not shown to Exchange Online'

/** Exchange Online takes tokens alone. It answers for mailboxes it has not got, too, when their own server does not. */
function isForOwnServer({ scheme }: Authenticator): boolean {
  return scheme !== undefined && scheme !== 'Bearer'
}

/**
 * Are these credentials for an endpoint that was found, and not named by anybody?
 * @throws InvalidInputError for a password, or Kerberos, that would go to Exchange Online.
 */
export function requireOwnSignIn(ewsUrl: string | URL, auth: Authenticator): void {
  const url = new URL(ewsUrl)
  if (!isExchangeOnline(url) || !isForOwnServer(auth)) return
  throw new InvalidInputError(`Exchange Online was found (${url.host}), and ${NOT_SHOWN}.`, {
    hint: 'If the mailbox is on a server of your own, that one did not answer: name it with --url, or see whether a VPN is needed. To Exchange Online sign in with --auth device-code, certificate or client-secret.',
  })
}

/** @throws ConnectionError when the address was not found; the last thing each host said is in the hint. */
export function requireEwsUrl(found: DiscoveryResult): string {
  if (found.ewsUrl !== undefined) return found.ewsUrl
  const waiting = found.steps.find(
    ({ outcome, httpStatus }) => outcome === 'sign-in' || (outcome === 'refused' && httpStatus === 401),
  )
  throw new ConnectionError('ERR_CONNECTION', `No EWS address was found for ${found.address}.`, {
    hint: waiting
      ? `${waiting.url.split('/')[2]} ${waiting.detail}.`
      : 'ews-delegates discover shows what was asked and answered; or give the address itself.',
  })
}
