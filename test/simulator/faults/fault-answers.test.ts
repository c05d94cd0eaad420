import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../../src/simulator/faults/fault.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts'
import { findChild, parseXml } from '../../../src/xml/element.ts'
import { schemaDirectory, validateEnvelopes } from '../../helpers/schema.ts'
import {
  addDelegate,
  basic,
  DELEGATE,
  delegateUser,
  distinguished,
  envelope,
  getDelegate,
  getFolder,
  OWNER,
  removeDelegate,
  smtp,
} from '../ews-driver.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => {
  simulator.faults.clear()
  simulator.requests.clear()
})

const ADD = addDelegate(delegateUser(smtp(DELEGATE), { Calendar: 'Editor' }))

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function call(body = getDelegate()): Promise<Answer> {
  const response = await fetch(simulator.ews, {
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: basic(OWNER), 'content-type': 'text/xml' },
    body: envelope(body),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** The same, with the fault's own error instead of an answer. */
const failed = (body?: string): Promise<string> =>
  call(body).then(
    () => 'answered',
    (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.message,
  )

const strike = (...faults: Fault[]) => simulator.faults.add(faults)
const delegates = () => {
  const owner = simulator.exchange.directory.find(OWNER)
  return owner ? [...(simulator.exchange.mailboxOf(owner)?.delegates.list() ?? [])].length : -1
}
afterEach(async () => {
  if (delegates() > 0) await call(removeDelegate(smtp(DELEGATE)))
})

function fault(answer: Answer): { code: string | undefined; values: Record<string, string> } {
  const root = parseXml(answer.text)
  const body = findChild(root, 'Body')
  const detail = body && findChild(body, 'Fault') && findChild(findChild(body, 'Fault') ?? body, 'detail')
  const values = detail && findChild(detail, 'MessageXml')
  return {
    code: detail && findChild(detail, 'ResponseCode')?.text,
    values: Object.fromEntries((values?.children ?? []).map((value) => [value.attributes.Name, value.text])),
  }
}

describe('over EWS', () => {
  test('busy is a fault, with a hint in it, in a header, or with none', async () => {
    strike(
      { kind: 'busy', backOff: 2500, count: 1 },
      { kind: 'busy', retryAfter: 7, count: 1 },
      { kind: 'busy', status: 200, count: 1 },
    )
    const [hinted, header, bare, well] = [await call(), await call(), await call(), await call()]
    expect([hinted.status, fault(hinted)]).toEqual([
      500,
      { code: 'ErrorServerBusy', values: { BackOffMilliseconds: '2500' } },
    ])
    expect([header.status, header.headers.get('retry-after'), fault(header).values]).toEqual([500, '7', {}])
    expect([bare.status, fault(bare).code]).toEqual([200, 'ErrorServerBusy'])
    expect([well.status, well.text.includes('GetDelegateResponse')]).toEqual([200, true])
  })

  test('busy may be told to every member of a batch', async () => {
    strike({ kind: 'busy', inMessages: true, backOff: 100, count: 2 })
    const batch = await call(getFolder(distinguished('inbox') + distinguished('calendar')))
    expect([batch.status, batch.text.match(/<m:ResponseCode>ErrorServerBusy</g)?.length]).toEqual([200, 2])
    const delegate = await call()
    expect(delegate.text).toContain('<m:GetDelegateResponse')
    expect(delegate.text).toContain('ErrorServerBusy')
    if (schemaDirectory) {
      expect(
        await validateEnvelopes([
          { name: 'batch.xml', xml: batch.text },
          { name: 'delegate.xml', xml: delegate.text },
        ]),
      ).toEqual([])
    }
  })

  test('exceeded connections name policy and limit', async () => {
    strike({ kind: 'exceededConnections' })
    const answer = await call()
    expect([answer.status, fault(answer)]).toEqual([
      500,
      {
        code: 'ErrorExceededConnectionCount',
        values: {
          Policy: 'MaxConcurrency',
          MaxConcurrencyLimit: '27',
          ErrorMessage: expect.stringContaining('Suggested backoff time'),
        },
      },
    ])
  })

  test.each<[number, Partial<Fault>, RegExp, string | null]>([
    [401, {}, /^$/, 'Basic realm="127.0.0.1", Bearer'],
    [403, {}, /^$/, null],
    [429, { retryAfter: 3 } as Partial<Fault>, /^$/, null],
    [500, {}, /ErrorInternalServerError/, null],
    [500, { body: 'html' } as Partial<Fault>, /<h2>Internal Server Error/, null],
    [503, {}, /<h2>Service Unavailable/, null],
    [503, { body: 'empty' } as Partial<Fault>, /^$/, null],
  ])('status %s', async (status, more, body, challenge) => {
    strike({ kind: 'status', status, ...more } as Fault)
    const answer = await call()
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(body)
    const offered = answer.headers.get('www-authenticate')
    expect(offered?.slice(0, challenge?.length) ?? null).toBe(challenge)
    if (status === 429) expect(answer.headers.get('retry-after')).toBe('3')
  })

  test('a redirect goes to the error page, or to another host', async () => {
    strike(
      { kind: 'redirect', count: 1 },
      { kind: 'redirect', status: 307, to: 'https://other.example/EWS/Exchange.asmx' },
    )
    const [first, second] = [await call(), await call()]
    expect([first.status, first.headers.get('location')]).toEqual([302, '/ews/genericerrorpage.htm'])
    expect([second.status, second.headers.get('location')]).toEqual([
      307,
      'https://other.example/EWS/Exchange.asmx',
    ])
  })

  test('a truncated answer ends with the connection, or as if it were whole', async () => {
    const whole = await call()
    strike({ kind: 'truncate', count: 1 })
    expect(await failed()).toMatch(/UND_ERR_SOCKET|terminated|ECONNRESET/)
    strike({ kind: 'truncate', ending: 'clean', keep: 0.9 })
    const clean = await call()
    expect([clean.status, clean.text]).toEqual([200, whole.text.slice(0, clean.text.length)])
    expect(clean.text.length).toBe(Math.floor(whole.text.length * 0.9))
    expect(simulator.requests.entries().map((entry) => entry.fault?.kind)).toEqual([
      undefined,
      'truncate',
      'truncate',
    ])
  })

  test('a slow body takes its time, and is whole', async () => {
    strike({ kind: 'slow', milliseconds: 200 })
    const started = performance.now()
    expect((await call()).text).toContain('</s:Envelope>')
    expect(performance.now() - started).toBeGreaterThan(150)
  })

  test('latency delays', async () => {
    strike({ kind: 'latency', milliseconds: 120 })
    const started = performance.now()
    expect((await call()).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThan(110)
    expect(simulator.requests.entries()[0]).toMatchObject({ fault: { kind: 'latency', carriedOut: true } })
  })

  test('garbage of every kind', async () => {
    strike(
      { kind: 'garbage', count: 1 },
      { kind: 'garbage', what: 'bytes', count: 1 },
      { kind: 'garbage', what: 'empty', count: 1 },
      { kind: 'garbage', what: 'json', count: 1 },
      { kind: 'garbage', what: 'contentType', when: 'after', count: 1 },
    )
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await call())
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(answers[0]?.text).toContain('<title>Web filter</title>')
    expect(answers[1]?.text).not.toContain('Envelope')
    expect(answers[2]?.text).toBe('')
    expect(answers[3]?.text).toBe('{"message":"ok"}')
    expect([
      answers[4]?.headers.get('content-type'),
      answers[4]?.text.includes('GetDelegateResponse'),
    ]).toEqual(['application/octet-stream', true])
  })

  test('the bytes of garbage are the same in the same run', async () => {
    const bytes = async () => {
      simulator.faults.replace({ seed: 5, faults: [{ kind: 'garbage', what: 'bytes' }] })
      return [(await call()).text, (await call()).text]
    }
    const [first, second] = [await bytes(), await bytes()]
    expect(first).toEqual(second)
    expect(first[0]).not.toBe(first[1])
  })

  test('an answer may be compressed, and may only say so', async () => {
    strike({ kind: 'gzip', count: 1 }, { kind: 'garbage', what: 'brokenGzip' })
    const good = await call()
    expect([good.headers.get('content-encoding'), good.text.includes('GetDelegateResponse')]).toEqual([
      'gzip',
      true,
    ])
    expect(await failed()).toMatch(/Z_DATA_ERROR|terminated|incorrect/)
  })
})

describe('whether the change was made', () => {
  test.each<[string, Fault, number]>([
    ['dropped before', { kind: 'drop' }, 0],
    ['dropped after', { kind: 'drop', when: 'after' }, 1],
    ['cut off', { kind: 'truncate' }, 1],
    ['busy', { kind: 'busy' }, 0],
    ['503 before', { kind: 'status', status: 503 }, 0],
    ['503 after', { kind: 'status', status: 503, when: 'after' }, 1],
    ['garbage before', { kind: 'garbage' }, 0],
    ['garbage after', { kind: 'garbage', when: 'after' }, 1],
    ['redirected', { kind: 'redirect' }, 0],
    ['slow', { kind: 'slow', milliseconds: 10 }, 1],
  ])('%s', async (_name, one, expected) => {
    strike({ ...one, operation: 'AddDelegate' })
    await failed(ADD)
    expect(delegates()).toBe(expected)
    expect(simulator.requests.operations('AddDelegate')).toEqual([
      expect.objectContaining({ fault: { kind: one.kind, carriedOut: expected === 1 } }),
    ])
  })

  test('a dropped connection is logged without an answer', async () => {
    strike({ kind: 'drop', when: 'after' })
    expect(await failed()).toMatch(/UND_ERR_SOCKET|ECONNRESET|fetch failed/)
    expect(simulator.requests.entries()).toEqual([expect.objectContaining({ status: 0, responseBody: '' })])
  })
})

describe('over Graph, at the token endpoint and at Autodiscover', () => {
  const graph = async () => {
    const response = await fetch(`${simulator.graph}/v1.0/me`, { headers: { authorization: 'Bearer x.y.z' } })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      json: (await response.json()) as { error: { code: string; message: string } },
    }
  }

  test('Graph is throttled by status 429, for the mailbox too', async () => {
    strike(
      { kind: 'busy', retryAfter: 2, face: 'graph', count: 1 },
      { kind: 'exceededConnections', retryAfter: 1, count: 1 },
      { kind: 'status', status: 503 },
    )
    expect(await graph()).toMatchObject({
      status: 429,
      retryAfter: '2',
      json: { error: { code: 'TooManyRequests' } },
    })
    expect(await graph()).toMatchObject({
      status: 429,
      retryAfter: '1',
      json: {
        error: { code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.' },
      },
    })
    expect(await graph()).toMatchObject({ status: 503, json: { error: { code: 'ServiceNotAvailable' } } })
  })

  test('every member of a batch may be throttled inside a 200', async () => {
    strike({ kind: 'busy', face: 'graph', inMessages: true, retryAfter: 4 })
    const response = await fetch(`${simulator.graph}/v1.0/$batch`, {
      method: 'POST',
      body: JSON.stringify({
        requests: [
          { id: '1', method: 'GET', url: '/me' },
          { id: '2', method: 'GET', url: '/me' },
        ],
      }),
    })
    const { responses } = (await response.json()) as { responses: unknown[] }
    expect(response.status).toBe(200)
    expect(responses).toEqual(
      ['1', '2'].map((id) => ({
        id,
        status: 429,
        headers: expect.objectContaining({ 'retry-after': '4' }),
        body: expect.objectContaining({ error: expect.objectContaining({ code: 'TooManyRequests' }) }),
      })),
    )
  })

  test('more than four requests at once to a mailbox are over its limit', async () => {
    strike(
      { kind: 'latency', milliseconds: 150, face: 'graph' },
      { kind: 'exceededConnections', face: 'graph', above: 4, retryAfter: 1 },
    )
    const statuses = (await Promise.all(Array.from({ length: 7 }, graph))).map(({ status }) => status)
    expect(statuses.filter((status) => status === 429)).toHaveLength(3)
    expect((await graph()).status).toBe(401)
  })

  test('the token endpoint answers in its own words', async () => {
    strike({ kind: 'busy', face: 'token' })
    const response = await fetch(simulator.token, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'password' }),
    })
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      429,
      'temporarily_unavailable',
    ])
  })

  test('Autodiscover is unavailable', async () => {
    strike({ kind: 'busy', operation: 'json', retryAfter: 9 })
    const response = await fetch(
      `${simulator.url}/autodiscover/autodiscover.json?Email=${OWNER}&Protocol=EWS`,
    )
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '9'])
  })
})

test('a run can be repeated, though calls for several mailboxes overtake each other', async () => {
  const people = ['AdeleV', 'AllanD', 'MeganB', 'PattiF'].map((name) => `${name}@contoso.com`)
  const kinds: Fault[] = [
    { kind: 'busy', share: 0.1 },
    { kind: 'drop', share: 0.1 },
    { kind: 'drop', share: 0.1, when: 'after' },
    { kind: 'garbage', share: 0.1 },
    { kind: 'truncate', share: 0.1 },
  ]
  /** What befell each mailbox's requests, in order. */
  const run = async (seed: number, jitter: number) => {
    const wait: Fault = { kind: 'latency', milliseconds: 0, jitter }
    await using repeated = await startSimulator({ seed, faults: [wait, ...kinds] })
    await Promise.all(
      people.map(async (person) => {
        for (let i = 0; i < 40; i++) {
          await fetch(repeated.ews, {
            method: 'POST',
            headers: { authorization: basic(person), 'content-type': 'text/xml', 'x-test-person': person },
            body: envelope(getDelegate(undefined, person)),
          })
            .then((response) => response.text())
            .catch(() => {})
        }
      }),
    )
    return people.map((person) =>
      repeated.requests
        .entries()
        .filter((entry) => entry.requestHeaders['x-test-person'] === person)
        .map(({ fault: one }) => (one && one.kind !== 'latency' ? `${one.kind} ${one.carriedOut}` : '')),
    )
  }
  const first = await run(11, 2)
  expect(await run(11, 7)).toEqual(first)
  expect(await run(12, 2)).not.toEqual(first)
  const all = first.flat().filter(Boolean)
  expect(new Set(all).size).toBe(kinds.length)
  expect(all.length).toBeGreaterThan(160 * 0.25)
})

test('a simulator closes while answers are still delayed', async () => {
  const slow = await startSimulator({ faults: [{ kind: 'latency', milliseconds: 60_000 }] })
  const { port } = new URL(slow.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET /v1.0/me HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const started = performance.now()
  await slow.close()
  expect(performance.now() - started).toBeLessThan(2000)
  socket.destroy()
})
