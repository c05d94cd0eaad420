import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { basic } from '../src/auth/basic.ts'
import { EwsClient } from '../src/ews/client.ts'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../src/simulator/index.ts'
import { graphToken } from './cli/run-cli.ts'
import { secretScan } from './secrets/secret-scan.ts'

let exchange: Simulator
beforeAll(async () => {
  exchange = await startSimulator()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await exchange.close()
})
beforeEach(() => {
  vi.stubEnv('EWS_URL', exchange.ews)
  vi.stubEnv('EWS_PASSWORD', DEFAULT_PASSWORD)
})

/** Runs an example as it stands and gives back what it printed. */
async function run(name: string, user: string): Promise<string[]> {
  vi.stubEnv('EWS_USER', user)
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
  try {
    await import(`../examples/${name}.ts`)
  } finally {
    log.mockRestore()
  }
  secretScan.capture(`example ${name}`, lines.join('\n'))
  return lines
}

test('grant-delegate makes Adele a delegate and prints her levels', async () => {
  expect(await run('grant-delegate', 'admin@contoso.com')).toEqual([
    'AdeleV@contoso.com: calendar Editor, inbox Reviewer',
    'meeting requests: DelegatesAndSendInformationToMe',
  ])
})

test('share-calendar lets Megan read and keeps Default, Anonymous and Adele', async () => {
  const lines = await run('share-calendar', 'AllanD@contoso.com')
  expect(lines[0]).toBe('Megan may read the calendar now.')
  expect(lines).toContain('MeganB@contoso.com: Reviewer')
  expect(lines).toContain('AdeleV@contoso.com: Editor')
  expect(lines).toContain('Default: FreeBusyTimeOnly')
})

test('prove-grant grants, proves, revokes and proves that', async () => {
  vi.stubEnv('GRAPH_URL', exchange.graph)
  const scopes = 'Mail.Send.Shared Mail.ReadWrite'
  vi.stubEnv('GRAPH_TOKEN', await graphToken(exchange, 'AdeleV@contoso.com', scopes))
  expect(await run('prove-grant', 'admin@contoso.com')).toEqual([
    'as expected: on behalf of, Adele Vance for Allan Deyoung',
    'as expected: denied (right, ErrorSendAsDenied)',
  ])
})

test('apply-grants shows, does and puts back', async () => {
  expect(await run('apply-grants', 'admin@contoso.com')).toEqual([
    'PattiF@contoso.com',
    '  + delegate AlexW@contoso.com: calendar Editor, inbox Reviewer',
    'PattiF@contoso.com: changed',
    'PattiF@contoso.com: put back, changed',
  ])
})

test('work-as-delegate finds by folder and owner, and goes on by id', async () => {
  const allan = new EwsClient({
    url: exchange.ews,
    auth: basic({ user: 'AllanD@contoso.com', password: DEFAULT_PASSWORD }),
  })
  await allan.upsertDelegates('AllanD@contoso.com', [
    { user: 'AdeleV@contoso.com', permissions: { calendar: 'Editor' } },
  ])
  expect(await run('work-as-delegate', 'AdeleV@contoso.com')).toEqual([
    'found: Lunch',
    'copied to my own calendar',
    'deleted',
  ])
})

test('adopt-from-ews-javascript-api changes a delegate and a folder for a program that has an ExchangeService', async () => {
  const lines = await run('adopt-from-ews-javascript-api', 'admin@contoso.com')
  expect(lines).toContain('MeganB@contoso.com: Custom')
  expect(lines.at(-1)).toBe('delegates: Adele Vance')
})

test('every example is run, here or by the test of the README', () => {
  const names = readdirSync(join(import.meta.dirname, '..', 'examples')).filter((name) =>
    name.endsWith('.ts'),
  )
  expect(names.sort()).toEqual([
    'adopt-from-ews-javascript-api.ts',
    'apply-grants.ts',
    'grant-delegate.ts',
    'in-ten-lines.ts',
    'prove-grant.ts',
    'share-calendar.ts',
    'work-as-delegate.ts',
  ])
})
