import { childBoolean, type Element, requireChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { mayCreateItems } from '../store/access.ts'
import { copyItem, type Item, touchItem } from '../store/item.ts'
import { EwsRefusal } from './errors.ts'
import { requireItem } from './item-ids.ts'
import { writeIdOnly } from './item-shape.ts'
import type { EwsContext } from './operation.ts'
import { itemizedResponse, message } from './response.ts'
import { requireTargetFolder } from './target-folder.ts'
import { element, type XmlNode } from './writer.ts'

/**
 * CopyItem and MoveItem. Both take reading the item and creating in the target; moving takes deleting as well.
 * Into another mailbox they answer without the new ids, as the operation pages say.
 */
export function copyOrMove(
  operation: 'CopyItem' | 'MoveItem',
  context: EwsContext,
  request: Element,
): XmlNode {
  const ids = requireChild(request, 'ItemIds', NAMESPACES.messages).children
  const wantsIds = childBoolean(request, 'ReturnNewItemIds', NAMESPACES.messages) ?? true
  return itemizedResponse(
    operation,
    ids.map((id) =>
      message(
        `m:${operation}ResponseMessage`,
        () => {
          const item = carryOut(operation, context, request, id)
          return element('m:Items', item && wantsIds ? writeIdOnly({ item }) : undefined)
        },
        element('m:Items'),
      ),
    ),
  )
}

function carryOut(
  operation: 'CopyItem' | 'MoveItem',
  context: EwsContext,
  request: Element,
  id: Element,
): Item | undefined {
  const { exchange, user } = context
  const target = requireTargetFolder(
    context,
    requireChild(request, 'ToFolderId', NAMESPACES.messages),
    'ErrorToFolderNotFound',
  )
  const found = requireItem(context, id)
  const { item, folder } = found
  if (found.occurrence) throw new EwsRefusal('ErrorCalendarCannotMoveOrCopyOccurrence')
  if (target.searchFolder) throw new EwsRefusal('ErrorMoveCopyFailed')
  if (!mayCreateItems(exchange, user, target)) throw new EwsRefusal('ErrorAccessDenied')
  const stays = target.mailbox === folder.mailbox
  if (operation === 'CopyItem') {
    const copy = copyItem(exchange, item, target.mailbox, user.id)
    target.addItem(copy)
    return stays ? copy : undefined
  }
  if (!found.access.delete) throw new EwsRefusal('ErrorAccessDenied')
  folder.removeItem(item)
  if (!stays) {
    target.addItem(copyItem(exchange, item, target.mailbox, item.creator))
    return undefined
  }
  touchItem(exchange, item, user.id)
  target.addItem(item)
  return item
}
