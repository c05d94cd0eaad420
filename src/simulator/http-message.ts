import type { NtlmHandshake } from './ntlm/handshake.ts'
import type { Recipient } from './store/directory.ts'

/** What the server remembers of one connection: NTLM signs in connections, not requests. */
export interface Connection {
  /** The server's certificate as DER, when the connection is TLS. */
  readonly certificate: Buffer | undefined
  handshake: NtlmHandshake | undefined
  /** Whom NTLM signed in. */
  user: Recipient | undefined
}

/** A request as the faces see it: what node:http read, with the whole body in memory. */
export interface HttpRequest {
  readonly method: string
  /** Absolute; its origin is the one the caller used. */
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  /** Absent for a request that is part of another, as in a batch. */
  readonly connection?: Connection
}

/** What a face answers. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** WWW-Authenticate, which is sent once for each. */
  readonly challenges?: readonly string[]
  readonly body: string | Buffer
}
