import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate for tests, signed by itself: Node can read certificates, but not write them. */
export interface SelfSigned {
  readonly cert: string
  /** PKCS#8. */
  readonly key: string
}

export interface SelfSignedOptions {
  readonly commonName?: string
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly hash?: 'sha256' | 'sha384'
  readonly keyType?: 'rsa' | 'ec'
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
}

export function selfSigned(options: SelfSignedOptions = {}): SelfSigned {
  const { hash = 'sha256', keyType = 'rsa' } = options
  const { privateKey, publicKey } =
    options.keys ??
    (keyType === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  const day = 24 * 60 * 60 * 1000
  const name = der(
    0x30,
    der(
      0x31,
      der(0x30, oid('550403'), der(0x0c, Buffer.from(options.commonName ?? 'mail.contoso.com', 'utf8'))),
    ),
  )
  const algorithm =
    keyType === 'rsa'
      ? der(0x30, oid(hash === 'sha256' ? '2a864886f70d01010b' : '2a864886f70d01010c'), der(0x05))
      : der(0x30, oid(hash === 'sha256' ? '2a8648ce3d040302' : '2a8648ce3d040303'))
  // Exchange's own certificates name their hosts; the tests listen on loopback.
  const alternativeNames = der(
    0x30,
    oid('551d11'),
    der(
      0x04,
      der(
        0x30,
        der(0x82, Buffer.from('localhost')),
        der(0x87, Buffer.from([127, 0, 0, 1])),
        der(0x82, Buffer.from(options.commonName ?? 'mail.contoso.com')),
      ),
    ),
  )
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    algorithm,
    name,
    der(
      0x30,
      time(options.notBefore ?? new Date(Date.now() - day)),
      time(options.notAfter ?? new Date(Date.now() + 90 * day)),
    ),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, alternativeNames)),
  )
  const signature = sign(hash, body, privateKey)
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size =
    length < 0x80
      ? Buffer.from([length])
      : length < 0x100
        ? Buffer.from([0x81, length])
        : Buffer.from([0x82, length >> 8, length & 0xff])
  return Buffer.concat([Buffer.from([tag]), size, content])
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}
