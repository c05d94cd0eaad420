import { type GraphAnswer, type GraphContext, resolveTarget } from './context.ts'
import { GraphError } from './errors.ts'
import { project, readItemQuery } from './query.ts'

const PROPERTIES = [
  ...[
    'id',
    'businessPhones',
    'displayName',
    'givenName',
    'jobTitle',
    'mail',
    'mobilePhone',
    'officeLocation',
  ],
  ...['preferredLanguage', 'surname', 'userPrincipalName', 'proxyAddresses', 'onPremisesSecurityIdentifier'],
]
const SELECT_ONLY = ['proxyAddresses', 'onPremisesSecurityIdentifier']

/** GET /me and /users/{id|upn} */
export function getUser(context: GraphContext, user: string | undefined): GraphAnswer {
  const { exchange, principal } = context
  const other = user !== undefined && exchange.directory.find(user)?.id !== principal.user?.id
  const granted = principal.user ? principal.scopes : (principal.app?.roles ?? [])
  const needed = other
    ? ['User.Read.All', 'User.ReadBasic.All', 'Directory.Read.All']
    : ['User.Read', 'User.Read.All', 'User.ReadBasic.All']
  if (!needed.some((scope) => granted.includes(scope))) {
    throw new GraphError(
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
    )
  }
  const found = user === undefined ? resolveTarget(context, undefined).owner : exchange.directory.find(user)
  if (!found || !exchange.directory.hasMailbox(found)) {
    throw new GraphError(
      404,
      'Request_ResourceNotFound',
      `Resource '${(user ?? '').slice(0, 200)}' does not exist or one of its queried reference-property objects are not present.`,
    )
  }
  const [givenName = null, ...rest] = found.name.split(' ')
  const all: Record<string, unknown> = {
    id: found.id,
    businessPhones: [],
    displayName: found.name,
    givenName,
    jobTitle: null,
    mail: found.address,
    mobilePhone: null,
    officeLocation: null,
    preferredLanguage: null,
    surname: rest.join(' ') || null,
    userPrincipalName: found.address,
    proxyAddresses: [`SMTP:${found.address}`, ...found.aliases.map((alias) => `smtp:${alias}`)],
    onPremisesSecurityIdentifier: found.sid,
  }
  const { select } = readItemQuery(context.query, PROPERTIES)
  for (const name of SELECT_ONLY) if (!select?.includes(name)) delete all[name]
  return {
    status: 200,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users/$entity`,
      ...project(all, select),
    },
  }
}
