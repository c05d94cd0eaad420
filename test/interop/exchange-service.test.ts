import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import {
  ClientCertificateCredentials,
  ConnectingIdType,
  DateTimePrecision,
  DelegateFolderPermissionLevel,
  DelegateUser,
  ExchangeService,
  ExchangeVersion,
  Folder,
  FolderId,
  ImpersonatedUserId,
  Mailbox,
  ManagementRoles,
  MeetingRequestsDeliveryScope,
  OAuthCredentials,
  TimeSpan,
  TimeZoneInfo,
  Uri,
  UserId,
  WebCredentials,
  WellKnownFolderName,
  XhrApi,
} from 'ews-javascript-api'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import type { HttpRequest, Transport } from '../../src/http/transport.ts'
import { delegateInputFrom, toDelegateUser } from '../../src/interop/delegate-user.ts'
import {
  clientOptionsFrom,
  type FromExchangeServiceOptions,
  fromExchangeService,
} from '../../src/interop/exchange-service.ts'
import { fromFolderId, toFolderId } from '../../src/interop/folder-id.ts'
import { LEFTOVERS, type Leftover } from '../../src/interop/leftovers.ts'
import { userRefFrom } from '../../src/interop/user-id.ts'
import { DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import * as d from '../simulator/ews-driver.ts'

const ews = d.useEws()
const owner = () => new Mailbox(d.OWNER)

function service(user: string = d.OWNER, version = ExchangeVersion.Exchange2013_SP1): ExchangeService {
  const result = new ExchangeService(version)
  result.Credentials = new WebCredentials(user, DEFAULT_PASSWORD)
  result.Url = new Uri(ews.simulator.ews)
  return result
}

/** What the client puts on the wire. */
function watched(): { requests: HttpRequest[]; transport: Transport } {
  const requests: HttpRequest[] = []
  return {
    requests,
    transport: (request) => {
      requests.push(request)
      return httpTransport(request)
    },
  }
}

async function token(username: string): Promise<string> {
  const scope = 'https://outlook.office365.com/EWS.AccessAsUser.All'
  const response = await fetch(ews.simulator.token, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', username, password: DEFAULT_PASSWORD, scope }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

beforeEach(async () => {
  // The machine's own proxy has no business in these tests.
  for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) vi.stubEnv(name, undefined)
  await ews.call(d.removeDelegate([d.DELEGATE, d.OTHER].map(d.smtp).join('')))
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('an automation that has an ExchangeService', () => {
  const adele = () => {
    const user = new DelegateUser(d.DELEGATE)
    user.Permissions.CalendarFolderPermissionLevel = DelegateFolderPermissionLevel.Editor
    return user
  }
  const change = () => {
    const user = new DelegateUser(d.DELEGATE)
    user.Permissions.InboxFolderPermissionLevel = DelegateFolderPermissionLevel.Author
    return user
  }
  const levels = async (exchange: ExchangeService) => {
    const [response] = (await exchange.GetDelegates(owner(), true)).DelegateUserResponses
    const permissions = response?.DelegateUser.Permissions
    return [permissions?.CalendarFolderPermissionLevel, permissions?.InboxFolderPermissionLevel].map(
      (level) => DelegateFolderPermissionLevel[level as DelegateFolderPermissionLevel],
    )
  }

  test('updates one level of a delegate in one line, and the others stay', async () => {
    const exchange = service()
    await exchange.AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, adele())
    // What it did before takes the calendar away.
    await exchange.UpdateDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, change())
    expect(await levels(exchange)).toEqual(['None', 'Author'])

    await exchange.UpdateDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, adele())
    const [outcome] = await fromExchangeService(exchange).updateDelegates(d.OWNER, [
      delegateInputFrom(change()),
    ])
    expect(outcome?.ok).toBe(true)
    expect(await levels(exchange)).toEqual(['Editor', 'Author'])
  })

  test('sends only what is named in a DelegateUser made here, even with its own UpdateDelegates', async () => {
    const exchange = service()
    await exchange.AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, adele())
    await exchange.UpdateDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      toDelegateUser({ user: d.DELEGATE, permissions: { inbox: 'Reviewer' } }),
    )
    const request = ews.simulator.requests.operations('UpdateDelegate').at(-1)?.requestBody
    expect(request?.match(/FolderPermissionLevel>/g)).toHaveLength(2)
    expect(request).not.toContain('ViewPrivateItems')
    expect(await levels(exchange)).toEqual(['Editor', 'Reviewer'])
  })

  test('removes a delegate by the UserId it read', async () => {
    const exchange = service()
    await exchange.AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, adele())
    const [response] = (await exchange.GetDelegates(owner(), false)).DelegateUserResponses
    const user = userRefFrom(response?.DelegateUser.UserId)
    expect(user).toEqual({ sid: ews.recipient(d.DELEGATE).sid })
    await fromExchangeService(exchange).removeDelegates(d.OWNER, [user])
    expect((await exchange.GetDelegates(owner(), false)).DelegateUserResponses).toEqual([])
  })

  test('sets custom rights, which it cannot itself, on a folder that it bound to, and goes on with the id', async () => {
    const exchange = service()
    const folder = await Folder.Bind(exchange, new FolderId(WellKnownFolderName.Contacts, owner()))
    const { folder: written, after } = await fromExchangeService(exchange).updateFolderPermissions(
      fromFolderId(folder.Id),
      { set: [{ user: d.OTHER, rights: { createItems: true, deleteItems: 'Owned' } }] },
    )
    expect(after.entries.find((entry) => entry.user.smtpAddress === d.OTHER)?.rights).toMatchObject({
      createItems: true,
      deleteItems: 'Owned',
    })
    expect((await Folder.Bind(exchange, toFolderId(written))).DisplayName).toBe('Contacts')
  })

  test('is told of entries that it does not see, before a write would lose them', async () => {
    ews.simulator.plantOddEntry(d.OWNER, 'tasks', { unknownEntry: 'S-1-5-21-9-9-9-9' })
    const client = fromExchangeService(service())
    const tasks = fromFolderId(new FolderId(WellKnownFolderName.Tasks, owner()))
    await expect(
      client.updateFolderPermissions(tasks, { set: [{ user: d.OTHER, level: 'Reviewer' }] }),
    ).rejects.toMatchObject({ code: 'ERR_PERMISSION_LOSS', unknownEntries: ['S-1-5-21-9-9-9-9'] })
  })
})

describe('sign-in', () => {
  test('WebCredentials are Basic, a domain with them', () => {
    const exchange = service('CONTOSO\\allan')
    expect(clientOptionsFrom(exchange).auth).toMatchObject({ describe: 'CONTOSO\\allan', scheme: 'Basic' })
    expect(clientOptionsFrom(exchange).auth.authorization()).toBe(d.basic('CONTOSO\\allan'))
  })

  test('NTLM of its XhrApi goes before the credentials', async () => {
    // It takes connections apart that NTLM signs in.
    nock.restore()
    const simulator = await startSimulator({ auth: ['ntlm'] })
    try {
      const exchange = service('nobody@contoso.com')
      exchange.Url = new Uri(simulator.ews)
      exchange.XHRApi = new XhrApi().useNtlmAuthentication('CONTOSO\\AllanD', DEFAULT_PASSWORD)
      exchange.HttpHeaders.Add('X-Asked-By', 'the automation')
      const client = fromExchangeService(exchange)
      await client.addDelegates(d.OWNER, [{ user: d.DELEGATE, permissions: { inbox: 'Reviewer' } }])
      expect((await client.getDelegates(d.OWNER)).delegates).toHaveLength(1)
      const { requestHeaders } = simulator.requests.operations('GetDelegate').at(-1) ?? {}
      expect(requestHeaders?.['x-asked-by']).toBe('the automation')
    } finally {
      await simulator.close()
      nock.activate()
    }
  })

  test('OAuthCredentials are a bearer token, and a token that was renewed is the one that is sent', async () => {
    const exchange = service()
    exchange.Credentials = new OAuthCredentials(await token(d.OWNER))
    const { requests, transport } = watched()
    const client = fromExchangeService(exchange, { transport })
    await client.getDelegates(d.OWNER)
    const renewed = await token(d.OWNER)
    exchange.Credentials = new OAuthCredentials(`Bearer ${renewed}`)
    await client.getDelegates(d.OWNER)
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringMatching(/^Bearer ey/),
      `Bearer ${renewed}`,
    ])
    exchange.Credentials = new WebCredentials(d.OWNER, DEFAULT_PASSWORD)
    await expect(client.getDelegates(d.OWNER)).rejects.toThrow(/no OAuthCredentials any more/)
  })

  test('credentials that extend OAuthCredentials to renew the token are asked for it each time', async () => {
    let asked = 0
    class Renewing extends OAuthCredentials {
      override PrepareWebRequest(request: { headers?: unknown }): void {
        ;(request.headers as Record<string, string>).Authorization = `Bearer token-${++asked}`
      }
    }
    const exchange = service()
    exchange.Credentials = new Renewing('a.b.c')
    const { auth } = clientOptionsFrom(exchange)
    expect([await auth.authorization(), await auth.authorization()]).toEqual([
      'Bearer token-2',
      'Bearer token-3',
    ])
  })

  test('an application’s token without impersonation is refused before anything is sent', () => {
    const claims = Buffer.from(JSON.stringify({ idtyp: 'app' })).toString('base64url')
    const exchange = service()
    exchange.Credentials = new OAuthCredentials(`eyJhbGciOiJub25lIn0.${claims}.x`)
    expect(() => fromExchangeService(exchange)).toThrow(/no mailbox of its own/)
    exchange.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, d.OWNER)
    expect(fromExchangeService(exchange)).toBeInstanceOf(EwsClient)
  })
})

describe('the mailbox and the request', () => {
  test.each([
    [ConnectingIdType.SmtpAddress, d.OWNER, ExchangeVersion.Exchange2013_SP1, 'SmtpAddress'],
    [ConnectingIdType.PrincipalName, d.OWNER, ExchangeVersion.Exchange2013_SP1, 'PrincipalName'],
    [ConnectingIdType.SID, undefined, ExchangeVersion.Exchange2013_SP1, 'SID'],
    [ConnectingIdType.SmtpAddress, d.OWNER, ExchangeVersion.Exchange2007_SP1, 'PrimarySmtpAddress'],
  ])('ConnectingIdType %i is the element that the package sends', async (type, address, version, element) => {
    const id = address ?? ews.recipient(d.OWNER).sid
    const exchange = service(d.ADMINISTRATOR, version)
    exchange.ImpersonatedUserId = new ImpersonatedUserId(type, id)
    await exchange.GetDelegates(owner(), false)
    await fromExchangeService(exchange).getDelegates(d.OWNER, { permissions: false })
    const sent = ews.simulator.requests.operations('GetDelegate').slice(-2)
    for (const { requestBody } of sent) {
      expect(requestBody).toContain(`<t:ConnectingSID><t:${element}>${id}</t:${element}></t:ConnectingSID>`)
      expect(requestBody).toContain(`Version="${ExchangeVersion[version]}"`)
    }
  })

  const versions = Object.values(ExchangeVersion).filter(
    (version) => typeof version === 'number' && version < 100,
  ) as ExchangeVersion[]
  test.each(versions)('version %i is taken over by its name', (version) => {
    expect(clientOptionsFrom(service(d.OWNER, version)).version).toBe(ExchangeVersion[version])
  })

  test('time-out, user agent, time zone and headers are taken over', async () => {
    const exchange = service()
    exchange.Timeout = 12_345
    exchange.UserAgent = 'Onboarding/2.1'
    exchange.ClientRequestId = '11111111-2222-4333-8444-555555555555'
    exchange.HttpHeaders.Add('X-AnchorMailbox', d.OTHER)
    Object.assign(exchange, { timeZone: TimeZoneInfo.FindSystemTimeZoneById('W. Europe Standard Time') })
    const { requests, transport } = watched()
    await fromExchangeService(exchange, { transport }).getFolder({ distinguishedFolder: 'inbox' })
    expect(requests[0]).toMatchObject({
      timeoutMs: 12_345,
      headers: {
        'user-agent': 'Onboarding/2.1 (ExchangeServicesClient/undefined)',
        'client-request-id': '11111111-2222-4333-8444-555555555555',
        'x-anchormailbox': d.OTHER,
        authorization: d.basic(d.OWNER),
      },
      body: expect.stringContaining('<t:TimeZoneDefinition Id="W. Europe Standard Time"/>'),
    })
  })

  test('what nobody set stays the client’s own', () => {
    const { auth, ...options } = clientOptionsFrom(service())
    expect(options).toEqual({ url: ews.simulator.ews, version: 'Exchange2013_SP1', timeoutMs: 100_000 })
  })

  test('the ending for WS-Security is taken off the URL, as its credentials do it', () => {
    const exchange = service()
    exchange.Url = new Uri('https://mail.contoso.com/EWS/Exchange.asmx/WSSecurity')
    expect(clientOptionsFrom(exchange).url).toBe('https://mail.contoso.com/EWS/Exchange.asmx')
  })

  test('options go before what the service has', async () => {
    const exchange = service(d.STRANGER)
    exchange.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, d.STRANGER)
    const options: FromExchangeServiceOptions = {
      auth: basic({ user: d.ADMINISTRATOR, password: DEFAULT_PASSWORD }),
      impersonate: d.OWNER,
      version: 'Exchange2016',
      timeoutMs: 1_000,
      userAgent: 'mine',
    }
    expect(clientOptionsFrom(exchange, options)).toEqual({ ...options, url: ews.simulator.ews })
    // As JavaScript gives it.
    const undefinedAuth = { auth: undefined } as unknown as FromExchangeServiceOptions
    expect(clientOptionsFrom(exchange, undefinedAuth).auth.describe).toBe(d.STRANGER)
    expect((await fromExchangeService(exchange, options).getDelegates(d.OWNER)).delegates).toEqual([])
  })
})

describe('the connection', () => {
  test('certificates that its XhrApi takes unseen are taken unseen', async () => {
    const simulator = await startSimulator({ tls: true })
    try {
      const exchange = service()
      exchange.Url = new Uri(simulator.ews)
      await expect(fromExchangeService(exchange).getDelegates(d.OWNER)).rejects.toMatchObject({
        code: 'ERR_CONNECTION',
      })
      exchange.XHRApi = new XhrApi(true)
      expect((await fromExchangeService(exchange).getDelegates(d.OWNER)).delegates).toEqual([])
      exchange.XHRApi = new XhrApi({ rejectUnauthorized: false })
      expect((await fromExchangeService(exchange).getDelegates(d.OWNER)).delegates).toEqual([])
    } finally {
      await simulator.close()
    }
  })

  test('a proxy of its XhrApi is gone through, and one of the environment, as axios does it', async () => {
    // It would put sockets of its own in the place of the tunnel's.
    nock.restore()
    const tunnels: string[] = []
    const sockets = new Set<Socket>()
    const proxy = createServer()
    proxy.on('connect', (incoming, client: Socket) => {
      tunnels.push(`${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`.trim())
      const { port } = new URL(ews.simulator.ews)
      const server = connect(Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        client.pipe(server).pipe(client)
      })
      for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined))
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    // This machine is never asked for through a proxy of the environment.
    const url = new URL(ews.simulator.ews)
    url.hostname = 'mail.contoso.example'
    const elsewhere = () => Object.assign(service(), { Url: new Uri(url.href) })
    const list = (exchange: ExchangeService) =>
      fromExchangeService(exchange, { allowPlainHttp: true }).getDelegates(d.OWNER)
    try {
      const exchange = elsewhere()
      exchange.XHRApi = new XhrApi().useProxy(address, 'adele', 'p@ss:word')
      await list(exchange)
      vi.stubEnv('NO_PROXY', '')
      vi.stubEnv('no_proxy', '')
      vi.stubEnv('HTTP_PROXY', address)
      await list(elsewhere())
      expect(tunnels).toEqual([`${url.host} ${d.basic('adele', 'p@ss:word')}`, url.host])
      const without = elsewhere()
      without.XHRApi = new XhrApi({ proxy: false })
      expect(clientOptionsFrom(without)).not.toHaveProperty('transport')
    } finally {
      nock.activate()
      for (const socket of sockets) socket.destroy()
      proxy.close()
    }
  })

  test('options of its requests that mean something here are taken over', () => {
    const exchange = service()
    exchange.XHRApi = new XhrApi({ headers: { 'X-From': 'axios' }, timeout: 7_000, decompress: true })
    expect(clientOptionsFrom(exchange)).toMatchObject({ timeoutMs: 7_000, transport: expect.any(Function) })
  })
})

class Own extends WebCredentials {}
const set = (properties: object) => (exchange: ExchangeService) => void Object.assign(exchange, properties)

describe('what cannot be taken over is refused by its name', () => {
  test.each<[string, (exchange: ExchangeService) => void, RegExp, Leftover]>([
    [
      'cookies',
      set({ XHRApi: new XhrApi().useCookieAuthentication('allan', 'secret-1') }),
      /sign-in with cookies \(useCookieAuthentication\)/,
      'XHRApi',
    ],
    [
      'a sign-in provider',
      (exchange) => {
        const xhr = new XhrApi()
        xhr.setAuthProvider({ providerName: 'mine' } as never)
        exchange.XHRApi = xhr
      },
      /the sign-in provider of your own/,
      'XHRApi',
    ],
    [
      'an XHRApi',
      set({ XHRApi: { xhr() {}, xhrStream() {}, disconnect() {} } }),
      /XHRApi of your own/,
      'XHRApi',
    ],
    [
      'a class that extends XhrApi',
      set({ XHRApi: new (class Retrying extends XhrApi {})() }),
      /XHRApi Retrying/,
      'XHRApi',
    ],
    ['an agent', set({ XHRApi: new XhrApi({ httpsAgent: {} }) }), /the XhrApi option httpsAgent/, 'XHRApi'],
    [
      'a proxy for axios',
      set({ XHRApi: new XhrApi({ proxy: { host: 'proxy', port: 1 } }) }),
      /the XhrApi option proxy/,
      'XHRApi',
    ],
    ['a Cookie', (exchange) => exchange.HttpHeaders.Add('Cookie', 'a=b'), /the header Cookie/, 'HttpHeaders'],
    [
      'another Authorization',
      (exchange) => exchange.HttpHeaders.Add('Authorization', 'Basic QWxhZGRpbg=='),
      /the header Authorization/,
      'HttpHeaders',
    ],
    [
      'a time zone of its own',
      set({ timeZone: TimeZoneInfo.CreateCustomTimeZone('Mars', TimeSpan.FromHours(1), 'Mars', 'Mars') }),
      /the time zone "Mars" with rules of its own/,
      'TimeZone',
    ],
    [
      'a precision',
      set({ DateTimePrecision: DateTimePrecision.Milliseconds }),
      /DateTimePrecision/,
      'DateTimePrecision',
    ],
    [
      'roles',
      set({ ManagementRoles: new ManagementRoles(['MailboxSearch'], []) }),
      /ManagementRoles/,
      'ManagementRoles',
    ],
    ['a privileged user', set({ PrivilegedUserId: {} }), /PrivilegedUserId/, 'PrivilegedUserId'],
    [
      'SOAP headers',
      set({ OnSerializeCustomSoapHeaders: () => undefined }),
      /SOAP headers of your own/,
      'OnSerializeCustomSoapHeaders',
    ],
    [
      'no version',
      set({ SuppressXmlVersionHeader: true }),
      /requests without a version/,
      'SuppressXmlVersionHeader',
    ],
  ])('%s', (_, change, message, name) => {
    const exchange = service()
    change(exchange)
    let error: unknown
    try {
      fromExchangeService(exchange)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(`Or go without: { leaveOut: ['${name}'] }.`),
    })
    expect(JSON.stringify(error)).not.toMatch(/secret-1|QWxhZGRpbg/)
    expect(fromExchangeService(exchange, { leaveOut: [name] })).toBeInstanceOf(EwsClient)
  })

  test('all of it at once', () => {
    const exchange = service()
    exchange.XHRApi = new XhrApi().useCookieAuthentication('allan', 'secret-1')
    exchange.HttpHeaders.Add('Cookie', 'a=b')
    expect(() => fromExchangeService(exchange)).toThrow(
      /^The ExchangeService has what an EwsClient does not take over: sign-in with cookies \(useCookieAuthentication\); the header Cookie\.$/,
    )
    expect(fromExchangeService(exchange, { leaveOut: LEFTOVERS })).toBeInstanceOf(EwsClient)
  })

  test('what is left out is not sent', async () => {
    const exchange = service()
    exchange.HttpHeaders.Add('Cookie', 'a=b')
    const { requests, transport } = watched()
    await fromExchangeService(exchange, { leaveOut: ['HttpHeaders'], transport }).getDelegates(d.OWNER)
    expect(requests[0]?.headers).not.toHaveProperty('cookie')
  })

  test('an option in its place will do', async () => {
    const exchange = service()
    exchange.XHRApi = { xhr() {}, xhrStream() {}, disconnect() {} } as never
    const { transport } = watched()
    expect((await fromExchangeService(exchange, { transport }).getDelegates(d.OWNER)).delegates).toEqual([])
    exchange.XHRApi = new XhrApi().useCookieAuthentication('allan', 'secret-1')
    const auth = basic({ user: d.OWNER, password: DEFAULT_PASSWORD })
    expect((await fromExchangeService(exchange, { auth }).getDelegates(d.OWNER)).delegates).toEqual([])
  })

  test('NTLM over a transport of one’s own', () => {
    const exchange = service()
    exchange.XHRApi = new XhrApi().useNtlmAuthentication('CONTOSO\\allan', 'secret-1')
    expect(() => fromExchangeService(exchange, { transport: httpTransport })).toThrow(/NTLM over a transport/)
  })

  test.each<[string, (exchange: ExchangeService) => void, RegExp]>([
    ['no Url', set({ Url: null }), /has no Url/],
    ['no Credentials', set({ Credentials: null }), /has no Credentials/],
    ['WebCredentials without a user', set({ Credentials: new WebCredentials() }), /no user name/],
    [
      'a client certificate',
      set({ Credentials: new ClientCertificateCredentials() }),
      /cannot sign in with ClientCertificateCredentials/,
    ],
    ['credentials of its own', set({ Credentials: new Own('a', 'b') }), /cannot sign in with Own/],
    ['nobody to impersonate', set({ ImpersonatedUserId: new ImpersonatedUserId() }), /has no Id/],
    [
      'an unknown kind of impersonation',
      set({ ImpersonatedUserId: new ImpersonatedUserId(7 as ConnectingIdType, 'x') }),
      /There is no ConnectingIdType 7/,
    ],
    [
      'a header that breaks the line',
      (exchange) => exchange.HttpHeaders.Add('X-A', 'b\r\nX-Injected: 1'),
      /The header "X-A" cannot be sent/,
    ],
    ['plain http to another machine', set({ Url: new Uri('http://mail.contoso.com/') }), /http/],
  ])('%s, whatever is left out', (_, change, message) => {
    const exchange = service()
    change(exchange)
    expect(() => fromExchangeService(exchange, { leaveOut: LEFTOVERS })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_INPUT', message: expect.stringMatching(message) }),
    )
  })

  test('something that is no ExchangeService, and a name that there is none of', () => {
    for (const other of [undefined, null, 'x', {}, new UserId()]) {
      expect(() => fromExchangeService(other as never)).toThrow(/not an ExchangeService/)
    }
    expect(() => fromExchangeService(service(), { leaveOut: ['Cookies' as Leftover] })).toThrow(
      /leaveOut does not know "Cookies"/,
    )
  })
})
