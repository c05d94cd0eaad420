import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN } from '../../helpers/contoso.ts'
import { hideFolder } from '../../helpers/hide-folder.ts'
import { type CliOptions, runCli, signedIn } from '../run-cli.ts'

const PATTI = 'PattiF@contoso.com'
let simulator: Simulator
let cwd: string
let journals = 0
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'offboard-cli-'))
})
afterAll(() => rm(cwd, { recursive: true }))
beforeEach(async () => {
  simulator = await startSimulator()
})
afterEach(() => simulator.close())

const cli = (argv: readonly string[], options: CliOptions = {}) =>
  runCli(argv, { cwd, env: signedIn(simulator, 'admin@contoso.com'), ...options })
const made = async (argv: readonly string[]) => {
  const run = await cli(argv)
  expect(run).toMatchObject({ code: 0 })
  return run
}
const as = (owner: string) => ['--impersonate', owner]
const applied = (plan: string) =>
  cli(['apply', plan, '--yes', '--journal', `${plan}-${journals++}.jsonl`, '--output', 'json'])
const sidOf = (address: string) => {
  const found = simulator.exchange.directory.find(address)
  if (!found) throw new Error(`There is no ${address}.`)
  return found.sid
}
const deleteAccount = (address: string) => {
  const found = simulator.exchange.directory.find(address)
  if (found) simulator.exchange.directory.delete(found)
}

describe('offboard', () => {
  it('takes a deleted account off the list of delegates, by SID', async () => {
    await made(['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', ...as(ADELE)])
    const sid = sidOf(ALLAN)
    deleteAccount(ALLAN)
    const planned = await cli(['offboard', sid, ADELE, '--drop-orphans', '--out', 'gone.plan'])
    expect(planned.stdout).toContain(
      `- delegate ${sid} (if this account is the one that cannot be read; levels are not shown)`,
    )
    expect((await applied('gone.plan')).json()).toMatchObject({ mailboxes: [{ status: 'changed' }] })
    const after = await cli(['delegate', 'list', ADELE, ...as(ADELE), '--output', 'json'])
    expect(after.code).toBe(0)
    expect(after.stdout).not.toContain('ErrorDelegateNoUser')
    const again = await cli(['offboard', sid, ADELE, '--drop-orphans'])
    expect(again.stdout).toBe('\nNothing to do in 1 mailbox.\n')
  })

  it('says that entries of deleted accounts may be theirs, of who is in no directory', async () => {
    await made(['folder-permission', 'set', ADELE, 'calendar', ALLAN, 'Editor', ...as(ADELE)])
    const sid = sidOf(ALLAN)
    deleteAccount(ALLAN)
    for (const more of [[], ['--drop-orphans']]) {
      const run = await cli(['offboard', ALLAN, ADELE, ...more])
      expect(run.stdout).toContain(
        `  · calendar: ${sid} belongs to a deleted account; if that is the leaver, give this SID as well (offboard --sid).\n`,
      )
    }
    // In a table and a script as well, or an empty one would mean that they have nothing.
    const table = await cli(['offboard', ALLAN, ADELE, '--output', 'csv'])
    expect(table.stdout).toContain(`\r\n${ADELE},note,calendar,${sid},,,"${sid} belongs to a deleted account`)
    const script = await cli(['offboard', ALLAN, ADELE, '--as', 'powershell'])
    expect(script.stdout).toContain(`# ${ADELE}\n# NOTE calendar: ${sid} belongs to a deleted account; `)
    const bySid = await cli(['offboard', ALLAN, ADELE, '--sid', sid, '--drop-orphans'])
    expect(bySid.stdout).toContain(`- calendar: ${sid} (cannot be written back; lost for good)`)
    expect(bySid.stdout).not.toContain('if that is the leaver')
    // Who is there cannot be who is gone.
    expect((await cli(['offboard', MEGAN, ADELE])).stdout).toBe('\nNothing to do in 1 mailbox.\n')
  })

  it('does not put a deleted account back, and says so', async () => {
    await made(['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', ...as(ADELE)])
    const sid = sidOf(ALLAN)
    deleteAccount(ALLAN)
    await cli(['offboard', sid, ADELE, '--drop-orphans', '--out', 'noback.plan'])
    await cli(['apply', 'noback.plan', '--yes', '--journal', 'noback.jsonl'])
    const back = await cli(['revert', 'noback.jsonl', '--yes', '--journal', 'noback2.jsonl'])
    expect(back.stdout).toContain(`The account of the delegate ${sid} is gone; they cannot be put back.`)
    expect(back.stdout).not.toContain('+ delegate')
  })

  it('plans one removal for an address and a SID of the same account', async () => {
    await made(['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', ...as(ADELE)])
    await made(['folder-permission', 'set', ADELE, 'sentitems', ALLAN, 'Reviewer', ...as(ADELE)])
    const planned = await cli(['offboard', ALLAN, ADELE, '--sid', sidOf(ALLAN), '--out', 'both.plan'])
    expect(planned.stdout).toBe(`${ADELE}
  - delegate ${ALLAN} (had calendar Editor)
  - sentitems: ${ALLAN} (had Reviewer)

1 mailbox of 1 would change.
  - delegates        1
  - folder entries   1
`)
    expect((await applied('both.plan')).json()).toMatchObject({ mailboxes: [{ status: 'changed' }] })
  })

  it('looks at every folder unless told otherwise', async () => {
    await made(['folder', 'create', 'Projects', '--mailbox', ADELE, ...as(ADELE)])
    await made(['folder-permission', 'set', ADELE, '/Projects', ALLAN, 'Owner', ...as(ADELE)])
    const everywhere = await cli(['offboard', ALLAN, ADELE])
    expect(everywhere.stdout).toContain(`- /Projects: ${ALLAN} (had Owner)`)
    const six = await cli(['offboard', ALLAN, ADELE, '--folders', 'standard'])
    expect(six.stdout).toContain('Nothing to do in 1 mailbox.')
  })

  it('says what it could not look at, and does not end well', async () => {
    await made(['folder-permission', 'set', ADELE, 'inbox', ALLAN, 'Reviewer', ...as(ADELE)])
    hideFolder(simulator, ADELE, 'inbox')
    const run = await cli(['offboard', ALLAN, ADELE, '--folders', 'standard'])
    expect(run.stdout).toContain('! inbox: not possible. It could not be read')
    expect(run.stdout).not.toContain('Nothing to do')
    expect(run.stdout).not.toContain('ErrorFolderNotFound')
    expect(run.code).toBe(4)
  })
})

describe('clone', () => {
  it('does not lower what the other has', async () => {
    await made(['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', '--inbox', 'Reviewer', ...as(ADELE)])
    await made(['folder-permission', 'set', ADELE, 'calendar', PATTI, 'Owner', ...as(ADELE)])
    const run = await cli(['clone', ALLAN, '--to', PATTI, ADELE, '--out', 'clone.plan'])
    expect(run.stdout).toContain(`+ delegate ${PATTI}: inbox Reviewer`)
    expect((await applied('clone.plan')).json()).toMatchObject({ mailboxes: [{ status: 'changed' }] })
    const list = await cli(['folder-permission', 'list', ADELE, 'calendar', ...as(ADELE)])
    expect(list.stdout).toMatch(new RegExp(`${PATTI}.* Owner`))
  })

  it('does not take away what everybody has by copying an entry of None', async () => {
    await made(['folder-permission', 'set', ADELE, 'calendar', 'Default', 'Reviewer', ...as(ADELE)])
    await made(['folder-permission', 'set', ADELE, 'calendar', ALLAN, 'None', ...as(ADELE)])
    const run = await cli(['clone', ALLAN, '--to', PATTI, ADELE])
    expect(run.stdout).toBe('\nNothing to do in 1 mailbox.\n')
  })

  it('copies a delegate with meeting copies and more than Editor on the calendar', async () => {
    await made([
      ...['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', '--meeting-copies'],
      ...as(ADELE),
    ])
    await made(['folder-permission', 'set', ADELE, 'calendar', ALLAN, 'PublishingEditor', ...as(ADELE)])
    const run = await cli(['clone', ALLAN, '--to', PATTI, ADELE, '--out', 'copies.plan'])
    expect(run).toMatchObject({ code: 0 })
    expect((await applied('copies.plan')).json()).toMatchObject({ mailboxes: [{ status: 'changed' }] })
    const list = await cli(['folder-permission', 'list', ADELE, 'calendar', ...as(ADELE)])
    expect(list.stdout).toMatch(new RegExp(`${PATTI}.* PublishingEditor`))
    const again = await cli(['clone', ALLAN, '--to', PATTI, ADELE])
    expect(again.stdout).toBe('\nNothing to do in 1 mailbox.\n')
  })
})

describe('plan', () => {
  it('shows what an addition lowers', async () => {
    await made(['folder-permission', 'set', ADELE, 'calendar', MEGAN, 'Owner', ...as(ADELE)])
    await made(['folder-permission', 'set', ADELE, 'inbox', MEGAN, 'Owner', ...as(ADELE)])
    const stdin = `mailbox,user,calendar\n${ADELE},${MEGAN},Reviewer\n`
    const run = await cli(['plan', '-'], { stdin, shows: [stdin.trim()] })
    expect(run.stdout).toContain(`+ delegate ${MEGAN}: calendar Owner -> Reviewer\n`)
    expect(run.stdout).toContain(`+ inbox: ${MEGAN} Owner (as before; becoming a delegate takes it away)`)
    const csv = await cli(['plan', '-', '--output', 'csv'], { stdin, shows: [stdin.trim()] })
    expect(csv.stdout).toContain(`${ADELE},add,delegate,${MEGAN},calendar Owner,calendar Reviewer,\r\n`)
    expect(csv.stdout).toContain(`${ADELE},add,inbox,${MEGAN},,Owner,as before; becoming`)
  })

  it('prints cmdlets for --format powershell too', async () => {
    await writeFile(join(cwd, 'p.csv'), `mailbox,user,calendar\n${ADELE},${MEGAN},Reviewer\n`)
    const run = await made(['plan', 'p.csv', '--format', 'powershell'])
    expect(run.stdout).toContain('Add-MailboxFolderPermission')
    const clone = await made(['clone', ALLAN, '--to', PATTI, ADELE, '--format', 'powershell'])
    expect(clone.stdout).toContain('function Find-Folder')
  })

  it('that cannot do what is wanted does not end well', async () => {
    const stdin = `mailbox,user,folder,level\n${ADELE},${MEGAN},/Nowhere,Reviewer\n`
    const run = await cli(['plan', '-', '--detailed-exitcode'], { stdin, shows: [stdin.trim()] })
    expect(run.stdout).toContain('! /Nowhere: not possible. It could not be read: ')
    expect(run.stdout).not.toContain('ErrorFolderNotFound')
    expect(run.stdout).not.toContain('Nothing to do')
    expect(run.code).toBe(4)
  })

  it('that is stopped saves nothing', async () => {
    await writeFile(
      join(cwd, 'p.csv'),
      `mailbox,user,calendar\n${ADELE},${PATTI},Reviewer\n${MEGAN},${PATTI},Editor\n`,
    )
    simulator.faults.add({ kind: 'latency', mailbox: MEGAN, milliseconds: 600_000 })
    const stop = new AbortController()
    const run = await cli(['plan', 'p.csv', '--out', 'stopped.plan', '--concurrency', '1'], {
      signal: stop.signal,
      onOutput: (stdout) => stdout.includes(PATTI) && stop.abort(),
    })
    expect(run.code).toBe(130)
    expect((await readdir(cwd)).filter((name) => name.startsWith('stopped'))).toEqual([])
  })
})
