import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { requireItem } from '../item-ids.ts'
import { readItemShape, writeItem } from '../item-shape.ts'
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
    return itemizedResponse(
      'GetItem',
      ids.map((id) =>
        message(
          'm:GetItemResponseMessage',
          () => {
            const found = requireItem(context, id)
            return element('m:Items', writeItem({ context, ...found }, readItemShape(shape, 'get')))
          },
          element('m:Items'),
        ),
      ),
    )
  },
}
