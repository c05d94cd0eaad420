import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
    expect(sent).toMatchObject({ code: 0, stdout: 'accepted,requestId\r\ntrue,b3c1\r\n' })
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
  ])('%j is refused before anything is sent', async (argv, sentence) => {
    const refused = await runCli(argv)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(sentence)
  })
})
