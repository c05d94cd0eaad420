import { describe, expect, test } from 'vitest'
import { EwsResponseError } from '../../src/errors.ts'
import { buildEnvelope, type EnvelopeHeaders } from '../../src/ews/envelope.ts'
import type { Operation } from '../../src/ews/operation.ts'
import {
  addDelegate,
  getDelegate,
  getFolder,
  removeDelegate,
  updateDelegate,
  updateFolder,
} from '../../src/ews/operations/index.ts'
import { readEnvelope, requireResponseRoot } from '../../src/ews/response.ts'
import { explicitFolder, folderById, ownFolder } from '../../src/model/folder-target.ts'
import { completeRights, LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import { asTree, readFixture, requestFixtures } from '../helpers/fixtures.ts'

const SID = 'S-1-5-21-1333220396-2200287332-232816053-1118'
const MEGAN_SID = 'S-1-5-21-1333220396-2200287332-232816053-1119'
const owner = 'allan@contoso.com'
const adele = { smtpAddress: 'adele@contoso.com' }
const headers: EnvelopeHeaders = { version: 'Exchange2013_SP1' }
const everybody = [
  { user: { distinguishedUser: 'Default' as const }, level: 'None' as const, rights: LEVEL_RIGHTS.None },
  { user: { distinguishedUser: 'Anonymous' as const }, level: 'None' as const, rights: LEVEL_RIGHTS.None },
]

// What produces each request fixture; a request fixture without a line here fails the last test.
const requests: Record<string, () => string> = {
  'add-delegate/request.xml': () =>
    buildEnvelope(
      addDelegate,
      {
        owner,
        delegates: [
          {
            user: adele,
            // In another order than the schema's, which has to win.
            permissions: {
              journal: 'Author',
              inbox: 'Reviewer',
              calendar: 'Editor',
              contacts: 'None',
              notes: 'Reviewer',
              tasks: 'Author',
            },
            viewPrivateItems: false,
            receiveCopiesOfMeetingMessages: true,
          },
          { user: { sid: SID }, permissions: {} },
        ],
        deliverMeetingRequests: 'DelegatesAndSendInformationToMe',
      },
      headers,
    ),
  'add-delegate/request.impersonated.xml': () =>
    buildEnvelope(
      addDelegate,
      {
        owner,
        delegates: [
          { user: { smtpAddress: "o'neil&sons@contoso.com" }, permissions: {}, viewPrivateItems: true },
        ],
      },
      {
        version: 'Exchange2010_SP2',
        impersonate: { smtpAddress: owner },
        mailboxCulture: 'en-US',
        timeZone: 'UTC',
      },
    ),
  'get-delegate/request.xml': () => buildEnvelope(getDelegate, { owner, includePermissions: true }, headers),
  'get-delegate/request.named-users.xml': () =>
    buildEnvelope(getDelegate, { owner, includePermissions: false, users: [adele, { sid: SID }] }, headers),
  'update-delegate/request.one-folder.xml': () =>
    buildEnvelope(
      updateDelegate,
      { owner, delegates: [{ user: adele, permissions: { inbox: 'Author' } }] },
      headers,
    ),
  'update-delegate/request.delivery-only.xml': () =>
    buildEnvelope(updateDelegate, { owner, delegates: [], deliverMeetingRequests: 'NoForward' }, headers),
  'remove-delegate/request.xml': () =>
    buildEnvelope(removeDelegate, { owner, users: [adele, { sid: SID }] }, headers),
  'get-folder/request.explicit.xml': () =>
    buildEnvelope(getFolder, { targets: [explicitFolder('calendar', owner)], permissions: true }, headers),
  'get-folder/request.id-only.xml': () =>
    buildEnvelope(
      getFolder,
      {
        targets: [explicitFolder('calendar', owner), explicitFolder('inbox', owner)],
        permissions: true,
        baseShape: 'IdOnly',
      },
      headers,
    ),
  'get-folder/request.implicit.xml': () =>
    buildEnvelope(
      getFolder,
      {
        targets: [
          folderById('AAMkAGY3MjQ=', 'AgAAABQAAAA='),
          folderById('AAMkAGY3MjU='),
          ownFolder('msgfolderroot'),
        ],
        permissions: false,
      },
      { ...headers, timeZone: 'UTC' },
    ),
  'update-folder/request.calendar.xml': () =>
    buildEnvelope(
      updateFolder,
      {
        folder: folderById('AAMkAGY3MjQ=', 'AgAAABQAAAA='),
        element: 'CalendarFolder',
        kind: 'calendar',
        permissions: [
          {
            user: { distinguishedUser: 'Default' },
            level: 'FreeBusyTimeOnly',
            rights: LEVEL_RIGHTS.FreeBusyTimeOnly,
          },
          { user: { distinguishedUser: 'Anonymous' }, level: 'None', rights: LEVEL_RIGHTS.None },
          { user: { sid: MEGAN_SID }, level: 'Editor', rights: LEVEL_RIGHTS.Editor },
          {
            user: { smtpAddress: 'alex@contoso.com' },
            level: 'Custom',
            rights: completeRights({
              createItems: true,
              folderVisible: true,
              editItems: 'Owned',
              readItems: 'TimeAndSubjectAndLocation',
            }),
          },
        ],
      },
      headers,
    ),
  'update-folder/request.ordinary.xml': () =>
    buildEnvelope(
      updateFolder,
      {
        folder: folderById('AAMkAGY3MjU='),
        element: 'ContactsFolder',
        kind: 'ordinary',
        permissions: [
          ...everybody,
          {
            user: { smtpAddress: 'megan@contoso.com' },
            level: 'NoneditingAuthor',
            rights: LEVEL_RIGHTS.NoneditingAuthor,
          },
        ],
      },
      headers,
    ),
}

describe('requests', () => {
  test.each(Object.entries(requests))('%s is what the client sends', (path, build) => {
    expect(asTree(build())).toEqual(asTree(readFixture(path)))
  })

  test('every request fixture has a builder in this test', () => {
    expect(Object.keys(requests).sort()).toEqual(requestFixtures('others'))
  })

  test('an operation newer than the chosen server version is refused before sending', () => {
    expect(() =>
      buildEnvelope(getDelegate, { owner, includePermissions: true }, { version: 'Exchange2007' }),
    ).toThrow('GetDelegate needs Exchange2007_SP1 or later')
  })
})

function parse<Input, Output>(operation: Operation<Input, Output>, path: string, input: Input): Output {
  const { root } = readEnvelope(readFixture(path), 200)
  return operation.parse(requireResponseRoot(root, operation.name), input)
}

const refusal = (run: () => unknown): EwsResponseError => {
  try {
    run()
  } catch (error) {
    if (error instanceof EwsResponseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('GetDelegate answers', () => {
  const all = { owner, includePermissions: true }

  test('a delegate has an identity, six levels, both flags; the mailbox has its delivery', () => {
    const output = parse(getDelegate, 'get-delegate/response.xml', all)
    expect(output.delegates).toEqual([
      {
        user: {
          sid: 'S-1-5-21-1333220396-2200287332-232816053-1116',
          smtpAddress: 'adele@contoso.com',
          displayName: 'Adele Vance',
        },
        permissions: {
          calendar: 'Editor',
          tasks: 'Author',
          inbox: 'Reviewer',
          contacts: 'None',
          notes: 'Custom',
          journal: 'None',
        },
        receiveCopiesOfMeetingMessages: true,
        viewPrivateItems: false,
      },
    ])
    expect(output.deliverMeetingRequests).toBe('DelegatesAndMe')
  })

  test('folders that are left out have None', () => {
    const [delegate] = parse(getDelegate, 'get-delegate/response.folders-left-out.xml', all).delegates
    expect(delegate?.permissions).toEqual({
      calendar: 'Author',
      tasks: 'None',
      inbox: 'None',
      contacts: 'Reviewer',
      notes: 'None',
      journal: 'None',
    })
    expect(delegate?.viewPrivateItems).toBe(true)
    expect(delegate?.receiveCopiesOfMeetingMessages).toBe(false)
  })

  test('no ResponseMessages means no delegates', () => {
    const output = parse(getDelegate, 'get-delegate/response.none.xml', all)
    expect(output.outcomes).toEqual([])
    expect(output.deliverMeetingRequests).toBe('DelegatesAndSendInformationToMe')
  })

  test('an empty ResponseMessages means no delegates, and an absent delivery is unknown', () => {
    const output = parse(getDelegate, 'oddities/empty-response-messages.xml', all)
    expect(output.outcomes).toEqual([])
    expect(output.deliverMeetingRequests).toBeUndefined()
  })

  test('an orphan stands beside the delegates that can be read', () => {
    const output = parse(getDelegate, 'get-delegate/response.orphan.xml', all)
    expect(output.delegates).toHaveLength(1)
    expect(output.outcomes[1]).toEqual({
      ok: false,
      code: 'ErrorDelegateNoUser',
      message: 'The delegate does not map to a user in the Active Directory.',
    })
  })

  test('a refused root is thrown with its code and a hint', () => {
    const error = refusal(() => parse(getDelegate, 'get-delegate/response.denied.xml', all))
    expect(error.responseCode).toBe('ErrorAccessDenied')
    expect(error.level).toBe('response')
    expect(error.hint).toContain('owner')
  })

  test('prefixes do not matter, only namespaces do', () => {
    const { root, serverVersion } = readEnvelope(readFixture('oddities/default-namespaces.xml'), 200)
    expect(getDelegate.parse(root, all).delegates[0]?.user).toEqual({ smtpAddress: 'adele@contoso.com' })
    expect(serverVersion).toEqual({ major: 15, minor: 20, version: 'V2_23' })
  })
})

describe('AddDelegate, UpdateDelegate and RemoveDelegate answers', () => {
  const two = [adele, { sid: SID }]

  test('a failed delegate under a root that says Success is matched by position', () => {
    const outcomes = parse(addDelegate, 'add-delegate/response.partial-failure.xml', {
      owner,
      delegates: two.map((user) => ({ user, permissions: {} })),
    })
    expect(outcomes).toMatchObject([
      { ok: true, user: adele, delegate: { user: { displayName: 'Adele Vance' } } },
      { ok: false, user: { sid: SID }, code: 'ErrorDelegateAlreadyExists' },
    ])
  })

  test('a list that could not be saved says that something may have changed', () => {
    const error = refusal(() =>
      parse(addDelegate, 'add-delegate/response.not-saved.xml', { owner, delegates: [] }),
    )
    expect(error.responseCode).toBe('ErrorAddDelegatesFailed')
    expect(error.mayHaveHappened).toBe(true)
  })

  test('an update of the delivery alone has no outcomes', () => {
    expect(
      parse(updateDelegate, 'update-delegate/response.delivery-only.xml', {
        owner,
        delegates: [],
        deliverMeetingRequests: 'NoForward',
      }),
    ).toEqual([])
  })

  test('an update of somebody who is no delegate is their outcome', () => {
    const [outcome] = parse(updateDelegate, 'update-delegate/response.not-delegate.xml', {
      owner,
      delegates: [{ user: adele, permissions: {} }],
    })
    expect(outcome).toMatchObject({ ok: false, user: adele, code: 'ErrorNotDelegate' })
  })

  test('a removal carries no identity and is matched by position', () => {
    expect(
      parse(removeDelegate, 'remove-delegate/response.partial-failure.xml', { owner, users: two }),
    ).toEqual([
      { ok: true, user: adele },
      {
        ok: false,
        user: { sid: SID },
        code: 'ErrorNotDelegate',
        message: 'The user is not a delegate for the mailbox.',
      },
    ])
  })

  test('a user the answer does not mention is not taken for done', () => {
    const outcomes = parse(removeDelegate, 'remove-delegate/response.partial-failure.xml', {
      owner,
      users: [...two, { smtpAddress: 'c@contoso.com' }],
    })
    expect(outcomes[2]).toMatchObject({ ok: false, user: { smtpAddress: 'c@contoso.com' } })
  })

  test('codes no schema knows, and text after the code, are kept', () => {
    const [outcome] = parse(removeDelegate, 'oddities/other-server.xml', { owner, users: [adele] })
    expect(outcome).toEqual({
      ok: false,
      user: adele,
      code: 'ErrorDelegateNotFound',
      message: 'no such delegate',
    })
  })
})

describe('GetFolder and UpdateFolder answers', () => {
  const target = explicitFolder('calendar', owner)
  const read = (path: string) => {
    const [outcome] = parse(getFolder, path, { targets: [target], permissions: true })
    if (!outcome?.ok) throw new Error('refused')
    return outcome.folder
  }

  test('a calendar has its id with change key, and its entries with levels and rights', () => {
    const folder = read('get-folder/response.calendar.xml')
    expect(folder.id).toEqual({ id: 'AAMkAGY3MjQ=', changeKey: 'AgAAABQAAAA=' })
    expect(folder).toMatchObject({
      kind: 'calendar',
      element: 'CalendarFolder',
      folderClass: 'IPF.Appointment',
      totalCount: 3,
    })
    expect(folder.permissions?.entries.map((entry) => entry.level)).toEqual([
      'FreeBusyTimeOnly',
      'None',
      'Reviewer',
      'Custom',
    ])
    expect(folder.permissions?.entries[2]?.rights).toEqual(LEVEL_RIGHTS.Reviewer)
    expect(folder.permissions?.entries[3]?.rights).toEqual(
      completeRights({
        createItems: true,
        folderVisible: true,
        editItems: 'Owned',
        readItems: 'TimeAndSubjectAndLocation',
      }),
    )
  })

  test('entries of deleted accounts are shown apart', () => {
    const { permissions } = read('get-folder/response.unknown-entries.xml')
    expect(permissions).toMatchObject({
      kind: 'ordinary',
      unknownEntries: ['S-1-5-21-1333220396-2200287332-232816053-4711'],
    })
    expect(permissions?.entries).toHaveLength(3)
  })

  test('an entry with an empty UserId is shown, and so is one with an external identity', () => {
    const { permissions } = read('get-folder/response.empty-user-id.xml')
    expect(permissions?.entries.map((entry) => entry.user)).toEqual([
      { distinguishedUser: 'Default' },
      { distinguishedUser: 'Anonymous' },
      {},
      { externalUser: 'Member@local' },
    ])
  })

  test('rights that the level does not have decide, so that nobody loses them', () => {
    const { permissions } = read('oddities/level-and-rights.xml')
    expect(permissions?.entries[1]).toMatchObject({
      level: 'Custom',
      rights: { ...LEVEL_RIGHTS.Editor, createSubFolders: true, folderContact: true },
    })
    expect(permissions?.entries[1]).not.toHaveProperty('incomplete')
  })

  test('an unknown level, or Custom without all its rights, is known to be incomplete', () => {
    const { permissions } = read('oddities/level-and-rights.xml')
    expect(permissions?.entries.slice(2)).toMatchObject([{ incomplete: true }, { incomplete: true }])
  })

  test('a folder that is not there is its outcome, not an error', () => {
    const [outcome] = parse(getFolder, 'get-folder/response.not-found.xml', {
      targets: [target],
      permissions: true,
    })
    expect(outcome).toEqual({
      ok: false,
      target,
      code: 'ErrorItemNotFound',
      message: 'The specified object was not found in the store.',
    })
  })

  const update = {
    folder: folderById('AAMkAGY3MjQ='),
    element: 'CalendarFolder' as const,
    kind: 'calendar' as const,
    permissions: [],
  }

  test('a write answers the new change key', () => {
    expect(parse(updateFolder, 'update-folder/response.xml', update)).toEqual({
      id: 'AAMkAGY3MjQ=',
      changeKey: 'AgAAABQAAAB=',
    })
  })

  test('a stale change key is thrown by its code', () => {
    expect(
      refusal(() => parse(updateFolder, 'update-folder/response.conflict.xml', update)).responseCode,
    ).toBe('ErrorIrresolvableConflict')
  })
})

describe('what a response message says of itself', () => {
  const answer = (attributes: string, content: string) => () =>
    getDelegate.parse(
      readEnvelope(
        `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetDelegateResponse xmlns="http://schemas.microsoft.com/exchange/services/2006/messages" ${attributes}>${content}</GetDelegateResponse></s:Body></s:Envelope>`,
        200,
      ).root,
      { owner, includePermissions: true },
    )

  test('neither class nor code is no answer, and no code is made up for it', () => {
    expect(answer('', '')).toThrow('does not say whether it succeeded')
  })

  test('an error code is a refusal, also under the class Success', () => {
    expect(
      refusal(answer('ResponseClass="Success"', '<ResponseCode>ErrorAccessDenied</ResponseCode>'))
        .responseCode,
    ).toBe('ErrorAccessDenied')
  })

  test('a warning is one unless its code says NoError', () => {
    expect(answer('ResponseClass="Warning"', '<ResponseCode>NoError</ResponseCode>')().outcomes).toEqual([])
    expect(
      refusal(answer('ResponseClass="Warning"', '<ResponseCode>ErrorBatchProcessingStopped</ResponseCode>'))
        .responseCode,
    ).toBe('ErrorBatchProcessingStopped')
  })

  test('the class Error is a refusal whatever the code', () => {
    expect(refusal(answer('ResponseClass="Error"', '')).level).toBe('response')
  })
})

describe('faults', () => {
  const fault = (path: string, status = 500) => refusal(() => readEnvelope(readFixture(path), status))

  test('a busy server says how long to wait', () => {
    expect(fault('faults/server-busy.xml')).toMatchObject({
      responseCode: 'ErrorServerBusy',
      level: 'fault',
      backOffMilliseconds: 297749,
      httpStatus: 500,
    })
  })

  test('a schema violation says where and what', () => {
    const error = fault('faults/schema-validation.xml')
    expect(error.messageXml).toMatchObject({ LineNumber: '1', LinePosition: '630' })
    expect(error.message).toContain('invalid child element')
  })

  test('MessageXml in the errors namespace is read as well', () => {
    expect(fault('faults/message-xml-in-errors-namespace.xml').messageXml).toEqual({
      Line: '4',
      Position: '12',
    })
  })

  test('detail/ResponseCode goes before faultcode', () => {
    expect(fault('faults/message-xml-in-errors-namespace.xml').responseCode).toBe('ErrorSchemaValidation')
  })

  test('a SOAP 1.2 fault is read by its subcode', () => {
    expect(fault('faults/soap12.xml')).toMatchObject({ responseCode: 'ErrorInvalidServerVersion' })
    expect(fault('faults/soap12.xml').message).toContain('The specified server version is invalid')
  })

  test('a fault that arrives with HTTP 200 and without detail is a fault', () => {
    expect(fault('faults/bare.xml', 200)).toMatchObject({ responseCode: 'ErrorMailboxMoveInProgress' })
  })

  test('what is cleaned of secrets keeps the codes, names and numbers that decide', () => {
    const busy = readFixture('faults/server-busy.xml')
    const clean = (text: string) => text.replace(/Server|Milliseconds|297749|right now/g, '[redacted]')
    const error = refusal(() => readEnvelope(busy, 500, undefined, clean))
    expect(error).toMatchObject({ responseCode: 'ErrorServerBusy', backOffMilliseconds: 297749 })
    expect(error.message).toContain('[redacted]')
  })

  test('data is not cleaned of what looks like a secret', () => {
    const clean = () => '[redacted]'
    const body = readFixture('get-delegate/response.xml')
    expect(readEnvelope(body, 200, undefined, clean)).toEqual(readEnvelope(body, 200))
  })

  test('an envelope in a namespace other than SOAP is not an answer', () => {
    const https = readFixture('get-delegate/response.none.xml').replace(
      'http://schemas.xmlsoap',
      'https://schemas.xmlsoap',
    )
    expect(() => readEnvelope(https, 200)).toThrow('not a SOAP envelope')
  })

  test('an answer to another question is refused', () => {
    const { root } = readEnvelope(readFixture('get-delegate/response.none.xml'), 200)
    expect(() => requireResponseRoot(root, 'AddDelegate')).toThrow('GetDelegateResponse')
  })
})
