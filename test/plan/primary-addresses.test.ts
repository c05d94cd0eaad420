import { beforeEach, describe, expect, test } from 'vitest'
import type { UserRef } from '../../src/model/user-ref.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import type { DesiredDelegate, DesiredMailbox, DesiredPermission } from '../../src/plan/desired.ts'
import { plan } from '../../src/plan/plan.ts'
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
