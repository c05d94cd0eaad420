import { InvalidInputError } from '../errors.ts'
import { formatDateTime, isBefore } from './date-time.ts'
import type { NewItem } from './item.ts'
import type { ItemChange } from './item-change.ts'

export const MESSAGE_DISPOSITIONS = ['SaveOnly', 'SendOnly', 'SendAndSaveCopy'] as const
/** What happens to messages: kept as drafts, sent, or sent with a copy kept. */
export type MessageDisposition = (typeof MESSAGE_DISPOSITIONS)[number]

export const SEND_MEETING_INVITATIONS = ['SendToNone', 'SendOnlyToAll', 'SendToAllAndSaveCopy'] as const
/** Who is told of a new or a cancelled meeting, and whether the mail is kept in Sent Items. */
export type SendMeetingInvitations = (typeof SEND_MEETING_INVITATIONS)[number]

export const SEND_MEETING_UPDATES = [
  'SendToNone',
  'SendOnlyToAll',
  'SendOnlyToChanged',
  'SendToAllAndSaveCopy',
  'SendToChangedAndSaveCopy',
] as const
/** Who is told of a changed meeting; `…Changed` are those who were added or removed. */
export type SendMeetingUpdates = (typeof SEND_MEETING_UPDATES)[number]

export const DELETE_TYPES = ['MoveToDeletedItems', 'SoftDelete', 'HardDelete'] as const
/** To Deleted Items; to where Outlook recovers from; for good. */
export type DeleteType = (typeof DELETE_TYPES)[number]

export const MEETING_ANSWERS = ['Accept', 'TentativelyAccept', 'Decline'] as const
/** What is answered to an invitation. */
export type MeetingAnswer = (typeof MEETING_ANSWERS)[number]

export const AFFECTED_TASK_OCCURRENCES = ['AllOccurrences', 'SpecifiedOccurrenceOnly'] as const
/** Of a task that repeats. */
export type AffectedTaskOccurrences = (typeof AFFECTED_TASK_OCCURRENCES)[number]

/** @throws InvalidInputError with the list, for a value outside it; undefined passes. */
export function requireChoice<Value extends string>(
  value: Value | undefined,
  values: readonly Value[],
  what: string,
): void {
  if (value !== undefined && !values.includes(value)) {
    throw new InvalidInputError(`${JSON.stringify(String(value).slice(0, 40))} is not ${what}.`, {
      hint: `It is one of ${values.join(', ')}.`,
    })
  }
}

export interface NewItemsOptions {
  /** For messages. Default `SaveOnly`: a draft. */
  readonly messageDisposition?: MessageDisposition | undefined
  /** For calendar items. Default `SendToNone` where nobody is invited; else it has to be said. */
  readonly sendMeetingInvitations?: SendMeetingInvitations | undefined
  /** Whether a folder to save to is named. */
  readonly folder?: unknown
}

/**
 * Checks new items against the rules that no schema tells.
 * @returns the two dispositions, each only where there are items that need it.
 * @throws InvalidInputError naming the item.
 */
export function checkNewItems(
  items: readonly NewItem[],
  options: NewItemsOptions,
): { messageDisposition?: MessageDisposition; sendMeetingInvitations?: SendMeetingInvitations } {
  if (items.length === 0) throw new InvalidInputError('No items to create are named.')
  requireChoice(options.messageDisposition, MESSAGE_DISPOSITIONS, 'a message disposition')
  requireChoice(options.sendMeetingInvitations, SEND_MEETING_INVITATIONS, 'a choice for meeting invitations')
  const disposition = options.messageDisposition ?? 'SaveOnly'
  if (disposition === 'SendOnly' && options.folder !== undefined) {
    throw new InvalidInputError('SendOnly keeps no copy, so there is none to put into a folder.', {
      hint: 'Choose SendAndSaveCopy, or leave the folder out.',
    })
  }
  for (const item of items) {
    const name = describeItem(item)
    if (item.type === 'Message' && disposition !== 'SaveOnly') requireRecipients(item, name)
    if (item.type === 'CalendarItem') {
      checkTimes(item, name)
      if (isMeeting(item) && options.sendMeetingInvitations === undefined) {
        throw new InvalidInputError(`${name} has attendees: say whether they are invited.`, {
          hint: `Give sendMeetingInvitations: ${SEND_MEETING_INVITATIONS.join(', ')}.`,
        })
      }
    }
  }
  return {
    ...(items.some(({ type }) => type === 'Message') ? { messageDisposition: disposition } : {}),
    ...(items.some(({ type }) => type === 'CalendarItem')
      ? { sendMeetingInvitations: options.sendMeetingInvitations ?? 'SendToNone' }
      : {}),
  }
}

/**
 * Checks changes against the rules that no schema tells.
 * @throws InvalidInputError
 */
export function checkItemUpdates(
  changes: readonly ItemChange[],
  sendMeetingInvitationsOrCancellations: SendMeetingUpdates | undefined,
): void {
  if (changes.length === 0) throw new InvalidInputError('No items to change are named.')
  const calendar = changes.filter(({ type }) => type === 'CalendarItem')
  // ErrorSendMeetingInvitationsOrCancellationsRequired. No default: either one could be what nobody meant.
  if (calendar.length > 0 && sendMeetingInvitationsOrCancellations === undefined) {
    throw new InvalidInputError('Calendar items are changed: say whether attendees are told.', {
      hint: `Give sendMeetingInvitationsOrCancellations: ${SEND_MEETING_UPDATES.join(', ')}.`,
    })
  }
  for (const change of changes) {
    if (change.type === 'CalendarItem' && change.set) checkTimes(change.set, 'The calendar item')
  }
}

type CalendarTimes = Pick<Extract<NewItem, { type: 'CalendarItem' }>, 'start' | 'end'>

function checkTimes({ start, end }: CalendarTimes, name: string): void {
  if (start === undefined || end === undefined) return
  const from = formatDateTime(start, 'start')
  const to = formatDateTime(end, 'end')
  if (isBefore(to, from)) throw new InvalidInputError(`${name} ends (${to}) before it starts (${from}).`)
}

function requireRecipients(item: Extract<NewItem, { type: 'Message' }>, name: string): void {
  const { toRecipients = [], ccRecipients = [], bccRecipients = [], mimeContent } = item
  // "A message needs to have at least one recipient" (ErrorMissingRecipients); MIME brings its own.
  if (mimeContent === undefined && toRecipients.length + ccRecipients.length + bccRecipients.length === 0) {
    throw new InvalidInputError(`${name} has nobody to be sent to.`, { hint: 'Give toRecipients.' })
  }
}

function isMeeting(item: Extract<NewItem, { type: 'CalendarItem' }>): boolean {
  const { requiredAttendees = [], optionalAttendees = [], resources = [] } = item
  return requiredAttendees.length + optionalAttendees.length + resources.length > 0
}

function describeItem(item: NewItem): string {
  return item.subject ? `The ${item.type} ${JSON.stringify(item.subject.slice(0, 60))}` : `A ${item.type}`
}
