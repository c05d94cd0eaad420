import { describe, expect, test } from 'vitest'
import type { CalendarPermissionLevel, FolderRights } from '../../../src/model/permission-level.ts'
import {
  canonicalRights,
  describeRights,
  levelOfRights,
  RIGHTS,
  rightsOf,
  rightsOfLevel,
} from '../../../src/simulator/store/rights.ts'

type Row = [
  CalendarPermissionLevel,
  boolean,
  boolean,
  boolean,
  boolean,
  boolean,
  string,
  string,
  string,
  number,
]

/** Table 2 of Microsoft's PermissionLevel page, and the sums of the flags of MS-OXCPERM 2.2.7. */
const TABLE: readonly Row[] = [
  // level                              create subF   owner  visible contact edit     delete   read            bits
  ['None', false, false, false, false, false, 'None', 'None', 'None', 0x000],
  ['Contributor', true, false, false, true, false, 'None', 'None', 'None', 0x402],
  ['Reviewer', false, false, false, true, false, 'None', 'None', 'FullDetails', 0x401],
  ['NoneditingAuthor', true, false, false, true, false, 'None', 'Owned', 'FullDetails', 0x413],
  ['Author', true, false, false, true, false, 'Owned', 'Owned', 'FullDetails', 0x41b],
  ['PublishingAuthor', true, true, false, true, false, 'Owned', 'Owned', 'FullDetails', 0x49b],
  ['Editor', true, false, false, true, false, 'All', 'All', 'FullDetails', 0x47b],
  ['PublishingEditor', true, true, false, true, false, 'All', 'All', 'FullDetails', 0x4fb],
  ['Owner', true, true, true, true, true, 'All', 'All', 'FullDetails', 0x7fb],
  ['FreeBusyTimeOnly', false, false, false, false, false, 'None', 'None', 'TimeOnly', 0x800],
  [
    'FreeBusyTimeAndSubjectAndLocation',
    false,
    false,
    false,
    false,
    false,
    'None',
    'None',
    'TimeAndSubjectAndLocation',
    0x1800,
  ],
]

function described([, create, subFolders, owner, visible, contact, edit, del, read]: Row): FolderRights {
  return {
    createItems: create,
    createSubFolders: subFolders,
    folderOwner: owner,
    folderVisible: visible,
    folderContact: contact,
    editItems: edit,
    deleteItems: del,
    readItems: read,
  } as FolderRights
}

describe.each(TABLE)('%s', (...row) => {
  const level = row[0] as Exclude<CalendarPermissionLevel, 'Custom'>
  const bits = row[9]
  const freeBusy = level.startsWith('FreeBusy')

  test('has the eight rights of Microsoft’s table on a calendar, and its name follows from them', () => {
    const rights = rightsOfLevel(level, 'calendar')
    expect(describeRights(rights)).toEqual(described(row))
    expect(levelOfRights(rights, 'calendar')).toBe(level)
    expect(rightsOf(described(row), 'calendar')).toBe(rights)
  })

  test.skipIf(freeBusy)('is the sum of its MAPI flags on a mail folder', () => {
    expect(rightsOfLevel(level, 'ordinary')).toBe(bits)
    expect(levelOfRights(bits, 'ordinary')).toBe(level)
  })

  test('is found whether or not the free/busy bits that reading implies were stored', () => {
    const read = (bits & RIGHTS.readAny) !== 0
    expect(
      levelOfRights(read ? bits | RIGHTS.freeBusySimple | RIGHTS.freeBusyDetailed : bits, 'calendar'),
    ).toBe(level)
  })
})

test.each([
  ['None that can be seen', RIGHTS.visible],
  ['Owner without contact', 0x5fb],
  ['Contributor who sees the time', 0x402 | RIGHTS.freeBusySimple],
  ['Editor who deletes only their own', 0x43b],
])('%s is Custom', (_what, rights) => {
  expect(levelOfRights(rights, 'calendar')).toBe('Custom')
})

test('editing everybody’s items includes one’s own, reading includes free/busy, and only on a calendar', () => {
  expect(canonicalRights(RIGHTS.editAny | RIGHTS.deleteAny, 'ordinary')).toBe(0x78)
  expect(canonicalRights(RIGHTS.readAny, 'calendar')).toBe(0x1801)
  expect(canonicalRights(RIGHTS.readAny | RIGHTS.freeBusySimple, 'ordinary')).toBe(1)
  expect(canonicalRights(0xffff, 'calendar')).toBe(0x1ffb | 0x4)
})
