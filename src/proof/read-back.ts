import { ConnectionError, InvalidInputError } from '../errors.ts'
import type { GraphMessage } from '../graph/message.ts'
import type { MailAddress } from '../graph/recipient.ts'
import { classifySent, type SendResult } from './classify.ts'
import {
  type Copy,
  findCopies,
  findSentCopy,
  isNonDeliveryReport,
  removeCopies,
  saysSendAsDenied,
} from './copies.ts'
import { pollDelay } from './poll-delay.ts'
import type { Denial, Finding, Presence } from './proof.ts'
import { goesToDelegate, type ProofRun } from './proof-run.ts'

/** What was seen of a mail after it was accepted. */
interface Seen {
  /** In the Sent Items of the mailbox it went through. */
  readonly sent: readonly Copy[]
  /** By the delegate. */
  readonly received: readonly Copy[]
  /** Can the mail be expected there, and be seen? */
  readonly receivable: boolean
  readonly reports: readonly Copy[]
}

/**
 * Finds the mail that was accepted, until it was seen where it should be or the time is over, and deletes what can
 * be deleted of it.
 * @throws ConnectionError when it is nowhere; InvalidInputError when somebody else sent it.
 */
export async function readBack(run: ProofRun, draft: GraphMessage, marker: string): Promise<Finding> {
  const { clock } = run.graph
  const deadline = clock.now() + run.settleMs
  try {
    for (let attempt = 1; ; attempt++) {
      const late = clock.now() >= deadline
      const seen = await look(run, draft, marker, late)
      const complete = seen.sent.length > 0 && (seen.received.length > 0 || !seen.receivable)
      if (complete || late || seen.reports.length > 0) return await judge(run, seen, marker)
      await clock.sleep(Math.min(pollDelay(1000, 10_000, attempt), deadline - clock.now()), run.signal)
    }
  } catch (error) {
    if (run.cleanUp) await removeAll(run, draft, marker).catch(() => undefined)
    throw error
  }
}

/** What there is of a mail that is not going to be judged. */
async function removeAll(run: ProofRun, draft: GraphMessage, marker: string): Promise<void> {
  // The id is good for the copy in Sent Items too.
  await removeCopies([{ message: draft, graph: run.graph, as: run.as }])
  await removeCopies((await findCopies(run.graph, run.own, undefined, marker)) ?? [])
}

/** @param everywhere looks beyond the Inbox, where a rule of the delegate's may have put the mail. */
async function look(run: ProofRun, draft: GraphMessage, marker: string, everywhere: boolean): Promise<Seen> {
  const sent = await findSentCopy(run.graph, run.as, draft.id, marker)
  const found = await findCopies(run.graph, run.own, everywhere ? undefined : 'inbox', marker)
  const known = new Set([draft.id, ...sent.map(({ message }) => message.id)])
  const came = (found ?? []).filter(({ message }) => !known.has(message.id) && message.isDraft !== true)
  const reports = came.filter(({ message }) => isNonDeliveryReport(message))
  return {
    sent,
    received: came.filter((copy) => !reports.includes(copy)),
    receivable: found !== undefined && goesToDelegate(run),
    reports,
  }
}

async function judge(run: ProofRun, seen: Seen, marker: string): Promise<Finding> {
  // The owner's, who may have been told to keep copies; or the delegate's, when it went through the owner's.
  const elsewhere = run.viaOwner
    ? await findCopies(run.graph, run.own, 'sentitems', marker)
    : await findCopies(run.ownerGraph, run.owner, 'sentitems', marker)
  const [submitting, other] = [presence(seen.sent), presence(elsewhere)]
  const sentItems = run.viaOwner
    ? { delegate: other, owner: submitting }
    : { delegate: submitting, owner: other }
  const made = [...seen.sent, ...seen.received, ...seen.reports, ...(elsewhere ?? [])]
  const leftBehind = run.cleanUp ? await removeCopies(made) : []
  const report = seen.reports[0]
  if (!goesToDelegate(run) && !report) leftBehind.push(`The mail lies in the Inbox of ${run.to}.`)

  if (report && saysSendAsDenied(report.message)) {
    return { found: 'denied', denial: denialOf(report), sentItems, received: 'no', leftBehind, notes: [] }
  }
  // What the recipient got counts more than what the sender kept.
  const evidence = seen.received[0] ?? seen.sent[0]
  if (!evidence) throw notFoundAgain(run, marker)
  const { from, sender } = evidence.message
  const found = classifySent(evidence.message, run.delegateAddresses, run.ownerAddresses)
  if (found === undefined || found === 'stranger') throw notTheDelegate(run, from, sender)
  return {
    found,
    ...(from ? { from } : {}),
    ...(sender ? { sender } : {}),
    sentItems,
    received: seen.receivable ? presence(seen.received) : 'unknown',
    leftBehind,
    notes: notesOn(run, seen, from, found),
  }
}

function presence(copies: readonly Copy[] | undefined): Presence {
  if (copies === undefined) return 'unknown'
  return copies.length > 0 ? 'yes' : 'no'
}

function denialOf({ message: { bodyPreview, subject } }: Copy): Denial {
  return {
    layer: 'right',
    code: 'NonDeliveryReport',
    message: bodyPreview ?? subject ?? 'The mail was returned.',
  }
}

function notesOn(run: ProofRun, seen: Seen, from: MailAddress | undefined, found: SendResult): string[] {
  const notes: string[] = []
  if (found !== 'as self' && from && !run.ownerAddresses.has(from.address.toLowerCase())) {
    notes.push(
      `The mail is from ${from.address} where ${run.owner} was named: Exchange writes the primary address.`,
    )
  }
  if (seen.receivable && seen.received.length === 0) {
    notes.push(`It had not reached ${run.to} when the time was over, and will lie in their Inbox.`)
  }
  if (seen.reports.length > 0) notes.push(`A non-delivery report came back: ${run.to} was not reached.`)
  return notes
}

function notFoundAgain(run: ProofRun, marker: string): ConnectionError {
  return new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `Graph accepted the mail from ${run.owner}, but it was not found again within ${run.settleMs / 1000} s.`,
    {
      mayHaveHappened: true,
      hint: `Look for “${marker}” in Sent Items, Drafts and Outbox; the service may be slow.`,
    },
  )
}

function notTheDelegate(
  run: ProofRun,
  from: MailAddress | undefined,
  sender: MailAddress | undefined,
): InvalidInputError {
  return new InvalidInputError(
    `The mail was sent by ${sender?.address ?? from?.address ?? 'nobody'}, not by ${run.delegate}.`,
    { hint: 'Give the token of the delegate, and the delegate’s primary address.' },
  )
}
