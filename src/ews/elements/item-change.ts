import { InvalidInputError } from '../../errors.ts'
import type { ItemChange } from '../../model/item-change.ts'
import { parseItemId } from '../../model/item-id.ts'
import { type PropertyPath, pathKey } from '../../model/property-path.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { type GivenProperty, givenProperties, isEmpty, itemKind, requireProperty } from './item.ts'
import { writeItemId } from './item-id.ts'
import type { ItemKind } from './item-properties.ts'
import { writePropertyPath } from './property-path.ts'

type Update = 'SetItemField' | 'AppendToItemField' | 'DeleteItemField'

/**
 * Writes `t:ItemChange`: one field per change, as Exchange demands (ErrorIncorrectUpdatePropertyCount), and each
 * property once.
 * @throws InvalidInputError for a change of nothing, and for properties that cannot be changed so.
 */
export function writeItemChange(parent: XmlWriter, change: ItemChange): void {
  const kind = itemKind(change.type)
  const seen = new Set<string>()
  parent.element('t:ItemChange', (itemChange) => {
    writeItemId(itemChange, parseItemId(change.id))
    itemChange.element('t:Updates', (updates) => {
      const write = (
        update: Update,
        path: PropertyPath,
        content?: (item: XmlWriter) => void,
        what = pathKey(path),
      ): void => {
        if (seen.has(pathKey(path))) throw new InvalidInputError(`The update names ${what} twice.`)
        seen.add(pathKey(path))
        updates.element(`t:${update}`, (field) => {
          writePropertyPath(field, path)
          if (content) field.element(`t:${change.type}`, content)
        })
      }
      for (const given of givenProperties(kind, change.set ?? {})) writeSet(kind, given, write)
      for (const given of givenProperties(kind, change.append ?? {})) {
        const { uri, property } = given
        if (!property?.appendable) {
          throw new InvalidInputError(`Nothing can be appended to ${property?.key ?? uri}.`, {
            hint: 'Append to the body or to lists of people; set other properties.',
          })
        }
        if (!isEmpty(given.value)) write('AppendToItemField', uri, (item) => given.write(item))
      }
      for (const path of change.delete ?? []) {
        const named = typeof path === 'string' && !path.includes(':')
        write('DeleteItemField', named ? requireDeletable(kind, path) : path)
      }
      if (seen.size === 0) {
        throw new InvalidInputError('The update changes nothing.', {
          hint: 'Name properties to set, append to or delete.',
        })
      }
    })
  })
}

function writeSet(
  kind: ItemKind,
  given: GivenProperty,
  write: (update: Update, path: PropertyPath, content?: (item: XmlWriter) => void) => void,
): void {
  const { property, value, uri } = given
  if (property?.key === 'attachments') {
    throw new InvalidInputError('Attachments are not changed with an update.', {
      hint: 'Create the item anew with them.',
    })
  }
  const entries = property?.codec.entries?.(value)
  if (entries && entries.length > 0) {
    for (const entry of entries) write('SetItemField', entry.path, (item) => given.write(item, entry.value))
  } else if (isEmpty(value)) {
    write('DeleteItemField', property ? requireDeletable(kind, property.key) : uri)
  } else {
    write('SetItemField', uri, (item) => given.write(item))
  }
}

/** The path of a property as a whole; a dictionary has none, its entries have. */
function requireDeletable(kind: ItemKind, key: string): PropertyPath {
  const property = requireProperty(kind, key)
  if (property.codec.entries) {
    throw new InvalidInputError(`${key} is not deleted as a whole.`, {
      hint: 'Delete its entries by path, e.g. { fieldUri: "contacts:EmailAddress", fieldIndex: "EmailAddress1" }.',
    })
  }
  return property.uri
}
