import { ConnectionError } from '../errors.ts'

/** Time as the program sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** @throws ConnectionError `ERR_ABORTED` when the signal says so before the time is over. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(new ConnectionError('ERR_ABORTED', 'Waiting was stopped.', { cause: signal?.reason }))
      }
      if (signal?.aborted) {
        reject(new ConnectionError('ERR_ABORTED', 'Waiting was stopped.', { cause: signal.reason }))
        return
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop)
          resolve()
          // setTimeout takes 2^31-1 at most, and fires at once beyond.
        },
        Math.min(milliseconds, 0x7fff_ffff),
      )
      signal?.addEventListener('abort', stop, { once: true })
    }),
}
