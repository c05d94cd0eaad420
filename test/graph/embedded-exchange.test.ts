import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildMime } from '../../src/graph/mime.ts'
import { odataText } from '../../src/graph/request.ts'
import { prepareSendMail } from '../../src/graph/send-mail.ts'
import { ADELE, ALLAN, type Contoso, MEGAN, PATTI, SALES, startContoso } from '../helpers/contoso.ts'

const SCOPES = 'Mail.Send.Shared Mail.ReadWrite'
const LUNCH = {
  to: 'samanthab@contoso.com',
  cc: 'danas@contoso.com',
  subject: 'Meet for lunch?',
  body: 'The new cafeteria is open.',
}

let contoso: Contoso
beforeAll(async () => {
  contoso = await startContoso()
})
afterAll(() => contoso.simulator.close())
afterEach(() => {
  for (const recipient of contoso.simulator.exchange.directory.recipients()) {
    for (const folder of contoso.simulator.exchange.mailboxOf(recipient)?.folders() ?? []) {
      for (const item of folder.items()) folder.removeItem(item)
    }
  }
  for (const owner of [ALLAN, SALES]) contoso.revoke(owner, ADELE, 'SendOnBehalf')
})

const adele = (version: 'v1.0' | 'beta' = 'v1.0') => contoso.graph(ADELE, SCOPES, { version })

describe('the examples of “user: sendMail”', () => {
  test('example 1: JSON, not saved', async () => {
    const { requestId } = await adele('beta').sendMail({ ...LUNCH, saveToSentItems: false })
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(contoso.subjects(ADELE, 'sentitems')).toEqual([])
    expect(contoso.subjects('samanthab@contoso.com', 'inbox')).toEqual(['Meet for lunch?'])
    expect(contoso.subjects('danas@contoso.com', 'inbox')).toEqual(['Meet for lunch?'])
  })

  test('example 2: mentions, on beta', async () => {
    await adele('beta').sendMail({
      to: 'Samantha Booth <samanthab@contoso.com>',
      subject: 'Project kickoff',
      mentions: 'Dana Swope <danas@contoso.com>',
    })
    expect(contoso.subjects('samanthab@contoso.com', 'inbox')).toEqual(['Project kickoff'])
  })

  test('example 3: headers of one’s own arrive', async () => {
    const internetMessageHeaders = [
      { name: 'x-custom-header-group-name', value: 'Nevada' },
      { name: 'x-custom-header-group-id', value: 'NV001' },
    ]
    await adele().sendMail({
      to: 'AlexW@contoso.com',
      subject: '9/9/2018: concert',
      body: { contentType: 'HTML', content: 'The group represents Nevada.' },
      internetMessageHeaders,
    })
    const alex = contoso.graph('AlexW@contoso.com', 'Mail.Read')
    const [{ id } = { id: '' }] = await alex.listMessages({ folder: 'inbox' })
    const received = await alex.getMessage(id, { select: ['internetMessageHeaders', 'body', 'from'] })
    expect(received.internetMessageHeaders).toEqual(expect.arrayContaining(internetMessageHeaders))
    expect(received.body).toMatchObject({ contentType: 'HTML' })
    expect(received.from).toEqual({ name: 'Adele Vance', address: ADELE })
  })

  test('example 4: a file', async () => {
    await adele().sendMail({
      ...LUNCH,
      to: MEGAN,
      attachments: [
        { name: 'attachment.txt', contentType: 'text/plain', content: Buffer.from('Hello World!') },
      ],
    })
    const megan = contoso.graph(MEGAN, 'Mail.Read')
    const [message] = await megan.listMessages({ folder: 'inbox' })
    expect(message).toMatchObject({ subject: 'Meet for lunch?', hasAttachments: true })
    const { value } = (await megan.request({
      method: 'GET',
      path: `/me/messages/${message?.id}/attachments`,
      headers: {},
    })) as { value: unknown[] }
    expect(value).toMatchObject([{ name: 'attachment.txt', contentBytes: 'SGVsbG8gV29ybGQh' }])
  })

  test('example 5: MIME that this library built, and base64 that is broken', async () => {
    const mime = await buildMime({
      from: `Adele Vance <${ADELE}>`,
      to: `Alex Wilber <AlexW@contoso.com>`,
      bcc: MEGAN,
      subject: 'Test Message – Grüße',
      body: { contentType: 'HTML', content: '<p>test html body</p>' },
      attachments: [{ name: 'test.txt', content: Buffer.from('this is the attachment text') }],
    })
    await adele().sendMail({ mime })
    const alex = contoso.graph('AlexW@contoso.com', 'Mail.Read')
    expect(await alex.listMessages({ folder: 'inbox' })).toMatchObject([
      { subject: 'Test Message – Grüße', hasAttachments: true, bcc: [] },
    ])
    expect(contoso.subjects(MEGAN, 'inbox')).toEqual(['Test Message – Grüße'])
    await expect(adele().sendMail({ mime: 'RnJvbTog!' })).rejects.toMatchObject({
      graphCode: 'ErrorMimeContentInvalidBase64String',
      message: 'Invalid base64 string for MIME content. (ErrorMimeContentInvalidBase64String)',
      httpStatus: 400,
    })
  })

  test('example 6: a flag for follow-up', async () => {
    await adele().sendMail({
      to: MEGAN,
      subject: 'Please respond by Friday',
      importance: 'high',
      flag: {
        flagStatus: 'flagged',
        startDateTime: { dateTime: '2023-08-30T12:13:00', timeZone: 'Eastern Standard Time' },
        dueDateTime: { dateTime: '2023-09-01T17:00:00', timeZone: 'Eastern Standard Time' },
      },
    })
    expect(contoso.subjects(MEGAN, 'inbox')).toEqual(['Please respond by Friday'])
  })
})

describe('the examples of “Send Outlook messages from another user”', () => {
  test('example 1: with Send on Behalf, the sender is Adele and the mail is from Allan', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    await adele().sendMail({ to: MEGAN, subject: 'Expense reports', from: ALLAN })
    const [received] = await contoso.graph(MEGAN, 'Mail.Read').listMessages({ folder: 'inbox' })
    expect(received).toMatchObject({
      from: { name: 'Allan Deyoung', address: ALLAN },
      sender: { name: 'Adele Vance', address: ADELE },
    })
  })

  test('example 2: without a right it is ErrorSendAsDenied, in the words of the page', async () => {
    await expect(
      adele().sendMail({ to: MEGAN, subject: 'Support ticket', from: PATTI }),
    ).rejects.toMatchObject({
      graphCode: 'ErrorSendAsDenied',
      httpStatus: 403,
      message: expect.stringContaining(
        'does not have the right to send mail on behalf of the specified sending account. Cannot submit message.',
      ),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(contoso.subjects(MEGAN, 'inbox')).toEqual([])
  })

  test('a group can be sent from, and its members get what is sent to it', async () => {
    contoso.grant(SALES, ADELE, 'SendOnBehalf')
    await adele().sendMail({ from: SALES, to: SALES, subject: 'January sales report' })
    expect(contoso.subjects(MEGAN, 'inbox')).toEqual(['January sales report'])
  })
})

describe('drafts', () => {
  test('the id of a draft stays good for the copy in Sent Items', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const graph = adele()
    const { id } = await graph.sendAsDraft({ from: ALLAN, to: MEGAN, subject: 'Draft' })
    const sent = await graph.getMessage(id)
    const { id: folder } = await graph.getFolder('sentitems')
    expect(sent).toMatchObject({ isDraft: false, parentFolderId: folder, sender: { address: ADELE } })
  })

  test('a refused draft leaves nothing behind', async () => {
    const sending = adele().sendAsDraft({ from: PATTI, to: MEGAN, subject: 'Draft' })
    await expect(sending).rejects.toMatchObject({ graphCode: 'ErrorSendAsDenied' })
    expect(contoso.subjects(ADELE, 'drafts')).toEqual([])
  })

  test('files of 5 MB are uploaded in ranges and arrive whole', async () => {
    const content = new Uint8Array(5_000_000).map((_, n) => (n * 7) % 256)
    await adele().sendAsDraft({
      to: MEGAN,
      subject: 'Large',
      attachments: [{ name: 'large.bin', contentType: 'application/octet-stream', content }],
    })
    const item = contoso.simulator.exchange
      .mailboxOf(contoso.recipient(MEGAN))
      ?.distinguished('inbox')
      ?.items()[0]
    expect(item?.attachments[0]?.name).toBe('large.bin')
    expect(Buffer.from(item?.attachments[0]?.content ?? []).equals(content)).toBe(true)
  })
})

describe('lists and batches', () => {
  test('a filter finds a message again, and pages are followed', async () => {
    const graph = adele()
    for (let n = 0; n < 3; n++) await graph.sendMail({ to: ADELE, subject: `It's number ${n}` })
    const filter = `subject eq ${odataText("It's number 1")}`
    expect((await graph.listMessages({ folder: 'inbox', filter })).map(({ subject }) => subject)).toEqual([
      "It's number 1",
    ])
    expect(await graph.listMessages({ folder: 'inbox', limit: 2 })).toHaveLength(2)
    const folders = await graph.listFolders()
    expect(folders.map(({ displayName }) => displayName)).toEqual(
      expect.arrayContaining(['Inbox', 'Sent Items', 'Drafts']),
    )
  })

  test('a batch carries sends and reads, each with its own outcome', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const outcomes = await adele().batch([
      prepareSendMail({ to: MEGAN, subject: 'Yes', from: ALLAN }),
      prepareSendMail({ to: MEGAN, subject: 'No', from: PATTI }),
      { method: 'GET', path: '/me/mailFolders/inbox' },
    ])
    expect(outcomes).toMatchObject([
      { ok: true, status: 202 },
      { ok: false, status: 403, error: { graphCode: 'ErrorSendAsDenied' } },
      { ok: true, status: 200, body: { displayName: 'Inbox' } },
    ])
    expect(contoso.subjects(MEGAN, 'inbox')).toEqual(['Yes'])
  })
})

describe('tokens', () => {
  test('an application sends through a user’s mailbox and has no /me', async () => {
    await contoso.app().sendMail({ as: ADELE, to: MEGAN, subject: 'From the app' })
    expect(contoso.subjects(ADELE, 'sentitems')).toEqual(['From the app'])
    await expect(contoso.app().sendMail({ to: MEGAN, subject: 'x' })).rejects.toMatchObject({
      graphCode: 'BadRequest',
      hint: expect.stringContaining('no /me'),
    })
  })

  test('an unknown user, a mailbox that may not be opened, and a missing scope', async () => {
    const graph = adele()
    await expect(graph.sendMail({ as: 'nobody@contoso.com', to: MEGAN })).rejects.toMatchObject({
      graphCode: 'ErrorInvalidUser',
    })
    await expect(graph.sendMail({ as: ALLAN, from: ALLAN, to: MEGAN })).rejects.toMatchObject({
      graphCode: 'ErrorAccessDenied',
    })
    await expect(contoso.graph(ADELE, 'Mail.Send').listMessages()).rejects.toMatchObject({
      graphCode: 'ErrorAccessDenied',
      hint: expect.stringContaining('scope'),
    })
  })
})
