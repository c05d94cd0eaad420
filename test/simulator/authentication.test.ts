import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import { describe, expect, test } from 'vitest'
import { createAuthentication } from '../../src/simulator/authentication.ts'
import { DEFAULT_APP, DEFAULT_PASSWORD, DEFAULT_TENANT } from '../../src/simulator/default-tenant.ts'
import { Directory } from '../../src/simulator/store/directory.ts'
import { ADELE, useGraph } from './graph-driver.ts'

const graph = useGraph()

interface TokenAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any
  readonly headers: Headers
}

async function post(
  form: Record<string, string>,
  path?: string,
  headers?: Record<string, string>,
): Promise<TokenAnswer> {
  const url = path === undefined ? graph.simulator.token : `${graph.simulator.url}${path}`
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: headers ?? {},
  })
  return { status: response.status, json: await response.json(), headers: response.headers }
}

const password = (scope: string, more: Record<string, string> = {}) =>
  post({ grant_type: 'password', username: ADELE, password: DEFAULT_PASSWORD, scope, ...more })
const client = (more: Record<string, string> = {}) =>
  post({
    grant_type: 'client_credentials',
    client_id: DEFAULT_APP.id,
    client_secret: DEFAULT_APP.secret,
    scope: 'https://graph.microsoft.com/.default',
    ...more,
  })

describe('a user token', () => {
  test('carries the scopes that were asked for and the usual claims', async () => {
    const answer = await password(
      'https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/mail.read',
    )
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3599,
      scope: 'https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/Mail.Read',
    })
    const { directory } = graph.simulator.exchange
    const adele = graph.recipient(ADELE)
    const claims = decodeJwt(answer.json.access_token)
    expect(claims).toMatchObject({
      aud: 'https://graph.microsoft.com',
      iss: `https://login.microsoftonline.com/${directory.tenantId}/v2.0`,
      tid: directory.tenantId,
      oid: adele.id,
      upn: ADELE,
      scp: 'Mail.Send Mail.Read',
      appid: expect.any(String),
      ver: '2.0',
      idtyp: 'user',
    })
    expect(claims.nbf).toBe(claims.iat)
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3599)
    expect(claims.roles).toBeUndefined()
    expect(answer.headers.get('cache-control')).toContain('no-store')
  })

  test('short names of scopes mean Graph', async () => {
    const { json } = await password('openid offline_access Mail.Send Mail.Send.Shared')
    expect(decodeJwt(json.access_token)).toMatchObject({
      aud: 'https://graph.microsoft.com',
      scp: 'Mail.Send Mail.Send.Shared',
    })
  })

  test('a scope of EWS gives a token for EWS', async () => {
    const { json } = await password('https://outlook.office365.com/EWS.AccessAsUser.All')
    expect(decodeJwt(json.access_token)).toMatchObject({
      aud: 'https://outlook.office365.com',
      scp: 'EWS.AccessAsUser.All',
    })
  })

  test('.default gives every delegated permission of the resource', async () => {
    const { json } = await password('https://graph.microsoft.com/.default')
    const scopes = String(decodeJwt(json.access_token).scp).split(' ')
    expect(scopes).toContain('Mail.ReadWrite.Shared')
    expect(scopes).not.toContain('EWS.AccessAsUser.All')
  })

  test('the user is found by alias, and an own password and the client id are taken', async () => {
    const { json } = await post({
      grant_type: 'password',
      username: 'ALLAN.deyoung@contoso.com',
      password: DEFAULT_PASSWORD,
      scope: 'Mail.Send',
      client_id: 'some-public-client',
    })
    expect(decodeJwt(json.access_token)).toMatchObject({
      upn: 'AllanD@contoso.com',
      appid: 'some-public-client',
    })
  })

  test('is signed with a key that the tenant publishes', async () => {
    const { json } = await password('Mail.Send')
    const tenant = new URL(graph.simulator.token).pathname.split('/')[1]
    const configuration = await fetch(
      `${graph.simulator.url}/${tenant}/v2.0/.well-known/openid-configuration`,
    ).then(
      (response) => response.json() as Promise<{ jwks_uri: string; issuer: string; token_endpoint: string }>,
    )
    expect(configuration.token_endpoint).toBe(graph.simulator.token)
    const keys = createRemoteJWKSet(new URL(configuration.jwks_uri))
    const verified = await jwtVerify(json.access_token, keys, {
      issuer: configuration.issuer,
      audience: 'https://graph.microsoft.com',
    })
    expect(verified.payload.upn).toBe(ADELE)
    expect(decodeProtectedHeader(json.access_token).kid).toBeTruthy()
  })
})

describe('an application token', () => {
  test('carries the roles of its registration that belong to the resource', async () => {
    const forGraph = decodeJwt((await client()).json.access_token)
    expect(forGraph).toMatchObject({
      aud: 'https://graph.microsoft.com',
      appid: DEFAULT_APP.id,
      idtyp: 'app',
    })
    expect(forGraph.roles).toEqual(DEFAULT_APP.roles.filter((role) => role !== 'full_access_as_app'))
    expect([forGraph.scp, forGraph.upn]).toEqual([undefined, undefined])
    const forEws = decodeJwt(
      (await client({ scope: 'https://outlook.office365.com/.default' })).json.access_token,
    )
    expect(forEws).toMatchObject({ aud: 'https://outlook.office365.com', roles: ['full_access_as_app'] })
  })

  test('the simulator’s own address is a resource, with all roles', async () => {
    const { json } = await client({ scope: `${graph.simulator.url}/.default` })
    expect(decodeJwt(json.access_token)).toMatchObject({
      aud: graph.simulator.url,
      roles: [...DEFAULT_APP.roles],
    })
  })

  test('the secret may come in a Basic header', async () => {
    const credentials = Buffer.from(`${DEFAULT_APP.id}:${DEFAULT_APP.secret}`).toString('base64')
    const answer = await post(
      { grant_type: 'client_credentials', scope: 'https://graph.microsoft.com/.default' },
      undefined,
      { authorization: `Basic ${credentials}` },
    )
    expect(answer.status).toBe(200)
  })
})

describe('no token', () => {
  test.each<[string, () => Promise<TokenAnswer>, number, string, number]>([
    ['for a wrong password', () => password('Mail.Send', { password: 'wrong' }), 400, 'invalid_grant', 50126],
    [
      'for an unknown user',
      () => password('Mail.Send', { username: 'x@contoso.com' }),
      400,
      'invalid_grant',
      50126,
    ],
    [
      'for a group',
      () => password('Mail.Send', { username: 'sales@contoso.com' }),
      400,
      'invalid_grant',
      50126,
    ],
    ['without a scope', () => password(''), 400, 'invalid_request', 900144],
    ['for a scope that is none', () => password('Mail.Sned'), 400, 'invalid_scope', 70011],
    [
      'for two resources at once',
      () => password('Mail.Send https://outlook.office365.com/EWS.AccessAsUser.All'),
      400,
      'invalid_request',
      28000,
    ],
    [
      'for a resource nobody knows',
      () => password('https://api.fabrikam.com/Mail.Send'),
      400,
      'invalid_resource',
      500011,
    ],
    ['for a wrong secret', () => client({ client_secret: 'x' }), 401, 'invalid_client', 7000215],
    ['without a secret', () => client({ client_secret: '' }), 401, 'invalid_client', 7000216],
    ['for an unknown application', () => client({ client_id: 'x' }), 400, 'unauthorized_client', 700016],
    [
      'for an application without .default',
      () => client({ scope: 'Mail.Send' }),
      400,
      'invalid_scope',
      1002012,
    ],
    ['for another grant type', () => post({ grant_type: 'implicit' }), 400, 'unsupported_grant_type', 70003],
    ['without a grant type', () => post({}), 400, 'invalid_request', 900144],
    [
      'in another tenant',
      () => post({ grant_type: 'password' }, '/fabrikam.com/oauth2/v2.0/token'),
      400,
      'invalid_request',
      90002,
    ],
  ])('%s', async (_name, ask, status, error, code) => {
    const answer = await ask()
    expect([answer.status, answer.json.error, answer.json.error_codes]).toEqual([status, error, [code]])
    expect(answer.json.error_description).toMatch(
      new RegExp(`^AADSTS${code}: .*Trace ID: .*Correlation ID: `),
    )
    expect(answer.json.access_token).toBeUndefined()
  })

  test('for a wrong user and a wrong password the answer is the same', async () => {
    const text = (answer: TokenAnswer) => answer.json.error_description.split(' Trace ID')[0]
    expect(text(await password('Mail.Send', { username: 'nobody@contoso.com' }))).toBe(
      text(await password('Mail.Send', { password: 'x' })),
    )
  })

  test('by GET, or for JSON', async () => {
    const get = await fetch(graph.simulator.token)
    expect([get.status, ((await get.json()) as { error_codes: number[] }).error_codes]).toEqual([
      400,
      [900561],
    ])
    const json = await fetch(graph.simulator.token, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(json.status).toBe(400)
  })
})

describe('who a token is taken from', () => {
  let time = Date.parse('2026-11-21T12:00:00Z')
  const now = () => new Date(time)
  const directory = new Directory(DEFAULT_TENANT, now)
  const authentication = createAuthentication(directory, now)
  const ask = async (form: Record<string, string>) => {
    const response = await authentication.handleToken({
      method: 'POST',
      url: new URL('http://localhost:8080/contoso.com/oauth2/v2.0/token'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(form).toString()),
    })
    return `Bearer ${JSON.parse(response.body.toString()).access_token}`
  }
  const user = (scope: string) =>
    ask({ grant_type: 'password', username: ADELE, password: DEFAULT_PASSWORD, scope })

  test('a token for one service is not for the other', async () => {
    const forGraph = await user('Mail.Send')
    expect(await authentication.checkBearer(forGraph, 'graph')).toMatchObject({
      user: { address: ADELE },
      scopes: ['Mail.Send'],
    })
    expect(await authentication.verifyBearer(forGraph, 'ews')).toEqual({ ok: false, reason: 'audience' })
    const forEws = await user('https://outlook.office.com/EWS.AccessAsUser.All')
    expect(await authentication.checkBearer(forEws, 'ews')).toBeDefined()
    expect(await authentication.verifyBearer(forEws, 'graph')).toEqual({ ok: false, reason: 'audience' })
  })

  test('a token for the simulator’s own address is for both', async () => {
    const own = await user('http://localhost:8080/.default')
    expect(await authentication.checkBearer(own, 'graph')).toBeDefined()
    expect((await authentication.checkBearer(own, 'ews'))?.scopes).toContain('EWS.AccessAsUser.All')
  })

  test('a token runs out', async () => {
    const token = await user('Mail.Send')
    time += 3700_000
    expect(await authentication.verifyBearer(token, 'graph')).toEqual({ ok: false, reason: 'expired' })
  })

  test('a token of another signer, and one without a signature, are refused', async () => {
    const claims = { oid: directory.find(ADELE)?.id, scp: 'Mail.Send', idtyp: 'user' }
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(`https://login.microsoftonline.com/${directory.tenantId}/v2.0`)
      .setAudience('https://graph.microsoft.com')
      .setExpirationTime('1h')
      .sign(privateKey)
    expect(await authentication.verifyBearer(`Bearer ${forged}`, 'graph')).toEqual({
      ok: false,
      reason: 'signature',
    })
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${part({ alg: 'none' })}.${part({ ...claims, aud: 'https://graph.microsoft.com' })}.`
    expect(await authentication.checkBearer(`Bearer ${unsigned}`, 'graph')).toBeUndefined()
  })

  test.each<[string | undefined, string]>([
    [undefined, 'missing'],
    ['Bearer', 'missing'],
    ['Basic eDp5', 'missing'],
    ['Bearer rubbish', 'malformed'],
  ])('%s is %s', async (header, reason) => {
    expect(await authentication.verifyBearer(header, 'graph')).toEqual({ ok: false, reason })
  })

  test('whose account was deleted has no token any more', async () => {
    const patti = directory.find('PattiF@contoso.com')
    const token = await ask({
      grant_type: 'password',
      username: 'PattiF@contoso.com',
      password: DEFAULT_PASSWORD,
      scope: 'Mail.Send',
    })
    expect(await authentication.checkBearer(token, 'graph')).toBeDefined()
    if (patti) directory.delete(patti)
    expect(await authentication.verifyBearer(token, 'graph')).toEqual({ ok: false, reason: 'account' })
  })

  const basic = (text: string) => authentication.checkBasic(`Basic ${Buffer.from(text).toString('base64')}`)

  test('Basic takes an address, DOMAIN\\user and a bare account name', () => {
    for (const name of [
      'AdeleV@contoso.com',
      'CONTOSO\\adelev',
      'contoso.com\\AdeleV@contoso.com',
      'adelev',
    ]) {
      expect(basic(`${name}:${DEFAULT_PASSWORD}`)?.address).toBe(ADELE)
    }
  })

  test.each([
    ['a wrong password', `${ADELE}:wrong`],
    ['no password', ADELE],
    ['nobody', `:${DEFAULT_PASSWORD}`],
    ['a group', `sales@contoso.com:${DEFAULT_PASSWORD}`],
  ])('Basic with %s is nobody', (_name, text) => {
    expect(basic(text)).toBeUndefined()
  })

  test('what is not Basic is nobody', () => {
    for (const header of [undefined, '', 'Basic', 'Basic !!!', 'Bearer x', 'Negotiate abc']) {
      expect(authentication.checkBasic(header)).toBeUndefined()
    }
  })
})
