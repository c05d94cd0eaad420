import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ConnectionError, InvalidInputError } from '../errors.ts'
import { createAuthentication, type SigningKeys } from './authentication.ts'
import { DEFAULT_TENANT } from './default-tenant.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { RequestLog } from './request-log.ts'
import { createRouter, type Route, type RoutedAnswer } from './router.ts'
import { Exchange, type StoreRandom } from './store/exchange.ts'
import { type OddEntry, plantOddEntry } from './store/odd-entries.ts'
import { completeTenant, readTenantFile, type TenantDescription } from './tenant-file.ts'

export interface SimulatorOptions {
  /** The path of a tenant file (YAML), or a tenant; without one it is Contoso with the people of Microsoft's examples. */
  readonly tenant?: string | TenantDescription
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** The address to listen on; loopback unless told otherwise. */
  readonly host?: string
  readonly now?: () => Date
  /** Where the random parts of ids come from. */
  readonly randomBytes?: StoreRandom
  readonly signingKeys?: SigningKeys
}

/** A running embedded Exchange. */
export interface Simulator {
  /** The origin all addresses share. */
  readonly url: string
  /** The whole address of the EWS endpoint. */
  readonly ews: string
  /** The Graph root, without a version. */
  readonly graph: string
  /** The token endpoint. */
  readonly token: string
  /** The store behind both faces: what tests look at and prepare. */
  readonly exchange: Exchange
  /** The last requests and answers, without credentials. */
  readonly requests: RequestLog
  /** Puts an entry that real mailboxes hold, and that no client can write, into a folder's permission list. */
  plantOddEntry(owner: string, folder: string, entry: OddEntry): void
  /** Stops listening and ends every connection. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const DEFAULT_HOST = '127.0.0.1'
const HEADERS_TIMEOUT = 20_000
const REQUEST_TIMEOUT = 120_000
const KEEP_ALIVE_TIMEOUT = 65_000
/** Of a body beyond the limit, this many times the limit is read and thrown away, so that the answer arrives. */
const DRAIN_FACTOR = 4
const LOGGED_BYTES = 1024 * 1024

/**
 * Starts an embedded Exchange: EWS, Graph and a token endpoint over one store, on one port.
 * @throws InvalidInputError for a tenant file with mistakes, or a port or host that cannot be listened on.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = DEFAULT_HOST, port = 0 } = options
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidInputError(`${port} is not a port number.`, {
      hint: 'Ports are 0 to 65535; 0 takes a free one.',
    })
  }
  const exchange = new Exchange({
    tenant: await loadTenant(options.tenant),
    ...(options.now ? { now: options.now } : {}),
    ...(options.randomBytes ? { randomBytes: options.randomBytes } : {}),
  })
  const authentication = createAuthentication(exchange.directory, exchange.now, options.signingKeys)
  const requests = new RequestLog()
  const route = createRouter(exchange, authentication)
  const server = createServer((request, response) => {
    serve(request, response, route, requests, exchange.now).catch(() => response.destroy())
  })
  server.headersTimeout = HEADERS_TIMEOUT
  server.requestTimeout = REQUEST_TIMEOUT
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT
  server.on('clientError', refuseBadHttp)
  await listen(server, host, port)

  const url = originOf(server, host)
  const close = () => closeServer(server)
  return {
    url,
    ews: `${url}/EWS/Exchange.asmx`,
    graph: url,
    token: `${url}/${exchange.directory.domain}/oauth2/v2.0/token`,
    exchange,
    requests,
    plantOddEntry: (owner, folder, entry) => plantOddEntry(exchange, owner, folder, entry),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function loadTenant(tenant: SimulatorOptions['tenant']) {
  if (tenant === undefined) return DEFAULT_TENANT
  return typeof tenant === 'string' ? readTenantFile(tenant) : completeTenant(tenant)
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  route: (url: URL) => Route,
  requests: RequestLog,
  now: () => Date,
): Promise<void> {
  const at = now()
  const started = performance.now()
  const url = urlOf(incoming)
  if (!url) {
    incoming.resume()
    return send(response, incoming.method, { status: 400, headers: {}, body: '' })
  }
  const chosen = route(url)
  const body = await readBody(incoming, chosen.limit)
  const headers = headersOf(incoming)
  const request: HttpRequest = {
    method: incoming.method ?? 'GET',
    url,
    headers,
    body: body ?? Buffer.alloc(0),
  }
  let answer: RoutedAnswer
  try {
    answer = body ? await chosen.handle(request) : chosen.tooLarge(chosen.limit)
  } catch (error) {
    // A mistake of the simulator's own must not end the simulator.
    answer = { status: 500, headers: {}, body: '', error }
  }
  requests.add({
    at,
    face: chosen.face,
    method: request.method,
    path: url.pathname + url.search,
    requestHeaders: definedOnly(headers),
    requestBody: request.body.toString('utf8', 0, LOGGED_BYTES),
    status: answer.status,
    responseBody: answer.body.toString(),
    milliseconds: performance.now() - started,
    ...(answer.operation === undefined ? {} : { operation: answer.operation }),
    ...(answer.error === undefined ? {} : { error: answer.error }),
  })
  send(
    response,
    incoming.method,
    body ? answer : { ...answer, headers: { ...answer.headers, connection: 'close' } },
  )
}

function send(response: ServerResponse, method: string | undefined, answer: HttpResponse): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  const bodiless = answer.status === 204 || answer.status === 304
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(bodiless ? {} : { 'content-length': String(body.length) }),
  })
  response.end(method === 'HEAD' || bodiless ? undefined : body)
}

/** The whole body, or undefined when it is larger than the limit. */
async function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else chunks.length = 0
    if (size > limit * DRAIN_FACTOR) break
  }
  return size > limit ? undefined : Buffer.concat(chunks)
}

function urlOf(incoming: IncomingMessage): URL | undefined {
  try {
    return new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`)
  } catch {
    return undefined
  }
}

function headersOf(incoming: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

function definedOnly(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function refuseBadHttp(_error: Error, socket: Socket): void {
  if (socket.writable)
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  else socket.destroy()
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen({ host, port }, resolve)
  })
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new InvalidInputError(`Port ${port} on ${host} is taken.`, {
        hint: 'Choose another port, or 0 for a free one.',
        cause,
      })
    case 'EACCES':
      return new InvalidInputError(`Port ${port} on ${host} may not be used by this account.`, {
        hint: 'Choose a port above 1023, or 0 for a free one.',
        cause,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new InvalidInputError(`${host} is not an address of this machine.`, {
        hint: 'Give an address this machine has, such as 127.0.0.1.',
        cause,
      })
    default:
      return new ConnectionError('ERR_CONNECTION', `Cannot listen on ${host}:${port}: ${cause.message}`, {
        cause,
      })
  }
}

/** Where clients on this machine reach the server; a wildcard address is no place to go to. */
function originOf(server: Server, host: string): string {
  const { address, port } = server.address() as AddressInfo
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
