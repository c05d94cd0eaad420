import type { EwsDelegatesError } from '../errors.ts'
import type { XmlWriter } from '../xml/builder.ts'
import type { Element } from '../xml/element.ts'
import type { ExchangeVersion } from './versions.ts'

/**
 * One EWS operation as a value: two pure functions and the facts a client needs about it.
 */
export interface Operation<Input, Output> {
  /** As Microsoft spells it, e.g. `GetDelegate`; the request root is `m:<name>`, the answer's `m:<name>Response`. */
  readonly name: string
  /** Oldest schema version that has it. */
  readonly since: ExchangeVersion
  /**
   * `safe`: reads only, may be repeated. `check-first`: changes something, so after a failure that does not tell
   * what happened the state is read before anything is repeated.
   */
  readonly retry: 'safe' | 'check-first'
  /** Whether the WSDL declares the TimeZoneContext header for it; the delegate operations do not have it. */
  readonly timeZoneContext: boolean
  /** Attributes of the request root. */
  readonly attributes?: (input: Input) => Readonly<Record<string, string>>
  /** Writes what is inside the request root, in the schema's order. */
  build(body: XmlWriter, input: Input): void
  /** Reads the response root. Gets the input because delegate results are matched by position. */
  parse(response: Element, input: Input): Output
  /** Whose mailbox it works on, where the input says so: no mailbox gets too many calls at a time. */
  mailbox?(input: Input): string | undefined
  /** How a write whose answer was lost is cleared up. Absent: it cannot be, and such a write is never repeated. */
  readonly settle?: Settle<Input, Output>
  /**
   * How the members that were told to wait are sent again without those that were answered. Absent: what changes
   * something is given as it was answered.
   */
  readonly members?: Members<Input, Output>
}

/** The members of a batch, by their positions in the request and in its answer. */
export interface Members<Input, Output> {
  /** The same for these alone. Undefined: they cannot be sent by themselves. */
  pick(input: Input, positions: readonly number[]): Input | undefined
  /** The whole answer, with the one to {@link pick} in its places. */
  put(output: Output, positions: readonly number[], rest: Output): Output
  /** The whole answer, in which these are refused so. */
  refuse(output: Output, positions: readonly number[], refusal: Partial<Refusal>): Output
}

/** Sends an operation that only reads, with the patience of the call that it helps. */
export type Caller = <Input, Output>(operation: Operation<Input, Output>, input: Input) => Promise<Output>

/** Clears up by reading what became of a write whose answer was lost. */
export interface Settle<Input, Output> {
  /** @throws whatever reading throws; then nothing is known. */
  look(call: Caller, input: Input): Promise<Finding<Input, Output>>
  /**
   * Corrects the answer to a repeat: the lost call can have arrived after {@link look}, and the repeat is then
   * refused for what it did itself.
   */
  review?(call: Caller, input: Input, output: Output): Promise<Output>
}

/** What reading found out about a write. */
export type Finding<Input, Output> =
  /** All of it is there; `partly`: all that can be, and the output refuses the rest. */
  | { readonly state: 'done'; readonly output: Output; readonly partly?: boolean }
  /**
   * This is not there; `complete` makes the whole answer from the answer to it. `partly`: the rest of it is there.
   * `unsure`: or it could not be seen, but sending it again can do no harm. `once`: sending it again could do harm,
   * should the first still arrive, so it is not.
   */
  | {
      readonly state: 'missing'
      readonly missing: Input
      readonly partly?: boolean
      readonly unsure?: boolean
      readonly once?: boolean
      complete(rest: Output): Output
    }
  /** It is not there, and must not be repeated as it is. */
  | { readonly state: 'refused'; readonly error: EwsDelegatesError }
  /** Reading does not tell. */
  | { readonly state: 'unclear' }

/** The result for one member of a request that names several. */
export type Outcome<Success extends object, Context extends object = object> =
  | ({ readonly ok: true } & Context & Success)
  | ({ readonly ok: false } & Context & Refusal)

/** Why one member was refused. */
export interface Refusal {
  /** The response code as the server spelled it, e.g. `ErrorNotDelegate`. */
  readonly code: string
  readonly message: string
  /** True when it is not known whether the member was changed all the same: read it before repeating anything. */
  readonly mayHaveHappened?: boolean
}
