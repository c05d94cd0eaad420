import { expect, test } from 'vitest'
import * as d from '../ews-driver.ts'

/**
 * Explicit access opens the owner's folder once; the ids that come back carry the owner's mailbox, and every later
 * call uses them without naming the owner (Microsoft's "Delegate access and EWS in Exchange").
 */
const ews = d.useEws()

test('a delegate opens the owner’s calendar by name, and then works in it by id', async () => {
  // Allan makes Adele his delegate: she may edit his calendar.
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor' })), { as: d.OWNER })
  // An appointment of his own.
  await ews.call(
    d.createItem(
      `<t:CalendarItem><t:Subject>Board meeting</t:Subject><t:Start>2026-11-23T09:00:00Z</t:Start>
       <t:End>2026-11-23T10:00:00Z</t:End><t:Location>Room 1</t:Location></t:CalendarItem>`,
      'SendMeetingInvitations="SendToNone"',
    ),
    { as: d.OWNER },
  )

  // Explicit access: the folder's well-known name, and whose it is.
  const found = await ews.call(
    d.findItem(d.distinguished('calendar', d.OWNER), {
      fields: ['item:Subject'],
      view: '<m:CalendarView StartDate="2026-11-23T00:00:00Z" EndDate="2026-11-24T00:00:00Z"/>',
    }),
    { as: d.DELEGATE },
  )
  expect(d.subjects(found)).toEqual(['Board meeting'])
  const [appointment] = d.items(found)
  if (!appointment) throw new Error('Nothing was found.')

  // Implicit access from here on: only ids.
  const read = await ews.call(d.getItem(d.itemId(appointment), 'AllProperties'), { as: d.DELEGATE })
  expect(d.textAt(d.items(read)[0], 'Location')).toBe('Room 1')
  expect(d.textAt(d.items(read)[0], 'Organizer', 'Mailbox', 'EmailAddress')).toBe(d.OWNER)

  const updated = await ews.call(
    d.updateItem(
      d.itemId(appointment),
      d.setField('calendar:Location', 'CalendarItem', '<t:Location>Room 2</t:Location>'),
    ),
    { as: d.DELEGATE },
  )
  expect(d.codes(updated)).toEqual(['NoError'])
  const [changed] = d.items(updated)
  if (!changed) throw new Error('No id came back.')
  expect(d.itemId(changed)).not.toBe(d.itemId(appointment))

  const parent = d.at(d.items(read)[0], 'ParentFolderId')?.attributes.Id ?? ''
  const copied = await ews.call(d.moveCopy('CopyItem', d.itemId(changed), d.folderId(parent)), {
    as: d.DELEGATE,
  })
  expect(d.codes(copied)).toEqual(['NoError'])
  const [copy] = d.items(copied)
  if (!copy) throw new Error('No id came back.')

  const deleted = await ews.call(d.deleteItem(d.itemId(changed)), { as: d.DELEGATE })
  expect(d.codes(deleted)).toEqual(['NoError'])

  // The owner sees what the delegate did, in his own mailbox.
  const left = await ews.call(
    d.findItem(d.distinguished('calendar'), { fields: ['item:Subject', 'calendar:Location'] }),
    { as: d.OWNER },
  )
  expect(d.items(left).map((item) => d.at(item, 'ItemId')?.attributes.Id)).toEqual([
    d.at(copy, 'ItemId')?.attributes.Id,
  ])
  expect(d.textAt(d.items(left)[0], 'Location')).toBe('Room 2')
  const bin = await ews.call(d.findItem(d.distinguished('deleteditems'), { fields: ['item:Subject'] }), {
    as: d.OWNER,
  })
  expect(d.subjects(bin)).toEqual(['Board meeting'])

  // Without the delegation the same ids open nothing.
  await ews.call(d.removeDelegate(d.smtp(d.DELEGATE)), { as: d.OWNER })
  const after = await ews.call(d.getItem(d.itemId(copy)), { as: d.DELEGATE })
  expect(d.outcome(d.messages(after)[0] as never)).toBe(
    'ErrorItemNotFound: The specified object was not found in the store.',
  )
})

d.testThatEverythingWasValid(ews)
