import { ConnectionError, EwsResponseError } from '../errors.ts'
import type { PlanError } from './mailbox-plan.ts'

const UNREACHABLE: ReadonlySet<string> = new Set(['ERR_AUTHENTICATION', 'ERR_CONNECTION', 'ERR_TIMEOUT'])

/** Does an error's code say that the server was not there for us: not reached, or the sign-in not taken? */
export function isUnreachable(code: string): boolean {
  return UNREACHABLE.has(code)
}

/**
 * Tells when the rest of a run is without hope: the sign-in was refused, which would be so for every mailbox and lock
 * the account on many servers; or nobody was reached so often in a row that an outage is likelier than odd mailboxes,
 * each of which would be waited for in turn.
 */
export class ServerWatch {
  readonly #most: number
  #inARow = 0
  #lost: PlanError | undefined

  /** @param concurrency how many mailboxes are worked on at a time; they meet an outage together. */
  constructor(concurrency: number) {
    this.#most = Math.max(3, concurrency)
  }

  /** Why nothing more is begun; its message follows a “because”. */
  get lost(): PlanError | undefined {
    return this.#lost
  }

  /** The server has answered something. */
  heard(): void {
    this.#inARow = 0
  }

  failed(error: unknown): void {
    if (error instanceof EwsResponseError) this.heard()
    if (!(error instanceof ConnectionError && isUnreachable(error.code))) return
    const refused = error.code === 'ERR_AUTHENTICATION'
    if (!refused && ++this.#inARow < this.#most) return
    const what = refused
      ? 'the sign-in was refused'
      : `the server did not answer ${this.#inARow} times in a row`
    const { code, hint } = error
    this.#lost ??= { code, message: `${what}: ${error.message}`, ...(hint === undefined ? {} : { hint }) }
  }
}
