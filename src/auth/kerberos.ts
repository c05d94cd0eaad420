import { ConnectionError, InvalidInputError } from '../errors.ts'
import type { Authenticator } from './authenticator.ts'

export interface KerberosOptions {
  /** The host of the EWS address, for which the domain issues tickets. */
  readonly host: string
  /** Default `HTTP/<host>`. */
  readonly servicePrincipal?: string
  /** Default: the optional package `kerberos`. */
  readonly load?: () => Promise<unknown>
}

/**
 * Kerberos (RFC 4559), for Exchange Server: signs in whoever is signed in to this machine's domain, or has a ticket
 * from `kinit`. Needs the optional package `kerberos`, which is native code.
 */
export function kerberos(options: KerberosOptions): Authenticator {
  const { host } = options
  const service = options.servicePrincipal ?? `HTTP/${host}`
  let library: Promise<KerberosLibrary> | undefined
  return {
    describe: 'the account of this machine’s session',
    scheme: 'Negotiate',
    // Each request has a ticket of its own, and no password is tried by it.
    credential: 'ticket',
    async authorization() {
      library ??= (options.load ?? loadKerberos)() as Promise<KerberosLibrary>
      const { initializeClient, GSS_MECH_OID_SPNEGO: mechOID } = await library
      try {
        // Each request has its own: a server takes a ticket's authenticator once.
        const client = await initializeClient(
          // GSSAPI wants the name of a service at a host, Windows the principal itself.
          process.platform === 'win32' ? service : service.replace('/', '@'),
          { mechOID },
        )
        return `Negotiate ${await client.step('')}`
      } catch (cause) {
        throw new ConnectionError('ERR_AUTHENTICATION', `There is no Kerberos ticket for ${service}.`, {
          cause,
          hint: 'Get one with kinit, and check that the server has that service principal name; or sign in with NTLM.',
        })
      }
    },
  }
}

/** What is used of the optional package. */
interface KerberosLibrary {
  readonly GSS_MECH_OID_SPNEGO: number
  initializeClient(
    service: string,
    options: { readonly mechOID: number },
  ): Promise<{ step(challenge: string): Promise<string> }>
}

async function loadKerberos(): Promise<unknown> {
  const name = 'kerberos'
  try {
    const module = (await import(name)) as { default?: unknown }
    return module.default ?? module
  } catch (cause) {
    throw new InvalidInputError('Kerberos needs a package that is not installed.', {
      cause,
      hint: 'Install it: npm install kerberos. Or sign in with NTLM (DOMAIN\\user and a password), which needs nothing.',
    })
  }
}
