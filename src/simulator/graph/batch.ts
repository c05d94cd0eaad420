import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { GraphAnswer } from './context.ts'
import { badRequest } from './errors.ts'
import { JsonObject, parseJsonBody } from './json-body.ts'

/** https://learn.microsoft.com/graph/json-batching */
const MAX_REQUESTS = 20

interface BatchItem {
  readonly id: string
  readonly dependsOn: readonly string[]
  readonly request: HttpRequest
}

/**
 * POST /$batch: up to 20 requests in one, each with an answer of its own.
 * @param perform runs one of them.
 */
export async function runBatch(
  batch: HttpRequest,
  version: string,
  perform: (request: HttpRequest) => Promise<HttpResponse>,
): Promise<GraphAnswer> {
  const json = parseJsonBody(batch.body, 'microsoft.graph.batch')
  json.allow(['requests'])
  const requests = json.list('requests')
  if (!requests || requests.length === 0)
    throw badRequest('The batch payload needs a non-empty list of requests.')
  if (requests.length > MAX_REQUESTS) {
    throw badRequest(`Number of batch request steps exceeds the maximum value of ${MAX_REQUESTS}.`)
  }
  const items = requests.map((value) =>
    readItem(new JsonObject(value, 'microsoft.graph.batchRequest'), batch, version),
  )
  const order = inOrder(items)
  const statuses = new Map<string, number>()
  const responses: unknown[] = []
  for (const item of order) {
    const failed = item.dependsOn.some((id) => (statuses.get(id) ?? 0) >= 400)
    const response = failed ? failedDependency(item) : describe(item.id, await perform(item.request))
    statuses.set(item.id, response.status)
    responses.push(response)
  }
  return { status: 200, body: { responses } }
}

function readItem(json: JsonObject, batch: HttpRequest, version: string): BatchItem {
  json.allow(['id', 'method', 'url', 'headers', 'body', 'dependsOn', 'atomicityGroup'])
  const [id, method, url] = [json.text('id'), json.text('method'), json.text('url')]
  if (!id || !method || !url) throw badRequest('Every request of a batch needs an id, a method and a url.')
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) {
    throw badRequest(`Invalid batch payload format: the url of request '${id}' has to be relative.`)
  }
  const headers: Record<string, string | undefined> = {
    // The outer request's token holds for all; what else it says about itself does not.
    authorization: batch.headers.authorization,
    'client-request-id': batch.headers['client-request-id'],
  }
  const given = json.value('headers')
  if (typeof given === 'object' && given !== null) {
    for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = String(value)
  }
  const body = json.value('body')
  const hasBody = body !== undefined && body !== null
  if (hasBody && headers['content-type'] === undefined) {
    throw badRequest(`Invalid batch payload format: request '${id}' has a body and no Content-Type header.`)
  }
  return {
    id,
    dependsOn: json.texts('dependsOn') ?? [],
    request: {
      method: method.toUpperCase(),
      url: new URL(`/${version}/${url.replace(/^\/+/, '')}`, batch.url.origin),
      headers,
      body: !hasBody
        ? Buffer.alloc(0)
        : typeof body === 'string'
          ? // Anything that is not JSON is in base64.
            Buffer.from(body, 'base64')
          : Buffer.from(JSON.stringify(body)),
    },
  }
}

/** Each after those it depends on. */
function inOrder(items: readonly BatchItem[]): BatchItem[] {
  const byId = new Map(items.map((item) => [item.id, item]))
  if (byId.size < items.length) throw badRequest('Invalid batch payload format: request ids are not unique.')
  const state = new Map<string, 'open' | 'done'>()
  const order: BatchItem[] = []
  const visit = (item: BatchItem) => {
    if (state.get(item.id) === 'done') return
    if (state.get(item.id) === 'open') {
      throw badRequest('Invalid batch payload format: requests depend on each other in a circle.')
    }
    state.set(item.id, 'open')
    for (const id of item.dependsOn) {
      const needed = byId.get(id)
      if (!needed)
        throw badRequest(`Invalid batch payload format: there is no request '${id.slice(0, 100)}'.`)
      visit(needed)
    }
    state.set(item.id, 'done')
    order.push(item)
  }
  for (const item of items) visit(item)
  return order
}

interface BatchResponse {
  readonly id: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

function describe(id: string, response: HttpResponse): BatchResponse {
  const type = response.headers['content-type'] ?? ''
  const empty = response.body.length === 0
  const body = /^application\/json/i.test(type)
    ? JSON.parse(response.body.toString())
    : Buffer.from(response.body).toString('base64')
  return { id, status: response.status, headers: response.headers, ...(empty ? {} : { body }) }
}

function failedDependency(item: BatchItem): BatchResponse {
  return {
    id: item.id,
    status: 424,
    headers: { 'content-type': 'application/json' },
    body: {
      error: {
        code: 'FailedDependency',
        message: `A request that '${item.id}' depends on has failed.`,
      },
    },
  }
}
