import { XmlError } from '../../errors.ts'
import type { ItemId } from '../../model/item-id.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import type { Element } from '../../xml/element.ts'

/** Writes `t:ItemId`, or another element of its type: implicit access, the id carries the mailbox. */
export function writeItemId(
  parent: XmlWriter,
  { id, changeKey }: ItemId,
  name: 't:ItemId' | 't:ReferenceItemId' = 't:ItemId',
): void {
  parent.element(name, undefined, { Id: id, ChangeKey: changeKey })
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
