import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN, PATTI } from '../../helpers/contoso.ts'
import { runCli, signedIn } from '../run-cli.ts'

const ORPHAN = 'S-1-5-21-1333220396-2200287332-232816053-1118'

let simulator: Simulator
let env: Record<string, string>
const run = (...argv: string[]) => runCli(argv, { env })
const writes = () => simulator.requests.operations('UpdateFolder').length

beforeEach(async () => {
  simulator = await startSimulator()
  env = signedIn(simulator, ALLAN)
})
afterEach(() => simulator.close())

describe('folder show', () => {
  it('takes owner and name (explicit access) and gives the id that works alone (implicit access)', async () => {
    const explicit = await run('folder', 'show', ALLAN, 'Calendar', '--output', 'json')
    expect(explicit.code).toBe(0)
    const { id } = explicit.json() as { id: string }
    for (const operands of [[], [ALLAN]]) {
      const implicit = await run('folder', 'show', ...operands, '--folder-id', id, '--output', 'json')
      expect(implicit.json()).toEqual(explicit.json())
    }
  })

  it('has a stable JSON form', async () => {
    expect((await run('folder', 'show', ALLAN, 'calendar', '-o', 'json')).json()).toEqual({
      id: expect.any(String),
      changeKey: expect.any(String),
      parentId: expect.any(String),
      kind: 'calendar',
      element: 'CalendarFolder',
      folderClass: 'IPF.Appointment',
      displayName: 'Calendar',
      totalCount: 0,
      unreadCount: null,
      childFolderCount: 0,
      effectiveRights: expect.objectContaining({ read: true, createContents: true }),
    })
  })

  it('shows the whole id as text and CSV, so that it can be copied', async () => {
    const { id } = (await run('folder', 'show', ALLAN, 'inbox', '-o', 'json')).json() as { id: string }
    expect((await run('folder', 'show', ALLAN, 'inbox')).stdout).toContain(`Id           ${id}\n`)
    expect((await run('folder', 'show', ALLAN, 'inbox', '-o', 'csv')).stdout.split('\r\n')[1]).toContain(id)
  })

  it('takes a path, and names as flags like the other folder commands', async () => {
    const { results } = (
      await run('folder', 'create', 'Projects', '--mailbox', ALLAN, '--output', 'json')
    ).json() as { results: { id: string }[] }
    for (const words of [
      [ALLAN, '/Projects'],
      ['--mailbox', ALLAN, '--folder', '/projects'],
    ]) {
      const shown = await run('folder', 'show', ...words, '--output', 'json')
      expect(shown.json()).toMatchObject({ id: results[0]?.id, displayName: 'Projects' })
    }
    const listed = await run('folder-permission', 'list', ALLAN, '/Projects')
    expect(listed.stdout).toContain('Default')
  })

  it('shows those whose ids come through a pipe as a list, and tells what it cannot show', async () => {
    const list = await run('folder', 'list', '--mailbox', ALLAN, '--output', 'json')
    const wanted = list.json() as unknown as { id: string }[]
    const piped = await runCli(['folder', 'show', '--output', 'json'], { env, stdin: list.stdout })
    expect(piped.json()).toMatchObject(wanted)
    expect(wanted.length).toBeGreaterThan(5)

    const [first] = wanted
    const words = ['folder', 'show', '--folder-id', 'nonsense', '--folder-id', first?.id ?? '']
    const some = await run(...words, '--output', 'json')
    expect(some.code).toBe(4)
    expect(some.json()).toMatchObject([{ id: first?.id }])
    expect(some.stderr).toContain('Could not show 1 of 2 folders')
    expect((await run(...words)).stdout).toContain(`Id           ${first?.id}\n`)
    expect((await run(...words, '--output', 'csv')).stdout.split('\r\n')[1]).toContain(first?.id)
  })

  it.each([
    ['OWNER', [ALLAN]],
    ['--mailbox', ['--mailbox', ALLAN]],
  ])('shows every folder whose id is given, also beside %s', async (_, words) => {
    const list = await run('folder', 'list', '--mailbox', ALLAN, '--output', 'json')
    const ids = (list.json() as unknown as { id: string }[]).slice(0, 2).map(({ id }) => id)
    const flags = ids.flatMap((id) => ['--folder-id', id])
    const shown = await run('folder', 'show', ...words, ...flags, '--output', 'json')
    expect((shown.json() as unknown as { id: string }[]).map(({ id }) => id)).toEqual(ids)
    const piped = ['folder', 'show', ...words, '--folder-id', '-', '--output', 'json']
    expect((await runCli(piped, { env, stdin: ids.join('\n') })).json()).toEqual(shown.json())
  })

  it('does not tell whether a folder is not there or may not be seen', async () => {
    const denied = await runCli(['folder', 'show', ALLAN, 'inbox'], { env: signedIn(simulator, ADELE) })
    expect(denied.code).toBe(3)
    expect(denied.stderr).toContain('Exchange does not say which')
  })

  it.each([
    [['folder', 'show', ALLAN], 'folder show needs OWNER and FOLDER; FOLDER is missing'],
    [['folder', 'show', ALLAN, 'calender'], 'Did you mean calendar?'],
    [['folder', 'show', ALLAN, 'inbox', '--folder-id', 'AAMk'], 'one word too many'],
    [['folder', 'show', '--folder-id', ''], '--folder-id has no value'],
    [
      ['folder', 'show', '--mailbox', ALLAN, '--folder', 'inbox', '--folder-id', 'A', '--folder-id', 'B'],
      'are both given',
    ],
  ])('%j is refused', async (argv, sentence) => {
    const refused = await runCli(argv, { env })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(sentence)
  })
})

describe('folder-permission list', () => {
  it('shows users with their levels, and rights for Custom alone', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    expect((await run('folder-permission', 'list', ALLAN, 'inbox')).stdout).toBe(
      `USER                              LEVEL\nDefault                           None\nAnonymous                         None\nMegan Bowen <${MEGAN}>  Reviewer\n`,
    )
    await run(
      'folder-permission',
      'set',
      ALLAN,
      'inbox',
      PATTI,
      '--rights',
      'createItems,readItems=FullDetails',
    )
    expect((await run('folder-permission', 'list', ALLAN, 'inbox')).stdout).toMatch(
      /Patti Fernandez <PattiF@contoso.com> +Custom +createItems,readItems=FullDetails\n/,
    )
  })

  it('has a stable JSON form, with the eight rights', async () => {
    await run('folder-permission', 'set', ALLAN, 'calendar', MEGAN, 'Reviewer')
    const { kind, entries, unknownEntries } = (
      await run('folder-permission', 'list', ALLAN, 'calendar', '-o', 'json')
    ).json() as { kind: string; entries: unknown[]; unknownEntries: unknown[] }
    expect(kind).toBe('calendar')
    expect(unknownEntries).toEqual([])
    expect(entries.at(-1)).toEqual({
      user: { smtpAddress: MEGAN, displayName: 'Megan Bowen', sid: expect.any(String) },
      level: 'Reviewer',
      rights: {
        createItems: false,
        createSubFolders: false,
        folderOwner: false,
        folderVisible: true,
        folderContact: false,
        editItems: 'None',
        deleteItems: 'None',
        readItems: 'FullDetails',
      },
    })
  })

  it('shows entries of deleted accounts in every form', async () => {
    simulator.plantOddEntry(ALLAN, 'calendar', { unknownEntry: ORPHAN })
    const text = await run('folder-permission', 'list', ALLAN, 'calendar')
    expect(text.stdout).toContain(`Of accounts that no longer exist (a write would lose them): ${ORPHAN}`)
    const json = await run('folder-permission', 'list', ALLAN, 'calendar', '-o', 'json')
    expect(json.json().unknownEntries).toEqual([ORPHAN])
    const csv = await run('folder-permission', 'list', ALLAN, 'calendar', '-o', 'csv')
    expect(csv.stdout).toContain(`,,${ORPHAN},,,,,,,,,,,unknown entry\r\n`)
  })
})

describe('folder-permission set', () => {
  it('sets one entry and leaves all others, odd ones of rights included', async () => {
    await run(
      'folder-permission',
      'set',
      ALLAN,
      'calendar',
      PATTI,
      '--rights',
      'createItems,readItems=TimeOnly',
    )
    const before = (await run('folder-permission', 'list', ALLAN, 'calendar', '-o', 'json')).json()
    const set = await run('folder-permission', 'set', ALLAN, 'calendar', MEGAN, 'publishingeditor')
    expect(set).toMatchObject({ code: 0, stdout: `${MEGAN}: no entry -> PublishingEditor\n`, stderr: '' })
    const after = (await run('folder-permission', 'list', ALLAN, 'calendar', '-o', 'json')).json()
    expect((after.entries as unknown[]).slice(0, -1)).toEqual(before.entries)
  })

  it('tells before and after, in every form', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    const set = await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Editor')
    expect(set.stdout).toBe(`Megan Bowen <${MEGAN}>: Reviewer -> Editor\n`)
    const json = await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Author', '-o', 'json')
    expect(json.json()).toMatchObject({
      folderId: expect.any(String),
      changed: true,
      changes: [{ user: { smtpAddress: MEGAN }, before: { level: 'Editor' }, after: { level: 'Author' } }],
      permissions: { kind: 'ordinary' },
    })
    const csv = await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer', '-o', 'csv')
    expect(csv.stdout).toBe(`user,before,after\r\nMegan Bowen <${MEGAN}>,Author,Reviewer\r\n`)
  })

  it('writes nothing when everything is as wanted', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    const before = writes()
    const again = await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    expect(again).toMatchObject({ code: 0, stdout: '' })
    expect(again.stderr).toContain('nothing was written')
    expect(writes()).toBe(before)
  })

  it('takes the folder by its id', async () => {
    const { id } = (await run('folder', 'show', ALLAN, 'inbox', '-o', 'json')).json() as { id: string }
    const set = await run('folder-permission', 'set', '--folder-id', id, MEGAN, 'Reviewer')
    expect(set).toMatchObject({ code: 0, stdout: `${MEGAN}: no entry -> Reviewer\n` })
    const rights = await run(
      'folder-permission',
      'set',
      '--folder-id',
      id,
      PATTI,
      '--rights',
      'folderVisible',
    )
    expect(rights).toMatchObject({ code: 0 })
  })

  it('sets Default', async () => {
    const set = await run('folder-permission', 'set', ALLAN, 'calendar', 'default', 'Reviewer')
    expect(set).toMatchObject({ code: 0, stdout: 'Default: FreeBusyTimeOnly -> Reviewer\n' })
  })

  it('refuses to lose entries of deleted accounts, and says how to go on', async () => {
    simulator.plantOddEntry(ALLAN, 'calendar', { unknownEntry: ORPHAN })
    const set = await run('folder-permission', 'set', ALLAN, 'calendar', MEGAN, 'Reviewer', '-o', 'json')
    expect(set.code).toBe(3)
    expect(set.error()).toMatchObject({ code: 'ERR_PERMISSION_LOSS' })
    expect(set.error().message).toContain(ORPHAN)
    expect(set.error().hint).toContain('--drop-unwritable')
    expect(writes()).toBe(0)
    const dropped = await run(
      'folder-permission',
      'set',
      ALLAN,
      'calendar',
      MEGAN,
      'Reviewer',
      '--drop-unwritable',
    )
    expect(dropped.code).toBe(0)
  })

  it('shows with --dry-run the planned change and the whole list that would be written, and writes nothing', async () => {
    const dry = await run('folder-permission', 'set', ALLAN, 'calendar', MEGAN, 'Reviewer', '--dry-run')
    expect(dry.code).toBe(0)
    expect(dry.stderr).toBe(`${MEGAN}: no entry -> Reviewer\n`)
    expect(dry.stdout.match(/<t:CalendarPermission>/g)).toHaveLength(3)
    const json = await run(
      'folder-permission',
      'set',
      ALLAN,
      'calendar',
      MEGAN,
      'Reviewer',
      '--dry-run',
      '-o',
      'json',
    )
    expect(json.stderr).toBe('')
    expect(json.json()).toMatchObject({
      dryRun: true,
      changes: [{ user: { smtpAddress: MEGAN }, before: null, after: { level: 'Reviewer' } }],
      requests: [{ operation: 'UpdateFolder', url: simulator.ews }],
    })
    expect(writes()).toBe(0)
  })

  it.each([
    [[ALLAN, 'inbox', MEGAN], 'LEVEL is missing'],
    [[ALLAN, 'inbox', MEGAN, 'Edtor'], 'Did you mean Editor?'],
    [[ALLAN, 'inbox', MEGAN, 'Custom'], 'cannot be set'],
    [[ALLAN, 'inbox', MEGAN, 'Editor', '--rights', 'createItems'], 'Give LEVEL or --rights, not both.'],
    [[ALLAN, 'inbox', MEGAN, '--rights', 'everything'], 'There is no right'],
    [[ALLAN, 'inbox', 'megan@', 'Editor'], 'is not an e-mail address'],
    [[ALLAN, 'inbox', MEGAN, 'FreeBusyTimeOnly'], 'only calendar folders know it'],
  ])('refuses %j without writing', async (operands, sentence) => {
    const set = await run('folder-permission', 'set', ...operands)
    expect(set.code).toBe(2)
    expect(set.stderr).toContain(sentence)
    expect(writes()).toBe(0)
  })
})

describe('folder-permission remove', () => {
  it('takes one entry away with --yes and leaves all others', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    await run('folder-permission', 'set', ALLAN, 'inbox', PATTI, 'Editor')
    const remove = await run('folder-permission', 'remove', ALLAN, 'inbox', MEGAN, '--yes')
    expect(remove).toMatchObject({ code: 0, stdout: `Megan Bowen <${MEGAN}>: Reviewer -> removed\n` })
    const { entries } = (await run('folder-permission', 'list', ALLAN, 'inbox', '-o', 'json')).json()
    expect(entries).toHaveLength(3)
  })

  it('asks on a terminal, and sends nothing where nobody can answer', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    const before = simulator.requests.entries().length
    expect(await run('folder-permission', 'remove', ALLAN, 'inbox', MEGAN)).toMatchObject({ code: 2 })
    expect(simulator.requests.entries()).toHaveLength(before)
    const yes = await runCli(['folder-permission', 'remove', ALLAN, 'inbox', MEGAN], {
      env,
      columns: 80,
      stdin: 'yes\r',
      shows: ['yes'],
    })
    expect(yes.stderr).toContain(`Remove the entry of ${MEGAN} from the inbox of ${ALLAN}? [y/N]`)
    expect(yes.code).toBe(0)
  })

  it('ends with 3 for somebody who has no entry', async () => {
    const remove = await run('folder-permission', 'remove', ALLAN, 'inbox', MEGAN, '--yes')
    expect(remove.code).toBe(3)
    expect(remove.stderr).toContain(`${MEGAN} has no entry on the inbox of ${ALLAN}.`)
    expect(writes()).toBe(0)
  })

  it('refuses Default before asking, and says what to do instead', async () => {
    const remove = await run('folder-permission', 'remove', ALLAN, 'inbox', 'Default')
    expect(remove.code).toBe(2)
    expect(remove.stderr).toContain('Set Default to None')
  })

  it('does not ask with --dry-run', async () => {
    await run('folder-permission', 'set', ALLAN, 'inbox', MEGAN, 'Reviewer')
    const before = writes()
    const dry = await run('folder-permission', 'remove', ALLAN, 'inbox', MEGAN, '--dry-run')
    expect(dry).toMatchObject({ code: 0, stderr: `Megan Bowen <${MEGAN}>: Reviewer -> removed\n` })
    expect(writes()).toBe(before)
  })
})
