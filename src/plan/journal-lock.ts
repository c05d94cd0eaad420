import { randomUUID } from 'node:crypto'
import { link, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { JournalError } from './journal-error.ts'

/** Whoever works with a journal, as its lock file says. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** ISO 8601. */
  readonly since: string
  readonly token: string
}

/** Keeps a journal to one run at a time. Let go of it when the run is over. */
export interface JournalLock extends AsyncDisposable {
  /** The lock file, beside the journal itself: a link to it has the same one. */
  readonly path: string
  release(): Promise<void>
}

/** Locks of this process, by token: another one with its number, from before a restart, has none of them. */
const held = new Set<string>()

const ATTEMPTS = 10
/** Others are through with their part of it in a moment. */
const RETRY_MS = 50
/** How far the clock may be set while a machine runs. */
const CLOCK_SLACK_MS = 300_000

/**
 * Takes a journal for one run: going on with it or putting it back twice at the same time would do everything twice.
 * The lock is a file beside it, so that it holds between processes, and on every system. One that a process left
 * behind when it was killed is taken over.
 *
 * @throws JournalError naming who has it; when it is no regular file; or when the lock file cannot be made.
 */
export async function lockJournal(journal: string): Promise<JournalLock> {
  const path = `${await requireFile(journal)}.lock`
  const token = randomUUID()
  const text = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    token,
  } satisfies Holder)
  // A lock of our own is alive from its first moment.
  held.add(token)
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await sleep(RETRY_MS)
      if (await createWhole(path, text)) return lockOf(path, token)
      const holder = await readHolder(path)
      if (!holder) continue
      if (isAlive(holder)) throw inUse(journal, path, holder)
      if (await succeed(path, holder, text)) return lockOf(path, token)
    }
  } catch (error) {
    held.delete(token)
    throw error instanceof JournalError ? error : noLock(path, error)
  }
  held.delete(token)
  throw new JournalError(`The journal ${journal} cannot be locked: others are after it at this moment.`, {
    hint: 'Try again when they are through.',
  })
}

/** The one name of a journal that has several by links. A device or a pipe may never come to its end. */
async function requireFile(journal: string): Promise<string> {
  let isFile: boolean
  let real: string
  try {
    real = await realpath(journal)
    isFile = (await stat(real)).isFile()
  } catch (error) {
    throw new JournalError(`The journal ${journal} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (isFile) return real
  throw new JournalError(`${journal} is not a file, and so no journal.`, {
    hint: 'Name the file that the run wrote, or a copy of it.',
  })
}

function lockOf(path: string, token: string): JournalLock {
  const release = async () => {
    if (!held.delete(token)) return
    // Somebody may have deleted it by hand and another run have made its own.
    if ((await readHolder(path))?.token === token) await unlink(path).catch(() => {})
  }
  return { path, release, [Symbol.asyncDispose]: release }
}

/**
 * Takes over from a dead holder. Two can find it dead at the same time, so each first claims to be its successor, in a
 * file that only one of them can make. If that one dies as well before it has the lock, there is a successor of it.
 */
async function succeed(path: string, dead: Holder, text: string): Promise<boolean> {
  const claims: string[] = []
  for (let from = dead; ; ) {
    const claim = `${path}.${from.token}`
    claims.push(claim)
    if (await createWhole(claim, text)) break
    const successor = await readHolder(claim)
    if (!successor || isAlive(successor)) return false
    from = successor
  }
  // By now somebody may have been through with all of this.
  const isStill = (await readHolder(path))?.token === dead.token
  if (isStill) {
    const own = `${path}.${randomUUID()}`
    await writeFile(own, text, { mode: 0o600 })
    await rename(own, path)
  }
  for (const claim of claims) await unlink(claim).catch(() => {})
  return isStill
}

/** Makes a file that has its text from the beginning; false when there is one. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`
  try {
    await writeFile(own, text, { flag: 'wx', mode: 0o600 })
    await link(own, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code === undefined || !NO_LINKS.has(code)) throw error
    // Its text comes a moment later.
    return await writeFile(path, text, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      (failed: NodeJS.ErrnoException) => {
        if (failed.code === 'EEXIST') return false
        throw failed
      },
    )
  } finally {
    await unlink(own).catch(() => {})
  }
}

/** File systems without links, such as FAT and some network shares, answer one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'EISDIR', 'EACCES'])

/** Undefined when there is none. One that says nothing is nobody's, unless it is being written. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let look = 0; ; look++) {
    try {
      const { pid, host, since, token } = (JSON.parse(await readFile(path, 'utf8')) ?? {}) as Partial<Holder>
      if (Number.isInteger(pid) && host && since && token && /^[\w-]+$/.test(token))
        return { pid: pid as number, host, since, token }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      if (!(error instanceof SyntaxError)) throw error
    }
    if (look === 2) return { pid: 0, host: hostname(), since: NOBODY, token: 'unreadable' }
    await sleep(RETRY_MS)
  }
}

const NOBODY = '1970-01-01T00:00:00.000Z'

/** Of another machine's processes nothing can be known. */
function isAlive({ pid, host, since, token }: Holder): boolean {
  if (host !== hostname()) return true
  if (pid === process.pid) return held.has(token)
  if (Date.parse(since) < Date.now() - uptime() * 1000 - CLOCK_SLACK_MS) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function noLock(path: string, cause: unknown): JournalError {
  return new JournalError(`The journal cannot be locked by ${path}: ${(cause as Error).message}`, {
    cause,
    hint: 'Work with a journal where files may be made; a copy of it does as well.',
  })
}

function inUse(journal: string, path: string, { pid, host, since }: Holder): JournalError {
  const here = host === hostname()
  return new JournalError(
    `The journal ${journal} is being worked with by process ${pid} on ${here ? 'this machine' : host}, since ${since}.`,
    {
      hint: here
        ? `Wait until it is through. If process ${pid} is something else, delete ${path}.`
        : `Wait until it is through. Whether it still runs cannot be seen from here: if it does not, delete ${path}.`,
    },
  )
}
