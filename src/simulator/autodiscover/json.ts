import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { Exchange } from '../store/exchange.ts'
import type { ServiceUrls } from './dispatch.ts'
import { findTarget } from './target.ts'

/**
 * Autodiscover v2: a GET that needs no sign-in.
 *
 * Chosen: an address of this tenant's domain that nobody has gets the same answer as one somebody has, so that
 * nobody can try out addresses here; one of another domain gets 404.
 */
export function answerJson(exchange: Exchange, request: HttpRequest, urls: ServiceUrls): HttpResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, headers: { allow: 'GET' }, body: '' }
  const query = new Map([...request.url.searchParams].map(([name, value]) => [name.toLowerCase(), value]))
  const path = /\.json\/v1\.0\/([^/]+)\/?$/i.exec(request.url.pathname)?.[1]
  const address = path === undefined ? query.get('email') : decode(path)
  if (!address) return refuse(400, 'MandatoryParameterMissing', 'A valid smtp address must be provided')
  if (!/^[^@\s]+@[^@\s]+$/.test(address)) {
    return refuse(400, 'InvalidUserId', `The given SMTP address is invalid. '${address.slice(0, 200)}'`)
  }
  const protocol = query.get('protocol')
  if (!protocol)
    return refuse(
      400,
      'MandatoryParameterMissing',
      "A valid value must be provided for the query parameter 'Protocol'",
    )
  const target = findTarget(exchange, address)
  if (target.kind === 'url') return redirect(jsonUrl(target.url, address, protocol, query))
  if (target.kind === 'address') return redirect(jsonUrl(urls.origin, target.address, protocol, query))
  const [, domain = ''] = address.split('@')
  if (target.kind === 'unknown' && domain.toLowerCase() !== exchange.directory.domain.toLowerCase()) {
    return refuse(404, 'UserNotFound', `The requested user '${address.slice(0, 200)}' could not be found.`)
  }
  const services: Record<string, [string, string]> = {
    ews: ['EWS', urls.ews],
    autodiscoverv1: ['AutodiscoverV1', urls.pox],
    rest: ['REST', `${urls.origin}/v1.0`],
  }
  const found = services[protocol.toLowerCase()]
  if (!found) {
    return refuse(
      400,
      'InvalidProtocol',
      `The given protocol value '${protocol.slice(0, 100)}' is invalid. Supported values are 'AutodiscoverV1,EWS,REST'`,
    )
  }
  return json(200, { Protocol: found[0], Url: found[1] })
}

function jsonUrl(
  base: string,
  address: string,
  protocol: string,
  query: ReadonlyMap<string, string>,
): string {
  const count = Number(query.get('redirectcount') ?? 0)
  const parameters = new URLSearchParams({
    Protocol: protocol,
    RedirectCount: String(Number.isSafeInteger(count) ? count + 1 : 1),
  })
  return `${new URL(base).origin}/autodiscover/autodiscover.json/v1.0/${encodeURIComponent(address)}?${parameters}`
}

function redirect(location: string): HttpResponse {
  return { status: 302, headers: { location }, body: '' }
}

function refuse(status: number, code: string, message: string): HttpResponse {
  return json(status, { ErrorCode: code, ErrorMessage: message })
}

function json(status: number, body: unknown): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'private' },
    body: JSON.stringify(body),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
