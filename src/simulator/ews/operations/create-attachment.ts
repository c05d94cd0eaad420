import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { touchItem } from '../../store/item.ts'
import { attachmentId } from '../attachment-ids.ts'
import { EwsRefusal } from '../errors.ts'
import { requireItem } from '../item-ids.ts'
import { readAttachments } from '../item-input.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { element, elementWith } from '../writer.ts'

/** Attaches files to an item, for whoever may change it. */
export const createAttachment: EwsOperation = {
  name: 'CreateAttachment',
  requestType: 'CreateAttachmentType',
  since: 'Exchange2007',
  handle(context, request) {
    const parent = requireChild(request, 'ParentItemId', NAMESPACES.messages)
    const sources = requireChild(request, 'Attachments', NAMESPACES.messages).children
    return itemizedResponse(
      'CreateAttachment',
      sources.map((source) =>
        message(
          'm:CreateAttachmentResponseMessage',
          () => {
            // The element is that of an ItemId under another name.
            const { item, folder, access, occurrence } = requireItem(context, { ...parent, name: 'ItemId' })
            if (!access.edit || occurrence) throw new EwsRefusal('ErrorAccessDenied')
            const [attachment] = readAttachments(context, { ...source, children: [source] })
            if (!attachment) throw new EwsRefusal('ErrorItemSave')
            item.attachments = [...item.attachments, attachment]
            touchItem(context.exchange, item, context.user.id)
            folder.touch()
            return element(
              'm:Attachments',
              element(
                't:FileAttachment',
                elementWith('t:AttachmentId', {
                  Id: attachmentId(item, attachment.id),
                  RootItemId: item.entryId,
                  RootItemChangeKey: item.changeKey,
                }),
              ),
            )
          },
          element('m:Attachments'),
        ),
      ),
    )
  },
}
