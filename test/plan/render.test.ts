import { expect, test } from 'vitest'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { addToSummary, emptySummary } from '../../src/plan/plan-summary.ts'
import { renderMailboxPlan, renderSummary } from '../../src/plan/render.ts'
import { renderPowerShell } from '../../src/plan/render-powershell.ts'

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
      folder: '/Projects\\/2027',
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
    '  + /Projects\\/2027: ann@contoso.com Custom (createItems, folderVisible, editItems=Owned)',
    '  - /Projects\\/2027: ben@contoso.com (had Editor)',
    '  ~ /Projects\\/2027: Default None -> Reviewer',
    '  - /Projects\\/2027: S-1-5-21-9 (cannot be written back; lost for good)',
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
    "Set-MailboxFolderPermission -Identity (Find-Folder 'owner@contoso.com' Calendar) -User 'ann@contoso.com' -AccessRights Editor -SharingPermissionFlags Delegate,CanViewPrivateItems",
    '# CANNOT set where meeting requests go (DelegatesOnly); no cmdlet does.',
    "Add-MailboxFolderPermission -Identity 'owner@contoso.com:\\Projects/2027' -User 'ann@contoso.com' -AccessRights CreateItems,FolderVisible,EditOwnedItems",
    "Remove-MailboxFolderPermission -Identity 'owner@contoso.com:\\Projects/2027' -User 'ben@contoso.com' -Confirm:$false",
    "Set-MailboxFolderPermission -Identity 'owner@contoso.com:\\Projects/2027' -User Default -AccessRights Reviewer",
    '# S-1-5-21-9 goes when a client writes the list; cmdlets leave it.',
  ])
})

test('nothing in a plan ends a quoted text or a comment of the script', () => {
  const lines = renderPowerShell({
    ...PLAN,
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
    '# S-1\uFFFDRemove-Mailbox y goes when a client writes the list; cmdlets leave it.',
  ])
})
