import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder, parseDeliverMeetingRequests } from '../model/delegate.ts'
import { parseFolderName } from '../model/folder-name.ts'
import type { Grant } from '../model/mailbox-state.ts'
import type {
  DelegateGrant,
  DelegateGrantChange,
  DeliveryChange,
  EntryChange,
  MailboxStep,
} from '../model/mailbox-step.ts'
import { completeRights, type FolderRights, NAMED_LEVELS, parseLevel } from '../model/permission-level.ts'
import { parsePermissionUser, requireSmtpAddress, type UserRef } from '../model/user-ref.ts'
import { list, record, text } from './checked-value.ts'
import { type Blocked, type MailboxPlan, NOTE_KINDS, type Note, type PlanError } from './mailbox-plan.ts'

/**
 * Checks what was read from a file as strictly as what a person wrote: saved plans and journals travel, are edited
 * and are handed to others, and what stands in them is sent.
 * @throws InvalidInputError
 */
export function checkMailboxPlan(value: unknown): MailboxPlan {
  const plan = record(value, 'a mailbox’s plan')
  const { ground, moved, error } = plan
  return {
    mailbox: requireSmtpAddress(text(plan.mailbox), 'the mailbox'),
    steps: list(plan.steps, 'steps').map(checkStep),
    blocked: list(plan.blocked ?? [], 'blocked').map(checkBlocked),
    notes: list(plan.notes ?? [], 'notes').map(checkNote),
    ...(ground === undefined ? {} : { ground: checkGround(ground) }),
    ...(moved === 'skip' ? { moved } : {}),
    ...(error === undefined ? {} : { error: checkError(error) }),
  }
}

function checkBlocked(value: unknown): Blocked {
  const { folder, user, reason } = record(value, 'what is not possible')
  return { ...checkWhere(folder, user), reason: text(reason) }
}

function checkNote(value: unknown): Note {
  const given = record(value, 'a note')
  const kind = NOTE_KINDS.find((known) => known === given.kind)
  if (!kind) throw new InvalidInputError(`${JSON.stringify(given.kind) ?? 'Nothing'} is not a kind of note.`)
  return { kind, ...checkWhere(given.folder, given.user), text: text(given.text) }
}

/** They are shown and never sent. */
function checkWhere(folder: unknown, user: unknown): Pick<Note, 'folder' | 'user'> {
  return {
    ...(folder === undefined ? {} : { folder: text(folder) }),
    ...(user === undefined ? {} : { user: text(user) }),
  }
}

function checkError(value: unknown): PlanError {
  const { code, message, hint } = record(value, 'an error')
  return { code: text(code), message: text(message), ...(hint === undefined ? {} : { hint: text(hint) }) }
}

/**
 * Whose description or plan this is. Of what names nobody no mistake could be told with its mailbox.
 * @throws InvalidInputError
 */
export function mailboxOf(value: unknown): string {
  return text(record(value, 'what is about a mailbox').mailbox, 'the address of a mailbox')
}

/** @throws InvalidInputError */
export function checkStep(value: unknown): MailboxStep {
  const step = record(value, 'a step')
  if (step.type === 'folder') {
    return {
      type: 'folder',
      folder: parseFolderName(text(step.folder)),
      changes: list(step.changes, 'changes').map(checkEntryChange),
      ...(step.drops === undefined ? {} : { drops: list(step.drops, 'drops').map((name) => text(name)) }),
    }
  }
  const { action } = step
  if (step.type !== 'delegates' || (action !== 'add' && action !== 'update' && action !== 'remove'))
    throw new InvalidInputError('A step is neither about a folder nor about delegates.')
  return {
    type: 'delegates',
    action,
    changes: list(step.changes, 'changes').map(checkDelegateChange),
    ...(step.delivery === undefined ? {} : { delivery: checkDelivery(step.delivery) }),
  }
}

function checkEntryChange(value: unknown): EntryChange {
  const { user, before, after } = record(value, 'a change')
  return {
    user: parsePermissionUser(user as UserRef),
    ...(before === undefined ? {} : { before: checkGrant(before) }),
    ...(after === undefined ? {} : { after: checkGrant(after) }),
  }
}

function checkDelegateChange(value: unknown): DelegateGrantChange {
  const { user, before, after, replaces, orphan } = record(value, 'a change')
  return {
    user: parsePermissionUser(user as UserRef),
    ...(before === undefined ? {} : { before: checkDelegateGrant(before) }),
    ...(after === undefined ? {} : { after: checkDelegateGrant(after) }),
    ...(replaces === undefined
      ? {}
      : { replaces: checkLevels(replaces) as DelegateGrantChange['replaces'] & object }),
    ...(orphan === true ? { orphan } : {}),
  }
}

function checkDelegateGrant(value: unknown): DelegateGrant {
  const { levels, viewPrivateItems, receiveCopiesOfMeetingMessages } = record(value, 'what a delegate has')
  return {
    levels: checkLevels(levels),
    ...(typeof viewPrivateItems === 'boolean' ? { viewPrivateItems } : {}),
    ...(typeof receiveCopiesOfMeetingMessages === 'boolean' ? { receiveCopiesOfMeetingMessages } : {}),
  }
}

function checkLevels(value: unknown): DelegateGrant['levels'] {
  const levels: Partial<Record<DelegateFolder, Grant | 'Custom'>> = {}
  for (const [name, level] of Object.entries(record(value, 'levels'))) {
    const folder = DELEGATE_FOLDERS.find((known) => known === name)
    if (!folder)
      throw new InvalidInputError(`Delegates have no level on ${JSON.stringify(name.slice(0, 60))}.`)
    levels[folder] = level === 'Custom' ? level : checkGrant(level)
  }
  return levels
}

/** @throws InvalidInputError */
export function checkGrant(value: unknown): Grant {
  return typeof value === 'string'
    ? parseLevel(value, NAMED_LEVELS, 'a folder')
    : completeRights(record(value, 'rights') as Partial<FolderRights>)
}

function checkDelivery(value: unknown): DeliveryChange {
  const { before, after } = record(value, 'the delivery of meeting requests')
  return {
    ...(before === undefined ? {} : { before: parseDeliverMeetingRequests(text(before)) }),
    after: parseDeliverMeetingRequests(text(after)),
  }
}

/** @throws InvalidInputError */
export function checkGround(value: unknown): NonNullable<MailboxPlan['ground']> {
  const { read, fingerprint } = record(value, 'the ground of a plan')
  const { delegates, folders } = record(read, 'what was read')
  return {
    read: {
      delegates: delegates === true,
      folders: list(folders, 'folders').map((name) => parseFolderName(text(name))),
    },
    fingerprint: text(fingerprint),
  }
}
