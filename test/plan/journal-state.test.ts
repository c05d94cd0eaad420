import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { MailboxStep } from '../../src/model/mailbox-step.ts'
import { Journal, type JournalRecord } from '../../src/plan/journal.ts'
import { readJournaledMailboxes, readJournalState } from '../../src/plan/journal-state.ts'

const directory = await mkdtemp(join(tmpdir(), 'journal-state-'))
afterAll(() => rm(directory, { recursive: true, force: true }))

const steps: readonly MailboxStep[] = [
  { type: 'folder', folder: 'calendar', changes: [{ user: { smtpAddress: 'u@x.de' }, after: 'Author' }] },
]
const begin = (mailbox: string): JournalRecord => ({ type: 'begin', mailbox, steps })
const step = (mailbox: string): JournalRecord => ({ type: 'step', mailbox, step: 0, outcomes: [true] })
const end = (mailbox: string, status: 'changed' | 'failed'): JournalRecord => ({
  type: 'end',
  mailbox,
  status,
})

test('of a resumed run each mailbox comes whole, when nothing more is said of it', async () => {
  const path = join(directory, 'resumed.jsonl')
  const first = await Journal.create(path)
  for (const record of [
    begin('again@x.de'),
    end('again@x.de', 'failed'),
    end('unread@x.de', 'failed'),
    begin('once@x.de'),
    begin('killed@x.de'),
    step('once@x.de'),
    end('once@x.de', 'changed'),
  ])
    first.append(record)
  await first.close()
  const second = await Journal.resume(path)
  second.append(begin('Again@x.de'))
  second.append(step('Again@x.de'))
  second.append(end('Again@x.de', 'changed'))
  await second.close()

  const came: unknown[] = []
  for await (const { mailbox, attempts, status } of readJournaledMailboxes(path))
    came.push([mailbox, attempts.map(({ outcomes }) => outcomes), status])
  expect(came).toEqual([
    ['killed@x.de', [[undefined]], undefined],
    ['once@x.de', [[[true]]], 'changed'],
    ['again@x.de', [[undefined], [[true]]], 'changed'],
  ])
})

test('what is written into a journal while it is walked does not come', async () => {
  const path = join(directory, 'growing.jsonl')
  const journal = await Journal.create(path)
  // More than is read ahead.
  const mailboxes = Array.from({ length: 3000 }, (_, index) => `m${index}@x.de`)
  for (const mailbox of mailboxes) journal.append(begin(mailbox))
  await journal.close()
  const came: string[] = []
  for await (const { mailbox } of readJournaledMailboxes(path)) {
    if (came.length === 0) await appendFile(path, `${JSON.stringify(begin('late@x.de'))}\n`)
    came.push(mailbox)
  }
  expect(came).toEqual(mailboxes)
})

test('a result that does not fit its step tells nothing of it', async () => {
  const path = join(directory, 'unfit.jsonl')
  const journal = await Journal.create(path)
  const delivery = { after: 'NoForward' } as const
  const user = { smtpAddress: 'u@x.de' }
  const four: readonly MailboxStep[] = [
    { type: 'delegates', action: 'update', changes: [{ user }], delivery },
    { type: 'folder', folder: 'inbox', changes: [], drops: ['S-1-5-21-1'] },
    ...steps,
    { type: 'folder', folder: 'tasks', changes: [] },
  ]
  const results = (...outcomes: readonly (readonly true[])[]) => {
    journal.append({ type: 'begin', mailbox: 'a@x.de', steps: four })
    for (const [index, each] of outcomes.entries())
      journal.append({ type: 'step', mailbox: 'a@x.de', step: index, outcomes: each, already: [0] })
  }
  results([true], [], [true, true], [true, true])
  results([true, true], [true], [true], [])
  await journal.close()
  const { open } = await readJournalState(path)
  expect(open.get('a@x.de')?.attempts.map(({ outcomes, already }) => [outcomes, already])).toEqual([
    [four.map(() => undefined), four.map(() => undefined)],
    [[[true, true], [true], [true], []], four.map(() => [0])],
  ])
})
