import { describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { ConnectionError, EwsResponseError, InvalidInputError } from '../../src/errors.ts'
import { EwsClient, type EwsClientOptions } from '../../src/ews/client.ts'
import type { HttpRequest } from '../../src/http/transport.ts'
import { explicitFolder, folderById, ownFolder } from '../../src/model/folder-target.ts'
import type { NewItem } from '../../src/model/item.ts'
import { type Element, findChild, parseXml } from '../../src/xml/element.ts'
import { collect } from '../helpers/collect.ts'
import { readFixture } from '../helpers/fixtures.ts'

const owner = 'allan@contoso.com'
const calendar = explicitFolder('calendar', owner)
const drafts = explicitFolder('drafts', owner)

type Answer = string | Error | ((root: Element) => string)

function clientWith(
  answers: Answer[] | ((root: Element) => string),
  options: Partial<EwsClientOptions> = {},
) {
  const sent: Element[] = []
  const bodies: string[] = []
  const transport = async (request: HttpRequest) => {
    const body = String(request.body)
    const envelope = parseXml(body)
    const root = findChild(envelope, 'Body')?.children[0] as Element
    sent.push(root)
    bodies.push(body)
    const answer = typeof answers === 'function' ? answers : answers.shift()
    if (answer === undefined) throw new Error(`an unexpected ${root.name}`)
    if (answer instanceof Error) throw answer
    const text = typeof answer === 'function' ? answer(root) : answer
    return { status: text.startsWith('<') ? 200 : 401, statusText: '', headers: {}, body: text }
  }
  const client = new EwsClient({
    url: 'https://mail.contoso.com/EWS/Exchange.asmx',
    auth: basic({ user: 'admin', password: 'Pa55-w0rd-x' }),
    transport,
    ...options,
  })
  return { client, sent, bodies }
}

async function caught(promise: Promise<unknown>): Promise<EwsResponseError> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error) => error,
  )
}

const envelope = (body: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>${body}</s:Body></s:Envelope>`
const answerOf = (operation: string, ...messages: string[]) =>
  envelope(
    `<m:${operation}Response><m:ResponseMessages>${messages
      .map(
        (content) =>
          `<m:${operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>${content}</m:${operation}ResponseMessage>`,
      )
      .join('')}</m:ResponseMessages></m:${operation}Response>`,
  )
const itemXml = (id: string, content = '') =>
  `<t:Message><t:ItemId Id="${id}" ChangeKey="k-${id}"/>${content}</t:Message>`
const fault = (code: string) =>
  envelope(
    `<s:Fault><faultcode>a:${code}</faultcode><faultstring>No.</faultstring><detail><e:ResponseCode xmlns:e="e">${code}</e:ResponseCode></detail></s:Fault>`,
  )
const idsOf = (root: Element) =>
  (findChild(root, 'ItemIds')?.children ?? []).map(({ attributes }) => attributes.Id as string)
/** Answers every id with an item of that id. */
const getsItems = (root: Element) =>
  answerOf('GetItem', ...idsOf(root).map((id) => `<m:Items>${itemXml(id)}</m:Items>`))
const names = (count: number) => Array.from({ length: count }, (_, n) => `i${n}`)

describe('find', () => {
  test('pages through an owner’s folder, an item at a time', async () => {
    const all = names(25)
    const { client, sent } = clientWith((root) => {
      const { Offset, MaxEntriesReturned } = findChild(root, 'IndexedPageItemView')?.attributes ?? {}
      const start = Number(Offset)
      const end = start + Number(MaxEntriesReturned)
      return answerOf(
        'FindItem',
        `<m:RootFolder IndexedPagingOffset="${Math.min(end, 25)}" TotalItemsInView="25" IncludesLastItemInRange="${end >= 25}"><t:Items>${all
          .slice(start, end)
          .map((id) => itemXml(id))
          .join('')}</t:Items></m:RootFolder>`,
      )
    })
    const items = await collect(client.items.find(explicitFolder('inbox', owner), { pageSize: 10 }))
    expect(items.map(({ id }) => id)).toEqual(all.map((id) => ({ id, changeKey: `k-${id}` })))
    expect(sent).toHaveLength(3)
  })

  test('sends nothing before the first item is asked for', () => {
    const { client, sent } = clientWith([])
    client.items.find(calendar)
    expect(sent).toEqual([])
  })

  test('throws for a folder that is not there', async () => {
    const { client } = clientWith([readFixture('find-item/response.not-found.xml')])
    expect(await caught(collect(client.items.find(calendar)))).toMatchObject({
      responseCode: 'ErrorFolderNotFound',
      level: 'item',
    })
  })

  test('impersonates on every page', async () => {
    const { client, bodies } = clientWith([readFixture('find-item/response.empty.xml')], {
      impersonate: { principalName: owner },
    })
    await collect(client.items.find(ownFolder('inbox')))
    expect(bodies[0]).toContain(`<t:PrincipalName>${owner}</t:PrincipalName>`)
  })
})

describe('a calendar view', () => {
  const entry = (n: number, start: string, end: string) =>
    `<t:CalendarItem><t:ItemId Id="c${n}"/><t:Start>${start}</t:Start><t:End>${end}</t:End></t:CalendarItem>`
  /** A calendar that answers at most `most` entries of a view, in order of their starts. */
  const calendarOf = (entries: readonly (readonly [string, string])[], most: number) => (root: Element) => {
    const view = findChild(root, 'CalendarView')?.attributes ?? {}
    const from = Date.parse(view.StartDate as string)
    const to = Date.parse(view.EndDate as string)
    const inView = entries
      .map(([start, end], n) => ({ n, start, end }))
      .filter(({ start, end }) => Date.parse(start) < to && Date.parse(end) > from)
      .sort((a, b) => Date.parse(a.start) - Date.parse(b.start))
    const shown = inView.slice(0, Math.min(most, Number(view.MaxEntriesReturned)))
    return answerOf(
      'FindItem',
      `<m:RootFolder TotalItemsInView="${inView.length}" IncludesLastItemInRange="${shown.length === inView.length}"><t:Items>${shown.map(({ n, start, end }) => entry(n, start, end)).join('')}</t:Items></m:RootFolder>`,
    )
  }
  const view = { start: '2026-11-16T00:00:00Z', end: new Date('2026-11-23T00:00:00Z') }
  const hour = (n: number) => new Date(Date.parse('2026-11-16T00:00:00Z') + n * 3_600_000).toISOString()

  test('that is cut short goes on where it stopped, and yields what reaches over only once', async () => {
    const entries = [
      [hour(-5), hour(150)] as const,
      ...Array.from({ length: 30 }, (_, n) => [hour(n), hour(n + 3)] as const),
    ]
    const { client, sent } = clientWith(calendarOf(entries, 7))
    const found = await collect(client.items.find(calendar, { calendarView: view, pageSize: 7 }))
    expect(found.map(({ id }) => id.id)).toEqual(entries.map((_, n) => `c${n}`))
    expect(sent.length).toBeGreaterThan(3)
  })

  test('with more entries at one moment than a page holds asks for more at once', async () => {
    const entries = Array.from({ length: 25 }, () => [hour(1), hour(2)] as const)
    const { client } = clientWith(calendarOf(entries, 1000))
    expect(await collect(client.items.find(calendar, { calendarView: view, pageSize: 10 }))).toHaveLength(25)
  })

  test('that the server never completes is an error, not a short list', async () => {
    const entries = Array.from({ length: 25 }, () => [hour(1), hour(2)] as const)
    const { client } = clientWith(calendarOf(entries, 10))
    expect(await caught(collect(client.items.find(calendar, { calendarView: view })))).toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
    })
  })

  test('asks for the times that it needs to go on', () => {
    const { client } = clientWith([])
    expect(client.items.prepareFind(calendar, { calendarView: view, base: 'IdOnly' }).shape).toEqual({
      base: 'IdOnly',
      properties: ['calendar:Start', 'calendar:End'],
    })
  })
})

describe('many ids', () => {
  test('are split into parts of a hundred and come back in order', async () => {
    const { client, sent } = clientWith(getsItems)
    const outcomes = await client.items.getAll(names(250))
    expect(outcomes.map((outcome) => outcome.ok && outcome.item.id.id)).toEqual(names(250))
    expect(sent.map((root) => idsOf(root).length)).toEqual([100, 100, 50])
  })

  test('of a part that fails have its failure, and the others their items', async () => {
    const { client } = clientWith([getsItems, fault('ErrorInternalServerError'), getsItems])
    const outcomes = await client.items.getAll(names(6), { batchSize: 2 })
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.item.id.id : outcome.code))).toEqual([
      'i0',
      'i1',
      'ErrorInternalServerError',
      'ErrorInternalServerError',
      'i4',
      'i5',
    ])
    expect(outcomes[2]).toMatchObject({ id: { id: 'i2' } })
  })

  test('of a write whose answer was lost say that it may have happened', async () => {
    const deletes = (root: Element) => answerOf('DeleteItem', ...idsOf(root).map(() => ''))
    const { client } = clientWith([deletes, '<html>'])
    const outcomes = await client.items.delete(names(4), { batchSize: 2 })
    expect(outcomes.slice(0, 2)).toEqual([
      { ok: true, id: { id: 'i0' } },
      { ok: true, id: { id: 'i1' } },
    ])
    for (const outcome of outcomes.slice(2))
      expect(outcome).toMatchObject({ ok: false, mayHaveHappened: true })
  })

  test.each([
    ['busy', fault('ErrorServerBusy'), 'ErrorServerBusy'],
    ['full', fault('ErrorExceededConnectionCount'), 'ErrorExceededConnectionCount'],
    ['away', new ConnectionError('ERR_CONNECTION', 'It cannot be reached.'), 'ERR_CONNECTION'],
  ])(
    'are not sent on to a server that is %s: each part would wait as long again',
    async (_, answer, code) => {
      const { client, sent } = clientWith([getsItems, answer])
      const outcomes = await client.items.getAll(names(6), { batchSize: 2 })
      expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([
        true,
        true,
        code,
        code,
        ...Array(2).fill('ErrorBatchProcessingStopped'),
      ])
      expect(sent).toHaveLength(2)
    },
  )

  test('are not sent on after the sign-in was refused', async () => {
    const { client, sent } = clientWith([getsItems, 'not signed in'])
    const outcomes = await client.items.getAll(names(8), { batchSize: 2 })
    expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([
      true,
      true,
      'ERR_AUTHENTICATION',
      'ERR_AUTHENTICATION',
      ...Array(4).fill('ErrorBatchProcessingStopped'),
    ])
    expect(sent).toHaveLength(2)
  })

  test('of which no part is answered throw the first failure', async () => {
    const { client } = clientWith([fault('ErrorImpersonateUserDenied'), fault('ErrorServerBusy')])
    expect(await caught(client.items.getAll(names(4), { batchSize: 2 }))).toMatchObject({
      responseCode: 'ErrorImpersonateUserDenied',
      level: 'fault',
    })
  })

  test('are all checked before the first part is sent', async () => {
    const { client, sent } = clientWith([])
    const items: NewItem[] = [
      { type: 'Message', subject: 'good' },
      { type: 'Message', toRecipients: ['nobody'] },
    ]
    expect(await caught(client.items.create(items, { batchSize: 1 }))).toBeInstanceOf(InvalidInputError)
    expect(sent).toEqual([])
  })

  test('that are none send nothing', async () => {
    const { client, sent } = clientWith([])
    expect(await client.items.getAll([])).toEqual([])
    expect(await client.items.delete([])).toEqual([])
    expect(sent).toEqual([])
  })
})

describe('one item', () => {
  test('is returned', async () => {
    const { client } = clientWith([getsItems])
    expect(await client.items.get('i1')).toMatchObject({ type: 'Message', id: { id: 'i1' } })
  })

  test('that is not there is thrown with its code and a hint', async () => {
    const answer = readFixture('get-item/response.message.xml').replace(
      /<m:GetItemResponseMessage ResponseClass="Success">[\s\S]*?<\/m:GetItemResponseMessage>/,
      '',
    )
    const { client } = clientWith([answer])
    const error = await caught(client.items.get('gone'))
    expect(error).toBeInstanceOf(EwsResponseError)
    expect(error).toMatchObject({ responseCode: 'ErrorItemNotFound', level: 'item' })
    expect(error.hint).toContain('does not exist')
  })
})

describe('sending on behalf', () => {
  const message = { type: 'Message' as const, subject: 'Hello', toRecipients: ['megan@contoso.com'] }
  const saved = readFixture('create-item/response.partial-failure.xml').replace(
    /<m:CreateItemResponseMessage ResponseClass="Error">[\s\S]*?<\/m:CreateItemResponseMessage>/,
    '',
  )

  const folderXml = (id: string, createContents = true) =>
    `<m:Folders><t:Folder><t:FolderId Id="${id}"/><t:EffectiveRights><t:CreateAssociated>false</t:CreateAssociated><t:CreateContents>${createContents}</t:CreateContents><t:CreateHierarchy>false</t:CreateHierarchy><t:Delete>false</t:Delete><t:Modify>false</t:Modify><t:Read>true</t:Read></t:EffectiveRights></t:Folder></m:Folders>`
  const open = answerOf('GetFolder', folderXml('drafts'), folderXml('sentitems'))

  test('saves in the owner’s Drafts, then sends with the copy in the owner’s Sent Items', async () => {
    const { client, sent, bodies } = clientWith([open, saved, readFixture('send-item/response.xml')])
    await client.items.sendOnBehalf(owner, message)
    expect(sent.map(({ name }) => name)).toEqual(['GetFolder', 'CreateItem', 'SendItem'])
    expect(sent[1]?.attributes).toEqual({ MessageDisposition: 'SaveOnly' })
    expect(bodies[1]).toContain('<t:DistinguishedFolderId Id="drafts">')
    expect(bodies[2]).toContain('<t:ItemId Id="AAMkAGY3NDA=" ChangeKey="CQAAABYAAAA="/>')
    expect(bodies[2]).toContain('<t:DistinguishedFolderId Id="sentitems">')
    for (const body of bodies) expect(body).toContain(`<t:EmailAddress>${owner}</t:EmailAddress>`)
  })

  test('says where the draft is when it is denied', async () => {
    const { client } = clientWith([open, saved, readFixture('send-item/response.send-as-denied.xml')])
    const error = await caught(client.items.sendOnBehalf(owner, message))
    expect(error).toMatchObject({ responseCode: 'ErrorSendAsDenied' })
    expect(error.hint).toContain('still in the Drafts')
  })

  const lost = () => new ConnectionError('ERR_CONNECTION', 'The connection broke.', { mayHaveHappened: true })
  const gone = answerOf('GetItem').replace(
    '<m:ResponseMessages></m:ResponseMessages>',
    '<m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>Not found.</m:MessageText><m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:Items/></m:GetItemResponseMessage></m:ResponseMessages>',
  )
  test.each([
    [
      'there: not sent, though it can still be',
      lost(),
      getsItems,
      /still in the Drafts of the owner.*can still/,
    ],
    ['gone: probably sent', lost(), gone, /no longer in the Drafts of the owner.*Sent Items/],
    ['not to be read: not known', lost(), lost(), /still in the Drafts of the owner, it was not sent/],
  ])('after a lost answer looks at the draft. It is %s', async (_, answer, look, hint) => {
    const { client, sent } = clientWith([open, saved, answer, look])
    const error = await caught(client.items.sendOnBehalf(owner, message))
    expect(sent.map(({ name }) => name)).toEqual(['GetFolder', 'CreateItem', 'SendItem', 'GetItem'])
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: true })
    expect(error.hint).toMatch(hint)
  })

  test('that ended with an error of the server was not sent when the draft is there', async () => {
    const failed = fault('ErrorInternalServerError')
    const { client, sent } = clientWith([open, saved, failed, getsItems])
    const error = await caught(client.items.sendOnBehalf(owner, message))
    expect(sent.map(({ name }) => name)).toEqual(['GetFolder', 'CreateItem', 'SendItem', 'GetItem'])
    expect(error).toMatchObject({ responseCode: 'ErrorInternalServerError', mayHaveHappened: false })
    expect(error.hint).toContain('The draft is still in the Drafts of the owner.')
  })

  test('that never left says where the draft is, without a look', async () => {
    const unsent = new ConnectionError('ERR_CONNECTION', 'The connection was refused.')
    const { client, sent } = clientWith([open, saved, unsent])
    const error = await caught(client.items.sendOnBehalf(owner, message))
    expect(sent.map(({ name }) => name)).toEqual(['GetFolder', 'CreateItem', 'SendItem'])
    expect(error).toMatchObject({ mayHaveHappened: false })
    expect(error.hint).toContain('still in the Drafts')
  })

  test.each([
    [
      'not there for the delegate',
      answerOf('GetFolder', folderXml('drafts')).replace(
        '</m:ResponseMessages>',
        '<m:GetFolderResponseMessage ResponseClass="Error"><m:MessageText>Not found.</m:MessageText><m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:Folders/></m:GetFolderResponseMessage></m:ResponseMessages>',
      ),
      'ErrorItemNotFound',
    ],
    [
      'closed to new items',
      answerOf('GetFolder', folderXml('drafts'), folderXml('sentitems', false)),
      'ErrorCreateItemAccessDenied',
    ],
  ])('saves no draft when Sent Items is %s, and says what to grant', async (_, answer, code) => {
    const { client, sent } = clientWith([answer])
    const error = await caught(client.items.sendOnBehalf(owner, message))
    expect(error).toMatchObject({ responseCode: code })
    expect(error.message).toContain(`the sentitems of ${owner}`)
    expect(error.hint).toContain('Author on both')
    expect(sent.map(({ name }) => name)).toEqual(['GetFolder'])
  })

  test('saves no draft of what has nobody to go to', async () => {
    const { client, sent } = clientWith([])
    expect(await caught(client.items.sendOnBehalf(owner, { type: 'Message' }))).toBeInstanceOf(
      InvalidInputError,
    )
    expect(sent).toEqual([])
  })
})

test('changes without a change key are looked up first, unless they overwrite, and one not found leaves the others', async () => {
  const change = (id: string | { id: string; changeKey: string }) => ({
    id,
    type: 'Message' as const,
    set: { subject: 'x' },
  })
  const updates = (root: Element) =>
    (findChild(root, 'ItemChanges')?.children ?? []).map((one) => one.children[0]?.attributes)
  const updated = (root: Element) =>
    answerOf('UpdateItem', ...updates(root).map((id) => `<m:Items>${itemXml(id?.Id ?? '')}</m:Items>`))
  const { client, sent } = clientWith([
    answerOf('GetItem', `<m:Items>${itemXml('a')}</m:Items>`).replace(
      '</m:ResponseMessages>',
      '<m:GetItemResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:Items/></m:GetItemResponseMessage></m:ResponseMessages>',
    ),
    updated,
    updated,
  ])
  const outcomes = await client.items.update([
    change('a'),
    change('gone'),
    change({ id: 'c', changeKey: 'kc' }),
  ])
  expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([true, 'ErrorItemNotFound', true])
  expect(updates(sent[1] as Element)).toEqual([
    { Id: 'a', ChangeKey: 'k-a' },
    { Id: 'c', ChangeKey: 'kc' },
  ])
  await client.items.update([change('a')], { conflictResolution: 'AlwaysOverwrite' })
  expect(updates(sent[2] as Element)).toEqual([{ Id: 'a' }])
})

test('drafts without a change key are looked up before they are sent, and those not found are not sent', async () => {
  const { client, sent } = clientWith([
    answerOf('GetItem', `<m:Items>${itemXml('a')}</m:Items>`).replace(
      '</m:ResponseMessages>',
      '<m:GetItemResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:Items/></m:GetItemResponseMessage></m:ResponseMessages>',
    ),
    (root) => answerOf('SendItem', ...idsOf(root).map(() => '')),
  ])
  const outcomes = await client.items.send(['a', 'gone', { id: 'c', changeKey: 'kc' }])
  expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([true, 'ErrorItemNotFound', true])
  expect(findChild(sent[1] as Element, 'ItemIds')?.children.map(({ attributes }) => attributes)).toEqual([
    { Id: 'a', ChangeKey: 'k-a' },
    { Id: 'c', ChangeKey: 'kc' },
  ])
})

test('new ids are asked for from servers that know how to tell them', () => {
  const prepared = (version: EwsClientOptions['version']) =>
    clientWith([], version ? { version } : {}).client.items.prepareMove(['a'], folderById('f'))
  expect(prepared(undefined)).toMatchObject({ returnNewItemIds: true })
  expect(prepared('Exchange2010')).not.toHaveProperty('returnNewItemIds')
})

test('dispositions are sent where there are items that need them', () => {
  const { client } = clientWith([])
  const prepare = (...items: NewItem[]) => client.items.prepareCreate(items)
  expect(prepare({ type: 'Contact' })).toEqual({ items: [{ type: 'Contact' }] })
  expect(prepare({ type: 'Message' }, { type: 'CalendarItem' })).toMatchObject({
    messageDisposition: 'SaveOnly',
    sendMeetingInvitations: 'SendToNone',
  })
})

describe('answering invitations', () => {
  const answered = (root: Element) =>
    answerOf(
      'CreateItem',
      ...(findChild(root, 'Items')?.children ?? []).map(
        () => '<m:Items><t:CalendarItem><t:ItemId Id="entry" ChangeKey="k2"/></t:CalendarItem></m:Items>',
      ),
    )
  const replies = (root: Element) => (root.name === 'GetItem' ? getsItems(root) : answered(root))

  test('looks up the change keys that are not given, which Exchange demands', async () => {
    const { client, sent } = clientWith(replies)
    const outcomes = await client.items.respond([{ id: 'a', changeKey: 'known' }, 'b'], 'Accept')
    expect(outcomes).toEqual([
      { ok: true, id: { id: 'a', changeKey: 'known' }, calendarItem: { id: 'entry', changeKey: 'k2' } },
      { ok: true, id: { id: 'b', changeKey: 'k-b' }, calendarItem: { id: 'entry', changeKey: 'k2' } },
    ])
    expect(sent.map(({ name }) => name)).toEqual(['GetItem', 'CreateItem'])
    const references = findChild(sent[1] as Element, 'Items')?.children.map(
      (item) => findChild(item, 'ReferenceItemId')?.attributes,
    )
    expect(references).toEqual([
      { Id: 'a', ChangeKey: 'known' },
      { Id: 'b', ChangeKey: 'k-b' },
    ])
  })

  test('tells the organizer unless it is said not to, and keeps a copy unless it is said not to', async () => {
    const { client, sent } = clientWith(replies)
    const id = { id: 'a', changeKey: 'k' }
    for (const options of [{}, { folder: false as const }, { send: false }])
      await client.items.respond([id], 'Decline', options)
    expect(sent.map(({ attributes }) => attributes.MessageDisposition)).toEqual([
      'SendAndSaveCopy',
      'SendOnly',
      'SaveOnly',
    ])
    await expect(client.items.respond([id], 'Decline', { send: false, body: 'No.' })).rejects.toThrow(
      InvalidInputError,
    )
    expect(sent).toHaveLength(3)
  })

  test('of what is not there says so in its place', async () => {
    const notFound = `<m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>No.</m:MessageText><m:ResponseCode>ErrorItemNotFound</m:ResponseCode></m:GetItemResponseMessage>`
    const { client, sent } = clientWith([
      envelope(`<m:GetItemResponse><m:ResponseMessages>${notFound}</m:ResponseMessages></m:GetItemResponse>`),
    ])
    expect(await client.items.respond(['a'], 'Accept')).toMatchObject([
      { ok: false, id: { id: 'a' }, code: 'ErrorItemNotFound' },
    ])
    expect(sent).toHaveLength(1)
  })
})

describe('an attachment', () => {
  const file = `<m:Attachments><t:FileAttachment><t:AttachmentId Id="x"/><t:Name>a.txt</t:Name><t:Content>AAEC</t:Content></t:FileAttachment></m:Attachments>`

  test('comes with its bytes', async () => {
    const { client } = clientWith([answerOf('GetAttachment', file)])
    const { name, content } = await client.items.attachment('x')
    expect([name, Buffer.from(content ?? []).toString('hex')]).toEqual(['a.txt', '000102'])
  })

  test('that is not there is thrown with its code', async () => {
    const { client } = clientWith([
      envelope(
        `<m:GetAttachmentResponse><m:ResponseMessages><m:GetAttachmentResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorInvalidAttachmentId</m:ResponseCode></m:GetAttachmentResponseMessage></m:ResponseMessages></m:GetAttachmentResponse>`,
      ),
    ])
    const error = await caught(client.items.attachment('x'))
    expect(error).toMatchObject({ responseCode: 'ErrorInvalidAttachmentId' })
    expect(error.hint).toContain('Get the item again')
    await expect(client.items.attachment(' ')).rejects.toThrow(InvalidInputError)
  })
})

describe('rules are checked before anything is sent', () => {
  const { client, sent } = clientWith([])
  const { items } = client
  const message: NewItem = { type: 'Message', subject: 'x' }
  const meeting: NewItem = { type: 'CalendarItem', requiredAttendees: ['megan@contoso.com'] }
  const change = { id: 'a', type: 'CalendarItem' as const, set: { subject: 'x' } }
  const wrong = (value: unknown) => value as never
  test.each<[string, () => unknown, RegExp]>([
    ['a page size of nothing', () => items.find(calendar, { pageSize: 0 }), /not a page size/],
    ['an unknown traversal', () => items.find(calendar, { traversal: wrong('Deep') }), /not a traversal/],
    [
      'a property that is none',
      () => items.find(calendar, { properties: ['Subject'] }),
      /does not name a property/,
    ],
    [
      'a dictionary without its entry',
      () => items.find(calendar, { properties: ['contacts:EmailAddress:1'] }),
      /does not name/,
    ],
    [
      'a body, which a search does not return',
      () => items.find(calendar, { properties: ['item:Body'] }),
      /does not return item:Body/,
    ],
    [
      'a restriction of a calendar view',
      () =>
        items.find(calendar, {
          calendarView: { start: '2026-11-16', end: '2026-11-17' },
          sort: [{ path: 'item:Subject' }],
        }),
      /calendar view takes neither/,
    ],
    [
      'a calendar view that ends before it starts',
      () => items.find(calendar, { calendarView: { start: '2026-11-17', end: '2026-11-16' } }),
      /ends .* before it starts/,
    ],
    [
      'a calendar view of more than two years',
      () => items.find(calendar, { calendarView: { start: '2026-01-01', end: '2029-01-01' } }),
      /two years/,
    ],
    ['an empty And', () => items.find(calendar, { restriction: { op: 'And', operands: [] } }), /no operands/],
    [
      'an unknown restriction',
      () => items.find(calendar, { restriction: wrong({ op: 'Like', path: 'item:Subject' }) }),
      /no restriction "Like"/,
    ],
    ['an empty id', () => items.prepareDelete(['']), /id is empty/],
    [
      'an unknown way to delete',
      () => items.prepareDelete(['a'], { deleteType: wrong('Soft') }),
      /way to delete/,
    ],
    ['no items', () => items.prepareCreate([]), /No items/],
    [
      'a meeting of which it is not said whether to invite',
      () => items.prepareCreate([meeting]),
      /has attendees/,
    ],
    [
      'sending to nobody',
      () => items.prepareCreate([message], { messageDisposition: 'SendOnly' }),
      /nobody to be sent to/,
    ],
    [
      'a folder for a copy that is not kept',
      () => items.prepareCreate([message], { messageDisposition: 'SendOnly', folder: drafts }),
      /keeps no copy/,
    ],
    [
      'an appointment that ends before it starts',
      () =>
        items.prepareCreate([
          { type: 'CalendarItem', start: '2026-11-21T10:00:00Z', end: '2026-11-21T10:00:00+01:00' },
        ]),
      /before it starts/,
    ],
    [
      'a changed calendar item of which it is not said whether to tell attendees',
      () => items.prepareUpdate([change]),
      /whether attendees are told/,
    ],
    [
      'NeverOverwrite without a change key',
      () =>
        items.prepareUpdate([change], {
          sendMeetingInvitationsOrCancellations: 'SendToNone',
          conflictResolution: 'NeverOverwrite',
        }),
      /needs the change key/,
    ],
    ['deleting a well-known folder', () => client.prepareDeleteFolders([calendar]), /cannot be deleted/],
    ['a folder without a name', () => client.prepareCreateFolders(calendar, [' ']), /no name/],
    [
      'a class that is none',
      () => client.prepareCreateFolders(calendar, [{ displayName: 'x', folderClass: 'Calendar' }]),
      /not a folder class/,
    ],
    ['an empty name', () => client.prepareResolveNames(' '), /name to look up is empty/],
  ])('%s', (_, call, text) => {
    expect(call).toThrow(InvalidInputError)
    expect(call).toThrow(text)
    expect(sent).toEqual([])
  })
})

describe('folders', () => {
  test('are found below an owner’s root', async () => {
    const { client, sent } = clientWith([readFixture('find-folder/response.xml')])
    const folders = await collect(
      client.findFolders(explicitFolder('msgfolderroot', owner), { traversal: 'Deep' }),
    )
    expect(folders.map(({ displayName }) => displayName)).toEqual(['Calendar', 'Trips'])
    expect(sent[0]?.attributes).toEqual({ Traversal: 'Deep' })
  })

  test('that are many are asked for and deleted in parts of a hundred, and come back in order', async () => {
    const folder = (id: string) =>
      `<m:Folders><t:Folder><t:FolderId Id="${id}"/><t:DisplayName>${id}</t:DisplayName></t:Folder></m:Folders>`
    const asked = (root: Element) =>
      (findChild(root, 'FolderIds')?.children ?? []).map(({ attributes }) => attributes.Id as string)
    const { client, sent } = clientWith((root) =>
      root.name === 'GetFolder'
        ? answerOf('GetFolder', ...asked(root).map(folder))
        : answerOf('DeleteFolder', ...asked(root).map(() => '')),
    )
    const targets = Array.from({ length: 150 }, (_, number) => folderById(`f${number}`))
    const found = await client.getFolders(targets)
    expect(found.map((outcome) => outcome.ok && outcome.folder.id.id)).toEqual(targets.map(({ id }) => id))
    expect((await client.deleteFolders(targets)).every(({ ok }) => ok)).toBe(true)
    expect(sent.map((root) => asked(root).length)).toEqual([100, 50, 100, 50])
  })

  test('are created by name or with a class, and deleted by id', async () => {
    const { client } = clientWith([
      readFixture('create-folder/response.partial-failure.xml'),
      readFixture('delete-folder/response.partial-failure.xml'),
    ])
    const created = await client.createFolders(calendar, [
      'Trips',
      { displayName: 'Trips', folderClass: 'IPF.Task' },
    ])
    expect(created.map((outcome) => outcome.ok || outcome.code)).toEqual([true, 'ErrorFolderExists'])
    const deleted = await client.deleteFolders([folderById('a'), folderById('b')])
    expect(deleted.map((outcome) => outcome.ok || outcome.code)).toEqual([true, 'ErrorFolderNotFound'])
  })
})

describe('a name', () => {
  const resolve = (fixture: string, name = 'adele') =>
    clientWith([readFixture(`resolve-names/${fixture}.xml`)]).client.resolveName(name)

  test('of one person is their primary SMTP address', async () => {
    expect(await resolve('response.one')).toMatchObject({ address: 'adele@contoso.com' })
  })

  test('of several is an error that lists them', async () => {
    const error = await caught(resolve('response.several'))
    expect(error.responseCode).toBe('ErrorNameResolutionMultipleResults')
    expect(error.hint).toContain('Adele Vance <adele@contoso.com>, Adele Young <adele.young@contoso.com>')
  })

  test('that is a whole address means its owner, whoever else is found', async () => {
    expect(await resolve('response.several', 'Adele@contoso.com')).toMatchObject({ name: 'Adele Vance' })
  })

  test('of nobody is an error', async () => {
    expect((await caught(resolve('response.none'))).responseCode).toBe('ErrorNameResolutionNoResults')
  })
})
