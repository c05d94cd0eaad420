import { randomBytes } from 'node:crypto'
import type { Tenant } from '../tenant-file.ts'
import { Directory, type Recipient } from './directory.ts'
import type { Folder } from './folder.ts'
import type { Item } from './item.ts'
import { Mailbox } from './mailbox.ts'
import { ObjectIds, parseObjectId } from './object-ids.ts'
import type { SavedMailbox, SavedState } from './saved-state.ts'
import { seedItems } from './seed-items.ts'

/** Where the ids' random parts come from; tests give their own. */
export type StoreRandom = (size: number) => Buffer

export interface ExchangeOptions {
  readonly tenant: Tenant
  readonly now?: () => Date
  readonly randomBytes?: StoreRandom
  /** What an earlier run saved. */
  readonly saved?: SavedState
}

/**
 * The one store behind every face: the directory, and a mailbox for each recipient that has one. Everything in it
 * is synchronous, so no two requests can interleave half a change.
 */
export class Exchange {
  readonly directory: Directory
  readonly ids: ObjectIds
  readonly now: () => Date
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #tenant: Tenant

  constructor(options: ExchangeOptions) {
    this.now = options.now ?? (() => new Date())
    this.directory = new Directory(options.tenant, this.now)
    this.ids = new ObjectIds(options.randomBytes ?? randomBytes)
    this.#tenant = options.tenant
    if (options.saved) this.#restore(options.saved)
  }

  /** Everything that is not the tenant file's to say, as plain values for a later run. */
  save(): SavedState {
    return {
      version: 1,
      domain: this.directory.domain,
      issued: this.ids.issued,
      directory: this.directory.save(),
      mailboxes: [...this.#mailboxes.values()].map((mailbox) => mailbox.save()),
    }
  }

  /** Counts everything that {@link save} would show: equal numbers mean that it would show the same. */
  get writes(): number {
    let writes = this.revision + this.directory.writes
    for (const mailbox of this.#mailboxes.values()) writes += mailbox.delegates.writes
    return writes
  }

  #restore(saved: SavedState): void {
    this.directory.restore(saved.directory)
    this.ids.resume(saved.issued)
    for (const mailbox of saved.mailboxes) this.#restoreMailbox(mailbox)
  }

  /** Whoever is no longer in the tenant file has no mailbox any more. */
  #restoreMailbox(saved: SavedMailbox): void {
    const owner = this.directory.find(saved.owner)
    if (owner) this.#mailboxes.set(owner.id, new Mailbox(this, owner, saved))
  }

  /** The recipient's mailbox, made with its whole folder tree on first use; groups have none. */
  mailboxOf(recipient: Recipient): Mailbox | undefined {
    const known = this.#mailboxes.get(recipient.id)
    if (known) return known
    if (!this.directory.hasMailbox(recipient)) return undefined
    const mailbox = new Mailbox(this, recipient)
    this.#mailboxes.set(recipient.id, mailbox)
    const described = this.#tenant.mailboxes.find(({ address }) => address === recipient.address)
    seedItems(this, mailbox, described?.items ?? [])
    return mailbox
  }

  findFolder(id: string): { mailbox: Mailbox; folder: Folder } | undefined {
    const mailbox = this.#mailboxOfId(id)
    const folder = mailbox?.findFolder(id)
    return mailbox && folder ? { mailbox, folder } : undefined
  }

  findItem(id: string): { mailbox: Mailbox; folder: Folder; item: Item } | undefined {
    const mailbox = this.#mailboxOfId(id)
    const found = mailbox?.findItem(id)
    return mailbox && found ? { mailbox, ...found } : undefined
  }

  /** By the id that EWS gives out, which is the item's only as long as it stays in its folder. */
  findItemByEntryId(id: string): { mailbox: Mailbox; folder: Folder; item: Item } | undefined {
    const mailbox = this.#mailboxOfId(id)
    const found = mailbox?.findItemByEntryId(id)
    return mailbox && found ? { mailbox, ...found } : undefined
  }

  /** Mailboxes that were used. */
  mailboxes(): Iterable<Mailbox> {
    return this.#mailboxes.values()
  }

  /** Counts everything that was written: equal numbers mean that nothing changed in between. */
  get revision(): number {
    return this.ids.issued
  }

  /** Only mailboxes that were used can have handed out an id. */
  #mailboxOfId(id: string): Mailbox | undefined {
    const parsed = parseObjectId(id)
    const mailbox = parsed && this.#mailboxes.get(parsed.mailboxId.toLowerCase())
    // A deleted account takes its mailbox along.
    return mailbox && this.directory.find(mailbox.owner.id) ? mailbox : undefined
  }
}
