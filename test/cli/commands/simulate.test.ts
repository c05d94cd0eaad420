import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_PASSWORD } from '../../../src/simulator/index.ts'
import { secretScan } from '../../secrets/secret-scan.ts'
import { type CliRun, runCli } from '../run-cli.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs `simulate`, does something while it runs, and stops it. */
async function during(
  argv: readonly string[],
  act: (stdout: string, stderr: () => string) => Promise<void>,
): Promise<CliRun> {
  const stop = new AbortController()
  let said = ''
  let acted: Promise<void> | undefined
  const run = await runCli(['simulate', ...argv], {
    signal: stop.signal,
    cwd: folder,
    onOutput: (stdout) => {
      if (!stdout.endsWith('\n')) return
      acted ??= act(stdout, () => said).finally(() => stop.abort())
    },
    onError: (stderr) => {
      said = stderr
    },
  })
  await acted
  return run
}

const TENANT = `
domain: fabrikam.com
password: Fabrikam-123
mailboxes:
  - address: kim@fabrikam.com
    name: Kim Akers
  - address: root@fabrikam.com
    name: Root
administrators: [root@fabrikam.com]
`

describe('simulate', () => {
  it('prints one line of JSON with the addresses while it runs, and ends with 0 when it is stopped', async () => {
    let facts: Record<string, string> = {}
    const run = await during(['--output', 'json'], async (stdout) => {
      facts = JSON.parse(stdout)
      const env = { EWS_URL: facts.ews, EWS_USER: facts.user, EWS_PASSWORD: facts.password }
      const argv = ['delegate', 'list', 'AllanD@contoso.com', '--impersonate', 'AllanD@contoso.com']
      expect(await runCli(argv, { env })).toMatchObject({ code: 0 })
    })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout.trimEnd()).not.toContain('\n')
    expect(facts).toEqual({
      ews: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/EWS\/Exchange\.asmx$/),
      graph: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      token: expect.stringMatching(/\/contoso\.com\/oauth2\/v2\.0\/token$/),
      url: facts.graph,
      user: 'admin@contoso.com',
      password: DEFAULT_PASSWORD,
    })
    await expect(fetch(facts.ews ?? '')).rejects.toThrow()
  })

  it('with --state finds after a restart what was changed before', async () => {
    const levels: string[] = []
    for (const argv of [
      ['delegate', 'add', 'AllanD@contoso.com', 'AdeleV@contoso.com', '--calendar', 'Editor'],
      ['delegate', 'list', 'AllanD@contoso.com'],
    ]) {
      const run = await during(['--state', 'state.json', '--output', 'json'], async (stdout) => {
        const { ews, user, password } = JSON.parse(stdout)
        const env = { EWS_URL: ews, EWS_USER: user, EWS_PASSWORD: password }
        const inner = await runCli([...argv, '--impersonate', 'AllanD@contoso.com'], { env })
        levels.push(`${inner.code} ${inner.stdout}`)
      })
      expect(run.code).toBe(0)
    }
    expect(levels[0]).toMatch(/^0 /)
    expect(levels[1]).toMatch(/^0 [\s\S]*Adele Vance[\s\S]*Editor/)
  })

  it('says at once that another program has written its --state', async () => {
    const run = await during(['--state', 'state.json', '--output', 'json'], async (stdout, stderr) => {
      const { ews, user, password } = JSON.parse(stdout)
      const env = { EWS_URL: ews, EWS_USER: user, EWS_PASSWORD: password }
      await writeFile(join(folder, 'state.json'), 'mine')
      const argv = ['delegate', 'add', 'AllanD@contoso.com', 'AdeleV@contoso.com', '--calendar', 'Editor']
      expect((await runCli([...argv, '--impersonate', 'AllanD@contoso.com'], { env })).code).not.toBe(0)
      expect(JSON.parse(stderr())).toMatchObject({
        error: { message: expect.stringContaining('Another program has written'), hint: expect.any(String) },
      })
    })
    expect(run.code).toBe(2)
    expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe('mine')
  })

  it('tells people the addresses, who is there, the password, and what to type', async () => {
    const run = await during([], async () => {})
    for (const text of ['/EWS/Exchange.asmx', 'AdeleV@contoso.com', DEFAULT_PASSWORD, 'export EWS_URL=']) {
      expect(run.stdout).toContain(text)
    }
    expect(run.code).toBe(0)
  })

  it('takes a tenant file, relative to where it is run', async () => {
    secretScan.allow('Fabrikam-123')
    await writeFile(join(folder, 'tenant.yaml'), TENANT)
    const run = await during(['--tenant', 'tenant.yaml', '-o', 'json'], async (stdout) => {
      const facts = JSON.parse(stdout) as Record<string, string>
      expect(facts).toMatchObject({ user: 'root@fabrikam.com', password: 'Fabrikam-123' })
      const env = { EWS_URL: facts.ews, EWS_USER: 'kim@fabrikam.com', EWS_PASSWORD: facts.password }
      const argv = ['folder', 'show', 'kim@fabrikam.com', 'inbox']
      expect(await runCli(argv, { env })).toMatchObject({ code: 0 })
    })
    expect(run.code).toBe(0)
  })

  it('ends with 2 for a tenant file that is not there', async () => {
    const run = await runCli(['simulate', '--tenant', 'none.yaml'], { cwd: folder })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain('none.yaml')
  })

  it('ends with 2 for a tenant file with a mistake, and names the line', async () => {
    await writeFile(join(folder, 'tenant.yaml'), TENANT.replace('name: Root', 'kind: robot'))
    const run = await runCli(['simulate', '--tenant', 'tenant.yaml'], { cwd: folder })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/line 8|:8/)
  })

  it('ends with 2 for a port that is taken', async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    const run = await runCli(['simulate', '--port', String(port), '-o', 'json'])
    server.close()
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.error().message).toContain('is taken')
  })

  it('ends at once when it is stopped before it has begun', async () => {
    const run = await runCli(['simulate'], { signal: AbortSignal.abort() })
    expect(run.code).toBe(0)
  })

  it('warns when others can reach it', async () => {
    const run = await during(['--host', '0.0.0.0'], async () => {})
    expect(run.stderr).toContain('Others on the network can reach it')
    const json = await during(['--host', '0.0.0.0', '-o', 'json'], async () => {})
    expect(json.stderr).toContain('Others on the network can reach it')
  })

  it('serves TLS, offers NTLM alone, and writes the authority to trust', async () => {
    const argv = ['--tls', '--ca-out', 'ca.pem', '--auth', 'ntlm', '-o', 'json']
    const run = await during(argv, async (stdout) => {
      const facts = JSON.parse(stdout) as Record<string, string>
      expect(facts.ews).toMatch(/^https:/)
      expect(facts.plainUrl).toMatch(/^http:/)
      expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(facts.authority)
    })
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('lets things go wrong, and takes more of it at the control address', async () => {
    await writeFile(join(folder, 'faults.yaml'), 'faults:\n  - kind: status\n    status: 503\n    count: 1\n')
    const argv = [
      '--faults',
      'faults.yaml',
      '--seed',
      'x',
      '--control',
      '0',
      '--propagation-delay',
      '1.5',
      '-o',
      'json',
    ]
    const run = await during(argv, async (stdout) => {
      const facts = JSON.parse(stdout) as Record<string, string>
      const status = async () => (await fetch(facts.ews ?? '')).status
      expect([await status(), await status()]).toEqual([503, 401])
      const delay = await fetch(`${facts.control}/propagation-delay`)
      expect(await delay.json()).toEqual({ milliseconds: 1500 })
      const added = await fetch(`${facts.control}/faults`, { method: 'POST', body: '{"kind":"redirect"}' })
      expect(added.status).toBe(201)
      expect((await fetch(facts.ews ?? '', { redirect: 'manual' })).status).toBe(302)
    })
    expect(run.code).toBe(0)
  })

  it.each([
    [['--auth', 'kerberos'], '"kerberos" is no way to sign in.'],
    [['--ca-out', 'ca.pem'], '--ca-out is for --tls'],
    [['--propagation-delay', 'soon'], '"soon" is not a number of seconds.'],
    [['--control', '99999'], '"99999" is not a port.'],
    [['--faults', 'none.yaml'], 'there is no such file'],
    [['--tls', '--ca-out', 'none/ca.pem'], 'cannot be written to'],
  ])('ends with 2 for %j', async (argv, message) => {
    const run = await runCli(['simulate', ...argv], { cwd: folder })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain(message)
  })
})
