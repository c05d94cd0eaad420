import https from 'node:https'
import { AutodiscoverService, Uri, UserSettingName, WebCredentials } from 'ews-javascript-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD, DEFAULT_TENANT } from '../../../src/simulator/default-tenant.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts'
import { childText, type Element, findChild, parseXml } from '../../../src/xml/element.ts'
import { basic, OWNER } from '../ews-driver.ts'

const MOVED = 'moved@contoso.com'
const ELSEWHERE = 'elsewhere@contoso.com'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({
    tenant: {
      ...DEFAULT_TENANT,
      autodiscoverRedirects: [
        { address: MOVED, to: OWNER },
        { address: ELSEWHERE, to: 'https://mail.fabrikam.com/autodiscover/autodiscover.xml' },
        { address: '@old.contoso.com', to: 'one@new.contoso.com' },
        { address: 'one@new.contoso.com', to: 'one@old.contoso.com' },
      ],
    },
  })
})
afterAll(() => simulator.close())

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${simulator.url}${path}`, { redirect: 'manual', ...init })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('JSON', () => {
  const path = (address: string, protocol = 'EWS') =>
    `/autodiscover/autodiscover.json/v1.0/${encodeURIComponent(address)}?Protocol=${protocol}`
  const json = (answer: Answer) => [answer.status, JSON.parse(answer.text)]

  test.each([
    ['the path', `/autodiscover/autodiscover.json/v1.0/${OWNER}?Protocol=ews`],
    ['the query', `/Autodiscover/Autodiscover.json?Email=${encodeURIComponent(OWNER)}&Protocol=EWS`],
    ['the query in another case', `/autodiscover/autodiscover.json?email=${OWNER}&protocol=Ews`],
  ])('an address in %s, without sign-in, gives the address of EWS', async (_name, request) => {
    expect(json(await ask(request))).toEqual([200, { Protocol: 'EWS', Url: simulator.ews }])
  })

  test('an address that nobody has is answered like one somebody has', async () => {
    expect((await ask(path('nobody@contoso.com'))).text).toBe((await ask(path(OWNER))).text)
  })

  test('a moved mailbox is a redirect, which counts', async () => {
    const first = await ask(path(MOVED))
    expect(first.status).toBe(302)
    const location = new URL(first.headers.get('location') ?? '')
    expect(location.pathname).toBe(`/autodiscover/autodiscover.json/v1.0/${encodeURIComponent(OWNER)}`)
    expect(location.searchParams.get('RedirectCount')).toBe('1')
    expect((await ask(location.pathname + location.search)).status).toBe(200)
    const elsewhere = await ask(path(ELSEWHERE))
    expect(elsewhere.headers.get('location')).toMatch(
      /^https:\/\/mail\.fabrikam\.com\/autodiscover\/autodiscover\.json\//,
    )
  })

  test.each([
    ['no address', '/autodiscover/autodiscover.json?Protocol=EWS', 400, 'MandatoryParameterMissing'],
    ['no protocol', `/autodiscover/autodiscover.json?Email=${OWNER}`, 400, 'MandatoryParameterMissing'],
    ['another protocol', path(OWNER, 'IMAP'), 400, 'InvalidProtocol'],
    ['no address but a word', path('nobody'), 400, 'InvalidUserId'],
    ['another organization', path('x@fabrikam.com'), 404, 'UserNotFound'],
  ])('%s is an error in JSON', async (_name, request, status, code) => {
    expect(json(await ask(request))).toEqual([
      status,
      { ErrorCode: code, ErrorMessage: expect.stringMatching(/./) },
    ])
  })
})

describe('POX', () => {
  const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
  const body = (address: string, schema = RESPONSE) =>
    `<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${schema}</AcceptableResponseSchema></Request></Autodiscover>`
  const post = (text: string, authorization: string = basic(OWNER)) =>
    ask('/autodiscover/autodiscover.xml', {
      method: 'POST',
      headers: { 'content-type': 'text/xml', ...(authorization ? { authorization } : {}) },
      body: text,
    })
  const account = (answer: Answer): Element | undefined => {
    const response = findChild(parseXml(answer.text), 'Response', RESPONSE)
    return response && findChild(response, 'Account')
  }
  const failure = (answer: Answer): string | undefined => {
    const root = parseXml(answer.text)
    const response = findChild(root, 'Response', root.namespace)
    const error = response && findChild(response, 'Error')
    return error && childText(error, 'ErrorCode')
  }

  test('gives the address of EWS for inside and outside', async () => {
    const answer = await post(body(OWNER))
    expect(answer.status).toBe(200)
    const protocols = account(answer)?.children.filter(({ name }) => name === 'Protocol') ?? []
    expect(protocols.map((protocol) => [childText(protocol, 'Type'), childText(protocol, 'EwsUrl')])).toEqual(
      [
        ['EXCH', simulator.ews],
        ['EXPR', simulator.ews],
      ],
    )
  })

  test('needs a sign-in, and says with the 401 that SOAP is there, too', async () => {
    const answer = await post(body(OWNER), '')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(answer.headers.get('x-soap-enabled')).toBe('True')
  })

  test('redirects to addresses and to servers', async () => {
    const moved = account(await post(body(MOVED)))
    expect(moved && [childText(moved, 'Action'), childText(moved, 'RedirectAddr')]).toEqual([
      'redirectAddr',
      OWNER,
    ])
    const elsewhere = account(await post(body(ELSEWHERE)))
    expect(elsewhere && [childText(elsewhere, 'Action'), childText(elsewhere, 'RedirectUrl')]).toEqual([
      'redirectUrl',
      'https://mail.fabrikam.com/autodiscover/autodiscover.xml',
    ])
  })

  test('can lead in a circle, for clients to find out', async () => {
    const there = account(await post(body('x@old.contoso.com')))
    const back = account(await post(body('one@new.contoso.com')))
    expect([there && childText(there, 'RedirectAddr'), back && childText(back, 'RedirectAddr')]).toEqual([
      'one@new.contoso.com',
      'one@old.contoso.com',
    ])
  })

  test.each([
    ['an unknown address', body('nobody@contoso.com'), '500'],
    [
      'the schema of phones',
      body(OWNER, 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006'),
      '601',
    ],
    ['no XML', 'rubbish', '600'],
    ['another document', '<a/>', '600'],
  ])('%s is an error with HTTP 200', async (_name, text, code) => {
    const answer = await post(text)
    expect([answer.status, failure(answer)]).toEqual([200, code])
  })

  test('a GET is an invalid request', async () => {
    const answer = await ask('/autodiscover/autodiscover.xml', { headers: { authorization: basic(OWNER) } })
    expect(failure(answer)).toBe('600')
  })
})

describe('SOAP', () => {
  const A = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'
  const request = (users: readonly string[], settings: readonly string[], operation = 'GetUserSettings') =>
    `<soap:Envelope xmlns:a="${A}" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header><a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion><wsa:Action>${A}/Autodiscover/${operation}</wsa:Action><wsa:To>${simulator.url}</wsa:To></soap:Header><soap:Body><a:${operation}RequestMessage><a:Request><a:Users>${users.map((user) => `<a:User><a:Mailbox>${user}</a:Mailbox></a:User>`).join('')}</a:Users><a:RequestedSettings>${settings.map((name) => `<a:Setting>${name}</a:Setting>`).join('')}</a:RequestedSettings></a:Request></a:${operation}RequestMessage></soap:Body></soap:Envelope>`
  const post = (text: string, authorization = basic(OWNER)) =>
    ask('/autodiscover/autodiscover.svc', {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', ...(authorization ? { authorization } : {}) },
      body: text,
    })
  const find = (element: Element | undefined, ...names: string[]) =>
    names.reduce<Element | undefined>((here, name) => here && findChild(here, name), element)
  const response = (answer: Answer) =>
    find(parseXml(answer.text), 'Body', 'GetUserSettingsResponseMessage', 'Response')
  const users = (answer: Answer) => find(response(answer), 'UserResponses')?.children ?? []

  test('gives the settings that were asked for, and says which it has not', async () => {
    const [user] = users(
      await post(request([OWNER], ['ExternalEwsUrl', 'InternalEwsUrl', 'AlternateMailboxes'])),
    )
    expect(user && childText(user, 'ErrorCode')).toBe('NoError')
    const settings = find(user, 'UserSettings')?.children ?? []
    expect(
      settings.map((setting) => [
        setting.attributes.type,
        childText(setting, 'Name'),
        childText(setting, 'Value'),
      ]),
    ).toEqual([
      ['StringSetting', 'ExternalEwsUrl', simulator.ews],
      ['StringSetting', 'InternalEwsUrl', simulator.ews],
    ])
    const errors = find(user, 'UserSettingErrors')?.children ?? []
    expect(errors.map((error) => [childText(error, 'ErrorCode'), childText(error, 'SettingName')])).toEqual([
      ['SettingIsNotAvailable', 'AlternateMailboxes'],
    ])
  })

  test('answers several users, each with what is true of them', async () => {
    const answers = users(
      await post(request([OWNER, 'nobody@contoso.com', MOVED, ELSEWHERE], ['ExternalEwsUrl'])),
    )
    expect(
      answers.map((user) => [childText(user, 'ErrorCode'), childText(user, 'RedirectTarget') ?? '']),
    ).toEqual([
      ['NoError', ''],
      ['InvalidUser', ''],
      ['RedirectAddress', OWNER],
      ['RedirectUrl', 'https://mail.fabrikam.com/autodiscover/autodiscover.xml'],
    ])
  })

  test('needs a sign-in', async () => {
    expect((await post(request([OWNER], ['ExternalEwsUrl']), '')).status).toBe(401)
    expect((await post(request([OWNER], ['ExternalEwsUrl']), basic(OWNER, 'wrong'))).status).toBe(401)
  })

  test('a request that asks for nothing is invalid, on the root', async () => {
    const root = response(await post(request([OWNER], [])))
    expect(root && childText(root, 'ErrorCode')).toBe('InvalidRequest')
  })

  test('another operation is refused by name', async () => {
    const answer = await post(request([OWNER], ['x'], 'GetDomainSettings'))
    expect(answer.status).toBe(500)
    expect(answer.text).toContain('GetDomainSettings is not modelled')
  })

  test('what is no SOAP is a fault', async () => {
    expect((await post('rubbish')).status).toBe(500)
  })

  test('ews-javascript-api finds its way', async () => {
    const service = new AutodiscoverService(new Uri(`${simulator.url}/autodiscover/autodiscover.svc`))
    service.Credentials = new WebCredentials(OWNER, DEFAULT_PASSWORD)
    const answer = await service.GetUserSettings(OWNER, [
      UserSettingName.ExternalEwsUrl,
      UserSettingName.UserDisplayName,
    ])
    expect(answer.Settings.get(UserSettingName.ExternalEwsUrl)).toBe(simulator.ews)
    expect(answer.Settings.get(UserSettingName.UserDisplayName)).toBe('Allan Deyoung')
  })
})

test('the request log knows the forms', async () => {
  simulator.requests.clear()
  await ask(`/autodiscover/autodiscover.json?Email=${OWNER}&Protocol=EWS`)
  expect(simulator.requests.entries()).toEqual([
    expect.objectContaining({ face: 'autodiscover', operation: 'json', status: 200 }),
  ])
})

test('the addresses it gives are those of the simulator, whatever name it was called by', async () => {
  const secure = await startSimulator({ tls: true })
  try {
    const text = await new Promise<string>((resolve, reject) => {
      https
        .get(
          `${secure.url}/autodiscover/autodiscover.json?Email=${OWNER}&Protocol=EWS`,
          {
            ca: secure.authority ?? '',
            servername: 'autodiscover.contoso.com',
            headers: { host: 'autodiscover.contoso.com' },
          },
          (response) => {
            let body = ''
            response.on('data', (chunk) => {
              body += chunk
            })
            response.on('end', () => resolve(body))
          },
        )
        .on('error', reject)
    })
    expect(JSON.parse(text)).toMatchObject({ Url: secure.ews })
  } finally {
    await secure.close()
  }
})
