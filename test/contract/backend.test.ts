import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import type { Backend } from '../../src/backends/backend.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { PermissionLossError } from '../../src/errors.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { findDelegate, findEntry, findFolderState, grantOf } from '../../src/model/mailbox-state.ts'
import type { MailboxStep } from '../../src/model/mailbox-step.ts'
import type { UserRef } from '../../src/model/user-ref.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

/** What a backend needs from its surroundings to be held to the contract. */
interface Surroundings {
  readonly backend: Backend
  /** A mailbox nobody has touched. */
  newMailbox(): string
  /** A folder `/Projects/2027` in the mailbox. */
  makeFolder(mailbox: string): Promise<void>
  /** An entry of a deleted account on the calendar. */
  plantOrphan(mailbox: string, sid?: string): void
  /** The calendar's list without its entry for Default. */
  takeDefault(mailbox: string): void
  close(): Promise<void>
}

const ORPHAN = 'S-1-5-21-1-2-3-4'

const backends: Record<string, () => Promise<Surroundings>> = {
  memory: async () => {
    const backend = new MemoryBackend()
    let count = 0
    return {
      backend,
      newMailbox: () => {
        const address = `owner${count++}@contoso.com`
        backend.add(address)
        return address
      },
      plantOrphan: (mailbox, sid = ORPHAN) => {
        backend.mailbox(mailbox).folders.calendar?.unknownEntries.push(sid)
      },
      takeDefault: (mailbox) => backend.takeDefault(mailbox, 'calendar'),
      makeFolder: async (mailbox) => {
        const { folders } = backend.mailbox(mailbox)
        folders['/Projects/2027'] = { ...structuredClone(folders.inbox as NonNullable<typeof folders.inbox>) }
      },
      close: async () => {},
    }
  },
  'EWS, against the embedded Exchange': async () => {
    const simulator: Simulator = await startSimulator({
      tenant: {
        domain: 'contoso.com',
        password: 'Delegate-123',
        mailboxes: [
          ...Array.from({ length: 40 }, (_, index) => ({ address: `owner${index}@contoso.com` })),
          { address: 'ann@contoso.com' },
          { address: 'ben@contoso.com' },
          { address: 'admin@contoso.com' },
        ],
        administrators: ['admin@contoso.com'],
      },
    })
    let count = 0
    return {
      backend: ewsBackend({
        clientFor: (mailbox) =>
          new EwsClient({
            url: simulator.ews,
            auth: basic({ user: 'admin@contoso.com', password: 'Delegate-123' }),
            impersonate: mailbox,
          }),
      }),
      newMailbox: () => `owner${count++}@contoso.com`,
      plantOrphan: (mailbox, sid = ORPHAN) =>
        simulator.plantOddEntry(mailbox, 'calendar', { unknownEntry: sid }),
      takeDefault: (mailbox) => {
        const owner = simulator.exchange.directory.find(mailbox)
        const found = owner && simulator.exchange.mailboxOf(owner)?.distinguished('calendar')
        if (!found?.permissions.remove({ kind: 'default' })) throw new Error(`No calendar of ${mailbox}.`)
        found.touch()
      },
      makeFolder: async (mailbox) => {
        const owner = simulator.exchange.directory.find(mailbox)
        const store = owner && simulator.exchange.mailboxOf(owner)
        const top = store?.distinguished('msgfolderroot')
        if (!store || !top) throw new Error(`No mailbox ${mailbox}.`)
        const projects = store.createFolder(top, { displayName: 'Projects', folderClass: 'IPF.Note' })
        store.createFolder(projects, { displayName: '2027', folderClass: 'IPF.Note' })
      },
      close: () => simulator.close(),
    }
  },
}

const ann: UserRef = { smtpAddress: 'ann@contoso.com' }
const ben: UserRef = { smtpAddress: 'ben@contoso.com' }
const ALL = ['calendar', 'tasks', 'inbox', 'contacts', 'notes', 'journal']

const add = (
  user: UserRef,
  levels: Record<string, 'None' | 'Reviewer' | 'Author' | 'Editor'>,
): MailboxStep => ({
  type: 'delegates',
  action: 'add',
  changes: [{ user, after: { levels, viewPrivateItems: true, receiveCopiesOfMeetingMessages: false } }],
})

describe.each(Object.entries(backends))('the backend %s', (_name, start) => {
  let around: Surroundings
  let backend: Backend
  beforeAll(async () => {
    around = await start()
    backend = around.backend
  })
  afterAll(() => around.close())

  const state = (mailbox: string) => backend.read(mailbox, { delegates: true, folders: ALL })

  test('reads only what is asked for', async () => {
    const mailbox = around.newMailbox()
    expect(await backend.read(mailbox, { delegates: false, folders: ['inbox'] })).toMatchObject({
      mailbox,
      folders: [{ folder: 'inbox', permissions: { kind: 'ordinary', unknownEntries: [] } }],
    })
    const delegates = await backend.read(mailbox, { delegates: true, folders: [] })
    expect(delegates).toMatchObject({
      delegates: [],
      folders: [],
      deliverMeetingRequests: expect.any(String),
    })
  })

  test('a folder that is not there is missing, and does not spoil the others', async () => {
    const mailbox = around.newMailbox()
    const read = await backend.read(mailbox, {
      delegates: false,
      folders: ['inbox', 'id:AAMkNothing', 'calendar'],
    })
    expect(read.folders.map(({ folder }) => folder)).toEqual(['inbox', 'calendar'])
    expect(read.missing).toMatchObject([{ folder: 'id:AAMkNothing', code: expect.any(String) }])
  })

  test('a mailbox that is not there is an error', async () => {
    await expect(state('nobody@contoso.com')).rejects.toMatchObject({ responseCode: expect.any(String) })
  })

  test('an added delegate has their levels, and their entries on the folders', async () => {
    const mailbox = around.newMailbox()
    const outcomes = await backend.apply(mailbox, add(ann, { calendar: 'Editor', inbox: 'Reviewer' }))
    expect(outcomes).toEqual([{ ok: true, user: ann }])
    const read = await state(mailbox)
    expect(findDelegate(read, ann)).toMatchObject({
      permissions: { calendar: 'Editor', inbox: 'Reviewer', tasks: 'None' },
      viewPrivateItems: true,
    })
    const calendar = findFolderState(read, 'calendar')
    expect(calendar && findEntry(calendar.permissions, ann)?.level).toBe('Editor')
  })

  test('an update changes what it names and nothing else', async () => {
    const mailbox = around.newMailbox()
    await backend.apply(mailbox, add(ann, { calendar: 'Editor', inbox: 'Reviewer' }))
    await backend.apply(mailbox, {
      type: 'delegates',
      action: 'update',
      changes: [
        { user: ann, before: { levels: { inbox: 'Reviewer' } }, after: { levels: { inbox: 'Author' } } },
      ],
    })
    expect(findDelegate(await state(mailbox), ann)).toMatchObject({
      permissions: { calendar: 'Editor', inbox: 'Author' },
      viewPrivateItems: true,
    })
  })

  test('a removed delegate has no entries left', async () => {
    const mailbox = around.newMailbox()
    await backend.apply(mailbox, add(ann, { calendar: 'Editor', inbox: 'Reviewer' }))
    await backend.apply(mailbox, {
      type: 'delegates',
      action: 'remove',
      changes: [{ user: ann, before: { levels: {} } }],
    })
    const read = await state(mailbox)
    expect(read.delegates).toEqual([])
    for (const { permissions } of read.folders) expect(findEntry(permissions, ann)).toBeUndefined()
  })

  test('what is refused for one of several is in that one’s outcome', async () => {
    const mailbox = around.newMailbox()
    await backend.apply(mailbox, add(ann, {}))
    const outcomes = await backend.apply(mailbox, {
      type: 'delegates',
      action: 'add',
      changes: [ann, ben].map((user) => ({ user, after: { levels: { tasks: 'Editor' } } })),
    })
    expect(outcomes).toMatchObject([
      { ok: false, user: ann, code: 'ErrorDelegateAlreadyExists' },
      { ok: true, user: ben },
    ])
    expect((await state(mailbox)).delegates).toHaveLength(2)
  })

  test('the delivery of meeting requests is changed alone, or along with delegates', async () => {
    const mailbox = around.newMailbox()
    const outcomes = await backend.apply(mailbox, {
      type: 'delegates',
      action: 'update',
      changes: [],
      delivery: { after: 'NoForward' },
    })
    expect(outcomes).toEqual([{ ok: true }])
    expect((await state(mailbox)).deliverMeetingRequests).toBe('NoForward')
    const both = await backend.apply(mailbox, {
      ...(add(ann, { calendar: 'Editor' }) as Extract<MailboxStep, { type: 'delegates' }>),
      delivery: { before: 'NoForward', after: 'DelegatesOnly' },
    })
    expect(both).toEqual([{ ok: true, user: ann }, { ok: true }])
    expect((await state(mailbox)).deliverMeetingRequests).toBe('DelegatesOnly')
  })

  test('folder entries are set and removed, and everybody else keeps theirs', async () => {
    const mailbox = around.newMailbox()
    const set = (user: UserRef, after: 'Reviewer' | 'PublishingAuthor' | undefined): MailboxStep => ({
      type: 'folder',
      folder: 'inbox',
      changes: [{ user, ...(after ? { after } : { before: 'Reviewer' }) }],
    })
    await backend.apply(mailbox, set(ann, 'Reviewer'))
    await backend.apply(mailbox, set(ben, 'PublishingAuthor'), await state(mailbox))
    await backend.apply(mailbox, set(ann, undefined))
    const inbox = findFolderState(await state(mailbox), 'inbox')
    expect(
      inbox?.permissions.entries.map((entry) => [
        entry.user.smtpAddress ?? entry.user.distinguishedUser,
        grantOf(entry),
      ]),
    ).toEqual([
      ['Default', 'None'],
      ['Anonymous', 'None'],
      ['ben@contoso.com', 'PublishingAuthor'],
    ])
  })

  test('custom rights and Default are written as they are', async () => {
    const mailbox = around.newMailbox()
    const rights = {
      createItems: true,
      createSubFolders: false,
      folderOwner: false,
      folderVisible: true,
      folderContact: false,
      editItems: 'Owned',
      deleteItems: 'None',
      readItems: 'FullDetails',
    } as const
    await backend.apply(mailbox, {
      type: 'folder',
      folder: 'calendar',
      changes: [
        { user: ann, after: rights },
        {
          user: { distinguishedUser: 'Default' },
          before: 'FreeBusyTimeOnly',
          after: 'FreeBusyTimeAndSubjectAndLocation',
        },
      ],
    })
    const calendar = findFolderState(await state(mailbox), 'calendar')
    expect(calendar && findEntry(calendar.permissions, ann)?.rights).toEqual(rights)
    expect(calendar && findEntry(calendar.permissions, { distinguishedUser: 'Default' })?.level).toBe(
      'FreeBusyTimeAndSubjectAndLocation',
    )
  })

  test('a write from a state that is no longer the present one is refused as stale', async () => {
    const mailbox = around.newMailbox()
    const seen = await state(mailbox)
    const step: MailboxStep = { type: 'folder', folder: 'inbox', changes: [{ user: ann, after: 'Reviewer' }] }
    await backend.apply(mailbox, step)
    const error = await backend
      .apply(mailbox, { ...step, changes: [{ user: ben, after: 'Editor' }] }, seen)
      .catch((reason: unknown) => reason)
    expect(backend.isStale(error)).toBe(true)
    const inbox = findFolderState(await state(mailbox), 'inbox')
    expect(inbox && findEntry(inbox.permissions, ben)).toBeUndefined()
  })

  test('entries of deleted accounts are not lost unless the step says so', async () => {
    const mailbox = around.newMailbox()
    around.plantOrphan(mailbox)
    const step: MailboxStep = {
      type: 'folder',
      folder: 'calendar',
      changes: [{ user: ann, after: 'Reviewer' }],
    }
    await expect(backend.apply(mailbox, step)).rejects.toBeInstanceOf(PermissionLossError)
    expect(findFolderState(await state(mailbox), 'calendar')?.permissions.unknownEntries).toHaveLength(1)
    expect(await backend.apply(mailbox, { ...step, changes: [], drops: ['S-1-5-21-1-2-3-4'] })).toEqual([
      { ok: true },
    ])
    const calendar = findFolderState(await state(mailbox), 'calendar')
    expect(calendar?.permissions.unknownEntries).toEqual([])
    expect(calendar?.permissions.entries.map(grantOf)).toEqual(['FreeBusyTimeOnly', 'None'])
  })

  test('of entries of deleted accounts only those that the step names are dropped', async () => {
    const mailbox = around.newMailbox()
    around.plantOrphan(mailbox)
    const step: MailboxStep = { type: 'folder', folder: 'calendar', changes: [], drops: [ORPHAN] }
    const seen = await state(mailbox)
    around.plantOrphan(mailbox, 'S-1-5-21-5-6-7-8')
    for (const changes of [[], [{ user: ann, after: 'Reviewer' as const }]]) {
      // With the older state it may be refused as stale first.
      await expect(backend.apply(mailbox, { ...step, changes }, seen)).rejects.toThrow()
      await expect(backend.apply(mailbox, { ...step, changes })).rejects.toBeInstanceOf(PermissionLossError)
    }
    const calendar = findFolderState(await state(mailbox), 'calendar')
    expect(calendar?.permissions.unknownEntries).toHaveLength(2)
  })

  test('a list without Default, which every list has, is only written by a step that sets Default', async () => {
    const mailbox = around.newMailbox()
    around.plantOrphan(mailbox)
    around.takeDefault(mailbox)
    const step: MailboxStep = {
      type: 'folder',
      folder: 'calendar',
      changes: [{ user: ann, after: 'Reviewer' }],
      drops: [ORPHAN],
    }
    await expect(backend.apply(mailbox, step)).rejects.toBeInstanceOf(PermissionLossError)
    await expect(backend.apply(mailbox, { ...step, changes: [] })).rejects.toBeInstanceOf(PermissionLossError)
    const changes = [{ user: { distinguishedUser: 'Default' }, after: 'FreeBusyTimeOnly' }] as const
    await backend.apply(mailbox, { ...step, changes })
    const calendar = findFolderState(await state(mailbox), 'calendar')
    expect(calendar && findEntry(calendar.permissions, { distinguishedUser: 'Default' })?.level).toBe(
      'FreeBusyTimeOnly',
    )
  })

  test('folders are found by path and by well-known name, and listed under the same names', async () => {
    const mailbox = around.newMailbox()
    await around.makeFolder(mailbox)
    const folder = '/Projects/2027'
    const step: MailboxStep = { type: 'folder', folder, changes: [{ user: ann, after: 'Author' }] }
    await backend.apply(mailbox, step, await backend.read(mailbox, { delegates: false, folders: [folder] }))
    const read = await backend.read(mailbox, { delegates: false, folders: [folder, '/Nowhere'] })
    const found = findFolderState(read, folder)
    expect(found && findEntry(found.permissions, ann)?.level).toBe('Author')
    expect(read.missing).toMatchObject([{ folder: '/Nowhere' }])
    const listed: string[] = []
    for await (const one of backend.listFolders?.(mailbox) ?? []) listed.push(one.folder)
    expect(listed).toEqual(expect.arrayContaining([...ALL, folder]))
  })

  test('what it cannot express is said before anything is sent', () => {
    const reason = backend.refuses({
      type: 'delegates',
      action: 'update',
      changes: [{ user: ann, after: { levels: { calendar: 'PublishingEditor' } } }],
    })
    expect(reason).toMatch(/Custom/)
    expect(backend.refuses(add(ann, { calendar: 'Editor' }))).toBeUndefined()
  })
})
