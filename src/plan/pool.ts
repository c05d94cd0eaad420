/** Anything that can be walked once, loaded or streamed. */
export type Source<T> = Iterable<T> | AsyncIterable<T>

export function iteratorOf<T>(source: Source<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

/**
 * Works on a source with a number of tasks at a time and yields results as they come. What is begun is finished
 * before the generator ends, even when its consumer stops early or a task throws.
 */
export async function* mapUnordered<T, R>(
  source: Source<T>,
  limit: number,
  work: (value: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = iteratorOf(source)
  const running = new Set<Promise<{ task: Promise<unknown>; result: R }>>()
  let exhausted = false
  try {
    for (;;) {
      while (!exhausted && running.size < limit) {
        const next = await iterator.next()
        if (next.done) exhausted = true
        else {
          const task: Promise<{ task: Promise<unknown>; result: R }> = work(next.value).then((result) => ({
            task,
            result,
          }))
          // It is awaited when the source has given the next; until then a failure must not count as unhandled.
          task.catch(() => {})
          running.add(task)
        }
      }
      if (running.size === 0) return
      const { task, result } = await Promise.race(running)
      running.delete(task as Promise<{ task: Promise<unknown>; result: R }>)
      yield result
    }
  } finally {
    await Promise.allSettled(running)
    if (!exhausted) await iterator.return?.()
  }
}

/** As {@link mapUnordered}, in the order of the source; results wait for those before them. */
export async function* mapOrdered<T, R>(
  source: Source<T>,
  limit: number,
  work: (value: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = iteratorOf(source)
  const running: Promise<R>[] = []
  let exhausted = false
  try {
    for (;;) {
      while (!exhausted && running.length < limit) {
        const next = await iterator.next()
        if (next.done) exhausted = true
        else {
          const task = work(next.value)
          // Whoever comes first is awaited first; a failure behind them must not count as unhandled until then.
          task.catch(() => {})
          running.push(task)
        }
      }
      const first = running.shift()
      if (!first) return
      yield await first
    }
  } finally {
    await Promise.allSettled(running)
    if (!exhausted) await iterator.return?.()
  }
}

/** Lets so many tasks run at a time, the others in the order they came. */
export class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#free = limit
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
