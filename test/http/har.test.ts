import { describe, expect, test } from 'vitest'
import { ConnectionError } from '../../src/errors.ts'
import { harEntry, harWriter } from '../../src/http/har.ts'
import { type Exchange, recorded } from '../../src/http/record.ts'
import type { HttpRequest, Transport } from '../../src/http/transport.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { secretScan } from '../secrets/secret-scan.ts'

const PASSWORD = 'Pa55-w0rd-x'
const request: HttpRequest = {
  url: 'https://mail.contoso.com/EWS/Exchange.asmx?client_secret=abc~123&x=1',
  method: 'POST',
  headers: {
    'content-type': 'text/xml; charset=utf-8',
    authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`,
    cookie: 'exchangecookie=3f9c77',
  },
  body: '<a>ä</a>',
  timeoutMs: 1000,
  maxResponseBytes: 1000,
}
const response = {
  status: 500,
  statusText: 'Internal Server Error',
  headers: { 'content-type': 'text/html', 'set-cookie': 'exchangecookie=4711aa', location: '/x?code=0.AAAA' },
  setCookie: ['exchangecookie=4711aa'],
  body: `<html>You sent ${PASSWORD}</html>`,
}
const secrets = [
  PASSWORD,
  request.headers.authorization?.slice(6) ?? '',
  'abc~123',
  '3f9c77',
  '4711aa',
  '0.AAAA',
]

/** As the HAR 1.2 specification demands them. */
function expectHar(har: { log: { version: string; creator: object; entries: object[] } }) {
  expect(har.log.version).toBe('1.2')
  expect(har.log.creator).toEqual({ name: 'ews-delegates', version: '1.0.0' })
  for (const entry of har.log.entries) {
    expect(entry).toMatchObject({
      startedDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      time: expect.any(Number),
      request: {
        method: expect.any(String),
        url: expect.any(String),
        httpVersion: expect.any(String),
        cookies: expect.any(Array),
        headers: expect.any(Array),
        queryString: expect.any(Array),
        headersSize: expect.any(Number),
        bodySize: expect.any(Number),
      },
      response: {
        status: expect.any(Number),
        statusText: expect.any(String),
        httpVersion: expect.any(String),
        cookies: expect.any(Array),
        headers: expect.any(Array),
        content: { size: expect.any(Number), mimeType: expect.any(String) },
        redirectURL: expect.any(String),
        headersSize: expect.any(Number),
        bodySize: expect.any(Number),
      },
      cache: {},
      timings: { send: expect.any(Number), wait: expect.any(Number), receive: expect.any(Number) },
    })
  }
}

describe('harEntry', () => {
  const startedAt = Date.parse('2026-11-21T09:00:00Z')

  test('shows an exchange whole, and none of its secrets', () => {
    const entry = harEntry({ startedAt, milliseconds: 12, request, response })
    expect(entry).toMatchObject({
      startedDateTime: '2026-11-21T09:00:00.000Z',
      time: 12,
      request: {
        method: 'POST',
        postData: { mimeType: 'text/xml; charset=utf-8', text: '<a>ä</a>' },
        bodySize: 9,
      },
      response: { status: 500, content: { mimeType: 'text/html', text: '<html>You sent [redacted]</html>' } },
    })
    expect(entry.request.queryString).toEqual([
      { name: 'client_secret', value: '[redacted]' },
      { name: 'x', value: '1' },
    ])
    for (const secret of secrets) expect(JSON.stringify(entry)).not.toContain(secret)
  })

  test('shows why there was no answer', () => {
    secretScan.allow(PASSWORD)
    const error = new ConnectionError('ERR_TIMEOUT', `no answer to ${PASSWORD}`)
    const { response: none } = harEntry({ startedAt, milliseconds: 1000, request, error })
    expect(none).toMatchObject({ status: 0, _error: 'ERR_TIMEOUT: no answer to [redacted]' })
  })

  test('counts bytes that are no text', () => {
    const entry = harEntry({
      startedAt,
      milliseconds: 0,
      request: { ...request, body: new Uint8Array(7) },
      response,
    })
    expect(entry.request).toMatchObject({ bodySize: 7, postData: { text: '[7 bytes]' } })
  })
})

describe('harWriter', () => {
  test('writes a HAR 1.2 file piece by piece, under any transport', async () => {
    let file = ''
    const writer = harWriter(
      (text) => {
        file += text
      },
      { name: 'ews-delegates', version: '1.0.0' },
    )
    const clock = manualClock()
    const answers: (Error | typeof response)[] = [response, new Error('socket closed')]
    const inner: Transport = async () => {
      clock.advance(250)
      const answer = answers.shift()
      if (answer instanceof Error || !answer) throw answer
      return answer
    }
    const transport = recorded(inner, writer.add, clock)
    expect(await transport(request)).toBe(response)
    await expect(transport(request)).rejects.toThrow('socket closed')
    expect(() => JSON.parse(file)).toThrow()
    writer.end()
    writer.end()
    writer.add({ startedAt: 0, milliseconds: 0, request, response } satisfies Exchange)
    const har = JSON.parse(file)
    expectHar(har)
    expect(har.log.entries.map((entry: { time: number }) => entry.time)).toEqual([250, 250])
    for (const secret of secrets) expect(file).not.toContain(secret)
  })

  test('an empty log is one too', () => {
    const parts: string[] = []
    harWriter((text) => parts.push(text), { name: 'ews-delegates', version: '1.0.0' }).end()
    expectHar(JSON.parse(parts.join('')))
  })
})
