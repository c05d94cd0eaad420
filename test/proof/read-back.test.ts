import { describe, expect, test } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { GraphClient } from '../../src/graph/client.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts'
import { type ProveSendOptions, proveSend } from '../../src/proof/prove-send.ts'
import { manualClock } from '../helpers/manual-clock.ts'

/** Answers that the embedded Exchange does not give, by "METHOD path-beginning"; the first that fits. */
type Script = Readonly<Record<string, Answer | ((request: HttpRequest) => Answer)>>
type Answer = readonly [status: number, body?: unknown]

const ADELE = 'AdeleV@contoso.com'
const ALLAN = 'AllanD@contoso.com'
const person = (address: string) => ({ emailAddress: { address } })
const error = (code: string, message = 'No.') => ({ error: { code, message } })
const adele = { from: person(ADELE), sender: person(ADELE) }
const onBehalf = { from: person(ALLAN), sender: person(ADELE) }

const USUAL: Script = {
  'GET /me?': [403, error('Authorization_RequestDenied')],
  'GET /users/AllanD@contoso.com?': [403, error('Authorization_RequestDenied')],
  'POST /me/messages ': [201, { id: 'D1', isDraft: true }],
  'POST /me/messages/D1/send': [202],
  'GET /me/messages/D1': [200, { id: 'D1', isDraft: false, parentFolderId: 'SENT', ...onBehalf }],
  'GET /me/mailFolders/sentitems ': [200, { id: 'SENT' }],
  'GET /me/mailFolders/sentitems/messages': [200, { value: [] }],
  'GET /me/mailFolders/inbox/messages': [200, { value: [{ id: 'R1', ...onBehalf }] }],
  'GET /users/AllanD@contoso.com/mailFolders/sentitems/messages': [403, error('ErrorAccessDenied')],
  'POST /me/messages/D1/permanentDelete': [204],
  'POST /me/messages/R1/permanentDelete': [204],
}

function prove(script: Script, more: Partial<ProveSendOptions> = {}) {
  const clock = manualClock()
  const seen: string[] = []
  const answers = Object.entries({ ...USUAL, ...script })
  const transport: Transport = async (request): Promise<HttpResponse> => {
    const { pathname, search } = new URL(request.url)
    const line = `${request.method} ${decodeURIComponent(pathname.slice('/v1.0'.length))}${search || ' '}`
    seen.push(line.trim().split('?')[0] ?? '')
    const found = answers.find(([beginning]) => line.startsWith(beginning))?.[1]
    const [status, body] = (typeof found === 'function' ? found(request) : found) ?? [500]
    return { status, statusText: '', headers: {}, body: body === undefined ? '' : JSON.stringify(body) }
  }
  const graph = new GraphClient({ auth: bearer('EwBwA8l6BAAUopaque'), clock, transport })
  return { clock, seen, proof: proveSend({ graph, delegate: ADELE, owner: ALLAN, ...more }) }
}

describe('what a mail shows when it is read back', () => {
  test('the usual: on behalf of, read from the copy that arrived, both copies deleted for good', async () => {
    const { proof, seen } = prove({})
    expect(await proof).toMatchObject({
      found: 'on behalf of',
      received: 'yes',
      sentItems: { delegate: 'yes', owner: 'unknown' },
      leftBehind: [],
    })
    expect(seen.slice(-2)).toEqual([
      'POST /me/messages/D1/permanentDelete',
      'POST /me/messages/R1/permanentDelete',
    ])
  })

  test('a service that ignores from sends as self, which proves no grant', async () => {
    const { proof } = prove({
      'GET /me/messages/D1': [200, { id: 'D1', isDraft: false, parentFolderId: 'SENT', ...adele }],
      'GET /me/mailFolders/inbox/messages': [200, { value: [{ id: 'R1', ...adele }] }],
    })
    expect(await proof).toMatchObject({ found: 'as self', asExpected: false, notes: [] })
  })

  test('what arrived counts more than what was kept', async () => {
    const { proof } = prove({
      'GET /me/messages/D1': [200, { id: 'D1', isDraft: false, parentFolderId: 'SENT', ...adele }],
    })
    expect(await proof).toMatchObject({ found: 'on behalf of' })
  })

  test('a report that says SendAsDenied is a denial, though Graph had accepted the mail', async () => {
    const report = {
      id: 'N1',
      subject: 'Undeliverable: Proof of sending',
      bodyPreview: '554 5.2.252 SendAsDenied; AdeleV not allowed to send as AllanD',
      from: person('MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.com'),
    }
    const { proof } = prove({
      'GET /me/mailFolders/inbox/messages': [200, { value: [report] }],
      'POST /me/messages/N1/permanentDelete': [204],
    })
    expect(await proof).toMatchObject({
      found: 'denied',
      denial: { layer: 'right', code: 'NonDeliveryReport', message: report.bodyPreview },
      leftBehind: [],
    })
  })

  test('an id that did not stay is replaced by a search for the marker', async () => {
    const { proof, seen } = prove({
      'GET /me/messages/D1': [404, error('ErrorItemNotFound')],
      'GET /me/mailFolders/sentitems/messages': [200, { value: [{ id: 'S1', ...onBehalf }] }],
      'POST /me/messages/S1/permanentDelete': [204],
    })
    expect(await proof).toMatchObject({ found: 'on behalf of', sentItems: { delegate: 'yes' } })
    expect(seen).toContain('POST /me/messages/S1/permanentDelete')
  })

  test('a mail on its way is waited for; one that arrives too late is said to have not arrived', async () => {
    let reads = 0
    const { proof, clock } = prove(
      {
        'GET /me/messages/D1': () => [
          200,
          { id: 'D1', isDraft: ++reads < 3, parentFolderId: reads < 3 ? 'DRAFTS' : 'SENT', ...onBehalf },
        ],
        'GET /me/mailFolders/inbox/messages': [200, { value: [] }],
        'GET /me/messages?': [200, { value: [{ id: 'D1', ...onBehalf }] }],
      },
      { settleMs: 20_000 },
    )
    expect(await proof).toMatchObject({
      found: 'on behalf of',
      received: 'no',
      notes: [expect.stringContaining('had not reached')],
    })
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000, 5000])
  })

  test('a mail that a rule moved is found in the end, and deleted', async () => {
    const { proof, seen } = prove(
      {
        'GET /me/mailFolders/inbox/messages': [200, { value: [] }],
        'GET /me/messages?': [200, { value: [{ id: 'D1' }, { id: 'R1', isDraft: false, ...onBehalf }] }],
      },
      { settleMs: 3000 },
    )
    expect(await proof).toMatchObject({ found: 'on behalf of', received: 'yes', leftBehind: [], notes: [] })
    expect(seen.at(-1)).toBe('POST /me/messages/R1/permanentDelete')
  })

  test('a mail that is nowhere is an error that names what to look for, not a verdict', async () => {
    const { proof } = prove(
      {
        'GET /me/messages/D1': [404, error('ErrorItemNotFound')],
        'GET /me/mailFolders/inbox/messages': [200, { value: [] }],
        'GET /me/messages?': [200, { value: [] }],
      },
      { settleMs: 5000 },
    )
    await expect(proof).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
      mayHaveHappened: true,
      hint: expect.stringMatching(/“[0-9a-f-]{36}”/),
    })
  })

  test('what cannot be deleted for good is deleted; what cannot be deleted is named', async () => {
    const { proof, seen } = prove({
      'POST /me/messages/D1/permanentDelete': [404, error('ResourceNotFound')],
      'DELETE /me/messages/D1': [204],
      'POST /me/messages/R1/permanentDelete': [403, error('ErrorAccessDenied')],
      'DELETE /me/messages/R1': [403, error('ErrorAccessDenied')],
    })
    expect((await proof).leftBehind).toEqual(['“R1” could not be deleted.'])
    expect(seen).toContain('DELETE /me/messages/D1')
  })
})

describe('what is no verdict', () => {
  test('a send that may have gone is not repeated, not judged, and its draft not deleted', async () => {
    const { proof, seen } = prove({ 'POST /me/messages/D1/send': [503] }, { waitMs: 900_000 })
    await expect(proof).rejects.toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: true })
    expect(seen.at(-1)).toBe('POST /me/messages/D1/send')
    expect(seen.filter((line) => line.endsWith('/send'))).toHaveLength(1)
  })

  test('a refused recipient is an error, and the draft is deleted', async () => {
    const { proof, seen } = prove({ 'POST /me/messages/D1/send': [400, error('ErrorInvalidRecipients')] })
    await expect(proof).rejects.toMatchObject({ graphCode: 'ErrorInvalidRecipients' })
    expect(seen).toContain('POST /me/messages/D1/permanentDelete')
  })

  test('a token that is refused is an error', async () => {
    const { proof } = prove({ 'GET /users/AllanD@contoso.com?': [401, error('InvalidAuthenticationToken')] })
    await expect(proof).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION' })
  })

  test('a failure while reading back deletes what was sent before it is thrown', async () => {
    const { proof, seen } = prove({ 'GET /me/mailFolders/inbox/messages': [400, error('InefficientFilter')] })
    await expect(proof).rejects.toMatchObject({ graphCode: 'InefficientFilter' })
    expect(seen).toContain('POST /me/messages/D1/permanentDelete')
  })
})

describe('layers that the embedded Exchange has no occasion to name', () => {
  test.each([
    ['MailboxNotEnabledForRESTAPI', 404, 'No.', 'mailbox'],
    ['ErrorAccessDenied', 403, 'Access to OData is disabled.', 'policy'],
  ])('%s (%i, %s): %s, and waiting does not help', async (code, status, message, layer) => {
    const { proof, clock } = prove(
      { 'POST /me/messages ': [status, error(code, message)] },
      { waitMs: 900_000 },
    )
    expect(await proof).toMatchObject({
      found: 'denied',
      denial: { layer, code, hint: expect.any(String) },
      attempts: 1,
    })
    expect(clock.slept).toEqual([])
  })
})
