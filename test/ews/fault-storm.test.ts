import nock from 'nock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { EwsDelegatesError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { Traffic } from '../../src/http/traffic.ts'
import type { DelegateLevels } from '../../src/model/delegate.ts'
import { explicitFolder } from '../../src/model/folder-target.ts'
import { FAULT_KINDS, type Fault } from '../../src/simulator/faults/fault.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import type { Mailbox } from '../../src/simulator/store/mailbox.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { seeded } from '../helpers/random.ts'

// The client against the embedded Exchange, over sockets, with the faults that it makes on command. What is meant to
// be is computed without asking anybody; what was done is counted in the store.

const WRITES = 2_000
const SHARE_OF_FAULTS = 0.3
const SEED = 20270401
const PASSWORD = 'storm-Password-1'
const DOMAIN = 'contoso.com'
const address = (name: string) => `${name}@${DOMAIN}`
const OWNERS = ['anna', 'bert', 'cleo', 'dirk', 'emma', 'finn', 'gina', 'hugo'].map(address)
const PEOPLE = ['piet', 'qara', 'rosa', 'sven'].map(address)
const LEVELS = ['None', 'Reviewer', 'Author', 'Editor'] as const
type Level = (typeof LEVELS)[number]
const DELEGATE_FOLDERS = ['calendar', 'inbox', 'tasks'] as const
/** Longer than any answer takes here, and shorter than the slowest of the slow bodies. */
const TIMEOUT_MS = 6_000

/** Each but the first few strikes an equal share of all requests. */
const FAULTS: readonly Fault[] = [
  { kind: 'busy', backOff: 2_000 },
  { kind: 'busy', retryAfter: 2 },
  { kind: 'busy' },
  { kind: 'busy', backOff: 500, inMessages: true },
  { kind: 'exceededConnections' },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 429, retryAfter: 1 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 500, when: 'after' },
  { kind: 'status', status: 500, body: 'html', when: 'after' },
  { kind: 'status', status: 502, when: 'after' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 503, retryAfter: 3 },
  { kind: 'status', status: 504, when: 'after' },
  { kind: 'redirect' },
  { kind: 'redirect', when: 'after' },
  { kind: 'truncate' },
  { kind: 'truncate', keep: 0.9, ending: 'clean' },
  { kind: 'drop' },
  { kind: 'drop', when: 'after' },
  { kind: 'slow', milliseconds: 30 },
  { kind: 'garbage' },
  { kind: 'garbage', when: 'after' },
  { kind: 'garbage', what: 'bytes', when: 'after' },
  { kind: 'garbage', what: 'empty', when: 'after' },
  { kind: 'garbage', what: 'json', when: 'after' },
  { kind: 'garbage', what: 'contentType', when: 'after' },
  { kind: 'garbage', what: 'brokenGzip', when: 'after' },
  { kind: 'gzip' },
]

/** Of several faults the first that strikes counts, so each gets its share of what those before it leave. */
function evenly(faults: readonly Fault[], share: number): Fault[] {
  const each = share / faults.length
  return faults.map((fault, index) => ({ ...fault, share: each / (1 - each * index) }))
}

let exchange: Simulator
beforeAll(async () => {
  // Its sockets would stand between, and take most of the time.
  nock.restore()
  exchange = await startSimulator({
    tenant: {
      domain: DOMAIN,
      password: PASSWORD,
      mailboxes: [...OWNERS, ...PEOPLE].map((each) => ({ address: each })),
    },
  })
})
afterAll(async () => {
  await exchange.close()
  nock.activate()
})

/** What one write did in the store: `add piet@contoso.com`, each as often as it was done. */
type Done = Map<string, number>

/** One thing after the other; lanes run side by side, two of them in each mailbox. */
interface Lane {
  readonly owner: string
  /** What the present write has done so far. */
  done: Done
  /** The next write: what is sent, and what has to be true of its result. */
  readonly next: () => Write
  /** Compares the mailbox with what is meant to be. */
  readonly check: () => void
}

interface Write {
  readonly what: string
  readonly send: () => Promise<void>
  /** For a write that was given up with `mayHaveHappened`: has it been done? */
  readonly isDone: () => boolean
  /** Afterwards this is what is meant to be. */
  readonly commit: () => void
}

test(`${WRITES} writes with 30 % faults on command end as intended, each is reported truthfully, none is done twice`, async () => {
  const log: LoggedRequest[] = []
  const keep = exchange.requests.add.bind(exchange.requests)
  exchange.requests.add = (entry) => {
    log.push({ ...entry, requestBody: '', responseBody: '', requestHeaders: {} })
    keep(entry)
  }
  const traffic = new Traffic({ clock: manualClock(), random: seeded(SEED), perHost: 16 })
  const clients = new Map(
    OWNERS.map((owner) => [
      owner,
      new EwsClient({
        url: exchange.ews,
        auth: basic({ user: owner, password: PASSWORD }),
        traffic,
        timeoutMs: TIMEOUT_MS,
        retry: patient({ maxWait: 1e9, maxAttempts: 60 }),
      }),
    ]),
  )
  const lanes = OWNERS.flatMap((owner, index) => {
    const client = clients.get(owner) as EwsClient
    const mailbox = mailboxOf(owner)
    return [
      delegateLane(owner, client, mailbox, seeded(SEED + index)),
      folderLane(owner, client, mailbox, seeded(SEED + 100 + index)),
    ]
  })
  // A 401 counts as "wait" only after a sign-in that was good.
  for (const [owner, client] of clients) await client.getDelegates(owner)

  exchange.faults.replace({
    seed: SEED,
    faults: [
      { kind: 'latency', milliseconds: 1, jitter: 4, share: 0.05 },
      { kind: 'latency', milliseconds: 1, jitter: 4, share: 0.05, when: 'after' },
      // One body that never comes to its end in each of some mailboxes, of a write that was carried out.
      ...['AddDelegate', 'UpdateDelegate', 'RemoveDelegate', 'UpdateFolder'].map(
        (operation, index): Fault => ({
          kind: 'slow',
          milliseconds: TIMEOUT_MS * 5,
          operation,
          mailbox: OWNERS[index] as string,
          skip: 2,
          count: 1,
        }),
      ),
      ...evenly(FAULTS, SHARE_OF_FAULTS - 0.05),
    ],
  })
  log.length = 0

  const told = { done: 0, refused: 0, inDoubt: 0 }
  await Promise.all(
    lanes.map(async (lane) => {
      for (let count = 0; count < WRITES / lanes.length; count++) {
        const write = lane.next()
        for (;;) {
          lane.done = new Map()
          const failure = await write.send().then(
            () => undefined,
            (error: unknown) => error,
          )
          expect(
            [...lane.done].filter(([, times]) => times > 1),
            `${write.what} is done once`,
          ).toEqual([])
          if (failure === undefined) {
            told.done++
            break
          }
          // Given up, with a word on whether it happened; then somebody looks, and repeats what was not done.
          if (!(failure instanceof EwsDelegatesError)) throw failure
          if (failure.mayHaveHappened) {
            told.inDoubt++
            if (write.isDone()) break
          } else {
            told.refused++
            expect([...lane.done], `${write.what} was not done: ${failure.message}`).toEqual([])
          }
        }
        write.commit()
        if (count % 25 === 24) lane.check()
      }
    }),
  )
  for (const lane of lanes) lane.check()

  // It was a storm, of every kind, and calls ran side by side in it.
  const struck = exchange.faults.list()
  expect(struck.filter(({ struck: times }) => times === 0).map(({ fault }) => fault)).toEqual([])
  expect(new Set(struck.map(({ fault }) => fault.kind))).toEqual(new Set(FAULT_KINDS))
  expect(log.filter(({ fault }) => fault).length / log.length).toBeGreaterThan(SHARE_OF_FAULTS - 0.03)
  const changes = log.filter(({ operation = '' }) => /^(?:Add|Update|Remove)/.test(operation))
  const answersLost = changes.filter(({ fault }) => fault?.carriedOut && fault.kind !== 'latency')
  expect(changes.length).toBeGreaterThan(WRITES)
  expect(answersLost.length).toBeGreaterThan(WRITES * 0.1)
  expect(told.done).toBeGreaterThan(WRITES * 0.9)
  expect(told.refused).toBeGreaterThan(0)
}, 120_000)

function mailboxOf(owner: string): Mailbox {
  const { directory } = exchange.exchange
  const recipient = directory.find(owner)
  const mailbox = recipient && exchange.exchange.mailboxOf(recipient)
  if (!mailbox) throw new Error(`${owner} has no mailbox.`)
  return mailbox
}

interface DelegateModel {
  readonly levels: Record<(typeof DELEGATE_FOLDERS)[number], Level>
  viewPrivateItems: boolean
}

/** Delegates come, change and go; some writes are to be refused. */
function delegateLane(owner: string, client: EwsClient, mailbox: Mailbox, random: () => number): Lane {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const { directory } = exchange.exchange
  const sidOf = (user: string) => directory.find(user)?.sid ?? ''
  const model = new Map<string, DelegateModel>()
  const list = mailbox.delegates
  for (const method of ['add', 'update', 'remove'] as const) {
    const real = list[method].bind(list) as (...args: never[]) => ReturnType<typeof list.add>
    list[method] = (...args: never[]) => {
      const outcome = real(...args)
      if (outcome.ok) count(lane.done, `${method} ${outcome.delegate.sid}`)
      return outcome
    }
  }
  const found = (user: string): DelegateModel | undefined => {
    const state = list.find(sidOf(user))
    return (
      state && {
        levels: Object.fromEntries(
          DELEGATE_FOLDERS.map((folder) => [folder, list.level(state.sid, folder)]),
        ) as DelegateModel['levels'],
        viewPrivateItems: state.viewPrivateItems,
      }
    )
  }
  const timesDone = (method: string, user: string) => lane.done.get(`${method} ${sidOf(user)}`) ?? 0

  /** Some users and what is to become of each; undefined for those who are to be refused. */
  function write(
    method: 'add' | 'update' | 'remove',
    users: readonly string[],
    intended: ReadonlyMap<string, DelegateModel | undefined>,
    send: () => ReturnType<EwsClient['addDelegates']>,
    refusal: string,
  ): Write {
    const isAsIntended = (user: string) => same(found(user), intended.get(user))
    const refused = users.filter((user) => (method === 'add') === model.has(user))
    return {
      what: `${owner}: ${method} ${users.join(', ')}`,
      async send() {
        const outcomes = await send()
        expect(outcomes).toHaveLength(users.length)
        for (const [index, user] of users.entries()) {
          const [outcome, times] = [outcomes[index], timesDone(method, user)]
          const about = `${owner}: ${method} ${user}, ${JSON.stringify(outcome)}`
          expect(isAsIntended(user), about).toBe(true)
          if (!outcome?.ok) {
            expect([refused.includes(user), outcome?.code, times], about).toEqual([true, refusal, 0])
          } else if (same(intended.get(user), model.get(user))) {
            // Nothing to do; and reading cannot tell who made what is exactly as it was asked for.
            if (!outcome.confirmedByReading)
              expect([times, refused.includes(user)], about).toEqual([1, false])
          } else expect(times, about).toBe(1)
        }
      },
      isDone: () => users.every((user) => refused.includes(user) || timesDone(method, user) === 1),
      commit() {
        for (const user of users) {
          const state = intended.get(user)
          if (state) model.set(user, state)
          else model.delete(user)
        }
      },
    }
  }

  const lane: Lane = {
    owner,
    done: new Map(),
    next() {
      const users = random() < 0.25 ? [...PEOPLE].sort(() => random() - 0.5).slice(0, 2) : [pick(PEOPLE)]
      const method = pick(['add', 'update', 'remove'] as const)
      const intended = new Map(model)
      if (method === 'remove') {
        for (const user of users) intended.delete(user)
        return write(method, users, intended, () => client.removeDelegates(owner, users), 'ErrorNotDelegate')
      }
      const inputs = users.map((user) => {
        const levels: Partial<Record<(typeof DELEGATE_FOLDERS)[number], Level>> = {
          [pick(DELEGATE_FOLDERS)]: pick(LEVELS),
          [pick(DELEGATE_FOLDERS)]: pick(LEVELS),
        }
        const viewPrivateItems = random() < 0.5
        const present = model.get(user)
        if (method === 'add' && !present) {
          const none = { calendar: 'None', inbox: 'None', tasks: 'None' } as const
          intended.set(user, { levels: { ...none, ...levels }, viewPrivateItems })
        } else if (method === 'update' && present)
          intended.set(user, { levels: { ...present.levels, ...levels }, viewPrivateItems })
        return { user, permissions: levels as DelegateLevels, viewPrivateItems }
      })
      return method === 'add'
        ? write(
            method,
            users,
            intended,
            () => client.addDelegates(owner, inputs),
            'ErrorDelegateAlreadyExists',
          )
        : write(method, users, intended, () => client.updateDelegates(owner, inputs), 'ErrorNotDelegate')
    },
    check() {
      const all = new Map(PEOPLE.flatMap((user) => (found(user) ? [[user, found(user)]] : [])))
      expect(Object.fromEntries(all), owner).toEqual(Object.fromEntries(model))
    },
  }
  return lane
}

/** Permissions of a folder that no delegate operation touches: people and Default come, change and go. */
function folderLane(owner: string, client: EwsClient, mailbox: Mailbox, random: () => number): Lane {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const { directory } = exchange.exchange
  const folder = mailbox.distinguished('sentitems')
  if (!folder) throw new Error('There is no folder for sent items.')
  const { permissions } = folder
  const replace = permissions.replace.bind(permissions)
  permissions.replace = (entries) => {
    replace(entries)
    count(lane.done, 'replace')
  }
  const rightsOf = new Map<string, number>()
  let model = new Map<string, Level>(PEOPLE.map((user) => [user, 'None']))
  const target = explicitFolder('sentitems', owner)

  const lane: Lane = {
    owner,
    done: new Map(),
    next() {
      const user = pick(PEOPLE)
      const level = pick(LEVELS)
      const intended = new Map(model).set(user, level)
      const isSame = intended.get(user) === model.get(user)
      const takesAway = level === 'None'
      return {
        what: `${owner}: ${user} has ${level} on the sent items`,
        async send() {
          const { changed, after } = await client.updateFolderPermissions(
            target,
            takesAway ? { remove: [user] } : { set: [{ user, level }] },
          )
          expect([changed, lane.done.get('replace') ?? 0]).toEqual([!isSame, isSame ? 0 : 1])
          const entry = after.entries.find((each) => each.user.smtpAddress === user)
          expect(entry?.level ?? 'None').toBe(level)
        },
        isDone: () => isSame || lane.done.get('replace') === 1,
        commit() {
          model = intended
          rightsOf.set(level, permissions.rightsOfAccount(directory.find(user)?.sid ?? '') ?? 0)
        },
      }
    },
    check() {
      for (const [user, level] of model) {
        const rights = permissions.rightsOfAccount(directory.find(user)?.sid ?? '') ?? 0
        expect(rights, `${owner}: ${user}`).toBe(level === 'None' ? 0 : rightsOf.get(level))
      }
      // Nobody was lost, and nobody came along.
      const entries = permissions.entries().map(({ trustee }) => trustee.kind)
      const expected = [...model.values()].filter((level) => level !== 'None').length
      expect(entries.filter((kind) => kind === 'account')).toHaveLength(expected)
      expect(entries).toEqual(expect.arrayContaining(['default', 'anonymous']))
    },
  }
  return lane
}

function count(done: Done, what: string): void {
  done.set(what, (done.get(what) ?? 0) + 1)
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
