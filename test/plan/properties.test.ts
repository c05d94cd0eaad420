import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { DELEGATE_FOLDERS } from '../../src/model/delegate.ts'
import { rightsOf } from '../../src/model/mailbox-state.ts'
import { levelOf } from '../../src/model/permission-level.ts'
import { userKey } from '../../src/model/user-ref.ts'
import { applyGrants, applyPlans, type MailboxResult } from '../../src/plan/apply.ts'
import { type DesiredMailbox, isGone } from '../../src/plan/desired.ts'
import { Journal } from '../../src/plan/journal.ts'
import { plan } from '../../src/plan/plan.ts'
import { planRevert } from '../../src/plan/revert.ts'
import {
  desired,
  FOLDERS,
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

function backendWith(state: Present): MemoryBackend {
  const backend = new MemoryBackend()
  prepare(backend, state)
  return backend
}

const RUNS = { numRuns: 300, seed: 42 }

test('applying reaches the described state, and planning again finds nothing', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const backend = backendWith(state)
      const [result] = await all(applyGrants([wanted], { backend, now }))
      expect((result as MailboxResult).reasons.filter((reason) => !/meeting copies/i.test(reason))).toEqual(
        [],
      )
      const [again] = await all(plan([wanted], { backend, now }))
      expect(again?.steps).toEqual([])
      if (result?.reasons.length === 0) expectReached(backend, wanted)
    }),
    RUNS,
  )
})

test('whoever is not described keeps exactly what they have', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const backend = backendWith(state)
      const before = structuredClone(backend.mailbox(OWNER))
      await all(applyGrants([wanted], { backend, now }))
      const after = backend.mailbox(OWNER)
      if (!wanted.deliverMeetingRequests)
        expect(after.deliverMeetingRequests).toBe(before.deliverMeetingRequests)
      for (const who of PEOPLE) {
        const named = wanted.delegates?.some(({ user }) => userKey(user) === `smtp:${who}`)
        const listManaged = wanted.delegates && (wanted.mode === 'exact' || named)
        if (!listManaged) {
          expect(after.delegates.find(({ user }) => user === who)).toEqual(
            before.delegates.find(({ user }) => user === who),
          )
        }
        for (const folder of FOLDERS) {
          const described = wanted.folders.find((one) => one.folder === folder)
          const namedHere = described?.permissions.some(({ user }) => userKey(user) === `smtp:${who}`)
          const level = wanted.delegates?.find(({ user }) => userKey(user) === `smtp:${who}`)
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
      const backend = backendWith(state)
      const before = snapshot(backend)
      const path = join(directory, `${journals++}.jsonl`)
      const journal = await Journal.create(path)
      await all(applyGrants([wanted], { backend, now, journal }))
      await journal.close()
      const [reverted] = await all(applyPlans(planRevert(path), { backend, now }))
      expect(reverted?.reasons ?? []).toEqual([])
      expect(snapshot(backend)).toEqual(before)
    }),
    RUNS,
  )
})

test('a saved plan does what applying the description does', async () => {
  await fc.assert(
    fc.asyncProperty(present, desired, async (state, wanted) => {
      const direct = backendWith(state)
      await all(applyGrants([wanted], { backend: direct, now }))
      const backend = backendWith(state)
      const plans = JSON.parse(JSON.stringify(await all(plan([wanted], { backend, now }))))
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
        const clean = backendWith(state)
        await all(applyGrants([wanted], { backend: clean, now }))
        const backend = backendWith(state)
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
        await all(applyGrants([wanted], { backend, now }))
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
  const entry = (folder: string, who: string) =>
    mailbox.folders[folder]?.entries.find(({ user }) => userKey(user as never) === who)
  for (const one of wanted.delegates ?? []) {
    const key = userKey(one.user)
    const found = mailbox.delegates.find(({ user }) => `smtp:${user}` === key)
    if (isGone(one, now)) {
      expect(found).toBeUndefined()
      continue
    }
    expect(found).toBeDefined()
    if (one.viewPrivateItems !== undefined) expect(found?.viewPrivateItems).toBe(one.viewPrivateItems)
    for (const [folder, level] of Object.entries(one.levels)) {
      expect(levelOf(entry(folder, key)?.rights ?? rightsOf('None'), 'ordinary')).toBe(level)
    }
  }
  if (wanted.mode === 'exact' && wanted.delegates) {
    const keys = wanted.delegates.filter((one) => !isGone(one, now)).map(({ user }) => userKey(user))
    expect(mailbox.delegates.map(({ user }) => `smtp:${user}`).sort()).toEqual(keys.sort())
  }
  for (const { folder, permissions } of wanted.folders) {
    for (const permission of permissions) {
      const found = entry(folder, userKey(permission.user))
      if (isGone(permission, now)) expect(found).toBeUndefined()
      else expect(found?.rights).toEqual(rightsOf(permission.grant))
    }
  }
}
