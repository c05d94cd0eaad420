import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { ConnectionError, InvalidInputError } from '../errors.ts'
import { createAuthentication, type SigningKeys } from './authentication.ts'
import { startControl } from './control.ts'
import { DEFAULT_TENANT } from './default-tenant.ts'
import { type Delivery, deliver, pause } from './delivery.ts'
import type { Fault, FaultFace, FaultPlan } from './faults/fault.ts'
import { isCarriedOut, spoil } from './faults/fault-answers.ts'
import { checkFaults, readFaultFile } from './faults/fault-file.ts'
import { Faults } from './faults/faults.ts'
import { requestFacts } from './faults/request-facts.ts'
import type { Connection, HttpRequest } from './http-message.ts'
import { type LoggedRequest, RequestLog } from './request-log.ts'
import { createRouter, type Route, type RoutedAnswer } from './router.ts'
import { challengesOf, createSignIn, readSchemes, type SignInScheme } from './sign-in.ts'
import { orNoState, readStateFile, StateFile } from './state-file.ts'
import { Exchange, type StoreRandom } from './store/exchange.ts'
import { type OddEntry, plantOddEntry } from './store/odd-entries.ts'
import { completeTenant, readTenantFile, type TenantDescription } from './tenant-file.ts'
import { type CertificateValidity, makeServerCertificate, type ServerCertificate } from './tls/certificate.ts'

/** What the certificate of a simulator with TLS is like. */
export interface TlsOptions extends CertificateValidity {
  /** Host names and addresses it is for, besides loopback and the names of the tenant's domain. */
  readonly names?: readonly string[]
}

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
  /** How people sign in to EWS and Autodiscover. Default: Basic and Bearer. Graph takes tokens alone. */
  readonly auth?: readonly SignInScheme[]
  /** With a certificate from a private authority made for this run; see {@link Simulator.authority}. */
  readonly tls?: boolean | TlsOptions
  /** What goes wrong: the path of a fault file (YAML), or faults. More on {@link Simulator.faults}. */
  readonly faults?: string | FaultPlan | readonly Fault[]
  /** Decides which requests a share of the faults strikes; goes before the seed of a fault file. */
  readonly seed?: number | string
  /** Milliseconds until a new send right is known to those who submit mail. Default 0. */
  readonly propagationDelay?: number
  /** A file that keeps everything over a restart: read if it is there, written before each change is answered. */
  readonly state?: string
  /** Told when a change cannot be kept in that file: from then on requests are answered with HTTP 500. Once for each reason. */
  readonly onUnsaved?: (error: Error) => void
  /** An address to look at and change things from outside, on loopback: true, or its port. Default: none. */
  readonly control?: boolean | number
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
  /** What goes wrong on command. */
  readonly faults: Faults
  /** With TLS: the certificate (PEM) of the authority to trust. */
  readonly authority: string | undefined
  /** With TLS: where the same server answers plain HTTP, as on port 80: with redirects, and without sign-in. */
  readonly plainUrl: string | undefined
  /** The control address, when there is one. */
  readonly control: string | undefined
  /** Puts an entry that real mailboxes hold, and that no client can write, into a folder's permission list. */
  plantOddEntry(owner: string, folder: string, entry: OddEntry): void
  /** Stops listening and ends every connection. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_SCHEMES: readonly SignInScheme[] = ['basic', 'bearer']
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
  const schemes = readSchemes(options.auth ?? DEFAULT_SCHEMES)
  const plan = await loadFaults(options.faults)
  const tenant = await loadTenant(options.tenant)
  const kept = options.state === undefined ? undefined : await readStateFile(options.state, tenant.domain)
  const exchange = orNoState(
    kept && options.state,
    () =>
      new Exchange({
        tenant,
        ...(kept ? { saved: kept.state } : {}),
        ...(options.now ? { now: options.now } : {}),
        ...(options.randomBytes ? { randomBytes: options.randomBytes } : {}),
      }),
  )
  const { directory } = exchange
  const stateFile =
    options.state === undefined ? undefined : new StateFile(options.state, exchange, kept?.stamp)
  // A file that cannot be written is better known now.
  await stateFile?.start(kept?.text)
  if (options.propagationDelay !== undefined) directory.propagationDelay = options.propagationDelay
  const seed = options.seed ?? plan.seed
  const faults = new Faults(exchange, { ...plan, ...(seed === undefined ? {} : { seed }) })
  const authentication = createAuthentication(directory, exchange.now, options.signingKeys)
  const signIn = createSignIn(directory, authentication, schemes, exchange.now)
  const requests = new RequestLog()
  const certificate = options.tls ? certificateFor(options.tls, host, directory.domain) : undefined
  const closing = new AbortController()
  // Known when the server listens, and not asked for before.
  let url = ''
  const route = createRouter(exchange, authentication, signIn, () => ({
    origin: url,
    ews: `${url}/EWS/Exchange.asmx`,
    pox: `${url}/autodiscover/autodiscover.xml`,
  }))
  const told = new Set<string>()
  const unsaved = (error: Error): void => {
    if (told.has(error.message)) return
    told.add(error.message)
    options.onUnsaved?.(error)
  }
  const work: Work = {
    schemes,
    exchange,
    route,
    requests,
    faults,
    certificate: certificate?.der,
    signal: closing.signal,
    stateFile,
    unsaved,
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response, work).catch(() => response.destroy())
  }
  const server = certificate
    ? createTlsServer({ key: certificate.privateKeyPem, cert: certificate.pem }, answer)
    : createServer(answer)
  server.headersTimeout = HEADERS_TIMEOUT
  server.requestTimeout = REQUEST_TIMEOUT
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT
  server.on('clientError', refuseBadHttp)
  await listen(server, host, port)
  url = originOf(server, host, certificate ? 'https' : 'http')
  const started: (() => Promise<void>)[] = [() => closeServer(server)]
  const close = async (): Promise<void> => {
    closing.abort()
    await Promise.all(started.map((stop) => stop()))
    await stateFile?.save()
  }
  try {
    let plainUrl: string | undefined
    if (certificate) {
      const plain = createServer((request, response) => redirectToTls(request, response, url))
      await listen(plain, host, 0)
      started.push(() => closeServer(plain))
      plainUrl = originOf(plain, host, 'http')
    }
    let control: string | undefined
    if (options.control !== undefined && options.control !== false) {
      const controlPort = options.control === true ? 0 : options.control
      const running = await startControl({ faults, requests, directory }, controlPort)
      started.push(running.close)
      control = running.url
    }
    return {
      url,
      ews: `${url}/EWS/Exchange.asmx`,
      graph: url,
      token: `${url}/${directory.domain}/oauth2/v2.0/token`,
      exchange,
      requests,
      faults,
      authority: certificate?.authorityPem,
      plainUrl,
      control,
      plantOddEntry: (owner, folder, entry) => plantOddEntry(exchange, owner, folder, entry),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function loadFaults(faults: SimulatorOptions['faults']): Promise<FaultPlan> {
  if (faults === undefined) return { faults: [] }
  return typeof faults === 'string' ? readFaultFile(faults) : checkFaults(faults)
}

function certificateFor(options: true | TlsOptions, host: string, domain: string): ServerCertificate {
  const { names = [], ...validity } = options === true ? {} : options
  const wildcard = host === '0.0.0.0' || host === '::'
  return makeServerCertificate(
    [
      ...new Set([
        'localhost',
        '127.0.0.1',
        '::1',
        ...(wildcard ? [] : [host]),
        // What clients make of an address when they look for its server.
        domain,
        `autodiscover.${domain}`,
        `mail.${domain}`,
        ...names,
      ]),
    ],
    validity,
  )
}

/** Of plain HTTP, Autodiscover's last step is answered, with where the service is; everything else wants TLS. */
function redirectToTls(request: IncomingMessage, response: ServerResponse, origin: string): void {
  request.resume()
  if (/^\/autodiscover\/autodiscover\.xml$/i.test(request.url ?? '') && request.method === 'GET') {
    response
      .writeHead(302, { location: `${origin}/autodiscover/autodiscover.xml`, 'content-length': '0' })
      .end()
  } else {
    // IIS calls it 403.4.
    response.writeHead(403, { 'content-type': 'text/plain' }).end('SSL is required to view this resource.\n')
  }
}

async function loadTenant(tenant: SimulatorOptions['tenant']) {
  if (tenant === undefined) return DEFAULT_TENANT
  return typeof tenant === 'string' ? readTenantFile(tenant) : completeTenant(tenant)
}

/** What every request needs. */
interface Work {
  readonly exchange: Exchange
  readonly route: (url: URL) => Route
  readonly requests: RequestLog
  readonly faults: Faults
  readonly schemes: readonly SignInScheme[]
  /** With TLS, as DER. */
  readonly certificate: Buffer | undefined
  /** Aborted when the simulator closes. */
  readonly signal: AbortSignal
  readonly stateFile: StateFile | undefined
  /** What could not be kept in it. */
  readonly unsaved: (error: Error) => void
}

async function serve(incoming: IncomingMessage, response: ServerResponse, work: Work): Promise<void> {
  const at = work.exchange.now()
  const started = performance.now()
  const url = urlOf(incoming, work.certificate ? 'https' : 'http')
  if (!url) {
    incoming.resume()
    return deliver(response, incoming.method, { status: 400, headers: {}, body: '' }, WHOLE, work.signal)
  }
  const chosen = work.route(url)
  const body = await readBody(incoming, chosen.limit)
  const headers = headersOf(incoming)
  const request: HttpRequest = {
    method: incoming.method ?? 'GET',
    url,
    headers,
    body: body ?? Buffer.alloc(0),
    connection: connectionOf(incoming.socket, work.certificate),
  }
  const outcome: Outcome = body
    ? await answerOrFail(request, chosen, work)
    : { answer: withClose(chosen.tooLarge(chosen.limit)), delivery: WHOLE }
  const { delivery, fault } = outcome
  const answer = await saved(outcome.answer, work)
  const { operation, error } = answer
  work.requests.add({
    at,
    face: chosen.face,
    method: request.method,
    path: url.pathname + url.search,
    requestHeaders: definedOnly(headers),
    requestBody: request.body.toString('utf8', 0, LOGGED_BYTES),
    status: delivery.how === 'never' ? 0 : answer.status,
    responseBody: delivery.how === 'never' ? '' : answer.body.toString(),
    milliseconds: performance.now() - started,
    ...(operation === undefined ? {} : { operation }),
    ...(error === undefined ? {} : { error }),
    ...(fault === undefined ? {} : { fault }),
  })
  await deliver(response, incoming.method, answer, delivery, work.signal)
}

/** What was answered has to be there after a crash: an answer that cannot be kept is none. */
async function saved(answer: RoutedAnswer, { stateFile, unsaved }: Work): Promise<RoutedAnswer> {
  try {
    await stateFile?.save()
    return answer
  } catch (error) {
    unsaved(error as Error)
    return { ...withClose({ status: 500, headers: {}, body: '' }), error }
  }
}

const WHOLE: Delivery = { how: 'whole' }

interface Outcome {
  readonly answer: RoutedAnswer
  readonly delivery: Delivery
  readonly fault?: LoggedRequest['fault']
}

/** Carries a request out, unless a fault prevents it, and spoils its answer when a fault says so. */
async function answerOrFail(request: HttpRequest, chosen: Route, work: Work): Promise<Outcome> {
  if (!work.faults.any || !isFaultFace(chosen.face)) {
    return { answer: await carryOut(request, chosen), delivery: WHOLE }
  }
  const facts = requestFacts(work.exchange, chosen.face, request)
  const strike = work.faults.strike(facts)
  try {
    await pause(strike.waitBefore, work.signal)
    const carriedOut = strike.fault === undefined || isCarriedOut(strike.fault)
    const real = carriedOut ? await carryOut(request, chosen) : undefined
    await pause(strike.waitAfter, work.signal)
    const waited = strike.waitBefore + strike.waitAfter > 0
    if (!strike.fault) {
      return {
        answer: real as RoutedAnswer,
        delivery: WHOLE,
        ...(waited ? { fault: { kind: 'latency', carriedOut } } : {}),
      }
    }
    const { answer, delivery } = spoil(strike.fault, chosen.face, request, real, {
      randomBytes: strike.randomBytes,
      challenges: challengesOf(work.schemes, request.url.hostname),
    })
    const operation = real?.operation ?? (chosen.face === 'ews' ? facts.operation : undefined)
    return {
      answer: {
        ...answer,
        ...(operation === undefined ? {} : { operation }),
        ...(real?.error === undefined ? {} : { error: real.error }),
      },
      delivery,
      fault: { kind: strike.fault.kind, carriedOut },
    }
  } finally {
    strike.end()
  }
}

async function carryOut(request: HttpRequest, chosen: Route): Promise<RoutedAnswer> {
  try {
    return await chosen.handle(request)
  } catch (error) {
    // A mistake of the simulator's own must not end the simulator.
    return { status: 500, headers: {}, body: '', error }
  }
}

function withClose(answer: RoutedAnswer): RoutedAnswer {
  return { ...answer, headers: { ...answer.headers, connection: 'close' } }
}

function isFaultFace(face: LoggedRequest['face']): face is FaultFace {
  return face !== 'none'
}

const connections = new WeakMap<Socket, Connection>()

function connectionOf(socket: Socket, certificate: Buffer | undefined): Connection {
  const known = connections.get(socket)
  if (known) return known
  const connection: Connection = { certificate, handshake: undefined, user: undefined }
  connections.set(socket, connection)
  return connection
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

function urlOf(incoming: IncomingMessage, scheme: 'http' | 'https'): URL | undefined {
  try {
    return new URL(incoming.url ?? '/', `${scheme}://${incoming.headers.host ?? 'localhost'}`)
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
function originOf(server: Server, host: string, scheme: 'http' | 'https'): string {
  const { address, port } = server.address() as AddressInfo
  const name =
    address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  return `${scheme}://${name}:${port}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
