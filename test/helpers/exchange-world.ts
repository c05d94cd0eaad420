import fc from 'fast-check'
import { basic } from '../../src/auth/basic.ts'
import type { Backend } from '../../src/backends/backend.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { DELEGATE_FOLDERS, DELIVER_MEETING_REQUESTS } from '../../src/model/delegate.ts'
import type { Grant } from '../../src/model/mailbox-state.ts'
import {
  DELEGATE_LEVELS,
  type FolderKind,
  NAMED_LEVELS,
  READ_ACCESS,
} from '../../src/model/permission-level.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { Directory } from '../../src/simulator/store/directory.ts'
import type { Folder } from '../../src/simulator/store/folder.ts'
import type { Mailbox } from '../../src/simulator/store/mailbox.ts'
import type { Trustee } from '../../src/simulator/store/permission-table.ts'
import { rightsOf, rightsOfLevel } from '../../src/simulator/store/rights.ts'
import { completeTenant } from '../../src/simulator/tenant-file.ts'
import { anyRights } from './rights-arbitrary.ts'

/*
 * One mailbox of the embedded Exchange, in whatever state mailboxes are found in, and what its store holds, told
 * without the client: no reading, no comparison and no table of levels of the library has a part in it.
 */

export const OWNER = 'owner@contoso.com'
export const PEOPLE = ['ann', 'ben', 'cleo', 'dan'].map((name) => `${name}@contoso.com`)
/** A security group; it can stand in a folder's list. */
export const GROUP = 'sales@contoso.com'
/** An account that is deleted when the mailbox is ready. */
const LEAVER = 'leaver@contoso.com'
/** Known to the mailbox or to the directory alone as a delegate, which servers show as a problem without a name. */
const HALF = 'eve@contoso.com'
const PASSWORD = 'Delegate-123'
const ORPHAN = 'S-1-5-21-1-2-3-4'

export function aliasOf(person: string): string {
  return person.replace('@', '.alias@')
}

const TENANT = completeTenant({
  domain: 'contoso.com',
  password: PASSWORD,
  mailboxes: [
    { address: OWNER },
    { address: 'admin@contoso.com' },
    { address: LEAVER },
    { address: HALF },
    ...PEOPLE.map((address) => ({ address, aliases: [aliasOf(address)] })),
  ],
  groups: [{ address: GROUP, kind: 'security', members: [PEOPLE[0] as string] }],
  administrators: ['admin@contoso.com'],
})
const DIRECTORY = new Directory(TENANT)

/** Of anybody, also of whoever is deleted by then. */
export function sidOf(address: string): string {
  return DIRECTORY.find(address)?.sid ?? ''
}
export const LEAVER_SID = sidOf(LEAVER)

/** Folders by the name that grants files use; the last is a calendar of its own in a folder. */
export const FOLDERS = [...DELEGATE_FOLDERS, 'sentitems', '/Projects', '/Projects/Plans'] as const
export type FolderKey = (typeof FOLDERS)[number]

export function kindOf(folder: string): FolderKind {
  return folder === 'calendar' || folder === '/Projects/Plans' ? 'calendar' : 'ordinary'
}

/** The store's own bits of a grant. */
export function bitsOf(grant: Grant, kind: FolderKind): number {
  return typeof grant === 'string' ? rightsOfLevel(grant, kind) : rightsOf(grant, kind)
}

export function grantFor(folder: string): fc.Arbitrary<Grant> {
  const calendar = kindOf(folder) === 'calendar'
  const levels = NAMED_LEVELS.filter((level) => calendar || !level.startsWith('FreeBusy'))
  const readItems = calendar ? READ_ACCESS : (['None', 'FullDetails'] as const)
  const rights = anyRights(readItems)
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...levels) }, { weight: 1, arbitrary: rights })
}

/** Whom an entry is for: an address, `Default` or `Anonymous`. */
const anyTrustee = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PEOPLE) },
  { weight: 2, arbitrary: fc.constantFrom('Default', 'Anonymous') },
  { weight: 2, arbitrary: fc.constantFrom(GROUP, OWNER, LEAVER) },
)

const anyEntry = fc
  .constantFrom(...FOLDERS)
  .chain((folder) => fc.record({ folder: fc.constant(folder), trustee: anyTrustee, grant: grantFor(folder) }))

/** Mostly none. */
const fewFolders = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...FOLDERS), { maxLength: 2 }) },
)

/** What is in the mailbox before anything is planned. */
export const present = fc.record({
  delivery: fc.constantFrom(...DELIVER_MEETING_REQUESTS),
  /** Before anybody is a delegate, so that a delegate's levels replace them. */
  entriesBefore: fc.array(anyEntry, { maxLength: 3 }),
  delegates: fc.uniqueArray(
    fc.record({
      user: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...PEOPLE) },
        { weight: 1, arbitrary: fc.constant(LEAVER) },
      ),
      levels: fc.array(fc.constantFrom(...DELEGATE_LEVELS), { minLength: 6, maxLength: 6 }),
      viewPrivateItems: fc.boolean(),
      copies: fc.boolean(),
    }),
    { selector: ({ user }) => user, maxLength: 3 },
  ),
  /** Afterwards: delegates with rights that no delegate level has. */
  entries: fc.array(anyEntry, { maxLength: 6 }),
  unknown: fewFolders,
  external: fewFolders,
  empty: fewFolders,
  withoutDefault: fewFolders,
  half: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('mailbox' as const, 'directory' as const) },
  ),
})
export type Present = typeof present extends fc.Arbitrary<infer Value> ? Value : never

/** To the list of delegates, an entry without rights is the same as none. */
export function hasRights({ folder, grant }: { readonly folder: string; readonly grant: Grant }): boolean {
  return bitsOf(grant, kindOf(folder)) !== 0
}

/** What a colleague does meanwhile. */
export const change = fc
  .constantFrom(...FOLDERS)
  .chain((folder) =>
    fc.record({
      folder: fc.constant(folder),
      trustee: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...PEOPLE) },
        { weight: 1, arbitrary: fc.constantFrom('Default', GROUP) },
      ),
      grant: grantFor(folder),
    }),
  )
  .filter(hasRights)

export interface World {
  readonly simulator: Simulator
  readonly mailbox: Mailbox
  /** As a run has it: what it learned of one mailbox it knows for the next. */
  backend(): Backend
  folder(name: FolderKey): Folder
  /** What the store holds. */
  truth(): Truth
  /** Gives, or takes from, somebody an entry, as a colleague with Outlook does. */
  set(folder: FolderKey, trustee: string, grant: Grant | undefined): void
  close(): Promise<void>
}

/** What the store holds, by names that are the same in every world. */
export interface Truth {
  readonly delivery: string
  readonly delegates: Record<string, { viewPrivateItems: boolean; copies: boolean }>
  readonly sendOnBehalf: string[]
  /** Folder -> whom -> the bits of the rights. */
  readonly folders: Record<string, Record<string, number>>
}

export async function startWorld(state?: Present): Promise<World> {
  const simulator = await startSimulator({ tenant: TENANT })
  const { directory } = simulator.exchange
  const recipient = (address: string) => {
    const found = directory.find(address)
    if (!found) throw new Error(`${address} is nobody.`)
    return found
  }
  const owner = recipient(OWNER)
  const mailbox = simulator.exchange.mailboxOf(owner) as Mailbox
  const top = mailbox.distinguished('msgfolderroot') as Folder
  const projects = mailbox.createFolder(top, { displayName: 'Projects', folderClass: 'IPF.Note' })
  const plans = mailbox.createFolder(projects, { displayName: 'Plans', folderClass: 'IPF.Appointment' })
  const folder = (name: FolderKey): Folder =>
    name === '/Projects'
      ? projects
      : name === '/Projects/Plans'
        ? plans
        : (mailbox.distinguished(name) as Folder)
  const world: World = {
    simulator,
    mailbox,
    folder,
    backend: () => {
      const client = new EwsClient({
        url: simulator.ews,
        auth: basic({ user: 'admin@contoso.com', password: PASSWORD }),
        impersonate: OWNER,
      })
      return ewsBackend({ clientFor: () => client })
    },
    truth: () => truthOf(world),
    set(name, who, grant) {
      const { permissions } = folder(name)
      const trustee = trusteeOf(who)
      if (grant === undefined) permissions.remove(trustee)
      else permissions.set(trustee, bitsOf(grant, kindOf(name)))
      folder(name).touch()
    },
    close: () => simulator.close(),
  }
  if (state) prepare(world, state)
  return world
}

function prepare(world: World, state: Present): void {
  const { mailbox, simulator } = world
  const { directory } = simulator.exchange
  const owner = mailbox.owner
  for (const { folder, trustee, grant } of state.entriesBefore) world.set(folder, trustee, grant)
  for (const { user, levels, viewPrivateItems, copies } of state.delegates) {
    const account = directory.find(user)
    if (!account) throw new Error(`${user} is nobody.`)
    const wanted = Object.fromEntries(DELEGATE_FOLDERS.map((name, index) => [name, levels[index]]))
    const outcome = mailbox.delegates.add(account, {
      // Copies need Editor on the calendar; entries can take it away again, as Outlook of old did.
      levels: { ...wanted, ...(copies ? { calendar: 'Editor' } : {}) },
      viewPrivateItems,
      receiveCopiesOfMeetingMessages: copies,
    })
    if (!outcome.ok) throw new Error(`${user}: ${outcome.code}`)
  }
  for (const { folder, trustee, grant } of state.entries) world.set(folder, trustee, grant)
  mailbox.deliverMeetingRequests = state.delivery
  const half = directory.find(HALF)
  if (half && state.half === 'directory') directory.grant(owner, half, 'SendOnBehalf')
  if (half && state.half === 'mailbox') {
    mailbox.delegates.add(half, { levels: { inbox: 'Reviewer' } })
    directory.revoke(owner, half, 'SendOnBehalf')
  }
  for (const name of state.unknown) {
    world.folder(name).permissions.set({ kind: 'account', sid: ORPHAN }, bitsOf('Editor', kindOf(name)))
  }
  for (const name of state.external) {
    const trustee: Trustee = { kind: 'external', identity: 'Owner@local' }
    world.folder(name).permissions.set(trustee, bitsOf('Reviewer', kindOf(name)))
  }
  for (const name of state.empty) {
    world.folder(name).permissions.set({ kind: 'empty' }, bitsOf('Reviewer', kindOf(name)))
  }
  for (const name of state.withoutDefault) world.folder(name).permissions.remove({ kind: 'default' })
  const leaver = directory.find(LEAVER)
  if (leaver) directory.delete(leaver)
}

function trusteeOf(who: string): Trustee {
  if (who === 'Default') return { kind: 'default' }
  if (who === 'Anonymous') return { kind: 'anonymous' }
  return { kind: 'account', sid: sidOf(who) }
}

/** The address that a SID had when everybody was there. */
export function nameOf(sid: string): string {
  return DIRECTORY.findBySid(sid)?.address ?? sid
}

function truthOf({ mailbox, folder, simulator }: World): Truth {
  return {
    delivery: mailbox.deliverMeetingRequests,
    delegates: Object.fromEntries(
      mailbox.delegates
        .save()
        .map(({ sid, viewPrivateItems, receiveCopiesOfMeetingMessages }) => [
          nameOf(sid),
          { viewPrivateItems, copies: receiveCopiesOfMeetingMessages },
        ]),
    ),
    sendOnBehalf: simulator.exchange.directory
      .trustees(mailbox.owner, 'SendOnBehalf')
      .map(({ address }) => address)
      .sort(),
    folders: Object.fromEntries(
      FOLDERS.map((name) => [
        name,
        Object.fromEntries(
          folder(name)
            .permissions.entries()
            .map(({ trustee, rights }) => [
              trustee.kind === 'account'
                ? nameOf(trustee.sid)
                : trustee.kind === 'default'
                  ? 'Default'
                  : trustee.kind === 'anonymous'
                    ? 'Anonymous'
                    : trustee.kind,
              rights,
            ]),
        ),
      ]),
    ),
  }
}

/** Entries that servers show and do not take back. */
export function isLost(who: string): boolean {
  return who === 'external' || who === 'empty' || who === ORPHAN || who === LEAVER
}
