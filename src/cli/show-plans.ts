import { resolve } from 'node:path'
import type { JournalSource } from '../plan/journal.ts'
import type { MailboxPlan } from '../plan/mailbox-plan.ts'
import type { PlanSummary } from '../plan/plan-summary.ts'
import type { LineKind } from '../plan/render.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { formatCsvRow } from './csv.ts'
import { EXIT, unreadExit } from './exit-codes.ts'
import { ownersHint } from './flag-hints.ts'
import type { PlanFlagValues, PlanForm } from './grants-flags.ts'
import { printableJson } from './printable.ts'
import { withProgress } from './progress.ts'
import type { Terminal } from './table.ts'

export interface ShowPlansOptions {
  /** What the plan was made by, for its header. */
  readonly by: string
  readonly source?: JournalSource
  /** How many mailboxes there are, where that is known. */
  readonly total?: number | undefined
  /**
   * The result comes later, and standard output is for it where programs read it: a plan that is asked about is then
   * shown beside it, any other is not.
   */
  readonly before?: 'question' | 'run'
}

/** Prints plans as they come, and saves them where that was asked for. */
export async function showPlans(
  context: Context,
  plans: AsyncIterable<MailboxPlan>,
  flags: { readonly out: string | undefined; readonly as: PlanForm | undefined },
  options: ShowPlansOptions,
): Promise<PlanSummary> {
  const [{ PlanWriter }, { addToSummary, emptySummary }, printer] = await Promise.all([
    import('../plan/plan-file.ts'),
    import('../plan/plan-summary.ts'),
    options.before === undefined || context.format === 'text'
      ? printerOf(context, flags.as)
      : options.before === 'question'
        ? textPrinter(context.terminal)
        : undefined,
  ])
  const print = (text: string | undefined) => {
    if (text === undefined) return
    if (options.before === undefined || context.format === 'text') context.print(text)
    else context.io.stderr.write(text)
  }
  const writer =
    flags.out === undefined
      ? undefined
      : await PlanWriter.create(resolve(context.io.cwd, flags.out), {
          made: new Date().toISOString(),
          by: options.by,
          ...(options.source ? { source: options.source } : {}),
        })
  const summary = writer?.summary ?? emptySummary()
  try {
    for await (const plan of withProgress(context, plans, options.total)) {
      if (writer) await writer.add(plan)
      else addToSummary(summary, plan)
      print(printer?.plan(plan))
    }
    await writer?.finish()
  } catch (error) {
    await writer?.discard()
    throw error
  }
  print(printer?.end(summary))
  return summary
}

/**
 * How a plan that was shown ends.
 * @param more what applying it takes besides the flags that were typed.
 */
export function planResult(
  context: Context,
  summary: PlanSummary,
  flags: Pick<PlanFlagValues, 'out' | 'detailed-exitcode'>,
  more: readonly string[] = [],
): CommandResult {
  if (flags.out !== undefined && summary.changing > 0)
    context.talk(`Saved. To make these changes: ${context.commandLine('apply', flags.out, ...more)}`)
  if (summary.unreadable > 0) {
    return {
      problem: {
        exitCode: unreadExit(summary.mailboxes, summary.unreadable, summary.unreachable),
        code: 'ERR_PARTIAL',
        message: `${summary.unreadable} of ${summary.mailboxes} mailboxes could not be read; the reasons stand above.`,
      },
    }
  }
  if (summary.blocked > 0) {
    return {
      problem: {
        exitCode: EXIT.partial,
        code: 'ERR_PARTIAL',
        message: `${summary.blocked === 1 ? 'One wish is' : `${summary.blocked} wishes are`} not possible; the reasons stand above.`,
      },
    }
  }
  // As Terraform numbers it, which is what scripts expect of the name.
  return flags['detailed-exitcode'] && summary.changing > 0 ? { exitCode: EXIT.usage } : {}
}

interface Printer {
  plan(plan: MailboxPlan): string
  end(summary: PlanSummary): string
}

async function printerOf(context: Context, form: PlanForm | undefined): Promise<Printer> {
  if (form === 'powershell') {
    const { renderSummary } = await import('../plan/render.ts')
    const { POWERSHELL_HEAD, renderPowerShell } = await import('../plan/render-powershell.ts')
    context.print(lines(POWERSHELL_HEAD))
    return {
      plan: (plan) => lines(renderPowerShell(plan)),
      end: (summary) => lines(renderSummary(summary).map((line) => `# ${line}`)),
    }
  }
  if (context.format === 'json') {
    let first = true
    context.print('{"mailboxes": [')
    return {
      plan: (plan) => {
        const separator = first ? '\n' : ',\n'
        first = false
        return `${separator}${printableJson(plan)}`
      },
      end: (summary) => `\n], "summary": ${printableJson(summary)}}\n`,
    }
  }
  if (context.format === 'csv') {
    const { PLAN_COLUMNS, planRows } = await import('./plan-rows.ts')
    context.print(formatCsvRow(PLAN_COLUMNS))
    return { plan: (plan) => planRows(plan).map(formatCsvRow).join(''), end: () => '' }
  }
  return textPrinter(context.terminal)
}

async function textPrinter(terminal: Terminal): Promise<Printer> {
  const { renderMailboxPlan, renderSummary } = await import('../plan/render.ts')
  return {
    plan: (plan) => {
      const rendered = renderMailboxPlan(plan)
      return lines(
        rendered.map(({ kind, text }) =>
          coloured(kind, kind === 'error' ? ownersHint(text) : text, terminal),
        ),
      )
    },
    end: (summary) => `\n${lines(renderSummary(summary))}`,
  }
}

const COLOURS: Readonly<Partial<Record<LineKind, readonly [number, number]>>> = {
  mailbox: [1, 22],
  add: [32, 39],
  change: [33, 39],
  remove: [31, 39],
  blocked: [35, 39],
  error: [31, 39],
  note: [2, 22],
}

function coloured(kind: LineKind, text: string, terminal: Terminal): string {
  const colour = terminal.color ? COLOURS[kind] : undefined
  return colour ? `\u001b[${colour[0]}m${text}\u001b[${colour[1]}m` : text
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}
