import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRights, parseRights } from '../../src/cli/rights.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import { anyRights } from '../helpers/rights-arbitrary.ts'

describe('parseRights', () => {
  it('grants what is named, in any case, and nothing else', () => {
    expect(parseRights('createItems, FOLDERVISIBLE ,readitems=fulldetails,editItems=owned')).toEqual({
      ...LEVEL_RIGHTS.None,
      createItems: true,
      folderVisible: true,
      readItems: 'FullDetails',
      editItems: 'Owned',
    })
  })

  it('takes true, false, yes and no for a right that is granted or not', () => {
    expect(parseRights('createItems=yes,folderVisible=false')).toEqual({
      ...LEVEL_RIGHTS.None,
      createItems: true,
    })
  })

  it.each([
    ['createItem', 'createItems'],
    ['readItems', 'FullDetails'],
    ['readItems=Full', 'FullDetails'],
    ['editItems=Mine', 'Owned'],
    ['folderVisible=maybe', ''],
    ['createItems,createitems', ''],
    ['', 'None'],
    [' , ', 'None'],
  ])('refuses %j and helps', (text, help) => {
    try {
      parseRights(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError)
      expect(`${(error as InvalidInputError).message} ${(error as InvalidInputError).hint}`).toContain(help)
    }
  })

  it('reads back every set of rights that is printed', () => {
    const rights = anyRights()
    fc.assert(
      fc.property(rights, (some) => {
        const text = formatRights(some)
        if (text === 'none') expect(some).toEqual(LEVEL_RIGHTS.None)
        else expect(parseRights(text)).toEqual(some)
      }),
    )
  })
})
