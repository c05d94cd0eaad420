import fc from 'fast-check'
import { DELEGATE_FOLDERS, DELIVER_MEETING_REQUESTS, type DelegateFolder } from '../../src/model/delegate.ts'
import { DELEGATE_LEVELS, type DelegateLevel } from '../../src/model/permission-level.ts'
import { type UserRef, userKey } from '../../src/model/user-ref.ts'
import type {
  DesiredDelegate,
  DesiredFolder,
  DesiredMailbox,
  DesiredPermission,
} from '../../src/plan/desired.ts'
import { levelOfRights } from '../../src/simulator/store/rights.ts'
import {
  aliasOf,
  bitsOf,
  FOLDERS,
  GROUP,
  grantFor,
  isLost,
  kindOf,
  LEAVER_SID,
  OWNER,
  PEOPLE,
  sidOf,
  type Truth,
} from './exchange-world.ts'

/*
 * What may be wanted of the mailbox of exchange-world.ts, and what the mailbox must then hold: a second account of
 * what docs/grants.md says, by the store's own rights.
 */

export const NOW = new Date('2030-01-01T00:00:00Z')
const PAST = '2020-01-01T00:00:00.000Z'
const FUTURE = '2040-01-01T00:00:00.000Z'

type Naming = 'address' | 'case' | 'alias' | 'sid'

/** How files name a person: mostly by the primary address. */
const naming: fc.Arbitrary<Naming> = fc.oneof(
  { weight: 5, arbitrary: fc.constant('address' as const) },
  { weight: 1, arbitrary: fc.constantFrom('case' as const, 'alias' as const, 'sid' as const) },
)

function named(address: string, how: Naming): UserRef {
  if (how === 'sid') return { sid: sidOf(address) }
  if (how === 'alias' && PEOPLE.includes(address)) return { smtpAddress: aliasOf(address) }
  return { smtpAddress: how === 'case' ? address.toUpperCase() : address }
}

/** The address of whoever is meant; `Default` and `Anonymous` are themselves. */
export function personOf(user: UserRef): string {
  if ('distinguishedUser' in user) return user.distinguishedUser
  if ('sid' in user) return [...PEOPLE, GROUP, OWNER].find((one) => sidOf(one) === user.sid) ?? user.sid
  const address = user.smtpAddress.toLowerCase()
  return PEOPLE.find((one) => aliasOf(one) === address) ?? address
}

const leaving = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constantFrom({ expires: PAST }, { expires: FUTURE }, { absent: true }) },
)

const levels = fc.record(
  Object.fromEntries(DELEGATE_FOLDERS.map((folder) => [folder, fc.constantFrom(...DELEGATE_LEVELS)])),
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<Record<DelegateFolder, DelegateLevel>>>

const delegate: fc.Arbitrary<DesiredDelegate> = fc
  .tuple(
    fc.constantFrom(...PEOPLE),
    naming,
    fc.record(
      { levels, viewPrivateItems: fc.boolean(), receiveCopiesOfMeetingMessages: fc.boolean() },
      { requiredKeys: ['levels'] },
    ),
    leaving,
    fc.boolean(),
  )
  .map(([person, how, said, until, editor]) => ({
    user: named(person, how),
    ...said,
    // Half of those who shall receive copies have what that takes.
    ...(said.receiveCopiesOfMeetingMessages && editor
      ? { levels: { ...said.levels, calendar: 'Editor' as const } }
      : {}),
    ...until,
  }))

const permissionOn = (folder: string): fc.Arbitrary<DesiredPermission> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom(...PEOPLE), naming, grantFor(folder), leaving)
        .map(([person, how, grant, until]) => ({ user: named(person, how), grant, ...until })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('Default' as const, 'Anonymous' as const), grantFor(folder))
        .map(([distinguishedUser, grant]) => ({ user: { distinguishedUser }, grant })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(GROUP, OWNER), grantFor(folder), leaving)
        .map(([smtpAddress, grant, until]) => ({ user: { smtpAddress }, grant, ...until })),
    },
    {
      weight: 1,
      arbitrary: fc.constant({ user: { sid: LEAVER_SID }, grant: 'None' as const, absent: true }),
    },
  )

/** What a file can say; whoever says two things of one person on one folder is told when it is read. */
export const desired: fc.Arbitrary<DesiredMailbox> = describing(personOf)

/** Also what is only seen to be two things of one person when it is known who has which addresses and which SID. */
export const ambiguous: fc.Arbitrary<DesiredMailbox> = describing(userKey)

/** @param keyOf the same for users of whom a file says one thing only. */
function describing(keyOf: (user: UserRef) => string): fc.Arbitrary<DesiredMailbox> {
  const folder: fc.Arbitrary<DesiredFolder> = fc.constantFrom(...FOLDERS).chain((name) =>
    fc.record({
      folder: fc.constant(name),
      permissions: fc.uniqueArray(permissionOn(name), { selector: ({ user }) => keyOf(user), maxLength: 3 }),
    }),
  )
  const saidTwice = ({ delegates = [] }: DesiredMailbox, name: string, given: DesiredPermission) => {
    if (!(DELEGATE_FOLDERS as readonly string[]).includes(name)) return false
    const also = delegates.find(({ user }) => keyOf(user) === keyOf(given.user))
    if (!also) return false
    const together = also.expires === given.expires && (also.absent ?? false) === (given.absent ?? false)
    return !together || also.levels[name as DelegateFolder] !== undefined
  }
  return fc
    .record(
      {
        mailbox: fc.constant(OWNER),
        mode: fc.constantFrom('additive' as const, 'exact' as const),
        deliverMeetingRequests: fc.constantFrom(...DELIVER_MEETING_REQUESTS),
        delegates: fc.uniqueArray(delegate, { selector: ({ user }) => keyOf(user), maxLength: 3 }),
        folders: fc.uniqueArray(folder, { selector: (one) => one.folder, maxLength: 3 }),
      },
      { requiredKeys: ['mailbox', 'mode', 'folders'] },
    )
    .map((mailbox) => ({
      ...mailbox,
      folders: mailbox.folders.map((one) => ({
        ...one,
        permissions: one.permissions.filter((permission) => !saidTwice(mailbox, one.folder, permission)),
      })),
    }))
}

/** Files with mistakes that show without a server are refused when they are read. */
export function canBeWritten({ delegates = [] }: DesiredMailbox): boolean {
  return delegates.every(
    ({ receiveCopiesOfMeetingMessages, absent, levels: { calendar } }) =>
      !receiveCopiesOfMeetingMessages || absent || calendar === undefined || calendar === 'Editor',
  )
}

export function isOver({
  expires,
  absent,
}: {
  readonly expires?: string
  readonly absent?: boolean
}): boolean {
  return absent === true || (expires !== undefined && Date.parse(expires) <= NOW.getTime())
}

/** What the mailbox holds when all of it was done. */
export function expected(before: Truth, wanted: DesiredMailbox, dropOrphans: boolean): Truth {
  const after = structuredClone(before) as {
    delivery: string
    delegates: Record<string, { viewPrivateItems: boolean; copies: boolean }>
    sendOnBehalf: string[]
    folders: Record<string, Record<string, number>>
  }
  const exact = wanted.mode === 'exact'
  const list = (name: string) => after.folders[name] as Record<string, number>
  const isDelegate = (person: string) => person in after.delegates && after.sendOnBehalf.includes(person)
  const describes = (name: string, person: string) =>
    wanted.folders
      .find((one) => one.folder === name)
      ?.permissions.some(({ user }) => personOf(user) === person) ?? false
  const remove = (person: string) => {
    delete after.delegates[person]
    after.sendOnBehalf = after.sendOnBehalf.filter((one) => one !== person)
    for (const name of DELEGATE_FOLDERS) delete list(name)[person]
  }
  const rewritten = new Set<string>()
  if (wanted.deliverMeetingRequests) after.delivery = wanted.deliverMeetingRequests
  if (wanted.delegates && exact) {
    const described = new Set(wanted.delegates.map(({ user }) => personOf(user)))
    for (const person of Object.keys(after.delegates))
      if (isDelegate(person) && !described.has(person)) remove(person)
  }
  for (const one of wanted.delegates ?? []) {
    const person = personOf(one.user)
    const was = isDelegate(person)
    if (isOver(one)) {
      if (was) remove(person)
      continue
    }
    const old = was && !exact ? after.delegates[person] : undefined
    after.delegates[person] = {
      viewPrivateItems: one.viewPrivateItems ?? old?.viewPrivateItems ?? false,
      copies: one.receiveCopiesOfMeetingMessages ?? old?.copies ?? false,
    }
    if (!was) after.sendOnBehalf = [...after.sendOnBehalf, person].sort()
    for (const name of DELEGATE_FOLDERS) {
      const entries = list(name)
      const present = entries[person]
      const level = one.levels[name] ?? (exact && !describes(name, person) ? 'None' : undefined)
      if (level === undefined) {
        // Becoming a delegate takes away what no delegate level says, and it is set again.
        const kind = kindOf(name)
        const kept =
          present !== undefined && !['Reviewer', 'Author', 'Editor'].includes(levelOfRights(present, kind))
        if (!was && !exact && kept && !describes(name, person)) rewritten.add(name)
        if (!was && describes(name, person) && present !== undefined) rewritten.add(name)
        continue
      }
      // To a delegate, no rights and no entry are one level.
      if (level === 'None' && !(was && present === 0)) delete entries[person]
      else if (level !== 'None') entries[person] = bitsOf(level, kindOf(name))
    }
  }
  for (const { folder: name, permissions } of wanted.folders) {
    const entries = list(name)
    const unchanged = JSON.stringify(entries)
    for (const one of permissions) {
      if (isOver(one)) delete entries[personOf(one.user)]
      else entries[personOf(one.user)] = bitsOf(one.grant, kindOf(name))
    }
    if (exact) {
      const byDelegate = (DELEGATE_FOLDERS as readonly string[]).includes(name)
      for (const who of Object.keys(entries)) {
        const stays =
          who === 'Default' ||
          who === 'Anonymous' ||
          who === OWNER ||
          isLost(who) ||
          describes(name, who) ||
          (byDelegate && isDelegate(who))
        if (!stays) delete entries[who]
      }
    }
    if (exact || JSON.stringify(entries) !== unchanged) rewritten.add(name)
  }
  if (dropOrphans)
    for (const name of rewritten)
      for (const who of Object.keys(list(name))) if (isLost(who)) delete list(name)[who]
  return after
}
