import { createHash } from 'node:crypto'
import type { Folder } from '../store/folder.ts'
import type { Item } from '../store/item.ts'
import type { Mailbox } from '../store/mailbox.ts'
import type { GraphContext } from './context.ts'
import { itemNotFound, malformedId } from './errors.ts'

/**
 * Graph's ids are the store's, in base64url so that they fit into a path.
 *
 * An item has two: an immutable one, which is the store's id, and the ordinary one, which changes when the item is
 * moved, and so carries a tag of the folder it was in. Both are taken everywhere; `Prefer: IdType="ImmutableId"`
 * decides which is given out. See https://learn.microsoft.com/graph/outlook-immutable-id
 */
const TAG_LENGTH = 9

export function itemIdOf(context: GraphContext, item: Item, folder: Folder): string {
  return context.immutableIds ? toUrlSafe(item.id) : taggedId(item, folder)
}

export function folderIdOf(folder: Folder): string {
  return toUrlSafe(folder.id)
}

/** @throws GraphError unless the mailbox holds the item, and the id is not an ordinary one from before a move. */
export function requireItem(mailbox: Mailbox, id: string, within?: Folder): { folder: Folder; item: Item } {
  if (!/^[A-Za-z0-9_=-]{20,1000}$/.test(id)) throw malformedId()
  const direct = mailbox.findItem(fromUrlSafe(id))
  const found = direct ?? findTagged(mailbox, id)
  if (!found || (within && found.folder !== within)) throw itemNotFound()
  return found
}

function findTagged(mailbox: Mailbox, id: string): { folder: Folder; item: Item } | undefined {
  const bytes = Buffer.from(fromUrlSafe(id), 'base64')
  if (bytes.length <= TAG_LENGTH) return undefined
  const found = mailbox.findItem(bytes.subarray(0, -TAG_LENGTH).toString('base64'))
  return found && taggedId(found.item, found.folder) === id ? found : undefined
}

function taggedId(item: Item, folder: Folder): string {
  const tag = createHash('sha256').update(folder.id).digest().subarray(0, TAG_LENGTH)
  return toUrlSafe(Buffer.concat([Buffer.from(item.id, 'base64'), tag]).toString('base64'))
}

// As the service does it: the two characters of base64 that a path cannot hold are replaced, the padding stays.
function toUrlSafe(id: string): string {
  return id.replaceAll('+', '_').replaceAll('/', '-')
}

function fromUrlSafe(id: string): string {
  return id.replaceAll('_', '+').replaceAll('-', '/')
}
