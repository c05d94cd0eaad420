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
  expect(found).toEqual(
    [
      expect.stringContaining(
        '17:5 adele@contoso.com is described as additive at grants.yaml:4:5 and as exact here.',
      ),
      expect.stringContaining('cannot have free/busy rights on inbox'),
      expect.stringContaining('8:9 ALLAN@contoso.com is named twice as a delegate, first at grants.yaml:7:9'),
      expect.stringContaining('9:9 adele@contoso.com owns the mailbox'),
      expect.stringContaining('11:44 There is no role "writer". The roles are reader.'),
      expect.stringContaining(
        '19:29 Meeting requests go NoForward at grants.yaml:5:29 and DelegatesOnly here',
      ),
      expect.stringContaining('22:23 a@contoso.com is named twice on inbox, first at grants.yaml:16:23'),
      expect.stringContaining(
        '14:23 allan@contoso.com is given rights on calendar here and as a delegate at grants.yaml:7:9',
      ),
      expect.stringContaining('10:9 megan@contoso.com cannot receive meeting copies with Author'),
    ].map((matcher) => matcher),
  )
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
    expect.stringMatching(/^3:52 "tomorrow" is not a date/),
    expect.stringMatching(/^3:41 "Boss" is not a level/),
    expect.stringMatching(/^3:46 "maybe" is neither yes nor no/),
    expect.stringMatching(/^4:1 The row gives neither a level nor rights/),
    expect.stringMatching(/^5:34 On which folder is this level/),
    expect.stringMatching(/^6:55 The row has 8 fields, the header 7/),
    expect.stringMatching(/^7:1 The row names no mailbox/),
    expect.stringMatching(/^8:40 There is text behind a closing quote/),
    expect.stringMatching(/^11:1 The entry Anonymous cannot be removed/),
    expect.stringMatching(/^10:1 u@contoso.com is named twice as a delegate, first at grants.csv:9:1/),
  ])
})

test('a table without its columns, and one in another encoding, are told', async () => {
  expect(await problems('mailbox;Calender;Notes\n', 'grants.csv')).toEqual([
    expect.stringMatching(/^grants\.csv:1:9 "Calender" is not a column of grants/),
    expect.stringMatching(/^grants\.csv:1:1 The column user is missing/),
  ])
  expect(await problems('mailbox,user\n"adele@contoso.com,allan@contoso.com\n', 'grants.csv')).toEqual([
    expect.stringMatching(/^grants\.csv:2:1 A quote that begins in this row is never closed/),
  ])
  async function* latin1() {
    yield Buffer.from('mailbox,user\nadele@contoso.com,J\xfcrgen@contoso.com\n', 'latin1')
  }
  await expect(readGrants([{ name: 'grants.csv', content: latin1() }])).rejects.toThrow(/not UTF-8/)
  async function* utf16() {
    yield Buffer.from('\uFEFFmailbox\tuser\nadele@contoso.com\tallan@contoso.com\n', 'utf16le')
  }
  const grants = await readGrants([{ name: 'grants.txt', content: utf16(), format: 'csv' }])
  expect(grants.count).toBe(1)
})

test('ten thousand rows with mistakes are all counted', async () => {
  const rows = Array.from(
    { length: 10_000 },
    (_, index) => `user${index}@contoso.com,boss@contoso.com,Everything\n`,
  )
  const error = await readGrants([
    { name: 'grants.csv', content: `mailbox,user,calendar\n${rows.join('')}` },
  ]).catch((reason: unknown) => reason)
  expect((error as GrantsFileError).problems).toHaveLength(10_000)
  expect((error as Error).message).toContain('10000 mistakes')
  expect((error as Error).message).toContain('… and 9900 more.')
})

test('what YAML itself refuses has its place', async () => {
  expect(await problems('mailboxes:\n  - mailbox: a@contoso.com\n   mode: exact\n')).toEqual([
    expect.stringMatching(/^grants\.yaml:3:\d+ /),
  ])
  expect(await problems('a: &x [*x]\nmailboxes: *y\n')).toEqual(
    expect.arrayContaining([expect.stringMatching(/^grants\.yaml:2:12 There is no anchor &y before this/)]),
  )
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
