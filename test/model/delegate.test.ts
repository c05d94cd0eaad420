import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import {
  checkDelegates,
  checkUsers,
  type DelegateInput,
  parseDeliverMeetingRequests,
} from '../../src/model/delegate.ts'

const owner = 'allan@contoso.com'
const check = (input: Partial<DelegateInput>, operation: 'add' | 'update' = 'add') =>
  checkDelegates(owner, [{ user: 'adele@contoso.com', ...input }], operation)

describe('checkDelegates', () => {
  test('keeps exactly what the caller named', () => {
    expect(check({ permissions: { inbox: 'Reviewer' } })).toEqual([
      { user: { smtpAddress: 'adele@contoso.com' }, permissions: { inbox: 'Reviewer' } },
    ])
    expect(check({ viewPrivateItems: false })[0]).toEqual({
      user: { smtpAddress: 'adele@contoso.com' },
      permissions: {},
      viewPrivateItems: false,
    })
  })

  test('the owner cannot be their own delegate, whatever the case of the letters', () => {
    expect(() => check({ user: 'ALLAN@contoso.com' })).toThrow('cannot be their own delegate')
  })

  test('a user named twice is refused', () => {
    expect(() =>
      checkDelegates(owner, [{ user: 'a@contoso.com' }, { user: 'A@contoso.com' }], 'add'),
    ).toThrow('named more than once')
    expect(() => checkUsers(['S-1-5-21-7', { sid: 's-1-5-21-7' }])).toThrow('named more than once')
  })

  test('meeting copies need Editor on the calendar in the same addition', () => {
    expect(() => check({ receiveCopiesOfMeetingMessages: true })).toThrow('None on the calendar')
    expect(() =>
      check({ receiveCopiesOfMeetingMessages: true, permissions: { calendar: 'Author' } }),
    ).toThrow('Author on the calendar')
    expect(check({ receiveCopiesOfMeetingMessages: true, permissions: { calendar: 'Editor' } })).toHaveLength(
      1,
    )
  })

  test('an update may set meeting copies alone, since the delegate may have Editor already', () => {
    expect(check({ receiveCopiesOfMeetingMessages: true }, 'update')).toHaveLength(1)
    expect(() =>
      check({ receiveCopiesOfMeetingMessages: true, permissions: { calendar: 'None' } }, 'update'),
    ).toThrow(InvalidInputError)
  })

  test.each([
    ['a folder delegates have no level on', { sentitems: 'Editor' }],
    ['a level delegates cannot have', { calendar: 'Owner' }],
    ['Custom', { calendar: 'Custom' }],
  ])('%s is refused', (_, permissions) => {
    expect(() => check({ permissions: permissions as never })).toThrow(InvalidInputError)
  })

  test('a malformed owner is refused', () => {
    expect(() => checkDelegates('allan', [], 'add')).toThrow('The owner "allan" is not an e-mail address')
  })
})

test('the delivery of meeting requests is read in any case and refused with the list', () => {
  expect(parseDeliverMeetingRequests('delegatesandme')).toBe('DelegatesAndMe')
  expect(() => parseDeliverMeetingRequests('me')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('NoForward') }),
  )
})
