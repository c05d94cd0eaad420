import type { DelegateChange, DeliverMeetingRequests } from '../../model/delegate.ts'
import { type DelegateOutcome, readDelegateOutcomes } from '../elements/delegate-response.ts'
import { writeDelegateUser } from '../elements/delegate-user.ts'
import { writeMailbox } from '../elements/mailbox.ts'
import { membersOf } from '../members.ts'
import type { Operation } from '../operation.ts'
import { settleAddDelegate } from '../settle-delegates.ts'

export interface AddDelegateInput {
  readonly owner: string
  readonly delegates: readonly DelegateChange[]
  readonly deliverMeetingRequests?: DeliverMeetingRequests
}

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/adddelegate-operation */
export const addDelegate: Operation<AddDelegateInput, DelegateOutcome[]> = {
  name: 'AddDelegate',
  since: 'Exchange2007_SP1',
  retry: 'check-first',
  timeZoneContext: false,
  mailbox: (input) => input.owner,
  settle: settleAddDelegate,
  members: membersOf('delegates'),

  build(body, input) {
    writeMailbox(body, 'm:Mailbox', input.owner)
    body.element('m:DelegateUsers', (users) => {
      for (const delegate of input.delegates) writeDelegateUser(users, delegate)
    })
    body.text('m:DeliverMeetingRequests', input.deliverMeetingRequests)
  },

  parse: (response, input) =>
    readDelegateOutcomes(
      response,
      input.delegates.map((delegate) => delegate.user),
    ),
}
