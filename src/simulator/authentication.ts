/**
 * Who is calling: Basic and Bearer for both faces, and the token endpoint.
 *
 * Chosen: everybody with a mailbox can sign in with its password, shared mailboxes and rooms too, so that one can look
 * into them; the password grant takes any client id, as if it were a public client with every delegated permission
 * consented; the tenant is named by its domain or its id, or left open with `organizations` or `common`. Not modelled:
 * refresh tokens, multi-factor sign-in, conditional access.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  errors as joseErrors,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { Directory, Recipient } from './store/directory.ts'

/** The two services of this tenant that take tokens. A token for the simulator's own address serves both. */
export type Resource = 'ews' | 'graph'

/** Who a request comes from. */
export interface Principal {
  /** The signed-in user; absent for an application that acts as itself. */
  readonly user?: Recipient
  readonly app?: { readonly id: string; readonly roles: readonly string[] }
  /** Delegated permissions of a user token, without the resource; empty for an app token. */
  readonly scopes: readonly string[]
}

/** Why a token was not accepted. */
export type BearerRefusal = 'missing' | 'malformed' | 'signature' | 'expired' | 'audience' | 'account'

export type BearerResult =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly reason: BearerRefusal }

/** What signs the tokens; made at the first token unless given. */
export interface SigningKeys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/**
 * Basic and Bearer checking for both faces, and the token endpoint.
 *
 * Changed from the first sketch: `checkBearer` takes the resource the token has to be for; `verifyBearer` also says
 * why not.
 */
export interface Authentication {
  /** @param header the Authorization header; anything but valid Basic credentials gives undefined. */
  checkBasic(header: string | undefined): Recipient | undefined
  checkBearer(header: string | undefined, resource: Resource): Promise<Principal | undefined>
  verifyBearer(header: string | undefined, resource: Resource): Promise<BearerResult>
  /** `POST /{tenant}/oauth2/v2.0/token`, the signing keys, and the OpenID configuration. */
  handleToken(request: HttpRequest): Promise<HttpResponse>
}

const GRAPH_ORIGINS = [
  'https://graph.microsoft.com',
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
]
const EWS_ORIGINS = [
  'https://outlook.office365.com',
  'https://outlook.office.com',
  'https://outlook.office365.us',
  'https://outlook-dod.office365.us',
  'https://partner.outlook.cn',
]
/** The application ids of the two services, which are also accepted as their names. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000'
const EWS_APP_ID = '00000002-0000-0ff1-ce00-000000000000'

/**
 * Delegated permissions this tenant knows; each counts as consented. A short name means Graph, as at the real
 * token endpoint.
 */
const GRAPH_SCOPES = [
  'Calendars.Read',
  'Calendars.Read.Shared',
  'Calendars.ReadBasic',
  'Calendars.ReadWrite',
  'Calendars.ReadWrite.Shared',
  'Contacts.Read',
  'Contacts.Read.Shared',
  'Contacts.ReadWrite',
  'Contacts.ReadWrite.Shared',
  'Directory.Read.All',
  'Group.Read.All',
  'Mail-Advanced.ReadWrite',
  'Mail-Advanced.ReadWrite.Shared',
  'Mail.Read',
  'Mail.Read.Shared',
  'Mail.ReadBasic',
  'Mail.ReadBasic.Shared',
  'Mail.ReadWrite',
  'Mail.ReadWrite.Shared',
  'Mail.Send',
  'Mail.Send.Shared',
  'MailboxSettings.Read',
  'MailboxSettings.ReadWrite',
  'People.Read',
  'Tasks.Read',
  'Tasks.ReadWrite',
  'User.Read',
  'User.Read.All',
  'User.ReadBasic.All',
]
const EWS_SCOPES = ['EWS.AccessAsUser.All', 'Exchange.Manage', 'Exchange.ManageV2']
/** Scopes about the sign-in itself; they name no resource. */
const OPENID_SCOPES = ['openid', 'profile', 'email', 'offline_access']
/** Application permissions of Exchange; every other role belongs to Graph. */
const EWS_ROLE = /^(?:full_access_as_app|exchange\.|ews\.)/i

const LIFETIME_SECONDS = 3599
/** Who a user token is for when the request names no client. */
const PUBLIC_CLIENT_ID = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

export function createAuthentication(
  directory: Directory,
  now: () => Date,
  signingKeys?: SigningKeys,
): Authentication {
  let keys: Promise<SigningKeys & { kid: string; jwk: JWK }> | undefined
  const signing = () => {
    keys ??= loadKeys(signingKeys)
    return keys
  }
  const issuer = (version: string) => `https://login.microsoftonline.com/${directory.tenantId}/${version}`
  const seconds = () => Math.floor(now().getTime() / 1000)

  async function mint(claims: Record<string, unknown>, audience: string): Promise<string> {
    const { privateKey, kid } = await signing()
    return new SignJWT({
      ...claims,
      tid: directory.tenantId,
      ver: '2.0',
      // Names the token in logs and makes two tokens of the same second differ.
      uti: randomUUID(),
    })
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256', kid })
      .setIssuer(issuer('v2.0'))
      .setAudience(audience)
      .setIssuedAt(seconds())
      .setNotBefore(seconds())
      .setExpirationTime(seconds() + LIFETIME_SECONDS)
      .sign(privateKey)
  }

  async function verifyBearer(header: string | undefined, resource: Resource): Promise<BearerResult> {
    const match = /^bearer(?:\s+(.*))?$/is.exec(header?.trim() ?? '')
    const token = match?.[1]?.trim() ?? ''
    if (token === '') return { ok: false, reason: 'missing' }
    let claims: Record<string, unknown>
    try {
      const { publicKey } = await signing()
      const verified = await jwtVerify(token, publicKey, {
        algorithms: ['ES256'],
        issuer: issuer('v2.0'),
        currentDate: now(),
        // The clocks of caller and simulator are one, yet a token may be used in the second it was made.
        clockTolerance: 1,
      })
      claims = verified.payload
    } catch (error) {
      if (error instanceof joseErrors.JWTExpired) return { ok: false, reason: 'expired' }
      if (error instanceof joseErrors.JWSInvalid || error instanceof joseErrors.JWTInvalid) {
        return { ok: false, reason: 'malformed' }
      }
      return { ok: false, reason: 'signature' }
    }
    const audience = resourceOf(String(claims.aud))
    if (audience !== undefined && audience !== resource) return { ok: false, reason: 'audience' }
    const principal = principalOf(claims)
    return principal ? { ok: true, principal } : { ok: false, reason: 'account' }
  }

  function principalOf(claims: Record<string, unknown>): Principal | undefined {
    if (claims.idtyp === 'app') {
      // An app whose registration is gone has lost its token, too.
      const app = directory.app(String(claims.appid))
      return app && { app: { id: app.id, roles: claims.roles as string[] }, scopes: [] }
    }
    const user = directory.find(String(claims.oid))
    return user && { user, scopes: String(claims.scp).split(' ').filter(Boolean) }
  }

  async function grantPassword(form: URLSearchParams, origin: string): Promise<HttpResponse> {
    for (const name of ['username', 'password', 'scope']) requireParameter(form, name)
    const scopes = readScopes(form.get('scope') ?? '', origin)
    const user = directory.find(form.get('username') ?? '')
    const clientId = form.get('client_id') ?? PUBLIC_CLIENT_ID
    const app = directory.app(clientId)
    if (app && form.has('client_secret') && !sameText(form.get('client_secret') ?? '', app.secret)) {
      throw invalidSecret(app.id)
    }
    // The same answer for an unknown user and for a wrong password, after the same work.
    const matches = user ? directory.verifyPassword(user, form.get('password') ?? '') : false
    if (!user || !matches || !directory.hasMailbox(user)) {
      throw new TokenError(
        400,
        'invalid_grant',
        50126,
        'Error validating credentials due to invalid username or password.',
      )
    }
    const token = await mint(
      {
        appid: app?.id ?? clientId,
        appidacr: form.has('client_secret') ? '1' : '0',
        idtyp: 'user',
        name: user.name,
        oid: user.id,
        onprem_sid: user.sid,
        scp: scopes.names.join(' '),
        sub: subject(user.id, clientId),
        unique_name: user.address,
        upn: user.address,
        preferred_username: user.address,
      },
      scopes.audience,
    )
    return json(200, {
      token_type: 'Bearer',
      scope: scopes.granted.join(' '),
      expires_in: LIFETIME_SECONDS,
      ext_expires_in: LIFETIME_SECONDS,
      access_token: token,
    })
  }

  async function grantClientCredentials(
    form: URLSearchParams,
    request: HttpRequest,
    origin: string,
  ): Promise<HttpResponse> {
    const basic = credentialsOf(request.headers.authorization)
    const clientId = form.get('client_id') ?? basic?.user ?? ''
    if (clientId === '') requireParameter(form, 'client_id')
    const app = directory.app(clientId)
    if (!app) {
      throw new TokenError(
        400,
        'unauthorized_client',
        700016,
        `Application with identifier '${clientId.slice(0, 100)}' was not found in the directory '${directory.domain}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
      )
    }
    const secret = form.get('client_secret') ?? (basic?.user === clientId ? basic.password : undefined)
    if (secret === undefined || secret === '') {
      throw new TokenError(
        401,
        'invalid_client',
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
      )
    }
    if (!sameText(secret, app.secret)) throw invalidSecret(app.id)
    requireParameter(form, 'scope')
    const scope = (form.get('scope') ?? '').trim()
    if (!/^\S+\/\.default$/.test(scope)) {
      throw new TokenError(
        400,
        'invalid_scope',
        1002012,
        `The provided value for scope ${scope.slice(0, 200)} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      )
    }
    const { audience, resource } = readScopes(scope, origin)
    const roles = app.roles.filter((role) =>
      resource === undefined ? true : EWS_ROLE.test(role) === (resource === 'ews'),
    )
    const objectId = subject(app.id, directory.tenantId)
    const token = await mint(
      { appid: app.id, appidacr: '1', idtyp: 'app', oid: objectId, sub: objectId, roles },
      audience,
    )
    return json(200, {
      token_type: 'Bearer',
      expires_in: LIFETIME_SECONDS,
      ext_expires_in: LIFETIME_SECONDS,
      access_token: token,
    })
  }

  async function token(request: HttpRequest, tenant: string): Promise<HttpResponse> {
    if (request.method !== 'POST') {
      throw new TokenError(
        400,
        'invalid_request',
        900561,
        `The endpoint only accepts POST requests. Received a ${request.method} request.`,
      )
    }
    const contentType = request.headers['content-type'] ?? ''
    if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
      throw new TokenError(
        400,
        'invalid_request',
        900144,
        "The request body must contain the following parameter: 'grant_type'. The body has to be application/x-www-form-urlencoded.",
      )
    }
    if (!isThisTenant(tenant)) {
      throw new TokenError(
        400,
        'invalid_request',
        90002,
        `Tenant '${tenant.slice(0, 100)}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
      )
    }
    const form = new URLSearchParams(request.body.toString('utf8'))
    requireParameter(form, 'grant_type')
    const grantType = form.get('grant_type') ?? ''
    if (grantType === 'password') return grantPassword(form, request.url.origin)
    if (grantType === 'client_credentials') {
      return grantClientCredentials(form, request, request.url.origin)
    }
    throw new TokenError(
      400,
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grantType.slice(0, 100)}'.`,
    )
  }

  function isThisTenant(text: string): boolean {
    const name = text.toLowerCase()
    return [directory.domain.toLowerCase(), directory.tenantId, 'organizations', 'common'].includes(name)
  }

  async function handleToken(request: HttpRequest): Promise<HttpResponse> {
    const [tenant = '', ...rest] = request.url.pathname.split('/').filter(Boolean).map(decode)
    const endpoint = rest.join('/').toLowerCase()
    try {
      if (endpoint === 'oauth2/v2.0/token') return await token(request, tenant)
      if (endpoint === 'discovery/v2.0/keys') {
        const { jwk } = await signing()
        return json(200, { keys: [jwk] })
      }
      if (endpoint === 'v2.0/.well-known/openid-configuration' && isThisTenant(tenant)) {
        return json(200, openIdConfiguration(request.url.origin, tenant, issuer('v2.0')))
      }
      return json(404, { error: 'not_found', error_description: 'There is no such endpoint.' })
    } catch (error) {
      if (error instanceof TokenError) return tokenErrorResponse(error, request, now())
      throw error
    }
  }

  return {
    checkBasic(header) {
      const credentials = credentialsOf(header)
      if (!credentials) return undefined
      const user = directory.find(accountName(credentials.user, directory.domain))
      if (!user || !directory.hasMailbox(user)) return undefined
      return directory.verifyPassword(user, credentials.password) ? user : undefined
    },
    async checkBearer(header, resource) {
      const result = await verifyBearer(header, resource)
      return result.ok ? result.principal : undefined
    },
    verifyBearer,
    handleToken,
  }
}

async function loadKeys(given: SigningKeys | undefined): Promise<SigningKeys & { kid: string; jwk: JWK }> {
  const pair = given ?? (await generateKeyPair('ES256', { extractable: true }))
  const jwk = await exportJWK(pair.publicKey)
  const kid = createHash('sha256').update(`${jwk.x}.${jwk.y}`).digest('base64url').slice(0, 27)
  return { ...pair, kid, jwk: { ...jwk, kid, use: 'sig', alg: 'ES256' } }
}

/** Which service a resource or audience names; undefined for the simulator's own address, which is both. */
function resourceOf(audience: string): Resource | undefined {
  const name = audience.replace(/\/+$/, '').toLowerCase()
  if (GRAPH_ORIGINS.includes(name) || name === GRAPH_APP_ID) return 'graph'
  if (EWS_ORIGINS.includes(name) || name === EWS_APP_ID) return 'ews'
  return undefined
}

interface Scopes {
  readonly audience: string
  readonly resource: Resource | undefined
  /** As the scp claim has them: without the resource. */
  readonly names: string[]
  /** As the answer names them: with the resource. */
  readonly granted: string[]
}

/** Reads the scope parameter. All scopes of one request are for one resource. */
function readScopes(text: string, origin: string): Scopes {
  const audiences = new Map<string, Resource | undefined>()
  const names: string[] = []
  const unknown: string[] = []
  for (const scope of text.split(/\s+/).filter(Boolean)) {
    if (OPENID_SCOPES.includes(scope.toLowerCase())) continue
    // The resource may end in a slash of its own: `https://outlook.office.com//.default` keeps it in `aud`.
    const slash = scope.lastIndexOf('/')
    const audience = slash === -1 ? 'https://graph.microsoft.com' : scope.slice(0, slash)
    const name = scope.slice(slash + 1)
    const resource = resourceOf(audience)
    if (resource === undefined && audience.replace(/\/+$/, '').toLowerCase() !== origin.toLowerCase()) {
      throw new TokenError(
        400,
        'invalid_resource',
        500011,
        `The resource principal named ${audience.slice(0, 200)} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
      )
    }
    audiences.set(audience.toLowerCase(), resource)
    if (audiences.size > 1) {
      throw new TokenError(
        400,
        'invalid_request',
        28000,
        `Provided value for the input parameter scope is not valid because it contains more than one resource. Scope ${text.slice(0, 200)} is not valid.`,
      )
    }
    const available = [
      ...(resource === 'ews' ? [] : GRAPH_SCOPES),
      ...(resource === 'graph' ? [] : EWS_SCOPES),
    ]
    if (name === '.default') names.push(...available)
    else {
      const match = available.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
      if (match) names.push(match)
      else unknown.push(scope)
    }
  }
  const [entry] = audiences
  if (unknown.length > 0 || (!entry && text.trim() === '')) {
    throw new TokenError(
      400,
      'invalid_scope',
      70011,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${unknown.join(' ').slice(0, 300)} does not exist.`,
    )
  }
  const [audience, resource] = entry ?? ['https://graph.microsoft.com', 'graph' as const]
  // Only the sign-in itself was asked for: Graph's User.Read comes with it, as at the real endpoint.
  const wanted = [...new Set(entry ? names : ['User.Read'])]
  return { audience, resource, names: wanted, granted: wanted.map((name) => `${audience}/${name}`) }
}

/** `DOMAIN\user` and a bare account name, which Basic allows, as an address. */
function accountName(user: string, domain: string): string {
  const account = user.slice(user.lastIndexOf('\\') + 1)
  return account.includes('@') ? account : `${account}@${domain}`
}

function credentialsOf(header: string | undefined): { user: string; password: string } | undefined {
  const match = /^basic\s+([a-z0-9+/_=-]+)\s*$/i.exec(header?.trim() ?? '')
  if (!match?.[1]) return undefined
  const text = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Compares secrets without telling by its duration how much of them was right. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

/** A pairwise identifier: stable for one user and one client. */
function subject(id: string, client: string): string {
  const hex = createHash('sha256').update(`${id}:${client.toLowerCase()}`).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

function openIdConfiguration(origin: string, tenant: string, issuer: string): Record<string, unknown> {
  const root = `${origin}/${tenant}`
  return {
    issuer,
    token_endpoint: `${root}/oauth2/v2.0/token`,
    jwks_uri: `${root}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    grant_types_supported: ['password', 'client_credentials'],
    response_types_supported: ['token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  }
}

/** What Microsoft Entra answers when it gives no token. */
class TokenError extends Error {
  readonly status: number
  readonly error: string
  readonly aadsts: number

  constructor(status: number, error: string, aadsts: number, description: string) {
    super(description)
    this.status = status
    this.error = error
    this.aadsts = aadsts
  }
}

function requireParameter(form: URLSearchParams, name: string): void {
  if (form.get(name)) return
  throw new TokenError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${name}'.`,
  )
}

function invalidSecret(clientId: string): TokenError {
  return new TokenError(
    401,
    'invalid_client',
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
  )
}

function tokenErrorResponse(error: TokenError, request: HttpRequest, now: Date): HttpResponse {
  const traceId = randomUUID()
  const correlationId = request.headers['client-request-id'] ?? randomUUID()
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`
  return json(error.status, {
    error: error.error,
    error_description: `AADSTS${error.aadsts}: ${error.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [error.aadsts],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
  })
}

function json(status: number, body: unknown): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      // A token must not be kept by anything on its way (RFC 6749, 5.1).
      'cache-control': 'no-store, no-cache',
      pragma: 'no-cache',
    },
    body: JSON.stringify(body),
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
