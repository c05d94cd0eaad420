import { describe, expect, test } from 'vitest'
import type { FolderPermission } from '../../src/model/folder-permission.ts'
import type { Grant, MailboxState } from '../../src/model/mailbox-state.ts'
import { rightsOf } from '../../src/model/mailbox-state.ts'
import { levelOf } from '../../src/model/permission-level.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { diffMailbox } from '../../src/plan/diff.ts'

const OWNER = 'owner@contoso.com'
const ann = { smtpAddress: 'ann@contoso.com' }
const now = new Date('2030-01-01T00:00:00Z')

const entry = (smtpAddress: string, grant: Grant): FolderPermission => {
  const rights = rightsOf(grant)
  return { user: { smtpAddress }, rights, level: levelOf(rights, 'ordinary') }
}
const EVERYBODY: readonly FolderPermission[] = (['Default', 'Anonymous'] as const).map(
  (distinguishedUser) => ({
    user: { distinguishedUser },
    rights: rightsOf('None'),
    level: 'None',
  }),
)
const stateOf = (entries: readonly FolderPermission[], more: Partial<MailboxState> = {}): MailboxState => ({
  mailbox: OWNER,
  delegates: [],
  folders: [
    {
      folder: 'calendar',
      permissions: { kind: 'ordinary', entries: [...EVERYBODY, ...entries], unknownEntries: [] },
    },
  ],
  ...more,
})
const diff = (state: MailboxState, desired: Partial<DesiredMailbox>) =>
  diffMailbox(state, { mailbox: OWNER, mode: 'additive', folders: [], ...desired }, { now })

test('the owner is no stranger in a folder that is described exactly, whatever the case of the address', () => {
  const state = stateOf([entry('Owner@Contoso.com', 'Owner'), entry('ben@contoso.com', 'Editor')])
  const { steps } = diff(state, { mode: 'exact', folders: [{ folder: 'calendar', permissions: [] }] })
  expect(steps).toMatchObject([{ changes: [{ user: { smtpAddress: 'ben@contoso.com' } }] }])
})

describe('meeting copies with more than Editor on the calendar', () => {
  const delegates = [{ user: ann, levels: {}, receiveCopiesOfMeetingMessages: true }]
  const described = (grant: Grant) => [{ folder: 'calendar', permissions: [{ user: ann, grant }] }]

  test('are given with Editor, and the rest by the folder', () => {
    for (const mode of ['additive', 'exact'] as const) {
      const { steps, blocked } = diff(stateOf([]), { mode, delegates, folders: described('Owner') })
      expect(blocked).toEqual([])
      expect(steps).toMatchObject([
        { action: 'add', changes: [{ after: { levels: { calendar: 'Editor' } } }] },
        { folder: 'calendar', changes: [{ before: 'Editor', after: 'Owner' }] },
      ])
    }
  })

  test('are given to who has more than Editor already, and keeps it', () => {
    const { steps, blocked } = diff(stateOf([entry('ann@contoso.com', 'Owner')]), { delegates })
    expect(blocked).toEqual([])
    expect(steps).toMatchObject([
      { action: 'add', changes: [{ after: { levels: { calendar: 'Editor' } } }] },
      { folder: 'calendar', changes: [{ before: 'Editor', after: 'Owner' }] },
    ])
  })

  test('lift a delegate who has less', () => {
    const levels = {
      calendar: 'Reviewer',
      tasks: 'None',
      inbox: 'None',
      contacts: 'None',
      notes: 'None',
      journal: 'None',
    } as const
    const present = { user: ann, permissions: levels, receiveCopiesOfMeetingMessages: false }
    const state = stateOf([entry('ann@contoso.com', 'Reviewer')], { delegates: [present] })
    const { steps, blocked } = diff(state, { delegates, folders: described('PublishingEditor') })
    expect(blocked).toEqual([])
    expect(steps).toMatchObject([
      { action: 'update', changes: [{ after: { levels: { calendar: 'Editor' } } }] },
      { folder: 'calendar', changes: [{ after: 'PublishingEditor' }] },
    ])
  })

  test('are not possible with less', () => {
    const { steps, blocked } = diff(stateOf([]), { delegates, folders: described('Contributor') })
    expect(blocked).toMatchObject([{ user: 'ann@contoso.com' }])
    expect(steps).toMatchObject([{ type: 'folder' }])
  })
})

test('who cannot be made a delegate is no stranger on a folder that their level is for', () => {
  const entries = [entry('ann@contoso.com', 'Reviewer'), entry('ben@contoso.com', 'Reviewer')]
  const folders = [{ folder: 'calendar', permissions: [] }]
  const one = { user: ann, levels: { calendar: 'Author' }, receiveCopiesOfMeetingMessages: true } as const
  const { steps, blocked } = diff(stateOf(entries), { mode: 'exact', delegates: [one], folders })
  expect(blocked).toMatchObject([{ user: ann.smtpAddress }])
  expect(steps).toMatchObject([{ changes: [{ user: { smtpAddress: 'ben@contoso.com' } }] }])
  const gone = diff(stateOf(entries), { mode: 'exact', delegates: [{ ...one, absent: true }], folders })
  expect(gone.steps).toMatchObject([
    { changes: [{ user: ann }, { user: { smtpAddress: 'ben@contoso.com' } }] },
  ])
})

test('a folder that could not be read is told where a new delegate may lose what they have there', () => {
  const missing = [{ folder: 'notes', code: 'ErrorAccessDenied', message: 'Access is denied.' }] as const
  const { notes, blocked } = diff(stateOf([], { missing }), {
    delegates: [{ user: ann, levels: { calendar: 'Editor' } }],
    folders: [{ folder: 'notes', permissions: [] }],
  })
  expect(notes).toMatchObject([{ kind: 'unknown', folder: 'notes' }])
  expect(blocked).toEqual([{ folder: 'notes', reason: 'It could not be read: Access is denied.' }])
})

test('what cannot be done says why, and what to do', () => {
  const nameless: FolderPermission = {
    user: { smtpAddress: '/o=Contoso/cn=ben', displayName: 'Ben' },
    rights: rightsOf('Author'),
    level: 'Author',
  }
  const folders = [{ folder: 'calendar', permissions: [] }]
  expect(diff(stateOf([nameless]), { mode: 'exact', folders })).toMatchObject({
    steps: [],
    blocked: [{ folder: 'calendar', reason: expect.stringMatching(/no address and no SID .* Outlook\.$/) }],
  })
  const state = stateOf([entry('ben@contoso.com', { ...rightsOf('Reviewer'), createItems: true })])
  expect(diff(state, { folders }).notes).toMatchObject([
    { text: expect.stringMatching(/^ben@contoso\.com has Custom \(createItems, .* and is not described\.$/) },
  ])
  const [calendar] = state.folders
  const orphans = { ...calendar, permissions: { ...calendar?.permissions, unknownEntries: ['S-1-5-21-1'] } }
  const { blocked } = diff({ ...state, folders: [orphans] } as MailboxState, {
    folders: [{ folder: 'calendar', permissions: [{ user: ann, grant: 'Author' }] }],
  })
  expect(blocked).toEqual([
    {
      folder: 'calendar',
      reason:
        'Writing this folder would lose an entry that can be read but not written back: S-1-5-21-1. Where that may go, as the entries of deleted accounts may, plan with --drop-orphans (in a program: dropOrphans).',
    },
  ])
})

describe('delegates who are not known', () => {
  const delegatesUnread = { code: 'ErrorAccessDenied', message: 'Nobody says.' }
  const { delegates: _, ...state } = stateOf([entry('ann@contoso.com', 'Editor')], { delegatesUnread })
  const reason = 'Who the delegates are is not known: Nobody says.'

  test.each<[string, Partial<DesiredMailbox>]>([
    ['an addition', { delegates: [{ user: ann, levels: { calendar: 'Editor' } }] }],
    ['a removal', { delegates: [{ user: ann, levels: {}, absent: true }] }],
    ['a list that is to hold nobody', { mode: 'exact', delegates: [] }],
    ['the delivery', { deliverMeetingRequests: 'NoForward' }],
  ])('make %s not possible', (_, desired) => {
    expect(diff(state, desired)).toMatchObject({ steps: [], blocked: [{ reason }] })
  })

  test('are nobody to be removed from a folder, whose described entries are set', () => {
    const ben = { smtpAddress: 'ben@contoso.com' }
    const folders = [{ folder: 'calendar', permissions: [{ user: ben, grant: 'Reviewer' as const }] }]
    const { steps, blocked, ground } = diff(state, { mode: 'exact', folders })
    expect(steps).toEqual([
      { type: 'folder', folder: 'calendar', changes: [{ user: ben, after: 'Reviewer' }] },
    ])
    expect(blocked).toEqual([{ folder: 'calendar', user: 'ann@contoso.com', reason }])
    // So that the saved plan can be made by who made it.
    expect(ground?.read.delegates).toBe(false)
  })

  test('are no hindrance to who does not speak of them', () => {
    expect(diff(state, { delegates: [] })).toMatchObject({ steps: [], blocked: [] })
  })
})
