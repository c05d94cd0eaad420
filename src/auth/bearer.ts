import { InvalidInputError } from '../errors.ts'
import type { Authenticator } from './authenticator.ts'
import { fingerprint } from './fingerprint.ts'
import { readTokenClaims, type TokenClaims } from './token-claims.ts'

/** Gives a current access token; asked before every request, so it should cache. */
export type TokenProvider = () => string | Promise<string>

/**
 * Bearer authentication (RFC 6750), for Exchange Online and Graph.
 *
 * @param token an access token, or a function that gives one.
 * @throws InvalidInputError for a token that no header can carry; the token is not in the message.
 */
export function bearer(token: string | TokenProvider): Authenticator {
  const claims = typeof token === 'string' ? readTokenClaims(requireToken(token)) : undefined
  const user = claims?.user
  return {
    describe: user ?? 'a bearer token',
    scheme: 'Bearer',
    ...(user === undefined ? { account: accountOf(token, claims) } : {}),
    authorization: async () => `Bearer ${requireToken(typeof token === 'string' ? token : await token())}`,
    ...(claims?.appOnly ? { appOnly: true } : {}),
  }
}

const providers = new WeakMap<TokenProvider, string>()
let count = 0

/** Whose the token is, as far as it can be told: the application's, the provider's, or its own. */
function accountOf(token: string | TokenProvider, claims: TokenClaims | undefined): string {
  if (typeof token === 'string')
    return claims?.appId ? `application ${claims.appId} ${claims.tenantId ?? ''}` : fingerprint(token)
  const known = providers.get(token) ?? `token provider ${++count}`
  providers.set(token, known)
  return known
}

function requireToken(token: string): string {
  // Opaque tokens exist, so the form of a JWT is not demanded.
  if (!/^[A-Za-z0-9._~+/=-]+$/.test(token)) {
    throw new InvalidInputError('The access token is empty or holds characters that no token has.', {
      hint: 'Give the token alone, without “Bearer” and without line breaks.',
    })
  }
  return token
}
