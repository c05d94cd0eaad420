import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN } from '../../helpers/contoso.ts'
import { graphToken, runCli, signedIn } from '../run-cli.ts'

const LUNCH = [
  'mail',
  'send',
  '--from',
  ALLAN,
  '--to',
  MEGAN,
  '--subject',
  'Lunch?',
  '--body',
  'New cafeteria.',
]

const EML = `From: ${ALLAN}\r\nTo: ${MEGAN}\r\nSubject: Whole\r\n\r\nNew cafeteria.\r\n`
let files: string
beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'ews-delegates-mail-'))
  await writeFile(join(files, 'body.html'), '<p>Grüße</p>')
  await writeFile(join(files, 'minutes.txt'), 'Minutes')
  await writeFile(join(files, 'logo.png'), 'PNG')
  await writeFile(join(files, 'latin1.txt'), Buffer.from([0x47, 0x72, 0xfc]))
  await writeFile(join(files, 'large.bin'), Buffer.alloc(3_200_000, 7))
  await writeFile(join(files, 'huge.bin'), '')
  await truncate(join(files, 'huge.bin'), 150_000_001)
  await writeFile(join(files, 'lunch.eml'), EML)
  await writeFile(join(files, 'lunch.b64'), Buffer.from(EML).toString('base64'))
  await writeFile(join(files, 'broken.b64'), '!!!not base64!!!')
})
afterAll(() => rm(files, { recursive: true }))

describe('mail send on the embedded Exchange', () => {
  let simulator: Simulator
  let env: Record<string, string>
  const folder = (address: string, name: string) => {
    const recipient = simulator.exchange.directory.find(address)
    const mailbox = recipient && simulator.exchange.mailboxOf(recipient)
    return mailbox?.distinguished(name)?.items() ?? []
  }

  beforeEach(async () => {
    simulator = await startSimulator()
    const token = await graphToken(simulator, ADELE, 'Mail.Send Mail.Send.Shared')
    env = { GRAPH_URL: simulator.graph, GRAPH_TOKEN: token }
  })
  afterEach(() => simulator.close())

  it('is refused without the right (3), and accepted once delegate add has given it', async () => {
    const before = await runCli([...LUNCH, '-o', 'json'], { env })
    expect(before.code).toBe(3)
    expect(before.error()).toMatchObject({ responseCode: 'ErrorSendAsDenied', httpStatus: 403 })

    await runCli(['delegate', 'add', ALLAN, ADELE, '--calendar', 'Editor'], {
      env: signedIn(simulator, ALLAN),
    })
    const after = await runCli(LUNCH, { env })
    expect(after).toMatchObject({ code: 0, stdout: 'Accepted for sending.\n', stderr: '' })
    expect(folder(MEGAN, 'inbox')).toMatchObject([
      { subject: 'Lunch?', from: { address: ALLAN }, sender: { address: ADELE } },
    ])
  })

  it('takes recipients with commas and repeated, copies, HTML and --no-save', async () => {
    const sent = await runCli(
      [
        'mail',
        'send',
        '--to',
        `${MEGAN}, ${ALLAN}`,
        '--to',
        `"Fernandez, Patti" <PattiF@contoso.com>`,
        '--cc',
        'AlexW@contoso.com',
        '--reply-to',
        ALLAN,
        '--subject',
        'x',
        '--body',
        '<b>y</b>',
        '--html',
        '--no-save',
        '-o',
        'json',
      ],
      { env },
    )
    expect(sent.code).toBe(0)
    expect(sent.json()).toMatchObject({ accepted: true })
    const [message] = folder('PattiF@contoso.com', 'inbox')
    expect(message).toMatchObject({
      body: { contentType: 'html' },
      to: [{ address: MEGAN }, { address: ALLAN }, { address: 'PattiF@contoso.com' }],
      cc: [{ address: 'AlexW@contoso.com' }],
      replyTo: [{ address: ALLAN }],
    })
    expect(folder(ADELE, 'sentitems')).toEqual([])
  })

  it('takes the token from standard input', async () => {
    const { GRAPH_TOKEN, GRAPH_URL } = env
    const sent = await runCli(
      ['mail', 'send', '--to', MEGAN, '--graph-url', GRAPH_URL ?? '', '--token-stdin'],
      {
        stdin: `${GRAPH_TOKEN}\n`,
      },
    )
    expect(sent.code).toBe(0)
  })

  describe('with drafts and files', () => {
    const send = (...argv: string[]) => runCli(['mail', 'send', ...argv], { env, cwd: files })
    beforeEach(async () => {
      env.GRAPH_TOKEN = await graphToken(simulator, ADELE, 'Mail.Send Mail.Send.Shared Mail.ReadWrite')
    })

    it('takes the body, attachments and pictures from files, and headers, importance and a due day', async () => {
      const argv = [
        '--body-file',
        'body.html',
        '--html',
        '--attach',
        'minutes.txt',
        '--inline',
        'logo=logo.png',
      ]
      const more = ['--header', 'x-project: Lunch: two', '--importance', 'High', '--due', '2026-12-24']
      expect(await send('--to', MEGAN, '--subject', 'x', ...argv, ...more)).toMatchObject({
        code: 0,
        stderr: '',
      })
      expect(folder(MEGAN, 'inbox')).toMatchObject([
        {
          body: { contentType: 'html', content: expect.stringContaining('Grüße') },
          importance: 'high',
          headers: expect.arrayContaining([{ name: 'x-project', value: 'Lunch: two' }]),
          attachments: [{ name: 'minutes.txt' }, { name: 'logo.png', contentId: 'logo', isInline: true }],
        },
      ])
      expect(folder(ADELE, 'sentitems')).toMatchObject([{ flag: { status: 'flagged' } }])
      const request = simulator.requests.entries().at(-1)
      expect(JSON.parse(request?.requestBody ?? '')).toMatchObject({
        message: { flag: { dueDateTime: { dateTime: '2026-12-24T00:00:00', timeZone: 'UTC' } } },
      })
    })

    it('uploads what is above 3 MB to a draft by itself', async () => {
      const run = await send(
        '--to',
        MEGAN,
        '--subject',
        'x',
        '--attach',
        'large.bin',
        '--attach',
        'minutes.txt',
      )
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(run.stdout).toMatch(/^Accepted for sending\.\nIts id is \S+\n$/)
      const [received] = folder(MEGAN, 'inbox')
      expect(received?.attachments.map(({ name }) => name)).toEqual(['large.bin', 'minutes.txt'])
      expect(folder(ADELE, 'drafts')).toEqual([])
    })

    it('goes by way of a draft with --draft, and is left there with --draft-only', async () => {
      const sent = await send('--to', MEGAN, '--subject', 'By draft', '--draft', '-o', 'json')
      expect(sent.json()).toMatchObject({ accepted: true, id: expect.stringMatching(/^\S+$/) })
      expect(folder(MEGAN, 'inbox')).toMatchObject([{ subject: 'By draft' }])
      const kept = await send('--subject', 'Not yet', '--draft-only', '-o', 'json')
      expect(kept.json()).toMatchObject({ accepted: false, requestId: null, id: expect.any(String) })
      expect(folder(ADELE, 'drafts')).toMatchObject([{ subject: 'Not yet' }])
      expect((await send('--subject', 'Nor this', '--draft-only')).stdout).toContain('nothing was sent')
    })

    it('leaves no draft behind that is refused', async () => {
      expect(await send('--from', ALLAN, '--to', MEGAN, '--draft')).toMatchObject({ code: 3 })
      expect(folder(ADELE, 'drafts')).toEqual([])
    })

    it.each(['lunch.eml', 'lunch.b64'])('sends a whole message from %s', async (name) => {
      simulator.exchange.directory.grant(
        simulator.exchange.directory.find(ALLAN) as never,
        simulator.exchange.directory.find(ADELE) as never,
        'SendAs',
      )
      expect(await send('--mime', name)).toMatchObject({ code: 0, stdout: 'Accepted for sending.\n' })
      expect(folder(MEGAN, 'inbox')).toMatchObject([{ subject: 'Whole', sender: { address: ALLAN } }])
    })

    it('sends a whole message from standard input', async () => {
      const own = EML.replace(ALLAN, ADELE)
      const run = await runCli(['mail', 'send', '--mime', '-'], { env, stdin: own })
      expect(run.code).toBe(0)
      expect(folder(MEGAN, 'inbox')).toMatchObject([{ subject: 'Whole' }])
    })

    it('passes broken base64 on, and shows what the service says of it', async () => {
      const run = await send('--mime', 'broken.b64', '-o', 'json')
      expect(run.code).toBe(3)
      expect(run.error()).toMatchObject({ responseCode: 'ErrorMimeContentInvalidBase64String' })
    })

    it('mentions people in beta, and refuses to in v1.0', async () => {
      const argv = ['--to', MEGAN, '--mention', MEGAN]
      expect(await send(...argv, '--graph-version', 'Beta')).toMatchObject({ code: 0 })
      const refused = await send(...argv)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('beta')
    })
  })

  it('ends with 5 for a token that Graph does not take', async () => {
    const refused = await runCli(LUNCH, { env: { ...env, GRAPH_TOKEN: 'not-a-token' } })
    expect(refused.code).toBe(5)
  })

  it('ends with 3 for somebody else’s endpoint without Full Access', async () => {
    const refused = await runCli(['mail', 'send', '--as', ALLAN, '--to', MEGAN], { env })
    expect(refused.code).toBe(3)
  })
})

describe('mail send', () => {
  it('goes to Graph itself when no other address is given', async () => {
    nock('https://graph.microsoft.com')
      .post('/v1.0/me/sendMail', {
        message: { toRecipients: [{ emailAddress: { address: MEGAN } }] },
        saveToSentItems: false,
      })
      .reply(202, '', { 'request-id': 'b3c1' })
    const sent = await runCli(['mail', 'send', '--to', MEGAN, '--no-save', '-o', 'csv'], {
      env: { GRAPH_TOKEN: 'token-of-adele' },
    })
    expect(sent).toMatchObject({ code: 0, stdout: 'accepted,requestId,id\r\ntrue,b3c1,\r\n' })
  })

  it('shows with --dry-run the JSON, the address, and needs no token', async () => {
    const dry = await runCli([...LUNCH, '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(dry.stdout)).toEqual({
      message: {
        subject: 'Lunch?',
        body: { contentType: 'Text', content: 'New cafeteria.' },
        toRecipients: [{ emailAddress: { address: MEGAN } }],
        from: { emailAddress: { address: ALLAN } },
      },
    })
    const json = await runCli([...LUNCH, '--as', ALLAN, '--dry-run', '-o', 'json'])
    expect(json.json()).toMatchObject({
      dryRun: true,
      requests: [
        {
          operation: 'sendMail',
          method: 'POST',
          url: `https://graph.microsoft.com/v1.0/users/${ALLAN}/sendMail`,
        },
      ],
    })
  })

  it('shows with --dry-run each request of a draft, with {id} where only the answer tells', async () => {
    const argv = ['--to', MEGAN, '--attach', 'large.bin', '--attach', 'minutes.txt', '--as', ALLAN]
    const run = await runCli(['mail', 'send', ...argv, '--dry-run', '-o', 'json'], { cwd: files })
    const { requests } = run.json() as { requests: { operation: string; url: string; body: string }[] }
    const draft = `https://graph.microsoft.com/v1.0/users/${ALLAN}/messages`
    expect(requests.map(({ operation, url }) => [operation, url])).toEqual([
      ['createMessage', draft],
      ['createUploadSession', `${draft}/{id}/attachments/createUploadSession`],
      ['addAttachment', `${draft}/{id}/attachments`],
      ['send', `${draft}/{id}/send`],
    ])
    expect(JSON.parse(requests[1]?.body ?? '')).toMatchObject({
      AttachmentItem: { name: 'large.bin', size: 3_200_000 },
    })
  })

  it('goes to the Graph of a national cloud, and to beta', async () => {
    nock('https://microsoftgraph.chinacloudapi.cn').post('/beta/me/sendMail').reply(202)
    const argv = ['mail', 'send', '--to', MEGAN, '--cloud', '21Vianet', '--graph-version', 'beta']
    // The flag wins over the environment.
    const env = { GRAPH_TOKEN: 'token-of-adele', GRAPH_URL: 'https://graph.microsoft.com' }
    expect(await runCli(argv, { env })).toMatchObject({ code: 0 })
  })

  it('says that a mail may have been sent when that is not known', async () => {
    nock('https://graph.microsoft.com')
      .post('/v1.0/me/sendMail')
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    const sent = await runCli(LUNCH, { env: { GRAPH_TOKEN: 'token-of-adele' } })
    expect(sent.code).toBe(5)
    expect(sent.stderr).toContain('It is not known whether it was done')
  })

  it.each([
    [['mail', 'send', '--subject', 'x'], 'no recipients'],
    [['mail', 'send', '--to', 'megan'], 'is not an e-mail address'],
    [['mail', 'send', '--to', MEGAN, '--from', 'allan'], 'is not an e-mail address'],
    [['mail', 'send', MEGAN], 'takes no words'],
    [LUNCH, 'There is no access token for Graph'],
    [[...LUNCH, '--body-file', 'body.html'], '--body and --body-file are both given'],
    [[...LUNCH, '--draft', '--draft-only'], 'are both given'],
    [[...LUNCH, '--draft', '--no-save'], 'always leaves a copy'],
    [[...LUNCH, '--draft-only', '--no-save'], 'sends nothing'],
    [[...LUNCH, '--attach', 'large.bin', '--no-save'], 'above 3 MB'],
    [[...LUNCH, '--attach', 'none.txt'], 'The attachment "none.txt" does not exist'],
    [[...LUNCH, '--attach', 'huge.bin'], 'has more than 150 MB'],
    [[...LUNCH, '--attach', '-'], 'An attachment needs a name'],
    [[...LUNCH, '--inline', 'logo.png'], 'is not ID=FILE'],
    [['mail', 'send', '--to', MEGAN, '--body-file', 'latin1.txt'], 'is not UTF-8'],
    [['mail', 'send', '--mime', '-', '--token-stdin'], 'Two things are to come from standard input'],
    [['mail', 'send', '--mime', 'lunch.eml', '--to', MEGAN, '--no-save'], '--to, --no-save cannot change it'],
    [['mail', 'send', '--mime', 'huge.bin'], 'has more than 4 MB'],
    [['mail', 'send', '--draft', '--subject', 'x'], 'no recipients'],
    [[...LUNCH, '--header', 'x-project'], 'has no colon'],
    [[...LUNCH, '--header', 'project: x'], 'does not begin with “x-”'],
    [[...LUNCH, '--importance', 'urgent'], 'does not exist'],
    [[...LUNCH, '--due', '2026-06-31'], 'is not a day'],
    [[...LUNCH, '--due', 'tomorrow'], 'is not a day'],
  ])('%j is refused before anything is sent', async (argv, sentence) => {
    const refused = await runCli(argv, { cwd: files })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(sentence)
  })
})
