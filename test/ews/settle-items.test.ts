import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import type { EwsDelegatesError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import type { Notice } from '../../src/ews/perform.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import type { Transport } from '../../src/http/transport.ts'
import { explicitFolder } from '../../src/model/folder-target.ts'
import type { Item, NewItem } from '../../src/model/item.ts'
import type { ItemId } from '../../src/model/item-id.ts'
import { DEFAULT_PASSWORD } from '../../src/simulator/index.ts'
import { ALLAN, type Contoso, MEGAN, startContoso } from '../helpers/contoso.ts'
import { FAULTS, type Fault, faultyTransport, operationOf } from '../helpers/faulty-transport.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const drafts = explicitFolder('drafts', ALLAN)
const archive = explicitFolder('journal', ALLAN)
const calendar = explicitFolder('calendar', ALLAN)
const auth = basic({ user: ALLAN, password: DEFAULT_PASSWORD })

let contoso: Contoso
let clean: EwsClient
let ids: ItemId[]
beforeAll(async () => {
  contoso = await startContoso()
  clean = contoso.ews(ALLAN)
})
afterAll(() => contoso.simulator.close())
beforeEach(async () => {
  for (const folder of [drafts, archive]) {
    const old: ItemId[] = []
    for await (const { id } of clean.items.find(folder)) old.push(id)
    if (old.length > 0) await clean.items.delete(old, { deleteType: 'HardDelete' })
  }
  ids = await created([
    { type: 'Message', subject: 'one', body: 'One.' },
    { type: 'Message', subject: 'two' },
  ])
})

async function created(items: NewItem[], folder = drafts): Promise<ItemId[]> {
  const outcomes = await clean.items.create(items, { folder, sendMeetingInvitations: 'SendToNone' })
  return outcomes.flatMap((outcome) => (outcome.ok && outcome.id ? [outcome.id] : []))
}

/** A patient client on which the operation of that name fails in these ways, one after the other. */
async function clientWith(operation: string, faults: Fault[], maxAttempts = 20) {
  const faulty = faultyTransport((name) => (name === operation ? faults.shift() : undefined))
  const before = new Map<string, () => Promise<unknown>>()
  const transport: Transport = async (request) => {
    const name = operationOf(request)
    const first = before.get(name)
    before.delete(name)
    await first?.()
    return faulty.transport(request)
  }
  const client = new EwsClient({
    url: contoso.simulator.ews,
    auth,
    transport,
    traffic: new Traffic({ clock: manualClock(), random: () => 1 }),
    retry: patient({ maxAttempts }),
  })
  // A 401 is a reason to wait only for a sign-in that was good before.
  await client.getFolder(drafts)
  const sent = () => faulty.log.slice(1).map((entry) => entry.operation)
  /** What somebody else does before the next request of that name. */
  const beforeNext = (name: string, act: () => Promise<unknown>) => before.set(name, act)
  return { client, sent, faulty, beforeNext }
}

const BUSY =
  '<m:MessageText>The server cannot service this request right now.</m:MessageText><m:ResponseCode>ErrorServerBusy</m:ResponseCode>'

/**
 * A patient client on which the members at these positions of the first request of that name are told to wait, while the
 * others are carried out. The requests that follow fail in these ways.
 */
async function clientWithBusy(
  operation: string,
  positions: readonly number[],
  more: Fault[] = [],
  { maxAttempts = 20, told = () => BUSY }: { maxAttempts?: number; told?: (position: number) => string } = {},
) {
  const bodies: string[] = []
  const faults: (Fault | undefined)[] = [undefined, ...more]
  const notices: Notice[] = []
  const faulty = faultyTransport(
    (name) => (name === operation ? faults.shift() : undefined),
    async (request) => {
      if (operationOf(request) !== operation || bodies.push(String(request.body)) > 1)
        return httpTransport(request)
      const members = String(request.body).match(MEMBER) ?? []
      const isBusy = (_: string, position: number) => positions.includes(position)
      const rest = members.filter(isBusy).reduce((body, one) => body.replace(one, ''), String(request.body))
      const answer = await httpTransport({ ...request, body: rest })
      const answers = answer.body.match(
        new RegExp(`<m:${operation}ResponseMessage[ >][\\s\\S]*?</m:${operation}ResponseMessage>`, 'g'),
      )
      const left = [...(answers ?? [])]
      const busy = (position: number) =>
        `<m:${operation}ResponseMessage ResponseClass="Error">${told(position)}</m:${operation}ResponseMessage>`
      const all = members.map((member, position) =>
        isBusy(member, position) ? busy(position) : left.shift(),
      )
      return {
        ...answer,
        body: answer.body.replace(
          /(<m:ResponseMessages>)[\s\S]*(<\/m:ResponseMessages>)/,
          `$1${all.join('')}$2`,
        ),
      }
    },
  )
  const client = new EwsClient({
    url: contoso.simulator.ews,
    auth,
    transport: faulty.transport,
    traffic: new Traffic({ clock: manualClock(), random: () => 1 }),
    retry: patient({ maxAttempts }),
    notice: (notice) => notices.push(notice),
  })
  const sent = () => faulty.log.map((entry) => entry.operation).filter((name) => name === operation)
  const settled = () => notices.filter(({ kind }) => kind === 'settled')
  const repeated = () => (bodies[1]?.match(MEMBER) ?? []).length
  return { client, sent, repeated, settled, faulty }
}
/** An id or a change in a request. */
const MEMBER = /<t:ItemChange>[\s\S]*?<\/t:ItemChange>|<t:ItemId [^>]*\/>/g

async function subjects(folder = drafts): Promise<(string | undefined)[]> {
  const found: Item[] = []
  for await (const item of clean.items.find(folder)) found.push(item)
  return found.map(({ subject }) => subject).sort()
}
const set = (id: ItemId | undefined, subject: string) => ({
  id: id as ItemId,
  type: 'Message' as const,
  set: { subject },
})
async function caught(promise: Promise<unknown>): Promise<EwsDelegatesError> {
  return promise.then(
    () => expect.unreachable(),
    (error) => error as EwsDelegatesError,
  )
}

describe.each(FAULTS)('after %s', (fault) => {
  test('DeleteItem has happened, and says so', async () => {
    const { client } = await clientWith('DeleteItem', [fault])
    expect(await client.items.delete(ids)).toMatchObject([{ ok: true }, { ok: true }])
    expect(await subjects()).toEqual([])
  })

  test('UpdateItem has happened, and says so', async () => {
    const { client } = await clientWith('UpdateItem', [fault])
    const outcomes = await client.items.update([set(ids[0], 'uno'), set({ id: ids[1]?.id as string }, 'due')])
    expect(outcomes).toMatchObject([{ ok: true }, { ok: true }])
    expect(await subjects()).toEqual(['due', 'uno'])
    // The change key that came back is good for the next change.
    const [first] = outcomes
    const next = first?.ok ? first.updated : undefined
    const again = await clean.items.update([set(next, 'eins')], { conflictResolution: 'NeverOverwrite' })
    expect(again).toMatchObject([{ ok: true }])
  })

  test('MoveItem has happened once, or it is said that it may have', async () => {
    const { client, faulty } = await clientWith('MoveItem', [fault])
    const outcomes = await client.items.move(ids, archive).catch((error: EwsDelegatesError) => error)
    await faulty.arriveNow()
    if (outcomes instanceof Error) expect(outcomes.mayHaveHappened).toBe(true)
    else
      for (const outcome of outcomes) {
        expect(outcome.ok || outcome.mayHaveHappened).toBe(true)
      }
    expect(await subjects(archive)).toEqual(['one', 'two'])
    expect(await subjects()).toEqual([])
  })
})

describe('DeleteItem', () => {
  test('is read, and sent again for what is still there alone', async () => {
    await clean.items.delete([ids[0] as ItemId])
    const { client, sent } = await clientWith('DeleteItem', ['lostBefore'])
    expect(await client.items.delete(ids)).toMatchObject([
      { ok: true, id: ids[0], confirmedByReading: true },
      { ok: true, id: ids[1] },
    ])
    expect(sent()).toEqual(['DeleteItem', 'GetItem', 'DeleteItem'])
  })

  test('is not sent again when everything is gone', async () => {
    const { client, sent } = await clientWith('DeleteItem', ['lostAfter'])
    expect(await client.items.delete(ids)).toMatchObject([
      { ok: true, confirmedByReading: true },
      { ok: true, confirmedByReading: true },
    ])
    expect(sent()).toEqual(['DeleteItem', 'GetItem'])
  })

  test('that arrives late is not refused in its repeat', async () => {
    const { client } = await clientWith('DeleteItem', ['late'])
    expect(await client.items.delete(ids)).toMatchObject([
      { ok: true, confirmedByReading: true },
      { ok: true, confirmedByReading: true },
    ])
  })

  test('that nobody repeats says that the items are still there', async () => {
    const { client } = await clientWith('DeleteItem', ['timeoutBefore'], 1)
    const error = await caught(client.items.delete(ids))
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', mayHaveHappened: true })
    expect(error.hint).toContain('the change was not there. It can still arrive')
  })
})

describe('UpdateItem', () => {
  test('is not sent again over what somebody else wrote after it', async () => {
    for (const conflictResolution of ['AutoResolve', 'NeverOverwrite'] as const) {
      const [id] = await created([{ type: 'Message', subject: 'mine to be' }])
      const { client, beforeNext } = await clientWith('UpdateItem', ['lostAfter'])
      beforeNext('GetItem', () => clean.items.update([set({ id: id?.id as string }, 'COLLEAGUE')]))
      const outcome = await client.items.update([set(id, 'MINE')], { conflictResolution }).then(
        ([one]) => one,
        (error: EwsDelegatesError) => error,
      )
      expect(outcome).toMatchObject({ mayHaveHappened: true })
      expect((await clean.items.get(id as ItemId)).subject).toBe('COLLEAGUE')
      await clean.items.delete([{ id: id?.id as string }])
    }
  })

  test('refuses the one that was written over, and confirms and repeats the others', async () => {
    const [more] = await created([{ type: 'Message', subject: 'three' }])
    const { client, sent, beforeNext } = await clientWith('UpdateItem', ['lostAfter'])
    beforeNext('GetItem', () => clean.items.update([set({ id: ids[0]?.id as string }, 'COLLEAGUE')]))
    const outcomes = await client.items.update([set(ids[0], 'uno'), set(ids[1], 'due'), set(more, 'tre')])
    expect(outcomes).toMatchObject([
      { ok: false, code: 'ErrorIrresolvableConflict', mayHaveHappened: true },
      { ok: true, confirmedByReading: true },
      { ok: true, confirmedByReading: true },
    ])
    expect(sent()).toEqual(['UpdateItem', 'GetItem'])
    expect(await subjects()).toEqual(['COLLEAGUE', 'due', 'tre'])
  })

  test('that took a property away is not sent again when it is gone', async () => {
    await clean.items.update([{ ...set(ids[0], 'one'), set: { importance: 'High', categories: ['Red'] } }])
    const { client, sent } = await clientWith('UpdateItem', ['lostAfter'])
    const change = {
      id: { id: ids[0]?.id as string },
      type: 'Message' as const,
      delete: ['categories'] as const,
    }
    expect(await client.items.update([change])).toMatchObject([{ ok: true, confirmedByReading: true }])
    expect(sent().filter((name) => name === 'UpdateItem')).toHaveLength(1)
    expect((await clean.items.get(change.id)).categories ?? []).toEqual([])
  })

  test('of one item twice in one call is not put into another order', async () => {
    const blind = { conflictResolution: 'AlwaysOverwrite' } as const
    const id = { id: ids[0]?.id as string }
    const twice = [set(id, 'first'), set(id, 'second')]
    const after = await clientWith('UpdateItem', ['lostAfter'])
    expect(await caught(after.client.items.update(twice, blind))).toMatchObject({ mayHaveHappened: true })
    expect((await clean.items.get(id)).subject).toBe('second')
    // Both are missing for sure.
    await clean.items.update([set(id, 'one')], blind)
    const { id: version } = await clean.items.get(id)
    const before = await clientWith('UpdateItem', ['lostBefore'])
    expect(
      await before.client.items.update([set(version, 'first'), set(version, 'second')], blind),
    ).toMatchObject([{ ok: true }, { ok: true }])
    expect((await clean.items.get(id)).subject).toBe('second')
  })

  test('is not sent again when the values are there', async () => {
    const { client, sent } = await clientWith('UpdateItem', ['lostAfter'])
    const outcomes = await client.items.update([
      {
        id: ids[0] as ItemId,
        type: 'Message',
        set: {
          subject: 'uno',
          body: 'First.\nSecond.',
          isRead: true,
          categories: ['Red', 'Blue'],
          toRecipients: ['Megan Bowen <meganb@contoso.com>'],
          importance: 'High',
          extendedProperties: [
            {
              path: { propertySet: 'PublicStrings', propertyName: 'Project', propertyType: 'String' },
              value: 'Apollo',
            },
          ],
        },
      },
    ])
    expect(outcomes).toMatchObject([{ ok: true, confirmedByReading: true, conflicts: 0 }])
    expect(sent()).toEqual(['UpdateItem', 'GetItem'])
  })

  test('whose item has other values is sent again, and what appends is not', async () => {
    const change = { id: { id: ids[0]?.id as string }, type: 'Message' as const }
    const [setting, appending] = [
      { ...change, set: { subject: 'uno' } },
      { ...change, append: { body: ' More.' } },
    ]
    const first = await clientWith('UpdateItem', ['lostBefore'])
    const blind = { conflictResolution: 'AlwaysOverwrite' } as const
    expect(await first.client.items.update([setting], blind)).toMatchObject([{ ok: true }])
    expect(first.sent()).toEqual(['UpdateItem', 'GetItem', 'UpdateItem'])

    const second = await clientWith('UpdateItem', ['lostAfter'])
    expect(await caught(second.client.items.update([appending], blind))).toMatchObject({
      mayHaveHappened: true,
    })
    expect(second.sent()).toEqual(['UpdateItem', 'GetItem'])
    expect((await clean.items.get(change.id)).body?.content).toBe('One. More.')
  })

  test('that appends to a version that is still there was not made, and is not sent again', async () => {
    const { client, sent } = await clientWith('UpdateItem', ['lostBefore'])
    const append = { id: ids[0] as ItemId, type: 'Message' as const, append: { body: ' More.' } }
    const error = await caught(client.items.update([append]))
    expect(error.hint).toContain('The state was read afterwards')
    expect(sent()).toEqual(['UpdateItem', 'GetItem'])
    expect((await clean.items.get(append.id)).body?.content).toBe('One.')
  })

  test('that tells attendees is never sent twice, and counts as made only where the version says so', async () => {
    const [meeting] = await created(
      [
        {
          type: 'CalendarItem',
          subject: 'Planning',
          start: '2026-12-21T09:00:00Z',
          end: '2026-12-21T10:00:00Z',
          requiredAttendees: [MEGAN],
        },
      ],
      calendar,
    )
    const change = (id: ItemId) => [{ id, type: 'CalendarItem' as const, set: { location: 'Room 1' } }]
    const tellAll = { sendMeetingInvitationsOrCancellations: 'SendToAllAndSaveCopy' } as const

    const lost = await clientWith('UpdateItem', ['lostBefore'])
    expect(await caught(lost.client.items.update(change(meeting as ItemId), tellAll))).toMatchObject({
      hint: expect.stringContaining('the change was not there'),
    })
    expect(lost.sent()).toEqual(['UpdateItem', 'GetItem'])

    const after = await clientWith('UpdateItem', ['lostAfter'])
    expect(await after.client.items.update(change(meeting as ItemId), tellAll)).toMatchObject([
      { ok: true, confirmedByReading: true },
    ])
    // Without a version it may have been in Room 1 all the time.
    const blind = await clientWith('UpdateItem', ['lostBefore'])
    const id = { id: meeting?.id as string }
    const always = { ...tellAll, conflictResolution: 'AlwaysOverwrite' } as const
    expect(await caught(blind.client.items.update(change(id), always))).toMatchObject({
      mayHaveHappened: true,
    })
    expect(blind.sent()).toEqual(['UpdateItem', 'GetItem'])
    await clean.items.delete([id], { sendMeetingCancellations: 'SendToNone' })
  })

  test('that arrives late is not taken for somebody else’s in its repeat', async () => {
    const { client } = await clientWith('UpdateItem', ['late'])
    const outcomes = await client.items.update([set(ids[0], 'uno')], { conflictResolution: 'NeverOverwrite' })
    expect(outcomes).toMatchObject([{ ok: true, confirmedByReading: true }])
  })

  test('of a version that somebody else changed is refused, with what is not known', async () => {
    await clean.items.update([set(ids[0], 'theirs')])
    const { client } = await clientWith('UpdateItem', ['lostBefore'])
    const outcomes = await client.items.update([set(ids[0], 'ours')], {
      conflictResolution: 'NeverOverwrite',
    })
    expect(outcomes).toMatchObject([{ ok: false, code: 'ErrorIrresolvableConflict', mayHaveHappened: true }])
    expect(await subjects()).toEqual(['theirs', 'two'])
  })
})

describe('MoveItem', () => {
  test('is sent again when the items are where they were', async () => {
    const { client, sent } = await clientWith('MoveItem', ['lostBefore'])
    const outcomes = await client.items.move(ids, archive)
    expect(outcomes).toMatchObject([
      { ok: true, newId: {} },
      { ok: true, newId: {} },
    ])
    expect(sent()).toEqual(['MoveItem', 'GetItem', 'MoveItem'])
  })

  test('is not when they are not, whose new ids nobody knows', async () => {
    const { client, sent } = await clientWith('MoveItem', ['lostAfter'])
    expect(await caught(client.items.move(ids, archive))).toMatchObject({ mayHaveHappened: true })
    expect(sent()).toEqual(['MoveItem', 'GetItem'])
  })
})

describe('of a batch of which some members were told to wait', () => {
  const inner =
    '<m:MessageText>x</m:MessageText><m:ResponseCode>ErrorInternalServerError</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:MessageXml><t:Value xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" Name="InnerErrorResponseCode">ErrorServerBusy</t:Value></m:MessageXml>'

  test.each([BUSY, inner])(
    'DeleteItem deletes those alone, and what was refused stays refused',
    async (told) => {
      await clean.items.delete([ids[0] as ItemId], { deleteType: 'HardDelete' })
      const { client, sent, repeated, settled } = await clientWithBusy('DeleteItem', [1], [], {
        told: () => told,
      })
      expect(await client.items.delete(ids)).toMatchObject([
        { ok: false, id: ids[0], code: 'ErrorItemNotFound' },
        { ok: true, id: ids[1] },
      ])
      expect([sent().length, repeated(), settled()]).toEqual([2, 1, []])
      expect(await subjects()).toEqual([])
    },
  )

  test('those after the one that stopped it are sent again, too', async () => {
    const stopped = BUSY.replace('ErrorServerBusy', 'ErrorBatchProcessingStopped')
    const all = [...ids, ...(await created([{ type: 'Message', subject: 'three' }]))]
    const told = (position: number) => (position === 1 ? BUSY : stopped)
    const { client, repeated } = await clientWithBusy('DeleteItem', [1, 2], [], { told })
    expect(await client.items.delete(all)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }])
    expect(repeated()).toBe(2)
  })

  test.each(['move', 'copy'] as const)('%s sends those alone', async (what) => {
    const operation = what === 'move' ? 'MoveItem' : 'CopyItem'
    const { client, repeated } = await clientWithBusy(operation, [0])
    expect(await client.items[what](ids, archive)).toMatchObject([
      { ok: true, id: ids[0], newId: {} },
      { ok: true, id: ids[1], newId: {} },
    ])
    expect(repeated()).toBe(1)
    expect(await subjects(archive)).toEqual(['one', 'two'])
  })

  test('UpdateItem appends to those alone, and to each once', async () => {
    const { client, repeated } = await clientWithBusy('UpdateItem', [1])
    const more = ids.map((id) => ({ id, type: 'Message' as const, append: { body: ' More.' } }))
    expect(await client.items.update(more)).toMatchObject([{ ok: true }, { ok: true }])
    expect(repeated()).toBe(1)
    expect((await clean.items.get({ id: ids[0]?.id as string })).body?.content).toBe('One. More.')
  })

  test('UpdateItem is left as it was answered where a later change to the same item was made', async () => {
    const id = { id: ids[0]?.id as string }
    const { client, sent } = await clientWithBusy('UpdateItem', [0])
    const outcomes = await client.items.update([set(id, 'first'), set(id, 'second')], {
      conflictResolution: 'AlwaysOverwrite',
    })
    expect(outcomes).toMatchObject([{ ok: false, code: 'ErrorServerBusy' }, { ok: true }])
    expect(sent()).toHaveLength(1)
    expect((await clean.items.get(id)).subject).toBe('second')
  })

  test('a repeat that gets lost leaves what the others were answered', async () => {
    const { client } = await clientWithBusy('MoveItem', [1], ['lostAfter'])
    expect(await client.items.move(ids, archive)).toMatchObject([
      { ok: true, id: ids[0], newId: {} },
      { ok: false, id: ids[1], code: 'ERR_CONNECTION', mayHaveHappened: true },
    ])
  })

  test('they keep the answer they had when patience ends', async () => {
    const { client, sent } = await clientWithBusy('DeleteItem', [0], [], { maxAttempts: 1 })
    const outcomes = await client.items.delete(ids)
    expect(outcomes).toMatchObject([{ ok: false, id: ids[0], code: 'ErrorServerBusy' }, { ok: true }])
    expect(outcomes[0]).not.toHaveProperty('mayHaveHappened')
    expect(sent()).toHaveLength(1)
  })

  test('a repeat that arrives late is not refused in the next', async () => {
    const { client, sent } = await clientWithBusy('DeleteItem', [0], ['late'])
    expect(await client.items.delete(ids)).toMatchObject([
      { ok: true, id: ids[0], confirmedByReading: true },
      { ok: true, id: ids[1] },
    ])
    expect(sent()).toHaveLength(3)
  })
})

test('CreateItem and CopyItem are neither repeated nor looked after', async () => {
  for (const [operation, call] of [
    ['CopyItem', (client: EwsClient) => client.items.copy(ids, archive)],
    ['CreateItem', (client: EwsClient) => client.items.create([{ type: 'Message' }], { folder: drafts })],
  ] as const) {
    const { client, sent } = await clientWith(operation, ['lostBefore'])
    expect(await caught(call(client))).toMatchObject({ mayHaveHappened: true })
    expect(sent()).toEqual([operation])
  }
})
