import { describe, expect, test } from 'vitest'
import { Throttle } from '../../src/http/throttle.ts'
import { manualClock } from '../helpers/manual-clock.ts'

/** Tasks that end when told to. */
function gate() {
  const order: string[] = []
  const open = new Map<string, () => void>()
  const task = (name: string) => () => {
    order.push(name)
    return new Promise<string>((resolve) => open.set(name, () => resolve(name)))
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const end = async (name: string) => {
    open.get(name)?.()
    await settle()
  }
  return { order, task, end, settle }
}

describe('Throttle', () => {
  test('no more than the limit are in flight per key, and the rest follow in order', async () => {
    const throttle = new Throttle(2, manualClock())
    const { order, task, end, settle } = gate()
    const all = ['a', 'b', 'c', 'd'].map((name) => throttle.run('adele', task(name)))
    const other = throttle.run('allan', task('x'))
    await settle()
    expect(order).toEqual(['a', 'b', 'x'])
    await end('b')
    expect(order).toEqual(['a', 'b', 'x', 'c'])
    for (const name of ['a', 'c', 'd', 'x']) await end(name)
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
    expect(await other).toBe('x')
  })

  test('a task that takes all slots waits for the others and is not overtaken', async () => {
    const throttle = new Throttle(4, manualClock())
    const { order, task, end, settle } = gate()
    const first = throttle.run('adele', task('one'))
    const whole = throttle.run('adele', task('batch'), undefined, 20)
    const last = throttle.run('adele', task('two'))
    await settle()
    expect(order).toEqual(['one'])
    await end('one')
    expect(order).toEqual(['one', 'batch'])
    await end('batch')
    expect(order).toEqual(['one', 'batch', 'two'])
    await end('two')
    await Promise.all([first, whole, last])
  })

  test('a pause holds back every task of the key, and only of that key', async () => {
    const clock = manualClock()
    const throttle = new Throttle(4, clock)
    throttle.pause('adele', 5000)
    throttle.pause('adele', 2000)
    await throttle.run('allan', async () => undefined)
    expect(clock.slept).toEqual([])
    await throttle.run('adele', async () => undefined)
    expect(clock.slept).toEqual([5000])
    await throttle.run('adele', async () => undefined)
    expect(clock.slept).toEqual([5000])
  })

  test('a task that fails gives its slot back', async () => {
    const throttle = new Throttle(1, manualClock())
    await expect(throttle.run('adele', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await throttle.run('adele', async () => 'yes')).toBe('yes')
  })

  test('a waiting task is stopped by its signal and the next one moves up', async () => {
    const throttle = new Throttle(1, manualClock())
    const { order, task, end, settle } = gate()
    const stop = new AbortController()
    const first = throttle.run('adele', task('a'))
    const second = throttle.run('adele', task('b'), stop.signal)
    const third = throttle.run('adele', task('c'))
    stop.abort()
    await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    await expect(throttle.run('adele', task('d'), stop.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await settle()
    await end('a')
    await end('c')
    await Promise.all([first, third])
    expect(order).toEqual(['a', 'c'])
  })
})
