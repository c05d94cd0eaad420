import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { type EwsBackendOptions, ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import type { HttpRequest } from '../../src/http/transport.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'

const OWNER = 'owner@contoso.com'
const ANN = 'ann@contoso.com'

/** An Exchange whose administrator may impersonate everybody. */
const administered = () =>
  startSimulator({
    tenant: {
      domain: 'contoso.com',
      mailboxes: [{ address: OWNER }, { address: ANN }, { address: 'admin@contoso.com' }],
      administrators: ['admin@contoso.com'],
    },
  })

describe('lookUp', () => {
  let simulator: Simulator
  let options: EwsBackendOptions
  beforeAll(async () => {
    simulator = await startSimulator({
      tenant: {
        domain: 'contoso.com',
        mailboxes: [
          { address: OWNER },
          { address: ANN, aliases: ['annie@contoso.com.au', 'a.lee@contoso.com'] },
          { address: 'ben@contoso.com.au' },
        ],
      },
    })
    const client = new EwsClient({
      url: simulator.ews,
      auth: basic({ user: OWNER, password: 'Delegate-123' }),
    })
    options = { clientFor: () => client }
  })
  afterAll(() => simulator.close())

  test.each([
    ['a.lee@contoso.com', ANN],
    ['annie@contoso.com.au', ANN],
    ['Ann@Contoso.com', ANN],
    ['ann', ANN],
    // The server matches the beginning of any address; somebody whose address goes on is somebody else.
    ['annie@contoso.com', undefined],
    ['ben@contoso.com', undefined],
    ['nobody@contoso.com', undefined],
  ])('%s is %s', async (word, address) => {
    expect(await ewsBackend(options).lookUp?.(OWNER, word)).toBe(address)
  })

  test('does not take somebody for nobody when the server has no room to say', async () => {
    const backend = ewsBackend(options)
    simulator.faults.add({ kind: 'busy', operation: 'ResolveNames', count: 1 })
    await expect(backend.lookUp?.(OWNER, 'a.lee@contoso.com')).rejects.toMatchObject({
      responseCode: 'ErrorServerBusy',
    })
    // And asks again.
    expect(await backend.lookUp?.(OWNER, 'a.lee@contoso.com')).toBe(ANN)
  })

  test('that fails for one mailbox fails for no other that waits for the same answer', async () => {
    const backend = ewsBackend(options)
    simulator.faults.add({ kind: 'busy', operation: 'ResolveNames', count: 1 })
    const [first, ...others] = await Promise.allSettled(
      [OWNER, ANN, 'ben@contoso.com.au'].map((mailbox) => backend.lookUp?.(mailbox, 'a.lee@contoso.com')),
    )
    expect(first).toMatchObject({ status: 'rejected', reason: { responseCode: 'ErrorServerBusy' } })
    expect(others).toEqual(Array(2).fill({ status: 'fulfilled', value: ANN }))
    const asked = simulator.requests.operations().length
    expect(await backend.lookUp?.(OWNER, 'a.lee@contoso.com')).toBe(ANN)
    expect(simulator.requests.operations()).toHaveLength(asked)
  })

  test('does not take somebody for nobody when the directory refuses to say', async () => {
    const backend = ewsBackend(options)
    simulator.faults.add({ kind: 'status', status: 500, body: 'fault', operation: 'ResolveNames', count: 1 })
    await expect(backend.lookUp?.(OWNER, 'a.lee@contoso.com')).rejects.toMatchObject({
      responseCode: 'ErrorInternalServerError',
      message: expect.stringContaining('"a.lee@contoso.com" could not be looked up for owner@contoso.com: '),
    })
    expect(await backend.lookUp?.(OWNER, 'a.lee@contoso.com')).toBe(ANN)
  })
})

describe('an empty list of delegates', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await administered()
    const { directory } = simulator.exchange
    const [owner, ann, admin] = [OWNER, ANN, 'admin@contoso.com'].map((address) => directory.find(address))
    if (!owner || !ann || !admin) throw new Error('no such people')
    directory.grant(owner, admin, 'FullAccess')
    directory.grant(ann, admin, 'FullAccess')
  })
  afterAll(() => simulator.close())

  const clientOf = (user: string, impersonate?: string | { principalName: string } | { sid: string }) =>
    new EwsClient({
      url: simulator.ews,
      auth: basic({ user, password: 'Delegate-123' }),
      ...(impersonate ? { impersonate } : {}),
    })
  const ALL = { delegates: true, folders: [] }

  test.each([
    ['who signs in as the owner', () => clientOf('Owner@contoso.com')],
    ['who impersonates the owner', () => clientOf('admin@contoso.com', OWNER)],
    ['who impersonates the owner by name', () => clientOf('admin@contoso.com', { principalName: OWNER })],
  ])('is believed of %s', async (_, client) => {
    const state = await ewsBackend({ clientFor: client }).read(OWNER, ALL)
    expect(state).toMatchObject({ delegates: [], deliverMeetingRequests: expect.any(String) })
    expect(state).not.toHaveProperty('delegatesUnread')
  })

  test('is not believed of others, unless it is said that they see it', async () => {
    const clientFor = () => clientOf('admin@contoso.com')
    const state = await ewsBackend({ clientFor }).read(OWNER, ALL)
    expect(state).toMatchObject({ delegatesUnread: { code: 'ErrorAccessDenied' } })
    expect(state).not.toHaveProperty('delegates')
    expect(state).not.toHaveProperty('deliverMeetingRequests')
    expect(await ewsBackend({ clientFor, trustEmptyLists: true }).read(OWNER, ALL)).toMatchObject({
      delegates: [],
    })
  })

  test('is believed where somebody was seen on it before, in that mailbox', async () => {
    const user = { smtpAddress: ANN }
    const after = { levels: { calendar: 'Editor' } } as const
    const owner = ewsBackend({ clientFor: () => clientOf(OWNER) })
    await owner.apply(OWNER, { type: 'delegates', action: 'add', changes: [{ user, after }] })
    const backend = ewsBackend({ clientFor: () => clientOf('admin@contoso.com') })
    expect((await backend.read(OWNER, ALL)).delegates).toHaveLength(1)
    await owner.apply(OWNER, { type: 'delegates', action: 'remove', changes: [{ user, before: after }] })
    expect((await backend.read(OWNER, ALL)).delegates).toEqual([])
    expect(await backend.read(ANN, ALL)).toHaveProperty('delegatesUnread')
  })
})

describe('a client for each mailbox', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await administered()
  })
  afterAll(() => simulator.close())

  test('a write goes to the server that answered the reading, by its cookie, and to no other mailbox’s', async () => {
    const requests: HttpRequest[] = []
    const backend = ewsBackend({
      clientFor: (mailbox) =>
        new EwsClient({
          url: simulator.ews,
          auth: basic({ user: 'admin@contoso.com', password: 'Delegate-123' }),
          impersonate: mailbox,
          transport: async (request) => {
            requests.push(request)
            return {
              ...(await httpTransport(request)),
              setCookie: [`X-BackEndOverrideCookie=backend-${mailbox === OWNER ? 1 : 2}-of-2; path=/`],
            }
          },
        }),
    })
    const seen = await backend.read(OWNER, { delegates: true, folders: [] })
    await backend.read(ANN, { delegates: true, folders: [] })
    await backend.apply(
      OWNER,
      {
        type: 'delegates',
        action: 'add',
        changes: [{ user: { smtpAddress: ANN }, after: { levels: { calendar: 'Editor' } } }],
      },
      seen,
    )
    expect(requests.map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      undefined,
      'X-BackEndOverrideCookie=backend-1-of-2',
    ])
  })
})
