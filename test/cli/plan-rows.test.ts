import { expect, test } from 'vitest'
import { planRows } from '../../src/cli/plan-rows.ts'

test('a table of a plan tells what has to be known of it, not all that is not described', () => {
  const mailbox = 'owner@contoso.com'
  const rows = planRows({
    mailbox,
    steps: [],
    blocked: [],
    notes: [
      { kind: 'orphan', folder: 'calendar', user: 'S-1-5-21-9', text: 'It belongs to a deleted account.' },
      { kind: 'orphan', text: 'A delegate cannot be read.' },
      { kind: 'unknown', user: 'ann', text: 'ann is not in the directory.' },
      { kind: 'unmanaged-entry', folder: 'inbox', user: 'ben', text: 'ben has Editor and is not described.' },
      { kind: 'unmanaged-delegate', user: 'ben', text: 'ben is a delegate and is not described.' },
      { kind: 'unmanaged-orphan', folder: 'inbox', user: 'S-1-5-21-8', text: 'It cannot be written back.' },
      { kind: 'default', folder: 'inbox', user: 'Default', text: 'Default had no entry.' },
    ],
  })
  expect(rows.map(([at, change, what, user, , , text]) => [at, change, what, user, text])).toEqual([
    [mailbox, 'note', 'calendar', 'S-1-5-21-9', 'It belongs to a deleted account.'],
    [mailbox, 'note', undefined, undefined, 'A delegate cannot be read.'],
    [mailbox, 'note', 'delegate', 'ann', 'ann is not in the directory.'],
    [mailbox, 'note', 'inbox', 'Default', 'Default had no entry.'],
  ])
})
