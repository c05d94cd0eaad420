/**
 * The names of the schemes in a `WWW-Authenticate` header, e.g. `['Negotiate', 'NTLM', 'Basic']`. The rest of the
 * header can carry challenges and is left out.
 */
export function offeredSchemes(header: string | undefined): string[] {
  // What stands in quotation marks may hold commas.
  const names = (header ?? '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .split(',')
    .map((part) => /^\s*([A-Za-z][\w-]*)(?:\s+[^=\s].*)?\s*$/.exec(part)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))]
}
