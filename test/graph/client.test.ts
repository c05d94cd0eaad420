import nock from 'nock'
import { describe, expect, test } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { GraphResponseError } from '../../src/errors.ts'
import { GraphClient, type GraphClientOptions } from '../../src/graph/client.ts'
import type { HttpRequest, Transport } from '../../src/http/transport.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const ROOT = 'https://graph.microsoft.com'
const TOKEN = 'eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhZGVsZSJ9.c2lnbmF0dXJl'
const MAIL = { to: 'MeganB@contoso.com', subject: 'Expense reports', body: 'Have you?' }
const SEND_AS_DENIED =
  'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. Cannot submit message.'

function client(options: Partial<GraphClientOptions> = {}) {
  const clock = manualClock()
  return { clock, graph: new GraphClient({ auth: bearer(TOKEN), clock, ...options }) }
}

function envelope(code: string, message = 'No.') {
  return { error: { code, message, innerError: { 'request-id': '24e7991e', date: '2019-01-16T18:53:25' } } }
}

describe('sendMail', () => {
  test('signs the request, asks for immutable ids, and gives the request id', async () => {
    nock(ROOT, {
      reqheaders: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        prefer: 'IdType="ImmutableId"',
        'client-request-id': /^[0-9a-f-]{36}$/,
      },
    })
      .post('/v1.0/me/sendMail', {
        message: {
          subject: 'Expense reports',
          body: { contentType: 'Text', content: 'Have you?' },
          toRecipients: [{ emailAddress: { address: 'MeganB@contoso.com' } }],
          from: { emailAddress: { address: 'AllanD@contoso.com' } },
        },
      })
      .reply(202, '', { 'request-id': 'abc' })
    const { graph } = client()
    expect(await graph.sendMail({ ...MAIL, from: 'AllanD@contoso.com' })).toEqual({ requestId: 'abc' })
  })

  test('beta and another cloud are chosen by options', async () => {
    nock('https://dod-graph.microsoft.us').post('/beta/me/sendMail').reply(202)
    const { graph } = client({ url: 'https://dod-graph.microsoft.us/', version: 'beta' })
    await graph.sendMail(MAIL)
  })

  test('MIME goes as text/plain in base64', async () => {
    nock(ROOT, { reqheaders: { 'content-type': 'text/plain' } })
      .post('/v1.0/users/AllanD@contoso.com/sendMail', Buffer.from('To: a@b.c\n\n').toString('base64'))
      .reply(202)
    await client().graph.sendMail({ as: 'AllanD@contoso.com', mime: 'To: a@b.c\n\n' })
  })

  test('a missing right is a GraphResponseError with code, status, request id and hint', async () => {
    nock(ROOT).post('/v1.0/me/sendMail').reply(403, envelope('ErrorSendAsDenied', SEND_AS_DENIED))
    const error = await client()
      .graph.sendMail({ ...MAIL, from: 'PattiF@contoso.com' })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(GraphResponseError)
    expect(error).toMatchObject({
      message: `${SEND_AS_DENIED} (ErrorSendAsDenied)`,
      graphCode: 'ErrorSendAsDenied',
      httpStatus: 403,
      requestId: '24e7991e',
      hint: expect.stringContaining('Send on Behalf'),
      mayHaveHappened: false,
    })
  })

  test.each([
    [403, 'ErrorAccessDenied', /Full Access/],
    [400, 'ErrorMimeContentInvalidBase64String', /base64/],
    [400, 'ErrorInvalidRecipients', /recipients/],
    [404, 'MailboxNotEnabledForRESTAPI', /no mailbox/],
    [404, 'ErrorInvalidUser', /no such user/],
  ])('%i %s has a hint', async (status, code, hint) => {
    nock(ROOT).post('/v1.0/me/sendMail').reply(status, envelope(code))
    await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({
      graphCode: code,
      hint: expect.stringMatching(hint),
    })
  })

  test('a code that nobody knows is kept as it came', async () => {
    nock(ROOT).post('/v1.0/me/sendMail').reply(400, envelope('ErrorOfTomorrow', 'Something new'))
    await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({
      message: 'Something new. (ErrorOfTomorrow)',
      graphCode: 'ErrorOfTomorrow',
      hint: undefined,
    })
  })

  test('an application access policy is told apart by the only thing it has of its own, its text', async () => {
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .reply(403, envelope('ErrorAccessDenied', 'Access to OData is disabled.'))
    await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({
      hint: expect.stringContaining('policy'),
    })
  })

  test('an answer other than 202 does not count as sent', async () => {
    nock(ROOT).post('/v1.0/me/sendMail').reply(200, '<html>Sign in to the proxy</html>')
    await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
      mayHaveHappened: true,
    })
  })

  test('a token that is refused is an authentication error without the token', async () => {
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .reply(401, envelope('InvalidAuthenticationToken', `IDX14100: ${TOKEN} is not well formed`))
    const error = (await client()
      .graph.sendMail(MAIL)
      .catch((caught: unknown) => caught)) as Error
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATION', httpStatus: 401 })
    expect(error.message).toContain('InvalidAuthenticationToken')
    expect(error.message).not.toContain(TOKEN)
  })

  test('redirects are not followed', async () => {
    nock(ROOT).post('/v1.0/me/sendMail').reply(307, '', { location: 'https://evil.example/' })
    await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
      message: expect.stringContaining('not followed'),
    })
  })
})

describe('a busy service', () => {
  test('429 is waited for as long as Retry-After says, also for a send', async () => {
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .reply(429, envelope('ApplicationThrottled'), { 'retry-after': '7' })
      .post('/v1.0/me/sendMail')
      .reply(202)
    const { graph, clock } = client()
    await graph.sendMail(MAIL)
    expect(clock.slept).toEqual([7000])
  })

  test('429 without Retry-After and without JSON is waited for longer each time', async () => {
    nock(ROOT).post('/v1.0/me/sendMail').times(3).reply(429, 'slow down').post('/v1.0/me/sendMail').reply(202)
    const { graph, clock } = client()
    await graph.sendMail(MAIL)
    expect(clock.slept).toEqual([1000, 2000, 4000])
  })

  test('a wait longer than allowed is not begun, and the error says how long it would be', async () => {
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .reply(429, envelope('ApplicationThrottled'), { 'retry-after': '120' })
    const { graph, clock } = client()
    await expect(graph.sendMail(MAIL)).rejects.toMatchObject({
      graphCode: 'ApplicationThrottled',
      retryAfterSeconds: 120,
      mayHaveHappened: false,
    })
    expect(clock.slept).toEqual([])
  })

  test.each([500, 502, 503, 504])(
    'a send is not repeated after HTTP %i, which leaves in doubt',
    async (status) => {
      nock(ROOT)
        .post('/v1.0/me/sendMail')
        .reply(status, envelope('ServiceUnavailable'), { 'retry-after': '1' })
      await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({ mayHaveHappened: true })
    },
  )

  test('a send is not repeated after a broken connection', async () => {
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    await expect(client().graph.sendMail(MAIL)).rejects.toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: true,
    })
  })

  test('a read is repeated after 503 and after a broken connection, and never in doubt', async () => {
    nock(ROOT)
      .get('/v1.0/me/messages/1')
      .reply(503, envelope('ServiceUnavailable'), { 'retry-after': '3' })
      .get('/v1.0/me/messages/1')
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
      .get('/v1.0/me/messages/1')
      .reply(200, { id: '1', subject: 'Hello' })
      .get('/v1.0/me/messages/2')
      .reply(500, envelope('InternalServerError'))
    const { graph, clock } = client()
    expect(await graph.getMessage('1')).toMatchObject({ id: '1', subject: 'Hello' })
    expect(clock.slept).toEqual([3000, 2000])
    await expect(graph.getMessage('2')).rejects.toMatchObject({ mayHaveHappened: false })
  })

  test('who never waits gets the first answer', async () => {
    nock(ROOT).get('/v1.0/me/messages/1').reply(503, envelope('ServiceUnavailable'))
    await expect(client({ maxWaitMs: 0 }).graph.getMessage('1')).rejects.toMatchObject({ httpStatus: 503 })
  })

  test('four requests are in flight, not five, whatever mailboxes they go to', async () => {
    let now = 0
    let most = 0
    const transport: Transport = async ({ url }) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 2))
      now--
      const read = JSON.stringify({ responses: [1, 2, 3].map((id) => ({ id: String(id), status: 200 })) })
      return { status: 200, statusText: '', headers: {}, body: url.includes('$batch') ? read : '{"id":"1"}' }
    }
    const { graph } = client({ transport })
    await Promise.all(Array.from({ length: 12 }, () => graph.getMessage('1')))
    expect(most).toBe(4)
    const mailboxes = ['/me', 'a@b.c', 'd@e.f']
    await Promise.all(
      mailboxes.flatMap((as) => Array.from({ length: 6 }, () => graph.getMessage('1', { as }))),
    )
    expect(most).toBe(4)
    // A batch takes a place for each of its members, of all mailboxes together.
    most = 0
    const paths = ['/me/messages/1', '/users/a@b.c/messages/1', '/users/d@e.f/messages/1']
    const batch = paths.map((path) => ({ method: 'GET' as const, path }))
    await Promise.all([graph.batch(batch), graph.batch(batch)])
    expect(most).toBe(1)
  })

  test.each([
    ['the token', ['/users/b@c.d'], 'adele@contoso.com'],
    ['the directory', ['/me?$select=id'], '87d349ed-44d7-43e1-9a83-5f2406dee5bd'],
    ['the directory', ['/me'], 'Adele.Vance@contoso.com'],
  ])('/me and the name by which %s knows it are one mailbox, and wait together', async (_, asked, name) => {
    const token = `eyJ0eXAiOiJKV1QifQ.${Buffer.from(JSON.stringify({ upn: 'Adele@contoso.com' })).toString('base64url')}.c2ln`
    const clock = manualClock()
    const begin = clock.now()
    const seen: string[] = []
    const transport: Transport = async ({ url }) => {
      const { pathname } = new URL(url)
      seen.push(`${pathname.slice('/v1.0'.length)} ${clock.now() - begin}`)
      const busy = seen.filter((line) => line.includes('/me/messages')).length === 1
      const body = { id: '87d349ed-44d7-43e1-9a83-5f2406dee5bd', mail: 'adele.vance@contoso.com' }
      return busy && pathname.includes('/me/messages')
        ? { status: 429, statusText: '', headers: { 'retry-after': '5' }, body: '' }
        : { status: 200, statusText: '', headers: {}, body: JSON.stringify(body) }
    }
    const { graph } = client({ transport, clock, auth: bearer(token), concurrency: 1 })
    for (const path of asked) await graph.request({ method: 'GET', path, headers: {} })
    await Promise.all([graph.getMessage('1'), graph.getMessage('2', { as: name })])
    expect(seen.slice(asked.length)).toEqual([
      '/me/messages/1 0',
      `/users/${name}/messages/2 5000`,
      '/me/messages/1 5000',
    ])
  })

  test('a mailbox that was told to wait holds back its other requests', async () => {
    const seen: number[] = []
    const clock = manualClock()
    const begin = clock.now()
    const transport: Transport = async () => {
      seen.push(clock.now() - begin)
      const busy = seen.length === 1
      return {
        status: busy ? 429 : 200,
        statusText: '',
        headers: busy ? { 'retry-after': '5' } : {},
        body: '{"id":"1"}',
      }
    }
    const { graph } = client({ transport, clock, concurrency: 1 })
    await Promise.all([graph.getMessage('1'), graph.getMessage('2')])
    expect(seen).toEqual([0, 5000, 5000])
  })
})

describe('reading', () => {
  test('from and sender are told apart, as in the answer of Microsoft’s page', async () => {
    nock(ROOT)
      .get('/v1.0/me/messages/AAMkAGE1')
      .query({ $select: 'id,subject,from,sender' })
      .reply(200, {
        id: 'AAMkAGE1...',
        subject: 'Send mail test',
        sender: { emailAddress: { name: 'Adele Vance', address: 'AdeleV@contoso.com' } },
        from: { emailAddress: { name: 'Pradeep Gupta', address: 'PradeepG@contoso.com' } },
      })
    const select = ['id', 'subject', 'from', 'sender']
    expect(await client().graph.getMessage('AAMkAGE1', { select })).toEqual({
      id: 'AAMkAGE1...',
      subject: 'Send mail test',
      sender: { name: 'Adele Vance', address: 'AdeleV@contoso.com' },
      from: { name: 'Pradeep Gupta', address: 'PradeepG@contoso.com' },
      to: [],
      cc: [],
      bcc: [],
      replyTo: [],
    })
  })

  test('a list is followed over its pages up to the limit', async () => {
    nock(ROOT)
      .get('/v1.0/users/AllanD@contoso.com/mailFolders/sentitems/messages')
      .query({ $filter: "subject eq 'Lunch'", $top: '3' })
      .reply(200, {
        value: [{ id: '1' }, { id: '2' }],
        '@odata.nextLink': `${ROOT}/v1.0/users/AllanD@contoso.com/mailFolders/sentitems/messages?$skip=2`,
      })
      .get('/v1.0/users/AllanD@contoso.com/mailFolders/sentitems/messages?$skip=2')
      .reply(200, { value: [{ id: '3' }, { id: '4' }], '@odata.nextLink': `${ROOT}/v1.0/more` })
    const messages = await client().graph.listMessages({
      as: 'AllanD@contoso.com',
      folder: 'sentitems',
      filter: "subject eq 'Lunch'",
      limit: 3,
    })
    expect(messages.map(({ id }) => id)).toEqual(['1', '2', '3'])
  })

  test.each([
    'https://evil.example/v1.0/me/messages',
    `${ROOT}.evil.example/v1.0/x`,
    `${ROOT}/v1.0/../x`,
    'x',
  ])('a next page at %s is not followed, for the token would go along', async (link) => {
    nock(ROOT)
      .get('/v1.0/me/messages?$top=50')
      .reply(200, { value: [{ id: '1' }], '@odata.nextLink': link })
    await expect(client().graph.listMessages()).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
  })

  test('a list that leads in a circle ends', async () => {
    nock(ROOT)
      .get('/v1.0/me/messages?$top=50')
      .reply(200, { value: [], '@odata.nextLink': `${ROOT}/v1.0/me/messages?$top=50` })
    await expect(client().graph.listMessages()).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
  })

  test('a list of empty pages without end is given up, one with a few is read', async () => {
    const page = (number: number, end: number): object => ({
      value: number === end ? [{ id: 'x' }] : [],
      ...(number === end ? {} : { '@odata.nextLink': `${ROOT}/v1.0/me/messages?$skip=${number + 1}` }),
    })
    const reading = (end: number) => {
      let count = 0
      const transport: Transport = async () => ({
        status: 200,
        statusText: '',
        headers: {},
        body: JSON.stringify(page(count++, end)),
      })
      return { messages: client({ transport }).graph.listMessages(), count: () => count }
    }
    expect(await reading(40).messages).toHaveLength(1)
    const endless = reading(Number.POSITIVE_INFINITY)
    await expect(endless.messages).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(endless.count()).toBeLessThan(60)
  })

  test('folders are listed and found by name', async () => {
    nock(ROOT)
      .get('/v1.0/me/mailFolders?$top=100')
      .reply(200, { value: [{ id: 'F1', displayName: 'Sent Items', totalItemCount: 2 }, { no: 'id' }] })
      .get('/v1.0/me/mailFolders/sentitems')
      .reply(200, { id: 'F1', displayName: 'Sent Items' })
    const { graph } = client()
    expect(await graph.listFolders()).toEqual([{ id: 'F1', displayName: 'Sent Items', totalItemCount: 2 }])
    expect(await graph.getFolder('sentitems')).toEqual({ id: 'F1', displayName: 'Sent Items' })
  })

  test('something that is not JSON, and something that is not a message, are refused', async () => {
    nock(ROOT)
      .get('/v1.0/me/messages/1')
      .reply(200, '<html/>')
      .get('/v1.0/me/messages/2')
      .reply(200, { value: 1 })
      .get('/v1.0/me/messages/3')
      .reply(404, '<html>IIS</html>')
    const { graph } = client()
    for (const id of ['1', '2', '3']) {
      await expect(graph.getMessage(id)).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    }
  })

  test('an answer larger than allowed is not read', async () => {
    nock(ROOT)
      .get('/v1.0/me/messages/1')
      .reply(200, { id: 'x'.repeat(2000) })
    await expect(client({ maxResponseBytes: 1000 }).graph.getMessage('1')).rejects.toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
      mayHaveHappened: false,
    })
  })
})

describe('drafts', () => {
  test('a draft is created, sent and deleted under its id', async () => {
    nock(ROOT)
      .post('/v1.0/me/messages', {
        subject: 'Expense reports',
        body: { contentType: 'Text', content: 'Have you?' },
        toRecipients: [{ emailAddress: { address: 'MeganB@contoso.com' } }],
        from: { emailAddress: { address: 'AllanD@contoso.com' } },
      })
      .reply(201, { id: 'A/B=', isDraft: true })
      .post('/v1.0/me/messages/A%2FB%3D/send')
      .reply(202, '', { 'request-id': 'r' })
      .delete('/v1.0/me/messages/A%2FB%3D')
      .reply(204)
    const { graph } = client()
    const draft = await graph.createDraft({ ...MAIL, from: 'AllanD@contoso.com' })
    expect(draft).toMatchObject({ id: 'A/B=', isDraft: true })
    expect(await graph.sendDraft(draft.id)).toEqual({ requestId: 'r' })
    await graph.deleteMessage(draft.id)
  })

  test('sending as a draft deletes it again when the send is refused', async () => {
    nock(ROOT)
      .post('/v1.0/me/messages')
      .reply(201, { id: '1' })
      .post('/v1.0/me/messages/1/send')
      .reply(403, envelope('ErrorSendAsDenied', SEND_AS_DENIED))
      .delete('/v1.0/me/messages/1')
      .reply(204)
    await expect(client().graph.sendAsDraft(MAIL)).rejects.toMatchObject({ graphCode: 'ErrorSendAsDenied' })
  })

  test('sending as a draft leaves it when it may have gone', async () => {
    nock(ROOT)
      .post('/v1.0/me/messages')
      .reply(201, { id: '1' })
      .post('/v1.0/me/messages/1/send')
      .reply(504, '')
    await expect(client().graph.sendAsDraft(MAIL)).rejects.toMatchObject({ mayHaveHappened: true })
  })

  test('a draft cannot be sent without a copy, and that is said before anything is sent', async () => {
    const mail = { ...MAIL, saveToSentItems: false }
    await expect(client().graph.sendAsDraft(mail)).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' })
  })

  test('small attachments go along, or follow one by one when they are too large together', async () => {
    const file = (name: string, size: number) => ({ name, content: new Uint8Array(size) })
    nock(ROOT)
      .post('/v1.0/me/messages', (body) => body.attachments.length === 2)
      .reply(201, { id: '1' })
      .post('/v1.0/me/messages', (body) => body.attachments === undefined)
      .reply(201, { id: '2' })
      .post('/v1.0/me/messages/2/attachments', (body) => body.name === 'c' && body.contentBytes.length > 0)
      .reply(201, { id: 'a' })
      .post('/v1.0/me/messages/2/attachments', (body) => body.name === 'd')
      .reply(201, { id: 'b' })
    const { graph } = client()
    await graph.createDraft({ ...MAIL, attachments: [file('a', 10), file('b', 10)] })
    await graph.createDraft({ ...MAIL, attachments: [file('c', 1_600_000), file('d', 1_600_000)] })
  })
})

describe('the client itself', () => {
  test.each([
    'graph.microsoft.com',
    'ftp://graph.microsoft.com',
    'http://graph.microsoft.com',
    'https://user:secret@graph.microsoft.com',
    'https://graph.microsoft.com/v1.0',
    'https://graph.microsoft.com/beta/',
    'https://graph.microsoft.com?x=1',
  ])('%s is not taken for a root', (url) => {
    expect(() => client({ url })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }))
  })

  test('a version or concurrency that Graph does not have is refused', () => {
    expect(() => client({ version: 'v2.0' as 'beta' })).toThrow(/version/)
    expect(() => client({ concurrency: 5 })).toThrow(/four/)
  })

  test('an application that is known to be one is not let to /me', async () => {
    const { graph } = client({ auth: { ...bearer(TOKEN), appOnly: true } })
    await expect(graph.sendMail(MAIL)).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' })
    nock(ROOT).post('/v1.0/users/AllanD@contoso.com/sendMail').reply(202)
    await graph.sendMail({ ...MAIL, as: 'AllanD@contoso.com' })
  })

  test('a connection-bound scheme brings its own transport, unless the caller chose one', async () => {
    const answering = (id: string) => async () => ({
      status: 200,
      statusText: '',
      headers: {},
      body: JSON.stringify({ id }),
    })
    const auth = { ...bearer(TOKEN), transport: answering('scheme') }
    expect((await client({ auth }).graph.getMessage('1')).id).toBe('scheme')
    const { graph } = client({ auth, transport: answering('caller') })
    expect((await graph.getMessage('1')).id).toBe('caller')
  })

  test('the trace shows the exchange and never the token', async () => {
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .reply(403, envelope('ErrorSendAsDenied', `about ${TOKEN}`))
    const lines: string[] = []
    const { graph } = client({ trace: ({ direction, text }) => lines.push(`${direction} ${text}`) })
    await graph.sendMail(MAIL).catch(() => undefined)
    const text = lines.join('\n')
    expect(text).toContain('request POST https://graph.microsoft.com/v1.0/me/sendMail')
    expect(text).toContain('ErrorSendAsDenied')
    expect(text).not.toContain(TOKEN)
  })

  test('a token that does not look like one is kept out of traces and errors too', async () => {
    const opaque = 'EwBwA8l6BAAU-opaque'
    nock(ROOT)
      .post('/v1.0/me/sendMail')
      .reply(403, envelope('ErrorAccessDenied', `You sent ${opaque}, which is no good`))
    const lines: string[] = []
    const { graph } = client({ auth: bearer(opaque), trace: ({ text }) => lines.push(text) })
    const error = (await graph.sendMail(MAIL).catch((caught: unknown) => caught)) as Error
    expect(error.message).toContain('You sent [redacted]')
    expect(lines.join('\n')).not.toContain(opaque)
  })

  test.each([
    ['a token', 'EwBwA8l6BAAU-opaque'],
    ['a line break', 'a\nb'],
    ['a long text', 'x'.repeat(101)],
    ['blanks', 'a b'],
  ])('a request id that is %s is not passed on', async (_, id) => {
    const answers = [
      { status: 202, body: '' },
      { status: 403, body: JSON.stringify({ error: { code: 'ErrorAccessDenied', message: 'No.' } }) },
      {
        status: 403,
        body: JSON.stringify({ error: { code: 'x', message: 'No.', innerError: { 'request-id': id } } }),
      },
    ]
    const transport: Transport = async () => ({
      statusText: '',
      headers: { 'request-id': id },
      ...(answers.shift() ?? { status: 500, body: '' }),
    })
    const { graph } = client({ transport, auth: bearer('EwBwA8l6BAAU-opaque') })
    expect(await graph.sendMail(MAIL)).toEqual({})
    for (const _each of [1, 2])
      await expect(graph.sendMail(MAIL)).rejects.toMatchObject({ requestId: undefined })
  })

  test('who has signed in is read from the token, without asking anybody', async () => {
    const claims = { upn: 'AdeleV@contoso.com', scp: 'Mail.Send Mail.ReadWrite' }
    const token = `eyJ0eXAiOiJKV1QifQ.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
    expect(await client({ auth: bearer(token) }).graph.signedIn()).toEqual({
      user: 'AdeleV@contoso.com',
      scopes: ['Mail.Send', 'Mail.ReadWrite'],
      appOnly: false,
    })
    expect(await client({ auth: bearer('EwBwA8l6BAAU-opaque') }).graph.signedIn()).toBeUndefined()
  })

  test('the token is asked for anew for every request', async () => {
    const seen: (string | undefined)[] = []
    const transport: Transport = async (request: HttpRequest) => {
      seen.push(request.headers.authorization)
      return { status: 202, statusText: '', headers: {}, body: '' }
    }
    let count = 0
    const { graph } = client({ transport, auth: bearer(() => `token-${++count}`) })
    await graph.sendMail(MAIL)
    await graph.sendMail(MAIL)
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  test('a signal stops what waits', async () => {
    nock(ROOT).post('/v1.0/me/sendMail').reply(429, '', { 'retry-after': '30' })
    const stop = new AbortController()
    const clock = manualClock()
    const sleep = clock.sleep
    const { graph } = client({
      signal: stop.signal,
      clock: {
        ...clock,
        sleep: (milliseconds, signal) => {
          stop.abort()
          return sleep(milliseconds, signal)
        },
      },
    })
    await expect(graph.sendMail(MAIL)).rejects.toThrow()
  })
})
