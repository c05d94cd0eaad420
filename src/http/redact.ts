import type { HttpRequest, HttpResponse } from './transport.ts'

const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
  'cookie',
  'set-cookie',
  'set-cookie2',
  'x-backendcookie',
  'x-backendoverridecookie',
])

const SECRET_NAMES =
  'password|passwd|client_secret|clientsecret|client_assertion|assertion|access_token|refresh_token|id_token|device_code|authtoken|code_verifier|sig'
// Anything that looks like a JSON Web Token (encrypted ones have five parts), wherever it stands.
const JSON_WEB_TOKEN = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*(?:\.[\w-]*){0,2}/g
// Every NTLM message begins with "NTLMSSP\0", which is this in base64.
const NTLM_MESSAGE = /TlRMTVNTUA[A-Za-z0-9+/=]*/g
const CREDENTIALS = /\b(Basic|Bearer|NTLM|Negotiate|PoP)\s+[A-Za-z0-9+/=._~-]{8,}/gi
// `code` is a secret in an authorization response only; elsewhere it is a word.
const FORM_SECRETS = new RegExp(`\\b(${SECRET_NAMES}|code)=[^&\\s"'<>]+`, 'gi')
const JSON_SECRETS = new RegExp(`("(?:${SECRET_NAMES})"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*"`, 'gi')
const XML_SECRETS = /(<(?:[\w.-]+:)?(?:password|passwd|clientsecret|binarysecuritytoken)\b[^<>]*>)[^<]+/gi
const ATTRIBUTE_SECRETS = new RegExp(`\\b(${SECRET_NAMES})(\\s*=\\s*)(["'])(?:(?!\\3).)+\\3`, 'gi')
const COOKIE_LINES = /^((?:set-)?cookie2?\s*:)[^\r\n]+/gim
// Bounded and from a word's beginning: in a long run of base64 every letter would start another search.
const URL_CREDENTIALS = /\b(\w{1,20}:\/\/)[^\s/@:]+:[^\s/@]+@/g
const PRIVATE_KEY = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:-----END|$)/g

/**
 * Takes credentials, tokens and cookies out of any text.
 *
 * @param secrets what is known to be secret, to be taken out wherever it stands; see {@link secretsOf}.
 */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let result = text
  for (const secret of secrets) result = result.replaceAll(secret, '[redacted]')
  return result
    .replace(PRIVATE_KEY, '$1[redacted]-----END')
    .replace(JSON_WEB_TOKEN, '[redacted]')
    .replace(CREDENTIALS, '$1 [redacted]')
    .replace(NTLM_MESSAGE, '[redacted]')
    .replace(FORM_SECRETS, '$1=[redacted]')
    .replace(ATTRIBUTE_SECRETS, '$1$2$3[redacted]$3')
    .replace(JSON_SECRETS, '$1[redacted]"')
    .replace(XML_SECRETS, '$1[redacted]')
    .replace(COOKIE_LINES, '$1 [redacted]')
    .replace(URL_CREDENTIALS, '$1[redacted]@')
}

/**
 * What a request carries that nobody may see: the credentials, the password inside Basic ones, the cookies. A
 * server that shows them back, in an error page or a fault, would otherwise put them into traces and messages.
 * The longest come first, so that none is left half redacted.
 */
export function secretsOf(request: Pick<HttpRequest, 'headers'>): readonly string[] {
  const secrets = new Set<string>()
  for (const [name, value] of Object.entries(request.headers)) {
    const header = name.toLowerCase()
    if (header === 'authorization' || header === 'proxy-authorization') {
      const [scheme = '', credentials = ''] = value.split(/\s+/, 2)
      secrets.add(credentials)
      if (scheme.toLowerCase() === 'basic') {
        const password = Buffer.from(credentials, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
        for (const form of [password, encodeURIComponent(password), escapeXml(password)]) secrets.add(form)
      }
    }
    if (header === 'cookie') {
      for (const pair of value.split(';')) secrets.add(pair.slice(pair.indexOf('=') + 1).trim())
    }
  }
  // Taking every "a" out of a text would show where the password is rather than hide it.
  return [...secrets].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length)
}

/** The headers of a request or an answer, without secrets. */
export function redactHeaders(
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[] = [],
): [name: string, value: string][] {
  return Object.entries(headers).map(([name, value]) => [
    name,
    SECRET_HEADERS.has(name.toLowerCase()) ? '[redacted]' : redactText(value, secrets),
  ])
}

/** A request as text for a trace, without secrets. */
export function formatRequest(request: HttpRequest): string {
  const secrets = secretsOf(request)
  return [
    `${request.method} ${redactText(request.url, secrets)}`,
    ...formatHeaders(request.headers, secrets),
    '',
    redactBody(request.body, secrets) ?? '',
  ].join('\n')
}

/**
 * A response as text for a trace, without secrets.
 * @param secrets those of the request it answers.
 */
export function formatResponse(response: HttpResponse, secrets: readonly string[] = []): string {
  return [
    `${response.status} ${redactText(response.statusText, secrets)}`.trimEnd(),
    ...formatHeaders(response.headers, secrets),
    '',
    redactText(response.body, secrets),
  ].join('\n')
}

/** A request's body, without secrets; bytes are counted, not shown. */
export function redactBody(body: HttpRequest['body'], secrets: readonly string[] = []): string | undefined {
  if (body === undefined) return undefined
  return typeof body === 'string' ? redactText(body, secrets) : `[${body.byteLength} bytes]`
}

function formatHeaders(headers: Readonly<Record<string, string>>, secrets: readonly string[]): string[] {
  return redactHeaders(headers, secrets).map(([name, value]) => `${name}: ${value}`)
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
