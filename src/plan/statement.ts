import type { DelegateFolder, DeliverMeetingRequests } from '../model/delegate.ts'
import type { FolderName } from '../model/folder-name.ts'
import type { GrantMode } from '../model/grant-mode.ts'
import type { Grant } from '../model/mailbox-state.ts'
import type { DelegateLevel } from '../model/permission-level.ts'
import type { UserRef } from '../model/user-ref.ts'
import type { NamedRole, Place } from './problem.ts'

/**
 * What one place of one file says about a mailbox: a list entry of YAML or JSON, or a row of CSV. Roles are still
 * names. Several statements make a mailbox's description.
 */
export interface MailboxStatement {
  readonly at: Place
  readonly mailbox: string
  readonly mode?: GrantMode
  readonly deliverMeetingRequests?: { readonly at: Place; readonly value: DeliverMeetingRequests }
  readonly delegates?: readonly DelegateStatement[]
  readonly folders: readonly FolderStatement[]
  /** The place in the file whose head (mode, defaults) holds for it. */
  readonly head: number
}

export interface DelegateStatement {
  readonly at: Place
  readonly user: UserRef
  readonly role?: NamedRole
  readonly levels: Readonly<Partial<Record<DelegateFolder, DelegateLevel>>>
  readonly viewPrivateItems?: boolean
  readonly receiveCopiesOfMeetingMessages?: boolean
  readonly expires?: string
  readonly absent?: boolean
  /** A row that says one thing of several: others about the same user add to it. */
  readonly partial?: true
}

export interface FolderStatement {
  readonly folder: FolderName
  readonly permissions: readonly PermissionStatement[]
}

export interface PermissionStatement {
  readonly at: Place
  readonly user: UserRef
  readonly grant: Grant
  readonly expires?: string
  readonly absent?: boolean
}

/** What a role stands for. */
export interface Role {
  readonly at: Place
  readonly levels: Readonly<Partial<Record<DelegateFolder, DelegateLevel>>>
  readonly viewPrivateItems?: boolean
  readonly receiveCopiesOfMeetingMessages?: boolean
  /** Folder permissions that come with it. */
  readonly folders: readonly { readonly folder: FolderName; readonly grant: Grant }[]
}

/** What holds for the mailboxes of one document or file. */
export interface Head {
  readonly mode: GrantMode
  readonly defaults?: {
    readonly role?: NamedRole
    readonly deliverMeetingRequests?: { readonly at: Place; readonly value: DeliverMeetingRequests }
    readonly delegates?: readonly DelegateStatement[]
    readonly folders: readonly FolderStatement[]
  }
}
