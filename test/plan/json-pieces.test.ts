import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readGrants } from '../../src/plan/grants.ts'
import { type JsonPiece, jsonPieces } from '../../src/plan/json-pieces.ts'
import { GrantsFileError, Problems } from '../../src/plan/problem.ts'

async function cut(text: string, sizes: readonly number[] = [1000]) {
  async function* chunks() {
    for (let at = 0, n = 0; at < text.length; n++) {
      const size = sizes[n % sizes.length] ?? 1
      yield text.slice(at, at + size)
      at += size
    }
  }
  const problems = new Problems()
  const pieces: JsonPiece[] = []
  for await (const piece of jsonPieces(chunks(), 'x.json', problems)) pieces.push(piece)
  return { pieces, problems: problems.list().map(({ at, message }) => `${at} ${message}`) }
}

test('every entry and the rest, wherever the list stands and wherever the file is read on', async () => {
  const odd = fc.json({ maxDepth: 3, stringUnit: 'binary' }).map((text) => JSON.parse(text) as unknown)
  const value = fc.record(
    { mode: odd, mailboxes: fc.array(odd, { maxLength: 5 }), zeta: fc.record({ mailboxes: fc.array(odd) }) },
    { noNullPrototype: true },
  )
  await fc.assert(
    fc.asyncProperty(
      value,
      fc.constantFrom(0, 2),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.boolean(),
      async (given, indent, sizes, last) => {
        const { mailboxes, ...rest } = given
        const text = JSON.stringify(last ? { ...rest, mailboxes } : given, null, indent)
        const { pieces, problems } = await cut(text, sizes)
        expect(problems).toEqual([])
        expect(pieces.map(({ kind }) => kind)).toEqual([...mailboxes.map(() => 'item'), 'head'])
        expect(pieces.map((piece) => JSON.parse(piece.text))).toEqual([
          ...mailboxes,
          { ...rest, mailboxes: [] },
        ])
        const lines = text.split('\n')
        for (const { kind, text: part, line, column } of pieces) {
          if (kind === 'item') expect(lines[line - 1]?.slice(column - 1)).toContain(part.split('\n')[0])
        }
      },
    ),
    { numRuns: 300 },
  )
})

test.each([
  ['{"mailboxes":[{} {}]}', 'x.json:1:18 Before this mailbox a comma should stand.'],
  ['{"mailboxes":[{},]}', 'x.json:1:18 Before this another mailbox should stand, or no comma.'],
  ['{"mailboxes":[,{}]}', 'x.json:1:15 Before this comma a mailbox should stand.'],
  ['{"mailboxes":[{"a":1},{"b"', 'x.json:1:23 This mailbox has no end; the file may be cut off.'],
  ['{"mailboxes":[{}', 'x.json:1:17 The list of mailboxes has no end; the file may be cut off.'],
])('%s', async (text, problem) => {
  expect((await cut(text)).problems).toEqual([problem])
})

describe('a file of grants', () => {
  const box = (index: number) => ({
    mailbox: `owner${index}@contoso.com`,
    delegates: [{ user: 'ann@contoso.com', role: 'assistant' }],
  })
  const read = async (content: string | AsyncIterable<string>) => {
    const { mailboxes, count } = await readGrants([{ name: 'x.json', content }])
    return { count, mailboxes: [...mailboxes] }
  }

  test('whose fields are sorted has its roles behind its mailboxes', async () => {
    const { mailboxes } = await read(
      JSON.stringify({
        defaults: { deliverMeetingRequests: 'NoForward' },
        mailboxes: [box(1)],
        mode: 'exact',
        roles: { assistant: { calendar: 'Editor' } },
        version: 1,
      }),
    )
    expect(mailboxes).toMatchObject([
      {
        mode: 'exact',
        deliverMeetingRequests: 'NoForward',
        delegates: [{ levels: { calendar: 'Editor' } }],
      },
    ])
  })

  test('has every mistake told at its place, on one line or many, behind the list as well', async () => {
    const broken =
      '{"mailboxes":[{"mailbox":"a"},{"mailbox":"b@contoso.com","x":1},{"mailbox":}],"mode":"odd"}'
    const error = (await read(broken).catch((thrown: unknown) => thrown)) as GrantsFileError
    expect(error).toBeInstanceOf(GrantsFileError)
    expect(error.problems.map(({ at }) => at)).toEqual([
      'x.json:1:26',
      'x.json:1:58',
      'x.json:1:76',
      'x.json:1:86',
    ])
    const pretty = JSON.stringify(
      { mailboxes: [{ mailbox: 'a' }, { mailbox: 'b@contoso.com' }], mode: 'odd' },
      null,
      2,
    )
    const second = (await read(pretty).catch((thrown: unknown) => thrown)) as GrantsFileError
    expect(second.problems.map(({ at }) => at)).toEqual(['x.json:4:18', 'x.json:10:11'])
  })

  test('of forty megabytes is read mailbox by mailbox', async () => {
    const padding = ' '.repeat(2_000)
    async function* content() {
      yield '{"roles":{"assistant":{"calendar":"Editor"}},"mailboxes":['
      for (let index = 0; index < 20_000; index++)
        yield `${index === 0 ? '' : ','}${padding}${JSON.stringify(box(index))}`
      yield ']}'
    }
    expect((await read(content())).count).toBe(20_000)
  })

  test('with one mailbox that never ends is given up, not held', async () => {
    let given = 0
    async function* content() {
      yield '{"mailboxes":[{"mailbox":"'
      for (; given < 1000; given++) yield 'x'.repeat(100_000)
    }
    await expect(read(content())).rejects.toThrow(
      /x\.json:1:15 This mailbox is longer than 16 million characters/,
    )
    expect(given).toBeLessThan(200)
  })
})
