import { InvalidInputError } from '../errors.ts'

/**
 * Implicit access: an id that an earlier answer returned. It carries the mailbox, so nobody names the owner again.
 * The change key says which version of the item is meant.
 */
export interface ItemId {
  readonly id: string
  readonly changeKey?: string
}

/** An id alone, or with its change key. */
export type ItemIdInput = string | ItemId

/** @throws InvalidInputError for an empty id. */
export function itemById(id: string, changeKey?: string): ItemId {
  return parseItemId(changeKey === undefined ? { id } : { id, changeKey })
}

/** @throws InvalidInputError for an empty id. */
export function parseItemId(input: ItemIdInput): ItemId {
  // From JavaScript anything can come.
  const { id, changeKey } = typeof input === 'string' ? { id: input } : ((input ?? {}) as Partial<ItemId>)
  if (typeof id !== 'string' || id.trim() === '') throw new InvalidInputError('The item id is empty.')
  return changeKey === undefined ? { id } : { id, changeKey }
}
