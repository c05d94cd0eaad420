import type { Delegate } from '../../model/delegate.ts'
import type { UserRef } from '../../model/user-ref.ts'
import { type Element, findChild } from '../../xml/element.ts'
import type { Outcome } from '../operation.ts'
import { errorOf, readStatus, refusalOf, responseMessages } from '../response.ts'
import { PARTIAL_SAVE_CODES } from '../response-codes.ts'
import { readDelegateUser } from './delegate-user.ts'

/**
 * What happened to one delegate. `user` is whom the request named at this position, or undefined where all were
 * asked for. `delegate` is what the server answered about them; RemoveDelegate answers nothing.
 */
export type DelegateOutcome = Outcome<
  {
    readonly delegate?: Delegate
    /** The server's answer was lost, and reading the state showed that it is as it was asked for. */
    readonly confirmedByReading?: true
  },
  { readonly user?: UserRef }
>

/**
 * Reads the answer of any delegate operation: the root is itself a response message, and says Success even when
 * every user failed, so each child is looked at. Neither refusals nor removals carry an identity: they are matched
 * to the request by position, as the EWS Managed API does.
 *
 * @param users whom the request named, in its order; undefined when it asked for all.
 * @throws EwsResponseError when the root itself is refused.
 */
export function readDelegateOutcomes(
  root: Element,
  users: readonly UserRef[] | undefined,
): DelegateOutcome[] {
  const status = readStatus(root)
  if (!status.ok) throw errorOf(status, 'response', PARTIAL_SAVE_CODES.has(status.code))

  const messages = responseMessages(root)
  if (users === undefined) return messages.map((message) => readOutcome(message, undefined))
  return users.map((user, position) => {
    const message = messages[position]
    if (message) return readOutcome(message, user)
    return {
      ok: false,
      user,
      code: 'ErrorNoResponse',
      message: 'The server did not say what happened to this delegate; read the list.',
    }
  })
}

function readOutcome(message: Element, user: UserRef | undefined): DelegateOutcome {
  const status = readStatus(message)
  const context = user === undefined ? {} : { user }
  if (!status.ok) return { ...context, ...refusalOf(status) }
  // In m: by the schema; another server puts it in t:.
  const delegateUser = findChild(message, 'DelegateUser')
  return { ok: true, ...context, ...(delegateUser ? { delegate: readDelegateUser(delegateUser) } : {}) }
}
