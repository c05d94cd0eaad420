import { InvalidInputError } from '../errors.ts'
import {
  DELEGATE_FOLDERS,
  type DelegateFolder,
  type DeliverMeetingRequests,
  parseDeliverMeetingRequests,
} from '../model/delegate.ts'
import { isDelegateFolder, parseFolderName } from '../model/folder-name.ts'
import type { Grant } from '../model/mailbox-state.ts'
import { DELEGATE_LEVELS, type DelegateLevel, NAMED_LEVELS } from '../model/permission-level.ts'
import { isSmtpAddress, parsePermissionUser, parseUser, requireSmtpAddress } from '../model/user-ref.ts'
import { type CsvField, type CsvRecord, csvRecords } from './csv-records.ts'
import { checkCanGo, grantOfRights } from './grants-document.ts'
import type { Place, Problems } from './problem.ts'
import { parseRights, parseTableDate, parseTableLevel, parseYesNo } from './read-values.ts'
import type { MailboxStatement } from './statement.ts'

/** Columns by the names people give them; case, blanks and signs do not count. */
const COLUMNS = {
  mailbox: [
    'owner',
    'identity',
    'principal',
    'mailboxaddress',
    'primarysmtpaddress',
    'sharedmailbox',
    'postfach',
  ],
  user: [
    'delegate',
    'trustee',
    'grantee',
    'member',
    'assistant',
    'useraddress',
    'grantedto',
    'benutzer',
    'stellvertreter',
  ],
  type: ['kind', 'granttype'],
  role: ['profile'],
  folder: ['foldername', 'folderpath', 'ordner'],
  level: ['permission', 'permissions', 'permissionlevel', 'accessrights', 'accesslevel', 'access', 'recht'],
  rights: ['customrights'],
  calendar: ['calendarlevel', 'calendarpermission', 'kalender'],
  tasks: ['taskslevel', 'aufgaben'],
  inbox: ['inboxlevel', 'posteingang'],
  contacts: ['contactslevel', 'kontakte'],
  notes: ['noteslevel', 'notizen'],
  journal: ['journallevel'],
  privateItems: ['private', 'viewprivateitems', 'canviewprivateitems', 'seeprivate', 'privat'],
  meetingCopies: ['copies', 'receivecopies', 'receivecopiesofmeetingmessages', 'meetingmessages'],
  deliverMeetingRequests: ['deliver', 'delivery', 'meetingrequests'],
  expires: ['expiry', 'expireson', 'until', 'validuntil', 'enddate', 'end', 'gültigbis'],
  action: ['do', 'operation', 'change'],
} as const
type Column = keyof typeof COLUMNS

const NAMES = new Map<string, Column>(
  (Object.keys(COLUMNS) as Column[]).flatMap((column) =>
    [column, ...COLUMNS[column]].map((name) => [bare(name), column] as const),
  ),
)
const GRANT_WORDS = ['grant', 'add', 'set', 'give']
const REMOVE_WORDS = ['remove', 'revoke', 'delete', 'take']

/**
 * Reads one row per grant: a delegate when no folder is named (with a level per folder column, or a role), else a
 * permission on that folder. `type` says it where it could be either.
 */
export async function* readCsvStatements(
  chunks: AsyncIterable<string>,
  file: string,
  head: number,
  problems: Problems,
): AsyncGenerator<MailboxStatement, void, undefined> {
  const before = problems.count
  let header: readonly (Column | undefined)[] | undefined
  for await (const record of csvRecords(chunks, file, problems)) {
    if (!header) {
      header = readHeader(record, problems)
      if (!header) return
      continue
    }
    tellSwallowed(record, header, problems)
    const row = readRow(record, header, problems)
    const statement = row && readStatement(record.at, row, head, problems)
    if (statement) yield statement
  }
  if (!header && problems.count === before)
    problems.add(`${file}:1:1`, 'The file is empty: its first row names the columns.')
}

function readHeader(
  { at, fields }: CsvRecord,
  problems: Problems,
): readonly (Column | undefined)[] | undefined {
  const before = problems.count
  const header = fields.map((field): Column | undefined => {
    if (field.text === '' || field.text.startsWith('#')) return undefined
    const column = NAMES.get(bare(field.text))
    if (!column) {
      problems.add(
        field.at,
        `${JSON.stringify(field.text.slice(0, 40))} is not a column of grants. The columns are ${Object.keys(COLUMNS).join(', ')}; put # before the name of one that is not to be read.`,
      )
    }
    return column
  })
  for (const [index, column] of header.entries()) {
    if (column && header.indexOf(column) !== index)
      problems.add((fields[index] as CsvField).at, `The column ${column} is there twice.`)
  }
  for (const column of ['mailbox', 'user'] as const)
    if (!header.includes(column)) problems.add(at, `The column ${column} is missing.`)
  return problems.count > before ? undefined : header
}

/**
 * A stray quote and another one rows later make one field of all between, and in a column that is not read nobody
 * would see that they are gone. A note of several lines has no address where rows have the mailbox.
 */
function tellSwallowed(
  { inside = [] }: CsvRecord,
  header: readonly (Column | undefined)[],
  problems: Problems,
): void {
  const mailbox = header.indexOf('mailbox')
  const swallowed = inside.find(
    ({ fields }) =>
      fields.length >= header.length && isSmtpAddress((fields[mailbox] ?? '').replaceAll('"', '').trim()),
  )
  if (!swallowed) return
  problems.add(
    swallowed.openedAt,
    `A quoted field begins here and goes over line ${swallowed.number}, which looks like a row of its own; remove the stray quote.`,
  )
}

type Row = Partial<Record<Column, CsvField>>

function readRow(
  { fields, at }: CsvRecord,
  header: readonly (Column | undefined)[],
  problems: Problems,
): Row | undefined {
  const extra = fields.slice(header.length).find((field) => field.text !== '')
  if (extra) {
    problems.add(
      extra.at,
      `The row has ${fields.length} fields, the header ${header.length}; put a field that holds the delimiter in quotes.`,
    )
    return undefined
  }
  const row: Row = {}
  for (const [index, column] of header.entries()) {
    const field = fields[index]
    if (column && field && field.text !== '') row[column] = field
  }
  if (Object.keys(row).length > 0) return row
  problems.add(at, 'The row says nothing.')
  return undefined
}

function readStatement(at: Place, row: Row, head: number, problems: Problems): MailboxStatement | undefined {
  const before = problems.count
  const value = <T>(column: Column, parse: (text: string) => T): T | undefined => {
    const field = row[column]
    return field && problems.try(field.at, () => parse(field.text))
  }
  for (const column of ['mailbox', 'user'] as const)
    if (!row[column]) problems.add(at, `The row names no ${column}.`)
  const mailbox = value('mailbox', (text) => requireSmtpAddress(text, 'the mailbox'))
  const folder = value('folder', parseFolderName)
  const type = value('type', readType) ?? (row.folder ? 'folder' : 'delegate')
  const absent = value('action', readAction) ?? false
  const expires = value('expires', parseTableDate)
  const delivery = value('deliverMeetingRequests', parseDeliverMeetingRequests)
  const when = { ...(expires ? { expires } : {}), ...(absent ? { absent } : {}) }
  const rest = {
    at,
    ...(row.deliverMeetingRequests && delivery
      ? {
          deliverMeetingRequests: {
            at: row.deliverMeetingRequests.at,
            value: delivery as DeliverMeetingRequests,
          },
        }
      : {}),
    head,
  }
  if (type === 'folder') {
    for (const column of [...DELEGATE_FOLDERS, 'role', 'privateItems', 'meetingCopies'] as const) {
      const field = row[column]
      if (field)
        problems.add(
          field.at,
          `A folder permission has no ${column}; leave it empty, or leave the folder empty for a delegate.`,
        )
    }
    if (!row.folder) problems.add(at, 'A folder permission needs the folder.')
    if (row.level && row.rights)
      problems.add(row.rights.at, 'The row has a level and rights; give one of them.')
    if (!row.level && !row.rights && !absent) problems.add(at, 'The row gives neither a level nor rights.')
    const user = value('user', (text) => parsePermissionUser(text))
    const grant: Grant | undefined = row.rights
      ? value('rights', (text) => grantOfRights(parseRights(text)))
      : row.level
        ? value('level', (text) => parseTableLevel(text, NAMED_LEVELS, 'a folder'))
        : 'None'
    if (user) checkCanGo(user, when, at, problems)
    if (problems.count > before || !mailbox || !folder || !user || grant === undefined) return undefined
    return { ...rest, mailbox, folders: [{ folder, permissions: [{ at, user, grant, ...when }] }] }
  }
  const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const name of DELEGATE_FOLDERS) {
    const level = value(name, (text) => parseTableLevel(text, DELEGATE_LEVELS, `a delegate on ${name}`))
    if (level) levels[name] = level
  }
  if (row.rights)
    problems.add(row.rights.at, 'A delegate has levels, no rights; name the folder for a folder permission.')
  if (row.level) {
    const level = value('level', (text) => parseTableLevel(text, DELEGATE_LEVELS, 'a delegate'))
    if (!row.folder)
      problems.add(row.level.at, 'On which folder is this level? Name it in the column folder.')
    else if (folder !== undefined && !isDelegateFolder(folder))
      problems.add(
        row.folder.at,
        `Delegates have no level on ${folder}; they have one on ${DELEGATE_FOLDERS.join(', ')}.`,
      )
    else if (folder !== undefined && level) levels[folder as DelegateFolder] = level
  }
  const user = value('user', (text) => parseUser(text, 'the delegate'))
  const viewPrivateItems = value('privateItems', parseYesNo)
  const receiveCopiesOfMeetingMessages = value('meetingCopies', parseYesNo)
  const role = row.role
  const gives = [
    row.level,
    role,
    row.privateItems,
    row.meetingCopies,
    ...DELEGATE_FOLDERS.map((name) => row[name]),
  ]
  if (!absent && gives.every((field) => field === undefined))
    problems.add(
      at,
      'The row gives nothing. Name a level or a role; None on the calendar makes a delegate who only sends on behalf.',
    )
  if (problems.count > before || !mailbox || !user) {
    if (role) problems.leaveOutRole({ at: role.at, name: role.text })
    return undefined
  }
  return {
    ...rest,
    mailbox,
    delegates: [
      {
        at,
        user,
        levels,
        ...(role ? { role: { at: role.at, name: role.text } } : {}),
        ...(viewPrivateItems === undefined ? {} : { viewPrivateItems }),
        ...(receiveCopiesOfMeetingMessages === undefined ? {} : { receiveCopiesOfMeetingMessages }),
        ...when,
        partial: true,
      },
    ],
    folders: [],
  }
}

function readType(text: string): 'delegate' | 'folder' {
  const word = text.trim().toLowerCase()
  if (word.startsWith('delegate')) return 'delegate'
  if (word.startsWith('folder') || word.startsWith('permission')) return 'folder'
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is neither delegate nor folder.`)
}

/** True for what is to be taken away. */
function readAction(text: string): boolean {
  const word = text.trim().toLowerCase()
  if (REMOVE_WORDS.includes(word)) return true
  if (GRANT_WORDS.includes(word)) return false
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not an action.`, {
    hint: 'Write grant or remove.',
  })
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}
