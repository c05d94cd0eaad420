import { describe, expect, test } from 'vitest'
import type { Folder } from '../../../src/simulator/store/folder.ts'
import { createItem, type Item } from '../../../src/simulator/store/item.ts'
import { RIGHTS, rightsOfLevel } from '../../../src/simulator/store/rights.ts'
import * as d from '../ews-driver.ts'

/**
 * What each permission level allows, to be read against table 2 of Microsoft's PermissionLevel page
 * (https://learn.microsoft.com/exchange/client-developer/web-service-reference/permissionlevel): create items,
 * create sub-folders, and read, edit and delete one's own items and those of others.
 *
 * `+` is allowed and `-` is not. A folder that cannot be opened looks as if it were not there, and everything in it
 * too. What one has made oneself can be read in every folder that can be opened, as MS-OXWSFOLD notes of Contributor
 * on Exchange 2013 and later.
 */
const LEVELS = `
                                  open create sub-folders read:own read:others edit:own edit:others delete:own delete:others
None                              -    -      -           -        -           -        -           -          -
Contributor                       +    +      -           +        -           -        -           -          -
Reviewer                          +    -      -           +        +           -        -           -          -
NoneditingAuthor                  +    +      -           +        +           -        -           +          -
Author                            +    +      -           +        +           +        -           +          -
PublishingAuthor                  +    +      +           +        +           +        -           +          -
Editor                            +    +      -           +        +           +        +           +          +
PublishingEditor                  +    +      +           +        +           +        +           +          +
Owner                             +    +      +           +        +           +        +           +          +
FreeBusyTimeOnly                  -    -      -           -        -           -        -           -          -
FreeBusyTimeAndSubjectAndLocation -    -      -           -        -           -        -           -          -
Custom:visible                    +    -      -           +        -           -        -           -          -
Custom:visible,create,editOwned   +    +      -           +        -           +        -           -          -
Custom:readAny,editAny            +    -      -           +        +           +        +           -          -
Custom:readAny,deleteAny          +    -      -           +        +           -        -           +          +
Custom:create                     -    -      -           -        -           -        -           -          -
`

const COLUMNS = [
  'open',
  'create',
  'sub-folders',
  'read:own',
  'read:others',
  'edit:own',
  'edit:others',
  'delete:own',
  'delete:others',
] as const
type Column = (typeof COLUMNS)[number]
type Row = Readonly<Record<Column, boolean>>

/** The rights of a level in a calendar, or of `Custom:right,right`. */
function rightsOf(level: string): number {
  const [name, custom] = level.split(':')
  return custom
    ? custom.split(',').reduce((sum, right) => sum | RIGHTS[right as keyof typeof RIGHTS], 0)
    : rightsOfLevel(name as never, 'calendar')
}

const rows = LEVELS.trim()
  .split('\n')
  .slice(1)
  .map((line): [string, Row] => {
    const [level = '', ...cells] = line.trim().split(/\s+/)
    // A table that is read wrongly allows nothing anywhere, and every test of it holds.
    if (cells.length !== COLUMNS.length || cells.some((cell) => cell !== '+' && cell !== '-'))
      throw new Error(`This row of the table cannot be read: ${line}`)
    if (!Number.isInteger(rightsOf(level))) throw new Error(`There is no level ${level}.`)
    return [
      level,
      Object.fromEntries(COLUMNS.map((column, index) => [column, cells[index] === '+'])) as unknown as Row,
    ]
  })

const ews = d.useEws()

const NOT_FOUND = 'ErrorItemNotFound'
const DENIED = 'ErrorAccessDenied'

/** The owner's calendar, with nothing in it, and the delegate at a level (or with custom rights). */
function prepare(level: string, viewPrivateItems: boolean): { folder: Folder; aside: Folder } {
  const mailbox = ews.mailbox(d.OWNER)
  const folder = ews.folder(d.OWNER, 'calendar')
  const delegate = ews.recipient(d.DELEGATE)
  for (const item of folder.items()) folder.removeItem(item)
  mailbox.delegates.remove(delegate.sid)
  if (viewPrivateItems) mailbox.delegates.add(delegate, { levels: {}, viewPrivateItems })
  folder.permissions.set({ kind: 'account', sid: delegate.sid }, rightsOf(level))
  // Where things can be moved to, whatever the level on the calendar is.
  const aside =
    mailbox
      .distinguished('msgfolderroot')
      ?.children()
      .find(({ displayName }) => displayName === 'Aside') ??
    mailbox.createFolder(ews.folder(d.OWNER, 'msgfolderroot'), {
      displayName: 'Aside',
      folderClass: 'IPF.Appointment',
    })
  aside.permissions.set({ kind: 'account', sid: delegate.sid }, rightsOfLevel('Owner', 'calendar'))
  return { folder, aside }
}

function appointment(folder: Folder, whose: 'own' | 'others', isPrivate: boolean): Item {
  const start = new Date('2026-11-23T09:00:00Z')
  const { owner } = folder.mailbox
  const item = createItem(ews.simulator.exchange, {
    mailbox: folder.mailbox,
    itemClass: 'IPM.Appointment',
    subject: `${whose} ${isPrivate}`,
    sensitivity: isPrivate ? 'private' : 'normal',
    creator: whose === 'own' ? ews.recipient(d.DELEGATE).id : owner.id,
    calendar: {
      uid: 'uid',
      start,
      end: new Date(start.getTime() + 3_600_000),
      isAllDay: false,
      freeBusy: 'Busy',
      organizer: { name: owner.name, address: owner.address },
      required: [],
      optional: [],
      resources: [],
      response: 'Organizer',
      isCancelled: false,
      requestSent: false,
      isResponseRequested: true,
      sequence: 0,
      stamp: start,
      deletedOccurrences: [],
    },
  })
  folder.addItem(item)
  return item
}

async function codeOf(body: string): Promise<string | undefined> {
  return d.codes(await ews.call(body, { as: d.DELEGATE }))[0]
}

/** What an operation on an item answers when reading it is allowed or not, and when more is asked for. */
function expected(row: Row, whose: 'own' | 'others', hidden: boolean, more: boolean): string {
  if (!row.open || hidden) return NOT_FOUND
  if (!row[`read:${whose}`]) return DENIED
  return more ? 'NoError' : DENIED
}

const UPDATE = d.setField('item:Subject', 'CalendarItem', '<t:Subject>changed</t:Subject>')

describe.each(rows)('%s', (level, row) => {
  test('opens the folder, creates items and sub-folders as the table says', async () => {
    const { folder } = prepare(level, false)
    const calendar = d.distinguished('calendar', d.OWNER)
    expect(await codeOf(d.getFolder(calendar))).toBe(row.open ? 'NoError' : NOT_FOUND)
    expect(await codeOf(d.findItem(calendar))).toBe(row.open ? 'NoError' : NOT_FOUND)
    const made = d.createItem(
      '<t:CalendarItem><t:Subject>made</t:Subject></t:CalendarItem>',
      'SendMeetingInvitations="SendToNone"',
      calendar,
    )
    expect(await codeOf(made)).toBe(
      row.create ? 'NoError' : row.open ? 'ErrorCreateItemAccessDenied' : 'ErrorSavedItemFolderNotFound',
    )
    expect(folder.itemCount).toBe(row.create ? 1 : 0)
    const name = `Sub ${level}`
    const sub = `<m:CreateFolder><m:ParentFolderId>${calendar}</m:ParentFolderId><m:Folders><t:CalendarFolder><t:DisplayName>${name}</t:DisplayName></t:CalendarFolder></m:Folders></m:CreateFolder>`
    expect(await codeOf(sub)).toBe(
      row['sub-folders']
        ? 'NoError'
        : row.open
          ? 'ErrorCreateSubfolderAccessDenied'
          : 'ErrorParentFolderNotFound',
    )
  })

  describe.each([false, true])('with private items shown: %s', (viewPrivateItems) => {
    test('FindItem lists what may be read, and counts nothing else', async () => {
      const { folder } = prepare(level, viewPrivateItems)
      for (const whose of ['own', 'others'] as const)
        for (const isPrivate of [false, true]) appointment(folder, whose, isPrivate)
      const answer = await ews.call(
        d.findItem(d.distinguished('calendar', d.OWNER), { fields: ['item:Subject'] }),
        { as: d.DELEGATE },
      )
      if (!row.open) return
      const seen = (['own', 'others'] as const).flatMap((whose) =>
        [false, true]
          .filter((isPrivate) => row[`read:${whose}`] && (!isPrivate || viewPrivateItems))
          .map((isPrivate) => `${whose} ${isPrivate}`),
      )
      expect(d.subjects(answer).sort()).toEqual(seen.sort())
      expect(d.at(d.messages(answer)[0], 'RootFolder')?.attributes.TotalItemsInView).toBe(String(seen.length))
    })

    test.each([
      ['own', false],
      ['own', true],
      ['others', false],
      ['others', true],
    ] as const)('items: %s, private: %s', async (whose, isPrivate) => {
      const { folder, aside } = prepare(level, viewPrivateItems)
      const hidden = isPrivate && !viewPrivateItems
      const edits = row[`edit:${whose}`]
      const deletes = row[`delete:${whose}`]
      const fresh = () => appointment(folder, whose, isPrivate)
      const id = (item: Item) => d.itemId(item)

      expect(await codeOf(d.getItem(id(fresh())))).toBe(expected(row, whose, hidden, true))

      const changed = fresh()
      expect(await codeOf(d.updateItem(id(changed), UPDATE))).toBe(expected(row, whose, hidden, edits))
      expect(changed.subject === 'changed').toBe(row.open && !hidden && edits)

      const copied = aside.itemCount
      expect(await codeOf(d.moveCopy('CopyItem', id(fresh()), d.folderId(aside.id)))).toBe(
        expected(row, whose, hidden, true),
      )
      expect(aside.itemCount - copied).toBe(expected(row, whose, hidden, true) === 'NoError' ? 1 : 0)

      // Into the folder itself it takes the right to create there as well.
      expect(await codeOf(d.moveCopy('CopyItem', id(fresh()), d.folderId(folder.id)))).toBe(
        row.open && !row.create && !hidden
          ? DENIED
          : row.open
            ? expected(row, whose, hidden, row.create)
            : 'ErrorToFolderNotFound',
      )

      expect(await codeOf(d.moveCopy('MoveItem', id(fresh()), d.folderId(aside.id)))).toBe(
        expected(row, whose, hidden, deletes),
      )

      for (const type of ['MoveToDeletedItems', 'SoftDelete', 'HardDelete']) {
        const doomed = fresh()
        expect(await codeOf(d.deleteItem(id(doomed), type))).toBe(expected(row, whose, hidden, deletes))
        expect(folder.item(doomed.id) === undefined).toBe(row.open && !hidden && deletes)
      }
    })
  })
})

describe('the copy of what is sent for the owner', () => {
  const draftFor = async () => {
    const made = await ews.call(
      d.createItem(
        `<t:Message><t:Subject>For Allan</t:Subject><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients></t:Message>`,
        'MessageDisposition="SaveOnly"',
        d.distinguished('drafts', d.OWNER),
      ),
      { as: d.DELEGATE },
    )
    return d.itemId(d.items(made)[0] as never)
  }
  /** A delegate who may do everything in Drafts, and what the table says in Sent Items. */
  const prepareSending = (level: string) => {
    const delegate = ews.recipient(d.DELEGATE)
    ews.mailbox(d.OWNER).delegates.remove(delegate.sid)
    ews.mailbox(d.OWNER).delegates.add(delegate, { levels: {}, viewPrivateItems: false })
    ews.simulator.exchange.directory.grant(ews.recipient(d.OWNER), delegate, 'SendOnBehalf')
    const set = (name: string, rights: number) =>
      ews.folder(d.OWNER, name).permissions.set({ kind: 'account', sid: delegate.sid }, rights)
    set('drafts', rightsOfLevel('Owner', 'ordinary'))
    set('sentitems', rightsOf(level))
  }

  // The levels of free and busy time are a calendar's.
  test.each(rows.filter(([level]) => !level.startsWith('FreeBusy')))(
    'goes to the owner’s Sent Items at %s as the table says of creating, or nothing is sent',
    async (level, row) => {
      prepareSending(level)
      const there = () => ews.folder(d.OWNER, 'sentitems').itemCount
      const received = () => ews.folder(d.OTHER, 'inbox').itemCount
      const sentItems = d.distinguished('sentitems', d.OWNER)
      const refusal = row.open ? 'ErrorCreateItemAccessDenied' : 'ErrorSavedItemFolderNotFound'
      const calls = [
        d.sendItem(await draftFor(), sentItems),
        d.createItem(
          `<t:Message><t:Subject>For Allan</t:Subject><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients><t:From>${d.mailbox(d.OWNER)}</t:From></t:Message>`,
          'MessageDisposition="SendAndSaveCopy"',
          sentItems,
        ),
      ]
      for (const call of calls) {
        const before = [there(), received()]
        expect(await codeOf(call)).toBe(row.create && row.open ? 'NoError' : refusal)
        const more = row.create && row.open ? 1 : 0
        expect([there(), received()]).toEqual(before.map((count) => count + more))
      }
    },
  )
})

test('the owner, whoever has Full Access, and an administrator who impersonates the owner do everything', async () => {
  const { folder } = prepare('None', false)
  const other = ews.recipient(d.OTHER)
  ews.simulator.exchange.directory.grant(ews.recipient(d.OWNER), other, 'FullAccess')
  for (const call of [
    { as: d.OWNER },
    { as: d.OTHER },
    { as: d.ADMINISTRATOR, header: d.impersonate(d.OWNER) },
  ]) {
    const item = appointment(folder, 'own', true)
    const id = d.itemId(item)
    for (const body of [d.getItem(id), d.updateItem(id, UPDATE), d.deleteItem(id, 'HardDelete')])
      expect(d.codes(await ews.call(body, call))).toEqual(['NoError'])
  }
  ews.simulator.exchange.directory.revoke(ews.recipient(d.OWNER), other, 'FullAccess')
  const item = appointment(folder, 'own', false)
  expect(
    d.codes(await ews.call(d.getItem(d.itemId({ entryId: item.entryId })), { as: d.ADMINISTRATOR })),
  ).toEqual([NOT_FOUND])
})

/** The free/busy rights open nothing; they are what the availability service goes by (MS-OXCPERM, MS-OXWAVLS). */
describe('GetUserAvailability', () => {
  const ask = async (level: string, isPrivate = false) => {
    const { folder } = prepare(level, false)
    appointment(folder, 'others', isPrivate)
    const answer = await ews.call(
      `<m:GetUserAvailabilityRequest><t:TimeZone><t:Bias>0</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>0</t:DayOrder><t:Month>0</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:StandardTime><t:DaylightTime><t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>0</t:DayOrder><t:Month>0</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:DaylightTime></t:TimeZone><m:MailboxDataArray><t:MailboxData><t:Email><t:Address>${d.OWNER}</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData></m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>2026-11-23T00:00:00</t:StartTime><t:EndTime>2026-11-24T00:00:00</t:EndTime></t:TimeWindow><t:MergedFreeBusyIntervalInMinutes>60</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>DetailedMerged</t:RequestedView></t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>`,
      { as: d.DELEGATE },
    )
    const response = d.at(answer.body, 'FreeBusyResponseArray', 'FreeBusyResponse')
    const event = d.at(response, 'FreeBusyView', 'CalendarEventArray', 'CalendarEvent')
    return {
      code: d.textAt(response, 'ResponseMessage', 'ResponseCode'),
      merged: d.textAt(response, 'FreeBusyView', 'MergedFreeBusy'),
      start: d.textAt(event, 'StartTime'),
      subject: d.textAt(event, 'CalendarEventDetails', 'Subject'),
    }
  }
  const merged = `${'0'.repeat(9)}2${'0'.repeat(14)}`

  test('tells nothing at None', async () => {
    expect(await ask('None')).toMatchObject({ code: 'ErrorNoFreeBusyAccess', merged: undefined })
  })

  test('tells the time alone at FreeBusyTimeOnly', async () => {
    expect(await ask('FreeBusyTimeOnly')).toEqual({
      code: 'NoError',
      merged,
      start: '2026-11-23T09:00:00',
      subject: undefined,
    })
  })

  test.each(['FreeBusyTimeAndSubjectAndLocation', 'Reviewer', 'Editor', 'Owner'])(
    'tells the subject too at %s',
    async (level) => {
      expect(await ask(level)).toMatchObject({ code: 'NoError', merged, subject: 'others false' })
    },
  )

  test('keeps the subject of a private entry to itself', async () => {
    expect(await ask('Reviewer', true)).toEqual({
      code: 'NoError',
      merged,
      start: '2026-11-23T09:00:00',
      subject: undefined,
    })
  })
})

d.testThatEverythingWasValid(ews)
