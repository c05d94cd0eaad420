import { XmlError } from '../../errors.ts'
import type { ItemId } from '../../model/item-id.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import type { Element } from '../../xml/element.ts'

/** Writes `t:ItemId`: implicit access, the id carries the mailbox. */
export function writeItemId(parent: XmlWriter, { id, changeKey }: ItemId): void {
  parent.element('t:ItemId', undefined, { Id: id, ChangeKey: changeKey })
}

/** Writes `m:ItemIds`. */
export function writeItemIds(body: XmlWriter, ids: readonly ItemId[]): void {
  body.element('m:ItemIds', (list) => {
    for (const id of ids) writeItemId(list, id)
  })
}

/** Reads anything of `t:ItemIdType`. */
export function readItemId(itemId: Element): ItemId {
  const { Id, ChangeKey } = itemId.attributes
  if (!Id) throw new XmlError('ERR_INVALID_RESPONSE', `<${itemId.name}> has no Id.`)
  return ChangeKey ? { id: Id, changeKey: ChangeKey } : { id: Id }
}
