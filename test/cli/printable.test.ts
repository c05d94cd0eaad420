import { describe, expect, it } from 'vitest'
import { printable, printableJson, printableLines } from '../../src/cli/printable.ts'

const ESC = '\u001b'

describe('printable', () => {
  it('shows control characters as escapes, so that a name cannot move the cursor', () => {
    expect(printable(`${ESC}[2JAdele\r\n\u0007`)).toBe('\\u{1b}[2JAdele\\u{d}\\u{a}\\u{7}')
  })

  it('shows C1 controls and DEL as escapes too', () => {
    expect(printable('\u009b31mred\u007f')).toBe('\\u{9b}31mred\\u{7f}')
  })

  it('shows bidirectional overrides, which would reverse the text after them', () => {
    expect(printable('gnp.\u202egpj')).toBe('gnp.\\u{202e}gpj')
  })

  it('leaves letters of any script, emoji and combining marks alone', () => {
    for (const text of ['Zoë', '陳大文', 'עברית', '👩‍💻', 'n\u0303']) expect(printable(text)).toBe(text)
  })

  it('keeps line feeds and tabs where there are several lines, and nothing else', () => {
    expect(printableLines(`a\tb\r\nc${ESC}d`)).toBe('a\tb\nc\\u{1b}d')
  })

  it('writes JSON that parses back to the same and holds no control character', () => {
    const value = { name: `${ESC}[31m\u009b\u202e\u007f\n` }
    const text = printableJson(value)
    expect(JSON.parse(text)).toEqual(value)
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u)
  })
})
