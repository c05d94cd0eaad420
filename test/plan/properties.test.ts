import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { DELEGATE_FOLDERS } from '../../src/model/delegate.ts'
import { rightsOf } from '../../src/model/mailbox-state.ts'
import { levelOf } from '../../src/model/permission-level.ts'
import { type UserRef, userKey } from '../../src/model/user-ref.ts'
import { applyGrants, applyPlans, type MailboxResult } from '../../src/plan/apply.ts'
import { type DesiredMailbox, isGone } from '../../src/plan/desired.ts'
import { Journal } from '../../src/plan/journal.ts'
import { plan } from '../../src/plan/plan.ts'
import { planRevert } from '../../src/plan/revert.ts'
import {
  byUser,
  desired,
  FOLDERS,
  isPerson,
  OWNER,
  PEOPLE,
  type Present,
  prepare,
  present,
  snapshot,
} from '../helpers/grants-arbitrary.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const now = new Date('2030-01-01T00:00:00Z')
const directory = await mkdtemp(join(tmpdir(), 'plan-'))
afterAll(() => rm(directory, { recursive: true }))
let journals = 0

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

function backendWith(state: Present, wanted: DesiredMailbox): MemoryBackend {
  const named = [...(wanted.delegates ?? []), ...wanted.folders.flatMap(({ permissions }) => permissions)]
  const backend = new MemoryBackend({ sids: state.sids || named.some(({ user }) => 'sid' in user) })
  prepare(backend, state)
  return backend
}

/** What is told beforehand, and is not for these properties. */
const BLOCKED = /meeting copies|can be read but not written back|no entry for Default/i

const RUNS = { numRuns: 300, seed: 42 }

test('applying reaches the described state, and planning again finds nothing', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const backend = backendWith(state, wanted)
      const { dropOrphans } = state
      const [result] = await all(applyGrants([wanted], { backend, now, dropOrphans }))
      expect((result as MailboxResult).reasons.filter((reason) => !BLOCKED.test(reason))).toEqual([])
      const [again] = await all(plan([wanted], { backend, now, dropOrphans }))
      expect(again?.steps).toEqual([])
      if (result?.reasons.length === 0) expectReached(backend, wanted)
    }),
    RUNS,
  )
})

test('whoever is not described keeps exactly what they have', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const backend = backendWith(state, wanted)
      const before = structuredClone(backend.mailbox(OWNER))
      await all(applyGrants([wanted], { backend, now, dropOrphans: state.dropOrphans }))
      const after = backend.mailbox(OWNER)
      for (const folder of FOLDERS) {
        const { unknownEntries = [], entries = [] } = before.folders[folder] ?? {}
        if (!state.dropOrphans) expect(after.folders[folder]?.unknownEntries).toEqual(unknownEntries)
        const isDefault = ({ user }: (typeof entries)[number]) => user.distinguishedUser === 'Default'
        const described = wanted.folders.find((one) => one.folder === folder)
        if (described?.permissions.some(({ user }) => 'distinguishedUser' in user)) continue
        expect(after.folders[folder]?.entries.find(isDefault)).toEqual(entries.find(isDefault))
      }
      if (!wanted.deliverMeetingRequests)
        expect(after.deliverMeetingRequests).toBe(before.deliverMeetingRequests)
      for (const who of PEOPLE) {
        const named = wanted.delegates?.some(({ user }) => isPerson(user, who))
        const listManaged = wanted.delegates && (wanted.mode === 'exact' || named)
        if (!listManaged) {
          expect(after.delegates.find(({ user }) => user === who)).toEqual(
            before.delegates.find(({ user }) => user === who),
          )
        }
        for (const folder of FOLDERS) {
          const described = wanted.folders.find((one) => one.folder === folder)
          const namedHere = described?.permissions.some(({ user }) => isPerson(user, who))
          const level = wanted.delegates?.find(({ user }) => isPerson(user, who))
          const byDelegate = (DELEGATE_FOLDERS as readonly string[]).includes(folder) && listManaged
          if (namedHere || (described && wanted.mode === 'exact')) continue
          if (byDelegate && (wanted.mode === 'exact' || (level && isGone(level, now)))) continue
          if (byDelegate && (level?.levels as Record<string, unknown>)?.[folder] !== undefined) continue
          const entry = (mailbox: typeof before) =>
            mailbox.folders[folder]?.entries.find(({ user }) => user.smtpAddress === who)
          expect(entry(after)).toEqual(entry(before))
        }
      }
    }),
    RUNS,
  )
})

test('putting a run back restores what was there', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const backend = backendWith(state, wanted)
      const before = snapshot(backend)
      const path = join(directory, `${journals++}.jsonl`)
      const journal = await Journal.create(path)
      await all(applyGrants([wanted], { backend, now, journal, dropOrphans: state.dropOrphans }))
      await journal.close()
      const plans = await all(planRevert(path))
      const [reverted] = await all(applyPlans(plans, { backend, now }))
      const reasons = reverted?.reasons ?? []
      // A list that cannot be written without a loss is left as it is, and that is told.
      const left: string[] = FOLDERS.filter((folder) =>
        reasons.some((reason) => reason.startsWith(`${folder},`)),
      )
      expect(reasons.filter((reason) => !/Entries would be lost/.test(reason))).toEqual([])
      // What cannot be put back is told: who was dropped, and a Default where there was none.
      const told = (kind: string) =>
        plans.flatMap(({ notes }) => notes.filter((note) => note.kind === kind).map(({ folder }) => folder))
      for (const [folder, list] of Object.entries(before.folders)) {
        if (told('orphan').includes(folder)) list.unknownEntries = []
        if (!told('default').includes(folder)) continue
        list.entries = [
          { user: { distinguishedUser: 'Default' as const }, rights: rightsOf('None') },
          ...list.entries,
        ].toSorted(byUser)
      }
      const after = snapshot(backend)
      for (const folder of left) {
        expect(after.folders[folder]?.unknownEntries).toEqual(before.folders[folder]?.unknownEntries)
        delete after.folders[folder]
        delete before.folders[folder]
      }
      expect(after).toEqual(before)
    }),
    RUNS,
  )
})

test('a saved plan does what applying the description does', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const direct = backendWith(state, wanted)
      const { dropOrphans } = state
      await all(applyGrants([wanted], { backend: direct, now, dropOrphans }))
      const backend = backendWith(state, wanted)
      const plans = JSON.parse(JSON.stringify(await all(plan([wanted], { backend, now, dropOrphans }))))
      await all(applyPlans(plans, { backend, now }))
      expect(snapshot(backend)).toEqual(snapshot(direct))
    }),
    RUNS,
  )
})

test('a lost answer on either side of a change is settled by reading, and nothing is done twice', async () => {
  const { EwsResponseError } = await import('../../src/errors.ts')
  await fc.assert(
    fc.asyncProperty(
      present,
      desired,
      fc.array(fc.constantFrom('before', 'after', 'fine'), { minLength: 8 }),
      async (state, wanted, faults) => {
        const clean = backendWith(state, wanted)
        const { dropOrphans } = state
        await all(applyGrants([wanted], { backend: clean, now, dropOrphans }))
        const backend = backendWith(state, wanted)
        let call = 0
        const failed = new Set<string>()
        backend.onApply = (when, _mailbox, step) => {
          // Each step is failed at most once, on one side.
          const key = JSON.stringify([step.type, step.type === 'folder' ? step.folder : step.action])
          if (when === 'before') call++
          if (failed.has(key) || faults[call % faults.length] !== when) return
          failed.add(key)
          throw new EwsResponseError('The answer was lost.', {
            responseCode: 'Lost',
            level: 'fault',
            mayHaveHappened: true,
          })
        }
        await all(applyGrants([wanted], { backend, now, dropOrphans }))
        expect(snapshot(backend)).toEqual(snapshot(clean))
        // What the backend was told to do, refused repetitions included, is what the clean run did.
        expect(backend.writes.length).toBe(clean.writes.length)
      },
    ),
    RUNS,
  )
})

function expectReached(backend: MemoryBackend, wanted: DesiredMailbox): void {
  const mailbox = backend.mailbox(OWNER)
  if (wanted.deliverMeetingRequests)
    expect(mailbox.deliverMeetingRequests).toBe(wanted.deliverMeetingRequests)
  const entry = (folder: string, who: UserRef) =>
    mailbox.folders[folder]?.entries.find(({ user }) =>
      user.smtpAddress ? isPerson(who, user.smtpAddress) : userKey(user as UserRef) === userKey(who),
    )
  for (const one of wanted.delegates ?? []) {
    const found = mailbox.delegates.find(({ user }) => isPerson(one.user, user))
    if (isGone(one, now)) {
      expect(found).toBeUndefined()
      continue
    }
    expect(found).toBeDefined()
    if (one.viewPrivateItems !== undefined) expect(found?.viewPrivateItems).toBe(one.viewPrivateItems)
    for (const [folder, level] of Object.entries(one.levels)) {
      expect(levelOf(entry(folder, one.user)?.rights ?? rightsOf('None'), 'ordinary')).toBe(level)
    }
  }
  if (wanted.mode === 'exact' && wanted.delegates) {
    const wantedNow = wanted.delegates.filter((one) => !isGone(one, now))
    expect(mailbox.delegates).toHaveLength(wantedNow.length)
    for (const { user } of wantedNow)
      expect(mailbox.delegates.some((delegate) => isPerson(user, delegate.user))).toBe(true)
  }
  for (const { folder, permissions } of wanted.folders) {
    for (const permission of permissions) {
      const found = entry(folder, permission.user)
      if (isGone(permission, now)) expect(found).toBeUndefined()
      else expect(found?.rights).toEqual(rightsOf(permission.grant))
    }
  }
}
