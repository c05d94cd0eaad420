import { describe, expect, test } from 'vitest'
import { needsDraft, prepareSendMail, type SendMailInput } from '../../src/graph/send-mail.ts'

const refused = expect.objectContaining({ code: 'ERR_INVALID_INPUT' })
const LUNCH: SendMailInput = { to: 'samanthab@contoso.com', subject: 'Lunch?', body: 'Now?' }

describe('prepareSendMail builds the requests of Microsoft’s page on user: sendMail', () => {
  test('example 1: a new mail in JSON, with a carbon copy, not saved', () => {
    expect(
      prepareSendMail({
        to: 'samanthab@contoso.com',
        cc: ['danas@contoso.com'],
        subject: 'Meet for lunch?',
        body: { contentType: 'Text', content: 'The new cafeteria is open.' },
        saveToSentItems: false,
      }),
    ).toEqual({
      method: 'POST',
      path: '/me/sendMail',
      headers: { 'content-type': 'application/json' },
      body: {
        message: {
          subject: 'Meet for lunch?',
          body: { contentType: 'Text', content: 'The new cafeteria is open.' },
          toRecipients: [{ emailAddress: { address: 'samanthab@contoso.com' } }],
          ccRecipients: [{ emailAddress: { address: 'danas@contoso.com' } }],
        },
        saveToSentItems: false,
      },
    })
  })

  test('example 2: @-mentions, which are refused on v1.0', () => {
    const mail = {
      to: { name: 'Samantha Booth', address: 'samanthab@contoso.com' },
      subject: 'Project kickoff',
      mentions: 'Dana Swope <danas@contoso.com>',
    }
    expect(prepareSendMail(mail, { version: 'beta' }).body).toEqual({
      message: {
        subject: 'Project kickoff',
        toRecipients: [{ emailAddress: { name: 'Samantha Booth', address: 'samanthab@contoso.com' } }],
        mentions: [{ mentioned: { name: 'Dana Swope', address: 'danas@contoso.com' } }],
      },
    })
    expect(() => prepareSendMail(mail)).toThrow(/beta/)
  })

  test('example 3: headers of one’s own', () => {
    const internetMessageHeaders = [
      { name: 'x-custom-header-group-name', value: 'Nevada' },
      { name: 'x-custom-header-group-id', value: 'NV001' },
    ]
    const { body } = prepareSendMail({
      to: 'AlexW@contoso.com',
      subject: '9/9/2018: concert',
      body: { contentType: 'html', content: 'The group represents Nevada.' },
      internetMessageHeaders,
    })
    expect(body).toEqual({
      message: {
        subject: '9/9/2018: concert',
        body: { contentType: 'HTML', content: 'The group represents Nevada.' },
        toRecipients: [{ emailAddress: { address: 'AlexW@contoso.com' } }],
        internetMessageHeaders,
      },
    })
  })

  test('example 4: a file attached', () => {
    const { body } = prepareSendMail({
      to: 'meganb@contoso.com',
      subject: 'Meet for lunch?',
      body: 'The new cafeteria is open.',
      attachments: [
        { name: 'attachment.txt', contentType: 'text/plain', content: Buffer.from('Hello World!') },
      ],
    })
    expect(body).toMatchObject({
      message: {
        attachments: [
          {
            '@odata.type': '#microsoft.graph.fileAttachment',
            name: 'attachment.txt',
            contentType: 'text/plain',
            contentBytes: 'SGVsbG8gV29ybGQh',
          },
        ],
      },
    })
  })

  test('example 5: MIME in base64, as text', () => {
    const mime = 'From: Adele Vance <AdeleV@contoso.com>\nTo: Alex Wilber <AlexW@contoso.com>\n\ntest\n'
    expect(prepareSendMail({ mime })).toEqual({
      method: 'POST',
      path: '/me/sendMail',
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from(mime).toString('base64'),
    })
  })

  test('example 6: a mail flagged for follow-up', () => {
    const flag = {
      flagStatus: 'flagged',
      startDateTime: { dateTime: '2023-08-30T12:13:00', timeZone: 'Eastern Standard Time' },
      dueDateTime: { dateTime: '2023-09-01T17:00:00', timeZone: 'Eastern Standard Time' },
    } as const
    const { body } = prepareSendMail({
      to: 'meganb@contoso.com',
      subject: 'Please respond by Friday',
      flag,
    })
    // Within `message`, which the page's own example forgets and its parameter table demands.
    expect(body).toEqual({
      message: {
        subject: 'Please respond by Friday',
        toRecipients: [{ emailAddress: { address: 'meganb@contoso.com' } }],
        flag,
      },
    })
  })
})

describe('prepareSendMail for another user', () => {
  test('only from is set, as on the page “Send Outlook messages from another user”', () => {
    const { path, body } = prepareSendMail({
      from: 'sales@contoso.com',
      to: 'MeganB@contoso.com',
      subject: 'January sales report',
    })
    expect(path).toBe('/me/sendMail')
    expect(body).toEqual({
      message: {
        subject: 'January sales report',
        toRecipients: [{ emailAddress: { address: 'MeganB@contoso.com' } }],
        from: { emailAddress: { address: 'sales@contoso.com' } },
      },
    })
  })

  test('a sender is refused, for Graph sets it', () => {
    const mail = { ...LUNCH, sender: 'AdeleV@contoso.com' } as SendMailInput
    expect(() => prepareSendMail(mail)).toThrow(/sender/)
  })

  test('another mailbox’s endpoint goes into the path', () => {
    expect(prepareSendMail({ ...LUNCH, as: 'AllanD@contoso.com' }).path).toBe(
      '/users/AllanD@contoso.com/sendMail',
    )
  })
})

describe('prepareSendMail refuses before anything is sent', () => {
  test.each<[string, Partial<SendMailInput>]>([
    ['no recipient', { to: [] }],
    ['a malformed recipient', { to: 'nobody' }],
    ['two addresses in one text', { to: 'a@contoso.com, b@contoso.com' }],
    ['a name with a line break', { to: { name: 'A\r\nBcc: x@y.z', address: 'a@contoso.com' } }],
    ['a subject with a line break', { subject: 'Lunch\r\nBcc: x@y.z' }],
    ['an unknown body type', { body: { contentType: 'rtf', content: '' } }],
    ['a header without x-', { internetMessageHeaders: [{ name: 'Subject', value: 'x' }] }],
    ['a header with a line break', { internetMessageHeaders: [{ name: 'x-a', value: 'a\nb' }] }],
    [
      'a due date without a start',
      { flag: { flagStatus: 'flagged', dueDateTime: { dateTime: '2026-11-21T09:00:00', timeZone: 'UTC' } } },
    ],
    ['an attachment without a name', { attachments: [{ name: '', content: new Uint8Array(1) }] }],
    [
      'an attachment with an odd type',
      { attachments: [{ name: 'a', contentType: 'x\r\ny', content: new Uint8Array(1) }] },
    ],
    ['a mailbox that is a path', { as: '/groups/1' }],
    // What callers in JavaScript, or JSON from elsewhere, may hold.
    ...(
      [
        { to: null },
        { to: [7] },
        { to: { address: 'a@contoso.com', name: 7 } },
        { to: { address: 7 } },
        { from: 7 },
        { subject: 7 },
        { subject: null },
        { body: null },
        { body: 7 },
        { body: { contentType: 7, content: '' } },
        { body: { content: 'x' } },
        { body: { contentType: 'text' } },
        { body: { contentType: 'html', content: 7 } },
        { importance: 7 },
        { internetMessageHeaders: { name: 'x-a', value: '' } },
        { internetMessageHeaders: [null] },
        { internetMessageHeaders: [{ name: 'x-a' }] },
        { internetMessageHeaders: [{ value: 'a' }] },
        { flag: null },
        { flag: {} },
        { flag: { flagStatus: 7 } },
        { flag: { flagStatus: 'flagged', startDateTime: '2026-11-21' } },
        { flag: { flagStatus: 'flagged', startDateTime: { dateTime: '2026-11-21T09:00:00' } } },
        { attachments: { name: 'a' } },
      ] as unknown as Partial<SendMailInput>[]
    ).map((part): [string, Partial<SendMailInput>] => [JSON.stringify(part), part]),
  ])('%s', (_, part) => {
    expect(() => prepareSendMail({ ...LUNCH, ...part })).toThrow(refused)
  })

  test('a sixth header', () => {
    const headers = Array.from({ length: 6 }, (_, n) => ({ name: `x-${n}`, value: '' }))
    expect(() => prepareSendMail({ ...LUNCH, internetMessageHeaders: headers.slice(1) })).not.toThrow()
    expect(() => prepareSendMail({ ...LUNCH, internetMessageHeaders: headers })).toThrow(/five/)
  })

  test('attachments of 3 MB together, which need a draft', () => {
    const half = { name: 'a.bin', content: new Uint8Array(1_500_000) }
    const mail = { ...LUNCH, attachments: [half, half] }
    expect(needsDraft(mail)).toBe(true)
    expect(() => prepareSendMail(mail)).toThrow(/less than 3 MB/)
    expect(needsDraft({ attachments: [half] })).toBe(false)
  })

  test('a request above 4 MB', () => {
    expect(() => prepareSendMail({ ...LUNCH, body: 'x'.repeat(4_000_000) })).toThrow(/4 MB/)
  })

  test.each([
    'From adele@contoso.com Sat Nov 21 09:00:00 2026\nTo: a@b.c\n\ntest\n',
    'Dear Megan, one thing: lunch?\n',
    ' To: a@b.c\n\nlunch',
    ': nothing\n\n',
  ])('a message that does not begin with a header: %j', (mime) => {
    expect(() => prepareSendMail({ mime })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_INPUT',
        hint: expect.stringContaining('To: megan@contoso.com'),
      }),
    )
  })

  test('an empty message', () => {
    expect(() => prepareSendMail({ mime: '' })).toThrow(refused)
  })
})

test('base64 is passed on unchanged, broken or not, for the service to judge', () => {
  expect(prepareSendMail({ mime: 'RnJvbTog\nQWRl\n' }).body).toBe('RnJvbTog\nQWRl')
  expect(prepareSendMail({ mime: Buffer.from('not base64!') }).body).toBe('not base64!')
})
