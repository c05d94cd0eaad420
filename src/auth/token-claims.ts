/** What an access token says of itself. Shown and used for early warnings; the server alone decides. */
export interface TokenClaims {
  readonly audience: string | undefined
  /** Delegated permissions. */
  readonly scopes: readonly string[]
  /** Application permissions. */
  readonly roles: readonly string[]
  readonly appId: string | undefined
  readonly appName: string | undefined
  /** Who signed in; undefined for an application as itself. */
  readonly user: string | undefined
  readonly tenantId: string | undefined
  readonly validFrom: Date | undefined
  readonly validUntil: Date | undefined
  /** An application that acts as itself. */
  readonly appOnly: boolean
}

/** Reads a JSON Web Token without checking its signature; undefined for a token that is opaque or encrypted. */
export function readTokenClaims(token: string): TokenClaims | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  let claims: Record<string, unknown>
  try {
    const value: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    claims = value as Record<string, unknown>
  } catch {
    return undefined
  }
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined)
  const time = (name: string) =>
    typeof claims[name] === 'number' ? new Date(claims[name] * 1000) : undefined
  const scopes = text('scp')?.split(' ').filter(Boolean) ?? []
  const roles = Array.isArray(claims.roles) ? claims.roles.filter((role) => typeof role === 'string') : []
  return {
    audience: Array.isArray(claims.aud) ? claims.aud.join(' ') : text('aud'),
    scopes,
    roles,
    appId: text('appid') ?? text('azp'),
    appName: text('app_displayname'),
    user: text('upn') ?? text('preferred_username') ?? text('unique_name'),
    tenantId: text('tid'),
    validFrom: time('nbf'),
    validUntil: time('exp'),
    // Entra says idtyp where it is asked to; a token without delegated permissions is an application's.
    appOnly:
      claims.idtyp === 'app' || (claims.idtyp === undefined && scopes.length === 0 && roles.length > 0),
  }
}
