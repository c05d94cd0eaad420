import { beforeEach, describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { applyGrants, applyPlans } from '../../src/plan/apply.ts'
import { checkDesired } from '../../src/plan/check-desired.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { plan } from '../../src/plan/plan.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const OWNER = 'owner@contoso.com'
const OTHER = 'other@contoso.com'
const ann = { smtpAddress: 'ann@contoso.com' }
const good = {
  mailbox: OTHER,
  mode: 'additive',
  delegates: [{ user: ann, levels: { calendar: 'Editor' } }],
  folders: [],
} as const satisfies DesiredMailbox

let backend: MemoryBackend
beforeEach(() => {
  backend = new MemoryBackend()
  backend.add(OWNER, ['/Projects'])
  backend.add(OTHER)
})

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

/** As a program without types hands it over. */
const untyped = (given: object) =>
  ({ mailbox: OWNER, mode: 'additive', folders: [], ...given }) as unknown as DesiredMailbox

const delegate = (given: object) => ({ delegates: [{ user: ann, levels: {}, ...given }] })
const entry = (given: object) => ({
  folders: [{ folder: 'inbox', permissions: [{ user: ann, grant: 'Editor', ...given }] }],
})

describe('a description from a program is checked as one from a file', () => {
  test('users may be given as text, as everywhere', async () => {
    const given = untyped({ ...delegate({ user: ann.smtpAddress }), ...entry({ user: 'default' }) })
    expect(checkDesired(given)).toEqual(
      untyped({ ...delegate({}), ...entry({ user: { distinguishedUser: 'Default' } }) }),
    )
    expect(await all(plan([given], { backend }))).toMatchObject([
      { steps: [{ type: 'delegates', action: 'add' }, { type: 'folder' }] },
    ])
    expect(await all(applyGrants([given], { backend }))).toMatchObject([{ status: 'changed' }])
    expect(backend.mailbox(OWNER).delegates).toMatchObject([{ user: ann.smtpAddress }])
  })

  test('what holds until a day holds to its end, in UTC, as in a file', () => {
    const { delegates, folders } = checkDesired(
      untyped({
        ...delegate({ expires: '2027-03-31' }),
        ...entry({ expires: '2027-03-31T18:00:00+02:00', absent: undefined, level: undefined }),
      }),
    )
    expect(delegates?.[0]?.expires).toBe('2027-04-01T00:00:00.000Z')
    expect(folders[0]?.permissions).toEqual([
      { user: ann, grant: 'Editor', expires: '2027-03-31T16:00:00.000Z' },
    ])
  })

  test.each([{ absent: true }, { expires: '2020-01-01' }])(
    'the owner may be described off their own list: %j',
    async (gone) => {
      backend.mailbox(OWNER).delegates.push({
        user: OWNER,
        viewPrivateItems: false,
        receiveCopiesOfMeetingMessages: false,
      })
      const given = untyped(delegate({ user: OWNER, ...gone }))
      expect(await all(applyGrants([given], { backend }))).toMatchObject([{ status: 'changed' }])
      expect(backend.mailbox(OWNER).delegates).toEqual([])
    },
  )

  test('the owner cannot be their own delegate for a time either', async () => {
    const given = untyped(delegate({ user: OWNER, expires: '2999-01-01' }))
    const reason = expect.stringContaining('owns the mailbox and cannot be their own delegate')
    expect(await all(plan([given], { backend }))).toMatchObject([{ steps: [], blocked: [{ reason }] }])
  })

  test.each<readonly [object, string]>([
    [{ mode: 'Exact' }, '"Exact" is not a mode. The modes are additive and exact.'],
    [{ mode: undefined }, 'Nothing is not a mode.'],
    [{ mailbox: 'owner' }, 'The mailbox "owner" is not an e-mail address.'],
    [{ delegates: 'ann@contoso.com' }, 'Here a list of delegates should stand.'],
    [{ delegates: ['ann@contoso.com'] }, 'delegates[0]: Here a delegate should stand.'],
    [delegate({ user: 'ann' }), 'delegates[0]: The delegate "ann" is not an e-mail address.'],
    [delegate({ user: { smtpAddress: 'a@b.c', sid: 'S-1-1-0' } }), 'delegates[0]: The delegate has 2'],
    [delegate({ user: 'Default' }), 'delegates[0]: Default cannot be a delegate.'],
    [delegate({ levels: undefined }), 'delegates[0]: levels: Here levels by folder should stand.'],
    [
      delegate({ levels: { calendar: 'Editr' } }),
      'delegates[0]: "Editr" is not a level for a delegate on calendar.',
    ],
    [delegate({ levels: { Calendar: 'Editor' } }), 'delegates[0]: Delegates have no level on "Calendar".'],
    [delegate({ viewPrivateItems: 'yes' }), 'delegates[0]: Here true or false should stand for viewPrivate'],
    [delegate({ expires: 'tomorrow' }), 'delegates[0]: expires: "tomorrow" is not a date.'],
    [delegate({ expires: '1' }), 'delegates[0]: expires: "1" is not a date.'],
    [delegate({ expires: '01/02/2020' }), 'delegates[0]: expires: "01/02/2020" is not a date.'],
    [
      delegate({ expires: '2027-03-31T18:00:00' }),
      'delegates[0]: expires: "2027-03-31T18:00:00" is a time without its zone. Write 2027-03-31 for the end of',
    ],
    [delegate({ expires: new Date(0) }), 'delegates[0]: expires: Here a date should stand.'],
    [
      { delegate: [] },
      '"delegate" is not a field of the description of a mailbox. Its fields are mailbox, mode, deliverMeetingRequests, delegates, folders.',
    ],
    [
      delegate({ privateItems: true }),
      'delegates[0]: "privateItems" is not a field of a delegate. Its fields',
    ],
    [delegate({ expire: '2020-01-01' }), 'delegates[0]: "expire" is not a field of a delegate.'],
    [entry({ level: 'Editor' }), 'folders[0]: permissions[0]: "level" is not a field of a permission.'],
    [
      { folders: [{ folder: 'inbox', permissions: [], exact: true }] },
      'folders[0]: "exact" is not a field of a folder. Its fields are folder, permissions.',
    ],
    [delegate({ absent: 1 }), 'delegates[0]: Here true or false should stand for absent.'],
    [
      { delegates: [...delegate({}).delegates, ...delegate({}).delegates] },
      'ann@contoso.com is named twice as a delegate.',
    ],
    [delegate({ user: OWNER }), 'owner@contoso.com owns the mailbox and cannot be their own delegate.'],
    [{ deliverMeetingRequests: 'Everyone' }, 'Meeting requests cannot be delivered to "Everyone".'],
    [{ folders: undefined }, 'Here a list of folders should stand.'],
    [{ folders: [{ folder: 'Inbocks', permissions: [] }] }, 'folders[0]: "Inbocks" is not a folder.'],
    [{ folders: [{ folder: 'inbox' }] }, 'folders[0]: Here a list of permissions should stand.'],
    [entry({ grant: 'Editr' }), 'folders[0]: permissions[0]: "Editr" is not a level for a folder.'],
    [entry({ grant: undefined }), 'folders[0]: permissions[0]: Here rights should stand.'],
    [entry({ grant: { readItems: 'All' } }), 'folders[0]: permissions[0]: The right readItems cannot be'],
    [
      entry({ user: 'Default', absent: true }),
      'folders[0]: permissions[0]: The entry Default cannot be removed; set it to None instead.',
    ],
    [{ folders: [...entry({}).folders, ...entry({}).folders] }, 'The folder inbox is described twice.'],
  ])('%j is told with its mailbox, and the others are done', async (given, message) => {
    const wanted = [untyped(given), good]
    const mailbox = wanted[0]?.mailbox
    const [planned, other] = await all(plan(wanted, { backend }))
    expect(planned).toMatchObject({ mailbox, steps: [], error: { code: 'ERR_INVALID_INPUT' } })
    expect(`${planned?.error?.message} ${planned?.error?.hint}`).toContain(message)
    expect(other?.steps).toHaveLength(1)
    const results = await all(applyGrants(wanted, { backend, concurrency: 1 }))
    expect(results).toMatchObject([{ mailbox, status: 'failed' }, { status: 'changed' }])
    expect(results[0]?.reasons[0]).toContain(planned?.error?.message)
    expect(backend.reads.every(({ mailbox: read }) => read === OTHER)).toBe(true)
  })

  test.each([undefined, null, 'owner@contoso.com', {}, { mailbox: 5 }])(
    'what names no mailbox at all (%j) is a mistake of the program, and told as one',
    async (given) => {
      const wanted = [given as unknown as DesiredMailbox]
      for (const run of [plan(wanted, { backend }), applyGrants(wanted, { backend })])
        await expect(all<unknown>(run)).rejects.toThrow(InvalidInputError)
      const plans = [given as unknown as MailboxPlan]
      await expect(all(applyPlans(plans, { backend }))).rejects.toThrow(InvalidInputError)
    },
  )
})

test('plans from a program are checked as saved ones, and one that is wrong does not end the run', async () => {
  const step = (change: object) => ({ type: 'delegates', action: 'add', changes: [change] })
  const wrong: readonly unknown[] = [
    [step({ user: 5 })],
    [step({ user: ann, after: { levels: { calendar: 'Editr' } } })],
    [{ type: 'folder', folder: 'Inbocks', changes: [] }],
    'all',
  ]
  const plans = [
    ...wrong.map((steps, index) => ({ mailbox: `owner${index}@contoso.com`, steps, blocked: [], notes: [] })),
    { mailbox: OTHER, steps: [step({ user: ann.smtpAddress, after: { levels: { calendar: 'Editor' } } })] },
  ]
  const results = await all(applyPlans(plans as unknown as MailboxPlan[], { backend, concurrency: 1 }))
  expect(results.map(({ mailbox, status }) => [mailbox, status])).toEqual([
    ...wrong.map((__, index) => [`owner${index}@contoso.com`, 'failed']),
    [OTHER, 'changed'],
  ])
  expect(results.slice(0, 4).every(({ error }) => error?.code === 'ERR_INVALID_INPUT')).toBe(true)
  expect(backend.mailbox(OTHER).delegates).toMatchObject([{ user: ann.smtpAddress }])
})
