import { setMaxListeners } from 'node:events'

/**
 * Lets every call in flight and in line listen to one signal. Node takes more than ten for a leak and says so on
 * stderr, which is the program's that uses this library.
 */
export function allowManyListeners(signal: AbortSignal | undefined): void {
  if (!signal) return
  try {
    setMaxListeners(0, signal)
  } catch {
    // Not Node's own signal (jsdom has another), so that Node does not count.
  }
}
