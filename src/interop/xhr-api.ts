import type { NtlmCredentials } from '../auth/ntlm.ts'
import type { ConnectionSettings } from '../http/connect-transport.ts'
import { proxyFromEnvironment } from '../http/proxy.ts'
import { ews } from './ews-package.ts'
import type { Leftovers } from './leftovers.ts'

/** How an `ExchangeService` reaches its server. */
export interface XhrSettings {
  readonly connection: ConnectionSettings
  readonly headers: Readonly<Record<string, string>>
  /** Its own sign-in, in place of the service's credentials. */
  readonly ntlm?: NtlmCredentials
  readonly timeoutMs?: number
}

/** Fields of `XhrApi`, most of them private in its types. */
interface XhrApiFields {
  readonly requestOptions?: Readonly<Record<string, unknown>>
  readonly allowUntrustedCertificate?: boolean
  readonly proxyConfig?: {
    readonly enabled?: boolean
    readonly url?: string | null
    readonly userName?: string | null
    readonly password?: string | null
  }
  readonly authProvider?: (object & { readonly providerName?: string }) | null
}

/** Fields of `NtlmProvider`, private in its types. */
interface NtlmProviderFields {
  readonly username: string
  readonly password: string
  readonly domain: string
}

/** Options of a request that are read here, or that mean nothing to it. */
const KNOWN_OPTIONS = new Set(['headers', 'rejectUnauthorized', 'timeout', 'proxy', 'gzip', 'decompress'])

/**
 * Reads the package's own `XhrApi`: its proxy, or the environment's, as axios takes it; certificates that it takes
 * unseen; headers; NTLM. Cookies, agents (and so client certificates) and whatever stands in its place are left over.
 *
 * @param replaced what the caller brings along, so that it does not matter what the service has.
 */
export function readXhrApi(
  xhrApi: unknown,
  url: string,
  leftovers: Leftovers,
  replaced: { readonly auth: boolean; readonly transport: boolean },
): XhrSettings {
  if (!isXhrApi(xhrApi)) {
    if (!replaced.transport) {
      leftovers.add('XHRApi', `the XHRApi ${nameOf(xhrApi)}`, 'Give a transport in its place.')
    }
    return { connection: {}, headers: {} }
  }
  const { requestOptions = {}, allowUntrustedCertificate, authProvider } = xhrApi
  const options = { ...ews.XhrApi?.defaultOptions, ...requestOptions } as Record<string, unknown>
  if (!replaced.transport) reportOptions(options, leftovers)
  const proxy = readProxy(xhrApi, options, url)
  const ntlm = authProvider && !replaced.auth ? readProvider(authProvider, leftovers, replaced) : undefined
  return {
    connection: {
      ...(proxy === undefined ? {} : { proxy }),
      ...(allowUntrustedCertificate ? { insecure: true } : {}),
    },
    headers: {
      ...(ews.XhrApi?.defaultOptions?.headers as Record<string, string> | undefined),
      ...(requestOptions.headers as Record<string, string> | undefined),
    },
    ...(ntlm ? { ntlm } : {}),
    ...(typeof options.timeout === 'number' && options.timeout > 0 ? { timeoutMs: options.timeout } : {}),
  }
}

function readProvider(
  provider: object & { readonly providerName?: string },
  leftovers: Leftovers,
  replaced: { readonly transport: boolean },
): NtlmCredentials | undefined {
  const { username, password, domain } = provider as Partial<NtlmProviderFields>
  const isNtlm = provider.providerName === 'ntlm' && typeof username === 'string'
  if (isNtlm && typeof password === 'string') {
    if (!replaced.transport) return { user: username, password, ...(domain ? { domain } : {}) }
    leftovers.add('XHRApi', 'NTLM over a transport of your own', 'Give auth as well, or no transport.')
    return undefined
  }
  if (provider.providerName === 'cookie') {
    leftovers.add('XHRApi', 'sign-in with cookies (useCookieAuthentication)', 'Give auth in its place.')
  } else {
    leftovers.add('XHRApi', `the sign-in provider ${nameOf(provider)}`, 'Give auth in its place.')
  }
  return undefined
}

function reportOptions(options: Readonly<Record<string, unknown>>, leftovers: Leftovers): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || (KNOWN_OPTIONS.has(name) && (name !== 'proxy' || value === false))) continue
    const hint = /agent$/i.test(name)
      ? 'Client certificates, authorities and proxies are given to connectTransport(), and that as transport.'
      : 'Give a transport in its place.'
    leftovers.add('XHRApi', `the XhrApi option ${name}`, hint)
  }
}

function readProxy(
  { proxyConfig }: XhrApiFields,
  options: Readonly<Record<string, unknown>>,
  url: string,
): string | undefined {
  if (proxyConfig?.enabled && proxyConfig.url) {
    const { userName, password } = proxyConfig
    const proxy = new URL(proxyConfig.url)
    if (userName && password) Object.assign(proxy, { username: userName, password })
    return proxy.href
  }
  return options.proxy === false ? undefined : proxyFromEnvironment(url, process.env)
}

function isXhrApi(xhrApi: unknown): xhrApi is XhrApiFields {
  if (typeof xhrApi !== 'object' || xhrApi === null) return false
  // By name too: another copy of the package has another class. What extends it does what nobody knows.
  const itsClass = Object.getPrototypeOf(xhrApi)?.constructor
  return itsClass === ews.XhrApi || itsClass?.name === 'XhrApi'
}

function nameOf(value: unknown): string {
  const name = (value as object | null)?.constructor?.name
  return name && name !== 'Object' ? name : 'of your own'
}
