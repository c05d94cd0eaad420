import type { Recipient } from './directory.ts'
import type { Exchange } from './exchange.ts'
import type { Folder } from './folder.ts'
import type { Item } from './item.ts'
import type { Mailbox } from './mailbox.ts'
import { ALL_RIGHTS, has, RIGHTS } from './rights.ts'

/**
 * May this user do that here? The only place that decides.
 *
 * `user` is whoever the call acts as, so after impersonation; undefined is nobody signed in. Administrators have
 * nothing here by being one: they impersonate, or have Full Access, as on a real server.
 */

/**
 * Where a call comes from. Graph notices a change of Full Access when it has propagated, and delegates open nothing
 * there in a mailbox that is hidden from address lists, whatever they were granted ("Manage permissions for
 * recipients"). EWS, which is told the address, knows at once and does not look into the lists.
 */
export type Face = 'ews' | 'graph'

/** Is the mailbox the user's own, or one they have Full Access to? Both may do everything in it. */
export function ownsMailbox(
  exchange: Exchange,
  user: Recipient | undefined,
  mailbox: Mailbox,
  face: Face = 'ews',
): boolean {
  if (!user) return false
  if (user.id === mailbox.owner.id) return true
  if (isClosed(user, mailbox, face)) return false
  const { directory } = exchange
  return face === 'graph'
    ? directory.hasPropagated(mailbox.owner, user, 'FullAccess')
    : directory.has(mailbox.owner, user, 'FullAccess')
}

/** Can nobody but the owner open anything in this mailbox? */
function isClosed(user: Recipient | undefined, mailbox: Mailbox, face: Face): boolean {
  return face === 'graph' && mailbox.owner.hiddenFromAddressLists && user?.id !== mailbox.owner.id
}

/**
 * The user's rights on a folder, as MS-OXCPERM section 3.2.5.1 finds them: the user's own entry alone, else the
 * union of the entries of their groups, nested ones too, else Default; Anonymous for nobody signed in.
 */
export function rightsOn(
  exchange: Exchange,
  user: Recipient | undefined,
  folder: Folder,
  face: Face = 'ews',
): number {
  if (isClosed(user, folder.mailbox, face)) return 0
  if (!user) return folder.permissions.anonymousRights()
  if (ownsMailbox(exchange, user, folder.mailbox, face)) return ALL_RIGHTS
  const own = folder.permissions.rightsOfAccount(user.sid)
  if (own !== undefined) return own
  const groups = exchange.directory
    .groupsOf(user)
    .map((group) => folder.permissions.rightsOfAccount(group.sid))
    .filter((rights) => rights !== undefined)
  if (groups.length > 0) return groups.reduce((all, rights) => all | rights, 0)
  return folder.permissions.defaultRights()
}

/** May the user open the folder and see that it is there? Free/busy rights alone do not open a calendar. */
export function mayOpen(
  exchange: Exchange,
  user: Recipient | undefined,
  folder: Folder,
  face: Face = 'ews',
): boolean {
  return (rightsOn(exchange, user, folder, face) & (RIGHTS.visible | RIGHTS.readAny | RIGHTS.owner)) !== 0
}

/** May the user read and write the folder's permission list and its properties? Both need the owner right. */
export function mayAdminister(exchange: Exchange, user: Recipient | undefined, folder: Folder): boolean {
  return has(rightsOn(exchange, user, folder), RIGHTS.owner)
}

/** May the user add, change and remove the mailbox's delegates? */
export function mayManageDelegates(
  exchange: Exchange,
  user: Recipient | undefined,
  mailbox: Mailbox,
): boolean {
  return ownsMailbox(exchange, user, mailbox)
}

/** Can the user open anything in this mailbox? */
export function mayOpenAnything(
  exchange: Exchange,
  user: Recipient | undefined,
  mailbox: Mailbox,
  face: Face = 'ews',
): boolean {
  for (const folder of mailbox.folders()) if (mayOpen(exchange, user, folder, face)) return true
  return false
}

/** Does the user see the private items of the mailbox? Whoever owns it does, and delegates who were given it. */
export function maySeePrivateItems(
  exchange: Exchange,
  user: Recipient | undefined,
  mailbox: Mailbox,
  face: Face = 'ews',
): boolean {
  if (!user) return false
  if (ownsMailbox(exchange, user, mailbox, face)) return true
  return mailbox.delegates.find(user.sid)?.viewPrivateItems ?? false
}

/** What a user may do with one item. */
export interface ItemAccess {
  /** A private item of somebody else: as if it were not there. */
  readonly hidden: boolean
  readonly read: boolean
  readonly edit: boolean
  readonly delete: boolean
}

/**
 * What the user may do with the items of a folder (MS-OXCPERM section 2.2.7). Rights are the folder's, so they are
 * asked for once, however much is in it; "owned" is what the user made. Whoever may not read the folder's items reads
 * those they made. Who cannot see an item can neither change nor delete it.
 */
export function itemAccessIn(
  exchange: Exchange,
  user: Recipient | undefined,
  folder: Folder,
  face: Face = 'ews',
): (item: Pick<Item, 'creator' | 'sensitivity'>) => ItemAccess {
  const rights = rightsOn(exchange, user, folder, face)
  const opens = mayOpen(exchange, user, folder, face)
  const seesPrivate = maySeePrivateItems(exchange, user, folder.mailbox, face)
  return (item) => {
    const own = user !== undefined && item.creator === user.id
    const hidden = item.sensitivity === 'private' && !seesPrivate
    const read = opens && !hidden && (own || has(rights, RIGHTS.readAny))
    const may = (any: number, owned: number) => read && (has(rights, any) || (own && has(rights, owned)))
    return {
      hidden,
      read,
      edit: may(RIGHTS.editAny, RIGHTS.editOwned),
      delete: may(RIGHTS.deleteAny, RIGHTS.deleteOwned),
    }
  }
}

/** May the user put items into the folder? */
export function mayCreateItems(
  exchange: Exchange,
  user: Recipient | undefined,
  folder: Folder,
  face: Face = 'ews',
): boolean {
  return mayOpen(exchange, user, folder, face) && has(rightsOn(exchange, user, folder, face), RIGHTS.create)
}

/** May the user make folders inside the folder? */
export function mayCreateFolders(exchange: Exchange, user: Recipient | undefined, folder: Folder): boolean {
  return mayOpen(exchange, user, folder) && has(rightsOn(exchange, user, folder), RIGHTS.createSubFolder)
}

/** How much of a calendar the user learns by asking when its owner is busy. */
export type FreeBusyAccess = 'none' | 'time' | 'details'

/**
 * FreeBusySimple and FreeBusyDetailed do not open the calendar: they let the availability service answer, with the
 * time alone or with subject and place (MS-OXCPERM, notes on both; MS-OXWAVLS).
 */
export function freeBusyAccess(
  exchange: Exchange,
  user: Recipient | undefined,
  calendar: Folder,
): FreeBusyAccess {
  const rights = rightsOn(exchange, user, calendar)
  if (rights & (RIGHTS.readAny | RIGHTS.freeBusyDetailed)) return 'details'
  return has(rights, RIGHTS.freeBusySimple) ? 'time' : 'none'
}

/** May the user act as somebody else with an ExchangeImpersonation header (the ApplicationImpersonation role)? */
export function mayImpersonate(exchange: Exchange, user: Recipient | undefined): boolean {
  return user !== undefined && exchange.directory.isAdministrator(user)
}

/** What EWS calls EffectiveRights of a folder: the caller's own. */
export interface EffectiveRights {
  readonly createAssociated: boolean
  readonly createContents: boolean
  readonly createHierarchy: boolean
  readonly delete: boolean
  readonly modify: boolean
  readonly read: boolean
  readonly viewPrivateItems: boolean
}

export function effectiveRights(
  exchange: Exchange,
  user: Recipient | undefined,
  folder: Folder,
): EffectiveRights {
  const rights = rightsOn(exchange, user, folder)
  const owner = has(rights, RIGHTS.owner)
  return {
    // MS-OXCFOLD wants the owner right for folder associated information.
    createAssociated: owner,
    createContents: has(rights, RIGHTS.create),
    createHierarchy: has(rights, RIGHTS.createSubFolder),
    delete: owner,
    modify: owner,
    read: has(rights, RIGHTS.readAny),
    viewPrivateItems: maySeePrivateItems(exchange, user, folder.mailbox),
  }
}
