import { DELIVER_MEETING_REQUESTS, type Delegate, type DeliverMeetingRequests } from '../../model/delegate.ts'
import type { UserRef } from '../../model/user-ref.ts'
import { childText } from '../../xml/element.ts'
import { type DelegateOutcome, readDelegateOutcomes } from '../elements/delegate-response.ts'
import { writeMailbox } from '../elements/mailbox.ts'
import { writeUserId } from '../elements/user-id.ts'
import type { Operation } from '../operation.ts'

export interface GetDelegateInput {
  readonly owner: string
  readonly includePermissions: boolean
  /** Absent or empty: all delegates. */
  readonly users?: readonly UserRef[]
}

export interface GetDelegateOutput {
  /** One per user that was named, in that order; else one per delegate. */
  readonly outcomes: readonly DelegateOutcome[]
  /** Those of the outcomes that are delegates. */
  readonly delegates: readonly Delegate[]
  /** Undefined when the server does not say; not every server does. */
  readonly deliverMeetingRequests: DeliverMeetingRequests | undefined
}

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdelegate-operation */
export const getDelegate: Operation<GetDelegateInput, GetDelegateOutput> = {
  name: 'GetDelegate',
  since: 'Exchange2007_SP1',
  retry: 'safe',
  timeZoneContext: false,
  mailbox: (input) => input.owner,
  attributes: (input) => ({ IncludePermissions: String(input.includePermissions) }),

  build(body, input) {
    writeMailbox(body, 'm:Mailbox', input.owner)
    const { users = [] } = input
    if (users.length > 0) {
      body.element('m:UserIds', (userIds) => {
        for (const user of users) writeUserId(userIds, user)
      })
    }
  },

  parse(response, input) {
    const outcomes = readDelegateOutcomes(response, input.users?.length ? input.users : undefined)
    const delivery = childText(response, 'DeliverMeetingRequests')
    return {
      outcomes,
      delegates: outcomes.flatMap((outcome) => (outcome.ok && outcome.delegate ? [outcome.delegate] : [])),
      deliverMeetingRequests: DELIVER_MEETING_REQUESTS.find((value) => value === delivery),
    }
  },
}
