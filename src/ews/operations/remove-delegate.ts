import type { UserRef } from '../../model/user-ref.ts'
import { type DelegateOutcome, readDelegateOutcomes } from '../elements/delegate-response.ts'
import { writeMailbox } from '../elements/mailbox.ts'
import { writeUserId } from '../elements/user-id.ts'
import { membersOf } from '../members.ts'
import type { Operation } from '../operation.ts'
import { settleRemoveDelegate } from '../settle-delegates.ts'

export interface RemoveDelegateInput {
  readonly owner: string
  readonly users: readonly UserRef[]
}

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/removedelegate-operation */
export const removeDelegate: Operation<RemoveDelegateInput, DelegateOutcome[]> = {
  name: 'RemoveDelegate',
  since: 'Exchange2007_SP1',
  retry: 'check-first',
  timeZoneContext: false,
  mailbox: (input) => input.owner,
  settle: settleRemoveDelegate,
  members: membersOf('users'),

  build(body, input) {
    writeMailbox(body, 'm:Mailbox', input.owner)
    body.element('m:UserIds', (userIds) => {
      for (const user of input.users) writeUserId(userIds, user)
    })
  },

  parse: (response, input) => readDelegateOutcomes(response, input.users),
}
