import { beforeEach, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws(() => ({
  tenant: {
    domain: 'contoso.com',
    mailboxes: ['AllanD', 'AdeleV', 'MeganB', 'PattiF', 'leaver', 'leaver2'].map((name) => ({
      address: `${name}@contoso.com`,
    })),
    administrators: ['PattiF@contoso.com'],
  },
}))

beforeEach(async () => {
  await ews.call(d.removeDelegate(d.smtp(d.DELEGATE) + d.smtp(d.OTHER)))
  await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor', Inbox: 'Reviewer' }) +
        d.delegateUser(d.smtp(d.OTHER), { Calendar: 'Reviewer' }),
    ),
  )
})

test('RemoveDelegate takes away folder permissions and Send on Behalf, and answers the code alone', async () => {
  const answer = await ews.call(d.removeDelegate(d.smtp(d.DELEGATE)))
  expect(d.messages(answer)[0]?.children.map((child) => child.name)).toEqual(['ResponseCode'])
  const { directory } = ews.simulator.exchange
  expect(directory.has(ews.recipient(d.OWNER), ews.recipient(d.DELEGATE), 'SendOnBehalf')).toBe(false)
  const { sid } = ews.recipient(d.DELEGATE)
  for (const name of ['calendar', 'inbox']) {
    expect(ews.folder(d.OWNER, name).permissions.rightsOfAccount(sid)).toBeUndefined()
  }
  expect(d.codes(await ews.call(d.getDelegate(d.smtp(d.DELEGATE) + d.smtp(d.OTHER))))).toEqual([
    'ErrorNotDelegate',
    'NoError',
  ])
})

test('RemoveDelegate goes by SID too, and the second time finds nobody', async () => {
  const { sid } = ews.recipient(d.DELEGATE)
  const answer = await ews.call(d.removeDelegate(d.sid(sid) + d.smtp(d.DELEGATE)))
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'NoError',
    'ErrorNotDelegate: The user is not a delegate for the mailbox.',
  ])
})

test('others are refused at the root', async () => {
  for (const caller of [d.DELEGATE, d.STRANGER]) {
    const answer = await ews.call(d.removeDelegate(d.smtp(d.OTHER)), { as: caller })
    expect(d.outcome(answer.body)).toMatch(/^ErrorAccessDenied: /)
  }
})

test('a deleted account stays as a delegate nobody can name by address, an UnknownEntry, and can be removed by SID', async () => {
  const leaver = ews.recipient('leaver@contoso.com')
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(leaver.address), { Calendar: 'Author' })))
  ews.simulator.exchange.directory.delete(leaver)

  expect(d.codes(await ews.call(d.getDelegate()))).toEqual(['NoError', 'NoError', 'ErrorDelegateNoUser'])
  expect(d.codes(await ews.call(d.getDelegate(d.sid(leaver.sid))))).toEqual(['ErrorDelegateNoUser'])
  const unknown = async () => {
    const answer = await ews.call(
      d.getFolder(d.distinguished('calendar'), 'IdOnly', ['folder:PermissionSet']),
    )
    return (d.at(d.folders(answer)[0], 'PermissionSet', 'UnknownEntries')?.children ?? []).map(
      (entry) => entry.text,
    )
  }
  expect(await unknown()).toEqual([leaver.sid])

  expect(d.codes(await ews.call(d.removeDelegate(d.smtp('leaver@contoso.com'))))).toEqual([
    'ErrorDelegateNoUser',
  ])
  expect(d.codes(await ews.call(d.removeDelegate(d.sid(leaver.sid))))).toEqual(['NoError'])
  expect(await unknown()).toEqual([])
  expect(d.codes(await ews.call(d.getDelegate()))).toEqual(['NoError', 'NoError'])
})

test('a mailbox whose owner was deleted is no longer there, and its owner cannot sign in', async () => {
  const leaver = ews.recipient('leaver2@contoso.com')
  const inbox = await ews.call(d.getFolder(d.distinguished('inbox')), { as: leaver.address })
  const id = d.at(d.folders(inbox)[0], 'FolderId')?.attributes.Id ?? ''
  ews.simulator.exchange.directory.delete(leaver)
  expect((await ews.call(d.getDelegate(), { as: leaver.address })).status).toBe(401)
  const answer = await ews.call(d.getFolder(d.distinguished('inbox', leaver.address) + d.folderId(id)))
  expect(d.codes(answer)).toEqual(['ErrorNonExistentMailbox', 'ErrorItemNotFound'])
})

d.testThatEverythingWasValid(ews)
