import { describe, expect, test } from 'vitest'
import { ConnectionError, EwsResponseError, InvalidInputError, XmlError } from '../../src/errors.ts'
import { classifyHttp, type Remedy, remedyFor } from '../../src/ews/classify.ts'
import type { HttpResponse } from '../../src/http/transport.ts'
import { readFixture } from '../helpers/fixtures.ts'

const url = 'https://mail.contoso.com/EWS/Exchange.asmx'
const now = Date.parse('2026-11-21T09:00:00Z')
const html =
  '<!DOCTYPE html><html><head><title>Outlook\u001b[2J Web\n App</title></head><body>Sign in</body></html>'

const classify = (answer: Partial<HttpResponse>) =>
  classifyHttp({ status: 200, statusText: '', headers: {}, body: '', ...answer }, url, now)

describe('what is read as SOAP', () => {
  test.each<[string, Partial<HttpResponse>]>([
    ['a fault with 500', { status: 500, body: readFixture('faults/server-busy.xml') }],
    ['a fault with 200', { status: 200, body: readFixture('faults/bare.xml') }],
    ['a fault with 503', { status: 503, body: readFixture('faults/server-busy.xml') }],
    ['a fault with 403', { status: 403, body: readFixture('faults/impersonate-user-denied.xml') }],
    ['SOAP 1.2', { status: 500, body: readFixture('faults/soap12.xml') }],
    [
      'SOAP under the wrong content type',
      { headers: { 'content-type': 'text/html' }, body: readFixture('get-delegate/response.xml') },
    ],
    ['SOAP cut off in the middle', { body: readFixture('get-delegate/response.xml').slice(0, 300) }],
  ])('%s', (_, answer) => {
    expect(classify(answer)).toBeUndefined()
  })
})

describe('what is not SOAP', () => {
  type Row = [string, Partial<HttpResponse>, Partial<ConnectionError>, RegExp]
  test.each<Row>([
    [
      '401',
      { status: 401 },
      { code: 'ERR_AUTHENTICATION', mayHaveHappened: false },
      /does not accept the sign-in/,
    ],
    [
      '401 with a diagnosis',
      {
        status: 401,
        headers: {
          'x-ms-diagnostics': '2000003;reason="The audience claim value is invalid.";error_category="x"',
        },
      },
      { code: 'ERR_AUTHENTICATION' },
      /: The audience claim value is invalid\.$/,
    ],
    ['403', { status: 403 }, { code: 'ERR_FORBIDDEN', mayHaveHappened: false }, /refuses EWS/],
    ['404', { status: 404, body: html }, { code: 'ERR_INVALID_RESPONSE' }, /no EWS at/],
    ['405', { status: 405 }, { code: 'ERR_INVALID_RESPONSE' }, /no EWS at/],
    ['407', { status: 407 }, { code: 'ERR_AUTHENTICATION' }, /proxy/],
    ['408', { status: 408 }, { code: 'ERR_CONNECTION', mayHaveHappened: false }, /in time/],
    ['413', { status: 413 }, { code: 'ERR_INVALID_RESPONSE', mayHaveHappened: false }, /this large/],
    ['415', { status: 415 }, { code: 'ERR_INVALID_RESPONSE' }, /SOAP/],
    [
      '429',
      { status: 429, headers: { 'retry-after': '30' } },
      { code: 'ERR_CONNECTION', mayHaveHappened: false, backOffMilliseconds: 30_000 },
      /fewer calls/,
    ],
    ['440', { status: 440, body: html }, { code: 'ERR_CONNECTION', mayHaveHappened: false }, /session/],
    ['456', { status: 456 }, { code: 'ERR_AUTHENTICATION' }, /locked/],
    [
      '500 with a web page',
      { status: 500, body: "<html><title>Server Error in '/EWS' Application.</title></html>" },
      { code: 'ERR_CONNECTION', mayHaveHappened: true },
      /HTTP 500/,
    ],
    [
      '500 with the front end’s reason',
      { status: 500, headers: { 'x-caserrorcode': 'MailboxGuidWithDomainNotFound' } },
      { code: 'ERR_CONNECTION' },
      /: MailboxGuidWithDomainNotFound\.$/,
    ],
    ['502', { status: 502, body: html }, { code: 'ERR_CONNECTION', mayHaveHappened: true }, /HTTP 502/],
    [
      '503 without XML',
      {
        status: 503,
        body: 'Service Unavailable',
        headers: { 'retry-after': 'Sat, 21 Nov 2026 09:01:00 GMT' },
      },
      { code: 'ERR_CONNECTION', mayHaveHappened: true, backOffMilliseconds: 60_000 },
      /HTTP 503/,
    ],
    ['504', { status: 504 }, { code: 'ERR_CONNECTION', mayHaveHappened: true }, /HTTP 504/],
    [
      'the error page of an overloaded front end',
      { status: 302, headers: { location: '/ews/GenericErrorPage.htm?aspxerrorpath=/ews/exchange.asmx' } },
      { code: 'ERR_CONNECTION', mayHaveHappened: true },
      /error page/,
    ],
    [
      'a sign-in page on another host',
      { status: 302, headers: { location: 'https://adfs.contoso.com/adfs/ls/?wa=wsignin1.0' } },
      { code: 'ERR_INVALID_RESPONSE', mayHaveHappened: false },
      /sign-in page at adfs\.contoso\.com/,
    ],
    [
      'OWA’s own sign-in page',
      { status: 302, headers: { location: '/owa/auth/logon.aspx?url=x' } },
      { code: 'ERR_INVALID_RESPONSE' },
      /sign-in page at mail\.contoso\.com/,
    ],
    [
      'a redirect to another host',
      { status: 307, headers: { location: 'https://evil.example/EWS' } },
      { code: 'ERR_INVALID_RESPONSE', mayHaveHappened: false },
      /redirects to https:\/\/evil\.example\/EWS, which is not followed/,
    ],
    ['a redirect nowhere', { status: 301 }, { code: 'ERR_INVALID_RESPONSE' }, /nowhere/],
    [
      'a proxy’s web page with 200',
      { status: 200, body: html },
      { code: 'ERR_INVALID_RESPONSE', mayHaveHappened: true },
      /a web page, “Outlook \[2J Web App”/,
    ],
    [
      'nothing with 200',
      { status: 200 },
      { code: 'ERR_INVALID_RESPONSE', mayHaveHappened: true },
      /with nothing/,
    ],
    ['JSON with 200', { body: '{"a":1}' }, { code: 'ERR_INVALID_RESPONSE' }, /JSON/],
    ['other XML', { body: '<feed/>' }, { code: 'ERR_INVALID_RESPONSE' }, /other XML/],
    [
      'gzip that is not labelled so',
      { body: new TextDecoder().decode(Uint8Array.of(0x1f, 0x8b, 8, 0)) },
      { code: 'ERR_INVALID_RESPONSE' },
      /compressed/,
    ],
    [
      'a wrong content type',
      { headers: { 'content-type': 'application/octet-stream' }, body: 'xx' },
      { code: 'ERR_INVALID_RESPONSE' },
      /application\/octet-stream/,
    ],
    [
      '400',
      { status: 400, body: html },
      { code: 'ERR_INVALID_RESPONSE', mayHaveHappened: false },
      /HTTP 400/,
    ],
  ])('%s', (_, answer, expected, message) => {
    const error = classify(answer)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ httpStatus: answer.status ?? 200, ...expected })
    expect(error?.message).toMatch(message)
    expect(error?.hint).toMatch(/\.$/)
    // Nothing that a terminal would obey.
    expect(error?.message).not.toMatch(/\p{Cc}/u)
  })

  test('a 403 that a proxy signed is not blamed on Exchange', () => {
    expect(classify({ status: 403, headers: { server: 'squid/5.7' } })?.hint).toContain('proxy')
    expect(classify({ status: 403 })?.hint).toContain('EWSEnabled')
  })

  test('another host is named as the reason why credentials stay here', () => {
    expect(classify({ status: 302, headers: { location: 'https://evil.example/' } })?.hint).toContain(
      'another host',
    )
    expect(classify({ status: 302, headers: { location: '/elsewhere' } })?.hint).not.toContain('another host')
  })

  test('what a redirect carries is not shown when it is secret', () => {
    const error = classify({
      status: 302,
      headers: { location: 'https://x.example/cb?code=0.AbCdEf&b=\r\nx' },
    })
    expect(error?.message).not.toContain('AbCdEf')
    expect(error?.message).not.toMatch(/\p{Cc}/u)
  })
})

describe('remedyFor', () => {
  const http = (status: number, over: object = {}) => {
    const error = classify({ status, ...over })
    if (!error) throw new Error('that is SOAP')
    return error
  }
  const refusal = (responseCode: string, over: object = {}) =>
    new EwsResponseError(responseCode, { responseCode, level: 'fault', ...over })
  const refused = (code: string) =>
    new ConnectionError('ERR_CONNECTION', 'x', { cause: Object.assign(new Error('x'), { code }) })

  test.each<[string, unknown, Partial<Remedy>]>([
    [
      'ErrorServerBusy is waited for as long as it says, by the whole account',
      refusal('ErrorServerBusy', { backOffMilliseconds: 297_749 }),
      { kind: 'repeat', scope: 'account', wait: 297_749 },
    ],
    [
      'ErrorServerBusy inside of a batch',
      refusal('ErrorInternalServerError', { messageXml: { InnerErrorResponseCode: 'ErrorServerBusy' } }),
      { kind: 'repeat', scope: 'account' },
    ],
    [
      'too many connections: fewer of them',
      refusal('ErrorExceededConnectionCount'),
      { kind: 'repeat', scope: 'account', narrow: true },
    ],
    ['a passing error may come half way', refusal('ErrorInternalServerTransientError'), { kind: 'look' }],
    ['a store that is not there', refusal('ErrorMailboxStoreUnavailable'), { kind: 'look' }],
    ['a list that was not saved', refusal('ErrorAddDelegatesFailed'), { kind: 'settle' }],
    ['a server that stumbled', refusal('ErrorInternalServerError'), { kind: 'settle' }],
    ['a refusal', refusal('ErrorAccessDenied'), { kind: 'none' }],
    ['a code that nobody knows', refusal('ErrorOfTheFuture'), { kind: 'none' }],
    [
      '429',
      http(429, { headers: { 'retry-after': '7' } }),
      { kind: 'repeat', scope: 'account', wait: 7000, narrow: true },
    ],
    ['503 concerns the host', http(503), { kind: 'look', scope: 'host' }],
    ['502', http(502), { kind: 'look', scope: 'call' }],
    [
      '504 with a time',
      http(504, { headers: { 'retry-after': '1' } }),
      { kind: 'look', scope: 'host', wait: 1000 },
    ],
    ['500 with a web page', http(500), { kind: 'look', scope: 'call' }],
    ['the error page', http(302, { headers: { location: '/ews/genericerrorpage.htm' } }), { kind: 'look' }],
    ['501', http(501), { kind: 'none' }],
    ['408', http(408), { kind: 'repeat' }],
    ['440', http(440), { kind: 'repeat', most: 1 }],
    ['401 at first', http(401), { kind: 'none' }],
    ['403', http(403), { kind: 'none' }],
    ['456', http(456), { kind: 'none' }],
    ['a redirect', http(302, { headers: { location: 'https://evil.example' } }), { kind: 'none' }],
    ['a web page with 200 could have been an answer', http(200, { body: html }), { kind: 'settle' }],
    ['404', http(404), { kind: 'none' }],
    ['a time-out', new ConnectionError('ERR_TIMEOUT', 'x', { mayHaveHappened: true }), { kind: 'look' }],
    [
      'a lost connection',
      new ConnectionError('ERR_CONNECTION', 'x', { mayHaveHappened: true }),
      { kind: 'look' },
    ],
    ['a refused connection passes', refused('ECONNREFUSED'), { kind: 'repeat', most: 3 }],
    ['a name that does not exist does not', refused('ENOTFOUND'), { kind: 'none' }],
    ['neither does a bad certificate', refused('CERT_HAS_EXPIRED'), { kind: 'none' }],
    ['an answer cut off', new XmlError('ERR_INVALID_RESPONSE', 'x'), { kind: 'look', most: 3 }],
    ['an answer too large', new XmlError('ERR_LIMIT_EXCEEDED', 'x'), { kind: 'settle' }],
    ['bad input', new InvalidInputError('x'), { kind: 'none' }],
    ['a mistake of ours', new TypeError('x'), { kind: 'none' }],
  ])('%s', (_, error, expected) => {
    expect(remedyFor(error)).toMatchObject(expected)
  })

  test('401 after a success means wait, but only twice', () => {
    expect(remedyFor(http(401), true)).toEqual({ kind: 'repeat', scope: 'account', wait: undefined, most: 2 })
    expect(remedyFor(http(407), true)).toMatchObject({ kind: 'none' })
  })
})
