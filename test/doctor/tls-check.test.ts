import { createServer, type Server } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { checkTls } from '../../src/doctor/tls-check.ts'
import type { ConnectionSettings } from '../../src/http/connect-transport.ts'
import { type SelfSignedOptions, selfSigned } from '../helpers/self-signed.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serve(
  options: SelfSignedOptions = {},
): Promise<{ url: URL; cert: string; requests: number[] }> {
  const { cert, key } = selfSigned(options)
  const requests: number[] = []
  const server: Server = createServer({ cert, key }, () => requests.push(1))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: new URL(`https://localhost:${port}/EWS/Exchange.asmx`), cert, requests }
}
const check = (url: URL, settings: ConnectionSettings = {}, now = new Date()) =>
  checkTls(url, settings, now, 5_000)

test('Ctrl-C ends a handshake that stands still, and the connection', async () => {
  const stop = new AbortController()
  const server = createTcpServer(() => stop.abort())
  closers.push(() => server.close())
  const ended = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await expect(checkTls(url, {}, new Date(), 60_000, stop.signal)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_ABORTED' }),
  )
  await ended
})

test('a trusted certificate is told with issuer, end and chain, and nothing is sent', async () => {
  const { url, cert, requests } = await serve({ commonName: 'mail.contoso.com' })
  const finding = await check(url, { ca: cert })
  expect(finding).toMatchObject({
    status: 'ok',
    facts: {
      trusted: true,
      subject: 'mail.contoso.com',
      issuer: 'mail.contoso.com',
      chain: ['mail.contoso.com'],
      protocol: expect.stringMatching(/^TLSv1\.[23]$/),
    },
  })
  expect(requests).toEqual([])
})

test('one that ends soon is a warning before it is a failure', async () => {
  const { url, cert } = await serve({ notAfter: new Date(Date.now() + 10.5 * 24 * 60 * 60 * 1000) })
  expect(await check(url, { ca: cert })).toMatchObject({
    status: 'warning',
    finding: expect.stringContaining('10 days from now'),
    facts: { daysLeft: 10 },
  })
})

test('one that nobody vouches for is a failure, with the way to trust it', async () => {
  const { url } = await serve()
  const finding = await check(url)
  expect(finding).toMatchObject({ status: 'failed', facts: { trusted: false } })
  expect(finding.next?.join()).toContain('--ca')
})

test('one that has expired says when', async () => {
  const { url, cert } = await serve({ notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') })
  expect(await check(url, { ca: cert })).toMatchObject({
    status: 'failed',
    reason: 'It has expired on 2021-01-01.',
  })
})

test('insecure is a warning, not fine', async () => {
  const { url } = await serve()
  expect(await check(url, { insecure: true })).toMatchObject({ status: 'warning' })
})

test('a port without TLS, and one without anybody, are failures with a sentence', async () => {
  const plain = createTcpServer((socket) => socket.end('220 mail.contoso.com ESMTP\r\n'))
  closers.push(() => plain.close())
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  const { port } = plain.address() as AddressInfo
  expect(await check(new URL(`https://127.0.0.1:${port}/`))).toMatchObject({ status: 'failed' })
  expect(await check(new URL('https://127.0.0.1:1/'))).toMatchObject({
    status: 'failed',
    finding: expect.stringContaining('There is no TLS with 127.0.0.1:1'),
  })
})
