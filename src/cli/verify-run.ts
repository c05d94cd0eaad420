import { ConnectionError } from '../errors.ts'
import { type ProofOutcome, proveSends } from '../proof/prove-sends.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import type { DelegateSignIn } from './delegate-sign-in.ts'
import type { ExpectedSend } from './expected-sends.ts'
import { proofTeller } from './proof-progress.ts'
import { isStopped, proofResults } from './proof-report.ts'
import type { Cases } from './verify-cases.ts'
import type { Through } from './verify-flags.ts'

export interface ProveCasesOptions {
  readonly to: string | undefined
  readonly waitMs: number
  readonly settleMs?: number
  /** Are requests shown on stderr? */
  readonly traced: boolean
}

/** Proves the cases, and reports those that are done also when the run is stopped. */
export async function proveCases(
  context: Context,
  signIn: DelegateSignIn,
  { sends, skipped }: Cases,
  { traced, ...options }: ProveCasesOptions,
): Promise<CommandResult> {
  const clientOf = signIn.clientsOf(sends.map(({ delegate }) => delegate))
  const { signal } = context.io
  const teller = proofTeller(context, sends.length, traced)
  const outcomes = new Map<number, ProofOutcome>()
  const results = () => sends.map((send, position) => ({ send, outcome: outcomes.get(position) }))
  const stopping = () => {
    teller.end()
    context.talk('Stopping; what was sent is being deleted. Ctrl-C once more ends at once.')
  }
  signal.addEventListener('abort', stopping, { once: true })
  try {
    await proveSends(
      sends.map((send) => ({
        graph: clientOf(send.delegate),
        delegate: send.delegate,
        owner: send.owner,
        expect: send.expected,
        as: mailboxFor(send, signIn.through),
        onWait: (progress) => teller.waiting(send, progress),
        signal,
        ...options,
      })),
      {
        onOutcome: (outcome, position) => {
          outcomes.set(position, outcome)
          teller.proved([...outcomes.values()].filter((each) => !isStopped(each)).length)
        },
      },
    )
    teller.end()
    return proofResults(results(), skipped)
  } catch (error) {
    teller.end()
    const stopped = error instanceof ConnectionError && error.code === 'ERR_ABORTED'
    if (!stopped) throw error
    return proofResults(results(), skipped, error)
  } finally {
    signal.removeEventListener('abort', stopping)
  }
}

/** @returns whose endpoint, as a path of Graph's names it. */
export function mailboxFor({ delegate, owner }: ExpectedSend, through: Through): string {
  switch (through) {
    case 'me':
      return '/me'
    case 'delegate':
      return delegate
    case 'owner':
      return owner
  }
}
