import { X509Certificate } from 'node:crypto'
import { isSmtpAddress } from '../model/user-ref.ts'
import {
  Checker,
  type FileKind,
  isEmpty,
  MAX_PROBLEMS,
  problemsError,
  readTextFile,
  suggestion,
  type Tree,
  treeOfText,
  treeOfValue,
} from './checked-file.ts'
import { DEFAULT_PASSWORD } from './default-tenant.ts'
import {
  GROUP_KINDS,
  type GroupKind,
  MAILBOX_KINDS,
  type MailboxKind,
  SEND_RIGHTS,
  type SendRight,
} from './store/directory.ts'
import { readTenantItem, type TenantItem } from './tenant-items.ts'

export type { TenantItem } from './tenant-items.ts'

export interface TenantMailbox {
  /** The primary SMTP address, which is the user principal name too. */
  readonly address: string
  readonly name: string
  readonly kind: MailboxKind
  readonly aliases: readonly string[]
  /** Absent: the tenant's default password. */
  readonly password?: string
  readonly hiddenFromAddressLists: boolean
  /** As Set-Mailbox spells it: keep a copy of what others send as this mailbox. */
  readonly messageCopyForSentAsEnabled: boolean
  /** As Set-Mailbox spells it: keep a copy of what others send on behalf of this mailbox. */
  readonly messageCopyForSendOnBehalfEnabled: boolean
  /** What is in the mailbox when it is made. */
  readonly items?: readonly TenantItem[]
}

export interface TenantGroup {
  readonly address: string
  readonly name: string
  readonly kind: GroupKind
  /** Primary addresses or aliases of mailboxes and groups. */
  readonly members: readonly string[]
}

/** A right of `user` over a mailbox or a group: exactly one of the two is named. */
export interface TenantSendRight {
  readonly mailbox?: string
  readonly group?: string
  readonly user: string
  readonly right: SendRight
}

/** An application registration with the application permissions an administrator consented to. */
export interface TenantApp {
  /** The client id. */
  readonly id: string
  /** Absent for an application that signs in with a certificate alone. */
  readonly secret?: string
  /** PEM; an application proves with the private key of one of them who it is. */
  readonly certificates?: readonly string[]
  /** Such as `Mail.Send`, `Mail.ReadWrite`, `full_access_as_app`. */
  readonly roles: readonly string[]
}

/** Where Autodiscover sends whoever asks for an address: to another address, or to another server. */
export interface AutodiscoverRedirect {
  /** An address, or `@domain` for all of a domain. */
  readonly address: string
  /** An address, or the URL of an Autodiscover service. */
  readonly to: string
}

/** A tenant that was checked: every address is known, nothing is missing. */
export interface Tenant {
  readonly domain: string
  /** The password of everybody who has none of their own. */
  readonly password: string
  readonly mailboxes: readonly TenantMailbox[]
  readonly groups: readonly TenantGroup[]
  readonly sendRights: readonly TenantSendRight[]
  /** Who may impersonate. */
  readonly administrators: readonly string[]
  readonly apps: readonly TenantApp[]
  readonly autodiscoverRedirects?: readonly AutodiscoverRedirect[]
}

type Defaulted<Whole, Required extends keyof Whole> = Pick<Whole, Required> & Partial<Omit<Whole, Required>>

/** A tenant as a person describes it, in a file or in code: only `domain` and `mailboxes` have to be there. */
export interface TenantDescription {
  readonly domain: string
  readonly password?: string
  readonly mailboxes: readonly Defaulted<TenantMailbox, 'address'>[]
  readonly groups?: readonly Defaulted<TenantGroup, 'address'>[]
  readonly sendRights?: readonly TenantSendRight[]
  readonly administrators?: readonly string[]
  readonly apps?: readonly TenantApp[]
  readonly autodiscoverRedirects?: readonly AutodiscoverRedirect[]
}

/** What this file is, for messages. */
const TENANT_FILE: FileKind = {
  what: 'tenant file',
  hint: 'A tenant file has domain, password, mailboxes, groups, sendRights, administrators, apps and autodiscoverRedirects.',
  unreadableHint: 'Give the path of a YAML file; without one the embedded Exchange is Contoso.',
}

/**
 * Reads and checks a tenant file.
 * @throws InvalidInputError that names file, line and column of every mistake, one per line.
 */
export async function readTenantFile(path: string): Promise<Tenant> {
  return parseTenant(await readTextFile(path, TENANT_FILE), path)
}

/**
 * Reads and checks the text of a tenant file.
 * @param name stands before the line numbers of the messages.
 * @throws InvalidInputError with every mistake, one per line.
 */
export function parseTenant(text: string, name = 'tenant'): Tenant {
  const { tree, problems } = treeOfText(text, name, TENANT_FILE)
  return checkTenant(tree, name, problems)
}

/**
 * Checks and completes a tenant that was written in code.
 * @throws InvalidInputError with every mistake, one per line, each with its path such as `mailboxes[2].address`.
 */
export function completeTenant(description: TenantDescription): Tenant {
  return checkTenant(treeOfValue(description, ''), 'tenant', [])
}

const TENANT_FIELDS = [
  'domain',
  'password',
  'mailboxes',
  'groups',
  'sendRights',
  'administrators',
  'apps',
  'autodiscoverRedirects',
]
const MAILBOX_FIELDS = [
  'address',
  'name',
  'kind',
  'aliases',
  'password',
  'hiddenFromAddressLists',
  'messageCopyForSentAsEnabled',
  'messageCopyForSendOnBehalfEnabled',
  'items',
]
const GROUP_FIELDS = ['address', 'name', 'kind', 'members']
const SEND_RIGHT_FIELDS = ['mailbox', 'group', 'user', 'right']
const APP_FIELDS = ['id', 'secret', 'certificates', 'roles']
const REDIRECT_FIELDS = ['address', 'to']

/** Who owns an address, and where the file says so. */
interface Known {
  readonly at: string
  readonly address: string
  readonly kind: MailboxKind | GroupKind
}

function checkTenant(tree: Tree, name: string, problems: string[]): Tenant {
  const check = new Checker(problems)
  if (isEmpty(tree)) {
    check.say(tree.at, 'The tenant is empty; it needs at least a domain and a list of mailboxes.')
    throw problemsError(name, problems, TENANT_FILE)
  }
  const fields = check.fields(tree, 'A tenant', TENANT_FIELDS)
  const domain = readDomain(check, fields.get('domain'), tree.at)
  const password = fields.has('password')
    ? check.text(fields.get('password'), 'The password')
    : DEFAULT_PASSWORD

  const known = new Map<string, Known>()
  if (!fields.has('mailboxes')) check.missing(tree.at, 'The tenant', 'mailboxes')
  const mailboxTrees = check.list(fields.get('mailboxes'), 'mailboxes')
  const mailboxesField = fields.get('mailboxes')
  if (mailboxesField && mailboxTrees.length === 0) check.say(mailboxesField.at, 'There are no mailboxes.')
  const mailboxes = mailboxTrees.flatMap((item) => readMailbox(check, item, known) ?? [])
  const groups = readGroups(check, check.list(fields.get('groups'), 'groups'), known)

  const sendRights = check
    .list(fields.get('sendRights'), 'sendRights')
    .flatMap((item) => readSendRight(check, item, known) ?? [])
  const administrators = check
    .list(fields.get('administrators'), 'administrators')
    .flatMap((item) => readAdministrator(check, item, known) ?? [])
  const apps = readApps(check, check.list(fields.get('apps'), 'apps'))
  const autodiscoverRedirects = check
    .list(fields.get('autodiscoverRedirects'), 'autodiscoverRedirects')
    .flatMap((item) => readRedirect(check, item) ?? [])

  if (problems.length > 0) throw problemsError(name, problems, TENANT_FILE)
  return {
    domain: domain ?? '',
    password: password ?? DEFAULT_PASSWORD,
    mailboxes,
    groups,
    sendRights,
    administrators,
    apps,
    ...(autodiscoverRedirects.length > 0 ? { autodiscoverRedirects } : {}),
  }
}

function readDomain(
  check: Checker,
  field: { at: string; value: Tree } | undefined,
  at: string,
): string | undefined {
  if (!field) {
    check.missing(at, 'The tenant', 'domain')
    return undefined
  }
  const text = check.text(field, 'The domain')?.trim()
  if (text === undefined) return undefined
  if (!isSmtpAddress(`x@${text}`) || !text.includes('.')) {
    check.say(
      field.value.at,
      `The domain ${JSON.stringify(text.slice(0, 120))} is not a domain name such as contoso.com.`,
    )
  }
  return text
}

function claim(check: Checker, known: Map<string, Known>, address: string, owner: Known, at: string): void {
  const key = address.toLowerCase()
  const other = known.get(key)
  if (!other) known.set(key, { ...owner, at })
  else if (other.address === owner.address && other.at === at) return
  else check.say(at, `The address ${address} is already that of ${other.address} (${other.at}).`)
}

function readMailbox(check: Checker, tree: Tree, known: Map<string, Known>): TenantMailbox | undefined {
  const fields = check.fields(tree, 'A mailbox', MAILBOX_FIELDS)
  const addressField = fields.get('address')
  if (tree.kind === 'map' && !addressField) check.missing(tree.at, 'This mailbox', 'address')
  const address = addressField && check.address(addressField.value, 'The address')
  const name = check.text(fields.get('name'), 'The name')
  const kind = fields.has('kind') ? check.oneOf(fields.get('kind'), MAILBOX_KINDS, 'The kind') : 'user'
  const aliasTrees = check.list(fields.get('aliases'), 'aliases')
  const password = check.text(fields.get('password'), 'The password')
  const flags = {
    hiddenFromAddressLists: check.flag(fields.get('hiddenFromAddressLists'), 'hiddenFromAddressLists'),
    messageCopyForSentAsEnabled: check.flag(
      fields.get('messageCopyForSentAsEnabled'),
      'messageCopyForSentAsEnabled',
    ),
    messageCopyForSendOnBehalfEnabled: check.flag(
      fields.get('messageCopyForSendOnBehalfEnabled'),
      'messageCopyForSendOnBehalfEnabled',
    ),
  }
  const owner: Known = { at: tree.at, address: address ?? '', kind: kind ?? 'user' }
  if (address && addressField) claim(check, known, address, owner, addressField.value.at)
  const aliases = aliasTrees.flatMap((item) => {
    const alias = check.address(item, 'The alias')
    if (alias && address) claim(check, known, alias, owner, item.at)
    return alias ?? []
  })
  const items = check.list(fields.get('items'), 'items').flatMap((item) => readTenantItem(check, item) ?? [])
  if (!address) return undefined
  return {
    address,
    name: name?.trim() ?? localPart(address),
    kind: kind ?? 'user',
    aliases,
    ...(password === undefined ? {} : { password }),
    ...flags,
    ...(items.length === 0 ? {} : { items }),
  }
}

function readGroups(check: Checker, trees: readonly Tree[], known: Map<string, Known>): TenantGroup[] {
  // Two passes: a group may list a group that stands further down.
  const groups = trees.flatMap((tree) => {
    const fields = check.fields(tree, 'A group', GROUP_FIELDS)
    const addressField = fields.get('address')
    if (tree.kind === 'map' && !addressField) check.missing(tree.at, 'This group', 'address')
    const address = addressField && check.address(addressField.value, 'The address')
    const name = check.text(fields.get('name'), 'The name')
    const kind = fields.has('kind')
      ? check.oneOf(fields.get('kind'), GROUP_KINDS, 'The kind')
      : ('distribution' as const)
    const members = check.list(fields.get('members'), 'members')
    if (address && addressField) {
      const owner: Known = { at: tree.at, address, kind: kind ?? 'distribution' }
      claim(check, known, address, owner, addressField.value.at)
    }
    return address ? [{ address, name: name?.trim() ?? localPart(address), kind, members }] : []
  })
  return groups.map(({ address, name, kind, members }) => ({
    address,
    name,
    kind: kind ?? 'distribution',
    members: members.flatMap((item) => resolve(check, item, 'The member', known)?.address ?? []),
  }))
}

function readSendRight(check: Checker, tree: Tree, known: Map<string, Known>): TenantSendRight | undefined {
  const fields = check.fields(tree, 'A send right', SEND_RIGHT_FIELDS)
  if (tree.kind !== 'map') return undefined
  const [mailboxField, groupField, userField] = [
    fields.get('mailbox'),
    fields.get('group'),
    fields.get('user'),
  ]
  if (!mailboxField === !groupField) {
    check.say(tree.at, 'A send right names either a mailbox or a group that it is over.')
  }
  for (const field of ['user', 'right']) {
    if (!fields.has(field)) check.missing(tree.at, 'This send right', field)
  }
  const right = check.oneOf(fields.get('right'), SEND_RIGHTS, 'The right')
  const mailbox = mailboxField && resolve(check, mailboxField.value, 'The mailbox', known)
  if (mailbox && mailboxField && isGroup(mailbox.kind)) {
    check.say(mailboxField.value.at, `${mailbox.address} is a group; name it as group, not as mailbox.`)
  }
  const group = groupField && resolve(check, groupField.value, 'The group', known)
  if (group && groupField && !isGroup(group.kind)) {
    check.say(groupField.value.at, `${group.address} is a mailbox; name it as mailbox, not as group.`)
  }
  if (group && right === 'FullAccess') {
    check.say(tree.at, 'Full Access is over a mailbox; a group has none to open.')
  }
  const user = userField && resolve(check, userField.value, 'The user', known)
  // Add-MailboxPermission, Add-RecipientPermission and Set-Mailbox -GrantSendOnBehalfTo take users and
  // mail-enabled security groups.
  if (user && userField && isGroup(user.kind) && user.kind !== 'security') {
    check.say(
      userField.value.at,
      `${user.address} is a ${user.kind} group; of groups only security groups can hold a right.`,
    )
  }
  const target = mailbox ?? group
  if (!target || !user || !right) return undefined
  return mailbox
    ? { mailbox: mailbox.address, user: user.address, right }
    : { group: target.address, user: user.address, right }
}

function readAdministrator(check: Checker, tree: Tree, known: Map<string, Known>): string | undefined {
  const administrator = resolve(check, tree, 'The administrator', known)
  if (administrator && isGroup(administrator.kind)) {
    check.say(tree.at, `${administrator.address} is a group; name the people.`)
  }
  return administrator?.address
}

function readApps(check: Checker, trees: readonly Tree[]): TenantApp[] {
  const seen = new Map<string, string>()
  return trees.flatMap((tree) => {
    const fields = check.fields(tree, 'An app', APP_FIELDS)
    if (tree.kind !== 'map') return []
    if (!fields.has('id')) check.missing(tree.at, 'This app', 'id')
    if (!fields.has('secret') && !fields.has('certificates')) check.missing(tree.at, 'This app', 'secret')
    const id = check.text(fields.get('id'), 'The id')?.trim()
    const secret = check.text(fields.get('secret'), 'The secret')
    const certificates = check
      .list(fields.get('certificates'), 'certificates')
      .flatMap((item) => readCertificate(check, item) ?? [])
    const roles = check
      .list(fields.get('roles'), 'roles')
      .flatMap((item) => check.textOf(item, 'The role')?.trim() ?? [])
    const other = id && seen.get(id.toLowerCase())
    if (id && other) check.say(tree.at, `The app ${id} is there already (${other}).`)
    if (id) seen.set(id.toLowerCase(), tree.at)
    if (!id) return []
    return [
      {
        id,
        ...(secret === undefined ? {} : { secret }),
        ...(certificates.length > 0 ? { certificates } : {}),
        roles,
      },
    ]
  })
}

function readCertificate(check: Checker, tree: Tree): string | undefined {
  const text = check.textOf(tree, 'The certificate')
  if (text === undefined) return undefined
  try {
    return new X509Certificate(text).toString()
  } catch {
    check.say(tree.at, 'The certificate is not PEM; it begins with -----BEGIN CERTIFICATE-----.')
    return undefined
  }
}

function readRedirect(check: Checker, tree: Tree): AutodiscoverRedirect | undefined {
  const fields = check.fields(tree, 'A redirect', REDIRECT_FIELDS)
  if (tree.kind !== 'map') return undefined
  for (const field of REDIRECT_FIELDS) if (!fields.has(field)) check.missing(tree.at, 'This redirect', field)
  const address = check.text(fields.get('address'), 'The address')?.trim()
  if (address && !isSmtpAddress(address.startsWith('@') ? `x${address}` : address)) {
    check.say(tree.at, `${JSON.stringify(address.slice(0, 120))} is neither an address nor @domain.`)
  }
  // http is allowed, too: that a client refuses to follow it is worth trying.
  const to = check.text(fields.get('to'), 'The target')?.trim()
  if (to && !isSmtpAddress(to) && !(/^https?:\/\//i.test(to) && URL.canParse(to))) {
    check.say(tree.at, `${JSON.stringify(to.slice(0, 120))} is neither an address nor an https URL.`)
  }
  return address && to ? { address, to } : undefined
}

function resolve(check: Checker, tree: Tree, what: string, known: Map<string, Known>): Known | undefined {
  const address = check.address(tree, what)
  if (!address) return undefined
  const found = known.get(address.toLowerCase())
  if (!found) {
    // Looking for the nearest address costs time; nobody reads it in a message that is not shown.
    const candidates = check.problems.length < MAX_PROBLEMS ? [...known.values()] : []
    const near = suggestion(
      address,
      candidates.map((entry) => entry.address),
    )
    check.say(tree.at, `${what} ${address} is neither a mailbox nor a group of this tenant${near}.`)
  }
  return found
}

function isGroup(kind: MailboxKind | GroupKind): kind is GroupKind {
  return (GROUP_KINDS as readonly string[]).includes(kind)
}

function localPart(address: string): string {
  return address.slice(0, address.lastIndexOf('@'))
}
