import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN } from '../../helpers/contoso.ts'
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

  it('reads standard input, and prints JSON, CSV and cmdlets', async () => {
    const options = { stdin: GRANTS, shows: [GRANTS.trim()] }
    const json = (await cli(['plan', '-', '--output', 'json'], options)).json()
    expect(json).toMatchObject({
      mailboxes: [{ mailbox: ADELE, steps: [{ type: 'delegates', action: 'add' }] }, { mailbox: MEGAN }],
      summary: { mailboxes: 2, changing: 2 },
    })
    const csv = await cli(['plan', '-', '--output', 'csv'], options)
    expect(csv.stdout).toContain(`${MEGAN},change,calendar,Default,FreeBusyTimeOnly,Reviewer\r\n`)
    const cmdlets = await cli(['plan', '-', '--as', 'powershell'], options)
    expect(cmdlets.stdout).toContain(
      `Add-MailboxFolderPermission -Identity (Find-Folder '${ADELE}' Calendar) -User '${ALLAN}' -AccessRights Editor -SharingPermissionFlags Delegate,CanViewPrivateItems`,
    )
    expect(cmdlets.stdout).toContain('# CANNOT set where meeting requests go (NoForward)')
    expect(cmdlets.stdout).toContain(
      `Set-MailboxFolderPermission -Identity (Find-Folder '${MEGAN}' Calendar) -User Default -AccessRights Reviewer`,
    )
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
