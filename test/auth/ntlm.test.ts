import { createHash, X509Certificate } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ntlm } from '../../src/auth/ntlm.ts'
import { signatureHash } from '../../src/auth/signature-hash.ts'
import type { ConnectionError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import type { HttpRequest } from '../../src/http/transport.ts'
import { ownFolder } from '../../src/model/folder-target.ts'
import { ntlmServer } from '../helpers/ntlm-server.ts'
import { selfSigned } from '../helpers/self-signed.ts'

// What is tested here is which connection a message travels on, and nock puts sockets of its own in between.
beforeAll(() => nock.restore())
afterAll(() => nock.activate())

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listen(server: Server): Promise<number> {
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
const serve = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(listener))}/EWS/Exchange.asmx`

function signIn(...args: Parameters<typeof ntlm>) {
  const authenticator = ntlm(...args)
  closers.push(() => authenticator.close())
  return authenticator
}

const request = (url: string, over: Partial<HttpRequest> = {}): HttpRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'text/xml', authorization: 'NTLM whatever-the-session-put-here' },
  body: '<a/>',
  timeoutMs: 5_000,
  maxResponseBytes: 1024 * 1024,
  ...over,
})
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('nothing was thrown'),
    (error) => error as ConnectionError,
  )
const echo: Parameters<typeof ntlmServer>[1] = (_request, response, user, body) =>
  response.end(`${user}: ${body}`)
const users = { AllanD: 'correct horse', 'müller-lüdenscheidt': 'Pässwörd€' }

describe('ntlm', () => {
  test('signs in once and keeps the connection for what follows', async () => {
    const { listener, requests, sockets, seen } = ntlmServer({ users }, echo)
    const url = await serve(listener)
    const { transport } = signIn({ user: 'CONTOSO\\AllanD', password: 'correct horse' })
    for (const body of ['one', 'two', 'three']) {
      expect(await transport(request(url, { body }))).toMatchObject({ status: 200, body: `AllanD: ${body}` })
    }
    expect(requests).toEqual(['type 1', 'type 3', 'plain', 'plain'])
    expect(sockets.size).toBe(1)
    expect(seen[0]).toMatchObject({ user: 'AllanD', domain: 'CONTOSO' })
  })

  test('calls made at the same time wait in line on the one connection', async () => {
    const { listener, requests, sockets } = ntlmServer({ users }, echo)
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => transport(request(url, { body: String(index) }))),
    )
    expect(answers.map(({ body }) => body)).toEqual(
      Array.from({ length: 8 }, (_, index) => `AllanD: ${index}`),
    )
    expect(sockets.size).toBe(1)
    expect(requests.filter((what) => what === 'type 3')).toHaveLength(1)
  })

  test('more connections sign in one by one when they are asked for', async () => {
    const { listener, requests, sockets } = ntlmServer({ users }, (_request, response, _user, body) => {
      setTimeout(() => response.end(body), 20)
    })
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' }, { connections: 3 })
    await Promise.all(Array.from({ length: 9 }, () => transport(request(url))))
    expect(sockets.size).toBe(3)
    expect(requests.filter((what) => what === 'type 3')).toHaveLength(3)
  })

  test('names and passwords outside ASCII sign in', async () => {
    const { listener } = ntlmServer({ users }, echo)
    const { transport } = signIn({ user: 'müller-lüdenscheidt', password: 'Pässwörd€' })
    expect((await transport(request(await serve(listener)))).status).toBe(200)
  })

  test('a server without a clock in its challenge gets the LMv2 response besides', async () => {
    const { listener, seen } = ntlmServer({ users, timestamp: false }, echo)
    const { transport } = signIn({ user: 'AllanD@contoso.com', password: 'x' })
    await transport(request(await serve(listener)))
    expect(seen[0]?.domain).toBe('')
    expect(seen[0]?.lm.equals(Buffer.alloc(24))).toBe(false)
  })

  test('a wrong password is a 401, told once and not tried again', async () => {
    const { listener, requests } = ntlmServer({ users }, echo)
    const { transport } = signIn({ user: 'AllanD', password: 'wrong' })
    expect((await transport(request(await serve(listener)))).status).toBe(401)
    // Each try counts towards locking the account.
    expect(requests).toEqual(['type 1', 'type 3'])
  })

  test('a server that closed the connection meanwhile gets a new sign-in', async () => {
    const { listener, requests, sockets } = ntlmServer({ users }, echo)
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    await transport(request(url))
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await transport(request(url, { body: 'again' }))).body).toBe('AllanD: again')
    expect(requests.filter((what) => what === 'type 3')).toHaveLength(2)
  })

  test('a server that forgets after each request is signed in to each time', async () => {
    const { listener } = ntlmServer({ users, forget: true }, echo)
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    for (const body of ['one', 'two']) {
      expect((await transport(request(url, { body }))).body).toBe(`AllanD: ${body}`)
    }
  })

  test('NTLM hidden behind the name Negotiate works too', async () => {
    const { listener } = ntlmServer({ users, scheme: 'Negotiate' }, echo)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    expect((await transport(request(await serve(listener)))).status).toBe(200)
  })

  test('a server without NTLM is refused with what it offers instead', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(401, { 'www-authenticate': ['Negotiate', 'Basic realm="EWS, of course"'] }).end()
    })
    const error = await failure(signIn({ user: 'AllanD', password: 'x' }).transport(request(url)))
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION', httpStatus: 401, mayHaveHappened: false })
    expect(error.hint).toBe('It offers Negotiate, Basic.')
  })

  test('a server that offers Negotiate alone is spoken to under that name', async () => {
    const { listener, requests } = ntlmServer({ users, scheme: 'Negotiate' }, echo)
    const url = await serve((incoming, response) => {
      if (!incoming.headers.authorization?.startsWith('NTLM ')) return listener(incoming, response)
      response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end()
    })
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    for (const body of ['one', 'two']) {
      expect(await transport(request(url, { body }))).toMatchObject({ status: 200, body: `AllanD: ${body}` })
    }
    expect(requests).toEqual(['type 1', 'type 3', 'plain'])
  })

  test('a server that offers NTLM and gives no challenge is not said to lack it', async () => {
    const asked: (string | undefined)[] = []
    const url = await serve((incoming, response) => {
      asked.push(incoming.headers.authorization?.split(' ')[0])
      response.writeHead(401, { 'www-authenticate': ['Negotiate', 'NTLM'] }).end()
    })
    const error = await failure(signIn({ user: 'AllanD', password: 'x' }).transport(request(url)))
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION', httpStatus: 401, mayHaveHappened: false })
    expect(error.message).toMatch(/ offers NTLM and refuses to begin it\.$/)
    expect(error.hint).toContain('It offers Negotiate, NTLM.')
    expect(asked).toEqual(['NTLM'])
  })

  test('a server that asks nobody to sign in gets the request itself', async () => {
    const bodies: string[] = []
    const url = await serve((incoming, response) => {
      incoming.on('data', (chunk) => bodies.push(String(chunk)))
      incoming.on('end', () => response.end('hello'))
    })
    const { transport } = signIn({ user: 'AllanD', password: 'x' })
    expect((await transport(request(url))).body).toBe('hello')
    expect(bodies).toEqual(['<a/>'])
  })

  test('gzip is undone, and an answer beyond the limit is cut off', async () => {
    const { listener } = ntlmServer({ users }, (_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync('x'.repeat(100_000)))
    })
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    expect((await transport(request(url))).body).toHaveLength(100_000)
    const error = await failure(transport(request(url, { maxResponseBytes: 1_000 })))
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED')
    expect((await transport(request(url))).status).toBe(200)
  })

  test('a connection lost while signing in leaves no doubt, one lost afterwards does', async () => {
    let until = 'type 1'
    const { listener, requests } = ntlmServer({ users }, (incoming) => incoming.socket.destroy())
    const url = await serve((incoming, response) => {
      if (until === 'type 1') incoming.socket.destroy()
      else listener(incoming, response)
    })
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    expect(await failure(transport(request(url)))).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: false,
    })
    until = 'type 3'
    expect(await failure(transport(request(url)))).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: true,
    })
    expect(requests).toEqual(['type 1', 'type 3'])
  })

  test('time-out and abort end a call, and the next one works', async () => {
    let slow = true
    const { listener } = ntlmServer({ users }, (...args) => {
      if (!slow) echo(...args)
    })
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    expect(await failure(transport(request(url, { timeoutMs: 50 })))).toMatchObject({ code: 'ERR_TIMEOUT' })
    const stop = new AbortController()
    const stopped = failure(transport(request(url, { signal: stop.signal })))
    const waiting = failure(transport(request(url, { signal: stop.signal })))
    setTimeout(() => stop.abort(), 50)
    expect(await stopped).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: true })
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    slow = false
    expect((await transport(request(url))).status).toBe(200)
  })

  test('waiting in line is a part of a call’s time', async () => {
    const { listener } = ntlmServer({ users }, () => {})
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    const stop = new AbortController()
    const first = failure(transport(request(url, { timeoutMs: 60_000, signal: stop.signal })))
    const second = await failure(transport(request(url, { timeoutMs: 50 })))
    expect(second).toMatchObject({ code: 'ERR_TIMEOUT', mayHaveHappened: false })
    stop.abort()
    await first
  })

  test('of calls that are to stop unless they have left, the one under way is answered and no other begins', async () => {
    let answer = () => {}
    const arrived = new Promise<void>((resolve) => {
      answer = resolve
    })
    const bodies: string[] = []
    let reply = () => {}
    const { listener } = ntlmServer({ users }, (_incoming, response, _user, body) => {
      bodies.push(body)
      reply = () => response.end('done')
      answer()
    })
    const url = await serve(listener)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    const stop = new AbortController()
    const [first, ...others] = ['one', 'two', 'three'].map((body) =>
      transport(request(url, { body, untilSent: stop.signal })),
    )
    await arrived
    stop.abort()
    for (const other of others)
      expect(await failure(other)).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    reply()
    expect((await first)?.body).toBe('done')
    expect(bodies).toEqual(['one'])
  })

  test('such a call ends while it signs in, too', async () => {
    const stop = new AbortController()
    const seen: (string | undefined)[] = []
    const url = await serve((incoming) => {
      seen.push(incoming.headers['content-length'])
      stop.abort()
    })
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    const error = await failure(transport(request(url, { untilSent: stop.signal })))
    expect(error).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    expect(seen).toEqual(['0'])
  })

  test('a proxy that says nothing holds a call neither beyond its time nor after it was stopped', async () => {
    const sockets: Socket[] = []
    const proxy = createTcpServer((socket) => {
      sockets.push(socket)
      stop?.abort()
    })
    closers.push(() => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    let stop: AbortController | undefined
    for (const protocol of ['http', 'socks5h'] as const) {
      const { transport } = signIn(
        { user: 'AllanD', password: 'x' },
        { proxy: `${protocol}://127.0.0.1:${port}` },
      )
      stop = undefined
      const late = failure(transport(request('https://mail.contoso.com/', { timeoutMs: 100 })))
      expect(await late).toMatchObject({ code: 'ERR_TIMEOUT', mayHaveHappened: false })
      for (const name of ['signal', 'untilSent']) {
        stop = new AbortController()
        const over = { timeoutMs: 60_000, [name]: stop.signal }
        const stopped = failure(transport(request('https://mail.contoso.com/', over)))
        expect(await stopped).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
      }
    }
  })

  test.each([
    ['sha256', 'rsa'],
    ['sha384', 'rsa'],
    ['sha384', 'ec'],
  ] as const)(
    'over TLS the sign-in is tied to a certificate signed with %s and %s',
    async (hash, keyType) => {
      const { cert, key } = selfSigned({ hash, keyType })
      const der = new X509Certificate(cert).raw
      expect(signatureHash(der)).toBe(hash)
      const data = Buffer.concat([
        Buffer.from('tls-server-end-point:'),
        createHash(hash).update(der).digest(),
      ])
      const head = Buffer.alloc(20)
      head.writeUInt32LE(data.length, 16)
      const channelBinding = () => createHash('md5').update(head).update(data).digest()
      const { listener, seen } = ntlmServer({ users, channelBinding }, echo)
      const port = await listen(createTlsServer({ cert, key }, listener) as unknown as Server)
      const { transport } = signIn({ user: 'AllanD', password: 'correct horse' }, { ca: cert })
      expect((await transport(request(`https://localhost:${port}/`))).status).toBe(200)
      expect(seen[0]?.attributes.get(9)?.toString('utf16le')).toBe('HTTP/localhost')
    },
  )

  test('a certificate nobody vouches for ends the sign-in before it begins', async () => {
    const { cert, key } = selfSigned()
    const { listener, requests } = ntlmServer({ users }, echo)
    const port = await listen(createTlsServer({ cert, key }, listener) as unknown as Server)
    const { transport } = signIn({ user: 'AllanD', password: 'correct horse' })
    const error = await failure(transport(request(`https://localhost:${port}/`)))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
    expect(error.hint).toContain('certificate')
    expect(requests).toEqual([])
  })

  test('goes through a proxy, with TLS to the server inside the tunnel', async () => {
    const { cert, key } = selfSigned()
    const { listener, sockets } = ntlmServer({ users }, echo)
    const port = await listen(createTlsServer({ cert, key }, listener) as unknown as Server)
    const tunnels: string[] = []
    const proxy = createServer()
    proxy.on('connect', (incoming, socket) => {
      tunnels.push(`${incoming.url} ${incoming.headers['proxy-authorization']}`)
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(connect(port, '127.0.0.1')).pipe(socket)
    })
    const proxyPort = await listen(proxy)
    const { transport } = signIn(
      { user: 'AllanD', password: 'correct horse' },
      { ca: cert, proxy: `http://someone:secret@127.0.0.1:${proxyPort}` },
    )
    // The name does not exist: only the proxy leads there.
    for (const body of ['one', 'two']) {
      expect((await transport(request('https://mail.contoso.com/EWS/Exchange.asmx', { body }))).body).toBe(
        `AllanD: ${body}`,
      )
    }
    expect(tunnels).toEqual(['mail.contoso.com:443 Basic c29tZW9uZTpzZWNyZXQ='])
    expect(sockets.size).toBe(1)
  })

  test('an EWS client works over it, and no message of it shows in a trace', async () => {
    const { listener } = ntlmServer({ users }, (_incoming, response) => {
      response.writeHead(500, { 'content-type': 'text/xml' })
      response.end(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>as expected</faultstring></s:Fault></s:Body></s:Envelope>',
      )
    })
    const auth = signIn({ user: 'CONTOSO\\AllanD', password: 'correct horse' })
    const lines: string[] = []
    const client = new EwsClient({
      url: await serve(listener),
      auth,
      transport: auth.transport,
      trace: ({ text }) => lines.push(text),
    })
    expect((await failure(client.getFolder(ownFolder('inbox')))).message).toContain('as expected')
    expect(lines.join('\n')).not.toMatch(/TlRMTVNTUA/)
  })

  test('an empty name is refused before anything is sent', () => {
    expect(() => ntlm({ user: 'CONTOSO\\', password: 'x' })).toThrow('The user name is empty.')
  })
})
