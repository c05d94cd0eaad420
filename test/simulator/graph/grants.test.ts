import { beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD } from '../../../src/simulator/default-tenant.ts'
import { ADELE, ALLAN, MEGAN, message, useGraph } from '../graph-driver.ts'

/** Grants made over EWS are the ones that Graph goes by. */
const graph = useGraph()
beforeEach(() => graph.empty())

async function ews(body: string): Promise<string> {
  const response = await fetch(graph.simulator.ews, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      authorization: `Basic ${Buffer.from(`${ALLAN}:${DEFAULT_PASSWORD}`).toString('base64')}`,
    },
    body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/></s:Header><s:Body>${body}</s:Body></s:Envelope>`,
  })
  const text = await response.text()
  expect(text).toContain('NoError')
  return text
}

const MAILBOX = `<m:Mailbox><t:EmailAddress>${ALLAN}</t:EmailAddress></m:Mailbox>`
const USER = `<t:UserId><t:PrimarySmtpAddress>${ADELE}</t:PrimarySmtpAddress></t:UserId>`
const addDelegate = (inside: string) =>
  ews(
    `<m:AddDelegate>${MAILBOX}<m:DelegateUsers><t:DelegateUser>${USER}${inside}</t:DelegateUser></m:DelegateUsers><m:DeliverMeetingRequests>DelegatesAndMe</m:DeliverMeetingRequests></m:AddDelegate>`,
  )
const removeDelegate = () =>
  ews(`<m:RemoveDelegate>${MAILBOX}<m:UserIds>${USER}</m:UserIds></m:RemoveDelegate>`)
const sendFromAllan = async () =>
  (await graph.call('POST', '/v1.0/me/sendMail', { body: { message: message(ALLAN) } })).status

describe('a delegate added over EWS', () => {
  test('sends on behalf over Graph until removed', async () => {
    expect(await sendFromAllan()).toBe(403)
    await addDelegate(
      '<t:DelegatePermissions><t:InboxFolderPermissionLevel>Reviewer</t:InboxFolderPermissionLevel></t:DelegatePermissions>',
    )
    expect(await sendFromAllan()).toBe(202)
    const { json } = await graph.call('GET', '/v1.0/me/mailFolders/inbox/messages?$select=from,sender', {
      as: MEGAN,
    })
    expect(json.value[0]).toMatchObject({
      sender: { emailAddress: { name: 'Adele Vance', address: ADELE } },
      from: { emailAddress: { name: 'Allan Deyoung', address: ALLAN } },
    })
    // The Inbox was opened as well, but the owner's mailbox is not there to send through.
    expect((await graph.call('GET', `/v1.0/users/${ALLAN}/mailFolders/inbox/messages`)).status).toBe(200)
    const through = await graph.call('POST', `/v1.0/users/${ALLAN}/sendMail`, {
      body: { message: message(ALLAN) },
    })
    expect([through.status, through.json.error.code]).toEqual([403, 'ErrorAccessDenied'])
    await removeDelegate()
    expect(await sendFromAllan()).toBe(403)
    expect((await graph.call('GET', `/v1.0/users/${ALLAN}/mailFolders/inbox/messages`)).status).toBe(403)
  })

  test('shows in calendarPermissions and mailboxSettings', async () => {
    await addDelegate(
      '<t:DelegatePermissions><t:CalendarFolderPermissionLevel>Editor</t:CalendarFolderPermissionLevel></t:DelegatePermissions><t:ReceiveCopiesOfMeetingMessages>true</t:ReceiveCopiesOfMeetingMessages><t:ViewPrivateItems>true</t:ViewPrivateItems>',
    )
    const permissions = (await graph.call('GET', '/v1.0/me/calendar/calendarPermissions', { as: ALLAN })).json
      .value
    expect(permissions).toEqual([
      {
        id: 'RGVmYXVsdA==',
        isRemovable: false,
        isInsideOrganization: true,
        role: 'freeBusyRead',
        allowedRoles: ['none', 'freeBusyRead', 'limitedRead', 'read', 'write'],
        emailAddress: { name: 'My Organization' },
      },
      expect.objectContaining({
        isRemovable: true,
        role: 'delegateWithPrivateEventAccess',
        emailAddress: { name: 'Adele Vance', address: ADELE },
      }),
    ])
    const one = await graph.call('GET', `/v1.0/me/calendar/calendarPermissions/${permissions[1].id}`, {
      as: ALLAN,
    })
    expect(one.json.role).toBe('delegateWithPrivateEventAccess')
    const settings = await graph.call('GET', '/v1.0/me/mailboxSettings', { as: ALLAN })
    expect(settings.json.delegateMeetingMessageDeliveryOptions).toBe('sendToDelegateAndPrincipal')
    // Whom the calendar is shared with sees an empty list.
    const shared = await graph.call('GET', `/v1.0/users/${ALLAN}/calendar/calendarPermissions`, {
      scope: 'Calendars.Read.Shared',
    })
    expect([shared.status, shared.json.value]).toEqual([200, []])
    await removeDelegate()
  })
})

test.each([
  ['Reviewer', 'read'],
  ['Editor', 'write'],
  ['FreeBusyTimeAndSubjectAndLocation', 'limitedRead'],
  ['Author', 'custom'],
])('the calendar level %s is the role %s', async (level, role) => {
  const folder = await ews(
    `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="calendar"/></m:FolderIds></m:GetFolder>`,
  )
  const [, id, key] = /FolderId Id="([^"]+)" ChangeKey="([^"]+)"/.exec(folder) ?? []
  const entry = (user: string, value: string) =>
    `<t:CalendarPermission><t:UserId>${user}</t:UserId><t:CalendarPermissionLevel>${value}</t:CalendarPermissionLevel></t:CalendarPermission>`
  await ews(
    `<m:UpdateFolder><m:FolderChanges><t:FolderChange><t:FolderId Id="${id}" ChangeKey="${key}"/><t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:PermissionSet"/><t:CalendarFolder><t:PermissionSet><t:CalendarPermissions>${entry('<t:DistinguishedUser>Default</t:DistinguishedUser>', 'None')}${entry('<t:DistinguishedUser>Anonymous</t:DistinguishedUser>', 'None')}${entry(`<t:PrimarySmtpAddress>${MEGAN}</t:PrimarySmtpAddress>`, level)}</t:CalendarPermissions></t:PermissionSet></t:CalendarFolder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`,
  )
  const { json } = await graph.call('GET', '/v1.0/me/calendar/calendarPermissions', { as: ALLAN })
  expect(json.value.map((permission: { role: string }) => permission.role)).toEqual(['none', role])
})
