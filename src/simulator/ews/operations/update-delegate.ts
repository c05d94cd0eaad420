import {
  applyDeliverMeetingRequests,
  delegateMessage,
  delegateResponse,
  delegateUsers,
  readDelegateUser,
  requireDone,
  requireManagedMailbox,
  writeDelegate,
} from '../delegate-elements.ts'
import type { EwsOperation } from '../operation.ts'

/** Changes what the request names of a delegate, and leaves the rest. */
export const updateDelegate: EwsOperation = {
  name: 'UpdateDelegate',
  requestType: 'UpdateDelegateType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    return delegateResponse('UpdateDelegate', () => {
      const mailbox = requireManagedMailbox(context, request)
      applyDeliverMeetingRequests(mailbox, request)
      return {
        messages: delegateUsers(request).map((delegateUser) =>
          delegateMessage(() => {
            const { user, change } = readDelegateUser(context, delegateUser)
            return writeDelegate(requireDone(mailbox.delegates.update(user, change)))
          }),
        ),
      }
    })
  },
}
