import type { Transport } from '../http/transport.ts'

/**
 * Puts the credentials on a request. Called for every request, so that a token can be renewed; the header it
 * returns goes to the server and nowhere else.
 */
export interface Authenticator {
  /** Whom it signs in, for messages; never a secret. */
  readonly describe: string
  /** The name of the scheme, as `WWW-Authenticate` has it. */
  readonly scheme?: 'Basic' | 'Bearer' | 'NTLM' | 'Negotiate'
  /** The value of the `Authorization` header. */
  authorization(): string | Promise<string>
  /**
   * For schemes that sign in a connection and not a request (NTLM): how to send. Goes before the session's default
   * transport, not before one that the caller chose.
   */
  readonly transport?: Transport
  /**
   * True for an application that signs in as itself and so has no mailbox: Exchange answers its EWS calls only while
   * it impersonates somebody.
   */
  readonly appOnly?: boolean
}
