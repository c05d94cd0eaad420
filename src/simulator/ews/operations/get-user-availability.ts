import { childText, type Element, findChild, findChildren, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { type FreeBusyAccess, freeBusyAccess, maySeePrivateItems } from '../../store/access.ts'
import { type FreeBusyStatus, isMeeting } from '../../store/calendar.ts'
import type { Folder } from '../../store/folder.ts'
import type { Item } from '../../store/item.ts'
import { type RequestZone, readZone } from '../availability-zone.ts'
import { calendarViewItems } from '../calendar-view.ts'
import { attempt, EwsRefusal } from '../errors.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { errorContent, message, noError } from '../response.ts'
import { type Content, element, elementWith, type XmlNode } from '../writer.ts'

const MOST_MAILBOXES = 100
const MOST_DAYS = 62
const MINUTE = 60_000

/** The digit of each status in a merged view (MergedFreeBusy element page). */
const DIGITS: Readonly<Record<FreeBusyStatus, string>> = {
  Free: '0',
  Tentative: '1',
  Busy: '2',
  OOF: '3',
  WorkingElsewhere: '4',
  NoData: '4',
}
/** Which of several entries counts at a time. */
const WEIGHTS: readonly FreeBusyStatus[] = ['Free', 'NoData', 'WorkingElsewhere', 'Tentative', 'Busy', 'OOF']

/**
 * When people are busy. How much is told is what the free/busy rights of their calendar say: nothing, the time, or
 * the time with subject and place.
 */
export const getUserAvailability: EwsOperation = {
  name: 'GetUserAvailabilityRequest',
  requestType: 'GetUserAvailabilityRequestType',
  since: 'Exchange2007',
  handle(context, request) {
    const people = findChildren(
      requireChild(request, 'MailboxDataArray', NAMESPACES.messages),
      'MailboxData',
      NAMESPACES.types,
    )
    return element(
      'm:GetUserAvailabilityResponse',
      element(
        'm:FreeBusyResponseArray',
        people.map((person) => respond(context, request, person, people.length)),
      ),
      findChild(request, 'SuggestionsViewOptions', NAMESPACES.types)
        ? element(
            'm:SuggestionsResponse',
            message('m:ResponseMessage', () => {
              throw new EwsRefusal(
                'ErrorInvalidArgument',
                'Suggestions of meeting times are not modelled by this simulator.',
              )
            }),
          )
        : undefined,
    )
  },
}

function respond(context: EwsContext, request: Element, person: Element, count: number): XmlNode {
  const outcome = attempt(() => view(context, request, person, count))
  return 'refusal' in outcome
    ? element(
        'm:FreeBusyResponse',
        elementWith('m:ResponseMessage', { ResponseClass: 'Error' }, errorContent(outcome.refusal)),
        element('m:FreeBusyView', element('t:FreeBusyViewType', 'None')),
      )
    : element(
        'm:FreeBusyResponse',
        elementWith('m:ResponseMessage', { ResponseClass: 'Success' }, noError()),
        outcome.value,
      )
}

interface Window {
  readonly start: Date
  readonly end: Date
  readonly interval: number
  readonly requested: string
  readonly zone: RequestZone
}

function readWindow(context: EwsContext, request: Element): Window {
  const options = findChild(request, 'FreeBusyViewOptions', NAMESPACES.types)
  if (!options) throw new EwsRefusal('ErrorInvalidFreeBusyViewType')
  const zone = readZone(context, findChild(request, 'TimeZone', NAMESPACES.types))
  const window = requireChild(options, 'TimeWindow', NAMESPACES.types)
  const at = (name: string) => zone.read(childText(window, name, NAMESPACES.types) ?? '')
  const [start, end] = [at('StartTime'), at('EndTime')]
  if (end.getTime() <= start.getTime()) throw new EwsRefusal('ErrorInvalidTimeInterval')
  if (end.getTime() - start.getTime() > MOST_DAYS * 1440 * MINUTE)
    throw new EwsRefusal('ErrorTimeIntervalTooBig')
  const interval = Number(childText(options, 'MergedFreeBusyIntervalInMinutes', NAMESPACES.types) ?? 30)
  if (interval < 5 || interval > 1440) throw new EwsRefusal('ErrorInvalidMergedFreeBusyInterval')
  const requested = childText(options, 'RequestedView', NAMESPACES.types) ?? 'FreeBusy'
  return { start, end, interval, requested, zone }
}

function view(context: EwsContext, request: Element, person: Element, count: number): XmlNode {
  const { exchange, user } = context
  if (count > MOST_MAILBOXES) throw new EwsRefusal('ErrorMailboxDataArrayTooBig')
  const window = readWindow(context, request)
  const email = requireChild(person, 'Email', NAMESPACES.types)
  const recipient = exchange.directory.find(childText(email, 'Address', NAMESPACES.types) ?? '')
  if (!recipient) throw new EwsRefusal('ErrorMailRecipientNotFound')
  const calendar = exchange.mailboxOf(recipient)?.distinguished('calendar')
  // The members of a group would have to be merged.
  if (!calendar) throw new EwsRefusal('ErrorFreeBusyGenerationFailed')
  const access = freeBusyAccess(exchange, user, calendar)
  if (access === 'none') throw new EwsRefusal('ErrorNoFreeBusyAccess')

  const events = eventsOf(calendar, window)
  const merged = /Merged/.test(window.requested)
  const detailed = /Detailed/.test(window.requested) && access === 'details'
  const type = /MergedOnly/.test(window.requested)
    ? 'MergedOnly'
    : `${detailed ? 'Detailed' : 'FreeBusy'}${merged ? 'Merged' : ''}`
  return element(
    'm:FreeBusyView',
    element('t:FreeBusyViewType', type),
    merged ? element('t:MergedFreeBusy', mergedView(events, window)) : undefined,
    type === 'MergedOnly' || events.length === 0
      ? undefined
      : element(
          't:CalendarEventArray',
          events.map((item) => writeEvent(context, item, calendar, window, detailed ? 'details' : 'time')),
        ),
    element('t:WorkingHours', WORKING_HOURS),
  )
}

function eventsOf(calendar: Folder, window: Window): Item[] {
  const everything = { hidden: false, read: true, edit: false, delete: false }
  const items = calendar.items().map((item) => ({ folder: calendar, item, access: everything }))
  return calendarViewItems(items, { start: window.start, end: window.end, most: 1000 })
    .map(({ item, occurrence }) => (occurrence ? { ...item, occurrenceOf: true } : item))
    .filter(({ calendar: entry }) => entry !== undefined)
}

function writeEvent(
  context: EwsContext,
  item: Item,
  folder: Folder,
  { zone }: Window,
  access: FreeBusyAccess,
): Content {
  const calendar = item.calendar
  if (!calendar) return undefined
  const isPrivate = item.sensitivity === 'private'
  const shows = !isPrivate || maySeePrivateItems(context.exchange, context.user, folder.mailbox)
  return element(
    't:CalendarEvent',
    element('t:StartTime', zone.write(calendar.start)),
    element('t:EndTime', zone.write(calendar.end)),
    element('t:BusyType', calendar.freeBusy),
    access === 'details'
      ? element(
          't:CalendarEventDetails',
          element('t:ID', Buffer.from(item.entryId, 'base64').toString('hex').toUpperCase()),
          shows ? element('t:Subject', item.subject) : undefined,
          shows && calendar.location !== undefined ? element('t:Location', calendar.location) : undefined,
          element('t:IsMeeting', isMeeting(calendar)),
          element('t:IsRecurring', 'occurrenceOf' in item),
          element('t:IsException', false),
          element('t:IsReminderSet', item.reminder?.isSet ?? false),
          element('t:IsPrivate', isPrivate),
        )
      : undefined,
  )
}

function mergedView(events: readonly Item[], { start, end, interval }: Window): string {
  let digits = ''
  for (let at = start.getTime(); at < end.getTime(); at += interval * MINUTE) {
    let weight = 0
    for (const { calendar } of events) {
      if (!calendar || calendar.start.getTime() >= at + interval * MINUTE || calendar.end.getTime() <= at)
        continue
      weight = Math.max(weight, WEIGHTS.indexOf(calendar.freeBusy))
    }
    digits += DIGITS[WEIGHTS[weight] ?? 'Free']
  }
  return digits
}

/** A new mailbox works from eight to five, from Monday to Friday, in UTC. */
const UNCHANGING = element(
  't:StandardTime',
  element('t:Bias', 0),
  element('t:Time', '00:00:00'),
  element('t:DayOrder', 0),
  element('t:Month', 0),
  element('t:DayOfWeek', 'Sunday'),
)
const WORKING_HOURS: Content = [
  element('t:TimeZone', element('t:Bias', 0), UNCHANGING, { ...UNCHANGING, name: 't:DaylightTime' }),
  element(
    't:WorkingPeriodArray',
    element(
      't:WorkingPeriod',
      element('t:DayOfWeek', 'Monday Tuesday Wednesday Thursday Friday'),
      element('t:StartTimeInMinutes', 480),
      element('t:EndTimeInMinutes', 1020),
    ),
  ),
]
