/**
 * Who a mail is from and where its copies go: the one place that decides it, for every face.
 *
 * The decisions are two tables that can be read against Microsoft's documents: "Send Outlook messages from another
 * user" (Graph), "Manage permissions for recipients" and "Automatically save sent items in delegator's mailbox"
 * (Exchange Online). Where no document answers, the row says so.
 */
import { randomUUID } from 'node:crypto'
import { isSmtpAddress } from '../../model/user-ref.ts'
import type { Recipient } from './directory.ts'
import type { Exchange } from './exchange.ts'
import type { Folder } from './folder.ts'
import { type Address, type Attachment, createItem, type Item, type ItemFields, touchItem } from './item.ts'
import { receiveMeetingMessage } from './meeting-delivery.ts'

/** What is known about a submission before the table is asked. */
export interface SubmissionFacts {
  /** Who acts: a signed-in user, or an application as the owner of the mailbox it names. */
  readonly token: 'user' | 'app'
  /** What the token lets its bearer send: nothing, their own mail, or from others too. */
  readonly scope: 'none' | 'own' | 'shared'
  /**
   * The mailbox the message goes through: the caller's own, called `/me` or by its address, or somebody else's that
   * the caller may or may not open.
   */
  readonly endpoint: 'me' | 'own' | 'opened' | 'closed'
  /** Whom `from` names: the submitter (also when it is left out of a message sent through the own mailbox), … */
  readonly from: 'self' | 'other' | 'hidden' | 'unknown'
  /** What the submitter holds over the recipient in `from`. Full Access is not among them: it never allows sending. */
  readonly right: 'none' | 'SendOnBehalf' | 'SendAs' | 'both'
}

export type SubmissionCode = 'BadRequest' | 'ErrorAccessDenied' | 'ErrorSendAsDenied'

/** Which layer refused: how the call was made, the token's permission, the right to open, or the right to send. */
export type SubmissionLayer = 'endpoint' | 'scope' | 'mailbox' | 'right'

/** How a message leaves: from oneself, with no trace of the submitter, or with the submitter as `sender`. */
export type SubmissionMode = 'self' | 'as' | 'onBehalf'

export type SubmissionVerdict =
  | { readonly status: 202; readonly mode: SubmissionMode }
  | { readonly status: 400 | 403; readonly code: SubmissionCode; readonly layer: SubmissionLayer }

export interface SubmissionRule {
  /** Facts that have to hold; one that is not named can be anything. */
  readonly when: { readonly [Fact in keyof SubmissionFacts]?: readonly SubmissionFacts[Fact][] }
  readonly verdict: SubmissionVerdict
  readonly because: string
}

/** The first row whose facts hold decides. The last three rows leave nothing undecided. */
export const SUBMISSION_RULES: readonly SubmissionRule[] = [
  {
    when: { token: ['app'], endpoint: ['me'] },
    verdict: { status: 400, code: 'BadRequest', layer: 'endpoint' },
    because: 'An application has no mailbox of its own: /me needs a signed-in user.',
  },
  {
    when: { scope: ['none'] },
    verdict: { status: 403, code: 'ErrorAccessDenied', layer: 'scope' },
    because: 'user: sendMail needs Mail.Send.',
  },
  {
    when: { endpoint: ['opened', 'closed'], scope: ['own'] },
    verdict: { status: 403, code: 'ErrorAccessDenied', layer: 'scope' },
    because:
      'A user token acts in another mailbox with Mail.Send.Shared only. The code is chosen; no document names it.',
  },
  {
    when: { endpoint: ['closed'] },
    verdict: { status: 403, code: 'ErrorAccessDenied', layer: 'mailbox' },
    because: 'Sending through /users/{other} needs Full Access in addition to a right to send.',
  },
  {
    when: { from: ['self'] },
    verdict: { status: 202, mode: 'self' },
    because: 'Everybody may send as themselves.',
  },
  {
    when: { token: ['user'], scope: ['own'] },
    verdict: { status: 403, code: 'ErrorAccessDenied', layer: 'scope' },
    because: 'Sending from another user needs Mail.Send.Shared. The code is chosen; no document names it.',
  },
  {
    when: { from: ['unknown'] },
    verdict: { status: 403, code: 'ErrorSendAsDenied', layer: 'right' },
    because: 'Nobody holds a right over an address that does not exist.',
  },
  {
    when: { from: ['hidden'] },
    verdict: { status: 403, code: 'ErrorSendAsDenied', layer: 'right' },
    because: 'A mailbox hidden from address lists cannot be sent from by its delegates. The code is chosen.',
  },
  {
    when: { right: ['SendAs', 'both'] },
    verdict: { status: 202, mode: 'as' },
    because: 'Whoever has both Send As and Send on Behalf always sends as.',
  },
  {
    when: { right: ['SendOnBehalf'] },
    verdict: { status: 202, mode: 'onBehalf' },
    because: 'Send on Behalf keeps the submitter visible as the sender.',
  },
  {
    when: { right: ['none'] },
    verdict: { status: 403, code: 'ErrorSendAsDenied', layer: 'right' },
    because: 'Neither Send on Behalf nor Send As was granted; Full Access does not allow sending.',
  },
]

/** What decides where copies are kept, once it is known that the message goes. */
export interface SentItemsFacts {
  /** `saveToSentItems` of the request. */
  readonly save: boolean
  /** Where the Sent Items of `from` are: in the mailbox the message went through, in another one, or nowhere. */
  readonly principal: 'submitting' | 'elsewhere' | 'nowhere'
  /** Is MessageCopyForSentAsEnabled or MessageCopyForSendOnBehalfEnabled, whichever this is, on for `from`? */
  readonly keepsCopy: boolean
}

/** `submitting`: the mailbox the message went through. `principal`: the mailbox of `from`. */
export type SentItemsPlace = 'submitting' | 'principal'

export interface SentItemsRule {
  readonly when: { readonly [Fact in keyof SentItemsFacts]?: readonly SentItemsFacts[Fact][] }
  readonly keptIn: readonly SentItemsPlace[]
  readonly because: string
}

/** The first row whose facts hold decides; there is one for every combination. */
export const SENT_ITEMS_RULES: readonly SentItemsRule[] = [
  {
    when: { save: [true], principal: ['elsewhere'], keepsCopy: [true] },
    keptIn: ['submitting', 'principal'],
    because: 'An administrator had the principal always keep a copy.',
  },
  {
    when: { save: [true] },
    keptIn: ['submitting'],
    because: '/me saves in the sending user’s Sent Items, /users/{from} in those of the from user.',
  },
  {
    when: { principal: ['elsewhere'], keepsCopy: [true] },
    keptIn: ['principal'],
    because: 'saveToSentItems: false does not switch off what an administrator switched on.',
  },
  {
    when: { principal: ['submitting'], keepsCopy: [true] },
    keptIn: ['submitting'],
    because: 'The same, where the message went through the principal’s own mailbox.',
  },
  {
    when: {},
    keptIn: [],
    because: 'saveToSentItems: false; an address without a mailbox has no Sent Items.',
  },
]

export function decideSubmission(facts: SubmissionFacts): SubmissionRule {
  return firstMatch(SUBMISSION_RULES, facts)
}

/** What forbids every message sent this way, whoever it is from: a caller is told so before their message is read. */
export function refuseUnread(
  facts: Pick<SubmissionFacts, 'token' | 'scope' | 'endpoint'>,
): (SubmissionResult & { readonly ok: false }) | undefined {
  // Everybody may send as themselves, so what refuses that is none of the rights.
  const { verdict, because } = decideSubmission({ ...facts, from: 'self', right: 'none' })
  return verdict.status === 202 ? undefined : { ok: false, ...verdict, because }
}

export function decideSentItems(facts: SentItemsFacts): SentItemsRule {
  return firstMatch(SENT_ITEMS_RULES, facts)
}

function firstMatch<Facts extends object, Rule extends { readonly when: object }>(
  rules: readonly Rule[],
  facts: Facts,
): Rule {
  const rule = rules.find(({ when }) =>
    Object.entries(when).every(([name, values]) =>
      (values as readonly unknown[]).includes(facts[name as keyof Facts]),
    ),
  )
  if (!rule) throw new Error('The table of submissions has a gap.')
  return rule
}

/** What a caller wrote; `from` as they named it, or absent. */
export interface OutgoingMessage {
  readonly itemClass?: string
  readonly subject: string
  readonly body?: { readonly contentType: 'text' | 'html'; readonly content: string }
  readonly from?: Address
  readonly to: readonly Address[]
  readonly cc: readonly Address[]
  readonly bcc: readonly Address[]
  readonly replyTo: readonly Address[]
  readonly importance?: Item['importance']
  readonly sensitivity?: Item['sensitivity']
  readonly headers?: Item['headers']
  readonly attachments?: readonly Attachment[]
  readonly internetMessageId?: string
  readonly conversationId?: string
  /** Flag and categories stay with the copy of the mailbox the message went through. */
  readonly flag?: Item['flag']
  readonly categories?: readonly string[]
  /** What a meeting message is about; its recipients' calendars hear of it. */
  readonly calendar?: Item['calendar']
  readonly meeting?: Item['meeting']
  readonly properties?: Item['properties']
  readonly mapi?: Item['mapi']
  /** What one face alone understands; every copy gets it. */
  readonly extra?: Item['extra']
  /** The same, for the copy of the mailbox the message went through alone: its categories, follow-up dates. */
  readonly ownExtra?: Item['extra']
}

export interface Submission {
  /** The signed-in user; for an application, the owner of the mailbox it names. */
  readonly submitter: Recipient
  /** Whose mailbox the message goes through. */
  readonly viaMailbox: Recipient
  readonly message: OutgoingMessage
  /** The draft that is being sent: it becomes the copy in Sent Items, or goes away when none is kept. */
  readonly draft?: Item
  readonly saveToSentItems: boolean
  /** Where the submitting mailbox keeps its copy, unless in Sent Items. */
  readonly saveIn?: Folder
  readonly token?: SubmissionFacts['token']
  readonly scope?: SubmissionFacts['scope']
  /** Left out: the own mailbox if the submitter owns it, else one the caller was already let into. */
  readonly endpoint?: SubmissionFacts['endpoint']
}

export type SubmissionResult =
  | {
      readonly ok: true
      readonly mode: SubmissionMode
      readonly from: Address
      readonly sender: Address
      /** The copies that were kept, the submitting mailbox's first. */
      readonly copies: readonly Item[]
      readonly delivered: readonly Item[]
      /** Addresses that nobody has; the sender was told by a non-delivery report. */
      readonly undeliverable: readonly string[]
    }
  | {
      readonly ok: false
      readonly status: 400 | 403
      readonly code: SubmissionCode | 'ErrorInvalidRecipients'
      readonly layer: SubmissionLayer | 'message'
      readonly because: string
    }

/** Decides, and if the message may go: delivers it, keeps the copies, and reports what could not be delivered. */
export function submit(exchange: Exchange, submission: Submission): SubmissionResult {
  const { directory } = exchange
  const { submitter, viaMailbox, message } = submission
  // Left out, `from` is the owner of the mailbox: a message written in X's mailbox is from X.
  const principal = message.from === undefined ? viaMailbox : directory.find(message.from.address)
  const rule = decideSubmission({
    token: submission.token ?? 'user',
    scope: submission.scope ?? 'shared',
    endpoint: submission.endpoint ?? (submitter.id === viaMailbox.id ? 'own' : 'opened'),
    from: fromFact(principal, submitter),
    right: principal ? rightOver(exchange, principal, submitter) : 'none',
  })
  const { verdict } = rule
  if (verdict.status !== 202) return { ok: false, ...verdict, because: rule.because }
  const recipients = [...message.to, ...message.cc, ...message.bcc]
  const malformed = recipients.find(({ address }) => !isSmtpAddress(address))
  if (malformed || recipients.length === 0) {
    const because = malformed
      ? `Recipient '${malformed.address.slice(0, 200)}' is not resolved. All recipients must be resolved before a message can be submitted.`
      : "A message can't be sent because it contains no recipients."
    return { ok: false, status: 400, code: 'ErrorInvalidRecipients', layer: 'message', because }
  }
  // The table let it pass, so there is a principal.
  return carryOut(exchange, submission, principal ?? submitter, verdict.mode)
}

function fromFact(principal: Recipient | undefined, submitter: Recipient): SubmissionFacts['from'] {
  if (!principal) return 'unknown'
  if (principal.id === submitter.id) return 'self'
  return principal.hiddenFromAddressLists ? 'hidden' : 'other'
}

function rightOver(exchange: Exchange, principal: Recipient, submitter: Recipient): SubmissionFacts['right'] {
  const sendAs = exchange.directory.hasPropagated(principal, submitter, 'SendAs')
  const sendOnBehalf = exchange.directory.hasPropagated(principal, submitter, 'SendOnBehalf')
  if (sendAs) return sendOnBehalf ? 'both' : 'SendAs'
  return sendOnBehalf ? 'SendOnBehalf' : 'none'
}

function carryOut(
  exchange: Exchange,
  submission: Submission,
  principal: Recipient,
  mode: SubmissionMode,
): SubmissionResult {
  const { submitter, viaMailbox, message, draft } = submission
  // Always the primary address: an alias in `from` is rewritten (SendFromAliasEnabled is off by default).
  const from = addressOf(principal)
  const sender = mode === 'onBehalf' ? addressOf(submitter) : from
  const now = exchange.now()
  const sent: SentFields = {
    itemClass: message.itemClass ?? 'IPM.Note',
    subject: message.subject,
    ...(message.body ? { body: { ...message.body } } : {}),
    sender,
    from,
    to: message.to.map((address) => resolved(exchange, address)),
    cc: message.cc.map((address) => resolved(exchange, address)),
    bcc: message.bcc.map((address) => resolved(exchange, address)),
    replyTo: [...message.replyTo],
    sent: now,
    received: now,
    isDraft: false,
    importance: message.importance ?? 'normal',
    sensitivity: message.sensitivity ?? 'normal',
    headers: [...(message.headers ?? [])],
    attachments: [...(message.attachments ?? [])],
    internetMessageId: message.internetMessageId ?? `<${randomUUID()}@${exchange.directory.domain}>`,
    conversationId: message.conversationId ?? newConversationId(),
    ...(message.calendar ? { calendar: message.calendar } : {}),
    ...(message.meeting ? { meeting: message.meeting } : {}),
    properties: { ...message.properties },
    mapi: { ...message.mapi },
    extra: { ...message.extra },
  }

  const { delivered, undeliverable } = deliver(exchange, sent, submitter)
  const copies = keepCopies(exchange, submission, sent, principal, mode)
  for (const item of delivered) receiveMeetingMessage(exchange, item)
  if (draft && !copies.includes(draft)) exchange.findItem(draft.id)?.folder.removeItem(draft)
  if (undeliverable.length > 0) {
    const told = mode === 'onBehalf' ? submitter : principal
    const mailbox =
      exchange.mailboxOf(told) ?? exchange.mailboxOf(submitter) ?? exchange.mailboxOf(viaMailbox)
    const inbox = mailbox?.distinguished('inbox')
    inbox?.addItem(nonDeliveryReport(exchange, inbox, sent, sender, undeliverable))
  }
  return { ok: true, mode, from, sender, copies, delivered, undeliverable }
}

type SentFields = Omit<ItemFields, 'mailbox'> & Pick<Item, 'to' | 'cc' | 'bcc'>

function deliver(
  exchange: Exchange,
  sent: SentFields,
  submitter: Recipient,
): { delivered: Item[]; undeliverable: string[] } {
  const delivered: Item[] = []
  const undeliverable: string[] = []
  const reached = new Set<string>()
  for (const { address } of [...sent.to, ...sent.cc, ...sent.bcc]) {
    const recipient = exchange.directory.find(address)
    // There is no way out of this tenant, so an address elsewhere is as unreachable as a misspelled one.
    if (!recipient) undeliverable.push(address)
    for (const target of recipient ? exchange.directory.expand(recipient) : []) {
      const inbox = exchange.mailboxOf(target)?.distinguished('inbox')
      if (reached.has(target.id) || !inbox) continue
      reached.add(target.id)
      const item = createItem(exchange, {
        ...copyOf(sent),
        mailbox: inbox.mailbox,
        bcc: [],
        isRead: false,
        creator: submitter.id,
      })
      inbox.addItem(item)
      delivered.push(item)
    }
  }
  return { delivered, undeliverable: [...new Set(undeliverable)] }
}

function keepCopies(
  exchange: Exchange,
  submission: Submission,
  sent: SentFields,
  principal: Recipient,
  mode: SubmissionMode,
): Item[] {
  const { submitter, viaMailbox, draft, message } = submission
  const rule = decideSentItems({
    save: submission.saveToSentItems,
    principal: !exchange.mailboxOf(principal)
      ? 'nowhere'
      : principal.id === viaMailbox.id
        ? 'submitting'
        : 'elsewhere',
    keepsCopy: keepsCopy(principal, mode),
  })
  const ownExtra = structuredClone({ ...message.extra, ...message.ownExtra })
  return rule.keptIn.flatMap((place) => {
    const submitting = place === 'submitting'
    const mailbox = exchange.mailboxOf(submitting ? viaMailbox : principal)
    const folder = (submitting ? submission.saveIn : undefined) ?? mailbox?.distinguished('sentitems')
    if (!folder) return []
    if (submitting && draft && draft.mailbox === folder.mailbox) {
      // The draft itself moves, so that its immutable id names the copy in Sent Items.
      exchange.findItem(draft.id)?.folder.removeItem(draft)
      Object.assign(draft, copyOf(sent), { isRead: true, extra: ownExtra })
      touchItem(exchange, draft)
      folder.addItem(draft)
      return draft
    }
    const copy = createItem(exchange, {
      ...copyOf(sent),
      ...(submitting ? { extra: ownExtra } : {}),
      ...(submitting && message.flag ? { flag: message.flag } : {}),
      ...(submitting && message.categories ? { categories: [...message.categories] } : {}),
      mailbox: folder.mailbox,
      isRead: true,
      creator: submitter.id,
    })
    folder.addItem(copy)
    return copy
  })
}

/** The settings exist on user and shared mailboxes only (Set-Mailbox, MessageCopyForSentAsEnabled). */
function keepsCopy(principal: Recipient, mode: SubmissionMode): boolean {
  if (principal.kind !== 'user' && principal.kind !== 'shared') return false
  if (mode === 'self') return false
  return mode === 'as' ? principal.messageCopyForSentAs : principal.messageCopyForSendOnBehalf
}

/** Every copy has its own lists, so that a change of one leaves the others alone. */
function copyOf<Fields extends Partial<Item>>(fields: Fields): Fields {
  const copy: Record<string, unknown> = { ...fields }
  for (const [name, value] of Object.entries(copy)) if (Array.isArray(value)) copy[name] = [...value]
  for (const name of ['extra', 'properties', 'mapi', 'calendar', 'meeting'] as const) {
    if (fields[name]) copy[name] = structuredClone(fields[name])
  }
  return copy as Fields
}

function resolved(exchange: Exchange, given: Address): Address {
  const recipient = exchange.directory.find(given.address)
  return recipient ? addressOf(recipient) : { name: given.name || given.address, address: given.address }
}

function addressOf(recipient: Recipient): Address {
  return { name: recipient.name, address: recipient.address }
}

/** The shape of PidTagConversationIndex's first 22 bytes, as clients see conversation ids. */
function newConversationId(): string {
  const guid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
  return Buffer.concat([Buffer.from('0101', 'hex'), guid, Buffer.alloc(4)]).toString('base64')
}

function nonDeliveryReport(
  exchange: Exchange,
  inbox: Folder,
  sent: SentFields & Pick<Item, 'conversationId'>,
  sender: Address,
  undeliverable: readonly string[],
): Item {
  const now = exchange.now()
  const { domain } = exchange.directory
  const lines = undeliverable.map((address) =>
    address.toLowerCase().endsWith(`@${domain.toLowerCase()}`)
      ? `${address}: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${address} not found by SMTP address lookup`
      : `${address}: 550 5.4.310 DNS domain ${address.slice(address.lastIndexOf('@') + 1)} does not exist`,
  )
  const postmaster = {
    name: 'Microsoft Outlook',
    address: `MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@${domain}`,
  }
  return createItem(exchange, {
    mailbox: inbox.mailbox,
    itemClass: 'REPORT.IPM.Note.NDR',
    subject: `Undeliverable: ${sent.subject ?? ''}`,
    body: {
      contentType: 'text',
      content: `Delivery has failed to these recipients or groups:\r\n\r\n${lines.join('\r\n')}\r\n`,
    },
    sender: postmaster,
    from: postmaster,
    to: [sender],
    sent: now,
    received: now,
    internetMessageId: `<${randomUUID()}@${domain}>`,
    ...(sent.conversationId ? { conversationId: sent.conversationId } : {}),
    creator: inbox.mailbox.owner.id,
  })
}
