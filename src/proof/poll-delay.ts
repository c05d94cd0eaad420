/**
 * How long to wait before looking again: twice as long each time, up to a most.
 * @param attempt counted from 1.
 */
export function pollDelay(firstMs: number, mostMs: number, attempt: number): number {
  return Math.min(firstMs * 2 ** Math.min(attempt - 1, 20), mostMs)
}
