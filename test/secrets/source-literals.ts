import { readFileSync } from 'node:fs'
import { secretScan } from './secret-scan.ts'

/**
 * Passwords that never travel as they are (NTLM, passphrases, answers that are made up) stand in the tests
 * themselves: under a name that says so.
 */
const SECRET_LITERAL =
  /\b(?:bearer\(|[\w$]*(?:password|passwd|secret|passphrase|token)['"]?\s*[:=]\s*)(['"])((?:\\.|(?!\1).)+)\1/gi

/** Words that stand under such a name and are no secret, or are too ordinary to be looked for. */
const WORDS = new Set([
  '[redacted]',
  'another',
  'Password',
  'secret',
  'undefined',
  'request',
  'Access token',
  'Client secret',
  'memory',
  'system',
])

/** The secrets that a test file spells out. */
export function literalSecrets(source: string): string[] {
  return [...source.matchAll(SECRET_LITERAL)]
    .map(([, , text = '']) => text.replace(/\\(.)/g, '$1'))
    .filter((text) => !WORDS.has(text))
}

export function registerLiterals(path: string): void {
  for (const secret of literalSecrets(readFileSync(path, 'utf8')))
    secretScan.register(secret, 'a secret of the test')
}
