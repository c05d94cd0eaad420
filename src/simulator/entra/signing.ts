import { createHash, randomUUID } from 'node:crypto'
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  errors as joseErrors,
  jwtVerify,
  SignJWT,
} from 'jose'

/** What signs the tokens; made at the first token unless given. */
export interface SigningKeys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export type Claims = Record<string, unknown>

/** Signs tokens of one tenant and knows its own again. */
export interface TokenSigner {
  readonly issuer: string
  sign(claims: Claims, audience: string): Promise<string>
  verify(token: string): Promise<{ claims: Claims } | { refused: 'malformed' | 'signature' | 'expired' }>
  /** The public keys, as `jwks_uri` publishes them. */
  published(): Promise<{ keys: JWK[] }>
}

export const TOKEN_LIFETIME_SECONDS = 3599
const ALGORITHM = 'ES256'

export function createTokenSigner(tenantId: string, now: () => Date, given?: SigningKeys): TokenSigner {
  let keys: Promise<SigningKeys & { kid: string; jwk: JWK }> | undefined
  const load = () => {
    keys ??= loadKeys(given)
    return keys
  }
  const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`
  const seconds = () => Math.floor(now().getTime() / 1000)
  return {
    issuer,
    async sign(claims, audience) {
      const { privateKey, kid } = await load()
      return new SignJWT({
        ...claims,
        tid: tenantId,
        ver: '2.0',
        // Names the token in logs and makes two tokens of the same second differ.
        uti: randomUUID(),
      })
        .setProtectedHeader({ typ: 'JWT', alg: ALGORITHM, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(seconds())
        .setNotBefore(seconds())
        .setExpirationTime(seconds() + TOKEN_LIFETIME_SECONDS)
        .sign(privateKey)
    },
    async verify(token) {
      try {
        const { publicKey } = await load()
        const verified = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
          issuer,
          currentDate: now(),
          // The clocks of caller and simulator are one, yet a token may be used in the second it was made.
          clockTolerance: 1,
        })
        return { claims: verified.payload }
      } catch (error) {
        if (error instanceof joseErrors.JWTExpired) return { refused: 'expired' }
        const malformed = error instanceof joseErrors.JWSInvalid || error instanceof joseErrors.JWTInvalid
        return { refused: malformed ? 'malformed' : 'signature' }
      }
    },
    async published() {
      return { keys: [(await load()).jwk] }
    },
  }
}

async function loadKeys(given: SigningKeys | undefined): Promise<SigningKeys & { kid: string; jwk: JWK }> {
  const pair = given ?? (await generateKeyPair(ALGORITHM, { extractable: true }))
  const jwk = await exportJWK(pair.publicKey)
  const kid = createHash('sha256').update(`${jwk.x}.${jwk.y}`).digest('base64url').slice(0, 27)
  return { ...pair, kid, jwk: { ...jwk, kid, use: 'sig', alg: ALGORITHM } }
}
