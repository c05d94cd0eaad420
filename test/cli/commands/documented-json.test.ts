import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_APP, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { runCli } from '../run-cli.ts'

const page = readFileSync(new URL('../../../docs/json-output.md', import.meta.url), 'utf8')
let exchange: Simulator
let home = ''
beforeAll(async () => {
  exchange = await startSimulator()
  home = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterAll(async () => {
  await exchange.close()
  await rm(home, { recursive: true })
})

/** Names of members, down to what differs from case to case. */
function members(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => members(each, `${path}[]`))
  if (typeof value !== 'object' || value === null) return [path]
  if (/\.(?:facts|settings)$/.test(path)) return [path]
  return Object.entries(value).flatMap(([name, inner]) => members(inner, `${path}.${name}`))
}

function documented(heading: string): unknown {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`))
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(section ?? '')?.[1] ?? '')
}

test('the commands around signing in print what docs/json-output.md says', async () => {
  nock('https://contoso.com')
    .get('/autodiscover/autodiscover.json')
    .query(true)
    .reply(200, { Protocol: 'EWS', Url: 'https://mail.contoso.com/EWS/Exchange.asmx' })
  const authority = new URL(exchange.token).origin
  const lines: [string, string][] = [
    ['discover', 'discover adele@contoso.com'],
    ['profile add', `profile add cloud --url ${exchange.ews} --impersonate AllanD@contoso.com`],
    ['profile list', 'profile list'],
    ['profile show', 'profile show'],
    ['doctor', 'doctor AllanD@contoso.com --auth basic --user AllanD@contoso.com'],
    [
      'login',
      `login --auth client-secret --tenant contoso.com --client-id ${DEFAULT_APP.id} --authority ${authority}`,
    ],
    ['logout', 'logout'],
    ['profile remove', 'profile remove cloud --yes'],
  ]
  for (const [heading, line] of lines) {
    const run = await runCli([...line.split(' '), '-o', 'json'], {
      cwd: home,
      env: { HOME: home, AZURE_CLIENT_SECRET: DEFAULT_APP.secret, EWS_PASSWORD: 'Delegate-123' },
    })
    const shape = (value: unknown) => [...new Set(members(value))].sort()
    // Lists that are empty here have no members.
    const printed = shape(run.json()).filter((path) => !path.endsWith('.next[]'))
    expect(printed, heading).toEqual(shape(documented(heading)))
  }
})
