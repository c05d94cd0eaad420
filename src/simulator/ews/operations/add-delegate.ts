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

/** Gives delegates folder permissions, Send on Behalf and their flags. */
export const addDelegate: EwsOperation = {
  name: 'AddDelegate',
  requestType: 'AddDelegateType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    return delegateResponse('AddDelegate', () => {
      const mailbox = requireManagedMailbox(context, request)
      applyDeliverMeetingRequests(mailbox, request)
      return {
        messages: delegateUsers(request).map((delegateUser) =>
          delegateMessage(() => {
            const { user, change } = readDelegateUser(context, delegateUser)
            return writeDelegate(requireDone(mailbox.delegates.add(user, change)))
          }),
        ),
      }
    })
  },
}
