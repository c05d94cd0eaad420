import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'
import { type DiscoverOptions, discover, requireEwsUrl } from '../../src/discovery/discover.ts'
import { fileDiscoveryCache } from '../../src/discovery/discovery-cache.ts'
import { ConnectionError } from '../../src/errors.ts'
import { connectTransport } from '../../src/http/connect-transport.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts'
import { selfSigned } from '../helpers/self-signed.ts'

const ADDRESS = 'adele@contoso.com'
const EWS = 'https://mail.contoso.com/EWS/Exchange.asmx'
const JSON_URL = (host: string, address = ADDRESS) =>
  `https://${host}/autodiscover/autodiscover.json?Email=${encodeURIComponent(address)}&Protocol=EWS`
const jsonAnswer = (url = EWS) => ({ status: 200, body: JSON.stringify({ Protocol: 'Ews', Url: url }) })

const AUTODISCOVER = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'
const soapAnswer = (inner: string) => ({
  status: 200,
  body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetUserSettingsResponseMessage xmlns="${AUTODISCOVER}"><Response xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse>${inner}</UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`,
})
const soapSettings = (...pairs: [string, string][]) =>
  soapAnswer(
    `<ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage><RedirectTarget i:nil="true"/><UserSettingErrors/><UserSettings>${pairs.map(([name, value]) => `<UserSetting i:type="StringSetting"><Name>${name}</Name><Value>${value}</Value></UserSetting>`).join('')}</UserSettings>`,
  )
const poxAnswer = (account: string) => ({
  status: 200,
  body: `<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><User><DisplayName>Adele</DisplayName></User><Account><AccountType>email</AccountType>${account}</Account></Response></Autodiscover>`,
})
const poxError = (message: string) => ({
  status: 200,
  body: `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Error><ErrorCode>600</ErrorCode><Message>${message}</Message></Error></Response></Autodiscover>`,
})
const signIn = { status: 401, headers: { 'www-authenticate': 'Negotiate, NTLM, Basic realm="mail"' } }

type Reply = Partial<HttpResponse>
/** A network in which only the hosts named exist. */
function network(routes: Record<string, Reply | ((request: HttpRequest) => Reply)>): {
  transport: Transport
  sent: HttpRequest[]
} {
  const sent: HttpRequest[] = []
  return {
    sent,
    transport: async (request) => {
      sent.push(request)
      const { origin, pathname } = new URL(request.url)
      const found = routes[request.url] ?? routes[origin + pathname] ?? routes[origin]
      if (!found) {
        throw new ConnectionError(
          'ERR_CONNECTION',
          `${new URL(request.url).host} cannot be reached: no such host name.`,
        )
      }
      const reply = typeof found === 'function' ? found(request) : found
      return { status: 404, statusText: '', headers: {}, body: '', ...reply }
    },
  }
}
const noSrv: DiscoverOptions['resolveSrv'] = () => Promise.reject(new Error('ENOTFOUND'))
const outline = (steps: Awaited<ReturnType<typeof discover>>['steps']) =>
  steps.map(({ method, url, outcome }) => `${method} ${url.split('/autodiscover/')[0]} ${outcome}`)
const withCredentials = (request: HttpRequest, reply: Reply): Reply =>
  request.headers.authorization ? reply : signIn

describe('discover', () => {
  test('asks every place in the documented order when nobody answers', async () => {
    const { transport } = network({})
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found).toMatchObject({ ewsUrl: undefined, exchangeOnline: false })
    expect(outline(found.steps)).toEqual([
      'json https://contoso.com unreachable',
      'json https://autodiscover.contoso.com unreachable',
      'probe http://autodiscover.contoso.com unreachable',
      'srv _autodiscover._tcp.contoso.com nothing',
      'json https://outlook.office365.com unreachable',
    ])
    expect(() => requireEwsUrl(found)).toThrow(`No EWS address was found for ${ADDRESS}.`)
  })

  test('the web site of a domain is not an autodiscover service, whatever it answers', async () => {
    const { transport, sent } = network({
      'https://contoso.com': { status: 200, body: '<!doctype html><html><body>Welcome</body></html>' },
      'https://autodiscover.contoso.com': jsonAnswer(),
    })
    const found = await discover(ADDRESS, {
      transport,
      resolveSrv: noSrv,
      auth: basic({ user: 'adele', password: 'secret' }),
    })
    expect(found.ewsUrl).toBe(EWS)
    expect(outline(found.steps).slice(0, 4)).toEqual([
      'json https://contoso.com nothing',
      'soap https://contoso.com nothing',
      'pox https://contoso.com nothing',
      'json https://autodiscover.contoso.com found',
    ])
    expect(sent.some(({ headers }) => headers.authorization)).toBe(false)
  })

  test('a server that shows the password back has it neither in a step nor in the trace', async () => {
    const password = 'S3cr3t pass"word'
    const traces: string[] = []
    const { transport } = network({
      'https://contoso.com': {},
      'https://autodiscover.contoso.com': {},
      'https://autodiscover.contoso.com/autodiscover/autodiscover.svc': (request) =>
        withCredentials(request, {
          status: 302,
          headers: { location: `https://a.contoso.com/${encodeURIComponent(password)}` },
        }),
      'https://contoso.com/autodiscover/autodiscover.xml': (request) =>
        withCredentials(
          request,
          poxError(
            `you sent ${Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()}`,
          ),
        ),
    })
    const found = await discover(ADDRESS, {
      transport,
      resolveSrv: noSrv,
      auth: basic({ user: 'adele', password }),
      trace: ({ text }) => traces.push(text),
    })
    const shown = JSON.stringify(found) + traces.join()
    expect(shown).toContain('you sent adele:[redacted]')
    expect(shown).toContain('https://a.contoso.com/[redacted]')
    expect(shown).not.toContain('S3cr3t')
    expect(() => requireEwsUrl(found)).toThrow(ConnectionError)
  })

  test.each([
    ['a password', basic({ user: 'CONTOSO\\svc', password: 'secret' })],
    ['Kerberos', { describe: 'svc', scheme: 'Negotiate' as const, authorization: () => 'Negotiate YII=' }],
  ])('%s for a server of one’s own is not shown to Exchange Online', async (_, auth) => {
    const { transport, sent } = network({ 'https://outlook.office365.com': signIn })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv, auth })
    expect(found.steps.at(-1)).toMatchObject({
      outcome: 'sign-in',
      detail: expect.stringContaining('not shown to Exchange Online'),
    })
    expect(sent.some(({ headers }) => headers.authorization)).toBe(false)
  })

  test('Exchange Online is asked in the cloud that is named', async () => {
    const { transport, sent } = network({ 'https://outlook.office365.us': jsonAnswer() })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv, cloud: 'usgov' })
    expect(found.ewsUrl).toBe(EWS)
    expect(sent.at(-1)?.url).toBe(JSON_URL('outlook.office365.us'))
    expect(sent.some(({ url }) => url.includes('office365.com'))).toBe(false)
  })

  test('a name service that does not answer is not waited for after the time-out, nor after Ctrl-C', async () => {
    const { transport } = network({ 'https://outlook.office365.com': jsonAnswer() })
    const silent: DiscoverOptions['resolveSrv'] = () => new Promise(() => {})
    const found = await discover(ADDRESS, { transport, resolveSrv: silent, timeoutMs: 20 })
    expect(found.ewsUrl).toBe(EWS)
    expect(found.steps.at(-2)).toMatchObject({
      method: 'srv',
      outcome: 'unreachable',
      detail: 'the name service did not answer within 0.02 s',
    })
    const stop = new AbortController()
    await expect(
      discover(ADDRESS, {
        transport,
        signal: stop.signal,
        resolveSrv: () => {
          stop.abort()
          return new Promise(() => {})
        },
      }),
    ).rejects.toThrow(expect.objectContaining({ code: 'ERR_ABORTED' }))
  })

  test('JSON V2 is asked as Microsoft describes it', async () => {
    const { transport, sent } = network({ 'https://contoso.com': jsonAnswer() })
    await discover('o’neil+x@contoso.com', { transport })
    expect(sent[0]?.url).toBe(
      'https://contoso.com/autodiscover/autodiscover.json?Email=o%E2%80%99neil%2Bx%40contoso.com&Protocol=EWS',
    )
    expect(sent[0]).toMatchObject({ method: 'GET' })
  })

  test('SOAP answers with the address for outside, once it knows who asks', async () => {
    const { transport, sent } = network({
      'https://contoso.com/autodiscover/autodiscover.json': {},
      'https://contoso.com/autodiscover/autodiscover.svc': (request) =>
        withCredentials(
          request,
          soapSettings(
            ['InternalEwsUrl', 'https://ex01.contoso.local/EWS/Exchange.asmx'],
            ['ExternalEwsUrl', EWS],
            ['EwsSupportedSchemas', 'Exchange2007, Exchange2013_SP1'],
          ),
        ),
    })
    const found = await discover(ADDRESS, { transport, auth: basic({ user: 'adele', password: 'secret' }) })
    expect(found.ewsUrl).toBe(EWS)
    // Nothing is shown to a host that did not ask.
    expect(sent.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, false, true])
    expect(sent.at(-1)?.headers.soapaction).toBe(`"${AUTODISCOVER}/Autodiscover/GetUserSettings"`)
  })

  test('POX answers where SOAP is not there', async () => {
    const { transport } = network({
      'https://contoso.com': {},
      'https://contoso.com/autodiscover/autodiscover.xml': (request) =>
        withCredentials(
          request,
          poxAnswer(
            `<Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>https://ex01/EWS/Exchange.asmx</EwsUrl></Protocol><Protocol><Type>EXPR</Type><ASUrl>${EWS}</ASUrl></Protocol>`,
          ),
        ),
    })
    const found = await discover(ADDRESS, { transport, auth: basic({ user: 'adele', password: 'x' }) })
    expect(found.ewsUrl).toBe(EWS)
    expect(found.steps.at(-1)).toMatchObject({ method: 'pox', outcome: 'found' })
  })

  test('without credentials it says who asks for them, and what is offered', async () => {
    const { transport } = network({ 'https://contoso.com': signIn })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.steps[1]).toMatchObject({
      outcome: 'sign-in',
      detail: 'asks to sign in (Negotiate, NTLM, Basic); no credentials are given',
    })
    expect(() => requireEwsUrl(found)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('contoso.com asks to sign in') }),
    )
  })

  test('a password that is refused is sent once, to whatever host and in whatever form', async () => {
    const { transport, sent } = network({
      'https://contoso.com': signIn,
      'https://autodiscover.contoso.com': signIn,
    })
    const found = await discover(ADDRESS, {
      transport,
      resolveSrv: noSrv,
      auth: basic({ user: 'adele', password: 'mistyped' }),
    })
    expect(sent.filter(({ headers }) => headers.authorization)).toHaveLength(1)
    expect(found.steps.filter(({ httpStatus }) => httpStatus === 401).map(({ detail }) => detail)).toEqual([
      'asks to sign in (Negotiate, NTLM, Basic) and does not take this one',
      ...Array(5).fill(
        'asks to sign in (Negotiate, NTLM, Basic); this sign-in was refused before and is not tried again',
      ),
    ])
    expect(() => requireEwsUrl(found)).toThrow(
      expect.objectContaining({
        hint: 'contoso.com asks to sign in (Negotiate, NTLM, Basic) and does not take this one.',
      }),
    )
  })

  test('a password that was not judged, as the host takes other ways alone, is tried at the next', async () => {
    const { transport } = network({
      'https://contoso.com': { status: 401, headers: { 'www-authenticate': 'Negotiate, NTLM' } },
      'https://autodiscover.contoso.com/autodiscover/autodiscover.json': {},
      'https://autodiscover.contoso.com/autodiscover/autodiscover.svc': (request) =>
        withCredentials(request, soapSettings(['ExternalEwsUrl', EWS])),
    })
    const found = await discover(ADDRESS, { transport, auth: basic({ user: 'adele', password: 'x' }) })
    expect(found.ewsUrl).toBe(EWS)
    expect(found.steps.filter(({ outcome }) => outcome === 'refused')).toHaveLength(3)
  })

  test('a token for Exchange Online is not shown to the web site of the domain', async () => {
    const { transport, sent } = network({ 'https://contoso.com': signIn })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv, auth: bearer('opaque-token') })
    expect(sent.some(({ headers }) => headers.authorization)).toBe(false)
    expect(found.steps[0]?.detail).toContain('a token for Exchange Online is not shown to another host')
  })
})

describe('redirects', () => {
  const online = {
    'http://autodiscover.contoso.com': {
      status: 302,
      headers: { location: 'https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml' },
    },
    [JSON_URL('autodiscover-s.outlook.com')]: jsonAnswer('https://outlook.office365.com/EWS/Exchange.asmx'),
  }

  test('of the unencrypted address lead to Exchange Online, with consent', async () => {
    const { transport, sent } = network(online)
    const asked: string[] = []
    const found = await discover(ADDRESS, {
      transport,
      auth: basic({ user: 'adele', password: 'secret' }),
      allowRedirect: (target) => {
        asked.push(target.host)
        return true
      },
    })
    expect(found).toMatchObject({
      ewsUrl: 'https://outlook.office365.com/EWS/Exchange.asmx',
      exchangeOnline: true,
    })
    expect(asked).toEqual(['autodiscover-s.outlook.com'])
    const plain = sent.filter(({ url }) => url.startsWith('http:'))
    expect(plain).toHaveLength(1)
    expect(plain[0]?.headers.authorization).toBeUndefined()
    expect(plain[0]?.body).toBeUndefined()
  })

  test('without consent are told and not followed', async () => {
    const { transport, sent } = network(online)
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.steps.find(({ method }) => method === 'probe')).toMatchObject({
      outcome: 'redirected',
      detail: 'to https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml, which was not agreed to',
    })
    expect(sent.some(({ url }) => url.includes('autodiscover-s'))).toBe(false)
  })

  test('inside the domain of the address need no consent', async () => {
    const { transport } = network({
      'https://contoso.com': (request) => ({
        status: 301,
        headers: { location: request.url.replace('//contoso.com', '//www.contoso.com') },
      }),
      'https://www.contoso.com': jsonAnswer(),
    })
    expect((await discover(ADDRESS, { transport })).ewsUrl).toBe(EWS)
  })

  test.each([
    ['http://mail.contoso.com/autodiscover/autodiscover.xml', 'https alone'],
    ['ftp://mail.contoso.com/', 'https alone'],
    ['https://user:password@mail.contoso.com/', 'https alone'],
    ['', 'to nowhere'],
  ])('to %j are not followed', async (location, why) => {
    const { transport, sent } = network({ 'https://contoso.com': { status: 302, headers: { location } } })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv, allowRedirect: () => true })
    if (location !== '') {
      expect(found.steps[0]?.detail).toContain(why)
      expect(sent.some(({ url }) => url.startsWith(location.slice(0, 12)) && url.includes('mail'))).toBe(
        false,
      )
    }
    expect(found.ewsUrl).toBeUndefined()
  })

  test('that go round in a circle end', async () => {
    const { transport, sent } = network({
      'https://contoso.com': (request) => ({
        status: 302,
        headers: { location: request.url.replace('//contoso', '//a.contoso') },
      }),
      'https://a.contoso.com': (request) => ({
        status: 302,
        headers: { location: request.url.replace('//a.contoso', '//contoso') },
      }),
    })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.ewsUrl).toBeUndefined()
    expect(sent.length).toBeLessThan(15)
  })

  test('are followed ten times, and no more', async () => {
    let hop = 0
    const { transport, sent } = network(
      new Proxy(
        {},
        {
          get: () => () => ({
            status: 302,
            headers: { location: `https://h${++hop}.contoso.com/autodiscover/autodiscover.json` },
          }),
        },
      ),
    )
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.ewsUrl).toBeUndefined()
    const hosts = sent.map(({ url }) => new URL(url).hostname).filter((host) => /^h\d+\./.test(host))
    expect(hosts).toEqual(Array.from({ length: 10 }, (_, index) => `h${index + 1}.contoso.com`))
    expect(found.steps[10]?.detail).toContain('that were too many')
  })

  test('over hosts and addresses are counted together', async () => {
    let hop = 0
    const next = () => `${++hop}.example.com`
    const { transport } = network(
      new Proxy(
        {},
        {
          get: () => (request: HttpRequest) =>
            request.method === 'POST' && request.url.endsWith('.xml')
              ? poxAnswer(`<Action>redirectAddr</Action><RedirectAddr>adele@${next()}</RedirectAddr>`)
              : request.url.endsWith('.json')
                ? { status: 404 }
                : {
                    status: 302,
                    headers: { location: `https://${next()}/autodiscover/autodiscover.xml` },
                  },
        },
      ),
    )
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv, allowRedirect: () => true })
    const followed = found.steps.filter(
      ({ outcome, detail }) => outcome === 'redirected' && !/not followed|nowhere new/.test(detail),
    )
    expect(followed).toHaveLength(10)
  })

  test('to another address start over with it (hybrid)', async () => {
    const { transport } = network({
      'https://contoso.com': {},
      'https://contoso.com/autodiscover/autodiscover.svc': (request) =>
        withCredentials(
          request,
          soapAnswer(
            '<ErrorCode>RedirectAddress</ErrorCode><ErrorMessage/><RedirectTarget>adele@contoso.mail.onmicrosoft.com</RedirectTarget>',
          ),
        ),
      [JSON_URL('contoso.mail.onmicrosoft.com', 'adele@contoso.mail.onmicrosoft.com')]: jsonAnswer(
        'https://outlook.office365.com/EWS/Exchange.asmx',
      ),
    })
    const found = await discover(ADDRESS, { transport, auth: basic({ user: 'adele', password: 'x' }) })
    expect(found).toMatchObject({ address: ADDRESS, exchangeOnline: true })
    expect(found.steps[1]?.detail).toBe('the mailbox is known as adele@contoso.mail.onmicrosoft.com')
  })

  test('named inside an answer are treated like those of HTTP', async () => {
    const routes = {
      'https://contoso.com': {},
      'https://contoso.com/autodiscover/autodiscover.xml': poxAnswer(
        '<Action>redirectUrl</Action><RedirectUrl>https://hoster.example/custom/path.xml</RedirectUrl>',
      ),
      'https://hoster.example/custom/path.xml': poxAnswer(
        `<Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>${EWS}</EwsUrl></Protocol>`,
      ),
    }
    const refused = await discover(ADDRESS, { ...network(routes), resolveSrv: noSrv })
    expect(refused.ewsUrl).toBeUndefined()
    const agreed = await discover(ADDRESS, {
      ...network(routes),
      resolveSrv: noSrv,
      allowRedirect: ({ host }) => host === 'hoster.example',
    })
    expect(agreed.ewsUrl).toBe(EWS)
  })

  test('of an SRV record lead to its host and port', async () => {
    const { transport } = network({ 'https://mail.contoso.com:8443': jsonAnswer() })
    const found = await discover(ADDRESS, {
      transport,
      resolveSrv: async (name) =>
        name === '_autodiscover._tcp.contoso.com' ? [{ name: 'mail.contoso.com', port: 8443 }] : [],
    })
    expect(found.ewsUrl).toBe(EWS)
  })
})

describe('answers', () => {
  test('that name an unencrypted endpoint are not taken', async () => {
    const { transport } = network({
      'https://contoso.com': jsonAnswer('http://mail.contoso.com/EWS/Exchange.asmx'),
    })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.ewsUrl).toBeUndefined()
    expect(found.steps[0]?.detail).toContain('not https')
  })

  test.each([
    [
      'soap',
      soapAnswer('<ErrorCode>InvalidUser</ErrorCode><ErrorMessage>The user is unknown.</ErrorMessage>'),
    ],
    ['soap', soapSettings(['EwsSupportedSchemas', 'Exchange2013'])],
    [
      'pox',
      {
        status: 200,
        body: '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Error Time="1" Id="2"><ErrorCode>600</ErrorCode><Message>Invalid Request</Message><DebugData/></Error></Response></Autodiscover>',
      },
    ],
    ['json', { status: 400, body: '{"ErrorCode":"ProtocolNotSupported","ErrorMessage":"No EWS here."}' }],
  ])('of %s that refuse are told in the service’s words, and the search goes on', async (method, answer) => {
    const path = { soap: 'svc', pox: 'xml', json: 'json' }[method]
    const { transport } = network({
      'https://contoso.com': {},
      [`https://contoso.com/autodiscover/autodiscover.${path}`]: answer,
      'https://autodiscover.contoso.com': jsonAnswer(),
    })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.steps.find((step) => step.outcome === 'refused')?.method).toBe(method)
    expect(found.ewsUrl).toBe(EWS)
  })

  test.each([
    '',
    '<',
    '{',
    '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    `${'<a>'.repeat(100)}`,
    'null',
    '[]',
    '{"Url":7}',
  ])('%j is nothing', async (body) => {
    const { transport } = network({ 'https://contoso.com': { status: 200, body } })
    const found = await discover(ADDRESS, { transport, resolveSrv: noSrv })
    expect(found.steps.slice(0, 3).map(({ outcome }) => outcome)).toEqual(['nothing', 'nothing', 'nothing'])
  })
})

test.each(['adele', 'adele@contoso', 'a b@contoso.com', '@contoso.com', 'adele@', 'adele@contoso.com/evil'])(
  '%j is not an address, and nothing is sent',
  async (address) => {
    const { transport, sent } = network({})
    await expect(discover(address, { transport })).rejects.toThrow('is not an e-mail address')
    expect(sent).toEqual([])
  },
)

test('a domain in letters of another script is asked by its name on the wire', async () => {
  const { transport, sent } = network({ 'https://xn--mnchen-3ya.example': jsonAnswer() })
  await discover('jörg@münchen.example', { transport })
  expect(new URL(sent[0]?.url ?? '').hostname).toBe('xn--mnchen-3ya.example')
})

test('what was found is remembered with its age, for a day', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
  try {
    let now = Date.now()
    const cache = () => fileDiscoveryCache({ path: join(folder, 'cache', 'endpoints.json'), now: () => now })
    const { transport, sent } = network({ 'https://contoso.com': jsonAnswer() })
    await discover(ADDRESS, { transport, cache: cache() })
    const again = await discover('Adele@Contoso.com', { transport, cache: cache() })
    expect(again.steps).toEqual([{ method: 'cache', url: EWS, outcome: 'found', detail: 'found 0 min ago' }])
    expect(sent).toHaveLength(1)
    now += 25 * 60 * 60 * 1000
    await discover(ADDRESS, { transport, cache: cache() })
    expect(sent).toHaveLength(2)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a trace shows every exchange and no credentials', async () => {
  const { transport } = network({ 'https://contoso.com': signIn })
  const texts: string[] = []
  await discover(ADDRESS, {
    transport,
    resolveSrv: noSrv,
    auth: basic({ user: 'adele', password: 'geheim' }),
    trace: ({ text }) => texts.push(text),
  })
  expect(texts.length).toBeGreaterThan(8)
  expect(texts.join()).not.toContain(Buffer.from('adele:geheim').toString('base64'))
})

test('a password that a server shows back is in no step', async () => {
  const echo = soapAnswer(
    '<ErrorCode>InvalidUser</ErrorCode><ErrorMessage>not geheim-1234 for you</ErrorMessage>',
  )
  const { transport } = network({ 'https://contoso.com': (request) => withCredentials(request, echo) })
  const { steps } = await discover(ADDRESS, {
    transport,
    resolveSrv: noSrv,
    auth: basic({ user: 'adele', password: 'geheim-1234' }),
  })
  expect(steps).toContainEqual(
    expect.objectContaining({
      outcome: 'refused',
      detail: expect.stringContaining('not [redacted] for you'),
    }),
  )
  expect(JSON.stringify(steps)).not.toContain('geheim-1234')
})

test('stopping ends the search at once', async () => {
  const stop = new AbortController()
  const transport: Transport = async () => {
    throw new ConnectionError('ERR_ABORTED', 'The call was stopped.')
  }
  stop.abort()
  await expect(discover(ADDRESS, { transport, signal: stop.signal })).rejects.toThrow('stopped')
})

test('over Node’s own fetch, and through TLS that is not trusted, as anywhere else', async () => {
  nock('https://contoso.com')
    .get('/autodiscover/autodiscover.json')
    .query({ Email: ADDRESS, Protocol: 'EWS' })
    .reply(200, { Protocol: 'EWS', Url: EWS })
  expect((await discover(ADDRESS)).ewsUrl).toBe(EWS)

  const { cert, key } = selfSigned()
  const server = createServer({ cert, key }, (_request, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const toLoopback =
      (transport: Transport): Transport =>
      (request) =>
        transport({
          ...request,
          url: request.url.replace('https://contoso.com', `https://127.0.0.1:${port}`),
        })
    const only: Transport = (request) =>
      request.url.startsWith('https://contoso.com')
        ? toLoopback(connectTransport({}))(request)
        : Promise.reject(new ConnectionError('ERR_CONNECTION', 'gone.'))
    const found = await discover(ADDRESS, { transport: only, resolveSrv: noSrv })
    expect(found.steps[0]).toMatchObject({ outcome: 'unreachable' })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
