import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCli } from '../run-cli.ts'

// What the commands would send, and what they refuse to send: no server is needed for either.

const ALLAN = ['--mailbox', 'allan@contoso.com']
const TO_DRAFTS = ['--to-mailbox', 'allan@contoso.com', '--to-folder', 'drafts']
const dry = (argv: readonly string[], stdin?: string) =>
  runCli([...argv, '--dry-run'], stdin === undefined ? {} : { stdin, shows: [stdin.trim()] })
/** The request without the blanks between its elements. */
const request = async (argv: readonly string[], stdin?: string) => {
  const run = await dry(argv, stdin)
  expect([run.code, run.stderr]).toEqual([0, ''])
  return run.stdout.replace(/>\s+</g, '><')
}

beforeEach(() => void vi.stubEnv('TZ', 'UTC'))
afterEach(() => vi.unstubAllEnvs())

describe('where ids come from', () => {
  const copy = ['item', 'copy', ...TO_DRAFTS]
  const ids = async (stdin: string, argv: readonly string[] = copy) =>
    [...(await request(argv, stdin)).matchAll(/<t:ItemId Id="([^"]+)"/g)].map(([, id]) => id)

  it.each([
    ['flags', '', ['A', 'B']],
    [
      'an array of item list',
      '[\n  {"id":"A","changeKey":"x","type":"Message"},\n  {"id":"B"}\n]\n',
      ['A', 'B'],
    ],
    ['an array of one', '[{"id":"A"}]', ['A']],
    [
      'the results of an earlier command, of which the new ids count',
      '{"results":[{"id":"old","ok":true,"newId":"A"},{"id":"B","ok":true}]}',
      ['A', 'B'],
    ],
    ['ids of the library', '[{"id":{"id":"A","changeKey":"x"}}]', ['A']],
    ['JSON lines', '{"id":"A"}\n{"id":"B"}\n', ['A', 'B']],
    ['texts of jq', '"A"\n"B"\n', ['A', 'B']],
    ['plain lines', 'A\r\n\nB\n', ['A', 'B']],
    ['the same twice', 'A\nB\nA\n', ['A', 'B']],
  ])('%s', async (what, stdin, wanted) => {
    expect(await ids(stdin, what === 'flags' ? [...copy, '--id', 'A', '--id', 'B'] : copy)).toEqual(wanted)
  })

  it('leaves out what an earlier command could not do, and says so', async () => {
    const run = await dry(
      copy,
      '{"results":[{"id":"A","ok":false,"code":"ErrorItemNotFound"},{"id":"B","ok":true}]}',
    )
    expect(run.stdout).not.toContain('"A"')
    expect(run.stdout).toContain('"B"')
    expect(run.stderr).toBe('One entry of the input had been refused before, and was left out.\n')
  })

  it('an empty list is nothing to do, and needs no server', async () => {
    for (const command of [
      copy,
      ['item', 'move', ...TO_DRAFTS],
      ['item', 'delete'],
      ['item', 'update', '--set', 'subject=x'],
    ]) {
      const run = await runCli(command, { stdin: '[]\n' })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(run.stdout).toMatch(/^There was nothing to (?:copy|move|delete|update)\.\n$/)
    }
    expect((await runCli(['item', 'show', '-o', 'json'], { stdin: '[]' })).stdout).toBe('[]\n')
  })

  it.each([
    ['', 'No items are named'],
    [' \n', 'No items are named'],
    ['[{"id":"A"},', 'breaks off; nothing was done'],
    ['{"results":[{"id":"A","ok":true,"newId":null}]}', 'Entry 1 of standard input has no new id'],
    ['[{"subject":"Lunch"}]', 'Entry 1 of standard input has no id'],
    ['TYPE  WHEN  ID\nMessage  2026  A\n', 'Line 1 of standard input is not an id: "TYPE  WHEN  ID"'],
  ])('%j is refused before anything is sent', async (stdin, sentence) => {
    const run = await runCli([...copy, '--url', 'http://127.0.0.1:9/'], { stdin, shows: [stdin.trim()] })
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(sentence)
  })

  it('a terminal is not read for ids', async () => {
    const run = await runCli(copy, { columns: 80, stdin: 'A\n' })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain('No items are named.')
  })

  it('a password and ids do not share standard input', async () => {
    const run = await runCli([...copy, '--password-stdin'], { stdin: 'hunter2-is-secret' })
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('Standard input cannot hold both')
  })
})

describe('which folder is meant', () => {
  it.each([
    [['item', 'list'], 'No folder is named'],
    [['item', 'list', '--folder', 'inbox'], '--folder does not say whose inbox is meant'],
    [['item', 'list', ...ALLAN], 'No folder is named'],
    [['item', 'list', ...ALLAN, '--folder', 'calender'], 'Did you mean calendar?'],
    [['item', 'list', ...ALLAN, '--folder', '//x'], 'has an empty part'],
    [['item', 'list', '--mailbox', 'allan@', '--folder', 'inbox'], 'is not an e-mail address'],
    [['item', 'list', '--folder', 'inbox', '--folder-id', 'A'], '--folder and --folder-id are both given'],
    [['item', 'copy', '--id', 'A'], 'No folder is named'],
    [['item', 'copy', '--id', 'A', '--to-folder', 'inbox'], '--to-folder does not say whose inbox'],
    [['folder', 'list'], 'No folder is named'],
    [['folder', 'create', 'X'], 'No folder is named'],
    [
      ['folder', 'delete', ...ALLAN, '--folder', 'inbox', '--yes'],
      'The inbox of allan@contoso.com cannot be deleted',
    ],
  ])('%j is refused', async (argv, sentence) => {
    const run = await runCli(argv)
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
  })

  it('an id that stands in the place of a name is taken for what it is', async () => {
    const id = `AAMk${'A'.repeat(120)}=`
    expect(await request(['item', 'copy', '--id', 'A', '--to-folder', id])).toContain(
      `<t:FolderId Id="${id}"/>`,
    )
    expect(await request(['item', 'copy', '--id', 'A', '--to-folder', 'id:F='])).toContain(
      '<t:FolderId Id="F="/>',
    )
  })

  it('an id carries its mailbox', async () => {
    const text = await request(['folder', 'create', 'X', '--folder-id', 'AAMk='])
    expect(text).toContain('<m:ParentFolderId><t:FolderId Id="AAMk="/></m:ParentFolderId>')
  })
})

describe('item list', () => {
  const list = ['item', 'list', ...ALLAN, '--folder']
  it.each([
    [[...list, 'calendar', '--from', '2026-12-01'], '--to is missing'],
    [[...list, 'calendar', '--to', '2026-12-01'], '--from is missing'],
    [
      [...list, 'calendar', '--from', '2026-12-01', '--to', '2026-12-02', '--sort', 'start'],
      '--sort does not go together',
    ],
    [[...list, 'calendar', '--from', '2026-12-02', '--to', '2026-12-01'], 'before it starts'],
    [[...list, 'inbox', '--from', 'yesterday'], '--from: "yesterday" is not a date'],
    [[...list, 'inbox', '--limit', '0'], '"0" is not a limit'],
    [[...list, 'inbox', '--limit', 'all'], '"all" is not a limit'],
    [[...list, 'inbox', '--sort', 'recieved'], 'Did you mean received?'],
    [[...list, 'inbox', '--query', 'from:adele', '--unread'], '--query is a whole search'],
    [[...list, 'inbox', '--property', 'subject'], 'does not name a property'],
  ])('%j is refused', async (argv, sentence) => {
    const run = await runCli(argv)
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('item create', () => {
  const create = (kind: string, ...flags: string[]) => ['item', 'create', kind, ...ALLAN, ...flags]

  it('puts each kind where such items go, in the mailbox of the owner', async () => {
    for (const [kind, folder, flags] of [
      ['message', 'drafts', []],
      ['appointment', 'calendar', ['--start', '2026-12-24T12:00', '--duration', '1h']],
      ['contact', 'contacts', ['--name', 'Adele Vance']],
      ['task', 'tasks', []],
    ] as const) {
      expect(await request(create(kind, '--subject', 'x', ...flags))).toContain(
        `<t:DistinguishedFolderId Id="${folder}"><t:Mailbox><t:EmailAddress>allan@contoso.com</t:EmailAddress>`,
      )
    }
    expect(await request(create('task', '--folder', 'inbox'))).toContain('Id="inbox"')
  })

  it('writes a message with everything that is said of it', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'ews-delegates-item-'))
    writeFileSync(join(cwd, 'minutes.txt'), 'minutes')
    const run = await runCli(
      create(
        'message',
        '--subject',
        'Lunch',
        '--body',
        '<p>Noon?</p>',
        '--html',
        '--to',
        'a@contoso.com,b@contoso.com',
        '--cc',
        'c@contoso.com',
        '--importance',
        'high',
        '--private',
        '--category',
        'Red',
        '--attach',
        'minutes.txt',
        '--set',
        'isRead=yes',
        '--dry-run',
      ),
      { cwd },
    )
    rmSync(cwd, { recursive: true })
    const text = run.stdout.replace(/>\s+</g, '><')
    expect(text).toContain('<m:CreateItem MessageDisposition="SaveOnly">')
    for (const part of [
      '<t:Subject>Lunch</t:Subject>',
      '<t:Sensitivity>Private</t:Sensitivity>',
      '<t:Body BodyType="HTML">&lt;p&gt;Noon?&lt;/p&gt;</t:Body>',
      `<t:Name>minutes.txt</t:Name><t:Content>${Buffer.from('minutes').toString('base64')}</t:Content>`,
      '<t:Categories><t:String>Red</t:String></t:Categories>',
      '<t:Importance>High</t:Importance>',
      '<t:ToRecipients><t:Mailbox><t:EmailAddress>a@contoso.com</t:EmailAddress></t:Mailbox><t:Mailbox><t:EmailAddress>b@contoso.com</t:EmailAddress></t:Mailbox></t:ToRecipients>',
      '<t:CcRecipients><t:Mailbox><t:EmailAddress>c@contoso.com</t:EmailAddress></t:Mailbox></t:CcRecipients>',
      '<t:IsRead>true</t:IsRead>',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('--send shows both requests: the draft with the owner, and its sending', async () => {
    const text = await request(create('message', '--to', 'megan@contoso.com', '--send'))
    expect(text).toContain(
      '<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId><t:DistinguishedFolderId Id="drafts">',
    )
    expect(text).toContain('<m:SendItem SaveItemToFolder="true">')
    expect(text).toContain(
      '<t:DistinguishedFolderId Id="sentitems"><t:Mailbox><t:EmailAddress>allan@contoso.com',
    )
  })

  it('reads times in the zone of this machine', async () => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    const text = await request(create('appointment', '--start', '2026-12-24T12:00', '--duration', '1h30m'))
    expect(text).toContain('<t:Start>2026-12-24T11:00:00Z</t:Start><t:End>2026-12-24T12:30:00Z</t:End>')
  })

  it('reads times in another zone where one is named', async () => {
    const text = await request(
      create(
        'appointment',
        '--start',
        '2026-12-24T12:00',
        '--duration',
        '45m',
        '--time-zone',
        'Pacific Standard Time',
      ),
    )
    expect(text).toContain('<t:Start>2026-12-24T12:00:00</t:Start><t:End>2026-12-24T12:45:00</t:End>')
    expect(text).toContain('<t:StartTimeZone Id="Pacific Standard Time"/>')
  })

  it('whole days run to the end of the last one, in a zone that is named', async () => {
    const zone = ['--time-zone', 'W. Europe Standard Time']
    const text = await request(
      create('appointment', '--all-day', '--start', '2026-12-24', '--end', '2026-12-26', ...zone),
    )
    expect(text).toContain('<t:Start>2026-12-24T00:00:00</t:Start><t:End>2026-12-27T00:00:00</t:End>')
    expect(text).toContain('<t:IsAllDayEvent>true</t:IsAllDayEvent>')
    vi.stubEnv('TZ', 'Europe/Berlin')
    const refused = await dry(create('appointment', '--all-day', '--start', '2026-12-24'))
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('--time-zone')
  })

  it('writes series', async () => {
    const start = ['--start', '2026-12-24T09:00', '--duration', '30m']
    expect(await request(create('appointment', ...start, '--repeat', 'weekly', '--times', '4'))).toContain(
      '<t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Thursday</t:DaysOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-12-24</t:StartDate><t:NumberOfOccurrences>4</t:NumberOfOccurrences>',
    )
    expect(
      await request(create('appointment', ...start, '--repeat', 'yearly', '--until', '2030-12-31')),
    ).toContain(
      '<t:AbsoluteYearlyRecurrence><t:DayOfMonth>24</t:DayOfMonth><t:Month>December</t:Month></t:AbsoluteYearlyRecurrence><t:EndDateRecurrence>',
    )
    expect(await request(create('task', '--start', '2026-12-24', '--repeat', 'monthly'))).toContain(
      '<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>24</t:DayOfMonth>',
    )
  })

  it('writes series that leave days, weeks or months out', async () => {
    const start = ['--start', '2026-12-24T09:00', '--duration', '30m', '--every', '2']
    expect(await request(create('appointment', ...start, '--repeat', 'weekly'))).toContain(
      '<t:WeeklyRecurrence><t:Interval>2</t:Interval>',
    )
    expect(await request(create('appointment', ...start, '--repeat', 'daily'))).toContain(
      '<t:DailyRecurrence><t:Interval>2</t:Interval>',
    )
    const yearly = await dry(create('appointment', ...start, '--repeat', 'yearly'))
    expect(yearly.code).toBe(2)
    expect(yearly.stderr).toContain('Write --repeat monthly --every 24.')
    // Ten years are 120 months, which Exchange does not take.
    for (const every of ['10', '0', '1.5']) {
      const never = await dry(create('appointment', ...start.slice(0, -1), every, '--repeat', 'yearly'))
      expect(never).toMatchObject({ code: 2 })
      expect(never.stderr).not.toContain('Write')
    }
    const none = await dry(create('appointment', ...start.slice(0, -1), '0', '--repeat', 'daily'))
    expect(none.stderr).toContain('0 is not an interval of a series: it is a whole number from 1 to 999.')
    const lone = await dry(create('appointment', ...start))
    expect(lone.stderr).toContain('--every is about a series.')
  })

  it('says who may see it', async () => {
    const start = ['--start', '2026-12-24T09:00', '--duration', '30m']
    expect(await request(create('appointment', ...start, '--sensitivity', 'confidential'))).toContain(
      '<t:Sensitivity>Confidential</t:Sensitivity>',
    )
    for (const flags of [
      ['--private'],
      ['--sensitivity', 'PRIVATE'],
      ['--private', '--sensitivity', 'private'],
    ])
      expect(await request(create('task', ...flags))).toContain('<t:Sensitivity>Private</t:Sensitivity>')
    const both = await dry(create('task', '--private', '--sensitivity', 'normal'))
    expect(both.code).toBe(2)
    expect(both.stderr).toContain('--private and --sensitivity normal are both given')
  })

  it('writes MAPI properties beside the others', async () => {
    expect(
      await request(
        create(
          'task',
          '--subject',
          'Report',
          '--set',
          'PublicStrings/Project=Apollo',
          '--set',
          '0x0E07:Integer=3',
        ),
      ),
    ).toContain(
      '<t:Subject>Report</t:Subject><t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="Project" PropertyType="String"/><t:Value>Apollo</t:Value></t:ExtendedProperty><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/><t:Value>3</t:Value></t:ExtendedProperty>',
    )
  })

  it('invites attendees when that is said, and demands that it is said', async () => {
    const meeting = create(
      'appointment',
      '--start',
      '2026-12-24T09:00',
      '--duration',
      '1h',
      '--attendee',
      'megan@contoso.com',
    )
    expect(await request([...meeting, '--notify', 'all'])).toContain(
      'SendMeetingInvitations="SendToAllAndSaveCopy"',
    )
    expect(await request([...meeting, '--notify', 'none'])).toContain('SendMeetingInvitations="SendToNone"')
    const run = await dry(meeting)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('say whether they get an invitation')
  })

  it('writes contacts and tasks', async () => {
    const contact = await request(
      create(
        'contact',
        '--given-name',
        'Adele',
        '--surname',
        'Vance',
        '--email',
        'adele@contoso.com',
        '--email',
        'av@fabrikam.com',
        '--mobile',
        '555-0100',
        '--company',
        'Contoso',
        '--job-title',
        'Head',
      ),
    )
    for (const part of [
      '<t:FileAs>Vance, Adele</t:FileAs>',
      '<t:DisplayName>Adele Vance</t:DisplayName>',
      '<t:Entry Key="EmailAddress2">av@fabrikam.com</t:Entry>',
      '<t:Entry Key="MobilePhone">555-0100</t:Entry>',
    ]) {
      expect(contact).toContain(part)
    }
    expect(
      await request(
        create(
          'task',
          '--subject',
          'Report',
          '--due',
          '2026-12-31',
          '--status',
          'inprogress',
          '--percent',
          '50',
        ),
      ),
    ).toContain(
      '<t:DueDate>2026-12-31T00:00:00Z</t:DueDate><t:PercentComplete>50</t:PercentComplete><t:Status>InProgress</t:Status>',
    )
  })

  const start = ['--start', '2026-12-24T09:00']
  it.each([
    [create('letter'), 'The kinds are message, appointment, contact, task'],
    [create('tsk'), 'Did you mean task?'],
    [create('message', '--start', '2026-12-24'), 'A message has no --start'],
    [create('contact', '--to', 'a@contoso.com', '--name', 'x'), 'A contact has no --to'],
    [create('appointment'), 'needs --start'],
    [create('appointment', ...start), 'needs --end, --duration or --all-day'],
    [create('appointment', ...start, '--end', '2026-12-24T08:00'), 'before it starts'],
    [create('appointment', ...start, '--end', '2026-12-24T10:00', '--duration', '1h'), 'both given'],
    [create('appointment', ...start, '--duration', '90'), 'is not a time for --duration'],
    [
      create('appointment', ...start, '--duration', '1h', '--until', '2027-01-01'),
      '--until is about a series',
    ],
    [create('appointment', ...start, '--all-day'), 'a day is wanted'],
    [create('appointment', ...start, '--duration', '1h', '--notify', 'some'), 'says nobody'],
    [create('appointment', ...start, '--duration', '1h', '--notify', 'changed'), 'is for changes'],
    [create('message', '--to', 'megan@'), 'is not an e-mail address'],
    [create('message', '--send'), 'nobody to be sent to'],
    [create('message', '--send', '--folder', 'inbox', '--to', 'a@contoso.com'), 'not from a folder'],
    [create('message', '--body', 'x', '--body-file', '-'), 'both given'],
    [create('message', '--attach', '-'), 'needs a name'],
    [create('message', '--attach', 'no-such-file'), 'does not exist'],
    [create('message', '--subject', 'a', '--set', 'subject=b'), 'subject is given twice'],
    [create('contact'), 'needs a name'],
    [create('task', '--percent', '120'), 'from 0 to 100'],
    [create('task', '--due', '2026-12-31T10:00'), 'a day is wanted'],
  ])('%j is refused', async (argv, sentence) => {
    const run = await dry(argv)
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('item update', () => {
  const update = (...flags: string[]) => [
    'item',
    'update',
    '--id',
    'A',
    '--type',
    'CalendarItem',
    '--notify',
    'none',
    ...flags,
  ]

  it('sends what is named and nothing else', async () => {
    const text = await request(
      update(
        '--set',
        'subject=Noon',
        '--append',
        'requiredAttendees=megan@contoso.com',
        '--clear',
        'location',
      ),
    )
    expect(text.match(/<t:(?:Set|AppendTo|Delete)ItemField>/g)).toHaveLength(3)
    expect(text).toContain(
      '<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:CalendarItem><t:Subject>Noon</t:Subject>',
    )
    expect(text).toContain('<t:AppendToItemField><t:FieldURI FieldURI="calendar:RequiredAttendees"/>')
    expect(text).toContain(
      '<t:DeleteItemField><t:FieldURI FieldURI="calendar:Location"/></t:DeleteItemField>',
    )
    expect(text).toContain('SendMeetingInvitationsOrCancellations="SendToNone"')
  })

  it('takes the kinds and change keys of the pipe, so that conflicts are noticed', async () => {
    const stdin = '[{"id":"A","changeKey":"K","type":"MeetingRequest"},{"id":"B","type":"Task"}]'
    const text = await request(['item', 'update', '--set', 'importance=high'], stdin)
    expect(text).toContain('<t:ItemId Id="A" ChangeKey="K"/>')
    expect(text).toContain('<t:Message><t:Importance>High</t:Importance></t:Message>')
    expect(text).toContain('<t:Task><t:Importance>High</t:Importance></t:Task>')
  })

  it('--change-key is of one item', async () => {
    expect(
      await request(update('--set', 'subject=x', '--change-key', 'K', '--conflict', 'neveroverwrite')),
    ).toContain('ConflictResolution="NeverOverwrite"')
    const run = await dry(update('--id', 'B', '--set', 'subject=x', '--change-key', 'K'))
    expect(run.stderr).toContain('--change-key is of one item')
  })

  it.each([
    [['item', 'update', '--id', 'A'], 'The update changes nothing'],
    [update('--set', 'subject'), 'is not NAME=VALUE'],
    [update('--set', 'subjet=x'), 'Did you mean subject?'],
    [update('--append', 'subject=x'), 'Nothing can be appended to subject'],
    [update('--set', 'subject=x', '--clear', 'subject'), 'twice'],
    [update('--set', 'subject=x', '--conflict', 'mine'), 'It is one of NeverOverwrite'],
    [update('--set', 'subject=x', '--conflict', 'NeverOverwrite'), 'needs the change key'],
    [['item', 'update', '--id', 'A', '--type', 'Letter', '--set', 'subject=x'], 'is not a type of item'],
  ])('%j is refused', async (argv, sentence) => {
    const run = await dry(argv)
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
  })

  it('a dry run of what has to be looked up first needs a server', async () => {
    const run = await dry(['item', 'update', '--id', 'A', '--set', 'subject=x'])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain('No server is given')
  })
})

describe('item delete', () => {
  it('says to Exchange what it wants to know of appointments and tasks', async () => {
    const text = await request([
      'item',
      'delete',
      '--id',
      'A',
      '--delete-type',
      'harddelete',
      '--notify',
      'all',
      '--only-this',
    ])
    expect(text).toContain(
      '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToAllAndSaveCopy" AffectedTaskOccurrences="SpecifiedOccurrenceOnly">',
    )
    expect(await request(['item', 'delete', '--id', 'A'])).toContain(
      'DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToNone" AffectedTaskOccurrences="AllOccurrences"',
    )
  })

  it('sends nothing where nobody can be asked and --yes is not given', async () => {
    for (const [argv, stdin] of [
      [['item', 'delete', '--id', 'A'], ''],
      [['item', 'delete'], 'A\nB\n'],
      [['folder', 'delete', '--folder-id', 'A'], ''],
    ] as const) {
      const run = await runCli([...argv, '--url', 'http://127.0.0.1:9/'], { stdin })
      expect(run).toMatchObject({ code: 2, stdout: '' })
      expect(run.stderr).toContain('Nobody is there to answer')
    }
  })

  it.each([
    [['item', 'delete', '--id', 'A', '--delete-type', 'hard'], 'Did you mean HardDelete?'],
    [['item', 'delete', '--id', 'A', '--notify', 'changed'], 'is for changes'],
  ])('%j is refused', async (argv, sentence) => {
    const run = await dry(argv)
    expect(run.stderr).toContain(sentence)
    expect(run).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('item copy, item move', () => {
  it('name items by id and the folder by its owner', async () => {
    for (const [verb, operation] of [
      ['copy', 'CopyItem'],
      ['move', 'MoveItem'],
    ] as const) {
      const text = await request(['item', verb, '--id', 'A', ...TO_DRAFTS])
      expect(text).toContain(
        `<m:${operation}><m:ToFolderId><t:DistinguishedFolderId Id="drafts"><t:Mailbox><t:EmailAddress>allan@contoso.com`,
      )
      expect(text).toContain(
        '<m:ItemIds><t:ItemId Id="A"/></m:ItemIds><m:ReturnNewItemIds>true</m:ReturnNewItemIds>',
      )
    }
    expect(await request(['item', 'move', '--id', 'A', '--to-folder-id', 'F'])).toContain(
      '<t:FolderId Id="F"/>',
    )
  })
})

describe('folder create, folder delete', () => {
  it('make a folder of the kind that is named', async () => {
    const text = await request([
      'folder',
      'create',
      'Travel',
      'Leave',
      ...ALLAN,
      '--folder',
      'calendar',
      '--kind',
      'calendar',
    ])
    expect(text).toContain(
      '<t:CalendarFolder><t:DisplayName>Travel</t:DisplayName></t:CalendarFolder><t:CalendarFolder>',
    )
    expect(await request(['folder', 'create', 'X', ...ALLAN])).toContain(
      '<t:DistinguishedFolderId Id="msgfolderroot">',
    )
    expect((await dry(['folder', 'create', 'X', ...ALLAN, '--kind', 'calender'])).stderr).toContain(
      'Did you mean calendar?',
    )
  })

  it('delete by id', async () => {
    expect(
      await request([
        'folder',
        'delete',
        '--folder-id',
        'A',
        '--folder-id',
        'B',
        '--delete-type',
        'SoftDelete',
      ]),
    ).toContain(
      '<m:DeleteFolder DeleteType="SoftDelete"><m:FolderIds><t:FolderId Id="A"/><t:FolderId Id="B"/>',
    )
    expect(await request(['folder', 'delete'], '[{"id":"A"}]')).toContain('<t:FolderId Id="A"/>')
  })
})

describe('item respond', () => {
  const respond = (...flags: string[]) => ['item', 'respond', ...flags, '--id', 'A']

  it('says what is answered, to whom, and where the copy goes', async () => {
    const answer = '<t:ReferenceItemId Id="A" ChangeKey="{changeKey}"/>'
    const text = await request(
      respond('Accept', '--body', '<Fine>', '--html', '--mailbox', 'allan@contoso.com'),
    )
    expect(text).toContain(
      `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:SavedItemFolderId><t:DistinguishedFolderId Id="sentitems"><t:Mailbox><t:EmailAddress>allan@contoso.com</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:SavedItemFolderId><m:Items><t:AcceptItem><t:Body BodyType="HTML">&lt;Fine&gt;</t:Body>${answer}</t:AcceptItem>`,
    )
    expect(await request(respond('decline', '--notify', 'none'))).toContain(
      `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:DeclineItem>${answer}</t:DeclineItem>`,
    )
  })

  it.each([
    [respond('acept'), 'Did you mean accept?'],
    [respond('decline', '--notify', 'none', '--body', 'No.'), 'Nothing is sent'],
    [respond('decline', '--notify', 'none', '--mailbox', 'allan@contoso.com'), 'Nothing is sent'],
    [respond('decline', '--notify', 'changed'), 'all or none'],
  ])('%j is refused', async (argv, sentence) => {
    const run = await dry(argv)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(sentence)
  })
})

describe('when it is not known whether a change was made', () => {
  it('the command that shows how things stand is named', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const env = { EWS_URL: `http://127.0.0.1:${port}/`, EWS_USER: 'adele', EWS_PASSWORD: 'hunter2-is-secret' }
    for (const [argv, check] of [
      [
        ['item', 'create', 'task', ...ALLAN, '--subject', 'Report'],
        'ews-delegates item list --mailbox allan@contoso.com --folder tasks',
      ],
      [
        ['item', 'update', '--id', 'A', '--change-key', 'K', '--type', 'Task', '--set', 'subject=x'],
        'ews-delegates item show --id A',
      ],
      [['folder', 'create', 'Projects', ...ALLAN], 'ews-delegates folder list --mailbox allan@contoso.com'],
    ] as const) {
      const run = await runCli([...argv, '--timeout', '0.2', '--no-wait'], { env })
      expect(run.stderr).toContain(check)
      expect(run).toMatchObject({ code: 5, stdout: '' })
    }
    silent.closeAllConnections()
    silent.close()
  })
})

it('docs/work-in-another-mailbox.md shows commands that exist', async () => {
  const page = readFileSync(new URL('../../../docs/work-in-another-mailbox.md', import.meta.url), 'utf8')
  const lines = [...page.matchAll(/^ *(ews-delegates .*?)(?: +#.*| \|)?$/gm)].map(([, line = '']) => line)
  expect(lines.length).toBeGreaterThan(8)
  for (const line of lines) {
    const words = line.match(/'[^']*'|\S+/g)?.slice(1) ?? []
    const run = await runCli(words.map((word) => word.replace(/^'|'$/g, '')))
    // They get as far as the server, or the list, that this test does not give.
    expect(`${line}: ${run.stderr}`).toMatch(
      /No server is given|No items are named|Nobody is there to answer/,
    )
  }
})
