import type { Item } from '../store/item.ts'
import type { OutgoingMessage, SubmissionResult } from '../store/submission.ts'
import { EwsRefusal } from './errors.ts'

/** A draft as the store submits it. `from` is whom its writer named, or nobody. */
export function outgoing(item: Item): OutgoingMessage {
  return {
    itemClass: item.itemClass,
    subject: item.subject,
    ...(item.body ? { body: item.body } : {}),
    ...(item.from ? { from: item.from } : {}),
    to: item.to,
    cc: item.cc,
    bcc: item.bcc,
    replyTo: item.replyTo,
    importance: item.importance,
    sensitivity: item.sensitivity,
    headers: item.headers,
    attachments: item.attachments,
    ...(item.internetMessageId ? { internetMessageId: item.internetMessageId } : {}),
    ...(item.conversationId ? { conversationId: item.conversationId } : {}),
    ...(item.flag ? { flag: item.flag } : {}),
    ...(item.categories ? { categories: item.categories } : {}),
    properties: item.properties,
    mapi: item.mapi,
    extra: item.extra,
  }
}

/** @throws EwsRefusal when the store refused to send. */
export function requireSent(result: SubmissionResult | undefined): void {
  if (!result || result.ok) return
  if (result.code === 'BadRequest') throw new EwsRefusal('ErrorInvalidOperation', result.because)
  throw new EwsRefusal(result.code)
}

/** @throws EwsRefusal for a message to nobody. */
export function requireRecipients(item: Item): void {
  if (item.to.length + item.cc.length + item.bcc.length === 0) throw new EwsRefusal('ErrorMissingRecipients')
}
