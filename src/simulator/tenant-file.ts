import { readFile, stat } from 'node:fs/promises'
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { InvalidInputError } from '../errors.ts'
import { isSmtpAddress } from '../model/user-ref.ts'
import { DEFAULT_PASSWORD } from './default-tenant.ts'
import {
  GROUP_KINDS,
  type GroupKind,
  MAILBOX_KINDS,
  type MailboxKind,
  SEND_RIGHTS,
  type SendRight,
} from './store/directory.ts'

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
  readonly secret: string
  /** Such as `Mail.Send`, `Mail.ReadWrite`, `full_access_as_app`. */
  readonly roles: readonly string[]
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
}

// Ten thousand mailboxes with everything the format has are about three megabytes and 200,000 values.
const MAX_BYTES = 16 * 1024 * 1024
const MAX_NODES = 400_000
const MAX_DEPTH = 8
const MAX_ALIASES = 500
const MAX_PROBLEMS = 50

/**
 * Reads and checks a tenant file.
 * @throws InvalidInputError that names file, line and column of every mistake, one per line.
 */
export async function readTenantFile(path: string): Promise<Tenant> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > MAX_BYTES) {
      throw new InvalidInputError(`The tenant file ${path} is larger than ${MAX_BYTES / 1024 / 1024} MB.`)
    }
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    const code = (error as NodeJS.ErrnoException).code
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a directory'
          : code === 'EACCES'
            ? 'it may not be read'
            : ((error as Error).message ?? String(code))
    throw new InvalidInputError(`The tenant file ${path} cannot be read: ${reason}.`, {
      cause: error,
      hint: 'Give the path of a YAML file; without one the embedded Exchange is Contoso.',
    })
  }
  return parseTenant(text, path)
}

/**
 * Reads and checks the text of a tenant file.
 * @param name stands before the line numbers of the messages.
 * @throws InvalidInputError with every mistake, one per line.
 */
export function parseTenant(text: string, name = 'tenant'): Tenant {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new InvalidInputError(`The tenant file ${name} is larger than ${MAX_BYTES / 1024 / 1024} MB.`)
  }
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  let document: Document.Parsed
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true })
  } catch (error) {
    // The YAML reader is recursive; nesting deep enough ends its stack.
    throw new InvalidInputError(`${name}:1:1 This cannot be read as YAML: it is nested too deeply.`, {
      cause: error,
    })
  }
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    throw problemsError(
      name,
      faults.map((fault) => `${place(fault.pos[0])} ${sentence(fault.message)}`),
    )
  }
  const problems: string[] = []
  const tree = treeOfYaml(document, place, problems)
  return checkTenant(tree, name, problems)
}

/**
 * Checks and completes a tenant that was written in code.
 * @throws InvalidInputError with every mistake, one per line, each with its path such as `mailboxes[2].address`.
 */
export function completeTenant(description: TenantDescription): Tenant {
  return checkTenant(treeOfValue(description, ''), 'tenant', [])
}

// --- one neutral tree for YAML and for plain values, so that there is one set of rules ------------------------

type Tree = { readonly at: string } & (
  | { readonly kind: 'map'; readonly entries: readonly { key: string; at: string; value: Tree }[] }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'scalar'; readonly value: unknown }
)

function treeOfYaml(document: Document.Parsed, place: (offset: number) => string, problems: string[]): Tree {
  let budget = MAX_NODES
  // Finding what an alias stands for walks the whole document.
  const aliases = new Map<Alias, unknown>()
  const anchored = (alias: Alias, at: string): unknown => {
    if (!aliases.has(alias)) {
      if (aliases.size === MAX_ALIASES) problems.push(`${at} The file has more than ${MAX_ALIASES} aliases.`)
      aliases.set(alias, aliases.size < MAX_ALIASES ? alias.resolve(document) : undefined)
    }
    return aliases.get(alias)
  }
  const convert = (node: unknown, inherited: string, depth: number): Tree => {
    const range = (node as { range?: [number, number, number] | null } | null)?.range
    const at = range ? place(range[0]) : inherited
    // Aliases are followed, but what they unfold to is counted: a file of a few lines can unfold to billions.
    if (--budget < 0 || depth > MAX_DEPTH) {
      if (budget === -1) problems.push(`${at} The file has more than ${MAX_NODES} values, aliases unfolded.`)
      else if (depth > MAX_DEPTH && budget >= 0) problems.push(`${at} This is nested too deeply.`)
      return { kind: 'scalar', value: undefined, at }
    }
    if (isAlias(node)) return convert(anchored(node, at), at, depth + 1)
    if (isMap(node)) {
      const entries = node.items.map((pair) => {
        const key = isScalar(pair.key) ? String(pair.key.value) : '?'
        const keyRange = (pair.key as { range?: [number, number, number] | null } | null)?.range
        const keyAt = keyRange ? place(keyRange[0]) : at
        return { key, at: keyAt, value: convert(pair.value, keyAt, depth + 1) }
      })
      return { kind: 'map', entries, at }
    }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => convert(item, at, depth + 1)), at }
    return { kind: 'scalar', value: isScalar(node) ? node.value : undefined, at }
  }
  return convert(document.contents, place(0), 0)
}

function treeOfValue(value: unknown, at: string, depth = 0): Tree {
  // Deeper than anything a tenant has, or an object that holds itself.
  if (depth > MAX_DEPTH) return { kind: 'scalar', value: undefined, at }
  if (Array.isArray(value)) {
    return {
      kind: 'list',
      items: value.map((item, index) => treeOfValue(item, `${at}[${index}]`, depth + 1)),
      at,
    }
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => {
        const path = at === '' ? key : `${at}.${key}`
        return { key, at: path, value: treeOfValue(item, path, depth + 1) }
      })
    return { kind: 'map', entries, at }
  }
  return { kind: 'scalar', value, at }
}

// --- the rules ------------------------------------------------------------------------------------------------

/** Collects what is wrong; readers answer a harmless value so that the rest is checked as well. */
class Checker {
  readonly problems: string[]

  constructor(problems: string[]) {
    this.problems = problems
  }

  say(at: string, text: string): void {
    this.problems.push(at === '' ? text : `${at} ${text}`)
  }

  /** The members of a map, after refusing those that do not belong there. */
  fields(tree: Tree, what: string, known: readonly string[]): Map<string, { at: string; value: Tree }> {
    const fields = new Map<string, { at: string; value: Tree }>()
    if (tree.kind !== 'map') {
      this.say(tree.at, `${what} is a map with ${listed(known)}, not ${describe(tree)}.`)
      return fields
    }
    for (const { key, at, value } of tree.entries) {
      if (known.includes(key)) fields.set(key, { at, value })
      else this.say(at, `${what} has no ${JSON.stringify(key)}${suggestion(key, known)}.`)
    }
    return fields
  }

  list(field: { value: Tree } | undefined, what: string): readonly Tree[] {
    if (!field || isEmpty(field.value)) return []
    if (field.value.kind === 'list') return field.value.items
    this.say(field.value.at, `${what} is a list, not ${describe(field.value)}.`)
    return []
  }

  text(field: { value: Tree } | undefined, what: string): string | undefined {
    return field ? this.textOf(field.value, what) : undefined
  }

  textOf(tree: Tree, what: string): string | undefined {
    if (tree.kind === 'scalar' && typeof tree.value === 'string') {
      if (tree.value.trim() !== '') return tree.value
      this.say(tree.at, `${what} is empty.`)
      return undefined
    }
    const quotes =
      tree.kind === 'scalar' && tree.value !== undefined && tree.value !== null ? ' Put it in quotes.' : ''
    this.say(tree.at, `${what} is text, not ${describe(tree)}.${quotes}`)
    return undefined
  }

  flag(field: { value: Tree } | undefined, what: string): boolean {
    if (!field) return false
    if (field.value.kind === 'scalar' && typeof field.value.value === 'boolean') return field.value.value
    this.say(field.value.at, `${what} is true or false, not ${describe(field.value)}.`)
    return false
  }

  oneOf<Value extends string>(
    field: { value: Tree } | undefined,
    values: readonly Value[],
    what: string,
  ): Value | undefined {
    const text = this.text(field, what)
    if (text === undefined) return undefined
    const value = values.find((name) => name.toLowerCase() === text.trim().toLowerCase())
    if (value === undefined && field) {
      this.say(field.value.at, `${what} is one of ${values.join(', ')}, not ${JSON.stringify(text)}.`)
    }
    return value
  }

  address(tree: Tree, what: string): string | undefined {
    const text = this.textOf(tree, what)?.trim()
    if (text === undefined) return undefined
    if (isSmtpAddress(text)) return text
    this.say(tree.at, `${what} ${JSON.stringify(text.slice(0, 120))} is not an e-mail address.`)
    return undefined
  }

  missing(at: string, what: string, field: string): void {
    this.say(at, `${what} has no ${field}.`)
  }
}

const TENANT_FIELDS = ['domain', 'password', 'mailboxes', 'groups', 'sendRights', 'administrators', 'apps']
const MAILBOX_FIELDS = [
  'address',
  'name',
  'kind',
  'aliases',
  'password',
  'hiddenFromAddressLists',
  'messageCopyForSentAsEnabled',
  'messageCopyForSendOnBehalfEnabled',
]
const GROUP_FIELDS = ['address', 'name', 'kind', 'members']
const SEND_RIGHT_FIELDS = ['mailbox', 'group', 'user', 'right']
const APP_FIELDS = ['id', 'secret', 'roles']

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
    throw problemsError(name, problems)
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

  if (problems.length > 0) throw problemsError(name, problems)
  return {
    domain: domain ?? '',
    password: password ?? DEFAULT_PASSWORD,
    mailboxes,
    groups,
    sendRights,
    administrators,
    apps,
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
  if (!address) return undefined
  return {
    address,
    name: name?.trim() ?? localPart(address),
    kind: kind ?? 'user',
    aliases,
    ...(password === undefined ? {} : { password }),
    ...flags,
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
    for (const field of ['id', 'secret']) {
      if (!fields.has(field)) check.missing(tree.at, 'This app', field)
    }
    const id = check.text(fields.get('id'), 'The id')?.trim()
    const secret = check.text(fields.get('secret'), 'The secret')
    const roles = check
      .list(fields.get('roles'), 'roles')
      .flatMap((item) => check.textOf(item, 'The role')?.trim() ?? [])
    const other = id && seen.get(id.toLowerCase())
    if (id && other) check.say(tree.at, `The app ${id} is there already (${other}).`)
    if (id) seen.set(id.toLowerCase(), tree.at)
    return id && secret ? [{ id, secret, roles }] : []
  })
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

function isEmpty(tree: Tree): boolean {
  return tree.kind === 'scalar' && (tree.value === null || tree.value === undefined)
}

function localPart(address: string): string {
  return address.slice(0, address.lastIndexOf('@'))
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function describe(tree: Tree): string {
  if (tree.kind === 'map') return 'a map'
  if (tree.kind === 'list') return 'a list'
  if (tree.value === null || tree.value === undefined) return 'nothing'
  if (typeof tree.value === 'string') return `the text ${JSON.stringify(tree.value.slice(0, 60))}`
  return `the ${typeof tree.value} ${String(tree.value).slice(0, 60)}`
}

/** `; the nearest is "…"` for a word that is one or two slips away from a known one. */
function suggestion(word: string, known: readonly string[]): string {
  let best: string | undefined
  let least = 3
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best === undefined ? '' : `; the nearest is ${JSON.stringify(best)}`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

function problemsError(name: string, problems: readonly string[]): InvalidInputError {
  const shown = problems.slice(0, MAX_PROBLEMS)
  if (problems.length > shown.length) shown.push(`… and ${problems.length - shown.length} more in ${name}.`)
  return new InvalidInputError(shown.join('\n'), {
    hint: 'A tenant file has domain, password, mailboxes, groups, sendRights, administrators and apps.',
  })
}
