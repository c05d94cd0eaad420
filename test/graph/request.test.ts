import { describe, expect, test } from 'vitest'
import { idSegment, mailboxOfPath, mailboxPath, odataQuery, odataText } from '../../src/graph/request.ts'

describe('mailboxPath', () => {
  test.each([
    [undefined, '/me'],
    ['/me', '/me'],
    ['AllanD@contoso.com', '/users/AllanD@contoso.com'],
    ['/users/AllanD@contoso.com', '/users/AllanD@contoso.com'],
    ['87d349ed-44d7-43e1-9a83-5f2406dee5bd', '/users/87d349ed-44d7-43e1-9a83-5f2406dee5bd'],
    ['user_fabrikam.com#EXT#@contoso.com', '/users/user_fabrikam.com%23EXT%23@contoso.com'],
  ])('%s is %s', (input, path) => expect(mailboxPath(input)).toBe(path))

  test.each(['', ' ', '/users/', '/groups/x', 'a/b', 'a?b', 'a%2fb', '..', 'a\nb', '/users/../me'])(
    '%j is refused',
    (input) => {
      expect(() => mailboxPath(input)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }))
    },
  )
})

describe('paths and queries', () => {
  test('the mailbox of a path ignores case', () => {
    expect(mailboxOfPath('/users/AllanD@contoso.com/messages/1?$select=id')).toBe('/users/alland@contoso.com')
    expect(mailboxOfPath('/me/sendMail')).toBe('/me')
    expect(mailboxOfPath('/mention')).toBe('/')
    expect(mailboxOfPath('/ME?$select=id')).toBe('/me')
  })
  test('a user has one key, however they are spelled', () => {
    for (const path of [
      "/users('87d3')/messages?$skip=2",
      '/users/87D3/messages',
      '/Users/%38%37d3/messages',
    ]) {
      expect(mailboxOfPath(path)).toBe('/users/87d3')
    }
    expect(mailboxOfPath('/users/%zz/messages')).toBe('/users/%zz')
  })
  test('an id keeps to its segment', () => {
    expect(idSegment('AAMk/A+B==')).toBe('AAMk%2FA%2BB%3D%3D')
    expect(() => idSegment('..')).toThrow()
    expect(() => idSegment('')).toThrow()
  })
  test('values of a query are escaped and absent ones left out', () => {
    expect(odataQuery({ filter: `subject eq ${odataText("it's & so")}`, top: 10, select: undefined })).toBe(
      "?$filter=subject%20eq%20'it''s%20%26%20so'&$top=10",
    )
    expect(odataQuery({})).toBe('')
  })
})
