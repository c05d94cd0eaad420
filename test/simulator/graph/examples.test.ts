import { beforeEach, describe, expect, test } from 'vitest'
import { ADELE, ALLAN, MEGAN, message, PATTI, useGraph } from '../graph-driver.ts'

/**
 * The requests of Microsoft's pages "user: sendMail" (beta) and "Send Outlook messages from another user", as they
 * are printed there, and the answers they print.
 */
const graph = useGraph()
beforeEach(() => graph.empty())

const only = <Value>(values: readonly Value[]): Value => {
  expect(values).toHaveLength(1)
  return values[0] as Value
}
const inbox = (address: string) => graph.mailbox(address).distinguished('inbox')?.items() ?? []
const sent = (address: string) => graph.mailbox(address).distinguished('sentitems')?.items() ?? []
const SEND_ONLY = 'Mail.Send'

describe('user: sendMail', () => {
  const send = (body: unknown) => graph.call('POST', '/beta/me/sendMail', { body, scope: SEND_ONLY })

  test('Example 1: a new mail in JSON, whose saveToSentItems is the text "false"', async () => {
    const answer = await send({
      message: {
        subject: 'Meet for lunch?',
        body: { contentType: 'Text', content: 'The new cafeteria is open.' },
        toRecipients: [{ emailAddress: { address: 'samanthab@contoso.com' } }],
        ccRecipients: [{ emailAddress: { address: 'danas@contoso.com' } }],
      },
      saveToSentItems: 'false',
    })
    expect([answer.status, answer.text]).toEqual([202, ''])
    const received = only(inbox('samanthab@contoso.com'))
    expect(received).toMatchObject({
      subject: 'Meet for lunch?',
      body: { contentType: 'text', content: 'The new cafeteria is open.' },
      from: { name: 'Adele Vance', address: ADELE },
      sender: { name: 'Adele Vance', address: ADELE },
      cc: [{ name: 'Dana Swope', address: 'danas@contoso.com' }],
      isRead: false,
      isDraft: false,
    })
    expect(inbox('danas@contoso.com')).toHaveLength(1)
    expect(sent(ADELE)).toEqual([])
  })

  test('Example 2: a message with an @-mention', async () => {
    const answer = await send({
      message: {
        subject: 'Project kickoff',
        toRecipients: [{ emailAddress: { name: 'Samantha Booth', address: 'samanthab@contoso.com' } }],
        mentions: [{ mentioned: { name: 'Dana Swope', address: 'danas@contoso.com' } }],
      },
    })
    expect([answer.status, answer.text]).toEqual([202, ''])
    const listed = await graph.call(
      'GET',
      '/beta/me/mailFolders/inbox/messages?$select=mentions,mentionsPreview',
      {
        as: 'samanthab@contoso.com',
      },
    )
    expect(only(listed.json.value)).toMatchObject({
      mentions: [{ mentioned: { name: 'Dana Swope', address: 'danas@contoso.com' } }],
      mentionsPreview: { isMentioned: false },
    })
  })

  test('Example 3: a message with custom Internet message headers', async () => {
    const answer = await send({
      message: {
        subject: '9/9/2018: concert',
        body: { contentType: 'HTML', content: 'The group represents Nevada.' },
        toRecipients: [{ emailAddress: { address: 'AlexW@contoso.com' } }],
        internetMessageHeaders: [
          { name: 'x-custom-header-group-name', value: 'Nevada' },
          { name: 'x-custom-header-group-id', value: 'NV001' },
        ],
      },
    })
    expect([answer.status, answer.text]).toEqual([202, ''])
    expect(only(inbox('AlexW@contoso.com'))).toMatchObject({
      body: { contentType: 'html', content: 'The group represents Nevada.' },
      headers: [
        { name: 'x-custom-header-group-name', value: 'Nevada' },
        { name: 'x-custom-header-group-id', value: 'NV001' },
      ],
    })
  })

  test('Example 4: a message with a file attachment', async () => {
    const answer = await send({
      message: {
        subject: 'Meet for lunch?',
        body: { contentType: 'Text', content: 'The new cafeteria is open.' },
        toRecipients: [{ emailAddress: { address: 'meganb@contoso.com' } }],
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
    expect([answer.status, answer.text]).toEqual([202, ''])
    const attachment = only(only(inbox(MEGAN)).attachments)
    expect([attachment.name, attachment.contentType, attachment.content.toString()]).toEqual([
      'attachment.txt',
      'text/plain',
      'Hello World!',
    ])
  })

  test('Example 5: a new message in MIME format', async () => {
    const answer = await graph.call('POST', '/beta/me/sendMail', {
      raw: MIME_OF_EXAMPLE_5,
      headers: { 'content-type': 'text/plain' },
      scope: SEND_ONLY,
    })
    expect([answer.status, answer.text]).toEqual([202, ''])
    const received = only(inbox('AlexW@contoso.com'))
    expect(received).toMatchObject({
      subject: 'Test Message',
      from: { name: 'Adele Vance', address: ADELE },
      to: [{ name: 'Alex Wilber', address: 'AlexW@contoso.com' }],
    })
    expect(received.body?.contentType).toBe('html')
    expect(received.body?.content).toContain('test html body')
    const attachment = only(received.attachments)
    expect([attachment.name, attachment.content.toString().trim()]).toEqual([
      'test.txt',
      'this is the attachment text',
    ])
  })

  test('Example 5: malformed MIME content gets ErrorMimeContentInvalidBase64String', async () => {
    const answer = await graph.call('POST', '/beta/me/sendMail', {
      raw: 'From: Adele Vance <AdeleV@contoso.com>\nTo: AlexW@contoso.com',
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.status).toBe(400)
    expect(answer.json.error).toMatchObject({
      code: 'ErrorMimeContentInvalidBase64String',
      message: 'Invalid base64 string for MIME content.',
    })
  })

  const EXAMPLE_6 = {
    subject: 'Please respond by Friday',
    toRecipients: [{ emailAddress: { address: 'meganb@contoso.com' } }],
    flag: {
      flagStatus: 'flagged',
      startDateTime: { dateTime: '2023-08-30T12:13:00', timeZone: 'Eastern Standard Time' },
      dueDateTime: { dateTime: '2023-09-01T17:00:00', timeZone: 'Eastern Standard Time' },
    },
  }

  test('Example 6: a message flagged for follow-up, without the message parameter as the beta page has it', async () => {
    const answer = await send(EXAMPLE_6)
    expect([answer.status, answer.text]).toEqual([202, ''])
    const listed = await graph.call('GET', '/beta/me/mailFolders/sentitems/messages?$select=flag')
    expect(listed.json.value[0].flag).toEqual({
      flagStatus: 'flagged',
      startDateTime: { dateTime: '2023-08-30T12:13:00', timeZone: 'Eastern Standard Time' },
      dueDateTime: { dateTime: '2023-09-01T17:00:00', timeZone: 'Eastern Standard Time' },
    })
    expect(only(inbox(MEGAN)).flag).toBeUndefined()
  })

  test('Example 6 on v1.0 lacks its required parameter', async () => {
    const bare = await graph.call('POST', '/v1.0/me/sendMail', { body: EXAMPLE_6 })
    expect([bare.status, bare.json.error.code]).toEqual([400, 'RequestBodyRead'])
    expect(bare.json.error.message).toContain("'subject' in the request payload is not a valid parameter")
    const wrapped = await graph.call('POST', '/v1.0/me/sendMail', { body: { message: EXAMPLE_6 } })
    expect(wrapped.status).toBe(202)
    expect(inbox(MEGAN)).toHaveLength(1)
  })
})

describe('Send Outlook messages from another user', () => {
  const EXAMPLE_1 = {
    message: {
      subject: 'Expense reports',
      body: { contentType: 'text', content: 'Have you submitted your expense reports yet?' },
      toRecipients: [{ emailAddress: { address: 'MeganB@contoso.com' } }],
      from: { emailAddress: { address: 'AllanD@contoso.com' } },
    },
  }

  test('Example 1: a successful send through the /me endpoint with Send on Behalf', async () => {
    graph.grant(ALLAN, ADELE, 'SendOnBehalf')
    const answer = await graph.call('POST', '/v1.0/me/sendmail', {
      body: EXAMPLE_1,
      scope: 'Mail.Send.Shared',
    })
    graph.revoke(ALLAN, ADELE, 'SendOnBehalf')
    expect([answer.status, answer.text]).toEqual([202, ''])
    expect(only(inbox(MEGAN))).toMatchObject({
      from: { name: 'Allan Deyoung', address: ALLAN },
      sender: { name: 'Adele Vance', address: ADELE },
    })
    expect([sent(ADELE).length, sent(ALLAN).length]).toEqual([1, 0])
  })

  test('Example 2: an unsuccessful attempt to send without permissions', async () => {
    const answer = await graph.call('POST', '/v1.0/me/sendmail', {
      scope: 'Mail.Send.Shared',
      body: {
        message: {
          subject: 'Support ticket',
          body: { contentType: 'text', content: 'I noticed you opened a support ticket yesterday...' },
          toRecipients: [{ emailAddress: { address: 'MeganB@contoso.com' } }],
          from: { emailAddress: { address: PATTI } },
        },
      },
    })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.json).toEqual({
      error: {
        code: 'ErrorSendAsDenied',
        message:
          'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. Cannot submit message.',
        innerError: {
          'request-id': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          'client-request-id': expect.any(String),
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
        },
      },
    })
    expect(answer.json.error.innerError['request-id']).toBe(answer.headers.get('request-id'))
    expect([inbox(MEGAN).length, sent(ADELE).length, sent(PATTI).length]).toEqual([0, 0, 0])
  })

  test('the sales group: nobody may send from it until they are granted the right', async () => {
    const body = {
      message: {
        subject: 'January sales report',
        toRecipients: [{ emailAddress: { address: 'MeganB@contoso.com' } }],
        from: { emailAddress: { address: 'sales@contoso.com' } },
      },
    }
    const denied = await graph.call('POST', '/v1.0/me/sendMail', { body })
    expect([denied.status, denied.json.error.code]).toEqual([403, 'ErrorSendAsDenied'])
    graph.grant('sales@contoso.com', ADELE, 'SendAs')
    const allowed = await graph.call('POST', '/v1.0/me/sendMail', { body })
    graph.revoke('sales@contoso.com', ADELE, 'SendAs')
    expect(allowed.status).toBe(202)
    const sales = { name: 'Sales', address: 'sales@contoso.com' }
    expect(only(inbox(MEGAN))).toMatchObject({ from: sales, sender: sales })
    // A group has no Sent Items, so Adele's is the only copy.
    expect(sent(ADELE)).toHaveLength(1)
  })

  test('the first listing of properties: sender is who sent, from is whom the message is from', async () => {
    graph.grant('PradeepG@contoso.com', ADELE, 'SendOnBehalf')
    await graph.call('POST', '/v1.0/me/sendMail', {
      body: { message: message('PradeepG@contoso.com', { subject: 'Send mail test' }) },
    })
    graph.revoke('PradeepG@contoso.com', ADELE, 'SendOnBehalf')
    const listed = await graph.call(
      'GET',
      '/v1.0/me/mailFolders/SentItems/messages?$select=subject,sender,from',
    )
    expect(only(listed.json.value)).toEqual({
      '@odata.etag': expect.any(String),
      id: expect.stringMatching(/^AAMk/),
      subject: 'Send mail test',
      sender: { emailAddress: { name: 'Adele Vance', address: 'AdeleV@contoso.com' } },
      from: { emailAddress: { name: 'Pradeep Gupta', address: 'PradeepG@contoso.com' } },
    })
  })

  test('with Send As, sender and from have the same value', async () => {
    graph.grant('PradeepG@contoso.com', ADELE, 'SendAs')
    await graph.call('POST', '/v1.0/me/sendMail', { body: { message: message('PradeepG@contoso.com') } })
    graph.revoke('PradeepG@contoso.com', ADELE, 'SendAs')
    const received = only(inbox(MEGAN))
    expect(received.sender).toEqual(received.from)
    expect(received.from).toEqual({ name: 'Pradeep Gupta', address: 'PradeepG@contoso.com' })
  })
})

const MIME_OF_EXAMPLE_5 = `RnJvbTogQWRlbGUgVmFuY2UgPEFkZWxlVkBjb250b3NvLmNvbT4KVG86IEFsZXggV2lsYmVyIDxB
bGV4V0Bjb250b3NvLmNvbT4KU3ViamVjdDpUZXN0IE1lc3NhZ2UKQ29udGVudC1UeXBlOiBtdWx0
aXBhcnQvbWl4ZWQ7Cglib3VuZGFyeT0iXzAwNF9UWVpQUjA0TUI2OTgxNzNGRDAwMjE1MkQ1QURC
OEZCNDdDOEJDQVRZWlBSMDRNQjY5ODFhcGNwXyIKTUlNRS1WZXJzaW9uOiAxLjAKCi0tXzAwNF9U
WVpQUjA0TUI2OTgxNzNGRDAwMjE1MkQ1QURCOEZCNDdDOEJDQVRZWlBSMDRNQjY5ODFhcGNwXwpD
b250ZW50LVR5cGU6IG11bHRpcGFydC9hbHRlcm5hdGl2ZTsKCWJvdW5kYXJ5PSJfMDAwX1RZWlBS
MDRNQjY5ODE3M0ZEMDAyMTUyRDVBREI4RkI0N0M4QkNBVFlaUFIwNE1CNjk4MWFwY3BfIgoKLS1f
MDAwX1RZWlBSMDRNQjY5ODE3M0ZEMDAyMTUyRDVBREI4RkI0N0M4QkNBVFlaUFIwNE1CNjk4MWFw
Y3BfCkNvbnRlbnQtVHlwZTogdGV4dC9wbGFpbjsgY2hhcnNldD0iaXNvLTg4NTktMSIKQ29udGVu
dC1UcmFuc2Zlci1FbmNvZGluZzogcXVvdGVkLXByaW50YWJsZQoKdGVzdCB0ZXh0IGJvZHkKCgot
LV8wMDBfVFlaUFIwNE1CNjk4MTczRkQwMDIxNTJENUFEQjhGQjQ3QzhCQ0FUWVpQUjA0TUI2OTgx
YXBjcF8KQ29udGVudC1UeXBlOiB0ZXh0L2h0bWw7IGNoYXJzZXQ9Imlzby04ODU5LTEiCkNvbnRl
bnQtVHJhbnNmZXItRW5jb2Rpbmc6IHF1b3RlZC1wcmludGFibGUKCjxodG1sPgo8aGVhZD4KPC9o
ZWFkPgo8Ym9keT4KdGVzdCBodG1sIGJvZHkKPC9ib2R5Pgo8L2h0bWw+CgotLV8wMDBfVFlaUFIw
NE1CNjk4MTczRkQwMDIxNTJENUFEQjhGQjQ3QzhCQ0FUWVpQUjA0TUI2OTgxYXBjcF8tLQoKLS1f
MDA0X1RZWlBSMDRNQjY5ODE3M0ZEMDAyMTUyRDVBREI4RkI0N0M4QkNBVFlaUFIwNE1CNjk4MWFw
Y3BfCkNvbnRlbnQtVHlwZTogdGV4dC9wbGFpbjsKQ29udGVudC1EaXNwb3NpdGlvbjogYXR0YWNo
bWVudDsKICAgICAgICBmaWxlbmFtZT0idGVzdC50eHQiCgp0aGlzIGlzIHRoZSBhdHRhY2htZW50
IHRleHQKCi0tXzAwNF9UWVpQUjA0TUI2OTgxNzNGRDAwMjE1MkQ1QURCOEZCNDdDOEJDQVRZWlBS
MDRNQjY5ODFhcGNwXy0t`
