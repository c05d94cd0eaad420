import { DELIVER_MEETING_REQUESTS } from '../../model/delegate.ts'
import { DISTINGUISHED_FOLDERS } from '../../model/folder-target.ts'
import {
  FREE_BUSY_LEVELS,
  ITEM_SCOPES,
  PERMISSION_LEVELS,
  READ_ACCESS,
} from '../../model/permission-level.ts'
import { DISTINGUISHED_USERS } from '../../model/user-ref.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { FIELD_URIS, ITEM_COMPLEX_TYPES, ITEM_SIMPLE_TYPES } from './item-schema.ts'
import type { Schema, SimpleType } from './schema.ts'
import { enumeration, type Notation, type Part, pattern, readSchema } from './schema-notation.ts'

/**
 * The part of Microsoft's messages.xsd and types.xsd that requests of the implemented operations use, under the
 * schema's own type names and in its order. Items have a file of their own.
 */

const XSD = 'http://www.w3.org/2001/XMLSchema'

const SIMPLE_TYPES: Readonly<Record<string, SimpleType>> = {
  string: { name: `${XSD}:string`, accepts: () => true, reason: () => '' },
  boolean: {
    name: `${XSD}:boolean`,
    accepts: (text) => /^\s*(?:true|false|0|1)\s*$/.test(text),
    reason: (text) => `The string '${text}' is not a valid Boolean value.`,
  },
  int: {
    name: `${XSD}:int`,
    accepts: (text) => /^\s*[+-]?\d{1,10}\s*$/.test(text) && Math.abs(Number(text)) < 2 ** 31,
    reason: (text) => `The string '${text}' is not a valid Int32 value.`,
  },
  NonEmptyStringType: {
    name: `${NAMESPACES.types}:NonEmptyStringType`,
    accepts: (text) => text !== '',
    reason: () => 'The actual length is less than the MinLength value.',
  },
  PropertyTagType: {
    name: `${NAMESPACES.types}:PropertyTagType`,
    accepts: (text) =>
      /^0x[0-9a-f]{1,4}$/i.test(text) || (/^\s*\+?\d{1,5}\s*$/.test(text) && Number(text) < 65536),
    reason: (text) => `The value '${text}' is not valid according to any of the memberTypes of the union.`,
  },
  GuidType: pattern('GuidType', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i),
  ExcludesValueType: pattern('ExcludesValueType', /^(?:0x[0-9a-f]+|\d+)$/i),
  UnindexedFieldURIType: {
    name: `${NAMESPACES.types}:UnindexedFieldURIType`,
    // Which of them exist on a folder or an item is decided where they are used.
    accepts: (text) => (FOLDER_FIELDS as readonly string[]).includes(text) || FIELD_URIS.has(text),
    reason: () => 'The Enumeration constraint failed.',
  },
  DefaultShapeNamesType: enumeration('DefaultShapeNamesType', [
    'IdOnly',
    'Default',
    'AllProperties',
    'PcxPeopleSearch',
  ]),
  FolderQueryTraversalType: enumeration('FolderQueryTraversalType', ['Shallow', 'Deep', 'SoftDeleted']),
  IndexBasePointType: enumeration('IndexBasePointType', ['Beginning', 'End']),
  ContainmentModeType: enumeration('ContainmentModeType', [
    'FullString',
    'Prefixed',
    'Substring',
    'PrefixOnWords',
    'ExactPhrase',
  ]),
  ContainmentComparisonType: enumeration('ContainmentComparisonType', [
    'Exact',
    'IgnoreCase',
    'IgnoreNonSpacingCharacters',
    'Loose',
    'IgnoreCaseAndNonSpacingCharacters',
    'LooseAndIgnoreCase',
    'LooseAndIgnoreNonSpace',
    'LooseAndIgnoreCaseAndIgnoreNonSpace',
  ]),
  MailboxTypeType: enumeration('MailboxTypeType', [
    'Unknown',
    'OneOff',
    'Mailbox',
    'PublicDL',
    'PrivateDL',
    'Contact',
    'PublicFolder',
    'GroupMailbox',
    'ImplicitContact',
  ]),
  DistinguishedFolderIdNameType: enumeration('DistinguishedFolderIdNameType', DISTINGUISHED_FOLDERS),
  DistinguishedUserType: enumeration('DistinguishedUserType', DISTINGUISHED_USERS),
  DeliverMeetingRequestsType: enumeration('DeliverMeetingRequestsType', DELIVER_MEETING_REQUESTS),
  DelegateFolderPermissionLevelType: enumeration('DelegateFolderPermissionLevelType', [
    'None',
    'Editor',
    'Reviewer',
    'Author',
    'Custom',
  ]),
  PermissionActionType: enumeration('PermissionActionType', ITEM_SCOPES),
  PermissionReadAccessType: enumeration('PermissionReadAccessType', ['None', 'FullDetails']),
  CalendarPermissionReadAccessType: enumeration('CalendarPermissionReadAccessType', READ_ACCESS),
  PermissionLevelType: enumeration('PermissionLevelType', PERMISSION_LEVELS),
  CalendarPermissionLevelType: enumeration('CalendarPermissionLevelType', [
    ...PERMISSION_LEVELS,
    ...FREE_BUSY_LEVELS,
  ]),
  DistinguishedPropertySetType: enumeration('DistinguishedPropertySetType', [
    'Meeting',
    'Appointment',
    'Common',
    'PublicStrings',
    'Address',
    'InternetHeaders',
    'CalendarAssistant',
    'UnifiedMessaging',
    'Task',
    'Sharing',
  ]),
  MapiPropertyTypeType: enumeration(
    'MapiPropertyTypeType',
    [
      ...['ApplicationTime', 'Binary', 'CLSID', 'Currency', 'Double', 'Float', 'Integer', 'Long', 'Object'],
      ...['Short', 'SystemTime', 'String'],
    ]
      .flatMap((name) => [name, `${name}Array`])
      .concat('Boolean', 'Error', 'Null'),
  ),
}

/** `UnindexedFieldURIType`, the part that is about folders. */
export const FOLDER_FIELDS = [
  'folder:FolderId',
  'folder:ParentFolderId',
  'folder:DisplayName',
  'folder:UnreadCount',
  'folder:TotalCount',
  'folder:ChildFolderCount',
  'folder:FolderClass',
  'folder:SearchParameters',
  'folder:ManagedFolderInformation',
  'folder:PermissionSet',
  'folder:EffectiveRights',
  'folder:SharingEffectiveRights',
  'folder:DistinguishedFolderId',
  'folder:PolicyTag',
  'folder:ArchiveTag',
  'folder:ReplicaList',
] as const
export type FolderField = (typeof FOLDER_FIELDS)[number]

const PATHS = [
  't:FieldURI PathToUnindexedFieldType',
  't:IndexedFieldURI PathToIndexedFieldType',
  't:ExtendedFieldURI PathToExtendedFieldType',
]

const SEARCH_EXPRESSIONS = [
  't:Exists ExistsType',
  't:Excludes ExcludesType',
  't:IsEqualTo TwoOperandExpressionType',
  't:IsNotEqualTo TwoOperandExpressionType',
  't:IsGreaterThan TwoOperandExpressionType',
  't:IsGreaterThanOrEqualTo TwoOperandExpressionType',
  't:IsLessThan TwoOperandExpressionType',
  't:IsLessThanOrEqualTo TwoOperandExpressionType',
  't:Contains ContainsExpressionType',
  't:Not NotType',
  't:And MultipleOperandBooleanExpressionType',
  't:Or MultipleOperandBooleanExpressionType',
  't:Near OpenType',
]

const BASE_FOLDER: readonly Part[] = [
  't:FolderId? FolderIdType',
  't:ParentFolderId? FolderIdType',
  't:FolderClass? string',
  't:DisplayName? string',
  't:TotalCount? int',
  't:ChildFolderCount? int',
  't:ExtendedProperty* ExtendedPropertyType',
  't:ManagedFolderInformation? OpenType',
  't:EffectiveRights? OpenType',
  't:DistinguishedFolderId? DistinguishedFolderIdNameType',
  't:PolicyTag? OpenType',
  't:ArchiveTag? OpenType',
  't:ReplicaList? OpenType',
]

const FOLDER: readonly Part[] = [...BASE_FOLDER, 't:PermissionSet? PermissionSetType', 't:UnreadCount? int']

const BASE_PERMISSION: readonly Part[] = [
  't:UserId UserIdType',
  't:CanCreateItems? boolean',
  't:CanCreateSubFolders? boolean',
  't:IsFolderOwner? boolean',
  't:IsFolderVisible? boolean',
  't:IsFolderContact? boolean',
  't:EditItems? PermissionActionType',
  't:DeleteItems? PermissionActionType',
]

const FOLDER_CHOICE = [
  't:Folder FolderType',
  't:CalendarFolder CalendarFolderType',
  't:ContactsFolder ContactsFolderType',
  't:SearchFolder SearchFolderType',
  't:TasksFolder FolderType',
]

const FOLDER_IDS: Part = ['+', 't:FolderId FolderIdType', 't:DistinguishedFolderId DistinguishedFolderIdType']

const COMPLEX_TYPES: Readonly<Record<string, Notation>> = {
  OpenType: { open: true },

  // Delegates
  GetDelegateType: {
    attributes: { IncludePermissions: 'boolean!' },
    sequence: ['m:Mailbox EmailAddressType', 'm:UserIds? ArrayOfUserIdType'],
  },
  AddDelegateType: {
    sequence: [
      'm:Mailbox EmailAddressType',
      'm:DelegateUsers ArrayOfDelegateUserType',
      'm:DeliverMeetingRequests? DeliverMeetingRequestsType',
    ],
  },
  UpdateDelegateType: {
    sequence: [
      'm:Mailbox EmailAddressType',
      'm:DelegateUsers? ArrayOfDelegateUserType',
      'm:DeliverMeetingRequests? DeliverMeetingRequestsType',
    ],
  },
  RemoveDelegateType: { sequence: ['m:Mailbox EmailAddressType', 'm:UserIds ArrayOfUserIdType'] },
  EmailAddressType: {
    sequence: [
      't:Name? string',
      't:EmailAddress? NonEmptyStringType',
      't:RoutingType? NonEmptyStringType',
      't:MailboxType? MailboxTypeType',
      't:ItemId? OpenType',
      't:OriginalDisplayName? string',
    ],
  },
  ArrayOfUserIdType: { sequence: ['t:UserId+ UserIdType'] },
  ArrayOfDelegateUserType: { sequence: ['t:DelegateUser+ DelegateUserType'] },
  DelegateUserType: {
    sequence: [
      't:UserId UserIdType',
      't:DelegatePermissions? DelegatePermissionsType',
      't:ReceiveCopiesOfMeetingMessages? boolean',
      't:ViewPrivateItems? boolean',
    ],
  },
  UserIdType: {
    sequence: [
      't:SID? string',
      't:PrimarySmtpAddress? string',
      't:DisplayName? string',
      't:DistinguishedUser? DistinguishedUserType',
      't:ExternalUserIdentity? string',
    ],
  },
  DelegatePermissionsType: {
    sequence: ['Calendar', 'Tasks', 'Inbox', 'Contacts', 'Notes', 'Journal'].map(
      (folder) => `t:${folder}FolderPermissionLevel? DelegateFolderPermissionLevelType`,
    ),
  },

  // Folders
  GetFolderType: {
    sequence: ['m:FolderShape FolderResponseShapeType', 'm:FolderIds NonEmptyArrayOfBaseFolderIdsType'],
  },
  FindFolderType: {
    attributes: { Traversal: 'FolderQueryTraversalType!' },
    sequence: [
      'm:FolderShape FolderResponseShapeType',
      [
        '?',
        'm:IndexedPageFolderView IndexedPageViewType',
        'm:FractionalPageFolderView FractionalPageViewType',
      ],
      'm:Restriction? RestrictionType',
      'm:ParentFolderIds NonEmptyArrayOfBaseFolderIdsType',
    ],
  },
  UpdateFolderType: { sequence: ['m:FolderChanges NonEmptyArrayOfFolderChangesType'] },
  CreateFolderType: {
    sequence: ['m:ParentFolderId TargetFolderIdType', 'm:Folders NonEmptyArrayOfFoldersType'],
  },
  DeleteFolderType: {
    attributes: { DeleteType: 'DisposalType!' },
    sequence: ['m:FolderIds NonEmptyArrayOfBaseFolderIdsType'],
  },
  EmptyFolderType: {
    attributes: { DeleteType: 'DisposalType!', DeleteSubFolders: 'boolean!' },
    sequence: ['m:FolderIds NonEmptyArrayOfBaseFolderIdsType'],
  },
  SyncFolderHierarchyType: {
    sequence: [
      'm:FolderShape FolderResponseShapeType',
      'm:SyncFolderId? TargetFolderIdType',
      'm:SyncState? string',
    ],
  },
  TargetFolderIdType: {
    sequence: [['1', 't:FolderId FolderIdType', 't:DistinguishedFolderId DistinguishedFolderIdType']],
  },
  NonEmptyArrayOfFoldersType: { sequence: [['+', ...FOLDER_CHOICE]] },
  FolderResponseShapeType: {
    sequence: [
      't:BaseShape DefaultShapeNamesType',
      't:AdditionalProperties? NonEmptyArrayOfPathsToElementType',
    ],
  },
  NonEmptyArrayOfPathsToElementType: { sequence: [['+', ...PATHS]] },
  NonEmptyArrayOfBaseFolderIdsType: { sequence: [FOLDER_IDS] },
  FolderIdType: { attributes: { Id: 'string!', ChangeKey: 'string' } },
  DistinguishedFolderIdType: {
    attributes: { Id: 'DistinguishedFolderIdNameType!', ChangeKey: 'string' },
    sequence: ['t:Mailbox? EmailAddressType'],
  },
  IndexedPageViewType: {
    attributes: { MaxEntriesReturned: 'int', Offset: 'int!', BasePoint: 'IndexBasePointType!' },
  },
  FractionalPageViewType: {
    attributes: { MaxEntriesReturned: 'int', Numerator: 'int!', Denominator: 'int!' },
  },
  PathToUnindexedFieldType: { attributes: { FieldURI: 'UnindexedFieldURIType!' } },
  PathToIndexedFieldType: { attributes: { FieldURI: 'DictionaryURIType!', FieldIndex: 'string!' } },
  PathToExtendedFieldType: {
    attributes: {
      DistinguishedPropertySetId: 'DistinguishedPropertySetType',
      PropertySetId: 'GuidType',
      PropertyTag: 'PropertyTagType',
      PropertyName: 'string',
      PropertyId: 'int',
      PropertyType: 'MapiPropertyTypeType!',
    },
  },

  // Restrictions
  RestrictionType: { sequence: [['1', ...SEARCH_EXPRESSIONS]] },
  ExistsType: { sequence: [['1', ...PATHS]] },
  ExcludesType: { sequence: [['1', ...PATHS], 't:Bitmask BitmaskType'] },
  BitmaskType: { attributes: { Value: 'ExcludesValueType!' } },
  TwoOperandExpressionType: { sequence: [['1', ...PATHS], 't:FieldURIOrConstant FieldURIOrConstantType'] },
  FieldURIOrConstantType: { sequence: [['1', ...PATHS, 't:Constant ConstantValueType']] },
  ConstantValueType: { attributes: { Value: 'string!' } },
  ContainsExpressionType: {
    attributes: {
      ContainmentMode: 'ContainmentModeType',
      ContainmentComparison: 'ContainmentComparisonType',
    },
    sequence: [['1', ...PATHS], 't:Constant ConstantValueType'],
  },
  NotType: { sequence: [['1', ...SEARCH_EXPRESSIONS]] },
  MultipleOperandBooleanExpressionType: { sequence: [['+', ...SEARCH_EXPRESSIONS]] },

  // Changes of folders
  NonEmptyArrayOfFolderChangesType: { sequence: ['t:FolderChange+ FolderChangeType'] },
  FolderChangeType: {
    sequence: [
      ['1', 't:FolderId FolderIdType', 't:DistinguishedFolderId DistinguishedFolderIdType'],
      't:Updates NonEmptyArrayOfFolderChangeDescriptionsType',
    ],
  },
  NonEmptyArrayOfFolderChangeDescriptionsType: {
    sequence: [
      [
        '+',
        't:AppendToFolderField SetFolderFieldType',
        't:SetFolderField SetFolderFieldType',
        't:DeleteFolderField DeleteFolderFieldType',
      ],
    ],
  },
  SetFolderFieldType: {
    sequence: [
      ['1', ...PATHS],
      ['1', ...FOLDER_CHOICE],
    ],
  },
  DeleteFolderFieldType: { sequence: [['1', ...PATHS]] },
  FolderType: { sequence: FOLDER },
  CalendarFolderType: {
    sequence: [
      ...BASE_FOLDER,
      't:SharingEffectiveRights? CalendarPermissionReadAccessType',
      't:PermissionSet? CalendarPermissionSetType',
    ],
  },
  ContactsFolderType: {
    sequence: [
      ...BASE_FOLDER,
      't:SharingEffectiveRights? PermissionReadAccessType',
      't:PermissionSet? PermissionSetType',
      't:SourceId? string',
      't:AccountName? string',
    ],
  },
  SearchFolderType: { sequence: [...FOLDER, 't:SearchParameters? OpenType'] },
  ExtendedPropertyType: {
    sequence: [
      't:ExtendedFieldURI PathToExtendedFieldType',
      ['1', 't:Value string', 't:Values ArrayOfPropertyValuesType'],
    ],
  },
  ArrayOfPropertyValuesType: { sequence: ['t:Value+ string'] },
  PermissionSetType: {
    sequence: ['t:Permissions ArrayOfPermissionsType', 't:UnknownEntries? ArrayOfUnknownEntriesType'],
  },
  CalendarPermissionSetType: {
    sequence: [
      't:CalendarPermissions ArrayOfCalendarPermissionsType',
      't:UnknownEntries? ArrayOfUnknownEntriesType',
    ],
  },
  ArrayOfPermissionsType: { sequence: ['t:Permission* PermissionType'] },
  ArrayOfCalendarPermissionsType: { sequence: ['t:CalendarPermission* CalendarPermissionType'] },
  ArrayOfUnknownEntriesType: { sequence: ['t:UnknownEntry* string'] },
  PermissionType: {
    sequence: [
      ...BASE_PERMISSION,
      't:ReadItems? PermissionReadAccessType',
      't:PermissionLevel PermissionLevelType',
    ],
  },
  CalendarPermissionType: {
    sequence: [
      ...BASE_PERMISSION,
      't:ReadItems? CalendarPermissionReadAccessType',
      't:CalendarPermissionLevel CalendarPermissionLevelType',
    ],
  },

  // Ids, names, zones
  ConvertIdType: {
    attributes: { DestinationFormat: 'IdFormatType!' },
    sequence: ['m:SourceIds NonEmptyArrayOfAlternateIdsType'],
  },
  NonEmptyArrayOfAlternateIdsType: {
    sequence: [
      [
        '+',
        't:AlternateId AlternateIdType',
        't:AlternatePublicFolderId OpenType',
        't:AlternatePublicFolderItemId OpenType',
      ],
    ],
  },
  AlternateIdType: {
    attributes: {
      Format: 'IdFormatType!',
      Id: 'string!',
      Mailbox: 'NonEmptyStringType!',
      IsArchive: 'boolean',
    },
  },
  ResolveNamesType: {
    attributes: {
      ReturnFullContactData: 'boolean!',
      SearchScope: 'ResolveNamesSearchScopeType',
      ContactDataShape: 'DefaultShapeNamesType',
    },
    sequence: ['m:ParentFolderIds? NonEmptyArrayOfBaseFolderIdsType', 'm:UnresolvedEntry NonEmptyStringType'],
  },
  ExpandDLType: { sequence: ['m:Mailbox EmailAddressType'] },
  GetServerTimeZonesType: {
    attributes: { ReturnFullTimeZoneData: 'boolean' },
    sequence: ['m:Ids? NonEmptyArrayOfTimeZoneIdType'],
  },
  NonEmptyArrayOfTimeZoneIdType: { sequence: ['t:Id+ string'] },
  GetUserConfigurationType: {
    sequence: [
      'm:UserConfigurationName UserConfigurationNameType',
      'm:UserConfigurationProperties UserConfigurationPropertyType',
    ],
  },
  UserConfigurationNameType: {
    attributes: { Name: 'NonEmptyStringType!' },
    sequence: [['1', 't:FolderId FolderIdType', 't:DistinguishedFolderId DistinguishedFolderIdType']],
  },

  // Availability
  GetUserAvailabilityRequestType: {
    sequence: [
      't:TimeZone? SerializableTimeZoneType',
      'm:MailboxDataArray ArrayOfMailboxDataType',
      't:FreeBusyViewOptions? FreeBusyViewOptionsType',
      't:SuggestionsViewOptions? OpenType',
    ],
  },
  SerializableTimeZoneType: {
    sequence: [
      't:Bias int',
      't:StandardTime SerializableTimeZoneTimeType',
      't:DaylightTime SerializableTimeZoneTimeType',
    ],
  },
  SerializableTimeZoneTimeType: {
    sequence: [
      't:Bias int',
      't:Time string',
      't:DayOrder int',
      't:Month int',
      't:DayOfWeek DayOfWeekType',
      't:Year? string',
    ],
  },
  ArrayOfMailboxDataType: { sequence: ['t:MailboxData* MailboxDataType'] },
  MailboxDataType: {
    sequence: [
      't:Email AvailabilityEmailAddressType',
      't:AttendeeType MeetingAttendeeType',
      't:ExcludeConflicts? boolean',
    ],
  },
  AvailabilityEmailAddressType: {
    sequence: ['t:Name? string', 't:Address string', 't:RoutingType? string'],
  },
  FreeBusyViewOptionsType: {
    sequence: [
      't:TimeWindow DurationType',
      't:MergedFreeBusyIntervalInMinutes? int',
      't:RequestedView? FreeBusyViewType',
    ],
  },
  DurationType: { sequence: ['t:StartTime dateTime', 't:EndTime dateTime'] },

  // Headers
  TimeZoneContextType: {
    attributes: { mustUnderstand: 'boolean', actor: 'string' },
    sequence: ['t:TimeZoneDefinition TimeZoneDefinitionType'],
  },
  ExchangeImpersonationType: {
    attributes: { mustUnderstand: 'boolean', actor: 'string' },
    sequence: ['t:ConnectingSID ConnectingSIDType'],
  },
  ConnectingSIDType: {
    sequence: [
      [
        '1',
        't:PrincipalName OpenType',
        't:SID OpenType',
        't:PrimarySmtpAddress OpenType',
        't:SmtpAddress OpenType',
      ],
    ],
  },
}

/** Every type by the schema's name. */
export const REQUEST_SCHEMA: Schema = readSchema(
  { ...SIMPLE_TYPES, ...ITEM_SIMPLE_TYPES },
  { ...COMPLEX_TYPES, ...ITEM_COMPLEX_TYPES },
)
