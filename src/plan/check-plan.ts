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
import type { Blocked, MailboxPlan, Note } from './mailbox-plan.ts'

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
    blocked: list(plan.blocked ?? [], 'blocked') as Blocked[],
    notes: list(plan.notes ?? [], 'notes') as Note[],
    ...(ground === undefined ? {} : { ground: checkGround(ground) }),
    ...(moved === 'skip' ? { moved } : {}),
    ...(error === undefined ? {} : { error: error as NonNullable<MailboxPlan['error']> }),
  }
}

/** @throws InvalidInputError */
export function checkStep(value: unknown): MailboxStep {
  const step = record(value, 'a step')
  if (step.type === 'folder') {
    return {
      type: 'folder',
      folder: parseFolderName(text(step.folder)),
      changes: list(step.changes, 'changes').map(checkEntryChange),
      ...(step.drops === undefined ? {} : { drops: list(step.drops, 'drops').map(text) }),
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

function checkGrant(value: unknown): Grant {
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

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new InvalidInputError(`Here ${what} should stand.`)
}

function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new InvalidInputError(`Here a list of ${what} should stand.`)
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new InvalidInputError('Here a text should stand.')
}
