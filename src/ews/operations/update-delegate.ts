import type { DelegateChange, DeliverMeetingRequests } from '../../model/delegate.ts'
import { type DelegateOutcome, readDelegateOutcomes } from '../elements/delegate-response.ts'
import { writeDelegateUser } from '../elements/delegate-user.ts'
import { writeMailbox } from '../elements/mailbox.ts'
import { membersOf } from '../members.ts'
import type { Operation } from '../operation.ts'
import { settleUpdateDelegate } from '../settle-delegates.ts'

export interface UpdateDelegateInput {
  readonly owner: string
  /** Empty to change the delivery of meeting requests alone: the schema lets DelegateUsers be left out. */
  readonly delegates: readonly DelegateChange[]
  readonly deliverMeetingRequests?: DeliverMeetingRequests
}

/**
 * A patch: levels and flags that are not in the request stay as they are. Microsoft's samples send one folder;
 * the EWS Managed API, and what was derived from it, sends all six and so turns what the caller left out into None.
 *
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/updatedelegate-operation
 */
export const updateDelegate: Operation<UpdateDelegateInput, DelegateOutcome[]> = {
  name: 'UpdateDelegate',
  since: 'Exchange2007_SP1',
  retry: 'check-first',
  timeZoneContext: false,
  mailbox: (input) => input.owner,
  settle: settleUpdateDelegate,
  members: membersOf('delegates'),

  build(body, input) {
    writeMailbox(body, 'm:Mailbox', input.owner)
    if (input.delegates.length > 0) {
      body.element('m:DelegateUsers', (users) => {
        for (const delegate of input.delegates) writeDelegateUser(users, delegate)
      })
    }
    body.text('m:DeliverMeetingRequests', input.deliverMeetingRequests)
  },

  parse: (response, input) =>
    readDelegateOutcomes(
      response,
      input.delegates.map((delegate) => delegate.user),
    ),
}
