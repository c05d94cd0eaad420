import { beforeEach, describe, expect, test } from 'vitest'
import type { Answer } from '../../ews-driver.ts'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()

beforeEach(async () => {
  const users = [d.DELEGATE, d.OTHER, d.STRANGER].map(d.smtp).join('')
  await ews.call(d.removeDelegate(users))
  await ews.call(
    d.addDelegate(
      d.delegateUser(
        d.smtp(d.DELEGATE),
        { Calendar: 'Editor', Contacts: 'Author' },
        { copies: true, privateItems: true },
      ) + d.delegateUser(d.smtp(d.OTHER), { Inbox: 'Reviewer' }),
      'DelegatesAndMe',
    ),
  )
})

function listed(answer: Answer): (string | undefined)[] {
  return d
    .messages(answer)
    .map((message) => d.textAt(message, 'DelegateUser', 'UserId', 'PrimarySmtpAddress'))
}

test('GetDelegate lists all delegates with levels and flags, then DeliverMeetingRequests', async () => {
  const answer = await ews.call(d.getDelegate())
  expect(answer.body.children.map((child) => child.name)).toEqual([
    'ResponseCode',
    'ResponseMessages',
    'DeliverMeetingRequests',
  ])
  expect(listed(answer)).toEqual([d.DELEGATE, d.OTHER])
  const [first, second] = d.messages(answer).map((message) => d.at(message, 'DelegateUser'))
  expect(d.at(first, 'DelegatePermissions')?.children.map((child) => [child.name, child.text])).toEqual([
    ['CalendarFolderPermissionLevel', 'Editor'],
    ['ContactsFolderPermissionLevel', 'Author'],
  ])
  expect(d.textAt(first, 'ViewPrivateItems')).toBe('true')
  expect(d.textAt(second, 'ReceiveCopiesOfMeetingMessages')).toBe('false')
  expect(d.textAt(answer.body, 'DeliverMeetingRequests')).toBe('DelegatesAndMe')
})

test('without delegates there is no ResponseMessages, and DeliverMeetingRequests is there', async () => {
  const answer = await ews.call(d.getDelegate(undefined, d.STRANGER), { as: d.STRANGER })
  expect(answer.body.children.map((child) => child.name)).toEqual(['ResponseCode', 'DeliverMeetingRequests'])
  expect(d.outcome(answer.body)).toBe('NoError')
})

test.each(['false', '0'])('IncludePermissions %s leaves the levels out', async (value) => {
  const answer = await ews.call(d.getDelegate(undefined, d.OWNER, value))
  expect(d.messages(answer).map((message) => d.at(message, 'DelegateUser', 'DelegatePermissions'))).toEqual([
    undefined,
    undefined,
  ])
})

test('IncludePermissions 1 is true', async () => {
  const answer = await ews.call(d.getDelegate(undefined, d.OWNER, '1'))
  expect(d.at(d.messages(answer)[0], 'DelegateUser', 'DelegatePermissions')).toBeDefined()
})

test('named users are answered in the order of the request, each with an outcome', async () => {
  const answer = await ews.call(
    d.getDelegate(
      d.smtp(d.OTHER) +
        d.smtp(d.STRANGER) +
        d.sid(ews.recipient(d.DELEGATE).sid) +
        d.smtp('nobody@contoso.com'),
    ),
  )
  expect(d.outcome(answer.body)).toBe('NoError')
  expect(listed(answer)).toEqual([d.OTHER, undefined, d.DELEGATE, undefined])
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'NoError',
    'ErrorNotDelegate: The user is not a delegate for the mailbox.',
    'NoError',
    'ErrorDelegateNoUser: The delegate does not map to a user in the Active Directory.',
  ])
})

test('a level that is none of the delegate levels shows as Custom', async () => {
  const folder = ews.folder(d.OWNER, 'inbox')
  const set = (level: string) =>
    ews.call(
      d.setPermissions(
        d.folderId(folder.id),
        `<t:Permissions>${d.permission(d.DEFAULT_USER, 'None')}${d.permission(d.ANONYMOUS_USER, 'None')}${d.permission(d.smtp(d.OTHER), level)}</t:Permissions>`,
      ),
    )
  const level = async () =>
    d.textAt(
      d.messages(await ews.call(d.getDelegate(d.smtp(d.OTHER))))[0],
      'DelegateUser',
      'DelegatePermissions',
      'InboxFolderPermissionLevel',
    )
  await set('PublishingEditor')
  expect(await level()).toBe('Custom')
  await set('Author')
  expect(await level()).toBe('Author')
})

describe('asked by others', () => {
  test('a delegate is answered an empty list', async () => {
    const answer = await ews.call(d.getDelegate(), { as: d.OTHER })
    expect(d.outcome(answer.body)).toBe('NoError')
    expect(d.messages(answer)).toEqual([])
    expect(d.textAt(answer.body, 'DeliverMeetingRequests')).toBe('DelegatesAndMe')
  })

  test('a delegate learns nothing about others by name', async () => {
    const answer = await ews.call(d.getDelegate(d.smtp(d.DELEGATE) + d.smtp('nobody@contoso.com')), {
      as: d.OTHER,
    })
    expect(d.codes(answer)).toEqual(['ErrorNotDelegate', 'ErrorNotDelegate'])
  })

  test('somebody without any right in the mailbox is refused', async () => {
    expect(d.outcome((await ews.call(d.getDelegate(), { as: d.STRANGER })).body)).toBe(
      'ErrorAccessDenied: Access is denied. Check credentials and try again.',
    )
  })
})

describe('the three places that make a delegate', () => {
  test('Send on Behalf taken away elsewhere leaves a delegate who is not configured properly', async () => {
    const { directory } = ews.simulator.exchange
    directory.revoke(ews.recipient(d.OWNER), ews.recipient(d.DELEGATE), 'SendOnBehalf')
    expect(d.messages(await ews.call(d.getDelegate())).map(d.outcome)).toEqual([
      'ErrorDelegateMissingConfiguration: Delegate is not configured properly.',
      'NoError',
    ])
    // UpdateDelegate mends it.
    await ews.call(d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE))))
    expect(d.codes(await ews.call(d.getDelegate()))).toEqual(['NoError', 'NoError'])
  })

  test('Send on Behalf given elsewhere shows as a delegate who is not configured properly', async () => {
    const { directory } = ews.simulator.exchange
    directory.grant(ews.recipient(d.OWNER), ews.recipient(d.STRANGER), 'SendOnBehalf')
    expect(d.codes(await ews.call(d.getDelegate()))).toEqual([
      'NoError',
      'NoError',
      'ErrorDelegateMissingConfiguration',
    ])
    expect(d.codes(await ews.call(d.removeDelegate(d.smtp(d.STRANGER))))).toEqual(['NoError'])
    expect(directory.has(ews.recipient(d.OWNER), ews.recipient(d.STRANGER), 'SendOnBehalf')).toBe(false)
  })
})

d.testThatEverythingWasValid(ews)
