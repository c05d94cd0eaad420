import {
  DELEGATE_FOLDERS,
  type DelegateFolder,
  type DelegateLevels,
  type DeliverMeetingRequests,
} from '../../model/delegate.ts'
import { DELEGATE_LEVELS, type DelegateLevelRead } from '../../model/permission-level.ts'
import type { Recipient } from './directory.ts'
import type { Mailbox } from './mailbox.ts'
import type { Trustee } from './permission-table.ts'
import { has, levelOfRights, rightsOfLevel } from './rights.ts'
import type { SavedDelegate, SavedMailbox } from './saved-state.ts'

/** What AddDelegate and UpdateDelegate may say about one delegate; what is left out stays as it is. */
export interface DelegateChange {
  readonly levels: DelegateLevels
  readonly receiveCopiesOfMeetingMessages?: boolean | undefined
  readonly viewPrivateItems?: boolean | undefined
}

/** A delegate as the store finds them. */
export interface DelegateState {
  readonly sid: string
  /** Undefined when the account is gone. */
  readonly user: Recipient | undefined
  readonly receiveCopiesOfMeetingMessages: boolean
  readonly viewPrivateItems: boolean
  /**
   * What keeps Exchange from showing this delegate: the account is gone or is a group (`ErrorDelegateNoUser`), or
   * only one of the two places that make a delegate, the mailbox and the directory, knows of it
   * (`ErrorDelegateMissingConfiguration`).
   */
  readonly problem: 'ErrorDelegateNoUser' | 'ErrorDelegateMissingConfiguration' | undefined
}

/** Why a change of a delegate is refused; Exchange's own codes. */
export type DelegateRefusal =
  | 'ErrorDelegateAlreadyExists'
  | 'ErrorDelegateCannotAddOwner'
  | 'ErrorDelegateNoUser'
  | 'ErrorDelegateValidationFailed'
  | 'ErrorNotDelegate'

export type DelegateOutcome =
  | { readonly ok: true; readonly delegate: DelegateState }
  | { readonly ok: false; readonly code: DelegateRefusal }

interface Entry {
  readonly sid: string
  receiveCopiesOfMeetingMessages: boolean
  viewPrivateItems: boolean
}

/**
 * A mailbox's delegates. Exchange keeps a delegate in three places: flags in a hidden message of the mailbox (here
 * {@link Entry}), the permissions of six folders, and Send on Behalf in the directory. All three are read, so what
 * changes one of them elsewhere shows here as it does there.
 */
export class DelegateList {
  #deliverMeetingRequests: DeliverMeetingRequests = 'DelegatesAndSendInformationToMe'
  #writes = 0
  readonly #mailbox: Mailbox
  readonly #entries: Entry[] = []

  constructor(mailbox: Mailbox, saved?: SavedMailbox) {
    this.#mailbox = mailbox
    if (!saved) return
    this.#deliverMeetingRequests = saved.deliverMeetingRequests
    for (const delegate of saved.delegates) this.#entries.push({ ...delegate })
  }

  /** One value for the whole mailbox. Outlook's default; AddDelegate without a value leaves it as it is. */
  get deliverMeetingRequests(): DeliverMeetingRequests {
    return this.#deliverMeetingRequests
  }

  set deliverMeetingRequests(value: DeliverMeetingRequests) {
    this.#deliverMeetingRequests = value
    this.#writes++
  }

  /** Counts changes: equal numbers mean that nothing changed in between. */
  get writes(): number {
    return this.#writes
  }

  /** The flags, as plain values; the rest of a delegate is kept where it is. */
  save(): SavedDelegate[] {
    return this.#entries.map((entry) => ({ ...entry }))
  }

  /** Delegates in the order they were added, then those whom only the directory knows. */
  list(): DelegateState[] {
    const states = this.#entries.map((entry) => this.#state(entry))
    const listed = new Set(this.#entries.map((entry) => entry.sid))
    for (const trustee of this.#directory.trustees(this.#mailbox.owner, 'SendOnBehalf')) {
      if (!listed.has(trustee.sid)) states.push(this.#directoryOnly(trustee))
    }
    return states
  }

  find(sid: string): DelegateState | undefined {
    return this.list().find((state) => state.sid.toUpperCase() === sid.toUpperCase())
  }

  level(sid: string, folder: DelegateFolder): DelegateLevelRead {
    const table = this.#folder(folder).permissions
    const level = levelOfRights(table.rightsOfAccount(sid) ?? 0, table.kind)
    return DELEGATE_LEVELS.find((name) => name === level) ?? 'Custom'
  }

  /** Folder permissions, Send on Behalf and flags, or nothing at all. */
  add(user: Recipient, change: DelegateChange): DelegateOutcome {
    if (user.id === this.#mailbox.owner.id) return refuse('ErrorDelegateCannotAddOwner')
    if (this.#entry(user.sid)) return refuse('ErrorDelegateAlreadyExists')
    // Group delegates exist, but not over EWS (note on the GetDelegate operation page).
    if (!this.#directory.hasMailbox(user)) return refuse('ErrorDelegateValidationFailed')
    const entry: Entry = {
      sid: user.sid,
      receiveCopiesOfMeetingMessages: change.receiveCopiesOfMeetingMessages ?? false,
      viewPrivateItems: change.viewPrivateItems ?? false,
    }
    const levels = Object.fromEntries(
      DELEGATE_FOLDERS.map((folder) => [folder, change.levels[folder] ?? 'None']),
    )
    if (!this.#copiesAreAllowed(entry, levels)) return refuse('ErrorDelegateValidationFailed')
    this.#entries.push(entry)
    return this.#save(user, entry, levels)
  }

  /** A patch: what the change does not name stays. */
  update(user: Recipient, change: DelegateChange): DelegateOutcome {
    const present = this.#entry(user.sid)
    const state = this.find(user.sid)
    if (!state) return refuse('ErrorNotDelegate')
    if (state.problem === 'ErrorDelegateNoUser') return refuse('ErrorDelegateNoUser')
    const entry: Entry = {
      sid: user.sid,
      receiveCopiesOfMeetingMessages:
        change.receiveCopiesOfMeetingMessages ?? present?.receiveCopiesOfMeetingMessages ?? false,
      viewPrivateItems: change.viewPrivateItems ?? present?.viewPrivateItems ?? false,
    }
    if (!this.#copiesAreAllowed(entry, change.levels)) return refuse('ErrorDelegateValidationFailed')
    if (present) Object.assign(present, entry)
    else this.#entries.push(entry)
    return this.#save(user, entry, change.levels)
  }

  /** Takes away what {@link add} gave, orphans' entries too. */
  remove(sid: string): DelegateOutcome {
    const state = this.find(sid)
    if (!state) return refuse('ErrorNotDelegate')
    const at = this.#entries.findIndex((entry) => entry.sid === state.sid)
    if (at !== -1) this.#entries.splice(at, 1)
    this.#writes++
    for (const name of DELEGATE_FOLDERS) {
      const folder = this.#folder(name)
      if (folder.permissions.remove({ kind: 'account', sid: state.sid })) folder.touch()
    }
    if (state.user) this.#directory.revoke(this.#mailbox.owner, state.user, 'SendOnBehalf')
    return { ok: true, delegate: state }
  }

  get #directory() {
    return this.#mailbox.exchange.directory
  }

  #entry(sid: string): Entry | undefined {
    return this.#entries.find((entry) => entry.sid.toUpperCase() === sid.toUpperCase())
  }

  #state(entry: Entry): DelegateState {
    const user = this.#directory.findBySid(entry.sid)
    const sends =
      user &&
      this.#directory
        .trustees(this.#mailbox.owner, 'SendOnBehalf')
        .some((trustee) => trustee.sid === entry.sid)
    const problem = !user ? 'ErrorDelegateNoUser' : sends ? undefined : 'ErrorDelegateMissingConfiguration'
    return { ...entry, user, problem }
  }

  #directoryOnly(user: Recipient): DelegateState {
    const problem = this.#directory.hasMailbox(user)
      ? 'ErrorDelegateMissingConfiguration'
      : 'ErrorDelegateNoUser'
    return { sid: user.sid, user, problem, receiveCopiesOfMeetingMessages: false, viewPrivateItems: false }
  }

  /** Copies of meeting messages need Editor on the calendar, after the change. */
  #copiesAreAllowed(entry: Entry, levels: DelegateLevels): boolean {
    if (!entry.receiveCopiesOfMeetingMessages) return true
    if (levels.calendar !== undefined) return levels.calendar === 'Editor'
    const present = this.#folder('calendar').permissions.rightsOfAccount(entry.sid) ?? 0
    return has(present, rightsOfLevel('Editor', 'calendar'))
  }

  #save(user: Recipient, entry: Entry, levels: DelegateLevels): DelegateOutcome {
    this.#writes++
    const trustee: Trustee = { kind: 'account', sid: user.sid }
    for (const name of DELEGATE_FOLDERS) {
      const level = levels[name]
      if (level === undefined) continue
      const folder = this.#folder(name)
      if (level !== 'None') folder.permissions.set(trustee, rightsOfLevel(level, folder.kind))
      // None is no entry of its own: the delegate is then like everybody else, so Default applies.
      else if (!folder.permissions.remove(trustee)) continue
      folder.touch()
    }
    this.#directory.grant(this.#mailbox.owner, user, 'SendOnBehalf')
    return { ok: true, delegate: this.#state(entry) }
  }

  #folder(name: DelegateFolder) {
    const folder = this.#mailbox.distinguished(name)
    if (!folder) throw new Error(`The mailbox of ${this.#mailbox.owner.address} has no ${name}.`)
    return folder
  }
}

function refuse(code: DelegateRefusal): DelegateOutcome {
  return { ok: false, code }
}
