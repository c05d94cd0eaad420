import type { Authenticator } from '../auth/authenticator.ts'
import { basic } from '../auth/basic.ts'
import { bearer } from '../auth/bearer.ts'
import { ntlm } from '../auth/ntlm.ts'
import { InvalidInputError } from '../errors.ts'
import { EwsClient, type EwsClientOptions } from '../ews/client.ts'
import type { Impersonation } from '../ews/envelope.ts'
import { type ExchangeVersion, parseVersion } from '../ews/versions.ts'
import { connectTransport } from '../http/connect-transport.ts'
import { httpTransport } from '../http/http-transport.ts'
import type { Transport } from '../http/transport.ts'
import { ews, nameIn } from './ews-package.ts'
import { type Leftover, Leftovers } from './leftovers.ts'
import { readXhrApi } from './xhr-api.ts'

/** What of an `ExchangeService` is read; any version's and any copy's. */
export interface ExchangeServiceLike {
  readonly Url: { readonly AbsoluteUri: string } | null
  readonly Credentials: object | null
  readonly RequestedServerVersion: number
  readonly ImpersonatedUserId: { readonly IdType: number; readonly Id: string } | null
  readonly Timeout: number
  readonly UserAgent: string
  readonly TimeZone: { readonly Id: string }
  readonly HttpHeaders: { readonly Keys: readonly string[]; get(name: string): string }
  readonly ClientRequestId: string | null
  readonly ReturnClientRequestId: boolean
  readonly DateTimePrecision: number
  readonly ManagementRoles: object | null
  readonly XHRApi: object
}

/** What else it has, internal in its types. */
interface ServiceInternals {
  readonly Exchange2007CompatibilityMode?: boolean
  readonly OnSerializeCustomSoapHeaders?: unknown
  readonly PrivilegedUserId?: object | null
  readonly SuppressXmlVersionHeader?: boolean
  readonly TargetServerVersion?: string | null
}

/** Options of the client; what is given here goes before what the service has. */
export interface FromExchangeServiceOptions extends Partial<EwsClientOptions> {
  /** What the client does without, where it cannot take it over. Default: nothing; it is refused by its name. */
  readonly leaveOut?: readonly Leftover[]
}

/** Headers that are the client's own business; another value would break the request or the sign-in. */
const OWN_HEADERS = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'transfer-encoding',
])

/**
 * A client for the server, the account and the mailbox of an `ExchangeService`: its URL, credentials (or the NTLM
 * sign-in of its `XhrApi`), impersonation, requested version, time-out, user agent, time zone, HTTP headers, proxy.
 *
 * The service is read now, and is not changed. What is changed on it later needs another client, except a renewed
 * token: whenever the service is given new `OAuthCredentials`, the client signs in with those.
 *
 * @throws InvalidInputError for what cannot be taken over, by its name, unless an option replaces it or `leaveOut`
 *   agrees to do without; for a service without a URL or credentials.
 */
export function fromExchangeService(
  service: ExchangeServiceLike,
  options: FromExchangeServiceOptions = {},
): EwsClient {
  return new EwsClient(clientOptionsFrom(service, options))
}

/** The same as options of a client. */
export function clientOptionsFrom(
  service: ExchangeServiceLike,
  options: FromExchangeServiceOptions = {},
): EwsClientOptions {
  requireService(service)
  const { leaveOut = [], ...rest } = options
  // JavaScript can give undefined for what it does not give.
  const given: Partial<EwsClientOptions> = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  )
  const leftovers = new Leftovers(leaveOut)
  const url = given.url ?? readUrl(service)
  const xhr = readXhrApi(service.XHRApi, url, leftovers, {
    auth: given.auth !== undefined,
    transport: given.transport !== undefined,
  })
  const headers = readHeaders({ ...xhr.headers, ...headersOf(service) }, leftovers)
  const timeZone = given.timeZone ?? readTimeZone(service, leftovers)
  reportSoapHeaders(service, leftovers)
  leftovers.require()

  const auth = given.auth ?? (xhr.ntlm ? ntlm(xhr.ntlm, xhr.connection) : readCredentials(service))
  const connects = Object.keys(xhr.connection).length > 0
  const transport =
    given.transport ?? auth.transport ?? (connects ? connectTransport(xhr.connection) : undefined)
  const impersonate = given.impersonate ?? readImpersonation(service)
  const userAgent = given.userAgent ?? readUserAgent(service)
  return {
    timeoutMs: xhr.timeoutMs ?? service.Timeout,
    version: readVersion(service),
    ...given,
    url,
    auth,
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...withHeaders(transport, headers),
  }
}

function requireService(service: ExchangeServiceLike): void {
  const isOne =
    typeof service === 'object' && service !== null && 'RequestedServerVersion' in service && 'Url' in service
  if (!isOne) throw new InvalidInputError('This is not an ExchangeService of ews-javascript-api.')
}

function readUrl({ Url: url }: ExchangeServiceLike): string {
  if (!url?.AbsoluteUri) {
    throw new InvalidInputError('The ExchangeService has no Url.', {
      hint: 'Set it, or await service.AutodiscoverUrl(address) first.',
    })
  }
  // Its credentials take this ending off as well; it is for WS-Security.
  return url.AbsoluteUri.replace(/\/wssecurity.*$/is, '')
}

function readVersion(service: ExchangeServiceLike & ServiceInternals): ExchangeVersion {
  const { RequestedServerVersion: value } = service
  const name = nameIn(ews.ExchangeVersion, value)
  if (name === 'Exchange2007_SP1' && service.Exchange2007CompatibilityMode) return 'Exchange2007'
  return parseVersion(name ?? String(value))
}

function readImpersonation(service: ExchangeServiceLike): Impersonation | undefined {
  const { ImpersonatedUserId: user } = service
  if (!user) return undefined
  const { Id: id } = user
  const type = nameIn(ews.ConnectingIdType, user.IdType)
  if (!id) throw new InvalidInputError('The ImpersonatedUserId of the ExchangeService has no Id.')
  switch (type) {
    case 'PrincipalName':
      return { principalName: id }
    case 'SID':
      return { sid: id }
    case 'SmtpAddress':
      // As the EWS Managed API does it: Exchange 2007 knows no other address.
      return service.RequestedServerVersion === ews.ExchangeVersion.Exchange2007_SP1
        ? { primarySmtpAddress: id }
        : { smtpAddress: id }
    default:
      throw new InvalidInputError(`There is no ConnectingIdType ${String(user.IdType)}.`)
  }
}

/** Undefined where nobody set one: the package's own name would hide who is calling. */
function readUserAgent({ UserAgent: userAgent }: ExchangeServiceLike): string | undefined {
  return !userAgent || userAgent.startsWith('ExchangeServicesClient/') ? undefined : userAgent
}

/** Undefined for the machine's own zone, which a service has unless it was given another. */
function readTimeZone({ TimeZone: zone }: ExchangeServiceLike, leftovers: Leftovers): string | undefined {
  if (!zone || zone === ews.TimeZoneInfo.Local) return undefined
  if (ews.TimeZoneInfo.ListWindowsTimeZones().includes(zone.Id)) return zone.Id
  leftovers.add(
    'TimeZone',
    `the time zone ${JSON.stringify(zone.Id)} with rules of its own`,
    'Give timeZone, the Windows id of one that the server knows.',
  )
  return undefined
}

function headersOf(service: ExchangeServiceLike & ServiceInternals): Record<string, string> {
  const { ClientRequestId: requestId, TargetServerVersion: target, HttpHeaders: headers } = service
  return {
    ...(requestId
      ? {
          'client-request-id': requestId,
          'return-client-request-id': String(service.ReturnClientRequestId),
        }
      : {}),
    ...Object.fromEntries((headers?.Keys ?? []).map((name) => [name, headers.get(name)])),
    ...(target ? { 'X-EWS-TargetVersion': target } : {}),
  }
}

/** In lower case, as the session has its own: one name is sent once. */
function readHeaders(
  headers: Readonly<Record<string, string>>,
  leftovers: Leftovers,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.has(name.toLowerCase())) {
      leftovers.add(
        'HttpHeaders',
        `the header ${name}`,
        'The client has its own sign-in, cookies and encoding.',
      )
    } else if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(String(value))) {
      // The value may be a secret.
      throw new InvalidInputError(`The header ${JSON.stringify(name.slice(0, 60))} cannot be sent.`)
    } else result[name.toLowerCase()] = String(value)
  }
  return result
}

function withHeaders(
  transport: Transport | undefined,
  headers: Readonly<Record<string, string>>,
): { readonly transport?: Transport } {
  if (Object.keys(headers).length === 0) return transport ? { transport } : {}
  const send = transport ?? httpTransport
  return { transport: (request) => send({ ...request, headers: { ...request.headers, ...headers } }) }
}

function reportSoapHeaders(service: ExchangeServiceLike & ServiceInternals, leftovers: Leftovers): void {
  const hint = 'The client does not send it.'
  if (service.ManagementRoles) leftovers.add('ManagementRoles', 'ManagementRoles', hint)
  if (service.PrivilegedUserId) leftovers.add('PrivilegedUserId', 'PrivilegedUserId', hint)
  if (service.DateTimePrecision) leftovers.add('DateTimePrecision', 'DateTimePrecision', hint)
  if (service.OnSerializeCustomSoapHeaders) {
    leftovers.add('OnSerializeCustomSoapHeaders', 'SOAP headers of your own', hint)
  }
  if (service.SuppressXmlVersionHeader) {
    leftovers.add('SuppressXmlVersionHeader', 'requests without a version', 'The client always sends one.')
  }
}

/** Fields of `ExchangeCredentials`. */
interface CredentialsLike {
  readonly UserName?: string | null
  readonly Password?: string | null
  PrepareWebRequest(request: { url: string; headers: Record<string, string> }): void
}

function readCredentials(service: ExchangeServiceLike): Authenticator {
  const credentials = service.Credentials as CredentialsLike | null
  if (!credentials) {
    throw new InvalidInputError('The ExchangeService has no Credentials.', {
      hint: 'Set them, or give auth.',
    })
  }
  const names = classNames(credentials)
  if (names.includes('OAuthCredentials')) return readToken(service)
  // A class that extends it can do anything in its PrepareWebRequest.
  if (names[0] === 'WebCredentials') {
    const { UserName: user, Password: password } = credentials
    if (!user) throw new InvalidInputError('The WebCredentials of the ExchangeService have no user name.')
    return basic({ user, password: password ?? '' })
  }
  throw new InvalidInputError(
    `An EwsClient cannot sign in with ${names[0] || 'credentials of your own'} of ews-javascript-api.`,
    {
      hint: 'Give auth in their place, e.g. basic(), ntlm() or bearer(); a client certificate is given to connectTransport(), and that as transport.',
    },
  )
}

/** The token that the service has at the time: a program that renews it gives the service new credentials. */
function readToken(service: ExchangeServiceLike): Authenticator {
  const current = () => {
    const request = { url: service.Url?.AbsoluteUri ?? '', headers: {} as Record<string, string> }
    ;(service.Credentials as CredentialsLike | null)?.PrepareWebRequest(request)
    const [, token] = /^Bearer\s+(.*)$/is.exec(request.headers.Authorization ?? '') ?? []
    if (token !== undefined) return token
    throw new InvalidInputError('The ExchangeService has no OAuthCredentials any more.', {
      hint: 'Make another client for its new Credentials.',
    })
  }
  return { ...bearer(current()), authorization: () => bearer(current).authorization() }
}

/** Names of a value's classes, its own first. By name, as another copy of the package has other classes. */
function classNames(value: object): string[] {
  const names: string[] = []
  for (let at = Object.getPrototypeOf(value); at; at = Object.getPrototypeOf(at)) {
    names.push(at.constructor?.name ?? '')
  }
  return names
}
