import type { SubmissionCode } from '../store/submission.ts'

/** What the face answers instead of doing something. */
export class GraphError extends Error {
  readonly status: number
  /** What callers branch on; the message is for people. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function accessDenied(): GraphError {
  return new GraphError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.')
}

/** Not there and not allowed to see it look alike. */
export function itemNotFound(): GraphError {
  return new GraphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.')
}

export function malformedId(): GraphError {
  return new GraphError(400, 'ErrorInvalidIdMalformed', 'Id is malformed.')
}

export function badRequest(message: string): GraphError {
  return new GraphError(400, 'BadRequest', message)
}

/** The request is JSON, but not what the operation takes. */
export function unreadableBody(message: string): GraphError {
  return new GraphError(400, 'RequestBodyRead', message)
}

/** Something Graph has and this embedded service has not: said by name, never answered with an empty success. */
export function notModelled(what: string): GraphError {
  return new GraphError(501, 'NotImplemented', `The embedded Exchange does not model ${what}.`)
}

const SUBMISSION_MESSAGES: Readonly<Record<SubmissionCode, string>> = {
  BadRequest: '/me request is only valid with delegated authentication flow.',
  ErrorAccessDenied: 'Access is denied. Check credentials and try again.',
  // As the examples of "Send Outlook messages from another user" print it.
  ErrorSendAsDenied:
    'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. Cannot submit message.',
}

/** The words of this face for what the store refused. */
export function submissionRefused(refusal: {
  readonly status: number
  readonly code: SubmissionCode | 'ErrorInvalidRecipients'
  readonly because: string
}): GraphError {
  const message =
    refusal.code === 'ErrorInvalidRecipients'
      ? `At least one recipient is not valid., ${refusal.because}`
      : SUBMISSION_MESSAGES[refusal.code]
  return new GraphError(refusal.status, refusal.code, message)
}

/** The error envelope: https://learn.microsoft.com/graph/errors */
export function errorEnvelope(
  error: { readonly code: string; readonly message: string },
  facts: { readonly date: Date; readonly requestId: string; readonly clientRequestId: string },
): Record<string, unknown> {
  return {
    error: {
      code: error.code,
      message: error.message,
      innerError: {
        // No zone, no fraction: as the service writes it.
        date: facts.date.toISOString().slice(0, 19),
        'request-id': facts.requestId,
        'client-request-id': facts.clientRequestId,
      },
    },
  }
}
