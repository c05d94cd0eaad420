import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import type { MailboxResult } from '../plan/apply.ts'
import {
  DOUBTFUL,
  type Journal,
  type JournalSource,
  MAILBOX_STATUSES,
  type MailboxStatus,
  MOVED,
  mayBeMade,
  type RunOptions,
  UNABLE,
} from '../plan/journal.ts'
import { existsAlready, JournalError } from '../plan/journal-error.ts'
import { CONTRADICTORY, NOT_PLANNED, type PlanError } from '../plan/mailbox-plan.ts'
import { isUnreachable } from '../plan/server-watch.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { formatCsv } from './csv.ts'
import { EXIT } from './exit-codes.ts'
import type { Problem } from './failure.ts'
import { ownersHint } from './flag-hints.ts'
import type { BackendFlagValues } from './grants-flags.ts'
import { printable, printableJson } from './printable.ts'
import { withProgress } from './progress.ts'

/** A journal's name that sorts by time and is a file name everywhere. */
export function journalPath(context: Context, given: string | undefined, now = new Date()): string {
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return resolve(context.io.cwd, given ?? `apply-${stamp}.jsonl`)
}

/** What a journal says of the plan it is of, so that the run can be gone on with. */
export async function planSource(path: string): Promise<JournalSource> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return { kind: 'plan', names: [path], sha256: hash.digest('hex') }
}

/** Before a plan is written beside a journal: the one that is there may be what its run is gone on with. */
export async function requireNewJournal(path: string): Promise<void> {
  if (await lstat(path).catch(() => undefined)) throw existsAlready(path)
}

/**
 * Another server may have mailboxes of the same names.
 * @param begun of the run that the journal is of; journals of earlier versions do not tell it.
 */
export function requireSameServer(begun: string | undefined, endpoint: string, hint: string): void {
  // Exchange does not tell the letters of its paths apart by their case.
  if (begun === undefined || begun.toLowerCase() === endpoint.toLowerCase()) return
  throw new InvalidInputError(`The run was made at ${begun}, not at ${endpoint}.`, { hint })
}

/** By which the server shows what a run is to see, for its journal. */
export function accessOptions(flags: AccessFlagValues): RunOptions {
  return {
    impersonateOwners: flags['impersonate-owners'] ?? true,
    ...(flags['trust-empty-lists'] ? { trustEmptyLists: true } : {}),
  }
}

/** The flags of {@link accessOptions}; where one is not typed, as the run had it that is gone on with or put back. */
export function accessAsBegun(flags: AccessFlagValues, begun: RunOptions | undefined): AccessFlagValues {
  return {
    'impersonate-owners': flags['impersonate-owners'] ?? begun?.impersonateOwners,
    'trust-empty-lists': flags['trust-empty-lists'] ?? begun?.trustEmptyLists,
  }
}

type AccessFlagValues = Pick<BackendFlagValues, 'impersonate-owners' | 'trust-empty-lists'>

/** Asks about a plan that was saved only to be asked about, and begins; without a yes or a beginning it goes. */
export async function orDiscard<T>(context: Context, plan: string, begin: () => Promise<T>): Promise<T> {
  try {
    return await begin()
  } catch (error) {
    await rm(resolve(context.io.cwd, plan), { force: true })
    throw error
  }
}

/**
 * Shows results as they come, and what they come to.
 * @param planned what the saved plan was made by. Every mailbox had something to do by it: one that is unchanged is as
 *   planned already.
 */
export async function showResults(
  context: Context,
  results: AsyncIterable<MailboxResult>,
  journal: Journal,
  total: number | undefined,
  { planned }: { readonly planned?: string } = {},
): Promise<CommandResult> {
  const counts = Object.fromEntries(MAILBOX_STATUSES.map((status) => [status, 0])) as Record<
    MailboxStatus,
    number
  >
  context.beginRun(context.commandLine('apply', '--resume', journal.path))
  let before = 0
  let anew = 0
  let contradictory = 0
  let doubtful = false
  let unreachable: PlanError | undefined
  let stopped: PlanError | undefined
  let failure: JournalError | undefined
  const printer = printerOf(context)
  try {
    for await (const result of withProgress(context, results, total)) {
      if (result.before) before++
      else counts[result.status]++
      if (planned !== undefined && needsNewPlan(result)) anew++
      if (result.error?.code === CONTRADICTORY.code) contradictory++
      doubtful ||= result.steps.some(({ outcomes }) => outcomes.some(mayBeMade))
      const found = unreachableIn(result)
      // What ended the run says more than what happened to the first mailbox.
      if (result.status === 'skipped') stopped ??= found
      unreachable ??= found
      const text = printer.result(result)
      if (text) context.print(text)
    }
  } catch (error) {
    if (!(error instanceof JournalError)) throw error
    failure = error
  } finally {
    await journal.close().catch((error: JournalError) => {
      failure = error
    })
  }
  const words = MAILBOX_STATUSES.filter((status) => counts[status] > 0).map(
    (status) =>
      `${counts[status]} ${planned !== undefined && status === 'unchanged' ? soAlready(counts[status]) : status}`,
  )
  if (before > 0) words.push(`${before} done before`)
  context.print(
    printer.end({ ...counts, before, journal: journal.path }, words.join(', ') || 'nothing to do'),
  )
  return resultOf(context, counts, journal.path, failure, stopped ?? unreachable, {
    anew,
    contradictory,
    doubtful,
    // What somebody changed since is not put back by another plan either.
    advised: planned !== 'revert',
  })
}

/** Is there nothing in what a saved plan left undone that going on with it could do? */
function needsNewPlan({ status, steps, error, before }: MailboxResult): boolean {
  if (before || status === 'changed' || status === 'unchanged') return false
  if (error?.code === NOT_PLANNED.code || status === 'refused') return true
  // What was not begun, or failed, is made by going on.
  return (
    status === 'partly' &&
    steps.every(
      ({ outcomes }) =>
        outcomes.length > 0 &&
        outcomes.every((outcome) => outcome === true || [MOVED, DOUBTFUL, UNABLE].includes(outcome.code)),
    )
  )
}

function soAlready(count: number): string {
  return count === 1 ? 'is so already' : 'are so already'
}

/** A run that turned out to have nothing to do, where programs read what it comes to. */
export function showNothing(context: Context): void {
  if (context.format === 'text') return
  const counts = Object.fromEntries(MAILBOX_STATUSES.map((status) => [status, 0]))
  context.print(printerOf(context).end({ ...counts, before: 0, journal: null }, ''))
}

/** Was the server not there for this mailbox, or the sign-in not taken? */
function unreachableIn({ error, steps }: MailboxResult): PlanError | undefined {
  if (error && isUnreachable(error.code)) return error
  for (const { outcomes } of steps)
    for (const outcome of outcomes) if (outcome !== true && isUnreachable(outcome.code)) return outcome
  return undefined
}

function resultOf(
  context: Context,
  counts: Record<MailboxStatus, number>,
  path: string,
  failure: JournalError | undefined,
  unreachable: PlanError | undefined,
  plan: {
    readonly anew: number
    readonly contradictory: number
    /** Something may have been made. */
    readonly doubtful: boolean
    readonly advised: boolean
  },
): CommandResult {
  const { changed, unchanged, partly, failed, refused, skipped } = counts
  const notDone = failed + refused + skipped
  const resume = context.commandLine('apply', '--resume', path)
  if (failure) {
    const left = skipped > 0 ? ` ${notDoneText(skipped)}.` : ''
    return {
      problem: {
        exitCode: changed + partly > 0 ? EXIT.partial : EXIT.refused,
        code: 'ERR_JOURNAL',
        message: `${failure.message}. The run was stopped.${left}${unrecordedText(failure.unrecorded)}`,
        hint: `When there is room, and it can be written again: ${resume}`,
      },
    }
  }
  const some = changed + unchanged + partly > 0
  const undone = some ? EXIT.partial : unreachable ? EXIT.unreachable : EXIT.refused
  if (context.io.signal.aborted || skipped > 0) {
    const { aborted } = context.io.signal
    const reason = aborted ? undefined : unreachable
    const why = reason ? `, because ${reason.message.replace(/[.;]*$/, '')}` : ''
    return {
      problem: {
        exitCode: aborted ? EXIT.stopped : undone,
        code: 'ERR_ABORTED',
        message: `The run was stopped${why}${skipped > 0 ? `; ${notDoneText(skipped)}` : ''}.`,
        hint: `${reason?.hint ? `${ownersHint(reason.hint)} ` : ''}To go on: ${resume}`,
      },
    }
  }
  if (notDone === 0 && partly === 0) return {}
  const left = notDone + partly
  const inVain = plan.anew + plan.contradictory
  const hints = [
    ...(plan.anew > 0 && plan.advised ? [newPlanText(plan.anew)] : []),
    ...(left > inVain ? [`When ${mendedText(left, inVain)} mended: ${resume}`] : []),
    // Last: a run is not gone on with once its files were corrected.
    ...(plan.contradictory > 0 ? [contradictionText(plan.contradictory)] : []),
  ]
  const problem: Problem = {
    exitCode: undone,
    code: 'ERR_PARTIAL',
    message: `${some ? `Part of it was done: ${left === 1 ? 'one mailbox has' : `${left} mailboxes have`} something that was not` : plan.doubtful ? 'Nothing is known to have been done' : 'Nothing was done'}; the reasons stand above.`,
    ...(hints.length > 0 ? { hint: hints.join('\n') } : {}),
  }
  return { problem }
}

function newPlanText(count: number): string {
  return `A new plan is needed for ${count === 1 ? 'one mailbox' : `${count} mailboxes`}; going on with this one does not help there.`
}

function contradictionText(count: number): string {
  return `${count === 1 ? 'One mailbox’s description contradicts itself' : `${count} mailboxes’ descriptions contradict themselves`}: correct the file, then plan and apply anew.`
}

function mendedText(left: number, inVain: number): string {
  if (inVain > 0) return left - inVain === 1 ? 'the other is' : 'the others are'
  return left === 1 ? 'it is' : 'they are'
}

const MOST_NAMED = 20

/** What was done without its result being on record: that is known here, and nowhere else. */
function unrecordedText(unrecorded: readonly string[]): string {
  if (unrecorded.length === 0) return ''
  const more = unrecorded.length - MOST_NAMED
  const names = [...unrecorded.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])]
  return ` The journal holds what was intended, and not that it was done, for ${names.join(', ')}; going on reads these first and does nothing twice.`
}

function notDoneText(count: number): string {
  return count === 1 ? '1 mailbox was not done' : `${count} mailboxes were not done`
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
    // Thousands of mailboxes without news would hide those with some; of those that were not begun, how many they
    // are and why is told at the end.
    result: ({ mailbox, status, reasons }) =>
      status === 'unchanged' || status === 'skipped'
        ? ''
        : [
            `${printable(mailbox)}: ${status}`,
            ...reasons.map((reason) => `  ! ${printable(ownersHint(reason))}`),
          ]
            .map((line) => `${line}\n`)
            .join(''),
    end: (_, words) => `\n${words.charAt(0).toUpperCase()}${words.slice(1)}.\n`,
  }
}
