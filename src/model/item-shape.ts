import { InvalidInputError } from '../errors.ts'
import type { BaseShape } from './find-view.ts'
import { checkPropertyPath, type PropertyPath } from './property-path.ts'

/**
 * What is told about an item.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/itemshape
 */
export interface ItemShape {
  /** Default `Default`. */
  readonly base?: BaseShape
  /** Besides: FieldURIs, entries of dictionaries, MAPI properties. */
  readonly properties?: readonly PropertyPath[]
  /** The whole message as MIME. */
  readonly includeMimeContent?: boolean
  /** Default `Best`: HTML where there is some. */
  readonly bodyType?: 'Best' | 'HTML' | 'Text'
}

// FindItem returns no bodies; asking for one makes Exchange refuse the whole search.
const NOT_FOUND = ['item:Body', 'item:UniqueBody', 'item:NormalizedBody', 'item:TextBody', 'item:MimeContent']

/** @throws InvalidInputError naming the property. */
export function checkItemShape(shape: ItemShape, operation: 'get' | 'find'): ItemShape {
  const { base = 'Default', properties = [] } = shape
  if (!['IdOnly', 'Default', 'AllProperties'].includes(base)) {
    throw new InvalidInputError(`${JSON.stringify(base)} is not a base shape.`, {
      hint: 'It is one of IdOnly, Default, AllProperties.',
    })
  }
  for (const path of properties) checkPropertyPath(path)
  if (operation === 'find') {
    const unavailable = properties.find((path) => NOT_FOUND.includes(path as string))
    if (unavailable !== undefined || shape.includeMimeContent) {
      throw new InvalidInputError(`A search does not return ${unavailable ?? 'item:MimeContent'}.`, {
        hint: 'Find the ids, then get the items.',
      })
    }
  }
  return shape
}
