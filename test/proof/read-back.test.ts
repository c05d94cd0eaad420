import { describe, expect, test } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { GraphClient } from '../../src/graph/client.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts'
import { leftBehindOf, type ProveSendOptions, proveSend } from '../../src/proof/prove-send.ts'
import { proveSends } from '../../src/proof/prove-sends.ts'
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
  'GET /users/AllanD@contoso.com/mailFolders/inbox/messages': [403, error('ErrorAccessDenied')],
  'POST /me/messages/D1/permanentDelete': [204],
  'POST /me/messages/R1/permanentDelete': [204],
}

/** Says who it is and nothing else. */
const tokenOf = (upn: string) =>
  `eyJ0eXAiOiJKV1QifQ.${Buffer.from(JSON.stringify({ upn, scp: 'Mail.Send.Shared' })).toString('base64url')}.c2ln`

function prove(script: Script, more: Partial<ProveSendOptions> = {}, token = 'EwBwA8l6BAAUopaque') {
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
  const graph = new GraphClient({ auth: bearer(token), clock, transport })
  const options = { graph, delegate: ADELE, owner: ALLAN, ...more }
  return { clock, seen, options, proof: proveSend(options) }
}

const report = (bodyPreview: string) => ({
  id: 'N1',
  subject: 'Undeliverable: Proof of sending',
  bodyPreview,
  from: person('MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contoso.com'),
})
const SEND_AS_DENIED = '554 5.2.252 SendAsDenied; AdeleV not allowed to send as AllanD'

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
    const { proof } = prove({
      'GET /me/mailFolders/inbox/messages': [200, { value: [report(SEND_AS_DENIED)] }],
      'POST /me/messages/N1/permanentDelete': [204],
    })
    expect(await proof).toMatchObject({
      found: 'denied',
      denial: { layer: 'right', code: 'NonDeliveryReport', message: SEND_AS_DENIED },
      leftBehind: [],
    })
  })

  test('a report is waited for when the mail went to somebody else, also in the Inbox of the owner', async () => {
    for (const [inbox, deleted] of [
      ['GET /me/mailFolders/inbox/messages', 'POST /me/messages/N1/permanentDelete'],
      [
        'GET /users/AllanD@contoso.com/mailFolders/inbox/messages',
        'POST /users/AllanD@contoso.com/messages/N1/permanentDelete',
      ],
    ] as const) {
      let looks = 0
      const { proof, seen, clock } = prove(
        {
          'GET /me/mailFolders/inbox/messages': [200, { value: [] }],
          [inbox]: () => [200, { value: ++looks < 4 ? [] : [report(SEND_AS_DENIED)] }],
          [deleted]: [204],
        },
        { to: 'MeganB@contoso.com', expect: 'denied' },
      )
      expect(await proof).toMatchObject({ found: 'denied', asExpected: true, leftBehind: [] })
      expect(clock.slept).toEqual([1000, 2000, 4000])
      expect(seen).toContain(deleted)
    }
  })

  test('an Inbox of the owner that may not be read is asked for once', async () => {
    const { proof, seen } = prove(
      {
        'GET /me/mailFolders/inbox/messages': [200, { value: [] }],
        'GET /me/messages?': [200, { value: [] }],
      },
      { to: 'MeganB@contoso.com', settleMs: 5000 },
    )
    expect(await proof).toMatchObject({
      found: 'on behalf of',
      leftBehind: ['The mail was sent to MeganB@contoso.com.'],
    })
    const asked = seen.filter((line) => line.startsWith('GET /users/AllanD@contoso.com/mailFolders/inbox'))
    expect(asked).toHaveLength(1)
  })

  test('a mail that was returned for another reason was not received', async () => {
    const { proof } = prove({
      'GET /me/mailFolders/inbox/messages': [200, { value: [report('550 5.2.2 mailbox full')] }],
      'POST /me/messages/N1/permanentDelete': [204],
    })
    expect(await proof).toMatchObject({
      found: 'on behalf of',
      received: 'no',
      notes: [expect.stringContaining('non-delivery report')],
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

describe('whose name a mail bears', () => {
  const PRIMARY = 'Adele.Vance@contoso.com'
  const own = { from: person(PRIMARY), sender: person(PRIMARY) }
  const ignored: Script = {
    'GET /me/messages/D1': [200, { id: 'D1', isDraft: false, parentFolderId: 'SENT', ...own }],
    'GET /me/mailFolders/inbox/messages': [200, { value: [{ id: 'R1', ...own }] }],
  }

  test('a delegate named by an alias whose from was ignored is not taken for Send As', async () => {
    const { proof, seen } = prove(ignored)
    await expect(proof).rejects.toMatchObject({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringContaining(PRIMARY),
      hint: expect.stringContaining('User.Read'),
    })
    expect(seen).toContain('POST /me/messages/R1/permanentDelete')
  })

  test('what User.Read shows is “as self”; what User.ReadBasic.All shows is nobody known', async () => {
    const me = { id: 'a', mail: PRIMARY, userPrincipalName: PRIMARY, proxyAddresses: [`smtp:${ADELE}`] }
    expect(await prove({ ...ignored, 'GET /me?': [200, me] }).proof).toMatchObject({ found: 'as self' })
    const allan = { id: 'b', mail: ALLAN, userPrincipalName: ALLAN }
    const { proof } = prove({ ...ignored, 'GET /users/AllanD@contoso.com?': [200, allan] })
    await expect(proof).rejects.toThrow(`sent by ${PRIMARY}, not by`)
  })

  test('an alias of the owner is believed when the token says whose it is', async () => {
    const as = { from: person('allan@contoso.com'), sender: person('allan@contoso.com') }
    const script: Script = {
      'GET /me/messages/D1': [200, { id: 'D1', isDraft: false, parentFolderId: 'SENT', ...as }],
      'GET /me/mailFolders/inbox/messages': [200, { value: [{ id: 'R1', ...as }] }],
    }
    expect(await prove(script, {}, tokenOf(ADELE)).proof).toMatchObject({ found: 'as' })
    await expect(prove(script).proof).rejects.toThrow(/nothing says whether/)
  })

  test('a token of somebody else is found out from its claims, and nothing is sent', async () => {
    const { proof, seen } = prove({}, {}, tokenOf('MeganB@contoso.com'))
    await expect(proof).rejects.toThrow('The token is MeganB@contoso.com’s, not AdeleV@contoso.com’s.')
    expect(seen.filter((line) => line.startsWith('POST'))).toEqual([])
    // What the directory says counts more: a principal name need not be an address.
    const me = { id: 'a', mail: ADELE, userPrincipalName: 'adele@contoso.onmicrosoft.com' }
    const known = prove({ 'GET /me?': [200, me] }, {}, tokenOf('adele@contoso.onmicrosoft.com'))
    expect(await known.proof).toMatchObject({ found: 'on behalf of' })
  })

  test('a token that cannot be read is found out from the mail, and what is left of it is named', async () => {
    const { proof, seen } = prove(
      {
        'GET /me/mailFolders/inbox/messages': [200, { value: [] }],
        'GET /me/messages?': [200, { value: [] }],
      },
      { delegate: 'MeganB@contoso.com', settleMs: 2000 },
    )
    const thrown = await proof.catch((caught: unknown) => caught)
    expect(thrown).toMatchObject({ message: `The mail was sent by ${ADELE}, not by MeganB@contoso.com.` })
    expect(leftBehindOf(thrown)).toEqual(['The mail was sent to MeganB@contoso.com.'])
    expect(seen).toContain('POST /me/messages/D1/permanentDelete')
  })
})

describe('what a failed proof leaves behind', () => {
  const stuck: Script = {
    'POST /me/messages/D1/permanentDelete': [403, error('ErrorAccessDenied')],
    'DELETE /me/messages/D1': [403, error('ErrorAccessDenied')],
  }
  const left = [expect.stringMatching(/^“Proof of sending for .*” could not be deleted\.$/)]

  test('is named when the attempt is no verdict, for one proof and for several', async () => {
    const script = { ...stuck, 'POST /me/messages/D1/send': [400, error('ErrorInvalidRecipients')] } as const
    const { proof } = prove(script)
    const thrown = await proof.catch((caught: unknown) => caught)
    expect(thrown).toMatchObject({ graphCode: 'ErrorInvalidRecipients' })
    expect(leftBehindOf(thrown)).toEqual(left)
    const again = prove(script)
    await again.proof.catch(() => undefined)
    expect(await proveSends([again.options])).toMatchObject([{ ok: false, leftBehind: left }])
  })

  test('is named when a later attempt fails', async () => {
    let sends = 0
    const { options, proof } = prove(
      {
        ...stuck,
        'POST /me/messages/D1/send': () =>
          ++sends % 2 === 1 ? [403, error('ErrorSendAsDenied')] : [400, error('ErrorInvalidRecipients')],
      },
      { waitMs: 60_000 },
    )
    expect(leftBehindOf(await proof.catch((caught: unknown) => caught))).toEqual([...left, ...left])
    expect(await proveSends([options])).toMatchObject([
      { ok: false, leftBehind: [...left, ...left], last: { found: 'denied', denial: { layer: 'right' } } },
    ])
  })

  test('is named when it is not known whether the mail was sent, or the draft made', async () => {
    const sent = await prove({ 'POST /me/messages/D1/send': [503] }).proof.catch((caught: unknown) => caught)
    expect(leftBehindOf(sent)).toEqual([
      expect.stringMatching(/not known whether “Proof .*” was sent to Adele/),
    ])
    const made = await prove({ 'POST /me/messages ': [503] }).proof.catch((caught: unknown) => caught)
    expect(leftBehindOf(made)).toEqual([
      expect.stringMatching(/not known whether the draft “Proof .*” was made/),
    ])
  })

  test('is nothing when nothing is left, and nothing for what is no proof’s error', async () => {
    const { proof } = prove({ 'POST /me/messages/D1/send': [400, error('ErrorInvalidRecipients')] })
    expect(leftBehindOf(await proof.catch((caught: unknown) => caught))).toEqual([])
    expect(leftBehindOf(new Error('x'))).toEqual([])
    expect(leftBehindOf(undefined)).toEqual([])
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
  test('Full Access that reaches those who send later than those who write drafts is waited for', async () => {
    let sends = 0
    const users = '/users/AllanD@contoso.com'
    const { proof, clock } = prove(
      {
        'GET /me/mailFolders/inbox ': [200, { id: 'INBOX' }],
        [`POST ${users}/messages `]: [201, { id: 'D1', isDraft: true }],
        [`POST ${users}/messages/D1/send`]: () => (++sends < 3 ? [403, error('ErrorAccessDenied')] : [202]),
        [`POST ${users}/messages/D1/permanentDelete`]: [204],
        [`GET ${users}/messages/D1`]: [
          200,
          { id: 'D1', isDraft: false, parentFolderId: 'SENT', ...onBehalf },
        ],
        [`GET ${users}/mailFolders/sentitems `]: [200, { id: 'SENT' }],
      },
      { as: ALLAN, waitMs: 900_000 },
    )
    expect(await proof).toMatchObject({ found: 'on behalf of', attempts: 3 })
    expect(clock.slept).toEqual([5000, 10_000])
  })

  test.each([
    ['MailboxNotEnabledForRESTAPI', 404, 'No.'],
    ['ErrorAccessDenied', 403, 'Access to OData is disabled.'],
    ['ErrorAccessDenied', 403, 'No.'],
  ])(
    '%s (%i, %s) does not say that the right is gone, where a denial is expected',
    async (code, status, message) => {
      const { proof } = prove({ 'POST /me/messages ': [status, error(code, message)] }, { expect: 'denied' })
      await expect(proof).rejects.toMatchObject({
        code: 'ERR_FORBIDDEN',
        message: expect.stringContaining(code),
        hint: expect.any(String),
      })
    },
  )

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
