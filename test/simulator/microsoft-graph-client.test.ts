import {
  AuthenticationHandler,
  Client,
  type Context,
  GraphError,
  LargeFileUploadTask,
  type Middleware,
  PageIterator,
  RetryHandler,
  TelemetryHandler,
} from '@microsoft/microsoft-graph-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../src/simulator/index.ts'

/**
 * Microsoft's own client for JavaScript against the Graph face: a client that nobody here wrote. The requests are
 * those of Microsoft's pages, sent as its documentation shows.
 */
const ADELE = 'AdeleV@contoso.com'
const ALLAN = 'AllanD@contoso.com'
const MEGAN = 'MeganB@contoso.com'
const PATTI = 'PattiF@contoso.com'
const SCOPES = 'Mail.Send Mail.Send.Shared Mail.ReadWrite User.Read MailboxSettings.ReadWrite Calendars.Read'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => {
  for (const recipient of simulator.exchange.directory.recipients()) {
    for (const folder of simulator.exchange.mailboxOf(recipient)?.folders() ?? []) {
      for (const item of folder.items()) folder.removeItem(item)
    }
  }
  const { directory } = simulator.exchange
  for (const right of ['SendAs', 'SendOnBehalf', 'FullAccess'] as const) {
    directory.revoke(recipientOf(ALLAN), recipientOf(ADELE), right)
  }
})

function recipientOf(address: string) {
  const found = simulator.exchange.directory.find(address)
  if (!found) throw new Error(`${address} is nobody.`)
  return found
}

function grant(right: 'SendAs' | 'SendOnBehalf' | 'FullAccess') {
  simulator.exchange.directory.grant(recipientOf(ALLAN), recipientOf(ADELE), right)
}

/** Where Exchange Online takes uploads: not Graph's host, so the client sends no token there. */
const OUTLOOK = 'https://outlook.office.com'

/**
 * The client sends a token over https alone, and the simulator speaks http here: this stands between as a TLS front
 * end would, with the two host names of the real service.
 */
const frontEnd: Middleware = {
  execute: async (context: Context) => {
    const url = String(context.request)
      .replace(OUTLOOK, simulator.url)
      .replace(/^https:/, 'http:')
    const response = await fetch(url, context.options)
    const body = (await response.text())
      .replace(`"uploadUrl":"${simulator.url}`, `"uploadUrl":"${OUTLOOK}`)
      .replace('"@odata.nextLink":"http:', '"@odata.nextLink":"https:')
    context.response = new Response(body === '' ? null : body, {
      status: response.status,
      headers: response.headers,
    })
  },
}

function client(form: Record<string, string>, version = 'v1.0'): Client {
  const authentication = new AuthenticationHandler({
    getAccessToken: async () => {
      const response = await fetch(simulator.token, { method: 'POST', body: new URLSearchParams(form) })
      const { access_token } = (await response.json()) as { access_token: string }
      return access_token
    },
  })
  const retry = new RetryHandler()
  const telemetry = new TelemetryHandler()
  authentication.setNext(retry)
  retry.setNext(telemetry)
  telemetry.setNext(frontEnd)
  return Client.initWithMiddleware({
    baseUrl: `${simulator.graph.replace(/^http:/, 'https:')}/`,
    defaultVersion: version,
    // It sends tokens to Microsoft's hosts alone unless told of others.
    customHosts: new Set([new URL(simulator.graph).hostname]),
    middleware: authentication,
  })
}

const as = (username: string, version?: string) =>
  client({ grant_type: 'password', username, password: DEFAULT_PASSWORD, scope: SCOPES }, version)

const app = () =>
  client({
    grant_type: 'client_credentials',
    client_id: DEFAULT_APP.id,
    client_secret: DEFAULT_APP.secret,
    scope: 'https://graph.microsoft.com/.default',
  })

const to = (address: string) => [{ emailAddress: { address } }]
const text = (content: string) => ({ contentType: 'text', content })

async function inboxOf(address: string) {
  const { value } = await as(address)
    .api('/me/mailFolders/inbox/messages')
    .select(['subject', 'from', 'sender', 'hasAttachments'])
    .get()
  return value
}

describe('sendMail', () => {
  test('“Send from another user”, example 1: 202 with nothing in it, then sender and from', async () => {
    grant('SendOnBehalf')
    const message = {
      subject: 'Expense reports',
      body: text('Have you submitted your expense reports yet?'),
      toRecipients: to(MEGAN),
      from: { emailAddress: { address: ALLAN } },
    }
    expect(await as(ADELE).api('/me/sendmail').post({ message })).toBeNull()
    expect(await inboxOf(MEGAN)).toMatchObject([
      {
        subject: 'Expense reports',
        sender: { emailAddress: { name: 'Adele Vance', address: ADELE } },
        from: { emailAddress: { name: 'Allan Deyoung', address: ALLAN } },
      },
    ])
  })

  test('“Send from another user”, example 2: a GraphError with code, text and request id', async () => {
    const message = {
      subject: 'Support ticket',
      body: text('I noticed you opened a support ticket yesterday...'),
      toRecipients: to(MEGAN),
      from: { emailAddress: { address: PATTI } },
    }
    const error = await as(ADELE)
      .api('/me/sendmail')
      .post({ message })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(GraphError)
    expect(error).toMatchObject({
      statusCode: 403,
      code: 'ErrorSendAsDenied',
      message:
        'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. Cannot submit message.',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test('“user: sendMail”, example 1: "saveToSentItems" as text, on beta', async () => {
    await as(ADELE, 'beta')
      .api('/me/sendMail')
      .post({
        message: {
          subject: 'Meet for lunch?',
          body: { contentType: 'Text', content: 'The new cafeteria is open.' },
          toRecipients: to('samanthab@contoso.com'),
          ccRecipients: to('danas@contoso.com'),
        },
        saveToSentItems: 'false',
      })
    expect(await inboxOf('danas@contoso.com')).toHaveLength(1)
    const sent = await as(ADELE).api('/me/mailFolders/sentitems/messages').get()
    expect(sent.value).toEqual([])
  })

  test('“user: sendMail”, example 5: MIME in base64', async () => {
    const mime = `From: Adele Vance <${ADELE}>\r\nTo: Megan <${MEGAN}>\r\nSubject: Test Message\r\n\r\ntest\r\n`
    await as(ADELE)
      .api('/me/sendMail')
      .header('Content-Type', 'text/plain')
      .post(Buffer.from(mime).toString('base64'))
    expect(await inboxOf(MEGAN)).toMatchObject([{ subject: 'Test Message' }])
  })

  test('an application sends as any user through their mailbox', async () => {
    const message = { subject: 'From the app', toRecipients: to(MEGAN) }
    await app().api(`/users/${ALLAN}/sendMail`).post({ message })
    expect(await inboxOf(MEGAN)).toMatchObject([
      { from: { emailAddress: { address: ALLAN } }, sender: { emailAddress: { address: ALLAN } } },
    ])
    await expect(app().api('/me/sendMail').post({ message })).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
    })
  })
})

describe('drafts', () => {
  test('create, change, attach, send and read back under one immutable id', async () => {
    grant('SendAs')
    const adele = as(ADELE)
    const prefer = 'IdType="ImmutableId"'
    const draft = await adele
      .api('/me/messages')
      .header('Prefer', prefer)
      .post({ subject: 'Draft', toRecipients: to(MEGAN), from: { emailAddress: { address: ALLAN } } })
    expect(draft).toMatchObject({ isDraft: true })
    await adele.api(`/me/messages/${draft.id}`).patch({ subject: 'Changed' })
    await adele.api(`/me/messages/${draft.id}/attachments`).post({
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: 'attachment.txt',
      contentType: 'text/plain',
      contentBytes: 'SGVsbG8gV29ybGQh',
    })
    await adele.api(`/me/messages/${draft.id}/send`).post({})
    const sent = await adele.api(`/me/messages/${draft.id}`).header('Prefer', prefer).get()
    expect(sent).toMatchObject({
      id: draft.id,
      isDraft: false,
      subject: 'Changed',
      hasAttachments: true,
      // Send As leaves no trace of who sent.
      sender: { emailAddress: { address: ALLAN } },
      from: { emailAddress: { address: ALLAN } },
    })
    await adele.api(`/me/messages/${draft.id}`).delete()
  })

  test('its upload task brings a large file in, range by range', async () => {
    const adele = as(ADELE)
    const draft = await adele.api('/me/messages').post({ subject: 'Large', toRecipients: to(MEGAN) })
    const content = new Uint8Array(4_000_000).map((_, n) => (n * 7) % 256)
    const session = await LargeFileUploadTask.createUploadSession(
      adele,
      `/me/messages/${draft.id}/attachments/createUploadSession`,
      { AttachmentItem: { attachmentType: 'file', name: 'large.bin', size: content.length } },
    )
    const file = {
      name: 'large.bin',
      size: content.length,
      content: content.buffer,
      sliceFile: ({ minValue, maxValue }: { minValue: number; maxValue: number }) =>
        content.slice(minValue, maxValue + 1).buffer,
    }
    await new LargeFileUploadTask(adele, file, session, { rangeSize: 1_600_000 }).upload()
    await adele.api(`/me/messages/${draft.id}/send`).post({})
    const [item] = simulator.exchange.mailboxOf(recipientOf(MEGAN))?.distinguished('inbox')?.items() ?? []
    expect(Buffer.from(item?.attachments[0]?.content ?? []).equals(content)).toBe(true)
  })
})

describe('lists', () => {
  test('its page iterator sees every message once', async () => {
    const adele = as(ADELE)
    for (let n = 0; n < 7; n++) {
      await adele.api('/me/sendMail').post({ message: { subject: `Mail ${n}`, toRecipients: to(MEGAN) } })
    }
    const megan = as(MEGAN)
    const first = await megan.api('/me/messages').select(['subject']).top(3).get()
    expect(first.value).toHaveLength(3)
    const seen: string[] = []
    await new PageIterator(megan, first, ({ subject }) => {
      seen.push(subject)
      return true
    }).iterate()
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `Mail ${n}`))
  })

  test('filter, order, count and folders', async () => {
    const adele = as(ADELE)
    for (const subject of ['b', 'a', 'c']) {
      await adele.api('/me/sendMail').post({ message: { subject, toRecipients: to(MEGAN) } })
    }
    const megan = as(MEGAN)
    const found = await megan.api('/me/messages').filter("subject eq 'a'").count(true).get()
    expect(found.value).toMatchObject([{ subject: 'a' }])
    const sorted = await megan.api('/me/messages').orderby('subject desc').select('subject').get()
    expect(sorted.value.map(({ subject }: { subject: string }) => subject)).toEqual(['c', 'b', 'a'])
    const folders = await megan.api('/me/mailFolders').get()
    expect(folders.value.length).toBeGreaterThan(3)
  })
})

test('a batch answers each request with its own status', async () => {
  const { responses } = await as(ADELE)
    .api('/$batch')
    .post({
      requests: [
        { id: '1', method: 'GET', url: '/me?$select=displayName,mail' },
        {
          id: '2',
          method: 'POST',
          url: '/me/sendMail',
          headers: { 'Content-Type': 'application/json' },
          body: { message: { toRecipients: to(MEGAN), from: { emailAddress: { address: PATTI } } } },
        },
      ],
    })
  const byId = Object.fromEntries(responses.map((each: { id: string }) => [each.id, each]))
  expect(byId['1']).toMatchObject({ status: 200, body: { displayName: 'Adele Vance', mail: ADELE } })
  expect(byId['2']).toMatchObject({ status: 403, body: { error: { code: 'ErrorSendAsDenied' } } })
})

test('mailbox settings and calendar permissions can be read', async () => {
  const adele = as(ADELE)
  const settings = await adele.api('/me/mailboxSettings').get()
  expect(settings.delegateMeetingMessageDeliveryOptions).toMatch(/^sendToDelegate/)
  const permissions = await adele.api('/me/calendar/calendarPermissions').get()
  expect(permissions.value).toEqual(expect.arrayContaining([expect.objectContaining({ isRemovable: false })]))
})
