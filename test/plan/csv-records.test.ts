import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvRecords } from '../../src/plan/csv-records.ts'
import { Problems } from '../../src/plan/problem.ts'

async function read(text: string, size = text.length) {
  const problems = new Problems()
  async function* chunks() {
    for (let at = 0; at < text.length; at += Math.max(size, 1)) yield text.slice(at, at + Math.max(size, 1))
  }
  const rows: string[][] = []
  const places: string[] = []
  for await (const { fields } of csvRecords(chunks(), 't', problems)) {
    rows.push(fields.map((field) => field.text))
    places.push(...fields.map((field) => field.at))
  }
  return { rows, places, problems: problems.list().map(({ at, message }) => `${at} ${message}`) }
}

const field = fc.string({
  unit: fc.constantFrom('a', 'b', '"', ',', ';', '\n', '\r\n', ' ', '@', '\u2028'),
  maxLength: 8,
})

test('what is written as RFC 4180 says is read as it was, however it is cut', async () => {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(',', ';'),
      fc.integer({ min: 1, max: 9 }),
      async (table, delimiter, size) => {
        const text = table.map((row) => row.map(quoted).join(delimiter)).join('\r\n')
        const { rows, problems } = await read(`sep=${delimiter}\r\n${text}`, size)
        expect(problems).toEqual([])
        expect(rows).toEqual(
          table
            .map((row) => row.map((one) => one.replaceAll('\r\n', '\n').trim()))
            .filter((row) => row.some((one) => one !== '')),
        )
      },
    ),
    { numRuns: 300, seed: 6 },
  )
})

test('any text is read to its end, and the same however it is cut', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' '), maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (content, size) => {
      const whole = await read(content)
      expect(await read(content, size)).toEqual(whole)
      for (const place of whole.places) expect(place).toMatch(/^t:[1-9]\d*:[1-9]\d*$/)
    }),
    { numRuns: 1000, seed: 6 },
  )
})

test('a quote inside a field is a character, and one that nobody closes costs its own row only', async () => {
  const { rows, problems } = await read(
    [
      'mailbox,user,calendar',
      'allan@contoso.com,ad"ele@contoso.com,"Editor',
      'megan@contoso.com,"O""Neil, P",Editor',
      'x,"several',
      'lines",Editor',
      'y,"two',
      'lines",and "one more',
      'patti@contoso.com,"adele@contoso.com",Reviewer',
      'z,"end',
    ].join('\n'),
  )
  expect(rows).toEqual([
    ['mailbox', 'user', 'calendar'],
    ['megan@contoso.com', 'O"Neil, P', 'Editor'],
    ['x', 'several\nlines', 'Editor'],
    ['y', 'two\nlines', 'and "one more'],
    ['patti@contoso.com', 'adele@contoso.com', 'Reviewer'],
  ])
  expect(problems).toEqual([
    expect.stringMatching(/^t:2:38 A quote that begins here is never closed/),
    expect.stringMatching(/^t:9:3 A quote that begins here is never closed/),
  ])
})

test('a table full of open quotes, and one that is a single line, end in a sentence', async () => {
  const open = await read(`a,b\n${'"x\n""\n'.repeat(3000)}`)
  expect(open.problems.at(-1)).toMatch(/too many such quotes/)
  expect((await read('x'.repeat(3 * 1024 * 1024), 64 * 1024)).problems).toEqual([
    't:1:1 This line is longer than a megabyte; that is no row of a table.',
  ])
})

test('the delimiter is found in a head that goes over lines', async () => {
  expect((await read('"mail\nbox";"user, or delegate"\na;b\n')).rows).toEqual([
    ['mail\nbox', 'user, or delegate'],
    ['a', 'b'],
  ])
})
