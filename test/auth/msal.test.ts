import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import nock from 'nock'
import { afterEach, describe, expect, test } from 'vitest'
import { type DeviceCode, type MicrosoftSignInOptions, msal } from '../../src/auth/msal.ts'
import { fileTokenCache } from '../../src/auth/token-cache.ts'
import type { ConnectionError } from '../../src/errors.ts'
import type { Transport } from '../../src/http/transport.ts'
import { selfSigned } from '../helpers/self-signed.ts'
import { type TokenServer, type TokenServerOptions, tokenServer } from '../helpers/token-server.ts'

const CLIENT = '99999999-aaaa-bbbb-cccc-dddddddddddd'
const SECRET = 'very~secret.value'
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(options: Partial<TokenServerOptions> = {}): Promise<TokenServer> {
  const server = await tokenServer({ clientId: CLIENT, ...options })
  closers.push(() => server.close())
  return server
}
const at = (server: TokenServer, over: Partial<MicrosoftSignInOptions> = {}): MicrosoftSignInOptions => ({
  tenant: 'contoso.com',
  clientId: CLIENT,
  cloud: {
    authority: server.url,
    graph: 'https://graph.microsoft.com',
    exchange: 'https://outlook.office365.com',
  },
  method: { kind: 'client-secret', secret: SECRET },
  ...over,
})
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('nothing was thrown'),
    (error) => error as ConnectionError,
  )

describe('an application', () => {
  test('with a secret gets one token per service, and asks for each once', async () => {
    const server = await serve({ secret: SECRET })
    const signIn = msal(at(server))
    const [ews, again, graph] = await Promise.all([
      signIn.token('ews'),
      signIn.token('ews'),
      signIn.token('graph'),
    ])
    expect(again.token).toBe(ews.token)
    expect(graph.token).not.toBe(ews.token)
    expect(server.grants.map((form) => form.get('scope')?.split(' ')[0])).toEqual([
      'https://outlook.office365.com/.default',
      'https://graph.microsoft.com/.default',
    ])
    expect(signIn.appOnly).toBe(true)
    expect(signIn.for('ews').appOnly).toBe(true)
    expect(await signIn.for('ews').authorization()).toBe(`Bearer ${ews.token}`)
  })

  test('sends nothing before a token is asked for', async () => {
    const server = await serve({ secret: SECRET })
    msal(at(server)).for('graph')
    expect(server.grants).toEqual([])
  })

  test('gets a new token when the old one is about to end', async () => {
    const server = await serve({ secret: SECRET, lifetimeSeconds: 200 })
    const signIn = msal(at(server))
    const first = await signIn.token('ews')
    expect((await signIn.token('ews')).token).not.toBe(first.token)
  })

  test('with a certificate proves it by a signed assertion with the SHA-256 thumbprint', async () => {
    const { cert, key } = selfSigned()
    const server = await serve({ certificate: cert })
    const signIn = msal(at(server, { method: { kind: 'certificate', pem: cert + key } }))
    expect((await signIn.token('ews')).token).toMatch(/^eyJ/)
    expect(server.grants[0]?.has('client_secret')).toBe(false)
  })

  test('with another certificate than the registered one is told to compare thumbprints', async () => {
    const [registered, other] = [selfSigned(), selfSigned()]
    const server = await serve({ certificate: registered.cert })
    const signIn = msal(at(server, { method: { kind: 'certificate', pem: other.key + other.cert } }))
    const error = await failure(signIn.token('ews'))
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION' })
    expect(error.message).toContain('AADSTS700027')
    expect(error.hint).toContain('thumbprint')
  })

  test('with a wrong secret is told so, and the secret shows nowhere', async () => {
    const server = await serve({ secret: 'another' })
    const error = await failure(msal(at(server)).token('ews'))
    expect(error.message).toBe('The sign-in was refused: AADSTS7000215: Invalid client secret provided.')
    expect(error.hint).toBe('The client secret is wrong: give its value, not its id.')
    expect(JSON.stringify(error) + error.stack + String(error.cause)).not.toContain(SECRET)
  })

  test.each([
    ['as it is', (form: string) => new URLSearchParams(form).get('client_secret')],
    ['in its form', (form: string) => form],
    ['in base64', () => Buffer.from(SECRET).toString('base64')],
  ])('whose secret is shown back %s keeps it to itself, down to the causes', async (_, echo) => {
    const transport: Transport = async ({ body }) => ({
      status: 400,
      statusText: '',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        error: 'invalid_client',
        error_description: `AADSTS7000215: not the secret: ${echo(String(body))}.`,
      }),
    })
    const authority = 'https://login.contoso.example'
    const cloud = {
      authority,
      graph: 'https://graph.microsoft.com',
      exchange: 'https://outlook.office365.com',
    }
    const error = await failure(
      msal({
        tenant: 'contoso.com',
        clientId: CLIENT,
        cloud,
        method: { kind: 'client-secret', secret: SECRET },
        transport,
      }).token('ews'),
    )
    expect(error.message).toContain('not the secret')
    const all = inspect(error, { depth: 20, showHidden: true, maxStringLength: null })
    for (const form of [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')])
      expect(all).not.toContain(form)
  })

  test('whose secret stands in an answer that is not JSON keeps it to itself too', async () => {
    const error = await failure(
      msal({
        tenant: 'contoso.com',
        clientId: CLIENT,
        method: { kind: 'client-secret', secret: SECRET },
        transport: async () => ({ status: 500, statusText: '', headers: {}, body: `${SECRET} is wrong` }),
      }).token('ews'),
    )
    expect(error.code).toBe('ERR_INVALID_RESPONSE')
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SECRET.slice(0, 9))
  })

  test('that failed once can succeed the next time', async () => {
    const server = await serve({ secret: SECRET })
    server.fail(400, { error: 'invalid_request', error_description: 'AADSTS90002: Tenant not found.' })
    const signIn = msal(at(server))
    expect((await failure(signIn.token('ews'))).hint).toContain('tenant')
    expect((await signIn.token('ews')).token).toMatch(/^eyJ/)
  })

  test('gets a sentence for an answer in HTML, and for no answer', async () => {
    const server = await serve({ secret: SECRET })
    server.fail(200, '<html>Welcome to the hotel</html>')
    expect(await failure(msal(at(server)).token('ews'))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    server.close()
    expect(await failure(msal(at(server)).token('ews'))).toMatchObject({ code: 'ERR_CONNECTION' })
  })

  test('talks to the authority of its national cloud', async () => {
    const scope = nock('https://login.microsoftonline.us')
      .post(
        '/contoso.com/oauth2/v2.0/token',
        (body: Record<string, string>) =>
          body.scope?.startsWith('https://outlook.office365.us/.default') === true,
      )
      .query(true)
      .reply(200, { token_type: 'Bearer', expires_in: 3600, access_token: 'opaque-token' })
    const signIn = msal({
      tenant: 'contoso.com',
      clientId: CLIENT,
      cloud: 'usgov',
      method: { kind: 'client-secret', secret: SECRET },
    })
    expect((await signIn.token('ews')).token).toBe('opaque-token')
    scope.done()
  })
})

describe('a person', () => {
  const prompts: DeviceCode[] = []
  const deviceCode = { kind: 'device-code', prompt: (code: DeviceCode) => prompts.push(code) } as const
  afterEach(() => {
    prompts.length = 0
  })

  test('with a device code signs in once for EWS and Graph', async () => {
    const server = await serve({ pending: 1 })
    const signIn = msal(at(server, { method: deviceCode }))
    const [ews, graph] = await Promise.all([signIn.token('ews'), signIn.token('graph')])
    expect(prompts).toMatchObject([
      { userCode: 'ABCD-EFGH', verificationUrl: 'https://microsoft.com/devicelogin' },
    ])
    expect(ews.account).toBe('AdeleV@contoso.com')
    expect(ews.scopes).toEqual(['https://outlook.office365.com/EWS.AccessAsUser.All'])
    expect(graph.scopes).toContain('https://graph.microsoft.com/Mail.Send.Shared')
    expect(server.grants.at(-1)?.get('grant_type')).toBe('refresh_token')
    expect(signIn.appOnly).toBe(false)
  })

  test('can stop waiting for the code to be used', async () => {
    const server = await serve({ pending: 1_000 })
    const stop = new AbortController()
    const signIn = msal(
      at(server, { method: { kind: 'device-code', prompt: () => stop.abort() }, signal: stop.signal }),
    )
    expect(await failure(signIn.token('ews'))).toMatchObject({ code: 'ERR_ABORTED' })
  })

  test('in a browser signs in with PKCE and comes back to loopback', async () => {
    const server = await serve()
    let opened = ''
    const signIn = msal(
      at(server, {
        account: 'AdeleV@contoso.com',
        method: {
          kind: 'browser',
          openBrowser: async (url) => {
            opened = url
            void server.browse(url)
          },
        },
      }),
    )
    expect((await signIn.token('ews')).account).toBe('AdeleV@contoso.com')
    const query = new URL(opened).searchParams
    expect(opened.startsWith(`${server.url}/contoso.com/oauth2/v2.0/authorize?`)).toBe(true)
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('login_hint')).toBe('AdeleV@contoso.com')
    expect(new URL(query.get('redirect_uri') ?? '').hostname).toBe('localhost')
  })

  test('who says no in the browser is told so', async () => {
    const server = await serve()
    const signIn = msal(
      at(server, {
        method: {
          kind: 'browser',
          openBrowser: async (url) => void server.browse(url, { error: 'access_denied' }),
        },
      }),
    )
    expect(await failure(signIn.token('ews'))).toMatchObject({
      code: 'ERR_AUTHENTICATION',
      hint: 'The person at the browser said no.',
    })
  })

  test('an answer that is not from this sign-in is not taken', async () => {
    const server = await serve()
    const statuses: number[] = []
    const signIn = msal(
      at(server, {
        method: {
          kind: 'browser',
          openBrowser: async (url) => {
            statuses.push(await server.browse(url, { code: 'stolen', state: 'forged' }))
            void server.browse(url)
          },
        },
      }),
    )
    expect((await signIn.token('ews')).account).toBe('AdeleV@contoso.com')
    expect(statuses).toEqual([400])
  })

  test.each([
    ['ERR_TIMEOUT', { browserTimeoutMs: 50 }],
    ['ERR_ABORTED', { signal: AbortSignal.timeout(500) }],
  ])('nobody at the browser ends in %s, and the loopback listener is closed', async (code, over) => {
    const server = await serve()
    let redirect = ''
    const signIn = msal(
      at(server, {
        ...over,
        method: {
          kind: 'browser',
          openBrowser: async (url) => {
            redirect = new URL(url).searchParams.get('redirect_uri') ?? ''
          },
        },
      }),
    )
    expect(await failure(signIn.token('ews'))).toMatchObject({ code })
    await expect(fetch(redirect.replace('localhost', '127.0.0.1'))).rejects.toThrow()
  })

  test('whose sign-in is on disk is not asked again, until it is forgotten', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
    closers.push(() => rm(folder, { recursive: true }))
    const path = join(folder, 'deep', 'tokens')
    const cache = () => fileTokenCache({ path, passphrase: 'a long passphrase' })
    const server = await serve()
    await msal(at(server, { method: deviceCode, cache: cache() })).token('ews')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const onDisk = await readFile(path, 'utf8')
    expect(onDisk).not.toMatch(/refresh-|eyJ[\w-]+\.|AdeleV/)

    const later = msal(at(server, { method: { kind: 'cached' }, cache: cache() }))
    expect((await later.token('ews')).account).toBe('AdeleV@contoso.com')
    expect((await later.token('graph')).account).toBe('AdeleV@contoso.com')
    expect(prompts).toHaveLength(1)
    expect(
      await failure(
        msal(at(server, { method: { kind: 'cached' }, cache: cache(), account: 'AllanD@contoso.com' })).token(
          'ews',
        ),
      ),
    ).toMatchObject({ code: 'ERR_AUTHENTICATION', hint: 'Sign in: ews-delegates login' })

    await later.signOut()
    expect(
      await failure(msal(at(server, { method: { kind: 'cached' }, cache: cache() })).token('ews')),
    ).toMatchObject({ code: 'ERR_AUTHENTICATION' })
  })

  test('whose refresh token is no longer good is asked again', async () => {
    const server = await serve()
    const signIn = msal(at(server, { method: deviceCode }))
    await signIn.token('ews')
    server.fail(400, {
      error: 'invalid_grant',
      error_description: 'AADSTS700082: The refresh token has expired due to inactivity.',
    })
    await signIn.token('graph')
    expect(prompts).toHaveLength(2)
  })
})

test.each([
  ['tenant', { tenant: 'contoso.com/../evil' }],
  ['tenant', { tenant: '' }],
  ['client id', { clientId: 'my-app' }],
  ['secret', { method: { kind: 'client-secret', secret: ' ' } }],
  ['named', { tenant: 'common' }],
  ['private key', { method: { kind: 'certificate', pem: 'nothing' } }],
] as const)('a %s that cannot be right is refused before anything is loaded', (word, over) => {
  const options = {
    tenant: 'contoso.com',
    clientId: CLIENT,
    method: { kind: 'client-secret', secret: 'x' },
    load: () => expect.unreachable('MSAL was loaded'),
    ...over,
  } as MicrosoftSignInOptions
  expect(() => msal(options)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_INPUT', message: expect.stringContaining(word) }),
  )
})
