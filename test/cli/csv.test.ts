import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCsv } from '../../src/cli/csv.ts'

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
