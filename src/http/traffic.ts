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

/** Gives back the places of a call while it waits for something else, and takes them again. */
export type Aside = (wait: () => Promise<void>) => Promise<void>

/** Those who wait for the first answer to a sign-in. */
interface Line {
  calls: number
  /** The server let one wait in vain: it would take the others as long, one after the other. */
  silent: boolean
}

/** What became of the sign-ins of somebody whom the server has taken once. */
interface Known {
  /** In a row; those that were under way at the same time are one. */
  refusals: number
  /** The last call that had begun when the last of them was counted. */
  counted: number
}

/** Whoever is refused so often in a row has a password that was changed, whatever the server took before. */
const MOST_REFUSALS = 5
/**
 * A sign-in that was refused is not tried again for so long: often enough for an account that is unlocked, too
 * rarely to lock one (ten refusals in ten minutes do by the default of Windows, five in a quarter of an hour by
 * common advice).
 */
const REFUSAL_HOLDS_MS = 300_000
/** Tokens come and go. */
const MOST_SIGN_INS = 1_000

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
  /** By identity. */
  readonly #known = new Map<string, Known>()
  /** Sign-ins that the server took when it was last asked. */
  readonly #taken = new Map<string, true>()
  /** When the server refused those that it has never taken. */
  readonly #refused = new Map<string, number>()
  /** Sign-ins whose first call is under way, and the line behind it. */
  readonly #lines = new Map<string, Line>()
  readonly #firsts: Throttle
  /** Calls so far. */
  #begun = 0

  /** @throws InvalidInputError for a limit that is not a whole number above zero. */
  constructor(options: TrafficOptions = {}) {
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? Math.random
    const perHost = requireLimit(options.perHost ?? 10)
    this.#hosts = new Throttle(perHost, this.clock)
    this.#accounts = new Throttle(perHost, this.clock)
    this.#mailboxes = new Throttle(requireLimit(options.perMailbox ?? 4), this.clock)
    this.#firsts = new Throttle(1, this.clock)
  }

  /**
   * Runs a task when the route has room and nobody on it was told to wait.
   *
   * @param task is given what lets others have its places for a while, see {@link signIn}.
   * @param patience how long pauses may be obeyed; one that never waits ignores them.
   * @throws ConnectionError `ERR_ABORTED` when the signal comes first; `ERR_CONNECTION` when the server asked for
   *   more patience than there is; whatever the task throws.
   */
  async enter<T>(
    route: Route,
    patience: Patience,
    signal: AbortSignal | undefined,
    task: (aside: Aside) => Promise<T>,
  ): Promise<T> {
    let leave = await this.#takePlaces(route, patience, signal)
    try {
      return await task(async (wait) => {
        leave()
        await wait()
        leave = await this.#takePlaces(route, patience, signal)
      })
    } finally {
      leave()
    }
  }

  /** @returns what gives the places back, as often as it is called. */
  async #takePlaces(route: Route, patience: Patience, signal: AbortSignal | undefined): Promise<() => void> {
    for (;;) {
      const leave = await this.#acquire(route, signal)
      const wait = patience.policy.kind === 'fail-fast' ? 0 : this.waitFor(route)
      if (wait === 0) return leave
      // Places are given back while waiting, since others on this host may have been told nothing.
      leave()
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

  /**
   * Sends a call. Of a sign-in that the server has not taken yet, or refused when it was last asked, one call goes
   * alone, and the next as long as no answer says anything of it: a mistyped password is to be refused once, and not
   * as often as there are calls, which locks the account.
   *
   * @param credential tells the password or token from others of the same identity.
   * @param task is given a number for {@link signInRefused}.
   * @param aside lets others have this call's places while it waits in line, see {@link enter}.
   * @throws ConnectionError `ERR_AUTHENTICATION` when the server refused the same a moment ago, and nothing is sent;
   *   `ERR_ABORTED` when the signal comes first; whatever the task throws.
   */
  async signIn<T>(
    route: Route,
    credential: string,
    signal: AbortSignal | undefined,
    task: (began: number) => Promise<T>,
    aside: Aside = (wait) => wait(),
  ): Promise<T> {
    const key = signInKey(route, credential)
    if (this.#taken.has(key)) return task(++this.#begun)
    this.#requireNotRefused(route, key)
    const line = this.#lines.get(key) ?? { calls: 0, silent: false }
    this.#lines.set(key, line)
    line.calls += 1
    let leave: (() => void) | undefined
    const takeTurn = async () => {
      leave = await this.#firsts.acquire(key, signal)
      this.#requireNotRefused(route, key)
      if (this.#taken.has(key) || line.silent) leave()
    }
    try {
      // Who need not wait keeps its places.
      await (line.calls === 1 ? takeTurn() : aside(takeTurn))
      return await task(++this.#begun)
    } catch (error) {
      if (error instanceof ConnectionError && error.code === 'ERR_TIMEOUT') line.silent = true
      throw error
    } finally {
      leave?.()
      line.calls -= 1
      if (line.calls === 0) this.#lines.delete(key)
    }
  }

  signInAccepted(route: Route, credential: string): void {
    const key = signInKey(route, credential)
    this.#known.set(route.identity, { refusals: 0, counted: 0 })
    if (!this.#taken.has(key)) remember(this.#taken, key, true)
    this.#refused.delete(key)
  }

  /** @param began the number that {@link signIn} gave the call. Default: one that began just now. */
  signInRefused(route: Route, credential: string, began = ++this.#begun): void {
    const key = signInKey(route, credential)
    const known = this.#known.get(route.identity)
    if (known && began > known.counted) {
      known.refusals += 1
      known.counted = this.#begun
    }
    // Under load Exchange refuses for a moment whom it knows, and then many at once. Whether it is that is for one
    // call to find out, alone.
    this.#taken.delete(key)
    if (!this.hasSignedIn(route)) remember(this.#refused, key, this.clock.now())
  }

  /** Has the server taken this sign-in before, and not refused it many times since? */
  hasSignedIn(route: Route): boolean {
    return (this.#known.get(route.identity)?.refusals ?? MOST_REFUSALS) < MOST_REFUSALS
  }

  #requireNotRefused({ host }: Route, key: string): void {
    const refused = this.#refused.get(key)
    if (refused === undefined) return
    const left = refused + REFUSAL_HOLDS_MS - this.clock.now()
    if (left > 0) throw refusedBefore(host, left)
    this.#refused.delete(key)
  }

  async #acquire(route: Route, signal: AbortSignal | undefined): Promise<() => void> {
    const places: (() => void)[] = []
    const leave = () => {
      for (const release of places) release()
    }
    try {
      // The narrowest first: who waits for a crowded mailbox must not hold a place of the host meanwhile.
      places.push(await this.#mailboxes.acquire(route.mailbox, signal))
      places.push(await this.#accounts.acquire(route.account, signal))
      places.push(await this.#hosts.acquire(route.host, signal))
      return leave
    } catch (error) {
      leave()
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

function signInKey({ identity }: Route, credential: string): string {
  return `${identity} ${credential}`
}

/** Keeps the newest. */
function remember<V>(entries: Map<string, V>, key: string, value: V): void {
  entries.set(key, value)
  const [oldest] = entries.keys()
  if (entries.size > MOST_SIGN_INS && oldest !== undefined) entries.delete(oldest)
}

function refusedBefore(host: string, left: number): ConnectionError {
  return new ConnectionError(
    'ERR_AUTHENTICATION',
    `${host} refused this sign-in a moment ago. Nothing was sent.`,
    {
      hint: `Check user and password or token. The same is tried again after ${Math.ceil(left / 60_000)} min at the earliest, so that the account is not locked.`,
    },
  )
}

function requireLimit(value: number): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidInputError('The number of calls at a time is a whole number above zero.')
}
