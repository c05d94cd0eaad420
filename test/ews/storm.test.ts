import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { EwsDelegatesError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { httpTransport } from '../../src/http/http-transport.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import type { Transport } from '../../src/http/transport.ts'
import type { DelegateLevels } from '../../src/model/delegate.ts'
import { explicitFolder } from '../../src/model/folder-target.ts'
import { DEFAULT_PASSWORD } from '../../src/simulator/index.ts'
import { type Contoso, startContoso } from '../helpers/contoso.ts'
import { FAULTS, faultyTransport, operationOf } from '../helpers/faulty-transport.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { seeded } from '../helpers/random.ts'

const WRITES = 2_000
const SHARE_OF_FAULTS = 0.3
const OWNERS = ['AllanD', 'PradeepG', 'MeganB', 'PattiF', 'AlexW', 'samanthab'].map(
  (name) => `${name}@contoso.com`,
)
const DELEGATES = ['AdeleV@contoso.com', 'danas@contoso.com', 'support@contoso.com']
const FOLDERS = ['calendar', 'inbox', 'tasks'] as const
const LEVELS = ['None', 'Reviewer', 'Author', 'Editor'] as const
/** Somebody who has rights on the folder `notes`, which no delegate is given here. */
const GUEST = 'room1@contoso.com'

let contoso: Contoso
beforeAll(async () => {
  contoso = await startContoso()
})
afterAll(() => contoso.simulator.close())

/** What a mailbox should be like, told by what its writes answered. */
interface Intended {
  readonly delegates: Map<string, Record<(typeof FOLDERS)[number], string>>
  guest: string
}

test(`${WRITES} writes with 30 % faults of every kind end as intended, each is reported truthfully, none is done twice`, async () => {
  const random = seeded(20261121)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const clock = manualClock()
  const traffic = new Traffic({ clock, random })

  /** How often the server did what one write asked for. */
  let done = new Map<string, number>()
  const counted: (mailbox: string) => Transport = (mailbox) => async (request) => {
    const response = await httpTransport(request)
    const operation = operationOf(request)
    const succeeded =
      operation === 'UpdateFolder'
        ? /ResponseClass="Success"/.test(response.body)
        : /<(?:\w+:)?DelegateUserResponseMessageType ResponseClass="Success"/.test(response.body)
    if (succeeded && /^(?:Add|Remove|UpdateFolder)/.test(operation))
      done.set(mailbox, (done.get(mailbox) ?? 0) + 1)
    return response
  }

  let faults = 0
  let lost = 0
  const seen = new Set<string>()
  const mailboxes = OWNERS.map((owner) => {
    const faulty = faultyTransport(() => {
      if (random() >= SHARE_OF_FAULTS) return undefined
      const fault = pick(FAULTS)
      faults++
      seen.add(fault)
      if (fault.endsWith('After') || fault === 'late') lost++
      return fault
    }, counted(owner))
    const client = new EwsClient({
      url: contoso.simulator.ews,
      auth: basic({ user: owner, password: DEFAULT_PASSWORD }),
      transport: faulty.transport,
      traffic,
      retry: patient({ maxWait: 1e9, maxAttempts: 60 }),
    })
    const intended: Intended = { delegates: new Map(), guest: 'None' }
    return { owner, client, faulty, intended, clean: contoso.ews(owner) }
  })

  const levels = (): DelegateLevels => ({
    [pick(FOLDERS)]: pick(LEVELS),
    [pick(FOLDERS)]: pick(LEVELS),
  })
  let writes = 0
  let undecided = 0
  const outcomesSeen = { ok: 0, refused: 0, confirmed: 0 }

  async function write({ owner, client, intended, faulty }: (typeof mailboxes)[number]): Promise<void> {
    const { delegates } = intended
    const user = pick(DELEGATES)
    const present = delegates.get(user)
    done.delete(owner)
    const kind = pick(['add', 'update', 'remove', 'folder'] as const)
    switch (kind) {
      case 'add': {
        const wanted = { calendar: 'None', inbox: 'None', tasks: 'None', ...levels() }
        const [outcome] = await client.addDelegates(owner, [{ user, permissions: wanted as DelegateLevels }])
        const same = present && FOLDERS.every((folder) => present[folder] === wanted[folder])
        if (!present) {
          expect(outcome, `${owner} adds ${user}`).toMatchObject({ ok: true })
          delegates.set(user, wanted)
        } else if (!outcome?.ok) expect(outcome?.code).toBe('ErrorDelegateAlreadyExists')
        // Reading cannot tell who made what is exactly as it was asked for.
        else expect([same, outcome.confirmedByReading]).toEqual([true, true])
        count(outcome)
        break
      }
      case 'update': {
        const change = levels()
        const [outcome] = await client.updateDelegates(owner, [{ user, permissions: change }])
        expect(outcome?.ok, `${owner} updates ${user}`).toBe(present !== undefined)
        if (present) Object.assign(present, change)
        else expect(outcome).toMatchObject({ code: 'ErrorNotDelegate' })
        count(outcome)
        break
      }
      case 'remove': {
        const [outcome] = await client.removeDelegates(owner, [user])
        if (present) {
          expect(outcome, `${owner} removes ${user}`).toMatchObject({ ok: true })
          delegates.delete(user)
        } else if (!outcome?.ok) expect(outcome?.code).toBe('ErrorNotDelegate')
        else expect(outcome.confirmedByReading).toBe(true)
        count(outcome)
        break
      }
      case 'folder': {
        const level = pick(LEVELS)
        const result = await client.updateFolderPermissions(explicitFolder('notes', owner), {
          set: [{ user: GUEST, level }],
        })
        expect(levelOfGuest(result.after.entries)).toBe(level)
        intended.guest = level
      }
    }
    // What is still under way must not change a later write's result.
    await faulty.arriveNow()
    expect(done.get(owner) ?? 0, `${owner}, write ${writes}`).toBeLessThanOrEqual(1)
  }

  function count(outcome: { ok: boolean; confirmedByReading?: true } | undefined) {
    if (!outcome?.ok) outcomesSeen.refused++
    else outcomesSeen[outcome.confirmedByReading ? 'confirmed' : 'ok']++
  }

  async function readIntended({ owner, intended, clean }: (typeof mailboxes)[number]): Promise<void> {
    const { delegates } = await clean.getDelegates(owner)
    intended.delegates.clear()
    for (const { user, permissions } of delegates) {
      const [calendar, inbox, tasks] = FOLDERS.map((folder) => permissions?.[folder] ?? 'None')
      if (user.smtpAddress)
        intended.delegates.set(user.smtpAddress, { calendar, inbox, tasks } as Record<
          string,
          string
        > as never)
    }
    const notes = await clean.getFolderPermissions(explicitFolder('notes', owner))
    intended.guest = levelOfGuest(notes.entries)
  }

  async function check({ owner, intended, clean }: (typeof mailboxes)[number]): Promise<void> {
    const { delegates } = await clean.getDelegates(owner)
    const found = Object.fromEntries(
      delegates.map(({ user, permissions }) => [
        user.smtpAddress,
        Object.fromEntries(FOLDERS.map((folder) => [folder, permissions?.[folder]])),
      ]),
    )
    expect(found).toEqual(Object.fromEntries(intended.delegates))
    const notes = await clean.getFolderPermissions(explicitFolder('notes', owner))
    expect(levelOfGuest(notes.entries)).toBe(intended.guest)
  }

  // The mailboxes run side by side and share one line to the server; each does one write after the other.
  await Promise.all(
    mailboxes.map(async (mailbox) => {
      // A 401 counts as "wait" only after a sign-in that was good.
      await mailbox.clean.getDelegates(mailbox.owner)
      while (writes < WRITES) {
        writes++
        try {
          await write(mailbox)
        } catch (error) {
          if (!(error instanceof EwsDelegatesError)) throw error
          // Given up, and what it says of the state is true: nothing, or that nobody knows.
          undecided++
          await mailbox.faulty.arriveNow()
          if (error.mayHaveHappened) await readIntended(mailbox)
        }
        if (writes % 50 === 0) await check(mailbox)
      }
    }),
  )
  done = new Map()
  for (const mailbox of mailboxes) await check(mailbox)

  expect([...seen].sort()).toEqual([...FAULTS].sort())
  expect(faults).toBeGreaterThan(WRITES * 0.5)
  expect(lost).toBeGreaterThan(WRITES * 0.1)
  expect(outcomesSeen.confirmed).toBeGreaterThan(50)
  // With this much patience next to nothing is given up.
  expect(undecided).toBeLessThan(WRITES * 0.01)
}, 120_000)

function levelOfGuest(entries: readonly { user: { smtpAddress?: string }; level: string }[]): string {
  return entries.find((entry) => entry.user.smtpAddress === GUEST)?.level ?? 'None'
}
