import { findChild, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { mayCreateItems } from '../../store/access.ts'
import { submit } from '../../store/submission.ts'
import { EwsRefusal } from '../errors.ts'
import { changeKeyOf, requireItem } from '../item-ids.ts'
import { kindOf } from '../item-kinds.ts'
import { isTrue } from '../item-properties.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { outgoing, requireRecipients, requireSent } from '../sending.ts'
import { findTargetFolder, requireOwnFolder } from '../target-folder.ts'

/**
 * Sends drafts. One in somebody else's mailbox is from its owner, and takes the right to send for them; when it may
 * not be sent, it stays where it is.
 */
export const sendItem: EwsOperation = {
  name: 'SendItem',
  requestType: 'SendItemType',
  since: 'Exchange2007',
  handle(context, request) {
    const saves = isTrue(request.attributes.SaveItemToFolder ?? '')
    const ids = requireChild(request, 'ItemIds', NAMESPACES.messages).children
    return itemizedResponse(
      'SendItem',
      ids.map((id) =>
        message('m:SendItemResponseMessage', () => {
          if (!saves && findChild(request, 'SavedItemFolderId', NAMESPACES.messages))
            throw new EwsRefusal('ErrorInvalidSendItemSaveSettings')
          const { item, access } = requireItem(context, id)
          if (kindOf(item).element !== 'Message' || !item.isDraft)
            throw new EwsRefusal('ErrorInvalidItemForOperationSendItem')
          const changeKey = changeKeyOf(id)
          if (changeKey === undefined) throw new EwsRefusal('ErrorChangeKeyRequiredForWriteOperations')
          if (changeKey !== item.changeKey) throw new EwsRefusal('ErrorStaleObject')
          if (!access.edit) throw new EwsRefusal('ErrorAccessDenied')
          const saveIn =
            findTargetFolder(context, request, 'SavedItemFolderId', 'ErrorSavedItemFolderNotFound') ??
            requireOwnFolder(context, 'sentitems')
          if (saves && !mayCreateItems(context.exchange, context.user, saveIn))
            throw new EwsRefusal('ErrorCreateItemAccessDenied')
          requireRecipients(item)
          requireSent(
            submit(context.exchange, {
              submitter: context.user,
              viaMailbox: item.mailbox.owner,
              message: outgoing(item),
              draft: item,
              saveToSentItems: saves,
              saveIn,
            }),
          )
          return undefined
        }),
      ),
    )
  },
}
