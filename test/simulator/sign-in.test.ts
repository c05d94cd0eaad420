import { expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'
import type { SignInScheme } from '../../src/simulator/sign-in.ts'
import { basic, envelope, getDelegate, OWNER } from './ews-driver.ts'

const call = (simulator: Simulator, authorization?: string) =>
  fetch(simulator.ews, {
    method: 'POST',
    headers: { 'content-type': 'text/xml', ...(authorization === undefined ? {} : { authorization }) },
    body: envelope(getDelegate()),
  })

async function bearer(simulator: Simulator, scope: string): Promise<string> {
  const response = await fetch(simulator.token, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', username: OWNER, password: DEFAULT_PASSWORD, scope }),
  })
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`
}

const EWS = 'https://outlook.office365.com/EWS.AccessAsUser.All'

test.each<[SignInScheme[], string, number, number]>([
  [['basic'], 'Basic realm="127.0.0.1"', 200, 401],
  [['bearer'], 'Bearer realm="127.0.0.1", client_id=', 401, 200],
  [['bearer', 'basic'], 'Basic realm="127.0.0.1", Bearer realm=', 200, 200],
  [['basic', 'ntlm'], 'NTLM, Basic realm=', 200, 401],
])('with %j the 401 offers these, and nothing else is taken', async (auth, offer, withBasic, withBearer) => {
  await using simulator = await startSimulator({ auth })
  const refused = await call(simulator)
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toContain(offer)
  expect((await call(simulator, basic(OWNER))).status).toBe(withBasic)
  expect((await call(simulator, await bearer(simulator, EWS))).status).toBe(withBearer)
})

test('a token that is not accepted is told why in X-MS-Diagnostics', async () => {
  await using simulator = await startSimulator()
  const reason = async (authorization: string) =>
    (await call(simulator, authorization)).headers.get('x-ms-diagnostics')
  expect(await reason(await bearer(simulator, 'Mail.Send'))).toContain('error_category="invalid_resource"')
  expect(await reason('Bearer rubbish')).toContain('error_category="invalid_token"')
  expect(await reason(basic(OWNER, 'wrong'))).toBeNull()
})

test('ways to sign in that are none are refused', async () => {
  await expect(startSimulator({ auth: ['kerberos' as never] })).rejects.toThrow(
    '"kerberos" is no way to sign in.',
  )
  await expect(startSimulator({ auth: [] })).rejects.toBeInstanceOf(InvalidInputError)
})
