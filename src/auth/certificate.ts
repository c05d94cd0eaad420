import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { InvalidInputError } from '../errors.ts'

/** A certificate an application signs in with, as MSAL takes it. */
export interface ClientCertificate {
  /** SHA-256 over the certificate, hexadecimal; Entra shows it beside the uploaded certificate. */
  readonly thumbprintSha256: string
  /** PEM, PKCS#8. */
  readonly privateKey: string
  /** PEM, with the certificates above it when there are any. */
  readonly chain: string
  readonly subject: string
  readonly validUntil: Date
}

/**
 * Reads a certificate and its private key from PEM text, as one file or as two put together.
 *
 * @throws InvalidInputError for whatever Entra would refuse without saying why: no key, another certificate's key,
 *   a key that is not RSA, a certificate out of its time.
 */
export function readCertificate(
  pem: string,
  options: { passphrase?: string | undefined; now?: Date } = {},
): ClientCertificate {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  const key = readKey(pem, options.passphrase)
  const certificates = blocks.map(readBlock)
  // The order inside the file is nobody's promise; the certificate is the one the key belongs to.
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key))
  if (!own) {
    throw certificates.length === 0
      ? new InvalidInputError('The file holds a private key and no certificate.', {
          hint: 'Put both into one PEM file: cat certificate.pem key.pem > app.pem',
        })
      : new InvalidInputError('The private key does not belong to the certificate.', {
          hint: 'Take the key that the certificate was made with.',
        })
  }
  if (key.asymmetricKeyType !== 'rsa') {
    throw new InvalidInputError(
      `The certificate's key is ${key.asymmetricKeyType}, and Entra takes RSA alone.`,
    )
  }
  const now = options.now ?? new Date()
  const [from, until] = [new Date(own.validFrom), new Date(own.validTo)]
  if (now > until || now < from) {
    throw new InvalidInputError(
      now > until
        ? `The certificate has expired on ${day(until)}.`
        : `The certificate is valid from ${day(from)} on only.`,
      { hint: 'Make a new one and upload it to the app registration (Certificates & secrets).' },
    )
  }
  return {
    thumbprintSha256: own.fingerprint256.replaceAll(':', ''),
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    chain: [own, ...certificates.filter((each) => each !== own)].map((each) => each.toString()).join(''),
    subject: own.subject.replaceAll('\n', ', '),
    validUntil: until,
  }
}

function readKey(pem: string, passphrase: string | undefined): KeyObject {
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(pem)) {
    throw new InvalidInputError('The file holds no private key in PEM form.', {
      hint: 'A .pfx or .p12 is converted with: openssl pkcs12 -in app.pfx -out app.pem -nodes',
    })
  }
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    const encrypted = /-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)
    if (encrypted && (passphrase === undefined || /PASSPHRASE|BAD_DECRYPT|INTERRUPTED/.test(code))) {
      throw new InvalidInputError(
        passphrase === undefined
          ? 'The private key is protected by a passphrase, and none is given.'
          : 'The passphrase of the private key is wrong.',
      )
    }
    // The cause could quote the key.
    throw new InvalidInputError(`The private key cannot be read${code ? ` (${code})` : ''}.`)
  }
}

function readBlock(block: string): X509Certificate {
  try {
    return new X509Certificate(block)
  } catch (cause) {
    throw new InvalidInputError('A certificate in the file cannot be read.', { cause })
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
