import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { applyGrants, applyPlans, type MailboxResult } from '../../src/plan/apply.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import {
  type ExportOptions,
  exportMailboxes,
  writeGrantsJsonLines,
  writeGrantsYaml,
} from '../../src/plan/export.ts'
import { readGrants } from '../../src/plan/grants.ts'
import { Journal } from '../../src/plan/journal.ts'
import type { MailboxPlan } from '../../src/plan/mailbox-plan.ts'
import { plan } from '../../src/plan/plan.ts'
import { PlanWriter, readPlanFile } from '../../src/plan/plan-file.ts'
import { planRevert } from '../../src/plan/revert.ts'
import { collect } from '../helpers/collect.ts'
import { ambiguous, canBeWritten, desired, expected, NOW, personOf } from '../helpers/exchange-grants.ts'
import {
  bitsOf,
  change,
  FOLDERS,
  hasRights,
  isLost,
  kindOf,
  nameOf,
  OWNER,
  type Present,
  present,
  startWorld,
  type Truth,
  type World,
} from '../helpers/exchange-world.ts'

const directory = await mkdtemp(join(tmpdir(), 'properties-'))
afterAll(() => rm(directory, { recursive: true }))
let files = 0
const newFile = (ending: string) => join(directory, `${files++}.${ending}`)

/** More runs, and others, for a long look: PROPERTY_RUNS=3000 PROPERTY_SEED=7. */
const RUNS = {
  numRuns: Number(process.env.PROPERTY_RUNS ?? 40),
  seed: Number(process.env.PROPERTY_SEED ?? 42),
}
const PATIENCE = 60_000 + RUNS.numRuns * 1000

/** A fact that holds for a mailbox in whatever state, and whatever is wanted of it. */
function always<Values extends [unknown, ...unknown[]]>(
  fact: string,
  arbitraries: { [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  predicate: (...values: Values) => Promise<void>,
): void {
  test(fact, () => fc.assert(fc.asyncProperty(...arbitraries, predicate), RUNS), PATIENCE)
}

async function inWorld<T>(state: Present, work: (world: World) => Promise<T>): Promise<T> {
  const world = await startWorld(state)
  try {
    return await work(world)
  } finally {
    await world.close()
  }
}

const naming = fc.constantFrom('path' as const, 'id' as const)

function nameFolder(world: World, name: string, how: 'path' | 'id'): string {
  const found = FOLDERS.find((one) => one === name)
  if (!found) throw new Error(name)
  const folder = world.folder(found)
  if (how === 'id') return `id:${folder.id}`
  return found.startsWith('/') ? found : `/${folder.displayName}`
}

interface Wish {
  readonly wanted: DesiredMailbox
  readonly dropOrphans: boolean
}
const wish: fc.Arbitrary<Wish> = fc.record({ wanted: desired, dropOrphans: fc.boolean() })

/** What readers of files let through. */
const written = wish.filter(({ wanted }) => canBeWritten(wanted))

async function applied(
  world: World,
  { wanted, dropOrphans }: Wish,
  journal?: Journal,
): Promise<MailboxResult> {
  const options = { backend: world.backend(), now: NOW, dropOrphans, ...(journal ? { journal } : {}) }
  const [result] = await collect(applyGrants([wanted], options))
  return result as MailboxResult
}

async function planned(world: World, { wanted, dropOrphans }: Wish): Promise<MailboxPlan> {
  const [found] = await collect(plan([wanted], { backend: world.backend(), now: NOW, dropOrphans }))
  return found as MailboxPlan
}

async function made(world: World, plans: Iterable<MailboxPlan> | AsyncIterable<MailboxPlan>) {
  const [result] = await collect(applyPlans(plans, { backend: world.backend(), now: NOW }))
  return result
}

always(
  'what is described is reached, nobody else is touched, and planning again finds nothing',
  [present, wish],
  (state, wish) =>
    inWorld(state, async (world) => {
      const before = world.truth()
      const result = await applied(world, wish)
      const after = world.truth()
      const aim = expected(before, wish.wanted, wish.dropOrphans)
      expect(result.error).toBeUndefined()
      if (result.reasons.length === 0) expect(after).toEqual(aim)
      else expectBetween(after, before, aim, result.reasons)
      expectFewRequests(world, result)
      expect(await readBy(world)).toEqual({ delegates: listed(after), folders: after.folders })
      expect((await planned(world, wish)).steps).toEqual([])
    }),
)

/** What is told that it cannot be done was not done in part: everything is what it was, or what it was to become. */
function expectBetween(after: Truth, before: Truth, aim: Truth, reasons: readonly string[]): void {
  expect([before.delivery, aim.delivery]).toContain(after.delivery)
  for (const person of keysOf(before.delegates, after.delegates, aim.delegates)) {
    expect([before.delegates[person], aim.delegates[person]]).toContainEqual(after.delegates[person])
    expect([before, aim].map(({ sendOnBehalf }) => sendOnBehalf.includes(person))).toContain(
      after.sendOnBehalf.includes(person),
    )
  }
  for (const name of FOLDERS) {
    const [was, is, wanted] = [before, after, aim].map(({ folders }) => folders[name] ?? {})
    for (const who of keysOf(was, is, wanted)) {
      // Becoming or ceasing to be a delegate takes the entry away; that the folder cannot be written is told.
      const took = Object.hasOwn(before.delegates, who) !== Object.hasOwn(after.delegates, who)
      const told = reasons.some((reason) => reason.startsWith(`${name}: `))
      if (took && told && is?.[who] === undefined) continue
      expect([was?.[who], wanted?.[who]], `${name} ${who}`).toContain(is?.[who])
    }
  }
}

function keysOf(...records: (object | undefined)[]): Set<string> {
  return new Set(records.flatMap((record) => Object.keys(record ?? {})))
}

/** One read and at most one write for the list of delegates and for each folder. */
function expectFewRequests({ simulator, folder }: World, { steps }: MailboxResult): void {
  const requests = simulator.requests.operations()
  const count = (name: string) => requests.filter(({ operation }) => operation === name).length
  const folders = steps.filter(({ step }) => step.type === 'folder').length
  const delegates = steps.length - folders
  expect(count('GetDelegate')).toBeLessThanOrEqual(1)
  const writes = ['AddDelegate', 'UpdateDelegate', 'RemoveDelegate'].map(count)
  expect(writes.filter((times) => times > 1)).toEqual([])
  expect(writes.reduce((sum, times) => sum + times)).toBe(delegates)
  expect(count('UpdateFolder')).toBeLessThanOrEqual(folders)
  for (const name of FOLDERS) {
    const { id } = folder(name)
    const written = requests.filter(
      ({ operation, requestBody }) => operation === 'UpdateFolder' && requestBody.includes(id),
    )
    expect(written.length, name).toBeLessThanOrEqual(1)
  }
  // What delegates have on the six folders is looked up before they change, a list that changed with them is read
  // again before it is written, and what was written is read back.
  const again = delegates > 0 ? folders : 0
  expect(count('GetFolder')).toBeLessThanOrEqual(2 + again + (folders > 0 ? 1 : 0))
}

/** What the client reads, in the words of the store. */
async function readBy(world: World) {
  const state = await world.backend().read(OWNER, { delegates: true, folders: FOLDERS })
  const { folders } = world.truth()
  const name = (user: {
    readonly smtpAddress?: string
    readonly distinguishedUser?: string
    readonly externalUser?: string
  }) => user.distinguishedUser ?? user.smtpAddress ?? (user.externalUser ? 'external' : 'empty')
  return {
    delegates: Object.fromEntries(
      (state.delegates ?? []).map(({ user, viewPrivateItems, receiveCopiesOfMeetingMessages }) => [
        name(user),
        { viewPrivateItems, copies: receiveCopiesOfMeetingMessages },
      ]),
    ),
    folders: Object.fromEntries(
      state.folders.map(({ folder, permissions }) => [
        folder,
        Object.fromEntries([
          ...permissions.entries.map(({ user, rights }) => [name(user), bitsOf(rights, kindOf(folder))]),
          // Of these the server tells no rights.
          ...permissions.unknownEntries.map((sid) => [nameOf(sid), folders[folder]?.[nameOf(sid)]]),
        ]),
      ]),
    ),
  }
}

/** Those whom GetDelegate can show. */
function listed({ delegates, sendOnBehalf }: Truth) {
  return Object.fromEntries(Object.entries(delegates).filter(([person]) => sendOnBehalf.includes(person)))
}

always('putting a run back restores what was there', [present, wish], (state, wish) =>
  inWorld(state, async (world) => {
    const before = world.truth()
    const plans = await collect(planRevert(await journaled(world, wish)))
    const reverted = await made(world, plans)
    expectRestored(world.truth(), before, plans, reverted?.reasons ?? [])
  }),
)

async function journaled(world: World, wish: Wish): Promise<string> {
  const path = newFile('jsonl')
  const journal = await Journal.create(path)
  await applied(world, wish, journal)
  await journal.close()
  return path
}

/** All but what is told: entries, and meeting copies, that servers do not take back, and a Default without an entry. */
function expectRestored(
  after: Truth,
  before: Truth,
  plans: readonly MailboxPlan[],
  reasons: readonly string[],
): void {
  const [found, was] = [structuredClone(after), structuredClone(before)]
  const list = (truth: Truth, folder: string) => truth.folders[folder] ?? {}
  // Copies without Editor on the calendar, which Exchange takes from nobody any more: nothing that leaves them so.
  const odd = new Set<string>()
  const lessThanEditor = (person: string) =>
    !hasAll(list(before, 'calendar')[person] ?? 0, bitsOf('Editor', 'calendar'))
  for (const { kind, folder = '', user = '', text } of plans.flatMap(({ notes }) => notes)) {
    const entries = list(was, folder)
    const person = personNamed(user)
    const delegate = was.delegates[person]
    if (delegate && /the copies are left out/.test(text) && lessThanEditor(person)) delegate.copies = false
    if (kind === 'orphan') for (const who of Object.keys(entries)) if (isLost(who)) delete entries[who]
    if (kind === 'default') entries.Default = 0
  }
  for (const reason of reasons) {
    const person = personNamed(/^[^,]+, ([^:]+): /.exec(reason)?.[1] ?? '')
    const refused = /^delegate, .*ErrorDelegateValidationFailed/.test(reason)
    if (refused && before.delegates[person]?.copies && lessThanEditor(person)) odd.add(person)
    const folder = /^([^,]+), .*(?:does not take back|no entry for Default)/.exec(reason)?.[1]
    if (folder) for (const truth of [found, was]) delete list(truth, folder)[person]
    expect(folder !== undefined || odd.has(person), reason).toBe(true)
  }
  for (const person of odd) {
    for (const truth of [found, was]) {
      delete truth.delegates[person]
      for (const folder of FOLDERS) delete list(truth, folder)[person]
    }
  }
  expect(found).toEqual(was)
}

function personNamed(text: string): string {
  if (text === 'Default' || text === 'Anonymous') return text
  return personOf(text.startsWith('S-') ? { sid: text } : { smtpAddress: text })
}

function hasAll(rights: number, wanted: number): boolean {
  return (rights & wanted) === wanted
}

always('a saved plan does what applying the files does', [present, written], (state, wish) =>
  inWorld(state, (direct) =>
    inWorld(state, async (world) => {
      await applied(direct, wish)
      const { wanted, dropOrphans } = wish
      const content = (await collect(writeGrantsYaml([wanted], 'additive'))).join('')
      const { mailboxes } = await readGrants([{ name: 'grants.yaml', content }])
      const path = newFile('plan')
      const writer = await PlanWriter.create(path, { made: NOW.toISOString(), by: 'plan' })
      const options = { backend: world.backend(), now: NOW, dropOrphans }
      for await (const one of plan(mailboxes, options)) await writer.add(one)
      await writer.finish()
      await made(world, (await readPlanFile(path)).mailboxes)
      expect(world.truth()).toEqual(direct.truth())
    }),
  ),
)

const mode = fc.constantFrom('additive' as const, 'exact' as const)
const exporting = fc.record({
  delegates: fc.boolean(),
  folders: fc.constantFrom('none' as const, 'standard' as const, 'all' as const),
})

/** By way of the text of the file. */
async function exported(
  world: World,
  how: DesiredMailbox['mode'],
  options: Omit<ExportOptions, 'backend'>,
  write: typeof writeGrantsYaml,
): Promise<{ readonly wanted: DesiredMailbox | undefined; readonly told: string }> {
  const [mailbox] = await collect(exportMailboxes([OWNER], how, { ...options, backend: world.backend() }))
  const content = (await collect(write(mailbox?.desired ? [mailbox.desired] : [], how))).join('')
  const { mailboxes } = await readGrants([{ name: 'export', content }])
  return { wanted: [...mailboxes][0], told: (mailbox?.notes ?? []).map(({ text }) => text).join(' ') }
}
const writer = fc.constantFrom(writeGrantsYaml, writeGrantsJsonLines)

always(
  'planning what was exported finds nothing',
  [present, mode, exporting, writer],
  (state, how, options, write) =>
    inWorld(state, async (world) => {
      const { wanted, told } = await exported(world, how, options, write)
      // Copies without Editor are told, as no file can say them.
      if (!wanted || /the copies are left out/.test(told)) return
      const { steps, blocked } = await planned(world, { wanted, dropOrphans: false })
      expect({ steps, blocked }).toEqual({ steps: [], blocked: [] })
    }),
)

always('what was exported makes another mailbox the same', [present, present], (state, other) =>
  // Default cannot be without an entry again.
  inWorld({ ...state, withoutDefault: [] }, (world) =>
    inWorld({ ...other, entries: other.entries.filter(hasRights) }, async (copy) => {
      const { wanted, told } = await exported(world, 'exact', { folders: 'all' }, writeGrantsYaml)
      const result = await applied(copy, { wanted: wanted as DesiredMailbox, dropOrphans: true })
      if (result.reasons.length > 0 || /the copies are left out/.test(told)) return
      const same = (truth: Truth) => ({
        delivery: truth.delivery,
        delegates: listed(truth),
        folders: FOLDERS.map((name) =>
          Object.fromEntries(
            // The owner is nowhere a stranger.
            Object.entries(truth.folders[name] ?? {}).filter(([who]) => !isLost(who) && who !== OWNER),
          ),
        ),
      })
      expect(same(copy.truth())).toEqual(same(world.truth()))
    }),
  ),
)

always(
  'a saved plan writes over nothing that somebody changed since',
  [present, wish, change],
  (state, wish, { folder, trustee, grant }) =>
    inWorld(state, async (world) => {
      const saved = await planned(world, wish)
      const seen = world.truth()
      world.set(folder, trustee, grant)
      const before = world.truth()
      fc.pre(seen.folders[folder]?.[trustee] !== before.folders[folder]?.[trustee])
      const result = await made(world, [saved])
      const after = world.truth()
      expect(after.folders[folder]?.[trustee]).toBe(before.folders[folder]?.[trustee])
      if (result?.status === 'refused') expect(after).toEqual(before)
    }),
)

always(
  'putting a run back leaves alone what somebody changed since',
  [present, wish, change],
  (state, wish, { folder, trustee, grant }) =>
    inWorld(state, async (world) => {
      const path = await journaled(world, wish)
      const done = world.truth()
      world.set(folder, trustee, grant)
      const changed = world.truth().folders[folder]?.[trustee]
      fc.pre(done.folders[folder]?.[trustee] !== changed)
      await made(world, planRevert(path))
      expect(world.truth().folders[folder]?.[trustee]).toBe(changed)
    }),
)

always(
  'whoever is described by two names is told, or is made so once and for all',
  [present, ambiguous],
  (state, wanted) =>
    inWorld(state, async (world) => {
      const before = world.truth()
      const result = await applied(world, { wanted, dropOrphans: true })
      if (result.status === 'refused') expect(world.truth()).toEqual(before)
      // Where the mailbox does not show yet that it is one account, the server does.
      const known = /\((?:ErrorDelegateAlreadyExists|ErrorDuplicateUserIdsSpecified)\)/
      const errors = result.reasons.filter((reason) => /\((?:Error|ERR_)\w+\)/.test(reason))
      expect(errors.filter((reason) => !known.test(reason))).toEqual([])
      if (errors.length > 0) return
      expect((await planned(world, { wanted, dropOrphans: true })).steps).toEqual([])
    }),
)

always('a folder is the same by its path and by its id', [present, wish, naming], (state, wish, how) =>
  inWorld(state, async (world) => {
    const before = world.truth()
    const named = wish.wanted.folders.map((one) => ({ ...one, folder: nameFolder(world, one.folder, how) }))
    const result = await applied(world, { ...wish, wanted: { ...wish.wanted, folders: named } })
    const aim = expected(before, wish.wanted, wish.dropOrphans)
    if (result.reasons.length === 0) expect(world.truth()).toEqual(aim)
    const again = await planned(world, { ...wish, wanted: { ...wish.wanted, folders: named } })
    expect(again.steps).toEqual([])
  }),
)
