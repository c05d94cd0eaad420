import { createHash } from 'node:crypto'
import type { ReadRequest } from '../backends/backend.ts'
import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type Delegate, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, folderNameKey, isDelegateFolder } from '../model/folder-name.ts'
import { editPermissions, type PermissionInput } from '../model/folder-permission.ts'
import {
  findDelegate,
  findEntry,
  findFolderState,
  type Grant,
  grantOf,
  type MailboxState,
  refOf,
  rightsOf,
  sameUser,
} from '../model/mailbox-state.ts'
import type {
  DelegateGrant,
  DelegateGrantChange,
  DelegatesStep,
  EntryChange,
  FolderStep,
} from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS, type DelegateLevel } from '../model/permission-level.ts'
import { describeUser, type UserIdentity, type UserRef, userKey } from '../model/user-ref.ts'
import { covers } from './compare-grants.ts'
import { describeGrant } from './describe-grant.ts'
import {
  type DesiredDelegate,
  type DesiredFolder,
  type DesiredMailbox,
  type DesiredPermission,
  isGone,
} from './desired.ts'
import {
  type Blocked,
  type Ground,
  type MailboxPlan,
  type Note,
  unreadDelegates,
  unreadReason,
} from './mailbox-plan.ts'
import { isWritable, lacksDefault, lostEntries, projectStep, sameGrant } from './standing.ts'
import { mayBeWellKnown } from './well-known-names.ts'

export interface DiffOptions {
  /** What has expired by then is to be gone. */
  readonly now: Date
  /** Takes entries of deleted accounts away where a folder is written, instead of refusing to write it. */
  readonly dropOrphans?: boolean
}

/** What has to be read to compare a mailbox with its description. */
export function readRequestFor(desired: DesiredMailbox): ReadRequest {
  return {
    // In an exactly described folder a delegate's own entry is told from a stranger's by the list of delegates.
    delegates:
      desired.delegates !== undefined ||
      desired.deliverMeetingRequests !== undefined ||
      (desired.mode === 'exact' && desired.folders.some(({ folder }) => isDelegateFolder(folder))),
    folders: desired.folders.map(({ folder }) => folder),
  }
}

/**
 * Folders that must be looked at as well before delegates change, so that nothing is lost and everything can be put
 * back. Adding and removing a delegate takes away the entries they have; `Custom` does not tell the rights behind it,
 * and `None` not whether there is an entry. And a folder whose name may be another one for a delegate's would be given
 * one thing by the list of delegates and another by its own.
 */
export function lookupsFor(state: MailboxState, desired: DesiredMailbox, now: Date): DelegateFolder[] {
  // Nothing is done about delegates who are not known.
  if (state.delegatesUnread) return []
  const needed = new Set<DelegateFolder>()
  const all = () => {
    for (const folder of DELEGATE_FOLDERS) needed.add(folder)
  }
  for (const wanted of desired.delegates ?? []) {
    const present = findDelegate(state, wanted.user)
    const gone = isGone(wanted, now)
    if (present ? gone : !gone) all()
    if (!gone && Object.keys(wanted.levels).length > 0 && changesElsewhere(state, desired, wanted, now)) all()
    if (!present || gone) continue
    for (const folder of DELEGATE_FOLDERS) {
      const level = present.permissions?.[folder] ?? 'None'
      const after = levelWanted(desired, wanted, present, folder)
      if (after !== undefined && after !== level && (level === 'None' || level === 'Custom'))
        needed.add(folder)
    }
  }
  if (desired.mode === 'exact' && desired.delegates && strangers(state, desired.delegates).length > 0) all()
  return DELEGATE_FOLDERS.filter(
    (folder) =>
      needed.has(folder) &&
      !findFolderState(state, folder) &&
      !state.missing?.some((missing) => missing.folder === folder),
  )
}

/** Would an entry of the delegate change on a folder that may be one of the six, which they have a level on? */
function changesElsewhere(
  state: MailboxState,
  desired: DesiredMailbox,
  { user }: DesiredDelegate,
  now: Date,
): boolean {
  return desired.folders.some(({ folder, permissions }) => {
    const wanted = mayBeWellKnown(folder) && permissions.find((one) => sameAccount(state, one.user, user))
    const found = findFolderState(state, folder)
    if (!wanted || !found) return false
    const entry = findEntry(found.permissions, wanted.user)
    return !sameGrant(entry && grantOf(entry), isGone(wanted, now) ? undefined : wanted.grant)
  })
}

/** Compares a mailbox with its description. Pure: the plan is a function of what was read and what is wanted. */
export function diffMailbox(
  state: MailboxState,
  desired: DesiredMailbox,
  options: DiffOptions,
): Omit<MailboxPlan, 'error'> {
  const blocked: Blocked[] = []
  const notes: Note[] = []
  const delegates = diffDelegates(state, desired, options, blocked, notes)
  let projected = state
  for (const step of delegates.steps) projected = projectStep(projected, step)
  const folders = withKept(state, desired.folders, delegates.kept)
    .map((folder) => diffFolder(projected, desired, folder, options, blocked, notes))
    .filter((step) => step !== undefined)
  return {
    mailbox: desired.mailbox,
    steps: [...delegates.steps, ...folders],
    blocked,
    notes,
    ...(desired.mode === 'exact' ? { ground: groundOf(state, desired) } : {}),
  }
}

function groundOf(state: MailboxState, desired: DesiredMailbox): Ground {
  const request = readRequestFor(desired)
  // What was not known is no ground to compare with.
  const read = { ...request, delegates: request.delegates && !state.delegatesUnread }
  return { read, fingerprint: fingerprintOf(state, read) }
}

/** One text for what was read, in no order, so that a plan made of it can tell whether it still holds. */
export function fingerprintOf(state: MailboxState, read: ReadRequest): string {
  const person = (user: UserIdentity) => (user.sid ?? describeUser(user)).toLowerCase()
  const parts: string[] = []
  if (read.delegates) {
    parts.push(`delivery ${state.deliverMeetingRequests}`)
    for (const delegate of state.delegates ?? []) {
      parts.push(
        `delegate ${person(delegate.user)} ${DELEGATE_FOLDERS.map((folder) => delegate.permissions?.[folder])} ${delegate.viewPrivateItems} ${delegate.receiveCopiesOfMeetingMessages}`,
      )
    }
  }
  for (const name of read.folders) {
    for (const entry of findFolderState(state, name)?.permissions.entries ?? []) {
      parts.push(`${folderNameKey(name)} ${person(entry.user)} ${JSON.stringify(entry.rights)}`)
    }
  }
  return createHash('sha256').update(parts.sort().join('\n')).digest('base64url').slice(0, 22)
}

interface DelegatesDiff {
  readonly steps: readonly DelegatesStep[]
  /** Entries that an addition takes away and that nobody asked to lose. */
  readonly kept: readonly { readonly folder: DelegateFolder; readonly user: UserRef; readonly grant: Grant }[]
}

function diffDelegates(
  state: MailboxState,
  desired: DesiredMailbox,
  options: DiffOptions,
  blocked: Blocked[],
  notes: Note[],
): DelegatesDiff {
  const add: DelegateGrantChange[] = []
  const update: DelegateGrantChange[] = []
  const remove: DelegateGrantChange[] = []
  const kept: DelegatesDiff['kept'][number][] = []
  if (state.delegatesUnread) {
    if (speaksOfDelegates(desired)) blocked.push({ reason: unreadDelegates(state.delegatesUnread) })
    return { steps: [], kept }
  }
  for (const wanted of desired.delegates ?? []) {
    const present = findDelegate(state, wanted.user)
    if (isGone(wanted, options.now)) {
      if (present) remove.push(removal(state, wanted.user, present))
      continue
    }
    const beside = calendarBeside(state, desired, wanted, options.now)
    const reason = copiesNeedEditor(wanted, present, beside, desired.mode)
    if (reason) {
      blocked.push({ user: describeUser(wanted.user), reason })
      continue
    }
    if (!present) {
      const { change, keeps } = addition(state, desired, wanted, beside)
      const lost = keeps.flatMap(({ folder }) => unkeepable(state, desired, folder, options))
      if (lost.length > 0) {
        for (const { folder, reason } of lost)
          blocked.push({ folder, user: describeUser(wanted.user), reason })
        continue
      }
      add.push(change)
      for (const missing of state.missing ?? []) {
        if (isDelegateFolder(missing.folder) && wanted.levels[missing.folder] === undefined) {
          const text = `${unreadReason(missing)} Whatever rights ${describeUser(wanted.user)} has there are lost when they become a delegate.`
          notes.push({ kind: 'unknown', folder: missing.folder, user: describeUser(wanted.user), text })
        }
      }
      for (const keep of keeps) kept.push({ ...keep, user: wanted.user })
    } else {
      const change = changeOf(state, desired, wanted, present, beside)
      if (change) update.push(change)
    }
  }
  for (const stranger of desired.delegates ? strangers(state, desired.delegates) : []) {
    const user = refOf(stranger.user)
    const name = describeUser(stranger.user)
    if (desired.mode === 'exact' && user) remove.push(removal(state, user, stranger))
    else if (desired.mode === 'exact') {
      blocked.push({ user: name, reason: `They are a delegate and not described. ${UNNAMED}` })
    } else
      notes.push({
        kind: 'unmanaged-delegate',
        user: name,
        text: `${name} is a delegate and is not described.`,
      })
  }
  if (desired.delegates) {
    for (const problem of state.delegateProblems ?? [])
      notes.push({
        kind: 'unmanaged-orphan',
        text: `A delegate cannot be read, usually because the account was deleted: ${problem.message}`,
      })
  }
  return { steps: delegateSteps(state, desired, { add, update, remove }, notes), kept }
}

/** Could anything about delegates or the delivery be to do? */
function speaksOfDelegates({ mode, delegates, deliverMeetingRequests }: DesiredMailbox): boolean {
  const described = delegates !== undefined && (delegates.length > 0 || mode === 'exact')
  return described || deliverMeetingRequests !== undefined
}

/** One write per kind of change, removals first; the delivery rides along where there is a write that takes it. */
function delegateSteps(
  state: MailboxState,
  desired: DesiredMailbox,
  changes: Record<DelegatesStep['action'], DelegateGrantChange[]>,
  notes: Note[],
): DelegatesStep[] {
  const step = (action: DelegatesStep['action']): DelegatesStep[] =>
    changes[action].length > 0 ? [{ type: 'delegates', action, changes: changes[action] }] : []
  const steps = [...step('remove'), ...step('add'), ...step('update')]
  const after = desired.deliverMeetingRequests
  const before = state.deliverMeetingRequests
  if (after === undefined || before === after) return steps
  const carrier = steps.findLastIndex(({ action }) => action !== 'remove')
  if (before === undefined && carrier === -1) {
    notes.push({
      kind: 'unknown',
      text: `The server does not say where meeting requests go, so ${after} is not set; it is when a delegate is added or changed.`,
    })
    return steps
  }
  const delivery = { ...(before === undefined ? {} : { before }), after }
  if (carrier === -1) return [...steps, { type: 'delegates', action: 'update', changes: [], delivery }]
  return steps.map((one, index) => (index === carrier ? { ...one, delivery } : one))
}

function addition(
  state: MailboxState,
  desired: DesiredMailbox,
  wanted: DesiredDelegate,
  beside: Grant | undefined,
) {
  const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  const keeps: { folder: DelegateFolder; grant: Grant }[] = []
  const replaces = entriesOf(state, wanted.user)
  for (const folder of DELEGATE_FOLDERS) {
    // In additive mode an addition must not take away what nobody spoke of: a folder that is not named gets None.
    const keep =
      wanted.levels[folder] === undefined && desired.mode === 'additive' ? replaces[folder] : undefined
    const level =
      wanted.levels[folder] ??
      DELEGATE_LEVELS.find((name) => name === keep) ??
      (folder === 'calendar' && wanted.receiveCopiesOfMeetingMessages && isEditor(beside) ? 'Editor' : 'None')
    levels[folder] = level
    // An entry of None is not the same as no entry, to which Default applies.
    if (keep && (keep !== level || keep === 'None')) keeps.push({ folder, grant: keep })
  }
  const change: DelegateGrantChange = {
    user: wanted.user,
    after: {
      levels,
      viewPrivateItems: wanted.viewPrivateItems ?? false,
      receiveCopiesOfMeetingMessages: wanted.receiveCopiesOfMeetingMessages ?? false,
    },
    ...withReplaced(replaces),
  }
  return { change, keeps }
}

/** Why an entry that becoming a delegate takes away could not be set again. */
function unkeepable(
  state: MailboxState,
  desired: DesiredMailbox,
  folder: DelegateFolder,
  options: DiffOptions,
): { readonly folder: DelegateFolder; readonly reason: string }[] {
  const permissions = findFolderState(state, folder)?.permissions
  if (!permissions) return []
  const described = desired.folders.find((one) => folderNameKey(one.folder) === folder)?.permissions
  const lost = options.dropOrphans ? [] : lostEntries(permissions, described)
  const reason =
    lost.length > 0 ? losing(lost) : lacksDefault(permissions, described) ? NO_DEFAULT : undefined
  return reason === undefined
    ? []
    : [
        {
          folder,
          reason: `They have rights here that becoming a delegate takes away, and the folder would have to be written to give them back. ${reason}`,
        },
      ]
}

/** Every entry the user has on the six folders. */
function entriesOf(
  state: MailboxState,
  user: UserRef | UserIdentity,
): Partial<Record<DelegateFolder, Grant>> {
  const entries: Partial<Record<DelegateFolder, Grant>> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const found = findFolderState(state, folder)
    const entry = found && findEntry(found.permissions, user)
    if (entry) entries[folder] = grantOf(entry)
  }
  return entries
}

/** Only what differs stands in the change, so that nothing else is sent and nothing else is compared. */
function changeOf(
  state: MailboxState,
  desired: DesiredMailbox,
  wanted: DesiredDelegate,
  present: Delegate,
  beside: Grant | undefined,
): DelegateGrantChange | undefined {
  const exact = desired.mode === 'exact'
  const lifts =
    wanted.receiveCopiesOfMeetingMessages &&
    isEditor(beside) &&
    !isEditor(presentLevel(state, present, 'calendar'))
  const before: Partial<Record<DelegateFolder, Grant | 'Custom'>> = {}
  const after: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const level =
      levelWanted(desired, wanted, present, folder) ?? (folder === 'calendar' && lifts ? 'Editor' : undefined)
    if (level === undefined || level === (present.permissions?.[folder] ?? 'None')) continue
    before[folder] = presentLevel(state, present, folder)
    after[folder] = level
  }
  const privateItems = flagChange(wanted.viewPrivateItems, present.viewPrivateItems, exact)
  const copies = flagChange(
    wanted.receiveCopiesOfMeetingMessages,
    present.receiveCopiesOfMeetingMessages,
    exact,
  )
  if (Object.keys(after).length === 0 && privateItems === undefined && copies === undefined) return undefined
  const side = (levels: DelegateGrant['levels'], view?: boolean, receive?: boolean): DelegateGrant => ({
    levels,
    ...(view === undefined ? {} : { viewPrivateItems: view }),
    ...(receive === undefined ? {} : { receiveCopiesOfMeetingMessages: receive }),
  })
  return {
    user: wanted.user,
    before: side(
      before,
      privateItems === undefined ? undefined : present.viewPrivateItems,
      copies === undefined ? undefined : present.receiveCopiesOfMeetingMessages,
    ),
    after: side(after, privateItems, copies),
    ...withReplaced(
      emptyEntries(
        state,
        present,
        DELEGATE_FOLDERS.filter((folder) => before[folder] === 'None'),
      ),
    ),
  }
}

/** In exact mode a folder that is not named is to have nothing, unless it is described as a folder. */
function levelWanted(
  desired: DesiredMailbox,
  wanted: DesiredDelegate,
  present: Delegate,
  folder: DelegateFolder,
): DelegateLevel | undefined {
  const rest = desired.mode === 'exact' && !describedOn(desired, folder, present.user) ? 'None' : undefined
  return wanted.levels[folder] ?? rest
}

function flagChange(
  wanted: boolean | undefined,
  present: boolean | undefined,
  exact: boolean,
): boolean | undefined {
  const value = wanted ?? (exact ? false : undefined)
  // A server that does not tell the flag is only told what is to be true.
  if (value === undefined || value === (present ?? false)) return undefined
  return value
}

function removal(state: MailboxState, user: UserRef, present: Delegate): DelegateGrantChange {
  return {
    user,
    before: wholeGrant(state, present),
    ...withReplaced(emptyEntries(state, present, DELEGATE_FOLDERS)),
  }
}

/** Entries that grant nothing: a level of None does not tell them from no entry, but Default does. */
function emptyEntries(
  state: MailboxState,
  delegate: Delegate,
  folders: readonly DelegateFolder[],
): Partial<Record<DelegateFolder, Grant>> {
  const entries = entriesOf(state, delegate.user)
  return Object.fromEntries(
    folders.flatMap((folder) => (entries[folder] === 'None' ? [[folder, 'None'] as const] : [])),
  )
}

function withReplaced(
  replaces: Partial<Record<DelegateFolder, Grant>>,
): Pick<DelegateGrantChange, 'replaces'> {
  return Object.keys(replaces).length > 0 ? { replaces } : {}
}

function wholeGrant(state: MailboxState, delegate: Delegate): DelegateGrant {
  const levels: Partial<Record<DelegateFolder, Grant | 'Custom'>> = {}
  for (const folder of DELEGATE_FOLDERS) levels[folder] = presentLevel(state, delegate, folder)
  const { viewPrivateItems, receiveCopiesOfMeetingMessages } = delegate
  return {
    levels,
    ...(viewPrivateItems === undefined ? {} : { viewPrivateItems }),
    ...(receiveCopiesOfMeetingMessages === undefined ? {} : { receiveCopiesOfMeetingMessages }),
  }
}

function presentLevel(state: MailboxState, delegate: Delegate, folder: DelegateFolder): Grant | 'Custom' {
  const level = delegate.permissions?.[folder] ?? 'None'
  if (level !== 'Custom') return level
  const found = findFolderState(state, folder)
  const entry = found && findEntry(found.permissions, delegate.user)
  return entry ? grantOf(entry) : 'Custom'
}

/**
 * What the delegate is to have on the calendar that no delegate level says: described as a permission of the folder,
 * or kept when they become a delegate. Set after the delegate, who has Editor until then.
 */
function calendarBeside(
  state: MailboxState,
  desired: DesiredMailbox,
  wanted: DesiredDelegate,
  now: Date,
): Grant | undefined {
  if (wanted.levels.calendar !== undefined) return undefined
  const described = desired.folders
    .find(({ folder }) => folderNameKey(folder) === folderNameKey('calendar'))
    ?.permissions.find((permission) => sameAccount(state, permission.user, wanted.user))
  if (described) return isGone(described, now) ? undefined : described.grant
  const kept = desired.mode === 'additive' && !findDelegate(state, wanted.user)
  return kept ? entriesOf(state, wanted.user).calendar : undefined
}

function isEditor(grant: Grant | 'Custom' | undefined): boolean {
  return grant !== undefined && grant !== 'Custom' && covers(grant, 'Editor')
}

/** Exchange answers ErrorDelegateValidationFailed for this, whose text does not say what is wrong. */
function copiesNeedEditor(
  wanted: DesiredDelegate,
  present: Delegate | undefined,
  beside: Grant | undefined,
  mode: DesiredMailbox['mode'],
): string | undefined {
  const exact = mode === 'exact'
  const copies =
    wanted.receiveCopiesOfMeetingMessages ??
    (exact ? false : (present?.receiveCopiesOfMeetingMessages ?? false))
  const unnamed = exact ? 'None' : (present?.permissions?.calendar ?? 'None')
  const calendar = wanted.levels.calendar ?? (isEditor(beside) ? 'Editor' : unnamed)
  if (!copies || calendar === 'Editor' || (calendar === 'Custom' && wanted.levels.calendar === undefined))
    return undefined
  // What older servers took, and nobody asks to change.
  const asItIs = calendar === (present?.permissions?.calendar ?? 'None')
  if (wanted.receiveCopiesOfMeetingMessages === undefined && asItIs) return undefined
  return wanted.receiveCopiesOfMeetingMessages
    ? `Meeting copies need Editor on the calendar, where they would have ${calendar}.`
    : `This delegate receives meeting copies, which need Editor on the calendar; say meetingCopies: false to lower it to ${calendar}.`
}

function strangers(state: MailboxState, wanted: readonly DesiredDelegate[]): Delegate[] {
  return (state.delegates ?? []).filter(
    (delegate) =>
      !wanted.some((candidate) =>
        isAmong(delegate.user, candidate.user, () => findDelegate(state, candidate.user)),
      ),
  )
}

/** The same account as a reference, or as what it found: an entry may tell the SID alone, another the address too. */
function isAmong(
  user: UserIdentity,
  ref: UserRef,
  find: () => { readonly user: UserIdentity } | undefined,
): boolean {
  if (sameUser(user, ref)) return true
  const found = find()
  return found !== undefined && sameUser(user, found.user)
}

/** By the address or by the SID, both of which a list shows. */
function describedOn(desired: DesiredMailbox, folder: FolderName, user: UserIdentity): boolean {
  const key = folderNameKey(folder)
  return desired.folders.some(
    (described) =>
      folderNameKey(described.folder) === key &&
      described.permissions.some((permission) => sameUser(user, permission.user)),
  )
}

/** Files can name one account by address here and by SID there; what was read tells that it is one. */
export function sameAccount(state: MailboxState, a: UserRef, b: UserRef): boolean {
  if (userKey(a) === userKey(b)) return true
  if ('sid' in a === 'sid' in b) return false
  const isBoth = ({ user }: { readonly user: UserIdentity }) => sameUser(user, a) && sameUser(user, b)
  return (
    (state.delegates ?? []).some(isBoth) ||
    state.folders.some(({ permissions }) => permissions.entries.some(isBoth))
  )
}

type WorkFolder = DesiredFolder & { readonly described: boolean }

function withKept(
  state: MailboxState,
  folders: readonly DesiredFolder[],
  kept: DelegatesDiff['kept'],
): WorkFolder[] {
  const work: WorkFolder[] = folders.map((folder) => ({ ...folder, described: true }))
  for (const { folder, user, grant } of kept) {
    const at = work.findIndex((candidate) => candidate.folder === folder)
    const known = work[at]
    if (known?.permissions.some((permission) => sameAccount(state, permission.user, user))) continue
    if (known) work[at] = { ...known, permissions: [...known.permissions, { user, grant }] }
    else work.push({ folder, permissions: [{ user, grant }], described: false })
  }
  return work
}

function diffFolder(
  state: MailboxState,
  desired: DesiredMailbox,
  wanted: WorkFolder,
  options: DiffOptions,
  blocked: Blocked[],
  notes: Note[],
): FolderStep | undefined {
  const { folder } = wanted
  const found = findFolderState(state, folder)
  if (!found) {
    const missing = state.missing?.find((one) => folderNameKey(one.folder) === folderNameKey(folder))
    blocked.push({ folder, reason: unreadReason(missing) })
    return undefined
  }
  const { permissions } = found
  const changes: EntryChange[] = []
  const change = (user: UserRef, before: Grant | undefined, after: Grant | undefined) => {
    const problem = cannotSet(found.permissions, user, after)
    if (problem) blocked.push({ folder, user: describeUser(user), reason: problem })
    else changes.push({ user, ...(before ? { before } : {}), ...(after ? { after } : {}) })
  }
  for (const permission of wanted.permissions) {
    const entry = findEntry(permissions, permission.user)
    const before = entry && grantOf(entry)
    const after = isGone(permission, options.now) ? undefined : permission.grant
    if (!sameGrant(before, after)) change(permission.user, before, after)
  }
  if (wanted.described) {
    for (const entry of permissions.entries) {
      if (!isStranger(state, desired, wanted, entry.user, options.now)) continue
      const user = refOf(entry.user)
      const name = describeUser(entry.user)
      // It may be there because they are a delegate.
      if (desired.mode === 'exact' && isDelegateFolder(folder) && state.delegatesUnread)
        blocked.push({ folder, user: name, reason: unreadDelegates(state.delegatesUnread) })
      else if (desired.mode === 'exact' && user) change(user, grantOf(entry), undefined)
      else if (desired.mode === 'exact')
        blocked.push({ folder, user: name, reason: `They have an entry and are not described. ${UNNAMED}` })
      else
        notes.push({
          kind: 'unmanaged-entry',
          folder,
          user: name,
          text: `${name} has ${describeGrant(grantOf(entry))} and is not described.`,
        })
    }
  }
  const lost = lostEntries(permissions, changes)
  for (const name of wanted.described ? lost : [])
    notes.push({
      kind: 'unmanaged-orphan',
      folder,
      user: name,
      text: `${name} can be read but not written back; deleted accounts leave such entries.`,
    })
  const cleans = options.dropOrphans === true && lost.length > 0
  if (changes.length === 0 && !(cleans && desired.mode === 'exact' && wanted.described)) return undefined
  if (lost.length > 0 && !cleans) {
    blocked.push({
      folder,
      reason: losing(lost),
    })
    return undefined
  }
  if (lacksDefault(permissions, changes)) {
    blocked.push({ folder, reason: NO_DEFAULT })
    return undefined
  }
  return { type: 'folder', folder, changes, ...(cleans ? { drops: lost } : {}) }
}

function losing(lost: readonly string[]): string {
  const entries = lost.length === 1 ? 'an entry' : `${lost.length} entries`
  return `Writing this folder would lose ${entries} that can be read but not written back: ${lost.join(', ')}. ${DROP}`
}

/** What can be done about entries that cannot be written back. Not all of them are of deleted accounts. */
export const DROP =
  'Where that may go, as the entries of deleted accounts may, plan with --drop-orphans (in a program: dropOrphans).'

const UNNAMED =
  'The server tells no address and no SID by which to remove them; the owner can do it in Outlook.'

const NO_DEFAULT =
  'The server answered no entry for Default, which every folder has: its list may be incomplete, and writing it would lose the rest. Describe what Default is to have on this folder to go on.'

/** The model's own rules say whether an entry can be set or removed here; the error's sentence is the reason. */
function cannotSet(
  permissions: Parameters<typeof editPermissions>[0],
  user: UserRef,
  after: Grant | undefined,
): string | undefined {
  const entry: PermissionInput[] = after ? [{ user, rights: rightsOf(after) }] : []
  try {
    editPermissions(permissions, after ? { set: entry } : { remove: [user] })
    return undefined
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return error.hint ? `${error.message} ${error.hint}` : error.message
  }
}

/** Neither described, nor always there, nor the owner, nor there because they are a delegate. */
function isStranger(
  state: MailboxState,
  desired: DesiredMailbox,
  folder: DesiredFolder,
  user: UserIdentity,
  now: Date,
): boolean {
  if (user.distinguishedUser || !isWritable(user)) return false
  const set = findFolderState(state, folder.folder)?.permissions
  const described = folder.permissions.some(({ user: ref }: DesiredPermission) =>
    isAmong(user, ref, () => set && findEntry(set, ref)),
  )
  if (described) return false
  if (user.smtpAddress?.toLowerCase() === desired.mailbox.toLowerCase()) return false
  if (!isDelegateFolder(folder.folder)) return true
  // Whoever is to be a delegate and cannot be made one keeps what they have.
  const toBe = desired.delegates?.some(
    (one) => !isGone(one, now) && isAmong(user, one.user, () => set && findEntry(set, one.user)),
  )
  return !toBe && !findDelegate(state, user)
}
