import { ConnectionError } from '../errors.ts'
import type { Clock } from './clock.ts'

interface Lane {
  used: number
  /** Nobody starts before this time; set by whoever was told to wait. */
  notBefore: number
  /** How many slots there were when {@link Throttle.narrow} last took some away, and when that was. */
  narrowed: { readonly slots: number; readonly at: number } | undefined
  readonly queue: { readonly slots: number; start: (taken: number) => void }[]
}

/** After this long one slot comes back to a key that was narrowed. */
const RECOVERY_MS = 30_000
/** Many tasks in flight are refused at once; that is one reason to narrow, not many. */
const SAME_REASON_MS = 1_000

/**
 * Keeps a number of tasks per key in flight, in the order they came, and makes all tasks of a key wait when one was
 * told to. A throttle lives as long as the client it protects.
 */
export class Throttle {
  readonly #limit: number
  readonly #clock: Clock
  readonly #lanes = new Map<string, Lane>()

  constructor(limit: number, clock: Clock) {
    this.#limit = limit
    this.#clock = clock
  }

  /**
   * @param slots how many of the key's slots the task takes; more than there are means all of them.
   * @throws ConnectionError `ERR_ABORTED` when the signal comes before the task started; whatever the task throws.
   */
  async run<T>(key: string, task: () => Promise<T>, signal?: AbortSignal, slots = 1): Promise<T> {
    const release = await this.acquire(key, signal, slots)
    try {
      // More waiting can be ordered while this one waits.
      for (let wait = this.waitFor(key); wait > 0; wait = this.waitFor(key))
        await this.#clock.sleep(wait, signal)
      return await task()
    } finally {
      release()
    }
  }

  /**
   * Takes slots when it is this caller's turn, whether or not the key is paused.
   * @returns what gives them back.
   * @throws ConnectionError `ERR_ABORTED` when the signal comes first.
   */
  async acquire(key: string, signal?: AbortSignal, slots = 1): Promise<() => void> {
    const lane = this.#lane(key)
    const taken = await this.#wait(lane, slots, signal)
    let given = false
    return () => {
      if (given) return
      given = true
      lane.used -= taken
      this.#startNext(lane)
      this.#forget(key, lane)
    }
  }

  /** Lets no further task of the key start for that long. */
  pause(key: string, milliseconds: number): void {
    const lane = this.#lane(key)
    lane.notBefore = Math.max(lane.notBefore, this.#clock.now() + milliseconds)
  }

  /** Milliseconds for which the key is still paused; 0 when it is not. */
  waitFor(key: string): number {
    const lane = this.#lanes.get(key)
    return lane ? Math.max(0, lane.notBefore - this.#clock.now()) : 0
  }

  /** Halves the slots of the key, down to one. They come back one by one. */
  narrow(key: string): void {
    const lane = this.#lane(key)
    const at = this.#clock.now()
    if (lane.narrowed && at - lane.narrowed.at < SAME_REASON_MS) return
    lane.narrowed = { slots: Math.max(1, Math.floor(this.#limitOf(lane) / 2)), at }
  }

  /** How many slots the key has now. */
  slotsOf(key: string): number {
    const lane = this.#lanes.get(key)
    return lane ? this.#limitOf(lane) : this.#limit
  }

  #lane(key: string): Lane {
    const known = this.#lanes.get(key)
    if (known) return known
    const lane: Lane = { used: 0, notBefore: 0, narrowed: undefined, queue: [] }
    this.#lanes.set(key, lane)
    return lane
  }

  #limitOf({ narrowed }: Lane): number {
    if (!narrowed) return this.#limit
    const regained = Math.floor((this.#clock.now() - narrowed.at) / RECOVERY_MS)
    return Math.min(this.#limit, narrowed.slots + regained)
  }

  #forget(key: string, lane: Lane): void {
    const idle = lane.used === 0 && lane.queue.length === 0
    if (idle && this.waitFor(key) <= 0 && this.#limitOf(lane) === this.#limit) this.#lanes.delete(key)
  }

  #wait(lane: Lane, slots: number, signal: AbortSignal | undefined): Promise<number> {
    const aborted = () =>
      new ConnectionError('ERR_ABORTED', 'The call was stopped before it began.', { cause: signal?.reason })
    if (signal?.aborted) return Promise.reject(aborted())
    return new Promise((resolve, reject) => {
      const stop = () => {
        lane.queue.splice(lane.queue.indexOf(waiter), 1)
        reject(aborted())
        this.#startNext(lane)
      }
      const waiter = {
        slots,
        start: (taken: number) => {
          signal?.removeEventListener('abort', stop)
          resolve(taken)
        },
      }
      signal?.addEventListener('abort', stop, { once: true })
      lane.queue.push(waiter)
      this.#startNext(lane)
    })
  }

  /** Strictly in order: a task that takes all slots is not overtaken forever by those that take one. */
  #startNext(lane: Lane): void {
    const limit = this.#limitOf(lane)
    for (let next = lane.queue[0]; next; next = lane.queue[0]) {
      const taken = Math.min(next.slots, limit)
      if (lane.used + taken > limit) return
      lane.queue.shift()
      lane.used += taken
      next.start(taken)
    }
  }
}
