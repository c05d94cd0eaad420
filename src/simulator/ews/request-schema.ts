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
import type { ComplexType, Particle, Schema, SchemaType, SimpleType } from './schema.ts'

/**
 * The part of Microsoft's messages.xsd and types.xsd that requests of the implemented operations use, under the
 * schema's own type names and in its order.
 *
 * A sequence is written as strings `prefix:Name[?|*|+] Type`; an array in it is a choice, whose first string says
 * how often (`1`, `?`, `*`, `+`). Attributes are `Type` or `Type!` when required.
 */

type Part = string | readonly [occurs: '1' | '?' | '*' | '+', ...elements: string[]]

interface Notation {
  readonly attributes?: Readonly<Record<string, string>>
  readonly sequence?: readonly Part[]
  readonly open?: true
}

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
    // The schema lists several hundred; which of them exist on a folder is decided where they are used.
    accepts: (text) =>
      (FOLDER_FIELDS as readonly string[]).includes(text) ||
      /^(?:abchperson|booking|calendar|contacts|distributionlist|insight|item|meeting|meetingRequest|message|network|person|postitem|rolemember|sharingMessage|task):[A-Za-z]+$/.test(
        text,
      ),
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
  PathToIndexedFieldType: { attributes: { FieldURI: 'string!', FieldIndex: 'string!' } },
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
    sequence: ['t:ExtendedFieldURI PathToExtendedFieldType', ['1', 't:Value string', 't:Values OpenType']],
  },
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

  // Headers
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
export const REQUEST_SCHEMA: Schema = new Map<string, SchemaType>([
  ...Object.entries(SIMPLE_TYPES),
  ...Object.entries(COMPLEX_TYPES).map(([name, notation]): [string, SchemaType] => [name, read(notation)]),
])

function read(notation: Notation): ComplexType {
  const attributes = new Map(
    Object.entries(notation.attributes ?? {}).map(([name, type]) => {
      const required = type.endsWith('!')
      const simple = SIMPLE_TYPES[required ? type.slice(0, -1) : type]
      if (!simple) throw new Error(`There is no simple type ${type}.`)
      return [name, { type: simple, required }]
    }),
  )
  return { attributes, particles: (notation.sequence ?? []).map(particle), open: notation.open ?? false }
}

function particle(part: Part): Particle {
  const [occurs, ...elements] = typeof part === 'string' ? [part.match(/[?*+](?= )/)?.[0] ?? '1', part] : part
  return {
    elements: new Map(
      elements.map((text) => {
        const [, prefix, name, type] = /^([mt]):(\w+)[?*+]? (\w+)$/.exec(text) ?? []
        if (!name || !type) throw new Error(`${text} is not in the notation of the table of types.`)
        return [name, { namespace: prefix === 'm' ? NAMESPACES.messages : NAMESPACES.types, type }]
      }),
    ),
    min: occurs === '?' || occurs === '*' ? 0 : 1,
    max: occurs === '*' || occurs === '+' ? Number.POSITIVE_INFINITY : 1,
  }
}

function enumeration(name: string, values: readonly string[]): SimpleType {
  const known = new Set(values)
  return {
    name: `${NAMESPACES.types}:${name}`,
    accepts: (text) => known.has(text),
    reason: () => 'The Enumeration constraint failed.',
  }
}

function pattern(name: string, expression: RegExp): SimpleType {
  return {
    name: `${NAMESPACES.types}:${name}`,
    accepts: (text) => expression.test(text),
    reason: () => 'The Pattern constraint failed.',
  }
}
