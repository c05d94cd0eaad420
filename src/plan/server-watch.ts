import { ConnectionError, EwsDelegatesError, EwsResponseError } from '../errors.ts'
import type { PlanError } from './mailbox-plan.ts'

const UNREACHABLE: ReadonlySet<string> = new Set(['ERR_AUTHENTICATION', 'ERR_CONNECTION', 'ERR_TIMEOUT'])

/**
 * What Exchange answers when a budget is used up: of the account that signs in or, where it impersonates, of the
 * mailbox.
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
 */
const BUSY: ReadonlySet<string> = new Set(['ErrorServerBusy', 'ErrorExceededConnectionCount'])

/** Does the code of a refusal say that there is no room now, and not that the mailbox is out of order? */
export function isBusyCode(code: string): boolean {
  return BUSY.has(code)
}

/**
 * Does an error's code say that the server was not there for us: not reached, busy for longer than may be waited, or
 * the sign-in not taken?
 */
export function isUnreachable(code: string): boolean {
  return UNREACHABLE.has(code) || isBusyCode(code)
}

/**
 * Tells when the rest of a run is without hope: the sign-in was refused, which would be so for every mailbox and lock
 * the account on many servers; or nobody was reached, or the server had no room, so often in a row that an outage is
 * likelier than odd mailboxes, each of which would be waited for in turn.
 *
 * What a server says of one mailbox (that its database is away, that its own budget is used up) ends no run. A busy
 * answer can be of one mailbox or of all, and nothing in it tells which: it is of all when mailbox after mailbox
 * meets it and none is answered in between.
 */
export class ServerWatch {
  readonly #most: number
  #unanswered = 0
  /** Those that were told to wait for too long. One that is asked several times is still one. */
  readonly #busy = new Set<unknown>()
  #lost: PlanError | undefined

  /** @param concurrency how many mailboxes are worked on at a time; they meet an outage together. */
  constructor(concurrency: number) {
    this.#most = Math.max(3, concurrency)
  }

  /** Why nothing more is begun; its message follows a “because”. */
  get lost(): PlanError | undefined {
    return this.#lost
  }

  /** The server has answered something. It may still have no room for what is asked next. */
  heard(): void {
    this.#unanswered = 0
  }

  /** A mailbox came to its end: the server has room, unless it told this one to wait. */
  served(mailbox: unknown): void {
    if (!this.#busy.has(mailbox)) this.#busy.clear()
  }

  /** @param mailbox whatever is the same for all calls of one mailbox, and for no other's. */
  failed(error: unknown, mailbox: unknown): void {
    if (!(error instanceof EwsDelegatesError)) return
    if (isBusy(error)) this.#busy.add(mailbox)
    else if (error instanceof EwsResponseError) this.heard()
    else if (error.code === 'ERR_AUTHENTICATION') this.#lose('the sign-in was refused', error)
    else if (isUnreachable(error.code)) this.#unanswered += 1
    const busy = this.#busy.size
    const inARow = this.#unanswered + busy
    if (inARow < this.#most) return
    if (busy === 0) this.#lose(`the server did not answer ${inARow} times in a row`, error)
    else if (busy < inARow)
      this.#lose(`the server was busy or did not answer ${inARow} times in a row`, error)
    else
      this.#lose(`the server was busy for longer than is waited for, with ${busy} mailboxes in a row`, error)
  }

  #lose(what: string, error: EwsDelegatesError): void {
    const { message, hint } = error
    const code = error instanceof EwsResponseError ? error.responseCode : error.code
    this.#lost ??= { code, message: `${what}: ${message}`, ...(hint === undefined ? {} : { hint }) }
  }
}

/** Was there no room, as long as the policy waits? Who may not even ask, because others were told to wait, is as one. */
export function isBusy(error: EwsDelegatesError): boolean {
  if (error instanceof EwsResponseError)
    return isBusyCode(error.responseCode) || isBusyCode(error.messageXml.InnerErrorResponseCode ?? '')
  if (!(error instanceof ConnectionError && error.code === 'ERR_CONNECTION')) return false
  const { httpStatus, backOffMilliseconds } = error
  // 503: the queue of IIS is full, or a gateway's is.
  return httpStatus === 429 || httpStatus === 503 || backOffMilliseconds !== undefined
}
