import { beforeAll, describe, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws(() => ({
  tenant: {
    domain: 'contoso.com',
    mailboxes: [
      {
        address: d.OWNER,
        name: 'Allan Deyoung',
        items: [
          ...Array.from({ length: 5 }, (_, index) => ({
            folder: 'inbox' as const,
            subject: `Message ${index + 1}`,
            from: index % 2 === 0 ? d.DELEGATE : d.OTHER,
            body: index === 2 ? 'The budget is attached.' : 'Nothing new.',
            received: new Date(Date.UTC(2026, 10, 1 + index, 12)),
            importance: index === 4 ? ('high' as const) : ('normal' as const),
            read: index < 2,
            ...(index === 1 ? { categories: ['Blue'] } : {}),
          })),
          {
            folder: 'calendar' as const,
            subject: 'Single',
            start: new Date('2026-11-23T09:00:00Z'),
            end: new Date('2026-11-23T10:00:00Z'),
          },
          {
            folder: 'contacts' as const,
            givenName: 'Adele',
            surname: 'Vance',
            email: 'adele@fabrikam.com',
            phone: '1',
          },
          { folder: 'contacts' as const, givenName: 'Zoe', surname: 'Young' },
        ],
      },
      { address: d.DELEGATE, name: 'Adele Vance' },
      { address: d.OTHER, name: 'Megan Bowen' },
    ],
  },
}))

const INBOX = d.distinguished('inbox')

async function find(options: d.FindOptions = {}, parent = INBOX) {
  return ews.call(d.findItem(parent, { fields: ['item:Subject'], ...options }))
}

const page = (offset: number, most: number, base = 'Beginning') =>
  `<m:IndexedPageItemView MaxEntriesReturned="${most}" Offset="${offset}" BasePoint="${base}"/>`
const compare = (name: string, field: string, value: string) =>
  `<t:${name}>${field.startsWith('<') ? field : `<t:FieldURI FieldURI="${field}"/>`}<t:FieldURIOrConstant><t:Constant Value="${value}"/></t:FieldURIOrConstant></t:${name}>`
const contains = (field: string, value: string, mode = 'Substring') =>
  `<t:Contains ContainmentMode="${mode}" ContainmentComparison="IgnoreCase"><t:FieldURI FieldURI="${field}"/><t:Constant Value="${value}"/></t:Contains>`

describe('pages', () => {
  test('the newest come first, page by page, and the last one says so', async () => {
    const first = await find({ view: page(0, 2) })
    expect(d.subjects(first)).toEqual(['Message 5', 'Message 4'])
    expect(d.at(d.messages(first)[0], 'RootFolder')?.attributes).toEqual({
      IndexedPagingOffset: '2',
      TotalItemsInView: '5',
      IncludesLastItemInRange: 'false',
    })
    const last = await find({ view: page(4, 2) })
    expect(d.subjects(last)).toEqual(['Message 1'])
    expect(d.at(d.messages(last)[0], 'RootFolder')?.attributes.IncludesLastItemInRange).toBe('true')
  })

  test('an offset beyond the end is an empty page', async () => {
    expect(d.subjects(await find({ view: page(9, 2) }))).toEqual([])
  })

  test('from the end, the order stays', async () => {
    expect(d.subjects(await find({ view: page(0, 2, 'End') }))).toEqual(['Message 2', 'Message 1'])
  })

  test.each([
    [page(-1, 2), 'ErrorInvalidIndexedPagingParameters'],
    [page(0, 0), 'ErrorInvalidPagingMaxRows'],
  ])('%s is refused', async (view, code) => {
    expect(d.codes(await find({ view }))).toEqual([code])
  })

  test('each folder that is named is answered by itself', async () => {
    const answer = await find({}, `${INBOX}${d.distinguished('voicemail')}${d.distinguished('drafts')}`)
    expect(d.codes(answer)).toEqual(['NoError', 'ErrorFolderNotFound', 'NoError'])
  })

  test('there are no hidden items and none that were deleted in place', async () => {
    for (const traversal of ['Associated', 'SoftDeleted'])
      expect(d.subjects(await find({ traversal }))).toEqual([])
  })
})

describe('restrictions', () => {
  test.each([
    [compare('IsEqualTo', 'item:Subject', 'message 3'), ['Message 3']],
    [compare('IsNotEqualTo', 'item:Importance', 'Normal'), ['Message 5']],
    [compare('IsEqualTo', 'message:IsRead', 'true'), ['Message 2', 'Message 1']],
    [compare('IsEqualTo', 'message:IsRead', '0'), ['Message 5', 'Message 4', 'Message 3']],
    [compare('IsGreaterThan', 'item:DateTimeReceived', '2026-11-04T12:00:00Z'), ['Message 5']],
    [
      compare('IsLessThanOrEqualTo', 'item:DateTimeReceived', '2026-11-02T13:00:00+01:00'),
      ['Message 2', 'Message 1'],
    ],
    [compare('IsLessThan', 'item:DateTimeReceived', '2026-11-02'), ['Message 1']],
    [contains('item:Body', 'BUDGET'), ['Message 3']],
    [contains('message:From', 'megan', 'Prefixed'), ['Message 4', 'Message 2']],
    [
      contains('message:ToRecipients', d.OWNER),
      ['Message 5', 'Message 4', 'Message 3', 'Message 2', 'Message 1'],
    ],
    [`<t:Exists><t:FieldURI FieldURI="item:Categories"/></t:Exists>`, ['Message 2']],
    [
      `<t:And>${compare('IsEqualTo', 'message:IsRead', 'false')}<t:Not>${contains('item:Subject', '4')}</t:Not></t:And>`,
      ['Message 5', 'Message 3'],
    ],
    [
      `<t:Or>${contains('item:Subject', '4')}${contains('item:Subject', '5')}</t:Or>`,
      ['Message 5', 'Message 4'],
    ],
    // A property of another kind of item is not there.
    [compare('IsEqualTo', 'calendar:Location', 'x'), []],
    [
      compare('IsEqualTo', '<t:ExtendedFieldURI PropertyTag="0x0037" PropertyType="String"/>', 'Message 1'),
      ['Message 1'],
    ],
  ])('%s', async (restriction, subjects) => {
    expect(d.subjects(await find({ restriction }))).toEqual(subjects)
  })

  test.each([
    [compare('IsEqualTo', 'item:Attachments', 'x'), 'ErrorUnsupportedPathForQuery'],
    [compare('IsEqualTo', 'folder:DisplayName', 'x'), 'ErrorInvalidPropertyRequest'],
    [`<t:And>${compare('IsEqualTo', 'item:Subject', 'x').repeat(300)}</t:And>`, 'ErrorRestrictionTooComplex'],
  ])('%s is refused', async (restriction, code) => {
    expect(d.codes(await find({ restriction }))).toEqual([code])
  })

  test('an entry of a contact is searched by its key', async () => {
    const path = '<t:IndexedFieldURI FieldURI="contacts:EmailAddress" FieldIndex="EmailAddress1"/>'
    const answer = await ews.call(
      d.findItem(d.distinguished('contacts'), {
        fields: ['contacts:DisplayName'],
        restriction: compare('IsEqualTo', path, 'adele@fabrikam.com'),
      }),
    )
    expect(d.items(answer).map((item) => d.textAt(item, 'DisplayName'))).toEqual(['Adele Vance'])
  })
})

describe('query strings', () => {
  test.each([
    ['budget', ['Message 3']],
    ['subject:"Message 4"', ['Message 4']],
    ['from:megan body:nothing', ['Message 4', 'Message 2']],
    ['category:blue', ['Message 2']],
  ])('%s', async (query, subjects) => {
    expect(d.subjects(await find({ query }))).toEqual(subjects)
  })

  test.each(['size:>10', 'this OR that'])('%s is refused by name', async (query) => {
    const answer = await find({ query: query.replace('>', '&gt;') })
    expect(d.outcome(d.messages(answer)[0] as never)).toMatch(
      /^ErrorInvalidArgument: (?:size:|OR) in a query string is not modelled/,
    )
  })
})

describe('sort orders', () => {
  test('by several properties, each in its direction', async () => {
    const sort =
      '<t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="message:From"/></t:FieldOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder>'
    expect(d.subjects(await find({ sort }))).toEqual([
      'Message 1',
      'Message 3',
      'Message 5',
      'Message 2',
      'Message 4',
    ])
  })

  test('a property that cannot be sorted by is refused', async () => {
    const sort = '<t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Attachments"/></t:FieldOrder>'
    expect(d.codes(await find({ sort }))).toEqual(['ErrorUnsupportedPathForSortGroup'])
  })
})

describe('shapes', () => {
  test('the default one has no bodies and no recipients', async () => {
    const [item] = d.items(await find({ base: 'Default', fields: [] }))
    expect(item?.children.map(({ name }) => name)).toEqual([
      'ItemId',
      'Subject',
      'Sensitivity',
      'Size',
      'Importance',
      'DateTimeSent',
      'DateTimeCreated',
      'HasAttachments',
      'IsReadReceiptRequested',
      'IsDeliveryReceiptRequested',
      'From',
      'IsRead',
    ])
  })

  test.each(['item:Body', 'item:MimeContent', 'message:ToRecipients', 'item:Attachments'])(
    '%s is refused',
    async (field) => {
      expect(d.codes(await find({ fields: [field] }))).toEqual(['ErrorInvalidPropertyForOperation'])
    },
  )

  test('properties of other kinds of items are left out', async () => {
    const [item] = d.items(await find({ fields: ['calendar:Start', 'task:Status', 'item:Importance'] }))
    expect(item?.children.map(({ name }) => name)).toEqual(['ItemId', 'Importance'])
  })

  test.each([
    ['<m:GroupBy Order="Ascending"/>', 'GroupBy'],
    ['<m:SeekToConditionPageItemView/>', 'SeekToConditionPageItemView'],
  ])('%s is refused by name', async (view, name) => {
    // Their insides are not looked at, so the request is not one that a client would send.
    const answer = await ews.call(d.findItem(INBOX, { view }))
    expect(d.outcome(d.messages(answer)[0] as never)).toBe(
      `ErrorInvalidArgument: ${name} is not modelled by this simulator.`,
    )
    ews.forgetLast()
  })
})

describe('calendar views', () => {
  const view = (start: string, end: string, most = '') =>
    `<m:CalendarView ${most}StartDate="${start}" EndDate="${end}"/>`
  const CALENDAR = d.distinguished('calendar')

  beforeAll(async () => {
    await ews.call(
      d.createItem(
        `<t:CalendarItem><t:Subject>Weekly</t:Subject><t:Start>2026-10-19T09:30:00</t:Start><t:End>2026-10-19T10:00:00</t:End>
         <t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence>
         <t:NumberedRecurrence><t:StartDate>2026-10-19</t:StartDate><t:NumberOfOccurrences>8</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>
         <t:StartTimeZone Id="W. Europe Standard Time"/></t:CalendarItem>`,
        'SendMeetingInvitations="SendToNone"',
      ),
    )
  })

  test('series come one by one, at the same time by the clock on the wall', async () => {
    const answer = await find(
      {
        view: view('2026-10-01T00:00:00Z', '2026-11-10T00:00:00Z'),
        fields: ['calendar:Start', 'calendar:CalendarItemType'],
      },
      CALENDAR,
    )
    expect(
      d.items(answer).map((item) => [d.textAt(item, 'Start'), d.textAt(item, 'CalendarItemType')]),
    ).toEqual([
      ['2026-10-19T07:30:00Z', 'Occurrence'],
      // The clocks went back on 25 October.
      ['2026-10-26T08:30:00Z', 'Occurrence'],
      ['2026-11-02T08:30:00Z', 'Occurrence'],
      ['2026-11-09T08:30:00Z', 'Occurrence'],
    ])
  })

  test('single entries and series come in the order of time, and not more than asked for', async () => {
    const window = view('2026-11-16T00:00:00Z', '2026-11-24T00:00:00Z')
    expect(d.subjects(await find({ view: window }, CALENDAR))).toEqual(['Weekly', 'Weekly', 'Single'])
    expect(
      d.subjects(
        await find(
          { view: view('2026-11-16T00:00:00Z', '2026-11-24T00:00:00Z', 'MaxEntriesReturned="1" ') },
          CALENDAR,
        ),
      ),
    ).toEqual(['Weekly'])
  })

  test('without a view a series is one item', async () => {
    const answer = await find({ fields: ['item:Subject', 'calendar:CalendarItemType'] }, CALENDAR)
    expect(
      d
        .items(answer)
        .map((item) => d.textAt(item, 'CalendarItemType'))
        .sort(),
    ).toEqual(['RecurringMaster', 'Single'])
  })

  test('an occurrence is read by its id, by its number, and leads back to its series', async () => {
    const found = await find({ view: view('2026-10-26T00:00:00Z', '2026-10-27T00:00:00Z') }, CALENDAR)
    const [occurrence] = d.items(found)
    const id = d.at(occurrence, 'ItemId')?.attributes.Id ?? ''
    const byId = await ews.call(d.getItem(`<t:ItemId Id="${id}"/>`, 'Default', ['calendar:IsRecurring']))
    expect(d.textAt(d.items(byId)[0], 'Start')).toBe('2026-10-26T08:30:00Z')
    expect(d.textAt(d.items(byId)[0], 'IsRecurring')).toBe('true')

    const master = await ews.call(
      d.getItem(`<t:RecurringMasterItemId OccurrenceId="${id}"/>`, 'AllProperties'),
    )
    const series = d.items(master)[0]
    expect(d.textAt(series, 'CalendarItemType')).toBe('RecurringMaster')
    expect(d.textAt(series, 'LastOccurrence', 'Start')).toBe('2026-12-07T08:30:00Z')
    const masterId = d.at(series, 'ItemId')?.attributes.Id ?? ''
    const byIndex = (index: number) =>
      ews.call(d.getItem(`<t:OccurrenceItemId RecurringMasterId="${masterId}" InstanceIndex="${index}"/>`))
    expect(d.at(d.items(await byIndex(2))[0], 'ItemId')?.attributes.Id).toBe(id)
    expect(d.codes(await byIndex(9))).toEqual(['ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange'])

    expect(d.codes(await ews.call(d.moveCopy('CopyItem', `<t:ItemId Id="${id}"/>`, CALENDAR)))).toEqual([
      'ErrorCalendarCannotMoveOrCopyOccurrence',
    ])
    expect(d.codes(await ews.call(d.deleteItem(`<t:ItemId Id="${id}"/>`)))).toEqual(['NoError'])
    expect(d.codes(await byIndex(2))).toEqual(['ErrorCalendarOccurrenceIsDeletedFromRecurrence'])
    expect(d.codes(await ews.call(d.getItem(`<t:ItemId Id="${id}"/>`)))).toEqual(['ErrorItemNotFound'])
    expect(
      d.subjects(await find({ view: view('2026-10-26T00:00:00Z', '2026-10-27T00:00:00Z') }, CALENDAR)),
    ).toEqual([])
  })

  test.each([
    [INBOX, '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z', 'ErrorCalendarFolderIsInvalidForCalendarView'],
    [CALENDAR, '2026-11-02T00:00:00Z', '2026-11-01T00:00:00Z', 'ErrorCalendarEndDateIsEarlierThanStartDate'],
    [CALENDAR, '2020-11-02T00:00:00Z', '2026-11-01T00:00:00Z', 'ErrorCalendarViewRangeTooBig'],
  ])('a view that cannot be is refused', async (folder, start, end, code) => {
    expect(d.codes(await find({ view: view(start, end) }, folder))).toEqual([code])
  })

  test('a view takes no restriction', async () => {
    const answer = await find(
      {
        view: view('2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'),
        restriction: contains('item:Subject', 'x'),
      },
      CALENDAR,
    )
    expect(d.codes(answer)).toEqual(['ErrorInvalidArgument'])
  })
})

test('a contacts view is a range of names', async () => {
  const answer = await ews.call(
    d.findItem(d.distinguished('contacts'), {
      fields: ['contacts:DisplayName'],
      view: '<m:ContactsView InitialName="M" FinalName="Z"/>',
    }),
  )
  expect(d.items(answer).map((item) => d.textAt(item, 'DisplayName'))).toEqual(['Zoe Young'])
})

d.testThatEverythingWasValid(ews)
