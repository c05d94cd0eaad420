import { InvalidInputError } from '../errors.ts'

/** Levels of an ordinary folder, as `t:PermissionLevel` spells them. */
export const PERMISSION_LEVELS = [
  'None',
  'Owner',
  'PublishingEditor',
  'Editor',
  'PublishingAuthor',
  'Author',
  'NoneditingAuthor',
  'Reviewer',
  'Contributor',
  'Custom',
] as const
export type PermissionLevel = (typeof PERMISSION_LEVELS)[number]

/** Levels that only a calendar folder has. */
export const FREE_BUSY_LEVELS = ['FreeBusyTimeOnly', 'FreeBusyTimeAndSubjectAndLocation'] as const

/** Levels of a calendar folder, as `t:CalendarPermissionLevel` spells them. */
export type CalendarPermissionLevel = PermissionLevel | (typeof FREE_BUSY_LEVELS)[number]

/** Levels a caller can set by name; `Custom` is set by giving rights. */
export type NamedLevel = Exclude<CalendarPermissionLevel, 'Custom'>

export const NAMED_LEVELS: readonly NamedLevel[] = [
  ...PERMISSION_LEVELS.filter((level) => level !== 'Custom'),
  ...FREE_BUSY_LEVELS,
]

/** Levels of the delegate operations that can be written (`t:DelegateFolderPermissionLevelType` less `Custom`). */
export const DELEGATE_LEVELS = ['None', 'Reviewer', 'Author', 'Editor'] as const
export type DelegateLevel = (typeof DELEGATE_LEVELS)[number]
/** What GetDelegate answers: `Custom` when the folder's rights match none of the four. */
export type DelegateLevelRead = DelegateLevel | 'Custom'

export const ITEM_SCOPES = ['None', 'Owned', 'All'] as const
/** Whose items a right covers. */
export type ItemScope = (typeof ITEM_SCOPES)[number]

export const READ_ACCESS = ['None', 'TimeOnly', 'TimeAndSubjectAndLocation', 'FullDetails'] as const
/** `TimeOnly` and `TimeAndSubjectAndLocation` exist on calendar folders only. */
export type ReadAccess = (typeof READ_ACCESS)[number]

/** The eight rights of a folder permission. */
export interface FolderRights {
  readonly createItems: boolean
  readonly createSubFolders: boolean
  readonly folderOwner: boolean
  readonly folderVisible: boolean
  readonly folderContact: boolean
  readonly editItems: ItemScope
  readonly deleteItems: ItemScope
  readonly readItems: ReadAccess
}

/** Calendar folders have two more levels and their own XML shape; all other folders share the ordinary one. */
export type FolderKind = 'ordinary' | 'calendar'

const NOTHING: FolderRights = {
  createItems: false,
  createSubFolders: false,
  folderOwner: false,
  folderVisible: false,
  folderContact: false,
  editItems: 'None',
  deleteItems: 'None',
  readItems: 'None',
}

/**
 * Level to rights, after Microsoft's permission table (PermissionLevel element, table 2), with which
 * FolderPermission.cs of the EWS Managed API agrees.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/permissionlevel
 */
export const LEVEL_RIGHTS: Readonly<Record<NamedLevel, FolderRights>> = {
  None: NOTHING,
  Contributor: { ...NOTHING, createItems: true, folderVisible: true },
  Reviewer: { ...NOTHING, folderVisible: true, readItems: 'FullDetails' },
  NoneditingAuthor: {
    ...NOTHING,
    createItems: true,
    folderVisible: true,
    deleteItems: 'Owned',
    readItems: 'FullDetails',
  },
  Author: {
    ...NOTHING,
    createItems: true,
    folderVisible: true,
    editItems: 'Owned',
    deleteItems: 'Owned',
    readItems: 'FullDetails',
  },
  PublishingAuthor: {
    ...NOTHING,
    createItems: true,
    createSubFolders: true,
    folderVisible: true,
    editItems: 'Owned',
    deleteItems: 'Owned',
    readItems: 'FullDetails',
  },
  Editor: {
    ...NOTHING,
    createItems: true,
    folderVisible: true,
    editItems: 'All',
    deleteItems: 'All',
    readItems: 'FullDetails',
  },
  PublishingEditor: {
    ...NOTHING,
    createItems: true,
    createSubFolders: true,
    folderVisible: true,
    editItems: 'All',
    deleteItems: 'All',
    readItems: 'FullDetails',
  },
  Owner: {
    createItems: true,
    createSubFolders: true,
    folderOwner: true,
    folderVisible: true,
    folderContact: true,
    editItems: 'All',
    deleteItems: 'All',
    readItems: 'FullDetails',
  },
  FreeBusyTimeOnly: { ...NOTHING, readItems: 'TimeOnly' },
  FreeBusyTimeAndSubjectAndLocation: { ...NOTHING, readItems: 'TimeAndSubjectAndLocation' },
}

const RIGHT_NAMES = Object.keys(NOTHING) as (keyof FolderRights)[]

export function sameRights(a: FolderRights, b: FolderRights): boolean {
  return RIGHT_NAMES.every((name) => a[name] === b[name])
}

/** The level whose rights are exactly these, or `Custom`. */
export function levelOf(rights: FolderRights, kind: FolderKind): CalendarPermissionLevel {
  for (const level of NAMED_LEVELS) {
    if (kind === 'ordinary' && isFreeBusyLevel(level)) continue
    if (sameRights(LEVEL_RIGHTS[level], rights)) return level
  }
  return 'Custom'
}

export function isFreeBusyLevel(level: string): boolean {
  return (FREE_BUSY_LEVELS as readonly string[]).includes(level)
}

/**
 * Completes rights of which the caller names some; what is not named is not granted.
 * @throws InvalidInputError for a value outside the right's own list.
 */
export function completeRights(partial: Partial<FolderRights>): FolderRights {
  const known = new Set<string>(RIGHT_NAMES)
  for (const name of Object.keys(partial)) {
    if (!known.has(name)) {
      throw new InvalidInputError(`There is no right ${JSON.stringify(name)}.`, {
        hint: `The rights are ${RIGHT_NAMES.join(', ')}.`,
      })
    }
  }
  const rights: FolderRights = { ...NOTHING, ...partial }
  requireOneOf(rights.editItems, ITEM_SCOPES, 'editItems')
  requireOneOf(rights.deleteItems, ITEM_SCOPES, 'deleteItems')
  requireOneOf(rights.readItems, READ_ACCESS, 'readItems')
  for (const name of RIGHT_NAMES) {
    if (typeof NOTHING[name] === 'boolean' && typeof rights[name] !== 'boolean') {
      throw new InvalidInputError(`The right ${name} is true or false, not ${JSON.stringify(rights[name])}.`)
    }
  }
  return rights
}

/**
 * Reads a level as people type it: any case.
 * @throws InvalidInputError for a name that is not in the list, with the list.
 */
export function parseLevel<Level extends string>(
  text: string,
  levels: readonly Level[],
  what: string,
): Level {
  const level = levels.find((name) => name.toLowerCase() === String(text).trim().toLowerCase())
  if (level) return level
  const custom = String(text).trim().toLowerCase() === 'custom'
  throw new InvalidInputError(
    custom
      ? `The level Custom cannot be set for ${what}: it only describes rights that match no other level.`
      : `${JSON.stringify(String(text).slice(0, 60))} is not a level for ${what}.`,
    {
      hint: custom
        ? 'Set the folder’s rights one by one with a folder permission instead.'
        : `The levels are ${levels.join(', ')}.`,
    },
  )
}

function requireOneOf(value: string, values: readonly string[], name: string): void {
  if (!values.includes(value)) {
    throw new InvalidInputError(`The right ${name} cannot be ${JSON.stringify(value)}.`, {
      hint: `It is one of ${values.join(', ')}.`,
    })
  }
}
