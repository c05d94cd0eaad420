import { isSmtpAddress } from '../../../model/user-ref.ts'
import { type Element, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { entryIdOf, objectId, parseObjectId } from '../../store/object-ids.ts'
import { EwsRefusal } from '../errors.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { elementWith } from '../writer.ts'

/**
 * Writes ids another way. The id is not looked up, only read: its answer names the mailbox that the id belongs to.
 * Clients also send a made-up id to see whether the server is there.
 */
export const convertId: EwsOperation = {
  name: 'ConvertId',
  requestType: 'ConvertIdType',
  since: 'Exchange2007_SP1',
  handle(context, request) {
    const format = request.attributes.DestinationFormat ?? ''
    const ids = requireChild(request, 'SourceIds', NAMESPACES.messages).children
    return itemizedResponse(
      'ConvertId',
      ids.map((source) =>
        message('m:ConvertIdResponseMessage', () => {
          const { id, mailbox } = readId(context, source)
          return elementWith('m:AlternateId', {
            'xsi:type': 't:AlternateIdType',
            Format: format,
            Id: writeId(id, format),
            Mailbox: mailbox,
          })
        }),
      ),
    )
  },
}

/** The id as EWS gives it, and whose mailbox it belongs to. @throws EwsRefusal */
function readId(context: EwsContext, source: Element): { id: string; mailbox: string } {
  const { directory } = context.exchange
  const { Format: format = '', Id: text = '', Mailbox: address = '' } = source.attributes
  if (source.name !== 'AlternateId')
    throw new EwsRefusal('ErrorUnsupportedTypeForConversion', 'Public folders are not modelled.')
  const named = directory.find(address)
  if (!isSmtpAddress(address)) throw new EwsRefusal('ErrorInvalidSmtpAddress')
  const id =
    format === 'EwsId' ? text : format === 'OwaId' ? fromOwaId(text) : fromEntryId(format, text, named?.id)
  const parsed = id === undefined ? undefined : parseObjectId(id)
  if (id === undefined || !parsed) throw new EwsRefusal('ErrorInvalidIdMalformed')
  if (!named) throw new EwsRefusal('ErrorNonExistentMailbox')
  const owner = directory.find(parsed.mailboxId) ?? named
  return { id, mailbox: owner.address }
}

function fromOwaId(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function fromEntryId(format: string, text: string, mailboxId: string | undefined): string | undefined {
  if (format !== 'EntryId' && format !== 'HexEntryId') throw unsupported(format)
  const valid = format === 'EntryId' ? /^[A-Za-z0-9+/]+={0,2}$/ : /^(?:[0-9A-Fa-f]{2})+$/
  if (!valid.test(text) || mailboxId === undefined) return undefined
  return objectId(mailboxId, Buffer.from(text, format === 'EntryId' ? 'base64' : 'hex'))
}

function writeId(id: string, format: string): string {
  if (format === 'EwsId') return id
  if (format === 'OwaId') return encodeURIComponent(id)
  if (format === 'EntryId') return entryIdOf(id).toString('base64')
  if (format === 'HexEntryId') return entryIdOf(id).toString('hex').toUpperCase()
  throw unsupported(format)
}

function unsupported(format: string): EwsRefusal {
  return new EwsRefusal(
    'ErrorUnsupportedTypeForConversion',
    `Ids of the format ${format} are not modelled by this simulator.`,
  )
}
