import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCsv } from '../../src/cli/csv.ts'
import { printable } from '../../src/cli/printable.ts'

/** As docs/commands.md tells programs to do it. */
const unguarded = (text: string) =>
  text.replace(
    /(^|;|\\u\{[9ad]\})'('*(?:[\s"\u200b-\u200d\u2060\ufeff]|\\u\{[0-9a-f]+\})*[=+\-@＝＋－＠])/gu,
    '$1$2',
  )
const cell = (text: string) => formatCsv(['a'], [[text]]).split('\r\n')[1]

describe('formatCsv', () => {
  it('ends every line with CRLF and quotes commas, quotes and outer blanks, as RFC 4180 says', () => {
    expect(
      formatCsv(
        ['name', 'n'],
        [
          ['Vance, "Adele"', 1],
          [' x', undefined],
        ],
      ),
    ).toBe('name,n\r\n"Vance, ""Adele""",1\r\n" x",\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\u200b=1', '＝1+1'])(
    'puts an apostrophe before %j, which a spreadsheet would compute',
    (text) => {
      expect(cell(text)?.replace(/^"/, '')).toMatch(/^'/)
    },
  )

  it.each([
    ['Vance;=1+1', "Vance;'=1+1"],
    ['a; \u00a0+1', "a;' \u00a0+1"],
    ['a;@SUM(A1);-2', "a;'@SUM(A1);'-2"],
    ['a;\u200b＝1', "a;'\u200b＝1"],
    ['a\t=1', "a\\u{9}'=1"],
    ['a\n=1', "a\\u{a}'=1"],
  ])(
    'puts an apostrophe inside %j, which a spreadsheet that parts cells there would compute',
    (text, guarded) => {
      expect(cell(text)).toBe(guarded)
    },
  )

  it('guards a formula in quotes that a spreadsheet which parts cells at semicolons would take apart', () => {
    expect(cell('a;"=1+1"')).toBe(`"a;'""=1+1"""`)
  })

  it('is undone by taking one apostrophe away where the page says', () => {
    const piece = fc.constantFrom(';', "'", '=', '-', ' ', '\t', '\n', '"', 'a', '\u200b', '1')
    const word = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(word, (text) => {
        const [, row = ''] = formatCsv(['a'], [[text]]).split('\r\n')
        const read = row.startsWith('"') ? row.slice(1, -1).replaceAll('""', '"') : row
        expect(unguarded(read)).toBe(printable(text))
      }),
    )
  })

  it('leaves an address, a level and a SID as they are', () => {
    for (const text of ['adele@contoso.com', 'Editor', 'S-1-5-21-1-2-3-4']) expect(cell(text)).toBe(text)
  })

  it('shows control characters as escapes', () => {
    expect(cell('a\u001b[31m\nb')).toBe('a\\u{1b}[31m\\u{a}b')
  })

  it('never lets any text begin with a formula character, and never breaks a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        const lines = formatCsv(['a'], [[text]]).split('\r\n')
        expect(lines).toHaveLength(3)
        expect(lines[1]?.replace(/^"/, '')).not.toMatch(/^\s*[=+\-@\t\r]/)
      }),
    )
  })
})
