import { type Element, findChild } from '../../xml/element.ts'
import type { Outcome } from '../operation.ts'
import { readStatus, refusalOf, responseMessages } from '../response.ts'

/**
 * Reads an answer with one response message per member of the request, in its order; they carry no other identity.
 *
 * @param context what each outcome repeats of the request.
 * @param read what a message that says Success holds.
 */
export function readOutcomes<Member, Context extends object, Success extends object>(
  response: Element,
  members: readonly Member[],
  context: (member: Member) => Context,
  read: (message: Element) => Success,
): Outcome<Success, Context>[] {
  const messages = responseMessages(response)
  return members.map((member, position) => {
    const message = messages[position]
    if (!message) {
      return {
        ok: false,
        ...context(member),
        code: 'ErrorNoResponse',
        message: 'The server did not say what happened here; read the state before repeating it.',
        mayHaveHappened: true,
      }
    }
    const status = readStatus(message)
    if (!status.ok) return { ...context(member), ...refusalOf(status) }
    return { ok: true, ...context(member), ...read(message) }
  })
}

/** The item in `m:Items`, when there is one: some answers leave the list empty. */
export function firstItem(message: Element): Element | undefined {
  return findChild(message, 'Items')?.children[0]
}
