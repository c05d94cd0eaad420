import nock from 'nock'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../helpers/manual-clock.ts'
import { type CliOptions, runCli } from './run-cli.ts'

const HOST = 'https://mail.contoso.com'
const URL_FLAG = ['--url', `${HOST}/EWS/Exchange.asmx`]
const LIST = ['delegate', 'list', 'allan@contoso.com']
const ANSWER = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:GetDelegateResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:GetDelegateResponse></s:Body></s:Envelope>`

const basicHeader = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** Runs `delegate list` and tells what the server was sent. */
async function sent(argv: readonly string[], options: CliOptions = {}) {
  let headers: Record<string, string> = {}
  let body = ''
  const scope = nock(HOST)
    .post('/EWS/Exchange.asmx')
    .reply(function (_uri, requestBody) {
      headers = this.req.headers as unknown as Record<string, string>
      body = String(requestBody)
      return [200, ANSWER]
    })
  const run = await runCli([...LIST, ...argv], options)
  const done = scope.isDone()
  if (!done) nock.cleanAll()
  return { run, headers, body, done }
}

describe('the server', () => {
  it('comes from --url, else from EWS_URL; the flag wins', async () => {
    const env = {
      EWS_URL: 'https://elsewhere.contoso.com/EWS/Exchange.asmx',
      EWS_USER: 'a',
      EWS_PASSWORD: 'secret-1',
    }
    expect((await sent(URL_FLAG, { env })).done).toBe(true)
    expect((await sent([], { env: { ...env, EWS_URL: `${HOST}/EWS/Exchange.asmx` } })).done).toBe(true)
  })

  it('is never the embedded Exchange when none is given: the error says how to give one', async () => {
    for (const env of [{}, { EWS_URL: '  ' }]) {
      const run = await runCli(LIST, { env })
      expect(run.code).toBe(2)
      expect(run.stderr).toContain('No server is given.')
      expect(run.stderr).toContain('--url')
      expect(run.stderr).toContain('EWS_URL')
    }
  })

  it('is sent no credentials over plain http unless that is allowed by name', async () => {
    const env = { EWS_USER: 'a', EWS_PASSWORD: 'secret-1' }
    const plain = ['--url', 'http://mail.contoso.com/EWS/Exchange.asmx']
    expect(await runCli([...LIST, ...plain], { env })).toMatchObject({ code: 2 })
    nock('http://mail.contoso.com').post('/EWS/Exchange.asmx').reply(200, ANSWER)
    expect(await runCli([...LIST, ...plain, '--allow-plain-http'], { env })).toMatchObject({ code: 0 })
  })
})

describe('the sign-in', () => {
  it('is user and password from the environment, blanks of the password kept', async () => {
    const { headers } = await sent(URL_FLAG, {
      env: { EWS_USER: 'CONTOSO\\admin', EWS_PASSWORD: ' secret 1 ' },
    })
    expect(headers.authorization).toBe(basicHeader('CONTOSO\\admin', ' secret 1 '))
  })

  it('is the first line of standard input with --password-stdin', async () => {
    for (const stdin of ['from-stdin\n', 'from-stdin\r\nmore\r\n', '\ufefffrom-stdin']) {
      const { headers } = await sent([...URL_FLAG, '--user', 'admin', '--password-stdin'], {
        env: { EWS_PASSWORD: 'not this one' },
        stdin,
      })
      expect(headers.authorization).toBe(basicHeader('admin', 'from-stdin'))
    }
  })

  it('is typed on a terminal, where it does not show', async () => {
    const { run, headers } = await sent([...URL_FLAG, '--user', 'admin'], {
      stdin: 'typed-secret\r',
      columns: 80,
    })
    expect(headers.authorization).toBe(basicHeader('admin', 'typed-secret'))
    expect(run.stderr).toContain('Password of admin at mail.contoso.com: ')
    expect(run.stderr).not.toContain('typed')
    expect(run.code).toBe(0)
  })

  it('is stopped by Ctrl-C at the prompt, with nothing sent', async () => {
    const run = await runCli([...LIST, ...URL_FLAG, '--user', 'admin'], { stdin: 'ab\u0003', columns: 80 })
    expect(run.code).toBe(130)
  })

  it('is a token from EWS_TOKEN or standard input', async () => {
    const token = 'eyJhbGciOi.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
    const environment = await sent(URL_FLAG, { env: { EWS_TOKEN: token, EWS_USER: 'ignored' } })
    expect(environment.headers.authorization).toBe(`Bearer ${token}`)
    const input = await sent([...URL_FLAG, '--token-stdin'], { stdin: `${token}\n` })
    expect(input.headers.authorization).toBe(`Bearer ${token}`)
  })

  it('follows the flag where the environment has both', async () => {
    const env = { EWS_TOKEN: 'token-token-token', EWS_USER: 'admin', EWS_PASSWORD: 'secret-1' }
    const { headers } = await sent([...URL_FLAG, '--user', 'allan'], { env })
    expect(headers.authorization).toBe(basicHeader('allan', 'secret-1'))
    const unclear = await runCli([...LIST, ...URL_FLAG], { env })
    expect(unclear.code).toBe(2)
    expect(unclear.stderr).toContain('EWS_TOKEN and EWS_PASSWORD are both set')
  })

  it.each([
    [[], {}, 'Nobody is named to sign in'],
    [['--user', 'admin'], {}, 'There is no password for admin'],
    [['--user', 'admin', '--password-stdin'], {}, 'Standard input holds no password'],
    [['--token-stdin', '--user', 'admin'], {}, 'Both a token and a user'],
    [['--token-stdin', '--password-stdin'], {}, 'Both a token and a user'],
    [['--user', 'a:b'], { EWS_PASSWORD: 'secret-1' }, 'cannot hold a colon'],
    [[], { EWS_TOKEN: 'Bearer secret-token' }, 'without “Bearer”'],
  ])('%j with %j is refused before anything is sent', async (argv, env, sentence) => {
    const run = await runCli([...LIST, ...URL_FLAG, ...argv], { env })
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(sentence)
  })

  it('is not asked for when the command is wrong anyway', async () => {
    const run = await runCli(
      ['delegate', 'add', 'allan@contoso.com', 'adele@', ...URL_FLAG, '--user', 'admin'],
      {
        columns: 80,
      },
    )
    expect(run.code).toBe(2)
    expect(run.stderr).not.toContain('Password')
  })
})

describe('impersonation', () => {
  it.each([
    ['allan@contoso.com', '<t:SmtpAddress>allan@contoso.com</t:SmtpAddress>'],
    ['smtp:allan@contoso.com', '<t:SmtpAddress>allan@contoso.com</t:SmtpAddress>'],
    ['primary:allan@contoso.com', '<t:PrimarySmtpAddress>allan@contoso.com</t:PrimarySmtpAddress>'],
    ['UPN:allan@contoso.com', '<t:PrincipalName>allan@contoso.com</t:PrincipalName>'],
    ['sid:S-1-5-21-1-2-3-1118', '<t:SID>S-1-5-21-1-2-3-1118</t:SID>'],
    ['S-1-5-21-1-2-3-1118', '<t:SID>S-1-5-21-1-2-3-1118</t:SID>'],
  ])('%s is sent as %s', async (text, element) => {
    const { body } = await sent([...URL_FLAG, '--impersonate', text], {
      env: { EWS_USER: 'a', EWS_PASSWORD: 'secret-1' },
    })
    expect(body).toContain(`<t:ConnectingSID>${element}</t:ConnectingSID>`)
  })
})

describe('the request', () => {
  it('carries the server version in Microsoft’s spelling, and says which program it is', async () => {
    const { body, headers } = await sent([...URL_FLAG, '--server-version', 'exchange2010_sp2'], {
      env: { EWS_USER: 'a', EWS_PASSWORD: 'secret-1' },
    })
    expect(body).toContain('Version="Exchange2010_SP2"')
    expect(headers['user-agent']).toMatch(/^ews-delegates\/\d/)
  })
})

describe('a busy server', () => {
  const BUSY = ANSWER.replace('ResponseClass="Success"', 'ResponseClass="Error"').replace(
    '<m:ResponseCode>NoError</m:ResponseCode>',
    '<m:MessageText>The server cannot service this request right now. Try again later.</m:MessageText><m:ResponseCode>ErrorServerBusy</m:ResponseCode><m:MessageXml><t:Value xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" Name="BackOffMilliseconds">30000</t:Value></m:MessageXml>',
  )
  const signedIn = { EWS_USER: 'a', EWS_PASSWORD: 'secret-1' }
  /** Runs `delegate list` against a server that is busy a number of times. */
  async function busy(times: number, argv: readonly string[], env: Record<string, string | undefined> = {}) {
    const clock = manualClock()
    nock(HOST).post('/EWS/Exchange.asmx').times(times).reply(200, BUSY)
    nock(HOST).post('/EWS/Exchange.asmx').reply(200, ANSWER)
    const run = await runCli([...LIST, ...URL_FLAG, ...argv], {
      env: { ...signedIn, EWS_MAX_WAIT: undefined, ...env },
      clock,
    })
    nock.cleanAll()
    return { run, slept: clock.slept }
  }

  it('is waited for as long as it asks, and people are told', async () => {
    const { run, slept } = await busy(2, [])
    expect(run.code).toBe(0)
    expect(slept).toEqual([30_000, 30_000])
    const told =
      'The server cannot service this request right now. Try again later (ErrorServerBusy). Waiting 30 s.'
    expect(run.stderr.split('\n').slice(0, 2)).toEqual([told, told])
  })

  it('is not waited for by the minute unasked', async () => {
    const { run, slept } = await busy(50, [])
    expect(run.code).toBe(3)
    expect(slept.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(300_000)
  })

  it('is not talked about in JSON', async () => {
    const { run } = await busy(1, ['-o', 'json'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('is waited for no longer than --max-wait, else EWS_MAX_WAIT, and not at all with --no-wait', async () => {
    expect((await busy(2, ['--max-wait', '45s'])).slept).toEqual([30_000])
    expect((await busy(2, [], { EWS_MAX_WAIT: '45s' })).slept).toEqual([30_000])
    for (const argv of [['--no-wait'], ['--max-wait', '0']]) {
      const { run, slept } = await busy(1, argv, { EWS_MAX_WAIT: '45s' })
      expect(run.code).toBe(3)
      expect(slept).toEqual([])
    }
    const bad = await busy(0, ['--max-wait', 'long'])
    expect(bad.run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not a time for --max-wait'),
    })
    const both = await busy(0, ['--max-wait', '45s', '--no-wait'])
    expect(both.run).toMatchObject({ code: 2, stderr: expect.stringContaining('both given') })
  })
})

describe('a server that is found by an address', () => {
  const ADDRESS = 'allan@contoso.com'
  const found = (url: string, status = 200) =>
    nock('https://contoso.com')
      .get('/autodiscover/autodiscover.json')
      .query(true)
      .reply(status, { Protocol: 'EWS', Url: url })

  it.each([
    ['a password', ['--user', 'allan', '--password-stdin'], 'secret-1', basicHeader('allan', 'secret-1')],
    ['a token', ['--token-stdin'], 'opaque-token-1', 'Bearer opaque-token-1'],
  ])('takes %s of standard input, which is there once', async (_, argv, stdin, header) => {
    found(`${HOST}/EWS/Exchange.asmx`)
    const { run, headers } = await sent(argv, { env: { EWS_ADDRESS: ADDRESS }, stdin: `${stdin}\n` })
    expect(run.code).toBe(0)
    expect(headers.authorization).toBe(header)
  })

  it('asks a person for the password once', async () => {
    found(`${HOST}/EWS/Exchange.asmx`)
    const { run, headers } = await sent(['--user', 'allan'], {
      env: { EWS_ADDRESS: ADDRESS },
      stdin: 'secret-1\n',
      columns: 200,
    })
    expect(run.code).toBe(0)
    expect(headers.authorization).toBe(basicHeader('allan', 'secret-1'))
    expect(run.stderr.match(/Password of/g)).toHaveLength(1)
  })

  it.each(['basic', 'ntlm'])('gets no password (%s) when it is Exchange Online’s', async (auth) => {
    found('https://outlook.office365.com/EWS/Exchange.asmx')
    const env = { EWS_ADDRESS: ADDRESS, EWS_USER: 'CONTOSO\\svc', EWS_PASSWORD: 'secret-1' }
    const run = await runCli([...LIST, ...(auth === 'basic' ? [] : ['--auth', auth])], { env })
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('is not shown to Exchange Online')
    expect(run.stderr).toContain('--url')
  })
})
