import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts'

/**
 * X.509 certificates (RFC 5280) for the simulator: node:crypto reads them and makes none. Only what a private
 * authority and its server need.
 */
export interface Certificate {
  readonly pem: string
  /** DER, which channel bindings are hashed from. */
  readonly der: Buffer
  /** PKCS#8. */
  readonly privateKeyPem: string
}

export interface ServerCertificate extends Certificate {
  /** The certificate of the authority that signed it: what a client has to trust. */
  readonly authorityPem: string
}

export interface CertificateValidity {
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const DAY_MS = 24 * 3600 * 1000
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const RSA_WITH_SHA256 = '1.2.840.113549.1.1.11'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const KEY_USAGE = '2.5.29.15'
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const BASIC_CONSTRAINTS = '2.5.29.19'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'

/**
 * A certificate for a server, from a new private authority.
 * @param names host names and IP addresses; the first is the common name.
 */
export function makeServerCertificate(
  names: readonly string[],
  validity: CertificateValidity = {},
): ServerCertificate {
  const authorityKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const authorityName = 'ews-delegates simulator CA'
  const authority = issue({
    subject: authorityName,
    publicKey: authorityKeys.publicKey,
    issuer: authorityName,
    issuerKeys: authorityKeys,
    // The authority outlives what it signs, so that an expired certificate is the only thing wrong with a chain.
    notBefore: new Date(Math.min(Date.now(), validity.notBefore?.getTime() ?? Date.now()) - DAY_MS),
    notAfter: new Date(Math.max(Date.now(), validity.notAfter?.getTime() ?? 0) + 3650 * DAY_MS),
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(boolean(true)), 'critical'),
      // keyCertSign and cRLSign.
      extension(KEY_USAGE, bitString(Buffer.of(0x06), 1), 'critical'),
      extension(SUBJECT_KEY_IDENTIFIER, octetString(keyId(authorityKeys.publicKey))),
    ],
  })
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = issue({
    subject: names[0] ?? 'localhost',
    publicKey: keys.publicKey,
    issuer: authorityName,
    issuerKeys: authorityKeys,
    ...dates(validity),
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence(), 'critical'),
      // digitalSignature.
      extension(KEY_USAGE, bitString(Buffer.of(0x80), 7), 'critical'),
      extension(EXTENDED_KEY_USAGE, sequence(objectIdentifier(SERVER_AUTHENTICATION))),
      extension(SUBJECT_ALTERNATIVE_NAME, sequence(...names.map(generalName))),
      extension(AUTHORITY_KEY_IDENTIFIER, sequence(implicit(0, keyId(authorityKeys.publicKey)))),
      extension(SUBJECT_KEY_IDENTIFIER, octetString(keyId(keys.publicKey))),
    ],
  })
  return {
    pem: pemOf(certificate),
    der: certificate,
    privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    authorityPem: pemOf(authority),
  }
}

/** A certificate that an application registers to sign in with: RSA, as Microsoft Entra wants, signed by itself. */
export function makeApplicationCertificate(subject: string, validity: CertificateValidity = {}): Certificate {
  const privateKey = createPrivateKey(
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey,
  )
  const publicKey = createPublicKey(privateKey)
  const der = issue({
    subject,
    publicKey,
    issuer: subject,
    issuerKeys: { privateKey },
    ...dates(validity),
    extensions: [extension(SUBJECT_KEY_IDENTIFIER, octetString(keyId(publicKey)))],
  })
  return {
    pem: pemOf(der),
    der,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function dates({ notBefore, notAfter }: CertificateValidity): { notBefore: Date; notAfter: Date } {
  const from = notBefore ?? new Date(Math.min(Date.now(), notAfter?.getTime() ?? Date.now()) - DAY_MS)
  // Apple's systems take no server certificate that is good for more than 825 days.
  return { notBefore: from, notAfter: notAfter ?? new Date(from.getTime() + 800 * DAY_MS) }
}

function issue(options: {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: string
  readonly issuerKeys: { readonly privateKey: KeyObject }
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Buffer[]
}): Buffer {
  const { privateKey } = options.issuerKeys
  const algorithm =
    privateKey.asymmetricKeyType === 'rsa'
      ? sequence(objectIdentifier(RSA_WITH_SHA256), Buffer.of(0x05, 0x00))
      : sequence(objectIdentifier(ECDSA_WITH_SHA256))
  const serial = randomBytes(16)
  // Neither negative nor zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const body = sequence(
    // Version 3.
    explicit(0, integer(2)),
    integer(serial),
    algorithm,
    commonName(options.issuer),
    sequence(time(options.notBefore), time(options.notAfter)),
    commonName(options.subject),
    options.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...options.extensions)),
  )
  return sequence(body, algorithm, bitString(sign('sha256', body, privateKey)))
}

function commonName(text: string): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(text))))
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name)) : implicit(7, addressBytes(name))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // URL writes the dotted tail of an IPv6 address as groups, and shortens the longest run of zeros.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string | undefined) =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []
  const [first, last] = [groups(head), groups(tail)]
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** RFC 7093, method 1. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
