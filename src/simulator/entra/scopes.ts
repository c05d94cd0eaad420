import { TokenError } from './token-error.ts'

/** The two services of this tenant that take tokens. A token for the simulator's own address serves both. */
export type Resource = 'ews' | 'graph'

const GRAPH_ORIGINS = [
  'https://graph.microsoft.com',
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
]
const EWS_ORIGINS = [
  'https://outlook.office365.com',
  'https://outlook.office.com',
  'https://outlook.office365.us',
  'https://outlook-dod.office365.us',
  'https://partner.outlook.cn',
]
/** The application ids of the two services, which are also accepted as their names. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000'
const EWS_APP_ID = '00000002-0000-0ff1-ce00-000000000000'

/**
 * Delegated permissions this tenant knows; each counts as consented. A short name means Graph, as at the real
 * token endpoint.
 */
const GRAPH_SCOPES = [
  'Calendars.Read',
  'Calendars.Read.Shared',
  'Calendars.ReadBasic',
  'Calendars.ReadWrite',
  'Calendars.ReadWrite.Shared',
  'Contacts.Read',
  'Contacts.Read.Shared',
  'Contacts.ReadWrite',
  'Contacts.ReadWrite.Shared',
  'Directory.Read.All',
  'Group.Read.All',
  'Mail-Advanced.ReadWrite',
  'Mail-Advanced.ReadWrite.Shared',
  'Mail.Read',
  'Mail.Read.Shared',
  'Mail.ReadBasic',
  'Mail.ReadBasic.Shared',
  'Mail.ReadWrite',
  'Mail.ReadWrite.Shared',
  'Mail.Send',
  'Mail.Send.Shared',
  'MailboxSettings.Read',
  'MailboxSettings.ReadWrite',
  'People.Read',
  'Tasks.Read',
  'Tasks.ReadWrite',
  'User.Read',
  'User.Read.All',
  'User.ReadBasic.All',
]
const EWS_SCOPES = ['EWS.AccessAsUser.All', 'Exchange.Manage', 'Exchange.ManageV2']
/** Scopes about the sign-in itself; they name no resource. */
const OPENID_SCOPES = ['openid', 'profile', 'email', 'offline_access']
/** Application permissions of Exchange; every other role belongs to Graph. */
export const EWS_ROLE = /^(?:full_access_as_app|exchange\.|ews\.)/i

/** Which service a resource or audience names; undefined for the simulator's own address, which is both. */
export function resourceOf(audience: string): Resource | undefined {
  const name = audience.replace(/\/+$/, '').toLowerCase()
  if (GRAPH_ORIGINS.includes(name) || name === GRAPH_APP_ID) return 'graph'
  if (EWS_ORIGINS.includes(name) || name === EWS_APP_ID) return 'ews'
  return undefined
}

export interface Scopes {
  readonly audience: string
  readonly resource: Resource | undefined
  /** As the scp claim has them: without the resource. */
  readonly names: string[]
  /** As the answer names them: as they were asked for, so that a client finds its token again. */
  readonly granted: string[]
  /** An id token was asked for. */
  readonly openId: boolean
  /** A refresh token was asked for. */
  readonly offline: boolean
}

/** Reads the scope parameter. All scopes of one request are for one resource. */
export function readScopes(text: string, origin: string): Scopes {
  const audiences = new Map<string, Resource | undefined>()
  const names: string[] = []
  const spelled = new Map<string, string>()
  const unknown: string[] = []
  const openId: string[] = []
  for (const scope of text.split(/\s+/).filter(Boolean)) {
    if (OPENID_SCOPES.includes(scope.toLowerCase())) {
      openId.push(scope.toLowerCase())
      continue
    }
    // The resource may end in a slash of its own: `https://outlook.office.com//.default` keeps it in `aud`.
    const slash = scope.lastIndexOf('/')
    const audience = slash === -1 ? 'https://graph.microsoft.com' : scope.slice(0, slash)
    const name = scope.slice(slash + 1)
    const resource = resourceOf(audience)
    if (resource === undefined && audience.replace(/\/+$/, '').toLowerCase() !== origin.toLowerCase()) {
      throw new TokenError(
        400,
        'invalid_resource',
        500011,
        `The resource principal named ${audience.slice(0, 200)} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
      )
    }
    audiences.set(audience.toLowerCase(), resource)
    if (audiences.size > 1) {
      throw new TokenError(
        400,
        'invalid_request',
        28000,
        `Provided value for the input parameter scope is not valid because it contains more than one resource. Scope ${text.slice(0, 200)} is not valid.`,
      )
    }
    const available = [
      ...(resource === 'ews' ? [] : GRAPH_SCOPES),
      ...(resource === 'graph' ? [] : EWS_SCOPES),
    ]
    if (name === '.default') {
      names.push(...available)
      spelled.set('.default', scope)
    } else {
      const match = available.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
      if (match) {
        names.push(match)
        spelled.set(match, slash === -1 ? match : `${audience}/${match}`)
      } else unknown.push(scope)
    }
  }
  const [entry] = audiences
  if (unknown.length > 0 || (!entry && text.trim() === '')) {
    throw new TokenError(
      400,
      'invalid_scope',
      70011,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${unknown.join(' ').slice(0, 300)} does not exist.`,
    )
  }
  const [audience, resource] = entry ?? ['https://graph.microsoft.com', 'graph' as const]
  // Only the sign-in itself was asked for: Graph's User.Read comes with it, as at the real endpoint.
  const wanted = [...new Set(entry ? names : ['User.Read'])]
  return {
    audience,
    resource,
    names: wanted,
    granted: [
      ...wanted.map((name) => spelled.get(name) ?? `${audience}/${name}`),
      ...(spelled.has('.default') ? [`${audience}/.default`] : []),
      ...openId.filter((name) => name !== 'offline_access'),
    ],
    openId: openId.includes('openid'),
    offline: openId.includes('offline_access'),
  }
}
