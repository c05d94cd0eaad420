import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { requireAttachment, writeAttachment } from '../attachments.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { element } from '../writer.ts'

/** Attachments with their contents, for whoever may read their item. */
export const getAttachment: EwsOperation = {
  name: 'GetAttachment',
  requestType: 'GetAttachmentType',
  since: 'Exchange2007',
  handle(context, request) {
    const ids = requireChild(request, 'AttachmentIds', NAMESPACES.messages).children
    return itemizedResponse(
      'GetAttachment',
      ids.map((id) =>
        message(
          'm:GetAttachmentResponseMessage',
          () => {
            const { found, attachment } = requireAttachment(context, id)
            return element('m:Attachments', writeAttachment(found.item, attachment, true))
          },
          element('m:Attachments'),
        ),
      ),
    )
  },
}
