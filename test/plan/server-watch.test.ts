import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { ConnectionError, EwsResponseError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import { audit } from '../../src/plan/audit.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { Journal } from '../../src/plan/journal.ts'
import { readJournalState } from '../../src/plan/journal-state.ts'
import { plan } from '../../src/plan/plan.ts'
import { ServerWatch } from '../../src/plan/server-watch.ts'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const directory = await mkdtemp(join(tmpdir(), 'server-watch-'))
afterAll(() => rm(directory, { recursive: true }))

const refusal = (responseCode: string, messageXml: Record<string, string> = {}) =>
  new EwsResponseError('No.', { responseCode, level: 'item', messageXml })
const status = (httpStatus: number) => new ConnectionError('ERR_CONNECTION', 'No.', { httpStatus })

describe('a watch over three mailboxes at a time', () => {
  const lostAfter = (calls: readonly (readonly [string, unknown])[]) => {
    const watch = new ServerWatch(3)
    for (const [mailbox, error] of calls) {
      if (error === 'heard') watch.heard()
      else if (error === 'served') watch.served(mailbox)
      else watch.failed(error, mailbox)
    }
    return watch.lost
  }

  test.each([
    ['ErrorServerBusy', refusal('ErrorServerBusy')],
    ['ErrorServerBusy', refusal('ErrorInternalServerError', { InnerErrorResponseCode: 'ErrorServerBusy' })],
    ['ErrorExceededConnectionCount', refusal('ErrorExceededConnectionCount')],
    ['ERR_CONNECTION', status(429)],
    ['ERR_CONNECTION', status(503)],
    ['ERR_CONNECTION', new ConnectionError('ERR_CONNECTION', 'No.', { backOffMilliseconds: 5 })],
  ])('gives up when each of three was told that there is no room: %s', (code, busy) => {
    const all = ['a', 'b', 'c'].map((mailbox) => [mailbox, busy] as const)
    expect(lostAfter(all)).toEqual({
      code: busy instanceof EwsResponseError ? busy.responseCode : code,
      message: 'the server was busy for longer than is waited for, with 3 mailboxes in a row: No.',
    })
    // However often one is told.
    expect(lostAfter([...all.slice(0, 2), ...all.slice(0, 2), ...all.slice(0, 2)])).toBeUndefined()
    // One that is served in between shows that it was of the others alone.
    expect(lostAfter([...all.slice(0, 2), ['d', 'served'], ...all.slice(2)])).toBeUndefined()
    // To be read and then told to wait is not to be served.
    expect(
      lostAfter(
        all.flatMap(([mailbox, error]) => [
          [mailbox, 'heard'],
          [mailbox, error],
        ]),
      ),
    ).toBeDefined()
    expect(
      lostAfter(
        all.flatMap(([mailbox, error]) => [
          [mailbox, error],
          [mailbox, 'served'],
        ]),
      ),
    ).toBeDefined()
  })

  test('counts what is busy and what does not answer together', () => {
    const gone = new ConnectionError('ERR_TIMEOUT', 'Gone.')
    expect(
      lostAfter([
        ['a', refusal('ErrorServerBusy')],
        ['b', gone],
        ['c', gone],
      ]),
    ).toEqual({
      code: 'ERR_TIMEOUT',
      message: 'the server was busy or did not answer 3 times in a row: Gone.',
    })
  })

  test.each(['ErrorMailboxStoreUnavailable', 'ErrorMailboxMoveInProgress', 'ErrorAccessDenied'])(
    'goes on whatever mailboxes are out of order: %s',
    (code) => {
      expect(lostAfter(['a', 'b', 'c', 'd', 'e'].map((mailbox) => [mailbox, refusal(code)]))).toBeUndefined()
    },
  )
})

const ann = { smtpAddress: 'ann@contoso.com' }
const owners = Array.from({ length: 6 }, (_, index) => `owner${index}@contoso.com`)
const desired = owners.map(
  (mailbox): DesiredMailbox => ({
    mailbox,
    mode: 'additive',
    delegates: [{ user: ann, levels: { calendar: 'Editor' } }],
    folders: [{ folder: 'sentitems', permissions: [{ user: ann, grant: 'Author' }] }],
  }),
)

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const results: T[] = []
  for await (const result of source) results.push(result)
  return results
}

describe('a run against a server that', () => {
  let simulator: Simulator
  let clock: ManualClock
  const options = () => {
    const traffic = new Traffic({ clock, random: () => 1 })
    const backend = ewsBackend({
      clientFor: (mailbox) =>
        new EwsClient({
          url: simulator.ews,
          auth: basic({ user: 'admin@contoso.com', password: DEFAULT_PASSWORD }),
          impersonate: mailbox,
          retry: patient({ maxWait: 3_000 }),
          traffic,
        }),
    })
    return { backend, concurrency: 1 }
  }
  const asked = () =>
    new Set(simulator.requests.operations().map(({ requestHeaders }) => requestHeaders['x-anchormailbox']))
      .size
  beforeEach(async () => {
    clock = manualClock()
    simulator = await startSimulator({
      tenant: {
        domain: 'contoso.com',
        mailboxes: [...owners, ann.smtpAddress, 'admin@contoso.com'].map((address) => ({ address })),
        administrators: ['admin@contoso.com'],
      },
    })
  })
  afterEach(() => simulator.close())

  test.each([
    ['is busy', { kind: 'busy', backOff: 2_000 }],
    ['tells members of a request that it is busy', { kind: 'busy', backOff: 2_000, inMessages: true }],
    ['is busy for changes alone', { kind: 'busy', backOff: 2_000, operation: 'AddDelegate' }],
    ['has no connection left', { kind: 'exceededConnections' }],
    ['wants fewer calls', { kind: 'status', status: 429, retryAfter: 2, body: 'empty' }],
    ['has a full queue', { kind: 'status', status: 503, retryAfter: 2, body: 'html' }],
    ['asks for more time than there is', { kind: 'busy', backOff: 600_000 }],
  ] as const)('%s ends after three mailboxes, and is gone on with later', async (_, fault) => {
    simulator.faults.add({ ...fault, face: 'ews' })
    const path = join(directory, `${Math.random()}.jsonl`)
    const journal = await Journal.create(path)
    const results = await all(applyGrants(desired, { ...options(), journal }))
    await journal.close()
    expect(results.map(({ status }) => status)).toEqual([
      ...Array(3).fill('failed'),
      ...Array(3).fill('skipped'),
    ])
    expect(results.at(-1)?.reasons.join()).toMatch(
      /^The run was stopped, because the server was busy for longer than is waited for, with 3 mailboxes in a row: ./,
    )
    expect(asked()).toBe(3)
    // A mailbox is read by two calls, and neither waits longer than it may.
    expect(clock.slept.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(3 * 2 * 3_000)
    simulator.faults.clear()
    clock.advance(3_600_000)
    const [resume, resumed] = [await readJournalState(path), await Journal.resume(path)]
    const rest = await all(applyGrants(desired, { ...options(), journal: resumed, resume }))
    await resumed.close()
    expect(rest.map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
  })

  test('is busy for some mailboxes does not end', async () => {
    simulator.faults.add(
      [0, 2, 4].map((index) => ({ kind: 'busy', backOff: 2_000, mailbox: owners[index] as string })),
    )
    const results = await all(applyGrants(desired, options()))
    expect(results.map(({ status }) => status)).toEqual(
      owners.map((_, index) => (index % 2 === 0 ? 'failed' : 'changed')),
    )
  })

  test('has no room for a mailbox does not wait for it anew with each of its steps', async () => {
    const [mailbox] = owners as [string]
    simulator.faults.add([
      { kind: 'busy', backOff: 2_000, operation: ['AddDelegate', 'UpdateFolder'], mailbox },
    ])
    const [result] = await all(applyGrants(desired.slice(0, 1), options()))
    expect(result).toMatchObject({
      status: 'failed',
      steps: [{ outcomes: [{ code: 'ErrorServerBusy' }] }, { outcomes: [] }],
    })
    expect(simulator.requests.operations().map(({ operation }) => operation)).not.toContain('UpdateFolder')
  })

  test.each([
    ['planning', () => plan(desired, options())],
    ['auditing', () => audit(owners, options())],
  ])(
    'tells members of a request that it is busy ends %s, and no folder is told as unreadable',
    async (_, read) => {
      simulator.faults.add([{ kind: 'busy', backOff: 2_000, inMessages: true }])
      const results = await all<{ readonly error?: { code: string; message: string } }>(read())
      expect(results.map(({ error }) => error?.code)).toEqual(owners.map(() => 'ErrorServerBusy'))
      expect(results.at(-1)?.error?.message).toMatch(/^Not read, because the server was busy /)
      expect(asked()).toBe(3)
    },
  )

  test('is busy when groups are asked for ends an audit', async () => {
    for (const owner of owners) {
      const state = { ...desired[0], mailbox: owner } as DesiredMailbox
      await all(applyGrants([state], options()))
    }
    simulator.faults.add([{ kind: 'busy', backOff: 2_000, operation: 'ExpandDL' }])
    const results = await all(audit(owners, options()))
    expect(results.map(({ error }) => error?.code)).toEqual(owners.map(() => 'ErrorServerBusy'))
    const asks = simulator.requests.operations().filter(({ operation }) => operation === 'ExpandDL')
    expect(asks.length).toBeLessThanOrEqual(3 * 2)
  })
})

test('a run in which mailboxes of one database are away does the others', async () => {
  const backend = new MemoryBackend()
  for (const owner of owners) backend.add(owner, ['sentitems'])
  backend.onRead = (mailbox) => {
    if (mailbox !== owners[5]) throw refusal('ErrorMailboxStoreUnavailable')
  }
  const results = await all(applyGrants(desired, { backend, concurrency: 1 }))
  expect(results.map(({ status }) => status)).toEqual([...Array(5).fill('failed'), 'changed'])
})
