import { beforeEach, describe, expect, test } from 'vitest'
import { ConnectionError, InvalidInputError } from '../../src/errors.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import { applyPlans } from '../../src/plan/apply.ts'
import { accessOf } from '../../src/plan/audit.ts'
import { planClone, planOffboard } from '../../src/plan/who.ts'
import { MemoryBackend, sidOf } from '../helpers/memory-backend.ts'

const OWNER = 'owner@contoso.com'
const SID = 'S-1-5-21-1-2-3-4'
const ann = { smtpAddress: 'ann@contoso.com' }
const ben = { smtpAddress: 'ben@contoso.com' }

let backend: MemoryBackend
beforeEach(() => {
  backend = new MemoryBackend()
  backend.add(OWNER, ['/Projects'])
})

async function first<T>(source: AsyncIterable<T>): Promise<T> {
  for await (const value of source) return value
  throw new Error('There is none.')
}
async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}
const offboard = (users: Parameters<typeof planOffboard>[0], options = {}) =>
  first(planOffboard(users, [OWNER], { backend, folders: 'all', ...options }))
const clone = (options = {}) => first(planClone(ann, ben, [OWNER], { backend, folders: 'all', ...options }))

describe('taking a leaver out', () => {
  test('drops only the lists that show the leaver’s SID', async () => {
    backend.mailbox(OWNER).folders.inbox?.unknownEntries.push(SID.toLowerCase())
    backend.mailbox(OWNER).folders.notes?.unknownEntries.push('S-1-5-21-9-9-9-9')
    const { steps, blocked } = await offboard([{ sid: SID }], { dropOrphans: true })
    expect(steps).toEqual([{ type: 'folder', folder: 'inbox', changes: [], drops: [SID.toLowerCase()] }])
    expect(blocked).toEqual([])
    const without = await offboard([{ sid: SID }])
    expect(without.steps).toEqual([])
    expect(without.blocked).toMatchObject([{ folder: 'inbox' }])
  })

  describe('by SID, where a delegate cannot be read', () => {
    const leaver = { sid: sidOf('gone@contoso.com') }
    let problems: number
    beforeEach(() => {
      problems = 1
      const read = backend.read.bind(backend)
      const problem = { code: 'ErrorDelegateNoUser', message: 'The delegate does not map to a user.' }
      backend.read = async (...given) => ({
        ...(await read(...given)),
        delegateProblems: Array.from({ length: problems }, () => problem),
      })
    })
    const result = async () => first(applyPlans([await offboard([leaver])], { backend }))

    test('changes nothing, and fails nothing, where that is somebody else', async () => {
      const made = await result()
      expect(made).toMatchObject({ status: 'unchanged', reasons: [], steps: [{ outcomes: [true] }] })
      expect(backend.writes).toHaveLength(1)
    })

    test('has changed it where the answer to the removal was lost', async () => {
      problems = 2
      let sent = 0
      const apply = backend.apply.bind(backend)
      backend.apply = async (...given) => {
        if (sent++ > 0) return apply(...given)
        problems--
        throw new ConnectionError('ERR_CONNECTION', 'Gone.', { mayHaveHappened: true })
      }
      expect(await result()).toMatchObject({ status: 'changed', reasons: [] })
      expect(sent).toBe(2)
    })

    test('still fails for any other reason', async () => {
      backend.apply = async () => [{ ok: false, user: leaver, code: 'ErrorAccessDenied', message: 'No.' }]
      expect(await result()).toMatchObject({ status: 'failed' })
    })
  })

  test('by another address finds what the lists show by the primary one', async () => {
    backend.grant(OWNER, 'inbox', ann, 'Editor')
    backend.mailbox(OWNER).delegates.push({
      user: ann.smtpAddress,
      viewPrivateItems: false,
      receiveCopiesOfMeetingMessages: false,
    })
    const alias = { smtpAddress: 'Ann.Other@contoso.com' }
    const asked: string[] = []
    const other = Object.assign(backend, {
      lookUp: async (_: string, word: string) => {
        asked.push(word)
        return word === alias.smtpAddress ? ann.smtpAddress : undefined
      },
    })
    const steps = (await offboard([ann])).steps
    expect(steps).toMatchObject([{ action: 'remove', changes: [{ user: ann }] }])
    // Whoever is on a list is known.
    expect(asked).toEqual([])
    expect((await offboard([alias])).steps).toEqual(steps)
    const [found] = await all(accessOf(alias, [OWNER], { backend: other, groups: false }))
    expect(found?.access.map(({ user }) => user)).toContain(ann.smtpAddress)
    const given = { backend: other, folders: 'all' } as const
    expect((await first(planClone(alias, ben, [OWNER], given))).steps).toEqual((await clone()).steps)
    // To whom it goes by the address that the server keeps.
    expect((await first(planClone(ben, alias, [OWNER], given))).steps).toEqual([])
    backend.grant(OWNER, 'notes', ben, 'Reviewer')
    expect((await first(planClone(ben, alias, [OWNER], given))).steps).toMatchObject([
      { folder: 'notes', changes: [{ user: ann }] },
    ])
    expect(await first(planClone(ann, alias, [OWNER], given))).toMatchObject({
      error: { message: 'ann@contoso.com cannot be cloned to themselves.' },
    })
  })

  test('takes users as text, too, and says of what is none that it is not', async () => {
    backend.grant(OWNER, 'inbox', ann, 'Editor')
    const given = { backend, folders: 'all' } as const
    const { steps } = await offboard([ann])
    expect((await first(planOffboard([ann.smtpAddress], [OWNER], given))).steps).toEqual(steps)
    expect((await first(planClone(ann.smtpAddress, ben.smtpAddress, [OWNER], given))).steps).toEqual(
      (await clone()).steps,
    )
    const [found] = await all(accessOf(ann.smtpAddress, [OWNER], { backend, groups: false }))
    expect(found?.access).toMatchObject([{ path: 'default' }, { user: ann.smtpAddress }])
    for (const wrong of ['ann', 5 as unknown as string, {} as never]) {
      expect(() => planOffboard([wrong], [OWNER], given)).toThrow(InvalidInputError)
      expect(() => planClone(ann, wrong, [OWNER], given)).toThrow(InvalidInputError)
      expect(() => planClone(wrong, ann, [OWNER], given)).toThrow(InvalidInputError)
      expect(() => accessOf(wrong, [OWNER], { backend })).toThrow(InvalidInputError)
    }
  })

  test('of delegates alone leaves the folders alone', async () => {
    backend.grant(OWNER, 'inbox', ann, 'Editor')
    expect((await offboard([ann], { folders: 'none' })).steps).toEqual([])
  })

  test('looks at every folder unless told otherwise', async () => {
    backend.grant(OWNER, '/Projects', ann, 'Owner')
    expect((await first(planOffboard([ann], [OWNER], { backend }))).steps).toMatchObject([
      { folder: '/Projects' },
    ])
    expect((await offboard([ann], { folders: 'standard' })).steps).toEqual([])
  })

  test('tells of a folder that could not be read', async () => {
    delete backend.mailbox(OWNER).folders.notes
    const { blocked } = await offboard([ann], { folders: 'standard' })
    expect(blocked).toMatchObject([{ folder: 'notes', reason: expect.stringContaining('could not be read') }])
  })
})

describe('giving one user what another has', () => {
  test('joins rights of which neither holds the other', async () => {
    backend.grant(OWNER, '/Projects', ann, 'Reviewer')
    backend.grant(OWNER, '/Projects', ben, 'Contributor')
    const { steps } = await clone()
    expect(steps).toEqual([
      {
        type: 'folder',
        folder: '/Projects',
        changes: [
          {
            user: ben,
            before: 'Contributor',
            after: { ...LEVEL_RIGHTS.Contributor, readItems: 'FullDetails' },
          },
        ],
      },
    ])
  })

  test('joins them on the folders of delegates, too', async () => {
    backend.mailbox(OWNER).delegates.push({
      user: ann.smtpAddress,
      viewPrivateItems: false,
      receiveCopiesOfMeetingMessages: false,
    })
    backend.grant(OWNER, 'inbox', ann, 'Reviewer')
    backend.grant(OWNER, 'inbox', ben, 'Contributor')
    const { steps } = await clone()
    expect(steps).toMatchObject([
      { action: 'add', changes: [{ user: ben, after: { levels: { inbox: 'None' } } }] },
      { folder: 'inbox', changes: [{ user: ben, after: { createItems: true, readItems: 'FullDetails' } }] },
    ])
  })

  test('does nothing for who has more', async () => {
    backend.grant(OWNER, '/Projects', ann, 'Reviewer')
    backend.grant(OWNER, '/Projects', ben, 'Owner')
    expect((await clone()).steps).toEqual([])
  })
})
