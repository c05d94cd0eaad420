import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { Context } from '../../src/cli/context.ts'
import { showResults } from '../../src/cli/run-apply.ts'
import { ConnectionError } from '../../src/errors.ts'
import { applyGrants, applyPlans } from '../../src/plan/apply.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { Journal, type JournalFile } from '../../src/plan/journal.ts'
import { readJournalState } from '../../src/plan/journal-state.ts'
import { plan } from '../../src/plan/plan.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const directory = await mkdtemp(join(tmpdir(), 'run-apply-'))
afterAll(() => rm(directory, { recursive: true }))

function contextWith(signal: AbortSignal) {
  const stdout = new PassThrough()
  const io = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), env: {}, cwd: directory, signal }
  return { context: new Context(io as never, 'text', { columns: 80 } as never), stdout }
}

const ANN = { smtpAddress: 'ann@contoso.com' }
const desiredFor = (mailbox: string): DesiredMailbox => ({
  mailbox,
  mode: 'additive',
  folders: [{ folder: 'inbox', permissions: [{ user: ANN, grant: 'Author' }] }],
})

test.each([
  [1, 'The run was stopped; 1 mailbox was not done.'],
  [3, 'The run was stopped; 3 mailboxes were not done.'],
])('mailboxes that were stopped before their write count as not done: %d', async (count, message) => {
  const backend = new MemoryBackend()
  const stop = new AbortController()
  const owners = Array.from({ length: count }, (_, index) => `owner${index}@contoso.com`)
  for (const owner of owners) backend.add(owner)
  backend.onApply = () => {
    stop.abort()
    throw new ConnectionError('ERR_ABORTED', 'The call was stopped.')
  }
  const journal = await Journal.create(join(directory, `stopped-${count}.jsonl`))
  const { context, stdout } = contextWith(stop.signal)
  const { signal } = stop
  const results = applyGrants(owners.map(desiredFor), { backend, journal, signal })
  const { problem } = await showResults(context, results, journal, count)
  expect(problem).toMatchObject({ exitCode: 130, code: 'ERR_ABORTED', message })
  expect(String(stdout.read())).toBe(`\n${count} skipped.\n`)
})

test('a disk that is full ends the run, with what was done and is not on record, and how to go on', async () => {
  const backend = new MemoryBackend()
  const owners = Array.from({ length: 10 }, (_, index) => `owner${index}@contoso.com`)
  for (const owner of owners) backend.add(owner)
  const path = join(directory, 'run.jsonl')
  let full = false
  const journal = await Journal.create(path, {
    wrap: (file): JournalFile => ({
      write: ((bytes: Buffer, at: number) => {
        full ||= bytes.includes('"type":"step","mailbox":"owner1@')
        return full ? Promise.reject(new Error('ENOSPC: no space left')) : file.write(bytes, at)
      }) as never,
      datasync: () => file.datasync(),
      close: () => file.close(),
    }),
  })
  const { context, stdout } = contextWith(new AbortController().signal)
  const results = applyGrants(owners.map(desiredFor), { backend, journal, concurrency: 1 })
  const { problem } = await showResults(context, results, journal, owners.length)
  expect(problem).toMatchObject({ exitCode: 4, code: 'ERR_JOURNAL', hint: expect.stringContaining(path) })
  expect(backend.writes).toHaveLength(2)
  expect(problem?.message).toBe(
    `The journal ${path} cannot be written: ENOSPC: no space left. The run was stopped. 8 mailboxes were not done. The journal holds what was intended, and not that it was done, for owner1@contoso.com; going on reads these first and does nothing twice.`,
  )
  expect(String(stdout.read())).toMatch(/owner0@contoso\.com: changed[\s\S]*\n2 changed, 8 skipped\.\n/)
})

test('Ctrl-C while a change is read back leaves it as changed, and says that it was not compared', async () => {
  const backend = new MemoryBackend()
  const owners = ['owner0@contoso.com', 'owner1@contoso.com']
  for (const owner of owners) backend.add(owner)
  const stop = new AbortController()
  backend.onApply = (when) => {
    if (when === 'after') stop.abort()
  }
  backend.onRead = () => {
    if (stop.signal.aborted) throw new ConnectionError('ERR_ABORTED', 'The call was stopped.')
  }
  const journal = await Journal.create(join(directory, 'not-compared.jsonl'))
  const { context, stdout } = contextWith(stop.signal)
  const { signal } = stop
  const results = applyGrants(owners.map(desiredFor), { backend, journal, signal, concurrency: 1 })
  const { problem } = await showResults(context, results, journal, owners.length)
  expect(problem).toMatchObject({ exitCode: 130, message: 'The run was stopped; 1 mailbox was not done.' })
  expect(String(stdout.read())).toBe(
    'owner0@contoso.com: changed\n  ! The run was stopped before this was read back and compared.\n\n1 changed, 1 skipped.\n',
  )
})

test.each([
  [1, 'one mailbox has something that was not'],
  [2, '2 mailboxes have something that was not'],
])('mailboxes that failed are counted in words that fit: %d', async (count, words) => {
  const backend = new MemoryBackend()
  backend.add('owner9@contoso.com')
  const owners = Array.from({ length: count }, (_, index) => `owner${index}@contoso.com`)
  const journal = await Journal.create(join(directory, `failed-${count}.jsonl`))
  const { context } = contextWith(new AbortController().signal)
  const results = applyGrants([...owners, 'owner9@contoso.com'].map(desiredFor), { backend, journal })
  const { problem } = await showResults(context, results, journal, count + 1)
  expect(problem).toMatchObject({
    exitCode: 4,
    message: `Part of it was done: ${words}; the reasons stand above.`,
    hint: expect.stringMatching(/^When (?:it is|they are) mended: .*--resume/),
  })
})

test('what a saved plan may have done before somebody changed it needs a new plan, and is not called nothing', async () => {
  const backend = new MemoryBackend()
  const mailbox = 'owner0@contoso.com'
  backend.add(mailbox)
  const wanted: DesiredMailbox = {
    mailbox,
    mode: 'additive',
    delegates: [{ user: ANN, levels: { calendar: 'Editor' } }],
    folders: [],
  }
  const path = join(directory, 'doubtful.jsonl')
  const plans = []
  for await (const made of plan([wanted], { backend })) plans.push(made)
  const begun = await Journal.create(path)
  await begun.commit({ type: 'begin', mailbox, steps: plans[0]?.steps ?? [] })
  await begun.close()
  // Made, and killed before the result was on record.
  for await (const _ of applyPlans(plans, { backend })) backend.grant(mailbox, 'calendar', ANN, 'Owner')
  const journal = await Journal.resume(path)
  const { context } = contextWith(new AbortController().signal)
  const results = applyPlans(plans, { backend, journal, resume: await readJournalState(path) })
  const { problem } = await showResults(context, results, journal, 1, { planned: 'plan' })
  expect(problem).toMatchObject({
    exitCode: 3,
    message: 'Nothing is known to have been done; the reasons stand above.',
    hint: 'A new plan is needed for one mailbox; going on with this one does not help there.',
  })
})
