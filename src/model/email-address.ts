import { InvalidInputError } from '../errors.ts'
import { requireSmtpAddress } from './user-ref.ts'

/** Kinds of recipient (`t:MailboxTypeType`). */
export type MailboxType =
  | 'Unknown'
  | 'OneOff'
  | 'Mailbox'
  | 'PublicDL'
  | 'PrivateDL'
  | 'Contact'
  | 'PublicFolder'
  | 'GroupMailbox'
  | 'ImplicitContact'

/** Somebody who can get mail. Any part may be missing in an answer. */
export interface EmailAddress {
  readonly name?: string
  /** An SMTP address, unless `routingType` says otherwise. */
  readonly address?: string
  /** `SMTP` unless given; `EX` is a legacy Exchange name. */
  readonly routingType?: string
  readonly mailboxType?: MailboxType
}

/** `adele@contoso.com`, `Adele Vance <adele@contoso.com>`, or an {@link EmailAddress}. */
export type EmailAddressInput = string | EmailAddress

/** @throws InvalidInputError unless it holds an address. */
export function parseEmailAddress(input: EmailAddressInput, what: string): EmailAddress {
  if (typeof input === 'string') {
    const [, name, address] = /^\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*$/.exec(input) ?? []
    return address === undefined
      ? { address: requireSmtpAddress(input, what) }
      : { ...(name ? { name } : {}), address: requireSmtpAddress(address, what) }
  }
  if (!input.address) throw new InvalidInputError(`${what}: ${input.name ?? 'a recipient'} has no address.`)
  if ((input.routingType ?? 'SMTP').toUpperCase() !== 'SMTP') return input
  return { ...input, address: requireSmtpAddress(input.address, what) }
}
