import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { type EwsBackendOptions, ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import type { HttpRequest } from '../../src/http/transport.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'

const OWNER = 'owner@contoso.com'
const ANN = 'ann@contoso.com'

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
})

describe('a client for each mailbox', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await startSimulator({
      tenant: {
        domain: 'contoso.com',
        mailboxes: [{ address: OWNER }, { address: ANN }, { address: 'admin@contoso.com' }],
        administrators: ['admin@contoso.com'],
      },
    })
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
