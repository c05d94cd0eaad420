import { expect, test } from 'vitest'
import type { DelegateGrantChange } from '../../src/model/mailbox-step.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import type { MailboxPlan, Note } from '../../src/plan/mailbox-plan.ts'
import { addToSummary, emptySummary } from '../../src/plan/plan-summary.ts'
import { renderMailboxPlan, renderSummary } from '../../src/plan/render.ts'
import { POWERSHELL_HEAD, renderPowerShell } from '../../src/plan/render-powershell.ts'

const ann = { smtpAddress: 'ann@contoso.com' }
const PLAN: MailboxPlan = {
  mailbox: 'owner@contoso.com',
  steps: [
    {
      type: 'delegates',
      action: 'remove',
      changes: [
        { user: { sid: 'S-1-5-21-1-2-3-4' }, before: { levels: { calendar: 'Editor', tasks: 'None' } } },
      ],
    },
    {
      type: 'delegates',
      action: 'update',
      changes: [
        {
          user: ann,
          before: { levels: { calendar: 'Reviewer' }, viewPrivateItems: false },
          after: { levels: { calendar: 'Editor' }, viewPrivateItems: true },
        },
      ],
      delivery: { before: 'NoForward', after: 'DelegatesOnly' },
    },
    {
      type: 'folder',
      folder: '/Projects/2027',
      changes: [
        { user: ann, after: { ...LEVEL_RIGHTS.Contributor, editItems: 'Owned' } },
        { user: { smtpAddress: 'ben@contoso.com' }, before: 'Editor' },
        { user: { distinguishedUser: 'Default' }, before: 'None', after: 'Reviewer' },
      ],
      drops: ['S-1-5-21-9'],
    },
  ],
  blocked: [{ folder: 'inbox', reason: 'It is not there.' }],
  notes: [{ kind: 'unmanaged-entry', folder: 'calendar', user: 'x', text: 'x\u001b[2J has Editor.' }],
}

test('a plan is told change by change, with old and new', () => {
  expect(renderMailboxPlan(PLAN).map(({ text }) => text)).toEqual([
    'owner@contoso.com',
    '  - delegate S-1-5-21-1-2-3-4 (had calendar Editor)',
    '  ~ delegate ann@contoso.com: calendar Reviewer -> Editor, private items no -> yes',
    '  ~ meeting requests: NoForward -> DelegatesOnly',
    '  + /Projects/2027: ann@contoso.com Custom (createItems, folderVisible, editItems=Owned)',
    '  - /Projects/2027: ben@contoso.com (had Editor)',
    '  ~ /Projects/2027: Default None -> Reviewer',
    '  - /Projects/2027: S-1-5-21-9 (cannot be written back; lost for good)',
    '  ! inbox: not possible. It is not there.',
    '  · calendar: x\uFFFD[2J has Editor.',
  ])
  expect(renderMailboxPlan({ ...PLAN, steps: [], blocked: [], notes: [] })).toEqual([])
})

test('the summary counts, and draws bars where there are many', () => {
  const summary = emptySummary()
  for (let count = 0; count < 20; count++) addToSummary(summary, PLAN)
  addToSummary(summary, { ...PLAN, steps: [], blocked: [], notes: [] })
  expect(renderSummary(summary)).toEqual([
    '20 mailboxes of 21 would change.',
    `  ~ delegates        20 ${'█'.repeat(30)}`,
    `  - delegates        20 ${'█'.repeat(30)}`,
    `  + folder entries   20 ${'█'.repeat(30)}`,
    `  ~ folder entries   20 ${'█'.repeat(30)}`,
    `  - folder entries   20 ${'█'.repeat(30)}`,
    `  - orphans dropped  20 ${'█'.repeat(30)}`,
    `  ~ meeting requests 20 ${'█'.repeat(30)}`,
    '20 wishes are not possible; the reasons stand above.',
    '20 entries are there without being described, and stay.',
  ])
})

test('the same plan as cmdlets names what cmdlets cannot do', () => {
  expect(renderPowerShell(PLAN)).toEqual([
    '# owner@contoso.com',
    "Remove-MailboxFolderPermission -Identity (Find-Folder 'owner@contoso.com' Calendar) -User 'S-1-5-21-1-2-3-4' -Confirm:$false",
    "Set-Mailbox -Identity 'owner@contoso.com' -GrantSendOnBehalfTo @{ Remove = 'S-1-5-21-1-2-3-4' }",
    "Set-MailboxFolderPermission -Identity (Find-Folder 'owner@contoso.com' Calendar) -User 'ann@contoso.com' -AccessRights Editor",
    '# CANNOT give ann@contoso.com private items without meeting copies.',
    '# CANNOT set where meeting requests go (DelegatesOnly); no cmdlet does.',
    "Add-MailboxFolderPermission -Identity 'owner@contoso.com:\\Projects\\2027' -User 'ann@contoso.com' -AccessRights CreateItems,FolderVisible,EditOwnedItems",
    "Remove-MailboxFolderPermission -Identity 'owner@contoso.com:\\Projects\\2027' -User 'ben@contoso.com' -Confirm:$false",
    "Set-MailboxFolderPermission -Identity 'owner@contoso.com:\\Projects\\2027' -User Default -AccessRights Reviewer",
    '# CANNOT take S-1-5-21-9 off /Projects/2027: it goes when a client writes the list.',
    '# CANNOT be done: inbox: It is not there.',
  ])
})

test('cmdlets of a mailbox with nothing to do say what is not possible, and what could not be read', () => {
  const bare = { mailbox: 'owner@contoso.com', steps: [], blocked: [], notes: [] }
  expect(renderPowerShell(bare)).toEqual([])
  expect(renderPowerShell({ ...bare, blocked: [{ user: 'ann', reason: 'Nobody’s\nname.' }] })).toEqual([
    '# owner@contoso.com',
    '# CANNOT be done: ann: Nobody’s\uFFFDname.',
  ])
  expect(renderPowerShell({ ...bare, error: { code: 'ErrorOdd', message: 'It is away.' } })).toEqual([
    '# owner@contoso.com',
    '# CANNOT be read: It is away. (ErrorOdd)',
  ])
})

test('cmdlets come with what has to be known of the plan, not with all that is not described', () => {
  const bare = { mailbox: 'owner@contoso.com', steps: [], blocked: [], notes: [] }
  const note = (kind: Note['kind'], text: string): Note => ({ kind, folder: 'calendar', text })
  expect(
    renderPowerShell({
      ...bare,
      notes: [
        note('orphan', 'S-1-5-21-9 belongs to a deleted account.'),
        { kind: 'unknown', user: 'ann', text: 'ann is not\nin the directory.' },
        note('unmanaged-entry', 'ben has Editor and is not described.'),
        { kind: 'unmanaged-delegate', user: 'ben', text: 'ben is a delegate and is not described.' },
        note('unmanaged-orphan', 'S-1-5-21-8 can be read but not written back.'),
        note('default', 'Default had no entry, which cannot be so again; it is set to None.'),
      ],
    }),
  ).toEqual([
    '# owner@contoso.com',
    '# NOTE calendar: S-1-5-21-9 belongs to a deleted account.',
    '# NOTE ann is not\uFFFDin the directory.',
    '# NOTE calendar: Default had no entry, which cannot be so again; it is set to None.',
  ])
  expect(renderPowerShell({ ...bare, notes: [note('unmanaged-entry', 'ben has Editor.')] })).toEqual([])
  expect(POWERSHELL_HEAD.join('\n')).toContain('"# NOTE"')
})

test('nothing in a plan ends a quoted text or a comment of the script', () => {
  const lines = renderPowerShell({
    ...PLAN,
    blocked: [],
    mailbox: "o'owner@contoso.com",
    steps: [
      {
        type: 'folder',
        folder: "/’; Remove-Mailbox x; '",
        changes: [{ user: ann, after: 'Editor' }],
        drops: ['S-1\nRemove-Mailbox y'],
      },
    ],
  })
  expect(lines).toEqual([
    "# o'owner@contoso.com",
    "Add-MailboxFolderPermission -Identity 'o''owner@contoso.com:\\’’; Remove-Mailbox x; ''' -User 'ann@contoso.com' -AccessRights Editor",
    "# CANNOT take S-1\uFFFDRemove-Mailbox y off /’; Remove-Mailbox x; ': it goes when a client writes the list.",
  ])
})

test('of mailboxes that were not read a summary does not say that there is nothing to do', () => {
  const counts = { ...emptySummary(), mailboxes: 60, unreadable: 60 }
  expect(renderSummary(counts)).toEqual(['60 mailboxes could not be read.'])
  expect(renderSummary({ ...counts, unreadable: 59, unchanged: 1 })).toEqual([
    'Nothing to do in 1 mailbox.',
    '59 mailboxes could not be read.',
  ])
})

const OWNER = 'owner@contoso.com'
const CALENDAR = `(Find-Folder '${OWNER}' Calendar) -User 'ann@contoso.com'`
const INBOX = `(Find-Folder '${OWNER}' Inbox) -User 'ann@contoso.com'`
/** The cmdlets for one change of ann, without the heading. */
const cmdlets = (
  action: 'add' | 'update' | 'remove',
  change: Omit<DelegateGrantChange, 'user'>,
): readonly string[] =>
  renderPowerShell({
    mailbox: OWNER,
    steps: [{ type: 'delegates', action, changes: [{ user: ann, ...change }] }],
    blocked: [],
    notes: [],
  }).slice(1)
const ON_BEHALF = `Set-Mailbox -Identity '${OWNER}' -GrantSendOnBehalfTo @{ Add = 'ann@contoso.com' }`

test('an entry that a new delegate has already is set or removed, not added', () => {
  expect(
    cmdlets('add', {
      after: { levels: { calendar: 'Reviewer', inbox: 'None', tasks: 'Author' } },
      replaces: { calendar: 'Owner', inbox: 'None' },
    }),
  ).toEqual([
    `Set-MailboxFolderPermission -Identity ${CALENDAR} -AccessRights Reviewer`,
    `Add-MailboxFolderPermission -Identity (Find-Folder '${OWNER}' Tasks) -User 'ann@contoso.com' -AccessRights Author`,
    `Remove-MailboxFolderPermission -Identity ${INBOX} -Confirm:$false`,
    ON_BEHALF,
  ])
  expect(
    cmdlets('update', {
      before: { levels: { inbox: 'None' } },
      after: { levels: { inbox: 'Reviewer' } },
      replaces: { inbox: 'None' },
    }),
  ).toEqual([`Set-MailboxFolderPermission -Identity ${INBOX} -AccessRights Reviewer`])
  expect(cmdlets('remove', { before: { levels: { inbox: 'None' } }, replaces: { inbox: 'None' } })).toEqual([
    `Remove-MailboxFolderPermission -Identity ${INBOX} -Confirm:$false`,
    ON_BEHALF.replace('Add', 'Remove'),
  ])
})

test('cmdlets give nobody meeting copies for the sake of private items', () => {
  const add = (viewPrivateItems: boolean, receiveCopiesOfMeetingMessages: boolean) =>
    cmdlets('add', {
      after: { levels: { calendar: 'Editor' }, viewPrivateItems, receiveCopiesOfMeetingMessages },
    })
  const line = `Add-MailboxFolderPermission -Identity ${CALENDAR} -AccessRights Editor`
  expect(add(false, false)).toEqual([line, ON_BEHALF])
  expect(add(false, true)).toEqual([`${line} -SharingPermissionFlags Delegate`, ON_BEHALF])
  expect(add(true, true)).toEqual([`${line} -SharingPermissionFlags Delegate,CanViewPrivateItems`, ON_BEHALF])
  expect(add(true, false)).toEqual([
    line,
    '# CANNOT give ann@contoso.com private items without meeting copies.',
    ON_BEHALF,
  ])
})

test('cmdlets that would take more than the plan does say so', () => {
  expect(
    cmdlets('add', { after: { levels: { inbox: 'Reviewer', calendar: 'None' }, viewPrivateItems: true } }),
  ).toEqual([
    `Add-MailboxFolderPermission -Identity ${INBOX} -AccessRights Reviewer`,
    '# CANNOT change private items or meeting copies of ann@contoso.com without setting the calendar anew.',
    ON_BEHALF,
  ])
  const line = `Set-MailboxFolderPermission -Identity ${CALENDAR} -AccessRights`
  expect(
    cmdlets('update', {
      before: { levels: { calendar: 'Editor' } },
      after: { levels: { calendar: 'Reviewer' } },
    }),
  ).toEqual([
    '# CANNOT keep private items and meeting copies of ann@contoso.com, if they have them: this line takes them away.',
    `${line} Reviewer`,
  ])
  expect(
    cmdlets('update', {
      before: { levels: {}, viewPrivateItems: true },
      after: { levels: {}, viewPrivateItems: false },
    }),
  ).toEqual([
    '# CANNOT change private items or meeting copies of ann@contoso.com without setting the calendar anew.',
  ])
  expect(
    cmdlets('update', {
      before: { levels: { calendar: 'Reviewer' }, viewPrivateItems: false },
      after: { levels: { calendar: 'Editor' }, viewPrivateItems: true, receiveCopiesOfMeetingMessages: true },
    }),
  ).toEqual([`${line} Editor -SharingPermissionFlags Delegate,CanViewPrivateItems`])
})

test('cmdlets do not reach a folder with a slash in its name, nor a deleted account', () => {
  for (const name of ['/Projects\\/2027', '/a\\\\b']) {
    const step = { type: 'folder', folder: name, changes: [{ user: ann, after: 'Editor' }] } as const
    expect(renderPowerShell({ mailbox: OWNER, steps: [step], blocked: [], notes: [] })).toEqual([
      `# ${OWNER}`,
      `# CANNOT name the folder ${name}; its entries are left out.`,
    ])
  }
  const orphan = { user: { sid: 'S-1-5-21-9' }, orphan: true } as const
  const step = { type: 'delegates', action: 'remove', changes: [orphan] } as const
  const plan = { mailbox: OWNER, steps: [step], blocked: [], notes: [] }
  expect(renderPowerShell(plan)).toEqual([
    `# ${OWNER}`,
    '# CANNOT remove the delegate S-1-5-21-9, whose account is gone.',
  ])
  expect(renderMailboxPlan(plan)[1]?.text).toContain(
    '- delegate S-1-5-21-9 (if this account is the one that cannot be read',
  )
})

test('a summary does not call a mailbox done of which something is not possible', () => {
  const summary = emptySummary()
  addToSummary(summary, { ...PLAN, steps: [], notes: [] })
  expect(renderSummary(summary)).toEqual([
    'No change in 1 mailbox.',
    '1 wish is not possible; the reasons stand above.',
  ])
})
