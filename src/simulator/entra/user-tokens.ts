import { createHash, randomBytes } from 'node:crypto'
import type { HttpResponse } from '../http-message.ts'
import type { Recipient } from '../store/directory.ts'
import type { TokenClient } from './client.ts'
import type { EntraContext } from './context.ts'
import type { Scopes } from './scopes.ts'
import { TOKEN_LIFETIME_SECONDS } from './signing.ts'
import { json, TokenError } from './token-error.ts'
import { Vault } from './vault.ts'

/** A person's consent to one client; it is for every resource, as refresh tokens of Microsoft Entra are. */
interface Session {
  readonly userId: string
  readonly clientId: string
}

const REFRESH_LIFETIME_MS = 90 * 24 * 3600 * 1000

/** What a token response has to hold besides the access token. */
export interface TokenWishes {
  readonly scopes: Scopes
  /** Goes into the id token, against replay. */
  readonly nonce?: string | undefined
  /** `client_info=1`: MSAL names its accounts by it. */
  readonly clientInfo: boolean
}

/** Makes the token responses for people, and takes refresh tokens. */
export interface UserTokens {
  issue(user: Recipient, client: TokenClient, wishes: TokenWishes): Promise<HttpResponse>
  /** @throws TokenError for a refresh token that is not, or no longer, good. */
  refresh(token: string, client: TokenClient): Recipient
}

export function createUserTokens(context: EntraContext): UserTokens {
  const { directory, signer } = context
  const sessions = new Vault<Session>(REFRESH_LIFETIME_MS, context.now)
  return {
    async issue(user, client, { scopes, nonce, clientInfo }) {
      const person = {
        name: user.name,
        oid: user.id,
        preferred_username: user.address,
        sub: subject(user.id, client.id),
      }
      const accessToken = await signer.sign(
        {
          ...person,
          appid: client.id,
          appidacr: { none: '0', secret: '1', certificate: '2' }[client.proof],
          idtyp: 'user',
          onprem_sid: user.sid,
          scp: scopes.names.join(' '),
          unique_name: user.address,
          upn: user.address,
        },
        scopes.audience,
      )
      const idToken = scopes.openId
        ? await signer.sign({ ...person, ...(nonce === undefined ? {} : { nonce }) }, client.id)
        : undefined
      const refreshToken = scopes.offline
        ? sessions.keep(`1.${randomBytes(48).toString('base64url')}`, {
            userId: user.id,
            clientId: client.id,
          })
        : undefined
      const info = clientInfo ? clientInfoOf(user, directory.tenantId) : undefined
      return json(200, {
        token_type: 'Bearer',
        scope: scopes.granted.join(' '),
        expires_in: TOKEN_LIFETIME_SECONDS,
        ext_expires_in: TOKEN_LIFETIME_SECONDS,
        access_token: accessToken,
        ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
        ...(idToken === undefined ? {} : { id_token: idToken }),
        ...(info === undefined ? {} : { client_info: info }),
      })
    },
    refresh(token, client) {
      const session = sessions.find(token)
      const user = session && directory.find(session.userId)
      if (!session || !user) {
        throw new TokenError(
          400,
          'invalid_grant',
          700082,
          'The refresh token has expired due to inactivity, was revoked, or is none.',
        )
      }
      if (session.clientId.toLowerCase() !== client.id.toLowerCase()) {
        throw new TokenError(
          400,
          'invalid_grant',
          700005,
          'Provided refresh token was issued to another client.',
        )
      }
      return user
    },
  }
}

/** A pairwise identifier: stable for one user and one client. */
export function subject(id: string, client: string): string {
  const hex = createHash('sha256').update(`${id}:${client.toLowerCase()}`).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

export function clientInfoOf(user: Recipient, tenantId: string): string {
  return Buffer.from(JSON.stringify({ uid: user.id, utid: tenantId })).toString('base64url')
}
