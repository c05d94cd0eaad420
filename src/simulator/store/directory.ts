import { createHash, timingSafeEqual } from 'node:crypto'
import type { AutodiscoverRedirect, Tenant, TenantApp } from '../tenant-file.ts'
import { ntHash } from './nt-hash.ts'
import type { SavedDirectory } from './saved-state.ts'

export const MAILBOX_KINDS = ['user', 'shared', 'room', 'equipment'] as const
export const GROUP_KINDS = ['distribution', 'security', 'microsoft365'] as const
export type MailboxKind = (typeof MAILBOX_KINDS)[number]
export type GroupKind = (typeof GROUP_KINDS)[number]
export type RecipientKind = MailboxKind | GroupKind

export const SEND_RIGHTS = ['SendAs', 'SendOnBehalf', 'FullAccess'] as const
/** Rights over a whole recipient; Full Access opens a mailbox but never allows sending. */
export type SendRight = (typeof SEND_RIGHTS)[number]

/** Somebody or something that has an address in the tenant. */
export interface Recipient {
  /** The object id: a GUID, the same on every run for the same address. */
  readonly id: string
  /** `S-1-5-21-…`, the same on every run for the same address. */
  readonly sid: string
  readonly kind: RecipientKind
  /** The primary SMTP address, spelled as in the tenant file. */
  readonly address: string
  readonly name: string
  /** Further addresses mail may be sent to. */
  readonly aliases: readonly string[]
  /** Addresses of the members; empty unless this is a group. */
  readonly members: readonly string[]
  readonly hiddenFromAddressLists: boolean
  /** MessageCopyForSentAsEnabled: keep a copy of what others send as this mailbox. */
  readonly messageCopyForSentAs: boolean
  /** MessageCopyForSendOnBehalfEnabled: keep a copy of what others send on behalf of this mailbox. */
  readonly messageCopyForSendOnBehalf: boolean
}

/** What an administrator can change about a recipient while the simulator runs. */
export type RecipientSettings = Pick<
  Recipient,
  'hiddenFromAddressLists' | 'messageCopyForSentAs' | 'messageCopyForSendOnBehalf'
>

type Entry = { -readonly [Key in keyof Recipient]: Recipient[Key] } & {
  passwordDigest: Buffer
  ntHash: Buffer | undefined
}

/** One change of one send right. */
interface Change {
  readonly at: number
  readonly granted: boolean
}

/**
 * The tenant's recipients, their passwords, groups, send rights and application registrations: what Active
 * Directory and Microsoft Entra hold for a real organization.
 */
export class Directory {
  readonly domain: string
  /** The tenant's GUID, as tokens carry it. */
  readonly tenantId: string
  /** Where Autodiscover sends whoever asks for these addresses. */
  readonly autodiscoverRedirects: readonly AutodiscoverRedirect[]
  readonly #now: () => Date
  readonly #recipients = new Map<string, Entry>()
  readonly #keys = new Map<string, Entry>()
  readonly #bySid = new Map<string, Entry>()
  readonly #administrators = new Set<string>()
  readonly #apps = new Map<string, TenantApp>()
  /** Target id -> `right:trustee id` -> its changes, oldest first. */
  readonly #rights = new Map<string, Map<string, Change[]>>()
  /** Accounts that were deleted. */
  readonly #deleted = new Set<string>()
  #writes = 0
  #propagationDelay = 0

  constructor(tenant: Tenant, now: () => Date = () => new Date()) {
    this.domain = tenant.domain
    this.tenantId = guidOf('tenant', tenant.domain)
    this.autodiscoverRedirects = tenant.autodiscoverRedirects ?? []
    this.#now = now
    // Most people of a simulated tenant have the same password.
    const hashes = new Map<string, Buffer>()
    const hashOnce = (password: string): Buffer => {
      const hash = hashes.get(password) ?? ntHash(password)
      hashes.set(password, hash)
      return hash
    }
    for (const mailbox of tenant.mailboxes) {
      this.#add({
        ...this.#identity(mailbox.address),
        kind: mailbox.kind,
        address: mailbox.address,
        name: mailbox.name,
        aliases: mailbox.aliases,
        members: [],
        hiddenFromAddressLists: mailbox.hiddenFromAddressLists,
        messageCopyForSentAs: mailbox.messageCopyForSentAsEnabled,
        messageCopyForSendOnBehalf: mailbox.messageCopyForSendOnBehalfEnabled,
        passwordDigest: digest(mailbox.password ?? tenant.password),
        ntHash: hashOnce(mailbox.password ?? tenant.password),
      })
    }
    for (const group of tenant.groups) {
      this.#add({
        ...this.#identity(group.address),
        kind: group.kind,
        address: group.address,
        name: group.name,
        aliases: [],
        members: group.members,
        hiddenFromAddressLists: false,
        messageCopyForSentAs: false,
        messageCopyForSendOnBehalf: false,
        passwordDigest: Buffer.alloc(0),
        ntHash: undefined,
      })
    }
    for (const address of tenant.administrators) {
      const administrator = this.find(address)
      if (administrator) this.#administrators.add(administrator.id)
    }
    for (const app of tenant.apps) this.#apps.set(app.id.toLowerCase(), app)
    for (const grant of tenant.sendRights) {
      const [target, user] = [this.find(grant.mailbox ?? grant.group ?? ''), this.find(grant.user)]
      // What the tenant file says has always been so: it is not delayed by a propagation delay.
      if (target && user) this.#changes(target, user, grant.right).push({ at: 0, granted: true })
    }
  }

  recipients(): Iterable<Recipient> {
    return this.#recipients.values()
  }

  /** By primary address, alias or user principal name (which is the primary address here), or object id. */
  find(key: string): Recipient | undefined {
    return this.#keys.get(fold(key))
  }

  findBySid(sid: string): Recipient | undefined {
    return this.#bySid.get(sid.toUpperCase())
  }

  isPrimaryAddress(recipient: Recipient, text: string): boolean {
    return fold(recipient.address) === fold(text)
  }

  /** Groups have none here, Microsoft 365 groups included: theirs cannot be reached as a user's can. */
  hasMailbox(recipient: Recipient): boolean {
    return (MAILBOX_KINDS as readonly string[]).includes(recipient.kind)
  }

  isAdministrator(recipient: Recipient): boolean {
    return this.#administrators.has(recipient.id)
  }

  /** Every group the recipient is in, through other groups too, each once. */
  groupsOf(recipient: Recipient): Recipient[] {
    return this.#groupsOf(recipient, () => true)
  }

  /** The mailboxes a message to this recipient reaches: itself, or the members of the group and of groups in it. */
  expand(recipient: Recipient): Recipient[] {
    const seen = new Set<string>([recipient.id])
    const pending: Recipient[] = [recipient]
    const mailboxes: Recipient[] = []
    for (let next = pending.shift(); next; next = pending.shift()) {
      if (this.hasMailbox(next)) mailboxes.push(next)
      for (const address of next.members) {
        const member = this.find(address)
        if (!member || seen.has(member.id)) continue
        seen.add(member.id)
        pending.push(member)
      }
    }
    return mailboxes
  }

  /** Compares in constant time, and takes as long for a group or an empty password. */
  verifyPassword(recipient: Recipient, password: string): boolean {
    const expected = this.#recipients.get(recipient.id)?.passwordDigest ?? Buffer.alloc(0)
    const given = digest(password)
    return timingSafeEqual(given, expected.length === given.length ? expected : Buffer.alloc(given.length))
  }

  /** What NTLM proves to know of a password; undefined for what has none. */
  ntHash(recipient: Recipient): Buffer | undefined {
    return this.#recipients.get(recipient.id)?.ntHash
  }

  app(clientId: string): TenantApp | undefined {
    return this.#apps.get(clientId.toLowerCase())
  }

  /** @returns true if the right is new. */
  grant(target: Recipient, user: Recipient, right: SendRight): boolean {
    return this.#change(target, user, right, true)
  }

  /** @returns true if there was such a right. */
  revoke(target: Recipient, user: Recipient, right: SendRight): boolean {
    return this.#change(target, user, right, false)
  }

  /** Has the user this right, directly or through a security group, as the directory now says? */
  has(target: Recipient, user: Recipient, right: SendRight): boolean {
    return this.#has(target, user, right, Number.POSITIVE_INFINITY)
  }

  /** The same as those who submit mail, and Graph, see it: later than the change by the propagation delay. */
  hasPropagated(target: Recipient, user: Recipient, right: SendRight): boolean {
    return this.#has(target, user, right, this.#now().getTime() - this.#propagationDelay)
  }

  /** Who has the right directly; groups are not expanded. */
  trustees(target: Recipient, right: SendRight): Recipient[] {
    const result: Recipient[] = []
    for (const [key, changes] of this.#rights.get(target.id) ?? []) {
      const [kind, id] = key.split(':') as [string, string]
      const trustee = this.#recipients.get(id)
      if (kind === right && trustee && changes.at(-1)?.granted) result.push(trustee)
    }
    return result
  }

  /** The account goes away: its SID no longer resolves, so what still names it becomes an orphan. */
  delete(recipient: Recipient): void {
    const entry = this.#recipients.get(recipient.id)
    if (!entry) return
    this.#writes++
    this.#deleted.add(entry.id)
    this.#recipients.delete(entry.id)
    this.#bySid.delete(entry.sid)
    for (const [key, value] of this.#keys) if (value === entry) this.#keys.delete(key)
    this.#administrators.delete(entry.id)
    // Active Directory keeps links to members and trustees and drops them with the account.
    this.#rights.delete(entry.id)
    for (const changes of this.#rights.values()) {
      for (const right of SEND_RIGHTS) changes.delete(`${right}:${entry.id}`)
    }
    const gone = new Set([entry.address, ...entry.aliases].map(fold))
    for (const group of this.#recipients.values()) {
      group.members = group.members.filter((address) => !gone.has(fold(address)))
    }
  }

  /** Changes settings of a recipient, as Set-Mailbox does. */
  configure(recipient: Recipient, settings: Partial<RecipientSettings>): void {
    const entry = this.#recipients.get(recipient.id)
    if (!entry) return
    this.#writes++
    entry.hiddenFromAddressLists = settings.hiddenFromAddressLists ?? entry.hiddenFromAddressLists
    entry.messageCopyForSentAs = settings.messageCopyForSentAs ?? entry.messageCopyForSentAs
    entry.messageCopyForSendOnBehalf = settings.messageCopyForSendOnBehalf ?? entry.messageCopyForSendOnBehalf
  }

  /** How long a change of a right takes until mail submission and Graph know it; 0, the default, is at once. */
  get propagationDelay(): number {
    return this.#propagationDelay
  }

  /** In milliseconds. It applies to changes already made, too. */
  set propagationDelay(milliseconds: number) {
    if (!(milliseconds >= 0))
      throw new RangeError('A propagation delay is a number of milliseconds, 0 or more.')
    this.#propagationDelay = milliseconds
  }

  /** Counts changes: equal numbers mean that nothing changed in between. */
  get writes(): number {
    return this.#writes
  }

  /** What changed since the tenant file, as plain values. */
  save(): SavedDirectory {
    const rights = [...this.#rights].flatMap(([target, byKey]) =>
      [...byKey].map(([key, changes]) => {
        const [right, user] = key.split(':') as [SendRight, string]
        return { target, user, right, changes: [...changes] }
      }),
    )
    const settings = [...this.#recipients.values()].map(
      ({ id, hiddenFromAddressLists, messageCopyForSentAs, messageCopyForSendOnBehalf }) => ({
        id,
        hiddenFromAddressLists,
        messageCopyForSentAs,
        messageCopyForSendOnBehalf,
      }),
    )
    return { deleted: [...this.#deleted], settings, rights }
  }

  /** Takes over what an earlier run saved; its send rights replace those of the tenant file. */
  restore(saved: SavedDirectory): void {
    for (const id of saved.deleted) {
      const recipient = this.#recipients.get(id)
      if (recipient) this.delete(recipient)
    }
    for (const { id, ...settings } of saved.settings) {
      const recipient = this.#recipients.get(id)
      if (recipient) this.configure(recipient, settings)
    }
    this.#rights.clear()
    for (const { target, user, right, changes } of saved.rights) {
      const [owner, trustee] = [this.#recipients.get(target), this.#recipients.get(user)]
      if (owner && trustee) this.#changes(owner, trustee, right).push(...changes)
    }
  }

  #identity(address: string): { id: string; sid: string } {
    const domain = [0, 1, 2].map((part) => number('domain', this.domain, part))
    // Real relative identifiers start at 1000; a clash, however unlikely, moves on to the next number.
    let rid = 1000 + (number('rid', fold(address), 0) % 1_000_000)
    while (this.#bySid.has(`S-1-5-21-${domain.join('-')}-${rid}`)) rid++
    return { id: guidOf('recipient', fold(address)), sid: `S-1-5-21-${domain.join('-')}-${rid}` }
  }

  #add(entry: Entry): void {
    this.#recipients.set(entry.id, entry)
    this.#bySid.set(entry.sid, entry)
    for (const key of [entry.address, entry.id, ...entry.aliases]) this.#keys.set(fold(key), entry)
  }

  #groupsOf(recipient: Recipient, through: (group: Recipient) => boolean): Recipient[] {
    const found = new Set<Entry>()
    const pending: Recipient[] = [recipient]
    for (let next = pending.pop(); next; next = pending.pop()) {
      const addresses = new Set([next.address, ...next.aliases].map(fold))
      for (const group of this.#recipients.values()) {
        if (found.has(group) || !through(group)) continue
        if (group.members.some((member) => addresses.has(fold(member)))) {
          found.add(group)
          pending.push(group)
        }
      }
    }
    return [...found]
  }

  #changes(target: Recipient, user: Recipient, right: SendRight): Change[] {
    const rights = this.#rights.get(target.id) ?? new Map<string, Change[]>()
    this.#rights.set(target.id, rights)
    const key = `${right}:${user.id}`
    const changes = rights.get(key) ?? []
    rights.set(key, changes)
    return changes
  }

  #change(target: Recipient, user: Recipient, right: SendRight, granted: boolean): boolean {
    const changes = this.#changes(target, user, right)
    if ((changes.at(-1)?.granted ?? false) === granted) return false
    this.#writes++
    changes.push({ at: this.#now().getTime(), granted })
    return true
  }

  #has(target: Recipient, user: Recipient, right: SendRight, asOf: number): boolean {
    const rights = this.#rights.get(target.id)
    if (!rights || rights.size === 0) return false
    // Only security groups carry rights: a distribution group is a list of addresses, not a security principal.
    const principals = [user, ...this.#groupsOf(user, (group) => group.kind === 'security')]
    return principals.some((principal) => {
      const changes = rights.get(`${right}:${principal.id}`) ?? []
      return changes.findLast((change) => change.at <= asOf)?.granted ?? false
    })
  }
}

function fold(text: string): string {
  return text.trim().toLowerCase()
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}

function hash(purpose: string, text: string): Buffer {
  return digest(`ews-delegates:${purpose}:${text}`)
}

function number(purpose: string, text: string, part: number): number {
  return hash(purpose, text).readUInt32BE(part * 4)
}

function guidOf(purpose: string, text: string): string {
  const bytes = hash(purpose, text.toLowerCase()).subarray(0, 16)
  // Marked as a name-based GUID (version 5) of the RFC 9562 variant, so that strict readers of GUIDs are content.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
