import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Backend } from '../../src/backends/backend.ts'
import { ConnectionError } from '../../src/errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder } from '../../src/model/delegate.ts'
import type { FolderPermission } from '../../src/model/folder-permission.ts'
import type { GrantMode } from '../../src/model/grant-mode.ts'
import { type FolderState, type Grant, type MailboxState, rightsOf } from '../../src/model/mailbox-state.ts'
import { type DelegateLevelRead, levelOf } from '../../src/model/permission-level.ts'
import type { UserIdentity } from '../../src/model/user-ref.ts'
import { auditState } from '../../src/plan/audit.ts'
import {
  describeState,
  exportMailboxes,
  writeGrantsJsonLines,
  writeGrantsYaml,
} from '../../src/plan/export.ts'
import { readGrants } from '../../src/plan/grants.ts'
import { plan } from '../../src/plan/plan.ts'
import { planOffboard } from '../../src/plan/who.ts'
import { OWNER, PEOPLE, prepare, present } from '../helpers/grants-arbitrary.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

test('whatever a mailbox grants, exporting and planning finds nothing to do', async () => {
  await fc.assert(
    fc.asyncProperty(
      present,
      fc.constantFrom('additive' as const, 'exact' as const),
      fc.constantFrom('none' as const, 'standard' as const, 'all' as const),
      fc.constantFrom(writeGrantsYaml, writeGrantsJsonLines),
      async (state, mode, folders, write) => {
        const backend = new MemoryBackend()
        prepare(backend, state)
        const [exported] = await all(exportMailboxes([OWNER], mode, { backend, folders }))
        if (!exported?.desired) throw new Error('not read')
        const content = (await all(write([exported.desired], mode))).join('')
        const name = write === writeGrantsYaml ? 'export.yaml' : 'export.jsonl'
        const { mailboxes } = await readGrants([{ name, content }])
        const [again] = await all(plan(mailboxes, { backend }))
        expect(again).toMatchObject({ steps: [], blocked: [] })
      },
    ),
    { numRuns: 200, seed: 7 },
  )
})

const NONE = Object.fromEntries(DELEGATE_FOLDERS.map((name) => [name, 'None' as const])) as Record<
  DelegateFolder,
  DelegateLevelRead
>
const entry = (user: UserIdentity, grant: Grant): FolderPermission => ({
  user,
  rights: rightsOf(grant),
  level: levelOf(rightsOf(grant), 'calendar'),
})
const DEFAULT = entry({ distinguishedUser: 'Default' }, 'None')
const folder = (name: string, ...entries: FolderPermission[]): FolderState => ({
  folder: name,
  permissions: {
    kind: name === 'calendar' ? 'calendar' : 'ordinary',
    entries: [DEFAULT, ...entries],
    unknownEntries: [],
  },
})
const ANN = { sid: 'S-1-5-21-1-2-3-1001', smtpAddress: 'ann@contoso.com' }
const LEGACY = '/o=Contoso/ou=Exchange/cn=Recipients/cn=old'

/** Reads a mailbox as it is given, whatever is asked. */
function stateBackend(state: MailboxState): Backend {
  return {
    name: 'a given state',
    read: async (_, request) => ({
      ...state,
      folders: state.folders.filter(({ folder: name }) => request.folders.includes(name)),
      missing: (state.missing ?? []).filter(({ folder: name }) => request.folders.includes(name)),
    }),
    apply: () => Promise.reject(new Error('not here')),
    refuses: () => undefined,
    isStale: () => false,
    async *listFolders() {
      for (const { folder: name } of state.folders) yield { folder: name, displayName: name }
    },
  }
}

/** Exports, writes, reads and plans. */
async function roundTrip(state: MailboxState, mode: GrantMode = 'exact') {
  const backend = stateBackend(state)
  const [exported] = await all(exportMailboxes([OWNER], mode, { backend, folders: 'all' }))
  if (!exported?.desired) throw new Error('not read')
  const content = (await all(writeGrantsYaml([exported.desired], mode))).join('')
  const { mailboxes } = await readGrants([{ name: 'export.yaml', content }])
  const [planned] = await all(plan(mailboxes, { backend }))
  return { exported, content, planned }
}

test('of two entries of one user the first is exported, the other told', async () => {
  const twice = [entry(ANN, 'Editor'), entry({ sid: ANN.sid }, 'Reviewer'), entry(ANN, 'Author')]
  for (const mode of ['additive', 'exact'] as const) {
    const { exported, planned } = await roundTrip(
      { mailbox: OWNER, delegates: [], folders: [folder('inbox', ...twice)] },
      mode,
    )
    expect(planned).toMatchObject({ steps: [], blocked: [] })
    expect(exported.notes.map(({ text }) => text)).toEqual([
      'ann@contoso.com has more than one entry; this one (Reviewer) is left out.',
      'ann@contoso.com has more than one entry; this one (Author) is left out.',
    ])
  }
})

test('an entry of None is exported for a delegate too: without it, Default applies to them', async () => {
  const delegates = [{ user: ANN, permissions: NONE }]
  const { exported, planned } = await roundTrip({
    mailbox: OWNER,
    delegates,
    folders: [folder('inbox', entry(ANN, 'None'))],
  })
  expect(exported.desired?.folders).toMatchObject([
    { permissions: [{ user: { distinguishedUser: 'Default' } }, { user: { smtpAddress: ANN.smtpAddress } }] },
  ])
  expect(planned).toMatchObject({ steps: [], blocked: [] })
})

test.each(['Owner', 'Contributor'] as const)('meeting copies beside %s on the calendar', async (level) => {
  const permissions = { ...NONE, calendar: 'Custom' as const }
  const state = {
    mailbox: OWNER,
    delegates: [{ user: ANN, permissions, receiveCopiesOfMeetingMessages: true }],
    folders: [folder('calendar', entry(ANN, level))],
  }
  const { exported, planned } = await roundTrip(state, 'additive')
  const told = exported.notes.map(({ text }) => text).join()
  // Exchange takes them where there is Editor, and the file does not say what it would not take.
  expect(exported.desired?.delegates?.[0]?.receiveCopiesOfMeetingMessages).toBe(
    level === 'Owner' || undefined,
  )
  expect(told.includes('the copies are left out')).toBe(level !== 'Owner')
  expect(planned).toMatchObject({ steps: [], blocked: [] })
})

test('who has a legacy name in place of an address is exported by SID, and noted without one', async () => {
  const { exported, content, planned } = await roundTrip({
    mailbox: OWNER,
    delegates: [
      { user: { smtpAddress: LEGACY, sid: ANN.sid }, permissions: { ...NONE, inbox: 'Editor' } },
      { user: { smtpAddress: LEGACY }, permissions: NONE },
    ],
    folders: [folder('/Projects', entry({ smtpAddress: LEGACY, sid: 'S-1-5-21-1-2-3-1002' }, 'Editor'))],
  })
  expect(content).toContain(`user: ${ANN.sid}\n`)
  expect(content).toContain('user: S-1-5-21-1-2-3-1002\n')
  expect(exported.notes.map(({ text }) => text)).toEqual([
    `The delegate ${LEGACY} has no address and no SID by which a file could name them.`,
  ])
  expect(planned?.steps).toEqual([])
})

test('what Exchange holds and takes from nobody is noted and not described', async () => {
  const { exported, planned } = await roundTrip(
    {
      mailbox: OWNER,
      delegates: [
        { user: { smtpAddress: OWNER }, permissions: NONE },
        {
          user: ANN,
          permissions: { ...NONE, calendar: 'Reviewer' },
          receiveCopiesOfMeetingMessages: true,
        },
      ],
      folders: [],
    },
    'additive',
  )
  expect(planned).toMatchObject({ steps: [], blocked: [] })
  expect(exported.notes.map(({ text }) => text)).toEqual([
    'The owner is their own delegate, which a file cannot say.',
    'ann@contoso.com receives meeting copies with Reviewer on the calendar, which Exchange takes from nobody any more; the copies are left out.',
  ])
})

test('meeting copies with rights of their own on the calendar are no change, in exact mode too', async () => {
  for (const mode of ['additive', 'exact'] as const) {
    const { planned } = await roundTrip(
      {
        mailbox: OWNER,
        delegates: [
          { user: ANN, permissions: { ...NONE, calendar: 'Custom' }, receiveCopiesOfMeetingMessages: true },
        ],
        folders: DELEGATE_FOLDERS.map((name) =>
          folder(name, ...(name === 'calendar' ? [entry(ANN, 'PublishingEditor')] : [])),
        ),
      },
      mode,
    )
    expect(planned).toMatchObject({ steps: [], blocked: [] })
  }
})

test('names of folders with line separators and leading blanks survive the file', async () => {
  const names = ['/a\u2028b', '/a\u2029  b', '/ lead', '/x: #y', '/-', '/null']
  const { planned, content } = await roundTrip({
    mailbox: OWNER,
    delegates: [],
    folders: names.map((name) => folder(name, entry(ANN, 'Editor'))),
  })
  expect(planned).toMatchObject({ steps: [], blocked: [] })
  const { mailboxes } = await readGrants([{ name: 'export.yaml', content }])
  expect([...mailboxes][0]?.folders.map(({ folder: name }) => name)).toEqual(names)
})

test('folders that could not be read are told, and a mailbox of which nothing could be read is an error', async () => {
  const missing = DELEGATE_FOLDERS.map((name) => ({
    folder: name,
    code: 'ErrorFolderNotFound',
    message: 'Not found.',
  }))
  const some = { mailbox: OWNER, delegates: [], folders: [folder('inbox')], missing: missing.slice(0, 1) }
  expect(describeState(some, 'exact', {})).toMatchObject({
    desired: { mailbox: OWNER },
    unread: ['calendar'],
    notes: [{ folder: 'calendar', text: 'It could not be read: Not found.' }],
  })
  const nothing: MailboxState = { mailbox: OWNER, folders: [], missing }
  const [exported] = await all(
    exportMailboxes([OWNER], 'exact', { backend: stateBackend(nothing), delegates: false }),
  )
  expect(exported).toMatchObject({ error: { code: 'ErrorFolderNotFound' } })
  expect(exported).not.toHaveProperty('desired')
  const [empty] = await all(
    exportMailboxes([OWNER], 'exact', {
      backend: stateBackend({ mailbox: OWNER, folders: [] }),
      delegates: false,
      folders: 'all',
    }),
  )
  expect(empty).toMatchObject({ error: { message: 'No folder of this mailbox can be seen.' } })
  // Without folders only those are looked at whose Custom has to be told.
  expect(describeState(some, 'exact', { folders: 'none' }).notes).toEqual([])
})

test('an export that is stopped ends, and does not pass for a whole one', async () => {
  const backend = stateBackend({ mailbox: OWNER, delegates: [], folders: [folder('inbox')] })
  const stopped: Backend = {
    ...backend,
    read: (mailbox, request) =>
      mailbox === OWNER
        ? backend.read(mailbox, request)
        : Promise.reject(new ConnectionError('ERR_ABORTED', 'Stopped.')),
  }
  const exported: string[] = []
  const run = async () => {
    for await (const { mailbox } of exportMailboxes([OWNER, 'b@contoso.com', 'c@contoso.com'], 'exact', {
      backend: stopped,
    }))
      exported.push(mailbox)
  }
  await expect(run()).rejects.toThrow('Stopped.')
  expect(exported).toEqual([OWNER])
})

test('somebody who was taken out has no way in of their own left but what the plan calls not possible', async () => {
  const { applyPlans } = await import('../../src/plan/apply.ts')
  await fc.assert(
    fc.asyncProperty(present, fc.constantFrom(...PEOPLE), async (state, leaver) => {
      const backend = new MemoryBackend()
      prepare(backend, state)
      const { dropOrphans } = state
      const options = { backend, folders: 'all', dropOrphans } as const
      const plans = await all(planOffboard([{ smtpAddress: leaver }], [OWNER], options))
      await all(applyPlans(plans, { backend }))
      const { access } = auditState(
        await backend.read(OWNER, { delegates: true, folders: Object.keys(backend.mailbox(OWNER).folders) }),
        { now: new Date() },
      )
      // What cannot be written is told, and nothing else is left.
      const told = new Set(plans.flatMap(({ blocked }) => blocked.map(({ folder }) => folder)))
      expect(access.filter(({ user, folder }) => user === leaver && !told.has(folder))).toEqual([])
    }),
    { numRuns: 100, seed: 7 },
  )
})
