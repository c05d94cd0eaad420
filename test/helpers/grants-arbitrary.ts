import fc from 'fast-check'
import { DELEGATE_FOLDERS, DELIVER_MEETING_REQUESTS } from '../../src/model/delegate.ts'
import type { Grant } from '../../src/model/mailbox-state.ts'
import {
  DELEGATE_LEVELS,
  type FolderRights,
  ITEM_SCOPES,
  levelOf,
  NAMED_LEVELS,
} from '../../src/model/permission-level.ts'
import { type UserRef, userKey } from '../../src/model/user-ref.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox } from '../../src/plan/desired.ts'
import { type MemoryBackend, sidOf } from './memory-backend.ts'

export const OWNER = 'owner@contoso.com'
export const PEOPLE = ['ann', 'ben', 'cleo', 'dan'].map((name) => `${name}@contoso.com`)
const ORPHAN = 'S-1-5-21-1-2-3-4'
export const FOLDERS = [...DELEGATE_FOLDERS, '/Projects'] as const

const user: fc.Arbitrary<UserRef> = fc.constantFrom(...PEOPLE).map((smtpAddress) => ({ smtpAddress }))
const rights: fc.Arbitrary<FolderRights> = fc.record({
  createItems: fc.boolean(),
  createSubFolders: fc.boolean(),
  folderOwner: fc.boolean(),
  folderVisible: fc.boolean(),
  folderContact: fc.boolean(),
  editItems: fc.constantFrom(...ITEM_SCOPES),
  deleteItems: fc.constantFrom(...ITEM_SCOPES),
  readItems: fc.constantFrom('None' as const, 'FullDetails' as const),
})
const grant: fc.Arbitrary<Grant> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMED_LEVELS.filter((level) => !level.startsWith('FreeBusy'))) },
  {
    weight: 1,
    arbitrary: rights.map((given): Grant => {
      const level = levelOf(given, 'ordinary')
      return level === 'Custom' ? given : (level as Grant)
    }),
  },
)
const delegateLevel = fc.constantFrom(...DELEGATE_LEVELS)

/** Mostly none. */
const oddFolders = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...FOLDERS), { maxLength: 2 }) },
)

export interface Present {
  readonly delivery: (typeof DELIVER_MEETING_REQUESTS)[number]
  readonly delegates: readonly {
    readonly user: string
    readonly levels: readonly (typeof DELEGATE_LEVELS)[number][]
    readonly viewPrivateItems: boolean
    readonly copies: boolean
  }[]
  readonly entries: readonly {
    readonly folder: (typeof FOLDERS)[number]
    readonly user: UserRef
    readonly grant: Grant
  }[]
  /** Accounts are shown with their SIDs. */
  readonly sids: boolean
  /** Folders with an entry of a deleted account. */
  readonly orphans: readonly (typeof FOLDERS)[number][]
  /** Folders whose list is answered without Default. */
  readonly withoutDefault: readonly (typeof FOLDERS)[number][]
  /** Whether the run may drop entries of deleted accounts. */
  readonly dropOrphans: boolean
}

export const present: fc.Arbitrary<Present> = fc.record({
  delivery: fc.constantFrom(...DELIVER_MEETING_REQUESTS),
  delegates: fc.uniqueArray(
    fc.record({
      user: fc.constantFrom(...PEOPLE),
      levels: fc.array(delegateLevel, { minLength: 6, maxLength: 6 }),
      viewPrivateItems: fc.boolean(),
      copies: fc.boolean(),
    }),
    { selector: (delegate) => delegate.user, maxLength: 3 },
  ),
  entries: fc.array(fc.record({ folder: fc.constantFrom(...FOLDERS), user, grant }), { maxLength: 8 }),
  sids: fc.boolean(),
  orphans: oddFolders,
  withoutDefault: oddFolders,
  dropOrphans: fc.boolean(),
})

const delegate: fc.Arbitrary<DesiredDelegate> = fc
  .record(
    {
      user,
      levels: fc.record(Object.fromEntries(DELEGATE_FOLDERS.map((folder) => [folder, delegateLevel])), {
        requiredKeys: [],
      }),
      viewPrivateItems: fc.boolean(),
      receiveCopiesOfMeetingMessages: fc.boolean(),
      expires: fc.constantFrom('2020-01-01T00:00:00.000Z', '2040-01-01T00:00:00.000Z'),
    },
    { requiredKeys: ['user', 'levels'] },
  )
  // What Exchange refuses is not part of these properties; it has tests of its own.
  .map((one) =>
    one.receiveCopiesOfMeetingMessages
      ? { ...one, levels: { ...one.levels, calendar: 'Editor' as const } }
      : one,
  )

const folder: fc.Arbitrary<DesiredFolder> = fc.record({
  folder: fc.constantFrom(...FOLDERS),
  permissions: fc.uniqueArray(
    fc.oneof(
      fc.record({ user, grant }),
      fc.record({ user, grant, expires: fc.constant('2020-01-01T00:00:00.000Z') }),
      fc.record({ user: fc.constant<UserRef>({ distinguishedUser: 'Default' }), grant }),
    ),
    { selector: (permission) => JSON.stringify(permission.user), maxLength: 3 },
  ),
})

export const desired: fc.Arbitrary<DesiredMailbox> = fc
  .record(
    {
      mailbox: fc.constant(OWNER),
      mode: fc.constantFrom('additive' as const, 'exact' as const),
      deliverMeetingRequests: fc.constantFrom(...DELIVER_MEETING_REQUESTS),
      delegates: fc.uniqueArray(delegate, { selector: (one) => JSON.stringify(one.user), maxLength: 3 }),
      folders: fc.uniqueArray(folder, { selector: (one) => one.folder, maxLength: 3 }),
    },
    { requiredKeys: ['mailbox', 'mode', 'folders'] },
  )
  .chain((mailbox) => fc.boolean().map((bySid) => (bySid ? named(mailbox, sidOf) : mailbox)))
  .map((mailbox) => ({
    ...mailbox,
    // A file that gives one user two levels on one folder is refused when it is read.
    folders: mailbox.folders.map((described) => ({
      ...described,
      permissions: described.permissions.filter(
        (permission) =>
          !mailbox.delegates?.some(
            (one) =>
              JSON.stringify(one.user) === JSON.stringify(permission.user) &&
              (one.expires !== undefined ||
                (one.levels as Record<string, unknown>)[described.folder] !== undefined),
          ),
      ),
    })),
  }))

/** Everybody by SID, as exports name accounts that have no address. */
function named(mailbox: DesiredMailbox, sid: (address: string) => string): DesiredMailbox {
  const byName = <T extends { readonly user: UserRef }>(one: T): T =>
    'smtpAddress' in one.user ? { ...one, user: { sid: sid(one.user.smtpAddress) } } : one
  return {
    ...mailbox,
    ...(mailbox.delegates ? { delegates: mailbox.delegates.map(byName) } : {}),
    folders: mailbox.folders.map((one) => ({ ...one, permissions: one.permissions.map(byName) })),
  }
}

/** Is this the user with that address? */
export function isPerson(user: UserRef, address: string): boolean {
  return userKey(user) === `smtp:${address}` || ('sid' in user && user.sid === sidOf(address))
}

/** Puts a mailbox into the backend. */
export function prepare(backend: MemoryBackend, state: Present, address = OWNER): void {
  const mailbox = backend.add(address, ['/Projects'])
  mailbox.deliverMeetingRequests = state.delivery
  for (const { folder: name, user: who, grant: given } of state.entries)
    backend.grant(address, name, who, given)
  for (const { user: who, levels, viewPrivateItems, copies } of state.delegates) {
    for (const [index, name] of DELEGATE_FOLDERS.entries()) {
      const level = name === 'calendar' && copies ? 'Editor' : (levels[index] as Grant)
      backend.grant(address, name, { smtpAddress: who }, level === 'None' ? undefined : level)
    }
    // Some of the entries that came first stay, so that there are delegates with rights of their own.
    for (const entry of state.entries.slice(0, 2)) {
      const copied = state.delegates.some((one) => one.copies && isPerson(entry.user, one.user))
      if (!(copied && entry.folder === 'calendar'))
        backend.grant(address, entry.folder, entry.user, entry.grant)
    }
    mailbox.delegates.push({ user: who, viewPrivateItems, receiveCopiesOfMeetingMessages: copies })
  }
  for (const folder of state.orphans) mailbox.folders[folder]?.unknownEntries.push(ORPHAN)
  for (const folder of state.withoutDefault) backend.takeDefault(address, folder)
}

export function byUser(a: { readonly user: object }, b: { readonly user: object }): number {
  return JSON.stringify(a.user).localeCompare(JSON.stringify(b.user))
}

/** Everything a mailbox holds, in no order. */
export function snapshot(backend: MemoryBackend, address = OWNER) {
  const mailbox = backend.mailbox(address)
  return {
    delivery: mailbox.deliverMeetingRequests,
    delegates: mailbox.delegates.toSorted((a, b) => a.user.localeCompare(b.user)),
    folders: Object.fromEntries(
      Object.entries(mailbox.folders).map(([name, { entries, unknownEntries }]) => [
        name,
        {
          entries: entries.toSorted(byUser),
          unknownEntries: [...unknownEntries],
        },
      ]),
    ),
  }
}
