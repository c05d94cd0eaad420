import { createHash, randomBytes } from 'node:crypto'
import { type CryptoKey, decodeJwt, importPKCS8, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createAuthentication } from '../../../src/simulator/authentication.ts'
import { DEFAULT_PASSWORD, DEFAULT_TENANT } from '../../../src/simulator/default-tenant.ts'
import { Directory } from '../../../src/simulator/store/directory.ts'
import { makeApplicationCertificate } from '../../../src/simulator/tls/certificate.ts'
import { ADELE } from '../graph-driver.ts'

const APP = 'c0ffee00-5f0b-4c55-9d61-2f5f0f6a9b11'
const CLIENT = '14d82eec-204b-4c2f-b7e8-296a70dab67e'
const REDIRECT = 'http://localhost:8400/'
const certificate = makeApplicationCertificate('app')
const outdated = makeApplicationCertificate('old', {
  notBefore: new Date('2024-01-01'),
  notAfter: new Date('2025-01-01'),
})

let time = Date.parse('2026-11-21T12:00:00Z')
const now = () => new Date(time)
const directory = new Directory(
  {
    ...DEFAULT_TENANT,
    apps: [{ id: APP, certificates: [certificate.pem, outdated.pem], roles: ['Mail.Send'] }],
  },
  now,
)
const authentication = createAuthentication(directory, now)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any
}

async function ask(path: string, form?: Record<string, string>): Promise<Answer> {
  const { status, headers, body } = await authentication.handleToken({
    method: form ? 'POST' : 'GET',
    url: new URL(path, 'http://127.0.0.1:8080'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(form ?? {}).toString()),
  })
  const text = body.toString()
  return { status, headers, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const token = (form: Record<string, string>) => ask('/contoso.com/oauth2/v2.0/token', form)
const signIn = (address = ADELE, password = DEFAULT_PASSWORD) => ({ login: address, passwd: password })

describe('an authorization code', () => {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const authorizePath = (more: Record<string, string> = {}) =>
    `/contoso.com/oauth2/v2.0/authorize?${new URLSearchParams({
      client_id: CLIENT,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid offline_access Mail.Send',
      state: 'the state',
      nonce: 'the nonce',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    })}`
  const location = (answer: Answer) => new URL(answer.headers.location ?? 'about:blank')
  const code = async (more: Record<string, string> = {}) =>
    location(await ask(authorizePath(more), signIn())).searchParams.get('code') ?? ''
  const redeem = (value: string, more: Record<string, string> = {}) =>
    token({
      grant_type: 'authorization_code',
      client_id: CLIENT,
      code: value,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
      ...more,
    })

  test('comes back with the state, and gives all three tokens', async () => {
    const answer = await ask(authorizePath(), signIn())
    expect(answer.status).toBe(302)
    expect(location(answer).origin).toBe('http://localhost:8400')
    expect(location(answer).searchParams.get('state')).toBe('the state')
    const { json } = await redeem(location(answer).searchParams.get('code') ?? '')
    expect(decodeJwt(json.access_token)).toMatchObject({ upn: ADELE, scp: 'Mail.Send' })
    expect(decodeJwt(json.id_token)).toMatchObject({
      aud: CLIENT,
      nonce: 'the nonce',
      tid: directory.tenantId,
    })
    expect(json.refresh_token).toMatch(/^1\./)
    expect(json.client_info).toBeUndefined()
  })

  test.each([
    ['a wrong verifier', { code_verifier: randomBytes(32).toString('base64url') }, 501481],
    ['no verifier', { code_verifier: '' }, 501481],
    ['another redirect address', { redirect_uri: 'http://localhost:1/' }, 500112],
    ['another client', { client_id: 'somebody' }, 9002313],
    ['no code', { code: 'x' }, 9002313],
  ])('is not redeemed with %s', async (_name, more, aadsts) => {
    const answer = await redeem(await code(), more as Record<string, string>)
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([
      400,
      'invalid_grant',
      [aadsts],
    ])
  })

  test('is good once, and ten minutes', async () => {
    const used = await code()
    expect((await redeem(used)).status).toBe(200)
    expect((await redeem(used)).json.error_codes).toEqual([54005])
    const late = await code()
    time += 11 * 60_000
    expect((await redeem(late)).json.error_codes).toEqual([70008])
  })

  test('a wrong password shows the page again, and what is typed is no markup', async () => {
    const answer = await ask(authorizePath(), signIn('"><script>alert(1)</script>', 'x'))
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('Your account or password is incorrect.')
    expect(answer.text).not.toContain('<script>')
  })

  test.each([
    ['no client', { client_id: '' }, 'AADSTS900144'],
    ['another host', { redirect_uri: 'https://evil.example/' }, 'AADSTS50011'],
    ['a host that begins like loopback', { redirect_uri: 'http://localhost.evil.example/' }, 'AADSTS50011'],
    ['no redirect address', { redirect_uri: '' }, 'AADSTS50011'],
  ])('%s is an error on the page, and nobody is sent anywhere', async (_name, more, expected) => {
    const answer = await ask(authorizePath(more as Record<string, string>))
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(expected)
    expect(answer.headers.location).toBeUndefined()
  })

  test.each([
    ['an unknown scope', { scope: 'Mail.Sned' }, 'invalid_scope'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a silent sign-in', { prompt: 'none' }, 'login_required'],
    ['a challenge that is none', { code_challenge: 'short' }, 'invalid_request'],
  ])('%s comes back as an error with the state', async (_name, more, error) => {
    const { searchParams } = location(await ask(authorizePath(more as Record<string, string>)))
    expect([searchParams.get('error'), searchParams.get('state')]).toEqual([error, 'the state'])
  })

  test('comes in the form that was asked for', async () => {
    const fragment = location(await ask(authorizePath({ response_mode: 'fragment' }), signIn()))
    expect(new URLSearchParams(fragment.hash.slice(1)).get('code')).toMatch(/^1\./)
    const form = await ask(authorizePath({ response_mode: 'form_post' }), signIn())
    expect(form.text).toMatch(/action="http:\/\/localhost:8400\/".*name="code" value="1\./s)
  })
})

describe('a device code', () => {
  const start = async () =>
    (
      await ask('/organizations/oauth2/v2.0/devicecode', {
        client_id: CLIENT,
        scope: 'Mail.Send offline_access',
      })
    ).json
  const poll = (device_code: string, client_id = CLIENT) =>
    token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code, client_id })

  test('is pending until somebody has typed it, and good once', async () => {
    const started = await start()
    expect(started).toMatchObject({
      verification_uri: 'http://127.0.0.1:8080/devicelogin',
      interval: 5,
      expires_in: 900,
      message: expect.stringContaining(started.user_code),
    })
    expect((await poll(started.device_code)).json).toMatchObject({
      error: 'authorization_pending',
      error_codes: [70016],
    })
    expect((await ask('/devicelogin', { user_code: 'WRONG', ...signIn() })).text).toContain('did not work')
    expect(
      (await ask('/devicelogin', { user_code: started.user_code, ...signIn(ADELE, 'x') })).text,
    ).toContain('incorrect')
    expect((await poll(started.device_code)).json.error).toBe('authorization_pending')
    expect((await ask('/devicelogin', { user_code: started.user_code, ...signIn() })).text).toContain(
      'You have signed in',
    )
    const { json } = await poll(started.device_code)
    expect(decodeJwt(json.access_token)).toMatchObject({ upn: ADELE, appid: CLIENT })
    expect(json.refresh_token).toBeTruthy()
    expect((await poll(started.device_code)).json.error).toBe('bad_verification_code')
  })

  test('is another client’s no more than anybody’s', async () => {
    const { device_code } = await start()
    expect((await poll(device_code, 'somebody')).json.error).toBe('bad_verification_code')
    expect((await poll('nothing')).json.error).toBe('bad_verification_code')
  })

  test('can be declined, and runs out', async () => {
    const declined = await start()
    await ask('/devicelogin', { user_code: declined.user_code, answer: 'decline' })
    expect((await poll(declined.device_code)).json.error).toBe('authorization_declined')
    const late = await start()
    time += 901_000
    expect((await poll(late.device_code)).json.error).toBe('expired_token')
    expect((await ask('/devicelogin', { user_code: late.user_code, ...signIn() })).text).toContain(
      'did not work',
    )
  })
})

describe('a refresh token', () => {
  const first = async () =>
    (
      await token({
        grant_type: 'password',
        username: ADELE,
        password: DEFAULT_PASSWORD,
        scope: 'Mail.Send offline_access openid',
        client_id: CLIENT,
        client_info: '1',
      })
    ).json
  const refresh = (refresh_token: string, scope: string, client_id = CLIENT) =>
    token({ grant_type: 'refresh_token', refresh_token, scope, client_id })

  test('gives tokens for other resources, and a new refresh token', async () => {
    const { refresh_token, client_info } = await first()
    expect(JSON.parse(Buffer.from(client_info, 'base64url').toString())).toEqual({
      uid: directory.find(ADELE)?.id,
      utid: directory.tenantId,
    })
    const { json } = await refresh(refresh_token, 'https://outlook.office365.com/EWS.AccessAsUser.All')
    expect(decodeJwt(json.access_token)).toMatchObject({ aud: 'https://outlook.office365.com' })
    expect((await refresh(json.refresh_token, 'Mail.Read')).status).toBe(200)
  })

  test('is refused to another client, when it is none, and when its time is over', async () => {
    const { refresh_token } = await first()
    expect((await refresh(refresh_token, 'Mail.Send', 'somebody')).json.error_codes).toEqual([700005])
    expect((await refresh('1.nothing', 'Mail.Send')).json.error_codes).toEqual([700082])
    time += 91 * 24 * 3600_000
    expect((await refresh(refresh_token, 'Mail.Send')).json.error_codes).toEqual([700082])
  })

  test('is not given to who did not ask for one', async () => {
    const { json } = await token({
      grant_type: 'password',
      username: ADELE,
      password: DEFAULT_PASSWORD,
      scope: 'Mail.Send',
    })
    expect(Object.keys(json).sort()).toEqual([
      'access_token',
      'expires_in',
      'ext_expires_in',
      'scope',
      'token_type',
    ])
  })

  test('an id token opens no service', async () => {
    const { id_token } = await first()
    expect(await authentication.verifyBearer(`Bearer ${id_token}`, 'graph')).toEqual({
      ok: false,
      reason: 'audience',
    })
  })
})

describe('an assertion', () => {
  let key: CryptoKey
  beforeAll(async () => {
    key = (await importPKCS8(certificate.privateKeyPem, 'PS256')) as CryptoKey
  })
  const thumbprint = (algorithm: string, der: Buffer) => createHash(algorithm).update(der).digest('base64url')
  async function ask(
    header: Record<string, unknown> = {},
    claims: Record<string, unknown> = {},
  ): Promise<Answer> {
    const seconds = Math.floor(time / 1000)
    const assertion = await new SignJWT({
      iss: APP,
      sub: APP,
      aud: `https://login.microsoftonline.com/${directory.tenantId}/oauth2/v2.0/token`,
      exp: seconds + 600,
      nbf: seconds,
      ...claims,
    })
      .setProtectedHeader({ alg: 'PS256', 'x5t#S256': thumbprint('sha256', certificate.der), ...header })
      .sign(key)
    return token({
      grant_type: 'client_credentials',
      client_id: APP,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope: 'https://graph.microsoft.com/.default',
    })
  }

  test('signed with a registered certificate gives a token', async () => {
    expect((await ask()).status).toBe(200)
    expect((await ask({ 'x5t#S256': undefined, x5t: thumbprint('sha1', certificate.der) })).status).toBe(200)
    expect((await ask({}, { aud: 'http://127.0.0.1:8080/contoso.com/oauth2/v2.0/token' })).status).toBe(200)
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>, number]>([
    ['of an unknown certificate', { 'x5t#S256': 'x' }, {}, 700027],
    ['that names no certificate', { 'x5t#S256': undefined }, {}, 700027],
    ['of a certificate that ran out', { 'x5t#S256': thumbprint('sha256', outdated.der) }, {}, 1000502],
    ['whose time is over', {}, { exp: 1_700_000_000 }, 700024],
    ['of another application', {}, { iss: 'x', sub: 'x' }, 700021],
    ['for another audience', {}, { aud: 'https://evil.example/contoso.com/oauth2/v2.0/token' }, 700023],
    [
      'for another tenant',
      {},
      { aud: 'https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token' },
      700023,
    ],
  ])('%s gives none', async (_name, header, claims, aadsts) => {
    const answer = await ask(header, claims)
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([
      401,
      'invalid_client',
      [aadsts],
    ])
  })

  test('a secret is not taken from an application that has none', async () => {
    const answer = await token({
      grant_type: 'client_credentials',
      client_id: APP,
      client_secret: 'undefined',
      scope: 'https://graph.microsoft.com/.default',
    })
    expect(answer.json.error_codes).toEqual([7000215])
  })

  test('rubbish is an error like any other', async () => {
    const answer = await token({
      grant_type: 'client_credentials',
      client_id: APP,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'rubbish',
      scope: 'https://graph.microsoft.com/.default',
    })
    expect(answer.json.error_codes).toEqual([50027])
  })
})

describe('metadata', () => {
  test('names every endpoint, and they are there', async () => {
    const { json } = await ask('/contoso.com/v2.0/.well-known/openid-configuration')
    expect(json.issuer).toBe(`https://login.microsoftonline.com/${directory.tenantId}/v2.0`)
    for (const name of ['jwks_uri', 'authorization_endpoint', 'end_session_endpoint']) {
      expect((await ask(new URL(json[name]).pathname)).status, name).not.toBe(404)
    }
    expect(
      (
        await ask(new URL(json.device_authorization_endpoint).pathname, {
          client_id: CLIENT,
          scope: 'Mail.Send',
        })
      ).status,
    ).toBe(200)
  })

  test('of another tenant there is none', async () => {
    expect((await ask('/fabrikam.com/v2.0/.well-known/openid-configuration')).json.error_codes).toEqual([
      90002,
    ])
  })

  test('instance discovery leads there', async () => {
    const { json } = await ask(
      '/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2F127.0.0.1%3A8080%2Fcontoso.com%2Foauth2%2Fv2.0%2Fauthorize',
    )
    expect(json.tenant_discovery_endpoint).toBe(
      'http://127.0.0.1:8080/contoso.com/v2.0/.well-known/openid-configuration',
    )
  })
})
