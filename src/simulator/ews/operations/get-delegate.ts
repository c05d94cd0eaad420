import { mayManageDelegates, mayOpenAnything } from '../../store/access.ts'
import type { DelegateState } from '../../store/delegation.ts'
import {
  delegateMessage,
  delegateResponse,
  requireDelegateAccount,
  requireDelegateMailbox,
  userIds,
  writeDelegate,
  writeDelegatePermissions,
} from '../delegate-elements.ts'
import { EwsRefusal } from '../errors.ts'
import type { EwsOperation } from '../operation.ts'

/** Lists a mailbox's delegates, or looks up those the request names. */
export const getDelegate: EwsOperation = {
  name: 'GetDelegate',
  requestType: 'GetDelegateType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    const includePermissions = /^\s*(?:true|1)\s*$/.test(request.attributes.IncludePermissions ?? '')
    return delegateResponse('GetDelegate', () => {
      const mailbox = requireDelegateMailbox(context, request)
      const { deliverMeetingRequests } = mailbox.delegates
      const named = userIds(request)
      if (!mayManageDelegates(context.exchange, context.user, mailbox)) {
        if (!mayOpenAnything(context.exchange, context.user, mailbox))
          throw new EwsRefusal('ErrorAccessDenied')
        // A delegate who asks is answered an empty list, as was reported of Exchange Online; asked about
        // somebody by name, it is that they are no delegate.
        const messages = (named ?? []).map(() =>
          delegateMessage(() => {
            throw new EwsRefusal('ErrorNotDelegate')
          }),
        )
        return { messages, deliverMeetingRequests }
      }
      const show = (delegate: DelegateState) => {
        if (delegate.problem) throw new EwsRefusal(delegate.problem)
        return writeDelegate(
          delegate,
          includePermissions ? writeDelegatePermissions(mailbox, delegate) : undefined,
        )
      }
      const messages = named
        ? named.map((userId) =>
            delegateMessage(() => {
              const account = requireDelegateAccount(context, userId)
              const delegate = mailbox.delegates.find(account.sid)
              if (!delegate) throw new EwsRefusal(account.user ? 'ErrorNotDelegate' : 'ErrorDelegateNoUser')
              return show(delegate)
            }),
          )
        : mailbox.delegates.list().map((delegate) => delegateMessage(() => show(delegate)))
      return { messages, deliverMeetingRequests }
    })
  },
}
