import type { DelegateFolder, DeliverMeetingRequests } from '../model/delegate.ts'
import type { FolderName } from '../model/folder-name.ts'
import type { GrantMode } from '../model/grant-mode.ts'
import type { Grant } from '../model/mailbox-state.ts'
import type { DelegateLevel } from '../model/permission-level.ts'
import type { UserRef } from '../model/user-ref.ts'

/** What one mailbox shall look like: checked, roles unfolded. */
export interface DesiredMailbox {
  /** The owner's primary SMTP address. */
  readonly mailbox: string
  readonly mode: GrantMode
  readonly deliverMeetingRequests?: DeliverMeetingRequests
  /** Absent: delegates are not described, and so never touched. */
  readonly delegates?: readonly DesiredDelegate[]
  readonly folders: readonly DesiredFolder[]
}

export interface DesiredDelegate {
  readonly user: UserRef
  readonly levels: Readonly<Partial<Record<DelegateFolder, DelegateLevel>>>
  readonly viewPrivateItems?: boolean
  readonly receiveCopiesOfMeetingMessages?: boolean
  /** From this instant on the grant is to be gone: ISO 8601 with its zone; a day alone counts to its end, in UTC. */
  readonly expires?: string
  /** The grant is to be gone now, whatever else is said of it. */
  readonly absent?: boolean
}

export interface DesiredFolder {
  readonly folder: FolderName
  readonly permissions: readonly DesiredPermission[]
}

export interface DesiredPermission {
  readonly user: UserRef
  readonly grant: Grant
  readonly expires?: string
  readonly absent?: boolean
}

/** Is the grant to be gone at that time? */
export function isGone(wanted: { readonly expires?: string; readonly absent?: boolean }, now: Date): boolean {
  return (
    wanted.absent === true || (wanted.expires !== undefined && Date.parse(wanted.expires) <= now.getTime())
  )
}
