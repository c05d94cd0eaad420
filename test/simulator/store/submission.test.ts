import { beforeEach, describe, expect, test } from 'vitest'
import type { SendRight } from '../../../src/simulator/store/directory.ts'
import {
  decideSentItems,
  decideSubmission,
  SENT_ITEMS_RULES,
  type SentItemsFacts,
  SUBMISSION_RULES,
  type SubmissionFacts,
} from '../../../src/simulator/store/submission.ts'
import { type GraphAnswer, message, subjects, useGraph } from '../graph-driver.ts'

/** The table of the store, tried from outside: every combination of facts is made and a message is sent. */

const SENDER = 'sender@contoso.com'
const PRINCIPAL = 'principal@contoso.com'
const HIDDEN = 'hidden@contoso.com'
const ALIAS = 'principal.alias@contoso.com'
const GROUPS = ['list@contoso.com', 'security@contoso.com', 'team@contoso.com']
const graph = useGraph(() => ({
  tenant: {
    domain: 'contoso.com',
    password: 'Delegate-123',
    mailboxes: [
      { address: SENDER, name: 'Sender' },
      { address: PRINCIPAL, name: 'Principal', aliases: [ALIAS] },
      { address: HIDDEN, name: 'Hidden', hiddenFromAddressLists: true },
      { address: 'shared@contoso.com', kind: 'shared' as const },
      { address: 'room@contoso.com', kind: 'room' as const },
      { address: 'projector@contoso.com', kind: 'equipment' as const },
      { address: 'MeganB@contoso.com', name: 'Megan Bowen' },
    ],
    groups: [
      { address: 'list@contoso.com', kind: 'distribution' as const, members: ['MeganB@contoso.com'] },
      { address: 'security@contoso.com', kind: 'security' as const },
      { address: 'team@contoso.com', kind: 'microsoft365' as const },
      { address: 'assistants@contoso.com', kind: 'security' as const, members: [SENDER] },
    ],
    apps: [
      { id: 'app-with-send', secret: 'secret', roles: ['Mail.Send'] },
      { id: 'app-without', secret: 'secret', roles: ['Mail.Read'] },
    ],
  },
}))

const RIGHTS: readonly SendRight[] = ['SendAs', 'SendOnBehalf', 'FullAccess']
const everybody = () => [...graph.simulator.exchange.directory.recipients()]
beforeEach(() => {
  const { directory } = graph.simulator.exchange
  for (const target of everybody()) {
    directory.configure(target, { messageCopyForSentAs: false, messageCopyForSendOnBehalf: false })
    for (const user of everybody()) for (const right of RIGHTS) directory.revoke(target, user, right)
  }
  graph.empty()
})

/** What happened to a message, in the words of the table. */
function outcome(answer: GraphAnswer) {
  if (answer.status !== 202) return { status: answer.status, code: answer.json.error.code }
  const received = graph.mailbox('MeganB@contoso.com').distinguished('inbox')?.items() ?? []
  expect(received).toHaveLength(1)
  const [item] = received
  const self = item?.from?.address === SENDER
  return {
    status: 202,
    mode: self ? 'self' : item?.sender?.address === item?.from?.address ? 'as' : 'onBehalf',
  }
}

function grantAll(target: string, right: SubmissionFacts['right']): void {
  if (right === 'SendAs' || right === 'both') graph.grant(target, SENDER, 'SendAs')
  if (right === 'SendOnBehalf' || right === 'both') graph.grant(target, SENDER, 'SendOnBehalf')
}

async function send(facts: SubmissionFacts): Promise<GraphAnswer> {
  const through = facts.endpoint === 'opened' || facts.endpoint === 'closed'
  const from = { self: SENDER, other: PRINCIPAL, hidden: HIDDEN, unknown: 'nobody@contoso.com' }[facts.from]
  if (facts.endpoint === 'opened') graph.grant(PRINCIPAL, SENDER, 'FullAccess')
  grantAll(facts.from === 'hidden' ? HIDDEN : PRINCIPAL, facts.right)
  const path = facts.endpoint === 'me' ? '/v1.0/me' : `/v1.0/users/${through ? PRINCIPAL : SENDER}`
  const authorization =
    facts.token === 'app'
      ? await graph.appToken(undefined, {
          id: facts.scope === 'none' ? 'app-without' : 'app-with-send',
          secret: 'secret',
        })
      : await graph.userToken(
          SENDER,
          { none: 'Mail.Read', own: 'Mail.Send', shared: 'Mail.Send.Shared' }[facts.scope],
        )
  return graph.call('POST', `${path}/sendMail`, {
    as: SENDER,
    authorization: `Bearer ${authorization}`,
    body: { message: message(from) },
  })
}

/** All that can occur: an application has no /me and opens every mailbox as its owner; rights need somebody to be over. */
const COMBINATIONS: SubmissionFacts[] = (['user', 'app'] as const).flatMap((token) =>
  (['none', 'own', 'shared'] as const).flatMap((scope) =>
    (['me', 'own', 'opened', 'closed'] as const).flatMap((endpoint) =>
      (['self', 'other', 'hidden', 'unknown'] as const).flatMap((from) =>
        (['none', 'SendOnBehalf', 'SendAs', 'both'] as const)
          .map((right) => ({ token, scope, endpoint, from, right }))
          .filter(() => token === 'user' || (scope !== 'own' && (endpoint === 'me' || endpoint === 'own')))
          .filter(({ right }) => right === 'none' || from === 'other' || from === 'hidden'),
      ),
    ),
  ),
)

describe('every combination of token, scope, endpoint, from and right', () => {
  test.each(COMBINATIONS)('$token $scope $endpoint $from $right', async (facts) => {
    const { verdict } = decideSubmission(facts)
    const expected =
      verdict.status === 202
        ? { status: 202, mode: verdict.mode }
        : { status: verdict.status, code: verdict.code }
    expect(outcome(await send(facts))).toEqual(expected)
  })

  test('reaches every row of the table, so no row is dead', () => {
    const reached = new Set(COMBINATIONS.map(decideSubmission))
    expect(SUBMISSION_RULES.filter((rule) => !reached.has(rule))).toEqual([])
  })
})

describe('what Microsoft’s pages say, row by row', () => {
  const facts = (given: Partial<SubmissionFacts>): SubmissionFacts => ({
    token: 'user',
    scope: 'shared',
    endpoint: 'me',
    from: 'other',
    right: 'none',
    ...given,
  })
  test.each<[string, Partial<SubmissionFacts>, object]>([
    ['no right', {}, { status: 403, code: 'ErrorSendAsDenied', layer: 'right' }],
    ['Send on Behalf', { right: 'SendOnBehalf' }, { status: 202, mode: 'onBehalf' }],
    ['Send As', { right: 'SendAs' }, { status: 202, mode: 'as' }],
    ['both: Send As wins', { right: 'both' }, { status: 202, mode: 'as' }],
    ['Full Access alone', { endpoint: 'opened' }, { status: 403, code: 'ErrorSendAsDenied', layer: 'right' }],
    [
      'Full Access and Send on Behalf',
      { endpoint: 'opened', right: 'SendOnBehalf' },
      { status: 202, mode: 'onBehalf' },
    ],
    [
      'Send As without Full Access, through the principal’s mailbox',
      { endpoint: 'closed', right: 'SendAs' },
      { status: 403, code: 'ErrorAccessDenied', layer: 'mailbox' },
    ],
    [
      'Mail.Send without .Shared',
      { scope: 'own', right: 'SendAs' },
      { status: 403, code: 'ErrorAccessDenied', layer: 'scope' },
    ],
    ['Mail.Send for oneself', { scope: 'own', from: 'self' }, { status: 202, mode: 'self' }],
    [
      'an application on /me',
      { token: 'app', from: 'self' },
      { status: 400, code: 'BadRequest', layer: 'endpoint' },
    ],
    [
      'an application through the user’s mailbox',
      { token: 'app', endpoint: 'own', from: 'self' },
      { status: 202, mode: 'self' },
    ],
  ])('%s', (_name, given, expected) => {
    expect(decideSubmission(facts(given)).verdict).toEqual(expected)
  })
})

describe('what a message can be from', () => {
  const sendFrom = (from: string) =>
    graph.call('POST', '/v1.0/me/sendMail', { as: SENDER, body: { message: message(from) } })
  const KINDS = [PRINCIPAL, 'shared@contoso.com', 'room@contoso.com', 'projector@contoso.com', ...GROUPS]

  test.each(KINDS)('%s: denied without a right, on behalf of, as', async (from) => {
    expect(outcome(await sendFrom(from))).toEqual({ status: 403, code: 'ErrorSendAsDenied' })
    graph.grant(from, SENDER, 'SendOnBehalf')
    expect(outcome(await sendFrom(from))).toEqual({ status: 202, mode: 'onBehalf' })
    graph.empty()
    graph.grant(from, SENDER, 'SendAs')
    expect(outcome(await sendFrom(from))).toEqual({ status: 202, mode: 'as' })
  })

  test('an alias is rewritten to the primary address', async () => {
    graph.grant(PRINCIPAL, SENDER, 'SendOnBehalf')
    expect(outcome(await sendFrom(ALIAS.toUpperCase()))).toEqual({ status: 202, mode: 'onBehalf' })
    const [item] = graph.mailbox('MeganB@contoso.com').distinguished('inbox')?.items() ?? []
    expect(item?.from).toEqual({ name: 'Principal', address: PRINCIPAL })
  })

  test('a right of a security group is a right of its members', async () => {
    graph.grant(PRINCIPAL, 'assistants@contoso.com', 'SendAs')
    expect(outcome(await sendFrom(PRINCIPAL))).toEqual({ status: 202, mode: 'as' })
  })

  test('a folder permission alone is no right to send', async () => {
    const inbox = graph.mailbox(PRINCIPAL).distinguished('inbox')
    inbox?.permissions.set({ kind: 'account', sid: graph.recipient(SENDER).sid }, 0x7fb)
    expect(outcome(await sendFrom(PRINCIPAL))).toEqual({ status: 403, code: 'ErrorSendAsDenied' })
  })

  test('through the principal’s mailbox, from may be left out: the message is from the principal', async () => {
    graph.grant(PRINCIPAL, SENDER, 'FullAccess')
    graph.grant(PRINCIPAL, SENDER, 'SendOnBehalf')
    const answer = await graph.call('POST', `/v1.0/users/${PRINCIPAL}/sendMail`, {
      as: SENDER,
      body: { message: message() },
    })
    expect(outcome(answer)).toEqual({ status: 202, mode: 'onBehalf' })
  })

  test('a sender that the caller sets is ignored', async () => {
    const more = { sender: { emailAddress: { address: PRINCIPAL } } }
    const answer = await graph.call('POST', '/v1.0/me/sendMail', {
      as: SENDER,
      body: { message: message(undefined, more) },
    })
    expect(outcome(answer)).toEqual({ status: 202, mode: 'self' })
    const [item] = graph.mailbox('MeganB@contoso.com').distinguished('inbox')?.items() ?? []
    expect(item?.sender?.address).toBe(SENDER)
  })
})

describe('where copies are kept', () => {
  const MODES = ['as', 'onBehalf'] as const
  const SENT_ITEMS_COMBINATIONS: (SentItemsFacts & { mode: (typeof MODES)[number] })[] = MODES.flatMap(
    (mode) =>
      [true, false].flatMap((save) =>
        [true, false].flatMap((keepsCopy) =>
          (['submitting', 'elsewhere', 'nowhere'] as const).map((principal) => ({
            mode,
            save,
            principal,
            keepsCopy,
          })),
        ),
      ),
  ).filter(({ principal, keepsCopy }) => principal !== 'nowhere' || !keepsCopy)

  test.each(SENT_ITEMS_COMBINATIONS)(
    'sent $mode, saveToSentItems $save, the principal’s Sent Items $principal, its setting $keepsCopy',
    async ({ mode, ...facts }) => {
      const from = facts.principal === 'nowhere' ? 'list@contoso.com' : PRINCIPAL
      graph.grant(from, SENDER, mode === 'as' ? 'SendAs' : 'SendOnBehalf')
      if (facts.principal === 'submitting') graph.grant(PRINCIPAL, SENDER, 'FullAccess')
      graph.simulator.exchange.directory.configure(graph.recipient(from), {
        messageCopyForSentAs: mode === 'as' && facts.keepsCopy,
        messageCopyForSendOnBehalf: mode === 'onBehalf' && facts.keepsCopy,
      })
      const through = facts.principal === 'submitting' ? PRINCIPAL : SENDER
      const answer = await graph.call('POST', `/v1.0/users/${through}/sendMail`, {
        as: SENDER,
        body: { message: message(from), saveToSentItems: facts.save },
      })
      expect(answer.status).toBe(202)
      const { keptIn } = decideSentItems(facts)
      const expected = keptIn.map((place) => (place === 'submitting' ? through : from)).sort()
      const found = everybody()
        .filter(({ address }) => {
          const mailbox = graph.simulator.exchange.mailboxOf(graph.recipient(address))
          return mailbox && subjects(mailbox, 'sentitems').length > 0
        })
        .map(({ address }) => address)
      expect(found.sort()).toEqual(expected)
    },
  )

  test('every row of the table is reached', () => {
    const reached = new Set(SENT_ITEMS_COMBINATIONS.map(decideSentItems))
    expect(SENT_ITEMS_RULES.filter((rule) => !reached.has(rule))).toEqual([])
  })

  test.each<[string, SentItemsFacts, string[]]>([
    ['/me: the sending user’s', { save: true, principal: 'elsewhere', keepsCopy: false }, ['submitting']],
    [
      '/users/{from}: the from user’s',
      { save: true, principal: 'submitting', keepsCopy: false },
      ['submitting'],
    ],
    [
      'an administrator’s setting adds the from user’s',
      { save: true, principal: 'elsewhere', keepsCopy: true },
      ['submitting', 'principal'],
    ],
    ['saveToSentItems: false keeps none', { save: false, principal: 'elsewhere', keepsCopy: false }, []],
    [
      'saveToSentItems: false does not switch the setting off',
      { save: false, principal: 'elsewhere', keepsCopy: true },
      ['principal'],
    ],
  ])('documented: %s', (_name, facts, expected) => {
    expect(decideSentItems(facts).keptIn).toEqual(expected)
  })

  test('each setting is for its own kind of sending, and a room has neither', async () => {
    const { directory } = graph.simulator.exchange
    directory.configure(graph.recipient(PRINCIPAL), { messageCopyForSendOnBehalf: true })
    directory.configure(graph.recipient('room@contoso.com'), { messageCopyForSentAs: true })
    for (const from of [PRINCIPAL, 'room@contoso.com']) {
      graph.grant(from, SENDER, 'SendAs')
      await graph.call('POST', '/v1.0/me/sendMail', { as: SENDER, body: { message: message(from) } })
      expect(subjects(graph.mailbox(from), 'sentitems')).toEqual([])
    }
  })
})

describe('delivery', () => {
  const sendTo = (addresses: string[], more: Record<string, unknown> = {}) =>
    graph.call('POST', '/v1.0/me/sendMail', {
      as: SENDER,
      body: {
        message: {
          subject: 'To many',
          toRecipients: addresses.map((address) => ({ emailAddress: { address } })),
          ...more,
        },
      },
    })
  const inbox = (address: string) => graph.mailbox(address).distinguished('inbox')?.items() ?? []

  test('a group’s members get the message once, also when they are named themselves', async () => {
    expect((await sendTo(['list@contoso.com', 'MeganB@contoso.com'])).status).toBe(202)
    expect(inbox('MeganB@contoso.com')).toHaveLength(1)
    expect(inbox('MeganB@contoso.com')[0]?.to.map(({ address }) => address)).toEqual([
      'list@contoso.com',
      'MeganB@contoso.com',
    ])
  })

  test('blind copies are delivered, and nobody but the sender sees to whom', async () => {
    await sendTo(['MeganB@contoso.com'], {
      bccRecipients: [{ emailAddress: { address: 'shared@contoso.com' } }],
    })
    expect(inbox('shared@contoso.com')[0]?.bcc).toEqual([])
    expect(inbox('MeganB@contoso.com')[0]?.bcc).toEqual([])
    const copy = graph.mailbox(SENDER).distinguished('sentitems')?.items()[0]
    expect(copy?.bcc).toEqual([{ name: 'shared', address: 'shared@contoso.com' }])
  })

  test('unknown recipients do not fail the request: the sender gets a non-delivery report', async () => {
    const answer = await sendTo(['MeganB@contoso.com', 'nobody@contoso.com', 'someone@fabrikam.com'])
    expect(answer.status).toBe(202)
    expect(inbox('MeganB@contoso.com')).toHaveLength(1)
    const [report] = inbox(SENDER)
    expect(report).toMatchObject({ itemClass: 'REPORT.IPM.Note.NDR', subject: 'Undeliverable: To many' })
    expect(report?.body?.content).toContain('nobody@contoso.com: 550 5.1.10')
    expect(report?.body?.content).toContain('someone@fabrikam.com: 550 5.4.310')
  })

  test.each([
    ['of one’s own', undefined, SENDER, undefined],
    ['sent on behalf', 'SendOnBehalf', SENDER, PRINCIPAL],
    ['sent as somebody else', 'SendAs', PRINCIPAL, PRINCIPAL],
    ['sent as a group, which has no Inbox,', 'SendAs', SENDER, 'list@contoso.com'],
  ] as const)('of a message %s, %s: %s is told what was not delivered', async (_, right, told, from) => {
    if (from && right) graph.grant(from, SENDER, right)
    await sendTo(['nobody@contoso.com'], from ? { from: { emailAddress: { address: from } } } : {})
    for (const address of [SENDER, PRINCIPAL]) {
      expect(inbox(address).map(({ itemClass }) => itemClass)).toEqual(
        address === told ? ['REPORT.IPM.Note.NDR'] : [],
      )
    }
    // Addressed to whom the message names as its sender.
    const [report] = inbox(told)
    expect(report?.to.map(({ address }) => address)).toEqual([right === 'SendAs' ? from : SENDER])
  })

  test.each<[string, string[], string]>([
    ['no recipient at all', [], "A message can't be sent because it contains no recipients."],
    ['an address that is none', ['not an address'], "Recipient 'not an address' is not resolved."],
  ])('%s is ErrorInvalidRecipients', async (_name, addresses, text) => {
    const answer = await sendTo(addresses)
    expect([answer.status, answer.json.error.code]).toEqual([400, 'ErrorInvalidRecipients'])
    expect(answer.json.error.message).toContain(text)
  })

  test('what one recipient does to their copy changes nobody else’s', async () => {
    await sendTo(['MeganB@contoso.com', 'shared@contoso.com'])
    const [item] = inbox('MeganB@contoso.com')
    item?.to.push({ name: 'x', address: 'x@contoso.com' })
    expect(inbox('shared@contoso.com')[0]?.to).toHaveLength(2)
  })
})

test('Full Access opens no mailbox that is hidden from address lists, neither to send through nor to read', async () => {
  for (const right of RIGHTS) graph.grant(HIDDEN, SENDER, right)
  const path = `/v1.0/users/${HIDDEN}`
  const sent = await graph.call('POST', `${path}/sendMail`, {
    as: SENDER,
    body: { message: message(HIDDEN) },
  })
  expect([sent.status, sent.json.error.code]).toEqual([403, 'ErrorAccessDenied'])
  expect((await graph.call('GET', `${path}/messages`, { as: SENDER })).status).toBe(403)
  expect((await graph.call('GET', `${path}/messages`, { as: HIDDEN })).status).toBe(200)
})

describe('a propagation delay', () => {
  let now = new Date('2026-11-21T12:00:00Z')
  const slow = useGraph(() => ({ now: () => now }))
  const sendFrom = async () =>
    (await slow.call('POST', '/v1.0/me/sendMail', { body: { message: message('AllanD@contoso.com') } }))
      .status

  test('makes a grant, and its removal, reach mail submission later', async () => {
    slow.simulator.exchange.directory.propagationDelay = 60_000
    slow.grant('AllanD@contoso.com', 'AdeleV@contoso.com', 'SendOnBehalf')
    expect(await sendFrom()).toBe(403)
    now = new Date(now.getTime() + 61_000)
    expect(await sendFrom()).toBe(202)
    slow.revoke('AllanD@contoso.com', 'AdeleV@contoso.com', 'SendOnBehalf')
    expect(await sendFrom()).toBe(202)
    now = new Date(now.getTime() + 61_000)
    expect(await sendFrom()).toBe(403)
  })

  test('makes Full Access reach everything of Graph later: reading, drafts and sending, and its end too', async () => {
    slow.simulator.exchange.directory.propagationDelay = 60_000
    const path = '/v1.0/users/AllanD@contoso.com'
    slow.grant('AllanD@contoso.com', 'AdeleV@contoso.com', 'SendAs')
    now = new Date(now.getTime() + 61_000)
    const all = async () => [
      (await slow.call('GET', `${path}/messages`)).status,
      (await slow.call('GET', `${path}/mailFolders/inbox`)).status,
      (await slow.call('POST', `${path}/messages`, { body: message() })).status,
      (await slow.call('POST', `${path}/sendMail`, { body: { message: message('AllanD@contoso.com') } }))
        .status,
    ]
    const [closed, open] = [
      [403, 404, 404, 403],
      [200, 200, 201, 202],
    ]
    slow.grant('AllanD@contoso.com', 'AdeleV@contoso.com', 'FullAccess')
    expect(await all()).toEqual(closed)
    now = new Date(now.getTime() + 61_000)
    expect(await all()).toEqual(open)
    slow.revoke('AllanD@contoso.com', 'AdeleV@contoso.com', 'FullAccess')
    expect(await all()).toEqual(open)
    now = new Date(now.getTime() + 61_000)
    expect(await all()).toEqual(closed)
  })
})
