import { beforeEach, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()

beforeEach(async () => {
  await ews.call(d.removeDelegate(d.smtp(d.DELEGATE) + d.smtp(d.OTHER)))
  await ews.call(
    d.addDelegate(
      d.delegateUser(
        d.smtp(d.DELEGATE),
        { Calendar: 'Editor', Inbox: 'Reviewer' },
        { copies: true, privateItems: true },
      ),
      'DelegatesOnly',
    ),
  )
})

async function state() {
  const answer = await ews.call(d.getDelegate(d.smtp(d.DELEGATE)))
  const delegate = d.at(d.messages(answer)[0], 'DelegateUser')
  return {
    levels: Object.fromEntries(
      (d.at(delegate, 'DelegatePermissions')?.children ?? []).map((child) => [
        child.name.replace('FolderPermissionLevel', ''),
        child.text,
      ]),
    ),
    copies: d.textAt(delegate, 'ReceiveCopiesOfMeetingMessages'),
    privateItems: d.textAt(delegate, 'ViewPrivateItems'),
    deliver: d.textAt(answer.body, 'DeliverMeetingRequests'),
  }
}

const UNCHANGED = {
  levels: { Calendar: 'Editor', Inbox: 'Reviewer' },
  copies: 'true',
  privateItems: 'true',
  deliver: 'DelegatesOnly',
}

test('an update of one folder leaves the other folders, the flags and the mailbox’s delivery alone', async () => {
  const answer = await ews.call(d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Tasks: 'Author' })))
  expect(d.codes(answer)).toEqual(['NoError'])
  expect(await state()).toEqual({ ...UNCHANGED, levels: { ...UNCHANGED.levels, Tasks: 'Author' } })
})

test('the answer carries the stored flags that the request did not name, and no levels', async () => {
  const answer = await ews.call(d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Author' })))
  const delegate = d.at(d.messages(answer)[0], 'DelegateUser')
  expect(d.textAt(delegate, 'ReceiveCopiesOfMeetingMessages')).toBe('true')
  expect(d.textAt(delegate, 'ViewPrivateItems')).toBe('true')
  expect(d.at(delegate, 'DelegatePermissions')).toBeUndefined()
})

test('a flag alone can be changed', async () => {
  await ews.call(d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE), {}, { privateItems: false })))
  expect(await state()).toEqual({ ...UNCHANGED, privateItems: 'false' })
})

test('None takes the folder away', async () => {
  await ews.call(d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'None' })))
  expect(await state()).toEqual({ ...UNCHANGED, levels: { Calendar: 'Editor' } })
})

test('DeliverMeetingRequests alone can be changed, and the answer then has no ResponseMessages', async () => {
  const answer = await ews.call(d.updateDelegate(undefined, 'NoForward'))
  expect(answer.body.children.map((child) => child.name)).toEqual(['ResponseCode'])
  expect(await state()).toEqual({ ...UNCHANGED, deliver: 'NoForward' })
})

test('taking Editor on the calendar from a delegate who receives meeting copies fails validation', async () => {
  const update = (flags: { copies?: boolean }) =>
    ews.call(d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Reviewer' }, flags)))
  expect(d.codes(await update({}))).toEqual(['ErrorDelegateValidationFailed'])
  expect(await state()).toEqual(UNCHANGED)
  expect(d.codes(await update({ copies: false }))).toEqual(['NoError'])
  expect(await state()).toEqual({
    ...UNCHANGED,
    copies: 'false',
    levels: { Calendar: 'Reviewer', Inbox: 'Reviewer' },
  })
})

test('somebody who is not a delegate is ErrorNotDelegate, and nobody is added', async () => {
  const answer = await ews.call(
    d.updateDelegate(d.delegateUser(d.smtp(d.OTHER), { Inbox: 'Editor' }) + d.delegateUser(d.smtp(d.OWNER))),
  )
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'ErrorNotDelegate: The user is not a delegate for the mailbox.',
    'ErrorNotDelegate: The user is not a delegate for the mailbox.',
  ])
  expect(ews.folder(d.OWNER, 'inbox').permissions.rightsOfAccount(ews.recipient(d.OTHER).sid)).toBeUndefined()
})

test('others are refused at the root, and nothing changes', async () => {
  for (const caller of [d.DELEGATE, d.STRANGER, d.ADMINISTRATOR]) {
    const answer = await ews.call(
      d.updateDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Editor' }), 'NoForward'),
      { as: caller },
    )
    expect(d.outcome(answer.body)).toMatch(/^ErrorAccessDenied: /)
  }
  expect(await state()).toEqual(UNCHANGED)
})

d.testThatEverythingWasValid(ews)
