import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { InvalidInputError } from '../errors.ts'
import { checkMailboxPlan } from './check-plan.ts'
import { count, record, text } from './checked-value.ts'
import { checkSource, type JournalSource } from './journal.ts'
import type { MailboxPlan } from './mailbox-plan.ts'
import { addToSummary, emptySummary, type PlanSummary } from './plan-summary.ts'

/** The version of saved plans; a reader refuses others. */
export const PLAN_VERSION = 1

/** First line of a saved plan. */
export interface PlanHeader {
  readonly type: 'plan'
  readonly plan: typeof PLAN_VERSION
  readonly made: string
  /** What it was made by, e.g. `plan`, `revert`, `offboard`. */
  readonly by: string
  readonly source?: JournalSource
}

/**
 * Saves a plan, one JSON object per line: the header, one line per mailbox with something to say, and the summary,
 * without which the file is not whole. The file appears under its name when it is whole.
 */
export class PlanWriter {
  readonly summary: PlanSummary = emptySummary()
  readonly #path: string
  readonly #file: FileHandle
  #pending = ''

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** @throws InvalidInputError where it cannot be written, and where something else than a plan would be lost. */
  static async create(path: string, header: Omit<PlanHeader, 'type' | 'plan'>): Promise<PlanWriter> {
    if (!(await isPlanOrNothing(path))) {
      throw new InvalidInputError(`The file ${path} is there already and is no saved plan.`, {
        hint: 'Name another file to save the plan in.',
      })
    }
    const file = await open(temporary(path), 'w', 0o600).catch((error: Error) => {
      throw new InvalidInputError(`The plan ${path} cannot be written: ${error.message}`, { cause: error })
    })
    const writer = new PlanWriter(path, file)
    writer.#line({ type: 'plan', plan: PLAN_VERSION, ...header })
    return writer
  }

  async add(plan: MailboxPlan): Promise<void> {
    addToSummary(this.summary, plan)
    if (plan.steps.length === 0 && plan.blocked.length === 0 && !plan.error) return
    this.#line({ type: 'mailbox', ...plan })
    if (this.#pending.length > 64 * 1024) await this.#flush()
  }

  async finish(): Promise<PlanSummary> {
    this.#line({ type: 'summary', ...this.summary })
    await this.#flush()
    await this.#file.sync()
    await this.#file.close()
    await rename(temporary(this.#path), this.#path)
    return this.summary
  }

  async discard(): Promise<void> {
    await this.#file.close()
    await rm(temporary(this.#path), { force: true })
  }

  #line(value: object): void {
    this.#pending += `${JSON.stringify(value)}\n`
  }

  async #flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    await this.#file.appendFile(text)
  }
}

/** A saved plan, checked from its first line to its last before anything of it is handed out. */
export interface SavedPlan {
  readonly header: PlanHeader
  readonly summary: PlanSummary
  /** As often as it is walked, read anew. */
  readonly mailboxes: AsyncIterable<MailboxPlan>
}

/** @throws InvalidInputError naming the line that is wrong; also for a file that is not whole. */
export async function readPlanFile(path: string): Promise<SavedPlan> {
  let header: PlanHeader | undefined
  let summary: PlanSummary | undefined
  for await (const line of planLines(path)) {
    if (line.type === 'plan') header = line
    else if (line.type === 'summary') summary = line
  }
  if (!header || !summary) {
    throw new InvalidInputError(`The plan ${path} is not whole: its last line is missing.`, {
      hint: 'Make the plan again.',
    })
  }
  return {
    header,
    summary,
    mailboxes: {
      async *[Symbol.asyncIterator]() {
        for await (const line of planLines(path)) if (line.type === 'mailbox') yield line.plan
      },
    },
  }
}

/** Does this text begin a saved plan? Tells it from a description of grants. */
export function isPlanText(begin: string): boolean {
  return /^\s*\{"type":"plan",/.test(begin)
}

type PlanLine = PlanHeader | { type: 'mailbox'; plan: MailboxPlan } | ({ type: 'summary' } & PlanSummary)

async function* planLines(path: string): AsyncGenerator<PlanLine, void, undefined> {
  let number = 0
  let rest = ''
  const read = (line: string): PlanLine => {
    try {
      const value = JSON.parse(line) as { readonly type?: unknown } | null
      if (number === 1 && value?.type !== 'plan') throw new InvalidInputError('This is not a saved plan.')
      return checkLine(value)
    } catch (error) {
      throw new InvalidInputError(`${path}:${number}:1 ${(error as Error).message}`, { cause: error })
    }
  }
  try {
    for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const lines = chunk.split('\n')
      lines[0] = rest + lines[0]
      rest = lines.pop() ?? ''
      for (const line of lines) {
        number++
        yield read(line)
      }
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError(`The plan ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (number === 0) throw new InvalidInputError(`${path} is not a saved plan.`)
}

function checkLine(value: unknown): PlanLine {
  const given = record(value, 'a line of a plan')
  if (given.type === 'mailbox') return { type: 'mailbox', plan: checkMailboxPlan(given) }
  if (given.type === 'summary') {
    const summary = emptySummary()
    for (const name of Object.keys(summary) as (keyof PlanSummary)[])
      if (given[name] !== undefined) summary[name] = count(given[name], `the number of ${name}`)
    return { type: 'summary', ...summary }
  }
  if (given.type !== 'plan') throw new InvalidInputError('This is no line of a plan.')
  if (given.plan !== PLAN_VERSION)
    throw new InvalidInputError(`The plan has version ${given.plan}; this program reads ${PLAN_VERSION}.`)
  return {
    type: 'plan',
    plan: PLAN_VERSION,
    made: text(given.made),
    by: text(given.by),
    ...(given.source === undefined ? {} : { source: checkSource(given.source) }),
  }
}

/** `plan grants.csv --out grants.csv` must not cost somebody their file. */
async function isPlanOrNothing(path: string): Promise<boolean> {
  // Whatever is wrong with it is told when it is written.
  const file = await open(path).catch(() => undefined)
  if (!file) return true
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return bytesRead === 0 || isPlanText(buffer.toString('utf8', 0, bytesRead))
  } catch {
    return true
  } finally {
    await file.close()
  }
}

function temporary(path: string): string {
  return `${path}.part`
}
