import type { Authentication } from './authentication.ts'
import { handleAutodiscover, isAutodiscoverPath, type ServiceUrls } from './autodiscover/dispatch.ts'
import { isEntraPath } from './entra/dispatch.ts'
import { handleEws, tooLargeForEws } from './ews/dispatch.ts'
import { handleGraph, tooLargeForGraph } from './graph/dispatch.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { LoggedRequest } from './request-log.ts'
import type { SignIn } from './sign-in.ts'
import type { Exchange } from './store/exchange.ts'

/** What a face answers; EWS and Autodiscover add the operation, and EWS an error of its own when it had one. */
export type RoutedAnswer = HttpResponse & { readonly operation?: string; readonly error?: unknown }

/** One of the simulator's faces, and how much it reads. */
export interface Route {
  readonly face: LoggedRequest['face']
  /** Largest body in bytes. */
  readonly limit: number
  handle(request: HttpRequest): Promise<RoutedAnswer>
  /** The answer to a body beyond the limit. */
  tooLarge(limit: number): HttpResponse
}

const MEGABYTE = 1024 * 1024
/** Exchange's default for EWS is 35 MB, Graph's for one request 4 MB. */
const EWS_LIMIT = 35 * MEGABYTE
const GRAPH_LIMIT = 4 * MEGABYTE
const TOKEN_LIMIT = 64 * 1024

/** Finds the face that a path belongs to. */
export function createRouter(
  exchange: Exchange,
  authentication: Authentication,
  signIn: SignIn,
  urls: () => ServiceUrls,
): (url: URL) => Route {
  const plain413 = (limit: number) => text(413, `The request is larger than ${limit} bytes.`)
  const ews: Route = {
    face: 'ews',
    limit: EWS_LIMIT,
    handle: (request) => handleEws(exchange, signIn, request),
    tooLarge: tooLargeForEws,
  }
  const graph: Route = {
    face: 'graph',
    limit: GRAPH_LIMIT,
    handle: (request) => handleGraph(exchange, authentication, request),
    tooLarge: tooLargeForGraph,
  }
  const token: Route = {
    face: 'token',
    limit: TOKEN_LIMIT,
    handle: (request) => authentication.handleToken(request),
    tooLarge: plain413,
  }
  const autodiscover: Route = {
    face: 'autodiscover',
    limit: TOKEN_LIMIT,
    handle: (request) => handleAutodiscover(exchange, signIn, request, urls()),
    tooLarge: plain413,
  }
  const none: Route = {
    face: 'none',
    limit: TOKEN_LIMIT,
    handle: async () =>
      text(
        404,
        'The simulator has /EWS/Exchange.asmx, /v1.0, /beta, /autodiscover and /{tenant}/oauth2/v2.0/token.',
      ),
    tooLarge: plain413,
  }
  return (url) => {
    const path = url.pathname.toLowerCase()
    if (/^\/ews\/exchange\.asmx\/?$/.test(path)) return ews
    if (/^\/(?:v1\.0|beta)(?:\/|$)/.test(path)) return graph
    if (isAutodiscoverPath(path)) return autodiscover
    if (isEntraPath(path)) return token
    return none
  }
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${body}\n` }
}
