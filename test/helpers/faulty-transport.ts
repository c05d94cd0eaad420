import { ConnectionError } from '../../src/errors.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts'
import { readFixture } from './fixtures.ts'

/**
 * What can go wrong between a client and a server that works. `…Before`: the server does not see the request.
 * `…After`: it does what it was asked, and its answer is lost. `late`: the client gives up, and the request arrives
 * when nobody waits for it any more.
 */
export const FAULTS = [
  'busy',
  'busyWithoutHint',
  'tooManyConnections',
  'unauthorized',
  'tooManyRequests',
  'unavailableBefore',
  'gatewayAfter',
  'errorPageAfter',
  'webPageAfter',
  'transientBefore',
  'transientAfter',
  'lostBefore',
  'lostAfter',
  'timeoutBefore',
  'timeoutAfter',
  'cutOffAfter',
  'garbageAfter',
  'refused',
  'late',
] as const
export type Fault = (typeof FAULTS)[number]

export interface FaultyTransport {
  readonly transport: Transport
  /** What was sent, with its fault; the operation's name first. */
  readonly log: { readonly operation: string; readonly fault: Fault | undefined }[]
  /** Requests that are still under way. */
  arriveNow(): Promise<void>
}

/** @param choose the fault of each request, by the operation's name. */
export function faultyTransport(
  choose: (operation: string) => Fault | undefined,
  inner: Transport = httpTransport,
): FaultyTransport {
  const log: FaultyTransport['log'] = []
  const late: HttpRequest[] = []
  const arriveNow = async () => {
    for (const request of late.splice(0)) await inner(request)
  }
  return {
    log,
    arriveNow,
    async transport(request) {
      const operation = operationOf(request)
      const fault = choose(operation)
      log.push({ operation, fault })
      // Whatever was under way arrives before the next change, which is when it hurts.
      if (!operation.startsWith('Get')) await arriveNow()
      if (fault === undefined) return inner(request)
      if (fault === 'late') late.push(request)
      if (fault.endsWith('After')) await inner(request)
      return fail(fault, request, inner)
    },
  }
}

export function operationOf(request: HttpRequest): string {
  return /\/messages\/(\w+)"?$/.exec(request.headers.soapaction ?? '')?.[1] ?? ''
}

async function fail(fault: Fault, request: HttpRequest, inner: Transport): Promise<HttpResponse> {
  const answer = (status: number, body = '', headers: Record<string, string> = {}): HttpResponse => ({
    status,
    statusText: '',
    headers,
    body,
  })
  const busy = readFixture('faults/server-busy.xml')
  switch (fault) {
    case 'busy':
      return answer(500, busy.replace('297749', '2000'))
    case 'busyWithoutHint':
      return answer(500, busy.replace(/<t:MessageXml[\s\S]*<\/t:MessageXml>/, ''))
    case 'tooManyConnections':
      return answer(
        500,
        busy.replaceAll('ErrorServerBusy', 'ErrorExceededConnectionCount').replace('297749', '0'),
      )
    case 'transientBefore':
    case 'transientAfter':
      return answer(500, busy.replaceAll('ErrorServerBusy', 'ErrorInternalServerTransientError'))
    case 'unauthorized':
      return answer(401, '', { 'www-authenticate': 'Basic realm="x"' })
    case 'tooManyRequests':
      return answer(429, '', { 'retry-after': '1' })
    case 'unavailableBefore':
      return answer(503, 'Service Unavailable')
    case 'gatewayAfter':
      return answer(504, '<html>Gateway Timeout</html>')
    case 'errorPageAfter':
      return answer(302, '', { location: '/ews/genericerrorpage.htm' })
    case 'webPageAfter':
      return answer(500, '<html>Runtime Error</html>')
    case 'lostBefore':
    case 'lostAfter':
      throw new ConnectionError('ERR_CONNECTION', 'The connection was lost.', { mayHaveHappened: true })
    case 'timeoutBefore':
    case 'timeoutAfter':
    case 'late':
      throw new ConnectionError('ERR_TIMEOUT', 'No answer in time.', { mayHaveHappened: true })
    case 'refused':
      throw new ConnectionError('ERR_CONNECTION', 'Refused.', {
        cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      })
    case 'cutOffAfter':
    case 'garbageAfter': {
      // A read asked again: what matters is that the first answer did not arrive whole.
      const whole = await readAgain(request, inner)
      return fault === 'cutOffAfter'
        ? answer(200, whole.slice(0, Math.floor(whole.length * 0.7)))
        : answer(200, whole.replaceAll('</m:', '</x:'))
    }
  }
}

/** An answer's text to cut: that of an answer the server has given already must not be asked for twice. */
async function readAgain(request: HttpRequest, inner: Transport): Promise<string> {
  const operation = operationOf(request)
  if (operation.startsWith('Get')) return (await inner(request)).body
  return readFixture('get-delegate/response.xml').replaceAll('GetDelegate', operation)
}
