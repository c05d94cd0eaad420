import {
  FolderPermission,
  FolderPermissionLevel,
  FolderPermissionReadAccess,
  PermissionScope,
  StandardUser,
} from 'ews-javascript-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fromFolderPermission,
  permissionInputFrom,
  toFolderPermission,
} from '../../src/interop/folder-permission.ts'
import type { PermissionInput } from '../../src/model/folder-permission.ts'
import { LEVEL_RIGHTS, levelOf, NAMED_LEVELS } from '../../src/model/permission-level.ts'
import { folderPermission, rights, userRef } from './arbitraries.ts'

test('an entry survives both ways, with each of its rights', () => {
  fc.assert(
    fc.property(folderPermission, (entry) => {
      expect(fromFolderPermission(toFolderPermission(entry))).toEqual(entry)
    }),
    { numRuns: 500 },
  )
})

test('what is to be set survives both ways', () => {
  const level = fc.constantFrom(...NAMED_LEVELS)
  const custom = rights.filter((its) => levelOf(its, 'calendar') === 'Custom')
  const input: fc.Arbitrary<PermissionInput> = fc.oneof(
    fc.record({ user: userRef, level }),
    fc.record({ user: userRef, rights: custom }),
  )
  fc.assert(
    fc.property(input, (entry) => {
      expect(permissionInputFrom(toFolderPermission(entry))).toEqual(entry)
    }),
  )
})

test.each(NAMED_LEVELS)('%s has the rights that ews-javascript-api gives it', (level) => {
  const permission = new FolderPermission()
  permission.PermissionLevel = FolderPermissionLevel[level]
  expect([
    permission.CanCreateItems,
    permission.CanCreateSubFolders,
    permission.IsFolderOwner,
    permission.IsFolderVisible,
    permission.IsFolderContact,
    PermissionScope[permission.EditItems],
    PermissionScope[permission.DeleteItems],
    FolderPermissionReadAccess[permission.ReadItems],
  ]).toEqual([
    LEVEL_RIGHTS[level].createItems,
    LEVEL_RIGHTS[level].createSubFolders,
    LEVEL_RIGHTS[level].folderOwner,
    LEVEL_RIGHTS[level].folderVisible,
    LEVEL_RIGHTS[level].folderContact,
    LEVEL_RIGHTS[level].editItems,
    LEVEL_RIGHTS[level].deleteItems,
    LEVEL_RIGHTS[level].readItems,
  ])
})

test('a new entry has the rights of its level, which its object does not say', () => {
  const permission = new FolderPermission('adele@contoso.com', FolderPermissionLevel.Editor)
  expect(permission.CanCreateItems).toBeUndefined()
  expect(fromFolderPermission(permission)).toEqual({
    user: { smtpAddress: 'adele@contoso.com' },
    level: 'Editor',
    rights: LEVEL_RIGHTS.Editor,
  })
})

test('a level that the package worked out from the rights is a text, and is read all the same', () => {
  const permission = toFolderPermission({ user: 'adele@contoso.com', level: 'Editor' })
  permission.CanCreateSubFolders = true
  expect(permission.PermissionLevel).toBe('2')
  expect(permissionInputFrom(permission)).toEqual({
    user: { smtpAddress: 'adele@contoso.com' },
    level: 'PublishingEditor',
  })
})

test('one right changed on a new object loses the others in the package, and is refused, not guessed', () => {
  const permission = new FolderPermission('adele@contoso.com', FolderPermissionLevel.Editor)
  permission.CanCreateSubFolders = true
  expect(FolderPermissionLevel[permission.PermissionLevel]).toBe('Custom')
  const read = fromFolderPermission(permission)
  expect(read.incomplete).toBe(true)
  expect(() => permissionInputFrom(permission)).toThrow(/adele@contoso.com are Custom, and some/)
  expect(() => toFolderPermission(read)).toThrow(/some of them are not set/)
})

test('an entry without a level is refused', () => {
  const permission = new FolderPermission()
  expect(() => fromFolderPermission(permission)).toThrow(/The level of \(no user\) cannot be/)
})

test('Default can be set', () => {
  const permission = new FolderPermission(StandardUser.Default, FolderPermissionLevel.FreeBusyTimeOnly)
  expect(permissionInputFrom(permission)).toEqual({
    user: { distinguishedUser: 'Default' },
    level: 'FreeBusyTimeOnly',
  })
})
