import type { PathLike } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DEFAULT_TENANT } from '../../src/simulator/default-tenant.ts'
import { readStateFile, StateFile } from '../../src/simulator/state-file.ts'
import { Exchange } from '../../src/simulator/store/exchange.ts'

/** What asking for the rights on a folder, and forcing it to the disk, fails with; undefined: it does not. */
const disk = vi.hoisted((): { code: string | undefined } => ({ code: undefined }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const failing = () => Promise.reject(Object.assign(new Error(`${disk.code}: no`), { code: disk.code }))
  return {
    ...real,
    open: async (path: PathLike, ...rest: []) => {
      const handle = await real.open(path, ...rest)
      if (disk.code === undefined || !(await handle.stat()).isDirectory()) return handle
      return Object.assign(handle, { sync: failing })
    },
    access: (path: PathLike, mode: number) => (disk.code === undefined ? real.access(path, mode) : failing()),
  }
})

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ews-state-'))
  path = join(folder, 'state.json')
})
afterEach(async () => {
  disk.code = undefined
  await rm(folder, { recursive: true })
})

test.skipIf(process.platform === 'win32').each(['EINVAL', 'ENOTSUP'])(
  'a file system that forces no folders to the disk (%s) takes a state file',
  async (code) => {
    disk.code = code
    await new StateFile(path, new Exchange({ tenant: DEFAULT_TENANT }), undefined).save()
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1 })
  },
)

test.skipIf(process.platform === 'win32')(
  'after a folder could not be forced to the disk the next write is not refused as another program’s',
  async () => {
    const file = new StateFile(path, new Exchange({ tenant: DEFAULT_TENANT }), undefined)
    disk.code = 'EIO'
    await expect(file.save()).rejects.toThrow(/cannot be written: EIO/)
    const { ino } = await stat(path)
    disk.code = undefined
    await file.save()
    expect((await stat(path)).ino).not.toBe(ino)
  },
)

test('a file whose folder is closed is refused at the start, although nothing is to be written', async () => {
  const exchange = new Exchange({ tenant: DEFAULT_TENANT })
  await new StateFile(path, exchange, undefined).save()
  const read = await readStateFile(path, DEFAULT_TENANT.domain)
  const start = () => new StateFile(path, exchange, read?.stamp).start(read?.text)
  await start()
  disk.code = 'EACCES'
  await expect(start()).rejects.toThrow(/cannot be written: EACCES/)
})
