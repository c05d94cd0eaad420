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
}

/** The result for one member of a request that names several. */
export type Outcome<Success extends object, Context extends object = object> =
  | ({ readonly ok: true } & Context & Success)
  | ({ readonly ok: false } & Context & Refusal)

/** Why one member was refused. */
export interface Refusal {
  /** The response code as the server spelled it, e.g. `ErrorNotDelegate`. */
  readonly code: string
  readonly message: string
}
