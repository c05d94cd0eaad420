import nock from 'nock'
import { describe, expect, test } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { type BatchRequest, BatchRun } from '../../src/graph/batch.ts'
import { GraphClient } from '../../src/graph/client.ts'
import { prepareSendMail } from '../../src/graph/send-mail.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const ROOT = 'https://graph.microsoft.com'

function client(options: { maxWaitMs?: number } = {}) {
  const clock = manualClock()
  return { clock, graph: new GraphClient({ auth: bearer('EwBwA8l6BAAUopaque'), clock, ...options }) }
}

/** A `GET` of one message. */
function read(id: string): BatchRequest {
  return { method: 'GET', path: `/me/messages/${id}` }
}

const busy = (id: string, seconds: string) => ({
  id,
  status: 429,
  headers: { 'Retry-After': seconds },
  body: { error: { code: 'ApplicationThrottled', message: 'MailboxConcurrency' } },
})

describe('batch', () => {
  test('answers come in any order and are given back in the order of the requests', async () => {
    nock(ROOT)
      .post('/v1.0/$batch', {
        requests: [
          {
            id: '1',
            method: 'POST',
            url: '/me/sendMail',
            headers: {
              accept: 'application/json',
              prefer: 'IdType="ImmutableId"',
              'content-type': 'application/json',
            },
            body: { message: { subject: 'Hi', toRecipients: [{ emailAddress: { address: 'a@b.c' } }] } },
          },
          {
            id: 'mine',
            method: 'GET',
            url: '/me/messages/1',
            headers: { accept: 'application/json', prefer: 'IdType="ImmutableId"' },
          },
        ],
      })
      .reply(200, {
        responses: [
          { id: 'mine', status: 200, headers: { 'Content-Type': 'application/json' }, body: { id: '1' } },
          {
            id: '1',
            status: 403,
            body: { error: { code: 'ErrorSendAsDenied', message: 'No.', innerError: { 'request-id': 'r' } } },
          },
        ],
      })
    const outcomes = await client().graph.batch([
      prepareSendMail({ to: 'a@b.c', subject: 'Hi' }),
      { ...read('1'), id: 'mine' },
    ])
    expect(outcomes).toEqual([
      {
        ok: false,
        id: '1',
        status: 403,
        error: expect.objectContaining({ graphCode: 'ErrorSendAsDenied', requestId: 'r' }),
      },
      {
        ok: true,
        id: 'mine',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { id: '1' },
      },
    ])
  })

  test('a 429 inside a 200 is sent again after its Retry-After, alone', async () => {
    nock(ROOT)
      .post('/v1.0/$batch', ({ requests }) => requests.length === 3)
      .reply(200, {
        responses: [busy('3', '9'), { id: '1', status: 200, body: { id: 'a' } }, busy('2', '4')],
      })
      .post('/v1.0/$batch', ({ requests }) => requests.map(({ id }: { id: string }) => id).join() === '2,3')
      .reply(200, {
        responses: [
          { id: '2', status: 200, body: { id: 'b' } },
          { id: '3', status: 200, body: { id: 'c' } },
        ],
      })
    const { graph, clock } = client()
    const outcomes = await graph.batch([read('a'), read('b'), read('c')])
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.body : outcome.error))).toEqual([
      { id: 'a' },
      { id: 'b' },
      { id: 'c' },
    ])
    expect(clock.slept).toEqual([9000])
  })

  test('what depends on a throttled request is sent again with it; what failed for itself is not', async () => {
    const failed = (id: string, status: number) => ({
      id,
      status,
      body: { error: { code: 'x', message: 'y' } },
    })
    nock(ROOT)
      .post('/v1.0/$batch')
      .reply(200, {
        responses: [{ id: '1', status: 200, body: {} }, busy('2', '1'), failed('3', 424), failed('4', 500)],
      })
      .post('/v1.0/$batch', ({ requests }) => {
        expect(requests).toMatchObject([{ id: '2' }, { id: '3', dependsOn: ['2'] }])
        // Its other dependency is done, and not in this batch.
        expect(requests[0].dependsOn).toBeUndefined()
        return true
      })
      .reply(200, {
        responses: [
          { id: '2', status: 200, body: {} },
          { id: '3', status: 200, body: {} },
        ],
      })
    const outcomes = await client().graph.batch([
      read('a'),
      { ...read('b'), dependsOn: ['1'] },
      { ...read('c'), dependsOn: ['2'] },
      read('d'),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 200, 500])
  })

  test('when the second round fails, what the first one did is not lost', async () => {
    nock(ROOT)
      .post('/v1.0/$batch')
      .reply(200, { responses: [{ id: '1', status: 202 }, busy('2', '1')] })
      .post('/v1.0/$batch')
      .reply(502, '')
    const outcomes = await client().graph.batch([
      prepareSendMail({ to: 'a@b.c', subject: 'one' }),
      prepareSendMail({ to: 'a@b.c', subject: 'two' }),
    ])
    expect(outcomes).toMatchObject([
      { ok: true, status: 202 },
      { ok: false, status: 502, error: { code: 'ERR_CONNECTION', mayHaveHappened: true } },
    ])
  })

  test('when the first round fails, nothing is pretended', async () => {
    nock(ROOT).post('/v1.0/$batch').reply(502, '')
    await expect(client().graph.batch([prepareSendMail({ to: 'a@b.c' })])).rejects.toMatchObject({
      mayHaveHappened: true,
    })
  })

  test('a wait longer than allowed leaves the refusal as the outcome', async () => {
    nock(ROOT)
      .post('/v1.0/$batch')
      .reply(200, { responses: [busy('1', '600')] })
    const { graph, clock } = client({ maxWaitMs: 60_000 })
    expect(await graph.batch([read('a')])).toMatchObject([
      { ok: false, status: 429, error: { retryAfterSeconds: 600 } },
    ])
    expect(clock.slept).toEqual([])
  })

  test('a member without an answer may have happened', async () => {
    nock(ROOT)
      .post('/v1.0/$batch')
      .reply(200, { responses: [null, 7] })
    expect(await client().graph.batch([prepareSendMail({ to: 'a@b.c' }), read('a')])).toMatchObject([
      { ok: false, error: { graphCode: 'NoResponse', mayHaveHappened: true } },
      { ok: false, error: { graphCode: 'NoResponse', mayHaveHappened: false } },
    ])
  })

  test('a member that shows the token back is shown without it', async () => {
    const error = {
      code: 'ErrorAccessDenied',
      message: 'You sent EwBwA8l6BAAUopaque, which is no good',
      innerError: { 'request-id': 'EwBwA8l6BAAUopaque' },
    }
    nock(ROOT)
      .post('/v1.0/$batch')
      .reply(200, { responses: [{ id: '1', status: 403, body: { error } }] })
    const [outcome] = await client().graph.batch([read('a')])
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        message: 'You sent [redacted], which is no good. (ErrorAccessDenied)',
        requestId: undefined,
      },
    })
  })

  test('an answer that is not a batch is refused', async () => {
    nock(ROOT).post('/v1.0/$batch').reply(200, { value: [] })
    await expect(client().graph.batch([read('a')])).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
  })

  test.each<[string, readonly BatchRequest[]]>([
    ['nothing', []],
    ['twenty-one', Array.from({ length: 21 }, (_, n) => read(String(n)))],
    [
      'an id twice',
      [
        { ...read('a'), id: 'x' },
        { ...read('b'), id: 'x' },
      ],
    ],
    ['a dependency that comes later', [{ ...read('a'), dependsOn: ['2'] }, read('b')]],
    ['MIME', [prepareSendMail({ mime: 'To: a@b.c\n\n' })]],
  ])('%s is refused before anything is sent', async (_, requests) => {
    await expect(client().graph.batch(requests)).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' })
  })

  test('it takes each mailbox’s whole allowance that its requests need', () => {
    const run = new BatchRun(
      [read('a'), read('b'), { method: 'GET', path: '/users/AllanD@contoso.com/messages' }],
      {},
    )
    expect(run.mailboxes).toEqual([
      { mailbox: '/me', slots: 2 },
      { mailbox: '/users/alland@contoso.com', slots: 1 },
    ])
  })
})
