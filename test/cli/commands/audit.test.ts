import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN } from '../../helpers/contoso.ts'
import { hideFolder } from '../../helpers/hide-folder.ts'
import { type CliOptions, runCli, signedIn } from '../run-cli.ts'

let simulator: Simulator
let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'audit-cli-'))
})
afterAll(() => rm(cwd, { recursive: true }))
beforeEach(async () => {
  simulator = await startSimulator()
})
afterEach(() => simulator.close())

const cli = (argv: readonly string[], options: CliOptions = {}) =>
  runCli(argv, { cwd, env: signedIn(simulator, 'admin@contoso.com'), ...options })
const grant = async (owner: string, folder: string, user: string, level: string) => {
  const run = await cli(['folder-permission', 'set', owner, folder, user, level, '--impersonate', owner])
  expect(run).toMatchObject({ code: 0 })
}

describe('a folder that cannot be read', () => {
  it('is not told as a folder that nobody can open', async () => {
    hideFolder(simulator, ADELE, 'journal')
    const run = await cli(['audit', ADELE, MEGAN])
    expect(run.code).toBe(4)
    expect(run.stdout).toContain('error: Who can open journal is not known, because it could not be read: ')
    expect(run.stderr).toContain('Folders, delegates or groups of 1 of 2 mailboxes could not be read.')
  })

  it('is told beside what somebody reaches', async () => {
    hideFolder(simulator, ADELE, 'journal')
    for (const folder of ['calendar']) await grant(ADELE, folder, 'Default', 'None')
    const run = await cli(['access-of', ALLAN, ADELE])
    expect(run.code).toBe(4)
    expect(run.stdout).toMatch(/^Nothing in what could be read\.\n\nFull Access/)
    expect(run.stderr).toContain(`${ADELE}, journal: it could not be read: `)
    const json = await cli(['access-of', ALLAN, ADELE, '--output', 'json'])
    expect(json.json()).toMatchObject({
      user: ALLAN,
      access: [],
      failures: [{ mailbox: ADELE, folder: 'journal', code: 'ErrorFolderNotFound' }],
    })
  })
})

describe('audit', () => {
  it('mends what is wrong, and what is only worth knowing when its kind is named', async () => {
    await grant(ADELE, 'inbox', ALLAN, 'Editor')
    await grant(ADELE, 'inbox', 'Default', 'Reviewer')
    const all = await cli(['audit', ADELE, '--fix', 'all.plan'])
    expect(all.stdout).toContain('rights-without-delegate')
    const shown = await cli(['apply', 'all.plan', '--yes', '--journal', 'all.jsonl', '--output', 'json'])
    expect(shown.json()).toMatchObject({
      mailboxes: [{ steps: [{ step: { changes: [{ user: { distinguishedUser: 'Default' } }] } }] }],
    })
    const one = await cli(['audit', ADELE, '--kind', 'rights-without-delegate', '--fix', 'one.plan'])
    expect(one.stdout).toContain(`info: ${ALLAN} has Editor on inbox and is no delegate`)
    const took = await cli(['apply', 'one.plan', '--yes', '--journal', 'one.jsonl', '--output', 'json'])
    expect(took.json()).toMatchObject({ mailboxes: [{ status: 'changed' }] })
    const after = await cli(['audit', ADELE, '--output', 'json'])
    expect(after.json()).toMatchObject({ mailboxes: [{ mailbox: ADELE, findings: [] }] })
  })

  it('of one kind still says what could not be read', async () => {
    await grant(ADELE, 'inbox', 'Default', 'Reviewer')
    hideFolder(simulator, ADELE, 'journal')
    const argv = ['audit', ADELE, MEGAN, '--kind', 'owner-entry']
    const run = await cli(argv)
    expect(run.stdout).toContain('error: Who can open journal is not known, because it could not be read: ')
    expect(run.stdout).not.toContain('Everybody of the organization')
    expect(run.code).toBe(4)
    const json = await cli([...argv, '--output', 'json'])
    expect(json.json()).toMatchObject({
      mailboxes: [{ findings: [{ kind: 'unreadable-folder' }] }, { findings: [] }],
    })
  })

  it('refuses a kind that is none', async () => {
    const run = await cli(['audit', ADELE, '--kind', 'orphans'])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('orphaned-entry')
  })

  it('prints mailboxes as they come, in every form', async () => {
    await writeFile(join(cwd, 'all.txt'), `${ADELE}\n${MEGAN}\n`)
    simulator.faults.add({ kind: 'latency', mailbox: MEGAN, milliseconds: 600_000 })
    for (const format of ['text', 'json', 'csv']) {
      const stop = new AbortController()
      const argv = ['audit', '--mailboxes', 'all.txt', '--concurrency', '1', '--output', format]
      const run = await cli(argv, {
        signal: stop.signal,
        onOutput: (stdout) => stdout.includes(ADELE) && stop.abort(),
      })
      expect(run.stdout).toContain(ADELE)
      expect(run.code).toBe(130)
    }
  })

  it('looks into groups, for who can open it and for what somebody reaches', async () => {
    const [owner, alex] = ['adele@contoso.com', 'alex@contoso.com']
    // Of groups, those for security alone can stand on a list.
    await using own = await startSimulator({
      tenant: {
        domain: 'contoso.com',
        password: DEFAULT_PASSWORD,
        mailboxes: [owner, alex, 'admin@contoso.com'].map((address) => ({ address })),
        groups: [
          { address: 'sales@contoso.com', kind: 'security', members: ['north@contoso.com'] },
          { address: 'north@contoso.com', kind: 'distribution', members: [alex] },
        ],
        administrators: ['admin@contoso.com'],
      },
    })
    const env = signedIn(own, 'admin@contoso.com')
    const argv = ['folder-permission', 'set', owner, 'calendar', 'sales@contoso.com', 'Author']
    expect((await cli([...argv, '--impersonate', owner], { env })).code).toBe(0)
    const group = /sales@contoso\.com +group of 1 +calendar +Author/
    expect((await cli(['audit', owner], { env })).stdout).toMatch(group)
    expect((await cli(['access-of', alex, owner], { env })).stdout).toMatch(group)
    const json = await cli(['access-of', alex, owner, '--output', 'json'], { env })
    expect(json.json().access).toMatchObject([{ path: 'group', people: 1, folder: 'calendar' }])
    const without = await cli(['access-of', alex, owner, '--no-groups'], { env })
    expect(without.stdout).not.toContain('sales@contoso.com')
    expect(without.stderr).toContain('groups were not looked into')
  })

  it('says what no list shows', async () => {
    const sentence = '\nFull Access, Send As and impersonation are not visible over EWS.\n'
    for (const argv of [
      ['audit', ADELE],
      ['access-of', ALLAN, ADELE],
    ]) {
      expect((await cli(argv)).stdout.endsWith(sentence)).toBe(true)
      expect((await cli([...argv, '--output', 'csv'])).stdout).not.toContain('Full Access')
      expect((await cli([argv[0] as string, '--help'])).stdout.replace(/\s+/g, ' ')).toContain(
        'Full Access, Send As and impersonation are not visible over EWS',
      )
    }
  })

  it('says that owners are not known by their SID', async () => {
    const sid = simulator.exchange.directory.find(ADELE)?.sid ?? ''
    const run = await cli(['access-of', sid, ADELE, MEGAN])
    expect(run.stderr.match(/whether a mailbox is their own/g)).toHaveLength(1)
    expect((await cli(['access-of', ADELE, ADELE, '--no-groups'])).stderr).not.toContain('their own')
  })

  it('the owner reaches everything', async () => {
    const run = await cli(['access-of', 'Adele Vance', ADELE, MEGAN])
    expect(run.stdout).toMatch(new RegExp(`${ADELE} +${ADELE} +owner +- +everything\n`))
    expect(run.stdout).not.toMatch(new RegExp(`^${ADELE} +Default`, 'm'))
    expect(run.stdout).toMatch(new RegExp(`^${MEGAN} +Default`, 'm'))
    const json = await cli(['access-of', ADELE, ADELE, '--output', 'json'])
    expect(json.json().access).toMatchObject([{ mailbox: ADELE, path: 'owner' }])
  })

  it('and what somebody reaches are whole JSON for no, one and several mailboxes', async () => {
    await grant(ADELE, 'inbox', ALLAN, 'Reviewer')
    await grant(MEGAN, 'inbox', ALLAN, 'Author')
    const access = await cli(['access-of', ALLAN, ADELE, MEGAN, 'PattiF@contoso.com', '--output', 'json'])
    expect(access.json().access).toHaveLength(5)
    const csv = await cli(['access-of', ALLAN, ADELE, '--output', 'csv'])
    expect(csv.stdout.split('\r\n')).toHaveLength(4)
    const failed = await cli(['access-of', ALLAN, 'nobody@contoso.com', ADELE, '--output', 'json'])
    expect(failed.json()).toMatchObject({ failures: [{ mailbox: 'nobody@contoso.com' }] })
    expect(failed.code).toBe(4)
    const sid = 'S-1-5-21-9-9-9-9'
    const none = await cli(['access-of', sid, 'nobody@contoso.com', '--output', 'json'])
    expect(none.json()).toMatchObject({ access: [], failures: [{ mailbox: 'nobody@contoso.com' }] })
    expect(none.code).toBe(3)
  })
})
