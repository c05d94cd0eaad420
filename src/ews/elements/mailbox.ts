import type { QualifiedName, XmlWriter } from '../../xml/builder.ts'

/** Writes a mailbox by its primary SMTP address; the other parts of `t:EmailAddressType` are for answers. */
export function writeMailbox(parent: XmlWriter, name: QualifiedName, smtpAddress: string): void {
  parent.element(name, (mailbox) => mailbox.text('t:EmailAddress', smtpAddress))
}
