import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { type EwsBackendOptions, ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
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
})
