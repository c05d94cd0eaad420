/** Encodings that text comes in, by the names of decoders, with the names that people know. */
export const TEXT_ENCODINGS = { 'utf-8': 'UTF-8', 'utf-16le': 'UTF-16', 'utf-16be': 'UTF-16' } as const
export type TextEncoding = keyof typeof TEXT_ENCODINGS

/** By the byte order mark at its beginning: spreadsheets and Windows PowerShell save in UTF-16. Without one it is UTF-8. */
export function encodingOf(bytes: Uint8Array): TextEncoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
}
