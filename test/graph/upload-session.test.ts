import nock from 'nock'
import { describe, expect, test } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { GraphClient } from '../../src/graph/client.ts'
import { RANGE_BYTES, readUploadSession } from '../../src/graph/upload-session.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const ROOT = 'https://graph.microsoft.com'
const OUTLOOK = 'https://outlook.office.com'
const SESSION = "/api/v2.0/Users('a')/Messages('b')/AttachmentSessions('c')?authtoken=opaque-secret"
const SIZE = RANGE_BYTES + 1000
const FILE = {
  name: 'plan.pdf',
  contentType: 'application/pdf',
  content: new Uint8Array(SIZE).map((_, n) => n % 251),
}

function client(lines: string[] = []) {
  const clock = manualClock()
  const trace = ({ text }: { text: string }) => lines.push(text)
  return { clock, graph: new GraphClient({ auth: bearer('EwBwA8l6BAAUopaque'), clock, trace }) }
}

function session(uploadUrl: string) {
  nock(ROOT)
    .post('/v1.0/me/messages/1/attachments/createUploadSession', {
      AttachmentItem: {
        attachmentType: 'file',
        name: 'plan.pdf',
        size: SIZE,
        contentType: 'application/pdf',
      },
    })
    .reply(201, { uploadUrl, nextExpectedRanges: ['0-'] })
}

describe('an attachment above 3 MB', () => {
  test('is put in ranges, in order, without the token, and the trace does not show the link’s secret', async () => {
    const ranges: { range: string; bytes: Buffer; authorization: boolean }[] = []
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK)
      .put(SESSION)
      .twice()
      .reply(function reply(_, body) {
        const { headers } = this.req as unknown as { headers: Record<string, string | string[]> }
        const range = String(headers['content-range'])
        ranges.push({
          range,
          // nock gives bytes that are not text in hexadecimal.
          bytes: Buffer.from(String(body), 'hex'),
          authorization: 'authorization' in headers,
        })
        return ranges.length === 1
          ? [200, { nextExpectedRanges: [String(RANGE_BYTES)] }]
          : [201, '', { location: `${OUTLOOK}/api/v2.0/Attachments('d')` }]
      })
    const lines: string[] = []
    await client(lines).graph.addAttachment('1', FILE)
    expect(ranges.map(({ range }) => range)).toEqual([
      `bytes 0-${RANGE_BYTES - 1}/${SIZE}`,
      `bytes ${RANGE_BYTES}-${SIZE - 1}/${SIZE}`,
    ])
    expect(Buffer.concat(ranges.map(({ bytes }) => bytes)).equals(FILE.content)).toBe(true)
    expect(ranges.every(({ authorization }) => !authorization)).toBe(true)
    expect(lines.join('\n')).not.toContain('opaque-secret')
  })

  test('goes on where the server says, and repeats a range that the server was too busy for', async () => {
    const seen: string[] = []
    session(`${OUTLOOK}${SESSION}`)
    const record = (answer: nock.ReplyFnResult) =>
      function reply(this: nock.ReplyFnContext): nock.ReplyFnResult {
        seen.push(
          String((this.req as unknown as { headers: Record<string, unknown> }).headers['content-range']),
        )
        return answer
      }
    nock(OUTLOOK)
      .put(SESSION)
      .reply(record([503, '', { 'retry-after': '2' }]))
      .get(SESSION)
      .reply(200, { nextExpectedRanges: ['0-'] })
      .put(SESSION)
      .reply(record([200, { nextExpectedRanges: ['1000-'] }]))
      .put(SESSION)
      .reply(record([201, '']))
    const { graph, clock } = client()
    await graph.addAttachment('1', FILE)
    expect(seen).toEqual([
      `bytes 0-${RANGE_BYTES - 1}/${SIZE}`,
      `bytes 0-${RANGE_BYTES - 1}/${SIZE}`,
      `bytes 1000-${SIZE - 1}/${SIZE}`,
    ])
    expect(clock.slept).toEqual([2000])
  })

  test('a range whose answer was lost is not sent again when it has arrived', async () => {
    const seen: string[] = []
    const range = (start: number, end: number) => `bytes ${start}-${end - 1}/${SIZE}`
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK, { badheaders: ['authorization'] })
      .put(SESSION)
      .matchHeader('content-range', (value) => seen.push(String(value)) > 0)
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
      .get(SESSION)
      .reply(200, { nextExpectedRanges: [`${RANGE_BYTES}-`] })
      .put(SESSION)
      .matchHeader('content-range', range(RANGE_BYTES, SIZE))
      .reply(201, '')
    const { graph, clock } = client()
    await graph.addAttachment('1', FILE)
    expect(seen[0]).toBe(range(0, RANGE_BYTES))
    expect(clock.slept).toEqual([1000])
  })

  test('when the answer to the last range was lost and the session is over, that is in doubt', async () => {
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK)
      .put(SESSION)
      .reply(200, { nextExpectedRanges: [String(RANGE_BYTES)] })
      .put(SESSION)
      .reply(504, '')
      .get(SESSION)
      .reply(404, { error: { code: 'ErrorItemNotFound', message: 'Gone.' } })
      .delete(SESSION)
      .reply(404, '')
    await expect(client().graph.addAttachment('1', FILE)).rejects.toMatchObject({
      httpStatus: 504,
      mayHaveHappened: true,
    })
  })

  test('answers that are lost again and again end it', async () => {
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK)
      .put(SESSION)
      .times(5)
      .reply(503, '')
      .get(SESSION)
      .times(4)
      .reply(200, { nextExpectedRanges: ['0-'] })
      .delete(SESSION)
      .reply(204)
    const { graph, clock } = client()
    await expect(graph.addAttachment('1', FILE)).rejects.toMatchObject({ httpStatus: 503 })
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000])
  })

  test('a wait longer than allowed ends it', async () => {
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK).put(SESSION).reply(503, '', { 'retry-after': '600' }).delete(SESSION).reply(204)
    const { graph, clock } = client()
    await expect(graph.addAttachment('1', FILE)).rejects.toMatchObject({ httpStatus: 503 })
    expect(clock.slept).toEqual([])
  })

  test('a file is not attached while bytes of it are missing, whatever the server says', async () => {
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK).put(SESSION).reply(201, '').delete(SESSION).reply(204)
    await expect(client().graph.addAttachment('1', FILE)).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
    })
  })

  test.each([
    ['beyond what was sent', { nextExpectedRanges: [String(RANGE_BYTES + 1)] }],
    ['backwards', { nextExpectedRanges: ['0'] }],
    ['nowhere', { nextExpectedRanges: [] }],
    ['beyond the end', { nextExpectedRanges: ['99999999'] }],
  ])('a session that leads %s is given up and cancelled', async (_, answer) => {
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK).put(SESSION).reply(200, answer).delete(SESSION).reply(204)
    await expect(client().graph.addAttachment('1', FILE)).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
    })
  })

  test('a refused range cancels the session and names the refusal', async () => {
    session(`${OUTLOOK}${SESSION}`)
    nock(OUTLOOK)
      .put(SESSION)
      .reply(413, { error: { code: 'ErrorMessageSizeExceeded', message: 'Too large.' } })
      .delete(SESSION)
      .reply(204)
    await expect(client().graph.addAttachment('1', FILE)).rejects.toMatchObject({
      graphCode: 'ErrorMessageSizeExceeded',
    })
  })

  test('a draft whose upload failed is deleted again', async () => {
    nock(ROOT).post('/v1.0/me/messages').reply(201, { id: '1' })
    session('https://evil.example/upload')
    nock(ROOT).delete('/v1.0/me/messages/1').reply(204)
    await expect(
      client().graph.createDraft({ to: 'MeganB@contoso.com', attachments: [FILE] }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
  })

  test('above 150 MB it is refused before anything is sent', async () => {
    const content = { byteLength: 150_000_001 } as Uint8Array
    Object.setPrototypeOf(content, Uint8Array.prototype)
    Object.defineProperty(content, 'byteLength', { value: 150_000_001 })
    await expect(client().graph.addAttachment('1', { name: 'a', content })).rejects.toThrow(/150 MB/)
  })
})

describe('readUploadSession', () => {
  const root = new URL('http://127.0.0.1:8080/')

  test.each([
    'https://outlook.office.com/api/x?authtoken=1',
    'https://outlook.office365.com/api/x',
    'https://outlook.office365.us/api/x',
    'https://outlook-dod.office365.us/api/x',
    'https://partner.outlook.cn/api/x',
    'http://127.0.0.1:8080/uploads/1',
  ])('%s is where files may go', (uploadUrl) => {
    expect(readUploadSession({ uploadUrl }, root)).toEqual({ uploadUrl })
  })

  test.each([
    'http://outlook.office.com/api/x',
    'https://outlook.office.com:8443/x',
    'https://outlook.office.com.evil.example/x',
    'https://outlook.office.com@evil.example/x',
    'https://user:secret@outlook.office.com/x',
    'http://127.0.0.1:8081/uploads/1',
    'file:///etc/passwd',
    'nowhere',
    undefined,
  ])('%s is not', (uploadUrl) => {
    expect(() => readUploadSession({ uploadUrl }, root)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_RESPONSE' }),
    )
  })
})
