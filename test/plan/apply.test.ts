import { appendFile, type FileHandle, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { ConnectionError, EwsResponseError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import { type ApplyOptions, applyGrants, applyPlans, type MailboxResult } from '../../src/plan/apply.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { Journal, type JournalFile, readJournal } from '../../src/plan/journal.ts'
import { JournalError } from '../../src/plan/journal-error.ts'
import { readJournaledMailboxes, readJournalState } from '../../src/plan/journal-state.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { plan } from '../../src/plan/plan.ts'
import { PlanWriter, readPlanFile } from '../../src/plan/plan-file.ts'
import { planRevert } from '../../src/plan/revert.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const directory = await mkdtemp(join(tmpdir(), 'apply-'))
afterAll(() => rm(directory, { recursive: true }))
let files = 0
const newPath = () => join(directory, `${files++}.jsonl`)

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

const ann = { smtpAddress: 'ann@contoso.com' }
const owners = Array.from({ length: 10 }, (_, index) => `owner${index}@contoso.com`)
const desiredFor = (mailbox: string): DesiredMailbox => ({
  mailbox,
  mode: 'additive',
  delegates: [{ user: ann, levels: { calendar: 'Editor' } }],
  folders: [{ folder: '/Projects', permissions: [{ user: ann, grant: 'Author' }] }],
})

const FAILING_DISKS = [
  ['it is full', 'ENOSPC'],
  ['it is full after half a line', 'half'],
  ['it is read-only now', 'EROFS'],
  ['it does not take what was written', 'EIO'],
] as const

/** A file that takes so many writes. */
function failingAfter(good: number, file: FileHandle, how: (typeof FAILING_DISKS)[number][1]): JournalFile {
  const failure = () => Object.assign(new Error(`${how}: the disk`), { code: how })
  let writes = 0
  const write = (bytes: Uint8Array, at: number) => {
    if (++writes <= good || how === 'EIO') return file.write(bytes, at)
    if (how !== 'half' || writes > good + 1) return Promise.reject(failure())
    return file.write(bytes.subarray(0, at + (bytes.length - at) / 2), at)
  }
  return {
    write: write as FileHandle['write'],
    datasync: () => (writes > good && how === 'EIO' ? Promise.reject(failure()) : file.datasync()),
    close: () => file.close(),
  }
}

let backend: MemoryBackend
beforeEach(() => {
  backend = new MemoryBackend()
  for (const owner of owners) backend.add(owner, ['/Projects'])
})
const one = desiredFor('owner0@contoso.com')

describe('a run', () => {
  test('works on as many mailboxes at a time as it may, and on each in order', async () => {
    let running = 0
    let most = 0
    const order: string[] = []
    backend.onRead = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 2))
      running--
    }
    backend.onApply = (when, mailbox, step) => {
      if (when === 'before') order.push(`${mailbox} ${step.type}`)
    }
    const results = await all(applyGrants(owners.map(desiredFor), { backend, concurrency: 3 }))
    expect(results.map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
    expect(most).toBe(3)
    for (const owner of owners)
      expect(order.filter((entry) => entry.startsWith(owner))).toEqual([
        `${owner} delegates`,
        `${owner} folder`,
      ])
  })

  test('lets another mailbox to the server while one waits for the disk, and never more than it may', async () => {
    let release = () => {}
    const disk = new Promise<void>((resolve) => {
      release = resolve
    })
    let begun = false
    const journal = await Journal.create(newPath(), {
      wrap: (file) => ({
        write: file.write.bind(file) as FileHandle['write'],
        datasync: () => (begun ? disk : file.datasync()),
        close: () => file.close(),
      }),
    })
    begun = true
    let running = 0
    let most = 0
    const counted = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    backend.onRead = counted
    backend.onApply = (when) => (when === 'before' ? counted() : undefined)
    const run = all(applyGrants(owners.map(desiredFor), { backend, journal, concurrency: 4 }))
    await vi.waitFor(() => expect(new Set(backend.reads.map(({ mailbox }) => mailbox)).size).toBe(8))
    expect(backend.writes).toEqual([])
    release()
    expect((await run).map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
    await journal.close()
    expect(most).toBeLessThanOrEqual(4)
  })

  test('refuses a mailbox that comes again: its steps would stand in the journal as those of the first', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    const again = { ...one, mailbox: one.mailbox.toUpperCase(), delegates: [], folders: [] }
    const ended = await all(
      applyGrants([one, again, desiredFor('owner1@contoso.com'), again], { backend, journal }),
    )
    await journal.close()
    const statusOf = (status: string) => ended.filter((result) => result.status === status)
    expect(statusOf('changed').map(({ mailbox }) => mailbox)).toEqual([one.mailbox, 'owner1@contoso.com'])
    expect(statusOf('refused')).toMatchObject(
      [again, again].map(({ mailbox }) => ({
        mailbox,
        reasons: [expect.stringContaining('more than once')],
      })),
    )
    const { finished, open } = await readJournalState(path)
    expect([finished.size, open.size]).toEqual([2, 0])
  })

  test('has its intention on record before the first change, and its result after', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    const seen: string[] = []
    backend.onApply = async (when) => {
      const lines = (await readFile(path, 'utf8')).trim().split('\n')
      seen.push(`${when} ${lines.map((line) => JSON.parse(line).type).join(' ')}`)
    }
    await all(applyGrants([one], { backend, journal }))
    await journal.close()
    // Results follow in a moment: one that is lost is found by reading.
    expect(seen).toEqual(['before run begin', 'after run begin', 'before run begin', 'after run begin'])
    expect((await all(readJournal(path))).map(({ type }) => type)).toEqual([
      'run',
      'begin',
      'step',
      'step',
      'end',
      'finish',
    ])
  })

  test('sends nothing before the disk has said that the intention is on it', async () => {
    const events: string[] = []
    const journal = await Journal.create(newPath(), {
      wrap: (file) => ({
        write: ((bytes: Buffer, at: number) => {
          for (const line of bytes.toString().trim().split('\n')) events.push(JSON.parse(line).type)
          return file.write(bytes, at)
        }) as FileHandle['write'],
        datasync: async () => {
          await file.datasync()
          events.push('on the disk')
        },
        close: () => file.close(),
      }),
    })
    backend.onApply = (when) => {
      if (when === 'before') events.push('sent')
    }
    await all(applyGrants([one], { backend, journal }))
    await journal.close()
    expect(events.slice(0, 5)).toEqual(['run', 'on the disk', 'begin', 'on the disk', 'sent'])
  })

  test('does not write over what somebody changed after it was planned', async () => {
    const ben = { smtpAddress: 'ben@contoso.com' }
    backend.onApply = (when, mailbox, step) => {
      if (when === 'after' && step.type === 'delegates') backend.grant(mailbox, 'calendar', ben, 'Owner')
    }
    const folders = [{ folder: 'calendar', permissions: [{ user: ben, grant: 'Author' }] }] as const
    const [result] = await all(applyGrants([{ ...one, folders }], { backend }))
    expect(result).toMatchObject({
      status: 'partly',
      reasons: [expect.stringContaining('somebody changed it')],
    })
    expect(backend.writes.map(({ step }) => step.type)).toEqual(['delegates'])
  })

  test('changes nothing when the journal cannot be written', async () => {
    const journal = await Journal.create(newPath())
    await journal.close()
    await expect(all(applyGrants([one], { backend, journal }))).rejects.toMatchObject({ code: 'ERR_JOURNAL' })
    expect(backend.writes).toEqual([])
    await expect(Journal.resume('/dev/full')).rejects.toMatchObject({
      code: 'ERR_JOURNAL',
      message: '/dev/full is not a file, and so no journal.',
    })
  })

  test.each(FAILING_DISKS)(
    'whose disk fails in the middle (%s) finishes what it began and begins nothing else; resumed, nothing is done twice',
    async (_, how) => {
      let ended = 0
      for (let good = 1; ended < 2; good++) {
        backend = new MemoryBackend()
        for (const owner of owners) backend.add(owner, ['/Projects'])
        backend.onApply = () => new Promise((resolve) => setImmediate(resolve))
        const path = newPath()
        const journal = await Journal.create(path, { wrap: (file) => failingAfter(good, file, how) })
        const results: MailboxResult[] = []
        const run = async () => {
          for await (const result of applyGrants(owners.map(desiredFor), {
            backend,
            journal,
            concurrency: 3,
          }))
            results.push(result)
        }
        const error = await run().then(
          () => undefined,
          (thrown: JournalError) => thrown,
        )
        await journal.close().catch(() => {})
        if (!error) {
          // The disk held until the end.
          ended++
          continue
        }
        expect(error).toBeInstanceOf(JournalError)
        expect(results.map(({ mailbox }) => mailbox).sort()).toEqual(owners)
        // Every write had its intention on the disk, and what is told of each mailbox is so.
        const { open, finished } = await readJournalState(path)
        for (const { mailbox, status, steps, reasons } of results) {
          const done = steps.filter(({ outcomes }) => outcomes.length > 0).length
          expect(backend.writes.filter((write) => write.mailbox === mailbox)).toHaveLength(done)
          expect(status).toBe(['skipped', 'partly', 'changed'][done])
          if (done < 2) expect(reasons.join()).toContain('cannot be written')
          const known = open.get(mailbox)?.attempts[0]?.outcomes.filter((outcome) => outcome).length ?? 0
          if (done > 0) expect(open.has(mailbox) || finished.has(mailbox)).toBe(true)
          expect(error.unrecorded.includes(mailbox)).toBe(!finished.has(mailbox) && known < done)
        }
        const resumed = await Journal.resume(path)
        const resume = await readJournalState(path)
        const rest = await all(applyGrants(owners.map(desiredFor), { backend, journal: resumed, resume }))
        await resumed.close()
        expect(rest.every(({ status, before }) => status === 'changed' || before)).toBe(true)
        expect(backend.writes).toHaveLength(2 * owners.length)
        expect((await readJournalState(path)).open.size).toBe(0)
      }
    },
  )

  test('tells what was refused and does the rest', async () => {
    backend.onApply = (when, _mailbox, step) => {
      if (when === 'before' && step.type === 'delegates')
        throw new EwsResponseError('No.', { responseCode: 'ErrorAccessDenied', level: 'response' })
    }
    const [result] = await all(applyGrants([one], { backend }))
    expect(result).toMatchObject({
      status: 'partly',
      reasons: ['delegate, ann@contoso.com: No. (ErrorAccessDenied)'],
      steps: [{ outcomes: [{ code: 'ErrorAccessDenied' }] }, { outcomes: [true] }],
    })
  })

  test('stops at the first sign-in that is refused, before the account is locked', async () => {
    backend.onRead = () => {
      throw new ConnectionError('ERR_AUTHENTICATION', 'The sign-in is not accepted.')
    }
    const results = await all(applyGrants(owners.map(desiredFor), { backend, concurrency: 1 }))
    expect(results.map(({ status }) => status)).toEqual(['failed', ...owners.slice(1).map(() => 'skipped')])
    expect(backend.reads).toHaveLength(1)
  })

  test('stops when the server is lost for all mailboxes at a time, and not for some', async () => {
    const outage = new ConnectionError('ERR_CONNECTION', 'The server cannot be reached.')
    let down = (_mailbox: string) => true
    backend.onRead = (mailbox) => {
      if (down(mailbox)) throw outage
    }
    const results = await all(applyGrants(owners.map(desiredFor), { backend, concurrency: 3 }))
    expect(results.filter(({ status }) => status === 'failed')).toHaveLength(3)
    expect(results.at(-1)).toMatchObject({
      status: 'skipped',
      reasons: [
        'The run was stopped, because the server did not answer 3 times in a row: The server cannot be reached.',
      ],
      error: { code: 'ERR_CONNECTION' },
    })
    expect(backend.reads).toHaveLength(3)
    down = (mailbox) => /[2468]@/.test(mailbox)
    const some = await all(applyGrants(owners.map(desiredFor), { backend, concurrency: 1 }))
    expect(some.map(({ status }) => status)).toEqual(
      owners.map((owner) => (down(owner) ? 'failed' : 'changed')),
    )
  })

  test('goes on when answers are lost and the server is there to be asked', async () => {
    const lost = new Set<string>()
    // All at the same moment, as when a proxy restarts.
    let release = () => {}
    const restart = new Promise<void>((resolve) => {
      release = resolve
    })
    backend.onApply = async (when, mailbox, step) => {
      const key = `${mailbox} ${step.type}`
      if (when === 'before' || lost.has(key)) return
      lost.add(key)
      if (lost.size === owners.length) release()
      await restart
      throw new ConnectionError('ERR_CONNECTION', 'The answer was lost.', { mayHaveHappened: true })
    }
    const results = await all(applyGrants(owners.map(desiredFor), { backend, concurrency: 10 }))
    expect(results.map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
    expect(lost.size).toBe(2 * owners.length)
  })

  test('stops in the middle of a mailbox when the sign-in is refused there, and can be resumed', async () => {
    backend.onApply = (when) => {
      if (when === 'before') throw new ConnectionError('ERR_AUTHENTICATION', 'The sign-in is not accepted.')
    }
    const path = newPath()
    const journal = await Journal.create(path)
    const results = await all(applyGrants(owners.map(desiredFor), { backend, journal, concurrency: 1 }))
    await journal.close()
    expect(results.map(({ status }) => status)).toEqual(['failed', ...owners.slice(1).map(() => 'skipped')])
    expect(backend.writes).toEqual([])
    backend.onApply = () => {}
    const resumed = await Journal.resume(path)
    const resume = await readJournalState(path)
    const rest = await all(applyGrants(owners.map(desiredFor), { backend, journal: resumed, resume }))
    await resumed.close()
    expect(rest.map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
  })

  test('that is stopped finishes the step it is at, skips the rest, and can be resumed', async () => {
    const stop = new AbortController()
    const path = newPath()
    const journal = await Journal.create(path)
    backend.onApply = (when) => {
      if (when === 'after') stop.abort()
    }
    const results = await all(
      applyGrants(owners.map(desiredFor), { backend, journal, concurrency: 1, signal: stop.signal }),
    )
    await journal.close()
    expect(results.map(({ status }) => status)).toEqual(['partly', ...owners.slice(1).map(() => 'skipped')])
    backend.onApply = () => {}
    const resumed = await Journal.resume(path)
    const rest = await all(
      applyGrants(owners.map(desiredFor), {
        backend,
        journal: resumed,
        resume: await readJournalState(path),
      }),
    )
    await resumed.close()
    expect(rest.map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
    expect(backend.writes).toHaveLength(20)
  })

  test('that is stopped before a write leaves is skipped there, and done when it is resumed', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    backend.onApply = (when) => {
      if (when === 'before') throw new ConnectionError('ERR_ABORTED', 'The call was stopped.')
    }
    const results = await all(applyGrants(owners.map(desiredFor), { backend, journal }))
    await journal.close()
    expect(results.map(({ status }) => status)).toEqual(owners.map(() => 'skipped'))
    expect(results[0]?.reasons).toContainEqual(
      expect.stringMatching(/: The run was stopped before this step\.$/),
    )
    backend.onApply = () => {}
    const resumed = await Journal.resume(path)
    const resume = await readJournalState(path)
    const rest = await all(applyGrants(owners.map(desiredFor), { backend, journal: resumed, resume }))
    await resumed.close()
    expect(rest.map(({ status }) => status)).toEqual(owners.map(() => 'changed'))
  })

  test('that is stopped while the answer to a write is awaited does not call the mailbox skipped', async () => {
    backend.onApply = (when) => {
      if (when === 'before') return
      backend.onRead = () => {
        throw new ConnectionError('ERR_ABORTED', 'The call was stopped before it began.')
      }
      throw new ConnectionError('ERR_ABORTED', 'The call was stopped.', { mayHaveHappened: true })
    }
    const [result] = await all(applyGrants([one], { backend }))
    expect(result).toMatchObject({
      status: 'failed',
      reasons: [expect.stringMatching(/^It is not known whether the change was made: The call was stopped/)],
    })
  })

  test('whose consumer stops early finishes what it began', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    for await (const _ of applyGrants(owners.map(desiredFor), { backend, journal, concurrency: 4 })) break
    await journal.close()
    const { open } = await readJournalState(path)
    expect([...open.values()]).toEqual([])
  })

  test('writes again from a fresh state when somebody wrote at the same moment', async () => {
    let once = true
    backend.onApply = (when, mailbox, step) => {
      if (when !== 'before' || step.type !== 'folder' || !once) return
      once = false
      backend.grant(mailbox, '/Projects', { smtpAddress: 'ben@contoso.com' }, 'Reviewer')
    }
    const [result] = await all(applyGrants([one], { backend }))
    expect(result?.status).toBe('changed')
    expect(backend.mailbox(one.mailbox).folders['/Projects']?.entries).toHaveLength(4)
  })

  test('says so when what is read back is not what was written', async () => {
    backend.onApply = (when, mailbox, step) => {
      if (when === 'after' && step.type === 'folder') backend.grant(mailbox, '/Projects', ann, 'Reviewer')
    }
    const [result] = await all(applyGrants([one], { backend }))
    expect(result).toMatchObject({
      status: 'partly',
      reasons: ['/Projects, read back: ann@contoso.com has Reviewer instead of Author.'],
    })
  })

  test('does not lose entries of deleted accounts unless that is allowed by name', async () => {
    backend.mailbox(one.mailbox).folders['/Projects']?.unknownEntries.push('S-1-5-21-1')
    const [blocked] = await all(applyGrants([one], { backend }))
    expect(blocked).toMatchObject({ status: 'partly', reasons: [expect.stringContaining('S-1-5-21-1')] })
    const [allowed] = await all(applyGrants([one], { backend, dropOrphans: true }))
    expect(allowed?.status).toBe('changed')
  })
})

test('/Calendar is read again when a delegate’s level on the calendar was changed, and written once', async () => {
  await using simulator = await startSimulator({
    tenant: {
      domain: 'contoso.com',
      password: 'Delegate-123',
      mailboxes: ['owner', 'ann', 'ben', 'admin'].map((name) => ({ address: `${name}@contoso.com` })),
      administrators: ['admin@contoso.com'],
    },
  })
  const auth = basic({ user: 'admin@contoso.com', password: 'Delegate-123' })
  const clientFor = (impersonate: string) => new EwsClient({ url: simulator.ews, auth, impersonate })
  const exchange = ewsBackend({ clientFor })
  const apply = (level: 'Author' | 'Editor', folders: DesiredMailbox['folders']) =>
    all(
      applyGrants(
        [
          {
            mailbox: 'owner@contoso.com',
            mode: 'additive',
            delegates: [{ user: ann, levels: { calendar: level } }],
            folders,
          },
        ],
        { backend: exchange, verify: false },
      ),
    )
  await apply('Author', [])
  simulator.requests.clear()
  const permissions = [{ user: { smtpAddress: 'ben@contoso.com' }, grant: 'Author' }] as const
  expect(await apply('Editor', [{ folder: '/Calendar', permissions }])).toMatchObject([{ status: 'changed' }])
  const operations = simulator.requests.entries().map(({ operation }) => operation)
  expect(operations.slice(operations.indexOf('UpdateDelegate'))).toEqual([
    'UpdateDelegate',
    'GetFolder',
    'UpdateFolder',
  ])
})

test('a list without Default is not written, unless the description sets Default', async () => {
  backend.takeDefault(one.mailbox, '/Projects')
  const alone = { mailbox: one.mailbox, mode: 'additive', folders: one.folders } as const
  for (const dropOrphans of [false, true]) {
    const [planned] = await all(plan([alone], { backend, dropOrphans }))
    expect(planned).toMatchObject({ steps: [], blocked: [{ folder: '/Projects' }] })
    expect(planned?.blocked[0]?.reason).toContain('Default')
  }
  const permissions = [
    ...(one.folders[0]?.permissions ?? []),
    { user: { distinguishedUser: 'Default' }, grant: 'None' },
  ] as const
  const [done] = await all(
    applyGrants([{ ...alone, folders: [{ folder: '/Projects', permissions }] }], { backend }),
  )
  expect(done).toMatchObject({ status: 'changed', reasons: [] })
})

test('nobody becomes a delegate whose other entries could not be kept', async () => {
  const { folders } = backend.mailbox(one.mailbox)
  backend.grant(one.mailbox, 'calendar', ann, 'Owner')
  const wanted: DesiredMailbox = {
    mailbox: one.mailbox,
    mode: 'additive',
    delegates: [{ user: ann, levels: { inbox: 'Reviewer' } }],
    folders: [],
  }
  folders.calendar?.unknownEntries.push('S-1-5-21-1')
  expect(await all(plan([wanted], { backend }))).toMatchObject([
    { steps: [], blocked: [{ user: 'ann@contoso.com', folder: 'calendar' }] },
  ])
  expect(await all(plan([wanted], { backend, dropOrphans: true }))).toMatchObject([
    { steps: [{ type: 'delegates' }, { type: 'folder', drops: ['S-1-5-21-1'] }], blocked: [] },
  ])
})

describe('a saved plan', () => {
  const planOf = async (desired: DesiredMailbox) => (await all(plan([desired], { backend }))) as MailboxPlan[]

  test('is refused as a whole where somebody changed what it changes', async () => {
    const plans = await planOf(one)
    backend.grant(one.mailbox, '/Projects', ann, 'Reviewer')
    const [result] = await all(applyPlans(plans, { backend }))
    expect(result).toMatchObject({
      status: 'refused',
      reasons: [expect.stringContaining('/Projects, ann@contoso.com')],
    })
    expect(backend.writes).toEqual([])
  })

  test('is not refused for what somebody changed beside it, unless it describes exactly', async () => {
    const additive = await planOf(one)
    const exact = await planOf({ ...one, mode: 'exact' })
    backend.grant(one.mailbox, '/Projects', { smtpAddress: 'ben@contoso.com' }, 'Reviewer')
    expect(await all(applyPlans(exact, { backend }))).toMatchObject([
      { status: 'refused', reasons: [expect.stringContaining('described exactly has changed')] },
    ])
    expect(await all(applyPlans(additive, { backend }))).toMatchObject([{ status: 'changed' }])
  })

  test.each([
    ['a folder that it gives nothing on', 'inbox', undefined, 'PublishingEditor'],
    ['a folder that it gives something on', 'calendar', undefined, 'Reviewer'],
    ['a folder where they have what it gives', 'calendar', undefined, 'Editor'],
    ['a folder whose entry it keeps', 'tasks', 'Author', 'Owner'],
    ['a folder whose entry it would give back', 'tasks', 'Author', undefined],
    ['a folder whose level it would give back', 'tasks', 'Reviewer', undefined],
  ] as const)(
    'is refused where it makes a delegate of somebody whose rights somebody changed: on %s',
    async (_, folder, was, is) => {
      backend.grant(one.mailbox, folder, ann, was)
      const plans = await planOf({ ...one, folders: [] })
      backend.grant(one.mailbox, folder, ann, is)
      const entries = structuredClone(backend.mailbox(one.mailbox).folders)
      expect(await all(applyPlans(plans, { backend }))).toMatchObject([
        {
          status: 'refused',
          reasons: [
            `delegate, ann@contoso.com: somebody changed what they have on ${folder}, which becoming a delegate replaces.`,
          ],
        },
      ])
      expect(backend.mailbox(one.mailbox).folders).toEqual(entries)
      expect(backend.mailbox(one.mailbox).delegates).toEqual([])
    },
  )

  test('reads what it needs at once; what is planned and made in one go is not read twice', async () => {
    const requests = () => backend.reads.splice(0).map(({ request }) => request)
    const plans = await planOf(one)
    const planned = requests()
    await all(applyPlans(plans, { backend, verify: false }))
    expect(requests()).toHaveLength(1)
    await all(applyGrants([desiredFor('owner1@contoso.com')], { backend, verify: false }))
    expect(requests()).toEqual(planned)
  })

  test('is refused where it would lose an entry of a deleted account that it does not name', async () => {
    const { unknownEntries } = backend.mailbox(one.mailbox).folders['/Projects'] ?? {
      unknownEntries: [] as string[],
    }
    unknownEntries.push('S-1-5-21-1')
    const plans = await all(plan([one], { backend, dropOrphans: true }))
    const [folderStep] = plans[0]?.steps.slice(1) ?? []
    const dropOnly = [{ ...plans[0], steps: [{ ...folderStep, changes: [] }] }] as unknown as MailboxPlan[]
    unknownEntries.push('S-1-5-21-2')
    for (const saved of [plans, dropOnly]) {
      expect(await all(applyPlans(saved, { backend }))).toMatchObject([
        { status: 'refused', reasons: [expect.stringContaining('S-1-5-21-2')] },
      ])
    }
    expect(backend.writes).toEqual([])
    unknownEntries.pop()
    expect(await all(applyPlans(plans, { backend }))).toMatchObject([{ status: 'changed' }])
    unknownEntries.push('S-1-5-21-2')
    expect(await all(applyPlans(dropOnly, { backend }))).toMatchObject([{ status: 'unchanged' }])
  })

  test('is refused where the backend cannot make all of it; what puts a run back does the rest', async () => {
    const plans = await planOf(one)
    backend.refuses = (step) => (step.type === 'folder' ? 'Folders cannot be written.' : undefined)
    expect(await all(applyPlans(plans, { backend }))).toMatchObject([
      { status: 'refused', reasons: ['/Projects: Folders cannot be written.'] },
    ])
    expect(backend.writes).toEqual([])
    const back = plans.map((made) => ({ ...made, moved: 'skip' as const }))
    expect(await all(applyPlans(back, { backend }))).toMatchObject([
      { status: 'partly', reasons: [expect.stringContaining('Folders cannot be written.')] },
    ])
    expect(backend.writes.map(({ step }) => step.type)).toEqual(['delegates'])
  })

  test('applied twice does nothing the second time', async () => {
    const plans = await planOf(one)
    await all(applyPlans(plans, { backend }))
    expect(await all(applyPlans(plans, { backend }))).toMatchObject([{ status: 'unchanged' }])
    expect(backend.writes).toHaveLength(2)
  })

  test('comes back from its file as it was', async () => {
    const path = newPath()
    const writer = await PlanWriter.create(path, { made: '2030-01-01T00:00:00Z', by: 'plan' })
    const plans = await planOf({
      ...one,
      mode: 'exact',
      deliverMeetingRequests: 'NoForward',
      folders: [
        {
          folder: 'calendar',
          permissions: [{ user: ann, grant: { ...LEVEL_RIGHTS.Author, folderContact: true } }],
        },
      ],
      delegates: [],
    })
    for (const each of plans) await writer.add(each)
    await writer.finish()
    const saved = await readPlanFile(path)
    expect(saved.summary).toMatchObject({ changing: 1, entriesAdded: 1, deliveriesChanged: 1 })
    expect(await all(saved.mailboxes)).toEqual(plans)
  })

  test('that is cut off, of another version, or edited into something else is refused with its line', async () => {
    const path = newPath()
    const header = '{"type":"plan","plan":1,"made":"2030-01-01T00:00:00Z","by":"plan"}\n'
    await writeFile(path, header)
    await expect(readPlanFile(path)).rejects.toThrow(/not whole/)
    await writeFile(path, header.replace('"plan":1', '"plan":9'))
    await expect(readPlanFile(path)).rejects.toThrow(/version 9/)
    await writeFile(
      path,
      `${header}${JSON.stringify({ type: 'mailbox', mailbox: 'a@contoso.com', steps: [{ type: 'folder', folder: 'inbox', changes: [{ user: ann, after: 'Everything' }] }] })}\n`,
    )
    await expect(readPlanFile(path)).rejects.toThrow(/:2:1 "Everything" is not a level/)
  })
})

describe('an interrupted run', () => {
  const interrupted = async (cut: (path: string) => Promise<void>) => {
    const path = newPath()
    const journal = await Journal.create(path)
    await all(applyGrants([one], { backend, journal }))
    await journal.close()
    await cut(path)
    const resumed = await Journal.resume(path)
    const results = await all(
      applyGrants([one], { backend, journal: resumed, resume: await readJournalState(path) }),
    )
    await resumed.close()
    return { path, results: results as MailboxResult[] }
  }
  const keepLines = (count: number) => async (path: string) => {
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, count)
    await truncate(path, Buffer.byteLength(`${lines.join('\n')}\n`))
  }

  test('whose results are lost finds by reading that its steps have happened', async () => {
    const { path, results } = await interrupted(keepLines(2))
    expect(results).toMatchObject([{ status: 'changed', steps: [{ found: true }, { found: true }] }])
    expect(backend.writes).toHaveLength(2)
    expect((await all(readJournal(path))).map(({ type }) => type)).toEqual([
      'run',
      'begin',
      'resume',
      'step',
      'step',
      'end',
      'finish',
    ])
  })

  test('whose last line was cut off goes on from the line before', async () => {
    const { results } = await interrupted(async (path) => {
      await keepLines(3)(path)
      await appendFile(path, '{"type":"step","mailb')
    })
    expect(results).toMatchObject([{ status: 'changed' }])
    expect(backend.writes).toHaveLength(2)
  })

  test('that was at its end is left alone', async () => {
    const { results } = await interrupted(async () => {})
    expect(results).toMatchObject([{ status: 'unchanged', before: true }])
    expect(backend.reads.length).toBeLessThan(6)
  })

  test('of an exact plan is refused, or planned anew, where nothing was done and the ground has moved', async () => {
    const exact: DesiredMailbox = { ...one, mode: 'exact' }
    const plans = (await all(plan([exact], { backend }))) as MailboxPlan[]
    const [{ mailbox, steps, ground } = one as never] = plans
    const stranger = {
      ...one,
      delegates: [{ user: { smtpAddress: 'ben@contoso.com' }, levels: {} }],
      folders: [],
    }
    await all(applyGrants([stranger], { backend }))
    const before = backend.writes.length
    const resumed = async (run: (options: object) => AsyncIterable<MailboxResult>) => {
      const path = newPath()
      const journal = await Journal.create(path)
      await journal.commit({ type: 'begin', mailbox, steps, ...(ground ? { ground } : {}) })
      await journal.close()
      const again = await Journal.resume(path)
      const results = await all(run({ journal: again, resume: await readJournalState(path) }))
      await again.close()
      return results
    }
    expect(await resumed((options) => applyPlans(plans, { backend, ...options }))).toMatchObject([
      { status: 'refused', reasons: [expect.stringContaining('described exactly has changed')] },
    ])
    expect(backend.writes).toHaveLength(before)
    expect(await resumed((options) => applyGrants([exact], { backend, ...options }))).toMatchObject([
      { status: 'changed' },
    ])
    expect(backend.mailbox(one.mailbox).delegates).toMatchObject([{ user: 'ann@contoso.com' }])
  })

  test.each([
    ['all of it', false],
    ['part of it', true],
  ])('that did %s and cannot be planned anew was made in part', async (_, moved) => {
    const path = newPath()
    const journal = await Journal.create(path)
    const [{ mailbox, steps } = one as never] = await all(plan([one], { backend }))
    await journal.commit({ type: 'begin', mailbox, steps })
    await journal.close()
    if (moved) backend.grant(mailbox, '/Projects', ann, 'Owner')
    let reads = 0
    backend.onRead = () => {
      if (backend.writes.length > 0 && ++reads > (moved ? 0 : 1))
        throw new EwsResponseError('Later.', {
          responseCode: 'ErrorMailboxStoreUnavailable',
          level: 'response',
        })
    }
    const again = await Journal.resume(path)
    const resume = await readJournalState(path)
    const [result] = await all(applyGrants([one], { backend, journal: again, resume }))
    await again.close()
    expect(result).toMatchObject({
      status: 'partly',
      steps: [{ step: { type: 'delegates' }, outcomes: [true] }, ...(moved ? [] : [{ outcomes: [true] }])],
      reasons: [
        ...(moved ? [expect.stringContaining('somebody changed it')] : []),
        'Later. (ErrorMailboxStoreUnavailable)',
      ],
      error: { code: 'ErrorMailboxStoreUnavailable' },
    })
    backend.onRead = () => {}
    const third = await Journal.resume(path)
    const options = { backend, journal: third, resume: await readJournalState(path) }
    expect(await all(applyGrants([one], options))).toMatchObject([{ status: 'changed' }])
    await third.close()
  })

  test('is complete when its run came to its end, and not when it was stopped', async () => {
    const backend = new MemoryBackend()
    for (const owner of owners) backend.add(owner, ['/Projects'])
    const path = newPath()
    const journal = await Journal.create(path)
    await all(applyGrants(owners.slice(0, 2).map(desiredFor), { backend, journal }))
    expect((await readJournalState(path)).complete).toBe(true)
    // Another part of the same run.
    const more = applyGrants(owners.slice(2).map(desiredFor), { backend, journal, concurrency: 1 })
    for await (const _result of more) break
    await journal.flush()
    expect((await readJournalState(path)).complete).toBe(false)
    await journal.close()

    const resumed = await Journal.resume(path)
    const stop = new AbortController()
    stop.abort()
    const resume = await readJournalState(path)
    const run = { backend, journal: resumed, resume }
    await all(applyGrants(owners.map(desiredFor), { ...run, signal: stop.signal }))
    expect((await readJournalState(path)).complete).toBe(false)
    backend.onRead = () => {
      throw new ConnectionError('ERR_AUTHENTICATION', 'No entry.')
    }
    await all(applyGrants(owners.map(desiredFor), run))
    expect((await readJournalState(path)).complete).toBe(false)
    backend.onRead = () => {}
    await all(applyGrants(owners.map(desiredFor), run))
    await resumed.close()
    expect((await readJournalState(path)).complete).toBe(true)
  })

  test('with a damaged line in the middle is refused, with the line', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    await journal.close()
    await appendFile(path, '{"type":"begin\n{"type":"finish","at":""}\n')
    await expect(readJournalState(path)).rejects.toThrow(/Line 2 .* is damaged/)
    await writeFile(path, 'mailbox,user\n')
    await expect(readJournalState(path)).rejects.toThrow(/Line 1|not a journal/)
  })
})

describe('putting back', () => {
  const ben = { smtpAddress: 'ben@contoso.com' }
  const wanted: DesiredMailbox = {
    ...one,
    folders: [
      {
        folder: '/Projects',
        permissions: [
          { user: ann, grant: 'Author' },
          { user: ben, grant: 'Reviewer' },
        ],
      },
    ],
  }
  const entriesOf = (who: { smtpAddress: string }) =>
    backend
      .mailbox(one.mailbox)
      .folders['/Projects']?.entries.filter(({ user }) => user.smtpAddress === who.smtpAddress)

  test('leaves what was so before the run looked, which somebody else did', async () => {
    const plans = await all(plan([wanted], { backend }))
    // A colleague makes the delegate and one of the two entries by hand.
    await all(applyGrants([{ ...one, folders: [] }], { backend }))
    backend.grant(one.mailbox, '/Projects', ann, 'Author')
    const path = newPath()
    const journal = await Journal.create(path)
    expect(await all(applyPlans(plans, { backend, journal }))).toMatchObject([{ status: 'changed' }])
    await journal.close()
    const back = await all(planRevert(path))
    expect(back).toMatchObject([{ steps: [{ type: 'folder', changes: [{ user: ben }] }] }])
    expect(back[0]?.steps).toHaveLength(1)
    await all(applyPlans(back, { backend }))
    expect(backend.mailbox(one.mailbox).delegates).toHaveLength(1)
    expect(entriesOf(ann)).toHaveLength(1)
    expect(entriesOf(ben)).toEqual([])
  })

  test('takes away what was so when the run looked, and was made by it when it looked again', async () => {
    const plans = await all(plan([wanted], { backend }))
    backend.grant(one.mailbox, '/Projects', ann, 'Author')
    backend.onApply = (when, _, step) => {
      if (when === 'after' || step.type !== 'folder') return
      backend.onApply = () => {}
      backend.grant(one.mailbox, '/Projects', ann, undefined)
    }
    const path = newPath()
    const journal = await Journal.create(path)
    expect(await all(applyPlans(plans, { backend, journal }))).toMatchObject([{ status: 'changed' }])
    await journal.close()
    expect(entriesOf(ann)).toHaveLength(1)
    expect(await all(applyPlans(planRevert(path), { backend }))).toMatchObject([{ status: 'changed' }])
    expect(entriesOf(ann)).toEqual([])
    expect(entriesOf(ben)).toEqual([])
  })

  test('tells what cannot be put back: a dropped entry, and a list without Default', async () => {
    backend.mailbox(one.mailbox).folders['/Projects']?.unknownEntries.push('S-1-5-21-1')
    backend.takeDefault(one.mailbox, '/Projects')
    const user = { distinguishedUser: 'Default' } as const
    const path = newPath()
    const journal = await Journal.create(path)
    const folders = [{ folder: '/Projects', permissions: [{ user, grant: 'Reviewer' }] }] as const
    const made = applyGrants([{ mailbox: one.mailbox, mode: 'additive', folders }], {
      backend,
      journal,
      dropOrphans: true,
    })
    expect(await all(made)).toMatchObject([{ status: 'changed' }])
    await journal.close()
    const plans = await all(planRevert(path))
    expect(plans).toMatchObject([
      {
        steps: [{ changes: [{ user, before: 'Reviewer', after: 'None' }] }],
        notes: [
          { kind: 'orphan', user: 'S-1-5-21-1' },
          { kind: 'default', text: 'Default had no entry, which cannot be so again; it is set to None.' },
        ],
      },
    ])
    expect(await all(applyPlans(plans, { backend }))).toMatchObject([{ status: 'changed' }])
  })

  test('leaves what somebody else did between a run that was stopped and its resumption', async () => {
    const stop = new AbortController()
    const path = newPath()
    const journal = await Journal.create(path)
    backend.onApply = (when) => {
      if (when === 'after') stop.abort()
    }
    await all(applyGrants([wanted], { backend, journal, signal: stop.signal }))
    await journal.close()
    backend.onApply = () => {}
    backend.grant(one.mailbox, '/Projects', ann, 'Author')
    const resumed = await Journal.resume(path)
    await all(applyGrants([wanted], { backend, journal: resumed, resume: await readJournalState(path) }))
    await resumed.close()
    await all(applyPlans(planRevert(path), { backend }))
    expect(backend.mailbox(one.mailbox).delegates).toEqual([])
    expect(entriesOf(ann)).toHaveLength(1)
    expect(entriesOf(ben)).toEqual([])
  })

  test('takes back what a run did whose answer or result was lost', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    let lost = false
    backend.onApply = (when) => {
      if (when !== 'after' || lost) return
      lost = true
      throw new ConnectionError('ERR_CONNECTION', 'The answer was lost.', { mayHaveHappened: true })
    }
    await all(applyGrants([wanted], { backend, journal }))
    await journal.close()
    // The result of the last step, and the end, never reached the file.
    await writeFile(path, `${(await readFile(path, 'utf8')).split('\n').slice(0, 3).join('\n')}\n`)
    const resumed = await Journal.resume(path)
    await all(applyGrants([wanted], { backend, journal: resumed, resume: await readJournalState(path) }))
    await resumed.close()
    await all(applyPlans(planRevert(path), { backend }))
    expect(backend.mailbox(one.mailbox).delegates).toEqual([])
    expect(entriesOf(ann)).toEqual([])
    expect(entriesOf(ben)).toEqual([])
  })

  describe('of what is not known to have happened', () => {
    const eve = { smtpAddress: 'eve@contoso.com' }
    const both: DesiredMailbox = {
      ...one,
      delegates: [
        { user: ann, levels: { calendar: 'Editor' } },
        { user: ben, levels: { calendar: 'Reviewer' } },
      ],
      folders: [],
    }
    const NOT_KNOWN = expect.stringMatching(
      /^delegate, ann@contoso.com: .* not known .* somebody changed it .* leaves it alone\.$/,
    )
    const outcomesIn = async (path: string) => {
      const { open } = await readJournalState(path)
      const [state] = await all(readJournaledMailboxes(path))
      return { outcomes: state?.attempts.map(({ outcomes }) => outcomes), open: open.size }
    }
    const putBack = async (path: string) => {
      const [result] = await all(applyPlans(planRevert(path), { backend }))
      return { ...result, delegates: backend.mailbox(one.mailbox).delegates.map(({ user }) => user) }
    }
    const resumed = async (path: string, run: (options: object) => AsyncIterable<MailboxResult>) => {
      const journal = await Journal.resume(path)
      const results = await all(run({ backend, journal, resume: await readJournalState(path) }))
      await journal.close()
      return results
    }

    test.each([
      ['the description', 'changed', 0],
      ['a saved plan', 'partly', 1],
    ] as const)(
      'what somebody changed after a kill is told and stays in doubt: %s',
      async (what, status, open) => {
        const plans = await all(plan([both], { backend }))
        const path = newPath()
        const journal = await Journal.create(path)
        await all(applyGrants([both], { backend, journal }))
        await journal.close()
        await writeFile(path, `${(await readFile(path, 'utf8')).split('\n').slice(0, 2).join('\n')}\n`)
        backend.grant(one.mailbox, 'inbox', ann, 'Reviewer')
        const saved = what === 'a saved plan'
        expect(
          await resumed(path, (options) =>
            saved ? applyPlans(plans, options as ApplyOptions) : applyGrants([both], options as ApplyOptions),
          ),
        ).toMatchObject([{ status, reasons: [NOT_KNOWN] }])
        expect(await outcomesIn(path)).toEqual({
          outcomes: [[[{ code: 'doubtful', message: expect.any(String) }, true]]],
          open,
        })
        expect(await putBack(path)).toMatchObject({
          status: 'partly',
          reasons: [expect.stringMatching(/^delegate, ann@contoso.com: .*somebody changed it\.$/)],
          delegates: ['ann@contoso.com'],
        })
      },
    )

    test.each([
      ['the description', 'changed', [NOT_KNOWN]],
      ['a saved plan', 'refused', [expect.stringContaining('described exactly has changed'), NOT_KNOWN]],
    ] as const)('nor is it forgotten where all is described exactly: %s', async (what, status, reasons) => {
      const exact: DesiredMailbox = { ...both, mode: 'exact', delegates: both.delegates?.slice(0, 1) ?? [] }
      const plans = await all(plan([exact], { backend }))
      const path = newPath()
      const journal = await Journal.create(path)
      await all(applyGrants([exact], { backend, journal }))
      await journal.close()
      await writeFile(path, `${(await readFile(path, 'utf8')).split('\n').slice(0, 2).join('\n')}\n`)
      backend.grant(one.mailbox, 'inbox', ann, 'Reviewer')
      const saved = what === 'a saved plan'
      expect(
        await resumed(path, (options) =>
          saved ? applyPlans(plans, options as ApplyOptions) : applyGrants([exact], options as ApplyOptions),
        ),
      ).toMatchObject([{ status, reasons }])
    })

    test.each(['additive', 'exact'] as const)(
      'who is no delegate was not made one, so that nothing is in doubt: %s',
      async (mode) => {
        const wanted: DesiredMailbox = { ...both, mode }
        const [{ mailbox, steps, ground } = one as never] = await all(plan([wanted], { backend }))
        const path = newPath()
        const journal = await Journal.create(path)
        await journal.commit({ type: 'begin', mailbox, steps, ...(ground ? { ground } : {}) })
        await journal.close()
        backend.grant(one.mailbox, 'inbox', ann, 'Reviewer')
        // Of what is described exactly, so that it moves.
        await all(applyGrants([{ ...both, delegates: [{ user: eve, levels: {} }] }], { backend }))
        const again = () => resumed(path, (options) => applyGrants([wanted], options as ApplyOptions))
        expect(await again()).toMatchObject([{ status: 'changed', reasons: [] }])
        const [back] = await all(planRevert(path))
        const removed = back?.steps.flatMap((step) =>
          step.type === 'delegates' && step.action === 'remove' ? step.changes.map(({ user }) => user) : [],
        )
        expect(removed).toHaveLength(2)
        expect(removed).toEqual(expect.arrayContaining([ann, ben]))
      },
    )

    test('of a saved plan it is no failure that going on would mend', async () => {
      const alone = { ...both, delegates: both.delegates?.slice(0, 1) ?? [] }
      const plans = await all(plan([alone], { backend }))
      const path = newPath()
      const journal = await Journal.create(path)
      await all(applyPlans(plans, { backend, journal }))
      await journal.close()
      await writeFile(path, `${(await readFile(path, 'utf8')).split('\n').slice(0, 2).join('\n')}\n`)
      backend.grant(one.mailbox, 'inbox', ann, 'Reviewer')
      for (let time = 0; time < 2; time++)
        expect(await resumed(path, (options) => applyPlans(plans, options as ApplyOptions))).toMatchObject([
          { status: 'refused', reasons: [NOT_KNOWN], steps: [{ outcomes: [{ code: 'doubtful' }] }] },
        ])
      expect(await putBack(path)).toMatchObject({ delegates: ['ann@contoso.com'] })
    })

    test('what somebody changed before a lost answer was settled is told, and the rest is known', async () => {
      const path = newPath()
      const journal = await Journal.create(path)
      backend.onApply = (when) => {
        if (when === 'before') return
        backend.onApply = () => {}
        backend.grant(one.mailbox, 'inbox', ann, 'Reviewer')
        throw new ConnectionError('ERR_CONNECTION', 'The answer was lost.', { mayHaveHappened: true })
      }
      expect(await all(applyGrants([both], { backend, journal }))).toMatchObject([
        { status: 'partly', reasons: [NOT_KNOWN] },
      ])
      await journal.close()
      expect(await outcomesIn(path)).toMatchObject({ outcomes: [[[{ code: 'doubtful' }, true]]] })
      expect(await putBack(path)).toMatchObject({ status: 'partly', delegates: ['ann@contoso.com'] })
    })

    test('what was on record as made, and somebody changed since, stays on record', async () => {
      const [{ mailbox, steps } = one as never] = await all(plan([both], { backend }))
      const path = newPath()
      const journal = await Journal.create(path)
      await journal.commit({ type: 'begin', mailbox, steps })
      await journal.commit({
        type: 'step',
        mailbox,
        step: 0,
        outcomes: [true, { code: 'ErrorInternalServerError', message: 'Later.' }],
      })
      await journal.close()
      await all(applyGrants([{ ...both, delegates: both.delegates?.slice(0, 1) ?? [] }], { backend }))
      backend.grant(mailbox, 'inbox', ann, 'Reviewer')
      expect(await resumed(path, (options) => applyGrants([both], options as ApplyOptions))).toMatchObject([
        { status: 'changed', reasons: [] },
      ])
      expect(await outcomesIn(path)).toMatchObject({ outcomes: [[[true, true]]] })
      expect(await putBack(path)).toMatchObject({ status: 'partly', delegates: ['ann@contoso.com'] })
    })
  })

  test('leaves a removal where somebody gave the leaver rights since, and says so', async () => {
    await all(applyGrants([one], { backend }))
    const path = newPath()
    const journal = await Journal.create(path)
    const absent = { ...one, delegates: [{ user: ann, levels: {}, absent: true }], folders: [] }
    expect(await all(applyGrants([absent], { backend, journal }))).toMatchObject([{ status: 'changed' }])
    await journal.close()
    backend.grant(one.mailbox, 'inbox', ann, 'PublishingEditor')
    expect(await all(applyPlans(planRevert(path), { backend }))).toMatchObject([
      { status: 'refused', reasons: [expect.stringContaining('changed what they have on inbox')] },
    ])
    expect(backend.mailbox(one.mailbox).delegates).toEqual([])
    expect(backend.mailbox(one.mailbox).folders.inbox?.entries).toHaveLength(3)
  })

  test('leaves alone what somebody changed since, and says so', async () => {
    const path = newPath()
    const journal = await Journal.create(path)
    await all(applyGrants([one], { backend, journal }))
    await journal.close()
    backend.grant(one.mailbox, '/Projects', ann, 'Owner')
    const [result] = await all(applyPlans(planRevert(path), { backend }))
    expect(result).toMatchObject({
      status: 'partly',
      reasons: [expect.stringContaining('somebody changed it')],
    })
    expect(backend.mailbox(one.mailbox).delegates).toEqual([])
    expect(backend.mailbox(one.mailbox).folders['/Projects']?.entries).toHaveLength(3)
  })
})
