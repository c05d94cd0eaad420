import { beforeEach, describe, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws(() => ({
  tenant: {
    domain: 'contoso.com',
    mailboxes: ['AllanD', 'AdeleV', 'MeganB', 'PattiF', 'AlexW'].map((name) => ({
      address: `${name}@contoso.com`,
      aliases: name === 'MeganB' ? ['megan@contoso.com'] : [],
    })),
    groups: [
      { address: 'staff@contoso.com', kind: 'security', members: ['PattiF@contoso.com'] },
      { address: 'list@contoso.com', kind: 'distribution', members: [] },
      { address: 'team@contoso.com', kind: 'microsoft365', members: [] },
    ],
  },
}))

const BASE = d.permission(d.DEFAULT_USER, 'None') + d.permission(d.ANONYMOUS_USER, 'None')
const CALENDAR_BASE =
  d.permission(d.DEFAULT_USER, 'FreeBusyTimeOnly', '', 'CalendarPermission') +
  d.permission(d.ANONYMOUS_USER, 'None', '', 'CalendarPermission')

const inbox = () => d.folderId(ews.folder(d.OWNER, 'inbox').id)
const calendar = () => d.folderId(ews.folder(d.OWNER, 'calendar').id)

function setInbox(entries: string, id = inbox()): string {
  return d.setPermissions(id, `<t:Permissions>${entries}</t:Permissions>`)
}

function setCalendar(entries: string): string {
  return d.setPermissions(
    calendar(),
    `<t:CalendarPermissions>${entries}</t:CalendarPermissions>`,
    'CalendarFolder',
  )
}

async function read(name: string) {
  const answer = await ews.call(d.getFolder(d.distinguished(name), 'IdOnly', ['folder:PermissionSet']))
  return d.folders(answer)[0]
}

function rightsOf(
  folder: Awaited<ReturnType<typeof read>>,
  address: string,
): Record<string, string> | undefined {
  const set = d.at(folder, 'PermissionSet')
  const list = d.at(set, 'Permissions') ?? d.at(set, 'CalendarPermissions')
  const entry = list?.children.find(
    (candidate) => d.textAt(candidate, 'UserId', 'PrimarySmtpAddress') === address,
  )
  return entry && Object.fromEntries(entry.children.slice(1).map((child) => [child.name, child.text]))
}

beforeEach(async () => {
  await ews.call(setInbox(BASE))
  await ews.call(setCalendar(CALENDAR_BASE))
})

test('a set replaces the whole list and gives the folder a new change key', async () => {
  await ews.call(setInbox(BASE + d.permission(d.smtp(d.DELEGATE), 'Editor')))
  const before = ews.folder(d.OWNER, 'inbox').changeKey
  const answer = await ews.call(setInbox(BASE + d.permission(d.smtp(d.OTHER), 'Reviewer')))
  expect(d.codes(answer)).toEqual(['NoError'])
  const id = d.at(d.folders(answer)[0], 'FolderId')?.attributes
  expect(d.folders(answer)[0]?.children.map((child) => child.name)).toEqual(['FolderId'])
  expect(id).toEqual({
    Id: ews.folder(d.OWNER, 'inbox').id,
    ChangeKey: ews.folder(d.OWNER, 'inbox').changeKey,
  })
  expect(id?.ChangeKey).not.toBe(before)
  expect(d.levels(await read('inbox'))).toEqual({ Default: 'None', Anonymous: 'None', [d.OTHER]: 'Reviewer' })
})

test.each([
  'Owner',
  'PublishingEditor',
  'Editor',
  'PublishingAuthor',
  'Author',
  'NoneditingAuthor',
  'Reviewer',
  'Contributor',
  'None',
])('%s comes back as it was written, on mail folders and calendars', async (level) => {
  await ews.call(setInbox(BASE + d.permission(d.smtp(d.DELEGATE), level)))
  await ews.call(
    setCalendar(CALENDAR_BASE + d.permission(d.smtp(d.DELEGATE), level, '', 'CalendarPermission')),
  )
  expect(d.levels(await read('inbox'))[d.DELEGATE]).toBe(level)
  expect(d.levels(await read('calendar'))[d.DELEGATE]).toBe(level)
})

test.each([
  ['FreeBusyTimeOnly', 'TimeOnly'],
  ['FreeBusyTimeAndSubjectAndLocation', 'TimeAndSubjectAndLocation'],
])('%s is a level of calendars', async (level, readItems) => {
  await ews.call(
    setCalendar(CALENDAR_BASE + d.permission(d.smtp(d.DELEGATE), level, '', 'CalendarPermission')),
  )
  const folder = await read('calendar')
  expect(d.levels(folder)[d.DELEGATE]).toBe(level)
  expect(rightsOf(folder, d.DELEGATE)?.ReadItems).toBe(readItems)
})

describe('custom rights', () => {
  const rights = (overrides: Record<string, string> = {}) =>
    Object.entries({
      CanCreateItems: 'true',
      CanCreateSubFolders: 'false',
      IsFolderOwner: 'false',
      IsFolderVisible: 'true',
      IsFolderContact: 'true',
      EditItems: 'Owned',
      DeleteItems: 'All',
      ReadItems: 'FullDetails',
      ...overrides,
    })

  const write = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([name, value]) => `<t:${name}>${value}</t:${name}>`).join('')

  test('come back one by one', async () => {
    await ews.call(setInbox(BASE + d.permission(d.smtp(d.DELEGATE), 'Custom', write(rights()))))
    expect(rightsOf(await read('inbox'), d.DELEGATE)).toEqual({
      ...Object.fromEntries(rights()),
      PermissionLevel: 'Custom',
    })
  })

  test('a calendar keeps the free/busy rights it was given', async () => {
    for (const readItems of ['None', 'TimeOnly', 'TimeAndSubjectAndLocation', 'FullDetails']) {
      const sent = write(rights({ ReadItems: readItems }))
      await ews.call(
        setCalendar(CALENDAR_BASE + d.permission(d.smtp(d.DELEGATE), 'Custom', sent, 'CalendarPermission')),
      )
      expect(rightsOf(await read('calendar'), d.DELEGATE)?.ReadItems).toBe(readItems)
    }
  })

  test('rights that are those of a named level come back under its name', async () => {
    const editor = write(rights({ IsFolderContact: 'false', EditItems: 'All' }))
    await ews.call(setInbox(BASE + d.permission(d.smtp(d.DELEGATE), 'Custom', editor)))
    expect(d.levels(await read('inbox'))[d.DELEGATE]).toBe('Editor')
  })

  test('Custom without any right is accepted and reads as None', async () => {
    const answer = await ews.call(setInbox(BASE + d.permission(d.smtp(d.DELEGATE), 'Custom')))
    expect(d.codes(answer)).toEqual(['NoError'])
    expect(d.levels(await read('inbox'))[d.DELEGATE]).toBe('None')
  })

  test('next to a named level they are ignored', async () => {
    await ews.call(setInbox(BASE + d.permission(d.smtp(d.DELEGATE), 'Reviewer', write(rights()))))
    expect(d.levels(await read('inbox'))[d.DELEGATE]).toBe('Reviewer')
  })
})

test('a user may be named by SID, by address, by an alias, or by all that agree', async () => {
  const { sid } = ews.recipient(d.DELEGATE)
  const patti = ews.recipient(d.STRANGER)
  const answer = await ews.call(
    setInbox(
      BASE +
        d.permission(d.sid(sid.toLowerCase()), 'Author') +
        d.permission(d.smtp('megan@contoso.com'), 'Editor') +
        d.permission(
          `<t:UserId><t:SID>${patti.sid}</t:SID><t:PrimarySmtpAddress>${patti.address}</t:PrimarySmtpAddress><t:DisplayName>whoever</t:DisplayName></t:UserId>`,
          'Reviewer',
        ) +
        d.permission(d.smtp('staff@contoso.com'), 'Contributor'),
    ),
  )
  expect(d.codes(answer)).toEqual(['NoError'])
  expect(d.levels(await read('inbox'))).toEqual({
    Default: 'None',
    Anonymous: 'None',
    [d.DELEGATE]: 'Author',
    [d.OTHER]: 'Editor',
    [d.STRANGER]: 'Reviewer',
    'staff@contoso.com': 'Contributor',
  })
})

test('Default and Anonymous can be set; Default left out stays as it was, Anonymous left out has nothing', async () => {
  await ews.call(
    setInbox(d.permission(d.DEFAULT_USER, 'Reviewer') + d.permission(d.ANONYMOUS_USER, 'Contributor')),
  )
  expect(d.levels(await read('inbox'))).toEqual({ Default: 'Reviewer', Anonymous: 'Contributor' })
  await ews.call(setInbox(d.permission(d.smtp(d.DELEGATE), 'Author')))
  expect(d.levels(await read('inbox'))).toEqual({
    Default: 'Reviewer',
    Anonymous: 'None',
    [d.DELEGATE]: 'Author',
  })
})

test('a replaced set drops what cannot be written back', async () => {
  ews.simulator.plantOddEntry(d.OWNER, 'inbox', { unknownEntry: 'S-1-5-21-9-9-9-9' })
  ews.simulator.plantOddEntry(d.OWNER, 'inbox', { emptyUser: true })
  ews.simulator.plantOddEntry(d.OWNER, 'inbox', { externalUser: 'Member@local' })
  expect(Object.keys(d.levels(await read('inbox')))).toEqual([
    'Default',
    'Anonymous',
    '(empty)',
    'Member@local',
  ])
  await ews.call(setInbox(BASE))
  const folder = await read('inbox')
  expect(d.levels(folder)).toEqual({ Default: 'None', Anonymous: 'None' })
  expect(d.at(folder, 'PermissionSet', 'UnknownEntries')).toBeUndefined()
})

test('deleting the permission set leaves Default and Anonymous without rights', async () => {
  await ews.call(
    setInbox(d.permission(d.DEFAULT_USER, 'Reviewer') + d.permission(d.smtp(d.DELEGATE), 'Editor')),
  )
  const answer = await ews.call(
    d.updateFolder(
      inbox(),
      '<t:DeleteFolderField><t:FieldURI FieldURI="folder:PermissionSet"/></t:DeleteFolderField>',
    ),
  )
  expect(d.codes(answer)).toEqual(['NoError'])
  expect(d.levels(await read('inbox'))).toEqual({ Default: 'None', Anonymous: 'None' })
})

describe('refused sets leave the list as it was', () => {
  const one = (userId: string) => d.permission(userId, 'Reviewer')

  test.each([
    [
      'the same user twice',
      one(d.smtp('AdeleV@contoso.com')) + one(d.smtp('adelev@contoso.com')),
      'ErrorDuplicateUserIdsSpecified',
    ],
    ['Default twice', one(d.DEFAULT_USER), 'ErrorDuplicateUserIdsSpecified'],
    ['an empty user', one('<t:UserId/>'), 'ErrorMissingUserIdInformation'],
    [
      'Default with an address',
      one(
        '<t:UserId><t:PrimarySmtpAddress>AdeleV@contoso.com</t:PrimarySmtpAddress><t:DistinguishedUser>Default</t:DistinguishedUser></t:UserId>',
      ),
      'ErrorInvalidUserInfo',
    ],
    ['an address of nobody', one(d.smtp('nobody@contoso.com')), 'ErrorInvalidUserInfo'],
    ['a SID of nobody', one(d.sid('S-1-5-21-1-2-3-4')), 'ErrorInvalidUserSid'],
    ['a malformed SID', one(d.sid('Adele')), 'ErrorInvalidSid'],
    ['a malformed address', one(d.smtp('adele')), 'ErrorInvalidSmtpAddress'],
    ['a distribution list', one(d.smtp('list@contoso.com')), 'ErrorInvalidUserInfo'],
    ['a Microsoft 365 group', one(d.smtp('team@contoso.com')), 'ErrorInvalidUserInfo'],
    [
      'an external user',
      one('<t:UserId><t:ExternalUserIdentity>Owner@local</t:ExternalUserIdentity></t:UserId>'),
      'ErrorNotAllowedExternalSharingByPolicy',
    ],
  ])('%s', async (_what, entries, code) => {
    await ews.call(setInbox(BASE + d.permission(d.smtp(d.OTHER), 'Author')))
    const answer = await ews.call(setInbox(BASE + entries))
    expect(d.codes(answer)).toEqual([code])
    expect(d.levels(await read('inbox'))).toEqual({ Default: 'None', Anonymous: 'None', [d.OTHER]: 'Author' })
  })

  test('the same user by SID and by address', async () => {
    const entries = one(d.smtp(d.DELEGATE)) + one(d.sid(ews.recipient(d.DELEGATE).sid))
    expect(d.codes(await ews.call(setInbox(BASE + entries)))).toEqual(['ErrorDuplicateUserIdsSpecified'])
  })

  test('unknown entries', async () => {
    const set = `<t:Permissions>${BASE}</t:Permissions><t:UnknownEntries><t:UnknownEntry>S-1-5-21-9-9-9-9</t:UnknownEntry></t:UnknownEntries>`
    expect(d.messages(await ews.call(d.setPermissions(inbox(), set))).map(d.outcome)).toEqual([
      'ErrorCannotSetPermissionUnknownEntries: Cannot set UnknownEntries on a PermissionSet or CalendarPermissionSet.',
    ])
  })

  test('the shape of a calendar on a mail folder, and the reverse', async () => {
    const asCalendar = d.setPermissions(
      inbox(),
      `<t:CalendarPermissions>${CALENDAR_BASE}</t:CalendarPermissions>`,
      'CalendarFolder',
    )
    const asFolder = d.setPermissions(calendar(), `<t:Permissions>${BASE}</t:Permissions>`)
    expect(d.messages(await ews.call(asCalendar)).map(d.outcome)).toEqual([
      'ErrorCannotSetCalendarPermissionOnNonCalendarFolder: Expected a PermissionSet but received a CalendarPermissionSet.',
    ])
    expect(d.messages(await ews.call(asFolder)).map(d.outcome)).toEqual([
      'ErrorCannotSetNonCalendarPermissionOnCalendarFolder: Expected a CalendarPermissionSet but received a PermissionSet.',
    ])
  })
})

describe('change keys', () => {
  const keyed = (changeKey?: string) => setInbox(BASE, d.folderId(ews.folder(d.OWNER, 'inbox').id, changeKey))

  test('the present one is accepted once; after the write it is stale', async () => {
    const { changeKey } = ews.folder(d.OWNER, 'inbox')
    expect(d.codes(await ews.call(keyed(changeKey)))).toEqual(['NoError'])
    expect(d.messages(await ews.call(keyed(changeKey))).map(d.outcome)).toEqual([
      'ErrorIrresolvableConflict: The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
    ])
  })

  test('AddDelegate makes one stale, too', async () => {
    const { changeKey } = ews.folder(d.OWNER, 'inbox')
    await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Reviewer' })))
    expect(d.codes(await ews.call(keyed(changeKey)))).toEqual(['ErrorIrresolvableConflict'])
    await ews.call(d.removeDelegate(d.smtp(d.DELEGATE)))
  })

  test('one that is none is ErrorInvalidChangeKey; none at all is accepted', async () => {
    expect(d.codes(await ews.call(keyed('abc')))).toEqual(['ErrorInvalidChangeKey'])
    expect(d.codes(await ews.call(keyed()))).toEqual(['NoError'])
  })

  test('a folder named explicitly may carry one', async () => {
    const { changeKey } = ews.folder(d.OWNER, 'inbox')
    const write = () => ews.call(setInbox(BASE, d.distinguished('inbox', d.OWNER, changeKey)))
    expect(d.codes(await write())).toEqual(['NoError'])
    expect(d.codes(await write())).toEqual(['ErrorIrresolvableConflict'])
  })
})

describe('who may', () => {
  test('an Editor may not change permissions, an Owner of the folder may', async () => {
    const change = setInbox(BASE + d.permission(d.smtp(d.DELEGATE), 'Reviewer'))
    await ews.call(setInbox(BASE + d.permission(d.smtp(d.OTHER), 'Editor')))
    expect(d.messages(await ews.call(change, { as: d.OTHER })).map(d.outcome)).toEqual([
      'ErrorAccessDenied: Access is denied. Check credentials and try again.',
    ])
    await ews.call(setInbox(BASE + d.permission(d.smtp(d.OTHER), 'Owner')))
    expect(d.codes(await ews.call(change, { as: d.OTHER }))).toEqual(['NoError'])
  })

  test('a security group’s owner right counts for its members', async () => {
    await ews.call(setInbox(BASE + d.permission(d.smtp('staff@contoso.com'), 'Owner')))
    const change = setInbox(BASE)
    expect(d.codes(await ews.call(change, { as: 'AlexW@contoso.com' }))).toEqual(['ErrorItemNotFound'])
    expect(d.codes(await ews.call(change, { as: d.STRANGER }))).toEqual(['NoError'])
  })
})

describe('other updates', () => {
  const setField = (field: string, object: string) =>
    `<t:SetFolderField><t:FieldURI FieldURI="${field}"/>${object}</t:SetFolderField>`
  const named = (name: string) => `<t:Folder><t:DisplayName>${name}</t:DisplayName></t:Folder>`
  let made: () => string
  beforeEach(() => {
    const parent = ews.folder(d.OWNER, 'inbox')
    const present = parent.children().find((folder) => folder.displayName.startsWith('Made'))
    const folder =
      present ?? ews.mailbox(d.OWNER).createFolder(parent, { displayName: 'Made', folderClass: 'IPF.Note' })
    made = () => d.folderId(folder.id)
    if (parent.children().length < 2) {
      ews.mailbox(d.OWNER).createFolder(parent, { displayName: 'Taken', folderClass: 'IPF.Note' })
    }
  })

  test('a folder is renamed', async () => {
    const answer = await ews.call(
      d.updateFolder(made(), setField('folder:DisplayName', named('Made &amp; named'))),
    )
    expect(d.codes(answer)).toEqual(['NoError'])
    const read = await ews.call(d.getFolder(made(), 'Default'))
    expect(d.textAt(d.folders(read)[0], 'DisplayName')).toBe('Made & named')
  })

  test.each([
    ['a name another folder has', setField('folder:DisplayName', named('taken')), 'ErrorFolderExists'],
    ['an empty name', setField('folder:DisplayName', named('')), 'ErrorFolderSavePropertyError'],
    [
      'two properties in one change',
      setField(
        'folder:DisplayName',
        '<t:Folder><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>x</t:DisplayName></t:Folder>',
      ),
      'ErrorIncorrectUpdatePropertyCount',
    ],
    ['no property', setField('folder:DisplayName', '<t:Folder/>'), 'ErrorIncorrectUpdatePropertyCount'],
    ['another property', setField('folder:FolderClass', named('x')), 'ErrorUpdatePropertyMismatch'],
    [
      'the element of another class',
      setField('folder:DisplayName', '<t:TasksFolder><t:DisplayName>x</t:DisplayName></t:TasksFolder>'),
      'ErrorObjectTypeChanged',
    ],
    [
      'a read-only property',
      setField('folder:TotalCount', '<t:Folder><t:TotalCount>1</t:TotalCount></t:Folder>'),
      'ErrorInvalidPropertySet',
    ],
    [
      'an append',
      `<t:AppendToFolderField><t:FieldURI FieldURI="folder:DisplayName"/>${named('x')}</t:AppendToFolderField>`,
      'ErrorInvalidPropertyAppend',
    ],
    [
      'a delete of the name',
      '<t:DeleteFolderField><t:FieldURI FieldURI="folder:DisplayName"/></t:DeleteFolderField>',
      'ErrorInvalidPropertyDelete',
    ],
    [
      'an extended property',
      '<t:SetFolderField><t:ExtendedFieldURI PropertyTag="0x10f4" PropertyType="Boolean"/><t:Folder><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x10f4" PropertyType="Boolean"/><t:Value>true</t:Value></t:ExtendedProperty></t:Folder></t:SetFolderField>',
      'ErrorInvalidPropertySet',
    ],
  ])('%s is refused', async (_what, update, code) => {
    expect(d.codes(await ews.call(d.updateFolder(made(), update)))).toEqual([code])
  })

  test('a well-known folder keeps its name', async () => {
    const answer = await ews.call(d.updateFolder(inbox(), setField('folder:DisplayName', named('Post'))))
    expect(d.codes(answer)).toEqual(['ErrorFolderSavePropertyError'])
  })

  test('when one of several updates is refused, none is made', async () => {
    const { changeKey } = ews.folder(d.OWNER, 'inbox')
    const answer = await ews.call(
      d.updateFolder(
        inbox(),
        setField(
          'folder:PermissionSet',
          `<t:Folder><t:PermissionSet><t:Permissions>${d.permission(d.DEFAULT_USER, 'Owner')}</t:Permissions></t:PermissionSet></t:Folder>`,
        ) + setField('folder:DisplayName', named('Post')),
      ),
    )
    expect(d.codes(answer)).toEqual(['ErrorFolderSavePropertyError'])
    expect(d.levels(await read('inbox')).Default).toBe('None')
    expect(ews.folder(d.OWNER, 'inbox').changeKey).toBe(changeKey)
  })
})

test('several folders in one request have an outcome each', async () => {
  const change = (id: string) =>
    `<t:FolderChange>${id}<t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:PermissionSet"/><t:Folder><t:PermissionSet><t:Permissions>${BASE}</t:Permissions></t:PermissionSet></t:Folder></t:SetFolderField></t:Updates></t:FolderChange>`
  const answer = await ews.call(
    `<m:UpdateFolder><m:FolderChanges>${change(inbox())}${change(calendar())}${change(d.distinguished('tasks'))}</m:FolderChanges></m:UpdateFolder>`,
  )
  expect(d.codes(answer)).toEqual([
    'NoError',
    'ErrorCannotSetNonCalendarPermissionOnCalendarFolder',
    'NoError',
  ])
  expect(d.messages(answer).map((message) => d.at(message, 'Folders')?.children[0]?.name)).toEqual([
    'Folder',
    undefined,
    'TasksFolder',
  ])
})

d.testThatEverythingWasValid(ews)
