import { describe, expect, test } from 'vitest'
import { createItem } from '../../../../src/simulator/store/item.ts'
import * as d from '../../ews-driver.ts'

/** CreateFolder, DeleteFolder and EmptyFolder. */
const ews = d.useEws()

const create = (folders: string, parent = d.distinguished('inbox'), as: string = d.OWNER) =>
  ews.call(
    `<m:CreateFolder><m:ParentFolderId>${parent}</m:ParentFolderId><m:Folders>${folders}</m:Folders></m:CreateFolder>`,
    { as },
  )
const folder = (name: string, element = 'Folder', more = '') =>
  `<t:${element}>${more}<t:DisplayName>${name}</t:DisplayName></t:${element}>`
const remove = (id: string, type = 'HardDelete', as: string = d.OWNER) =>
  ews.call(`<m:DeleteFolder DeleteType="${type}"><m:FolderIds>${id}</m:FolderIds></m:DeleteFolder>`, { as })
const idOf = (answer: d.Answer) => {
  const found = d.at(d.folders(answer)[0], 'FolderId')?.attributes.Id
  if (!found) throw new Error(answer.text)
  return found
}

describe('CreateFolder', () => {
  test('makes a folder of each kind, which inherits its parent’s permissions', async () => {
    ews
      .folder(d.OWNER, 'inbox')
      .permissions.set({ kind: 'account', sid: ews.recipient(d.DELEGATE).sid }, 0x401)
    const answer = await create(
      ['Folder', 'CalendarFolder', 'ContactsFolder', 'TasksFolder']
        .map((kind) => folder(kind, kind))
        .join(''),
    )
    expect(d.codes(answer)).toEqual(['NoError', 'NoError', 'NoError', 'NoError'])
    expect(d.folders(answer).map((each) => each?.name)).toEqual([
      'Folder',
      'CalendarFolder',
      'ContactsFolder',
      'TasksFolder',
    ])
    const made = ews.mailbox(d.OWNER).findFolder(idOf(answer))
    expect(made?.permissions.rightsOfAccount(ews.recipient(d.DELEGATE).sid)).toBe(0x401)
  })

  test('takes a class and a permission set', async () => {
    const set = `<t:PermissionSet><t:Permissions>${d.permission(d.smtp(d.OTHER), 'Editor')}</t:Permissions></t:PermissionSet>`
    const answer = await create(
      `<t:Folder><t:FolderClass>IPF.Note.Custom</t:FolderClass><t:DisplayName>Shared</t:DisplayName>${set}</t:Folder>`,
    )
    const shown = await ews.call(
      d.getFolder(d.folderId(idOf(answer)), 'IdOnly', ['folder:PermissionSet', 'folder:FolderClass']),
    )
    expect(d.levels(d.folders(shown)[0])).toMatchObject({ [d.OTHER]: 'Editor' })
    expect(d.textAt(d.folders(shown)[0], 'FolderClass')).toBe('IPF.Note.Custom')
  })

  test.each([
    [folder('Folder'), undefined, 'ErrorFolderExists'],
    [folder(''), undefined, 'ErrorFolderSavePropertyError'],
    [
      folder('x', 'CalendarFolder', '<t:FolderClass>IPF.Note</t:FolderClass>'),
      undefined,
      'ErrorNoFolderClassOverride',
    ],
    [folder('x', 'SearchFolder'), undefined, 'ErrorInvalidPropertySet'],
    [folder('x'), d.distinguished('voicemail'), 'ErrorParentFolderNotFound'],
    [folder('x'), d.distinguished('inbox', d.OTHER), 'ErrorParentFolderNotFound'],
  ])('%s in %s is refused', async (source, parent, code) => {
    expect(d.codes(await create(source, parent))).toEqual([code])
  })
})

describe('DeleteFolder', () => {
  test('moves to Deleted Items under a name that is free, and from there deletes for good', async () => {
    const first = idOf(await create(folder('Twice')))
    await remove(d.folderId(first), 'MoveToDeletedItems')
    const second = idOf(await create(folder('Twice')))
    await remove(d.folderId(second), 'MoveToDeletedItems')
    expect(
      ews
        .folder(d.OWNER, 'deleteditems')
        .children()
        .map(({ displayName }) => displayName),
    ).toEqual(['Twice', 'Twice1'])
    await remove(d.folderId(second), 'MoveToDeletedItems')
    expect(ews.mailbox(d.OWNER).findFolder(second)).toBeUndefined()
  })

  test('takes everything inside along', async () => {
    const parent = idOf(await create(folder('Parent')))
    const child = idOf(await create(folder('Child'), d.folderId(parent)))
    const inside = ews.mailbox(d.OWNER).findFolder(child)
    const item = createItem(ews.simulator.exchange, { mailbox: ews.mailbox(d.OWNER) })
    inside?.addItem(item)
    expect(d.codes(await remove(d.folderId(parent)))).toEqual(['NoError'])
    expect(ews.mailbox(d.OWNER).findFolder(child)).toBeUndefined()
    expect(d.codes(await ews.call(d.getItem(d.itemId(item))))).toEqual(['ErrorItemNotFound'])
  })

  test('spares the folders every mailbox has, and needs the owner right', async () => {
    expect(d.codes(await remove(d.distinguished('inbox')))).toEqual(['ErrorDeleteDistinguishedFolder'])
    const made = idOf(await create(folder('Mine')))
    const found = ews.mailbox(d.OWNER).findFolder(made)
    const trustee = { kind: 'account', sid: ews.recipient(d.DELEGATE).sid } as const
    found?.permissions.set(trustee, 0x4fb)
    expect(d.codes(await remove(d.folderId(made), 'HardDelete', d.DELEGATE))).toEqual(['ErrorAccessDenied'])
    found?.permissions.set(trustee, 0x7fb)
    expect(d.codes(await remove(d.folderId(made), 'HardDelete', d.DELEGATE))).toEqual(['NoError'])
  })
})

describe('EmptyFolder', () => {
  const empty = (id: string, inside = false, as: string = d.OWNER) =>
    ews.call(
      `<m:EmptyFolder DeleteType="HardDelete" DeleteSubFolders="${inside}"><m:FolderIds>${id}</m:FolderIds></m:EmptyFolder>`,
      { as },
    )

  test('deletes what is in it, if all of it may be deleted', async () => {
    const place = ews.folder(d.OWNER, 'junkemail')
    place.addItem(createItem(ews.simulator.exchange, { mailbox: place.mailbox }))
    place.permissions.set({ kind: 'account', sid: ews.recipient(d.DELEGATE).sid }, 0x41b)
    const id = d.distinguished('junkemail', d.OWNER)
    expect(d.codes(await empty(id, false, d.DELEGATE))).toEqual(['ErrorAccessDenied'])
    expect(d.codes(await empty(id))).toEqual(['NoError'])
    expect(place.itemCount).toBe(0)
  })

  test('spares calendars, and folders that every mailbox has', async () => {
    expect(d.codes(await empty(d.distinguished('calendar')))).toEqual(['ErrorCannotEmptyFolder'])
    expect(d.codes(await empty(d.distinguished('contacts'), true))).toEqual([
      'ErrorDeleteDistinguishedFolder',
    ])
  })
})

d.testThatEverythingWasValid(ews)
