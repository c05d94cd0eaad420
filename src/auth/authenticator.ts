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
  /** The value of the `Authorization` header; empty for none, where the connection itself says who is there. */
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
  /**
   * Tells accounts apart that {@link describe} calls the same, such as those of two token providers: who is told to
   * wait waits with all calls of the account. Never a secret. Default: `describe`, in any case of letters.
   */
  readonly account?: string
  /**
   * Tells one password or token of an account from the next, so that one that was refused is not sent again and
   * again. Never a secret. Default: made from the header; for schemes whose header does not tell.
   */
  readonly credential?: string
}
