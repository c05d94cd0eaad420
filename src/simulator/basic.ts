/** The name and password of a Basic header (RFC 7617); undefined for anything else. */
export function readBasic(header: string | undefined): { user: string; password: string } | undefined {
  const match = /^basic\s+([a-z0-9+/_=-]+)\s*$/i.exec(header?.trim() ?? '')
  if (!match?.[1]) return undefined
  const text = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
