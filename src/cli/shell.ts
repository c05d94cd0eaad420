/** What to type to run this program again: whoever runs it through npm has no `ews-delegates` on their path. */
export function programName(env: Readonly<Record<string, string | undefined>>): string {
  return env.npm_lifecycle_event === undefined ? 'ews-delegates' : 'npx ews-delegates'
}

/** A command line as a person would paste it into a POSIX shell. */
export function shellCommand(program: string, ...words: readonly string[]): string {
  return [program, ...words.map(shellQuote)].join(' ')
}

/** One word, quoted where a shell would take it apart. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
