import type { Authenticator } from './authenticator.ts'

let instances = 0

/**
 * A client certificate as the only sign-in: the connection shows it, and no header goes with the request. For servers
 * that ask for one and map it to an account (IIS client certificate mapping).
 *
 * The certificate itself is given to the transport, see `connectTransport`. Which one it is cannot be told from here,
 * so that each authenticator counts as an account of its own: sessions with the same certificate share one.
 */
export function clientCertificate(): Authenticator {
  const account = `client certificate ${++instances}`
  return { describe: 'the client certificate', account, credential: account, authorization: () => '' }
}
