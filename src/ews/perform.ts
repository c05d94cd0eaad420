import { ConnectionError, EwsDelegatesError } from '../errors.ts'
import type { Clock } from '../http/clock.ts'
import type { Patience } from '../http/retry-policy.ts'
import { refusalFrom } from './batch.ts'
import type { Remedy } from './classify.ts'
import type { Caller, Finding, Operation, Refusal } from './operation.ts'

/** What went wrong with one attempt, and what can be done about it. */
export interface Failure {
  readonly error: unknown
  readonly remedy: Remedy
  /** Milliseconds before the next attempt. */
  readonly wait: number
  /** True when nothing was sent: the call was stopped, or had to wait for too long, before its turn came. */
  readonly unsent?: boolean
}

/** Some members of a batch were told to wait. */
export interface BusyMembers extends Failure {
  /** The positions of those that were not taken. */
  readonly waiting: readonly number[]
}

/** One attempt: an answer, in which some members may have been told to wait, or a failure. */
export type Attempt<Output> = { readonly output: Output; readonly busy?: BusyMembers | undefined } | Failure

/** What a call is doing instead of returning; for progress, and to see how busy a server is. */
export type Notice =
  | {
      readonly kind: 'waiting'
      readonly operation: string
      readonly milliseconds: number
      /** The attempt that failed, from 1. */
      readonly attempt: number
      readonly reason: string
    }
  | {
      /** It was not known whether a change was made, and the state was read to see what became of the call. */
      readonly kind: 'settled'
      readonly operation: string
      readonly finding: 'done' | 'missing' | 'refused' | 'unclear'
      /** A part of it is there, another is not or cannot be told. */
      readonly partly?: true
      /** Whether the rest of it is there could not be seen. */
      readonly unsure?: true
    }

export interface PerformContext {
  attempt<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    context: {
      readonly number: number
      readonly patience: Patience
      readonly signal: AbortSignal | undefined
    },
  ): Promise<Attempt<Output>>
  readonly clock: Clock
  readonly patience: Patience
  readonly signal: AbortSignal | undefined
  readonly notice: ((notice: Notice) => void) | undefined
}

/** What members of a batch were answered, with a failure of the rest as the outcome of that. */
interface Answered<Output> {
  with?: (error: EwsDelegatesError) => Output
}

/**
 * One call, with as many attempts as policy and operation allow; its caller sees one result.
 *
 * What only reads is repeated. What changes something is repeated when the server did not take it, of a batch those
 * members alone; where that is not known, the state is read, and what is missing is sent again. A call that is
 * stopped while a write is on its way waits for the answer, or reads what became of it.
 */
export async function perform<Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  context: PerformContext,
): Promise<Output> {
  const answered: Answered<Output> = {}
  try {
    return await repeated(operation, input, context, answered)
  } catch (error) {
    if (!answered.with || !(error instanceof EwsDelegatesError)) throw error
    return answered.with(error)
  }
}

async function repeated<Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  context: PerformContext,
  answered: Answered<Output>,
): Promise<Output> {
  const { patience, signal } = context
  const { policy } = patience
  let pending = input
  let complete = (output: Output): Output => output
  /** The failure after which it was not known whether the write had happened. */
  let doubt: unknown
  /** Some members of it are known to be done. */
  let partly = false
  const tried = new Map<string, number>()
  const isWrite = operation.retry === 'check-first'

  for (let number = 1; ; number++) {
    const result = await context.attempt(operation, pending, { number, patience, signal })
    if ('output' in result) {
      const { busy } = result
      const reviewed = doubt === undefined ? undefined : operation.settle?.review
      const output = reviewed ? await reviewed(callerOf(context), pending, result.output) : result.output
      // Members of a batch that were told to wait are in its outcomes, for a caller who does not repeat.
      if (!busy || policy.kind === 'fail-fast') return complete(output)
      if (isWrite) {
        const { members } = operation
        const waiting = members?.pick(pending, busy.waiting)
        if (!members || waiting === undefined) return complete(output)
        // What the others were answered stands. From here on it is as if the waiting ones were a call of their own.
        const whole = complete
        complete = (rest) => whole(members.put(output, busy.waiting, rest))
        answered.with = (error) => whole(members.refuse(output, busy.waiting, outcomeOf(error, busy)))
        pending = waiting
      }
    }
    const failure = 'output' in result ? (result.busy as BusyMembers) : result
    const giveUp = (): Output => {
      if ('output' in result && !isWrite) return result.output
      if (partly) throw partlyDone(failure.error)
      throw doubt === undefined || failure.remedy.kind === 'none' ? failure.error : inDoubt(failure.error)
    }
    if (policy.kind === 'fail-fast') return giveUp()

    const { remedy, wait } = failure
    const reason = reasonOf(failure.error)
    tried.set(reason, (tried.get(reason) ?? 0) + 1)
    const mayRepeat =
      (remedy.kind === 'repeat' || remedy.kind === 'look') &&
      (remedy.most === undefined || (tried.get(reason) ?? 0) <= remedy.most) &&
      number < policy.maxAttempts &&
      patience.allows(wait)

    const unknown = remedy.kind === 'look' || remedy.kind === 'settle'
    if (isWrite && unknown) doubt = failure.error

    if (doubt === undefined) {
      if (!mayRepeat || signal?.aborted) return giveUp()
      await hold(operation.name, failure, number, context)
      continue
    }
    if (!operation.settle) return giveUp()
    if (mayRepeat && !signal?.aborted) {
      const wasHeld = await hold(operation.name, failure, number, context).then(
        () => true,
        () => false,
      )
      // This attempt was not taken, and what was found out before it still holds.
      if (wasHeld && !unknown) continue
    }

    let finding = await lookAfter(operation, pending, context, mayRepeat)
    let repeats = mayRepeat && !signal?.aborted
    // Stopped while looking: what happened is what the caller has to be told.
    if (mayRepeat && !repeats && finding.state === 'unclear')
      finding = await lookAfter(operation, pending, context, false)
    if (finding.state === 'missing' && finding.once) repeats = false
    context.notice?.(noticeOf(operation.name, finding))
    if (finding.state === 'done') return complete(finding.output)
    if (finding.state === 'missing' && finding.partly) partly = true
    if (finding.state === 'refused') throw partly ? partlyDone(finding.error) : finding.error
    if (finding.state === 'unclear') throw inDoubt(signal?.aborted ? stoppedError(doubt) : doubt)
    if (!repeats) {
      // A refusal of the repeat is the answer, now that it is known that the lost attempt did nothing.
      if (remedy.kind === 'none' && !failure.unsent) return giveUp()
      const error = signal?.aborted ? stoppedError(doubt) : failure.error
      if (partly) throw partlyDone(error)
      throw finding.unsure ? inDoubt(error) : notDone(error, doubt)
    }
    const outer = complete
    complete = (rest) => outer(finding.complete(rest))
    pending = finding.missing
  }
}

/** The outcomes tell the members' own refusal already. */
function outcomeOf(error: EwsDelegatesError, { error: told }: BusyMembers): Partial<Refusal> {
  if (error !== told) return refusalFrom(error)
  return error.mayHaveHappened ? { mayHaveHappened: true } : {}
}

function noticeOf<Input, Output>(operation: string, finding: Finding<Input, Output>): Notice {
  const { partly = false, unsure = false } = finding as { partly?: boolean; unsure?: boolean }
  return {
    kind: 'settled',
    operation,
    finding: finding.state,
    ...(partly ? { partly } : {}),
    ...(unsure ? { unsure } : {}),
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof EwsDelegatesError)) return ''
  return `${error.code} ${error instanceof ConnectionError ? error.httpStatus : ''}`
}

function callerOf(context: PerformContext): Caller {
  return (operation, input) => perform(operation, input, context)
}

/** @throws ConnectionError `ERR_ABORTED` when the signal comes first. */
async function hold(
  operation: string,
  { error, remedy, wait }: Failure,
  attempt: number,
  { clock, patience, signal, notice }: PerformContext,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error)
  notice?.({ kind: 'waiting', operation, milliseconds: wait, attempt, reason })
  // Where others are held back too, the next attempt waits with them in line.
  if (remedy.scope !== 'call') return
  patience.spend(wait)
  await clock.sleep(wait, signal)
}

async function lookAfter<Input, Output>(
  operation: Operation<Input, Output>,
  pending: Input,
  context: PerformContext,
  repeats: boolean,
): Promise<Finding<Input, Output>> {
  // The last look is taken although the call was stopped.
  const call = callerOf(repeats && !context.signal?.aborted ? context : { ...context, signal: undefined })
  try {
    return (await operation.settle?.look(call, pending)) ?? { state: 'unclear' }
  } catch (error) {
    if (error instanceof EwsDelegatesError) return { state: 'unclear' }
    throw error
  }
}

function stoppedError(doubt: unknown): ConnectionError {
  return new ConnectionError('ERR_ABORTED', 'The call was stopped.', { cause: doubt, mayHaveHappened: true })
}

function inDoubt(error: unknown): unknown {
  return amend(error, { mayHaveHappened: true })
}

/** Of a change to several, the state shows some; whoever repeats it has to know. */
function partlyDone(error: unknown): unknown {
  return amend(error, {
    mayHaveHappened: true,
    hint: 'The state was read afterwards: a part of the change was made, another was not. Look before repeating it.',
  })
}

/** The state was read and the change is not there. A request that got lost can still arrive. */
function notDone(error: unknown, doubt: unknown): unknown {
  const onItsWay = doubt instanceof ConnectionError && doubt.httpStatus === undefined
  return amend(error, {
    mayHaveHappened: onItsWay,
    hint: onItsWay
      ? 'The state was read afterwards, and the change was not there. It can still arrive: look again before repeating it.'
      : 'The state was read afterwards: the change was not made.',
  })
}

/** The error keeps its class and its place in the code, which a copy would lose. */
export function amend(error: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (!(error instanceof EwsDelegatesError)) return error
  for (const [name, value] of Object.entries(values)) {
    const present = error[name as keyof EwsDelegatesError]
    if (present === value) continue
    // The stack begins with the message, and what was taken out of that must not stand there.
    if (name === 'message') define(error, 'stack', error.stack?.replaceAll(String(present), String(value)))
    define(error, name, value)
  }
  return error
}

function define(error: EwsDelegatesError, name: string, value: unknown): void {
  const enumerable = name !== 'message' && name !== 'stack'
  Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true })
}
