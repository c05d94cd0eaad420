import { GraphResponseError } from '../errors.ts'
import type { GraphClient } from '../graph/client.ts'
import type { GraphMessage } from '../graph/message.ts'
import { type MailboxInput, odataText } from '../graph/request.ts'
import { saysNoMailbox } from './classify.ts'

/** A message that the proof made, and where it lies. */
export interface Copy {
  readonly message: GraphMessage
  readonly graph: GraphClient
  readonly as: MailboxInput
}

const SELECT = ['id', 'subject', 'from', 'sender', 'isDraft', 'parentFolderId', 'bodyPreview']
const DAY = 86_400_000

/**
 * Finds messages by the marker that their subject holds.
 * @param folder undefined for the whole mailbox.
 * @returns undefined when this mailbox may not be read: not "there is none".
 */
export async function findCopies(
  graph: GraphClient,
  as: MailboxInput,
  folder: 'sentitems' | 'inbox' | undefined,
  marker: string,
): Promise<Copy[] | undefined> {
  // The date spares Exchange from reading the whole folder; a day forgives a clock that is wrong.
  const since = new Date(graph.clock.now() - DAY).toISOString()
  try {
    const messages = await graph.listMessages({
      as,
      folder,
      filter: `receivedDateTime ge ${since} and contains(subject,${odataText(marker)})`,
      select: SELECT,
      limit: 10,
    })
    return messages.map((message) => ({ message, graph, as }))
  } catch (error) {
    if (!(error instanceof GraphResponseError)) throw error
    if (saysNoMailbox(error.graphCode)) return []
    if (error.httpStatus === 403 || error.httpStatus === 404) return undefined
    throw error
  }
}

/**
 * Finds the copy in Sent Items that a draft became: by its immutable id, which a server that keeps ids as they are
 * does not answer; then by the marker.
 */
export async function findSentCopy(
  graph: GraphClient,
  as: MailboxInput,
  draftId: string,
  marker: string,
): Promise<readonly Copy[]> {
  try {
    const message = await graph.getMessage(draftId, { as, select: SELECT })
    const { id } = await graph.getFolder('sentitems', { as })
    // Between Drafts and Sent Items it is on its way, which is not yet gone.
    return message.isDraft === false && message.parentFolderId === id ? [{ message, graph, as }] : []
  } catch (error) {
    if (!(error instanceof GraphResponseError) || error.httpStatus !== 404) throw error
    return (await findCopies(graph, as, 'sentitems', marker)) ?? []
  }
}

/**
 * Is this the report that Exchange sends when a mail could not be delivered?
 * @see https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online
 */
export function isNonDeliveryReport({ from }: GraphMessage): boolean {
  return /^(?:microsoftexchange329e71ec88ae4615bbc36ab6ce41109e|postmaster|mailer-daemon)@/i.test(
    from?.address ?? '',
  )
}

/**
 * Does a report say that the right to send was missing? Exchange accepts a mail before it looks, at times, and
 * answers 5.2.252 (SendAsDenied) or 5.7.60 afterwards.
 */
export function saysSendAsDenied({ subject, bodyPreview }: GraphMessage): boolean {
  return /SendAsDenied|\b5\.2\.252\b|\b5\.7\.60\b/i.test(`${subject} ${bodyPreview}`)
}

/**
 * Deletes messages for good; where that does not exist, to Deleted Items.
 * @returns a sentence for each that stays.
 */
export async function removeCopies(copies: readonly Copy[]): Promise<string[]> {
  const left: string[] = []
  for (const copy of copies) {
    const gone = (await remove(copy, true)) || (await remove(copy, false))
    if (!gone) left.push(`“${copy.message.subject ?? copy.message.id}” could not be deleted.`)
  }
  return left
}

async function remove({ graph, as, message }: Copy, permanent: boolean): Promise<boolean> {
  try {
    await graph.deleteMessage(message.id, { as, permanent })
    return true
  } catch (error) {
    // Somebody, or a rule, was faster.
    return error instanceof GraphResponseError && error.graphCode === 'ErrorItemNotFound'
  }
}
