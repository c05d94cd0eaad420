import { beforeEach, describe, expect, test } from 'vitest'
import { createItem, type Item } from '../../../../src/simulator/store/item.ts'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()
let draft: Item

beforeEach(() => {
  const folder = ews.folder(d.OWNER, 'drafts')
  draft = createItem(ews.simulator.exchange, {
    mailbox: folder.mailbox,
    subject: 'Before',
    body: { contentType: 'text', content: 'one' },
    isDraft: true,
    categories: ['Red'],
  })
  folder.addItem(draft)
})

async function update(updates: string, attributes?: string, id = d.itemId(draft)) {
  return ews.call(d.updateItem(id, updates, attributes))
}
const append = (field: string, element: string, value: string) =>
  d.setField(field, element, value).replaceAll('SetItemField', 'AppendToItemField')
const clear = (field: string) => `<t:DeleteItemField><t:FieldURI FieldURI="${field}"/></t:DeleteItemField>`
const subject = (text: string) => d.setField('item:Subject', 'Message', `<t:Subject>${text}</t:Subject>`)

test('sets, appends and deletes, with a new change key', async () => {
  const before = draft.changeKey
  const answer = await update(
    subject('After') +
      append('item:Body', 'Message', '<t:Body BodyType="Text"> two</t:Body>') +
      append('message:ToRecipients', 'Message', `<t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients>`) +
      clear('item:Categories'),
  )
  expect(d.codes(answer)).toEqual(['NoError'])
  expect(d.textAt(d.messages(answer)[0], 'ConflictResults', 'Count')).toBe('0')
  expect(draft).toMatchObject({
    subject: 'After',
    body: { content: 'one two' },
    to: [{ address: d.OTHER }],
    categories: [],
  })
  expect(draft.changeKey).not.toBe(before)
  expect(d.at(d.items(answer)[0], 'ItemId')?.attributes).toEqual({
    Id: draft.entryId,
    ChangeKey: draft.changeKey,
  })
})

test('an item changes as a whole or not at all', async () => {
  const before = { ...draft }
  const answer = await update(subject('After') + clear('item:Size'))
  expect(d.codes(answer)).toEqual(['ErrorInvalidPropertyDelete'])
  expect(draft).toEqual(before)
})

describe('conflicts', () => {
  const never = 'ConflictResolution="NeverOverwrite" MessageDisposition="SaveOnly"'

  test('a stale key is a conflict for NeverOverwrite alone', async () => {
    const stale = d.itemId(draft)
    await update(subject('First'))
    expect(d.codes(await update(subject('Second'), never, stale))).toEqual(['ErrorIrresolvableConflict'])
    expect(draft.subject).toBe('First')
    for (const resolution of ['AutoResolve', 'AlwaysOverwrite']) {
      const attributes = `ConflictResolution="${resolution}" MessageDisposition="SaveOnly"`
      expect(d.codes(await update(subject(resolution), attributes, stale))).toEqual(['NoError'])
    }
    expect(d.codes(await update(subject('Third'), never))).toEqual(['NoError'])
  })

  test('of many that come at once with the same key, one is carried out', async () => {
    const id = d.itemId(draft)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => update(subject(`Number ${index}`), never, id)),
    )
    const codes = answers.flatMap(d.codes)
    expect(codes.filter((code) => code === 'NoError')).toHaveLength(1)
    expect(codes.filter((code) => code === 'ErrorIrresolvableConflict')).toHaveLength(19)
    expect(draft.subject).toBe(`Number ${codes.indexOf('NoError')}`)
  })

  test('AlwaysOverwrite alone does without a key; an unreadable one is refused', async () => {
    const id = `<t:ItemId Id="${draft.entryId}"/>`
    expect(d.codes(await update(subject('x'), never, id))).toEqual(['ErrorChangeKeyRequired'])
    expect(d.codes(await update(subject('x'), undefined, id))).toEqual(['ErrorChangeKeyRequired'])
    const always = 'ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly"'
    expect(d.codes(await update(subject('x'), always, id))).toEqual(['NoError'])
    const bad = `<t:ItemId Id="${draft.entryId}" ChangeKey="zzz"/>`
    expect(d.codes(await update(subject('x'), undefined, bad))).toEqual(['ErrorInvalidChangeKey'])
  })
})

test.each([
  [subject('x'), 'ConflictResolution="AutoResolve"', 'ErrorMessageDispositionRequired'],
  [
    d.setField('item:Subject', 'Message', '<t:Importance>High</t:Importance>'),
    undefined,
    'ErrorUpdatePropertyMismatch',
  ],
  [
    d.setField('item:Subject', 'Message', '<t:Subject>x</t:Subject><t:Importance>High</t:Importance>'),
    undefined,
    'ErrorIncorrectUpdatePropertyCount',
  ],
  [
    d.setField('item:Subject', 'CalendarItem', '<t:Subject>x</t:Subject>'),
    undefined,
    'ErrorObjectTypeChanged',
  ],
  [
    d.setField('calendar:Location', 'Item', '<t:Subject>x</t:Subject>'),
    undefined,
    'ErrorInvalidPropertyRequest',
  ],
  [
    append('item:Importance', 'Message', '<t:Importance>High</t:Importance>'),
    undefined,
    'ErrorInvalidPropertyAppend',
  ],
  [
    append('item:Body', 'Message', '<t:Body BodyType="HTML">x</t:Body>'),
    undefined,
    'ErrorInvalidPropertyAppend',
  ],
  [
    d.setField(
      'item:DateTimeCreated',
      'Message',
      '<t:DateTimeCreated>2026-01-01T00:00:00Z</t:DateTimeCreated>',
    ),
    undefined,
    'ErrorInvalidPropertySet',
  ],
  [
    d.setField('item:ItemClass', 'Message', '<t:ItemClass>IPM.Task</t:ItemClass>'),
    undefined,
    'ErrorObjectTypeChanged',
  ],
])('%s is refused', async (updates, attributes, code) => {
  expect(d.codes(await update(updates, attributes))).toEqual([code])
})

test('who a sent message is from and to is history', async () => {
  draft.isDraft = false
  const to = d.setField(
    'message:ToRecipients',
    'Message',
    `<t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients>`,
  )
  expect(d.codes(await update(to))).toEqual(['ErrorInvalidPropertyUpdateSentMessage'])
  expect(d.codes(await update(d.setField('message:IsRead', 'Message', '<t:IsRead>0</t:IsRead>')))).toEqual([
    'NoError',
  ])
})

test('extended properties are set and deleted by any way to write their path', async () => {
  const named =
    '<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="P" PropertyType="StringArray"/>'
  const byGuid =
    '<t:ExtendedFieldURI PropertySetId="00020329-0000-0000-c000-000000000046" PropertyName="P" PropertyType="StringArray"/>'
  const value = `<t:ExtendedProperty>${byGuid}<t:Values><t:Value>a</t:Value><t:Value>b</t:Value></t:Values></t:ExtendedProperty>`
  expect(d.codes(await update(d.setField(named, 'Message', value)))).toEqual(['NoError'])
  const got = await ews.call(d.getItem(d.itemId(draft), 'IdOnly', [named]))
  expect(d.at(d.items(got)[0], 'ExtendedProperty', 'Values')?.children.map(({ text }) => text)).toEqual([
    'a',
    'b',
  ])
  expect(d.codes(await update(`<t:DeleteItemField>${byGuid}</t:DeleteItemField>`))).toEqual(['NoError'])
  expect(draft.mapi).toEqual({})
})

test('entries of a contact are set and deleted one by one', async () => {
  const made = await ews.call(
    d.createItem(
      '<t:Contact><t:PhoneNumbers><t:Entry Key="MobilePhone">1</t:Entry><t:Entry Key="HomePhone">2</t:Entry></t:PhoneNumbers></t:Contact>',
      '',
    ),
  )
  const id = d.itemId(d.items(made)[0] as never)
  const path = (field: string, index: string) =>
    `<t:IndexedFieldURI FieldURI="contacts:${field}" FieldIndex="${index}"/>`
  const set = (field: string, index: string, value: string) =>
    `<t:SetItemField>${path(field, index)}<t:Contact>${value}</t:Contact></t:SetItemField>`
  const changed = await update(
    set(
      'PhoneNumber',
      'MobilePhone',
      '<t:PhoneNumbers><t:Entry Key="MobilePhone">9</t:Entry></t:PhoneNumbers>',
    ) +
      `<t:DeleteItemField>${path('PhoneNumber', 'HomePhone')}</t:DeleteItemField>` +
      set(
        'PhysicalAddress:City',
        'Home',
        '<t:PhysicalAddresses><t:Entry Key="Home"><t:City>Rome</t:City></t:Entry></t:PhysicalAddresses>',
      ),
    undefined,
    id,
  )
  expect(d.codes(changed)).toEqual(['NoError'])
  const got = d.items(await ews.call(d.getItem(id, 'Default')))[0]
  expect(d.at(got, 'PhoneNumbers')?.children.map(({ text }) => text)).toEqual(['9'])
  expect(d.textAt(got, 'PhysicalAddresses', 'Entry', 'City')).toBe('Rome')
  const wrong = set(
    'PhoneNumber',
    'Pager',
    '<t:PhoneNumbers><t:Entry Key="MobilePhone">9</t:Entry></t:PhoneNumbers>',
  )
  expect(d.codes(await update(wrong, undefined, id))).toEqual(['ErrorUpdatePropertyMismatch'])
})

test('a draft can be changed and sent at once', async () => {
  const to = d.setField(
    'message:ToRecipients',
    'Message',
    `<t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients>`,
  )
  const answer = await update(to, 'ConflictResolution="AutoResolve" MessageDisposition="SendAndSaveCopy"')
  expect(d.codes(answer)).toEqual(['NoError'])
  expect(d.items(answer)).toEqual([])
  expect(ews.folder(d.OTHER, 'inbox').items().at(-1)?.subject).toBe('Before')
  expect(ews.folder(d.OWNER, 'sentitems').items().at(-1)?.id).toBe(draft.id)
})

d.testThatEverythingWasValid(ews)
