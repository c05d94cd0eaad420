import { DelegateFolderPermissionLevel, DelegateUser, StandardUser } from 'ews-javascript-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delegateInputFrom, fromDelegateUser, toDelegateUser } from '../../src/interop/delegate-user.ts'
import { DELEGATE_FOLDERS, type Delegate } from '../../src/model/delegate.ts'
import { DELEGATE_LEVELS } from '../../src/model/permission-level.ts'
import { delegateInput, identity } from './arbitraries.ts'

const delegate = fc.record(
  {
    user: identity,
    permissions: fc.record(
      Object.fromEntries(
        DELEGATE_FOLDERS.map((folder) => [folder, fc.constantFrom(...DELEGATE_LEVELS, 'Custom')]),
      ),
    ),
    receiveCopiesOfMeetingMessages: fc.boolean(),
    viewPrivateItems: fc.boolean(),
  },
  { requiredKeys: ['user'] },
) as fc.Arbitrary<Delegate>

test('a delegate as read survives both ways, Custom levels and what was not said included', () => {
  fc.assert(
    fc.property(delegate, (read) => {
      expect(fromDelegateUser(toDelegateUser(read))).toEqual(read)
    }),
  )
})

test('a change survives both ways: what is not named stays not named, None and false stay meant', () => {
  fc.assert(
    fc.property(delegateInput, (input) => {
      expect(delegateInputFrom(toDelegateUser(input))).toEqual(input)
    }),
  )
})

describe('of an object that the program made', () => {
  const adele = () => {
    const user = new DelegateUser('adele@contoso.com')
    user.Permissions.InboxFolderPermissionLevel = DelegateFolderPermissionLevel.Author
    return user
  }

  test('None and false are taken for not set', () => {
    expect(delegateInputFrom(adele())).toEqual({
      user: { smtpAddress: 'adele@contoso.com' },
      permissions: { inbox: 'Author' },
    })
  })

  test('None and false are meant when it is said to be complete', () => {
    expect(delegateInputFrom(adele(), { complete: true })).toEqual({
      user: { smtpAddress: 'adele@contoso.com' },
      permissions: {
        calendar: 'None',
        tasks: 'None',
        inbox: 'Author',
        contacts: 'None',
        notes: 'None',
        journal: 'None',
      },
      receiveCopiesOfMeetingMessages: false,
      viewPrivateItems: false,
    })
  })

  test('Custom is never sent', () => {
    const user = toDelegateUser({
      user: { smtpAddress: 'adele@contoso.com' },
      permissions: {
        calendar: 'Custom',
        tasks: 'None',
        inbox: 'Author',
        contacts: 'Custom',
        notes: 'None',
        journal: 'None',
      },
    })
    expect(delegateInputFrom(user).permissions).toEqual({
      tasks: 'None',
      inbox: 'Author',
      notes: 'None',
      journal: 'None',
    })
    // The package lets a Custom pass that it has read, and refuses one that a program set.
    const checked = user as unknown as { ValidateUpdateDelegate(): void }
    expect(() => checked.ValidateUpdateDelegate()).not.toThrow()
  })
})

test('levels that were not asked for are not None', () => {
  const read = new DelegateUser('adele@contoso.com')
  expect(fromDelegateUser(read, { permissions: false })).toEqual({
    user: { smtpAddress: 'adele@contoso.com' },
    receiveCopiesOfMeetingMessages: false,
    viewPrivateItems: false,
  })
  expect(fromDelegateUser(read).permissions?.calendar).toBe('None')
})

test('a level that there is none of is refused, naming delegate and folder', () => {
  const input = { user: 'adele@contoso.com', permissions: { calendar: 'Boss' } }
  expect(() => toDelegateUser(input as never)).toThrow(
    /"Boss" is not a level for the delegate adele@contoso.com on calendar/,
  )
  const user = new DelegateUser('adele@contoso.com')
  user.Permissions.NotesFolderPermissionLevel = 9 as DelegateFolderPermissionLevel
  expect(() => fromDelegateUser(user)).toThrow(/The level of adele@contoso.com on notes cannot be/)
})

test('Default as a delegate is read as it is, for the client to refuse', () => {
  expect(delegateInputFrom(new DelegateUser(StandardUser.Default)).user).toEqual({
    distinguishedUser: 'Default',
  })
})
