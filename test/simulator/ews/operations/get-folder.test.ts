import { beforeAll, describe, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()

beforeAll(async () => {
  await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor', Inbox: 'Reviewer' }, { privateItems: true }),
    ),
  )
})

describe('shapes', () => {
  const names = async (base: string, fields: readonly string[] = [], name = 'inbox', header?: string) => {
    const answer = await ews.call(d.getFolder(d.distinguished(name), base, fields), header ? { header } : {})
    return d.folders(answer)[0]?.children.map((child) => child.name)
  }

  test('IdOnly is the id, Default what people look at, AllProperties everything but the permissions', async () => {
    expect(await names('IdOnly')).toEqual(['FolderId'])
    expect(await names('Default')).toEqual([
      'FolderId',
      'DisplayName',
      'TotalCount',
      'ChildFolderCount',
      'UnreadCount',
    ])
    expect(await names('AllProperties')).toEqual([
      'FolderId',
      'ParentFolderId',
      'FolderClass',
      'DisplayName',
      'TotalCount',
      'ChildFolderCount',
      'EffectiveRights',
      'DistinguishedFolderId',
      'UnreadCount',
    ])
  })

  test('additional properties stand in the schema’s order whatever order they are asked in', async () => {
    expect(
      await names('IdOnly', ['folder:PermissionSet', 'folder:DisplayName', 'folder:FolderClass'], 'calendar'),
    ).toEqual(['FolderId', 'FolderClass', 'DisplayName', 'PermissionSet'])
  })

  test('a request of an older schema gets no property that it cannot know, unless it names it', async () => {
    const header = '<t:RequestServerVersion Version="Exchange2010_SP2"/>'
    expect(await names('AllProperties', [], 'inbox', header)).not.toContain('DistinguishedFolderId')
    expect(await names('IdOnly', ['folder:DistinguishedFolderId'], 'inbox', header)).toContain(
      'DistinguishedFolderId',
    )
  })

  test.each([
    ['inbox', 'Folder', 'IPF.Note'],
    ['calendar', 'CalendarFolder', 'IPF.Appointment'],
    ['contacts', 'ContactsFolder', 'IPF.Contact'],
    ['tasks', 'TasksFolder', 'IPF.Task'],
    ['notes', 'Folder', 'IPF.StickyNote'],
    ['journal', 'Folder', 'IPF.Journal'],
    ['quickcontacts', 'ContactsFolder', 'IPF.Contact.MOC.QuickContacts'],
    ['msgfolderroot', 'Folder', undefined],
    ['root', 'Folder', undefined],
  ])('%s is a t:%s', async (name, element, folderClass) => {
    const answer = await ews.call(d.getFolder(d.distinguished(name), 'AllProperties'))
    const [folder] = d.folders(answer)
    expect(folder?.name).toBe(element)
    expect(d.textAt(folder, 'FolderClass')).toBe(folderClass)
  })

  test('MAPI properties that a folder has are answered, others are left out', async () => {
    const path = (tag: string, type: string) =>
      `<t:ExtendedFieldURI PropertyTag="${tag}" PropertyType="${type}"/>`
    const answer = await ews.call(
      d.getFolder(d.distinguished('calendar'), 'IdOnly', [
        path('0x10F4', 'Boolean'),
        path('13843', 'String'),
        path('0x7000', 'String'),
        '<t:ExtendedFieldURI DistinguishedPropertySetId="Common" PropertyName="color" PropertyType="Integer"/>',
      ]),
    )
    const properties = d.findChildren(d.folders(answer)[0] as never, 'ExtendedProperty')
    expect(
      properties.map((property) => [
        d.at(property, 'ExtendedFieldURI')?.attributes.PropertyTag,
        d.textAt(property, 'Value'),
      ]),
    ).toEqual([
      ['0x10f4', 'false'],
      ['0x3613', 'IPF.Appointment'],
    ])
  })

  test.each([
    ['<t:FieldURI FieldURI="item:Subject"/>', 'ErrorInvalidPropertyRequest'],
    ['<t:ExtendedFieldURI PropertyType="String"/>', 'ErrorInvalidExtendedProperty'],
    [
      '<t:ExtendedFieldURI PropertyTag="0x3001" PropertyName="x" PropertyType="String"/>',
      'ErrorInvalidExtendedProperty',
    ],
  ])('%s is refused', async (path, code) => {
    expect(d.codes(await ews.call(d.getFolder(d.distinguished('inbox'), 'IdOnly', [path])))).toEqual([code])
  })
})

describe('explicit access', () => {
  test('one message per id, in order; a folder the mailbox does not have is ErrorFolderNotFound with empty Folders', async () => {
    const wanted = [
      'inbox',
      'archivemsgfolderroot',
      'voicemail',
      'calendar',
      'publicfoldersroot',
      'favorites',
    ]
    const answer = await ews.call(d.getFolder(wanted.map((name) => d.distinguished(name)).join('')))
    expect(d.messages(answer).map(d.outcome)).toEqual([
      'NoError',
      'ErrorFolderNotFound: The specified folder could not be found in the store.',
      'ErrorFolderNotFound: The specified folder could not be found in the store.',
      'NoError',
      'ErrorFolderNotFound: The specified folder could not be found in the store.',
      'ErrorFolderNotFound: The specified folder could not be found in the store.',
    ])
    expect(d.messages(answer).map((message) => d.at(message, 'Folders')?.children.length)).toEqual([
      1, 0, 0, 1, 0, 0,
    ])
  })

  test('a name without a mailbox is the caller’s own folder', async () => {
    const own = await ews.call(d.getFolder(d.distinguished('calendar')), { as: d.DELEGATE })
    expect(d.at(d.folders(own)[0], 'FolderId')?.attributes.Id).toBe(ews.folder(d.DELEGATE, 'calendar').id)
  })

  test('a delegate opens what they have a level on; no access and not there look alike', async () => {
    const answer = await ews.call(
      d.getFolder(
        ['calendar', 'inbox', 'tasks', 'root', 'msgfolderroot', 'voicemail']
          .map((name) => d.distinguished(name, d.OWNER))
          .join(''),
      ),
      { as: d.DELEGATE },
    )
    const notFound = 'ErrorItemNotFound: The specified object was not found in the store.'
    expect(d.messages(answer).map(d.outcome)).toEqual([
      'NoError',
      'NoError',
      notFound,
      notFound,
      notFound,
      notFound,
    ])
  })

  test('free/busy rights do not open a calendar', async () => {
    const answer = await ews.call(d.getFolder(d.distinguished('calendar', d.OWNER)), { as: d.STRANGER })
    expect(d.codes(answer)).toEqual(['ErrorItemNotFound'])
  })

  test('a proxy address, an unknown one and a group are refused', async () => {
    const answer = await ews.call(
      d.getFolder(
        ['allan.deyoung@contoso.com', 'nobody@contoso.com', 'sales@contoso.com']
          .map((owner) => d.distinguished('inbox', owner))
          .join(''),
      ),
    )
    expect(d.codes(answer)).toEqual([
      'ErrorNonPrimarySmtpAddress',
      'ErrorNonExistentMailbox',
      'ErrorNonExistentMailbox',
    ])
  })

  test('Full Access opens every folder', async () => {
    const { directory } = ews.simulator.exchange
    const [owner, user] = [ews.recipient('support@contoso.com'), ews.recipient(d.OTHER)]
    directory.grant(owner, user, 'FullAccess')
    const answer = await ews.call(
      d.getFolder(
        d.distinguished('root', owner.address) +
          d.distinguished('inbox', owner.address) +
          d.distinguished('voicemail', owner.address),
        'IdOnly',
      ),
      { as: d.OTHER },
    )
    expect(d.codes(answer)).toEqual(['NoError', 'NoError', 'ErrorFolderNotFound'])
  })
})

describe('implicit access', () => {
  const idOf = (name: string) => ews.folder(d.OWNER, name).id

  test('an id needs no mailbox, and rights still decide', async () => {
    const request = d.getFolder(d.folderId(idOf('calendar')) + d.folderId(idOf('tasks')))
    expect(d.codes(await ews.call(request, { as: d.DELEGATE }))).toEqual(['NoError', 'ErrorItemNotFound'])
    expect(d.codes(await ews.call(request))).toEqual(['NoError', 'NoError'])
  })

  test.each([
    ['', 'ErrorInvalidIdEmpty'],
    ['calendar', 'ErrorInvalidIdMalformed'],
    ['AAMkAD==', 'ErrorInvalidIdMalformed'],
    ['not base64!', 'ErrorInvalidIdMalformed'],
  ])('the id %j is %s', async (id, code) => {
    expect(d.codes(await ews.call(d.getFolder(d.folderId(id))))).toEqual([code])
  })

  test('a forged id, one in other letters, and one moved to another mailbox name nothing', async () => {
    const id = idOf('inbox')
    const bytes = Buffer.from(id, 'base64')
    const forged = Buffer.from(bytes)
    forged[bytes.length - 1] = (forged[bytes.length - 1] ?? 0) ^ 1
    const moved = Buffer.from(bytes)
    moved.write(ews.recipient(d.DELEGATE).id, 4, 'latin1')
    const answer = await ews.call(
      d.getFolder(d.folderId(forged.toString('base64')) + d.folderId(moved.toString('base64'))),
    )
    expect(d.codes(answer)).toEqual(['ErrorItemNotFound', 'ErrorItemNotFound'])
    const lowered = await ews.call(d.getFolder(d.folderId(id.toLowerCase())))
    expect(d.codes(lowered)[0]).toMatch(/^Error(?:InvalidIdMalformed|ItemNotFound)$/)
  })

  test('an item’s id is no folder’s', async () => {
    const id = ews.simulator.exchange.ids.itemId(ews.recipient(d.OWNER).id)
    expect(d.codes(await ews.call(d.getFolder(d.folderId(id))))).toEqual(['ErrorCannotUseItemIdForFolderId'])
  })

  test('a change key that is none is ErrorInvalidChangeKey; an old one does not keep anybody from reading', async () => {
    const old = ews.simulator.exchange.ids.changeKey('folder')
    const answer = await ews.call(
      d.getFolder(d.folderId(idOf('inbox'), 'rubbish') + d.folderId(idOf('inbox'), old)),
    )
    expect(d.codes(answer)).toEqual(['ErrorInvalidChangeKey', 'NoError'])
  })
})

describe('permission sets', () => {
  test('whoever does not own the folder is refused the whole folder', async () => {
    const request = d.getFolder(d.distinguished('calendar', d.OWNER), 'Default', ['folder:PermissionSet'])
    const answer = await ews.call(request, { as: d.DELEGATE })
    expect(d.messages(answer).map(d.outcome)).toEqual([
      'ErrorAccessDenied: Access is denied. Check credentials and try again.',
    ])
    expect(d.folders(answer)).toEqual([undefined])
  })

  test('entries hold eight rights and the level they add up to, in the schema’s order', async () => {
    const answer = await ews.call(
      d.getFolder(d.distinguished('calendar'), 'IdOnly', ['folder:PermissionSet']),
    )
    const entries = d.at(d.folders(answer)[0], 'PermissionSet', 'CalendarPermissions')?.children ?? []
    expect(entries.map((entry) => entry.children.map((child) => child.name))).toEqual(
      Array(3).fill([
        'UserId',
        'CanCreateItems',
        'CanCreateSubFolders',
        'IsFolderOwner',
        'IsFolderVisible',
        'IsFolderContact',
        'EditItems',
        'DeleteItems',
        'ReadItems',
        'CalendarPermissionLevel',
      ]),
    )
    expect(entries[2]?.children.slice(1).map((child) => child.text)).toEqual([
      'true',
      'false',
      'false',
      'true',
      'false',
      'All',
      'All',
      'FullDetails',
      'Editor',
    ])
  })

  test('entries that real mailboxes hold: an empty user, an external one, unknown ones', async () => {
    ews.simulator.plantOddEntry(d.OTHER, 'calendar', {
      emptyUser: true,
      level: 'FreeBusyTimeAndSubjectAndLocation',
    })
    ews.simulator.plantOddEntry(d.OTHER, 'calendar', { externalUser: 'Owner@local' })
    ews.simulator.plantOddEntry(d.OTHER, 'calendar', { unknownEntry: 'S-1-5-21-9-9-9-9' })
    const answer = await ews.call(
      d.getFolder(d.distinguished('calendar'), 'IdOnly', ['folder:PermissionSet']),
      {
        as: d.OTHER,
      },
    )
    const [folder] = d.folders(answer)
    expect(d.levels(folder)).toEqual({
      Default: 'FreeBusyTimeOnly',
      Anonymous: 'None',
      '(empty)': 'FreeBusyTimeAndSubjectAndLocation',
      'Owner@local': 'Reviewer',
    })
    const set = d.at(folder, 'PermissionSet')
    expect(d.at(set, 'UnknownEntries')?.children.map((entry) => entry.text)).toEqual(['S-1-5-21-9-9-9-9'])
    expect(d.at(set, 'CalendarPermissions')?.children[2]?.children[0]?.children).toEqual([])
  })
})

test('EffectiveRights are the caller’s own', async () => {
  const rights = async (as: string) => {
    const answer = await ews.call(
      d.getFolder(d.distinguished('calendar', d.OWNER), 'IdOnly', ['folder:EffectiveRights']),
      { as },
    )
    const element = d.at(d.folders(answer)[0], 'EffectiveRights')
    return Object.fromEntries((element?.children ?? []).map((child) => [child.name, child.text === 'true']))
  }
  const all = {
    CreateAssociated: true,
    CreateContents: true,
    CreateHierarchy: true,
    Delete: true,
    Modify: true,
    Read: true,
    ViewPrivateItems: true,
  }
  expect(await rights(d.OWNER)).toEqual(all)
  expect(await rights(d.DELEGATE)).toEqual({
    ...all,
    CreateAssociated: false,
    CreateHierarchy: false,
    Delete: false,
    Modify: false,
  })
})

d.testThatEverythingWasValid(ews)
