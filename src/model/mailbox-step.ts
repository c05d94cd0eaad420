import type { DelegateFolder, DeliverMeetingRequests } from './delegate.ts'
import type { FolderName } from './folder-name.ts'
import type { Grant } from './mailbox-state.ts'
import type { UserRef } from './user-ref.ts'

/**
 * What changes in a mailbox, in steps of one write each. Every change holds what was there and what shall be there,
 * so that a step can be checked before, recognized afterwards, and put back.
 */
export type MailboxStep = DelegatesStep | FolderStep

export interface DelegatesStep {
  readonly type: 'delegates'
  readonly action: 'add' | 'update' | 'remove'
  /** Empty when an update changes the delivery of meeting requests alone. */
  readonly changes: readonly DelegateGrantChange[]
  readonly delivery?: DeliveryChange
}

export interface DeliveryChange {
  /** Absent when the server did not say. */
  readonly before?: DeliverMeetingRequests
  readonly after: DeliverMeetingRequests
}

/** What a delegate has. An update names on both sides only what changes. */
export interface DelegateGrant {
  /** `Custom`: rights that are none of the delegate levels, and that were not looked up. */
  readonly levels: Readonly<Partial<Record<DelegateFolder, Grant | 'Custom'>>>
  readonly viewPrivateItems?: boolean
  readonly receiveCopiesOfMeetingMessages?: boolean
}

export interface DelegateGrantChange {
  readonly user: UserRef
  /** Absent for an addition, and for an orphan. */
  readonly before?: DelegateGrant
  /** Absent for a removal. */
  readonly after?: DelegateGrant
  /** Folder entries of the user that the change takes away without `before` telling: they are set again to put it back. */
  readonly replaces?: Readonly<Partial<Record<DelegateFolder, Grant>>>
  /**
   * A removal, by SID, of a delegate whose account is gone: servers show such a delegate as a problem without a name
   * and without levels, so nothing stands in `before`.
   */
  readonly orphan?: true
}

export interface FolderStep {
  readonly type: 'folder'
  readonly folder: FolderName
  readonly changes: readonly EntryChange[]
  /** Entries of deleted accounts and the like that the write takes away, because the caller said so. */
  readonly drops?: readonly string[]
}

/** One entry of a folder's permission list. */
export interface EntryChange {
  readonly user: UserRef
  /** Absent: no entry. */
  readonly before?: Grant
  readonly after?: Grant
}
