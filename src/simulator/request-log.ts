import type { FaultKind } from './faults/fault.ts'

/** One request that the simulator answered, as tests and people want to look at it. */
export interface LoggedRequest {
  readonly at: Date
  readonly face: 'ews' | 'graph' | 'token' | 'autodiscover' | 'none'
  readonly method: string
  /** Path and query as they were sent, without what is secret in them. */
  readonly path: string
  /** The EWS operation, or the form of Autodiscover. */
  readonly operation?: string
  /** Without credentials: Authorization and Cookie are not kept. */
  readonly requestHeaders: Readonly<Record<string, string>>
  /** Empty for the token endpoint, whose requests and answers are secrets. */
  readonly requestBody: string
  /** 0 when the connection was ended without an answer. */
  readonly status: number
  readonly responseBody: string
  readonly milliseconds: number
  /** What went wrong inside the simulator, when something did. */
  readonly error?: unknown
  /** What went wrong on command, when something did. */
  readonly fault?: {
    readonly kind: FaultKind
    /** Whether the request was carried out nevertheless. */
    readonly carriedOut: boolean
  }
}

const MOST_ENTRIES = 1000
/** Of all bodies together, in characters; a simulator can then run for days. */
const MOST_TEXT = 32 * 1024 * 1024
const LONGEST_BODY = 1024 * 1024
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization'])
/**
 * In addresses: the token of an upload session, which is good for the session without any sign-in, and what the
 * sign-in service is told and tells.
 */
const SECRET_PARAMETERS =
  /([?&](?:amp;)?(?:authtoken|access_token|id_token|refresh_token|client_secret|client_assertion|code|password|passwd|otc)=)[^&"'\s<>\\]*/gi

/** The last requests, oldest first; bounded in number and size. */
export class RequestLog {
  #entries: LoggedRequest[] = []
  #text = 0

  entries(): readonly LoggedRequest[] {
    return this.#entries
  }

  /** Those of one EWS operation, or of all. */
  operations(name?: string): LoggedRequest[] {
    return this.#entries.filter((entry) =>
      name === undefined ? entry.operation !== undefined : entry.operation === name,
    )
  }

  clear(): void {
    this.#entries = []
    this.#text = 0
  }

  /** For the server. */
  add(entry: LoggedRequest): void {
    // A request for a token may have missed the endpoint.
    const secret = entry.face === 'token' || (entry.face === 'none' && /oauth|token|login/i.test(entry.path))
    const kept: LoggedRequest = {
      ...entry,
      path: withoutSecrets(entry.path),
      requestHeaders: Object.fromEntries(
        Object.entries(entry.requestHeaders)
          .filter(([name]) => !SECRET_HEADERS.has(name))
          .map(([name, value]) => [name, withoutSecrets(value)]),
      ),
      requestBody: secret ? '' : withoutSecrets(entry.requestBody.slice(0, LONGEST_BODY)),
      responseBody: secret ? '' : withoutSecrets(entry.responseBody.slice(0, LONGEST_BODY)),
    }
    this.#entries.push(kept)
    this.#text += textOf(kept)
    while (this.#entries.length > MOST_ENTRIES || this.#text > MOST_TEXT) {
      const dropped = this.#entries.shift()
      if (dropped) this.#text -= textOf(dropped)
    }
  }
}

function withoutSecrets(text: string): string {
  return text.replace(SECRET_PARAMETERS, '$1…')
}

function textOf(entry: LoggedRequest): number {
  return entry.requestBody.length + entry.responseBody.length
}
