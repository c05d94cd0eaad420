import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectionError, InvalidInputError } from '../../src/errors.ts'
import { type ConnectionSettings, connectTransport } from '../../src/http/connect-transport.ts'
import type { HttpRequest } from '../../src/http/transport.ts'

// Connections are what is looked at here; nock puts sockets of its own in between.
beforeAll(() => nock.restore())
afterAll(() => nock.activate())

const pem = (name: string) => readFileSync(join(import.meta.dirname, '../helpers/tls', name))
const authority = pem('authority.pem').toString()

const sockets = new Set<Socket>()
const servers: Server[] = []
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server)
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

const hello: RequestListener = (incoming, response) => {
  let body = ''
  incoming.on('data', (chunk) => {
    body += chunk
  })
  incoming.on('end', () => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end(`got ${body}`))
}

async function serveTls(options: ServerOptions = {}, listener = hello): Promise<number> {
  return listen(
    createHttpsServer({ cert: pem('server.pem'), key: pem('server.key.pem'), ...options }, listener),
  )
}

/** A proxy that only knows CONNECT, and wants a password when it is given one. */
async function serveProxy(options: { password?: string; status?: number } = {}) {
  const asked: { target: string; authorization: string | undefined }[] = []
  const proxy = createHttpServer((_, response) => void response.writeHead(405).end())
  proxy.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const authorization = incoming.headers['proxy-authorization']
    asked.push({ target: incoming.url ?? '', authorization })
    const expected = `Basic ${Buffer.from(`adele:${options.password}`).toString('base64')}`
    if (options.status) return void client.end(`HTTP/1.1 ${options.status} No\r\n\r\n`)
    if (options.password && authorization !== expected)
      return void client.end(
        'HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="p"\r\nContent-Length: 0\r\n\r\n',
      )
    const port = Number(incoming.url?.split(':').at(-1))
    // Every name leads to this machine here.
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.pipe(client)
      client.pipe(server)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })
  return { port: await listen(proxy), asked }
}

/** SOCKS 5 (RFC 1928, RFC 1929) or 4a, as far as CONNECT. */
async function serveSocks(password?: string) {
  const asked: string[] = []
  const server = createTcpServer((client) => {
    let step: 'greeting' | 'password' | 'request' = 'greeting'
    const open = (port: number, granted: Buffer) => {
      const target = connect(port, '127.0.0.1', () => {
        client.removeAllListeners('data')
        client.write(granted)
        client.pipe(target)
        target.pipe(client)
      })
      target.on('error', () => client.destroy())
    }
    client.on('error', () => undefined)
    client.on('data', (data) => {
      if (data[0] === 4) {
        const name = data.subarray(8).toString('latin1').split('\0')[1]
        asked.push(`4 ${name || data.subarray(4, 8).join('.')}`)
        return open(data.readUInt16BE(2), Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]))
      }
      if (step === 'greeting') {
        step = password ? 'password' : 'request'
        return void client.write(Buffer.from([5, password ? 2 : 0]))
      }
      if (step === 'password') {
        step = 'request'
        const length = data[1] ?? 0
        const given = data.subarray(3 + length).toString()
        return void client.write(Buffer.from([1, given === password ? 0 : 1]))
      }
      const isName = data[3] === 3
      const host = isName ? data.subarray(5, 5 + (data[4] ?? 0)).toString() : data.subarray(4, 8).join('.')
      asked.push(`5 ${host}`)
      open(data.readUInt16BE(data.length - 2), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    })
  })
  return { port: await listen(server), asked }
}

const send = (url: string, settings: ConnectionSettings, over: Partial<HttpRequest> = {}) =>
  connectTransport(settings)({
    url,
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: '<a/>',
    timeoutMs: 5_000,
    maxResponseBytes: 1024 * 1024,
    ...over,
  })

async function caught(promise: Promise<unknown>): Promise<ConnectionError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error) => error as ConnectionError,
  )
}

describe('certificates', () => {
  test('a server of a private authority is trusted when its authority is given', async () => {
    const port = await serveTls()
    const response = await send(`https://localhost:${port}/`, { ca: authority })
    expect(response).toMatchObject({ status: 200, body: 'got <a/>', setCookie: ['a=1', 'b=2'] })
  })

  test('the authority may be bytes, and several in one file', async () => {
    const port = await serveTls()
    const both = Buffer.concat([pem('client.pem'), pem('authority.pem')])
    expect((await send(`https://127.0.0.1:${port}/`, { ca: both })).status).toBe(200)
  })

  test.each<[string, ServerOptions, ConnectionSettings, RegExp, RegExp]>([
    ['one that nobody vouches for', {}, {}, /cannot be reached/, /not trusted/],
    [
      'an expired one',
      { cert: pem('expired.pem'), key: pem('expired.key.pem') },
      { ca: authority },
      /expired/,
      /Renew/,
    ],
    [
      'one for another name',
      { cert: pem('other.pem'), key: pem('other.key.pem') },
      { ca: authority },
      /another name/,
      /name/,
    ],
  ])('%s is refused before anything is sent', async (_, options, settings, message, hint) => {
    const port = await serveTls(options)
    const error = await caught(send(`https://localhost:${port}/`, settings))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })

  test('any certificate will do where security was given up by name', async () => {
    const port = await serveTls({ cert: pem('expired.pem'), key: pem('expired.key.pem') })
    expect((await send(`https://localhost:${port}/`, { insecure: true })).status).toBe(200)
  })

  test('a port without TLS is told as such', async () => {
    const port = await listen(createHttpServer(hello))
    const error = await caught(send(`https://127.0.0.1:${port}/`, { ca: authority }))
    expect(error).toMatchObject({ mayHaveHappened: false })
    expect(error.message).toContain('does not speak TLS')
  })

  const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority }
  const whoami: RequestListener = (incoming, response) =>
    void response.end((incoming.socket as TLSSocket).getPeerCertificate().subject.CN)

  test.each<[string, ConnectionSettings]>([
    ['PEM', { clientCertificate: { certificate: pem('client.pem'), key: pem('client.key.pem') } }],
    ['PKCS #12', { clientCertificate: { pfx: pem('client.p12'), passphrase: 'p12-passphrase' } }],
  ])('a client certificate signs in (%s)', async (_, settings) => {
    const port = await serveTls(mutual, whoami)
    expect((await send(`https://localhost:${port}/`, { ca: authority, ...settings })).body).toBe('admin')
  })

  test('a server that wants one gets nothing done without', async () => {
    const port = await serveTls(mutual, whoami)
    const error = await caught(send(`https://localhost:${port}/`, { ca: authority }))
    expect(error.code).toBe('ERR_CONNECTION')
  })

  test.each<[string, ConnectionSettings]>([
    ['a file that is no certificate', { ca: 'hello' }],
    ['a damaged one', { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
    [
      'a key that does not fit',
      { clientCertificate: { certificate: pem('client.pem'), key: pem('other.key.pem') } },
    ],
    ['a wrong passphrase', { clientCertificate: { pfx: pem('client.p12'), passphrase: 'sesame-open' } }],
  ])('%s is refused at once', (_, settings) => {
    expect(() => connectTransport(settings)).toThrow(InvalidInputError)
    expect(() => connectTransport(settings)).not.toThrow(/sesame-open/)
  })
})

describe('proxies', () => {
  test('HTTP: one tunnel carries the calls to a server, and only its name is told', async () => {
    const port = await serveTls()
    const proxy = await serveProxy()
    const transport = connectTransport({ proxy: `http://127.0.0.1:${proxy.port}`, ca: authority })
    const request: HttpRequest = {
      url: `https://mail.contoso.com:${port}/EWS/Exchange.asmx`,
      method: 'POST',
      headers: { authorization: 'Basic c2VjcmV0' },
      body: 'x',
      timeoutMs: 5_000,
      maxResponseBytes: 1024,
    }
    for (let call = 0; call < 10; call++) expect((await transport(request)).body).toBe('got x')
    expect(proxy.asked[0]).toEqual({ target: `mail.contoso.com:${port}`, authorization: undefined })
    // The second may be opened while the first is still being handed back.
    expect(proxy.asked.length).toBeLessThanOrEqual(2)
  })

  test('HTTP with a password', async () => {
    const port = await serveTls()
    const proxy = await serveProxy({ password: 'p@ss:word' })
    const settings = { proxy: `http://adele:p%40ss%3Aword@127.0.0.1:${proxy.port}`, ca: authority }
    expect((await send(`https://mail.contoso.com:${port}/`, settings)).status).toBe(200)
  })

  test('HTTP over TLS', async () => {
    const port = await serveTls()
    const plain = await serveProxy()
    const secure = createHttpsServer({ cert: pem('server.pem'), key: pem('server.key.pem') })
    secure.on('connect', (incoming: IncomingMessage, client: Socket) => {
      const way = connect(plain.port, '127.0.0.1', () => {
        way.write(`CONNECT ${incoming.url} HTTP/1.1\r\nHost: ${incoming.url}\r\n\r\n`)
        way.pipe(client)
        client.pipe(way)
      })
      client.on('error', () => way.destroy())
    })
    const settings = { proxy: `https://localhost:${await listen(secure)}`, ca: authority }
    expect((await send(`https://mail.contoso.com:${port}/`, settings)).status).toBe(200)
    expect(plain.asked).toHaveLength(1)
  })

  test('a proxy that wants a password is told from a server that does', async () => {
    const proxy = await serveProxy({ password: 'secret' })
    const settings = { proxy: `http://adele:wr0ng-one@127.0.0.1:${proxy.port}` }
    const error = await caught(send('https://mail.contoso.com/', settings))
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION', httpStatus: 407, mayHaveHappened: false })
    expect(error.message).toContain('proxy')
    expect(error.hint).toContain('Negotiate, Basic')
    expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toContain('wr0ng-one')
  })

  test.each([403, 502, 503])(
    'a proxy that says %i lets nothing through, so nothing was sent',
    async (status) => {
      const proxy = await serveProxy({ status })
      const error = await caught(
        send('https://mail.contoso.com/', { proxy: `http://127.0.0.1:${proxy.port}` }),
      )
      expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
      expect(error.message).toContain(`HTTP ${status}`)
    },
  )

  test('a web server that is no proxy is found out', async () => {
    const port = await listen(createHttpServer(hello))
    const error = await caught(send('https://mail.contoso.com/', { proxy: `http://127.0.0.1:${port}` }))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
  })

  test('a proxy that is not there', async () => {
    const port = await listen(createTcpServer())
    const server = servers.pop() as Server
    await new Promise((resolve) => server.close(resolve))
    const error = await caught(
      send('https://mail.contoso.com/', { proxy: `http://u:hunter2@127.0.0.1:${port}` }),
    )
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
    expect(error.message).toContain(`http://127.0.0.1:${port}`)
    expect(error.message).not.toContain('hunter2')
  })

  test.each([
    ['socks5h: the proxy looks the name up', 'socks5h', undefined, '5 mail.contoso.com'],
    ['socks5h with a password', 'socks5h', 'p@ss', '5 mail.contoso.com'],
    ['socks4a', 'socks4a', undefined, '4 mail.contoso.com'],
  ])('%s', async (_, scheme, password, expected) => {
    const port = await serveTls()
    const proxy = await serveSocks(password)
    const user = password ? `adele:${encodeURIComponent(password)}@` : ''
    const settings = { proxy: `${scheme}://${user}127.0.0.1:${proxy.port}`, ca: authority }
    expect((await send(`https://mail.contoso.com:${port}/`, settings)).body).toBe('got <a/>')
    expect(proxy.asked).toEqual([expected])
  })

  test('socks5: the name is looked up here', async () => {
    const port = await serveTls()
    const proxy = await serveSocks()
    const settings = { proxy: `socks5://127.0.0.1:${proxy.port}`, ca: authority }
    expect((await send(`https://127.0.0.1:${port}/`, settings)).status).toBe(200)
    expect(proxy.asked).toEqual(['5 127.0.0.1'])
  })

  test('socks5: a name that is not known here is not the proxy’s fault', async () => {
    const proxy = await serveSocks()
    const error = await caught(
      send('https://mail.contoso.invalid/', { proxy: `socks5://127.0.0.1:${proxy.port}` }),
    )
    expect(error).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: false,
      message: expect.stringMatching(/^The name mail\.contoso\.invalid is not known here \(E\w+\)\.$/),
      hint: expect.stringContaining('socks5h://'),
    })
    expect(proxy.asked).toEqual([])
  })

  test('a SOCKS proxy that refuses us gives no connection, and shows no password', async () => {
    const proxy = await serveSocks('right')
    const settings = { proxy: `socks5h://adele:hunter2@127.0.0.1:${proxy.port}` }
    const error = await caught(send('https://mail.contoso.com/', settings))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + error.stack).not.toContain('hunter2')
  })

  test('plain http to a server goes through the tunnel too', async () => {
    const port = await listen(createHttpServer(hello))
    const proxy = await serveProxy()
    const settings = { proxy: `http://127.0.0.1:${proxy.port}` }
    expect((await send(`http://mail.contoso.com:${port}/`, settings)).body).toBe('got <a/>')
  })
})

describe('the rest of a transport', () => {
  test('IPv6 addresses', async () => {
    const port = await listen(createHttpServer(hello), '::1')
    expect((await send(`http://[::1]:${port}/`, {})).status).toBe(200)
  })

  test('does not follow a redirect', async () => {
    const port = await serveTls(
      {},
      (_, response) => void response.writeHead(302, { location: 'https://evil.example/' }).end(),
    )
    const response = await send(`https://localhost:${port}/`, { ca: authority })
    expect(response).toMatchObject({ status: 302, headers: { location: 'https://evil.example/' } })
  })

  test('undoes gzip, and has the same limit, time-out and stop', async () => {
    const port = await serveTls({}, (incoming, response) => {
      if (incoming.url === '/gzip')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('<ä/>'))
      else if (incoming.url === '/large') response.end('x'.repeat(5000))
    })
    const at = (path: string, over: Partial<HttpRequest>) =>
      send(`https://localhost:${port}/${path}`, { ca: authority }, over)
    expect((await at('gzip', {})).body).toBe('<ä/>')
    expect(await caught(at('large', { maxResponseBytes: 100 }))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    expect(await caught(at('silent', { timeoutMs: 1_000 }))).toMatchObject({
      code: 'ERR_TIMEOUT',
      mayHaveHappened: true,
    })
    const signal = AbortSignal.timeout(20)
    expect(await caught(at('silent', { signal }))).toMatchObject({ code: 'ERR_ABORTED' })
  })
})
