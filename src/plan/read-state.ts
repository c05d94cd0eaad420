import type { Backend, ReadRequest } from '../backends/backend.ts'
import { EwsResponseError } from '../errors.ts'
import type { MailboxState } from '../model/mailbox-state.ts'
import { unreadDelegates } from './mailbox-plan.ts'
import { isBusyCode } from './server-watch.ts'

/**
 * Reads a mailbox as {@link Backend.read} does, and throws when the server had no room for a part of it: that is no
 * folder that cannot be read and no delegate without an account, and is there again when the server has room.
 *
 * @throws EwsResponseError with the code of that part; whatever the backend throws.
 */
export async function readState(
  backend: Backend,
  mailbox: string,
  request: ReadRequest,
): Promise<MailboxState> {
  const state = await backend.read(mailbox, request)
  const parts = [...(state.missing ?? []), ...(state.delegateProblems ?? [])]
  const waiting = parts.find(({ code }) => isBusyCode(code))
  if (waiting) throw new EwsResponseError(waiting.message, { responseCode: waiting.code, level: 'item' })
  return state
}

/**
 * {@link readState} for changes that were planned before, which cannot be compared with a list that is not known.
 *
 * @throws EwsResponseError also where the delegates are not known.
 */
export async function readForChanges(
  backend: Backend,
  mailbox: string,
  request: ReadRequest,
): Promise<MailboxState> {
  const state = await readState(backend, mailbox, request)
  const { delegatesUnread } = state
  if (delegatesUnread) {
    const { code: responseCode } = delegatesUnread
    throw new EwsResponseError(unreadDelegates(delegatesUnread), { responseCode, level: 'response' })
  }
  return state
}
