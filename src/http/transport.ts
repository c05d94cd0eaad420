/** A request as a transport sends it, whole. */
export interface HttpRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Milliseconds until the whole exchange is given up. */
  readonly timeoutMs: number
  /** Longest answer that is read, in bytes after decompression. */
  readonly maxResponseBytes: number
  readonly signal?: AbortSignal
  /**
   * Ends the request as long as nothing of it has left, e.g. while it waits for a connection; from then on only
   * `signal` does. For changes, whose answers are to be waited for. A transport that does not know it sends.
   */
  readonly untilSent?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  readonly statusText: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The values of `Set-Cookie`, which cannot be joined into one header. Absent: none. */
  readonly setCookie?: readonly string[]
  readonly body: string
}

/**
 * Sends one request and reads the whole answer, whatever its status. Replace it to use another HTTP stack, a proxy
 * or a recording.
 *
 * It must not follow redirects: credentials would go along to wherever the answer points.
 *
 * @throws ConnectionError `ERR_TIMEOUT`, `ERR_CONNECTION` or `ERR_ABORTED`; XmlError `ERR_LIMIT_EXCEEDED`.
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>

/** What a trace is shown; the secrets have been taken out. */
export interface TraceEntry {
  readonly direction: 'request' | 'response'
  readonly text: string
}
export type Trace = (entry: TraceEntry) => void
