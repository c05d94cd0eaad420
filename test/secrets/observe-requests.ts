import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { secretScan } from './secret-scan.ts'

/**
 * Registers what travels: whatever signs in to one of the servers of these tests is a secret, and so is what the
 * token endpoints among them answer. Nobody has to remember to.
 */

/** What stands under these names in forms, addresses and JSON. */
const SECRET_FIELDS = [
  'password',
  'passwd',
  'client_secret',
  'client_assertion',
  'assertion',
  'access_token',
  'refresh_token',
  'id_token',
  'device_code',
  'code',
  'code_verifier',
  'authtoken',
]

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
  const { headers, url = '/' } = request
  registerAuthorization(headers.authorization)
  registerAuthorization(headers['proxy-authorization'])
  for (const pair of headers.cookie?.split(';') ?? [])
    secretScan.register(pair.slice(pair.indexOf('=') + 1), 'cookie')
  registerFields(new URLSearchParams(url.split('?')[1] ?? ''))
  if (!/x-www-form-urlencoded/i.test(headers['content-type'] ?? '')) return
  listen(request, 'push', (body) => registerFields(new URLSearchParams(body)))
  listen(response, 'write', registerJson)
  listen(response, 'end', registerJson)
})

// Requests that are answered by no server at all, but by nock.
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest }
  for (const name of ['authorization', 'proxy-authorization'])
    registerAuthorization(request.getHeader(name)?.toString())
})

/** `Basic …`, `Bearer …`, `NTLM …`: as they stand in the header. */
export function registerAuthorization(header: string | undefined): void {
  const [scheme = '', credentials = ''] = header?.split(/\s+/, 2) ?? []
  secretScan.register(credentials, `credentials of ${scheme}`)
  if (/^basic$/i.test(scheme)) {
    const [, password = ''] = /:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? []
    secretScan.register(password, 'password of Basic')
  }
  if (/^bearer$/i.test(scheme)) registerToken(credentials, 'access token')
}

/** A token, and of a JSON Web Token also its parts but the first, which is the same for all. */
export function registerToken(token: string, what: string): void {
  secretScan.register(token, what)
  for (const part of token.split('.').slice(1))
    if (part.length >= 16) secretScan.register(part, `part of ${what}`)
}

function registerFields(fields: URLSearchParams): void {
  for (const [name, value] of fields)
    if (SECRET_FIELDS.includes(name.toLowerCase())) registerToken(value, name)
}

function registerJson(text: string): void {
  if (!text.startsWith('{')) return
  try {
    for (const [name, value] of Object.entries(JSON.parse(text)))
      if (SECRET_FIELDS.includes(name) && typeof value === 'string') registerToken(value, name)
  } catch {
    // An answer in pieces, or one that is meant to be broken.
  }
}

/** Hears what goes through a stream's method, and changes nothing. */
function listen<Name extends string>(
  stream: { [name in Name]: (...args: never[]) => unknown },
  method: Name,
  hear: (text: string) => void,
): void {
  const real = stream[method] as (...args: unknown[]) => unknown
  Object.defineProperty(stream, method, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: unknown[]) {
      const [chunk] = args
      if (typeof chunk === 'string' || chunk instanceof Uint8Array)
        hear(Buffer.from(chunk as string).toString())
      return real.apply(this, args)
    },
  })
}
