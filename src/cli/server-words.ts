import type { AnyArguments } from './command.ts'

/** Which server, as whom, and by what way. How long to wait and what to trace changes no answer. */
const NAMES = [
  'profile',
  'url',
  'auth',
  'user',
  'impersonate',
  'server-version',
  'ca',
  'client-certificate',
  'client-key',
  'proxy',
  'insecure',
  'allow-plain-http',
] as const

/** What commands on many mailboxes have besides: by which the server shows what they see. */
const OWNERS_NAMES = ['impersonate-owners', 'trust-empty-lists'] as const

/** Those of them that people are told to type. */
const OWNERS_COMMANDS: readonly (string | undefined)[] = ['apply', 'revert']

/** Addresses in which somebody may have written a user and a password. */
const ADDRESSES: readonly string[] = ['url', 'proxy']

/**
 * The flags that lead to the server, as words again: a command line that a person is told to type must ask the server
 * that the one before it went to. As typed; what the environment or a profile says, it says the next time too.
 *
 * @param command that is to be typed; what it does not know is left out.
 */
export function serverWords(flags: AnyArguments['flags'], command?: string): string[] {
  const names = OWNERS_COMMANDS.includes(command) ? [...NAMES, ...OWNERS_NAMES] : NAMES
  return names.flatMap((name) => {
    const value = flags[name]
    if (value === true) return [`--${name}`]
    if (value === false && name === 'impersonate-owners') return [`--no-${name}`]
    if (typeof value !== 'string') return []
    return ADDRESSES.includes(name) && value.includes('@') ? [] : [`--${name}`, value]
  })
}
