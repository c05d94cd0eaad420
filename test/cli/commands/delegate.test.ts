import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN, PATTI } from '../../helpers/contoso.ts'
import { runCli, signedIn } from '../run-cli.ts'

let simulator: Simulator
let env: Record<string, string>
const run = (...argv: string[]) => runCli(argv, { env })
const requests = () => simulator.requests.entries().length

beforeEach(async () => {
  simulator = await startSimulator()
  env = signedIn(simulator, ALLAN)
})
afterEach(() => simulator.close())

describe('delegate list', () => {
  it('shows delegates with their six levels, private items, copies, and where meeting requests go', async () => {
    await run(
      'delegate',
      'add',
      ALLAN,
      ADELE,
      '--calendar',
      'editor',
      '--inbox',
      'REVIEWER',
      '--meeting-copies',
      '--deliver-meeting-requests',
      'delegatesonly',
    )
    await run('delegate', 'add', ALLAN, MEGAN, '--tasks', 'Author', '--private-items')
    const list = await run('delegate', 'list', ALLAN)
    expect(list).toMatchObject({ code: 0, stderr: '' })
    const [heading, adele, megan] = list.stdout.split('\n').map((line) => line.split(/ {2,}/))
    expect(heading).toEqual([
      'DELEGATE',
      'CALENDAR',
      'TASKS',
      'INBOX',
      'CONTACTS',
      'NOTES',
      'JOURNAL',
      'PRIVATE',
      'COPIES',
    ])
    expect(adele).toEqual([
      `Adele Vance <${ADELE}>`,
      'Editor',
      'None',
      'Reviewer',
      'None',
      'None',
      'None',
      'no',
      'yes',
    ])
    expect(megan).toEqual([
      `Megan Bowen <${MEGAN}>`,
      'None',
      'Author',
      'None',
      'None',
      'None',
      'None',
      'yes',
      'no',
    ])
    expect(list.stdout).toContain('Meeting requests go to the delegates only (DelegatesOnly).')
  })

  it('has a stable JSON form', async () => {
    await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor')
    const list = await run('delegate', 'list', ALLAN, '--output', 'json')
    expect(list.json()).toEqual({
      owner: ALLAN,
      deliverMeetingRequests: 'DelegatesAndSendInformationToMe',
      delegates: [
        {
          user: { smtpAddress: ADELE, displayName: 'Adele Vance', sid: expect.stringMatching(/^S-1-5-21-/) },
          permissions: {
            calendar: 'Editor',
            tasks: 'None',
            inbox: 'None',
            contacts: 'None',
            notes: 'None',
            journal: 'None',
          },
          viewPrivateItems: false,
          receiveCopiesOfMeetingMessages: false,
        },
      ],
      failures: [],
    })
  })

  it('has a CSV form with a row per delegate', async () => {
    await run('delegate', 'add', ALLAN, ADELE, MEGAN, '--calendar', 'Editor')
    const [heading, ...rows] = (await run('delegate', 'list', ALLAN, '-o', 'csv')).stdout
      .trimEnd()
      .split('\r\n')
    expect(heading).toBe(
      'owner,address,name,sid,calendar,tasks,inbox,contacts,notes,journal,viewPrivateItems,receiveCopiesOfMeetingMessages,deliverMeetingRequests,problem',
    )
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatch(
      /^AllanD@contoso\.com,AdeleV@contoso\.com,Adele Vance,S-1-5-21-[\d-]+,Editor,None,/,
    )
  })

  it('says that there are none', async () => {
    const list = await run('delegate', 'list', ALLAN)
    expect(list.stdout).toContain(`${ALLAN} has no delegates.`)
    expect(list.stderr).toBe('')
  })

  it('warns somebody else that an empty list may mean something else', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', ADELE, 'Reviewer')
    const list = await runCli(['delegate', 'list', ALLAN], { env: signedIn(simulator, ADELE) })
    expect(list).toMatchObject({ code: 0 })
    expect(list.stderr).toContain('--impersonate')
  })

  it('shows a delegate whose account is gone, with what to do about it', async () => {
    await run('delegate', 'add', ALLAN, ADELE, MEGAN, '--calendar', 'Editor')
    const { directory } = simulator.exchange
    const megan = directory.find(MEGAN)
    if (megan) directory.delete(megan)
    const list = await run('delegate', 'list', ALLAN)
    expect(list.code).toBe(0)
    expect(list.stdout).toContain(ADELE)
    expect(list.stdout).toMatch(/One delegate cannot be shown: .*\(ErrorDelegateNoUser\).*SID/)
    const json = (await run('delegate', 'list', ALLAN, '-o', 'json')).json()
    expect(json.failures).toEqual([{ user: null, code: 'ErrorDelegateNoUser', message: expect.any(String) }])
    expect((await run('delegate', 'list', ALLAN, '-o', 'csv')).stdout).toContain('ErrorDelegateNoUser: ')
  })

  it('becomes blocks on a narrow terminal', async () => {
    await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor')
    const list = await runCli(['delegate', 'list', ALLAN], { env, columns: 60 })
    expect(list.stdout).toContain(`Delegate  Adele Vance <${ADELE}>\ncalendar  Editor\n`)
  })
})

describe('delegate list against a hostile server', () => {
  const NAME = '\u009b2J=HYPERLINK("http://evil.example","x")\u202e'
  const ANSWER = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:GetDelegateResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:ResponseMessages><m:DelegateUserResponseMessageType ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:DelegateUser><t:UserId><t:PrimarySmtpAddress>=cmd@contoso.com</t:PrimarySmtpAddress><t:DisplayName>${NAME.replaceAll('"', '&quot;')}</t:DisplayName></t:UserId></m:DelegateUser></m:DelegateUserResponseMessageType></m:ResponseMessages></m:GetDelegateResponse></s:Body></s:Envelope>`
  const server = {
    EWS_URL: 'https://mail.contoso.com/EWS/Exchange.asmx',
    EWS_USER: 'a',
    EWS_PASSWORD: 'secret-1',
  }
  const list = (format: string) => {
    nock('https://mail.contoso.com').post('/EWS/Exchange.asmx').reply(200, ANSWER)
    return runCli(['delegate', 'list', ALLAN, '-o', format], { env: server })
  }

  it.each(['text', 'json', 'csv'])('prints no control character as %s', async (format) => {
    const { stdout, code } = await list(format)
    expect(code).toBe(0)
    expect(stdout.replace(/[\r\n]/g, '')).not.toMatch(/[\p{Cc}\u202e]/u)
  })

  it('gives a spreadsheet no formula', async () => {
    const row = (await list('csv')).stdout.split('\r\n')[1]
    expect(row).toContain(",'=cmd@contoso.com,")
  })

  it('does not make up levels that the server did not say', async () => {
    expect((await list('text')).stdout.split('\n')[1]).toMatch(/ - +- +- +- +- +- +- +-$/)
    expect((await list('text')).stdout).toContain('the server does not say where they go')
    expect((await list('json')).json()).toMatchObject({
      deliverMeetingRequests: null,
      delegates: [{ permissions: null, viewPrivateItems: null, receiveCopiesOfMeetingMessages: null }],
    })
  })
})

describe('delegate add', () => {
  it('says what was done, in every form', async () => {
    expect(await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor')).toMatchObject({
      code: 0,
      stdout: `${ADELE}: added\n`,
      stderr: '',
    })
    const json = await run(
      'delegate',
      'add',
      ALLAN,
      MEGAN,
      '--deliver-meeting-requests',
      'NoForward',
      '-o',
      'json',
    )
    expect(json.json()).toEqual({
      owner: ALLAN,
      results: [
        {
          user: { smtpAddress: MEGAN },
          ok: true,
          action: 'added',
          delegate: expect.objectContaining({
            user: expect.objectContaining({ smtpAddress: MEGAN, displayName: 'Megan Bowen' }),
          }),
        },
      ],
      deliverMeetingRequests: 'NoForward',
    })
    const csv = await run('delegate', 'add', ALLAN, PATTI, '-o', 'csv')
    expect(csv.stdout).toBe(`owner,user,ok,action,code,message\r\n${ALLAN},${PATTI},true,added,,\r\n`)
  })

  it('ends with 3 on somebody who is a delegate already, and names the command to use', async () => {
    await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor')
    const again = await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Author', '--no-private-items')
    expect(again).toMatchObject({ code: 3, stdout: '' })
    expect(again.stderr).toContain(`${ADELE} is a delegate already.`)
    expect(again.stderr).toContain(
      `ews-delegates delegate update ${ALLAN} ${ADELE} --calendar Author --no-private-items\n`,
    )
    expect(again.stderr).toContain('--upsert')
  })

  it('names a command that works', async () => {
    await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor')
    const again = await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Author')
    const words = /ews-delegates (delegate update .*)/.exec(again.stderr)?.[1]?.split(' ') ?? []
    expect(await run(...words)).toMatchObject({ code: 0, stdout: `${ADELE}: updated\n` })
  })

  it('updates them with --upsert and leaves what is not named', async () => {
    await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor', '--private-items')
    const again = await run('delegate', 'add', ALLAN, ADELE, MEGAN, '--inbox', 'Author', '--upsert')
    expect(again).toMatchObject({ code: 0, stdout: `${ADELE}: updated\n${MEGAN}: added\n` })
    const { delegates } = (await run('delegate', 'list', ALLAN, '-o', 'json')).json() as {
      delegates: { permissions: object; viewPrivateItems: boolean }[]
    }
    expect(delegates[0]).toMatchObject({
      permissions: { calendar: 'Editor', inbox: 'Author' },
      viewPrivateItems: true,
    })
  })

  it('ends with 4 when some of several are refused, and says which', async () => {
    await run('delegate', 'add', ALLAN, ADELE)
    const both = await run('delegate', 'add', ALLAN, ADELE, MEGAN, '-o', 'json')
    expect(both.code).toBe(4)
    expect(both.json().results).toMatchObject([
      { ok: false, code: 'ErrorDelegateAlreadyExists', user: { smtpAddress: ADELE } },
      { ok: true, action: 'added' },
    ])
    expect(both.error()).toMatchObject({ code: 'ERR_PARTIAL', exitCode: 4 })
    expect(both.error().message).toContain('1 of 2 delegates was refused.')
  })

  it('ends with 3 when all of several are refused', async () => {
    const run3 = await run('delegate', 'add', ALLAN, 'nobody@contoso.com', 'nobody2@contoso.com')
    expect(run3).toMatchObject({ code: 3, stdout: '' })
    expect(run3.stderr).toContain('2 of 2 delegates were refused.')
  })

  it('has a line for each who is refused, and says --upsert once', async () => {
    await run('delegate', 'add', ALLAN, ADELE, MEGAN, PATTI)
    const again = await run('delegate', 'add', ALLAN, ADELE, MEGAN, PATTI, '--inbox', 'Editor')
    const lines = again.stderr.trimEnd().split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'ews-delegates: 3 of 3 delegates were refused.',
      ...[ADELE, MEGAN, PATTI].map((each) => expect.stringMatching(`^Could not add ${each}: .*\\(Error`)),
    ])
    expect(lines.slice(4)).toEqual([
      ...[ADELE, MEGAN, PATTI].map((each) =>
        expect.stringContaining(`delegate update ${ALLAN} ${each} --inbox Editor`),
      ),
      'Or repeat this command with --upsert.',
    ])
    const json = await run('delegate', 'add', ALLAN, ADELE, MEGAN, '-o', 'json')
    expect(json.error().message).toMatch(/^2 of 2 delegates were refused\. Could not add .* Could not add /)
    expect(json.error()).not.toHaveProperty('lines')
  })

  it('ends with 3 for somebody who may not', async () => {
    const denied = await runCli(['delegate', 'add', ALLAN, MEGAN], { env: signedIn(simulator, ADELE) })
    expect(denied.code).toBe(3)
    expect(denied.stderr).toContain('ErrorAccessDenied')
  })

  it('shows with --dry-run what would be sent, without a server, and sends nothing', async () => {
    const dry = await runCli(['delegate', 'add', ALLAN, ADELE, '--calendar', 'editor', '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toContain('<m:AddDelegate>')
    expect(dry.stdout).toContain('<t:CalendarFolderPermissionLevel>Editor</t:CalendarFolderPermissionLevel>')
    const before = requests()
    const json = await run('delegate', 'add', ALLAN, ADELE, '--dry-run', '--upsert', '-o', 'json')
    expect(json.json()).toMatchObject({
      dryRun: true,
      requests: [
        { operation: 'AddDelegate', method: 'POST', url: simulator.ews },
        { operation: 'UpdateDelegate', condition: 'for those who are delegates already' },
      ],
    })
    expect((await run('delegate', 'add', ALLAN, ADELE, '--dry-run', '-o', 'csv')).stdout).toContain(
      'AddDelegate,POST,',
    )
    expect(requests()).toBe(before)
  })

  it('sends from --dry-run what is really sent', async () => {
    const argv = ['delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor', '--meeting-copies']
    const dry = (await run(...argv, '--dry-run', '-o', 'json')).json() as { requests: { body: string }[] }
    await run(...argv)
    expect(simulator.requests.entries().at(-1)?.requestBody).toBe(dry.requests[0]?.body)
  })
})

describe('delegate update', () => {
  it('changes what is named and nothing else', async () => {
    await run('delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor', '--inbox', 'Author', '--private-items')
    const update = await run('delegate', 'update', ALLAN, ADELE, '--inbox', 'None', '--no-private-items')
    expect(update).toMatchObject({ code: 0, stdout: `${ADELE}: updated\n` })
    const { delegates } = (await run('delegate', 'list', ALLAN, '-o', 'json')).json() as {
      delegates: unknown[]
    }
    expect(delegates).toMatchObject([
      { permissions: { calendar: 'Editor', inbox: 'None' }, viewPrivateItems: false },
    ])
  })

  it('changes where meeting requests go alone, without naming a delegate', async () => {
    const update = await run('delegate', 'update', ALLAN, '--deliver-meeting-requests', 'NoForward')
    expect(update).toMatchObject({ code: 0, stdout: 'Meeting requests: NoForward\n' })
    expect((await run('delegate', 'list', ALLAN)).stdout).toContain('to the owner only (NoForward)')
  })

  it('takes the delivery with a delegate as well', async () => {
    await run('delegate', 'add', ALLAN, ADELE)
    const update = await run(
      'delegate',
      'update',
      ALLAN,
      ADELE,
      '--deliver-meeting-requests',
      'DelegatesOnly',
    )
    expect(update).toMatchObject({ code: 0 })
  })

  it('says how to add somebody who is no delegate', async () => {
    const update = await run('delegate', 'update', ALLAN, ADELE, '--inbox', 'Author')
    expect(update.code).toBe(3)
    expect(update.stderr).toContain(`ews-delegates delegate add ${ALLAN} ${ADELE} --inbox Author`)
  })

  it.each([
    [[ADELE], 'The update changes nothing'],
    [[], 'The update changes nothing'],
    [['--inbox', 'None'], '--inbox is about a delegate'],
    [['--no-private-items'], '--no-private-items is about a delegate'],
    [[ADELE, '--calendar', 'Author', '--meeting-copies'], 'Meeting copies need Editor'],
  ])('refuses %j before anything is sent', async (argv, sentence) => {
    const before = requests()
    const update = await run('delegate', 'update', ALLAN, ...argv)
    expect(update.code).toBe(2)
    expect(update.stderr).toContain(sentence)
    expect(requests()).toBe(before)
  })

  it('shows with --dry-run only what is named', async () => {
    const dry = await run('delegate', 'update', ALLAN, ADELE, '--inbox', 'None', '--dry-run')
    expect(dry.stdout).toContain('<m:UpdateDelegate>')
    expect(dry.stdout.match(/FolderPermissionLevel>/g)).toHaveLength(2)
    expect(requests()).toBe(0)
  })
})

describe('delegate remove', () => {
  it('begins a new line when it is stopped at its question', async () => {
    await run('delegate', 'add', ALLAN, ADELE)
    const stopped = await runCli(['delegate', 'remove', ALLAN, ADELE], { env, stdin: '\u0003', columns: 80 })
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toMatch(
      /\[y\/N\] [^\n]*\n(?:.*\n)*ews-delegates: Stopped before anything was sent\.\n$/,
    )
  })

  it('takes delegates away with --yes', async () => {
    await run('delegate', 'add', ALLAN, ADELE, MEGAN)
    const remove = await run('delegate', 'remove', ALLAN, ADELE, MEGAN, '-y')
    expect(remove).toMatchObject({ code: 0, stdout: `${ADELE}: removed\n${MEGAN}: removed\n` })
    expect((await run('delegate', 'list', ALLAN, '-o', 'json')).json().delegates).toEqual([])
  })

  it('takes an orphan away by SID', async () => {
    await run('delegate', 'add', ALLAN, MEGAN)
    const { directory } = simulator.exchange
    const megan = directory.find(MEGAN)
    if (!megan) throw new Error('no Megan')
    directory.delete(megan)
    expect(await run('delegate', 'remove', ALLAN, megan.sid, '--yes')).toMatchObject({ code: 0 })
    expect((await run('delegate', 'list', ALLAN, '-o', 'json')).json().failures).toEqual([])
  })

  it('sends nothing where nobody can answer and --yes is not there', async () => {
    const before = requests()
    const remove = await run('delegate', 'remove', ALLAN, ADELE)
    expect(remove.code).toBe(2)
    expect(remove.stderr).toContain('--yes')
    expect(requests()).toBe(before)
  })

  it('asks on a terminal: y does it, anything else does not and ends with 130', async () => {
    await run('delegate', 'add', ALLAN, ADELE)
    const before = requests()
    for (const stdin of ['n\r', '\r', 'yep\r']) {
      const no = await runCli(['delegate', 'remove', ALLAN, ADELE], {
        env,
        columns: 80,
        stdin,
        shows: [stdin.trim()],
      })
      expect(no).toMatchObject({ code: 130, stdout: '' })
      expect(no.stderr).toContain(`Remove ${ADELE} as delegate of ${ALLAN}? [y/N]`)
      expect(no.stderr).toContain('Nothing was changed.')
    }
    expect(requests()).toBe(before)
    const yes = await runCli(['delegate', 'remove', ALLAN, ADELE], { env, columns: 80, stdin: 'Y\r' })
    expect(yes).toMatchObject({ code: 0, stdout: `${ADELE}: removed\n` })
  })

  it('ends with 3 for somebody who is no delegate, and says how to see who is', async () => {
    const remove = await run('delegate', 'remove', ALLAN, ADELE, '--yes')
    expect(remove.code).toBe(3)
    expect(remove.stderr).toContain(`ews-delegates delegate list ${ALLAN}`)
  })

  it('neither asks nor sends with --dry-run', async () => {
    const dry = await runCli(['delegate', 'remove', ALLAN, ADELE, '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toContain('<m:RemoveDelegate>')
  })
})
