import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { graphToken, runCli, signedIn } from '../run-cli.ts'

let exchange: Simulator
beforeAll(async () => {
  exchange = await startSimulator()
})
afterAll(() => exchange.close())
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterEach(() => rm(home, { recursive: true }))

const run = (line: string, env: Record<string, string> = {}, options: object = {}) =>
  runCli(line.split(' '), { env: { HOME: home, ...env }, ...options })

describe('doctor', () => {
  test('tells each step with its finding and what to do next', async () => {
    const { code, stdout } = await run('doctor AllanD@contoso.com', {
      ...signedIn(exchange, 'AllanD@contoso.com'),
      GRAPH_URL: exchange.graph,
      GRAPH_TOKEN: await graphToken(exchange, 'AllanD@contoso.com', 'Mail.ReadWrite Mail.Send.Shared'),
    })
    expect(code).toBe(0)
    expect(stdout).toContain('ok    Whether we get in: AllanD@contoso.com is let in')
    expect(stdout).toContain('ok    Whether we may read delegates: Yes')
    expect(stdout).toContain('ok    Whether Graph answers for the mailbox: Yes')
    expect(stdout).toMatch(
      /warn {2}Whether we may impersonate: No: .*\n.*\n {6}> New-ManagementRoleAssignment/,
    )
  })

  test('gives monitoring JSON with a verdict', async () => {
    const good = await run('doctor AllanD@contoso.com -o json', signedIn(exchange, 'AllanD@contoso.com'))
    expect(good.code).toBe(0)
    expect(good.json()).toMatchObject({ ok: true })
    const bad = await run('doctor AllanD@contoso.com -o json', {
      ...signedIn(exchange, 'AllanD@contoso.com'),
      EWS_PASSWORD: 'wrong-password',
    })
    expect(bad.code).toBe(5)
    expect(bad.json()).toMatchObject({ ok: false })
    expect(bad.error()).toMatchObject({ message: expect.stringContaining('sign-in') })
    const csv = await run('doctor -o csv', { EWS_URL: exchange.ews })
    expect(csv.stdout).toMatch(/^step,status,finding,reason,next\r?\n/)
  })

  test('what one account may not do is a part that failed', async () => {
    const patti = await run('doctor AllanD@contoso.com', signedIn(exchange, 'PattiF@contoso.com'))
    expect(patti.code).toBe(4)
    expect(patti.stdout).toContain('FAIL  Whether we may read delegates: No')
  })

  test('takes server and sign-in from a profile', async () => {
    await run(`profile add here --url ${exchange.ews} --auth basic --user AllanD@contoso.com`)
    const { code, stdout } = await run('doctor --profile here AllanD@contoso.com', {
      EWS_PASSWORD: DEFAULT_PASSWORD,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('AllanD@contoso.com is let in')
  })

  test('finds the server as other commands do: asks about redirects, and remembers', async () => {
    const redirect = () =>
      nock('https://contoso.com').get('/autodiscover/autodiscover.json').query(true).reply(302, '', {
        location: 'https://mail.contoso.example/autodiscover/autodiscover.json',
      })
    redirect()
    nock('https://mail.contoso.example')
      .get('/autodiscover/autodiscover.json')
      .query(true)
      .reply(200, { Protocol: 'EWS', Url: 'https://mail.contoso.example/EWS/Exchange.asmx' })
    const proxied = { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'contoso.com,mail.contoso.example' }
    const first = await run('doctor adele@contoso.com --timeout 5', proxied, {
      columns: 300,
      stdin: 'yes\n',
      shows: ['yes'],
    })
    expect(first.stderr).toContain('points to https://mail.contoso.example. Go on there')
    expect(first.stdout).toContain('was found for adele@contoso.com.')
    const again = await run('doctor adele@contoso.com --timeout 5', proxied)
    expect(again.stdout).toMatch(/was found for adele@contoso\.com before \(found \d+ min ago\)/)
  })

  test('needs a server or a mailbox', async () => {
    expect(await run('doctor')).toMatchObject({ code: 2, stderr: expect.stringContaining('--url') })
  })

  test('a profile, a method or a file that is not there is a mistake of the command line', async () => {
    expect(await run('doctor --profile nowhere x@contoso.com')).toMatchObject({ code: 2 })
    expect(await run('doctor --auth magic x@contoso.com')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('kerberos'),
    })
    expect(await run(`doctor --url ${exchange.ews} --ca missing.pem`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not exist'),
    })
  })

  test('--insecure warns each time', async () => {
    const { stderr } = await run('doctor --insecure', { EWS_URL: exchange.ews })
    expect(stderr).toContain('the server’s certificate is not checked')
  })
})

test('finds the server of a mailbox with the same credentials, typed once', async () => {
  nock('https://contoso.com')
    .get('/autodiscover/autodiscover.json')
    .query(true)
    .reply(401, '', { 'www-authenticate': 'Basic realm="mail"' })
  nock('https://contoso.com', { reqheaders: { authorization: /^Basic / } })
    .get('/autodiscover/autodiscover.json')
    .query(true)
    .reply(200, { Protocol: 'EWS', Url: 'https://127.0.0.1:1/EWS/Exchange.asmx' })
  const { code, stdout } = await run(
    'doctor adele@contoso.com --user adele --password-stdin',
    {},
    { stdin: 'geheimnis\n' },
  )
  expect(stdout).toContain('ok    Which address EWS has: https://127.0.0.1:1/EWS/Exchange.asmx was found')
  expect(stdout).toContain('FAIL  Whether its certificate is good')
  expect(code).toBe(5)
})
