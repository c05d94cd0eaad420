import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CALENDAR_ITEM_ORDER,
  CONTACT_ORDER,
  ITEM_ORDER,
  MESSAGE_ORDER,
  TASK_ORDER,
} from '../../src/ews/elements/item-order.ts'
import { ITEM_KINDS } from '../../src/ews/elements/item-properties.ts'
import { buildEnvelope } from '../../src/ews/envelope.ts'
import { createItem, getItem, updateItem } from '../../src/ews/operations/index.ts'
import { ITEM_TYPES, type ItemType, type NewItem } from '../../src/model/item.ts'
import type { ItemChange } from '../../src/model/item-change.ts'
import { type Element, findChild, parseXml } from '../../src/xml/element.ts'
import { schemaDirectory, validateEnvelopes } from '../helpers/schema.ts'

const headers = { version: 'Exchange2013_SP1' as const }
const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
const texts = fc.array(text, { minLength: 1, maxLength: 3 })
const date = fc.date({
  min: new Date('1900-01-01'),
  max: new Date('2100-01-01'),
  noInvalidDate: true,
})
const address = fc.constantFrom('megan@contoso.com', 'Alex Wilber <alex@contoso.com>')
const addresses = fc.array(address, { minLength: 1, maxLength: 3 })
const number = fc.integer({ min: 0, max: 100_000 })
const recurrence = fc.record({
  pattern: fc.constantFrom(
    { type: 'Daily', interval: 1 },
    { type: 'Weekly', interval: 2, daysOfWeek: ['Monday', 'Friday'], firstDayOfWeek: 'Monday' },
    { type: 'AbsoluteMonthly', interval: 3, dayOfMonth: 31 },
    { type: 'RelativeMonthly', interval: 1, dayOfWeek: 'Weekday', index: 'Last' },
    { type: 'AbsoluteYearly', dayOfMonth: 29, month: 'February' },
    { type: 'RelativeYearly', dayOfWeek: 'Sunday', index: 'First', month: 'May' },
  ),
  startDate: date,
})

/** A value for every property that can be written; one without a line fails the first test. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  mimeContent: fc.constant('U3ViamVjdDogeA=='),
  itemClass: fc.constant('IPM.Note'),
  subject: text,
  sensitivity: fc.constantFrom('Normal', 'Private'),
  body: fc.oneof(text, fc.record({ type: fc.constantFrom('HTML', 'Text'), content: text })),
  attachments: fc.constant([{ name: 'a', content: new Uint8Array([1, 2]) }]),
  categories: texts,
  importance: fc.constantFrom('Low', 'High'),
  inReplyTo: text,
  reminderDueBy: date,
  reminderIsSet: fc.boolean(),
  reminderMinutesBeforeStart: fc.integer({ min: 0, max: 1000 }),
  extendedProperties: fc.constant([
    { path: { propertyTag: 0x1035, propertyType: 'String' }, value: 'x' },
    { path: { propertySet: 'Common', propertyId: 5, propertyType: 'LongArray' }, value: ['1', '2'] },
  ]),
  culture: fc.constant('en-US'),
  flag: fc.record({ status: fc.constant('Flagged'), startDate: date, dueDate: date }),
  sender: address,
  toRecipients: addresses,
  ccRecipients: addresses,
  bccRecipients: addresses,
  isReadReceiptRequested: fc.boolean(),
  isDeliveryReceiptRequested: fc.boolean(),
  from: address,
  internetMessageId: text,
  isRead: fc.boolean(),
  isResponseRequested: fc.boolean(),
  references: text,
  replyTo: addresses,
  uid: text,
  start: date,
  end: date,
  isAllDayEvent: fc.boolean(),
  legacyFreeBusyStatus: fc.constantFrom('Free', 'OOF'),
  location: text,
  requiredAttendees: addresses,
  optionalAttendees: addresses,
  resources: addresses,
  recurrence,
  startTimeZone: fc.constant('UTC'),
  endTimeZone: fc.constant('UTC'),
  allowNewTimeProposal: fc.boolean(),
  fileAs: text,
  fileAsMapping: fc.constant('LastCommaFirst'),
  displayName: text,
  givenName: text,
  initials: text,
  middleName: text,
  nickname: text,
  companyName: text,
  emailAddresses: fc.constant({ EmailAddress3: 'c@contoso.com', EmailAddress1: 'a@contoso.com' }),
  physicalAddresses: fc.constant({ Other: { postalCode: '1', street: 'S' }, Home: { city: 'C' } }),
  phoneNumbers: fc.constant({ Telex: '1', AssistantPhone: '2' }),
  assistantName: text,
  birthday: date,
  businessHomePage: fc.constant('https://contoso.com'),
  children: texts,
  companies: texts,
  department: text,
  generation: text,
  imAddresses: fc.constant({ ImAddress1: 'a' }),
  jobTitle: text,
  manager: text,
  mileage: text,
  officeLocation: text,
  postalAddressIndex: fc.constantFrom('None', 'Home'),
  profession: text,
  spouseName: text,
  surname: text,
  weddingAnniversary: date,
  actualWork: number,
  billingInformation: text,
  completeDate: date,
  contacts: texts,
  dueDate: date,
  percentComplete: fc.integer({ min: 0, max: 100 }),
  startDate: date,
  status: fc.constantFrom('Deferred', 'Completed'),
  totalWork: number,
}

const writableKeys = (type: ItemType) =>
  [...ITEM_KINDS[type].byKey.values()].filter(({ writable }) => writable).map(({ key }) => key)

test('every property that can be written has values in this test', () => {
  const keys = ITEM_TYPES.flatMap(writableKeys)
  expect(keys.filter((key) => !(key in VALUES))).toEqual([])
})

/** Some properties of a kind of item, in any order. */
const propertiesOf = (type: ItemType) =>
  fc
    .shuffledSubarray(writableKeys(type))
    .chain((keys) =>
      fc
        .tuple(...keys.map((key) => VALUES[key] as fc.Arbitrary<unknown>))
        .map((values) => Object.fromEntries(keys.map((key, n) => [key, values[n]]))),
    )
const newItem = fc
  .constantFrom(...ITEM_TYPES)
  .chain((type) => propertiesOf(type).map((properties) => ({ ...properties, type }) as unknown as NewItem))

const create = (item: NewItem) => buildEnvelope(createItem, { items: [item] }, headers)

function only(element: Element, ...path: string[]): Element {
  return path.reduce((at, name) => {
    const child = findChild(at, name)
    if (!child) throw new Error(`no ${name} in ${at.name}`)
    return child
  }, element)
}

describe('the order of properties', () => {
  test('is the schema’s, whatever the caller’s', () => {
    fc.assert(
      fc.property(newItem, (item) => {
        const { type, ...properties } = item
        const written = only(parseXml(create(item)), 'Body', 'CreateItem', 'Items', type)
        const order = ITEM_KINDS[type].order
        const positions = written.children.map(({ name }) => order.indexOf(name))
        expect(positions).not.toContain(-1)
        expect(positions).toEqual([...positions].sort((a, b) => a - b))
        const elements = Object.keys(properties).map((key) => ITEM_KINDS[type].byKey.get(key)?.element)
        expect(new Set(written.children.map(({ name }) => name))).toEqual(new Set(elements))
      }),
    )
  })

  test('of an update does not matter, but each change names one property', () => {
    fc.assert(
      fc.property(newItem, ({ type, ...properties }) => {
        const { attachments: _, ...set } = properties as Record<string, unknown>
        fc.pre(Object.keys(set).length > 0)
        const change = { id: 'x', type, set } as unknown as ItemChange
        const xml = buildEnvelope(
          updateItem,
          { changes: [change], conflictResolution: 'AlwaysOverwrite' },
          headers,
        )
        const updates = only(
          parseXml(xml),
          'Body',
          'UpdateItem',
          'ItemChanges',
          'ItemChange',
          'Updates',
        ).children
        for (const update of updates) {
          expect(update.children).toHaveLength(2)
          expect(update.children[1]?.name).toBe(type)
          expect(update.children[1]?.children).toHaveLength(1)
        }
      }),
    )
  })
})

test('what is written reads back as the same values', () => {
  fc.assert(
    fc.property(newItem, (item) => {
      const inner = /<m:Items>(.*)<\/m:Items>/s.exec(create(item))?.[1] as string
      const id = '<t:ItemId Id="i"/>'
      const withId = inner.endsWith('/>')
        ? `<t:${item.type}>${id}</t:${item.type}>`
        : inner.replace(`<t:${item.type}>`, `<t:${item.type}>${id}`)
      const answer = parseXml(
        `<m:GetItemResponse xmlns:m="m" xmlns:t="t"><m:ResponseMessages><m:R ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items>${withId}</m:Items></m:R></m:ResponseMessages></m:GetItemResponse>`,
      )
      const [outcome] = getItem.parse(answer, { ids: [{ id: 'i' }], shape: {} })
      if (!outcome?.ok) throw new Error('refused')
      const read = outcome.item as unknown as Record<string, unknown>
      expect(read.other).toBeUndefined()
      for (const [key, value] of Object.entries(item)) {
        // Those whose plain form for writing is another one are tested with the fixtures.
        if (['boolean', 'number', 'string'].includes(typeof value) && typeof read[key] === typeof value)
          expect(read[key]).toBe(value)
        else if (value instanceof Date && key !== 'recurrence') expect(read[key]).toEqual(value)
        else expect(read[key]).toBeDefined()
      }
    }),
  )
})

describe.skipIf(!schemaDirectory)('Microsoft’s schemas (EWS_SCHEMA_DIR)', () => {
  const schema = () =>
    parseXml(readFileSync(join(schemaDirectory as string, 'types.xsd'), 'utf8'), { maxLength: 1e8 })
  const sequenceOf = (root: Element, type: string): string[] => {
    const definition = root.children.find(
      ({ name, attributes }) => name === 'complexType' && attributes.name === type,
    ) as Element
    const extension = findChild(definition, 'complexContent')?.children[0]
    return only(extension ?? definition, 'sequence')
      .children.filter(({ name }) => name === 'element')
      .map(({ attributes }) => attributes.name as string)
  }

  test('have every element of an item in this order', () => {
    const root = schema()
    expect(sequenceOf(root, 'ItemType')).toEqual([...ITEM_ORDER])
    expect(sequenceOf(root, 'MessageType')).toEqual([...MESSAGE_ORDER])
    expect(sequenceOf(root, 'CalendarItemType')).toEqual([...CALENDAR_ITEM_ORDER])
    expect(sequenceOf(root, 'ContactItemType')).toEqual([...CONTACT_ORDER])
    expect(sequenceOf(root, 'TaskType')).toEqual([...TASK_ORDER])
  })

  test('know the FieldURI of every property that is changed by one', () => {
    const uris = new Set(
      [
        ...readFileSync(join(schemaDirectory as string, 'types.xsd'), 'utf8').matchAll(
          /value="([a-z]+:\w+)"/gi,
        ),
      ].map((match) => match[1]),
    )
    const unknown = ITEM_TYPES.flatMap((type) => [...ITEM_KINDS[type].byKey.values()])
      .filter(({ writable, codec }) => writable && !codec.entries)
      .map(({ uri }) => uri)
      .filter((uri) => !uris.has(uri))
    expect(unknown).toEqual([])
  })

  test('validate whatever is created and changed', async () => {
    const items = fc.sample(newItem, 60)
    const changes = items.flatMap((item): ItemChange[] => {
      const { type, attachments: _, ...set } = item
      return Object.keys(set).length > 0 ? [{ id: 'x', type, set } as unknown as ItemChange] : []
    })
    const envelopes = [
      ...items.map(create),
      buildEnvelope(updateItem, { changes, conflictResolution: 'AlwaysOverwrite' }, headers),
    ]
    expect(await validateEnvelopes(envelopes.map((xml, n) => ({ name: `item-${n}.xml`, xml })))).toEqual([])
  }, 60_000)
})
