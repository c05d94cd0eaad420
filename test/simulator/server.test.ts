import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'
import { basic, DELEGATE, envelope, getDelegate, OWNER } from './ews-driver.ts'

const running: Simulator[] = []

async function start(...[options]: Parameters<typeof startSimulator>): Promise<Simulator> {
  const simulator = await startSimulator(options)
  running.push(simulator)
  return simulator
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()))
})

function post(simulator: Simulator, body = envelope(getDelegate())): Promise<Response> {
  return fetch(simulator.ews, {
    method: 'POST',
    headers: { authorization: basic(OWNER), 'content-type': 'text/xml' },
    body,
  })
}

describe('starting', () => {
  test('takes a free port on loopback and says every address', async () => {
    const simulator = await start()
    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(simulator.ews).toBe(`${simulator.url}/EWS/Exchange.asmx`)
    expect(simulator.graph).toBe(simulator.url)
    expect(simulator.token).toBe(`${simulator.url}/contoso.com/oauth2/v2.0/token`)
    expect((await post(simulator)).status).toBe(200)
  })

  test('two at once have a store each', async () => {
    const [first, second] = [await start(), await start()]
    const owner = first.exchange.directory.find(OWNER)
    const delegate = first.exchange.directory.find(DELEGATE)
    if (!owner || !delegate) throw new Error('Contoso is not complete.')
    first.exchange.mailboxOf(owner)?.delegates.add(delegate, { levels: {} })
    expect(await (await post(first)).text()).toContain(DELEGATE)
    expect(await (await post(second)).text()).not.toContain(DELEGATE)
  })

  test('a port that is taken is an error that says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    await expect(start({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`)
    await expect(start({ port })).rejects.toBeInstanceOf(InvalidInputError)
    taken.close()
  })

  test.each([-1, 65536, 1.5, Number.NaN])('the port %s is refused', async (port) => {
    await expect(start({ port })).rejects.toThrow('is not a port number.')
  })

  test('an address of another machine is refused', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toThrow('192.0.2.1 is not an address of this machine.')
  })

  test('on every address, the addresses it says can be gone to', async () => {
    const simulator = await start({ host: '0.0.0.0' })
    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect((await post(simulator)).status).toBe(200)
  })

  test('reads a tenant file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenant-'))
    try {
      const file = join(folder, 'tenant.yaml')
      await writeFile(
        file,
        'domain: fabrikam.com\npassword: Secret-1\nmailboxes:\n  - address: kim@fabrikam.com\n',
      )
      const simulator = await start({ tenant: file })
      const response = await fetch(simulator.ews, {
        method: 'POST',
        headers: { authorization: basic('kim@fabrikam.com', 'Secret-1'), 'content-type': 'text/xml' },
        body: envelope(getDelegate(undefined, 'kim@fabrikam.com')),
      })
      expect(response.status).toBe(200)
      await writeFile(file, 'domain: fabrikam.com\nmailboxes: 3\n')
      await expect(start({ tenant: file })).rejects.toThrow(InvalidInputError)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('closing', () => {
  test('ends idle connections, frees the port, and may be asked for twice', async () => {
    const simulator = await start()
    await (await post(simulator)).text()
    await simulator.close()
    await simulator.close()
    await expect(post(simulator)).rejects.toThrow()
    const again = await start({ port: Number(new URL(simulator.url).port) })
    expect(again.url).toBe(simulator.url)
  })

  test('is what leaving an await using block does', async () => {
    const simulator = await start()
    await simulator[Symbol.asyncDispose]()
    await expect(post(simulator)).rejects.toThrow()
  })
})

describe('connections', () => {
  /** Raw HTTP over one socket, until the server closes it. */
  function talk(simulator: Simulator, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1', () => socket.write(text))
      let answer = ''
      socket.setEncoding('utf8')
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('close', () => resolve(answer))
      socket.on('error', reject)
    })
  }

  test('one connection serves a 401 and then the same request with credentials', async () => {
    const simulator = await start()
    const body = envelope(getDelegate())
    const message = (headers: string) =>
      `POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    // Both at once: the second is only read when the first answer left the connection open.
    const answers = await talk(
      simulator,
      message('') + message(`Authorization: ${basic(OWNER)}\r\nConnection: close\r\n`),
    )
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200'])
    expect(answers).toContain('</s:Envelope>')
  })

  test('what is not HTTP gets a 400 and the server goes on', async () => {
    const simulator = await start()
    expect(await talk(simulator, 'GET / HTTP/9\r\nrubbish\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await post(simulator)).status).toBe(200)
  })

  test('a body that ends too early does not keep others from being served', async () => {
    const simulator = await start()
    const port = Number(new URL(simulator.url).port)
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(OWNER)}\r\nContent-Length: 5000\r\n\r\n<s:Env`,
    )
    expect((await post(simulator)).status).toBe(200)
    socket.destroy()
    expect((await post(simulator)).status).toBe(200)
  })

  test('a Host that is no host is a 400', async () => {
    const simulator = await start()
    const answer = await talk(
      simulator,
      'GET /EWS/Exchange.asmx HTTP/1.1\r\nHost: a b{\r\nConnection: close\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('many requests at once are all answered', async () => {
    const simulator = await start()
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(simulator)))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
  })

  test('other paths are 404', async () => {
    const simulator = await start()
    expect((await fetch(`${simulator.url}/`)).status).toBe(404)
    expect((await fetch(`${simulator.url}/EWS/Services.wsdl`)).status).toBe(404)
  })
})

describe('the request log', () => {
  test('holds requests and answers with their operation, and no credentials', async () => {
    const simulator = await start()
    await post(simulator)
    await post(simulator, '<rubbish')
    const [first, second] = simulator.requests.entries()
    expect(first).toMatchObject({
      face: 'ews',
      method: 'POST',
      path: '/EWS/Exchange.asmx',
      operation: 'GetDelegate',
      status: 200,
    })
    expect(first?.requestBody).toContain('<m:GetDelegate')
    expect(first?.responseBody).toContain('GetDelegateResponse')
    expect(second).toMatchObject({ status: 500 })
    expect(simulator.requests.operations('GetDelegate')).toHaveLength(1)
    expect(simulator.requests.operations()).toHaveLength(1)
    expect(JSON.stringify(simulator.requests.entries())).not.toContain(basic(OWNER).slice(6))
    simulator.requests.clear()
    expect(simulator.requests.entries()).toEqual([])
  })

  test('keeps nothing of what the token endpoint was sent and answered', async () => {
    const simulator = await start()
    await fetch(simulator.token, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        username: OWNER,
        password: 'Delegate-123',
        scope: 'https://graph.microsoft.com/Mail.Send',
      }),
    })
    const [entry] = simulator.requests.entries()
    expect(entry).toMatchObject({ face: 'token', status: 200, requestBody: '', responseBody: '' })
  })

  test('keeps no upload address that would open a session, and no code of a sign-in', async () => {
    const simulator = await start()
    await fetch(`${simulator.url}/v1.0/me/uploadSession?authtoken=very-secret-1`)
    await fetch(`${simulator.url}/contoso.com/oauth2/v2.0/authorize?client_id=x&code=very-secret-2`)
    await fetch(`${simulator.url}/oauth/token`, { method: 'POST', body: 'client_secret=very-secret-3' })
    await fetch(`${simulator.url}/EWS/Exchange.asmx`, {
      headers: { referer: 'http://localhost/?code=very-secret-4' },
    })
    const log = JSON.stringify(simulator.requests.entries())
    expect(simulator.requests.entries()).toHaveLength(4)
    expect(log).toContain('authtoken=…')
    expect(log).not.toContain('very-secret')
  })
})
