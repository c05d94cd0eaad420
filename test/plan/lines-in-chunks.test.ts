import { expect, test } from 'vitest'
import { readGrants } from '../../src/plan/grants.ts'

const pieces = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )

test.each([
  [
    'jsonl',
    '{"mode":"exact"}\n\n{"mailbox":"a@x.de","delegates":[]}\r\n{"mailbox":"b@x.de"}\n{"mailbox":"c@x.de"}',
    3,
  ],
  [
    'yaml',
    `# ${'x'.repeat(1_100_000)}\nmode: exact\nmailboxes:\n  - mailbox: a@x.de\n\n  - mailbox: b@x.de\n`,
    40_000,
  ],
] as const)('lines are whole wherever the file is read on (%s)', async (format, text, smallest) => {
  const whole = [...(await readGrants([{ name: 'x', content: text, format }])).mailboxes]
  expect(whole.length).toBeGreaterThan(1)
  for (let size = smallest; size < smallest + 30; size++) {
    async function* content() {
      yield* pieces(text, size)
    }
    const { mailboxes } = await readGrants([{ name: 'x', content: content(), format }])
    expect([...mailboxes]).toEqual(whole)
  }
})
