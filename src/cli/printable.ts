// Escape sequences move the cursor and rewrite the screen, bidirectional overrides show a text in another order than
// it is: a display name that a stranger chose must do neither.
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const UNPRINTABLE_BUT_LINES = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** One line of text from anywhere, safe to print: control characters stand as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNPRINTABLE_BUT_LINES, escaped)
}

/** JSON whose strings are safe on a terminal: `JSON.stringify` leaves DEL, C1 and bidirectional controls as they are. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    UNPRINTABLE_BUT_LINES,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
