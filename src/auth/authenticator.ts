/**
 * Puts the credentials on a request. Called for every request, so that a token can be renewed; the header it
 * returns goes to the server and nowhere else.
 */
export interface Authenticator {
  /** Whom it signs in, for messages; never a secret. */
  readonly describe: string
  /** The value of the `Authorization` header. */
  authorization(): string | Promise<string>
}
