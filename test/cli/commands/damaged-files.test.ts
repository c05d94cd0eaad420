import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptySummary } from '../../../src/plan/plan-summary.ts'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { runCli } from '../run-cli.ts'

// Files of the program's own travel, are edited and are cut off. Nothing of that is a mistake of the program.

let exchange: Simulator
let cwd: string
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'damaged-'))
  exchange = await startSimulator()
})
afterAll(async () => {
  await exchange.close()
  rmSync(cwd, { recursive: true })
})

const run = (...argv: string[]) =>
  runCli(argv, {
    cwd,
    env: { EWS_URL: exchange.ews, EWS_USER: 'admin@contoso.com', EWS_PASSWORD: DEFAULT_PASSWORD },
  })
const write = (name: string, ...lines: readonly unknown[]) =>
  writeFileSync(join(cwd, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

const HEADER = { type: 'run', journal: 1, started: '2026-01-01T00:00:00.000Z' }
const SOURCE = { kind: 'grants', names: ['grants.csv'], sha256: 'aa' }

test.each<unknown>([{ type: 'step' }, 'x', { type: 'end', mailbox: 5, status: 'changed' }])(
  'a journal that holds %j is refused in a sentence by revert and by --resume',
  async (line) => {
    write('run.jsonl', { ...HEADER, source: SOURCE }, line)
    for (const argv of [
      ['revert', 'run.jsonl', '--yes'],
      ['apply', '--resume', 'run.jsonl', '--yes'],
    ]) {
      const { code, stdout, stderr } = await run(...argv)
      expect([argv, stdout, stderr]).toEqual([
        argv,
        '',
        expect.stringMatching(/Line 2 of the journal \S*run\.jsonl is damaged\./),
      ])
      expect(code).toBe(2)
    }
  },
)

test.each<object>([{ blocked: [null] }, { error: {} }, { notes: 'none' }])(
  'a saved plan whose mailbox has %j is refused in a sentence',
  async (given) => {
    const mailbox = { type: 'mailbox', mailbox: 'AllanD@contoso.com', steps: [], blocked: [], notes: [] }
    write(
      'x.plan',
      { type: 'plan', plan: 1, made: HEADER.started, by: 'plan' },
      { ...mailbox, ...given },
      { type: 'summary', ...emptySummary() },
    )
    const { code, stdout, stderr } = await run('apply', 'x.plan', '--yes')
    expect([stdout, stderr]).toEqual(['', expect.stringMatching(/x\.plan:2:1 Here .* should stand\./)])
    expect(code).toBe(2)
  },
)

test('a list of mailboxes that Windows PowerShell wrote is read', async () => {
  writeFileSync(join(cwd, 'list.txt'), Buffer.from('\uFEFFAllanD@contoso.com\r\n', 'utf16le'))
  const { code, stdout } = await run('export', '--mailboxes', 'list.txt')
  expect([code, stdout]).toEqual([0, expect.stringContaining('mailbox: AllanD@contoso.com')])
})
