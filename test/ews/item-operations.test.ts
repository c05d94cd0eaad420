import { describe, expect, test } from 'vitest'
import { EwsResponseError, InvalidInputError } from '../../src/errors.ts'
import { buildEnvelope, type EnvelopeHeaders } from '../../src/ews/envelope.ts'
import type { Operation } from '../../src/ews/operation.ts'
import {
  copyItem,
  createFolder,
  createItem,
  deleteFolder,
  deleteItem,
  expandDl,
  findFolder,
  findItem,
  getAttachment,
  getItem,
  moveItem,
  resolveNames,
  respondToMeeting,
  sendItem,
  updateItem,
} from '../../src/ews/operations/index.ts'
import { readEnvelope, requireResponseRoot } from '../../src/ews/response.ts'
import { explicitFolder, folderById } from '../../src/model/folder-target.ts'
import type { NewItem } from '../../src/model/item.ts'
import type { ItemChange } from '../../src/model/item-change.ts'
import type { ExtendedPropertyPath } from '../../src/model/property-path.ts'
import { asTree, readFixture, requestFixtures } from '../helpers/fixtures.ts'

const owner = 'allan@contoso.com'
const headers: EnvelopeHeaders = { version: 'Exchange2013_SP1' }
const GUID = '00020329-0000-0000-C000-000000000046'
const handled: ExtendedPropertyPath = {
  propertySet: 'PublicStrings',
  propertyName: 'Handled',
  propertyType: 'Boolean',
}
const message = { id: 'AAMkAGY3Mjg=', changeKey: 'CQAAABYAAAA=' }
const meeting = { id: 'AAMkAGY3MzI=', changeKey: 'DwAAABYAAAB=' }

// What produces each request fixture; a request fixture without a line here fails the test below. The properties
// stand in another order than the schema's, which has to win.
const requests: Record<string, () => string> = {
  'find-item/request.page.xml': () =>
    buildEnvelope(
      findItem,
      {
        folder: explicitFolder('inbox', owner),
        traversal: 'Shallow',
        shape: {
          // Asked for twice, sent once.
          properties: [
            'item:Importance',
            { propertyTag: '0x1035', propertyType: 'String' },
            'item:Importance',
          ],
        },
        view: { offset: 99, maxEntries: 101 },
        restriction: {
          op: 'And',
          operands: [
            { op: 'Contains', path: 'item:Subject', value: 'budget' },
            {
              op: 'IsGreaterThanOrEqualTo',
              path: 'item:DateTimeReceived',
              value: new Date('2026-11-01T01:00:00+01:00'),
            },
            {
              op: 'Or',
              operands: [
                { op: 'IsEqualTo', path: 'message:IsRead', value: false },
                { op: 'Not', operand: { op: 'Exists', path: handled } },
                { op: 'IsLessThan', path: 'item:DateTimeSent', value: { path: 'item:DateTimeCreated' } },
                {
                  op: 'And',
                  operands: [
                    {
                      op: 'Contains',
                      path: 'item:Subject',
                      value: 'RE: ',
                      mode: 'Prefixed',
                      comparison: 'Exact',
                    },
                  ],
                },
              ],
            },
          ],
        },
        sort: [{ path: 'item:DateTimeReceived', order: 'Descending' }, { path: 'item:Subject' }],
      },
      headers,
    ),
  'find-item/request.calendar-view.xml': () =>
    buildEnvelope(
      findItem,
      {
        folder: explicitFolder('calendar', owner),
        traversal: 'Shallow',
        shape: { base: 'IdOnly', properties: ['item:Subject', 'calendar:Start', 'calendar:End'] },
        view: { start: '2026-11-16T00:00:00Z', end: '2026-11-23T00:00:00Z', maxEntries: 100 },
      },
      headers,
    ),
  'find-item/request.implicit.xml': () =>
    buildEnvelope(
      findItem,
      {
        folder: folderById('AAMkAGY3MjQ=', 'AgAAABQAAAA='),
        traversal: 'Associated',
        shape: { base: 'IdOnly' },
        view: { offset: 0, maxEntries: 100 },
        query: 'subject:budget',
      },
      headers,
    ),
  'find-folder/request.xml': () =>
    buildEnvelope(
      findFolder,
      {
        parent: explicitFolder('msgfolderroot', owner),
        traversal: 'Deep',
        page: { offset: 0, maxEntries: 100 },
        restriction: { op: 'IsEqualTo', path: 'folder:FolderClass', value: 'IPF.Appointment' },
      },
      headers,
    ),
  'get-item/request.xml': () =>
    buildEnvelope(
      getItem,
      {
        ids: [message, { id: 'AAMkAGY3MjY=' }],
        shape: {
          base: 'AllProperties',
          includeMimeContent: true,
          bodyType: 'Text',
          properties: [
            'item:EffectiveRights',
            { fieldUri: 'contacts:EmailAddress', fieldIndex: 'EmailAddress1' },
            { propertyTag: '0x0E07', propertyType: 'Integer' },
            { propertySet: `{${GUID}}`, propertyName: 'Handled', propertyType: 'Boolean' },
            { propertySet: 'Appointment', propertyId: 0x8216, propertyType: 'Boolean' },
          ],
        },
      },
      headers,
    ),
  'create-item/request.draft.xml': () =>
    buildEnvelope(
      createItem,
      {
        folder: explicitFolder('drafts', owner),
        messageDisposition: 'SaveOnly',
        items: [
          {
            type: 'Message',
            isRead: true,
            from: owner,
            toRecipients: ['megan@contoso.com', 'Alex Wilber <alex@contoso.com>'],
            ccRecipients: [],
            bccRecipients: [{ address: 'archive@contoso.com' }],
            isReadReceiptRequested: true,
            other: { 'message:ConversationIndex': 'Ac2aAAAA' },
            extendedProperties: [
              { path: handled, value: 'true' },
              {
                path: { propertySet: GUID, propertyName: 'Labels', propertyType: 'StringArray' },
                value: ['one', 'two'],
              },
            ],
            flag: {
              dueDate: '2026-11-30T00:00:00Z',
              status: 'Flagged',
              startDate: new Date('2026-11-21T00:00:00Z'),
            },
            importance: 'High',
            categories: ['Blue'],
            attachments: [
              {
                name: 'plan.txt',
                contentType: 'text/plain',
                isInline: false,
                content: new TextEncoder().encode('plan'),
              },
            ],
            body: { type: 'HTML', content: '<p>See attached.</p>' },
            sensitivity: 'Confidential',
            subject: 'Q4 <draft>',
            itemClass: 'IPM.Note',
          },
        ],
      },
      headers,
    ),
  'create-item/request.meeting.xml': () =>
    buildEnvelope(
      createItem,
      {
        folder: explicitFolder('calendar', owner),
        sendMeetingInvitations: 'SendToAllAndSaveCopy',
        items: [
          {
            type: 'CalendarItem',
            resources: ['room1@contoso.com'],
            optionalAttendees: [{ name: 'Alex Wilber', address: 'alex@contoso.com' }],
            requiredAttendees: ['megan@contoso.com'],
            isResponseRequested: true,
            location: 'Room 1',
            legacyFreeBusyStatus: 'Busy',
            end: new Date('2026-11-25T10:00:00Z'),
            start: '2026-11-25T10:00:00+01:00',
            reminderMinutesBeforeStart: 15,
            reminderIsSet: true,
            body: 'Agenda follows.',
            subject: 'Review',
          },
        ],
      },
      headers,
    ),
  'create-item/request.meeting-response.xml': () =>
    buildEnvelope(
      respondToMeeting,
      {
        ids: [meeting, { id: 'AAMkAGY3MzM=' }],
        answer: 'TentativelyAccept',
        messageDisposition: 'SendAndSaveCopy',
        body: 'I may be late.',
        folder: explicitFolder('sentitems', owner),
      },
      headers,
    ),
  'get-attachment/request.xml': () =>
    buildEnvelope(
      getAttachment,
      { ids: ['AAMkAGY3MjgBEgAQ', 'AAMkAGY3MjgBEgAR', 'AAMkAGY3MjgBEgAS'] },
      headers,
    ),
  'create-item/request.all-day-series.xml': () =>
    buildEnvelope(
      createItem,
      {
        folder: folderById('AAMkAGY3MjQ='),
        sendMeetingInvitations: 'SendToNone',
        items: [
          {
            type: 'CalendarItem',
            subject: 'Duty',
            startTimeZone: 'W. Europe Standard Time',
            endTimeZone: 'W. Europe Standard Time',
            start: '2026-11-23',
            end: '2026-11-24',
            isAllDayEvent: true,
            legacyFreeBusyStatus: 'Free',
            recurrence: {
              pattern: {
                type: 'Weekly',
                interval: 2,
                daysOfWeek: ['Monday', 'Thursday'],
                firstDayOfWeek: 'Monday',
              },
              startDate: '2026-11-23',
              endDate: '2027-03-31',
            },
          },
        ],
      },
      headers,
    ),
  'create-item/request.contact-task-note.xml': () =>
    buildEnvelope(
      createItem,
      {
        items: [
          {
            type: 'Contact',
            surname: 'Vance',
            givenName: 'Adele',
            displayName: 'Adele Vance',
            fileAs: 'Vance, Adele',
            jobTitle: 'Manager',
            companyName: 'Contoso',
            emailAddresses: { EmailAddress2: 'adele@fabrikam.com', EmailAddress1: 'adele@contoso.com' },
            phoneNumbers: { MobilePhone: '+1 425 555 0101', BusinessPhone: '+1 425 555 0100' },
            physicalAddresses: {
              Business: {
                postalCode: '98052',
                city: 'Redmond',
                street: '1 Main St',
                state: 'WA',
                countryOrRegion: 'United States',
              },
            },
            postalAddressIndex: 'Business',
            birthday: '1980-05-04',
            body: 'Met in Redmond.',
          },
          {
            type: 'Task',
            subject: 'Renew the lease',
            status: 'InProgress',
            percentComplete: 25,
            startDate: '2026-11-21',
            dueDate: '2026-12-01',
            actualWork: 30,
            totalWork: 120,
            reminderIsSet: true,
            reminderDueBy: '2026-11-30T09:00:00+0100',
            recurrence: {
              pattern: { type: 'AbsoluteYearly', dayOfMonth: 1, month: 'December' },
              startDate: new Date('2026-12-01T00:00:00Z'),
            },
          },
          { type: 'Item', subject: 'Door code', itemClass: 'IPM.StickyNote' },
        ],
      },
      headers,
    ),
  'send-item/request.xml': () =>
    buildEnvelope(
      sendItem,
      {
        ids: [{ id: 'AAMkAGY3NDA=', changeKey: 'CQAAABYAAAA=' }],
        folder: explicitFolder('sentitems', owner),
        saveCopy: true,
      },
      headers,
    ),
  'send-item/request.no-copy.xml': () =>
    buildEnvelope(
      sendItem,
      { ids: [{ id: 'AAMkAGY3NDA=', changeKey: 'CQAAABYAAAA=' }], saveCopy: false },
      headers,
    ),
  'update-item/request.calendar.xml': () =>
    buildEnvelope(
      updateItem,
      {
        conflictResolution: 'NeverOverwrite',
        sendMeetingInvitationsOrCancellations: 'SendToChangedAndSaveCopy',
        changes: [
          {
            id: meeting,
            type: 'CalendarItem',
            // An empty list takes the property away.
            set: {
              resources: [],
              end: '2026-11-25T13:00:00Z',
              start: '2026-11-25T12:00:00Z',
              subject: 'Review, moved',
            },
            append: { requiredAttendees: ['alex@contoso.com'] },
            delete: ['location'],
          },
        ],
      },
      headers,
    ),
  'update-item/request.message.xml': () =>
    buildEnvelope(
      updateItem,
      {
        conflictResolution: 'AutoResolve',
        messageDisposition: 'SaveOnly',
        suppressReadReceipts: true,
        changes: [
          {
            id: message,
            type: 'Message',
            set: {
              isRead: true,
              extendedProperties: [{ path: handled, value: 'true' }],
              categories: ['Blue'],
            },
            append: { body: 'PS: done.' },
            delete: [{ propertyTag: '0x1090', propertyType: 'Integer' }],
          },
        ],
      },
      headers,
    ),
  'update-item/request.contact.xml': () =>
    buildEnvelope(
      updateItem,
      {
        conflictResolution: 'AlwaysOverwrite',
        changes: [
          {
            id: 'AAMkAGY3MzQ=',
            type: 'Contact',
            set: {
              surname: 'Vance-Bowen',
              physicalAddresses: { Business: { city: 'Bellevue', street: '2 Main St' } },
              emailAddresses: { EmailAddress1: 'adele@fabrikam.com' },
            },
            delete: [{ fieldUri: 'contacts:PhoneNumber', fieldIndex: 'Pager' }],
          },
        ],
      },
      headers,
    ),
  'delete-item/request.calendar.xml': () =>
    buildEnvelope(
      deleteItem,
      {
        ids: [meeting, { id: 'AAMkAGY3MzE=' }],
        deleteType: 'MoveToDeletedItems',
        sendMeetingCancellations: 'SendToAllAndSaveCopy',
        suppressReadReceipts: true,
      },
      headers,
    ),
  'delete-item/request.task.xml': () =>
    buildEnvelope(
      deleteItem,
      {
        ids: [{ id: 'AAMkAGY3MzU=' }],
        deleteType: 'HardDelete',
        affectedTaskOccurrences: 'AllOccurrences',
      },
      headers,
    ),
  'copy-item/request.xml': () =>
    buildEnvelope(
      copyItem,
      {
        ids: [message, { id: 'AAMkAGY3Mjk=' }],
        toFolder: explicitFolder('inbox', owner),
        returnNewItemIds: true,
      },
      headers,
    ),
  'move-item/request.xml': () =>
    buildEnvelope(
      moveItem,
      {
        ids: [message, { id: 'AAMkAGY3Mjk=' }],
        toFolder: folderById('AAMkAGY3MjY='),
        returnNewItemIds: true,
      },
      headers,
    ),
  'create-folder/request.xml': () =>
    buildEnvelope(
      createFolder,
      {
        parent: explicitFolder('msgfolderroot', owner),
        folders: [
          { displayName: 'Trips' },
          { displayName: 'Trips', folderClass: 'IPF.Appointment' },
          { displayName: 'Hotels', folderClass: 'IPF.Contact' },
          { displayName: 'Bookings', folderClass: 'IPF.Task' },
          { displayName: 'Scraps', folderClass: 'IPF.StickyNote' },
        ],
      },
      headers,
    ),
  'delete-folder/request.xml': () =>
    buildEnvelope(
      deleteFolder,
      {
        ids: [folderById('AAMkAGY3MjY=', 'AQAAABYAAAA='), folderById('AAMkAGY3Mjc=')],
        deleteType: 'HardDelete',
      },
      headers,
    ),
  'expand-dl/request.xml': () => buildEnvelope(expandDl, { group: 'sales@contoso.com' }, headers),
  'resolve-names/request.xml': () => buildEnvelope(resolveNames, { entry: 'adele' }, headers),
  'resolve-names/request.contacts.xml': () =>
    buildEnvelope(
      resolveNames,
      { entry: 'adele', scope: 'Contacts', contactsFolder: explicitFolder('contacts', owner) },
      headers,
    ),
}

describe('requests', () => {
  test.each(Object.entries(requests))('%s is what the client sends', (path, build) => {
    expect(asTree(build())).toEqual(asTree(readFixture(path)))
  })

  test('every request fixture of these operations has a builder in this test', () => {
    expect(Object.keys(requests).sort()).toEqual(requestFixtures('items'))
  })
})

describe('ExpandDL answers', () => {
  const parse = (xml: string) =>
    expandDl.parse(requireResponseRoot(readEnvelope(xml, 200).root, 'ExpandDL'), {
      group: 'sales@contoso.com',
    })
  const answer = readFixture('expand-dl/response.xml')

  test('people and groups, and whether these are all', () => {
    expect(parse(answer)).toEqual({
      members: [
        { name: 'Adele Vance', address: 'adele@contoso.com', routingType: 'SMTP', mailboxType: 'Mailbox' },
        {
          name: 'Sales, North',
          address: 'sales-north@contoso.com',
          routingType: 'SMTP',
          mailboxType: 'PublicDL',
        },
      ],
      complete: true,
    })
    expect(
      parse(answer.replace('IncludesLastItemInRange="true"', 'IncludesLastItemInRange="false"')),
    ).toMatchObject({
      complete: false,
    })
  })

  test('nothing for an address that is no group’s, which is not an empty group', () => {
    expect(parse(readFixture('expand-dl/response.none.xml'))).toBeUndefined()
    expect(parse(answer.replace(/<t:Mailbox>[\s\S]*<\/t:Mailbox>/, ''))).toEqual({
      members: [],
      complete: true,
    })
  })

  test('another refusal is one', () => {
    const denied = readFixture('expand-dl/response.none.xml').replaceAll(
      'ErrorNameResolutionNoResults',
      'ErrorAccessDenied',
    )
    expect(() => parse(denied)).toThrow(EwsResponseError)
  })
})

const creating = (item: NewItem) => () => buildEnvelope(createItem, { items: [item] }, headers)
const updating = (change: ItemChange) => () =>
  buildEnvelope(updateItem, { changes: [change], conflictResolution: 'AutoResolve' }, headers)

describe('what cannot be written is refused before sending', () => {
  const wrong = (value: unknown) => value as never
  test.each<[string, () => unknown, RegExp]>([
    ['a misspelt property', creating(wrong({ type: 'Message', subjet: 'x' })), /no property "subjet"/],
    [
      'a property of another kind of item',
      creating(wrong({ type: 'Contact', start: new Date() })),
      /A Contact has no property "start"/,
    ],
    [
      'a property that only the server sets',
      creating(wrong({ type: 'Message', size: 5 })),
      /size is set by the server/,
    ],
    ['a kind of item that is only read', creating(wrong({ type: 'MeetingRequest' })), /not a kind of item/],
    ['a name on Object.prototype', creating(wrong({ type: 'constructor' })), /not a kind of item/],
    [
      'a date that is none',
      creating({ type: 'Task', dueDate: '2026-02-30' }),
      /dueDate: "2026-02-30" is not a date/,
    ],
    [
      'an invalid Date',
      creating({ type: 'CalendarItem', start: new Date(Number.NaN) }),
      /start: that Date is not a date/,
    ],
    ['a malformed recipient', creating({ type: 'Message', toRecipients: ['megan'] }), /e-mail address/],
    [
      'a value outside the list',
      creating({ type: 'Message', importance: wrong('Urgent') }),
      /one of Low, Normal, High/,
    ],
    [
      'a key that the dictionary does not have',
      creating({ type: 'Contact', phoneNumbers: wrong({ Phone: '1' }) }),
      /keyed by/,
    ],
    [
      'an other property that has a name of its own',
      creating({ type: 'Message', other: { 'item:Subject': 'x' } }),
      /given as subject/,
    ],
    [
      'an other property under the wrong prefix',
      creating({ type: 'Message', other: { 'calendar:ConversationIndex': 'x' } }),
      /no property/,
    ],
    [
      'one value for a MAPI property that is a list',
      creating({
        type: 'Message',
        extendedProperties: [
          { path: { ...handled, propertyType: 'StringArray' } as ExtendedPropertyPath, value: 'x' },
        ],
      }),
      /a list for StringArray/,
    ],
    [
      'a series that ends twice',
      creating({
        type: 'CalendarItem',
        recurrence: {
          pattern: { type: 'Daily', interval: 1 },
          startDate: '2026-11-21',
          endDate: '2026-12-01',
          occurrences: 3,
        },
      }),
      /not both/,
    ],
    ['an update of nothing', updating({ id: message, type: 'Message' }), /changes nothing/],
    [
      'an update that names a property twice',
      updating({ id: message, type: 'Message', set: { subject: 'x' }, delete: ['item:Subject'] }),
      /item:Subject twice/,
    ],
    [
      'appending to what takes none',
      updating({ id: message, type: 'Message', append: wrong({ subject: 'x' }) }),
      /appended to subject/,
    ],
    [
      'deleting a dictionary as a whole',
      updating({ id: message, type: 'Contact', delete: ['phoneNumbers'] }),
      /not deleted as a whole/,
    ],
  ])('%s', (_, build, text) => {
    expect(build).toThrow(InvalidInputError)
    expect(build).toThrow(text)
  })
})

function parse<Input, Output>(operation: Operation<Input, Output>, path: string, input: Input): Output {
  const { root } = readEnvelope(readFixture(path), 200)
  return operation.parse(requireResponseRoot(root, operation.name), input)
}

function refusal(run: () => unknown): EwsResponseError {
  try {
    run()
  } catch (error) {
    if (error instanceof EwsResponseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const search = { folder: explicitFolder('inbox', owner), traversal: 'Shallow' as const, shape: {} }

describe('FindItem and FindFolder answers', () => {
  test('a page has its items, and says where the next one starts', () => {
    const page = parse(findItem, 'find-item/response.page.xml', search)
    expect(page).toMatchObject({ includesLast: false, nextOffset: 102, total: 250 })
    expect(page.entries.map((item) => item.type)).toEqual(['Message', 'MeetingRequest', 'Item'])
    expect(page.entries[0]).toEqual({
      type: 'Message',
      id: message,
      parentFolderId: { id: 'AAMkAGY3MjU=', changeKey: 'AQAAAA==' },
      itemClass: 'IPM.Note',
      subject: 'Budget & plans',
      sensitivity: 'Normal',
      dateTimeReceived: new Date('2026-11-20T08:15:30Z'),
      size: 4711,
      importance: 'High',
      dateTimeSent: new Date('2026-11-20T08:15:28Z'),
      hasAttachments: false,
      extendedProperties: [
        { path: { propertyTag: '0x1035', propertyType: 'String' }, value: '<1@contoso.com>' },
      ],
      from: { name: 'Megan Bowen' },
      isRead: false,
    })
  })

  test('a meeting request for a delegate says so, with the time of the meeting', () => {
    expect(parse(findItem, 'find-item/response.page.xml', search).entries[1]).toMatchObject({
      isDelegated: true,
      start: new Date('2026-11-25T09:00:00Z'),
    })
  })

  test('an item of a kind without a table keeps what has no name, by FieldURI', () => {
    expect(parse(findItem, 'find-item/response.page.xml', search).entries[2]).toMatchObject({
      itemClass: 'IPM.Post',
      other: { 'item:IsRead': 'true' },
    })
  })

  test('an empty folder is a page without items', () => {
    expect(parse(findItem, 'find-item/response.empty.xml', search)).toMatchObject({
      entries: [],
      includesLast: true,
    })
  })

  test('a calendar view has no offset', () => {
    const page = parse(findItem, 'find-item/response.calendar-view.xml', search)
    expect(page.nextOffset).toBeUndefined()
    expect(page.entries[0]).toMatchObject({ type: 'CalendarItem', calendarItemType: 'Occurrence' })
  })

  test('a folder that is not there is thrown', () => {
    expect(refusal(() => parse(findItem, 'find-item/response.not-found.xml', search)).responseCode).toBe(
      'ErrorFolderNotFound',
    )
  })

  test('folders come with kind and class', () => {
    const page = parse(findFolder, 'find-folder/response.xml', {
      parent: explicitFolder('msgfolderroot', owner),
      traversal: 'Deep',
    })
    expect(page.entries).toMatchObject([
      { kind: 'calendar', folderClass: 'IPF.Appointment', displayName: 'Calendar' },
      { kind: 'ordinary', displayName: 'Trips', unreadCount: 0 },
    ])
    expect(page.includesLast).toBe(true)
  })
})

describe('GetItem answers', () => {
  const read = (path: string, count = 1) =>
    parse(getItem, path, {
      ids: Array.from({ length: count }, (_, n) => ({ id: `id${n}` })),
      shape: {},
    })

  test('a message has its properties as plain data', () => {
    const [outcome] = read('get-item/response.message.xml')
    expect(outcome?.ok && outcome.item).toMatchObject({
      mimeContent: 'U3ViamVjdDogQnVkZ2V0',
      // White space in a text is the text’s own.
      subject: ' Budget',
      sensitivity: 'Private',
      body: { type: 'Text', content: 'First line\nSecond line' },
      attachments: [
        {
          kind: 'file',
          id: 'AAMkAGY3Mjg=EgAQ',
          name: 'plan.pdf',
          contentType: 'application/pdf',
          size: 2048,
          isInline: false,
          lastModifiedTime: new Date('2026-11-20T08:15:00Z'),
        },
        { kind: 'item', id: 'AAMkAGY3Mjg=EgAR', name: 'Forwarded' },
      ],
      categories: ['Blue', 'To do'],
      internetMessageHeaders: [
        { name: 'Received', value: 'by mail.contoso.com' },
        { name: 'Received', value: 'by edge.contoso.com' },
      ],
      extendedProperties: [
        { path: { propertyTag: '0xe07', propertyType: 'Integer' }, value: '1' },
        {
          path: { propertySet: GUID.toLowerCase(), propertyName: 'Labels', propertyType: 'StringArray' },
          value: ['one', 'two'],
        },
      ],
      effectiveRights: { modify: true, delete: false, viewPrivateItems: false },
      conversationId: { id: 'AAQkAGY3Mjg=' },
      flag: { status: 'Flagged', dueDate: new Date('2026-11-30T00:00:00Z') },
      sender: { address: 'adele@contoso.com', mailboxType: 'Mailbox' },
      from: { address: 'megan@contoso.com' },
      toRecipients: [{ name: 'Allan Deyoung' }, { address: 'alex@contoso.com' }],
      other: { 'item:IconIndex': 'MailUnread', 'message:ConversationIndex': 'Ac2aAAAA' },
    })
  })

  test('what is not there is the outcome of its id alone', () => {
    const outcomes = read('get-item/response.message.xml', 2)
    expect(outcomes.map(({ ok, id }) => [ok, id.id])).toEqual([
      [true, 'id0'],
      [false, 'id1'],
    ])
    expect(outcomes[1]).toMatchObject({ code: 'ErrorItemNotFound' })
  })

  test('an id that the answer does not mention is not taken for done', () => {
    expect(read('get-item/response.message.xml', 3)[2]).toMatchObject({
      ok: false,
      id: { id: 'id2' },
      code: 'ErrorNoResponse',
    })
  })

  test('a calendar item has attendees, series and zone; what is more complicated is under other', () => {
    const [outcome] = read('get-item/response.calendar-item.xml')
    expect(outcome?.ok && outcome.item).toMatchObject({
      type: 'CalendarItem',
      body: { type: 'HTML', content: '<p>Agenda</p>' },
      organizer: { address: 'allan@contoso.com' },
      requiredAttendees: [
        {
          address: 'megan@contoso.com',
          responseType: 'Accept',
          lastResponseTime: new Date('2026-11-12T10:00:00Z'),
        },
      ],
      recurrence: {
        pattern: { type: 'RelativeMonthly', interval: 2, dayOfWeek: 'Tuesday', index: 'Third' },
        // The zone does not move the day.
        startDate: new Date('2026-11-17T00:00:00Z'),
        occurrences: 6,
      },
      startTimeZone: 'W. Europe Standard Time',
      isOrganizer: true,
      other: {
        'calendar:ModifiedOccurrences': { Occurrence: { OriginalStart: '2027-01-19T09:00:00Z' } },
      },
    })
  })

  test('contacts and tasks have theirs; a value nobody knows is kept as it is', () => {
    const [contact, task] = read('get-item/response.contact-and-task.xml', 2)
    expect(contact?.ok && contact.item).toMatchObject({
      type: 'Contact',
      completeName: { firstName: 'Adele', lastName: 'Vance', fullName: 'Adele Vance' },
      emailAddresses: { EmailAddress1: 'adele@contoso.com' },
      physicalAddresses: { Business: { street: '1 Main St', city: 'Redmond' } },
      phoneNumbers: { BusinessPhone: '+1 425 555 0100', MobilePhone: '+1 425 555 0101' },
      birthday: new Date('1980-05-04T11:59:00Z'),
    })
    expect(task?.ok && task.item).toMatchObject({
      type: 'Task',
      dueDate: new Date('2026-12-01T00:00:00Z'),
      percentComplete: 25,
      status: 'InProgress',
      other: { 'task:Recurrence': { YearlyRegeneration: { Interval: '1' } } },
    })
  })
})

describe('answers of what changes items and folders', () => {
  const ids = [{ id: 'a' }, { id: 'b' }]
  const items: NewItem[] = [
    { type: 'Message', subject: '1' },
    { type: 'Message', subject: '2' },
  ]

  test('created items have their ids, refused ones their codes', () => {
    expect(parse(createItem, 'create-item/response.partial-failure.xml', { items })).toEqual([
      { ok: true, item: items[0], id: { id: 'AAMkAGY3NDA=', changeKey: 'CQAAABYAAAA=' } },
      {
        ok: false,
        item: items[1],
        code: 'ErrorCreateItemAccessDenied',
        message: 'Access is denied. Check credentials and try again.',
      },
    ])
  })

  test('what is sent without being saved has no id', () => {
    expect(parse(createItem, 'create-item/response.sent.xml', { items: items.slice(0, 1) })).toEqual([
      { ok: true, item: items[0] },
    ])
  })

  test('an answered meeting is told by its id in the calendar, whatever else was moved or sent', () => {
    const input = { ids, answer: 'TentativelyAccept', messageDisposition: 'SendAndSaveCopy' } as const
    expect(parse(respondToMeeting, 'create-item/response.meeting-response.xml', input)).toMatchObject([
      { ok: true, id: ids[0], calendarItem: { id: 'AAMkAGY3MzI=', changeKey: 'DwAAABYAAAC=' } },
      { ok: false, id: ids[1], code: 'ErrorCalendarIsDelegatedForTentative' },
    ])
  })

  test('sending answers nothing, or why not', () => {
    const input = { ids: [{ id: 'a', changeKey: 'k' }], saveCopy: true }
    expect(parse(sendItem, 'send-item/response.xml', input)).toEqual([{ ok: true, id: input.ids[0] }])
    expect(parse(sendItem, 'send-item/response.send-as-denied.xml', input)).toMatchObject([
      { ok: false, code: 'ErrorSendAsDenied' },
    ])
  })

  test('an update answers new change keys and counts conflicts', () => {
    const changes = ids.map(({ id }) => ({ id, type: 'CalendarItem' as const, set: { subject: 'x' } }))
    expect(
      parse(updateItem, 'update-item/response.partial-failure.xml', {
        changes,
        conflictResolution: 'AutoResolve',
      }),
    ).toMatchObject([
      {
        ok: true,
        id: { id: 'a' },
        updated: { id: 'AAMkAGY3MzI=', changeKey: 'DwAAABYAAAD=' },
        conflicts: 1,
      },
      { ok: false, id: { id: 'b' }, code: 'ErrorIrresolvableConflict' },
    ])
  })

  test('deletions are matched by position', () => {
    expect(
      parse(deleteItem, 'delete-item/response.partial-failure.xml', { ids, deleteType: 'HardDelete' }),
    ).toMatchObject([
      { ok: true, id: { id: 'a' } },
      { ok: false, id: { id: 'b' }, code: 'ErrorAccessDenied' },
    ])
    expect(
      parse(deleteFolder, 'delete-folder/response.partial-failure.xml', { ids, deleteType: 'HardDelete' }),
    ).toMatchObject([{ ok: true }, { ok: false, code: 'ErrorFolderNotFound' }])
  })

  test('copies and moved items have new ids where the server tells them', () => {
    const input = { ids, toFolder: folderById('f') }
    expect(parse(copyItem, 'copy-item/response.xml', input)).toEqual([
      { ok: true, id: { id: 'a' }, newId: { id: 'AAMkAGY3NTA=', changeKey: 'CQAAABcAAAA=' } },
      { ok: true, id: { id: 'b' }, newId: { id: 'AAMkAGY3NTE=', changeKey: 'CQAAABcAAAB=' } },
    ])
    expect(parse(moveItem, 'move-item/response.partial-failure.xml', input)).toMatchObject([
      { ok: false, code: 'ErrorMoveCopyFailed' },
      { ok: true, id: { id: 'b' } },
    ])
  })

  test('created folders have their ids', () => {
    const folders = [{ displayName: 'Trips' }, { displayName: 'Trips' }]
    expect(
      parse(createFolder, 'create-folder/response.partial-failure.xml', {
        parent: folderById('p'),
        folders,
      }),
    ).toMatchObject([
      { ok: true, folder: folders[0], id: { id: 'AAMkAGY3MjY=', changeKey: 'AQAAABYAAAA=' } },
      { ok: false, folder: folders[1], code: 'ErrorFolderExists' },
    ])
  })
})

describe('ResolveNames answers', () => {
  const entry = { entry: 'adele' }

  test('one name is one candidate', () => {
    expect(parse(resolveNames, 'resolve-names/response.one.xml', entry)).toEqual({
      candidates: [
        {
          name: 'Adele Vance',
          address: 'adele@contoso.com',
          routingType: 'SMTP',
          mailboxType: 'Mailbox',
          proxyAddresses: ['adele@contoso.com'],
        },
      ],
      complete: true,
    })
  })

  test('several are all listed, a legacy Exchange name with its primary SMTP address', () => {
    expect(
      parse(resolveNames, 'resolve-names/response.several.xml', entry).candidates.map(
        ({ address }) => address,
      ),
    ).toEqual(['adele@contoso.com', 'adele.young@contoso.com'])
  })

  test('nobody is an empty list', () => {
    expect(parse(resolveNames, 'resolve-names/response.none.xml', entry).candidates).toEqual([])
  })
})

test('GetAttachment answers the bytes of files, and attached items as MIME', () => {
  const outcomes = parse(getAttachment, 'get-attachment/response.xml', { ids: ['a', 'b', 'c'] })
  expect(outcomes).toEqual([
    {
      ok: true,
      id: 'a',
      attachment: {
        kind: 'file',
        id: 'AAMkAGY3MjgBEgAQ',
        name: 'plan.txt',
        contentType: 'text/plain',
        size: 6,
        isInline: false,
        lastModifiedTime: new Date('2026-11-20T08:15:30Z'),
        content: Buffer.from('Noon?\n'),
      },
    },
    {
      ok: true,
      id: 'b',
      attachment: {
        kind: 'item',
        id: 'AAMkAGY3MjgBEgAR',
        name: 'Lunch?',
        content: Buffer.from('Subject: Lunch?\r\n\r\nNoon?\r\n'),
      },
    },
    {
      ok: false,
      id: 'c',
      code: 'ErrorInvalidAttachmentId',
      message: 'The specified attachment Id is invalid.',
    },
  ])
})
