/** A request as the faces see it: what node:http read, with the whole body in memory. */
export interface HttpRequest {
  readonly method: string
  /** Absolute; its origin is the one the caller used. */
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** What a face answers. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}
