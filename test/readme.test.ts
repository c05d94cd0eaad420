import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../src/simulator/index.ts'
import { runCli } from './cli/run-cli.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const people = ['allan', 'adele', 'megan'].map((name) => ({ address: `${name}@contoso.com` }))
const SERVICE = 'svc-grants@contoso.com'
const EVERYDAY = '## Everyday commands'

let exchange: Simulator
beforeAll(async () => {
  exchange = await startSimulator({
    // Whose own mailbox the everyday commands are about may impersonate nobody.
    tenant: {
      domain: 'contoso.com',
      mailboxes: [...people, { address: SERVICE }],
      administrators: [SERVICE],
    },
  })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await exchange.close()
})

test('the example of the README is the one that runs', async () => {
  expect(readme).toContain(readFileSync(join(root, 'examples', 'in-ten-lines.ts'), 'utf8'))
  vi.stubEnv('EWS_URL', exchange.ews)
  vi.stubEnv('EWS_USER', SERVICE)
  vi.stubEnv('EWS_PASSWORD', DEFAULT_PASSWORD)
  await import('../examples/in-ten-lines.ts')
  const { directory } = exchange.exchange
  const [allan, adele] = ['allan', 'adele'].map((name) => directory.find(`${name}@contoso.com`))
  if (!allan || !adele) throw new Error('the tenant is not as expected')
  expect(directory.has(allan, adele, 'SendOnBehalf')).toBe(true)
  directory.revoke(allan, adele, 'SendOnBehalf')
  exchange.exchange.mailboxOf(allan)?.delegates.remove(adele.sid)
})

/** The commands of a section's first shell block, without comments and continuation. */
function commandsOf(section: string): string[][] {
  const text = readme.slice(readme.indexOf(section))
  const block = /```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line.startsWith('ews-delegates '))
    .map((line) => line.split(/\s+/).slice(1))
}

test('the everyday commands of the README do what they say, in their order', async () => {
  const commands = commandsOf(EVERYDAY)
  expect(commands.length).toBeGreaterThan(8)
  const token = await graphToken()
  const env = {
    EWS_URL: exchange.ews,
    EWS_USER: 'allan@contoso.com',
    EWS_PASSWORD: DEFAULT_PASSWORD,
    GRAPH_URL: exchange.graph,
    GRAPH_TOKEN: token,
  }
  const cwd = await mkdtemp(join(tmpdir(), 'everyday-'))
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(EVERYDAY)))?.[1] ?? ''
  await writeFile(join(cwd, 'grants.yaml'), yaml)
  expect(commands[0]).toEqual(['plan', 'grants.yaml', '--out', 'change.plan'])
  for (const argv of commands) {
    const { code, stderr } = await runCli(argv, { env, cwd })
    expect([argv.join(' '), code, code === 0 ? '' : stderr]).toEqual([argv.join(' '), 0, ''])
  }
  await rm(cwd, { recursive: true })
})

async function graphToken(): Promise<string> {
  const response = await fetch(exchange.token, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      username: 'allan@contoso.com',
      password: DEFAULT_PASSWORD,
      scope: 'Mail.Send Mail.ReadWrite',
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
