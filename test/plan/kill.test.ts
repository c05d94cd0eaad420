import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import type { Backend } from '../../src/backends/backend.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import { grantsFile, readGrants } from '../../src/plan/grants.ts'
import { Journal, readJournal } from '../../src/plan/journal.ts'
import { readJournalState } from '../../src/plan/journal-state.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { plan } from '../../src/plan/plan.ts'
import { PlanWriter } from '../../src/plan/plan-file.ts'
import { planRevert } from '../../src/plan/revert.ts'
import { type Fault, type LoggedRequest, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { bundle } from '../helpers/bundle.ts'
import { secretScan } from '../secrets/secret-scan.ts'

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

/** What is killed: a run with its own file, on an Exchange in the state it begins with. */
interface Subject {
  readonly kills: number
  readonly faults: readonly Fault[]
  /** @returns the file to apply. */
  prepare(simulator: Simulator, run: number): Promise<string>
  /** What the grants find to do when the run is over: nothing, or everything. */
  readonly left: 'nothing' | 'everything'
  /** Per mailbox. Putting back takes the delegate away in one write and the delivery in another. */
  readonly writes: number
}

const WRITES = ['AddDelegate', 'RemoveDelegate', 'UpdateDelegate', 'UpdateFolder']
/** Answers that are lost after the change was made, and writes that the server does not take yet. */
const FAULTS: readonly Fault[] = [
  { kind: 'drop', when: 'after', operation: WRITES, share: 0.2 },
  { kind: 'busy', backOff: 2, operation: WRITES, share: 0.15 },
  { kind: 'truncate', operation: WRITES, share: 0.15 },
]

const asFile = () => join(directory, 'grants.yaml')
async function asPlan(simulator: Simulator, run: number): Promise<string> {
  const { mailboxes } = await readGrants([grantsFile(asFile())])
  return save(`saved-${run}.plan`, plan(mailboxes, { backend: backendOf(simulator) }))
}
async function asRevert(simulator: Simulator, run: number): Promise<string> {
  const { mailboxes } = await readGrants([grantsFile(asFile())])
  const journal = await Journal.create(join(directory, `made-${run}.jsonl`))
  for await (const { status } of applyGrants(mailboxes, { backend: backendOf(simulator), journal }))
    expect(status).toBe('changed')
  await journal.close()
  return save(`back-${run}.plan`, planRevert(journal.path))
}

async function save(name: string, plans: AsyncIterable<MailboxPlan>): Promise<string> {
  const path = join(directory, name)
  const writer = await PlanWriter.create(path, { made: new Date().toISOString(), by: 'test' })
  for await (const made of plans) await writer.add(made)
  await writer.finish()
  return path
}

const SUBJECTS: Record<string, Subject> = {
  'a file of grants': { kills: 100, faults: [], prepare: async () => asFile(), left: 'nothing', writes: 3 },
  'a file of grants, with lost answers in between': {
    kills: 30,
    faults: FAULTS,
    prepare: async () => asFile(),
    left: 'nothing',
    writes: 3,
  },
  'a saved plan': { kills: 30, faults: [], prepare: asPlan, left: 'nothing', writes: 3 },
  'what puts a run back, with lost answers in between': {
    kills: 30,
    faults: FAULTS,
    prepare: asRevert,
    left: 'everything',
    writes: 4,
  },
}

test.each(Object.entries(SUBJECTS))(
  'killed again and again at any instant, %s is finished with every step accounted for and none done twice',
  async (_, subject) => {
    const next = random(20270401)
    await writeFile(asFile(), grants)
    let kills = 0
    let found = 0
    const chain = async () => {
      while (kills < subject.kills) {
        await using simulator = await newExchange()
        const number = runs++
        const file = await subject.prepare(simulator, number)
        simulator.requests.clear()
        simulator.faults.add(subject.faults)
        const journal = join(directory, `run-${number}.jsonl`)
        const requests: LoggedRequest[] = []
        for (;;) {
          // The first ones read. Between the answer to a write and its record is a moment.
          const instant = { requests: Math.floor(next() * 40), milliseconds: next() * next() * 8 }
          const { killed, output } = await run(
            [simulator.ews, file, journal],
            simulator,
            kills < subject.kills ? instant : undefined,
          )
          // The log keeps a thousand.
          requests.push(...simulator.requests.entries())
          simulator.requests.clear()
          if (!killed) {
            expect(output).toBe('ready\ndone\n')
            break
          }
          kills++
        }
        simulator.faults.clear()
        found += await expectFinished(simulator, requests, subject, journal)
      }
    }
    // Two at a time: most of the time is the program starting.
    await Promise.all([chain(), chain()])
    expect(kills).toBeGreaterThanOrEqual(subject.kills)
    // Some kills came between a change and its result, or the test would prove little.
    expect(found).toBeGreaterThan(subject.kills / 10)
  },
  180_000,
)
let runs = 0

/** @returns how many steps had happened without the journal knowing. */
async function expectFinished(
  simulator: Simulator,
  requests: readonly LoggedRequest[],
  subject: Subject,
  journal: string,
): Promise<number> {
  let found = 0
  const writes = requests.filter(
    ({ operation = '', fault }) => WRITES.includes(operation) && fault?.carriedOut !== false,
  )
  const byMailbox = new Map<string, string[]>()
  for (const { operation = '', requestBody } of writes) {
    const owner = /<t:ConnectingSID><t:\w+>([^<]+)</.exec(requestBody)?.[1] ?? '?'
    const folder =
      operation === 'UpdateFolder' ? (/<t:FolderId Id="([^"]+)"/.exec(requestBody)?.[1] ?? '?') : ''
    byMailbox.set(owner, [...(byMailbox.get(owner) ?? []), `${operation} ${folder}`])
  }
  expect([...byMailbox.keys()].length).toBe(MAILBOXES)
  for (const done of byMailbox.values()) {
    expect(done).toHaveLength(subject.writes)
    expect(new Set(done).size).toBe(subject.writes)
  }

  secretScan.capture('journal of a process', await readFile(journal, 'utf8'))
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

  const { mailboxes } = await readGrants([grantsFile(asFile())])
  for await (const again of plan(mailboxes, { backend: backendOf(simulator) })) {
    expect(again.blocked).toEqual([])
    expect(again.steps).toHaveLength(subject.left === 'nothing' ? 0 : WRITES_PER_MAILBOX)
  }
  return found
}

function backendOf(simulator: Simulator): Backend {
  return ewsBackend({
    clientFor: (mailbox) =>
      new EwsClient({
        url: simulator.ews,
        auth: basic({ user: 'admin@contoso.com', password: 'Delegate-123' }),
        impersonate: mailbox,
      }),
  })
}
