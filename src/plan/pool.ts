import { InvalidInputError } from '../errors.ts'

/** Anything that can be walked once, loaded or streamed. */
export type Source<T> = Iterable<T> | AsyncIterable<T>

export function iteratorOf<T>(source: Source<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

/** With a limit that is no number nothing would be begun, which looks like a run that had nothing to do. */
function requireLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit > 0) return
  throw new InvalidInputError(`The concurrency is ${limit}, and not a number of mailboxes at a time.`, {
    hint: 'Give a whole number from 1 on, or leave it out.',
  })
}

/**
 * Works on a source with a number of tasks at a time and yields results as they come. What is begun is finished
 * before the generator ends, even when its consumer stops early or a task throws.
 * @throws InvalidInputError where the number is none, as do all that take one here.
 */
export async function* mapUnordered<T, R>(
  source: Source<T>,
  limit: number,
  work: (value: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  requireLimit(limit)
  const iterator = iteratorOf(source)
  const running = new Set<Promise<void>>()
  // Handed over by each when it is over: Promise.race leaves something with the slowest for each of the others.
  const over: Promise<R>[] = []
  let wake = () => {}
  const begin = (value: T) => {
    const task = work(value)
    const handOver = () => {
      running.delete(handed)
      over.push(task)
      wake()
    }
    // Also where it fails, which until it is awaited must not count as unhandled.
    const handed = task.then(handOver, handOver)
    running.add(handed)
  }
  let exhausted = false
  try {
    for (;;) {
      while (!exhausted && running.size + over.length < limit) {
        const next = await iterator.next()
        if (next.done) exhausted = true
        else begin(next.value)
      }
      const first = over.shift()
      if (first) yield await first
      else if (running.size === 0) return
      else await new Promise<void>((resolve) => (wake = resolve))
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
  requireLimit(limit)
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
    requireLimit(limit)
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
