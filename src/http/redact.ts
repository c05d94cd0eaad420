import type { HttpRequest, HttpResponse } from './transport.ts'

const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'www-authenticate',
  'x-backendcookie',
])

// Anything that looks like a JSON Web Token, wherever it stands: header, URL, error text or body.
const JSON_WEB_TOKEN = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g
const CREDENTIALS = /\b(Basic|Bearer|NTLM|Negotiate)\s+[A-Za-z0-9+/=._~-]{8,}/gi
const FORM_SECRETS =
  /\b(password|client_secret|client_assertion|access_token|refresh_token|id_token|code|authtoken)=[^&\s"]+/gi
const JSON_SECRETS =
  /("(?:password|client_secret|client_assertion|access_token|refresh_token|id_token)"\s*:\s*")(?:[^"\\]|\\.)*"/gi
const URL_CREDENTIALS = /(\w+:\/\/)[^\s/@:]+:[^\s/@]+@/g

/** Takes credentials, tokens and cookies out of any text. */
export function redactText(text: string): string {
  return text
    .replace(JSON_WEB_TOKEN, '[redacted]')
    .replace(CREDENTIALS, '$1 [redacted]')
    .replace(FORM_SECRETS, '$1=[redacted]')
    .replace(JSON_SECRETS, '$1[redacted]"')
    .replace(URL_CREDENTIALS, '$1[redacted]@')
}

/** A request as text for a trace, without secrets. */
export function formatRequest(request: HttpRequest): string {
  return [
    `${request.method} ${redactText(request.url)}`,
    ...formatHeaders(request.headers),
    '',
    formatBody(request.body),
  ].join('\n')
}

/** A response as text for a trace, without secrets. */
export function formatResponse(response: HttpResponse): string {
  return [
    `${response.status} ${response.statusText}`.trimEnd(),
    ...formatHeaders(response.headers),
    '',
    redactText(response.body),
  ].join('\n')
}

function formatBody(body: HttpRequest['body']): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? redactText(body) : `[${body.byteLength} bytes]`
}

function formatHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) =>
    SECRET_HEADERS.has(name.toLowerCase()) ? `${name}: [redacted]` : `${name}: ${redactText(value)}`,
  )
}
