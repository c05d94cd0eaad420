import type { Authenticator } from './authenticator.ts'

/**
 * A client certificate as the only sign-in: the connection shows it, and no header goes with the request. For servers
 * that ask for one and map it to an account (IIS client certificate mapping).
 *
 * The certificate itself is given to the transport, see `connectTransport`.
 */
export function clientCertificate(): Authenticator {
  return { describe: 'the client certificate', authorization: () => '' }
}
