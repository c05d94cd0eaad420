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
// No secret is longer, and a pattern without a bound runs out of stack in a text of many megabytes.
const LONGEST = 65_536
// What can hold a JSON Web Token. The token itself is looked for by hand: a pattern for it would start again at every
// `eyJ` of a text that was made for that.
const WORDS_WITH_DOTS = /[\w.-]+/g
// Every NTLM message begins with "NTLMSSP\0", which is this in base64.
const NTLM_MESSAGE = /TlRMTVNTUA[A-Za-z0-9+/=]*/g
const CREDENTIALS = /\b(Basic|Bearer|NTLM|Negotiate|PoP)\s+[A-Za-z0-9+/=._~-]{8}[A-Za-z0-9+/=._~-]*/gi
// `code` is a secret in an authorization response only; elsewhere it is a word.
const FORM_SECRETS = new RegExp(`\\b(${SECRET_NAMES}|code)=[^&\\s"'<>]+`, 'gi')
const JSON_SECRETS = new RegExp(`("(?:${SECRET_NAMES})"\\s*:\\s*")(?:[^"\\\\]|\\\\.){0,${LONGEST}}`, 'gi')
const SECRET_FIELD = new RegExp(`^(?:${SECRET_NAMES}|code)$`, 'i')
const XML_SECRETS = /(<(?:[\w.-]+:)?(?:password|passwd|clientsecret|binarysecuritytoken)\b[^<>]*>)[^<]+/gi
const ATTRIBUTE_SECRETS = new RegExp(`\\b(${SECRET_NAMES})(\\s*=\\s*)(?:"[^"\\r\\n]+"|'[^'\\r\\n]+')`, 'gi')
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
    .replace(WORDS_WITH_DOTS, withoutToken)
    .replace(CREDENTIALS, '$1 [redacted]')
    .replace(NTLM_MESSAGE, '[redacted]')
    .replace(FORM_SECRETS, '$1=[redacted]')
    .replace(ATTRIBUTE_SECRETS, '$1$2"[redacted]"')
    .replace(JSON_SECRETS, '$1[redacted]')
    .replace(XML_SECRETS, '$1[redacted]')
    .replace(COOKIE_LINES, '$1 [redacted]')
    .replace(URL_CREDENTIALS, '$1[redacted]@')
}

/**
 * What a request carries that nobody may see: the credentials, the password inside Basic ones, the cookies, and in
 * the form for a token endpoint whatever signs in there. A server that shows them back, in an error page or a fault,
 * would otherwise put them into traces and messages.
 */
export function secretsOf(request: Pick<HttpRequest, 'headers' | 'body'>): readonly string[] {
  const secrets: string[] = []
  for (const [name, value] of Object.entries(request.headers)) {
    const header = name.toLowerCase()
    if (header === 'authorization' || header === 'proxy-authorization') {
      const [scheme = '', credentials = ''] = value.split(/\s+/, 2)
      secrets.push(credentials)
      if (scheme.toLowerCase() === 'basic') {
        const password = Buffer.from(credentials, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
        secrets.push(password)
      }
    }
    if (header === 'cookie') {
      for (const pair of value.split(';')) secrets.push(pair.slice(pair.indexOf('=') + 1).trim())
    }
    if (header === 'content-type' && isForm(value) && typeof request.body === 'string') {
      for (const [field, content] of new URLSearchParams(request.body))
        if (SECRET_FIELD.test(field)) secrets.push(content)
    }
  }
  return formsOf(secrets)
}

/**
 * Secrets as they are and as forms, JSON, XML, HTML and base64 write them, for {@link redactText}. The longest come
 * first, so that none is left half redacted.
 */
export function formsOf(secrets: readonly string[]): readonly string[] {
  const forms = new Set(
    // Taking every "a" out of a text would show where the password is rather than hide it.
    secrets
      .filter((secret) => secret.length >= 4)
      .flatMap((secret) => [
        secret,
        encodeURIComponent(Buffer.from(secret).toString()),
        new URLSearchParams({ '': secret }).toString().slice(1),
        JSON.stringify(secret).slice(1, -1),
        escapeXml(secret),
        escapeXml(secret).replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
        escapeXml(secret).replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
        secret.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ]),
  )
  return [...forms].sort((a, b) => b.length - a.length)
}

function isForm(contentType: string): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(contentType)
}

/** Cuts off what begins like a JSON Web Token: three parts (five of an encrypted one) with dots between. */
function withoutToken(words: string): string {
  if (!words.includes('eyJ')) return words
  let start = 0
  const parts = words.split('.')
  for (const [index, part] of parts.entries()) {
    const at = part.search(/\beyJ[\w-]{8}/)
    if (at >= 0 && (parts[index + 1] ?? '').length >= 8 && parts[index + 2] !== undefined)
      return `${words.slice(0, start + at)}[redacted]`
    start += part.length + 1
  }
  return words
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
