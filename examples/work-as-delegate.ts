// Works in Allan's calendar as his delegate: explicit access (folder and owner) finds an appointment, implicit access
// (its id) reads, changes, copies and deletes it. The delegate needs Editor on the calendar.
// Server and account come from EWS_URL, EWS_USER and EWS_PASSWORD.
import { basic, EwsClient, explicitFolder } from 'ews-delegates'

const { EWS_URL = '', EWS_USER = '', EWS_PASSWORD = '' } = process.env
const ews = new EwsClient({ url: EWS_URL, auth: basic({ user: EWS_USER, password: EWS_PASSWORD }) })
const calendar = explicitFolder('calendar', 'AllanD@contoso.com')

await ews.items.create(
  [
    {
      type: 'CalendarItem',
      subject: 'Lunch',
      start: '2026-12-24T12:00:00Z',
      end: '2026-12-24T13:00:00Z',
      location: 'Cafeteria',
    },
  ],
  { folder: calendar, sendMeetingInvitations: 'SendToNone' },
)

// Explicit access. Pages are fetched as the items are asked for.
for await (const { id, subject } of ews.items.find(calendar, {
  restriction: { op: 'Contains', path: 'item:Subject', value: 'lunch' },
})) {
  console.log(`found: ${subject}`)

  // Implicit access: from here on nobody says whose calendar it is.
  const lunch = await ews.items.get(id)
  const [updated] = await ews.items.update(
    [{ id: lunch.id, type: 'CalendarItem', set: { subject: 'Lunch, at one' }, delete: ['location'] }],
    // Calendar items want it said whether attendees are told.
    { sendMeetingInvitationsOrCancellations: 'SendToNone' },
  )
  if (!updated?.ok) {
    console.log(`refused: ${updated?.message} (${updated?.code})`)
    continue
  }
  const [copied] = await ews.items.copy([updated.updated], explicitFolder('calendar', EWS_USER))
  console.log(copied?.ok ? 'copied to my own calendar' : `not copied: ${copied?.message}`)
  const [deleted] = await ews.items.delete([updated.updated], { sendMeetingCancellations: 'SendToNone' })
  console.log(deleted?.ok ? 'deleted' : `not deleted: ${deleted?.message}`)
}
