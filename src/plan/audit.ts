import type { Backend } from '../backends/backend.ts'
import { DELEGATE_FOLDERS, type Delegate } from '../model/delegate.ts'
import { type FolderName, folderNameKey, isDelegateFolder } from '../model/folder-name.ts'
import {
  type DelegateProblem,
  findDelegate,
  findEntry,
  findFolderState,
  type Grant,
  grantOf,
  type MailboxState,
  type MissingFolder,
  refOf,
  rightsOf,
  sameUser,
} from '../model/mailbox-state.ts'
import type {
  DelegateGrantChange,
  DelegatesStep,
  DeliveryChange,
  EntryChange,
  MailboxStep,
} from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS, isFreeBusyLevel } from '../model/permission-level.ts'
import {
  describeUser,
  isSid,
  parsePermissionUser,
  type UserIdentity,
  type UserInput,
  type UserRef,
  userKey,
} from '../model/user-ref.ts'
import { covers } from './compare-grants.ts'
import { describeGrant } from './describe-grant.ts'
import type { DesiredMailbox } from './desired.ts'
import { diffMailbox } from './diff.ts'
import { type FolderScope, readEverything } from './export.ts'
import { Groups, type Members, type Membership } from './groups.ts'
import { errorText, type PlanError, unreadDelegates } from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, mergeStates, planErrorOf, untilRefused } from './plan.ts'
import { Gate, mapOrdered, type Source } from './pool.ts'
import { byPrimaryAddress } from './primary-addresses.ts'
import { readState } from './read-state.ts'
import { isWritable } from './standing.ts'

/** One way into a mailbox. */
export interface AccessPath {
  readonly mailbox: string
  /** Whose it is, for people; `Default` is everybody of the organization. */
  readonly user: string
  readonly identity: UserIdentity
  /**
   * `delegate`: on the list of delegates, with Send on Behalf. `folder`: an entry of their own. `group`: the entry of a
   * group; where groups are not looked into, it counts as `folder`. `default`, `anonymous`: the entries for everybody.
   * `owner`: it is their own mailbox, of which everything is theirs; only {@link accessOf} tells it.
   *
   * Full Access, Send As and impersonation are not among them: lists of folders and delegates do not show these.
   */
  readonly path: 'owner' | 'delegate' | 'folder' | 'group' | 'default' | 'anonymous'
  /** Of a group, which can be a delegate too: how many people are in it, those of its groups included. Absent where not all are known. */
  readonly people?: number
  /** Absent for the owner and for being a delegate, which are of the mailbox. */
  readonly folder?: FolderName
  /** Absent for the owner and for being a delegate. */
  readonly grant?: Grant
  readonly viewPrivateItems?: boolean
  readonly receiveCopiesOfMeetingMessages?: boolean
}

export const FINDING_KINDS = [
  /** A folder could not be read, so that nothing is known of who can open it. */
  'unreadable-folder',
  /** Who the delegates are is not known. */
  'unreadable-delegates',
  /** It could not be found out whether somebody on a list is a group, or who is in it. */
  'unreadable-group',
  /** The owner stands on their own list of delegates. */
  'owner-delegate',
  /** A delegate with no level on any folder: Send on Behalf alone, often left behind. */
  'delegate-without-rights',
  /** Somebody may change things in the calendar or the inbox and is no delegate. */
  'rights-without-delegate',
  /** A delegate whose account is gone. */
  'orphaned-delegate',
  /** An entry of a deleted account, or one without a user. */
  'orphaned-entry',
  /** A delegate's rights are those of no level, so that clients show and keep them differently. */
  'custom-level',
  /** The owner has an entry in their own mailbox. */
  'owner-entry',
  /** Everybody of the organization, or of the world, can open a folder. */
  'open-to-all',
  /** Meeting requests go to delegates only, and no delegate receives them. */
  'lost-meeting-requests',
  /** A delegate receives meeting copies without Editor on the calendar. */
  'copies-without-editor',
  /** Described with a date that is over, and still there. */
  'expired-grant',
] as const
export type AuditFindingKind = (typeof FINDING_KINDS)[number]

export interface AuditFinding {
  readonly mailbox: string
  readonly kind: AuditFindingKind
  /** `error`: something is broken. `warning`: somebody should look. `info`: worth knowing. */
  readonly severity: 'error' | 'warning' | 'info'
  readonly user?: string
  readonly folder?: FolderName
  readonly text: string
  /** What mends it, to be made into a plan with {@link fixesOf}; absent where a person has to decide. */
  readonly fix?: readonly MailboxStep[]
  /** What to do where there is no fix. */
  readonly advice?: string
}

export interface MailboxAudit {
  readonly mailbox: string
  readonly access: readonly AccessPath[]
  readonly findings: readonly AuditFinding[]
  readonly error?: PlanError
}

export interface AuditOptions {
  readonly backend: Backend
  /** Default `standard`: the six folders of delegates. */
  readonly folders?: FolderScope
  /**
   * Looks into groups, those in groups included. The backend is asked once for each address on a list, since lists do
   * not tell groups from people. Default true, where the backend can tell.
   */
  readonly groups?: boolean
  /** How many mailboxes are read, and groups asked for, at a time, both together. Default 8. */
  readonly concurrency?: number
  /** Descriptions by address in lower case, to find what has expired. */
  readonly described?: ReadonlyMap<string, DesiredMailbox>
  readonly now?: Date
}

/**
 * Who can open these mailboxes, by every path that lists of folders and delegates show, and what is not as it should
 * be; see {@link AccessPath} for the others. Reads only.
 */
export function audit(
  mailboxes: Source<string>,
  options: AuditOptions,
): AsyncGenerator<MailboxAudit, void, undefined> {
  return examine<MailboxAudit>(
    mailboxes,
    options,
    async (state, memberships, gate) => {
      const now = options.now ?? new Date()
      const found = auditState(state, { now, memberships })
      const desired = options.described?.get(state.mailbox.toLowerCase())
      if (!desired) return found
      const known = await gate.run(() => withFoldersOf(options.backend, state, desired))
      return { ...found, findings: [...found.findings, ...expiredFindings(known, desired, now)] }
    },
    (mailbox, error) => ({ mailbox, access: [], findings: [], error }),
  )
}

function examine<T>(
  mailboxes: Source<string>,
  options: AuditOptions,
  look: (state: MailboxState, memberships: Memberships, gate: Gate) => T | Promise<T>,
  failed: (mailbox: string, error: PlanError) => T,
): AsyncGenerator<T, void, undefined> {
  const { concurrency = DEFAULT_CONCURRENCY } = options
  const gate = new Gate(concurrency)
  const groups = new Groups(options.backend, gate, concurrency)
  const looksIn = (options.groups ?? true) && groups.isPossible
  const attempt = untilRefused(concurrency)
  return mapOrdered(mailboxes, concurrency, (mailbox) =>
    attempt<T>(
      async () => {
        const state = await gate.run(() => readEverything(options.backend, mailbox, options))
        // Its place is free by now: groups are asked for through the same gate.
        const memberships = looksIn ? await membershipsIn(state, groups, concurrency) : new Map()
        return look(state, memberships, gate)
      },
      (error) => failed(mailbox, error),
    ),
  )
}

/** Who is a group, by address in lower case. */
type Memberships = ReadonlyMap<string, Membership>

async function membershipsIn(state: MailboxState, groups: Groups, concurrency: number): Promise<Memberships> {
  const addresses = new Set<string>()
  const note = ({ smtpAddress }: UserIdentity) => smtpAddress && addresses.add(smtpAddress.toLowerCase())
  for (const { user } of state.delegates ?? []) note(user)
  for (const { permissions } of state.folders) for (const { user } of permissions.entries) note(user)
  addresses.delete(state.mailbox.toLowerCase())
  // In the order of the list, so that what is not known is told in the same order each time.
  const found = mapOrdered(
    addresses,
    concurrency,
    async (address) => [address, await groups.membershipOf(state.mailbox, address)] as const,
  )
  const memberships = new Map<string, Membership>()
  for await (const [address, membership] of found) memberships.set(address, membership)
  return memberships
}

function membersOf({ smtpAddress }: UserIdentity, memberships: Memberships): Members | undefined {
  const membership = smtpAddress && memberships.get(smtpAddress.toLowerCase())
  if (typeof membership !== 'object') return undefined
  return 'unknown' in membership ? membership.members : membership
}

/** Of whom it is not known whether they are a group, or who all is in it. */
export interface UnknownGroup {
  readonly user: string
  readonly code: string
  readonly message: string
  /** They are a group, and not everybody who is in it is known. */
  readonly partly?: true
}

function unknownIn(memberships: Memberships): UnknownGroup[] {
  return [...memberships].flatMap(([user, membership]) =>
    typeof membership === 'object' && 'unknown' in membership
      ? [
          {
            user,
            ...pick(planErrorOf(membership.unknown)),
            ...(membership.members ? { partly: true as const } : {}),
          },
        ]
      : [],
  )
}

const pick = ({ code, message }: PlanError) => ({ code, message })

/** What is described may be of folders that are not looked at otherwise. */
async function withFoldersOf(
  backend: Backend,
  state: MailboxState,
  desired: DesiredMailbox,
): Promise<MailboxState> {
  const known = new Set(
    [...state.folders, ...(state.missing ?? [])].map(({ folder }) => folderNameKey(folder)),
  )
  const folders = desired.folders
    .map(({ folder }) => folder)
    .filter((name) => !known.has(folderNameKey(name)))
  if (folders.length === 0) return state
  return mergeStates(state, await readState(backend, state.mailbox, { delegates: false, folders }))
}

/** What somebody reaches in one mailbox. */
export interface MailboxAccess {
  readonly mailbox: string
  readonly access: readonly AccessPath[]
  /** Folders of which nothing is known, because they could not be read. */
  readonly missing: readonly MissingFolder[]
  /** Why it is not known who the delegates are. */
  readonly delegatesUnread?: DelegateProblem
  /** Users on its lists who may be groups that the user is in. */
  readonly unknown: readonly UnknownGroup[]
  readonly error?: PlanError
}

/**
 * Everything a user can reach in these mailboxes, by groups that they are in and by the entries for everybody too; as
 * far as lists of folders and delegates show, see {@link AccessPath}.
 *
 * @param user by any of their addresses; of a SID nobody tells in which groups it is, nor which mailbox is its own.
 */
export function accessOf(
  user: UserInput,
  mailboxes: Source<string>,
  options: AuditOptions,
): AsyncGenerator<MailboxAccess, void, undefined> {
  const named = parsePermissionUser(user)
  return examine<MailboxAccess>(
    mailboxes,
    options,
    async (state, memberships, gate) => ({
      mailbox: state.mailbox,
      access: reachedBy(
        await gate.run(() => byPrimaryAddress(options.backend, state, named)),
        state,
        memberships,
      ),
      missing: state.missing ?? [],
      ...(state.delegatesUnread ? { delegatesUnread: state.delegatesUnread } : {}),
      unknown: unknownIn(memberships),
    }),
    (mailbox, error) => ({ mailbox, access: [], missing: [], unknown: [], error }),
  )
}

/**
 * An entry of the user's own decides alone, one of None too; without one those of their groups count, all of them
 * together; and without any of these Default.
 */
function reachedBy(user: UserRef, state: MailboxState, memberships: Memberships): AccessPath[] {
  const { mailbox } = state
  if ('smtpAddress' in user && user.smtpAddress.toLowerCase() === mailbox.toLowerCase())
    return [{ mailbox, user: describeUser(user), identity: user, path: 'owner' }]
  const paths = everyPath(state, memberships)
  const address = 'smtpAddress' in user ? user.smtpAddress.toLowerCase() : undefined
  const isOwn = ({ identity }: AccessPath) => sameUser(identity, user)
  const isByGroup = ({ identity }: AccessPath) =>
    address !== undefined && (membersOf(identity, memberships)?.has(address) ?? false)
  const foldersOf = (chosen: (path: AccessPath) => boolean) =>
    new Set(paths.filter((path) => path.folder !== undefined && chosen(path)).map(({ folder }) => folder))
  const own = foldersOf(isOwn)
  const grouped = foldersOf(isByGroup)
  return paths.filter((path) => {
    const { path: way, folder, grant } = path
    if (grant === 'None') return false
    if (isOwn(path)) return true
    if (folder !== undefined && own.has(folder)) return false
    return isByGroup(path) || (way === 'default' && !grouped.has(folder))
  })
}

/** Pure part of {@link audit}. */
export function auditState(
  state: MailboxState,
  options: { readonly now: Date; readonly desired?: DesiredMailbox; readonly memberships?: Memberships },
): MailboxAudit {
  const { memberships = new Map() } = options
  return {
    mailbox: state.mailbox,
    access: everyPath(state, memberships).filter(({ grant }) => grant !== 'None'),
    findings: [
      ...(state.missing ?? []).map((missing) => unreadable(state.mailbox, missing)),
      ...(state.delegatesUnread ? [unknownDelegates(state.mailbox, state.delegatesUnread)] : []),
      ...unknownIn(memberships).map((unknown) => unreadableGroup(state.mailbox, unknown)),
      ...delegateFindings(state),
      ...state.folders.flatMap(({ folder }) => folderFindings(state, folder)),
      ...(options.desired ? expiredFindings(state, options.desired, options.now) : []),
    ],
  }
}

function unreadable(mailbox: string, { folder, message }: MissingFolder): AuditFinding {
  return {
    mailbox,
    kind: 'unreadable-folder',
    severity: 'error',
    folder,
    text: `Who can open ${folder} is not known, because it could not be read: ${message}`,
    advice: 'Read it as its owner or with Full Access, or find out whether it is there.',
  }
}

function unknownDelegates(mailbox: string, problem: DelegateProblem): AuditFinding {
  return { mailbox, kind: 'unreadable-delegates', severity: 'error', text: unreadDelegates(problem) }
}

function unreadableGroup(mailbox: string, { user, message, partly }: UnknownGroup): AuditFinding {
  return {
    mailbox,
    kind: 'unreadable-group',
    severity: 'warning',
    user,
    text: partly
      ? `Not everybody who is in the group ${user} is known: ${message}`
      : `Whether ${user} is a group, and who is in it, is not known: ${message}`,
  }
}

/** Entries of None are among them: they give nothing, and keep from their users what everybody has. */
function everyPath(state: MailboxState, memberships: Memberships): AccessPath[] {
  const { mailbox } = state
  const paths: AccessPath[] = (state.delegates ?? []).map((delegate) => ({
    mailbox,
    user: describeUser(delegate.user),
    identity: delegate.user,
    path: 'delegate',
    ...peopleIn(delegate.user, memberships),
    ...(delegate.viewPrivateItems === undefined ? {} : { viewPrivateItems: delegate.viewPrivateItems }),
    ...(delegate.receiveCopiesOfMeetingMessages === undefined
      ? {}
      : { receiveCopiesOfMeetingMessages: delegate.receiveCopiesOfMeetingMessages }),
  }))
  for (const { folder, permissions } of state.folders) {
    for (const entry of permissions.entries) {
      const { distinguishedUser } = entry.user
      const grant = grantOf(entry)
      const path =
        distinguishedUser === 'Default'
          ? 'default'
          : distinguishedUser === 'Anonymous'
            ? 'anonymous'
            : membersOf(entry.user, memberships)
              ? 'group'
              : 'folder'
      const user = describeUser(entry.user)
      const people = peopleIn(entry.user, memberships)
      paths.push({ mailbox, user, identity: entry.user, path, ...people, folder, grant })
    }
  }
  return paths
}

function peopleIn(user: UserIdentity, memberships: Memberships): { people?: number } {
  const membership = user.smtpAddress && memberships.get(user.smtpAddress.toLowerCase())
  return typeof membership === 'object' && !('unknown' in membership) ? { people: membership.size } : {}
}

function delegateFindings(state: MailboxState): AuditFinding[] {
  const { mailbox, delegates = [] } = state
  const findings = orphanFindings(state)
  for (const delegate of delegates) {
    const user = describeUser(delegate.user)
    const ref = refOf(delegate.user)
    const levels = delegate.permissions
    const removal: Pick<AuditFinding, 'fix'> = ref
      ? {
          fix: [
            {
              type: 'delegates',
              action: 'remove',
              changes: [{ user: ref, before: { levels: levels ?? {} } }],
            },
          ],
        }
      : {}
    if (isOwner(delegate, mailbox)) {
      const text = 'The owner is on their own list of delegates.'
      findings.push({ mailbox, kind: 'owner-delegate', severity: 'error', user, text, ...removal })
      continue
    }
    const useless = levels !== undefined && DELEGATE_FOLDERS.every((folder) => levels[folder] === 'None')
    if (useless) {
      findings.push({
        mailbox,
        kind: 'delegate-without-rights',
        severity: 'warning',
        user,
        text: `${user} is a delegate and may send on behalf, with no level on any folder.`,
        ...removal,
      })
    }
    findings.push(...customFindings(state, delegate))
    if (lacksEditor(state, delegate)) {
      const before = { levels: {}, receiveCopiesOfMeetingMessages: true }
      const after = { levels: {}, receiveCopiesOfMeetingMessages: false }
      findings.push({
        mailbox,
        kind: 'copies-without-editor',
        severity: 'error',
        user,
        folder: 'calendar',
        text: `${user} receives meeting copies with ${levels?.calendar} on the calendar.`,
        ...(ref
          ? { fix: [{ type: 'delegates', action: 'update', changes: [{ user: ref, before, after }] }] }
          : {}),
      })
    }
  }
  if (
    state.delegates &&
    state.deliverMeetingRequests === 'DelegatesOnly' &&
    // Whose copies are a finding is no receiver to rely on.
    !delegates.some(
      (delegate) =>
        delegate.receiveCopiesOfMeetingMessages &&
        !lacksEditor(state, delegate) &&
        !isOwner(delegate, mailbox),
    )
  ) {
    findings.push({
      mailbox,
      kind: 'lost-meeting-requests',
      severity: 'error',
      text: 'Meeting requests go to delegates only, and no delegate receives them.',
      fix: [
        {
          type: 'delegates',
          action: 'update',
          changes: [],
          delivery: { before: 'DelegatesOnly', after: 'DelegatesAndSendInformationToMe' },
        },
      ],
    })
  }
  return findings
}

function isOwner(delegate: Delegate, mailbox: string): boolean {
  return delegate.user.smtpAddress?.toLowerCase() === mailbox.toLowerCase()
}

/** Meeting copies need Editor on the calendar, or more, which shows as Custom. */
function lacksEditor(state: MailboxState, delegate: Delegate): boolean {
  const level = delegate.permissions?.calendar
  if (!delegate.receiveCopiesOfMeetingMessages || level === undefined || level === 'Editor') return false
  if (level !== 'Custom') return true
  const grant = entryOf(state, 'calendar', delegate)
  return grant !== undefined && !covers(grant, 'Editor')
}

function entryOf(state: MailboxState, folder: FolderName, delegate: Delegate): Grant | undefined {
  const found = findFolderState(state, folder)
  const entry = found && findEntry(found.permissions, delegate.user)
  return entry && grantOf(entry)
}

/** Servers do not say who cannot be read, but show the SIDs of deleted accounts on the folders. */
function orphanFindings(state: MailboxState): AuditFinding[] {
  const { mailbox, delegateProblems = [] } = state
  const sids = new Set(state.folders.flatMap(({ permissions }) => permissions.unknownEntries.filter(isSid)))
  const changes = [...sids].map((sid): DelegateGrantChange => ({ user: { sid }, orphan: true }))
  return delegateProblems.map((problem, index) => ({
    mailbox,
    kind: 'orphaned-delegate',
    severity: 'error',
    text: `A delegate cannot be read: ${errorText(problem)}`,
    ...(sids.size > 0 && sids.size <= delegateProblems.length && index === 0
      ? { fix: [{ type: 'delegates', action: 'remove', changes }] }
      : {
          advice:
            sids.size === 0
              ? 'Find out the SID of the deleted account, and remove the delegate by it.'
              : `Remove the delegate by the SID of the deleted account: ${[...sids].join(', ')}.`,
        }),
  }))
}

function customFindings(state: MailboxState, delegate: Delegate): AuditFinding[] {
  const ref = refOf(delegate.user)
  const user = describeUser(delegate.user)
  return DELEGATE_FOLDERS.flatMap((folder): AuditFinding[] => {
    if (delegate.permissions?.[folder] !== 'Custom') return []
    const grant = entryOf(state, folder, delegate)
    const level = grant && DELEGATE_LEVELS.findLast((name) => name !== 'None' && covers(grant, name))
    const text = `${user} has rights on ${folder} that no delegate level has${grant ? `: ${describeGrant(grant)}` : ''}.`
    const finding = {
      mailbox: state.mailbox,
      kind: 'custom-level',
      severity: 'info',
      user,
      folder,
      text,
    } as const
    const keepsCopies =
      folder !== 'calendar' || !delegate.receiveCopiesOfMeetingMessages || level === 'Editor'
    if (!ref || !level || !keepsCopies)
      return [{ ...finding, advice: 'Set one of None, Reviewer, Author or Editor if Outlook is to show it.' }]
    const change = {
      user: ref,
      before: { levels: { [folder]: grant } },
      after: { levels: { [folder]: level } },
    }
    return [{ ...finding, fix: [{ type: 'delegates', action: 'update', changes: [change] }] }]
  })
}

function folderFindings(state: MailboxState, folder: FolderName): AuditFinding[] {
  const found = findFolderState(state, folder)
  if (!found) return []
  const { mailbox } = state
  const { permissions } = found
  const findings: AuditFinding[] = []
  const lost = [
    ...permissions.unknownEntries,
    ...permissions.entries
      .filter((entry) => !isWritable(entry.user))
      .map((entry) => describeUser(entry.user)),
  ]
  for (const [index, name] of lost.entries()) {
    findings.push({
      mailbox,
      kind: 'orphaned-entry',
      severity: 'warning',
      user: name,
      folder,
      text: `${name} on ${folder} belongs to a deleted account or has no user.`,
      // One write takes all of them, so one of the findings mends the folder.
      ...(index === 0
        ? { fix: [{ type: 'folder', folder, changes: [], drops: lost }] }
        : { advice: 'The first such finding of this folder mends this one too.' }),
    })
  }
  for (const entry of permissions.entries) {
    const user = describeUser(entry.user)
    const grant = grantOf(entry)
    const ref = refOf(entry.user)
    const remove = (): Pick<AuditFinding, 'fix'> =>
      ref ? { fix: [{ type: 'folder', folder, changes: [{ user: ref, before: grant }] }] } : {}
    if (entry.user.distinguishedUser) {
      if (grant === 'None' || (folder === 'calendar' && isFreeBusyLevel(entry.level))) continue
      const anonymous = entry.user.distinguishedUser === 'Anonymous'
      const who = anonymous ? 'Everybody in the world' : 'Everybody of the organization'
      findings.push({
        mailbox,
        kind: 'open-to-all',
        severity: anonymous || rightsOf(grant).editItems !== 'None' ? 'error' : 'warning',
        user,
        folder,
        text: `${who} has ${describeGrant(grant)} on ${folder}.`,
        fix: [
          {
            type: 'folder',
            folder,
            changes: [
              {
                user: { distinguishedUser: entry.user.distinguishedUser },
                before: grant,
                after: folder === 'calendar' && !anonymous ? 'FreeBusyTimeOnly' : 'None',
              },
            ],
          },
        ],
      })
    } else if (entry.user.smtpAddress?.toLowerCase() === mailbox.toLowerCase()) {
      findings.push({
        mailbox,
        kind: 'owner-entry',
        severity: 'info',
        user,
        folder,
        text: `The owner has an entry (${describeGrant(grant)}) on their own ${folder}.`,
        ...remove(),
      })
    } else if (
      isDelegateFolder(folder) &&
      state.delegates &&
      ref &&
      rightsOf(grant).editItems === 'All' &&
      !findDelegate(state, entry.user)
    ) {
      findings.push({
        mailbox,
        kind: 'rights-without-delegate',
        severity: 'info',
        user,
        folder,
        text: `${user} has ${describeGrant(grant)} on ${folder} and is no delegate: they change things there but do not send on behalf.`,
        ...remove(),
        advice: 'It may be meant; else make them a delegate, or lower the level.',
      })
    }
  }
  return findings
}

function expiredFindings(state: MailboxState, desired: DesiredMailbox, now: Date): AuditFinding[] {
  const over = ({ expires }: { readonly expires?: string }) =>
    expires !== undefined && Date.parse(expires) <= now.getTime()
  const expired: DesiredMailbox = {
    mailbox: desired.mailbox,
    mode: 'additive',
    // Of delegates who are not known there is a finding already.
    delegates: state.delegatesUnread ? [] : (desired.delegates ?? []).filter(over),
    folders: desired.folders.map(({ folder, permissions }) => ({
      folder,
      permissions: permissions.filter(over),
    })),
  }
  const known = {
    ...expired,
    folders: expired.folders.filter(({ folder }) => findFolderState(state, folder)),
  }
  const { steps, blocked } = diffMailbox(state, known, { now })
  const stuck = blocked.map(({ folder, user, reason }): AuditFinding => {
    const what = { ...(user === undefined ? {} : { user }), ...(folder === undefined ? {} : { folder }) }
    const text = `The time of a grant is over${folder === undefined ? '' : ` on ${folder}`}, and it cannot be taken away.`
    return {
      mailbox: state.mailbox,
      kind: 'expired-grant',
      severity: 'warning',
      ...what,
      text,
      advice: reason,
    }
  })
  const mendable = steps.map(
    (step): AuditFinding => ({
      mailbox: state.mailbox,
      kind: 'expired-grant',
      severity: 'warning',
      user: step.changes.map(({ user }) => describeUser(user)).join(', '),
      ...(step.type === 'folder' ? { folder: step.folder } : {}),
      text: `The time of ${step.changes.map(({ user }) => describeUser(user)).join(', ')} is over${step.type === 'folder' ? ` on ${step.folder}` : ' as a delegate'}.`,
      fix: [step],
    }),
  )
  return [...mendable, ...stuck]
}

/**
 * What mends findings of one mailbox together, with at most one write per kind of change and folder. Where two findings
 * mend the same in different ways, a removal goes before a change, and the first before the others.
 */
export function fixesOf(findings: readonly AuditFinding[]): MailboxStep[] {
  const removals = new Map<string, DelegateGrantChange>()
  const updates = new Map<string, DelegateGrantChange>()
  const folders = new Map<
    string,
    { folder: FolderName; changes: Map<string, EntryChange>; drops: Set<string> }
  >()
  let delivery: DeliveryChange | undefined
  for (const step of findings.flatMap(({ fix = [] }) => fix)) {
    if (step.type === 'folder') {
      const key = folderNameKey(step.folder)
      const known = folders.get(key) ?? { folder: step.folder, changes: new Map(), drops: new Set() }
      folders.set(key, known)
      for (const change of step.changes)
        if (!known.changes.has(userKey(change.user))) known.changes.set(userKey(change.user), change)
      for (const name of step.drops ?? []) known.drops.add(name)
      continue
    }
    delivery ??= step.delivery
    for (const change of step.changes) {
      const key = userKey(change.user)
      if (step.action === 'remove') removals.set(key, removals.get(key) ?? change)
      else updates.set(key, bothOf(updates.get(key), change))
    }
  }
  for (const key of removals.keys()) updates.delete(key)
  const step = (action: DelegatesStep['action'], changes: readonly DelegateGrantChange[]): DelegatesStep => ({
    type: 'delegates',
    action,
    changes,
  })
  return [
    ...(removals.size > 0 ? [step('remove', [...removals.values()])] : []),
    ...(updates.size > 0 || delivery
      ? [{ ...step('update', [...updates.values()]), ...(delivery ? { delivery } : {}) }]
      : []),
    ...[...folders.values()].map(({ folder, changes, drops }) => ({
      type: 'folder' as const,
      folder,
      changes: [...changes.values()],
      ...(drops.size > 0 ? { drops: [...drops] } : {}),
    })),
  ]
}

/** One change of what two change of the same delegate. */
function bothOf(first: DelegateGrantChange | undefined, second: DelegateGrantChange): DelegateGrantChange {
  if (!first) return second
  const merge = (side: 'before' | 'after') => ({
    ...second[side],
    ...first[side],
    levels: { ...second[side]?.levels, ...first[side]?.levels },
  })
  return { ...first, before: merge('before'), after: merge('after') }
}
