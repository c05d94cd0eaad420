import { beforeEach, describe, expect, test } from 'vitest'
import { ADELE, ALLAN, MEGAN, message, subjects, useGraph } from '../graph-driver.ts'

const graph = useGraph()
beforeEach(() => graph.empty())

const JSON_TYPE = { 'Content-Type': 'application/json' }
const batch = (requests: unknown, version = 'v1.0') =>
  graph.call('POST', `/${version}/$batch`, { body: { requests } })
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
const byId = (answer: { json: any }) =>
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  new Map<string, any>(answer.json.responses.map((response: { id: string }) => [response.id, response]))

describe('a batch', () => {
  test('answers 200 with an answer for each request, refused ones too', async () => {
    const answer = await batch([
      { id: '1', method: 'GET', url: '/me/mailFolders/inbox?$select=displayName' },
      { id: '2', method: 'POST', url: 'me/sendMail', headers: JSON_TYPE, body: { message: message() } },
      { id: '3', method: 'POST', url: '/me/sendMail', headers: JSON_TYPE, body: { message: message(ALLAN) } },
      { id: '4', method: 'GET', url: '/me/nonsense' },
    ])
    expect(answer.status).toBe(200)
    const responses = byId(answer)
    expect(responses.get('1')).toMatchObject({ status: 200, body: { displayName: 'Inbox' } })
    expect(responses.get('2').status).toBe(202)
    expect(responses.get('2').body).toBeUndefined()
    expect(responses.get('3')).toMatchObject({ status: 403, body: { error: { code: 'ErrorSendAsDenied' } } })
    expect(responses.get('4').status).toBe(400)
    expect(subjects(graph.mailbox(MEGAN), 'inbox')).toHaveLength(1)
  })

  test('runs requests after those they depend on, and not when those failed', async () => {
    const post = (id: string, from: string | undefined, dependsOn?: string[]) => ({
      id,
      method: 'POST',
      url: '/me/sendMail',
      headers: JSON_TYPE,
      body: { message: message(from, { subject: id }) },
      ...(dependsOn ? { dependsOn } : {}),
    })
    const responses = byId(
      await batch([
        post('last', undefined, ['first']),
        post('first', undefined),
        post('denied', ALLAN),
        post('never', undefined, ['denied']),
      ]),
    )
    expect(subjects(graph.mailbox(ADELE), 'sentitems')).toEqual(['first', 'last'])
    expect(responses.get('never')).toMatchObject({
      status: 424,
      body: { error: { code: 'FailedDependency' } },
    })
  })

  test('sends MIME, which is in base64 once more', async () => {
    const mime = Buffer.from(`To: ${MEGAN}\r\nSubject: MIME\r\n\r\nx`).toString('base64')
    const responses = byId(
      await batch([
        {
          id: '1',
          method: 'POST',
          url: '/me/sendMail',
          headers: { 'content-type': 'text/plain' },
          body: Buffer.from(mime).toString('base64'),
        },
      ]),
    )
    expect(responses.get('1').status).toBe(202)
    expect(subjects(graph.mailbox(MEGAN), 'inbox')).toEqual(['MIME'])
  })

  const get = (id: string, more: object = {}) => ({ id, method: 'GET', url: '/me/mailFolders', ...more })
  test.each<[string, unknown]>([
    ['more than 20 requests', Array.from({ length: 21 }, (_, index) => get(String(index)))],
    ['no requests', []],
    ['two of one id', [get('1'), get('1')]],
    ['a circle', [get('1', { dependsOn: ['2'] }), get('2', { dependsOn: ['1'] })]],
    ['an unknown dependency', [get('1', { dependsOn: ['9'] })]],
    ['an absolute url', [get('1', { url: 'https://graph.microsoft.com/v1.0/me' })]],
    ['a body without its type', [{ id: '1', method: 'POST', url: '/me/sendMail', body: {} }]],
    ['a request without a method', [{ id: '1', url: '/me' }]],
  ])('with %s is refused as a whole', async (_name, requests) => {
    const answer = await batch(requests)
    expect([answer.status, answer.json.error.code]).toEqual([400, 'BadRequest'])
  })

  test('twenty are taken, a batch in a batch is not', async () => {
    expect(
      (await batch(Array.from({ length: 20 }, (_, index) => get(String(index))))).json.responses,
    ).toHaveLength(20)
    const nested = await batch([
      { id: '1', method: 'POST', url: '/$batch', headers: JSON_TYPE, body: { requests: [get('1')] } },
    ])
    expect(byId(nested).get('1').status).toBe(400)
  })

  test('cannot leave its version’s root', async () => {
    const responses = byId(await batch([get('1', { url: '/../../EWS/Exchange.asmx' })]))
    expect(responses.get('1').status).toBe(404)
  })
})
