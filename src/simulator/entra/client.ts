import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto'
import { decodeProtectedHeader, importX509, errors as joseErrors, jwtVerify } from 'jose'
import { readBasic } from '../basic.ts'
import type { HttpRequest } from '../http-message.ts'
import type { TenantApp } from '../tenant-file.ts'
import type { EntraContext } from './context.ts'
import { requireParameter, TokenError } from './token-error.ts'

/** The client of a token request, and how it proved who it is. */
export interface TokenClient {
  readonly id: string
  /** Its registration; a public client needs none here. */
  readonly app: TenantApp | undefined
  readonly proof: 'none' | 'secret' | 'certificate'
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Who a user token is for when the request names no client. */
const PUBLIC_CLIENT_ID = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
/** How far the clocks of a client and of Entra may be apart. */
const CLOCK_SKEW_SECONDS = 300

/**
 * The client of a request about a person's sign-in. What it proves is checked, but it need not prove anything: a
 * public client cannot keep a secret.
 */
export async function readUserClient(
  context: EntraContext,
  form: URLSearchParams,
  request: HttpRequest,
): Promise<TokenClient> {
  const id = form.get('client_id') || PUBLIC_CLIENT_ID
  const app = context.directory.app(id)
  if (!app || !(form.has('client_secret') || form.has('client_assertion'))) {
    return { id: app?.id ?? id, app, proof: 'none' }
  }
  return { id: app.id, app, proof: await prove(context, app, form, request) }
}

/** The application that asks as itself. */
export async function requireConfidentialClient(
  context: EntraContext,
  form: URLSearchParams,
  request: HttpRequest,
): Promise<TokenClient & { readonly app: TenantApp }> {
  const id = form.get('client_id') || readBasic(request.headers.authorization)?.user
  const clientId = id || requireParameter(form, 'client_id')
  const app = context.directory.app(clientId)
  if (!app) {
    throw new TokenError(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId.slice(0, 100)}' was not found in the directory '${context.directory.domain}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    )
  }
  return { id: app.id, app, proof: await prove(context, app, form, request) }
}

async function prove(
  context: EntraContext,
  app: TenantApp,
  form: URLSearchParams,
  request: HttpRequest,
): Promise<'secret' | 'certificate'> {
  const assertion = form.get('client_assertion')
  if (assertion) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new TokenError(
        400,
        'invalid_request',
        900144,
        `The request body must contain the following parameter: 'client_assertion_type'. Its value has to be '${ASSERTION_TYPE}'.`,
      )
    }
    await checkAssertion(context, app, assertion, request)
    return 'certificate'
  }
  const basic = readBasic(request.headers.authorization)
  const secret = form.get('client_secret') ?? (basic?.user === app.id ? basic.password : undefined)
  if (!secret) {
    throw new TokenError(
      401,
      'invalid_client',
      7000216,
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    )
  }
  if (app.secret === undefined || !sameText(secret, app.secret)) {
    throw new TokenError(
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.id}'.`,
    )
  }
  return 'secret'
}

/**
 * A JWT that the application signed with the private key of a registered certificate, which its header names by
 * thumbprint: learn.microsoft.com/entra/identity-platform/certificate-credentials.
 */
async function checkAssertion(
  context: EntraContext,
  app: TenantApp,
  assertion: string,
  request: HttpRequest,
): Promise<void> {
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(assertion)
  } catch {
    throw refused(50027, 'JWT token is invalid or malformed.')
  }
  const alg = header.alg === 'PS256' || header.alg === 'RS256' ? header.alg : undefined
  if (!alg) throw refused(5002738, `Invalid JWT token. '${String(header.alg).slice(0, 20)}' is not allowed.`)
  const certificate = certificateOf(app, header)
  if (!certificate) {
    const thumbprint = String(header['x5t#S256'] ?? header.x5t ?? '').slice(0, 60)
    throw refused(
      700027,
      `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '${thumbprint}'].`,
    )
  }
  if (new Date(certificate.validTo) < context.now()) {
    throw refused(1000502, 'The provided certificate is not within its specified validity window.')
  }
  try {
    const key = await importX509(certificate.toString(), alg)
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: [alg],
      currentDate: context.now(),
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['aud', 'exp', 'iss', 'sub'],
    })
    if (payload.iss?.toLowerCase() !== app.id.toLowerCase() || payload.sub !== payload.iss) {
      throw refused(700021, 'Client assertion application identifier does not match the client_id parameter.')
    }
    if (![payload.aud].flat().some((audience) => isTokenEndpoint(context, audience, request))) {
      throw refused(700023, 'Client assertion audience claim does not match Realm issuer.')
    }
  } catch (error) {
    if (error instanceof TokenError) throw error
    if (error instanceof joseErrors.JWTExpired) {
      throw refused(700024, 'Client assertion is not within its valid time range.')
    }
    if (error instanceof joseErrors.JWTClaimValidationFailed) {
      throw refused(50027, `JWT token is invalid or malformed: ${error.claim}.`)
    }
    throw refused(
      700027,
      'Client assertion failed signature validation. [Reason - The key used is expired or the signature is wrong.]',
    )
  }
}

function certificateOf(app: TenantApp, header: Record<string, unknown>): X509Certificate | undefined {
  return app.certificates
    ?.map((pem) => new X509Certificate(pem))
    .find(({ raw }) => {
      const thumbprint = (algorithm: string) => createHash(algorithm).update(raw).digest('base64url')
      // x5t is base64url too, though some libraries write it in hexadecimal and get away with it; not here.
      return header['x5t#S256'] === thumbprint('sha256') || header.x5t === thumbprint('sha1')
    })
}

/** The token endpoint or the issuer, under the real host's name or under the one that was called. */
function isTokenEndpoint(context: EntraContext, audience: unknown, request: HttpRequest): boolean {
  if (typeof audience !== 'string' || !URL.canParse(audience)) return false
  const url = new URL(audience)
  const [, tenant = '', ...rest] = url.pathname.replace(/\/$/, '').split('/')
  return (
    (url.host === request.url.host ||
      /^login\.(?:microsoftonline\.(?:com|us)|chinacloudapi\.cn)$/.test(url.host)) &&
    context.isThisTenant(tenant) &&
    ['oauth2/v2.0/token', 'v2.0'].includes(rest.join('/'))
  )
}

function refused(aadsts: number, description: string): TokenError {
  return new TokenError(401, 'invalid_client', aadsts, description)
}

/** Compares secrets without telling by its duration how much of them was right. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
