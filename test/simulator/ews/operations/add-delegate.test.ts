import { beforeEach, describe, expect, test } from 'vitest'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()

beforeEach(async () => {
  const users = [d.DELEGATE, d.OTHER, d.STRANGER].map(d.smtp).join('')
  await ews.call(d.removeDelegate(users))
})

function sendsOnBehalf(user: string): boolean {
  return ews.simulator.exchange.directory.has(ews.recipient(d.OWNER), ews.recipient(user), 'SendOnBehalf')
}

test('AddDelegate answers the delegate with SID, address, name and flags, and without levels', async () => {
  const answer = await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor' }, { copies: true, privateItems: true }),
    ),
  )
  const [message] = d.messages(answer)
  expect(answer.status).toBe(200)
  expect(answer.body.attributes).toEqual({ ResponseClass: 'Success' })
  expect(message?.name).toBe('DelegateUserResponseMessageType')
  const delegate = d.at(message, 'DelegateUser')
  expect(delegate?.children.map((child) => child.name)).toEqual([
    'UserId',
    'ReceiveCopiesOfMeetingMessages',
    'ViewPrivateItems',
  ])
  expect(d.at(delegate, 'UserId')?.children.map((child) => [child.name, child.text])).toEqual([
    ['SID', ews.recipient(d.DELEGATE).sid],
    ['PrimarySmtpAddress', 'AdeleV@contoso.com'],
    ['DisplayName', 'Adele Vance'],
  ])
})

test('AddDelegate writes the permissions of the six folders and Send on Behalf', async () => {
  await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), {
        Calendar: 'Editor',
        Tasks: 'Author',
        Inbox: 'Reviewer',
        Contacts: 'None',
      }),
    ),
  )
  const names = ['calendar', 'tasks', 'inbox', 'contacts', 'notes', 'journal', 'drafts']
  const answer = await ews.call(
    d.getFolder(names.map((name) => d.distinguished(name)).join(''), 'IdOnly', ['folder:PermissionSet']),
  )
  expect(d.folders(answer).map((folder) => d.levels(folder)[d.DELEGATE])).toEqual([
    'Editor',
    'Author',
    'Reviewer',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(sendsOnBehalf(d.DELEGATE)).toBe(true)
})

test('AddDelegate leaves everybody else in the permission lists', async () => {
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.OTHER), { Calendar: 'Reviewer' })))
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor' })))
  const answer = await ews.call(d.getFolder(d.distinguished('calendar'), 'IdOnly', ['folder:PermissionSet']))
  expect(d.levels(d.folders(answer)[0])).toEqual({
    Default: 'FreeBusyTimeOnly',
    Anonymous: 'None',
    [d.OTHER]: 'Reviewer',
    [d.DELEGATE]: 'Editor',
  })
})

test('the root says Success when every delegate was refused, and the messages stand in the order of the request', async () => {
  const answer = await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.OWNER)) +
        d.delegateUser(d.smtp('nobody@contoso.com')) +
        d.delegateUser(d.sid('S-1-5-21-1-2-3-4')),
    ),
  )
  expect(d.outcome(answer.body)).toBe('NoError')
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'ErrorDelegateCannotAddOwner: This is an invalid operation. Cannot add owner as delegate.',
    'ErrorDelegateNoUser: The delegate does not map to a user in the Active Directory.',
    'ErrorDelegateNoUser: The delegate does not map to a user in the Active Directory.',
  ])
  expect(d.messages(answer).every((message) => d.at(message, 'DelegateUser') === undefined)).toBe(true)
})

test('a refused delegate does not keep the others from being added', async () => {
  const answer = await ews.call(
    d.addDelegate(d.delegateUser(d.smtp(d.OWNER)) + d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Editor' })),
  )
  expect(d.codes(answer)).toEqual(['ErrorDelegateCannotAddOwner', 'NoError'])
  expect(sendsOnBehalf(d.DELEGATE)).toBe(true)
})

test('a delegate twice in one request is refused the second time', async () => {
  const answer = await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Editor' }) +
        d.delegateUser(d.sid(ews.recipient(d.DELEGATE).sid), { Inbox: 'Reviewer' }),
    ),
  )
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'NoError',
    'ErrorDelegateAlreadyExists: The user is already a delegate for the mailbox.',
  ])
  expect(ews.mailbox(d.OWNER).delegates.level(ews.recipient(d.DELEGATE).sid, 'inbox')).toBe('Editor')
})

test.each([
  ['an empty UserId', '<t:UserId/>', 'ErrorMissingUserIdInformation'],
  [
    'a display name alone',
    '<t:UserId><t:DisplayName>Adele Vance</t:DisplayName></t:UserId>',
    'ErrorMissingUserIdInformation',
  ],
  ['Default', d.DEFAULT_USER, 'ErrorDistinguishedUserNotSupported'],
  ['Anonymous', d.ANONYMOUS_USER, 'ErrorDistinguishedUserNotSupported'],
  ['a malformed address', d.smtp('adele at contoso'), 'ErrorInvalidSmtpAddress'],
  ['a malformed SID', d.sid('S-1-x'), 'ErrorInvalidSid'],
  [
    'a name that is not the address’s',
    '<t:UserId><t:PrimarySmtpAddress>AdeleV@contoso.com</t:PrimarySmtpAddress><t:DisplayName>Megan Bowen</t:DisplayName></t:UserId>',
    'ErrorInvalidDelegateUserId',
  ],
  [
    'a SID that is not the address’s',
    '<t:UserId><t:SID>S-1-5-21-1-2-3-4</t:SID><t:PrimarySmtpAddress>AdeleV@contoso.com</t:PrimarySmtpAddress></t:UserId>',
    'ErrorInvalidDelegateUserId',
  ],
  [
    'an external user',
    '<t:UserId><t:ExternalUserIdentity>x@fabrikam.com</t:ExternalUserIdentity></t:UserId>',
    'ErrorInvalidDelegateUserId',
  ],
  ['a group', d.smtp('sales@contoso.com'), 'ErrorDelegateValidationFailed'],
])('%s is refused with its code', async (_what, userId, code) => {
  const answer = await ews.call(d.addDelegate(d.delegateUser(userId)))
  expect(d.codes(answer)).toEqual([code])
})

test('meeting copies without Editor on the calendar fail validation and leave nothing behind', async () => {
  const answer = await ews.call(
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Author', Inbox: 'Editor' }, { copies: true }),
    ),
  )
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'ErrorDelegateValidationFailed: Cannot add the delegate user. Failed to validate the changes.',
  ])
  expect(sendsOnBehalf(d.DELEGATE)).toBe(false)
  expect(
    ews.folder(d.OWNER, 'inbox').permissions.rightsOfAccount(ews.recipient(d.DELEGATE).sid),
  ).toBeUndefined()
})

test('the level Custom is refused', async () => {
  const answer = await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Custom' })))
  expect(d.messages(answer).map(d.outcome)).toEqual([
    'ErrorInvalidDelegatePermission: Invalid Delegate Folder Permission.',
  ])
})

test('a boolean may be written as 0 or 1', async () => {
  const answer = await ews.call(
    d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor' }, { copies: 1, privateItems: 0 })),
  )
  const delegate = d.at(d.messages(answer)[0], 'DelegateUser')
  expect(d.textAt(delegate, 'ReceiveCopiesOfMeetingMessages')).toBe('true')
  expect(d.textAt(delegate, 'ViewPrivateItems')).toBe('false')
})

test('DeliverMeetingRequests is one value of the mailbox and stays when it is left out', async () => {
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE)), 'DelegatesOnly'))
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.OTHER))))
  const answer = await ews.call(d.getDelegate())
  expect(d.textAt(answer.body, 'DeliverMeetingRequests')).toBe('DelegatesOnly')
})

describe('who may', () => {
  const request = () => d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Reviewer' }))

  test('a stranger, a delegate and an administrator who does not impersonate are refused at the root', async () => {
    await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.OTHER), { Inbox: 'Editor' })))
    for (const caller of [d.STRANGER, d.OTHER, d.ADMINISTRATOR]) {
      const answer = await ews.call(request(), { as: caller })
      expect(d.outcome(answer.body)).toBe(
        'ErrorAccessDenied: Access is denied. Check credentials and try again.',
      )
      expect(answer.body.attributes.ResponseClass).toBe('Error')
      expect(d.at(answer.body, 'ResponseMessages')).toBeUndefined()
    }
    expect(sendsOnBehalf(d.DELEGATE)).toBe(false)
  })

  test('an administrator who impersonates the owner may', async () => {
    const answer = await ews.call(request(), { as: d.ADMINISTRATOR, header: d.impersonate(d.OWNER) })
    expect(d.codes(answer)).toEqual(['NoError'])
  })

  test('somebody with Full Access to the mailbox may', async () => {
    const { directory } = ews.simulator.exchange
    directory.grant(ews.recipient(d.OWNER), ews.recipient(d.STRANGER), 'FullAccess')
    try {
      expect(d.codes(await ews.call(request(), { as: d.STRANGER }))).toEqual(['NoError'])
    } finally {
      directory.revoke(ews.recipient(d.OWNER), ews.recipient(d.STRANGER), 'FullAccess')
    }
  })
})

describe('the mailbox', () => {
  const to = (mailbox: string) =>
    `<m:AddDelegate>${mailbox}<m:DelegateUsers>${d.delegateUser(d.smtp(d.DELEGATE))}</m:DelegateUsers></m:AddDelegate>`

  test.each([
    [
      'an unknown address',
      d.mailboxElement('nobody@contoso.com'),
      'ErrorNonExistentMailbox: Mailbox does not exist.',
    ],
    [
      'a proxy address',
      d.mailboxElement('allan.deyoung@contoso.com'),
      'ErrorNonPrimarySmtpAddress: The primary SMTP address must be specified when referencing a mailbox.',
    ],
    ['a group', d.mailboxElement('sales@contoso.com'), 'ErrorNonExistentMailbox: Mailbox does not exist.'],
    [
      'no address',
      '<m:Mailbox/>',
      'ErrorInvalidMailbox: Mailbox is invalid. Verify the specified Mailbox property.',
    ],
    [
      'text that is no address',
      d.mailboxElement('allan'),
      'ErrorInvalidSmtpAddress: The SMTP address format is invalid.',
    ],
  ])('%s is refused at the root', async (_what, mailbox, expected) => {
    expect(d.outcome((await ews.call(to(mailbox))).body)).toBe(expected)
  })

  test('is found whatever the case of its address', async () => {
    const answer = await ews.call(
      d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE.toUpperCase())), undefined, d.OWNER.toUpperCase()),
    )
    expect(d.codes(answer)).toEqual(['NoError'])
  })
})

d.testThatEverythingWasValid(ews)
