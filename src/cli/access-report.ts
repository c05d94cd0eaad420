import type { AccessPath, AuditFinding, MailboxAccess, MailboxAudit } from '../plan/audit.ts'
import { describeGrant } from '../plan/describe-grant.ts'
import { errorText, type PlanError } from '../plan/mailbox-plan.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { formatCsvRow } from './csv.ts'
import { unreadExit } from './exit-codes.ts'
import { ownersHint } from './flag-hints.ts'
import { printable, printableJson } from './printable.ts'
import { type Cell, formatTable, type Terminal, tableWriter } from './table.ts'

const PATHS: Readonly<Record<AccessPath['path'], string>> = {
  owner: 'owner',
  delegate: 'delegate',
  folder: 'own entry',
  group: 'group',
  default: 'everybody inside',
  anonymous: 'everybody',
}

/** Prints mailboxes as they come, so that any number of them takes little memory. */
interface Printer<T> {
  mailbox(found: T): string
  end(): string
}

/** Who can open mailboxes, and what is not as it should be. */
export function auditPrinter(context: Context): Printer<MailboxAudit> {
  let first = true
  if (context.format === 'json') {
    context.print('{"mailboxes": [')
    return {
      mailbox: (found) => {
        const separator = first ? '\n' : ',\n'
        first = false
        return `${separator}${printableJson(found)}`
      },
      end: () => '\n]}\n',
    }
  }
  if (context.format === 'csv') {
    context.print(formatCsvRow(COLUMNS))
    return {
      mailbox: ({ access, findings }) =>
        [...access.map(accessRow), ...findings.map(findingRow)].map(formatCsvRow).join(''),
      end: () => '',
    }
  }
  return {
    mailbox: (found) => {
      const text = auditText(found, context.terminal)
      const separator = first ? '' : '\n'
      first = false
      return `${separator}${text}`
    },
    end: () => `\n${NOT_VISIBLE}\n`,
  }
}

function auditText({ mailbox, access, findings, error }: MailboxAudit, terminal: Terminal): string {
  const isWhole = !findings.some(
    ({ kind }) => kind === 'unreadable-folder' || kind === 'unreadable-delegates',
  )
  const nobody = error || !isWhole ? '' : NOBODY
  return [
    `${printable(mailbox)}\n`,
    ...(error ? [`  ! ${printable(errorWords(error))}\n`] : []),
    access.length > 0 ? formatTable(['User', 'By', 'Folder', 'Level'], access.map(cells), terminal) : nobody,
    ...findings.map((finding) => `${finding.severity}: ${printable(finding.text)}${whatToDo(finding)}\n`),
  ].join('')
}

/** What no list shows, and no audit over EWS can. */
const NOT_VISIBLE = 'Full Access, Send As and impersonation are not visible over EWS.'

const NOBODY = 'Nobody but the owner has a right of their own.\n'

function whatToDo({ kind, severity, fix, advice }: AuditFinding): string {
  const say = advice ? ` ${printable(advice)}` : ''
  return fix ? `${say} (--fix${severity === 'info' ? ` with --kind ${kind}` : ''} mends it)` : say
}

/** Rows that are looked at before a table is laid out. */
const CHUNK = 100

/** What one user reaches, in mailboxes of different owners. */
export function accessPrinter(context: Context, user: string): Printer<MailboxAccess> {
  if (context.format === 'csv') {
    context.print(formatCsvRow(COLUMNS))
    return { mailbox: ({ access }) => access.map(accessRow).map(formatCsvRow).join(''), end: () => '' }
  }
  if (context.format === 'json') {
    const failures: string[] = []
    let first = true
    context.print(`{"user": ${printableJson(user)}, "access": [`)
    return {
      mailbox: ({ mailbox, access, missing, delegatesUnread, unknown, error }) => {
        if (error) failures.push(printableJson({ mailbox, code: error.code, message: error.message }))
        for (const one of [
          ...missing,
          ...(delegatesUnread ? [{ delegates: true, ...delegatesUnread }] : []),
          ...unknown,
        ])
          failures.push(printableJson({ mailbox, ...one }))
        return access
          .map((path) => {
            const separator = first ? '\n' : ',\n'
            first = false
            return `${separator}${printableJson(path)}`
          })
          .join('')
      },
      end: () => `\n], "failures": [${failures.join(', ')}]}\n`,
    }
  }
  const table = tableWriter(['Mailbox', 'User', 'By', 'Folder', 'Level'], context.terminal)
  let waiting: Cell[][] = []
  let whole = true
  let none = true
  return {
    mailbox: ({ access, missing, delegatesUnread, unknown, error }) => {
      if (error || delegatesUnread || missing.length + unknown.length > 0) whole = false
      for (const path of access) waiting.push([path.mailbox, ...cells(path)])
      if (waiting.length < CHUNK) return ''
      const rows = waiting
      waiting = []
      none = false
      return table(rows)
    },
    end: () => {
      const rest = waiting.length > 0 ? table(waiting) : ''
      const nothing = whole ? 'Nothing in these mailboxes.\n' : 'Nothing in what could be read.\n'
      return `${rest || (none ? nothing : '')}\n${NOT_VISIBLE}\n`
    },
  }
}

/** Why a mailbox could not be read, and what to do about it. */
export function errorWords(error: PlanError): string {
  return `${errorText(error)}${error.hint === undefined ? '' : ` ${ownersHint(error.hint)}`}`
}

/** How a look at mailboxes ends of which not everything could be read. */
export function unreadResult(
  mailboxes: number,
  unreadable: number,
  partly: number,
  unreachable: number,
): CommandResult {
  if (unreadable === 0 && partly === 0) return {}
  const whole = unreadable > 0 ? [`${unreadable} of ${mailboxes} mailboxes could not be read.`] : []
  const part =
    partly > 0
      ? [`Folders, delegates or groups of ${partly} of ${mailboxes} mailboxes could not be read.`]
      : []
  return {
    problem: {
      exitCode: unreadExit(mailboxes, unreadable, unreachable),
      code: 'ERR_PARTIAL',
      message: [...whole, ...part].join(' '),
    },
  }
}

/** Ways and findings are rows of one table: the last columns belong to findings. */
const COLUMNS = ['mailbox', 'user', 'path', 'folder', 'level', 'finding', 'severity', 'text']

function accessRow(path: AccessPath): Cell[] {
  const { mailbox, user, path: way, folder } = path
  return [mailbox, user, way, folder, levelOf(path), undefined, undefined, undefined]
}

function findingRow({ mailbox, user, folder, kind, severity, text }: AuditFinding): Cell[] {
  return [mailbox, user, undefined, folder, undefined, kind, severity, text]
}

function cells(path: AccessPath): Cell[] {
  const { people } = path
  const group = people === undefined ? '' : people === 1 ? 'group of 1' : `group of ${people}`
  const way =
    path.path === 'group' ? group || PATHS.group : [PATHS[path.path], group].filter(Boolean).join(', ')
  return [path.user, way, path.folder, levelOf(path)]
}

function levelOf({ path, grant, viewPrivateItems, receiveCopiesOfMeetingMessages }: AccessPath): string {
  if (path === 'owner') return 'everything'
  if (path !== 'delegate') return describeGrant(grant)
  const more = [
    ...(viewPrivateItems ? ['private items'] : []),
    ...(receiveCopiesOfMeetingMessages ? ['meeting copies'] : []),
  ]
  return ['Send on Behalf', ...more].join(', ')
}
