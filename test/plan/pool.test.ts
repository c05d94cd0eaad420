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

test('in any order, results come as tasks are over, and no more than the limit are begun and not taken', async () => {
  const begun: number[] = []
  const finish = new Map<number, () => void>()
  const results = mapUnordered([0, 1, 2, 3], 3, async (task) => {
    begun.push(task)
    await new Promise<void>((resolve) => finish.set(task, resolve))
    return task
  })
  const first = results.next()
  while (finish.size < 3) await Promise.resolve()
  for (const task of [2, 1]) finish.get(task)?.()
  expect(await first).toEqual({ done: false, value: 2 })
  expect(begun).toEqual([0, 1, 2])
  expect(await results.next()).toEqual({ done: false, value: 1 })
  expect(begun).toEqual([0, 1, 2, 3])
  for (const task of [3, 0]) finish.get(task)?.()
  expect([await results.next(), await results.next()]).toMatchObject([{ value: 3 }, { value: 0 }])
  expect(await results.next()).toEqual({ done: true, value: undefined })
})

test('a walk that stops early waits for what was begun, and lets go of the source', async () => {
  let closed = false
  async function* source() {
    try {
      for (let task = 0; ; task++) yield task
    } finally {
      closed = true
    }
  }
  const over: number[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const results = mapUnordered(source(), 3, async (task) => {
    if (task > 0) await held
    over.push(task)
    return task
  })
  expect(await results.next()).toEqual({ done: false, value: 0 })
  const events: string[] = []
  const stopped = results.return().then(() => events.push('stopped'))
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  events.push('released')
  release()
  await stopped
  expect(events).toEqual(['released', 'stopped'])
  expect(over).toEqual([0, 1, 2])
  expect(closed).toBe(true)
})
