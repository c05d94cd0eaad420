import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN, PATTI } from '../../helpers/contoso.ts'
import { type CliRun, runCli, signedIn } from '../run-cli.ts'

// The commands against the embedded Exchange, mostly as Adele, who is Editor of Allan's calendar and inbox.

const IN_CALENDAR = ['--mailbox', ALLAN, '--folder', 'calendar']
const LUNCH = [
  '--subject',
  'Lunch',
  '--start',
  '2026-12-24T12:00',
  '--duration',
  '1h',
  '--location',
  'Cafeteria',
]

interface ItemJson {
  readonly id: string
  readonly changeKey: string
  readonly type: string
  readonly subject: string
  readonly [name: string]: unknown
}
interface ResultJson {
  readonly id: string
  readonly ok: boolean
  readonly newId?: string
  readonly code?: string
  readonly [name: string]: unknown
}

let simulator: Simulator
const as = (user: string) => (argv: readonly string[], stdin?: string) =>
  runCli(argv, {
    env: signedIn(simulator, user),
    ...(stdin === undefined ? {} : { stdin, shows: [stdin.trim()] }),
  })
const adele = (argv: readonly string[], stdin?: string) => as(ADELE)(argv, stdin)
const allan = (argv: readonly string[], stdin?: string) => as(ALLAN)(argv, stdin)
/** The JSON of a command that went well. */
async function json<Value>(run: Promise<CliRun>): Promise<Value> {
  const { code, stdout, stderr } = await run
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Value
}
const resultsOf = async (argv: readonly string[], stdin?: string) =>
  (await json<{ results: ResultJson[] }>(adele([...argv, '-o', 'json'], stdin))).results
const list = (...argv: string[]) => json<ItemJson[]>(adele(['item', 'list', ...argv, '-o', 'json']))
async function create(kind: string, ...argv: string[]): Promise<string> {
  const [result] = await resultsOf(['item', 'create', kind, ...argv])
  return result?.id ?? ''
}

beforeEach(async () => {
  vi.stubEnv('TZ', 'UTC')
  simulator = await startSimulator()
  await allan([
    'delegate',
    'add',
    ALLAN,
    ADELE,
    '--calendar',
    'Editor',
    '--inbox',
    'Editor',
    '--tasks',
    'Editor',
    '--contacts',
    'Editor',
  ])
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await simulator.close()
})

describe('the flow of the documents: explicit access once, then ids alone', () => {
  it('list, show, update, copy and delete', async () => {
    await create('appointment', ...IN_CALENDAR, ...LUNCH)
    const [lunch, ...others] = await list(...IN_CALENDAR)
    expect(others).toEqual([])
    expect(lunch).toMatchObject({ type: 'CalendarItem', subject: 'Lunch', start: '2026-12-24T12:00:00Z' })
    const byId = ['--id', lunch?.id ?? '']

    const shown = await adele(['item', 'show', ...byId])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^Lunch\n/)
    expect(shown.stdout).toMatch(/Location +Cafeteria\n/)

    const updated = await adele([
      'item',
      'update',
      ...byId,
      '--set',
      'subject=Lunch, at one',
      '--clear',
      'location',
    ])
    expect(updated).toMatchObject({ code: 0, stdout: 'Updated 1 item.\n', stderr: '' })
    const [after] = await json<ItemJson[]>(adele(['item', 'show', ...byId, '-o', 'json']))
    expect(after?.subject).toBe('Lunch, at one')
    expect(after).not.toHaveProperty('location')
    expect(after?.changeKey).not.toBe(lunch?.changeKey)

    const [copied] = await resultsOf([
      'item',
      'copy',
      ...byId,
      '--to-mailbox',
      ADELE,
      '--to-folder',
      'calendar',
    ])
    expect(copied).toMatchObject({ id: lunch?.id, ok: true })
    expect((await list('--mailbox', ADELE, '--folder', 'calendar')).map(({ subject }) => subject)).toEqual([
      'Lunch, at one',
    ])

    const deleted = await adele(['item', 'delete', ...byId, '--yes'])
    expect(deleted).toMatchObject({ code: 0, stdout: 'Deleted 1 item.\n', stderr: '' })
    expect(await list(...IN_CALENDAR)).toEqual([])
    const gone = await adele(['item', 'show', ...byId])
    expect(gone.code).toBe(3)
    expect(gone.stderr).toContain('ErrorItemNotFound')
  })

  it('moves give new ids, and the old ones find nothing', async () => {
    const id = await create('message', '--mailbox', ALLAN, '--folder', 'inbox', '--subject', 'Invoice')
    const [moved] = await resultsOf([
      'item',
      'move',
      '--id',
      id,
      '--to-mailbox',
      ADELE,
      '--to-folder',
      'inbox',
    ])
    expect(moved).toMatchObject({ id, ok: true })
    expect((await adele(['item', 'show', '--id', id])).code).toBe(3)
    expect((await list('--mailbox', ADELE, '--folder', 'inbox')).map(({ subject }) => subject)).toEqual([
      'Invoice',
    ])
  })
})

describe('ids through a pipe', () => {
  it('item list | item copy | item update | item delete', async () => {
    const inbox = ['--mailbox', ALLAN, '--folder', 'inbox']
    const drafts = ['--mailbox', ALLAN, '--folder', 'drafts']
    for (const subject of ['Invoice 1', 'Lunch', 'Invoice 2']) {
      await create('message', ...inbox, '--subject', subject)
    }
    const listed = await allan(['item', 'list', ...inbox, '--subject', 'invoice', '-o', 'json'])
    const copied = await allan(
      ['item', 'copy', '--to-mailbox', ALLAN, '--to-folder', 'drafts', '-o', 'json'],
      listed.stdout,
    )
    const updated = await allan(
      ['item', 'update', '--set', 'categories=Accounting', '-o', 'json'],
      copied.stdout,
    )
    expect(updated).toMatchObject({ code: 0, stderr: '' })
    const copies = await json<ItemJson[]>(
      allan(['item', 'list', ...drafts, '--sort', 'subject', '--property', 'item:Categories', '-o', 'json']),
    )
    expect(copies.map(({ subject, categories }) => [subject, categories])).toEqual([
      ['Invoice 1', ['Accounting']],
      ['Invoice 2', ['Accounting']],
    ])
    const deleted = await allan(['item', 'delete', '--yes', '--delete-type', 'HardDelete'], updated.stdout)
    expect(deleted).toMatchObject({ code: 0, stdout: 'Deleted 2 items.\n', stderr: '' })
    expect((await allan(['item', 'list', ...drafts, '-o', 'json'])).stdout).toBe('[]\n')
    expect(await list(...inbox)).toHaveLength(3)
  })

  it('--ids are lines that the next command reads', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    const ids = await adele(['item', 'list', ...IN_CALENDAR, '--ids'])
    expect(ids.stdout).toBe(`${id}\n`)
    expect(await resultsOf(['item', 'delete', '--yes'], ids.stdout)).toEqual([{ id, ok: true }])
  })

  it('of which some may have been copied are told with the command that shows them, on the same server', async () => {
    const id = await create('task', '--mailbox', ALLAN, '--subject', 'Report')
    // A hundred go into one request.
    const ids = [...Array.from({ length: 100 }, (_, number) => `AAMk${number}`), id]
    simulator.faults.add([{ kind: 'drop', when: 'after', operation: 'CopyItem', count: 1, skip: 1 }])
    const { EWS_URL: url = '', ...env } = signedIn(simulator, ADELE)
    const run = await runCli(
      ['item', 'copy', '--to-mailbox', ALLAN, '--to-folder', 'tasks', '--url', url, '--no-wait'],
      { env, stdin: ids.join('\n') },
    )
    expect(run.code).toBe(3)
    expect(run.stderr).toContain(`ews-delegates item list --mailbox ${ALLAN} --folder tasks --url ${url}`)
  })

  it('some refused ones of several end with 4, and the others are done', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    await adele(['item', 'delete', '--id', id, '--delete-type', 'HardDelete', '--yes'])
    const other = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    for (const [verb, ...argv] of [
      ['copy', '--to-mailbox', ADELE, '--to-folder', 'calendar'],
      ['delete', '--yes'],
    ] as const) {
      const run = await adele(['item', verb, ...argv, '-o', 'json'], `${id}\n${other}\n`)
      expect(run.code).toBe(4)
      const { results } = run.json() as { results: ResultJson[] }
      expect(results.map(({ ok, code }) => [ok, code])).toEqual([
        [false, 'ErrorItemNotFound'],
        [true, undefined],
      ])
      expect(run.error()).toMatchObject({ code: 'ERR_PARTIAL', responseCode: 'ErrorItemNotFound' })
    }
  })
})

describe('item list', () => {
  const inbox = ['--mailbox', ALLAN, '--folder', 'inbox']

  it('chooses, sorts and limits', async () => {
    for (const subject of ['b', 'c', 'a'])
      await create('message', ...inbox, '--subject', subject, '--set', `isRead=${subject === 'b'}`)
    const subjects = async (...argv: string[]) =>
      (await list(...inbox, ...argv)).map(({ subject }) => subject)
    expect(await subjects('--sort', 'subject')).toEqual(['a', 'b', 'c'])
    expect(await subjects('--sort', 'subject:desc', '--limit', '2')).toEqual(['c', 'b'])
    expect(await subjects('--unread', '--sort', 'subject')).toEqual(['a', 'c'])
    expect(await subjects('--subject', 'B')).toEqual(['b'])
    expect(await subjects('--from', '2020-01-01', '--to', '2020-01-02')).toEqual([])
  })

  it('shows appointments of a time, in a calendar by name or by id', async () => {
    await create('appointment', ...IN_CALENDAR, ...LUNCH)
    await create(
      'appointment',
      ...IN_CALENDAR,
      '--subject',
      'Later',
      '--start',
      '2027-02-01T09:00',
      '--duration',
      '30m',
    )
    const december = ['--from', '2026-12-01', '--to', '2027-01-01']
    const { id } = (await adele(['folder', 'show', ALLAN, 'calendar', '-o', 'json'])).json() as { id: string }
    for (const folder of [IN_CALENDAR, ['--folder-id', id]]) {
      expect((await list(...folder, ...december)).map(({ subject }) => subject)).toEqual(['Lunch'])
      expect(await list(...folder, ...december, '--subject', 'dinner')).toEqual([])
    }
  })

  it('is a table for people, with the ids where there is room', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    const argv = ['item', 'list', ...IN_CALENDAR]
    const wide = await adele(argv)
    expect(wide.stdout.split('\n')[0]).toMatch(/^TYPE +WHEN +WHO +SUBJECT +NOTES +ID$/)
    expect(wide.stdout).toContain('2026-12-24 12:00 to 13:00')
    expect(wide.stdout).toContain(id)
    const narrow = await runCli(argv, { env: signedIn(simulator, ADELE), columns: 110 })
    expect(narrow.stdout).not.toContain(id)
    expect(narrow.stderr).toContain('--ids prints them')
  })

  it('has a CSV form', async () => {
    const id = await create('message', ...inbox, '--subject', '=1+1')
    const csv = await adele(['item', 'list', ...inbox, '-o', 'csv'])
    const [heading, row] = csv.stdout.split('\r\n')
    expect(heading).toMatch(/^id,changeKey,type,itemClass,subject,from,/)
    expect(row).toContain(`${id},`)
    expect(row).toContain(",'=1+1,")
  })

  it('takes a name or an alias for the mailbox', async () => {
    const named = await adele([
      'item',
      'list',
      '--mailbox',
      'Allan Deyoung',
      '--folder',
      'inbox',
      '-o',
      'json',
    ])
    expect(named).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' })
    const text = await adele(['item', 'list', '--mailbox', 'AllanD', '--folder', 'inbox'])
    expect(text.stderr).toBe(`"AllanD" is Allan Deyoung <${ALLAN}>.\nThere are no such items.\n`)
  })

  it('is refused where nothing may be seen', async () => {
    const refused = await as(PATTI)(['item', 'list', ...IN_CALENDAR, '-o', 'json'])
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.error()).toMatchObject({ code: 'ERR_EWS_RESPONSE' })
  })
})

describe('item create', () => {
  it('sends on behalf of the owner, with the copy in the owner’s Sent Items', async () => {
    await allan(['folder-permission', 'set', ALLAN, 'drafts', ADELE, 'Editor'])
    await allan(['folder-permission', 'set', ALLAN, 'sentitems', ADELE, 'Editor'])
    const sent = await adele([
      'item',
      'create',
      'message',
      '--mailbox',
      ALLAN,
      '--to',
      'MeganB',
      '--subject',
      'Lunch?',
      '--body',
      'Noon',
      '--send',
    ])
    expect(sent.stderr).toBe(`"MeganB" is Megan Bowen <${MEGAN}>.\n`)
    expect(sent).toMatchObject({ code: 0, stdout: 'Sent.\n' })
    const [received] = await json<ItemJson[]>(
      as(MEGAN)(['item', 'list', '--mailbox', MEGAN, '--folder', 'inbox', '-o', 'json']),
    )
    expect(received).toMatchObject({ subject: 'Lunch?' })
    const [whole] = await json<ItemJson[]>(
      as(MEGAN)(['item', 'show', '--id', received?.id ?? '', '-o', 'json']),
    )
    expect(whole).toMatchObject({ from: { address: ALLAN }, sender: { address: ADELE } })
    const copies = await json<ItemJson[]>(
      allan(['item', 'list', '--mailbox', ALLAN, '--folder', 'sentitems', '-o', 'json']),
    )
    expect(copies.map(({ subject }) => subject)).toEqual(['Lunch?'])
  })

  it.each([
    ['before', /still in the Drafts of the owner/],
    ['after', /no longer in the Drafts of the owner/],
  ] as const)('whose sending got no answer looks at the draft (dropped %s)', async (when, sentence) => {
    simulator.faults.add({ kind: 'drop', when, operation: 'SendItem' })
    const words = ['--mailbox', ALLAN, '--to', MEGAN, '--subject', 'Lunch?', '--send']
    const lost = await allan(['item', 'create', 'message', ...words])
    expect(lost.code).toBe(5)
    expect(lost.stderr).toMatch(sentence)
    expect(lost.stderr).toContain(`item list --mailbox ${ALLAN} --folder drafts`)
  })

  it('makes contacts and tasks', async () => {
    const contact = await create(
      'contact',
      '--mailbox',
      ALLAN,
      '--given-name',
      'Zoe',
      '--surname',
      'Young',
      '--email',
      'zoe@fabrikam.com',
    )
    const [zoe] = await json<ItemJson[]>(adele(['item', 'show', '--id', contact, '-o', 'json']))
    expect(zoe).toMatchObject({
      type: 'Contact',
      displayName: 'Zoe Young',
      emailAddresses: { EmailAddress1: 'zoe@fabrikam.com' },
    })
    const task = await create(
      'task',
      '--mailbox',
      ALLAN,
      '--subject',
      'Report',
      '--due',
      '2026-12-31',
      '--status',
      'inprogress',
    )
    const [report] = await json<ItemJson[]>(adele(['item', 'show', '--id', task, '-o', 'json']))
    expect(report).toMatchObject({
      type: 'Task',
      subject: 'Report',
      status: 'InProgress',
      dueDate: '2026-12-31T00:00:00Z',
    })
  })

  it('is refused where the rights do not allow it', async () => {
    await allan(['folder-permission', 'set', ALLAN, 'calendar', PATTI, 'Reviewer'])
    const refused = await as(PATTI)(['item', 'create', 'appointment', ...IN_CALENDAR, ...LUNCH])
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain('Could not create it')
  })
})

describe('meetings', () => {
  const MEETING = [
    '--subject',
    'Planning',
    '--start',
    '2026-12-21T09:00',
    '--duration',
    '1h',
    '--attendee',
    MEGAN,
  ]

  it('changes and deletions demand to be told who hears of them', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...MEETING, '--notify', 'none')
    for (const argv of [
      ['item', 'update', '--id', id, '--set', 'location=Room 1'],
      ['item', 'delete', '--id', id, '--yes'],
    ]) {
      const refused = await adele(argv)
      expect(refused).toMatchObject({ code: 2, stdout: '' })
      expect(refused.stderr).toContain('The appointment "Planning" of 2026-12-21 09:00 has attendees')
      expect((await adele([...argv, '--notify', 'none'])).code).toBe(0)
    }
  })

  it('--notify all invites', async () => {
    await create('appointment', ...IN_CALENDAR, ...MEETING, '--notify', 'all')
    const inbox = await json<ItemJson[]>(
      as(MEGAN)(['item', 'list', '--mailbox', MEGAN, '--folder', 'inbox', '-o', 'json']),
    )
    expect(inbox).toMatchObject([{ type: 'MeetingRequest', subject: 'Planning' }])
  })
})

describe('item respond', () => {
  const inCalendar = ['item', 'list', '--mailbox', ALLAN, '--folder', 'calendar', '-o', 'json']
  /** Megan invites Allan; the meeting as it stands in his calendar. */
  async function invited(): Promise<ItemJson> {
    const meeting = ['item', 'create', 'appointment', '--mailbox', MEGAN, ...LUNCH]
    await as(MEGAN)([...meeting, '--attendee', ALLAN, '--notify', 'all'])
    const [item] = await json<ItemJson[]>(allan(inCalendar))
    return item as ItemJson
  }
  const response = async () => {
    const listed = await json<ItemJson[]>(allan([...inCalendar, '--property', 'calendar:MyResponseType']))
    return listed.map(({ myResponseType }) => myResponseType)
  }

  it('answers for the owner, in the owner’s name, with the copy in the owner’s Sent Items', async () => {
    const { id } = await invited()
    await allan(['delegate', 'update', ALLAN, ADELE, '--calendar', 'Editor'])
    await allan(['folder-permission', 'set', ALLAN, 'sentitems', ADELE, 'Author'])
    const words = ['item', 'respond', 'tentative', '--id', id, '--body', 'He may be late.']
    const answered = await adele([...words, '--mailbox', ALLAN])
    expect(answered).toMatchObject({ code: 0, stdout: 'Tentatively accepted 1 meeting.\n' })
    expect(await response()).toEqual(['Tentative'])
    const [mail] = await json<ItemJson[]>(
      as(MEGAN)(['item', 'list', '--mailbox', MEGAN, '--folder', 'inbox', '-o', 'json']),
    )
    expect(mail).toMatchObject({ type: 'MeetingResponse', from: { address: ALLAN } })
    const sent = ['item', 'list', '--mailbox', ALLAN, '--folder', 'sentitems', '-o', 'json']
    expect(await json<ItemJson[]>(allan(sent))).toMatchObject([{ subject: mail?.subject }])
  })

  it('declines without telling anybody; a declined meeting leaves the calendar', async () => {
    const { id } = await invited()
    const answered = await allan(['item', 'respond', 'decline', '--id', id, '--notify', 'none'])
    expect(answered.stdout).toBe('Declined 1 meeting. The organizer was not told.\n')
    expect(await response()).toEqual([])
    const inbox = ['item', 'list', '--mailbox', MEGAN, '--folder', 'inbox', '-o', 'json']
    expect(await json<ItemJson[]>(as(MEGAN)(inbox))).toEqual([])
  })

  it('a delegate answers the meeting to which their copy of the request leads, not the copy', async () => {
    await allan([
      ...['delegate', 'update', ALLAN, ADELE, '--meeting-copies'],
      ...['--deliver-meeting-requests', 'DelegatesOnly'],
    ])
    await invited()
    const property = ['--property', 'meeting:AssociatedCalendarItemId']
    const [copy] = await list('--mailbox', ADELE, '--folder', 'inbox', ...property)
    expect(copy).toMatchObject({ type: 'MeetingRequest', isDelegated: true })
    const refused = await adele(['item', 'respond', 'accept', '--id', copy?.id as string])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('ErrorCalendarIsDelegatedForAccept')
    expect(refused.stderr).toContain('to which its associatedCalendarItemId leads')
    await adele(['item', 'respond', 'accept', '--id', copy?.associatedCalendarItemId as string])
    expect(await response()).toEqual(['Accept'])
  })

  it('has a JSON form with the meeting as it is now', async () => {
    const { id } = await invited()
    const { results } = await json<{ results: ResultJson[] }>(
      allan(['item', 'respond', 'accept', '--id', id, '-o', 'json']),
    )
    expect(results).toEqual([{ id, ok: true, calendarItemId: id, calendarItemChangeKey: expect.any(String) }])
  })

  it('is refused for what is no invitation', async () => {
    await allan(['item', 'create', 'appointment', '--mailbox', ALLAN, ...LUNCH])
    const [own] = await json<ItemJson[]>(allan(inCalendar))
    const refused = await allan(['item', 'respond', 'accept', '--id', own?.id as string])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('ErrorCalendarIsOrganizerForAccept')
  })
})

describe('item delete asks on a terminal', () => {
  const ask = (argv: readonly string[], answer: string) =>
    runCli(argv, { env: signedIn(simulator, ADELE), columns: 200, stdin: answer, shows: [answer.trim()] })

  it('with what the items are called', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    const no = await ask(['item', 'delete', '--id', id], 'n\n')
    expect(no).toMatchObject({ code: 130, stdout: '' })
    expect(no.stderr).toContain('Delete the appointment "Lunch" of 2026-12-24 12:00? [y/N]')
    expect(await list(...IN_CALENDAR)).toHaveLength(1)
    const yes = await ask(['item', 'delete', '--id', id, '--delete-type', 'HardDelete'], 'y\n')
    expect(yes).toMatchObject({ code: 0, stdout: 'Deleted 1 item.\n' })
    expect(yes.stderr).toContain('Not into Deleted Items.')
    expect(await list(...IN_CALENDAR)).toEqual([])
  })

  it('and not about what is not there', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    await adele(['item', 'delete', '--id', id, '--delete-type', 'HardDelete', '--yes'])
    const gone = await ask(['item', 'delete', '--id', id], 'y\n')
    expect(gone.code).toBe(3)
    expect(gone.stderr).not.toContain('[y/N]')
  })
})

describe('item update', () => {
  it('of a stale version is refused where nothing may be overwritten', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    const [before] = await list(...IN_CALENDAR)
    await adele(['item', 'update', '--id', id, '--set', 'subject=Dinner'])
    const stale = await adele(
      ['item', 'update', '--set', 'subject=Breakfast', '--conflict', 'NeverOverwrite'],
      JSON.stringify([before]),
    )
    expect(stale.code).toBe(3)
    expect(stale.stderr).toMatch(/ErrorIrresolvableConflict|ErrorStaleObject/)
    expect((await list(...IN_CALENDAR))[0]?.subject).toBe('Dinner')
  })

  it('is refused where the rights do not allow it', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    await allan(['folder-permission', 'set', ALLAN, 'calendar', PATTI, 'Reviewer'])
    const refused = await as(PATTI)(['item', 'update', '--id', id, '--set', 'subject=Dinner'])
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain('ErrorAccessDenied')
  })

  it('sets, shows, sorts by and clears MAPI properties', async () => {
    const ids: string[] = []
    for (const project of ['Gemini', 'Apollo']) {
      const { results } = await json<{ results: ResultJson[] }>(
        allan(['item', 'create', 'task', '--mailbox', ALLAN, '--subject', project, '-o', 'json']),
      )
      const id = results[0]?.id as string
      ids.push(id)
      await allan(['item', 'update', '--id', id, '--set', `PublicStrings/Project=${project}`])
    }
    const project = ['--property', 'PublicStrings/Project']
    const listed = await json<ItemJson[]>(
      allan([
        ...['item', 'list', '--mailbox', ALLAN, '--folder', 'tasks', ...project],
        ...['--sort', 'PublicStrings/Project', '-o', 'json'],
      ]),
    )
    expect(listed.map(({ extendedProperties }) => extendedProperties)).toEqual(
      ['Apollo', 'Gemini'].map((value) => [
        { path: { propertySet: 'PublicStrings', propertyName: 'Project', propertyType: 'String' }, value },
      ]),
    )
    const shown = await allan(['item', 'show', '--id', ids[0] as string, ...project])
    expect(shown.stdout).toMatch(/^Extended properties +PublicStrings\/Project:String Gemini$/m)
    await allan(['item', 'update', '--id', ids[0] as string, '--clear', 'PublicStrings/Project'])
    expect((await allan(['item', 'show', '--id', ids[0] as string, ...project])).stdout).not.toContain(
      'Gemini$',
    )
  })

  it('of several kinds goes in one command', async () => {
    const ids = [
      await create('appointment', ...IN_CALENDAR, ...LUNCH),
      await create('task', '--mailbox', ALLAN, '--subject', 'Report'),
    ]
    const updated = await adele(['item', 'update', '--set', 'importance=high'], `${ids.join('\n')}\n`)
    expect(updated).toMatchObject({ code: 0, stdout: 'Updated 2 items.\n', stderr: '' })
  })
})

describe('item show', () => {
  it('shows several, and tells what cannot be shown', async () => {
    const id = await create('appointment', ...IN_CALENDAR, ...LUNCH)
    const other = await create(
      'message',
      '--mailbox',
      ALLAN,
      '--folder',
      'inbox',
      '--subject',
      'Invoice',
      '--body',
      'Please pay',
    )
    await adele(['item', 'delete', '--id', id, '--delete-type', 'HardDelete', '--yes'])
    const shown = await adele(['item', 'show', '--id', id, '--id', other])
    expect(shown.code).toBe(4)
    expect(shown.stdout).toMatch(/^Invoice\n/)
    expect(shown.stdout).toContain('\nPlease pay\n')
    expect(shown.stderr).toContain('Could not show 1 of 2 items.')
  })

  it('prints MIME as it is', async () => {
    const id = await create(
      'message',
      '--mailbox',
      ALLAN,
      '--folder',
      'inbox',
      '--subject',
      'Invoice',
      '--body',
      'Please pay',
    )
    const mime = await adele(['item', 'show', '--id', id, '--mime'])
    expect(mime).toMatchObject({ code: 0, stderr: '' })
    expect(mime.stdout).toMatch(/^Subject: Invoice/m)
  })
})

describe('folder list, folder create, folder delete', () => {
  it('make, find by path, and take away', async () => {
    await allan(['folder', 'create', 'Projects', '--mailbox', ALLAN])
    const made = await allan([
      'folder',
      'create',
      '2026',
      '2027',
      '--mailbox',
      ALLAN,
      '--folder',
      '/projects',
      '-o',
      'json',
    ])
    expect((made.json() as { results: ResultJson[] }).results).toMatchObject([
      { ok: true, displayName: '2026' },
      { ok: true, displayName: '2027' },
    ])
    const below = await json<{ displayName: string }[]>(
      allan(['folder', 'list', '--mailbox', ALLAN, '--folder', '/Projects', '-o', 'json']),
    )
    expect(below.map(({ displayName }) => displayName).sort()).toEqual(['2026', '2027'])
    const named = await allan(['folder', 'list', '--mailbox', ALLAN, '--deep', '--name', '202'])
    expect(named.stdout).toMatch(/^NAME +CLASS +ITEMS +UNREAD +SUB-FOLDERS +ID\n/)
    expect(named.stdout.trimEnd().split('\n')).toHaveLength(3)

    const into = ['--mailbox', ALLAN, '--folder', '/Projects/2026']
    const created = await allan(['item', 'create', 'message', ...into, '--subject', 'Plan'])
    expect(created.code).toBe(0)
    expect((await allan(['item', 'list', ...into, '-o', 'json'])).stdout).toContain('"subject":"Plan"')

    const deleted = await allan(['folder', 'delete', ...into, '--yes'])
    expect(deleted).toMatchObject({ code: 0, stdout: 'Deleted 1 folder.\n', stderr: '' })
    const gone = await allan(['item', 'list', ...into])
    expect(gone.code).toBe(3)
    expect(gone.stderr).toContain('There is no folder /Projects/2026')
  })

  it('inherit the permissions of their parent', async () => {
    const made = await allan(['folder', 'create', 'Travel', ...IN_CALENDAR, '-o', 'json'])
    const [{ id }] = (made.json() as { results: [ResultJson] }).results
    const permissions = await allan(['folder-permission', 'list', '--folder-id', id])
    expect(permissions.stdout).toMatch(/Adele Vance <AdeleV@contoso.com> +Editor\n/)
  })

  it('are for what their parent is for, by name, path or id, unless a kind is named', async () => {
    const classOf = async (...words: string[]) => {
      const made = await allan(['folder', 'create', ...words, '-o', 'json'])
      const [{ id }] = (made.json() as { results: [ResultJson] }).results
      const shown = await allan(['folder', 'show', '--folder-id', id, '-o', 'json'])
      return { id, folderClass: (shown.json() as { folderClass: string }).folderClass }
    }
    const travel = await classOf('Visits', ...IN_CALENDAR)
    expect(travel.folderClass).toBe('IPF.Appointment')
    expect((await classOf('By id', '--folder-id', travel.id)).folderClass).toBe('IPF.Appointment')
    const byPath = await classOf('By path', '--mailbox', ALLAN, '--folder', '/Calendar/Visits')
    expect(byPath.folderClass).toBe('IPF.Appointment')
    // A class of somebody's own is of the kind that it begins with, if a dot follows.
    const own = await classOf('Own', ...IN_CALENDAR, '--kind', 'IPF.Appointment.Contoso')
    expect(own.folderClass).toBe('IPF.Appointment.Contoso')
    expect((await classOf('In own', '--folder-id', own.id)).folderClass).toBe('IPF.Appointment')
    const other = await classOf('Other', ...IN_CALENDAR, '--kind', 'IPF.Appointments')
    expect((await classOf('In other', '--folder-id', other.id)).folderClass).toBe('IPF.Note')
    expect((await classOf('Lists', ...IN_CALENDAR, '--kind', 'tasks')).folderClass).toBe('IPF.Task')
    expect((await classOf('At the top', '--mailbox', ALLAN)).folderClass).toBe('IPF.Note')
  })

  it('a name that is taken is refused', async () => {
    await allan(['folder', 'create', 'Projects', '--mailbox', ALLAN])
    const again = await allan(['folder', 'create', 'Projects', '--mailbox', ALLAN])
    expect(again).toMatchObject({ code: 3, stdout: '' })
    expect(again.stderr).toContain('ErrorFolderExists')
  })
})

describe('resolve', () => {
  it('finds people by name, its beginning, alias and address', async () => {
    for (const name of ['Adele Vance', 'Adele', 'AdeleV', ADELE]) {
      const { candidates } = await json<{ candidates: { address: string }[] }>(
        adele(['resolve', name, '-o', 'json']),
      )
      expect(candidates.map(({ address }) => address)).toEqual([ADELE])
    }
    expect((await adele(['resolve', 'Nobody'])).code).toBe(3)
  })

  it('lets delegates be named by name', async () => {
    const added = await allan(['delegate', 'add', 'Allan Deyoung', 'Megan', '--calendar', 'Reviewer'])
    expect(added).toMatchObject({ code: 0, stdout: `${MEGAN}: added\n` })
    expect(added.stderr).toBe(
      `"Allan Deyoung" is Allan Deyoung <${ALLAN}>.\n"Megan" is Megan Bowen <${MEGAN}>.\n`,
    )
    const shared = await allan(['folder-permission', 'set', 'AllanD', 'tasks', 'Patti', 'Reviewer'])
    expect(shared).toMatchObject({ code: 0, stdout: `${PATTI}: no entry -> Reviewer\n` })
  })
})
