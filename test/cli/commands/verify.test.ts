import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD } from '../../../src/simulator/index.ts'
import {
  ADELE,
  ALLAN,
  type Contoso,
  MEGAN,
  PATTI,
  PROOF_SCOPES,
  SALES,
  SUPPORT,
  startContoso,
} from '../../helpers/contoso.ts'
import { type CliOptions, graphToken, runCli, signedIn } from '../run-cli.ts'

let contoso: Contoso
let folder: string
/** Adele's token, and Allan's password for EWS. */
let env: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ews-delegates-verify-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  contoso = await startContoso()
  const { simulator } = contoso
  env = {
    ...signedIn(simulator, ALLAN),
    GRAPH_URL: simulator.graph,
    GRAPH_TOKEN: await graphToken(simulator, ADELE, PROOF_SCOPES),
  }
})
afterEach(() => contoso.simulator.close())

const cli = (argv: readonly string[], options: CliOptions = {}) =>
  runCli(argv, { env, clock: contoso.clock, cwd: folder, ...options })
const verify = (...argv: string[]) => cli(['verify', ...argv])
const json = (...argv: string[]) => cli(['verify', ...argv, '-o', 'json'])
const proofs = (run: { json: () => Record<string, unknown> }) =>
  run.json().proofs as Record<string, unknown>[]

/** The environment in which everybody signs in with the password of the embedded Exchange. */
function everybody(): Record<string, string> {
  const { GRAPH_TOKEN: _, ...rest } = env
  return { ...rest, GRAPH_TOKEN_ENDPOINT: contoso.simulator.token, GRAPH_PASSWORD: DEFAULT_PASSWORD }
}

async function appToken(): Promise<string> {
  const response = await fetch(contoso.simulator.token, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: DEFAULT_APP.id,
      client_secret: DEFAULT_APP.secret,
      scope: 'https://graph.microsoft.com/.default',
    }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

function everyMail(): string[] {
  return [ADELE, ALLAN, MEGAN, PATTI].flatMap((mailbox) =>
    ['drafts', 'sentitems', 'inbox', 'deleteditems'].flatMap((name) => contoso.subjects(mailbox, name)),
  )
}

describe('the point of the product', () => {
  it('delegate add makes it “on behalf of”, delegate remove makes it “denied”', async () => {
    const before = await verify(ALLAN, ADELE)
    expect(before.code).toBe(4)
    expect(before.stdout).toMatch(/^Found +denied \(right\)$/m)
    expect(before.stderr).toContain('ErrorSendAsDenied')
    expect(before.stderr).toContain('needs Send on Behalf')

    await cli(['delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor'])
    const granted = await verify(ALLAN, ADELE, '--expect', 'on-behalf-of')
    expect(granted).toMatchObject({ code: 0, stderr: '' })
    expect(granted.stdout).toBe(
      [
        `Delegate  ${ADELE}`,
        `Owner     ${ALLAN}`,
        'Expected  on behalf of',
        'Found     on behalf of',
        'Verdict   as expected',
        `From      Allan Deyoung <${ALLAN}>`,
        `Sender    Adele Vance <${ADELE}>`,
        'Copy in   delegate’s Sent Items, owner’s not visible',
        'Arrived   yes',
        '',
      ].join('\n'),
    )

    await cli(['delegate', 'remove', ALLAN, ADELE, '--yes'])
    const removed = await verify(ALLAN, ADELE, '--expect', 'denied')
    expect(removed).toMatchObject({ code: 0, stderr: '' })
    expect(removed.stdout).toMatch(/^Verdict +as expected$/m)
    expect(everyMail()).toEqual([])
  })

  it('a folder permission alone is denied', async () => {
    await cli(['folder-permission', 'set', ALLAN, 'calendar', ADELE, 'Owner'])
    expect(await verify(ALLAN, ADELE, '--expect', 'denied')).toMatchObject({ code: 0 })
  })

  it('Send As is “as”, and differs from the Send on Behalf that was expected', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    contoso.grant(ALLAN, ADELE, 'SendAs')
    expect(await verify(ALLAN, ADELE)).toMatchObject({ code: 0 })
    expect(await verify(ALLAN, ADELE, '--expect', 'SendAs')).toMatchObject({ code: 0 })
    const differs = await verify(ALLAN, ADELE, '--expect', 'on behalf of')
    expect(differs.code).toBe(4)
    expect(differs.stderr).toContain('Send As is granted besides')
  })

  it('--through owner needs Full Access, and leaves the copy with the owner', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const scopes = `${PROOF_SCOPES} Mail.ReadWrite.Shared`
    const own = { ...env, GRAPH_TOKEN: await graphToken(contoso.simulator, ADELE, scopes) }
    const argv = ['verify', ALLAN, ADELE, '--through', 'owner', '-o', 'json']
    const closed = await cli(argv, { env: own })
    expect(closed.code).toBe(4)
    expect(proofs(closed)).toMatchObject([{ found: 'denied', denial: { layer: 'full access' } }])
    contoso.grant(ALLAN, ADELE, 'FullAccess')
    const open = await cli(argv, { env: own })
    expect(open.code).toBe(0)
    expect(proofs(open)).toMatchObject([
      { found: 'on behalf of', sentItems: { owner: 'yes', delegate: 'no' } },
    ])
  })

  it('groups and shared mailboxes are owners like any other', async () => {
    for (const owner of [SALES, SUPPORT]) {
      contoso.grant(owner, ADELE, 'SendOnBehalf')
      expect(await verify(owner, ADELE, '--expect', 'on-behalf-of')).toMatchObject({ code: 0 })
    }
  })

  it('says that a scope is missing, not a right', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const own = {
      ...env,
      GRAPH_TOKEN: await graphToken(contoso.simulator, ADELE, 'Mail.Send Mail.ReadWrite'),
    }
    const run = await cli(['verify', ALLAN, ADELE, '--wait', '1h'], { env: own })
    expect(run.code).toBe(4)
    expect(run.stdout).toMatch(/^Found +denied \(scope\)$/m)
    expect(run.stderr).toContain('Mail.Send.Shared')
    // A scope does not come by waiting.
    expect(contoso.clock.slept).toEqual([])
  })

  it('a refusal for another reason is no proof that the right is gone, and ends with 5', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const own = {
      ...env,
      GRAPH_TOKEN: await graphToken(contoso.simulator, ADELE, 'Mail.Send Mail.ReadWrite'),
    }
    for (const more of [[], ['--through', 'owner']]) {
      const run = await cli(['verify', ALLAN, ADELE, '--expect', 'denied', ...more], { env: own })
      expect(run.code).toBe(5)
      expect(run.stdout).not.toContain('as expected')
      expect(run.stderr).toContain('something else refused the mail first (scope)')
      expect(run.stderr).toContain('Mail.Send.Shared')
    }
    expect(everyMail()).toEqual([])
  })

  it('a mail to somebody else stays with them, and that is said', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await verify(ALLAN, ADELE, '--to', MEGAN)
    expect(run.code).toBe(0)
    expect(run.stdout).toContain(`Left behind: The mail was sent to ${MEGAN}.`)
  })
})

describe('waiting for a grant to reach Graph', () => {
  beforeEach(() => {
    contoso.simulator.exchange.directory.propagationDelay = 60_000
  })

  it('goes on until it has, a line for each wait', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE])
    const run = await verify(ALLAN, ADELE, '--expect', 'on-behalf-of', '--wait', '15m')
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(/^Attempts +5 in 1 min 15 s$/m)
    expect(run.stderr.split('\n').slice(0, 2)).toEqual([
      `${ADELE} for ${ALLAN}: denied (right); trying again in 5 s, for 15 min at most.`,
      `${ADELE} for ${ALLAN}: denied (right); trying again in 10 s, for 14 min 55 s at most.`,
    ])
    expect(contoso.clock.slept).toEqual([5000, 10_000, 20_000, 40_000])
  })

  it('is one line that changes on a terminal, gone at the end', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE])
    const run = await cli(['verify', ALLAN, ADELE, '--wait', '15m'], { columns: 70 })
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('\r\u001b[K')
    expect(run.stderr.endsWith('\r\u001b[K')).toBe(true)
    expect(run.stderr).not.toContain('\n')
    for (const line of run.stderr.split('\r\u001b[K')) expect(line.length).toBeLessThan(70)
    expect(run.stdout).not.toContain('\r')
  })

  it('says nothing of it to programs', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE])
    const run = await json(ALLAN, ADELE, '--wait', '15m')
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(proofs(run)).toMatchObject([{ attempts: 5, waitedMilliseconds: 75_000 }])
  })

  it('ends at the limit with what was found then', async () => {
    const run = await verify(ALLAN, ADELE, '--expect', 'on-behalf-of', '--wait', '1m')
    expect(run.code).toBe(4)
    expect(run.stdout).toMatch(/^Attempts +5 in 1 min$/m)
  })

  it('waits for the end of a grant too', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE])
    contoso.clock.advance(120_000)
    await cli(['delegate', 'remove', ALLAN, ADELE, '--yes'])
    const run = await verify(ALLAN, ADELE, '--expect', 'denied', '--wait', '15m')
    expect(run.code).toBe(0)
    expect(everyMail()).toEqual([])
  })

  it('is ended by Ctrl-C with what is done so far, and 130', async () => {
    contoso.simulator.exchange.directory.propagationDelay = 0
    contoso.grant(SUPPORT, ADELE, 'SendAs')
    await writeFile(join(folder, 'two.csv'), `owner,delegate\n${SUPPORT},${ADELE}\n${ALLAN},${ADELE}\n`)
    const stop = new AbortController()
    const { clock } = contoso
    const run = await cli(['verify', '--grants', 'two.csv', '--wait', '1h', '-o', 'json'], {
      signal: stop.signal,
      clock: {
        now: () => clock.now(),
        sleep: async (milliseconds, signal) => {
          // By the fifth look the other proof has ended.
          if (clock.slept.length === 4) stop.abort()
          if (signal?.aborted) {
            const { ConnectionError } = await import('../../../src/errors.ts')
            throw new ConnectionError('ERR_ABORTED', 'Waiting was stopped.')
          }
          await new Promise((resolve) => setTimeout(resolve, 100))
          await clock.sleep(milliseconds)
        },
      },
    })
    expect(run.code).toBe(130)
    expect(run.error()).toMatchObject({
      code: 'ERR_ABORTED',
      message: 'Stopped: 1 of 2 grants had been proved.',
    })
    expect(proofs(run)).toMatchObject([
      { owner: SUPPORT, found: 'as', asExpected: true },
      {
        owner: ALLAN,
        // What the last attempt had found.
        found: 'denied',
        denial: { layer: 'right' },
        asExpected: null,
        error: { code: 'ERR_ABORTED' },
        leftBehind: [],
      },
    ])
    expect(everyMail()).toEqual([])
  })
})

describe('a run that is stopped', () => {
  it.each([
    ['csv', [`${ADELE},${ALLAN},,denied,,right,ERR_ABORTED,`, `${MEGAN},${SALES},,,,,ERR_ABORTED,`]],
    ['text', [`${ADELE} +${ALLAN} +on behalf of, or as +denied \\(right\\) +stopped`, 'Stopped: 0 of 6']],
  ])('tells what each proof had found until then, as %s', async (format, lines) => {
    const rows = [ADELE, MEGAN].flatMap((delegate) =>
      [ALLAN, PATTI, SALES].map((owner) => `${owner},${delegate}\n`),
    )
    await writeFile(join(folder, 'six.csv'), `owner,delegate\n${rows.join('')}`)
    const stop = new AbortController()
    const { clock } = contoso
    const { ConnectionError } = await import('../../../src/errors.ts')
    const run = await cli(['verify', '--grants', 'six.csv', '--wait', '1h', '-o', format], {
      env: { ...env, GRAPH_TOKEN: await appToken() },
      signal: stop.signal,
      clock: {
        now: () => clock.now(),
        sleep: async () => {
          stop.abort()
          throw new ConnectionError('ERR_ABORTED', 'Waiting was stopped.')
        },
      },
    })
    expect(run.code).toBe(130)
    for (const line of lines) expect(run.stdout + run.stderr).toMatch(new RegExp(line.replaceAll('.', '\\.')))
    expect(everyMail()).toEqual([])
  })
})

describe('several grants', () => {
  it('are those that EWS shows, each expected to be “on behalf of”', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE, MEGAN, PATTI, '--calendar', 'Editor'])
    contoso.revoke(ALLAN, PATTI, 'SendOnBehalf')
    contoso.grant(ALLAN, MEGAN, 'SendAs')
    const run = await cli(['verify', ALLAN], { env: everybody() })
    expect(run.code).toBe(4)
    const lines = run.stdout.split('\n')
    expect(lines[0]).toMatch(/^DELEGATE +OWNER +EXPECTED +FOUND +VERDICT +COPY IN$/)
    expect(run.stdout).toMatch(
      /^AdeleV@contoso.com +AllanD@contoso.com +on behalf of +on behalf of +as expected/m,
    )
    expect(run.stdout).toMatch(/^MeganB@contoso.com +AllanD@contoso.com +on behalf of +as +different/m)
    expect(run.stdout).toContain(`${MEGAN} for ${ALLAN}: Send As is granted besides`)
    // Patti has the flags of a delegate without Send on Behalf: the server shows that she is broken, not who she is.
    expect(run.stdout).toContain(`A delegate of ${ALLAN} cannot be proved: `)
    expect(run.stdout).toContain('(ErrorDelegateMissingConfiguration)')
    expect(run.stderr).toContain('1 of 3 grants is not as expected, and 1 of 3 could not be proved.')
  })

  it('show a delegate who cannot be proved, which is no success', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE, PATTI])
    contoso.simulator.exchange.directory.delete(contoso.recipient(PATTI))
    const run = await json(ALLAN)
    expect(run.code).toBe(4)
    expect(run.error()).toMatchObject({ code: 'ERR_PARTIAL', message: '1 of 2 could not be proved.' })
    expect(run.json()).toMatchObject({
      proofs: [{ delegate: ADELE, asExpected: true }],
      skipped: [{ owner: ALLAN, code: 'ErrorDelegateNoUser' }],
    })
    expect((await verify(ALLAN)).stdout).toContain(`A delegate of ${ALLAN} cannot be proved: `)
    const [heading, , skipped] = (await cli(['verify', ALLAN, '-o', 'csv'])).stdout.split('\r\n')
    expect(skipped).toMatch(new RegExp(`^,${ALLAN},,,,,ErrorDelegateNoUser,`))
    expect(skipped?.split(',').length).toBe(heading?.split(',').length)
  })

  it('are nothing to be content with when EWS shows none', async () => {
    const run = await verify(ALLAN)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('shows no delegates')
    expect(run.stderr).toContain('--expect denied')
  })

  it.each([
    [
      'grants.csv',
      `\ufeffOwner;Delegate;Expected;#why\r\n${ALLAN};${ADELE};on behalf of;x\r\n${PATTI};${ADELE};denied;\r\n\r\n"${SUPPORT}";${MEGAN};as;"x;y"\r\n`,
    ],
    [
      'grants.jsonl',
      [
        { owner: ALLAN, delegate: ADELE, expected: 'SendOnBehalf' },
        { owner: PATTI, delegate: ADELE, expected: 'denied' },
        { owner: SUPPORT, delegate: MEGAN, expected: 'as' },
      ]
        .map((each) => `${JSON.stringify(each)}\n`)
        .join(''),
    ],
  ])('come from a file (%s), for an application too', async (name, text) => {
    await writeFile(join(folder, name), text)
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    contoso.grant(SUPPORT, MEGAN, 'SendAs')
    for (const own of [everybody(), { ...env, GRAPH_TOKEN: await appToken() }]) {
      const run = await cli(['verify', '--grants', name, '-o', 'json'], { env: own })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(proofs(run)).toMatchObject([
        { owner: ALLAN, delegate: ADELE, found: 'on behalf of', asExpected: true },
        { owner: PATTI, delegate: ADELE, found: 'denied', asExpected: true },
        { owner: SUPPORT, delegate: MEGAN, found: 'as', asExpected: true },
      ])
    }
    expect(everyMail()).toEqual([])
  })

  it('come from standard input, and are a table as CSV', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await cli(['verify', '--grants', '-', '--expect', 'on-behalf-of', '-o', 'csv'], {
      stdin: `owner,delegate\n${ALLAN},${ADELE}\n${PATTI},${ADELE}\n`,
      shows: [`owner,delegate\n${ALLAN},${ADELE}\n${PATTI},${ADELE}`],
    })
    expect(run.code).toBe(4)
    const [heading, first, second] = run.stdout.split('\r\n')
    expect(heading).toMatch(/^delegate,owner,expected,found,asExpected,layer,code,message,from,sender,/)
    expect(first).toBe(
      `${ADELE},${ALLAN},on behalf of,on behalf of,true,,,,${ALLAN},${ADELE},yes,unknown,yes,1,0,,`,
    )
    expect(second).toMatch(`${ADELE},${PATTI},on behalf of,denied,false,right,ErrorSendAsDenied,`)
  })

  it('name every mistake of their file with its line, and send nothing', async () => {
    await writeFile(
      join(folder, 'bad.csv'),
      `owner,delegate,expected\n${ALLAN},adele,as\n${ALLAN},${ADELE},maybe\n${ADELE},${ADELE},\n${ALLAN},${ADELE},as\n${ALLAN},${ADELE.toLowerCase()},denied\n,${ADELE},\n`,
    )
    const run = await verify('--grants', 'bad.csv')
    expect(run).toMatchObject({ code: 2, stdout: '' })
    for (const at of ['2:20', '3:39', '4:1', '6:1', '7:1']) expect(run.stderr).toContain(`\nbad.csv:${at} `)
    expect(run.stderr).not.toContain('\\u{a}')
    await writeFile(join(folder, 'bad.jsonl'), `{"owner":"${ALLAN}","delegate":7}\n\n[]\n{"onwer":"x"}\n`)
    const lines = (await verify('--grants', 'bad.jsonl')).stderr
    expect(lines).toContain('bad.jsonl:1:1 The delegate is not a text.')
    expect(lines).toContain('bad.jsonl:3:1 The line is no JSON object')
    expect(lines).toContain('bad.jsonl:4:1 "onwer" is not a column. Did you mean owner?')
    expect(contoso.simulator.requests.entries().filter(({ path }) => path.includes('/me'))).toEqual([])
  })

  it.each([
    ['', 'There is no grant to prove'],
    ['owner,delegate\n', 'There is no grant to prove'],
    ['owner,delgate\n', 'Did you mean delegate?'],
    ['delegate\na@b.c\n', 'The column owner is missing'],
    ['owner,delegate,owner\n', 'The column owner is there twice'],
    ['[{"owner":"a@b.c"}]', 'The line is no JSON object'],
    [`owner,delegate\n${ALLAN},${ADELE},as\n`, 'The row has 3 fields, the header 2'],
  ])('are not read from %j', async (text, sentence) => {
    await writeFile(join(folder, 'odd.csv'), text)
    const run = await verify('--grants', 'odd.csv')
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(sentence)
  })

  it('go on when one of them cannot be proved', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await cli(['verify', '--grants', '-', '-o', 'json'], {
      env: everybody(),
      stdin: `owner,delegate\n${ALLAN},nobody@contoso.com\n${ALLAN},${ADELE}\n`,
      shows: [`owner,delegate\n${ALLAN},nobody@contoso.com\n${ALLAN},${ADELE}`],
    })
    expect(run.code).toBe(4)
    expect(run.error()).toMatchObject({ code: 'ERR_PARTIAL', message: '1 of 2 could not be proved.' })
    expect(proofs(run)).toMatchObject([
      { found: null, error: { code: 'ERR_AUTHENTICATION' } },
      { found: 'on behalf of', error: null },
    ])
  })

  it('end with the code of the failure when none could be looked at', async () => {
    const run = await cli(['verify', ALLAN, ADELE, MEGAN], {
      env: { ...everybody(), GRAPH_PASSWORD: 'wrong-password' },
    })
    expect(run.code).toBe(5)
    expect(run.stdout).toMatch(/not proved/)
    expect(run.stderr).toContain('User name or password are wrong')
    // A wrong password is tried once for each, so that it locks no account.
    const asked = contoso.simulator.requests.entries().filter(({ path }) => path.endsWith('/token'))
    expect(asked.filter(({ status }) => status === 400)).toHaveLength(2)
  })
})

describe('who signs in', () => {
  it('is refused before anything is sent when one person’s token would serve several', async () => {
    const run = await verify(ALLAN, ADELE, MEGAN)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('one person’s')
    expect(run.stderr).toContain('application')
  })

  it('may be somebody else only by mistake, which is found before anything is sent', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await verify(ALLAN, MEGAN)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(`The token is ${ADELE}’s`)
    expect(everyMail()).toEqual([])
  })

  it('is an application through the delegate’s mailbox and no other', async () => {
    const app = { ...env, GRAPH_TOKEN: await appToken() }
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await cli(['verify', ALLAN, ADELE, '-o', 'json'], { env: app })
    expect(proofs(run)).toMatchObject([
      { found: 'on behalf of', sentItems: { delegate: 'yes', owner: 'no' } },
    ])
    for (const [through, sentence] of [
      ['me', 'no mailbox of its own'],
      ['owner', 'proves nothing'],
    ] as const) {
      const refused = await cli(['verify', ALLAN, ADELE, '--through', through], { env: app })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain(sentence)
    }
  })

  it('takes the delegates’ password from standard input or a prompt, where it does not show', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const { GRAPH_PASSWORD: _, ...without } = everybody()
    const asked = { ...without, EWS_PASSWORD: '' }
    const piped = await cli(['verify', ALLAN, ADELE, '--password-stdin'], {
      env: asked,
      stdin: `${DEFAULT_PASSWORD}\n`,
    })
    expect(piped.code).toBe(0)
    const typed = await cli(['verify', ALLAN, ADELE], {
      env: asked,
      stdin: `${DEFAULT_PASSWORD}\r`,
      columns: 100,
    })
    expect(typed.code).toBe(0)
    expect(typed.stderr).toContain('Password of the delegates at 127.0.0.1')
  })

  it('renews a token that ends while it waits', async () => {
    contoso.simulator.exchange.directory.propagationDelay = 2 * 3_600_000
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await cli(['verify', ALLAN, ADELE, '--wait', '3h'], { env: everybody() })
    expect(run.code).toBe(0)
  })

  it('shows no secret in a trace', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const run = await cli(['verify', ALLAN, ADELE, '--trace'], { env: everybody() })
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('grant_type=password')
    expect(run.stderr).toContain('password=[redacted]')
    expect(run.stderr).toContain('"access_token":"[redacted]"')
    expect(run.stderr).not.toMatch(/eyJ[\w-]{8}/)
  })

  it('ends with 5 for a token that Graph does not take, and for an endpoint that is none', async () => {
    const token = await cli(['verify', ALLAN, ADELE], { env: { ...env, GRAPH_TOKEN: 'not-a-token' } })
    expect(token.code).toBe(5)
    nock('https://login.contoso.test').post('/token').reply(200, '<html>Welcome</html>')
    const page = await cli(['verify', ALLAN, ADELE], {
      env: { ...everybody(), GRAPH_TOKEN_ENDPOINT: 'https://login.contoso.test/token' },
    })
    expect(page.code).toBe(5)
    expect(page.stderr).toContain('with something that is no token')
  })

  it('asks the endpoint of a national cloud for that cloud’s Graph', async () => {
    let form = new URLSearchParams()
    nock('https://login.microsoftonline.us')
      .post('/contoso.us/oauth2/v2.0/token', (body) => {
        form = new URLSearchParams(body as Record<string, string>)
        return true
      })
      .reply(400, {
        error: 'invalid_grant',
        error_description: 'AADSTS50076: wrong hunter2-secret.\r\nTrace ID: 1',
      })
    const run = await runCli(
      [
        'verify',
        ALLAN,
        ADELE,
        '--cloud',
        'GCC High',
        '--token-endpoint',
        'https://login.microsoftonline.us/contoso.us/oauth2/v2.0/token',
        '--client-id',
        'app-1',
      ],
      { env: { GRAPH_PASSWORD: 'hunter2-secret' } },
    )
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'password',
      client_id: 'app-1',
      username: ADELE,
      password: 'hunter2-secret',
      scope: 'https://graph.microsoft.us/.default',
    })
    expect(run.code).toBe(5)
    expect(run.stderr).toContain('Multi-factor authentication')
    expect(run.stderr).not.toContain('Trace ID')
  })
})

describe('looking before sending', () => {
  it('shows the mails with --dry-run, and needs no token for that', async () => {
    const dry = await runCli(['verify', ALLAN, ADELE, '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(dry.stdout)).toMatchObject({
      subject: `Proof of sending for ${ALLAN} [{marker}]`,
      from: { emailAddress: { address: ALLAN } },
      toRecipients: [{ emailAddress: { address: ADELE } }],
    })
    const requests = await runCli([
      'verify',
      ALLAN,
      ADELE,
      '--through',
      'owner',
      '--to',
      MEGAN,
      '--dry-run',
      '-o',
      'json',
    ])
    expect(requests.json()).toMatchObject({
      requests: [
        { operation: 'createMessage', url: `https://graph.microsoft.com/v1.0/users/${ALLAN}/messages` },
        { operation: 'send', url: `https://graph.microsoft.com/v1.0/users/${ALLAN}/messages/{id}/send` },
      ],
    })
  })

  it('reads the delegates with --dry-run, and sends no mail', async () => {
    await cli(['delegate', 'add', ALLAN, ADELE, MEGAN])
    const dry = await json(ALLAN, '--dry-run')
    expect((dry.json().requests as unknown[]).length).toBe(4)
    expect(everyMail()).toEqual([])
  })
})

describe('mistakes end with 2 before anything is sent', () => {
  it.each([
    [['verify'], 'verify needs OWNER'],
    [['verify', '--grants', 'x.csv', ALLAN], 'one word too many'],
    [['verify', '--grants', 'none.csv'], '"none.csv" does not exist'],
    [['verify', '--grants', '.'], 'is a folder'],
    [['verify', '--grants', '-', '--token-stdin'], 'both to come from standard input'],
    [['verify', 'allan', ADELE], 'is not an e-mail address'],
    [['verify', ALLAN, 'adele'], 'is not an e-mail address'],
    [['verify', ALLAN, ALLAN], 'needs no grant'],
    [['verify', ALLAN, ADELE, ADELE.toUpperCase()], 'named more than once'],
    [['verify', ALLAN, ADELE, '--to', 'megan'], 'is not an e-mail address'],
    [['verify', ALLAN, ADELE, '--expect', 'denyed'], 'Did you mean denied?'],
    [['verify', ALLAN, ADELE, '--wait', '15'], '"15" is not a time for --wait'],
    [['verify', ALLAN, ADELE, '--wait', '2d'], 'Write --wait 15m'],
    [['verify', ALLAN, ADELE, '--settle', '25h'], 'a day at most'],
    [['verify', ALLAN, ADELE, '--through', 'allan'], 'It is one of me, delegate, owner'],
    [['verify', ALLAN, ADELE, '--cloud', 'mars'], 'is not the name of a cloud'],
    [
      ['verify', ALLAN, ADELE, '--cloud', 'dod', '--graph-url', 'https://x.y'],
      'Both --cloud and --graph-url',
    ],
    [['verify', ALLAN, ADELE, '--graph-version', 'v2'], 'is not a version of Graph'],
    [['verify', ALLAN, ADELE, '--client-id', 'x'], 'goes together with --token-endpoint'],
    [['verify', ALLAN, ADELE, '--token-endpoint', 'http://x.y/token'], 'is not encrypted'],
    [
      ['verify', ALLAN, ADELE, '--token-endpoint', 'https://x.y/token'],
      'There is no password for the delegates',
    ],
    [['verify', ALLAN, ADELE, '--token-endpoint', 'https://x.y', '--token-stdin'], 'are both given'],
    [['verify', ALLAN, ADELE], 'There is no access token for Graph'],
    [['verify', ALLAN], 'No server is given'],
  ])('%j', async (argv, sentence) => {
    const run = await runCli(argv, { cwd: folder })
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
  })

  it('GRAPH_TOKEN and GRAPH_TOKEN_ENDPOINT together are unclear', async () => {
    const run = await cli(['verify', ALLAN, ADELE], {
      env: { ...env, GRAPH_TOKEN_ENDPOINT: contoso.simulator.token },
    })
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('both set')
  })
})
