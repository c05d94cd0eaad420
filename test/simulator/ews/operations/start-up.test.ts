import { describe, expect, test } from 'vitest'
import { createItem, type Item, touchItem } from '../../../../src/simulator/store/item.ts'
import * as d from '../../ews-driver.ts'

/** What clients ask when they start: ids, zones, names, configuration, and what has changed. */
const ews = d.useEws()

describe('ConvertId', () => {
  const convert = (id: string, from: string, to: string, mailbox: string = d.OWNER) =>
    ews.call(
      `<m:ConvertId DestinationFormat="${to}"><m:SourceIds><t:AlternateId Format="${from}" Id="${id}" Mailbox="${mailbox}"/></m:SourceIds></m:ConvertId>`,
    )
  const converted = (answer: d.Answer) => d.at(d.messages(answer)[0], 'AlternateId')?.attributes

  test('a made-up id is malformed, which tells a client that the server is there', async () => {
    expect(d.codes(await convert('DUMMY', 'EwsId', 'OwaId'))).toEqual(['ErrorInvalidIdMalformed'])
  })

  test('a good one is answered with the mailbox’s primary address, and leads back', async () => {
    const { id } = ews.folder(d.OWNER, 'inbox')
    for (const format of ['EntryId', 'HexEntryId', 'OwaId', 'EwsId']) {
      const there = converted(await convert(id, 'EwsId', format, 'allan.deyoung@contoso.com'))
      expect(there).toMatchObject({ Format: format, Mailbox: d.OWNER, type: 't:AlternateIdType' })
      const back = converted(await convert(there?.Id ?? '', format, 'EwsId'))
      expect(back?.Id).toBe(id)
    }
    expect(d.codes(await convert(id, 'EwsId', 'StoreId'))).toEqual(['ErrorUnsupportedTypeForConversion'])
    expect(d.codes(await convert(id, 'EwsId', 'OwaId', 'nobody@contoso.com'))).toEqual([
      'ErrorNonExistentMailbox',
    ])
  })
})

describe('GetServerTimeZones', () => {
  test('knows the rules of the zones that are asked for', async () => {
    const answer = await ews.call(
      '<m:GetServerTimeZones ReturnFullTimeZoneData="true"><m:Ids><t:Id>W. Europe Standard Time</t:Id><t:Id>UTC</t:Id><t:Id>Nowhere</t:Id></m:Ids></m:GetServerTimeZones>',
    )
    const zones = d.at(d.messages(answer)[0], 'TimeZoneDefinitions')?.children ?? []
    expect(zones.map(({ attributes }) => attributes.Id)).toEqual(['UTC', 'W. Europe Standard Time'])
    expect(zones[1]?.attributes.Name).toBe('(UTC+01:00) W. Europe Standard Time')
    expect(d.at(zones[1], 'Periods')?.children.map(({ attributes }) => attributes.Bias)).toEqual([
      '-PT1H',
      '-PT2H',
    ])
    const changes = d.at(zones[1], 'TransitionsGroups', 'TransitionsGroup')?.children ?? []
    expect(
      changes.map((change) =>
        ['Month', 'DayOfWeek', 'Occurrence', 'TimeOffset'].map((name) => d.textAt(change, name)),
      ),
    ).toEqual([
      ['3', 'Sunday', '-1', 'PT2H'],
      ['10', 'Sunday', '-1', 'PT3H'],
    ])
  })

  test('lists them all by name', async () => {
    const answer = await ews.call('<m:GetServerTimeZones ReturnFullTimeZoneData="false"/>')
    const zones = d.at(d.messages(answer)[0], 'TimeZoneDefinitions')?.children ?? []
    expect(zones.length).toBeGreaterThan(130)
    expect(zones[0]?.children).toEqual([])
  })
})

test('GetUserConfiguration says that there is none', async () => {
  const ask = (folder: string) =>
    ews.call(
      `<m:GetUserConfiguration><m:UserConfigurationName Name="CategoryList">${folder}</m:UserConfigurationName><m:UserConfigurationProperties>Dictionary XmlData</m:UserConfigurationProperties></m:GetUserConfiguration>`,
    )
  expect(d.codes(await ask(d.distinguished('calendar')))).toEqual(['ErrorItemNotFound'])
  expect(d.codes(await ask(d.distinguished('calendar', d.OTHER)))).toEqual(['ErrorFolderNotFound'])
})

test('GetFolder on the roots answers the owner, and not a delegate with rights on the calendar alone', async () => {
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor' })))
  const roots = (owner?: string) =>
    ['root', 'msgfolderroot', 'calendar'].map((name) => d.distinguished(name, owner)).join('')
  expect(d.codes(await ews.call(d.getFolder(roots())))).toEqual(['NoError', 'NoError', 'NoError'])
  expect(d.codes(await ews.call(d.getFolder(roots(d.OWNER)), { as: d.DELEGATE }))).toEqual([
    'ErrorItemNotFound',
    'ErrorItemNotFound',
    'NoError',
  ])
  await ews.call(d.removeDelegate(d.smtp(d.DELEGATE)))
})

describe('ResolveNames', () => {
  const resolve = (entry: string, attributes = '', parents = '') =>
    ews.call(
      `<m:ResolveNames ReturnFullContactData="${attributes.includes('full')}" ${attributes.replace('full', '')}>${parents && `<m:ParentFolderIds>${parents}</m:ParentFolderIds>`}<m:UnresolvedEntry>${entry}</m:UnresolvedEntry></m:ResolveNames>`,
    )
  const addresses = (answer: d.Answer) =>
    (d.at(d.messages(answer)[0], 'ResolutionSet')?.children ?? []).map((each) =>
      d.textAt(each, 'Mailbox', 'EmailAddress'),
    )

  test.each([
    ['AdeleV', [d.DELEGATE]],
    ['vance', [d.DELEGATE]],
    ['Adele Vance', [d.DELEGATE]],
    ['smtp:allan.deyoung@contoso.com', [d.OWNER]],
    ['sales', ['sales@contoso.com']],
  ])('%s is resolved', async (entry, expected) => {
    const answer = await resolve(entry)
    expect(d.codes(answer)).toEqual(['NoError'])
    expect(addresses(answer)).toEqual(expected)
    expect(d.at(d.messages(answer)[0], 'ResolutionSet')?.attributes).toEqual({
      TotalItemsInView: '1',
      IncludesLastItemInRange: 'true',
    })
  })

  test('several are a warning, and listed; nobody is an error', async () => {
    const several = await resolve('a')
    expect(d.messages(several)[0]?.attributes.ResponseClass).toBe('Warning')
    expect(d.codes(several)).toEqual(['ErrorNameResolutionMultipleResults'])
    expect(addresses(several).length).toBeGreaterThan(2)
    expect(d.codes(await resolve('nobody'))).toEqual(['ErrorNameResolutionNoResults'])
  })

  test('contacts are found where the scope says so, with their data', async () => {
    await ews.call(
      d.createItem(
        '<t:Contact><t:DisplayName>Zoe Young</t:DisplayName><t:EmailAddresses><t:Entry Key="EmailAddress1">zoe@fabrikam.com</t:Entry></t:EmailAddresses></t:Contact>',
        '',
      ),
    )
    expect(d.codes(await resolve('zoe', 'SearchScope="ActiveDirectory"'))).toEqual([
      'ErrorNameResolutionNoResults',
    ])
    const answer = await resolve('zoe', 'full SearchScope="Contacts"')
    expect(addresses(answer)).toEqual(['zoe@fabrikam.com'])
    const resolution = d.at(d.messages(answer)[0], 'ResolutionSet', 'Resolution')
    expect(d.textAt(resolution, 'Contact', 'DisplayName')).toBe('Zoe Young')
    const directory = await resolve('adelev', 'full SearchScope="ActiveDirectory" ContactDataShape="Default"')
    expect(
      d.textAt(d.at(d.messages(directory)[0], 'ResolutionSet', 'Resolution'), 'Contact', 'ContactSource'),
    ).toBe('ActiveDirectory')
    expect(d.codes(await resolve('zoe', 'SearchScope="Contacts"', d.distinguished('inbox')))).toEqual([
      'ErrorResolveNamesInvalidFolderType',
    ])
  })
})

test('ExpandDL lists the members of a group', async () => {
  const expand = (address: string) =>
    ews.call(`<m:ExpandDL><m:Mailbox><t:EmailAddress>${address}</t:EmailAddress></m:Mailbox></m:ExpandDL>`)
  const answer = await expand('sales@contoso.com')
  expect(
    d.at(d.messages(answer)[0], 'DLExpansion')?.children.map((each) => d.textAt(each, 'EmailAddress')),
  ).toEqual([d.OTHER, 'AlexW@contoso.com'])
  expect(d.codes(await expand(d.OWNER))).toEqual(['ErrorNameResolutionNoResults'])
})

describe('SyncFolderHierarchy', () => {
  const sync = (state?: string, as: string = d.OWNER, id = '') =>
    ews.call(
      `<m:SyncFolderHierarchy>${d.folderShape('Default')}${id && `<m:SyncFolderId>${id}</m:SyncFolderId>`}${state === undefined ? '' : `<m:SyncState>${state}</m:SyncState>`}</m:SyncFolderHierarchy>`,
      { as },
    )
  const changes = (answer: d.Answer) =>
    (d.at(d.messages(answer)[0], 'Changes')?.children ?? []).map(
      (change) => `${change.name} ${d.textAt(change.children[0], 'DisplayName') ?? ''}`,
    )
  const state = (answer: d.Answer) => d.textAt(d.messages(answer)[0], 'SyncState')

  test('gives every folder at first, then what has changed', async () => {
    const first = await sync()
    expect(changes(first)).toContain('Create Inbox')
    expect(changes(await sync(state(first)))).toEqual([])
    const made = ews
      .mailbox(d.OWNER)
      .createFolder(ews.folder(d.OWNER, 'inbox'), { displayName: 'New', folderClass: 'IPF.Note' })
    const second = await sync(state(first))
    expect(changes(second)).toEqual(['Update Inbox', 'Create New'])
    ews.mailbox(d.OWNER).deleteFolder(made)
    expect(changes(await sync(state(second)))).toEqual(['Update Inbox', 'Delete '])
    // Who never saw it does not hear that it is gone.
    expect(changes(await sync(state(first)))).toEqual(['Update Inbox'])
  })

  test('shows others what they may open, and takes no state of another folder', async () => {
    const calendar = ews.folder(d.OWNER, 'calendar')
    calendar.permissions.set({ kind: 'account', sid: ews.recipient(d.STRANGER).sid }, 0x401)
    expect(d.codes(await sync(undefined, d.STRANGER, d.distinguished('msgfolderroot', d.OWNER)))).toEqual([
      'ErrorSyncFolderNotFound',
    ])
    const own = state(await sync())
    for (const wrong of ['nonsense', own])
      expect(d.codes(await sync(wrong, d.OWNER, d.distinguished('root')))).toEqual([
        'ErrorInvalidSyncStateData',
      ])
  })
})

describe('SyncFolderItems', () => {
  const sync = (state = '', most = 10, ignore = '', as: string = d.OWNER) =>
    ews.call(
      `<m:SyncFolderItems>${d.itemShape('IdOnly', ['item:Subject'])}<m:SyncFolderId>${d.distinguished('inbox', d.OWNER)}</m:SyncFolderId><m:SyncState>${state}</m:SyncState>${ignore && `<m:Ignore>${ignore}</m:Ignore>`}<m:MaxChangesReturned>${most}</m:MaxChangesReturned></m:SyncFolderItems>`,
      { as },
    )
  const changes = (answer: d.Answer) =>
    (d.at(d.messages(answer)[0], 'Changes')?.children ?? []).map(
      (change) => `${change.name} ${d.textAt(change.children[0], 'Subject') ?? ''}`,
    )
  const state = (answer: d.Answer) => d.textAt(d.messages(answer)[0], 'SyncState') ?? ''
  const put = (subject: string): Item => {
    const folder = ews.folder(d.OWNER, 'inbox')
    const item = createItem(ews.simulator.exchange, { mailbox: folder.mailbox, subject })
    folder.addItem(item)
    return item
  }

  test('gives what is new, changed and gone, in parts if need be', async () => {
    const [one, two, three] = ['one', 'two', 'three'].map(put) as [Item, Item, Item]
    const first = await sync('', 2)
    expect(changes(first)).toEqual(['Create one', 'Create two'])
    expect(d.textAt(d.messages(first)[0], 'IncludesLastItemInRange')).toBe('false')
    const rest = await sync(state(first))
    expect(changes(rest)).toEqual(['Create three'])
    expect(d.textAt(d.messages(rest)[0], 'IncludesLastItemInRange')).toBe('true')

    const folder = ews.folder(d.OWNER, 'inbox')
    two.subject = 'two!'
    touchItem(ews.simulator.exchange, two)
    folder.removeItem(one)
    put('four')
    expect(changes(await sync(state(rest)))).toEqual(['Update two!', 'Delete ', 'Create four'])
    expect(changes(await sync(state(rest), 10, d.itemId(two)))).toEqual(['Delete ', 'Create four'])
    expect(three.subject).toBe('three')
  })

  test('what becomes private is gone for a delegate who does not see private items', async () => {
    const folder = ews.folder(d.OWNER, 'inbox')
    folder.permissions.set({ kind: 'account', sid: ews.recipient(d.DELEGATE).sid }, 0x401)
    const item = put('shared')
    const seen = state(await sync('', 512, '', d.DELEGATE))
    item.sensitivity = 'private'
    touchItem(ews.simulator.exchange, item)
    expect(changes(await sync(seen, 512, '', d.DELEGATE))).toEqual(['Delete '])
    expect(changes(await sync(seen, 512))).toEqual(['Update shared'])
  })
})

describe('GetUserAvailability', () => {
  const ask = (options: {
    people?: readonly string[]
    start?: string
    end?: string
    zone?: string
    more?: string
  }) => {
    const {
      people = [d.OWNER],
      start = '2026-11-23T00:00:00',
      end = '2026-11-24T00:00:00',
      zone,
      more = '',
    } = options
    const never =
      '<t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>0</t:DayOrder><t:Month>0</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek>'
    const timeZone =
      zone ??
      `<t:TimeZone><t:Bias>0</t:Bias><t:StandardTime>${never}</t:StandardTime><t:DaylightTime>${never}</t:DaylightTime></t:TimeZone>`
    return ews.call(
      `<m:GetUserAvailabilityRequest>${timeZone}<m:MailboxDataArray>${people
        .map(
          (person) =>
            `<t:MailboxData><t:Email><t:Address>${person}</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData>`,
        )
        .join(
          '',
        )}</m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>${start}</t:StartTime><t:EndTime>${end}</t:EndTime></t:TimeWindow><t:RequestedView>FreeBusyMerged</t:RequestedView></t:FreeBusyViewOptions>${more}</m:GetUserAvailabilityRequest>`,
    )
  }
  const responses = (answer: d.Answer) => d.at(answer.body, 'FreeBusyResponseArray')?.children ?? []
  const code = (answer: d.Answer) => d.textAt(responses(answer)[0], 'ResponseMessage', 'ResponseCode')

  test('times are in the zone of the request, with its own rules', async () => {
    await ews.call(
      d.createItem(
        '<t:CalendarItem><t:Subject>Summer</t:Subject><t:Start>2026-07-01T10:00:00Z</t:Start><t:End>2026-07-01T11:00:00Z</t:End></t:CalendarItem>',
        'SendMeetingInvitations="SendToNone"',
      ),
    )
    const zone =
      '<t:TimeZone><t:Bias>480</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>02:00:00</t:Time><t:DayOrder>1</t:DayOrder><t:Month>11</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:StandardTime><t:DaylightTime><t:Bias>-60</t:Bias><t:Time>02:00:00</t:Time><t:DayOrder>2</t:DayOrder><t:Month>3</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:DaylightTime></t:TimeZone>'
    const answer = await ask({ zone, start: '2026-07-01T00:00:00', end: '2026-07-01T06:00:00' })
    const event = d.at(responses(answer)[0], 'FreeBusyView', 'CalendarEventArray', 'CalendarEvent')
    expect(d.textAt(event, 'StartTime')).toBe('2026-07-01T03:00:00')
    expect(d.textAt(responses(answer)[0], 'FreeBusyView', 'MergedFreeBusy')).toBe('000000220000')
  })

  test('each person is answered by themselves', async () => {
    const answer = await ask({ people: [d.OWNER, 'nobody@contoso.com', 'sales@contoso.com'] })
    expect(responses(answer).map((each) => d.textAt(each, 'ResponseMessage', 'ResponseCode'))).toEqual([
      'NoError',
      'ErrorMailRecipientNotFound',
      'ErrorFreeBusyGenerationFailed',
    ])
  })

  test('what cannot be answered is refused', async () => {
    expect(code(await ask({ zone: '' }))).toBe('ErrorTimeZone')
    expect(code(await ask({ end: '2026-11-22T00:00:00' }))).toBe('ErrorInvalidTimeInterval')
    expect(code(await ask({ end: '2027-11-22T00:00:00' }))).toBe('ErrorTimeIntervalTooBig')
  })
})

d.testThatEverythingWasValid(ews)
