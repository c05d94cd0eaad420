import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readJournalState } from '../../src/plan/journal-state.ts'
import { DEFAULT_PASSWORD, startSimulator } from '../../src/simulator/index.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'grants.md'), 'utf8')
const program = /\n## In a program\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? ''

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'grants-page-'))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
})

test('the program of the page on grants is JavaScript as every supported Node.js reads it', () => {
  const path = join(directory, 'program.mjs')
  writeFileSync(path, program)
  const { status, stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' })
  expect({ status, stderr }).toMatchObject({ status: 0 })
  // Newer versions than the oldest one that is supported take it.
  expect(program).not.toMatch(/\bawait using\b/)
})

test('the program of the page on grants plans, applies and leaves a journal that is complete', async () => {
  const exchange = await startSimulator({
    tenant: {
      domain: 'contoso.com',
      mailboxes: ['allan', 'adele', 'svc-grants'].map((name) => ({ address: `${name}@contoso.com` })),
      administrators: ['svc-grants@contoso.com'],
    },
  })
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => void lines.push(words.join(' ')))
  try {
    vi.stubEnv('EWS_PASSWORD', DEFAULT_PASSWORD)
    const [grants, journal] = [join(directory, 'grants.csv'), join(directory, 'run.jsonl')]
    writeFileSync(grants, 'mailbox,user,calendar\nallan@contoso.com,adele@contoso.com,Editor\n')
    const path = join(directory, 'program.ts')
    const text = program
      .replace("'ews-delegates'", JSON.stringify(join(root, 'src', 'index.ts')))
      .replace('https://mail.contoso.com/EWS/Exchange.asmx', exchange.ews)
      .replace("'grants.yaml'", JSON.stringify(grants))
      .replace("'run.jsonl'", JSON.stringify(journal))
    writeFileSync(path, text)
    await import(path)
    expect(lines).toEqual(['allan@contoso.com 1', 'allan@contoso.com changed'])
    expect((await readJournalState(journal)).complete).toBe(true)
  } finally {
    log.mockRestore()
    await exchange.close()
  }
})
