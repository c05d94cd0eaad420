import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import type { FolderName } from '../model/folder-name.ts'
import { findDelegate, findEntry, type Grant, grantOf, type MailboxState } from '../model/mailbox-state.ts'
import { DELEGATE_LEVELS, type DelegateLevel } from '../model/permission-level.ts'
import { describeUser, type UserRef } from '../model/user-ref.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox } from './desired.ts'
import { diffMailbox, lookupsFor } from './diff.ts'
import { type FolderScope, readEverything } from './export.ts'
import type { MailboxPlan, Note } from './mailbox-plan.ts'
import { DEFAULT_CONCURRENCY, mergeStates, type PlanOptions, planErrorOf } from './plan.ts'
import { mapOrdered, type Source } from './pool.ts'

export interface WhoOptions extends PlanOptions {
  /** Which folders are looked at. Default `standard`: the six of delegates. */
  readonly folders?: FolderScope
}

/**
 * The plans that take a leaver out of mailboxes: as a delegate, and from every folder's list. Mailboxes where they
 * have nothing come with no steps.
 *
 * @param users everything the leaver is known by: addresses, and the SID, by which the lists name them once the
 *   account is gone.
 */
export function planOffboard(
  users: readonly UserRef[],
  mailboxes: Source<string>,
  options: WhoOptions,
): AsyncGenerator<MailboxPlan, void, undefined> {
  return planFor(mailboxes, options, (state) => {
    const notes: Note[] = []
    const drops = new Set<string>()
    const folders = state.folders.map(({ folder, permissions }): DesiredFolder => {
      for (const unknown of permissions.unknownEntries)
        if (users.some((user) => 'sid' in user && user.sid.toUpperCase() === unknown.toUpperCase()))
          drops.add(folder)
      const found = users.filter((user) => findEntry(permissions, user))
      return { folder, permissions: found.map((user) => ({ user, grant: 'None', absent: true })) }
    })
    const delegates = users.filter((user) => findDelegate(state, user))
    if ((state.delegateProblems ?? []).length > 0) {
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
    }
  })
}

/** The plans that give one user what another has, and leave everything else. */
export function planClone(
  from: UserRef,
  to: UserRef,
  mailboxes: Source<string>,
  options: WhoOptions,
): AsyncGenerator<MailboxPlan, void, undefined> {
  if (describeUser(from).toLowerCase() === describeUser(to).toLowerCase())
    throw new InvalidInputError(`${describeUser(from)} cannot be cloned to themselves.`)
  return planFor(mailboxes, options, (state) => {
    const isOwner = 'smtpAddress' in to && to.smtpAddress.toLowerCase() === state.mailbox.toLowerCase()
    const delegates: DesiredDelegate[] = []
    const folders: DesiredFolder[] = []
    const delegate = isOwner ? undefined : findDelegate(state, from)
    if (delegate) {
      const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
      for (const folder of DELEGATE_FOLDERS) {
        const level = delegate.permissions?.[folder]
        if (level !== undefined && level !== 'Custom' && level !== 'None') levels[folder] = level
      }
      const { viewPrivateItems, receiveCopiesOfMeetingMessages } = delegate
      delegates.push({
        user: to,
        levels,
        ...(viewPrivateItems ? { viewPrivateItems } : {}),
        ...(receiveCopiesOfMeetingMessages ? { receiveCopiesOfMeetingMessages } : {}),
      })
    }
    for (const { folder, permissions } of isOwner ? [] : state.folders) {
      const entry = findEntry(permissions, from)
      const grant = entry && grantOf(entry)
      if (grant === undefined || saidByLevel(delegates, folder, grant)) continue
      folders.push({ folder, permissions: [{ user: to, grant }] })
    }
    return {
      desired: {
        mailbox: state.mailbox,
        mode: 'additive',
        ...(delegates.length > 0 ? { delegates } : {}),
        folders,
      },
      notes: [],
    }
  })
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

function planFor(
  mailboxes: Source<string>,
  options: WhoOptions,
  wish: (state: MailboxState) => {
    readonly desired: DesiredMailbox
    readonly notes: readonly Note[]
    readonly drops?: ReadonlySet<FolderName>
  },
): AsyncGenerator<MailboxPlan, void, undefined> {
  const now = options.now ?? new Date()
  return mapOrdered(mailboxes, options.concurrency ?? DEFAULT_CONCURRENCY, async (mailbox) => {
    try {
      const read = await readEverything(options.backend, mailbox, options)
      const { desired, notes, drops = new Set() } = wish(read)
      const more = lookupsFor(read, desired, now)
      const state =
        more.length === 0
          ? read
          : mergeStates(read, await options.backend.read(mailbox, { delegates: false, folders: more }))
      // Others' entries are not this plan's business, so they are no news either.
      const plan = diffMailbox(state, desired, { now, dropOrphans: options.dropOrphans ?? false })
      return withDrops({ ...plan, notes: [...notes] }, state, drops, options.dropOrphans ?? false)
    } catch (error) {
      return { mailbox, steps: [], blocked: [], notes: [], error: planErrorOf(error) }
    }
  })
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
        reason: `The entry of a deleted account goes only together with every entry that cannot be written back: ${permissions.unknownEntries.join(', ')}. Allow it by name to go on.`,
      })
    }
  }
  return { ...plan, steps, blocked }
}

function saidByLevel(delegates: readonly DesiredDelegate[], folder: FolderName, grant: Grant): boolean {
  return (
    delegates.length > 0 &&
    (DELEGATE_FOLDERS as readonly string[]).includes(folder) &&
    (DELEGATE_LEVELS as readonly unknown[]).includes(grant)
  )
}
