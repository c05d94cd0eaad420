import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import type { EwsDelegatesError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import { explicitFolder } from '../../src/model/folder-target.ts'
import { DEFAULT_PASSWORD } from '../../src/simulator/index.ts'
import { ADELE, ALLAN, type Contoso, MEGAN, PATTI, startContoso } from '../helpers/contoso.ts'
import { FAULTS, type Fault, faultyTransport } from '../helpers/faulty-transport.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const calendar = explicitFolder('calendar', ALLAN)
const auth = basic({ user: ALLAN, password: DEFAULT_PASSWORD })

let contoso: Contoso
let clean: EwsClient
beforeAll(async () => {
  contoso = await startContoso()
  clean = contoso.ews(ALLAN)
})
afterAll(() => contoso.simulator.close())
afterEach(async () => {
  const { delegates } = await clean.getDelegates(ALLAN)
  if (delegates.length > 0)
    await clean.removeDelegates(
      ALLAN,
      delegates.map(({ user }) => user.smtpAddress ?? ''),
    )
  await clean.updateDelegates(ALLAN, [], { deliverMeetingRequests: 'DelegatesAndSendInformationToMe' })
})

/** A patient client on which the operation of that name fails in these ways, one after the other. */
function clientWith(operation: string, faults: Fault[], maxAttempts = 20) {
  const faulty = faultyTransport((name) => (name === operation ? faults.shift() : undefined))
  const traffic = new Traffic({ clock: manualClock(), random: () => 1 })
  const client = new EwsClient({
    url: contoso.simulator.ews,
    auth,
    transport: faulty.transport,
    traffic,
    retry: patient({ maxAttempts }),
  })
  return { client, sent: () => faulty.log.map((entry) => entry.operation), faulty }
}

/** A 401 is a reason to wait only for a sign-in that was good before. */
async function warmed(operation: string, faults: Fault[]) {
  const made = clientWith(operation, faults)
  await made.client.getFolder(calendar)
  return made
}

const editor = { calendar: 'Editor' } as const
const levelsOf = async (user: string) => {
  const { outcomes } = await clean.getDelegates(ALLAN, { users: [user] })
  const [outcome] = outcomes
  return outcome?.ok ? outcome.delegate?.permissions : outcome?.code
}

describe.each(FAULTS)('after %s', (fault) => {
  test('AddDelegate has happened once, and says so', async () => {
    const { client } = await warmed('AddDelegate', [fault])
    const outcomes = await client.addDelegates(ALLAN, [{ user: ADELE, permissions: editor }, { user: MEGAN }])
    expect(outcomes).toMatchObject([{ ok: true }, { ok: true }])
    expect(await levelsOf(ADELE)).toMatchObject({ calendar: 'Editor', inbox: 'None' })
    expect((await clean.getDelegates(ALLAN)).delegates).toHaveLength(2)
  })

  test('UpdateDelegate has happened, and what was not named is as before', async () => {
    await clean.addDelegates(ALLAN, [{ user: ADELE, permissions: { ...editor, inbox: 'Author' } }])
    const { client } = await warmed('UpdateDelegate', [fault])
    const outcomes = await client.updateDelegates(
      ALLAN,
      [{ user: ADELE, permissions: { tasks: 'Reviewer' } }],
      {
        deliverMeetingRequests: 'DelegatesOnly',
      },
    )
    expect(outcomes).toMatchObject([{ ok: true }])
    expect(await levelsOf(ADELE)).toMatchObject({ calendar: 'Editor', inbox: 'Author', tasks: 'Reviewer' })
    expect((await clean.getDelegates(ALLAN)).deliverMeetingRequests).toBe('DelegatesOnly')
  })

  test('RemoveDelegate has happened once, and says so', async () => {
    await clean.addDelegates(ALLAN, [{ user: ADELE }, { user: MEGAN }])
    const { client } = await warmed('RemoveDelegate', [fault])
    expect(await client.removeDelegates(ALLAN, [ADELE])).toMatchObject([{ ok: true }])
    expect((await clean.getDelegates(ALLAN)).delegates.map(({ user }) => user.smtpAddress)).toEqual([MEGAN])
  })

  test('UpdateFolder has happened, and everybody else is as before', async () => {
    await clean.addDelegates(ALLAN, [{ user: MEGAN, permissions: { calendar: 'Reviewer' } }])
    const { client } = await warmed('UpdateFolder', [fault])
    const result = await client.updateFolderPermissions(calendar, { set: [{ user: ADELE, level: 'Author' }] })
    expect(result.changed).toBe(true)
    const levels = result.after.entries.map((entry) => [entry.user.smtpAddress, entry.level])
    expect(levels).toContainEqual([ADELE, 'Author'])
    expect(levels).toContainEqual([MEGAN, 'Reviewer'])
    await clean.updateFolderPermissions(calendar, { remove: [ADELE] })
  })
})

describe('what is not a success', () => {
  test('a call that is given up says so when a part of it was made', async () => {
    await clean.addDelegates(ALLAN, [{ user: ADELE, permissions: { inbox: 'Editor' } }])
    const { client } = clientWith('AddDelegate', ['gatewayAfter'], 1)
    const both = [{ user: ADELE, permissions: editor }, { user: MEGAN }]
    await expect(client.addDelegates(ALLAN, both)).rejects.toMatchObject({
      httpStatus: 504,
      mayHaveHappened: true,
      hint: expect.stringContaining('a part of the change was made'),
    })
    expect(await levelsOf(MEGAN)).toMatchObject({ calendar: 'None' })
  })

  test('who was a delegate with other levels before is still refused, and unchanged', async () => {
    await clean.addDelegates(ALLAN, [{ user: ADELE, permissions: { inbox: 'Editor' } }])
    const { client, sent } = clientWith('AddDelegate', ['lostAfter'])
    const outcomes = await client.addDelegates(ALLAN, [{ user: ADELE, permissions: editor }, { user: MEGAN }])
    expect(outcomes).toMatchObject([
      { ok: false, code: 'ErrorDelegateAlreadyExists' },
      { ok: true, confirmedByReading: true },
    ])
    expect(sent()).toEqual(['AddDelegate', 'GetDelegate', 'AddDelegate', 'GetDelegate'])
    expect(await levelsOf(ADELE)).toMatchObject({ inbox: 'Editor', calendar: 'None' })
  })

  test('an account that does not exist is refused in its place, whatever was lost', async () => {
    const { client } = clientWith('AddDelegate', ['lostAfter'])
    const users = [{ user: ADELE }, { user: 'nobody@contoso.com' }, { user: MEGAN }]
    expect(await client.addDelegates(ALLAN, users)).toMatchObject([
      { ok: true, confirmedByReading: true, user: { smtpAddress: ADELE } },
      { ok: false, user: { smtpAddress: 'nobody@contoso.com' } },
      { ok: true, confirmedByReading: true, user: { smtpAddress: MEGAN } },
    ])
  })

  test('an update of somebody who is no delegate is refused', async () => {
    const { client } = clientWith('UpdateDelegate', ['lostAfter'])
    expect(await client.updateDelegates(ALLAN, [{ user: PATTI, permissions: editor }])).toMatchObject([
      { ok: false, code: 'ErrorNotDelegate' },
    ])
  })

  test('a folder that somebody else changed meanwhile is read and edited again, not overwritten', async () => {
    let disturbed = false
    const faulty = faultyTransport((operation) => {
      if (operation !== 'UpdateFolder' || disturbed) return undefined
      disturbed = true
      return 'lostBefore'
    })
    const client = new EwsClient({
      url: contoso.simulator.ews,
      auth,
      traffic: new Traffic({ clock: manualClock() }),
      retry: patient(),
      transport: async (request) => {
        const reads = faulty.log.filter(({ operation }) => operation === 'GetFolder').length
        if (disturbed && reads === 1)
          await clean.updateFolderPermissions(calendar, { set: [{ user: PATTI, level: 'Reviewer' }] })
        return faulty.transport(request)
      },
    })
    const result = await client.updateFolderPermissions(calendar, { set: [{ user: ADELE, level: 'Author' }] })
    const levels = result.after.entries.map((entry) => [entry.user.smtpAddress, entry.level])
    expect(levels).toContainEqual([PATTI, 'Reviewer'])
    expect(levels).toContainEqual([ADELE, 'Author'])
    expect(faulty.log.map(({ operation }) => operation)).toEqual([
      'GetFolder',
      'UpdateFolder',
      'GetFolder',
      'GetFolder',
      'UpdateFolder',
      'GetFolder',
    ])
    await clean.updateFolderPermissions(calendar, { remove: [ADELE, PATTI] })
  })

  test('an update of the delivery alone is looked after too', async () => {
    const { client, sent } = clientWith('UpdateDelegate', ['lostBefore', 'lostAfter'])
    expect(await client.updateDelegates(ALLAN, [], { deliverMeetingRequests: 'NoForward' })).toEqual([])
    expect(sent()).toEqual(['UpdateDelegate', 'GetDelegate', 'UpdateDelegate', 'GetDelegate'])
    expect((await clean.getDelegates(ALLAN)).deliverMeetingRequests).toBe('NoForward')
  })

  test('when every answer is lost and patience ends, the error tells what was read at the end', async () => {
    const { client } = clientWith('AddDelegate', ['lostBefore', 'lostBefore', 'lostBefore'], 3)
    const error = await client.addDelegates(ALLAN, [{ user: ADELE }]).catch((each: EwsDelegatesError) => each)
    expect(error).toMatchObject({ code: 'ERR_CONNECTION', mayHaveHappened: true })
    expect((error as EwsDelegatesError).hint).toContain('was not there')
    const lucky = clientWith('AddDelegate', ['lostBefore', 'lostBefore', 'lostAfter'], 3)
    expect(await lucky.client.addDelegates(ALLAN, [{ user: ADELE }])).toMatchObject([{ ok: true }])
  })
})
