import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../src/simulator/index.ts'
import { readTenantFile } from '../src/simulator/tenant-file.ts'
import { runCli } from './cli/run-cli.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'from-a-spreadsheet.md'), 'utf8')
const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, kind, text = '']) => ({ kind, text }))

let exchange: Simulator
let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'spreadsheet-'))
  const [tenant] = blocks.splice(
    blocks.findIndex(({ kind }) => kind === 'yaml'),
    1,
  )
  const path = join(cwd, 'tenant.yaml')
  await writeFile(path, tenant?.text ?? '')
  exchange = await startSimulator({ tenant: await readTenantFile(path) })
})
afterAll(async () => {
  await exchange.close()
  await rm(cwd, { recursive: true })
})

test('the page “from a spreadsheet to applied grants” does what it says, in its order', async () => {
  const files = ['staff.csv', 'wrong.csv', 'roles.yaml', 'assistants.csv']
  const env = {
    EWS_URL: exchange.ews,
    EWS_USER: 'svc-grants@contoso.com',
    EWS_PASSWORD: DEFAULT_PASSWORD,
  }
  let printed = ''
  let commands = 0
  for (const { kind, text } of blocks) {
    if (kind === 'csv' || kind === 'yaml') {
      const name = files.shift() as string
      // As Excel saves it.
      await writeFile(join(cwd, name), kind === 'csv' ? `\uFEFF${text.replaceAll('\n', '\r\n')}` : text)
      if (name !== 'wrong.csv') continue
      const run = await runCli(['plan', name], { cwd, env })
      expect(run.code).toBe(2)
      printed = run.stderr.split('\n').slice(1, -2).join('\n').concat('\n')
    } else if (kind === 'text') expect(printed).toBe(text)
    else {
      for (const line of text.split('\n').filter((one) => one.startsWith('ews-delegates '))) {
        const { code, stdout, stderr } = await runCli(line.split(/\s+/).slice(1), { cwd, env })
        expect([line, code, code === 0 ? '' : stderr]).toEqual([line, 0, ''])
        printed = stdout
        commands++
      }
    }
  }
  expect(files).toEqual([])
  expect(commands).toBeGreaterThan(6)
  for (const owner of ['allan@contoso.com', 'megan@contoso.com']) {
    const left = await runCli(['delegate', 'list', owner, '--impersonate', owner, '--output', 'json'], {
      cwd,
      env,
    })
    expect(left.json().delegates).toEqual([])
  }
})
