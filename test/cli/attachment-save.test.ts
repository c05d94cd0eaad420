import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { saveAttachments } from '../../src/cli/attachment-save.ts'
import type { Context } from '../../src/cli/context.ts'
import type { Attachment } from '../../src/model/item.ts'

const disk = vi.hoisted(() => ({ full: false }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const failing = (code: string) => Promise.reject(Object.assign(new Error(`${code}: no`), { code }))
  return {
    ...real,
    open: async (path: string, flags: string) => {
      const handle = await real.open(path, flags)
      return disk.full ? Object.assign(handle, { writeFile: () => failing('ENOSPC') }) : handle
    },
    unlink: (path: string) => (disk.full ? failing('EPERM') : real.unlink(path)),
  }
})

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'attachments-'))
})
afterEach(() => {
  disk.full = false
  rmSync(cwd, { recursive: true })
})

/** Saves what a server lists, whatever it leaves out. */
function save(...attachments: Attachment[]) {
  const items = {
    getAll: async () => [{ ok: true, item: { type: 'Message', id: { id: 'A' }, attachments } }],
    attachment: async (id: string) => ({ kind: 'file', id, content: Buffer.from(id) }),
  }
  const context = { io: { cwd }, talk: () => {}, ews: async () => ({ items }) } as unknown as Context
  const flags = { id: ['A'], name: [] } as unknown as Parameters<typeof saveAttachments>[1]
  return saveAttachments(context, flags)
}

it('goes on after an attachment that the server lists without an id', async () => {
  const { report, problem } = await save(
    { kind: 'file', name: 'a.txt' },
    { kind: 'file', id: 'B', name: 'b.txt' },
  )
  expect(report?.json).toMatchObject({
    results: [
      { id: null, ok: false, code: 'ERR_NO_CONTENT' },
      { id: 'B', ok: true, file: 'b.txt' },
    ],
  })
  expect(problem?.message).toContain('The server did not answer the id of "a.txt"')
  expect(readdirSync(cwd)).toEqual(['b.txt'])
})

it('tells why a file could not be written, also where its half cannot be taken away', async () => {
  disk.full = true
  const { problem } = await save({ kind: 'file', id: 'B', name: 'b.txt' })
  expect(problem?.message).toContain('ENOSPC')
})
