import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../src/auth/certificate.ts'
import { selfSigned } from '../helpers/self-signed.ts'

const mine = selfSigned({ commonName: 'ews-delegates' })
const other = selfSigned()

describe('readCertificate', () => {
  test('takes key and certificate in any order, and finds the certificate that belongs to the key', () => {
    for (const pem of [mine.cert + mine.key, mine.key + mine.cert, other.cert + mine.cert + mine.key]) {
      const read = readCertificate(pem)
      expect(read.subject).toBe('CN=ews-delegates')
      expect(read.thumbprintSha256).toMatch(/^[0-9A-F]{64}$/)
      expect(read.privateKey).toContain('BEGIN PRIVATE KEY')
      expect(read.chain.indexOf('BEGIN CERTIFICATE')).toBeGreaterThan(-1)
    }
  })

  test('opens a key with its passphrase', () => {
    const pem =
      mine.cert +
      createPrivateKey(mine.key).export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'opensesame',
      })
    expect(readCertificate(pem, { passphrase: 'opensesame' }).subject).toBe('CN=ews-delegates')
    expect(() => readCertificate(pem)).toThrow('protected by a passphrase')
    expect(() => readCertificate(pem, { passphrase: 'wrong' })).toThrow(
      'passphrase of the private key is wrong',
    )
  })

  test.each([
    ['no key', mine.cert, /no private key/],
    ['no certificate', mine.key, /no certificate/],
    ['another’s key', other.cert + mine.key, /does not belong/],
    [
      'a broken key',
      `${mine.cert}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
      /cannot be read/,
    ],
    [
      'an expired certificate',
      (() => {
        const old = selfSigned({ notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') })
        return old.cert + old.key
      })(),
      /expired on 2021-01-01/,
    ],
    [
      'a certificate of tomorrow',
      (() => {
        const early = selfSigned({ notBefore: new Date('2090-01-01'), notAfter: new Date('2091-01-01') })
        return early.cert + early.key
      })(),
      /valid from 2090-01-01/,
    ],
    [
      'a key Entra does not take',
      (() => {
        const curve = selfSigned({ keyType: 'ec' })
        return curve.cert + curve.key
      })(),
      /RSA/,
    ],
  ])('refuses %s with a sentence that holds no key', (_what, pem, message) => {
    const error = (() => {
      try {
        readCertificate(pem)
      } catch (caught) {
        return caught as Error
      }
      return undefined
    })()
    expect(error?.message).toMatch(message)
    expect(`${error?.stack}${String(error?.cause ?? '')}`).not.toContain('PRIVATE KEY')
  })
})
