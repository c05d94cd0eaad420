import type { Backend } from '../backends/backend.ts'
import { DELEGATE_FOLDERS, type Delegate, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, isDelegateFolder } from '../model/folder-name.ts'
import type { GrantMode } from '../model/grant-mode.ts'
import {
  findDelegate,
  findEntry,
  findFolderState,
  grantOf,
  type MailboxState,
  refOf,
  sameUser,
} from '../model/mailbox-state.ts'
import { DELEGATE_LEVELS, type DelegateLevel } from '../model/permission-level.ts'
import { describeUser } from '../model/user-ref.ts'
import { covers } from './compare-grants.ts'
import { describeGrant } from './describe-grant.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox, DesiredPermission } from './desired.ts'
import { errorText, type Note, type PlanError, unreadDelegates, unreadReason } from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, mergeStates, untilRefused } from './plan.ts'
import { mapOrdered, type Source } from './pool.ts'
import { readState } from './read-state.ts'

/** Which folders' permissions: none, the six of delegates, or every folder of the mailbox. */
export const FOLDER_SCOPES = ['none', 'standard', 'all'] as const
export type FolderScope = (typeof FOLDER_SCOPES)[number]

export interface ExportOptions {
  readonly backend: Backend
  /** Default true. */
  readonly delegates?: boolean
  /** Default `standard`. */
  readonly folders?: FolderScope
  readonly concurrency?: number
}

export interface ExportedMailbox {
  readonly mailbox: string
  /** What is there, as a description; absent when it could not be read. */
  readonly desired?: DesiredMailbox
  /** What a description cannot say: entries of deleted accounts and the like. */
  readonly notes: readonly Note[]
  /** Folders whose permissions could not be read, and so are not described. */
  readonly unread?: readonly FolderName[]
  /** Who the delegates are is not known, and so not described. */
  readonly delegatesUnread?: true
  readonly error?: PlanError
}

/** Reads what is there into descriptions; planning them finds nothing to do. */
export function exportMailboxes(
  mailboxes: Source<string>,
  mode: GrantMode,
  options: ExportOptions,
): AsyncGenerator<ExportedMailbox, void, undefined> {
  const attempt = untilRefused(options.concurrency)
  return mapOrdered(mailboxes, options.concurrency ?? DEFAULT_CONCURRENCY, (mailbox) =>
    attempt<ExportedMailbox>(
      async () => describeState(await readEverything(options.backend, mailbox, options), mode, options),
      (error) => ({ mailbox, notes: [], error }),
    ),
  )
}

/** A mailbox's delegates and the folders of the scope, in as few reads as the server allows. */
export async function readEverything(
  backend: Backend,
  mailbox: string,
  options: { readonly delegates?: boolean; readonly folders?: FolderScope },
): Promise<MailboxState> {
  const delegates = options.delegates ?? true
  const scope = options.folders ?? 'standard'
  if (scope !== 'all' || !backend.listFolders) {
    // Without the folders a delegate's Custom would be a word without rights.
    const folders = scope === 'none' && !delegates ? [] : [...DELEGATE_FOLDERS]
    return readState(backend, mailbox, { delegates, folders })
  }
  const names: FolderName[] = []
  for await (const { folder } of backend.listFolders(mailbox)) names.push(folder)
  let state: MailboxState | undefined
  for (let at = 0; at === 0 || at < names.length; at += FOLDERS_AT_ONCE) {
    const part = await readState(backend, mailbox, {
      delegates: delegates && at === 0,
      folders: names.slice(at, at + FOLDERS_AT_ONCE),
    })
    state = state ? mergeStates(state, part) : part
  }
  return state as MailboxState
}

/** A mailbox of a thousand folders must not make one request of a megabyte. */
const FOLDERS_AT_ONCE = 100

/** Pure part of {@link exportMailboxes}. */
export function describeState(
  state: MailboxState,
  mode: GrantMode,
  options: { readonly delegates?: boolean; readonly folders?: FolderScope },
): ExportedMailbox {
  const withFolders = (options.folders ?? 'standard') !== 'none'
  const { delegatesUnread } = state
  // Whoever may see nothing must not get a file that says there is nothing.
  if (!withFolders && delegatesUnread) {
    const { code } = delegatesUnread
    return { mailbox: state.mailbox, notes: [], error: { code, message: unreadDelegates(delegatesUnread) } }
  }
  if (withFolders && !state.delegates && state.folders.length === 0) {
    const [first] = state.missing ?? []
    const code = first?.code ?? 'ErrorFolderNotFound'
    const message = first ? unreadReason(first) : 'No folder of this mailbox can be seen.'
    return { mailbox: state.mailbox, notes: [], error: { code, message } }
  }
  const notes: Note[] = []
  const delegates: DesiredDelegate[] = []
  const custom = new Set<FolderName>()
  for (const [index, delegate] of (state.delegates ?? []).entries()) {
    const user = refOf(delegate.user)
    const name = describeUser(delegate.user)
    const note = (kind: Note['kind'], text: string) => notes.push({ kind, user: name, text })
    if (!user) {
      note('orphan', `The delegate ${name} has no address and no SID by which a file could name them.`)
      continue
    }
    if (delegate.user.smtpAddress?.toLowerCase() === state.mailbox.toLowerCase()) {
      note('unknown', 'The owner is their own delegate, which a file cannot say.')
      continue
    }
    if (state.delegates?.slice(0, index).some((other) => sameUser(other.user, delegate.user))) {
      note('unknown', `${name} is a delegate more than once; only the first is described.`)
      continue
    }
    const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
    for (const folder of DELEGATE_FOLDERS) {
      const level = delegate.permissions?.[folder] ?? 'None'
      if (level === 'Custom') custom.add(folder)
      else if (level !== 'None') levels[folder] = level
    }
    const { viewPrivateItems, receiveCopiesOfMeetingMessages } = delegate
    const calendar = delegate.permissions?.calendar ?? 'None'
    const copies = receiveCopiesOfMeetingMessages && isEditorOfCalendar(state, delegate)
    if (receiveCopiesOfMeetingMessages && !copies)
      note(
        'unknown',
        `${name} receives meeting copies with ${calendar} on the calendar, which Exchange takes from nobody any more; the copies are left out.`,
      )
    delegates.push({
      user,
      levels,
      ...(viewPrivateItems ? { viewPrivateItems } : {}),
      ...(copies ? { receiveCopiesOfMeetingMessages } : {}),
    })
  }
  if (delegatesUnread)
    notes.push({ kind: 'unknown', text: `${unreadDelegates(delegatesUnread)} They are left out.` })
  for (const problem of state.delegateProblems ?? [])
    notes.push({ kind: 'orphan', text: `A delegate cannot be read: ${errorText(problem)}` })
  const unread: FolderName[] = []
  for (const missing of state.missing ?? []) {
    if (!withFolders && !custom.has(missing.folder)) continue
    unread.push(missing.folder)
    notes.push({ kind: 'unknown', folder: missing.folder, text: unreadReason(missing) })
  }
  const folders: DesiredFolder[] = []
  for (const { folder, permissions } of state.folders) {
    if (!withFolders && !custom.has(folder)) continue
    const described: DesiredPermission[] = []
    for (const [index, entry] of permissions.entries.entries()) {
      const user = refOf(entry.user)
      const grant = grantOf(entry)
      const first = permissions.entries.slice(0, index).find((other) => sameUser(other.user, entry.user))
      if (first) {
        const name = describeUser(first.user)
        const text = `${name} has more than one entry; this one (${describeGrant(grant)}) is left out.`
        notes.push({ kind: 'unknown', folder, user: name, text })
        continue
      }
      if (!user) {
        const name = describeUser(entry.user)
        notes.push({ kind: 'orphan', folder, user: name, text: `${name} cannot be written back.` })
        continue
      }
      // A delegate's level says it already, unless no level does; None says no entry, to whom Default applies.
      const isLevel = grant !== 'None' && (DELEGATE_LEVELS as readonly unknown[]).includes(grant)
      if (isDelegateFolder(folder) && isLevel && findDelegate(state, entry.user)) continue
      described.push({ user, grant })
    }
    for (const name of permissions.unknownEntries)
      notes.push({ kind: 'orphan', folder, user: name, text: `${name} belongs to a deleted account.` })
    folders.push({ folder, permissions: described })
  }
  const { deliverMeetingRequests } = state
  const desired: DesiredMailbox = {
    mailbox: state.mailbox,
    mode,
    ...(state.delegates && deliverMeetingRequests ? { deliverMeetingRequests } : {}),
    ...(state.delegates ? { delegates } : {}),
    folders,
  }
  return {
    mailbox: state.mailbox,
    desired,
    notes,
    ...(unread.length > 0 ? { unread } : {}),
    ...(delegatesUnread ? { delegatesUnread: true } : {}),
  }
}

/** By name, or with rights that hold Editor and more. */
function isEditorOfCalendar(state: MailboxState, { user, permissions }: Delegate): boolean {
  if (permissions?.calendar !== 'Custom') return permissions?.calendar === 'Editor'
  const calendar = findFolderState(state, 'calendar')
  const entry = calendar && findEntry(calendar.permissions, user)
  return entry === undefined || covers(grantOf(entry), 'Editor')
}

/** Descriptions as a YAML file, in pieces. */
export async function* writeGrantsYaml(
  mailboxes: Source<DesiredMailbox>,
  mode: GrantMode,
): AsyncGenerator<string, void, undefined> {
  const { stringify } = await import('yaml')
  yield `version: 1\nmode: ${mode}\nmailboxes:\n`
  let none = true
  for await (const mailbox of mailboxes) {
    none = false
    const text = stringify([plainMailbox(mailbox, mode)], { lineWidth: 0 })
    // Line feeds alone: to regular expressions a line also ends at the separators that names may hold.
    yield text
      .split('\n')
      .map((line) => (line === '' ? line : `  ${line}`))
      .join('\n')
  }
  if (none) yield '  []\n'
}

/** Descriptions as JSON Lines: the head, then a mailbox on each line. */
export async function* writeGrantsJsonLines(
  mailboxes: Source<DesiredMailbox>,
  mode: GrantMode,
): AsyncGenerator<string, void, undefined> {
  yield `${JSON.stringify({ version: 1, mode })}\n`
  for await (const mailbox of mailboxes) yield `${JSON.stringify(plainMailbox(mailbox, mode))}\n`
}

/** A description with the fields of the file format. */
export function plainMailbox(mailbox: DesiredMailbox, mode: GrantMode): Record<string, unknown> {
  const when = ({ expires, absent }: { readonly expires?: string; readonly absent?: boolean }) => ({
    ...(expires === undefined ? {} : { expires }),
    ...(absent ? { absent } : {}),
  })
  return {
    mailbox: mailbox.mailbox,
    ...(mailbox.mode === mode ? {} : { mode: mailbox.mode }),
    ...(mailbox.deliverMeetingRequests ? { deliverMeetingRequests: mailbox.deliverMeetingRequests } : {}),
    ...(mailbox.delegates
      ? {
          delegates: mailbox.delegates.map((delegate) => ({
            user: describeUser(delegate.user),
            ...delegate.levels,
            ...(delegate.viewPrivateItems === undefined ? {} : { privateItems: delegate.viewPrivateItems }),
            ...(delegate.receiveCopiesOfMeetingMessages === undefined
              ? {}
              : { meetingCopies: delegate.receiveCopiesOfMeetingMessages }),
            ...when(delegate),
          })),
        }
      : {}),
    ...(mailbox.folders.length > 0
      ? {
          folders: mailbox.folders.map(({ folder, permissions }) => ({
            folder,
            permissions: permissions.map((permission) => ({
              user: describeUser(permission.user),
              ...(typeof permission.grant === 'string'
                ? { level: permission.grant }
                : { rights: permission.grant }),
              ...when(permission),
            })),
          })),
        }
      : {}),
  }
}
