import type { Backend } from '../backends/backend.ts'
import { isDelegateFolder } from '../model/folder-name.ts'
import { findDelegate, findEntry, findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import { describeUser, type UserRef, userKey } from '../model/user-ref.ts'
import type { DesiredMailbox } from './desired.ts'
import { sameAccount } from './diff.ts'
import type { Blocked } from './mailbox-plan.ts'

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
): Promise<{ readonly desired: DesiredMailbox; readonly blocked: readonly Blocked[] }> {
  const primary = await primaryAddresses(backend, state, desired)
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
  return { desired: named, blocked: [...blocked, ...contradictions(state, desired, named)] }
}

/**
 * Delegates and entries of one folder that are one account by two names and cannot both be made so: they would be set
 * in turn, at every run. The same rule as for one name, see `FolderCollector` in `grants.ts`.
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
      if (!delegate || !as || !by || userKey(as) === userKey(by)) return []
      const level = delegate.levels[folder]
      const together =
        delegate.expires === permission.expires && (delegate.absent ?? false) === (permission.absent ?? false)
      if (together && level === undefined) return []
      const [name, other] = [describeUser(as), describeUser(by)]
      const what =
        level === undefined
          ? 'is to have rights here for another time than it is to be a delegate; give both the same end'
          : `is given rights here and ${level} as a delegate; say it in one place`
      return [
        { folder, user: name, reason: `${name} and ${other} are one account, which ${what}. ${HELD_BACK}` },
      ]
    })
  })
}

const HELD_BACK = 'Until then nothing is changed in this mailbox.'

async function primaryAddresses(
  backend: Backend,
  state: MailboxState,
  desired: DesiredMailbox,
): Promise<ReadonlyMap<string, UserRef>> {
  const primary = new Map<string, UserRef>()
  if (!backend.lookUp) return primary
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
      if (smtpAddress === undefined || userKey({ smtpAddress }) === userKey(user)) continue
      primary.set(userKey(user), { smtpAddress })
    }
  }
  return primary
}
