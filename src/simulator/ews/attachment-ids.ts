import type { Item } from '../store/item.ts'

const GUID_LENGTH = 36

/** An attachment's id holds its item's, so that it opens nothing that the item does not. */
export function attachmentId(item: Pick<Item, 'entryId'>, attachment: string): string {
  return Buffer.concat([Buffer.from(item.entryId, 'base64'), Buffer.from(attachment, 'latin1')]).toString(
    'base64',
  )
}

/** The item's and the attachment's own part of an attachment id. */
export function readAttachmentId(id: string): { itemId: string; attachment: string } | undefined {
  if (id.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(id)) return undefined
  const bytes = Buffer.from(id, 'base64')
  const attachment = bytes.toString('latin1', bytes.length - GUID_LENGTH)
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(attachment)) return undefined
  return { itemId: bytes.subarray(0, -GUID_LENGTH).toString('base64'), attachment }
}
