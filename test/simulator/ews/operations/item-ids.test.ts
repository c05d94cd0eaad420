import { beforeEach, describe, expect, test } from 'vitest'
import { createItem, type Item } from '../../../../src/simulator/store/item.ts'
import * as d from '../../ews-driver.ts'

/** GetItem, DeleteItem, CopyItem and MoveItem: what ids name, and what becomes of them. */
const ews = d.useEws()
let item: Item

function put(owner = d.OWNER, folder = 'inbox', itemClass = 'IPM.Note'): Item {
  const place = ews.folder(owner, folder)
  const made = createItem(ews.simulator.exchange, { mailbox: place.mailbox, subject: 'S', itemClass })
  place.addItem(made)
  return made
}
beforeEach(() => {
  item = put()
})
const get = (id: string) => ews.call(d.getItem(id))
const id = (text: string) => `<t:ItemId Id="${text}"/>`

test.each([
  ['', 'ErrorInvalidIdEmpty'],
  ['nonsense', 'ErrorInvalidIdMalformed'],
  ['AAMkAGY3MjQ=', 'ErrorInvalidIdMalformed'],
])('the id "%s" is %s', async (text, code) => {
  expect(d.codes(await get(id(text)))).toEqual([code])
})

test('a folder’s id, a forged id, and one of a mailbox that may not be opened are refused', async () => {
  const folder = ews.folder(d.OWNER, 'inbox')
  expect(d.codes(await get(id(folder.id)))).toEqual(['ErrorCannotUseFolderIdForItemId'])
  const bytes = Buffer.from(item.entryId, 'base64')
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  expect(d.codes(await get(id(bytes.toString('base64'))))).toEqual(['ErrorItemNotFound'])
  expect(d.codes(await get(id(put(d.OTHER).entryId)))).toEqual(['ErrorItemNotFound'])
  // The store's own id, which never changes, is not one that EWS takes.
  expect(d.codes(await get(id(item.id)))).toEqual(['ErrorItemNotFound'])
})

test('each id has an outcome of its own, in the order of the request', async () => {
  const answer = await get(`${d.itemId(item)}${id('x')}${d.itemId(put())}`)
  expect(d.codes(answer)).toEqual(['NoError', 'ErrorInvalidIdMalformed', 'NoError'])
})

test('reading does not mark as read', async () => {
  await ews.call(d.getItem(d.itemId(item), 'AllProperties'))
  expect(item.isRead).toBe(false)
})

describe('MIME content and bodies', () => {
  test('a message is given as MIME, with its attachments', async () => {
    Object.assign(item, {
      subject: 'Größe',
      body: { contentType: 'html', content: '<p>x</p>' },
      to: [{ name: 'Megan Bowen', address: d.OTHER }],
      attachments: [
        {
          id: '00000000-0000-4000-8000-000000000000',
          name: 'a"b\r\n.txt',
          contentType: 'text/plain',
          content: Buffer.from('hello'),
          isInline: false,
          modified: new Date(),
        },
      ],
    })
    const answer = await ews.call(
      d.getItem(d.itemId(item), 'IdOnly', [], '<t:IncludeMimeContent>true</t:IncludeMimeContent>'),
    )
    const mime = Buffer.from(d.textAt(d.items(answer)[0], 'MimeContent') ?? '', 'base64').toString()
    expect(mime).toContain('Subject: =?utf-8?B?R3LDtsOfZQ==?=\r\n')
    expect(mime).toContain('To: "Megan Bowen" <MeganB@contoso.com>\r\n')
    expect(mime).toContain('filename="a\'b .txt"\r\n')
    expect(mime).toContain(Buffer.from('hello').toString('base64'))
  })

  test.each([
    ['HTML', /^<html>.*a &lt; b<br>\r?\nc/s],
    ['Text', /^a < b\r?\nc$/],
    ['Best', /^a < b\r?\nc$/],
  ])('a body is given as %s, and cut where asked', async (type, expected) => {
    item.body = { contentType: 'text', content: 'a < b\r\nc' }
    const answer = await ews.call(
      d.getItem(d.itemId(item), 'IdOnly', ['item:Body'], `<t:BodyType>${type}</t:BodyType>`),
    )
    expect(d.textAt(d.items(answer)[0], 'Body')).toMatch(expected)
    const cut = await ews.call(
      d.getItem(d.itemId(item), 'IdOnly', ['item:Body'], '<t:MaximumBodySize>3</t:MaximumBodySize>'),
    )
    expect(d.at(d.items(cut)[0], 'Body')).toMatchObject({ text: 'a <', attributes: { IsTruncated: 'true' } })
  })
})

describe('deleting', () => {
  const remove = (type: string, of = item, attributes = '') =>
    ews.call(d.deleteItem(d.itemId(of), type, attributes))
  const at = (folder: string) => ews.folder(d.OWNER, folder).item(item.id)

  test('to Deleted Items, and out of there to the recoverable items', async () => {
    const old = item.entryId
    await remove('MoveToDeletedItems')
    expect(at('deleteditems')).toBe(item)
    expect(item.entryId).not.toBe(old)
    expect(d.codes(await get(id(old)))).toEqual(['ErrorItemNotFound'])
    await remove('MoveToDeletedItems')
    expect(at('recoverableitemsdeletions')).toBe(item)
    await remove('SoftDelete')
    expect(ews.mailbox(d.OWNER).findItem(item.id)).toBeUndefined()
  })

  test('softly to the recoverable items, and hard for good', async () => {
    await remove('SoftDelete')
    expect(at('recoverableitemsdeletions')).toBe(item)
    const other = put()
    await remove('HardDelete', other)
    expect(ews.mailbox(d.OWNER).findItem(other.id)).toBeUndefined()
  })

  test('appointments and tasks have to say what becomes of the others', async () => {
    const appointment = put(d.OWNER, 'calendar', 'IPM.Appointment')
    expect(d.codes(await remove('HardDelete', appointment))).toEqual([
      'ErrorSendMeetingCancellationsRequired',
    ])
    const task = put(d.OWNER, 'tasks', 'IPM.Task')
    expect(d.codes(await remove('HardDelete', task))).toEqual(['ErrorAffectedTaskOccurrencesRequired'])
    expect(d.codes(await remove('HardDelete', task, 'AffectedTaskOccurrences="AllOccurrences"'))).toEqual([
      'NoError',
    ])
  })
})

describe('copying and moving', () => {
  test('a copy is another item, a moved one the same under another id', async () => {
    const old = item.entryId
    const copied = await ews.call(d.moveCopy('CopyItem', d.itemId(item), d.distinguished('drafts')))
    const copy = d.at(d.items(copied)[0], 'ItemId')?.attributes.Id
    expect(copy).not.toBe(item.entryId)
    expect(d.codes(await get(id(old)))).toEqual(['NoError'])
    const moved = await ews.call(d.moveCopy('MoveItem', d.itemId(item), d.distinguished('drafts')))
    expect(d.at(d.items(moved)[0], 'ItemId')?.attributes.Id).toBe(item.entryId)
    expect(d.codes(await get(id(old)))).toEqual(['ErrorItemNotFound'])
    expect(ews.folder(d.OWNER, 'drafts').item(item.id)).toBe(item)
  })

  test('ReturnNewItemIds false answers without them', async () => {
    const body = `<m:CopyItem><m:ToFolderId>${d.distinguished('drafts')}</m:ToFolderId><m:ItemIds>${d.itemId(item)}</m:ItemIds><m:ReturnNewItemIds>false</m:ReturnNewItemIds></m:CopyItem>`
    expect(d.items(await ews.call(body))).toEqual([])
  })

  test('into another mailbox there are no ids in the answer', async () => {
    ews.simulator.exchange.directory.grant(ews.recipient(d.OTHER), ews.recipient(d.OWNER), 'FullAccess')
    const target = d.distinguished('inbox', d.OTHER)
    const before = ews.folder(d.OTHER, 'inbox').itemCount
    for (const operation of ['CopyItem', 'MoveItem'] as const) {
      const answer = await ews.call(d.moveCopy(operation, d.itemId(item), target))
      expect(d.codes(answer)).toEqual(['NoError'])
      expect(d.items(answer)).toEqual([])
    }
    expect(ews.folder(d.OTHER, 'inbox').itemCount).toBe(before + 2)
    expect(ews.mailbox(d.OWNER).findItem(item.id)).toBeUndefined()
    ews.simulator.exchange.directory.revoke(ews.recipient(d.OTHER), ews.recipient(d.OWNER), 'FullAccess')
  })

  test('a folder that is not there is ErrorToFolderNotFound', async () => {
    expect(
      d.codes(await ews.call(d.moveCopy('MoveItem', d.itemId(item), d.distinguished('voicemail')))),
    ).toEqual(['ErrorToFolderNotFound'])
  })
})

describe('sending a draft of the owner’s', () => {
  /** Rights on Drafts and Sent Items, as a delegate who sends needs them. */
  const prepare = async () => {
    const delegate = ews.recipient(d.DELEGATE)
    for (const name of ['drafts', 'sentitems'])
      ews.folder(d.OWNER, name).permissions.set({ kind: 'account', sid: delegate.sid }, 0x47b)
    const made = await ews.call(
      d.createItem(
        `<t:Message><t:Subject>For Allan</t:Subject><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients></t:Message>`,
        'MessageDisposition="SaveOnly"',
        d.distinguished('drafts', d.OWNER),
      ),
      { as: d.DELEGATE },
    )
    return d.items(made)[0] as never
  }

  test('without being a delegate it is refused, and stays where it is', async () => {
    const draft = await prepare()
    const answer = await ews.call(d.sendItem(d.itemId(draft), d.distinguished('sentitems', d.OWNER)), {
      as: d.DELEGATE,
    })
    expect(d.outcome(d.messages(answer)[0] as never)).toBe(
      'ErrorSendAsDenied: The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.',
    )
    expect(ews.folder(d.OWNER, 'drafts').items().at(-1)?.subject).toBe('For Allan')
  })

  test('as a delegate it goes on behalf of the owner, and the copy where it was asked for', async () => {
    await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE))))
    const draft = await prepare()
    const answer = await ews.call(d.sendItem(d.itemId(draft), d.distinguished('sentitems', d.OWNER)), {
      as: d.DELEGATE,
    })
    expect(d.codes(answer)).toEqual(['NoError'])
    expect(ews.folder(d.OTHER, 'inbox').items().at(-1)).toMatchObject({
      from: { address: d.OWNER },
      sender: { address: d.DELEGATE },
    })
    expect(ews.folder(d.OWNER, 'sentitems').items().at(-1)).toMatchObject({
      subject: 'For Allan',
      from: { address: d.OWNER },
    })
    await ews.call(d.removeDelegate(d.smtp(d.DELEGATE)))
  })

  test('wants the present change key, recipients, a message, and no folder for a copy that is not kept', async () => {
    const made = await ews.call(d.createItem('<t:Message/>'))
    const draft = d.items(made)[0] as never
    const bare = d.itemId(draft).replace(/ ChangeKey="[^"]*"/, '')
    const stale = d.itemId(draft).replace(/ChangeKey="[^"]*"/, `ChangeKey="${item.changeKey}"`)
    const inCalendar = d.itemId(put(d.OWNER, 'calendar', 'IPM.Appointment'))
    for (const [body, code] of [
      [d.sendItem(bare), 'ErrorChangeKeyRequiredForWriteOperations'],
      [d.sendItem(stale), 'ErrorStaleObject'],
      [d.sendItem(d.itemId(draft)), 'ErrorMissingRecipients'],
      [d.sendItem(inCalendar), 'ErrorInvalidItemForOperationSendItem'],
      [d.sendItem(d.itemId(draft), d.distinguished('sentitems'), false), 'ErrorInvalidSendItemSaveSettings'],
    ] as const)
      expect(d.codes(await ews.call(body))).toEqual([code])
  })
})

describe('attachments', () => {
  const file = (name: string) =>
    `<t:FileAttachment><t:Name>${name}</t:Name><t:Content>${Buffer.from(name).toString('base64')}</t:Content></t:FileAttachment>`
  const add = (attachments: string, as: string = d.OWNER) =>
    ews.call(
      `<m:CreateAttachment>${d.itemId(item).replace('t:ItemId', 'm:ParentItemId')}<m:Attachments>${attachments}</m:Attachments></m:CreateAttachment>`,
      { as },
    )
  const idOf = (answer: d.Answer) =>
    d.at(d.messages(answer)[0], 'Attachments', 'FileAttachment', 'AttachmentId')?.attributes
  const ask = (operation: string, text: string, as: string = d.OWNER) =>
    ews.call(
      `<m:${operation}><m:AttachmentIds><t:AttachmentId Id="${text}"/></m:AttachmentIds></m:${operation}>`,
      { as },
    )

  test('are added, listed, read and taken away', async () => {
    const added = idOf(await add(file('a.txt')))
    expect(added).toMatchObject({ RootItemId: item.entryId, RootItemChangeKey: item.changeKey })
    const listed = await ews.call(d.getItem(d.itemId(item), 'IdOnly', ['item:Attachments']))
    expect(d.textAt(d.items(listed)[0], 'Attachments', 'FileAttachment', 'Name')).toBe('a.txt')
    const read = await ask('GetAttachment', added?.Id ?? '')
    expect(d.textAt(d.messages(read)[0], 'Attachments', 'FileAttachment', 'Content')).toBe(
      Buffer.from('a.txt').toString('base64'),
    )
    const removed = await ask('DeleteAttachment', added?.Id ?? '')
    expect(d.at(d.messages(removed)[0], 'RootItemId')?.attributes.RootItemChangeKey).toBe(item.changeKey)
    expect(d.codes(await ask('GetAttachment', added?.Id ?? ''))).toEqual(['ErrorItemNotFound'])
  })

  test('are as hidden as their item', async () => {
    const added = idOf(await add(file('a.txt')))
    expect(d.codes(await ask('GetAttachment', added?.Id ?? '', d.STRANGER))).toEqual(['ErrorItemNotFound'])
    expect(d.codes(await add(file('b.txt'), d.STRANGER))).toEqual(['ErrorItemNotFound'])
    expect(d.codes(await ask('GetAttachment', 'nonsense'))).toEqual(['ErrorInvalidAttachmentId'])
  })

  test('other than files are refused by name', async () => {
    const answer = await add('<t:ItemAttachment><t:Name>x</t:Name></t:ItemAttachment>')
    expect(d.outcome(d.messages(answer)[0] as never)).toBe(
      'ErrorItemSave: The attachment ItemAttachment is not modelled by this simulator.',
    )
  })
})

d.testThatEverythingWasValid(ews)
