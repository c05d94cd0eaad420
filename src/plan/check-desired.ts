import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder, parseDeliverMeetingRequests } from '../model/delegate.ts'
import { folderNameKey, parseFolderName } from '../model/folder-name.ts'
import { GRANT_MODES } from '../model/grant-mode.ts'
import { DELEGATE_LEVELS, type DelegateLevel, parseLevel } from '../model/permission-level.ts'
import {
  describeUser,
  parsePermissionUser,
  parseUser,
  requireSmtpAddress,
  type UserInput,
  type UserRef,
  userKey,
} from '../model/user-ref.ts'
import { checkGrant } from './check-plan.ts'
import { fields, flag, list, record, text, within } from './checked-value.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox, DesiredPermission } from './desired.ts'
import { parseExpires } from './read-values.ts'

const MAILBOX_FIELDS = ['mailbox', 'mode', 'deliverMeetingRequests', 'delegates', 'folders'] as const
const DELEGATE_FIELDS = [
  'user',
  'levels',
  'viewPrivateItems',
  'receiveCopiesOfMeetingMessages',
  'expires',
  'absent',
] as const
const FOLDER_FIELDS = ['folder', 'permissions'] as const
const PERMISSION_FIELDS = ['user', 'grant', 'expires', 'absent'] as const

/**
 * Checks the description of a mailbox as strictly as one in a file: it may come from a program without types, and what
 * stands in it is sent. Users may be given as text, too.
 * @throws InvalidInputError with the place of the mistake, such as `delegates[0]`.
 */
export function checkDesired(value: unknown): DesiredMailbox {
  const { mailbox, mode, deliverMeetingRequests, delegates, folders } = fields(
    value,
    'the description of a mailbox',
    MAILBOX_FIELDS,
  )
  const known = GRANT_MODES.find((name) => name === mode)
  if (!known) {
    throw new InvalidInputError(`${JSON.stringify(mode) ?? 'Nothing'} is not a mode.`, {
      hint: `The modes are ${GRANT_MODES.join(' and ')}.`,
    })
  }
  const desired: DesiredMailbox = {
    mailbox: requireSmtpAddress(text(mailbox, 'the address of a mailbox'), 'the mailbox'),
    mode: known,
    ...(deliverMeetingRequests === undefined
      ? {}
      : { deliverMeetingRequests: parseDeliverMeetingRequests(text(deliverMeetingRequests)) }),
    ...(delegates === undefined ? {} : { delegates: each(delegates, 'delegates', checkDelegate) }),
    folders: each(folders, 'folders', checkFolder),
  }
  refuseTwice(desired)
  return desired
}

function each<T>(value: unknown, name: string, check: (one: unknown) => T): T[] {
  return list(value, name).map((one, index) => within(`${name}[${index}]`, () => check(one)))
}

function checkDelegate(value: unknown): DesiredDelegate {
  const given = fields(value, 'a delegate', DELEGATE_FIELDS)
  const { viewPrivateItems, receiveCopiesOfMeetingMessages } = given
  const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const [name, level] of Object.entries(
    within('levels', () => record(given.levels, 'levels by folder')),
  )) {
    const folder = DELEGATE_FOLDERS.find((one) => one === name)
    if (!folder)
      throw new InvalidInputError(`Delegates have no level on ${JSON.stringify(name.slice(0, 60))}.`, {
        hint: `They have one on ${DELEGATE_FOLDERS.join(', ')}.`,
      })
    if (level !== undefined)
      levels[folder] = parseLevel(level as string, DELEGATE_LEVELS, `a delegate on ${folder}`)
  }
  return {
    user: parseUser(given.user as UserInput, 'the delegate'),
    levels,
    ...(viewPrivateItems === undefined
      ? {}
      : { viewPrivateItems: flag(viewPrivateItems, 'viewPrivateItems') }),
    ...(receiveCopiesOfMeetingMessages === undefined
      ? {}
      : {
          receiveCopiesOfMeetingMessages: flag(
            receiveCopiesOfMeetingMessages,
            'receiveCopiesOfMeetingMessages',
          ),
        }),
    ...checkWhen(given),
  }
}

function checkFolder(value: unknown): DesiredFolder {
  const { folder, permissions } = fields(value, 'a folder', FOLDER_FIELDS)
  return {
    folder: parseFolderName(text(folder, 'the name of a folder')),
    permissions: each(permissions, 'permissions', checkPermission),
  }
}

function checkPermission(value: unknown): DesiredPermission {
  const given = fields(value, 'a permission', PERMISSION_FIELDS)
  const user = parsePermissionUser(given.user as UserInput)
  const when = checkWhen(given)
  if ('distinguishedUser' in user && (when.absent || when.expires !== undefined))
    throw new InvalidInputError(
      `The entry ${user.distinguishedUser} cannot be removed; set it to None instead.`,
    )
  return { user, grant: checkGrant(given.grant), ...when }
}

function checkWhen({
  expires,
  absent,
}: {
  readonly expires?: unknown
  readonly absent?: unknown
}): Pick<DesiredPermission, 'expires' | 'absent'> {
  return {
    // What Date.parse makes of it is not asked: "1" is a day in 2001 to it, and long over.
    ...(expires === undefined
      ? {}
      : { expires: within('expires', () => parseExpires(text(expires, 'a date'))) }),
    ...(absent === undefined ? {} : { absent: flag(absent, 'absent') }),
  }
}

/** The rules of files, see `GrantsReader`: what is said twice would be written in turn, at every run. */
function refuseTwice({ mailbox, delegates = [], folders }: DesiredMailbox): void {
  const requireOnce = (users: readonly UserRef[], where: string) => {
    const seen = new Set<string>()
    for (const user of users) {
      const key = userKey(user)
      if (seen.has(key)) throw new InvalidInputError(`${describeUser(user)} is named twice ${where}.`)
      seen.add(key)
    }
  }
  requireOnce(
    delegates.map(({ user }) => user),
    'as a delegate',
  )
  // Who is to be gone may be the owner. Whether a date is past, and other names of theirs, are looked at with the list.
  const owner = delegates.find(({ user }) => userKey(user) === userKey({ smtpAddress: mailbox }))
  if (owner && !owner.absent && owner.expires === undefined)
    throw new InvalidInputError(`${mailbox} owns the mailbox and cannot be their own delegate.`)
  const described = new Set<string>()
  for (const { folder, permissions } of folders) {
    const key = folderNameKey(folder)
    if (described.has(key)) throw new InvalidInputError(`The folder ${folder} is described twice.`)
    described.add(key)
    requireOnce(
      permissions.map(({ user }) => user),
      `on ${folder}`,
    )
  }
}
