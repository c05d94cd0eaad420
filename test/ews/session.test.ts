import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { Authenticator } from '../../src/auth/authenticator.ts'
import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'
import { clientCertificate } from '../../src/auth/client-certificate.ts'
import { ntlm } from '../../src/auth/ntlm.ts'
import { ConnectionError, type EwsDelegatesError, InvalidInputError } from '../../src/errors.ts'
import { EwsClient, type EwsClientOptions } from '../../src/ews/client.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import type { HttpRequest, Transport } from '../../src/http/transport.ts'
import { readFixture } from '../helpers/fixtures.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const owner = 'allan@contoso.com'
const url = 'https://mail.contoso.com/EWS/Exchange.asmx'
const delegates = readFixture('get-delegate/response.xml')
const auth = basic({ user: 'admin', password: 'Pa55-w0rd-x' })

type Answer = { status?: number; body?: string; setCookie?: string[]; headers?: Record<string, string> }

function setup(answers: Answer[], options: Partial<EwsClientOptions> = {}) {
  const sent: HttpRequest[] = []
  const transport: Transport = async (request) => {
    sent.push(request)
    const { status = 200, body = delegates, setCookie = [], headers = {} } = answers.shift() ?? {}
    return { status, statusText: '', headers, setCookie, body }
  }
  const traffic = new Traffic({ clock: manualClock(), random: () => 1 })
  return { client: new EwsClient({ url, auth, transport, traffic, ...options }), sent }
}

async function caught(promise: Promise<unknown>): Promise<EwsDelegatesError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error) => error as EwsDelegatesError,
  )
}

test('a password that the server shows back is in no part of the error, its stack and cause included', async () => {
  const fault = readFixture('faults/server-busy.xml').replaceAll(
    'The server cannot service this request right now.',
    'The password Pa55-w0rd-x cannot be taken right now.',
  )
  expect(fault).toContain('Pa55-w0rd-x')
  const answers: [Answer, RegExp][] = [
    [
      { status: 500, body: fault.replaceAll('ErrorServerBusy', 'ErrorAccessDenied') },
      /password \[redacted\]/,
    ],
    [{ body: '<html><title>no Pa55-w0rd-x</title></html>' }, /no \[redacted\]/],
    [
      { status: 403, body: '', headers: { 'x-ms-diagnostics': 'reason="not Pa55-w0rd-x"' } },
      /not \[redacted\]/,
    ],
    [
      { status: 302, body: '', headers: { location: 'https://sso.contoso.com/?was=Pa55-w0rd-x' } },
      /was=\[redacted\]/,
    ],
    [{ body: `${delegates.slice(0, delegates.indexOf('<s:Body'))}<Pa55-w0rd-x>` }, /./],
    [{ body: delegates.replaceAll('m:GetDelegateResponse', 'm:Pa55-w0rd-x') }, /./],
  ]
  for (const [answer, text] of answers) {
    const error = await caught(setup([answer]).client.getDelegates(owner))
    expect(error.message).toMatch(text)
    expect(error.stack).toMatch(text)
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain('Pa55-w0rd-x')
  }
})

test('nor in what an answer says of its members: text, code, details and outcomes', async () => {
  const password = 'Pa55-w0rd-x'
  const error = (code: string) =>
    `<m:MessageText>You sent ${password}</m:MessageText><m:ResponseCode>${code}</m:ResponseCode><m:MessageXml><t:Value Name="${password}">${password}</t:Value><t:Value Name="InnerErrorResponseCode">ErrorAccessDenied</t:Value></m:MessageXml>`
  const soap = (name: string, attributes: string, inner: string) => ({
    body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body><m:${name} ${attributes}>${inner}</m:${name}></s:Body></s:Envelope>`,
  })
  const member = (name: string, code: string) =>
    `<m:ResponseMessages><m:${name} ResponseClass="Error">${error(code)}</m:${name}></m:ResponseMessages>`
  const refused = [
    soap('GetDelegateResponse', 'ResponseClass="Error"', error('ErrorAccessDenied')),
    soap('GetDelegateResponse', 'ResponseClass="Error"', error(password)),
    soap('GetDelegateResponse', `ResponseClass="${password}"`, '<m:MessageText>no</m:MessageText>'),
    {
      status: 500,
      body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring><detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">Error${password}</e:ResponseCode><t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Value Name="You">${password}</t:Value></t:MessageXml></detail></s:Fault></s:Body></s:Envelope>`,
    },
  ]
  for (const answer of refused) {
    const { client } = setup([answer])
    const thrown = await caught(client.getDelegates(owner))
    expect(inspect(thrown, { depth: 9 }) + JSON.stringify(thrown)).not.toContain(password)
  }
  const outcomes = await setup([
    soap(
      'AddDelegateResponse',
      'ResponseClass="Success"',
      `<m:ResponseCode>NoError</m:ResponseCode>${member('DelegateUserResponseMessageType', 'ErrorDelegateAlreadyExists')}`,
    ),
  ]).client.addDelegates(owner, [{ user: 'adele@contoso.com', permissions: { inbox: 'Reviewer' } }])
  expect(outcomes).toMatchObject([
    { ok: false, code: 'ErrorDelegateAlreadyExists', message: 'You sent [redacted]' },
  ])
})

describe('cookies', () => {
  const cookie = (value: string) => ({
    setCookie: [`X-BackEndOverrideCookie=${value}; path=/; secure; HttpOnly`],
  })

  test('are kept per mailbox, and go back to where they came from', async () => {
    const { client, sent } = setup([cookie('EX01~1'), cookie('EX02~2')])
    await client.getDelegates(owner)
    await client.getDelegates('megan@contoso.com')
    await client.getDelegates(owner)
    await client.getDelegates('MEGAN@contoso.com')
    expect(sent.map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      undefined,
      'X-BackEndOverrideCookie=EX01~1',
      'X-BackEndOverrideCookie=EX02~2',
    ])
  })

  test('are kept when the answer is a refusal', async () => {
    const { client, sent } = setup([
      { status: 500, body: readFixture('faults/server-busy.xml'), ...cookie('a') },
    ])
    await caught(client.getDelegates(owner))
    await client.getDelegates(owner)
    expect(sent[1]?.headers.cookie).toBe('X-BackEndOverrideCookie=a')
  })

  test('are in no trace', async () => {
    const shown: string[] = []
    const { client } = setup(
      [cookie('EX01~1943310282'), { headers: { 'x-echo': 'your cookie is EX01~1943310282' } }],
      {
        trace: ({ text }) => shown.push(text),
      },
    )
    await client.getDelegates(owner)
    await client.getDelegates(owner)
    expect(shown.join('\n')).not.toContain('1943310282')
    expect(shown.join('\n')).toContain('cookie: [redacted]')
  })

  test('of a session that has ended are forgotten, and the call is made without', async () => {
    const { client, sent } = setup([cookie('old'), { status: 440, body: '<html>Login timeout</html>' }], {
      retry: patient(),
    })
    await client.getDelegates(owner)
    await client.getDelegates(owner)
    expect(sent.map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      'X-BackEndOverrideCookie=old',
      undefined,
    ])
  })
})

describe('signing in', () => {
  test('an authenticator that brings its own transport is sent with it', async () => {
    let used = 0
    const own: Authenticator = {
      ...auth,
      transport: async () => {
        used++
        return { status: 200, statusText: '', headers: {}, body: delegates }
      },
    }
    await new EwsClient({ url, auth: own }).getDelegates(owner)
    const { client, sent } = setup([], { auth: own })
    await client.getDelegates(owner)
    expect([used, sent.length]).toEqual([1, 1])
  })

  test('an application that signs in as itself must impersonate, which is said before anything is sent', () => {
    const app: Authenticator = { ...bearer('token'), appOnly: true }
    expect(() => setup([], { auth: app })).toThrow(InvalidInputError)
    expect(() => setup([], { auth: app, impersonate: owner })).not.toThrow()
  })

  test('nor is its token sent when it comes from a function', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = `${part({ alg: 'none' })}.${part({ roles: ['full_access_as_app'] })}.c2lnbmF0dXJl`
    const { client, sent } = setup([], { auth: bearer(() => token) })
    const error = await caught(client.getDelegates(owner))
    expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT', hint: 'Name the mailbox to impersonate.' })
    expect(sent).toEqual([])
    await setup([], { auth: bearer(() => token), impersonate: owner }).client.getDelegates(owner)
  })

  test('a token that cannot be had leaves no doubt about the call', async () => {
    const failing = bearer(() => {
      throw new ConnectionError('ERR_TIMEOUT', 'The token endpoint does not answer.', {
        mayHaveHappened: true,
      })
    })
    const { client, sent } = setup([], { auth: failing })
    const error = await caught(client.removeDelegates(owner, ['adele@contoso.com']))
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', mayHaveHappened: false })
    expect(sent).toEqual([])
  })
})

describe('a sign-in that is refused', () => {
  const refused = { status: 401, body: '', headers: { 'www-authenticate': 'Basic' } }

  test('is sent once, however many calls are made with it', async () => {
    const traffic = new Traffic({ clock: manualClock() })
    const { client, sent } = setup(Array(20).fill(refused), { traffic })
    const calls = Array.from({ length: 10 }, (_, index) =>
      caught(client.getDelegates(`user${index}@contoso.com`)),
    )
    for (const error of await Promise.all(calls)) expect(error.code).toBe('ERR_AUTHENTICATION')
    // A session of its own, and an authenticator, with the same password.
    const again = setup([], { traffic, auth: basic({ user: 'admin', password: 'Pa55-w0rd-x' }) })
    const error = await caught(again.client.removeDelegates(owner, ['adele@contoso.com']))
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION', mayHaveHappened: false })
    expect([sent.length, again.sent.length]).toEqual([1, 0])
  })

  test('does not hold back the right password', async () => {
    const traffic = new Traffic({ clock: manualClock() })
    const { client } = setup([refused], { traffic })
    await caught(client.getDelegates(owner))
    const right = setup([], { traffic, auth: basic({ user: 'admin', password: 'Pa55-w0rd-y' }) })
    await right.client.getDelegates(owner)
    expect(right.sent).toHaveLength(1)
  })

  test('of one client certificate does not hold back another', async () => {
    const traffic = new Traffic({ clock: manualClock() })
    const wrong = setup([refused], { traffic, auth: clientCertificate() })
    await caught(wrong.client.getDelegates(owner))
    const other = setup([], { traffic, auth: clientCertificate() })
    await other.client.getDelegates(owner)
    expect(other.sent).toHaveLength(1)
  })

  test('is told apart by its password where the header does not hold it', async () => {
    const traffic = new Traffic({ clock: manualClock() })
    const by = (password: string) => ntlm({ user: 'CONTOSO\\admin', password })
    const wrong = setup([refused, refused], { traffic, auth: by('Pa55-w0rd-x') })
    await caught(wrong.client.getDelegates(owner))
    await caught(wrong.client.getDelegates(owner))
    const right = setup([], { traffic, auth: by('Pa55-w0rd-y') })
    await right.client.getDelegates(owner)
    expect([wrong.sent.length, right.sent.length]).toEqual([1, 1])
  })
})

describe('calls of an account in line for its first sign-in', () => {
  test('leave the host’s room to another account', async () => {
    const traffic = new Traffic({ perHost: 3, clock: manualClock() })
    const answers: (() => void)[] = []
    const silent: Transport = () =>
      new Promise((resolve) => {
        answers.push(() => resolve({ status: 200, statusText: '', headers: {}, body: delegates }))
      })
    const stuck = setup([], { traffic, transport: silent })
    const waiting = Array.from({ length: 6 }, (_, index) =>
      stuck.client.getDelegates(`m${index}@contoso.com`),
    )
    await new Promise((resolve) => setImmediate(resolve))
    const other = setup([], { traffic, auth: basic({ user: 'other', password: 'Pa55-w0rd-z' }) })
    await other.client.getDelegates(owner)
    expect(other.sent).toHaveLength(1)
    let done = false
    const all = Promise.all(waiting).finally(() => {
      done = true
    })
    while (!done) {
      for (const answer of answers.splice(0)) answer()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await all
  })
})

describe('a call that is stopped', () => {
  test('may share its signal with many others, of which Node does not warn', async () => {
    const stop = new AbortController()
    const warned: string[] = []
    const listen = ({ name }: Error) => warned.push(name)
    process.on('warning', listen)
    try {
      const { client } = setup([], { signal: stop.signal, traffic: new Traffic() })
      await Promise.all(
        Array.from({ length: 30 }, (_, index) => client.getDelegates(`m${index}@contoso.com`)),
      )
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('warning', listen)
    }
    expect(warned).toEqual([])
  })

  test('while its token is fetched is not sent', async () => {
    const stop = new AbortController()
    const token = async () => {
      stop.abort()
      return 'opaque-token-0123456789'
    }
    const { client, sent } = setup([], { auth: bearer(token), signal: stop.signal })
    const error = await caught(client.removeDelegates(owner, ['adele@contoso.com']))
    expect(error).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    expect(sent).toEqual([])
  })

  test('is told to the transport: a read at once, a change as long as it has not left', async () => {
    const stop = new AbortController()
    const { client, sent } = setup([{}, { status: 404 }], { signal: stop.signal })
    await client.getDelegates(owner)
    await caught(client.removeDelegates(owner, ['adele@contoso.com']))
    const [read, change] = sent
    expect([read?.signal === stop.signal, read?.untilSent]).toEqual([true, undefined])
    expect([change?.signal === stop.signal, change?.untilSent === stop.signal]).toEqual([false, true])
  })
})

describe('an account that is told to wait', () => {
  const busy = { status: 429, body: '', headers: { 'retry-after': '60' } }
  const opaque = () => 'opaque-token-0123456789'
  const other = () => 'opaque-token-9876543210'
  const password = 'Pa55-w0rd-x'

  /** Milliseconds for which a call of the second waits after the first was told to. */
  async function waited(first: Authenticator, second: Authenticator): Promise<number> {
    const clock = manualClock()
    const traffic = new Traffic({ clock, random: () => 1 })
    await caught(setup([busy], { traffic, auth: first }).client.getDelegates(owner))
    await setup([], { traffic, auth: second, retry: patient() }).client.getDelegates(owner)
    return clock.slept.reduce((sum, each) => sum + each, 0)
  }

  test('is the same however its name is written', async () => {
    const by = (user: string) => basic({ user, password })
    expect(await waited(by('AllanD@contoso.com'), by('alland@CONTOSO.com'))).toBe(60_000)
    expect(await waited(by('alland@contoso.com'), by('adele@contoso.com'))).toBe(0)
  })

  test('is that of its token, not of all tokens', async () => {
    expect(await waited(bearer(opaque), bearer(opaque))).toBe(60_000)
    expect(await waited(bearer(opaque), bearer(other))).toBe(0)
    expect(await waited(bearer(opaque()), bearer(opaque()))).toBe(60_000)
    expect(await waited(bearer(opaque()), bearer(other()))).toBe(0)
  })
})

describe('secrets', () => {
  test('that a server echoes are in no error', async () => {
    const token = 'opaque-token-0123456789'
    const fault = readFixture('faults/schema-validation.xml').replace(
      /<faultstring([^>]*)>[^<]*/,
      `<faultstring$1>You sent Bearer ${token}, that is ${token}`,
    )
    const body = fault.replace(/<e:Message[^>]*>[^<]*<\/e:Message>/, '')
    const { client } = setup([{ status: 500, body }], { auth: bearer(token) })
    const error = await caught(client.getDelegates(owner))
    expect(error.message).toContain('[redacted]')
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain(token)
  })

  test('of a web page’s title neither', async () => {
    const { client } = setup([{ body: '<html><title>Hello admin:Pa55-w0rd-x</title></html>' }])
    expect((await caught(client.getDelegates(owner))).message).not.toContain('Pa55')
  })
})

describe('over a real connection', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/EWS/Exchange.asmx`
  }

  test('gzip is asked for and undone, and an answer cut off in it leaves a write in doubt', async () => {
    let answers = 0
    const address = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toContain('gzip')
      request.resume()
      const packed = gzipSync(delegates)
      response.writeHead(200, { 'content-type': 'text/xml', 'content-encoding': 'gzip' })
      response.end(answers++ === 0 ? packed : packed.subarray(0, packed.length / 2))
    })
    const client = new EwsClient({ url: address, auth })
    expect((await client.getDelegates(owner)).delegates.length).toBeGreaterThan(0)
    expect(await caught(client.removeDelegates(owner, ['adele@contoso.com']))).toMatchObject({
      mayHaveHappened: true,
    })
  })

  test('several cookies go back as one header', async () => {
    const seen: (string | undefined)[] = []
    const address = await serve((request, response) => {
      seen.push(request.headers.cookie)
      request.resume()
      response.writeHead(200, {
        'set-cookie': ['exchangecookie=1; path=/; expires=Fri, 01 Jan 2100 00:00:00 GMT', 'lb=2'],
      })
      response.end(delegates)
    })
    const client = new EwsClient({ url: address, auth })
    await client.getDelegates(owner)
    await client.getDelegates(owner)
    expect(seen).toEqual([undefined, 'exchangecookie=1; lb=2'])
  })

  test('an answer in chunks that breaks off is repeated when it was to a read', async () => {
    let answers = 0
    const address = await serve((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'text/xml' })
      if (answers++ > 0) return void response.end(delegates)
      response.write(delegates.slice(0, 900))
      setTimeout(() => response.destroy(), 20)
    })
    const traffic = new Traffic({ clock: manualClock() })
    const client = new EwsClient({ url: address, auth, traffic, retry: patient() })
    expect((await client.getDelegates(owner)).delegates.length).toBeGreaterThan(0)
    expect(answers).toBe(2)
  })

  test('a redirect to another host gets no request, so no credentials', async () => {
    const elsewhere: string[] = []
    const other = await serve((request, response) => {
      elsewhere.push(request.headers.authorization ?? '')
      response.end()
    })
    const address = await serve((request, response) => {
      request.resume()
      response.writeHead(302, { location: other }).end()
    })
    const error = await caught(new EwsClient({ url: address, auth }).getDelegates(owner))
    expect(error).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(elsewhere).toEqual([])
  })
})
