import type { TokenProvider } from '../auth/bearer.ts'
import { explainEntraError } from '../auth/entra-errors.ts'
import { ConnectionError } from '../errors.ts'
import type { Clock } from '../http/clock.ts'
import { formatRequest, formatResponse, redactText } from '../http/redact.ts'
import type { HttpRequest, HttpResponse, Trace, Transport } from '../http/transport.ts'

export interface PasswordTokenOptions {
  /** Of the tenant: `https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token`. */
  readonly endpoint: URL
  readonly user: string
  readonly password: string
  readonly clientId: string | undefined
  readonly scope: string
  readonly timeoutMs: number
  readonly transport: Transport
  readonly clock: Clock
  readonly userAgent: string
  readonly trace: Trace | undefined
}

/** A token is renewed this long before its end, so that it lives through a slow call. */
const RENEW_BEFORE_MS = 5 * 60_000
/** What is assumed of an answer that does not say. */
const DEFAULT_LIFETIME_SECONDS = 3600

interface Token {
  readonly text: string
  readonly until: number
}

/**
 * Signs somebody in with their password (Resource Owner Password Credentials). Made for test tenants and the
 * embedded Exchange: people's passwords belong to people, and accounts with a second factor refuse it.
 *
 * A sign-in that failed is not tried again, so that a wrong password locks no account.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
 */
export function passwordToken(options: PasswordTokenOptions): TokenProvider {
  let pending: Promise<Token> | undefined
  return async () => {
    pending ??= requestToken(options)
    const asked = pending
    const token = await asked
    if (token.until > options.clock.now()) return token.text
    // Whoever came first has it renewed for all.
    if (pending === asked) pending = requestToken(options)
    return (await pending).text
  }
}

async function requestToken(options: PasswordTokenOptions): Promise<Token> {
  const { user, password, clientId, scope, clock, trace } = options
  const request: HttpRequest = {
    method: 'POST',
    url: options.endpoint.href,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': options.userAgent,
    },
    body: new URLSearchParams({
      grant_type: 'password',
      ...(clientId === undefined ? {} : { client_id: clientId }),
      username: user,
      password,
      scope,
    }).toString(),
    timeoutMs: options.timeoutMs,
    maxResponseBytes: 1024 * 1024,
  }
  trace?.({ direction: 'request', text: formatRequest(request) })
  const response = await options.transport(request)
  const secrets = [password, encodeURIComponent(password)].filter((secret) => secret.length >= 4)
  trace?.({ direction: 'response', text: formatResponse(response, secrets) })
  return readToken(response, options, secrets, clock.now())
}

function readToken(
  { status, body }: HttpResponse,
  { endpoint, user }: PasswordTokenOptions,
  secrets: readonly string[],
  now: number,
): Token {
  const json = parseObject(body)
  if (status === 200 && typeof json?.access_token === 'string') {
    const seconds = Number(json.expires_in)
    const lifetime = (seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS) * 1000
    return { text: json.access_token, until: now + Math.max(lifetime - RENEW_BEFORE_MS, lifetime / 2) }
  }
  if (json && typeof json.error === 'string') {
    const said = typeof json.error_description === 'string' ? json.error_description : json.error
    const sentence = redactText(said.split(/\s*(?:[\r\n]|Trace ID:)/)[0]?.slice(0, 400) ?? '', secrets)
    throw new ConnectionError(
      'ERR_AUTHENTICATION',
      `${endpoint.host} does not sign in ${user}: ${sentence}`,
      {
        httpStatus: status,
        hint: explainEntraError(said).hint ?? 'Check the user, the password and the client id.',
      },
    )
  }
  throw new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `${endpoint.host} answered HTTP ${status} with something that is no token.`,
    {
      httpStatus: status,
      hint: 'A token endpoint looks like https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token.',
    },
  )
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
