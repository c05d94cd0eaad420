import { beforeEach, describe, expect, test } from 'vitest'
import { ADELE, MEGAN, message, subjects, useGraph } from '../graph-driver.ts'

const graph = useGraph()
beforeEach(() => graph.empty())

const send = (body: unknown, version = 'v1.0') => graph.call('POST', `/${version}/me/sendMail`, { body })
const header = (name: string, value = 'x') => ({ name, value })

describe('the request of sendMail', () => {
  test('names of properties and members of enumerations may have any case', async () => {
    const answer = await send({
      Message: {
        Subject: 'Pascal',
        Body: { ContentType: 'HTML', Content: '<b>x</b>' },
        ToRecipients: [{ EmailAddress: { Name: 'M', Address: MEGAN.toUpperCase() } }],
        Importance: 'HIGH',
      },
      SaveToSentItems: false,
    })
    expect(answer.status).toBe(202)
    const [item] = graph.mailbox(MEGAN).distinguished('inbox')?.items() ?? []
    expect(item).toMatchObject({
      subject: 'Pascal',
      importance: 'high',
      to: [{ name: 'Megan Bowen', address: MEGAN }],
    })
    expect(subjects(graph.mailbox(ADELE), 'sentitems')).toEqual([])
  })

  test.each([
    [true, 1],
    ['True', 1],
    [null, 1],
    [false, 0],
    ['FALSE', 0],
  ])('saveToSentItems %j keeps %i copies', async (saveToSentItems, copies) => {
    expect((await send({ message: message(), saveToSentItems })).status).toBe(202)
    expect(subjects(graph.mailbox(ADELE), 'sentitems')).toHaveLength(copies)
  })

  test.each<[string, unknown, number, string, string]>([
    ['no message', {}, 400, 'BadRequest', 'Message'],
    ['null', { message: null }, 400, 'BadRequest', 'Message'],
    ['a parameter it has not', { message: message(), colour: 1 }, 400, 'RequestBodyRead', "'colour'"],
    [
      'a property it has not',
      { message: message(undefined, { colour: 1 }) },
      400,
      'RequestBodyRead',
      "'colour'",
    ],
    [
      'an object where text is meant',
      { message: message(undefined, { subject: {} }) },
      400,
      'RequestBodyRead',
      'PrimitiveValue',
    ],
    ['text where a list is meant', { message: { toRecipients: 'x' } }, 400, 'RequestBodyRead', 'StartArray'],
    [
      'an importance that is none',
      { message: message(undefined, { importance: 'urgent' }) },
      400,
      'RequestBodyRead',
      'urgent',
    ],
    [
      'saveToSentItems as other text',
      { message: message(), saveToSentItems: 'no' },
      400,
      'RequestBodyRead',
      'no',
    ],
    ['a list', [], 400, 'RequestBodyRead', 'StartArray'],
    [
      'mentions on v1.0',
      { message: message(undefined, { mentions: [] }) },
      400,
      'RequestBodyRead',
      "'mentions' does not exist on type 'microsoft.graph.message'",
    ],
    [
      'extended properties',
      { message: message(undefined, { singleValueExtendedProperties: [{ id: 'x', value: 'y' }] }) },
      501,
      'NotImplemented',
      'singleValueExtendedProperties',
    ],
    [
      'a due date without a start',
      {
        message: message(undefined, {
          flag: { dueDateTime: { dateTime: '2026-01-01T00:00:00', timeZone: 'UTC' } },
        }),
      },
      400,
      'RequestBodyRead',
      'startDateTime',
    ],
  ])('with %s is refused', async (_name, body, status, code, text) => {
    const answer = await send(body)
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
    expect(answer.json.error.message).toContain(text)
    expect(subjects(graph.mailbox(MEGAN), 'inbox')).toEqual([])
  })

  test.each<[string, { name: string; value: string }[], string]>([
    ['a name without x-', [header('Subject')], 'InvalidInternetMessageHeader'],
    [
      'six headers',
      Array.from({ length: 6 }, (_, n) => header(`x-${n}`)),
      'InvalidInternetMessageHeaderCollection',
    ],
    [
      'a line break in a value',
      [header('x-a', '1\r\nBcc: evil@contoso.com')],
      'InvalidInternetMessageHeader',
    ],
    ['a space in a name', [header('x-a b')], 'InvalidInternetMessageHeader'],
  ])('internetMessageHeaders with %s: %s', async (_name, internetMessageHeaders, code) => {
    const answer = await send({ message: message(undefined, { internetMessageHeaders }) })
    expect([answer.status, answer.json.error.code]).toEqual([400, code])
  })

  test('five headers are taken, X- or x-', async () => {
    const internetMessageHeaders = ['x-a', 'X-b', 'x-c', 'x-d', 'X-E'].map((name) => header(name))
    expect((await send({ message: message(undefined, { internetMessageHeaders }) })).status).toBe(202)
  })

  test.each<[string, string, string, number, string]>([
    ['broken JSON', '{"message": ', 'application/json', 400, 'RequestBodyRead'],
    ['no body', '', 'application/json', 400, 'BadRequest'],
    ['JSON nested without end', '['.repeat(200_000), 'application/json', 400, 'RequestBodyRead'],
    ['JSON said to be MIME', '{"message": {}}', 'text/plain', 400, 'ErrorMimeContentInvalidBase64String'],
    ['XML', '<x/>', 'application/xml', 415, 'UnsupportedMediaType'],
  ])('with %s is refused', async (_name, raw, type, status, code) => {
    const answer = await graph.call('POST', '/v1.0/me/sendMail', { raw, headers: { 'content-type': type } })
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })

  test('__proto__ is a property like any other that the type has not', async () => {
    const answer = await graph.call('POST', '/v1.0/me/sendMail', {
      raw: '{"message": {"__proto__": {"subject": "x"}}}',
      headers: { 'content-type': 'application/json' },
    })
    expect([answer.status, answer.json.error.code]).toEqual([400, 'RequestBodyRead'])
  })

  test('more than 4 MB is too much', async () => {
    const answer = await graph.call('POST', '/v1.0/me/sendMail', {
      raw: Buffer.alloc(4 * 1024 * 1024 + 1, ' '),
      headers: { 'content-type': 'application/json' },
    })
    expect([answer.status, answer.json.error.code]).toEqual([413, 'RequestEntityTooLarge'])
  })
})

describe('MIME', () => {
  const sendMime = (text: string, as = ADELE) =>
    graph.call('POST', '/v1.0/me/sendMail', {
      as,
      raw: Buffer.from(text.replaceAll('\n', '\r\n')).toString('base64'),
      headers: { 'content-type': 'text/plain' },
    })

  test('From another user needs a right, as in JSON', async () => {
    const text = `From: AllanD@contoso.com\nTo: ${MEGAN}\nSubject: x\n\nx`
    expect((await sendMime(text)).json.error.code).toBe('ErrorSendAsDenied')
    graph.grant('AllanD@contoso.com', ADELE, 'SendOnBehalf')
    expect((await sendMime(text)).status).toBe(202)
    graph.revoke('AllanD@contoso.com', ADELE, 'SendOnBehalf')
    const [item] = graph.mailbox(MEGAN).distinguished('inbox')?.items() ?? []
    expect([item?.from?.address, item?.sender?.address]).toEqual(['AllanD@contoso.com', ADELE])
  })

  test('without From it is from whoever is signed in', async () => {
    expect((await sendMime(`To: ${MEGAN}\n\nx`)).status).toBe(202)
    expect(graph.mailbox(MEGAN).distinguished('inbox')?.items()[0]?.from?.address).toBe(ADELE)
  })

  test('without recipients it is ErrorInvalidRecipients', async () => {
    expect((await sendMime('Subject: x\n\nx')).json.error.code).toBe('ErrorInvalidRecipients')
  })
})

test.each([
  ['a token without Mail.Send', '/v1.0/me', 'Mail.ReadWrite'],
  ['a mailbox that is closed', '/v1.0/users/AllanD@contoso.com', 'Mail.Send.Shared'],
])('%s is refused before the message is read', async (_, path, scope) => {
  for (const [raw, type] of [
    ['{"message": ', 'application/json'],
    ['', 'application/json'],
    ['not base64!', 'text/plain'],
    ['<x/>', 'application/xml'],
  ] as const) {
    const answer = await graph.call('POST', `${path}/sendMail`, {
      scope,
      raw,
      headers: { 'content-type': type },
    })
    expect([answer.status, answer.json.error.code]).toEqual([403, 'ErrorAccessDenied'])
  }
})

test('a line break in a subject becomes a blank, in JSON, MIME and drafts', async () => {
  const subject = 'One \r\n\r\nBcc: evil@contoso.com\nlast'
  const folded = 'One Bcc: evil@contoso.com last'
  expect((await send({ message: message(undefined, { subject }) })).status).toBe(202)
  const draft = await graph.call('POST', '/v1.0/me/messages', { body: { subject } })
  expect(draft.json.subject).toBe(folded)
  const mime = `To: ${MEGAN}\r\nSubject: =?utf-8?b?${Buffer.from(subject).toString('base64')}?=\r\n\r\nx`
  await graph.call('POST', '/v1.0/me/sendMail', {
    raw: Buffer.from(mime).toString('base64'),
    headers: { 'content-type': 'text/plain' },
  })
  expect(subjects(graph.mailbox(MEGAN), 'inbox')).toEqual([folded, folded])
})

test('a from without an address is as if it were left out', async () => {
  for (const from of [{}, { emailAddress: {} }, { emailAddress: { name: 'Allan', address: ' ' } }, null]) {
    graph.empty()
    expect((await send({ message: message(undefined, { from }) })).status).toBe(202)
    expect(graph.mailbox(MEGAN).distinguished('inbox')?.items()[0]?.from?.address).toBe(ADELE)
  }
})

test('the signed-in user may name themselves in from', async () => {
  const answer = await graph.call('POST', '/v1.0/me/sendMail', {
    scope: 'Mail.Send',
    body: { message: message(ADELE.toLowerCase()) },
  })
  expect(answer.status).toBe(202)
  expect(graph.mailbox(MEGAN).distinguished('inbox')?.items()[0]?.from).toEqual({
    name: 'Adele Vance',
    address: ADELE,
  })
})
