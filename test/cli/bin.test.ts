import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_PASSWORD, startSimulator } from '../../src/simulator/index.ts'
import { bundle } from '../helpers/bundle.ts'
import { ALLAN, MEGAN } from '../helpers/contoso.ts'
import { secretScan } from '../secrets/secret-scan.ts'
import { signedIn } from './run-cli.ts'

// The program as a process: what main() alone cannot show.
let folder: string
let bin: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ews-delegates-bin-'))
  bin = await bundle('src/cli/bin.ts', folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8', env })

/** Node's option to say on standard error, in the end, how many answers the program was given. */
const COUNT_REQUESTS = `--import data:text/javascript,${encodeURIComponent(`
  import { subscribe } from 'node:diagnostics_channel'
  let answers = 0
  subscribe('http.client.response.finish', () => answers++)
  process.on('exit', () => process.stderr.write(String(answers)))
`)}`

/** The first line that a process prints. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += String(chunk)
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
    child.once('exit', () => reject(new Error(`ended after ${JSON.stringify(text)}`)))
  })
}

/** Runs a line of bash in which `"$NODE" "$BIN"` is the program. */
async function shell(script: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn('bash', ['--norc', '--noprofile', '-c', script], {
    // With a socket as standard input, bash takes itself for a remote shell and reads ~/.bashrc all the same.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { NODE: process.execPath, BIN: bin, ...env },
  })
  return ended(child)
}

async function ended(child: ChildProcess) {
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += String(chunk)
  })
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, stdout, stderr }
}

/** A server that says when it was asked, and answers after a while, or never. */
async function slowServer(milliseconds: number | undefined) {
  let tell = () => {}
  const asked = new Promise<void>((resolve) => {
    tell = resolve
  })
  const server = createServer((request, response) => {
    request.resume()
    tell()
    if (milliseconds === undefined) return
    setTimeout(() => {
      response.setHeader('content-type', 'text/xml')
      response.end(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:AddDelegateResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:ResponseMessages><m:DelegateUserResponseMessageType ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:DelegateUserResponseMessageType></m:ResponseMessages></m:AddDelegateResponse></s:Body></s:Envelope>',
      )
    }, milliseconds)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const env = {
    EWS_URL: `http://127.0.0.1:${port}/EWS/Exchange.asmx`,
    EWS_USER: 'a',
    EWS_PASSWORD: DEFAULT_PASSWORD,
  }
  return {
    env,
    asked,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const ADD = ['delegate', 'add', ALLAN, MEGAN, '--calendar', 'Editor']

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(10)
}

/** Waits until a process has printed that. */
function heard(stream: Readable, text: string): Promise<void> {
  return new Promise((resolve) => {
    let all = ''
    stream.on('data', (chunk: Buffer) => {
      all += String(chunk)
      if (all.includes(text)) resolve()
    })
  })
}
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('the program', () => {
  it('says its version', () => {
    expect(run(['--version'])).toMatchObject({ status: 0, stdout: '0.0.0-test\n', stderr: '' })
  })

  it('ends with the exit code of main, everything written', () => {
    const wrong = run(['delegate', 'lst'])
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('Did you mean ews-delegates delegate list?')
    const help = run(['delegate', 'add', '--help'])
    expect(help.status).toBe(0)
    expect(help.stdout).toContain('--dry-run')
  })

  it.runIf(process.platform !== 'win32')('ends quietly when nobody reads on', () => {
    const script = `"$NODE" "$BIN" folder-permission set --help | true; exit "\${PIPESTATUS[0]}"`
    const piped = spawnSync('bash', ['--norc', '--noprofile', '-c', script], {
      // With a socket as standard input, bash takes itself for a remote shell and reads ~/.bashrc all the same.
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { NODE: process.execPath, BIN: bin },
    })
    expect(piped).toMatchObject({ status: 0, stderr: '' })
  })

  it.runIf(process.platform !== 'win32')('carries a write through when nobody reads on', async () => {
    const simulator = await startSimulator()
    try {
      const script = `"$NODE" "$BIN" folder-permission set ${ALLAN} calendar ${MEGAN} Reviewer --trace 2>&1 | head -c 10; exit "\${PIPESTATUS[0]}"`
      expect(await shell(script, signedIn(simulator, ALLAN))).toMatchObject({ status: 0, stderr: '' })
      const list = `"$NODE" "$BIN" folder-permission list ${ALLAN} calendar -o csv`
      expect((await shell(list, signedIn(simulator, ALLAN))).stdout).toMatch(/Megan.*Reviewer/)
      const refused = `"$NODE" "$BIN" delegate add ${ALLAN} nobody@contoso.com --trace 2>&1 | true; exit "\${PIPESTATUS[0]}"`
      expect(await shell(refused, signedIn(simulator, ALLAN))).toMatchObject({ status: 3 })
    } finally {
      await simulator.close()
    }
  })

  it('ends at once when nobody sees the demonstration', async () => {
    secretScan.allow(DEFAULT_PASSWORD)
    const shown = run(['demo'], { NODE_OPTIONS: COUNT_REQUESTS })
    const unseen = spawn(process.execPath, [bin, 'demo'], { env: { NODE_OPTIONS: COUNT_REQUESTS } })
    unseen.stdout.destroy()
    const { status, stderr } = await ended(unseen)
    expect(status).toBe(0)
    expect(Number(stderr)).toBeLessThan(Number(shown.stderr))
  })

  it.runIf(existsSync('/dev/full'))('does not end with 0 when its result is lost', async () => {
    const simulator = await startSimulator()
    const env = signedIn(simulator, ALLAN)
    try {
      const lost = await shell(`"$NODE" "$BIN" delegate list ${ALLAN} > /dev/full`, env)
      expect(lost.status).toBe(4)
      expect(lost.stderr).toBe(
        'ews-delegates: The result could not be written: no space left on device (ENOSPC).\nWhat was done stays done.\n',
      )
      const json = await shell(`"$NODE" "$BIN" delegate list ${ALLAN} -o json > /dev/full`, env)
      expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'ERR_OUTPUT', exitCode: 4 } })
      expect((await shell(`"$NODE" "$BIN" --help > /dev/full`)).status).toBe(4)
      expect((await shell(`"$NODE" "$BIN" --version > /dev/full`)).status).toBe(4)

      const refused = await shell(`"$NODE" "$BIN" delegate add ${ALLAN} nobody@contoso.com 2> /dev/full`, env)
      expect(refused.status).toBe(3)
      const wrong = await shell(`"$NODE" "$BIN" delegate lst > /dev/full 2> /dev/full`)
      expect(wrong.status).toBe(2)
    } finally {
      await simulator.close()
    }
  })

  it.runIf(process.platform !== 'win32')(
    'waits for the answer to a write after Ctrl-C, and says so',
    async () => {
      const server = await slowServer(1_500)
      try {
        const child = spawn(process.execPath, [bin, ...ADD], { env: server.env })
        const end = ended(child)
        await server.asked
        child.kill('SIGINT')
        expect(await end).toEqual({
          status: 0,
          stdout: `${MEGAN}: added\n`,
          stderr: 'Waiting for the answer to what was sent; Ctrl-C again ends at once.\n',
        })
      } finally {
        server.close()
      }
    },
  )

  it.runIf(process.platform !== 'win32')(
    'ends at once for a second Ctrl-C, and says what is not known',
    async () => {
      const server = await slowServer(undefined)
      try {
        const child = spawn(process.execPath, [bin, ...ADD], { env: server.env })
        const end = ended(child)
        await server.asked
        child.kill('SIGINT')
        await heard(child.stderr, 'Waiting for the answer')
        child.kill('SIGINT')
        const { status, stderr } = await end
        expect(status).toBe(130)
        expect(stderr.split('\n').slice(1)).toEqual([
          'ews-delegates: The call was stopped.',
          `It is not known whether the change was made. See how things stand: ews-delegates delegate list ${ALLAN}`,
          '',
        ])
      } finally {
        server.close()
      }
    },
  )

  it.runIf(process.platform !== 'win32')(
    'says it in JSON where that was asked for, and nothing else',
    async () => {
      const server = await slowServer(undefined)
      try {
        const har = join(folder, 'stopped.har')
        const argv = [bin, ...ADD, '-o', 'json', '--trace-file', har]
        const child = spawn(process.execPath, argv, { env: server.env })
        const end = ended(child)
        await server.asked
        child.kill('SIGINT')
        await pause(600)
        child.kill('SIGINT')
        const { status, stderr } = await end
        expect(status).toBe(130)
        expect(JSON.parse(stderr)).toEqual({
          error: expect.objectContaining({
            code: 'ERR_ABORTED',
            exitCode: 130,
            mayHaveHappened: true,
            check: `ews-delegates delegate list ${ALLAN}`,
          }),
        })
        // What was taken down is whole, too.
        const written = readFileSync(har, 'utf8')
        secretScan.capture('HAR of a process', written)
        expect(JSON.parse(written)).toMatchObject({ log: { version: '1.2' } })
      } finally {
        server.close()
      }
    },
  )

  it.runIf(process.platform !== 'win32')(
    'names the command that goes on with a run after a second Ctrl-C, which does nothing twice',
    async () => {
      // The change is made, and nobody is told.
      const simulator = await startSimulator({
        faults: [
          { kind: 'latency', operation: 'AddDelegate', milliseconds: 600_000, when: 'after', count: 1 },
        ],
      })
      const grants = join(folder, 'grants.json')
      const journal = join(folder, 'run.jsonl')
      const mailbox = { mailbox: ALLAN, delegates: [{ user: MEGAN, calendar: 'Editor' }] }
      writeFileSync(grants, JSON.stringify({ version: 1, mode: 'additive', mailboxes: [mailbox] }))
      const env = signedIn(simulator, 'admin@contoso.com')
      const argv = [bin, 'apply', grants, '--yes', '--journal', journal]
      try {
        const child = spawn(process.execPath, argv, { env })
        const end = ended(child)
        await until(() => simulator.faults.list()[0]?.struck === 1)
        child.kill('SIGINT')
        await heard(child.stderr, 'Waiting for the answer')
        child.kill('SIGINT')
        const { status, stderr } = await end
        expect(status).toBe(130)
        expect(stderr.split('\n').slice(-3)).toEqual([
          'ews-delegates: The run was stopped.',
          `It is not known whether the changes under way were made. This reads that first, and goes on without doing anything twice: ews-delegates apply --resume ${journal}`,
          '',
        ])
        const resumed = await ended(spawn(process.execPath, [bin, 'apply', '--resume', journal], { env }))
        expect(resumed).toMatchObject({ status: 0, stdout: expect.stringContaining(`${ALLAN}: changed`) })
        expect(simulator.faults.list()[0]?.seen).toBe(1)
      } finally {
        await simulator.close()
      }
    },
  )

  it.runIf(process.platform !== 'win32')('waits for nothing that only looks', async () => {
    const server = await slowServer(undefined)
    try {
      const child = spawn(process.execPath, [bin, 'delegate', 'list', ALLAN], { env: server.env })
      const end = ended(child)
      await server.asked
      child.kill('SIGINT')
      expect(await end).toEqual({
        status: 130,
        stdout: '',
        stderr: 'ews-delegates: The call was stopped.\n',
      })
    } finally {
      server.close()
    }
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('simulate runs until %s, then ends with 0', async (signal) => {
    secretScan.allow(DEFAULT_PASSWORD)
    const child = spawn(process.execPath, [bin, 'simulate', '--output', 'json'], { env: {} })
    try {
      const { url } = JSON.parse(await firstLine(child)) as { url: string }
      expect((await fetch(url)).status).toBe(404)
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
      child.kill(signal)
      expect(await ended).toBe(0)
      await expect(fetch(url)).rejects.toThrow()
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('is held by no idle connection after the demonstration', () => {
    secretScan.allow(DEFAULT_PASSWORD)
    // Node says so when a program ends while something is open, instead of waiting for that to close.
    const { status, stderr } = run(['demo'], { NODE_OPTIONS: '--trace-exit' })
    expect(status).toBe(0)
    expect(stderr).toContain('Exited the environment with code 0')
  })
})
