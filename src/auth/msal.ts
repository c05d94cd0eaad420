import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type {
  AccountInfo,
  AuthenticationResult,
  Configuration,
  ICachePlugin,
  INetworkModule,
  PublicClientApplication,
} from '@azure/msal-node'
import { ConnectionError, EwsDelegatesError, InvalidInputError } from '../errors.ts'
import { httpTransport } from '../http/http-transport.ts'
import { formsOf, redactText, secretsOf } from '../http/redact.ts'
import { requireSafeUrl } from '../http/safe-url.ts'
import { traced } from '../http/traced.ts'
import type { HttpRequest, Trace, Transport } from '../http/transport.ts'
import { CLOUDS, type Cloud, type CloudName } from '../model/clouds.ts'
import type { Authenticator } from './authenticator.ts'
import { readCertificate } from './certificate.ts'
import { explainEntraError } from './entra-errors.ts'
import { openBrowser } from './open-browser.ts'
import type { TokenCache } from './token-cache.ts'

/** What a person types on another device to sign in here. */
export interface DeviceCode {
  readonly userCode: string
  readonly verificationUrl: string
  readonly expiresInSeconds: number
  /** Microsoft's own sentence, with both in it. */
  readonly message: string
}

/** How to sign in. The first two are an application as itself, the last two a person. */
export type MicrosoftSignInMethod =
  | { readonly kind: 'client-secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly pem: string; readonly passphrase?: string | undefined }
  | { readonly kind: 'device-code'; readonly prompt: (code: DeviceCode) => void }
  | {
      readonly kind: 'browser'
      /** Default: the system's browser. */
      readonly openBrowser?: (url: string) => Promise<void>
      /** Where the browser comes back to; any free port by default. */
      readonly port?: number
    }
  /** Only what is cached: never asks, and says so when somebody has to sign in. */
  | { readonly kind: 'cached' }

export interface MicrosoftSignInOptions {
  /** `contoso.onmicrosoft.com`, any domain of the tenant, or its id. */
  readonly tenant: string
  /** Application (client) id of the app registration. */
  readonly clientId: string
  readonly method: MicrosoftSignInMethod
  /** Default the world-wide one; or where its services answer. */
  readonly cloud?: CloudName | Cloud
  /** Whose account, when several are cached, and whom to suggest. */
  readonly account?: string | undefined
  /** Permissions that a person signs in to Graph with. Default {@link DEFAULT_GRAPH_SCOPES}. */
  readonly graphScopes?: readonly string[]
  /** Default: memory. */
  readonly cache?: TokenCache | undefined
  /** How tokens are fetched. Default: Node's HTTP client. */
  readonly transport?: Transport
  /** Milliseconds per request. Default 30 000. */
  readonly timeoutMs?: number
  /** Milliseconds a person has in the browser. Default five minutes. */
  readonly browserTimeoutMs?: number
  /** Shown every request for a token and its answer, secrets taken out. */
  readonly trace?: Trace | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: the optional package `@azure/msal-node`. */
  readonly load?: () => Promise<unknown>
}

/** A service to have a token for, or scopes by name. */
export type TokenResource = 'ews' | 'graph' | 'exchange-admin' | readonly string[]

export interface AccessToken {
  readonly token: string
  readonly validUntil: Date | undefined
  readonly scopes: readonly string[]
  /** Who signed in; undefined for an application. */
  readonly account: string | undefined
}

/** One sign-in, for all services of a tenant. */
export interface MicrosoftSignIn {
  readonly describe: string
  /** An application as itself: over EWS it has to impersonate. */
  readonly appOnly: boolean
  /** A current token; a person is asked once, however many calls wait for it. */
  token(resource: TokenResource): Promise<AccessToken>
  /** For an EWS or a Graph client. */
  for(resource: TokenResource): Authenticator
  /** Forgets the tokens, on disk too. */
  signOut(): Promise<void>
}

/** What granting and proving needs of Graph. */
export const DEFAULT_GRAPH_SCOPES = [
  'Mail.ReadWrite',
  'Mail.ReadWrite.Shared',
  'Mail.Send',
  'Mail.Send.Shared',
  'MailboxSettings.ReadWrite',
] as const

type MsalModule = Pick<
  typeof import('@azure/msal-node'),
  'ConfidentialClientApplication' | 'PublicClientApplication' | 'InteractionRequiredAuthError'
>

/** A token is renewed this long before its end, so that it lives through a slow call. */
const RENEW_BEFORE_MS = 5 * 60 * 1000

/**
 * Signs in at Microsoft Entra, through MSAL. Nothing is loaded or sent before the first token is asked for.
 *
 * @throws InvalidInputError for a client id, tenant or certificate that cannot be right.
 */
export function msal(options: MicrosoftSignInOptions): MicrosoftSignIn {
  const cloud = typeof options.cloud === 'object' ? options.cloud : CLOUDS[options.cloud ?? 'global']
  checkOptions(options, cloud)
  const { method } = options
  const appOnly = method.kind === 'client-secret' || method.kind === 'certificate'
  const certificate =
    method.kind === 'certificate' ? readCertificate(method.pem, { passphrase: method.passphrase }) : undefined
  const describe = appOnly ? `application ${options.clientId}` : (options.account ?? 'a Microsoft account')
  const account = appOnly || options.account !== undefined ? undefined : `Microsoft account ${randomUUID()}`

  let session: Promise<Session> | undefined
  const open = () => {
    session ??= openSession(options, cloud, certificate)
    return session
  }
  const tokens = new Map<string, AccessToken>()
  /** One after the other: two calls that find no token must not ask the same person twice. */
  let queue: Promise<unknown> = Promise.resolve()

  const token = (resource: TokenResource): Promise<AccessToken> => {
    const scopes = scopesOf(resource, cloud, appOnly, options.graphScopes ?? DEFAULT_GRAPH_SCOPES)
    const key = scopes.join(' ')
    const current = () => {
      const known = tokens.get(key)
      return known && (known.validUntil?.getTime() ?? 0) - Date.now() > RENEW_BEFORE_MS ? known : undefined
    }
    const known = current()
    if (known) return Promise.resolve(known)
    const next = queue.then(async () => {
      const meanwhile = current()
      if (meanwhile) return meanwhile
      const fresh = await (await open()).acquire(scopes)
      tokens.set(key, fresh)
      return fresh
    })
    queue = next.catch(() => undefined)
    return next
  }

  return {
    describe,
    appOnly,
    token,
    for: (resource) => ({
      describe,
      scheme: 'Bearer',
      authorization: async () => `Bearer ${(await token(resource)).token}`,
      ...(appOnly ? { appOnly: true } : {}),
      ...(account === undefined ? {} : { account }),
    }),
    async signOut() {
      tokens.clear()
      session = undefined
      await options.cache?.clear()
    },
  }
}

/** What is learnt on the way about one call. */
interface Call {
  failure?: unknown
  /** What was sent, and might be shown back. */
  readonly secrets: string[]
}

interface Session {
  acquire(scopes: readonly string[]): Promise<AccessToken>
}

async function openSession(
  options: MicrosoftSignInOptions,
  cloud: Cloud,
  certificate: ReturnType<typeof readCertificate> | undefined,
): Promise<Session> {
  // Typed here and not in the options: whoever has not installed the package has not got its types either.
  const library = (await (options.load ?? loadMsal)()) as MsalModule
  const { method } = options
  // MSAL swallows what goes wrong on the way; this brings it back to the call it belongs to.
  const call = new AsyncLocalStorage<Call>()
  const authority = authorityFor(cloud, options.tenant)
  const configuration: Configuration = {
    auth: {
      clientId: options.clientId,
      authority: authority.url,
      ...authority.metadata,
      ...(method.kind === 'client-secret' ? { clientSecret: method.secret } : {}),
      ...(certificate
        ? {
            clientCertificate: {
              thumbprintSha256: certificate.thumbprintSha256,
              privateKey: certificate.privateKey,
              x5c: certificate.chain,
            },
          }
        : {}),
    },
    ...(options.cache ? { cache: { cachePlugin: cachePlugin(options.cache) } } : {}),
    system: {
      networkClient: networkClient(options, authority.realUrl, () => call.getStore()),
      // Its log is of no use to an administrator and could name accounts.
      loggerOptions: { loggerCallback: () => {}, piiLoggingEnabled: false },
    },
  }
  const run = <T>(task: () => Promise<T>): Promise<T> => {
    const current: Call = { secrets: method.kind === 'client-secret' ? [...formsOf([method.secret])] : [] }
    return call.run(current, task).catch((error: unknown) => {
      throw toSignInError(current.failure ?? error, options, current.secrets)
    })
  }
  const appOnly = method.kind === 'client-secret' || method.kind === 'certificate'
  if (appOnly) {
    const client = new library.ConfidentialClientApplication(configuration)
    return {
      acquire: (scopes) =>
        run(async () =>
          toAccessToken(await client.acquireTokenByClientCredential({ scopes: [...scopes] }), scopes),
        ),
    }
  }
  const client = new library.PublicClientApplication(configuration)
  return {
    acquire: (scopes) => run(() => acquireForPerson(library, client, scopes, options, authority.realUrl)),
  }
}

async function acquireForPerson(
  library: MsalModule,
  client: PublicClientApplication,
  scopes: readonly string[],
  options: MicrosoftSignInOptions,
  realUrl: (url: string) => string,
): Promise<AccessToken> {
  const { method, account: wanted } = options
  const account = await findAccount(client, wanted)
  if (account) {
    try {
      return toAccessToken(await client.acquireTokenSilent({ account, scopes: [...scopes] }), scopes)
    } catch (error) {
      // A refresh token that has expired is an invalid_grant, and MSAL makes another error of it.
      const askAgain =
        error instanceof library.InteractionRequiredAuthError ||
        (error as { errorCode?: string }).errorCode === 'invalid_grant'
      if (!askAgain || method.kind === 'cached') throw error
    }
  }
  if (method.kind === 'device-code') return acquireByDeviceCode(client, scopes, method, options)
  if (method.kind === 'browser') return acquireInBrowser(client, scopes, method, options, realUrl)
  throw new ConnectionError('ERR_AUTHENTICATION', 'Nobody is signed in.', {
    hint: 'Sign in: ews-delegates login',
  })
}

async function acquireByDeviceCode(
  client: PublicClientApplication,
  scopes: readonly string[],
  method: Extract<MicrosoftSignInMethod, { kind: 'device-code' }>,
  { signal }: MicrosoftSignInOptions,
): Promise<AccessToken> {
  const request = {
    scopes: [...scopes],
    cancel: false,
    deviceCodeCallback: (code: {
      userCode: string
      verificationUri: string
      expiresIn: number
      message: string
    }) =>
      method.prompt({
        userCode: code.userCode,
        verificationUrl: code.verificationUri,
        expiresInSeconds: Number(code.expiresIn),
        message: code.message,
      }),
  }
  const stop = () => {
    request.cancel = true
  }
  requireNotAborted(signal)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    // MSAL looks at `cancel` between two polls; nobody should wait for that.
    return await stoppable(client.acquireTokenByDeviceCode(request), signal).then((result) =>
      toAccessToken(result, scopes),
    )
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

async function acquireInBrowser(
  client: PublicClientApplication,
  scopes: readonly string[],
  method: Extract<MicrosoftSignInMethod, { kind: 'browser' }>,
  options: MicrosoftSignInOptions,
  realUrl: (url: string) => string,
): Promise<AccessToken> {
  requireNotAborted(options.signal)
  const timeout = AbortSignal.timeout(options.browserTimeoutMs ?? 5 * 60 * 1000)
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout
  let stop: (() => void) | undefined
  try {
    const result = await client.acquireTokenInteractive({
      scopes: [...scopes],
      ...(options.account === undefined ? {} : { loginHint: options.account }),
      ...(method.port === undefined ? {} : { preferredPort: method.port }),
      successTemplate: 'Signed in. You can close this window and go back to the command line.',
      errorTemplate: 'The sign-in did not succeed. The command line says why.',
      openBrowser: async (url) => {
        stop = () => endLoopback(url)
        if (signal.aborted) return stop()
        signal.addEventListener('abort', stop, { once: true })
        await (method.openBrowser ?? openBrowser)(realUrl(url))
      },
    })
    return toAccessToken(result, scopes)
  } catch (error) {
    if (options.signal?.aborted) throw aborted(options.signal)
    if (timeout.aborted) {
      throw new ConnectionError('ERR_TIMEOUT', 'Nobody signed in in the browser.', {
        cause: error,
        hint: 'Try again, or sign in with a device code.',
      })
    }
    throw error
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}

/** MSAL's loopback listener has no way to be stopped but an answer; this gives it one. */
function endLoopback(authorizationUrl: string): void {
  const query = new URL(authorizationUrl).searchParams
  const back = new URL(query.get('redirect_uri') ?? '')
  back.hostname = '127.0.0.1'
  fetch(back, {
    method: 'POST',
    body: new URLSearchParams({ error: 'access_denied', state: query.get('state') ?? '' }),
  }).catch(() => {})
}

async function findAccount(
  client: PublicClientApplication,
  wanted: string | undefined,
): Promise<AccountInfo | undefined> {
  const accounts = await client.getAllAccounts()
  if (wanted !== undefined) {
    return accounts.find((each) => each.username.toLowerCase() === wanted.toLowerCase())
  }
  if (accounts.length > 1) {
    throw new InvalidInputError('Several accounts are signed in.', {
      hint: `Name one of them: ${accounts.map((each) => each.username).join(', ')}.`,
    })
  }
  return accounts[0]
}

function scopesOf(
  resource: TokenResource,
  cloud: Cloud,
  appOnly: boolean,
  graphScopes: readonly string[],
): readonly string[] {
  if (typeof resource !== 'string') return resource
  const root = resource === 'graph' ? cloud.graph : cloud.exchange
  if (appOnly || resource === 'exchange-admin') return [`${root}/.default`]
  return resource === 'graph'
    ? graphScopes.map((scope) => `${root}/${scope}`)
    : [`${root}/EWS.AccessAsUser.All`]
}

/**
 * MSAL speaks https alone, and asks Microsoft about hosts it does not know. An authority of one's own (the embedded
 * Exchange) is therefore described to it, and put under its real address when something is sent.
 */
function authorityFor(cloud: Cloud, tenant: string) {
  const root = new URL(cloud.authority)
  const url = `https://${root.host}/${tenant}`
  const realUrl = (text: string) =>
    root.protocol === 'http:' && text.startsWith(`https://${root.host}/`) ? `http:${text.slice(6)}` : text
  const known = Object.values(CLOUDS).some(({ authority }) => authority === cloud.authority)
  const metadata = known
    ? {}
    : {
        knownAuthorities: [root.host],
        authorityMetadata: JSON.stringify({
          issuer: `${url}/v2.0`,
          authorization_endpoint: `${url}/oauth2/v2.0/authorize`,
          token_endpoint: `${url}/oauth2/v2.0/token`,
          end_session_endpoint: `${url}/oauth2/v2.0/logout`,
          jwks_uri: `${url}/discovery/v2.0/keys`,
        }),
      }
  return { url, metadata, realUrl }
}

function networkClient(
  options: MicrosoftSignInOptions,
  realUrl: (url: string) => string,
  currentCall: () => Call | undefined,
): INetworkModule {
  const { timeoutMs = 30_000, signal } = options
  const transport = traced(options.transport ?? httpTransport, options.trace)
  const send = async (
    method: 'GET' | 'POST',
    url: string,
    given: { headers?: object; body?: string } = {},
  ) => {
    const request: HttpRequest = {
      url: realUrl(url),
      method,
      headers: { accept: 'application/json', ...given.headers },
      ...(given.body === undefined ? {} : { body: given.body }),
      timeoutMs,
      maxResponseBytes: 1024 * 1024,
      ...(signal ? { signal } : {}),
    }
    const call = currentCall()
    call?.secrets.push(...secretsOf(request))
    try {
      const response = await transport(request)
      return { status: response.status, headers: { ...response.headers }, body: readJson(response, url) }
    } catch (error) {
      if (call) call.failure = error
      throw error
    }
  }
  return {
    sendGetRequestAsync: <T>(url: string, given?: object) =>
      send('GET', url, given) as Promise<{ status: number; headers: Record<string, string>; body: T }>,
    sendPostRequestAsync: <T>(url: string, given?: object) =>
      send('POST', url, given) as Promise<{ status: number; headers: Record<string, string>; body: T }>,
  }
}

function readJson(response: { status: number; body: string }, url: string): unknown {
  try {
    return JSON.parse(response.body)
  } catch {
    // Without the parser's error, which quotes what the server wrote.
    throw new ConnectionError(
      'ERR_INVALID_RESPONSE',
      `${new URL(url).host} answered HTTP ${response.status} with something that is not JSON.`,
      {
        httpStatus: response.status,
        hint: 'A proxy may stand between, or the address is not that of a token endpoint.',
      },
    )
  }
}

function cachePlugin(cache: TokenCache): ICachePlugin {
  return {
    async beforeCacheAccess({ tokenCache }) {
      const content = await cache.load()
      if (content !== undefined) tokenCache.deserialize(content)
    },
    async afterCacheAccess({ tokenCache, cacheHasChanged }) {
      if (cacheHasChanged) await cache.save(tokenCache.serialize())
    },
  }
}

function toAccessToken(result: AuthenticationResult | null, scopes: readonly string[]): AccessToken {
  if (!result?.accessToken) {
    throw new ConnectionError('ERR_AUTHENTICATION', 'The sign-in gave no access token.')
  }
  return {
    token: result.accessToken,
    validUntil: result.expiresOn ?? undefined,
    scopes: result.scopes.length > 0 ? result.scopes : scopes,
    account: result.account?.username,
  }
}

function toSignInError(error: unknown, options: MicrosoftSignInOptions, secrets: readonly string[]): Error {
  if (error instanceof EwsDelegatesError) return error
  if (options.signal?.aborted) return aborted(options.signal)
  const { errorCode = '', errorMessage = '' } = error as { errorCode?: string; errorMessage?: string }
  const text = redactText(
    errorMessage || (error instanceof Error ? error.message : String(error)),
    // The longest first, so that none is left half redacted.
    secrets.toSorted((a, b) => b.length - a.length),
  )
  const { code, hint } = explainEntraError(text)
  // MSAL and Entra put identifiers and the time around the sentence.
  const sentence = (/\bAADSTS\d+:[\s\S]*/.exec(text)?.[0] ?? text)
    .split(/\s*(?:\r?\n|\bTrace ID:| - Correlation ID:)/)[0]
    ?.trim()
  return new ConnectionError(
    'ERR_AUTHENTICATION',
    `The sign-in was refused: ${sentence || errorCode || 'no reason is given'}`,
    {
      // MSAL's own error repeats all of the answer.
      cause: new Error(text),
      hint: hint ?? fallbackHint(errorCode, code),
    },
  )
}

function fallbackHint(errorCode: string, number: string | undefined): string | undefined {
  if (number !== undefined) return `See https://login.microsoftonline.com/error?code=${number.slice(7)}`
  switch (errorCode) {
    case 'device_code_expired':
      return 'The code was not used in time; try again.'
    case 'access_denied':
    case 'authorization_declined':
      return 'The person at the browser said no.'
    case 'no_tokens_found':
    case 'interaction_required':
    case 'login_required':
    case 'consent_required':
    case 'invalid_grant':
      return 'Sign in again: ews-delegates login'
    default:
      return undefined
  }
}

function checkOptions({ tenant, clientId, method }: MicrosoftSignInOptions, cloud: Cloud): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(tenant)) {
    throw new InvalidInputError(`${JSON.stringify(tenant.slice(0, 60))} is not a tenant.`, {
      hint: 'Give a domain such as contoso.onmicrosoft.com, or the tenant’s id.',
    })
  }
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(clientId)) {
    throw new InvalidInputError(`${JSON.stringify(clientId.slice(0, 60))} is not a client id.`, {
      hint: 'It is on the first page of the app registration: “Application (client) ID”.',
    })
  }
  if (method.kind === 'client-secret' && method.secret.trim() === '') {
    throw new InvalidInputError('The client secret is empty.')
  }
  const appOnly = method.kind === 'client-secret' || method.kind === 'certificate'
  if (appOnly && /^(?:common|organizations|consumers)$/i.test(tenant)) {
    throw new InvalidInputError('An application signs in to one tenant, and it has to be named.', {
      hint: 'Give a domain of the tenant or its id.',
    })
  }
  requireSafeUrl(cloud.authority, false)
}

async function loadMsal(): Promise<MsalModule> {
  try {
    return await import('@azure/msal-node')
  } catch (cause) {
    throw new InvalidInputError('Signing in at Microsoft needs a package that is not installed.', {
      cause,
      hint: 'Install it: npm install @azure/msal-node',
    })
  }
}

function stoppable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(aborted(signal))
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function requireNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

function aborted(signal: AbortSignal): ConnectionError {
  return new ConnectionError('ERR_ABORTED', 'The sign-in was stopped.', { cause: signal.reason })
}
