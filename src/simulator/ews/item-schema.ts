import { NAMESPACES } from '../../xml/namespaces.ts'
import { FREE_BUSY_STATUSES } from '../store/calendar.ts'
import { DAY_INDEXES, WEEK_DAYS } from '../store/recurrence.ts'
import type { SimpleType } from './schema.ts'
import { enumeration, type Notation, optionals, type Part, pattern } from './schema-notation.ts'

/** The part of Microsoft's schema that is about items: see request-schema.ts. */

const XSD = 'http://www.w3.org/2001/XMLSchema'

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

export { MONTHS }

/** The `UnindexedFieldURIType` of everything but folders. */
const FIELDS: Readonly<Record<string, string>> = {
  item:
    'ItemId ParentFolderId ItemClass MimeContent Attachments Subject DateTimeReceived Size Categories ' +
    'HasAttachments Importance InReplyTo InternetMessageHeaders IsAssociated IsDraft IsFromMe ' +
    'IsResend IsSubmitted IsUnmodified DateTimeSent DateTimeCreated Body ResponseObjects Sensitivity ' +
    'ReminderDueBy ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayTo DisplayCc ' +
    'DisplayBcc Culture EffectiveRights LastModifiedName LastModifiedTime ConversationId UniqueBody ' +
    'Flag StoreEntryId InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag ' +
    'RetentionDate Preview PredictedActionReasons IsClutter RightsManagementLicenseData BlockStatus ' +
    'HasBlockedImages WebClientReadFormQueryString WebClientEditFormQueryString TextBody IconIndex ' +
    'MimeContentUTF8 Mentions MentionedMe MentionsPreview MentionsEx Hashtags AppliedHashtags ' +
    'AppliedHashtagsPreview Likes LikesPreview PendingSocialActivityTagIds AtAllMention CanDelete ' +
    'InferenceClassification FirstBody',
  message:
    'ConversationIndex ConversationTopic InternetMessageId IsRead IsResponseRequested ' +
    'IsReadReceiptRequested IsDeliveryReceiptRequested ReceivedBy ReceivedRepresenting References ' +
    'ReplyTo From Sender ToRecipients CcRecipients BccRecipients ApprovalRequestData ' +
    'VotingInformation ReminderMessageData PublishedCalendarItemIcs PublishedCalendarItemName ' +
    'MessageSafety',
  sharingMessage: 'SharingMessageAction',
  meeting:
    'AssociatedCalendarItemId IsDelegated IsOutOfDate HasBeenProcessed ResponseType ProposedStart ' +
    'ProposedEnd DoNotForwardMeeting',
  meetingRequest: 'MeetingRequestType IntendedFreeBusyStatus ChangeHighlights',
  calendar:
    'Start End OriginalStart StartWallClock EndWallClock StartTimeZoneId EndTimeZoneId IsAllDayEvent ' +
    'LegacyFreeBusyStatus Location EnhancedLocation When IsMeeting IsCancelled IsRecurring ' +
    'MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType Organizer ' +
    'RequiredAttendees OptionalAttendees Resources ConflictingMeetingCount AdjacentMeetingCount ' +
    'ConflictingMeetings AdjacentMeetings InboxReminders Duration TimeZone AppointmentReplyTime ' +
    'AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence LastOccurrence ' +
    'ModifiedOccurrences DeletedOccurrences MeetingTimeZone ConferenceType AllowNewTimeProposal ' +
    'IsOnlineMeeting MeetingWorkspaceUrl NetShowUrl UID RecurrenceId DateTimeStamp StartTimeZone ' +
    'EndTimeZone JoinOnlineMeetingUrl OnlineMeetingSettings IsOrganizer CalendarActivityData ' +
    'DoNotForwardMeeting',
  task:
    'ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate Contacts ' +
    'DelegationState Delegator DueDate IsAssignmentEditable IsComplete IsRecurring IsTeamTask Mileage ' +
    'Owner PercentComplete Recurrence StartDate Status StatusDescription TotalWork',
  contacts:
    'Alias AssistantName Birthday BusinessHomePage Children Companies CompanyName CompleteName ' +
    'ContactSource Culture Department DisplayName DirectoryId DirectReports EmailAddresses ' +
    'AbchEmailAddresses FileAs FileAsMapping Generation GivenName ImAddresses Initials JobTitle ' +
    'Manager ManagerMailbox MiddleName Mileage MSExchangeCertificate Nickname Notes OfficeLocation ' +
    'PhoneNumbers PhoneticFullName PhoneticFirstName PhoneticLastName Photo PhysicalAddresses ' +
    'PostalAddressIndex Profession SpouseName Surname WeddingAnniversary UserSMIMECertificate ' +
    'HasPicture AccountName IsAutoUpdateDisabled IsMessengerEnabled Comment ContactShortId ' +
    'ContactType CreatedBy Gender IsHidden ObjectId PassportId IsPrivate SourceId TrustLevel Urls Cid ' +
    'SkypeAuthCertificate SkypeContext SkypeId XboxLiveTag SkypeRelationship YomiNickname InviteFree ' +
    'HidePresenceAndProfile IsPendingOutbound SupportGroupFeeds UserTileHash UnifiedInbox Mris Wlid ' +
    'AbchContactId NotInBirthdayCalendar ShellContactType ImMri PresenceTrustLevel OtherMri ' +
    'ProfileLastChanged MobileIMEnabled PartnerNetworkProfilePhotoUrl PartnerNetworkThumbnailPhotoUrl ' +
    'PersonId ConversationGuid',
  distributionlist: 'Members',
  postitem: 'PostedTime',
  person:
    'FullName GivenName Surname PhoneNumber SMSNumber EmailAddress Alias Department ' +
    'LinkedInProfileLink Skills ProfessionalBiography ManagementChain DirectReports Peers TeamSize ' +
    'CurrentJob Birthday Hometown CurrentLocation CompanyProfile Office Headline MutualConnections ' +
    'Title MutualManager Insights UserProfilePicture',
  rolemember: 'MemberType MemberId DisplayName',
  network:
    'TokenRefreshLastCompleted TokenRefreshLastAttempted SyncEnabled RejectedOffers SessionHandle ' +
    'RefreshTokenExpiry2 RefreshToken2 PsaLastChanged Offers LastWelcomeContact LastVersionSaved ' +
    'DomainTag FirstAuthErrorDates ErrorOffers ContactSyncSuccess ContactSyncError ClientToken2 ' +
    'ClientToken ClientPublishSecret UserEmail AutoLinkSuccess AutoLinkError IsDefault Settings ' +
    'ProfileUrl UserTileUrl DomainId DisplayName AccountName SourceEntryID',
  abchperson:
    'FavoriteOrder PersonId ExchangePersonIdGuid AntiLinkInfo RelevanceOrder1 RelevanceOrder2 ' +
    'ContactHandles Categories',
  booking: 'ServiceIds StaffIds StaffInitials CustomerName CustomerEmail CustomerPhone CustomerId',
  insight:
    'InsightId Type StartTimeUtc EndTimeUtc Status Version ApplicationsIds Text SuggestedActions ' +
    'AppContexts',
}

export const FIELD_URIS: ReadonlySet<string> = new Set(
  Object.entries(FIELDS).flatMap(([prefix, names]) => names.split(' ').map((name) => `${prefix}:${name}`)),
)

export const ITEM_SIMPLE_TYPES: Readonly<Record<string, SimpleType>> = {
  dateTime: xsd(
    'dateTime',
    /^\s*-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?\s*$/,
    'DateTime',
    (text) => !Number.isNaN(Date.parse(`${text.trim().slice(0, 19)}Z`)),
  ),
  date: xsd('date', /^\s*\d{4}-\d\d-\d\d(?:Z|[+-]\d\d:\d\d)?\s*$/, 'Date', (text) =>
    isDate(text.trim().slice(0, 10)),
  ),
  double: xsd('double', /^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|INF|-INF|NaN)\s*$/, 'Double'),
  long: xsd('long', /^\s*[+-]?\d{1,19}\s*$/, 'Int64'),
  base64Binary: xsd('base64Binary', /^[A-Za-z0-9+/=\s]*$/, 'Base64'),
  SensitivityChoicesType: words('SensitivityChoicesType', 'Normal Personal Private Confidential'),
  ImportanceChoicesType: words('ImportanceChoicesType', 'Low Normal High'),
  BodyTypeType: words('BodyTypeType', 'HTML Text'),
  BodyTypeResponseType: words('BodyTypeResponseType', 'Best HTML Text'),
  LegacyFreeBusyType: enumeration('LegacyFreeBusyType', FREE_BUSY_STATUSES),
  CalendarItemTypeType: words('CalendarItemTypeType', 'Single Occurrence Exception RecurringMaster'),
  ResponseTypeType: words(
    'ResponseTypeType',
    'Unknown Organizer Tentative Accept Decline NoResponseReceived',
  ),
  MeetingRequestTypeType: words(
    'MeetingRequestTypeType',
    'None FullUpdate InformationalUpdate NewMeetingRequest Outdated SilentUpdate PrincipalWantsCopy',
  ),
  FlagStatusType: words('FlagStatusType', 'NotFlagged Flagged Complete'),
  TaskStatusType: words('TaskStatusType', 'NotStarted InProgress Completed WaitingOnOthers Deferred'),
  TaskDelegateStateType: words('TaskDelegateStateType', 'NoMatch OwnNew Owned Accepted Declined Max'),
  FileAsMappingType: words(
    'FileAsMappingType',
    'None LastCommaFirst FirstSpaceLast Company LastCommaFirstCompany CompanyLastFirst LastFirst ' +
      'LastFirstCompany CompanyLastCommaFirst LastFirstSuffix LastSpaceFirstCompany ' +
      'CompanyLastSpaceFirst LastSpaceFirst DisplayName FirstName LastFirstMiddleSuffix LastName Empty',
  ),
  PhysicalAddressIndexType: words('PhysicalAddressIndexType', 'None Home Business Other'),
  PhysicalAddressKeyType: words('PhysicalAddressKeyType', 'Home Business Other'),
  EmailAddressKeyType: words('EmailAddressKeyType', 'EmailAddress1 EmailAddress2 EmailAddress3'),
  ImAddressKeyType: words('ImAddressKeyType', 'ImAddress1 ImAddress2 ImAddress3'),
  PhoneNumberKeyType: words(
    'PhoneNumberKeyType',
    'AssistantPhone BusinessFax BusinessPhone BusinessPhone2 Callback CarPhone CompanyMainPhone HomeFax ' +
      'HomePhone HomePhone2 Isdn MobilePhone OtherFax OtherTelephone Pager PrimaryPhone RadioPhone Telex ' +
      'TtyTddPhone BusinessMobile IPPhone Mms Msn',
  ),
  ReminderMinutesBeforeStartType: {
    name: `${NAMESPACES.types}:ReminderMinutesBeforeStartType`,
    // 1525252321 stands for "not set" in old items.
    accepts: (text) =>
      /^\s*\d{1,10}\s*$/.test(text) && (Number(text) <= 2629800 || Number(text) === 1525252321),
    reason: (text) => `The value '${text}' is not valid according to any of the memberTypes of the union.`,
  },
  DictionaryURIType: words(
    'DictionaryURIType',
    'item:InternetMessageHeader contacts:ImAddress contacts:PhysicalAddress:Street ' +
      'contacts:PhysicalAddress:City contacts:PhysicalAddress:State ' +
      'contacts:PhysicalAddress:CountryOrRegion contacts:PhysicalAddress:PostalCode contacts:PhoneNumber ' +
      'contacts:EmailAddress distributionlist:Members:Member',
  ),
  DayOfWeekType: enumeration('DayOfWeekType', [...WEEK_DAYS, 'Day', 'Weekday', 'WeekendDay']),
  DaysOfWeekType: {
    name: `${NAMESPACES.types}:DaysOfWeekType`,
    accepts: (text) => {
      const days = text.trim().split(/\s+/)
      return days.every((day) => [...WEEK_DAYS, 'Day', 'Weekday', 'WeekendDay'].includes(day as never))
    },
    reason: () => 'The Enumeration constraint failed.',
  },
  DayOfWeekIndexType: enumeration('DayOfWeekIndexType', DAY_INDEXES),
  MonthNamesType: enumeration('MonthNamesType', MONTHS),
  SortDirectionType: words('SortDirectionType', 'Ascending Descending'),
  ItemQueryTraversalType: words('ItemQueryTraversalType', 'Shallow SoftDeleted Associated'),
  MessageDispositionType: words('MessageDispositionType', 'SaveOnly SendOnly SendAndSaveCopy'),
  CalendarItemCreateOrDeleteOperationType: words(
    'CalendarItemCreateOrDeleteOperationType',
    'SendToNone SendOnlyToAll SendToAllAndSaveCopy',
  ),
  CalendarItemUpdateOperationType: words(
    'CalendarItemUpdateOperationType',
    'SendToNone SendOnlyToAll SendOnlyToChanged SendToAllAndSaveCopy SendToChangedAndSaveCopy',
  ),
  ConflictResolutionType: words('ConflictResolutionType', 'NeverOverwrite AutoResolve AlwaysOverwrite'),
  DisposalType: words('DisposalType', 'HardDelete SoftDelete MoveToDeletedItems'),
  AffectedTaskOccurrencesType: words('AffectedTaskOccurrencesType', 'AllOccurrences SpecifiedOccurrenceOnly'),
  ResolveNamesSearchScopeType: words(
    'ResolveNamesSearchScopeType',
    'ActiveDirectory ActiveDirectoryContacts Contacts ContactsActiveDirectory',
  ),
  IdFormatType: words('IdFormatType', 'EwsLegacyId EwsId EntryId HexEntryId StoreId OwaId'),
  SyncFolderItemsScopeType: words('SyncFolderItemsScopeType', 'NormalItems NormalAndAssociatedItems'),
  MaxSyncChangesReturnedType: {
    name: `${NAMESPACES.types}:MaxSyncChangesReturnedType`,
    accepts: (text) => /^\s*\d{1,3}\s*$/.test(text) && Number(text) >= 1 && Number(text) <= 512,
    reason: () => 'The MinInclusive or MaxInclusive constraint failed.',
  },
  UserConfigurationPropertyType: pattern(
    'UserConfigurationPropertyType',
    /^\s*(?:(?:Id|Dictionary|XmlData|BinaryData|All)\s*)*$/,
  ),
  MeetingAttendeeType: words('MeetingAttendeeType', 'Organizer Required Optional Room Resource'),
  FreeBusyViewType: pattern(
    'FreeBusyViewType',
    /^\s*(?:(?:None|MergedOnly|FreeBusy|FreeBusyMerged|Detailed|DetailedMerged)\s*)+$/,
  ),
}

const ITEM = optionals(`
  MimeContent:MimeContentType ItemId:ItemIdType ParentFolderId:FolderIdType ItemClass Subject
  Sensitivity:SensitivityChoicesType Body:BodyType Attachments:NonEmptyArrayOfAttachmentsType
  DateTimeReceived:dateTime Size:int Categories:ArrayOfStringsType Importance:ImportanceChoicesType
  InReplyTo IsSubmitted:boolean IsDraft:boolean IsFromMe:boolean IsResend:boolean IsUnmodified:boolean
  InternetMessageHeaders:NonEmptyArrayOfInternetHeadersType DateTimeSent:dateTime DateTimeCreated:dateTime
  ResponseObjects:OpenType ReminderDueBy:dateTime ReminderIsSet:boolean ReminderNextTime:dateTime
  ReminderMinutesBeforeStart:ReminderMinutesBeforeStartType DisplayCc DisplayTo DisplayBcc
  HasAttachments:boolean ExtendedProperty*:ExtendedPropertyType Culture EffectiveRights:OpenType
  LastModifiedName LastModifiedTime:dateTime IsAssociated:boolean WebClientReadFormQueryString
  WebClientEditFormQueryString ConversationId:ItemIdType UniqueBody:BodyType Flag:FlagType
  StoreEntryId:base64Binary InstanceKey:base64Binary NormalizedBody:BodyType
  EntityExtractionResult:OpenType PolicyTag:OpenType ArchiveTag:OpenType RetentionDate:dateTime Preview
  RightsManagementLicenseData:OpenType PredictedActionReasons:OpenType IsClutter:boolean
  BlockStatus:boolean HasBlockedImages:boolean TextBody:BodyType IconIndex SearchKey:base64Binary
  SortKey:long Hashtags:ArrayOfStringsType Mentions:ArrayOfRecipientsType MentionedMe:boolean
  MentionsPreview:OpenType MentionsEx:OpenType AppliedHashtags:OpenType AppliedHashtagsPreview:OpenType
  Likes:OpenType LikesPreview:OpenType PendingSocialActivityTagIds:ArrayOfStringsType AtAllMention:boolean
  CanDelete:boolean InferenceClassification
`)

const MESSAGE = optionals(`
  Sender:SingleRecipientType ToRecipients:ArrayOfRecipientsType CcRecipients:ArrayOfRecipientsType
  BccRecipients:ArrayOfRecipientsType IsReadReceiptRequested:boolean IsDeliveryReceiptRequested:boolean
  ConversationIndex:base64Binary ConversationTopic From:SingleRecipientType InternetMessageId
  IsRead:boolean IsResponseRequested:boolean References ReplyTo:ArrayOfRecipientsType
  ReceivedBy:SingleRecipientType ReceivedRepresenting:SingleRecipientType ApprovalRequestData:OpenType
  VotingInformation:OpenType ReminderMessageData:OpenType MessageSafety:OpenType SenderSMTPAddress
  MailboxGuids:OpenType PublishedCalendarItemIcs PublishedCalendarItemName
`)

const CALENDAR_ITEM = optionals(`
  UID RecurrenceId:dateTime DateTimeStamp:dateTime Start:dateTime End:dateTime OriginalStart:dateTime
  IsAllDayEvent:boolean LegacyFreeBusyStatus:LegacyFreeBusyType Location When IsMeeting:boolean
  IsCancelled:boolean IsRecurring:boolean MeetingRequestWasSent:boolean IsResponseRequested:boolean
  CalendarItemType:CalendarItemTypeType MyResponseType:ResponseTypeType Organizer:SingleRecipientType
  RequiredAttendees:NonEmptyArrayOfAttendeesType OptionalAttendees:NonEmptyArrayOfAttendeesType
  Resources:NonEmptyArrayOfAttendeesType InboxReminders:OpenType ConflictingMeetingCount:int
  AdjacentMeetingCount:int ConflictingMeetings:OpenType AdjacentMeetings:OpenType Duration TimeZone
  AppointmentReplyTime:dateTime AppointmentSequenceNumber:int AppointmentState:int
  Recurrence:RecurrenceType FirstOccurrence:OpenType LastOccurrence:OpenType ModifiedOccurrences:OpenType
  DeletedOccurrences:OpenType MeetingTimeZone:OpenType StartTimeZone:TimeZoneDefinitionType
  EndTimeZone:TimeZoneDefinitionType ConferenceType:int AllowNewTimeProposal:boolean
  IsOnlineMeeting:boolean MeetingWorkspaceUrl NetShowUrl EnhancedLocation:EnhancedLocationType
  StartWallClock:dateTime EndWallClock:dateTime StartTimeZoneId EndTimeZoneId
  IntendedFreeBusyStatus:LegacyFreeBusyType JoinOnlineMeetingUrl OnlineMeetingSettings:OpenType
  IsOrganizer:boolean CalendarActivityData:OpenType DoNotForwardMeeting:boolean
`)

const CONTACT = optionals(`
  FileAs FileAsMapping:FileAsMappingType DisplayName GivenName Initials MiddleName Nickname
  CompleteName:CompleteNameType CompanyName EmailAddresses:EmailAddressDictionaryType
  AbchEmailAddresses:OpenType PhysicalAddresses:PhysicalAddressDictionaryType
  PhoneNumbers:PhoneNumberDictionaryType AssistantName Birthday:dateTime BusinessHomePage
  Children:ArrayOfStringsType Companies:ArrayOfStringsType ContactSource Department Generation
  ImAddresses:ImAddressDictionaryType JobTitle Manager Mileage OfficeLocation
  PostalAddressIndex:PhysicalAddressIndexType Profession SpouseName Surname WeddingAnniversary:dateTime
  HasPicture:boolean PhoneticFullName PhoneticFirstName PhoneticLastName Alias Notes Photo:base64Binary
  UserSMIMECertificate:OpenType MSExchangeCertificate:OpenType DirectoryId
  ManagerMailbox:SingleRecipientType DirectReports:ArrayOfRecipientsType AccountName
  IsAutoUpdateDisabled:boolean IsMessengerEnabled:boolean Comment ContactShortId:int ContactType Gender
  IsHidden:boolean ObjectId PassportId:long IsPrivate:boolean SourceId TrustLevel:int CreatedBy
  Urls:OpenType Cid:long SkypeAuthCertificate SkypeContext SkypeId SkypeRelationship YomiNickname
  XboxLiveTag InviteFree:boolean HidePresenceAndProfile:boolean IsPendingOutbound:boolean
  SupportGroupFeeds:boolean UserTileHash UnifiedInbox:boolean Mris:ArrayOfStringsType Wlid
  AbchContactId:GuidType NotInBirthdayCalendar:boolean ShellContactType ImMri PresenceTrustLevel:int
  OtherMri ProfileLastChanged MobileIMEnabled:boolean PartnerNetworkProfilePhotoUrl
  PartnerNetworkThumbnailPhotoUrl PersonId ConversationGuid:GuidType
`)

const TASK = optionals(`
  ActualWork:int AssignedTime:dateTime BillingInformation ChangeCount:int Companies:ArrayOfStringsType
  CompleteDate:dateTime Contacts:ArrayOfStringsType DelegationState:TaskDelegateStateType Delegator
  DueDate:dateTime IsAssignmentEditable:int IsComplete:boolean IsRecurring:boolean IsTeamTask:boolean
  Mileage Owner PercentComplete:double Recurrence:TaskRecurrenceType StartDate:dateTime
  Status:TaskStatusType StatusDescription TotalWork:int
`)

const MEETING_MESSAGE = optionals(`
  AssociatedCalendarItemId:ItemIdType IsDelegated:boolean IsOutOfDate:boolean HasBeenProcessed:boolean
  ResponseType:ResponseTypeType UID RecurrenceId:dateTime DateTimeStamp:dateTime IsOrganizer:boolean
`)

const MEETING_REQUEST = optionals(`
  MeetingRequestType:MeetingRequestTypeType IntendedFreeBusyStatus:LegacyFreeBusyType Start:dateTime
  End:dateTime OriginalStart:dateTime IsAllDayEvent:boolean LegacyFreeBusyStatus:LegacyFreeBusyType
  Location When IsMeeting:boolean IsCancelled:boolean IsRecurring:boolean MeetingRequestWasSent:boolean
  CalendarItemType:CalendarItemTypeType MyResponseType:ResponseTypeType Organizer:SingleRecipientType
  RequiredAttendees:NonEmptyArrayOfAttendeesType OptionalAttendees:NonEmptyArrayOfAttendeesType
  Resources:NonEmptyArrayOfAttendeesType ConflictingMeetingCount:int AdjacentMeetingCount:int
  ConflictingMeetings:OpenType AdjacentMeetings:OpenType Duration TimeZone AppointmentReplyTime:dateTime
  AppointmentSequenceNumber:int AppointmentState:int Recurrence:RecurrenceType FirstOccurrence:OpenType
  LastOccurrence:OpenType ModifiedOccurrences:OpenType DeletedOccurrences:OpenType
  MeetingTimeZone:OpenType StartTimeZone:TimeZoneDefinitionType EndTimeZone:TimeZoneDefinitionType
  ConferenceType:int AllowNewTimeProposal:boolean IsOnlineMeeting:boolean MeetingWorkspaceUrl NetShowUrl
  EnhancedLocation:EnhancedLocationType ChangeHighlights:OpenType StartWallClock:dateTime
  EndWallClock:dateTime StartTimeZoneId EndTimeZoneId DoNotForwardMeeting:boolean
`)

const MEETING_RESPONSE = optionals(`
  Start:dateTime End:dateTime Location Recurrence:RecurrenceType CalendarItemType ProposedStart:dateTime
  ProposedEnd:dateTime EnhancedLocation:EnhancedLocationType
`)

const MEETING_CANCELLATION = optionals(`
  Start:dateTime End:dateTime Location Recurrence:RecurrenceType CalendarItemType
  EnhancedLocation:EnhancedLocationType DoNotForwardMeeting:boolean
`)

const PATH: Part = [
  '1',
  't:FieldURI PathToUnindexedFieldType',
  't:IndexedFieldURI PathToIndexedFieldType',
  't:ExtendedFieldURI PathToExtendedFieldType',
]

/** Items that can be made or named in a change; the last ones are known to the schema and refused by name. */
const ITEMS = [
  't:Item ItemType',
  't:Message MessageType',
  't:CalendarItem CalendarItemType',
  't:Contact ContactItemType',
  't:Task TaskType',
  't:MeetingMessage MeetingMessageType',
  't:MeetingRequest MeetingRequestMessageType',
  't:MeetingResponse MeetingResponseMessageType',
  't:MeetingCancellation MeetingCancellationMessageType',
  ...['SharingMessage', 'DistributionList', 'PostItem', 'RoleMember', 'Network', 'Person'].map(
    (name) => `t:${name} OpenType`,
  ),
]

const RESPONSE_OBJECTS = [
  't:AcceptItem WellKnownResponseObjectType',
  't:TentativelyAcceptItem WellKnownResponseObjectType',
  't:DeclineItem WellKnownResponseObjectType',
  't:ReplyToItem SmartResponseType',
  't:ReplyAllToItem SmartResponseType',
  't:ForwardItem SmartResponseType',
  ...[
    'CancelCalendarItem',
    'RemoveItem',
    'SuppressReadReceipt',
    'PostReplyItem',
    'AcceptSharingInvitation',
  ].map((name) => `t:${name} OpenType`),
]

const ITEM_IDS: Part = [
  '+',
  't:ItemId ItemIdType',
  't:OccurrenceItemId OccurrenceItemIdType',
  't:RecurringMasterItemId RecurringMasterItemIdType',
  't:RecurringMasterItemIdRanges OpenType',
]

const PATTERNS = [
  't:RelativeYearlyRecurrence RelativeYearlyRecurrencePatternType',
  't:AbsoluteYearlyRecurrence AbsoluteYearlyRecurrencePatternType',
  't:RelativeMonthlyRecurrence RelativeMonthlyRecurrencePatternType',
  't:AbsoluteMonthlyRecurrence AbsoluteMonthlyRecurrencePatternType',
  't:WeeklyRecurrence WeeklyRecurrencePatternType',
  't:DailyRecurrence IntervalRecurrencePatternType',
]

const RANGES: Part = [
  '1',
  't:NoEndRecurrence NoEndRecurrenceRangeType',
  't:EndDateRecurrence EndDateRecurrenceRangeType',
  't:NumberedRecurrence NumberedRecurrenceRangeType',
]

export const ITEM_COMPLEX_TYPES: Readonly<Record<string, Notation>> = {
  // Operations
  FindItemType: {
    attributes: { Traversal: 'ItemQueryTraversalType!' },
    sequence: [
      'm:ItemShape ItemResponseShapeType',
      [
        '?',
        'm:IndexedPageItemView IndexedPageViewType',
        'm:FractionalPageItemView FractionalPageViewType',
        'm:SeekToConditionPageItemView OpenType',
        'm:CalendarView CalendarViewType',
        'm:ContactsView ContactsViewType',
      ],
      ['?', 'm:GroupBy OpenType', 'm:DistinguishedGroupBy OpenType'],
      'm:Restriction? RestrictionType',
      'm:SortOrder? NonEmptyArrayOfFieldOrdersType',
      'm:ParentFolderIds NonEmptyArrayOfBaseFolderIdsType',
      'm:QueryString? QueryStringType',
    ],
  },
  CalendarViewType: {
    attributes: { MaxEntriesReturned: 'int', StartDate: 'dateTime!', EndDate: 'dateTime!' },
  },
  ContactsViewType: { attributes: { MaxEntriesReturned: 'int', InitialName: 'string', FinalName: 'string' } },
  NonEmptyArrayOfFieldOrdersType: { sequence: ['t:FieldOrder+ FieldOrderType'] },
  FieldOrderType: { attributes: { Order: 'SortDirectionType!' }, sequence: [PATH] },
  QueryStringType: {
    attributes: { ResetCache: 'boolean', ReturnHighlightTerms: 'boolean', ReturnDeletedItems: 'boolean' },
    text: 'string',
  },
  GetItemType: {
    sequence: ['m:ItemShape ItemResponseShapeType', 'm:ItemIds NonEmptyArrayOfBaseItemIdsType'],
  },
  ItemResponseShapeType: {
    sequence: [
      't:BaseShape DefaultShapeNamesType',
      't:IncludeMimeContent? boolean',
      't:BodyType? BodyTypeResponseType',
      't:UniqueBodyType? BodyTypeResponseType',
      't:NormalizedBodyType? BodyTypeResponseType',
      't:FilterHtmlContent? boolean',
      't:ConvertHtmlCodePageToUTF8? boolean',
      't:InlineImageUrlTemplate? string',
      't:BlockExternalImages? boolean',
      't:AddBlankTargetToLinks? boolean',
      't:MaximumBodySize? int',
      't:AdditionalProperties? NonEmptyArrayOfPathsToElementType',
    ],
  },
  CreateItemType: {
    attributes: {
      MessageDisposition: 'MessageDispositionType',
      SendMeetingInvitations: 'CalendarItemCreateOrDeleteOperationType',
    },
    sequence: ['m:SavedItemFolderId? TargetFolderIdType', 'm:Items NonEmptyArrayOfAllItemsType'],
  },
  NonEmptyArrayOfAllItemsType: { sequence: [['+', ...ITEMS, ...RESPONSE_OBJECTS]] },
  UpdateItemType: {
    attributes: {
      ConflictResolution: 'ConflictResolutionType!',
      MessageDisposition: 'MessageDispositionType',
      SendMeetingInvitationsOrCancellations: 'CalendarItemUpdateOperationType',
      SuppressReadReceipts: 'boolean',
    },
    sequence: ['m:SavedItemFolderId? TargetFolderIdType', 'm:ItemChanges NonEmptyArrayOfItemChangesType'],
  },
  NonEmptyArrayOfItemChangesType: { sequence: ['t:ItemChange+ ItemChangeType'] },
  ItemChangeType: {
    sequence: [
      [
        '1',
        't:ItemId ItemIdType',
        't:OccurrenceItemId OccurrenceItemIdType',
        't:RecurringMasterItemId RecurringMasterItemIdType',
      ],
      't:Updates NonEmptyArrayOfItemChangeDescriptionsType',
      't:CalendarActivityData? OpenType',
    ],
  },
  NonEmptyArrayOfItemChangeDescriptionsType: {
    sequence: [
      [
        '+',
        't:AppendToItemField SetItemFieldType',
        't:SetItemField SetItemFieldType',
        't:DeleteItemField DeleteItemFieldType',
      ],
    ],
  },
  SetItemFieldType: { sequence: [PATH, ['1', ...ITEMS]] },
  DeleteItemFieldType: { sequence: [PATH] },
  DeleteItemType: {
    attributes: {
      DeleteType: 'DisposalType!',
      SendMeetingCancellations: 'CalendarItemCreateOrDeleteOperationType',
      AffectedTaskOccurrences: 'AffectedTaskOccurrencesType',
      SuppressReadReceipts: 'boolean',
    },
    sequence: ['m:ItemIds NonEmptyArrayOfBaseItemIdsType'],
  },
  SendItemType: {
    attributes: { SaveItemToFolder: 'boolean!' },
    sequence: ['m:ItemIds NonEmptyArrayOfBaseItemIdsType', 'm:SavedItemFolderId? TargetFolderIdType'],
  },
  BaseMoveCopyItemType: {
    sequence: [
      'm:ToFolderId TargetFolderIdType',
      'm:ItemIds NonEmptyArrayOfBaseItemIdsType',
      'm:ReturnNewItemIds? boolean',
    ],
  },
  SyncFolderItemsType: {
    sequence: [
      'm:ItemShape ItemResponseShapeType',
      'm:SyncFolderId TargetFolderIdType',
      'm:SyncState? string',
      'm:Ignore? ArrayOfBaseItemIdsType',
      'm:MaxChangesReturned MaxSyncChangesReturnedType',
      'm:SyncScope? SyncFolderItemsScopeType',
    ],
  },
  GetAttachmentType: {
    sequence: [
      'm:AttachmentShape? AttachmentResponseShapeType',
      'm:AttachmentIds NonEmptyArrayOfRequestAttachmentIdsType',
    ],
  },
  AttachmentResponseShapeType: {
    sequence: [
      't:IncludeMimeContent? boolean',
      't:BodyType? BodyTypeResponseType',
      't:FilterHtmlContent? boolean',
      't:AdditionalProperties? NonEmptyArrayOfPathsToElementType',
    ],
  },
  NonEmptyArrayOfRequestAttachmentIdsType: { sequence: ['t:AttachmentId+ AttachmentIdType'] },
  AttachmentIdType: {
    attributes: { Id: 'string!', RootItemId: 'string', RootItemChangeKey: 'string' },
  },
  CreateAttachmentType: {
    sequence: ['m:ParentItemId ItemIdType', 'm:Attachments NonEmptyArrayOfAttachmentsType'],
  },
  DeleteAttachmentType: { sequence: ['m:AttachmentIds NonEmptyArrayOfRequestAttachmentIdsType'] },

  // Ids
  ArrayOfBaseItemIdsType: { sequence: ['t:ItemId* ItemIdType'] },
  NonEmptyArrayOfBaseItemIdsType: { sequence: [ITEM_IDS] },
  ItemIdType: { attributes: { Id: 'string!', ChangeKey: 'string' } },
  OccurrenceItemIdType: {
    attributes: { RecurringMasterId: 'string!', ChangeKey: 'string', InstanceIndex: 'int!' },
  },
  RecurringMasterItemIdType: { attributes: { OccurrenceId: 'string!', ChangeKey: 'string' } },

  // Items
  ItemType: { sequence: ITEM },
  MessageType: { sequence: [...ITEM, ...MESSAGE] },
  CalendarItemType: { sequence: [...ITEM, ...CALENDAR_ITEM] },
  ContactItemType: { sequence: [...ITEM, ...CONTACT] },
  TaskType: { sequence: [...ITEM, ...TASK] },
  MeetingMessageType: { sequence: [...ITEM, ...MESSAGE, ...MEETING_MESSAGE] },
  MeetingRequestMessageType: { sequence: [...ITEM, ...MESSAGE, ...MEETING_MESSAGE, ...MEETING_REQUEST] },
  MeetingResponseMessageType: { sequence: [...ITEM, ...MESSAGE, ...MEETING_MESSAGE, ...MEETING_RESPONSE] },
  MeetingCancellationMessageType: {
    sequence: [...ITEM, ...MESSAGE, ...MEETING_MESSAGE, ...MEETING_CANCELLATION],
  },
  WellKnownResponseObjectType: {
    sequence: [
      't:ItemClass? string',
      't:Sensitivity? SensitivityChoicesType',
      't:Body? BodyType',
      't:Attachments? NonEmptyArrayOfAttachmentsType',
      't:InternetMessageHeaders? NonEmptyArrayOfInternetHeadersType',
      't:Sender? SingleRecipientType',
      't:ToRecipients? ArrayOfRecipientsType',
      't:CcRecipients? ArrayOfRecipientsType',
      't:BccRecipients? ArrayOfRecipientsType',
      't:IsReadReceiptRequested? boolean',
      't:IsDeliveryReceiptRequested? boolean',
      't:From? SingleRecipientType',
      't:ReferenceItemId? ItemIdType',
      't:ProposedStart? dateTime',
      't:ProposedEnd? dateTime',
    ],
  },
  SmartResponseType: {
    sequence: [
      't:Subject? string',
      't:Body? BodyType',
      't:ToRecipients? ArrayOfRecipientsType',
      't:CcRecipients? ArrayOfRecipientsType',
      't:BccRecipients? ArrayOfRecipientsType',
      't:IsReadReceiptRequested? boolean',
      't:IsDeliveryReceiptRequested? boolean',
      't:From? SingleRecipientType',
      't:ReferenceItemId? ItemIdType',
      't:NewBodyContent? BodyType',
      't:ReceivedBy? SingleRecipientType',
      't:ReceivedRepresenting? SingleRecipientType',
    ],
  },

  // Values
  MimeContentType: { attributes: { CharacterSet: 'string' }, text: 'string' },
  BodyType: { attributes: { BodyType: 'BodyTypeType!', IsTruncated: 'boolean' }, text: 'string' },
  ArrayOfStringsType: { sequence: ['t:String* string'] },
  NonEmptyArrayOfInternetHeadersType: { sequence: ['t:InternetMessageHeader+ InternetHeaderType'] },
  InternetHeaderType: { attributes: { HeaderName: 'string!' }, text: 'string' },
  FlagType: {
    sequence: [
      't:FlagStatus FlagStatusType',
      't:StartDate? dateTime',
      't:DueDate? dateTime',
      't:CompleteDate? dateTime',
    ],
  },
  SingleRecipientType: { sequence: ['t:Mailbox EmailAddressType'] },
  ArrayOfRecipientsType: { sequence: ['t:Mailbox* EmailAddressType'] },
  NonEmptyArrayOfAttendeesType: { sequence: ['t:Attendee+ AttendeeType'] },
  AttendeeType: {
    sequence: [
      't:Mailbox EmailAddressType',
      't:ResponseType? ResponseTypeType',
      't:LastResponseTime? dateTime',
      't:ProposedStart? dateTime',
      't:ProposedEnd? dateTime',
    ],
  },
  NonEmptyArrayOfAttachmentsType: {
    sequence: [
      [
        '+',
        't:ItemAttachment OpenType',
        't:FileAttachment FileAttachmentType',
        't:ReferenceAttachment OpenType',
      ],
    ],
  },
  FileAttachmentType: {
    sequence: [
      't:AttachmentId? AttachmentIdType',
      't:Name? string',
      't:ContentType? string',
      't:ContentId? string',
      't:ContentLocation? string',
      't:AttachmentOriginalUrl? string',
      't:Size? int',
      't:LastModifiedTime? dateTime',
      't:IsInline? boolean',
      't:IsContactPhoto? boolean',
      't:Content? base64Binary',
    ],
  },
  EmailAddressDictionaryType: { sequence: ['t:Entry+ EmailAddressDictionaryEntryType'] },
  EmailAddressDictionaryEntryType: {
    attributes: {
      Key: 'EmailAddressKeyType!',
      Name: 'string',
      RoutingType: 'string',
      MailboxType: 'MailboxTypeType',
    },
    text: 'string',
  },
  PhoneNumberDictionaryType: { sequence: ['t:Entry+ PhoneNumberDictionaryEntryType'] },
  PhoneNumberDictionaryEntryType: { attributes: { Key: 'PhoneNumberKeyType!' }, text: 'string' },
  ImAddressDictionaryType: { sequence: ['t:Entry+ ImAddressDictionaryEntryType'] },
  ImAddressDictionaryEntryType: { attributes: { Key: 'ImAddressKeyType!' }, text: 'string' },
  PhysicalAddressDictionaryType: { sequence: ['t:Entry+ PhysicalAddressDictionaryEntryType'] },
  PhysicalAddressDictionaryEntryType: {
    attributes: { Key: 'PhysicalAddressKeyType!' },
    sequence: optionals('Street City State CountryOrRegion PostalCode'),
  },
  CompleteNameType: {
    sequence: optionals(
      'Title FirstName MiddleName LastName Suffix Initials FullName Nickname YomiFirstName YomiLastName',
    ),
  },
  EnhancedLocationType: {
    sequence: ['t:DisplayName string', 't:Annotation? string', 't:PostalAddress? OpenType'],
  },

  // Series and zones
  RecurrenceType: { sequence: [['1', ...PATTERNS], RANGES] },
  TaskRecurrenceType: {
    sequence: [
      [
        '1',
        ...PATTERNS,
        ...['Daily', 'Weekly', 'Monthly', 'Yearly'].map(
          (name) => `t:${name}Regeneration IntervalRecurrencePatternType`,
        ),
      ],
      RANGES,
    ],
  },
  RelativeYearlyRecurrencePatternType: {
    sequence: ['t:DaysOfWeek DayOfWeekType', 't:DayOfWeekIndex DayOfWeekIndexType', 't:Month MonthNamesType'],
  },
  AbsoluteYearlyRecurrencePatternType: { sequence: ['t:DayOfMonth int', 't:Month MonthNamesType'] },
  RelativeMonthlyRecurrencePatternType: {
    sequence: ['t:Interval int', 't:DaysOfWeek DayOfWeekType', 't:DayOfWeekIndex DayOfWeekIndexType'],
  },
  AbsoluteMonthlyRecurrencePatternType: { sequence: ['t:Interval int', 't:DayOfMonth int'] },
  WeeklyRecurrencePatternType: {
    sequence: ['t:Interval int', 't:DaysOfWeek DaysOfWeekType', 't:FirstDayOfWeek? DayOfWeekType'],
  },
  IntervalRecurrencePatternType: { sequence: ['t:Interval int'] },
  NoEndRecurrenceRangeType: { sequence: ['t:StartDate date'] },
  EndDateRecurrenceRangeType: { sequence: ['t:StartDate date', 't:EndDate date'] },
  NumberedRecurrenceRangeType: { sequence: ['t:StartDate date', 't:NumberOfOccurrences int'] },
  // The name decides; what it says of the zone's rules is not read.
  TimeZoneDefinitionType: {
    attributes: { Id: 'string', Name: 'string' },
    sequence: ['t:Periods? OpenType', 't:TransitionsGroups? OpenType', 't:Transitions? OpenType'],
  },
}

function words(name: string, values: string): SimpleType {
  return enumeration(name, values.split(' '))
}

function xsd(
  name: string,
  expression: RegExp,
  netName: string,
  holds: (text: string) => boolean = () => true,
): SimpleType {
  return {
    name: `${XSD}:${name}`,
    accepts: (text) => expression.test(text) && holds(text),
    reason: (text) => `The string '${text}' is not a valid ${netName} value.`,
  }
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
