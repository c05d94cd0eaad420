import type { Element } from '../../xml/element.ts'
import type { Attachment, Item } from '../store/item.ts'
import { attachmentId, readAttachmentId } from './attachment-ids.ts'
import { writeDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'
import { type FoundItem, requireItem } from './item-ids.ts'
import type { EwsContext } from './operation.ts'
import { element, elementWith, optional, type XmlNode } from './writer.ts'

/** The attachment that a `t:AttachmentId` names, and its item, which decides who may read it. @throws EwsRefusal */
export function requireAttachment(
  context: EwsContext,
  id: Element,
): { found: FoundItem; attachment: Attachment } {
  const parsed = readAttachmentId(id.attributes.Id ?? '')
  if (!parsed) throw new EwsRefusal('ErrorInvalidAttachmentId')
  const found = requireItem(context, { ...id, name: 'ItemId', attributes: { Id: parsed.itemId } })
  const attachment = found.item.attachments.find((candidate) => candidate.id === parsed.attachment)
  if (!attachment) throw new EwsRefusal('ErrorItemNotFound')
  return { found, attachment }
}

/** A `t:FileAttachment`; what is listed with an item has no content. */
export function writeAttachment(item: Item, attachment: Attachment, withContent: boolean): XmlNode {
  return element(
    't:FileAttachment',
    elementWith('t:AttachmentId', { Id: attachmentId(item, attachment.id) }),
    element('t:Name', attachment.name),
    element('t:ContentType', attachment.contentType),
    optional('t:ContentId', attachment.contentId),
    element('t:Size', attachment.content.length),
    element('t:LastModifiedTime', writeDateTime(attachment.modified)),
    element('t:IsInline', attachment.isInline),
    withContent ? element('t:Content', attachment.content.toString('base64')) : undefined,
  )
}
