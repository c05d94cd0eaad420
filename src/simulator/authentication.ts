/**
 * Who is calling: Basic and Bearer for both faces, and the sign-in service that hands out the tokens
 * (`entra/dispatch.ts` says what of it is modelled).
 */
import { readBasic } from './basic.ts'
import { createEntra } from './entra/dispatch.ts'
import { type Resource, resourceOf } from './entra/scopes.ts'
import { type Claims, createTokenSigner, type SigningKeys } from './entra/signing.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { Directory, Recipient } from './store/directory.ts'

export type { Resource } from './entra/scopes.ts'
export type { SigningKeys } from './entra/signing.ts'

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

/**
 * Basic and Bearer checking for both faces, and the token endpoint.
 *
 * `checkBearer` takes the resource the token has to be for; `verifyBearer` also says why not.
 */
export interface Authentication {
  /** @param header the Authorization header; anything but valid Basic credentials gives undefined. */
  checkBasic(header: string | undefined): Recipient | undefined
  checkBearer(header: string | undefined, resource: Resource): Promise<Principal | undefined>
  verifyBearer(header: string | undefined, resource: Resource): Promise<BearerResult>
  /** Everything of the sign-in service: tokens, codes, metadata, keys, pages. */
  handleToken(request: HttpRequest): Promise<HttpResponse>
}

export function createAuthentication(
  directory: Directory,
  now: () => Date,
  signingKeys?: SigningKeys,
): Authentication {
  const signer = createTokenSigner(directory.tenantId, now, signingKeys)

  function checkPassword(address: string, password: string): Recipient | undefined {
    const user = directory.find(address)
    // The same work for an unknown user as for a wrong password.
    const matches = user ? directory.verifyPassword(user, password) : false
    return user && matches && directory.hasMailbox(user) ? user : undefined
  }

  async function verifyBearer(header: string | undefined, resource: Resource): Promise<BearerResult> {
    const match = /^bearer(?:\s+(.*))?$/is.exec(header?.trim() ?? '')
    const token = match?.[1]?.trim() ?? ''
    if (token === '') return { ok: false, reason: 'missing' }
    const verified = await signer.verify(token)
    if ('refused' in verified) return { ok: false, reason: verified.refused }
    const { claims } = verified
    // An id token is for the client, not for a service.
    if (claims.idtyp === undefined) return { ok: false, reason: 'audience' }
    const audience = resourceOf(String(claims.aud))
    if (audience !== undefined && audience !== resource) return { ok: false, reason: 'audience' }
    const principal = principalOf(claims)
    return principal ? { ok: true, principal } : { ok: false, reason: 'account' }
  }

  function principalOf(claims: Claims): Principal | undefined {
    if (claims.idtyp === 'app') {
      // An app whose registration is gone has lost its token, too.
      const app = directory.app(String(claims.appid))
      return app && { app: { id: app.id, roles: claims.roles as string[] }, scopes: [] }
    }
    const user = directory.find(String(claims.oid))
    return user && { user, scopes: String(claims.scp).split(' ').filter(Boolean) }
  }

  return {
    checkBasic(header) {
      const credentials = readBasic(header)
      return (
        credentials && checkPassword(accountName(credentials.user, directory.domain), credentials.password)
      )
    },
    async checkBearer(header, resource) {
      const result = await verifyBearer(header, resource)
      return result.ok ? result.principal : undefined
    },
    verifyBearer,
    handleToken: createEntra({
      directory,
      signer,
      now,
      isThisTenant: (text) =>
        [directory.domain.toLowerCase(), directory.tenantId, 'organizations', 'common'].includes(
          text.toLowerCase(),
        ),
      checkPassword,
    }),
  }
}

/** `DOMAIN\user` and a bare account name, which Basic allows, as an address. */
function accountName(user: string, domain: string): string {
  const account = user.slice(user.lastIndexOf('\\') + 1)
  return account.includes('@') ? account : `${account}@${domain}`
}
