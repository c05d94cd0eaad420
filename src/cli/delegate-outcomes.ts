import type { DelegateOutcome } from '../ews/elements/delegate-response.ts'
import type { Delegate } from '../model/delegate.ts'
import { describeUser } from '../model/user-ref.ts'
import type { CommandResult } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { Problem } from './failure.ts'
import { printable } from './printable.ts'
import { userJson } from './user-text.ts'

/** What was done to a delegate: the word of the results. */
export type DelegateAction = 'added' | 'updated' | 'removed'

export interface DelegateResult {
  readonly outcome: DelegateOutcome
  readonly action: DelegateAction
}

/** Present tense of {@link DelegateAction}, for what was not done. */
const VERB = { added: 'add', updated: 'update', removed: 'remove' } as const

/**
 * The results of a command that changed delegates.
 * @param more.deliverMeetingRequests where meeting requests were sent to go, when that was asked for.
 * @param more.hint what to do about a refusal; the first refusal decides.
 */
export function delegateResults(
  owner: string,
  results: readonly DelegateResult[],
  more: {
    readonly deliverMeetingRequests?: string
    readonly hint?: (code: string, user: string) => string | undefined
  } = {},
): CommandResult {
  const refused = results.flatMap(({ outcome, action }) =>
    outcome.ok ? [] : [{ outcome, action, user: outcomeUser(outcome) }],
  )
  const delivery = more.deliverMeetingRequests
  const lines = results.flatMap(({ outcome, action }) =>
    outcome.ok ? [`${outcomeUser(outcome)}: ${action}`] : [],
  )
  if (delivery && (results.length === 0 || refused.length < results.length)) {
    lines.push(`Meeting requests: ${delivery}`)
  }
  return {
    report: {
      text: () => lines.map((line) => `${printable(line)}\n`).join(''),
      json: {
        owner,
        results: results.map(({ outcome, action }) => ({
          user: userJson(outcome.user ?? (outcome.ok ? outcome.delegate?.user : undefined)),
          ok: outcome.ok,
          ...(outcome.ok
            ? { action, delegate: outcome.delegate ? delegateJson(outcome.delegate) : null }
            : { code: outcome.code, message: outcome.message }),
        })),
        ...(delivery === undefined ? {} : { deliverMeetingRequests: delivery }),
      },
      csv: {
        columns: ['owner', 'user', 'ok', 'action', 'code', 'message'],
        rows: results.map(({ outcome, action }) => [
          owner,
          outcomeUser(outcome),
          outcome.ok,
          outcome.ok ? action : undefined,
          outcome.ok ? undefined : outcome.code,
          outcome.ok ? undefined : outcome.message,
        ]),
      },
    },
    ...(refused.length > 0 ? { problem: refusal(refused, results.length, more.hint) } : {}),
  }
}

/** A delegate as JSON output shows them. */
export function delegateJson(delegate: Delegate) {
  return {
    user: userJson(delegate.user),
    permissions: delegate.permissions ?? null,
    viewPrivateItems: delegate.viewPrivateItems ?? null,
    receiveCopiesOfMeetingMessages: delegate.receiveCopiesOfMeetingMessages ?? null,
  }
}

function refusal(
  refused: readonly {
    outcome: DelegateOutcome & { readonly ok: false }
    action: DelegateAction
    user: string
  }[],
  total: number,
  hint: ((code: string, user: string) => string | undefined) | undefined,
): Problem {
  const sentences = refused.map(
    ({ outcome, action, user }) => `Could not ${VERB[action]} ${user}: ${outcome.message} (${outcome.code})`,
  )
  const hints = refused.flatMap(({ outcome, user }) => hint?.(outcome.code, user)?.split('\n') ?? [])
  // What is the same for several is said once, after what is each one's own.
  const advice = hints.filter((line, index) => hints.lastIndexOf(line) === index)
  const partial = refused.length < total
  const summary = `${refused.length} of ${total} delegates ${refused.length === 1 ? 'was' : 'were'} refused.`
  return {
    exitCode: partial ? EXIT.partial : EXIT.refused,
    code: partial ? 'ERR_PARTIAL' : 'ERR_EWS_RESPONSE',
    message: total === 1 ? (sentences[0] as string) : [summary, ...sentences].join(' '),
    ...(total === 1 ? {} : { lines: [summary, ...sentences] }),
    ...(refused.length === 1 ? { responseCode: refused[0]?.outcome.code } : {}),
    ...(advice.length > 0 ? { hint: advice.join('\n') } : {}),
  }
}

function outcomeUser(outcome: DelegateOutcome): string {
  const user = outcome.user ?? (outcome.ok ? outcome.delegate?.user : undefined)
  return user ? describeUser(user) : '(not named)'
}
