import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { grantsFile, readGrants } from '../../src/plan/grants.ts'
import { readJournal } from '../../src/plan/journal.ts'
import { readJournalState } from '../../src/plan/journal-state.ts'
import { plan } from '../../src/plan/plan.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { bundle } from '../helpers/bundle.ts'

const KILLS = 100
const MAILBOXES = 60

let directory: string
let child: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kill-'))
  child = await bundle(join(import.meta.dirname, 'kill-child.ts'), directory)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Numbers that look random and are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

/** When to kill: some milliseconds after the server has answered a number of requests of this run. */
interface Instant {
  readonly requests: number
  readonly milliseconds: number
}

/** Runs the program, to its end or to that instant. */
function run(
  args: readonly string[],
  simulator: Simulator,
  instant: Instant | undefined,
): Promise<{ killed: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const program = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const from = simulator.requests.entries().length
    let output = ''
    let watch: NodeJS.Timeout | undefined
    const hear = (chunk: Buffer) => {
      output += chunk.toString()
      if (!instant || watch || !output.includes('ready')) return
      watch = setInterval(() => {
        if (simulator.requests.entries().length - from < instant.requests) return
        clearInterval(watch)
        setTimeout(() => program.kill('SIGKILL'), instant.milliseconds)
      }, 1)
    }
    program.stdout.on('data', hear)
    program.stderr.on('data', hear)
    program.on('error', reject)
    program.on('close', (_code, signal) => {
      clearInterval(watch)
      resolve({ killed: signal === 'SIGKILL', output })
    })
  })
}

const grants = `version: 1
roles:
  assistant: { calendar: Editor, inbox: Reviewer, privateItems: true }
defaults:
  deliverMeetingRequests: NoForward
  delegates:
    - { user: ann@contoso.com, role: assistant }
  folders:
    - folder: tasks
      permissions: [{ user: ben@contoso.com, level: Author }]
    - folder: calendar
      permissions: [{ user: Default, level: Reviewer }]
mailboxes:
${Array.from({ length: MAILBOXES }, (_, index) => `  - mailbox: owner${index}@contoso.com\n`).join('')}`
/** Of each mailbox: the delegate with the delivery, and two folders. */
const WRITES_PER_MAILBOX = 3

function newExchange(): Promise<Simulator> {
  return startSimulator({
    tenant: {
      domain: 'contoso.com',
      password: 'Delegate-123',
      mailboxes: [
        ...Array.from({ length: MAILBOXES }, (_, index) => ({ address: `owner${index}@contoso.com` })),
        ...['ann', 'ben', 'admin'].map((name) => ({ address: `${name}@contoso.com` })),
      ],
      administrators: ['admin@contoso.com'],
    },
  })
}

test(`killed ${KILLS} times at any instant, a run finishes with every step accounted for and none done twice`, async () => {
  const next = random(20270401)
  const file = join(directory, 'grants.yaml')
  await writeFile(file, grants)
  let kills = 0
  let runs = 0
  let found = 0
  const chain = async () => {
    while (kills < KILLS) {
      await using simulator = await newExchange()
      const journal = join(directory, `run-${runs++}.jsonl`)
      for (;;) {
        const instant = { requests: Math.floor(next() * 24), milliseconds: next() * 8 }
        const { killed, output } = await run(
          [simulator.ews, file, journal],
          simulator,
          kills < KILLS ? instant : undefined,
        )
        if (!killed) {
          expect(output).toBe('ready\ndone\n')
          break
        }
        kills++
      }
      found += await expectFinished(simulator, file, journal)
    }
  }
  // Two at a time: most of the time is the program starting.
  await Promise.all([chain(), chain()])
  expect(kills).toBeGreaterThanOrEqual(KILLS)
  // Some kills came between a change and its result, or the test would prove little.
  expect(found).toBeGreaterThan(10)
}, 180_000)

/** @returns how many steps had happened without the journal knowing. */
async function expectFinished(simulator: Simulator, file: string, journal: string): Promise<number> {
  let found = 0
  const writes = simulator.requests
    .operations()
    .filter(({ operation }) => /^(?:Add|Update|Remove)/.test(operation ?? ''))
  const byMailbox = new Map<string, string[]>()
  for (const { operation = '', requestBody } of writes) {
    const owner = /<t:ConnectingSID><t:\w+>([^<]+)</.exec(requestBody)?.[1] ?? '?'
    const folder =
      operation === 'UpdateFolder' ? (/<t:FolderId Id="([^"]+)"/.exec(requestBody)?.[1] ?? '?') : ''
    byMailbox.set(owner, [...(byMailbox.get(owner) ?? []), `${operation} ${folder}`])
  }
  expect([...byMailbox.keys()].length).toBe(MAILBOXES)
  for (const done of byMailbox.values()) {
    expect(done).toHaveLength(WRITES_PER_MAILBOX)
    expect(new Set(done).size).toBe(WRITES_PER_MAILBOX)
  }

  const state = await readJournalState(journal)
  expect(state.complete).toBe(true)
  expect(state.finished.size).toBe(MAILBOXES)
  expect(state.open.size).toBe(0)
  const steps = new Map<string, number>()
  for await (const record of readJournal(journal)) {
    if (record.type === 'begin')
      for (const index of record.steps.keys()) steps.set(`${record.mailbox} ${index}`, 0)
    if (record.type === 'step') {
      const key = `${record.mailbox} ${record.step}`
      steps.set(key, (steps.get(key) ?? Number.NaN) + 1)
      if (record.found) found++
    }
  }
  expect([...steps.values()].every((count) => count === 1)).toBe(true)

  const backend = ewsBackend({
    clientFor: (mailbox) =>
      new EwsClient({
        url: simulator.ews,
        auth: basic({ user: 'admin@contoso.com', password: 'Delegate-123' }),
        impersonate: mailbox,
      }),
  })
  const { mailboxes } = await readGrants([grantsFile(file)])
  for await (const again of plan(mailboxes, { backend }))
    expect(again).toMatchObject({ steps: [], blocked: [] })
  return found
}
