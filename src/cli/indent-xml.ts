/** Lays a SOAP envelope out for reading. Envelopes have no text beside elements, so no white space is added to any. */
export function indentXml(xml: string): string {
  let depth = 0
  const lines = xml.split(/(?<=>)(?=<)/).map((piece) => {
    if (piece.startsWith('</')) depth--
    const line = `${'  '.repeat(Math.max(0, depth))}${piece}`
    const opens = /^<[^/?!]/.test(piece) && !piece.endsWith('/>') && !piece.includes('</')
    if (opens) depth++
    return line
  })
  return lines.join('\n')
}
