import { EwsDelegatesError } from '../errors.ts'
import {
  DELEGATE_FOLDERS,
  type Delegate,
  type DelegateChange,
  type DelegateLevels,
  type DeliverMeetingRequests,
} from '../model/delegate.ts'
import type { UserRef } from '../model/user-ref.ts'
import type { DelegateOutcome } from './elements/delegate-response.ts'
import type { Caller, Finding, Settle } from './operation.ts'
import type { AddDelegateInput } from './operations/add-delegate.ts'
import { type GetDelegateOutput, getDelegate } from './operations/get-delegate.ts'
import type { RemoveDelegateInput } from './operations/remove-delegate.ts'
import type { UpdateDelegateInput } from './operations/update-delegate.ts'

/**
 * What became of AddDelegate, UpdateDelegate and RemoveDelegate, each delegate for themselves.
 *
 * Reading tells the state, not who made it: a delegate who has exactly what was asked for counts as added, also when
 * they had it before. Sending again what is missing can do no harm: Exchange refuses to add a delegate twice, an
 * update names absolute levels, and a removal of nobody is refused.
 */

/** Not a delegate; the second is what another server says (Gromox). */
const NO_DELEGATE: ReadonlySet<string> = new Set(['ErrorNotDelegate', 'ErrorDelegateNotFound'])

export const settleAddDelegate: Settle<AddDelegateInput, DelegateOutcome[]> = {
  async look(call, input) {
    const found = await read(call, input, usersOf(input))
    const finding = sortOut(
      input.delegates,
      found,
      found.outcomes.map((outcome, position) =>
        confirm(outcome, input.delegates[position], (delegate, wanted) => hasAll(delegate, whole(wanted))),
      ),
      (delegates) => ({ ...input, delegates }),
    )
    // With nobody left to add, AddDelegate is no way to set the delivery, and UpdateDelegate is not what was asked.
    const delivery = found.deliverMeetingRequests
    const otherDelivery = delivery !== undefined && !isDelivered(input, delivery)
    return finding.state === 'done' && otherDelivery ? { state: 'unclear' } : finding
  },

  async review(call, input, outcomes) {
    const twice = input.delegates.filter(
      (_, position) => codeOf(outcomes[position]) === 'ErrorDelegateAlreadyExists',
    )
    if (twice.length === 0) return outcomes
    const found = await read(
      call,
      input,
      twice.map((delegate) => delegate.user),
    ).catch(unreadable)
    const confirmed = new Map(
      twice.map((wanted, position) => [
        wanted,
        confirm(found?.outcomes[position], wanted, (delegate) => hasAll(delegate, whole(wanted))),
      ]),
    )
    return outcomes.map((outcome, position) => {
      const wanted = input.delegates[position]
      if (!wanted || !confirmed.has(wanted) || outcome.ok) return outcome
      return (
        confirmed.get(wanted) ?? {
          ...outcome,
          message: `${outcome.message} An earlier attempt, whose answer was lost, may have added them.`,
        }
      )
    })
  },
}

export const settleUpdateDelegate: Settle<UpdateDelegateInput, DelegateOutcome[]> = {
  async look(call, input) {
    const found = await read(call, input, usersOf(input))
    const narrow = (delegates: readonly DelegateChange[]): UpdateDelegateInput => ({ ...input, delegates })
    // Without delegates the answer lists all there are, and only the delivery is of interest.
    const confirmed = input.delegates.map((wanted, position) =>
      confirm(found.outcomes[position], wanted, (delegate) => hasAll(delegate, wanted)),
    )
    const finding = sortOut(input.delegates, found, confirmed, narrow)
    return finding.state !== 'done' || isDelivered(input, found.deliverMeetingRequests)
      ? finding
      : {
          state: 'missing',
          missing: narrow([]),
          partly: input.delegates.length > 0,
          complete: () => finding.output,
        }
  },
}

export const settleRemoveDelegate: Settle<RemoveDelegateInput, DelegateOutcome[]> = {
  async look(call, input) {
    const found = await read(call, input, input.users)
    return sortOut(
      input.users,
      found,
      input.users.map((user, position) => removed(user, found.outcomes[position])),
      (users) => ({ ...input, users }),
    )
  },

  // Who is no delegate when the repeat comes was removed by the call that got lost.
  review: async (_call, input, outcomes) =>
    outcomes.map((outcome, position) => removed(input.users[position], outcome) ?? outcome),
}

/** The answer to the repeat stands then, with what is not known about it. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof EwsDelegatesError)) throw error
}

function usersOf({ delegates }: { readonly delegates: readonly DelegateChange[] }): UserRef[] {
  return delegates.map((delegate) => delegate.user)
}

/** By name, so that the server matches an alias or a SID to its delegate, and answers in our order. */
function read(
  call: Caller,
  { owner }: { readonly owner: string },
  users: readonly UserRef[],
): Promise<GetDelegateOutput> {
  return call(getDelegate, { owner, users, includePermissions: users.length > 0 })
}

function confirm(
  outcome: DelegateOutcome | undefined,
  wanted: DelegateChange | undefined,
  isThere: (delegate: Delegate, wanted: DelegateChange) => boolean,
): DelegateOutcome | undefined {
  if (!wanted || !outcome?.ok || !outcome.delegate || !isThere(outcome.delegate, wanted)) return undefined
  return { ok: true, user: wanted.user, delegate: outcome.delegate, confirmedByReading: true }
}

function removed(
  user: UserRef | undefined,
  outcome: DelegateOutcome | undefined,
): DelegateOutcome | undefined {
  return user && NO_DELEGATE.has(codeOf(outcome) ?? '')
    ? { ok: true, user, confirmedByReading: true }
    : undefined
}

/** Those who are as wanted have their outcome; the others are what is missing. */
function sortOut<Member, Input>(
  members: readonly Member[],
  found: GetDelegateOutput,
  confirmed: readonly (DelegateOutcome | undefined)[],
  narrow: (members: readonly Member[]) => Input,
): Extract<Finding<Input, DelegateOutcome[]>, { state: 'done' | 'missing' }> {
  const open = members.filter((_, position) => !confirmed[position])
  const done = confirmed.filter((outcome) => outcome !== undefined)
  if (open.length === 0) return { state: 'done', output: done }
  return {
    state: 'missing',
    missing: narrow(open),
    partly: done.length > 0,
    // Whoever may not see a mailbox's delegates is told neither yes nor no.
    unsure: found.outcomes.some((outcome) => !outcome.ok && !NO_DELEGATE.has(outcome.code)),
    complete(rest) {
      const answers = [...rest]
      return members.map((_, position) => confirmed[position] ?? (answers.shift() as DelegateOutcome))
    },
  }
}

/** An addition gives None and no to whatever it does not name. */
function whole(wanted: DelegateChange): DelegateChange {
  const levels = Object.fromEntries(
    DELEGATE_FOLDERS.map((folder) => [folder, wanted.permissions[folder] ?? 'None']),
  ) as DelegateLevels
  return { receiveCopiesOfMeetingMessages: false, viewPrivateItems: false, ...wanted, permissions: levels }
}

function hasAll(delegate: Delegate, wanted: DelegateChange): boolean {
  const flags = ['receiveCopiesOfMeetingMessages', 'viewPrivateItems'] as const
  return (
    DELEGATE_FOLDERS.every((folder) => {
      const level = wanted.permissions[folder]
      return level === undefined || delegate.permissions?.[folder] === level
    }) &&
    // A server that does not answer a flag leaves it out; absent reads as no.
    flags.every((flag) => wanted[flag] === undefined || (delegate[flag] ?? false) === wanted[flag])
  )
}

function isDelivered(
  wanted: { readonly deliverMeetingRequests?: DeliverMeetingRequests },
  found: DeliverMeetingRequests | undefined,
): boolean {
  return wanted.deliverMeetingRequests === undefined || wanted.deliverMeetingRequests === found
}

function codeOf(outcome: DelegateOutcome | undefined): string | undefined {
  return outcome && !outcome.ok ? outcome.code : undefined
}
