import { createServer, type Server } from 'node:http'
import https from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ConnectionError, XmlError } from '../../src/errors.ts'
import { isPassing } from '../../src/http/connection-errors.ts'
import { httpTransport, transportOver } from '../../src/http/http-transport.ts'
import type { HttpRequest } from '../../src/http/transport.ts'

const request = (over: Partial<HttpRequest> = {}): HttpRequest => ({
  url: 'https://mail.contoso.com/EWS/Exchange.asmx',
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

const servers: (Server | TcpServer)[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  }
})

async function serve(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler as never)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

// Connections are what is looked at here; nock puts sockets of its own in between.
beforeAll(() => nock.restore())
afterAll(() => nock.activate())

describe('under nock, as users of the library test', () => {
  beforeAll(() => nock.activate())
  afterAll(() => nock.restore())

  test('sends method, headers and body as they are, and reads any status', async () => {
    const scope = nock('https://mail.contoso.com', { reqheaders: { 'content-type': 'text/xml' } })
      .post('/EWS/Exchange.asmx', '<a/>')
      .reply(500, '<fault/>', { 'X-Test': 'yes' })
    const response = await httpTransport(request())
    expect(response).toMatchObject({ status: 500, body: '<fault/>', headers: { 'x-test': 'yes' } })
    scope.done()
  })

  test('does not follow a redirect, so credentials go nowhere else', async () => {
    nock('https://mail.contoso.com')
      .post('/EWS/Exchange.asmx')
      .reply(302, '', { location: 'https://evil.example/' })
    const response = await httpTransport(request({ headers: { authorization: 'Basic eA==' } }))
    expect(response).toMatchObject({ status: 302, headers: { location: 'https://evil.example/' } })
  })
})

describe('httpTransport', () => {
  test('undoes gzip', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('<ä/>'))
    })
    expect((await httpTransport(request({ url }))).body).toBe('<ä/>')
  })

  test.each([
    ['br', brotliCompressSync('<ä/>')],
    ['deflate', deflateSync('<ä/>')],
    ['deflate', deflateRawSync('<ä/>')],
  ])('undoes %s too, and asks for gzip alone', async (encoding, bytes) => {
    let asked: unknown
    const url = await serve(({ headers }, response) => {
      asked = headers['accept-encoding']
      // In two parts, the first of which is a single byte.
      response.writeHead(200, { 'content-encoding': encoding }).write(bytes.subarray(0, 1))
      setImmediate(() => response.end(bytes.subarray(1)))
    })
    expect((await httpTransport(request({ url }))).body).toBe('<ä/>')
    expect(asked).toBe('gzip')
  })

  test.each<[string, Record<string, string>]>([
    ['of announced length', { 'content-length': '0' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('a body without a byte is not damaged, whatever it is labelled: %s', async (_, headers) => {
    const url = await serve((_incoming, response) => {
      response.writeHead(401, { 'content-encoding': 'gzip', ...headers }).end()
    })
    expect(await httpTransport(request({ url }))).toMatchObject({ status: 401, body: '' })
  })

  test.each([
    ['a byte order mark', 'text/xml', Buffer.from('\ufeff<a>Jürgen</a>', 'utf16le')],
    [
      'the charset of the content type',
      'text/xml; charset=iso-8859-1',
      Buffer.from('<a>Jürgen</a>', 'latin1'),
    ],
    [
      'the XML declaration',
      'text/xml',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>Jürgen</a>', 'latin1'),
    ],
    ['UTF-8 when nothing says otherwise', 'text/xml', Buffer.from('<a>Jürgen</a>')],
  ])('reads the text by %s', async (_, type, bytes) => {
    const url = await serve(
      (_, response) => void response.writeHead(200, { 'content-type': type }).end(bytes),
    )
    expect((await httpTransport(request({ url }))).body).toContain('<a>Jürgen</a>')
  })

  test('refuses an encoding it does not know by its name', async () => {
    const url = await serve(
      (_, response) =>
        void response.writeHead(200, { 'content-type': 'text/xml; charset=x-klingon' }).end('<a/>'),
    )
    const error = await caught(httpTransport(request({ url })))
    expect(error).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(error.message).toContain('x-klingon')
  })

  test('keeps connections alive: calls that follow each other share them', async () => {
    let connections = 0
    const url = await serve((_, response) => void response.end('ok'))
    servers[0]?.on('connection', () => connections++)
    for (let i = 0; i < 10; i++) await httpTransport(request({ url }))
    expect(connections).toBe(1)
  })

  test('an answer announced as too large is not read', async () => {
    const url = await serve(
      (_, response) => void response.writeHead(200, { 'content-length': 100_000_000 }).write('x'),
    )
    const error = await caught(httpTransport(request({ url })))
    expect(error).toBeInstanceOf(XmlError)
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED')
  })

  test('a server that never stops sending is cut off at the limit', async () => {
    let sent = 0
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pump = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', pump)
      pump()
    })
    const error = await caught(httpTransport(request({ url })))
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED')
    expect(sent).toBeLessThan(50 * 1024 * 1024)
  })

  test('a gzip bomb counts by what it unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))
    const url = await serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    expect((await caught(httpTransport(request({ url })))).code).toBe('ERR_LIMIT_EXCEEDED')
  })

  test('a server that does not answer in time may have done what it was asked', async () => {
    const url = await serve(() => {})
    const error = await caught(httpTransport(request({ url, timeoutMs: 50 })))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', mayHaveHappened: true })
  })

  test('a body that stalls ends with the same time-out', async () => {
    const url = await serve((_, response) => void response.write('<a>'))
    expect((await caught(httpTransport(request({ url, timeoutMs: 100 })))).code).toBe('ERR_TIMEOUT')
  })

  test('the time-out and the caller still end a stalled body after garbage collections', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const collecting = setInterval(collect, 5)
    try {
      const url = await serve((_, response) => void response.write('<a>'))
      expect((await caught(httpTransport(request({ url, timeoutMs: 200 })))).code).toBe('ERR_TIMEOUT')
      const controller = new AbortController()
      const { signal } = controller
      expect((await caught(httpTransport(request({ url, signal, timeoutMs: 200 })))).code).toBe('ERR_TIMEOUT')
      setTimeout(() => controller.abort(), 200)
      expect((await caught(httpTransport(request({ url, signal })))).code).toBe('ERR_ABORTED')
    } finally {
      clearInterval(collecting)
    }
  })

  test('a refused connection cannot have done anything', async () => {
    const url = await serve(() => {})
    const server = servers.pop() as Server
    await new Promise((resolve) => server.close(resolve))
    const error = await caught(httpTransport(request({ url })))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
    expect(error.message).toContain('refused')
  })

  test.each<[string, (socket: import('node:net').Socket) => void]>([
    ['ends', (socket) => socket.end()],
    ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy())],
  ])('a connection that the server %s before it is secured cannot have either', async (_, close) => {
    const server = createTcpServer((socket) => close(socket.on('error', () => {})))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const error = await caught(httpTransport(request({ url })))
    expect(error).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: false,
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ cannot be reached: the connection was closed before it was secured\.$/,
      ),
      hint: expect.stringContaining('Check the address'),
    })
    expect(isPassing(error)).toBe(true)
  })

  test('attempts at several addresses that time out cannot have either', async () => {
    const attempt = Object.assign(new Error('connect ETIMEDOUT 192.0.2.1:443'), { code: 'ETIMEDOUT' })
    const agent = Object.assign(new https.Agent(), {
      createConnection: (_: unknown, done: (error: Error) => void) => {
        process.nextTick(done, new AggregateError([attempt, attempt]))
      },
    })
    const error = await caught(transportOver({ http: agent, https: agent })(request()))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: false })
    expect(error.message).toContain('ETIMEDOUT')
    expect(isPassing(error)).toBe(true)
  })

  test.each(['the time-out', 'the caller'])(
    'stopped by %s while there is no connection yet: it cannot have either',
    async (by) => {
      // It listens and never speaks, so that TLS is not established.
      const server = createTcpServer()
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const stopped = by === 'the caller' ? { signal: AbortSignal.timeout(50) } : { timeoutMs: 50 }
      const error = await caught(httpTransport(request({ url, ...stopped })))
      expect(error).toMatchObject({
        code: by === 'the caller' ? 'ERR_ABORTED' : 'ERR_TIMEOUT',
        mayHaveHappened: false,
      })
    },
  )

  test('a connection that is dropped before the answer may have', async () => {
    const url = await serve((incoming) => incoming.socket.destroy())
    expect(await caught(httpTransport(request({ url })))).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: true,
      message: expect.stringMatching(/^The answer of 127\.0\.0\.1:\d+ was lost: /),
      hint: expect.stringContaining('try again'),
    })
  })

  test('a request that is to stop unless it has left ends before it is connected, and not after', async () => {
    const stop = new AbortController()
    let arrived = 0
    const url = await serve((_incoming, response) => {
      arrived++
      stop.abort()
      setImmediate(() => response.end('done'))
    })
    expect((await httpTransport(request({ url, untilSent: stop.signal }))).body).toBe('done')
    const error = await caught(httpTransport(request({ url, untilSent: stop.signal })))
    expect(error).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    expect(arrived).toBe(1)
  })

  test('a caller can stop it', async () => {
    const url = await serve(() => {})
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 20)
    expect((await caught(httpTransport(request({ url, signal: controller.signal })))).code).toBe(
      'ERR_ABORTED',
    )
  })
})

describe('answers that are damaged under way', () => {
  test.each<[string, (socket: import('node:net').Socket) => void, RegExp]>([
    ['not HTTP at all', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), /not in HTTP/],
    [
      'another protocol from here on',
      (socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      /went on in another protocol \(101\)/,
    ],
    [
      'gzip that is none',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello'),
      /compressed answer is damaged/,
    ],
    [
      'a body shorter than announced',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<a>'),
      /closed before the answer was complete|not as long/,
    ],
    [
      'chunks that break off',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n'),
      /closed before the answer was complete/,
    ],
  ])('%s', async (_, answer, message) => {
    const url = await serve((incoming) => answer(incoming.socket))
    const error = await caught(httpTransport(request({ url })))
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: true })
    expect(error.message).toMatch(message)
  })

  test('cookies are told one by one', async () => {
    const url = await serve(
      (_, response) =>
        void response.writeHead(200, { 'set-cookie': ['a=1; expires=Fri, 01 Jan 2100', 'b=2'] }).end(),
    )
    expect((await httpTransport(request({ url }))).setCookie).toEqual([
      'a=1; expires=Fri, 01 Jan 2100',
      'b=2',
    ])
  })
})
