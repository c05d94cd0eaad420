import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EWS_CALENDAR } from '../../src/doctor/exchange-online.ts'
import { connectTransport } from '../../src/http/connect-transport.ts'
import { CLOUDS } from '../../src/model/clouds.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts'
import { type CliOptions, runCli } from '../cli/run-cli.ts'

// What docs/sign-in.md tells to type is typed here, as it stands. A proxy brings every name to an embedded Exchange,
// so that the commands can name the servers that they name on the page.

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'sign-in.md'), 'utf8')
const PASSWORD = 'of-the-page-1'
const people = ['allan', 'adele', 'svc-delegates'].map((name) => ({ address: `${name}@contoso.com` }))
const APPLICATION = '0f5c7c1e-0c6b-4b0e-9d0a-6d2e8f5b7a11'
const CLOUD_NAMES = [CLOUDS.global.authority, CLOUDS.global.exchange, CLOUDS.global.graph].map(
  (url) => new URL(url).hostname,
)

/** The lines of the shell blocks below a heading. */
function linesBelow(heading: string): string[] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`)
  const [section = ''] = rest.split('\n## ')
  return [...section.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, indent = '', block = '']) =>
    block
      .replace(/ *\\\n */g, ' ')
      .split('\n')
      .map((line) => line.slice(indent.length).replace(/ {2,}# .*$/, ''))
      .filter((line) => line !== ''),
  )
}

/** The words of a command line, as a shell makes them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain).slice(1)
}

const commandsBelow = (heading: string) =>
  linesBelow(heading)
    .filter((line) => line.startsWith('ews-delegates '))
    .map((line) => wordsOf(line.replace('<application id>', APPLICATION)))

/** An embedded Exchange that is every server there is. */
async function world(options: SimulatorOptions) {
  const exchange = await startSimulator({ tls: { names: CLOUD_NAMES }, ...options })
  const proxy = createServer((_, response) => void response.writeHead(405).end())
  const { port } = new URL(exchange.url)
  proxy.on('connect', (_request, client: Socket) => {
    const server = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.pipe(client)
      client.pipe(server)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { exchange, proxy, via: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
}

let home: string
let servers: { exchange: Simulator; proxy: Server; via: string }[] = []
beforeAll(() => {
  // NTLM signs in a connection, and nock would put sockets of its own in between.
  nock.restore()
  home = mkdtempSync(join(tmpdir(), 'sign-in-page-'))
})
afterAll(async () => {
  for (const { exchange, proxy } of servers) {
    proxy.closeAllConnections()
    proxy.close()
    await exchange.close()
  }
  servers = []
  rmSync(home, { recursive: true })
  nock.activate()
})

/** Runs the commands one after the other, and has every one of them succeed. */
async function follow(
  commands: readonly string[][],
  env: Record<string, string>,
  more: (argv: readonly string[]) => CliOptions = () => ({}),
) {
  const outputs: string[] = []
  for (const argv of commands) {
    const { code, stdout, stderr } = await runCli(argv, {
      env: { HOME: home, ...env },
      cwd: home,
      ...more(argv),
    })
    expect([argv.join(' '), code, code === 0 ? '' : stdout + stderr]).toEqual([argv.join(' '), 0, ''])
    outputs.push(stdout)
  }
  return outputs
}

describe('the page on signing in', () => {
  test('leads from nothing to a signed-in doctor on an Exchange Server', async () => {
    const made = await world({
      auth: ['ntlm'],
      tenant: {
        domain: 'contoso.com',
        password: PASSWORD,
        mailboxes: people,
        administrators: ['svc-delegates@contoso.com'],
      },
    })
    servers.push(made)
    writeFileSync(join(home, 'authority.pem'), made.exchange.authority ?? '')
    const commands = commandsBelow('Exchange Server')
    expect(commands.map(([command]) => command)).toEqual([
      'discover',
      'profile',
      'profile',
      'doctor',
      'delegate',
      'delegate',
    ])
    const outputs = await follow(commands, { EWS_PASSWORD: PASSWORD, HTTPS_PROXY: made.via })
    expect(outputs[0]).toContain('/EWS/Exchange.asmx')
    for (const step of [
      'Whether its certificate is good',
      'Whether we get in',
      'Whether we may read delegates',
    ])
      expect(outputs[3]).toContain(`ok    ${step}`)
    expect(outputs[3]).not.toContain('FAIL')
  })

  // EWS in Exchange Online has an end, and that part of the page with it.
  test.runIf(new Date() < EWS_CALENDAR.ends && spawnSync('openssl', ['version']).status === 0)(
    'leads from nothing to a signed-in doctor on Exchange Online, as an application and as a person',
    async () => {
      const certificate = linesBelow('Exchange Online').filter((line) => /^\(?(?:openssl|umask)/.test(line))
      expect(certificate).toHaveLength(2)
      const openssl = spawnSync('bash', ['-ec', certificate.join('\n')], { cwd: home })
      expect([openssl.status, String(openssl.stderr)]).toEqual([0, expect.any(String)])

      const made = await world({
        auth: ['bearer'],
        tenant: {
          domain: 'contoso.com',
          password: PASSWORD,
          mailboxes: people,
          apps: [
            {
              id: APPLICATION,
              certificates: [readFileSync(join(home, 'app.crt'), 'utf8')],
              roles: ['full_access_as_app', 'Mail.ReadWrite', 'Mail.Send'],
            },
          ],
        },
      })
      servers.push(made)
      writeFileSync(join(home, 'ca.pem'), made.exchange.authority ?? '')
      const commands = commandsBelow('Exchange Online')
      expect(commands.map(([command]) => command)).toEqual([
        ...['profile', 'login', 'doctor'],
        ...['profile', 'login', 'doctor', 'logout'],
      ])
      const env = {
        HTTPS_PROXY: made.via,
        EWS_CA: 'ca.pem',
        EWS_TOKEN_CACHE_PASSPHRASE: 'of a password manager',
      }
      const outputs = await follow(commands, env, (argv) =>
        // Somebody is there, who types the code on a page elsewhere.
        argv[0] === 'login' && argv.includes('me')
          ? { columns: 200, onError: (stderr) => typeCode(made.exchange, stderr) }
          : {},
      )
      for (const output of [outputs[2], outputs[5]]) {
        expect(output).toContain('ok    Whether we get in')
        expect(output).toContain('ok    Whether Graph answers for the mailbox')
        expect(output).toContain('and ends on 2027-04-01')
        expect(output).toContain('Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs')
        expect(output).not.toContain('FAIL')
      }
      expect(outputs[4]).toContain('adele@contoso.com')
      expect(outputs[6]).toBe('The sign-in of profile me is forgotten.\n')
    },
    60_000,
  )

  test('tells of Exchange Online what doctor tells', () => {
    for (const fact of ['2026-10-01', '2027-04-01', 'EwsEnabled', 'EwsAllowedAppIDs', 'full_access_as_app'])
      expect(page).toContain(fact)
  })
})

const typed = new Set<string>()

function typeCode(exchange: Simulator, stderr: string): void {
  const [, code] = /enter the code (\S+)/.exec(stderr) ?? []
  if (code === undefined || typed.has(code)) return
  typed.add(code)
  void connectTransport({ ca: Buffer.from(exchange.authority ?? '') })({
    url: `${exchange.url}/devicelogin`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ user_code: code, login: 'adele@contoso.com', passwd: PASSWORD }).toString(),
    timeoutMs: 30_000,
    maxResponseBytes: 100_000,
  })
}
