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
  /** Who submitted it gets them, or who it is from when that is all that it says. */
  readonly reports: readonly Copy[]
  /** Is there an Inbox to look into where the mail, or a report, can still come? */
  readonly watchable: boolean
  /** May the owner's Inbox be read? */
  readonly ownerIsOpen: boolean
}

/**
 * Finds the mail that was accepted, until it was seen where it should be or the time is over, and deletes what can
 * be deleted of it.
 *
 * A mail to somebody else is waited for until the time is over: a report that says that the right to send was missing
 * comes later than the copy in Sent Items.
 *
 * @param leftBehind gets a sentence for everything that stays, also when this throws.
 * @throws ConnectionError when it is nowhere; InvalidInputError when somebody else sent it.
 */
export async function readBack(
  run: ProofRun,
  draft: GraphMessage,
  marker: string,
  leftBehind: Set<string>,
): Promise<Finding> {
  let seen: Seen
  let elsewhere: readonly Copy[] | undefined
  try {
    seen = await watch(run, draft, marker)
    // The owner's, who may have been told to keep copies; or the delegate's, when it went through the owner's.
    elsewhere = run.viaOwner
      ? await findCopies(run.graph, run.own, 'sentitems', marker)
      : await findCopies(run.ownerGraph, run.owner, 'sentitems', marker)
  } catch (error) {
    const removed = run.cleanUp && (await removeAll(run, draft, marker, leftBehind))
    if (!removed || !goesToDelegate(run)) leftBehind.add(`The mail was sent to ${run.to}.`)
    throw error
  }
  if (run.cleanUp) {
    const made = [...seen.sent, ...seen.received, ...seen.reports, ...(elsewhere ?? [])]
    for (const left of await removeCopies(made)) leftBehind.add(left)
    if (made.length === 0) await removeAll(run, draft, marker, leftBehind)
  }
  return judge(run, seen, elsewhere, marker, leftBehind)
}

async function watch(run: ProofRun, draft: GraphMessage, marker: string): Promise<Seen> {
  const { clock } = run.graph
  const deadline = clock.now() + run.settleMs
  let ownerIsOpen = true
  for (let attempt = 1; ; attempt++) {
    const late = clock.now() >= deadline
    const seen = await look(run, draft, marker, late, ownerIsOpen)
    if (late || isSettled(seen)) return seen
    // What may not be read is not asked for again.
    ownerIsOpen = seen.ownerIsOpen
    await clock.sleep(Math.min(pollDelay(1000, 10_000, attempt), deadline - clock.now()), run.signal)
  }
}

/** Is there nothing more to wait for? */
function isSettled({ sent, received, reports, watchable }: Seen): boolean {
  if (reports.some(({ message }) => saysSendAsDenied(message))) return true
  return sent.length > 0 && (received.length > 0 || reports.length > 0 || !watchable)
}

/**
 * What there is of a mail that is not going to be judged.
 * @returns true if it had arrived in the mailbox of the delegate.
 */
async function removeAll(
  run: ProofRun,
  draft: GraphMessage,
  marker: string,
  leftBehind: Set<string>,
): Promise<boolean> {
  try {
    // The id is good for the copy in Sent Items too.
    await removeCopies([{ message: draft, graph: run.graph, as: run.as }])
    const found = await findCopies(run.graph, run.own, undefined, marker)
    for (const left of await removeCopies(found ?? [])) leftBehind.add(left)
    return (found ?? []).some(({ message }) => message.id !== draft.id && message.isDraft !== true)
  } catch {
    // What is thrown in the end says what is wrong; this would only say it again.
    leftBehind.add(`What the mailbox of ${run.delegate} has of [${marker}] could not be looked for.`)
    return false
  }
}

/** @param everywhere looks beyond the Inbox, where a rule of the delegate's may have put the mail. */
async function look(
  run: ProofRun,
  draft: GraphMessage,
  marker: string,
  everywhere: boolean,
  ownerIsOpen: boolean,
): Promise<Seen> {
  const sent = await findSentCopy(run.graph, run.as, draft.id, marker)
  const found = await findCopies(run.graph, run.own, everywhere ? undefined : 'inbox', marker)
  const known = new Set([draft.id, ...sent.map(({ message }) => message.id)])
  const came = (found ?? []).filter(({ message }) => !known.has(message.id) && message.isDraft !== true)
  // A mail that left as the owner is returned to the owner, whoever wrote it.
  const owners = ownerIsOpen ? await findCopies(run.ownerGraph, run.owner, 'inbox', marker) : undefined
  const isReport = ({ message }: Copy) => isNonDeliveryReport(message)
  const receivable = found !== undefined && goesToDelegate(run)
  return {
    sent,
    received: came.filter((copy) => !isReport(copy)),
    receivable,
    reports: [...came, ...(owners ?? [])].filter(isReport),
    watchable: receivable || (!goesToDelegate(run) && (found ?? owners) !== undefined),
    ownerIsOpen: owners !== undefined,
  }
}

function judge(
  run: ProofRun,
  seen: Seen,
  elsewhere: readonly Copy[] | undefined,
  marker: string,
  leftBehind: Set<string>,
): Finding {
  const [submitting, other] = [presence(seen.sent), presence(elsewhere)]
  const sentItems = run.viaOwner
    ? { delegate: other, owner: submitting }
    : { delegate: submitting, owner: other }
  const denied = seen.reports.find(({ message }) => saysSendAsDenied(message))
  if (denied) return { found: 'denied', denial: denialOf(denied), sentItems, received: 'no', notes: [] }

  const returned = seen.reports.length > 0 && seen.received.length === 0
  if (!goesToDelegate(run) && !returned) leftBehind.add(`The mail was sent to ${run.to}.`)
  // What the recipient got counts more than what the sender kept.
  const evidence = seen.received[0] ?? seen.sent[0]
  if (!evidence) {
    leftBehind.add(`The mail [${marker}] was accepted, and may yet reach ${run.to}.`)
    throw notFoundAgain(run, marker)
  }
  const { from, sender } = evidence.message
  const found = classifySent(evidence.message, run.names)
  if (found === 'undecided' || found === 'stranger') {
    if (seen.received.length === 0 && !returned) leftBehind.add(`The mail was sent to ${run.to}.`)
    throw found === 'stranger' ? notTheDelegate(run, from, sender) : undecided(run, from)
  }
  return {
    found,
    ...(from ? { from } : {}),
    ...(sender ? { sender } : {}),
    sentItems,
    received: returned ? 'no' : seen.receivable ? presence(seen.received) : 'unknown',
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
  if (found !== 'as self' && from && !run.names.owner.has(from.address.toLowerCase())) {
    notes.push(
      `The mail is from ${from.address} where ${run.owner} was named: Exchange writes the primary address.`,
    )
  }
  if (seen.reports.length > 0) {
    notes.push(`A non-delivery report came back: ${run.to} was not reached.`)
  } else if (seen.receivable && seen.received.length === 0) {
    notes.push(`It was sent to ${run.to}, and had not reached them when the time was over.`)
  }
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

function undecided(run: ProofRun, from: MailAddress | undefined): InvalidInputError {
  return new InvalidInputError(
    `The mail is from ${from?.address ?? 'nobody'}, and nothing says whether that is ${run.delegate} or ${run.owner}.`,
    {
      hint: 'Give the primary addresses of both, or a token with User.Read and User.ReadBasic.All, which shows their other ones.',
    },
  )
}
