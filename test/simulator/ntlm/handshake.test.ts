import { createHash, createHmac, randomBytes } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'
import { ExchangeService, ExchangeVersion, Mailbox, Uri, WebCredentials, XhrApi } from 'ews-javascript-api'
import nock from 'nock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD } from '../../../src/simulator/default-tenant.ts'
import { FLAGS, readAuthenticate } from '../../../src/simulator/ntlm/messages.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts'
import { ntHash } from '../../../src/simulator/store/nt-hash.ts'
import { DELEGATE, envelope, getDelegate, OWNER } from '../ews-driver.ts'

// Somebody else's client. It is CommonJS and has no types.
const { createType1Message, decodeType2Message, createType3Message } = createRequire(import.meta.url)(
  '@ewsjs/ntlm-client',
) as {
  createType1Message(workstation?: string, domain?: string): string
  decodeType2Message(header: string): { flags: number }
  createType3Message(
    challenge: object,
    user: string,
    password: string,
    workstation: string,
    domain: string,
  ): string
}

interface Answer {
  readonly status: number
  /** One for each header. */
  readonly challenges: readonly string[]
  readonly text: string
}

/** A client whose requests all go over one connection. */
function connection(simulator: Simulator, tls: https.AgentOptions = {}) {
  const secure = simulator.url.startsWith('https:')
  const agent = secure
    ? new https.Agent({ keepAlive: true, maxSockets: 1, ca: simulator.authority ?? '', ...tls })
    : new http.Agent({ keepAlive: true, maxSockets: 1 })
  let certificate: Buffer | undefined
  const send = (authorization?: string, body = ''): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = (secure ? https.request : http.request)(
        simulator.ews,
        {
          method: 'POST',
          agent,
          headers: {
            'content-type': 'text/xml; charset=utf-8',
            ...(authorization === undefined ? {} : { authorization }),
          },
        },
        (response) => {
          const { socket } = response
          if ('getPeerCertificate' in socket) {
            certificate = (socket as import('node:tls').TLSSocket).getPeerCertificate().raw
          }
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              challenges: response.headersDistinct['www-authenticate'] ?? [],
              text,
            }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  return { send, close: () => agent.destroy(), certificate: () => certificate }
}

async function signIn(
  simulator: Simulator,
  user: string,
  password = DEFAULT_PASSWORD,
  domain = '',
): Promise<{ first: Answer; second: Answer; client: ReturnType<typeof connection> }> {
  const client = connection(simulator)
  const first = await client.send(createType1Message('PC', domain))
  const challenge = decodeType2Message(first.challenges[0] ?? '')
  const second = await client.send(
    createType3Message(challenge, user, password, 'PC', domain),
    envelope(getDelegate()),
  )
  return { first, second, client }
}

// nock puts its own agent in place of the one a request is given, which gives each request a connection of its own.
beforeAll(() => nock.restore())
afterAll(() => nock.activate())

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ auth: ['ntlm'] })
})
afterAll(() => simulator.close())

describe('the handshake', () => {
  test('is offered, alone and in a header of its own', async () => {
    const client = connection(simulator)
    const answer = await client.send(undefined, envelope(getDelegate()))
    expect([answer.status, answer.challenges]).toEqual([401, ['NTLM']])
    client.close()
  })

  test('signs in whoever knows the password', async () => {
    const { first, second, client } = await signIn(simulator, OWNER)
    expect(first.status).toBe(401)
    expect(first.challenges).toEqual([expect.stringMatching(/^NTLM TlRMTVNTUAAC/)])
    expect(second.status).toBe(200)
    expect(second.text).toContain('GetDelegateResponse')
    client.close()
  })

  test.each([
    ['DOMAIN\\user', OWNER.split('@')[0] ?? '', 'CONTOSO'],
    ['the DNS domain', OWNER.split('@')[0] ?? '', 'contoso.com'],
    ['a plain name', OWNER.split('@')[0] ?? '', ''],
    ['another case', OWNER.toUpperCase(), ''],
  ])('takes %s', async (_name, user, domain) => {
    const { second, client } = await signIn(simulator, user, DEFAULT_PASSWORD, domain)
    expect(second.status).toBe(200)
    client.close()
  })

  test.each([
    ['a wrong password', OWNER, 'wrong', ''],
    ['an unknown account', 'nobody', DEFAULT_PASSWORD, ''],
    ['another domain', OWNER.split('@')[0] ?? '', DEFAULT_PASSWORD, 'FABRIKAM'],
    ['a group', 'sales@contoso.com', DEFAULT_PASSWORD, ''],
    ['nobody', '', '', ''],
  ])('refuses %s', async (_name, user, password, domain) => {
    const { second, client } = await signIn(simulator, user, password, domain)
    expect([second.status, second.challenges]).toEqual([401, ['NTLM']])
    expect((await client.send(undefined, envelope(getDelegate()))).status).toBe(401)
    client.close()
  })
})

describe('what is signed in is the connection', () => {
  test('further requests on it need no header; on another they do', async () => {
    const { client } = await signIn(simulator, OWNER)
    expect((await client.send(undefined, envelope(getDelegate()))).status).toBe(200)
    const other = connection(simulator)
    expect((await other.send(undefined, envelope(getDelegate()))).status).toBe(401)
    client.close()
    other.close()
  })

  test('an answer to the challenge of another connection is refused', async () => {
    const [one, other] = [connection(simulator), connection(simulator)]
    const first = await one.send(createType1Message('PC', ''))
    await other.send(createType1Message('PC', ''))
    const proof = createType3Message(
      decodeType2Message(first.challenges[0] ?? ''),
      OWNER,
      DEFAULT_PASSWORD,
      'PC',
      '',
    )
    expect((await other.send(proof, envelope(getDelegate()))).status).toBe(401)
    one.close()
    other.close()
  })

  test('an answer works once', async () => {
    const client = connection(simulator)
    const first = await client.send(createType1Message('PC', ''))
    const proof = createType3Message(
      decodeType2Message(first.challenges[0] ?? ''),
      OWNER,
      DEFAULT_PASSWORD,
      'PC',
      '',
    )
    expect((await client.send(proof, envelope(getDelegate()))).status).toBe(200)
    expect((await client.send(proof, envelope(getDelegate()))).status).toBe(401)
    client.close()
  })

  test('a new handshake signs somebody else in', async () => {
    const { client } = await signIn(simulator, OWNER)
    const first = await client.send(createType1Message('PC', ''))
    expect((await client.send(undefined, envelope(getDelegate()))).status).toBe(401)
    expect(first.status).toBe(401)
    client.close()
  })

  test('an account that is deleted is signed in no more', async () => {
    const { client, second } = await signIn(simulator, DELEGATE)
    // Another's delegate list is nobody's business, but the sign-in was good.
    expect(second.status).toBe(200)
    const account = simulator.exchange.directory.find(DELEGATE)
    if (account) simulator.exchange.directory.delete(account)
    expect((await client.send(undefined, envelope(getDelegate()))).status).toBe(401)
    client.close()
  })
})

describe('messages that are none', () => {
  test.each([
    ['no base64', 'NTLM !!!'],
    ['nothing', 'NTLM'],
    ['half a message', `NTLM ${Buffer.from('NTLMSSP\0\x01\0\0\0', 'latin1').toString('base64')}`],
    ['a challenge', `NTLM ${Buffer.from('NTLMSSP\0\x02\0\0\0\0\0\0\0', 'latin1').toString('base64')}`],
    [
      'a proof without a challenge',
      `NTLM ${Buffer.from(`NTLMSSP\0\x03\0\0\0${'\0'.repeat(80)}`, 'latin1').toString('base64')}`,
    ],
    ['another scheme', 'Negotiate TlRMTVNTUAABAAAA'],
  ])('%s gets the 401 again', async (_name, header) => {
    const client = connection(simulator)
    expect((await client.send(header)).status).toBe(401)
    client.close()
  })

  test('a mutilated proof is refused and ends nothing', async () => {
    const client = connection(simulator)
    for (let i = 0; i < 200; i++) {
      const first = await client.send(createType1Message('PC', ''))
      const proof = Buffer.from(
        createType3Message(
          decodeType2Message(first.challenges[0] ?? ''),
          OWNER,
          DEFAULT_PASSWORD,
          'PC',
          '',
        ).slice(5),
        'base64',
      )
      // Lengths and offsets stand between 12 and 60.
      proof[12 + (i % 48)] = (i * 37 + 255) & 0xff
      const answer = await client.send(`NTLM ${proof.subarray(0, 64 + i).toString('base64')}`)
      expect([200, 401, 500]).toContain(answer.status)
    }
    client.close()
  })

  test('a response of NTLM version 1 is refused', () => {
    const message = Buffer.alloc(64 + 24 + 24)
    message.write('NTLMSSP\0\x03', 'latin1')
    message.writeUInt16LE(24, 20)
    message.writeUInt32LE(88, 24)
    expect(readAuthenticate(message)).toBeUndefined()
  })
})

describe('over TLS', () => {
  let secure: Simulator
  beforeAll(async () => {
    secure = await startSimulator({ auth: ['ntlm'], tls: true })
  })
  afterAll(() => secure.close())

  /** An AUTHENTICATE message with MIC and channel bindings, as Windows sends it. */
  function authenticate(negotiate: Buffer, challenge: Buffer, binding: Buffer, spoilMic = false): string {
    const utf16 = (text: string) => Buffer.from(text, 'utf16le')
    const hmac = (key: Buffer, ...parts: Buffer[]) => {
      const mac = createHmac('md5', key)
      for (const part of parts) mac.update(part)
      return mac.digest()
    }
    const av = (id: number, value: Buffer) => {
      const head = Buffer.alloc(4)
      head.writeUInt16LE(id)
      head.writeUInt16LE(value.length, 2)
      return Buffer.concat([head, value])
    }
    const offset = challenge.readUInt32LE(44)
    const info = challenge.subarray(offset, offset + challenge.readUInt16LE(40) - 4)
    const pairs = Buffer.concat([info, av(6, Buffer.of(2, 0, 0, 0)), av(10, binding), Buffer.alloc(4)])
    const blob = Buffer.concat([
      Buffer.of(1, 1, 0, 0, 0, 0, 0, 0),
      Buffer.alloc(8),
      randomBytes(8),
      Buffer.alloc(4),
      pairs,
      Buffer.alloc(4),
    ])
    const key = hmac(ntHash(DEFAULT_PASSWORD), utf16(OWNER.toUpperCase()))
    const proof = hmac(key, challenge.subarray(24, 32), blob)
    const head = Buffer.alloc(88)
    head.write('NTLMSSP\0\x03', 'latin1')
    const payload: Buffer[] = []
    const put = (at: number, bytes: Buffer) => {
      head.writeUInt16LE(bytes.length, at)
      head.writeUInt16LE(bytes.length, at + 2)
      head.writeUInt32LE(88 + Buffer.concat(payload).length, at + 4)
      payload.push(bytes)
    }
    put(12, Buffer.alloc(24))
    put(20, Buffer.concat([proof, blob]))
    put(28, Buffer.alloc(0))
    put(36, utf16(OWNER))
    put(44, utf16('PC'))
    put(52, Buffer.alloc(0))
    head.writeUInt32LE(FLAGS.unicode | FLAGS.ntlm, 60)
    const message = Buffer.concat([head, ...payload])
    hmac(hmac(key, proof), negotiate, challenge, message).copy(message, 72)
    if (spoilMic) message[72] = (message[72] ?? 0) ^ 1
    return `NTLM ${message.toString('base64')}`
  }

  function bindingOf(certificate: Buffer): Buffer {
    const data = Buffer.concat([
      Buffer.from('tls-server-end-point:'),
      createHash('sha256').update(certificate).digest(),
    ])
    const head = Buffer.alloc(20)
    head.writeUInt32LE(data.length, 16)
    return createHash('md5').update(head).update(data).digest()
  }

  async function handshake(binding: (certificate: Buffer) => Buffer, spoilMic = false): Promise<number> {
    const client = connection(secure)
    const negotiate = Buffer.alloc(32)
    negotiate.write('NTLMSSP\0\x01', 'latin1')
    negotiate.writeUInt32LE((FLAGS.unicode | FLAGS.ntlm | FLAGS.extendedSessionSecurity) >>> 0, 12)
    const first = await client.send(`NTLM ${negotiate.toString('base64')}`)
    const challenge = Buffer.from(first.challenges[0]?.slice(5) ?? '', 'base64')
    const header = authenticate(
      negotiate,
      challenge,
      binding(client.certificate() ?? Buffer.alloc(0)),
      spoilMic,
    )
    const { status } = await client.send(header, envelope(getDelegate()))
    client.close()
    return status
  }

  test('a MIC and channel bindings that are right are accepted', async () => {
    expect(await handshake(bindingOf)).toBe(200)
  })

  test('a MIC that is wrong is refused', async () => {
    expect(await handshake(bindingOf, true)).toBe(401)
  })

  test('channel bindings of another certificate are refused: somebody stands in between', async () => {
    expect(await handshake((certificate) => bindingOf(Buffer.concat([certificate, certificate])))).toBe(401)
  })

  test('channel bindings of zeros say that there are none', async () => {
    expect(await handshake(() => Buffer.alloc(16))).toBe(200)
  })

  test('ews-javascript-api signs in and asks', async () => {
    secure.requests.clear()
    const service = new ExchangeService(ExchangeVersion.Exchange2013_SP1)
    service.Credentials = new WebCredentials(OWNER, DEFAULT_PASSWORD)
    service.Url = new Uri(secure.ews)
    // It has no way to trust a private authority.
    service.XHRApi = new XhrApi({ rejectUnauthorized: false } as never).useNtlmAuthentication(
      OWNER,
      DEFAULT_PASSWORD,
    )
    const answer = await service.GetDelegates(new Mailbox(OWNER), true)
    expect(answer.DelegateUserResponses).toEqual([])
    expect(secure.requests.operations('GetDelegate')).toHaveLength(1)
  })
})
