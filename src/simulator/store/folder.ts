import type { FolderKind } from '../../model/permission-level.ts'
import type { Item } from './item.ts'
import type { Mailbox, Tombstone } from './mailbox.ts'
import type { ObjectType } from './object-ids.ts'
import { PermissionTable } from './permission-table.ts'
import type { SavedFolder } from './saved-state.ts'

/** Clients that synchronise ask often; a simulator that runs for days must not grow without end. */
const MOST_TOMBSTONES = 10_000

export interface FolderFields {
  readonly displayName: string
  /** `IPF.Note`, `IPF.Appointment`, …; the roots have none. */
  readonly folderClass: string
  /** The `DistinguishedFolderIdNameType` name, when it has one. */
  readonly distinguishedName?: string
  readonly searchFolder?: boolean
  /** Left out for a folder that somebody makes: it inherits its parent's list. */
  readonly permissions?: PermissionTable
}

/** A folder of a mailbox. Every change of it, its permissions included, gives it a new change key. */
export class Folder {
  readonly id: string
  readonly mailbox: Mailbox
  readonly folderClass: string
  readonly distinguishedName: string | undefined
  readonly searchFolder: boolean
  readonly kind: FolderKind
  readonly permissions: PermissionTable
  readonly created: Date
  /** When it came to be, and when it was last changed, as positions in {@link Exchange.revision}. */
  readonly arrival: number
  #revision: number
  #parent: Folder | undefined
  #changeKey: string
  #displayName: string
  readonly #children = new Set<Folder>()
  readonly #items = new Map<string, Item>()
  readonly #gone: Tombstone[] = []
  #forgottenUpTo = 0

  /** Use {@link Mailbox.createFolder}, which also makes the folder known to the mailbox. */
  constructor(mailbox: Mailbox, parent: Folder | undefined, fields: FolderFields, saved?: SavedFolder) {
    this.mailbox = mailbox
    this.#parent = parent
    this.folderClass = fields.folderClass
    this.distinguishedName = fields.distinguishedName
    this.searchFolder = fields.searchFolder ?? false
    this.kind = isClass(fields.folderClass, 'IPF.Appointment') ? 'calendar' : 'ordinary'
    this.permissions = saved
      ? new PermissionTable(this.kind, saved.permissions)
      : (fields.permissions ??
        parent?.permissions.inherit(this.kind) ??
        PermissionTable.ofNewMailbox(this.kind))
    this.#displayName = fields.displayName
    const { ids } = mailbox.exchange
    this.created = saved?.created ?? mailbox.exchange.now()
    this.id = saved?.id ?? ids.folderId(mailbox.owner.id)
    this.#changeKey = saved?.changeKey ?? ids.changeKey(this.#objectType())
    this.arrival = saved?.arrival ?? mailbox.exchange.revision
    this.#revision = saved?.revision ?? this.arrival
    this.#forgottenUpTo = saved?.forgottenUpTo ?? 0
    this.#gone.push(...(saved?.gone ?? []))
    if (parent) parent.#children.add(this)
  }

  /** Everything about the folder and what is in it, as plain values. */
  save(): SavedFolder {
    return {
      id: this.id,
      ...(this.#parent ? { parent: this.#parent.id } : {}),
      displayName: this.#displayName,
      folderClass: this.folderClass,
      ...(this.distinguishedName === undefined ? {} : { distinguishedName: this.distinguishedName }),
      searchFolder: this.searchFolder,
      permissions: this.permissions.entries(),
      created: this.created,
      arrival: this.arrival,
      revision: this.#revision,
      changeKey: this.#changeKey,
      gone: this.#gone,
      forgottenUpTo: this.#forgottenUpTo,
      items: this.items().map(({ mailbox, ...item }) => item),
    }
  }

  /** Puts an item back that an earlier run saved. */
  restoreItem(item: Item): void {
    this.#items.set(item.id, item)
    this.mailbox.itemAdded(item, this)
  }

  /** Undefined for the mailbox's root. */
  get parent(): Folder | undefined {
    return this.#parent
  }

  get revision(): number {
    return this.#revision
  }

  get changeKey(): string {
    return this.#changeKey
  }

  get displayName(): string {
    return this.#displayName
  }

  rename(displayName: string): void {
    this.#displayName = displayName
    this.touch()
  }

  /** Gives the folder a new change key; whoever writes to it calls this. */
  touch(): void {
    this.#changeKey = this.mailbox.exchange.ids.changeKey(this.#objectType())
    this.#revision = this.mailbox.exchange.revision
  }

  /** For {@link Mailbox.deleteFolder}. */
  removeChild(folder: Folder): void {
    if (this.#children.delete(folder)) this.touch()
  }

  /** For {@link Mailbox.moveFolder}. */
  moveTo(parent: Folder): void {
    this.#parent?.removeChild(this)
    this.#parent = parent
    parent.#children.add(this)
    parent.touch()
    this.touch()
  }

  /** Is this folder the other one, or somewhere inside it? */
  isWithin(other: Folder): boolean {
    for (let folder: Folder | undefined = this; folder; folder = folder.parent) {
      if (folder === other) return true
    }
    return false
  }

  /** Folders directly inside, by display name. */
  children(): Folder[] {
    return [...this.#children].sort((a, b) => compareNames(a.displayName, b.displayName))
  }

  /** Items, oldest first. */
  items(): Item[] {
    return [...this.#items.values()]
  }

  item(id: string): Item | undefined {
    return this.#items.get(id)
  }

  get itemCount(): number {
    return this.#items.size
  }

  addItem(item: Item): void {
    this.#items.set(item.id, item)
    this.mailbox.itemAdded(item, this)
    this.touch()
    item.arrival = this.#revision
    item.revision = this.#revision
  }

  removeItem(item: Item): void {
    if (!this.#items.delete(item.id)) return
    this.mailbox.itemRemoved(item)
    this.touch()
    this.#gone.push({ id: item.entryId, arrival: item.arrival, revision: this.#revision })
    if (this.#gone.length > MOST_TOMBSTONES) this.#forgottenUpTo = this.#gone.shift()?.revision ?? 0
  }

  /** Up to which revision it is no longer known what went away. */
  get forgottenUpTo(): number {
    return this.#forgottenUpTo
  }

  /** Items that are no longer here, the latest last; the oldest are forgotten at some point. */
  gone(): readonly Tombstone[] {
    return this.#gone
  }

  #objectType(): ObjectType {
    if (this.searchFolder) return 'searchFolder'
    if (this.kind === 'calendar') return 'calendarFolder'
    if (isClass(this.folderClass, 'IPF.Contact')) return 'contactsFolder'
    if (isClass(this.folderClass, 'IPF.Task')) return 'tasksFolder'
    return 'folder'
  }
}

/** Is this class the given one or one derived from it (`IPF.Contact.MOC.QuickContacts` is a contacts folder)? */
export function isClass(folderClass: string, base: string): boolean {
  const [actual, wanted] = [folderClass.toLowerCase(), base.toLowerCase()]
  return actual === wanted || actual.startsWith(`${wanted}.`)
}

function compareNames(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()]
  return left < right ? -1 : left > right ? 1 : 0
}
