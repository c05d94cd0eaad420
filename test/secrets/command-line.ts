import { registerToken } from './observe-requests.ts'
import { secretScan } from './secret-scan.ts'

const SECRET_VARIABLES = /(?:PASSWORD|PASSPHRASE|SECRET|_TOKEN)$/
const ADDRESS_WITH_PASSWORD = /\b\w+:\/\/[^\s/@:]+:([^\s/@]+)@/

/** Registers what a command line is given: in variables, on standard input, and within the address of a proxy. */
export function registerCommandLine(given: {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: string
  /** By somebody at a terminal: answers to prompts. */
  readonly isTyped: boolean
}): void {
  const { argv, env, stdin, isTyped } = given
  for (const [name, value = ''] of Object.entries(env)) {
    if (SECRET_VARIABLES.test(name)) registerToken(value, name)
    registerAddress(value)
  }
  for (const word of argv) registerAddress(word)
  // A file of grants or a list of ids can be there as well.
  if (isTyped || argv.some((word) => /^--(?:password|token)-stdin$/.test(word)))
    for (const line of stdin.split('\n')) registerToken(line, 'standard input')
}

function registerAddress(text: string): void {
  const password = ADDRESS_WITH_PASSWORD.exec(text)?.[1]
  if (password === undefined) return
  secretScan.register(password, 'password in an address')
  try {
    secretScan.register(decodeURIComponent(password), 'password in an address')
  } catch {
    // Not an address after all.
  }
}
