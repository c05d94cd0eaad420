import { beforeEach, describe, expect, test } from 'vitest'
import type { FolderState, MailboxState } from '../../src/model/mailbox-state.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { plan } from '../../src/plan/plan.ts'
import { withDelegateFolders, withWellKnownNames } from '../../src/plan/well-known-names.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const folder = (name: string, id: string): FolderState => ({
  folder: name,
  id,
  permissions: { kind: 'ordinary', entries: [], unknownEntries: [] },
})
const desired = (mode: DesiredMailbox['mode'], ...names: string[]): DesiredMailbox => ({
  mailbox: 'owner@contoso.com',
  mode,
  folders: names.map((name) => ({ folder: name, permissions: [] })),
})
const state: MailboxState = {
  mailbox: 'owner@contoso.com',
  folders: [
    folder('tasks', 'AAT'),
    folder('/Tasks', 'AAT'),
    folder('id:AAT', 'AAT'),
    folder('/Projects', 'AAP'),
  ],
}

test.each(['/Tasks', 'id:AAT'])('%s is known for the folder it is, and read once', (name) => {
  const named = withWellKnownNames(
    {
      ...state,
      folders: state.folders.filter(({ folder }) => ['tasks', name, '/Projects'].includes(folder)),
    },
    desired('exact', name, '/Projects'),
  )
  expect(named.desired).toEqual(desired('exact', 'tasks', '/Projects'))
  expect(named.state.folders.map((one) => one.folder)).toEqual(['tasks', '/Projects'])
  expect(named.blocked).toEqual([])
})

test.each([
  ['tasks', '/Tasks'],
  ['/Tasks', 'id:AAT'],
])('%s and %s are one folder, which is told', (one, other) => {
  expect(withWellKnownNames(state, desired('exact', one, other)).blocked).toMatchObject([
    { folder: other, reason: expect.stringContaining('the folder tasks, which is described as well') },
  ])
})

test('a folder that is none of the six is not described by two names either', () => {
  const folders = [folder('/Projects', 'AAP'), folder('id:AAP', 'AAP'), folder('sentitems', 'AAS')]
  const named = withWellKnownNames(
    { ...state, folders },
    desired('additive', '/Projects', 'id:AAP', 'sentitems'),
  )
  expect(named.blocked).toMatchObject([
    { folder: 'id:AAP', reason: expect.stringContaining('the folder /Projects, which is described as well') },
  ])
})

test('the six folders are read along only where one of them may be meant', () => {
  const read = (...of: Parameters<typeof desired>) => {
    const wanted = desired(...of)
    const request = { delegates: false, folders: wanted.folders.map((one) => one.folder) }
    return withDelegateFolders(request, wanted)
  }
  const six = ['calendar', 'tasks', 'inbox', 'contacts', 'notes', 'journal']
  expect(read('exact', '/Tasks')).toEqual({ delegates: false, folders: ['/Tasks', ...six] })
  expect(read('exact', 'id:AAT', 'tasks').folders.toSorted()).toEqual(['id:AAT', ...six].toSorted())
  // Nobody is a stranger in what is described additively, and none of the six lies in another folder.
  expect(read('additive', '/Tasks')).toEqual({ delegates: false, folders: ['/Tasks'] })
  expect(read('exact', '/Projects/Tasks', 'tasks', 'sentitems').folders).toHaveLength(3)
})

describe('a delegate’s folder by another name', () => {
  const OWNER = 'owner@contoso.com'
  const ann = { smtpAddress: 'ann@contoso.com' }
  const ben = { smtpAddress: 'ben@contoso.com' }
  let backend: MemoryBackend
  beforeEach(() => {
    backend = new MemoryBackend()
    backend.add(OWNER, ['/Projects'])
    const read = backend.read.bind(backend)
    const realName = (name: string) => (name === '/Calendar' ? 'calendar' : name)
    backend.read = async (mailbox, request) => {
      const folders = [...new Set(request.folders.map(realName))]
      const found = await read(mailbox, { ...request, folders })
      return {
        ...found,
        folders: request.folders.flatMap((name) =>
          found.folders
            .filter(({ folder }) => folder === realName(name))
            .map((one) => ({ ...one, folder: name })),
        ),
      }
    }
  })
  const also = (who: typeof ann, mode: DesiredMailbox['mode'] = 'additive'): DesiredMailbox => ({
    mailbox: OWNER,
    mode,
    delegates: [{ user: ann, levels: { calendar: 'Editor' } }],
    folders: [{ folder: '/Calendar', permissions: [{ user: who, grant: 'Author' }] }],
  })
  const planned = async (wanted: DesiredMailbox) => {
    for await (const made of plan([wanted], { backend })) return made
    throw new Error('There is no plan.')
  }
  const applied = async (wanted: DesiredMailbox) => {
    for await (const result of applyGrants([wanted], { backend })) return result
    throw new Error('There is no result.')
  }

  test.each(['additive', 'exact'] as const)('is written once, and needs nothing more: %s', async (mode) => {
    backend.grant(OWNER, 'tasks', ann, 'PublishingAuthor')
    expect(await applied(also(ben, mode))).toMatchObject({ status: 'changed', reasons: [] })
    const folders = backend.writes.flatMap(({ step }) => (step.type === 'folder' ? [step.folder] : []))
    expect(folders.filter((name) => name !== 'tasks')).toEqual(['calendar'])
    expect(await planned(also(ben, mode))).toMatchObject({ steps: [], blocked: [] })
  })

  test.each([
    ['who is to become one', 'additive', false],
    ['who is one', 'additive', true],
    ['who is to become one', 'exact', false],
    ['who is one', 'exact', true],
  ] as const)('does not give a delegate, %s, something else than their level: %s', async (_, mode, isOne) => {
    if (isOne) await applied({ ...also(ann, mode), folders: [] })
    const before = structuredClone(backend.mailbox(OWNER))
    const { steps, blocked } = await planned(also(ann, mode))
    expect(steps).toEqual([])
    expect(blocked).toMatchObject([
      {
        folder: 'calendar',
        user: ann.smtpAddress,
        reason: expect.stringMatching(
          /^ann@contoso\.com is given rights here and Editor as a delegate; say it in one place\./,
        ),
      },
    ])
    expect(await applied(also(ann, mode))).toMatchObject({ status: 'refused' })
    expect(backend.mailbox(OWNER)).toEqual(before)
  })

  test('exactly described, has its delegates looked at; another folder has not', async () => {
    const exactly = (folder: string): DesiredMailbox => ({
      mailbox: OWNER,
      mode: 'exact',
      folders: [{ folder, permissions: [{ user: ben, grant: 'Author' }] }],
    })
    backend.reads.length = 0
    expect((await planned(exactly('/Projects'))).steps).toHaveLength(1)
    expect(backend.reads.map(({ request }) => request.delegates)).toEqual([false])
    await applied({ ...also(ann), folders: [] })
    expect((await planned(exactly('/Calendar'))).steps).toMatchObject([
      { folder: 'calendar', changes: [{ user: ben }] },
    ])
    expect(backend.reads.at(-1)?.request).toEqual({ delegates: true, folders: [] })
  })

  test('costs nothing where all is as it shall be', async () => {
    const wanted: DesiredMailbox = {
      ...also(ann),
      folders: [{ folder: '/Projects', permissions: [{ user: ann, grant: 'Author' }] }],
    }
    expect(await applied(wanted)).toMatchObject({ status: 'changed', reasons: [] })
    backend.reads.length = 0
    expect(await applied(wanted)).toMatchObject({ status: 'unchanged' })
    expect(backend.reads.map(({ request }) => request)).toEqual([{ delegates: true, folders: ['/Projects'] }])
  })
})
