import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// The program as a process: what main() alone cannot show.
let folder: string
let bin: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ews-delegates-bin-'))
  bin = join(folder, 'bin.mjs')
  await build({
    entryPoints: { bin: 'src/cli/bin.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { __VERSION__: '"0.0.0-test"' },
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (argv: readonly string[]) =>
  spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8', env: {} })

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

  it.each(['SIGTERM', 'SIGINT'] as const)('simulate runs until %s, then ends with 0', async (signal) => {
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
    const started = performance.now()
    expect(run(['demo']).status).toBe(0)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
