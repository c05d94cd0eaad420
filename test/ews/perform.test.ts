import { describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'
import { ConnectionError, type EwsDelegatesError, InvalidInputError } from '../../src/errors.ts'
import { EwsClient, type EwsClientOptions } from '../../src/ews/client.ts'
import type { Operation } from '../../src/ews/operation.ts'
import type { Notice } from '../../src/ews/perform.ts'
import { systemClock } from '../../src/http/clock.ts'
import { failFast, patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import type { HttpRequest, Transport } from '../../src/http/transport.ts'
import { operationOf } from '../helpers/faulty-transport.ts'
import { readFixture } from '../helpers/fixtures.ts'
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts'

const owner = 'allan@contoso.com'
const url = 'https://mail.contoso.com/EWS/Exchange.asmx'
const delegates = readFixture('get-delegate/response.xml')
const nobody = readFixture('get-delegate/response.none.xml')
const busyFault = readFixture('faults/server-busy.xml')
const busy = (milliseconds: number): Answer => ({
  status: 500,
  body: busyFault.replace('297749', String(milliseconds)),
})
const added = readFixture('add-delegate/response.partial-failure.xml').replace(
  /<m:DelegateUserResponseMessageType ResponseClass="Error">[\s\S]*?<\/m:DelegateUserResponseMessageType>/,
  '',
)
const noDelegate = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:GetDelegateResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:ResponseMessages><m:DelegateUserResponseMessageType ResponseClass="Error"><m:MessageText>The user is not a delegate.</m:MessageText><m:ResponseCode>ErrorNotDelegate</m:ResponseCode></m:DelegateUserResponseMessageType></m:ResponseMessages></m:GetDelegateResponse></s:Body></s:Envelope>`
const lost = () =>
  new ConnectionError('ERR_CONNECTION', 'The connection was lost.', { mayHaveHappened: true })

type Answer =
  | string
  | { status: number; body?: string; headers?: Record<string, string>; setCookie?: string[] }
  | Error
  | ((request: HttpRequest) => Promise<string>)

interface Setup {
  readonly client: EwsClient
  readonly clock: ManualClock
  readonly sent: HttpRequest[]
  readonly notices: Notice[]
  readonly traffic: Traffic
}

function setup(answers: Answer[], options: Partial<EwsClientOptions> = {}, more: Partial<Setup> = {}): Setup {
  const clock = more.clock ?? manualClock()
  const traffic = more.traffic ?? new Traffic({ clock, random: () => 1 })
  const sent: HttpRequest[] = []
  const notices: Notice[] = []
  const transport: Transport = async (request) => {
    sent.push(request)
    const answer = answers.shift()
    if (answer === undefined) throw new Error(`an unexpected ${operationOf(request)}`)
    if (answer instanceof Error) throw answer
    if (typeof answer === 'function')
      return { status: 200, statusText: '', headers: {}, body: await answer(request) }
    const {
      status,
      body = '',
      headers = {},
      setCookie = [],
    } = typeof answer === 'string' ? { status: 200, body: answer } : answer
    return { status, statusText: '', headers, setCookie, body }
  }
  const client = new EwsClient({
    url,
    auth: basic({ user: 'admin', password: 'Pa55-w0rd-x' }),
    transport,
    retry: patient(),
    traffic,
    notice: (notice) => notices.push(notice),
    ...options,
  })
  return { client, clock, sent, notices, traffic }
}

async function caught(promise: Promise<unknown>): Promise<EwsDelegatesError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error) => error as EwsDelegatesError,
  )
}
const addAdele = (client: EwsClient) => client.addDelegates(owner, [{ user: 'adele@contoso.com' }])

describe('a read', () => {
  test('waits as long as BackOffMilliseconds says, then is repeated', async () => {
    const { client, clock, sent, notices } = setup([busy(2500), delegates])
    expect((await client.getDelegates(owner)).delegates).not.toEqual([])
    expect(clock.slept).toEqual([2500])
    expect(sent).toHaveLength(2)
    expect(notices).toEqual([
      {
        kind: 'waiting',
        operation: 'GetDelegate',
        milliseconds: 2500,
        attempt: 1,
        reason: expect.any(String),
      },
    ])
  })

  test('BackOffMilliseconds goes before Retry-After, and that before the exponential', async () => {
    const bare = busyFault.replace(/<t:MessageXml[\s\S]*<\/t:MessageXml>/, '')
    const { client, clock } = setup([
      { status: 500, body: busyFault.replace('297749', '1500'), headers: { 'retry-after': '9' } },
      { status: 500, body: bare, headers: { 'retry-after': '7' } },
      { status: 500, body: bare },
      delegates,
    ])
    await client.getDelegates(owner)
    expect(clock.slept).toEqual([1500, 7000, 4000])
  })

  test.each<[string, Answer]>([
    ['a lost connection', lost()],
    ['a time-out', new ConnectionError('ERR_TIMEOUT', 'x', { mayHaveHappened: true })],
    ['503 without XML', { status: 503, body: 'Service Unavailable' }],
    ['the error page', { status: 302, headers: { location: '/ews/genericerrorpage.htm' } }],
    ['an answer cut off', delegates.slice(0, 700)],
    ['a passing error', { status: 500, body: busyFault.replaceAll('ErrorServerBusy', 'ErrorADUnavailable') }],
  ])('is repeated after %s', async (_, answer) => {
    const { client, sent, clock } = setup([answer, delegates])
    await client.getDelegates(owner)
    expect(sent).toHaveLength(2)
    expect(clock.slept).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    ['403', { status: 403 }],
    ['401 at first', { status: 401 }],
    ['a refusal', { status: 500, body: readFixture('faults/impersonate-user-denied.xml') }],
    ['a page of a proxy', { status: 200, body: '<html></html>' }],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example/' } }],
    ['an error that is not ours', new TypeError('x')],
  ])('is not repeated after %s', async (_, answer) => {
    const { client, sent, clock } = setup([answer])
    await caught(client.getDelegates(owner))
    expect([sent.length, clock.slept]).toEqual([1, []])
  })

  test('with a batch of which some members were told to wait is repeated as a whole', async () => {
    const whole = readFixture('get-folder/response.calendar.xml')
    const member = /<m:GetFolderResponseMessage[\s\S]*<\/m:GetFolderResponseMessage>/.exec(whole)?.[0] ?? ''
    const waiting = `<m:GetFolderResponseMessage ResponseClass="Error"><m:MessageText>x</m:MessageText><m:ResponseCode>ErrorInternalServerError</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:MessageXml><t:Value Name="InnerErrorResponseCode">ErrorServerBusy</t:Value><t:Value Name="BackOffMilliseconds">1200</t:Value></m:MessageXml><m:Folders/></m:GetFolderResponseMessage>`
    const { client, clock } = setup([
      whole.replace(member, member + waiting),
      whole.replace(member, member + member),
    ])
    const outcomes = await client.getFolders([{ id: 'a' }, { id: 'b' }])
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true])
    expect(clock.slept).toEqual([1200])
  })

  test('that still has waiting members when patience ends gives what there is', async () => {
    const whole = readFixture('get-folder/response.not-found.xml')
      .replaceAll('ErrorFolderNotFound', 'ErrorServerBusy')
      .replaceAll('ErrorItemNotFound', 'ErrorServerBusy')
    const { client } = setup([whole, whole], { retry: patient({ maxAttempts: 2 }) })
    expect(await client.getFolders([{ id: 'a' }])).toMatchObject([{ ok: false, code: 'ErrorServerBusy' }])
  })
})

describe('bounds', () => {
  test('a server that asks for more than may be waited is answered with its own error, at once', async () => {
    const { client, clock, sent } = setup([busy(297_749)], { retry: patient({ maxWait: 60_000 }) })
    expect(await caught(client.getDelegates(owner))).toMatchObject({
      responseCode: 'ErrorServerBusy',
      backOffMilliseconds: 297_749,
    })
    expect([clock.slept, sent.length]).toEqual([[], 1])
  })

  test('all waits of one call count together', async () => {
    const { client, clock } = setup([busy(4000), busy(4000), busy(4000)], {
      retry: patient({ maxWait: 10_000 }),
    })
    expect(await caught(client.getDelegates(owner))).toMatchObject({ responseCode: 'ErrorServerBusy' })
    expect(clock.slept).toEqual([4000, 4000])
  })

  test('attempts are counted as well', async () => {
    const { client, sent } = setup([busy(1), busy(1), busy(1)], { retry: patient({ maxAttempts: 3 }) })
    await caught(client.getDelegates(owner))
    expect(sent).toHaveLength(3)
  })

  test('a connection that cannot be made is tried three more times, a name that does not exist never', async () => {
    const refused = (code: string) =>
      new ConnectionError('ERR_CONNECTION', 'x', { cause: Object.assign(new Error('x'), { code }) })
    const four = Array.from({ length: 4 }, () => refused('ECONNREFUSED'))
    const { client, sent } = setup([...four])
    await caught(client.getDelegates(owner))
    expect(sent).toHaveLength(4)
    const other = setup([refused('ENOTFOUND')])
    await caught(other.client.getDelegates(owner))
    expect(other.sent).toHaveLength(1)
  })

  test('without patience there is one attempt, and a batch is given as it came', async () => {
    const { client, sent, clock } = setup([busy(10)], { retry: failFast() })
    expect(await caught(client.getDelegates(owner))).toMatchObject({ responseCode: 'ErrorServerBusy' })
    expect([sent.length, clock.slept]).toEqual([1, []])
  })

  test('failing fast is the default', async () => {
    const { client } = setup([busy(10)], { retry: undefined as never })
    await caught(client.getDelegates(owner))
  })
})

describe('what is shared', () => {
  test('what one session of an account is told counts for the other', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock, random: () => 1 })
    const first = setup([busy(5000)], { retry: failFast() }, { clock, traffic })
    await caught(first.client.getDelegates(owner))
    const second = setup([delegates], {}, { clock, traffic })
    await second.client.getDelegates(owner)
    expect(clock.slept).toEqual([5000])
  })

  test('an impersonating account is charged per mailbox, so one mailbox does not hold up the next', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock, random: () => 1 })
    const first = setup([busy(5000)], { retry: failFast(), impersonate: owner }, { clock, traffic })
    await caught(first.client.getDelegates(owner))
    const megan = setup([delegates], { impersonate: 'megan@contoso.com' }, { clock, traffic })
    await megan.client.getDelegates('megan@contoso.com')
    expect(clock.slept).toEqual([])
    const again = setup([delegates], { impersonate: owner.toUpperCase() }, { clock, traffic })
    await again.client.getDelegates(owner)
    expect(clock.slept).toEqual([5000])
  })

  test('503 holds back the whole host', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock, random: () => 1 })
    const first = setup(
      [{ status: 503, headers: { 'retry-after': '3' } }],
      { retry: failFast() },
      { clock, traffic },
    )
    await caught(first.client.getDelegates(owner))
    const other = setup([delegates], { auth: basic({ user: 'other', password: 'x' }) }, { clock, traffic })
    await other.client.getDelegates(owner)
    expect(clock.slept).toEqual([3000])
  })

  test('too many connections halve the places of the account', async () => {
    const tooMany = busyFault
      .replaceAll('ErrorServerBusy', 'ErrorExceededConnectionCount')
      .replace('297749', '0')
    const { client, traffic, clock } = setup([{ status: 500, body: tooMany }, delegates])
    await client.getDelegates(owner)
    const account = 'mail.contoso.com admin'
    expect(traffic.placesOf({ host: 'mail.contoso.com', identity: account, account, mailbox: account })).toBe(
      5,
    )
    // "Suggested backoff time 0 ms" is no time at all.
    expect(clock.slept).toEqual([1000])
  })
})

describe('401', () => {
  test('of a sign-in that was good a moment ago means wait', async () => {
    const { client, clock, sent } = setup([delegates, { status: 401 }, { status: 401 }, delegates])
    await client.getDelegates(owner)
    await client.getDelegates(owner)
    expect(sent).toHaveLength(4)
    expect(clock.slept).toEqual([1000, 2000])
  })

  test('is believed after the third, so that a changed password locks no account', async () => {
    const { client, sent } = setup([
      delegates,
      { status: 401 },
      { status: 401 },
      { status: 401 },
      { status: 401 },
      { status: 401 },
    ])
    await client.getDelegates(owner)
    expect(await caught(client.getDelegates(owner))).toMatchObject({ code: 'ERR_AUTHENTICATION' })
    expect(sent).toHaveLength(4)
    await caught(client.getDelegates(owner))
    expect(sent).toHaveLength(6)
  })

  test('of a token in whose place there is a new one is repeated at once with that', async () => {
    let tokens = 0
    const { client, clock, sent } = setup([{ status: 401 }, delegates], {
      auth: bearer(() => `token-${tokens++}`),
    })
    await client.getDelegates(owner)
    expect(clock.slept).toEqual([0])
    expect(sent.map((request) => request.headers.authorization)).toEqual(['Bearer token-0', 'Bearer token-2'])
  })

  test('of a token that stays the same is thrown', async () => {
    const { client, sent } = setup([{ status: 401 }], { auth: bearer('token') })
    await caught(client.getDelegates(owner))
    expect(sent).toHaveLength(1)
  })
})

describe('a write', () => {
  test('that the server did not take is repeated without looking', async () => {
    const { client, sent } = setup([busy(10), { status: 429 }, added])
    expect((await addAdele(client)).map((outcome) => outcome.ok)).toEqual([true])
    expect(sent.map(operationOf)).toEqual(['AddDelegate', 'AddDelegate', 'AddDelegate'])
  })

  test('that cannot be cleared up is never repeated', async () => {
    const copy: Operation<void, string> = {
      name: 'CopyItem',
      since: 'Exchange2007',
      retry: 'check-first',
      timeZoneContext: false,
      build: (body) => body.element('m:ToFolderId'),
      parse: () => 'copied',
    }
    const { client, sent } = setup([lost()])
    expect(await caught(client.call(copy, undefined))).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: true,
    })
    expect(sent).toHaveLength(1)
    const waited = setup([busy(10), lost()])
    expect(await caught(waited.client.call(copy, undefined))).toMatchObject({ mayHaveHappened: true })
    expect(waited.sent).toHaveLength(2)
  })

  test('whose state cannot be read afterwards says that it may have happened', async () => {
    const denied = readFixture('get-delegate/response.denied.xml')
    const { client, notices } = setup([lost(), denied])
    expect(await caught(addAdele(client))).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: true })
    expect(notices.at(-1)).toEqual({ kind: 'settled', operation: 'AddDelegate', finding: 'unclear' })
  })

  test('without patience is left in doubt, and nothing is read', async () => {
    const { client, sent } = setup([lost()], { retry: failFast() })
    expect(await caught(addAdele(client))).toMatchObject({ mayHaveHappened: true })
    expect(sent).toHaveLength(1)
  })

  test('that got lost for good says what was found at the end', async () => {
    const { client, sent } = setup([lost(), noDelegate, lost(), noDelegate], {
      retry: patient({ maxAttempts: 2 }),
    })
    const error = await caught(addAdele(client))
    expect(sent.map(operationOf)).toEqual(['AddDelegate', 'GetDelegate', 'AddDelegate', 'GetDelegate'])
    // The request may still be under way: the state says "not yet".
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: true })
    expect(error.hint).toContain('was not there')
  })

  test('that the server answered and did not make did not happen', async () => {
    const notSaved = readFixture('add-delegate/response.not-saved.xml')
    const { client, sent } = setup([notSaved, noDelegate])
    const error = await caught(addAdele(client))
    expect(error).toMatchObject({ responseCode: 'ErrorAddDelegatesFailed', mayHaveHappened: false })
    expect(error.hint).toContain('not made')
    expect(sent.map(operationOf)).toEqual(['AddDelegate', 'GetDelegate'])
  })

  test('of which the server shows nothing is left in doubt', async () => {
    const { client } = setup([readFixture('add-delegate/response.not-saved.xml'), nobody])
    expect(await caught(addAdele(client))).toMatchObject({ mayHaveHappened: true })
  })

  test('whose other members were answered is sent again for the waiting ones alone, and nothing is read', async () => {
    const member = (text: string) =>
      `<m:DelegateUserResponseMessageType ResponseClass="${text === 'NoError' ? 'Success' : 'Error'}"><m:MessageText>${text}</m:MessageText><m:ResponseCode>${text}</m:ResponseCode></m:DelegateUserResponseMessageType>`
    const removed = (...codes: string[]) =>
      noDelegate
        .replaceAll('GetDelegate', 'RemoveDelegate')
        .replace(
          /<m:DelegateUserResponseMessageType[\s\S]*<\/m:DelegateUserResponseMessageType>/,
          codes.map(member).join(''),
        )
    const { client, sent, notices } = setup([
      removed('ErrorNotDelegate', 'ErrorServerBusy', 'NoError'),
      removed('NoError'),
    ])
    const users = ['adele@contoso.com', 'megan@contoso.com', 'nestor@contoso.com']
    const [adele, megan, nestor] = users.map((smtpAddress) => ({ smtpAddress }))
    expect(await client.removeDelegates(owner, users)).toEqual([
      { ok: false, user: adele, code: 'ErrorNotDelegate', message: 'ErrorNotDelegate' },
      { ok: true, user: megan },
      { ok: true, user: nestor },
    ])
    expect(sent.map(operationOf)).toEqual(['RemoveDelegate', 'RemoveDelegate'])
    expect(sent[1]?.body).not.toContain(users[0])
    expect(sent[1]?.body).not.toContain(users[2])
    expect(notices.map(({ kind }) => kind)).toEqual(['waiting'])
  })

  test('is not sent at all when its input is wrong', async () => {
    const { client, sent } = setup([], { version: 'Exchange2007' })
    expect(await caught(addAdele(client))).toBeInstanceOf(InvalidInputError)
    expect(sent).toEqual([])
  })
})

describe('stopping', () => {
  test('a call that waits for the server ends at once, and nothing happened', async () => {
    const stop = new AbortController()
    const clock = manualClock()
    const waitForever = {
      ...clock,
      sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(60_000, signal),
    }
    const traffic = new Traffic({ clock: waitForever, random: () => 1 })
    const { client, sent } = setup([busy(1000)], { signal: stop.signal, traffic })
    setTimeout(() => stop.abort(), 10)
    expect(await caught(addAdele(client))).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    expect(sent).toHaveLength(1)
  })

  test('a read under way is cut off', async () => {
    const stop = new AbortController()
    const { client } = setup([(request) => abortion(request.signal)], { signal: stop.signal })
    setTimeout(() => stop.abort(), 10)
    expect(await caught(client.getDelegates(owner))).toMatchObject({
      code: 'ERR_ABORTED',
      mayHaveHappened: false,
    })
  })

  test('a write under way is let finish, and its result is the truth', async () => {
    const stop = new AbortController()
    const traffic = new Traffic()
    const { client } = setup(
      [
        async (request) => {
          stop.abort()
          await new Promise((resolve) => setTimeout(resolve, 20))
          expect(request.signal?.aborted).toBe(false)
          return added
        },
      ],
      { signal: stop.signal, traffic },
    )
    expect((await addAdele(client)).map((outcome) => outcome.ok)).toEqual([true])
  })

  test('a write that does not finish in half a minute is read after, and its result is the truth', async () => {
    const stop = new AbortController()
    const adele = readFixture('get-delegate/response.xml')
    const { client, sent, clock, notices } = setup(
      [
        (request) => {
          stop.abort()
          return abortion(request.signal)
        },
        adele,
      ],
      { signal: stop.signal },
    )
    const outcome = await caught(addAdele(client))
    expect(clock.slept).toEqual([30_000])
    expect(sent.map(operationOf)).toEqual(['AddDelegate', 'GetDelegate'])
    // The fixture's Adele has other levels than were asked for.
    expect(notices).toEqual([{ kind: 'settled', operation: 'AddDelegate', finding: 'missing' }])
    expect(outcome).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: true })
    expect(outcome.hint).toContain('was not there')
  })

  test('a write that was lost and then stopped is read after, not repeated', async () => {
    const stop = new AbortController()
    const { client, sent } = setup(
      [
        async () => {
          stop.abort()
          throw lost()
        },
        noDelegate,
      ],
      { signal: stop.signal },
    )
    expect(await caught(addAdele(client))).toMatchObject({ code: 'ERR_ABORTED' })
    expect(sent.map(operationOf)).toEqual(['AddDelegate', 'GetDelegate'])
  })

  test('a call that was stopped before is not sent', async () => {
    const { client, sent } = setup([], { signal: AbortSignal.abort() })
    expect(await caught(addAdele(client))).toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    expect(sent).toEqual([])
  })
})

function abortion(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () =>
      reject(new ConnectionError('ERR_ABORTED', 'The call was stopped.', { mayHaveHappened: true }))
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop)
  })
}
