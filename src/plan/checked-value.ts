import { InvalidInputError } from '../errors.ts'

// What files of ours and programs without types hand over may be anything, and is asked before it is believed.

/** @throws InvalidInputError */
export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new InvalidInputError(`Here ${what} should stand.`)
}

/**
 * A record of these fields; one that is not known is a mistake, and not what it says is nothing. What is undefined is
 * not there.
 * @throws InvalidInputError
 */
export function fields<Name extends string>(
  value: unknown,
  what: string,
  known: readonly Name[],
): { readonly [Each in Name]?: unknown } {
  const given = record(value, what)
  for (const [name, said] of Object.entries(given)) {
    if (said !== undefined && !(known as readonly string[]).includes(name))
      throw new InvalidInputError(`${JSON.stringify(name.slice(0, 60))} is not a field of ${what}.`, {
        hint: `Its fields are ${known.join(', ')}.`,
      })
  }
  return given as { readonly [Each in Name]?: unknown }
}

/** @throws InvalidInputError */
export function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new InvalidInputError(`Here a list of ${what} should stand.`)
}

/** @throws InvalidInputError */
export function text(value: unknown, what = 'a text'): string {
  if (typeof value === 'string') return value
  throw new InvalidInputError(`Here ${what} should stand.`)
}

/** @throws InvalidInputError */
export function flag(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value
  throw new InvalidInputError(`Here true or false should stand for ${name}.`)
}

/** A number of things. @throws InvalidInputError */
export function count(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new InvalidInputError(`Here ${what} should stand, as a whole number.`)
}

/** What is checked, with its place in what was given before the reason. @throws InvalidInputError */
export function within<T>(place: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const { hint } = error
    throw new InvalidInputError(`${place}: ${error.message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}
