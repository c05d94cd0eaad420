import { afterEach, describe, expect, it, vi } from 'vitest'
import { readAssignments, readClears } from '../../src/cli/item-values.ts'
import type { ItemType } from '../../src/model/item.ts'

const set = (type: ItemType, ...texts: string[]) => readAssignments(type, texts, { flag: '--set' })
afterEach(() => vi.unstubAllEnvs())

describe('--set NAME=VALUE', () => {
  it('takes names in any case, and FieldURIs', () => {
    expect(set('Message', 'SUBJECT=Lunch')).toEqual({ subject: 'Lunch' })
    expect(set('Message', 'item:Subject=Lunch', 'message:isread=yes')).toEqual({
      subject: 'Lunch',
      isRead: true,
    })
    expect(set('CalendarItem', 'Location=Room 1')).toEqual({ location: 'Room 1' })
  })

  it('keeps everything after the first equals sign', () => {
    expect(set('Message', 'body=a=b=c')).toEqual({ body: 'a=b=c' })
  })

  it('gives each property its own form', () => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    expect(
      set(
        'CalendarItem',
        'start=2026-12-24T10:00',
        'isAllDayEvent=no',
        'reminderMinutesBeforeStart=15',
        'categories=Red, Blue',
        'sensitivity=private',
        'legacyFreeBusyStatus=oof',
        'requiredAttendees=a@contoso.com, Adele <adele@contoso.com>',
      ),
    ).toEqual({
      start: new Date('2026-12-24T09:00:00Z'),
      isAllDayEvent: false,
      reminderMinutesBeforeStart: 15,
      categories: ['Red', 'Blue'],
      sensitivity: 'Private',
      legacyFreeBusyStatus: 'OOF',
      requiredAttendees: ['a@contoso.com', 'Adele <adele@contoso.com>'],
    })
    expect(set('Task', 'dueDate=2026-12-24', 'percentComplete=12.5', 'status=inprogress')).toEqual({
      dueDate: '2026-12-24',
      percentComplete: 12.5,
      status: 'InProgress',
    })
  })

  it('a body is HTML where that is said', () => {
    expect(readAssignments('Message', ['body=<p>'], { flag: '--set', html: true })).toEqual({
      body: { type: 'HTML', content: '<p>' },
    })
  })

  it('names the entries of dictionaries', () => {
    expect(
      set(
        'Contact',
        'emailAddresses.emailaddress1=a@contoso.com',
        'emailAddresses.EmailAddress2=b@contoso.com',
        'physicalAddresses.business.city=Redmond',
        'physicalAddresses.Business.street=1 Way',
      ),
    ).toEqual({
      emailAddresses: { EmailAddress1: 'a@contoso.com', EmailAddress2: 'b@contoso.com' },
      physicalAddresses: { Business: { city: 'Redmond', street: '1 Way' } },
    })
  })

  it('a FieldURI without a word of its own goes as it is', () => {
    expect(set('CalendarItem', 'calendar:MeetingWorkspaceUrl=https://contoso.com')).toEqual({
      other: { 'calendar:MeetingWorkspaceUrl': 'https://contoso.com' },
    })
  })

  it.each<[ItemType, string, string]>([
    ['Message', 'subject', 'is not NAME=VALUE'],
    ['Message', '=Lunch', 'is not NAME=VALUE'],
    ['Message', 'subject=', '--set subject has no value'],
    ['Message', 'subjct=Lunch', 'no property "subjct"'],
    ['Message', 'location=Room', 'no property "location"'],
    ['Message', 'hasAttachments=yes', 'set by the server'],
    ['Message', 'isRead=maybe', 'neither yes nor no'],
    ['Message', 'subject.x=y', 'no entries such as x'],
    ['Message', 'attachments=x', 'cannot be given as a text'],
    ['CalendarItem', 'start=soon', '--set start: "soon" is not a date'],
    ['Task', 'percentComplete=half', 'is not a number'],
    ['Contact', 'emailAddresses=a@contoso.com', 'say which one is meant'],
  ])('%s %s is refused', (type, text, sentence) => {
    expect(() => set(type, text)).toThrow(sentence)
  })

  it('takes MAPI properties, with values as EWS spells them', () => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    expect(
      set(
        'Task',
        'PublicStrings/Project=Apollo = 11',
        'Common/0x8503:Boolean=yes',
        'Common/34050:SystemTime=2026-12-24T10:00',
        'PublicStrings/Codes:IntegerArray=1, 2',
        '0x0E07:Long=9223372036854775807',
        'PublicStrings/Low:Short=-32768',
        'PublicStrings/Share:Double=-1.5e3',
        'PublicStrings/Blob:Binary=AAEC',
      ).extendedProperties,
    ).toEqual([
      {
        path: { propertySet: 'PublicStrings', propertyName: 'Project', propertyType: 'String' },
        value: 'Apollo = 11',
      },
      { path: { propertySet: 'Common', propertyId: 0x8503, propertyType: 'Boolean' }, value: 'true' },
      {
        path: { propertySet: 'Common', propertyId: 34050, propertyType: 'SystemTime' },
        value: '2026-12-24T09:00:00.000Z',
      },
      {
        path: { propertySet: 'PublicStrings', propertyName: 'Codes', propertyType: 'IntegerArray' },
        value: ['1', '2'],
      },
      { path: { propertyTag: '0x0E07', propertyType: 'Long' }, value: '9223372036854775807' },
      { path: { propertySet: 'PublicStrings', propertyName: 'Low', propertyType: 'Short' }, value: '-32768' },
      {
        path: { propertySet: 'PublicStrings', propertyName: 'Share', propertyType: 'Double' },
        value: '-1.5e3',
      },
      { path: { propertySet: 'PublicStrings', propertyName: 'Blob', propertyType: 'Binary' }, value: 'AAEC' },
    ])
  })

  it.each([
    [['Common/0x8503:Boolean=maybe'], 'neither yes nor no'],
    [['PublicStrings/N:Integer=many'], 'is not a whole number'],
    [['PublicStrings/N:Double=0x10'], 'is not a number'],
    [['PublicStrings/N:Integer=1.5'], 'is not a whole number from -2147483648 to 2147483647'],
    [['PublicStrings/N:Integer=0x10'], 'is not a whole number'],
    [['PublicStrings/N:Integer=99999999999'], 'is not a whole number'],
    [['PublicStrings/N:Short=-32769'], 'is not a whole number from -32768 to 32767'],
    [['PublicStrings/N:Long=9223372036854775808'], 'is not a whole number'],
    [['PublicStrings/N:IntegerArray=1, 2e0'], 'is not a whole number'],
    [['PublicStrings/B:Binary=not base64'], 'bytes are written in base64'],
    [['PublicStrings/B:Binary=AA_C'], 'bytes are written in base64'],
    [['PublicStrings/A=1', 'publicstrings/a=2'], 'publicstrings/a is given twice'],
    [['extendedProperties=x'], 'MAPI properties are named one by one'],
  ])('%j is refused', (texts, sentence) => {
    expect(() => set('Message', ...texts)).toThrow(sentence)
  })

  it('a property given twice is refused', () => {
    expect(() => set('Message', 'subject=a', 'item:Subject=b')).toThrow('subject is given twice')
  })

  it('a typing mistake gets the nearest name', () => {
    try {
      set('Message', 'subjct=Lunch')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ hint: 'Did you mean subject?' })
    }
  })
})

describe('--clear NAME', () => {
  it('takes names, FieldURIs and entries of dictionaries', () => {
    expect(readClears('CalendarItem', ['Location', 'item:Categories'])).toEqual([
      'calendar:Location',
      'item:Categories',
    ])
    expect(
      readClears('Contact', [
        'emailAddresses.EmailAddress2',
        'physicalAddresses.home.city',
        'phoneNumbers.MobilePhone',
      ]),
    ).toEqual([
      { fieldUri: 'contacts:EmailAddress', fieldIndex: 'EmailAddress2' },
      { fieldUri: 'contacts:PhysicalAddress:City', fieldIndex: 'Home' },
      { fieldUri: 'contacts:PhoneNumber', fieldIndex: 'MobilePhone' },
    ])
  })

  it('takes MAPI properties', () => {
    expect(readClears('Message', ['PublicStrings/Project'])).toEqual([
      { propertySet: 'PublicStrings', propertyName: 'Project', propertyType: 'String' },
    ])
  })

  it('a dictionary does not go as a whole', () => {
    expect(() => readClears('Contact', ['emailAddresses'])).toThrow('entry by entry')
  })
})
