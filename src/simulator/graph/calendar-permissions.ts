import type { Folder } from '../store/folder.ts'
import type { Mailbox } from '../store/mailbox.ts'
import type { PermissionEntry } from '../store/permission-table.ts'
import { levelOfRights } from '../store/rights.ts'
import { collectionPage } from './collection.ts'
import { type GraphAnswer, type GraphContext, type MailboxTarget, ownsTarget } from './context.ts'
import { accessDenied, itemNotFound, notModelled } from './errors.ts'
import { folderIdOf } from './ids.ts'
import { readListQuery } from './query.ts'

/**
 * The calendar's permission list as Graph tells it: the same entries that EWS shows in the folder's PermissionSet.
 * https://learn.microsoft.com/graph/api/resources/calendarpermission
 */
const ROLES: Readonly<Record<string, string>> = {
  None: 'none',
  FreeBusyTimeOnly: 'freeBusyRead',
  FreeBusyTimeAndSubjectAndLocation: 'limitedRead',
  Reviewer: 'read',
  Editor: 'write',
}
const ALLOWED_ROLES = ['none', 'freeBusyRead', 'limitedRead', 'read', 'write']
const DELEGATE_ROLES = ['delegateWithoutPrivateEventAccess', 'delegateWithPrivateEventAccess']
const PROPERTIES = ['id', 'isRemovable', 'isInsideOrganization', 'role', 'allowedRoles', 'emailAddress']

/** GET /calendar and /calendars/{id}: the calendar itself, without its events. */
export function getCalendar(
  context: GraphContext,
  target: MailboxTarget,
  id: string | undefined,
): GraphAnswer {
  requireCalendarScope(context, target)
  const folder = requireCalendar(target, id)
  if (!ownsTarget(context, target)) throw itemNotFound()
  return {
    status: 200,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/calendar/$entity`,
      id: folderIdOf(folder),
      name: folder.displayName,
      changeKey: folder.changeKey,
      isDefaultCalendar: folder.distinguishedName === 'calendar',
      canShare: true,
      canViewPrivateItems: true,
      canEdit: true,
      owner: { name: target.owner.name, address: target.owner.address },
    },
  }
}

/** GET /calendar/calendarPermissions; anybody but the owner sees an empty list. */
export function listCalendarPermissions(
  context: GraphContext,
  target: MailboxTarget,
  id: string | undefined,
): GraphAnswer {
  requireCalendarScope(context, target)
  const folder = requireCalendar(target, id)
  const query = readListQuery(context.query, PROPERTIES)
  const values = ownsTarget(context, target) ? permissions(context, target.mailbox, folder) : []
  const metadata = `users('${target.owner.id}')/calendar/calendarPermissions`
  // The service does not page this list.
  const whole = context.query.has('$top') ? query : { ...query, top: values.length || 1 }
  return { status: 200, body: collectionPage(context, whole, values, metadata) }
}

/** GET /calendar/calendarPermissions/{id} */
export function getCalendarPermission(
  context: GraphContext,
  target: MailboxTarget,
  id: string | undefined,
  permissionId: string,
): GraphAnswer {
  requireCalendarScope(context, target)
  const folder = requireCalendar(target, id)
  const all = ownsTarget(context, target) ? permissions(context, target.mailbox, folder) : []
  const permission = all.find((candidate) => candidate.id === permissionId)
  if (!permission) throw itemNotFound()
  return {
    status: 200,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/calendar/calendarPermissions/$entity`,
      ...permission,
    },
  }
}

export function changeCalendarPermission(): GraphAnswer {
  throw notModelled('changing calendarPermissions over Graph; change the calendar’s permissions over EWS')
}

function requireCalendarScope(context: GraphContext, target: MailboxTarget): void {
  const { principal } = context
  const own = ['Calendars.Read', 'Calendars.ReadWrite', 'Calendars.ReadBasic']
  const shared = ['Calendars.Read.Shared', 'Calendars.ReadWrite.Shared']
  const granted = principal.user ? principal.scopes : (principal.app?.roles ?? [])
  const sufficient = principal.user && !target.own ? shared : [...own, ...shared]
  if (!sufficient.some((scope) => granted.includes(scope))) throw accessDenied()
}

function requireCalendar(target: MailboxTarget, id: string | undefined): Folder {
  const folder =
    id === undefined
      ? target.mailbox.distinguished('calendar')
      : target.mailbox.findFolder(id.replaceAll('_', '+').replaceAll('-', '/'))
  if (folder?.kind !== 'calendar') throw itemNotFound()
  return folder
}

function permissions(context: GraphContext, mailbox: Mailbox, folder: Folder): Record<string, unknown>[] {
  return folder.permissions
    .entries()
    .map((entry) => permissionJson(context, mailbox, folder, entry))
    .filter((permission) => permission !== undefined)
}

function permissionJson(
  context: GraphContext,
  mailbox: Mailbox,
  folder: Folder,
  { trustee, rights }: PermissionEntry,
): Record<string, unknown> | undefined {
  const role = ROLES[levelOfRights(rights, folder.kind)] ?? 'custom'
  switch (trustee.kind) {
    case 'default':
      return {
        id: permissionId('Default'),
        isRemovable: false,
        isInsideOrganization: true,
        role,
        allowedRoles: ALLOWED_ROLES,
        // The entry for everybody of the organization has a name and no address.
        emailAddress: { name: 'My Organization' },
      }
    case 'account': {
      const user = context.exchange.directory.findBySid(trustee.sid)
      // Whom the directory no longer knows is not shown; EWS tells of them in UnknownEntries.
      if (!user) return undefined
      const primary = folder.distinguishedName === 'calendar'
      return {
        id: permissionId(user.sid),
        isRemovable: true,
        isInsideOrganization: true,
        role: (primary && delegateRole(mailbox, user.sid, role)) || role,
        allowedRoles: primary ? [...ALLOWED_ROLES, ...DELEGATE_ROLES] : ALLOWED_ROLES,
        emailAddress: { name: user.name, address: user.address },
      }
    }
    case 'external':
      return {
        id: permissionId(`ExchangePublishedUser.${trustee.identity}`),
        isRemovable: true,
        isInsideOrganization: false,
        role,
        allowedRoles: ALLOWED_ROLES.slice(0, 4),
        emailAddress: { name: trustee.identity, address: trustee.identity },
      }
    // Anonymous and empty entries are not among what Graph shows.
    default:
      return undefined
  }
}

/** A delegate in Graph's sense is one who gets the meeting messages, which needs the right to write. */
function delegateRole(mailbox: Mailbox, sid: string, role: string): string | undefined {
  const delegate = mailbox.delegates.find(sid)
  if (!delegate?.receiveCopiesOfMeetingMessages || role !== 'write') return undefined
  return delegate.viewPrivateItems ? 'delegateWithPrivateEventAccess' : 'delegateWithoutPrivateEventAccess'
}

function permissionId(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
