/**
 * What every error of this library carries: a sentence, a stable code to branch on, and what to do next.
 *
 * There is one class per thing somebody would catch, not one per response code of Exchange; those are text in
 * {@link EwsResponseError.responseCode}, because Exchange Online answers codes that no schema lists.
 */
export type ErrorCode =
  /** The caller's own arguments are wrong; nothing was sent. */
  | 'ERR_INVALID_INPUT'
  /** Exchange understood the request and refused it. */
  | 'ERR_EWS_RESPONSE'
  /** Graph understood the request and refused it. */
  | 'ERR_GRAPH_RESPONSE'
  /** The server answered something that is not what the protocol says. */
  | 'ERR_INVALID_RESPONSE'
  /** An answer is larger, deeper or otherwise beyond the limits that were set. */
  | 'ERR_LIMIT_EXCEEDED'
  /** The server could not be reached, or the connection broke. */
  | 'ERR_CONNECTION'
  /** No answer within the time allowed. */
  | 'ERR_TIMEOUT'
  /** The server does not accept who we say we are. */
  | 'ERR_AUTHENTICATION'
  /** EWS or the mailbox refuses this application as a whole (HTTP 403 without a SOAP answer). */
  | 'ERR_FORBIDDEN'
  /** Writing would lose entries that can be read but not written back. */
  | 'ERR_PERMISSION_LOSS'
  /** What was read back after a write is not what was written. */
  | 'ERR_READ_BACK'
  /** The caller asked for the call to be stopped. */
  | 'ERR_ABORTED'
  /** The journal of a run cannot be written or read; nothing is changed without it. */
  | 'ERR_JOURNAL'

export interface ErrorDetails {
  /** What the reader can do about it, as a sentence. */
  hint?: string | undefined
  cause?: unknown
  /** See {@link EwsDelegatesError.mayHaveHappened}. */
  mayHaveHappened?: boolean
}

/** Base class of everything this library throws on purpose. */
export class EwsDelegatesError extends Error {
  readonly code: ErrorCode
  /** What to do next, as a sentence, when there is something to say. */
  readonly hint: string | undefined
  /**
   * True when a call that changes something failed in a way that does not tell whether the change was made. Read
   * the state before repeating it.
   */
  readonly mayHaveHappened: boolean

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.hint = details.hint
    this.mayHaveHappened = details.mayHaveHappened ?? false
  }
}

/** The arguments cannot be sent to any server. Thrown before anything is sent. */
export class InvalidInputError extends EwsDelegatesError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('ERR_INVALID_INPUT', message, details)
  }
}

export interface EwsResponseErrorDetails extends ErrorDetails {
  responseCode: string
  /** `fault`: the whole request was refused. `response`: the answer's root. `item`: one member of a batch. */
  level: 'fault' | 'response' | 'item'
  /** How long the server asks us to wait, in milliseconds. */
  backOffMilliseconds?: number | undefined
  /** Name/value pairs of the answer's `MessageXml`, e.g. `LineNumber` and `Violation` of a schema error. */
  messageXml?: Readonly<Record<string, string>>
  httpStatus?: number | undefined
}

/** Exchange refused the request, in SOAP. */
export class EwsResponseError extends EwsDelegatesError {
  /** The code as the server spelled it, e.g. `ErrorNotDelegate`; may be one that no document knows. */
  readonly responseCode: string
  readonly level: 'fault' | 'response' | 'item'
  readonly backOffMilliseconds: number | undefined
  readonly messageXml: Readonly<Record<string, string>>
  readonly httpStatus: number | undefined

  constructor(message: string, details: EwsResponseErrorDetails) {
    super('ERR_EWS_RESPONSE', message, details)
    this.responseCode = details.responseCode
    this.level = details.level
    this.backOffMilliseconds = details.backOffMilliseconds
    this.messageXml = details.messageXml ?? {}
    this.httpStatus = details.httpStatus
  }
}

export interface ConnectionErrorDetails extends ErrorDetails {
  httpStatus?: number | undefined
  /** How long the server asks us to wait, in milliseconds. */
  backOffMilliseconds?: number | undefined
}

/** No usable answer: unreachable, timed out, not signed in, blocked, or not EWS at all. */
export class ConnectionError extends EwsDelegatesError {
  readonly httpStatus: number | undefined
  readonly backOffMilliseconds: number | undefined

  constructor(
    code: Extract<
      ErrorCode,
      | 'ERR_CONNECTION'
      | 'ERR_TIMEOUT'
      | 'ERR_AUTHENTICATION'
      | 'ERR_FORBIDDEN'
      | 'ERR_INVALID_RESPONSE'
      | 'ERR_ABORTED'
    >,
    message: string,
    details: ConnectionErrorDetails = {},
  ) {
    super(code, message, details)
    this.httpStatus = details.httpStatus
    this.backOffMilliseconds = details.backOffMilliseconds
  }
}

/** XML that is not well formed, not what the protocol says, or beyond the limits that bound every answer. */
export class XmlError extends EwsDelegatesError {
  constructor(
    code: Extract<ErrorCode, 'ERR_INVALID_RESPONSE' | 'ERR_LIMIT_EXCEEDED'>,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(code, message, details)
  }
}

/** A folder's permission list holds entries that Exchange shows but does not take back. */
export class PermissionLossError extends EwsDelegatesError {
  /** Identifiers from `UnknownEntries`, usually SIDs of deleted accounts. */
  readonly unknownEntries: readonly string[]
  /** How many entries had no user at all, or one that cannot be written. */
  readonly unwritableEntries: number

  constructor(
    message: string,
    details: ErrorDetails & { unknownEntries: readonly string[]; unwritableEntries: number },
  ) {
    super('ERR_PERMISSION_LOSS', message, details)
    this.unknownEntries = details.unknownEntries
    this.unwritableEntries = details.unwritableEntries
  }
}

/** A write was accepted, but reading it back shows something else. */
export class ReadBackError extends EwsDelegatesError {
  /** One sentence per difference. */
  readonly differences: readonly string[]

  constructor(message: string, details: ErrorDetails & { differences: readonly string[] }) {
    super('ERR_READ_BACK', message, details)
    this.differences = details.differences
  }
}

export interface GraphResponseErrorDetails extends ErrorDetails {
  graphCode: string
  httpStatus: number
  requestId?: string | undefined
  retryAfterSeconds?: number | undefined
}

/** Graph refused the request. */
export class GraphResponseError extends EwsDelegatesError {
  /** The service's own code, e.g. `ErrorSendAsDenied`. */
  readonly graphCode: string
  readonly httpStatus: number
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, details: GraphResponseErrorDetails) {
    super('ERR_GRAPH_RESPONSE', message, details)
    this.graphCode = details.graphCode
    this.httpStatus = details.httpStatus
    this.requestId = details.requestId
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}
