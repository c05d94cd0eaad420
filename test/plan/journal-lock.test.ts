import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { Journal } from '../../src/plan/journal.ts'
import { lockJournal } from '../../src/plan/journal-lock.ts'

const directory = await mkdtemp(join(tmpdir(), 'lock-'))
afterAll(() => rm(directory, { recursive: true }))

let journal: string
let runs = 0
beforeEach(async () => {
  journal = join(directory, `${runs++}.jsonl`)
  await writeFile(journal, '')
})

/** A lock file as another process would have left it. */
const left = (over: object = {}) =>
  writeFile(
    `${journal}.lock`,
    JSON.stringify({
      pid: process.pid,
      host: hostname(),
      since: new Date().toISOString(),
      token: 'another',
      ...over,
    }),
  )

const locks = async () =>
  (await readdir(directory)).filter((name) => name.startsWith(`${basename(journal)}.lock`))

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number
}

test('one at a time; who has it is named, with what to do', async () => {
  const lock = await lockJournal(journal)
  await expect(lockJournal(journal)).rejects.toMatchObject({
    code: 'ERR_JOURNAL',
    message: expect.stringMatching(new RegExp(`by process ${process.pid} on this machine, since 20`)),
    hint: expect.stringContaining(`delete ${lock.path}`),
  })
  await lock.release()
  await (await lockJournal(journal)).release()
  expect(await locks()).toEqual([])
})

test('a journal that is open is locked, until it is closed', async () => {
  await rm(journal)
  const open = await Journal.create(journal)
  await expect(Journal.resume(journal)).rejects.toThrow(/being worked with by process/)
  await open.close()
  const resumed = await Journal.resume(journal)
  await expect(lockJournal(journal)).rejects.toThrow(/being worked with/)
  await resumed.close()
})

test('what a process left that was killed is taken over', async () => {
  await left({ pid: await endedProcess() })
  await (await lockJournal(journal)).release()
})

test('a process that has the number of this one, from before a restart, is not this one', async () => {
  await left()
  await (await lockJournal(journal)).release()
})

test('what is older than the machine’s start is nobody’s, whoever has the number now', async () => {
  await left({ pid: process.ppid })
  await expect(lockJournal(journal)).rejects.toThrow(/by process/)
  await left({ pid: process.ppid, since: '2001-01-01T00:00:00Z' })
  await (await lockJournal(journal)).release()
})

test('of another machine nothing is known, so it is left to a person', async () => {
  await left({ host: 'another', pid: await endedProcess() })
  await expect(lockJournal(journal)).rejects.toMatchObject({
    message: expect.stringContaining('on another'),
    hint: expect.stringContaining(`delete ${journal}.lock`),
  })
})

test.each(['', '{"pid":', 'null', '[]'])('a lock file that says %j is taken over', async (text) => {
  await writeFile(`${journal}.lock`, text)
  await (await lockJournal(journal)).release()
})

test('of many who find it left behind, one gets it', async () => {
  const pid = await endedProcess()
  for (let round = 0; round < 20; round++) {
    await left({ pid })
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockJournal(journal)))
    const won = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(won).toHaveLength(1)
    const [lock] = won
    expect(JSON.parse(await readFile(`${journal}.lock`, 'utf8')).pid).toBe(process.pid)
    await lock?.value.release()
  }
})

test('who died while taking over is succeeded as well', async () => {
  const pid = await endedProcess()
  await left({ pid, token: 'first' })
  for (const [from, token] of [
    ['first', 'second'],
    ['second', 'third'],
  ])
    await writeFile(
      `${journal}.lock.${from}`,
      JSON.stringify({ pid, host: hostname(), since: new Date().toISOString(), token }),
    )
  const lock = await lockJournal(journal)
  await expect(lockJournal(journal)).rejects.toThrow(/being worked with/)
  await lock.release()
  expect(await locks()).toEqual([])
})

test('without a journal there is nothing to lock', async () => {
  await expect(lockJournal(join(directory, 'none.jsonl'))).rejects.toThrow(/none\.jsonl cannot be read/)
  expect((await readdir(directory)).filter((name) => name.includes('none'))).toEqual([])
})

test('a link to a journal has the lock of the journal', async () => {
  const link = join(directory, `link-${basename(journal)}`)
  await symlink(journal, link)
  const lock = await lockJournal(link)
  expect(lock.path).toBe(`${await realpath(journal)}.lock`)
  await expect(lockJournal(journal)).rejects.toThrow(/being worked with/)
  await lock.release()
})

test('what is no file is no journal, and gets no lock', async () => {
  await expect(lockJournal(directory)).rejects.toMatchObject({
    code: 'ERR_JOURNAL',
    message: `${directory} is not a file, and so no journal.`,
  })
  expect(await readdir(tmpdir())).not.toContain(`${basename(directory)}.lock`)
})
