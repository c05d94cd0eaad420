import type { DelegateUser } from 'ews-javascript-api/js/ComplexProperties/DelegateUser.js'
import type { DelegateUserResponse } from 'ews-javascript-api/js/Core/Responses/DelegateUserResponse.js'
import type { MeetingRequestsDeliveryScope } from 'ews-javascript-api/js/Enumerations/MeetingRequestsDeliveryScope.js'
import type { DelegateInformation } from 'ews-javascript-api/js/Misc/DelegateInformation.js'
import type { DelegateOutcome } from '../ews/elements/delegate-response.ts'
import type { GetDelegateOutput } from '../ews/operations/get-delegate.ts'
import { DELIVER_MEETING_REQUESTS, type DeliverMeetingRequests } from '../model/delegate.ts'
import { fromDelegateUser, type Loadable, toDelegateUser } from './delegate-user.ts'
import { ews, nameIn, oneOf } from './ews-package.ts'
import { fromUserId, userRefFrom } from './user-id.ts'

/** Where a code goes that ews-javascript-api has no name for, which would otherwise be lost. */
const CODE_DETAIL = 'ResponseCode'

/** @throws InvalidInputError for a value that there is none of. */
export function fromMeetingRequestsDeliveryScope(
  scope: MeetingRequestsDeliveryScope,
): DeliverMeetingRequests {
  return oneOf(
    ews.MeetingRequestsDeliveryScope,
    scope,
    DELIVER_MEETING_REQUESTS,
    'The delivery of meeting requests',
  )
}

export function toMeetingRequestsDeliveryScope(value: DeliverMeetingRequests): MeetingRequestsDeliveryScope {
  return ews.MeetingRequestsDeliveryScope[value]
}

/**
 * What GetDelegates answered. Note that ews-javascript-api says NoForward when the server says nothing.
 *
 * @param options.permissions false when it was asked for without permissions.
 */
export function fromDelegateInformation(
  information: DelegateInformation,
  options: { readonly permissions?: boolean } = {},
): GetDelegateOutput {
  const outcomes = information.DelegateUserResponses.map((response) => readResponse(response, options))
  const scope = information.MeetingRequestsDeliveryScope as MeetingRequestsDeliveryScope | undefined
  return {
    outcomes,
    delegates: outcomes.flatMap((outcome) => (outcome.ok && outcome.delegate ? [outcome.delegate] : [])),
    deliverMeetingRequests: scope === undefined ? undefined : fromMeetingRequestsDeliveryScope(scope),
  }
}

/**
 * What `getDelegates` found out, for code that goes on with a `DelegateInformation`. A response code that
 * ews-javascript-api has no name for is among the `ErrorDetails`, as `ResponseCode`.
 */
export function toDelegateInformation(
  answer: Pick<GetDelegateOutput, 'outcomes' | 'deliverMeetingRequests'>,
): DelegateInformation {
  const { outcomes, deliverMeetingRequests: value } = answer
  // Its constructor is there, but not in the types.
  const Information = ews.DelegateInformation as unknown as new (
    responses: DelegateUserResponse[],
    scope: MeetingRequestsDeliveryScope | undefined,
  ) => DelegateInformation
  return new Information(
    outcomes.map(makeResponse),
    value === undefined ? undefined : toMeetingRequestsDeliveryScope(value),
  )
}

function readResponse(
  response: DelegateUserResponse,
  options: { readonly permissions?: boolean },
): DelegateOutcome {
  const delegateUser = response.DelegateUser as DelegateUser | null | undefined
  const code =
    nameIn(ews.ServiceError, response.ErrorCode) ?? response.ErrorDetails?.get(CODE_DETAIL) ?? 'Unknown'
  if (code === 'NoError' && response.Result !== ews.ServiceResult.Error) {
    return { ok: true, ...(delegateUser ? { delegate: fromDelegateUser(delegateUser, options) } : {}) }
  }
  const isNamed = Object.keys(fromUserId(delegateUser?.UserId)).length > 0
  return {
    ok: false,
    ...(isNamed ? { user: userRefFrom(delegateUser?.UserId) } : {}),
    code,
    message: response.ErrorMessage || code,
  }
}

function makeResponse(outcome: DelegateOutcome): DelegateUserResponse {
  const delegate = outcome.ok ? outcome.delegate : outcome.user && { user: outcome.user }
  const Response = ews.DelegateUserResponse as unknown as new (
    readsDelegateUser: boolean,
    delegateUser: DelegateUser | null,
  ) => DelegateUserResponse & Loadable
  const response = new Response(false, delegate ? toDelegateUser(delegate) : null)
  // Result, code and message can only be set the way it sets them itself, from an answer.
  response.LoadFromXmlJsObject(
    outcome.ok
      ? { ResponseClass: 'Success', ResponseCode: 'NoError' }
      : { ResponseClass: 'Error', ResponseCode: outcome.code, MessageText: outcome.message },
    null,
  )
  if (!outcome.ok && !(outcome.code in ews.ServiceError)) response.ErrorDetails.Add(CODE_DETAIL, outcome.code)
  return response
}
