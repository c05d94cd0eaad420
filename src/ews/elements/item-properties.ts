import type {
  CalendarItemFacts,
  CalendarItemProperties,
  ContactFacts,
  ContactProperties,
  Item,
  ItemFacts,
  ItemProperties,
  MeetingFacts,
  MeetingRequestFacts,
  MessageFacts,
  MessageProperties,
  PhoneNumberKey,
  Read,
  TaskFacts,
  TaskProperties,
  Written,
} from '../../model/item.ts'
import type { Element } from '../../xml/element.ts'
import { CALENDAR_ITEM_ORDER, CONTACT_ORDER, ITEM_ORDER, MESSAGE_ORDER, TASK_ORDER } from './item-order.ts'
import {
  anniversary,
  attachments,
  attendees,
  body,
  boolean,
  type Codec,
  completeName,
  dateTime,
  dictionary,
  effectiveRights,
  extendedProperties,
  flag,
  integer,
  internetHeaders,
  itemId,
  oneOf,
  percent,
  postalAddresses,
  recipient,
  recipients,
  strings,
  taskDay,
  text,
  timeZone,
} from './property-codec.ts'
import { recurrence } from './recurrence.ts'

/** One property: its element, and how its value is written and read. */
interface Property<In, Out> {
  readonly element: string
  readonly codec: Codec<In, Out>
  /** False for what only the server says. */
  readonly writable: boolean
  /** Whether UpdateItem can append to it. */
  readonly appendable: boolean
}

/** A row for each property of `R`, checked by the compiler; those not in `W` are facts. */
type Table<W, R> = {
  readonly [K in keyof R]-?: Property<
    K extends keyof W ? Exclude<W[K], undefined> : never,
    Exclude<R[K], undefined>
  >
}

function property<In, Out>(element: string, codec: Codec<In, Out>): Property<In, Out> {
  return { element, codec, writable: true, appendable: false }
}

/**
 * Microsoft only says that "certain properties support append operations" (ErrorInvalidPropertyAppend for the
 * others); these are the ones that hold a text or a list of people.
 */
function appendable<In, Out>(element: string, codec: Codec<In, Out>): Property<In, Out> {
  return { element, codec, writable: true, appendable: true }
}

function fact<Out>(element: string, codec: Codec<never, Out>): Property<never, Out> {
  return { element, codec, writable: false, appendable: false }
}

const freeBusy = oneOf('Free', 'Tentative', 'Busy', 'OOF', 'WorkingElsewhere', 'NoData')
const response = oneOf('Unknown', 'Organizer', 'Tentative', 'Accept', 'Decline', 'NoResponseReceived')
const PHONE_NUMBER_KEYS: readonly PhoneNumberKey[] = [
  'AssistantPhone',
  'BusinessFax',
  'BusinessPhone',
  'BusinessPhone2',
  'Callback',
  'CarPhone',
  'CompanyMainPhone',
  'HomeFax',
  'HomePhone',
  'HomePhone2',
  'Isdn',
  'MobilePhone',
  'OtherFax',
  'OtherTelephone',
  'Pager',
  'PrimaryPhone',
  'RadioPhone',
  'Telex',
  'TtyTddPhone',
  'BusinessMobile',
  'IPPhone',
  'Mms',
  'Msn',
]

const ITEM: Table<ItemProperties<Written>, Omit<ItemProperties<Read> & ItemFacts, 'other'>> = {
  mimeContent: property('MimeContent', text),
  id: fact('ItemId', itemId),
  parentFolderId: fact('ParentFolderId', itemId),
  itemClass: property('ItemClass', text),
  subject: property('Subject', text),
  sensitivity: property('Sensitivity', oneOf('Normal', 'Personal', 'Private', 'Confidential')),
  body: appendable('Body', body),
  attachments: property('Attachments', attachments),
  dateTimeReceived: fact('DateTimeReceived', dateTime),
  size: fact('Size', integer),
  categories: property('Categories', strings),
  importance: property('Importance', oneOf('Low', 'Normal', 'High')),
  inReplyTo: property('InReplyTo', text),
  isSubmitted: fact('IsSubmitted', boolean),
  isDraft: fact('IsDraft', boolean),
  isFromMe: fact('IsFromMe', boolean),
  isResend: fact('IsResend', boolean),
  isUnmodified: fact('IsUnmodified', boolean),
  internetMessageHeaders: fact('InternetMessageHeaders', internetHeaders),
  dateTimeSent: fact('DateTimeSent', dateTime),
  dateTimeCreated: fact('DateTimeCreated', dateTime),
  reminderDueBy: property('ReminderDueBy', dateTime),
  reminderIsSet: property('ReminderIsSet', boolean),
  reminderMinutesBeforeStart: property('ReminderMinutesBeforeStart', integer),
  displayCc: fact('DisplayCc', text),
  displayTo: fact('DisplayTo', text),
  displayBcc: fact('DisplayBcc', text),
  hasAttachments: fact('HasAttachments', boolean),
  extendedProperties: property('ExtendedProperty', extendedProperties),
  culture: property('Culture', text),
  effectiveRights: fact('EffectiveRights', effectiveRights),
  lastModifiedName: fact('LastModifiedName', text),
  lastModifiedTime: fact('LastModifiedTime', dateTime),
  isAssociated: fact('IsAssociated', boolean),
  conversationId: fact('ConversationId', itemId),
  uniqueBody: fact('UniqueBody', body),
  flag: property('Flag', flag),
  preview: fact('Preview', text),
  textBody: fact('TextBody', body),
}

const MESSAGE: Table<MessageProperties<Written>, MessageProperties<Read> & MessageFacts> = {
  sender: property('Sender', recipient),
  toRecipients: appendable('ToRecipients', recipients),
  ccRecipients: appendable('CcRecipients', recipients),
  bccRecipients: appendable('BccRecipients', recipients),
  isReadReceiptRequested: property('IsReadReceiptRequested', boolean),
  isDeliveryReceiptRequested: property('IsDeliveryReceiptRequested', boolean),
  conversationTopic: fact('ConversationTopic', text),
  from: property('From', recipient),
  internetMessageId: property('InternetMessageId', text),
  isRead: property('IsRead', boolean),
  isResponseRequested: property('IsResponseRequested', boolean),
  references: property('References', text),
  replyTo: appendable('ReplyTo', recipients),
  receivedBy: fact('ReceivedBy', recipient),
  receivedRepresenting: fact('ReceivedRepresenting', recipient),
}

const MEETING: Table<object, MeetingFacts> = {
  associatedCalendarItemId: fact('AssociatedCalendarItemId', itemId),
  isDelegated: fact('IsDelegated', boolean),
  isOutOfDate: fact('IsOutOfDate', boolean),
  hasBeenProcessed: fact('HasBeenProcessed', boolean),
  responseType: fact('ResponseType', response),
  uid: fact('UID', text),
}

const MEETING_REQUEST: Table<object, MeetingRequestFacts> = {
  meetingRequestType: fact('MeetingRequestType', text),
  intendedFreeBusyStatus: fact('IntendedFreeBusyStatus', freeBusy),
  start: fact('Start', dateTime),
  end: fact('End', dateTime),
  isAllDayEvent: fact('IsAllDayEvent', boolean),
  location: fact('Location', text),
  organizer: fact('Organizer', recipient),
  requiredAttendees: fact('RequiredAttendees', attendees),
  optionalAttendees: fact('OptionalAttendees', attendees),
}

const CALENDAR_ITEM: Table<
  CalendarItemProperties<Written>,
  CalendarItemProperties<Read> & CalendarItemFacts
> = {
  uid: property('UID', text),
  recurrenceId: fact('RecurrenceId', dateTime),
  dateTimeStamp: fact('DateTimeStamp', dateTime),
  start: property('Start', dateTime),
  end: property('End', dateTime),
  originalStart: fact('OriginalStart', dateTime),
  isAllDayEvent: property('IsAllDayEvent', boolean),
  legacyFreeBusyStatus: property('LegacyFreeBusyStatus', freeBusy),
  location: property('Location', text),
  when: fact('When', text),
  isMeeting: fact('IsMeeting', boolean),
  isCancelled: fact('IsCancelled', boolean),
  isRecurring: fact('IsRecurring', boolean),
  meetingRequestWasSent: fact('MeetingRequestWasSent', boolean),
  isResponseRequested: property('IsResponseRequested', boolean),
  calendarItemType: fact('CalendarItemType', oneOf('Single', 'Occurrence', 'Exception', 'RecurringMaster')),
  myResponseType: fact('MyResponseType', response),
  organizer: fact('Organizer', recipient),
  requiredAttendees: appendable('RequiredAttendees', attendees),
  optionalAttendees: appendable('OptionalAttendees', attendees),
  resources: appendable('Resources', attendees),
  conflictingMeetingCount: fact('ConflictingMeetingCount', integer),
  adjacentMeetingCount: fact('AdjacentMeetingCount', integer),
  duration: fact('Duration', text),
  timeZone: fact('TimeZone', text),
  appointmentReplyTime: fact('AppointmentReplyTime', dateTime),
  appointmentSequenceNumber: fact('AppointmentSequenceNumber', integer),
  appointmentState: fact('AppointmentState', integer),
  recurrence: property('Recurrence', recurrence),
  startTimeZone: property('StartTimeZone', timeZone),
  endTimeZone: property('EndTimeZone', timeZone),
  allowNewTimeProposal: property('AllowNewTimeProposal', boolean),
  isOrganizer: fact('IsOrganizer', boolean),
}

const CONTACT: Table<ContactProperties<Written>, ContactProperties<Read> & ContactFacts> = {
  fileAs: property('FileAs', text),
  fileAsMapping: property('FileAsMapping', text),
  displayName: property('DisplayName', text),
  givenName: property('GivenName', text),
  initials: property('Initials', text),
  middleName: property('MiddleName', text),
  nickname: property('Nickname', text),
  completeName: fact('CompleteName', completeName),
  companyName: property('CompanyName', text),
  emailAddresses: property(
    'EmailAddresses',
    dictionary('contacts:EmailAddress', ['EmailAddress1', 'EmailAddress2', 'EmailAddress3']),
  ),
  physicalAddresses: property('PhysicalAddresses', postalAddresses(['Home', 'Business', 'Other'])),
  phoneNumbers: property('PhoneNumbers', dictionary('contacts:PhoneNumber', PHONE_NUMBER_KEYS)),
  assistantName: property('AssistantName', text),
  birthday: property('Birthday', anniversary),
  businessHomePage: property('BusinessHomePage', text),
  children: property('Children', strings),
  companies: property('Companies', strings),
  contactSource: fact('ContactSource', oneOf('ActiveDirectory', 'Store')),
  department: property('Department', text),
  generation: property('Generation', text),
  imAddresses: property(
    'ImAddresses',
    dictionary('contacts:ImAddress', ['ImAddress1', 'ImAddress2', 'ImAddress3']),
  ),
  jobTitle: property('JobTitle', text),
  manager: property('Manager', text),
  mileage: property('Mileage', text),
  officeLocation: property('OfficeLocation', text),
  postalAddressIndex: property('PostalAddressIndex', oneOf('None', 'Home', 'Business', 'Other')),
  profession: property('Profession', text),
  spouseName: property('SpouseName', text),
  surname: property('Surname', text),
  weddingAnniversary: property('WeddingAnniversary', anniversary),
  hasPicture: fact('HasPicture', boolean),
  alias: fact('Alias', text),
}

const TASK: Table<TaskProperties<Written>, TaskProperties<Read> & TaskFacts> = {
  actualWork: property('ActualWork', integer),
  assignedTime: fact('AssignedTime', dateTime),
  billingInformation: property('BillingInformation', text),
  changeCount: fact('ChangeCount', integer),
  companies: property('Companies', strings),
  completeDate: property('CompleteDate', taskDay),
  contacts: property('Contacts', strings),
  delegationState: fact('DelegationState', text),
  delegator: fact('Delegator', text),
  dueDate: property('DueDate', taskDay),
  isComplete: fact('IsComplete', boolean),
  isRecurring: fact('IsRecurring', boolean),
  isTeamTask: fact('IsTeamTask', boolean),
  mileage: property('Mileage', text),
  owner: fact('Owner', text),
  percentComplete: property('PercentComplete', percent),
  recurrence: property('Recurrence', recurrence),
  startDate: property('StartDate', taskDay),
  status: property('Status', oneOf('NotStarted', 'InProgress', 'Completed', 'WaitingOnOthers', 'Deferred')),
  statusDescription: fact('StatusDescription', text),
  totalWork: property('TotalWork', integer),
}

/** A property of one kind of item, ready to use. */
export interface ItemProperty extends Property<unknown, unknown> {
  /** Its name in plain data, e.g. `toRecipients`. */
  readonly key: string
  /** Its FieldURI, e.g. `message:ToRecipients`. */
  readonly uri: string
}

/** Everything about one kind of item that reading and writing needs. */
export interface ItemKind {
  readonly type: Item['type']
  /** Elements in the schema's order; empty for kinds that are only read. */
  readonly order: readonly string[]
  readonly byKey: ReadonlyMap<string, ItemProperty>
  readonly byElement: ReadonlyMap<string, ItemProperty>
  /** The FieldURI of an element that has no name in plain data. */
  uriOf(element: string): string
}

type AnyTable = Readonly<Record<string, Property<unknown, unknown>>>

function kind(
  type: Item['type'],
  prefix: string,
  tables: readonly (readonly [prefix: string, table: object])[],
  order: readonly string[] = [],
): ItemKind {
  const properties = ([['item', ITEM], ...tables] as const).flatMap(([uriPrefix, table]) =>
    Object.entries(table as AnyTable).map(
      ([key, row]): ItemProperty => ({ ...row, key, uri: `${uriPrefix}:${row.element}` }),
    ),
  )
  const common: ReadonlySet<string> = new Set(ITEM_ORDER)
  return {
    type,
    order,
    byKey: new Map(properties.map((one) => [one.key, one])),
    byElement: new Map(properties.map((one) => [one.element, one])),
    uriOf: (element) => `${common.has(element) ? 'item' : prefix}:${element}`,
  }
}

const MESSAGE_TABLES = [['message', MESSAGE]] as const
const MEETING_TABLES = [...MESSAGE_TABLES, ['meeting', MEETING]] as const

/** The kinds of item by their element. */
export const ITEM_KINDS = {
  Item: kind('Item', 'item', [], ITEM_ORDER),
  Message: kind('Message', 'message', MESSAGE_TABLES, [...ITEM_ORDER, ...MESSAGE_ORDER]),
  CalendarItem: kind(
    'CalendarItem',
    'calendar',
    [['calendar', CALENDAR_ITEM]],
    [...ITEM_ORDER, ...CALENDAR_ITEM_ORDER],
  ),
  Contact: kind('Contact', 'contacts', [['contacts', CONTACT]], [...ITEM_ORDER, ...CONTACT_ORDER]),
  Task: kind('Task', 'task', [['task', TASK]], [...ITEM_ORDER, ...TASK_ORDER]),
  MeetingMessage: kind('MeetingMessage', 'meeting', MEETING_TABLES),
  MeetingRequest: kind('MeetingRequest', 'meeting', [...MEETING_TABLES, ['calendar', MEETING_REQUEST]]),
  MeetingResponse: kind('MeetingResponse', 'meeting', MEETING_TABLES),
  MeetingCancellation: kind('MeetingCancellation', 'meeting', MEETING_TABLES),
} as const satisfies Record<Item['type'], ItemKind>

/** The kind an element is; notes, posts, distribution lists and the like are read by what all items have. */
export function kindOf(element: Element): ItemKind {
  return (ITEM_KINDS as Readonly<Record<string, ItemKind>>)[element.name] ?? ITEM_KINDS.Item
}
