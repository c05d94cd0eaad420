import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import type { Grant } from '../model/mailbox-state.ts'
import type {
  DelegateGrant,
  DelegateGrantChange,
  DelegatesStep,
  FolderStep,
  MailboxStep,
} from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS } from '../model/permission-level.ts'
import { describeUser, type UserRef } from '../model/user-ref.ts'
import { covers } from './compare-grants.ts'
import { mayBeMade } from './journal.ts'
import { type Attempt, type JournaledMailbox, readJournaledMailboxes } from './journal-state.ts'
import type { MailboxPlan, Note } from './mailbox-plan.ts'
import { sameGrant } from './standing.ts'

/**
 * The plans that put back what a run changed, the last change first. Where somebody changed the same thing since,
 * applying them leaves it alone. A step whose outcome the journal does not know is put back if it happened.
 */
export async function* planRevert(journal: string): AsyncGenerator<MailboxPlan, void, undefined> {
  for await (const mailbox of readJournaledMailboxes(journal)) {
    const plan = revertMailbox(mailbox)
    if (plan.steps.length > 0 || plan.notes.length > 0) yield plan
  }
}

/** Pure part of {@link planRevert}. */
export function revertMailbox({ mailbox, attempts }: JournaledMailbox): MailboxPlan {
  const notes: Note[] = []
  const steps = attempts.toReversed().flatMap((attempt) =>
    attempt.steps
      .map((step, index) => whatHappened(step, attempt, index))
      .toReversed()
      .flatMap((step) => (step ? invert(step, notes) : [])),
  )
  return { mailbox, steps, blocked: [], notes, moved: 'skip' }
}

/** The changes that the run made or may have made. */
function whatHappened(step: MailboxStep, attempt: Attempt, at: number): MailboxStep | undefined {
  const outcomes = attempt.outcomes[at]
  if (!outcomes) return step
  const happened = (index: number) => {
    const outcome = outcomes[index]
    return outcome !== undefined && mayBeMade(outcome) && !attempt.already[at]?.includes(index)
  }
  if (step.type === 'folder') {
    const changes = step.changes.filter((_, index) => happened(index))
    const dropped = step.changes.length === 0 && happened(0)
    return changes.length > 0 || dropped ? { ...step, changes } : undefined
  }
  const { delivery, ...rest } = step
  const changes = step.changes.filter((_, index) => happened(index))
  const delivered = delivery && happened(step.changes.length)
  if (changes.length === 0 && !delivered) return undefined
  return { ...rest, changes, ...(delivered ? { delivery } : {}) }
}

function invert(step: MailboxStep, notes: Note[]): MailboxStep[] {
  if (step.type === 'folder') return invertFolder(step, notes)
  const inverse = {
    add: invertAddition,
    remove: (changes: DelegatesStep['changes']) => invertRemoval(changes, notes),
    update: (changes: DelegatesStep['changes']) => invertUpdate(changes, notes),
  }[step.action](step.changes)
  const { delivery } = step
  if (!delivery) return inverse
  if (delivery.before === undefined) {
    notes.push({ kind: 'unknown', text: 'Where meeting requests went before is not known; it stays.' })
    return inverse
  }
  return [
    ...inverse,
    {
      type: 'delegates',
      action: 'update',
      changes: [],
      delivery: { before: delivery.after, after: delivery.before },
    },
  ]
}

function invertFolder({ folder, changes, drops }: FolderStep, notes: Note[]): FolderStep[] {
  for (const name of drops ?? [])
    notes.push({
      kind: 'orphan',
      folder,
      user: name,
      text: `${name} was dropped and cannot be written back.`,
    })
  if (changes.length === 0) return []
  return [
    {
      type: 'folder',
      folder,
      changes: changes.map(({ user, before, after }) => {
        // An entry for Default or Anonymous can be set to anything and not be taken away.
        const stays = before === undefined && 'distinguishedUser' in user
        if (stays) {
          const name = describeUser(user)
          const text = `${name} had no entry, which cannot be so again; it is set to None.`
          notes.push({ kind: 'default', folder, user: name, text })
        }
        const was = stays ? 'None' : before
        return {
          user,
          ...(after === undefined ? {} : { before: after }),
          ...(was === undefined ? {} : { after: was }),
        }
      }),
    },
  ]
}

/** Removing them takes their entries away, so those they had before becoming a delegate are set again. */
function invertAddition(changes: DelegatesStep['changes']): MailboxStep[] {
  const folders = new FolderRestores()
  for (const change of changes) folders.addReplaced(change)
  const removals = changes.map(
    ({ user, after }): DelegateGrantChange => ({ user, ...(after ? { before: after } : {}) }),
  )
  return [{ type: 'delegates', action: 'remove', changes: removals }, ...folders.steps()]
}

function invertRemoval(changes: DelegatesStep['changes'], notes: Note[]): MailboxStep[] {
  const folders = new FolderRestores()
  const additions = changes.flatMap((change): DelegateGrantChange[] => {
    const { user, before, orphan } = change
    if (orphan) {
      const name = describeUser(user)
      const text = `The account of the delegate ${name} is gone; they cannot be put back.`
      notes.push({ kind: 'orphan', user: name, text })
      return []
    }
    folders.addReplaced(change)
    const levels = { ...NOTHING }
    const { receiveCopiesOfMeetingMessages: copies, ...rest } = before ?? { levels }
    for (const folder of DELEGATE_FOLDERS) {
      const grant = before?.levels[folder]
      const level = DELEGATE_LEVELS.find((name) => name === grant)
      if (level) levels[folder] = level
      else if (grant === 'Custom') notes.push(unknownRights(user, folder))
      else if (grant !== undefined) {
        // Copies take Editor by name; what they have besides follows.
        if (folder === 'calendar' && copies && covers(grant, 'Editor')) levels.calendar = 'Editor'
        folders.add(folder, user, levels[folder] === 'Editor' ? 'Editor' : undefined, grant)
      }
    }
    if (!copies || levels.calendar === 'Editor') return [{ user, after: { ...before, levels } }]
    notes.push(copiesWithoutEditor(user))
    return [{ user, after: { ...rest, levels } }]
  })
  const step: MailboxStep[] =
    additions.length > 0 ? [{ type: 'delegates', action: 'add', changes: additions }] : []
  return [...step, ...folders.steps()]
}

function invertUpdate(changes: DelegatesStep['changes'], notes: Note[]): MailboxStep[] {
  const folders = new FolderRestores()
  const copies: DelegateGrantChange[] = []
  const updates = changes.flatMap((made): DelegateGrantChange[] => {
    const { user, before, after } = made
    folders.addReplaced(made)
    const from: Partial<Record<DelegateFolder, Grant | 'Custom'>> = {}
    const to: Partial<Record<DelegateFolder, Grant>> = {}
    for (const folder of DELEGATE_FOLDERS) {
      const was = before?.levels[folder]
      const is = after?.levels[folder]
      if (was === undefined || is === undefined) continue
      if (was === 'Custom') notes.push(unknownRights(user, folder))
      else if (DELEGATE_LEVELS.some((level) => level === was)) {
        from[folder] = is
        to[folder] = was
      } else folders.add(folder, user, is === 'None' || is === 'Custom' ? undefined : is, was)
    }
    const flags = flagsOf(before)
    if (flags.receiveCopiesOfMeetingMessages && to.calendar !== 'Editor') {
      // Exchange refuses copies, and all that is changed along with them, to whoever has less than Editor. What they
      // had on the calendar is not known where it did not change, or is set by its folder first.
      delete flags.receiveCopiesOfMeetingMessages
      const was = before?.levels.calendar
      if (was === undefined || was === 'Custom' || covers(was, 'Editor')) {
        const change = (receiveCopiesOfMeetingMessages: boolean) => ({
          levels: {},
          receiveCopiesOfMeetingMessages,
        })
        copies.push({ user, before: change(false), after: change(true) })
      } else notes.push(copiesWithoutEditor(user))
    }
    const change = {
      user,
      before: { ...after, levels: from } satisfies DelegateGrant,
      after: { ...flags, levels: to } satisfies DelegateGrant,
    }
    return isEmpty(change.after) ? [] : [change]
  })
  const step = (made: readonly DelegateGrantChange[]): MailboxStep[] =>
    made.length > 0 ? [{ type: 'delegates', action: 'update', changes: made }] : []
  return [...step(updates), ...folders.steps(), ...step(copies)]
}

/** Rights that the delegate operations cannot give, collected by folder so that each is written once. */
class FolderRestores {
  readonly #folders = new Map<DelegateFolder, FolderStep['changes'][number][]>()

  add(folder: DelegateFolder, user: UserRef, before: Grant | undefined, after: Grant): void {
    if (sameGrant(before, after)) return
    const changes = this.#folders.get(folder) ?? []
    changes.push({ user, ...(before === undefined ? {} : { before }), after })
    this.#folders.set(folder, changes)
  }

  addReplaced({ user, replaces = {} }: DelegateGrantChange): void {
    for (const folder of DELEGATE_FOLDERS) {
      const grant = replaces[folder]
      if (grant !== undefined) this.add(folder, user, undefined, grant)
    }
  }

  steps(): FolderStep[] {
    return [...this.#folders].map(([folder, changes]) => ({ type: 'folder', folder, changes }))
  }
}

const NOTHING: Partial<Record<DelegateFolder, Grant>> = Object.fromEntries(
  DELEGATE_FOLDERS.map((folder) => [folder, 'None'] as const),
)

function flagsOf(grant: DelegateGrant | undefined): {
  -readonly [Flag in keyof Omit<DelegateGrant, 'levels'>]: DelegateGrant[Flag]
} {
  const { levels: _, ...flags } = grant ?? { levels: {} }
  return flags
}

function isEmpty(grant: DelegateGrant): boolean {
  return (
    Object.keys(grant.levels).length === 0 &&
    grant.viewPrivateItems === undefined &&
    grant.receiveCopiesOfMeetingMessages === undefined
  )
}

function copiesWithoutEditor(user: UserRef): Note {
  const name = describeUser(user)
  const text = `${name} received meeting copies without Editor on the calendar, which Exchange takes from nobody any more; the copies are left out.`
  return { kind: 'unknown', user: name, text }
}

function unknownRights(user: UserRef, folder: DelegateFolder): Note {
  const name = describeUser(user)
  return {
    kind: 'unknown',
    folder,
    user: name,
    text: `${name} had Custom rights that were not looked up; they cannot be put back.`,
  }
}
