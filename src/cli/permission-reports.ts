import type { FolderPermission, PermissionChange, PermissionSet } from '../model/folder-permission.ts'
import type { FolderRights } from '../model/permission-level.ts'
import type { Report } from './output.ts'
import { printable } from './printable.ts'
import { formatRights, RIGHT_NAMES } from './rights.ts'
import { formatTable } from './table.ts'
import { userJson, userText } from './user-text.ts'

/** A folder's permission list. */
export function permissionSetReport(set: PermissionSet): Report {
  return {
    text: (terminal) => {
      const { entries, unknownEntries } = set
      // The rights of a named level are known by its name; those of Custom are the whole point.
      const custom = entries.some((entry) => entry.level === 'Custom')
      const table = formatTable(
        ['User', 'Level', ...(custom ? ['Rights'] : [])],
        entries.map((entry) => [
          userText(entry.user),
          entry.level,
          ...(custom ? [entry.level === 'Custom' ? formatRights(entry.rights) : ''] : []),
        ]),
        terminal,
      )
      const parts = [entries.length > 0 ? table : 'The list has no entries.\n']
      if (unknownEntries.length > 0) {
        parts.push(
          `Of accounts that no longer exist (a write would lose them): ${unknownEntries.map(printable).join(', ')}\n`,
        )
      }
      return parts.join('\n')
    },
    json: permissionSetJson(set),
    csv: {
      columns: ['address', 'name', 'sid', 'entry', 'level', ...RIGHT_NAMES, 'problem'],
      rows: [
        ...set.entries.map(({ user, level, rights }) => [
          user.smtpAddress,
          user.displayName,
          user.sid,
          user.distinguishedUser ?? user.externalUser,
          level,
          ...RIGHT_NAMES.map((name) => rights[name]),
          undefined,
        ]),
        ...set.unknownEntries.map((entry) => [
          undefined,
          undefined,
          entry,
          undefined,
          undefined,
          ...RIGHT_NAMES.map(() => undefined),
          'unknown entry',
        ]),
      ],
    },
  }
}

export function permissionSetJson(set: PermissionSet) {
  return {
    kind: set.kind,
    entries: set.entries.map(entryJson),
    unknownEntries: set.unknownEntries,
  }
}

/** What an edit changed, or would change. */
export function changesText(changes: readonly PermissionChange[]): string {
  return changes
    .map(({ user, before, after }) => {
      const who = printable(userText(user))
      if (!after) return `${who}: ${levelText(before)} -> removed\n`
      return `${who}: ${before ? levelText(before) : 'no entry'} -> ${levelText(after)}\n`
    })
    .join('')
}

export function changeJson({ user, before, after }: PermissionChange) {
  return {
    user: userJson(user),
    before: before ? rightsJson(before) : null,
    after: after ? rightsJson(after) : null,
  }
}

export function levelText(entry: { level: string; rights: FolderRights } | undefined): string {
  if (!entry) return 'no entry'
  return entry.level === 'Custom' ? `Custom (${formatRights(entry.rights)})` : entry.level
}

function entryJson(entry: FolderPermission) {
  return { user: userJson(entry.user), ...rightsJson(entry) }
}

function rightsJson({ level, rights }: { level: string; rights: FolderRights }) {
  return { level, rights }
}
