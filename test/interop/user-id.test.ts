import { StandardUser, UserId } from 'ews-javascript-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { fromUserId, toUserId, userRefFrom } from '../../src/interop/user-id.ts'
import { identity, userRef } from './arbitraries.ts'

test('what a server says of a user survives both ways', () => {
  fc.assert(
    fc.property(identity, (user) => {
      expect(fromUserId(toUserId(user))).toEqual(user)
    }),
  )
})

test('a reference survives both ways', () => {
  fc.assert(
    fc.property(userRef, (user) => {
      expect(userRefFrom(toUserId(user))).toEqual(user)
    }),
  )
})

test('Default is a user, although it is zero', () => {
  expect(fromUserId(new UserId(StandardUser.Default))).toEqual({ distinguishedUser: 'Default' })
  expect(userRefFrom(new UserId(StandardUser.Anonymous))).toEqual({ distinguishedUser: 'Anonymous' })
  expect(toUserId('default').StandardUser).toBe(StandardUser.Default)
})

test('of several identifiers the SID is named', () => {
  const user = new UserId('adele@contoso.com')
  user.SID = 'S-1-5-21-7'
  expect(userRefFrom(user)).toEqual({ sid: 'S-1-5-21-7' })
})

test.each([new UserId(), null, undefined])('a UserId that names nobody is nobody: %j', (userId) => {
  expect(fromUserId(userId)).toEqual({})
  expect(() => userRefFrom(userId)).toThrow(InvalidInputError)
})

test('an external user has no place in a UserId', () => {
  expect(() => toUserId({ externalUser: 'x@fabrikam.com' })).toThrow(/no place/)
})
