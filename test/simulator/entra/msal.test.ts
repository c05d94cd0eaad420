import { createHash } from 'node:crypto'
import https from 'node:https'
import {
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  type NetworkRequestOptions,
  PublicClientApplication,
} from '@azure/msal-node'
import { decodeJwt } from 'jose'
import nock from 'nock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD, DEFAULT_TENANT } from '../../../src/simulator/default-tenant.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts'
import { makeApplicationCertificate } from '../../../src/simulator/tls/certificate.ts'
import { ADELE } from '../graph-driver.ts'

/**
 * Microsoft's own client against the sign-in service, over TLS as it insists. It is only given a way to send that
 * trusts the simulator's authority.
 */
const certificate = makeApplicationCertificate('ews-delegates tests')
const stranger = makeApplicationCertificate('somebody else')
const CERTIFICATE_APP = 'c0ffee00-5f0b-4c55-9d61-2f5f0f6a9b11'
const PUBLIC_CLIENT = '14d82eec-204b-4c2f-b7e8-296a70dab67e'

let simulator: Simulator
beforeAll(async () => {
  nock.restore()
  simulator = await startSimulator({
    tls: true,
    tenant: {
      ...DEFAULT_TENANT,
      apps: [DEFAULT_APP, { id: CERTIFICATE_APP, certificates: [certificate.pem], roles: DEFAULT_APP.roles }],
    },
  })
})
afterAll(async () => {
  await simulator.close()
  nock.activate()
})

interface Sent {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
}

function send(
  url: string,
  method: 'GET' | 'POST',
  options: { headers?: Record<string, string>; body?: string } = {},
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      url,
      { method, ca: simulator.authority ?? '', headers: options.headers ?? {} },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            ),
            text,
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(options.body)
  })
}

/** The values that a page would send, filled in. */
function submit(url: string, values: Record<string, string>): Promise<Sent> {
  return send(url, 'POST', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(values).toString(),
  })
}

function network(): INetworkModule {
  const exchange = async <T>(url: string, method: 'GET' | 'POST', options?: NetworkRequestOptions) => {
    const { status, headers, text } = await send(url, method, {
      ...(options?.headers ? { headers: options.headers } : {}),
      ...(options?.body === undefined ? {} : { body: options.body }),
    })
    return { status, headers, body: JSON.parse(text) as T }
  }
  return {
    sendGetRequestAsync: (url, options) => exchange(url, 'GET', options),
    sendPostRequestAsync: (url, options) => exchange(url, 'POST', options),
  }
}

function configuration(
  clientId: string,
  auth: Partial<Configuration['auth']> = {},
  tenant = 'contoso.com',
): Configuration {
  return {
    auth: {
      clientId,
      authority: `${simulator.url}/${tenant}`,
      knownAuthorities: [new URL(simulator.url).host],
      ...auth,
    },
    system: { networkClient: network() },
  }
}

const signInAs = (address = ADELE, password = DEFAULT_PASSWORD) => ({
  login: address,
  passwd: password,
  answer: 'accept',
})

describe('an application', () => {
  test('gets a token for its secret', async () => {
    const client = new ConfidentialClientApplication(
      configuration(DEFAULT_APP.id, { clientSecret: DEFAULT_APP.secret }),
    )
    const result = await client.acquireTokenByClientCredential({
      scopes: ['https://outlook.office365.com/.default'],
    })
    expect(decodeJwt(result?.accessToken ?? '')).toMatchObject({
      aud: 'https://outlook.office365.com',
      roles: ['full_access_as_app'],
      appidacr: '1',
    })
    const again = await client.acquireTokenByClientCredential({
      scopes: ['https://outlook.office365.com/.default'],
    })
    expect(again?.fromCache).toBe(true)
  })

  test('gets a token for a certificate', async () => {
    const client = new ConfidentialClientApplication(
      configuration(CERTIFICATE_APP, {
        clientCertificate: {
          thumbprintSha256: thumbprint(certificate.der),
          privateKey: certificate.privateKeyPem,
        },
      }),
    )
    const result = await client.acquireTokenByClientCredential({
      scopes: ['https://graph.microsoft.com/.default'],
    })
    expect(decodeJwt(result?.accessToken ?? '')).toMatchObject({ appid: CERTIFICATE_APP, appidacr: '2' })
  })

  test('gets none for a certificate that is not registered', async () => {
    const client = new ConfidentialClientApplication(
      configuration(CERTIFICATE_APP, {
        clientCertificate: { thumbprintSha256: thumbprint(stranger.der), privateKey: stranger.privateKeyPem },
      }),
    )
    await expect(
      client.acquireTokenByClientCredential({ scopes: ['https://graph.microsoft.com/.default'] }),
    ).rejects.toThrow(/AADSTS700027/)
  })

  test('gets none for the key of another under a registered thumbprint', async () => {
    const client = new ConfidentialClientApplication(
      configuration(CERTIFICATE_APP, {
        clientCertificate: {
          thumbprintSha256: thumbprint(certificate.der),
          privateKey: stranger.privateKeyPem,
        },
      }),
    )
    await expect(
      client.acquireTokenByClientCredential({ scopes: ['https://graph.microsoft.com/.default'] }),
    ).rejects.toThrow(/AADSTS700027.*signature/)
  })

  test('gets none for a wrong secret, and is told so', async () => {
    const client = new ConfidentialClientApplication(configuration(DEFAULT_APP.id, { clientSecret: 'wrong' }))
    await expect(
      client.acquireTokenByClientCredential({ scopes: ['https://graph.microsoft.com/.default'] }),
    ).rejects.toMatchObject({
      errorCode: 'invalid_client',
      errorMessage: expect.stringContaining('AADSTS7000215'),
    })
  })
})

describe('a person on a device without a browser', () => {
  test('types a code elsewhere', async () => {
    const client = new PublicClientApplication(configuration(PUBLIC_CLIENT))
    const result = await client.acquireTokenByDeviceCode({
      scopes: ['Mail.Send', 'Mail.Send.Shared'],
      deviceCodeCallback: ({ userCode, verificationUri, message }) => {
        expect(message).toContain(userCode)
        submit(verificationUri, { ...signInAs(), user_code: userCode.toLowerCase() }).then(({ text }) =>
          expect(text).toContain('You have signed in'),
        )
      },
    })
    expect(result?.account?.username).toBe(ADELE)
    expect(decodeJwt(result?.accessToken ?? '')).toMatchObject({
      upn: ADELE,
      scp: 'Mail.Send Mail.Send.Shared',
    })
  })

  test('may say no', async () => {
    const client = new PublicClientApplication(configuration(PUBLIC_CLIENT))
    await expect(
      client.acquireTokenByDeviceCode({
        scopes: ['Mail.Send'],
        deviceCodeCallback: ({ userCode, verificationUri }) => {
          submit(verificationUri, { user_code: userCode, answer: 'decline' })
        },
      }),
    ).rejects.toThrow(/authorization_declined/)
  })
})

describe('a person in a browser', () => {
  /** What a browser does: shows the page, sends the form, follows to loopback. */
  const browser =
    (values = signInAs()) =>
    async (url: string) => {
      const page = await send(url, 'GET')
      expect(page.text).toContain('type="password"')
      const form = (await submit(url, values)).text
      // Its script submits the form to loopback, which is plain HTTP.
      const inputs = [...form.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name,
        plain(value),
      ])
      const action = plain(/action="([^"]+)"/.exec(form)?.[1])
      // The test must not wait for the answer: MSAL gives it when the test goes on.
      fetch(action, { method: 'POST', body: new URLSearchParams(inputs as [string, string][]) }).catch(
        () => {},
      )
    }

  test('signs in once for Graph and for EWS, silently ever after', async () => {
    const client = new PublicClientApplication(configuration(PUBLIC_CLIENT))
    const first = await client.acquireTokenInteractive({
      scopes: ['https://graph.microsoft.com/Mail.Send'],
      openBrowser: browser(),
    })
    expect(first.account).toMatchObject({ username: ADELE, name: 'Adele Vance' })
    expect(decodeJwt(first.accessToken)).toMatchObject({ aud: 'https://graph.microsoft.com', upn: ADELE })
    expect(decodeJwt(first.idToken)).toMatchObject({ aud: PUBLIC_CLIENT, preferred_username: ADELE })
    const account = first.account
    if (!account) throw new Error('There is no account.')
    const cached = await client.acquireTokenSilent({
      account,
      scopes: ['https://graph.microsoft.com/Mail.Send'],
    })
    expect(cached.fromCache).toBe(true)
    const forEws = await client.acquireTokenSilent({
      account,
      scopes: ['https://outlook.office365.com/EWS.AccessAsUser.All'],
    })
    expect(forEws.fromCache).toBe(false)
    expect(decodeJwt(forEws.accessToken)).toMatchObject({ aud: 'https://outlook.office365.com' })
  })

  test('short names of scopes and .default are found in the cache, too', async () => {
    for (const scopes of [['Mail.Send'], ['https://graph.microsoft.com/.default']]) {
      const client = new PublicClientApplication(configuration(PUBLIC_CLIENT))
      const { account } = await client.acquireTokenInteractive({ scopes, openBrowser: browser() })
      if (!account) throw new Error('There is no account.')
      expect((await client.acquireTokenSilent({ account, scopes })).fromCache).toBe(true)
    }
  })

  test('who cancels has not signed in', async () => {
    const client = new PublicClientApplication(configuration(PUBLIC_CLIENT))
    await expect(
      client.acquireTokenInteractive({
        scopes: ['Mail.Send'],
        openBrowser: browser({ ...signInAs(), answer: 'decline' }),
      }),
    ).rejects.toThrow(/access_denied|AADSTS65004/)
  })

  test('whose account is gone has to sign in again', async () => {
    const client = new PublicClientApplication(configuration(PUBLIC_CLIENT))
    const { account } = await client.acquireTokenInteractive({
      scopes: ['Mail.Send'],
      openBrowser: browser(signInAs('PattiF@contoso.com')),
    })
    const patti = simulator.exchange.directory.find('PattiF@contoso.com')
    if (!patti || !account) throw new Error('There is no Patti.')
    simulator.exchange.directory.delete(patti)
    await expect(client.acquireTokenSilent({ account, scopes: ['Mail.Read'] })).rejects.toMatchObject({
      errorCode: 'invalid_grant',
    })
  })
})

test('an authority that MSAL does not know is asked about, and found', async () => {
  const client = new PublicClientApplication({
    auth: { clientId: PUBLIC_CLIENT, authority: `https://login.microsoftonline.com/contoso.com` },
    system: {
      networkClient: {
        sendGetRequestAsync: (url, options) => network().sendGetRequestAsync(here(url), options),
        sendPostRequestAsync: (url, options) => network().sendPostRequestAsync(here(url), options),
      },
    },
  })
  const result = await client.acquireTokenByUsernamePassword({
    scopes: ['Mail.Send'],
    username: ADELE,
    password: DEFAULT_PASSWORD,
  })
  expect(result?.account?.username).toBe(ADELE)
})

test('nothing that was secret is in the request log', () => {
  const log = JSON.stringify(simulator.requests.entries())
  expect(simulator.requests.entries().length).toBeGreaterThan(20)
  for (const secret of [DEFAULT_PASSWORD, DEFAULT_APP.secret, 'eyJ0', 'code=1.']) {
    expect(log).not.toContain(secret)
  }
})

function plain(escaped = ''): string {
  return escaped
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
}

/** As if the host were the simulator. */
function here(url: string): string {
  return url.replace('https://login.microsoftonline.com', simulator.url)
}

function thumbprint(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex').toUpperCase()
}
