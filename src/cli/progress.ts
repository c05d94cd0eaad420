import type { Context } from './context.ts'
import { formatDuration } from './duration.ts'
import { printableJson } from './printable.ts'

/** On a terminal often enough to see it move; elsewhere so that a log tells a run that works from one that hangs. */
const REDRAW = 200
const LINE = 10_000

/**
 * Hands on what comes and says on standard error how far it is, how fast, and how long it takes: on one line of a
 * terminal, else as a line now and then, which is JSON where the output is.
 *
 * @param total how many there are; undefined when nobody knows.
 */
export async function* withProgress<T>(
  context: Context,
  source: AsyncIterable<T>,
  total: number | undefined,
): AsyncGenerator<T, void, undefined> {
  const progress = new Progress(context, total)
  try {
    for await (const item of source) {
      progress.clear()
      yield item
      progress.step()
    }
  } finally {
    progress.clear()
  }
}

class Progress {
  readonly #context: Context
  readonly #total: number | undefined
  readonly #live: boolean
  readonly #started: number
  #done = 0
  #shown: number
  #drawn = false

  constructor(context: Context, total: number | undefined) {
    this.#context = context
    this.#total = total
    this.#live = context.io.stderr.isTTY === true
    this.#started = this.#now()
    this.#shown = this.#live ? 0 : this.#started
  }

  step(): void {
    this.#done++
    const now = this.#now()
    if (now - this.#shown < (this.#live ? REDRAW : LINE)) return
    this.#shown = now
    const seconds = (now - this.#started) / 1000
    const perSecond = Math.round((this.#done / Math.max(seconds, 0.001)) * 10) / 10
    const left =
      this.#total === undefined ? undefined : Math.ceil((seconds / this.#done) * (this.#total - this.#done))
    const { stderr } = this.#context.io
    if (!this.#live && this.#context.format === 'json') {
      const progress = { done: this.#done, total: this.#total, perSecond, secondsLeft: left }
      stderr.write(`${printableJson({ progress })}\n`)
      return
    }
    const of = this.#total === undefined ? '' : ` of ${this.#total}`
    const time = left ? `, ${formatDuration(left * 1000)} left` : ''
    const line = `${this.#done}${of} mailboxes, ${perSecond.toFixed(1)} per second${time}`
    stderr.write(this.#live ? `\r${line} \u001b[K` : `${line}\n`)
    this.#drawn = this.#live
  }

  clear(): void {
    if (this.#drawn) this.#context.io.stderr.write('\r\u001b[K')
    this.#drawn = false
  }

  #now(): number {
    return this.#context.io.clock?.now() ?? performance.now()
  }
}
