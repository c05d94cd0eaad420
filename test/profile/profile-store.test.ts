import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProfileStore, profileStore } from '../../src/profile/profile-store.ts'
import type { SettingValues } from '../../src/profile/settings.ts'

let folder = ''
let store: ProfileStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
  store = profileStore(join(folder, 'ews-delegates'))
})
afterEach(() => rm(folder, { recursive: true }))

const url = 'https://mail.contoso.com/EWS/Exchange.asmx'
const write = async (text: string, mode = 0o600) => {
  await mkdir(join(folder, 'ews-delegates'), { recursive: true })
  await writeFile(store.path, text)
  await chmod(store.path, mode)
}

describe('profileStore', () => {
  test('has no profiles before the first', async () => {
    expect(await store.list()).toEqual([])
    expect(await store.default()).toBeUndefined()
    await expect(store.require('work')).rejects.toThrow('There is no profile "work".')
  })

  test('keeps profiles for their owner alone, and leaves no drafts', async () => {
    await store.add('work', { url, auth: 'ntlm', user: 'CONTOSO\\adele' })
    await store.add('Cloud', { auth: 'device-code', tenant: 'contoso.com', 'client-id': 'x' })
    expect(await store.list()).toEqual([
      {
        name: 'Cloud',
        settings: { auth: 'device-code', tenant: 'contoso.com', 'client-id': 'x' },
        isDefault: false,
      },
      { name: 'work', settings: { url, auth: 'ntlm', user: 'CONTOSO\\adele' }, isDefault: true },
    ])
    expect((await stat(store.path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'ews-delegates'))).toEqual(['profiles.json'])
    expect(JSON.parse(await readFile(store.path, 'utf8'))).toMatchObject({ version: 1, default: 'work' })
  })

  test('finds a name in any case, and does not take it twice', async () => {
    await store.add('Work', { url })
    expect((await store.require('WORK')).name).toBe('Work')
    await expect(store.add('work', { url })).rejects.toThrow('There is a profile Work already.')
    await store.add('work', { user: 'adele' }, { replace: true })
    expect(await store.list()).toEqual([{ name: 'work', settings: { user: 'adele' }, isDefault: true }])
  })

  test('the default goes with its profile', async () => {
    await store.add('a', { url })
    await store.add('b', { url }, { makeDefault: true })
    expect((await store.default())?.name).toBe('b')
    await store.remove('B')
    expect(await store.default()).toBeUndefined()
    await expect(store.remove('b')).rejects.toThrow(expect.objectContaining({ hint: 'The profiles are a.' }))
  })

  test.each([
    ['a password', { password: 'x' }, 'secrets are not kept in profiles'],
    ['a client secret', { 'client-secret': 'x' }, 'secrets are not kept in profiles'],
    ['an address with a password', { url: 'https://adele:geheim@mail.contoso.com/' }, 'secrets are not kept'],
    ['a proxy with a password', { proxy: 'adele:geheim@proxy:8080' }, 'secrets are not kept in profiles'],
    ['a token', { user: 'eyJhbGciOiJub25l.eyJzdWIiOiJh.c2ln' }, 'secrets are not kept in profiles'],
    ['a setting nobody knows', { colour: 'blue' }, 'no setting "colour"'],
    ['a method nobody knows', { auth: 'magic' }, 'no value of auth'],
    ['no address', { url: 'mail.contoso.com' }, 'is not an address'],
    ['nothing', { user: ' ' }, 'user is empty'],
    ['a line break', { user: 'a\nb' }, 'control character'],
  ])('refuses %s', async (_what, settings, message) => {
    const error = await store.add('work', settings as SettingValues).then(
      () => undefined,
      (caught: Error) => caught,
    )
    expect(error?.message).toContain(message)
    expect(`${error?.message}${error?.stack}`).not.toMatch(/geheim|eyJhbGci/)
    expect(await store.list()).toEqual([])
  })

  test.each(['', '.', '../etc', 'a b', '__proto__', 'x'.repeat(65)])('%j is no name', async (name) => {
    await expect(store.add(name, { url })).rejects.toThrow('is not a name')
  })

  test.each([
    ['not JSON', '{', 'is not JSON'],
    ['not JSON in which somebody wrote a password', '{"password": geheim-1}', 'is not JSON.'],
    ['of another version', '{"version":2,"profiles":{}}', 'of a version'],
    ['with something more', '{"version":1,"profiles":{},"x":1}', 'holds "x"'],
    [
      'with a password somebody wrote in',
      '{"version":1,"profiles":{"a":{"password":"x"}}}',
      'holds "password"',
    ],
    ['with a number', '{"version":1,"profiles":{"a":{"timeout":5}}}', 'timeout is not text'],
    [
      'with a default that is gone',
      '{"version":1,"default":"b","profiles":{"a":{}}}',
      'none of its profiles',
    ],
    ['a list', '[]', 'is not an object'],
  ])('a file that is %s is refused with its place', async (_what, text, message) => {
    await write(text)
    await expect(store.list()).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_INPUT', message: expect.stringContaining(message) }),
    )
  })

  test.skipIf(process.platform === 'win32')('a file that others can write is not used', async () => {
    await write('{"version":1,"profiles":{}}', 0o666)
    await expect(store.list()).rejects.toThrow('can be written by others')
  })
})
