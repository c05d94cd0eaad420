import { ConnectionError, InvalidInputError } from '../errors.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Patience } from './retry-policy.ts'
import { Throttle } from './throttle.ts'

export interface TrafficOptions {
  /**
   * Calls in flight per host, and per account on it. Default 10. Exchange allows one account 27 connections
   * (`EWSMaxConcurrency`; 10 in Exchange 2010), which it shares with everything else it runs.
   * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
   */
  readonly perHost?: number
  /** Calls in flight per mailbox. Default 4. */
  readonly perMailbox?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /** From 0 to 1; scatters waits that the server did not name. Default `Math.random`. */
  readonly random?: () => number
}

/** Where a call goes, for whom, and whose budget it is charged to. */
export interface Route {
  readonly host: string
  /** Host and whoever signs in. */
  readonly identity: string
  /** Host and account: whoever is told to wait here waits with all its calls. */
  readonly account: string
  readonly mailbox: string
}

export type Scope = 'host' | 'account'

/** Whoever is refused so often in a row has a password that was changed, whatever the server took before. */
const MOST_REFUSALS = 5

/**
 * All calls of one process to its servers: how many are in flight per host, account and mailbox, and who was told
 * to wait. Sessions of one account share one, so that what a server says to one of them counts for all.
 */
export class Traffic {
  readonly clock: Clock
  readonly random: () => number
  readonly #hosts: Throttle
  readonly #accounts: Throttle
  readonly #mailboxes: Throttle
  /** Refusals in a row, of those whom the server has taken once. */
  readonly #signIns = new Map<string, number>()

  /** @throws InvalidInputError for a limit that is not a whole number above zero. */
  constructor(options: TrafficOptions = {}) {
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? Math.random
    const perHost = requireLimit(options.perHost ?? 10)
    this.#hosts = new Throttle(perHost, this.clock)
    this.#accounts = new Throttle(perHost, this.clock)
    this.#mailboxes = new Throttle(requireLimit(options.perMailbox ?? 4), this.clock)
  }

  /**
   * Runs a task when the route has room and nobody on it was told to wait.
   *
   * @param patience how long pauses may be obeyed; one that never waits ignores them.
   * @throws ConnectionError `ERR_ABORTED` when the signal comes first; `ERR_CONNECTION` when the server asked for
   *   more patience than there is; whatever the task throws.
   */
  async enter<T>(
    route: Route,
    patience: Patience,
    signal: AbortSignal | undefined,
    task: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      // The narrowest first: who waits for a crowded mailbox must not hold a place of the host meanwhile.
      const places = await this.#acquire(route, signal)
      let wait: number
      try {
        wait = patience.policy.kind === 'fail-fast' ? 0 : this.waitFor(route)
        if (wait === 0) return await task()
      } finally {
        for (const release of places) release()
      }
      // Places are given back while waiting, since others on this host may have been told nothing.
      if (!patience.allows(wait)) throw tooLong(route, wait)
      patience.spend(wait)
      await this.clock.sleep(wait, signal)
    }
  }

  /** Milliseconds for which calls on this route are held back. */
  waitFor(route: Route): number {
    return Math.max(this.#hosts.waitFor(route.host), this.#accounts.waitFor(route.account))
  }

  pause(scope: Scope, route: Route, milliseconds: number): void {
    if (scope === 'host') this.#hosts.pause(route.host, milliseconds)
    else this.#accounts.pause(route.account, milliseconds)
  }

  /** Fewer calls at a time for this account; one more every half minute. */
  narrow(route: Route): void {
    this.#accounts.narrow(route.account)
  }

  /** How many calls this account may have in flight now. */
  placesOf(route: Route): number {
    return this.#accounts.slotsOf(route.account)
  }

  signInAccepted(route: Route): void {
    this.#signIns.set(route.identity, 0)
  }

  signInRefused(route: Route): void {
    const refusals = this.#signIns.get(route.identity)
    if (refusals !== undefined) this.#signIns.set(route.identity, refusals + 1)
  }

  /** Has the server taken this sign-in before, and not refused it many times since? */
  hasSignedIn(route: Route): boolean {
    return (this.#signIns.get(route.identity) ?? MOST_REFUSALS) < MOST_REFUSALS
  }

  async #acquire(route: Route, signal: AbortSignal | undefined): Promise<(() => void)[]> {
    const places: (() => void)[] = []
    try {
      places.push(await this.#mailboxes.acquire(route.mailbox, signal))
      places.push(await this.#accounts.acquire(route.account, signal))
      places.push(await this.#hosts.acquire(route.host, signal))
      return places
    } catch (error) {
      for (const release of places) release()
      throw error
    }
  }
}

const shared = new WeakMap<Clock, Traffic>()

/** The traffic of this process: what sessions use that were not given one of their own. */
export function sharedTraffic(clock: Clock = systemClock): Traffic {
  const known = shared.get(clock)
  if (known) return known
  const traffic = new Traffic({ clock })
  shared.set(clock, traffic)
  return traffic
}

function tooLong(route: Route, wait: number): ConnectionError {
  return new ConnectionError(
    'ERR_CONNECTION',
    `${route.host} is busy and asked to be left alone for another ${Math.ceil(wait / 1000)} s, longer than may be waited. Nothing was sent.`,
    { backOffMilliseconds: wait, hint: 'Try again later, or allow a longer wait.' },
  )
}

function requireLimit(value: number): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidInputError('The number of calls at a time is a whole number above zero.')
}
