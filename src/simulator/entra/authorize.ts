import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { Recipient } from '../store/directory.ts'
import type { EntraContext } from './context.ts'
import { formPostPage, messagePage, signInPage } from './pages.ts'
import { readScopes, type Scopes } from './scopes.ts'
import { TokenError } from './token-error.ts'
import { clientInfoOf } from './user-tokens.ts'
import { Vault } from './vault.ts'

/** What an authorization code stands for. */
interface Grant {
  readonly user: Recipient
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: Scopes
  readonly nonce: string | undefined
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined
  redeemed: boolean
}

const CODE_LIFETIME_MS = 10 * 60 * 1000
const NATIVE_CLIENT = 'https://login.microsoftonline.com/common/oauth2/nativeclient'

/** The authorization endpoint, with PKCE (RFC 7636), and the codes it hands out. */
export class Authorization {
  readonly #context: EntraContext
  readonly #grants: Vault<Grant>

  constructor(context: EntraContext) {
    this.#context = context
    this.#grants = new Vault(CODE_LIFETIME_MS, context.now)
  }

  /** `GET` shows the page to sign in on, `POST` is its answer. */
  handle(request: HttpRequest): HttpResponse {
    const query = request.url.searchParams
    const clientId = query.get('client_id') ?? ''
    const redirectUri = query.get('redirect_uri') ?? ''
    // Until both are known to be good, nothing may be sent anywhere.
    if (clientId === '') return failurePage(900144, "The request must contain the parameter 'client_id'.")
    if (!isRedirectUri(redirectUri)) {
      return failurePage(
        50011,
        `The redirect URI '${redirectUri.slice(0, 200)}' specified in the request does not match the redirect URIs configured for the application '${clientId.slice(0, 100)}'. The embedded Exchange knows http://localhost, http://127.0.0.1 and ${NATIVE_CLIENT}.`,
      )
    }
    try {
      return this.#authorize(request, clientId, redirectUri)
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      return back(query, redirectUri, {
        error: error.error,
        error_description: `AADSTS${error.aadsts}: ${error.message}`,
      })
    }
  }

  #authorize(request: HttpRequest, clientId: string, redirectUri: string): HttpResponse {
    const query = request.url.searchParams
    if (query.get('response_type') !== 'code') {
      throw new TokenError(
        400,
        'unsupported_response_type',
        700054,
        "Only the response_type 'code' is modelled.",
      )
    }
    const scopes = readScopes(query.get('scope') ?? '', request.url.origin)
    const challenge = readChallenge(query)
    if (query.get('prompt') === 'none') {
      // There are no cookies here, so nobody is ever signed in already.
      throw new TokenError(
        400,
        'login_required',
        50058,
        'A silent sign-in request was sent but no user is signed in.',
      )
    }
    const page = (problem?: string, address = query.get('login_hint') ?? '') =>
      signInPage({
        title: 'Sign in',
        action: request.url.pathname + request.url.search,
        address,
        ...(problem === undefined ? {} : { problem }),
      })
    if (request.method !== 'POST') return page()
    const form = new URLSearchParams(request.body.toString('utf8'))
    if (form.get('answer') === 'decline') {
      throw new TokenError(400, 'access_denied', 65004, 'User declined to consent to access the app.')
    }
    const address = form.get('login') ?? ''
    const user = this.#context.checkPassword(address, form.get('passwd') ?? '')
    if (!user) return page('Your account or password is incorrect.', address)
    const code = this.#grants.keep(`1.${randomBytes(48).toString('base64url')}`, {
      user,
      clientId,
      redirectUri,
      scopes,
      nonce: query.get('nonce') ?? undefined,
      challenge,
      redeemed: false,
    })
    return back(query, redirectUri, {
      code,
      ...(query.get('client_info') === '1'
        ? { client_info: clientInfoOf(user, this.#context.directory.tenantId) }
        : {}),
      session_state: randomUUID(),
    })
  }

  /** @throws TokenError for a code that is none, was used, is too old, or belongs to somebody else. */
  redeem(form: URLSearchParams, clientId: string): Pick<Grant, 'user' | 'scopes' | 'nonce'> {
    const code = form.get('code') ?? ''
    const grant = this.#grants.find(code)
    const refused = (aadsts: number, text: string) => new TokenError(400, 'invalid_grant', aadsts, text)
    if (!grant && this.#grants.knows(code)) {
      throw refused(70008, 'The provided authorization code or refresh token has expired due to inactivity.')
    }
    if (!grant || grant.clientId.toLowerCase() !== clientId.toLowerCase()) {
      throw refused(9002313, 'Invalid request. Request is malformed or invalid.')
    }
    if (grant.redeemed) {
      throw refused(
        54005,
        'OAuth2 Authorization code was already redeemed, please retry with a new valid code.',
      )
    }
    if ((form.get('redirect_uri') ?? '') !== grant.redirectUri) {
      throw refused(
        500112,
        'The reply address does not match the reply address provided when requesting Authorization code.',
      )
    }
    grant.redeemed = true
    if (grant.challenge && !answers(form.get('code_verifier') ?? '', grant.challenge)) {
      throw refused(
        501481,
        'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
      )
    }
    return grant
  }
}

/** Loopback at any port (RFC 8252, 7.3), and the address of desktop applications. Nothing else is registered. */
function isRedirectUri(text: string): boolean {
  if (text === NATIVE_CLIENT) return true
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return (
    url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) && url.hash === ''
  )
}

function readChallenge(query: URLSearchParams): Grant['challenge'] {
  const value = query.get('code_challenge')
  if (value === null) return undefined
  const method = query.get('code_challenge_method') ?? 'plain'
  if ((method !== 'S256' && method !== 'plain') || !/^[\w.~-]{43,128}$/.test(value)) {
    throw new TokenError(
      400,
      'invalid_request',
      501491,
      'Invalid size or method of Code_Challenge parameter.',
    )
  }
  return { method, value }
}

function answers(verifier: string, { method, value }: NonNullable<Grant['challenge']>): boolean {
  return value === (method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url'))
}

function back(query: URLSearchParams, redirectUri: string, values: Record<string, string>): HttpResponse {
  const state = query.get('state')
  const all = { ...values, ...(state === null ? {} : { state }) }
  if (query.get('response_mode') === 'form_post') return formPostPage(redirectUri, all)
  const target = new URL(redirectUri)
  if (query.get('response_mode') === 'fragment') target.hash = new URLSearchParams(all).toString()
  else for (const [name, value] of Object.entries(all)) target.searchParams.set(name, value)
  return { status: 302, headers: { location: target.href, 'cache-control': 'no-store, no-cache' }, body: '' }
}

function failurePage(aadsts: number, text: string): HttpResponse {
  return messagePage(400, 'Sorry, but we’re having trouble signing you in.', `AADSTS${aadsts}: ${text}`)
}
