import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { HarEntry } from '../../src/http/har.ts'
import { DEFAULT_APP, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN } from '../helpers/contoso.ts'
import { graphToken, runCli, signedIn } from './run-cli.ts'

let simulator: Simulator
let cwd: string
beforeAll(async () => {
  simulator = await startSimulator()
  cwd = mkdtempSync(join(tmpdir(), 'ews-delegates-trace-'))
})
afterAll(async () => {
  rmSync(cwd, { recursive: true })
  await simulator.close()
})
let env: Record<string, string>
beforeEach(() => {
  env = signedIn(simulator, ALLAN)
})
const run = (...argv: string[]) => runCli(argv, { env, cwd })
const written = (name: string) => readFileSync(join(cwd, name), 'utf8')

describe('--trace-file', () => {
  it('writes whole exchanges into a file that nobody else may read, without secrets', async () => {
    const list = await run('delegate', 'list', ALLAN, '--trace-file', 'trace.txt')
    expect(list).toMatchObject({ code: 0, stderr: '' })
    const trace = written('trace.txt')
    expect(trace).toContain('> POST ')
    expect(trace).toContain('> authorization: [redacted]')
    expect(trace).toContain('< 200')
    expect(trace).not.toContain('Delegate-123')
    if (process.platform !== 'win32') expect(statSync(join(cwd, 'trace.txt')).mode & 0o077).toBe(0)
  })

  it('takes a file that is there from everybody else', async () => {
    writeFileSync(join(cwd, 'old.txt'), 'old', { mode: 0o644 })
    expect(await run('delegate', 'list', ALLAN, '--trace-file', 'old.txt')).toMatchObject({ code: 0 })
    expect(written('old.txt')).not.toContain('old')
    if (process.platform !== 'win32') expect(statSync(join(cwd, 'old.txt')).mode & 0o777).toBe(0o600)
  })

  it('is a HAR file where its name ends in .har, whole also after a refusal', async () => {
    const add = await run('delegate', 'add', ALLAN, 'nobody@contoso.com', '--trace-file', 'refused.HAR')
    expect(add.code).toBe(3)
    const { log } = JSON.parse(written('refused.HAR'))
    expect(log.creator.name).toBe('ews-delegates')
    expect(log.entries).toHaveLength(1)
    expect(log.entries[0].request.postData.text).toContain('AddDelegate')
    expect(log.entries[0].response.status).toBe(200)
    expect(written('refused.HAR')).not.toContain('Delegate-123')
  })

  it('has what goes to Graph, too', async () => {
    env = { GRAPH_URL: simulator.graph, GRAPH_TOKEN: await graphToken(simulator, ADELE, 'Mail.Send') }
    expect(await run('mail', 'send', '--to', MEGAN, '--trace-file', 'mail.har')).toMatchObject({ code: 0 })
    expect(JSON.parse(written('mail.har')).log.entries[0].request.url).toContain('/sendMail')
    expect(written('mail.har')).not.toContain(env.GRAPH_TOKEN)
  })

  it('has what the token endpoint is asked and answers, without what signs in', async () => {
    env = {
      HOME: cwd,
      AZURE_CLIENT_SECRET: DEFAULT_APP.secret,
      AZURE_TENANT_ID: 'contoso.com',
      AZURE_CLIENT_ID: DEFAULT_APP.id,
      AZURE_AUTHORITY_HOST: simulator.url,
    }
    const login = await run('login', '--auth', 'client-secret', '--trace-file', 'login.har', '--trace')
    expect(login).toMatchObject({ code: 0 })
    const { log } = JSON.parse(written('login.har'))
    const asked = log.entries.filter((entry: HarEntry) => /\/oauth2\/v2\.0\/token\b/.test(entry.request.url))
    expect(asked).toHaveLength(2)
    for (const { request, response } of asked as HarEntry[]) {
      expect(request.postData?.text).toContain('client_secret=[redacted]')
      expect(response.content.text).toContain('"access_token":"[redacted]"')
    }
    expect(login.stderr).toMatch(/> POST http:\/\/\S+\/oauth2\/v2\.0\/token\?/)
    expect(login.stderr).toContain('client_secret=[redacted]')
    expect(login.stderr).toContain('"access_token":"[redacted]"')
  })

  it('has each step of doctor, through whatever connection it went', async () => {
    // NTLM signs in a connection, and nock would put sockets of its own in between.
    nock.restore()
    onTestFinished(() => nock.activate())
    await using server = await startSimulator({ auth: ['ntlm'] })
    env = { ...signedIn(server, ALLAN), HOME: cwd }
    const doctor = await run('doctor', ALLAN, '--auth', 'ntlm', '--trace-file', 'doctor.har')
    expect(doctor).toMatchObject({ code: 0 })
    const { log } = JSON.parse(written('doctor.har'))
    const operations = log.entries.map(
      ({ request }: HarEntry) => /<m:(\w+)/.exec(request.postData?.text ?? '')?.[1] ?? request.method,
    )
    expect(operations).toEqual(['GET', 'GetFolder', 'GetFolder', 'GetDelegate', 'GetFolder'])
    const text = await run('doctor', ALLAN, '--auth', 'ntlm', '--trace-file', 'doctor.txt')
    expect(text).toMatchObject({ code: 0 })
    expect(written('doctor.txt').match(/^> (?:GET|POST) /gm)).toHaveLength(operations.length)
    expect(written('doctor.txt')).toContain('< 401')
  })

  it('has what discover asked', async () => {
    nock('https://contoso.com')
      .get('/autodiscover/autodiscover.json')
      .query(true)
      .reply(200, { Protocol: 'EWS', Url: 'https://mail.contoso.com/EWS/Exchange.asmx' })
    env = { HOME: cwd }
    const found = await run('discover', ALLAN, '--refresh', '--trace-file', 'discover.har', '--trace')
    expect(found.stderr).toContain('> GET https://contoso.com/autodiscover/autodiscover.json')
    const { log } = JSON.parse(written('discover.har'))
    expect(log.entries.map(({ response }: HarEntry) => response.status)).toEqual([200])
  })

  it('that cannot be written is told before anything is sent', async () => {
    for (const path of ['missing/trace.txt', '.', '-']) {
      const list = await run('delegate', 'list', ALLAN, '--trace-file', path)
      expect(list).toMatchObject({ code: 2, stdout: '' })
      expect(list.stderr).toContain('--trace-file')
    }
  })

  it.runIf(process.platform === 'linux')('that is full does not stop the command', async () => {
    const list = await run('delegate', 'list', ALLAN, '--trace-file', '/dev/full')
    expect(list.code).toBe(0)
    expect(list.stderr).toContain('--trace-file: /dev/full cannot be written (ENOSPC)')
  })
})
