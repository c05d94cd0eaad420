import { XmlError } from '../../errors.ts'
import type { AttachmentContent } from '../../model/item.ts'
import { childText, type Element, findChild } from '../../xml/element.ts'
import { readOutcomes } from '../elements/outcomes.ts'
import { readAttachment } from '../elements/property-codec.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface GetAttachmentInput {
  /** As items list them. */
  readonly ids: readonly string[]
}

export type AttachmentOutcome = Outcome<{ readonly attachment: AttachmentContent }, { readonly id: string }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation */
export const getAttachment: Operation<GetAttachmentInput, AttachmentOutcome[]> = {
  name: 'GetAttachment',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: true,

  build(body, { ids }) {
    // Of an attached item it is the whole of it; of a file nothing.
    body.element('m:AttachmentShape', (shape) => shape.text('t:IncludeMimeContent', true))
    body.element('m:AttachmentIds', (list) => {
      for (const id of ids) list.element('t:AttachmentId', undefined, { Id: id })
    })
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.ids,
      (id) => ({ id }),
      (message) => {
        const attachment = findChild(message, 'Attachments')?.children[0]
        if (!attachment) {
          throw new XmlError('ERR_INVALID_RESPONSE', 'GetAttachment answered Success without an attachment.')
        }
        const content = contentOf(attachment)
        return {
          attachment: {
            ...readAttachment(attachment),
            ...(content === undefined ? {} : { content: Buffer.from(content, 'base64') }),
          },
        }
      },
    ),
}

/** Base64: of a file its bytes, of an item its MIME. */
function contentOf(attachment: Element): string | undefined {
  if (attachment.name !== 'ItemAttachment') return childText(attachment, 'Content')
  for (const item of attachment.children) {
    const mime = childText(item, 'MimeContent')
    if (mime !== undefined) return mime
  }
  return undefined
}
