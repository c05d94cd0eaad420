import type { EmailAddress } from '../../model/email-address.ts'
import type { FolderTarget } from '../../model/folder-target.ts'
import type { ResolveNamesScope } from '../../model/resolved-name.ts'
import { childText, type Element, findChild, findChildren } from '../../xml/element.ts'
import { readEmailAddress } from '../elements/email-address.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import type { Operation } from '../operation.ts'
import { errorOf, readStatus, responseMessages } from '../response.ts'

export interface ResolveNamesInput {
  /** A name, the start of one, an alias or an address. */
  readonly entry: string
  /** Default `ActiveDirectoryContacts`: the directory first, then the contacts. */
  readonly scope?: ResolveNamesScope
  /** The contacts folder to look in; one folder at most. Absent: the caller's own. */
  readonly contactsFolder?: FolderTarget
}

/** Whom a name can mean. */
export interface ResolvedName extends EmailAddress {
  /** The SMTP addresses that the directory lists of them, three at most; absent where it lists none. */
  readonly proxyAddresses?: readonly string[]
}

export interface ResolveNamesOutput {
  /** In the server's order; each with an SMTP address where the server tells one. */
  readonly candidates: readonly ResolvedName[]
  /** False when there are more: Exchange answers 100 at most. */
  readonly complete: boolean
}

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation */
export const resolveNames: Operation<ResolveNamesInput, ResolveNamesOutput> = {
  name: 'ResolveNames',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: false,
  attributes: (input) => ({
    // With it, a legacy Exchange name comes with the SMTP addresses of its owner.
    ReturnFullContactData: 'true',
    SearchScope: input.scope ?? 'ActiveDirectoryContacts',
  }),

  build(body, input) {
    const { contactsFolder } = input
    if (contactsFolder) {
      body.element('m:ParentFolderIds', (ids) => writeFolderTarget(ids, contactsFolder))
    }
    body.text('m:UnresolvedEntry', input.entry)
  },

  parse(response) {
    const message = responseMessages(response)[0] ?? response
    const status = readStatus(message)
    if (status.code === 'ErrorNameResolutionNoResults') return { candidates: [], complete: true }
    // Several results are a warning, with all of them in it.
    if (!status.ok && status.code !== 'ErrorNameResolutionMultipleResults') throw errorOf(status, 'item')
    const set = findChild(message, 'ResolutionSet')
    const last = set?.attributes.IncludesLastItemInRange
    return {
      candidates: set ? findChildren(set, 'Resolution').map(readResolution) : [],
      complete: last !== 'false' && last !== '0',
    }
  },
}

function readResolution(resolution: Element): ResolvedName {
  const mailbox = findChild(resolution, 'Mailbox')
  const contact = findChild(resolution, 'Contact')
  const proxyAddresses = contact ? smtpAddresses(contact) : []
  const found = {
    ...(mailbox ? readEmailAddress(mailbox) : {}),
    ...(proxyAddresses.length > 0 ? { proxyAddresses } : {}),
  }
  if (found.address && (found.routingType ?? 'SMTP').toUpperCase() === 'SMTP') return found
  const smtpAddress = contact && primarySmtpAddress(contact)
  const name = found.name ?? (contact && childText(contact, 'DisplayName'))
  if (!smtpAddress) return found
  return { ...found, ...(name ? { name } : {}), address: smtpAddress, routingType: 'SMTP' }
}

function listedAddresses(contact: Element): string[] {
  return (findChild(contact, 'EmailAddresses')?.children ?? []).map((entry) => entry.text.trim())
}

function smtpAddresses(contact: Element): string[] {
  return listedAddresses(contact).flatMap((text) => /^(?:smtp:)?([^\s:/]+@[^\s:/]+)$/i.exec(text)?.[1] ?? [])
}

/** Proxy addresses are listed as `SMTP:` (the primary one, in capitals) and `smtp:`. */
function primarySmtpAddress(contact: Element): string | undefined {
  const addresses = listedAddresses(contact)
  const proxy = addresses.find((text) => text.startsWith('SMTP:'))
  return proxy?.slice('SMTP:'.length) ?? addresses.find((text) => /^[^\s:/]+@[^\s:/]+$/.test(text))
}
