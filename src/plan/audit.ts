import type { Backend } from '../backends/backend.ts'
import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import { type FolderName, isDelegateFolder } from '../model/folder-name.ts'
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
import type { MailboxStep } from '../model/mailbox-step.ts'
import { isFreeBusyLevel } from '../model/permission-level.ts'
import { describeUser, type UserIdentity, type UserRef } from '../model/user-ref.ts'
import { describeGrant } from './describe-grant.ts'
import type { DesiredMailbox } from './desired.ts'
import { diffMailbox } from './diff.ts'
import { type FolderScope, readEverything } from './export.ts'
import type { PlanError } from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, planErrorOf } from './plan.ts'
import { mapOrdered, type Source } from './pool.ts'
import { isWritable } from './standing.ts'

/** One way into a mailbox. */
export interface AccessPath {
  readonly mailbox: string
  /** Whose it is, for people; `Default` is everybody of the organization. */
  readonly user: string
  readonly identity: UserIdentity
  /**
   * `delegate`: on the list of delegates, with Send on Behalf. `folder`: an entry of their own, a person's or a
   * group's. `default`, `anonymous`: the entries for everybody.
   */
  readonly path: 'delegate' | 'folder' | 'default' | 'anonymous'
  /** Absent for being a delegate, which is of the mailbox. */
  readonly folder?: FolderName
  /** Absent for being a delegate. */
  readonly grant?: Grant
  readonly viewPrivateItems?: boolean
  readonly receiveCopiesOfMeetingMessages?: boolean
}

export const FINDING_KINDS = [
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
  /** What mends it, to be made into a plan; absent where a person has to decide. */
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
  readonly concurrency?: number
  /** Descriptions by address in lower case, to find what has expired. */
  readonly described?: ReadonlyMap<string, DesiredMailbox>
  readonly now?: Date
}

/** Who can open these mailboxes, by every path, and what is not as it should be. Reads only. */
export function audit(
  mailboxes: Source<string>,
  options: AuditOptions,
): AsyncGenerator<MailboxAudit, void, undefined> {
  return mapOrdered(mailboxes, options.concurrency ?? DEFAULT_CONCURRENCY, async (mailbox) => {
    try {
      const state = await readEverything(options.backend, mailbox, options)
      const desired = options.described?.get(mailbox.toLowerCase())
      return auditState(state, { now: options.now ?? new Date(), ...(desired ? { desired } : {}) })
    } catch (error) {
      return { mailbox, access: [], findings: [], error: planErrorOf(error) }
    }
  })
}

/** Everything a user can reach in these mailboxes, the entries for everybody included. */
export async function* accessOf(
  user: UserRef,
  mailboxes: Source<string>,
  options: AuditOptions,
): AsyncGenerator<{ mailbox: string; access: readonly AccessPath[]; error?: PlanError }, void, undefined> {
  for await (const { mailbox, access, error } of audit(mailboxes, options)) {
    const reached = access.filter(({ identity, path, folder }) => {
      if (sameUser(identity, user)) return true
      // An entry of the user's own decides alone, so Default counts only where there is none.
      return (
        path === 'default' &&
        !access.some(
          (other) => other.path === 'folder' && other.folder === folder && sameUser(other.identity, user),
        )
      )
    })
    yield { mailbox, access: reached, ...(error ? { error } : {}) }
  }
}

/** Pure part of {@link audit}. */
export function auditState(
  state: MailboxState,
  options: { readonly now: Date; readonly desired?: DesiredMailbox },
): MailboxAudit {
  return {
    mailbox: state.mailbox,
    access: accessPaths(state),
    findings: [
      ...delegateFindings(state),
      ...state.folders.flatMap(({ folder }) => folderFindings(state, folder)),
      ...(options.desired ? expiredFindings(state, options.desired, options.now) : []),
    ],
  }
}

function accessPaths(state: MailboxState): AccessPath[] {
  const { mailbox } = state
  const paths: AccessPath[] = (state.delegates ?? []).map((delegate) => ({
    mailbox,
    user: describeUser(delegate.user),
    identity: delegate.user,
    path: 'delegate',
    ...(delegate.viewPrivateItems === undefined ? {} : { viewPrivateItems: delegate.viewPrivateItems }),
    ...(delegate.receiveCopiesOfMeetingMessages === undefined
      ? {}
      : { receiveCopiesOfMeetingMessages: delegate.receiveCopiesOfMeetingMessages }),
  }))
  for (const { folder, permissions } of state.folders) {
    for (const entry of permissions.entries) {
      const { distinguishedUser } = entry.user
      const grant = grantOf(entry)
      if (grant === 'None') continue
      const path =
        distinguishedUser === 'Default'
          ? 'default'
          : distinguishedUser === 'Anonymous'
            ? 'anonymous'
            : 'folder'
      paths.push({ mailbox, user: describeUser(entry.user), identity: entry.user, path, folder, grant })
    }
  }
  return paths
}

function delegateFindings(state: MailboxState): AuditFinding[] {
  const { mailbox, delegates = [] } = state
  const findings: AuditFinding[] = (state.delegateProblems ?? []).map(({ code, message }) => ({
    mailbox,
    kind: 'orphaned-delegate',
    severity: 'error',
    text: `A delegate cannot be read: ${message} (${code})`,
    advice: 'Find the SID among the unknown entries of the folders, and remove the delegate by it.',
  }))
  for (const delegate of delegates) {
    const user = describeUser(delegate.user)
    const ref = refOf(delegate.user)
    const levels = delegate.permissions
    if (levels && DELEGATE_FOLDERS.every((folder) => levels[folder] === 'None')) {
      findings.push({
        mailbox,
        kind: 'delegate-without-rights',
        severity: 'warning',
        user,
        text: `${user} is a delegate and may send on behalf, with no level on any folder.`,
        ...(ref
          ? { fix: [{ type: 'delegates', action: 'remove', changes: [{ user: ref, before: { levels } }] }] }
          : {}),
      })
    }
    for (const folder of DELEGATE_FOLDERS) {
      if (levels?.[folder] !== 'Custom') continue
      const found = findFolderState(state, folder)
      const entry = found && findEntry(found.permissions, delegate.user)
      findings.push({
        mailbox,
        kind: 'custom-level',
        severity: 'info',
        user,
        folder,
        text: `${user} has rights on ${folder} that no delegate level has${entry ? `: ${describeGrant(grantOf(entry))}` : ''}.`,
        advice: 'Set one of None, Reviewer, Author or Editor if Outlook is to show it.',
      })
    }
    if (delegate.receiveCopiesOfMeetingMessages && levels && levels.calendar !== 'Editor') {
      findings.push({
        mailbox,
        kind: 'copies-without-editor',
        severity: 'error',
        user,
        folder: 'calendar',
        text: `${user} receives meeting copies with ${levels.calendar} on the calendar.`,
        ...(ref
          ? {
              fix: [
                {
                  type: 'delegates',
                  action: 'update',
                  changes: [
                    {
                      user: ref,
                      before: { levels: {}, receiveCopiesOfMeetingMessages: true },
                      after: { levels: {}, receiveCopiesOfMeetingMessages: false },
                    },
                  ],
                },
              ],
            }
          : {}),
      })
    }
  }
  if (
    state.delegates &&
    state.deliverMeetingRequests === 'DelegatesOnly' &&
    !delegates.some((delegate) => delegate.receiveCopiesOfMeetingMessages)
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
        advice: 'Make them a delegate, or lower the level, if that is not meant.',
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
    delegates: (desired.delegates ?? []).filter(over),
    folders: desired.folders.map(({ folder, permissions }) => ({
      folder,
      permissions: permissions.filter(over),
    })),
  }
  const known = {
    ...expired,
    folders: expired.folders.filter(({ folder }) => findFolderState(state, folder)),
  }
  return diffMailbox(state, known, { now }).steps.map((step) => ({
    mailbox: state.mailbox,
    kind: 'expired-grant',
    severity: 'warning',
    user: step.changes.map(({ user }) => describeUser(user)).join(', '),
    ...(step.type === 'folder' ? { folder: step.folder } : {}),
    text: `The time of ${step.changes.map(({ user }) => describeUser(user)).join(', ')} is over${step.type === 'folder' ? ` on ${step.folder}` : ' as a delegate'}.`,
    fix: [step],
  }))
}
