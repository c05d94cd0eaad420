import type { Backend } from '../backends/backend.ts'
import { findDelegate, findEntry, findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import { describeUser, type UserRef, userKey } from '../model/user-ref.ts'
import type { DesiredMailbox } from './desired.ts'
import type { Blocked } from './mailbox-plan.ts'

/**
 * The description with the addresses that the mailbox's lists show. An account has several, lists show the primary
 * one, and by another one it would look like somebody to be added, and in exact mode like somebody to be removed.
 *
 * Asks only for users who are described and are not on a list that holds somebody: others are found, or need not be.
 */
export async function withPrimaryAddresses(
  backend: Backend,
  state: MailboxState,
  desired: DesiredMailbox,
): Promise<{ readonly desired: DesiredMailbox; readonly blocked: readonly Blocked[] }> {
  const primary = await primaryAddresses(backend, state, desired)
  if (primary.size === 0) return { desired, blocked: [] }
  const blocked: Blocked[] = []
  const renamed = <T extends { readonly user: UserRef }>(list: readonly T[], folder?: string): T[] =>
    list.flatMap((one) => {
      const user = primary.get(userKey(one.user))
      if (!user) return [one]
      if (!list.some((other) => userKey(other.user) === userKey(user))) return [{ ...one, user }]
      const [name, known] = [describeUser(one.user), describeUser(user)]
      const reason = `${name} is another address of ${known}, who is described as well; describe them once.`
      blocked.push({ ...(folder === undefined ? {} : { folder }), user: name, reason })
      return []
    })
  return {
    desired: {
      ...desired,
      ...(desired.delegates ? { delegates: renamed(desired.delegates) } : {}),
      folders: desired.folders.map((folder) => ({
        ...folder,
        permissions: renamed(folder.permissions, folder.folder),
      })),
    },
    blocked,
  }
}

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
      present: (desired.delegates && state.delegates) ?? [],
      find: (user: UserRef): object | undefined => findDelegate(state, user),
    },
    ...desired.folders.map(({ folder, permissions }) => {
      const set = findFolderState(state, folder)?.permissions
      return {
        wanted: permissions,
        present: (set?.entries ?? []).filter(({ user }) => !user.distinguishedUser),
        find: (user: UserRef): object | undefined => set && findEntry(set, user),
      }
    }),
  ]
  for (const { wanted, present, find } of lists) {
    if (present.length === 0) continue
    for (const { user } of wanted) {
      if (!('smtpAddress' in user) || primary.has(userKey(user)) || find(user)) continue
      const smtpAddress = await backend.lookUp(desired.mailbox, user.smtpAddress)
      if (smtpAddress === undefined || userKey({ smtpAddress }) === userKey(user)) continue
      if (find({ smtpAddress })) primary.set(userKey(user), { smtpAddress })
    }
  }
  return primary
}
