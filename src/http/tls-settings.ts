import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import { type ConnectionOptions, createSecureContext, rootCertificates } from 'node:tls'
import { InvalidInputError } from '../errors.ts'

/** Whom to trust, and how to show who we are. */
export interface TlsSettings {
  /** Certificates of authorities in PEM, trusted besides those that Node trusts. */
  readonly ca?: string | Uint8Array
  /**
   * Takes any certificate, so that anybody on the way can read the password. For a test server; warn whoever
   * uses it.
   */
  readonly insecure?: boolean
  readonly clientCertificate?: ClientCertificate
}

/** PEM, or a PKCS #12 file. */
export type ClientCertificate =
  | {
      readonly certificate: string | Uint8Array
      readonly key: string | Uint8Array
      readonly passphrase?: string
    }
  | { readonly pfx: Uint8Array; readonly passphrase?: string }

/**
 * The same as `tls.connect` takes it.
 * @throws InvalidInputError for certificates or keys that cannot be read; what is in them is not in the message.
 */
export function tlsOptions(
  settings: TlsSettings,
): Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized'> {
  const { ca, insecure, clientCertificate } = settings
  const own = clientCertificate && clientOptions(clientCertificate)
  requireReadable('The client certificate or its key', own ?? {})
  if (ca !== undefined) requireAuthority(ca)
  return {
    ...(ca === undefined ? {} : { ca: [...trusted(), toText(ca)] }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
    ...own,
  }
}

function clientOptions(client: ClientCertificate) {
  const passphrase = client.passphrase === undefined ? {} : { passphrase: client.passphrase }
  return 'pfx' in client
    ? { pfx: Buffer.from(client.pfx), ...passphrase }
    : { cert: toText(client.certificate), key: toText(client.key), ...passphrase }
}

/** A list of one's own replaces Node's, NODE_EXTRA_CA_CERTS included, so that both are put into it. */
function trusted(): readonly string[] {
  // Since Node 22.15.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] }
  if (getCACertificates) return getCACertificates('default')
  const { NODE_EXTRA_CA_CERTS: extra } = process.env
  try {
    return extra ? [...rootCertificates, readFileSync(extra, 'utf8')] : rootCertificates
  } catch {
    // Node itself has warned about it when it started.
    return rootCertificates
  }
}

/** OpenSSL passes over what it cannot read, and says later that nobody is trusted. */
function requireAuthority(ca: string | Uint8Array): void {
  const certificates = toText(ca).match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)
  if (!certificates) {
    throw new InvalidInputError('The authority’s certificate is not in PEM.', {
      hint: 'A PEM file begins with -----BEGIN CERTIFICATE-----; openssl x509 -inform der turns DER into it.',
    })
  }
  try {
    for (const certificate of certificates) new X509Certificate(certificate)
  } catch (cause) {
    throw new InvalidInputError(`The authority’s certificate cannot be read: ${(cause as Error).message}.`)
  }
}

function requireReadable(what: string, options: Parameters<typeof createSecureContext>[0]): void {
  try {
    createSecureContext(options)
  } catch (cause) {
    throw new InvalidInputError(`${what} cannot be read: ${(cause as Error).message}.`, {
      hint: 'Check the file, its form (PEM, or PKCS #12) and its passphrase.',
    })
  }
}

function toText(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
}
