import type { FolderKind, NamedLevel } from '../../model/permission-level.ts'
import { canonicalRights, rightsOfLevel } from './rights.ts'

/** Whom an entry of a folder's permission list is for. */
export type Trustee =
  /** Everybody of the organization who has no entry of their own. */
  | { readonly kind: 'default' }
  | { readonly kind: 'anonymous' }
  /** An account or a security group; when its SID no longer resolves, an orphan. */
  | { readonly kind: 'account'; readonly sid: string }
  /** Somebody of another organization, or a link such as `Owner@local`. */
  | { readonly kind: 'external'; readonly identity: string }
  /** Real calendars were seen to hold entries whose user is empty. */
  | { readonly kind: 'empty' }

export interface PermissionEntry {
  readonly trustee: Trustee
  /** MS-OXCPERM bits, in canonical form. */
  readonly rights: number
}

/** A folder's permission list: always one entry for `Default` and one for `Anonymous`, then everybody else's. */
export class PermissionTable {
  readonly kind: FolderKind
  #entries: PermissionEntry[]

  constructor(kind: FolderKind, entries: readonly PermissionEntry[]) {
    this.kind = kind
    this.#entries = [...entries]
  }

  /** The list of a new mailbox's folder: nobody sees anything, but a calendar shows when its owner is busy. */
  static ofNewMailbox(kind: FolderKind): PermissionTable {
    const level: NamedLevel = kind === 'calendar' ? 'FreeBusyTimeOnly' : 'None'
    return new PermissionTable(kind, [
      { trustee: { kind: 'default' }, rights: rightsOfLevel(level, kind) },
      { trustee: { kind: 'anonymous' }, rights: 0 },
    ])
  }

  entries(): readonly PermissionEntry[] {
    return this.#entries
  }

  /** The account's own entry, groups left aside. */
  rightsOfAccount(sid: string): number | undefined {
    return this.#find({ kind: 'account', sid })?.rights
  }

  defaultRights(): number {
    return this.#find({ kind: 'default' })?.rights ?? 0
  }

  anonymousRights(): number {
    return this.#find({ kind: 'anonymous' })?.rights ?? 0
  }

  /** Adds the entry, or gives the trustee who has one these rights. */
  set(trustee: Trustee, rights: number): void {
    const entry = { trustee, rights: canonicalRights(rights, this.kind) }
    const at =
      trustee.kind === 'empty' ? -1 : this.#entries.findIndex((other) => sameTrustee(other.trustee, trustee))
    if (at === -1) this.#entries.push(entry)
    else this.#entries[at] = entry
  }

  remove(trustee: Trustee): boolean {
    const before = this.#entries.length
    this.#entries = this.#entries.filter((entry) => !sameTrustee(entry.trustee, trustee))
    return this.#entries.length < before
  }

  /**
   * Replaces the list. What is not in the new one goes, orphans included; the Default entry stays when it is left
   * out, as MS-OXCPERM 2.2.2 says of ReplaceRows, and Anonymous falls back to no rights.
   */
  replace(entries: readonly PermissionEntry[]): void {
    const present = this.#find({ kind: 'default' })?.rights ?? 0
    this.#entries = [
      { trustee: { kind: 'default' }, rights: present },
      { trustee: { kind: 'anonymous' }, rights: 0 },
    ]
    for (const entry of entries) this.set(entry.trustee, entry.rights)
  }

  /** A copy for a folder made inside this one; free/busy rights stay behind when the new folder is no calendar. */
  inherit(kind: FolderKind): PermissionTable {
    return new PermissionTable(
      kind,
      this.#entries.map((entry) => ({ trustee: entry.trustee, rights: canonicalRights(entry.rights, kind) })),
    )
  }

  #find(trustee: Trustee): PermissionEntry | undefined {
    return this.#entries.find((entry) => sameTrustee(entry.trustee, trustee))
  }
}

export function sameTrustee(a: Trustee, b: Trustee): boolean {
  if (a.kind === 'account') return b.kind === 'account' && a.sid.toUpperCase() === b.sid.toUpperCase()
  if (a.kind === 'external')
    return b.kind === 'external' && a.identity.toLowerCase() === b.identity.toLowerCase()
  return a.kind === b.kind
}
