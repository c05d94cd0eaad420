import type { DeliverMeetingRequests } from '../../model/delegate.ts'
import type { SendRight } from './directory.ts'
import type { Item } from './item.ts'
import type { Tombstone } from './mailbox.ts'
import type { PermissionEntry } from './permission-table.ts'

/**
 * Everything that the store holds, as plain values: what {@link Exchange.save} gives and a new Exchange takes. The
 * tenant is not in it: people, groups and passwords are the tenant file's to say.
 */
export interface SavedState {
  readonly version: 1
  readonly domain: string
  /** How many change keys were given out. */
  readonly issued: number
  readonly directory: SavedDirectory
  readonly mailboxes: readonly SavedMailbox[]
}

export interface SavedDirectory {
  /** Ids of accounts that were deleted. */
  readonly deleted: readonly string[]
  readonly settings: readonly {
    readonly id: string
    readonly hiddenFromAddressLists: boolean
    readonly messageCopyForSentAs: boolean
    readonly messageCopyForSendOnBehalf: boolean
  }[]
  readonly rights: readonly {
    readonly target: string
    readonly user: string
    readonly right: SendRight
    readonly changes: readonly { readonly at: number; readonly granted: boolean }[]
  }[]
}

export interface SavedMailbox {
  readonly owner: string
  readonly deliverMeetingRequests: DeliverMeetingRequests
  readonly delegates: readonly SavedDelegate[]
  /** Parents before what is in them. */
  readonly folders: readonly SavedFolder[]
  readonly deletedFolders: readonly Tombstone[]
}

export interface SavedDelegate {
  readonly sid: string
  readonly receiveCopiesOfMeetingMessages: boolean
  readonly viewPrivateItems: boolean
}

export interface SavedFolder {
  readonly id: string
  readonly parent?: string
  readonly displayName: string
  readonly folderClass: string
  readonly distinguishedName?: string
  readonly searchFolder: boolean
  readonly permissions: readonly PermissionEntry[]
  readonly created: Date
  readonly arrival: number
  readonly revision: number
  readonly changeKey: string
  readonly gone: readonly Tombstone[]
  readonly forgottenUpTo: number
  readonly items: readonly Omit<Item, 'mailbox'>[]
}

const DATE = '$date'
const BYTES = '$bytes'

/** As text; dates and bytes are marked, so that they come back as what they were. */
export function writeState(state: SavedState): string {
  return JSON.stringify(state, function (this: Record<string, unknown>, key, value: unknown) {
    // JSON.stringify has made a text of a date, and an object of bytes, before it asks.
    const original = this[key]
    if (original instanceof Date) return { [DATE]: original.toISOString() }
    if (Buffer.isBuffer(original)) return { [BYTES]: original.toString('base64') }
    return value
  })
}

/** @throws Error for a text that {@link writeState} did not write. */
export function readState(text: string): SavedState {
  const state = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if (DATE in value) return new Date(String(value[DATE]))
    if (BYTES in value) return Buffer.from(String(value[BYTES]), 'base64')
    return value
  }) as SavedState
  if (state?.version !== 1 || !Array.isArray(state.mailboxes)) throw new Error('It is not a saved state.')
  return state
}
