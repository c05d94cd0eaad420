import { expect, test } from 'vitest'
import { noticeText } from '../../src/cli/patience.ts'

const settled = { kind: 'settled', operation: 'DeleteItem' } as const

test('a look says what it shows, and no more', () => {
  expect(noticeText({ ...settled, finding: 'done' })).toMatch(/a look shows that it was\.$/)
  expect(noticeText({ ...settled, finding: 'missing' })).toMatch(/a look shows that it was not\.$/)
  expect(noticeText({ ...settled, finding: 'missing', partly: true })).toMatch(/that a part of it was\.$/)
  expect(noticeText({ ...settled, finding: 'missing', unsure: true })).toMatch(/a look does not tell\.$/)
  // The error that follows tells it.
  expect(noticeText({ ...settled, finding: 'unclear' })).toBeUndefined()
  expect(noticeText({ ...settled, finding: 'refused' })).toBeUndefined()
})

test('a look says nothing of a lost answer, for one that came can leave it open as well', () => {
  for (const finding of ['done', 'missing'] as const)
    expect(noticeText({ ...settled, finding })).not.toContain('lost')
})
