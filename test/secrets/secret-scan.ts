import { type Form, formsOf, SHORTEST } from './forms.ts'

/** A secret that came out. */
export interface Leak {
  /** What it is, e.g. `password of Basic`. */
  readonly what: string
  readonly form: string
  /** What it came out of, e.g. `standard error`. */
  readonly where: string
  readonly excerpt: string
}

interface Output {
  readonly where: string
  readonly text: string
}

/** So much stands around a secret in what is told of it. */
const CONTEXT = 40

/** Knows the secrets of a test file and all of its output, and finds the ones in the other. */
export class SecretScan {
  readonly #secrets = new Map<string, { readonly what: string; readonly forms: readonly Form[] }>()
  readonly #shown = new Set<string>()
  #outputs: Output[] = []

  /** Texts of fewer than six letters are not looked for: they stand in other words by chance. */
  register(secret: string, what: string): void {
    const text = secret.trim()
    if (text.length >= SHORTEST && !this.#secrets.has(text))
      this.#secrets.set(text, { what, forms: formsOf(text) })
  }

  /** Some output of the program. */
  capture(where: string, text: string): void {
    if (text !== '') this.#outputs.push({ where, text })
  }

  /** Until the test is over, this one is shown on purpose. */
  allow(secret: string): void {
    this.#shown.add(secret)
  }

  /** The leaks in what was put out since the last look. */
  look(): Leak[] {
    const outputs = this.#outputs
    this.#outputs = []
    // One text to search through is faster than thousands; each part is looked at only when there is a hit.
    const all = outputs.map(({ text }) => text).join('\n')
    const leaks: Leak[] = []
    for (const [secret, { what, forms }] of this.#secrets) {
      if (this.#shown.has(secret)) continue
      for (const form of forms) {
        if (!all.includes(form.text)) continue
        for (const output of outputs) {
          const at = output.text.indexOf(form.text)
          if (at < 0) continue
          const excerpt = output.text.slice(Math.max(0, at - CONTEXT), at + form.text.length + CONTEXT)
          leaks.push({ what, form: form.name, where: output.where, excerpt })
        }
      }
    }
    this.#shown.clear()
    return leaks
  }
}

/** That of the test file that is running. */
export const secretScan = new SecretScan()

/** @throws when a secret came out since the last look. */
export function expectNoLeaks(scan: SecretScan = secretScan): void {
  const leaks = scan.look()
  if (leaks.length === 0) return
  const lines = leaks
    .slice(0, 10)
    .map(({ what, form, where, excerpt }) => `  ${where}: ${what}, ${form}: ${JSON.stringify(excerpt)}`)
  const more = leaks.length > 10 ? [`  and ${leaks.length - 10} more`] : []
  throw new Error(['A secret came out of the program:', ...lines, ...more].join('\n'))
}
