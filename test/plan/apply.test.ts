import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { ConnectionError, EwsResponseError } from '../../src/errors.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import { applyGrants, applyPlans, type MailboxResult } from '../../src/plan/apply.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { Journal, readJournal } from '../../src/plan/journal.ts'
import { readJournalState } from '../../src/plan/journal-state.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { plan } from '../../src/plan/plan.ts'
import { PlanWriter, readPlanFile } from '../../src/plan/plan-file.ts'
import { planRevert } from '../../src/plan/revert.ts'
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
    expect(seen).toEqual([
      'before run begin',
      'after run begin',
      'before run begin step',
      'after run begin step',
    ])
    expect((await all(readJournal(path))).map(({ type }) => type)).toEqual([
      'run',
      'begin',
      'step',
      'step',
      'end',
    ])
  })

  test('changes nothing when the journal cannot be written', async () => {
    const journal = await Journal.create(newPath())
    await journal.close()
    await expect(all(applyGrants([one], { backend, journal }))).rejects.toMatchObject({ code: 'ERR_JOURNAL' })
    expect(backend.writes).toEqual([])
    await expect(Journal.resume('/dev/full')).rejects.toMatchObject({
      code: 'ERR_JOURNAL',
      message: expect.stringContaining('ENOSPC'),
    })
  })

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
