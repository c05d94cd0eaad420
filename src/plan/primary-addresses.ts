import type { Backend } from '../backends/backend.ts'
import { findDelegate, findEntry, findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import { describeUser, type UserRef, userKey } from '../model/user-ref.ts'
import type { DesiredMailbox } from './desired.ts'
import type { Blocked } from './mailbox-plan.ts'

/**
 * The description with the addresses that the mailbox's lists show. An account has several, lists show the primary
 * one, and by another one it would look like somebody to be added, and in exact mode like somebody to be removed. Who
 * is new goes by the primary address too: it is what the server keeps, so what a journal must name to be found again.
 *
 * Asks for described users who are not on their list, one after the other; backends remember the answers. Who is in
 * no directory stays as described.
 */
export async function withPrimaryAddresses(
  backend: Backend,
  state: MailboxState,
  desired: DesiredMailbox,
): Promise<{ readonly desired: DesiredMailbox; readonly blocked: readonly Blocked[] }> {
  const primary = await primaryAddresses(backend, state, desired)
  if (primary.size === 0) return { desired, blocked: [] }
  const blocked: Blocked[] = []
  const renamed = <T extends { readonly user: UserRef }>(list: readonly T[], folder?: string): T[] => {
    const described = new Set(list.map(({ user }) => userKey(user)))
    return list.flatMap((one) => {
      const user = primary.get(userKey(one.user))
      if (!user) return [one]
      if (!described.has(userKey(user))) {
        // Of two other addresses, the second is as much too many.
        described.add(userKey(user))
        return [{ ...one, user }]
      }
      const [name, known] = [describeUser(one.user), describeUser(user)]
      const reason = `${name} is another address of ${known}, who is described as well; describe them once.`
      blocked.push({ ...(folder === undefined ? {} : { folder }), user: name, reason })
      return []
    })
  }
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
