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

/** Addresses in which somebody may have written a user and a password. */
const ADDRESSES: readonly string[] = ['url', 'proxy']

/**
 * The flags that lead to the server, as words again: a command line that a person is told to type must ask the server
 * that the one before it went to. As typed; what the environment or a profile says, it says the next time too.
 */
export function serverWords(flags: AnyArguments['flags']): string[] {
  return NAMES.flatMap((name) => {
    const value = flags[name]
    if (value === true) return [`--${name}`]
    if (typeof value !== 'string') return []
    return ADDRESSES.includes(name) && value.includes('@') ? [] : [`--${name}`, value]
  })
}
