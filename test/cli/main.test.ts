import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import nock from 'nock'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { main } from '../../src/cli/main.ts'
import { runCli } from './run-cli.ts'

const HOST = 'https://mail.contoso.com'
const SERVER = {
  EWS_URL: `${HOST}/EWS/Exchange.asmx`,
  EWS_USER: 'CONTOSO\\admin',
  EWS_PASSWORD: 'hunter2-is-secret',
}
const LIST = ['delegate', 'list', 'allan@contoso.com']
const ADD = ['delegate', 'add', 'allan@contoso.com', 'adele@contoso.com', '--calendar', 'Editor']

const SET = ['folder-permission', 'set', 'allan@contoso.com', 'calendar', 'megan@contoso.com']

/** An outside that is not looked into for secrets, as its environment is a trap. */
async function runWith(env: Readonly<Record<string, string>>) {
  const stderr = new PassThrough()
  const code = await main(LIST, {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env,
    cwd: '/',
    signal: new AbortController().signal,
  })
  return { code, stderr: String(stderr.read()) }
}

const endpoint = () => nock(HOST).post('/EWS/Exchange.asmx')

function envelope(body: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
}

function fault(code: string, text: string): string {
  return envelope(
    `<s:Fault><faultcode>a:${code}</faultcode><faultstring>${text}</faultstring><detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">${code}</e:ResponseCode></detail></s:Fault>`,
  )
}

describe('help and version', () => {
  it('says the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('lists the commands for --help, -h, help and nothing at all', async () => {
    for (const argv of [['--help'], ['-h'], ['help'], []]) {
      const run = await runCli(argv)
      expect(run).toMatchObject({ code: 0, stderr: '' })
      for (const name of [...Object.keys(COMMANDS.groups), 'simulate', 'demo', 'completion']) {
        expect(run.stdout).toContain(`ews-delegates ${name}`)
      }
    }
  })

  it('lists the commands of a group', async () => {
    const run = await runCli(['delegate', '--help'])
    expect(run.code).toBe(0)
    for (const verb of ['list', 'add', 'update', 'remove']) expect(run.stdout).toContain(`delegate ${verb}`)
  })

  it.each(COMMANDS.commands.map((command) => command.name))(
    'shows usage, operands, every flag and examples that can be copied for %s',
    async (name) => {
      const command = COMMANDS.commands.find((each) => each.name === name)
      const run = await runCli([...name.split(' '), '--help'])
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(run.stdout).toMatch(new RegExp(`^ews-delegates ${name} `))
      for (const flag of Object.keys(command?.flags ?? {})) expect(run.stdout).toContain(`--${flag}`)
      for (const operand of command?.operands ?? []) expect(run.stdout).toContain(`  ${operand.name}`)
      for (const [line] of command?.examples ?? []) expect(run.stdout).toContain(`  ews-delegates ${line}\n`)
      expect(run.stdout).not.toMatch(/\[(?:string|boolean)\]/)
    },
  )

  it('is the same help for "help delegate add" as for "delegate add --help"', async () => {
    const [a, b] = [await runCli(['help', 'delegate', 'add']), await runCli(['delegate', 'add', '--help'])]
    expect(a).toMatchObject({ code: 0, stdout: b.stdout })
  })

  it('fits into the terminal', async () => {
    const run = await runCli(['folder-permission', 'list', '--help'], { columns: 80 })
    const lines = run.stdout.split('\n').filter((line) => !line.startsWith('  ews-delegates'))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('has examples that the commands themselves understand', async () => {
    // The files that they name.
    const cwd = mkdtempSync(join(tmpdir(), 'ews-delegates-examples-'))
    for (const name of ['minutes.html', 'minutes.pdf', 'lunch.eml'])
      writeFileSync(join(cwd, name), 'Subject: x')
    for (const name of ['grants.yaml', 'roles.yaml']) writeFileSync(join(cwd, name), 'mailboxes: []')
    writeFileSync(join(cwd, 'staff.csv'), 'mailbox,user\n')
    writeFileSync(join(cwd, 'all.txt'), 'allan@contoso.com\n')
    for (const command of COMMANDS.commands) {
      for (const [line] of command.examples) {
        if (
          /[|>]|^(?:demo|simulate|completion|discover|doctor|login|logout|profile|revert|apply (?:change\.plan|--resume))\b/.test(
            line,
          )
        )
          continue
        const words = line.match(/'[^']*'|\S+/g) ?? []
        const run = await runCli(
          words.map((word) => word.replace(/^'|'$/g, '')),
          { cwd },
        )
        // Without a server they get exactly as far as that.
        const dry = line.includes('--dry-run')
        expect(`${line}: ${run.stderr}`).toMatch(
          dry ? /: $/ : /No server is given|no access token|Nobody is there to answer/,
        )
        expect(run.code).toBe(dry ? 0 : 2)
      }
    }
    rmSync(cwd, { recursive: true })
  })
})

describe('mistakes on the command line end with 2 and a sentence that helps', () => {
  it.each([
    [['delgate', 'list'], 'Did you mean ews-delegates delegate list?'],
    [['delegate', 'lst', 'allan@contoso.com'], 'Did you mean ews-delegates delegate list?'],
    [['delegate', 'grant'], 'Did you mean ews-delegates delegate add?'],
    [['delegate'], 'list, add, update, remove'],
    [['--trace'], 'No command is given'],
    [[...LIST, '--calendar', 'Editor'], 'delegate list has no flag --calendar'],
    [[...ADD, '--calender', 'Editor'], 'Did you mean --calendar?'],
    [[...ADD, '--no-meeting-copy'], 'Did you mean --no-meeting-copies?'],
    [[...ADD, '--cal', 'Editor'], 'Did you mean --calendar?'],
    [[...ADD, '--outptu=json'], 'Did you mean --output?'],
    [[...ADD, '-x'], 'no flag -x'],
    [[...ADD, '-yes'], 'no flag -yes'],
    [[...ADD, '--2'], 'no flag --2'],
    [[...ADD, '--__proto__', 'x'], 'no flag --__proto__'],
    [[...ADD, '--calendar', 'None'], '--calendar is given twice'],
    [
      [...ADD, '--private-items', '--no-private-items'],
      '--private-items and --no-private-items are both given',
    ],
    [[...ADD, '--inbox', ''], '--inbox has no value'],
    [[...ADD, '--inbox='], '--inbox has no value'],
    [[...ADD, '--inbox'], 'one of None, Reviewer, Author, Editor'],
    [[...ADD, '--inbox', '--upsert'], '--inbox has no value'],
    [[...ADD, '--upsert=yes'], '--upsert takes no value'],
    [[...ADD, '--no-upsert'], 'no flag --no-upsert'],
    [[...ADD, '--inbox', 'Edtor'], 'Did you mean Editor?'],
    [[...ADD, '--inbox', 'Custom'], 'cannot be set'],
    [[...ADD, '--deliver-meeting-requests', 'DelegateOnly'], 'Did you mean DelegatesOnly?'],
    [['delegate', 'add', 'allan@contoso.com'], 'delegate add needs OWNER and DELEGATE; DELEGATE is missing'],
    [['delegate', 'list'], 'delegate list needs OWNER; OWNER is missing'],
    [[...LIST, 'more'], '"more" is one word too many'],
    [[...LIST, '–output', 'json'], 'typographic dash'],
    [[...LIST, '--', '-x'], 'Usage: ews-delegates delegate list'],
    [[...LIST, 'output'], 'Did you mean --output?'],
    [['delegate', 'add', 'allan@contoso.com', 'a@contoso.com,b@contoso.com'], 'Separate them by blanks'],
    [[...SET, 'Custom'], '--rights createItems,'],
    [[...SET, 'Owner', '--rights', 'createItems'], 'Give LEVEL or --rights, not both.'],
    [['mail', 'send', '--to', 'a@contoso.com,foo', '--dry-run'], '"foo" is not an e-mail address'],
    [['delegate', 'list', ''], 'empty word'],
    [['delegate', 'list', 'allan@'], 'is not an e-mail address'],
    [[...ADD, 'adele@contoso.com'], 'named more than once'],
    [['delegate', 'add', 'allan@contoso.com', 'Allan@contoso.com'], 'cannot be their own delegate'],
    [[...LIST, '--output', 'jsno'], 'Did you mean json?'],
    [[...LIST, '--timeout', 'soon'], '"soon" is not a time-out'],
    [[...LIST, '--timeout', '0'], '"0" is not a time-out'],
    [[...LIST, '--server-version', 'Exchange2003'], 'is not a server version'],
    [[...LIST, '--impersonate', 'allan'], 'is not an e-mail address'],
    [[...LIST, '--impersonate', 'sid:S-9'], 'is malformed'],
    [[...LIST, '--url', 'http://mail.contoso.com/EWS/Exchange.asmx'], 'is not encrypted'],
    [[...LIST, '--url', 'http://mail.contoso.com/EWS/Exchange.asmx'], '--allow-plain-http'],
    [[...LIST, '--url', 'mail.contoso.com'], 'is not an address'],
    [['simulate', '--port', 'high'], '"high" is not a port'],
    [['simulate', '--port', '70000'], '"70000" is not a port'],
  ])('%j', async (argv, sentence) => {
    const run = await runCli(argv, { env: SERVER })
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr.split('\n').length).toBeLessThanOrEqual(4)
  })

  it.each(['--password', '--token', '--pwd'])(
    '%s does not exist, and its value is not repeated',
    async (flag) => {
      for (const argv of [
        [...LIST, flag, 'hunter2-is-secret'],
        [...LIST, `${flag}=hunter2-is-secret`],
      ]) {
        const run = await runCli(argv)
        expect(run.code).toBe(2)
        expect(run.stderr).toContain('does not belong on a command line')
        expect(run.stderr).not.toContain('hunter2')
      }
    },
  )

  it('takes flags before the command as well', async () => {
    const run = await runCli(['--trace', '--user', 'admin', '-o', 'json', ...LIST])
    expect(run.code).toBe(2)
    expect(run.error()).toMatchObject({ message: 'No server is given.' })
  })

  it('takes a lone dash as the value of a flag', async () => {
    for (const argv of [['--mime', '-'], ['--mime=-']]) {
      const run = await runCli(['mail', 'send', ...argv, '--dry-run'], { stdin: 'Subject: x\n\ny' })
      expect(run).toMatchObject({ code: 0, stderr: '' })
    }
  })

  it('tells it as one line of JSON when JSON was asked for', async () => {
    for (const flag of [['--output', 'json'], ['--output=json'], ['-o', 'JSON']]) {
      const run = await runCli(['delegate', 'lst', ...flag])
      expect(run.stdout).toBe('')
      expect(run.stderr.trimEnd()).not.toContain('\n')
      expect(run.error()).toMatchObject({ code: 'ERR_INVALID_INPUT', exitCode: 2 })
    }
  })
})

describe('what the server answers decides the exit code', () => {
  it('3 for a refusal of the whole request, with the code', async () => {
    endpoint().reply(500, fault('ErrorImpersonateUserDenied', 'The account does not have permission.'))
    const run = await runCli([...LIST, '--output', 'json'], { env: SERVER })
    expect(run).toMatchObject({ code: 3, stdout: '' })
    expect(run.error()).toMatchObject({
      code: 'ERR_EWS_RESPONSE',
      responseCode: 'ErrorImpersonateUserDenied',
      httpStatus: 500,
      exitCode: 3,
    })
    expect(run.error().hint).toContain('ApplicationImpersonation')
  })

  it('3 for a busy server, with how long to wait', async () => {
    const busy = fault('ErrorServerBusy', 'The server is busy.').replace(
      '</detail>',
      '<t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Value Name="BackOffMilliseconds">11500</t:Value></t:MessageXml></detail>',
    )
    endpoint().reply(500, busy)
    const run = await runCli(LIST, { env: SERVER })
    expect(run.code).toBe(3)
    expect(run.stderr).toContain('The server asks to wait 12 s.')
  })

  it('5 for a sign-in that is not accepted', async () => {
    endpoint().reply(401, '', { 'www-authenticate': 'Negotiate, NTLM' })
    const run = await runCli([...LIST, '-o', 'json'], { env: SERVER })
    expect(run.code).toBe(5)
    expect(run.error()).toMatchObject({ code: 'ERR_AUTHENTICATION', httpStatus: 401 })
  })

  it('5 for EWS that is switched off, for a page that is no EWS, and for XML that breaks off', async () => {
    endpoint().reply(403, 'Forbidden')
    expect(await runCli(LIST, { env: SERVER })).toMatchObject({ code: 5 })
    endpoint().reply(200, '<html>Welcome</html>')
    expect(await runCli(LIST, { env: SERVER })).toMatchObject({ code: 5 })
    endpoint().reply(200, envelope('<m:GetDelegateResponse').slice(0, 120))
    expect(await runCli(LIST, { env: SERVER })).toMatchObject({ code: 5 })
  })

  it('5 for a server that nobody can reach, where nothing can have happened', async () => {
    endpoint().replyWithError(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
    const run = await runCli([...ADD, '-o', 'json'], { env: SERVER })
    expect(run.code).toBe(5)
    expect(run.error()).toMatchObject({ code: 'ERR_CONNECTION' })
    expect(run.error()).not.toHaveProperty('mayHaveHappened')
  })

  it('5 for a time-out, which --timeout sets', async () => {
    endpoint().delay(5000).reply(200, '')
    const run = await runCli([...LIST, '--timeout', '0.05'], { env: SERVER })
    expect(run.code).toBe(5)
    expect(run.stderr).toContain('did not answer within 0.05 s')
  })

  it('says that a change may have been made, and which command shows it', async () => {
    endpoint().replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    const run = await runCli(ADD, { env: SERVER })
    expect(run.code).toBe(5)
    expect(run.stderr).toContain('It is not known whether the change was made.')
    expect(run.stderr).toContain('ews-delegates delegate list allan@contoso.com')

    endpoint().replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    const json = await runCli([...ADD, '-o', 'json'], { env: SERVER })
    expect(json.error()).toMatchObject({
      mayHaveHappened: true,
      check: 'ews-delegates delegate list allan@contoso.com',
    })
  })

  it('names a command that leads to the same server, and no secret', async () => {
    endpoint().replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    const typed = ['--url', SERVER.EWS_URL, '--user', 'CONTOSO\\admin', '--impersonate', 'allan@contoso.com']
    const more = ['--server-version', 'Exchange2016', '--allow-plain-http', '--password-stdin', '--trace']
    const run = await runCli([...ADD, ...typed, ...more], { stdin: 'hunter2-is-secret\n' })
    expect(run.stderr.trimEnd().split('\n').at(-1)).toBe(
      "It is not known whether the change was made. See how things stand: ews-delegates delegate list allan@contoso.com --url https://mail.contoso.com/EWS/Exchange.asmx --user 'CONTOSO\\admin' --impersonate allan@contoso.com --server-version Exchange2016 --allow-plain-http",
    )
  })

  it('130 for Ctrl-C, which ends the call that is waiting', async () => {
    endpoint().delay(5000).reply(200, '')
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 50)
    const run = await runCli(LIST, { env: SERVER, signal: stop.signal })
    expect(run.code).toBe(130)
    expect(run.stderr).toContain('The call was stopped.')
  })

  it('1 for a mistake of this program, which asks to be reported', async () => {
    const broken = {
      ...SERVER,
      get EWS_USER(): string {
        throw new TypeError(`a bug with ${SERVER.EWS_PASSWORD}`)
      },
    }
    const run = await runWith(broken)
    expect(run.code).toBe(1)
    expect(run.stderr).toContain('This should not have happened. TypeError: a bug with [redacted]')
    expect(run.stderr).toContain('Please report it')
  })

  it('prints no control character that a server sent', async () => {
    endpoint().reply(500, fault('ErrorAccessDenied', 'No&#x9b;31m &#x202e;entry'))
    const run = await runCli(LIST, { env: SERVER })
    expect(run.code).toBe(3)
    expect(run.stderr).toContain('No\\u{9b}31m \\u{202e}entry')
  })

  it('traces requests and answers to stderr, without the credentials', async () => {
    endpoint().reply(500, fault('ErrorAccessDenied', 'Access is denied.'), {
      'set-cookie': 'secret-cookie=1',
    })
    const run = await runCli([...LIST, '--trace'], { env: SERVER })
    expect(run.stderr).toContain('> POST https://mail.contoso.com/EWS/Exchange.asmx')
    expect(run.stderr).toContain('> authorization: [redacted]')
    expect(run.stderr).toContain('< 500')
    expect(run.stderr).not.toContain('secret-cookie')
  })
})
