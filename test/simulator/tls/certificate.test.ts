import { X509Certificate } from 'node:crypto'
import https from 'node:https'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator, type TlsOptions } from '../../../src/simulator/server.ts'
import { makeApplicationCertificate, makeServerCertificate } from '../../../src/simulator/tls/certificate.ts'
import { basic, envelope, getDelegate, OWNER } from '../ews-driver.ts'

beforeAll(() => nock.restore())
afterAll(() => nock.activate())

const running: Simulator[] = []
afterEach(() => Promise.all(running.splice(0).map((simulator) => simulator.close())))

async function start(tls: true | TlsOptions = true): Promise<Simulator> {
  const simulator = await startSimulator({ tls })
  running.push(simulator)
  return simulator
}

/** The status of an EWS call, or the code of what was wrong with the connection. */
function call(simulator: Simulator, options: https.RequestOptions = {}): Promise<number | string> {
  return new Promise((resolve) => {
    const request = https.request(
      simulator.ews,
      {
        method: 'POST',
        ca: simulator.authority ?? '',
        headers: { authorization: basic(OWNER), 'content-type': 'text/xml' },
        ...options,
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    request.end(envelope(getDelegate()))
  })
}

describe('a certificate', () => {
  const made = makeServerCertificate(['localhost', '127.0.0.1', '::1', 'fd00::12:3', 'mail.contoso.com'])

  test('is signed by the authority, for every name', () => {
    const [certificate, authority] = [new X509Certificate(made.pem), new X509Certificate(made.authorityPem)]
    expect(certificate.checkIssued(authority)).toBe(true)
    expect(certificate.verify(authority.publicKey)).toBe(true)
    expect([certificate.ca, authority.ca]).toEqual([false, true])
    expect(certificate.checkHost('mail.contoso.com')).toBe('mail.contoso.com')
    expect(certificate.checkHost('contoso.com')).toBeUndefined()
    for (const address of ['127.0.0.1', '::1', 'fd00::12:3'])
      expect(certificate.checkIP(address)).toBe(address)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(certificate.raw.equals(made.der)).toBe(true)
  })

  test('is good from yesterday for the 825 days that Apple allows', () => {
    const { validFrom, validTo } = new X509Certificate(made.pem)
    expect(Date.parse(validFrom)).toBeLessThan(Date.now())
    expect((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000).toBeLessThanOrEqual(825)
  })

  test('may reach beyond 2049, where dates are written in another way', () => {
    const notAfter = new Date('2061-02-03T04:05:06Z')
    expect(Date.parse(new X509Certificate(makeServerCertificate(['x'], { notAfter }).pem).validTo)).toBe(
      notAfter.getTime(),
    )
  })

  test('of an application signs itself with RSA', () => {
    const { pem } = makeApplicationCertificate('app')
    const certificate = new X509Certificate(pem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.publicKey.asymmetricKeyType).toBe('rsa')
  })
})

describe('a simulator with TLS', () => {
  test('is reached by whoever trusts its authority, by address and by the names of its domain', async () => {
    const simulator = await start()
    expect(simulator.url).toMatch(/^https:\/\/127\.0\.0\.1:/)
    expect(simulator.token).toMatch(/^https:/)
    expect(await call(simulator)).toBe(200)
    expect(await call(simulator, { servername: 'autodiscover.contoso.com' })).toBe(200)
  })

  test('is not trusted otherwise', async () => {
    const simulator = await start()
    expect(await call(simulator, { ca: (await start()).authority ?? '' })).toMatch(
      /^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)$|^CERT_SIGNATURE_FAILURE$/,
    )
    expect(await call(simulator, { servername: 'fabrikam.com' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('may have a certificate that ran out, or that has not begun', async () => {
    expect(await call(await start({ notAfter: new Date(Date.now() - 1000) }))).toBe('CERT_HAS_EXPIRED')
    expect(await call(await start({ notBefore: new Date(Date.now() + 86_400_000) }))).toBe(
      'CERT_NOT_YET_VALID',
    )
  })

  test('answers plain HTTP next door, with where to go', async () => {
    const simulator = await start()
    const redirect = await fetch(`${simulator.plainUrl}/autodiscover/autodiscover.xml`, {
      redirect: 'manual',
    })
    expect([redirect.status, redirect.headers.get('location')]).toEqual([
      302,
      `${simulator.url}/autodiscover/autodiscover.xml`,
    ])
    expect((await fetch(`${simulator.plainUrl}/EWS/Exchange.asmx`)).status).toBe(403)
  })
})

test('without TLS there is no authority and no second address', async () => {
  const simulator = await startSimulator()
  running.push(simulator)
  expect([simulator.authority, simulator.plainUrl, simulator.control]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
