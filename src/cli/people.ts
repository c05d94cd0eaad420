import { InvalidInputError } from '../errors.ts'
import type { EwsClient } from '../ews/client.ts'
import { parseEmailAddress } from '../model/email-address.ts'
import { DISTINGUISHED_USERS } from '../model/user-ref.ts'
import type { Context } from './context.ts'
import type { EwsFlagValues } from './flags.ts'

/** For help: what may stand for the owner of a mailbox, and for a delegate. */
export const OWNER_WORD = 'primary SMTP address of the mailbox; a name or alias is looked up'
export const DELEGATE_WORD = 'primary SMTP address or SID; a name or alias is looked up'

/** Signs in when it is first called, and once: nobody types a password twice. */
export type EwsSignIn = () => Promise<EwsClient>

export function ewsSignIn(context: Context, flags: EwsFlagValues): EwsSignIn {
  let client: Promise<EwsClient> | undefined
  return () => {
    client ??= context.ews(flags)
    return client
  }
}

/**
 * Whether a word is somebody's name or alias, to be looked up. Addresses and SIDs, malformed ones too, say by
 * themselves who is meant, and so do Default and Anonymous.
 */
export function isName(word: string): boolean {
  const text = word.trim()
  return (
    text !== '' &&
    !text.includes('@') &&
    !/^S-\d/i.test(text) &&
    !DISTINGUISHED_USERS.some((each) => each.toLowerCase() === text.toLowerCase())
  )
}

/**
 * Puts a primary SMTP address in the place of each name or alias; other words stay as they are. Nobody signs in when
 * there are no names. The directory alone is asked: what is in the caller's contacts must not decide who gets rights.
 *
 * @throws EwsResponseError for a name of nobody, and for one of several, whose hint lists them;
 *   InvalidInputError for a malformed address among the words, before anybody signs in.
 */
export async function addressesOf(
  context: Context,
  ews: EwsSignIn,
  words: readonly string[],
): Promise<string[]> {
  for (const word of words) {
    if (!/@[^",;]*[,;].*@/.test(word)) continue
    throw new InvalidInputError(`${JSON.stringify(word.slice(0, 120))} is more than one address.`, {
      hint: 'Separate them by blanks.',
    })
  }
  const names = words.filter(isName)
  // Nobody types a password for a mistake in another word.
  if (names.length > 0) {
    for (const word of words) if (word.includes('@')) parseEmailAddress(word, 'The address')
  }
  const known = new Map<string, string>()
  for (const word of names) {
    if (known.has(word)) continue
    const { name, address } = await (await ews()).resolveName(word, { scope: 'ActiveDirectory' })
    known.set(word, address)
    context.talk(`${JSON.stringify(word)} is ${name ? `${name} <${address}>` : address}.`)
  }
  return words.map((word) => known.get(word) ?? word)
}

/** {@link addressesOf} for one word. */
export async function addressOf(context: Context, ews: EwsSignIn, word: string): Promise<string> {
  const [address = word] = await addressesOf(context, ews, [word])
  return address
}
