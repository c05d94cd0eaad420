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
import { flag, list, record, text, within } from './checked-value.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox, DesiredPermission } from './desired.ts'

/**
 * Checks the description of a mailbox as strictly as one in a file: it may come from a program without types, and what
 * stands in it is sent. Users may be given as text, too.
 * @throws InvalidInputError with the place of the mistake, such as `delegates[0]`.
 */
export function checkDesired(value: unknown): DesiredMailbox {
  const { mailbox, mode, deliverMeetingRequests, delegates, folders } = record(
    value,
    'the description of a mailbox',
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
  const given = record(value, 'a delegate')
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
  const { folder, permissions } = record(value, 'a folder')
  return {
    folder: parseFolderName(text(folder, 'the name of a folder')),
    permissions: each(permissions, 'permissions', checkPermission),
  }
}

function checkPermission(value: unknown): DesiredPermission {
  const given = record(value, 'a permission')
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
}: Record<string, unknown>): Pick<DesiredPermission, 'expires' | 'absent'> {
  // What is no instant would never be over.
  if (expires !== undefined && Number.isNaN(Date.parse(text(expires, 'an instant for expires'))))
    throw new InvalidInputError(`${JSON.stringify(expires).slice(0, 60)} is not an instant.`, {
      hint: 'Give expires as ISO 8601, such as 2027-03-31T22:00:00Z.',
    })
  return {
    ...(expires === undefined ? {} : { expires: expires as string }),
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
    return seen
  }
  const named = requireOnce(
    delegates.map(({ user }) => user),
    'as a delegate',
  )
  if (named.has(userKey({ smtpAddress: mailbox })))
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
