import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { DesiredMailbox } from '../../src/plan/desired.ts'
import { type GrantFormat, readGrants } from '../../src/plan/grants.ts'
import { GrantsFileError } from '../../src/plan/problem.ts'

async function read(content: string, name = 'grants.yaml', format?: GrantFormat): Promise<DesiredMailbox[]> {
  const grants = await readGrants([{ name, content, ...(format ? { format } : {}) }])
  return [...grants.mailboxes]
}

async function problems(content: string, name = 'grants.yaml'): Promise<string[]> {
  const error = await readGrants([{ name, content }]).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(GrantsFileError)
  return (error as GrantsFileError).problems.map(({ at, message }) => `${at} ${message}`)
}

const YAML = `# yaml-language-server: $schema=grants.schema.json
version: 1
mode: exact
roles:
  assistant:
    calendar: Editor
    inbox: reviewer
    privateItems: true
    meetingCopies: true
    folders:
      /Projects: Author
defaults:
  deliverMeetingRequests: DelegatesAndMe
  folders:
    - folder: calendar
      permissions:
        - user: Default
          level: FreeBusyTimeAndSubjectAndLocation
mailboxes:
  - mailbox: adele@contoso.com
    delegates:
      - user: allan@contoso.com
        role: assistant
        tasks: Editor
        expires: 2027-03-31
    folders:
      - folder: inbox
        permissions:
          - user: sales@contoso.com
            rights: { createItems: true, folderVisible: true, readItems: FullDetails }
  - mailbox: megan@contoso.com
    mode: additive
    deliverMeetingRequests: NoForward
    delegates: []
`

const ADELE: DesiredMailbox = {
  mailbox: 'adele@contoso.com',
  mode: 'exact',
  deliverMeetingRequests: 'DelegatesAndMe',
  delegates: [
    {
      user: { smtpAddress: 'allan@contoso.com' },
      levels: { calendar: 'Editor', inbox: 'Reviewer', tasks: 'Editor' },
      viewPrivateItems: true,
      receiveCopiesOfMeetingMessages: true,
      expires: '2027-04-01T00:00:00.000Z',
    },
  ],
  folders: [
    {
      folder: 'inbox',
      permissions: [
        {
          user: { smtpAddress: 'sales@contoso.com' },
          grant: {
            createItems: true,
            createSubFolders: false,
            folderOwner: false,
            folderVisible: true,
            folderContact: false,
            editItems: 'None',
            deleteItems: 'None',
            readItems: 'FullDetails',
          },
        },
      ],
    },
    {
      folder: '/Projects',
      permissions: [
        { user: { smtpAddress: 'allan@contoso.com' }, grant: 'Author', expires: '2027-04-01T00:00:00.000Z' },
      ],
    },
    {
      folder: 'calendar',
      permissions: [{ user: { distinguishedUser: 'Default' }, grant: 'FreeBusyTimeAndSubjectAndLocation' }],
    },
  ],
}

test('YAML with roles, defaults and a date is unfolded', async () => {
  const [adele, megan] = await read(YAML)
  expect(adele).toEqual(ADELE)
  expect(megan).toMatchObject({ mode: 'additive', deliverMeetingRequests: 'NoForward', delegates: [] })
})

test('JSON says the same as YAML', async () => {
  const { parse } = await import('yaml')
  expect(await read(JSON.stringify(parse(YAML), null, 2), 'grants.json')).toEqual(await read(YAML))
})

test('JSON Lines says the same: the head first, then a mailbox on each line', async () => {
  const { parse } = await import('yaml')
  const { mailboxes, ...head } = parse(YAML)
  const lines = [head, ...mailboxes].map((value) => JSON.stringify(value)).join('\n')
  expect(await read(lines, 'grants.jsonl')).toEqual(await read(YAML))
})

test('documents behind --- have heads of their own and share roles', async () => {
  const found = await read(
    'mode: exact\nroles: { r: { inbox: Reviewer } }\n---\nmailboxes:\n  - mailbox: a@contoso.com\n    delegates: [{ user: b@contoso.com, role: r }]\n',
  )
  expect(found).toEqual([
    {
      mailbox: 'a@contoso.com',
      mode: 'additive',
      delegates: [{ user: { smtpAddress: 'b@contoso.com' }, levels: { inbox: 'Reviewer' } }],
      folders: [],
    },
  ])
})

test('a large YAML file is cut into its mailboxes and says what it says whole', async () => {
  const head = YAML.slice(0, YAML.indexOf('  - mailbox: adele'))
  const entry = YAML.slice(YAML.indexOf('  - mailbox: adele'), YAML.indexOf('  - mailbox: megan'))
  const many = Array.from({ length: 4000 }, (_, index) => entry.replace('adele@', `user${index}@`)).join('')
  expect(head.length + many.length).toBeGreaterThan(1024 * 1024)
  const found = await read(head + many)
  expect(found).toHaveLength(4000)
  expect(found[3999]).toEqual({ ...ADELE, mailbox: 'user3999@contoso.com' })
})

test('in a large YAML file mistakes have their own lines', async () => {
  const entry =
    '- mailbox: user@contoso.com\n  delegates:\n  - user: assistant@contoso.com\n    calendar: Editor\n'
  const many = Array.from({ length: 15_000 }, (_, index) => entry.replace('user@', `user${index}@`)).join('')
  const text = `mailboxes:\n${many}- mailbox: last@contoso.com\n  delegates:\n  - user: x@contoso.com\n    calender: Editor\n`
  expect(await problems(text)).toEqual([
    expect.stringMatching(/^grants\.yaml:60005:5 "calender" is not a field of a delegate\./),
  ])
  expect(await problems(`${text.replace('calender', 'calendar')}mode: exact\n`)).toEqual([
    expect.stringMatching(/^grants\.yaml:60006:1 .*mailboxes stand last/),
  ])
})

test('all mistakes of a file are told at once, with line and column', async () => {
  const found = await problems(`version: 2
mode: strict
mailboxes:
  - mailbox: adele
    delegates:
      - user: allan@contoso.com
        calendar: Superuser
        role: nobody
      - user: Default
        expires: 31.03.2027
      - calendar: Editor
    folders:
      - folder: kalender
        permissions: []
      - folder: inbox
        permissions:
          - user: a@contoso.com
            level: FreeBusyTimeOnly
          - user: b@contoso.com
            level: Editor
            rights: { createItem: true }
  - mailbox: megan@contoso.com
    delegates:
`)
  expect(found.map((line) => line.replace(/^grants\.yaml:/, '').slice(0, 60))).toEqual([
    expect.stringMatching(/^1:10 The version is 1/),
    expect.stringMatching(/^2:7 "strict" is not a mode/),
    expect.stringMatching(/^4:14 The mailbox "adele" is not an e-mail address/),
    expect.stringMatching(/^7:19 "Superuser" is not a level/),
    expect.stringMatching(/^8:15 There is no role "nobody"/),
    expect.stringMatching(/^9:15 Default cannot be a delegate/),
    expect.stringMatching(/^10:18 "31\.03\.2027" is not a date/),
    expect.stringMatching(/^11:9 The field user is missing/),
    expect.stringMatching(/^13:17 "kalender" is not a folder/),
    expect.stringMatching(/^21:21 This permission has a level and rights/),
    expect.stringMatching(/^21:21 There is no right "createItem"/),
    expect.stringMatching(/^23:15 Here a list of delegates should stand/),
  ])
})

test('what contradicts itself over several places is told with both places', async () => {
  const found = await problems(`roles:
  reader: { calendar: Reviewer }
mailboxes:
  - mailbox: adele@contoso.com
    deliverMeetingRequests: NoForward
    delegates:
      - { user: allan@contoso.com, role: reader }
      - { user: ALLAN@contoso.com, inbox: Editor }
      - { user: adele@contoso.com, inbox: Editor }
      - { user: megan@contoso.com, meetingCopies: true, calendar: Author }
      - { user: pradeep@contoso.com, role: writer }
    folders:
      - folder: calendar
        permissions: [{ user: allan@contoso.com, level: Editor }]
      - folder: inbox
        permissions: [{ user: a@contoso.com, level: FreeBusyTimeOnly }]
  - mailbox: Adele@contoso.com
    mode: exact
    deliverMeetingRequests: DelegatesOnly
    folders:
      - folder: inbox
        permissions: [{ user: a@contoso.com, level: Editor }]
`)
  expect(found).toEqual([
    expect.stringContaining('8:9 ALLAN@contoso.com is named twice as a delegate, first at grants.yaml:7:9'),
    expect.stringContaining('9:9 adele@contoso.com owns the mailbox'),
    expect.stringContaining('10:9 megan@contoso.com cannot receive meeting copies with Author'),
    expect.stringContaining('11:44 There is no role "writer". The roles are reader.'),
    expect.stringContaining(
      '14:23 allan@contoso.com is given rights on calendar here and as a delegate at grants.yaml:7:9',
    ),
    expect.stringContaining('16:23 a@contoso.com cannot have free/busy rights on inbox'),
    expect.stringContaining(
      '17:5 adele@contoso.com is described as additive at grants.yaml:4:5 and as exact here.',
    ),
    expect.stringContaining('19:29 Meeting requests go NoForward at grants.yaml:5:29 and DelegatesOnly here'),
    expect.stringContaining('22:23 a@contoso.com is named twice on inbox, first at grants.yaml:16:23'),
  ])
})

test('CSV as spreadsheets save it: byte order mark, semicolons, quotes, other names for columns', async () => {
  const csv =
    '\uFEFFsep=;\r\nOwner;Delegate;Calendar Level;Inbox;Private;"Expires on";# Department\r\n' +
    'adele@contoso.com;allan@contoso.com;editor;Reviewer;ja;2027-03-31;"Sales; EMEA"\r\n' +
    ';;;;;;\r\n' +
    '"megan@contoso.com";"ALLAN@contoso.com";;Author;;;"two\nlines"\r\n'
  expect(await read(csv, 'grants.csv')).toEqual([
    {
      mailbox: 'adele@contoso.com',
      mode: 'additive',
      delegates: [
        {
          user: { smtpAddress: 'allan@contoso.com' },
          levels: { calendar: 'Editor', inbox: 'Reviewer' },
          viewPrivateItems: true,
          expires: '2027-04-01T00:00:00.000Z',
        },
      ],
      folders: [],
    },
    {
      mailbox: 'megan@contoso.com',
      mode: 'additive',
      delegates: [{ user: { smtpAddress: 'ALLAN@contoso.com' }, levels: { inbox: 'Author' } }],
      folders: [],
    },
  ])
})

test('a table may have its columns in German', async () => {
  const csv =
    'Postfach;Stellvertreter;Kalender;Privat;Gültig bis\nadele@contoso.com;allan@contoso.com;Editor;Ja;31.03.2027\n'
  const allan = { smtpAddress: 'allan@contoso.com' }
  const expires = '2027-04-01T00:00:00.000Z'
  expect(await read(csv, 'grants.csv')).toEqual([
    {
      mailbox: 'adele@contoso.com',
      mode: 'additive',
      delegates: [{ user: allan, levels: { calendar: 'Editor' }, viewPrivateItems: true, expires }],
      folders: [],
    },
  ])
})

test('rows about one mailbox belong together, wherever they stand, and name folders, roles and rights', async () => {
  const csv = `mailbox,type,user,folder,level,rights,role,action,deliver
adele@contoso.com,delegate,allan@contoso.com,calendar,Editor,,,,DelegatesOnly
megan@contoso.com,,default,Calendar,Reviewer,,,,
adele@contoso.com,delegate,allan@contoso.com,inbox,Reviewer,,,,
adele@contoso.com,folder,sales@contoso.com,/Projects/2027,,"createItems, readItems=FullDetails",,,
megan@contoso.com,,pradeep@contoso.com,,,,assistant,,
megan@contoso.com,,old@contoso.com,,,,,remove,
`
  const grants = await readGrants([
    { name: 'roles.yaml', content: 'roles: { assistant: { calendar: Editor } }' },
    { name: 'grants.csv', content: csv },
  ])
  expect([...grants.mailboxes]).toMatchObject([
    {
      mailbox: 'adele@contoso.com',
      deliverMeetingRequests: 'DelegatesOnly',
      delegates: [{ levels: { calendar: 'Editor', inbox: 'Reviewer' } }],
      folders: [
        {
          folder: '/Projects/2027',
          permissions: [{ grant: { createItems: true, readItems: 'FullDetails' } }],
        },
      ],
    },
    {
      mailbox: 'megan@contoso.com',
      delegates: [{ levels: { calendar: 'Editor' } }, { absent: true }],
      folders: [
        { folder: 'calendar', permissions: [{ user: { distinguishedUser: 'Default' }, grant: 'Reviewer' }] },
      ],
    },
  ])
})

test('every mistake of a table is told with its row and column', async () => {
  const found = await problems(
    `mailbox,user,folder,level,calendar,private,expires
adele,allan@contoso.com,,,Editor,,
adele@contoso.com,"allan@contoso.com",,,Boss,maybe,tomorrow
adele@contoso.com,x@contoso.com,inbox,,,,
adele@contoso.com,y@contoso.com,,Editor,,,
adele@contoso.com,z@contoso.com,inbox,Editor,Editor,,,surplus
,w@contoso.com,,,Editor,,
adele@contoso.com,v@contoso.com,"inbox"x,Editor,,,
adele@contoso.com,u@contoso.com,,,Editor,,
adele@contoso.com,u@contoso.com,,,Editor,,
adele@contoso.com,Anonymous,calendar,None,,,2027-01-01
`,
    'grants.csv',
  )
  expect(found.map((line) => line.replace(/^grants\.csv:/, ''))).toEqual([
    expect.stringMatching(/^2:1 The mailbox "adele" is not an e-mail address/),
    expect.stringMatching(/^3:41 "Boss" is not a level/),
    expect.stringMatching(/^3:46 "maybe" is neither yes nor no/),
    expect.stringMatching(/^3:52 "tomorrow" is not a date/),
    expect.stringMatching(/^4:1 The row gives neither a level nor rights/),
    expect.stringMatching(/^5:34 On which folder is this level/),
    expect.stringMatching(/^6:55 The row has 8 fields, the header 7/),
    expect.stringMatching(/^7:1 The row names no mailbox/),
    expect.stringMatching(/^8:40 There is text behind a closing quote/),
    expect.stringMatching(/^10:1 u@contoso.com is named twice as a delegate, first at grants.csv:9:1/),
    expect.stringMatching(/^11:1 The entry Anonymous cannot be removed/),
  ])
})

test('a table without its columns, and one in another encoding, are told', async () => {
  expect(await problems('mailbox;Calender;Notes\n', 'grants.csv')).toEqual([
    expect.stringMatching(/^grants\.csv:1:1 The column user is missing/),
    expect.stringMatching(/^grants\.csv:1:9 "Calender" is not a column of grants/),
  ])
  expect(await problems('mailbox,user\n"adele@contoso.com,allan@contoso.com\n', 'grants.csv')).toEqual([
    expect.stringMatching(/^grants\.csv:2:1 A quote that begins here is never closed/),
  ])
  async function* latin1() {
    yield Buffer.from('mailbox,user\nadele@contoso.com,J\xfcrgen@contoso.com\n', 'latin1')
  }
  await expect(readGrants([{ name: 'grants.csv', content: latin1() }])).rejects.toThrow(/not UTF-8/)
  async function* inPieces(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const ansi = Buffer.from(
    'mailbox,user,#name\nadele@contoso.com,b@contoso.com,J\xfcrgen\na@b.c,d@e.f,\xe4\n',
    'latin1',
  )
  for (const size of [ansi.length, 20, 1]) {
    const told = await readGrants([{ name: 'grants.csv', content: inPieces(ansi, size) }]).catch(
      (error: unknown) => error,
    )
    // What is said is true: the file is not empty.
    expect((told as GrantsFileError).problems).toEqual([
      {
        at: 'grants.csv:2:34',
        message: 'Here the text is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”).',
      },
    ])
  }
  const half = Buffer.concat([
    Buffer.from('\uFEFFmailbox,user,tasks\na@b.c,', 'utf16le'),
    Buffer.from('00d800d8', 'hex'),
  ])
  for (const size of [half.length, 3]) {
    const torn = readGrants([{ name: 'grants.csv', content: inPieces(half, size) }])
    await expect(torn).rejects.toThrow('grants.csv:2:7 Here the text is not UTF-16;')
  }
  // Letters of several bytes that fall apart between two pieces are none of these mistakes.
  const letters = Buffer.from('mailbox,user,calendar\na@b.c,jörg@münchen.example,Editor\n')
  for (const size of [1, 2, 3])
    expect((await readGrants([{ name: 'grants.csv', content: inPieces(letters, size) }])).count).toBe(1)
  async function* utf16() {
    yield Buffer.from('\uFEFFmailbox\tuser\ttasks\nadele@contoso.com\tallan@contoso.com\tEditor\n', 'utf16le')
  }
  const grants = await readGrants([{ name: 'grants.txt', content: utf16(), format: 'csv' }])
  expect(grants.count).toBe(1)
})

/** Every mistake an admin makes in a row: what is written, and where and how it is told. */
const ROW_MISTAKES: readonly {
  readonly row: (index: number) => string
  readonly at: (row: string) => number
  readonly says: RegExp
}[] = (() => {
  const before = (mark: string) => (row: string) => row.indexOf(mark) + 1
  const start = () => 1
  return [
    // mailbox, user, type, folder, level, rights, role, calendar, private, copies, deliver, expires, action
    {
      row: (i) => `user${i},b@contoso.com,,,,,,Editor,,,,,`,
      at: start,
      says: /^The mailbox "user\d+" is not an e-mail/,
    },
    { row: (i) => `,b${i}@contoso.com,,,,,,Editor,,,,,`, at: start, says: /^The row names no mailbox/ },
    { row: (i) => `user${i}@contoso.com,,,,,,,Editor,,,,,`, at: start, says: /^The row names no user/ },
    {
      row: (i) => `user${i}@contoso.com,Allan Deyoung,,,,,,Editor,,,,,`,
      at: before('Allan'),
      says: /^The delegate "Allan Deyoung" is not/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com; c@contoso.com,,,,,,Editor,,,,,`,
      at: before('b@'),
      says: /is not an e-mail/,
    },
    {
      row: (i) => `user${i}@contoso.com,Default,,,,,,Editor,,,,,`,
      at: before('Default'),
      says: /^Default cannot be a delegate/,
    },
    {
      row: (i) => `user${i}@contoso.com,S-1-5-x,,,,,,Editor,,,,,`,
      at: before('S-1'),
      says: /is not a security identifier/,
    },
    {
      row: (i) => `user${i}@contoso.com,user${i}@contoso.com,,,,,,Editor,,,,,`,
      at: start,
      says: /owns the mailbox/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Boss,,,,,`,
      at: before('Boss'),
      says: /^"Boss" is not a level/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Owner,,,,,`,
      at: before('Owner'),
      says: /^"Owner" is not a level/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Custom,,,,,`,
      at: before('Custom'),
      says: /^The level Custom cannot be set/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,perhaps,,,,`,
      at: before('perhaps'),
      says: /neither yes nor no/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Reviewer,,yes,,,`,
      at: start,
      says: /cannot receive meeting copies with Reviewer/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,,,Everybody,,`,
      at: before('Everybody'),
      says: /"?Everybody/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,,,,03/04/2027,`,
      at: before('03/'),
      says: /can be read in two ways/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,,,,2027-02-30,`,
      at: before('2027'),
      says: /is not a date/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,,,,46112,`,
      at: before('46112'),
      says: /is not a date/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,,,,,maybe`,
      at: before('maybe'),
      says: /is not an action/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,owner,,,,,Editor,,,,,`,
      at: before('owner,'),
      says: /neither delegate nor folder/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,boss,,,,,,`,
      at: before('boss'),
      says: /^There is no role "boss"/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,,,,,,`,
      at: start,
      says: /^The row gives nothing/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,Editor,,,,,,,,`,
      at: before('Editor'),
      says: /^On which folder/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,Kalender,Editor,,,,,,,,`,
      at: before('Kalender'),
      says: /^"Kalender" is not a folder/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,/a//b,Editor,,,,,,,,`,
      at: before('/a'),
      says: /has an empty part/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,inbox,,,,,,,,,`,
      at: start,
      says: /neither a level nor rights/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,inbox,Editor,createItems,,,,,,,`,
      at: before('createItems'),
      says: /a level and rights/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,inbox,,createItem,,,,,,,`,
      at: before('createItem'),
      says: /There is no right "createItem"/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,inbox,,readItems=Some,,,,,,,`,
      at: before('readItems'),
      says: /cannot be "Some"/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,inbox,Editor,,,Editor,,,,,`,
      at: (row) => row.lastIndexOf('Editor') + 1,
      says: /has no calendar/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,inbox,AvailabilityOnly,,,,,,,,`,
      at: start,
      says: /only calendar folders/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,delegate,sentitems,Editor,,,,,,,,`,
      at: before('sentitems'),
      says: /no level on sentitems/,
    },
    {
      row: (i) => `user${i}@contoso.com,Default,,calendar,None,,,,,,,2027-01-01,`,
      at: start,
      says: /cannot be removed/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,Editor,,,,,,,more`,
      at: before('more'),
      says: /^The row has 15 fields, the header 13/,
    },
    {
      row: (i) => `user${i}@contoso.com,b@contoso.com,,,,,,"Editor"s,,,,,`,
      at: before('s,,,'),
      says: /text behind a closing quote/,
    },
    {
      row: (i) => `user${i}@contoso.com,"b@contoso.com,,,,,,Editor,,,,,`,
      at: before('"b'),
      says: /is never closed/,
    },
    {
      row: (i) => `user${i}@contoso.com,b"b@contoso.com,,,,,,Editor,,,,,`,
      at: before('b"b'),
      says: /is not an e-mail/,
    },
  ]
})()

test('ten thousand rows with every mistake an admin makes: each is told, at its row and column', async () => {
  const head = 'mailbox,user,type,folder,level,rights,role,calendar,private,copies,deliver,expires,action'
  const expected: { at: string; says: RegExp }[] = []
  // Seeded, so that neighbours differ from run to run of the list and not from run to run of the test.
  let seed = 6
  const rows = Array.from({ length: 10_000 }, (_, index) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    const kind = ROW_MISTAKES[Math.floor((seed / 2_147_483_648) * (ROW_MISTAKES.length + 3))]
    // Some are right.
    if (!kind) return `user${index}@contoso.com,b@contoso.com,,,,,,Editor,yes,yes,,2027-03-31,`
    const row = kind.row(index)
    expected.push({ at: `grants.csv:${index + 2}:${kind.at(row)}`, says: kind.says })
    return row
  })
  const error = await readGrants([{ name: 'grants.csv', content: `${head}\n${rows.join('\n')}\n` }]).catch(
    (reason: unknown) => reason,
  )
  const found = (error as GrantsFileError).problems
  expect(found.map(({ at }) => at)).toEqual(expected.map(({ at }) => at))
  for (const [index, { message }] of found.entries()) expect(message).toMatch(expected[index]?.says as RegExp)
  expect(expected.length).toBeGreaterThan(9000)
  expect((error as Error).message).toContain(`${expected.length} mistakes`)
  expect((error as Error).message).toContain(`… and ${expected.length - 100} more.`)
})

test('what YAML itself refuses has its place', async () => {
  expect(await problems('mailboxes:\n  - mailbox: a@contoso.com\n   mode: exact\n')).toEqual([
    expect.stringMatching(/^grants\.yaml:3:\d+ /),
  ])
  expect(await problems('a: &x [*x]\nmailboxes: *y\n')).toEqual(
    expect.arrayContaining([expect.stringMatching(/^grants\.yaml:2:12 There is no anchor &y before this/)]),
  )
})

test('a fault of YAML hides the mistakes of its own entry only', async () => {
  const found = await problems(`mode: additive
roles: &roles { assistant: { calendar: Editor } }
mailboxes:
  - mailbox: one
    delegates: []
    delegates: []
  - mailbox: two@contoso.com
    delegates: [{ user: x, role: assistant }
  - mailbox: three
    delegates: [{ user: x@contoso.com, role: assistant }]
  - mailbox: four@contoso.com
    delegates: *people
`)
  expect(found).toEqual([
    expect.stringMatching(/^grants\.yaml:4:14 The mailbox "one" is not/),
    expect.stringMatching(/^grants\.yaml:6:5 "delegates" stands here twice/),
    expect.stringMatching(/^grants\.yaml:9:3 Flow sequence/),
    expect.stringMatching(/^grants\.yaml:9:14 The mailbox "three" is not/),
  ])
})

test('a role that there is not is told also of what is left out for another mistake', async () => {
  const table = (rows: string) => ({ name: 'rows.csv', content: `mailbox,user,role,calendar\n${rows}` })
  const rows = table(
    'a@contoso.com,b@contoso.com,nope,Boss\na@contoso.com,c@contoso.com,later,Boss\na@contoso.com,a@contoso.com,nope,\n',
  )
  // Roles of a file that is read after it count.
  const roles = { name: 'roles.yaml', content: 'roles: { later: { tasks: Editor } }\n' }
  const told = async (sources: Parameters<typeof readGrants>[0]) => {
    const error: unknown = await readGrants(sources).catch((reason: unknown) => reason)
    return (error as GrantsFileError).problems.map(({ at, message }) => `${at} ${message}`)
  }
  const boss = expect.stringContaining('"Boss" is not a level')
  const nope = (at: string) => `${at} There is no role "nope". The roles are later.`
  expect(await told([rows, roles])).toEqual([
    nope('rows.csv:2:29'),
    boss,
    boss,
    expect.stringMatching(/^rows\.csv:4:1 a@contoso\.com owns the mailbox/),
    nope('rows.csv:4:29'),
  ])
  expect(
    await problems(`roles: { later: { tasks: Editor } }
mailboxes:
  - mailbox: one
    delegates: [{ user: b@contoso.com, role: nope }, { user: c@contoso.com, role: later }]
  - mailbox: two@contoso.com
    delegates: [{ user: b, role: nope }]
`),
  ).toEqual([
    expect.stringContaining('3:14 The mailbox "one"'),
    nope('grants.yaml:4:46'),
    expect.stringContaining('6:25 The delegate "b"'),
    nope('grants.yaml:6:34'),
  ])
  // Where the roles are not known, nothing is said of them.
  const broken = { name: 'roles.yaml', content: 'roles: { later: {\n' }
  const [first, ...others] = await told([table('a@contoso.com,b@contoso.com,nope,Boss\n'), broken])
  expect([first, others.length]).toEqual([boss, 1])
})

test('in a head that YAML refuses the roles are not known, and nobody is told so of each mailbox', async () => {
  expect(
    await problems(`roles: { assistant: { calendar: Editor }
mailboxes:
  - mailbox: one
    delegates: [{ user: x@contoso.com, role: assistant }]
`),
  ).toEqual([
    expect.stringMatching(/^grants\.yaml:2:1 /),
    expect.stringMatching(/^grants\.yaml:3:14 The mailbox "one" is not/),
  ])
})

test('the defaults of every file hold for what the file says of a mailbox', async () => {
  const file = (name: string, content: string) => ({ name, content })
  const entry = (user: string, level: string) =>
    `folders: [{ folder: calendar, permissions: [{ user: ${user}, level: ${level} }] }]`
  const first = `defaults: { role: reader }
roles: { reader: { inbox: Reviewer } }
mailboxes: [{ mailbox: adele@contoso.com, delegates: [{ user: allan@contoso.com }] }]`
  const second = (delivery: string) => `defaults:
  deliverMeetingRequests: ${delivery}
  delegates: [{ user: patti@contoso.com, tasks: Editor }]
  ${entry('Default', 'Reviewer')}
mailboxes: [{ mailbox: adele@contoso.com, delegates: [{ user: megan@contoso.com, calendar: Editor }] }]`
  const grants = await readGrants([file('1.yaml', first), file('2.yaml', second('NoForward'))])
  expect([...grants.mailboxes]).toEqual([
    {
      mailbox: 'adele@contoso.com',
      mode: 'additive',
      deliverMeetingRequests: 'NoForward',
      delegates: [
        { user: { smtpAddress: 'allan@contoso.com' }, levels: { inbox: 'Reviewer' } },
        { user: { smtpAddress: 'megan@contoso.com' }, levels: { calendar: 'Editor' } },
        { user: { smtpAddress: 'patti@contoso.com' }, levels: { tasks: 'Editor' } },
      ],
      folders: [
        { folder: 'calendar', permissions: [{ user: { distinguishedUser: 'Default' }, grant: 'Reviewer' }] },
      ],
    },
  ])
  const third = `defaults:
  deliverMeetingRequests: DelegatesOnly
  delegates: [{ user: patti@contoso.com, tasks: Author }]
  ${entry('Default', 'None')}
mailboxes: [{ mailbox: adele@contoso.com }, { mailbox: megan@contoso.com }]`
  const error = await readGrants([file('2.yaml', second('NoForward')), file('3.yaml', third)]).catch(
    (reason: unknown) => reason,
  )
  expect((error as GrantsFileError).problems.map(({ at, message }) => `${at} ${message}`)).toEqual([
    expect.stringContaining(
      '3.yaml:2:27 Meeting requests go NoForward at 2.yaml:2:27 and DelegatesOnly here',
    ),
    expect.stringContaining(
      '3.yaml:3:15 patti@contoso.com is named twice as a delegate, first at 2.yaml:3:15',
    ),
    expect.stringContaining('3.yaml:4:47 Default is named twice on calendar, first at 2.yaml:4:47'),
  ])
})

test('what a mailbox says goes before its roles, and its roles before what holds for all', async () => {
  const [mailbox] = await read(`roles:
  assistant:
    tasks: Editor
    folders: { /Projects: Author, /Archive: Author, inbox: Contributor }
defaults:
  delegates: [{ user: all@contoso.com, calendar: Editor, inbox: Reviewer }]
  folders:
    - folder: /Archive
      permissions: [{ user: allan@contoso.com, level: Owner }, { user: all@contoso.com, level: Owner }]
    - folder: tasks
      permissions: [{ user: allan@contoso.com, level: Reviewer }]
mailboxes:
  - mailbox: adele@contoso.com
    delegates: [{ user: allan@contoso.com, role: assistant, expires: 2027-03-31 }]
    folders:
      - folder: /Projects
        permissions: [{ user: allan@contoso.com, level: Reviewer }]
      - folder: inbox
        permissions: [{ user: all@contoso.com, level: Contributor }]
`)
  const allan = { smtpAddress: 'allan@contoso.com' }
  const all = { smtpAddress: 'all@contoso.com' }
  const expires = '2027-04-01T00:00:00.000Z'
  expect(mailbox?.delegates).toEqual([
    { user: allan, levels: { tasks: 'Editor' }, expires },
    { user: all, levels: { calendar: 'Editor' } },
  ])
  expect(mailbox?.folders).toEqual([
    { folder: '/Projects', permissions: [{ user: allan, grant: 'Reviewer' }] },
    {
      folder: 'inbox',
      permissions: [
        { user: all, grant: 'Contributor' },
        { user: allan, grant: 'Contributor', expires },
      ],
    },
    {
      folder: '/Archive',
      permissions: [
        { user: allan, grant: 'Author', expires },
        { user: all, grant: 'Owner' },
      ],
    },
    { folder: 'tasks', permissions: [] },
  ])
})

test('rows that repeat a role are no contradiction', async () => {
  const roles = 'roles: { assistant: { tasks: Editor, folders: { /Projects: Author } } }'
  const grants = await readGrants([
    { name: 'roles.yaml', content: roles },
    {
      name: 'rows.csv',
      content:
        'mailbox,user,role,calendar,inbox\na@contoso.com,b@contoso.com,assistant,Editor,\na@contoso.com,b@contoso.com,assistant,,Reviewer\n',
    },
  ])
  expect([...grants.mailboxes]).toMatchObject([
    {
      delegates: [{ levels: { tasks: 'Editor', calendar: 'Editor', inbox: 'Reviewer' } }],
      folders: [{ folder: '/Projects', permissions: [{ grant: 'Author' }] }],
    },
  ])
})

test('a file that unfolds to more than memory holds is refused in a sentence', async () => {
  const people = Array.from(
    { length: 4000 },
    (_, index) => `      - { user: a${index}@contoso.com, tasks: Editor }`,
  )
  const mailboxes = Array.from({ length: 5000 }, (_, index) => `  - { mailbox: m${index}@contoso.com }`)
  const content = `defaults:\n  delegates:\n${people.join('\n')}\nmailboxes:\n${mailboxes.join('\n')}\n`
  await expect(readGrants([{ name: 'bomb.yaml', content }], { largestUnfolded: 20_000_000 })).rejects.toThrow(
    /bomb\.yaml:\d+:\d+ Up to this mailbox .* unfold to more than 20 MB/,
  )
  const aliased = `mailboxes:\n  - mailbox: m@contoso.com\n    delegates: &all\n${people.join('\n')}\n${mailboxes.join('\n').replaceAll(' }', ', delegates: *all }')}\n`
  await expect(
    readGrants([{ name: 'bomb.yaml', content: aliased }], { largestUnfolded: 20_000_000 }),
  ).rejects.toThrow(/unfold to more than 20 MB/)
})

test('defaults that are too much for all mailboxes are refused before they are unfolded', async () => {
  const people = Array.from(
    { length: 200 },
    (_, index) => `    - { user: a${index}@contoso.com, tasks: Editor }`,
  )
  const mailboxes = Array.from({ length: 300 }, (_, index) => `  - { mailbox: m${index}@contoso.com }`)
  // Seen only where the mailbox is put together.
  const contradiction = '  - { mailbox: m0@contoso.com, mode: exact }'
  const content = `defaults:\n  delegates:\n${people.join('\n')}\nmailboxes:\n${mailboxes.join('\n')}\n${contradiction}\n`
  const refused = readGrants([{ name: 'bomb.yaml', content }], { largestUnfolded: 2_000_000 })
  await expect(refused).rejects.toMatchObject({
    problems: [
      {
        at: expect.stringMatching(/^bomb\.yaml:\d+:\d+$/),
        message: expect.stringMatching(/unfold to more than 2 MB/),
      },
    ],
  })
  // Without them it is only the contradiction.
  await expect(readGrants([{ name: 'bomb.yaml', content }])).rejects.toMatchObject({
    problems: [{ message: expect.stringContaining('is described as additive at') }],
  })
})

test('roles that are too much for all who have them are refused before they are unfolded', async () => {
  const folders = Array.from({ length: 200 }, (_, index) => `/Projects/${index}: Reviewer`)
  const people = Array.from({ length: 2000 }, (_, index) => `u${index}@contoso.com`)
  const head = `roles: { big: { folders: { ${folders.join(', ')} } } }\n`
  const limit = { largestUnfolded: 2_000_000 }
  const named = (user: string) => `{ user: ${user}, role: big }`
  const bombs: Record<string, string> = {
    'named by many mailboxes': people
      .map((user, index) => `  - { mailbox: m${index}@contoso.com, delegates: [${named(user)}] }`)
      .join('\n'),
    'named often by one mailbox': `  - { mailbox: m0@contoso.com, delegates: [${people.map(named).join(', ')}] }`,
  }
  for (const [what, mailboxes] of Object.entries(bombs)) {
    // Seen only where the mailbox is put together.
    const contradiction = '  - { mailbox: m0@contoso.com, mode: exact }'
    const content = `${head}mailboxes:\n${mailboxes}\n${contradiction}\n`
    await expect(readGrants([{ name: 'bomb.yaml', content }], limit), what).rejects.toMatchObject({
      problems: [
        { message: expect.stringMatching(/unfold to more than 2 MB; are the defaults, a role, or/) },
      ],
    })
  }
  const everywhere = people.map((_, index) => `  - { mailbox: m${index}@contoso.com }`).join('\n')
  for (const defaults of [`{ delegates: [${named('u@contoso.com')}] }`, '{ role: big }']) {
    const own = defaults.includes('delegates') ? '' : ', delegates: [{ user: u@contoso.com }]'
    const content = `${head}defaults: ${defaults}\nmailboxes:\n${everywhere.replaceAll(' }', `${own} }`)}\n  - { mailbox: m0@contoso.com, mode: exact }\n`
    await expect(readGrants([{ name: 'bomb.yaml', content }], limit), defaults).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('unfold to more than 2 MB') }],
    })
  }
})

test('what unfolds to exactly the most is not refused, and a character more is', async () => {
  const folders = ['calendar', '/A', '/a', '/B', ...Array.from({ length: 40 }, (_, at) => `/${at}`)]
  const roles = `roles: { big: { folders: { ${folders.map((name) => `${name}: None`).join(', ')} } } }`
  // Two people each, in three rows apart that each name the role.
  const rows = Array.from({ length: 120 }, (_, at) => {
    const folder = ['tasks', 'notes', 'journal'][Math.floor(at / 20) % 3]
    return `m${at % 20}@x.de,u${Math.floor(at / 60)}@x.de,big,${folder},None,delegate\n`
  })
  const sources = [
    { name: 'roles.yaml', content: roles },
    { name: 'rows.csv', content: `mailbox,user,role,folder,level,type\n${rows.join('')}` },
  ]
  const whole = [...(await readGrants(sources)).mailboxes]
  const characters = whole.reduce((sum, mailbox) => sum + JSON.stringify(mailbox).length, 0)
  expect(whole[0]?.folders).toHaveLength(folders.length - 1)
  await readGrants(sources, { largestUnfolded: characters })
  await expect(readGrants(sources, { largestUnfolded: characters - 1 })).rejects.toThrow(/unfold to more/)
})

test('what is held of a mailbox is little, and no part of the text of its file', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const note = 'x'.repeat(300)
  const read = async (mailboxes: number) => {
    async function* table() {
      yield 'mailbox,user,calendar,inbox,#note\n'
      for (let row = 0; row < mailboxes; row += 200) {
        const rows = Array.from({ length: 200 }, (_, at) => `owner${row + at}@contoso.com`)
        yield rows.map((owner) => `${owner},assistant@contoso.com,Editor,Reviewer,${note}\n`).join('')
      }
    }
    const grants = await readGrants([{ name: 'staff.csv', content: table() }])
    for (const mailbox of grants.mailboxes) expect(mailbox.delegates).toHaveLength(1)
    return grants
  }
  // Once, so that what is loaded and compiled for it does not count.
  await read(200)
  collect()
  const before = process.memoryUsage()
  const grants = await read(20_000)
  collect()
  const after = process.memoryUsage()
  expect(grants.count).toBe(20_000)
  // Held as strings, the texts alone are as much, and the rows that they are parts of twice as much.
  expect((after.heapUsed - before.heapUsed) / grants.count).toBeLessThan(200)
  expect((after.arrayBuffers - before.arrayBuffers) / grants.count).toBeLessThan(400)
})

test('rows that stray quotes have swallowed are told, also in a column that is not read', async () => {
  const head = 'mailbox,user,calendar,#note\n'
  const swallowed = `${head}a@contoso.com,u@contoso.com,Editor,"see below\nb@contoso.com,u@contoso.com,Editor,x\nc@contoso.com,u@contoso.com,Editor,6 inch"\nd@contoso.com,u@contoso.com,Editor,\n`
  expect(await problems(swallowed, 'grants.csv')).toEqual([
    expect.stringMatching(
      /^grants\.csv:2:36 A quoted field begins here and goes over line 3, .* row of its own/,
    ),
  ])
  // The quotes of a role, with other quoted fields around.
  const role = 'mailbox,user,role,note\n'
  expect(
    await problems(
      `${role.replace('note', '#note')}"a@contoso.com",u@contoso.com,"PA,x\r\n"b@contoso.com",u@contoso.com,PA,\r\n`,
      'grants.csv',
    ),
  ).not.toEqual([])
  // A note in paragraphs is a note.
  expect(
    await read(
      `${head}a@contoso.com,u@contoso.com,Editor,"Dear Ann,\nask bob@contoso.com, or Jo, or Al, please, today\n"\nb@contoso.com,u@contoso.com,Editor,\n`,
      'grants.csv',
    ),
  ).toHaveLength(2)
})

test('files that describe no mailbox at all are a mistake; an empty list is not', async () => {
  for (const content of ['', '# to come\n', 'roles: { a: { calendar: Editor } }\n'])
    expect(await problems(content)).toEqual([
      expect.stringMatching(/^grants\.yaml:1:1 No mailbox is described/),
    ])
  expect(await problems('mailbox,user,calendar\n', 'grants.csv')).toEqual([
    'grants.csv:1:1 No mailbox is described: no row follows the one that names the columns.',
  ])
  expect(await problems('', 'grants.csv')).toEqual([
    'grants.csv:1:1 The file is empty: its first row names the columns.',
  ])
  // Of a header that is none that is said alone.
  expect(await problems('mailbox,"user\n', 'grants.csv')).toEqual([
    expect.stringMatching(/^grants\.csv:1:9 A quote that begins here is never closed/),
  ])
  expect(await read('mailboxes: []\n')).toEqual([])
})

test('a row that gives nothing is a mistake: it would make a delegate who only sends on behalf', async () => {
  expect(
    await problems('mailbox,user,calendar,expires\na@contoso.com,b@contoso.com,,2027-03-31\n', 'grants.csv'),
  ).toEqual([expect.stringMatching(/^grants\.csv:2:1 The row gives nothing/)])
  expect(await read('mailbox,user,calendar\na@contoso.com,b@contoso.com,None\n', 'grants.csv')).toMatchObject(
    [{ delegates: [{ levels: { calendar: 'None' } }] }],
  )
})

test('tables know the levels of the cmdlets and dates with dots, and say why they do not know others', async () => {
  const table = (rows: string) => `mailbox,user,folder,level,expires\n${rows}`
  const found = await read(
    table(
      'a@contoso.com,b@contoso.com,calendar,AvailabilityOnly,31.3.2027\na@contoso.com,c@contoso.com,calendar,{LimitedDetails},\na@contoso.com,d@contoso.com,calendar,{Reviewer},31.12.2027\n',
    ),
    'grants.csv',
  )
  expect(found[0]?.folders[0]?.permissions).toEqual([
    {
      user: { smtpAddress: 'b@contoso.com' },
      grant: 'FreeBusyTimeOnly',
      expires: '2027-04-01T00:00:00.000Z',
    },
    { user: { smtpAddress: 'c@contoso.com' }, grant: 'FreeBusyTimeAndSubjectAndLocation' },
    { user: { smtpAddress: 'd@contoso.com' }, grant: 'Reviewer', expires: '2028-01-01T00:00:00.000Z' },
  ])
  expect(
    await problems(
      table(
        'a@contoso.com,b@contoso.com,calendar,Editor,3/4/2027\na@contoso.com,c@contoso.com,calendar,Editor,30.02.2027\n',
      ),
      'grants.csv',
    ),
  ).toEqual([
    expect.stringMatching(
      /^grants\.csv:2:45 "3\/4\/2027" can be read in two ways, with the month or the day first/,
    ),
    expect.stringMatching(/^grants\.csv:3:45 "30\.02\.2027" is not a date/),
  ])
})

test('what spreadsheets and Export-Csv make of a day is told for what it is', async () => {
  const told = async (expires: string) => {
    const [first = ''] = await problems(
      `mailbox,user,calendar,expires\na@b.c,d@e.f,Editor,${expires}\n`,
      'g.csv',
    )
    return first.replace('g.csv:2:20 ', '')
  }
  for (const day of ['31/12/2027', '12/31/2027 00:00:00', '5/5/2027', '12/31/2027 12:00:00 AM', '99/99/27'])
    expect(await told(day)).toContain(
      `"${day}" has slashes, and such days are not read: 3/4/2027 is in March for some and in April for others. Write 2027-03-31`,
    )
  for (const day of ['3/4/2027', '03/04/2027 00:00'])
    expect(await told(day)).toContain(
      `"${day}" can be read in two ways, with the month or the day first. Write`,
    )
  expect(await told('46022')).toContain(
    '"46022" is not a date; it looks like the number by which Excel keeps 2025-12-31. Write 2027-03-31 (in Excel: format the column as yyyy-mm-dd).',
  )
  expect(await told('46022.75')).toContain('Excel keeps 2025-12-31.')
  for (const time of ['2027-12-31 00:00:00', '2027-12-31T00:00', '31.12.2027 00:00:00', '2027-12-31 0:00'])
    expect(await told(time)).toContain(
      `"${time}" is a time without its zone. Write 2027-03-31 for the end of that day (UTC), or`,
    )
  for (const word of ['20271231', '5', '2027-02-30'])
    expect(await told(word)).toMatch(/is not a date\. Write/)
})

test('yes and no are read as Excel writes them in its languages', async () => {
  const flags = async (word: string) => {
    const rows = `mailbox,user,calendar,private\na@b.c,d@e.f,Editor,${word}\n`
    return (await read(rows, 'grants.csv'))[0]?.delegates?.[0]?.viewPrivateItems
  }
  for (const word of ['WAHR', 'VRAI', 'VERDADERO', 'VERO', 'WAAR', 'VERDADEIRO', 'TRUE'])
    expect(await flags(word)).toBe(true)
  for (const word of ['FALSCH', 'FAUX', 'FALSO', 'ONWAAR', 'FALSE']) expect(await flags(word)).toBe(false)
})

test('an alias bomb is refused instead of unfolded', async () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x]']
  for (let level = 1; level < 12; level++)
    bomb.push(
      `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
    )
  const found = await problems(`${bomb.join('\n')}\nmailboxes: []\n`)
  expect(found.join('\n')).toMatch(/"a0" is not a field/)
})

test('the owner can be described off their own list, and not onto it', async () => {
  const content = (delegate: string) =>
    `mailboxes: [{ mailbox: a@contoso.com, delegates: [{ user: A@contoso.com, ${delegate} }] }]\n`
  expect(await read(content('absent: true'))).toMatchObject([
    { delegates: [{ user: { smtpAddress: 'A@contoso.com' }, absent: true }] },
  ])
  expect(await problems(content('expires: 2020-01-01'))).toEqual([
    expect.stringContaining('cannot be their own delegate'),
  ])
})
