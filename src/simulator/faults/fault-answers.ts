import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Element, findChild, parseXml } from '../../xml/element.ts'
import type { Delivery } from '../delivery.ts'
import { element, elementWith, writeDocument, type XmlNode } from '../ews/writer.ts'
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { Busy, ExceededConnections, Fault, FaultFace, Garbage, Latency, Status } from './fault.ts'

/** How an answer leaves the server. */
export interface Spoiled {
  readonly answer: HttpResponse
  readonly delivery: Delivery
}

/** Whether a request is carried out before this goes wrong. */
export function isCarriedOut(fault: Fault): boolean {
  return fault.when === 'after' || fault.kind === 'truncate' || fault.kind === 'slow' || fault.kind === 'gzip'
}

/**
 * What the client gets.
 * @param real the answer it would have got, when the request was carried out.
 */
export function spoil(
  fault: Exclude<Fault, Latency>,
  face: FaultFace,
  request: HttpRequest,
  real: HttpResponse | undefined,
  means: {
    readonly randomBytes: (size: number) => Buffer
    /** What a 401 of EWS and Autodiscover offers. */
    readonly challenges: readonly string[]
  },
): Spoiled {
  const whole = (answer: HttpResponse): Spoiled => ({ answer, delivery: { how: 'whole' } })
  const given = real ?? { status: 200, headers: {}, body: '' }
  switch (fault.kind) {
    case 'busy':
      return whole(busy(fault, face, request))
    case 'exceededConnections':
      return whole(exceededConnections(fault, face))
    case 'status':
      return whole(status(fault, face, means.challenges))
    case 'redirect':
      return whole({
        status: fault.status ?? 302,
        headers: { location: fault.to ?? '/ews/genericerrorpage.htm' },
        body: '',
      })
    case 'truncate': {
      const body = Buffer.from(given.body)
      const bytes = Math.min(Math.floor(body.length * (fault.keep ?? 0.5)), Math.max(body.length - 1, 0))
      return fault.ending === 'clean'
        ? whole({ ...given, body: body.subarray(0, bytes) })
        : { answer: given, delivery: { how: 'cut', bytes } }
    }
    case 'drop':
      return { answer: given, delivery: { how: 'never' } }
    case 'slow':
      return { answer: given, delivery: { how: 'slow', milliseconds: fault.milliseconds } }
    case 'garbage':
      return whole(garbage(fault, given, means.randomBytes))
    case 'gzip':
      return whole({
        ...given,
        headers: { ...given.headers, 'content-encoding': 'gzip' },
        body: gzipSync(given.body),
      })
  }
}

function busy(fault: Busy, face: FaultFace, request: HttpRequest): HttpResponse {
  const headers = retryAfter(fault.retryAfter)
  const text = 'The server cannot service this request right now. Try again later.'
  switch (face) {
    case 'ews': {
      const details = fault.backOff === undefined ? {} : { BackOffMilliseconds: String(fault.backOff) }
      const messages = fault.inMessages ? busyMessages(request, text, details) : undefined
      return messages
        ? xml(200, headers, messages)
        : xml(fault.status ?? 500, headers, soapFault('ErrorServerBusy', text, details))
    }
    case 'graph': {
      const answer = graphError(fault.status ?? 429, 'TooManyRequests', text, headers)
      return (fault.inMessages && batchOf(request, answer)) || answer
    }
    case 'token':
      return tokenError(fault.status ?? 429, 'temporarily_unavailable', 90055, text, headers)
    case 'autodiscover':
      return page(fault.status ?? 503, 'Service Unavailable', headers)
  }
}

function exceededConnections(fault: ExceededConnections, face: FaultFace): HttpResponse {
  const headers = retryAfter(fault.retryAfter)
  if (face === 'graph') {
    return graphError(
      429,
      'ApplicationThrottled',
      'Application is over its MailboxConcurrency limit.',
      headers,
    )
  }
  if (face !== 'ews')
    return face === 'token'
      ? tokenError(429, 'temporarily_unavailable', 90055, 'Too many requests.', headers)
      : page(503, 'Service Unavailable', headers)
  const text =
    'You have exceeded the available concurrent connections for your account.  Try again once your other requests have completed.'
  const limit = String(fault.limit ?? 27)
  return xml(
    500,
    headers,
    soapFault('ErrorExceededConnectionCount', text, {
      Policy: 'MaxConcurrency',
      MaxConcurrencyLimit: limit,
      ErrorMessage: `The budget for the account is exceeded: ${limit} connections. Suggested backoff time 0 ms.`,
    }),
  )
}

function status(fault: Status, face: FaultFace, offered: readonly string[]): HttpResponse {
  const headers = retryAfter(fault.retryAfter)
  const { status: code } = fault
  const challenges = code === 401 ? { challenges: face === 'graph' ? ['Bearer realm=""'] : offered } : {}
  const form = fault.body ?? defaultBody(face, code)
  if (form === 'empty') return { status: code, headers, body: '', ...challenges }
  if (form === 'html') return { ...page(code, REASONS[code] ?? 'Error', headers), ...challenges }
  const text = REASONS[code] ?? 'An error occurred.'
  switch (face) {
    case 'graph':
      return { ...graphError(code, GRAPH_CODES[code] ?? 'UnknownError', text, headers), ...challenges }
    case 'token':
      return tokenError(
        code,
        code >= 500 ? 'temporarily_unavailable' : 'invalid_request',
        code === 429 ? 90055 : 90033,
        text,
        headers,
      )
    case 'ews':
    case 'autodiscover':
      return {
        ...xml(
          code,
          headers,
          soapFault(
            'ErrorInternalServerError',
            'An internal server error occurred. The operation failed.',
            {},
          ),
        ),
        ...challenges,
      }
  }
}

/** Over EWS only a 500 carries SOAP: 401, 403 and 429 come from in front of it, and a full queue answers with a page. */
function defaultBody(face: FaultFace, code: number): 'empty' | 'html' | 'fault' {
  if (face === 'graph' || face === 'token') return 'fault'
  if (code === 500 && face === 'ews') return 'fault'
  return code >= 500 ? 'html' : 'empty'
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

const GRAPH_CODES: Readonly<Record<number, string>> = {
  401: 'InvalidAuthenticationToken',
  403: 'ErrorAccessDenied',
  404: 'ErrorItemNotFound',
  429: 'ApplicationThrottled',
  500: 'InternalServerError',
  502: 'BadGateway',
  503: 'ServiceNotAvailable',
  504: 'GatewayTimeout',
}

function garbage(fault: Garbage, real: HttpResponse, randomBytes: (size: number) => Buffer): HttpResponse {
  const { status: code, headers } = real
  switch (fault.what ?? 'html') {
    case 'html':
      return {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!DOCTYPE html><html><head><title>Web filter</title></head><body><h1>Please sign in to the network</h1></body></html>',
      }
    case 'bytes':
      return { status: code, headers, body: randomBytes(512) }
    case 'empty':
      return { status: code, headers, body: '' }
    case 'json':
      return { status: code, headers: { 'content-type': 'application/json' }, body: '{"message":"ok"}' }
    case 'contentType':
      return {
        status: code,
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: real.body,
      }
    case 'brokenGzip':
      return { status: code, headers: { ...headers, 'content-encoding': 'gzip' }, body: randomBytes(256) }
  }
}

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

function xml(code: number, headers: Record<string, string>, body: string): HttpResponse {
  return { status: code, headers: { 'content-type': 'text/xml; charset=utf-8', ...headers }, body }
}

function soapFault(code: string, text: string, values: Readonly<Record<string, string>>): string {
  const details = Object.entries(values)
  return writeDocument(
    element(
      's:Envelope',
      element(
        's:Body',
        element(
          's:Fault',
          elementWith(
            'faultcode',
            { 'xmlns:a': 'http://schemas.microsoft.com/exchange/services/2006/types' },
            `a:${code}`,
          ),
          elementWith('faultstring', { 'xml:lang': 'en-US' }, text),
          element(
            'detail',
            element('e:ResponseCode', code),
            element('e:Message', text),
            details.length === 0 ? undefined : messageXml('t:MessageXml', values),
          ),
        ),
      ),
    ),
  )
}

function messageXml(name: string, values: Readonly<Record<string, string>>): XmlNode {
  return element(
    name,
    Object.entries(values).map(([key, value]) => elementWith('t:Value', { Name: key }, value)),
  )
}

/** The lists of a request whose members each get a response message. */
const BATCHES = [
  'FolderIds',
  'ItemIds',
  'FolderChanges',
  'ItemChanges',
  'Items',
  'ParentFolderIds',
  'AttachmentIds',
]

/** One error for every member of the request; on the root for the delegate operations, which have one message. */
function busyMessages(
  request: HttpRequest,
  text: string,
  values: Readonly<Record<string, string>>,
): string | undefined {
  const operation = operationOf(request)
  if (!operation) return undefined
  const { name } = operation
  const content = [
    element('m:MessageText', text),
    element('m:ResponseCode', 'ErrorServerBusy'),
    element('m:DescriptiveLinkKey', 0),
    Object.keys(values).length === 0 ? undefined : messageXml('m:MessageXml', values),
  ]
  const isDelegate = /Delegate$/.test(name)
  const members = operation.children.find((child) => BATCHES.includes(child.name))?.children.length ?? 1
  const list = /^Find/.test(name)
    ? undefined
    : /Folder$/.test(name)
      ? element('m:Folders')
      : /Item$/.test(name)
        ? element('m:Items')
        : undefined
  const body = isDelegate
    ? elementWith(`m:${name}Response`, { ResponseClass: 'Error' }, content)
    : element(
        `m:${name}Response`,
        element(
          'm:ResponseMessages',
          Array.from({ length: members }, () =>
            elementWith(`m:${name}ResponseMessage`, { ResponseClass: 'Error' }, content, list),
          ),
        ),
      )
  return writeDocument(element('s:Envelope', element('s:Body', body)))
}

/** A Graph batch whose every member has this answer; undefined for what is no batch. */
function batchOf(request: HttpRequest, answer: HttpResponse): HttpResponse | undefined {
  if (!/\/\$batch\/?$/i.test(request.url.pathname)) return undefined
  try {
    const { requests } = JSON.parse(request.body.toString('utf8')) as { requests: { id: string }[] }
    const body: unknown = JSON.parse(answer.body.toString())
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        responses: requests.map(({ id }) => ({ id, status: answer.status, headers: answer.headers, body })),
      }),
    }
  } catch {
    return undefined
  }
}

function operationOf(request: HttpRequest): Element | undefined {
  try {
    const root = parseXml(request.body.toString('utf8'))
    return findChild(root, 'Body', root.namespace)?.children[0]
  } catch {
    return undefined
  }
}

function graphError(code: number, name: string, text: string, headers: Record<string, string>): HttpResponse {
  const requestId = randomUUID()
  return {
    status: code,
    headers: { 'content-type': 'application/json', 'request-id': requestId, ...headers },
    body: JSON.stringify({
      error: {
        code: name,
        message: text,
        innerError: {
          date: new Date().toISOString().slice(0, 19),
          'request-id': requestId,
          'client-request-id': requestId,
        },
      },
    }),
  }
}

function tokenError(
  code: number,
  error: string,
  aadsts: number,
  text: string,
  headers: Record<string, string>,
): HttpResponse {
  return {
    status: code,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify({
      error,
      error_description: `AADSTS${aadsts}: ${text}`,
      error_codes: [aadsts],
      trace_id: randomUUID(),
      correlation_id: randomUUID(),
    }),
  }
}

/** As IIS writes it, in front of Exchange. */
function page(code: number, title: string, headers: Record<string, string>): HttpResponse {
  return {
    status: code,
    headers: { 'content-type': 'text/html; charset=us-ascii', ...headers },
    body: `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n<HTML><HEAD><TITLE>${title}</TITLE></HEAD>\r\n<BODY><h2>${title}</h2>\r\n<hr><p>HTTP Error ${code}. ${title}.</p>\r\n</BODY></HTML>\r\n`,
  }
}
