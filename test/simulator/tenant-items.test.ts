import { expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/server.ts'
import { parseTenant } from '../../src/simulator/tenant-file.ts'

const tenant = (items: string) => `domain: contoso.com
mailboxes:
  - address: allan@contoso.com
    name: Allan
    items:
${items.replace(/^/gm, '      ')}
  - address: adele@contoso.com
    name: Adele
`

test('items of every kind are in their folders when the mailbox is first opened', async () => {
  const simulator = await startSimulator({
    tenant: parseTenant(
      tenant(`- folder: inbox
  subject: Hello
  from: adele@contoso.com
  html: <p>x</p>
  received: 2026-11-20T08:00:00Z
  read: true
  categories: [Blue]
- folder: calendar
  subject: Board
  start: 2026-11-23T09:00:00
  end: 2026-11-23 10:00
  timeZone: W. Europe Standard Time
  location: Room 1
  sensitivity: private
  attendees: [adele@contoso.com, x@example.com]
- folder: calendar
  subject: Adele made it
  start: 2026-11-24
  end: 2026-11-25
  allDay: true
  freeBusy: OOF
  creator: adele@contoso.com
- folder: contacts
  givenName: Zoe
  surname: Young
  email: zoe@fabrikam.com
- folder: tasks
  subject: Renew
  due: 2026-12-01
  status: Completed
- folder: notes
  subject: Door code
- folder: drafts
  subject: Draft
  to: [adele@contoso.com]`),
    ),
  })
  const { exchange } = simulator
  const allan = exchange.directory.find('allan@contoso.com')
  const adele = exchange.directory.find('adele@contoso.com')
  const mailbox = allan && exchange.mailboxOf(allan)
  const inFolder = (name: string) => mailbox?.distinguished(name)?.items() ?? []
  expect(inFolder('inbox')[0]).toMatchObject({
    subject: 'Hello',
    from: { name: 'Adele', address: 'adele@contoso.com' },
    to: [{ address: 'allan@contoso.com' }],
    body: { contentType: 'html' },
    received: new Date('2026-11-20T08:00:00Z'),
    isRead: true,
    isDraft: false,
    categories: ['Blue'],
    creator: adele?.id,
  })
  expect(inFolder('calendar')[0]).toMatchObject({
    sensitivity: 'private',
    creator: allan?.id,
    calendar: {
      start: new Date('2026-11-23T08:00:00Z'),
      end: new Date('2026-11-23T09:00:00Z'),
      location: 'Room 1',
      startTimeZone: 'W. Europe Standard Time',
      required: [{ name: 'Adele' }, { address: 'x@example.com' }],
    },
  })
  expect(inFolder('calendar')[1]).toMatchObject({
    creator: adele?.id,
    calendar: { isAllDay: true, freeBusy: 'OOF', start: new Date('2026-11-24T00:00:00Z') },
  })
  expect(inFolder('contacts')[0]).toMatchObject({ subject: 'Zoe Young', itemClass: 'IPM.Contact' })
  expect(inFolder('tasks')[0]?.properties).toMatchObject({
    'task:Status': 'Completed',
    'task:PercentComplete': 100,
  })
  expect(inFolder('notes')[0]).toMatchObject({ itemClass: 'IPM.StickyNote' })
  expect(inFolder('drafts')[0]).toMatchObject({ isDraft: true, from: { address: 'allan@contoso.com' } })
  await simulator.close()
})

test('every mistake is named with its line', () => {
  const text = tenant(`- subject: Nowhere
- folder: attic
- folder: inbox
  start: 2026-11-23
- folder: calendar
  subject: No time
- folder: calendar
  start: 2026-11-23T09:00:00Z
  end: 2026-11-23T08:00:00Z
  timeZone: Mars
- folder: tasks
  due: tomorrow
  status: Done`)
  expect(() => parseTenant(text, 'tenant.yaml')).toThrow(
    [
      'tenant.yaml:6:9 This item has no folder.',
      'tenant.yaml:7:17 The folder is one of inbox, sentitems, drafts, deleteditems, junkemail, calendar, contacts, tasks, notes, not "attic".',
      'tenant.yaml:9:9 An item of the folder inbox has no "start".',
      'tenant.yaml:10:9 This appointment has no start.',
      'tenant.yaml:10:9 This appointment has no end.',
    ].join('\n'),
  )
  expect(() => parseTenant(text, 'tenant.yaml')).toThrow(/The timeZone "Mars" is none of Windows' names/)
  expect(() => parseTenant(text, 'tenant.yaml')).toThrow(/The end is before the start/)
  expect(() => parseTenant(text, 'tenant.yaml')).toThrow(
    /The due "tomorrow" is not a date such as 2026-11-23/,
  )
  expect(() => parseTenant(text, 'tenant.yaml')).toThrow(/The status is one of NotStarted/)
})
