import { describe, expect, test } from 'vitest'
import { createAuthentication } from '../../../src/simulator/authentication.ts'
import { handleGraph } from '../../../src/simulator/graph/dispatch.ts'
import { ADELE, ALLAN, useGraph } from '../graph-driver.ts'

const graph = useGraph()

describe('signing in', () => {
  test.each<[string, string, string]>([
    ['no header', '', 'Access token is empty.'],
    ['Basic', 'Basic eDp5', 'Access token is empty.'],
    ['rubbish', 'Bearer abc', 'IDX12741: JWT must have three segments (JWS) or five segments (JWE).'],
  ])('%s is InvalidAuthenticationToken', async (_name, authorization, text) => {
    const answer = await graph.call('GET', '/v1.0/me', { authorization })
    expect([answer.status, answer.json.error.code, answer.json.error.message]).toEqual([
      401,
      'InvalidAuthenticationToken',
      text,
    ])
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /)
  })

  test('a token for EWS has the wrong audience', async () => {
    const token = await graph.userToken(ADELE, 'https://outlook.office365.com/EWS.AccessAsUser.All')
    const answer = await graph.call('GET', '/v1.0/me', { authorization: `Bearer ${token}` })
    expect([answer.status, answer.json.error.message]).toEqual([
      401,
      'Access token validation failure. Invalid audience.',
    ])
  })
})

describe('what is not there', () => {
  test.each<[string, string, number, string]>([
    ['GET', '/v1.0/me/nonsense', 400, 'BadRequest'],
    ['GET', '/v1.0/nonsense', 400, 'BadRequest'],
    ['GET', '/v1.0/', 400, 'BadRequest'],
    ['GET', '/v1.0/me/events', 501, 'NotImplemented'],
    ['GET', '/v1.0/users', 501, 'NotImplemented'],
    ['GET', '/v1.0/groups', 501, 'NotImplemented'],
    ['POST', '/v1.0/me/messages/AAMkabc/reply', 501, 'NotImplemented'],
    ['GET', '/v1.0/me/messages/AAMkabc/$value', 501, 'NotImplemented'],
    ['GET', '/v1.0/me/messages?$search=x', 501, 'NotImplemented'],
    ['GET', '/v1.0/me/sendMail', 405, 'Request_BadRequest'],
    ['PUT', '/v1.0/me/messages', 405, 'Request_BadRequest'],
    ['GET', '/v1.0/me/messages/x', 400, 'ErrorInvalidIdMalformed'],
    ['GET', '/v1.0/me/messages/%E0%A4', 400, 'BadRequest'],
    [
      'GET',
      "/v1.0/%E0%A4/AttachmentSessions('00000000-0000-0000-0000-000000000000')",
      401,
      'InvalidAudience',
    ],
    ['POST', '/v1.0/me/calendar/calendarPermissions', 501, 'NotImplemented'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const answer = await graph.call(method, path)
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })

  test('what is refused by name says the name', async () => {
    const answer = await graph.call('GET', '/v1.0/me/events')
    expect(answer.json.error.message).toBe("The embedded Exchange does not model 'events' (events).")
    const wrong = await graph.call('GET', '/v1.0/me/sendMail')
    expect(wrong.headers.get('allow')).toBe('POST')
  })
})

describe('every answer', () => {
  test('carries request ids; the caller’s is repeated if it is sound', async () => {
    const sound = await graph.call('GET', '/v1.0/me', { headers: { 'client-request-id': 'my-id-1' } })
    expect(sound.headers.get('client-request-id')).toBe('my-id-1')
    expect(sound.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/)
    const odd = await graph.call('GET', '/v1.0/me', { headers: { 'client-request-id': 'a b"c' } })
    expect(odd.headers.get('client-request-id')).toBe(odd.headers.get('request-id'))
  })

  test('comes even when the simulator itself fails, and tells nothing of its insides', async () => {
    const { exchange } = graph.simulator
    const broken = createAuthentication(exchange.directory, exchange.now)
    const answer = await handleGraph(
      exchange,
      {
        ...broken,
        verifyBearer: () => Promise.reject(new Error('a secret of the inside')),
      },
      { method: 'GET', url: new URL('http://localhost/v1.0/me'), headers: {}, body: Buffer.alloc(0) },
    )
    expect(answer.status).toBe(500)
    expect(JSON.parse(answer.body.toString()).error.code).toBe('InternalServerError')
    expect(answer.body.toString()).not.toContain('inside')
  })
})

describe('users', () => {
  test('/me and /users/{address} are people of the directory', async () => {
    const me = await graph.call('GET', '/v1.0/me')
    expect(me.json).toMatchObject({
      id: graph.recipient(ADELE).id,
      displayName: 'Adele Vance',
      givenName: 'Adele',
      surname: 'Vance',
      mail: ADELE,
      userPrincipalName: ADELE,
    })
    const allan = await graph.call('GET', `/v1.0/users/${ALLAN}?$select=proxyAddresses`, {
      scope: 'User.Read.All',
    })
    expect(allan.json.proxyAddresses).toEqual([`SMTP:${ALLAN}`, 'smtp:allan.deyoung@contoso.com'])
  })

  test('others take more than User.Read, and have to be there', async () => {
    const denied = await graph.call('GET', `/v1.0/users/${ALLAN}`, { scope: 'User.Read' })
    expect([denied.status, denied.json.error.code]).toEqual([403, 'Authorization_RequestDenied'])
    const nobody = await graph.call('GET', '/v1.0/users/nobody@contoso.com', { scope: 'User.Read.All' })
    expect([nobody.status, nobody.json.error.code]).toEqual([404, 'Request_ResourceNotFound'])
  })
})

describe('mailbox settings', () => {
  const settings = '/v1.0/me/mailboxSettings'

  test.each([
    ['sendToDelegateOnly', 'DelegatesOnly'],
    ['sendToDelegateAndPrincipal', 'DelegatesAndMe'],
    ['sendToDelegateAndInformationToPrincipal', 'DelegatesAndSendInformationToMe'],
  ] as const)('%s is DeliverMeetingRequests %s, in both directions', async (option, deliver) => {
    const { delegates } = graph.mailbox(ADELE)
    const changed = await graph.call('PATCH', settings, {
      body: { delegateMeetingMessageDeliveryOptions: option },
    })
    expect(changed.status).toBe(200)
    expect(delegates.deliverMeetingRequests).toBe(deliver)
    delegates.deliverMeetingRequests = 'NoForward'
    expect((await graph.call('GET', settings)).json.delegateMeetingMessageDeliveryOptions).toBeNull()
    delegates.deliverMeetingRequests = deliver
    expect((await graph.call('GET', settings)).json).toMatchObject({
      delegateMeetingMessageDeliveryOptions: option,
      userPurpose: 'user',
    })
    const one = await graph.call('GET', `${settings}/delegateMeetingMessageDeliveryOptions`)
    expect(one.json.value).toBe(option)
  })

  test('userPurpose is the kind of the mailbox', async () => {
    const answer = await graph.call('GET', '/v1.0/users/room1@contoso.com/mailboxSettings/userPurpose', {
      app: true,
    })
    expect(answer.json.value).toBe('room')
  })

  test('are one’s own, with their own scope; other settings are not modelled', async () => {
    expect((await graph.call('GET', settings, { scope: 'Mail.Read' })).status).toBe(403)
    expect((await graph.call('GET', `/v1.0/users/${ALLAN}/mailboxSettings`)).status).toBe(403)
    const readOnly = {
      scope: 'MailboxSettings.Read',
      body: { delegateMeetingMessageDeliveryOptions: 'sendToDelegateOnly' },
    }
    expect((await graph.call('PATCH', settings, readOnly)).status).toBe(403)
    expect((await graph.call('PATCH', settings, { body: { timeZone: 'UTC' } })).status).toBe(501)
    const wrong = await graph.call('PATCH', settings, {
      body: { delegateMeetingMessageDeliveryOptions: 'noForward' },
    })
    expect([wrong.status, wrong.json.error.code]).toEqual([400, 'RequestBodyRead'])
  })
})
