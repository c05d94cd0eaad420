import { InvalidInputError } from '../errors.ts'
import { requireSmtpAddress } from '../model/user-ref.ts'

/** A person as mail names them. */
export interface MailAddress {
  readonly address: string
  readonly name?: string
}

/** `adele@contoso.com`, `Adele Vance <adele@contoso.com>`, or the parts. */
export type RecipientInput = string | { readonly address: string; readonly name?: string | undefined }

/** How Graph writes a person: in from, sender and the recipients. */
export interface WireRecipient {
  readonly emailAddress: MailAddress
}

/**
 * Reads one recipient.
 * @param what names the argument in the error, e.g. `the recipient`.
 * @throws InvalidInputError unless there is exactly one address, and for a name that would break a header.
 */
export function parseRecipient(input: RecipientInput, what: string): MailAddress {
  // Callers in JavaScript, and JSON from elsewhere, hold whatever they hold.
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null)) {
    throw new InvalidInputError(`${capitalized(what)} is neither a text nor an address with a name.`)
  }
  const { name, address } = typeof input === 'string' ? splitMailbox(input) : input
  if (name !== undefined && typeof name !== 'string') {
    throw new InvalidInputError(`The name of ${what} is not a text.`)
  }
  const trimmed = name?.trim() ?? ''
  if (/\p{Cc}/u.test(trimmed)) {
    throw new InvalidInputError(`The name of ${what} holds a control character or a line break.`)
  }
  return {
    ...(trimmed === '' ? {} : { name: trimmed }),
    address: requireSmtpAddress(address, what),
  }
}

export function parseRecipients(
  input: RecipientInput | readonly RecipientInput[] | undefined,
  what: string,
): MailAddress[] {
  if (input === undefined) return []
  const list: readonly RecipientInput[] = isList(input) ? input : [input]
  return list.map((each) => parseRecipient(each, what))
}

export function buildRecipient(person: MailAddress): WireRecipient {
  const { name, address } = person
  return { emailAddress: name === undefined ? { address } : { name, address } }
}

/** Reads a recipient of an answer; undefined when it has no address, as a draft's from may. */
export function readRecipient(value: unknown): MailAddress | undefined {
  const person = (value as { emailAddress?: { address?: unknown; name?: unknown } } | null)?.emailAddress
  if (typeof person?.address !== 'string' || person.address === '') return undefined
  return { address: person.address, ...(typeof person.name === 'string' ? { name: person.name } : {}) }
}

export function readRecipients(value: unknown): MailAddress[] {
  return Array.isArray(value) ? value.flatMap((each) => readRecipient(each) ?? []) : []
}

// Two indices rather than a pattern: a long run of blanks or quotes costs nothing extra.
function splitMailbox(text: string): { name?: string; address: string } {
  const trimmed = text.trim()
  const open = trimmed.lastIndexOf('<')
  if (open === -1 || !trimmed.endsWith('>')) return { address: trimmed }
  const name = trimmed.slice(0, open).trim()
  const bare = name.length > 1 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name
  return { name: bare, address: trimmed.slice(open + 1, -1) }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function isList(input: RecipientInput | readonly RecipientInput[]): input is readonly RecipientInput[] {
  return Array.isArray(input)
}
