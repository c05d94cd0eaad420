import nock from 'nock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ntlm } from '../../../src/auth/ntlm.ts'
import { EwsClient } from '../../../src/ews/client.ts'
import { DEFAULT_PASSWORD } from '../../../src/simulator/default-tenant.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts'
import { OWNER } from '../ews-driver.ts'

/** Two implementations that know nothing of each other: what both have understood, they have understood alike. */
let simulator: Simulator
beforeAll(async () => {
  nock.restore()
  simulator = await startSimulator({ auth: ['ntlm'], tls: true })
})
afterAll(async () => {
  await simulator.close()
  nock.activate()
})

async function owners(password: string): Promise<unknown> {
  const auth = ntlm({ user: 'CONTOSO\\alland', password }, { ca: simulator.authority ?? '' })
  try {
    return await new EwsClient({ url: simulator.ews, auth }).getDelegates(OWNER)
  } finally {
    auth.close()
  }
}

test('the client signs in over TLS, with a MIC and channel bindings', async () => {
  expect(await owners(DEFAULT_PASSWORD)).toMatchObject({ delegates: [] })
})

test('the client is refused with a wrong password', async () => {
  await expect(owners('wrong')).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION' })
})
