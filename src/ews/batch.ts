import { ConnectionError, EwsDelegatesError, EwsResponseError, InvalidInputError } from '../errors.ts'
import { isBusy } from './classify.ts'
import type { Refusal } from './operation.ts'

/**
 * Ids or items per request. Exchange documents no limit of its own for batches, but throttles by the work they are,
 * and a failure takes a whole request with it; a hundred keeps both small.
 */
export const DEFAULT_BATCH_SIZE = 100
/** As many as Exchange answers to one search. */
export const MAX_BATCH_SIZE = 1000

/** @throws InvalidInputError unless it is a whole number of members. */
export function checkBatchSize(size: number | undefined): number {
  if (size === undefined) return DEFAULT_BATCH_SIZE
  if (Number.isInteger(size) && size >= 1 && size <= MAX_BATCH_SIZE) return size
  throw new InvalidInputError(`${size} is not a batch size.`, {
    hint: `It is a whole number from 1 to ${MAX_BATCH_SIZE}.`,
  })
}

/** Nothing that follows can go better, and repeating a refused sign-in locks accounts. */
const HOPELESS = new Set(['ERR_AUTHENTICATION', 'ERR_FORBIDDEN', 'ERR_ABORTED'])

/**
 * Sends members in parts, one after the other, and puts the outcomes together in the members' order.
 *
 * A part that fails as a whole gives its members the failure as their outcome, and the others go on. Only when no
 * part was answered at all is the first failure thrown, as for any other call. After a failure that hits the rest as
 * well (not signed in, stopped by the caller, a server that is busy or away for longer than the policy waits) the rest
 * is not sent: `ErrorBatchProcessingStopped`. Otherwise each part would wait as long again.
 *
 * @param check called with every part before the first is sent, so that a bad member stops all of them.
 */
export async function inBatches<Member, Outcome extends { readonly ok: boolean }>(
  members: readonly Member[],
  size: number,
  options: {
    readonly check: (part: readonly Member[]) => void
    readonly send: (part: readonly Member[]) => Promise<readonly Outcome[]>
    readonly refused: (member: Member, refusal: Refusal & { readonly ok: false }) => Outcome
  },
): Promise<Outcome[]> {
  const parts: (readonly Member[])[] = []
  for (let from = 0; from < members.length; from += size) parts.push(members.slice(from, from + size))
  if (parts.length > 1) for (const part of parts) options.check(part)

  const outcomes: Outcome[] = []
  let answered = false
  let firstFailure: EwsDelegatesError | undefined
  let stopped = false
  for (const part of parts) {
    if (stopped) {
      outcomes.push(...part.map((member) => options.refused(member, STOPPED)))
      continue
    }
    try {
      outcomes.push(...(await options.send(part)))
      answered = true
    } catch (error) {
      if (!(error instanceof EwsDelegatesError)) throw error
      firstFailure ??= error
      stopped = hitsAll(error)
      outcomes.push(...part.map((member) => options.refused(member, refusalFrom(error))))
    }
  }
  if (firstFailure && !answered) throw firstFailure
  return outcomes
}

function hitsAll(error: EwsDelegatesError): boolean {
  if (error instanceof ConnectionError || HOPELESS.has(error.code)) return true
  if (!(error instanceof EwsResponseError)) return false
  return error.responseCode === 'ErrorExceededConnectionCount' || isBusy(error.responseCode, error.messageXml)
}

const STOPPED = {
  ok: false,
  code: 'ErrorBatchProcessingStopped',
  message: 'Not sent, because of the failure before it.',
} as const

/** A failure of a request as the outcome of one of its members. */
export function refusalFrom(error: EwsDelegatesError): Refusal & { readonly ok: false } {
  return {
    ok: false,
    code: error instanceof EwsResponseError ? error.responseCode : error.code,
    message: error.message,
    ...(error.mayHaveHappened ? { mayHaveHappened: true } : {}),
  }
}
