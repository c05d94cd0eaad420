import type { FolderName } from '../model/folder-name.ts'
import type { MailboxState } from '../model/mailbox-state.ts'
import type { MailboxStep } from '../model/mailbox-step.ts'
import type { UserRef } from '../model/user-ref.ts'

/** What to read of a mailbox. */
export interface ReadRequest {
  readonly delegates: boolean
  readonly folders: readonly FolderName[]
}

/** What happened to one member of a step. */
export type ChangeOutcome =
  | { readonly ok: true; readonly user?: UserRef }
  | { readonly ok: false; readonly user?: UserRef; readonly code: string; readonly message: string }

/** Somebody in a group. */
export interface GroupMember {
  /** The primary SMTP address. */
  readonly address: string
  /** A group in the group. */
  readonly isGroup: boolean
}

/** A folder of a mailbox, for whoever wants all of them. */
export interface ListedFolder {
  readonly folder: FolderName
  readonly displayName: string
  readonly folderClass?: string
}

/**
 * A way to a server's permissions. The engine above knows no protocol: it reads states, and hands down steps whose
 * changes hold what was there and what shall be there.
 *
 * What it throws are errors of this library (`EwsResponseError`, `ConnectionError`, …): they are a mailbox's, and the
 * run goes on. Anything else counts as a mistake in the program: what was begun is finished, and the run ends with it.
 */
export interface Backend {
  /** For messages, e.g. `EWS`. */
  readonly name: string
  /**
   * Reads as much at once as the server allows; a folder that is not there stands in `missing`. Where it is not known
   * who the delegates are, that stands in `delegatesUnread`, and no list in `delegates`.
   */
  read(mailbox: string, request: ReadRequest): Promise<MailboxState>
  /**
   * Makes one step, with at most one write.
   *
   * @param seen what {@link read} answered last; spares another read where it is still good.
   * @returns one outcome per change, in order; for a delivery alone, or for drops alone, one outcome.
   * @throws when the step failed as a whole; `mayHaveHappened` tells whether the state must be read to know.
   */
  apply(mailbox: string, step: MailboxStep, seen?: MailboxState): Promise<ChangeOutcome[]>
  /** Why this backend cannot make the step, as a sentence; undefined when it can. Asks no server. */
  refuses(step: MailboxStep): string | undefined
  /** Did a step fail only because the state it was made from is no longer the present one? */
  isStale(error: unknown): boolean
  /**
   * The primary SMTP address of the one account that a name, an alias or another address means; undefined when it
   * means none or several. Absent when the backend cannot look anybody up.
   *
   * @param mailbox on whose behalf the directory is asked.
   * @throws when the directory does not say: who is taken for nobody would be added or removed as somebody else.
   */
  lookUp?(mailbox: string, word: string): Promise<string | undefined>
  /**
   * Who is in a group, one level deep; undefined when the address is no group's. Absent when the backend cannot tell.
   *
   * @param mailbox on whose behalf the directory is asked.
   * @throws when it is not known who is in it.
   */
  membersOf?(mailbox: string, address: string): Promise<readonly GroupMember[] | undefined>
  /** Every folder below the top of the mailbox; absent when the backend cannot list them. */
  listFolders?(mailbox: string): AsyncIterable<ListedFolder>
}
