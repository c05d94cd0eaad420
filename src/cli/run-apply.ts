import { resolve } from 'node:path'
import type { MailboxResult } from '../plan/apply.ts'
import { type Journal, MAILBOX_STATUSES, type MailboxStatus } from '../plan/journal.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { formatCsv } from './csv.ts'
import { EXIT } from './exit-codes.ts'
import type { Problem } from './failure.ts'
import { printable, printableJson } from './printable.ts'

/** A journal's name that sorts by time and is a file name everywhere. */
export function journalPath(context: Context, given: string | undefined, now = new Date()): string {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return resolve(context.io.cwd, given ?? `apply-${stamp}.jsonl`)
}

/** Shows results as they come, and what they come to. */
export async function showResults(
  context: Context,
  results: AsyncIterable<MailboxResult>,
  journal: Journal,
  total: number | undefined,
): Promise<CommandResult> {
  const counts = Object.fromEntries(MAILBOX_STATUSES.map((status) => [status, 0])) as Record<
    MailboxStatus,
    number
  >
  const progress = new Progress(context, total)
  let before = 0
  const printer = printerOf(context)
  try {
    for await (const result of results) {
      if (result.before) before++
      else counts[result.status]++
      progress.clear()
      const text = printer.result(result)
      if (text) context.print(text)
      progress.step()
    }
    if (!context.io.signal.aborted)
      await journal.append({ type: 'finish', at: new Date().toISOString() }, { sync: true })
  } finally {
    progress.clear()
    await journal.close()
  }
  const words = MAILBOX_STATUSES.filter((status) => counts[status] > 0).map(
    (status) => `${counts[status]} ${status}`,
  )
  if (before > 0) words.push(`${before} done before`)
  context.print(
    printer.end({ ...counts, before, journal: journal.path }, words.join(', ') || 'nothing to do'),
  )
  return resultOf(context, counts, journal.path)
}

function resultOf(context: Context, counts: Record<MailboxStatus, number>, path: string): CommandResult {
  const { changed, unchanged, partly, failed, refused, skipped } = counts
  const notDone = failed + refused + skipped
  const resume = context.commandLine('apply', '--resume', path)
  if (context.io.signal.aborted || skipped > 0) {
    return {
      problem: {
        exitCode: context.io.signal.aborted ? EXIT.stopped : EXIT.partial,
        code: 'ERR_ABORTED',
        message: `The run was stopped; ${skipped} mailboxes were not done.`,
        hint: `To go on: ${resume}`,
      },
    }
  }
  if (notDone === 0 && partly === 0) return {}
  const some = changed + unchanged + partly > 0
  const problem: Problem = {
    exitCode: some ? EXIT.partial : EXIT.refused,
    code: 'ERR_PARTIAL',
    message: `${some ? `Part of it was done: ${notDone + partly} mailboxes have something that was not` : 'Nothing was done'}; the reasons stand above.`,
    hint: `When they are mended: ${resume}`,
  }
  return { problem }
}

interface Printer {
  result(result: MailboxResult): string
  end(counts: object, words: string): string
}

function printerOf(context: Context): Printer {
  if (context.format === 'json') {
    let first = true
    context.print('{"mailboxes": [')
    return {
      result: (result) => {
        const separator = first ? '\n' : ',\n'
        first = false
        return `${separator}${printableJson(result)}`
      },
      end: (counts) => `\n], "summary": ${printableJson(counts)}}\n`,
    }
  }
  if (context.format === 'csv') {
    context.print(formatCsv(['mailbox', 'status', 'reasons'], []))
    return {
      result: ({ mailbox, status, reasons }) =>
        formatCsv(['mailbox'], [[mailbox, status, reasons.join(' ')]]).replace(/^mailbox\r\n/, ''),
      end: () => '',
    }
  }
  return {
    // Thousands of mailboxes without news would hide those with some.
    result: ({ mailbox, status, reasons }) =>
      status === 'unchanged'
        ? ''
        : [`${printable(mailbox)}: ${status}`, ...reasons.map((reason) => `  ! ${printable(reason)}`)]
            .map((line) => `${line}\n`)
            .join(''),
    end: (_, words) => `\n${words.charAt(0).toUpperCase()}${words.slice(1)}.\n`,
  }
}

const REDRAW = 200

/** One line on a terminal that says how far it is, how fast, and how long it takes; nothing elsewhere. */
class Progress {
  readonly #context: Context
  readonly #total: number | undefined
  readonly #shown: boolean
  readonly #started = performance.now()
  #done = 0
  #drawn = 0

  constructor(context: Context, total: number | undefined) {
    this.#context = context
    this.#total = total
    this.#shown = context.io.stderr.isTTY === true && context.format !== 'json'
  }

  step(): void {
    this.#done++
    const now = performance.now()
    if (!this.#shown || now - this.#drawn < REDRAW) return
    this.#drawn = now
    const rate = this.#done / ((now - this.#started) / 1000)
    const left = this.#total === undefined ? undefined : (this.#total - this.#done) / rate
    const of = this.#total === undefined ? '' : ` of ${this.#total}`
    const time = left === undefined || left < 1 ? '' : `, ${Math.ceil(left)} s left`
    this.#context.io.stderr.write(
      `\r${this.#done}${of} mailboxes, ${rate.toFixed(1)} per second${time} \u001b[K`,
    )
  }

  clear(): void {
    if (this.#shown && this.#drawn > 0) this.#context.io.stderr.write('\r\u001b[K')
  }
}
