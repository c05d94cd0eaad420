/**
 * The sign-in service of the tenant, as Microsoft Entra's v2.0 endpoints: what MSAL and plain OAuth clients need.
 *
 * Modelled: the grants password, client credentials (secret, or an assertion signed with a registered certificate),
 * authorization code with PKCE, device code and refresh token; id tokens; OpenID metadata, signing keys and instance
 * discovery; a page for people to sign in on.
 *
 * Chosen: everybody with a mailbox can sign in with its password, shared mailboxes and rooms too, so that one can look
 * into them; any client id does for a person, as if it were a public client with every delegated permission
 * consented; the tenant is named by its domain or its id, or left open with `organizations` or `common`; redirects go
 * to loopback alone; a refresh token may be used again and serves every resource. Not modelled: multi-factor sign-in,
 * conditional access, cookies (so no silent sign-in), on-behalf-of and implicit grants.
 */
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import { Authorization } from './authorize.ts'
import { readUserClient, requireConfidentialClient } from './client.ts'
import type { EntraContext } from './context.ts'
import { DEVICE_CODE_INTERVAL_SECONDS, DEVICE_CODE_LIFETIME_SECONDS, DeviceCodes } from './device-codes.ts'
import { instanceDiscovery, openIdConfiguration } from './metadata.ts'
import { messagePage, signInPage } from './pages.ts'
import { EWS_ROLE, readScopes } from './scopes.ts'
import { TOKEN_LIFETIME_SECONDS } from './signing.ts'
import { json, requireParameter, TokenError, tokenErrorResponse } from './token-error.ts'
import { createUserTokens, subject } from './user-tokens.ts'

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Is this a path of the sign-in service? */
export function isEntraPath(path: string): boolean {
  return (
    /^\/devicelogin\/?$/i.test(path) ||
    /^\/[^/]+\/(?:oauth2\/v2\.0\/(?:token|authorize|devicecode|logout)|oauth2\/deviceauth|discovery\/v2\.0\/keys|discovery\/instance|v2\.0\/\.well-known\/openid-configuration)\/?$/i.test(
      path,
    )
  )
}

/** Answers one request to the sign-in service. */
export function createEntra(context: EntraContext): (request: HttpRequest) => Promise<HttpResponse> {
  const { directory, signer } = context
  const userTokens = createUserTokens(context)
  const deviceCodes = new DeviceCodes(context.now)
  const authorization = new Authorization(context)

  async function token(request: HttpRequest): Promise<HttpResponse> {
    const form = readForm(request)
    const grantType = requireParameter(form, 'grant_type')
    const { origin } = request.url
    const clientInfo = form.get('client_info') === '1'
    switch (grantType) {
      case 'password': {
        for (const name of ['username', 'password', 'scope']) requireParameter(form, name)
        const scopes = readScopes(form.get('scope') ?? '', origin)
        const client = await readUserClient(context, form, request)
        const user = context.checkPassword(form.get('username') ?? '', form.get('password') ?? '')
        if (!user) throw wrongPassword()
        return userTokens.issue(user, client, { scopes, clientInfo })
      }
      case 'client_credentials':
        return clientCredentials(form, request)
      case 'authorization_code': {
        for (const name of ['client_id', 'code', 'redirect_uri']) requireParameter(form, name)
        const client = await readUserClient(context, form, request)
        const { user, scopes, nonce } = authorization.redeem(form, client.id)
        return userTokens.issue(user, client, { scopes, nonce, clientInfo })
      }
      case 'refresh_token': {
        for (const name of ['client_id', 'refresh_token']) requireParameter(form, name)
        const client = await readUserClient(context, form, request)
        const user = userTokens.refresh(form.get('refresh_token') ?? '', client)
        const scopes = { ...readScopes(form.get('scope') ?? 'User.Read', origin), offline: true }
        return userTokens.issue(user, client, { scopes, clientInfo })
      }
      case DEVICE_CODE_GRANT:
      // What Microsoft's pages called it before RFC 8628.
      case 'device_code': {
        const client = await readUserClient(context, form, request)
        const deviceCode = form.get('device_code') ?? requireParameter(form, 'code')
        const { user, scopes } = deviceCodes.redeem(deviceCode, client.id)
        return userTokens.issue(user, client, { scopes, clientInfo })
      }
      default:
        throw new TokenError(
          400,
          'unsupported_grant_type',
          70003,
          `The app requested an unsupported grant type '${grantType.slice(0, 100)}'.`,
        )
    }
  }

  async function clientCredentials(form: URLSearchParams, request: HttpRequest): Promise<HttpResponse> {
    const { app, proof } = await requireConfidentialClient(context, form, request)
    const scope = requireParameter(form, 'scope').trim()
    if (!/^\S+\/\.default$/.test(scope)) {
      throw new TokenError(
        400,
        'invalid_scope',
        1002012,
        `The provided value for scope ${scope.slice(0, 200)} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      )
    }
    const { audience, resource } = readScopes(scope, request.url.origin)
    const roles = app.roles.filter((role) =>
      resource === undefined ? true : EWS_ROLE.test(role) === (resource === 'ews'),
    )
    const objectId = subject(app.id, directory.tenantId)
    const accessToken = await signer.sign(
      {
        appid: app.id,
        appidacr: proof === 'certificate' ? '2' : '1',
        idtyp: 'app',
        oid: objectId,
        sub: objectId,
        roles,
      },
      audience,
    )
    return json(200, {
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME_SECONDS,
      ext_expires_in: TOKEN_LIFETIME_SECONDS,
      access_token: accessToken,
    })
  }

  function startDeviceCode(request: HttpRequest): HttpResponse {
    const form = readForm(request)
    const clientId = requireParameter(form, 'client_id')
    const scopes = readScopes(requireParameter(form, 'scope'), request.url.origin)
    const { deviceCode, userCode } = deviceCodes.start(clientId, scopes)
    const page = `${request.url.origin}/devicelogin`
    return json(200, {
      user_code: userCode,
      device_code: deviceCode,
      verification_uri: page,
      expires_in: DEVICE_CODE_LIFETIME_SECONDS,
      interval: DEVICE_CODE_INTERVAL_SECONDS,
      message: `To sign in, use a web browser to open the page ${page} and enter the code ${userCode} to authenticate.`,
    })
  }

  function devicePage(request: HttpRequest): HttpResponse {
    const form = new URLSearchParams(request.method === 'POST' ? request.body.toString('utf8') : '')
    const userCode = form.get('user_code') ?? request.url.searchParams.get('otc') ?? ''
    const address = form.get('login') ?? ''
    const page = (problem?: string) =>
      signInPage({
        title: 'Sign in on a device',
        action: request.url.pathname,
        address,
        userCode,
        ...(problem === undefined ? {} : { problem }),
      })
    if (request.method !== 'POST') return page()
    if (!deviceCodes.isOpen(userCode)) return page('That code did not work. Check the code and try again.')
    if (form.get('answer') === 'decline') {
      deviceCodes.decide(userCode, 'declined')
      return messagePage(200, 'Cancelled', 'You have not signed in on the device. You may close this page.')
    }
    const user = context.checkPassword(address, form.get('passwd') ?? '')
    if (!user) return page('Your account or password is incorrect.')
    deviceCodes.decide(userCode, { user })
    return messagePage(200, 'Signed in', 'You have signed in on the device. You may close this page.')
  }

  async function answer(request: HttpRequest, tenant: string, endpoint: string): Promise<HttpResponse> {
    if (endpoint === '' && tenant.toLowerCase() === 'devicelogin') return devicePage(request)
    if (endpoint === 'oauth2/deviceauth') return devicePage(request)
    if (endpoint === 'discovery/instance') {
      return json(200, instanceDiscovery(request.url.origin, discoveredTenant(request)))
    }
    if (endpoint === 'discovery/v2.0/keys') return json(200, await signer.published())
    if (endpoint === 'oauth2/v2.0/token' || endpoint === 'oauth2/v2.0/devicecode') requirePost(request)
    if (!context.isThisTenant(tenant)) throw unknownTenant(tenant)
    switch (endpoint) {
      case 'oauth2/v2.0/token':
        return token(request)
      case 'oauth2/v2.0/devicecode':
        return startDeviceCode(request)
      case 'oauth2/v2.0/authorize':
        return authorization.handle(request)
      case 'oauth2/v2.0/logout':
        return messagePage(200, 'Signed out', 'You signed out of your account.')
      case 'v2.0/.well-known/openid-configuration':
        return json(200, openIdConfiguration(request.url.origin, tenant, signer.issuer))
      default:
        return json(404, { error: 'not_found', error_description: 'There is no such endpoint.' })
    }
  }

  /** The tenant of the authority that is asked about. */
  function discoveredTenant(request: HttpRequest): string {
    const asked = request.url.searchParams.get('authorization_endpoint') ?? ''
    return (URL.canParse(asked) && new URL(asked).pathname.split('/')[1]) || directory.domain
  }

  return async (request) => {
    const [tenant = '', ...rest] = request.url.pathname.split('/').filter(Boolean).map(decode)
    try {
      return await answer(request, tenant, rest.join('/').toLowerCase())
    } catch (error) {
      if (error instanceof TokenError) return tokenErrorResponse(error, request, context.now())
      throw error
    }
  }
}

function requirePost(request: HttpRequest): void {
  if (request.method === 'POST') return
  throw new TokenError(
    400,
    'invalid_request',
    900561,
    `The endpoint only accepts POST requests. Received a ${request.method} request.`,
  )
}

function readForm(request: HttpRequest): URLSearchParams {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    throw new TokenError(
      400,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'grant_type'. The body has to be application/x-www-form-urlencoded.",
    )
  }
  return new URLSearchParams(request.body.toString('utf8'))
}

function unknownTenant(tenant: string): TokenError {
  return new TokenError(
    400,
    'invalid_request',
    90002,
    `Tenant '${tenant.slice(0, 100)}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
  )
}

function wrongPassword(): TokenError {
  return new TokenError(
    400,
    'invalid_grant',
    50126,
    'Error validating credentials due to invalid username or password.',
  )
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
