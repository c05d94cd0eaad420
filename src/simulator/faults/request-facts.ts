import { type Element, findChild, parseXml } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { readBasic } from '../basic.ts'
import type { HttpRequest } from '../http-message.ts'
import type { Exchange } from '../store/exchange.ts'
import { parseObjectId } from '../store/object-ids.ts'
import type { FaultFace } from './fault.ts'

/** What a fault is chosen by; found before the request is carried out, and without checking anything. */
export interface RequestFacts {
  readonly face: FaultFace
  readonly method: string
  readonly operation: string | undefined
  /** The mailboxes it is about, by primary address in lower case. */
  readonly mailboxes: readonly string[]
  /** Who signed in, or says so. */
  readonly account: string
}

export function requestFacts(exchange: Exchange, face: FaultFace, request: HttpRequest): RequestFacts {
  const account = accountOf(exchange, request)
  const find = { ews: ewsFacts, graph: graphFacts, token: tokenFacts, autodiscover: autodiscoverFacts }[face]
  const { operation, mailboxes } = find(exchange, request, account)
  const addresses = mailboxes.map((name) => primaryAddress(exchange, name))
  return { face, method: request.method, operation, mailboxes: [...new Set(addresses)], account }
}

/** The address by which faults know a mailbox: the primary one, or what was given when nobody has it. */
export function primaryAddress(exchange: Exchange, name: string): string {
  return (exchange.directory.find(name)?.address ?? name).toLowerCase()
}

interface Found {
  readonly operation: string | undefined
  readonly mailboxes: readonly string[]
}

function ewsFacts(exchange: Exchange, request: HttpRequest, account: string): Found {
  const root = parse(request.body)
  const body = root && findChild(root, 'Body', root.namespace)
  const operation = body?.children[0]
  const header = root && findChild(root, 'Header', root.namespace)
  const named = operation ? namedMailboxes(exchange, operation) : []
  const impersonated = header && findChild(header, 'ExchangeImpersonation', NAMESPACES.types)
  const sid = impersonated?.children[0]?.children[0]
  const asWhom =
    sid &&
    (sid.name === 'SID' ? (exchange.directory.findBySid(sid.text.trim())?.address ?? '') : sid.text.trim())
  const anchor = request.headers['x-anchormailbox']
  return {
    operation: operation?.name.slice(0, 80),
    mailboxes: named.length > 0 ? named : [asWhom || anchor || account],
  }
}

/** Where the request says whose mailbox it means: the operation's own Mailbox, a distinguished folder's, or an id. */
function namedMailboxes(exchange: Exchange, operation: Element): string[] {
  const found: string[] = []
  const visit = (element: Element, parent: Element): void => {
    if (element.name === 'Mailbox' && (parent === operation || parent.name === 'DistinguishedFolderId')) {
      const address = findChild(element, 'EmailAddress', NAMESPACES.types)?.text.trim()
      if (address) found.push(address)
    } else if (element.name.endsWith('Id') && element.attributes.Id !== undefined) {
      const owner = exchange.directory.find(parseObjectId(element.attributes.Id)?.mailboxId ?? '')
      if (owner) found.push(owner.address)
    }
    for (const child of element.children) visit(child, element)
  }
  for (const child of operation.children) visit(child, operation)
  return found
}

function parse(body: Buffer): Element | undefined {
  try {
    return body.length === 0 ? undefined : parseXml(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The collections and actions of Graph paths; what stands between them are ids. */
function graphFacts(_exchange: Exchange, request: HttpRequest, account: string): Found {
  const segments = request.url.pathname.split('/').filter(Boolean).slice(1).map(decode)
  const [first = '', second] = segments
  const users = /^users$/i.test(first)
  // /me/messages/{id}/send: names and ids take turns; an action stands where a name does.
  const rest = segments.slice(users ? 2 : 1)
  const last = rest.at(-1) ?? ''
  const operation = /^createUploadSession$/i.test(last)
    ? last
    : (rest.filter((_segment, index) => index % 2 === 0).at(-1) ?? first)
  return { operation: operation || undefined, mailboxes: [users && second ? second : account] }
}

function tokenFacts(_exchange: Exchange, request: HttpRequest, account: string): Found {
  const endpoint = request.url.pathname.replace(/\/+$/, '').split('/').at(-1)
  const form = request.method === 'POST' ? new URLSearchParams(request.body.toString('utf8')) : undefined
  const person = form?.get('username') ?? form?.get('login') ?? request.url.searchParams.get('login_hint')
  return {
    operation: (endpoint === 'token' ? form?.get('grant_type') : undefined) ?? endpoint,
    mailboxes: [person ?? form?.get('client_id') ?? account],
  }
}

function autodiscoverFacts(_exchange: Exchange, request: HttpRequest, account: string): Found {
  const path = request.url.pathname
  if (/\.json/i.test(path)) {
    const inPath = /\/v1\.0\/([^/]+)/i.exec(path)?.[1]
    const query = [...request.url.searchParams].find(([name]) => name.toLowerCase() === 'email')?.[1]
    return { operation: 'json', mailboxes: [(inPath === undefined ? query : decode(inPath)) ?? account] }
  }
  const addresses: string[] = []
  const visit = (element: Element): void => {
    if (element.name === 'EMailAddress' || element.name === 'Mailbox') addresses.push(element.text.trim())
    for (const child of element.children) visit(child)
  }
  const root = parse(request.body)
  if (root) visit(root)
  return {
    operation: /\.svc/i.test(path) ? 'GetUserSettings' : 'pox',
    mailboxes: addresses.length > 0 ? addresses : [account],
  }
}

/** Who the request says it is from; nothing is believed, it only has to be the same for the same caller. */
function accountOf(exchange: Exchange, request: HttpRequest): string {
  const header = request.headers.authorization
  const name = readBasic(header)?.user ?? tokenAccount(header) ?? request.connection?.user?.address ?? ''
  const plain = name.slice(name.lastIndexOf('\\') + 1)
  return primaryAddress(exchange, plain === '' || plain.includes('@') ? plain : atDomain(exchange, plain))
}

function atDomain(exchange: Exchange, name: string): string {
  const address = `${name}@${exchange.directory.domain}`
  return exchange.directory.find(address) ? address : name
}

function tokenAccount(header: string | undefined): string | undefined {
  const payload = /^bearer\s+[^.\s]+\.([^.\s]+)\./i.exec(header ?? '')?.[1]
  if (payload === undefined) return undefined
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
    return String(claims.upn ?? claims.appid ?? '')
  } catch {
    return undefined
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
