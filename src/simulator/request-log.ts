/** One request that the simulator answered, as tests and people want to look at it. */
export interface LoggedRequest {
  readonly at: Date
  readonly face: 'ews' | 'graph' | 'token' | 'none'
  readonly method: string
  /** Path and query, as they were sent. */
  readonly path: string
  /** The EWS operation. */
  readonly operation?: string
  /** Without credentials: Authorization and Cookie are not kept. */
  readonly requestHeaders: Readonly<Record<string, string>>
  /** Empty for the token endpoint, whose requests and answers are secrets. */
  readonly requestBody: string
  readonly status: number
  readonly responseBody: string
  readonly milliseconds: number
  /** What went wrong inside the simulator, when something did. */
  readonly error?: unknown
}

const MOST_ENTRIES = 1000
/** Of all bodies together, in characters; a simulator can then run for days. */
const MOST_TEXT = 32 * 1024 * 1024
const LONGEST_BODY = 1024 * 1024
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization'])

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
    const secret = entry.face === 'token'
    const kept: LoggedRequest = {
      ...entry,
      requestHeaders: Object.fromEntries(
        Object.entries(entry.requestHeaders).filter(([name]) => !SECRET_HEADERS.has(name)),
      ),
      requestBody: secret ? '' : entry.requestBody.slice(0, LONGEST_BODY),
      responseBody: secret ? '' : entry.responseBody.slice(0, LONGEST_BODY),
    }
    this.#entries.push(kept)
    this.#text += textOf(kept)
    while (this.#entries.length > MOST_ENTRIES || this.#text > MOST_TEXT) {
      const dropped = this.#entries.shift()
      if (dropped) this.#text -= textOf(dropped)
    }
  }
}

function textOf(entry: LoggedRequest): number {
  return entry.requestBody.length + entry.responseBody.length
}
