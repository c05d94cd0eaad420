import { beforeEach, describe, expect, test } from 'vitest'
import { ConnectionError, EwsResponseError } from '../../src/errors.ts'
import type { Grant, MailboxState } from '../../src/model/mailbox-state.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import type { UserRef } from '../../src/model/user-ref.ts'
import { applyPlans } from '../../src/plan/apply.ts'
import {
  type AuditFinding,
  type AuditFindingKind,
  accessOf,
  audit,
  auditState,
  fixesOf,
} from '../../src/plan/audit.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const OWNER = 'owner@contoso.com'
const ANN = 'ann@contoso.com'
const ann = { smtpAddress: ANN }
const now = new Date('2030-01-01T00:00:00Z')

let backend: MemoryBackend
beforeEach(() => {
  backend = new MemoryBackend()
  backend.add(OWNER, ['/Projects'])
})

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}
async function findings(
  options: Partial<Parameters<typeof audit>[1]> = {},
): Promise<readonly AuditFinding[]> {
  const [found] = await all(audit([OWNER], { backend, now, ...options }))
  if (!found) throw new Error('not audited')
  return found.findings
}
const kinds = (found: readonly AuditFinding[]) => found.map(({ kind }) => kind)
function delegate(user: string, calendar: Grant | undefined, copies = false) {
  const mailbox = backend.mailbox(OWNER)
  mailbox.delegates.push({ user, viewPrivateItems: false, receiveCopiesOfMeetingMessages: copies })
  if (calendar) backend.grant(OWNER, 'calendar', { smtpAddress: user }, calendar)
}
/** Plans what mends the findings of this kind, and does it. */
async function mend(kind: AuditFindingKind) {
  const steps = fixesOf((await findings()).filter((finding) => finding.kind === kind))
  expect(steps).not.toEqual([])
  const results = await all(applyPlans([{ mailbox: OWNER, steps, blocked: [], notes: [] }], { backend }))
  expect(results).toMatchObject([{ status: 'changed', reasons: [] }])
}

describe('a folder that could not be read', () => {
  test('is a finding, and not a folder that nobody can open', async () => {
    delete backend.mailbox(OWNER).folders.notes
    const [finding] = await findings()
    expect(finding).toMatchObject({ kind: 'unreadable-folder', severity: 'error', folder: 'notes' })
    expect(finding?.text).toBe(
      'Who can open notes is not known, because it could not be read: There is no such folder.',
    )
  })

  test('is told of by the question what somebody reaches', async () => {
    delete backend.mailbox(OWNER).folders.notes
    const [reached] = await all(accessOf(ann, [OWNER], { backend }))
    expect(reached?.missing).toMatchObject([{ folder: 'notes' }])
  })
})

describe('what somebody reaches', () => {
  test('is not what everybody has where an entry of their own says None', async () => {
    backend.grant(OWNER, 'calendar', { distinguishedUser: 'Default' }, 'Reviewer')
    backend.grant(OWNER, 'calendar', ann, 'None')
    const [reached] = await all(accessOf(ann, [OWNER], { backend }))
    expect(reached?.access).toEqual([])
    const [other] = await all(accessOf({ smtpAddress: 'ben@contoso.com' }, [OWNER], { backend }))
    expect(other?.access).toMatchObject([{ folder: 'calendar', path: 'default' }])
  })
})

describe('groups', () => {
  const BEN = 'ben@contoso.com'
  const ben = { smtpAddress: BEN }
  const sales = { smtpAddress: 'sales@contoso.com' }
  const groups: Record<string, readonly string[]> = {
    'sales@contoso.com': ['north@contoso.com', 'Ben@Contoso.com'],
    // In each other.
    'north@contoso.com': ['sales@contoso.com', 'cara@contoso.com'],
  }
  let asked: string[]
  beforeEach(() => {
    asked = []
    Object.assign(backend, {
      membersOf: async (_: string, address: string) => {
        asked.push(address)
        return groups[address]?.map((member) => ({ address: member, isGroup: member in groups }))
      },
    })
  })
  const reach = async (user: UserRef, options = {}) =>
    (await all(accessOf(user, [OWNER], { backend, ...options })))[0]?.access ?? []

  test('are told from people, with how many are in them, and each address is asked for once', async () => {
    backend.add('second@contoso.com')
    for (const mailbox of [OWNER, 'second@contoso.com']) {
      backend.grant(mailbox, 'calendar', sales, 'Author')
      backend.grant(mailbox, 'calendar', ann, 'Reviewer')
    }
    const found = await all(audit([OWNER, 'second@contoso.com'], { backend, now }))
    for (const { access } of found)
      expect(access).toMatchObject([
        { path: 'default' },
        { path: 'group', user: 'sales@contoso.com', people: 2 },
        { path: 'folder', user: ANN },
      ])
    expect(asked.sort()).toEqual([ANN, 'north@contoso.com', 'sales@contoso.com'])
    const [without] = await all(audit([OWNER], { backend, now, groups: false }))
    expect(without?.access[1]).toMatchObject({ path: 'folder', user: 'sales@contoso.com' })
    expect(asked).toHaveLength(3)
  })

  test('give what they have to who is in them, also by a group in a group', async () => {
    backend.grant(OWNER, 'calendar', sales, 'Author')
    backend.grant(OWNER, 'calendar', { distinguishedUser: 'Default' }, 'Reviewer')
    const byGroup = [{ folder: 'calendar', path: 'group', user: 'sales@contoso.com', grant: 'Author' }]
    expect(await reach(ben)).toMatchObject(byGroup)
    expect(await reach({ smtpAddress: 'cara@contoso.com' })).toMatchObject(byGroup)
    expect(await reach(ann)).toMatchObject([{ path: 'default' }])
    expect(await reach(ben, { groups: false })).toMatchObject([{ path: 'default' }])
  })

  test('give nothing where somebody has an entry of their own', async () => {
    backend.grant(OWNER, 'calendar', sales, 'Author')
    backend.grant(OWNER, 'calendar', ben, 'None')
    expect(await reach(ben)).toEqual([])
  })

  test('that are delegates make delegates', async () => {
    delegate('sales@contoso.com', 'Editor')
    expect(await reach(ben)).toMatchObject([
      { path: 'delegate', user: 'sales@contoso.com', people: 2 },
      { path: 'group', folder: 'calendar' },
    ])
  })

  test('of which nothing is told are a finding, not nobody', async () => {
    backend.grant(OWNER, 'calendar', sales, 'Author')
    Object.assign(backend, {
      membersOf: async () => {
        throw new EwsResponseError('No.', { responseCode: 'ErrorAccessDenied', level: 'item' })
      },
    })
    expect(await findings()).toMatchObject([
      {
        kind: 'unreadable-group',
        user: 'sales@contoso.com',
        text: 'Whether sales@contoso.com is a group, and who is in it, is not known: No.',
      },
    ])
    expect(await all(accessOf(ben, [OWNER], { backend }))).toMatchObject([
      { access: [{ path: 'default' }], unknown: [{ user: 'sales@contoso.com', code: 'ErrorAccessDenied' }] },
    ])
  })

  test.each([1, 3])(
    'are asked for, and mailboxes are read, no more than %i at a time, all together',
    async (concurrency) => {
      const mailboxes = Array.from({ length: 4 }, (_, index) => `full${index}@contoso.com`)
      for (const mailbox of mailboxes) {
        backend.add(mailbox)
        for (let index = 0; index < 10; index++)
          backend.grant(mailbox, 'calendar', { smtpAddress: `user${index}.${mailbox}` }, 'Author')
      }
      let running = 0
      let most = 0
      const counted = async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
      }
      backend.onRead = counted
      Object.assign(backend, {
        membersOf: async (_: string, address: string) => {
          asked.push(address)
          await counted()
        },
      })
      await all(audit(mailboxes, { backend, now, concurrency }))
      expect(asked).toHaveLength(40)
      expect(most).toBe(concurrency)
    },
  )

  test('keep who is known to be in them when a group in them cannot be read', async () => {
    backend.grant(OWNER, 'calendar', sales, 'Author')
    Object.assign(backend, {
      membersOf: async (_: string, address: string) => {
        if (address === 'north@contoso.com')
          throw new EwsResponseError('No.', { responseCode: 'ErrorAccessDenied', level: 'item' })
        if (address !== sales.smtpAddress) return [{ address: 'cara@contoso.com', isGroup: false }]
        return [
          { address: 'south@contoso.com', isGroup: true },
          { address: 'north@contoso.com', isGroup: true },
          { address: BEN, isGroup: false },
        ]
      },
    })
    for (const smtpAddress of [BEN, 'cara@contoso.com']) {
      expect(await all(accessOf({ smtpAddress }, [OWNER], { backend }))).toMatchObject([
        {
          access: [{ folder: 'calendar', path: 'group', user: sales.smtpAddress }],
          unknown: [{ user: sales.smtpAddress, code: 'ErrorAccessDenied' }],
        },
      ])
    }
    const [found] = await all(audit([OWNER], { backend, now }))
    const path = found?.access.find(({ user }) => user === sales.smtpAddress)
    expect(path).toMatchObject({ path: 'group' })
    // A number that is too small would be taken for the whole.
    expect(path).not.toHaveProperty('people')
    expect(found?.findings).toMatchObject([
      {
        kind: 'unreadable-group',
        text: 'Not everybody who is in the group sales@contoso.com is known: No.',
      },
    ])
  })

  test('are not asked for any further when the server is gone', async () => {
    backend.grant(OWNER, 'calendar', sales, 'Author')
    for (let index = 0; index < 20; index++)
      backend.grant(OWNER, 'calendar', { smtpAddress: `user${index}@contoso.com` }, 'Author')
    Object.assign(backend, {
      membersOf: async (_: string, address: string) => {
        asked.push(address)
        throw new ConnectionError('ERR_CONNECTION', 'Gone.')
      },
    })
    const results = await all(audit([OWNER], { backend, now, concurrency: 2 }))
    expect(results).toMatchObject([{ error: { code: 'ERR_CONNECTION' } }])
    expect(asked).toHaveLength(2)
  })
})

describe('findings and what mends them', () => {
  test('the owner on the list of delegates is found, once, and taken off', async () => {
    delegate(OWNER, undefined)
    expect(kinds(await findings())).toEqual(['owner-delegate'])
    await mend('owner-delegate')
    expect(backend.mailbox(OWNER).delegates).toEqual([])
  })

  test('rights that no delegate level has become the greatest level below them', async () => {
    delegate(ANN, 'PublishingEditor')
    await mend('custom-level')
    expect(backend.mailbox(OWNER).folders.calendar?.entries.at(-1)?.rights).toEqual(LEVEL_RIGHTS.Editor)
    expect(await findings()).toEqual([])
  })

  test('rights below every delegate level are left to a person', async () => {
    delegate(ANN, 'Contributor')
    expect(await findings()).toMatchObject([{ kind: 'custom-level', advice: expect.any(String) }])
    expect(fixesOf(await findings())).toEqual([])
  })

  test('rights of somebody who is no delegate can be taken away', async () => {
    backend.grant(OWNER, 'inbox', ann, 'Editor')
    await mend('rights-without-delegate')
    expect(await findings()).toEqual([])
  })

  test('a delegate without an account is removed by the SID that a folder still shows', () => {
    const state = (unknownEntries: readonly string[]): MailboxState => ({
      mailbox: OWNER,
      delegates: [],
      delegateProblems: [{ code: 'ErrorDelegateNoUser', message: 'The delegate does not map to a user.' }],
      folders: [
        { folder: 'calendar', permissions: { kind: 'calendar', entries: [], unknownEntries } },
        { folder: 'inbox', permissions: { kind: 'ordinary', entries: [], unknownEntries } },
      ],
    })
    const sids = ['S-1-5-21-1-2-3-4', 'S-1-5-21-1-2-3-5']
    expect(auditState(state(sids.slice(0, 1)), { now }).findings[0]).toMatchObject({
      kind: 'orphaned-delegate',
      fix: [{ type: 'delegates', action: 'remove', changes: [{ user: { sid: sids[0] }, orphan: true }] }],
    })
    // Which of two it is nobody can tell.
    const [two] = auditState(state(sids), { now }).findings
    expect(two).not.toHaveProperty('fix')
    expect(two?.advice).toContain(sids.join(', '))
  })

  test('meeting copies with more than Editor are as they should be', async () => {
    delegate(ANN, 'Owner', true)
    expect(kinds(await findings())).toEqual(['custom-level'])
  })

  test('the fixes of a mailbox do not contradict each other', async () => {
    delegate(ANN, undefined, true)
    backend.mailbox(OWNER).deliverMeetingRequests = 'DelegatesOnly'
    backend.mailbox(OWNER).folders.inbox?.unknownEntries.push('S-1-5-21-1-2-3-4')
    backend.grant(OWNER, 'inbox', { distinguishedUser: 'Default' }, 'Reviewer')
    const found = await findings()
    expect(kinds(found)).toEqual([
      'delegate-without-rights',
      'copies-without-editor',
      'lost-meeting-requests',
      'orphaned-entry',
      'open-to-all',
    ])
    const steps = fixesOf(found)
    expect(steps.map((step) => (step.type === 'folder' ? step.folder : step.action))).toEqual([
      'remove',
      'update',
      'inbox',
    ])
    const results = await all(applyPlans([{ mailbox: OWNER, steps, blocked: [], notes: [] }], { backend }))
    expect(results).toMatchObject([{ status: 'changed', reasons: [] }])
    expect(await findings()).toEqual([])
  })

  test('what has run out is found on folders that are not looked at otherwise', async () => {
    backend.grant(OWNER, '/Projects', ann, 'Author')
    const expired = { user: ann, grant: 'Author', expires: '2020-01-01T00:00:00.000Z' } as const
    const described = new Map([
      [
        OWNER,
        { mailbox: OWNER, mode: 'additive', folders: [{ folder: '/Projects', permissions: [expired] }] },
      ] as const,
    ])
    expect(await findings({ described })).toMatchObject([{ kind: 'expired-grant', folder: '/Projects' }])
    backend.mailbox(OWNER).folders['/Projects']?.unknownEntries.push('S-1-5-21-1-2-3-4')
    const [blocked] = await findings({ described })
    expect(blocked).toMatchObject({ kind: 'expired-grant', advice: expect.stringContaining('S-1-5-21') })
    expect(blocked).not.toHaveProperty('fix')
  })
})
