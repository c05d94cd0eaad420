import { randomUUID } from 'node:crypto'
import { InvalidInputError } from '../errors.ts'
import type { Authentication, BearerRefusal, Principal } from './authentication.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { createNtlm } from './ntlm/handshake.ts'
import type { Directory } from './store/directory.ts'

export const SIGN_IN_SCHEMES = ['ntlm', 'basic', 'bearer'] as const
/** A way to sign in to EWS and Autodiscover; Graph takes tokens alone. */
export type SignInScheme = (typeof SIGN_IN_SCHEMES)[number]

/** Delegated scope without which a user token does not open EWS; who has a password has it. */
export const EWS_USER_SCOPE = 'EWS.AccessAsUser.All'

/** Who sent a request, or the 401 that asks for it. */
export type SignIn = (
  request: HttpRequest,
) => Promise<{ readonly principal: Principal } | { readonly refused: HttpResponse }>

/** @throws InvalidInputError for a scheme that is none, and for no scheme at all. */
export function readSchemes(schemes: readonly string[]): SignInScheme[] {
  for (const name of schemes) {
    if (!(SIGN_IN_SCHEMES as readonly string[]).includes(name)) {
      throw new InvalidInputError(`${JSON.stringify(name.slice(0, 40))} is no way to sign in.`, {
        hint: `The embedded Exchange has ${SIGN_IN_SCHEMES.join(', ')}.`,
      })
    }
  }
  if (schemes.length === 0) {
    throw new InvalidInputError('Nobody could sign in: no way to do so is named.', {
      hint: `The embedded Exchange has ${SIGN_IN_SCHEMES.join(', ')}.`,
    })
  }
  return SIGN_IN_SCHEMES.filter((name) => schemes.includes(name))
}

export function createSignIn(
  directory: Directory,
  authentication: Authentication,
  schemes: readonly SignInScheme[],
  now: () => Date,
): SignIn {
  const ntlm = createNtlm(directory, now)

  const unauthorized = (request: HttpRequest, more: Partial<HttpResponse> = {}): HttpResponse => ({
    status: 401,
    headers: more.headers ?? {},
    challenges: more.challenges ?? challengesOf(schemes, request.url.hostname),
    body: '',
  })

  function signInByNtlm(request: HttpRequest, message: Buffer): Awaited<ReturnType<SignIn>> {
    const { connection } = request
    // Without a connection to sign in, as inside a batch, there is nothing NTLM could do.
    if (!connection) return { refused: unauthorized(request) }
    const step = ntlm.step(message, connection.handshake, connection.certificate)
    connection.handshake = undefined
    connection.user = undefined
    if (step === 'refused') return { refused: unauthorized(request) }
    if ('challenge' in step) {
      connection.handshake = step.handshake
      return {
        refused: unauthorized(request, { challenges: [`NTLM ${step.challenge.toString('base64')}`] }),
      }
    }
    connection.user = step.user
    return { principal: { user: step.user, scopes: [EWS_USER_SCOPE] } }
  }

  return async (request) => {
    const header = request.headers.authorization?.trim()
    if (!header) {
      const user = request.connection?.user
      // The account may have been deleted since its connection was signed in.
      const present = user && directory.find(user.id)
      return present
        ? { principal: { user: present, scopes: [EWS_USER_SCOPE] } }
        : { refused: unauthorized(request) }
    }
    const [scheme = '', rest = ''] = header.split(/\s+/, 2)
    const name = scheme.toLowerCase() as SignInScheme
    if (!schemes.includes(name)) return { refused: unauthorized(request) }
    if (name === 'ntlm') return signInByNtlm(request, Buffer.from(rest, 'base64'))
    if (name === 'basic') {
      const user = authentication.checkBasic(header)
      return user ? { principal: { user, scopes: [EWS_USER_SCOPE] } } : { refused: unauthorized(request) }
    }
    const result = await authentication.verifyBearer(header, 'ews')
    if (result.ok) return { principal: result.principal }
    return { refused: unauthorized(request, { headers: { 'x-ms-diagnostics': diagnostics(result.reason) } }) }
  }
}

/** One header each, in the order of Exchange; some clients read no more than one scheme from a header. */
export function challengesOf(schemes: readonly SignInScheme[], host: string): string[] {
  const texts: Record<SignInScheme, string> = {
    ntlm: 'NTLM',
    basic: `Basic realm="${host}"`,
    bearer: `Bearer realm="${host}", client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1"`,
  }
  return schemes.map((scheme) => texts[scheme])
}

const DIAGNOSTICS: Readonly<Record<BearerRefusal, string>> = {
  missing: '2000001;reason="The token is missing.";error_category="invalid_token"',
  malformed: '2000001;reason="The token is malformed.";error_category="invalid_token"',
  signature: '2000005;reason="The signature of the token is invalid.";error_category="invalid_signature"',
  expired: '2000006;reason="The token has expired.";error_category="invalid_lifetime"',
  audience:
    '2000003;reason="The audience claim value is invalid for current resource.";error_category="invalid_resource"',
  account: '2000004;reason="The user specified by the token does not exist.";error_category="invalid_user"',
}

function diagnostics(reason: BearerRefusal): string {
  return `${DIAGNOSTICS[reason]};correlation_id="${randomUUID()}"`
}
