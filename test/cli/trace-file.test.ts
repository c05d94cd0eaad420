import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
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
