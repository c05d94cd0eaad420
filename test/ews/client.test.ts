import { describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import {
  ConnectionError,
  EwsResponseError,
  InvalidInputError,
  PermissionLossError,
  ReadBackError,
  XmlError,
} from '../../src/errors.ts'
import { EwsClient, type EwsClientOptions } from '../../src/ews/client.ts'
import type { HttpRequest, Transport } from '../../src/http/transport.ts'
import { explicitFolder, folderById } from '../../src/model/folder-target.ts'
import { findChild, parseXml } from '../../src/xml/element.ts'
import { readFixture } from '../helpers/fixtures.ts'

const owner = 'allan@contoso.com'
const url = 'https://mail.contoso.com/EWS/Exchange.asmx'
const calendar = explicitFolder('calendar', owner)

type Answer = string | { status: number; body?: string; headers?: Record<string, string> } | Error

/** A client whose server gives these answers in turn. */
function clientWith(answers: Answer[], options: Partial<EwsClientOptions> = {}) {
  const sent: HttpRequest[] = []
  const transport: Transport = async (request) => {
    sent.push(request)
    const answer = answers.shift()
    if (answer === undefined) throw new Error(`an unexpected request: ${operationOf(request)}`)
    if (answer instanceof Error) throw answer
    const {
      status,
      body = '',
      headers = {},
    } = typeof answer === 'string' ? { status: 200, body: answer } : answer
    return { status, statusText: '', headers, body }
  }
  const client = new EwsClient({
    url,
    auth: basic({ user: 'admin', password: 'Pa55-w0rd-x' }),
    transport,
    ...options,
  })
  return { client, sent, left: answers }
}

function bodyOf(request: HttpRequest | undefined) {
  const envelope = parseXml(String(request?.body))
  const root = findChild(envelope, 'Body')?.children[0]
  if (!root) throw new Error('the request is empty')
  return root
}
const operationOf = (request: HttpRequest | undefined) => bodyOf(request).name

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown')
    },
    (error) => error,
  )
}

const before = readFixture('get-folder/response.calendar.xml')
const written = readFixture('update-folder/response.xml')
const conflict = readFixture('update-folder/response.conflict.xml')
const megan =
  /(<t:PrimarySmtpAddress>megan[\s\S]*?)<t:CanCreateItems>[\s\S]*?<t:CalendarPermissionLevel>Reviewer</
/** The calendar after Megan became Editor. */
const after = before.replace(
  megan,
  `$1<t:CanCreateItems>true</t:CanCreateItems><t:CanCreateSubFolders>false</t:CanCreateSubFolders><t:IsFolderOwner>false</t:IsFolderOwner><t:IsFolderVisible>true</t:IsFolderVisible><t:IsFolderContact>false</t:IsFolderContact><t:EditItems>All</t:EditItems><t:DeleteItems>All</t:DeleteItems><t:ReadItems>FullDetails</t:ReadItems><t:CalendarPermissionLevel>Editor<`,
)
const toEditor = { set: [{ user: 'megan@contoso.com', level: 'Editor' as const }] }

describe('the request', () => {
  test('is one POST with SOAP’s content type, an action, a request id and the credentials', async () => {
    const { client, sent } = clientWith([readFixture('get-delegate/response.xml')])
    await client.getDelegates(owner)
    expect(sent[0]).toMatchObject({
      url,
      method: 'POST',
      headers: {
        'content-type': 'text/xml; charset=utf-8',
        soapaction: '"http://schemas.microsoft.com/exchange/services/2006/messages/GetDelegate"',
        authorization: `Basic ${Buffer.from('admin:Pa55-w0rd-x').toString('base64')}`,
        'client-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      },
    })
    expect(sent[0]?.headers).not.toHaveProperty('x-anchormailbox')
  })

  test('is anchored on the impersonated mailbox', async () => {
    const { client, sent } = clientWith([readFixture('get-delegate/response.xml')], { impersonate: owner })
    await client.getDelegates(owner)
    expect(sent[0]?.headers['x-anchormailbox']).toBe(owner)
    expect(sent[0]?.body).toContain(
      '<t:ConnectingSID><t:SmtpAddress>allan@contoso.com</t:SmtpAddress></t:ConnectingSID>',
    )
  })

  test('has no anchor where only a SID is known', async () => {
    const { client, sent } = clientWith([readFixture('get-delegate/response.xml')], {
      impersonate: { sid: 'S-1-5-21-1-2-3-4' },
    })
    await client.getDelegates(owner)
    expect(sent[0]?.headers).not.toHaveProperty('x-anchormailbox')
    expect(sent[0]?.body).toContain('<t:SID>S-1-5-21-1-2-3-4</t:SID>')
  })

  test('tells what the server says of itself afterwards', async () => {
    const { client } = clientWith([readFixture('get-delegate/response.xml')])
    expect(client.serverVersion).toBeUndefined()
    await client.getDelegates(owner)
    expect(client.serverVersion).toEqual({
      major: 15,
      minor: 1,
      majorBuild: 2507,
      minorBuild: 6,
      version: 'V2017_07_11',
    })
  })
})

describe('bad arguments are refused before anything is sent', () => {
  const { client, sent } = clientWith([])
  test.each<[string, () => Promise<unknown>]>([
    ['a malformed owner', () => client.getDelegates('allan')],
    ['no delegates', () => client.addDelegates(owner, [])],
    ['an update of nothing', () => client.updateDelegates(owner, [])],
    ['a malformed SID', () => client.removeDelegates(owner, ['S-1-x'])],
    ['nobody to remove', () => client.removeDelegates(owner, [])],
    [
      'an unknown delivery',
      () => client.updateDelegates(owner, [], { deliverMeetingRequests: 'Me' as never }),
    ],
    [
      'a flag that is neither true nor false',
      () => client.addDelegates(owner, [{ user: 'a@b.c', viewPrivateItems: 'yes' as never }]),
    ],
    ['a misspelt member', () => client.addDelegates(owner, [{ user: 'a@b.c', viewPrivate: true } as never])],
    ['a delegate that is none', () => client.addDelegates(owner, [null as never])],
    ['a folder that is only a name', () => client.getFolder('calendar' as never)],
    ['an empty id', () => client.getFolder({ id: '' })],
    [
      'a folder by name and by id',
      () => client.getFolder({ id: 'x', distinguishedFolder: 'inbox' } as never),
    ],
    ['an edit of nothing', () => client.updateFolderPermissions(calendar, {})],
  ])('%s', async (_, call) => {
    expect(await caught(call())).toBeInstanceOf(InvalidInputError)
    expect(sent).toEqual([])
  })

  test.each([
    ['no address', 'mail.contoso.com'],
    ['another protocol', 'ftp://mail.contoso.com/'],
    ['plain http to another machine', 'http://mail.contoso.com/EWS/Exchange.asmx'],
    ['a password in the address', 'https://admin:secret@mail.contoso.com/EWS/Exchange.asmx'],
  ])('%s as the server', (_, address) => {
    const create = () => new EwsClient({ url: address, auth: basic({ user: 'a', password: 'b' }) })
    expect(create).toThrow(InvalidInputError)
    expect(create).not.toThrow(/secret/)
  })

  test('a user agent that no header can carry', () => {
    expect(() => clientWith([], { userAgent: 'x\r\nX-Evil: 1' })).toThrow(InvalidInputError)
  })

  test.each([[{}], [{ sid: 'S-1-5-21-1', smtpAddress: owner }], [{ smtpAddress: '' }], [{ sid: 'x' }]])(
    'the impersonation %j',
    (impersonate) => {
      expect(() => clientWith([], { impersonate: impersonate as never })).toThrow(InvalidInputError)
    },
  )
})

describe('upsertDelegates', () => {
  const updated = (code: string) =>
    readFixture('add-delegate/response.partial-failure.xml')
      .replaceAll('AddDelegate', 'UpdateDelegate')
      .replace(
        /<m:DelegateUserResponseMessageType ResponseClass="Error">[\s\S]*?<\/m:DelegateUserResponseMessageType>/,
        '',
      )
      .replace(
        'NoError</m:ResponseCode>\n          <m:DelegateUser>',
        `${code}</m:ResponseCode>\n          <m:DelegateUser>`,
      )

  test('updates only those who are delegates already, and says which', async () => {
    const { client, sent } = clientWith([
      readFixture('add-delegate/response.partial-failure.xml'),
      updated('NoError'),
    ])
    const outcomes = await client.upsertDelegates(owner, [
      { user: 'adele@contoso.com' },
      { user: 'megan@contoso.com', permissions: { inbox: 'Author' } },
    ])
    expect(outcomes.map((outcome) => [outcome.ok, outcome.action])).toEqual([
      [true, 'add'],
      [true, 'update'],
    ])
    expect(sent.map(operationOf)).toEqual(['AddDelegate', 'UpdateDelegate'])
    expect(sent[1]?.body).not.toContain('adele')
    expect(sent[1]?.body).toContain(
      '<t:DelegatePermissions><t:InboxFolderPermissionLevel>Author</t:InboxFolderPermissionLevel></t:DelegatePermissions>',
    )
  })
})

describe('upsertDelegates whose update fails as a whole', () => {
  const both = [{ user: 'adele@contoso.com' }, { user: 'megan@contoso.com' }]

  test('still tells who was added', async () => {
    const { client } = clientWith([readFixture('add-delegate/response.partial-failure.xml'), { status: 503 }])
    const [adele, megan] = await client.upsertDelegates(owner, both)
    expect(adele).toMatchObject({ ok: true, action: 'add' })
    expect(megan).toMatchObject({
      ok: false,
      action: 'update',
      code: 'ERR_CONNECTION',
      user: { smtpAddress: 'megan@contoso.com' },
    })
    expect(megan).toMatchObject({ message: expect.stringContaining('may have been made') })
  })

  test('throws when nobody was added', async () => {
    const refused = readFixture('update-delegate/response.not-delegate.xml')
      .replaceAll('UpdateDelegate', 'AddDelegate')
      .replace('ErrorNotDelegate', 'ErrorDelegateAlreadyExists')
    const { client } = clientWith([refused, { status: 503 }])
    expect(await caught(client.upsertDelegates(owner, both.slice(0, 1)))).toBeInstanceOf(ConnectionError)
  })
})

describe('updateFolderPermissions', () => {
  test('reads, writes the whole list by the id that was read, and reads back', async () => {
    const { client, sent } = clientWith([before, written, after])
    const result = await client.updateFolderPermissions(calendar, toEditor)
    expect(sent.map(operationOf)).toEqual(['GetFolder', 'UpdateFolder', 'GetFolder'])
    expect(sent[1]?.body).toContain('<t:FolderId Id="AAMkAGY3MjQ=" ChangeKey="AgAAABQAAAA="/>')
    expect(String(sent[1]?.body).match(/<t:CalendarPermission>/g)).toHaveLength(4)
    expect(result).toMatchObject({ changed: true, folder: { id: 'AAMkAGY3MjQ=', changeKey: 'AgAAABQAAAB=' } })
    expect(result.changes).toHaveLength(1)
  })

  test('does not write when the list is as wanted already', async () => {
    const { client, sent } = clientWith([before])
    const result = await client.updateFolderPermissions(calendar, {
      set: [{ user: 'megan@contoso.com', level: 'Reviewer' }],
    })
    expect(sent.map(operationOf)).toEqual(['GetFolder'])
    expect(result.changed).toBe(false)
  })

  test('reads and edits again, once, when the folder changed in between', async () => {
    const { client, sent } = clientWith([before, conflict, before, written, after])
    expect((await client.updateFolderPermissions(calendar, toEditor)).changed).toBe(true)
    expect(sent.map(operationOf)).toEqual([
      'GetFolder',
      'UpdateFolder',
      'GetFolder',
      'UpdateFolder',
      'GetFolder',
    ])
  })

  test('gives up after the second conflict', async () => {
    const { client } = clientWith([before, conflict, before, conflict])
    expect(await caught(client.updateFolderPermissions(calendar, toEditor))).toMatchObject({
      responseCode: 'ErrorIrresolvableConflict',
    })
  })

  test('a read-back that fails does not hide that the list was written', async () => {
    const { client } = clientWith([before, written, { status: 503 }])
    expect(await caught(client.updateFolderPermissions(calendar, toEditor))).toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: true,
    })
  })

  test('says so when what is read back is not what was written', async () => {
    const { client } = clientWith([before, written, before])
    const error = await caught(client.updateFolderPermissions(calendar, toEditor))
    expect(error).toBeInstanceOf(ReadBackError)
    expect((error as ReadBackError).differences).toEqual([
      'S-1-5-21-1333220396-2200287332-232816053-1119 has Reviewer instead of Editor.',
    ])
  })

  test.each([
    [
      'entries of deleted accounts',
      'get-folder/response.unknown-entries.xml',
      { unknownEntries: ['S-1-5-21-1333220396-2200287332-232816053-4711'], unwritableEntries: 0 },
    ],
    [
      'entries without a user',
      'get-folder/response.empty-user-id.xml',
      { unknownEntries: [], unwritableEntries: 2 },
    ],
  ])('refuses to lose %s', async (_, fixture, expected) => {
    const { client, sent } = clientWith([readFixture(fixture)])
    const error = await caught(
      client.updateFolderPermissions(calendar, { set: [{ user: 'adele@contoso.com', level: 'Reviewer' }] }),
    )
    expect(error).toBeInstanceOf(PermissionLossError)
    expect(error).toMatchObject(expected)
    expect(sent.map(operationOf)).toEqual(['GetFolder'])
  })

  test('refuses to guess the rights of entries that the server did not tell whole', async () => {
    const { client, sent } = clientWith([readFixture('oddities/level-and-rights.xml')])
    const edit = { set: [{ user: 'patti@contoso.com', level: 'Reviewer' as const }] }
    expect(await caught(client.updateFolderPermissions(calendar, edit))).toMatchObject({
      unwritableEntries: 2,
    })
    expect(sent.map(operationOf)).toEqual(['GetFolder'])
  })

  test('refuses to write over a list without Default, which every folder has', async () => {
    const cutShort = before.replace(
      /<t:CalendarPermission>\s*<t:UserId><t:DistinguishedUser>Default[\s\S]*?<\/t:CalendarPermission>/,
      '',
    )
    const { client, sent } = clientWith([cutShort])
    const error = await caught(client.updateFolderPermissions(calendar, toEditor))
    expect(error).toBeInstanceOf(PermissionLossError)
    expect((error as Error).message).toContain('no Default entry')
    expect(sent.map(operationOf)).toEqual(['GetFolder'])
  })

  test('loses them when it is asked to, and never writes UnknownEntries', async () => {
    const odd = readFixture('get-folder/response.unknown-entries.xml')
    const clean = odd
      .replace(/<t:UnknownEntries>.*<\/t:UnknownEntries>/, '')
      .replace('PublishingAuthor</t:PermissionLevel>', 'PublishingAuthor</t:PermissionLevel>')
    const { client, sent } = clientWith([odd, written.replaceAll('CalendarFolder', 'Folder'), clean])
    const result = await client.updateFolderPermissions(
      folderById('AAMkAGY3MjQ='),
      { set: [{ user: 'megan@contoso.com', level: 'PublishingAuthor' }] },
      { dropUnwritable: true },
    )
    expect(result.changed).toBe(true)
    expect(sent[1]?.body).not.toContain('Unknown')
    expect(sent[1]?.body).toContain('<t:Folder><t:PermissionSet><t:Permissions>')
  })

  test('a plan reads but does not write, and its request can be shown', async () => {
    const { client, sent } = clientWith([before])
    const planned = await client.planFolderPermissions(calendar, toEditor)
    expect(planned.edited.changes).toHaveLength(1)
    expect(planned.request?.permissions).toHaveLength(4)
    expect(sent).toHaveLength(1)
  })
})

describe('what is not an answer', () => {
  const html = '<html><body>Sign in</body></html>'
  test.each<[string, Answer, string, Partial<ConnectionError>]>([
    [
      '401',
      { status: 401, headers: { 'www-authenticate': 'Negotiate, NTLM, Basic realm="mail"' } },
      'ERR_AUTHENTICATION',
      { httpStatus: 401 },
    ],
    ['403 without SOAP', { status: 403 }, 'ERR_FORBIDDEN', { httpStatus: 403 }],
    ['404', { status: 404, body: html }, 'ERR_INVALID_RESPONSE', {}],
    [
      'a redirect to another host',
      { status: 302, headers: { location: 'https://evil.example/' } },
      'ERR_INVALID_RESPONSE',
      {},
    ],
    [
      'the error page of an overloaded server',
      { status: 302, headers: { location: '/ews/genericerrorpage.htm' } },
      'ERR_CONNECTION',
      {},
    ],
    ['503 without XML', { status: 503, body: 'Service Unavailable' }, 'ERR_CONNECTION', { httpStatus: 503 }],
    ['HTML with 200', { status: 200, body: html }, 'ERR_INVALID_RESPONSE', { httpStatus: 200 }],
    ['an empty 200', { status: 200 }, 'ERR_INVALID_RESPONSE', {}],
    ['a locked account', { status: 456 }, 'ERR_AUTHENTICATION', {}],
  ])('%s is a ConnectionError', async (_, answer, code, expected) => {
    const { client, sent } = clientWith([answer])
    const error = await caught(client.getDelegates(owner))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code, mayHaveHappened: false, ...expected })
    expect((error as ConnectionError).hint).toBeTruthy()
    expect(sent).toHaveLength(1)
  })

  test('401 names what the server offers, but no challenge', async () => {
    const { client } = clientWith([
      { status: 401, headers: { 'www-authenticate': 'NTLM TlRMTVNTUAACAAAA, Basic realm="mail"' } },
    ])
    const error = (await caught(client.getDelegates(owner))) as ConnectionError
    expect(error.hint).toContain('NTLM, Basic')
    expect(error.hint).not.toContain('TlRM')
  })

  test('a fault is Exchange’s refusal, with HTTP 500 or with 200', async () => {
    const busy = readFixture('faults/server-busy.xml')
    const { client } = clientWith([
      { status: 500, body: busy },
      { status: 200, body: readFixture('faults/bare.xml') },
    ])
    expect(await caught(client.getDelegates(owner))).toMatchObject({
      responseCode: 'ErrorServerBusy',
      backOffMilliseconds: 297749,
    })
    expect(await caught(client.getDelegates(owner))).toBeInstanceOf(EwsResponseError)
  })

  test('an answer that is cut off is an XmlError, never a shorter list', async () => {
    const whole = readFixture('get-delegate/response.orphan.xml')
    const { client } = clientWith([whole.slice(0, whole.indexOf('</m:ResponseMessages>'))])
    expect(await caught(client.getDelegates(owner))).toBeInstanceOf(XmlError)
  })
})

describe('a failure that does not tell what happened', () => {
  const cutOff = readFixture('add-delegate/response.partial-failure.xml').slice(0, 500)
  const timeout = () => new ConnectionError('ERR_TIMEOUT', 'no answer', { mayHaveHappened: true })
  const add = (client: EwsClient) => client.addDelegates(owner, [{ user: 'adele@contoso.com' }])

  test.each<[string, Answer]>([
    ['a time-out', timeout()],
    ['a truncated answer', cutOff],
    ['a gateway’s 504', { status: 504 }],
  ])('%s of a write says that it may have happened', async (_, answer) => {
    const { client, sent } = clientWith([answer])
    expect(await caught(add(client))).toMatchObject({ mayHaveHappened: true })
    expect(sent).toHaveLength(1)
  })

  test('the same of a read does not', async () => {
    const { client } = clientWith([timeout()])
    expect(await caught(client.getDelegates(owner))).toMatchObject({ mayHaveHappened: false })
  })

  test('a definite refusal of a write does not', async () => {
    const { client } = clientWith([{ status: 401 }])
    expect(await caught(add(client))).toMatchObject({ mayHaveHappened: false })
  })
})

describe('the trace', () => {
  test('shows both directions without the password, also when the server echoes it', async () => {
    const lines: string[] = []
    const secret = Buffer.from('admin:Pa55-w0rd-x').toString('base64')
    const echo = {
      status: 500,
      body: `you sent Authorization: Basic ${secret}`,
      headers: { 'set-cookie': 'session=abcdef123456' },
    }
    const { client } = clientWith([echo], { trace: ({ direction, text }) => lines.push(direction, text) })
    await caught(client.getDelegates(owner))
    const trace = lines.join('\n')
    expect(trace).toContain('m:GetDelegate')
    expect(trace).toContain('authorization: [redacted]')
    for (const leak of [secret, 'Pa55-w0rd-x', 'abcdef123456']) expect(trace).not.toContain(leak)
  })
})
