import type { CommandResult } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { Problem } from './failure.ts'
import { printable } from './printable.ts'
import type { Cell } from './table.ts'

/** What became of one item or folder. */
export type ChangeResult = {
  /** The id that was given; null for something new. */
  readonly id: string | null
} & (
  | {
      readonly ok: true
      /** What is to be told besides, such as a new id. */
      readonly more?: Readonly<Record<string, string | number | boolean | null>>
    }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      readonly mayHaveHappened?: boolean
    }
)

export interface ChangeWords {
  /** `copy`: in refusals. */
  readonly verb: string
  /** `items`: in numbers of them. */
  readonly things: 'items' | 'folders' | 'attachments'
  /** What is said of those that went well; undefined for none. */
  readonly done: (results: readonly (ChangeResult & { readonly ok: true })[]) => readonly string[]
  /** Columns of the CSV between `ok` and `code`: names of {@link ChangeResult} `more`. */
  readonly columns: readonly string[]
  readonly hint: (code: string) => string | undefined
  /** The command line that shows how things stand. */
  readonly check?: string
}

/** Refusals that are told one by one. */
const TOLD = 5

/** The results of a command that changed items or folders. */
export function changeResults(results: readonly ChangeResult[], words: ChangeWords): CommandResult {
  const well = results.flatMap((result) => (result.ok ? [result] : []))
  const refused = results.flatMap((result) => (result.ok ? [] : [result]))
  return {
    report: {
      text: () =>
        results.length === 0
          ? `There was nothing to ${words.verb}.\n`
          : well.length === 0
            ? ''
            : words
                .done(well)
                .map((line) => `${printable(line)}\n`)
                .join(''),
      json: {
        results: results.map((result) =>
          result.ok
            ? { id: result.id, ok: true, ...result.more }
            : {
                id: result.id,
                ok: false,
                code: result.code,
                message: result.message,
                ...(result.mayHaveHappened ? { mayHaveHappened: true } : {}),
              },
        ),
      },
      csv: {
        columns: ['id', 'ok', ...words.columns, 'code', 'message'],
        rows: results.map((result): Cell[] => [
          result.id ?? undefined,
          result.ok,
          ...words.columns.map((name) => (result.ok ? (result.more?.[name] ?? undefined) : undefined)),
          result.ok ? undefined : result.code,
          result.ok ? undefined : result.message,
        ]),
      },
    },
    ...(refused.length > 0 ? { problem: refusal(refused, results.length, words) } : {}),
  }
}

/** `1 item`, `3 items`. */
export function count(number: number, things: string): string {
  return `${number} ${number === 1 ? things.replace(/s$/, '') : things}`
}

function refusal(
  refused: readonly (ChangeResult & { readonly ok: false })[],
  total: number,
  { verb, things, hint, check }: ChangeWords,
): Problem {
  // Many items are mostly refused for one reason, which is said once.
  const reasons = new Map<string, { readonly sentence: string; number: number }>()
  for (const { code, message } of refused) {
    const sentence = `${message.replace(/[.\s]+$/, '')} (${code}).`
    const known = reasons.get(sentence)
    if (known) known.number++
    else reasons.set(sentence, { sentence, number: 1 })
  }
  const told = [...reasons.values()].slice(0, TOLD)
  const sentences = told.map(({ sentence, number }) =>
    number > 1 && reasons.size > 1 ? `${number} times: ${sentence}` : sentence,
  )
  if (reasons.size > told.length) sentences.push(`There were ${reasons.size - told.length} other reasons.`)
  const hints = new Set(refused.flatMap(({ code }) => hint(code) ?? []))
  const partial = refused.length < total
  const codes = new Set(refused.map(({ code }) => code))
  const open = refused.some(({ mayHaveHappened }) => mayHaveHappened)
  return {
    exitCode: partial ? EXIT.partial : EXIT.refused,
    code: partial ? 'ERR_PARTIAL' : 'ERR_EWS_RESPONSE',
    message:
      total === 1
        ? `Could not ${verb} it: ${sentences.join(' ')}`
        : `Could not ${verb} ${refused.length} of ${count(total, things)}. ${sentences.join(' ')}`,
    ...(codes.size === 1 ? { responseCode: [...codes][0] } : {}),
    ...(hints.size > 0 ? { hint: [...hints].join('\n') } : {}),
    ...(open ? { mayHaveHappened: true, check } : {}),
  }
}
