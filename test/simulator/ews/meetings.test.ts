import { beforeEach, describe, expect, test } from 'vitest'
import type { DeliverMeetingRequests } from '../../../src/model/delegate.ts'
import type { Item } from '../../../src/simulator/store/item.ts'
import * as d from '../ews-driver.ts'

/** Megan invites Allan, whose delegate Adele may or may not receive what is sent to him. */
const ORGANIZER = d.OTHER
const ATTENDEE = d.OWNER
const ews = d.useEws()

const FOLDERS = ['inbox', 'calendar', 'deleteditems', 'sentitems']
beforeEach(() => {
  for (const person of [ORGANIZER, ATTENDEE, d.DELEGATE, d.STRANGER])
    for (const name of FOLDERS) {
      const folder = ews.folder(person, name)
      for (const item of folder.items()) folder.removeItem(item)
    }
  for (const delegate of [d.DELEGATE, d.STRANGER])
    ews.mailbox(ATTENDEE).delegates.remove(ews.recipient(delegate).sid)
})

const inFolder = (person: string, name: string) => ews.folder(person, name).items()
const last = (person: string, name: string): Item => {
  const item = inFolder(person, name).at(-1)
  if (!item) throw new Error(`The ${name} of ${person} is empty.`)
  return item
}

async function invite(more = '', as = ORGANIZER, folder?: string, attendee = ATTENDEE): Promise<string> {
  const answer = await ews.call(
    d.createItem(
      `<t:CalendarItem><t:Subject>Planning</t:Subject>${more}<t:Start>2026-11-23T09:00:00Z</t:Start><t:End>2026-11-23T10:00:00Z</t:End>
       <t:Location>Room 1</t:Location><t:RequiredAttendees><t:Attendee>${d.mailbox(attendee)}</t:Attendee></t:RequiredAttendees></t:CalendarItem>`,
      'SendMeetingInvitations="SendToAllAndSaveCopy"',
      folder,
    ),
    { as },
  )
  expect(d.codes(answer)).toEqual(['NoError'])
  return d.itemId(d.items(answer)[0] as never)
}

const update = (id: string, updates: string, send: string, as = ORGANIZER) =>
  ews.call(
    d.updateItem(
      id,
      updates,
      `ConflictResolution="AutoResolve" SendMeetingInvitationsOrCancellations="${send}"`,
    ),
    { as },
  )
const answerMeeting = (verb: string, item: Item, as = ATTENDEE, disposition = 'SendAndSaveCopy') =>
  ews.call(
    d.createItem(
      `<t:${verb}><t:Body BodyType="Text">Fine.</t:Body><t:ReferenceItemId Id="${item.entryId}" ChangeKey="${item.changeKey}"/></t:${verb}>`,
      `MessageDisposition="${disposition}"`,
    ),
    { as },
  )

describe('invitations', () => {
  test('reach the attendee’s Inbox and, tentatively, the calendar; a copy is kept', async () => {
    const id = await invite()
    const request = last(ATTENDEE, 'inbox')
    expect(request).toMatchObject({ itemClass: 'IPM.Schedule.Meeting.Request', from: { address: ORGANIZER } })
    const shown = await ews.call(d.getItem(d.itemId(request), 'AllProperties'), { as: ATTENDEE })
    const [message] = d.items(shown)
    expect(message?.name).toBe('MeetingRequest')
    expect(d.textAt(message, 'MeetingRequestType')).toBe('NewMeetingRequest')
    expect(d.textAt(message, 'Location')).toBe('Room 1')
    expect(d.textAt(message, 'IsDelegated')).toBe('false')
    expect(d.at(message, 'ResponseObjects')?.children.map(({ name }) => name)).toContain('AcceptItem')
    const entry = last(ATTENDEE, 'calendar')
    expect(entry.calendar).toMatchObject({
      response: 'NoResponseReceived',
      freeBusy: 'Tentative',
      organizer: { address: ORGANIZER },
    })
    expect(d.at(message, 'AssociatedCalendarItemId')?.attributes.Id).toBe(entry.entryId)
    expect(last(ORGANIZER, 'sentitems').subject).toBe('Planning')
    const own = d.items(await ews.call(d.getItem(id, 'AllProperties'), { as: ORGANIZER }))[0]
    expect([
      d.textAt(own, 'IsMeeting'),
      d.textAt(own, 'MeetingRequestWasSent'),
      d.textAt(own, 'MyResponseType'),
    ]).toEqual(['true', 'true', 'Organizer'])
  })

  test.each([
    ['AcceptItem', 'Accept', 'Busy'],
    ['TentativelyAcceptItem', 'Tentative', 'Tentative'],
  ])('%s tells the organizer, and the calendar says so', async (verb, response, freeBusy) => {
    await invite()
    const answer = await answerMeeting(verb, last(ATTENDEE, 'inbox'))
    expect(d.codes(answer)).toEqual(['NoError'])
    expect(last(ATTENDEE, 'calendar').calendar).toMatchObject({ response, freeBusy })
    // Its request has done its work.
    expect(inFolder(ATTENDEE, 'inbox')).toEqual([])
    expect(last(ATTENDEE, 'deleteditems').meeting?.hasBeenProcessed).toBe(true)
    expect(last(ORGANIZER, 'calendar').calendar?.required).toMatchObject([{ address: ATTENDEE, response }])
    const received = last(ORGANIZER, 'inbox')
    const shown = d.items(
      await ews.call(d.getItem(d.itemId(received), 'AllProperties'), { as: ORGANIZER }),
    )[0]
    expect([shown?.name, d.textAt(shown, 'ResponseType'), d.textAt(shown, 'Body')]).toEqual([
      'MeetingResponse',
      response,
      'Fine.',
    ])
  })

  test('DeclineItem takes the meeting out of the calendar; SaveOnly tells nobody', async () => {
    await invite()
    await answerMeeting('DeclineItem', last(ATTENDEE, 'inbox'), ATTENDEE, 'SaveOnly')
    expect(inFolder(ATTENDEE, 'calendar')).toEqual([])
    expect(inFolder(ORGANIZER, 'inbox')).toEqual([])
  })

  test('the organizer cannot answer, nor can anybody answer a message', async () => {
    await invite()
    expect(d.codes(await answerMeeting('AcceptItem', last(ORGANIZER, 'calendar'), ORGANIZER))).toEqual([
      'ErrorCalendarIsOrganizerForAccept',
    ])
    await ews.call(
      d.createItem(
        `<t:Message><t:ToRecipients>${d.mailbox(ATTENDEE)}</t:ToRecipients></t:Message>`,
        'MessageDisposition="SendOnly"',
      ),
    )
    expect(d.codes(await answerMeeting('DeclineItem', last(ATTENDEE, 'inbox')))).toEqual([
      'ErrorInvalidItemForOperationDeclineItem',
    ])
  })
})

describe('changes', () => {
  const move = d.setField('calendar:Start', 'CalendarItem', '<t:Start>2026-11-23T08:00:00Z</t:Start>')
  const withOther = d.setField(
    'calendar:RequiredAttendees',
    'CalendarItem',
    `<t:RequiredAttendees><t:Attendee>${d.mailbox(d.STRANGER)}</t:Attendee></t:RequiredAttendees>`,
  )

  test('of the time are sent to everybody, and change the attendee’s calendar', async () => {
    const id = await invite()
    const first = last(ATTENDEE, 'inbox')
    expect(d.codes(await update(id, move, 'SendOnlyToAll'))).toEqual(['NoError'])
    expect(last(ATTENDEE, 'inbox').meeting?.requestType).toBe('FullUpdate')
    expect(inFolder(ATTENDEE, 'calendar').map((item) => item.calendar?.start.toISOString())).toEqual([
      '2026-11-23T08:00:00.000Z',
    ])
    // What was sent before is out of date.
    expect(d.codes(await answerMeeting('AcceptItem', first))).toEqual([
      'ErrorCalendarMeetingRequestIsOutOfDate',
    ])
  })

  test('of who is invited are sent to whom they concern', async () => {
    const id = await invite()
    expect(d.codes(await update(id, withOther, 'SendOnlyToChanged'))).toEqual(['NoError'])
    expect(last(d.STRANGER, 'inbox').meeting?.requestType).toBe('NewMeetingRequest')
    expect(last(ATTENDEE, 'inbox').itemClass).toBe('IPM.Schedule.Meeting.Canceled')
    expect(last(ATTENDEE, 'calendar')).toMatchObject({
      subject: 'Canceled: Planning',
      calendar: { isCancelled: true },
    })
  })

  test('sent to nobody stay with the organizer', async () => {
    const id = await invite()
    await update(id, move, 'SendToNone')
    expect(last(ATTENDEE, 'calendar').calendar?.start.toISOString()).toBe('2026-11-23T09:00:00.000Z')
  })

  test('by an attendee to the list of attendees are refused', async () => {
    await invite()
    const id = d.itemId(last(ATTENDEE, 'calendar'))
    expect(d.codes(await update(id, withOther, 'SendToNone', ATTENDEE))).toEqual([
      'ErrorCalendarInvalidPropertyState',
    ])
  })
})

test('deleting a meeting cancels it for everybody', async () => {
  const id = await invite()
  const answer = await ews.call(
    d.deleteItem(id, 'MoveToDeletedItems', 'SendMeetingCancellations="SendToAllAndSaveCopy"'),
    { as: ORGANIZER },
  )
  expect(d.codes(answer)).toEqual(['NoError'])
  const cancellation = last(ATTENDEE, 'inbox')
  const shown = d.items(
    await ews.call(d.getItem(d.itemId(cancellation), 'AllProperties'), { as: ATTENDEE }),
  )[0]
  expect([shown?.name, d.textAt(shown, 'Subject')]).toEqual(['MeetingCancellation', 'Canceled: Planning'])
  expect(d.codes(await answerMeeting('AcceptItem', last(ATTENDEE, 'calendar')))).toEqual([
    'ErrorCalendarIsCancelledForAccept',
  ])
})

describe('delegates', () => {
  /** Adele receives copies of Allan's meeting messages; Patti is a delegate who does not. */
  const delegate = (deliver: DeliverMeetingRequests, privateItems = false) => {
    const { delegates } = ews.mailbox(ATTENDEE)
    delegates.add(ews.recipient(d.DELEGATE), {
      levels: { calendar: 'Editor' },
      receiveCopiesOfMeetingMessages: true,
      viewPrivateItems: privateItems,
    })
    delegates.add(ews.recipient(d.STRANGER), { levels: { calendar: 'Editor' } })
    delegates.deliverMeetingRequests = deliver
  }

  // Where the owner's copy goes, and whether the owner may answer it: DeliverMeetingRequests element page.
  test.each([
    ['DelegatesOnly', 'deleteditems', true],
    ['DelegatesAndMe', 'inbox', true],
    ['DelegatesAndSendInformationToMe', 'inbox', true],
    ['NoForward', 'inbox', false],
  ] as const)(
    '%s puts the owner’s copy into %s, and delegates get one: %s',
    async (deliver, folder, copies) => {
      delegate(deliver)
      await invite()
      expect(inFolder(ATTENDEE, folder).map(({ subject }) => subject)).toEqual(['Planning'])
      expect(inFolder(ATTENDEE, folder === 'inbox' ? 'deleteditems' : 'inbox')).toEqual([])
      expect(inFolder(d.DELEGATE, 'inbox')).toHaveLength(copies ? 1 : 0)
      expect(inFolder(d.STRANGER, 'inbox')).toEqual([])
      // The meeting stands in the owner's calendar whatever becomes of the messages.
      expect(inFolder(ATTENDEE, 'calendar')).toHaveLength(1)
      const own = last(ATTENDEE, folder)
      const shown = d.items(await ews.call(d.getItem(d.itemId(own), 'AllProperties'), { as: ATTENDEE }))[0]
      const information = deliver === 'DelegatesAndSendInformationToMe'
      expect(d.textAt(shown, 'MeetingRequestType')).toBe(
        information ? 'PrincipalWantsCopy' : 'NewMeetingRequest',
      )
      expect(d.at(shown, 'ResponseObjects') === undefined).toBe(information)
    },
  )

  test('the delegate’s copy says whose it is, and cannot be answered', async () => {
    delegate('DelegatesOnly')
    await invite()
    const copy = last(d.DELEGATE, 'inbox')
    const shown = d.items(await ews.call(d.getItem(d.itemId(copy), 'AllProperties'), { as: d.DELEGATE }))[0]
    expect(d.textAt(shown, 'IsDelegated')).toBe('true')
    expect(d.textAt(shown, 'ReceivedRepresenting', 'Mailbox', 'EmailAddress')).toBe(ATTENDEE)
    expect(d.textAt(shown, 'ReceivedBy', 'Mailbox', 'EmailAddress')).toBe(d.DELEGATE)
    for (const [verb, code] of [
      ['AcceptItem', 'ErrorCalendarIsDelegatedForAccept'],
      ['TentativelyAcceptItem', 'ErrorCalendarIsDelegatedForTentative'],
      ['DeclineItem', 'ErrorCalendarIsDelegatedForDecline'],
    ] as const)
      expect(d.codes(await answerMeeting(verb, copy, d.DELEGATE))).toEqual([code])
    // It leads to the owner's calendar, where the delegate may.
    const entry = last(ATTENDEE, 'calendar')
    expect(d.at(shown, 'AssociatedCalendarItemId')?.attributes.Id).toBe(entry.entryId)
    expect(d.codes(await answerMeeting('AcceptItem', entry, d.DELEGATE))).toEqual(['NoError'])
    expect(last(ORGANIZER, 'inbox')).toMatchObject({
      from: { address: ATTENDEE },
      sender: { address: d.DELEGATE },
    })
  })

  test('private meetings reach only delegates who may see private items', async () => {
    delegate('DelegatesAndMe')
    await invite('<t:Sensitivity>Private</t:Sensitivity>')
    expect(inFolder(d.DELEGATE, 'inbox')).toEqual([])
    ews.mailbox(ATTENDEE).delegates.update(ews.recipient(d.DELEGATE), { levels: {}, viewPrivateItems: true })
    await invite('<t:Sensitivity>Private</t:Sensitivity>')
    expect(inFolder(d.DELEGATE, 'inbox')).toHaveLength(1)
  })

  test('responses to the owner’s own meetings reach them as well', async () => {
    delegate('DelegatesAndMe')
    await invite('', ATTENDEE, undefined, ORGANIZER)
    await answerMeeting('AcceptItem', last(ORGANIZER, 'inbox'), ORGANIZER)
    expect(last(d.DELEGATE, 'inbox').itemClass).toBe('IPM.Schedule.Meeting.Resp.Pos')
  })

  test('ordinary mail is the owner’s alone', async () => {
    delegate('DelegatesOnly')
    await ews.call(
      d.createItem(
        `<t:Message><t:ToRecipients>${d.mailbox(ATTENDEE)}</t:ToRecipients></t:Message>`,
        'MessageDisposition="SendOnly"',
      ),
      { as: ORGANIZER },
    )
    expect(inFolder(ATTENDEE, 'inbox')).toHaveLength(1)
    expect(inFolder(d.DELEGATE, 'inbox')).toEqual([])
  })

  test('invite on the owner’s behalf; with rights on the calendar alone they cannot, and nothing is left', async () => {
    const calendar = d.distinguished('calendar', ATTENDEE)
    ews
      .folder(ATTENDEE, 'calendar')
      .permissions.set({ kind: 'account', sid: ews.recipient(d.DELEGATE).sid }, 0x47b)
    const refused = await ews.call(
      d.createItem(
        `<t:CalendarItem><t:Subject>S</t:Subject><t:RequiredAttendees><t:Attendee>${d.mailbox(ORGANIZER)}</t:Attendee></t:RequiredAttendees></t:CalendarItem>`,
        'SendMeetingInvitations="SendOnlyToAll"',
        calendar,
      ),
      { as: d.DELEGATE },
    )
    expect(d.codes(refused)).toEqual(['ErrorSendAsDenied'])
    expect(inFolder(ATTENDEE, 'calendar')).toEqual([])
    delegate('NoForward')
    await invite('', d.DELEGATE, calendar, ORGANIZER)
    expect(last(ORGANIZER, 'inbox')).toMatchObject({
      from: { address: ATTENDEE },
      sender: { address: d.DELEGATE },
    })
    expect(last(ATTENDEE, 'calendar').calendar?.organizer.address).toBe(ATTENDEE)
  })
})

d.testThatEverythingWasValid(ews)
