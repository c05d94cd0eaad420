import type { DeliverMeetingRequests } from '../../model/delegate.ts'
import type { DistinguishedFolder } from '../../model/folder-target.ts'
import { DelegateList } from './delegation.ts'
import type { Recipient } from './directory.ts'
import type { Exchange } from './exchange.ts'
import { Folder, type FolderFields, isClass } from './folder.ts'
import type { Item } from './item.ts'
import { PermissionTable } from './permission-table.ts'
import type { SavedMailbox } from './saved-state.ts'

/** What is left of something that is gone: its id, and when that was, as a position in {@link Exchange.revision}. */
export interface Tombstone {
  readonly id: string
  readonly arrival: number
  readonly revision: number
}

interface DefaultFolder {
  readonly name: DistinguishedFolder
  readonly displayName: string
  readonly folderClass: string
  readonly searchFolder?: boolean
  readonly children?: readonly DefaultFolder[]
}

/** The folders of a mailbox that was just made and opened once. There is no archive and no public folder. */
const DEFAULT_FOLDERS: DefaultFolder = {
  name: 'root',
  displayName: 'Root',
  folderClass: '',
  children: [
    { name: 'searchfolders', displayName: 'Finder', folderClass: 'IPF.Note' },
    {
      name: 'recoverableitemsroot',
      displayName: 'Recoverable Items',
      folderClass: 'IPF.Note',
      children: [
        { name: 'recoverableitemsdeletions', displayName: 'Deletions', folderClass: 'IPF.Note' },
        { name: 'recoverableitemspurges', displayName: 'Purges', folderClass: 'IPF.Note' },
        { name: 'recoverableitemsversions', displayName: 'Versions', folderClass: 'IPF.Note' },
      ],
    },
    {
      name: 'msgfolderroot',
      displayName: 'Top of Information Store',
      folderClass: '',
      children: [
        { name: 'calendar', displayName: 'Calendar', folderClass: 'IPF.Appointment' },
        {
          name: 'contacts',
          displayName: 'Contacts',
          folderClass: 'IPF.Contact',
          children: [
            {
              name: 'quickcontacts',
              displayName: 'Skype for Business Contacts',
              folderClass: 'IPF.Contact.MOC.QuickContacts',
            },
            {
              name: 'recipientcache',
              displayName: 'Recipient Cache',
              folderClass: 'IPF.Contact.RecipientCache',
            },
          ],
        },
        { name: 'conversationhistory', displayName: 'Conversation History', folderClass: 'IPF.Note' },
        { name: 'deleteditems', displayName: 'Deleted Items', folderClass: 'IPF.Note' },
        { name: 'drafts', displayName: 'Drafts', folderClass: 'IPF.Note' },
        { name: 'inbox', displayName: 'Inbox', folderClass: 'IPF.Note' },
        { name: 'journal', displayName: 'Journal', folderClass: 'IPF.Journal' },
        { name: 'junkemail', displayName: 'Junk Email', folderClass: 'IPF.Note' },
        { name: 'notes', displayName: 'Notes', folderClass: 'IPF.StickyNote' },
        { name: 'outbox', displayName: 'Outbox', folderClass: 'IPF.Note' },
        { name: 'sentitems', displayName: 'Sent Items', folderClass: 'IPF.Note' },
        { name: 'tasks', displayName: 'Tasks', folderClass: 'IPF.Task' },
      ],
    },
  ],
}

/** One mailbox: its folders and what is in them, its delegates, and where its meeting requests go. */
export class Mailbox {
  readonly exchange: Exchange
  readonly owner: Recipient
  /** `root`; what people see starts at `msgfolderroot` inside it. */
  readonly root: Folder
  readonly delegates: DelegateList
  readonly #folders = new Map<string, Folder>()
  readonly #distinguished = new Map<string, Folder>()
  readonly #folderOfItem = new Map<string, Folder>()
  readonly #itemOfEntryId = new Map<string, Item>()
  /** Where items were put last: an item that comes into another folder gets another entry id. */
  readonly #lastFolder = new WeakMap<Item, Folder>()
  readonly #deletedFolders: Tombstone[] = []

  /** Use `Exchange.mailboxOf`. */
  constructor(exchange: Exchange, owner: Recipient, saved?: SavedMailbox) {
    this.exchange = exchange
    this.owner = owner
    this.root = saved ? this.#restore(saved) : this.#createDefault(undefined, DEFAULT_FOLDERS)
    this.delegates = new DelegateList(this, saved)
  }

  /** Everything in the mailbox, as plain values. */
  save(): SavedMailbox {
    return {
      owner: this.owner.id,
      deliverMeetingRequests: this.deliverMeetingRequests,
      delegates: this.delegates.save(),
      folders: [...this.#folders.values()].map((folder) => folder.save()),
      deletedFolders: this.#deletedFolders,
    }
  }

  /** Where meeting requests go when there are delegates; one value for the whole mailbox. */
  get deliverMeetingRequests(): DeliverMeetingRequests {
    return this.delegates.deliverMeetingRequests
  }

  set deliverMeetingRequests(value: DeliverMeetingRequests) {
    this.delegates.deliverMeetingRequests = value
  }

  /** The folder of this well-known name, when the mailbox has one (no archive, for instance). */
  distinguished(name: string): Folder | undefined {
    return this.#distinguished.get(name.toLowerCase())
  }

  /** Every folder, parents before what is in them. */
  folders(): Iterable<Folder> {
    return this.#folders.values()
  }

  findFolder(id: string): Folder | undefined {
    return this.#folders.get(id)
  }

  findItem(id: string): { folder: Folder; item: Item } | undefined {
    const folder = this.#folderOfItem.get(id)
    const item = folder?.item(id)
    return folder && item ? { folder, item } : undefined
  }

  /** By the id that EWS gives out. */
  findItemByEntryId(entryId: string): { folder: Folder; item: Item } | undefined {
    const item = this.#itemOfEntryId.get(entryId)
    return item && this.findItem(item.id)
  }

  /** Makes a folder; it inherits the permissions of its parent, as every folder made later does. */
  createFolder(parent: Folder, fields: FolderFields): Folder {
    const folder = new Folder(this, parent, fields)
    this.#folders.set(folder.id, folder)
    if (folder.distinguishedName) this.#distinguished.set(folder.distinguishedName, folder)
    parent.touch()
    return folder
  }

  /** Takes a folder away, with everything in it. */
  deleteFolder(folder: Folder): void {
    for (const child of folder.children()) this.deleteFolder(child)
    for (const item of folder.items()) folder.removeItem(item)
    folder.parent?.removeChild(folder)
    this.#folders.delete(folder.id)
    this.#deletedFolders.push({
      id: folder.id,
      arrival: folder.arrival,
      revision: this.exchange.revision,
    })
  }

  /** Moves a folder to another place in the same mailbox. */
  moveFolder(folder: Folder, parent: Folder): void {
    folder.moveTo(parent)
    // Parents stand before what is in them.
    const reinsert = (moved: Folder): void => {
      this.#folders.delete(moved.id)
      this.#folders.set(moved.id, moved)
      moved.children().forEach(reinsert)
    }
    reinsert(folder)
  }

  /** Folders that are gone, the latest last. */
  deletedFolders(): readonly Tombstone[] {
    return this.#deletedFolders
  }

  /** For {@link Folder.addItem}. */
  itemAdded(item: Item, folder: Folder): void {
    const last = this.#lastFolder.get(item)
    if (last && last !== folder) item.entryId = this.exchange.ids.itemId(this.owner.id)
    this.#lastFolder.set(item, folder)
    this.#folderOfItem.set(item.id, folder)
    this.#itemOfEntryId.set(item.entryId, item)
  }

  /** For {@link Folder.removeItem}. */
  itemRemoved(item: Item): void {
    this.#folderOfItem.delete(item.id)
    this.#itemOfEntryId.delete(item.entryId)
  }

  #restore(saved: SavedMailbox): Folder {
    let root: Folder | undefined
    for (const fields of saved.folders) {
      const parent = fields.parent === undefined ? undefined : this.#folders.get(fields.parent)
      const { displayName, folderClass, distinguishedName, searchFolder } = fields
      const folder = new Folder(
        this,
        parent,
        {
          displayName,
          folderClass,
          searchFolder,
          ...(distinguishedName === undefined ? {} : { distinguishedName }),
        },
        fields,
      )
      root ??= folder
      this.#folders.set(folder.id, folder)
      if (folder.distinguishedName) this.#distinguished.set(folder.distinguishedName, folder)
      for (const item of fields.items) folder.restoreItem({ ...item, mailbox: this })
    }
    this.#deletedFolders.push(...saved.deletedFolders)
    if (!root) throw new Error(`The saved mailbox of ${this.owner.address} has no folders.`)
    return root
  }

  #createDefault(parent: Folder | undefined, fields: DefaultFolder): Folder {
    const folder = new Folder(this, parent, {
      displayName: fields.displayName,
      folderClass: fields.folderClass,
      distinguishedName: fields.name,
      searchFolder: fields.searchFolder ?? false,
      permissions: PermissionTable.ofNewMailbox(
        isClass(fields.folderClass, 'IPF.Appointment') ? 'calendar' : 'ordinary',
      ),
    })
    this.#folders.set(folder.id, folder)
    this.#distinguished.set(fields.name, folder)
    for (const child of fields.children ?? []) this.#createDefault(folder, child)
    return folder
  }
}
