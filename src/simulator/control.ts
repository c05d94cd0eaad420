import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InvalidInputError } from '../errors.ts'
import { parseFaults } from './faults/fault-file.ts'
import type { Faults } from './faults/faults.ts'
import type { RequestLog } from './request-log.ts'
import type { Directory } from './store/directory.ts'

/** What can be looked at and changed from outside while the simulator runs. */
export interface ControlTargets {
  readonly faults: Faults
  readonly requests: RequestLog
  readonly directory: Directory
}

const LONGEST_BODY = 1024 * 1024

/**
 * The control address: HTTP and JSON, on loopback alone whatever address the simulator itself listens on.
 *
 * `GET /faults` lists what is in force, `POST` adds (a fault, a list, or a plan), `PUT` replaces, `DELETE` clears;
 * `DELETE /faults/{id}` ends one. `GET /requests?operation=` is the log, `DELETE /requests` empties it.
 * `GET` and `PUT /propagation-delay` is `{ "milliseconds": n }`.
 */
export async function startControl(
  targets: ControlTargets,
  port = 0,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(targets, request)
      .catch((error: unknown): Answer => ({ status: 500, body: { error: String(error) } }))
      .then((result) => send(response, result))
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new InvalidInputError(`Port ${port} on 127.0.0.1 is taken.`, {
              hint: 'Choose another port for the control address, or 0 for a free one.',
              cause,
            })
          : cause,
      ),
    )
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  }
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly allow?: string
}

async function answer(targets: ControlTargets, request: IncomingMessage): Promise<Answer> {
  const refusal = whyRefused(request)
  if (refusal) return { status: 403, body: { error: refusal } }
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const [, collection = '', id] = url.pathname.split('/')
  const body = await readBody(request)
  if (body === undefined) return { status: 413, body: { error: 'The request is larger than 1 MB.' } }
  try {
    switch (collection) {
      case 'faults':
        return answerFaults(targets.faults, request.method, id, body)
      case 'requests':
        return answerRequests(targets.requests, request.method, url.searchParams.get('operation'))
      case 'propagation-delay':
        return answerPropagationDelay(targets.directory, request.method, body)
      default:
        return { status: 404, body: { error: 'There are /faults, /requests and /propagation-delay.' } }
    }
  } catch (error) {
    if (error instanceof InvalidInputError) return { status: 400, body: { error: error.message } }
    throw error
  }
}

function answerFaults(
  faults: Faults,
  method: string | undefined,
  id: string | undefined,
  body: string,
): Answer {
  if (id) {
    if (method !== 'DELETE') return { status: 405, allow: 'DELETE' }
    return faults.remove(decodeURIComponent(id))
      ? { status: 204 }
      : { status: 404, body: { error: 'There is no such fault.' } }
  }
  switch (method) {
    case 'GET':
      return { status: 200, body: { seed: faults.seed, faults: faults.list() } }
    case 'POST':
      return { status: 201, body: { ids: faults.add(parseFaults(body).faults) } }
    case 'PUT':
      return { status: 200, body: { ids: faults.replace(parseFaults(body)) } }
    case 'DELETE':
      faults.clear()
      return { status: 204 }
    default:
      return { status: 405, allow: 'GET, POST, PUT, DELETE' }
  }
}

function answerRequests(requests: RequestLog, method: string | undefined, operation: string | null): Answer {
  if (method === 'DELETE') {
    requests.clear()
    return { status: 204 }
  }
  if (method !== 'GET') return { status: 405, allow: 'GET, DELETE' }
  const entries = operation === null ? requests.entries() : requests.operations(operation)
  return {
    status: 200,
    body: {
      requests: entries.map(({ error, ...entry }) => ({
        ...entry,
        ...(error === undefined ? {} : { error: String(error) }),
      })),
    },
  }
}

function answerPropagationDelay(directory: Directory, method: string | undefined, body: string): Answer {
  if (method === 'PUT') {
    const milliseconds = readMilliseconds(body)
    if (milliseconds === undefined)
      return { status: 400, body: { error: 'The body is { "milliseconds": n }, n from 0.' } }
    directory.propagationDelay = milliseconds
  } else if (method !== 'GET') return { status: 405, allow: 'GET, PUT' }
  return { status: 200, body: { milliseconds: directory.propagationDelay } }
}

function readMilliseconds(body: string): number | undefined {
  try {
    const { milliseconds } = JSON.parse(body) as { milliseconds?: unknown }
    return typeof milliseconds === 'number' && milliseconds >= 0 ? milliseconds : undefined
  } catch {
    return undefined
  }
}

/**
 * A page in somebody's browser can send requests to loopback: directly, which shows in Origin, or under a name of its
 * own that resolves to it, which shows in Host.
 */
function whyRefused(request: IncomingMessage): string | undefined {
  if (request.headers.origin !== undefined) return 'Pages in a browser may not use the control address.'
  const host = request.headers.host ?? ''
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host)
    ? undefined
    : 'The control address is on loopback; call it by 127.0.0.1 or localhost.'
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LONGEST_BODY) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, body, allow }: Answer): void {
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(allow === undefined ? {} : { allow }),
    ...(status === 413 ? { connection: 'close' } : {}),
    ...(status === 204 ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
  })
  response.end(text)
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
