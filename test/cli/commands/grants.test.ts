import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lockJournal } from '../../../src/plan/journal-lock.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN, PATTI } from '../../helpers/contoso.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { type CliOptions, runCli, signedIn } from '../run-cli.ts'

let simulator: Simulator
let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'grants-cli-'))
})
afterAll(() => rm(cwd, { recursive: true }))
beforeEach(async () => {
  simulator = await startSimulator()
})
afterEach(() => simulator.close())

const cli = (argv: readonly string[], options: CliOptions = {}) =>
  runCli(argv, { cwd, env: signedIn(simulator, 'admin@contoso.com'), ...options })
const file = (name: string, text: string) => writeFile(join(cwd, name), text)
const writes = () =>
  simulator.requests.operations().filter(({ operation }) => /^(?:Add|Update|Remove)/.test(operation ?? ''))

const GRANTS = `mode: additive
roles:
  assistant: { calendar: Editor, inbox: Reviewer, privateItems: true }
mailboxes:
  - mailbox: ${ADELE}
    deliverMeetingRequests: NoForward
    delegates: [{ user: ${ALLAN}, role: assistant }]
  - mailbox: ${MEGAN}
    folders:
      - folder: calendar
        permissions: [{ user: Default, level: Reviewer }]
`

describe('plan', () => {
  it('shows what would change, and changes nothing', async () => {
    await file('grants.yaml', GRANTS)
    const run = await cli(['plan', 'grants.yaml'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toBe(`${ADELE}
  + delegate ${ALLAN}: calendar Editor, inbox Reviewer, private items
  ~ meeting requests: DelegatesAndSendInformationToMe -> NoForward
${MEGAN}
  ~ calendar: Default FreeBusyTimeOnly -> Reviewer

2 mailboxes of 2 would change.
  + delegates        1
  ~ folder entries   1
  ~ meeting requests 1
`)
    expect(writes()).toEqual([])
  })

  it('says so where somebody would only send on behalf', async () => {
    await file('bare.yaml', `mailboxes: [{ mailbox: ${ADELE}, delegates: [{ user: ${ALLAN} }] }]`)
    expect((await cli(['plan', 'bare.yaml'])).stdout).toContain(
      `+ delegate ${ALLAN}: no levels, Send on Behalf only\n`,
    )
  })

  it('ends with 2 for changes and 0 for none when a pipeline asks', async () => {
    await file('grants.yaml', GRANTS)
    expect((await cli(['plan', 'grants.yaml', '--detailed-exitcode'])).code).toBe(2)
    await file('none.yaml', `mailboxes: [{ mailbox: ${ADELE}, delegates: [] }]`)
    expect(await cli(['plan', 'none.yaml', '--detailed-exitcode'])).toMatchObject({
      code: 0,
      stdout: '\nNothing to do in 1 mailbox.\n',
    })
  })

  it('tells every mistake of every file and sends nothing', async () => {
    await file('wrong.csv', 'mailbox,user,calendar\nadele,allan@contoso.com,Boss\n')
    await file('wrong.yaml', 'mailboxes: [{ mailbox: a@contoso.com, delegate: [] }]\n')
    const run = await cli(['plan', 'wrong.csv', 'wrong.yaml'])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('wrong.csv:2:1 The mailbox "adele" is not an e-mail address.')
    expect(run.stderr).toContain('wrong.csv:2:25 "Boss" is not a level')
    expect(run.stderr).toContain('wrong.yaml:1:39 "delegate" is not a field of a mailbox.')
    expect(simulator.requests.operations()).toEqual([])
  })

  it('tells mistakes by the thousand, each on its line, and as members of JSON', async () => {
    const rows = Array.from({ length: 1500 }, (_, index) => `m${index}@contoso.com,boss,Editor\n`).join('')
    await file('many.csv', `mailbox,user,calendar\n${rows}`)
    const run = await cli(['plan', 'many.csv'])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('The grants have 1500 mistakes:\n')
    for (const row of [2, 1501])
      expect(run.stderr).toContain(
        `\nmany.csv:${row}:${row < 12 ? 16 : 19} The delegate "boss" is not an e-mail`,
      )
    const json = await cli(['plan', 'many.csv', '--output', 'json'])
    const { error } = JSON.parse(json.stderr.trim().split('\n').at(-1) as string)
    expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT', exitCode: 2 })
    expect(error.problems).toHaveLength(1500)
    expect(error.problems[1499]).toEqual({
      at: 'many.csv:1501:19',
      message: expect.stringContaining('"boss" is not an e-mail address'),
    })
  })

  it('saves a plan over an older plan, and over nothing else', async () => {
    await file('kept.yaml', GRANTS)
    for (const command of ['plan', 'expire']) {
      const run = await cli([command, 'kept.yaml', '--out', 'kept.yaml'])
      expect(run.code).toBe(2)
      expect(run.stderr).toContain('kept.yaml is there already and is no saved plan')
    }
    expect(await readFile(join(cwd, 'kept.yaml'), 'utf8')).toBe(GRANTS)
    expect((await cli(['plan', 'kept.yaml', '--out', 'twice.plan'])).code).toBe(0)
    expect((await cli(['plan', 'kept.yaml', '--out', 'twice.plan'])).code).toBe(0)
  })

  it('knows an account by its other addresses, so that nothing is removed and added again and again', async () => {
    const alias = 'allan.deyoung@contoso.com'
    for (const mode of ['additive', 'exact']) {
      await file(
        'alias.yaml',
        `mode: ${mode}
mailboxes:
  - mailbox: ${ADELE}
    delegates: [{ user: ${alias}, calendar: Editor }]
    folders: [{ folder: /Shared, permissions: [{ user: ${alias}, level: Author }] }]
`,
      )
      if (mode === 'additive') {
        await cli(['folder', 'create', 'Shared', '--mailbox', ADELE, '--impersonate', ADELE])
        await cli(['apply', 'alias.yaml', '--yes', '--journal', 'alias.jsonl'])
      }
      const run = await cli(['plan', 'alias.yaml'])
      expect(run.stdout).toBe('\nNothing to do in 1 mailbox.\n')
    }
    await file(
      'both.yaml',
      `mode: exact\nmailboxes:\n  - mailbox: ${ADELE}\n    delegates: [{ user: ${alias}, calendar: Editor }, { user: ${ALLAN}, inbox: Editor }]\n`,
    )
    const both = await cli(['plan', 'both.yaml'])
    expect(both.stdout).toContain(`${alias} is another address of ${ALLAN}, who is described as well`)
    // Who is new is nobody's other address.
    await file(
      'new.yaml',
      `mailboxes:\n  - mailbox: ${ADELE}\n    delegates: [{ user: ${MEGAN}, inbox: Editor }]\n`,
    )
    expect((await cli(['plan', 'new.yaml'])).stdout).toContain(`+ delegate ${MEGAN}: inbox Editor`)
  })

  it('writes and records who is new by the primary address, and so finds them again', async () => {
    const alias = 'allan.deyoung@contoso.com'
    await file(
      'new-alias.yaml',
      `mailboxes:\n  - mailbox: ${ADELE}\n    delegates: [{ user: ${alias}, tasks: Author }]\n    folders: [{ folder: sentitems, permissions: [{ user: ${alias}, level: Author }] }]\n`,
    )
    const applied = await cli(['apply', 'new-alias.yaml', '--yes', '--journal', 'new-alias.jsonl'])
    expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('1 changed') })
    const journal = await readFile(join(cwd, 'new-alias.jsonl'), 'utf8')
    // As after a kill between what was sent and its answers.
    const lines = journal.split('\n')
    const begun = lines.findIndex((line) => line.includes('"type":"begin"'))
    await file('killed.jsonl', `${lines.slice(0, begun + 1).join('\n')}\n`)
    const sent = writes().length
    expect(await cli(['apply', '--resume', 'killed.jsonl'])).toMatchObject({ code: 0 })
    expect(writes()).toHaveLength(sent)
    const reverted = await cli(['revert', 'new-alias.jsonl', '--yes'])
    expect(reverted).toMatchObject({ code: 0, stdout: expect.stringContaining('1 changed') })
    const audit = await cli(['delegate', 'list', '--mailbox', ADELE, '--output', 'json'])
    expect(audit.stdout).not.toContain(ALLAN)
  })

  it('takes two other addresses of one account for one account', async () => {
    const [first, second] = ['allan.deyoung@contoso.com', 'al@contoso.com']
    const server = await startSimulator({
      tenant: {
        domain: 'contoso.com',
        mailboxes: [
          { address: ADELE },
          { address: ALLAN, aliases: [first, second] },
          { address: 'admin@contoso.com' },
        ],
        administrators: ['admin@contoso.com'],
      },
    })
    const env = signedIn(server, 'admin@contoso.com')
    try {
      await file(
        'two.yaml',
        `mode: exact\nmailboxes:\n  - mailbox: ${ADELE}\n    delegates: [{ user: ${first}, calendar: Editor }, { user: ${second}, inbox: Editor }]\n`,
      )
      const told = `${second} is another address of ${ALLAN}, who is described as well, as ${first}; describe them once.`
      const fresh = await cli(['plan', 'two.yaml'], { env })
      expect(fresh.stdout).not.toContain('+ delegate')
      expect(fresh.stdout).toContain(told)
      await cli(['delegate', 'add', ALLAN, '--calendar', 'Editor', '--mailbox', ADELE], { env })
      const { stdout } = await cli(['plan', 'two.yaml'], { env })
      expect(stdout).toContain(told)
      expect(stdout).not.toContain('->')
    } finally {
      await server.close()
    }
  })

  it('reads standard input, and prints JSON, CSV and cmdlets', async () => {
    const options = { stdin: GRANTS, shows: [GRANTS.trim()] }
    const json = (await cli(['plan', '-', '--output', 'json'], options)).json()
    expect(json).toMatchObject({
      mailboxes: [{ mailbox: ADELE, steps: [{ type: 'delegates', action: 'add' }] }, { mailbox: MEGAN }],
      summary: { mailboxes: 2, changing: 2 },
    })
    const csv = await cli(['plan', '-', '--output', 'csv'], options)
    expect(csv.stdout).toContain(`${MEGAN},change,calendar,Default,FreeBusyTimeOnly,Reviewer,\r\n`)
    const cmdlets = await cli(['plan', '-', '--as', 'powershell'], options)
    expect(cmdlets.stdout).toContain(
      `Add-MailboxFolderPermission -Identity (Find-Folder '${ADELE}' Calendar) -User '${ALLAN}' -AccessRights Editor\n# CANNOT give ${ALLAN} private items without meeting copies.\n`,
    )
    expect(cmdlets.stdout).toContain('# CANNOT set where meeting requests go (NoForward)')
    expect(cmdlets.stdout).toContain(
      `Set-MailboxFolderPermission -Identity (Find-Folder '${MEGAN}' Calendar) -User Default -AccessRights Reviewer`,
    )
  })

  it('tells as CSV and as cmdlets, too, what is not possible and what could not be read', async () => {
    await file(
      'less.yaml',
      `mailboxes:
  - mailbox: ${ADELE}
    folders: [{ folder: /Nowhere, permissions: [{ user: ${ALLAN}, level: Reviewer }] }]
  - mailbox: ${MEGAN}
    delegates: [{ user: ${ALLAN}, calendar: Editor }, { user: allan.deyoung@contoso.com, inbox: Editor }]
  - mailbox: nobody@contoso.com
    delegates: []
`,
    )
    const { code, stdout, stderr } = await cli(['plan', 'less.yaml', '--output', 'csv'])
    expect(code).toBe(4)
    expect(stderr).toContain('the reasons stand above')
    const [head, ...rows] = stdout.split('\r\n')
    expect(head).toBe('mailbox,change,what,user,before,after,text')
    expect(rows).toEqual([
      expect.stringMatching(`^${ADELE},blocked,/Nowhere,,,,.`),
      expect.stringMatching(`^${MEGAN},blocked,delegate,allan.deyoung@contoso.com,,,.*describe them once`),
      expect.stringMatching(/^nobody@contoso\.com,error,,,,,.*ErrorNonExistentMailbox/),
      '',
    ])
    const cmdlets = await cli(['plan', 'less.yaml', '--as', 'powershell'])
    expect(cmdlets.stdout).toMatch(
      new RegExp(
        `\n# ${ADELE}\n# CANNOT be done: /Nowhere: .*\n# ${MEGAN}\n# CANNOT be done: allan.deyoung@contoso.com: .*\n# nobody@contoso.com\n# CANNOT be read: .*ErrorNonExistentMailbox`,
      ),
    )
  })

  it('tells as CSV what of a delegate changes, and from what', async () => {
    const argv = ['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', '--impersonate', ADELE]
    await cli(argv)
    simulator.plantOddEntry(ADELE, 'inbox', { unknownEntry: 'S-1-5-21-9-9-9-9' })
    await cli(['folder-permission', 'set', ADELE, 'tasks', MEGAN, 'PublishingEditor', '--impersonate', ADELE])
    await file(
      'more.yaml',
      `mailboxes:
  - mailbox: ${ADELE}
    delegates: [{ user: ${ALLAN}, inbox: Author, privateItems: true }, { user: ${MEGAN}, calendar: Reviewer }]
    folders: [{ folder: inbox, permissions: [{ user: Default, level: Reviewer }] }]
`,
    )
    const { stdout } = await cli(['plan', 'more.yaml', '--output', 'csv', '--drop-orphans'])
    expect(stdout.split('\r\n').slice(1)).toEqual([
      `${ADELE},add,delegate,${MEGAN},,calendar Reviewer,`,
      `${ADELE},change,delegate,${ALLAN},"inbox None, private items no","inbox Author, private items yes",`,
      `${ADELE},change,inbox,Default,None,Reviewer,`,
      `${ADELE},remove,inbox,S-1-5-21-9-9-9-9,,,cannot be written back; lost for good`,
      `${ADELE},add,tasks,${MEGAN},,PublishingEditor,as before; becoming a delegate takes it away`,
      '',
    ])
  })

  it('says which mailboxes could not be read, and plans the others', async () => {
    await file('some.yaml', `${GRANTS}  - mailbox: nobody@contoso.com\n    delegates: []\n`)
    const run = await cli(['plan', 'some.yaml'])
    expect(run.code).toBe(4)
    expect(run.stdout).toContain('nobody@contoso.com\n  ! ')
    expect(run.stdout).toContain(`+ delegate ${ALLAN}`)
  })
})

describe('apply', () => {
  it('makes the changes, records them, and finds nothing to do the second time', async () => {
    await file('grants.yaml', GRANTS)
    const run = await cli(['apply', 'grants.yaml', '--yes', '--journal', 'first.jsonl'])
    expect(run.code).toBe(0)
    expect(run.stdout).toContain(`${ADELE}: changed\n`)
    expect(run.stdout).toContain('2 changed.\n')
    expect(
      writes()
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual(['AddDelegate', 'UpdateFolder'])
    const again = await cli(['apply', 'grants.yaml', '--yes', '--journal', 'second.jsonl'])
    expect(again).toMatchObject({ code: 0, stdout: '\n2 unchanged.\n' })
    expect(writes()).toHaveLength(2)
  })

  it('asks on a terminal, and does exactly what was shown', async () => {
    await file('grants.yaml', GRANTS)
    const no = await cli(['apply', 'grants.yaml', '--journal', 'no.jsonl'], { columns: 100, stdin: 'n\n' })
    expect(no.code).toBe(130)
    expect(writes()).toEqual([])
    const yes = await cli(['apply', 'grants.yaml', '--journal', 'yes.jsonl'], { columns: 100, stdin: 'y\n' })
    expect(yes.code).toBe(0)
    expect(yes.stdout).toContain('+ delegate')
    expect(yes.stdout).toContain('2 changed.')
  })

  it('needs --yes where nobody can answer, and then nothing was sent', async () => {
    await file('grants.yaml', GRANTS)
    const run = await cli(['apply', 'grants.yaml'])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('--yes')
    expect(simulator.requests.operations()).toEqual([])
  })

  it('does a saved plan exactly, and refuses it where somebody changed the same thing since', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['plan', 'grants.yaml', '--out', 'change.plan'])
    await cli(['folder-permission', 'set', MEGAN, 'calendar', 'Default', 'None', '--impersonate', MEGAN])
    const run = await cli(['apply', 'change.plan', '--yes', '--journal', 'saved.jsonl'])
    expect(run.code).toBe(4)
    expect(run.stdout).toContain(`${ADELE}: changed`)
    expect(run.stdout).toContain(`${MEGAN}: refused\n  ! calendar, Default: it is neither`)
    // Going on would refuse it again.
    expect(run.stderr).toContain('A new plan is needed')
    expect(run.stderr).not.toContain('--resume')
  })

  it('says of a saved plan what was not read for it, asks nothing about that, and sends nobody to --resume', async () => {
    await file('half.yaml', `${GRANTS}  - mailbox: nobody@contoso.com\n    delegates: []\n`)
    await cli(['plan', 'half.yaml', '--out', 'half.plan'])
    const before = simulator.requests.operations().length
    const run = await cli(['apply', 'half.plan', '--yes', '--journal', 'half.jsonl'])
    expect(run.code).toBe(4)
    expect(run.stdout).toContain('2 changed, 1 failed.')
    expect(run.stdout).toMatch(
      /nobody@contoso.com: failed\n {2}! It could not be read when this was planned; plan again\. .*ErrorNonExistentMailbox/,
    )
    expect(JSON.stringify(simulator.requests.operations().slice(before))).not.toContain('nobody@')
    expect(run.stderr).toContain('Part of it was done: one mailbox has something that was not;')
    expect(run.stderr).toContain('A new plan is needed')
    expect(run.stderr).not.toContain('--resume')
    const signIn = { env: { ...signedIn(simulator, 'admin@contoso.com'), EWS_PASSWORD: 'Wrong-1-password' } }
    expect((await cli(['plan', 'half.yaml', '--out', 'none.plan'], signIn)).code).toBe(5)
    const none = await cli(['apply', 'none.plan', '--yes', '--journal', 'none.jsonl'])
    expect(none.code).toBe(3)
    expect(none.stderr).toContain('Nothing was done; the reasons stand above.')
    expect(none.stderr).toContain('A new plan is needed')
    const resumed = await cli(['apply', '--resume', 'none.jsonl', '--output', 'json'])
    expect(resumed.json()).toMatchObject({
      mailboxes: [{}, {}, { status: 'failed', error: { code: 'ERR_NOT_PLANNED' } }],
      summary: { failed: 3 },
    })
  })

  it('goes on with a run that had failures, from the journal alone, and not with a changed file', async () => {
    await file('late.yaml', `${GRANTS}  - mailbox: nobody@contoso.com\n    delegates: []\n`)
    const run = await cli(['apply', 'late.yaml', '--yes', '--journal', 'late.jsonl', '--url', simulator.ews])
    expect(run.code).toBe(4)
    expect(run.stderr).toMatch(/apply --resume \S*late\.jsonl --url http:/)
    const resumed = await cli(['apply', '--resume', 'late.jsonl'])
    expect(resumed.code).toBe(3)
    expect(resumed.stdout).toContain('2 done before')
    expect(writes()).toHaveLength(2)
    await file('late.yaml', GRANTS)
    const changed = await cli(['apply', '--resume', 'late.jsonl'])
    expect(changed.code).toBe(2)
    expect(changed.stderr).toContain('changed since the run began')
  })

  it('goes on with what was not possible when it has become so', async () => {
    await file(
      'later.yaml',
      `mailboxes:
  - mailbox: ${ADELE}
    folders:
      - { folder: inbox, permissions: [{ user: ${ALLAN}, level: Author }] }
      - { folder: /Later, permissions: [{ user: ${ALLAN}, level: Author }] }
`,
    )
    const run = await cli(['apply', 'later.yaml', '--yes', '--journal', 'later.jsonl'])
    const partly = { code: 4, stdout: expect.stringContaining(`${ADELE}: partly\n  ! /Later`) }
    expect(run).toMatchObject(partly)
    expect(run.stderr).toContain('When it is mended: ews-delegates apply --resume')
    await cli(['folder', 'create', 'Later', '--mailbox', ADELE, '--impersonate', ADELE])
    const resumed = await cli(['apply', '--resume', 'later.jsonl'])
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 changed') })
    expect((await cli(['plan', 'later.yaml'])).stdout).toBe('\nNothing to do in 1 mailbox.\n')
  })

  it('sends nobody on with a description that contradicts itself', async () => {
    const twice = `  - mailbox: ${ADELE}
    delegates: [{ user: allan.deyoung@contoso.com, calendar: Editor }, { user: ${ALLAN}, inbox: Editor }]
`
    await file('twice.yaml', `mailboxes:\n${twice}`)
    const run = await cli(['apply', 'twice.yaml', '--yes', '--journal', 'twice.jsonl', '--output', 'json'])
    expect(run.code).toBe(3)
    expect(run.json()).toMatchObject({
      mailboxes: [{ status: 'refused', error: { code: 'ERR_CONTRADICTORY' } }],
    })
    expect(run.stderr).toContain('contradicts itself: correct the file, then plan and apply anew.')
    expect(run.stderr).not.toContain('--resume')
    // What else was not done can still be gone on with.
    await file('twice.yaml', `mailboxes:\n${twice}  - mailbox: nobody@contoso.com\n    delegates: []\n`)
    const more = await cli(['apply', 'twice.yaml', '--yes', '--journal', 'twice-more.jsonl'])
    expect(more.stderr).toMatch(
      /When the other is mended: ews-delegates apply --resume \S*twice-more\.jsonl\nOne mailbox’s description contradicts itself: correct the file, then plan and apply anew\./,
    )
  })

  it('does not forget what was not possible by a saved plan, which only a new plan holds', async () => {
    await file(
      'never.yaml',
      `mailboxes:
  - mailbox: ${ADELE}
    folders:
      - { folder: inbox, permissions: [{ user: ${ALLAN}, level: Author }] }
      - { folder: /Never, permissions: [{ user: ${ALLAN}, level: Author }] }
`,
    )
    await cli(['plan', 'never.yaml', '--out', 'never.plan'])
    const partly = { code: 4, stdout: expect.stringContaining(`${ADELE}: partly\n  ! /Never`) }
    const run = await cli(['apply', 'never.plan', '--yes', '--journal', 'never.jsonl'])
    expect(run).toMatchObject(partly)
    expect(run.stderr).toContain('A new plan is needed for one mailbox')
    expect(run.stderr).not.toContain('--resume')
    expect(await cli(['apply', '--resume', 'never.jsonl'])).toMatchObject(partly)
  })

  it('goes on as what was begun, from any folder: the mode, the format and what may be dropped are on record', async () => {
    const table = `mailbox,user,calendar\n${ADELE},${ALLAN},Editor\n`
    await file('table.txt', table)
    const others = async (journal: string) => {
      await cli(['delegate', 'add', ADELE, MEGAN, '--calendar', 'Reviewer', '--impersonate', ADELE])
      simulator.plantOddEntry(ADELE, 'inbox', { unknownEntry: 'S-1-5-21-9-9-9-9' })
      // As if it had been killed at its beginning.
      const [head = ''] = (await readFile(join(cwd, journal), 'utf8')).split('\n')
      await writeFile(join(cwd, journal), `${head}\n`)
      return JSON.parse(head)
    }
    const flags = ['--mode', 'exact', '--format', 'csv', '--drop-orphans']
    const run = await cli(['apply', 'table.txt', '--yes', '--journal', 'exact.jsonl', ...flags])
    expect(run.code).toBe(0)
    expect(await others('exact.jsonl')).toMatchObject({
      source: { names: [join(cwd, 'table.txt')] },
      options: { mode: 'exact', format: 'csv', dropOrphans: true, impersonateOwners: true },
    })
    const other = await cli(['apply', '--resume', 'exact.jsonl', '--mode', 'additive'])
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('begun with --mode exact') })
    const resumed = await cli(['apply', '--resume', join(cwd, 'exact.jsonl')], { cwd: tmpdir() })
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 changed') })
    const list = await cli(['delegate', 'list', ADELE, '--impersonate', ADELE, '--output', 'json'])
    expect(JSON.stringify(list.json())).not.toMatch(/megan/i)
  })

  it('stops before the first change when the journal cannot be written', async () => {
    await file('grants.yaml', GRANTS)
    const run = await cli(['apply', 'grants.yaml', '--yes', '--journal', 'nowhere/run.jsonl'])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('cannot be written')
    expect(writes()).toEqual([])
    const existing = await cli(['apply', 'grants.yaml', '--yes', '--journal', 'grants.yaml'])
    expect(existing.stderr).toContain('exists already')
    expect(await readFile(join(cwd, 'grants.yaml'), 'utf8')).toBe(GRANTS)
  })

  it('refuses a device as journal', async () => {
    await file('grants.yaml', GRANTS)
    const run = await cli(['apply', 'grants.yaml', '--yes', '--journal', '/dev/full'])
    expect(run.code).toBe(2)
    expect(writes()).toEqual([])
  })
})

describe('what would be ignored is refused, before anything is sent', () => {
  beforeEach(async () => {
    await file('grants.yaml', GRANTS)
    await file('staff.csv', `mailbox,user,calendar\n${ADELE},${ALLAN},Editor\n`)
    await rm(join(cwd, 'ignored.jsonl'), { force: true })
    await cli(['plan', 'grants.yaml', '--out', 'ignored.plan'])
    await cli(['apply', 'ignored.plan', '--yes', '--journal', 'ignored.jsonl'])
    simulator.requests.clear()
  })
  const refused = async (argv: readonly string[], ...texts: readonly string[]) => {
    const run = await cli(argv)
    expect([argv, run.code, run.stdout]).toEqual([argv, 2, ''])
    for (const text of texts) expect(run.stderr).toContain(text)
    expect(simulator.requests.operations()).toEqual([])
  }

  it('flags that have no say in a saved plan', async () => {
    for (const flag of [['--mode', 'exact'], ['--drop-orphans'], ['--format', 'yaml']])
      await refused(
        ['apply', 'ignored.plan', '--yes', ...flag],
        `ignored.plan is a saved plan, in which ${flag[0]} has no say any more.`,
        `plan FILE… ${flag[0]}`,
      )
    const resume = ['apply', '--resume', 'ignored.jsonl']
    await refused([...resume, '--drop-orphans'], 'is a saved plan, in which --drop-orphans has no say')
    // What advises it must have been able to take it.
    await cli(['offboard', ALLAN, ADELE, '--out', 'leaver.plan'])
    await cli(['revert', 'ignored.jsonl', '--out', 'undo.plan'])
    simulator.requests.clear()
    const saved = (plan: string, ...flag: string[]) => ['apply', plan, '--yes', ...flag]
    await refused(
      saved('leaver.plan', '--drop-orphans'),
      'Plan anew with it: ews-delegates offboard … --drop-orphans',
    )
    for (const argv of [
      saved('leaver.plan', '--mode', 'exact'),
      saved('leaver.plan', '--format', 'csv'),
      saved('undo.plan', '--drop-orphans'),
    ])
      await refused(argv, 'has no say any more.', `Leave ${argv[3]} out.`)
    await refused([...resume, '--journal', 'other.jsonl'], '--journal and --resume are both given.')
    await refused(
      ['revert', 'ignored.jsonl', '--out', 'back.plan', '--journal', 'other.jsonl'],
      '--journal and --out are both given.',
    )
  })

  it('forms of a plan that there are not, and two at a time', async () => {
    for (const argv of [
      ['plan', 'grants.yaml'],
      ['expire', 'grants.yaml'],
      ['offboard', ALLAN, ADELE],
      ['clone', ALLAN, '--to', MEGAN, ADELE],
    ]) {
      await refused([...argv, '--as', 'nonsense'], '"nonsense" is not a form of a plan.', 'text, powershell')
      await refused([...argv, '--as', 'json'], '"json" is not a form of a plan.', 'Give --output json.')
      await refused(
        [...argv, '--as', 'powershell', '--output', 'json'],
        '--as powershell and --output json are both given.',
      )
      await refused(
        [...argv, '--format', 'powershell', '--output', 'csv'],
        '--format powershell and --output csv are both given.',
      )
    }
    await refused(['clone', ALLAN, '--to', MEGAN, ADELE, '--format', 'pdf'], '"pdf" is not a form of a plan.')
    expect((await cli(['plan', 'grants.yaml', '--as', 'PowerShell'])).stdout).toContain('# Needs a session')
  })

  it('an export as CSV', async () => {
    await refused(['export', ADELE, '--output', 'csv'], 'An export cannot be CSV', '--output json')
  })

  it('a saved plan or a journal where grants are read', async () => {
    await refused(
      ['plan', 'ignored.plan'],
      'ignored.plan is a saved plan, not a file of grants.',
      'ews-delegates apply ignored.plan',
    )
    await refused(
      ['apply', 'ignored.plan', 'staff.csv', '--yes'],
      'ignored.plan is a saved plan, not a file of grants.',
      'alone',
    )
    for (const argv of [
      ['plan', 'ignored.jsonl'],
      ['expire', 'grants.yaml', 'ignored.jsonl'],
      ['apply', 'ignored.jsonl', '--yes'],
      ['audit', ADELE, '--grants', 'ignored.jsonl'],
    ])
      await refused(
        argv,
        'ignored.jsonl is the journal of a run, not a file of grants.',
        'ews-delegates apply --resume ignored.jsonl',
        'ews-delegates revert ignored.jsonl',
      )
  })

  it('a saved plan or a journal on standard input, with one sentence', async () => {
    for (const [name, what, next] of [
      ['ignored.plan', 'a saved plan', 'apply FILE'],
      ['ignored.jsonl', 'the journal of a run', 'apply --resume FILE'],
    ] as const) {
      const stdin = await readFile(join(cwd, name), 'utf8')
      for (const argv of [
        ['plan', '-'],
        ['expire', 'grants.yaml', '-'],
        ['apply', '-', '--yes'],
      ]) {
        const run = await cli(argv, { stdin })
        expect([argv, run.code, run.stdout]).toEqual([argv, 2, ''])
        expect(run.stderr).toMatch(new RegExp(`standard input is ${what}, not a file of grants\\.`, 'i'))
        expect(run.stderr).toContain(next)
        expect(run.stderr).not.toContain('standard input:1:')
      }
    }
    expect(simulator.requests.operations()).toEqual([])
  })

  it('--dry-run where a plan shows it', async () => {
    await refused(['apply', 'grants.yaml', '--dry-run'], 'ews-delegates plan FILE…')
    await refused(['revert', 'ignored.jsonl', '--dry-run'], 'ews-delegates revert JOURNAL --out FILE')
  })
})

describe('a server that is busy for too long', () => {
  const owners = [ADELE, ALLAN, MEGAN, 'PattiF@contoso.com', 'AlexW@contoso.com']
  const options = (): CliOptions => ({
    clock: manualClock(),
    env: { ...signedIn(simulator, 'admin@contoso.com'), EWS_MAX_WAIT: '3s' },
  })
  const why =
    'because the server was busy for longer than is waited for, with 3 mailboxes in a row: The server cannot service this request right now. Try again later'
  beforeEach(() => {
    simulator.faults.add({ kind: 'busy', backOff: 2_000 })
  })

  it('ends a run, which goes on later', async () => {
    const mailboxes = owners.map((owner) => `  - { mailbox: ${owner}, deliverMeetingRequests: NoForward }\n`)
    await file('busy.yaml', `mailboxes:\n${mailboxes.join('')}`)
    const apply = ['apply', 'busy.yaml', '--yes', '--journal', 'busy.jsonl', '--concurrency', '1']
    const run = await cli(apply, options())
    expect(run).toMatchObject({ code: 5, stdout: expect.stringContaining('\n3 failed, 2 skipped.\n') })
    expect(run.stderr).toContain(`The run was stopped, ${why}`)
    const [, resume = ''] = /To go on: ews-delegates (apply --resume \S+)$/m.exec(run.stderr) ?? []
    simulator.faults.clear()
    const later = await cli(resume.split(' '), options())
    expect(later).toMatchObject({ code: 0, stdout: expect.stringContaining('5 changed') })
  })

  it.each(['audit', 'export'])('ends %s', async (command) => {
    const run = await cli([command, ...owners, '--concurrency', '1'], options())
    expect(run.code).toBe(5)
    expect(run.stdout + run.stderr).toContain(`Not read, ${why}`)
  })
})

describe('revert', () => {
  it('puts back what a run changed', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'there.jsonl'])
    const run = await cli(['revert', 'there.jsonl', '--yes', '--journal', 'back.jsonl'])
    expect(run).toMatchObject({ code: 0 })
    expect(run.stdout).toContain(`- delegate ${ALLAN}`)
    const plan = await cli(['plan', 'grants.yaml', '--output', 'json'])
    expect(plan.json()).toMatchObject({
      summary: { delegatesAdded: 1, entriesChanged: 1, deliveriesChanged: 1 },
    })
  })

  it('says that it is so already where it was put back before', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'once.jsonl'])
    await cli(['revert', 'once.jsonl', '--yes', '--journal', 'once-back.jsonl'])
    const again = await cli(['revert', 'once.jsonl', '--yes', '--journal', 'once-more.jsonl'])
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n2 are so already\.\n$/) })
  })

  it('that leaves alone what somebody changed advises nothing that would not help', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'since.jsonl'])
    await cli(['folder-permission', 'set', MEGAN, 'calendar', 'Default', 'Author', '--impersonate', MEGAN])
    const run = await cli(['revert', 'since.jsonl', '--yes', '--journal', 'since-back.jsonl'])
    expect(run).toMatchObject({ code: 4, stdout: expect.stringContaining(`${MEGAN}: refused\n  ! calendar`) })
    expect(run.stderr).toMatch(/one mailbox has something that was not; the reasons stand above\.\n$/)
    const argv = ['apply', '--resume', 'since-back.jsonl', '--output', 'json']
    expect((await cli(argv)).error()).not.toHaveProperty('hint')
  })

  it('that is interrupted is gone on with by its own journal', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'made.jsonl'])
    const stop = new AbortController()
    const run = await cli(
      ['revert', 'made.jsonl', '--yes', '--journal', 'undone.jsonl', '--concurrency', '1'],
      {
        signal: stop.signal,
        onOutput: (text) => {
          if (text.includes(': changed')) stop.abort()
        },
      },
    )
    expect(run.code).toBe(130)
    const lines = (await readFile(join(cwd, 'undone.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).type)).not.toContain('finish')
    const [, hint = ''] = /apply --resume (\S+)/.exec(run.stderr) ?? []
    expect(hint).toContain('undone.jsonl')
    const resumed = await cli(['apply', '--resume', hint])
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 changed, 1 done before') })
    const plan = await cli(['plan', 'grants.yaml', '--output', 'json'])
    expect(plan.json()).toMatchObject({ summary: { changing: 2 } })
  })
})

describe('a journal', () => {
  it('tells the server, without a query, and belongs to that one', async () => {
    await file('grants.yaml', GRANTS)
    const url = `${simulator.ews}?key=1`
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'at.jsonl', '--url', url])
    const [head = ''] = (await readFile(join(cwd, 'at.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(head).options).toMatchObject({ endpoint: simulator.ews })
    const resume = ['apply', '--resume', 'at.jsonl']
    const revert = ['revert', 'at.jsonl', '--yes', '--journal', 'at-back.jsonl']
    const sameServer = simulator.ews.replace(/[^/]*$/, (name) => name.toUpperCase())
    expect((await cli([...resume, '--url', sameServer])).code).toBe(0)
    const elsewhere = await startSimulator()
    try {
      for (const argv of [resume, revert])
        expect(await cli([...argv, '--url', elsewhere.ews])).toMatchObject({
          code: 2,
          stderr: expect.stringContaining(`The run was made at ${simulator.ews}, not at ${elsewhere.ews}.`),
        })
      expect(elsewhere.requests.operations()).toEqual([])
      expect((await readdir(cwd)).filter((name) => name.startsWith('at-back'))).toEqual([])
      // What an earlier version wrote does not tell it.
      const { endpoint: _, ...options } = JSON.parse(head).options
      await writeFile(join(cwd, 'at.jsonl'), `${JSON.stringify({ ...JSON.parse(head), options })}\n`)
      expect((await cli([...resume, '--url', elsewhere.ews])).code).toBe(0)
    } finally {
      await elsewhere.close()
    }
  })

  it('that cannot be begun leaves no plan behind', async () => {
    await file('grants.yaml', GRANTS)
    const left = async () => (await readdir(cwd)).filter((name) => name.endsWith('bare.jsonl.plan'))
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'made-bare.jsonl'])
    const nowhere = await cli(['revert', 'made-bare.jsonl', '--yes', '--journal', 'bare.jsonl'], { env: {} })
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('No server is given') })
    expect(await left()).toEqual([])
    await cli(['revert', 'made-bare.jsonl', '--yes', '--journal', 'undo-bare.jsonl'])
    await rm(join(cwd, 'undo-bare.jsonl.plan'))
    const taken = await cli(['apply', 'grants.yaml', '--journal', 'bare.jsonl'], {
      columns: 100,
      stdin: 'y\n',
      onOutput: (text) => {
        if (text.includes('would change')) writeFileSync(join(cwd, 'bare.jsonl'), '')
      },
    })
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') })
    expect(await left()).toEqual([])
  })

  it('that is there keeps its plan, by which it is gone on with', async () => {
    await file('grants.yaml', GRANTS)
    const terminal = { columns: 100, stdin: 'y\n' }
    expect((await cli(['apply', 'grants.yaml', '--journal', 'mine.jsonl'], terminal)).code).toBe(0)
    const plan = await readFile(join(cwd, 'mine.jsonl.plan'), 'utf8')
    await cli(['delegate', 'remove', ADELE, ALLAN, '--impersonate', ADELE, '--yes'])
    for (const argv of [
      ['apply', 'grants.yaml'],
      ['revert', 'mine.jsonl'],
    ])
      expect(await cli([...argv, '--journal', 'mine.jsonl'], terminal)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('exists already'),
      })
    expect(await readFile(join(cwd, 'mine.jsonl.plan'), 'utf8')).toBe(plan)
  })

  it('that is no file is refused before it is read', async () => {
    for (const argv of [
      ['revert', cwd, '--yes'],
      ['apply', '--resume', cwd],
    ])
      expect(await cli(argv)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('is not a file, and so no journal'),
      })
  })

  it('that somebody works with is nobody else’s to go on with or to put back, and they are named', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'held.jsonl'])
    const before = writes().length
    {
      await using _lock = await lockJournal(join(cwd, 'held.jsonl'))
      for (const argv of [
        ['apply', '--resume', 'held.jsonl'],
        ['revert', 'held.jsonl', '--yes'],
      ]) {
        const run = await cli(argv)
        expect(run.code).toBe(2)
        expect(run.stderr).toMatch(
          new RegExp(`held\\.jsonl is being worked with by process ${process.pid} on this machine, since 20`),
        )
      }
    }
    expect(writes()).toHaveLength(before)
    expect((await cli(['apply', '--resume', 'held.jsonl'])).code).toBe(0)
    expect((await readdir(cwd)).filter((name) => name.endsWith('.lock'))).toEqual([])
  })
})

describe('how a run of many is told', () => {
  const many = `mailboxes:\n${[ADELE, MEGAN, ALLAN].map((mailbox) => `  - { mailbox: ${mailbox}, deliverMeetingRequests: NoForward, delegates: [] }\n`).join('')}`
  /** Time passes whenever somebody looks at the clock. */
  const slow = () => {
    const clock = manualClock()
    const now = () => {
      clock.advance(5_000)
      return clock.now()
    }
    return { clock: { ...clock, now } }
  }

  it('off a terminal a line now and then says how far it is', async () => {
    await file('many.yaml', many)
    const line = /^[123] of 3 mailboxes, \d+\.\d per second(?:, [\d hmins]+ left)?$/m
    const apply = await cli(['apply', 'many.yaml', '--yes', '--journal', 'many.jsonl'], slow())
    expect(apply.code).toBe(0)
    expect(apply.stderr).toMatch(line)
    for (const command of [
      ['plan', 'many.yaml'],
      ['audit', ADELE, MEGAN, ALLAN],
      ['access-of', ALLAN, ADELE, MEGAN, ALLAN],
    ]) {
      expect((await cli(command, slow())).stderr).toMatch(line)
      const json = await cli([...command, '--output', 'json'], slow())
      json.json()
      const [first = ''] = json.stderr.split('\n')
      expect(JSON.parse(first)).toMatchObject({ progress: { done: expect.any(Number), total: 3 } })
    }
    expect((await cli(['plan', 'many.yaml'])).stderr).toBe('')
  })

  it.each([
    [
      'does not take the sign-in',
      () => ({ ...signedIn(simulator, 'admin@contoso.com'), EWS_PASSWORD: 'Wrong-1-password' }),
    ],
    [
      'is not there',
      () => ({ ...signedIn(simulator, 'admin@contoso.com'), EWS_URL: 'http://127.0.0.1:1/ews' }),
    ],
  ])('ends with 5 when the server %s', async (_, env) => {
    await file('many.yaml', many)
    for (const command of [
      ['plan', 'many.yaml'],
      ['apply', 'many.yaml', '--yes', '--journal', `five-${Math.random()}.jsonl`],
      ['audit', ADELE, MEGAN],
      ['export', ADELE, MEGAN],
    ])
      expect([command[0], (await cli(command, { env: env() })).code]).toEqual([command[0], 5])
  })

  it('JSON is one document, whatever is shown before', async () => {
    await file('many.yaml', many)
    const terminal = { columns: 100, stdin: 'y\n' }
    const apply = await cli(['apply', 'many.yaml', '--journal', 'json.jsonl', '--output', 'json'], terminal)
    expect(apply.json()).toMatchObject({ summary: { changed: 3 } })
    // What is asked about is shown, beside the result.
    expect(apply.stderr).toContain('~ meeting requests')
    const revert = await cli([
      'revert',
      'json.jsonl',
      '--yes',
      '--journal',
      'json-back.jsonl',
      '--output',
      'json',
    ])
    expect(revert.json()).toMatchObject({ summary: { changed: 3 } })
    await cli(['apply', 'many.yaml', '--yes', '--journal', 'json-2.jsonl'])
    const out = await cli(['revert', 'json-2.jsonl', '--out', 'json-back.plan', '--output', 'json'])
    expect(out.json()).toMatchObject({ summary: { changing: 3 } })
  })

  it('answering no leaves nothing behind', async () => {
    await file('many.yaml', many)
    await cli(['apply', 'many.yaml', '--yes', '--journal', 'no-1.jsonl'])
    for (const command of [
      ['apply', 'grants.yaml'],
      ['revert', 'no-1.jsonl'],
    ]) {
      await file('grants.yaml', GRANTS)
      const before = await readdir(cwd)
      const run = await cli(command, { columns: 100, stdin: 'n\n' })
      expect(run).toMatchObject({ code: 130, stderr: expect.stringContaining('Nothing was changed.') })
      expect(await readdir(cwd)).toEqual(before)
    }
  })
})

describe('export', () => {
  it('gives a file that plans to nothing, in both modes', async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', 'exported.jsonl'])
    for (const mode of ['additive', 'exact']) {
      const exported = await cli(['export', ADELE, MEGAN, '--mode', mode, '--folders', 'all'])
      expect(exported.code).toBe(0)
      expect(exported.stdout).toContain(`mode: ${mode}\nmailboxes:\n  - mailbox: ${ADELE}\n`)
      await file('exported.yaml', exported.stdout)
      expect((await cli(['plan', 'exported.yaml'])).stdout).toContain('Nothing to do in 2 mailboxes.')
    }
    const lines = await cli(['export', ADELE, '--output', 'json'])
    await file('exported.jsonl', lines.stdout)
    expect((await cli(['plan', 'exported.jsonl'])).stdout).toContain('Nothing to do in 1 mailbox.')
  })

  it('includes what is asked for, and all folders by paths or ids that lead back to them', async () => {
    const owner = simulator.exchange.directory.find(ADELE)
    const store = owner && simulator.exchange.mailboxOf(owner)
    const top = store?.distinguished('msgfolderroot')
    if (!top) throw new Error('no mailbox')
    const odd = ['Projects', 'a\u2028b', 'bell\u0007', 'a/b\\c', 'Projects']
    for (const displayName of odd) store?.createFolder(top, { displayName, folderClass: 'IPF.Note' })
    const delegates = await cli(['export', ADELE, '--include', 'delegates'])
    expect(delegates.stdout).not.toContain('folders:')
    const permissions = await cli(['export', ADELE, '--include', 'Folder-Permissions'])
    expect(permissions.stdout).not.toContain('delegates:')
    expect(permissions.stdout).toContain('folder: calendar')
    expect(permissions.stdout).not.toContain('/Projects')
    const whole = await cli(['export', ADELE, '--include', 'delegates,all-folders', '--mode', 'exact'])
    expect(whole.stdout).toContain('folder: /Projects')
    // A control character, and a name that is there twice.
    expect(whole.stdout.match(/folder: id:/g)).toHaveLength(2)
    await file('whole.yaml', whole.stdout)
    expect((await cli(['plan', 'whole.yaml'])).stdout).toContain('Nothing to do in 1 mailbox.')
    const wrong = await cli(['export', ADELE, '--include', 'delegate'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('Did you mean delegates?')
    expect((await cli(['export', ADELE, '--include', 'delegates', '--folders', 'all'])).code).toBe(2)
  })

  it('does not give out a file that says nobody where nothing could be read', async () => {
    const argv = ['export', ADELE, '--no-delegates', '--no-impersonate-owners', '--mode', 'exact']
    const run = await cli(argv, { env: signedIn(simulator, MEGAN) })
    expect(run.code).toBe(3)
    expect(run.stdout).toBe('version: 1\nmode: exact\nmailboxes:\n  []\n')
    expect(run.stderr).toContain('1 of 1 mailboxes could not be read.')
    await cli(['folder-permission', 'set', ADELE, 'inbox', MEGAN, 'Owner', '--impersonate', ADELE])
    const some = await cli(argv, { env: signedIn(simulator, MEGAN) })
    expect(some.code).toBe(4)
    expect(some.stdout).toContain('folder: inbox')
    expect(some.stderr).toContain(`${ADELE}, calendar: It could not be read:`)
  })
})

describe('a list of delegates that is empty for those who may not see it', () => {
  const asMegan = {
    get env() {
      return signedIn(simulator, MEGAN)
    },
  }
  const direct = '--no-impersonate-owners'
  const unknown = 'Who the delegates are is not known: Exchange answered an empty list of delegates'
  beforeEach(async () => {
    const as = ['--impersonate', ADELE]
    for (const argv of [
      ['delegate', 'add', ADELE, ALLAN, '--calendar', 'Editor', ...as],
      // Enough to read the lists of permissions, and not the list of delegates.
      ...['calendar', 'inbox', 'tasks', 'contacts', 'notes', 'journal'].map((folder) => [
        ...['folder-permission', 'set', ADELE, folder, MEGAN, 'Owner'],
        ...as,
      ]),
    ])
      expect(await cli(argv)).toMatchObject({ code: 0 })
    simulator.requests.clear()
  })

  it('is not exported as a list of nobody', async () => {
    const run = await cli(['export', ADELE, direct, '--mode', 'exact'], asMegan)
    expect(run.code).toBe(4)
    expect(run.stdout).toContain('folder: calendar')
    expect(run.stdout).not.toContain('delegates:')
    expect(run.stderr).toContain(`${ADELE}: ${unknown}`)
    expect(run.stderr).toContain('They are left out.')
    await file('seen.yaml', run.stdout)
    expect((await cli(['plan', 'seen.yaml'])).stdout).toContain('Nothing to do in 1 mailbox.')
    const alone = await cli(['export', ADELE, direct, '--include', 'delegates'], asMegan)
    expect(alone.code).toBe(3)
    expect(alone.stdout).toContain('mailboxes:\n  []\n')
  })

  it('makes nobody somebody to be added or removed', async () => {
    for (const [name, text] of [
      ['added', `delegates: [{ user: ${ALLAN}, calendar: Editor }]`],
      ['gone', `delegates: [{ user: ${ALLAN}, absent: true }]`],
      ['delivery', 'deliverMeetingRequests: NoForward'],
    ] as const) {
      await file(`${name}.yaml`, `mailboxes: [{ mailbox: ${ADELE}, ${text} }]\n`)
      const run = await cli(['plan', `${name}.yaml`, direct], asMegan)
      expect(run.stdout).toContain(`  ! delegates: not possible. ${unknown}`)
      expect(run.stdout).not.toMatch(/^ {2}[-+~]/m)
      expect(run.code).toBe(4)
    }
    // What is on the calendar may be there because somebody is a delegate.
    await file(
      'exact.yaml',
      `mode: exact
mailboxes:
  - mailbox: ${ADELE}
    folders: [{ folder: calendar, permissions: [{ user: ${MEGAN}, level: Owner }] }]
`,
    )
    const exact = await cli(['plan', 'exact.yaml', direct], asMegan)
    expect(exact.stdout).toContain(`  ! calendar ${ALLAN}: not possible. ${unknown}`)
    expect(exact.stdout).not.toMatch(/^ {2}[-+~]/m)
    expect(exact.code).toBe(4)
  })

  it('ends neither an audit nor the search for a leaver as if there were nobody', async () => {
    for (const [argv, told] of [
      [['offboard', ALLAN, ADELE, '--folders', 'none'], 'stdout'],
      [['clone', ALLAN, '--to', PATTI, ADELE], 'stdout'],
      [['access-of', PATTI, ADELE], 'stderr'],
      [['audit', ADELE, '--kind', 'unreadable-delegates'], 'stdout'],
      [['audit', ADELE, '--kind', 'open-to-all'], 'stdout'],
    ] as const) {
      const run = await cli([...argv, direct], asMegan)
      expect([argv[0], run.code, run[told].includes(unknown)]).toEqual([argv[0], 4, true])
      expect(run.stdout).not.toMatch(/Nothing to do|Nobody but the owner|^ {2}[-+~]/m)
    }
    const json = await cli(['access-of', PATTI, ADELE, direct, '--output', 'json'], asMegan)
    expect(json.json().failures).toMatchObject([
      { mailbox: ADELE, delegates: true, code: 'ErrorAccessDenied' },
    ])
    const found = await cli(['audit', ADELE, direct, '--output', 'json'], asMegan)
    expect(found.stdout).not.toContain('rights-without-delegate')
  })

  it('is no ground for a saved plan', async () => {
    await file(
      'new.yaml',
      `mailboxes: [{ mailbox: ${ADELE}, delegates: [{ user: ${PATTI}, tasks: Editor }] }]\n`,
    )
    expect((await cli(['plan', 'new.yaml', '--out', 'new.plan'])).code).toBe(0)
    const argv = ['apply', 'new.plan', '--yes', '--journal', 'unseen.jsonl', direct]
    const run = await cli(argv, asMegan)
    expect(run.stdout).toContain(`${ADELE}: failed\n  ! ${unknown}`)
    expect(run.code).toBe(3)
    expect(writes()).toEqual([])
  })

  it('is believed of the owner, of who says so, and of a list that was seen with somebody on it', async () => {
    await file(
      'add.yaml',
      `mailboxes: [{ mailbox: ${PATTI}, delegates: [{ user: ${ALLAN}, tasks: Editor }] }]\n`,
    )
    const add = `+ delegate ${ALLAN}: tasks Editor`
    expect((await cli(['plan', 'add.yaml', direct], { env: signedIn(simulator, PATTI) })).stdout).toContain(
      add,
    )
    const { directory } = simulator.exchange
    const [patti, megan] = [PATTI, MEGAN].map((address) => directory.find(address))
    if (!patti || !megan) throw new Error('no such people')
    directory.grant(patti, megan, 'FullAccess')
    expect((await cli(['plan', 'add.yaml', direct], asMegan)).stdout).toContain(unknown)
    const apply = (...argv: string[]) =>
      cli(['apply', ...argv, '--yes', '--journal', `full-${Math.random()}.jsonl`, direct], asMegan)
    const trusting = ['--journal', 'trusting.jsonl', '--trust-empty-lists', direct]
    expect(await cli(['apply', 'add.yaml', '--yes', ...trusting], asMegan)).toMatchObject({ code: 0 })
    // Who resumes a run that was begun so need not say so again.
    const [head = ''] = (await readFile(join(cwd, 'trusting.jsonl'), 'utf8')).split('\n')
    await writeFile(join(cwd, 'trusting.jsonl'), `${head}\n`)
    await cli(['delegate', 'remove', PATTI, ALLAN, '--yes'], { env: signedIn(simulator, PATTI) })
    const resumed = await cli(['apply', '--resume', 'trusting.jsonl'], asMegan)
    expect(resumed.stdout).toContain('1 changed')
    await file(
      'gone.yaml',
      `mailboxes: [{ mailbox: ${PATTI}, delegates: [{ user: ${ALLAN}, absent: true }] }]\n`,
    )
    simulator.faults.add({ kind: 'drop', operation: 'RemoveDelegate', when: 'after', count: 1 })
    // The answer is lost, and reading again finds an empty list.
    expect((await apply('gone.yaml')).stdout).toContain(`${PATTI}: changed`)
  })
})

describe('whoever does not act as the owners', () => {
  const asMegan = {
    get env() {
      return signedIn(simulator, MEGAN)
    },
  }
  const trusting = ['--no-impersonate-owners', '--trust-empty-lists']
  const next = (told: string, what: RegExp) => {
    const line = told.split('\n').find((one) => what.test(one)) ?? ''
    const [, command = ''] = /ews-delegates (.*?)\.?$/.exec(line) ?? []
    return command.split(' ')
  }
  beforeEach(async () => {
    const { directory } = simulator.exchange
    const [patti, megan] = [PATTI, MEGAN].map((address) => directory.find(address))
    if (!patti || !megan) throw new Error('no such people')
    directory.grant(patti, megan, 'FullAccess')
    await file(
      'own.yaml',
      `mailboxes: [{ mailbox: ${PATTI}, delegates: [{ user: ${ALLAN}, tasks: Editor }] }]\n`,
    )
  })

  it('is told command lines that do the same', async () => {
    const plan = await cli(['plan', 'own.yaml', '--out', 'own.plan', ...trusting], asMegan)
    const apply = next(plan.stderr, /^Saved\./)
    expect(apply).toEqual(['apply', 'own.plan', ...trusting])
    const journal = ['--yes', '--journal', `own-${Math.random()}.jsonl`]
    expect(await cli([...apply, ...journal], asMegan)).toMatchObject({ code: 0 })
    // Of another command these are no flags.
    const lost = await cli(['access-of', 'Nobody at all', PATTI, ...trusting], asMegan)
    const resolve = next(lost.stderr, /resolve/)
    expect(lost.stderr).toContain('ews-delegates resolve')
    expect(resolve.join(' ')).not.toMatch(/owners|lists/)
  })

  it('need not say again how a run was made that is put back', async () => {
    const journal = (name: string) => ['--yes', '--journal', name]
    await cli(['apply', 'own.yaml', ...journal('own-run.jsonl'), ...trusting], asMegan)
    const saved = await cli(['revert', 'own-run.jsonl', '--out', 'own-back.plan'], asMegan)
    expect(next(saved.stderr, /^Saved\./)).toEqual(['apply', 'own-back.plan', ...trusting])
    const typed = await cli(['revert', 'own-run.jsonl', '--out', 'own-back.plan', ...trusting], asMegan)
    expect(next(typed.stderr, /^Saved\./)).toEqual(['apply', 'own-back.plan', ...trusting])
    expect(await cli(['revert', 'own-run.jsonl', ...journal('own-back.jsonl')], asMegan)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 changed'),
    })
    // The run that put it back is put back in the same way, from an empty list.
    expect(await cli(['revert', 'own-back.jsonl', ...journal('own-again.jsonl')], asMegan)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 changed'),
    })
    // A flag says more than the journal.
    const refused = ['revert', 'own-again.jsonl', ...journal('own-refused.jsonl'), '--impersonate-owners']
    expect((await cli(refused, asMegan)).stdout).toContain('ErrorImpersonateUserDenied')
  })

  it('is the owner by another name, and told what to say', async () => {
    const env = signedIn(simulator, `CONTOSO\\${PATTI.split('@')[0]}`)
    const plan = (...argv: string[]) => cli(['plan', 'own.yaml', ...argv], { env })
    const own = 'the owner by another name'
    const denied = await plan()
    expect(denied.stdout).toContain('ErrorImpersonateUserDenied')
    expect(denied.stdout).toMatch(new RegExp(`${own}[^.]*, say --no-impersonate-owners`))
    const unseen = await plan('--no-impersonate-owners')
    expect(unseen.stdout).toMatch(new RegExp(`${own}[^.]*, say --trust-empty-lists`))
    expect((await plan(...trusting)).stdout).toContain(`+ delegate ${ALLAN}`)
    expect((await cli(['plan', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain(own)
  })
})

describe('the owner', () => {
  it('who signs in is not impersonated, and who may not impersonate is told what to do', async () => {
    const env = signedIn(simulator, ADELE)
    for (const argv of [
      ['audit', ADELE],
      ['export', ADELE.toLowerCase()],
      ['offboard', MEGAN, ADELE],
    ])
      expect([argv, (await cli(argv, { env })).code]).toEqual([argv, 0])
    await file('others.csv', `mailbox,user,calendar\n${MEGAN},${ALLAN},Editor\n`)
    const plan = await cli(['plan', 'others.csv'], { env })
    expect(plan.code).toBe(3)
    expect(plan.stdout).toMatch(
      /! [^(]+ \(ErrorImpersonateUserDenied\)\. Give the account .* say --no-impersonate-owners\.\n/,
    )
    const csv = await cli(['plan', 'others.csv', '--output', 'csv'], { env })
    expect(csv.stdout).toContain('--no-impersonate-owners')
    for (const argv of [
      ['audit', MEGAN],
      ['export', MEGAN],
      ['access-of', ALLAN, MEGAN],
    ]) {
      const { stdout, stderr } = await cli(argv, { env })
      expect(stdout + stderr).toContain('--no-impersonate-owners')
    }
    const apply = await cli(['apply', 'others.csv', '--yes', '--journal', 'others.jsonl'], { env })
    expect(apply.stdout).toContain('--no-impersonate-owners')
  })
})

describe('audit, access-of, offboard, clone and expire', () => {
  beforeEach(async () => {
    await file('grants.yaml', GRANTS)
    await cli(['apply', 'grants.yaml', '--yes', '--journal', `setup-${Date.now()}.jsonl`])
    await file('all.txt', `${ADELE}\n${MEGAN}\n`)
  })

  it('audit shows every way in, and mends what can be mended by a plan', async () => {
    simulator.plantOddEntry(ADELE, 'inbox', { unknownEntry: 'S-1-5-21-9-9-9-9' })
    const run = await cli(['audit', '--mailboxes', 'all.txt', '--fix', 'mend.plan'])
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(/AllanD@contoso\.com +delegate +- +Send on Behalf, private items/)
    expect(run.stdout).toMatch(/Default +everybody inside +calendar +Reviewer/)
    expect(run.stdout).toContain('warning: S-1-5-21-9-9-9-9 on inbox belongs to a deleted account')
    expect(run.stdout).toContain('warning: Everybody of the organization has Reviewer on calendar.')
    expect((await cli(['apply', 'mend.plan', '--yes', '--journal', 'mend.jsonl'])).code).toBe(0)
    const after = await cli(['audit', '--mailboxes', 'all.txt', '--output', 'json'])
    expect((after.json().mailboxes as { findings: unknown[] }[]).flatMap(({ findings }) => findings)).toEqual(
      [],
    )
  })

  it('access-of, offboard and clone take names, aliases and other addresses', async () => {
    for (const word of ['Allan Deyoung', 'allan.deyoung@contoso.com']) {
      const reach = await cli(['access-of', word, ADELE])
      expect(reach.stdout).toContain(ALLAN)
      expect(reach.stderr).toContain(`${JSON.stringify(word)} is ${ALLAN}.`)
      expect((await cli(['offboard', word, ADELE])).stdout).toContain(`- delegate ${ALLAN}`)
      const clone = await cli(['clone', word, '--to', 'PattiF', ADELE])
      expect(clone.stdout).toContain('+ delegate PattiF@contoso.com: calendar Editor')
    }
    const nobody = await cli(['offboard', 'Somebody Else', ADELE])
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain('"Somebody Else" is nobody’s name, or that of several')
    // A leaver's address may be gone from the directory; their entries are not.
    expect((await cli(['offboard', 'gone@contoso.com', ADELE])).code).toBe(0)
  })

  it('a mailbox that cannot be opened does not make a leaver nobody', async () => {
    const alias = 'allan.deyoung@contoso.com'
    for (const word of [alias, 'Allan Deyoung']) {
      const run = await cli(['offboard', word, 'nobody@contoso.com', ADELE])
      expect(run.stdout).toContain(`- delegate ${ALLAN}`)
      expect(run.code).toBe(4)
    }
    const none = await cli(['offboard', alias, 'nobody@contoso.com'])
    expect(none.code).toBe(3)
    expect(none.stderr).toContain(
      `"${alias}" could not be looked up for nobody@contoso.com: Mailbox does not`,
    )
  })

  it('a directory that does not answer is not taken for one that knows nobody', async () => {
    const alias = 'allan.deyoung@contoso.com'
    simulator.faults.add({ kind: 'status', status: 500, body: 'fault', operation: 'ResolveNames' })
    const leave = await cli(['offboard', alias, ADELE])
    expect(leave).toMatchObject({ code: 3, stdout: '' })
    expect(leave.stderr).toContain(`"${alias}" could not be looked up`)
    for (const mode of ['additive', 'exact']) {
      await file('fault.csv', `mailbox,user,calendar\n${ADELE},${alias},Editor\n`)
      const plan = await cli(['plan', 'fault.csv', '--mode', mode])
      expect(plan.stdout).toContain(`  ! "${alias}" could not be looked up for ${ADELE}: `)
      expect(plan.stdout).not.toContain('delegate')
      expect(plan.code).toBe(3)
    }
  })

  it('access-of shows what one user reaches', async () => {
    const run = await cli(['access-of', ALLAN, '--mailboxes', 'all.txt'])
    expect(run.stdout).toMatch(new RegExp(`${ADELE} +${ALLAN} +own entry +calendar +Editor`))
    expect(run.stdout).toMatch(new RegExp(`${MEGAN} +Default +everybody inside +calendar +Reviewer`))
  })

  it('offboard and clone are plans', async () => {
    const clone = await cli(['clone', ALLAN, '--to', 'PattiF@contoso.com', '--mailboxes', 'all.txt'])
    expect(clone.stdout).toContain(
      '+ delegate PattiF@contoso.com: calendar Editor, inbox Reviewer, private items',
    )
    const leave = await cli(['offboard', ALLAN, '--mailboxes', 'all.txt', '--out', 'leaver.plan'])
    expect(leave.stdout).toContain(`- delegate ${ALLAN} (had calendar Editor, inbox Reviewer, private items)`)
    expect(writes()).toHaveLength(2)
    expect((await cli(['apply', 'leaver.plan', '--yes', '--journal', 'leaver.jsonl'])).code).toBe(0)
    const after = await cli(['access-of', ALLAN, ADELE])
    expect(after.stdout).not.toContain(ALLAN)
  })

  it('expire takes away what is over and nothing else', async () => {
    await file(
      'over.yaml',
      `mailboxes:\n  - mailbox: ${ADELE}\n    deliverMeetingRequests: DelegatesOnly\n    delegates: [{ user: ${ALLAN}, calendar: Editor, expires: 2020-01-31 }, { user: ${MEGAN}, calendar: Editor }]\n`,
    )
    const run = await cli(['expire', 'over.yaml'])
    expect(run.stdout).toBe(`${ADELE}
  - delegate ${ALLAN} (had calendar Editor, inbox Reviewer, private items)

1 mailbox of 1 would change.
  - delegates        1
`)
  })
})

it('a run leaves nothing behind but what was asked for', async () => {
  expect((await readdir(cwd)).filter((name) => name.endsWith('.part'))).toEqual([])
})
