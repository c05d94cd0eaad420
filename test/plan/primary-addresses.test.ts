import { beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.ts'
import type { UserRef } from '../../src/model/user-ref.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import type { DesiredDelegate, DesiredMailbox, DesiredPermission } from '../../src/plan/desired.ts'
import { plan, planMailbox } from '../../src/plan/plan.ts'
import { planClone } from '../../src/plan/who.ts'
import { MemoryBackend, sidOf } from '../helpers/memory-backend.ts'

const OWNER = 'owner@contoso.com'
const ann = { smtpAddress: 'ann@contoso.com' }
const alias = { smtpAddress: 'annie@contoso.com' }
const other = { smtpAddress: 'a.lee@contoso.com' }

let backend: MemoryBackend
beforeEach(() => {
  backend = new MemoryBackend({ sids: true })
  backend.add(OWNER)
  backend.mailbox(OWNER).delegates.push({
    user: ann.smtpAddress,
    viewPrivateItems: false,
    receiveCopiesOfMeetingMessages: false,
  })
  backend.grant(OWNER, 'calendar', ann, 'Editor')
  backend.grant(OWNER, 'inbox', ann, 'Author')
  const known = new Set([ann, alias, other].map(({ smtpAddress }) => smtpAddress))
  Object.assign(backend, {
    lookUp: async (_: string, word: string) => (known.has(word) ? ann.smtpAddress : undefined),
  })
})

const MODES = ['additive', 'exact'] as const
const NAMES: readonly (readonly [UserRef, UserRef])[] = [
  [ann, alias],
  [alias, ann],
  [alias, other],
  [alias, alias],
  [{ sid: sidOf(ann.smtpAddress) }, ann],
  [ann, { sid: sidOf(ann.smtpAddress) }],
]
const describedBy = (
  mode: (typeof MODES)[number],
  [delegate, permission]: readonly [UserRef, UserRef],
  says: {
    readonly delegate?: Partial<DesiredDelegate>
    readonly permission?: Partial<DesiredPermission>
  } = {},
): DesiredMailbox => ({
  mailbox: OWNER,
  mode,
  delegates: [{ user: delegate, levels: { calendar: 'Editor' }, ...says.delegate }],
  folders: [
    { folder: 'inbox', permissions: [{ user: permission, grant: 'PublishingEditor', ...says.permission }] },
  ],
})
const planned = async (desired: DesiredMailbox) => {
  for await (const made of plan([desired], { backend })) return made
  throw new Error('There is no plan.')
}

describe.each(NAMES)('a delegate %o whose entry is described as %o', (delegate, permission) => {
  test.each(MODES)('gets both, keeps both, and needs nothing more: %s', async (mode) => {
    const desired = describedBy(mode, [delegate, permission])
    for await (const result of applyGrants([desired], { backend }))
      expect(result).toMatchObject({ status: 'changed', reasons: [] })
    expect(backend.mailbox(OWNER).delegates).toMatchObject([{ user: ann.smtpAddress }])
    expect(backend.writes.map(({ step }) => step)).toMatchObject([
      { folder: 'inbox', changes: [{ before: 'Author', after: 'PublishingEditor' }] },
    ])
    expect(await planned(desired)).toMatchObject({ steps: [], blocked: [] })
  })
})

describe.each(NAMES.filter(([delegate, permission]) => delegate !== permission))(
  'one account, %o and %o, that is described',
  (delegate, permission) => {
    test.each(MODES)(
      'with a level and an entry on one folder is told, and nothing is done: %s',
      async (mode) => {
        const desired = describedBy(mode, [delegate, permission], {
          delegate: { levels: { inbox: 'Reviewer' } },
        })
        const { steps, blocked } = await planned(desired)
        expect(steps).toEqual([])
        expect(blocked).toMatchObject([
          {
            folder: 'inbox',
            reason: expect.stringMatching(
              /^(\S+) and (?!\1 )\S+ are one account, which is given rights here and Reviewer as a delegate; say it in one place\. /,
            ),
          },
        ])
        for await (const { status } of applyGrants([desired], { backend })) expect(status).toBe('refused')
        expect(backend.writes).toEqual([])
      },
    )

    test.each([
      { permission: { expires: '2020-01-01T00:00:00.000Z' } },
      { delegate: { expires: '2020-01-01T00:00:00.000Z' } },
      { permission: { absent: true } },
      { delegate: { absent: true } },
    ])('for another time here than there is told, and nothing is done: %o', async (says) => {
      const { steps, blocked } = await planned(describedBy('exact', [delegate, permission], says))
      expect(steps).toEqual([])
      expect(blocked).toMatchObject([{ folder: 'inbox', reason: expect.stringContaining('the same end') }])
    })
  },
)

test('an account that is described twice loses nothing of what either says', async () => {
  const { steps, blocked } = await planned({
    mailbox: OWNER,
    mode: 'exact',
    delegates: [
      { user: alias, levels: { calendar: 'Editor' } },
      { user: other, levels: { inbox: 'Author' } },
    ],
    folders: [],
  })
  expect(steps).toEqual([])
  expect(blocked).toMatchObject([
    {
      user: other.smtpAddress,
      reason:
        'a.lee@contoso.com is another address of ann@contoso.com, who is described as well, as annie@contoso.com; describe them once. Until then nothing is changed in this mailbox.',
    },
  ])
})

test.each([
  [
    'the list of delegates',
    { delegates: [ann, { sid: sidOf(ann.smtpAddress) }].map((user) => ({ user, levels: {} })) },
  ],
  [
    'a folder',
    {
      folders: [
        {
          folder: 'inbox',
          permissions: [
            { user: ann, grant: 'Editor' as const },
            { user: { sid: sidOf(ann.smtpAddress) }, grant: 'Author' as const },
          ],
        },
      ],
    },
  ],
])('an account by address and by SID in %s is told, and nothing is done', async (_, described) => {
  const { steps, blocked } = await planned({ mailbox: OWNER, mode: 'additive', folders: [], ...described })
  expect(steps).toEqual([])
  expect(blocked).toMatchObject([
    {
      user: ann.smtpAddress,
      reason: expect.stringMatching(/ are one account; describe it once\. Until then/),
    },
  ])
})

describe('the owner by another address', () => {
  const owned = { smtpAddress: 'the.owner@contoso.com' }
  const asDelegate = (says: Partial<DesiredDelegate> = {}): DesiredMailbox => ({
    mailbox: OWNER,
    mode: 'additive',
    delegates: [{ user: owned, levels: { calendar: 'Editor' }, ...says }],
    folders: [],
  })
  beforeEach(() => {
    Object.assign(backend, {
      lookUp: async (_: string, word: string) => (word === owned.smtpAddress ? OWNER : undefined),
    })
  })

  test('cannot be their own delegate, which is told, and nothing is done', async () => {
    const { steps, blocked } = await planned(asDelegate())
    expect(steps).toEqual([])
    expect(blocked).toEqual([
      {
        user: owned.smtpAddress,
        reason:
          'the.owner@contoso.com is another address of owner@contoso.com, who owns the mailbox and cannot be their own delegate. Until then nothing is changed in this mailbox.',
      },
    ])
  })

  test.each([{ absent: true }, { expires: '2020-01-01' }])('goes off their own list: %j', async (gone) => {
    backend.mailbox(OWNER).delegates.push({
      user: OWNER,
      viewPrivateItems: false,
      receiveCopiesOfMeetingMessages: false,
    })
    const { steps, blocked } = await planned(asDelegate(gone))
    expect(blocked).toEqual([])
    expect(steps).toMatchObject([{ action: 'remove', changes: [{ user: { smtpAddress: OWNER } }] }])
  })

  test('goes off their own list by the time that the plan is made for', async () => {
    const at = async (now: string) => {
      const described = asDelegate({ expires: '2020-01-01' })
      return (await planMailbox(backend, described, { now: new Date(now) })).plan.blocked.length
    }
    expect([await at('2019-12-31T12:00:00Z'), await at('2020-02-01T00:00:00Z')]).toEqual([1, 0])
  })
})

describe('who is not in the directory', () => {
  const ghost = { smtpAddress: 'ghost@nowhere.example' }
  const TOLD = expect.stringMatching(/^ghost@nowhere\.example is not in the directory/)

  test('is told where they are to be added', async () => {
    const { steps, notes } = await planned({
      mailbox: OWNER,
      mode: 'additive',
      delegates: [{ user: ghost, levels: {} }],
      folders: [{ folder: 'tasks', permissions: [{ user: ghost, grant: 'Reviewer' }] }],
    })
    expect(steps).toHaveLength(2)
    expect(notes.filter(({ kind }) => kind === 'unknown')).toMatchObject([
      { kind: 'unknown', user: ghost.smtpAddress, text: TOLD },
      { kind: 'unknown', folder: 'tasks', user: ghost.smtpAddress, text: TOLD },
    ])
  })

  test('is no news where they are there already, or are to be gone, or the backend cannot look', async () => {
    backend.grant(OWNER, 'tasks', ghost, 'Author')
    const desired: DesiredMailbox = {
      mailbox: OWNER,
      mode: 'additive',
      delegates: [{ user: ghost, levels: {}, absent: true }],
      folders: [
        { folder: 'tasks', permissions: [{ user: ghost, grant: 'Reviewer' }] },
        {
          folder: 'notes',
          permissions: [{ user: ghost, grant: 'Reviewer', expires: '2020-01-01T00:00:00.000Z' }],
        },
      ],
    }
    const { steps, notes } = await planned(desired)
    expect(steps).toMatchObject([{ folder: 'tasks' }])
    expect(notes.filter(({ kind }) => kind === 'unknown')).toEqual([])
    delete (backend as Partial<Backend>).lookUp
    expect(await planned(describedBy('additive', [ghost, ghost]))).toMatchObject({ steps: [{}, {}] })
    expect(
      (await planned(describedBy('additive', [ghost, ghost]))).notes.filter(({ kind }) => kind === 'unknown'),
    ).toEqual([])
  })

  test('is told where they are to have what another has', async () => {
    for await (const { steps, notes } of planClone(ann, ghost, [OWNER], { backend })) {
      expect(steps).toMatchObject([{ action: 'add' }])
      expect(notes).toMatchObject([{ kind: 'unknown', user: ghost.smtpAddress, text: TOLD }])
    }
  })
})
