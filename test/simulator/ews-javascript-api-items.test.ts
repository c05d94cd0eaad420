import {
  Appointment,
  AppointmentSchema,
  BasePropertySet,
  BodyType,
  CalendarView,
  ConflictResolutionMode,
  Contact,
  DateTime,
  DeleteMode,
  EmailAddress,
  EmailMessage,
  EmailMessageSchema,
  ExchangeService,
  ExchangeVersion,
  Folder,
  FolderId,
  Item,
  type ItemId,
  ItemSchema,
  ItemView,
  Mailbox,
  MessageBody,
  PropertySet,
  SearchFilter,
  SendInvitationsMode,
  SendInvitationsOrCancellationsMode,
  SortDirection,
  Uri,
  WebCredentials,
  WellKnownFolderName,
} from 'ews-javascript-api'
import { beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { schemaDirectory, validateEnvelopes } from '../helpers/schema.ts'
import * as d from './ews-driver.ts'

/** Items, through a client nobody here wrote: explicit access to the owner's folder, then implicit by id. */
const ews = d.useEws()

function service(user: string = d.OWNER): ExchangeService {
  const result = new ExchangeService(ExchangeVersion.Exchange2013_SP1)
  result.Credentials = new WebCredentials(user, DEFAULT_PASSWORD)
  result.Url = new Uri(ews.simulator.ews)
  return result
}

const ownersCalendar = () => new FolderId(WellKnownFolderName.Calendar, new Mailbox(d.OWNER))

beforeAll(async () => {
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor', Inbox: 'Reviewer' })))
  for (const [subject, start] of [
    ['Board meeting', '2026-11-23T09:00:00Z'],
    ['Lunch', '2026-11-23T12:00:00Z'],
  ])
    await ews.call(
      d.createItem(
        `<t:CalendarItem><t:Subject>${subject}</t:Subject><t:Start>${start}</t:Start><t:End>2026-11-23T13:00:00Z</t:End></t:CalendarItem>`,
        'SendMeetingInvitations="SendToNone"',
      ),
    )
})

describe('a delegate in the owner’s calendar', () => {
  test('FindItems by name and owner, Item.Bind, Update, Copy and Delete by id', async () => {
    const adele = service(d.DELEGATE)
    const view = new ItemView(10)
    view.PropertySet = new PropertySet(BasePropertySet.IdOnly, [ItemSchema.Subject])
    view.OrderBy.Add(AppointmentSchema.Start, SortDirection.Descending)
    const found = await adele.FindItems(ownersCalendar(), view)
    expect(found.Items.map((item) => item.Subject)).toEqual(['Lunch', 'Board meeting'])
    expect([found.TotalCount, found.MoreAvailable]).toEqual([2, false])

    const id = found.Items[1]?.Id as ItemId
    const item = (await Item.Bind(adele, id)) as Appointment
    expect(item.Subject).toBe('Board meeting')
    item.Subject = 'Board meeting, moved'
    item.Location = 'Room 2'
    await item.Update(
      ConflictResolutionMode.AlwaysOverwrite,
      SendInvitationsOrCancellationsMode.SendToNone as never,
    )
    const copy = await item.Copy(ownersCalendar())
    expect(copy.Id.UniqueId).not.toBe(id.UniqueId)
    await item.Delete(DeleteMode.MoveToDeletedItems, SendInvitationsOrCancellationsMode.SendToNone as never)
    expect(
      ews
        .folder(d.OWNER, 'calendar')
        .items()
        .map(({ subject }) => subject),
    ).toEqual(['Lunch', 'Board meeting, moved'])
    expect(
      ews
        .folder(d.OWNER, 'deleteditems')
        .items()
        .map(({ subject }) => subject),
    ).toEqual(['Board meeting, moved'])
  })

  test('FindAppointments in a calendar view', async () => {
    const view = new CalendarView(
      DateTime.Parse('2026-11-23T00:00:00Z'),
      DateTime.Parse('2026-11-24T00:00:00Z'),
    )
    const found = await service(d.DELEGATE).FindAppointments(ownersCalendar(), view)
    expect(found.Items.map((item) => item.Subject).sort()).toEqual(['Board meeting, moved', 'Lunch'])
  })

  test('what may only be read cannot be changed', async () => {
    await ews.call(
      d.createItem(
        '<t:Message><t:Subject>Read me</t:Subject></t:Message>',
        'MessageDisposition="SaveOnly"',
        d.distinguished('inbox'),
      ),
    )
    const inbox = new FolderId(WellKnownFolderName.Inbox, new Mailbox(d.OWNER))
    const found = await service(d.DELEGATE).FindItems(
      inbox,
      new SearchFilter.ContainsSubstring(ItemSchema.Subject, 'read'),
      new ItemView(5),
    )
    const item = await Item.Bind(service(d.DELEGATE), found.Items[0]?.Id as ItemId)
    item.Subject = 'Changed'
    await expect(item.Update(ConflictResolutionMode.AutoResolve)).rejects.toMatchObject({
      message: 'Access is denied. Check credentials and try again.',
    })
  })
})

describe('one’s own mailbox', () => {
  test('a message is sent, found by a filter, bound and read', async () => {
    const message = new EmailMessage(service())
    message.Subject = 'Hello from JavaScript'
    message.Body = new MessageBody(BodyType.Text, 'Text')
    message.ToRecipients.Add(d.OTHER)
    await message.SendAndSaveCopy()
    const megan = service(d.OTHER)
    const found = await megan.FindItems(
      WellKnownFolderName.Inbox,
      new SearchFilter.IsEqualTo(EmailMessageSchema.IsRead, false),
      new ItemView(5),
    )
    expect(found.Items.map((item) => item.Subject)).toEqual(['Hello from JavaScript'])
    const bound = await EmailMessage.Bind(megan, found.Items[0]?.Id as ItemId)
    expect([bound.From.Address, bound.Body.Text, bound.ToRecipients._getItem(0)?.Name]).toEqual([
      d.OWNER,
      'Text',
      'Megan Bowen',
    ])
    bound.IsRead = true
    await bound.Update(ConflictResolutionMode.AutoResolve)
    expect(ews.folder(d.OTHER, 'inbox').items()[0]?.isRead).toBe(true)
  })

  test('an appointment with an attendee is an invitation', async () => {
    const appointment = new Appointment(service())
    appointment.Subject = 'Invited'
    appointment.Start = DateTime.Parse('2026-12-01T09:00:00Z')
    appointment.End = DateTime.Parse('2026-12-01T10:00:00Z')
    appointment.RequiredAttendees.Add(d.OTHER)
    await appointment.Save(SendInvitationsMode.SendToAllAndSaveCopy)
    expect(ews.folder(d.OTHER, 'calendar').items()[0]?.calendar?.start.toISOString()).toBe(
      '2026-12-01T09:00:00.000Z',
    )
    expect(ews.folder(d.OTHER, 'inbox').items().at(-1)?.itemClass).toBe('IPM.Schedule.Meeting.Request')
  })

  test('a contact is made and resolved, a folder is made and deleted', async () => {
    const contact = new Contact(service())
    contact.GivenName = 'Zoe'
    contact.EmailAddresses._setItem(0, new EmailAddress('zoe@fabrikam.com'))
    await contact.Save()
    const names = await service().ResolveName('zoe')
    expect(names._getItem(0)?.Mailbox.Address).toBe('zoe@fabrikam.com')

    const folder = new Folder(service())
    folder.DisplayName = 'From JavaScript'
    await folder.Save(WellKnownFolderName.Inbox)
    await folder.Delete(DeleteMode.HardDelete)
    expect(ews.folder(d.OWNER, 'inbox').children()).toEqual([])
  })
})

test.skipIf(!schemaDirectory)('every answer it was given is valid against the schemas', async () => {
  const answers = ews.simulator.requests
    .operations()
    .map(({ responseBody }, index) => ({ name: `answer-${index}.xml`, xml: responseBody }))
  expect(answers.length).toBeGreaterThan(10)
  expect(await validateEnvelopes(answers)).toEqual([])
})
