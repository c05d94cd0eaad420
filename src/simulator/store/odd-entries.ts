import type { NamedLevel } from '../../model/permission-level.ts'
import type { Exchange } from './exchange.ts'
import type { Trustee } from './permission-table.ts'
import { rightsOfLevel } from './rights.ts'

/** An entry of a permission list that real servers hold and that no EWS client can write. */
export type OddEntry =
  /** An entry whose `UserId` is empty, as seen in calendars of Exchange Online. */
  | { readonly emptyUser: true; readonly level?: NamedLevel }
  /** A SID, or any other text, that no longer resolves: listed under `UnknownEntries`. */
  | { readonly unknownEntry: string; readonly level?: NamedLevel }
  /** An entry that has only an `ExternalUserIdentity`, such as `Owner@local`. */
  | { readonly externalUser: string; readonly level?: NamedLevel }

/**
 * Puts an odd entry into a folder's permission list, so that tests can meet what real mailboxes hold.
 * @param owner the mailbox owner's address, alias or id.
 * @param folder a well-known folder name, or a folder's id.
 */
export function plantOddEntry(exchange: Exchange, owner: string, folder: string, entry: OddEntry): void {
  const recipient = exchange.directory.find(owner)
  const mailbox = recipient && exchange.mailboxOf(recipient)
  const found = mailbox?.distinguished(folder) ?? mailbox?.findFolder(folder)
  if (!found) throw new Error(`There is no folder ${folder} in a mailbox of ${owner}.`)
  found.permissions.set(trusteeOf(entry), rightsOfLevel(entry.level ?? 'Reviewer', found.kind))
  found.touch()
}

function trusteeOf(entry: OddEntry): Trustee {
  if ('unknownEntry' in entry) return { kind: 'account', sid: entry.unknownEntry }
  if ('externalUser' in entry) return { kind: 'external', identity: entry.externalUser }
  return { kind: 'empty' }
}
