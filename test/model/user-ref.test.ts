import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import {
  describeUser,
  identityMatches,
  parsePermissionUser,
  parseUser,
  userKey,
} from '../../src/model/user-ref.ts'

describe('parseUser', () => {
  test('reads an address, a SID, and a reference with one identifier', () => {
    expect(parseUser(' Adele@contoso.com ')).toEqual({ smtpAddress: 'Adele@contoso.com' })
    expect(parseUser('s-1-5-21-1-2-3-1118')).toEqual({ sid: 'S-1-5-21-1-2-3-1118' })
    expect(parseUser({ smtpAddress: 'adele@contoso.com' })).toEqual({ smtpAddress: 'adele@contoso.com' })
  })

  test.each(['jörg@münchen.example', "o'neil+tag@sub.contoso.com", 'a@localhost', 'UPPER@CONTOSO.COM'])(
    '%s is an address',
    (address) => {
      expect(parseUser(address)).toEqual({ smtpAddress: address })
    },
  )

  test.each([
    '',
    'adele',
    'adele@',
    '@contoso.com',
    'a b@contoso.com',
    'a@b@c',
    'a..b@contoso.com',
    '.a@contoso.com',
    'a.@contoso.com',
    'a@contoso..com',
    'a@-contoso.com',
    '<a@contoso.com>',
    'a@contoso.com\r\nBcc: x@y.z',
    `${'x'.repeat(65)}@contoso.com`,
    'S-1',
    'S-1-5-21-',
    'S-2-5-21-1',
    'S-1-5-x',
  ])('%j is refused', (text) => {
    expect(() => parseUser(text)).toThrow(InvalidInputError)
  })

  test('characters that nobody sees do not make another user', () => {
    for (const [hidden, code] of [
      ['\u200B', 'U+200B'],
      ['\u00AD', 'U+00AD'],
      ['\u202E', 'U+202E'],
      ['\u2060', 'U+2060'],
      ['\u{E0041}', 'U+E0041'],
    ] as const) {
      for (const address of [`ad${hidden}ele@contoso.com`, `adele@contoso.com${hidden}`]) {
        expect(() => parseUser(address, 'the delegate')).toThrow(
          `The delegate "adele@contoso.com" holds an invisible character (${code}).`,
        )
      }
    }
    expect(() => parseUser('adele@contoso.com\uD800')).toThrow(InvalidInputError)
    expect(() => parseUser('ad\u200Bele')).toThrow('is not an e-mail address')
    expect(() => parseUser('S-1-5-21-1\u200B')).toThrow(InvalidInputError)
    // At the ends these are blanks.
    expect(parseUser('\uFEFF\u00A0adele@contoso.com\u00A0')).toEqual({ smtpAddress: 'adele@contoso.com' })
  })

  test('two identifiers are refused, and so is none', () => {
    expect(() => parseUser({ smtpAddress: 'a@b.c', sid: 'S-1-5-21-1' } as never)).toThrow(
      '2 identifiers: smtpAddress, sid',
    )
    expect(() => parseUser({} as never)).toThrow('no identifier')
  })

  test('Default and Anonymous are no delegates, but stand in permission lists, in any case', () => {
    expect(() => parseUser('default')).toThrow('Default cannot be a delegate')
    expect(parsePermissionUser('ANONYMOUS')).toEqual({ distinguishedUser: 'Anonymous' })
  })
})

test('addresses and SIDs are compared without case', () => {
  expect(userKey({ smtpAddress: 'A@B.c' })).toBe(userKey({ smtpAddress: 'a@b.C' }))
  expect(identityMatches({ smtpAddress: 'A@b.c', sid: 'S-1-5-21-7' }, { sid: 's-1-5-21-7' })).toBe(true)
  expect(identityMatches({ smtpAddress: 'A@b.c' }, { sid: 'S-1-5-21-7' })).toBe(false)
  expect(identityMatches({}, { distinguishedUser: 'Default' })).toBe(false)
})

test('a user is described by what a person knows first', () => {
  expect(describeUser({ sid: 'S-1-5-21-7', displayName: 'Adele', smtpAddress: 'a@b.c' })).toBe('a@b.c')
  expect(describeUser({ sid: 'S-1-5-21-7' })).toBe('S-1-5-21-7')
  expect(describeUser({})).toBe('(no user)')
})
