import { describe, expect, it } from 'vitest'
import { displayWidth } from '../../src/cli/display-width.ts'
import { formatProperties, formatTable } from '../../src/cli/table.ts'

const PIPE = { color: false, width: undefined }

describe('formatTable', () => {
  it('aligns columns under headings in capitals', () => {
    expect(
      formatTable(
        ['User', 'Level'],
        [
          ['a@contoso.com', 'None'],
          ['b', 'Reviewer'],
        ],
        PIPE,
      ),
    ).toBe('USER           LEVEL\na@contoso.com  None\nb              Reviewer\n')
  })

  it('shows yes, no and a dash for true, false and what is not known', () => {
    expect(formatTable(['a', 'b', 'c'], [[true, false, undefined]], PIPE)).toBe('A    B   C\nyes  no  -\n')
  })

  it('counts wide characters as two columns and combining marks as none', () => {
    const [, first, second] = formatTable(
      ['a', 'b'],
      [
        ['陳大文', 'x'],
        ['n\u0303o', 'y'],
      ],
      PIPE,
    ).split('\n')
    expect(displayWidth(first?.split('x')[0] ?? '')).toBe(displayWidth(second?.split('y')[0] ?? ''))
  })

  it('becomes blocks of lines where the terminal is too narrow', () => {
    const text = formatTable(['User', 'Level'], [['adele@contoso.com', 'Reviewer']], {
      color: false,
      width: 20,
    })
    expect(text).toBe('User   adele@contoso.com\nLevel  Reviewer\n')
  })

  it('has no end of the line in a pipe, and no colour', () => {
    const text = formatTable(['User'], [['x'.repeat(500)]], PIPE)
    expect(text.split('\n')[1]).toHaveLength(500)
    expect(text).not.toContain('\u001b')
  })

  it('makes the heading bold where there is colour', () => {
    expect(formatTable(['a'], [['b']], { color: true, width: 80 })).toBe('\u001b[1mA\u001b[22m\nb\n')
  })

  it('prints no control character of a cell', () => {
    expect(formatTable(['a'], [['\u001b[2J']], PIPE)).toBe('A\n\\u{1b}[2J\n')
  })
})

describe('formatProperties', () => {
  it('leaves out what is not known', () => {
    expect(
      formatProperties([
        ['Name', 'Calendar'],
        ['Unread', undefined],
        ['Items', 0],
      ]),
    ).toBe('Name   Calendar\nItems  0\n')
  })
})
