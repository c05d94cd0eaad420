import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** How often it is tried: on Windows a folder cannot be moved while a scanner has one of its files open. */
const ATTEMPTS = 20
const PAUSE_MS = 100
/** Ends the name of what was set aside. */
const OLD = '.old'

/**
 * Puts a folder in the place of another, which is there until then and gone afterwards. Whatever fails, one of them
 * is there; of several that do this at once, the last wins.
 */
export function swapFolder(next, target) {
  const old = `${next}${OLD}`
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(target)) renameSync(target, old)
      renameSync(next, target)
      break
    } catch (error) {
      if (existsSync(old) && !existsSync(target)) restore(old, target)
      // Where that did not work, what was set aside is all there is.
      if (existsSync(target)) rmSync(old, { recursive: true, force: true })
      if (attempt === ATTEMPTS || !existsSync(next)) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
  rmSync(old, { recursive: true, force: true, maxRetries: ATTEMPTS, retryDelay: PAUSE_MS })
}

/** False when it cannot be moved, or somebody else has put theirs there meanwhile. */
function restore(old, target) {
  try {
    renameSync(old, target)
    return true
  } catch {
    return false
  }
}

/**
 * Removes what swaps left behind that were killed: folders beside the target whose names begin with `prefix` and that
 * nobody has touched for an hour. A target that is missing, because the kill came between the two moves, is put back.
 */
export function removeLeftovers(prefix, target) {
  const folder = dirname(target)
  const touched = (path) => statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Number.POSITIVE_INFINITY
  const found = readdirSync(folder).filter((name) => name.startsWith(prefix) && name !== basename(target))
  const paths = found.map((name) => join(folder, name))
  if (!existsSync(target)) {
    const setAside = paths.filter((path) => path.endsWith(OLD)).sort((a, b) => touched(b) - touched(a))
    setAside.some((path) => restore(path, target))
  }
  // Not by the time of its content, which moving it leaves as it is: what was just set aside may be an old build.
  const anHourAgo = Date.now() - 3_600_000
  for (const path of paths) if (touched(path) < anHourAgo) rmSync(path, { recursive: true, force: true })
}
