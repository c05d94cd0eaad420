import { InvalidInputError } from '../errors.ts'
import {
  DELEGATE_LEVELS,
  type DelegateLevel,
  type DelegateLevelRead,
  parseLevel,
} from './permission-level.ts'
import {
  describeUser,
  parseUser,
  requireSmtpAddress,
  type UserIdentity,
  type UserInput,
  type UserRef,
  userKey,
} from './user-ref.ts'

/** The six folders a delegate has a level on, in the schema's order. */
export const DELEGATE_FOLDERS = ['calendar', 'tasks', 'inbox', 'contacts', 'notes', 'journal'] as const
export type DelegateFolder = (typeof DELEGATE_FOLDERS)[number]

/**
 * Where meeting requests go; one value for the whole mailbox, not one per delegate.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/delivermeetingrequests
 */
export const DELIVER_MEETING_REQUESTS = [
  /** To the delegates; the owner's copy goes to Deleted Items. */
  'DelegatesOnly',
  /** To the delegates and to the owner. */
  'DelegatesAndMe',
  /** To the delegates; the owner's copy is for information. Outlook's default. */
  'DelegatesAndSendInformationToMe',
  /** To the owner alone. Exchange 2010 SP1 and later. */
  'NoForward',
] as const
export type DeliverMeetingRequests = (typeof DELIVER_MEETING_REQUESTS)[number]

/** Levels by folder; a folder that is not named is left alone by an update and gets `None` in an addition. */
export type DelegateLevels = Readonly<Partial<Record<DelegateFolder, DelegateLevel>>>

/** A delegate to add, or a change to one: what is not named is not sent. */
export interface DelegateInput {
  /** A primary SMTP address or a SID. */
  readonly user: UserInput
  readonly permissions?: DelegateLevels
  /** Copies of the owner's meeting messages; Exchange wants Editor on the calendar for it. */
  readonly receiveCopiesOfMeetingMessages?: boolean
  /** One setting for all of the owner's folders, not one per folder. */
  readonly viewPrivateItems?: boolean
}

/** {@link DelegateInput} after checking, as it is sent. */
export interface DelegateChange {
  readonly user: UserRef
  readonly permissions: DelegateLevels
  readonly receiveCopiesOfMeetingMessages?: boolean
  readonly viewPrivateItems?: boolean
}

/** A delegate as Exchange answers it. */
export interface Delegate {
  readonly user: UserIdentity
  /** Absent when permissions were not asked for, or in the answers of AddDelegate and UpdateDelegate. */
  readonly permissions?: Readonly<Record<DelegateFolder, DelegateLevelRead>>
  /** Absent when the server does not say. */
  readonly receiveCopiesOfMeetingMessages?: boolean
  readonly viewPrivateItems?: boolean
}

/** @throws InvalidInputError for a value Exchange does not have. */
export function parseDeliverMeetingRequests(text: string): DeliverMeetingRequests {
  const value = DELIVER_MEETING_REQUESTS.find(
    (name) => name.toLowerCase() === String(text).trim().toLowerCase(),
  )
  if (value) return value
  throw new InvalidInputError(
    `Meeting requests cannot be delivered to ${JSON.stringify(String(text).slice(0, 60))}.`,
    {
      hint: `The values are ${DELIVER_MEETING_REQUESTS.join(', ')}.`,
    },
  )
}

/**
 * Checks delegates before they are sent.
 *
 * @param operation `add` demands Editor on the calendar for meeting copies in the same call; `update` cannot know
 *   the present level, so it only refuses a call that itself names a lower one.
 * @throws InvalidInputError, naming the delegate.
 */
export function checkDelegates(
  owner: string,
  inputs: readonly DelegateInput[],
  operation: 'add' | 'update',
): DelegateChange[] {
  const ownerAddress = requireSmtpAddress(owner, 'the owner')
  const changes = inputs.map((input) => checkDelegate(input, operation))
  requireDistinctUsers(changes.map((change) => change.user))
  requireNotOwner(
    ownerAddress,
    changes.map((change) => change.user),
  )
  return changes
}

/** Checks the users of GetDelegate and RemoveDelegate before they are sent. */
export function checkUsers(inputs: readonly UserInput[]): UserRef[] {
  const users = inputs.map((input) => parseUser(input, 'the delegate'))
  requireDistinctUsers(users)
  return users
}

const INPUT_NAMES = ['user', 'permissions', 'receiveCopiesOfMeetingMessages', 'viewPrivateItems']

/** What the types say, for callers without them: a misspelt member would be left out without a word. */
function requireInputShape(input: DelegateInput): void {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('A delegate is not an object with a user.')
  const unknown = Object.keys(input).find((name) => !INPUT_NAMES.includes(name))
  if (unknown !== undefined) {
    throw new InvalidInputError(`A delegate has no ${JSON.stringify(unknown)}.`, {
      hint: `A delegate has ${INPUT_NAMES.join(', ')}.`,
    })
  }
  for (const name of ['receiveCopiesOfMeetingMessages', 'viewPrivateItems'] as const) {
    if (input[name] !== undefined && typeof input[name] !== 'boolean') {
      throw new InvalidInputError(`${name} is true or false, not ${JSON.stringify(input[name])}.`)
    }
  }
}

function checkDelegate(input: DelegateInput, operation: 'add' | 'update'): DelegateChange {
  requireInputShape(input)
  const user = parseUser(input.user, 'the delegate')
  const permissions: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const [folder, level] of Object.entries(input.permissions ?? {})) {
    if (!(DELEGATE_FOLDERS as readonly string[]).includes(folder)) {
      throw new InvalidInputError(`Delegates have no level on ${JSON.stringify(folder)}.`, {
        hint: `They have one on ${DELEGATE_FOLDERS.join(', ')}; set other folders with a folder permission.`,
      })
    }
    if (level === undefined) continue
    permissions[folder as DelegateFolder] = parseLevel(level, DELEGATE_LEVELS, `a delegate on ${folder}`)
  }
  // Exchange answers ErrorDelegateValidationFailed for this, whose text does not say what is wrong.
  if (
    input.receiveCopiesOfMeetingMessages &&
    permissions.calendar !== 'Editor' &&
    (operation === 'add' || permissions.calendar !== undefined)
  ) {
    throw new InvalidInputError(
      `${describeUser(user)} cannot receive meeting copies with ${permissions.calendar ?? 'None'} on the calendar.`,
      { hint: 'Meeting copies need Editor on the calendar: grant it in the same call.' },
    )
  }
  return {
    user,
    permissions,
    ...(input.receiveCopiesOfMeetingMessages === undefined
      ? {}
      : { receiveCopiesOfMeetingMessages: input.receiveCopiesOfMeetingMessages }),
    ...(input.viewPrivateItems === undefined ? {} : { viewPrivateItems: input.viewPrivateItems }),
  }
}

function requireDistinctUsers(users: readonly UserRef[]): void {
  const seen = new Set<string>()
  for (const user of users) {
    const key = userKey(user)
    if (seen.has(key)) {
      throw new InvalidInputError(`${describeUser(user)} is named more than once.`, {
        hint: 'Name each delegate once.',
      })
    }
    seen.add(key)
  }
}

function requireNotOwner(owner: string, users: readonly UserRef[]): void {
  if (users.some((user) => userKey(user) === userKey({ smtpAddress: owner }))) {
    throw new InvalidInputError(`${owner} owns the mailbox and cannot be their own delegate.`)
  }
}
