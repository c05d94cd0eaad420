import { isSmtpAddress } from '../../model/user-ref.ts'
import { childText, type Element, findChild, findChildren } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Attendee, ResponseType } from '../store/calendar.ts'
import type { Exchange } from '../store/exchange.ts'
import type { Address } from '../store/item.ts'
import { readDateTime, writeDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'
import { element, type XmlNode } from './writer.ts'

/** A `t:EmailAddressType`; somebody of the tenant gets the name and primary address of the directory. @throws EwsRefusal */
export function readMailbox(exchange: Exchange, mailbox: Element): Address {
  const text = (name: string) => childText(mailbox, name, NAMESPACES.types) ?? ''
  const address = text('EmailAddress')
  const routing = text('RoutingType') || 'SMTP'
  const name = text('Name')
  if (routing.toUpperCase() !== 'SMTP') throw new EwsRefusal('ErrorInvalidRecipients')
  if (address === '') {
    // A name alone, or a contact by its id, would have to be resolved first.
    throw new EwsRefusal('ErrorInvalidRecipients', 'A recipient has no EmailAddress.')
  }
  const known = exchange.directory.find(address)
  if (known) return { name: known.name, address: known.address }
  if (!isSmtpAddress(address)) throw new EwsRefusal('ErrorInvalidRecipients')
  return { name: name || address, address }
}

/** The `t:Mailbox` elements of a recipient list. */
export function readRecipients(exchange: Exchange, list: Element): Address[] {
  return findChildren(list, 'Mailbox', NAMESPACES.types).map((mailbox) => readMailbox(exchange, mailbox))
}

/** `t:Mailbox` as answers name somebody. */
export function writeMailbox(address: Address, exchange?: Exchange): XmlNode {
  const known = exchange?.directory.find(address.address)
  return element(
    't:Mailbox',
    element('t:Name', address.name || address.address),
    element('t:EmailAddress', address.address),
    element('t:RoutingType', 'SMTP'),
    known && element('t:MailboxType', exchange?.directory.hasMailbox(known) ? 'Mailbox' : 'PublicDL'),
  )
}

/** The `t:Attendee` elements of a list of attendees. */
export function readAttendees(exchange: Exchange, list: Element, zone: string | undefined): Attendee[] {
  return findChildren(list, 'Attendee', NAMESPACES.types).map((attendee) => {
    const mailbox = findChild(attendee, 'Mailbox', NAMESPACES.types)
    if (!mailbox) throw new EwsRefusal('ErrorInvalidRecipients')
    const response = childText(attendee, 'ResponseType', NAMESPACES.types) as ResponseType | undefined
    const responded = childText(attendee, 'LastResponseTime', NAMESPACES.types)
    return {
      ...readMailbox(exchange, mailbox),
      response: response ?? 'Unknown',
      ...(responded ? { responded: readDateTime(responded, zone) } : {}),
    }
  })
}

export function writeAttendee(attendee: Attendee): XmlNode {
  return element(
    't:Attendee',
    writeMailbox(attendee),
    element('t:ResponseType', attendee.response),
    attendee.responded && element('t:LastResponseTime', writeDateTime(attendee.responded)),
  )
}
