import type { Backend } from '../backends/backend.ts'
import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, isDelegateFolder } from '../model/folder-name.ts'
import type { PermissionSet } from '../model/folder-permission.ts'
import {
  findDelegate,
  findEntry,
  findFolderState,
  type Grant,
  grantOf,
  type MailboxState,
} from '../model/mailbox-state.ts'
import type { DelegateGrantChange, MailboxStep } from '../model/mailbox-step.ts'
import { type DelegateLevel, levelOf } from '../model/permission-level.ts'
import {
  describeUser,
  parsePermissionUser,
  parseUser,
  type UserInput,
  type UserRef,
  userKey,
} from '../model/user-ref.ts'
import { covers, together } from './compare-grants.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox } from './desired.ts'
import { DROP, diffMailbox, lookupsFor } from './diff.ts'
import { type FolderScope, readEverything } from './export.ts'
import { type MailboxPlan, type Note, unreadDelegates, unreadReason } from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, mergeStates, type PlanOptions, untilRefused } from './plan.ts'
import { mapOrdered, type Source } from './pool.ts'
import { byPrimaryAddress, notesOfUnknown } from './primary-addresses.ts'
import { readState } from './read-state.ts'

export interface WhoOptions extends PlanOptions {
  /** Which folders are looked at; `none`: delegates alone. Default `standard`: the six of delegates; of a leaver, `all`. */
  readonly folders?: FolderScope
}

/**
 * The plans that take a leaver out of mailboxes: as a delegate, and from every folder's list. Mailboxes where they
 * have nothing come with no steps.
 *
 * @param leaver everything the leaver is known by: addresses, of which any will do, and the SID, by which the lists
 *   name them once the account is gone.
 */
export function planOffboard(
  leaver: readonly UserInput[],
  mailboxes: Source<string>,
  given: WhoOptions,
): AsyncGenerator<MailboxPlan, void, undefined> {
  const named = leaver.map((user) => parseUser(user, 'the leaver'))
  const options: WhoOptions = { ...given, folders: given.folders ?? 'all' }
  return planFor(mailboxes, options, async (state) => {
    const users = [...named]
    for (const user of named) {
      const primary = await byPrimaryAddress(options.backend, state, user)
      if (!users.some((known) => userKey(known) === userKey(primary))) users.push(primary)
    }
    const notes: Note[] = []
    const drops = new Set<string>()
    const folders = foldersOf(state, options).map(({ folder, permissions }): DesiredFolder => {
      for (const unknown of permissions.unknownEntries)
        if (users.some((user) => 'sid' in user && user.sid.toUpperCase() === unknown.toUpperCase()))
          drops.add(folder)
      const found = onePerMatch(users, (user) => findEntry(permissions, user))
      return { folder, permissions: found.map((user) => ({ user, grant: 'None', absent: true })) }
    })
    const delegates = onePerMatch(users, (user) => findDelegate(state, user))
    const sid = users.find((user) => 'sid' in user)
    const nowhere = delegates.length === 0 && folders.every(({ permissions }) => permissions.length === 0)
    const others = sid || !nowhere ? [] : nameless(foldersOf(state, options))
    if (others.length > 0 && (await areInNoDirectory(users, state.mailbox, options.backend)))
      notes.push(...others)
    const orphaned = (state.delegateProblems ?? []).length > 0 && delegates.length === 0
    if (orphaned && !sid) {
      notes.push({
        kind: 'orphan',
        text: 'A delegate of this mailbox cannot be read; if that is the leaver, remove the delegate by SID.',
      })
    }
    return {
      desired: {
        mailbox: state.mailbox,
        mode: 'additive',
        delegates: delegates.map((user) => ({ user, levels: {}, absent: true })),
        folders: folders.filter((folder) => folder.permissions.length > 0),
      },
      notes,
      drops,
      ...(orphaned && sid ? { orphan: { user: sid, orphan: true } as const } : {}),
    }
  })
}

/** Entries that can be anybody's whose account is gone: lists show a SID alone. */
function nameless(folders: MailboxState['folders']): Note[] {
  return folders.flatMap(({ folder, permissions }) =>
    permissions.unknownEntries.map((name): Note => {
      const text = `${name} belongs to a deleted account; if that is the leaver, give this SID as well (offboard --sid).`
      return { kind: 'orphan', folder, user: name, text }
    }),
  )
}

/** Can entries of deleted accounts be theirs? Asked only where there are such entries. */
async function areInNoDirectory(
  users: readonly UserRef[],
  mailbox: string,
  backend: Backend,
): Promise<boolean> {
  for (const user of users) {
    if (!('smtpAddress' in user)) continue
    if ((await backend.lookUp?.(mailbox, user.smtpAddress)) !== undefined) return false
  }
  return true
}

/** The first name of each account: two changes of one entry would be refused. */
function onePerMatch(users: readonly UserRef[], find: (user: UserRef) => object | undefined): UserRef[] {
  const seen = new Set<object>()
  return users.filter((user) => {
    const found = find(user)
    if (!found || seen.has(found)) return false
    seen.add(found)
    return true
  })
}

function foldersOf(state: MailboxState, { folders }: WhoOptions): MailboxState['folders'] {
  return folders === 'none' ? [] : state.folders
}

/**
 * The plans that give one user what another has, either by any of their addresses. Nothing is taken from them, and
 * everything else is left.
 */
export function planClone(
  from: UserInput,
  to: UserInput,
  mailboxes: Source<string>,
  options: WhoOptions,
): AsyncGenerator<MailboxPlan, void, undefined> {
  const model = parsePermissionUser(from, 'the model')
  const other = parseUser(to, 'the other user')
  requireTwo(model, other)
  return planFor(mailboxes, options, async (state) => {
    const from = await byPrimaryAddress(options.backend, state, model)
    const to = await byPrimaryAddress(options.backend, state, other)
    requireTwo(from, to)
    const isOwner = 'smtpAddress' in to && to.smtpAddress.toLowerCase() === state.mailbox.toLowerCase()
    const delegates: DesiredDelegate[] = []
    const folders: DesiredFolder[] = []
    const delegate = isOwner ? undefined : findDelegate(state, from)
    if (delegate) {
      const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
      for (const folder of DELEGATE_FOLDERS) {
        const level = delegate.permissions?.[folder]
        if (level === undefined || level === 'Custom' || level === 'None') continue
        const had = findFolderState(state, folder)
        const present = had && findEntry(had.permissions, to)
        // What is not below the level is left to the folder's entry, see below.
        if (!present || covers(level, grantOf(present))) levels[folder] = level
      }
      const { viewPrivateItems, receiveCopiesOfMeetingMessages } = delegate
      delegates.push({
        user: to,
        levels,
        ...(viewPrivateItems ? { viewPrivateItems } : {}),
        ...(receiveCopiesOfMeetingMessages ? { receiveCopiesOfMeetingMessages } : {}),
      })
    }
    for (const { folder, permissions } of isOwner ? [] : foldersOf(state, options)) {
      // What they have there may be what delegates have, with more than the entry.
      if (state.delegatesUnread && isDelegateFolder(folder)) continue
      const entry = findEntry(permissions, from)
      // An entry of None gives nothing; what it keeps from its user is not to be kept from the other.
      if (!entry || grantOf(entry) === 'None') continue
      if (isDelegateFolder(folder) && delegates[0]?.levels[folder] !== undefined) continue
      const grant = raised(permissions, to, grantOf(entry))
      if (grant !== undefined) folders.push({ folder, permissions: [{ user: to, grant }] })
    }
    return {
      desired: {
        mailbox: state.mailbox,
        mode: 'additive',
        ...(delegates.length > 0 ? { delegates } : {}),
        folders,
      },
      notes: [],
      added: to,
    }
  })
}

function requireTwo(from: UserRef, to: UserRef): void {
  if (userKey(from) === userKey(to))
    throw new InvalidInputError(`${describeUser(from)} cannot be cloned to themselves.`)
}

/** What is to be granted so that nothing is lost by it; undefined when they have all of it. */
function raised(permissions: PermissionSet, user: UserRef, grant: Grant): Grant | undefined {
  const own = findEntry(permissions, user)
  // Without an entry of their own they have what Default gives, and an entry ends that.
  const present = own ?? findEntry(permissions, { distinguishedUser: 'Default' })
  if (!present || covers(grant, grantOf(present)))
    return own && covers(grantOf(own), grant) ? undefined : grant
  if (covers(grantOf(present), grant)) return undefined
  const rights = together(grantOf(present), grant)
  const level = levelOf(rights, permissions.kind)
  return level === 'Custom' ? rights : level
}

/** Only what has run out, of descriptions: the rest of them is left alone. */
export function* expiredOnly(mailboxes: Iterable<DesiredMailbox>, now: Date): Generator<DesiredMailbox> {
  const over = ({ expires }: { readonly expires?: string }) =>
    expires !== undefined && Date.parse(expires) <= now.getTime()
  for (const { mailbox, delegates = [], folders } of mailboxes) {
    const goneDelegates = delegates.filter(over)
    const goneEntries = folders
      .map(({ folder, permissions }) => ({ folder, permissions: permissions.filter(over) }))
      .filter(({ permissions }) => permissions.length > 0)
    if (goneDelegates.length === 0 && goneEntries.length === 0) continue
    yield {
      mailbox,
      mode: 'additive',
      ...(goneDelegates.length > 0 ? { delegates: goneDelegates } : {}),
      folders: goneEntries,
    }
  }
}

interface Wish {
  readonly desired: DesiredMailbox
  readonly notes: readonly Note[]
  readonly drops?: ReadonlySet<FolderName>
  readonly orphan?: DelegateGrantChange
  /** Who is given what others have. */
  readonly added?: UserRef
}

function planFor(
  mailboxes: Source<string>,
  options: WhoOptions,
  wish: (state: MailboxState) => Wish | Promise<Wish>,
): AsyncGenerator<MailboxPlan, void, undefined> {
  const now = options.now ?? new Date()
  const attempt = untilRefused(options.concurrency)
  return mapOrdered(mailboxes, options.concurrency ?? DEFAULT_CONCURRENCY, (mailbox) =>
    attempt<MailboxPlan>(
      async () => {
        const read = await readEverything(options.backend, mailbox, options)
        const { desired, notes, drops = new Set(), orphan, added } = await wish(read)
        const more = lookupsFor(read, desired, now)
        const state =
          more.length === 0
            ? read
            : mergeStates(
                read,
                await readState(options.backend, mailbox, { delegates: false, folders: more }),
              )
        // Others' entries are not this plan's business, so they are no news either.
        const plan = diffMailbox(state, desired, { now, dropOrphans: options.dropOrphans ?? false })
        const unread = options.folders === 'none' ? [] : (read.missing ?? [])
        const whole = {
          ...plan,
          steps: orphan ? withOrphan(plan.steps, orphan) : plan.steps,
          blocked: [
            ...(read.delegatesUnread ? [{ reason: unreadDelegates(read.delegatesUnread) }] : []),
            ...plan.blocked,
            ...unread.map((missing) => ({ folder: missing.folder, reason: unreadReason(missing) })),
          ],
          notes: [
            ...notes,
            ...plan.notes.filter(({ kind }) => kind === 'unknown'),
            ...notesOfUnknown(plan.steps, await nobodyOf(options.backend, mailbox, plan.steps, added)),
          ],
        }
        return withDrops(whole, state, drops, options.dropOrphans ?? false)
      },
      (error) => ({ mailbox, steps: [], blocked: [], notes: [], error }),
    ),
  )
}

/** Who is given something and is not in the directory; asked only where something is given. */
async function nobodyOf(
  backend: Backend,
  mailbox: string,
  steps: readonly MailboxStep[],
  added: UserRef | undefined,
): Promise<ReadonlySet<string>> {
  if (!backend.lookUp || steps.length === 0 || !added || !('smtpAddress' in added)) return new Set()
  const found = await backend.lookUp(mailbox, added.smtpAddress)
  return new Set(found === undefined ? [userKey(added)] : [])
}

function withOrphan(steps: readonly MailboxStep[], orphan: DelegateGrantChange): MailboxStep[] {
  return [{ type: 'delegates', action: 'remove', changes: [orphan] }, ...steps]
}

/** Entries that show a SID alone go only with a write of the list, which takes every such entry of the folder. */
function withDrops(
  plan: MailboxPlan,
  state: MailboxState,
  drops: ReadonlySet<FolderName>,
  allowed: boolean,
): MailboxPlan {
  const steps = [...plan.steps]
  const blocked = [...plan.blocked]
  for (const { folder, permissions } of state.folders) {
    if (!drops.has(folder) || steps.some((step) => step.type === 'folder' && step.folder === folder)) continue
    if (allowed) steps.push({ type: 'folder', folder, changes: [], drops: [...permissions.unknownEntries] })
    else if (!blocked.some((one) => one.folder === folder)) {
      blocked.push({
        folder,
        reason: `Their entry is one of those that can be read but not written back, of which a write of the list takes all: ${permissions.unknownEntries.join(', ')}. ${DROP}`,
      })
    }
  }
  return { ...plan, steps, blocked }
}
