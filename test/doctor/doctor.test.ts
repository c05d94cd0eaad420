import nock from 'nock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'
import { ntlm } from '../../src/auth/ntlm.ts'
import { type DoctorOptions, doctor } from '../../src/doctor/doctor.ts'
import type { DoctorStep, StepId } from '../../src/doctor/step.ts'
import { ConnectionError } from '../../src/errors.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import type { HttpRequest } from '../../src/http/transport.ts'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../src/simulator/index.ts'

const ONLINE = 'https://outlook.office365.com/EWS/Exchange.asmx'
const SERVER = 'https://mail.contoso.com/EWS/Exchange.asmx'
const APP = '99999999-aaaa-bbbb-cccc-dddddddddddd'
const now = () => new Date('2026-11-20T12:00:00Z')
const lookup = async () => ['192.0.2.1']

let exchange: Simulator
beforeAll(async () => {
  exchange = await startSimulator()
})
afterAll(() => exchange.close())

const busyFault = async () => ({
  status: 500,
  statusText: '',
  headers: { 'content-type': 'text/xml' },
  body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>a:ErrorServerBusy</faultcode><faultstring>The server cannot service this request right now.</faultstring></s:Fault></s:Body></s:Envelope>`,
})

async function examine(options: DoctorOptions) {
  const steps: DoctorStep[] = []
  for await (const step of doctor(options)) steps.push(step)
  const by = (id: StepId) => steps.find((step) => step.id === id)
  return { steps, by, statuses: Object.fromEntries(steps.map(({ id, status }) => [id, status])) }
}

const token = async (scope: string) => {
  const response = await fetch(exchange.token, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      username: 'AllanD@contoso.com',
      password: DEFAULT_PASSWORD,
      scope,
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (claims: object) => `${encode({ alg: 'none' })}.${encode(claims)}.c2lnbmF0dXJl`
const seconds = (text: string) => Math.floor(Date.parse(text) / 1000)

describe('a connection in order', () => {
  test('is told step by step, for the owner', async () => {
    const { steps, statuses, by } = await examine({
      url: exchange.ews,
      auth: basic({ user: 'AllanD@contoso.com', password: DEFAULT_PASSWORD }),
      mailbox: 'AllanD@contoso.com',
      graph: { url: exchange.graph, auth: bearer(await token('Mail.ReadWrite Mail.Send.Shared')) },
    })
    expect(steps.map(({ id }) => id)).toEqual([
      'address',
      'name',
      'endpoint',
      'sign-in',
      'server',
      'impersonation',
      'delegates',
      'permissions',
      'graph',
      'throttling',
    ])
    expect(statuses).toMatchObject({
      name: 'ok',
      endpoint: 'ok',
      'sign-in': 'ok',
      delegates: 'ok',
      permissions: 'ok',
      graph: 'ok',
      throttling: 'ok',
      // Plain http, though to loopback.
      address: 'warning',
      // Nobody may impersonate by default.
      impersonation: 'warning',
    })
    expect(by('sign-in')?.finding).toBe('AllanD@contoso.com is let in, and the inbox can be opened.')
    expect(by('impersonation')?.next?.[0]).toContain(
      '-Role ApplicationImpersonation -User AllanD@contoso.com',
    )
    expect(by('throttling')?.finding).toMatch(
      /^\d+ requests, the slowest took \d+ ms; none was told to wait\.$/,
    )
  })

  test('changes nothing', async () => {
    const before = exchange.requests.entries().length
    await examine({
      url: exchange.ews,
      auth: basic({ user: 'admin@contoso.com', password: DEFAULT_PASSWORD }),
      mailbox: 'AllanD@contoso.com',
      impersonate: 'AllanD@contoso.com',
    })
    const operations = exchange.requests
      .entries()
      .slice(before)
      .flatMap(({ operation }) => operation ?? [])
    expect([...new Set(operations)].sort()).toEqual(['GetDelegate', 'GetFolder'])
  })

  test('an administrator may impersonate', async () => {
    const { by } = await examine({
      url: exchange.ews,
      auth: basic({ user: 'admin@contoso.com', password: DEFAULT_PASSWORD }),
      mailbox: 'AllanD@contoso.com',
    })
    expect(by('impersonation')).toMatchObject({ status: 'ok' })
  })

  test('somebody else is told what is missing', async () => {
    const { by } = await examine({
      url: exchange.ews,
      auth: basic({ user: 'PattiF@contoso.com', password: DEFAULT_PASSWORD }),
      mailbox: 'AllanD@contoso.com',
    })
    expect(by('sign-in')?.status).toBe('ok')
    expect(by('delegates')).toMatchObject({ status: 'failed', finding: expect.stringMatching(/^No: /) })
    expect(by('permissions')?.next?.join()).toContain('Get-MailboxPermission AllanD@contoso.com')
  })

  test('without credentials it is looked at from outside', async () => {
    const { statuses, by } = await examine({ url: exchange.ews })
    expect(statuses).toMatchObject({ endpoint: 'ok', 'sign-in': 'skipped', graph: 'skipped' })
    expect(by('endpoint')?.finding).toMatch(/^It offers .*Basic/)
  })
})

describe('what goes wrong is a finding', () => {
  test('a wrong password', async () => {
    const { by, statuses } = await examine({
      url: exchange.ews,
      auth: basic({ user: 'AllanD@contoso.com', password: 'geheim' }),
    })
    expect(by('sign-in')).toMatchObject({ status: 'failed', facts: { code: 'ERR_AUTHENTICATION' } })
    expect(statuses.delegates).toBeUndefined()
    expect(JSON.stringify(by('sign-in'))).not.toContain('geheim')
  })

  test('a name that does not exist ends the look at the server', async () => {
    const { statuses, by } = await examine({
      url: SERVER,
      lookup: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    })
    expect(statuses).toEqual({ address: 'ok', name: 'failed', graph: 'skipped', throttling: 'skipped' })
    expect(by('name')?.finding).toBe('The name mail.contoso.com is not known here (ENOTFOUND).')
  })

  test('an address that is not safe is not used', async () => {
    const { by, statuses } = await examine({ url: 'http://mail.contoso.com/EWS/Exchange.asmx' })
    expect(by('address')).toMatchObject({
      status: 'failed',
      finding: expect.stringContaining('not encrypted'),
    })
    expect(statuses.name).toBeUndefined()
  })

  test('neither address nor mailbox', async () => {
    expect((await examine({})).statuses).toMatchObject({ address: 'skipped' })
  })

  test.each([
    [404, {}, 'failed', /no EWS at/],
    [403, {}, 'failed', /refuses EWS before/],
    [302, { location: 'https://sso.contoso.com/' }, 'failed', /redirects to https:\/\/sso/],
    [302, { location: '/owa/errors/genericerrorpage.aspx' }, 'warning', /failed and showed its error page/],
    [302, { location: 'https://sts.contoso.com/adfs/ls/?x=1' }, 'failed', /sends us to a sign-in page/],
    [503, {}, 'warning', /cannot answer now/],
    [200, {}, 'warning', /asks nobody/],
    [401, { 'www-authenticate': 'Basic realm="x"' }, 'warning', /offers Basic, and not NTLM/],
    [401, { 'www-authenticate': 'Negotiate' }, 'ok', /offers Negotiate/],
    [
      401,
      { date: 'Fri, 20 Nov 2026 11:40:00 GMT', 'www-authenticate': 'NTLM' },
      'warning',
      /20 minutes apart/,
    ],
  ])('an endpoint that answers %i with %j', async (status, headers, verdict, finding) => {
    const { by } = await examine({
      url: SERVER,
      lookup,
      now,
      auth: {
        ...ntlm({ user: 'CONTOSO\\adele', password: 'x' }),
        transport: () => Promise.reject(new ConnectionError('ERR_CONNECTION', 'Not here.')),
      },
      transport: async () => ({
        status,
        statusText: '',
        body: '',
        headers: headers as Record<string, string>,
      }),
    })
    expect(by('endpoint')).toMatchObject({ status: verdict, finding: expect.stringMatching(finding) })
  })

  test('being stopped is thrown', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(
      examine({ url: exchange.ews, signal: stop.signal, auth: basic({ user: 'a', password: 'b' }) }),
    ).rejects.toThrow(expect.objectContaining({ code: 'ERR_ABORTED' }))
  })

  test.each([
    ['busy', busyFault],
    ['not answering in time', () => Promise.reject(new ConnectionError('ERR_TIMEOUT', 'No answer.'))],
  ])('a server that is %s does not say no', async (_, fail) => {
    const admin = basic({ user: 'admin@contoso.com', password: DEFAULT_PASSWORD })
    let letIn = false
    const { by, statuses } = await examine({
      url: exchange.ews,
      auth: admin,
      mailbox: 'AllanD@contoso.com',
      transport: async (request) => {
        const isOwnInbox = !letIn && request.method === 'POST'
        if (isOwnInbox) letIn = true
        return request.method === 'GET' || isOwnInbox ? httpTransport(request) : fail()
      },
    })
    expect(statuses).toMatchObject({
      'sign-in': 'ok',
      impersonation: 'warning',
      delegates: 'warning',
      permissions: 'warning',
      throttling: 'warning',
    })
    for (const id of ['impersonation', 'delegates', 'permissions'] as const) {
      expect(by(id)?.finding).toMatch(/^It could not be told: /)
      expect(by(id)?.next?.join() ?? '').not.toMatch(/New-ManagementRole|Get-MailboxPermission/)
    }
  })

  test('who is told to wait was let in', async () => {
    const { by } = await examine({
      url: exchange.ews,
      auth: basic({ user: 'admin@contoso.com', password: DEFAULT_PASSWORD }),
      transport: async (request) => (request.method === 'GET' ? httpTransport(request) : busyFault()),
    })
    expect(by('sign-in')).toMatchObject({
      status: 'warning',
      finding: expect.stringMatching(/^admin@contoso\.com is let in, but /),
    })
  })

  test('requests without an answer are counted, with the time they took', async () => {
    const { by } = await examine({
      url: SERVER,
      lookup,
      transport: () => Promise.reject(new ConnectionError('ERR_TIMEOUT', 'No answer.')),
    })
    expect(by('throttling')).toMatchObject({
      status: 'warning',
      finding: expect.stringMatching(/^1 request, .*; 1 got no answer\.$/),
      facts: { requests: 1, unanswered: 1 },
    })
  })

  test('a name service that does not answer is not waited for after the time-out', async () => {
    const { by } = await examine({ url: SERVER, timeoutMs: 20, lookup: () => new Promise(() => {}) })
    expect(by('name')).toMatchObject({
      status: 'failed',
      finding: expect.stringContaining('mail.contoso.com'),
      reason: 'The name service does not answer.',
    })
  })

  test('Ctrl-C ends the look-up of a name', async () => {
    const stop = new AbortController()
    const lookUp = () => {
      stop.abort()
      return new Promise<never>(() => {})
    }
    await expect(examine({ url: SERVER, signal: stop.signal, lookup: lookUp })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_ABORTED' }),
    )
  })

  test('being slowed down is noticed', async () => {
    const { by } = await examine({
      url: SERVER,
      lookup,
      transport: async () => ({ status: 503, statusText: '', body: '', headers: { 'retry-after': '5' } }),
    })
    expect(by('throttling')).toMatchObject({ status: 'warning', facts: { toldToWait: 1 } })
  })
})

describe('Exchange Online', () => {
  const claims = {
    aud: 'https://outlook.office365.com',
    exp: seconds('2026-11-20T13:00:00Z'),
    appid: APP,
    upn: 'adele@contoso.com',
    scp: 'EWS.AccessAsUser.All',
  }
  const online = async (options: Partial<DoctorOptions> & { token?: string }) => {
    const { token: given = jwt(claims), ...rest } = options
    return examine({
      url: ONLINE,
      lookup,
      now,
      auth: bearer(given),
      transport: async (request) =>
        request.method === 'GET'
          ? {
              status: 401,
              statusText: '',
              body: '',
              headers: { 'www-authenticate': 'Bearer client_id="x", trusted_issuers="y", Basic Realm=""' },
            }
          : { status: 403, statusText: '', body: '', headers: {} },
      ...rest,
    })
  }

  test('the calendar is told with the commands for this application', async () => {
    const { by } = await online({})
    expect(by('calendar')).toMatchObject({ status: 'warning', facts: { daysLeft: 132, appId: APP } })
    expect(by('calendar')?.next?.join()).toContain(APP)
  })

  test('a bare 403 names every gate', async () => {
    const { by } = await online({ mailbox: 'adele@contoso.com' })
    expect(by('sign-in')).toMatchObject({
      status: 'failed',
      facts: { code: 'ERR_FORBIDDEN', httpStatus: 403 },
    })
    expect(by('sign-in')?.next?.join()).toContain('Get-CASMailbox adele@contoso.com')
  })

  test.each([
    ['for Graph', { aud: 'https://graph.microsoft.com' }, 'failed', /each service takes its own/],
    ['for Graph, by its id', { aud: '00000003-0000-0000-c000-000000000000' }, 'failed', /takes its own/],
    ['that has expired', { exp: seconds('2026-11-20T11:00:00Z') }, 'failed', undefined],
    ['without the scope', { scp: 'Mail.Send' }, 'failed', /EWS\.AccessAsUser\.All/],
    [
      'of an application that impersonates nobody',
      { scp: undefined, roles: ['full_access_as_app'] },
      'failed',
      /only while it impersonates/,
    ],
    ['in order', {}, 'ok', undefined],
  ])('a token %s', async (_what, over, status, reason) => {
    const { by } = await online({ token: jwt({ ...claims, ...over }) })
    expect(by('token')?.status).toBe(status)
    if (reason) expect(by('token')?.reason).toMatch(reason)
    // The token itself stays out of what is printed.
    expect(JSON.stringify(by('token'))).not.toContain('eyJ')
  })

  test('an application without the role is warned, as Exchange may give the right itself', async () => {
    const { by } = await online({
      token: jwt({ ...claims, scp: undefined, roles: ['Mail.Send'] }),
      impersonate: 'adele@contoso.com',
    })
    expect(by('token')).toMatchObject({
      status: 'warning',
      reason: expect.stringContaining('RBAC for Applications'),
    })
  })

  test('is not told of a server of one’s own', async () => {
    const { statuses } = await examine({ url: exchange.ews })
    expect(statuses.calendar).toBeUndefined()
  })
})

test('without an address it is discovered for the mailbox', async () => {
  nock('https://contoso.com')
    .get('/autodiscover/autodiscover.json')
    .query(true)
    .reply(200, { Protocol: 'EWS', Url: SERVER })
  nock('https://mail.contoso.com').get('/EWS/Exchange.asmx').reply(401, '', { 'www-authenticate': 'NTLM' })
  const { by } = await examine({ mailbox: 'adele@contoso.com', lookup, timeoutMs: 2_000 })
  expect(by('address')).toMatchObject({ status: 'ok', finding: `${SERVER} was found for adele@contoso.com.` })
  expect(by('endpoint')?.finding).toBe('It offers NTLM.')
})

test('discovery keeps to the time-out, and shows no password to Exchange Online', async () => {
  const sent: HttpRequest[] = []
  const { by } = await examine({
    mailbox: 'adele@contoso.com',
    auth: basic({ user: 'CONTOSO\\svc', password: 'geheimnis' }),
    lookup,
    timeoutMs: 2_000,
    discovery: { resolveSrv: async () => [] },
    connection: { proxy: 'http://127.0.0.1:1' },
    transport: async (request) => {
      sent.push(request)
      const { host, pathname } = new URL(request.url)
      if (host !== 'outlook.office365.com') throw new ConnectionError('ERR_CONNECTION', 'No such host.')
      return pathname.includes('autodiscover')
        ? { status: 200, statusText: '', headers: {}, body: JSON.stringify({ Protocol: 'EWS', Url: ONLINE }) }
        : { status: 401, statusText: '', headers: { 'www-authenticate': 'Bearer' }, body: '' }
    },
  })
  expect([...new Set(sent.map(({ timeoutMs }) => timeoutMs))]).toEqual([2_000])
  expect(sent.some(({ headers }) => headers.authorization)).toBe(false)
  expect(by('sign-in')).toMatchObject({
    status: 'failed',
    finding: expect.stringContaining('not shown to Exchange Online'),
    next: [expect.stringContaining('--url')],
  })
})

test('each host is reached in its own way', async () => {
  const asked: string[] = []
  await examine({
    url: SERVER,
    lookup,
    connection: (url) => {
      asked.push(url.host)
      return { proxy: 'http://127.0.0.1:1' }
    },
    transport: async () => ({ status: 404, statusText: '', headers: {}, body: '' }),
  })
  expect(new Set(asked)).toEqual(new Set(['mail.contoso.com']))
})

test('a server that is not let go to by the name service of a proxy is not asked for', async () => {
  const { by } = await examine({
    url: SERVER,
    connection: { proxy: 'http://127.0.0.1:1' },
    lookup: () => expect.unreachable('the name was looked up here'),
    transport: async () => ({
      status: 401,
      statusText: '',
      body: '',
      headers: { 'www-authenticate': 'NTLM' },
    }),
  })
  expect(by('name')?.status).toBe('skipped')
  expect(by('tls')).toMatchObject({ status: 'failed', finding: expect.stringContaining('proxy') })
})
