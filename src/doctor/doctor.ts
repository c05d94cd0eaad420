import { lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Authenticator } from '../auth/authenticator.ts'
import { offeredSchemes } from '../auth/offered-schemes.ts'
import { type DiscoverOptions, discover, requireOwnSignIn } from '../discovery/discover.ts'
import { ConnectionError, EwsDelegatesError, EwsResponseError, GraphResponseError } from '../errors.ts'
import { classifyHttp, remedyFor } from '../ews/classify.ts'
import { EwsClient, type EwsClientOptions } from '../ews/client.ts'
import { GraphClient, type GraphClientOptions } from '../graph/client.ts'
import type { ConnectionSettings } from '../http/connect-transport.ts'
import { httpTransport } from '../http/http-transport.ts'
import { bypassesProxy } from '../http/proxy.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import { requireSafeUrl } from '../http/safe-url.ts'
import { traced } from '../http/traced.ts'
import type { HttpResponse, Transport } from '../http/transport.ts'
import { withinLimits } from '../http/within-limits.ts'
import { isExchangeOnline } from '../model/clouds.ts'
import { explicitFolder, ownFolder } from '../model/folder-target.ts'
import { blockedCommands, checkCalendar } from './exchange-online.ts'
import { productOf } from './products.ts'
import { type DoctorStep, type Finding, type StepId, skipped } from './step.ts'
import { checkTls } from './tls-check.ts'
import { checkToken } from './token-check.ts'

export interface DoctorOptions {
  /** The EWS endpoint; without one it is discovered for the mailbox. */
  readonly url?: string | undefined
  /** Without it, whatever can be seen from outside is looked at. A function gets the endpoint that was found. */
  readonly auth?: Authenticator | ((url: URL) => Promise<Authenticator>) | undefined
  /** Whose delegates and permissions are looked at. */
  readonly mailbox?: string | undefined
  readonly impersonate?: EwsClientOptions['impersonate'] | undefined
  readonly version?: EwsClientOptions['version'] | undefined
  readonly allowPlainHttp?: boolean | undefined
  /** How to reach a server, for the look at its certificate; `transport` has to go the same way. */
  readonly connection?: ConnectionSettings | ((url: URL) => ConnectionSettings)
  /** Default: Node's HTTP client. */
  readonly transport?: Transport | undefined
  readonly graph?: Pick<GraphClientOptions, 'url' | 'auth'> | undefined
  /** `auth`: where it is not the same as for EWS. */
  readonly discovery?: Pick<DiscoverOptions, 'allowRedirect' | 'resolveSrv' | 'auth' | 'cache' | 'cloud'>
  /** Milliseconds per request. Default 30 000. */
  readonly timeoutMs?: number
  readonly userAgent?: string
  readonly trace?: EwsClientOptions['trace'] | undefined
  readonly signal?: AbortSignal | undefined
  readonly now?: () => Date
  /** Default: the system's name service. */
  readonly lookup?: (host: string) => Promise<readonly string[]>
}

/**
 * Looks at a connection from end to end, and tells each step as it is known. Changes nothing anywhere.
 *
 * @throws ConnectionError `ERR_ABORTED` when it is stopped, and whatever a function for `auth` throws. What goes wrong
 *   otherwise is a finding.
 */
export async function* doctor(options: DoctorOptions): AsyncGenerator<DoctorStep, void, undefined> {
  yield* new Examination(options).run()
}

const TITLES: Readonly<Record<StepId, string>> = {
  address: 'Which address EWS has',
  name: 'Whether its name is known',
  tls: 'Whether its certificate is good',
  endpoint: 'Which sign-in it offers',
  calendar: 'How long EWS is there',
  token: 'What the token is good for',
  'sign-in': 'Whether we get in',
  server: 'Which Exchange it is',
  impersonation: 'Whether we may impersonate',
  delegates: 'Whether we may read delegates',
  permissions: 'Whether we may change folder permissions',
  graph: 'Whether Graph answers for the mailbox',
  throttling: 'Whether we are slowed down',
}

interface Seen {
  readonly milliseconds: number
  readonly answered: boolean
  readonly told: boolean
}

/** A name or a page of the domain that is silent is not waited for as long as Exchange is. */
const DISCOVERY_TIMEOUT_MS = 15_000

class Examination {
  readonly #options: DoctorOptions
  readonly #timeoutMs: number
  readonly #seen: Seen[] = []
  #auth: Authenticator | undefined
  #appId: string | undefined
  #client: EwsClient | undefined

  constructor(options: DoctorOptions) {
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 30_000
  }

  async *run(): AsyncGenerator<DoctorStep, void, undefined> {
    const address = await this.#address()
    yield step('address', address.finding)
    if (address.url) {
      const url = address.url
      const given = this.#options.auth
      this.#auth = typeof given === 'function' ? await given(url) : given
      const auth = this.#auth
      const name = await this.#name(url)
      yield step('name', name)
      if (name.status !== 'failed') {
        if (url.protocol === 'https:') {
          const settings = this.#connectionFor(url)
          const { signal } = this.#options
          yield step('tls', await checkTls(url, settings, this.#now(), this.#timeoutMs, signal))
        }
        const endpoint = await this.#endpoint(url)
        yield step('endpoint', endpoint)
        const token = await this.#token()
        if (isExchangeOnline(url)) yield step('calendar', checkCalendar(this.#now(), this.#appId))
        if (token) yield step('token', token)
        if (endpoint.status === 'failed' && endpoint.facts?.reached !== true) {
          yield step('sign-in', skipped('The server was not reached.'))
        } else if (!auth) {
          yield step('sign-in', skipped('No credentials are given.', 'Give --user, --auth or a token.'))
        } else {
          const unasked = this.#options.url === undefined ? whyNotShown(url, auth) : undefined
          if (unasked) yield step('sign-in', unasked)
          else yield* this.#inside(url, auth)
        }
      }
    }
    yield step('graph', await this.#graph())
    yield step('throttling', this.#throttling())
  }

  async #address(): Promise<{ finding: Finding; url: URL | undefined }> {
    const { url, mailbox, auth, allowPlainHttp, discovery, userAgent, transport, trace, signal } =
      this.#options
    if (url !== undefined) {
      try {
        const safe = requireSafeUrl(url, allowPlainHttp ?? false)
        const plain = safe.protocol === 'http:' ? ' It is not encrypted.' : ''
        const usual = /\/exchange\.asmx$/i.test(safe.pathname)
        return {
          url: safe,
          finding: usual
            ? {
                status: plain === '' ? 'ok' : 'warning',
                finding: `${url} was given.${plain}`,
                facts: { url },
              }
            : {
                status: 'warning',
                finding: `${url} was given.${plain}`,
                reason: 'EWS addresses usually end in /EWS/Exchange.asmx.',
                facts: { url },
              },
        }
      } catch (error) {
        return { url: undefined, finding: findingOf(error) }
      }
    }
    if (mailbox === undefined) {
      return {
        url: undefined,
        finding: skipped('Neither an address nor a mailbox is given.', 'Give --url, or the mailbox.'),
      }
    }
    try {
      const found = await discover(mailbox, {
        auth: typeof auth === 'function' ? undefined : auth,
        ...discovery,
        ...(transport ? { transport } : {}),
        timeoutMs: Math.min(this.#timeoutMs, DISCOVERY_TIMEOUT_MS),
        userAgent: userAgent ?? 'ews-delegates',
        trace,
        signal,
      })
      const facts = { url: found.ewsUrl ?? null, steps: found.steps }
      return found.ewsUrl === undefined
        ? {
            url: undefined,
            finding: {
              status: 'failed',
              finding: `No EWS address was found for ${mailbox}.`,
              reason: found.steps
                .filter(({ outcome }) => outcome !== 'unreachable')
                .map(({ url: place, detail }) => `${place}: ${detail}`)
                .join('; '),
              next: [`ews-delegates discover ${mailbox}`, 'Or give the address: --url'],
              facts,
            },
          }
        : {
            url: new URL(found.ewsUrl),
            finding: {
              status: 'ok',
              finding: `${found.ewsUrl} was found for ${mailbox}${found.steps[0]?.method === 'cache' ? ` before (${found.steps[0].detail})` : ''}.`,
              facts,
            },
          }
    } catch (error) {
      return { url: undefined, finding: findingOf(error) }
    }
  }

  async #name(url: URL): Promise<Finding> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host)) return { status: 'ok', finding: `${host} is an address, not a name.` }
    if (this.#connectionFor(url).proxy !== undefined) {
      return skipped('The proxy looks the name up.')
    }
    try {
      const { signal, lookup = lookUp } = this.#options
      const addresses = await withinLimits(
        'The name service',
        { timeoutMs: this.#timeoutMs, signal },
        lookup(host),
      )
      return {
        status: 'ok',
        finding: `${host} is ${addresses.slice(0, 4).join(', ')}${addresses.length > 4 ? ' and more' : ''}.`,
        facts: { addresses },
      }
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'ERR_ABORTED') throw error
      return {
        status: 'failed',
        finding: `The name ${host} is not known here${code ? ` (${code})` : ''}.`,
        reason:
          code === 'EAI_AGAIN' || code === 'ERR_TIMEOUT'
            ? 'The name service does not answer.'
            : 'It is misspelt, or known inside the company’s network alone.',
        next: ['Check the spelling, the name service of this machine, and whether a VPN is needed.'],
      }
    }
  }

  /** A question without credentials: what comes back says who is there. */
  async #endpoint(url: URL): Promise<Finding> {
    let response: HttpResponse
    try {
      response = await traced(
        this.#transport(),
        this.#options.trace,
      )({
        url: url.href,
        method: 'GET',
        headers: { 'user-agent': this.#options.userAgent ?? 'ews-delegates' },
        timeoutMs: this.#timeoutMs,
        maxResponseBytes: 1024 * 1024,
        ...(this.#options.signal ? { signal: this.#options.signal } : {}),
      })
    } catch (error) {
      return findingOf(error)
    }
    const offered = offeredSchemes(response.headers['www-authenticate'])
    const skew = clockSkew(response, this.#now())
    const facts = {
      reached: true,
      httpStatus: response.status,
      offered,
      frontEnd: response.headers['x-feserver'] ?? null,
      clockSkewSeconds: skew,
    }
    if (Math.abs(skew ?? 0) > 300) {
      return {
        status: 'warning',
        finding: `The server’s clock and this machine’s are ${Math.round(Math.abs(skew ?? 0) / 60)} minutes apart.`,
        reason: 'Kerberos and tokens do not work with more than five.',
        next: ['Set the clock of this machine by a time service.'],
        facts,
      }
    }
    return { ...this.#judgeEndpoint(response, offered, url), facts }
  }

  #judgeEndpoint(response: HttpResponse, offered: readonly string[], url: URL): Finding {
    const { status } = response
    if (status === 401 && offered.length > 0) {
      const missing = notOffered(this.#auth, offered)
      return missing === undefined
        ? { status: 'ok', finding: `It offers ${offered.join(', ')}.` }
        : {
            status: 'warning',
            finding: `It offers ${offered.join(', ')}, and not ${missing}.`,
            reason: 'The sign-in that was chosen will probably be refused.',
            next: [
              `Choose another: --auth ${offered.some((scheme) => /^ntlm|negotiate$/i.test(scheme)) ? 'ntlm' : offered.some((scheme) => /^bearer$/i.test(scheme)) ? 'device-code' : 'basic'}`,
              'On the server: Get-WebServicesVirtualDirectory | Format-List *Authentication*',
            ],
          }
    }
    if (status === 404 || status === 405) {
      return {
        status: 'failed',
        finding: `There is no EWS at ${url.href} (HTTP ${status}).`,
        next: ['Check the path: it usually ends in /EWS/Exchange.asmx.'],
      }
    }
    if (status === 403) {
      return {
        status: 'failed',
        finding: 'It refuses EWS before anybody signs in (HTTP 403).',
        reason: 'EWS is switched off for the organization, or a proxy or firewall keeps it from here.',
        ...(isExchangeOnline(url) ? { next: blockedCommands(this.#options.mailbox, this.#appId) } : {}),
      }
    }
    const redirect = status >= 300 && status < 400 ? classifyHttp(response, url.href) : undefined
    if (redirect) {
      return {
        // The error page of a server that stumbled passes; a page to sign in at stays.
        status: redirect.code === 'ERR_CONNECTION' ? 'warning' : 'failed',
        finding: redirect.message,
        ...(redirect.hint === undefined ? {} : { next: [redirect.hint] }),
      }
    }
    if (status === 429 || status >= 500) {
      return {
        status: 'warning',
        finding: `It cannot answer now (HTTP ${status}).`,
        next: [
          'Try again in a moment; on the server see the health of its components: Get-ServerComponentState',
        ],
      }
    }
    return {
      status: 'warning',
      finding: `It asks nobody to sign in (HTTP ${status}).`,
      reason: 'Exchange asks. A proxy may have answered in its place.',
    }
  }

  /** What the token says, which is known before the server was asked; and with it the application's id. */
  async #token(): Promise<Finding | undefined> {
    const auth = this.#auth
    if (!auth) return undefined
    try {
      const header = await auth.authorization()
      if (!/^bearer\s/i.test(header)) return undefined
      const { finding, claims } = checkToken(header, 'ews', {
        now: this.#now(),
        impersonates: this.#options.impersonate !== undefined,
      })
      this.#appId = claims?.appId
      return finding
    } catch (error) {
      return findingOf(error)
    }
  }

  async *#inside(url: URL, auth: Authenticator): AsyncGenerator<DoctorStep, void, undefined> {
    const { impersonate, mailbox } = this.#options
    let failure: unknown
    try {
      this.#client = this.#ewsClient(url, auth, impersonate)
      await this.#client.getFolder(ownFolder('inbox'))
    } catch (error) {
      failure = error
    }
    rethrowAborted(failure)
    // A service account may have no mailbox of its own and yet be let in.
    const homeless =
      failure instanceof EwsResponseError &&
      /NonExistentMailbox|MailboxStoreUnavailable/.test(failure.responseCode)
    // Exchange says so to those whom it knows: it is the account's budget.
    const busy = failure instanceof EwsResponseError && isPassing(failure)
    if (failure !== undefined && !homeless && !busy) {
      yield step('sign-in', this.#explainRefusal(failure, url))
      return
    }
    if (busy) {
      const own = findingOf(failure)
      yield step('sign-in', {
        ...own,
        status: 'warning',
        finding: `${auth.describe} is let in, but the inbox could not be opened: ${own.finding}`,
      })
    } else
      yield step('sign-in', {
        status: 'ok',
        finding: homeless
          ? `${auth.describe} is let in, and has no mailbox of its own.`
          : `${auth.describe} is let in, and the inbox${impersonate === undefined ? '' : ' of the impersonated mailbox'} can be opened.`,
      })
    yield step('server', this.#server())
    yield step('impersonation', await this.#impersonation(url, auth))
    if (mailbox === undefined) {
      const why = 'No mailbox is named.'
      yield step('delegates', skipped(why, 'Name one: ews-delegates doctor adele@contoso.com'))
      yield step('permissions', skipped(why))
      return
    }
    yield step('delegates', await this.#delegates(mailbox))
    yield step('permissions', await this.#permissions(mailbox))
  }

  #server(): Finding {
    const version = this.#client?.serverVersion
    const product = productOf(version)
    const facts = { ...version }
    if (!product) return { status: 'ok', finding: 'The server does not say which it is.', facts }
    return product.supported
      ? { status: 'ok', finding: `${product.name}, build ${product.build}.`, facts }
      : {
          status: 'warning',
          finding: `${product.name}, build ${product.build}.`,
          reason: 'Microsoft does not mend this version any more.',
          next: ['Plan the way to Exchange Server Subscription Edition.'],
          facts,
        }
  }

  async #impersonation(url: URL, auth: Authenticator): Promise<Finding> {
    const { impersonate, mailbox } = this.#options
    if (impersonate !== undefined) {
      return { status: 'ok', finding: 'Yes: the calls are made as the impersonated mailbox.' }
    }
    if (mailbox === undefined) return skipped('No mailbox is named that could be impersonated.')
    try {
      await this.#ewsClient(url, auth, mailbox).getFolder(ownFolder('inbox'))
      return { status: 'ok', finding: `Yes, ${mailbox} can be impersonated.` }
    } catch (error) {
      const own = findingOf(error)
      if (!isNo(error)) return couldNotTell(own)
      return {
        ...own,
        status: 'warning',
        finding: `No: ${own.finding}`,
        reason: 'It is needed only where --impersonate is used, as for many mailboxes by one account.',
        next: impersonationCommands(isExchangeOnline(url), auth.describe, this.#appId),
      }
    }
  }

  async #delegates(mailbox: string): Promise<Finding> {
    try {
      const { delegates, outcomes } = await this.#requireClient().getDelegates(mailbox)
      const broken = outcomes.length - delegates.length
      return {
        status: broken > 0 ? 'warning' : 'ok',
        finding: `Yes: ${mailbox} has ${count(delegates.length, 'delegate')}.`,
        ...(broken > 0
          ? {
              reason: `${count(broken, 'entry', 'entries')} cannot be read: mostly accounts that were deleted.`,
              next: [`ews-delegates delegate list ${mailbox}`],
            }
          : {}),
        facts: { delegates: delegates.length, unreadable: broken },
      }
    } catch (error) {
      return this.#explainMailbox(error, mailbox)
    }
  }

  async #permissions(mailbox: string): Promise<Finding> {
    try {
      const folder = await this.#requireClient().getFolder(explicitFolder('calendar', mailbox), {
        permissions: true,
      })
      const rights = folder.effectiveRights
      const facts = {
        entries: folder.permissions?.entries.length ?? null,
        effectiveRights: rights ?? null,
      }
      // The right to change them has no flag of its own; whoever owns a folder has all of these.
      const owns = rights ? rights.modify && rights.delete && rights.createHierarchy : undefined
      if (!folder.permissions) {
        return { status: 'warning', finding: 'The permissions of the calendar are not shown.', facts }
      }
      return owns === false
        ? {
            status: 'warning',
            finding: 'The permissions of the calendar can be read, and probably not be changed.',
            reason: 'Changing them takes the owner’s rights on the folder, and this account has fewer.',
            next: [
              `Sign in as ${mailbox}, impersonate it, or have Full Access: Add-MailboxPermission ${mailbox} -User … -AccessRights FullAccess`,
            ],
            facts,
          }
        : {
            status: 'ok',
            finding:
              'The permissions of the calendar can be read, and the rights on it are an owner’s. Nothing was changed to try it.',
            facts,
          }
    } catch (error) {
      return this.#explainMailbox(error, mailbox)
    }
  }

  #explainMailbox(error: unknown, mailbox: string): Finding {
    const own = findingOf(error)
    if (!isNo(error)) return couldNotTell(own)
    return {
      ...own,
      finding: `No: ${own.finding}`,
      next: [
        ...(own.next ?? []),
        `The owner may, whoever impersonates the owner, and whoever has Full Access: Get-MailboxPermission ${mailbox}`,
      ],
    }
  }

  #explainRefusal(error: unknown, url: URL): Finding {
    const own = findingOf(error)
    if (error instanceof ConnectionError && error.code === 'ERR_FORBIDDEN') {
      return {
        ...own,
        reason: isExchangeOnline(url)
          ? 'A refusal without SOAP comes from one of the gates in front of EWS; the answer does not say which.'
          : 'A refusal without SOAP comes from EWS being switched off for the mailbox or the organization, or from a proxy.',
        next: isExchangeOnline(url)
          ? blockedCommands(this.#options.mailbox, this.#appId)
          : [
              'Get-OrganizationConfig | Format-List Ews*',
              `Get-CASMailbox ${this.#options.mailbox ?? '<mailbox>'} | Format-List Ews*`,
            ],
      }
    }
    if (error instanceof EwsResponseError && /Impersonat/.test(error.responseCode)) {
      return {
        ...own,
        next: impersonationCommands(isExchangeOnline(url), this.#auth?.describe ?? '<account>', this.#appId),
      }
    }
    return own
  }

  async #graph(): Promise<Finding> {
    const { graph, mailbox, userAgent, trace, signal } = this.#options
    if (!graph) {
      return skipped('There is no sign-in for Graph.', 'Set GRAPH_TOKEN, or sign in with --auth device-code.')
    }
    try {
      const header = await graph.auth.authorization()
      const { finding, claims } = checkToken(header, 'graph', { now: this.#now(), impersonates: true })
      if (finding.status === 'failed') return finding
      const client = new GraphClient({
        ...graph,
        transport: this.#transport(),
        timeoutMs: this.#timeoutMs,
        maxWaitMs: 0,
        ...(userAgent === undefined ? {} : { userAgent }),
        ...(trace ? { trace } : {}),
        ...(signal ? { signal } : {}),
      })
      if (claims?.appOnly && mailbox === undefined) {
        return skipped('An application as itself has no mailbox to ask for.', 'Name one.')
      }
      await client.getFolder('inbox', mailbox === undefined ? {} : { as: mailbox })
      return { ...finding, finding: `Yes, for ${mailbox ?? 'the signed-in user'}. ${finding.finding}` }
    } catch (error) {
      rethrowAborted(error)
      return findingOf(error)
    }
  }

  #throttling(): Finding {
    if (this.#seen.length === 0) return skipped('Nothing was sent.')
    const slowest = Math.max(...this.#seen.map(({ milliseconds }) => milliseconds))
    const told = this.#seen.filter((each) => each.told).length
    const unanswered = this.#seen.filter((each) => !each.answered).length
    const facts = {
      requests: this.#seen.length,
      slowestMilliseconds: slowest,
      toldToWait: told,
      unanswered,
    }
    const about = `${count(this.#seen.length, 'request')}, the slowest took ${slowest} ms`
    if (told === 0 && unanswered > 0) {
      return {
        status: 'warning',
        finding: `${about}; ${unanswered} got no answer.`,
        reason: 'The server may be overloaded, or something on the way ends connections.',
        next: ['Try again in a moment, or allow more time: --timeout'],
        facts,
      }
    }
    return told === 0
      ? { status: 'ok', finding: `${about}; none was told to wait.`, facts }
      : {
          status: 'warning',
          finding: `${about}; ${told} ${told === 1 ? 'was' : 'were'} told to wait.`,
          reason: 'The server, or the account’s budget on it, is used up at the moment.',
          next: [
            'Let commands wait for it (--max-wait); on a server of your own see Get-ThrottlingPolicyAssociation.',
          ],
          facts,
        }
  }

  #ewsClient(url: URL, auth: Authenticator, impersonate: EwsClientOptions['impersonate']): EwsClient {
    const { version, allowPlainHttp, userAgent, trace, signal } = this.#options
    return new EwsClient({
      url: url.href,
      auth,
      transport: this.#transport(auth.transport),
      timeoutMs: this.#timeoutMs,
      allowPlainHttp: allowPlainHttp ?? false,
      ...(impersonate === undefined ? {} : { impersonate }),
      ...(version === undefined ? {} : { version }),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(trace ? { trace } : {}),
      ...(signal ? { signal } : {}),
    })
  }

  #requireClient(): EwsClient {
    if (!this.#client) throw new Error('the client is made when we are let in')
    return this.#client
  }

  /** Takes the time, and notices who was told to wait. */
  #transport(own?: Transport): Transport {
    const send = own ?? this.#options.transport ?? httpTransport
    return async (request) => {
      const start = performance.now()
      const see = (answered: boolean, told: boolean) =>
        this.#seen.push({ milliseconds: Math.round(performance.now() - start), answered, told })
      let response: HttpResponse
      try {
        response = await send(request)
      } catch (error) {
        // What could not be sent says nothing of how fast the server is.
        if (
          error instanceof ConnectionError &&
          error.code !== 'ERR_ABORTED' &&
          (error.code === 'ERR_TIMEOUT' || error.mayHaveHappened)
        )
          see(false, false)
        throw error
      }
      see(
        true,
        response.status === 429 ||
          response.status === 503 ||
          parseRetryAfter(response.headers['retry-after'], Date.now()) !== undefined ||
          /ErrorServerBusy|ErrorExceededConnectionCount|BackOffMilliseconds/.test(response.body),
      )
      return response
    }
  }

  #connectionFor(url: URL): ConnectionSettings {
    const { connection: given = {} } = this.#options
    const connection = typeof given === 'function' ? given(url) : given
    return connection.proxy !== undefined && bypassesProxy(url, '')
      ? { ...connection, proxy: undefined }
      : connection
  }

  #now(): Date {
    return (this.#options.now ?? (() => new Date()))()
  }
}

function step(id: StepId, finding: Finding): DoctorStep {
  return { id, title: TITLES[id], ...finding }
}

function findingOf(error: unknown): Finding {
  rethrowAborted(error)
  if (!(error instanceof EwsDelegatesError)) throw error
  const code =
    error instanceof EwsResponseError
      ? error.responseCode
      : error instanceof GraphResponseError
        ? error.graphCode
        : undefined
  return {
    status: 'failed',
    finding:
      code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`,
    ...(error.hint === undefined ? {} : { next: [error.hint] }),
    facts: {
      code: error.code,
      ...(code === undefined ? {} : { responseCode: code }),
      ...('httpStatus' in error && error.httpStatus !== undefined ? { httpStatus: error.httpStatus } : {}),
    },
  }
}

/** Is it a refusal, rather than a server that cannot answer now? */
function isNo(error: unknown): boolean {
  return error instanceof EwsResponseError && !isPassing(error)
}

function isPassing(error: EwsResponseError): boolean {
  return remedyFor(error).kind !== 'none'
}

function couldNotTell(own: Finding): Finding {
  return { ...own, status: 'warning', finding: `It could not be told: ${own.finding}` }
}

/** Why credentials do not go to an address that nobody named. */
function whyNotShown(url: URL, auth: Authenticator): Finding | undefined {
  try {
    requireOwnSignIn(url, auth)
    return undefined
  } catch (error) {
    return findingOf(error)
  }
}

function rethrowAborted(error: unknown): void {
  if (error === undefined) return
  const known = error instanceof EwsDelegatesError
  if (!known || error.code === 'ERR_ABORTED') throw error
}

function impersonationCommands(online: boolean, account: string, appId: string | undefined): string[] {
  const id = appId ?? '<application id>'
  return online
    ? [
        // The role ApplicationImpersonation is gone from Exchange Online since February 2025.
        `New-ServicePrincipal -AppId ${id} -ObjectId <object id of the enterprise application>`,
        `New-ManagementRoleAssignment -App ${id} -Role "Application EWS.AccessAsApp" -CustomResourceScope <scope>`,
        'Or give the application full_access_as_app with admin consent, and sign in as the application.',
      ]
    : [`New-ManagementRoleAssignment -Name ews-delegates -Role ApplicationImpersonation -User ${account}`]
}

/** Which scheme the authenticator speaks, when the server does not offer it. */
function notOffered(auth: Authenticator | undefined, offered: readonly string[]): string | undefined {
  const scheme = auth?.scheme
  if (scheme === undefined) return undefined
  // Windows takes NTLM under the name Negotiate too.
  const names = scheme === 'NTLM' ? ['ntlm', 'negotiate'] : [scheme.toLowerCase()]
  return offered.some((each) => names.includes(each.toLowerCase())) ? undefined : scheme
}

/** Seconds that the server is ahead of this machine. */
function clockSkew(response: HttpResponse, now: Date): number | undefined {
  const time = Date.parse(response.headers.date ?? '')
  return Number.isNaN(time) ? undefined : Math.round((time - now.getTime()) / 1000)
}

async function lookUp(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true })).map(({ address }) => address)
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number === 0 ? 'no' : number} ${number === 1 ? one : many}`
}
