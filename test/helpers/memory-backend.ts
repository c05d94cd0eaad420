import type { Backend, ChangeOutcome, ReadRequest } from '../../src/backends/backend.ts'
import { EwsResponseError, PermissionLossError } from '../../src/errors.ts'
import {
  DELEGATE_FOLDERS,
  type DelegateFolder,
  type DeliverMeetingRequests,
} from '../../src/model/delegate.ts'
import type { PermissionSet } from '../../src/model/folder-permission.ts'
import type { Grant, MailboxState } from '../../src/model/mailbox-state.ts'
import { rightsOf } from '../../src/model/mailbox-state.ts'
import type { MailboxStep } from '../../src/model/mailbox-step.ts'
import {
  DELEGATE_LEVELS,
  type DelegateLevelRead,
  type FolderRights,
  LEVEL_RIGHTS,
  levelOf,
} from '../../src/model/permission-level.ts'
import { type UserIdentity, type UserRef, userKey } from '../../src/model/user-ref.ts'

interface Entry {
  readonly user: UserIdentity
  readonly rights: FolderRights
}

export interface MemoryMailbox {
  delegates: { user: string; viewPrivateItems: boolean; receiveCopiesOfMeetingMessages: boolean }[]
  deliverMeetingRequests: DeliverMeetingRequests
  folders: Record<string, { entries: Entry[]; unknownEntries: string[]; version: number }>
}

const addresses = new Map<string, string>()

/** The SID of an account of {@link MemoryBackend}. */
export function sidOf(address: string): string {
  const key = address.toLowerCase()
  const number = [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)
  const sid = `S-1-5-21-9-9-9-${number}`
  addresses.set(sid, key)
  return sid
}

function byAddress(user: UserRef): UserRef {
  const smtpAddress = 'sid' in user ? addresses.get(user.sid) : undefined
  return smtpAddress === undefined ? user : { smtpAddress }
}

/** Mailboxes in memory, with Exchange's coupling: a delegate's level is their entry on the folder. */
export class MemoryBackend implements Backend {
  readonly name = 'memory'
  readonly mailboxes = new Map<string, MemoryMailbox>()
  readonly reads: { mailbox: string; request: ReadRequest }[] = []
  readonly writes: { mailbox: string; step: MailboxStep }[] = []
  /** Called before a step is made and after it was; throw to play a failure on either side of the change. */
  onApply: (when: 'before' | 'after', mailbox: string, step: MailboxStep) => void | Promise<void> = () => {}
  onRead: (mailbox: string) => void | Promise<void> = () => {}
  readonly #versions = new WeakMap<object, number>()
  readonly #sids: boolean

  /** @param options.sids shows accounts with their SID beside the address, as Exchange does; takes either. */
  constructor(options: { readonly sids?: boolean } = {}) {
    this.#sids = options.sids ?? false
  }

  add(address: string, folders: readonly string[] = []): MemoryMailbox {
    const mailbox: MemoryMailbox = {
      delegates: [],
      deliverMeetingRequests: 'DelegatesAndSendInformationToMe',
      folders: {},
    }
    for (const name of [...DELEGATE_FOLDERS, ...folders]) {
      mailbox.folders[name] = {
        entries: [
          {
            user: { distinguishedUser: 'Default' },
            rights: LEVEL_RIGHTS[name === 'calendar' ? 'FreeBusyTimeOnly' : 'None'],
          },
          { user: { distinguishedUser: 'Anonymous' }, rights: LEVEL_RIGHTS.None },
        ],
        unknownEntries: [],
        version: 0,
      }
    }
    this.mailboxes.set(address.toLowerCase(), mailbox)
    return mailbox
  }

  mailbox(address: string): MemoryMailbox {
    const found = this.mailboxes.get(address.toLowerCase())
    if (found) return found
    throw new EwsResponseError(`There is no mailbox ${address}.`, {
      responseCode: 'ErrorNonExistentMailbox',
      level: 'response',
    })
  }

  grant(address: string, folder: string, given: UserRef, grant: Grant | undefined): void {
    const user = byAddress(given)
    const list = this.mailbox(address).folders[folder]
    if (!list) throw new Error(`No folder ${folder}.`)
    const at = list.entries.findIndex((entry) => userKey(entry.user as UserRef) === userKey(user))
    if (grant === undefined) {
      if (at !== -1) list.entries.splice(at, 1)
    } else if (at === -1) list.entries.push({ user, rights: rightsOf(grant) })
    else list.entries[at] = { user, rights: rightsOf(grant) }
    list.version++
  }

  /** The list of a folder without its entry for Default, as a server answers it that leaves something out. */
  takeDefault(address: string, folder: string): void {
    const list = this.mailbox(address).folders[folder]
    if (!list) throw new Error(`No folder ${folder}.`)
    list.entries = list.entries.filter(({ user }) => user.distinguishedUser !== 'Default')
    list.version++
  }

  async read(address: string, request: ReadRequest): Promise<MailboxState> {
    this.reads.push({ mailbox: address, request })
    await this.onRead(address)
    const mailbox = this.mailbox(address)
    const folders: MailboxState['folders'][number][] = []
    const missing: { folder: string; code: string; message: string }[] = []
    for (const folder of request.folders) {
      const list = mailbox.folders[folder]
      if (!list) {
        missing.push({ folder, code: 'ErrorFolderNotFound', message: 'There is no such folder.' })
        continue
      }
      const read = permissionsOf(folder, list)
      const entries = read.entries.map((entry) => ({ ...entry, user: this.#shown(entry.user) }))
      const state = { folder, id: `${address}/${folder}`, permissions: { ...read, entries } }
      this.#versions.set(state, list.version)
      folders.push(state)
    }
    return {
      mailbox: address,
      ...(request.delegates
        ? {
            delegates: mailbox.delegates.map(({ user, ...flags }) => ({
              user: this.#shown({ smtpAddress: user }),
              permissions: Object.fromEntries(
                DELEGATE_FOLDERS.map((folder) => [folder, this.#level(mailbox, folder, user)]),
              ) as Record<DelegateFolder, DelegateLevelRead>,
              ...flags,
            })),
            delegateProblems: [],
            deliverMeetingRequests: mailbox.deliverMeetingRequests,
          }
        : {}),
      folders,
      missing,
    }
  }

  async apply(address: string, step: MailboxStep, seen?: MailboxState): Promise<ChangeOutcome[]> {
    await this.onApply('before', address, step)
    this.writes.push({ mailbox: address, step })
    const outcomes = this.#make(address, step, seen)
    await this.onApply('after', address, step)
    return outcomes
  }

  refuses(step: MailboxStep): string | undefined {
    const custom =
      step.type === 'delegates' &&
      step.changes.some(({ after }) =>
        Object.values(after?.levels ?? {}).some(
          (level) => !(DELEGATE_LEVELS as readonly unknown[]).includes(level),
        ),
      )
    return custom ? 'memory cannot give a delegate Custom.' : undefined
  }

  isStale(error: unknown): boolean {
    return error instanceof EwsResponseError && error.responseCode === 'ErrorIrresolvableConflict'
  }

  async *listFolders(address: string) {
    for (const folder of Object.keys(this.mailbox(address).folders)) yield { folder, displayName: folder }
  }

  #make(address: string, step: MailboxStep, seen: MailboxState | undefined): ChangeOutcome[] {
    const mailbox = this.mailbox(address)
    if (step.type === 'folder') {
      const list = mailbox.folders[step.folder]
      if (!list)
        throw new EwsResponseError('There is no such folder.', {
          responseCode: 'ErrorFolderNotFound',
          level: 'item',
        })
      const state = seen?.folders.find((folder) => folder.folder === step.folder)
      const version = state && this.#versions.get(state)
      if (version !== undefined && version !== list.version) {
        throw new EwsResponseError('The folder changed.', {
          responseCode: 'ErrorIrresolvableConflict',
          level: 'item',
        })
      }
      const isDefault = ({ user }: { user: object }) =>
        'distinguishedUser' in user && user.distinguishedUser === 'Default'
      const lost = list.unknownEntries.filter((name) => !step.drops?.includes(name))
      if (lost.length > 0 || ![...list.entries, ...step.changes].some(isDefault))
        throw new PermissionLossError('Entries would be lost.', {
          unknownEntries: lost,
          unwritableEntries: 0,
        })
      list.unknownEntries = []
      list.version++
      for (const { user, after } of step.changes) this.grant(address, step.folder, user, after)
      return step.changes.length === 0
        ? [{ ok: true }]
        : step.changes.map(({ user }) => ({ ok: true, user }) as const)
    }
    const outcomes = step.changes.map(({ user: given, after }): ChangeOutcome => {
      const user = byAddress(given)
      const refuse = (code: string): ChangeOutcome => ({ ok: false, user, code, message: `${code}.` })
      if (!('smtpAddress' in user)) return refuse('ErrorDelegateNoUser')
      const key = user.smtpAddress.toLowerCase()
      const present = mailbox.delegates.find((delegate) => delegate.user.toLowerCase() === key)
      if (step.action === 'add' && present) return refuse('ErrorDelegateAlreadyExists')
      if (step.action !== 'add' && !present) return refuse('ErrorNotDelegate')
      if (step.action === 'remove') {
        mailbox.delegates = mailbox.delegates.filter((delegate) => delegate !== present)
        for (const folder of DELEGATE_FOLDERS) this.grant(address, folder, user, undefined)
        return { ok: true, user }
      }
      const delegate = present ?? {
        user: user.smtpAddress,
        viewPrivateItems: false,
        receiveCopiesOfMeetingMessages: false,
      }
      const copies = after?.receiveCopiesOfMeetingMessages ?? delegate.receiveCopiesOfMeetingMessages
      const calendar =
        after?.levels.calendar ?? (present ? this.#level(mailbox, 'calendar', present.user) : 'None')
      if (copies && calendar !== 'Editor' && calendar !== 'Custom')
        return refuse('ErrorDelegateValidationFailed')
      delegate.viewPrivateItems = after?.viewPrivateItems ?? delegate.viewPrivateItems
      delegate.receiveCopiesOfMeetingMessages = copies
      if (!present) mailbox.delegates.push(delegate)
      for (const folder of DELEGATE_FOLDERS) {
        const level = after?.levels[folder] ?? (present ? undefined : 'None')
        if (level === undefined) continue
        this.grant(address, folder, user, level === 'None' ? undefined : (level as Grant))
      }
      return { ok: true, user }
    })
    if (!step.delivery) return outcomes
    mailbox.deliverMeetingRequests = step.delivery.after
    return [...outcomes, { ok: true }]
  }

  #shown(user: UserIdentity): UserIdentity {
    return this.#sids && user.smtpAddress ? { ...user, sid: sidOf(user.smtpAddress) } : user
  }

  #level(mailbox: MemoryMailbox, folder: DelegateFolder, user: string): DelegateLevelRead {
    const entry = mailbox.folders[folder]?.entries.find(
      (one) => one.user.smtpAddress?.toLowerCase() === user.toLowerCase(),
    )
    const level = levelOf(entry?.rights ?? LEVEL_RIGHTS.None, 'calendar')
    return DELEGATE_LEVELS.find((name) => name === level) ?? 'Custom'
  }
}

function permissionsOf(folder: string, list: MemoryMailbox['folders'][string]): PermissionSet {
  const kind = folder === 'calendar' ? 'calendar' : 'ordinary'
  return {
    kind,
    entries: list.entries.map(({ user, rights }) => ({ user, rights, level: levelOf(rights, kind) })),
    unknownEntries: [...list.unknownEntries],
  }
}
