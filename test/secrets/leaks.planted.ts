import { execFileSync, execSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'
import { openTraceFile } from '../../src/cli/trace-file.ts'
import { ConnectionError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { Journal } from '../../src/plan/journal.ts'
import { profileStore } from '../../src/profile/profile-store.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { runCli } from '../cli/run-cli.ts'

// Not one of the tests: planted.test.ts runs this file as a run of its own, and every test in it has to fail because
// of what its name says, or to pass because nothing came out.

const password = 'kaleidoscope & "tea"'
const allan = 'AllanD@contoso.com'

let exchange: Simulator
let folder: string
beforeAll(async () => {
  exchange = await startSimulator({
    tenant: { domain: 'contoso.com', mailboxes: [{ address: allan, password }] },
  })
  folder = mkdtempSync(join(tmpdir(), 'planted-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await exchange.close()
})

test('leaks on the console', () => {
  console.log('signing in with', password)
})

test('leaks on standard output', () => {
  process.stdout.write(`${JSON.stringify({ password })}\n`)
})

test('leaks on standard error, in the middle of base64', () => {
  process.stderr.write(`Basic ${Buffer.from(`${allan}:${password}`).toString('base64')}\n`)
})

test('leaks in XML', () => {
  console.info('<Password>kaleidoscope &amp; &quot;tea&quot;</Password>')
})

test('leaks in an address', () => {
  console.warn(`https://login.example/?p=${encodeURIComponent(password)}`)
})

test('leaks in a form', () => {
  console.error(String(new URLSearchParams({ password })))
})

test('leaks in JSON within JSON', () => {
  console.debug(JSON.stringify({ log: JSON.stringify({ password }) }))
})

test('leaks out of a process', () => {
  spawnSync(process.execPath, ['-e', `console.error(${JSON.stringify(password)})`])
})

test('leaks out of a process that is waited for', () => {
  execFileSync(process.execPath, ['-e', `console.log(${JSON.stringify(password)})`])
})

test('leaks out of a process that fails', () => {
  expect(() => execSync(`echo '${password}' >&2; exit 1`, { stdio: 'pipe' })).toThrow()
})

test('leaks in a file that a process writes', () => {
  const path = join(folder, 'of-a-process.txt')
  const script = `fs.writeFileSync(${JSON.stringify(path)}, ${JSON.stringify(password)})`
  spawnSync(process.execPath, ['-e', script])
})

test('leaks in an error that is expected', async () => {
  const refused = async () => {
    throw new ConnectionError('ERR_AUTHENTICATION', `The server does not take ${password}.`)
  }
  await expect(refused()).rejects.toThrow()
})

test('leaks in the cause of an error', () => {
  const cause = Object.assign(new Error('refused'), { config: { headers: { 'x-secret': password } } })
  expect(new ConnectionError('ERR_CONNECTION', 'It did not work.', { cause }).code).toBe('ERR_CONNECTION')
})

test('leaks in a hint', () => {
  expect(new ConnectionError('ERR_CONNECTION', 'No.', { hint: `Not ${password}.` }).hint).toBeDefined()
})

test('leaks in a file that the program writes', () => {
  const io = { cwd: folder } as Parameters<typeof openTraceFile>[0]
  const file = openTraceFile(io, 'trace.txt', () => {})
  file.trace?.({ direction: 'request', text: `POST with ${password}` })
  file.end()
})

test('leaks in a journal', async () => {
  const source = { kind: 'plan', names: [password], sha256: '' } as const
  const journal = await Journal.create(join(folder, 'journal.jsonl'), { source })
  await journal.close()
})

test('leaks in a profile', async () => {
  await profileStore(folder).add('work', { user: password })
})

test('leaks in the request log', async () => {
  const ews = new EwsClient({ url: exchange.ews, auth: basic({ user: allan, password }) })
  await ews.getDelegates(`${password}@contoso.com`).catch(() => {})
})

test('leaks a password that was only sent', async () => {
  const unknown = ['never', 'written', 'down'].join('-')
  const ews = new EwsClient({ url: exchange.ews, auth: basic({ user: allan, password: unknown }) })
  await ews.getDelegates(allan).catch(() => console.log(unknown))
})

test('leaks a token that was only given out', async () => {
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: ['given', 'out', '1234'].join('-') }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/token`, {
    method: 'POST',
    body: new URLSearchParams(),
  })
  console.log(((await response.json()) as { access_token: string }).access_token)
  server.close()
})

test('leaks what a command line was given', async () => {
  const token = ['token', 'of', 'the', 'environment'].join('.')
  await runCli(['delegate', 'list', `${token}@contoso.com`], {
    env: { EWS_URL: exchange.ews, EWS_TOKEN: token },
  })
})

test('keeps its secrets', async () => {
  const ews = new EwsClient({ url: exchange.ews, auth: basic({ user: allan, password }) })
  await ews.getDelegates(allan)
  const other = new EwsClient({ url: exchange.ews, auth: bearer('not-this-token-1') })
  await expect(other.getDelegates(allan)).rejects.toThrow()
  // A test may have files of its own with secrets.
  writeFileSync(join(folder, 'password.txt'), password)
  console.log('nothing of it')
})

test('may show what it is there to show', async () => {
  const token = ['shown', 'on', 'purpose'].join('-')
  const env = { EWS_URL: exchange.ews, EWS_TOKEN: token }
  await runCli(['delegate', 'list', `${token}@contoso.com`], { env, shows: [token] })
})
