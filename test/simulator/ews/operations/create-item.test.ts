import { describe, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()

async function create(items: string, attributes?: string, folder?: string, as: string = d.OWNER) {
  return ews.call(d.createItem(items, attributes, folder), { as })
}

async function read(answer: d.Answer, fields: readonly string[], as: string = d.OWNER, base = 'IdOnly') {
  const [made] = d.items(answer)
  if (!made) throw new Error(`Nothing was made: ${answer.text}`)
  const got = await ews.call(d.getItem(d.itemId(made), base, fields), { as })
  return d.items(got)[0]
}

const MESSAGE = `<t:Message><t:Subject>Hello</t:Subject><t:Body BodyType="Text">Text</t:Body><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients></t:Message>`

describe('messages', () => {
  test('a draft keeps what it was made with, in the schema’s order', async () => {
    const made = await create(
      `<t:Message><t:ItemClass>IPM.Note</t:ItemClass><t:Subject>Q4 &lt;draft&gt;</t:Subject><t:Sensitivity>Confidential</t:Sensitivity>
       <t:Body BodyType="HTML">&lt;p&gt;See &amp;amp; read&lt;/p&gt;</t:Body>
       <t:Categories><t:String>Blue</t:String></t:Categories><t:Importance>High</t:Importance>
       <t:InternetMessageHeaders><t:InternetMessageHeader HeaderName="X-A">1</t:InternetMessageHeader></t:InternetMessageHeaders>
       <t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="Handled" PropertyType="Boolean"/><t:Value>1</t:Value></t:ExtendedProperty>
       <t:Flag><t:FlagStatus>Flagged</t:FlagStatus><t:DueDate>2026-11-30T00:00:00Z</t:DueDate></t:Flag>
       <t:ToRecipients>${d.mailbox(d.OTHER)}<t:Mailbox><t:Name>Somebody</t:Name><t:EmailAddress>x@example.com</t:EmailAddress></t:Mailbox></t:ToRecipients>
       <t:IsReadReceiptRequested>true</t:IsReadReceiptRequested></t:Message>`,
    )
    const item = await read(
      made,
      [
        'item:TextBody',
        'item:Preview',
        '<t:IndexedFieldURI FieldURI="item:InternetMessageHeader" FieldIndex="x-a"/>',
        '<t:ExtendedFieldURI PropertySetId="00020329-0000-0000-C000-000000000046" PropertyName="Handled" PropertyType="Boolean"/>',
        '<t:ExtendedFieldURI PropertySetId="00020329-0000-0000-C000-000000000046" PropertyName="Other" PropertyType="Boolean"/>',
      ],
      d.OWNER,
      'AllProperties',
    )
    expect(item?.name).toBe('Message')
    expect(d.textAt(item, 'Subject')).toBe('Q4 <draft>')
    expect(d.textAt(item, 'Sensitivity')).toBe('Confidential')
    expect(d.textAt(item, 'Body')).toBe('<p>See &amp; read</p>')
    expect(d.textAt(item, 'TextBody')).toBe('See & read')
    expect(d.textAt(item, 'Preview')).toBe('See & read')
    expect(d.textAt(item, 'Importance')).toBe('High')
    expect(d.textAt(item, 'Categories', 'String')).toBe('Blue')
    expect(d.textAt(item, 'IsDraft')).toBe('true')
    expect(d.textAt(item, 'ExtendedProperty', 'Value')).toBe('true')
    expect(d.textAt(item, 'InternetMessageHeaders', 'InternetMessageHeader')).toBe('1')
    expect(d.textAt(item, 'Flag', 'DueDate')).toBe('2026-11-30T00:00:00Z')
    expect(d.textAt(item, 'IsReadReceiptRequested')).toBe('true')
    expect(d.textAt(item, 'DisplayTo')).toBe('Megan Bowen; Somebody')
    expect(d.textAt(item, 'ToRecipients', 'Mailbox', 'Name')).toBe('Megan Bowen')
  })

  test('SendAndSaveCopy delivers and keeps a copy, and answers without an id', async () => {
    const answer = await create(MESSAGE, 'MessageDisposition="SendAndSaveCopy"')
    expect(d.codes(answer)).toEqual(['NoError'])
    expect(d.items(answer)).toEqual([])
    expect(ews.folder(d.OTHER, 'inbox').items().at(-1)).toMatchObject({ subject: 'Hello', isRead: false })
    expect(ews.folder(d.OWNER, 'sentitems').items().at(-1)).toMatchObject({
      subject: 'Hello',
      isDraft: false,
    })
  })

  test('SendOnly keeps none, whatever folder is named', async () => {
    const before = ews.folder(d.OWNER, 'sentitems').itemCount
    await create(MESSAGE, 'MessageDisposition="SendOnly"', d.distinguished('sentitems'))
    expect(ews.folder(d.OWNER, 'sentitems').itemCount).toBe(before)
  })

  test('a message that its sender marks as received is none to be sent', async () => {
    const made = await create(
      '<t:Message><t:Subject>Imported</t:Subject><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/><t:Value>1</t:Value></t:ExtendedProperty></t:Message>',
      'MessageDisposition="SaveOnly"',
      d.distinguished('inbox'),
    )
    const item = await read(made, [
      'item:IsDraft',
      'message:IsRead',
      '<t:ExtendedFieldURI PropertyTag="0xe07" PropertyType="Integer"/>',
    ])
    expect([d.textAt(item, 'IsDraft'), d.textAt(item, 'IsRead')]).toEqual(['false', 'true'])
    expect(d.textAt(item, 'ExtendedProperty', 'Value')).toBe('1')
  })

  test.each([
    [MESSAGE, '', 'ErrorMessageDispositionRequired'],
    ['<t:Message/>', 'MessageDisposition="SendOnly"', 'ErrorMissingRecipients'],
    [
      '<t:Message><t:ToRecipients><t:Mailbox><t:EmailAddress>nobody</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message>',
      'MessageDisposition="SendOnly"',
      'ErrorInvalidRecipients',
    ],
    ['<t:Message><t:Size>3</t:Size></t:Message>', undefined, 'ErrorInvalidPropertySet'],
    [
      '<t:Message><t:ItemClass>IPM.Appointment</t:ItemClass></t:Message>',
      undefined,
      'ErrorObjectTypeChanged',
    ],
    [
      '<t:Message><t:MimeContent>AAAA</t:MimeContent></t:Message>',
      undefined,
      'ErrorUnsupportedMimeConversion: MIME content is not read by this simulator.',
    ],
    [
      '<t:Message><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x8000" PropertyType="Integer"/><t:Value>x</t:Value></t:ExtendedProperty></t:Message>',
      undefined,
      'ErrorInvalidExtendedPropertyValue',
    ],
    [
      '<t:PostItem/>',
      undefined,
      'ErrorInvalidItemForOperationCreateItem: Making a PostItem is not modelled by this simulator.',
    ],
  ])('%s with %s is refused', async (item, attributes, code) => {
    const [message] = d.messages(await create(item, attributes))
    expect(d.outcome(message as never).slice(0, code.length)).toBe(code)
  })
})

describe('from somebody else', () => {
  const FROM = `<t:Message><t:Subject>For Allan</t:Subject><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients><t:From>${d.mailbox(d.OWNER)}</t:From></t:Message>`

  test('without a right to send it is refused, and nothing is sent', async () => {
    const before = ews.folder(d.OTHER, 'inbox').itemCount
    const answer = await create(FROM, 'MessageDisposition="SendAndSaveCopy"', undefined, d.DELEGATE)
    expect(d.codes(answer)).toEqual(['ErrorSendAsDenied'])
    expect(ews.folder(d.OTHER, 'inbox').itemCount).toBe(before)
  })

  test('with Send on Behalf the delegate shows as the sender', async () => {
    await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE))))
    await create(FROM, 'MessageDisposition="SendAndSaveCopy"', undefined, d.DELEGATE)
    const received = ews.folder(d.OTHER, 'inbox').items().at(-1)
    expect([received?.from?.address, received?.sender?.address]).toEqual([d.OWNER, d.DELEGATE])
    expect(ews.folder(d.DELEGATE, 'sentitems').items().at(-1)?.subject).toBe('For Allan')
    await ews.call(d.removeDelegate(d.smtp(d.DELEGATE)))
  })

  test('impersonated, it is the owner’s own', async () => {
    await ews.call(d.createItem(FROM, 'MessageDisposition="SendAndSaveCopy"'), {
      as: d.ADMINISTRATOR,
      header: d.impersonate(d.OWNER),
    })
    const received = ews.folder(d.OTHER, 'inbox').items().at(-1)
    expect([received?.from?.address, received?.sender?.address]).toEqual([d.OWNER, d.OWNER])
  })
})

describe('appointments', () => {
  const appointment = (inside: string) => `<t:CalendarItem><t:Subject>A</t:Subject>${inside}</t:CalendarItem>`
  const none = 'SendMeetingInvitations="SendToNone"'

  test('times are read in the zone they name: their own, the header’s, the appointment’s, UTC', async () => {
    const start = async (times: string, header?: string) => {
      const answer = await ews.call(d.createItem(appointment(times), none), header ? { header } : {})
      const item = await read(answer, ['calendar:Start', 'calendar:StartTimeZone', 'calendar:Duration'])
      return d.textAt(item, 'Start')
    }
    const local = '<t:Start>2026-07-01T09:00:00</t:Start><t:End>2026-07-01T10:30:00</t:End>'
    const header =
      '<t:RequestServerVersion Version="Exchange2013_SP1"/><t:TimeZoneContext><t:TimeZoneDefinition Id="Pacific Standard Time"/></t:TimeZoneContext>'
    expect(
      await start('<t:Start>2026-07-01T09:00:00.500+02:00</t:Start><t:End>2026-07-01T10:00:00Z</t:End>'),
    ).toBe('2026-07-01T07:00:00Z')
    expect(await start(local)).toBe('2026-07-01T09:00:00Z')
    expect(await start(local, header)).toBe('2026-07-01T16:00:00Z')
    expect(await start(`${local}<t:StartTimeZone Id="W. Europe Standard Time"/>`)).toBe(
      '2026-07-01T07:00:00Z',
    )
  })

  test('an all-day event lasts from midnight to midnight in its zone', async () => {
    const made = await create(
      appointment(
        '<t:Start>2026-11-23T10:00:00</t:Start><t:End>2026-11-23T11:00:00</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent><t:StartTimeZone Id="W. Europe Standard Time"/>',
      ),
      none,
    )
    const item = await read(made, ['calendar:Start', 'calendar:End', 'calendar:Duration'])
    expect([d.textAt(item, 'Start'), d.textAt(item, 'End'), d.textAt(item, 'Duration')]).toEqual([
      '2026-11-22T23:00:00Z',
      '2026-11-23T23:00:00Z',
      'P1D',
    ])
  })

  test.each([
    [appointment(''), '', 'ErrorSendMeetingInvitationsRequired'],
    [
      appointment('<t:Start>2026-11-23T10:00:00Z</t:Start><t:End>2026-11-23T09:00:00Z</t:End>'),
      none,
      'ErrorCalendarEndDateIsEarlierThanStartDate',
    ],
    [
      appointment('<t:Start>1600-12-31T00:00:00Z</t:Start><t:End>1601-01-01T00:00:00Z</t:End>'),
      none,
      'ErrorCalendarOutOfRange',
    ],
    [
      appointment('<t:Start>9999-12-31T23:00:00Z</t:Start><t:End>9999-12-31T23:30:00Z</t:End>'),
      none,
      'ErrorCalendarOutOfRange',
    ],
    [
      appointment('<t:Start>2026-11-23T09:00:00Z</t:Start><t:End>2036-11-23T09:00:00Z</t:End>'),
      none,
      'ErrorCalendarDurationIsTooLong',
    ],
    [appointment('<t:StartTimeZone Id="Nowhere Standard Time"/>'), none, 'ErrorCalendarInvalidTimeZone'],
    [
      appointment(
        '<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek></t:WeeklyRecurrence><t:NoEndRecurrence><t:StartDate>2026-11-23</t:StartDate></t:NoEndRecurrence></t:Recurrence>',
      ),
      none,
      'ErrorCalendarInvalidDayForWeeklyRecurrence',
    ],
    [
      appointment(
        '<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:EndDateRecurrence><t:StartDate>2026-11-23</t:StartDate><t:EndDate>2026-11-01</t:EndDate></t:EndDateRecurrence></t:Recurrence>',
      ),
      none,
      'ErrorRecurrenceHasNoOccurrence',
    ],
  ])('%s is refused', async (item, attributes, code) => {
    expect(d.codes(await create(item, attributes))).toEqual([code])
  })

  test.each([
    ['CalendarItem', 'inbox', 'ErrorCannotCreateCalendarItemInNonCalendarFolder'],
    ['Contact', 'inbox', 'ErrorCannotCreateContactInNonContactFolder'],
    ['Task', 'calendar', 'ErrorCannotCreateTaskInNonTaskFolder'],
  ])('a %s in the folder %s is refused', async (name, folder, code) => {
    expect(d.codes(await create(`<t:${name}/>`, none, d.distinguished(folder)))).toEqual([code])
  })
})

test('a contact names itself, and keeps its addresses apart by their keys', async () => {
  const made = await create(
    `<t:Contact><t:GivenName>Adele</t:GivenName>
     <t:EmailAddresses><t:Entry Key="EmailAddress1">adele@fabrikam.com</t:Entry></t:EmailAddresses>
     <t:PhysicalAddresses><t:Entry Key="Business"><t:Street>1 Main St</t:Street><t:City>Redmond</t:City></t:Entry></t:PhysicalAddresses>
     <t:PhoneNumbers><t:Entry Key="MobilePhone">1</t:Entry><t:Entry Key="BusinessPhone">2</t:Entry></t:PhoneNumbers>
     <t:Surname>Vance</t:Surname></t:Contact>`,
    '',
  )
  const item = await read(made, ['item:Subject'], d.OWNER, 'Default')
  expect(d.textAt(item, 'FileAs')).toBe('Vance, Adele')
  expect(d.textAt(item, 'DisplayName')).toBe('Adele Vance')
  expect(d.textAt(item, 'Subject')).toBe('Adele Vance')
  expect(d.textAt(item, 'PhysicalAddresses', 'Entry', 'City')).toBe('Redmond')
  const one = await read(made, [
    '<t:IndexedFieldURI FieldURI="contacts:PhoneNumber" FieldIndex="MobilePhone"/>',
    '<t:IndexedFieldURI FieldURI="contacts:PhysicalAddress:City" FieldIndex="Business"/>',
  ])
  expect(d.at(one, 'PhoneNumbers')?.children.map(({ text }) => text)).toEqual(['1'])
  expect(d.at(one, 'PhysicalAddresses', 'Entry')?.children.map(({ text }) => text)).toEqual(['Redmond'])
})

test('a task’s status, percentage and date of completion say one thing', async () => {
  const done = await read(
    await create('<t:Task><t:Status>Completed</t:Status></t:Task>', ''),
    [],
    d.OWNER,
    'AllProperties',
  )
  expect([d.textAt(done, 'PercentComplete'), d.textAt(done, 'IsComplete')]).toEqual(['100', 'true'])
  expect(d.textAt(done, 'CompleteDate')).toMatch(/^\d{4}-/)
  const started = await read(await create('<t:Task><t:PercentComplete>30</t:PercentComplete></t:Task>', ''), [
    'task:Status',
    'task:StatusDescription',
  ])
  expect([d.textAt(started, 'Status'), d.textAt(started, 'StatusDescription')]).toEqual([
    'InProgress',
    'In Progress',
  ])
  expect(d.codes(await create('<t:Task><t:PercentComplete>101</t:PercentComplete></t:Task>', ''))).toEqual([
    'ErrorInvalidPercentCompleteValue',
  ])
})

test('each item has an outcome of its own', async () => {
  const answer = await create('<t:Message/><t:Contact><t:HasPicture>true</t:HasPicture></t:Contact><t:Task/>')
  expect(d.codes(answer)).toEqual(['NoError', 'ErrorInvalidPropertySet', 'NoError'])
})

test('a folder that is not there is ErrorSavedItemFolderNotFound', async () => {
  expect(d.codes(await create(MESSAGE, undefined, d.distinguished('voicemail')))).toEqual([
    'ErrorSavedItemFolderNotFound',
  ])
})

describe('replies', () => {
  test('to a message, with its text below; forwarded, with its attachments', async () => {
    await create(
      `<t:Message><t:Subject>Plan</t:Subject><t:Body BodyType="Text">The plan.</t:Body><t:Attachments><t:FileAttachment><t:Name>a.txt</t:Name><t:Content>aGVsbG8=</t:Content></t:FileAttachment></t:Attachments><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients><t:CcRecipients>${d.mailbox(d.STRANGER)}</t:CcRecipients></t:Message>`,
      'MessageDisposition="SendAndSaveCopy"',
    )
    const received = ews.folder(d.OTHER, 'inbox').items().at(-1)
    if (!received) throw new Error('Nothing arrived.')
    const reference = `<t:ReferenceItemId Id="${received.entryId}" ChangeKey="${received.changeKey}"/>`
    const reply = await create(
      `<t:ReplyAllToItem>${reference}<t:NewBodyContent BodyType="Text">Thanks.</t:NewBodyContent></t:ReplyAllToItem>`,
      'MessageDisposition="SendOnly"',
      undefined,
      d.OTHER,
    )
    expect(d.codes(reply)).toEqual(['NoError'])
    const answered = ews.folder(d.OWNER, 'inbox').items().at(-1)
    expect(answered?.subject).toBe('RE: Plan')
    expect(answered?.body?.content).toMatch(/^Thanks\.[\s\S]*The plan\./)
    expect(answered?.cc.map(({ address }) => address)).toEqual([d.STRANGER])
    const forward = await create(
      `<t:ForwardItem><t:ToRecipients>${d.mailbox(d.DELEGATE)}</t:ToRecipients>${reference}</t:ForwardItem>`,
      'MessageDisposition="SendOnly"',
      undefined,
      d.OTHER,
    )
    expect(d.codes(forward)).toEqual(['NoError'])
    expect(ews.folder(d.DELEGATE, 'inbox').items().at(-1)).toMatchObject({
      subject: 'FW: Plan',
      attachments: [{ name: 'a.txt' }],
    })
  })

  test('what is not modelled is refused by name', async () => {
    const [message] = d.messages(await create('<t:RemoveItem/>'))
    expect(d.outcome(message as never)).toBe(
      'ErrorInvalidItemForOperationCreateItem: RemoveItem is not modelled by this simulator.',
    )
  })
})

d.testThatEverythingWasValid(ews)
