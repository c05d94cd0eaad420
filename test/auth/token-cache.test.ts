import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileTokenCache, systemTokenCache } from '../../src/auth/token-cache.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterEach(() => rm(folder, { recursive: true }))
const open = (passphrase = 'correct horse battery') =>
  fileTokenCache({ path: join(folder, 'cache', 'tokens'), passphrase })

describe('fileTokenCache', () => {
  test('gives back what was saved, to its owner alone, and leaves no drafts', async () => {
    expect(await open().load()).toBeUndefined()
    await open().save('{"secret":"token"}')
    await open().save('{"secret":"another token"}')
    expect(await open().load()).toBe('{"secret":"another token"}')
    const path = join(folder, 'cache', 'tokens')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'cache'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(folder, 'cache'))).toEqual(['tokens'])
    expect(await readFile(path, 'utf8')).not.toContain('token"')
  })

  test('the same tokens never look the same on disk', async () => {
    const cache = open()
    await cache.save('tokens')
    const first = await readFile(join(folder, 'cache', 'tokens'), 'utf8')
    await cache.save('tokens')
    expect(await readFile(join(folder, 'cache', 'tokens'), 'utf8')).not.toBe(first)
  })

  test('another passphrase, a changed byte and a file of something else are told apart from nothing', async () => {
    await open().save('tokens')
    await expect(open('another passphrase').load()).rejects.toThrow('another passphrase, or was changed')
    const path = join(folder, 'cache', 'tokens')
    const sealed = JSON.parse(await readFile(path, 'utf8')) as { data: string }
    const data = Buffer.from(sealed.data, 'base64')
    data[0] = (data[0] ?? 0) ^ 1
    await writeFile(path, JSON.stringify({ ...sealed, data: data.toString('base64') }))
    await expect(open().load()).rejects.toThrow('was changed')
    for (const text of ['', 'null', '{"version":2}', '{"version":1,"salt":1}']) {
      await writeFile(path, text)
      await expect(open().load()).rejects.toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }))
    }
  })

  test('is gone after clear, and clearing nothing is no mistake', async () => {
    await open().save('tokens')
    await open().clear()
    await open().clear()
    expect(await open().load()).toBeUndefined()
  })

  test('a short passphrase is refused', () => {
    expect(() => open('short')).toThrow('shorter than 12')
  })
})

test('the system’s store names the package it needs', async () => {
  await expect(systemTokenCache({ path: join(folder, 'x') })).rejects.toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_INPUT',
      hint: 'Install it: npm install @azure/msal-node-extensions',
    }),
  )
})
