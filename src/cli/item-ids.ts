import { InvalidInputError } from '../errors.ts'
import type { Context } from './context.ts'
import { readJsonValues } from './json-values.ts'

/** An item or a folder as the command line or the program before the pipe names it. */
export interface GivenId {
  readonly id: string
  readonly changeKey?: string
  /** What kind of item it is, where that was told. */
  readonly type?: string
}

export interface IdFlagValues {
  readonly ids: readonly string[]
  readonly 'password-stdin': boolean | undefined
  readonly 'token-stdin': boolean | undefined
}

/** Longest id that is read; Exchange's own have some 150 characters. */
const MAX_ID = 2048

/**
 * Ids from flags, else from standard input: what `item list` and the other commands print as JSON, JSON of other
 * makers with an `id`, or one id a line. Everything is read before anything is done, so that a list that breaks off
 * changes nothing. Each is named once.
 *
 * @param what the plural, for errors: `items`.
 * @throws InvalidInputError when there are none, or the input is none of these.
 */
export async function readIds(
  context: Context,
  flags: IdFlagValues,
  what: 'items' | 'folders',
): Promise<GivenId[]> {
  const flag = what === 'items' ? '--id' : '--folder-id'
  const fromInput = flags.ids.length === 0 || flags.ids.includes('-')
  if (!fromInput) return unique(flags.ids.map((id) => ({ id: id.trim() })))
  if (flags.ids.length > 1) {
    throw new InvalidInputError(`${flag} - is all of standard input; ids cannot be given beside it.`)
  }
  const { stdin } = context.io
  const secret = (['password-stdin', 'token-stdin'] as const).find((name) => flags[name])
  if (secret) {
    throw new InvalidInputError(`Standard input cannot hold both the ids and what --${secret} reads.`, {
      hint: `Give the ids with ${flag}, or the secret in the environment (EWS_PASSWORD, EWS_TOKEN).`,
    })
  }
  if (stdin.isTTY) throw noIds(what, flag)
  const given = await readInput(context, stdin)
  if (given === undefined) throw noIds(what, flag)
  return unique(given)
}

/** @returns undefined for an input without anything in it. */
async function readInput(context: Context, stdin: AsyncIterable<unknown>): Promise<GivenId[] | undefined> {
  const given: GivenId[] = []
  let refused = 0
  let entries = 0
  let lists = false
  for await (const entry of readJsonValues(stdin)) {
    if (entry.kind === 'list') lists = true
    else if (entry.kind === 'line') {
      entries++
      given.push(fromLine(entry.text, entry.number))
    } else {
      for (const one of membersOf(entry.value)) {
        entries++
        const found = fromJson(one, entries)
        if (found) given.push(found)
        else refused++
      }
    }
  }
  if (refused > 0) {
    context.talk(
      refused === 1
        ? 'One entry of the input had been refused before, and was left out.'
        : `${refused} entries of the input had been refused before, and were left out.`,
    )
  }
  return entries > 0 || lists ? given : undefined
}

/** Commands that change things print their results in a list under this name. */
function membersOf(value: unknown): readonly unknown[] {
  const results = isObject(value) && !('id' in value) ? value.results : undefined
  return Array.isArray(results) ? results : [value]
}

/** @returns undefined for what an earlier command says it could not do. */
function fromJson(value: unknown, number: number): GivenId | undefined {
  if (typeof value === 'string') return fromLine(value, number)
  if (isObject(value)) {
    if (value.ok === false) return undefined
    const { newId, newChangeKey, type } = value
    // Going on with the old id would change the item that was copied.
    if (newId === null) {
      throw new InvalidInputError(
        `Entry ${number} of standard input has no new id: the server did not tell it.`,
        {
          hint: 'It does not for copies in another mailbox. List the folder where they went, and go on with that.',
        },
      )
    }
    // After a copy or a move it is the new item that goes on.
    const moved = typeof newId === 'string'
    // The library's own form has the two in an object.
    const whole = isObject(value.id) ? value.id : { id: value.id, changeKey: value.changeKey }
    const { id, changeKey } = moved ? { id: newId, changeKey: newChangeKey } : whole
    if (typeof id === 'string' && isId(id)) {
      return {
        id,
        ...(typeof changeKey === 'string' && changeKey !== '' ? { changeKey } : {}),
        ...(typeof type === 'string' ? { type } : {}),
      }
    }
  }
  throw new InvalidInputError(`Entry ${number} of standard input has no id.`, {
    hint: 'Write what item list --output json prints, objects with an "id", or one id a line.',
  })
}

function fromLine(text: string, number: number): GivenId {
  if (isId(text)) return { id: text }
  throw new InvalidInputError(
    `Line ${number} of standard input is not an id: ${JSON.stringify(text.slice(0, 60))}.`,
    { hint: 'Pipe what item list --output json or --ids prints; a table is for people.' },
  )
}

function isId(text: string): boolean {
  return text.length <= MAX_ID && /^[\w+/=.:~-]+$/.test(text)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unique(given: readonly GivenId[]): GivenId[] {
  return [...new Map(given.map((one) => [one.id, one])).values()]
}

function noIds(what: string, flag: string): InvalidInputError {
  return new InvalidInputError(`No ${what} are named.`, {
    hint: `Give ${flag} ID, or ids on standard input: ews-delegates ${what === 'items' ? 'item' : 'folder'} list … --output json | …`,
  })
}
