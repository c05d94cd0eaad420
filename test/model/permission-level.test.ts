import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import {
  completeRights,
  DELEGATE_LEVELS,
  LEVEL_RIGHTS,
  levelOf,
  NAMED_LEVELS,
  parseLevel,
} from '../../src/model/permission-level.ts'
import { anyRights } from '../helpers/rights-arbitrary.ts'

// Microsoft's table of the PermissionLevel page, in its columns: create items, create sub-folders, owner, visible,
// contact, edit, delete, read.
const TABLE: Record<string, string> = {
  None: '- - - - - None None None',
  Owner: '+ + + + + All All FullDetails',
  PublishingEditor: '+ + - + - All All FullDetails',
  Editor: '+ - - + - All All FullDetails',
  PublishingAuthor: '+ + - + - Owned Owned FullDetails',
  Author: '+ - - + - Owned Owned FullDetails',
  NoneditingAuthor: '+ - - + - None Owned FullDetails',
  Reviewer: '- - - + - None None FullDetails',
  Contributor: '+ - - + - None None None',
  FreeBusyTimeOnly: '- - - - - None None TimeOnly',
  FreeBusyTimeAndSubjectAndLocation: '- - - - - None None TimeAndSubjectAndLocation',
}

test.each(Object.entries(TABLE))('%s grants %s', (level, row) => {
  const rights = LEVEL_RIGHTS[level as keyof typeof LEVEL_RIGHTS]
  const sign = (granted: boolean) => (granted ? '+' : '-')
  expect(
    [
      sign(rights.createItems),
      sign(rights.createSubFolders),
      sign(rights.folderOwner),
      sign(rights.folderVisible),
      sign(rights.folderContact),
      rights.editItems,
      rights.deleteItems,
      rights.readItems,
    ].join(' '),
  ).toBe(row)
})

test('there are nine named levels on ordinary folders and two more on calendars', () => {
  expect(Object.keys(TABLE).sort()).toEqual([...NAMED_LEVELS].sort())
})

describe('levelOf', () => {
  test('every named level is recognised by its rights', () => {
    for (const level of NAMED_LEVELS) expect(levelOf(LEVEL_RIGHTS[level], 'calendar')).toBe(level)
  })

  test('free/busy rights have no name on an ordinary folder', () => {
    expect(levelOf(LEVEL_RIGHTS.FreeBusyTimeOnly, 'ordinary')).toBe('Custom')
  })

  test('rights with a name grant exactly what the name grants, all others are Custom', () => {
    const rights = anyRights()
    fc.assert(
      fc.property(rights, (given) => {
        const level = levelOf(given, 'calendar')
        if (level === 'Custom') expect(Object.values(LEVEL_RIGHTS)).not.toContainEqual(given)
        else expect(LEVEL_RIGHTS[level]).toEqual(given)
      }),
    )
  })
})

test('rights that are not named are not granted', () => {
  expect(completeRights({ readItems: 'FullDetails' })).toEqual({
    ...LEVEL_RIGHTS.None,
    readItems: 'FullDetails',
  })
})

test.each([[{ fly: true }], [{ readItems: 'Some' }], [{ createItems: 'yes' }], [{ editItems: true }]])(
  'the rights %j are refused',
  (rights) => {
    expect(() => completeRights(rights as never)).toThrow(InvalidInputError)
  },
)

test('a level is read in any case, Custom is refused with what to do, anything else with the list', () => {
  expect(parseLevel('eDiToR', DELEGATE_LEVELS, 'a delegate')).toBe('Editor')
  expect(() => parseLevel('Custom', DELEGATE_LEVELS, 'a delegate')).toThrow('Custom cannot be set')
  expect(() => parseLevel('Owner', DELEGATE_LEVELS, 'a delegate')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('None, Reviewer, Author, Editor') }),
  )
})
