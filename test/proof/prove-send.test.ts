import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { explicitFolder } from '../../src/model/folder-target.ts'
import { type ProveSendOptions, proveSend } from '../../src/proof/prove-send.ts'
import { allAsExpected, proveSends } from '../../src/proof/prove-sends.ts'
import {
  ADELE,
  ALLAN,
  type Contoso,
  MEGAN,
  PATTI,
  PROOF_SCOPES,
  SALES,
  SUPPORT,
  startContoso,
} from '../helpers/contoso.ts'

let contoso: Contoso
beforeAll(async () => {
  contoso = await startContoso()
})
afterAll(() => contoso.simulator.close())
afterEach(() => {
  const { directory } = contoso.simulator.exchange
  directory.propagationDelay = 0
  for (const owner of [ALLAN, SALES, SUPPORT, PATTI]) {
    for (const right of ['SendAs', 'SendOnBehalf', 'FullAccess'] as const) contoso.revoke(owner, ADELE, right)
  }
  // What one test granted and revoked is long past for the next.
  contoso.clock.advance(1_800_000)
  contoso.clock.slept.length = 0
})

function adele(more: Partial<ProveSendOptions> = {}): ProveSendOptions {
  return { graph: contoso.graph(ADELE), delegate: ADELE, owner: ALLAN, ...more }
}

function everything(): string[] {
  return [ADELE, ALLAN, MEGAN].flatMap((mailbox) =>
    ['drafts', 'sentitems', 'inbox', 'outbox', 'deleteditems'].flatMap((folder) =>
      contoso.subjects(mailbox, folder).map((subject) => `${mailbox}/${folder}: ${subject}`),
    ),
  )
}

describe('the point of the product', () => {
  test('AddDelegate over EWS makes it “on behalf of”, RemoveDelegate makes it “denied” again', async () => {
    const ews = contoso.ews(ALLAN)
    expect(await proveSend(adele())).toMatchObject({
      found: 'denied',
      asExpected: false,
      denial: { layer: 'right', code: 'ErrorSendAsDenied', hint: expect.stringContaining('Send on Behalf') },
    })

    await ews.addDelegates(ALLAN, [{ user: ADELE, permissions: { calendar: 'Reviewer' } }])
    expect(await proveSend(adele({ expect: 'on behalf of' }))).toEqual({
      delegate: ADELE,
      owner: ALLAN,
      found: 'on behalf of',
      expected: 'on behalf of',
      asExpected: true,
      from: { name: 'Allan Deyoung', address: ALLAN },
      sender: { name: 'Adele Vance', address: ADELE },
      sentItems: { delegate: 'yes', owner: 'unknown' },
      received: 'yes',
      attempts: 1,
      waitedMs: 0,
      leftBehind: [],
      notes: [],
    })

    await ews.removeDelegates(ALLAN, [ADELE])
    expect(await proveSend(adele({ expect: 'denied' }))).toMatchObject({ found: 'denied', asExpected: true })
    expect(everything()).toEqual([])
  })

  test('a folder permission alone never lets anybody send', async () => {
    const calendar = explicitFolder('calendar', ALLAN)
    const ews = contoso.ews(ALLAN)
    await ews.updateFolderPermissions(calendar, { set: [{ user: ADELE, level: 'Owner' }] })
    expect(await proveSend(adele())).toMatchObject({ found: 'denied', denial: { layer: 'right' } })
    await ews.updateFolderPermissions(calendar, { remove: [ADELE] })
  })
})

describe('each combination of rights', () => {
  test.each([
    [[], 'denied'],
    [['SendOnBehalf'], 'on behalf of'],
    [['SendAs'], 'as'],
    [['SendOnBehalf', 'SendAs'], 'as'],
    [['FullAccess'], 'denied'],
  ] as const)('%j through /me is %s', async (rights, found) => {
    for (const right of rights) contoso.grant(ALLAN, ADELE, right)
    const proof = await proveSend(adele({ expect: found }))
    expect(proof).toMatchObject({ found, asExpected: true, leftBehind: [] })
    expect(everything()).toEqual([])
  })

  test.each([
    [
      ['SendOnBehalf'],
      { found: 'denied', denial: { layer: 'full access', hint: expect.stringContaining('Full Access') } },
    ],
    [['FullAccess'], { found: 'denied', denial: { layer: 'right', code: 'ErrorSendAsDenied' } }],
    [
      ['FullAccess', 'SendOnBehalf'],
      { found: 'on behalf of', sentItems: { owner: 'yes', delegate: 'no' }, received: 'yes' },
    ],
    [['FullAccess', 'SendAs'], { found: 'as', sentItems: { owner: 'yes', delegate: 'no' } }],
  ] as const)('%j through /users/{owner}', async (rights, expected) => {
    for (const right of rights) contoso.grant(ALLAN, ADELE, right)
    const graph = contoso.graph(ADELE, `${PROOF_SCOPES} Mail.ReadWrite.Shared`)
    expect(await proveSend(adele({ graph, as: ALLAN }))).toMatchObject({ ...expected, leftBehind: [] })
    expect(everything()).toEqual([])
  })

  test.each([
    [SALES, 'no'],
    [SUPPORT, 'unknown'],
  ])('a group or shared mailbox (%s) is an owner like any other', async (owner, copy) => {
    contoso.grant(owner, ADELE, 'SendOnBehalf')
    expect(await proveSend(adele({ owner }))).toMatchObject({
      found: 'on behalf of',
      from: { address: owner },
      sender: { address: ADELE },
      sentItems: { delegate: 'yes', owner: copy },
    })
  })

  test('an owner named by an alias is recognized, and the rewriting is said', async () => {
    contoso.grant(ALLAN, ADELE, 'SendAs')
    const owner = 'allan.deyoung@contoso.com'
    expect(await proveSend(adele({ owner }))).toMatchObject({
      found: 'as',
      from: { address: ALLAN },
      notes: [expect.stringContaining('primary address')],
    })
    const graph = contoso.graph(ADELE, `${PROOF_SCOPES} User.ReadBasic.All`)
    expect(await proveSend(adele({ graph, owner }))).toMatchObject({ found: 'as', notes: [] })
  })
})

describe('which layer says no', () => {
  test.each([
    ['Mail.Send Mail.ReadWrite', 'scope'],
    ['Mail.ReadWrite', 'scope'],
    ['Mail.Send.Shared Mail.Read', 'scope'],
  ])('with the scopes %s: %s, whatever the rights', async (scopes, layer) => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const proof = await proveSend(adele({ graph: contoso.graph(ADELE, scopes), waitMs: 900_000 }))
    // A scope does not come by waiting.
    expect(proof).toMatchObject({
      found: 'denied',
      denial: { layer, code: 'ErrorAccessDenied' },
      attempts: 1,
    })
  })

  test('an application sends through the delegate’s mailbox, and its rights are the delegate’s', async () => {
    const graph = contoso.app()
    expect(await proveSend(adele({ graph, as: ADELE }))).toMatchObject({ denial: { layer: 'right' } })
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    expect(await proveSend(adele({ graph, as: ADELE }))).toMatchObject({
      found: 'on behalf of',
      sentItems: { delegate: 'yes', owner: 'no' },
    })
  })

  test('an application sending through the owner’s mailbox proves nothing and is refused', async () => {
    await expect(proveSend(adele({ graph: contoso.app(), as: ALLAN }))).rejects.toMatchObject({
      code: 'ERR_INVALID_INPUT',
    })
    expect(everything()).toEqual([])
  })

  test('somebody else’s token is found out before anything is sent', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    await expect(proveSend(adele({ delegate: MEGAN }))).rejects.toThrow(/The token is AdeleV@contoso.com’s/)
    expect(everything()).toEqual([])
  })

  test('somebody else’s token is found out from its claims where the directory is closed', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const graph = contoso.graph(ADELE, 'Mail.Send.Shared Mail.ReadWrite')
    await expect(proveSend(adele({ graph, delegate: MEGAN }))).rejects.toMatchObject({
      message: `The token is ${ADELE}’s, not ${MEGAN}’s.`,
      hint: expect.stringContaining('User.Read'),
    })
    const alias = proveSend(adele({ graph, delegate: 'adele.vance@contoso.com', owner: 'a.d@contoso.com' }))
    await expect(alias).rejects.toThrow(/not adele.vance@contoso.com’s/)
    // Through the delegate's mailbox by name, too.
    await expect(proveSend(adele({ graph, delegate: MEGAN, as: MEGAN }))).rejects.toThrow(
      /The token is Adele/,
    )
    expect(everything()).toEqual([])
  })
})

describe('where the copy lies', () => {
  test('the owner keeps one too when an administrator says so, and both are deleted again', async () => {
    const { directory } = contoso.simulator.exchange
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    directory.configure(contoso.recipient(ALLAN), { messageCopyForSendOnBehalf: true })
    const ownerGraph = contoso.graph(ALLAN, 'Mail.ReadWrite')
    // The owner's own token serves as well as an application's.
    expect(await proveSend(adele({ ownerGraph: contoso.app() }))).toMatchObject({
      sentItems: { delegate: 'yes', owner: 'yes' },
      leftBehind: [],
    })
    expect(await proveSend(adele({ ownerGraph }))).toMatchObject({ sentItems: { owner: 'yes' } })
    directory.configure(contoso.recipient(ALLAN), { messageCopyForSendOnBehalf: false })
    expect(await proveSend(adele({ ownerGraph }))).toMatchObject({ sentItems: { owner: 'no' } })
    expect(everything()).toEqual([])
  })

  test('a mail to somebody else stays with them, and that is said', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    expect(await proveSend(adele({ to: MEGAN }))).toMatchObject({
      found: 'on behalf of',
      received: 'unknown',
      leftBehind: [`The mail was sent to ${MEGAN}.`],
    })
    // It could still have been returned.
    expect(contoso.clock.slept.reduce((sum, each) => sum + each, 0)).toBe(60_000)
    expect(everything()).toEqual([expect.stringContaining(`${MEGAN}/inbox: Proof of sending`)])
    await empty(MEGAN)
  })

  test('nothing is deleted when that is not wanted', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    await proveSend(adele({ cleanUp: false }))
    expect(everything().map((each) => each.split(':')[0])).toEqual([`${ADELE}/sentitems`, `${ADELE}/inbox`])
    await empty(ADELE)
  })

  test.each([
    ['SendOnBehalf', 'on behalf of', ADELE],
    ['SendAs', 'as', ALLAN],
  ] as const)(
    'a recipient who does not exist sends a report to who the mail names as sender: with %s, %s, to %s',
    async (right, found, told) => {
      contoso.grant(ALLAN, ADELE, right)
      let reports: string[] = []
      const ownerGraph = contoso.graph(ALLAN, 'Mail.ReadWrite', {
        trace: () => {
          const there = everything().filter((each) => each.includes('Undeliverable'))
          if (there.length > 0) reports = there
        },
      })
      expect(await proveSend(adele({ to: 'nobody@contoso.com', ownerGraph }))).toMatchObject({
        found,
        received: 'no',
        notes: [`A non-delivery report came back: nobody@contoso.com was not reached.`],
        leftBehind: [],
      })
      expect(reports).toEqual([expect.stringContaining(`${told}/inbox: Undeliverable`)])
      expect(everything()).toEqual([])
    },
  )
})

describe('waiting', () => {
  test('goes on until the grant has reached Graph, less and less often', async () => {
    contoso.simulator.exchange.directory.propagationDelay = 300_000
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const waits: unknown[] = []
    const proof = await proveSend(
      adele({ expect: 'on behalf of', waitMs: 900_000, onWait: (progress) => waits.push(progress) }),
    )
    expect(proof).toMatchObject({ found: 'on behalf of', attempts: 9, waitedMs: 315_000 })
    expect(waits.slice(0, 2)).toEqual([
      { attempt: 1, found: 'denied', layer: 'right', nextAttemptInMs: 5000, remainingMs: 900_000 },
      { attempt: 2, found: 'denied', layer: 'right', nextAttemptInMs: 10_000, remainingMs: 895_000 },
    ])
    expect(contoso.clock.slept).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000])
  })

  test('ends at the limit with what was found then', async () => {
    const proof = await proveSend(adele({ expect: 'on behalf of', waitMs: 60_000 }))
    expect(proof).toMatchObject({ found: 'denied', asExpected: false, waitedMs: 60_000 })
    expect(contoso.clock.slept).toEqual([5000, 10_000, 20_000, 25_000])
  })

  test('goes on until a grant that was taken away has ended', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    contoso.simulator.exchange.directory.propagationDelay = 60_000
    contoso.clock.advance(120_000)
    contoso.revoke(ALLAN, ADELE, 'SendOnBehalf')
    const proof = await proveSend(adele({ expect: 'denied', waitMs: 900_000 }))
    expect(proof).toMatchObject({ found: 'denied', asExpected: true, attempts: 4 })
    expect(contoso.clock.slept).toEqual([15_000, 30_000, 60_000])
    expect(everything()).toEqual([])
  })

  test('goes on until Full Access has reached Graph', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    contoso.simulator.exchange.directory.propagationDelay = 60_000
    contoso.clock.advance(120_000)
    contoso.grant(ALLAN, ADELE, 'FullAccess')
    const graph = contoso.graph(ADELE, `${PROOF_SCOPES} Mail.ReadWrite.Shared`)
    const layers: unknown[] = []
    const proof = await proveSend(
      adele({ graph, as: ALLAN, waitMs: 900_000, onWait: ({ layer }) => layers.push(layer) }),
    )
    expect(proof).toMatchObject({ found: 'on behalf of', waitedMs: 75_000 })
    expect(layers).toEqual(['full access', 'full access', 'full access', 'full access'])
    expect(everything()).toEqual([])
  })

  test('does not begin when it is stopped already', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const proving = proveSend(adele({ signal: AbortSignal.abort() }))
    await expect(proving).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(everything()).toEqual([])
  })

  test('is stopped by a signal', async () => {
    const stop = new AbortController()
    const proving = proveSend(adele({ waitMs: 900_000, signal: stop.signal, onWait: () => stop.abort() }))
    await expect(proving).rejects.toThrow()
  })
})

describe('a denial that is expected', () => {
  test.each([
    ['scope', 'Mail.Send Mail.ReadWrite', {}],
    ['scope', 'Mail.Send.Shared Mail.Read', {}],
    ['full access', `${PROOF_SCOPES} Mail.ReadWrite.Shared`, { as: ALLAN }],
  ])('is not proved by the %s that is missing (%s)', async (layer, scopes, more) => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    const proving = proveSend(adele({ graph: contoso.graph(ADELE, scopes), expect: 'denied', ...more }))
    await expect(proving).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN',
      message: expect.stringContaining(`(${layer})`),
    })
    expect(everything()).toEqual([])
  })
})

describe('arguments that cannot be right', () => {
  test.each<[string, Partial<ProveSendOptions>]>([
    ['the owner is the delegate', { owner: ADELE }],
    ['no address', { owner: 'allan' }],
    ['an odd expectation', { expect: 'maybe' as 'as' }],
    ['a wait below zero', { waitMs: -1 }],
    ['no time to settle', { settleMs: Number.NaN }],
  ])('%s', async (_, more) => {
    await expect(proveSend(adele(more))).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' })
  })
})

describe('several at once', () => {
  test('each has its outcome, in order, and a failure does not end the others', async () => {
    contoso.grant(ALLAN, ADELE, 'SendOnBehalf')
    contoso.grant(SUPPORT, ADELE, 'SendAs')
    const seen: number[] = []
    const outcomes = await proveSends(
      [
        adele({ expect: 'on behalf of' }),
        adele({ owner: PATTI, expect: 'on behalf of' }),
        adele({ owner: ADELE }),
        adele({ owner: SUPPORT, expect: 'as' }),
      ],
      { concurrency: 2, onOutcome: (_, position) => seen.push(position) },
    )
    expect(outcomes).toMatchObject([
      { ok: true, proof: { found: 'on behalf of', asExpected: true } },
      { ok: true, proof: { found: 'denied', asExpected: false } },
      { ok: false, delegate: ADELE, owner: ADELE, error: { code: 'ERR_INVALID_INPUT' } },
      { ok: true, proof: { found: 'as', asExpected: true } },
    ])
    expect(seen.toSorted()).toEqual([0, 1, 2, 3])
    expect(allAsExpected(outcomes)).toBe(false)
    expect(allAsExpected(outcomes.slice(0, 1))).toBe(true)
    expect(await proveSends([])).toEqual([])
  })
})

async function empty(mailbox: string): Promise<void> {
  const { exchange } = contoso.simulator
  for (const folder of exchange.mailboxOf(contoso.recipient(mailbox))?.folders() ?? []) {
    for (const item of folder.items()) folder.removeItem(item)
  }
}
