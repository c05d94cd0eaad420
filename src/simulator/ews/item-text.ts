import { plainText } from '../store/html-text.ts'
import type { Item } from '../store/item.ts'

/** The body as text; markup is taken out, not rendered. */
export function plainBody(item: Item): string | undefined {
  return item.body && plainText(item.body)
}

/** The body as HTML; plain text is wrapped as Exchange wraps it. */
export function htmlBody(body: NonNullable<Item['body']>): string {
  if (body.contentType === 'html') return body.content
  const text = body.content.replace(
    /[&<>]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '',
  )
  return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>${text.replace(/\r?\n/g, '<br>\r\n')}</body></html>`
}

const PREVIEW_LENGTH = 255

export function preview(item: Item): string {
  return (plainBody(item) ?? '').replace(/\s+/g, ' ').trim().slice(0, PREVIEW_LENGTH)
}

/** An estimate, in bytes, of what the store would count. */
export function itemSize(item: Item): number {
  const attachments = item.attachments.reduce((sum, { content }) => sum + content.length, 0)
  return 1024 + 2 * (item.subject.length + (item.body?.content.length ?? 0)) + attachments
}
