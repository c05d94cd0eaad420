import { runInNewContext } from 'node:vm'

/**
 * Runs something synchronous and ends it when it hangs, which a time limit of the test runner cannot. The time is far
 * above what the work takes on a busy machine: it tells minutes from moments and nothing else.
 */
export function neverHangs<T>(task: () => T, seconds = 20): T {
  return runInNewContext('task()', { task }, { timeout: seconds * 1000 }) as T
}
