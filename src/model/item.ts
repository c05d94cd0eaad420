import type { DateTimeInput } from './date-time.ts'
import type { EmailAddress, EmailAddressInput } from './email-address.ts'
import type { FolderId } from './folder-target.ts'
import type { ItemId } from './item-id.ts'
import type { ExtendedPropertyPath } from './property-path.ts'
import type { Recurrence } from './recurrence.ts'

/** The text of an item. */
export interface Body {
  readonly type: 'HTML' | 'Text'
  readonly content: string
  /** In an answer: there is more. */
  readonly isTruncated?: boolean
}

/** Somebody who is invited; what they answered is in the organizer's copy. */
export interface Attendee extends EmailAddress {
  readonly responseType?: ResponseType
  readonly lastResponseTime?: Date
}

/** A file to attach; Exchange takes them with a new item, not with an update. */
export interface NewAttachment {
  readonly name: string
  readonly content: Uint8Array
  readonly contentType?: string
  /** What an HTML body refers to as `cid:`. */
  readonly contentId?: string
  readonly isInline?: boolean
}

/** An attachment as it is listed; its content is fetched apart, by id. */
export interface Attachment {
  readonly kind: 'file' | 'item' | 'reference'
  readonly id?: string
  readonly name?: string
  readonly contentType?: string
  readonly contentId?: string
  readonly size?: number
  readonly isInline?: boolean
  readonly lastModifiedTime?: Date
}

/** An attachment with what is in it. */
export interface AttachmentContent extends Attachment {
  /** Of a file its bytes, of an attached item its MIME; a reference has none. */
  readonly content?: Uint8Array
}

/** A MAPI property with its value; arrays for the types whose names end in `Array`. Binary values are base64. */
export interface ExtendedProperty {
  readonly path: ExtendedPropertyPath
  readonly value: string | readonly string[]
}

export interface InternetHeader {
  readonly name: string
  readonly value: string
}

export interface Flag<When> {
  readonly status: 'NotFlagged' | 'Flagged' | 'Complete'
  readonly startDate?: When
  readonly dueDate?: When
  readonly completeDate?: When
}

export interface PostalAddress {
  readonly street?: string
  readonly city?: string
  readonly state?: string
  readonly countryOrRegion?: string
  readonly postalCode?: string
}

export interface CompleteName {
  readonly title?: string
  readonly firstName?: string
  readonly middleName?: string
  readonly lastName?: string
  readonly suffix?: string
  readonly initials?: string
  readonly fullName?: string
  readonly nickname?: string
}

export type ResponseType = 'Unknown' | 'Organizer' | 'Tentative' | 'Accept' | 'Decline' | 'NoResponseReceived'
export type Sensitivity = 'Normal' | 'Personal' | 'Private' | 'Confidential'
export type Importance = 'Low' | 'Normal' | 'High'
export type FreeBusyStatus = 'Free' | 'Tentative' | 'Busy' | 'OOF' | 'WorkingElsewhere' | 'NoData'
export type TaskStatus = 'NotStarted' | 'InProgress' | 'Completed' | 'WaitingOnOthers' | 'Deferred'
export type EmailAddressKey = 'EmailAddress1' | 'EmailAddress2' | 'EmailAddress3'
export type ImAddressKey = 'ImAddress1' | 'ImAddress2' | 'ImAddress3'
export type PhysicalAddressKey = 'Home' | 'Business' | 'Other'
export type PhoneNumberKey =
  | 'AssistantPhone'
  | 'BusinessFax'
  | 'BusinessPhone'
  | 'BusinessPhone2'
  | 'Callback'
  | 'CarPhone'
  | 'CompanyMainPhone'
  | 'HomeFax'
  | 'HomePhone'
  | 'HomePhone2'
  | 'Isdn'
  | 'MobilePhone'
  | 'OtherFax'
  | 'OtherTelephone'
  | 'Pager'
  | 'PrimaryPhone'
  | 'RadioPhone'
  | 'Telex'
  | 'TtyTddPhone'
  | 'BusinessMobile'
  | 'IPPhone'
  | 'Mms'
  | 'Msn'

/** A value of a property that has no name of its own here: its text, or what is inside it. */
export type OtherValue = string | { readonly [name: string]: OtherValue | readonly OtherValue[] }

/** The property's values as callers may give them. */
export interface Written {
  readonly date: DateTimeInput
  readonly address: EmailAddressInput
  readonly attendee: EmailAddressInput
  /** A text alone is plain text. */
  readonly body: string | Body
  readonly attachment: NewAttachment
  /** By FieldURI, e.g. `{ 'message:IsResponseRequested': true }`: any property whose value is plain text. */
  readonly other: Readonly<Record<string, string | number | boolean | Date>>
}

/** The property's values as they are answered. */
export interface Read {
  readonly date: Date
  readonly address: EmailAddress
  readonly attendee: Attendee
  readonly body: Body
  readonly attachment: Attachment
  /** By FieldURI: whatever was answered and has no name of its own here, or a value that nobody knows. */
  readonly other: Readonly<Record<string, OtherValue | readonly OtherValue[]>>
}

type Form = Written | Read

/** What every item has (`t:ItemType`). Names are Microsoft's, in lower camel case. */
export interface ItemProperties<F extends Form> {
  /** The whole message as MIME, base64. */
  readonly mimeContent?: string
  /** E.g. `IPM.Note`. */
  readonly itemClass?: string
  readonly subject?: string
  /** `Private` hides the item from delegates without ViewPrivateItems. */
  readonly sensitivity?: Sensitivity
  readonly body?: F['body']
  readonly attachments?: readonly F['attachment'][]
  readonly categories?: readonly string[]
  readonly importance?: Importance
  readonly inReplyTo?: string
  readonly reminderDueBy?: F['date']
  readonly reminderIsSet?: boolean
  readonly reminderMinutesBeforeStart?: number
  readonly extendedProperties?: readonly ExtendedProperty[]
  /** Language, e.g. `en-US`. */
  readonly culture?: string
  /** Exchange 2013 and later. */
  readonly flag?: Flag<F['date']>
  readonly other?: F['other']
}

/** What only the server says about an item. */
export interface ItemFacts {
  /** With its change key: pass it straight back for implicit access. */
  readonly id: ItemId
  readonly parentFolderId?: FolderId
  readonly dateTimeReceived?: Date
  readonly size?: number
  readonly isSubmitted?: boolean
  readonly isDraft?: boolean
  readonly isFromMe?: boolean
  readonly isResend?: boolean
  readonly isUnmodified?: boolean
  readonly internetMessageHeaders?: readonly InternetHeader[]
  readonly dateTimeSent?: Date
  readonly dateTimeCreated?: Date
  readonly displayCc?: string
  readonly displayTo?: string
  readonly displayBcc?: string
  readonly hasAttachments?: boolean
  /** What the caller may do with it. */
  readonly effectiveRights?: ItemRights
  readonly lastModifiedName?: string
  readonly lastModifiedTime?: Date
  readonly isAssociated?: boolean
  readonly conversationId?: ItemId
  readonly uniqueBody?: Body
  readonly preview?: string
  readonly textBody?: Body
}

/** `t:EffectiveRights` of an item. */
export interface ItemRights {
  readonly createAssociated: boolean
  readonly createContents: boolean
  readonly createHierarchy: boolean
  readonly delete: boolean
  readonly modify: boolean
  readonly read: boolean
  readonly viewPrivateItems?: boolean
}

/** `t:MessageType`. */
export interface MessageProperties<F extends Form> {
  /** Who really sends; Exchange sets it. */
  readonly sender?: F['address']
  readonly toRecipients?: readonly F['address'][]
  readonly ccRecipients?: readonly F['address'][]
  readonly bccRecipients?: readonly F['address'][]
  readonly isReadReceiptRequested?: boolean
  readonly isDeliveryReceiptRequested?: boolean
  /** In whose name it is sent. */
  readonly from?: F['address']
  readonly internetMessageId?: string
  readonly isRead?: boolean
  readonly isResponseRequested?: boolean
  readonly references?: string
  readonly replyTo?: readonly F['address'][]
}

export interface MessageFacts {
  readonly conversationTopic?: string
  readonly receivedBy?: EmailAddress
  readonly receivedRepresenting?: EmailAddress
}

/** `t:MeetingMessageType`: requests, responses and cancellations. */
export interface MeetingFacts {
  readonly associatedCalendarItemId?: ItemId
  /** The copy that a delegate received. */
  readonly isDelegated?: boolean
  readonly isOutOfDate?: boolean
  readonly hasBeenProcessed?: boolean
  readonly responseType?: ResponseType
  readonly uid?: string
}

/** Of a meeting request: the meeting as it was proposed. */
export interface MeetingRequestFacts {
  readonly meetingRequestType?: string
  readonly intendedFreeBusyStatus?: FreeBusyStatus
  readonly start?: Date
  readonly end?: Date
  readonly isAllDayEvent?: boolean
  readonly location?: string
  readonly organizer?: EmailAddress
  readonly requiredAttendees?: readonly Attendee[]
  readonly optionalAttendees?: readonly Attendee[]
}

/** `t:CalendarItemType`. */
export interface CalendarItemProperties<F extends Form> {
  /** iCalendar's identifier, the same in every attendee's copy. */
  readonly uid?: string
  readonly start?: F['date']
  readonly end?: F['date']
  readonly isAllDayEvent?: boolean
  readonly legacyFreeBusyStatus?: FreeBusyStatus
  readonly location?: string
  readonly isResponseRequested?: boolean
  readonly requiredAttendees?: readonly F['attendee'][]
  readonly optionalAttendees?: readonly F['attendee'][]
  readonly resources?: readonly F['attendee'][]
  readonly recurrence?: Recurrence<F['date']>
  /** Windows id of the zone, e.g. `W. Europe Standard Time`. Exchange 2010 and later. */
  readonly startTimeZone?: string
  readonly endTimeZone?: string
  readonly allowNewTimeProposal?: boolean
}

export interface CalendarItemFacts {
  readonly recurrenceId?: Date
  readonly dateTimeStamp?: Date
  readonly originalStart?: Date
  readonly when?: string
  readonly isMeeting?: boolean
  readonly isCancelled?: boolean
  readonly isRecurring?: boolean
  readonly meetingRequestWasSent?: boolean
  readonly calendarItemType?: 'Single' | 'Occurrence' | 'Exception' | 'RecurringMaster'
  readonly myResponseType?: ResponseType
  readonly organizer?: EmailAddress
  readonly conflictingMeetingCount?: number
  readonly adjacentMeetingCount?: number
  /** ISO 8601, e.g. `PT1H`. */
  readonly duration?: string
  readonly timeZone?: string
  readonly appointmentReplyTime?: Date
  readonly appointmentSequenceNumber?: number
  readonly appointmentState?: number
  readonly isOrganizer?: boolean
}

/** `t:ContactItemType`. */
export interface ContactProperties<F extends Form> {
  readonly fileAs?: string
  readonly fileAsMapping?: string
  readonly displayName?: string
  readonly givenName?: string
  readonly initials?: string
  readonly middleName?: string
  readonly nickname?: string
  readonly companyName?: string
  readonly emailAddresses?: Readonly<Partial<Record<EmailAddressKey, string>>>
  readonly physicalAddresses?: Readonly<Partial<Record<PhysicalAddressKey, PostalAddress>>>
  readonly phoneNumbers?: Readonly<Partial<Record<PhoneNumberKey, string>>>
  readonly assistantName?: string
  /** A date alone is that day in every time zone. */
  readonly birthday?: F['date']
  readonly businessHomePage?: string
  readonly children?: readonly string[]
  readonly companies?: readonly string[]
  readonly department?: string
  /** E.g. `Jr.` */
  readonly generation?: string
  readonly imAddresses?: Readonly<Partial<Record<ImAddressKey, string>>>
  readonly jobTitle?: string
  readonly manager?: string
  readonly mileage?: string
  readonly officeLocation?: string
  readonly postalAddressIndex?: 'None' | PhysicalAddressKey
  readonly profession?: string
  readonly spouseName?: string
  readonly surname?: string
  readonly weddingAnniversary?: F['date']
}

export interface ContactFacts {
  readonly completeName?: CompleteName
  readonly contactSource?: 'ActiveDirectory' | 'Store'
  readonly hasPicture?: boolean
  readonly alias?: string
}

/** `t:TaskType`. */
export interface TaskProperties<F extends Form> {
  /** Minutes. */
  readonly actualWork?: number
  readonly billingInformation?: string
  readonly companies?: readonly string[]
  /** Only the day counts. */
  readonly completeDate?: F['date']
  readonly contacts?: readonly string[]
  readonly dueDate?: F['date']
  readonly mileage?: string
  /** 0 to 100. */
  readonly percentComplete?: number
  readonly recurrence?: Recurrence<F['date']>
  readonly startDate?: F['date']
  readonly status?: TaskStatus
  /** Minutes. */
  readonly totalWork?: number
}

export interface TaskFacts {
  readonly assignedTime?: Date
  readonly changeCount?: number
  readonly delegationState?: string
  readonly delegator?: string
  readonly isComplete?: boolean
  readonly isRecurring?: boolean
  readonly isTeamTask?: boolean
  readonly owner?: string
  readonly statusDescription?: string
}

/** The kinds of item that can be made and changed. */
export const ITEM_TYPES = ['Message', 'CalendarItem', 'Contact', 'Task', 'Item'] as const
export type ItemType = (typeof ITEM_TYPES)[number]

/** Properties to write, by kind of item. */
export interface WritableProperties {
  readonly Message: ItemProperties<Written> & MessageProperties<Written>
  readonly CalendarItem: ItemProperties<Written> & CalendarItemProperties<Written>
  readonly Contact: ItemProperties<Written> & ContactProperties<Written>
  readonly Task: ItemProperties<Written> & TaskProperties<Written>
  /** Anything else, by its `itemClass`: a note is `IPM.StickyNote`. */
  readonly Item: ItemProperties<Written>
}

/** An item to create. */
export type NewItem = {
  readonly [Type in ItemType]: { readonly type: Type } & WritableProperties[Type]
}[ItemType]

export interface Message extends ItemProperties<Read>, ItemFacts, MessageProperties<Read>, MessageFacts {
  readonly type: 'Message'
}

/** What a meeting sends around. A delegate's copy has `isDelegated`. */
export interface MeetingMessage
  extends ItemProperties<Read>,
    ItemFacts,
    MessageProperties<Read>,
    MessageFacts,
    MeetingFacts {
  readonly type: 'MeetingMessage' | 'MeetingResponse' | 'MeetingCancellation'
}

export interface MeetingRequest
  extends ItemProperties<Read>,
    ItemFacts,
    MessageProperties<Read>,
    MessageFacts,
    MeetingFacts,
    MeetingRequestFacts {
  readonly type: 'MeetingRequest'
}

export interface CalendarItem
  extends ItemProperties<Read>,
    ItemFacts,
    CalendarItemProperties<Read>,
    CalendarItemFacts {
  readonly type: 'CalendarItem'
}

export interface Contact extends ItemProperties<Read>, ItemFacts, ContactProperties<Read>, ContactFacts {
  readonly type: 'Contact'
}

export interface Task extends ItemProperties<Read>, ItemFacts, TaskProperties<Read>, TaskFacts {
  readonly type: 'Task'
}

/** Notes, posts, distribution lists and whatever a server has besides; `itemClass` tells. */
export interface OtherItem extends ItemProperties<Read>, ItemFacts {
  readonly type: 'Item'
}

/** An item as Exchange answers it; what was not asked for, or is not told, is absent. */
export type Item = Message | MeetingMessage | MeetingRequest | CalendarItem | Contact | Task | OtherItem
