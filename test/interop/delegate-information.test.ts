import { MeetingRequestsDeliveryScope, ServiceError, ServiceResult } from 'ews-javascript-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DelegateOutcome } from '../../src/ews/elements/delegate-response.ts'
import {
  fromDelegateInformation,
  fromMeetingRequestsDeliveryScope,
  toDelegateInformation,
  toMeetingRequestsDeliveryScope,
} from '../../src/interop/delegate-information.ts'
import { DELIVER_MEETING_REQUESTS } from '../../src/model/delegate.ts'
import { identity, mailboxRef } from './arbitraries.ts'

const outcome: fc.Arbitrary<DelegateOutcome> = fc.oneof(
  fc.record({ ok: fc.constant(true as const), delegate: fc.record({ user: identity }) }),
  fc.record(
    {
      ok: fc.constant(false as const),
      user: mailboxRef,
      // The last one is in no list.
      code: fc.constantFrom('ErrorNotDelegate', 'ErrorDelegateNoUser', 'ErrorNewInTheCloud'),
      message: fc.string({ minLength: 1 }),
    },
    { requiredKeys: ['ok', 'code', 'message'] },
  ),
)

test('an answer survives both ways, with every refusal and codes that the package does not know', () => {
  fc.assert(
    fc.property(
      fc.array(outcome, { maxLength: 5 }),
      fc.option(fc.constantFrom(...DELIVER_MEETING_REQUESTS), { nil: undefined }),
      (outcomes, deliverMeetingRequests) => {
        const answer = fromDelegateInformation(toDelegateInformation({ outcomes, deliverMeetingRequests }))
        expect(answer.outcomes).toEqual(outcomes)
        expect(answer.deliverMeetingRequests).toBe(deliverMeetingRequests)
        expect(answer.delegates).toEqual(outcomes.flatMap((each) => (each.ok ? [each.delegate] : [])))
      },
    ),
  )
})

test('the program finds what it expects in a DelegateInformation', () => {
  const information = toDelegateInformation({
    deliverMeetingRequests: 'DelegatesAndMe',
    outcomes: [
      { ok: true, delegate: { user: { smtpAddress: 'adele@contoso.com' } } },
      { ok: false, user: { sid: 'S-1-5-21-7' }, code: 'ErrorNotDelegate', message: 'No delegate.' },
    ],
  })
  expect(information.MeetingRequestsDeliveryScope).toBe(MeetingRequestsDeliveryScope.DelegatesAndMe)
  const [adele, other] = information.DelegateUserResponses
  expect([adele?.Result, adele?.ErrorCode]).toEqual([ServiceResult.Success, ServiceError.NoError])
  expect(adele?.DelegateUser.UserId.PrimarySmtpAddress).toBe('adele@contoso.com')
  expect([other?.Result, other?.ErrorCode, other?.ErrorMessage]).toEqual([
    ServiceResult.Error,
    ServiceError.ErrorNotDelegate,
    'No delegate.',
  ])
  expect(other?.DelegateUser.UserId.SID).toBe('S-1-5-21-7')
})

test.each(DELIVER_MEETING_REQUESTS)('%s survives both ways', (value) => {
  expect(fromMeetingRequestsDeliveryScope(toMeetingRequestsDeliveryScope(value))).toBe(value)
})
