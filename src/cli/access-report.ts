import type { AccessPath, AuditFinding } from '../plan/audit.ts'
import { describeGrant } from '../plan/describe-grant.ts'
import type { Report } from './output.ts'
import { type Cell, formatTable, type Terminal } from './table.ts'

const PATHS: Readonly<Record<AccessPath['path'], string>> = {
  delegate: 'delegate',
  folder: 'own entry',
  default: 'everybody inside',
  anonymous: 'everybody',
}

/** Ways into one mailbox, for people. */
export function accessTable(access: readonly AccessPath[], terminal: Terminal): string {
  return formatTable(['User', 'By', 'Folder', 'Level'], access.map(cells), terminal)
}

/** Ways into mailboxes of different owners. */
export function accessTableOf(access: readonly AccessPath[], terminal: Terminal): string {
  return formatTable(
    ['Mailbox', 'User', 'By', 'Folder', 'Level'],
    access.map((path) => [path.mailbox, ...cells(path)]),
    terminal,
  )
}

/** Ways and findings as rows of one table: the last columns belong to findings. */
export function accessRows(
  access: readonly AccessPath[],
  findings: readonly AuditFinding[] = [],
): Report['csv'] {
  return {
    columns: ['mailbox', 'user', 'path', 'folder', 'level', 'finding', 'severity', 'text'],
    rows: [
      ...access.map((path): Cell[] => [
        path.mailbox,
        path.user,
        path.path,
        path.folder,
        levelOf(path),
        undefined,
        undefined,
        undefined,
      ]),
      ...findings.map(({ mailbox, user, folder, kind, severity, text }): Cell[] => [
        mailbox,
        user,
        undefined,
        folder,
        undefined,
        kind,
        severity,
        text,
      ]),
    ],
  }
}

function cells(path: AccessPath): Cell[] {
  return [path.user, PATHS[path.path], path.folder, levelOf(path)]
}

function levelOf({ path, grant, viewPrivateItems, receiveCopiesOfMeetingMessages }: AccessPath): string {
  if (path !== 'delegate') return describeGrant(grant)
  const more = [
    ...(viewPrivateItems ? ['private items'] : []),
    ...(receiveCopiesOfMeetingMessages ? ['meeting copies'] : []),
  ]
  return ['Send on Behalf', ...more].join(', ')
}
