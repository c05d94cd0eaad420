import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { MailboxStep } from '../../src/model/mailbox-step.ts'
import { type JournalRecord, readJournal, readJournalHeader } from '../../src/plan/journal.ts'
import { JournalError } from '../../src/plan/journal-error.ts'
import { readJournalState } from '../../src/plan/journal-state.ts'
import { planRevert } from '../../src/plan/revert.ts'

const directory = await mkdtemp(join(tmpdir(), 'journal-'))
afterAll(() => rm(directory, { recursive: true }))
const path = join(directory, 'run.jsonl')

const OWNER = 'owner@contoso.com'
const STEP: MailboxStep = {
  type: 'folder',
  folder: 'inbox',
  changes: [{ user: { smtpAddress: 'ann@contoso.com' }, after: 'Editor' }],
}
const HEADER = { type: 'run', journal: 1, started: '2026-01-01T00:00:00.000Z' }
const BEGIN = { type: 'begin', mailbox: OWNER, steps: [STEP] }

async function lines(...values: readonly unknown[]): Promise<void> {
  await writeFile(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const value of source) found.push(value)
  return found
}

describe('a journal with a line of another shape is refused, with the line, by whatever reads it', () => {
  test.each<unknown>([
    null,
    'x',
    5,
    [[]],
    {},
    { type: 'stop' },
    { type: 'step' },
    { type: 'step', mailbox: OWNER, step: '0', outcomes: [true] },
    { type: 'step', mailbox: OWNER, step: -1, outcomes: [true] },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: true },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [false] },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [null] },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [{ code: 5, message: 'No.' }] },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [{}] },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [true], already: ['0'] },
    { type: 'step', mailbox: 5, step: 0, outcomes: [true] },
    { type: 'begin', mailbox: 5, steps: [] },
    { type: 'begin', mailbox: OWNER },
    { type: 'begin', mailbox: OWNER, steps: [null] },
    { type: 'begin', mailbox: OWNER, steps: [], ground: { read: null, fingerprint: '' } },
    { type: 'end', mailbox: OWNER },
    { type: 'end', mailbox: OWNER, status: 'done' },
    { type: 'end', mailbox: [], status: 'changed' },
    { type: 'end', mailbox: OWNER, status: 'changed', reasons: [5] },
    { type: 'finish' },
    { type: 'resume', at: 5 },
  ])('%j', async (line) => {
    await lines(HEADER, BEGIN, line, { type: 'finish', at: '' })
    const damaged = `Line 3 of the journal ${path} is damaged.`
    for (const read of [
      () => readJournalState(path),
      () => all(readJournal(path)),
      () => all(planRevert(path)),
    ]) {
      const error = await read().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(JournalError)
      expect((error as JournalError).message).toBe(damaged)
    }
  })

  test.each<object>([
    { started: 5 },
    { source: 'grants.csv' },
    { source: { kind: 'grants', names: [5], sha256: '' } },
    { source: { kind: 'grant', names: [], sha256: '' } },
    { options: 'all' },
    { options: { mode: 'Exact' } },
    { options: { endpoint: {} } },
    { options: { impersonateOwners: 'no' } },
    { options: { trustEmptyLists: 1 } },
  ])('its first one: %j', async (given) => {
    await lines({ ...HEADER, ...given })
    await expect(readJournalHeader(path)).rejects.toThrow(`Line 1 of the journal ${path} is damaged.`)
  })
})

test.each(['mailbox,user\n', '"x"\n', 'null\n', '{"type":"plan","plan":1}\n', '{"mailboxes":[]}\n'])(
  'what is no journal is told as that (%j)',
  async (content) => {
    await writeFile(path, content)
    for (const read of [() => readJournalState(path), () => readJournalHeader(path)])
      await expect(read()).rejects.toThrow(`${path} is not a journal of this program.`)
  },
)

test('a journal of another version is told as that, whatever its lines look like', async () => {
  await lines({ type: 'run', journal: 2, begun: 'today' })
  await expect(readJournalHeader(path)).rejects.toThrow('has version 2; this program reads 1')
})

test('a result of a step that was not intended is none', async () => {
  const step = { type: 'step', mailbox: OWNER, step: 4_000_000_000, outcomes: [true] }
  await lines(HEADER, BEGIN, step)
  const { open } = await readJournalState(path)
  expect(open.get(OWNER)?.attempts[0]?.outcomes).toEqual([undefined])
})

test('every line that a run writes is read as it was written', async () => {
  const options = {
    mode: 'exact',
    format: 'csv',
    dropOrphans: true,
    impersonateOwners: false,
    trustEmptyLists: true,
    endpoint: 'https://mail.contoso.com/EWS/Exchange.asmx',
  }
  const records = [
    { ...HEADER, source: { kind: 'plan', names: ['x.plan'], sha256: 'aa' }, options },
    {
      ...BEGIN,
      ground: { read: { delegates: true, folders: ['inbox'] }, fingerprint: 'aa' },
    },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [{ code: 'moved', message: 'No.' }], already: [0] },
    { type: 'end', mailbox: OWNER, status: 'partly', reasons: ['No.'] },
    { type: 'resume', at: '2026-01-01T00:00:00.000Z' },
    { type: 'step', mailbox: OWNER, step: 0, outcomes: [true], found: true },
    // A library may have been given what is no address; its mailbox then ends so, and the journal is none the worse.
    { type: 'end', mailbox: 'owner', status: 'failed' },
    { type: 'finish', at: '2026-01-01T00:00:00.000Z' },
  ]
  await lines(...records)
  expect(await all(readJournal(path))).toEqual(records as JournalRecord[])
})
