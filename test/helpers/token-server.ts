import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compactVerify, decodeProtectedHeader } from 'jose'

export interface TokenServerOptions {
  readonly clientId: string
  readonly secret?: string
  /** PEM of the certificate that assertions have to be signed with. */
  readonly certificate?: string
  readonly user?: string
  /** How often a device code is still pending before it is used. */
  readonly pending?: number
  readonly lifetimeSeconds?: number
}

export interface TokenServer {
  readonly url: string
  /** What was asked for, oldest first. */
  readonly grants: URLSearchParams[]
  /** Answers the next request instead. */
  fail(status: number, body: unknown): void
  /** What the browser does: signs in, and posts the code to where it is sent back to. */
  browse(authorizationUrl: string, answer?: Record<string, string>): Promise<number>
  close(): void
}

/** As much of Entra's token endpoint as MSAL needs. Checks what it is given as Entra would. */
export async function tokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { user = 'AdeleV@contoso.com', lifetimeSeconds = 3600 } = options
  const grants: URLSearchParams[] = []
  const failures: { status: number; body: unknown }[] = []
  const codes = new Map<string, { challenge: string; redirect: string }>()
  const devices = new Map<string, number>()
  let serial = 0

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = (claims: object) => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.c2lnbmF0dXJl`
  const now = () => Math.floor(Date.now() / 1000)
  const ids = {
    oid: '11111111-1111-1111-1111-111111111111',
    tid: '22222222-2222-2222-2222-222222222222',
  }
  const refuse = (error: string, number: number, text: string, status = 400) => ({
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: 0 Correlation ID: 0 Timestamp: 2026-11-20 10:00:00Z`,
      error_codes: [number],
    },
  })
  const issue = (form: URLSearchParams, person: boolean) => {
    const scope = (form.get('scope') ?? '').split(' ').filter((each) => each.includes('/'))
    const claims = { aud: new URL(scope[0] ?? 'https://x').origin, nbf: now(), exp: now() + lifetimeSeconds }
    serial += 1
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        scope: scope.join(' '),
        expires_in: lifetimeSeconds,
        ext_expires_in: lifetimeSeconds,
        access_token: jwt({
          ...claims,
          ...ids,
          jti: serial,
          appid: options.clientId,
          ...(person
            ? { scp: scope.map((each) => each.split('/').at(-1)).join(' '), upn: user }
            : { roles: ['full_access_as_app'], idtyp: 'app' }),
        }),
        ...(person
          ? {
              refresh_token: `refresh-${serial}`,
              id_token: jwt({
                ...ids,
                iss: 'https://login/v2.0',
                aud: options.clientId,
                sub: 'subject',
                preferred_username: user,
                name: 'Adele Vance',
                nbf: now(),
                iat: now(),
                exp: now() + 3600,
              }),
              client_info: encode({ uid: ids.oid, utid: ids.tid }),
            }
          : {}),
      },
    }
  }

  async function answer(path: string, form: URLSearchParams): Promise<{ status: number; body: unknown }> {
    const failure = failures.shift()
    if (failure) return failure
    if (form.get('client_id') !== options.clientId)
      return refuse('unauthorized_client', 700016, 'Application not found.')
    if (path.endsWith('/devicecode')) {
      const device_code = randomBytes(8).toString('hex')
      devices.set(device_code, options.pending ?? 0)
      return {
        status: 200,
        body: {
          device_code,
          user_code: 'ABCD-EFGH',
          verification_uri: 'https://microsoft.com/devicelogin',
          expires_in: 900,
          // MSAL waits at least this long; the tests do not have five seconds.
          interval: 0.05,
          message: 'To sign in, open https://microsoft.com/devicelogin and enter ABCD-EFGH.',
        },
      }
    }
    switch (form.get('grant_type')) {
      case 'client_credentials': {
        if (!/^\S+\/\.default\b/.test(form.get('scope') ?? '')) return refuse('invalid_scope', 1002012, 'No.')
        const assertion = form.get('client_assertion')
        if (assertion !== null) {
          return (await assertionHolds(assertion, form, options))
            ? issue(form, false)
            : refuse('invalid_client', 700027, 'The certificate is not registered.', 401)
        }
        if (options.secret === undefined || form.get('client_secret') !== options.secret) {
          return refuse('invalid_client', 7000215, 'Invalid client secret provided.', 401)
        }
        return issue(form, false)
      }
      case 'device_code':
      case 'urn:ietf:params:oauth:grant-type:device_code': {
        const left = devices.get(form.get('device_code') ?? '')
        if (left === undefined) return refuse('invalid_grant', 70000, 'Unknown code.')
        devices.set(form.get('device_code') ?? '', left - 1)
        return left > 0 ? refuse('authorization_pending', 70016, 'Pending.') : issue(form, true)
      }
      case 'authorization_code': {
        const code = codes.get(form.get('code') ?? '')
        const verifier = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url')
        return code && code.challenge === verifier && code.redirect === form.get('redirect_uri')
          ? issue(form, true)
          : refuse('invalid_grant', 70008, 'The code does not fit.')
      }
      case 'refresh_token':
        return issue(form, true)
      default:
        return refuse('unsupported_grant_type', 70003, 'No.')
    }
  }

  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', async () => {
      const form = new URLSearchParams(body)
      grants.push(form)
      const { status, body: reply } = await answer(new URL(request.url ?? '', 'http://x').pathname, form)
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(typeof reply === 'string' ? reply : JSON.stringify(reply))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    grants,
    fail: (status, body) => failures.push({ status, body }),
    async browse(authorizationUrl, given) {
      const query = new URL(authorizationUrl).searchParams
      const code = randomBytes(8).toString('hex')
      const redirect = query.get('redirect_uri') ?? ''
      codes.set(code, { challenge: query.get('code_challenge') ?? '', redirect })
      const back = new URL(redirect)
      back.hostname = '127.0.0.1'
      const reply = await fetch(back, {
        method: 'POST',
        body: new URLSearchParams({ state: query.get('state') ?? '', ...(given ?? { code }) }),
      })
      return reply.status
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function assertionHolds(
  assertion: string,
  form: URLSearchParams,
  { certificate, clientId }: TokenServerOptions,
): Promise<boolean> {
  if (certificate === undefined) return false
  const x509 = new X509Certificate(certificate)
  const header = decodeProtectedHeader(assertion)
  const thumbprint = createHash('sha256').update(x509.raw).digest('base64url')
  if (header['x5t#S256'] !== thumbprint) return false
  try {
    const { payload } = await compactVerify(assertion, x509.publicKey)
    const claims = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>
    return (
      claims.iss === clientId &&
      claims.sub === clientId &&
      form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    )
  } catch {
    return false
  }
}
