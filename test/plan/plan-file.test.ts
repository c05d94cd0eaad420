import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { PlanWriter, readPlanFile } from '../../src/plan/plan-file.ts'
import { emptySummary } from '../../src/plan/plan-summary.ts'

const directory = await mkdtemp(join(tmpdir(), 'plan-file-'))
afterAll(() => rm(directory, { recursive: true }))
const path = join(directory, 'x.plan')

const HEADER = { type: 'plan', plan: 1, made: '2026-01-01T00:00:00.000Z', by: 'plan' }
const MAILBOX = { type: 'mailbox', mailbox: 'owner@contoso.com', steps: [], blocked: [], notes: [] }
const SUMMARY = { type: 'summary', ...emptySummary() }

async function read(...lines: readonly unknown[]): Promise<unknown> {
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return readPlanFile(path).catch((error: unknown) => error)
}

test.each<unknown>([
  null,
  'x',
  5,
  [[]],
  {},
  { type: 'mailboxes' },
  { type: 'mailbox' },
  { ...MAILBOX, mailbox: 5 },
  { ...MAILBOX, steps: null },
  { ...MAILBOX, steps: [null] },
  { ...MAILBOX, blocked: [null] },
  { ...MAILBOX, blocked: [{ folder: 'inbox' }] },
  { ...MAILBOX, blocked: [{ reason: 'No.', user: 5 }] },
  { ...MAILBOX, notes: ['x'] },
  { ...MAILBOX, notes: [{ kind: 'orphan' }] },
  { ...MAILBOX, notes: [{ kind: 'strange', text: 'Look.' }] },
  { ...MAILBOX, error: {} },
  { ...MAILBOX, error: 'No.' },
  { ...MAILBOX, error: { code: 'x', message: 'No.', hint: 5 } },
  { ...MAILBOX, ground: { read: {}, fingerprint: 'x' } },
  { type: 'summary', ...emptySummary(), mailboxes: 'all' },
])('a saved plan with a line of another shape is refused, with the line: %j', async (line) => {
  const error = await read(HEADER, MAILBOX, line, SUMMARY)
  expect(error).toBeInstanceOf(InvalidInputError)
  expect((error as Error).message).toContain(`${path}:3:1 `)
  // Nothing that a program says to itself.
  expect((error as Error).message).not.toMatch(/undefined|Cannot read|Cannot destructure|is not a function/)
})

test.each<unknown>([
  { ...HEADER, by: 5 },
  { ...HEADER, made: null },
  { ...HEADER, source: {} },
])('so is one with such a first line: %j', async (line) => {
  const error = await read(line, SUMMARY)
  expect(error).toBeInstanceOf(InvalidInputError)
  expect((error as Error).message).toContain(`${path}:1:1 `)
})

test('what is written is read as it was', async () => {
  const plans: MailboxPlan[] = [
    {
      mailbox: 'owner@contoso.com',
      steps: [{ type: 'folder', folder: 'inbox', changes: [], drops: ['S-1-1-0'] }],
      blocked: [{ reason: 'No.' }, { folder: 'inbox', user: 'ann', reason: 'No.' }],
      notes: [
        { kind: 'orphan', folder: 'inbox', user: 'S-1-1-0', text: 'Gone.' },
        { kind: 'unknown', text: 'Look.' },
      ],
      ground: { read: { delegates: false, folders: ['inbox'] }, fingerprint: 'aa' },
      moved: 'skip',
    },
    {
      mailbox: 'other@contoso.com',
      steps: [],
      blocked: [],
      notes: [],
      error: { code: 'ErrorAccessDenied', message: 'No.', hint: 'Ask.' },
    },
  ]
  const file = join(directory, 'written.plan')
  const source = { kind: 'grants', names: ['grants.csv'], sha256: 'aa' } as const
  const writer = await PlanWriter.create(file, { made: HEADER.made, by: 'plan', source })
  for (const plan of plans) await writer.add(plan)
  const summary = await writer.finish()
  const saved = await readPlanFile(file)
  expect(saved.header).toEqual({ ...HEADER, source })
  expect(saved.summary).toMatchObject(summary)
  const found: MailboxPlan[] = []
  for await (const plan of saved.mailboxes) found.push(plan)
  expect(found).toEqual(plans)
})
