import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { Context } from '../../src/cli/context.ts'
import { showResults } from '../../src/cli/run-apply.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import { Journal, type JournalFile } from '../../src/plan/journal.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const directory = await mkdtemp(join(tmpdir(), 'run-apply-'))
afterAll(() => rm(directory, { recursive: true }))

test('a disk that is full ends the run, with what was done and is not on record, and how to go on', async () => {
  const backend = new MemoryBackend()
  const owners = Array.from({ length: 10 }, (_, index) => `owner${index}@contoso.com`)
  for (const owner of owners) backend.add(owner)
  const path = join(directory, 'run.jsonl')
  let full = false
  const journal = await Journal.create(path, {
    wrap: (file): JournalFile => ({
      write: ((bytes: Buffer, at: number) => {
        full ||= bytes.includes('"type":"step","mailbox":"owner1@')
        return full ? Promise.reject(new Error('ENOSPC: no space left')) : file.write(bytes, at)
      }) as never,
      datasync: () => file.datasync(),
      close: () => file.close(),
    }),
  })
  const stdout = new PassThrough()
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env: {},
    cwd: directory,
    signal: new AbortController().signal,
  }
  const context = new Context(io as never, 'text', { columns: 80 } as never)
  const results = applyGrants(
    owners.map((mailbox) => ({
      mailbox,
      mode: 'additive',
      folders: [
        { folder: 'inbox', permissions: [{ user: { smtpAddress: 'ann@contoso.com' }, grant: 'Author' }] },
      ],
    })),
    { backend, journal, concurrency: 1 },
  )
  const { problem } = await showResults(context, results, journal, owners.length)
  expect(problem).toMatchObject({ exitCode: 4, code: 'ERR_JOURNAL', hint: expect.stringContaining(path) })
  expect(backend.writes).toHaveLength(2)
  expect(problem?.message).toBe(
    `The journal ${path} cannot be written: ENOSPC: no space left. The run was stopped. 8 mailboxes were not done. The journal holds what was intended, and not that it was done, for owner1@contoso.com; going on reads these first and does nothing twice.`,
  )
  expect(String(stdout.read())).toMatch(/owner0@contoso\.com: changed[\s\S]*\n2 changed, 8 skipped\.\n/)
})
