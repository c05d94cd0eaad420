import { readTokenClaims, type TokenClaims } from '../auth/token-claims.ts'
import { CLOUDS, isExchangeOnline } from '../model/clouds.ts'
import type { Finding } from './step.ts'

const EXCHANGE_APP = '00000002-0000-0ff1-ce00-000000000000'
const GRAPH_APP = '00000003-0000-0000-c000-000000000000'

export type Service = 'ews' | 'graph'

/** What the token itself says against its being taken. Its signature is the server's business. */
export function checkToken(
  header: string,
  service: Service,
  options: { readonly now: Date; readonly impersonates: boolean },
): { readonly finding: Finding; readonly claims: TokenClaims | undefined } {
  const claims = readTokenClaims(header.replace(/^bearer\s+/i, ''))
  if (!claims) {
    return {
      claims,
      finding: { status: 'ok', finding: 'The token is opaque: what it is good for shows when it is used.' },
    }
  }
  return { claims, finding: { ...judge(claims, service, options), facts: factsOf(claims) } }
}

function judge(
  claims: TokenClaims,
  service: Service,
  { now, impersonates }: { readonly now: Date; readonly impersonates: boolean },
): Finding {
  const who = claims.appOnly
    ? `the application ${claims.appName ?? claims.appId ?? 'without a name'} as itself`
    : `${claims.user ?? 'somebody'} through ${claims.appName ?? claims.appId ?? 'an application'}`
  const about = `A token of ${who} for ${claims.audience ?? 'nothing'}`
  const audience = audienceOf(claims.audience)
  if (audience !== undefined && audience !== service) {
    return {
      status: 'failed',
      finding: `${about}.`,
      reason: `It is for ${audience === 'ews' ? 'Exchange' : 'Graph'}; each service takes its own alone.`,
      next: [
        `Ask for a token with the scope ${service === 'ews' ? `${CLOUDS.global.exchange}/.default or ${CLOUDS.global.exchange}/EWS.AccessAsUser.All` : `${CLOUDS.global.graph}/.default`}.`,
      ],
    }
  }
  if (claims.validUntil && claims.validUntil <= now) {
    return {
      status: 'failed',
      finding: `${about}; it has expired at ${claims.validUntil.toISOString()}.`,
      next: ['Get a new one, or sign in so that it is renewed: ews-delegates login'],
    }
  }
  if (claims.validFrom && claims.validFrom.getTime() > now.getTime() + 5 * 60 * 1000) {
    return {
      status: 'failed',
      finding: `${about}; it is valid from ${claims.validFrom.toISOString()} only.`,
      next: ['Check the clock of this machine.'],
    }
  }
  const rights = [...claims.scopes, ...claims.roles]
  const finding = `${about}, with ${rights.join(', ') || 'no permissions'}${claims.validUntil ? `, valid until ${claims.validUntil.toISOString()}` : ''}.`
  return { finding, ...(service === 'ews' ? judgeEws(claims, impersonates) : judgeGraph(claims)) }
}

function judgeEws(claims: TokenClaims, impersonates: boolean): Omit<Finding, 'finding'> {
  if (claims.appOnly && !impersonates) {
    return {
      status: 'failed',
      reason:
        'An application as itself has no mailbox: Exchange answers its EWS calls only while it impersonates.',
      next: ['Name the mailbox: --impersonate adele@contoso.com'],
    }
  }
  if (claims.appOnly && !claims.roles.some((role) => /^full_access_as_app$/i.test(role))) {
    return {
      status: 'warning',
      reason:
        'It has not the role full_access_as_app. It is good only where Exchange gives the right itself (RBAC for Applications, role Application EWS.AccessAsApp).',
      next: [
        'App registration, API permissions: Office 365 Exchange Online, Application permissions, full_access_as_app; then grant admin consent.',
      ],
    }
  }
  if (
    !claims.appOnly &&
    !claims.scopes.some((scope) => /^(?:EWS\.AccessAsUser\.All|user_impersonation)$/i.test(scope))
  ) {
    return {
      status: 'failed',
      reason: 'It has not the scope EWS.AccessAsUser.All, without which Exchange takes no EWS call.',
      next: [
        'App registration, API permissions: Office 365 Exchange Online, Delegated permissions, EWS.AccessAsUser.All; then sign in again.',
      ],
    }
  }
  return { status: 'ok' }
}

function judgeGraph(claims: TokenClaims): Omit<Finding, 'finding'> {
  const rights = [...claims.scopes, ...claims.roles].map((right) => right.toLowerCase())
  const wanted = claims.appOnly ? ['Mail.Send', 'Mail.ReadWrite'] : ['Mail.Send.Shared', 'Mail.ReadWrite']
  const missing = wanted.filter((right) => !rights.includes(right.toLowerCase()))
  if (missing.length === 0) return { status: 'ok' }
  return {
    status: 'warning',
    reason: `It lacks ${missing.join(' and ')}, which proving a grant by sending takes.`,
    next: [
      `App registration, API permissions: Microsoft Graph, ${claims.appOnly ? 'Application' : 'Delegated'} permissions, ${missing.join(' and ')}.`,
    ],
  }
}

function audienceOf(audience: string | undefined): Service | undefined {
  if (audience === undefined) return undefined
  if (audience === EXCHANGE_APP) return 'ews'
  if (audience === GRAPH_APP) return 'graph'
  if (!URL.canParse(audience)) return undefined
  const url = new URL(audience)
  if (Object.values(CLOUDS).some(({ graph }) => new URL(graph).host === url.host)) return 'graph'
  return isExchangeOnline(url) ? 'ews' : undefined
}

function factsOf(claims: TokenClaims): Record<string, unknown> {
  return {
    audience: claims.audience ?? null,
    user: claims.user ?? null,
    appId: claims.appId ?? null,
    appOnly: claims.appOnly,
    tenantId: claims.tenantId ?? null,
    scopes: claims.scopes,
    roles: claims.roles,
    validUntil: claims.validUntil?.toISOString() ?? null,
  }
}
