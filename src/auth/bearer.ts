import { InvalidInputError } from '../errors.ts'
import type { Authenticator } from './authenticator.ts'
import { readTokenClaims } from './token-claims.ts'

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
  return {
    describe: claims?.user ?? 'a bearer token',
    scheme: 'Bearer',
    authorization: async () => `Bearer ${requireToken(typeof token === 'string' ? token : await token())}`,
    ...(claims?.appOnly ? { appOnly: true } : {}),
  }
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
