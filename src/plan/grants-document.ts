import { InvalidInputError } from '../errors.ts'
import {
  DELEGATE_FOLDERS,
  type DelegateFolder,
  type DeliverMeetingRequests,
  parseDeliverMeetingRequests,
} from '../model/delegate.ts'
import { parseFolderName } from '../model/folder-name.ts'
import { GRANT_MODES, type GrantMode } from '../model/grant-mode.ts'
import type { Grant } from '../model/mailbox-state.ts'
import {
  completeRights,
  DELEGATE_LEVELS,
  type DelegateLevel,
  type FolderRights,
  levelOf,
  NAMED_LEVELS,
  type NamedLevel,
  parseLevel,
} from '../model/permission-level.ts'
import { parsePermissionUser, parseUser, requireSmtpAddress, type UserRef } from '../model/user-ref.ts'
import type { MapTree, Tree } from './located-tree.ts'
import type { NamedRole, Place, Problems } from './problem.ts'
import { parseExpires } from './read-values.ts'
import type {
  DelegateStatement,
  FolderStatement,
  Head,
  MailboxStatement,
  PermissionStatement,
  Role,
} from './statement.ts'

/** The version of the file format. */
export const GRANTS_VERSION = 1

const HEAD_FIELDS = ['$schema', 'version', 'mode', 'roles', 'defaults', 'mailboxes'] as const
const DEFAULT_FIELDS = ['role', 'deliverMeetingRequests', 'delegates', 'folders'] as const
const MAILBOX_FIELDS = ['mailbox', 'mode', 'deliverMeetingRequests', 'delegates', 'folders'] as const
const LEVEL_FIELDS = [...DELEGATE_FOLDERS, 'privateItems', 'meetingCopies'] as const
const DELEGATE_FIELDS = ['user', 'role', ...LEVEL_FIELDS, 'expires', 'absent'] as const
const ROLE_FIELDS = [...LEVEL_FIELDS, 'folders'] as const
const FOLDER_FIELDS = ['folder', 'permissions'] as const
const PERMISSION_FIELDS = ['user', 'level', 'rights', 'expires', 'absent'] as const

/** What a document says besides its mailboxes. */
export interface DocumentHead extends Head {
  readonly roles: ReadonlyMap<string, Role>
  readonly mailboxes: readonly Tree[]
}

/** Reads the head of a YAML or JSON document; what is wrong goes to the problems. */
export function readHead(tree: Tree, problems: Problems): DocumentHead {
  const empty = { mode: 'additive', roles: new Map(), mailboxes: [] } as const
  const head = fields(tree, HEAD_FIELDS, 'a description of grants', problems)
  if (!head) return empty
  const version = head.get('version')
  if (version && scalar(version) !== GRANTS_VERSION)
    problems.add(version.at, `The version is ${GRANTS_VERSION}; this program knows no other.`)
  const mode = optional(head.get('mode'), (value) => readMode(value, problems))
  const defaults = head.get('defaults')
  const roles = new Map<string, Role>()
  const listed = head.get('roles')
  if (listed) {
    for (const [name, role] of mapOf(listed, 'roles by name', problems)?.entries ?? [])
      roles.set(name, readRole(role, problems))
  }
  const mailboxes = head.get('mailboxes')
  return {
    mode: mode ?? 'additive',
    roles,
    mailboxes: mailboxes ? listOf(mailboxes, 'mailboxes', problems) : [],
    ...(defaults ? { defaults: readDefaults(defaults, problems) } : {}),
  }
}

/** Reads one entry of `mailboxes`. */
export function readMailbox(tree: Tree, head: number, problems: Problems): MailboxStatement | undefined {
  const map = fields(tree, MAILBOX_FIELDS, 'a mailbox', problems)
  if (!map) return undefined
  const address = required(map, 'mailbox', tree, problems)
  const mailbox = address && text(address, problems, (value) => requireSmtpAddress(value, 'the mailbox'))
  const mode = optional(map.get('mode'), (value) => readMode(value, problems))
  const body = readBody(map, problems)
  if (mailbox === undefined) {
    for (const { role } of body.delegates ?? []) if (role) problems.leaveOutRole(role)
    return undefined
  }
  return { at: tree.at, mailbox, ...(mode ? { mode } : {}), ...body, head }
}

type Fields = ReadonlyMap<string, Tree>

function readDefaults(tree: Tree, problems: Problems): NonNullable<Head['defaults']> {
  const map = fields(tree, DEFAULT_FIELDS, 'the defaults', problems)
  if (!map) return { folders: [] }
  const role = readRoleName(map, problems)
  return { ...(role ? { role } : {}), ...readBody(map, problems) }
}

function readRoleName(map: Fields, problems: Problems): NamedRole | undefined {
  const role = map.get('role')
  const name = role && text(role, problems, String)
  return role && name !== undefined ? { at: role.at, name } : undefined
}

/** What mailboxes and the defaults have in common. */
function readBody(map: Fields, problems: Problems) {
  const delivery = map.get('deliverMeetingRequests')
  const value = delivery && text(delivery, problems, parseDeliverMeetingRequests)
  const delegates = map.get('delegates')
  const folders = map.get('folders')
  return {
    ...(delivery && value
      ? { deliverMeetingRequests: { at: delivery.at, value: value as DeliverMeetingRequests } }
      : {}),
    ...(delegates
      ? {
          delegates: present(
            listOf(delegates, 'delegates', problems).map((one) => readDelegate(one, problems)),
          ),
        }
      : {}),
    folders: folders
      ? present(listOf(folders, 'folders', problems).map((one) => readFolder(one, problems)))
      : [],
  }
}

function readDelegate(tree: Tree, problems: Problems): DelegateStatement | undefined {
  const map = fields(tree, DELEGATE_FIELDS, 'a delegate', problems)
  if (!map) return undefined
  const named = required(map, 'user', tree, problems)
  const user = named && text(named, problems, (value) => parseUser(value, 'the delegate'))
  const role = readRoleName(map, problems)
  const levels = readLevels(map, problems)
  const rest = readWhen(map, problems)
  if (user === undefined) {
    if (role) problems.leaveOutRole(role)
    return undefined
  }
  return { at: tree.at, user, ...(role ? { role } : {}), ...levels, ...rest }
}

function readLevels(map: Fields, problems: Problems) {
  const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const level = map.get(folder)
    const value =
      level && text(level, problems, (name) => parseLevel(name, DELEGATE_LEVELS, `a delegate on ${folder}`))
    if (value) levels[folder] = value
  }
  const viewPrivateItems = optional(map.get('privateItems'), (value) => boolean(value, problems))
  const receiveCopiesOfMeetingMessages = optional(map.get('meetingCopies'), (value) =>
    boolean(value, problems),
  )
  return {
    levels,
    ...(viewPrivateItems === undefined ? {} : { viewPrivateItems }),
    ...(receiveCopiesOfMeetingMessages === undefined ? {} : { receiveCopiesOfMeetingMessages }),
  }
}

function readRole(tree: Tree, problems: Problems): Role {
  const map = fields(tree, ROLE_FIELDS, 'a role', problems)
  if (!map) return { at: tree.at, levels: {}, folders: [] }
  const listed = map.get('folders')
  const folders = listed
    ? [...(mapOf(listed, 'levels by folder', problems)?.entries ?? [])].flatMap(([name, value]) => {
        const folder = problems.try(value.at, () => parseFolderName(name))
        const grant =
          value.kind === 'map'
            ? readRights(value, problems)
            : text(value, problems, (level) => parseLevel(level, NAMED_LEVELS, 'a folder'))
        return folder === undefined || grant === undefined ? [] : [{ folder, grant }]
      })
    : []
  return { at: tree.at, ...readLevels(map, problems), folders }
}

function readFolder(tree: Tree, problems: Problems): FolderStatement | undefined {
  const map = fields(tree, FOLDER_FIELDS, 'a folder', problems)
  if (!map) return undefined
  const named = required(map, 'folder', tree, problems)
  const folder = named && text(named, problems, parseFolderName)
  const list = required(map, 'permissions', tree, problems)
  const permissions = list
    ? present(listOf(list, 'permissions', problems).map((one) => readPermission(one, problems)))
    : []
  return folder === undefined ? undefined : { folder, permissions }
}

function readPermission(tree: Tree, problems: Problems): PermissionStatement | undefined {
  const map = fields(tree, PERMISSION_FIELDS, 'a permission', problems)
  if (!map) return undefined
  const named = required(map, 'user', tree, problems)
  const user = named && text(named, problems, (value) => parsePermissionUser(value))
  const when = readWhen(map, problems)
  const level = map.get('level')
  const rights = map.get('rights')
  if (level && rights) problems.add(rights.at, 'This permission has a level and rights; give one of them.')
  if (!level && !rights && !when.absent)
    problems.add(tree.at, 'This permission has neither a level nor rights.')
  const grant = rights
    ? readRights(rights, problems)
    : level
      ? text(level, problems, (name): NamedLevel => parseLevel(name, NAMED_LEVELS, 'a folder'))
      : 'None'
  if (user === undefined || grant === undefined) return undefined
  checkCanGo(user, when, tree.at, problems)
  return { at: tree.at, user, grant, ...when }
}

/** Default and Anonymous are always there. */
export function checkCanGo(
  user: UserRef,
  when: { readonly expires?: string; readonly absent?: boolean },
  at: Place,
  problems: Problems,
): void {
  if ('distinguishedUser' in user && (when.absent || when.expires !== undefined))
    problems.add(at, `The entry ${user.distinguishedUser} cannot be removed; set it to None instead.`)
}

function readRights(tree: Tree, problems: Problems): Grant | undefined {
  const map = mapOf(tree, 'rights by name', problems)
  if (!map) return undefined
  const given = Object.fromEntries([...map.entries].map(([name, value]) => [name, scalar(value)]))
  const rights = problems.try(tree.at, () => completeRights(given as Partial<FolderRights>))
  return rights && grantOfRights(rights)
}

/** By name where a level has exactly these rights. */
export function grantOfRights(rights: FolderRights): Grant {
  const level = levelOf(rights, 'calendar')
  return level === 'Custom' ? rights : level
}

function readWhen(map: Fields, problems: Problems) {
  const until = map.get('expires')
  const expires = until && text(until, problems, parseExpires)
  const absent = optional(map.get('absent'), (value) => boolean(value, problems))
  return { ...(expires ? { expires } : {}), ...(absent === undefined ? {} : { absent }) }
}

function readMode(tree: Tree, problems: Problems): GrantMode | undefined {
  return text(tree, problems, (value) => {
    const mode = GRANT_MODES.find((name) => name === value.trim().toLowerCase())
    if (mode) return mode
    throw new InvalidInputError(`${JSON.stringify(value.slice(0, 40))} is not a mode.`, {
      hint: `The modes are ${GRANT_MODES.join(' and ')}.`,
    })
  })
}

// --- trees ------------------------------------------------------------------------------------------------------

function fields(tree: Tree, known: readonly string[], what: string, problems: Problems): Fields | undefined {
  const map = mapOf(tree, what, problems)
  if (!map) return undefined
  for (const [name, value] of map.entries) {
    if (!known.includes(name)) {
      const place = map.keys.get(name) ?? value.at
      problems.add(
        place,
        `${JSON.stringify(name.slice(0, 60))} is not a field of ${what}. Its fields are ${known.join(', ')}.`,
      )
    }
  }
  return map.entries
}

function mapOf(tree: Tree, what: string, problems: Problems): MapTree | undefined {
  if (tree.kind === 'map') return tree
  problems.add(tree.at, `Here ${what} should stand, as fields with values.`)
  return undefined
}

function listOf(tree: Tree, what: string, problems: Problems): readonly Tree[] {
  if (tree.kind === 'list') return tree.items
  // `delegates:` with nothing behind it: a list to come, or one that was emptied? Exact mode would remove everybody.
  problems.add(tree.at, `Here a list of ${what} should stand; write [] for an empty one.`)
  return []
}

function required(map: Fields, name: string, tree: Tree, problems: Problems): Tree | undefined {
  const value = map.get(name)
  if (!value) problems.add(tree.at, `The field ${name} is missing.`)
  return value
}

function scalar(tree: Tree): unknown {
  return tree.kind === 'scalar' ? tree.value : undefined
}

function text<T>(tree: Tree, problems: Problems, parse: (value: string) => T): T | undefined {
  const value = scalar(tree)
  if (typeof value === 'string') return problems.try(tree.at, () => parse(value))
  problems.add(tree.at, value === null ? 'The value is missing.' : 'Here a text should stand.')
  return undefined
}

function boolean(tree: Tree, problems: Problems): boolean | undefined {
  const value = scalar(tree)
  if (typeof value === 'boolean') return value
  problems.add(tree.at, 'Here true or false should stand.')
  return undefined
}

function optional<T>(tree: Tree | undefined, read: (tree: Tree) => T): T | undefined {
  return tree && read(tree)
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined)
}
