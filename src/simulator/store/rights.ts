import type {
  CalendarPermissionLevel,
  FolderKind,
  FolderRights,
  ItemScope,
  NamedLevel,
  ReadAccess,
} from '../../model/permission-level.ts'

/**
 * The member rights of a folder permission, as MS-OXCPERM section 2.2.7 numbers them. The store keeps these; the
 * eight rights and the level names of EWS are views of them.
 */
export const RIGHTS = {
  readAny: 0x1,
  create: 0x2,
  editOwned: 0x8,
  deleteOwned: 0x10,
  editAny: 0x20,
  deleteAny: 0x40,
  createSubFolder: 0x80,
  owner: 0x100,
  contact: 0x200,
  visible: 0x400,
  freeBusySimple: 0x800,
  freeBusyDetailed: 0x1000,
} as const

/** What the owner of a mailbox has on every folder in it. */
export const ALL_RIGHTS = 0x1fff

const FREE_BUSY = RIGHTS.freeBusySimple | RIGHTS.freeBusyDetailed

/** Level to rights: table 2 of Microsoft's PermissionLevel page, written in MS-OXCPERM's bits. */
const LEVELS: Readonly<Record<NamedLevel, number>> = {
  None: 0,
  Contributor: 0x402,
  Reviewer: 0x401,
  NoneditingAuthor: 0x413,
  Author: 0x41b,
  PublishingAuthor: 0x49b,
  Editor: 0x47b,
  PublishingEditor: 0x4fb,
  Owner: 0x7fb,
  FreeBusyTimeOnly: 0x800,
  FreeBusyTimeAndSubjectAndLocation: 0x1800,
}

/** The stored rights of a named level; `Custom` has none of its own. */
export function rightsOfLevel(level: NamedLevel, kind: FolderKind): number {
  return canonicalRights(LEVELS[level], kind)
}

/** The level whose rights are exactly these, or `Custom`. */
export function levelOfRights(rights: number, kind: FolderKind): CalendarPermissionLevel {
  const wanted = withoutImpliedFreeBusy(rights)
  for (const [level, mask] of Object.entries(LEVELS)) {
    if (mask === wanted && (kind === 'calendar' || (mask & FREE_BUSY) === 0)) return level as NamedLevel
  }
  return 'Custom'
}

/**
 * Rights as the store keeps them: editing or deleting everybody's items includes one's own; on a calendar, reading
 * items includes both free/busy rights (MS-OXCPERM, notes on FreeBusySimple and FreeBusyDetailed), and subject and
 * place include the time. Other folders have no free/busy rights.
 */
export function canonicalRights(rights: number, kind: FolderKind): number {
  let result = rights & ALL_RIGHTS
  if (result & RIGHTS.editAny) result |= RIGHTS.editOwned
  if (result & RIGHTS.deleteAny) result |= RIGHTS.deleteOwned
  if (kind !== 'calendar') return result & ~FREE_BUSY
  if (result & (RIGHTS.readAny | RIGHTS.freeBusyDetailed)) result |= RIGHTS.freeBusySimple
  if (result & RIGHTS.readAny) result |= RIGHTS.freeBusyDetailed
  return result
}

/** What EWS calls the eight rights. */
export function describeRights(rights: number): FolderRights {
  return {
    createItems: has(rights, RIGHTS.create),
    createSubFolders: has(rights, RIGHTS.createSubFolder),
    folderOwner: has(rights, RIGHTS.owner),
    folderVisible: has(rights, RIGHTS.visible),
    folderContact: has(rights, RIGHTS.contact),
    editItems: scopeOf(rights, RIGHTS.editOwned, RIGHTS.editAny),
    deleteItems: scopeOf(rights, RIGHTS.deleteOwned, RIGHTS.deleteAny),
    readItems: readAccessOf(rights),
  }
}

/** The reverse of {@link describeRights}, in canonical form. */
export function rightsOf(described: FolderRights, kind: FolderKind): number {
  const rights =
    (described.createItems ? RIGHTS.create : 0) |
    (described.createSubFolders ? RIGHTS.createSubFolder : 0) |
    (described.folderOwner ? RIGHTS.owner : 0) |
    (described.folderVisible ? RIGHTS.visible : 0) |
    (described.folderContact ? RIGHTS.contact : 0) |
    scopeBits(described.editItems, RIGHTS.editOwned, RIGHTS.editAny) |
    scopeBits(described.deleteItems, RIGHTS.deleteOwned, RIGHTS.deleteAny) |
    READ_BITS[described.readItems]
  return canonicalRights(rights, kind)
}

export function has(rights: number, right: number): boolean {
  return (rights & right) === right
}

const READ_BITS: Readonly<Record<ReadAccess, number>> = {
  None: 0,
  TimeOnly: RIGHTS.freeBusySimple,
  TimeAndSubjectAndLocation: RIGHTS.freeBusyDetailed,
  FullDetails: RIGHTS.readAny,
}

function readAccessOf(rights: number): ReadAccess {
  if (rights & RIGHTS.readAny) return 'FullDetails'
  if (rights & RIGHTS.freeBusyDetailed) return 'TimeAndSubjectAndLocation'
  if (rights & RIGHTS.freeBusySimple) return 'TimeOnly'
  return 'None'
}

function withoutImpliedFreeBusy(rights: number): number {
  return rights & RIGHTS.readAny ? rights & ~FREE_BUSY : rights
}

function scopeOf(rights: number, owned: number, any: number): ItemScope {
  if (rights & any) return 'All'
  return rights & owned ? 'Owned' : 'None'
}

function scopeBits(scope: ItemScope, owned: number, any: number): number {
  return scope === 'All' ? any : scope === 'Owned' ? owned : 0
}
