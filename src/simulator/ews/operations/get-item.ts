import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { requireItem } from '../item-ids.ts'
import { itemWriter, readItemShape } from '../item-shape.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { element } from '../writer.ts'

/** Items by id, each with an outcome of its own. Reading an item does not mark it as read. */
export const getItem: EwsOperation = {
  name: 'GetItem',
  requestType: 'GetItemType',
  since: 'Exchange2007',
  handle(context, request) {
    const shape = requireChild(request, 'ItemShape', NAMESPACES.messages)
    const ids = requireChild(request, 'ItemIds', NAMESPACES.messages).children
    let write: ReturnType<typeof itemWriter> | undefined
    return itemizedResponse(
      'GetItem',
      ids.map((id) =>
        message(
          'm:GetItemResponseMessage',
          () => {
            const found = requireItem(context, id)
            // A shape that cannot be had is refused for each item.
            write ??= itemWriter(context, readItemShape(shape, 'get'))
            return element('m:Items', write(found))
          },
          element('m:Items'),
        ),
      ),
    )
  },
}
