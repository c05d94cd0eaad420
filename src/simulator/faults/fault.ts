/** What can go wrong on command. */

export const FAULT_KINDS = [
  'latency',
  'busy',
  'exceededConnections',
  'status',
  'redirect',
  'truncate',
  'drop',
  'slow',
  'garbage',
  'gzip',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export const FAULT_FACES = ['ews', 'graph', 'token', 'autodiscover'] as const
export type FaultFace = (typeof FAULT_FACES)[number]

export const GARBAGE_KINDS = ['html', 'bytes', 'empty', 'json', 'contentType', 'brokenGzip'] as const
/** A proxy's page; random bytes; nothing; JSON; the right answer under a wrong type; a gzip header before what is none. */
export type GarbageKind = (typeof GARBAGE_KINDS)[number]

/** Which requests a fault strikes: those that all of this is true for; every request when nothing is said. */
export interface FaultSelection {
  readonly face?: FaultFace | readonly FaultFace[]
  /**
   * EWS: the operation, such as `AddDelegate`. Graph: the last part of the path that is not an id, such as `sendMail`
   * or `messages`. Token: the grant type, or the endpoint such as `devicecode`. Autodiscover: `json`,
   * `GetUserSettings` or `pox`.
   */
  readonly operation?: string | readonly string[]
  /** Whose mailbox the request is about, by any of its addresses. */
  readonly mailbox?: string | readonly string[]
  /** The HTTP method. */
  readonly method?: string
  /** Strikes only while more than this many such requests of one account are being answered. */
  readonly above?: number
  /** Lets this many such requests pass first. */
  readonly skip?: number
  /** Of those that are left, this share, from 0 to 1: which ones, the seed decides. Default 1. */
  readonly share?: number
  /** At most this many times. */
  readonly count?: number
  /** Whether the request is carried out although its answer goes wrong. Default `before`: it is not. */
  readonly when?: 'before' | 'after'
}

/** Waits, and then answers as if nothing were; with `when: after`, waits with a change that is already made. */
export interface Latency extends FaultSelection {
  readonly kind: 'latency'
  readonly milliseconds: number
  /** Up to this much longer, in milliseconds. */
  readonly jitter?: number
}

/** ErrorServerBusy over EWS, 429 over Graph and at the token endpoint, 503 at Autodiscover. */
export interface Busy extends FaultSelection {
  readonly kind: 'busy'
  /** The hint in the fault, in milliseconds. */
  readonly backOff?: number
  /** The hint in the header, in seconds. */
  readonly retryAfter?: number
  /** 500 unless given; some servers send faults with 200. */
  readonly status?: number
  /** In every response message, or every member of a Graph batch, with HTTP 200: how a batch is told. */
  readonly inMessages?: boolean
}

/** ErrorExceededConnectionCount over EWS; over Graph, 429 for the MailboxConcurrency limit. */
export interface ExceededConnections extends FaultSelection {
  readonly kind: 'exceededConnections'
  /** The limit that the answer names; 27 over EWS and 4 over Graph. */
  readonly limit?: number
  readonly retryAfter?: number
}

/** Any HTTP status from 400, with the body the face would have for it. */
export interface Status extends FaultSelection {
  readonly kind: 'status'
  readonly status: number
  /** In seconds. */
  readonly retryAfter?: number
  /** Default: what fits face and status: nothing, a fault, or a page of the web server. */
  readonly body?: 'empty' | 'html' | 'fault'
}

export interface Redirect extends FaultSelection {
  readonly kind: 'redirect'
  /** Default 302. */
  readonly status?: 301 | 302 | 303 | 307 | 308
  /** Default `/ews/genericerrorpage.htm`, where Exchange sends callers on bad days. */
  readonly to?: string
}

/** The answer ends too early. The request is always carried out. */
export interface Truncate extends FaultSelection {
  readonly kind: 'truncate'
  /** The share of the body that arrives. Default 0.5. */
  readonly keep?: number
  /** `cut`, the default: the connection ends in the middle. `clean`: a complete HTTP answer with half a document. */
  readonly ending?: 'cut' | 'clean'
}

/** The connection ends without an answer. */
export interface Drop extends FaultSelection {
  readonly kind: 'drop'
}

/** The body comes in small pieces. The request is always carried out. */
export interface Slow extends FaultSelection {
  readonly kind: 'slow'
  /** How long the whole body takes. */
  readonly milliseconds: number
}

export interface Garbage extends FaultSelection {
  readonly kind: 'garbage'
  /** Default `html`. */
  readonly what?: GarbageKind
}

/** A right answer, compressed. The request is always carried out. */
export interface Gzip extends FaultSelection {
  readonly kind: 'gzip'
}

export type Fault =
  | Latency
  | Busy
  | ExceededConnections
  | Status
  | Redirect
  | Truncate
  | Drop
  | Slow
  | Garbage
  | Gzip

/** Faults, and the seed that decides which requests a share of them strikes. */
export interface FaultPlan {
  readonly seed?: number | string
  readonly faults: readonly Fault[]
}
