import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../run-cli.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterEach(() => rm(home, { recursive: true }))
const cli = (line: string, options: object = {}) =>
  runCli(line.split(' '), { env: { HOME: home }, cwd: home, ...options })

const EWS = 'https://mail.contoso.com/EWS/Exchange.asmx'
const answers = (host: string, url: string) =>
  nock(host).get('/autodiscover/autodiscover.json').query(true).reply(200, { Protocol: 'EWS', Url: url })
const redirects = () => {
  nock('https://contoso.com').get('/autodiscover/autodiscover.json').query(true).reply(302, '', {
    location: 'https://autodiscover-s.outlook.com/autodiscover/autodiscover.json',
  })
}
/** What is asked after the first host when that leads nowhere. */
const nothingElse = () => {
  nock('https://contoso.com').post('/autodiscover/autodiscover.svc').reply(404)
  nock('https://contoso.com').post('/autodiscover/autodiscover.xml').reply(404)
}

describe('discover', () => {
  test('prints what each step answered, and the endpoint', async () => {
    answers('https://contoso.com', EWS)
    const run = await cli('discover adele@contoso.com')
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(/json\s+https:\/\/contoso\.com\S+\s+found/)
    expect(run.stdout.trimEnd().endsWith(EWS)).toBe(true)
  })

  test('remembers it, and asks again with --refresh', async () => {
    answers('https://contoso.com', EWS)
    await cli('discover adele@contoso.com')
    const again = await cli('discover adele@contoso.com -o json')
    expect(again.json()).toMatchObject({ ewsUrl: EWS, steps: [{ method: 'cache' }] })
    answers('https://contoso.com', EWS)
    const fresh = await cli('discover adele@contoso.com -o json --refresh')
    expect(fresh.json()).toMatchObject({ ewsUrl: EWS, steps: [{ method: 'json', httpStatus: 200 }] })
  })

  test('goes on at another host only when told to', async () => {
    redirects()
    answers('https://autodiscover-s.outlook.com', 'https://outlook.office365.com/EWS/Exchange.asmx')
    expect((await cli('discover adele@contoso.com --allow-redirect -o json')).json()).toMatchObject({
      exchangeOnline: true,
    })
    redirects()
    nothingElse()
    const refused = await cli('discover adele@contoso.com --refresh -o json')
    expect(refused.code).toBe(5)
    expect(refused.error().hint).toContain('--allow-redirect')
  })

  test('asks on a terminal, and takes no for an answer', async () => {
    redirects()
    answers('https://autodiscover-s.outlook.com', 'https://outlook.office365.com/EWS/Exchange.asmx')
    const yes = await cli('discover adele@contoso.com', { columns: 300, stdin: 'yes\n', shows: ['yes'] })
    expect(yes).toMatchObject({ code: 0 })
    expect(yes.stderr).toContain('points to https://autodiscover-s.outlook.com. Go on there')
    redirects()
    nothingElse()
    expect(await cli('discover adele@contoso.com --refresh', { columns: 300, stdin: 'no\n' })).toMatchObject({
      code: 5,
    })
  })

  test('asks the Exchange Online of the cloud that is named', async () => {
    nock('https://contoso.com').get('/autodiscover/autodiscover.json').query(true).reply(404)
    nothingElse()
    answers('https://outlook.office365.us', 'https://outlook.office365.us/EWS/Exchange.asmx')
    expect((await cli('discover adele@contoso.com --cloud usgov -o json')).json()).toMatchObject({
      ewsUrl: 'https://outlook.office365.us/EWS/Exchange.asmx',
    })
  })

  test('what is no address is a mistake of the command line', async () => {
    expect(await cli('discover adele')).toMatchObject({ code: 2 })
  })
})

test('a sign-in at Microsoft is made only when Exchange Online asks for it', async () => {
  nock('https://contoso.com')
    .get('/autodiscover/autodiscover.json')
    .query(true)
    .reply(401, '', { 'www-authenticate': 'Basic realm="intranet"' })
  nock('https://contoso.com').post('/autodiscover/autodiscover.svc').reply(404)
  nock('https://contoso.com').post('/autodiscover/autodiscover.xml').reply(404)
  nock('https://outlook.office365.com')
    .get('/autodiscover/autodiscover.json')
    .query(true)
    .reply(200, { Protocol: 'EWS', Url: 'https://outlook.office365.com/EWS/Exchange.asmx' })
  // No token endpoint is there to be asked.
  const run = await cli(
    'discover adele@contoso.com --auth client-secret --tenant contoso.com --client-id 99999999-aaaa-bbbb-cccc-dddddddddddd -o json',
    { env: { HOME: home, AZURE_CLIENT_SECRET: 'secret' } },
  )
  expect(run.json()).toMatchObject({ exchangeOnline: true })
  expect(run.stdout).toContain('not shown to another host')
})
