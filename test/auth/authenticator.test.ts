import { expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'

test('Basic sends user and password in UTF-8', async () => {
  expect(await basic({ user: 'CONTOSO\\jürgen', password: 'pä:ss' }).authorization()).toBe(
    `Basic ${Buffer.from('CONTOSO\\jürgen:pä:ss').toString('base64')}`,
  )
})

test.each([
  ['an empty user', { user: '', password: 'x' }],
  ['a user with a colon', { user: 'a:b', password: 'x' }],
  ['a line break', { user: 'a', password: 'x\r\nX-Evil: 1' }],
])('Basic refuses %s', (_, credentials) => {
  expect(() => basic(credentials)).toThrow()
})

test('Bearer takes a token or asks a function before every request', async () => {
  expect(await bearer('abc.def.ghi').authorization()).toBe('Bearer abc.def.ghi')
  let count = 0
  const fresh = bearer(async () => `token-${++count}`)
  expect([await fresh.authorization(), await fresh.authorization()]).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ])
})

test('a token that no header can carry is refused without being shown', async () => {
  expect(() => bearer('secret token')).toThrow(/access token/)
  expect(() => bearer('secret token')).not.toThrow(/secret token/)
  await expect(bearer(() => 'a\nb').authorization()).rejects.toThrow(/access token/)
})

test('neither shows its secret when it is printed', () => {
  const printed = JSON.stringify([basic({ user: 'admin', password: 'hunter2' }), bearer('hunter2')])
  expect(printed).not.toContain('hunter2')
})
