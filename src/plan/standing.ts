import { DELEGATE_FOLDERS, type Delegate, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, isDelegateFolder } from '../model/folder-name.ts'
import type { FolderPermission, PermissionSet } from '../model/folder-permission.ts'
import {
  findDelegate,
  findEntry,
  findFolderState,
  type Grant,
  grantOf,
  type MailboxState,
  rightsOf,
  sameUser,
} from '../model/mailbox-state.ts'
import type {
  DelegateGrant,
  DelegateGrantChange,
  DelegatesStep,
  EntryChange,
  FolderStep,
  MailboxStep,
} from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS, type DelegateLevelRead, levelOf, sameRights } from '../model/permission-level.ts'
import { describeUser, type UserRef } from '../model/user-ref.ts'

/**
 * Where a change stands against what was read: still to do, done already, or neither, because somebody changed the
 * same thing.
 */
export type Standing = 'todo' | 'done' | 'moved'

/** One per change of the step; a delivery counts as one more at the end. */
export function standingsOf(state: MailboxState, step: MailboxStep): Standing[] {
  if (step.type === 'folder') {
    const standings = step.changes.map((change) => entryStanding(state, step, change))
    // A step that only takes unknown entries away is done when none of them is there.
    if (standings.length > 0 || !step.drops) return standings
    const folder = findFolderState(state, step.folder)
    const lost = folder ? lostEntries(folder.permissions) : []
    return [lost.some((name) => step.drops?.includes(name)) ? 'todo' : 'done']
  }
  const standings = step.changes.map((change) => delegateStanding(state, change))
  if (step.delivery) {
    const { before, after } = step.delivery
    const present = state.deliverMeetingRequests
    // A server that does not say cannot contradict; setting the value again does no harm.
    if (present === undefined || before === undefined) standings.push(present === after ? 'done' : 'todo')
    else standings.push(present === after ? 'done' : present === before ? 'todo' : 'moved')
  }
  return standings
}

/** The entries, by name, that a write of the list takes away whether it wants to or not. */
export function lostEntries(permissions: PermissionSet, changes: readonly EntryChange[] = []): string[] {
  return [
    ...permissions.unknownEntries,
    ...permissions.entries
      .filter(
        ({ user, incomplete }) =>
          (incomplete || !isWritable(user)) && !changes.some((change) => sameUser(user, change.user)),
      )
      .map(({ user }) => describeUser(user)),
  ]
}

/**
 * Was a list read that has no Default, and the changes set none? Every list has one, so what was read may not be all,
 * and writing it would make Default None.
 */
export function lacksDefault(permissions: PermissionSet, changes: readonly EntryChange[] = []): boolean {
  const user: UserRef = { distinguishedUser: 'Default' }
  return !findEntry(permissions, user) && !changes.some((change) => sameUser(user, change.user))
}

/** Can an entry of this user be written back? Not without a user, and not for another organization's. */
export function isWritable(user: {
  readonly distinguishedUser?: unknown
  readonly externalUser?: unknown
  readonly sid?: unknown
  readonly smtpAddress?: unknown
}): boolean {
  if (user.distinguishedUser !== undefined) return true
  return user.externalUser === undefined && (user.sid !== undefined || user.smtpAddress !== undefined)
}

/** The step without what is done already; undefined when nothing is left. */
export function remainderOf(step: MailboxStep, standings: readonly Standing[]): MailboxStep | undefined {
  if (standings.every((standing) => standing === 'done')) return undefined
  if (step.type === 'folder') {
    return { ...step, changes: step.changes.filter((_, index) => standings[index] !== 'done') }
  }
  const { delivery, ...rest } = step
  const deliveryLeft = delivery && standings[step.changes.length] !== 'done'
  return {
    ...rest,
    changes: step.changes.filter((_, index) => standings[index] !== 'done'),
    ...(deliveryLeft ? { delivery } : {}),
  }
}

/** What the mailbox will look like after the step, as far as it was read. */
export function projectStep(state: MailboxState, step: MailboxStep): MailboxState {
  return step.type === 'folder' ? projectFolder(state, step) : projectDelegates(state, step)
}

function entryStanding(state: MailboxState, step: FolderStep, change: EntryChange): Standing {
  const folder = findFolderState(state, step.folder)
  if (!folder) return 'moved'
  const entry = findEntry(folder.permissions, change.user)
  const present = entry && grantOf(entry)
  if (sameGrant(present, change.after)) return 'done'
  return sameGrant(present, change.before) ? 'todo' : 'moved'
}

function delegateStanding(state: MailboxState, change: DelegateGrantChange): Standing {
  const present = findDelegate(state, change.user)
  if (!state.delegates) return 'moved'
  // Which of them the server cannot show is not told, only that there is one.
  if (change.orphan && !present) return (state.delegateProblems ?? []).length > 0 ? 'todo' : 'done'
  const isAfter = change.after ? present && matches(state, present, change.after) : !present
  if (isAfter) return 'done'
  const isBefore = change.before
    ? present && matches(state, present, change.before)
    : !present && !losesEntries(state, change)
  return isBefore ? 'todo' : 'moved'
}

/**
 * Are the entries of whoever is to become a delegate others than the change knows of? Somebody gave them since, and
 * they could neither be kept nor put back, or took them away, and the change would give them again. An entry that is
 * what they get is none of that: an addition that came half of its way leaves it.
 */
function losesEntries(state: MailboxState, change: DelegateGrantChange): boolean {
  return movedEntries(state, change).some((folder) => {
    const entry = entryOf(state, folder, change.user)
    const level = change.after?.levels[folder]
    const isLevel = level !== undefined && level !== 'Custom' && level !== 'None'
    return !(entry && isLevel && sameGrant(grantOf(entry), level))
  })
}

/** The folders where a user has another entry than was found when a change was made, as far as they were read. */
export function movedEntries(
  state: MailboxState,
  { user, replaces = {} }: DelegateGrantChange,
): readonly DelegateFolder[] {
  return DELEGATE_FOLDERS.filter((folder) => {
    if (!findFolderState(state, folder)) return false
    const entry = entryOf(state, folder, user)
    return !sameGrant(entry && grantOf(entry), replaces[folder])
  })
}

function entryOf(state: MailboxState, name: FolderName, user: UserRef): FolderPermission | undefined {
  const folder = findFolderState(state, name)
  return folder && findEntry(folder.permissions, user)
}

/** Only what the grant names is compared. */
function matches(state: MailboxState, present: Delegate, grant: DelegateGrant): boolean {
  const flag = (found: boolean | undefined, wanted: boolean | undefined) =>
    // A server that does not say cannot contradict.
    wanted === undefined || found === undefined || found === wanted
  return (
    flag(present.viewPrivateItems, grant.viewPrivateItems) &&
    flag(present.receiveCopiesOfMeetingMessages, grant.receiveCopiesOfMeetingMessages) &&
    DELEGATE_FOLDERS.every((folder) => {
      const wanted = grant.levels[folder]
      if (wanted === undefined) return true
      if (delegateLevelOf(wanted) !== (present.permissions?.[folder] ?? 'None')) return false
      if (wanted === 'Custom' || (DELEGATE_LEVELS as readonly unknown[]).includes(wanted)) return true
      const entry = findFolderState(state, folder)
      const found = entry && findEntry(entry.permissions, present.user)
      return found === undefined || sameRights(found.rights, rightsOf(wanted))
    })
  )
}

/** How GetDelegate shows a grant: one of four levels, else Custom. */
export function delegateLevelOf(grant: Grant | 'Custom'): DelegateLevelRead {
  if (typeof grant !== 'string') {
    const level = levelOf(grant, 'calendar')
    return DELEGATE_LEVELS.find((name) => name === level) ?? 'Custom'
  }
  return DELEGATE_LEVELS.find((name) => name === grant) ?? 'Custom'
}

export function sameGrant(a: Grant | undefined, b: Grant | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return sameRights(rightsOf(a), rightsOf(b))
}

function projectFolder(state: MailboxState, step: FolderStep): MailboxState {
  let next = state
  for (const { user, after } of step.changes) {
    next = withEntry(next, step.folder, user, after)
    next = withDelegateLevel(next, step.folder, user, after)
  }
  if (!step.drops) return next
  return mapFolder(next, step.folder, (set) => ({
    ...set,
    entries: set.entries.filter((entry) => !entry.incomplete && isWritable(entry.user)),
    unknownEntries: [],
  }))
}

/** A delegate's level is their entry on the folder, whoever writes it. */
function withDelegateLevel(
  state: MailboxState,
  folder: FolderName,
  user: UserRef,
  grant: Grant | undefined,
): MailboxState {
  const present = isDelegateFolder(folder) ? findDelegate(state, user) : undefined
  if (!present?.permissions) return state
  const permissions = { ...present.permissions, [folder]: delegateLevelOf(grant ?? 'None') }
  return {
    ...state,
    delegates: (state.delegates ?? []).map((other) =>
      other === present ? { ...present, permissions } : other,
    ),
  }
}

function projectDelegates(state: MailboxState, step: DelegatesStep): MailboxState {
  let next: MailboxState = state
  for (const change of step.changes) next = projectDelegate(next, change)
  return step.delivery ? { ...next, deliverMeetingRequests: step.delivery.after } : next
}

function projectDelegate(state: MailboxState, { user, after, orphan }: DelegateGrantChange): MailboxState {
  const present = findDelegate(state, user)
  const others = (state.delegates ?? []).filter((delegate) => delegate !== present)
  // The entry can tell the SID and the address, the change only one of them.
  const identity = present?.user ?? { ...user }
  let next: MailboxState = state
  if (!after) {
    for (const folder of DELEGATE_FOLDERS) next = withEntry(next, folder, identity as UserRef, undefined)
    const problems = orphan ? { delegateProblems: (state.delegateProblems ?? []).slice(1) } : {}
    return { ...next, delegates: others, ...problems }
  }
  const permissions = { ...(present?.permissions ?? NO_LEVELS) }
  for (const folder of DELEGATE_FOLDERS) {
    const grant = after.levels[folder] ?? (present ? undefined : 'None')
    if (grant === undefined) continue
    permissions[folder] = delegateLevelOf(grant)
    // None is no entry of the delegate's own: Default applies to them.
    if (grant !== 'Custom')
      next = withEntry(next, folder, identity as UserRef, grant === 'None' ? undefined : grant)
  }
  const delegate: Delegate = {
    user: identity,
    permissions,
    viewPrivateItems: after.viewPrivateItems ?? present?.viewPrivateItems ?? false,
    receiveCopiesOfMeetingMessages:
      after.receiveCopiesOfMeetingMessages ?? present?.receiveCopiesOfMeetingMessages ?? false,
  }
  return { ...next, delegates: [...others, delegate] }
}

const NO_LEVELS = Object.fromEntries(DELEGATE_FOLDERS.map((folder) => [folder, 'None'])) as Record<
  DelegateFolder,
  DelegateLevelRead
>

function withEntry(
  state: MailboxState,
  folder: string,
  user: UserRef,
  grant: Grant | undefined,
): MailboxState {
  return mapFolder(state, folder, (set) => {
    const found = set.entries.find((entry) => sameUser(entry.user, user))
    if (grant === undefined) return { ...set, entries: set.entries.filter((entry) => entry !== found) }
    const rights = rightsOf(grant)
    const entry = { user: found?.user ?? { ...user }, level: levelOf(rights, set.kind), rights }
    return {
      ...set,
      entries: found
        ? set.entries.map((other) => (other === found ? entry : other))
        : [...set.entries, entry],
    }
  })
}

function mapFolder(
  state: MailboxState,
  folder: string,
  change: (
    set: MailboxState['folders'][number]['permissions'],
  ) => MailboxState['folders'][number]['permissions'],
): MailboxState {
  const found = findFolderState(state, folder)
  if (!found) return state
  return {
    ...state,
    folders: state.folders.map((other) =>
      other === found ? { ...found, permissions: change(found.permissions) } : other,
    ),
  }
}
