import { isSmtpAddress } from '../../model/user-ref.ts'
import { childText, type Element } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Exchange } from '../store/exchange.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { EwsRefusal } from './errors.ts'

/**
 * The mailbox that a `t:EmailAddressType` names: by its primary SMTP address, nothing else.
 * @throws EwsRefusal
 */
export function requireMailbox(exchange: Exchange, reference: Element): Mailbox {
  const address = childText(reference, 'EmailAddress', NAMESPACES.types)
  const routing = childText(reference, 'RoutingType', NAMESPACES.types) ?? 'SMTP'
  if (address === undefined || routing.toUpperCase() !== 'SMTP') throw new EwsRefusal('ErrorInvalidMailbox')
  if (!isSmtpAddress(address)) throw new EwsRefusal('ErrorInvalidSmtpAddress')
  const recipient = exchange.directory.find(address)
  const mailbox = recipient && exchange.mailboxOf(recipient)
  if (!recipient || !mailbox) throw new EwsRefusal('ErrorNonExistentMailbox')
  if (!exchange.directory.isPrimaryAddress(recipient, address))
    throw new EwsRefusal('ErrorNonPrimarySmtpAddress')
  return mailbox
}
