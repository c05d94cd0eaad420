import type { DeliverMeetingRequests } from '../../model/delegate.ts'
import type { Recipient } from '../store/directory.ts'
import { type GraphAnswer, type GraphContext, type MailboxTarget, requireOwnScope } from './context.ts'
import { itemNotFound, notModelled, unreadableBody } from './errors.ts'
import { parseJsonBody } from './json-body.ts'

/**
 * The one setting that is also DeliverMeetingRequests of the EWS delegate operations. NoForward has no value here:
 * https://learn.microsoft.com/graph/api/resources/mailboxsettings
 */
const DELIVERY_OPTIONS = {
  sendToDelegateAndInformationToPrincipal: 'DelegatesAndSendInformationToMe',
  sendToDelegateAndPrincipal: 'DelegatesAndMe',
  sendToDelegateOnly: 'DelegatesOnly',
} as const satisfies Record<string, DeliverMeetingRequests>
type DeliveryOption = keyof typeof DELIVERY_OPTIONS
const OPTION_NAMES = Object.keys(DELIVERY_OPTIONS) as DeliveryOption[]

/** The rest of the settings are what a new mailbox has; nothing else in this service depends on them. */
const FIXED = {
  timeZone: 'UTC',
  dateFormat: 'M/d/yyyy',
  timeFormat: 'h:mm tt',
  automaticRepliesSetting: {
    status: 'disabled',
    externalAudience: 'all',
    internalReplyMessage: '',
    externalReplyMessage: '',
  },
  language: { locale: 'en-US', displayName: 'English (United States)' },
  workingHours: {
    daysOfWeek: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
    startTime: '08:00:00.0000000',
    endTime: '17:00:00.0000000',
    timeZone: { name: 'UTC' },
  },
}

/** GET /mailboxSettings and /mailboxSettings/{property} */
export function getMailboxSettings(
  context: GraphContext,
  target: MailboxTarget,
  property: string | undefined,
): GraphAnswer {
  requireOwnScope(context, target, ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'])
  const settings = settingsOf(target)
  const metadata = `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/mailboxSettings`
  if (property === undefined) return { status: 200, body: { '@odata.context': metadata, ...settings } }
  const name = Object.keys(settings).find((key) => key.toLowerCase() === property.toLowerCase())
  if (!name) throw itemNotFound()
  const value = settings[name]
  const body = typeof value === 'object' && value !== null ? value : { value }
  return { status: 200, body: { '@odata.context': `${metadata}/${name}`, ...body } }
}

/** PATCH /mailboxSettings: the delivery of meeting messages alone. */
export function updateMailboxSettings(context: GraphContext, target: MailboxTarget): GraphAnswer {
  requireOwnScope(context, target, ['MailboxSettings.ReadWrite'])
  const json = parseJsonBody(context.body, 'microsoft.graph.mailboxSettings')
  const known = [...Object.keys(settingsOf(target)), 'archiveFolder']
  json.allow(known)
  const name = 'delegateMeetingMessageDeliveryOptions'
  const other = known.find((candidate) => candidate !== name && json.has(candidate))
  if (other) throw notModelled(`changing the mailbox setting ${other}`)
  const option = json.member(name, OPTION_NAMES, 'microsoft.graph.delegateMeetingMessageDeliveryOptions')
  if (!option) throw unreadableBody(`The property '${name}' needs a value.`)
  target.mailbox.delegates.deliverMeetingRequests = DELIVERY_OPTIONS[option]
  return {
    status: 200,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/mailboxSettings`,
      [name]: option,
    },
  }
}

function settingsOf(target: MailboxTarget): Record<string, unknown> {
  const value = target.mailbox.delegates.deliverMeetingRequests
  return {
    ...FIXED,
    // Null says that the mailbox has a value Graph cannot name.
    delegateMeetingMessageDeliveryOptions:
      OPTION_NAMES.find((name) => DELIVERY_OPTIONS[name] === value) ?? null,
    userPurpose: userPurpose(target.owner),
  }
}

function userPurpose({ kind }: Recipient): string {
  return kind === 'user' || kind === 'shared' || kind === 'room' || kind === 'equipment' ? kind : 'unknown'
}
