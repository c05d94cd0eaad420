import { expect, test } from 'vitest'
import { mapOrdered, mapUnordered } from '../../src/plan/pool.ts'

test.each([
  ['in any order', mapUnordered],
  ['in order', mapOrdered],
])('a task that fails while the source is slow fails the whole, and not the process (%s)', async (_, map) => {
  const unhandled: unknown[] = []
  const hear = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', hear)
  try {
    async function* source() {
      yield 1
      // Rejections count as unhandled when the turn is over.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      yield 2
    }
    const results = map(source(), 2, async () => {
      throw new Error('a mistake in a backend')
    })
    await expect(results.next()).rejects.toThrow('a mistake in a backend')
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', hear)
  }
})
