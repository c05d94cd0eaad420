import {
  delegateMessage,
  delegateResponse,
  requireDelegateAccount,
  requireDone,
  requireManagedMailbox,
  userIds,
} from '../delegate-elements.ts'
import { EwsRefusal } from '../errors.ts'
import type { EwsOperation } from '../operation.ts'

/** Takes away what AddDelegate gave. By SID it also removes a delegate whose account is gone. */
export const removeDelegate: EwsOperation = {
  name: 'RemoveDelegate',
  requestType: 'RemoveDelegateType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    return delegateResponse('RemoveDelegate', () => {
      const mailbox = requireManagedMailbox(context, request)
      return {
        messages: (userIds(request) ?? []).map((userId) =>
          delegateMessage(() => {
            const account = requireDelegateAccount(context, userId)
            if (!account.user && !mailbox.delegates.find(account.sid))
              throw new EwsRefusal('ErrorDelegateNoUser')
            requireDone(mailbox.delegates.remove(account.sid))
            return undefined
          }),
        ),
      }
    })
  },
}
