import { FolderId, Mailbox, WellKnownFolderName } from 'ews-javascript-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { fromFolderId, toFolderId } from '../../src/interop/folder-id.ts'
import { DISTINGUISHED_FOLDERS, type FolderTarget } from '../../src/model/folder-target.ts'
import { smtpAddress } from './arbitraries.ts'

const names = Object.values(WellKnownFolderName).filter((name) => typeof name === 'string') as string[]

const target: fc.Arbitrary<FolderTarget> = fc.oneof(
  fc.record(
    { distinguishedFolder: fc.constantFrom(...DISTINGUISHED_FOLDERS), mailbox: smtpAddress },
    { requiredKeys: ['distinguishedFolder'] },
  ),
  fc.record(
    { id: fc.base64String({ minLength: 4 }), changeKey: fc.base64String({ minLength: 4 }) },
    { requiredKeys: ['id'] },
  ),
)

test('a folder target survives both ways', () => {
  fc.assert(
    fc.property(target, (folder) => {
      expect(fromFolderId(toFolderId(folder))).toEqual(folder)
    }),
  )
})

test('every well-known name of ews-javascript-api survives both ways, Calendar, which is zero, too', () => {
  expect(names).toHaveLength(DISTINGUISHED_FOLDERS.length)
  for (const name of names) {
    const value = WellKnownFolderName[name as keyof typeof WellKnownFolderName] as number
    const target = fromFolderId(new FolderId(value, new Mailbox('allan@contoso.com')))
    expect(target).toEqual({ distinguishedFolder: name.toLowerCase(), mailbox: 'allan@contoso.com' })
    expect(toFolderId(target).FolderName).toBe(value)
  }
})

test('a FolderId without a mailbox is the caller’s own folder', () => {
  expect(fromFolderId(new FolderId(WellKnownFolderName.Inbox))).toEqual({ distinguishedFolder: 'inbox' })
})

test.each([
  ['names nothing', new FolderId(undefined as unknown as string)],
  ['names a mailbox without an address', new FolderId(WellKnownFolderName.Inbox, new Mailbox())],
  [
    'names a mailbox by its legacy name',
    new FolderId(WellKnownFolderName.Inbox, new Mailbox('/o=x/cn=y', 'EX')),
  ],
  ['has a name that there is none of', new FolderId(999 as WellKnownFolderName)],
])('a FolderId is refused that %s', (_, folderId) => {
  expect(() => fromFolderId(folderId)).toThrow(InvalidInputError)
})
