import type { Backend } from '../backends/backend.ts'
import { isDelegateFolder } from '../model/folder-name.ts'
import { findDelegate, findEntry, findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import type { MailboxStep } from '../model/mailbox-step.ts'
import { describeUser, type UserRef, userKey } from '../model/user-ref.ts'
import { type DesiredMailbox, isGone } from './desired.ts'
import { sameAccount } from './diff.ts'
import { type Blocked, HELD_BACK, type Note } from './mailbox-plan.ts'

/**
 * The description with the addresses that the mailbox's lists show. An account has several, lists show the primary
 * one, and by another one it would look like somebody to be added, and in exact mode like somebody to be removed. Who
 * is new goes by the primary address too: it is what the server keeps, so what a journal must name to be found again.
 *
 * Asks for described users who are not on their list, one after the other; backends remember the answers. Who is in
 * no directory stays as described.
 *
 * @returns in `blocked` what is said of one account twice by two names, which readers of files cannot see; by one name
 *   it is a mistake of the file, and nothing of the description may be done.
 */
export async function withPrimaryAddresses(
  backend: Backend,
  state: MailboxState,
  desired: DesiredMailbox,
  now: Date,
): Promise<{
  readonly desired: DesiredMailbox
  readonly blocked: readonly Blocked[]
  /** Who was looked up and not found, by `userKey`. */
  readonly nobody: ReadonlySet<string>
}> {
  const { primary, nobody } = await primaryAddresses(backend, state, desired)
  const blocked: Blocked[] = []
  const renamed = <T extends { readonly user: UserRef }>(list: readonly T[], folder?: string): T[] => {
    const described = new Map<string, UserRef>(list.map(({ user }) => [userKey(user), user]))
    return list.map((one) => {
      const user = primary.get(userKey(one.user))
      if (!user) return one
      const other = described.get(userKey(user))
      // Of two other addresses, the second is as much too many.
      if (!other) described.set(userKey(user), one.user)
      else {
        const name = describeUser(one.user)
        const reason = `${name} is another address of ${describeUser(user)}, who is described as well${userKey(other) === userKey(user) ? '' : `, as ${describeUser(other)}`}; describe them once. ${HELD_BACK}`
        blocked.push({ ...(folder === undefined ? {} : { folder }), user: name, reason })
      }
      return { ...one, user }
    })
  }
  const named: DesiredMailbox =
    primary.size === 0
      ? desired
      : {
          ...desired,
          ...(desired.delegates ? { delegates: renamed(desired.delegates) } : {}),
          folders: desired.folders.map((folder) => ({
            ...folder,
            permissions: renamed(folder.permissions, folder.folder),
          })),
        }
  return {
    desired: named,
    blocked: [
      ...blocked,
      ...ownersBeside(state, desired, named, now),
      ...namedTwice(state, named),
      ...contradictions(state, desired, named),
    ],
    nobody,
  }
}

/** The owner as a delegate, for a time or by a name that readers of files do not know for theirs. Exchange refuses it. */
function ownersBeside(
  state: MailboxState,
  described: DesiredMailbox,
  named: DesiredMailbox,
  now: Date,
): Blocked[] {
  const owner = { smtpAddress: named.mailbox }
  return (named.delegates ?? []).flatMap((wanted, index): Blocked[] => {
    const { user } = wanted
    if (isGone(wanted, now) || !sameAccount(state, user, owner)) return []
    const name = describeUser(described.delegates?.[index]?.user ?? user)
    const who =
      name.toLowerCase() === named.mailbox.toLowerCase()
        ? `${name} owns`
        : `${name} is another ${'sid' in user ? 'name' : 'address'} of ${named.mailbox}, who owns`
    return [{ user: name, reason: `${who} the mailbox and cannot be their own delegate. ${HELD_BACK}` }]
  })
}

/** What is told of those who are to be added and whom the directory does not know: mostly they are mistyped. */
export function notesOfUnknown(steps: readonly MailboxStep[], nobody: ReadonlySet<string>): Note[] {
  return steps.flatMap((step) => {
    const changes: readonly {
      readonly user: UserRef
      readonly before?: unknown
      readonly after?: unknown
    }[] = step.changes
    return changes.flatMap(({ user, before, after }): Note[] => {
      if (before !== undefined || after === undefined || !nobody.has(userKey(user))) return []
      const name = describeUser(user)
      const text = `${name} is not in the directory, or is not one account alone; the server may refuse them.`
      return [
        { kind: 'unknown', ...(step.type === 'folder' ? { folder: step.folder } : {}), user: name, text },
      ]
    })
  })
}

/** Whoever stands in one list by address and by SID. */
function namedTwice(state: MailboxState, { delegates = [], folders }: DesiredMailbox): Blocked[] {
  const twice = (users: readonly UserRef[], folder?: string): Blocked[] =>
    users.flatMap((user): Blocked[] => {
      const sid =
        'sid' in user ? undefined : users.find((one) => 'sid' in one && sameAccount(state, one, user))
      if (!sid) return []
      const reason = `${describeUser(user)} and ${describeUser(sid)} are one account; describe it once. ${HELD_BACK}`
      return [{ ...(folder === undefined ? {} : { folder }), user: describeUser(user), reason }]
    })
  return [
    ...twice(delegates.map(({ user }) => user)),
    ...folders.flatMap(({ folder, permissions }) =>
      twice(
        permissions.map(({ user }) => user),
        folder,
      ),
    ),
  ]
}

/**
 * Delegates and entries of one folder that are one account and cannot both be made so: they would be set in turn, at
 * every run. The same rule as in files, see `FolderCollector` in `grants.ts`, for what is seen only now: one account by
 * two names, and a folder by another one.
 */
function contradictions(state: MailboxState, described: DesiredMailbox, named: DesiredMailbox): Blocked[] {
  return named.folders.flatMap(({ folder, permissions }, at) => {
    if (!isDelegateFolder(folder)) return []
    return permissions.flatMap((permission, index): Blocked[] => {
      const position = (named.delegates ?? []).findIndex((one) =>
        sameAccount(state, one.user, permission.user),
      )
      const delegate = named.delegates?.[position]
      const [as, by] = [
        described.folders[at]?.permissions[index]?.user,
        described.delegates?.[position]?.user,
      ]
      if (!delegate || !as || !by) return []
      const level = delegate.levels[folder]
      const together =
        delegate.expires === permission.expires && (delegate.absent ?? false) === (permission.absent ?? false)
      if (together && level === undefined) return []
      const byOneName = userKey(as) === userKey(by)
      // Who comes off the list of delegates may well keep an entry, which files do not say in one place.
      if (byOneName && (level === undefined || delegate.absent)) return []
      const [name, other] = [describeUser(as), describeUser(by)]
      const who = byOneName ? name : `${name} and ${other} are one account, which`
      const what =
        level === undefined
          ? 'is to have rights here for another time than it is to be a delegate; give both the same end'
          : `is given rights here and ${level} as a delegate; say it in one place`
      return [{ folder, user: name, reason: `${who} ${what}. ${HELD_BACK}` }]
    })
  })
}

/** A user as one of the mailbox's lists shows them, else by the primary address; who is in no directory, as given. */
export async function byPrimaryAddress(
  backend: Backend,
  state: MailboxState,
  user: UserRef,
): Promise<UserRef> {
  const isListed =
    findDelegate(state, user) ?? state.folders.find(({ permissions }) => findEntry(permissions, user))
  if (!('smtpAddress' in user) || isListed) return user
  const smtpAddress = await backend.lookUp?.(state.mailbox, user.smtpAddress)
  return smtpAddress === undefined ? user : { smtpAddress }
}

async function primaryAddresses(
  backend: Backend,
  state: MailboxState,
  desired: DesiredMailbox,
): Promise<{ readonly primary: ReadonlyMap<string, UserRef>; readonly nobody: ReadonlySet<string> }> {
  const primary = new Map<string, UserRef>()
  const nobody = new Set<string>()
  if (!backend.lookUp) return { primary, nobody }
  const lists = [
    {
      wanted: desired.delegates ?? [],
      find: (user: UserRef): object | undefined => findDelegate(state, user),
    },
    ...desired.folders.map(({ folder, permissions }) => {
      const set = findFolderState(state, folder)?.permissions
      return {
        wanted: permissions,
        find: (user: UserRef): object | undefined => set && findEntry(set, user),
      }
    }),
  ]
  for (const { wanted, find } of lists) {
    for (const { user } of wanted) {
      if (!('smtpAddress' in user) || primary.has(userKey(user)) || find(user)) continue
      const smtpAddress = await backend.lookUp(desired.mailbox, user.smtpAddress)
      if (smtpAddress === undefined) nobody.add(userKey(user))
      else if (userKey({ smtpAddress }) !== userKey(user)) primary.set(userKey(user), { smtpAddress })
    }
  }
  return { primary, nobody }
}
