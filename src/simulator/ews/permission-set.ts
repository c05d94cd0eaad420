import type {
  CalendarPermissionLevel,
  FolderKind,
  FolderRights,
  ItemScope,
  ReadAccess,
} from '../../model/permission-level.ts'
import { childBoolean, childText, type Element, findChild, requireChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Exchange } from '../store/exchange.ts'
import type { Folder } from '../store/folder.ts'
import { type PermissionEntry, sameTrustee, type Trustee } from '../store/permission-table.ts'
import { describeRights, levelOfRights, rightsOf, rightsOfLevel } from '../store/rights.ts'
import { EwsRefusal } from './errors.ts'
import { findAccount, readUserId, writeAccount } from './user-id.ts'
import { type Content, element, type XmlNode } from './writer.ts'

/** The two shapes of a permission set: the names differ, and only a calendar knows free/busy. */
const SHAPES = {
  ordinary: { list: 'Permissions', entry: 'Permission', level: 'PermissionLevel' },
  calendar: {
    list: 'CalendarPermissions',
    entry: 'CalendarPermission',
    level: 'CalendarPermissionLevel',
  },
} as const

/** The folder's `t:PermissionSet`: every entry with its eight rights and the level they add up to. */
export function writePermissionSet(exchange: Exchange, folder: Folder): XmlNode {
  const shape = SHAPES[folder.kind]
  const unknown: XmlNode[] = []
  const entries: XmlNode[] = []
  for (const { trustee, rights } of folder.permissions.entries()) {
    const userId = writeTrustee(exchange, trustee)
    if (!userId) {
      unknown.push(element('t:UnknownEntry', trustee.kind === 'account' ? trustee.sid : ''))
      continue
    }
    entries.push(
      element(
        `t:${shape.entry}`,
        userId,
        writeRights(describeRights(rights)),
        element(`t:${shape.level}`, levelOfRights(rights, folder.kind)),
      ),
    )
  }
  return element(
    't:PermissionSet',
    element(`t:${shape.list}`, entries),
    unknown.length === 0 ? undefined : element('t:UnknownEntries', unknown),
  )
}

/**
 * Reads the complete list that a folder's permissions are to be replaced with.
 * @throws EwsRefusal with the code Exchange gives for a set of the wrong shape, a user who cannot be resolved or
 *   stands there twice, or entries that are read-only.
 */
export function readPermissionSet(exchange: Exchange, set: Element, kind: FolderKind): PermissionEntry[] {
  const sent: FolderKind = findChild(set, 'CalendarPermissions', NAMESPACES.types) ? 'calendar' : 'ordinary'
  if (sent !== kind) {
    throw new EwsRefusal(
      sent === 'calendar'
        ? 'ErrorCannotSetCalendarPermissionOnNonCalendarFolder'
        : 'ErrorCannotSetNonCalendarPermissionOnCalendarFolder',
    )
  }
  if (findChild(set, 'UnknownEntries', NAMESPACES.types)?.children.length) {
    throw new EwsRefusal('ErrorCannotSetPermissionUnknownEntries')
  }
  const entries: PermissionEntry[] = []
  for (const permission of requireChild(set, SHAPES[kind].list, NAMESPACES.types).children) {
    const trustee = readTrustee(exchange, requireChild(permission, 'UserId', NAMESPACES.types))
    if (entries.some((entry) => sameTrustee(entry.trustee, trustee))) {
      throw new EwsRefusal('ErrorDuplicateUserIdsSpecified')
    }
    entries.push({ trustee, rights: readRights(permission, kind) })
  }
  return entries
}

function writeTrustee(exchange: Exchange, trustee: Trustee): XmlNode | undefined {
  switch (trustee.kind) {
    case 'default':
      return element('t:UserId', element('t:DistinguishedUser', 'Default'))
    case 'anonymous':
      return element('t:UserId', element('t:DistinguishedUser', 'Anonymous'))
    case 'external':
      return element('t:UserId', element('t:ExternalUserIdentity', trustee.identity))
    case 'empty':
      return element('t:UserId')
    case 'account': {
      const user = exchange.directory.findBySid(trustee.sid)
      return user && writeAccount({ sid: user.sid, user })
    }
  }
}

function writeRights(rights: FolderRights): Content {
  return [
    element('t:CanCreateItems', rights.createItems),
    element('t:CanCreateSubFolders', rights.createSubFolders),
    element('t:IsFolderOwner', rights.folderOwner),
    element('t:IsFolderVisible', rights.folderVisible),
    element('t:IsFolderContact', rights.folderContact),
    element('t:EditItems', rights.editItems),
    element('t:DeleteItems', rights.deleteItems),
    element('t:ReadItems', rights.readItems),
  ]
}

function readTrustee(exchange: Exchange, userId: Element): Trustee {
  const id = readUserId(userId)
  if (id.distinguishedUser) {
    if (id.sid || id.smtpAddress || id.displayName || id.externalUser)
      throw new EwsRefusal('ErrorInvalidUserInfo')
    return { kind: id.distinguishedUser === 'Default' ? 'default' : 'anonymous' }
  }
  if (id.externalUser) throw new EwsRefusal('ErrorNotAllowedExternalSharingByPolicy')
  const account = findAccount(exchange, id, 'ErrorInvalidUserInfo')
  if (account && !account.user) throw new EwsRefusal('ErrorInvalidUserSid')
  // Permissions go to security principals; a distribution list or a Microsoft 365 group is none.
  if (!account || account.user?.kind === 'distribution' || account.user?.kind === 'microsoft365') {
    throw new EwsRefusal('ErrorInvalidUserInfo')
  }
  return { kind: 'account', sid: account.sid }
}

/** Exchange 2013 and later take a named level and pay no attention to rights next to it; Custom is its rights. */
function readRights(permission: Element, kind: FolderKind): number {
  const text = (name: string) => childText(permission, name, NAMESPACES.types)
  const level = text(SHAPES[kind].level) as CalendarPermissionLevel
  if (level !== 'Custom') return rightsOfLevel(level, kind)
  const flag = (name: string) => childBoolean(permission, name, NAMESPACES.types) ?? false
  return rightsOf(
    {
      createItems: flag('CanCreateItems'),
      createSubFolders: flag('CanCreateSubFolders'),
      folderOwner: flag('IsFolderOwner'),
      folderVisible: flag('IsFolderVisible'),
      folderContact: flag('IsFolderContact'),
      editItems: (text('EditItems') ?? 'None') as ItemScope,
      deleteItems: (text('DeleteItems') ?? 'None') as ItemScope,
      readItems: (text('ReadItems') ?? 'None') as ReadAccess,
    },
    kind,
  )
}
