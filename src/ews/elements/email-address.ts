import type { EmailAddress, MailboxType } from '../../model/email-address.ts'
import type { QualifiedName, XmlWriter } from '../../xml/builder.ts'
import { childText, type Element } from '../../xml/element.ts'

/** Writes a checked `t:EmailAddressType`. */
export function writeEmailAddress(
  parent: XmlWriter,
  address: EmailAddress,
  name: QualifiedName = 't:Mailbox',
): void {
  parent.element(name, (mailbox) => {
    mailbox.text('t:Name', address.name)
    mailbox.text('t:EmailAddress', address.address)
    mailbox.text('t:RoutingType', address.routingType)
    mailbox.text('t:MailboxType', address.mailboxType)
  })
}

/** Reads `t:EmailAddressType`. */
export function readEmailAddress(mailbox: Element): EmailAddress {
  const name = childText(mailbox, 'Name')
  const address = childText(mailbox, 'EmailAddress')
  const routingType = childText(mailbox, 'RoutingType')
  // Exchange Online has kinds that no schema lists; the server's word is kept.
  const mailboxType = childText(mailbox, 'MailboxType') as MailboxType | undefined
  return {
    ...(name ? { name } : {}),
    ...(address ? { address } : {}),
    ...(routingType ? { routingType } : {}),
    ...(mailboxType ? { mailboxType } : {}),
  }
}
