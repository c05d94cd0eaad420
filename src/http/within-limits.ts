import { ConnectionError } from '../errors.ts'
import { limitsOf } from './http-transport.ts'

/**
 * Waits for something that cannot be stopped itself, such as a name service: no longer than the time-out, and not
 * after the signal.
 *
 * @param who does not answer, for the error.
 * @throws ConnectionError `ERR_TIMEOUT`, `ERR_ABORTED`; whatever the promise is rejected with.
 */
export async function withinLimits<T>(
  who: string,
  limits: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  promise: Promise<T>,
): Promise<T> {
  const { timeoutMs, signal: given } = limits
  const { signal, timedOut, end } = limitsOf({ timeoutMs, ...(given ? { signal: given } : {}) })
  try {
    return await new Promise<T>((resolve, reject) => {
      const stop = () =>
        reject(
          timedOut()
            ? new ConnectionError('ERR_TIMEOUT', `${who} did not answer within ${timeoutMs / 1000} s.`)
            : new ConnectionError('ERR_ABORTED', 'The call was stopped.'),
        )
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
      promise.then(resolve, reject)
    })
  } finally {
    end()
  }
}
