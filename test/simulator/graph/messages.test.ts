import { beforeEach, describe, expect, test } from 'vitest'
import { ADELE, ALLAN, type GraphCall, MEGAN, message, PATTI, subjects, useGraph } from '../graph-driver.ts'

const graph = useGraph()
beforeEach(() => graph.empty())

const IMMUTABLE = { prefer: 'IdType="ImmutableId"' }
const draft = async (body: unknown = message(), options: GraphCall = {}) => {
  const answer = await graph.call('POST', '/v1.0/me/messages', { body, ...options })
  expect(answer.status).toBe(201)
  return answer.json
}
const send = (subject: string, more: Record<string, unknown> = {}) =>
  graph.call('POST', '/v1.0/me/sendMail', { body: { message: message(undefined, { subject, ...more }) } })
const allow = (owner: string, folder: string, user: string, rights: number) =>
  graph
    .mailbox(owner)
    .distinguished(folder)
    ?.permissions.set({ kind: 'account', sid: graph.recipient(user).sid }, rights)

describe('a draft', () => {
  test('is made in Drafts, is not sent, and has no sender yet', async () => {
    const made = await draft(message(undefined, { importance: 'High', categories: ['Red'] }))
    expect(made).toMatchObject({
      subject: 'Expense reports',
      isDraft: true,
      isRead: true,
      importance: 'high',
      categories: ['Red'],
      toRecipients: [{ emailAddress: { address: MEGAN } }],
      hasAttachments: false,
      bodyPreview: 'Have you submitted your expense reports yet?',
    })
    expect(made.sender).toBeUndefined()
    expect(subjects(graph.mailbox(ADELE), 'drafts')).toEqual(['Expense reports'])
    expect(subjects(graph.mailbox(MEGAN), 'inbox')).toEqual([])
  })

  test('from another user is made by anybody and sent only with a right', async () => {
    const made = await draft(message(ALLAN), { headers: IMMUTABLE })
    expect(made.from).toEqual({ emailAddress: { name: 'Allan Deyoung', address: ALLAN } })
    const denied = await graph.call('POST', `/v1.0/me/messages/${made.id}/send`)
    expect([denied.status, denied.json.error.code]).toEqual([403, 'ErrorSendAsDenied'])
    expect(subjects(graph.mailbox(ADELE), 'drafts')).toHaveLength(1)

    graph.grant(ALLAN, ADELE, 'SendOnBehalf')
    const sent = await graph.call('POST', `/v1.0/me/messages/${made.id}/send`)
    graph.revoke(ALLAN, ADELE, 'SendOnBehalf')
    expect([sent.status, sent.text]).toEqual([202, ''])
    const copy = await graph.call('GET', `/v1.0/me/messages/${made.id}`, { headers: IMMUTABLE })
    const folder = await graph.call('GET', '/v1.0/me/mailFolders/sentitems')
    expect(copy.json).toMatchObject({
      id: made.id,
      isDraft: false,
      parentFolderId: folder.json.id,
      from: { emailAddress: { address: ALLAN } },
      sender: { emailAddress: { address: ADELE } },
    })
    expect(copy.headers.get('preference-applied')).toBe('IdType="ImmutableId"')
    expect(subjects(graph.mailbox(ADELE), 'drafts')).toEqual([])
  })

  test('has an ordinary id that ends when it is sent, and an immutable one that stays', async () => {
    const ordinary = await draft()
    const { id: immutable } = (
      await graph.call('GET', `/v1.0/me/messages/${ordinary.id}`, { headers: IMMUTABLE })
    ).json
    expect(immutable).not.toBe(ordinary.id)
    expect((await graph.call('POST', `/v1.0/me/messages/${ordinary.id}/send`)).status).toBe(202)
    const [gone, there] = [
      await graph.call('GET', `/v1.0/me/messages/${ordinary.id}`),
      await graph.call('GET', `/v1.0/me/messages/${immutable}`),
    ]
    expect([gone.status, gone.json.error.code]).toEqual([404, 'ErrorItemNotFound'])
    expect(there.status).toBe(200)
  })

  test('can be changed; what is not named stays', async () => {
    const made = await draft(message(undefined, { ccRecipients: [{ emailAddress: { address: PATTI } }] }))
    const changed = await graph.call('PATCH', `/v1.0/me/messages/${made.id}`, {
      body: { Subject: 'Changed', body: { contentType: 'HTML', content: '<p>New</p>' } },
    })
    expect(changed.json).toMatchObject({
      subject: 'Changed',
      body: { contentType: 'html', content: '<p>New</p>' },
      ccRecipients: [{ emailAddress: { address: PATTI } }],
    })
    expect(changed.json.changeKey).not.toBe(made.changeKey)
  })

  test('keeps its categories and flag to itself when it is sent', async () => {
    const made = await draft(message(undefined, { categories: ['Red'], flag: { flagStatus: 'flagged' } }), {
      headers: IMMUTABLE,
    })
    await graph.call('POST', `/v1.0/me/messages/${made.id}/send`)
    const copy = (await graph.call('GET', `/v1.0/me/messages/${made.id}`)).json
    expect([copy.categories, copy.flag.flagStatus]).toEqual([['Red'], 'flagged'])
    const received = (await graph.call('GET', '/v1.0/me/mailFolders/inbox/messages', { as: MEGAN })).json
      .value[0]
    expect([received.categories, received.flag.flagStatus]).toEqual([[], 'notFlagged'])
  })

  test('is made from MIME, too', async () => {
    const mime = Buffer.from(`From: ${ALLAN}\r\nTo: ${MEGAN}\r\nSubject: From MIME\r\n\r\nHello\r\n`)
    const answer = await graph.call('POST', '/v1.0/me/messages', {
      raw: mime.toString('base64'),
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.json).toMatchObject({
      subject: 'From MIME',
      from: { emailAddress: { address: ALLAN } },
      body: { contentType: 'text', content: 'Hello\r\n' },
      isDraft: true,
    })
  })

  test('that was sent is no draft any more', async () => {
    const made = await draft(message(), { headers: IMMUTABLE })
    await graph.call('POST', `/v1.0/me/messages/${made.id}/send`)
    const again = await graph.call('POST', `/v1.0/me/messages/${made.id}/send`)
    expect([again.status, again.json.error.code]).toEqual([400, 'ErrorInvalidRequest'])
    const changed = await graph.call('PATCH', `/v1.0/me/messages/${made.id}`, { body: { subject: 'x' } })
    expect([changed.status, changed.json.error.code]).toEqual([400, 'ErrorInvalidPropertySet'])
    const read = await graph.call('PATCH', `/v1.0/me/messages/${made.id}`, { body: { isRead: false } })
    expect(read.json.isRead).toBe(false)
  })

  test('goes to Deleted Items, then out of sight; permanentDelete ends it at once', async () => {
    const made = await draft(message(), { headers: IMMUTABLE })
    expect((await graph.call('DELETE', `/v1.0/me/messages/${made.id}`)).status).toBe(204)
    expect(subjects(graph.mailbox(ADELE), 'deleteditems')).toHaveLength(1)
    expect((await graph.call('DELETE', `/v1.0/me/messages/${made.id}`)).status).toBe(204)
    expect(subjects(graph.mailbox(ADELE), 'deleteditems')).toEqual([])
    const other = await draft(message(), { headers: IMMUTABLE })
    expect((await graph.call('POST', `/v1.0/me/messages/${other.id}/permanentDelete`)).status).toBe(204)
    expect((await graph.call('GET', `/v1.0/me/messages/${other.id}`)).status).toBe(404)
  })

  test('moves to another folder with a new ordinary id', async () => {
    const made = await draft()
    const moved = await graph.call('POST', `/v1.0/me/messages/${made.id}/move`, {
      body: { destinationId: 'deleteditems' },
    })
    expect(moved.status).toBe(201)
    expect(moved.json.id).not.toBe(made.id)
    expect((await graph.call('GET', `/v1.0/me/messages/${moved.json.id}`)).status).toBe(200)
  })
})

describe('a list of messages', () => {
  test('comes newest first, ten at a time, and its links lead through all of them once', async () => {
    for (let number = 0; number < 25; number++) await send(`Mail ${number}`)
    const seen: string[] = []
    let next = '/v1.0/me/mailFolders/sentitems/messages?$select=subject&$filter=isDraft eq false'
    let pages = 0
    while (next) {
      const page = await graph.call('GET', next)
      expect(page.status).toBe(200)
      seen.push(...page.json.value.map(({ subject }: { subject: string }) => subject))
      next = page.json['@odata.nextLink']
      pages++
    }
    expect([seen.length, new Set(seen).size, pages]).toEqual([25, 25, 3])
  })

  test('$top, $skip and $count', async () => {
    for (const subject of ['a', 'b', 'c']) await send(subject)
    const page = await graph.call('GET', '/v1.0/me/mailFolders/sentitems/messages?$top=1&$skip=1&$count=true')
    expect([page.json.value.length, page.json['@odata.count']]).toEqual([1, 3])
    expect(page.json['@odata.nextLink']).toContain('$skip=2')
    const last = await graph.call('GET', page.json['@odata.nextLink'])
    expect(last.json.value).toHaveLength(1)
    expect(last.json['@odata.nextLink']).toBeUndefined()
  })

  test('$select gives what it names and the id; headers come only when asked for', async () => {
    await send('With header', { internetMessageHeaders: [{ name: 'X-Probe', value: '1' }] })
    const plain = (await graph.call('GET', '/v1.0/me/mailFolders/sentitems/messages')).json.value[0]
    expect(plain.internetMessageHeaders).toBeUndefined()
    const selected = (
      await graph.call('GET', '/v1.0/me/mailFolders/sentitems/messages?$select=InternetMessageHeaders,from')
    ).json.value[0]
    expect(Object.keys(selected).sort()).toEqual(['@odata.etag', 'from', 'id', 'internetMessageHeaders'])
    expect(selected.internetMessageHeaders).toEqual([{ name: 'X-Probe', value: '1' }])
  })

  test.each([
    ["subject eq 'Second'", ['Second']],
    ["startswith(subject,'S') and not (subject eq 'Second')", ['Sixth']],
    ["contains(subject,'ir') or subject eq 'sixth'", ['First', 'Sixth']],
    ["from/emailAddress/address eq 'ADELEV@contoso.com' and isRead eq true", ['First', 'Second', 'Sixth']],
    ["toRecipients/any(r:r/emailAddress/address eq 'pattif@contoso.com')", ['Second']],
    ['sentDateTime ge 2000-01-01T00:00:00Z and sentDateTime lt 2001-01-01T00:00:00Z', []],
    ['receivedDateTime gt 2000-01-01T00:00:00+02:00', ['First', 'Second', 'Sixth']],
    ["subject ne 'First' and importance eq 'normal'", ['Second', 'Sixth']],
    ["subject eq 'It''s'", []],
    ['hasAttachments', []],
  ])('$filter=%s', async (filter, expected) => {
    await send('First')
    await send('Second', { toRecipients: [{ emailAddress: { address: PATTI } }] })
    await send('Sixth')
    const answer = await graph.call(
      'GET',
      `/v1.0/me/mailFolders/sentitems/messages?$filter=${encodeURIComponent(filter)}&$orderby=subject`,
    )
    expect(answer.json.value.map(({ subject }: { subject: string }) => subject)).toEqual(expected)
  })

  test.each([
    ["$filter=colour eq 'red'", 'RequestBroker--ParseUri'],
    ['$filter=subject eq', 'ErrorInvalidUrlQueryFilter'],
    ["$filter=subject eq 'open", 'ErrorInvalidUrlQueryFilter'],
    [`$filter=${'('.repeat(200)}isRead${')'.repeat(200)}`, 'ErrorInvalidUrlQueryFilter'],
    ['$select=colour', 'RequestBroker--ParseUri'],
    ['$orderby=colour desc', 'RequestBroker--ParseUri'],
    ['$top=0', 'ErrorInvalidUrlQuery'],
    ['$top=1001', 'ErrorInvalidUrlQuery'],
    ['$apply=groupby((subject))', 'BadRequest'],
  ])('%s is refused with %s', async (query, code) => {
    const answer = await graph.call('GET', `/v1.0/me/messages?${query}`)
    expect([answer.status, answer.json.error.code]).toEqual([400, code])
  })

  test('$orderby descending, and $expand=attachments', async () => {
    const attachments = [
      { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.txt', contentBytes: 'YQ==' },
    ]
    await send('a', { attachments })
    await send('b')
    const answer = await graph.call(
      'GET',
      '/v1.0/me/mailFolders/sentitems/messages?$orderby=subject desc&$expand=attachments&$select=subject',
    )
    expect(answer.json.value.map(({ subject }: { subject: string }) => subject)).toEqual(['b', 'a'])
    expect(answer.json.value[1].attachments[0]).toMatchObject({ name: 'a.txt', contentBytes: 'YQ==' })
  })

  test('/me/messages lists all mail folders', async () => {
    await send('sent')
    await draft(message(undefined, { subject: 'draft' }))
    const answer = await graph.call('GET', '/v1.0/me/messages?$orderby=subject')
    expect(answer.json.value.map(({ subject }: { subject: string }) => subject)).toEqual(['draft', 'sent'])
  })

  test('Prefer: outlook.body-content-type="text" gives text for HTML', async () => {
    await send('html', { body: { contentType: 'html', content: '<style>p{}</style><p>One &amp; two</p>' } })
    const answer = await graph.call('GET', '/v1.0/me/mailFolders/sentitems/messages', {
      headers: { prefer: 'outlook.body-content-type="text"' },
    })
    expect(answer.json.value[0].body).toEqual({ contentType: 'text', content: 'One & two' })
    expect(answer.json.value[0].bodyPreview).toBe('One & two')
  })
})

describe('whose messages', () => {
  const inboxOf = (owner: string, options: GraphCall = {}) =>
    graph.call('GET', `/v1.0/users/${owner}/mailFolders/inbox/messages`, options)
  const toAllan = { toRecipients: [{ emailAddress: { address: ALLAN } }] }

  test('without any right the mailbox is closed', async () => {
    const answer = await inboxOf(PATTI)
    expect([answer.status, answer.json.error.code]).toEqual([403, 'ErrorAccessDenied'])
  })

  test('a folder permission opens one folder, for reading only', async () => {
    await send('For Allan', toAllan)
    allow(ALLAN, 'inbox', ADELE, 0x401)
    const inbox = await inboxOf(ALLAN)
    expect(inbox.json.value.map(({ subject }: { subject: string }) => subject)).toEqual(['For Allan'])
    const id = inbox.json.value[0].id
    const changed = await graph.call('PATCH', `/v1.0/users/${ALLAN}/messages/${id}`, {
      body: { isRead: true },
    })
    const deleted = await graph.call('DELETE', `/v1.0/users/${ALLAN}/messages/${id}`)
    // What Adele sent lies there as her item, so the level without EditOwned is what refuses.
    expect([changed.status, deleted.status]).toEqual([403, 403])
    const sentItems = await graph.call('GET', `/v1.0/users/${ALLAN}/mailFolders/sentitems/messages`)
    expect([sentItems.status, sentItems.json.error.code]).toEqual([404, 'ErrorItemNotFound'])
    graph
      .mailbox(ALLAN)
      .distinguished('inbox')
      ?.permissions.remove({ kind: 'account', sid: graph.recipient(ADELE).sid })
  })

  test('Full Access opens everything, and drafts are made there', async () => {
    graph.grant(ALLAN, ADELE, 'FullAccess')
    const made = await graph.call('POST', `/v1.0/users/${ALLAN}/messages`, { body: message() })
    expect(made.status).toBe(201)
    expect(subjects(graph.mailbox(ALLAN), 'drafts')).toHaveLength(1)
    const denied = await graph.call('POST', `/v1.0/users/${ALLAN}/messages/${made.json.id}/send`)
    expect([denied.status, denied.json.error.code]).toEqual([403, 'ErrorSendAsDenied'])
    graph.grant(ALLAN, ADELE, 'SendAs')
    expect((await graph.call('POST', `/v1.0/users/${ALLAN}/messages/${made.json.id}/send`)).status).toBe(202)
    expect(subjects(graph.mailbox(ALLAN), 'sentitems')).toHaveLength(1)
    expect(subjects(graph.mailbox(ADELE), 'sentitems')).toHaveLength(0)
    graph.revoke(ALLAN, ADELE, 'SendAs')
    graph.revoke(ALLAN, ADELE, 'FullAccess')
  })

  test('a mailbox hidden from address lists is opened and sent through by its owner alone', async () => {
    const { directory } = graph.simulator.exchange
    const owner = graph.recipient(ALLAN)
    for (const right of ['FullAccess', 'SendAs', 'SendOnBehalf'] as const) graph.grant(ALLAN, ADELE, right)
    const inbox = graph.mailbox(ALLAN).distinguished('inbox')
    inbox?.permissions.set({ kind: 'account', sid: graph.recipient(ADELE).sid }, 0x7fb)
    const path = `/v1.0/users/${ALLAN}`
    const all = async (as: string) => [
      (await graph.call('GET', `${path}/messages`, { as })).status,
      (await graph.call('GET', `${path}/mailFolders/inbox`, { as })).status,
      (await graph.call('POST', `${path}/messages`, { as, body: message() })).status,
      (await graph.call('POST', `${path}/sendMail`, { as, body: { message: message(ALLAN) } })).status,
    ]
    const draft = (await graph.call('POST', `${path}/messages`, { body: message(ALLAN) })).json
    expect(await all(ADELE)).toEqual([200, 200, 201, 202])
    directory.configure(owner, { hiddenFromAddressLists: true })
    try {
      expect(await all(ADELE)).toEqual([403, 404, 404, 403])
      expect((await graph.call('POST', `${path}/messages/${draft.id}/send`)).status).toBe(404)
      expect(await all(ALLAN)).toEqual([200, 200, 201, 202])
      expect((await graph.call('GET', `${path}/messages`, { app: true })).status).toBe(200)
    } finally {
      directory.configure(owner, { hiddenFromAddressLists: false })
      inbox?.permissions.remove({ kind: 'account', sid: graph.recipient(ADELE).sid })
      for (const right of ['FullAccess', 'SendAs', 'SendOnBehalf'] as const) graph.revoke(ALLAN, ADELE, right)
    }
  })

  test('an id of one mailbox is nothing in another', async () => {
    const made = await draft()
    const answer = await graph.call('GET', `/v1.0/me/messages/${made.id}`, { as: MEGAN })
    expect([answer.status, answer.json.error.code]).toEqual([404, 'ErrorItemNotFound'])
  })

  test('private items are not shown to somebody who only has a folder permission', async () => {
    const mime = Buffer.from(`To: ${ALLAN}\r\nSubject: Secret\r\nSensitivity: Private\r\n\r\nx`).toString(
      'base64',
    )
    await graph.call('POST', '/v1.0/me/sendMail', { raw: mime, headers: { 'content-type': 'text/plain' } })
    allow(ALLAN, 'inbox', PATTI, 0x401)
    expect((await inboxOf(ALLAN, { as: PATTI })).json.value).toEqual([])
    expect((await inboxOf(ALLAN, { as: ALLAN })).json.value).toHaveLength(1)
  })

  test.each<[string, string, GraphCall, number]>([
    ['Mail.Send reads nothing', 'GET', { scope: 'Mail.Send' }, 403],
    ['Mail.Read reads one’s own', 'GET', { scope: 'Mail.Read' }, 200],
    ['Mail.Read makes no draft', 'POST', { scope: 'Mail.Read', body: message() }, 403],
    ['Mail.ReadWrite makes a draft', 'POST', { scope: 'Mail.ReadWrite', body: message() }, 201],
    [
      'Mail.ReadWrite.Shared includes one’s own',
      'POST',
      { scope: 'Mail.ReadWrite.Shared', body: message() },
      201,
    ],
  ])('%s', async (_name, method, options, status) => {
    expect((await graph.call(method, '/v1.0/me/messages', options)).status).toBe(status)
  })

  test('another’s mailbox takes a .Shared scope, whatever the rights', async () => {
    graph.grant(ALLAN, ADELE, 'FullAccess')
    expect((await inboxOf(ALLAN, { scope: 'Mail.Read' })).status).toBe(403)
    expect((await inboxOf(ALLAN, { scope: 'Mail.Read.Shared' })).status).toBe(200)
    graph.revoke(ALLAN, ADELE, 'FullAccess')
  })

  test('an application reads and writes every mailbox, and has no /me', async () => {
    expect((await inboxOf(PATTI, { app: true })).status).toBe(200)
    const made = await graph.call('POST', `/v1.0/users/${PATTI}/messages`, { app: true, body: message() })
    expect(made.status).toBe(201)
    const me = await graph.call('GET', '/v1.0/me/messages', { app: true })
    expect([me.status, me.json.error.code]).toEqual([400, 'BadRequest'])
    expect(me.json.error.message).toBe('/me request is only valid with delegated authentication flow.')
  })

  test('unknown users and groups have no mailbox', async () => {
    for (const name of ['nobody@contoso.com', 'sales@contoso.com']) {
      const answer = await inboxOf(name)
      expect([answer.status, answer.json.error.code]).toEqual([404, 'ErrorInvalidUser'])
      expect(answer.json.error.message).toBe(`The requested user '${name}' is invalid.`)
    }
  })

  test('a user is named by id, by address and in OData’s key form', async () => {
    const { id } = graph.recipient(ADELE)
    for (const path of [`users/${id}`, `users/${ADELE.toLowerCase()}`, `Users('${ADELE}')`, 'ME']) {
      expect((await graph.call('GET', `/v1.0/${path}/mailFolders('inbox')/messages`)).status).toBe(200)
    }
  })
})

describe('mail folders', () => {
  test('are listed with their counts', async () => {
    await send('x', { toRecipients: [{ emailAddress: { address: ADELE } }] })
    const answer = await graph.call('GET', '/v1.0/me/mailFolders?$top=50')
    const byName = new Map<string, Record<string, unknown>>(
      answer.json.value.map((folder: { displayName: string }) => [folder.displayName, folder]),
    )
    expect([...byName.keys()]).toContain('Sent Items')
    expect([...byName.keys()]).not.toContain('Calendar')
    expect(byName.get('Inbox')).toMatchObject({ totalItemCount: 1, unreadItemCount: 1 })
  })

  test('are found by well-known name and by id', async () => {
    const byName = (await graph.call('GET', '/v1.0/me/mailFolders/Inbox')).json
    const byId = (await graph.call('GET', `/v1.0/me/mailFolders/${byName.id}`)).json
    expect(byId).toEqual(byName)
    expect((await graph.call('GET', `/v1.0/me/mailFolders/${byName.id}/messages`)).status).toBe(200)
  })

  test.each([
    ['archive', 404, 'ErrorItemNotFound'],
    ['nonsense', 400, 'ErrorInvalidIdMalformed'],
    ['A'.repeat(120), 404, 'ErrorItemNotFound'],
  ])('%s is %i', async (name, status, code) => {
    const answer = await graph.call('GET', `/v1.0/me/mailFolders/${name}`)
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })

  test('a message is looked for in the folder of the path alone', async () => {
    const made = await draft()
    expect((await graph.call('GET', `/v1.0/me/mailFolders/drafts/messages/${made.id}`)).status).toBe(200)
    expect((await graph.call('GET', `/v1.0/me/mailFolders/inbox/messages/${made.id}`)).status).toBe(404)
  })
})
