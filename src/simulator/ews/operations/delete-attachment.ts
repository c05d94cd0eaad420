import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { touchItem } from '../../store/item.ts'
import { requireAttachment } from '../attachments.ts'
import { EwsRefusal } from '../errors.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { elementWith } from '../writer.ts'

/** Takes attachments off items, for whoever may change them. */
export const deleteAttachment: EwsOperation = {
  name: 'DeleteAttachment',
  requestType: 'DeleteAttachmentType',
  since: 'Exchange2007',
  handle(context, request) {
    const ids = requireChild(request, 'AttachmentIds', NAMESPACES.messages).children
    return itemizedResponse(
      'DeleteAttachment',
      ids.map((id) =>
        message('m:DeleteAttachmentResponseMessage', () => {
          const { found, attachment } = requireAttachment(context, id)
          if (!found.access.edit) throw new EwsRefusal('ErrorAccessDenied')
          const { item, folder } = found
          item.attachments = item.attachments.filter((other) => other !== attachment)
          touchItem(context.exchange, item, context.user.id)
          folder.touch()
          return elementWith('m:RootItemId', {
            RootItemId: item.entryId,
            RootItemChangeKey: item.changeKey,
          })
        }),
      ),
    )
  },
}
