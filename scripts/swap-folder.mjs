import { existsSync, renameSync, rmSync } from 'node:fs'

/** How often it is tried: on Windows a folder cannot be moved while a scanner has one of its files open. */
const ATTEMPTS = 20
const PAUSE_MS = 100

/**
 * Puts a folder in the place of another, which is there until then and gone afterwards. Whatever fails, one of them
 * is there; of several that do this at once, the last wins.
 */
export function swapFolder(next, target) {
  const old = `${next}.old`
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(target)) renameSync(target, old)
      renameSync(next, target)
      break
    } catch (error) {
      if (existsSync(old) && !existsSync(target)) renameSync(old, target)
      rmSync(old, { recursive: true, force: true })
      if (attempt === ATTEMPTS || !existsSync(next)) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
  rmSync(old, { recursive: true, force: true, maxRetries: ATTEMPTS, retryDelay: PAUSE_MS })
}
